/**
 * @file
 * @defgroup deltos_table Tables
 *
 * A table is two-dimensional memory whose rows are reached by pointers: the `T **` of C. Its rows may lie anywhere: in
 * one piece of memory made for them, in a storage, in a view, in many views, in memory of the caller's. A table whose
 * rows have lengths of their own is **ragged**.
 *
 * The handle is a deltos_object of kind DELTOS_KIND_TABLE. Only deltos_table_create() with a transaction, and opening
 * such a table again, make one that belongs to a storage; the others live until their handle and their last view are
 * gone, have no name, and calls that need a storage answer DELTOS_E_UNSUPPORTED.
 *
 * Memory comes from it in three ways, each of which pins it:
 * - deltos_table_rows(): the array of row pointers, for calls that take `T **`, and the rows' lengths;
 * - deltos_table_row(): one row, as a one-dimensional view;
 * - deltos_view_acquire(): a view of two dimensions with suboffsets (0, -1), for whoever asks for DELTOS_VIEW_INDIRECT.
 *   Other requests answer DELTOS_E_LAYOUT, because the rows are not at a fixed distance: deltos_table_to_dense() makes
 *   a copy that is, and deltos_view_copy() copies between such a view and memory of any other layout. A ragged
 *   table has no such view.
 *
 * What a handle shows can be changed in two ways, neither of which touches the file or another handle:
 * deltos_table_reinterpret() and deltos_table_make_readonly(). Both are refused while views of this handle would
 * notice. After a refresh, seal or unseal the handle shows the type that is stored, and stays read-only.
 *
 * A stored table has its rows' places in the file; the pointers are made by each process when they are first asked for,
 * after every place has been checked. It is sealed, renamed, deleted, copied and described like any object. It is
 * replaced by making another one under another name and renaming that with replace.
 *
 * Thread safety: tables are internally synchronised. What their memory holds is shared by whoever has a view of it.
 *
 * Example:
 * @code
 * deltos_object *table = NULL;
 * deltos_view *pin = NULL;
 * void *const *rows = NULL;
 * if (deltos_table_create(NULL, NULL, "d", 0, 3, 4, NULL, &table, &error) != DELTOS_OK ||
 *     deltos_table_rows(table, 1, &pin, &rows, NULL, &error) != DELTOS_OK)
 *   return 1;
 * for (int64_t i = 0; i < 3; ++i) ((double *)rows[i])[0] = (double)i;
 * deltos_view_release(&pin);
 * deltos_object_release(&table);
 * @endcode
 * @{
 */
#ifndef DELTOS_TABLE_H
#define DELTOS_TABLE_H

#include <deltos/view.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/** What a table's handle shows. The format is borrowed until the handle is released or reinterpreted. */
typedef struct deltos_table_info {
  uint32_t struct_size; /**< set by the caller */
  int32_t dtype;        /**< DELTOS_DTYPE_* */
  int64_t rows;         /**< how many there are */
  int64_t columns;      /**< elements of every row; -1: ragged */
  uint64_t itemsize;    /**< bytes of one element */
  uint64_t exports;     /**< live views that this handle has given, however often each was shared */
  uint8_t readonly;     /**< 1: it gives no writable views; of a stored one: whatever the storage allows */
  uint8_t ragged;       /**< 1: rows have lengths of their own */
  uint8_t stored;       /**< 1: it belongs to a storage */
  uint8_t sealed;       /**< 1: nobody will ever write its rows */
  uint32_t reserved;    /**< 0 */
  const char *format;   /**< format string of one element */
} deltos_table_info;

/**
 * Creates a table of zeros.
 *
 * Each row starts at a multiple of 64 bytes; all of them lie in one piece of memory, or in one place of the file.
 *
 * @param[in]  transaction  NULL: a table in memory, without a storage.
 * @param[in]  name         With a transaction: as for deltos_buffer_create(), must be free. Without one: NULL.
 * @param[in]  format       Of one element; NULL: from dtype, else "B".
 * @param[in]  dtype        DELTOS_DTYPE_*; 0: from format.
 * @param[in]  rows         At least 0.
 * @param[in]  columns      Elements of every row, at least 0; -1 with @p lengths.
 * @param[in]  lengths      Elements of each row, @p rows of them: a ragged table; copied. NULL: a rectangular one.
 * @param[out] table        Owned; deltos_object_release(). May be NULL with a transaction, when no handle is wanted.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before.
 * @retval DELTOS_E_INVALID    A negative number of rows or elements, columns and lengths at once, a name without a
 *                             transaction or the other way round, a malformed name, not a transaction, no place for
 *                             the handle of a table in memory.
 * @retval DELTOS_E_EXISTS     The name is taken.
 * @retval DELTOS_E_FORMAT     A format that is malformed, or contradicts dtype.
 * @retval DELTOS_E_UNSUPPORTED  An element type that means nothing in another process.
 * @retval DELTOS_E_LIMIT      More bytes than can be counted, or a file larger than max_file_bytes.
 * @retval DELTOS_E_NO_MEMORY  There is no memory of that size.
 * @retval DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE, DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE,
 *         DELTOS_E_CORRUPT, DELTOS_E_IO, DELTOS_E_INTERNAL  With a transaction: as deltos_buffer_create().
 * Threads: as the transaction; without one, any. Cost: one allocation, and a constant for each row.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_table_create(deltos_transaction *transaction, const char *name, const char *format,
                                             int32_t dtype, int64_t rows, int64_t columns, const int64_t *lengths,
                                             deltos_object **table, deltos_error *err);

/**
 * Shows a `T **` of the caller's as a table. Neither pointers nor rows are copied: deltos_table_rows() gives this very
 * array back. Several tables may share the memory, each with a release of its own.
 *
 * @param[in]  rows       @p row_count pointers, none NULL unless its row is empty; may be NULL when there are none.
 *                        They and what they point to stay until @p release is called; the pointers do not change.
 * @param[in]  row_count  At least 0.
 * @param[in]  columns    Elements of every row, at least 0; -1 with @p lengths.
 * @param[in]  lengths    Elements of each row: a ragged table; copied. NULL: a rectangular one.
 * @param[in]  format     Of one element; NULL: from dtype, else "B".
 * @param[in]  dtype      DELTOS_DTYPE_*; 0: from format.
 * @param[in]  readonly   1: the rows must not be written.
 * @param[in]  release    Called once when the handle and the last view are gone; not called when this fails. May be
 *                        NULL.
 * @param[in]  user       Given to release.
 * @param[out] table      Owned; deltos_object_release().
 * @param[out] err        Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  A negative number of rows or elements, columns and lengths at once, readonly is neither 0
 *                           nor 1, no pointers, or a NULL among them for a row that is not empty (the message says
 *                           which).
 * @retval DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT  As deltos_table_create().
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: a constant, and a look at each pointer.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_table_wrap(void *const *rows, int64_t row_count, int64_t columns,
                                           const int64_t *lengths, const char *format, int32_t dtype, uint8_t readonly,
                                           deltos_release release, void *user, deltos_object **table,
                                           deltos_error *err);

/**
 * Shows the rows, or the columns, of a two-dimensional view as a table, without copying. A view of one dimension is one
 * row (axis 0) or one column (axis 1), either of which becomes one row of the table. The distance between rows may be
 * anything, also negative; the rows may be reached by pointers themselves.
 *
 * @param[in]  view   Made by the library; pinned by the table, may be released at once. Read-only: so is the table.
 * @param[in]  axis   0: each row of the view is a row. 1: each column is.
 * @param[out] table  Owned; deltos_object_release().
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a view made by the library (make one with deltos_view_wrap()), or another axis.
 * @retval DELTOS_E_LAYOUT   The view has no dimension or more than two, or its rows (columns) are not contiguous.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: a pointer for each row.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_table_from_view(const deltos_view *view, int32_t axis, deltos_object **table,
                                                deltos_error *err);

/**
 * Shows separate views as the rows of one table, without copying. Each is contiguous, in C or Fortran order, and is a
 * row in the order of its memory, whatever its dimensions. All have the same element type and number of elements.
 *
 * @param[in]  views    @p count views made by the library; pinned by the table, may be released at once. The table is
 *                      read-only when any of them is.
 * @param[in]  count    At least 0.
 * @param[in]  columns  Elements that each must have; -1: as many as the first has.
 * @param[in]  format   Element type that each must have; NULL with dtype 0: that of the first.
 * @param[in]  dtype    DELTOS_DTYPE_*; 0: from format.
 * @param[out] table    Owned; deltos_object_release().
 * @param[out] err      Detail on failure; may be NULL. The message names the row, counting from 0.
 * @retval DELTOS_E_INVALID  NULL, a negative number, a view that was not made by the library; no views, and columns or
 *                           element type not given.
 * @retval DELTOS_E_TYPE     One has another number of elements, or another element type.
 * @retval DELTOS_E_LAYOUT   One is not contiguous.
 * @retval DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT  As deltos_table_create().
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: a constant for each row.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_table_from_views(const deltos_view *const *views, int64_t count, int64_t columns,
                                                 const char *format, int32_t dtype, deltos_object **table,
                                                 deltos_error *err);

/**
 * Tells what a table is, as this handle shows it. It looks at nothing stored.
 *
 * @param[in]     table  A table; also one of a closed storage.
 * @param[in,out] info   struct_size set by the caller; bytes beyond what this library knows are set to 0.
 * @param[out]    err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, or info is NULL.
 * @retval DELTOS_E_KIND     Not a table.
 * @retval DELTOS_E_STRUCT   struct_size is smaller than the first version of the struct.
 * @retval DELTOS_E_CORRUPT  What is stored about it is damaged.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_table_stat(const deltos_object *table, deltos_table_info *info, deltos_error *err);

/**
 * The array of row pointers, for calls that take `T **`.
 *
 * @param[in]  table     A table.
 * @param[in]  writable  1: the rows will be written.
 * @param[out] pin       Owned; deltos_view_release(). Everything below stays until then. Of a rectangular table it is
 *                       what deltos_view_acquire() gives with DELTOS_VIEW_FULL (or FULL_RO); of a ragged one a
 *                       read-only view of one dimension: the pointers as numbers, "Q".
 * @param[out] rows      As many pointers as there are rows, never NULL; those of empty rows must not be followed.
 * @param[out] lengths   Elements of each row, for rectangular tables too; may be NULL.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   Not an object, NULL, or writable is neither 0 nor 1.
 * @retval DELTOS_E_KIND      Not a table.
 * @retval DELTOS_E_READONLY  writable, and the table is read-only, or its storage was opened for READ or STATIC.
 * @retval DELTOS_E_CORRUPT   Of a stored one: a row lies where it cannot.
 * @retval DELTOS_E_SEALED, DELTOS_E_CLOSED, DELTOS_E_STALE, DELTOS_E_BUSY, DELTOS_E_FORKED, DELTOS_E_LAYOUT,
 *         DELTOS_E_IO, DELTOS_E_FILESYSTEM, DELTOS_E_FEATURE, DELTOS_E_ADDRESS_SPACE  Of a stored one: as
 *         deltos_view_acquire().
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: that of deltos_view_acquire(); the first time of a stored table, and of any mapping, a check of
 * each row.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_table_rows(const deltos_object *table, uint8_t writable, deltos_view **pin,
                                           void *const **rows, const int64_t **lengths, deltos_error *err);

/**
 * One row as a one-dimensional, contiguous view.
 *
 * @param[in]  table  A table, ragged ones too.
 * @param[in]  row    0 to rows - 1.
 * @param[in]  flags  DELTOS_VIEW_*, as for deltos_view_acquire().
 * @param[out] view   Owned; deltos_view_release().
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, unknown flags, or FORMAT without ND where elements are not bytes.
 * @retval DELTOS_E_RANGE    There is no such row.
 * @retval DELTOS_E_KIND, DELTOS_E_READONLY, DELTOS_E_CORRUPT, DELTOS_E_SEALED, DELTOS_E_CLOSED, DELTOS_E_STALE,
 *         DELTOS_E_BUSY, DELTOS_E_FORKED, DELTOS_E_LAYOUT, DELTOS_E_IO, DELTOS_E_FILESYSTEM, DELTOS_E_FEATURE,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_table_rows().
 * Threads: any. Cost: as deltos_table_rows().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_table_row(const deltos_object *table, int64_t row, int32_t flags, deltos_view **view,
                                          deltos_error *err);

/**
 * A copy of a rectangular table in memory of its own: C-contiguous, writable, two-dimensional. For consumers that do
 * not follow pointers.
 *
 * @param[in]  table  A table.
 * @param[out] view   Owned; deltos_view_release(). The memory is the view's alone and starts at a multiple of 64.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not an object, or NULL.
 * @retval DELTOS_E_LAYOUT     The table is ragged, so that no two-dimensional memory is like it.
 * @retval DELTOS_E_KIND, DELTOS_E_CORRUPT, DELTOS_E_CLOSED, DELTOS_E_STALE, DELTOS_E_BUSY, DELTOS_E_FORKED,
 *         DELTOS_E_IO, DELTOS_E_FILESYSTEM, DELTOS_E_FEATURE, DELTOS_E_ADDRESS_SPACE, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_table_rows().
 * Threads: any. Cost: that of the copy.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_table_to_dense(const deltos_object *table, deltos_view **view, deltos_error *err);

/**
 * Shows the same bytes as elements of another type. Each row has as many elements as fit into its bytes, rounded down;
 * going back brings the rest back. In a storage, the type that is stored stays. Naming the type that is shown already
 * does nothing, also while there are views.
 *
 * @param[in,out] table   A table.
 * @param[in]     format  Of one element; NULL: from dtype.
 * @param[in]     dtype   DELTOS_DTYPE_*; 0: from format.
 * @param[out]    err     Detail on failure; may be NULL. On failure nothing has changed.
 * @retval DELTOS_E_INVALID  Not an object; neither format nor dtype; an unknown dtype.
 * @retval DELTOS_E_KIND     Not a table.
 * @retval DELTOS_E_PINNED   Views of this handle live; release them first.
 * @retval DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT  As deltos_table_create().
 * @retval DELTOS_E_CORRUPT  What is stored about it is damaged.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant; of a ragged table, for each row.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_table_reinterpret(deltos_object *table, const char *format, int32_t dtype,
                                                  deltos_error *err);

/**
 * Makes a table give no writable views any more, through this handle. There is no way back. Of one that is read-only
 * already it does nothing, also while there are views.
 *
 * @param[in,out] table  A table.
 * @param[out]    err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object.
 * @retval DELTOS_E_KIND     Not a table.
 * @retval DELTOS_E_PINNED   Writable views of this handle live; release them first.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_table_make_readonly(deltos_object *table, deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
