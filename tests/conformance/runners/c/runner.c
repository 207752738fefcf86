/* The conformance runner of C; ../../README.md says what it does and what every operation means. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static int set_metadata(scene *s, deltos_transaction *transaction, const char *name, const json_t *holder) {
  const json_t *item;
  size_t i;
  json_array_foreach(json_object_get(holder, "metadata"), i, item) {
    deltos_metadatum value;
    given_value(s, item, &value);
    const deltos_status status = deltos_metadata_set(transaction, name, &value, &s->error);
    if (status != DELTOS_OK) return status;
  }
  return DONE;
}

static int write_object(scene *s, deltos_transaction *transaction, const json_t *described) {
  const char *name = text_field(described, "name", "");
  deltos_view view;
  deltos_object *object = NULL;
  int verdict = given_view(s, described, &view);
  if (verdict == DONE) verdict = deltos_buffer_create(transaction, name, &view, &object, &s->error);
  if (verdict == DONE) verdict = set_metadata(s, transaction, name, described);
  if (verdict == DONE && bool_field(described, "sealed", 0)) {
    verdict = deltos_object_seal(transaction, object, &s->error);
  }
  deltos_object_release(&object);
  return verdict;
}

static int write_all(scene *s, deltos_transaction *transaction, const json_t *description) {
  const json_t *described;
  size_t i;
  int verdict = set_metadata(s, transaction, "", description);
  json_array_foreach(json_object_get(description, "objects"), i, described) {
    if (verdict == DONE) verdict = write_object(s, transaction, described);
  }
  return verdict;
}

static int write_storage(scene *s, const json_t *description, const char *path) {
  deltos_storage *storage = NULL;
  deltos_transaction *transaction = NULL;
  deltos_open_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.mode = DELTOS_MODE_WRITE;
  options.create = DELTOS_CREATE_REPLACE;
  int verdict = deltos_storage_open(path, &options, &storage, &s->error);
  if (verdict == DONE) verdict = deltos_transaction_begin(storage, &transaction, &s->error);
  if (verdict == DONE) verdict = write_all(s, transaction, description);
  if (verdict == DONE) verdict = deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &s->error);
  deltos_transaction_abort(&transaction);
  if (verdict == DONE) verdict = deltos_storage_close(&storage, &s->error);
  deltos_storage_detach(&storage);
  return verdict;
}

static int expect_metadata(scene *s, const json_t *holder, const deltos_snapshot *snapshot, const char *name) {
  const json_t *items = json_object_get(holder, "metadata"), *item;
  uint64_t count = 0;
  size_t i;
  int verdict = deltos_metadata_list(snapshot, name, NULL, 0, &count, &s->error);
  if (verdict != DONE) return verdict;
  if (count != json_array_size(items)) {
    return wrong(s, "expected %zu values, got %llu", json_array_size(items), (unsigned long long)count);
  }
  json_array_foreach(items, i, item) {
    const char *key = text_field(item, "key", "");
    deltos_metadatum stored;
    memset(&stored, 0, sizeof stored);
    verdict = deltos_metadata_get(snapshot, name, key, &stored, &s->error);
    if (verdict == DONE && stored.data == NULL) verdict = wrong(s, "there is no value \"%s\"", key);
    if (verdict == DONE) verdict = expect_value(s, item, &stored);
    if (verdict != DONE) return verdict;
  }
  return DONE;
}

/* Every name that is described is looked up on its own: with as many names as descriptions, the names are the same. */
static int expect_count(scene *s, const json_t *description, const deltos_storage *storage) {
  deltos_storage_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  const int verdict = deltos_storage_stat(storage, &info, &s->error);
  const size_t expected = json_array_size(json_object_get(description, "objects"));
  if (verdict != DONE || info.object_count == expected) return verdict;
  return wrong(s, "expected %zu objects, got %llu", expected, (unsigned long long)info.object_count);
}

/* Says what is wrong, if anything is. */
static int complain(scene *s, const char *what, int verdict) {
  end_step(s);
  if (verdict == DONE) return 0;
  printf("%s: %s\n", what, verdict == WRONG ? s->problem : s->error.message);
  return 1;
}

static int read_all(scene *s, const json_t *description, const deltos_storage *storage,
                    const deltos_snapshot *snapshot) {
  const json_t *described;
  size_t i;
  int bad = complain(s, "names", expect_count(s, description, storage));
  json_array_foreach(json_object_get(description, "objects"), i, described) {
    const char *name = text_field(described, "name", "");
    json_t *content = json_copy((json_t *)(uintptr_t)described);
    json_object_del(content, "metadata");
    bad |= complain(s, name, expect_object(s, content, snapshot));
    bad |= complain(s, name, expect_metadata(s, described, snapshot, name));
    json_decref(content);
  }
  return bad | complain(s, "the storage", expect_metadata(s, description, snapshot, ""));
}

static int read_storage(scene *s, const json_t *description, const char *path) {
  deltos_storage *storage = NULL;
  deltos_snapshot *snapshot = NULL;
  int verdict = deltos_storage_open(path, NULL, &storage, &s->error);
  if (verdict == DONE) verdict = deltos_snapshot_begin(storage, &snapshot, &s->error);
  const int bad = verdict == DONE ? read_all(s, description, storage, snapshot) : complain(s, path, verdict);
  deltos_snapshot_release(&snapshot);
  deltos_storage_detach(&storage);
  return bad;
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
  const int bad =
      writes ? complain(&s, argv[3], write_storage(&s, description, argv[3])) : read_storage(&s, description, argv[3]);
  json_decref(description);
  return bad;
}
