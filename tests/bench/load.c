/* Loading the library with dlopen + dlclose in a process that has neither it nor the C++ library: the first time, which
 * loads that too, and again while it stays. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "bench.h"

enum { LOADS = 101 };

static double load_us(const char *name) {
  const double start = now_us();
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  dlclose(library);
  return now_us() - start;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  char text[32];
  bench_row("load and unload, first time, with libstdc++", "-", time_text(load_us(argv[1]), text), 0, 0, 0);
  double times[LOADS];
  for (int i = 0; i < LOADS; ++i) times[i] = load_us(argv[1]);
  bench_row("load and unload, libstdc++ there already", "-", time_text(median(times, LOADS), text), 0, 0, 0);
  return 0;
}
