/* Every status code, reached through the C interface where that is possible.
 *
 * Not here, and why:
 *   DELTOS_E_DUPLICATE   keys given twice need hash maps, which this version does not have
 *   DELTOS_E_KIND        every stored object is a buffer in this version, so no object is of another kind than one
 * asked for DELTOS_E_FILESYSTEM  needs a network file system; tests/core/os_filesystem_test.cpp decides by its number
 *   DELTOS_E_IN_DOUBT    needs a barrier that fails at one place; tests of the store inject that below the boundary
 *   DELTOS_E_INTERNAL    is a bug; tests/core/capi_guard_test.cpp throws into the guard
 */
#include "fixture.h"

#include <sys/resource.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { header_bytes = 256, major_at = 8, incompatible_at = 32, checksum_at = 248 };

static unsigned char reached[128];

/* Counts the code as reached, then checks it. */
static void reach(deltos_status expected, deltos_status status) {
  expect(expected, status);
  reached[-expected] = 1;
}

static void test_codes__of_arguments(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  char small[1];
  uint64_t size = sizeof small;
  int64_t numbers[10];
  const int64_t ten = 10, nine = 9;
  reach(DELTOS_OK, deltos_storage_sync(w->storage, &error));
  reach(DELTOS_E_INVALID, deltos_storage_sync(NULL, &error));
  options.struct_size = 1;
  reach(DELTOS_E_STRUCT, deltos_storage_open(w->path, &options, &storage, &error));
  options = options_for(DELTOS_MODE_STATIC, DELTOS_CREATE_NEVER);
  options.offset = 1ull << 50;
  reach(DELTOS_E_RANGE, deltos_storage_open(w->path, &options, &storage, &error));
  reach(DELTOS_E_NOT_FOUND, deltos_storage_open(w->other, NULL, &storage, &error));
  reach(DELTOS_E_TOO_SMALL, deltos_format_describe("d", NULL, small, &size, &error));
  reach(DELTOS_E_FORMAT, deltos_format_describe("Y", NULL, NULL, NULL, &error));
  reach(DELTOS_E_UNSUPPORTED, deltos_format_describe("P", NULL, NULL, NULL, &error));
  reach(DELTOS_E_LIMIT, deltos_format_describe("9999999999999s", NULL, NULL, NULL, &error));
  memset(numbers, 0, sizeof numbers);
  deltos_view a = layout_of(DELTOS_DTYPE_I64, 1, &ten, numbers), b = layout_of(DELTOS_DTYPE_I64, 1, &nine, numbers);
  reach(DELTOS_E_TYPE, deltos_view_copy(&a, &b, &error));
}

static int32_t refuse(uint64_t done, uint64_t total, void *user) {
  (void)done;
  (void)total;
  (void)user;
  return 1;
}

static void test_codes__of_states(void **state) {
  world *w = *state;
  deltos_view *view = NULL;
  deltos_transaction *transaction, *second = NULL;
  uint64_t count = 0;
  store_numbers(w->storage, "n", 100000);
  deltos_object *object = open_object(w->storage, "n");
  const int64_t shape = 1, grid[2] = {2, 2};
  transaction = begin(w->storage);
  reach(DELTOS_E_BUSY, deltos_transaction_begin(w->storage, &second, &error));
  reach(DELTOS_E_EXISTS, deltos_buffer_create_zeroed(transaction, "n", "d", 0, 1, &shape, NULL, &error));
  ok(deltos_buffer_create_zeroed(transaction, "grid", "d", 0, 2, grid, NULL, &error));
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
  reach(DELTOS_E_PINNED, deltos_object_seal(transaction, object, &error));
  deltos_view_release(&view);
  ok(deltos_object_seal(transaction, object, &error));
  commit(transaction);
  reach(DELTOS_E_SEALED, deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
  reach(DELTOS_E_CANCELLED,
        deltos_storage_verify(w->storage, DELTOS_VERIFY_FULL, refuse, NULL, NULL, 0, &count, &error));
  deltos_object *other = open_object(w->storage, "grid");
  reach(DELTOS_E_LAYOUT, deltos_view_acquire(other, DELTOS_VIEW_F, &view, &error));
  transaction = begin(w->storage);
  ok(deltos_transaction_delete(transaction, "grid", &error));
  commit(transaction);
  reach(DELTOS_E_STALE, deltos_view_acquire(other, DELTOS_VIEW_FULL, &view, &error));
  deltos_object_release(&other);
  deltos_storage *reader = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  reach(DELTOS_E_READONLY, deltos_transaction_begin(reader, &second, &error));
  deltos_storage *writer = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
  reach(DELTOS_E_LOCKED, deltos_storage_open(w->path, &options, &writer, &error));
  deltos_snapshot *snapshot = NULL;
  ok(deltos_snapshot_begin(reader, &snapshot, &error));
  assert_int_equal(unlink(w->path), 0);
  reach(DELTOS_E_REPLACED, deltos_snapshot_refresh(&snapshot, NULL, &error));
  ok(deltos_storage_close(&reader, &error));
  reach(DELTOS_E_CLOSED, deltos_snapshot_refresh(&snapshot, NULL, &error));
  deltos_snapshot_release(&snapshot);
  deltos_object_release(&object);
}

static int begin_in_child(void *user) {
  deltos_transaction *transaction = NULL;
  return -deltos_transaction_begin(user, &transaction, NULL);
}

static void test_codes__of_fork(void **state) {
  world *w = *state;
  assert_int_equal(in_child(begin_in_child, w->storage), -DELTOS_E_FORKED);
  reached[-DELTOS_E_FORKED] = 1;
}

static void test_codes__of_files(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  unsigned char header[header_bytes];
  uint64_t size = 0;
  ok(deltos_storage_close(&w->storage, &error));
  unsigned char *bytes = read_file(w->path, &size);
  memcpy(header, bytes, header_bytes);
  write_file(w->path, 0, "something else", 14);
  reach(DELTOS_E_NOT_DELTOS, deltos_storage_open(w->path, NULL, &storage, &error));
  header[60] ^= 1;
  write_file(w->path, 0, header, header_bytes);
  reach(DELTOS_E_CORRUPT, deltos_storage_open(w->path, NULL, &storage, &error));
  header[60] ^= 1;
  header[incompatible_at + 7] = 0x80;
  const XXH64_hash_t sum = XXH3_64bits(header, checksum_at);
  memcpy(header + checksum_at, &sum, 8);
  write_file(w->path, 0, header, header_bytes);
  reach(DELTOS_E_FEATURE, deltos_storage_open(w->path, NULL, &storage, &error));
  free(bytes);
}

static void test_codes__of_space(void **state) {
  world *w = *state;
  const int64_t shape = 256 << 20;
  struct rlimit limit, lower;
  deltos_storage *storage = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
  options.reserve_bytes = 64 << 20;
  ok(deltos_storage_open_anonymous(NULL, &options, &storage, &error));
  deltos_transaction *transaction = begin(storage);
  reach(DELTOS_E_ADDRESS_SPACE, deltos_buffer_create_zeroed(transaction, "n", "B", 0, 1, &shape, NULL, &error));
  deltos_transaction_abort(&transaction);
  ok(deltos_storage_close(&storage, &error));
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  lower = limit;
  lower.rlim_cur = 32 << 20;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &lower), 0);
  transaction = begin(w->storage);
  const deltos_status status = deltos_buffer_create_zeroed(transaction, "n", "B", 0, 1, &shape, NULL, &error);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  reach(DELTOS_E_NO_SPACE, status);
  deltos_transaction_abort(&transaction);
}

static void test_codes__of_memory(void **state) {
  world *w = *state;
  uint64_t size = 0;
  deltos_storage *storage = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_STATIC, DELTOS_CREATE_NEVER);
  options.flags = DELTOS_OPEN_COPY;
  ok(deltos_storage_close(&w->storage, &error));
  void *bytes = read_file(w->path, &size);
  /* No machine has a place for a copy of that much, so the bytes behind the storage are never looked at. */
  reach(DELTOS_E_NO_MEMORY, deltos_storage_open_memory(bytes, 1ull << 60, &options, NULL, NULL, &storage, &error));
  free(bytes);
}

static int begin_without_memory(void *user) {
  guarded g;
  deltos_snapshot *snapshot = NULL;
  const int failure = lose_memory(user, &g);
  return failure != 0 ? failure : -deltos_snapshot_begin(g.storage, &snapshot, NULL);
}

static void test_codes__of_the_medium(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 100000);
  ok(deltos_storage_close(&w->storage, &error));
  assert_int_equal(in_child(begin_without_memory, w), -DELTOS_E_IO);
  reached[-DELTOS_E_IO] = 1;
}

static void test_codes__all_but_the_listed_ones_were_reached(void **state) {
  const int32_t elsewhere[] = {DELTOS_E_DUPLICATE, DELTOS_E_KIND, DELTOS_E_FILESYSTEM, DELTOS_E_IN_DOUBT,
                               DELTOS_E_INTERNAL};
  (void)state;
  for (int32_t code = 0; code > -128; --code) {
    int listed = strcmp(deltos_status_name(code), "DELTOS_E_UNKNOWN") == 0;
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; ++i) listed |= code == elsewhere[i];
    if (!listed && !reached[-code]) fail_msg("%s was not reached", deltos_status_name(code));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_codes__of_arguments),  in_storage(test_codes__of_states),
      in_storage(test_codes__of_fork),       in_storage(test_codes__of_files),
      in_storage(test_codes__of_space),      in_storage(test_codes__of_memory),
      in_storage(test_codes__of_the_medium), cmocka_unit_test(test_codes__all_but_the_listed_ones_were_reached),
  };
  return cmocka_run_group_tests_name("status_codes", tests, NULL, NULL);
}
