/**
 * @file
 * @defgroup deltos_arrow Arrow
 *
 * Memory as Arrow sees it, through its C data interface: the structures below are those of that interface, and any
 * Arrow library of the same process takes them. What is given keeps the memory it shows, and counts as a view of it,
 * until its `release` is called, by whatever thread.
 *
 * | elements                           | Arrow                                                | copied     |
 * |------------------------------------|------------------------------------------------------|------------|
 * | I8 to I64, U8 to U64, F16 to F64   | the same                                             | no         |
 * | BOOL                               | int8, extension `arrow.bool8`                        | no         |
 * | C64, C128                          | fixed_size_list(2) of float, double: real, imaginary | no         |
 * | BYTES, BF16, F8_E4M3, F8_E5M2      | fixed_size_binary                                    | no         |
 * | STRUCT                             | struct of its fields, which need names               | each field |
 * | others (UCS4, swapped numbers)     | DELTOS_E_UNSUPPORTED                                 |            |
 *
 * More dimensions than one are a fixed_size_list with the extension `arrow.fixed_shape_tensor`. Elements that are not
 * close together in C order are copied.
 *
 * Thread safety: any thread, also for `release`.
 *
 * Example:
 * @code
 * static const double numbers[3] = {1, 2, 3};
 * static const int64_t shape[1] = {3};
 * deltos_view layout, *view = NULL;
 * struct ArrowSchema type;
 * struct ArrowArray column;
 * memset(&layout, 0, sizeof layout);
 * layout.struct_size = sizeof layout;
 * layout.data = (void *)numbers;
 * layout.dtype = DELTOS_DTYPE_F64;
 * layout.ndim = 1;
 * layout.shape = shape;
 * layout.readonly = 1;
 * if (deltos_view_wrap(&layout, NULL, NULL, &view, &error) != DELTOS_OK ||
 *     deltos_view_to_arrow(view, &type, &column, &error) != DELTOS_OK)
 *   return 1;
 * deltos_view_release(&view);
 * printf("%s %lld\n", type.format, (long long)column.length);
 * type.release(&type);
 * column.release(&column);
 * @endcode
 * @{
 */
#ifndef DELTOS_ARROW_H
#define DELTOS_ARROW_H

#include <deltos/record.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};
#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
  const char *(*get_last_error)(struct ArrowArrayStream *);
  void (*release)(struct ArrowArrayStream *);
  void *private_data;
};
#endif
#endif

typedef struct ArrowSchema deltos_arrow_schema;      /**< the type of a column, by the interface of Arrow */
typedef struct ArrowArray deltos_arrow_array;        /**< its data */
typedef struct ArrowArrayStream deltos_arrow_stream; /**< batches of data of one type */

/**
 * Shows a view's elements as a column, one entry for each index of the first dimension.
 *
 * @param[in]  view    Any view, also one that the caller has filled in: then its memory must outlive the column.
 * @param[out] schema  The type. What it held before is not released; on failure it is released (`release` is NULL).
 * @param[out] array   The data, the same way. May be NULL when only the type is wanted.
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID      Not a view, or no place for the type.
 * @retval DELTOS_E_UNSUPPORTED  Elements without a counterpart; see the table above.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_LIMIT  What the caller has filled in is not a view.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant where nothing is copied.
 * Source: The Arrow C data interface, https://arrow.apache.org/docs/format/CDataInterface.html
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_to_arrow(const deltos_view *view, deltos_arrow_schema *schema,
                                              deltos_arrow_array *array, deltos_error *err);

/**
 * Shows an object as Arrow: a record table as a struct of its slots, which is what a batch of rows is to Arrow; a
 * buffer or array as deltos_view_to_arrow() shows its view.
 *
 * | slot           | Arrow                                                                                |
 * |----------------|--------------------------------------------------------------------------------------|
 * | FIXED          | as above                                                                             |
 * | DATE, DATETIME | date32; timestamp of microseconds, with the zone UTC where the flag says so          |
 * | BYTES, UTF8    | large_binary, large_utf8                                                             |
 * | LIST to VALUE  | large_binary of values, extension `deltos.value`; its metadata is the type as a word |
 * | RECORD         | struct                                                                               |
 *
 * Null and unset are both null. Layout COLUMNS is shown without a copy, but for WRITABLE slots; layout ROWS is copied,
 * a column at a time. Offsets and text are checked, since those who take them believe them.
 *
 * @param[in]  object  A record table, buffer or array.
 * @param[out] schema  As deltos_view_to_arrow().
 * @param[out] array   As deltos_view_to_arrow(). It keeps the object's memory, not its handle.
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_KIND         A value.
 * @retval DELTOS_E_LAYOUT       A table (T**), or the address is not aligned: open the storage with COPY.
 * @retval DELTOS_E_UNSUPPORTED  Elements without a counterpart; the message names the slot.
 * @retval DELTOS_E_CORRUPT      Offsets, references or text of the table are damaged.
 * @retval DELTOS_E_INVALID, DELTOS_E_CLOSED, DELTOS_E_STALE, DELTOS_E_FORKED, DELTOS_E_IO, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_view_acquire().
 * Threads: any. Cost: that of looking at offsets and text, and of what is copied.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_object_to_arrow(const deltos_object *object, deltos_arrow_schema *schema,
                                                deltos_arrow_array *array, deltos_error *err);

/**
 * The same of a record table, as a stream that gives all rows as one batch.
 *
 * @param[in]  table   A record table.
 * @param[out] stream  What it held before is not released; on failure it is released.
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_KIND  Not a record table.
 * @retval others         As deltos_object_to_arrow().
 * Threads: any; a stream: one at a time. Cost: as deltos_object_to_arrow(), all of it in this call.
 * Source: The Arrow C stream interface, https://arrow.apache.org/docs/format/CStreamInterface.html
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_to_arrow_stream(const deltos_object *table, deltos_arrow_stream *stream,
                                                             deltos_error *err);

/**
 * Begins a record table with the schema of a stream of Arrow, and adds all its rows. More can be added;
 * deltos_record_table_finish() or deltos_record_table_pack() ends it.
 *
 * | Arrow                                            | slot                                  |
 * |--------------------------------------------------|---------------------------------------|
 * | numbers, booleans, fixed_size_binary             | FIXED                                 |
 * | utf8, binary, large, views, and as dictionaries  | UTF8, BYTES                           |
 * | date32, date64; timestamp                        | DATE; DATETIME, UTC where zoned       |
 * | decimal128                                       | DECIMAL                               |
 * | fixed_size_list of numbers, tensors              | FIXED, of as many dimensions          |
 * | list, large_list, other fixed_size_list; map     | LIST; DICT                            |
 * | struct                                           | RECORD                                |
 * | null, other dictionaries                         | VALUE                                 |
 * | `deltos.value`                                   | the type that its metadata names      |
 *
 * Columns that may be null are NULLABLE.
 *
 * @param[in]     transaction  As deltos_record_table_begin().
 * @param[in]     name         As deltos_record_table_begin().
 * @param[in,out] stream       Read to its end, or to the failure; released by the caller.
 * @param[in]     options      As deltos_record_table_begin().
 * @param[out]    builder      Owned; deltos_builder_release().
 * @param[out]    err          Detail on failure; may be NULL. The message names the column.
 * @retval DELTOS_E_UNSUPPORTED  A type without a counterpart; no struct; null where there is no place for it.
 * @retval DELTOS_E_INVALID      The stream failed, or what it gave is not of the type it told; and as
 *                               deltos_record_table_begin().
 * @retval DELTOS_E_RANGE        A time that is no whole number of microseconds in 64 bits, a date beyond 32 bits.
 * @retval DELTOS_E_LIMIT        As deltos_schema_make().
 * @retval others                As deltos_record_table_begin() and deltos_record_table_add().
 * Threads: as the transaction. Cost: that of deltos_record_table_add(), by batches.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_record_table_from_arrow(deltos_transaction *transaction, const char *name,
                                                        deltos_arrow_stream *stream,
                                                        const deltos_record_table_options *options,
                                                        deltos_builder **builder, deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
