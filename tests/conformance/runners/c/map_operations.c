/* The operations of the corpus on hash maps. */
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "records.h"
#include "values.h"

static const word shape_words[] = {
    {"simple", DELTOS_MAP_SIMPLE}, {"multi", DELTOS_MAP_MULTI}, {"approximate", DELTOS_MAP_APPROXIMATE}, {NULL, 0}};
static const word duplicate_words[] = {
    {"error", DELTOS_DUPLICATE_ERROR}, {"first", DELTOS_DUPLICATE_FIRST}, {"last", DELTOS_DUPLICATE_LAST}, {NULL, 0}};

/* Building */

static int given_options(scene *s, const json_t *step, building *map, deltos_hash_map_options *options) {
  int64_t shape = 0, duplicates = 0;
  memset(options, 0, sizeof *options);
  TRY(key_field(s, step, &map->key));
  TRY(value_field(s, step, &map->value));
  TRY(number_of(s, shape_words, text_field(step, "shape", "simple"), &shape));
  TRY(number_of(s, duplicate_words, text_field(step, "duplicates", "error"), &duplicates));
  if (json_object_get(step, "schema") != NULL) TRY(schema_field(s, step, map));
  TRY(ask_for_reports(s, step, &map->told, &options->progress));
  options->struct_size = sizeof *options;
  options->key = map->key;
  options->value = map->value;
  options->shape = (int32_t)shape;
  options->duplicates = (int32_t)duplicates;
  options->flags = bool_field(step, "deduplicate", 0) ? DELTOS_HASH_MAP_DEDUPLICATE : 0;
  options->threads = (uint32_t)int_field(step, "threads", 0);
  options->memory_bytes = (uint64_t)int_field(step, "memory_bytes", 0);
  options->schema = map->schema;
  options->progress_user = &map->told;
  return DONE;
}

static int fill_builder(scene *s, const json_t *step, building *map) {
  deltos_hash_map_options options;
  const deltos_storage *storage = NULL;
  if (json_object_get(step, "storage") != NULL) {
    HANDLE(deltos_storage, named, "storage", STORAGE);
    storage = named;
  }
  TRY(given_options(s, step, map, &options));
  return deltos_hash_map_begin(storage, &options, &map->builder, &s->error);
}

static int begin_map(scene *s, const json_t *step, building **begun) {
  *begun = calloc(1, sizeof **begun);
  if (*begun == NULL) return wrong(s, "no memory for a builder");
  const int verdict = fill_builder(s, step, *begun);
  if (verdict != DONE) release_building(*begun);
  return verdict;
}

static int do_begin_map(scene *s, const json_t *step) {
  building *begun = NULL;
  TRY(begin_map(s, step, &begun));
  return name_thing(s, step, BUILDER, begun);
}

static int add_pairs(scene *s, const building *map, const json_t *given) {
  const form value = form_of_value(map->value);
  const json_t *pairs = write_pairs(s, given, form_of_key(map->key), value), *pair;
  json_t *rows = keep_json(s, json_array());
  deltos_column keys, values;
  given_rows columns;
  size_t i;
  TRY(give_pairs(s, pairs, form_of_key(map->key), value, &keys, &values));
  if (value != AS_RECORD) return deltos_hash_map_add(map->builder, &keys, &values, &s->error);
  json_array_foreach(pairs, i, pair) json_array_append(rows, json_array_get(pair, 1));
  TRY(give_rows(s, map->schema, rows, &columns));
  return deltos_hash_map_add_records(map->builder, &keys, columns.columns, columns.presence, columns.list.count,
                                     &s->error);
}

static int add_times(scene *s, const json_t *step, const building *map) {
  for (int64_t times = int_field(step, "times", 1); times > 0; --times) {
    TRY(add_pairs(s, map, json_object_get(step, "pairs")));
  }
  return DONE;
}

static int do_add_pairs(scene *s, const json_t *step) {
  HANDLE(building, map, "builder", BUILDER);
  return add_times(s, step, map);
}

/* A column with as many items as it has slices or offsets, where it does not say. */
static int counted_column(scene *s, const json_t *step, const char *field, deltos_column *column) {
  const json_t *written = json_object_get(step, field), *offsets = json_object_get(written, "offsets");
  const size_t count =
      offsets != NULL ? json_array_size(offsets) - 1 : json_array_size(json_object_get(written, "slices"));
  memset(column, 0, sizeof *column);
  return given_column(s, written, count, column);
}

static int do_add_pair_columns(scene *s, const json_t *step) {
  HANDLE(building, map, "builder", BUILDER);
  deltos_column keys, values;
  TRY(counted_column(s, step, "keys", &keys));
  TRY(counted_column(s, step, "values", &values));
  return deltos_hash_map_add(map->builder, &keys, &values, &s->error);
}

static int do_add_map(scene *s, const json_t *step) {
  HANDLE(building, map, "builder", BUILDER);
  HANDLE(deltos_object, added, "map", OBJECT);
  return deltos_hash_map_add_map(map->builder, added, &s->error);
}

static int do_prepare_map(scene *s, const json_t *step) {
  HANDLE(building, map, "builder", BUILDER);
  return deltos_hash_map_prepare(map->builder, &s->error);
}

static int finish(scene *s, const json_t *step, const building *map, deltos_object **finished) {
  deltos_transaction *transaction = NULL;
  const uint32_t flags = bool_field(step, "replace", 0) ? DELTOS_HASH_MAP_REPLACE : 0;
  TRY(transaction_field(s, step, &transaction));
  TRY(deltos_hash_map_finish(map->builder, transaction, text_field(step, "name", NULL), flags, finished, &s->error));
  return check_reports(s, &map->told);
}

static int do_finish_map(scene *s, const json_t *step) {
  HANDLE(building, map, "builder", BUILDER);
  deltos_object *finished = NULL;
  TRY(finish(s, step, map, &finished));
  return name_thing(s, step, OBJECT, finished);
}

static int pack(scene *s, const json_t *step, const building *map, deltos_object **packed) {
  bytes image;
  TRY(packed_by(s, deltos_hash_map_pack, map->builder, &image));
  TRY(check_reports(s, &map->told));
  TRY(damage(s, step, &image));
  if (json_object_get(step, "as") == NULL) return DONE;
  return open_copy(s, deltos_hash_map_open_memory, image, step, packed);
}

static int do_pack_map(scene *s, const json_t *step) {
  HANDLE(building, map, "builder", BUILDER);
  deltos_object *packed = NULL;
  TRY(pack(s, step, map, &packed));
  return name_thing(s, step, OBJECT, packed);
}

static int do_put_map(scene *s, const json_t *step) {
  building *begun = NULL;
  deltos_object *map = NULL;
  TRY(begin_map(s, step, &begun));
  int verdict = add_times(s, step, begun);
  const int is_stored = json_object_get(step, "transaction") != NULL;
  if (verdict == DONE) verdict = is_stored ? finish(s, step, begun, &map) : pack(s, step, begun, &map);
  release_building(begun);
  return verdict == DONE ? name_thing(s, step, OBJECT, map) : verdict;
}

static int do_unpack_map(scene *s, const json_t *step) {
  deltos_object *map = NULL;
  TRY(open_copy(s, deltos_hash_map_open_memory, data_of(s, json_object_get(step, "data")), step, &map));
  return name_thing(s, step, OBJECT, map);
}

static int do_open_map(scene *s, const json_t *step) { return open_kind(s, step, DELTOS_KIND_HASH_MAP); }

/* Reading */

/* A map, and how what is in it is written. */
typedef struct reading {
  const deltos_object *map;
  deltos_hash_map_info info;
  form key, value;
  deltos_object *table; /* RECORD; to be released */
  slot_list slots;
} reading;

static int has_numbers(const reading *r) { return r->value == AS_NUMBER || r->value == AS_RECORD; }

static int begin_reading(scene *s, const deltos_object *map, reading *r) {
  deltos_schema *schema = NULL;
  memset(r, 0, sizeof *r);
  r->map = map;
  r->info.struct_size = sizeof r->info;
  TRY(deltos_hash_map_stat(map, &r->info, &s->error));
  r->key = form_of_key(r->info.key);
  r->value = form_of_value(r->info.value);
  if (r->value != AS_RECORD) return DONE;
  TRY(deltos_hash_map_records(map, &r->table, &s->error));
  int verdict = deltos_schema_of(r->table, &schema, &s->error);
  if (verdict == DONE) verdict = slots_of(s, schema, &r->slots);
  deltos_schema_release(&schema);
  if (verdict != DONE) deltos_object_release(&r->table);
  return verdict;
}

/* Compares what a call gave as bytes and number of a value, without asking for more. */
static int expect_value_given(scene *s, const reading *r, const json_t *expected, deltos_bytes actual,
                              uint64_t number) {
  uint64_t again = number;
  if (actual.data == NULL) return wrong(s, "a value that is there has no bytes");
  if (has_numbers(r) && actual.size == sizeof again) memcpy(&again, actual.data, sizeof again);
  if (has_numbers(r) && (actual.size != sizeof again || again != number)) {
    return wrong(s, "a value is %llu as a number and something else as bytes", (unsigned long long)number);
  }
  if (r->value == AS_RECORD) return expect_row(s, r->table, &r->slots, number, expected);
  return r->value == AS_IMAGE ? DONE : expect_encoded(s, "value", expected, r->value, actual);
}

static int expect_image(scene *s, const reading *r, const deltos_map_entry *entry, uint64_t i, const json_t *expected) {
  deltos_object *value = NULL;
  TRY(deltos_hash_map_value(r->map, entry, i, &value, &s->error));
  const int verdict = expect_node_at(s, expected, value, 0);
  deltos_object_release(&value);
  return verdict;
}

/* All values of an entry in calls for so many at a time. */
static int read_values(scene *s, const reading *r, const deltos_map_entry *entry, uint64_t at_once,
                       deltos_bytes *values, uint64_t *numbers) {
  uint64_t first = 0, count = 0;
  do {
    first += count;
    TRY(deltos_hash_map_values(r->map, entry, first, values + first, at_once, &count, &s->error));
  } while (count != 0 && first < entry->count);
  if (first != entry->count) return wrong(s, "there are %llu values as bytes", (unsigned long long)first);
  if (!has_numbers(r)) return DONE;
  first = count = 0;
  do {
    first += count;
    TRY(deltos_hash_map_numbers(r->map, entry, first, numbers + first, at_once, &count, &s->error));
  } while (count != 0 && first < entry->count);
  return first == entry->count ? DONE : wrong(s, "there are %llu values as numbers", (unsigned long long)first);
}

/* Compares all values of an entry. */
static int expect_values(scene *s, const reading *r, const deltos_map_entry *entry, const json_t *expected) {
  const size_t count = json_array_size(expected);
  if (entry->count != count) return wrong(s, "there are %llu values", (unsigned long long)entry->count);
  if (count == 0) return entry->value.data == NULL ? DONE : wrong(s, "a key that is absent has a value");
  /* Room for one more: it is the calls that say how many there are. */
  deltos_bytes *values = keep(s, sizeof *values * (count + 1));
  uint64_t *numbers = keep(s, sizeof *numbers * (count + 1));
  for (int one_by_one = 0; one_by_one < 2; ++one_by_one) {
    TRY(read_values(s, r, entry, one_by_one ? 1 : count + 1, values, numbers));
    for (size_t i = 0; i < count; ++i) {
      TRY(expect_value_given(s, r, json_array_get(expected, i), values[i], numbers[i]));
    }
  }
  for (size_t i = 0; i < count && r->value == AS_IMAGE; ++i) {
    TRY(expect_image(s, r, entry, i, json_array_get(expected, i)));
  }
  return expect_value_given(s, r, json_array_get(expected, 0), entry->value, entry->number);
}

/* Asks for a key in every way that there is; expected NULL: only asks. */
static int expect_key(scene *s, const reading *r, const json_t *key, const json_t *expected) {
  deltos_map_entry entry;
  deltos_bytes encoded, value = {NULL, 0};
  uint64_t number = 0;
  uint8_t present = 0;
  TRY(encode(s, key, r->key, &encoded));
  TRY(deltos_hash_map_find(r->map, encoded.data, encoded.size, &entry, &s->error));
  TRY(deltos_hash_map_get(r->map, encoded.data, encoded.size, &value, &s->error));
  if (value.size != entry.value.size || (value.data == NULL) != (entry.value.data == NULL)) {
    return wrong(s, "a key has one value as an entry and another one as bytes");
  }
  if (has_numbers(r)) {
    TRY(deltos_hash_map_get_number(r->map, encoded.data, encoded.size, &number, &present, &s->error));
    if (present != (entry.count != 0) || number != entry.number) return wrong(s, "a key has another number");
  }
  if (expected == NULL) return DONE;
  TRY(expect_values(s, r, &entry, expected));
  return entry.count == 0 ? DONE : expect_value_given(s, r, json_array_get(expected, 0), value, entry.number);
}

/* Declares a map and what it takes to read it; to be ended with END_READING, which leaves. */
#define READING(r)                               \
  HANDLE(deltos_object, r##_map, "map", OBJECT); \
  reading r;                                     \
  TRY(begin_reading(s, r##_map, &r))

static int end_reading(reading *r, int verdict) {
  deltos_object_release(&r->table);
  return verdict;
}

static int do_map_info(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  deltos_hash_map_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_hash_map_stat(map, &info, &s->error));
  const char *key = key_word(info.key), *value = value_word(info.value), *shape = word_of(shape_words, info.shape);
  return expect_text(s, step, "key", key, strlen(key)) || expect_text(s, step, "value", value, strlen(value)) ||
         expect_text(s, step, "shape", shape, strlen(shape)) || expect_int(s, step, "keys", info.keys) ||
         expect_int(s, step, "pairs", info.pairs);
}

static int do_find_key(scene *s, const json_t *step) {
  READING(r);
  const json_t *expected = json_object_get(step, "values");
  if (bool_field(step, "absent", 0)) expected = keep_json(s, json_array());
  return end_reading(&r, expect_key(s, &r, json_object_get(step, "key"), expected));
}

/* What calls for many keys gave. */
typedef struct found_keys {
  uint64_t count, hits;
  deltos_map_entry *entries;
  deltos_bytes *values;
  uint64_t *numbers;
} found_keys;

static int find_keys(scene *s, const reading *r, const deltos_column *keys, found_keys *found) {
  const uint64_t absent = 0x0123456789abcdef;
  const size_t count = (size_t)keys->count;
  uint8_t *present = keep(s, count), *again = keep(s, count);
  uint64_t hits = 0;
  found->count = count;
  found->entries = keep(s, sizeof *found->entries * count);
  found->values = keep(s, sizeof *found->values * count);
  found->numbers = keep(s, sizeof *found->numbers * count);
  TRY(deltos_hash_map_find_many(r->map, keys, found->entries, present, &found->hits, &s->error));
  TRY(deltos_hash_map_find_many(r->map, keys, NULL, again, NULL, &s->error));
  if (count != 0 && memcmp(present, again, count) != 0) return wrong(s, "other keys are present without entries");
  TRY(deltos_hash_map_get_many(r->map, keys, found->values, &hits, &s->error));
  if (hits != found->hits) return wrong(s, "as bytes there are %llu hits", (unsigned long long)hits);
  for (size_t i = 0; i < count; ++i) {
    const int is_there = found->entries[i].count != 0;
    if (present[i] != is_there || (found->values[i].data != NULL) != is_there) {
      return wrong(s, "key %zu is there for one call and absent for another", i);
    }
  }
  if (!has_numbers(r)) return DONE;
  TRY(deltos_hash_map_get_many_numbers(r->map, keys, absent, found->numbers, again, &hits, &s->error));
  if (hits != found->hits) return wrong(s, "as numbers there are %llu hits", (unsigned long long)hits);
  for (size_t i = 0; i < count; ++i) {
    if (again[i] != present[i] || found->numbers[i] != (present[i] ? found->entries[i].number : absent)) {
      return wrong(s, "key %zu has another number", i);
    }
  }
  return DONE;
}

static int expect_found(scene *s, const reading *r, const json_t *step, const found_keys *found) {
  const json_t *expected = json_object_get(step, "values"), *one;
  size_t i;
  json_array_foreach(expected, i, one) {
    const deltos_map_entry *entry = &found->entries[i];
    if (json_is_null(one) != (entry->count == 0)) return wrong(s, "key %zu has %s value", i, entry->count ? "a" : "no");
    if (json_is_null(one)) continue;
    TRY(expect_value_given(s, r, one, found->values[i], entry->number));
    if (r->value == AS_IMAGE) TRY(expect_image(s, r, entry, 0, one));
  }
  json_array_foreach(json_object_get(step, "counts"), i, one) {
    if (found->entries[i].count == (uint64_t)json_integer_value(one)) continue;
    return wrong(s, "key %zu has %llu values", i, (unsigned long long)found->entries[i].count);
  }
  return expect_int(s, step, "hits", found->hits);
}

static int find_all(scene *s, const reading *r, const json_t *step) {
  deltos_column keys;
  found_keys found;
  TRY(give_keys(s, write_keys(s, json_object_get(step, "keys"), r->key), r->key, &keys));
  TRY(find_keys(s, r, &keys, &found));
  return expect_found(s, r, step, &found);
}

static int do_find_keys(scene *s, const json_t *step) {
  READING(r);
  return end_reading(&r, find_all(s, &r, step));
}

static int do_find_columns(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  deltos_column keys;
  uint64_t hits = 0;
  TRY(counted_column(s, step, "keys", &keys));
  TRY(deltos_hash_map_find_many(map, &keys, NULL, NULL, &hits, &s->error));
  return expect_int(s, step, "hits", hits);
}

/* Going through a map */

/* The keys of a list of pairs, each with the list of its values. */
static json_t *grouped(scene *s, const json_t *pairs) {
  json_t *groups = keep_json(s, json_object());
  const json_t *pair;
  size_t i;
  json_array_foreach(pairs, i, pair) {
    char *name = json_dumps(json_array_get(pair, 0), JSON_COMPACT | JSON_SORT_KEYS);
    json_t *group = json_object_get(groups, name);
    if (group == NULL) {
      group = json_pack("[O,[]]", json_array_get(pair, 0));
      json_object_set_new(groups, name, group);
    }
    json_array_append(json_array_get(group, 1), json_array_get(pair, 1));
    free(name);
  }
  return groups;
}

static int by_address(const void *a, const void *b) {
  const char *const *left = a, *const *right = b;
  return (*left > *right) - (*left < *right);
}

/* The key of an entry leads to this entry. Tells where the key lies, which no two keys have in common. */
static int find_again(scene *s, const reading *r, const deltos_map_entry *entry, const void **place) {
  deltos_map_entry again;
  *place = entry->key.data;
  if (r->info.shape == DELTOS_MAP_APPROXIMATE) return DONE;
  TRY(deltos_hash_map_find(r->map, entry->key.data, entry->key.size, &again, &s->error));
  const int is_same = again.key.data == entry->key.data && again.count == entry->count && again.run == entry->run;
  return is_same ? DONE : wrong(s, "a key that the map has gives another entry when it is looked for");
}

/* Goes through the map in its own order: each key comes once, and as many as there are. */
static int walk(scene *s, const reading *r) {
  enum { AT_ONCE = 7 };
  deltos_map_entry entries[AT_ONCE];
  uint64_t position = 0, count = 0, keys = 0, pairs = 0;
  const void **places = keep(s, sizeof *places * (size_t)(r->info.keys + AT_ONCE));
  for (;;) {
    TRY(deltos_hash_map_entries(r->map, &position, entries, AT_ONCE, &count, &s->error));
    if (count == 0) break;
    if (keys + count > r->info.keys) return wrong(s, "there are more keys than the map tells");
    for (uint64_t i = 0; i < count; ++i) {
      TRY(find_again(s, r, &entries[i], &places[keys++]));
      pairs += entries[i].count;
    }
  }
  if (keys != r->info.keys || pairs != r->info.pairs) {
    return wrong(s, "%llu keys and %llu values came", (unsigned long long)keys, (unsigned long long)pairs);
  }
  qsort(places, (size_t)keys, sizeof *places, by_address);
  for (uint64_t i = 1; i < keys; ++i) {
    if (places[i] == places[i - 1]) return wrong(s, "a key came twice");
  }
  return DONE;
}

/* Whether one key is above another one, by bytes or as a number. */
static int is_above(const reading *r, const deltos_map_entry *one, const deltos_map_entry *other) {
  uint64_t left = 0, right = 0;
  if (r->key == AS_NUMBER || r->info.shape == DELTOS_MAP_APPROXIMATE) {
    memcpy(&left, one->key.data, sizeof left);
    memcpy(&right, other->key.data, sizeof right);
    return left > right;
  }
  const size_t shared = (size_t)(one->key.size < other->key.size ? one->key.size : other->key.size);
  const int order = shared == 0 ? 0 : memcmp(one->key.data, other->key.data, shared);
  return order == 0 ? one->key.size > other->key.size : order > 0;
}

/* The same by the order of keys, which rises. */
static int walk_in_order(scene *s, const reading *r) {
  uint64_t count = 0;
  uint64_t *positions = keep(s, sizeof *positions * (size_t)r->info.keys);
  deltos_map_entry entries[2];
  const void *place = NULL;
  TRY(deltos_hash_map_order(r->map, positions, r->info.keys, &count, &s->error));
  if (count != r->info.keys) return wrong(s, "%llu keys are in order", (unsigned long long)count);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t given = 0;
    TRY(deltos_hash_map_entries(r->map, &positions[i], &entries[i % 2], 1, &given, &s->error));
    if (given != 1) return wrong(s, "position %llu leads nowhere", (unsigned long long)i);
    TRY(find_again(s, r, &entries[i % 2], &place));
    if (i > 0 && !is_above(r, &entries[i % 2], &entries[(i + 1) % 2])) return wrong(s, "the order of keys falls");
  }
  return DONE;
}

static int expect_pairs(scene *s, const reading *r, const json_t *given) {
  const json_t *pairs = write_pairs(s, given, r->key, r->value);
  json_t *groups = grouped(s, pairs), *group;
  const char *name;
  if (json_object_size(groups) != r->info.keys || json_array_size(pairs) != r->info.pairs) {
    return wrong(s, "there are %llu keys and %llu pairs", (unsigned long long)r->info.keys,
                 (unsigned long long)r->info.pairs);
  }
  if (r->info.shape != DELTOS_MAP_APPROXIMATE) {
    json_object_foreach(groups, name, group) {
      TRY(expect_key(s, r, json_array_get(group, 0), json_array_get(group, 1)));
    }
  }
  TRY(walk(s, r));
  return r->key == AS_IMAGE && r->info.shape != DELTOS_MAP_APPROXIMATE ? DONE : walk_in_order(s, r);
}

static int do_read_map(scene *s, const json_t *step) {
  READING(r);
  return end_reading(&r, expect_pairs(s, &r, json_object_get(step, "pairs")));
}

/* Parts of a map */

static int do_map_value(scene *s, const json_t *step) {
  READING(r);
  deltos_map_entry entry;
  deltos_bytes key;
  deltos_object *value = NULL;
  int verdict = encode(s, json_object_get(step, "key"), r.key, &key);
  if (verdict == DONE) verdict = deltos_hash_map_find(r.map, key.data, key.size, &entry, &s->error);
  if (verdict == DONE) {
    verdict = deltos_hash_map_value(r.map, &entry, (uint64_t)int_field(step, "index", 0), &value, &s->error);
  }
  if (end_reading(&r, verdict) != DONE) return verdict;
  return name_thing(s, step, OBJECT, value);
}

static int by_number(const void *a, const void *b) {
  const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
  return (left > right) - (left < right);
}

/* Compares the elements of a view with numbers in any order. */
static int expect_numbers_of(scene *s, const json_t *expected, const deltos_view *view) {
  const size_t count = json_array_size(expected);
  if (view->ndim != 1 || view->dtype != DELTOS_DTYPE_U64) return wrong(s, "a column is no list of numbers");
  if (view->shape[0] != (int64_t)count) return wrong(s, "there are %lld numbers", (long long)view->shape[0]);
  uint64_t *wanted = keep(s, sizeof *wanted * count), *found = keep(s, sizeof *found * count);
  for (size_t i = 0; i < count; ++i) {
    deltos_bytes number;
    json_t *node = keep_json(s, json_pack("{s:O}", "int", json_array_get(expected, i)));
    TRY(encode(s, node, AS_NUMBER, &number));
    memcpy(&wanted[i], number.data, sizeof *wanted);
    memcpy(&found[i], (const char *)view->data + (ptrdiff_t)i * view->strides[0], sizeof *found);
  }
  qsort(wanted, count, sizeof *wanted, by_number);
  qsort(found, count, sizeof *found, by_number);
  return count == 0 || memcmp(wanted, found, sizeof *wanted * count) == 0 ? DONE : wrong(s, "other numbers came");
}

static int do_map_column(scene *s, const json_t *step) {
  static const word which_words[] = {{"keys", DELTOS_MAP_COLUMN_KEYS}, {"values", DELTOS_MAP_COLUMN_VALUES}, {NULL, 0}};
  HANDLE(deltos_object, map, "map", OBJECT);
  const json_t *numbers = json_object_get(step, "numbers");
  int64_t which = 0, flags = 0;
  deltos_view *view = NULL;
  TRY(number_of(s, which_words, text_field(step, "which", ""), &which));
  TRY(flags_field(s, step, request_words, DELTOS_VIEW_FULL_RO, &flags));
  TRY(deltos_hash_map_column(map, (int32_t)which, (int32_t)flags, &view, &s->error));
  const int verdict = numbers == NULL ? DONE : expect_numbers_of(s, numbers, view);
  TRY(name_thing(s, step, VIEW, view));
  return verdict;
}

static int do_map_records(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  deltos_object *table = NULL;
  TRY(deltos_hash_map_records(map, &table, &s->error));
  return name_thing(s, step, OBJECT, table);
}

static int do_verify_map(scene *s, const json_t *step) {
  HANDLE(deltos_object, map, "map", OBJECT);
  reports r;
  deltos_progress progress;
  TRY(ask_for_reports(s, step, &r, &progress));
  TRY(deltos_hash_map_verify(map, progress, &r, &s->error));
  return check_reports(s, &r);
}

/* Descriptions */

static int build_described(scene *s, deltos_transaction *transaction, const json_t *described, building *map,
                           deltos_object **built) {
  TRY(fill_builder(s, described, map));
  TRY(add_pairs(s, map, json_object_get(described, "pairs")));
  return deltos_hash_map_finish(map->builder, transaction, text_field(described, "name", NULL), 0, built, &s->error);
}

int create_map(scene *s, deltos_transaction *transaction, const json_t *described, deltos_object **map) {
  building *begun = calloc(1, sizeof *begun);
  if (begun == NULL) return wrong(s, "no memory for a builder");
  const int verdict = build_described(s, transaction, described, begun, map);
  release_building(begun);
  return verdict;
}

int expect_map(scene *s, const json_t *described, const deltos_object *map) {
  reading r;
  TRY(begin_reading(s, map, &r));
  const char *key = key_word(r.info.key), *value = value_word(r.info.value);
  const char *shape = word_of(shape_words, r.info.shape);
  const int differs = expect_text(s, described, "key", key, strlen(key)) ||
                      expect_text(s, described, "value", value, strlen(value)) ||
                      expect_text(s, described, "shape", shape, strlen(shape));
  return end_reading(&r, differs ? WRONG : expect_pairs(s, &r, json_object_get(described, "pairs")));
}

#define BEGINNING "key value shape duplicates deduplicate schema memory_bytes threads progress as"

const operation map_operations[] = {
    OPERATION(begin_map, "storage " BEGINNING),
    OPERATION(add_pairs, "builder pairs times"),
    OPERATION(add_pair_columns, "builder keys values"),
    OPERATION(add_map, "builder map"),
    OPERATION(prepare_map, "builder"),
    OPERATION(finish_map, "builder transaction name replace as"),
    OPERATION(pack_map, "builder at damage cut as"),
    OPERATION(put_map, "transaction name replace pairs times " BEGINNING),
    OPERATION(unpack_map, "data at as"),
    OPERATION(open_map, "from name as"),
    OPERATION(map_info, "map key value shape keys pairs"),
    OPERATION(find_key, "map key values absent"),
    OPERATION(find_keys, "map keys hits values counts"),
    OPERATION(find_columns, "map keys hits"),
    OPERATION(read_map, "map pairs"),
    OPERATION(map_value, "map key index as"),
    OPERATION(map_column, "map which flags numbers as"),
    OPERATION(map_records, "map as"),
    OPERATION(verify_map, "map progress"),
    {NULL, NULL, NULL},
};
