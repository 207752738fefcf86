/**
 * @file
 * @defgroup deltos_record Schemas and record tables
 *
 * A **schema** is a list of named slots, each with a type. A **record table** is rows that have the slots of one
 * schema; a single record is a table of one row. A table is built from columns, in bounded memory, and read where it
 * lies: no call decodes, copies or allocates in proportion to its size. It lives in a storage, or in any memory of the
 * caller's (deltos_record_table_pack(), deltos_record_table_open_memory()), and carries its schema.
 *
 * **Slots** are numbered flat, depth first: a slot of type RECORD, then the slots of its schema, then the next one. The
 * numbers are those of deltos_schema_slots(), and every call that takes a slot takes such a number.
 *
 * | type     | what it holds                                                 | in a row or a column |
 * |----------|---------------------------------------------------------------|----------------------|
 * | FIXED    | one item of a format: a number, "16s", "(3,4)f", "T{...}"     | the item             |
 * | DATE     | days since 1970-01-01                                         | int32                |
 * | DATETIME | microseconds since 1970-01-01T00:00:00                        | int64                |
 * | BYTES    | any bytes                                                     | where the bytes are  |
 * | UTF8     | text, checked when built                                      | the same             |
 * | LIST, TUPLE, SET, DICT, DECIMAL, NDARRAY | a value (value.h) of that kind | the same            |
 * | VALUE    | a value of any kind                                           | the same             |
 * | RECORD   | a record of another schema, inline                            | its slots            |
 *
 * A DATETIME with the flag UTC is an instant, one without it what a clock on the wall shows. Values lie at multiples of
 * 64 bytes.
 *
 * **Presence.** A slot without flags has a value in every row. A NULLABLE one may be null, an OPTIONAL one may be unset
 * (as if the record had no such slot), one that is both is either. Such slots have a bit `valid`: 1, there is a value.
 * Slots that are both have a second bit `null`: where valid is 0, 1 says null and 0 says unset. Where a RECORD is not
 * there, nothing below it is.
 *
 * **Layout ROWS.** Each row is the C struct of its slots: each slot at its natural alignment, a RECORD as a struct of
 * its own, and the presence bits of all levels behind the last slot, lowest bit first, before the padding of the end.
 * So a schema of FIXED slots without flags is the struct that C, NumPy and Rust's repr(C) know. A reference is two
 * uint64: where in the table's heap the bytes start, and how many there are.
 *
 * **Layout COLUMNS.** Each slot is an array of its own, as Arrow has them: FIXED, DATE and DATETIME items densely,
 * others as int64 offsets (one more than rows, the first 0) and bytes, presence as bitmaps, lowest bit first. All
 * start at multiples of 64 bytes.
 *
 * What is not there is stored as zeros, or as no bytes, in both layouts.
 *
 * Built tables are sealed, unless a slot is WRITABLE: then the object stays open, as a buffer does until it is sealed,
 * and the items of those slots, and nothing else, can be changed in place through writable views
 * (deltos_record_table_column()), also with the atomic functions of elements.h. Presence never changes.
 *
 * **Evolution.** Readers find slots by name. deltos_schema_check() tells whether a program that was written for one
 * schema can read tables of another one; a slot that is OPTIONAL or NULLABLE may be missing, more slots do no harm.
 *
 * The handle of a stored table counts as a view of it.
 *
 * Thread safety: schemas and tables are immutable, a builder is for one thread at a time.
 *
 * Example:
 * @code
 * deltos_slot slots[2];
 * deltos_column columns[2];
 * const double heights[3] = {1.5, 2.5, 3.5};
 * const deltos_bytes names[3] = {{"oak", 3}, {"elm", 3}, {"ash", 3}};
 * deltos_schema *schema = NULL;
 * deltos_builder *builder = NULL;
 * deltos_object *table = NULL;
 * deltos_item item;
 * memset(slots, 0, sizeof slots);
 * slots[0].name = "height";
 * slots[0].format = "d";
 * slots[1].name = "name";
 * slots[1].type = DELTOS_TYPE_UTF8;
 * memset(columns, 0, sizeof columns);
 * columns[0].count = columns[1].count = 3;
 * columns[0].data = heights;
 * columns[0].item_size = sizeof(double);
 * columns[1].layout = DELTOS_COLUMN_SLICES;
 * columns[1].data = names;
 * if (deltos_schema_make("tree", slots, 2, NULL, &schema, &error) != DELTOS_OK ||
 *     deltos_record_table_begin(transaction, "trees", schema, NULL, &builder, &error) != DELTOS_OK ||
 *     deltos_record_table_add(builder, columns, NULL, 2, 3, &error) != DELTOS_OK ||
 *     deltos_record_table_finish(builder, &table, &error) != DELTOS_OK ||
 *     deltos_record_table_read(table, 1, 1, &item, &error) != DELTOS_OK)
 *   return 1;
 * printf("%.*s\n", (int)item.count, (const char *)item.data);
 * deltos_object_release(&table);
 * deltos_builder_release(&builder);
 * deltos_schema_release(&schema);
 * @endcode
 * @{
 */
#ifndef DELTOS_RECORD_H
#define DELTOS_RECORD_H

#include <deltos/value.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/** Types of slots. */
enum {
  DELTOS_TYPE_FIXED = 0,
  DELTOS_TYPE_DATE = 1,
  DELTOS_TYPE_DATETIME = 2,
  DELTOS_TYPE_BYTES = 3,
  DELTOS_TYPE_UTF8 = 4,
  DELTOS_TYPE_LIST = 5,
  DELTOS_TYPE_TUPLE = 6,
  DELTOS_TYPE_SET = 7,
  DELTOS_TYPE_DICT = 8,
  DELTOS_TYPE_DECIMAL = 9,
  DELTOS_TYPE_NDARRAY = 10,
  DELTOS_TYPE_VALUE = 11,
  DELTOS_TYPE_RECORD = 12
};

/** Bits of deltos_slot.flags. */
enum {
  DELTOS_SLOT_NULLABLE = 1, /**< may be null */
  DELTOS_SLOT_OPTIONAL = 2, /**< may be unset */
  DELTOS_SLOT_WRITABLE = 4, /**< FIXED, DATE and DATETIME: can be changed in place */
  DELTOS_SLOT_UTC = 8       /**< DATETIME: instants; without it: what a clock shows, in no zone */
};

/**
 * One slot. Frozen. What the fields of a schema hold is borrowed until its handle is released. To make a schema, fill
 * in name, format, schema, type, dtype and flags; the others are not looked at.
 */
typedef struct deltos_slot {
  const char *name;            /**< 1 to 255 bytes of UTF-8 without ':', once in its schema */
  const char *format;          /**< FIXED: format string; making: may be NULL, then dtype says it. DATE: "i", DATETIME:
                                    "q"; RECORD: the name of its schema. Others: NULL */
  const deltos_schema *schema; /**< making: of a RECORD. Read: NULL, use deltos_schema_nested() */
  int32_t type;                /**< DELTOS_TYPE_* */
  int32_t dtype;               /**< DELTOS_DTYPE_* of FIXED, DATE and DATETIME, else 0; making: may be 0 */
  uint32_t flags;              /**< DELTOS_SLOT_* */
  int32_t parent;              /**< number of the RECORD it is in; -1: of none */
  int32_t valid_bit;           /**< in the row's presence bytes: byte valid_bit / 8, bit valid_bit % 8; -1: none */
  int32_t null_bit;            /**< the same */
  uint64_t offset;             /**< in the row, in bytes */
  uint64_t size;               /**< in the row: of the item, the record, or the reference (16) */
} deltos_slot;

/** What a schema has beside its slots; zeros are the defaults. */
typedef struct deltos_schema_options {
  uint32_t struct_size;   /**< set by the caller */
  uint32_t version;       /**< the caller's own count, 0 to begin with */
  uint32_t min_reader;    /**< readers with a schema of a smaller version are refused by deltos_schema_check() */
  uint32_t reserved;      /**< 0 */
  const void *metadata;   /**< any bytes; copied */
  uint64_t metadata_size; /**< at most 65,536 */
} deltos_schema_options;

/** What a schema is. Pointers are borrowed until its handle is released. */
typedef struct deltos_schema_info {
  uint32_t struct_size; /**< set by the caller */
  uint32_t version;
  uint32_t min_reader;
  uint32_t presence_bits; /**< of a row, all levels together */
  const char *name;       /**< never NULL */
  const void *metadata;   /**< NULL when there is none */
  uint64_t metadata_size;
  uint64_t slots;           /**< all levels together */
  uint64_t row_bytes;       /**< of a row in layout ROWS */
  uint64_t alignment;       /**< of a row: 1, 2, 4, 8 or 16 */
  uint64_t presence_offset; /**< of the presence bytes in a row */
} deltos_schema_info;

/**
 * Makes a schema.
 *
 * @param[in]  name     What records of it are called: up to 255 bytes of UTF-8; NULL or empty: nothing.
 * @param[in]  slots    @p count of them, copied; of a RECORD its schema, which may be released afterwards.
 * @param[in]  count    At least 1.
 * @param[in]  options  NULL: none.
 * @param[out] schema   Owned; deltos_schema_release().
 * @param[out] err      Detail on failure; may be NULL. The message names the slot.
 * @retval DELTOS_E_INVALID      NULL; a name that cannot be; an unknown type or flag; a flag that the type does not
 *                               have; a RECORD without a schema, or a schema of anything else.
 * @retval DELTOS_E_DUPLICATE    Two slots have the same name.
 * @retval DELTOS_E_FORMAT       A format that is malformed, or contradicts dtype.
 * @retval DELTOS_E_UNSUPPORTED  A format with pointers or objects of a language.
 * @retval DELTOS_E_LIMIT        More than 4,096 slots, 16 levels, 2^40 bytes a row, 64 KiB of metadata, or 1 MiB of
 *                               schema.
 * @retval DELTOS_E_STRUCT       struct_size is too small, or an unknown field is set.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to the slots.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_schema_make(const char *name, const deltos_slot *slots, uint64_t count,
                                            const deltos_schema_options *options, deltos_schema **schema,
                                            deltos_error *err);

/**
 * The schema of a record table. It may outlive the table.
 *
 * @param[in]  table   A record table.
 * @param[out] schema  Owned; deltos_schema_release().
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, or no place for the handle.
 * @retval DELTOS_E_KIND     Not a record table.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_schema_of(const deltos_object *table, deltos_schema **schema, deltos_error *err);

/**
 * Tells what a schema is.
 *
 * @param[in]     schema  Not NULL.
 * @param[in,out] info    struct_size set by the caller.
 * @param[out]    err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a schema, or info is NULL.
 * @retval DELTOS_E_STRUCT   struct_size is smaller than the first version of the struct.
 * @retval DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_schema_stat(const deltos_schema *schema, deltos_schema_info *info, deltos_error *err);

/**
 * Lists the slots of all levels: names, types, and where they lie in a row.
 *
 * @param[in]  schema    Not NULL.
 * @param[out] slots     Filled from the front. What they point to is borrowed until the schema's handle is released.
 * @param[in]  capacity  Room in @p slots.
 * @param[out] count     How many there are.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a schema; no place for the list or the count.
 * @retval DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to the slots.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_schema_slots(const deltos_schema *schema, deltos_slot *slots, uint64_t capacity,
                                             uint64_t *count, deltos_error *err);

/**
 * Finds a slot by name. One within RECORDs is named by all names on the way, with dots between them: "place.x".
 *
 * @param[in]  schema  Not NULL.
 * @param[in]  name    Not NULL.
 * @param[out] index   The slot's number; -1: there is none.
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a schema; NULL.
 * @retval DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to the slots.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_schema_find(const deltos_schema *schema, const char *name, int64_t *index,
                                            deltos_error *err);

/**
 * The schema of a RECORD slot, as it was made: its slots are numbered and placed as in a table of its own.
 *
 * @param[in]  schema  Not NULL.
 * @param[in]  slot    A slot of type RECORD.
 * @param[out] nested  Owned; deltos_schema_release().
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a schema, or no place for the handle.
 * @retval DELTOS_E_RANGE    No such slot.
 * @retval DELTOS_E_TYPE     The slot is not a RECORD.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_schema_nested(const deltos_schema *schema, uint64_t slot, deltos_schema **nested,
                                              deltos_error *err);

/**
 * Whether a program that knows records by one schema can read those of another one. Slots are the same when their names
 * are. What both have must have the same type; what the reader needs in every row, the writer must have in every row;
 * what the writer does not have, the reader must be able to miss (OPTIONAL or NULLABLE). Names of schemas, order and
 * places of slots, WRITABLE and metadata do not matter.
 *
 * @param[in]  reader  Of the program. Not NULL.
 * @param[in]  writer  Of the records. Not NULL.
 * @param[out] err     Detail on failure; may be NULL. The message names slot and reason.
 * @retval DELTOS_OK         It can.
 * @retval DELTOS_E_TYPE     It cannot.
 * @retval DELTOS_E_INVALID  Not a schema.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to the slots.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_schema_check(const deltos_schema *reader, const deltos_schema *writer,
                                             deltos_error *err);

/**
 * Writes a schema into memory of the caller's. The bytes are a value (value.h), a dict that describes itself; they can
 * be stored and opened as one.
 *
 * @param[in]     schema  Not NULL.
 * @param[out]    data    May be NULL when @p size is 0: to ask for the size. Need not be aligned.
 * @param[in,out] size    Room at @p data; set to the size, also on DELTOS_E_TOO_SMALL.
 * @param[out]    err     Detail on failure; may be NULL.
 * @retval DELTOS_E_TOO_SMALL  There is less room than the schema has bytes.
 * @retval DELTOS_E_INVALID    Not a schema; no place for the size; data is NULL and the size is not 0.
 * @retval DELTOS_E_INTERNAL
 * Threads: any. Cost: that of copying.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_schema_pack(const deltos_schema *schema, void *data, uint64_t *size, deltos_error *err);

/**
 * Reads what deltos_schema_pack() has written.
 *
 * @param[in]  data    Need not be aligned; not needed afterwards.
 * @param[in]  size    At least as large as the schema.
 * @param[out] schema  Owned; deltos_schema_release().
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID     NULL.
 * @retval DELTOS_E_NOT_DELTOS  The bytes do not start like a schema.
 * @retval DELTOS_E_FEATURE     Of a newer version.
 * @retval DELTOS_E_CORRUPT     They are no schema, or one that cannot be.
 * @retval DELTOS_E_LIMIT       Larger than a schema can be.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to the slots.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_schema_unpack(const void *data, uint64_t size, deltos_schema **schema,
                                              deltos_error *err);

/**
 * Ends a schema's handle. Tables and builders keep what they need of it.
 *
 * @param[in,out] schema  NULL afterwards. NULL, or NULL inside, is fine.
 * Never fails. Threads: nobody else may be using it. Cost: that of freeing.
 * @since 0.1
 */
DELTOS_API void deltos_schema_release(deltos_schema **schema);

/** How the rows of a record table lie. The numbers are stored in files. */
enum { DELTOS_LAYOUT_ROWS = 0, DELTOS_LAYOUT_COLUMNS = 1 };

/** What presence bytes say of a slot in a row, when it is built. */
enum { DELTOS_PRESENT = 0, DELTOS_NULL = 1, DELTOS_UNSET = 2 };

/** How a table is built; zeros are the defaults. */
typedef struct deltos_record_table_options {
  uint32_t struct_size;        /**< set by the caller */
  int32_t layout;              /**< DELTOS_LAYOUT_* */
  uint64_t memory_bytes;       /**< how much to keep in memory before temporary files are used; 0: 64 MiB */
  const char *spill_directory; /**< where temporary files are made, without a name; NULL: beside the storage if that
                                    works, else $TMPDIR, else /tmp */
  deltos_progress progress;    /**< asked while adding and finishing, in bytes; NULL: nobody */
  void *progress_user;         /**< given to progress */
} deltos_record_table_options;

/**
 * Begins a record table.
 *
 * @param[in]  transaction  In which it will be stored; it stays usable for other things meanwhile. NULL: a table in
 *                          memory, for deltos_record_table_pack().
 * @param[in]  name         With a transaction: as for deltos_buffer_create(), must be free. Without one: NULL.
 * @param[in]  schema       Not NULL; may be released afterwards.
 * @param[in]  options      NULL: the defaults.
 * @param[out] builder      Owned; deltos_builder_release(), which drops what is not finished.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a transaction or schema; a name without a transaction or the other way round, or one
 *                           that is malformed; an unknown layout.
 * @retval DELTOS_E_EXISTS   The name is taken.
 * @retval DELTOS_E_STRUCT   struct_size is too small, or an unknown field is set.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT, DELTOS_E_IO  Of the transaction.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: as the transaction. Cost: in proportion to the slots.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_begin(deltos_transaction *transaction, const char *name,
                                                   const deltos_schema *schema,
                                                   const deltos_record_table_options *options, deltos_builder **builder,
                                                   deltos_error *err);

/**
 * Adds rows, given as columns. Everything is checked before anything is kept, and what is given is copied.
 *
 * FIXED, DATE and DATETIME take a column of layout FIXED with the slot's size; BYTES and UTF8 one of OFFSETS or SLICES;
 * LIST to VALUE the same, each item a value as deltos_value_builder_pack() writes it. A column of a RECORD is not
 * looked at. What lies in a column where presence says that there is no value is not looked at either, and `data` may
 * be NULL where there is none in any row.
 *
 * @param[in]  builder     Not NULL; begun with deltos_record_table_begin() and not finished.
 * @param[in]  columns     @p slot_count of them, by the numbers of deltos_schema_slots().
 * @param[in]  presence    NULL: everything is there. Else @p slot_count pointers, by the same numbers: NULL, or a byte
 *                         a row: DELTOS_PRESENT, DELTOS_NULL or DELTOS_UNSET.
 * @param[in]  slot_count  The schema's number of slots.
 * @param[in]  rows        Of each column, but those of RECORDs.
 * @param[out] err         Detail on failure; may be NULL. The message names slot and row. On failure none of these
 *                         rows is in the builder, and those added before are.
 * @retval DELTOS_E_INVALID    Not such a builder, or it is finished; NULL where there are rows; text that is not UTF-8;
 *                             an unknown presence.
 * @retval DELTOS_E_TYPE       A column of another layout, item size, dtype or number of rows; a value of another kind;
 *                             null in a slot that is not NULLABLE, unset in one that is not OPTIONAL.
 * @retval DELTOS_E_RANGE      Offsets that fall.
 * @retval DELTOS_E_NOT_DELTOS, DELTOS_E_FEATURE, DELTOS_E_CORRUPT  An item that is no value.
 * @retval DELTOS_E_LIMIT      More bytes than can be counted.
 * @retval DELTOS_E_CANCELLED  By progress.
 * @retval DELTOS_E_IO, DELTOS_E_NO_SPACE  Of temporary files.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: one at a time a builder. Cost: that of looking at what must be checked and of copying; nothing per item
 * where FIXED columns are dense and the layout is COLUMNS.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_add(deltos_builder *builder, const deltos_column *columns,
                                                 const uint8_t *const *presence, uint64_t slot_count, uint64_t rows,
                                                 deltos_error *err);

/**
 * Stores the table, sealed unless a slot is WRITABLE. Nothing can be added afterwards.
 *
 * @param[in]  builder  Not NULL; begun with a transaction.
 * @param[out] table    Owned; deltos_object_release(). May be NULL when no handle is wanted.
 * @param[out] err      Detail on failure; may be NULL. On failure the transaction is as it was before, and the call can
 *                      be made again.
 * @retval DELTOS_E_INVALID    Not such a builder; begun without a transaction; finished before.
 * @retval DELTOS_E_EXISTS     The name is taken.
 * @retval DELTOS_E_CANCELLED  By progress.
 * @retval DELTOS_E_STALE      The transaction is over; progress may have aborted it.
 * @retval others              As deltos_buffer_create(), and of temporary files.
 * Threads: as builder and transaction. Cost: that of writing.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_finish(deltos_builder *builder, deltos_object **table, deltos_error *err);

/**
 * Writes the table into memory of the caller's, from which deltos_record_table_open_memory() reads it, in any process.
 * Repeatable; nothing can be added afterwards.
 *
 * @param[in]     builder  Not NULL; begun with deltos_record_table_begin().
 * @param[out]    data     May be NULL when @p size is 0: to ask for the size. Need not be aligned.
 * @param[in,out] size     Room at @p data; set to the table's size, also on DELTOS_E_TOO_SMALL.
 * @param[out]    err      Detail on failure; may be NULL.
 * @retval DELTOS_E_TOO_SMALL  There is less room than the table has bytes.
 * @retval DELTOS_E_INVALID    Not such a builder; no place for the size; data is NULL and the size is not 0.
 * @retval DELTOS_E_CANCELLED  By progress.
 * @retval DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: one at a time a builder. Cost: that of copying.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_pack(deltos_builder *builder, void *data, uint64_t *size,
                                                  deltos_error *err);

/**
 * Opens a record table in memory of the caller's.
 *
 * @param[in]  data     Aligned to 8 bytes; to 64 where all views are to be had. Nobody may change it while the handle
 *                      or a view of it lives.
 * @param[in]  size     At least as large as the table; what is behind it is not looked at.
 * @param[in]  release  Called with @p user when handle and views are gone; may be NULL. Not called on failure.
 * @param[in]  user     Passed on.
 * @param[out] table    Owned; deltos_object_release().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID     NULL, or no place for the handle.
 * @retval DELTOS_E_LAYOUT      The address is no multiple of 8.
 * @retval DELTOS_E_NOT_DELTOS  The bytes do not start like a record table.
 * @retval DELTOS_E_FEATURE     Of a newer version.
 * @retval DELTOS_E_CORRUPT, DELTOS_E_LIMIT  It is damaged, or longer than @p size.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to the slots.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_open_memory(const void *data, uint64_t size, deltos_release release,
                                                         void *user, deltos_object **table, deltos_error *err);

/** What a record table is. */
typedef struct deltos_record_table_info {
  uint32_t struct_size; /**< set by the caller */
  int32_t layout;       /**< DELTOS_LAYOUT_* */
  uint64_t rows;
  uint64_t slots;       /**< of all levels */
  uint64_t row_bytes;   /**< of a row in layout ROWS */
  uint64_t heap_bytes;  /**< what references point into; layout COLUMNS: 0 */
  uint64_t image_bytes; /**< of the whole table, with its schema */
  uint8_t sealed;       /**< 1: nobody will ever write it */
  uint8_t writable;     /**< 1: slots are WRITABLE, and this handle can be had to write them */
  uint16_t reserved16;  /**< 0 */
  uint32_t reserved;    /**< 0 */
} deltos_record_table_info;

/**
 * Tells what a record table is.
 *
 * @param[in]     table  A record table.
 * @param[in,out] info   struct_size set by the caller.
 * @param[out]    err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, or info is NULL.
 * @retval DELTOS_E_KIND     Not a record table.
 * @retval DELTOS_E_STRUCT   struct_size is smaller than the first version of the struct.
 * @retval DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_stat(const deltos_object *table, deltos_record_table_info *info,
                                                  deltos_error *err);

/**
 * Reads one slot of one row.
 *
 * | slot                           | item                                                        |
 * |--------------------------------|-------------------------------------------------------------|
 * | unset                          | kind END                                                    |
 * | null                           | kind NULL                                                   |
 * | FIXED: boolean, integer, float | BOOL, INT, UINT or FLOAT, as in value.h                     |
 * | FIXED: anything else           | BYTES: the item as it lies                                  |
 * | DATE, DATETIME                 | DATE; DATETIME with detail 0 (UTC) or DELTOS_VALUE_NO_ZONE  |
 * | BYTES, UTF8                    | BYTES, UTF8: data, count; no NUL follows                    |
 * | LIST to VALUE                  | what deltos_value_read() says of the root of the value      |
 * | RECORD                         | kind RECORD; read its slots                                 |
 *
 * deltos_record_table_value() opens a value to be read further.
 * Within a RECORD that is not there, a slot is as that is.
 *
 * @param[in]  table  A record table.
 * @param[in]  row    0 to rows - 1.
 * @param[in]  slot   A slot's number.
 * @param[out] item   All fields are set; untouched on failure. data is borrowed until the table's handle is released.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, or no place for the item.
 * @retval DELTOS_E_KIND     Not a record table.
 * @retval DELTOS_E_RANGE    No such row or slot.
 * @retval DELTOS_E_CORRUPT  What is there is damaged.
 * @retval DELTOS_E_NOT_DELTOS, DELTOS_E_FEATURE  What should be a value is none, or one of a newer version.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_read(const deltos_object *table, uint64_t row, uint64_t slot,
                                                  deltos_item *item, deltos_error *err);

/**
 * Opens the value in a slot of type LIST to VALUE, to be read with the functions of value.h.
 *
 * @param[in]  table  A record table.
 * @param[in]  row    0 to rows - 1.
 * @param[in]  slot   A slot's number.
 * @param[out] value  Owned; deltos_object_release(). It keeps the table's memory, not its handle. NULL: null or unset.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_TYPE    The slot holds no values.
 * @retval DELTOS_E_LAYOUT  The table is at an address where values are not aligned: open the storage with COPY.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_RANGE, DELTOS_E_CORRUPT, DELTOS_E_NOT_DELTOS, DELTOS_E_FEATURE,
 *         DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_record_table_read().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_value(const deltos_object *table, uint64_t row, uint64_t slot,
                                                   deltos_object **value, deltos_error *err);

/**
 * Shows all rows of a table of layout ROWS: one dimension of structures "T{...}" with the slots' names. References show
 * as "T{Q:place:Q:bytes:}", into what deltos_record_table_heap() shows; presence bytes as padding.
 *
 * @param[in]  table  A record table.
 * @param[in]  flags  As deltos_view_acquire(); read-only.
 * @param[out] view   Owned; deltos_view_release(). It keeps the table's memory, not its handle.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_LAYOUT    The layout is COLUMNS; or the request does not allow it; or the address is not aligned.
 * @retval DELTOS_E_READONLY  WRITABLE was asked for.
 * @retval DELTOS_E_LIMIT     The format string would be longer than 64 KiB.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to the slots.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_rows(const deltos_object *table, int32_t flags, deltos_view **view,
                                                  deltos_error *err);

/**
 * Shows the bytes that the references of a table of layout ROWS point into.
 *
 * @param[in]  table  A record table.
 * @param[in]  flags  As deltos_view_acquire(); read-only.
 * @param[out] view   Owned; deltos_view_release(). One dimension of bytes.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_LAYOUT, DELTOS_E_READONLY, DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_record_table_rows().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_heap(const deltos_object *table, int32_t flags, deltos_view **view,
                                                  deltos_error *err);

/**
 * Shows one slot of all rows, without a copy.
 *
 * FIXED, DATE and DATETIME: one dimension of items, those of a sub-array format ("(3,4)f") more; strided in layout
 * ROWS, dense in COLUMNS. RECORD in layout ROWS: structures, strided. Others in layout COLUMNS: the bytes, and the
 * offsets of each row in them, which have been checked: the first is 0, none falls, the last is the number of bytes.
 *
 * @param[in]  table    A record table.
 * @param[in]  slot     A slot's number.
 * @param[in]  flags    As deltos_view_acquire(). WRITABLE for a WRITABLE slot of a table that is not sealed; while such
 *                      a view lives, the table cannot be sealed.
 * @param[out] view     Owned; deltos_view_release(). It keeps the table's memory, not its handle.
 * @param[out] offsets  Owned; NULL for slots that have no offsets. May be NULL when they are not wanted.
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_RANGE     No such slot.
 * @retval DELTOS_E_LAYOUT    The layout has no such column: read BYTES, UTF8 and values of ROWS one by one, or through
 *                            deltos_record_table_rows(), and a RECORD of COLUMNS by its slots. Or the request does not
 *                            allow it, or the address is not aligned.
 * @retval DELTOS_E_READONLY  WRITABLE, and the slot is not, or the storage was opened to read, or the table is in
 * memory.
 * @retval DELTOS_E_SEALED, DELTOS_E_BUSY, DELTOS_E_CLOSED, DELTOS_E_STALE, DELTOS_E_FORKED  WRITABLE, as
 *                            deltos_view_acquire().
 * @retval DELTOS_E_CORRUPT   Offsets are damaged.
 * @retval DELTOS_E_LIMIT     The format string of a RECORD would be longer than 64 KiB.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant; offsets are looked through the first time a handle shows them.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_column(const deltos_object *table, uint64_t slot, int32_t flags,
                                                    deltos_view **view, deltos_view **offsets, deltos_error *err);

/** Which bits deltos_record_table_presence() shows. */
enum { DELTOS_PRESENCE_VALID = 0, DELTOS_PRESENCE_NULL = 1 };

/**
 * Shows presence bits of one slot of all rows, without a copy: one dimension of unsigned bytes.
 *
 * Layout COLUMNS: a bitmap, the bit of row i is bit i % 8 of byte i / 8. Layout ROWS: for each row the byte that the
 * bit is in, strided; the bit is number valid_bit % 8 (null_bit % 8) of it. A slot within a RECORD has its own bits
 * only: where the RECORD is not there, they are 0.
 *
 * @param[in]  table  A record table.
 * @param[in]  slot   A slot's number.
 * @param[in]  which  DELTOS_PRESENCE_*.
 * @param[in]  flags  As deltos_view_acquire(); read-only.
 * @param[out] view   Owned; deltos_view_release(). NULL: the slot has no such bits.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_RANGE     No such slot.
 * @retval DELTOS_E_INVALID   Not an object; another @p which; no place for the view; flags that cannot be.
 * @retval DELTOS_E_LAYOUT    The request does not allow it.
 * @retval DELTOS_E_READONLY  WRITABLE was asked for.
 * @retval DELTOS_E_KIND, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_presence(const deltos_object *table, uint64_t slot, int32_t which,
                                                      int32_t flags, deltos_view **view, deltos_error *err);

/**
 * Checks what opening leaves to each use: references and offsets of all rows, text, and whole values.
 * DELTOS_VERIFY_FULL does the same for all tables of a storage. For a table from a stranger that is to be given to a
 * consumer who believes what he gets.
 *
 * @param[in]  table     A record table.
 * @param[in]  progress  Asked now and then, in rows times slots; may be NULL.
 * @param[in]  user      Given to progress.
 * @param[out] err       Detail on failure; may be NULL. The message names slot and row.
 * @retval DELTOS_OK           All is sound.
 * @retval DELTOS_E_CORRUPT    Something is damaged.
 * @retval DELTOS_E_NOT_DELTOS, DELTOS_E_FEATURE  What should be a value is none, or one of a newer version.
 * @retval DELTOS_E_CANCELLED  By progress.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: that of reading it all.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_verify(const deltos_object *table, deltos_progress progress, void *user,
                                                    deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
