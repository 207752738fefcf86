/* Loads and unloads the library a thousand times: neither descriptors nor mappings may be left behind. */
#include <dirent.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kRounds = 1000, kWarmUp = 10, kSlack = 8 };

static int count_descriptors(void) {
  int count = 0;
  DIR *directory = opendir("/proc/self/fd");
  if (directory == NULL) return -1;
  while (readdir(directory) != NULL) ++count;
  closedir(directory);
  return count;
}

static int count_mappings(void) {
  int count = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  if (maps == NULL) return -1;
  for (int c = getc(maps); c != EOF; c = getc(maps)) count += c == '\n';
  fclose(maps);
  return count;
}

static int load_once(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 0;
  }
  const char *(*version)(void);
  void *symbol = dlsym(library, "deltos_version");
  memcpy(&version, &symbol, sizeof version);
  const int said = symbol != NULL && version()[0] != '\0';
  return said && dlclose(library) == 0;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: reload LIBRARY\n");
    return 2;
  }
  int descriptors = 0;
  int mappings = 0;
  for (int round = 0; round < kRounds; ++round) {
    if (!load_once(argv[1])) return 1;
    if (round != kWarmUp) continue;
    descriptors = count_descriptors();
    mappings = count_mappings();
  }
  const int more_descriptors = count_descriptors() - descriptors;
  const int more_mappings = count_mappings() - mappings;
  printf("%d rounds left %d descriptors and %d mappings behind\n", kRounds, more_descriptors, more_mappings);
  return more_descriptors == 0 && more_mappings <= kSlack ? 0 : 1;
}
