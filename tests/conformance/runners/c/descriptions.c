/* Storages by description: ../../README.md says what a description is. */
#include "descriptions.h"

#include <stdio.h>
#include <string.h>

#include "maps.h"
#include "operations.h"
#include "records.h"
#include "values.h"

static const word kind_words[] = {{"buffer", DELTOS_KIND_BUFFER},        {"table", DELTOS_KIND_TABLE},
                                  {"array", DELTOS_KIND_ARRAY},          {"value", DELTOS_KIND_VALUE},
                                  {"records", DELTOS_KIND_RECORD_TABLE}, {"map", DELTOS_KIND_HASH_MAP},
                                  {"sorted", DELTOS_KIND_SORTED_MAP},    {NULL, 0}};

static int kind_field(scene *s, const json_t *described, int32_t *kind) {
  int64_t number = 0;
  TRY(number_of(s, kind_words, text_field(described, "kind", "buffer"), &number));
  *kind = (int32_t)number;
  return DONE;
}

/* Says what is wrong, if anything is. */
static int complain(scene *s, const char *what, int verdict) {
  end_step(s);
  if (verdict == DONE) return 0;
  printf("%s: %s\n", what, verdict == WRONG ? s->problem : s->error.message);
  return 1;
}

/* Writing */

static int set_metadata(scene *s, deltos_transaction *transaction, const char *name, const json_t *holder) {
  const json_t *item;
  size_t i;
  json_array_foreach(json_object_get(holder, "metadata"), i, item) {
    deltos_metadatum value;
    given_value(s, item, &value);
    const deltos_status status = deltos_metadata_set(transaction, name, &value, &s->error);
    if (status != DELTOS_OK) return status;
  }
  return DONE;
}

static int create_buffer(scene *s, deltos_transaction *transaction, const json_t *described, deltos_object **object) {
  deltos_view view;
  TRY(given_view(s, described, &view));
  return deltos_buffer_create(transaction, text_field(described, "name", ""), &view, object, &s->error);
}

/* Rows with the data of a description, which has them one after the other. */
static int fill_rows(scene *s, const json_t *described, deltos_object *table) {
  const bytes data = data_of(s, json_object_get(described, "data"));
  const unsigned char *from = data.data;
  table_rows of;
  TRY(rows_of(s, table, 1, &of));
  size_t left = data.size;
  for (int64_t row = 0; row < of.info.rows; ++row) {
    const size_t size = (size_t)of.lengths[row] * (size_t)of.info.itemsize;
    if (size > left) break;
    if (size != 0) memcpy(of.rows[row], from, size);
    from += size;
    left -= size;
  }
  deltos_view_release(&of.pin);
  return left == 0 ? DONE : wrong(s, "%zu bytes do not fit into the rows", left);
}

static int create_table(scene *s, deltos_transaction *transaction, const json_t *described, deltos_object **object) {
  const char *format = NULL;
  int32_t dtype = 0;
  const int64_t *shape = list_field(s, described, "shape"), *lengths = list_field(s, described, "lengths");
  TRY(given_type(s, described, &format, &dtype));
  TRY(deltos_table_create(transaction, text_field(described, "name", ""), format, dtype, shape[0],
                          lengths == NULL ? shape[1] : -1, lengths, object, &s->error));
  return fill_rows(s, described, *object);
}

static int create_array(scene *s, deltos_transaction *transaction, const json_t *described, deltos_object **object) {
  const char *format = NULL;
  int32_t dtype = 0;
  const bytes data = data_of(s, json_object_get(described, "data"));
  const int64_t *shape = list_field(s, described, "shape");
  TRY(given_type(s, described, &format, &dtype));
  TRY(deltos_array_create(transaction, text_field(described, "name", ""), format, dtype, NULL, object, &s->error));
  return deltos_array_append(*object, data.data, (uint64_t)shape[0], &s->error);
}

static int create_value(scene *s, deltos_transaction *transaction, const json_t *described, deltos_object **object) {
  deltos_builder *builder = NULL;
  TRY(build_value(s, described, "value", &builder));
  const deltos_status status =
      deltos_value_builder_store(builder, transaction, text_field(described, "name", ""), object, &s->error);
  deltos_builder_release(&builder);
  return status;
}

static int create_records(scene *s, deltos_transaction *transaction, const json_t *described, deltos_object **object) {
  deltos_record_table_options options;
  building records;
  memset(&records, 0, sizeof records);
  TRY(given_records(s, described, &options));
  TRY(make_schema(s, json_object_get(described, "schema"), &records.made));
  records.schema = records.made;
  int verdict = deltos_record_table_begin(transaction, text_field(described, "name", ""), records.schema, &options,
                                          &records.builder, &s->error);
  if (verdict == DONE) verdict = add_rows(s, &records, json_object_get(described, "rows"));
  if (verdict == DONE) verdict = deltos_record_table_finish(records.builder, object, &s->error);
  deltos_builder_release(&records.builder);
  deltos_schema_release(&records.made);
  return verdict;
}

static int create_described(scene *s, deltos_transaction *transaction, const json_t *described,
                            deltos_object **object) {
  int32_t kind = 0;
  TRY(kind_field(s, described, &kind));
  if (kind == DELTOS_KIND_TABLE) return create_table(s, transaction, described, object);
  if (kind == DELTOS_KIND_ARRAY) return create_array(s, transaction, described, object);
  if (kind == DELTOS_KIND_VALUE) return create_value(s, transaction, described, object);
  if (kind == DELTOS_KIND_RECORD_TABLE) return create_records(s, transaction, described, object);
  if (kind == DELTOS_KIND_HASH_MAP) return create_map(s, transaction, described, object);
  if (kind == DELTOS_KIND_SORTED_MAP) return create_sorted_map(s, transaction, described, object);
  return create_buffer(s, transaction, described, object);
}

static int write_object(scene *s, deltos_transaction *transaction, const json_t *described) {
  deltos_object *object = NULL;
  int verdict = create_described(s, transaction, described, &object);
  if (verdict == DONE) verdict = set_metadata(s, transaction, text_field(described, "name", ""), described);
  if (verdict == DONE && bool_field(described, "sealed", 0)) {
    verdict = deltos_object_seal(transaction, object, &s->error);
  }
  deltos_object_release(&object);
  return verdict;
}

static int write_all(scene *s, deltos_transaction *transaction, const json_t *description) {
  const json_t *described;
  size_t i;
  int verdict = set_metadata(s, transaction, "", description);
  json_array_foreach(json_object_get(description, "objects"), i, described) {
    if (verdict == DONE) verdict = write_object(s, transaction, described);
  }
  return verdict;
}

int write_storage(scene *s, const json_t *description, const char *path) {
  deltos_storage *storage = NULL;
  deltos_transaction *transaction = NULL;
  deltos_open_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.mode = DELTOS_MODE_WRITE;
  options.create = DELTOS_CREATE_REPLACE;
  int verdict = deltos_storage_open(path, &options, &storage, &s->error);
  if (verdict == DONE) verdict = deltos_transaction_begin(storage, &transaction, &s->error);
  if (verdict == DONE) verdict = write_all(s, transaction, description);
  if (verdict == DONE) verdict = deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &s->error);
  deltos_transaction_abort(&transaction);
  if (verdict == DONE) verdict = deltos_storage_close(&storage, &s->error);
  deltos_storage_detach(&storage);
  return complain(s, path, verdict);
}

/* Reading */

static int expect_metadata(scene *s, const json_t *holder, const deltos_snapshot *snapshot, const char *name) {
  const json_t *items = json_object_get(holder, "metadata"), *item;
  uint64_t count = 0;
  size_t i;
  int verdict = deltos_metadata_list(snapshot, name, NULL, 0, &count, &s->error);
  if (verdict != DONE) return verdict;
  if (count != json_array_size(items)) {
    return wrong(s, "expected %zu values, got %llu", json_array_size(items), (unsigned long long)count);
  }
  json_array_foreach(items, i, item) {
    const char *key = text_field(item, "key", "");
    deltos_metadatum stored;
    memset(&stored, 0, sizeof stored);
    verdict = deltos_metadata_get(snapshot, name, key, &stored, &s->error);
    if (verdict == DONE && stored.data == NULL) verdict = wrong(s, "there is no value \"%s\"", key);
    if (verdict == DONE) verdict = expect_value(s, item, &stored);
    if (verdict != DONE) return verdict;
  }
  return DONE;
}

/* Every name that is described is looked up on its own: with as many names as descriptions, the names are the same. */
static int expect_count(scene *s, const json_t *description, const deltos_storage *storage) {
  deltos_storage_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  const int verdict = deltos_storage_stat(storage, &info, &s->error);
  const size_t expected = json_array_size(json_object_get(description, "objects"));
  if (verdict != DONE || info.object_count == expected) return verdict;
  return wrong(s, "expected %zu objects, got %llu", expected, (unsigned long long)info.object_count);
}

/* The rows of a table one after the other, against the data; shape and lengths against those of the description. */
static int expect_table(scene *s, const json_t *described, const deltos_object *table) {
  const json_t *data = json_object_get(described, "data");
  table_rows of;
  TRY(rows_of(s, table, 0, &of));
  const char *dtype = word_of(dtype_words, of.info.dtype);
  const int64_t shape[2] = {of.info.rows, of.info.columns};
  size_t size = 0;
  for (int64_t row = 0; row < of.info.rows; ++row) size += (size_t)of.lengths[row] * (size_t)of.info.itemsize;
  unsigned char *all = keep(s, size), *to = all;
  for (int64_t row = 0; row < of.info.rows; ++row) {
    const size_t count = (size_t)of.lengths[row] * (size_t)of.info.itemsize;
    if (count != 0) memcpy(to, of.rows[row], count);
    to += count;
  }
  const int verdict = expect_text(s, described, "format", of.info.format, strlen(of.info.format)) ||
                      expect_text(s, described, "dtype", dtype, strlen(dtype)) ||
                      expect_list(s, described, "shape", shape, of.info.ragged ? 1 : 2) ||
                      expect_list(s, described, "lengths", of.lengths, (int32_t)of.info.rows) ||
                      expect_bool(s, described, "sealed", of.info.sealed) || expect_bytes(s, data, all, size);
  deltos_view_release(&of.pin);
  return verdict;
}

static int expect_value_object(scene *s, const json_t *described, const deltos_object *value) {
  deltos_object_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_object_stat(value, &info, &s->error));
  if (!info.sealed) return wrong(s, "a value is not sealed");
  TRY(expect_tree(s, described, "value", value, 0));
  return json_object_get(described, "hash") == NULL ? DONE : expect_hash(s, described, "hash", value, 0);
}

static int expect_records(scene *s, const json_t *described, const deltos_object *table) {
  const json_t *rows = json_object_get(described, "rows");
  deltos_record_table_info info;
  deltos_schema *schema = NULL;
  slot_list list;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_record_table_stat(table, &info, &s->error));
  const char *layout = word_of(layout_words, info.layout);
  TRY(expect_text(s, described, "layout", layout, strlen(layout)));
  if (info.rows != json_array_size(rows)) return wrong(s, "there are %llu rows", (unsigned long long)info.rows);
  TRY(deltos_schema_of(table, &schema, &s->error));
  int verdict = slots_of(s, schema, &list);
  if (verdict == DONE) verdict = expect_schema(s, json_object_get(described, "schema"), schema, &list);
  for (uint64_t row = 0; verdict == DONE && row < info.rows; ++row) {
    verdict = expect_row(s, table, &list, row, json_array_get(rows, (size_t)row));
  }
  deltos_schema_release(&schema);
  return verdict;
}

static int expect_opened(scene *s, const json_t *described, const deltos_snapshot *snapshot, int32_t kind,
                         const deltos_object *object) {
  if (kind == DELTOS_KIND_TABLE) return expect_table(s, described, object);
  if (kind == DELTOS_KIND_RECORD_TABLE) return expect_records(s, described, object);
  if (kind == DELTOS_KIND_HASH_MAP) return expect_map(s, described, object);
  if (kind == DELTOS_KIND_SORTED_MAP) return expect_sorted_map(s, described, snapshot, object);
  return expect_value_object(s, described, object);
}

static int expect_described(scene *s, const json_t *described, const deltos_snapshot *snapshot) {
  int32_t kind = 0;
  deltos_object *object = NULL;
  TRY(kind_field(s, described, &kind));
  if (kind == DELTOS_KIND_BUFFER || kind == DELTOS_KIND_ARRAY) return expect_object(s, described, snapshot, kind);
  TRY(deltos_object_open(snapshot, text_field(described, "name", NULL), kind, &object, &s->error));
  const int verdict = expect_opened(s, described, snapshot, kind, object);
  deltos_object_release(&object);
  return verdict;
}

static int read_all(scene *s, const json_t *description, const deltos_storage *storage,
                    const deltos_snapshot *snapshot) {
  const json_t *described;
  size_t i;
  int bad = complain(s, "names", expect_count(s, description, storage));
  json_array_foreach(json_object_get(description, "objects"), i, described) {
    const char *name = text_field(described, "name", "");
    bad |= complain(s, name, expect_described(s, described, snapshot));
    bad |= complain(s, name, expect_metadata(s, described, snapshot, name));
  }
  return bad | complain(s, "the storage", expect_metadata(s, description, snapshot, ""));
}

int read_storage(scene *s, const json_t *description, const char *path) {
  deltos_storage *storage = NULL;
  deltos_snapshot *snapshot = NULL;
  int verdict = deltos_storage_open(path, NULL, &storage, &s->error);
  if (verdict == DONE) verdict = deltos_snapshot_begin(storage, &snapshot, &s->error);
  const int bad = verdict == DONE ? read_all(s, description, storage, snapshot) : complain(s, path, verdict);
  deltos_snapshot_release(&snapshot);
  deltos_storage_detach(&storage);
  return bad;
}
