/* value.h: trees that describe themselves, built from items and read where they lie, in a storage and in memory. */
#include "fixture.h"

static deltos_item make_item(int32_t kind) {
  deltos_item item;
  memset(&item, 0, sizeof item);
  item.kind = kind;
  return item;
}

static deltos_item text_item(const char *text) {
  deltos_item item = make_item(DELTOS_VALUE_UTF8);
  item.data = text;
  item.count = strlen(text);
  return item;
}

static deltos_item int_item(int64_t number) {
  deltos_item item = make_item(DELTOS_VALUE_INT);
  item.i64 = number;
  return item;
}

static deltos_builder *begin_value(void) {
  deltos_builder *builder = NULL;
  ok(deltos_value_builder_begin(&builder, &error));
  assert_non_null(builder);
  return builder;
}

static void put(deltos_builder *builder, deltos_item item) { ok(deltos_value_builder_put(builder, &item, 1, &error)); }

/* {"name": "Ulm", "population": 126405, "at": (48.4, 9.98), "grid": 2 x 3 doubles} */
static deltos_builder *build_city(void) {
  static const double grid[6] = {0, 1, 2, 3, 4, 5};
  static const double at[2] = {48.4, 9.98};
  const int64_t shape[2] = {2, 3};
  deltos_builder *builder = begin_value();
  deltos_item pair = make_item(DELTOS_VALUE_TUPLE);
  deltos_view array;
  put(builder, make_item(DELTOS_VALUE_DICT));
  put(builder, text_item("name"));
  put(builder, text_item("Ulm"));
  put(builder, text_item("population"));
  put(builder, int_item(126405));
  put(builder, text_item("at"));
  pair.detail = DELTOS_DTYPE_F64;
  pair.count = 2;
  pair.data = at;
  put(builder, pair);
  put(builder, text_item("grid"));
  memset(&array, 0, sizeof array);
  array.struct_size = sizeof array;
  array.data = (void *)grid;
  array.dtype = DELTOS_DTYPE_F64;
  array.ndim = 2;
  array.shape = shape;
  array.readonly = 1;
  ok(deltos_value_builder_put_view(builder, &array, 0, &error));
  put(builder, make_item(DELTOS_VALUE_END));
  return builder;
}

static deltos_item find_text(const deltos_object *value, uint64_t node, const char *key) {
  deltos_item wanted = text_item(key), found;
  ok(deltos_value_find(value, node, &wanted, NULL, &found, &error));
  return found;
}

static void assert_is_city(const deltos_object *value) {
  deltos_item found = find_text(value, 0, "name");
  deltos_view *view = NULL;
  assert_int_equal(found.kind, DELTOS_VALUE_UTF8);
  assert_int_equal(found.count, 3);
  assert_string_equal(found.data, "Ulm");
  assert_int_equal(find_text(value, 0, "population").i64, 126405);
  assert_int_equal(find_text(value, 0, "absent").kind, DELTOS_VALUE_END);
  found = find_text(value, 0, "at");
  assert_int_equal(found.kind, DELTOS_VALUE_TUPLE);
  assert_int_equal(found.detail, DELTOS_DTYPE_F64);
  assert_true(((const double *)found.data)[1] == 9.98);
  found = find_text(value, 0, "grid");
  assert_int_equal(found.kind, DELTOS_VALUE_NDARRAY);
  ok(deltos_value_view(value, found.node, DELTOS_VIEW_FULL_RO, &view, &error));
  assert_int_equal(view->ndim, 2);
  assert_int_equal(view->shape[1], 3);
  assert_string_equal(view->format, "d");
  assert_true(((const double *)view->data)[5] == 5);
  deltos_view_release(&view);
  expect(DELTOS_E_READONLY, deltos_value_view(value, found.node, DELTOS_VIEW_FULL, &view, &error));
  assert_null(view);
  ok(deltos_value_view(value, found.node, DELTOS_VIEW_FULL_RO, &view, &error));
  deltos_view_release(&view);
}

static void test_value__one_in_a_storage_is_sealed_and_comes_back(void **state) {
  world *w = *state;
  deltos_builder *builder = build_city();
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *value = NULL;
  ok(deltos_value_builder_store(builder, transaction, "ulm", &value, &error));
  assert_is_city(value);
  expect(DELTOS_E_EXISTS, deltos_value_builder_store(builder, transaction, "ulm", NULL, &error));
  ok(deltos_value_builder_store(builder, transaction, "again", NULL, &error));
  deltos_object_release(&value);
  commit(transaction);
  deltos_builder_release(&builder);
  assert_null(builder);
  ok(deltos_storage_close(&w->storage, &error));
  w->storage = open_mode(w->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  value = open_object(w->storage, "again");
  deltos_object_info info = stat_object(value);
  assert_int_equal(info.kind, DELTOS_KIND_VALUE);
  assert_int_equal(info.sealed, 1);
  assert_int_equal(info.writable, 0);
  assert_is_city(value);
  deltos_object_release(&value);
}

/* {"log": a long text, "same": that again, "key": 1}; gives the size that the value has in the storage. */
static uint64_t store_log(deltos_storage *storage, const char *log) {
  deltos_item named = text_item(log), share = make_item(DELTOS_VALUE_SHARE);
  deltos_transaction *transaction = begin(storage);
  deltos_builder *builder = begin_value();
  deltos_object *value = NULL;
  deltos_object_info info;
  named.node = share.node = 1;
  put(builder, make_item(DELTOS_VALUE_DICT));
  put(builder, text_item("log"));
  put(builder, named);
  put(builder, text_item("same"));
  put(builder, share);
  put(builder, text_item(log));
  put(builder, int_item(1));
  put(builder, make_item(DELTOS_VALUE_END));
  ok(deltos_value_builder_store(builder, transaction, "log", &value, &error));
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  ok(deltos_object_stat(value, &info, &error));
  deltos_object_release(&value);
  deltos_builder_release(&builder);
  commit(transaction);
  return info.payload_bytes;
}

static void assert_has_log(deltos_storage *storage, const char *log) {
  deltos_object *value = open_object(storage, "log");
  deltos_item found = find_text(value, 0, "log"), again;
  assert_int_equal(found.kind, DELTOS_VALUE_UTF8);
  assert_int_equal(found.count, strlen(log));
  assert_string_equal(found.data, log);
  again = find_text(value, 0, "same");
  assert_ptr_equal(again.data, found.data);
  assert_int_equal(find_text(value, 0, log).i64, 1);
  deltos_object_release(&value);
}

static void test_value__long_texts_are_compressed_where_the_storage_says_so(void **state) {
  world *w = *state;
  char log[20000] = "", copy[160];
  deltos_open_options options = options_for(DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  deltos_transaction *transaction;
  deltos_snapshot *snapshot = NULL;
  deltos_storage *plain = NULL, *copied = NULL;
  uint64_t bytes, found = 0;
  size_t at = 0;
  while (at + 64 < sizeof log) at += (size_t)sprintf(log + at, "line %zu of a long log\n", at);
  ok(deltos_storage_open_anonymous("plain", NULL, &plain, &error));
  bytes = store_log(plain, log);
  assert_true(bytes > 2 * at);
  assert_has_log(plain, log);
  deltos_storage_detach(&plain);
  options.flags = DELTOS_OPEN_COMPRESS;
  ok(deltos_storage_open(w->path, &options, &w->storage, &error));
  assert_true(store_log(w->storage, log) < bytes * 3 / 4);
  assert_has_log(w->storage, log);
  ok(deltos_storage_verify(w->storage, DELTOS_VERIFY_FULL, NULL, NULL, NULL, 0, &found, &error));
  snprintf(copy, sizeof copy, "%s.copy", w->path);
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  ok(deltos_snapshot_compact_to(snapshot, copy, NULL, &error));
  deltos_snapshot_release(&snapshot);
  copied = open_mode(copy, DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER);
  assert_has_log(copied, log);
  transaction = begin(copied);
  ok(deltos_transaction_delete(transaction, "log", &error));
  commit(transaction);
  assert_true(store_log(copied, log) < bytes * 3 / 4); /* the copy goes on compressing */
  assert_has_log(copied, log);
  deltos_storage_detach(&copied);
  options = options_for(DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  options.flags = DELTOS_OPEN_COMPRESS;
  expect(DELTOS_E_INVALID, deltos_storage_open(w->path, &options, &copied, &error));
}

static void test_value__packed_bytes_are_read_anywhere_aligned(void **state) {
  deltos_builder *builder = build_city();
  deltos_object *value = NULL, *other = NULL;
  uint64_t size = 0, short_size = 10;
  uint64_t hash = 0, other_hash = 1;
  uint8_t equal = 0;
  char *memory;
  (void)state;
  expect(DELTOS_E_TOO_SMALL, deltos_value_builder_pack(builder, NULL, &size, &error));
  assert_true(size > 100);
  memory = aligned_alloc(64, (size + 128) / 64 * 64);
  expect(DELTOS_E_TOO_SMALL, deltos_value_builder_pack(builder, memory, &short_size, &error));
  assert_int_equal(short_size, size);
  ok(deltos_value_builder_pack(builder, memory, &size, &error));
  ok(deltos_value_open_memory(memory, size, NULL, NULL, &value, &error));
  assert_is_city(value);
  ok(deltos_value_open_memory(memory, size, NULL, NULL, &other, &error));
  ok(deltos_value_hash(value, 0, &hash, &error));
  ok(deltos_value_hash(other, 0, &other_hash, &error));
  assert_true(hash == other_hash);
  ok(deltos_value_equal(value, 0, other, 0, &equal, &error));
  assert_int_equal(equal, 1);
  deltos_object_release(&other);
  expect(DELTOS_E_LAYOUT, deltos_value_open_memory(memory + 1, size - 1, NULL, NULL, &other, &error));
  expect(DELTOS_E_CORRUPT, deltos_value_open_memory(memory, size - 8, NULL, NULL, &other, &error));
  expect(DELTOS_E_INVALID, deltos_value_open_memory(NULL, 8, NULL, NULL, &other, &error));
  deltos_object_release(&value);
  memory[0] = 'x';
  expect(DELTOS_E_NOT_DELTOS, deltos_value_open_memory(memory, size, NULL, NULL, &other, &error));
  deltos_builder_release(&builder);
  free(memory);
}

static void count_release(void *user) { ++*(int *)user; }

static void test_value__memory_is_let_go_of_with_the_last_view(void **state) {
  deltos_builder *builder = build_city();
  deltos_object *value = NULL;
  deltos_view *view = NULL;
  uint64_t size = 4096;
  int released = 0;
  char *memory = aligned_alloc(64, 4096);
  (void)state;
  ok(deltos_value_builder_pack(builder, memory, &size, &error));
  deltos_builder_release(&builder);
  expect(DELTOS_E_CORRUPT, deltos_value_open_memory(memory, 40, count_release, &released, &value, &error));
  assert_int_equal(released, 0);
  ok(deltos_value_open_memory(memory, size, count_release, &released, &value, &error));
  ok(deltos_value_view(value, find_text(value, 0, "grid").node, DELTOS_VIEW_FULL_RO, &view, &error));
  deltos_object_release(&value);
  assert_int_equal(released, 0);
  deltos_view_release(&view);
  assert_int_equal(released, 1);
  free(memory);
}

static void test_value__elements_are_given_from_anywhere_on(void **state) {
  deltos_builder *builder = begin_value();
  deltos_object *value = NULL;
  deltos_item items[200];
  uint64_t size = 1 << 16, count = 0;
  char *memory = aligned_alloc(64, 1 << 16);
  (void)state;
  put(builder, make_item(DELTOS_VALUE_DICT));
  for (int64_t i = 0; i < 150; ++i) {
    put(builder, int_item(i));
    put(builder, int_item(-i));
  }
  put(builder, make_item(DELTOS_VALUE_END));
  ok(deltos_value_builder_pack(builder, memory, &size, &error));
  ok(deltos_value_open_memory(memory, size, NULL, NULL, &value, &error));
  ok(deltos_value_children(value, 0, 100, items, 200, &count, &error));
  assert_int_equal(count, 100);
  assert_int_equal(items[0].i64, 100);
  assert_int_equal(items[99].i64, -149);
  ok(deltos_value_children(value, 0, 3, items, 3, &count, &error));
  assert_int_equal(count, 2);
  assert_int_equal(items[1].i64, -3);
  ok(deltos_value_children(value, 0, 150, items, 200, &count, &error));
  assert_int_equal(count, 0);
  expect(DELTOS_E_KIND, deltos_value_children(value, items[1].node, 0, items, 2, &count, &error));
  expect(DELTOS_E_INVALID, deltos_value_children(value, 0, 0, NULL, 2, &count, &error));
  deltos_object_release(&value);
  deltos_builder_release(&builder);
  free(memory);
}

static void test_value__what_is_no_node_is_an_error(void **state) {
  deltos_builder *builder = build_city();
  deltos_object *value = NULL;
  deltos_item item = int_item(5);
  deltos_view *view = NULL;
  uint64_t size = 4096;
  char *memory = aligned_alloc(64, 4096);
  (void)state;
  ok(deltos_value_builder_pack(builder, memory, &size, &error));
  ok(deltos_value_open_memory(memory, size, NULL, NULL, &value, &error));
  expect(DELTOS_E_RANGE, deltos_value_read(value, 0xff, &item, &error));
  assert_int_equal(item.i64, 5);
  expect(DELTOS_E_CORRUPT, deltos_value_read(value, 0xffffff0000000a, &item, &error));
  expect(DELTOS_E_INVALID, deltos_value_read(NULL, 0, &item, &error));
  expect(DELTOS_E_INVALID, deltos_value_read(value, 0, NULL, &error));
  expect(DELTOS_E_KIND, deltos_value_view(value, 0, DELTOS_VIEW_FULL_RO, &view, &error));
  expect(DELTOS_E_KIND, deltos_value_find(value, find_text(value, 0, "name").node, &item, NULL, &item, &error));
  expect(DELTOS_E_INVALID, deltos_value_find(value, 0, NULL, NULL, &item, &error));
  deltos_object_release(&value);
  deltos_builder_release(&builder);
  free(memory);
}

static void test_value__a_builder_that_has_failed_goes_on_failing(void **state) {
  deltos_builder *builder = begin_value();
  deltos_item end = make_item(DELTOS_VALUE_END), item = int_item(1);
  uint64_t size = 0;
  (void)state;
  expect(DELTOS_E_INVALID, deltos_value_builder_pack(builder, NULL, &size, &error));
  expect(DELTOS_E_INVALID, deltos_value_builder_put(builder, &end, 1, &error));
  expect(DELTOS_E_INVALID, deltos_value_builder_put(builder, &item, 1, &error));
  expect(DELTOS_E_INVALID, deltos_value_builder_pack(builder, NULL, &size, &error));
  deltos_builder_release(&builder);
  deltos_builder_release(&builder);
  deltos_builder_release(NULL);
  expect(DELTOS_E_INVALID, deltos_value_builder_put(NULL, &item, 1, &error));
}

static void test_value__a_stored_one_is_never_changed(void **state) {
  world *w = *state;
  deltos_builder *builder = build_city();
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *value = NULL;
  deltos_view *view = NULL;
  ok(deltos_value_builder_store(builder, transaction, "ulm", &value, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_object_unseal(transaction, value, &error));
  expect(DELTOS_E_KIND, deltos_view_acquire(value, DELTOS_VIEW_FULL_RO, &view, &error));
  deltos_object_release(&value);
  commit(transaction);
  deltos_builder_release(&builder);
  value = open_object(w->storage, "ulm");
  expect(DELTOS_E_PINNED, deltos_storage_close(&w->storage, &error));
  deltos_object_release(&value);
  deltos_snapshot *snapshot = NULL;
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  ok(deltos_snapshot_compact_to(snapshot, w->other, NULL, &error));
  deltos_snapshot_release(&snapshot);
  deltos_storage *copy = open_mode(w->other, DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  value = open_object(copy, "ulm");
  assert_is_city(value);
  deltos_object_release(&value);
  ok(deltos_storage_close(&copy, &error));
}

static void test_value__json_goes_in_and_comes_out(void **state) {
  static const char text[] = "{\"name\":\"Ulm\",\"at\":[48.4,9.98],\"\xc3\xa4\":[1,null,{}]}";
  deltos_builder *builder = begin_value();
  deltos_object *value = NULL;
  uint64_t size = 4096, room = 0;
  char written[200];
  char *memory = aligned_alloc(64, 4096);
  (void)state;
  ok(deltos_value_builder_put_json(builder, text, strlen(text), &error));
  ok(deltos_value_builder_pack(builder, memory, &size, &error));
  ok(deltos_value_open_memory(memory, size, NULL, NULL, &value, &error));
  assert_true(((const double *)find_text(value, 0, "at").data)[1] == 9.98);
  expect(DELTOS_E_TOO_SMALL, deltos_value_to_json(value, 0, DELTOS_JSON_COMPACT, NULL, &room, &error));
  assert_int_equal(room, sizeof text);
  --room;
  expect(DELTOS_E_TOO_SMALL, deltos_value_to_json(value, 0, DELTOS_JSON_COMPACT, written, &room, &error));
  assert_int_equal(room, sizeof text);
  ok(deltos_value_to_json(value, 0, DELTOS_JSON_COMPACT, written, &room, &error));
  assert_string_equal(written, text);
  room = sizeof written;
  ok(deltos_value_to_json(value, find_text(value, 0, "name").node, DELTOS_JSON_INDENT, written, &room, &error));
  assert_string_equal(written, "\"Ulm\"");
  assert_int_equal(room, 6);
  room = sizeof written;
  ok(deltos_value_to_json(value, 0, DELTOS_JSON_ASCII, written, &room, &error));
  assert_non_null(strstr(written, "\\u00e4"));
  expect(DELTOS_E_INVALID, deltos_value_to_json(value, 0, 4, written, &room, &error));
  expect(DELTOS_E_INVALID, deltos_value_to_json(value, 0, 0, NULL, &room, &error));
  expect(DELTOS_E_INVALID, deltos_value_to_json(value, 0, 0, written, NULL, &error));
  expect(DELTOS_E_RANGE, deltos_value_to_json(value, 0xff, 0, written, &room, &error));
  deltos_object_release(&value);
  deltos_builder_release(&builder);
  free(memory);
}

static void test_value__what_is_no_json_is_told_with_its_place(void **state) {
  static const struct {
    const char *text;
    deltos_status status;
    const char *message;
  } cases[] = {
      {"[1,", DELTOS_E_FORMAT, "at byte 3"},
      {"{\"a\":1,\"a\":2}", DELTOS_E_DUPLICATE, "at byte 13"},
      {"1e999", DELTOS_E_RANGE, "at byte 5"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    deltos_builder *builder = begin_value();
    expect_message(cases[i].status, cases[i].message,
                   deltos_value_builder_put_json(builder, cases[i].text, strlen(cases[i].text), &error));
    expect(cases[i].status, deltos_value_builder_put_json(builder, "1", 1, &error));
    deltos_builder_release(&builder);
  }
  expect(DELTOS_E_INVALID, deltos_value_builder_put_json(NULL, "1", 1, &error));
  deltos_builder *builder = begin_value();
  expect(DELTOS_E_INVALID, deltos_value_builder_put_json(builder, NULL, 0, &error));
  ok(deltos_value_builder_put_json(builder, "1", 1, &error));
  deltos_builder_release(&builder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_value__one_in_a_storage_is_sealed_and_comes_back),
      in_world(test_value__long_texts_are_compressed_where_the_storage_says_so),
      cmocka_unit_test(test_value__packed_bytes_are_read_anywhere_aligned),
      cmocka_unit_test(test_value__memory_is_let_go_of_with_the_last_view),
      cmocka_unit_test(test_value__elements_are_given_from_anywhere_on),
      cmocka_unit_test(test_value__what_is_no_node_is_an_error),
      cmocka_unit_test(test_value__a_builder_that_has_failed_goes_on_failing),
      in_storage(test_value__a_stored_one_is_never_changed),
      cmocka_unit_test(test_value__json_goes_in_and_comes_out),
      cmocka_unit_test(test_value__what_is_no_json_is_told_with_its_place),
  };
  return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
