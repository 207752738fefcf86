/* snapshot.h: one state, refresh, copies. */
#include "fixture.h"

static deltos_snapshot *snapshot_of(deltos_storage *storage) {
  deltos_snapshot *snapshot = NULL;
  ok(deltos_snapshot_begin(storage, &snapshot, &error));
  assert_non_null(snapshot);
  return snapshot;
}

static void test_snapshot__shows_what_was_committed_before_it(void **state) {
  world *w = *state;
  deltos_object *object = NULL;
  deltos_snapshot *snapshot;
  store_numbers(w->storage, "before", 10);
  snapshot = snapshot_of(w->storage);
  store_numbers(w->storage, "after", 10);
  ok(deltos_object_open(snapshot, "before", DELTOS_KIND_BUFFER, &object, &error));
  deltos_object_release(&object);
  expect(DELTOS_E_NOT_FOUND, deltos_object_open(snapshot, "after", DELTOS_KIND_ANY, &object, &error));
  deltos_snapshot_release(&snapshot);
}

static void test_snapshot__refresh_shows_newer_commits(void **state) {
  world *w = *state;
  deltos_object *object = NULL;
  uint8_t changed = 9;
  deltos_snapshot *snapshot = snapshot_of(w->storage);
  const uint64_t id = deltos_snapshot_id(snapshot);
  deltos_snapshot *before = snapshot;
  ok(deltos_snapshot_refresh(&snapshot, &changed, &error));
  assert_int_equal(changed, 0);
  assert_ptr_equal(snapshot, before);
  store_numbers(w->storage, "after", 10);
  ok(deltos_snapshot_refresh(&snapshot, &changed, &error));
  assert_int_equal(changed, 1);
  assert_true(deltos_snapshot_id(snapshot) > id);
  ok(deltos_object_open(snapshot, "after", DELTOS_KIND_ANY, &object, &error));
  deltos_object_release(&object);
  deltos_snapshot_release(&snapshot);
}

static void test_snapshot__id_is_that_of_the_commit(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  const int64_t shape = 1;
  ok(deltos_buffer_create_zeroed(transaction, "n", NULL, DELTOS_DTYPE_I8, 1, &shape, NULL, &error));
  const uint64_t shown = deltos_snapshot_id(deltos_transaction_snapshot(transaction));
  const uint64_t id = commit(transaction);
  deltos_snapshot *snapshot = snapshot_of(w->storage);
  assert_int_equal(deltos_snapshot_id(snapshot), id);
  assert_int_equal(shown, id);
  assert_int_equal(stat_storage(w->storage).transaction_id, id);
  deltos_snapshot_release(&snapshot);
  assert_int_equal(deltos_snapshot_id(NULL), 0);
}

static void test_snapshot__lives_on_in_its_objects(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 10);
  deltos_snapshot *snapshot = snapshot_of(w->storage);
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  ok(deltos_object_open(snapshot, "n", DELTOS_KIND_ANY, &object, &error));
  deltos_snapshot_release(&snapshot);
  assert_null(snapshot);
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &error));
  deltos_object_release(&object);
  assert_int_equal(((int64_t *)view->data)[9], 9);
  deltos_view_release(&view);
}

static void test_snapshot__of_a_transaction_is_not_the_callers(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  deltos_snapshot *lent = (deltos_snapshot *)deltos_transaction_snapshot(transaction);
  deltos_snapshot *kept = lent;
  deltos_snapshot_release(&lent);
  assert_ptr_equal(lent, kept);
  expect(DELTOS_E_INVALID, deltos_snapshot_refresh(&lent, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_snapshot_copy_to(lent, w->other, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_snapshot_compact_to(lent, w->other, NULL, &error));
  deltos_transaction_abort(&transaction);
}

static void check_copy(const char *path, const uint8_t *uuid, int same_uuid) {
  deltos_storage *copy = open_mode(path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  deltos_storage_info info = stat_storage(copy);
  uint64_t count = 99;
  assert_int_equal(memcmp(info.uuid, uuid, 16) == 0, same_uuid);
  assert_int_equal(info.object_count, 2);
  deltos_view *view = acquire(copy, "kept", DELTOS_VIEW_FULL_RO);
  for (int64_t i = 0; i < 100000; ++i) assert_int_equal(((int64_t *)view->data)[i], i);
  deltos_view_release(&view);
  ok(deltos_storage_verify(copy, DELTOS_VERIFY_FULL, NULL, NULL, NULL, 0, &count, &error));
  assert_int_equal(count, 0);
  ok(deltos_storage_close(&copy, &error));
}

static void fill_for_copy(world *w) {
  store_numbers(w->storage, "kept", 100000);
  store_numbers(w->storage, "dropped", 1000000);
  store_numbers(w->storage, "small", 3);
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_transaction_delete(transaction, "dropped", &error));
  commit(transaction);
}

static void test_snapshot__copy_to_keeps_everything_in_its_place(void **state) {
  world *w = *state;
  uint64_t here = 0, there = 0;
  fill_for_copy(w);
  deltos_snapshot *snapshot = snapshot_of(w->storage);
  store_numbers(w->storage, "later", 10);
  ok(deltos_snapshot_copy_to(snapshot, w->other, NULL, &error));
  check_copy(w->other, stat_storage(w->storage).uuid, 1);
  deltos_storage *copy = open_mode(w->other, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  deltos_object *original = open_object(w->storage, "kept"), *copied = open_object(copy, "kept");
  ok(deltos_object_file_offset(original, &here, &error));
  ok(deltos_object_file_offset(copied, &there, &error));
  assert_int_equal(here, there);
  deltos_object_release(&original);
  deltos_object_release(&copied);
  ok(deltos_storage_close(&copy, &error));
  deltos_snapshot_release(&snapshot);
}

static void test_snapshot__compact_to_makes_a_small_file(void **state) {
  world *w = *state;
  struct stat large, small;
  fill_for_copy(w);
  deltos_snapshot *snapshot = snapshot_of(w->storage);
  ok(deltos_snapshot_compact_to(snapshot, w->other, NULL, &error));
  check_copy(w->other, stat_storage(w->storage).uuid, 0);
  assert_int_equal(stat(w->path, &large), 0);
  assert_int_equal(stat(w->other, &small), 0);
  assert_true(small.st_size < large.st_size / 2);
  deltos_snapshot_release(&snapshot);
}

static void test_snapshot__copies_do_not_overwrite_unless_told(void **state) {
  world *w = *state;
  deltos_copy_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  fill_for_copy(w);
  write_file(w->other, 0, "precious", 8);
  deltos_snapshot *snapshot = snapshot_of(w->storage);
  expect(DELTOS_E_EXISTS, deltos_snapshot_copy_to(snapshot, w->other, NULL, &error));
  expect(DELTOS_E_EXISTS, deltos_snapshot_compact_to(snapshot, w->other, &options, &error));
  options.flags = DELTOS_COPY_REPLACE;
  ok(deltos_snapshot_copy_to(snapshot, w->other, &options, &error));
  check_copy(w->other, stat_storage(w->storage).uuid, 1);
  ok(deltos_snapshot_compact_to(snapshot, w->other, &options, &error));
  check_copy(w->other, stat_storage(w->storage).uuid, 0);
  options.flags = 2;
  expect(DELTOS_E_INVALID, deltos_snapshot_copy_to(snapshot, w->other, &options, &error));
  deltos_snapshot_release(&snapshot);
}

static int32_t refuse(uint64_t done, uint64_t total, void *user) {
  (void)done;
  (void)total;
  ++*(int *)user;
  return 1;
}

static void test_snapshot__a_cancelled_copy_leaves_nothing(void **state) {
  world *w = *state;
  int asked = 0;
  deltos_copy_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.progress = refuse;
  options.progress_user = &asked;
  fill_for_copy(w);
  deltos_snapshot *snapshot = snapshot_of(w->storage);
  expect(DELTOS_E_CANCELLED, deltos_snapshot_copy_to(snapshot, w->other, &options, &error));
  expect(DELTOS_E_CANCELLED, deltos_snapshot_compact_to(snapshot, w->other, &options, &error));
  assert_int_equal(asked, 2);
  assert_int_equal(access(w->other, F_OK), -1);
  deltos_snapshot_release(&snapshot);
}

static void test_snapshot__copy_into_a_missing_directory_fails(void **state) {
  world *w = *state;
  char path[200];
  deltos_snapshot *snapshot = snapshot_of(w->storage);
  snprintf(path, sizeof path, "%s/none/x.deltos", w->directory);
  expect(DELTOS_E_NOT_FOUND, deltos_snapshot_copy_to(snapshot, path, NULL, &error));
  expect(DELTOS_E_NOT_FOUND, deltos_snapshot_compact_to(snapshot, path, NULL, &error));
  deltos_snapshot_release(&snapshot);
}

static void test_snapshot__refresh_tells_that_the_file_was_replaced(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 10);
  deltos_storage *reader = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  deltos_snapshot *snapshot = snapshot_of(reader);
  deltos_object *object = open_object(reader, "n");
  deltos_snapshot *own = snapshot_of(w->storage);
  deltos_copy_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.flags = DELTOS_COPY_REPLACE;
  ok(deltos_storage_close(&w->storage, &error));
  deltos_snapshot_release(&own);
  ok(deltos_snapshot_copy_to(snapshot, w->path, &options, &error));
  expect(DELTOS_E_REPLACED, deltos_snapshot_refresh(&snapshot, NULL, &error));
  expect(DELTOS_E_REPLACED, deltos_object_refresh(&object, NULL, &error));
  assert_non_null(snapshot);
  deltos_snapshot_release(&snapshot);
  deltos_object_release(&object);
  ok(deltos_storage_close(&reader, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_snapshot__shows_what_was_committed_before_it),
      in_storage(test_snapshot__refresh_shows_newer_commits),
      in_storage(test_snapshot__id_is_that_of_the_commit),
      in_storage(test_snapshot__lives_on_in_its_objects),
      in_storage(test_snapshot__of_a_transaction_is_not_the_callers),
      in_storage(test_snapshot__copy_to_keeps_everything_in_its_place),
      in_storage(test_snapshot__compact_to_makes_a_small_file),
      in_storage(test_snapshot__copies_do_not_overwrite_unless_told),
      in_storage(test_snapshot__a_cancelled_copy_leaves_nothing),
      in_storage(test_snapshot__copy_into_a_missing_directory_fails),
      in_storage(test_snapshot__refresh_tells_that_the_file_was_replaced),
  };
  return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
