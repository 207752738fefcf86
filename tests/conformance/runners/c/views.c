/* The operations of the corpus on views and their elements. */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

static const word order_words[] = {{"relaxed", DELTOS_MEMORY_RELAXED}, {"acquire", DELTOS_MEMORY_ACQUIRE},
                                   {"release", DELTOS_MEMORY_RELEASE}, {"acq-rel", DELTOS_MEMORY_ACQ_REL},
                                   {"seq-cst", DELTOS_MEMORY_SEQ_CST}, {NULL, 0}};
static const word comparison_words[] = {{"less", DELTOS_COMPARE_LESS},
                                        {"equal", DELTOS_COMPARE_EQUAL},
                                        {"greater", DELTOS_COMPARE_GREATER},
                                        {"unordered", DELTOS_COMPARE_UNORDERED},
                                        {NULL, 0}};

static int do_memory(scene *s, const json_t *step) {
  deltos_view layout;
  deltos_view *view = NULL;
  TRY(given_view(s, step, &layout));
  const bytes data = data_of(s, json_object_get(step, "data"));
  const size_t start = (size_t)int_field(step, "start", 0);
  /* Of its own, and aligned for any element: the view outlives the step. */
  unsigned char *memory = aligned_alloc(64, (data.size / 64 + 1) * 64);
  if (memory == NULL) return wrong(s, "no memory for %zu bytes", data.size);
  memcpy(memory, data.data, data.size);
  layout.data = memory + start;
  layout.readonly = (uint8_t)bool_field(step, "readonly", 0);
  const deltos_status status = deltos_view_wrap(&layout, free, memory, &view, &s->error);
  if (status == DELTOS_OK) return name_thing(s, step, VIEW, view);
  free(memory);
  return status;
}

static void read_slice(const json_t *given, deltos_slice *slice) {
  memset(slice, 0, sizeof *slice);
  if (json_object_get(given, "index") != NULL) {
    slice->start = int_field(given, "index", 0);
    slice->flags = DELTOS_SLICE_INDEX;
    return;
  }
  slice->start = int_field(given, "start", 0);
  slice->stop = int_field(given, "stop", 0);
  slice->step = int_field(given, "step", 1);
  if (json_object_get(given, "start") == NULL) slice->flags |= DELTOS_SLICE_NO_START;
  if (json_object_get(given, "stop") == NULL) slice->flags |= DELTOS_SLICE_NO_STOP;
}

static int do_slice(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const json_t *list = json_object_get(step, "slices"), *given;
  deltos_slice *slices = keep(s, sizeof *slices * json_array_size(list));
  deltos_view *made = NULL;
  size_t i;
  json_array_foreach(list, i, given) read_slice(given, &slices[i]);
  TRY(deltos_view_slice(view, slices, list_length(step, "slices"), &made, &s->error));
  return name_thing(s, step, VIEW, made);
}

static int do_window(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  deltos_view *made = NULL;
  TRY(deltos_view_window(view, int_field(step, "offset", 0), int_field(step, "length", 0), &made, &s->error));
  return name_thing(s, step, VIEW, made);
}

static int do_transpose(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const json_t *list = json_object_get(step, "axes"), *value;
  int32_t *axes = list == NULL ? NULL : keep(s, sizeof *axes * json_array_size(list));
  deltos_view *made = NULL;
  size_t i;
  json_array_foreach(list, i, value) axes[i] = (int32_t)json_integer_value(value);
  TRY(deltos_view_transpose(view, axes, &made, &s->error));
  return name_thing(s, step, VIEW, made);
}

static int do_reshape(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  deltos_view *made = NULL;
  TRY(deltos_view_reshape(view, list_length(step, "shape"), list_field(s, step, "shape"), &made, &s->error));
  return name_thing(s, step, VIEW, made);
}

static int do_cast(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const char *format = NULL;
  int32_t dtype = 0;
  deltos_view *made = NULL;
  TRY(given_type(s, step, &format, &dtype));
  TRY(deltos_view_cast(view, format, dtype, &made, &s->error));
  return name_thing(s, step, VIEW, made);
}

static int do_contiguity(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  int32_t contiguity = 0;
  TRY(deltos_view_contiguity(view, &contiguity, &s->error));
  return expect_bool(s, step, "c", contiguity & DELTOS_CONTIGUOUS_C) ||
         expect_bool(s, step, "f", contiguity & DELTOS_CONTIGUOUS_F);
}

static int do_content(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  deltos_view copy;
  memset(&copy, 0, sizeof copy);
  copy.struct_size = sizeof copy;
  copy.ndim = view->ndim;
  copy.dtype = view->dtype;
  copy.format = view->format;
  copy.shape = view->shape;
  copy.data = keep(s, (size_t)view->nbytes);
  TRY(deltos_view_copy(&copy, view, &s->error));
  return expect_text(s, step, "format", view->format, strlen(view->format)) ||
         expect_list(s, step, "shape", view->shape, view->ndim) ||
         expect_data(s, step, "data", copy.data, view->nbytes);
}

static int do_copy(scene *s, const json_t *step) {
  HANDLE(deltos_view, target, "target", VIEW);
  HANDLE(deltos_view, source, "source", VIEW);
  return deltos_view_copy(target, source, &s->error);
}

/* Elements */

static int do_fill(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const bytes item = data_of(s, json_object_get(step, "data"));
  return deltos_view_fill(view, item.data, item.size, &s->error);
}

static int do_equal(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  HANDLE(deltos_view, other, "other", VIEW);
  uint8_t equal = 0;
  TRY(deltos_view_equal(view, other, &equal, &s->error));
  return expect_bool(s, step, "equal", equal);
}

static int do_compare(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  HANDLE(deltos_view, other, "other", VIEW);
  int32_t order = 0;
  TRY(deltos_view_compare(view, other, &order, &s->error));
  const char *text = word_of(comparison_words, order);
  return expect_text(s, step, "order", text, strlen(text));
}

static int do_find(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const bytes item = data_of(s, json_object_get(step, "data"));
  int64_t index = 0;
  TRY(deltos_view_find(view, item.data, item.size, int_field(step, "start", 0), &index, &s->error));
  return expect_int(s, step, "index", (uint64_t)index);
}

static int do_count(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const bytes item = data_of(s, json_object_get(step, "data"));
  uint64_t count = 0;
  TRY(deltos_view_count(view, item.data, item.size, &count, &s->error));
  return expect_int(s, step, "count", count);
}

static int do_gather(scene *s, const json_t *step) {
  HANDLE(deltos_view, source, "source", VIEW);
  HANDLE(deltos_view, target, "target", VIEW);
  const uint64_t count = (uint64_t)list_length(step, "rows");
  return deltos_view_gather(source, list_field(s, step, "rows"), count, target, &s->error);
}

typedef deltos_status transfer_call(const deltos_view *, int32_t, int64_t, uint64_t *, deltos_error *);

static int transfer(scene *s, const json_t *step, int flags, transfer_call *call) {
  HANDLE(deltos_view, view, "view", VIEW);
  const char *path = text_field(step, "path", "");
  const int fd = open(path, flags, 0666);
  uint64_t count = 0;
  if (fd < 0) return wrong(s, "cannot open \"%s\"", path);
  const deltos_status status = call(view, fd, int_field(step, "at", -1), &count, &s->error);
  close(fd);
  return status != DELTOS_OK ? status : expect_int(s, step, "bytes", count);
}

static int do_read_into(scene *s, const json_t *step) {
  return transfer(s, step, O_RDONLY | O_CLOEXEC, deltos_view_read_fd);
}
static int do_write_from(scene *s, const json_t *step) {
  return transfer(s, step, O_WRONLY | O_CREAT | O_CLOEXEC, deltos_view_write_fd);
}

static int do_get(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const int64_t *index = list_field(s, step, "index");
  const char *type = text_field(step, "type", "");
  unsigned char *value = keep(s, (size_t)view->itemsize + sizeof(double));
  uint64_t size = sizeof(double);
  int status = WRONG;
  if (strcmp(type, "i64") == 0) {
    status = deltos_view_get_i64(view, index, (int64_t *)(void *)value, &s->error);
  } else if (strcmp(type, "u64") == 0) {
    status = deltos_view_get_u64(view, index, (uint64_t *)(void *)value, &s->error);
  } else if (strcmp(type, "f64") == 0) {
    status = deltos_view_get_f64(view, index, (double *)(void *)value, &s->error);
  } else if (strcmp(type, "bytes") == 0) {
    size = view->itemsize;
    status = deltos_view_get_bytes(view, index, value, size, &s->error);
  } else {
    wrong(s, "the type \"%s\" is not known", type);
  }
  return status != DONE ? status : expect_data(s, step, "data", value, size);
}

static int do_set(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const int64_t *index = list_field(s, step, "index");
  const char *type = text_field(step, "type", "");
  const bytes data = data_of(s, json_object_get(step, "data"));
  if (strcmp(type, "bytes") == 0) return deltos_view_set_bytes(view, index, data.data, data.size, &s->error);
  if (data.size != sizeof(double)) return wrong(s, "a number has 8 bytes, not %zu", data.size);
  if (strcmp(type, "i64") == 0) return deltos_view_set_i64(view, index, *(int64_t *)(void *)data.data, &s->error);
  if (strcmp(type, "u64") == 0) return deltos_view_set_u64(view, index, *(uint64_t *)(void *)data.data, &s->error);
  if (strcmp(type, "f64") == 0) return deltos_view_set_f64(view, index, *(double *)(void *)data.data, &s->error);
  return wrong(s, "the type \"%s\" is not known", type);
}

static int order_field(scene *s, const json_t *step, int32_t *order) {
  int64_t number = 0;
  TRY(number_of(s, order_words, text_field(step, "order", "seq-cst"), &number));
  *order = (int32_t)number;
  return DONE;
}

static int do_atomic_load(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  int32_t order = 0;
  void *value = keep(s, (size_t)view->itemsize);
  TRY(order_field(s, step, &order));
  TRY(deltos_view_atomic_load(view, list_field(s, step, "index"), order, value, view->itemsize, &s->error));
  return expect_data(s, step, "data", value, view->itemsize);
}

static int do_atomic_store(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  int32_t order = 0;
  const bytes value = data_of(s, json_object_get(step, "data"));
  TRY(order_field(s, step, &order));
  return deltos_view_atomic_store(view, list_field(s, step, "index"), order, value.data, value.size, &s->error);
}

static int do_atomic_add(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  int32_t order = 0;
  const bytes summand = data_of(s, json_object_get(step, "data"));
  void *previous = keep(s, summand.size);
  TRY(order_field(s, step, &order));
  TRY(deltos_view_atomic_add(view, list_field(s, step, "index"), order, summand.data, previous, summand.size,
                             &s->error));
  return expect_data(s, step, "previous", previous, summand.size);
}

static int do_atomic_compare_exchange(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  int32_t order = 0;
  uint8_t exchanged = 0;
  const bytes expected = data_of(s, json_object_get(step, "expected"));
  const bytes desired = data_of(s, json_object_get(step, "data"));
  TRY(order_field(s, step, &order));
  if (expected.size != desired.size) return wrong(s, "two elements of one type have as many bytes");
  TRY(deltos_view_atomic_compare_exchange(view, list_field(s, step, "index"), order, expected.data, desired.data,
                                          desired.size, &exchanged, &s->error));
  return expect_bool(s, step, "exchanged", exchanged) || expect_data(s, step, "previous", expected.data, expected.size);
}

const operation view_operations[] = {
    OPERATION(memory, "format dtype shape data strides start readonly as"),
    OPERATION(slice, "view slices as"),
    OPERATION(window, "view offset length as"),
    OPERATION(transpose, "view axes as"),
    OPERATION(reshape, "view shape as"),
    OPERATION(cast, "view format dtype as"),
    OPERATION(contiguity, "view c f"),
    OPERATION(content, "view format shape data"),
    OPERATION(copy, "target source"),
    OPERATION(fill, "view data"),
    OPERATION(equal, "view other equal"),
    OPERATION(compare, "view other order"),
    OPERATION(find, "view data start index"),
    OPERATION(count, "view data count"),
    OPERATION(gather, "source rows target"),
    OPERATION(read_into, "view path at bytes"),
    OPERATION(write_from, "view path at bytes"),
    OPERATION(get, "view index type data"),
    OPERATION(set, "view index type data"),
    OPERATION(atomic_load, "view index order data"),
    OPERATION(atomic_store, "view index order data"),
    OPERATION(atomic_add, "view index order data previous"),
    OPERATION(atomic_compare_exchange, "view index order expected data exchanged previous"),
    {NULL, NULL, NULL},
};
