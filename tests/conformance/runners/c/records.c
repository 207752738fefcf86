/* The notation of schemas and rows: what is built, and what is compared with what is there. */
#include "records.h"

#include <stdlib.h>
#include <string.h>

#include "values.h"

const word layout_words[] = {{"rows", DELTOS_LAYOUT_ROWS}, {"columns", DELTOS_LAYOUT_COLUMNS}, {NULL, 0}};
const word slot_type_words[] = {{"fixed", DELTOS_TYPE_FIXED},       {"date", DELTOS_TYPE_DATE},
                                {"datetime", DELTOS_TYPE_DATETIME}, {"bytes", DELTOS_TYPE_BYTES},
                                {"utf8", DELTOS_TYPE_UTF8},         {"list", DELTOS_TYPE_LIST},
                                {"tuple", DELTOS_TYPE_TUPLE},       {"set", DELTOS_TYPE_SET},
                                {"dict", DELTOS_TYPE_DICT},         {"decimal", DELTOS_TYPE_DECIMAL},
                                {"ndarray", DELTOS_TYPE_NDARRAY},   {"value", DELTOS_TYPE_VALUE},
                                {"record", DELTOS_TYPE_RECORD},     {NULL, 0}};
const word slot_flag_words[] = {{"nullable", DELTOS_SLOT_NULLABLE},
                                {"optional", DELTOS_SLOT_OPTIONAL},
                                {"writable", DELTOS_SLOT_WRITABLE},
                                {"utc", DELTOS_SLOT_UTC},
                                {NULL, 0}};

static int is_value_type(int32_t type) { return type >= DELTOS_TYPE_LIST && type <= DELTOS_TYPE_VALUE; }

int slots_of(scene *s, const deltos_schema *schema, slot_list *list) {
  TRY(deltos_schema_slots(schema, NULL, 0, &list->count, &s->error));
  list->slots = keep(s, sizeof *list->slots * (size_t)list->count);
  return deltos_schema_slots(schema, list->slots, list->count, &list->count, &s->error);
}

/* Schemas */

/* The schema that a record slot has is made for it, and released by whoever asked. */
static int given_slot(scene *s, const json_t *written, deltos_slot *slot, deltos_schema **nested) {
  int64_t type = 0, flags = 0;
  const json_t *inner = json_object_get(written, "schema");
  TRY(number_of(s, slot_type_words, text_field(written, "type", NULL), &type));
  TRY(flags_field(s, written, slot_flag_words, 0, &flags));
  TRY(given_type(s, written, &slot->format, &slot->dtype));
  /* One with a NUL inside is refused as an empty one is. */
  slot->name = text_field(written, "name", NULL) == NULL ? "" : text_field(written, "name", NULL);
  slot->type = (int32_t)type;
  slot->flags = (uint32_t)flags;
  if (inner == NULL) return DONE;
  TRY(make_schema(s, inner, nested));
  slot->schema = *nested;
  return DONE;
}

int make_schema(scene *s, const json_t *written, deltos_schema **schema) {
  const json_t *list = json_object_get(written, "slots");
  const size_t count = json_array_size(list);
  deltos_slot *slots = keep(s, sizeof *slots * count);
  deltos_schema **nested = keep(s, sizeof *nested * count);
  deltos_schema_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.version = (uint32_t)int_field(written, "version", 0);
  options.min_reader = (uint32_t)int_field(written, "min_reader", 0);
  if (json_object_get(written, "metadata") != NULL) {
    const bytes metadata = data_of(s, json_object_get(written, "metadata"));
    options.metadata = metadata.data;
    options.metadata_size = metadata.size;
  }
  int verdict = DONE;
  for (size_t i = 0; i < count && verdict == DONE; ++i) {
    verdict = given_slot(s, json_array_get(list, i), &slots[i], &nested[i]);
  }
  if (verdict == DONE) {
    verdict = deltos_schema_make(text_field(written, "name", NULL), slots, count, &options, schema, &s->error);
  }
  for (size_t i = 0; i < count; ++i) deltos_schema_release(&nested[i]);
  return verdict;
}

/* Building */

int given_records(scene *s, const json_t *step, deltos_record_table_options *options) {
  int64_t layout = 0;
  TRY(number_of(s, layout_words, text_field(step, "layout", "rows"), &layout));
  memset(options, 0, sizeof *options);
  options->struct_size = sizeof *options;
  options->layout = (int32_t)layout;
  options->memory_bytes = (uint64_t)int_field(step, "memory_bytes", 0);
  return DONE;
}

/* What presence bytes say of a cell. A null in a slot of any value that may not be null is a value. */
static uint8_t presence_of(const deltos_slot *slot, const json_t *cell) {
  if (json_object_get(cell, "unset") != NULL) return DELTOS_UNSET;
  const int is_value = slot->type == DELTOS_TYPE_VALUE && (slot->flags & DELTOS_SLOT_NULLABLE) == 0;
  return json_object_get(cell, "null") != NULL && !is_value ? DELTOS_NULL : DELTOS_PRESENT;
}

static int put_item(scene *s, const deltos_slot *slot, const json_t *cell, unsigned char *to) {
  deltos_item item;
  TRY(fill_item(s, cell, &item));
  const size_t size = (size_t)slot->size;
  const int64_t moment = item.i64 * 1000000 + (int64_t)item.u64 / 1000;
  const float single = (float)item.f64;
  const void *from = &item.i64;
  if (item.kind == DELTOS_VALUE_BYTES) {
    if (item.count != slot->size) return wrong(s, "slot %s takes %zu bytes", slot->name, size);
    from = item.data;
  } else if (item.kind == DELTOS_VALUE_UINT) {
    from = &item.u64;
  } else if (item.kind == DELTOS_VALUE_DATETIME) {
    from = &moment;
  } else if (item.kind == DELTOS_VALUE_FLOAT) {
    from = slot->dtype == DELTOS_DTYPE_F32 ? (const void *)&single : &item.f64;
  }
  if (from != item.data && size > sizeof item.i64) return wrong(s, "slot %s takes its bytes", slot->name);
  memcpy(to, from, size);
  return DONE;
}

/* Bytes of a cell that are no item: text, or a packed value. */
static int put_slice(scene *s, const deltos_slot *slot, const json_t *cell, deltos_bytes *to) {
  deltos_item item;
  bytes image;
  if (!is_value_type(slot->type)) {
    TRY(fill_item(s, cell, &item));
    to->data = item.data;
    to->size = item.count;
    return DONE;
  }
  TRY(pack_node(s, cell, &image));
  to->data = image.data;
  to->size = image.size;
  return DONE;
}

static int put_column(scene *s, given_rows *given, uint64_t number, const json_t *const *cells) {
  const deltos_slot *slot = &given->list.slots[number];
  deltos_column *column = &given->columns[number];
  const int is_item = slot->type <= DELTOS_TYPE_DATETIME;
  const size_t size = is_item ? (size_t)slot->size : sizeof(deltos_bytes);
  unsigned char *data = keep(s, size * given->rows);
  column->layout = is_item ? DELTOS_COLUMN_FIXED : DELTOS_COLUMN_SLICES;
  column->count = given->rows;
  column->data = data;
  column->item_size = is_item ? slot->size : 0;
  for (size_t row = 0; row < given->rows; ++row) {
    if (cells[row] == NULL || presence_of(slot, cells[row]) != DELTOS_PRESENT) continue;
    if (is_item) {
      TRY(put_item(s, slot, cells[row], data + row * size));
    } else {
      TRY(put_slice(s, slot, cells[row], (deltos_bytes *)(void *)data + row));
    }
  }
  return DONE;
}

/* Fills in a slot and those below it; a cell is NULL where a record around it is not there. */
static int put_slot(scene *s, given_rows *given, uint64_t *next, const json_t *const *cells) {
  const uint64_t number = (*next)++;
  const deltos_slot *slot = &given->list.slots[number];
  uint8_t *presence = keep(s, given->rows);
  for (size_t row = 0; row < given->rows; ++row) {
    presence[row] = cells[row] == NULL ? DELTOS_PRESENT : presence_of(slot, cells[row]);
    if (presence[row] != DELTOS_PRESENT) given->presence[number] = presence;
  }
  if (slot->type != DELTOS_TYPE_RECORD) return put_column(s, given, number, cells);
  for (size_t i = 0; *next < given->list.count && given->list.slots[*next].parent == (int32_t)number; ++i) {
    const json_t **inner = keep(s, sizeof(json_t *) * given->rows);
    for (size_t row = 0; row < given->rows; ++row) {
      inner[row] = json_array_get(json_object_get(cells[row], "record"), i);
    }
    TRY(put_slot(s, given, next, inner));
  }
  return DONE;
}

int give_rows(scene *s, const deltos_schema *schema, const json_t *rows, given_rows *given) {
  uint64_t next = 0;
  memset(given, 0, sizeof *given);
  TRY(slots_of(s, schema, &given->list));
  given->rows = json_array_size(rows);
  given->columns = keep(s, sizeof *given->columns * (size_t)given->list.count);
  given->presence = keep(s, sizeof *given->presence * (size_t)given->list.count);
  for (size_t i = 0; next < given->list.count; ++i) {
    const json_t **cells = keep(s, sizeof(json_t *) * given->rows);
    for (size_t row = 0; row < given->rows; ++row) {
      cells[row] = json_array_get(json_array_get(rows, row), i);
      if (cells[row] == NULL) return wrong(s, "row %zu has too few cells", row);
    }
    TRY(put_slot(s, given, &next, cells));
  }
  return DONE;
}

int add_rows(scene *s, const building *records, const json_t *rows) {
  given_rows given;
  TRY(give_rows(s, records->schema, rows, &given));
  return deltos_record_table_add(records->builder, given.columns, given.presence, given.list.count, given.rows,
                                 &s->error);
}

/* Comparing */

/* Slots from number *next on, by what is written of them, and of those below them. */
static int expect_slots(scene *s, const json_t *written, const slot_list *list, uint64_t *next) {
  const json_t *one;
  size_t i;
  json_array_foreach(written, i, one) {
    if (*next == list->count) return wrong(s, "there are fewer slots than are written");
    const deltos_slot *slot = &list->slots[(*next)++];
    const char *type = word_of(slot_type_words, slot->type);
    int64_t flags = 0;
    TRY(expect_text(s, one, "name", slot->name, strlen(slot->name)));
    TRY(expect_text(s, one, "type", type, strlen(type)));
    TRY(flags_field(s, one, slot_flag_words, 0, &flags));
    if (flags != slot->flags) return wrong(s, "slot %s has other flags", slot->name);
    TRY(expect_slots(s, json_object_get(json_object_get(one, "schema"), "slots"), list, next));
  }
  return DONE;
}

int expect_schema(scene *s, const json_t *written, const deltos_schema *schema, const slot_list *list) {
  deltos_schema_info info;
  uint64_t next = 0;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_schema_stat(schema, &info, &s->error));
  if (strcmp(info.name, text_field(written, "name", "")) != 0) return wrong(s, "the schema is called %s", info.name);
  if (info.version != int_field(written, "version", 0)) return wrong(s, "the schema is of version %u", info.version);
  TRY(expect_slots(s, json_object_get(written, "slots"), list, &next));
  return next == list->count ? DONE : wrong(s, "there are more slots than are written");
}

static int expect_record(scene *s, const deltos_object *table, const slot_list *list, uint64_t row, uint64_t slot,
                         const json_t *cells) {
  size_t i = 0;
  for (uint64_t inner = slot + 1; inner < list->count; ++inner) {
    if (list->slots[inner].parent != (int32_t)slot) continue;
    TRY(expect_cell(s, table, list, row, inner, json_array_get(cells, i++)));
  }
  return i == json_array_size(cells) ? DONE : wrong(s, "a record has %zu slots", i);
}

static int expect_value_in(scene *s, const deltos_object *table, uint64_t row, uint64_t slot, const json_t *cell) {
  deltos_object *value = NULL;
  TRY(deltos_record_table_value(table, row, slot, &value, &s->error));
  if (value == NULL) return wrong(s, "there is no value where one was read");
  const int verdict = expect_node_at(s, cell, value, 0);
  deltos_object_release(&value);
  return verdict;
}

int expect_cell(scene *s, const deltos_object *table, const slot_list *list, uint64_t row, uint64_t slot,
                const json_t *cell) {
  const json_t *inner = json_object_get(cell, "record");
  deltos_item item;
  TRY(deltos_record_table_read(table, row, slot, &item, &s->error));
  const int is_unset = item.kind == DELTOS_VALUE_END, is_record = item.kind == DELTOS_VALUE_RECORD;
  if (is_unset != (json_object_get(cell, "unset") != NULL) || is_record != (inner != NULL)) {
    return wrong(s, "row %llu, slot %llu: got kind %d", (unsigned long long)row, (unsigned long long)slot, item.kind);
  }
  if (is_unset) return DONE;
  if (is_record) return expect_record(s, table, list, row, slot, inner);
  const int has_value = is_value_type(list->slots[slot].type) && item.kind != DELTOS_VALUE_NULL;
  return has_value ? expect_value_in(s, table, row, slot, cell) : expect_scalar(s, cell, &item);
}

int expect_row(scene *s, const deltos_object *table, const slot_list *list, uint64_t row, const json_t *cells) {
  size_t i = 0;
  for (uint64_t slot = 0; slot < list->count; ++slot) {
    if (list->slots[slot].parent >= 0) continue;
    TRY(expect_cell(s, table, list, row, slot, json_array_get(cells, i++)));
  }
  return i == json_array_size(cells) ? DONE : wrong(s, "row %llu has %zu cells", (unsigned long long)row, i);
}
