/* object.h: opening, facts, refresh, seal, place in the file, listing. */
#include "fixture.h"

static void test_object__opens_by_name_and_by_id(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  deltos_object *object = NULL, *same = NULL;
  store_numbers(w->storage, "a/n", 10);
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  ok(deltos_object_open(snapshot, "a/n", DELTOS_KIND_BUFFER, &object, &error));
  const deltos_object_info info = stat_object(object);
  ok(deltos_object_open_id(snapshot, info.id, DELTOS_KIND_ANY, &same, &error));
  assert_string_equal(stat_object(same).name, "a/n");
  deltos_object_release(&same);
  expect(DELTOS_E_NOT_FOUND, deltos_object_open_id(snapshot, info.id + 1, DELTOS_KIND_ANY, &same, &error));
  expect(DELTOS_E_NOT_FOUND, deltos_object_open_id(snapshot, UINT64_MAX, DELTOS_KIND_ANY, &same, &error));
  expect(DELTOS_E_INVALID, deltos_object_open(snapshot, "a/n", 77, &same, &error));
  assert_null(same);
  deltos_object_release(&object);
  deltos_snapshot_release(&snapshot);
}

static void test_object__stat_tells_what_was_stored(void **state) {
  world *w = *state;
  const int64_t shape[3] = {2, 0, 5};
  deltos_object *object = NULL;
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_buffer_create_zeroed(transaction, "n", "T{d:x:i:y:}", DELTOS_DTYPE_OTHER, 3, shape, &object, &error));
  deltos_object_info info = stat_object(object);
  assert_int_equal(info.stored, 0);
  assert_int_equal(info.writable, 1);
  const uint64_t id = commit(transaction);
  deltos_object_release(&object);
  object = open_object(w->storage, "n");
  info = stat_object(object);
  assert_int_equal(info.struct_size, sizeof info);
  assert_int_equal(info.kind, DELTOS_KIND_BUFFER);
  assert_int_equal(info.dtype, DELTOS_DTYPE_STRUCT);
  assert_int_equal(info.ndim, 3);
  assert_memory_equal(info.shape, shape, sizeof shape);
  assert_int_equal(info.count, 0);
  assert_int_equal(info.itemsize, 16);
  assert_int_equal(info.payload_bytes, 0);
  assert_int_equal(info.sealed, 0);
  assert_int_equal(info.current, 1);
  assert_int_equal(info.stored, 1);
  assert_int_equal(info.created_id, id);
  assert_int_equal(info.changed_id, id);
  assert_string_equal(info.name, "n");
  deltos_object_release(&object);
}

static void test_object__handles_of_a_transaction_go_on_after_commit(void **state) {
  world *w = *state;
  const int64_t shape = 100000;
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_buffer_create_zeroed(transaction, "n", NULL, DELTOS_DTYPE_I64, 1, &shape, &object, &error));
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
  void *address = view->data;
  commit(transaction);
  ((int64_t *)view->data)[7] = 7;
  assert_int_equal(stat_object(object).stored, 1);
  assert_int_equal(stat_object(object).current, 1);
  deltos_view_release(&view);
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &error));
  assert_ptr_equal(view->data, address);
  assert_int_equal(((int64_t *)view->data)[7], 7);
  deltos_view_release(&view);
  deltos_object_release(&object);
}

static void test_object__refresh_follows_the_id_then_the_name(void **state) {
  world *w = *state;
  uint8_t changed = 9;
  store_numbers(w->storage, "n", 10);
  deltos_object *object = open_object(w->storage, "n");
  const uint64_t id = stat_object(object).id;
  ok(deltos_object_refresh(&object, &changed, &error));
  assert_int_equal(changed, 0);
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_transaction_rename(transaction, "n", "m", 0, &error));
  commit(transaction);
  ok(deltos_object_refresh(&object, &changed, &error));
  assert_int_equal(changed, 1);
  assert_int_equal(stat_object(object).id, id);
  assert_string_equal(stat_object(object).name, "m");
  transaction = begin(w->storage);
  ok(deltos_transaction_delete(transaction, "m", &error));
  commit(transaction);
  expect(DELTOS_E_NOT_FOUND, deltos_object_refresh(&object, &changed, &error));
  assert_non_null(object);
  assert_int_equal(stat_object(object).id, id);
  deltos_object_release(&object);
}

static void test_object__refresh_finds_a_new_object_of_the_same_name(void **state) {
  world *w = *state;
  uint8_t changed = 9;
  store_numbers(w->storage, "n", 10);
  deltos_object *object = open_object(w->storage, "n");
  const uint64_t id = stat_object(object).id;
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_transaction_delete(transaction, "n", &error));
  commit(transaction);
  store_numbers(w->storage, "n", 20);
  assert_int_equal(stat_object(object).current, 0);
  ok(deltos_object_refresh(&object, &changed, &error));
  assert_int_equal(changed, 1);
  assert_int_equal(stat_object(object).count, 20);
  assert_int_not_equal(stat_object(object).id, id);
  deltos_object_release(&object);
}

static void test_object__a_sealed_one_is_exported_read_only(void **state) {
  world *w = *state;
  deltos_view *view = NULL;
  store_numbers(w->storage, "n", 1000);
  deltos_object *object = open_object(w->storage, "n");
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_object_seal(transaction, object, &error));
  commit(transaction);
  assert_int_equal(stat_object(object).sealed, 1);
  assert_int_equal(stat_object(object).writable, 0);
  expect(DELTOS_E_SEALED, deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &error));
  assert_int_equal(view->sealed, 1);
  assert_int_equal(view->readonly, 1);
  assert_int_equal(((int64_t *)view->data)[999], 999);
  deltos_view_release(&view);
  deltos_object_release(&object);
}

static void test_object__a_seal_that_may_be_taken_back_promises_nothing(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 1000);
  deltos_object *object = open_object(w->storage, "n");
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_object_seal(transaction, object, &error));
  deltos_object *sealed = NULL;
  deltos_view *early = NULL, *late = NULL, *writable = NULL;
  ok(deltos_object_open(deltos_transaction_snapshot(transaction), "n", DELTOS_KIND_BUFFER, &sealed, &error));
  assert_int_equal(stat_object(sealed).sealed, 1);
  ok(deltos_view_acquire(sealed, DELTOS_VIEW_FULL_RO, &early, &error));
  assert_int_equal(early->sealed, 0);
  deltos_transaction_abort(&transaction);
  deltos_object_release(&object);
  object = open_object(w->storage, "n");
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL, &writable, &error));
  ((int64_t *)writable->data)[0] = 7;
  assert_int_equal(((int64_t *)early->data)[0], 7);
  deltos_view_release(&writable);
  transaction = begin(w->storage);
  ok(deltos_object_seal(transaction, object, &error));
  commit(transaction);
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &late, &error));
  assert_int_equal(late->sealed, 1);
  deltos_view_release(&early);
  deltos_view_release(&late);
  deltos_object_release(&sealed);
  deltos_object_release(&object);
}

static void test_object__seal_waits_for_no_writable_view(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 1000);
  deltos_object *object = open_object(w->storage, "n");
  deltos_view *view = NULL;
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
  deltos_transaction *transaction = begin(w->storage);
  expect(DELTOS_E_PINNED, deltos_object_seal(transaction, object, &error));
  deltos_view_release(&view);
  ok(deltos_object_seal(transaction, object, &error));
  commit(transaction);
  deltos_object_release(&object);
}

static void test_object__seal_sees_writable_views_of_other_handles(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 1000);
  deltos_storage *in_place = open_mode(w->path, DELTOS_MODE_IN_PLACE, DELTOS_CREATE_NEVER);
  deltos_view *view = acquire(in_place, "n", DELTOS_VIEW_FULL);
  deltos_object *object = open_object(w->storage, "n");
  deltos_transaction *transaction = begin(w->storage);
  expect(DELTOS_E_PINNED, deltos_object_seal(transaction, object, &error));
  deltos_view_release(&view);
  ok(deltos_object_seal(transaction, object, &error));
  commit(transaction);
  deltos_object_release(&object);
  object = open_object(in_place, "n");
  expect(DELTOS_E_SEALED, deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
  deltos_object_release(&object);
  ok(deltos_storage_close(&in_place, &error));
}

static void test_object__unseal_moves_the_content(void **state) {
  world *w = *state;
  deltos_view *view = NULL;
  store_numbers(w->storage, "n", 1000);
  deltos_object *object = open_object(w->storage, "n");
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_object_seal(transaction, object, &error));
  commit(transaction);
  deltos_view *sealed = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  transaction = begin(w->storage);
  ok(deltos_object_unseal(transaction, object, &error));
  commit(transaction);
  assert_int_equal(stat_object(object).sealed, 0);
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
  assert_int_equal(((int64_t *)view->data)[999], 999);
  ((int64_t *)view->data)[999] = 0;
  assert_int_equal(((int64_t *)sealed->data)[999], 999);
  deltos_view_release(&sealed);
  deltos_view_release(&view);
  deltos_object_release(&object);
}

static void test_object__file_offset_is_where_others_find_it(void **state) {
  world *w = *state;
  uint64_t offset = 0;
  int64_t numbers[1000];
  store_numbers(w->storage, "large", 1000);
  store_numbers(w->storage, "small", 100);
  deltos_object *object = open_object(w->storage, "large");
  ok(deltos_object_file_offset(object, &offset, &error));
  assert_int_equal(offset % 4096, 0);
  int fd = open(w->path, O_RDONLY);
  assert_int_equal(pread(fd, numbers, sizeof numbers, (off_t)offset), sizeof numbers);
  for (int64_t i = 0; i < 1000; ++i) assert_int_equal(numbers[i], i);
  deltos_object_release(&object);
  object = open_object(w->storage, "small");
  ok(deltos_object_file_offset(object, &offset, &error));
  assert_int_equal(offset % 64, 0);
  assert_int_equal(pread(fd, numbers, 800, (off_t)offset), 800);
  for (int64_t i = 0; i < 100; ++i) assert_int_equal(numbers[i], i);
  deltos_object_release(&object);
  close(fd);
}

static void test_object__an_empty_one_lies_nowhere(void **state) {
  world *w = *state;
  uint64_t offset = 77;
  store_numbers(w->storage, "n", 0);
  deltos_object *object = open_object(w->storage, "n");
  ok(deltos_object_file_offset(object, &offset, &error));
  assert_int_equal(offset, 0);
  deltos_object_release(&object);
}

static void test_object__advice_is_taken(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 10000);
  deltos_object *object = open_object(w->storage, "n");
  for (int32_t advice = DELTOS_ADVICE_NORMAL; advice <= DELTOS_ADVICE_PREFAULT; ++advice) {
    ok(deltos_object_advise(object, advice, &error));
  }
  expect(DELTOS_E_INVALID, deltos_object_advise(object, 6, &error));
  expect(DELTOS_E_INVALID, deltos_object_advise(object, -1, &error));
  deltos_object_release(&object);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  for (int64_t i = 0; i < 10000; ++i) assert_int_equal(((int64_t *)view->data)[i], i);
  deltos_view_release(&view);
}

static int make_tree(void **state) {
  const char *names[] = {"a", "a/b", "a/c/d", "a/c/e", "ab", "b/x", "c"};
  const int64_t shape = 3;
  if (make_storage(state) != 0) return -1;
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    ok(deltos_buffer_create_zeroed(transaction, names[i], NULL, DELTOS_DTYPE_U8, 1, &shape, NULL, &error));
  }
  commit(transaction);
  return 0;
}

/* Names of a listing, separated by spaces, fetched `capacity` at a time. */
static void list_names(deltos_storage *storage, const char *prefix, int32_t depth, uint64_t capacity, char *names,
                       size_t size) {
  deltos_snapshot *snapshot = NULL;
  deltos_cursor *cursor = NULL;
  deltos_entry entries[16];
  uint64_t count = 0;
  names[0] = '\0';
  ok(deltos_snapshot_begin(storage, &snapshot, &error));
  ok(deltos_snapshot_list(snapshot, prefix, depth, &cursor, &error));
  deltos_snapshot_release(&snapshot);
  do {
    ok(deltos_cursor_next_entries(cursor, entries, capacity, &count, &error));
    assert_true(count <= capacity);
    for (uint64_t i = 0; i < count; ++i) {
      const size_t used = strlen(names);
      const size_t length = strlen(entries[i].name);
      snprintf(names + used, size - used, "%s%s", used ? " " : "", entries[i].name);
      if (entries[i].is_prefix) {
        assert_int_equal(entries[i].name[length - 1], '/');
        assert_int_equal(entries[i].id, 0);
        assert_int_equal(entries[i].kind, 0);
        assert_int_equal(entries[i].payload_bytes, 0);
      } else {
        assert_true(entries[i].id != 0);
        assert_int_equal(entries[i].kind, DELTOS_KIND_BUFFER);
        assert_int_equal(entries[i].payload_bytes, 3);
      }
    }
  } while (count > 0);
  ok(deltos_cursor_next_entries(cursor, entries, capacity, &count, &error));
  assert_int_equal(count, 0);
  deltos_cursor_release(&cursor);
}

static void test_object__listing_is_in_byte_order(void **state) {
  world *w = *state;
  char names[256];
  for (uint64_t capacity = 1; capacity <= 16; capacity *= 2) {
    list_names(w->storage, "", DELTOS_LIST_ALL, capacity, names, sizeof names);
    assert_string_equal(names, "a a/b a/c/d a/c/e ab b/x c");
    list_names(w->storage, "a", DELTOS_LIST_ALL, capacity, names, sizeof names);
    assert_string_equal(names, "a a/b a/c/d a/c/e ab");
    list_names(w->storage, "none", DELTOS_LIST_ALL, capacity, names, sizeof names);
    assert_string_equal(names, "");
  }
}

static void test_object__listing_one_level_folds_what_is_below(void **state) {
  world *w = *state;
  char names[256];
  for (uint64_t capacity = 1; capacity <= 16; capacity *= 2) {
    list_names(w->storage, "", DELTOS_LIST_ONE_LEVEL, capacity, names, sizeof names);
    assert_string_equal(names, "a a/ ab b/ c");
    list_names(w->storage, "a/", DELTOS_LIST_ONE_LEVEL, capacity, names, sizeof names);
    assert_string_equal(names, "a/b a/c/");
  }
}

static void test_object__listing_shows_a_transactions_own_objects(void **state) {
  world *w = *state;
  const int64_t shape = 1;
  deltos_cursor *cursor = NULL;
  deltos_entry entries[16];
  uint64_t count = 0;
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_buffer_create_zeroed(transaction, "aa", NULL, DELTOS_DTYPE_U8, 1, &shape, NULL, &error));
  ok(deltos_transaction_delete(transaction, "a", &error));
  ok(deltos_snapshot_list(deltos_transaction_snapshot(transaction), "a", DELTOS_LIST_ALL, &cursor, &error));
  ok(deltos_cursor_next_entries(cursor, entries, 16, &count, &error));
  assert_int_equal(count, 5);
  assert_string_equal(entries[3].name, "aa");
  deltos_transaction_abort(&transaction);
  expect(DELTOS_E_STALE, deltos_cursor_next_entries(cursor, entries, 16, &count, &error));
  deltos_cursor_release(&cursor);
}

static void test_object__listing_rejects_what_it_does_not_know(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  deltos_cursor *cursor = NULL;
  deltos_entry entry;
  uint64_t count = 0;
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  expect(DELTOS_E_INVALID, deltos_snapshot_list(snapshot, "", 2, &cursor, &error));
  ok(deltos_snapshot_list(snapshot, "", DELTOS_LIST_ALL, &cursor, &error));
  expect(DELTOS_E_INVALID, deltos_cursor_next_entries(cursor, &entry, 0, &count, &error));
  deltos_cursor_release(&cursor);
  deltos_snapshot_release(&snapshot);
}

#define in_tree(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_world)

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_object__opens_by_name_and_by_id),
      in_storage(test_object__stat_tells_what_was_stored),
      in_storage(test_object__handles_of_a_transaction_go_on_after_commit),
      in_storage(test_object__refresh_follows_the_id_then_the_name),
      in_storage(test_object__refresh_finds_a_new_object_of_the_same_name),
      in_storage(test_object__a_sealed_one_is_exported_read_only),
      in_storage(test_object__a_seal_that_may_be_taken_back_promises_nothing),
      in_storage(test_object__seal_waits_for_no_writable_view),
      in_storage(test_object__seal_sees_writable_views_of_other_handles),
      in_storage(test_object__unseal_moves_the_content),
      in_storage(test_object__file_offset_is_where_others_find_it),
      in_storage(test_object__an_empty_one_lies_nowhere),
      in_storage(test_object__advice_is_taken),
      in_tree(test_object__listing_is_in_byte_order),
      in_tree(test_object__listing_one_level_folds_what_is_below),
      in_tree(test_object__listing_shows_a_transactions_own_objects),
      in_tree(test_object__listing_rejects_what_it_does_not_know),
  };
  return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
