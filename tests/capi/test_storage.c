/* storage.h: opening in every way, closing, facts. */
#include "fixture.h"

static void test_storage__opening_a_missing_file_names_it(void **state) {
  world *w = *state;
  deltos_storage *storage = (deltos_storage *)1;
  expect_message(DELTOS_E_NOT_FOUND, "a.deltos", deltos_storage_open(w->path, NULL, &storage, &error));
  assert_null(storage);
}

static void test_storage__arguments_that_make_no_sense_are_invalid(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  expect(DELTOS_E_INVALID, deltos_storage_open(NULL, NULL, &storage, &error));
  expect(DELTOS_E_INVALID, deltos_storage_open("", NULL, &storage, &error));
  expect(DELTOS_E_INVALID, deltos_storage_open(w->path, NULL, NULL, &error));
  options.mode = 4;
  expect(DELTOS_E_INVALID, deltos_storage_open(w->path, &options, &storage, &error));
  options.mode = -1;
  expect(DELTOS_E_INVALID, deltos_storage_open(w->path, &options, &storage, &error));
  options = options_for(DELTOS_MODE_WRITE, 4);
  expect(DELTOS_E_INVALID, deltos_storage_open(w->path, &options, &storage, &error));
  options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  options.flags = 1u << 30;
  expect(DELTOS_E_INVALID, deltos_storage_open(w->path, &options, &storage, &error));
  assert_int_equal(access(w->path, F_OK), -1);
}

static void test_storage__only_a_writer_creates(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  for (int32_t mode = DELTOS_MODE_READ; mode <= DELTOS_MODE_STATIC; ++mode) {
    if (mode == DELTOS_MODE_WRITE) continue;
    for (int32_t create = DELTOS_CREATE_IF_ABSENT; create <= DELTOS_CREATE_REPLACE; ++create) {
      deltos_open_options options = options_for(mode, create);
      expect(DELTOS_E_INVALID, deltos_storage_open(w->path, &options, &storage, &error));
    }
  }
}

static void test_storage__flags_of_a_writer_need_mode_write(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  const uint32_t flags[] = {DELTOS_OPEN_ROLLBACK, DELTOS_OPEN_REDIRTY, DELTOS_OPEN_NO_TRIM, DELTOS_OPEN_FORCE};
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; ++i) {
    deltos_open_options options = options_for(DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
    options.flags = flags[i];
    expect(DELTOS_E_INVALID, deltos_storage_open(w->path, &options, &storage, &error));
  }
}

static void test_storage__create_new_refuses_an_existing_file(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  ok(deltos_storage_close(&w->storage, &error));
  expect_message(DELTOS_E_EXISTS, "a.deltos", deltos_storage_open(w->path, &options, &storage, &error));
}

static void test_storage__create_if_absent_keeps_what_is_there(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 10);
  ok(deltos_storage_close(&w->storage, &error));
  w->storage = open_mode(w->path, DELTOS_MODE_WRITE, DELTOS_CREATE_IF_ABSENT);
  assert_int_equal(stat_storage(w->storage).object_count, 1);
}

static void test_storage__replace_keeps_the_old_file_until_commit(void **state) {
  world *w = *state;
  deltos_storage *reader;
  store_numbers(w->storage, "old", 10);
  ok(deltos_storage_close(&w->storage, &error));
  w->storage = open_mode(w->path, DELTOS_MODE_WRITE, DELTOS_CREATE_REPLACE);
  reader = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  assert_int_equal(stat_storage(reader).object_count, 1);
  store_numbers(w->storage, "new", 10);
  deltos_storage_detach(&reader);
  reader = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  deltos_object *object = open_object(reader, "new");
  deltos_object_release(&object);
  expect(DELTOS_E_NOT_FOUND, deltos_object_open_newest(reader, "old", DELTOS_KIND_ANY, &object, &error));
  ok(deltos_storage_close(&reader, &error));
}

static void test_storage__replace_without_a_commit_changes_nothing(void **state) {
  world *w = *state;
  store_numbers(w->storage, "old", 10);
  ok(deltos_storage_close(&w->storage, &error));
  w->storage = open_mode(w->path, DELTOS_MODE_WRITE, DELTOS_CREATE_REPLACE);
  ok(deltos_storage_close(&w->storage, &error));
  w->storage = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  assert_int_equal(stat_storage(w->storage).object_count, 1);
}

static void test_storage__replace_over_a_living_writer_needs_force(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_REPLACE);
  store_numbers(w->storage, "old", 10);
  expect(DELTOS_E_BUSY, deltos_storage_open(w->path, &options, &storage, &error));
  options.flags = DELTOS_OPEN_FORCE;
  ok(deltos_storage_open(w->path, &options, &storage, &error));
  store_numbers(storage, "new", 10);
  ok(deltos_storage_close(&storage, &error));
}

static void test_storage__commit_into_a_replaced_file_is_refused(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  deltos_transaction *transaction;
  const int64_t shape = 10;
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_REPLACE);
  options.flags = DELTOS_OPEN_FORCE;
  ok(deltos_storage_open(w->path, &options, &storage, &error));
  store_numbers(storage, "new", 10);
  transaction = begin(w->storage);
  ok(deltos_buffer_create_zeroed(transaction, "lost", NULL, DELTOS_DTYPE_I8, 1, &shape, NULL, &error));
  expect(DELTOS_E_REPLACED, deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error));
  assert_non_null(transaction);
  deltos_transaction_abort(&transaction);
  expect(DELTOS_E_REPLACED, deltos_storage_sync(w->storage, &error));
  ok(deltos_storage_close(&storage, &error));
}

static void test_storage__a_second_writer_is_locked_out(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
  expect(DELTOS_E_LOCKED, deltos_storage_open(w->path, &options, &storage, &error));
}

static void test_storage__closing_the_writer_lets_another_in(void **state) {
  world *w = *state;
  ok(deltos_storage_close(&w->storage, &error));
  w->storage = open_mode(w->path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
}

static void test_storage__other_files_are_not_storages(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  char text[8192];
  memset(text, 'x', sizeof text);
  write_file(w->path, 0, "", 0);
  expect(DELTOS_E_NOT_DELTOS, deltos_storage_open(w->path, NULL, &storage, &error));
  write_file(w->path, 0, text, sizeof text);
  expect(DELTOS_E_NOT_DELTOS, deltos_storage_open(w->path, NULL, &storage, &error));
}

static void test_storage__a_damaged_header_is_corrupt(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  ok(deltos_storage_close(&w->storage, &error));
  write_file(w->path, 100, "x", 1);
  expect(DELTOS_E_CORRUPT, deltos_storage_open(w->path, NULL, &storage, &error));
}

static void test_storage__close_with_live_view_names_it(void **state) {
  world *w = *state;
  store_numbers(w->storage, "weather/grid", 10);
  deltos_view *view = acquire(w->storage, "weather/grid", DELTOS_VIEW_FULL_RO);
  deltos_storage *before = w->storage;
  expect_message(DELTOS_E_PINNED, "weather/grid", deltos_storage_close(&w->storage, &error));
  assert_ptr_equal(w->storage, before);
  assert_int_equal(((int64_t *)view->data)[7], 7);
  deltos_view_release(&view);
  ok(deltos_storage_close(&w->storage, &error));
  assert_null(w->storage);
}

static void test_storage__close_counts_shared_views(void **state) {
  world *w = *state;
  deltos_view *second = NULL;
  store_numbers(w->storage, "grid", 10);
  deltos_view *first = acquire(w->storage, "grid", DELTOS_VIEW_FULL_RO);
  ok(deltos_view_share(first, DELTOS_VIEW_FULL_RO, &second, &error));
  deltos_view_release(&first);
  expect(DELTOS_E_PINNED, deltos_storage_close(&w->storage, &error));
  assert_int_equal(((int64_t *)second->data)[9], 9);
  deltos_view_release(&second);
  ok(deltos_storage_close(&w->storage, &error));
}

static void test_storage__close_with_open_transaction_is_busy(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  expect(DELTOS_E_BUSY, deltos_storage_close(&w->storage, &error));
  deltos_transaction_abort(&transaction);
  ok(deltos_storage_close(&w->storage, &error));
}

static void test_storage__children_of_a_closed_storage_say_so(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  deltos_cursor *cursor = NULL;
  deltos_view *view = NULL;
  deltos_object *object, *second = NULL;
  deltos_entry entry;
  uint64_t count = 0;
  store_numbers(w->storage, "n", 10);
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  ok(deltos_snapshot_list(snapshot, "", DELTOS_LIST_ALL, &cursor, &error));
  object = open_object(w->storage, "n");
  ok(deltos_storage_close(&w->storage, &error));
  expect(DELTOS_E_CLOSED, deltos_snapshot_refresh(&snapshot, NULL, &error));
  expect(DELTOS_E_CLOSED, deltos_object_open(snapshot, "n", DELTOS_KIND_ANY, &second, &error));
  expect(DELTOS_E_CLOSED, deltos_cursor_next_entries(cursor, &entry, 1, &count, &error));
  expect(DELTOS_E_CLOSED, deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &error));
  expect(DELTOS_E_CLOSED, deltos_object_refresh(&object, NULL, &error));
  assert_int_equal(stat_object(object).current, 0);
  assert_string_equal(stat_object(object).name, "n");
  deltos_cursor_release(&cursor);
  deltos_object_release(&object);
  deltos_snapshot_release(&snapshot);
}

static void test_storage__detach_keeps_views_alive(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 100000);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL);
  deltos_transaction *transaction = begin(w->storage);
  deltos_storage_detach(&w->storage);
  assert_null(w->storage);
  expect(DELTOS_E_CLOSED, deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error));
  deltos_transaction_abort(&transaction);
  for (int64_t i = 0; i < 100000; ++i) assert_int_equal(((int64_t *)view->data)[i], i);
  ((int64_t *)view->data)[5] = 6;
  deltos_view_release(&view);
  w->storage = open_mode(w->path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
  view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(((int64_t *)view->data)[5], 6);
  deltos_view_release(&view);
}

static void test_storage__anonymous_memory_is_shared_by_descriptor(void **state) {
  world *w = *state;
  deltos_storage *reader = NULL;
  int32_t fd = -1;
  ok(deltos_storage_open_anonymous("scratch", NULL, &w->storage, &error));
  store_numbers(w->storage, "n", 1000);
  ok(deltos_storage_fd(w->storage, &fd, &error));
  ok(deltos_storage_open_fd(fd, NULL, &reader, &error));
  deltos_view *view = acquire(reader, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(((int64_t *)view->data)[999], 999);
  deltos_view_release(&view);
  ok(deltos_storage_close(&reader, &error));
}

static void test_storage__anonymous_memory_is_for_writing(void **state) {
  deltos_storage *storage = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_IN_PLACE, DELTOS_CREATE_NEVER);
  (void)state;
  expect(DELTOS_E_INVALID, deltos_storage_open_anonymous(NULL, &options, &storage, &error));
  options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  expect(DELTOS_E_INVALID, deltos_storage_open_anonymous(NULL, &options, &storage, &error));
}

static void test_storage__a_bad_descriptor_is_invalid(void **state) {
  deltos_storage *storage = NULL;
  (void)state;
  expect(DELTOS_E_INVALID, deltos_storage_open_fd(-1, NULL, &storage, &error));
  expect(DELTOS_E_INVALID, deltos_storage_open_fd(1000000, NULL, &storage, &error));
}

static void count_release(void *user) { ++*(int *)user; }

static void test_storage__memory_of_the_caller_is_released_after_the_last_view(void **state) {
  world *w = *state;
  uint64_t size = 0;
  int released = 0;
  store_numbers(w->storage, "n", 1000);
  ok(deltos_storage_sync(w->storage, &error));
  ok(deltos_storage_close(&w->storage, &error));
  void *bytes = read_file(w->path, &size);
  deltos_storage *storage = NULL;
  ok(deltos_storage_open_memory(bytes, size, NULL, count_release, &released, &storage, &error));
  assert_int_equal(stat_storage(storage).mode, DELTOS_MODE_STATIC);
  deltos_view *view = acquire(storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(((int64_t *)view->data)[999], 999);
  assert_true((char *)view->data > (char *)bytes && (char *)view->data < (char *)bytes + size);
  deltos_storage_detach(&storage);
  assert_int_equal(released, 0);
  deltos_view_release(&view);
  assert_int_equal(released, 1);
  free(bytes);
}

static void test_storage__memory_is_released_when_opening_fails(void **state) {
  char bytes[4096];
  int released = 0;
  deltos_storage *storage = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
  (void)state;
  memset(bytes, 'x', sizeof bytes);
  expect(DELTOS_E_NOT_DELTOS,
         deltos_storage_open_memory(bytes, sizeof bytes, NULL, count_release, &released, &storage, &error));
  assert_int_equal(released, 1);
  expect(DELTOS_E_INVALID,
         deltos_storage_open_memory(bytes, sizeof bytes, &options, count_release, &released, &storage, &error));
  assert_int_equal(released, 2);
  expect(DELTOS_E_INVALID, deltos_storage_open_memory(NULL, 0, NULL, count_release, &released, &storage, &error));
  assert_int_equal(released, 3);
}

static void test_storage__memory_has_no_descriptor(void **state) {
  world *w = *state;
  uint64_t size = 0, offset = 0;
  int32_t fd = -7;
  store_numbers(w->storage, "n", 1000);
  ok(deltos_storage_sync(w->storage, &error));
  ok(deltos_storage_close(&w->storage, &error));
  void *bytes = read_file(w->path, &size);
  ok(deltos_storage_open_memory(bytes, size, NULL, free, bytes, &w->storage, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_storage_fd(w->storage, &fd, &error));
  assert_int_equal(fd, -7);
  deltos_object *object = open_object(w->storage, "n");
  expect(DELTOS_E_UNSUPPORTED, deltos_object_file_offset(object, &offset, &error));
  deltos_object_release(&object);
}

static void test_storage__a_private_copy_has_no_descriptor(void **state) {
  world *w = *state;
  uint64_t offset = 0;
  int32_t fd = -7;
  store_numbers(w->storage, "n", 1000);
  ok(deltos_storage_sync(w->storage, &error));
  ok(deltos_storage_close(&w->storage, &error));
  deltos_open_options options = options_for(DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  options.flags = DELTOS_OPEN_COPY;
  ok(deltos_storage_open(w->path, &options, &w->storage, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_storage_fd(w->storage, &fd, &error));
  assert_int_equal(fd, -7);
  deltos_object *object = open_object(w->storage, "n");
  expect(DELTOS_E_UNSUPPORTED, deltos_object_file_offset(object, &offset, &error));
  deltos_object_release(&object);
}

/* Puts the storage of the world into another file, `offset` bytes from its start, with something behind it. */
static void embed(world *w, uint64_t offset, uint64_t *size) {
  store_numbers(w->storage, "n", 1000);
  ok(deltos_storage_sync(w->storage, &error));
  ok(deltos_storage_close(&w->storage, &error));
  void *bytes = read_file(w->path, size);
  write_file(w->other, offset, bytes, *size);
  write_file(w->other, offset + *size, "something else", 14);
  free(bytes);
}

static void test_storage__part_of_a_file_opens_at_any_page(void **state) {
  world *w = *state;
  deltos_open_options options = options_for(DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  embed(w, 3 * 4096, &options.size);
  options.offset = 3 * 4096;
  ok(deltos_storage_open(w->other, &options, &w->storage, &error));
  assert_int_equal(stat_storage(w->storage).mode, DELTOS_MODE_STATIC);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(((int64_t *)view->data)[999], 999);
  deltos_object *object = open_object(w->storage, "n");
  uint64_t offset = 0;
  int64_t number = 0;
  int fd = open(w->other, O_RDONLY);
  ok(deltos_object_file_offset(object, &offset, &error));
  assert_int_equal(pread(fd, &number, 8, (off_t)offset + 8 * 998), 8);
  assert_int_equal(number, 998);
  close(fd);
  deltos_object_release(&object);
  deltos_view_release(&view);
}

static void test_storage__an_unaligned_part_needs_a_copy(void **state) {
  world *w = *state;
  deltos_object *object;
  deltos_view *view = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_STATIC, DELTOS_CREATE_NEVER);
  embed(w, 12347, &options.size);
  options.offset = 12347;
  ok(deltos_storage_open(w->other, &options, &w->storage, &error));
  assert_int_equal(stat_storage(w->storage).unaligned, 1);
  object = open_object(w->storage, "n");
  expect_message(DELTOS_E_LAYOUT, "COPY", deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &error));
  deltos_object_release(&object);
  ok(deltos_storage_close(&w->storage, &error));
  options.flags = DELTOS_OPEN_COPY;
  ok(deltos_storage_open(w->other, &options, &w->storage, &error));
  view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(((int64_t *)view->data)[999], 999);
  deltos_view_release(&view);
}

static void test_storage__a_part_outside_the_file_is_out_of_range(void **state) {
  world *w = *state;
  deltos_storage *storage = NULL;
  deltos_open_options options = options_for(DELTOS_MODE_STATIC, DELTOS_CREATE_NEVER);
  options.offset = (uint64_t)1 << 40;
  expect(DELTOS_E_RANGE, deltos_storage_open(w->path, &options, &storage, &error));
  options.offset = 0;
  options.size = (uint64_t)1 << 40;
  expect(DELTOS_E_RANGE, deltos_storage_open(w->path, &options, &storage, &error));
  options.offset = UINT64_MAX - 5;
  options.size = 100;
  expect(DELTOS_E_RANGE, deltos_storage_open(w->path, &options, &storage, &error));
}

static void test_storage__in_place_stores_are_seen_by_others(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 1000);
  deltos_storage *in_place = open_mode(w->path, DELTOS_MODE_IN_PLACE, DELTOS_CREATE_NEVER);
  deltos_storage *reader = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  deltos_view *target = acquire(in_place, "n", DELTOS_VIEW_FULL);
  deltos_view *seen = acquire(reader, "n", DELTOS_VIEW_FULL_RO);
  deltos_view *own = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(target->readonly, 0);
  ((volatile int64_t *)target->data)[3] = -3;
  assert_int_equal(((volatile int64_t *)seen->data)[3], -3);
  assert_int_equal(((volatile int64_t *)own->data)[3], -3);
  ok(deltos_storage_sync(in_place, &error));
  deltos_view_release(&target);
  deltos_view_release(&seen);
  deltos_view_release(&own);
  ok(deltos_storage_close(&in_place, &error));
  ok(deltos_storage_close(&reader, &error));
}

static void test_storage__readers_do_not_write(void **state) {
  world *w = *state;
  deltos_transaction *transaction = NULL;
  deltos_view *view = NULL;
  store_numbers(w->storage, "n", 10);
  ok(deltos_storage_sync(w->storage, &error));
  const int32_t modes[] = {DELTOS_MODE_READ, DELTOS_MODE_STATIC};
  for (int i = 0; i < 2; ++i) {
    deltos_storage *reader = open_mode(w->path, modes[i], DELTOS_CREATE_NEVER);
    deltos_object *object = open_object(reader, "n");
    expect(DELTOS_E_READONLY, deltos_storage_sync(reader, &error));
    expect(DELTOS_E_READONLY, deltos_transaction_begin(reader, &transaction, &error));
    expect(DELTOS_E_READONLY, deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
    assert_int_equal(stat_object(object).writable, 0);
    deltos_object_release(&object);
    ok(deltos_storage_close(&reader, &error));
  }
}

static void test_storage__stat_tells_counts_and_sizes(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  deltos_storage_info info = stat_storage(w->storage);
  struct stat facts;
  assert_int_equal(info.struct_size, sizeof info);
  assert_int_equal(info.mode, DELTOS_MODE_WRITE);
  assert_int_equal(info.format_major, DELTOS_FORMAT_MAJOR);
  assert_int_equal(info.object_count, 0);
  assert_int_equal(info.view_count, 0);
  assert_int_equal(info.io_failed, 0);
  store_numbers(w->storage, "n", 100000);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  deltos_storage_info later = stat_storage(w->storage);
  assert_int_equal(stat(w->path, &facts), 0);
  assert_int_equal(later.file_bytes, facts.st_size);
  assert_int_equal(later.allocated_bytes, facts.st_blocks * 512);
  assert_int_equal(later.object_count, 1);
  assert_int_equal(later.view_count, 1);
  assert_int_equal(later.snapshot_count, 1);
  assert_true(later.transaction_id > info.transaction_id);
  assert_true(later.live_bytes >= 800000);
  assert_memory_equal(later.uuid, info.uuid, 16);
  deltos_snapshot_release(&snapshot);
  deltos_view_release(&view);
}

static void test_storage__durable_id_follows_sync(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 10);
  deltos_storage_info info = stat_storage(w->storage);
  assert_true(info.durable_id < info.transaction_id);
  ok(deltos_storage_sync(w->storage, &error));
  info = stat_storage(w->storage);
  assert_int_equal(info.durable_id, info.transaction_id);
}

static void test_storage__pins_lists_live_views(void **state) {
  world *w = *state;
  deltos_pin pins[4];
  uint64_t count = 99;
  deltos_view *third = NULL;
  ok(deltos_storage_pins(w->storage, NULL, 0, &count, &error));
  assert_int_equal(count, 0);
  store_numbers(w->storage, "a", 10);
  store_numbers(w->storage, "b", 10);
  deltos_view *first = acquire(w->storage, "a", DELTOS_VIEW_FULL_RO);
  deltos_view *second = acquire(w->storage, "b", DELTOS_VIEW_FULL);
  ok(deltos_view_share(first, DELTOS_VIEW_FULL_RO, &third, &error));
  ok(deltos_storage_pins(w->storage, pins, 4, &count, &error));
  assert_int_equal(count, 2);
  const deltos_pin *a = strcmp(pins[0].name, "a") == 0 ? &pins[0] : &pins[1];
  const deltos_pin *b = a == &pins[0] ? &pins[1] : &pins[0];
  assert_string_equal(a->name, "a");
  assert_int_equal(a->view_count, 2);
  assert_int_equal(a->writable, 0);
  assert_int_equal(a->bytes, 80);
  assert_string_equal(b->name, "b");
  assert_int_equal(b->writable, 1);
  ok(deltos_storage_pins(w->storage, pins, 1, &count, &error));
  assert_int_equal(count, 2);
  deltos_view_release(&first);
  deltos_view_release(&second);
  deltos_view_release(&third);
}

static void seal(deltos_storage *storage, const char *name) {
  deltos_transaction *transaction = begin(storage);
  deltos_object *object = open_object(storage, name);
  ok(deltos_object_seal(transaction, object, &error));
  deltos_object_release(&object);
  commit(transaction);
}

static void test_storage__verify_finds_nothing_in_a_sound_storage(void **state) {
  world *w = *state;
  uint64_t count = 99;
  store_numbers(w->storage, "n", 100000);
  seal(w->storage, "n");
  ok(deltos_storage_verify(w->storage, DELTOS_VERIFY_STRUCT, NULL, NULL, NULL, 0, &count, &error));
  assert_int_equal(count, 0);
  ok(deltos_storage_verify(w->storage, DELTOS_VERIFY_FULL, NULL, NULL, NULL, 0, &count, &error));
  assert_int_equal(count, 0);
}

static void test_storage__verify_full_finds_damage_in_sealed_content(void **state) {
  world *w = *state;
  uint64_t count = 99, offset = 0;
  deltos_finding finding;
  store_numbers(w->storage, "n", 100000);
  seal(w->storage, "n");
  deltos_object *object = open_object(w->storage, "n");
  ok(deltos_object_file_offset(object, &offset, &error));
  write_file(w->path, offset + 5000, "x", 1);
  ok(deltos_storage_verify(w->storage, DELTOS_VERIFY_STRUCT, NULL, NULL, NULL, 0, &count, &error));
  assert_int_equal(count, 0);
  ok(deltos_storage_verify(w->storage, DELTOS_VERIFY_FULL, NULL, NULL, &finding, 1, &count, &error));
  assert_int_equal(count, 1);
  assert_int_equal(finding.status, DELTOS_E_CORRUPT);
  assert_int_equal(finding.object_id, stat_object(object).id);
  assert_true(finding.message[0] != '\0');
  deltos_object_release(&object);
}

static void test_storage__open_verify_refuses_a_damaged_storage(void **state) {
  world *w = *state;
  uint64_t offset = 0;
  deltos_open_options options = options_for(DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  store_numbers(w->storage, "n", 100000);
  seal(w->storage, "n");
  deltos_object *object = open_object(w->storage, "n");
  ok(deltos_object_file_offset(object, &offset, &error));
  deltos_object_release(&object);
  ok(deltos_storage_close(&w->storage, &error));
  options.flags = DELTOS_OPEN_VERIFY;
  ok(deltos_storage_open(w->path, &options, &w->storage, &error));
  ok(deltos_storage_close(&w->storage, &error));
  write_file(w->path, offset + 5000, "x", 1);
  expect(DELTOS_E_CORRUPT, deltos_storage_open(w->path, &options, &w->storage, &error));
}

static int32_t refuse(uint64_t done, uint64_t total, void *user) {
  (void)done;
  (void)total;
  ++*(int *)user;
  return 1;
}

static void test_storage__progress_cancels_verify(void **state) {
  world *w = *state;
  int asked = 0;
  uint64_t count = 99;
  store_numbers(w->storage, "n", 100000);
  seal(w->storage, "n");
  expect(DELTOS_E_CANCELLED,
         deltos_storage_verify(w->storage, DELTOS_VERIFY_FULL, refuse, &asked, NULL, 0, &count, &error));
  assert_int_equal(asked, 1);
  assert_int_equal(count, 99);
}

static void test_storage__verify_takes_known_levels_only(void **state) {
  world *w = *state;
  uint64_t count = 0;
  expect(DELTOS_E_INVALID, deltos_storage_verify(w->storage, 2, NULL, NULL, NULL, 0, &count, &error));
  expect(DELTOS_E_INVALID, deltos_storage_verify(w->storage, DELTOS_VERIFY_FULL, NULL, NULL, NULL, 1, &count, &error));
}

static void test_storage__max_file_bytes_limits_growth(void **state) {
  world *w = *state;
  const int64_t shape = 64 << 20;
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  options.max_file_bytes = 8 << 20;
  ok(deltos_storage_open(w->path, &options, &w->storage, &error));
  deltos_transaction *transaction = begin(w->storage);
  expect(DELTOS_E_LIMIT,
         deltos_buffer_create_zeroed(transaction, "big", NULL, DELTOS_DTYPE_I8, 1, &shape, NULL, &error));
  const int64_t small = 1000;
  ok(deltos_buffer_create_zeroed(transaction, "small", NULL, DELTOS_DTYPE_I8, 1, &small, NULL, &error));
  commit(transaction);
}

static void test_storage__reserve_bytes_limits_address_space(void **state) {
  world *w = *state;
  const int64_t shape = 256 << 20;
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  options.reserve_bytes = 64 << 20;
  ok(deltos_storage_open(w->path, &options, &w->storage, &error));
  deltos_transaction *transaction = begin(w->storage);
  expect(DELTOS_E_ADDRESS_SPACE,
         deltos_buffer_create_zeroed(transaction, "big", NULL, DELTOS_DTYPE_I8, 1, &shape, NULL, &error));
  deltos_transaction_abort(&transaction);
}

struct fork_case {
  deltos_storage *writer, *reader;
  deltos_view *view;
};

static int use_after_fork(void *user) {
  struct fork_case *c = user;
  deltos_transaction *transaction = NULL;
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  if (deltos_transaction_begin(c->writer, &transaction, NULL) != DELTOS_E_FORKED) return 1;
  deltos_storage_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  if (deltos_storage_stat(c->writer, &info, NULL) != DELTOS_E_FORKED) return 7;
  int32_t fd = -1;
  if (deltos_storage_fd(c->writer, &fd, NULL) != DELTOS_E_FORKED) return 8;
  if (deltos_object_open_newest(c->writer, "n", DELTOS_KIND_ANY, &object, NULL) != DELTOS_E_FORKED) return 9;
  if (((int64_t *)c->view->data)[9] != 9) return 2;
  if (deltos_object_open_newest(c->reader, "n", DELTOS_KIND_ANY, &object, NULL) != DELTOS_OK) return 3;
  if (deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, NULL) != DELTOS_OK) return 4;
  if (((int64_t *)view->data)[8] != 8) return 5;
  deltos_view_release(&view);
  deltos_object_release(&object);
  deltos_view_release(&c->view);
  deltos_storage_detach(&c->writer);
  return deltos_storage_close(&c->reader, NULL) == DELTOS_OK ? 0 : 6;
}

static void test_storage__fork_leaves_the_writer_to_the_parent(void **state) {
  world *w = *state;
  struct fork_case c;
  store_numbers(w->storage, "n", 10);
  c.writer = w->storage;
  c.reader = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  c.view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(in_child(use_after_fork, &c), 0);
  store_numbers(w->storage, "later", 10);
  deltos_view_release(&c.view);
  ok(deltos_storage_close(&c.reader, &error));
}

static int truncate_under_guard(void *user) {
  guarded g;
  deltos_snapshot *snapshot = NULL;
  const int failure = lose_memory(user, &g);
  if (failure != 0) return failure;
  if (deltos_snapshot_begin(g.storage, &snapshot, NULL) != DELTOS_E_IO) return 6;
  deltos_view_release(&g.view);
  deltos_object_release(&g.object);
  deltos_storage_detach(&g.storage);
  return 0;
}

static void test_storage__guard_survives_truncation_by_others(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 100000);
  ok(deltos_storage_close(&w->storage, &error));
  assert_int_equal(in_child(truncate_under_guard, w), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_world(test_storage__opening_a_missing_file_names_it),
      in_world(test_storage__arguments_that_make_no_sense_are_invalid),
      in_world(test_storage__only_a_writer_creates),
      in_world(test_storage__flags_of_a_writer_need_mode_write),
      in_storage(test_storage__create_new_refuses_an_existing_file),
      in_storage(test_storage__create_if_absent_keeps_what_is_there),
      in_storage(test_storage__replace_keeps_the_old_file_until_commit),
      in_storage(test_storage__replace_without_a_commit_changes_nothing),
      in_storage(test_storage__replace_over_a_living_writer_needs_force),
      in_storage(test_storage__commit_into_a_replaced_file_is_refused),
      in_storage(test_storage__a_second_writer_is_locked_out),
      in_storage(test_storage__closing_the_writer_lets_another_in),
      in_world(test_storage__other_files_are_not_storages),
      in_storage(test_storage__a_damaged_header_is_corrupt),
      in_storage(test_storage__close_with_live_view_names_it),
      in_storage(test_storage__close_counts_shared_views),
      in_storage(test_storage__close_with_open_transaction_is_busy),
      in_storage(test_storage__children_of_a_closed_storage_say_so),
      in_storage(test_storage__detach_keeps_views_alive),
      in_world(test_storage__anonymous_memory_is_shared_by_descriptor),
      cmocka_unit_test(test_storage__anonymous_memory_is_for_writing),
      cmocka_unit_test(test_storage__a_bad_descriptor_is_invalid),
      in_storage(test_storage__memory_of_the_caller_is_released_after_the_last_view),
      cmocka_unit_test(test_storage__memory_is_released_when_opening_fails),
      in_storage(test_storage__memory_has_no_descriptor),
      in_storage(test_storage__a_private_copy_has_no_descriptor),
      in_storage(test_storage__part_of_a_file_opens_at_any_page),
      in_storage(test_storage__an_unaligned_part_needs_a_copy),
      in_storage(test_storage__a_part_outside_the_file_is_out_of_range),
      in_storage(test_storage__in_place_stores_are_seen_by_others),
      in_storage(test_storage__readers_do_not_write),
      in_storage(test_storage__stat_tells_counts_and_sizes),
      in_storage(test_storage__durable_id_follows_sync),
      in_storage(test_storage__pins_lists_live_views),
      in_storage(test_storage__verify_finds_nothing_in_a_sound_storage),
      in_storage(test_storage__verify_full_finds_damage_in_sealed_content),
      in_storage(test_storage__open_verify_refuses_a_damaged_storage),
      in_storage(test_storage__progress_cancels_verify),
      in_storage(test_storage__verify_takes_known_levels_only),
      in_world(test_storage__max_file_bytes_limits_growth),
      in_world(test_storage__reserve_bytes_limits_address_space),
      in_storage(test_storage__fork_leaves_the_writer_to_the_parent),
      in_storage(test_storage__guard_survives_truncation_by_others),
  };
  return cmocka_run_group_tests_name("storage", tests, NULL, NULL);
}
