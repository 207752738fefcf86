/* The notation of values: what is put, and what is compared with what is there. */
#include <stdlib.h>
#include <string.h>

#include "values.h"

static const word kind_words[] = {{"null", DELTOS_VALUE_NULL},         {"bool", DELTOS_VALUE_BOOL},
                                  {"int", DELTOS_VALUE_INT},           {"uint", DELTOS_VALUE_UINT},
                                  {"float", DELTOS_VALUE_FLOAT},       {"bytes", DELTOS_VALUE_BYTES},
                                  {"utf8", DELTOS_VALUE_UTF8},         {"list", DELTOS_VALUE_LIST},
                                  {"tuple", DELTOS_VALUE_TUPLE},       {"set", DELTOS_VALUE_SET},
                                  {"dict", DELTOS_VALUE_DICT},         {"date", DELTOS_VALUE_DATE},
                                  {"datetime", DELTOS_VALUE_DATETIME}, {"decimal", DELTOS_VALUE_DECIMAL},
                                  {"ndarray", DELTOS_VALUE_NDARRAY},   {"reference", DELTOS_VALUE_REFERENCE},
                                  {"share", DELTOS_VALUE_SHARE},       {NULL, 0}};
static const word special_words[] = {{"finite", DELTOS_DECIMAL_FINITE},
                                     {"infinite", DELTOS_DECIMAL_INFINITE},
                                     {"nan", DELTOS_DECIMAL_NAN},
                                     {"signalling-nan", DELTOS_DECIMAL_SIGNALLING_NAN},
                                     {NULL, 0}};

/* The kind of a node, and what its field holds. */
static int kind_of(scene *s, const json_t *node, int32_t *kind, const json_t **content) {
  const char *field;
  json_t *value;
  int64_t number = 0;
  json_object_foreach((json_t *)(uintptr_t)node, field, value) {
    if (strcmp(field, "node") == 0) continue;
    TRY(number_of(s, kind_words, field, &number));
    *kind = (int32_t)number;
    *content = value;
    return DONE;
  }
  return wrong(s, "a node has no kind");
}

/* Of the types that elements of a list or tuple may be given as; of others 1: the library refuses them. */
static uint64_t dtype_bytes(int64_t dtype) {
  if (dtype == DELTOS_DTYPE_I16 || dtype == DELTOS_DTYPE_U16) return 2;
  if (dtype == DELTOS_DTYPE_I32 || dtype == DELTOS_DTYPE_U32 || dtype == DELTOS_DTYPE_F32) return 4;
  return dtype == DELTOS_DTYPE_I64 || dtype == DELTOS_DTYPE_U64 || dtype == DELTOS_DTYPE_F64 ? 8 : 1;
}

const char *kind_name(int32_t kind) { return kind == DELTOS_VALUE_END ? "end" : word_of(kind_words, kind); }

/* A number, or its eight bytes. */
static uint64_t word_field(scene *s, const json_t *number) {
  if (!json_is_string(number)) return (uint64_t)json_integer_value(number);
  const bytes digits = data_of(s, number);
  uint64_t bits = 0;
  memcpy(&bits, digits.data, digits.size < sizeof bits ? digits.size : sizeof bits);
  return bits;
}

/* Short forms */

static json_t *numbered(const json_t *counted, json_int_t i, int is_pair) {
  const json_int_t number = int_field(counted, "from", 0) + i * int_field(counted, "step", 1);
  if (is_pair) return json_pack("[{s:I},{s:I}]", "int", number, "int", number);
  return json_pack("{s:I}", "int", number);
}

static json_t *written_out(const json_t *node);

static json_t *written_nested(const json_t *form) {
  json_t *inner = written_out(json_object_get(form, "value"));
  for (int64_t depth = int_field(form, "depth", 0); depth > 0; --depth) {
    inner = json_pack("{s:[o]}", text_field(form, "in", "list"), inner);
  }
  return inner;
}

/* Elements, members or pairs. */
static json_t *written_elements(const json_t *given, int is_dict) {
  json_t *all = json_array(), *one;
  const json_t *repeated = json_object_get(given, "repeat");
  size_t i;
  if (repeated != NULL) {
    one = written_out(repeated);
    for (int64_t n = int_field(given, "times", 0); n > 0; --n) json_array_append(all, one);
    json_decref(one);
    return all;
  }
  for (int64_t n = 0; n < int_field(given, "count", 0); ++n) json_array_append_new(all, numbered(given, n, is_dict));
  json_array_foreach(given, i, one) {
    json_array_append_new(all, json_is_array(one) ? written_elements(one, 0) : written_out(one));
  }
  return all;
}

/* The same node without short forms. */
static json_t *written_out(const json_t *node) {
  const char *field;
  json_t *value, *copy;
  const json_t *nested = json_object_get(node, "nested");
  if (nested != NULL) return written_nested(nested);
  copy = json_object();
  json_object_foreach((json_t *)(uintptr_t)node, field, value) {
    const int is_dict = strcmp(field, "dict") == 0;
    const int holds = is_dict || strcmp(field, "list") == 0 || strcmp(field, "tuple") == 0 || strcmp(field, "set") == 0;
    const int is_whole = !holds || json_object_get(value, "dtype") != NULL;
    json_object_set_new(copy, field, is_whole ? json_incref(value) : written_elements(value, is_dict));
  }
  return copy;
}

/* Building */

static void fill_text(scene *s, const json_t *content, deltos_item *item) {
  if (json_is_string(content)) {
    item->data = json_string_value(content);
    item->count = json_string_length(content);
  } else {
    const bytes data = data_of(s, json_object_get(content, "data"));
    item->data = data.data;
    item->count = data.size;
  }
}

static void fill_time(scene *s, const json_t *content, deltos_item *item) {
  const json_t *zone = json_array_get(content, 2);
  item->i64 = (int64_t)word_field(s, json_array_get(content, 0));
  item->u64 = word_field(s, json_array_get(content, 1));
  item->detail = json_is_null(zone) ? DELTOS_VALUE_NO_ZONE : (int32_t)json_integer_value(zone);
}

static int fill_decimal(scene *s, const json_t *content, deltos_item *item) {
  const json_t *exponent = json_object_get(content, "exponent");
  int64_t special = 0;
  TRY(number_of(s, special_words, text_field(content, "special", "finite"), &special));
  fill_text(s, json_object_get(content, "digits"), item);
  item->detail = (int32_t)special;
  item->i64 = exponent == NULL ? 0 : (int64_t)word_field(s, exponent);
  item->u64 = (uint64_t)bool_field(content, "negative", 0);
  return DONE;
}

int fill_item(scene *s, const json_t *node, deltos_item *item) {
  const json_t *content = NULL, *name = json_object_get(node, "node");
  memset(item, 0, sizeof *item);
  TRY(kind_of(s, node, &item->kind, &content));
  if (name != NULL) item->node = word_field(s, name);
  switch (item->kind) {
    case DELTOS_VALUE_BOOL:
      item->i64 = json_is_true(content);
      break;
    case DELTOS_VALUE_INT:
    case DELTOS_VALUE_DATE:
      item->i64 = (int64_t)word_field(s, content);
      break;
    case DELTOS_VALUE_UINT:
    case DELTOS_VALUE_REFERENCE:
      item->u64 = word_field(s, content);
      break;
    case DELTOS_VALUE_SHARE:
      item->node = word_field(s, content);
      break;
    case DELTOS_VALUE_FLOAT: {
      const uint64_t bits = word_field(s, content);
      memcpy(&item->f64, &bits, sizeof bits);
      break;
    }
    case DELTOS_VALUE_BYTES: {
      const bytes data = data_of(s, content);
      item->data = data.data;
      item->count = data.size;
      break;
    }
    case DELTOS_VALUE_UTF8:
      fill_text(s, content, item);
      break;
    case DELTOS_VALUE_DATETIME:
      fill_time(s, content, item);
      break;
    case DELTOS_VALUE_DECIMAL:
      return fill_decimal(s, content, item);
    default:
      break;
  }
  return DONE;
}

static int put_tree(scene *s, const json_t *node, deltos_builder *builder);

static int put_array(scene *s, const json_t *layout, uint64_t name, deltos_builder *builder) {
  deltos_view view;
  TRY(given_view(s, layout, &view));
  return deltos_value_builder_put_view(builder, &view, name, &s->error);
}

/* Elements that are given as numbers of one type. */
static int put_numbers(scene *s, const json_t *numbers, deltos_item *item, deltos_builder *builder) {
  const bytes data = data_of(s, json_object_get(numbers, "data"));
  int64_t dtype = 0;
  TRY(number_of(s, dtype_words, text_field(numbers, "dtype", ""), &dtype));
  item->detail = (int32_t)dtype;
  item->data = data.data;
  item->count = data.size / dtype_bytes(dtype);
  return deltos_value_builder_put(builder, item, 1, &s->error);
}

static int put_elements(scene *s, const json_t *elements, deltos_builder *builder) {
  const json_t *one;
  size_t i;
  json_array_foreach(elements, i, one) {
    if (json_is_array(one)) {
      TRY(put_elements(s, one, builder));
    } else {
      TRY(put_tree(s, one, builder));
    }
  }
  return DONE;
}

static int put_tree(scene *s, const json_t *node, deltos_builder *builder) {
  const json_t *content = NULL;
  deltos_item item, end;
  TRY(fill_item(s, node, &item));
  TRY(kind_of(s, node, &item.kind, &content));
  if (item.kind == DELTOS_VALUE_NDARRAY) return put_array(s, content, item.node, builder);
  if (json_object_get(content, "dtype") != NULL) return put_numbers(s, content, &item, builder);
  TRY(deltos_value_builder_put(builder, &item, 1, &s->error));
  if (item.kind < DELTOS_VALUE_LIST || item.kind > DELTOS_VALUE_DICT) return DONE;
  TRY(put_elements(s, content, builder));
  memset(&end, 0, sizeof end);
  end.kind = DELTOS_VALUE_END;
  return deltos_value_builder_put(builder, &end, 1, &s->error);
}

int build_node(scene *s, const json_t *node, deltos_builder **builder) {
  json_t *whole = written_out(node);
  int verdict = deltos_value_builder_begin(builder, &s->error);
  if (verdict == DONE) verdict = put_tree(s, whole, *builder);
  json_decref(whole);
  if (verdict != DONE) deltos_builder_release(builder);
  return verdict;
}

int build_value(scene *s, const json_t *holder, const char *field, deltos_builder **builder) {
  return build_node(s, json_object_get(holder, field), builder);
}

int pack_node(scene *s, const json_t *node, bytes *image) {
  deltos_builder *builder = NULL;
  TRY(build_node(s, node, &builder));
  const int verdict = packed_by(s, deltos_value_builder_pack, builder, image);
  deltos_builder_release(&builder);
  return verdict;
}

int pack_value(scene *s, deltos_builder *builder, deltos_object **value, uint64_t *size, const void **image) {
  *size = 0;
  const deltos_status asked = deltos_value_builder_pack(builder, NULL, size, &s->error);
  if (asked != DELTOS_E_TOO_SMALL) return asked;
  void *memory = aligned_alloc(64, (*size / 64 + 1) * 64);
  if (memory == NULL) return wrong(s, "no memory for a value");
  int verdict = deltos_value_builder_pack(builder, memory, size, &s->error);
  if (verdict == DONE) verdict = deltos_value_open_memory(memory, *size, free, memory, value, &s->error);
  if (verdict != DONE) free(memory);
  *image = memory;
  return verdict;
}

int build_key(scene *s, const json_t *node, deltos_item *key, deltos_object **keys) {
  deltos_builder *builder = NULL;
  const void *image = NULL;
  uint64_t size = 0;
  *keys = NULL;
  TRY(fill_item(s, node, key));
  if (key->kind != DELTOS_VALUE_NDARRAY && (key->kind < DELTOS_VALUE_LIST || key->kind > DELTOS_VALUE_DICT))
    return DONE;
  key->node = 0;
  TRY(build_node(s, node, &builder));
  const int verdict = pack_value(s, builder, keys, &size, &image);
  deltos_builder_release(&builder);
  return verdict;
}

/* Comparing */

/* Nodes that the expectation has named. */
typedef struct named {
  const struct named *next;
  uint64_t name, node;
} named;

typedef struct comparison {
  const deltos_object *value;
  const named *names;
} comparison;

static int differs(scene *s, const json_t *expected, const deltos_item *actual) {
  char text[200];
  uint64_t bits = 0;
  const size_t size = json_dumpb(expected, text, sizeof text - 1, JSON_COMPACT);
  text[size < sizeof text ? size : sizeof text - 1] = '\0';
  memcpy(&bits, &actual->f64, sizeof bits);
  return wrong(s, "expected %s, got %s: count %llu, %lld, %llu, %016llx, detail %d", text, kind_name(actual->kind),
               (unsigned long long)actual->count, (long long)actual->i64, (unsigned long long)actual->u64,
               (unsigned long long)bits, (int)actual->detail);
}

static int expect_node(scene *s, comparison *c, const json_t *expected, const deltos_item *actual);

static int expect_array(scene *s, const comparison *c, const json_t *layout, const deltos_item *actual) {
  deltos_view *view = NULL;
  TRY(deltos_value_view(c->value, actual->node, DELTOS_VIEW_FULL_RO, &view, &s->error));
  const char *dtype = word_of(dtype_words, view->dtype);
  const int verdict = expect_text(s, layout, "format", view->format, strlen(view->format)) ||
                      expect_text(s, layout, "dtype", dtype, strlen(dtype)) ||
                      expect_list(s, layout, "shape", view->shape, view->ndim) ||
                      expect_data(s, layout, "data", view->data, view->nbytes);
  deltos_view_release(&view);
  return verdict;
}

static int expect_numbers(scene *s, const json_t *expected, const json_t *numbers, const deltos_item *actual) {
  const char *dtype = word_of(dtype_words, actual->detail);
  if (actual->data == NULL || strcmp(text_field(numbers, "dtype", ""), dtype) != 0) return differs(s, expected, actual);
  return expect_data(s, numbers, "data", actual->data, actual->count * dtype_bytes(actual->detail));
}

/* Elements, members, or keys and values in turn, in the order in which they are read. */
static int expect_elements(scene *s, comparison *c, const json_t *elements, const deltos_item *actual) {
  enum { AT_ONCE = 32 };
  deltos_item items[AT_ONCE];
  const uint64_t parts = actual->kind == DELTOS_VALUE_DICT ? 2 : 1;
  for (uint64_t first = 0; first < actual->count;) {
    uint64_t given = 0;
    TRY(deltos_value_children(c->value, actual->node, first, items, AT_ONCE, &given, &s->error));
    if (given == 0) return wrong(s, "a container has fewer elements than it says");
    for (uint64_t i = 0; i < given; ++i) {
      const json_t *one = json_array_get(elements, (size_t)(first + i / parts));
      TRY(expect_node(s, c, parts == 2 ? json_array_get(one, i % 2) : one, &items[i]));
    }
    first += given / parts;
  }
  return DONE;
}

static int same_scalar(const deltos_item *expected, const deltos_item *actual) {
  const int has_data = expected->count != 0 && expected->count == actual->count;
  return expected->kind == actual->kind && expected->count == actual->count && expected->i64 == actual->i64 &&
         expected->u64 == actual->u64 && expected->detail == actual->detail &&
         memcmp(&expected->f64, &actual->f64, sizeof expected->f64) == 0 &&
         (!has_data || memcmp(expected->data, actual->data, (size_t)expected->count) == 0);
}

static int expect_shared(scene *s, const comparison *c, const json_t *expected, uint64_t name,
                         const deltos_item *actual) {
  const named *known = c->names;
  while (known != NULL && known->name != name) known = known->next;
  if (known != NULL && known->node == actual->node) return DONE;
  return differs(s, expected, actual);
}

static int expect_node(scene *s, comparison *c, const json_t *expected, const deltos_item *actual) {
  const json_t *content = NULL;
  deltos_item wanted;
  TRY(fill_item(s, expected, &wanted));
  TRY(kind_of(s, expected, &wanted.kind, &content));
  if (wanted.kind == DELTOS_VALUE_SHARE) return expect_shared(s, c, expected, wanted.node, actual);
  if (wanted.node != 0) {
    named *added = keep(s, sizeof *added);
    added->next = c->names;
    added->name = wanted.node;
    added->node = actual->node;
    c->names = added;
  }
  if (wanted.kind != actual->kind) return differs(s, expected, actual);
  if (wanted.kind == DELTOS_VALUE_NDARRAY) return expect_array(s, c, content, actual);
  if (wanted.kind < DELTOS_VALUE_LIST || wanted.kind > DELTOS_VALUE_DICT) {
    return same_scalar(&wanted, actual) ? DONE : differs(s, expected, actual);
  }
  if (json_object_get(content, "dtype") != NULL) return expect_numbers(s, expected, content, actual);
  if (json_array_size(content) != actual->count) return differs(s, expected, actual);
  return expect_elements(s, c, content, actual);
}

int expect_scalar(scene *s, const json_t *expected, const deltos_item *actual) {
  deltos_item wanted;
  TRY(fill_item(s, expected, &wanted));
  return same_scalar(&wanted, actual) ? DONE : differs(s, expected, actual);
}

int expect_tree(scene *s, const json_t *holder, const char *field, const deltos_object *value, uint64_t node) {
  const json_t *expected = json_object_get(holder, field);
  return expected == NULL ? DONE : expect_node_at(s, expected, value, node);
}

int expect_node_at(scene *s, const json_t *expected, const deltos_object *value, uint64_t node) {
  comparison c = {value, NULL};
  deltos_item root;
  TRY(deltos_value_read(value, node, &root, &s->error));
  json_t *whole = written_out(expected);
  const int verdict = expect_node(s, &c, whole, &root);
  json_decref(whole);
  return verdict;
}

int expect_hash(scene *s, const json_t *holder, const char *field, const deltos_object *value, uint64_t node) {
  uint64_t hash = 0;
  TRY(deltos_value_hash(value, node, &hash, &s->error));
  return expect_data(s, holder, field, &hash, sizeof hash);
}
