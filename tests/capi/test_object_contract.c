/* What every handle type has in common: NULL, release twice, another type's handle, use after close. */
#include "fixture.h"

typedef struct handles {
  deltos_storage *storage;
  deltos_snapshot *snapshot;
  deltos_transaction *transaction;
  deltos_object *object;
  deltos_cursor *cursor;
  deltos_view *view;
} handles;

static handles all_handles(world *w) {
  handles h;
  memset(&h, 0, sizeof h);
  store_numbers(w->storage, "n", 10);
  h.storage = w->storage;
  ok(deltos_snapshot_begin(h.storage, &h.snapshot, &error));
  h.object = open_object(h.storage, "n");
  ok(deltos_snapshot_list(h.snapshot, "", DELTOS_LIST_ALL, &h.cursor, &error));
  ok(deltos_view_acquire(h.object, DELTOS_VIEW_FULL_RO, &h.view, &error));
  h.transaction = begin(h.storage);
  return h;
}

static void release_all(handles *h) {
  deltos_view_release(&h->view);
  deltos_cursor_release(&h->cursor);
  deltos_object_release(&h->object);
  deltos_snapshot_release(&h->snapshot);
  deltos_transaction_abort(&h->transaction);
}

/* Every call that takes the handle, with everything else in order. */
static void use_storage(deltos_status expected, deltos_storage *storage) {
  deltos_storage_info info;
  deltos_snapshot *snapshot = (deltos_snapshot *)1;
  deltos_transaction *transaction = (deltos_transaction *)1;
  deltos_object *object = (deltos_object *)1;
  int32_t fd = -5;
  uint64_t count = 77;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  expect(expected, deltos_storage_fd(storage, &fd, &error));
  expect(expected, deltos_storage_sync(storage, &error));
  expect(expected, deltos_storage_stat(storage, &info, &error));
  expect(expected, deltos_storage_verify(storage, DELTOS_VERIFY_STRUCT, NULL, NULL, NULL, 0, &count, &error));
  expect(expected, deltos_storage_pins(storage, NULL, 0, &count, &error));
  expect(expected, deltos_snapshot_begin(storage, &snapshot, &error));
  expect(expected, deltos_transaction_begin(storage, &transaction, &error));
  expect(expected, deltos_object_open_newest(storage, "n", DELTOS_KIND_ANY, &object, &error));
  assert_int_equal(fd, -5);
  assert_int_equal(count, 77);
  assert_null(snapshot);
  assert_null(transaction);
  assert_null(object);
}

static void use_snapshot(deltos_status expected, deltos_snapshot *snapshot) {
  deltos_object *object = (deltos_object *)1;
  deltos_cursor *cursor = (deltos_cursor *)1;
  deltos_snapshot *same = snapshot;
  deltos_metadatum item;
  uint8_t changed = 7;
  uint64_t count = 77;
  expect(expected, deltos_snapshot_refresh(&same, &changed, &error));
  expect(expected, deltos_snapshot_copy_to(snapshot, "/nowhere/x", NULL, &error));
  expect(expected, deltos_snapshot_compact_to(snapshot, "/nowhere/x", NULL, &error));
  expect(expected, deltos_object_open(snapshot, "n", DELTOS_KIND_ANY, &object, &error));
  assert_null(object);
  object = (deltos_object *)1;
  expect(expected, deltos_object_open_id(snapshot, 1, DELTOS_KIND_ANY, &object, &error));
  expect(expected, deltos_snapshot_list(snapshot, "", DELTOS_LIST_ALL, &cursor, &error));
  expect(expected, deltos_metadata_get(snapshot, "", "k", &item, &error));
  expect(expected, deltos_metadata_list(snapshot, "", NULL, 0, &count, &error));
  assert_null(object);
  assert_null(cursor);
  assert_int_equal(changed, 7);
  assert_int_equal(count, 77);
  assert_ptr_equal(same, snapshot);
}

static void use_transaction(deltos_status expected, deltos_transaction *transaction, deltos_object *object) {
  const int64_t shape = 1;
  char byte = 0;
  deltos_view content = layout_of(DELTOS_DTYPE_U8, 1, &shape, &byte);
  deltos_object *buffer = (deltos_object *)1;
  deltos_transaction *same = transaction;
  deltos_metadatum item;
  uint64_t number = 77;
  memset(&item, 0, sizeof item);
  item.key = "k";
  item.format = "u8";
  expect(expected, deltos_transaction_commit(&same, DELTOS_SYNC, &number, &error));
  expect(expected, deltos_transaction_rename(transaction, "n", "m", 0, &error));
  expect(expected, deltos_transaction_delete(transaction, "n", &error));
  expect(expected, deltos_transaction_delete_prefix(transaction, "n", &number, &error));
  expect(expected, deltos_object_seal(transaction, object, &error));
  expect(expected, deltos_object_unseal(transaction, object, &error));
  expect(expected, deltos_metadata_set(transaction, "", &item, &error));
  expect(expected, deltos_metadata_remove(transaction, "", "k", &error));
  expect(expected, deltos_buffer_create(transaction, "m", &content, &buffer, &error));
  assert_null(buffer);
  buffer = (deltos_object *)1;
  expect(expected, deltos_buffer_create_zeroed(transaction, "m", "d", 0, 1, &shape, &buffer, &error));
  assert_null(buffer);
  buffer = (deltos_object *)1;
  expect(expected, deltos_buffer_replace(transaction, object, &content, &buffer, &error));
  assert_null(buffer);
  assert_int_equal(number, 77);
  assert_ptr_equal(same, transaction);
}

static void use_object(deltos_status expected, deltos_object *object, deltos_transaction *transaction) {
  deltos_object *same = object;
  deltos_view *view = (deltos_view *)1;
  uint8_t changed = 7;
  uint64_t offset = 77;
  expect(expected, deltos_object_refresh(&same, &changed, &error));
  expect(expected, deltos_object_file_offset(object, &offset, &error));
  expect(expected, deltos_object_advise(object, DELTOS_ADVICE_NORMAL, &error));
  expect(expected, deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &error));
  if (transaction != NULL) {
    expect(expected, deltos_object_seal(transaction, object, &error));
    expect(expected, deltos_object_unseal(transaction, object, &error));
    expect(expected, deltos_buffer_replace(transaction, object, NULL, NULL, &error));
  }
  assert_null(view);
  assert_int_equal(changed, 7);
  assert_int_equal(offset, 77);
  assert_ptr_equal(same, object);
}

static void use_cursor(deltos_status expected, deltos_cursor *cursor) {
  deltos_entry entry;
  uint64_t count = 77;
  expect(expected, deltos_cursor_next_entries(cursor, &entry, 1, &count, &error));
  assert_int_equal(count, 77);
}

static void test_contract__null_handles_are_invalid(void **state) {
  world *w = *state;
  deltos_object_info info;
  handles h = all_handles(w);
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  use_storage(DELTOS_E_INVALID, NULL);
  use_snapshot(DELTOS_E_INVALID, NULL);
  use_transaction(DELTOS_E_INVALID, NULL, h.object);
  use_object(DELTOS_E_INVALID, NULL, h.transaction);
  use_cursor(DELTOS_E_INVALID, NULL);
  expect(DELTOS_E_INVALID, deltos_object_stat(NULL, &info, &error));
  assert_int_equal(deltos_snapshot_id(NULL), 0);
  assert_null(deltos_transaction_snapshot(NULL));
  release_all(&h);
}

static void test_contract__handles_of_another_type_are_invalid(void **state) {
  world *w = *state;
  handles h = all_handles(w);
  use_storage(DELTOS_E_INVALID, (deltos_storage *)h.snapshot);
  use_storage(DELTOS_E_INVALID, (deltos_storage *)h.transaction);
  use_snapshot(DELTOS_E_INVALID, (deltos_snapshot *)h.storage);
  use_snapshot(DELTOS_E_INVALID, (deltos_snapshot *)h.object);
  use_transaction(DELTOS_E_INVALID, (deltos_transaction *)h.storage, h.object);
  use_object(DELTOS_E_INVALID, (deltos_object *)h.cursor, h.transaction);
  use_cursor(DELTOS_E_INVALID, (deltos_cursor *)h.object);
  assert_int_equal(deltos_snapshot_id((deltos_snapshot *)h.storage), 0);
  assert_null(deltos_transaction_snapshot((deltos_transaction *)h.storage));
  release_all(&h);
}

static void test_contract__releasing_another_types_handle_does_nothing(void **state) {
  world *w = *state;
  handles h = all_handles(w);
  deltos_snapshot *snapshot = (deltos_snapshot *)h.object;
  deltos_object *object = (deltos_object *)h.cursor;
  deltos_cursor *cursor = (deltos_cursor *)h.snapshot;
  deltos_transaction *transaction = (deltos_transaction *)h.storage;
  deltos_storage *storage = (deltos_storage *)h.transaction;
  deltos_snapshot_release(&snapshot);
  deltos_object_release(&object);
  deltos_cursor_release(&cursor);
  deltos_transaction_abort(&transaction);
  deltos_storage_detach(&storage);
  expect(DELTOS_E_INVALID, deltos_storage_close(&storage, &error));
  assert_int_equal(stat_object(h.object).count, 10);
  release_all(&h);
}

static void test_contract__release_takes_null_and_a_null_handle(void **state) {
  handles none;
  (void)state;
  memset(&none, 0, sizeof none);
  deltos_storage_detach(NULL);
  deltos_snapshot_release(NULL);
  deltos_transaction_abort(NULL);
  deltos_object_release(NULL);
  deltos_cursor_release(NULL);
  deltos_view_release(NULL);
  deltos_storage_detach(&none.storage);
  deltos_snapshot_release(&none.snapshot);
  deltos_transaction_abort(&none.transaction);
  deltos_object_release(&none.object);
  deltos_cursor_release(&none.cursor);
  deltos_view_release(&none.view);
  ok(deltos_storage_close(&none.storage, &error));
  expect(DELTOS_E_INVALID, deltos_storage_close(NULL, &error));
  expect(DELTOS_E_INVALID, deltos_snapshot_refresh(NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_object_refresh(NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_transaction_commit(NULL, DELTOS_SYNC, NULL, &error));
}

static void test_contract__release_twice_through_the_same_variable_is_fine(void **state) {
  world *w = *state;
  handles h = all_handles(w);
  release_all(&h);
  assert_null(h.view);
  assert_null(h.cursor);
  assert_null(h.object);
  assert_null(h.snapshot);
  assert_null(h.transaction);
  release_all(&h);
  ok(deltos_storage_close(&w->storage, &error));
  ok(deltos_storage_close(&w->storage, &error));
}

static void test_contract__after_close_everything_says_closed_and_can_be_released(void **state) {
  world *w = *state;
  handles h = all_handles(w);
  deltos_view_release(&h.view);
  deltos_transaction_abort(&h.transaction);
  ok(deltos_storage_close(&w->storage, &error));
  use_snapshot(DELTOS_E_CLOSED, h.snapshot);
  use_object(DELTOS_E_CLOSED, h.object, NULL);
  use_cursor(DELTOS_E_CLOSED, h.cursor);
  assert_string_equal(stat_object(h.object).name, "n");
  release_all(&h);
}

static void test_contract__after_detach_a_transaction_says_closed(void **state) {
  world *w = *state;
  handles h = all_handles(w);
  deltos_storage_detach(&w->storage);
  use_transaction(DELTOS_E_CLOSED, h.transaction, h.object);
  use_snapshot(DELTOS_E_CLOSED, h.snapshot);
  use_object(DELTOS_E_CLOSED, h.object, NULL);
  use_cursor(DELTOS_E_CLOSED, h.cursor);
  assert_int_equal(((int64_t *)h.view->data)[9], 9);
  release_all(&h);
}

static void test_contract__outputs_that_are_needed_may_not_be_null(void **state) {
  world *w = *state;
  handles h = all_handles(w);
  deltos_entry entry;
  uint64_t count = 0;
  expect(DELTOS_E_INVALID, deltos_storage_fd(h.storage, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_storage_stat(h.storage, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_storage_verify(h.storage, 0, NULL, NULL, NULL, 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_storage_pins(h.storage, NULL, 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_storage_pins(h.storage, NULL, 1, &count, &error));
  expect(DELTOS_E_INVALID, deltos_snapshot_begin(h.storage, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_transaction_begin(h.storage, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_object_open(h.snapshot, "n", DELTOS_KIND_ANY, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_object_open_id(h.snapshot, 1, DELTOS_KIND_ANY, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_object_open_newest(h.storage, "n", DELTOS_KIND_ANY, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_object_stat(h.object, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_object_file_offset(h.object, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_snapshot_list(h.snapshot, "", 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_cursor_next_entries(h.cursor, NULL, 1, &count, &error));
  expect(DELTOS_E_INVALID, deltos_cursor_next_entries(h.cursor, &entry, 1, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_metadata_get(h.snapshot, "", "k", NULL, &error));
  expect(DELTOS_E_INVALID, deltos_metadata_list(h.snapshot, "", NULL, 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_metadata_list(h.snapshot, "", NULL, 1, &count, &error));
  expect(DELTOS_E_INVALID, deltos_view_acquire(h.object, DELTOS_VIEW_FULL_RO, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_view_share(h.view, DELTOS_VIEW_FULL_RO, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_view_wrap(h.view, NULL, NULL, NULL, &error));
  release_all(&h);
}

static void test_contract__texts_may_not_be_null(void **state) {
  world *w = *state;
  handles h = all_handles(w);
  deltos_object *object = NULL;
  deltos_cursor *cursor = NULL;
  deltos_metadatum item;
  const int64_t shape = 1;
  memset(&item, 0, sizeof item);
  expect(DELTOS_E_INVALID, deltos_object_open(h.snapshot, NULL, DELTOS_KIND_ANY, &object, &error));
  expect(DELTOS_E_INVALID, deltos_object_open_newest(h.storage, NULL, DELTOS_KIND_ANY, &object, &error));
  expect(DELTOS_E_INVALID, deltos_snapshot_list(h.snapshot, NULL, 0, &cursor, &error));
  expect(DELTOS_E_INVALID, deltos_snapshot_copy_to(h.snapshot, NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_snapshot_compact_to(h.snapshot, NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_transaction_rename(h.transaction, NULL, "m", 0, &error));
  expect(DELTOS_E_INVALID, deltos_transaction_rename(h.transaction, "n", NULL, 0, &error));
  expect(DELTOS_E_INVALID, deltos_transaction_delete(h.transaction, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_transaction_delete_prefix(h.transaction, NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_metadata_get(h.snapshot, NULL, "k", &item, &error));
  expect(DELTOS_E_INVALID, deltos_metadata_get(h.snapshot, "", NULL, &item, &error));
  expect(DELTOS_E_INVALID, deltos_metadata_set(h.transaction, NULL, &item, &error));
  expect(DELTOS_E_INVALID, deltos_metadata_set(h.transaction, "", &item, &error));
  expect(DELTOS_E_INVALID, deltos_metadata_set(h.transaction, "", NULL, &error));
  item.key = "k";
  expect(DELTOS_E_INVALID, deltos_metadata_set(h.transaction, "", &item, &error));
  item.format = "B";
  item.size = 1;
  expect(DELTOS_E_INVALID, deltos_metadata_set(h.transaction, "", &item, &error));
  expect(DELTOS_E_INVALID, deltos_metadata_remove(h.transaction, NULL, "k", &error));
  expect(DELTOS_E_INVALID, deltos_metadata_remove(h.transaction, "", NULL, &error));
  expect(DELTOS_E_INVALID, deltos_buffer_create_zeroed(h.transaction, NULL, "d", 0, 1, &shape, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_buffer_create_zeroed(h.transaction, "m", "d", 0, 1, NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_buffer_create(h.transaction, "m", NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_buffer_create(h.transaction, NULL, h.view, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_format_describe(NULL, NULL, NULL, NULL, &error));
  release_all(&h);
}

static void test_contract__objects_of_another_storage_are_not_taken(void **state) {
  world *w = *state;
  deltos_storage *other = NULL;
  ok(deltos_storage_open_anonymous(NULL, NULL, &other, &error));
  store_numbers(other, "n", 10);
  store_numbers(w->storage, "n", 10);
  deltos_object *object = open_object(other, "n");
  deltos_transaction *transaction = begin(w->storage);
  expect(DELTOS_E_INVALID, deltos_object_seal(transaction, object, &error));
  expect(DELTOS_E_INVALID, deltos_object_unseal(transaction, object, &error));
  expect(DELTOS_E_INVALID, deltos_buffer_replace(transaction, object, NULL, NULL, &error));
  deltos_transaction_abort(&transaction);
  deltos_object_release(&object);
  ok(deltos_storage_close(&other, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_contract__null_handles_are_invalid),
      in_storage(test_contract__handles_of_another_type_are_invalid),
      in_storage(test_contract__releasing_another_types_handle_does_nothing),
      cmocka_unit_test(test_contract__release_takes_null_and_a_null_handle),
      in_storage(test_contract__release_twice_through_the_same_variable_is_fine),
      in_storage(test_contract__after_close_everything_says_closed_and_can_be_released),
      in_storage(test_contract__after_detach_a_transaction_says_closed),
      in_storage(test_contract__outputs_that_are_needed_may_not_be_null),
      in_storage(test_contract__texts_may_not_be_null),
      in_storage(test_contract__objects_of_another_storage_are_not_taken),
  };
  return cmocka_run_group_tests_name("object_contract", tests, NULL, NULL);
}
