/* The operations of the corpus on schemas and record tables. */
#include <stdlib.h>
#include <string.h>

#include "records.h"
#include "values.h"

/* A slot by number, or by name. */
static int slot_field(scene *s, const json_t *step, const deltos_schema *schema, uint64_t *slot) {
  const json_t *written = json_object_get(step, "slot");
  int64_t found = -1;
  *slot = (uint64_t)json_integer_value(written);
  if (!json_is_string(written)) return DONE;
  TRY(deltos_schema_find(schema, json_string_value(written), &found, &s->error));
  *slot = (uint64_t)found;
  return found < 0 ? wrong(s, "there is no slot \"%s\"", json_string_value(written)) : DONE;
}

/* Schemas */

static int do_make_schema(scene *s, const json_t *step) {
  deltos_schema *schema = NULL;
  TRY(make_schema(s, json_object_get(step, "schema"), &schema));
  return name_thing(s, step, SCHEMA, schema);
}

static int do_schema_of(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  deltos_schema *schema = NULL;
  TRY(deltos_schema_of(table, &schema, &s->error));
  return name_thing(s, step, SCHEMA, schema);
}

static int do_schema_info(scene *s, const json_t *step) {
  HANDLE(deltos_schema, schema, "schema", SCHEMA);
  deltos_schema_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_schema_stat(schema, &info, &s->error));
  return expect_text(s, step, "name", info.name, strlen(info.name)) || expect_int(s, step, "version", info.version) ||
         expect_int(s, step, "min_reader", info.min_reader) ||
         expect_data(s, step, "metadata", info.metadata, info.metadata_size) ||
         expect_int(s, step, "slot_count", info.slots) || expect_int(s, step, "row_bytes", info.row_bytes) ||
         expect_int(s, step, "alignment", info.alignment) ||
         expect_int(s, step, "presence_offset", info.presence_offset) ||
         expect_int(s, step, "presence_bits", info.presence_bits);
}

static int expect_flags(scene *s, const json_t *expected, uint32_t flags) {
  int64_t wanted = 0;
  TRY(flags_field(s, expected, slot_flag_words, flags, &wanted));
  return wanted == flags ? DONE : wrong(s, "expected flags %lld, got %u", (long long)wanted, flags);
}

static int expect_slot(scene *s, const json_t *expected, const deltos_slot *slot) {
  const char *type = word_of(slot_type_words, slot->type), *dtype = word_of(dtype_words, slot->dtype);
  const char *format = slot->format == NULL ? "" : slot->format;
  return expect_text(s, expected, "name", slot->name, strlen(slot->name)) ||
         expect_text(s, expected, "type", type, strlen(type)) ||
         expect_text(s, expected, "format", format, strlen(format)) ||
         expect_text(s, expected, "dtype", dtype, strlen(dtype)) || expect_flags(s, expected, slot->flags) ||
         expect_int(s, expected, "parent", (uint64_t)slot->parent) || expect_int(s, expected, "offset", slot->offset) ||
         expect_int(s, expected, "size", slot->size) ||
         expect_int(s, expected, "valid_bit", (uint64_t)slot->valid_bit) ||
         expect_int(s, expected, "null_bit", (uint64_t)slot->null_bit);
}

static int do_schema_slots(scene *s, const json_t *step) {
  HANDLE(deltos_schema, schema, "schema", SCHEMA);
  const json_t *expected = json_object_get(step, "slots");
  slot_list list;
  TRY(slots_of(s, schema, &list));
  if (json_array_size(expected) != list.count) return wrong(s, "there are %llu slots", (unsigned long long)list.count);
  for (uint64_t i = 0; i < list.count; ++i) TRY(expect_slot(s, json_array_get(expected, i), &list.slots[i]));
  return DONE;
}

static int do_find_slot(scene *s, const json_t *step) {
  HANDLE(deltos_schema, schema, "schema", SCHEMA);
  int64_t index = -1;
  TRY(deltos_schema_find(schema, text_field(step, "name", NULL), &index, &s->error));
  return expect_int(s, step, "slot", (uint64_t)index);
}

static int do_nested_schema(scene *s, const json_t *step) {
  HANDLE(deltos_schema, schema, "schema", SCHEMA);
  deltos_schema *nested = NULL;
  uint64_t slot = 0;
  TRY(slot_field(s, step, schema, &slot));
  TRY(deltos_schema_nested(schema, slot, &nested, &s->error));
  return name_thing(s, step, SCHEMA, nested);
}

static int do_check_schema(scene *s, const json_t *step) {
  HANDLE(deltos_schema, reader, "schema", SCHEMA);
  HANDLE(deltos_schema, writer, "writer", SCHEMA);
  return deltos_schema_check(reader, writer, &s->error);
}

/* Compares bytes with a node, opened as a value. */
static int expect_packed(scene *s, const json_t *step, const void *data, uint64_t size) {
  deltos_object *value = NULL;
  TRY(deltos_value_open_memory(data, size, NULL, NULL, &value, &s->error));
  const int verdict = expect_tree(s, step, "value", value, 0);
  deltos_object_release(&value);
  return verdict;
}

static int do_pack_schema(scene *s, const json_t *step) {
  HANDLE(deltos_schema, schema, "schema", SCHEMA);
  deltos_schema *again = NULL;
  uint64_t size = 0;
  const deltos_status asked = deltos_schema_pack(schema, NULL, &size, &s->error);
  if (asked != DELTOS_E_TOO_SMALL) return asked;
  unsigned char *packed = keep(s, (size_t)size), *odd = keep(s, (size_t)size + 1);
  TRY(deltos_schema_pack(schema, packed, &size, &s->error));
  TRY(expect_packed(s, step, packed, size));
  memcpy(odd + 1, packed, (size_t)size);
  TRY(deltos_schema_unpack(odd + 1, size, &again, &s->error));
  return name_thing(s, step, SCHEMA, again);
}

static int do_unpack_schema(scene *s, const json_t *step) {
  deltos_builder *builder = NULL;
  deltos_object *value = NULL;
  deltos_schema *schema = NULL;
  const void *image = NULL;
  uint64_t size = 0;
  deltos_status status;
  if (json_object_get(step, "value") == NULL) {
    const bytes data = data_of(s, json_object_get(step, "data"));
    status = deltos_schema_unpack(data.data, data.size, &schema, &s->error);
  } else {
    TRY(build_value(s, step, "value", &builder));
    status = pack_value(s, builder, &value, &size, &image);
    deltos_builder_release(&builder);
    if (status == DELTOS_OK) status = deltos_schema_unpack(image, size, &schema, &s->error);
    deltos_object_release(&value);
  }
  return status == DELTOS_OK ? name_thing(s, step, SCHEMA, schema) : status;
}

/* Building */

int schema_field(scene *s, const json_t *step, building *records) {
  const json_t *written = json_object_get(step, "schema");
  if (json_is_object(written)) {
    TRY(make_schema(s, written, &records->made));
    records->schema = records->made;
  } else {
    HANDLE(deltos_schema, named, "schema", SCHEMA);
    records->schema = named;
  }
  return DONE;
}

/* A builder for what a step says: in a transaction, if it names one, or in memory. */
static int fill_builder(scene *s, const json_t *step, building *records) {
  deltos_record_table_options options;
  deltos_transaction *transaction = NULL;
  TRY(transaction_field(s, step, &transaction));
  TRY(given_records(s, step, &options));
  TRY(schema_field(s, step, records));
  return deltos_record_table_begin(transaction, text_field(step, "name", NULL), records->schema, &options,
                                   &records->builder, &s->error);
}

static int begin_records(scene *s, const json_t *step, building **begun) {
  *begun = calloc(1, sizeof **begun);
  if (*begun == NULL) return wrong(s, "no memory for a builder");
  const int verdict = fill_builder(s, step, *begun);
  if (verdict != DONE) release_building(*begun);
  return verdict;
}

static int do_begin_records(scene *s, const json_t *step) {
  building *begun = NULL;
  TRY(begin_records(s, step, &begun));
  return name_thing(s, step, BUILDER, begun);
}

static int add_times(scene *s, const json_t *step, const building *records) {
  for (int64_t times = int_field(step, "times", 1); times > 0; --times) {
    TRY(add_rows(s, records, json_object_get(step, "rows")));
  }
  return DONE;
}

static int do_add_rows(scene *s, const json_t *step) {
  HANDLE(building, records, "builder", BUILDER);
  return add_times(s, step, records);
}

int given_column(scene *s, const json_t *written, uint64_t rows, deltos_column *column) {
  const json_t *slices = json_object_get(written, "slices"), *slice;
  const char *format = NULL;
  size_t i;
  if (!json_is_object(written)) return DONE;
  TRY(given_type(s, written, &format, &column->dtype));
  column->count = (uint64_t)int_field(written, "count", (int64_t)rows);
  column->offsets = list_field(s, written, "offsets");
  column->item_size = (uint64_t)int_field(written, "size", 0);
  column->stride = int_field(written, "stride", 0);
  column->layout = column->offsets != NULL ? DELTOS_COLUMN_OFFSETS : DELTOS_COLUMN_FIXED;
  column->data = data_of(s, json_object_get(written, "data")).data;
  if (slices == NULL) return DONE;
  deltos_bytes *made = keep(s, sizeof *made * json_array_size(slices));
  json_array_foreach(slices, i, slice) {
    const bytes data = data_of(s, slice);
    made[i].data = data.data;
    made[i].size = data.size;
  }
  column->layout = DELTOS_COLUMN_SLICES;
  column->data = made;
  return DONE;
}

static int do_add_columns(scene *s, const json_t *step) {
  HANDLE(building, records, "builder", BUILDER);
  const json_t *written = json_object_get(step, "columns"), *told = json_object_get(step, "presence");
  const uint64_t rows = (uint64_t)int_field(step, "rows", 0);
  const size_t count = json_array_size(written);
  deltos_column *columns = keep(s, sizeof *columns * count);
  const uint8_t **presence = keep(s, sizeof *presence * count);
  for (size_t i = 0; i < count; ++i) {
    const json_t *states = json_array_get(told, i);
    TRY(given_column(s, json_array_get(written, i), rows, &columns[i]));
    if (states != NULL && !json_is_null(states)) presence[i] = data_of(s, states).data;
  }
  return deltos_record_table_add(records->builder, columns, told == NULL ? NULL : presence, count, rows, &s->error);
}

static int do_finish_records(scene *s, const json_t *step) {
  HANDLE(building, records, "builder", BUILDER);
  deltos_object *table = NULL;
  TRY(deltos_record_table_finish(records->builder, &table, &s->error));
  return name_thing(s, step, OBJECT, table);
}

static int do_pack_records(scene *s, const json_t *step) {
  HANDLE(building, records, "builder", BUILDER);
  deltos_object *table = NULL;
  bytes packed;
  TRY(packed_by(s, deltos_record_table_pack, records->builder, &packed));
  TRY(expect_int(s, step, "size", packed.size));
  if (json_object_get(step, "as") == NULL) return DONE;
  TRY(damage(s, step, &packed));
  TRY(open_copy(s, deltos_record_table_open_memory, packed, step, &table));
  return name_thing(s, step, OBJECT, table);
}

/* Ends a builder by the way in which it was begun: the table is stored, or packed and opened. */
static int end_records(scene *s, const json_t *step, const building *records, deltos_object **table) {
  bytes packed;
  if (json_object_get(step, "transaction") != NULL) {
    return deltos_record_table_finish(records->builder, table, &s->error);
  }
  TRY(packed_by(s, deltos_record_table_pack, records->builder, &packed));
  return open_copy(s, deltos_record_table_open_memory, packed, NULL, table);
}

static int do_put_records(scene *s, const json_t *step) {
  building *begun = NULL;
  deltos_object *table = NULL;
  TRY(begin_records(s, step, &begun));
  int verdict = add_times(s, step, begun);
  if (verdict == DONE) verdict = end_records(s, step, begun, &table);
  release_building(begun);
  return verdict == DONE ? name_thing(s, step, OBJECT, table) : verdict;
}

static int do_unpack_records(scene *s, const json_t *step) {
  deltos_object *table = NULL;
  TRY(open_copy(s, deltos_record_table_open_memory, data_of(s, json_object_get(step, "data")), step, &table));
  return name_thing(s, step, OBJECT, table);
}

/* Reading */

static int do_open_records(scene *s, const json_t *step) { return open_kind(s, step, DELTOS_KIND_RECORD_TABLE); }

static int do_records_info(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  deltos_record_table_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_record_table_stat(table, &info, &s->error));
  const char *layout = word_of(layout_words, info.layout);
  return expect_text(s, step, "layout", layout, strlen(layout)) || expect_int(s, step, "rows", info.rows) ||
         expect_int(s, step, "slot_count", info.slots) || expect_int(s, step, "row_bytes", info.row_bytes) ||
         expect_int(s, step, "heap_bytes", info.heap_bytes) || expect_int(s, step, "image_bytes", info.image_bytes) ||
         expect_bool(s, step, "sealed", info.sealed) || expect_bool(s, step, "writable", info.writable);
}

/* The slots of a table, but for names and formats, and, with a field "slot", the number that it says. */
static int table_slots(scene *s, const json_t *step, const deltos_object *table, slot_list *list, uint64_t *slot) {
  deltos_schema *schema = NULL;
  TRY(deltos_schema_of(table, &schema, &s->error));
  int verdict = slots_of(s, schema, list);
  if (verdict == DONE && json_object_get(step, "slot") != NULL) verdict = slot_field(s, step, schema, slot);
  deltos_schema_release(&schema);
  for (uint64_t i = 0; verdict == DONE && i < list->count; ++i) list->slots[i].name = list->slots[i].format = NULL;
  return verdict;
}

/* Declares the table that a step names, its slots, and the number that its field "slot" says. */
#define SLOT(table, list, slot)                  \
  HANDLE(deltos_object, table, "table", OBJECT); \
  slot_list list;                                \
  uint64_t slot = 0;                             \
  TRY(table_slots(s, step, table, &list, &slot))

static int do_read_cell(scene *s, const json_t *step) {
  SLOT(table, list, slot);
  const uint64_t row = (uint64_t)int_field(step, "row", 0);
  const json_t *cell = json_object_get(step, "cell");
  deltos_item item;
  if (cell != NULL) return expect_cell(s, table, &list, row, slot, cell);
  return deltos_record_table_read(table, row, slot, &item, &s->error);
}

static int do_read_rows(scene *s, const json_t *step) {
  SLOT(table, list, slot);
  const json_t *rows = json_object_get(step, "rows");
  const uint64_t count = json_array_size(rows), times = (uint64_t)int_field(step, "times", 1);
  deltos_record_table_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_record_table_stat(table, &info, &s->error));
  if (info.rows != count * times) return wrong(s, "there are %llu rows", (unsigned long long)info.rows);
  for (uint64_t row = 0; row < info.rows; ++row) {
    TRY(expect_row(s, table, &list, row, json_array_get(rows, (size_t)(row % count))));
  }
  return DONE;
}

static int do_cell_value(scene *s, const json_t *step) {
  SLOT(table, list, slot);
  deltos_object *value = NULL;
  TRY(deltos_record_table_value(table, (uint64_t)int_field(step, "row", 0), slot, &value, &s->error));
  if ((value == NULL) != bool_field(step, "absent", 0)) {
    deltos_object_release(&value);
    return wrong(s, "expected %s value", bool_field(step, "absent", 0) ? "no" : "a");
  }
  return value == NULL ? DONE : name_thing(s, step, OBJECT, value);
}

static int do_records_rows(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  int64_t flags = 0;
  deltos_view *view = NULL;
  TRY(flags_field(s, step, request_words, DELTOS_VIEW_FULL_RO, &flags));
  TRY(deltos_record_table_rows(table, (int32_t)flags, &view, &s->error));
  return name_thing(s, step, VIEW, view);
}

static int do_records_heap(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  int64_t flags = 0;
  deltos_view *view = NULL;
  TRY(flags_field(s, step, request_words, DELTOS_VIEW_FULL_RO, &flags));
  TRY(deltos_record_table_heap(table, (int32_t)flags, &view, &s->error));
  return name_thing(s, step, VIEW, view);
}

static int do_records_column(scene *s, const json_t *step) {
  SLOT(table, list, slot);
  const int has_offsets = json_object_get(step, "offsets_as") != NULL;
  int64_t flags = 0;
  deltos_view *view = NULL, *offsets = NULL;
  TRY(flags_field(s, step, request_words, DELTOS_VIEW_FULL_RO, &flags));
  TRY(deltos_record_table_column(table, slot, (int32_t)flags, &view, has_offsets ? &offsets : NULL, &s->error));
  TRY(name_thing(s, step, VIEW, view));
  if (!has_offsets) return DONE;
  return offsets == NULL ? wrong(s, "there are no offsets") : name_thing_in(s, step, "offsets_as", VIEW, offsets);
}

static int do_records_presence(scene *s, const json_t *step) {
  static const word which_words[] = {{"valid", DELTOS_PRESENCE_VALID}, {"null", DELTOS_PRESENCE_NULL}, {NULL, 0}};
  SLOT(table, list, slot);
  int64_t which = 0, flags = 0;
  deltos_view *view = NULL;
  TRY(number_of(s, which_words, text_field(step, "which", "valid"), &which));
  TRY(flags_field(s, step, request_words, DELTOS_VIEW_FULL_RO, &flags));
  TRY(deltos_record_table_presence(table, slot, (int32_t)which, (int32_t)flags, &view, &s->error));
  if ((view == NULL) != bool_field(step, "absent", 0)) {
    deltos_view_release(&view);
    return wrong(s, "expected %s such bits", bool_field(step, "absent", 0) ? "no" : "");
  }
  return view == NULL ? DONE : name_thing(s, step, VIEW, view);
}

static int do_verify_records(scene *s, const json_t *step) {
  HANDLE(deltos_object, table, "table", OBJECT);
  return deltos_record_table_verify(table, NULL, NULL, &s->error);
}

/* Arrow */

/* Compares the columns below a struct, depth first, with those from number *next of a list on. */
static int expect_columns(scene *s, const json_t *expected, const deltos_arrow_schema *type,
                          const deltos_arrow_array *data, size_t *next) {
  for (int64_t i = 0; i < type->n_children; ++i) {
    const deltos_arrow_schema *inner = type->children[i];
    const deltos_arrow_array *column = data->children[i];
    const json_t *one = json_array_get(expected, (*next)++);
    const char *name = inner->name == NULL ? "" : inner->name;
    if (expected != NULL && one == NULL) return wrong(s, "there are more columns than %zu", json_array_size(expected));
    TRY(expect_text(s, one, "name", name, strlen(name)));
    TRY(expect_text(s, one, "format", inner->format, strlen(inner->format)));
    TRY(expect_bool(s, one, "nullable", (inner->flags & ARROW_FLAG_NULLABLE) != 0));
    TRY(expect_int(s, one, "nulls", (uint64_t)column->null_count));
    TRY(expect_columns(s, expected, inner, column, next));
  }
  return DONE;
}

static int do_arrow_of(scene *s, const json_t *step) {
  HANDLE(deltos_object, object, "object", OBJECT);
  const json_t *expected = json_object_get(step, "columns");
  deltos_arrow_schema type;
  deltos_arrow_array data;
  size_t columns = 0;
  TRY(deltos_object_to_arrow(object, &type, &data, &s->error));
  int verdict = expect_int(s, step, "rows", (uint64_t)data.length);
  if (verdict == DONE) verdict = expect_columns(s, expected, &type, &data, &columns);
  if (verdict == DONE && expected != NULL && columns != json_array_size(expected)) {
    verdict = wrong(s, "there are %zu columns", columns);
  }
  type.release(&type);
  data.release(&data);
  return verdict;
}

static int do_records_from_arrow(scene *s, const json_t *step) {
  HANDLE(deltos_object, from, "table", OBJECT);
  building records;
  deltos_record_table_options options;
  deltos_arrow_stream stream;
  deltos_object *table = NULL;
  deltos_transaction *transaction = NULL;
  memset(&records, 0, sizeof records);
  TRY(transaction_field(s, step, &transaction));
  TRY(given_records(s, step, &options));
  TRY(deltos_record_table_to_arrow_stream(from, &stream, &s->error));
  int verdict = deltos_record_table_from_arrow(transaction, text_field(step, "name", NULL), &stream, &options,
                                               &records.builder, &s->error);
  stream.release(&stream);
  if (verdict == DONE) verdict = end_records(s, step, &records, &table);
  deltos_builder_release(&records.builder);
  return verdict == DONE ? name_thing(s, step, OBJECT, table) : verdict;
}

const operation record_operations[] = {
    OPERATION(make_schema, "schema as"),
    OPERATION(schema_of, "table as"),
    OPERATION(schema_info,
              "schema name version min_reader metadata slot_count row_bytes alignment presence_offset presence_bits"),
    OPERATION(schema_slots, "schema slots"),
    OPERATION(find_slot, "schema name slot"),
    OPERATION(nested_schema, "schema slot as"),
    OPERATION(check_schema, "schema writer"),
    OPERATION(pack_schema, "schema value as"),
    OPERATION(unpack_schema, "data value as"),
    OPERATION(begin_records, "transaction name schema layout memory_bytes as"),
    OPERATION(add_rows, "builder rows times"),
    OPERATION(add_columns, "builder rows columns presence"),
    OPERATION(finish_records, "builder as"),
    OPERATION(pack_records, "builder at damage cut size as"),
    OPERATION(put_records, "transaction name schema layout memory_bytes rows times as"),
    OPERATION(unpack_records, "data at as"),
    OPERATION(open_records, "from name as"),
    OPERATION(records_info, "table layout rows slot_count row_bytes heap_bytes image_bytes sealed writable"),
    OPERATION(read_cell, "table row slot cell"),
    OPERATION(read_rows, "table rows times"),
    OPERATION(cell_value, "table row slot absent as"),
    OPERATION(records_rows, "table flags as"),
    OPERATION(records_heap, "table flags as"),
    OPERATION(records_column, "table slot flags as offsets_as"),
    OPERATION(records_presence, "table slot which flags absent as"),
    OPERATION(verify_records, "table"),
    OPERATION(arrow_of, "object rows columns"),
    OPERATION(records_from_arrow, "table transaction name layout memory_bytes as"),
    {NULL, NULL, NULL},
};
