/* buffer.h: any layout goes in, C order comes out; new content at once or not at all. */
#include "fixture.h"

static void create(deltos_storage *storage, const char *name, const deltos_view *content) {
  deltos_transaction *transaction = begin(storage);
  ok(deltos_buffer_create(transaction, name, content, NULL, &error));
  commit(transaction);
}

static void check_bytes(deltos_storage *storage, const char *name, const void *bytes, uint64_t size) {
  deltos_view *view = acquire(storage, name, DELTOS_VIEW_FULL_RO);
  assert_int_equal(view->nbytes, size);
  assert_memory_equal(view->data, bytes, size);
  deltos_view_release(&view);
}

static void test_buffer__any_layout_is_stored_in_c_order(void **state) {
  world *w = *state;
  const int64_t shape[2] = {2, 3};
  const int16_t expected[6] = {1, 2, 3, 4, 5, 6};
  int16_t fortran[6] = {1, 4, 2, 5, 3, 6}, reversed[6] = {6, 5, 4, 3, 2, 1}, spread[12];
  int16_t first[3] = {1, 2, 3}, second[3] = {4, 5, 6};
  void *rows[2] = {first, second};
  const int64_t f[2] = {2, 4}, backwards[2] = {-6, -2}, wide[2] = {12, 4}, by_row[2] = {sizeof(void *), 2};
  const int64_t suboffsets[2] = {0, -1};
  for (int i = 0; i < 12; ++i) spread[i] = (int16_t)(i % 2 == 0 ? i / 2 + 1 : -1);
  deltos_view content = layout_of(DELTOS_DTYPE_I16, 2, shape, fortran);
  content.strides = f;
  content.readonly = 1;
  create(w->storage, "fortran", &content);
  content.data = reversed + 5;
  content.strides = backwards;
  create(w->storage, "reversed", &content);
  content.data = spread;
  content.strides = wide;
  create(w->storage, "spread", &content);
  content.data = rows;
  content.strides = by_row;
  content.suboffsets = suboffsets;
  create(w->storage, "rows", &content);
  check_bytes(w->storage, "fortran", expected, sizeof expected);
  check_bytes(w->storage, "reversed", expected, sizeof expected);
  check_bytes(w->storage, "spread", expected, sizeof expected);
  check_bytes(w->storage, "rows", expected, sizeof expected);
}

static void test_buffer__broadcast_strides_repeat(void **state) {
  world *w = *state;
  const int64_t shape[2] = {3, 2}, strides[2] = {0, 1};
  uint8_t pair[2] = {7, 8};
  deltos_view content = layout_of(DELTOS_DTYPE_U8, 2, shape, pair);
  content.strides = strides;
  create(w->storage, "n", &content);
  check_bytes(w->storage, "n", "\7\10\7\10\7\10", 6);
}

static void test_buffer__no_dimensions_hold_one_element(void **state) {
  world *w = *state;
  double value = 2.5;
  deltos_view content = layout_of(DELTOS_DTYPE_F64, 0, NULL, &value);
  create(w->storage, "n", &content);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(view->ndim, 0);
  assert_int_equal(view->nbytes, 8);
  assert_memory_equal(view->data, &value, 8);
  deltos_view_release(&view);
  deltos_object *object = open_object(w->storage, "n");
  assert_int_equal(stat_object(object).count, 1);
  assert_non_null(stat_object(object).shape);
  deltos_object_release(&object);
}

static void test_buffer__empty_ones_keep_their_shape(void **state) {
  world *w = *state;
  const int64_t shape[3] = {4, 0, 7};
  deltos_view content = layout_of(DELTOS_DTYPE_F64, 3, shape, NULL);
  create(w->storage, "n", &content);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL);
  assert_int_equal(view->nbytes, 0);
  assert_memory_equal(view->shape, shape, sizeof shape);
  assert_non_null(view->data);
  deltos_view_release(&view);
}

static void test_buffer__64_dimensions_are_possible(void **state) {
  world *w = *state;
  int64_t shape[65];
  char byte = 'x';
  for (int i = 0; i < 65; ++i) shape[i] = 1;
  deltos_view content = layout_of(DELTOS_DTYPE_U8, 64, shape, &byte);
  create(w->storage, "n", &content);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(view->ndim, 64);
  deltos_view_release(&view);
  deltos_transaction *transaction = begin(w->storage);
  content.ndim = 65;
  expect(DELTOS_E_LIMIT, deltos_buffer_create(transaction, "m", &content, NULL, &error));
  expect(DELTOS_E_LIMIT, deltos_buffer_create_zeroed(transaction, "m", "d", 0, 65, shape, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_buffer_create_zeroed(transaction, "m", "d", 0, -1, shape, NULL, &error));
  deltos_transaction_abort(&transaction);
}

static void test_buffer__every_element_type_is_kept(void **state) {
  world *w = *state;
  const struct {
    int32_t dtype;
    const char *format, *stored;
    uint64_t itemsize;
  } types[] = {
      {DELTOS_DTYPE_BOOL, NULL, "?", 1},    {DELTOS_DTYPE_I8, NULL, "b", 1},
      {DELTOS_DTYPE_U8, NULL, "B", 1},      {DELTOS_DTYPE_I16, NULL, "h", 2},
      {DELTOS_DTYPE_U16, NULL, "H", 2},     {DELTOS_DTYPE_I32, NULL, "i", 4},
      {DELTOS_DTYPE_U32, NULL, "I", 4},     {DELTOS_DTYPE_F16, NULL, "e", 2},
      {DELTOS_DTYPE_F32, NULL, "f", 4},     {DELTOS_DTYPE_F64, NULL, "d", 8},
      {DELTOS_DTYPE_C64, NULL, "Zf", 8},    {DELTOS_DTYPE_C128, NULL, "Zd", 16},
      {DELTOS_DTYPE_BF16, NULL, "H", 2},    {DELTOS_DTYPE_F8_E4M3, NULL, "B", 1},
      {DELTOS_DTYPE_F8_E5M2, NULL, "B", 1}, {DELTOS_DTYPE_BYTES, "7s", "7s", 7},
      {DELTOS_DTYPE_UCS4, "2w", "2w", 8},   {DELTOS_DTYPE_STRUCT, "T{i:a:T{h:b:h:c:}:d:}", NULL, 8},
      {DELTOS_DTYPE_OTHER, ">i", ">i", 4},
  };
  const int64_t shape = 5;
  for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
    char name[16], bytes[80];
    snprintf(name, sizeof name, "n%d", (int)i);
    for (size_t j = 0; j < sizeof bytes; ++j) bytes[j] = (char)(i * 31 + j);
    deltos_view content = layout_of(types[i].dtype, 1, &shape, bytes);
    content.format = types[i].format;
    create(w->storage, name, &content);
    deltos_view *view = acquire(w->storage, name, DELTOS_VIEW_FULL_RO);
    assert_int_equal(view->dtype, types[i].dtype);
    assert_int_equal(view->itemsize, types[i].itemsize);
    if (types[i].stored != NULL) assert_string_equal(view->format, types[i].stored);
    assert_memory_equal(view->data, bytes, 5 * types[i].itemsize);
    deltos_view_release(&view);
  }
}

static void test_buffer__types_that_cannot_be_stored_are_refused(void **state) {
  world *w = *state;
  const int64_t shape = 1;
  char bytes[16] = {0};
  deltos_transaction *transaction = begin(w->storage);
  deltos_view content = layout_of(DELTOS_DTYPE_OTHER, 1, &shape, bytes);
  content.format = "P";
  expect(DELTOS_E_UNSUPPORTED, deltos_buffer_create(transaction, "n", &content, NULL, &error));
  content.format = "Y";
  expect(DELTOS_E_FORMAT, deltos_buffer_create(transaction, "n", &content, NULL, &error));
  content.format = "d";
  content.dtype = DELTOS_DTYPE_I32;
  expect(DELTOS_E_FORMAT, deltos_buffer_create(transaction, "n", &content, NULL, &error));
  content.dtype = DELTOS_DTYPE_F64;
  content.itemsize = 4;
  expect(DELTOS_E_FORMAT, deltos_buffer_create(transaction, "n", &content, NULL, &error));
  content.itemsize = 8;
  ok(deltos_buffer_create(transaction, "n", &content, NULL, &error));
  deltos_transaction_abort(&transaction);
}

static void test_buffer__a_taken_name_is_refused(void **state) {
  world *w = *state;
  const int64_t shape = 1;
  deltos_object *buffer = (deltos_object *)1;
  store_numbers(w->storage, "n", 10);
  deltos_transaction *transaction = begin(w->storage);
  expect_message(DELTOS_E_EXISTS, "n",
                 deltos_buffer_create_zeroed(transaction, "n", "d", 0, 1, &shape, &buffer, &error));
  assert_null(buffer);
  deltos_transaction_abort(&transaction);
}

static void test_buffer__sizes_that_cannot_be_are_refused(void **state) {
  world *w = *state;
  const int64_t large[2] = {INT64_MAX, 2}, negative = -1, beyond = INT64_MAX / 8;
  deltos_transaction *transaction = begin(w->storage);
  expect(DELTOS_E_LIMIT, deltos_buffer_create_zeroed(transaction, "n", "d", 0, 2, large, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_buffer_create_zeroed(transaction, "n", "d", 0, 1, &negative, NULL, &error));
  expect(DELTOS_E_LIMIT, deltos_buffer_create_zeroed(transaction, "n", "d", 0, 1, &beyond, NULL, &error));
  const int64_t shape = 1;
  ok(deltos_buffer_create_zeroed(transaction, "n", "d", 0, 1, &shape, NULL, &error));
  commit(transaction);
}

static void test_buffer__zeroed_space_is_zero_when_it_is_used_again(void **state) {
  world *w = *state;
  const int64_t shape = 100000;
  for (int round = 0; round < 6; ++round) {
    deltos_transaction *transaction = begin(w->storage);
    deltos_object *buffer = NULL;
    deltos_view *view = NULL;
    ok(deltos_buffer_create_zeroed(transaction, "n", NULL, DELTOS_DTYPE_U8, 1, &shape, &buffer, &error));
    ok(deltos_view_acquire(buffer, DELTOS_VIEW_FULL, &view, &error));
    for (int64_t i = 0; i < shape; ++i) assert_int_equal(((uint8_t *)view->data)[i], 0);
    memset(view->data, 0xee, (size_t)shape);
    deltos_view_release(&view);
    deltos_object_release(&buffer);
    ok(deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error));
    transaction = begin(w->storage);
    ok(deltos_transaction_delete(transaction, "n", &error));
    ok(deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error));
  }
}

static void test_buffer__large_ones_start_on_a_page(void **state) {
  world *w = *state;
  const int64_t sizes[] = {1, 63, 64, 65, 3072, 3073, 4095, 4096, 4097, 1 << 20};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    char name[16];
    uint64_t offset = 0;
    snprintf(name, sizeof name, "n%d", (int)i);
    deltos_transaction *transaction = begin(w->storage);
    ok(deltos_buffer_create_zeroed(transaction, name, "B", 0, 1, &sizes[i], NULL, &error));
    commit(transaction);
    deltos_object *object = open_object(w->storage, name);
    ok(deltos_object_file_offset(object, &offset, &error));
    assert_int_equal(offset % (sizes[i] >= 4096 ? 4096 : 64), 0);
    deltos_view *view = acquire(w->storage, name, DELTOS_VIEW_FULL_RO);
    assert_int_equal((uintptr_t)view->data % (sizes[i] >= 4096 ? 4096 : 64), 0);
    deltos_view_release(&view);
    deltos_object_release(&object);
  }
}

static void test_buffer__content_larger_than_a_step_comes_back(void **state) {
  world *w = *state;
  const int64_t shape = 5000011;
  uint32_t *numbers = malloc((size_t)shape * 4);
  for (int64_t i = 0; i < shape; ++i) numbers[i] = (uint32_t)(i * 2654435761u);
  deltos_view content = layout_of(DELTOS_DTYPE_U32, 1, &shape, numbers);
  create(w->storage, "n", &content);
  check_bytes(w->storage, "n", numbers, (uint64_t)shape * 4);
  const int64_t backwards = -4;
  content.data = numbers + shape - 1;
  content.strides = &backwards;
  create(w->storage, "m", &content);
  deltos_view *view = acquire(w->storage, "m", DELTOS_VIEW_FULL_RO);
  for (int64_t i = 0; i < shape; ++i) assert_true(((uint32_t *)view->data)[i] == numbers[shape - 1 - i]);
  deltos_view_release(&view);
  free(numbers);
}

static void test_buffer__a_view_of_the_storage_is_content_too(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 1000);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_SIMPLE);
  create(w->storage, "m", view);
  deltos_view_release(&view);
  view = acquire(w->storage, "m", DELTOS_VIEW_FULL_RO);
  assert_int_equal(view->shape[0], 1000);
  assert_int_equal(((int64_t *)view->data)[999], 999);
  deltos_view_release(&view);
}

static void test_buffer__replace_swaps_whole_content(void **state) {
  world *w = *state;
  deltos_object *buffer = NULL;
  int64_t shape = 3;
  float values[3] = {1, 2, 3};
  store_numbers(w->storage, "n", 1000);
  deltos_object *old = open_object(w->storage, "n");
  const uint64_t id = stat_object(old).id;
  deltos_view *before = acquire(w->storage, "n", DELTOS_VIEW_FULL);
  deltos_transaction *transaction = begin(w->storage);
  deltos_view content = layout_of(DELTOS_DTYPE_F32, 1, &shape, values);
  ok(deltos_buffer_replace(transaction, old, &content, &buffer, &error));
  assert_int_equal(stat_object(old).current, 1);
  commit(transaction);
  assert_int_equal(stat_object(old).current, 0);
  assert_int_equal(stat_object(buffer).id, id);
  assert_string_equal(stat_object(buffer).format, "f");
  check_bytes(w->storage, "n", values, sizeof values);
  assert_int_equal(((int64_t *)before->data)[999], 999);
  ((int64_t *)before->data)[999] = 1;
  deltos_view *stale = NULL;
  expect(DELTOS_E_STALE, deltos_view_acquire(old, DELTOS_VIEW_FULL, &stale, &error));
  transaction = begin(w->storage);
  expect(DELTOS_E_STALE, deltos_buffer_replace(transaction, old, &content, NULL, &error));
  deltos_transaction_abort(&transaction);
  deltos_view_release(&before);
  deltos_object_release(&old);
  deltos_object_release(&buffer);
}

static void test_buffer__replace_without_content_gives_a_private_copy(void **state) {
  world *w = *state;
  deltos_object *buffer = NULL;
  deltos_view *copy = NULL;
  store_numbers(w->storage, "n", 1000);
  deltos_object *old = open_object(w->storage, "n");
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_buffer_replace(transaction, old, NULL, &buffer, &error));
  ok(deltos_view_acquire(buffer, DELTOS_VIEW_FULL, &copy, &error));
  assert_int_equal(((int64_t *)copy->data)[999], 999);
  ((int64_t *)copy->data)[999] = -1;
  deltos_view *seen = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(((int64_t *)seen->data)[999], 999);
  deltos_view_release(&seen);
  commit(transaction);
  seen = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(((int64_t *)seen->data)[999], -1);
  deltos_view_release(&seen);
  deltos_view_release(&copy);
  deltos_object_release(&old);
  deltos_object_release(&buffer);
}

static void test_buffer__an_aborted_replace_changes_nothing(void **state) {
  world *w = *state;
  int64_t shape = 3;
  float values[3] = {1, 2, 3};
  store_numbers(w->storage, "n", 1000);
  deltos_object *old = open_object(w->storage, "n");
  deltos_transaction *transaction = begin(w->storage);
  deltos_view content = layout_of(DELTOS_DTYPE_F32, 1, &shape, values);
  ok(deltos_buffer_replace(transaction, old, &content, NULL, &error));
  deltos_transaction_abort(&transaction);
  assert_int_equal(stat_object(old).current, 1);
  deltos_view *view = NULL;
  ok(deltos_view_acquire(old, DELTOS_VIEW_FULL, &view, &error));
  assert_int_equal(((int64_t *)view->data)[999], 999);
  deltos_view_release(&view);
  deltos_object_release(&old);
}

static void test_buffer__views_stay_where_they_are_while_the_file_grows(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 100000);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL);
  void *address = view->data;
  const uint64_t before = stat_storage(w->storage).file_bytes;
  for (int i = 0; i < 8; ++i) {
    char name[16];
    snprintf(name, sizeof name, "m%d", i);
    store_numbers(w->storage, name, 1000000);
  }
  assert_true(stat_storage(w->storage).file_bytes > before + 50000000);
  assert_ptr_equal(view->data, address);
  for (int64_t i = 0; i < 100000; ++i) assert_int_equal(((int64_t *)address)[i], i);
  ((int64_t *)address)[0] = 77;
  deltos_view *again = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(((int64_t *)again->data)[0], 77);
  deltos_view_release(&again);
  deltos_view_release(&view);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_buffer__any_layout_is_stored_in_c_order),
      in_storage(test_buffer__broadcast_strides_repeat),
      in_storage(test_buffer__no_dimensions_hold_one_element),
      in_storage(test_buffer__empty_ones_keep_their_shape),
      in_storage(test_buffer__64_dimensions_are_possible),
      in_storage(test_buffer__every_element_type_is_kept),
      in_storage(test_buffer__types_that_cannot_be_stored_are_refused),
      in_storage(test_buffer__a_taken_name_is_refused),
      in_storage(test_buffer__sizes_that_cannot_be_are_refused),
      in_storage(test_buffer__zeroed_space_is_zero_when_it_is_used_again),
      in_storage(test_buffer__large_ones_start_on_a_page),
      in_storage(test_buffer__content_larger_than_a_step_comes_back),
      in_storage(test_buffer__a_view_of_the_storage_is_content_too),
      in_storage(test_buffer__replace_swaps_whole_content),
      in_storage(test_buffer__replace_without_content_gives_a_private_copy),
      in_storage(test_buffer__an_aborted_replace_changes_nothing),
      in_storage(test_buffer__views_stay_where_they_are_while_the_file_grows),
  };
  return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
