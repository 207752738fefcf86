/* The operations of the corpus on sorted maps. */
#include <string.h>

#include "maps.h"

static const word which_words[] = {{"first", DELTOS_FIND_FIRST},
                                   {"last", DELTOS_FIND_LAST},
                                   {"at-least", DELTOS_FIND_AT_LEAST},
                                   {"above", DELTOS_FIND_ABOVE},
                                   {"at-most", DELTOS_FIND_AT_MOST},
                                   {"below", DELTOS_FIND_BELOW},
                                   {NULL, 0}};

static int do_create_sorted(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  deltos_object *map = NULL;
  TRY(create_sorted_map(s, transaction, step, &map));
  return name_thing(s, step, OBJECT, map);
}

static int do_open_sorted(scene *s, const json_t *step) { return open_kind(s, step, DELTOS_KIND_SORTED_MAP); }

static int stat_of(scene *s, const deltos_snapshot *snapshot, const deltos_object *map, deltos_sorted_map_info *info) {
  memset(info, 0, sizeof *info);
  info->struct_size = sizeof *info;
  return deltos_sorted_map_stat(snapshot, map, info, &s->error);
}

static int do_sorted_info(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  const deltos_snapshot *snapshot = NULL;
  deltos_sorted_map_info info;
  if (json_object_get(step, "from") != NULL) TRY(reader_of(s, step, &snapshot));
  TRY(stat_of(s, snapshot, map, &info));
  const char *key = key_word(info.key);
  return expect_text(s, step, "key", key, strlen(key)) || expect_int(s, step, "count", info.count) ||
         expect_int(s, step, "key_bytes", info.key_bytes) || expect_int(s, step, "value_bytes", info.value_bytes) ||
         expect_int(s, step, "long_values", info.long_values) || expect_int(s, step, "objects", info.objects);
}

/* How the keys of a map that is open are written. */
static int form_of(scene *s, const deltos_object *map, form *as) {
  deltos_sorted_map_info info;
  TRY(stat_of(s, NULL, map, &info));
  *as = form_of_key(info.key);
  return DONE;
}

/* The object that a value names, or NULL: it is bytes. */
static const json_t *object_named(const json_t *value) { return json_object_get(value, "object"); }

/* Changing */

static int do_put_pair(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  HANDLE(deltos_object, map, "map", OBJECT);
  const json_t *given = json_object_get(step, "value");
  deltos_bytes key, value;
  uint8_t replaced = 0;
  TRY(encode(s, json_object_get(step, "key"), AS_BYTES, &key));
  if (object_named(given) != NULL) {
    deltos_object *object = handle_of(s, given, "object", OBJECT);
    if ((void *)object == (void *)&mismatch) return WRONG;
    TRY(deltos_sorted_map_put_object(transaction, map, key.data, key.size, object, &replaced, &s->error));
  } else {
    TRY(encode(s, given, AS_BYTES, &value));
    TRY(deltos_sorted_map_put(transaction, map, key.data, key.size, value.data, value.size, &replaced, &s->error));
  }
  return expect_bool(s, step, "replaced", replaced);
}

/* The PAIRS of a step as columns. */
static int given_pairs(scene *s, const json_t *step, form as, deltos_column *keys, deltos_column *values) {
  return give_pairs(s, write_pairs(s, json_object_get(step, "pairs"), as, AS_BYTES), as, AS_BYTES, keys, values);
}

static int do_put_pairs(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  HANDLE(deltos_object, map, "map", OBJECT);
  deltos_column keys, values;
  form as;
  uint64_t added = 0;
  TRY(form_of(s, map, &as));
  TRY(given_pairs(s, step, as, &keys, &values));
  TRY(deltos_sorted_map_put_many(transaction, map, &keys, &values, &added, &s->error));
  return expect_int(s, step, "added", added);
}

static int do_load_pairs(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  HANDLE(deltos_object, map, "map", OBJECT);
  deltos_column keys, values;
  form as;
  TRY(form_of(s, map, &as));
  TRY(given_pairs(s, step, as, &keys, &values));
  return deltos_sorted_map_load(transaction, map, &keys, &values, &s->error);
}

static int do_remove_pair(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  HANDLE(deltos_object, map, "map", OBJECT);
  deltos_bytes key;
  uint8_t removed = 0;
  TRY(encode(s, json_object_get(step, "key"), AS_BYTES, &key));
  TRY(deltos_sorted_map_remove(transaction, map, key.data, key.size, &removed, &s->error));
  return expect_bool(s, step, "removed", removed);
}

/* Ranges */

static int given_bound(scene *s, const json_t *range, const char *field, deltos_bytes *bound,
                       const deltos_bytes **used) {
  const json_t *node = json_object_get(range, field);
  if (node == NULL) return DONE;
  *used = bound;
  return encode(s, node, AS_BYTES, bound);
}

/* The range of a step, NULL where it has none. */
static int range_field(scene *s, const json_t *step, const deltos_range **used) {
  const json_t *written = json_object_get(step, "range");
  *used = NULL;
  if (written == NULL) return DONE;
  deltos_range *range = keep(s, sizeof *range);
  deltos_bytes *bounds = keep(s, sizeof *bounds * 3);
  TRY(given_bound(s, written, "from", &bounds[0], &range->from));
  TRY(given_bound(s, written, "to", &bounds[1], &range->to));
  TRY(given_bound(s, written, "prefix", &bounds[2], &range->prefix));
  range->open_from = (uint8_t)bool_field(written, "open_from", 0);
  range->closed_to = (uint8_t)bool_field(written, "closed_to", 0);
  range->reverse = (uint8_t)bool_field(written, "reverse", 0);
  *used = range;
  return DONE;
}

static int do_remove_pairs(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  HANDLE(deltos_object, map, "map", OBJECT);
  const deltos_range *range = NULL;
  uint64_t removed = 0;
  TRY(range_field(s, step, &range));
  TRY(deltos_sorted_map_remove_range(transaction, map, range, &removed, &s->error));
  return expect_int(s, step, "count", removed);
}

static int do_count_pairs(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  const deltos_snapshot *snapshot = NULL;
  const deltos_range *range = NULL;
  uint64_t count = 0;
  TRY(reader_of(s, step, &snapshot));
  TRY(range_field(s, step, &range));
  TRY(deltos_sorted_map_count(snapshot, map, range, &count, &s->error));
  return expect_int(s, step, "count", count);
}

/* Comparing */

static int expect_object_id(scene *s, const json_t *expected, uint64_t actual) {
  deltos_object_info info;
  const deltos_object *object = handle_of(s, expected, "object", OBJECT);
  if ((const void *)object == (const void *)&mismatch) return WRONG;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_object_stat(object, &info, &s->error));
  return info.id == actual ? DONE : wrong(s, "the value is object %llu", (unsigned long long)actual);
}

/* Compares a value, which is bytes or an object. */
static int expect_content(scene *s, const json_t *expected, deltos_bytes value, uint64_t object_id) {
  if (object_named(expected) != NULL) {
    return value.data == NULL ? expect_object_id(s, expected, object_id) : wrong(s, "a value is bytes, not an object");
  }
  if (value.data == NULL || object_id != 0) return wrong(s, "a value has no bytes");
  return expect_encoded(s, "value", expected, AS_BYTES, value);
}

static int expect_pair(scene *s, const json_t *expected, form as, const deltos_pair *pair) {
  uint64_t number = 0;
  TRY(expect_encoded(s, "key", json_array_get(expected, 0), AS_BYTES, pair->key));
  if (as == AS_NUMBER) memcpy(&number, pair->key.data, sizeof number);
  if (pair->number != number) return wrong(s, "the key is %llu as a number", (unsigned long long)pair->number);
  return expect_content(s, json_array_get(expected, 1), pair->value, pair->object_id);
}

static int do_get_pair(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  const deltos_snapshot *snapshot = NULL;
  const json_t *expected = json_object_get(step, "value");
  deltos_bytes key, value = {NULL, 0};
  uint64_t object_id = 0;
  uint8_t present = 0;
  TRY(reader_of(s, step, &snapshot));
  TRY(encode(s, json_object_get(step, "key"), AS_BYTES, &key));
  TRY(deltos_sorted_map_get(snapshot, map, key.data, key.size, &value, &object_id, &present, &s->error));
  if (!present != (value.data == NULL && object_id == 0)) return wrong(s, "a key that is absent has a value");
  if (bool_field(step, "absent", 0) && present) return wrong(s, "expected no such key, and there is one");
  if (expected == NULL) return DONE;
  return present ? expect_content(s, expected, value, object_id) : wrong(s, "the key is not there");
}

static int do_get_pairs(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  const deltos_snapshot *snapshot = NULL;
  const json_t *expected;
  deltos_column keys;
  form as;
  uint64_t hits = 0;
  size_t i;
  TRY(reader_of(s, step, &snapshot));
  TRY(form_of(s, map, &as));
  TRY(give_keys(s, write_keys(s, json_object_get(step, "keys"), as), as, &keys));
  deltos_bytes *values = keep(s, sizeof *values * (size_t)keys.count);
  uint64_t *ids = keep(s, sizeof *ids * (size_t)keys.count);
  uint8_t *present = keep(s, (size_t)keys.count);
  TRY(deltos_sorted_map_get_many(snapshot, map, &keys, values, ids, present, &hits, &s->error));
  json_array_foreach(json_object_get(step, "values"), i, expected) {
    if (json_is_null(expected) == (present[i] != 0))
      return wrong(s, "key %zu is %s", i, present[i] ? "there" : "absent");
    if (present[i]) TRY(expect_content(s, expected, values[i], ids[i]));
  }
  return expect_int(s, step, "hits", hits);
}

static int do_find_pair(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  const deltos_snapshot *snapshot = NULL;
  const json_t *expected = json_object_get(step, "pair"), *node = json_object_get(step, "key");
  deltos_bytes key = {NULL, 0};
  deltos_pair pair;
  form as;
  int64_t which = 0;
  uint8_t present = 0;
  TRY(reader_of(s, step, &snapshot));
  TRY(form_of(s, map, &as));
  TRY(number_of(s, which_words, text_field(step, "which", ""), &which));
  if (node != NULL) TRY(encode(s, node, AS_BYTES, &key));
  TRY(deltos_sorted_map_find(snapshot, map, (int32_t)which, key.data, key.size, &pair, &present, &s->error));
  if (bool_field(step, "absent", 0) && present) return wrong(s, "expected no such pair, and there is one");
  if (expected == NULL) return DONE;
  return present ? expect_pair(s, expected, as, &pair) : wrong(s, "there is no such pair");
}

/* Walks */

static int begin_walk(scene *s, const json_t *step, const deltos_object *map, deltos_cursor **cursor) {
  const deltos_snapshot *snapshot = NULL;
  const deltos_range *range = NULL;
  TRY(reader_of(s, step, &snapshot));
  TRY(range_field(s, step, &range));
  return deltos_sorted_map_range(snapshot, map, range, cursor, &s->error);
}

/* Compares what is left of a walk, a few pairs at a time. */
static int expect_rest(scene *s, deltos_cursor *cursor, form as, const json_t *expected) {
  enum { AT_ONCE = 5 };
  deltos_pair pairs[AT_ONCE];
  size_t at = 0;
  uint64_t count = 0;
  do {
    TRY(deltos_cursor_next_pairs(cursor, pairs, AT_ONCE, &count, &s->error));
    for (uint64_t i = 0; i < count; ++i) {
      if (at == json_array_size(expected)) return wrong(s, "there are more pairs than %zu", at);
      TRY(expect_pair(s, json_array_get(expected, at++), as, &pairs[i]));
    }
  } while (count != 0);
  return at == json_array_size(expected) ? DONE : wrong(s, "there are %zu pairs", at);
}

static int do_read_pairs(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  deltos_cursor *cursor = NULL;
  form as;
  TRY(form_of(s, map, &as));
  TRY(begin_walk(s, step, map, &cursor));
  const int verdict = expect_rest(s, cursor, as, write_pairs(s, json_object_get(step, "pairs"), as, AS_BYTES));
  deltos_cursor_release(&cursor);
  return verdict;
}

static int do_walk_pairs(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  deltos_cursor *cursor = NULL;
  TRY(begin_walk(s, step, map, &cursor));
  return name_thing(s, step, CURSOR, cursor);
}

static int do_next_pairs(scene *s, const json_t *step) {
  HANDLE(deltos_cursor, cursor, "cursor", CURSOR);
  const json_t *expected = json_object_get(step, "pairs"), *pair;
  const uint64_t capacity = (uint64_t)int_field(step, "capacity", 1);
  deltos_pair *pairs = keep(s, sizeof *pairs * (size_t)capacity);
  uint64_t count = 0;
  size_t i;
  TRY(deltos_cursor_next_pairs(cursor, pairs, capacity, &count, &s->error));
  if (expected != NULL && json_array_size(expected) != count) {
    return wrong(s, "%llu pairs came", (unsigned long long)count);
  }
  json_array_foreach(expected, i, pair) {
    const int is_number = json_object_get(json_array_get(pair, 0), "int") != NULL;
    TRY(expect_pair(s, pair, is_number ? AS_NUMBER : AS_BYTES, &pairs[i]));
  }
  return DONE;
}

static int do_seek_pair(scene *s, const json_t *step) {
  HANDLE(deltos_cursor, cursor, "cursor", CURSOR);
  deltos_bytes key;
  TRY(encode(s, json_object_get(step, "key"), AS_BYTES, &key));
  return deltos_cursor_seek_pair(cursor, key.data, key.size, &s->error);
}

/* Descriptions */

int create_sorted_map(scene *s, deltos_transaction *transaction, const json_t *described, deltos_object **map) {
  const json_t *given = json_object_get(described, "pairs");
  deltos_sorted_map_options options;
  deltos_column keys, values;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  TRY(key_field(s, described, &options.key));
  const form as = form_of_key(options.key);
  TRY(deltos_sorted_map_create(transaction, text_field(described, "name", NULL), &options, map, &s->error));
  if (given == NULL) return DONE;
  TRY(give_pairs(s, write_pairs(s, given, as, AS_BYTES), as, AS_BYTES, &keys, &values));
  return deltos_sorted_map_put_many(transaction, *map, &keys, &values, NULL, &s->error);
}

int expect_sorted_map(scene *s, const json_t *described, const deltos_snapshot *snapshot, const deltos_object *map) {
  deltos_sorted_map_info info;
  deltos_cursor *cursor = NULL;
  TRY(stat_of(s, snapshot, map, &info));
  const char *key = key_word(info.key);
  const form as = form_of_key(info.key);
  TRY(expect_text(s, described, "key", key, strlen(key)));
  TRY(deltos_sorted_map_range(snapshot, map, NULL, &cursor, &s->error));
  const int verdict = expect_rest(s, cursor, as, write_pairs(s, json_object_get(described, "pairs"), as, AS_BYTES));
  deltos_cursor_release(&cursor);
  return verdict;
}

const operation sorted_operations[] = {
    OPERATION(create_sorted, "transaction name key as"),
    OPERATION(open_sorted, "from name as"),
    OPERATION(sorted_info, "from map key count key_bytes value_bytes long_values objects"),
    OPERATION(put_pair, "transaction map key value replaced"),
    OPERATION(put_pairs, "transaction map pairs added"),
    OPERATION(load_pairs, "transaction map pairs"),
    OPERATION(get_pair, "from map key value absent"),
    OPERATION(get_pairs, "from map keys hits values"),
    OPERATION(remove_pair, "transaction map key removed"),
    OPERATION(remove_pairs, "transaction map range count"),
    OPERATION(find_pair, "from map which key pair absent"),
    OPERATION(count_pairs, "from map range count"),
    OPERATION(read_pairs, "from map range pairs"),
    OPERATION(walk_pairs, "from map range as"),
    OPERATION(next_pairs, "cursor capacity pairs"),
    OPERATION(seek_pair, "cursor key"),
    {NULL, NULL, NULL},
};
