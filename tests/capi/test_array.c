/* deltos/array.h through the boundary: every status that the header names, in every home. */
#include "fixture.h"

static deltos_array_options array_options(int32_t create) {
  deltos_array_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.create = create;
  return options;
}

static deltos_object *anonymous(const char *format) {
  deltos_object *array = NULL;
  ok(deltos_array_open_anonymous(format, 0, NULL, &array, &error));
  assert_non_null(array);
  return array;
}

static deltos_object *flat(const world *w, int32_t mode, int32_t create) {
  deltos_array_options options = array_options(create);
  deltos_object *array = NULL;
  ok(deltos_array_open_file(w->path, "q", 0, mode, &options, &array, &error));
  return array;
}

static void append_numbers(deltos_object *array, int64_t first, int64_t count) {
  for (int64_t i = first; i < first + count; ++i) ok(deltos_array_append(array, &i, 1, &error));
}

static deltos_view *view_of(const deltos_object *array, int32_t flags) {
  deltos_view *view = NULL;
  ok(deltos_view_acquire(array, flags, &view, &error));
  return view;
}

static int64_t file_bytes(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 ? (int64_t)status.st_size : -1;
}

static void append_tail_and_views_agree(void **state) {
  deltos_object *array = anonymous("q");
  int64_t *tail = NULL;
  uint64_t room = 0;
  (void)state;
  append_numbers(array, 0, 1000);
  ok(deltos_array_tail(array, 500, (void **)&tail, &room, &error));
  assert_true(room >= 500);
  for (int64_t i = 0; i < 500; ++i) tail[i] = 1000 + i;
  ok(deltos_array_advance(array, 500, &error));
  assert_int_equal(deltos_array_count(array), 1500);
  assert_true(deltos_array_capacity(array) >= 1500);
  deltos_view *view = view_of(array, DELTOS_VIEW_FULL_RO);
  assert_int_equal(view->ndim, 1);
  assert_int_equal(view->shape[0], 1500);
  for (int64_t i = 0; i < 1500; ++i) assert_int_equal(((const int64_t *)view->data)[i], i);
  ok(deltos_array_extend(array, view, &error));
  assert_int_equal(deltos_array_count(array), 3000);
  deltos_view_release(&view);
  ok(deltos_array_close(&array, &error));
  assert_null(array);
}

static void elements_of_every_size_are_appended_one_by_one(void **state) {
  static const struct {
    const char *format;
    size_t bytes;
  } kinds[] = {{"b", 1}, {"h", 2}, {"3s", 3}, {"i", 4}, {"5s", 5}, {"d", 8}, {"Zd", 16}, {"40s", 40}};
  unsigned char element[40];
  (void)state;
  for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; ++kind) {
    deltos_object *array = anonymous(kinds[kind].format);
    const size_t bytes = kinds[kind].bytes;
    const int count = 70000 / (int)bytes; /* beyond the first room */
    for (int i = 0; i < count; ++i) {
      for (size_t at = 0; at < bytes; ++at) element[at] = (unsigned char)(i * 7 + (int)at * 3);
      ok(deltos_array_append(array, element, 1, &error));
    }
    assert_int_equal(deltos_array_count(array), count);
    deltos_view *view = view_of(array, DELTOS_VIEW_FULL_RO);
    assert_int_equal(view->itemsize, bytes);
    const unsigned char *const data = view->data;
    for (int i = 0; i < count; ++i) {
      for (size_t at = 0; at < bytes; ++at)
        assert_int_equal(data[(size_t)i * bytes + at], (unsigned char)(i * 7 + (int)at * 3));
    }
    deltos_view_release(&view);
    ok(deltos_array_close(&array, &error));
  }
}

static void insert_remove_reverse_and_byteswap_change_the_elements(void **state) {
  deltos_object *array = anonymous("i");
  const int32_t values[3] = {1, 2, 3};
  int32_t removed = 0;
  (void)state;
  ok(deltos_array_append(array, values, 3, &error));
  ok(deltos_array_insert(array, -1, values, 2, &error)); /* 1 2 1 2 3 */
  ok(deltos_array_remove(array, -1, 1, &removed, &error));
  assert_int_equal(removed, 3);
  ok(deltos_array_reverse(array, &error)); /* 2 1 2 1 */
  ok(deltos_array_byteswap(array, &error));
  deltos_view *view = view_of(array, DELTOS_VIEW_FULL_RO);
  assert_int_equal(view->shape[0], 4);
  assert_int_equal(((const int32_t *)view->data)[0], 0x02000000);
  assert_int_equal(((const int32_t *)view->data)[3], 0x01000000);
  deltos_view_release(&view);
  ok(deltos_array_resize(array, 6, &error));
  ok(deltos_array_reserve(array, 100, &error));
  ok(deltos_array_shrink(array, &error));
  ok(deltos_array_clear(array, &error));
  assert_int_equal(deltos_array_count(array), 0);
  ok(deltos_array_flush(array, 1, &error));
  ok(deltos_array_close(&array, &error));
}

static void calls_name_what_is_wrong_with_their_arguments(void **state) {
  deltos_object *array = anonymous("q"), *other = NULL;
  deltos_array_options options = array_options(0);
  const int64_t value = 1;
  void *tail = NULL;
  (void)state;
  expect(DELTOS_E_INVALID, deltos_array_append(NULL, &value, 1, &error));
  expect(DELTOS_E_INVALID, deltos_array_append(array, NULL, 1, &error));
  expect(DELTOS_E_LIMIT, deltos_array_append(array, &value, UINT64_MAX, &error));
  expect(DELTOS_E_INVALID, deltos_array_tail(array, 1, NULL, NULL, &error));
  expect(DELTOS_E_LIMIT, deltos_array_tail(array, UINT64_MAX, &tail, NULL, &error));
  expect(DELTOS_E_RANGE, deltos_array_advance(array, 1000000, &error));
  expect(DELTOS_E_RANGE, deltos_array_insert(array, 1, &value, 1, &error));
  expect(DELTOS_E_RANGE, deltos_array_remove(array, 0, 1, NULL, &error));
  expect(DELTOS_E_LIMIT, deltos_array_reserve(array, UINT64_MAX, &error));
  expect(DELTOS_E_INVALID, deltos_array_extend(array, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_array_flush(array, 2, &error));
  expect(DELTOS_E_INVALID, deltos_array_open_anonymous("q", 99, NULL, &other, &error));
  expect(DELTOS_E_FORMAT, deltos_array_open_anonymous("q", DELTOS_DTYPE_F64, NULL, &other, &error));
  expect(DELTOS_E_INVALID, deltos_array_open_anonymous("q", 0, NULL, NULL, &error));
  options.create = DELTOS_CREATE_NEW;
  expect(DELTOS_E_INVALID, deltos_array_open_anonymous("q", 0, &options, &other, &error));
  options = array_options(0);
  options.reserved = 1;
  expect(DELTOS_E_INVALID, deltos_array_open_anonymous("q", 0, &options, &other, &error));
  options = array_options(0);
  options.struct_size = 8;
  expect(DELTOS_E_STRUCT, deltos_array_open_anonymous("q", 0, &options, &other, &error));
  options = array_options(0);
  options.capacity = UINT64_MAX;
  expect(DELTOS_E_LIMIT, deltos_array_open_anonymous("q", 0, &options, &other, &error));
  expect(DELTOS_E_INVALID, deltos_array_open_fd(-1, DELTOS_MODE_READ, NULL, &other, &error));
  expect(DELTOS_E_INVALID, deltos_array_open_fd(0, 9, NULL, &other, &error));
  assert_null(other);
  assert_int_equal(deltos_array_count(NULL), 0);
  assert_int_equal(deltos_array_capacity(NULL), 0);
  expect(DELTOS_E_INVALID, deltos_array_close(NULL, &error));
  ok(deltos_array_close(&other, &error));
  ok(deltos_array_close(&array, &error));
}

static void elements_of_a_view_are_not_converted(void **state) {
  deltos_object *array = anonymous("q"), *doubles = anonymous("d"), *structures = anonymous("T{i:a:i:b:}");
  const double value = 1;
  (void)state;
  ok(deltos_array_append(doubles, &value, 1, &error));
  deltos_view *view = view_of(doubles, DELTOS_VIEW_FULL_RO);
  expect(DELTOS_E_TYPE, deltos_array_extend(array, view, &error));
  expect(DELTOS_E_TYPE, deltos_array_byteswap(structures, &error));
  deltos_view_release(&view);
  ok(deltos_array_close(&array, &error));
  ok(deltos_array_close(&doubles, &error));
  ok(deltos_array_close(&structures, &error));
}

static void other_objects_are_not_arrays(void **state) {
  world *w = *state;
  deltos_object *table = NULL, *array = anonymous("q");
  const int64_t value = 1;
  (void)w;
  ok(deltos_table_create(NULL, NULL, "d", 0, 2, 2, NULL, &table, &error));
  expect(DELTOS_E_KIND, deltos_array_append(table, &value, 1, &error));
  expect(DELTOS_E_KIND, deltos_array_close(&table, &error));
  assert_int_equal(deltos_array_count(table), 0);
  assert_non_null(table);
  deltos_object_release(&table);
  deltos_object_release(&array);
}

static void cutting_below_a_view_and_closing_are_refused(void **state) {
  deltos_object *array = anonymous("q");
  (void)state;
  append_numbers(array, 0, 10);
  deltos_view *view = view_of(array, DELTOS_VIEW_FULL);
  append_numbers(array, 10, 100000);
  assert_int_equal(((const int64_t *)view->data)[9], 9);
  ok(deltos_array_resize(array, 10, &error));
  expect_message(DELTOS_E_PINNED, "shows 80", deltos_array_clear(array, &error));
  expect_message(DELTOS_E_PINNED, "1 view", deltos_array_close(&array, &error));
  assert_non_null(array);
  deltos_view_release(&view);
  ok(deltos_array_clear(array, &error));
  ok(deltos_array_close(&array, &error));
}

static void a_view_outlives_the_handle(void **state) {
  deltos_object *array = anonymous("q");
  (void)state;
  append_numbers(array, 5, 1);
  deltos_view *view = view_of(array, DELTOS_VIEW_FULL_RO);
  deltos_object_release(&array);
  assert_int_equal(((const int64_t *)view->data)[0], 5);
  deltos_view_release(&view);
}

static void what_an_array_is_can_be_asked(void **state) {
  deltos_object *array = anonymous("q");
  deltos_object_info info;
  uint8_t changed = 7;
  uint64_t offset = 0;
  (void)state;
  append_numbers(array, 0, 3);
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  ok(deltos_object_stat(array, &info, &error));
  assert_int_equal(info.kind, DELTOS_KIND_ARRAY);
  assert_int_equal(info.count, 3);
  assert_int_equal(info.shape[0], 3);
  assert_int_equal(info.payload_bytes, 24);
  assert_int_equal(info.writable, 1);
  assert_string_equal(info.format, "q");
  ok(deltos_object_refresh(&array, &changed, &error));
  assert_int_equal(changed, 0);
  expect(DELTOS_E_UNSUPPORTED, deltos_object_file_offset(array, &offset, &error));
  ok(deltos_array_close(&array, &error));
}

static void another_handle_opens_it_by_descriptor(void **state) {
  deltos_object *array = anonymous("q"), *reader = NULL, *writer = NULL;
  int32_t fd = -1;
  uint8_t changed = 0;
  const int64_t value = 1;
  (void)state;
  append_numbers(array, 0, 3);
  ok(deltos_array_fd(array, &fd, &error));
  expect(DELTOS_E_INVALID, deltos_array_fd(array, NULL, &error));
  ok(deltos_array_open_fd(fd, DELTOS_MODE_READ, NULL, &reader, &error));
  assert_int_equal(deltos_array_count(reader), 3);
  append_numbers(array, 3, 1);
  assert_int_equal(deltos_array_count(reader), 4); /* seen at once */
  append_numbers(array, 4, 100000);
  ok(deltos_object_refresh(&reader, &changed, &error));
  assert_int_equal(changed, 1);
  assert_int_equal(deltos_array_count(reader), 100004);
  expect(DELTOS_E_READONLY, deltos_array_append(reader, &value, 1, &error));
  expect(DELTOS_E_READONLY, deltos_array_reverse(reader, &error));
  expect(DELTOS_E_LOCKED, deltos_array_open_fd(fd, DELTOS_MODE_WRITE, NULL, &writer, &error));
  ok(deltos_array_close(&reader, &error));
  ok(deltos_array_close(&array, &error));
}

static void a_descriptor_of_something_else_is_refused(void **state) {
  const world *w = *state;
  deltos_object *array = NULL;
  const int fd = open(w->path, O_RDWR | O_CREAT, 0600);
  assert_true(fd >= 0);
  expect(DELTOS_E_NOT_DELTOS, deltos_array_open_fd(fd, DELTOS_MODE_READ, NULL, &array, &error));
  close(fd);
}

static void a_flat_file_is_its_content_after_close_and_flush(void **state) {
  const world *w = *state;
  deltos_object *array = flat(w, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  append_numbers(array, 0, 5);
  assert_true(file_bytes(w->path) > 40);
  ok(deltos_array_flush(array, 0, &error));
  assert_int_equal(file_bytes(w->path), 40);
  append_numbers(array, 5, 5);
  ok(deltos_array_flush(array, 1, &error));
  assert_int_equal(file_bytes(w->path), 80);
  append_numbers(array, 10, 1);
  ok(deltos_array_close(&array, &error));
  assert_int_equal(file_bytes(w->path), 88);
  array = flat(w, DELTOS_MODE_IN_PLACE, DELTOS_CREATE_NEVER);
  assert_int_equal(deltos_array_count(array), 11);
  ok(deltos_array_reverse(array, &error));
  ok(deltos_array_close(&array, &error));
  array = flat(w, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  deltos_view *view = view_of(array, DELTOS_VIEW_FULL_RO);
  assert_int_equal(((const int64_t *)view->data)[0], 10);
  deltos_view_release(&view);
  ok(deltos_array_close(&array, &error));
}

static void opening_a_flat_file_says_what_is_wrong(void **state) {
  const world *w = *state;
  deltos_object *array = NULL, *other = NULL;
  deltos_array_options options = array_options(DELTOS_CREATE_NEW);
  expect(DELTOS_E_INVALID, deltos_array_open_file(NULL, "q", 0, DELTOS_MODE_READ, NULL, &array, &error));
  expect(DELTOS_E_INVALID, deltos_array_open_file(w->path, "q", 0, DELTOS_MODE_STATIC, NULL, &array, &error));
  expect(DELTOS_E_INVALID, deltos_array_open_file(w->path, "q", 0, DELTOS_MODE_READ, &options, &array, &error));
  expect(DELTOS_E_INVALID, deltos_array_open_file(w->directory, "q", 0, DELTOS_MODE_READ, NULL, &array, &error));
  expect(DELTOS_E_NOT_FOUND, deltos_array_open_file(w->path, "q", 0, DELTOS_MODE_WRITE, NULL, &array, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_array_open_file(w->path, "P", 0, DELTOS_MODE_READ, NULL, &array, &error));
  array = flat(w, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  expect(DELTOS_E_EXISTS, deltos_array_open_file(w->path, "q", 0, DELTOS_MODE_WRITE, &options, &other, &error));
  options.create = DELTOS_CREATE_REPLACE;
  expect(DELTOS_E_UNSUPPORTED, deltos_array_open_file(w->path, "q", 0, DELTOS_MODE_WRITE, &options, &other, &error));
  expect(DELTOS_E_LOCKED, deltos_array_open_file(w->path, "q", 0, DELTOS_MODE_WRITE, NULL, &other, &error));
  append_numbers(array, 0, 1);
  ok(deltos_array_close(&array, &error));
  expect(DELTOS_E_LAYOUT, deltos_array_open_file(w->path, "Zd", 0, DELTOS_MODE_WRITE, NULL, &other, &error));
  assert_null(other);
}

static void growing_beyond_a_limit_loses_nothing(void **state) {
  const world *w = *state;
  deltos_object *array = NULL;
  deltos_array_options options = array_options(DELTOS_CREATE_NEW);
  int64_t value = 0;
  options.max_bytes = 80000;
  ok(deltos_array_open_file(w->path, "q", 0, DELTOS_MODE_WRITE, &options, &array, &error));
  while (deltos_array_append(array, &value, 1, &error) == DELTOS_OK) ++value;
  assert_int_equal(error.status, DELTOS_E_LIMIT);
  assert_int_equal(value, 10000);
  deltos_view *view = view_of(array, DELTOS_VIEW_FULL_RO);
  for (int64_t i = 0; i < value; ++i) assert_int_equal(((const int64_t *)view->data)[i], i);
  deltos_view_release(&view);
  ok(deltos_array_close(&array, &error));
  assert_int_equal(file_bytes(w->path), 80000);
}

static void the_child_of_a_fork_cannot_append(void **state) {
  const world *w = *state;
  deltos_object *array = flat(w, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  const int64_t value = 7;
  int status = 0;
  append_numbers(array, 7, 1);
  const pid_t child = fork();
  if (child == 0) {
    const int refused = deltos_array_append(array, &value, 1, NULL) == DELTOS_E_FORKED &&
                        deltos_array_count(array) == 1 && deltos_array_close(&array, NULL) == DELTOS_OK;
    _exit(refused ? 0 : 1);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  append_numbers(array, 8, 1);
  ok(deltos_array_close(&array, &error));
  assert_int_equal(file_bytes(w->path), 16);
}

static deltos_object *stored(const world *w, const char *name) {
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *array = NULL;
  ok(deltos_array_create(transaction, name, "q", 0, NULL, &array, &error));
  ok(deltos_transaction_commit(&transaction, DELTOS_ASYNC, NULL, &error));
  return array;
}

static void an_array_in_a_storage_is_an_object_that_grows(void **state) {
  const world *w = *state;
  deltos_object *array = stored(w, "a/numbers"), *again = NULL;
  deltos_object_info info;
  append_numbers(array, 0, 100000);
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  ok(deltos_object_stat(array, &info, &error));
  assert_int_equal(info.kind, DELTOS_KIND_ARRAY);
  assert_int_equal(info.count, 100000);
  assert_string_equal(info.name, "a/numbers");
  ok(deltos_object_open_newest(w->storage, "a/numbers", DELTOS_KIND_ARRAY, &again, &error));
  assert_int_equal(deltos_array_count(again), 100000);
  append_numbers(again, 100000, 1); /* handles of one writer share the array */
  assert_int_equal(deltos_array_count(array), 100001);
  deltos_view *view = view_of(array, DELTOS_VIEW_FULL);
  for (int64_t i = 0; i <= 100000; ++i) assert_int_equal(((const int64_t *)view->data)[i], i);
  expect(DELTOS_E_PINNED, deltos_array_clear(array, &error));
  expect(DELTOS_E_PINNED, deltos_array_close(&again, &error));
  deltos_view_release(&view);
  ok(deltos_array_flush(array, 1, &error));
  ok(deltos_array_resize(array, 10, &error));
  ok(deltos_array_shrink(array, &error));
  append_numbers(array, 10, 20000);
  assert_int_equal(deltos_array_count(again), 20010);
  ok(deltos_array_close(&again, &error));
  ok(deltos_array_close(&array, &error));
}

static void making_one_in_a_storage_says_what_is_wrong(void **state) {
  const world *w = *state;
  deltos_object *array = stored(w, "n"), *other = NULL;
  deltos_transaction *transaction = begin(w->storage);
  deltos_array_options options = array_options(DELTOS_CREATE_NEW);
  int32_t fd = -1;
  expect(DELTOS_E_INVALID, deltos_array_create(NULL, "m", "q", 0, NULL, &other, &error));
  expect(DELTOS_E_INVALID, deltos_array_create(transaction, NULL, "q", 0, NULL, &other, &error));
  expect(DELTOS_E_INVALID, deltos_array_create(transaction, "m", "q", 0, &options, &other, &error));
  expect(DELTOS_E_EXISTS, deltos_array_create(transaction, "n", "q", 0, NULL, &other, &error));
  expect(DELTOS_E_FORMAT, deltos_array_create(transaction, "m", "!!", 0, NULL, &other, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_object_seal(transaction, array, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_array_fd(array, &fd, &error));
  assert_null(other);
  ok(deltos_array_create(transaction, "m", "q", 0, NULL, NULL, &error));
  deltos_transaction_abort(&transaction);
  deltos_object_release(&array);
}

static void an_array_that_is_deleted_or_closed_says_so(void **state) {
  world *w = *state;
  deltos_object *array = stored(w, "n"), *kept = stored(w, "kept");
  deltos_transaction *transaction = begin(w->storage);
  const int64_t value = 1;
  append_numbers(kept, 0, 3);
  ok(deltos_transaction_delete(transaction, "n", &error));
  ok(deltos_transaction_commit(&transaction, DELTOS_ASYNC, NULL, &error));
  expect(DELTOS_E_STALE, deltos_array_append(array, &value, 1, &error));
  ok(deltos_storage_close(&w->storage, &error));
  expect(DELTOS_E_CLOSED, deltos_array_append(kept, &value, 1, &error));
  assert_int_equal(deltos_array_count(kept), 0);
  w->storage = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  deltos_object_release(&kept);
  ok(deltos_object_open_newest(w->storage, "kept", DELTOS_KIND_ANY, &kept, &error));
  assert_int_equal(deltos_array_count(kept), 3);
  expect(DELTOS_E_READONLY, deltos_array_append(kept, &value, 1, &error));
  ok(deltos_array_close(&kept, &error));
  deltos_object_release(&array);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(append_tail_and_views_agree),
      cmocka_unit_test(elements_of_every_size_are_appended_one_by_one),
      cmocka_unit_test(insert_remove_reverse_and_byteswap_change_the_elements),
      cmocka_unit_test(calls_name_what_is_wrong_with_their_arguments),
      cmocka_unit_test(elements_of_a_view_are_not_converted),
      cmocka_unit_test(other_objects_are_not_arrays),
      cmocka_unit_test(cutting_below_a_view_and_closing_are_refused),
      cmocka_unit_test(a_view_outlives_the_handle),
      cmocka_unit_test(what_an_array_is_can_be_asked),
      cmocka_unit_test(another_handle_opens_it_by_descriptor),
      cmocka_unit_test_setup_teardown(a_descriptor_of_something_else_is_refused, make_world, remove_world),
      cmocka_unit_test_setup_teardown(a_flat_file_is_its_content_after_close_and_flush, make_world, remove_world),
      cmocka_unit_test_setup_teardown(opening_a_flat_file_says_what_is_wrong, make_world, remove_world),
      cmocka_unit_test_setup_teardown(growing_beyond_a_limit_loses_nothing, make_world, remove_world),
      cmocka_unit_test_setup_teardown(an_array_in_a_storage_is_an_object_that_grows, make_storage, remove_world),
      cmocka_unit_test_setup_teardown(making_one_in_a_storage_says_what_is_wrong, make_storage, remove_world),
      cmocka_unit_test_setup_teardown(an_array_that_is_deleted_or_closed_says_so, make_storage, remove_world),
      cmocka_unit_test_setup_teardown(the_child_of_a_fork_cannot_append, make_world, remove_world),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
