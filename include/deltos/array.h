/**
 * @file
 * @defgroup deltos_array Arrays
 *
 * An array is a growable sequence of elements of one fixed-size type, one contiguous range of memory. It has one of
 * three homes, and the same calls in each:
 *
 * - **in a storage** (deltos_array_create()): named, described, deleted and copied like any object;
 * - **in a flat file** (deltos_array_open_file()): a file without a header that any program can read; its size is its
 *   content, whenever nobody has it open to append;
 * - **in anonymous shared memory** (deltos_array_open_anonymous()): its descriptor can be passed to other processes.
 *
 * The handle is a deltos_object of kind DELTOS_KIND_ARRAY. deltos_view_acquire() gives a view of the elements that
 * there are; searching, counting, comparing and filling are done on views. deltos_object_refresh() sees what another
 * process has made room for.
 *
 * **Memory never moves.** Appending makes room behind the elements, at the same addresses, so it works while views
 * live, and an older view stays valid and shows the same memory as a newer one. Only a call that would cut off elements
 * that a view shows is refused, with DELTOS_E_PINNED. (Address space for growing is reserved when the array is opened.
 * Should that be used up, the array goes on in a larger reservation: older views stay as they are and show the same
 * memory.)
 *
 * **Length.** The number of elements is a word that all processes share: elements are stored first, then the word, so
 * who reads the count may read so many elements. It is seen at once, belongs to no snapshot or transaction, and is kept
 * when the process is killed. What a crash of the machine leaves is said with deltos_array_flush().
 *
 * **Room.** A call that needs no more room than there is makes no system call. Room grows by doubling, from at least 64
 * KiB. In a storage, room is structure: the commit that adds it is the next one of the open transaction, or, without an
 * open transaction, an ASYNC one of its own. Elements beyond the room of the newest commit are seen by other processes
 * with that commit, and are lost when the process is killed before it. An abort takes neither elements nor room back.
 * Closing the storage commits lengths that no commit has yet, LAZY: a file that was closed can be copied, and is read
 * with all elements after a restart.
 *
 * One process appends: the one whose handle was opened for WRITE. READ handles read; IN_PLACE handles also store into
 * elements that there are, reverse and swap bytes.
 *
 * An array in a storage is not sealed (DELTOS_E_UNSUPPORTED). A compacted copy holds it in one piece, with the length
 * of the snapshot's record.
 *
 * **After fork()** the child's WRITE handles answer DELTOS_E_FORKED to everything that changes the length; its views
 * stay valid, and the parent goes on undisturbed.
 *
 * Thread safety: counting, acquiring and releasing views from any thread; every other call on one array by one thread
 * at a time. A call on a stored array that has to grow uses the storage's open transaction; while another thread is
 * inside a call on that, it answers DELTOS_E_BUSY and changes nothing.
 *
 * Example:
 * @code
 * deltos_object *array = NULL;
 * const double values[3] = {1, 2, 3};
 * double *tail = NULL;
 * uint64_t room = 0;
 * if (deltos_array_open_anonymous("d", 0, NULL, &array, &error) != DELTOS_OK ||
 *     deltos_array_append(array, values, 3, &error) != DELTOS_OK ||
 *     deltos_array_tail(array, 2, (void **)&tail, &room, &error) != DELTOS_OK)
 *   return 1;
 * tail[0] = 4;
 * tail[1] = 5;
 * if (deltos_array_advance(array, 2, &error) != DELTOS_OK) return 1;
 * printf("%llu elements\n", (unsigned long long)deltos_array_count(array));
 * if (deltos_array_close(&array, &error) != DELTOS_OK) return 1;
 * @endcode
 * @{
 */
#ifndef DELTOS_ARRAY_H
#define DELTOS_ARRAY_H

#include <deltos/view.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/** All zero with struct_size set: what is there, or little room that grows. */
typedef struct deltos_array_options {
  uint32_t struct_size;  /**< sizeof(deltos_array_options) */
  int32_t create;        /**< flat file, WRITE: DELTOS_CREATE_NEVER, IF_ABSENT or NEW; else 0 */
  uint32_t flags;        /**< flat file: 0 or DELTOS_OPEN_SIGBUS_GUARD; else 0 (a storage has its own) */
  uint32_t reserved;     /**< 0 */
  uint64_t capacity;     /**< WRITE: elements to make room for at once; 0: none in particular */
  uint64_t window_bytes; /**< WRITE: address space to reserve; 0: 16 times what is there, at least 64 GiB, or less
                              where the system limits it */
  uint64_t max_bytes;    /**< WRITE: refuse to grow beyond; 0: no limit but the home's */
} deltos_array_options;

/**
 * Creates an empty array in a storage. It is stored with the commit, and can be appended to at once. When the
 * transaction is aborted, the array is gone; its views stay as they are.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  name         As for deltos_buffer_create(); must be free.
 * @param[in]  format       Of one element; NULL: from dtype, else "B".
 * @param[in]  dtype        DELTOS_DTYPE_*; 0: from format.
 * @param[in]  options      NULL: defaults. create and flags 0; window_bytes and max_bytes hold for this handle.
 * @param[out] array        Owned; deltos_array_close() or deltos_object_release(). May be NULL when no handle is
 * wanted.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before.
 * @retval DELTOS_E_INVALID  Not a transaction, a malformed name, an unknown dtype, an option that is not for this home.
 * @retval DELTOS_E_STRUCT   struct_size is too small, or an unknown field is set.
 * @retval DELTOS_E_EXISTS   The name is taken.
 * @retval DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE,
 *         DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT, DELTOS_E_IO, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_buffer_create().
 * Threads: as the transaction. Cost: a few system calls.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_create(deltos_transaction *transaction, const char *name, const char *format,
                                             int32_t dtype, const deltos_array_options *options, deltos_object **array,
                                             deltos_error *err);

/**
 * Opens a flat file: nothing but elements, in native byte order.
 *
 * While it is open for WRITE, the file is longer than its content, and a side file `<path>.deltos-length` holds the
 * length. Handles of this library use it; other programs see zeros behind the content until deltos_array_flush() or
 * close. When the process was killed, readers of this library still go by the side file, and the next WRITE handle cuts
 * the file to its length.
 *
 * @param[in]  path     Not NULL.
 * @param[in]  format   Of one element; NULL: from dtype, else "B".
 * @param[in]  dtype    DELTOS_DTYPE_*; 0: from format.
 * @param[in]  mode     DELTOS_MODE_READ, IN_PLACE or WRITE.
 * @param[in]  options  NULL: defaults, of an existing file.
 * @param[out] array    Owned; deltos_array_close() or deltos_object_release().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID     NULL or an empty path, an unknown mode, dtype, policy or flag, a policy without WRITE,
 *                              not a regular file.
 * @retval DELTOS_E_STRUCT      struct_size is too small, or an unknown field is set.
 * @retval DELTOS_E_NOT_FOUND   NEVER: no such file. Else: no such directory.
 * @retval DELTOS_E_EXISTS      NEW: there is one.
 * @retval DELTOS_E_READONLY    WRITE, IN_PLACE: the file system is read-only.
 * @retval DELTOS_E_LOCKED      WRITE: somebody else has it open to append, or this process has already.
 * @retval DELTOS_E_LAYOUT      Its content is no whole number of elements.
 * @retval DELTOS_E_FORMAT      A format that is malformed, or contradicts dtype.
 * @retval DELTOS_E_UNSUPPORTED An element type that means nothing in another process; policy REPLACE: remove the file
 *                              first.
 * @retval DELTOS_E_FILESYSTEM  Network file systems and others without coherent mappings or locks.
 * @retval DELTOS_E_LIMIT       capacity is more than can be counted or than max_bytes.
 * @retval DELTOS_E_CORRUPT     The side file is damaged, or belongs to another file: look at the content, then remove
 *                              the side file.
 * @retval DELTOS_E_IO, DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: a few system calls.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_open_file(const char *path, const char *format, int32_t dtype, int32_t mode,
                                                const deltos_array_options *options, deltos_object **array,
                                                deltos_error *err);

/**
 * Makes an empty array in anonymous shared memory, open for WRITE. It lives until the last handle, view and descriptor
 * goes.
 *
 * @param[in]  format   Of one element; NULL: from dtype, else "B".
 * @param[in]  dtype    DELTOS_DTYPE_*; 0: from format.
 * @param[in]  options  NULL: defaults. create and flags 0.
 * @param[out] array    Owned; deltos_array_close() or deltos_object_release().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID      An unknown dtype, an option that is not for this home.
 * @retval DELTOS_E_UNSUPPORTED  The system has no anonymous files that can be kept from shrinking; or an element type
 *                               that means nothing in another process.
 * @retval DELTOS_E_LIMIT        capacity is more than can be counted or than max_bytes; a format of more than 65,000
 *                               bytes.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_IO, DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_array_open_file().
 * Threads: any. Cost: a few system calls.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_open_anonymous(const char *format, int32_t dtype,
                                                     const deltos_array_options *options, deltos_object **array,
                                                     deltos_error *err);

/**
 * Opens an anonymous array by a descriptor that another process has passed on; the element type comes with it. The
 * descriptor stays the caller's.
 *
 * @param[in]  fd       Of deltos_array_fd().
 * @param[in]  mode     DELTOS_MODE_READ, IN_PLACE or WRITE (once the process that appended has closed its handle).
 * @param[in]  options  NULL: defaults. create and flags 0.
 * @param[out] array    Owned; deltos_array_close() or deltos_object_release().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID     Not an open descriptor, an unknown mode, an option that is not for this home.
 * @retval DELTOS_E_NOT_DELTOS  Not an anonymous array.
 * @retval DELTOS_E_FEATURE     Of a newer version.
 * @retval DELTOS_E_CORRUPT     What it says about itself contradicts itself, or the file.
 * @retval DELTOS_E_LOCKED      WRITE: somebody has it open to append.
 * @retval DELTOS_E_STRUCT, DELTOS_E_LIMIT, DELTOS_E_READONLY, DELTOS_E_FILESYSTEM, DELTOS_E_IO, DELTOS_E_NO_SPACE,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_array_open_file().
 * Threads: any. Cost: a few system calls.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_open_fd(int32_t fd, int32_t mode, const deltos_array_options *options,
                                              deltos_object **array, deltos_error *err);

/**
 * The descriptor behind an anonymous array or a flat file, to be passed on.
 *
 * @param[in]  array  Not NULL.
 * @param[out] fd     Borrowed until the handle is closed; duplicate it to keep it, never close it.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID      Not an object, or NULL.
 * @retval DELTOS_E_KIND         Not an array.
 * @retval DELTOS_E_UNSUPPORTED  It lies in a storage; pass deltos_storage_fd() on.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_fd(const deltos_object *array, int32_t *fd, deltos_error *err);

/**
 * How many elements there are now. Those below the count may be read.
 *
 * Another process may have appended more than this handle has room for; deltos_object_refresh() shows those.
 *
 * @param[in] array  May be NULL.
 * @return           The count; 0 for NULL or another handle, and for an array whose storage has been closed.
 * Never fails. Threads: any. Cost: constant, no system call.
 * @since 0.1
 */
DELTOS_API uint64_t deltos_array_count(const deltos_object *array);

/**
 * How many elements there is room for without growing, as far as this handle knows.
 *
 * @param[in] array  May be NULL.
 * @return           The number; 0 as for deltos_array_count().
 * Never fails. Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API uint64_t deltos_array_capacity(const deltos_object *array);

/**
 * Appends elements.
 *
 * @param[in]  array  Open for WRITE.
 * @param[in]  items  @p count of them, close together; may be NULL when that is 0. May lie in the array itself.
 * @param[in]  count  How many.
 * @param[out] err    Detail on failure; may be NULL. On failure nothing was appended, and nothing was lost.
 * @retval DELTOS_E_INVALID   Not an object, or items is NULL.
 * @retval DELTOS_E_KIND      Not an array.
 * @retval DELTOS_E_READONLY  The handle is not open for WRITE.
 * @retval DELTOS_E_STALE     It was deleted or replaced, or the transaction that made it was aborted.
 * @retval DELTOS_E_CLOSED    Its storage has been closed.
 * @retval DELTOS_E_FORKED    Opened for WRITE before fork().
 * @retval DELTOS_E_BUSY      It must grow, and another thread is inside a call on the storage's transaction, or
 * syncing.
 * @retval DELTOS_E_LIMIT     More bytes than can be counted, than max_bytes, than the file may have.
 * @retval DELTOS_E_NO_SPACE  The disk, or the memory that the system lends, is full.
 * @retval DELTOS_E_ADDRESS_SPACE  There is no address space to grow into, or there are too many map areas.
 * @retval DELTOS_E_CORRUPT  Its length says more than there is room for: somebody else has changed it.
 * @retval DELTOS_E_CORRUPT, DELTOS_E_IO, DELTOS_E_IN_DOUBT, DELTOS_E_REPLACED  A stored array has to grow: as
 *         deltos_transaction_commit(). A flat file: IO.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: one at a time an array. Cost: that of copying; amortised constant for each element.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_append(deltos_object *array, const void *items, uint64_t count,
                                             deltos_error *err);

/**
 * Room behind the last element, to be filled in place; deltos_array_advance() then makes it elements. The fastest way:
 * ask once, fill a lot.
 *
 * @param[in]  array  Open for WRITE.
 * @param[in]  count  Elements that there must be room for.
 * @param[out] tail   Where they go; valid until the next call on this array, and no longer than the array: not after it
 *                    was deleted, or the transaction that made it aborted. Contents are not given.
 * @param[out] room   At least @p count; all of it may be used. May be NULL.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, or no place for the address.
 * @retval DELTOS_E_KIND, DELTOS_E_READONLY, DELTOS_E_STALE, DELTOS_E_CLOSED, DELTOS_E_FORKED,
 *         DELTOS_E_BUSY, DELTOS_E_LIMIT, DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE, DELTOS_E_CORRUPT, DELTOS_E_IO,
 *         DELTOS_E_IN_DOUBT, DELTOS_E_REPLACED, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_array_append().
 * Threads: as deltos_array_append(). Cost: constant while there is room.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_tail(deltos_object *array, uint64_t count, void **tail, uint64_t *room,
                                           deltos_error *err);

/**
 * Makes elements of what has been filled in behind the last one.
 *
 * @param[in]  array  Open for WRITE.
 * @param[in]  count  At most the room that there is.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object.
 * @retval DELTOS_E_RANGE    More than there is room for.
 * @retval DELTOS_E_KIND, DELTOS_E_READONLY, DELTOS_E_STALE, DELTOS_E_CLOSED, DELTOS_E_FORKED,
 *         DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_array_append().
 * Threads: as deltos_array_append(). Cost: constant, no system call.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_advance(deltos_object *array, uint64_t count, deltos_error *err);

/**
 * Appends the elements of a view, in C order.
 *
 * @param[in]  array  Open for WRITE.
 * @param[in]  items  Of the array's element type; any layout and shape; also a view of this array.
 * @param[out] err    Detail on failure; may be NULL. On failure nothing was appended.
 * @retval DELTOS_E_TYPE  Another element type.
 * @retval DELTOS_E_INVALID, DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED  What the caller has filled in is
 *         not a view.
 * @retval others         As deltos_array_append().
 * Threads: as deltos_array_append(). Cost: that of copying.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_extend(deltos_object *array, const deltos_view *items, deltos_error *err);

/**
 * Inserts elements; those behind move up. Views of the array see the change.
 *
 * @param[in]  array  Open for WRITE.
 * @param[in]  index  Before which element; 0 to count. Negative: counted from the end, -1 is the last element.
 * @param[in]  items  @p count of them; may be NULL when that is 0. May lie in the array itself.
 * @param[in]  count  How many.
 * @param[out] err    Detail on failure; may be NULL. On failure nothing has changed.
 * @retval DELTOS_E_RANGE  index lies outside.
 * @retval others          As deltos_array_append().
 * Threads: as deltos_array_append(). Cost: moves what is behind. When the process is killed meanwhile, elements behind
 * index may be there twice or be overwritten.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_insert(deltos_object *array, int64_t index, const void *items, uint64_t count,
                                             deltos_error *err);

/**
 * Removes elements; those behind move down.
 *
 * @param[in]  array    Open for WRITE.
 * @param[in]  index    The first of them. Negative: counted from the end; -1 with a count of 1 takes the last element.
 * @param[in]  count    How many; index + count must not exceed the count.
 * @param[out] removed  Gets them; room for @p count elements. May be NULL.
 * @param[out] err      Detail on failure; may be NULL. On failure nothing has changed.
 * @retval DELTOS_E_RANGE   Not all of them are there.
 * @retval DELTOS_E_PINNED  A view of this process shows elements that would be cut off at the end, or one of another
 *                          process does that could write there (a flat file: any view of another process).
 *                          Others' views are known by blocks of 4 KiB: those that end in the block that the new
 *                          end lies in are not looked for, and a writable one may be taken to be longer.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_READONLY, DELTOS_E_STALE, DELTOS_E_CLOSED,
 *         DELTOS_E_FORKED, DELTOS_E_CORRUPT, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As
 *         deltos_array_append().
 * Threads: as deltos_array_append(). Cost: moves what is behind; one system call.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_remove(deltos_object *array, int64_t index, uint64_t count, void *removed,
                                             deltos_error *err);

/**
 * Makes the array have so many elements: new ones are zero, those too many are cut off.
 *
 * @param[in]  array  Open for WRITE.
 * @param[in]  count  How many.
 * @param[out] err    Detail on failure; may be NULL. On failure nothing has changed.
 * @retval DELTOS_E_PINNED  As deltos_array_remove().
 * @retval others           As deltos_array_append().
 * Threads: as deltos_array_append(). Cost: zeroes what is new; one system call when cutting.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_resize(deltos_object *array, uint64_t count, deltos_error *err);

/**
 * Makes room, so that appending up to that many elements needs none.
 *
 * @param[in]  array     Open for WRITE.
 * @param[in]  capacity  Elements in all; fewer than there is room for changes nothing.
 * @param[out] err       Detail on failure; may be NULL. On failure nothing has changed.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_READONLY, DELTOS_E_STALE, DELTOS_E_CLOSED,
 *         DELTOS_E_FORKED, DELTOS_E_BUSY, DELTOS_E_LIMIT, DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE, DELTOS_E_CORRUPT,
 *         DELTOS_E_IO, DELTOS_E_IN_DOUBT, DELTOS_E_REPLACED, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As
 *         deltos_array_append().
 * Threads: as deltos_array_append(). Cost: that of allocating.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_reserve(deltos_object *array, uint64_t capacity, deltos_error *err);

/**
 * Gives room that no element needs back to the file system, or to the storage (with a commit, as for growing). A
 * storage gives back whole pieces that were added when the array grew; while a transaction is open it answers
 * DELTOS_E_BUSY.
 *
 * @param[in]  array  Open for WRITE.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_PINNED  Another process holds views that lie where room would be given back.
 * @retval others           As deltos_array_reserve().
 * Threads: as deltos_array_append(). Cost: a few system calls.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_shrink(deltos_object *array, deltos_error *err);

/**
 * Removes all elements; room stays.
 *
 * @param[in]  array  Open for WRITE.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval others  As deltos_array_remove().
 * Threads: as deltos_array_append(). Cost: one system call.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_clear(deltos_object *array, deltos_error *err);

/**
 * Reverses the order of the elements, in place.
 *
 * @param[in]  array  Open for WRITE or IN_PLACE.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_READONLY, DELTOS_E_STALE, DELTOS_E_CLOSED,
 *         DELTOS_E_BUSY, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_view_acquire() with WRITABLE.
 * Threads: as deltos_array_append(). Cost: reads and writes all elements.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_reverse(deltos_object *array, deltos_error *err);

/**
 * Turns the bytes of every number round, in place: of complex numbers each half, of text each character, of single
 * bytes and strings of bytes nothing.
 *
 * @param[in]  array  Open for WRITE or IN_PLACE.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_TYPE  Structures and types that only the format tells.
 * @retval others         As deltos_array_reverse().
 * Threads: as deltos_array_append(). Cost: as deltos_array_reverse().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_byteswap(deltos_object *array, deltos_error *err);

/**
 * Brings the array into the state that a crash of the machine leaves.
 *
 * A flat file has exactly its content's size afterwards (room is given back), so every program sees all of it and no
 * more. A stored array's length is committed, ASYNC or SYNC; in an open transaction it goes with that one's commit.
 * Anonymous memory has nothing to do.
 *
 * After a crash of the machine, an array has at least the elements of its last durable flush. Which later ones it has
 * is not certain; a flat file is cut to the length of that flush, a stored array has the length of the commit that
 * survived. After a kill of the process nothing is lost but what the start of this page says.
 *
 * @param[in]  array    WRITE; other handles: only their stores are made durable.
 * @param[in]  durable  1: on disk when the call returns. 0: only size and length are set.
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object; durable is neither 0 nor 1.
 * @retval DELTOS_E_PINNED   A flat file: another process holds views that lie where room would be given back.
 * @retval DELTOS_E_KIND, DELTOS_E_STALE, DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_BUSY, DELTOS_E_NO_SPACE,
 *         DELTOS_E_CORRUPT, DELTOS_E_IO, DELTOS_E_IN_DOUBT, DELTOS_E_REPLACED, DELTOS_E_READONLY, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_array_reserve().
 * Threads: as deltos_array_append(). Cost: a few system calls; durable: that of writing.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_flush(deltos_object *array, uint8_t durable, deltos_error *err);

/**
 * Closes the handle, or refuses and changes nothing: while views acquired through it live, it answers DELTOS_E_PINNED
 * and says how many.
 *
 * A flat file that was open for WRITE has exactly its content's size afterwards and no side file. (So it has after
 * deltos_object_release(), which never refuses: it cuts the file when the last view goes, and cannot tell of a
 * failure.) A stored array is not changed by its handle's end.
 *
 * @param[in,out] array  NULL afterwards on success, unchanged on failure. NULL inside is fine.
 * @param[out]    err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  array is NULL, or not an object.
 * @retval DELTOS_E_KIND     Not an array.
 * @retval DELTOS_E_PINNED   Views live; or a flat file: another process holds views that lie behind its content.
 * @retval DELTOS_E_IO       A system call failed; the side file stays.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: nobody else may be using this handle. Cost: a few system calls.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_array_close(deltos_object **array, deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
