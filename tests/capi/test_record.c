/* record.h: schemas, and tables built from columns and read where they lie, in a storage and in memory. */
#include "fixture.h"

/* A row, as C lays it out: id, height (may be null), name, born, place {x, y} (may be unset). */
typedef struct tree_row {
  int64_t id;
  double height;
  uint64_t name[2];
  int32_t born;
  struct {
    float x, y;
  } place;
  uint8_t presence;
} tree_row;

enum { SLOT_ID, SLOT_HEIGHT, SLOT_NAME, SLOT_BORN, SLOT_PLACE, SLOT_X, SLOT_Y, SLOT_COUNT };

static deltos_slot make_slot(const char *name, int32_t type, const char *format, uint32_t flags) {
  deltos_slot slot;
  memset(&slot, 0, sizeof slot);
  slot.name = name;
  slot.type = type;
  slot.format = format;
  slot.flags = flags;
  return slot;
}

static deltos_schema *make_schema(const char *name, const deltos_slot *slots, uint64_t count) {
  deltos_schema *schema = NULL;
  ok(deltos_schema_make(name, slots, count, NULL, &schema, &error));
  assert_non_null(schema);
  return schema;
}

static deltos_schema *tree_schema(uint32_t flags_of_id) {
  const deltos_slot point[2] = {make_slot("x", DELTOS_TYPE_FIXED, "f", 0), make_slot("y", DELTOS_TYPE_FIXED, "f", 0)};
  deltos_slot slots[5] = {make_slot("id", DELTOS_TYPE_FIXED, "q", flags_of_id),
                          make_slot("height", DELTOS_TYPE_FIXED, "d", DELTOS_SLOT_NULLABLE),
                          make_slot("name", DELTOS_TYPE_UTF8, NULL, 0), make_slot("born", DELTOS_TYPE_DATE, NULL, 0),
                          make_slot("place", DELTOS_TYPE_RECORD, NULL, DELTOS_SLOT_OPTIONAL)};
  deltos_schema *place = make_schema("point", point, 2), *tree;
  slots[4].schema = place;
  tree = make_schema("tree", slots, 5);
  deltos_schema_release(&place);
  return tree;
}

static const int64_t ids[3] = {10, 20, 30};
static const double heights[3] = {1.5, 99, 3.5};
static const deltos_bytes names[3] = {{"oak", 3}, {"", 0}, {"ash", 3}};
static const int32_t born[3] = {-1, 0, 1};
static const float points[6] = {1, 2, 3, 4, 5, 6};

static deltos_status add_trees(deltos_builder *builder) {
  static const uint8_t height_of[3] = {DELTOS_PRESENT, DELTOS_NULL, DELTOS_PRESENT};
  static const uint8_t place_of[3] = {DELTOS_PRESENT, DELTOS_PRESENT, DELTOS_UNSET};
  const uint8_t *const presence[SLOT_COUNT] = {NULL, height_of, NULL, NULL, place_of, NULL, NULL};
  deltos_column columns[SLOT_COUNT];
  memset(columns, 0, sizeof columns);
  columns[SLOT_ID] = items(ids, 3, 8);
  columns[SLOT_HEIGHT] = items(heights, 3, 8);
  columns[SLOT_NAME] = items(names, 3, 0);
  columns[SLOT_NAME].layout = DELTOS_COLUMN_SLICES;
  columns[SLOT_BORN] = items(born, 3, 4);
  columns[SLOT_X] = items(points, 3, 4);
  columns[SLOT_Y] = items(points + 1, 3, 4);
  columns[SLOT_X].stride = columns[SLOT_Y].stride = 8;
  columns[SLOT_X].dtype = DELTOS_DTYPE_F32;
  return deltos_record_table_add(builder, columns, presence, SLOT_COUNT, 3, &error);
}

static deltos_builder *begin_trees(deltos_transaction *transaction, const char *name, int32_t layout, uint32_t flags) {
  deltos_record_table_options options;
  deltos_builder *builder = NULL;
  deltos_schema *schema = tree_schema(flags);
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.layout = layout;
  ok(deltos_record_table_begin(transaction, name, schema, &options, &builder, &error));
  deltos_schema_release(&schema);
  return builder;
}

static deltos_object *store_trees(deltos_storage *storage, const char *name, int32_t layout, uint32_t flags) {
  deltos_transaction *transaction = begin(storage);
  deltos_builder *builder = begin_trees(transaction, name, layout, flags);
  deltos_object *table = NULL;
  ok(add_trees(builder));
  ok(deltos_record_table_finish(builder, &table, &error));
  expect(DELTOS_E_INVALID, deltos_record_table_finish(builder, NULL, &error));
  deltos_builder_release(&builder);
  commit(transaction);
  return table;
}

static deltos_item read_cell(const deltos_object *table, uint64_t row, uint64_t slot) {
  deltos_item item;
  ok(deltos_record_table_read(table, row, slot, &item, &error));
  return item;
}

static void assert_are_trees(const deltos_object *table) {
  assert_int_equal(read_cell(table, 2, SLOT_ID).kind, DELTOS_VALUE_INT);
  assert_int_equal(read_cell(table, 2, SLOT_ID).i64, 30);
  assert_true(read_cell(table, 0, SLOT_HEIGHT).f64 == 1.5);
  assert_int_equal(read_cell(table, 1, SLOT_HEIGHT).kind, DELTOS_VALUE_NULL);
  assert_int_equal(read_cell(table, 0, SLOT_NAME).kind, DELTOS_VALUE_UTF8);
  assert_int_equal(read_cell(table, 0, SLOT_NAME).count, 3);
  assert_memory_equal(read_cell(table, 0, SLOT_NAME).data, "oak", 3);
  assert_int_equal(read_cell(table, 1, SLOT_NAME).count, 0);
  assert_int_equal(read_cell(table, 0, SLOT_BORN).kind, DELTOS_VALUE_DATE);
  assert_int_equal(read_cell(table, 0, SLOT_BORN).i64, -1);
  assert_int_equal(read_cell(table, 0, SLOT_PLACE).kind, DELTOS_VALUE_RECORD);
  assert_int_equal(read_cell(table, 2, SLOT_PLACE).kind, DELTOS_VALUE_END);
  assert_true(read_cell(table, 1, SLOT_Y).f64 == 4);
  assert_int_equal(read_cell(table, 2, SLOT_Y).kind, DELTOS_VALUE_END);
  ok(deltos_record_table_verify(table, NULL, NULL, &error));
}

static void test_record__a_table_in_a_storage_comes_back_sealed(void **state) {
  world *w = *state;
  for (int32_t layout = DELTOS_LAYOUT_ROWS; layout <= DELTOS_LAYOUT_COLUMNS; ++layout) {
    const char *const name = layout == DELTOS_LAYOUT_ROWS ? "rows" : "columns";
    deltos_object *table = store_trees(w->storage, name, layout, 0);
    deltos_object_info info;
    deltos_record_table_info facts;
    memset(&info, 0, sizeof info);
    memset(&facts, 0, sizeof facts);
    info.struct_size = sizeof info;
    facts.struct_size = sizeof facts;
    assert_are_trees(table);
    deltos_object_release(&table);
    ok(deltos_object_open_newest(w->storage, name, DELTOS_KIND_RECORD_TABLE, &table, &error));
    assert_are_trees(table);
    ok(deltos_object_stat(table, &info, &error));
    assert_int_equal(info.kind, DELTOS_KIND_RECORD_TABLE);
    assert_int_equal(info.sealed, 1);
    ok(deltos_record_table_stat(table, &facts, &error));
    assert_int_equal(facts.layout, layout);
    assert_int_equal(facts.rows, 3);
    assert_int_equal(facts.slots, SLOT_COUNT);
    assert_int_equal(facts.row_bytes, sizeof(tree_row));
    assert_int_equal(facts.image_bytes, info.payload_bytes);
    assert_int_equal(facts.sealed, 1);
    assert_int_equal(facts.writable, 0);
    deltos_object_release(&table);
  }
}

static void test_record__rows_are_structs_of_c(void **state) {
  world *w = *state;
  deltos_object *table = store_trees(w->storage, "rows", DELTOS_LAYOUT_ROWS, 0);
  deltos_view *view = NULL, *heap = NULL;
  ok(deltos_record_table_rows(table, DELTOS_VIEW_FULL_RO, &view, &error));
  ok(deltos_record_table_heap(table, DELTOS_VIEW_SIMPLE, &heap, &error));
  deltos_object_release(&table);
  assert_int_equal(view->itemsize, sizeof(tree_row));
  assert_int_equal(view->shape[0], 3);
  assert_string_equal(view->format, "T{q:id:d:height:T{Q:place:Q:bytes:}:name:i:born:T{f:x:f:y:}:place:4x}");
  const tree_row *const rows = view->data;
  assert_int_equal(rows[1].id, 20);
  assert_true(rows[1].height == 0 && rows[2].height == 3.5);
  assert_memory_equal((const char *)heap->data + rows[2].name[0], "ash", 3);
  assert_int_equal(rows[2].name[1], 3);
  assert_true(rows[1].place.x == 3 && rows[2].place.x == 0);
  assert_int_equal(rows[0].presence, 3);
  assert_int_equal(rows[1].presence, 2);
  assert_int_equal(rows[2].presence, 1);
  expect(DELTOS_E_PINNED, deltos_storage_close(&w->storage, &error));
  deltos_view_release(&view);
  deltos_view_release(&heap);
}

static void test_record__slots_of_all_rows_are_views(void **state) {
  world *w = *state;
  for (int32_t layout = DELTOS_LAYOUT_ROWS; layout <= DELTOS_LAYOUT_COLUMNS; ++layout) {
    const int in_rows = layout == DELTOS_LAYOUT_ROWS;
    deltos_object *table = store_trees(w->storage, in_rows ? "rows" : "columns", layout, 0);
    deltos_view *view = NULL, *offsets = NULL;
    ok(deltos_record_table_column(table, SLOT_HEIGHT, DELTOS_VIEW_FULL_RO, &view, &offsets, &error));
    assert_null(offsets);
    assert_string_equal(view->format, "d");
    assert_int_equal(view->strides[0], in_rows ? (int64_t)sizeof(tree_row) : 8);
    assert_true(*(const double *)((const char *)view->data + 2 * view->strides[0]) == 3.5);
    assert_int_equal(view->sealed, 1);
    deltos_view_release(&view);
    expect(DELTOS_E_READONLY, deltos_record_table_column(table, SLOT_ID, DELTOS_VIEW_FULL, &view, NULL, &error));
    expect(DELTOS_E_RANGE, deltos_record_table_column(table, 7, DELTOS_VIEW_FULL_RO, &view, NULL, &error));
    if (in_rows) {
      expect(DELTOS_E_LAYOUT,
             deltos_record_table_column(table, SLOT_NAME, DELTOS_VIEW_FULL_RO, &view, &offsets, &error));
      expect(DELTOS_E_LAYOUT, deltos_record_table_column(table, SLOT_ID, DELTOS_VIEW_ND, &view, NULL, &error));
      ok(deltos_record_table_column(table, SLOT_PLACE, DELTOS_VIEW_FULL_RO, &view, NULL, &error));
      assert_string_equal(view->format, "T{f:x:f:y:}");
      deltos_view_release(&view);
    } else {
      ok(deltos_record_table_column(table, SLOT_NAME, DELTOS_VIEW_SIMPLE, &view, &offsets, &error));
      assert_int_equal(view->nbytes, 6);
      assert_memory_equal(view->data, "oakash", 6);
      assert_int_equal(offsets->shape[0], 4);
      assert_int_equal(((const int64_t *)offsets->data)[2], 3);
      assert_int_equal((uintptr_t)offsets->data % 64, 0);
      deltos_view_release(&view);
      deltos_view_release(&offsets);
      expect(DELTOS_E_LAYOUT, deltos_record_table_column(table, SLOT_PLACE, DELTOS_VIEW_FULL_RO, &view, NULL, &error));
      expect(DELTOS_E_LAYOUT, deltos_record_table_rows(table, DELTOS_VIEW_FULL_RO, &view, &error));
      expect(DELTOS_E_LAYOUT, deltos_record_table_heap(table, DELTOS_VIEW_FULL_RO, &view, &error));
    }
    deltos_object_release(&table);
  }
}

static void test_record__presence_is_told_by_bits(void **state) {
  world *w = *state;
  for (int32_t layout = DELTOS_LAYOUT_ROWS; layout <= DELTOS_LAYOUT_COLUMNS; ++layout) {
    const int in_rows = layout == DELTOS_LAYOUT_ROWS;
    deltos_object *table = store_trees(w->storage, in_rows ? "rows" : "columns", layout, 0);
    deltos_view *view = NULL;
    ok(deltos_record_table_presence(table, SLOT_HEIGHT, DELTOS_PRESENCE_VALID, DELTOS_VIEW_FULL_RO, &view, &error));
    if (in_rows) {
      assert_int_equal(view->shape[0], 3);
      assert_int_equal(((const uint8_t *)view->data)[view->strides[0]] & 1, 0);
    } else {
      assert_int_equal(view->shape[0], 1);
      assert_int_equal(*(const uint8_t *)view->data, 5);
    }
    deltos_view_release(&view);
    ok(deltos_record_table_presence(table, SLOT_HEIGHT, DELTOS_PRESENCE_NULL, DELTOS_VIEW_FULL_RO, &view, &error));
    assert_null(view);
    ok(deltos_record_table_presence(table, SLOT_ID, DELTOS_PRESENCE_VALID, DELTOS_VIEW_FULL_RO, &view, &error));
    assert_null(view);
    expect(DELTOS_E_INVALID, deltos_record_table_presence(table, 1, 2, DELTOS_VIEW_FULL_RO, &view, &error));
    expect(DELTOS_E_RANGE, deltos_record_table_presence(table, 9, 0, DELTOS_VIEW_FULL_RO, &view, &error));
    deltos_object_release(&table);
  }
}

static void test_record__writable_slots_are_written_in_place_until_the_table_is_sealed(void **state) {
  world *w = *state;
  for (int32_t layout = DELTOS_LAYOUT_ROWS; layout <= DELTOS_LAYOUT_COLUMNS; ++layout) {
    const char *const name = layout == DELTOS_LAYOUT_ROWS ? "rows" : "columns";
    deltos_object *table = store_trees(w->storage, name, layout, DELTOS_SLOT_WRITABLE);
    deltos_view *view = NULL, *other = NULL;
    deltos_transaction *transaction;
    deltos_record_table_info facts;
    const int64_t one = 1, index[1] = {2};
    int64_t previous = 0, expected = 31;
    const int64_t desired = 70;
    uint8_t exchanged = 0;
    memset(&facts, 0, sizeof facts);
    facts.struct_size = sizeof facts;
    ok(deltos_record_table_stat(table, &facts, &error));
    assert_int_equal(facts.writable, 1);
    assert_int_equal(facts.sealed, 0);
    ok(deltos_record_table_column(table, SLOT_ID, DELTOS_VIEW_FULL, &view, NULL, &error));
    assert_int_equal(view->readonly, 0);
    ok(deltos_view_atomic_add(view, index, DELTOS_MEMORY_SEQ_CST, &one, &previous, 8, &error));
    assert_int_equal(previous, 30);
    ok(deltos_view_atomic_compare_exchange(view, index, DELTOS_MEMORY_SEQ_CST, &expected, &desired, 8, &exchanged,
                                           &error));
    assert_int_equal(exchanged, 1);
    assert_int_equal(read_cell(table, 2, SLOT_ID).i64, 70);
    expect(DELTOS_E_READONLY, deltos_record_table_column(table, SLOT_BORN, DELTOS_VIEW_FULL, &other, NULL, &error));
    expect(DELTOS_E_READONLY, deltos_record_table_presence(table, SLOT_HEIGHT, 0, DELTOS_VIEW_FULL, &other, &error));
    transaction = begin(w->storage);
    expect(DELTOS_E_PINNED, deltos_object_seal(transaction, table, &error));
    deltos_view_release(&view);
    ok(deltos_object_seal(transaction, table, &error));
    commit(transaction);
    expect(DELTOS_E_SEALED, deltos_record_table_column(table, SLOT_ID, DELTOS_VIEW_FULL, &view, NULL, &error));
    transaction = begin(w->storage);
    ok(deltos_object_unseal(transaction, table, &error));
    ok(deltos_record_table_column(table, SLOT_ID, DELTOS_VIEW_FULL, &view, NULL, &error));
    *(int64_t *)view->data = 11;
    assert_int_equal(read_cell(table, 0, SLOT_ID).i64, 11);
    deltos_view_release(&view);
    commit(transaction);
    deltos_object_release(&table);
    table = open_object(w->storage, name);
    assert_int_equal(read_cell(table, 0, SLOT_ID).i64, 11);
    assert_int_equal(read_cell(table, 2, SLOT_ID).i64, 70);
    deltos_object_release(&table);
  }
}

static int32_t count_releases(void *user) { return ++*(int *)user, 0; }
static void release_counted(void *user) { (void)count_releases(user); }

static void test_record__packed_tables_are_read_anywhere_aligned(void **state) {
  int released = 0;
  (void)state;
  for (int32_t layout = DELTOS_LAYOUT_ROWS; layout <= DELTOS_LAYOUT_COLUMNS; ++layout) {
    deltos_builder *builder = begin_trees(NULL, NULL, layout, DELTOS_SLOT_WRITABLE);
    deltos_object *table = NULL;
    deltos_view *view = NULL;
    uint64_t size = 0;
    char *memory;
    ok(add_trees(builder));
    expect(DELTOS_E_INVALID, deltos_record_table_finish(builder, &table, &error));
    expect(DELTOS_E_TOO_SMALL, deltos_record_table_pack(builder, NULL, &size, &error));
    assert_int_equal(size % 64, 0);
    memory = aligned_alloc(64, size + 64);
    ok(deltos_record_table_pack(builder, memory, &size, &error));
    expect(DELTOS_E_INVALID, add_trees(builder));
    ok(deltos_record_table_open_memory(memory, size, release_counted, &released, &table, &error));
    assert_are_trees(table);
    expect(DELTOS_E_READONLY, deltos_record_table_column(table, SLOT_ID, DELTOS_VIEW_FULL, &view, NULL, &error));
    expect(DELTOS_E_KIND, deltos_view_acquire(table, DELTOS_VIEW_FULL_RO, &view, &error));
    ok(deltos_record_table_column(table, SLOT_ID, DELTOS_VIEW_FULL_RO, &view, NULL, &error));
    deltos_object_release(&table);
    assert_int_equal(released, layout);
    deltos_view_release(&view);
    assert_int_equal(released, layout + 1);
    memmove(memory + 4, memory, size);
    expect(DELTOS_E_LAYOUT, deltos_record_table_open_memory(memory + 4, size, NULL, NULL, &table, &error));
    expect(DELTOS_E_NOT_DELTOS, deltos_record_table_open_memory(memory + 8, size, NULL, NULL, &table, &error));
    expect(DELTOS_E_INVALID, deltos_record_table_open_memory(NULL, size, NULL, NULL, &table, &error));
    deltos_builder_release(&builder);
    free(memory);
  }
}

static void test_record__values_in_slots_are_opened_as_values(void **state) {
  const deltos_slot slots[2] = {make_slot("any", DELTOS_TYPE_VALUE, NULL, DELTOS_SLOT_NULLABLE | DELTOS_SLOT_OPTIONAL),
                                make_slot("list", DELTOS_TYPE_LIST, NULL, DELTOS_SLOT_NULLABLE)};
  static const int32_t numbers[3] = {7, 8, 9};
  deltos_schema *schema = make_schema(NULL, slots, 2);
  deltos_builder *builder = NULL, *value = NULL;
  deltos_object *table = NULL, *found = NULL;
  deltos_item list;
  char image[256], *memory = aligned_alloc(64, 4096);
  uint64_t size = sizeof image, room = 4096;
  (void)state;
  memset(&list, 0, sizeof list);
  list.kind = DELTOS_VALUE_LIST;
  list.detail = DELTOS_DTYPE_I32;
  list.count = 3;
  list.data = numbers;
  ok(deltos_value_builder_begin(&value, &error));
  ok(deltos_value_builder_put(value, &list, 1, &error));
  ok(deltos_value_builder_pack(value, image, &size, &error));
  expect(DELTOS_E_INVALID, deltos_record_table_pack(value, NULL, &size, &error));
  ok(deltos_record_table_begin(NULL, NULL, schema, NULL, &builder, &error));
  expect(DELTOS_E_INVALID, deltos_value_builder_put(builder, &list, 1, &error));
  const deltos_bytes images[2] = {{image, sizeof image}, {NULL, 0}};
  const uint8_t any[2] = {DELTOS_PRESENT, DELTOS_UNSET}, nulls[2] = {DELTOS_PRESENT, DELTOS_NULL};
  const uint8_t *const presence[2] = {any, nulls};
  deltos_column columns[2] = {items(images, 2, 0), items(images, 2, 0)};
  columns[0].layout = columns[1].layout = DELTOS_COLUMN_SLICES;
  ok(deltos_record_table_add(builder, columns, presence, 2, 2, &error));
  ok(deltos_record_table_pack(builder, memory, &room, &error));
  ok(deltos_record_table_open_memory(memory, room, NULL, NULL, &table, &error));
  assert_int_equal(read_cell(table, 0, 1).kind, DELTOS_VALUE_LIST);
  assert_int_equal(read_cell(table, 0, 1).count, 3);
  assert_int_equal(read_cell(table, 1, 0).kind, DELTOS_VALUE_END);
  assert_int_equal(read_cell(table, 1, 1).kind, DELTOS_VALUE_NULL);
  ok(deltos_record_table_value(table, 1, 0, &found, &error));
  assert_null(found);
  expect(DELTOS_E_RANGE, deltos_record_table_value(table, 2, 0, &found, &error));
  ok(deltos_record_table_value(table, 0, 0, &found, &error));
  deltos_object_release(&table);
  ok(deltos_value_read(found, 0, &list, &error));
  assert_int_equal(list.count, 3);
  deltos_object_release(&found);
  deltos_builder_release(&builder);
  deltos_builder_release(&value);
  deltos_schema_release(&schema);
  free(memory);
}

static void test_record__a_schema_tells_where_slots_lie(void **state) {
  deltos_schema *schema = tree_schema(0), *nested = NULL, *copy = NULL;
  deltos_schema_info info;
  deltos_slot slots[SLOT_COUNT];
  uint64_t count = 0, size = 0;
  int64_t index = 0;
  char *image;
  (void)state;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  ok(deltos_schema_stat(schema, &info, &error));
  assert_string_equal(info.name, "tree");
  assert_int_equal(info.slots, SLOT_COUNT);
  assert_int_equal(info.row_bytes, sizeof(tree_row));
  assert_int_equal(info.presence_offset, offsetof(tree_row, presence));
  assert_int_equal(info.presence_bits, 2);
  assert_null(info.metadata);
  ok(deltos_schema_slots(schema, slots, 2, &count, &error));
  assert_int_equal(count, SLOT_COUNT);
  ok(deltos_schema_slots(schema, slots, SLOT_COUNT, &count, &error));
  assert_string_equal(slots[SLOT_HEIGHT].name, "height");
  assert_int_equal(slots[SLOT_HEIGHT].valid_bit, 0);
  assert_int_equal(slots[SLOT_HEIGHT].null_bit, -1);
  assert_int_equal(slots[SLOT_NAME].offset, offsetof(tree_row, name));
  assert_int_equal(slots[SLOT_NAME].size, 16);
  assert_null(slots[SLOT_NAME].format);
  assert_int_equal(slots[SLOT_BORN].dtype, DELTOS_DTYPE_I32);
  assert_int_equal(slots[SLOT_PLACE].offset, offsetof(tree_row, place));
  assert_string_equal(slots[SLOT_PLACE].format, "point");
  assert_int_equal(slots[SLOT_Y].parent, SLOT_PLACE);
  assert_int_equal(slots[SLOT_Y].offset, offsetof(tree_row, place.y));
  ok(deltos_schema_find(schema, "place.y", &index, &error));
  assert_int_equal(index, SLOT_Y);
  ok(deltos_schema_find(schema, "place.z", &index, &error));
  assert_int_equal(index, -1);
  ok(deltos_schema_nested(schema, SLOT_PLACE, &nested, &error));
  expect(DELTOS_E_TYPE, deltos_schema_nested(schema, SLOT_ID, &copy, &error));
  expect(DELTOS_E_RANGE, deltos_schema_nested(schema, SLOT_COUNT, &copy, &error));
  expect(DELTOS_E_TOO_SMALL, deltos_schema_pack(nested, NULL, &size, &error));
  image = malloc(size + 1);
  ok(deltos_schema_pack(nested, image + 1, &size, &error));
  ok(deltos_schema_unpack(image + 1, size, &copy, &error));
  ok(deltos_schema_check(copy, nested, &error));
  expect(DELTOS_E_TYPE, deltos_schema_check(copy, schema, &error));
  deltos_schema_release(&copy);
  image[1] = 'X';
  expect(DELTOS_E_NOT_DELTOS, deltos_schema_unpack(image + 1, size, &copy, &error));
  assert_null(copy);
  free(image);
  deltos_schema_release(&nested);
  deltos_schema_release(&schema);
  deltos_schema_release(&schema);
  deltos_schema_release(NULL);
}

static void test_record__versions_and_metadata_go_with_the_table(void **state) {
  world *w = *state;
  const deltos_slot slot = make_slot("x", DELTOS_TYPE_FIXED, NULL, 0);
  deltos_slot bad = slot;
  deltos_schema *schema = NULL, *old = NULL, *back = NULL;
  deltos_schema_options options;
  deltos_schema_info info;
  deltos_transaction *transaction = begin(w->storage);
  deltos_builder *builder = NULL;
  deltos_object *table = NULL;
  memset(&options, 0, sizeof options);
  memset(&info, 0, sizeof info);
  options.struct_size = sizeof options;
  info.struct_size = sizeof info;
  options.version = 4;
  ok(deltos_schema_make("s", &slot, 1, &options, &old, &error));
  options.version = 7;
  options.min_reader = 5;
  options.metadata = "who, when";
  options.metadata_size = 9;
  ok(deltos_schema_make("s", &slot, 1, &options, &schema, &error));
  ok(deltos_record_table_begin(transaction, "empty", schema, NULL, &builder, &error));
  ok(deltos_record_table_finish(builder, &table, &error));
  ok(deltos_schema_of(table, &back, &error));
  deltos_object_release(&table);
  ok(deltos_schema_stat(back, &info, &error));
  assert_int_equal(info.version, 7);
  assert_int_equal(info.metadata_size, 9);
  assert_memory_equal(info.metadata, "who, when", 9);
  expect(DELTOS_E_TYPE, deltos_schema_check(old, back, &error));
  ok(deltos_schema_check(back, old, &error));
  bad.format = "dd";
  bad.dtype = DELTOS_DTYPE_I8;
  deltos_schema_release(&old);
  expect(DELTOS_E_FORMAT, deltos_schema_make("s", &bad, 1, NULL, &old, &error));
  bad.type = 99;
  expect(DELTOS_E_INVALID, deltos_schema_make("s", &bad, 1, NULL, &old, &error));
  expect(DELTOS_E_INVALID, deltos_schema_make("s", NULL, 1, NULL, &old, &error));
  expect(DELTOS_E_INVALID, deltos_schema_make("s", &slot, 0, NULL, &old, &error));
  options.struct_size = 4;
  expect(DELTOS_E_STRUCT, deltos_schema_make("s", &slot, 1, &options, &old, &error));
  deltos_builder_release(&builder);
  deltos_schema_release(&schema);
  deltos_schema_release(&back);
  commit(transaction);
}

static int32_t cancel_when_told(uint64_t done, uint64_t total, void *user) {
  (void)done;
  return total != 0 && *(int *)user != 0;
}

static void test_record__a_cancelled_end_leaves_the_transaction_as_it_was(void **state) {
  world *w = *state;
  int cancelled = 1;
  deltos_transaction *transaction = begin(w->storage);
  deltos_record_table_options options;
  deltos_builder *builder = NULL;
  deltos_object *table = NULL;
  deltos_schema *schema = tree_schema(0);
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.progress = cancel_when_told;
  options.progress_user = &cancelled;
  ok(deltos_record_table_begin(transaction, "trees", schema, &options, &builder, &error));
  ok(add_trees(builder));
  expect(DELTOS_E_CANCELLED, deltos_record_table_finish(builder, &table, &error));
  assert_null(table);
  expect(DELTOS_E_NOT_FOUND,
         deltos_object_open(deltos_transaction_snapshot(transaction), "trees", DELTOS_KIND_ANY, &table, &error));
  cancelled = 0;
  ok(deltos_record_table_finish(builder, &table, &error));
  assert_are_trees(table);
  deltos_object_release(&table);
  deltos_builder_release(&builder);
  expect(DELTOS_E_EXISTS, deltos_record_table_begin(transaction, "trees", schema, NULL, &builder, &error));
  options.layout = 2;
  expect(DELTOS_E_INVALID, deltos_record_table_begin(transaction, "other", schema, &options, &builder, &error));
  expect(DELTOS_E_INVALID, deltos_record_table_begin(transaction, "../x", schema, NULL, &builder, &error));
  expect(DELTOS_E_INVALID, deltos_record_table_begin(NULL, "other", schema, NULL, &builder, &error));
  expect(DELTOS_E_INVALID, deltos_record_table_begin(transaction, NULL, schema, NULL, &builder, &error));
  expect(DELTOS_E_INVALID, deltos_record_table_begin(transaction, "other", NULL, NULL, &builder, &error));
  deltos_schema_release(&schema);
  commit(transaction);
}

typedef struct reentry {
  deltos_storage *storage;
  deltos_transaction *transaction;
  deltos_object *array;
  int abort, detach, asked;
} reentry;

static int32_t change_the_storage_meanwhile(uint64_t done, uint64_t total, void *user) {
  reentry *r = user;
  deltos_transaction *another = NULL;
  (void)done;
  if (total == 0 || r->asked) return 0;
  r->asked = 1;
  expect(DELTOS_E_BUSY, deltos_transaction_delete(r->transaction, "other", &error));
  expect(DELTOS_E_BUSY, deltos_transaction_commit(&r->transaction, DELTOS_ASYNC, NULL, &error));
  expect(DELTOS_E_BUSY, deltos_transaction_begin(r->storage, &another, &error));
  expect(DELTOS_E_BUSY, deltos_storage_close(&r->storage, &error));
  if (r->array != NULL) expect(DELTOS_E_BUSY, deltos_array_reserve(r->array, 10000000, &error));
  if (r->abort) deltos_transaction_abort(&r->transaction);
  if (r->detach) deltos_storage_detach(&r->storage);
  return 0;
}

static deltos_builder *begin_watched_trees(reentry *r) {
  deltos_record_table_options options;
  deltos_builder *builder = NULL;
  deltos_schema *schema = tree_schema(0);
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.progress = change_the_storage_meanwhile;
  options.progress_user = r;
  ok(deltos_record_table_begin(r->transaction, "trees", schema, &options, &builder, &error));
  ok(add_trees(builder));
  deltos_schema_release(&schema);
  return builder;
}

static void test_record__what_progress_does_to_the_storage_meanwhile_answers_busy(void **state) {
  world *w = *state;
  deltos_object *table = NULL;
  reentry r = {w->storage, begin(w->storage), NULL, 0, 0, 0};
  deltos_builder *builder = begin_watched_trees(&r);
  ok(deltos_array_create(r.transaction, "growing", "d", 0, NULL, &r.array, &error));
  ok(deltos_record_table_finish(builder, &table, &error));
  assert_true(r.asked);
  assert_are_trees(table);
  deltos_object_release(&table);
  deltos_object_release(&r.array);
  deltos_builder_release(&builder);
  commit(r.transaction);
}

static void test_record__what_progress_aborts_is_over_at_the_end_of_the_call(void **state) {
  world *w = *state;
  deltos_object *table = NULL;
  reentry r = {w->storage, begin(w->storage), NULL, 1, 0, 0};
  deltos_builder *builder = begin_watched_trees(&r);
  expect(DELTOS_E_STALE, deltos_record_table_finish(builder, &table, &error));
  assert_null(r.transaction);
  assert_null(table);
  expect(DELTOS_E_STALE, deltos_record_table_finish(builder, &table, &error));
  deltos_builder_release(&builder);
  commit(begin(w->storage)); /* the storage is free for another one */
  expect(DELTOS_E_NOT_FOUND, deltos_object_open_newest(w->storage, "trees", DELTOS_KIND_ANY, &table, &error));
}

static void test_record__a_storage_that_progress_detaches_is_not_written_to(void **state) {
  world *w = *state;
  deltos_object *table = NULL;
  reentry r = {w->storage, begin(w->storage), NULL, 0, 1, 0};
  deltos_builder *builder = begin_watched_trees(&r);
  expect(DELTOS_E_CLOSED, deltos_record_table_finish(builder, &table, &error));
  w->storage = r.storage;
  deltos_builder_release(&builder);
  deltos_transaction_abort(&r.transaction);
}

static void test_record__a_builder_outlives_its_transaction_but_stores_nothing_then(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  deltos_builder *builder = begin_trees(transaction, "trees", DELTOS_LAYOUT_COLUMNS, 0);
  deltos_object *table = NULL;
  uint64_t size = 0;
  ok(add_trees(builder));
  commit(transaction);
  expect(DELTOS_E_STALE, deltos_record_table_finish(builder, &table, &error));
  expect(DELTOS_E_TOO_SMALL, deltos_record_table_pack(builder, NULL, &size, &error));
  deltos_builder_release(&builder);
}

static void test_record__copies_keep_tables_whole(void **state) {
  world *w = *state;
  deltos_object *table = store_trees(w->storage, "sealed", DELTOS_LAYOUT_COLUMNS, 0);
  deltos_snapshot *snapshot = NULL;
  deltos_storage *copy;
  deltos_object_release(&table);
  table = store_trees(w->storage, "open", DELTOS_LAYOUT_ROWS, DELTOS_SLOT_WRITABLE);
  deltos_object_release(&table);
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  ok(deltos_snapshot_compact_to(snapshot, w->other, NULL, &error));
  deltos_snapshot_release(&snapshot);
  copy = open_mode(w->other, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  table = open_object(copy, "sealed");
  assert_are_trees(table);
  deltos_object_release(&table);
  table = open_object(copy, "open");
  assert_are_trees(table);
  deltos_object_release(&table);
  ok(deltos_storage_close(&copy, &error));
}

static void test_record__what_is_no_record_table_is_refused(void **state) {
  world *w = *state;
  deltos_builder *value = NULL;
  deltos_object *object = NULL;
  deltos_schema *schema = NULL;
  deltos_view *view = NULL;
  deltos_item item;
  deltos_column column;
  deltos_transaction *transaction = begin(w->storage);
  memset(&item, 0, sizeof item);
  memset(&column, 0, sizeof column);
  ok(deltos_value_builder_begin(&value, &error));
  ok(deltos_value_builder_put(value, &item, 1, &error));
  ok(deltos_value_builder_store(value, transaction, "null", &object, &error));
  expect(DELTOS_E_KIND, deltos_record_table_read(object, 0, 0, &item, &error));
  expect(DELTOS_E_KIND, deltos_record_table_rows(object, DELTOS_VIEW_FULL_RO, &view, &error));
  expect(DELTOS_E_KIND, deltos_schema_of(object, &schema, &error));
  expect(DELTOS_E_INVALID, deltos_record_table_read(NULL, 0, 0, &item, &error));
  expect(DELTOS_E_INVALID, deltos_record_table_add(value, &column, NULL, 1, 0, &error));
  deltos_object_release(&object);
  expect(DELTOS_E_INVALID, deltos_record_table_finish(value, &object, &error));
  expect(DELTOS_E_INVALID, deltos_schema_stat(NULL, NULL, &error));
  deltos_builder_release(&value);
  deltos_transaction_abort(&transaction);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_record__a_table_in_a_storage_comes_back_sealed),
      in_storage(test_record__rows_are_structs_of_c),
      in_storage(test_record__slots_of_all_rows_are_views),
      in_storage(test_record__presence_is_told_by_bits),
      in_storage(test_record__writable_slots_are_written_in_place_until_the_table_is_sealed),
      cmocka_unit_test(test_record__packed_tables_are_read_anywhere_aligned),
      cmocka_unit_test(test_record__values_in_slots_are_opened_as_values),
      cmocka_unit_test(test_record__a_schema_tells_where_slots_lie),
      in_storage(test_record__versions_and_metadata_go_with_the_table),
      in_storage(test_record__a_cancelled_end_leaves_the_transaction_as_it_was),
      in_storage(test_record__what_progress_does_to_the_storage_meanwhile_answers_busy),
      in_storage(test_record__what_progress_aborts_is_over_at_the_end_of_the_call),
      in_storage(test_record__a_storage_that_progress_detaches_is_not_written_to),
      in_storage(test_record__a_builder_outlives_its_transaction_but_stores_nothing_then),
      in_storage(test_record__copies_keep_tables_whole),
      in_storage(test_record__what_is_no_record_table_is_refused),
  };
  return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
