/* The conformance runner of C; ../../README.md says what it does and what every operation means. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptions.h"
#include "operations.h"

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where) {
  (void)st, (void)kind, (void)where;
  return remove(path);
}

static json_t *load_json(const char *path) {
  json_error_t problem;
  json_t *loaded = json_load_file(path, JSON_ALLOW_NUL, &problem);
  if (loaded == NULL) printf("%s: line %d: %s\n", path, problem.line, problem.text);
  return loaded;
}

/* Runs the steps in the working directory; the number of the one that went wrong, or 0. */
static size_t run_steps(scene *s, const json_t *steps) {
  const json_t *step;
  size_t i;
  json_array_foreach(steps, i, step) {
    if (run_step(s, step) != DONE) return i + 1;
  }
  return 0;
}

/* Runs a case in a directory of its own. */
static int run_case(const char *file, const json_t *test, int home) {
  const char *place = getenv("TMPDIR");
  char directory[4096];
  scene s;
  memset(&s, 0, sizeof s);
  snprintf(directory, sizeof directory, "%s/deltos-conformance-XXXXXX", place == NULL ? "/tmp" : place);
  if (mkdtemp(directory) == NULL || chdir(directory) != 0) {
    printf("no directory can be made as %s\n", directory);
    return WRONG;
  }
  const size_t step = run_steps(&s, json_object_get(test, "steps"));
  end_scene(&s);
  if (fchdir(home) != 0) return WRONG;
  nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  if (step != 0) printf("FAILED %s: %s: step %zu: %s\n", file, text_field(test, "name", "?"), step, s.problem);
  return step == 0 ? DONE : WRONG;
}

static int run(int count, char **paths) {
  const int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int passed = 0, failed = 0;
  for (int i = 0; i < count; ++i) {
    json_t *corpus = load_json(paths[i]);
    const char *file = strrchr(paths[i], '/');
    const json_t *test;
    size_t at;
    if (corpus == NULL) return 1;
    json_array_foreach(json_object_get(corpus, "cases"), at, test) {
      const int verdict = run_case(file == NULL ? paths[i] : file + 1, test, home);
      *(verdict == DONE ? &passed : &failed) += 1;
    }
    json_decref(corpus);
  }
  close(home);
  printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
  const char *command = argc > 1 ? argv[1] : "";
  const int writes = strcmp(command, "write") == 0;
  scene s;
  memset(&s, 0, sizeof s);
  if (strcmp(command, "run") == 0 && argc > 2) return run(argc - 2, argv + 2);
  if (argc != 4 || (!writes && strcmp(command, "read") != 0)) {
    fprintf(stderr, "usage: runner run CORPUS_FILE... | write DESCRIPTION STORAGE | read DESCRIPTION STORAGE\n");
    return 2;
  }
  json_t *description = load_json(argv[2]);
  if (description == NULL) return 1;
  const int bad = writes ? write_storage(&s, description, argv[3]) : read_storage(&s, description, argv[3]);
  json_decref(description);
  return bad;
}
