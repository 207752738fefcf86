/* view.h: requests, foreign memory, sharing, copying between layouts, format strings. */
#include "fixture.h"

static void test_view__request_flags_choose_the_fields(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 10);
  const struct {
    int32_t flags;
    int shape, strides;
  } cases[] = {
      {DELTOS_VIEW_SIMPLE, 0, 0},   {DELTOS_VIEW_ND, 1, 0},
      {DELTOS_VIEW_STRIDES, 1, 1},  {DELTOS_VIEW_C, 1, 1},
      {DELTOS_VIEW_F, 1, 1},        {DELTOS_VIEW_ANY, 1, 1},
      {DELTOS_VIEW_INDIRECT, 1, 1}, {DELTOS_VIEW_FULL_RO, 1, 1},
      {DELTOS_VIEW_FULL, 1, 1},     {DELTOS_VIEW_ND | DELTOS_VIEW_FORMAT, 1, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    deltos_view *view = acquire(w->storage, "n", cases[i].flags);
    assert_int_equal(view->shape != NULL, cases[i].shape);
    assert_int_equal(view->strides != NULL, cases[i].strides);
    assert_null(view->suboffsets);
    assert_int_equal(view->ndim, 1);
    assert_int_equal(view->nbytes, 80);
    assert_int_equal(view->itemsize, 8);
    assert_int_equal(view->dtype, DELTOS_DTYPE_I64);
    assert_non_null(view->format);
    assert_int_equal(view->readonly, (cases[i].flags & DELTOS_VIEW_WRITABLE) == 0);
    deltos_view_release(&view);
  }
}

static void test_view__fields_describe_the_memory(void **state) {
  world *w = *state;
  const int64_t shape[3] = {2, 3, 4};
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_buffer_create_zeroed(transaction, "n", NULL, DELTOS_DTYPE_F32, 3, shape, NULL, &error));
  commit(transaction);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  assert_int_equal(view->struct_size, sizeof *view);
  assert_int_equal(view->ndim, 3);
  assert_memory_equal(view->shape, shape, sizeof shape);
  assert_int_equal(view->strides[0], 48);
  assert_int_equal(view->strides[1], 16);
  assert_int_equal(view->strides[2], 4);
  assert_string_equal(view->format, "f");
  assert_int_equal(view->nbytes, 96);
  assert_int_equal(view->sealed, 0);
  assert_int_equal(view->reserved, 0);
  assert_non_null(view->owner);
  deltos_view_release(&view);
  deltos_object *object = open_object(w->storage, "n");
  expect(DELTOS_E_LAYOUT, deltos_view_acquire(object, DELTOS_VIEW_F, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_acquire(object, 1 << 20, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_acquire(object, DELTOS_VIEW_FORMAT, &view, &error));
  deltos_object_release(&object);
}

static void count_release(void *user) { ++*(int *)user; }

static void test_view__foreign_memory_is_released_after_the_last_view(void **state) {
  int released = 0;
  int32_t numbers[6] = {1, 2, 3, 4, 5, 6};
  const int64_t shape[2] = {3, 2};
  int64_t strides[2] = {4, 12};
  deltos_view layout = layout_of(DELTOS_DTYPE_I32, 2, shape, numbers);
  deltos_view *view = NULL, *shared = NULL;
  (void)state;
  layout.strides = strides;
  ok(deltos_view_wrap(&layout, count_release, &released, &view, &error));
  strides[0] = 99;
  assert_ptr_equal(view->data, numbers);
  assert_int_equal(view->strides[0], 4);
  assert_int_equal(view->readonly, 0);
  assert_string_equal(view->format, "i");
  ok(deltos_view_share(view, DELTOS_VIEW_F, &shared, &error));
  assert_int_equal(shared->readonly, 1);
  deltos_view_release(&view);
  assert_int_equal(released, 0);
  deltos_view_release(&shared);
  assert_int_equal(released, 1);
}

static void test_view__failed_wrap_takes_nothing(void **state) {
  int released = 0;
  char byte = 0;
  int64_t shape = -1;
  deltos_view *view = NULL;
  deltos_view layout = layout_of(DELTOS_DTYPE_U8, 1, &shape, &byte);
  (void)state;
  expect(DELTOS_E_INVALID, deltos_view_wrap(&layout, count_release, &released, &view, &error));
  shape = 1;
  layout.ndim = 65;
  expect(DELTOS_E_LIMIT, deltos_view_wrap(&layout, count_release, &released, &view, &error));
  layout = layout_of(DELTOS_DTYPE_U8, 1, &shape, NULL);
  expect(DELTOS_E_INVALID, deltos_view_wrap(&layout, count_release, &released, &view, &error));
  layout = layout_of(DELTOS_DTYPE_U8, 1, &shape, &byte);
  layout.nbytes = 2;
  expect(DELTOS_E_INVALID, deltos_view_wrap(&layout, count_release, &released, &view, &error));
  layout = layout_of(DELTOS_DTYPE_U8, 1, &shape, &byte);
  layout.owner = &byte;
  expect(DELTOS_E_INVALID, deltos_view_wrap(&layout, count_release, &released, &view, &error));
  layout = layout_of(99, 1, &shape, &byte);
  expect(DELTOS_E_INVALID, deltos_view_wrap(&layout, count_release, &released, &view, &error));
  layout = layout_of(DELTOS_DTYPE_OTHER, 1, &shape, &byte);
  layout.format = "T{";
  expect(DELTOS_E_FORMAT, deltos_view_wrap(&layout, count_release, &released, &view, &error));
  layout.format = "&i";
  expect(DELTOS_E_UNSUPPORTED, deltos_view_wrap(&layout, count_release, &released, &view, &error));
  shape = INT64_MAX;
  layout = layout_of(DELTOS_DTYPE_F64, 1, &shape, &byte);
  expect(DELTOS_E_LIMIT, deltos_view_wrap(&layout, count_release, &released, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_wrap(NULL, count_release, &released, &view, &error));
  assert_null(view);
  assert_int_equal(released, 0);
}

static void test_view__sharing_cannot_make_memory_writable(void **state) {
  world *w = *state;
  deltos_view *second = NULL;
  store_numbers(w->storage, "n", 10);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  expect(DELTOS_E_READONLY, deltos_view_share(view, DELTOS_VIEW_FULL, &second, &error));
  deltos_view_release(&view);
  view = acquire(w->storage, "n", DELTOS_VIEW_FULL);
  ok(deltos_view_share(view, DELTOS_VIEW_FULL, &second, &error));
  assert_int_equal(second->readonly, 0);
  deltos_view_release(&view);
  ok(deltos_view_share(second, DELTOS_VIEW_FULL_RO, &view, &error));
  deltos_view_release(&second);
  expect(DELTOS_E_READONLY, deltos_view_share(view, DELTOS_VIEW_FULL, &second, &error));
  deltos_view_release(&view);
}

static void test_view__only_views_of_the_library_are_shared(void **state) {
  world *w = *state;
  const int64_t shape = 1;
  char byte = 0;
  deltos_view *out = NULL;
  deltos_view layout = layout_of(DELTOS_DTYPE_U8, 1, &shape, &byte);
  expect(DELTOS_E_INVALID, deltos_view_share(&layout, DELTOS_VIEW_FULL_RO, &out, &error));
  store_numbers(w->storage, "n", 10);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  deltos_view copied = *view;
  expect(DELTOS_E_INVALID, deltos_view_share(&copied, DELTOS_VIEW_FULL_RO, &out, &error));
  expect(DELTOS_E_INVALID, deltos_view_wrap(view, NULL, NULL, &out, &error));
  deltos_view_release(&view);
}

static void test_view__copy_goes_between_any_layouts(void **state) {
  world *w = *state;
  const int64_t shape[2] = {2, 3};
  const int64_t fortran[2] = {8, 16}, backwards[2] = {-24, -8};
  int64_t columns[6] = {1, 4, 2, 5, 3, 6}, reversed[6];
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_buffer_create_zeroed(transaction, "n", NULL, DELTOS_DTYPE_I64, 2, shape, NULL, &error));
  commit(transaction);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL);
  deltos_view source = layout_of(DELTOS_DTYPE_I64, 2, shape, columns);
  source.strides = fortran;
  ok(deltos_view_copy(view, &source, &error));
  for (int64_t i = 0; i < 6; ++i) assert_int_equal(((int64_t *)view->data)[i], i + 1);
  deltos_view target = layout_of(DELTOS_DTYPE_I64, 2, shape, reversed + 5);
  target.strides = backwards;
  ok(deltos_view_copy(&target, view, &error));
  for (int64_t i = 0; i < 6; ++i) assert_int_equal(reversed[i], 6 - i);
  deltos_view_release(&view);
}

static void test_view__copy_follows_row_pointers(void **state) {
  const int64_t shape[2] = {3, 2}, strides[2] = {sizeof(void *), 4}, suboffsets[2] = {4, -1};
  int32_t rows[3][3] = {{0, 1, 2}, {0, 3, 4}, {0, 5, 6}}, dense[6];
  void *pointers[3] = {rows[0], rows[1], rows[2]};
  deltos_view source = layout_of(DELTOS_DTYPE_I32, 2, shape, pointers);
  deltos_view target = layout_of(DELTOS_DTYPE_I32, 2, shape, dense);
  (void)state;
  source.strides = strides;
  source.suboffsets = suboffsets;
  ok(deltos_view_copy(&target, &source, &error));
  for (int i = 0; i < 6; ++i) assert_int_equal(dense[i], i + 1);
}

static void test_view__copy_handles_overlap(void **state) {
  int64_t numbers[10];
  const int64_t shape = 9;
  (void)state;
  for (int i = 0; i < 10; ++i) numbers[i] = i;
  deltos_view low = layout_of(DELTOS_DTYPE_I64, 1, &shape, numbers);
  deltos_view high = layout_of(DELTOS_DTYPE_I64, 1, &shape, numbers + 1);
  ok(deltos_view_copy(&high, &low, &error));
  for (int i = 1; i < 10; ++i) assert_int_equal(numbers[i], i - 1);
}

static void test_view__copy_converts_nothing(void **state) {
  world *w = *state;
  int64_t shape = 10, other = 9;
  int64_t numbers[10] = {0};
  store_numbers(w->storage, "n", 10);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  deltos_view layout = layout_of(DELTOS_DTYPE_U64, 1, &shape, numbers);
  expect(DELTOS_E_TYPE, deltos_view_copy(&layout, view, &error));
  layout = layout_of(DELTOS_DTYPE_I64, 1, &other, numbers);
  expect(DELTOS_E_TYPE, deltos_view_copy(&layout, view, &error));
  layout = layout_of(DELTOS_DTYPE_I64, 1, &shape, numbers);
  expect(DELTOS_E_READONLY, deltos_view_copy(view, &layout, &error));
  layout.readonly = 1;
  expect(DELTOS_E_READONLY, deltos_view_copy(&layout, view, &error));
  expect(DELTOS_E_INVALID, deltos_view_copy(NULL, view, &error));
  expect(DELTOS_E_INVALID, deltos_view_copy(&layout, NULL, &error));
  deltos_view_release(&view);
}

static void test_view__formats_are_described(void **state) {
  const struct {
    const char *format, *canonical;
    int32_t dtype;
    uint64_t itemsize;
  } cases[] = {
      {"d", "d", DELTOS_DTYPE_F64, 8},     {"<d", "d", DELTOS_DTYPE_F64, 8},
      {"=l", "i", DELTOS_DTYPE_I32, 4},    {"?", "?", DELTOS_DTYPE_BOOL, 1},
      {"Zd", "Zd", DELTOS_DTYPE_C128, 16}, {"e", "e", DELTOS_DTYPE_F16, 2},
      {"5s", "5s", DELTOS_DTYPE_BYTES, 5}, {"3w", "3w", DELTOS_DTYPE_UCS4, 12},
      {">d", ">d", DELTOS_DTYPE_OTHER, 8}, {"T{d:x:i:y:}", NULL, DELTOS_DTYPE_STRUCT, 16},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    char canonical[64];
    uint64_t size = sizeof canonical;
    deltos_format_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    ok(deltos_format_describe(cases[i].format, &info, canonical, &size, &error));
    if (cases[i].canonical != NULL) assert_string_equal(canonical, cases[i].canonical);
    assert_int_equal(size, strlen(canonical) + 1);
    assert_int_equal(info.dtype, cases[i].dtype);
    assert_int_equal(info.itemsize, cases[i].itemsize);
    assert_true(info.alignment >= 1 && info.alignment <= 16);
  }
}

static void test_view__a_small_place_for_a_format_learns_the_size(void **state) {
  char canonical[2] = "?";
  uint64_t size = 2;
  (void)state;
  expect(DELTOS_E_TOO_SMALL, deltos_format_describe("5s", NULL, canonical, &size, &error));
  assert_int_equal(size, 3);
  assert_string_equal(canonical, "?");
  size = 0;
  ok(deltos_format_describe("5s", NULL, NULL, &size, &error));
  assert_int_equal(size, 3);
  ok(deltos_format_describe("5s", NULL, NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_format_describe("5s", NULL, NULL, &size, &error));
}

static void test_view__bad_formats_are_refused(void **state) {
  char nested[300];
  (void)state;
  expect(DELTOS_E_FORMAT, deltos_format_describe("", NULL, NULL, NULL, &error));
  expect(DELTOS_E_FORMAT, deltos_format_describe("Y", NULL, NULL, NULL, &error));
  expect(DELTOS_E_FORMAT, deltos_format_describe("T{d:x", NULL, NULL, NULL, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_format_describe("P", NULL, NULL, NULL, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_format_describe("O", NULL, NULL, NULL, &error));
  nested[0] = '\0';
  for (int i = 0; i < 70; ++i) strcat(nested, "T{");
  strcat(nested, "d");
  for (int i = 0; i < 70; ++i) strcat(nested, "}");
  expect(DELTOS_E_LIMIT, deltos_format_describe("9999999999999s", NULL, NULL, NULL, &error));
  expect(DELTOS_E_LIMIT, deltos_format_describe(nested, NULL, NULL, NULL, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_view__request_flags_choose_the_fields),
      in_storage(test_view__fields_describe_the_memory),
      cmocka_unit_test(test_view__foreign_memory_is_released_after_the_last_view),
      cmocka_unit_test(test_view__failed_wrap_takes_nothing),
      in_storage(test_view__sharing_cannot_make_memory_writable),
      in_storage(test_view__only_views_of_the_library_are_shared),
      in_storage(test_view__copy_goes_between_any_layouts),
      cmocka_unit_test(test_view__copy_follows_row_pointers),
      cmocka_unit_test(test_view__copy_handles_overlap),
      in_storage(test_view__copy_converts_nothing),
      cmocka_unit_test(test_view__formats_are_described),
      cmocka_unit_test(test_view__a_small_place_for_a_format_learns_the_size),
      cmocka_unit_test(test_view__bad_formats_are_refused),
  };
  return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
