/* The operations of the corpus on values. */
#include "values.h"

#include <stdlib.h>
#include <string.h>

static int do_put_value(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  deltos_builder *builder = NULL;
  deltos_object *value = NULL;
  TRY(build_value(s, step, "value", &builder));
  const deltos_status status =
      deltos_value_builder_store(builder, transaction, text_field(step, "name", NULL), &value, &s->error);
  deltos_builder_release(&builder);
  return status == DELTOS_OK ? name_thing(s, step, OBJECT, value) : status;
}

static int do_pack_value(scene *s, const json_t *step) {
  deltos_builder *builder = NULL;
  deltos_object *value = NULL;
  const void *image = NULL;
  uint64_t size = 0;
  TRY(build_value(s, step, "value", &builder));
  int verdict = pack_value(s, builder, &value, &size, &image);
  deltos_builder_release(&builder);
  if (verdict != DONE) return verdict;
  verdict = expect_int(s, step, "size", size) || expect_data(s, step, "data", image, size);
  TRY(name_thing(s, step, OBJECT, value));
  return verdict;
}

static int do_unpack_value(scene *s, const json_t *step) {
  deltos_object *value = NULL;
  TRY(open_copy(s, deltos_value_open_memory, data_of(s, json_object_get(step, "data")), step, &value));
  return name_thing(s, step, OBJECT, value);
}

static int do_open_value(scene *s, const json_t *step) { return open_kind(s, step, DELTOS_KIND_VALUE); }

/* Looks for a key that is written in the notation. */
static int look_for(scene *s, const deltos_object *value, uint64_t node, const json_t *key, deltos_item *found) {
  deltos_item wanted;
  deltos_object *keys = NULL;
  TRY(build_key(s, key, &wanted, &keys));
  const deltos_status status = deltos_value_find(value, node, &wanted, keys, found, &s->error);
  deltos_object_release(&keys);
  return status;
}

/* One step down: to an element by its number, or to what a key has. */
static int descend(scene *s, const deltos_object *value, const json_t *to, uint64_t *node) {
  deltos_item found[2];
  uint64_t given = 0;
  memset(found, 0, sizeof found);
  if (json_is_object(to)) {
    TRY(look_for(s, value, *node, to, &found[0]));
    *node = found[0].node;
    return found[0].kind == DELTOS_VALUE_END ? wrong(s, "a key of the path is not there") : DONE;
  }
  TRY(deltos_value_read(value, *node, &found[0], &s->error));
  const uint64_t parts = found[0].kind == DELTOS_VALUE_DICT ? 2 : 1;
  TRY(deltos_value_children(value, *node, (uint64_t)json_integer_value(to), found, parts, &given, &s->error));
  if (given != parts) return wrong(s, "the path leads to no element");
  *node = found[parts - 1].node;
  return DONE;
}

/* The node that a path leads to. */
static int walk(scene *s, const json_t *step, const char *field, const deltos_object *value, uint64_t *node) {
  const json_t *to;
  size_t i;
  *node = 0;
  json_array_foreach(json_object_get(step, field), i, to) TRY(descend(s, value, to, node));
  return DONE;
}

/* Declares the value that a step names, and the node that its path leads to. */
#define NODE(value, node)                         \
  HANDLE(deltos_object, value, "object", OBJECT); \
  uint64_t node = 0;                              \
  TRY(walk(s, step, "path", value, &node))

static int do_value_info(scene *s, const json_t *step) {
  NODE(value, node);
  deltos_item item;
  TRY(deltos_value_read(value, node, &item, &s->error));
  const char *kind = kind_name(item.kind), *dtype = word_of(dtype_words, item.detail);
  return expect_text(s, step, "kind", kind, strlen(kind)) || expect_int(s, step, "count", item.count) ||
         expect_text(s, step, "dtype", dtype, strlen(dtype));
}

static int do_read_value(scene *s, const json_t *step) {
  NODE(value, node);
  return expect_tree(s, step, "value", value, node);
}

static int do_find_value(scene *s, const json_t *step) {
  NODE(value, node);
  deltos_item found;
  TRY(look_for(s, value, node, json_object_get(step, "key"), &found));
  const int is_absent = found.kind == DELTOS_VALUE_END;
  if (is_absent != bool_field(step, "absent", 0)) {
    return wrong(s, is_absent ? "the key is not there" : "expected no such key, and there is one");
  }
  return is_absent ? DONE : expect_tree(s, step, "value", value, found.node);
}

static int do_hash_value(scene *s, const json_t *step) {
  NODE(value, node);
  return expect_hash(s, step, "hash", value, node);
}

static int do_equal_values(scene *s, const json_t *step) {
  NODE(value, node);
  HANDLE(deltos_object, other, "other", OBJECT);
  uint64_t other_node = 0;
  uint8_t equal = 0;
  TRY(walk(s, step, "other_path", other, &other_node));
  TRY(deltos_value_equal(value, node, other, other_node, &equal, &s->error));
  return expect_bool(s, step, "equal", equal);
}

static int do_value_view(scene *s, const json_t *step) {
  NODE(value, node);
  int64_t flags = 0;
  deltos_view *view = NULL;
  TRY(flags_field(s, step, request_words, DELTOS_VIEW_FULL_RO, &flags));
  TRY(deltos_value_view(value, node, (int32_t)flags, &view, &s->error));
  return name_thing(s, step, VIEW, view);
}

const operation value_operations[] = {
    OPERATION(put_value, "transaction name value as"),
    OPERATION(pack_value, "value size data as"),
    OPERATION(unpack_value, "data at as"),
    OPERATION(open_value, "from name as"),
    OPERATION(value_info, "object path kind count dtype"),
    OPERATION(read_value, "object path value"),
    OPERATION(find_value, "object path key absent value"),
    OPERATION(hash_value, "object path hash"),
    OPERATION(equal_values, "object path other other_path equal"),
    OPERATION(value_view, "object path flags as"),
    {NULL, NULL, NULL},
};
