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

#include <deltos/view.h>

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

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
