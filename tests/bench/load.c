/* Loading the library: dlopen + dlclose, against the same for the C++ library alone, in a process that has neither. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "bench.h"

static void load_once(const char *name) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  dlclose(library);
}

static void load_runtime(void *user) {
  (void)user;
  load_once("libstdc++.so.6");
}

static void load_deltos(void *user) { load_once(user); }

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  double peer_us, ours_us;
  bench_pair(load_runtime, load_deltos, argv[1], 3, &peer_us, &ours_us);
  report("load and unload : libstdc++ alone", peer_us, ours_us, 0);
  return 0;
}
