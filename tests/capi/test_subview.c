/* view.h: slices, windows, transposes, reshapes and casts, what they pin and what they refuse. */
#include "fixture.h"

static deltos_slice whole(void) {
  deltos_slice slice;
  memset(&slice, 0, sizeof slice);
  slice.step = 1;
  slice.flags = DELTOS_SLICE_NO_START | DELTOS_SLICE_NO_STOP;
  return slice;
}

static deltos_slice at(int64_t index) {
  deltos_slice slice;
  memset(&slice, 0, sizeof slice);
  slice.start = index;
  slice.flags = DELTOS_SLICE_INDEX;
  return slice;
}

static deltos_slice between(int64_t start, int64_t stop, int64_t step) {
  deltos_slice slice;
  memset(&slice, 0, sizeof slice);
  slice.start = start;
  slice.stop = stop;
  slice.step = step;
  return slice;
}

/* A grid of the caller's, 3 rows of 4 numbers 0, 1, 2, ... */
typedef struct grid {
  int32_t numbers[3][4];
  int64_t shape[2];
  deltos_view view;
} grid;

static void fill_grid(grid *g) {
  for (int i = 0; i < 12; ++i) g->numbers[i / 4][i % 4] = i;
  g->shape[0] = 3;
  g->shape[1] = 4;
  g->view = layout_of(DELTOS_DTYPE_I32, 2, g->shape, g->numbers);
}

static int32_t number_in(const deltos_view *view, int64_t i) {
  return *(const int32_t *)(const void *)((const char *)view->data + i * view->strides[0]);
}

static void test_subview__slices_are_those_of_python(void **state) {
  grid g;
  deltos_view *view = NULL;
  deltos_slice slices[2];
  (void)state;
  fill_grid(&g);
  slices[0] = at(-1);
  slices[1] = whole();
  slices[1].step = -2;
  ok(deltos_view_slice(&g.view, slices, 2, &view, &error));
  assert_int_equal(view->ndim, 1);
  assert_int_equal(view->shape[0], 2);
  assert_int_equal(number_in(view, 0), 11);
  assert_int_equal(number_in(view, 1), 9);
  assert_int_equal(view->nbytes, 8);
  assert_string_equal(view->format, "i");
  deltos_view_release(&view);
  slices[0] = between(1, 100, 1);
  ok(deltos_view_slice(&g.view, slices, 1, &view, &error));
  assert_int_equal(view->shape[0], 2);
  assert_int_equal(view->shape[1], 4);
  assert_ptr_equal(view->data, g.numbers[1]);
  deltos_view_release(&view);
  slices[0] = at(1);
  slices[1] = at(2);
  ok(deltos_view_slice(&g.view, slices, 2, &view, &error));
  assert_int_equal(view->ndim, 0);
  assert_ptr_equal(view->data, &g.numbers[1][2]);
  deltos_view_release(&view);
  ok(deltos_view_slice(&g.view, NULL, 0, &view, &error));
  assert_int_equal(view->nbytes, 48);
  deltos_view_release(&view);
}

static void test_subview__slices_that_cannot_be_are_refused(void **state) {
  grid g;
  deltos_view *view = NULL;
  deltos_slice slices[3] = {whole(), whole(), whole()};
  (void)state;
  fill_grid(&g);
  expect(DELTOS_E_INVALID, deltos_view_slice(NULL, slices, 1, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_slice(&g.view, slices, 1, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_view_slice(&g.view, NULL, 1, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_slice(&g.view, slices, -1, &view, &error));
  expect(DELTOS_E_RANGE, deltos_view_slice(&g.view, slices, 3, &view, &error));
  slices[0].step = 0;
  expect(DELTOS_E_INVALID, deltos_view_slice(&g.view, slices, 1, &view, &error));
  slices[0] = whole();
  slices[0].flags |= 8;
  expect(DELTOS_E_INVALID, deltos_view_slice(&g.view, slices, 1, &view, &error));
  slices[0] = whole();
  slices[0].reserved = 1;
  expect(DELTOS_E_INVALID, deltos_view_slice(&g.view, slices, 1, &view, &error));
  slices[0] = at(0);
  slices[0].flags |= DELTOS_SLICE_NO_START;
  expect(DELTOS_E_INVALID, deltos_view_slice(&g.view, slices, 1, &view, &error));
  slices[0] = at(3);
  expect_message(DELTOS_E_RANGE, "index 3 is outside dimension 0",
                 deltos_view_slice(&g.view, slices, 1, &view, &error));
  assert_null(view);
}

static void test_subview__windows_walk_a_view_in_chunks(void **state) {
  world *w = *state;
  int64_t offset, sum = 0, chunks = 0;
  store_numbers(w->storage, "n", 1000);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO), *chunk = NULL;
  for (offset = 0; offset < view->shape[0]; offset += 300) {
    ok(deltos_view_window(view, offset, 300, &chunk, &error));
    assert_int_equal(chunk->shape[0], offset < 900 ? 300 : 100);
    for (int64_t i = 0; i < chunk->shape[0]; ++i) sum += ((const int64_t *)chunk->data)[i];
    deltos_view_release(&chunk);
    ++chunks;
  }
  assert_int_equal(chunks, 4);
  assert_int_equal(sum, 999 * 1000 / 2);
  ok(deltos_view_window(view, 1000, INT64_MAX, &chunk, &error));
  assert_int_equal(chunk->shape[0], 0);
  deltos_view_release(&chunk);
  expect(DELTOS_E_RANGE, deltos_view_window(view, 1001, 1, &chunk, &error));
  expect(DELTOS_E_RANGE, deltos_view_window(view, -1, 1, &chunk, &error));
  expect(DELTOS_E_RANGE, deltos_view_window(view, 0, -1, &chunk, &error));
  expect(DELTOS_E_INVALID, deltos_view_window(NULL, 0, 1, &chunk, &error));
  expect(DELTOS_E_INVALID, deltos_view_window(view, 0, 1, NULL, &error));
  deltos_view_release(&view);
  double number = 1;
  const deltos_view single = layout_of(DELTOS_DTYPE_F64, 0, NULL, &number);
  expect(DELTOS_E_TYPE, deltos_view_window(&single, 0, 1, &chunk, &error));
}

static void test_subview__transposes_and_reshapes_share_the_memory(void **state) {
  grid g;
  deltos_view *turned = NULL, *view = NULL;
  const int32_t axes[2] = {1, 0}, twice[2] = {1, 1}, beyond[2] = {0, 2};
  const int64_t flat = -1, shape[3] = {2, -1, 3}, wrong = 5, negative = -2;
  int32_t contiguity = 0;
  (void)state;
  fill_grid(&g);
  ok(deltos_view_transpose(&g.view, NULL, &turned, &error));
  assert_int_equal(turned->shape[0], 4);
  assert_int_equal(turned->strides[0], 4);
  assert_int_equal(turned->strides[1], 16);
  ok(deltos_view_contiguity(turned, &contiguity, &error));
  assert_int_equal(contiguity, DELTOS_CONTIGUOUS_F);
  expect(DELTOS_E_LAYOUT, deltos_view_reshape(turned, 1, &flat, &view, &error));
  ok(deltos_view_transpose(turned, axes, &view, &error));
  ok(deltos_view_contiguity(view, &contiguity, &error));
  assert_int_equal(contiguity, DELTOS_CONTIGUOUS_C);
  deltos_view_release(&view);
  expect(DELTOS_E_INVALID, deltos_view_transpose(&g.view, twice, &view, &error));
  expect(DELTOS_E_RANGE, deltos_view_transpose(&g.view, beyond, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_transpose(NULL, axes, &view, &error));
  ok(deltos_view_reshape(&g.view, 1, &flat, &view, &error));
  assert_int_equal(view->shape[0], 12);
  assert_int_equal(number_in(view, 11), 11);
  ok(deltos_view_contiguity(view, &contiguity, &error));
  assert_int_equal(contiguity, DELTOS_CONTIGUOUS_C | DELTOS_CONTIGUOUS_F);
  deltos_view_release(&view);
  ok(deltos_view_reshape(&g.view, 3, shape, &view, &error));
  assert_int_equal(view->shape[1], 2);
  deltos_view_release(&view);
  expect(DELTOS_E_TYPE, deltos_view_reshape(&g.view, 1, &wrong, &view, &error));
  expect(DELTOS_E_TYPE, deltos_view_reshape(&g.view, 0, NULL, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_reshape(&g.view, 1, &negative, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_reshape(&g.view, 1, NULL, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_reshape(&g.view, -1, &flat, &view, &error));
  expect(DELTOS_E_LIMIT, deltos_view_reshape(&g.view, 65, g.shape, &view, &error));
  deltos_slice gaps[2] = {whole(), between(0, 4, 2)};
  ok(deltos_view_slice(&g.view, gaps, 2, &view, &error));
  ok(deltos_view_contiguity(view, &contiguity, &error));
  assert_int_equal(contiguity, 0);
  deltos_view_release(&view);
  expect(DELTOS_E_INVALID, deltos_view_contiguity(NULL, &contiguity, &error));
  expect(DELTOS_E_INVALID, deltos_view_contiguity(&g.view, NULL, &error));
  deltos_view_release(&turned);
}

static void test_subview__casts_reinterpret_the_bytes(void **state) {
  grid g;
  deltos_view *view = NULL, *turned = NULL;
  double number = 1;
  const deltos_view single = layout_of(DELTOS_DTYPE_F64, 0, NULL, &number);
  (void)state;
  fill_grid(&g);
  ok(deltos_view_cast(&g.view, NULL, DELTOS_DTYPE_F64, &view, &error));
  assert_int_equal(view->shape[1], 2);
  assert_int_equal(view->itemsize, 8);
  assert_string_equal(view->format, "d");
  assert_int_equal(view->nbytes, 48);
  deltos_view_release(&view);
  ok(deltos_view_cast(&g.view, NULL, 0, &view, &error));
  assert_int_equal(view->shape[1], 16);
  assert_int_equal(view->dtype, DELTOS_DTYPE_U8);
  deltos_view_release(&view);
  ok(deltos_view_cast(&g.view, "T{h:a:h:b:}", 0, &view, &error));
  assert_int_equal(view->dtype, DELTOS_DTYPE_STRUCT);
  deltos_view_release(&view);
  ok(deltos_view_cast(&g.view, "H", DELTOS_DTYPE_BF16, &view, &error));
  assert_int_equal(view->dtype, DELTOS_DTYPE_BF16);
  deltos_view_release(&view);
  ok(deltos_view_transpose(&g.view, NULL, &turned, &error));
  ok(deltos_view_cast(turned, "f", 0, &view, &error));
  deltos_view_release(&view);
  expect(DELTOS_E_LAYOUT, deltos_view_cast(turned, "B", 0, &view, &error));
  expect(DELTOS_E_TYPE, deltos_view_cast(&g.view, "3s", 0, &view, &error));
  expect(DELTOS_E_TYPE, deltos_view_cast(&single, "f", 0, &view, &error));
  expect(DELTOS_E_FORMAT, deltos_view_cast(&g.view, "T{", 0, &view, &error));
  expect(DELTOS_E_FORMAT, deltos_view_cast(&g.view, "d", DELTOS_DTYPE_I32, &view, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_view_cast(&g.view, "O", 0, &view, &error));
  expect(DELTOS_E_LIMIT, deltos_view_cast(&g.view, "2000000000000s", 0, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_cast(&g.view, NULL, 99, &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_cast(NULL, "d", 0, &view, &error));
  assert_null(view);
  deltos_view_release(&turned);
}

static void test_subview__pins_what_its_parent_pins_in_any_order(void **state) {
  world *w = *state;
  const int64_t shape[2] = {10, -1};
  const deltos_slice backwards = between(-1, -11, -1);
  store_numbers(w->storage, "n", 1000);
  deltos_view *views[5] = {NULL, NULL, NULL, NULL, NULL};
  views[0] = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  ok(deltos_view_reshape(views[0], 2, shape, &views[1], &error));
  ok(deltos_view_transpose(views[1], NULL, &views[2], &error));
  ok(deltos_view_slice(views[2], &backwards, 1, &views[3], &error));
  ok(deltos_view_cast(views[3], "Q", 0, &views[4], &error));
  assert_int_equal(stat_storage(w->storage).view_count, 5);
  const int order[5] = {2, 0, 3, 1, 4};
  for (int i = 0; i < 4; ++i) {
    deltos_view_release(&views[order[i]]);
    assert_int_equal(stat_storage(w->storage).view_count, 4 - i);
    expect(DELTOS_E_PINNED, deltos_storage_close(&w->storage, &error));
  }
  assert_int_equal(*(const int64_t *)views[4]->data, 99);
  deltos_view_release(&views[4]);
  ok(deltos_storage_close(&w->storage, &error));
}

static void test_subview__outlives_the_storage_that_was_detached(void **state) {
  world *w = *state;
  deltos_view *part = NULL;
  store_numbers(w->storage, "n", 1000);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO);
  ok(deltos_view_window(view, 500, 10, &part, &error));
  deltos_view_release(&view);
  deltos_storage_detach(&w->storage);
  assert_int_equal(((const int64_t *)part->data)[9], 509);
  deltos_view_release(&part);
}

static void test_subview__is_as_writable_as_its_parent(void **state) {
  world *w = *state;
  deltos_view *part = NULL, *shared = NULL;
  const int64_t value = 5, zero = 0;
  store_numbers(w->storage, "n", 10);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL);
  ok(deltos_view_window(view, 3, 2, &part, &error));
  assert_int_equal(part->readonly, 0);
  ok(deltos_view_fill(part, &value, sizeof value, &error));
  deltos_view_release(&part);
  assert_int_equal(((const int64_t *)view->data)[4], 5);
  ok(deltos_view_share(view, DELTOS_VIEW_FULL_RO, &shared, &error));
  ok(deltos_view_window(shared, 3, 2, &part, &error));
  assert_int_equal(part->readonly, 1);
  expect(DELTOS_E_READONLY, deltos_view_fill(part, &value, sizeof value, &error));
  expect(DELTOS_E_READONLY, deltos_view_set_i64(part, &zero, 1, &error));
  expect(DELTOS_E_READONLY, deltos_view_copy(part, part, &error));
  deltos_view_release(&part);
  deltos_view_release(&shared);
  deltos_view_release(&view);
}

static void test_subview__of_a_plain_request_has_all_fields(void **state) {
  world *w = *state;
  deltos_view *part = NULL;
  store_numbers(w->storage, "n", 10);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_SIMPLE);
  assert_null(view->shape);
  ok(deltos_view_window(view, 2, 3, &part, &error));
  assert_int_equal(part->shape[0], 3);
  assert_int_equal(part->strides[0], 8);
  deltos_view_release(&part);
  deltos_view_release(&view);
}

static void count_release(void *user) { ++*(int *)user; }

static void test_subview__of_foreign_memory_keeps_it_until_the_last(void **state) {
  grid g;
  int released = 0;
  deltos_view *view = NULL, *part = NULL;
  (void)state;
  fill_grid(&g);
  ok(deltos_view_wrap(&g.view, count_release, &released, &view, &error));
  ok(deltos_view_window(view, 1, 1, &part, &error));
  deltos_view_release(&view);
  assert_int_equal(released, 0);
  assert_ptr_equal(part->data, g.numbers[1]);
  deltos_view_release(&part);
  assert_int_equal(released, 1);
}

static void test_subview__follows_pointers_to_rows(void **state) {
  grid g;
  void *rows[3];
  const int64_t strides[2] = {sizeof(void *), 4}, suboffsets[2] = {0, -1};
  deltos_view *view = NULL, *turned = NULL;
  (void)state;
  fill_grid(&g);
  for (int i = 0; i < 3; ++i) rows[i] = g.numbers[2 - i];
  g.view.data = rows;
  g.view.strides = strides;
  g.view.suboffsets = suboffsets;
  deltos_slice slices[2] = {at(0), whole()};
  ok(deltos_view_slice(&g.view, slices, 1, &view, &error));
  assert_null(view->suboffsets);
  assert_ptr_equal(view->data, g.numbers[2]);
  deltos_view_release(&view);
  slices[0] = whole();
  slices[1] = between(1, 3, 1);
  ok(deltos_view_slice(&g.view, slices, 2, &view, &error));
  assert_int_equal(view->suboffsets[0], 4);
  const int64_t index[2] = {2, 1};
  int64_t number = 0;
  ok(deltos_view_get_i64(view, index, &number, &error));
  assert_int_equal(number, 2);
  expect(DELTOS_E_LAYOUT, deltos_view_transpose(view, NULL, &turned, &error));
  deltos_view_release(&view);
}

static void test_subview__of_a_malformed_view_is_refused_as_when_wrapping(void **state) {
  grid g;
  deltos_view *view = NULL;
  deltos_view wrong;
  int32_t contiguity = 0;
  (void)state;
  fill_grid(&g);
#define EACH(code)                                                        \
  do {                                                                    \
    expect(code, deltos_view_slice(&wrong, NULL, 0, &view, &error));      \
    expect(code, deltos_view_window(&wrong, 0, 1, &view, &error));        \
    expect(code, deltos_view_transpose(&wrong, NULL, &view, &error));     \
    expect(code, deltos_view_reshape(&wrong, 2, g.shape, &view, &error)); \
    expect(code, deltos_view_cast(&wrong, "i", 0, &view, &error));        \
    expect(code, deltos_view_contiguity(&wrong, &contiguity, &error));    \
  } while (0)
  wrong = g.view;
  wrong.struct_size = 8;
  EACH(DELTOS_E_STRUCT);
  wrong = g.view;
  wrong.format = "(";
  EACH(DELTOS_E_FORMAT);
  wrong = g.view;
  wrong.dtype = 0;
  wrong.format = "P";
  EACH(DELTOS_E_UNSUPPORTED);
  wrong = g.view;
  wrong.ndim = 65;
  EACH(DELTOS_E_LIMIT);
  wrong = g.view;
  wrong.ndim = -1;
  EACH(DELTOS_E_INVALID);
#undef EACH
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_subview__slices_are_those_of_python),
      cmocka_unit_test(test_subview__slices_that_cannot_be_are_refused),
      in_storage(test_subview__windows_walk_a_view_in_chunks),
      cmocka_unit_test(test_subview__transposes_and_reshapes_share_the_memory),
      cmocka_unit_test(test_subview__casts_reinterpret_the_bytes),
      in_storage(test_subview__pins_what_its_parent_pins_in_any_order),
      in_storage(test_subview__outlives_the_storage_that_was_detached),
      in_storage(test_subview__is_as_writable_as_its_parent),
      in_storage(test_subview__of_a_plain_request_has_all_fields),
      cmocka_unit_test(test_subview__of_foreign_memory_keeps_it_until_the_last),
      cmocka_unit_test(test_subview__follows_pointers_to_rows),
      cmocka_unit_test(test_subview__of_a_malformed_view_is_refused_as_when_wrapping),
  };
  return cmocka_run_group_tests_name("subview", tests, NULL, NULL);
}
