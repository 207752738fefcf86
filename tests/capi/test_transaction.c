/* transaction.h: all or nothing, names. */
#include "fixture.h"

static void create_byte(deltos_transaction *transaction, const char *name) {
  const int64_t shape = 1;
  ok(deltos_buffer_create_zeroed(transaction, name, NULL, DELTOS_DTYPE_U8, 1, &shape, NULL, &error));
}

static int exists(const deltos_snapshot *snapshot, const char *name) {
  deltos_object *object = NULL;
  const deltos_status status = deltos_object_open(snapshot, name, DELTOS_KIND_ANY, &object, &error);
  deltos_object_release(&object);
  if (status != DELTOS_E_NOT_FOUND) expect(DELTOS_OK, status);
  return status == DELTOS_OK;
}

static int exists_now(deltos_storage *storage, const char *name) {
  deltos_snapshot *snapshot = NULL;
  ok(deltos_snapshot_begin(storage, &snapshot, &error));
  const int found = exists(snapshot, name);
  deltos_snapshot_release(&snapshot);
  return found;
}

static void test_transaction__its_changes_are_its_own_until_commit(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  create_byte(transaction, "n");
  assert_true(exists(deltos_transaction_snapshot(transaction), "n"));
  assert_false(exists_now(w->storage, "n"));
  commit(transaction);
  assert_true(exists_now(w->storage, "n"));
}

static void test_transaction__abort_drops_everything(void **state) {
  world *w = *state;
  store_numbers(w->storage, "old", 10);
  deltos_transaction *transaction = begin(w->storage);
  create_byte(transaction, "new");
  ok(deltos_transaction_delete(transaction, "old", &error));
  deltos_transaction_abort(&transaction);
  assert_null(transaction);
  assert_true(exists_now(w->storage, "old"));
  assert_false(exists_now(w->storage, "new"));
}

static void test_transaction__objects_of_an_aborted_one_are_stale(void **state) {
  world *w = *state;
  const int64_t shape = 1000;
  deltos_object *object = NULL;
  deltos_view *view = NULL, *second = NULL;
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_buffer_create_zeroed(transaction, "n", NULL, DELTOS_DTYPE_I64, 1, &shape, &object, &error));
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
  ((int64_t *)view->data)[999] = 1;
  deltos_transaction_abort(&transaction);
  expect(DELTOS_E_STALE, deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &second, &error));
  assert_int_equal(stat_object(object).current, 0);
  store_numbers(w->storage, "other", 100000);
  ((int64_t *)view->data)[0] = 2;
  assert_int_equal(((int64_t *)view->data)[999], 1);
  deltos_view_release(&view);
  deltos_object_release(&object);
}

static void test_transaction__only_one_is_open(void **state) {
  world *w = *state;
  deltos_transaction *second = NULL;
  deltos_transaction *transaction = begin(w->storage);
  expect(DELTOS_E_BUSY, deltos_transaction_begin(w->storage, &second, &error));
  assert_null(second);
  deltos_transaction_abort(&transaction);
  transaction = begin(w->storage);
  commit(transaction);
}

static void test_transaction__every_durability_commits(void **state) {
  world *w = *state;
  const char *names[] = {"sync", "lazy", "async"};
  uint64_t last = 0;
  for (int32_t durability = DELTOS_SYNC; durability <= DELTOS_ASYNC; ++durability) {
    uint64_t id = 0;
    deltos_transaction *transaction = begin(w->storage);
    create_byte(transaction, names[durability]);
    ok(deltos_transaction_commit(&transaction, durability, &id, &error));
    assert_null(transaction);
    assert_true(id > last);
    last = id;
  }
  ok(deltos_storage_close(&w->storage, &error));
  w->storage = open_mode(w->path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
  for (int i = 0; i < 3; ++i) assert_true(exists_now(w->storage, names[i]));
}

static void test_transaction__an_unknown_durability_changes_nothing(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  create_byte(transaction, "n");
  expect(DELTOS_E_INVALID, deltos_transaction_commit(&transaction, 3, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_transaction_commit(&transaction, -1, NULL, &error));
  assert_non_null(transaction);
  commit(transaction);
  assert_true(exists_now(w->storage, "n"));
}

static void test_transaction__an_empty_one_commits_nothing(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 1);
  const uint64_t before = stat_storage(w->storage).transaction_id;
  assert_int_equal(commit(begin(w->storage)), before);
  assert_int_equal(stat_storage(w->storage).transaction_id, before);
}

static void test_transaction__rename_keeps_the_object(void **state) {
  world *w = *state;
  store_numbers(w->storage, "a", 10);
  deltos_object *object = open_object(w->storage, "a");
  const uint64_t id = stat_object(object).id;
  deltos_view *view = acquire(w->storage, "a", DELTOS_VIEW_FULL_RO);
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_transaction_rename(transaction, "a", "b/c", 0, &error));
  commit(transaction);
  deltos_object_release(&object);
  object = open_object(w->storage, "b/c");
  assert_int_equal(stat_object(object).id, id);
  assert_string_equal(stat_object(object).name, "b/c");
  assert_false(exists_now(w->storage, "a"));
  assert_int_equal(((int64_t *)view->data)[9], 9);
  deltos_view_release(&view);
  deltos_object_release(&object);
}

static void test_transaction__rename_onto_a_taken_name_needs_replace(void **state) {
  world *w = *state;
  store_numbers(w->storage, "a", 10);
  store_numbers(w->storage, "b", 20);
  deltos_transaction *transaction = begin(w->storage);
  expect_message(DELTOS_E_EXISTS, "b", deltos_transaction_rename(transaction, "a", "b", 0, &error));
  expect(DELTOS_E_INVALID, deltos_transaction_rename(transaction, "a", "b", 2, &error));
  ok(deltos_transaction_rename(transaction, "a", "b", 1, &error));
  commit(transaction);
  deltos_object *object = open_object(w->storage, "b");
  assert_int_equal(stat_object(object).count, 10);
  assert_int_equal(stat_storage(w->storage).object_count, 1);
  deltos_object_release(&object);
}

static void test_transaction__missing_names_are_not_found(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  expect_message(DELTOS_E_NOT_FOUND, "none", deltos_transaction_rename(transaction, "none", "b", 0, &error));
  expect_message(DELTOS_E_NOT_FOUND, "none", deltos_transaction_delete(transaction, "none", &error));
  deltos_transaction_abort(&transaction);
}

static void test_transaction__malformed_names_are_invalid(void **state) {
  world *w = *state;
  char longest[1025];
  const char *names[] = {"", "/", "a/", "/a", "a//b", ".", "a/..", "./a", "\xff", "a\xc0\x80", "\xed\xa0\x80"};
  const int64_t shape = 1;
  deltos_transaction *transaction = begin(w->storage);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    expect(DELTOS_E_INVALID,
           deltos_buffer_create_zeroed(transaction, names[i], NULL, DELTOS_DTYPE_U8, 1, &shape, NULL, &error));
  }
  memset(longest, 'x', sizeof longest);
  longest[1024] = '\0';
  expect(DELTOS_E_INVALID,
         deltos_buffer_create_zeroed(transaction, longest, NULL, DELTOS_DTYPE_U8, 1, &shape, NULL, &error));
  longest[1023] = '\0';
  create_byte(transaction, longest);
  commit(transaction);
  assert_true(exists_now(w->storage, longest));
}

static void test_transaction__a_name_and_one_below_it_may_both_exist(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  create_byte(transaction, "a");
  create_byte(transaction, "a/b");
  create_byte(transaction, "\xc3\xa9/\xe2\x82\xac");
  commit(transaction);
  assert_int_equal(stat_storage(w->storage).object_count, 3);
}

static void test_transaction__delete_keeps_views(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 100000);
  deltos_object *object = open_object(w->storage, "n");
  deltos_view *view = NULL, *second = NULL;
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_transaction_delete(transaction, "n", &error));
  commit(transaction);
  for (int i = 0; i < 4; ++i) {
    char name[16];
    snprintf(name, sizeof name, "m%d", i);
    store_numbers(w->storage, name, 100000);
  }
  ok(deltos_storage_sync(w->storage, &error));
  for (int64_t i = 0; i < 100000; ++i) assert_int_equal(((int64_t *)view->data)[i], i);
  ((int64_t *)view->data)[0] = 5;
  assert_int_equal(stat_object(object).current, 0);
  expect(DELTOS_E_STALE, deltos_view_acquire(object, DELTOS_VIEW_FULL, &second, &error));
  deltos_view_release(&view);
  deltos_object_release(&object);
}

static void test_transaction__delete_prefix_counts(void **state) {
  world *w = *state;
  uint64_t count = 99;
  deltos_transaction *transaction = begin(w->storage);
  create_byte(transaction, "a");
  create_byte(transaction, "a/b");
  create_byte(transaction, "a/c");
  create_byte(transaction, "ab");
  create_byte(transaction, "b");
  commit(transaction);
  transaction = begin(w->storage);
  ok(deltos_transaction_delete_prefix(transaction, "a/", &count, &error));
  assert_int_equal(count, 2);
  ok(deltos_transaction_delete_prefix(transaction, "none", &count, &error));
  assert_int_equal(count, 0);
  ok(deltos_transaction_delete_prefix(transaction, "a", &count, &error));
  assert_int_equal(count, 2);
  ok(deltos_transaction_delete_prefix(transaction, "", NULL, &error));
  commit(transaction);
  assert_int_equal(stat_storage(w->storage).object_count, 0);
}

static int use_transaction(void *user) {
  deltos_transaction *transaction = user;
  if (deltos_transaction_delete(transaction, "n", NULL) != DELTOS_E_FORKED) return 1;
  if (deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, NULL) != DELTOS_E_FORKED) return 2;
  deltos_transaction_abort(&transaction);
  return 0;
}

static void test_transaction__belongs_to_the_parent_after_fork(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 10);
  deltos_transaction *transaction = begin(w->storage);
  create_byte(transaction, "m");
  assert_int_equal(in_child(use_transaction, transaction), 0);
  commit(transaction);
  assert_true(exists_now(w->storage, "m"));
  assert_true(exists_now(w->storage, "n"));
}

static int commit_and_die(void *user) {
  world *w = user;
  const int64_t shape = 1000;
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  deltos_transaction *transaction = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
  deltos_storage *storage = NULL;
  if (deltos_storage_open(w->path, &options, &storage, NULL) != DELTOS_OK) return 1;
  if (deltos_transaction_begin(storage, &transaction, NULL) != DELTOS_OK) return 2;
  if (deltos_buffer_create_zeroed(transaction, "n", NULL, DELTOS_DTYPE_I64, 1, &shape, &object, NULL)) return 3;
  if (deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, NULL) != DELTOS_OK) return 4;
  for (int64_t i = 0; i < shape; ++i) ((int64_t *)view->data)[i] = i;
  if (deltos_transaction_commit(&transaction, DELTOS_ASYNC, NULL, NULL) != DELTOS_OK) return 5;
  if (deltos_transaction_begin(storage, &transaction, NULL) != DELTOS_OK) return 6;
  if (deltos_transaction_delete(transaction, "n", NULL) != DELTOS_OK) return 7;
  kill(getpid(), SIGKILL);
  return 8;
}

static void test_transaction__a_killed_process_loses_no_commit(void **state) {
  world *w = *state;
  ok(deltos_storage_close(&w->storage, &error));
  assert_int_equal(in_child(commit_and_die, w), 1000 + SIGKILL);
  w->storage = open_mode(w->path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  for (int64_t i = 0; i < 1000; ++i) assert_int_equal(((int64_t *)view->data)[i], i);
  deltos_view_release(&view);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_transaction__its_changes_are_its_own_until_commit),
      in_storage(test_transaction__abort_drops_everything),
      in_storage(test_transaction__objects_of_an_aborted_one_are_stale),
      in_storage(test_transaction__only_one_is_open),
      in_storage(test_transaction__every_durability_commits),
      in_storage(test_transaction__an_unknown_durability_changes_nothing),
      in_storage(test_transaction__an_empty_one_commits_nothing),
      in_storage(test_transaction__rename_keeps_the_object),
      in_storage(test_transaction__rename_onto_a_taken_name_needs_replace),
      in_storage(test_transaction__missing_names_are_not_found),
      in_storage(test_transaction__malformed_names_are_invalid),
      in_storage(test_transaction__a_name_and_one_below_it_may_both_exist),
      in_storage(test_transaction__delete_keeps_views),
      in_storage(test_transaction__delete_prefix_counts),
      in_storage(test_transaction__belongs_to_the_parent_after_fork),
      in_storage(test_transaction__a_killed_process_loses_no_commit),
  };
  return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
