/* The operations of the corpus on tables. */
#include <stdlib.h>
#include <string.h>

#include "scene.h"

/* Columns, lengths and element type of a step. */
typedef struct table_shape {
  int64_t columns;
  const int64_t *lengths;
  const char *format;
  int32_t dtype;
} table_shape;

static int shape_field(scene *s, const json_t *step, table_shape *shape) {
  shape->lengths = list_field(s, step, "lengths");
  shape->columns = int_field(step, "columns", -1);
  return given_type(s, step, &shape->format, &shape->dtype);
}

static int do_create_table(scene *s, const json_t *step) {
  deltos_transaction *transaction = NULL;
  table_shape shape;
  deltos_object *table = NULL;
  if (json_object_get(step, "transaction") != NULL) {
    HANDLE(deltos_transaction, named, "transaction", TRANSACTION);
    transaction = named;
  }
  TRY(shape_field(s, step, &shape));
  TRY(deltos_table_create(transaction, text_field(step, "name", NULL), shape.format, shape.dtype,
                          int_field(step, "rows", 0), shape.columns, shape.lengths, &table, &s->error));
  return name_thing(s, step, OBJECT, table);
}

/* Rows in memory of their own, and pointers to them. */
typedef struct row_memory {
  size_t count;
  void *rows[];
} row_memory;

static void free_rows(void *user) {
  row_memory *memory = user;
  for (size_t i = 0; i < memory->count; ++i) free(memory->rows[i]);
  free(memory);
}

static row_memory *copy_rows(scene *s, const json_t *list) {
  const size_t count = json_array_size(list);
  row_memory *memory = calloc(1, sizeof *memory + sizeof(void *) * count);
  const json_t *row;
  size_t i;
  if (memory == NULL) return NULL;
  json_array_foreach(list, i, row) {
    const bytes data = data_of(s, row);
    memory->rows[i] = aligned_alloc(64, (data.size / 64 + 1) * 64);
    memory->count = i + 1;
    if (memory->rows[i] != NULL) memcpy(memory->rows[i], data.data, data.size);
  }
  return memory;
}

static int do_wrap_table(scene *s, const json_t *step) {
  table_shape shape;
  deltos_object *table = NULL;
  TRY(shape_field(s, step, &shape));
  row_memory *memory = copy_rows(s, json_object_get(step, "rows"));
  if (memory == NULL) return wrong(s, "no memory for the rows");
  const deltos_status status =
      deltos_table_wrap(memory->rows, (int64_t)memory->count, shape.columns, shape.lengths, shape.format, shape.dtype,
                        (uint8_t)bool_field(step, "readonly", 0), free_rows, memory, &table, &s->error);
  if (status == DELTOS_OK) return name_thing(s, step, OBJECT, table);
  free_rows(memory);
  return status;
}

static int do_table_from_view(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  deltos_object *table = NULL;
  TRY(deltos_table_from_view(view, (int32_t)int_field(step, "axis", 0), &table, &s->error));
  return name_thing(s, step, OBJECT, table);
}

static int do_table_from_views(scene *s, const json_t *step) {
  const json_t *list = json_object_get(step, "views");
  const size_t count = json_array_size(list);
  const deltos_view **views = keep(s, sizeof *views * count);
  table_shape shape;
  deltos_object *table = NULL;
  TRY(shape_field(s, step, &shape));
  for (size_t i = 0; i < count; ++i) {
    views[i] = view_called(s, json_string_value(json_array_get(list, i)));
    if (views[i] == NULL) return WRONG;
  }
  TRY(deltos_table_from_views(views, (int64_t)count, shape.columns, shape.format, shape.dtype, &table, &s->error));
  return name_thing(s, step, OBJECT, table);
}

static int do_open_table(scene *s, const json_t *step) { return open_kind(s, step, DELTOS_KIND_TABLE); }

static int do_table_info(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  deltos_table_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_table_stat(table, &info, &s->error));
  const char *dtype = word_of(dtype_words, info.dtype);
  return expect_text(s, step, "format", info.format, strlen(info.format)) ||
         expect_text(s, step, "dtype", dtype, strlen(dtype)) || expect_int(s, step, "rows", (uint64_t)info.rows) ||
         expect_int(s, step, "columns", (uint64_t)info.columns) || expect_int(s, step, "itemsize", info.itemsize) ||
         expect_int(s, step, "exports", info.exports) || expect_bool(s, step, "readonly", info.readonly) ||
         expect_bool(s, step, "ragged", info.ragged) || expect_bool(s, step, "stored", info.stored) ||
         expect_bool(s, step, "sealed", info.sealed);
}

static int expect_rows(scene *s, const json_t *step, const deltos_table_info *info, void *const *rows,
                       const int64_t *lengths) {
  const json_t *expected = json_object_get(step, "rows"), *row;
  size_t i;
  TRY(expect_list(s, step, "lengths", lengths, (int32_t)info->rows));
  if (expected != NULL && json_array_size(expected) != (size_t)info->rows) {
    return wrong(s, "expected %zu rows, got %lld", json_array_size(expected), (long long)info->rows);
  }
  json_array_foreach(expected, i, row) {
    const uint64_t size = (uint64_t)lengths[i] * info->itemsize;
    TRY(expect_bytes(s, row, size == 0 ? (const void *)"" : rows[i], size));
  }
  return DONE;
}

static int do_table_rows(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  table_rows of;
  TRY(rows_of(s, table, (uint8_t)bool_field(step, "writable", 0), &of));
  const int verdict = expect_rows(s, step, &of.info, of.rows, of.lengths);
  const int named = name_thing(s, step, VIEW, of.pin);
  return verdict != DONE ? verdict : named;
}

static int do_table_row(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  int64_t flags = 0;
  deltos_view *view = NULL;
  TRY(flags_field(s, step, request_words, DELTOS_VIEW_FULL_RO, &flags));
  TRY(deltos_table_row(table, int_field(step, "row", 0), (int32_t)flags, &view, &s->error));
  return name_thing(s, step, VIEW, view);
}

static int do_to_dense(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  deltos_view *view = NULL;
  TRY(deltos_table_to_dense(table, &view, &s->error));
  return name_thing(s, step, VIEW, view);
}

static int do_reinterpret(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  const char *format = NULL;
  int32_t dtype = 0;
  TRY(given_type(s, step, &format, &dtype));
  return deltos_table_reinterpret(table, format, dtype, &s->error);
}

static int do_make_readonly(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  return deltos_table_make_readonly(table, &s->error);
}

const operation table_operations[] = {
    OPERATION(create_table, "transaction name format dtype rows columns lengths as"),
    OPERATION(wrap_table, "rows columns lengths format dtype readonly as"),
    OPERATION(table_from_view, "view axis as"),
    OPERATION(table_from_views, "views columns format dtype as"),
    OPERATION(open_table, "from name as"),
    OPERATION(table_info, "table format dtype rows columns itemsize exports readonly ragged stored sealed"),
    OPERATION(table_rows, "table writable lengths rows as"),
    OPERATION(table_row, "table row flags as"),
    OPERATION(to_dense, "table as"),
    OPERATION(reinterpret, "table format dtype"),
    OPERATION(make_readonly, "table"),
    {NULL, NULL, NULL},
};
