/* What the tests of the C interface share: a directory of their own, storages in it, and checks that say what was
 * wrong. */
#ifndef DELTOS_TESTS_CAPI_FIXTURE_H
#define DELTOS_TESTS_CAPI_FIXTURE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <deltos/deltos.h>

#if defined(__GNUC__)
#define MAYBE_UNUSED __attribute__((unused))
#else
#define MAYBE_UNUSED
#endif

typedef struct world {
  char directory[64];
  char path[128];  /* where the test's storage is, or would be */
  char other[128]; /* a second place */
  deltos_storage *storage;
} world;

static deltos_error error MAYBE_UNUSED;

/* The status of a call is the expected one; on failure err tells the same, with a message. */
#define expect(expected, call) expect_status((expected), (call), #call, __FILE__, __LINE__)
#define ok(call) expect(DELTOS_OK, call)

MAYBE_UNUSED static void expect_status(deltos_status expected, deltos_status status, const char *call, const char *file,
                                       int line) {
  if (status != expected) {
    fail_msg("%s:%d: %s: expected %s, got %s: %s", file, line, call, deltos_status_name(expected),
             deltos_status_name(status), status == DELTOS_OK ? "" : error.message);
  }
  if (status != DELTOS_OK) {
    assert_int_equal(error.status, status);
    assert_true(error.message[0] != '\0');
    assert_null(strchr(error.message, '\n'));
    assert_non_null(memchr(error.message, '\0', sizeof error.message));
  }
  memset(&error, 0, sizeof error);
}

/* The same, and the message contains some words. */
#define expect_message(expected, words, call)                                    \
  do {                                                                           \
    deltos_status status_ = (call);                                              \
    if (status_ == (expected) && strstr(error.message, (words)) == NULL)         \
      fail_msg("%s: the message lacks \"%s\": %s", #call, words, error.message); \
    expect((expected), status_);                                                 \
  } while (0)

MAYBE_UNUSED static int make_world(void **state) {
  world *w = calloc(1, sizeof *w);
  const char *base = getenv("TMPDIR");
  if (w == NULL) return -1;
  if (base == NULL || strlen(base) > 32) base = "/tmp";
  snprintf(w->directory, sizeof w->directory, "%s/deltos-XXXXXX", base);
  if (mkdtemp(w->directory) == NULL) return -1;
  snprintf(w->path, sizeof w->path, "%s/a.deltos", w->directory);
  snprintf(w->other, sizeof w->other, "%s/b.deltos", w->directory);
  *state = w;
  return 0;
}

MAYBE_UNUSED static int remove_world(void **state) {
  world *w = *state;
  deltos_storage_detach(&w->storage);
  unlink(w->path);
  unlink(w->other);
  if (rmdir(w->directory) != 0) fprintf(stderr, "# %s was not left empty\n", w->directory);
  free(w);
  return 0;
}

MAYBE_UNUSED static deltos_open_options options_for(int32_t mode, int32_t create) {
  deltos_open_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.mode = mode;
  options.create = create;
  return options;
}

MAYBE_UNUSED static deltos_storage *open_mode(const char *path, int32_t mode, int32_t create) {
  deltos_open_options options = options_for(mode, create);
  deltos_storage *storage = NULL;
  ok(deltos_storage_open(path, &options, &storage, &error));
  assert_non_null(storage);
  return storage;
}

/* A world with an empty storage open for writing. */
MAYBE_UNUSED static int make_storage(void **state) {
  world *w;
  if (make_world(state) != 0) return -1;
  w = *state;
  w->storage = open_mode(w->path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  return 0;
}

MAYBE_UNUSED static deltos_transaction *begin(deltos_storage *storage) {
  deltos_transaction *transaction = NULL;
  ok(deltos_transaction_begin(storage, &transaction, &error));
  return transaction;
}

MAYBE_UNUSED static uint64_t commit(deltos_transaction *transaction) {
  uint64_t id = 0;
  ok(deltos_transaction_commit(&transaction, DELTOS_ASYNC, &id, &error));
  assert_null(transaction);
  return id;
}

MAYBE_UNUSED static deltos_view layout_of(int32_t dtype, int32_t ndim, const int64_t *shape, void *data) {
  deltos_view view;
  memset(&view, 0, sizeof view);
  view.struct_size = sizeof view;
  view.dtype = dtype;
  view.ndim = ndim;
  view.shape = shape;
  view.data = data;
  return view;
}

/* A column of numbers, or of whatever has the same size everywhere. */
MAYBE_UNUSED static deltos_column items(const void *data, uint64_t count, uint64_t size) {
  deltos_column column;
  memset(&column, 0, sizeof column);
  column.count = count;
  column.data = data;
  column.item_size = size;
  return column;
}

/* A column of bytes that lie anywhere. */
MAYBE_UNUSED static deltos_column slices(const deltos_bytes *bytes, uint64_t count) {
  deltos_column column = items(bytes, count, 0);
  column.layout = DELTOS_COLUMN_SLICES;
  return column;
}

/* Stores `count` numbers 0, 1, 2, ... in a committed buffer. */
MAYBE_UNUSED static void store_numbers(deltos_storage *storage, const char *name, int64_t count) {
  deltos_transaction *transaction = begin(storage);
  int64_t *numbers = malloc((size_t)count * sizeof *numbers + 1);
  deltos_view content = layout_of(DELTOS_DTYPE_I64, 1, &count, numbers);
  for (int64_t i = 0; i < count; ++i) numbers[i] = i;
  ok(deltos_buffer_create(transaction, name, &content, NULL, &error));
  free(numbers);
  commit(transaction);
}

MAYBE_UNUSED static deltos_object *open_object(deltos_storage *storage, const char *name) {
  deltos_object *object = NULL;
  ok(deltos_object_open_newest(storage, name, DELTOS_KIND_ANY, &object, &error));
  assert_non_null(object);
  return object;
}

MAYBE_UNUSED static deltos_view *acquire(deltos_storage *storage, const char *name, int32_t flags) {
  deltos_object *object = open_object(storage, name);
  deltos_view *view = NULL;
  ok(deltos_view_acquire(object, flags, &view, &error));
  assert_non_null(view);
  deltos_object_release(&object);
  return view;
}

MAYBE_UNUSED static deltos_object_info stat_object(const deltos_object *object) {
  deltos_object_info info;
  memset(&info, 0xff, sizeof info);
  info.struct_size = sizeof info;
  ok(deltos_object_stat(object, &info, &error));
  return info;
}

MAYBE_UNUSED static deltos_storage_info stat_storage(const deltos_storage *storage) {
  deltos_storage_info info;
  memset(&info, 0xff, sizeof info);
  info.struct_size = sizeof info;
  ok(deltos_storage_stat(storage, &info, &error));
  return info;
}

MAYBE_UNUSED static void *read_file(const char *path, uint64_t *size) {
  struct stat facts;
  int fd = open(path, O_RDONLY);
  char *bytes;
  assert_true(fd >= 0);
  assert_int_equal(fstat(fd, &facts), 0);
  bytes = aligned_alloc(4096, ((size_t)facts.st_size + 8191) / 4096 * 4096);
  assert_non_null(bytes);
  assert_int_equal(read(fd, bytes, (size_t)facts.st_size), facts.st_size);
  close(fd);
  *size = (uint64_t)facts.st_size;
  return bytes;
}

MAYBE_UNUSED static void write_file(const char *path, uint64_t offset, const void *bytes, uint64_t size) {
  int fd = open(path, O_RDWR | O_CREAT, 0644);
  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, bytes, (size_t)size, (off_t)offset), (ssize_t)size);
  close(fd);
}

/* Runs a child process; what it returns is its exit code. Asserts must not be used in it. */
MAYBE_UNUSED static int in_child(int (*body)(void *), void *user) {
  int status = 0;
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(body(user));
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* A guarded reader whose file is cut short under a view of "n", of 100,000 numbers. For a child process, because the
 * guard is its whole process's: 0, or the step that failed. */
typedef struct guarded {
  deltos_storage *storage;
  deltos_object *object;
  deltos_view *view;
} guarded;

MAYBE_UNUSED static int lose_memory(world *w, guarded *g) {
  deltos_open_options options = options_for(DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  memset(g, 0, sizeof *g);
  options.flags = DELTOS_OPEN_SIGBUS_GUARD;
  if (deltos_storage_open(w->path, &options, &g->storage, NULL) != DELTOS_OK) return 1;
  if (deltos_object_open_newest(g->storage, "n", DELTOS_KIND_ANY, &g->object, NULL) != DELTOS_OK) return 2;
  if (deltos_view_acquire(g->object, DELTOS_VIEW_FULL_RO, &g->view, NULL) != DELTOS_OK) return 3;
  if (truncate(w->path, 65536) != 0) return 4;
  return ((volatile int64_t *)g->view->data)[99999] != 0 ? 5 : 0;
}

#define in_world(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)
#define in_storage(test) cmocka_unit_test_setup_teardown(test, make_storage, remove_world)

#endif
