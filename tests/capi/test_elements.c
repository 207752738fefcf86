/* elements.h: every function in memory of the caller's and in a storage, and every status it promises. */
#include "fixture.h"

#include <math.h>

static void test_elements__fill_stores_one_item_everywhere(void **state) {
  world *w = *state;
  const int64_t value = -3, other = 9;
  store_numbers(w->storage, "n", 100);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL);
  ok(deltos_view_fill(view, &value, sizeof value, &error));
  for (int i = 0; i < 100; ++i) assert_int_equal(((const int64_t *)view->data)[i], -3);
  expect_message(DELTOS_E_TYPE, "4 bytes", deltos_view_fill(view, &other, 4, &error));
  expect(DELTOS_E_INVALID, deltos_view_fill(view, NULL, 8, &error));
  expect(DELTOS_E_INVALID, deltos_view_fill(NULL, &value, 8, &error));
  deltos_view_release(&view);
  view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  expect(DELTOS_E_READONLY, deltos_view_fill(view, &other, 8, &error));
  assert_int_equal(((const int64_t *)view->data)[0], -3);
  deltos_view_release(&view);
}

static void test_elements__equality_is_by_value(void **state) {
  const int64_t three = 3, grid[2] = {3, 1};
  int8_t small[3] = {1, 2, 3};
  double large[3] = {1, 2, 3};
  const deltos_view a = layout_of(DELTOS_DTYPE_I8, 1, &three, small);
  deltos_view b = layout_of(DELTOS_DTYPE_F64, 1, &three, large);
  uint8_t equal = 7;
  (void)state;
  ok(deltos_view_equal(&a, &b, &equal, &error));
  assert_int_equal(equal, 1);
  large[1] = NAN;
  ok(deltos_view_equal(&b, &b, &equal, &error));
  assert_int_equal(equal, 0);
  b = layout_of(DELTOS_DTYPE_I8, 2, grid, small);
  ok(deltos_view_equal(&a, &b, &equal, &error));
  assert_int_equal(equal, 0);
  b = layout_of(DELTOS_DTYPE_BYTES, 1, &three, small);
  b.itemsize = 1;
  ok(deltos_view_equal(&a, &b, &equal, &error));
  assert_int_equal(equal, 0);
  expect(DELTOS_E_INVALID, deltos_view_equal(NULL, &a, &equal, &error));
  expect(DELTOS_E_INVALID, deltos_view_equal(&a, NULL, &equal, &error));
  expect(DELTOS_E_INVALID, deltos_view_equal(&a, &a, NULL, &error));
}

static void test_elements__order_is_that_of_words(void **state) {
  const int64_t three = 3, two = 2;
  uint16_t words[3] = {1, 2, 3};
  float numbers[3] = {1, 2.5f, 0};
  const deltos_view a = layout_of(DELTOS_DTYPE_U16, 1, &three, words),
                    start = layout_of(DELTOS_DTYPE_U16, 1, &two, words);
  deltos_view b = layout_of(DELTOS_DTYPE_F32, 1, &three, numbers);
  int32_t order = 7;
  (void)state;
  ok(deltos_view_compare(&a, &b, &order, &error));
  assert_int_equal(order, DELTOS_COMPARE_LESS);
  ok(deltos_view_compare(&b, &a, &order, &error));
  assert_int_equal(order, DELTOS_COMPARE_GREATER);
  ok(deltos_view_compare(&a, &a, &order, &error));
  assert_int_equal(order, DELTOS_COMPARE_EQUAL);
  ok(deltos_view_compare(&start, &a, &order, &error));
  assert_int_equal(order, DELTOS_COMPARE_LESS);
  numbers[1] = NAN;
  ok(deltos_view_compare(&a, &b, &order, &error));
  assert_int_equal(order, DELTOS_COMPARE_UNORDERED);
  b.dtype = DELTOS_DTYPE_OTHER;
  b.format = "4s";
  expect_message(DELTOS_E_UNSUPPORTED, "\"4s\"", deltos_view_compare(&a, &b, &order, &error));
  b.format = "Zf";
  const int64_t one = 1;
  b.shape = &one;
  expect(DELTOS_E_UNSUPPORTED, deltos_view_compare(&b, &b, &order, &error));
  expect(DELTOS_E_INVALID, deltos_view_compare(NULL, &a, &order, &error));
  expect(DELTOS_E_INVALID, deltos_view_compare(&a, NULL, &order, &error));
  expect(DELTOS_E_INVALID, deltos_view_compare(&a, &a, NULL, &error));
}

static void test_elements__items_are_found_and_counted(void **state) {
  world *w = *state;
  const int64_t wanted = 700, absent = 5000;
  int64_t index = 7;
  uint64_t count = 7;
  store_numbers(w->storage, "n", 1000);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  ok(deltos_view_find(view, &wanted, 8, 0, &index, &error));
  assert_int_equal(index, 700);
  ok(deltos_view_find(view, &wanted, 8, 701, &index, &error));
  assert_int_equal(index, -1);
  ok(deltos_view_find(view, &wanted, 8, 1000, &index, &error));
  assert_int_equal(index, -1);
  ok(deltos_view_count(view, &wanted, 8, &count, &error));
  assert_int_equal(count, 1);
  ok(deltos_view_count(view, &absent, 8, &count, &error));
  assert_int_equal(count, 0);
  expect_message(DELTOS_E_RANGE, "1001", deltos_view_find(view, &wanted, 8, 1001, &index, &error));
  expect(DELTOS_E_RANGE, deltos_view_find(view, &wanted, 8, -1, &index, &error));
  expect(DELTOS_E_TYPE, deltos_view_find(view, &wanted, 4, 0, &index, &error));
  expect(DELTOS_E_TYPE, deltos_view_count(view, &wanted, 4, &count, &error));
  expect(DELTOS_E_INVALID, deltos_view_find(view, NULL, 8, 0, &index, &error));
  expect(DELTOS_E_INVALID, deltos_view_find(view, &wanted, 8, 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_view_find(NULL, &wanted, 8, 0, &index, &error));
  expect(DELTOS_E_INVALID, deltos_view_count(view, NULL, 8, &count, &error));
  expect(DELTOS_E_INVALID, deltos_view_count(view, &wanted, 8, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_view_count(NULL, &wanted, 8, &count, &error));
  deltos_view_release(&view);
}

static void test_elements__rows_are_gathered_or_nothing_is_written(void **state) {
  int32_t from[4][2] = {{0, 1}, {2, 3}, {4, 5}, {6, 7}}, to[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
  const int64_t from_shape[2] = {4, 2}, to_shape[2] = {3, 2}, rows[3] = {3, 0, 3}, wrong[3] = {0, 1, 4},
                negative[3] = {0, 1, -1};
  const deltos_view source = layout_of(DELTOS_DTYPE_I32, 2, from_shape, from);
  deltos_view target = layout_of(DELTOS_DTYPE_I32, 2, to_shape, to);
  (void)state;
  expect_message(DELTOS_E_RANGE, "row number 2 is 4", deltos_view_gather(&source, wrong, 3, &target, &error));
  expect(DELTOS_E_RANGE, deltos_view_gather(&source, negative, 3, &target, &error));
  for (int i = 0; i < 6; ++i) assert_int_equal(to[i / 2][i % 2], -1);
  ok(deltos_view_gather(&source, rows, 3, &target, &error));
  assert_int_equal(to[0][1], 7);
  assert_int_equal(to[1][0], 0);
  assert_int_equal(to[2][0], 6);
  expect(DELTOS_E_TYPE, deltos_view_gather(&source, rows, 2, &target, &error));
  target.readonly = 1;
  expect(DELTOS_E_READONLY, deltos_view_gather(&source, rows, 3, &target, &error));
  target = layout_of(DELTOS_DTYPE_F32, 2, to_shape, to);
  expect(DELTOS_E_TYPE, deltos_view_gather(&source, rows, 3, &target, &error));
  const deltos_view single = layout_of(DELTOS_DTYPE_I32, 0, NULL, from);
  expect(DELTOS_E_TYPE, deltos_view_gather(&single, rows, 3, &single, &error));
  target = layout_of(DELTOS_DTYPE_I32, 2, to_shape, to);
  expect(DELTOS_E_INVALID, deltos_view_gather(&source, NULL, 3, &target, &error));
  expect(DELTOS_E_INVALID, deltos_view_gather(NULL, rows, 3, &target, &error));
  expect(DELTOS_E_INVALID, deltos_view_gather(&source, rows, 3, NULL, &error));
}

static void test_elements__files_are_read_into_the_middle(void **state) {
  world *w = *state;
  const int64_t content[4] = {100, 101, 102, 103};
  uint64_t bytes = 0;
  write_file(w->other, 0, content, sizeof content);
  int fd = open(w->other, O_RDONLY);
  assert_true(fd >= 0);
  store_numbers(w->storage, "n", 10);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL), *part = NULL;
  const int64_t *numbers = view->data;
  ok(deltos_view_window(view, 3, 2, &part, &error));
  ok(deltos_view_read_fd(part, fd, -1, &bytes, &error));
  assert_int_equal(bytes, 16);
  assert_int_equal(numbers[2], 2);
  assert_int_equal(numbers[3], 100);
  assert_int_equal(numbers[4], 101);
  assert_int_equal(numbers[5], 5);
  assert_int_equal(lseek(fd, 0, SEEK_CUR), 16);
  ok(deltos_view_read_fd(part, fd, 8, &bytes, &error));
  assert_int_equal(numbers[4], 102);
  assert_int_equal(lseek(fd, 0, SEEK_CUR), 16);
  deltos_view_release(&part);
  const deltos_slice turned = {0, 0, -2, DELTOS_SLICE_NO_START | DELTOS_SLICE_NO_STOP, 0};
  ok(deltos_view_slice(view, &turned, 1, &part, &error));
  ok(deltos_view_read_fd(part, fd, 0, &bytes, &error));
  assert_int_equal(bytes, 32);
  assert_int_equal(numbers[9], 100);
  assert_int_equal(numbers[7], 101);
  assert_int_equal(numbers[3], 103);
  assert_int_equal(numbers[1], 1);
  ok(deltos_view_read_fd(part, fd, 32, &bytes, &error));
  assert_int_equal(bytes, 0);
  ok(deltos_view_read_fd(part, fd, 29, &bytes, &error));
  assert_int_equal(bytes, 3);
  deltos_view_release(&part);
  expect(DELTOS_E_INVALID, deltos_view_read_fd(view, fd, -2, &bytes, &error));
  expect(DELTOS_E_INVALID, deltos_view_read_fd(view, fd, 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_view_read_fd(NULL, fd, 0, &bytes, &error));
  bytes = 9;
  assert_int_equal(deltos_view_read_fd(view, -1, 0, &bytes, &error), DELTOS_E_IO);
  assert_int_equal(error.os_errno, EBADF);
  assert_int_equal(bytes, 0);
  deltos_view_release(&view);
  view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  expect(DELTOS_E_READONLY, deltos_view_read_fd(view, fd, 0, &bytes, &error));
  deltos_view_release(&view);
  close(fd);
}

static void test_elements__pipes_give_what_they_have(void **state) {
  const int64_t shape = 8;
  uint8_t memory[8] = {0};
  const deltos_view view = layout_of(DELTOS_DTYPE_U8, 1, &shape, memory);
  uint64_t bytes = 0;
  int ends[2];
  (void)state;
  assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
  assert_int_equal(write(ends[1], "abc", 3), 3);
  assert_int_equal(deltos_view_read_fd(&view, ends[0], -1, &bytes, &error), DELTOS_E_IO);
  assert_int_equal(error.os_errno, EAGAIN);
  assert_int_equal(bytes, 3);
  assert_memory_equal(memory, "abc", 3);
  expect_message(DELTOS_E_IO, "offset -1", deltos_view_read_fd(&view, ends[0], 0, &bytes, &error));
  ok(deltos_view_write_fd(&view, ends[1], -1, &bytes, &error));
  assert_int_equal(bytes, 8);
  close(ends[1]);
  ok(deltos_view_read_fd(&view, ends[0], -1, &bytes, &error));
  assert_int_equal(bytes, 8);
  ok(deltos_view_read_fd(&view, ends[0], -1, &bytes, &error));
  assert_int_equal(bytes, 0);
  close(ends[0]);
}

static void test_elements__views_are_written_in_c_order(void **state) {
  world *w = *state;
  int16_t grid[2][3] = {{1, 2, 3}, {4, 5, 6}};
  const int64_t shape[2] = {3, 2}, strides[2] = {2, 6};
  const int16_t expected[6] = {1, 4, 2, 5, 3, 6};
  deltos_view view = layout_of(DELTOS_DTYPE_I16, 2, shape, grid);
  int16_t back[6];
  uint64_t bytes = 0;
  int fd = open(w->other, O_RDWR | O_CREAT, 0644);
  view.strides = strides;
  view.readonly = 1;
  ok(deltos_view_write_fd(&view, fd, 100, &bytes, &error));
  assert_int_equal(bytes, 12);
  assert_int_equal(pread(fd, back, sizeof back, 100), 12);
  assert_memory_equal(back, expected, sizeof back);
  ok(deltos_view_write_fd(&view, fd, -1, &bytes, &error));
  assert_int_equal(lseek(fd, 0, SEEK_CUR), 12);
  close(fd);
  expect(DELTOS_E_INVALID, deltos_view_write_fd(&view, fd, -7, &bytes, &error));
  expect(DELTOS_E_INVALID, deltos_view_write_fd(&view, fd, 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_view_write_fd(NULL, fd, 0, &bytes, &error));
  bytes = 9;
  expect(DELTOS_E_IO, deltos_view_write_fd(&view, -1, 0, &bytes, &error));
  assert_int_equal(bytes, 0);
  fd = open("/dev/full", O_WRONLY);
  if (fd < 0) return;
  expect(DELTOS_E_NO_SPACE, deltos_view_write_fd(&view, fd, -1, &bytes, &error));
  close(fd);
}

static void test_elements__numbers_survive_or_are_refused(void **state) {
  uint8_t memory[16];
  const int64_t one = 1, index = 0;
  const struct {
    int32_t dtype;
    const char *format;
    int64_t largest; /* whole number that it holds, and the next one it does not */
    int64_t beyond;
  } cases[] = {
      {DELTOS_DTYPE_BOOL, NULL, 1, 2},
      {DELTOS_DTYPE_I8, NULL, 127, 128},
      {DELTOS_DTYPE_U8, NULL, 255, 256},
      {DELTOS_DTYPE_I16, NULL, 32767, 32768},
      {DELTOS_DTYPE_U16, NULL, 65535, 65536},
      {DELTOS_DTYPE_I32, NULL, INT32_MAX, INT64_C(1) << 31},
      {DELTOS_DTYPE_U32, NULL, UINT32_MAX, -1},
      {DELTOS_DTYPE_U64, NULL, INT64_MAX, -1},
      {DELTOS_DTYPE_F16, NULL, 2048, 2049},
      {DELTOS_DTYPE_F32, NULL, 1 << 24, (1 << 24) + 1},
      {DELTOS_DTYPE_BF16, NULL, 256, 257},
      {DELTOS_DTYPE_F8_E4M3, NULL, 448, 449},
      {DELTOS_DTYPE_F8_E5M2, NULL, 57344, 9},
      {DELTOS_DTYPE_OTHER, ">h", -32768, -32769},
      {DELTOS_DTYPE_OTHER, ">I", UINT32_MAX, -1},
      {DELTOS_DTYPE_OTHER, ">d", INT64_C(1) << 53, (INT64_C(1) << 53) + 1},
      {DELTOS_DTYPE_F64, NULL, INT64_MIN, INT64_MAX},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    deltos_view view = layout_of(cases[i].dtype, 1, &one, memory);
    int64_t number = 77;
    double same = 0;
    view.format = cases[i].format;
    memset(memory, 0, sizeof memory);
    ok(deltos_view_set_i64(&view, &index, cases[i].largest, &error));
    expect_message(DELTOS_E_RANGE, "element [0]", deltos_view_set_i64(&view, &index, cases[i].beyond, &error));
    ok(deltos_view_get_i64(&view, &index, &number, &error));
    assert_int_equal(number, cases[i].largest);
    if (cases[i].dtype == DELTOS_DTYPE_U64) continue;
    ok(deltos_view_get_f64(&view, &index, &same, &error));
    assert_true(same == (double)cases[i].largest);
    ok(deltos_view_set_f64(&view, &index, same, &error));
    ok(deltos_view_get_i64(&view, &index, &number, &error));
    assert_int_equal(number, cases[i].largest);
  }
}

static void test_elements__conversions_name_index_value_and_limit(void **state) {
  uint64_t large[2] = {0, UINT64_MAX};
  double fractions[2] = {2.5, 1e300};
  const int64_t two = 2, index = 1, first = 0, beyond = 2, negative = -1;
  int64_t number = 7;
  uint64_t whole = 7;
  double same = 7;
  deltos_view view = layout_of(DELTOS_DTYPE_U64, 1, &two, large);
  (void)state;
  expect_message(
      DELTOS_E_RANGE,
      "element [1] is 18446744073709551615; it must be a whole number from -9223372036854775808 to 9223372036854775807",
      deltos_view_get_i64(&view, &index, &number, &error));
  assert_int_equal(number, 7);
  ok(deltos_view_get_u64(&view, &index, &whole, &error));
  assert_true(whole == UINT64_MAX);
  expect(DELTOS_E_RANGE, deltos_view_get_f64(&view, &index, &same, &error));
  ok(deltos_view_set_u64(&view, &first, UINT64_MAX - 1, &error));
  assert_true(large[0] == UINT64_MAX - 1);
  expect_message(DELTOS_E_RANGE, "-1 cannot be stored as \"Q\", which holds 0 to 18446744073709551615",
                 deltos_view_set_i64(&view, &first, -1, &error));
  expect_message(DELTOS_E_RANGE, "index 2 is outside dimension 0, which has 2",
                 deltos_view_get_u64(&view, &beyond, &whole, &error));
  expect(DELTOS_E_RANGE, deltos_view_get_i64(&view, &negative, &number, &error));
  expect(DELTOS_E_RANGE, deltos_view_get_f64(&view, &beyond, &same, &error));
  expect(DELTOS_E_RANGE, deltos_view_set_i64(&view, &beyond, 0, &error));
  expect(DELTOS_E_RANGE, deltos_view_set_u64(&view, &beyond, 0, &error));
  expect(DELTOS_E_RANGE, deltos_view_set_f64(&view, &beyond, 0, &error));
  expect(DELTOS_E_RANGE, deltos_view_get_bytes(&view, &beyond, &whole, 8, &error));
  expect(DELTOS_E_RANGE, deltos_view_set_bytes(&view, &beyond, &whole, 8, &error));
  view = layout_of(DELTOS_DTYPE_F64, 1, &two, fractions);
  expect_message(DELTOS_E_RANGE, "2.5", deltos_view_get_i64(&view, &first, &number, &error));
  expect(DELTOS_E_RANGE, deltos_view_get_u64(&view, &index, &whole, &error));
  ok(deltos_view_set_f64(&view, &first, NAN, &error));
  ok(deltos_view_get_f64(&view, &first, &same, &error));
  assert_true(isnan(same));
  expect(DELTOS_E_RANGE, deltos_view_get_i64(&view, &first, &number, &error));
  float narrow = 0;
  const int64_t one = 1;
  view = layout_of(DELTOS_DTYPE_F32, 1, &one, &narrow);
  expect(DELTOS_E_RANGE, deltos_view_set_f64(&view, &first, 1e39, &error));
  ok(deltos_view_set_f64(&view, &first, 0.1, &error));
  assert_true(narrow == 0.1f);
  expect(DELTOS_E_RANGE, deltos_view_set_u64(&view, &first, (1 << 24) + 1, &error));
}

static void test_elements__what_is_no_number_has_bytes(void **state) {
  char text[2][3] = {{'a', 'b', 'c'}, {'d', 'e', 'f'}};
  const int64_t two = 2, index = 1;
  int64_t number = 0;
  uint64_t whole = 0;
  double same = 0;
  char item[3];
  deltos_view view = layout_of(DELTOS_DTYPE_OTHER, 1, &two, text);
  (void)state;
  view.format = "3s";
  expect_message(DELTOS_E_TYPE, "\"3s\"", deltos_view_get_i64(&view, &index, &number, &error));
  expect(DELTOS_E_TYPE, deltos_view_get_u64(&view, &index, &whole, &error));
  expect(DELTOS_E_TYPE, deltos_view_get_f64(&view, &index, &same, &error));
  expect(DELTOS_E_TYPE, deltos_view_set_i64(&view, &index, 1, &error));
  expect(DELTOS_E_TYPE, deltos_view_set_u64(&view, &index, 1, &error));
  expect(DELTOS_E_TYPE, deltos_view_set_f64(&view, &index, 1, &error));
  ok(deltos_view_get_bytes(&view, &index, item, 3, &error));
  assert_memory_equal(item, "def", 3);
  ok(deltos_view_set_bytes(&view, &index, "xyz", 3, &error));
  assert_memory_equal(text, "abcxyz", 6);
  expect(DELTOS_E_TYPE, deltos_view_get_bytes(&view, &index, item, 2, &error));
  expect(DELTOS_E_TYPE, deltos_view_set_bytes(&view, &index, "x", 1, &error));
  view.readonly = 1;
  expect(DELTOS_E_READONLY, deltos_view_set_bytes(&view, &index, "xyz", 3, &error));
  expect(DELTOS_E_READONLY, deltos_view_set_i64(&view, &index, 1, &error));
  expect(DELTOS_E_READONLY, deltos_view_set_u64(&view, &index, 1, &error));
  expect(DELTOS_E_READONLY, deltos_view_set_f64(&view, &index, 1, &error));
}

static void test_elements__places_that_are_missing_are_refused(void **state) {
  double memory = 1;
  const int64_t one = 1, index = 0;
  int64_t number = 0;
  uint64_t whole = 0;
  uint8_t exchanged = 0;
  const deltos_view view = layout_of(DELTOS_DTYPE_F64, 1, &one, &memory),
                    single = layout_of(DELTOS_DTYPE_F64, 0, NULL, &memory);
  (void)state;
  ok(deltos_view_get_i64(&single, NULL, &number, &error));
  assert_int_equal(number, 1);
  expect(DELTOS_E_INVALID, deltos_view_get_i64(&view, NULL, &number, &error));
  expect(DELTOS_E_INVALID, deltos_view_get_i64(&view, &index, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_view_get_u64(&view, &index, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_view_get_f64(&view, &index, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_view_get_bytes(&view, &index, NULL, 8, &error));
  expect(DELTOS_E_INVALID, deltos_view_set_bytes(&view, &index, NULL, 8, &error));
  expect(DELTOS_E_INVALID, deltos_view_set_i64(NULL, &index, 0, &error));
  expect(DELTOS_E_INVALID, deltos_view_set_u64(NULL, &index, 0, &error));
  expect(DELTOS_E_INVALID, deltos_view_set_f64(&view, NULL, 0, &error));
  expect(DELTOS_E_INVALID, deltos_view_get_u64(NULL, &index, &whole, &error));
  expect(DELTOS_E_INVALID, deltos_view_atomic_load(&view, &index, 0, NULL, 8, &error));
  expect(DELTOS_E_INVALID, deltos_view_atomic_store(&view, &index, 0, NULL, 8, &error));
  expect(DELTOS_E_INVALID, deltos_view_atomic_add(&view, &index, 0, NULL, NULL, 8, &error));
  expect(DELTOS_E_INVALID, deltos_view_atomic_compare_exchange(&view, &index, 0, NULL, &memory, 8, &exchanged, &error));
  expect(DELTOS_E_INVALID, deltos_view_atomic_compare_exchange(&view, &index, 0, &memory, NULL, 8, &exchanged, &error));
  expect(DELTOS_E_INVALID, deltos_view_atomic_compare_exchange(&view, &index, 0, &memory, &memory, 8, NULL, &error));
}

static void test_elements__atomics_work_on_words(void **state) {
  world *w = *state;
  const int64_t index = 4, beyond = 10, hundred = 100;
  int64_t value = 0, previous = 0, expected = 7, desired = 55;
  uint8_t exchanged = 9;
  store_numbers(w->storage, "n", 10);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL);
  for (int32_t order = DELTOS_MEMORY_RELAXED; order <= DELTOS_MEMORY_SEQ_CST; ++order) {
    const int loads = order != DELTOS_MEMORY_RELEASE && order != DELTOS_MEMORY_ACQ_REL;
    const int stores = order != DELTOS_MEMORY_ACQUIRE && order != DELTOS_MEMORY_ACQ_REL;
    expect(stores ? DELTOS_OK : DELTOS_E_INVALID, deltos_view_atomic_store(view, &index, order, &hundred, 8, &error));
    ok(deltos_view_set_i64(view, &index, 100, &error));
    ok(deltos_view_atomic_add(view, &index, order, &hundred, &previous, 8, &error));
    assert_int_equal(previous, 100);
    expect(loads ? DELTOS_OK : DELTOS_E_INVALID, deltos_view_atomic_load(view, &index, order, &value, 8, &error));
    assert_int_equal(((const int64_t *)view->data)[4], 200);
    expected = 7;
    ok(deltos_view_atomic_compare_exchange(view, &index, order, &expected, &desired, 8, &exchanged, &error));
    assert_int_equal(exchanged, 0);
    assert_int_equal(expected, 200);
    ok(deltos_view_atomic_compare_exchange(view, &index, order, &expected, &desired, 8, &exchanged, &error));
    assert_int_equal(exchanged, 1);
    assert_int_equal(((const int64_t *)view->data)[4], 55);
  }
  ok(deltos_view_atomic_add(view, &index, 0, &hundred, NULL, 8, &error));
  expect(DELTOS_E_INVALID, deltos_view_atomic_add(view, &index, 5, &hundred, NULL, 8, &error));
  expect(DELTOS_E_INVALID,
         deltos_view_atomic_compare_exchange(view, &index, -1, &expected, &desired, 8, &exchanged, &error));
  expect(DELTOS_E_RANGE, deltos_view_atomic_load(view, &beyond, 0, &value, 8, &error));
  expect(DELTOS_E_RANGE, deltos_view_atomic_store(view, &beyond, 0, &value, 8, &error));
  expect(DELTOS_E_RANGE, deltos_view_atomic_add(view, &beyond, 0, &value, NULL, 8, &error));
  expect(DELTOS_E_RANGE,
         deltos_view_atomic_compare_exchange(view, &beyond, 0, &expected, &desired, 8, &exchanged, &error));
  expect(DELTOS_E_TYPE, deltos_view_atomic_load(view, &index, 0, &value, 4, &error));
  expect(DELTOS_E_TYPE, deltos_view_atomic_store(view, &index, 0, &value, 4, &error));
  expect(DELTOS_E_TYPE, deltos_view_atomic_add(view, &index, 0, &value, NULL, 4, &error));
  expect(DELTOS_E_TYPE,
         deltos_view_atomic_compare_exchange(view, &index, 0, &expected, &desired, 4, &exchanged, &error));
  deltos_view_release(&view);
  view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  ok(deltos_view_atomic_load(view, &index, DELTOS_MEMORY_ACQUIRE, &value, 8, &error));
  assert_int_equal(value, 155);
  expect(DELTOS_E_READONLY, deltos_view_atomic_store(view, &index, 0, &value, 8, &error));
  expect(DELTOS_E_READONLY, deltos_view_atomic_add(view, &index, 0, &value, NULL, 8, &error));
  expect(DELTOS_E_READONLY,
         deltos_view_atomic_compare_exchange(view, &index, 0, &expected, &desired, 8, &exchanged, &error));
  deltos_view_release(&view);
}

static void test_elements__atomics_of_floats_add_and_compare_bytes(void **state) {
  float numbers[2] = {1, -0.0f};
  const int64_t two = 2, first = 0, second = 1;
  const float half = 0.5f;
  float previous = 9, expected = 0.0f, desired = 3;
  uint8_t exchanged = 9;
  deltos_view view = layout_of(DELTOS_DTYPE_F32, 1, &two, numbers);
  (void)state;
  ok(deltos_view_atomic_add(&view, &first, DELTOS_MEMORY_SEQ_CST, &half, &previous, 4, &error));
  assert_true(previous == 1 && numbers[0] == 1.5f);
  ok(deltos_view_atomic_compare_exchange(&view, &second, DELTOS_MEMORY_SEQ_CST, &expected, &desired, 4, &exchanged,
                                         &error));
  assert_int_equal(exchanged, 0);
  assert_true(signbit(expected));
  view.data = (char *)numbers + 2;
  view.shape = &(const int64_t){1};
  expect(DELTOS_E_LAYOUT, deltos_view_atomic_add(&view, &first, 0, &half, NULL, 4, &error));
  expect(DELTOS_E_LAYOUT, deltos_view_atomic_load(&view, &first, 0, &previous, 4, &error));
  view = layout_of(DELTOS_DTYPE_I16, 1, &two, numbers);
  expect(DELTOS_E_TYPE, deltos_view_atomic_load(&view, &first, 0, &previous, 2, &error));
}

static void test_elements__a_malformed_view_is_refused_as_when_wrapping(void **state) {
  double number = 1;
  const int64_t one = 1, index = 0;
  const deltos_view right = layout_of(DELTOS_DTYPE_F64, 1, &one, &number);
  deltos_view wrong = right;
  uint8_t truth = 0;
  int32_t order = 0;
  int64_t whole = 0;
  uint64_t count = 0;
  double value = 0;
  (void)state;
  const struct {
    deltos_status status;
    uint32_t struct_size;
    int32_t ndim, dtype;
    const char *format;
  } cases[] = {
      {DELTOS_E_STRUCT, 8, 1, DELTOS_DTYPE_F64, NULL},
      {DELTOS_E_FORMAT, sizeof wrong, 1, 0, "("},
      {DELTOS_E_UNSUPPORTED, sizeof wrong, 1, 0, "O"},
      {DELTOS_E_LIMIT, sizeof wrong, 65, DELTOS_DTYPE_F64, NULL},
      {DELTOS_E_INVALID, sizeof wrong, -1, DELTOS_DTYPE_F64, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    const deltos_status status = cases[i].status;
    wrong.struct_size = cases[i].struct_size;
    wrong.ndim = cases[i].ndim;
    wrong.dtype = cases[i].dtype;
    wrong.format = cases[i].format;
    expect(status, deltos_view_fill(&wrong, &number, 8, &error));
    expect(status, deltos_view_equal(&wrong, &right, &truth, &error));
    expect(status, deltos_view_compare(&right, &wrong, &order, &error));
    expect(status, deltos_view_find(&wrong, &number, 8, 0, &whole, &error));
    expect(status, deltos_view_count(&wrong, &number, 8, &count, &error));
    expect(status, deltos_view_gather(&wrong, &index, 1, &right, &error));
    expect(status, deltos_view_gather(&right, &index, 1, &wrong, &error));
    expect(status, deltos_view_read_fd(&wrong, 0, -1, &count, &error));
    expect(status, deltos_view_write_fd(&wrong, 0, -1, &count, &error));
    expect(status, deltos_view_get_i64(&wrong, &index, &whole, &error));
    expect(status, deltos_view_get_u64(&wrong, &index, &count, &error));
    expect(status, deltos_view_get_f64(&wrong, &index, &value, &error));
    expect(status, deltos_view_get_bytes(&wrong, &index, &value, 8, &error));
    expect(status, deltos_view_set_i64(&wrong, &index, 1, &error));
    expect(status, deltos_view_set_u64(&wrong, &index, 1, &error));
    expect(status, deltos_view_set_f64(&wrong, &index, 1, &error));
    expect(status, deltos_view_set_bytes(&wrong, &index, &value, 8, &error));
    expect(status, deltos_view_atomic_load(&wrong, &index, 0, &value, 8, &error));
    expect(status, deltos_view_atomic_store(&wrong, &index, 0, &value, 8, &error));
    expect(status, deltos_view_atomic_add(&wrong, &index, 0, &value, NULL, 8, &error));
    expect(status, deltos_view_atomic_compare_exchange(&wrong, &index, 0, &value, &number, 8, &truth, &error));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_elements__fill_stores_one_item_everywhere),
      cmocka_unit_test(test_elements__equality_is_by_value),
      cmocka_unit_test(test_elements__order_is_that_of_words),
      in_storage(test_elements__items_are_found_and_counted),
      cmocka_unit_test(test_elements__rows_are_gathered_or_nothing_is_written),
      in_storage(test_elements__files_are_read_into_the_middle),
      cmocka_unit_test(test_elements__pipes_give_what_they_have),
      in_world(test_elements__views_are_written_in_c_order),
      cmocka_unit_test(test_elements__numbers_survive_or_are_refused),
      cmocka_unit_test(test_elements__conversions_name_index_value_and_limit),
      cmocka_unit_test(test_elements__what_is_no_number_has_bytes),
      cmocka_unit_test(test_elements__places_that_are_missing_are_refused),
      in_storage(test_elements__atomics_work_on_words),
      cmocka_unit_test(test_elements__atomics_of_floats_add_and_compare_bytes),
      cmocka_unit_test(test_elements__a_malformed_view_is_refused_as_when_wrapping),
  };
  return cmocka_run_group_tests_name("elements", tests, NULL, NULL);
}
