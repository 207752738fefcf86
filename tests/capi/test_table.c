/* table.h: rows reached by pointers, from memory of any owner; what a handle shows, and what it refuses while views of
 * it live. */
#include "fixture.h"

static void count_release(void *user) { ++*(int *)user; }

static deltos_table_info stat_table(const deltos_object *table) {
  deltos_table_info info;
  memset(&info, 0xff, sizeof info);
  info.struct_size = sizeof info;
  ok(deltos_table_stat(table, &info, &error));
  return info;
}

static deltos_object *make_table(const char *format, int64_t rows, int64_t columns) {
  deltos_object *table = NULL;
  ok(deltos_table_create(NULL, NULL, format, 0, rows, columns, NULL, &table, &error));
  assert_non_null(table);
  return table;
}

/* A stored table "t" of 3 rows of 4 doubles, element [i][j] being 10 i + j. */
static void store_table(deltos_storage *storage) {
  deltos_transaction *transaction = begin(storage);
  deltos_object *table = NULL;
  deltos_view *pin = NULL;
  void *const *rows = NULL;
  ok(deltos_table_create(transaction, "t", "d", 0, 3, 4, NULL, &table, &error));
  ok(deltos_table_rows(table, 1, &pin, &rows, NULL, &error));
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j) ((double *)rows[i])[j] = 10 * i + j;
  deltos_view_release(&pin);
  deltos_object_release(&table);
  commit(transaction);
}

static void assert_is_stored_table(const deltos_object *table) {
  deltos_view *pin = NULL;
  void *const *rows = NULL;
  ok(deltos_table_rows(table, 0, &pin, &rows, NULL, &error));
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j) assert_true(((double *)rows[i])[j] == 10 * i + j);
  deltos_view_release(&pin);
}

static void test_table__a_table_in_memory_is_an_object_without_a_storage(void **state) {
  deltos_object *table = make_table("if", 2, 3);
  deltos_object_info info = stat_object(table);
  uint64_t offset = 0;
  uint8_t changed = 0;
  (void)state;
  assert_int_equal(info.kind, DELTOS_KIND_TABLE);
  assert_int_equal(info.ndim, 2);
  assert_int_equal(info.shape[0], 2);
  assert_int_equal(info.shape[1], 3);
  assert_int_equal(info.count, 6);
  assert_int_equal(info.itemsize, 8);
  assert_int_equal(info.payload_bytes, 48);
  assert_int_equal(info.stored, 0);
  assert_int_equal(info.current, 1);
  assert_int_equal(info.writable, 1);
  assert_int_equal(info.id, 0);
  assert_string_equal(info.name, "");
  expect(DELTOS_E_UNSUPPORTED, deltos_object_file_offset(table, &offset, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_object_advise(table, DELTOS_ADVICE_NORMAL, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_object_refresh(&table, &changed, &error));
  deltos_object_release(&table);
  assert_null(table);
}

static void test_table__what_it_shows_is_told(void **state) {
  deltos_object *table = make_table("d", 3, 4);
  deltos_table_info info = stat_table(table);
  deltos_view *view = NULL, *writable = NULL, *shared = NULL;
  (void)state;
  assert_int_equal(info.rows, 3);
  assert_int_equal(info.columns, 4);
  assert_int_equal(info.itemsize, 8);
  assert_int_equal(info.dtype, DELTOS_DTYPE_F64);
  assert_string_equal(info.format, "d");
  assert_int_equal(info.exports, 0);
  assert_int_equal(info.readonly + info.ragged + info.stored + info.sealed, 0);
  assert_int_equal(info.reserved, 0);
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL_RO, &view, &error));
  ok(deltos_view_share(view, DELTOS_VIEW_FULL_RO, &shared, &error));
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL, &writable, &error));
  assert_int_equal(stat_table(table).exports, 2);
  deltos_view_release(&view);
  assert_int_equal(stat_table(table).exports, 2);
  deltos_view_release(&shared);
  deltos_view_release(&writable);
  assert_int_equal(stat_table(table).exports, 0);
  expect(DELTOS_E_INVALID, deltos_table_stat(table, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_table_stat(NULL, &info, &error));
  info.struct_size = 4;
  expect(DELTOS_E_STRUCT, deltos_table_stat(table, &info, &error));
  deltos_object_release(&table);
}

static void test_table__only_indirect_requests_are_served(void **state) {
  deltos_object *table = make_table("d", 3, 4);
  deltos_view *view = NULL;
  const int32_t refused[] = {DELTOS_VIEW_SIMPLE,
                             DELTOS_VIEW_ND,
                             DELTOS_VIEW_STRIDES,
                             DELTOS_VIEW_C,
                             DELTOS_VIEW_F,
                             DELTOS_VIEW_ANY,
                             DELTOS_VIEW_INDIRECT | DELTOS_VIEW_C};
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; ++i)
    expect_message(DELTOS_E_LAYOUT, "deltos_table_to_dense", deltos_view_acquire(table, refused[i], &view, &error));
  expect(DELTOS_E_INVALID, deltos_view_acquire(table, 1 << 20, &view, &error));
  assert_int_equal(stat_table(table).exports, 0);
  ok(deltos_view_acquire(table, DELTOS_VIEW_INDIRECT, &view, &error));
  assert_int_equal(view->ndim, 2);
  assert_int_equal(view->shape[0], 3);
  assert_int_equal(view->shape[1], 4);
  assert_int_equal(view->strides[0], sizeof(void *));
  assert_int_equal(view->strides[1], 8);
  assert_int_equal(view->suboffsets[0], 0);
  assert_int_equal(view->suboffsets[1], -1);
  assert_int_equal(view->nbytes, 96);
  assert_int_equal(view->readonly, 1);
  deltos_view_release(&view);
  deltos_object_release(&table);
}

static void test_table__row_pointers_are_those_of_the_view(void **state) {
  deltos_object *table = make_table("i", 3, 2);
  deltos_view *pin = NULL, *view = NULL, *row = NULL;
  void *const *rows = NULL;
  const int64_t *lengths = NULL;
  (void)state;
  ok(deltos_table_rows(table, 1, &pin, &rows, &lengths, &error));
  for (int i = 0; i < 3; ++i) {
    assert_int_equal((uintptr_t)rows[i] % 64, 0);
    assert_int_equal(lengths[i], 2);
    assert_int_equal(((int32_t *)rows[i])[0], 0);
    ((int32_t *)rows[i])[1] = i;
  }
  assert_ptr_equal(pin->data, rows);
  assert_int_equal(pin->readonly, 0);
  deltos_object_release(&table);
  ((int32_t *)rows[2])[0] = 7; /* the pin outlives the handle */
  deltos_view_release(&pin);

  table = make_table("i", 3, 2);
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL, &view, &error));
  ok(deltos_table_row(table, 2, DELTOS_VIEW_FULL, &row, &error));
  assert_ptr_equal(row->data, ((void **)view->data)[2]);
  assert_int_equal(row->ndim, 1);
  assert_int_equal(row->shape[0], 2);
  assert_string_equal(row->format, "i");
  deltos_view_release(&row);
  expect_message(DELTOS_E_RANGE, "3", deltos_table_row(table, 3, DELTOS_VIEW_FULL, &row, &error));
  expect(DELTOS_E_RANGE, deltos_table_row(table, -1, DELTOS_VIEW_FULL, &row, &error));
  expect(DELTOS_E_INVALID, deltos_table_row(table, 0, 1 << 20, &row, &error));
  expect(DELTOS_E_INVALID, deltos_table_row(table, 0, DELTOS_VIEW_FORMAT, &row, &error));
  expect(DELTOS_E_INVALID, deltos_table_row(table, 0, DELTOS_VIEW_FULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_table_rows(table, 2, &pin, &rows, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_table_rows(table, 0, NULL, &rows, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_table_rows(table, 0, &pin, NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_table_rows(NULL, 0, &pin, &rows, NULL, &error));
  assert_int_equal(stat_table(table).exports, 1);
  deltos_view_release(&view);
  deltos_object_release(&table);
}

static void test_table__ragged_rows_have_no_rectangular_view(void **state) {
  const int64_t given[3] = {2, 0, 5};
  deltos_object *table = NULL;
  deltos_view *pin = NULL, *view = NULL;
  void *const *rows = NULL;
  const int64_t *lengths = NULL;
  (void)state;
  ok(deltos_table_create(NULL, NULL, NULL, DELTOS_DTYPE_I16, 3, -1, given, &table, &error));
  assert_int_equal(stat_table(table).columns, -1);
  assert_int_equal(stat_table(table).ragged, 1);
  assert_int_equal(stat_object(table).ndim, 1);
  assert_int_equal(stat_object(table).shape[0], 3);
  assert_int_equal(stat_object(table).payload_bytes, 14);
  expect_message(DELTOS_E_LAYOUT, "lengths of their own",
                 deltos_view_acquire(table, DELTOS_VIEW_FULL_RO, &view, &error));
  expect(DELTOS_E_LAYOUT, deltos_table_to_dense(table, &view, &error));
  ok(deltos_table_rows(table, 1, &pin, &rows, &lengths, &error));
  assert_memory_equal(lengths, given, sizeof given);
  assert_int_equal(pin->ndim, 1);
  assert_int_equal(pin->shape[0], 3);
  assert_string_equal(pin->format, "Q");
  assert_int_equal(pin->readonly, 1);
  ((int16_t *)rows[2])[4] = 9;
  deltos_view_release(&pin);
  ok(deltos_table_row(table, 2, DELTOS_VIEW_SIMPLE, &view, &error));
  assert_int_equal(view->nbytes, 10);
  assert_int_equal(((int16_t *)view->data)[4], 9);
  deltos_view_release(&view);
  ok(deltos_table_reinterpret(table, "B", 0, &error));
  ok(deltos_table_rows(table, 0, &pin, &rows, &lengths, &error));
  assert_int_equal(lengths[2], 10);
  deltos_view_release(&pin);
  deltos_object_release(&table);
}

static void test_table__creation_refuses_what_cannot_be(void **state) {
  world *w = *state;
  const int64_t lengths[2] = {1, -1};
  deltos_object *table = NULL;
  deltos_transaction *transaction = begin(w->storage);
  expect(DELTOS_E_INVALID, deltos_table_create(NULL, NULL, "d", 0, -1, 4, NULL, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_create(NULL, NULL, "d", 0, 3, -1, NULL, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_create(NULL, NULL, "d", 0, 2, 4, lengths, &table, &error));
  expect_message(DELTOS_E_INVALID, "row 1", deltos_table_create(NULL, NULL, "d", 0, 2, -1, lengths, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_create(NULL, "t", "d", 0, 3, 4, NULL, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_create(NULL, NULL, "d", 0, 3, 4, NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_table_create(NULL, NULL, NULL, 99, 3, 4, NULL, &table, &error));
  expect(DELTOS_E_FORMAT, deltos_table_create(NULL, NULL, "yy", 0, 3, 4, NULL, &table, &error));
  expect(DELTOS_E_FORMAT, deltos_table_create(NULL, NULL, "d", DELTOS_DTYPE_I8, 3, 4, NULL, &table, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_table_create(NULL, NULL, "P", 0, 3, 4, NULL, &table, &error));
  expect(DELTOS_E_LIMIT, deltos_table_create(NULL, NULL, "d", 0, INT64_MAX, 4, NULL, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_create(transaction, NULL, "d", 0, 3, 4, NULL, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_create(transaction, "a//b", "d", 0, 3, 4, NULL, &table, &error));
  expect(DELTOS_E_LIMIT, deltos_table_create(transaction, "t", "d", 0, 1, INT64_MAX, NULL, &table, &error));
  ok(deltos_table_create(transaction, "t", "d", 0, 3, 4, NULL, NULL, &error));
  expect(DELTOS_E_EXISTS, deltos_table_create(transaction, "t", "d", 0, 3, 4, NULL, &table, &error));
  assert_null(table);
  deltos_transaction_abort(&transaction);
}

static void test_table__a_wrapped_table_is_the_callers_memory(void **state) {
  int released = 0;
  int32_t first[2] = {1, 2}, second[2] = {3, 4};
  void *pointers[3] = {first, second, NULL};
  const int64_t lengths[3] = {1, 2, 0};
  void *const *rows = NULL;
  deltos_object *table = NULL, *other = NULL;
  deltos_view *pin = NULL;
  (void)state;
  ok(deltos_table_wrap(pointers, 2, 2, NULL, "i", 0, 0, count_release, &released, &table, &error));
  ok(deltos_table_wrap(pointers, 3, -1, lengths, "i", 0, 1, count_release, &released, &other, &error));
  assert_int_equal(stat_table(other).readonly, 1);
  ok(deltos_table_rows(table, 1, &pin, &rows, NULL, &error));
  assert_ptr_equal(rows, pointers);
  deltos_object_release(&table);
  assert_int_equal(released, 0);
  ((int32_t *)rows[1])[1] = 5;
  deltos_view_release(&pin);
  assert_int_equal(released, 1);
  assert_int_equal(second[1], 5);
  deltos_object_release(&other);
  assert_int_equal(released, 2);
}

static void test_table__a_wrap_that_fails_takes_nothing(void **state) {
  int released = 0;
  char byte = 0;
  void *pointers[2] = {&byte, NULL};
  deltos_object *table = NULL;
  (void)state;
#define wrap(rows, count, columns, format, readonly) \
  deltos_table_wrap(rows, count, columns, NULL, format, 0, readonly, count_release, &released, &table, &error)
  expect_message(DELTOS_E_INVALID, "row 1", wrap(pointers, 2, 1, "B", 0));
  expect(DELTOS_E_INVALID, wrap(NULL, 1, 1, "B", 0));
  expect(DELTOS_E_INVALID, wrap(pointers, 1, 1, "B", 2));
  expect(DELTOS_E_INVALID, wrap(pointers, -1, 1, "B", 0));
  expect(DELTOS_E_INVALID, wrap(pointers, 1, -1, "B", 0));
  expect(DELTOS_E_FORMAT, wrap(pointers, 1, 1, "yy", 0));
  expect(DELTOS_E_UNSUPPORTED, wrap(pointers, 1, 1, "O", 0));
  expect(DELTOS_E_LIMIT, wrap(pointers, 2, INT64_MAX, "d", 0));
  expect(DELTOS_E_INVALID, deltos_table_wrap(pointers, 1, 1, NULL, "B", 0, 0, NULL, NULL, NULL, &error));
  assert_null(table);
  assert_int_equal(released, 0);
  ok(wrap(NULL, 0, 5, "B", 0));
  deltos_object_release(&table);
  assert_int_equal(released, 1);
#undef wrap
}

static deltos_view *wrapped(int32_t dtype, int32_t ndim, const int64_t *shape, const int64_t *strides, void *data,
                            uint8_t readonly, int *released) {
  deltos_view layout = layout_of(dtype, ndim, shape, data);
  deltos_view *view = NULL;
  layout.strides = strides;
  layout.readonly = readonly;
  ok(deltos_view_wrap(&layout, count_release, released, &view, &error));
  return view;
}

static void test_table__rows_and_columns_of_a_view(void **state) {
  int released = 0;
  int32_t numbers[6] = {0, 1, 2, 3, 4, 5};
  const int64_t shape[2] = {2, 3}, backwards[2] = {-12, 4}, fortran[2] = {4, 8}, cube[3] = {1, 2, 3};
  deltos_object *table = NULL;
  deltos_view *view = wrapped(DELTOS_DTYPE_I32, 2, shape, backwards, numbers + 3, 0, &released), *pin = NULL;
  deltos_view *again = NULL;
  void *const *rows = NULL;
  (void)state;
  expect_message(DELTOS_E_LAYOUT, "columns", deltos_table_from_view(view, 1, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_from_view(view, 2, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_from_view(NULL, 0, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_from_view(view, 0, NULL, &error));
  ok(deltos_table_from_view(view, 0, &table, &error));
  ok(deltos_view_share(view, DELTOS_VIEW_FULL_RO, &again, &error));
  deltos_view_release(&view);
  ok(deltos_table_rows(table, 1, &pin, &rows, NULL, &error));
  assert_ptr_equal(rows[0], numbers + 3);
  assert_ptr_equal(rows[1], numbers);
  deltos_view_release(&pin);
  deltos_object_release(&table);
  ok(deltos_table_from_view(again, 0, &table, &error)); /* a view that is read-only makes a table that is */
  expect(DELTOS_E_READONLY, deltos_view_acquire(table, DELTOS_VIEW_FULL, &pin, &error));
  deltos_view_release(&again);
  deltos_object_release(&table);

  released = 0;
  view = wrapped(DELTOS_DTYPE_I32, 2, shape, fortran, numbers, 1, &released);
  ok(deltos_table_from_view(view, 1, &table, &error));
  deltos_view_release(&view);
  assert_int_equal(stat_table(table).rows, 3);
  assert_int_equal(stat_table(table).columns, 2);
  assert_int_equal(stat_table(table).readonly, 1);
  assert_int_equal(released, 0);
  deltos_object_release(&table);
  assert_int_equal(released, 1);
  view = wrapped(DELTOS_DTYPE_I32, 3, cube, NULL, numbers, 0, &released);
  expect_message(DELTOS_E_LAYOUT, "3", deltos_table_from_view(view, 0, &table, &error));
  deltos_view_release(&view);
  deltos_view filled = layout_of(DELTOS_DTYPE_I32, 2, shape, numbers);
  expect(DELTOS_E_INVALID, deltos_table_from_view(&filled, 0, &table, &error));
}

static void test_table__a_table_of_a_stored_view_keeps_the_storage(void **state) {
  world *w = *state;
  store_numbers(w->storage, "n", 10);
  deltos_view *view = acquire(w->storage, "n", DELTOS_VIEW_FULL_RO), *row = NULL;
  deltos_object *table = NULL;
  ok(deltos_table_from_view(view, 0, &table, &error));
  deltos_view_release(&view);
  expect_message(DELTOS_E_PINNED, "n", deltos_storage_close(&w->storage, &error));
  ok(deltos_table_row(table, 0, DELTOS_VIEW_FULL_RO, &row, &error));
  deltos_object_release(&table);
  assert_int_equal(((int64_t *)row->data)[9], 9);
  deltos_view_release(&row);
  ok(deltos_storage_close(&w->storage, &error));
}

static void test_table__separate_views_become_rows(void **state) {
  int released = 0;
  uint8_t a[2] = {1, 2}, b[2] = {3, 4}, c[3] = {5, 6, 7};
  float f[2] = {0, 0};
  const int64_t two = 2, three = 3, apart = 2;
  deltos_view *views[4] = {wrapped(DELTOS_DTYPE_U8, 1, &two, NULL, a, 0, &released),
                           wrapped(DELTOS_DTYPE_U8, 1, &two, NULL, b, 1, &released),
                           wrapped(DELTOS_DTYPE_U8, 1, &three, NULL, c, 0, &released),
                           wrapped(DELTOS_DTYPE_F32, 1, &two, NULL, f, 0, &released)};
  deltos_view *strided = wrapped(DELTOS_DTYPE_U8, 1, &two, &apart, c, 0, &released), *view = NULL;
  const deltos_view *given[3] = {views[0], views[1], views[2]};
  deltos_object *table = NULL;
  (void)state;
  expect_message(DELTOS_E_TYPE, "row 2", deltos_table_from_views(given, 3, -1, NULL, 0, &table, &error));
  expect_message(DELTOS_E_TYPE, "row 0", deltos_table_from_views(given, 2, 3, NULL, 0, &table, &error));
  expect_message(DELTOS_E_TYPE, "row 0", deltos_table_from_views(given, 2, 2, "b", 0, &table, &error));
  given[2] = views[3];
  expect_message(DELTOS_E_TYPE, "row 2", deltos_table_from_views(given, 3, -1, NULL, 0, &table, &error));
  given[2] = strided;
  expect_message(DELTOS_E_LAYOUT, "row 2", deltos_table_from_views(given, 3, -1, NULL, 0, &table, &error));
  given[2] = NULL;
  expect_message(DELTOS_E_INVALID, "row 2", deltos_table_from_views(given, 3, -1, NULL, 0, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_from_views(NULL, 3, -1, NULL, 0, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_from_views(given, -1, -1, NULL, 0, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_from_views(given, 2, -2, NULL, 0, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_from_views(given, 2, -1, NULL, 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_table_from_views(NULL, 0, 2, NULL, 0, &table, &error));
  expect(DELTOS_E_INVALID, deltos_table_from_views(NULL, 0, -1, "d", 0, &table, &error));
  expect(DELTOS_E_FORMAT, deltos_table_from_views(given, 2, -1, "yy", 0, &table, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_table_from_views(given, 2, -1, "P", 0, &table, &error));
  expect(DELTOS_E_LIMIT, deltos_table_from_views(given, 2, INT64_MAX, NULL, 0, &table, &error));
  assert_null(table);
  ok(deltos_table_from_views(given, 2, -1, NULL, 0, &table, &error));
  assert_int_equal(stat_table(table).readonly, 1); /* the second row is */
  for (int i = 0; i < 4; ++i) deltos_view_release(&views[i]);
  deltos_view_release(&strided);
  assert_int_equal(released, 3);
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL_RO, &view, &error));
  assert_int_equal((*(uint8_t **)view->data)[1], 2);
  deltos_view_release(&view);
  deltos_object_release(&table);
  assert_int_equal(released, 5);
  ok(deltos_table_from_views(NULL, 0, 2, "d", 0, &table, &error));
  assert_int_equal(stat_table(table).rows, 0);
  assert_int_equal(stat_table(table).columns, 2);
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL, &view, &error));
  assert_int_equal(view->shape[1], 2);
  deltos_view_release(&view);
  deltos_object_release(&table);
}

static void test_table__another_type_of_the_same_bytes(void **state) {
  deltos_object *table = make_table("b", 2, 5);
  deltos_view *view = NULL;
  (void)state;
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL_RO, &view, &error));
  ok(deltos_table_reinterpret(table, "b", 0, &error)); /* nothing to do */
  expect_message(DELTOS_E_PINNED, "1 export", deltos_table_reinterpret(table, "i", 0, &error));
  deltos_view_release(&view);
  ok(deltos_table_reinterpret(table, "i", 0, &error));
  assert_int_equal(stat_table(table).columns, 1);
  assert_string_equal(stat_table(table).format, "i");
  ok(deltos_table_reinterpret(table, NULL, DELTOS_DTYPE_I8, &error));
  assert_int_equal(stat_table(table).columns, 5);
  expect(DELTOS_E_INVALID, deltos_table_reinterpret(table, NULL, 0, &error));
  expect(DELTOS_E_INVALID, deltos_table_reinterpret(table, NULL, 99, &error));
  expect(DELTOS_E_INVALID, deltos_table_reinterpret(NULL, "d", 0, &error));
  expect(DELTOS_E_FORMAT, deltos_table_reinterpret(table, "yy", 0, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_table_reinterpret(table, "P", 0, &error));
  expect(DELTOS_E_LIMIT, deltos_table_reinterpret(table, "9999999999999s", 0, &error));
  assert_int_equal(stat_table(table).columns, 5);
  deltos_object_release(&table);
}

static void test_table__read_only_is_for_good(void **state) {
  deltos_object *table = make_table("b", 2, 5);
  deltos_view *view = NULL, *pin = NULL;
  void *const *rows = NULL;
  (void)state;
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL, &view, &error));
  expect_message(DELTOS_E_PINNED, "1 writable", deltos_table_make_readonly(table, &error));
  assert_int_equal(stat_table(table).readonly, 0);
  deltos_view_release(&view);
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL_RO, &view, &error));
  ok(deltos_table_make_readonly(table, &error));
  ok(deltos_table_make_readonly(table, &error));
  assert_int_equal(stat_table(table).readonly, 1);
  assert_int_equal(stat_object(table).writable, 0);
  deltos_view_release(&view);
  expect(DELTOS_E_READONLY, deltos_view_acquire(table, DELTOS_VIEW_FULL, &view, &error));
  expect(DELTOS_E_READONLY, deltos_table_row(table, 0, DELTOS_VIEW_FULL, &view, &error));
  expect(DELTOS_E_READONLY, deltos_table_rows(table, 1, &pin, &rows, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_table_make_readonly(NULL, &error));
  assert_int_equal(stat_table(table).exports, 0);
  deltos_object_release(&table);
}

static void test_table__copies_go_in_and_out(void **state) {
  double in[6] = {1, 2, 3, 4, 5, 6}, out[6] = {0};
  const int64_t shape[2] = {2, 3}, other[2] = {3, 2}, fortran[2] = {8, 16};
  deltos_object *table = make_table("d", 2, 3);
  deltos_view *view = NULL, *dense = NULL;
  deltos_view source = layout_of(DELTOS_DTYPE_F64, 2, shape, in), target = layout_of(DELTOS_DTYPE_F64, 2, shape, out);
  deltos_view wrong = layout_of(DELTOS_DTYPE_F64, 2, other, in);
  (void)state;
  source.strides = fortran;
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL, &view, &error));
  ok(deltos_view_copy(view, &source, &error));
  ok(deltos_view_copy(&target, view, &error));
  expect(DELTOS_E_TYPE, deltos_view_copy(view, &wrong, &error));
  deltos_view_release(&view);
  ok(deltos_table_to_dense(table, &dense, &error));
  deltos_object_release(&table);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) assert_true(out[i * 3 + j] == in[i + 2 * j]);
  assert_memory_equal(dense->data, out, sizeof out);
  assert_null(dense->suboffsets);
  assert_int_equal(dense->strides[0], 24);
  assert_int_equal(dense->readonly, 0);
  assert_int_equal((uintptr_t)dense->data % 64, 0);
  deltos_view_release(&dense);
}

static void test_table__only_tables_are_tables(void **state) {
  world *w = *state;
  void *const *rows = NULL;
  deltos_table_info info = {0};
  deltos_view *view = NULL;
  deltos_object *table = make_table("d", 1, 1);
  deltos_transaction *transaction;
  store_numbers(w->storage, "n", 10);
  deltos_object *buffer = open_object(w->storage, "n");
  info.struct_size = sizeof info;
  expect(DELTOS_E_KIND, deltos_table_stat(buffer, &info, &error));
  expect(DELTOS_E_KIND, deltos_table_rows(buffer, 0, &view, &rows, NULL, &error));
  expect(DELTOS_E_KIND, deltos_table_row(buffer, 0, DELTOS_VIEW_FULL_RO, &view, &error));
  expect(DELTOS_E_KIND, deltos_table_to_dense(buffer, &view, &error));
  expect(DELTOS_E_KIND, deltos_table_reinterpret(buffer, "d", 0, &error));
  expect(DELTOS_E_KIND, deltos_table_make_readonly(buffer, &error));
  deltos_object_release(&buffer);
  expect(DELTOS_E_KIND, deltos_object_open_newest(w->storage, "n", DELTOS_KIND_TABLE, &buffer, &error));
  expect(DELTOS_E_INVALID, deltos_table_to_dense(NULL, &view, &error));
  expect(DELTOS_E_INVALID, deltos_table_to_dense(table, NULL, &error));
  transaction = begin(w->storage);
  expect(DELTOS_E_UNSUPPORTED, deltos_object_seal(transaction, table, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_object_unseal(transaction, table, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_buffer_replace(transaction, table, NULL, NULL, &error));
  deltos_transaction_abort(&transaction);
  deltos_object_release(&table);
}

static void test_table__a_stored_table_comes_back(void **state) {
  world *w = *state;
  deltos_object *table = NULL;
  deltos_view *view = NULL, *row = NULL;
  store_table(w->storage);
  ok(deltos_storage_close(&w->storage, &error));
  w->storage = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  ok(deltos_object_open_newest(w->storage, "t", DELTOS_KIND_TABLE, &table, &error));
  assert_is_stored_table(table);
  assert_int_equal(stat_table(table).stored, 1);
  assert_int_equal(stat_object(table).kind, DELTOS_KIND_TABLE);
  assert_int_equal(stat_object(table).count, 12);
  assert_true(stat_object(table).payload_bytes >= 96);
  expect(DELTOS_E_READONLY, deltos_view_acquire(table, DELTOS_VIEW_FULL, &view, &error));
  expect(DELTOS_E_READONLY, deltos_table_row(table, 0, DELTOS_VIEW_FULL, &view, &error));
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL_RO, &view, &error));
  expect(DELTOS_E_PINNED, deltos_storage_close(&w->storage, &error));
  ok(deltos_table_row(table, 1, DELTOS_VIEW_FULL_RO, &row, &error));
  assert_ptr_equal(row->data, ((void **)view->data)[1]);
  deltos_view_release(&view);
  deltos_view_release(&row);
  ok(deltos_storage_close(&w->storage, &error));
  expect(DELTOS_E_CLOSED, deltos_view_acquire(table, DELTOS_VIEW_FULL_RO, &view, &error));
  assert_int_equal(stat_table(table).rows, 3);
  deltos_object_release(&table);
}

static void test_table__what_a_handle_shows_is_not_stored(void **state) {
  world *w = *state;
  deltos_view *view = NULL;
  store_table(w->storage);
  deltos_object *table = open_object(w->storage, "t"), *other = open_object(w->storage, "t");
  ok(deltos_table_reinterpret(table, "f", 0, &error));
  ok(deltos_table_make_readonly(table, &error));
  assert_int_equal(stat_table(table).columns, 8);
  assert_int_equal(stat_object(table).writable, 0);
  assert_string_equal(stat_object(table).format, "d");
  expect(DELTOS_E_READONLY, deltos_view_acquire(table, DELTOS_VIEW_FULL, &view, &error));
  assert_int_equal(stat_table(other).columns, 4);
  ok(deltos_view_acquire(other, DELTOS_VIEW_FULL, &view, &error));
  deltos_view_release(&view);
  deltos_object_release(&table);
  deltos_object_release(&other);
}

static void test_table__sealing_unsealing_and_deleting(void **state) {
  world *w = *state;
  deltos_view *view = NULL, *old = NULL;
  store_table(w->storage);
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *table = open_object(w->storage, "t");
  ok(deltos_object_seal(transaction, table, &error));
  commit(transaction);
  assert_is_stored_table(table);
  assert_int_equal(stat_table(table).sealed, 1);
  expect(DELTOS_E_SEALED, deltos_view_acquire(table, DELTOS_VIEW_FULL, &view, &error));
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL_RO, &old, &error));
  assert_int_equal(old->sealed, 1);
  transaction = begin(w->storage);
  ok(deltos_object_unseal(transaction, table, &error));
  assert_is_stored_table(table);
  ok(deltos_view_acquire(table, DELTOS_VIEW_FULL, &view, &error));
  assert_ptr_not_equal(*(void **)view->data, *(void **)old->data);
  deltos_view_release(&view);
  commit(transaction);
  transaction = begin(w->storage);
  ok(deltos_transaction_delete(transaction, "t", &error));
  commit(transaction);
  expect(DELTOS_E_STALE, deltos_view_acquire(table, DELTOS_VIEW_FULL_RO, &view, &error));
  assert_true((*(double **)old->data)[3] == 3);
  deltos_view_release(&old);
  deltos_object_release(&table);
}

static void test_table__replacing_by_name_metadata_and_copies(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  deltos_metadatum item = {0};
  uint8_t changed = 0;
  store_table(w->storage);
  deltos_object *table = open_object(w->storage, "t"), *old = NULL;
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  deltos_transaction *transaction = begin(w->storage);
  item.key = "unit";
  item.format = "u8";
  item.data = "K";
  item.size = 1;
  ok(deltos_table_create(transaction, "new", "i", 0, 1, 1, NULL, NULL, &error));
  ok(deltos_metadata_set(transaction, "new", &item, &error));
  ok(deltos_transaction_rename(transaction, "new", "t", 1, &error));
  commit(transaction);
  ok(deltos_object_open(snapshot, "t", DELTOS_KIND_TABLE, &old, &error));
  assert_is_stored_table(old);
  deltos_object_release(&old);
  ok(deltos_object_refresh(&table, &changed, &error));
  assert_int_equal(changed, 1);
  assert_int_equal(stat_table(table).rows, 1);
  deltos_snapshot_release(&snapshot);
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  ok(deltos_metadata_get(snapshot, "t", "unit", &item, &error));
  assert_int_equal(item.size, 1);
  ok(deltos_snapshot_copy_to(snapshot, w->other, NULL, &error));
  deltos_snapshot_release(&snapshot);
  deltos_object_release(&table);
  deltos_storage *copy = open_mode(w->other, DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
  table = open_object(copy, "t");
  assert_string_equal(stat_table(table).format, "i");
  deltos_object_release(&table);
  ok(deltos_storage_close(&copy, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_table__a_table_in_memory_is_an_object_without_a_storage),
      cmocka_unit_test(test_table__what_it_shows_is_told),
      cmocka_unit_test(test_table__only_indirect_requests_are_served),
      cmocka_unit_test(test_table__row_pointers_are_those_of_the_view),
      cmocka_unit_test(test_table__ragged_rows_have_no_rectangular_view),
      in_storage(test_table__creation_refuses_what_cannot_be),
      cmocka_unit_test(test_table__a_wrapped_table_is_the_callers_memory),
      cmocka_unit_test(test_table__a_wrap_that_fails_takes_nothing),
      cmocka_unit_test(test_table__rows_and_columns_of_a_view),
      in_storage(test_table__a_table_of_a_stored_view_keeps_the_storage),
      cmocka_unit_test(test_table__separate_views_become_rows),
      cmocka_unit_test(test_table__another_type_of_the_same_bytes),
      cmocka_unit_test(test_table__read_only_is_for_good),
      cmocka_unit_test(test_table__copies_go_in_and_out),
      in_storage(test_table__only_tables_are_tables),
      in_storage(test_table__a_stored_table_comes_back),
      in_storage(test_table__what_a_handle_shows_is_not_stored),
      in_storage(test_table__sealing_unsealing_and_deleting),
      in_storage(test_table__replacing_by_name_metadata_and_copies),
  };
  return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
