/* Schemas and rows in the notation of ../../README.md: made, and compared with what is read. */
#ifndef DELTOS_CONFORMANCE_RECORDS_H
#define DELTOS_CONFORMANCE_RECORDS_H

#include "scene.h"

extern const word layout_words[], slot_type_words[], slot_flag_words[];

/* The slots of all levels. */
typedef struct slot_list {
  deltos_slot *slots;
  uint64_t count;
} slot_list;
int slots_of(scene *s, const deltos_schema *schema, slot_list *list);

/* Makes the schema that is written. */
int make_schema(scene *s, const json_t *written, deltos_schema **schema);
/* What a builder is begun with: layout and memory_bytes of a step. */
int given_records(scene *s, const json_t *step, deltos_record_table_options *options);
/* The schema that a step names, or has written, which is made then. */
int schema_field(scene *s, const json_t *step, building *records);
/* A column as it is written, of so many items where it does not say how many; none where there is none. */
int given_column(scene *s, const json_t *written, uint64_t rows, deltos_column *column);
/* Rows on their way into the library: what a call takes that adds them. */
typedef struct given_rows {
  slot_list list;
  deltos_column *columns;
  const uint8_t **presence;
  size_t rows;
} given_rows;
int give_rows(scene *s, const deltos_schema *schema, const json_t *rows, given_rows *given);
/* Adds rows of cells, all in one call. */
int add_rows(scene *s, const building *records, const json_t *rows);

/* Compares name, version and slots with a schema that is written. */
int expect_schema(scene *s, const json_t *written, const deltos_schema *schema, const slot_list *list);
/* Compares what a row has in a slot with a cell. */
int expect_cell(scene *s, const deltos_object *table, const slot_list *list, uint64_t row, uint64_t slot,
                const json_t *cell);
/* Compares a row with its cells. */
int expect_row(scene *s, const deltos_object *table, const slot_list *list, uint64_t row, const json_t *cells);

#endif
