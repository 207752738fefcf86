/* Memory that is shown as Arrow: types, data, what is copied and who keeps it. */
#include "fixture.h"

static struct ArrowSchema type;
static struct ArrowArray column;

static deltos_view *wrapped(const void *data, const char *format, int32_t dtype, int32_t ndim, const int64_t *shape,
                            const int64_t *strides) {
  deltos_view layout, *view = NULL;
  memset(&layout, 0, sizeof layout);
  layout.struct_size = sizeof layout;
  layout.data = (void *)(uintptr_t)data;
  layout.format = format;
  layout.dtype = dtype;
  layout.ndim = ndim;
  layout.shape = shape;
  layout.strides = strides;
  layout.readonly = 1;
  ok(deltos_view_wrap(&layout, NULL, NULL, &view, &error));
  return view;
}

static void release(void) {
  type.release(&type);
  column.release(&column);
  assert_null((void *)(uintptr_t)type.release);
  assert_null((void *)(uintptr_t)column.release);
}

/* Shows memory of one dimension; the view is released before anybody looks. */
static void show(const void *data, const char *format, int32_t dtype, int64_t count) {
  deltos_view *view = wrapped(data, format, dtype, 1, &count, NULL);
  ok(deltos_view_to_arrow(view, &type, &column, &error));
  deltos_view_release(&view);
  assert_int_equal(column.length, count);
  assert_int_equal(column.null_count, 0);
}

static void test_arrow__numbers_are_shown_where_they_lie(void **state) {
  static const struct {
    int32_t dtype;
    const char *format;
  } known[] = {{DELTOS_DTYPE_I8, "c"},        {DELTOS_DTYPE_I16, "s"}, {DELTOS_DTYPE_I32, "i"},
               {DELTOS_DTYPE_I64, "l"},       {DELTOS_DTYPE_U8, "C"},  {DELTOS_DTYPE_U16, "S"},
               {DELTOS_DTYPE_U32, "I"},       {DELTOS_DTYPE_U64, "L"}, {DELTOS_DTYPE_F16, "e"},
               {DELTOS_DTYPE_F32, "f"},       {DELTOS_DTYPE_F64, "g"}, {DELTOS_DTYPE_BF16, "w:2"},
               {DELTOS_DTYPE_F8_E4M3, "w:1"}, {DELTOS_DTYPE_BOOL, "c"}};
  static const uint64_t memory[4] = {1, 0, 1, 0};
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
    show(memory, NULL, known[i].dtype, 3);
    assert_string_equal(type.format, known[i].format);
    assert_int_equal(column.n_buffers, 2);
    assert_null(column.buffers[0]);
    assert_ptr_equal(column.buffers[1], memory);
    assert_int_equal(type.flags & ARROW_FLAG_NULLABLE, 0);
    release();
  }
}

static void test_arrow__truths_say_that_they_are_bytes(void **state) {
  static const uint8_t truths[2] = {1, 0};
  static const char expected[] =
      "\2\0\0\0\24\0\0\0ARROW:extension:name\13\0\0\0arrow.bool8"
      "\30\0\0\0ARROW:extension:metadata\0\0\0\0";
  (void)state;
  show(truths, "?", 0, 2);
  assert_memory_equal(type.metadata, expected, sizeof expected - 1);
  release();
}

static void test_arrow__complex_numbers_are_pairs(void **state) {
  static const double numbers[4] = {1, 2, 3, 4};
  (void)state;
  show(numbers, "Zd", 0, 2);
  assert_string_equal(type.format, "+w:2");
  assert_int_equal(type.n_children, 1);
  assert_string_equal(type.children[0]->format, "g");
  assert_int_equal(column.children[0]->length, 4);
  assert_ptr_equal(column.children[0]->buffers[1], numbers);
  release();
}

static void test_arrow__more_dimensions_are_a_tensor(void **state) {
  static const int32_t numbers[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  static const int64_t shape[3] = {2, 3, 2};
  static const char expected[] =
      "\2\0\0\0\24\0\0\0ARROW:extension:name\30\0\0\0arrow.fixed_shape_tensor"
      "\30\0\0\0ARROW:extension:metadata\17\0\0\0{\"shape\":[3,2]}";
  deltos_view *view = wrapped(numbers, "i", 0, 3, shape, NULL);
  (void)state;
  ok(deltos_view_to_arrow(view, &type, &column, &error));
  deltos_view_release(&view);
  assert_string_equal(type.format, "+w:6");
  assert_memory_equal(type.metadata, expected, sizeof expected - 1);
  assert_int_equal(column.length, 2);
  assert_int_equal(column.children[0]->length, 12);
  assert_ptr_equal(column.children[0]->buffers[1], numbers);
  release();
}

static void test_arrow__strided_elements_are_copied(void **state) {
  static const int16_t numbers[6] = {1, 2, 3, 4, 5, 6};
  static const int64_t shape[1] = {3}, strides[1] = {-4};
  static const int16_t expected[3] = {6, 4, 2};
  deltos_view *view = wrapped(&numbers[5], "h", 0, 1, shape, strides);
  (void)state;
  ok(deltos_view_to_arrow(view, &type, &column, &error));
  deltos_view_release(&view);
  assert_memory_equal(column.buffers[1], expected, sizeof expected);
  assert_int_equal((uintptr_t)column.buffers[1] % 64, 0);
  release();
}

static void test_arrow__structures_are_columns_of_their_fields(void **state) {
  static const struct {
    int32_t id;
    float at[2];
  } rows[2] = {{7, {1, 2}}, {8, {3, 4}}};
  (void)state;
  show(rows, "T{i:id:(2)f:at:}", 0, 2);
  assert_string_equal(type.format, "+s");
  assert_int_equal(type.n_children, 2);
  assert_string_equal(type.children[0]->name, "id");
  assert_string_equal(type.children[1]->name, "at");
  assert_string_equal(type.children[1]->format, "+w:2");
  assert_int_equal(((const int32_t *)column.children[0]->buffers[1])[1], 8);
  assert_true(((const float *)column.children[1]->children[0]->buffers[1])[3] == 4);
  release();
}

static void test_arrow__a_child_can_be_moved_out(void **state) {
  static const struct {
    int32_t id;
    int32_t size;
  } rows[2] = {{7, 1}, {8, 2}};
  (void)state;
  show(rows, "T{i:id:i:size:}", 0, 2);
  struct ArrowArray moved = *column.children[1];
  column.children[1]->release = NULL;
  release();
  assert_int_equal(((const int32_t *)moved.buffers[1])[1], 2);
  moved.release(&moved);
}

static void test_arrow__what_arrow_lacks_is_refused_and_named(void **state) {
  static const char *formats[] = {"3w", ">d", "T{di}"};
  static const char *words[] = {"3w", ">d", "no name"};
  static const char memory[64];
  const int64_t one = 1;
  (void)state;
  for (size_t i = 0; i < sizeof formats / sizeof *formats; ++i) {
    deltos_view *view = wrapped(memory, formats[i], 0, 1, &one, NULL);
    memset(&type, 0xff, sizeof type);
    memset(&column, 0xff, sizeof column);
    expect_message(DELTOS_E_UNSUPPORTED, words[i], deltos_view_to_arrow(view, &type, &column, &error));
    assert_null((void *)(uintptr_t)type.release);
    assert_null((void *)(uintptr_t)column.release);
    deltos_view_release(&view);
  }
  expect(DELTOS_E_INVALID, deltos_view_to_arrow(NULL, &type, &column, &error));
}

static void test_arrow__a_column_counts_as_a_view(void **state) {
  world *w = *state;
  const int64_t shape[1] = {4};
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_buffer_create_zeroed(transaction, "b", "d", 0, 1, shape, &object, &error));
  commit(transaction);
  ok(deltos_view_acquire(object, DELTOS_VIEW_FULL, &view, &error));
  ((double *)view->data)[3] = 5;
  ok(deltos_view_to_arrow(view, &type, &column, &error));
  assert_ptr_equal(column.buffers[1], view->data);
  deltos_view_release(&view);
  deltos_object_release(&object);
  expect(DELTOS_E_PINNED, deltos_storage_close(&w->storage, &error));
  assert_true(((const double *)column.buffers[1])[3] == 5);
  release();
  ok(deltos_storage_close(&w->storage, &error));
}

/* Three rows of a number and a text, stored under a name. */
static deltos_object *store_trees(deltos_transaction *transaction, const char *name, int32_t layout) {
  static const double heights[3] = {1.5, 2.5, 3.5};
  static const deltos_bytes names[3] = {{"oak", 3}, {"elm", 3}, {"ash", 3}};
  static const uint8_t no_name[3] = {DELTOS_PRESENT, DELTOS_NULL, DELTOS_PRESENT};
  const uint8_t *presence[2] = {NULL, no_name};
  deltos_record_table_options options;
  deltos_slot slots[2];
  deltos_column columns[2];
  deltos_schema *schema = NULL;
  deltos_builder *builder = NULL;
  deltos_object *table = NULL;
  memset(slots, 0, sizeof slots);
  memset(columns, 0, sizeof columns);
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.layout = layout;
  slots[0].name = "height";
  slots[0].format = "d";
  slots[1].name = "name";
  slots[1].type = DELTOS_TYPE_UTF8;
  slots[1].flags = DELTOS_SLOT_NULLABLE;
  columns[0].count = columns[1].count = 3;
  columns[0].data = heights;
  columns[0].item_size = sizeof(double);
  columns[1].layout = DELTOS_COLUMN_SLICES;
  columns[1].data = names;
  ok(deltos_schema_make("tree", slots, 2, NULL, &schema, &error));
  ok(deltos_record_table_begin(transaction, name, schema, &options, &builder, &error));
  ok(deltos_record_table_add(builder, columns, presence, 2, 3, &error));
  ok(deltos_record_table_finish(builder, &table, &error));
  deltos_builder_release(&builder);
  deltos_schema_release(&schema);
  return table;
}

static void test_arrow__columns_of_a_record_table_are_shown_where_they_lie(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *table = store_trees(transaction, "trees", DELTOS_LAYOUT_COLUMNS);
  deltos_view *heights = NULL, *offsets = NULL, *names = NULL;
  commit(transaction);
  ok(deltos_record_table_column(table, 0, DELTOS_VIEW_FULL_RO, &heights, NULL, &error));
  ok(deltos_record_table_column(table, 1, DELTOS_VIEW_FULL_RO, &names, &offsets, &error));
  ok(deltos_object_to_arrow(table, &type, &column, &error));
  assert_string_equal(type.format, "+s");
  assert_string_equal(type.children[1]->format, "U");
  assert_int_equal(type.children[1]->flags, ARROW_FLAG_NULLABLE);
  assert_ptr_equal(column.children[0]->buffers[1], heights->data);
  assert_ptr_equal(column.children[1]->buffers[1], offsets->data);
  assert_ptr_equal(column.children[1]->buffers[2], names->data);
  assert_int_equal(column.children[1]->null_count, 1);
  deltos_view_release(&heights);
  deltos_view_release(&names);
  deltos_view_release(&offsets);
  deltos_object_release(&table);
  expect(DELTOS_E_PINNED, deltos_storage_close(&w->storage, &error));
  release();
  ok(deltos_storage_close(&w->storage, &error));
}

static void test_arrow__a_record_table_is_built_from_the_stream_of_another(void **state) {
  world *w = *state;
  static const int32_t layouts[2] = {DELTOS_LAYOUT_ROWS, DELTOS_LAYOUT_COLUMNS};
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *table = store_trees(transaction, "trees", DELTOS_LAYOUT_ROWS);
  for (int i = 0; i < 2; ++i) {
    deltos_record_table_options options;
    struct ArrowArrayStream stream;
    deltos_builder *builder = NULL;
    deltos_object *copy = NULL;
    deltos_item item;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.layout = layouts[i];
    ok(deltos_record_table_to_arrow_stream(table, &stream, &error));
    ok(deltos_record_table_from_arrow(transaction, i == 0 ? "a" : "b", &stream, &options, &builder, &error));
    stream.release(&stream);
    ok(deltos_record_table_finish(builder, &copy, &error));
    deltos_builder_release(&builder);
    ok(deltos_record_table_read(copy, 2, 0, &item, &error));
    assert_true(item.f64 == 3.5);
    ok(deltos_record_table_read(copy, 1, 1, &item, &error));
    assert_int_equal(item.kind, DELTOS_VALUE_NULL);
    ok(deltos_record_table_read(copy, 2, 1, &item, &error));
    assert_memory_equal(item.data, "ash", 3);
    deltos_object_release(&copy);
  }
  deltos_object_release(&table);
  commit(transaction);
}

static void test_arrow__a_refused_stream_leaves_no_builder(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *table = store_trees(transaction, "trees", DELTOS_LAYOUT_ROWS);
  struct ArrowArrayStream stream;
  deltos_builder *builder = NULL;
  ok(deltos_record_table_to_arrow_stream(table, &stream, &error));
  expect(DELTOS_E_EXISTS, deltos_record_table_from_arrow(transaction, "trees", &stream, NULL, &builder, &error));
  assert_null(builder);
  stream.release(&stream);
  expect(DELTOS_E_INVALID, deltos_record_table_from_arrow(transaction, "new", &stream, NULL, &builder, &error));
  expect(DELTOS_E_INVALID, deltos_record_table_from_arrow(transaction, "new", NULL, NULL, &builder, &error));
  expect(DELTOS_E_INVALID, deltos_record_table_to_arrow_stream(NULL, &stream, &error));
  deltos_object_release(&table);
  deltos_transaction_abort(&transaction);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_arrow__numbers_are_shown_where_they_lie),
      cmocka_unit_test(test_arrow__truths_say_that_they_are_bytes),
      cmocka_unit_test(test_arrow__complex_numbers_are_pairs),
      cmocka_unit_test(test_arrow__more_dimensions_are_a_tensor),
      cmocka_unit_test(test_arrow__strided_elements_are_copied),
      cmocka_unit_test(test_arrow__structures_are_columns_of_their_fields),
      cmocka_unit_test(test_arrow__a_child_can_be_moved_out),
      cmocka_unit_test(test_arrow__what_arrow_lacks_is_refused_and_named),
      in_storage(test_arrow__a_column_counts_as_a_view),
      in_storage(test_arrow__columns_of_a_record_table_are_shown_where_they_lie),
      in_storage(test_arrow__a_record_table_is_built_from_the_stream_of_another),
      in_storage(test_arrow__a_refused_stream_leaves_no_builder),
  };
  return cmocka_run_group_tests_name("arrow", tests, NULL, NULL);
}
