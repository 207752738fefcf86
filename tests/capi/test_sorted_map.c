/* sorted_map.h: every function, what it gives and what it refuses. That maps hold what was put, whatever is done to
 * them, is shown against a model below the C interface. */
#include "fixture.h"

static deltos_object *make_map(deltos_transaction *transaction, const char *name, int32_t key) {
  deltos_sorted_map_options options;
  deltos_object *map = NULL;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.key = key;
  ok(deltos_sorted_map_create(transaction, name, &options, &map, &error));
  assert_non_null(map);
  return map;
}

static void put(deltos_transaction *transaction, const deltos_object *map, const char *key, const char *value) {
  ok(deltos_sorted_map_put(transaction, map, key, strlen(key), value, strlen(value), NULL, &error));
}

static void put_number(deltos_transaction *transaction, const deltos_object *map, uint64_t key, const char *value) {
  ok(deltos_sorted_map_put(transaction, map, &key, sizeof key, value, strlen(value), NULL, &error));
}

static void assert_value(const deltos_snapshot *snapshot, const deltos_object *map, const char *key,
                         const char *expected) {
  deltos_bytes value;
  uint64_t id = 1;
  uint8_t present = 2;
  ok(deltos_sorted_map_get(snapshot, map, key, strlen(key), &value, &id, &present, &error));
  assert_int_equal(present, expected != NULL);
  assert_int_equal(id, 0);
  if (expected == NULL) {
    assert_null(value.data);
    return;
  }
  assert_non_null(value.data);
  assert_int_equal(value.size, strlen(expected));
  assert_memory_equal(value.data, expected, value.size);
}

/* The keys of a range, with spaces between them. */
static void assert_keys(const deltos_snapshot *snapshot, const deltos_object *map, const deltos_range *range,
                        const char *expected) {
  deltos_cursor *cursor = NULL;
  deltos_pair pairs[2];
  uint64_t count = 0, all = 0, counted = 0, i;
  char keys[512] = "";
  ok(deltos_sorted_map_range(snapshot, map, range, &cursor, &error));
  do {
    ok(deltos_cursor_next_pairs(cursor, pairs, 2, &count, &error));
    for (i = 0; i < count; ++i) {
      if (keys[0] != '\0') strcat(keys, " ");
      strncat(keys, pairs[i].key.data, (size_t)pairs[i].key.size);
    }
    all += count;
  } while (count != 0);
  deltos_cursor_release(&cursor);
  assert_string_equal(keys, expected);
  ok(deltos_sorted_map_count(snapshot, map, range, &counted, &error));
  assert_int_equal(counted, all);
}

static deltos_bytes bytes_of(const char *text) {
  deltos_bytes bytes;
  bytes.data = text;
  bytes.size = strlen(text);
  return bytes;
}

static deltos_sorted_map_info stat_map(const deltos_snapshot *snapshot, const deltos_object *map) {
  deltos_sorted_map_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  ok(deltos_sorted_map_stat(snapshot, map, &info, &error));
  return info;
}

static void test_sorted_map__what_is_put_is_seen_at_once_and_by_others_after_the_commit(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  const deltos_snapshot *now = deltos_transaction_snapshot(transaction);
  deltos_object *map = make_map(transaction, "m", DELTOS_KEY_BYTES), *seen;
  deltos_snapshot *before = NULL, *after = NULL;
  uint8_t flag = 2;
  ok(deltos_sorted_map_put(transaction, map, "b", 1, "1", 1, &flag, &error));
  assert_int_equal(flag, 0);
  ok(deltos_sorted_map_put(transaction, map, "b", 1, "22", 2, &flag, &error));
  assert_int_equal(flag, 1);
  put(transaction, map, "", "empty key");
  put(transaction, map, "a", "");
  assert_value(now, map, "b", "22");
  assert_value(now, map, "", "empty key");
  assert_value(now, map, "a", "");
  assert_value(now, map, "c", NULL);
  ok(deltos_snapshot_begin(w->storage, &before, &error));
  expect(DELTOS_E_STALE, deltos_sorted_map_get(before, map, "b", 1, NULL, NULL, &flag, &error));
  commit(transaction);
  ok(deltos_snapshot_begin(w->storage, &after, &error));
  assert_value(after, map, "b", "22");
  expect(DELTOS_E_STALE, deltos_sorted_map_get(before, map, "b", 1, NULL, NULL, &flag, &error));
  seen = open_object(w->storage, "m");
  assert_value(after, seen, "a", "");
  assert_int_equal(stat_object(seen).count, 3);
  assert_int_equal(stat_object(seen).kind, DELTOS_KIND_SORTED_MAP);
  assert_int_equal(stat_object(seen).payload_bytes, 2 + 11);
  assert_int_equal(stat_map(NULL, seen).count, 3);
  assert_int_equal(stat_map(after, seen).key_bytes, 2);
  assert_int_equal(stat_map(after, seen).value_bytes, 11);

  transaction = begin(w->storage);
  ok(deltos_sorted_map_remove(transaction, map, "b", 1, &flag, &error));
  assert_int_equal(flag, 1);
  ok(deltos_sorted_map_remove(transaction, map, "b", 1, &flag, &error));
  assert_int_equal(flag, 0);
  assert_value(deltos_transaction_snapshot(transaction), map, "b", NULL);
  assert_value(after, map, "b", "22");
  deltos_transaction_abort(&transaction);
  deltos_snapshot_release(&before);
  deltos_snapshot_release(&after);
  ok(deltos_snapshot_begin(w->storage, &after, &error));
  assert_value(after, map, "b", "22");
  deltos_snapshot_release(&after);
  deltos_object_release(&map);
  deltos_object_release(&seen);
}

static void test_sorted_map__ranges_go_both_ways_with_open_and_closed_ends(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  const deltos_snapshot *now = deltos_transaction_snapshot(transaction);
  deltos_object *map = make_map(transaction, "m", DELTOS_KEY_UTF8);
  const char *keys[] = {"elm", "ash", "oak", "beech", "birch", "b\xC3\xA4r"};
  const deltos_bytes b = bytes_of("b"), beech = bytes_of("beech"), elm = bytes_of("elm");
  deltos_range range;
  uint64_t removed = 0;
  size_t i;
  for (i = 0; i < 6; ++i) put(transaction, map, keys[i], "v");
  assert_keys(now, map, NULL, "ash beech birch b\xC3\xA4r elm oak");
  memset(&range, 0, sizeof range);
  range.reverse = 1;
  assert_keys(now, map, &range, "oak elm b\xC3\xA4r birch beech ash");
  range.from = &beech;
  range.to = &elm;
  assert_keys(now, map, &range, "b\xC3\xA4r birch beech");
  range.reverse = 0;
  assert_keys(now, map, &range, "beech birch b\xC3\xA4r");
  range.open_from = range.closed_to = 1;
  assert_keys(now, map, &range, "birch b\xC3\xA4r elm");
  range.prefix = &b;
  assert_keys(now, map, &range, "birch b\xC3\xA4r");
  range.from = &elm;
  assert_keys(now, map, &range, "");
  memset(&range, 0, sizeof range);
  range.prefix = &b;
  assert_keys(now, map, &range, "beech birch b\xC3\xA4r");
  ok(deltos_sorted_map_remove_range(transaction, map, &range, &removed, &error));
  assert_int_equal(removed, 3);
  assert_keys(now, map, NULL, "ash elm oak");
  ok(deltos_sorted_map_remove_range(transaction, map, NULL, &removed, &error));
  assert_int_equal(removed, 3);
  assert_keys(now, map, NULL, "");
  assert_int_equal(stat_map(now, map).height, 0);
  put(transaction, map, "again", "v");
  assert_keys(now, map, NULL, "again");
  commit(transaction);
  deltos_object_release(&map);
}

static void test_sorted_map__neighbours_of_a_key_are_found(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  const deltos_snapshot *now = deltos_transaction_snapshot(transaction);
  deltos_object *map = make_map(transaction, "m", DELTOS_KEY_U64);
  deltos_pair pair;
  uint8_t present = 2;
  const uint64_t keys[] = {10, 20, UINT64_MAX, 300}, asked = 20;
  const struct {
    int32_t which;
    uint64_t key, found;
    uint8_t present;
  } cases[] = {
      {DELTOS_FIND_FIRST, 0, 10, 1},      {DELTOS_FIND_LAST, 0, UINT64_MAX, 1},  {DELTOS_FIND_AT_LEAST, 20, 20, 1},
      {DELTOS_FIND_ABOVE, 20, 300, 1},    {DELTOS_FIND_AT_MOST, 20, 20, 1},      {DELTOS_FIND_BELOW, 20, 10, 1},
      {DELTOS_FIND_AT_LEAST, 21, 300, 1}, {DELTOS_FIND_AT_MOST, 21, 20, 1},      {DELTOS_FIND_BELOW, 10, 0, 0},
      {DELTOS_FIND_AT_MOST, 9, 0, 0},     {DELTOS_FIND_ABOVE, UINT64_MAX, 0, 0},
  };
  size_t i;
  ok(deltos_sorted_map_find(now, map, DELTOS_FIND_FIRST, NULL, 0, &pair, &present, &error));
  assert_int_equal(present, 0);
  for (i = 0; i < 4; ++i) put_number(transaction, map, keys[i], "v");
  for (i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    ok(deltos_sorted_map_find(now, map, cases[i].which, &cases[i].key, 8, &pair, &present, &error));
    assert_int_equal(present, cases[i].present);
    assert_true(pair.number == cases[i].found);
    if (present != 0) assert_memory_equal(pair.key.data, &cases[i].found, 8);
  }
  expect(DELTOS_E_INVALID, deltos_sorted_map_find(now, map, 6, &asked, 8, &pair, &present, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_find(now, map, 2, &asked, 8, NULL, &present, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_find(now, map, 2, &asked, 8, &pair, NULL, &error));
  expect(DELTOS_E_TYPE, deltos_sorted_map_find(now, map, 2, &asked, 4, &pair, &present, &error));
  deltos_transaction_abort(&transaction);
  deltos_object_release(&map);
}

static void test_sorted_map__columns_are_put_loaded_and_looked_up(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  const deltos_snapshot *now = deltos_transaction_snapshot(transaction);
  deltos_object *map = make_map(transaction, "m", DELTOS_KEY_BYTES);
  deltos_object *by_number = make_map(transaction, "n", DELTOS_KEY_U64);
  const deltos_bytes names[3] = {{"b", 1}, {"a", 1}, {"b", 1}}, rising[2] = {{"c", 1}, {"d", 1}};
  const int64_t offsets[4] = {0, 1, 1, 3}, falling[4] = {0, 1, 0, 3};
  const uint64_t ids[3] = {1, 256, 70000}, asked[2] = {256, 2};
  const deltos_column keys = slices(names, 3), more = slices(rising, 2), by_id = items(ids, 3, 8);
  deltos_column values, wanted = items(asked, 2, 8), wrong;
  deltos_bytes found[2];
  uint64_t object_ids[2], added = 0, hits = 9;
  uint8_t present[2];
  memset(&values, 0, sizeof values);
  values.layout = DELTOS_COLUMN_OFFSETS;
  values.count = 3;
  values.data = "123";
  values.offsets = offsets;
  ok(deltos_sorted_map_put_many(transaction, map, &keys, &values, &added, &error));
  assert_int_equal(added, 2);
  assert_value(now, map, "a", "");
  assert_value(now, map, "b", "23");
  values.offsets = falling;
  expect_message(DELTOS_E_RANGE, "pair 1", deltos_sorted_map_put_many(transaction, map, &keys, &values, NULL, &error));
  assert_value(now, map, "b", "23");
  expect(DELTOS_E_DUPLICATE, deltos_sorted_map_load(transaction, map, &keys, &keys, &error));
  ok(deltos_sorted_map_load(transaction, map, &more, &more, &error));
  assert_keys(now, map, NULL, "a b c d");
  expect_message(DELTOS_E_RANGE, "pair 0", deltos_sorted_map_load(transaction, map, &more, &more, &error));
  wrong = slices(&rising[1], 1);
  expect(DELTOS_E_DUPLICATE, deltos_sorted_map_load(transaction, map, &wrong, &wrong, &error));
  expect(DELTOS_E_TYPE, deltos_sorted_map_put_many(transaction, map, &keys, &more, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_put_many(transaction, map, NULL, &more, NULL, &error));

  ok(deltos_sorted_map_load(transaction, by_number, &by_id, &by_id, &error));
  ok(deltos_sorted_map_get_many(now, by_number, &wanted, found, object_ids, present, &hits, &error));
  assert_int_equal(hits, 1);
  assert_int_equal(present[0], 1);
  assert_int_equal(present[1], 0);
  assert_int_equal(found[0].size, 8);
  assert_memory_equal(found[0].data, &ids[1], 8);
  assert_null(found[1].data);
  ok(deltos_sorted_map_get_many(now, by_number, &wanted, NULL, NULL, NULL, &hits, &error));
  assert_int_equal(hits, 1);
  expect(DELTOS_E_TYPE, deltos_sorted_map_get_many(now, by_number, &keys, found, NULL, NULL, NULL, &error));
  wrong = wanted;
  wrong.dtype = DELTOS_DTYPE_I64;
  expect(DELTOS_E_TYPE, deltos_sorted_map_get_many(now, by_number, &wrong, found, NULL, NULL, NULL, &error));
  wrong.layout = 77;
  expect(DELTOS_E_INVALID, deltos_sorted_map_get_many(now, map, &wrong, found, NULL, NULL, NULL, &error));
  wrong = wanted;
  wrong.data = NULL;
  expect(DELTOS_E_INVALID, deltos_sorted_map_get_many(now, by_number, &wrong, found, NULL, NULL, NULL, &error));
  deltos_transaction_abort(&transaction);
  deltos_object_release(&map);
  deltos_object_release(&by_number);
}

static void test_sorted_map__values_can_be_long_and_can_be_objects(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  const deltos_snapshot *now = deltos_transaction_snapshot(transaction);
  deltos_object *map = make_map(transaction, "m", DELTOS_KEY_BYTES), *other = make_map(transaction, "o", 0);
  const uint64_t longest = 16777216;
  char *value = calloc(1, (size_t)longest + 1);
  deltos_bytes found;
  deltos_pair pair;
  uint64_t id = 0;
  uint8_t present = 0;
  deltos_object *opened = NULL;
  memset(value, 'v', (size_t)longest);
  ok(deltos_sorted_map_put(transaction, map, "long", 4, value, longest, NULL, &error));
  ok(deltos_sorted_map_put(transaction, map, "page", 4, value, 960, NULL, &error));
  ok(deltos_sorted_map_put(transaction, map, "slot", 4, value, 961, NULL, &error));
  expect(DELTOS_E_LIMIT, deltos_sorted_map_put(transaction, map, "l", 1, value, longest + 1, NULL, &error));
  expect(DELTOS_E_LIMIT, deltos_sorted_map_put(transaction, map, value, 1025, "", 0, NULL, &error));
  ok(deltos_sorted_map_put(transaction, map, value, 1024, "", 0, NULL, &error));
  ok(deltos_sorted_map_get(now, map, value, 1025, NULL, NULL, &present, &error));
  assert_int_equal(present, 0);
  ok(deltos_sorted_map_put_object(transaction, map, "o", 1, other, NULL, &error));
  assert_int_equal(stat_map(now, map).long_values, 2);
  assert_int_equal(stat_map(now, map).objects, 1);
  assert_int_equal(stat_map(now, map).count, 5);
  ok(deltos_sorted_map_get(now, map, "long", 4, &found, &id, NULL, &error));
  assert_int_equal(found.size, longest);
  assert_memory_equal(found.data, value, (size_t)longest);
  ok(deltos_sorted_map_get(now, map, "o", 1, &found, &id, &present, &error));
  assert_int_equal(present, 1);
  assert_null(found.data);
  ok(deltos_object_open_id(now, id, DELTOS_KIND_SORTED_MAP, &opened, &error));
  ok(deltos_sorted_map_find(now, map, DELTOS_FIND_AT_LEAST, "o", 1, &pair, &present, &error));
  assert_int_equal(pair.object_id, id);
  assert_null(pair.value.data);
  ok(deltos_transaction_delete(transaction, "o", &error));
  expect(DELTOS_E_NOT_FOUND, deltos_sorted_map_put_object(transaction, map, "o", 1, other, NULL, &error));
  free(value);
  deltos_object_release(&opened);
  deltos_object_release(&other);
  deltos_object_release(&map);
  deltos_transaction_abort(&transaction);
}

static void test_sorted_map__a_cursor_goes_where_it_is_sent(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  deltos_object *map = make_map(transaction, "m", DELTOS_KEY_U64);
  deltos_snapshot *snapshot = NULL;
  deltos_cursor *cursor = NULL, *names = NULL;
  deltos_range range;
  deltos_entry entry;
  deltos_pair pairs[200];
  uint64_t count = 0, key;
  const uint64_t low = 10, high = 90;
  const deltos_bytes from = {&low, 8}, to = {&high, 8};
  for (key = 0; key < 100; ++key) put_number(transaction, map, key, "v");
  commit(transaction);
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  memset(&range, 0, sizeof range);
  range.from = &from;
  range.to = &to;
  ok(deltos_sorted_map_range(snapshot, map, &range, &cursor, &error));
  deltos_object_release(&map);
  ok(deltos_cursor_next_pairs(cursor, pairs, 200, &count, &error));
  assert_int_equal(count, 80);
  assert_int_equal(pairs[79].number, 89);
  ok(deltos_cursor_next_pairs(cursor, pairs, 200, &count, &error));
  assert_int_equal(count, 0);
  key = 50;
  ok(deltos_cursor_seek_pair(cursor, &key, 8, &error));
  ok(deltos_cursor_next_pairs(cursor, pairs, 1, &count, &error));
  assert_int_equal(pairs[0].number, 50);
  key = 0;
  ok(deltos_cursor_seek_pair(cursor, &key, 8, &error));
  ok(deltos_cursor_next_pairs(cursor, pairs, 1, &count, &error));
  assert_int_equal(pairs[0].number, 10);
  key = 95;
  ok(deltos_cursor_seek_pair(cursor, &key, 8, &error));
  ok(deltos_cursor_next_pairs(cursor, pairs, 1, &count, &error));
  assert_int_equal(count, 0);
  expect(DELTOS_E_TYPE, deltos_cursor_seek_pair(cursor, &key, 7, &error));
  expect(DELTOS_E_INVALID, deltos_cursor_next_entries(cursor, &entry, 1, &count, &error));
  expect(DELTOS_E_INVALID, deltos_cursor_next_pairs(cursor, pairs, 0, &count, &error));
  expect(DELTOS_E_INVALID, deltos_cursor_next_pairs(cursor, NULL, 1, &count, &error));
  ok(deltos_snapshot_list(snapshot, "", DELTOS_LIST_ALL, &names, &error));
  expect(DELTOS_E_INVALID, deltos_cursor_next_pairs(names, pairs, 1, &count, &error));
  expect(DELTOS_E_INVALID, deltos_cursor_seek_pair(names, &key, 8, &error));
  deltos_cursor_release(&names);
  deltos_cursor_release(&cursor);
  deltos_snapshot_release(&snapshot);
}

static void test_sorted_map__what_cannot_be_is_refused(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  const deltos_snapshot *now = deltos_transaction_snapshot(transaction);
  deltos_object *map = make_map(transaction, "m", DELTOS_KEY_UTF8), *number, *buffer, *none = NULL;
  deltos_sorted_map_options options;
  deltos_view *view = NULL;
  deltos_cursor *cursor = NULL;
  deltos_range range;
  deltos_bytes missing, prefix = {"", 0};
  uint64_t count = 0;
  int64_t length = 1;
  number = make_map(transaction, "n", DELTOS_KEY_U64);
  ok(deltos_buffer_create_zeroed(transaction, "b", "d", 0, 1, &length, &buffer, &error));
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.key = DELTOS_KEY_VALUE;
  expect(DELTOS_E_INVALID, deltos_sorted_map_create(transaction, "x", &options, &none, &error));
  options.key = -1;
  expect(DELTOS_E_INVALID, deltos_sorted_map_create(transaction, "x", &options, &none, &error));
  options.struct_size = 4;
  expect(DELTOS_E_STRUCT, deltos_sorted_map_create(transaction, "x", &options, &none, &error));
  expect(DELTOS_E_EXISTS, deltos_sorted_map_create(transaction, "m", NULL, &none, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_create(transaction, "/", NULL, &none, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_create(NULL, "x", NULL, &none, &error));
  assert_null(none);
  expect(DELTOS_E_INVALID, deltos_sorted_map_put(transaction, map, "\xFF", 1, "", 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_put(transaction, map, NULL, 1, "", 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_put(transaction, map, "k", 1, NULL, 1, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_put(transaction, NULL, "k", 1, "", 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_put(NULL, map, "k", 1, "", 0, NULL, &error));
  expect(DELTOS_E_KIND, deltos_sorted_map_put(transaction, buffer, "k", 1, "", 0, NULL, &error));
  expect(DELTOS_E_TYPE, deltos_sorted_map_put(transaction, number, "k", 1, "", 0, NULL, &error));
  expect(DELTOS_E_KIND, deltos_sorted_map_get(now, buffer, "k", 1, NULL, NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_get(NULL, map, "k", 1, NULL, NULL, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_count(now, map, NULL, NULL, &error));
  memset(&range, 0, sizeof range);
  range.prefix = &prefix;
  expect(DELTOS_E_INVALID, deltos_sorted_map_count(now, number, &range, &count, &error));
  range.reverse = 2;
  expect(DELTOS_E_INVALID, deltos_sorted_map_count(now, map, &range, &count, &error));
  range.reverse = 0;
  range.reserved[4] = 1;
  expect(DELTOS_E_INVALID, deltos_sorted_map_range(now, map, &range, &cursor, &error));
  memset(&range, 0, sizeof range);
  missing.data = NULL;
  missing.size = 1;
  range.to = &missing;
  expect(DELTOS_E_INVALID, deltos_sorted_map_remove_range(transaction, map, &range, &count, &error));
  assert_null(cursor);
  expect(DELTOS_E_KIND, deltos_view_acquire(map, DELTOS_VIEW_FULL_RO, &view, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_object_seal(transaction, map, &error));
  expect(DELTOS_E_UNSUPPORTED, deltos_object_file_offset(map, &count, &error));
  commit(transaction);
  deltos_object_release(&map);
  deltos_object_release(&number);
  deltos_object_release(&buffer);
}

static void test_sorted_map__a_map_that_is_gone_or_of_another_storage_is_refused(void **state) {
  world *w = *state;
  deltos_storage *other = open_mode(w->other, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW);
  deltos_transaction *transaction = begin(w->storage), *elsewhere = begin(other);
  deltos_object *map = make_map(transaction, "m", 0), *foreign = make_map(elsewhere, "m", 0);
  deltos_cursor *cursor = NULL;
  deltos_snapshot *snapshot = NULL;
  deltos_pair pair;
  uint64_t count = 0;
  uint8_t changed = 0;
  put(transaction, map, "k", "v");
  expect(DELTOS_E_INVALID, deltos_sorted_map_put(transaction, foreign, "k", 1, "", 0, NULL, &error));
  expect(DELTOS_E_INVALID, deltos_sorted_map_put_object(transaction, map, "k", 1, foreign, NULL, &error));
  expect(DELTOS_E_INVALID,
         deltos_sorted_map_get(deltos_transaction_snapshot(elsewhere), map, "k", 1, NULL, NULL, NULL, &error));
  ok(deltos_sorted_map_range(deltos_transaction_snapshot(transaction), map, NULL, &cursor, &error));
  commit(transaction);
  expect(DELTOS_E_STALE, deltos_cursor_next_pairs(cursor, &pair, 1, &count, &error));
  deltos_cursor_release(&cursor);
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));

  transaction = begin(w->storage);
  put(transaction, map, "l", "v");
  commit(transaction);
  ok(deltos_object_refresh(&map, &changed, &error));
  assert_int_equal(changed, 1);
  assert_int_equal(stat_map(NULL, map).count, 2);
  assert_int_equal(stat_map(snapshot, map).count, 1);

  transaction = begin(w->storage);
  ok(deltos_transaction_delete(transaction, "m", &error));
  expect(DELTOS_E_STALE, deltos_sorted_map_put(transaction, map, "k", 1, "", 0, NULL, &error));
  expect(DELTOS_E_STALE,
         deltos_sorted_map_get(deltos_transaction_snapshot(transaction), map, "k", 1, NULL, NULL, NULL, &error));
  commit(transaction);
  assert_value(snapshot, map, "k", "v");
  assert_int_equal(stat_object(map).current, 0);
  deltos_transaction_abort(&elsewhere);
  deltos_object_release(&foreign);
  ok(deltos_storage_close(&other, &error));
  ok(deltos_sorted_map_range(snapshot, map, NULL, &cursor, &error));
  deltos_storage_detach(&w->storage);
  expect(DELTOS_E_CLOSED, deltos_sorted_map_get(snapshot, map, "k", 1, NULL, NULL, NULL, &error));
  expect(DELTOS_E_CLOSED, deltos_cursor_next_pairs(cursor, &pair, 1, &count, &error));
  deltos_cursor_release(&cursor);
  deltos_snapshot_release(&snapshot);
  deltos_object_release(&map);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_sorted_map__what_is_put_is_seen_at_once_and_by_others_after_the_commit),
      in_storage(test_sorted_map__ranges_go_both_ways_with_open_and_closed_ends),
      in_storage(test_sorted_map__neighbours_of_a_key_are_found),
      in_storage(test_sorted_map__columns_are_put_loaded_and_looked_up),
      in_storage(test_sorted_map__values_can_be_long_and_can_be_objects),
      in_storage(test_sorted_map__a_cursor_goes_where_it_is_sent),
      in_storage(test_sorted_map__what_cannot_be_is_refused),
      in_storage(test_sorted_map__a_map_that_is_gone_or_of_another_storage_is_refused),
  };
  return cmocka_run_group_tests_name("sorted_map", tests, NULL, NULL);
}
