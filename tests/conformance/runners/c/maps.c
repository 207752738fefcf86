/* The notation of maps. */
#include "maps.h"

#include <stdio.h>
#include <string.h>

#include "values.h"

static const word key_words[] = {{"bytes", DELTOS_KEY_BYTES},
                                 {"utf8", DELTOS_KEY_UTF8},
                                 {"u64", DELTOS_KEY_U64},
                                 {"value", DELTOS_KEY_VALUE},
                                 {NULL, 0}};
static const word value_words[] = {{"u64", DELTOS_MAP_VALUE_U64},       {"bytes", DELTOS_MAP_VALUE_BYTES},
                                   {"utf8", DELTOS_MAP_VALUE_UTF8},     {"value", DELTOS_MAP_VALUE_VALUE},
                                   {"record", DELTOS_MAP_VALUE_RECORD}, {NULL, 0}};

form form_of_key(int32_t key) {
  return key == DELTOS_KEY_U64 ? AS_NUMBER : key == DELTOS_KEY_VALUE ? AS_IMAGE : AS_BYTES;
}

form form_of_value(int32_t value) {
  if (value == DELTOS_MAP_VALUE_RECORD) return AS_RECORD;
  return value == DELTOS_MAP_VALUE_U64 ? AS_NUMBER : value == DELTOS_MAP_VALUE_VALUE ? AS_IMAGE : AS_BYTES;
}

int key_field(scene *s, const json_t *step, int32_t *key) {
  int64_t number = 0;
  TRY(number_of(s, key_words, text_field(step, "key", "bytes"), &number));
  *key = (int32_t)number;
  return DONE;
}

int value_field(scene *s, const json_t *step, int32_t *value) {
  int64_t number = 0;
  TRY(number_of(s, value_words, text_field(step, "value", "u64"), &number));
  *value = (int32_t)number;
  return DONE;
}

const char *key_word(int32_t key) { return word_of(key_words, key); }
const char *value_word(int32_t value) { return word_of(value_words, value); }

int encode(scene *s, const json_t *node, form as, deltos_bytes *encoded) {
  deltos_item item;
  bytes image;
  if (as == AS_IMAGE) {
    TRY(pack_node(s, node, &image));
    encoded->data = image.data;
    encoded->size = image.size;
    return DONE;
  }
  TRY(fill_item(s, node, &item));
  if (item.kind == DELTOS_VALUE_INT || item.kind == DELTOS_VALUE_UINT) {
    const uint64_t number = item.kind == DELTOS_VALUE_INT ? (uint64_t)item.i64 : item.u64;
    void *kept = keep(s, sizeof number);
    memcpy(kept, &number, sizeof number);
    encoded->data = kept;
    encoded->size = sizeof number;
    return DONE;
  }
  if (item.kind != DELTOS_VALUE_BYTES && item.kind != DELTOS_VALUE_UTF8) return wrong(s, "a key or value is no bytes");
  encoded->data = item.data;
  encoded->size = item.count;
  return DONE;
}

/* Short forms */

static json_t *written_number(json_int_t number, form as) {
  char digits[24];
  if (as != AS_BYTES) return json_pack("{s:I}", "int", number);
  snprintf(digits, sizeof digits, "%lld", (long long)number);
  return json_pack("{s:s}", "utf8", digits);
}

static json_int_t number_at(const json_t *counted, json_int_t i) {
  return int_field(counted, "from", 0) + i * int_field(counted, "step", 1);
}

const json_t *write_pairs(scene *s, const json_t *pairs, form key, form value) {
  if (!json_is_object(pairs)) return pairs;
  json_t *all = keep_json(s, json_array());
  for (json_int_t i = 0; i < int_field(pairs, "count", 0); ++i) {
    const json_int_t number = number_at(pairs, i);
    json_array_append_new(all, json_pack("[o,o]", written_number(number, key), written_number(number, value)));
  }
  return all;
}

const json_t *write_keys(scene *s, const json_t *keys, form key) {
  if (!json_is_object(keys)) return keys;
  json_t *all = keep_json(s, json_array());
  for (json_int_t i = 0; i < int_field(keys, "count", 0); ++i) {
    json_array_append_new(all, written_number(number_at(keys, i), key));
  }
  return all;
}

/* Columns */

/* Of a list of nodes, or of one part of a list of pairs. */
static int give_column(scene *s, const json_t *list, int part, form as, deltos_column *column) {
  const size_t size = as == AS_NUMBER ? sizeof(uint64_t) : sizeof(deltos_bytes);
  unsigned char *data = keep(s, size * json_array_size(list));
  const json_t *one;
  size_t i;
  json_array_foreach(list, i, one) {
    deltos_bytes encoded;
    TRY(encode(s, part < 0 ? one : json_array_get(one, (size_t)part), as, &encoded));
    if (as == AS_NUMBER && encoded.size != size) return wrong(s, "a number takes its 8 bytes");
    memcpy(data + i * size, as == AS_NUMBER ? encoded.data : &encoded, size);
  }
  memset(column, 0, sizeof *column);
  column->layout = as == AS_NUMBER ? DELTOS_COLUMN_FIXED : DELTOS_COLUMN_SLICES;
  column->count = json_array_size(list);
  column->data = data;
  column->item_size = as == AS_NUMBER ? size : 0;
  return DONE;
}

int give_keys(scene *s, const json_t *keys, form as, deltos_column *column) {
  return give_column(s, keys, -1, as, column);
}

int give_pairs(scene *s, const json_t *pairs, form key, form value, deltos_column *keys, deltos_column *values) {
  TRY(give_column(s, pairs, 0, key, keys));
  return value == AS_RECORD ? DONE : give_column(s, pairs, 1, value, values);
}

int expect_encoded(scene *s, const char *what, const json_t *expected, form as, deltos_bytes actual) {
  deltos_bytes wanted;
  TRY(encode(s, expected, as, &wanted));
  if (wanted.size != actual.size) {
    return wrong(s, "expected a %s of %llu bytes, got one of %llu", what, (unsigned long long)wanted.size,
                 (unsigned long long)actual.size);
  }
  for (uint64_t i = 0; i < wanted.size; ++i) {
    const unsigned char byte = ((const unsigned char *)wanted.data)[i], got = ((const unsigned char *)actual.data)[i];
    if (byte != got) {
      return wrong(s, "expected %02x in a %s at %llu, got %02x", byte, what, (unsigned long long)i, got);
    }
  }
  return DONE;
}
