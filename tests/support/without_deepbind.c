/* Loaded before Julia in the sanitized tests: the sanitizers refuse libraries opened with RTLD_DEEPBIND, and Julia
 * opens its own that way. */
#define _GNU_SOURCE
#include <dlfcn.h>

void *dlopen(const char *name, int flags) {
  void *(*const next)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
  return next(name, flags & ~RTLD_DEEPBIND);
}
