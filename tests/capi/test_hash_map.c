/* hash_map.h: maps that are built once and looked up where they lie, in a storage and in memory. */
#include "fixture.h"

static deltos_hash_map_options kinds(int32_t key, int32_t value, int32_t shape) {
  deltos_hash_map_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.key = key;
  options.value = value;
  options.shape = shape;
  return options;
}

static deltos_column words(const uint64_t *numbers, uint64_t count) { return items(numbers, count, sizeof *numbers); }

static deltos_builder *begin_map(deltos_hash_map_options options) {
  deltos_builder *builder = NULL;
  ok(deltos_hash_map_begin(NULL, &options, &builder, &error));
  assert_non_null(builder);
  return builder;
}

static const deltos_bytes names[4] = {{"oak", 3}, {"", 0}, {"\xc3\xa9lan", 5}, {"a name that is somewhat longer", 30}};
static const deltos_bytes texts[4] = {{"quercus", 7}, {"nothing", 7}, {"", 0}, {"x", 1}};
static const uint64_t numbers[4] = {7, UINT64_MAX, 0, 1};

static deltos_object *finish(deltos_builder *builder, deltos_transaction *transaction, const char *name,
                             uint32_t flags) {
  deltos_object *map = NULL;
  ok(deltos_hash_map_finish(builder, transaction, name, flags, &map, &error));
  assert_non_null(map);
  return map;
}

/* Of four names to numbers. */
static deltos_object *make_numbers(deltos_transaction *transaction, const char *name) {
  deltos_builder *builder = begin_map(kinds(DELTOS_KEY_UTF8, DELTOS_MAP_VALUE_U64, DELTOS_MAP_SIMPLE));
  const deltos_column keys = slices(names, 4), values = words(numbers, 4);
  deltos_object *map;
  ok(deltos_hash_map_add(builder, &keys, &values, &error));
  map = finish(builder, transaction, name, 0);
  deltos_builder_release(&builder);
  return map;
}

/* Packed, and opened in memory of the test's. */
static deltos_object *open_packed(deltos_builder *builder, void **memory) {
  deltos_object *map = NULL;
  uint64_t size = 0;
  expect(DELTOS_E_TOO_SMALL, deltos_hash_map_pack(builder, NULL, &size, &error));
  assert_int_equal(posix_memalign(memory, 64, size), 0);
  ok(deltos_hash_map_pack(builder, *memory, &size, &error));
  ok(deltos_hash_map_open_memory(*memory, size, NULL, NULL, &map, &error));
  return map;
}

static void expect_bytes(deltos_bytes expected, deltos_bytes given) {
  assert_non_null(given.data);
  assert_int_equal(given.size, expected.size);
  assert_int_equal(memcmp(given.data, expected.data, expected.size), 0);
}

static void test_hash_map__keys_lead_to_their_numbers_and_others_to_none(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *map = make_numbers(transaction, "trees");
  deltos_map_entry entry;
  deltos_object_info info;
  uint8_t present = 9;
  uint64_t number = 9;
  for (int i = 0; i < 4; ++i) {
    ok(deltos_hash_map_get_number(map, names[i].data, names[i].size, &number, &present, &error));
    assert_int_equal(present, 1);
    assert_true(number == numbers[i]);
    ok(deltos_hash_map_find(map, names[i].data, names[i].size, &entry, &error));
    expect_bytes(names[i], entry.key);
    assert_int_equal(entry.count, 1);
    assert_true(entry.number == numbers[i]);
    assert_int_equal(entry.value.size, 8);
  }
  ok(deltos_hash_map_get_number(map, "oa", 2, &number, &present, &error));
  assert_int_equal(present, 0);
  assert_int_equal(number, 0);
  ok(deltos_hash_map_find(map, "oak ", 4, &entry, &error));
  assert_int_equal(entry.count, 0);
  assert_null(entry.value.data);
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  ok(deltos_object_stat(map, &info, &error));
  assert_int_equal(info.kind, DELTOS_KIND_HASH_MAP);
  assert_int_equal(info.sealed, 1);
  deltos_object_release(&map);
  ok(deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error));
}

static void test_hash_map__a_committed_map_is_found_in_a_storage_opened_to_read(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *map = make_numbers(transaction, "trees");
  deltos_hash_map_info info;
  uint8_t present = 0;
  uint64_t number = 0;
  deltos_object_release(&map);
  ok(deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error));
  deltos_storage_detach(&w->storage);
  w->storage = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  ok(deltos_object_open_newest(w->storage, "trees", DELTOS_KIND_HASH_MAP, &map, &error));
  ok(deltos_hash_map_get_number(map, "oak", 3, &number, &present, &error));
  assert_int_equal(number, 7);
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  ok(deltos_hash_map_stat(map, &info, &error));
  assert_int_equal(info.keys, 4);
  assert_int_equal(info.pairs, 4);
  assert_int_equal(info.key, DELTOS_KEY_UTF8);
  assert_int_equal(info.value, DELTOS_MAP_VALUE_U64);
  assert_int_equal(info.shape, DELTOS_MAP_SIMPLE);
  ok(deltos_hash_map_verify(map, NULL, NULL, &error));
  deltos_object_release(&map);
}

static void test_hash_map__many_keys_are_looked_up_in_one_call(void **state) {
  const deltos_bytes asked[3] = {{"none", 4}, {"oak", 3}, {"", 0}};
  deltos_builder *builder = begin_map(kinds(DELTOS_KEY_BYTES, DELTOS_MAP_VALUE_BYTES, DELTOS_MAP_SIMPLE));
  const deltos_column keys = slices(names, 4), values = slices(texts, 4), wanted = slices(asked, 3);
  deltos_map_entry entries[3];
  deltos_bytes found[3];
  uint8_t present[3];
  uint64_t hits = 9, number[3];
  void *memory = NULL;
  deltos_object *map;
  (void)state;
  ok(deltos_hash_map_add(builder, &keys, &values, &error));
  map = open_packed(builder, &memory);
  ok(deltos_hash_map_get_many(map, &wanted, found, &hits, &error));
  assert_int_equal(hits, 2);
  assert_null(found[0].data);
  expect_bytes(texts[0], found[1]);
  expect_bytes(texts[1], found[2]);
  ok(deltos_hash_map_find_many(map, &wanted, entries, present, NULL, &error));
  assert_int_equal(entries[0].count, 0);
  expect_bytes(names[0], entries[1].key);
  assert_int_equal(present[0], 0);
  assert_int_equal(present[2], 1);
  expect(DELTOS_E_TYPE, deltos_hash_map_get_many_numbers(map, &wanted, 0, number, present, &hits, &error));
  deltos_object_release(&map);
  deltos_builder_release(&builder);
  free(memory);
}

static void test_hash_map__a_key_of_a_multi_map_has_its_values_in_the_order_of_adding(void **state) {
  const deltos_bytes twice[5] = {{"b", 1}, {"a", 1}, {"b", 1}, {"b", 1}, {"c", 1}};
  const uint64_t of_them[5] = {5, 4, 3, 2, 1};
  const deltos_column keys = slices(twice, 5), values = words(of_them, 5);
  deltos_builder *builder = begin_map(kinds(DELTOS_KEY_BYTES, DELTOS_MAP_VALUE_U64, DELTOS_MAP_MULTI));
  deltos_map_entry entry;
  uint64_t got[8], count = 0;
  deltos_bytes bytes[8];
  void *memory = NULL;
  deltos_object *map;
  (void)state;
  ok(deltos_hash_map_add(builder, &keys, &values, &error));
  map = open_packed(builder, &memory);
  ok(deltos_hash_map_find(map, "b", 1, &entry, &error));
  assert_int_equal(entry.count, 3);
  assert_int_equal(entry.number, 5);
  ok(deltos_hash_map_numbers(map, &entry, 0, got, 8, &count, &error));
  assert_int_equal(count, 3);
  assert_true(got[0] == 5 && got[1] == 3 && got[2] == 2);
  ok(deltos_hash_map_numbers(map, &entry, 2, got, 8, &count, &error));
  assert_int_equal(count, 1);
  assert_int_equal(got[0], 2);
  ok(deltos_hash_map_values(map, &entry, 1, bytes, 1, &count, &error));
  assert_int_equal(count, 1);
  assert_int_equal(bytes[0].size, 8);
  ok(deltos_hash_map_find(map, "a", 1, &entry, &error));
  ok(deltos_hash_map_numbers(map, &entry, 0, got, 8, &count, &error));
  assert_int_equal(count, 1);
  assert_int_equal(got[0], 4);
  entry.count = 1000000;
  entry.run = UINT64_MAX - 7;
  expect(DELTOS_E_RANGE, deltos_hash_map_numbers(map, &entry, 0, got, 8, &count, &error));
  deltos_object_release(&map);
  deltos_builder_release(&builder);
  free(memory);
}

static void test_hash_map__u64_maps_show_their_columns_without_a_copy(void **state) {
  const uint64_t ids[4] = {0, 3, UINT64_MAX, 1000};
  const deltos_column keys = words(ids, 4), values = words(numbers, 4);
  deltos_builder *builder = begin_map(kinds(DELTOS_KEY_U64, DELTOS_MAP_VALUE_U64, DELTOS_MAP_SIMPLE));
  deltos_view *of_keys = NULL, *of_values = NULL;
  void *memory = NULL;
  deltos_object *map;
  (void)state;
  ok(deltos_hash_map_add(builder, &keys, &values, &error));
  map = open_packed(builder, &memory);
  ok(deltos_hash_map_column(map, DELTOS_MAP_COLUMN_KEYS, DELTOS_VIEW_FULL_RO, &of_keys, &error));
  ok(deltos_hash_map_column(map, DELTOS_MAP_COLUMN_VALUES, DELTOS_VIEW_FULL_RO, &of_values, &error));
  deltos_view_release(&of_keys);
  expect(DELTOS_E_READONLY, deltos_hash_map_column(map, DELTOS_MAP_COLUMN_KEYS, DELTOS_VIEW_FULL, &of_keys, &error));
  assert_null(of_keys);
  ok(deltos_hash_map_column(map, DELTOS_MAP_COLUMN_KEYS, DELTOS_VIEW_FULL_RO, &of_keys, &error));
  deltos_object_release(&map);
  assert_int_equal(of_keys->shape[0], 4);
  assert_int_equal(of_keys->strides[0], 16);
  assert_true((const char *)of_keys->data > (char *)memory);
  for (int i = 0; i < 4; ++i) {
    uint64_t key, value;
    int j = 0;
    memcpy(&key, (const char *)of_keys->data + 16 * i, 8);
    memcpy(&value, (const char *)of_values->data + 16 * i, 8);
    while (j < 4 && ids[j] != key) ++j;
    assert_true(j < 4);
    assert_true(numbers[j] == value);
  }
  deltos_view_release(&of_keys);
  deltos_view_release(&of_values);
  deltos_builder_release(&builder);
  free(memory);
}

static void test_hash_map__going_through_a_map_meets_every_key_once_and_in_order_when_asked(void **state) {
  deltos_builder *builder = begin_map(kinds(DELTOS_KEY_UTF8, DELTOS_MAP_VALUE_UTF8, DELTOS_MAP_SIMPLE));
  const deltos_column keys = slices(names, 4), values = slices(texts, 4);
  const int sorted[4] = {1, 3, 0, 2};
  uint64_t position = 0, count = 0, positions[4];
  unsigned met = 0;
  deltos_map_entry entry;
  void *memory = NULL;
  deltos_object *map;
  (void)state;
  ok(deltos_hash_map_add(builder, &keys, &values, &error));
  map = open_packed(builder, &memory);
  for (;;) {
    ok(deltos_hash_map_entries(map, &position, &entry, 1, &count, &error));
    if (count == 0) break;
    for (int i = 0; i < 4; ++i) {
      if (entry.key.size != names[i].size || memcmp(entry.key.data, names[i].data, entry.key.size) != 0) continue;
      met |= 1U << i;
      expect_bytes(texts[i], entry.value);
    }
  }
  assert_int_equal(met, 15);
  expect(DELTOS_E_TOO_SMALL, deltos_hash_map_order(map, positions, 3, &count, &error));
  assert_int_equal(count, 4);
  ok(deltos_hash_map_order(map, positions, 4, &count, &error));
  for (int i = 0; i < 4; ++i) {
    ok(deltos_hash_map_entries(map, &positions[i], &entry, 1, &count, &error));
    expect_bytes(names[sorted[i]], entry.key);
  }
  position = UINT64_MAX;
  expect(DELTOS_E_RANGE, deltos_hash_map_entries(map, &position, &entry, 1, &count, &error));
  deltos_object_release(&map);
  deltos_builder_release(&builder);
  free(memory);
}

static void test_hash_map__whoever_has_a_replaced_map_keeps_it_until_a_refresh(void **state) {
  world *w = *state;
  const uint64_t other = 8;
  const deltos_column keys = slices(names, 1), values = words(&other, 1);
  deltos_builder *builder = begin_map(kinds(DELTOS_KEY_UTF8, DELTOS_MAP_VALUE_U64, DELTOS_MAP_SIMPLE));
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *map = make_numbers(transaction, "trees"), *read = NULL;
  deltos_storage *reader;
  uint64_t number = 0;
  uint8_t present = 0, changed = 0;
  deltos_object_release(&map);
  ok(deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error));
  reader = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  ok(deltos_object_open_newest(reader, "trees", DELTOS_KIND_HASH_MAP, &read, &error));
  ok(deltos_hash_map_add(builder, &keys, &values, &error));
  transaction = begin(w->storage);
  expect(DELTOS_E_EXISTS, deltos_hash_map_finish(builder, transaction, "trees", 0, NULL, &error));
  ok(deltos_hash_map_finish(builder, transaction, "trees", DELTOS_HASH_MAP_REPLACE, NULL, &error));
  ok(deltos_hash_map_finish(builder, transaction, "new", DELTOS_HASH_MAP_REPLACE, NULL, &error));
  ok(deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error));
  ok(deltos_hash_map_get_number(read, "oak", 3, &number, &present, &error));
  assert_int_equal(number, 7);
  ok(deltos_object_refresh(&read, &changed, &error));
  assert_int_equal(changed, 1);
  ok(deltos_hash_map_get_number(read, "oak", 3, &number, &present, &error));
  assert_int_equal(number, 8);
  ok(deltos_hash_map_get_number(read, "", 0, &number, &present, &error));
  assert_int_equal(present, 0);
  deltos_object_release(&read);
  deltos_storage_detach(&reader);
  deltos_builder_release(&builder);
}

static void test_hash_map__replaced_maps_give_their_space_back_once_nobody_reads_them(void **state) {
  enum { COUNT = 50000, TIMES = 12 };
  world *w = *state;
  uint64_t *ids = malloc(COUNT * sizeof *ids), map_bytes = 0;
  deltos_storage *reader = NULL;
  deltos_object *read = NULL;
  struct stat file;
  assert_non_null(ids);
  for (uint64_t i = 0; i < COUNT; ++i) ids[i] = i * 7;
  for (uint64_t time = 0; time < TIMES; ++time) {
    deltos_builder *builder = begin_map(kinds(DELTOS_KEY_U64, DELTOS_MAP_VALUE_U64, DELTOS_MAP_SIMPLE));
    const deltos_column keys = words(ids, COUNT);
    deltos_transaction *transaction;
    uint64_t number = 0;
    uint8_t present = 0, changed = 0;
    ids[0] = time * 7 * COUNT;
    ok(deltos_hash_map_add(builder, &keys, &keys, &error));
    map_bytes = 0;
    expect(DELTOS_E_TOO_SMALL, deltos_hash_map_pack(builder, NULL, &map_bytes, &error));
    transaction = begin(w->storage);
    ok(deltos_hash_map_finish(builder, transaction, "ids", DELTOS_HASH_MAP_REPLACE, NULL, &error));
    ok(deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error));
    deltos_builder_release(&builder);
    if (reader == NULL) {
      reader = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
      ok(deltos_object_open_newest(reader, "ids", DELTOS_KIND_HASH_MAP, &read, &error));
    }
    ok(deltos_object_refresh(&read, &changed, &error));
    assert_int_equal(changed, time > 0);
    ok(deltos_hash_map_get_number(read, &ids[0], 8, &number, &present, &error));
    assert_true(present == 1 && number == ids[0]);
  }
  assert_int_equal(stat(w->path, &file), 0);
  assert_true((uint64_t)file.st_size < 5 * map_bytes + (UINT64_C(1) << 20));
  deltos_object_release(&read);
  deltos_storage_detach(&reader);
  free(ids);
}

static void test_hash_map__records_are_rows_of_a_table_in_the_map(void **state) {
  deltos_slot slots[2];
  deltos_column columns[2];
  const double heights[4] = {40, 30.5, 20, 10};
  const deltos_column keys = slices(names, 4);
  deltos_hash_map_options options = kinds(DELTOS_KEY_UTF8, DELTOS_MAP_VALUE_RECORD, DELTOS_MAP_SIMPLE);
  deltos_schema *schema = NULL;
  deltos_builder *builder = NULL;
  deltos_object *map, *table = NULL;
  deltos_item item;
  uint64_t row = 0;
  uint8_t present = 0;
  void *memory = NULL;
  (void)state;
  memset(slots, 0, sizeof slots);
  slots[0].name = "height";
  slots[0].format = "d";
  slots[1].name = "latin";
  slots[1].type = DELTOS_TYPE_UTF8;
  ok(deltos_schema_make("tree", slots, 2, NULL, &schema, &error));
  expect(DELTOS_E_INVALID, deltos_hash_map_begin(NULL, &options, &builder, &error));
  options.schema = schema;
  builder = begin_map(options);
  deltos_schema_release(&schema);
  memset(columns, 0, sizeof columns);
  columns[0].count = 4;
  columns[0].data = heights;
  columns[0].item_size = sizeof(double);
  columns[1] = slices(texts, 4);
  expect(DELTOS_E_TYPE, deltos_hash_map_add(builder, &keys, &columns[1], &error));
  ok(deltos_hash_map_add_records(builder, &keys, columns, NULL, 2, &error));
  map = open_packed(builder, &memory);
  ok(deltos_hash_map_get_number(map, "oak", 3, &row, &present, &error));
  ok(deltos_hash_map_records(map, &table, &error));
  deltos_object_release(&map);
  ok(deltos_record_table_read(table, row, 0, &item, &error));
  assert_true(item.f64 == 40);
  ok(deltos_record_table_read(table, row, 1, &item, &error));
  assert_int_equal(item.count, 7);
  deltos_object_release(&table);
  deltos_builder_release(&builder);
  free(memory);
}

static uint64_t pack_int(int64_t number, void *memory, uint64_t room) {
  deltos_builder *builder = NULL;
  deltos_item item;
  memset(&item, 0, sizeof item);
  item.kind = DELTOS_VALUE_INT;
  item.i64 = number;
  ok(deltos_value_builder_begin(&builder, &error));
  ok(deltos_value_builder_put(builder, &item, 1, &error));
  ok(deltos_value_builder_pack(builder, memory, &room, &error));
  deltos_builder_release(&builder);
  return room;
}

static void test_hash_map__values_are_keys_and_values_of_maps(void **state) {
  _Alignas(8) unsigned char images[3][256];
  deltos_bytes key[2], value[1];
  deltos_builder *builder = begin_map(kinds(DELTOS_KEY_VALUE, DELTOS_MAP_VALUE_VALUE, DELTOS_MAP_SIMPLE));
  deltos_column keys = slices(key, 1);
  const deltos_column values = slices(value, 1);
  deltos_map_entry entry;
  deltos_object *map, *opened = NULL;
  deltos_item item;
  uint64_t positions[1], count = 0;
  void *memory = NULL;
  (void)state;
  for (int i = 0; i < 3; ++i) {
    const uint64_t size = pack_int(INT64_C(1) << (60 + i), images[i], sizeof images[i]);
    if (i < 2) key[i] = (deltos_bytes){images[i], size};
    if (i == 2) value[0] = (deltos_bytes){images[i], size};
  }
  ok(deltos_hash_map_add(builder, &keys, &values, &error));
  key[0].data = "no value at all, of any kind whatever";
  key[0].size = 37;
  expect(DELTOS_E_NOT_DELTOS, deltos_hash_map_add(builder, &keys, &values, &error));
  map = open_packed(builder, &memory);
  key[0].data = images[0];
  key[0].size = key[1].size;
  ok(deltos_hash_map_find(map, key[0].data, key[0].size, &entry, &error));
  assert_int_equal(entry.count, 1);
  expect(DELTOS_E_RANGE, deltos_hash_map_value(map, &entry, 1, &opened, &error));
  ok(deltos_hash_map_value(map, &entry, 0, &opened, &error));
  ok(deltos_value_read(opened, 0, &item, &error));
  assert_true(item.i64 == INT64_C(1) << 62);
  entry.value.data = images[0];
  {
    deltos_object *none = NULL;
    expect(DELTOS_E_RANGE, deltos_hash_map_value(map, &entry, 0, &none, &error));
  }
  ok(deltos_hash_map_find(map, key[1].data, key[1].size, &entry, &error));
  assert_int_equal(entry.count, 0);
  expect(DELTOS_E_TYPE, deltos_hash_map_order(map, positions, 1, &count, &error));
  deltos_object_release(&opened);
  deltos_object_release(&map);
  deltos_builder_release(&builder);
  free(memory);
}

static void test_hash_map__what_is_asked_wrongly_is_refused(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *map = make_numbers(transaction, "trees"), *buffer = NULL, *table = NULL;
  const int64_t shape[1] = {1};
  const deltos_column wrong = words(numbers, 4);
  deltos_map_entry entry;
  deltos_bytes value;
  uint64_t number, size = 0;
  uint8_t present;
  deltos_view *view = NULL;
  char none[64] = "no hash map";
  ok(deltos_buffer_create_zeroed(transaction, "b", NULL, DELTOS_DTYPE_U8, 1, shape, &buffer, &error));
  expect(DELTOS_E_KIND, deltos_hash_map_find(buffer, "a", 1, &entry, &error));
  expect(DELTOS_E_INVALID, deltos_hash_map_find(NULL, "a", 1, &entry, &error));
  expect(DELTOS_E_INVALID, deltos_hash_map_find(map, NULL, 1, &entry, &error));
  expect(DELTOS_E_INVALID, deltos_hash_map_find(map, "a", 1, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_hash_map_get(map, "a", 1, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_hash_map_get_number(map, "a", 1, &number, NULL, &error));
  expect(DELTOS_E_TYPE, deltos_hash_map_get_many(map, &wrong, &value, NULL, &error));
  expect(DELTOS_E_LAYOUT, deltos_hash_map_column(map, DELTOS_MAP_COLUMN_KEYS, DELTOS_VIEW_FULL_RO, &view, &error));
  expect(DELTOS_E_INVALID, deltos_hash_map_column(map, 7, DELTOS_VIEW_FULL_RO, &view, &error));
  expect(DELTOS_E_TYPE, deltos_hash_map_records(map, &table, &error));
  expect(DELTOS_E_KIND, deltos_view_acquire(map, DELTOS_VIEW_FULL_RO, &view, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_object_unseal(transaction, map, &error));
  expect(DELTOS_E_LAYOUT, deltos_hash_map_open_memory(none + 1, 32, NULL, NULL, &table, &error));
  expect(DELTOS_E_INVALID, deltos_hash_map_pack(NULL, NULL, &size, &error));
  ok(deltos_hash_map_get_number(map, "oak", 3, &number, &present, &error));
  deltos_object_release(&buffer);
  deltos_object_release(&map);
  deltos_transaction_abort(&transaction);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_hash_map__keys_lead_to_their_numbers_and_others_to_none),
      in_storage(test_hash_map__a_committed_map_is_found_in_a_storage_opened_to_read),
      cmocka_unit_test(test_hash_map__many_keys_are_looked_up_in_one_call),
      cmocka_unit_test(test_hash_map__a_key_of_a_multi_map_has_its_values_in_the_order_of_adding),
      cmocka_unit_test(test_hash_map__u64_maps_show_their_columns_without_a_copy),
      cmocka_unit_test(test_hash_map__going_through_a_map_meets_every_key_once_and_in_order_when_asked),
      in_storage(test_hash_map__whoever_has_a_replaced_map_keeps_it_until_a_refresh),
      in_storage(test_hash_map__replaced_maps_give_their_space_back_once_nobody_reads_them),
      cmocka_unit_test(test_hash_map__records_are_rows_of_a_table_in_the_map),
      cmocka_unit_test(test_hash_map__values_are_keys_and_values_of_maps),
      in_storage(test_hash_map__what_is_asked_wrongly_is_refused),
  };
  return cmocka_run_group_tests_name("hash_map", tests, NULL, NULL);
}
