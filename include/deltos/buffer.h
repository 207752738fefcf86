/**
 * @file
 * @defgroup deltos_buffer Buffers
 *
 * A buffer is n-dimensional memory of one element type, kept under a name. Whatever the layout it was made from, it is
 * stored C-contiguous, with its format and shape. From one page (4 KiB) up it starts on a page, so any program can map
 * it by file offset (deltos_object_file_offset()); smaller ones start on a multiple of 64 bytes.
 *
 * A committed buffer can be written in place through writable views by any process that opened the storage for WRITE or
 * IN_PLACE: seen at once by all, part of no transaction, each aligned 8-byte word on its own. Where readers must see
 * all of a new content or nothing of it, deltos_buffer_replace() puts it beside the old one, and commit swaps.
 *
 * Thread safety: creating and replacing follow the transaction.
 *
 * Example:
 * @code
 * const int64_t shape[2] = {2, 3};
 * const double values[6] = {1, 2, 3, 4, 5, 6};
 * deltos_view content;
 * memset(&content, 0, sizeof content);
 * content.struct_size = sizeof content;
 * content.ndim = 2;
 * content.dtype = DELTOS_DTYPE_F64;
 * content.shape = shape;
 * content.data = (void *)values;
 * content.readonly = 1;
 * deltos_object *buffer = NULL;
 * if (deltos_buffer_create(transaction, "a/grid", &content, &buffer, &error) != DELTOS_OK) return 1;
 * deltos_object_release(&buffer);
 * @endcode
 * @{
 */
#ifndef DELTOS_BUFFER_H
#define DELTOS_BUFFER_H

#include <deltos/view.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/**
 * Creates a buffer with content.
 *
 * The content is written to the file as it is copied, not through mapped memory, so that a content larger than memory
 * can be stored. The new object may also be exported writable before the commit.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  name         1 to 1,023 bytes of UTF-8, see deltos_transaction_rename(); must be free.
 * @param[in]  content      Made by the library or filled by the caller; any layout, element type, shape, also empty or
 *                          of 0 dimensions. Copied.
 * @param[out] buffer       Owned; deltos_object_release(). May be NULL when no handle is wanted.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before.
 * @retval DELTOS_E_INVALID  Not a transaction, a malformed name, a layout that cannot be.
 * @retval DELTOS_E_STRUCT   struct_size of content is too small, or an unknown field is set.
 * @retval DELTOS_E_EXISTS   The name is taken: use replace, or rename with replace.
 * @retval DELTOS_E_FORMAT   A format that is malformed, or contradicts itemsize or dtype.
 * @retval DELTOS_E_UNSUPPORTED  An element type that means nothing in another process: pointers, objects of a language.
 * @retval DELTOS_E_LIMIT    More than 64 dimensions, more bytes than can be counted, a format or size beyond the file
 *                           format's limits, or a file larger than max_file_bytes.
 * @retval DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE  No room. Nothing was created.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT, DELTOS_E_IO, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_transaction_rename().
 * Threads: as the transaction. Cost: writes the content.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_buffer_create(deltos_transaction *transaction, const char *name,
                                              const deltos_view *content, deltos_object **buffer, deltos_error *err);

/**
 * Creates a buffer of zeros, to be filled through a writable view before or after the commit.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  name         As for deltos_buffer_create().
 * @param[in]  format       Of one element; NULL: from dtype, else "B".
 * @param[in]  dtype        DELTOS_DTYPE_*; 0: from format.
 * @param[in]  ndim         0 to 64.
 * @param[in]  shape        @p ndim lengths; may be NULL when that is 0.
 * @param[out] buffer       Owned; deltos_object_release(). May be NULL when no handle is wanted.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before.
 * @retval DELTOS_E_INVALID, DELTOS_E_EXISTS, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_SPACE,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT, DELTOS_E_IO,
 *         DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_buffer_create().
 * Threads: as the transaction. Cost: that of allocating the space; in space used before, that of writing zeros.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_buffer_create_zeroed(deltos_transaction *transaction, const char *name,
                                                     const char *format, int32_t dtype, int32_t ndim,
                                                     const int64_t *shape, deltos_object **buffer, deltos_error *err);

/**
 * Gives a buffer new content in a new place; name, id and metadata stay. With the commit everybody who opens it gets
 * the new one, at once and whole; views and snapshots of the old one keep the old one.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  old          The buffer; its handle becomes stale with the commit.
 * @param[in]  content      Any type and shape. NULL: a private copy of what the old one holds now, to be changed
 *                          through a writable view before the commit.
 * @param[out] buffer       Owned; the new one. May be NULL when no handle is wanted.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_KIND   Not a buffer.
 * @retval DELTOS_E_UNSUPPORTED  @p old has no storage, or an element type as deltos_buffer_create() says.
 * @retval DELTOS_E_STALE  Deleted or replaced already, or the transaction is over.
 * @retval DELTOS_E_INVALID, DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_LIMIT, DELTOS_E_NO_SPACE,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_CORRUPT, DELTOS_E_IO,
 *         DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_buffer_create().
 * Threads: as the transaction. Cost: writes the content.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_buffer_replace(deltos_transaction *transaction, const deltos_object *old,
                                               const deltos_view *content, deltos_object **buffer, deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
