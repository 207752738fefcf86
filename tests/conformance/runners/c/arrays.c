/* The operations of the corpus on arrays. */
#include <string.h>

#include "scene.h"

static int given_options(scene *s, const json_t *step, deltos_array_options *options) {
  int64_t create = 0;
  TRY(number_of(s, creation_words, text_field(step, "create", "never"), &create));
  memset(options, 0, sizeof *options);
  options->struct_size = sizeof *options;
  options->create = (int32_t)create;
  options->capacity = (uint64_t)int_field(step, "capacity", 0);
  options->max_bytes = (uint64_t)int_field(step, "max_bytes", 0);
  return DONE;
}

static int mode_field(scene *s, const json_t *step, int32_t *mode) {
  int64_t number = 0;
  TRY(number_of(s, mode_words, text_field(step, "mode", "read"), &number));
  *mode = (int32_t)number;
  return DONE;
}

static int do_create_array(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  const char *format = NULL;
  int32_t dtype = 0;
  deltos_array_options options;
  deltos_object *array = NULL;
  TRY(given_type(s, step, &format, &dtype));
  TRY(given_options(s, step, &options));
  TRY(deltos_array_create(transaction, text_field(step, "name", NULL), format, dtype, &options, &array, &s->error));
  return name_thing(s, step, OBJECT, array);
}

static int do_open_array(scene *s, const json_t *step) { return open_kind(s, step, DELTOS_KIND_ARRAY); }

static int do_open_array_file(scene *s, const json_t *step) {
  const char *format = NULL;
  int32_t dtype = 0, mode = 0;
  deltos_array_options options;
  deltos_object *array = NULL;
  TRY(given_type(s, step, &format, &dtype));
  TRY(mode_field(s, step, &mode));
  TRY(given_options(s, step, &options));
  TRY(deltos_array_open_file(text_field(step, "path", NULL), format, dtype, mode, &options, &array, &s->error));
  return name_thing(s, step, OBJECT, array);
}

static int do_open_array_anonymous(scene *s, const json_t *step) {
  const char *format = NULL;
  int32_t dtype = 0;
  deltos_array_options options;
  deltos_object *array = NULL;
  TRY(given_type(s, step, &format, &dtype));
  TRY(given_options(s, step, &options));
  TRY(deltos_array_open_anonymous(format, dtype, &options, &array, &s->error));
  return name_thing(s, step, OBJECT, array);
}

static int do_open_array_fd(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  int32_t fd = -1, mode = 0;
  deltos_object *again = NULL;
  TRY(mode_field(s, step, &mode));
  TRY(deltos_array_fd(array, &fd, &s->error));
  TRY(deltos_array_open_fd(fd, mode, NULL, &again, &s->error));
  return name_thing(s, step, OBJECT, again);
}

static int do_close_array(scene *s, const json_t *step) {
  thing *found = find_thing(s, step, "array", OBJECT);
  return found == NULL ? WRONG : deltos_array_close(&found->is.object, &s->error);
}

static int do_array_info(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  const uint64_t capacity = deltos_array_capacity(array);
  if (capacity < (uint64_t)int_field(step, "capacity_at_least", 0)) {
    return wrong(s, "expected more capacity than %llu", (unsigned long long)capacity);
  }
  return expect_int(s, step, "count", deltos_array_count(array));
}

static int do_array_content(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  deltos_view *view = NULL;
  TRY(deltos_view_acquire(array, DELTOS_VIEW_FULL_RO, &view, &s->error));
  const int verdict = expect_text(s, step, "format", view->format, strlen(view->format)) ||
                      expect_int(s, step, "count", (uint64_t)view->shape[0]) ||
                      expect_data(s, step, "data", view->data, view->nbytes);
  deltos_view_release(&view);
  return verdict;
}

/* Elements of a step, and how many they are of an array's. */
static int given_items(scene *s, const json_t *step, const deltos_object *array, bytes *items, uint64_t *count) {
  deltos_object_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_object_stat(array, &info, &s->error));
  *items = data_of(s, json_object_get(step, "data"));
  *count = items->size / info.itemsize;
  return items->size % info.itemsize == 0 ? DONE : wrong(s, "%zu bytes are no elements", items->size);
}

static int do_append(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  bytes items;
  uint64_t count = 0;
  TRY(given_items(s, step, array, &items, &count));
  return deltos_array_append(array, items.data, count, &s->error);
}

static int do_append_in_place(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  bytes items;
  uint64_t count = 0, room = 0;
  void *tail = NULL;
  TRY(given_items(s, step, array, &items, &count));
  TRY(deltos_array_tail(array, count, &tail, &room, &s->error));
  if (room < count) return wrong(s, "there is less room than was asked for");
  memcpy(tail, items.data, items.size);
  return deltos_array_advance(array, count, &s->error);
}

static int do_extend(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  HANDLE(deltos_view, view, "view", VIEW);
  return deltos_array_extend(array, view, &s->error);
}

static int do_insert(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  bytes items;
  uint64_t count = 0;
  TRY(given_items(s, step, array, &items, &count));
  return deltos_array_insert(array, int_field(step, "index", 0), items.data, count, &s->error);
}

static int do_remove(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  const uint64_t count = (uint64_t)int_field(step, "count", 0);
  const bytes expected = data_of(s, json_object_get(step, "data"));
  unsigned char *removed = json_object_get(step, "data") == NULL ? NULL : keep(s, expected.size);
  TRY(deltos_array_remove(array, int_field(step, "index", 0), count, removed, &s->error));
  return expect_data(s, step, "data", removed, expected.size);
}

static int do_resize(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  return deltos_array_resize(array, (uint64_t)int_field(step, "count", 0), &s->error);
}

static int do_reserve(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  return deltos_array_reserve(array, (uint64_t)int_field(step, "capacity", 0), &s->error);
}

typedef deltos_status change_call(deltos_object *, deltos_error *);

static int change_with(scene *s, const json_t *step, change_call *call) {
  HANDLE(deltos_object, array, "array", OBJECT);
  return call(array, &s->error);
}

static int do_shrink(scene *s, const json_t *step) { return change_with(s, step, deltos_array_shrink); }
static int do_clear(scene *s, const json_t *step) { return change_with(s, step, deltos_array_clear); }
static int do_reverse(scene *s, const json_t *step) { return change_with(s, step, deltos_array_reverse); }
static int do_byteswap(scene *s, const json_t *step) { return change_with(s, step, deltos_array_byteswap); }

static int do_flush(scene *s, const json_t *step) {
  HANDLE(deltos_object, array, "array", OBJECT);
  return deltos_array_flush(array, (uint8_t)bool_field(step, "durable", 0), &s->error);
}

const operation array_operations[] = {
    OPERATION(create_array, "transaction name format dtype capacity max_bytes as"),
    OPERATION(open_array, "from name as"),
    OPERATION(open_array_file, "path format dtype mode create capacity max_bytes as"),
    OPERATION(open_array_anonymous, "format dtype capacity max_bytes as"),
    OPERATION(open_array_fd, "array mode as"),
    OPERATION(close_array, "array"),
    OPERATION(array_info, "array count capacity_at_least"),
    OPERATION(array_content, "array format count data"),
    OPERATION(append, "array data"),
    OPERATION(append_in_place, "array data"),
    OPERATION(extend, "array view"),
    OPERATION(insert, "array index data"),
    OPERATION(remove, "array index count data"),
    OPERATION(resize, "array count"),
    OPERATION(reserve, "array capacity"),
    OPERATION(shrink, "array"),
    OPERATION(clear, "array"),
    OPERATION(reverse, "array"),
    OPERATION(byteswap, "array"),
    OPERATION(flush, "array durable"),
    {NULL, NULL, NULL},
};
