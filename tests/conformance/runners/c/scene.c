#include "scene.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const word mode_words[] = {{"read", DELTOS_MODE_READ},
                           {"in-place", DELTOS_MODE_IN_PLACE},
                           {"write", DELTOS_MODE_WRITE},
                           {"static", DELTOS_MODE_STATIC},
                           {NULL, 0}};
const word creation_words[] = {{"never", DELTOS_CREATE_NEVER},
                               {"if-absent", DELTOS_CREATE_IF_ABSENT},
                               {"new", DELTOS_CREATE_NEW},
                               {"replace", DELTOS_CREATE_REPLACE},
                               {NULL, 0}};
const word open_flag_words[] = {{"sigbus-guard", DELTOS_OPEN_SIGBUS_GUARD},
                                {"verify", DELTOS_OPEN_VERIFY},
                                {"rollback", DELTOS_OPEN_ROLLBACK},
                                {"redirty", DELTOS_OPEN_REDIRTY},
                                {"copy", DELTOS_OPEN_COPY},
                                {"no-trim", DELTOS_OPEN_NO_TRIM},
                                {"force", DELTOS_OPEN_FORCE},
                                {"sparse", DELTOS_OPEN_SPARSE},
                                {NULL, 0}};
const word request_words[] = {{"writable", DELTOS_VIEW_WRITABLE},
                              {"format", DELTOS_VIEW_FORMAT},
                              {"nd", DELTOS_VIEW_ND},
                              {"strides", DELTOS_VIEW_STRIDES},
                              {"c", DELTOS_VIEW_C},
                              {"f", DELTOS_VIEW_F},
                              {"any", DELTOS_VIEW_ANY},
                              {"indirect", DELTOS_VIEW_INDIRECT},
                              {"full-ro", DELTOS_VIEW_FULL_RO},
                              {"full", DELTOS_VIEW_FULL},
                              {NULL, 0}};
const word durability_words[] = {{"sync", DELTOS_SYNC}, {"lazy", DELTOS_LAZY}, {"async", DELTOS_ASYNC}, {NULL, 0}};
const word level_words[] = {{"struct", DELTOS_VERIFY_STRUCT}, {"full", DELTOS_VERIFY_FULL}, {NULL, 0}};
const word depth_words[] = {{"all", DELTOS_LIST_ALL}, {"one-level", DELTOS_LIST_ONE_LEVEL}, {NULL, 0}};
const word dtype_words[] = {{"OTHER", DELTOS_DTYPE_OTHER},     {"BOOL", DELTOS_DTYPE_BOOL},
                            {"I8", DELTOS_DTYPE_I8},           {"I16", DELTOS_DTYPE_I16},
                            {"I32", DELTOS_DTYPE_I32},         {"I64", DELTOS_DTYPE_I64},
                            {"U8", DELTOS_DTYPE_U8},           {"U16", DELTOS_DTYPE_U16},
                            {"U32", DELTOS_DTYPE_U32},         {"U64", DELTOS_DTYPE_U64},
                            {"F16", DELTOS_DTYPE_F16},         {"F32", DELTOS_DTYPE_F32},
                            {"F64", DELTOS_DTYPE_F64},         {"C64", DELTOS_DTYPE_C64},
                            {"C128", DELTOS_DTYPE_C128},       {"BYTES", DELTOS_DTYPE_BYTES},
                            {"UCS4", DELTOS_DTYPE_UCS4},       {"STRUCT", DELTOS_DTYPE_STRUCT},
                            {"BF16", DELTOS_DTYPE_BF16},       {"F8_E4M3", DELTOS_DTYPE_F8_E4M3},
                            {"F8_E5M2", DELTOS_DTYPE_F8_E5M2}, {NULL, 0}};

int wrong(scene *s, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(s->problem, sizeof s->problem, format, arguments);
  va_end(arguments);
  return WRONG;
}

struct kept {
  struct kept *next;
  max_align_t memory[];
};

void *keep(scene *s, size_t size) {
  struct kept *kept = calloc(1, sizeof *kept + size + 1);
  if (kept == NULL) {
    fprintf(stderr, "no memory for %zu bytes\n", size);
    exit(1);
  }
  kept->next = s->kept;
  s->kept = kept;
  return kept->memory;
}

json_t *keep_json(scene *s, json_t *written) {
  if (s->written == NULL) s->written = json_array();
  json_array_append_new(s->written, written);
  return written;
}

void end_step(scene *s) {
  json_decref(s->written);
  s->written = NULL;
  while (s->kept != NULL) {
    struct kept *next = s->kept->next;
    free(s->kept);
    s->kept = next;
  }
}

void release_thing(thing *t) {
  switch (t->kind) {
    case STORAGE:
      deltos_storage_detach(&t->is.storage);
      break;
    case SNAPSHOT:
      deltos_snapshot_release(&t->is.snapshot);
      break;
    case TRANSACTION:
      deltos_transaction_abort(&t->is.transaction);
      break;
    case OBJECT:
      deltos_object_release(&t->is.object);
      break;
    case VIEW:
      deltos_view_release(&t->is.view);
      break;
    case SCHEMA:
      deltos_schema_release(&t->is.schema);
      break;
    case BUILDER:
      release_building(t->is.builder);
      t->is.builder = NULL;
      break;
    case CURSOR:
      deltos_cursor_release(&t->is.cursor);
      break;
  }
}

void release_building(building *records) {
  if (records == NULL) return;
  deltos_builder_release(&records->builder);
  deltos_schema_release(&records->made);
  free(records);
}

void end_scene(scene *s) {
  end_step(s);
  while (s->thing_count > 0) release_thing(&s->things[--s->thing_count]);
}

static thing *look_up(scene *s, const char *name) {
  for (size_t i = 0; i < s->thing_count; ++i) {
    if (strcmp(s->things[i].name, name) == 0) return &s->things[i];
  }
  return NULL;
}

int name_thing(scene *s, const json_t *step, thing_kind kind, void *handle) {
  return name_thing_in(s, step, "as", kind, handle);
}

int name_thing_in(scene *s, const json_t *step, const char *field, thing_kind kind, void *handle) {
  thing added;
  added.name = text_field(step, field, NULL);
  added.kind = kind;
  added.is.any = handle;
  thing *old = added.name == NULL ? NULL : look_up(s, added.name);
  if (old != NULL) {
    release_thing(old);
    memmove(old, old + 1, sizeof *old * (size_t)(s->things + --s->thing_count - old));
  }
  if (added.name == NULL || s->thing_count == MOST_THINGS) {
    release_thing(&added);
    return added.name == NULL ? DONE : wrong(s, "a case names more than %d things", MOST_THINGS);
  }
  s->things[s->thing_count++] = added;
  return DONE;
}

thing *find_any(scene *s, const json_t *step, const char *field) {
  const char *name = text_field(step, field, "");
  thing *found = look_up(s, name);
  if (found == NULL) wrong(s, "nothing is called \"%s\"", name);
  return found;
}

thing *find_thing(scene *s, const json_t *step, const char *field, thing_kind kind) {
  thing *found = find_any(s, step, field);
  if (found == NULL || found->kind == kind) return found;
  wrong(s, "\"%s\" is no %s", found->name, field);
  return NULL;
}

char mismatch;

void *handle_of(scene *s, const json_t *step, const char *field, thing_kind kind) {
  const thing *found = find_thing(s, step, field, kind);
  return found == NULL ? &mismatch : found->is.any;
}

int transaction_field(scene *s, const json_t *step, deltos_transaction **transaction) {
  if (json_object_get(step, "transaction") == NULL) return DONE;
  HANDLE(deltos_transaction, named, "transaction", TRANSACTION);
  *transaction = named;
  return DONE;
}

int reader_of(scene *s, const json_t *step, const deltos_snapshot **snapshot) {
  const thing *from = find_any(s, step, "from");
  if (from == NULL) return WRONG;
  if (from->kind != SNAPSHOT && from->kind != TRANSACTION) return wrong(s, "\"%s\" cannot be read from", from->name);
  *snapshot = from->kind == SNAPSHOT ? from->is.snapshot : deltos_transaction_snapshot(from->is.transaction);
  return DONE;
}

const deltos_view *view_called(scene *s, const char *name) {
  const thing *found = look_up(s, name);
  if (found != NULL && found->kind == VIEW) return found->is.view;
  wrong(s, "no view is called \"%s\"", name);
  return NULL;
}

int open_kind(scene *s, const json_t *step, int32_t kind) {
  const char *name = text_field(step, "name", NULL);
  const deltos_snapshot *snapshot = NULL;
  deltos_object *object = NULL;
  const thing *from = find_any(s, step, "from");
  if (from != NULL && from->kind == STORAGE) {
    TRY(deltos_object_open_newest(from->is.storage, name, kind, &object, &s->error));
  } else {
    TRY(reader_of(s, step, &snapshot));
    TRY(deltos_object_open(snapshot, name, kind, &object, &s->error));
  }
  return name_thing(s, step, OBJECT, object);
}

const char *text_field(const json_t *step, const char *field, const char *otherwise) {
  const json_t *value = json_object_get(step, field);
  if (value == NULL) return otherwise;
  const char *text = json_string_value(value);
  return text != NULL && strlen(text) == json_string_length(value) ? text : NULL;
}

int64_t int_field(const json_t *step, const char *field, int64_t otherwise) {
  const json_t *value = json_object_get(step, field);
  return value == NULL ? otherwise : json_integer_value(value);
}

int bool_field(const json_t *step, const char *field, int otherwise) {
  const json_t *value = json_object_get(step, field);
  return value == NULL ? otherwise : json_is_true(value);
}

int32_t list_length(const json_t *step, const char *field) {
  return (int32_t)json_array_size(json_object_get(step, field));
}

int64_t *list_field(scene *s, const json_t *step, const char *field) {
  const json_t *list = json_object_get(step, field), *value;
  if (list == NULL) return NULL;
  int64_t *values = keep(s, sizeof *values * json_array_size(list));
  size_t i;
  json_array_foreach(list, i, value) values[i] = json_integer_value(value);
  return values;
}

static bytes bytes_of_digits(scene *s, const char *digits) {
  bytes made;
  made.size = strlen(digits) / 2;
  made.data = keep(s, made.size);
  for (size_t i = 0; i < made.size; ++i) {
    const char pair[3] = {digits[2 * i], digits[2 * i + 1], '\0'};
    made.data[i] = (unsigned char)strtoul(pair, NULL, 16);
  }
  return made;
}

bytes data_of(scene *s, const json_t *data) {
  if (!json_is_object(data)) return bytes_of_digits(s, json_is_string(data) ? json_string_value(data) : "");
  const bytes unit = bytes_of_digits(s, text_field(data, "repeat", ""));
  const size_t times = (size_t)int_field(data, "times", 0);
  bytes made;
  made.size = unit.size * times;
  made.data = keep(s, made.size);
  for (size_t i = 0; i < times; ++i) memcpy(made.data + i * unit.size, unit.data, unit.size);
  return made;
}

int number_of(scene *s, const word *words, const char *text, int64_t *number) {
  for (; words->text != NULL; ++words) {
    if (text != NULL && strcmp(words->text, text) == 0) {
      *number = words->number;
      return DONE;
    }
  }
  return wrong(s, "the word \"%s\" is not known", text == NULL ? "" : text);
}

const char *word_of(const word *words, int64_t number) {
  for (; words->text != NULL; ++words) {
    if (words->number == number) return words->text;
  }
  return "?";
}

int flags_field(scene *s, const json_t *step, const word *words, int64_t otherwise, int64_t *flags) {
  const json_t *list = json_object_get(step, "flags"), *flag;
  size_t i;
  *flags = list == NULL ? otherwise : 0;
  json_array_foreach(list, i, flag) {
    int64_t bit = 0;
    if (number_of(s, words, json_string_value(flag), &bit) != DONE) return WRONG;
    *flags |= bit;
  }
  return DONE;
}

int expect_int(scene *s, const json_t *step, const char *field, uint64_t actual) {
  const json_t *expected = json_object_get(step, field);
  if (expected == NULL || (uint64_t)json_integer_value(expected) == actual) return DONE;
  return wrong(s, "expected %s %lld, got %llu", field, (long long)json_integer_value(expected),
               (unsigned long long)actual);
}

int expect_bool(scene *s, const json_t *step, const char *field, int actual) {
  const json_t *expected = json_object_get(step, field);
  if (expected == NULL || json_is_true(expected) == !!actual) return DONE;
  return wrong(s, "expected %s %s, got %s", field, actual ? "false" : "true", actual ? "true" : "false");
}

int expect_text(scene *s, const json_t *step, const char *field, const char *actual, size_t size) {
  const json_t *expected = json_object_get(step, field);
  if (expected == NULL) return DONE;
  if (json_string_length(expected) == size && memcmp(json_string_value(expected), actual, size) == 0) return DONE;
  return wrong(s, "expected %s \"%.200s\", got \"%.*s\"", field, json_string_value(expected),
               size > 200 ? 200 : (int)size, actual);
}

int expect_list(scene *s, const json_t *step, const char *field, const int64_t *actual, int32_t count) {
  const json_t *expected = json_object_get(step, field), *value;
  size_t i;
  if (expected == NULL) return DONE;
  if (actual == NULL) count = 0;
  if (json_array_size(expected) != (size_t)count) {
    return wrong(s, "expected %zu numbers as %s, got %d", json_array_size(expected), field, (int)count);
  }
  json_array_foreach(expected, i, value) {
    if (json_integer_value(value) == actual[i]) continue;
    return wrong(s, "expected %lld in %s at %zu, got %lld", (long long)json_integer_value(value), field, i,
                 (long long)actual[i]);
  }
  return DONE;
}

int expect_data(scene *s, const json_t *step, const char *field, const void *actual, uint64_t size) {
  const json_t *data = json_object_get(step, field);
  return data == NULL ? DONE : expect_bytes(s, data, actual, size);
}

int expect_bytes(scene *s, const json_t *data, const void *actual, uint64_t size) {
  const bytes expected = data_of(s, data);
  if (expected.size != size) return wrong(s, "expected %zu bytes, got %llu", expected.size, (unsigned long long)size);
  for (size_t i = 0; i < expected.size; ++i) {
    const unsigned char byte = ((const unsigned char *)actual)[i];
    if (expected.data[i] != byte) return wrong(s, "expected %02x at byte %zu, got %02x", expected.data[i], i, byte);
  }
  return DONE;
}

int expect_value(scene *s, const json_t *step, const deltos_metadatum *item) {
  const int is_text = strcmp(item->format, "u8") == 0;
  if (json_object_get(step, "text") != NULL && !is_text) return wrong(s, "expected text, got \"%s\"", item->format);
  return expect_text(s, step, "text", item->data, (size_t)item->size) ||
         expect_text(s, step, "format", item->format, strlen(item->format)) ||
         expect_list(s, step, "shape", item->shape, item->ndim) || expect_data(s, step, "data", item->data, item->size);
}

int given_type(scene *s, const json_t *step, const char **format, int32_t *dtype) {
  int64_t number = 0;
  if (number_of(s, dtype_words, text_field(step, "dtype", "OTHER"), &number) != DONE) return WRONG;
  *dtype = (int32_t)number;
  *format = text_field(step, "format", NULL);
  return DONE;
}

int given_view(scene *s, const json_t *step, deltos_view *view) {
  memset(view, 0, sizeof *view);
  view->struct_size = sizeof *view;
  view->ndim = list_length(step, "shape");
  view->shape = list_field(s, step, "shape");
  view->strides = list_field(s, step, "strides");
  view->data = data_of(s, json_object_get(step, "data")).data + int_field(step, "start", 0);
  view->readonly = 1;
  return given_type(s, step, &view->format, &view->dtype);
}

void given_value(scene *s, const json_t *item, deltos_metadatum *value) {
  const json_t *text = json_object_get(item, "text");
  memset(value, 0, sizeof *value);
  value->key = text_field(item, "key", NULL);
  if (text != NULL) {
    value->format = "u8";
    value->data = json_string_value(text);
    value->size = json_string_length(text);
  } else {
    const bytes data = data_of(s, json_object_get(item, "data"));
    value->format = text_field(item, "format", NULL);
    value->data = data.data;
    value->size = data.size;
    value->ndim = list_length(item, "shape");
    value->shape = list_field(s, item, "shape");
  }
}

int rows_of(scene *s, const deltos_object *table, uint8_t writable, table_rows *of) {
  memset(of, 0, sizeof *of);
  of->info.struct_size = sizeof of->info;
  TRY(deltos_table_stat(table, &of->info, &s->error));
  return deltos_table_rows(table, writable, &of->pin, &of->rows, &of->lengths, &s->error);
}

static int32_t report(uint64_t done, uint64_t total, void *user) {
  reports *r = user;
  r->calls += 1;
  if (total != 0 && done > total) r->is_above = 1;
  return strcmp(r->kind, "cancel") == 0;
}

int ask_for_reports(scene *s, const json_t *step, reports *r, deltos_progress *progress) {
  memset(r, 0, sizeof *r);
  r->kind = text_field(step, "progress", NULL);
  *progress = r->kind == NULL ? NULL : report;
  if (r->kind == NULL || strcmp(r->kind, "count") == 0 || strcmp(r->kind, "cancel") == 0) return DONE;
  return wrong(s, "progress \"%s\" is not known", r->kind);
}

int check_reports(scene *s, const reports *r) {
  if (r->kind != NULL && strcmp(r->kind, "count") == 0 && r->calls == 0) {
    return wrong(s, "expected progress to be reported, and it was not");
  }
  return r->is_above ? wrong(s, "progress reported more than there is to do") : DONE;
}

int open_copy(scene *s, image_opener *open, bytes image, const json_t *step, deltos_object **object) {
  const size_t at = (size_t)int_field(step, "at", 0);
  unsigned char *memory = aligned_alloc(64, ((at + image.size) / 64 + 1) * 64);
  if (memory == NULL) return wrong(s, "no memory for %zu bytes", image.size);
  memcpy(memory + at, image.data, image.size);
  const deltos_status status = open(memory + at, image.size, free, memory, object, &s->error);
  if (status != DELTOS_OK) free(memory);
  return status;
}

int packed_by(scene *s, image_packer *pack, deltos_builder *builder, bytes *image) {
  uint64_t size = 0;
  const deltos_status asked = pack(builder, NULL, &size, &s->error);
  if (asked != DELTOS_E_TOO_SMALL) return asked;
  image->size = (size_t)size;
  image->data = keep(s, image->size);
  return pack(builder, image->data, &size, &s->error);
}

int damage(scene *s, const json_t *step, bytes *image) {
  const json_t *one;
  size_t i;
  json_array_foreach(json_object_get(step, "damage"), i, one) {
    const bytes data = data_of(s, json_object_get(one, "data"));
    const size_t at = (size_t)int_field(one, "at", 0);
    if (at > image->size || data.size > image->size - at) return wrong(s, "%zu is not in the image", at);
    memcpy(image->data + at, data.data, data.size);
  }
  image->size -= (size_t)int_field(step, "cut", 0);
  return DONE;
}
