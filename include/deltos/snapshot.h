/**
 * @file
 * @defgroup deltos_snapshot Snapshots
 *
 * A snapshot is the structure of a storage as one commit left it: which objects there are, their names, types, shapes
 * and metadata, and the content of what is sealed. It does not change while others commit. Content that is written in
 * place is shared memory and belongs to no snapshot: it is seen at once by everybody.
 *
 * A snapshot keeps the space of what has been deleted or replaced since from being used again, so a long one makes the
 * file of a busy writer grow. A view does not: it holds only its own object's memory.
 *
 * Thread safety: immutable; share it freely. The one that deltos_transaction_snapshot() lends follows its transaction.
 *
 * Example:
 * @code
 * deltos_snapshot *snapshot = NULL;
 * if (deltos_snapshot_begin(storage, &snapshot, &error) != DELTOS_OK) return 1;
 * printf("state %llu\n", (unsigned long long)deltos_snapshot_id(snapshot));
 * deltos_snapshot_release(&snapshot);
 * @endcode
 * @{
 */
#ifndef DELTOS_SNAPSHOT_H
#define DELTOS_SNAPSHOT_H

#include <deltos/storage.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/**
 * Takes a snapshot of the newest commit.
 *
 * @param[in]  storage   Not NULL.
 * @param[out] snapshot  Owned; deltos_snapshot_release().
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a storage.
 * @retval DELTOS_E_FORKED   A WRITE handle from before fork().
 * @retval DELTOS_E_CORRUPT  The file was damaged or cut short while open.
 * @retval DELTOS_E_IO       A system call failed, or guarded memory was lost.
 * @retval DELTOS_E_BUSY     A program that is not this library holds the state's lock.
 * @retval DELTOS_E_FILESYSTEM  The file system turns out to have no locks.
 * @retval DELTOS_E_ADDRESS_SPACE, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: a few microseconds while fewer than 100 processes hold locks. Takes no lock that others wait for.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_snapshot_begin(deltos_storage *storage, deltos_snapshot **snapshot, deltos_error *err);

/**
 * The number of the commit that a snapshot shows. Numbers grow with every commit and are never used twice.
 *
 * @param[in] snapshot  May be NULL.
 * @return              The number; within a transaction the one it will commit as; 0 for NULL or another handle.
 * Never fails. Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API uint64_t deltos_snapshot_id(const deltos_snapshot *snapshot);

/**
 * Replaces a snapshot by one of the newest commit.
 *
 * @param[in,out] snapshot  The old one is released on success and kept on failure. Objects opened from it are not
 *                          touched.
 * @param[out]    changed   1 when there was a newer commit, else 0; may be NULL.
 * @param[out]    err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   Not a snapshot, or the one lent by a transaction.
 * @retval DELTOS_E_CLOSED    Its storage has been closed.
 * @retval DELTOS_E_REPLACED  The path leads to another file now; open it anew.
 * @retval others             As deltos_snapshot_begin().
 * Threads: nobody else may be using this handle. Cost: as deltos_snapshot_begin().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_snapshot_refresh(deltos_snapshot **snapshot, uint8_t *changed, deltos_error *err);

/**
 * Ends a snapshot. Objects and views made from it live on.
 *
 * @param[in,out] snapshot  NULL afterwards. NULL is fine; the one lent by a transaction is left alone.
 * Never fails, never blocks. Threads: any. Cost: at most one system call.
 * @since 0.1
 */
DELTOS_API void deltos_snapshot_release(deltos_snapshot **snapshot);

/** Bits of deltos_copy_options.flags. */
enum { DELTOS_COPY_REPLACE = 1 /**< replace a file of that name; it stays as it was until the copy is complete */ };

/** All zero with struct_size set: refuse an existing file, no progress. */
typedef struct deltos_copy_options {
  uint32_t struct_size; /**< sizeof(deltos_copy_options) */
  uint32_t flags;       /**< DELTOS_COPY_* bits */
  deltos_progress progress;
  void *progress_user;
} deltos_copy_options;

/**
 * Writes what the snapshot shows to a new file, place by place: every offset stays what it is. The storage may be in
 * use; stores made in place during the copy may be in it or not, word by word. Sealed content is checked on the way.
 *
 * The copy is durable when the call returns and appears under its name only then. It keeps the uuid. This, and not a
 * file copy, is how to copy a storage that has a writer.
 *
 * @param[in]  snapshot  Not one lent by a transaction.
 * @param[in]  path      Where to; a file of that name is refused unless REPLACE.
 * @param[in]  options   NULL: defaults.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not a snapshot, one lent by a transaction, no path or one of a directory, unknown flags.
 * @retval DELTOS_E_STRUCT     struct_size is too small, or an unknown field is set.
 * @retval DELTOS_E_CLOSED     Its storage has been closed.
 * @retval DELTOS_E_FORKED     Of a WRITE handle from before fork().
 * @retval DELTOS_E_EXISTS     The path is taken.
 * @retval DELTOS_E_NOT_FOUND  There is no such directory.
 * @retval DELTOS_E_READONLY   The file system is read-only.
 * @retval DELTOS_E_CORRUPT    What is to be copied is damaged.
 * @retval DELTOS_E_FEATURE    It holds what this version does not know.
 * @retval DELTOS_E_CANCELLED  The progress callback said so; nothing is left behind.
 * @retval DELTOS_E_NO_SPACE, DELTOS_E_IO, DELTOS_E_FILESYSTEM, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: reads and writes all that is live.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_snapshot_copy_to(const deltos_snapshot *snapshot, const char *path,
                                                 const deltos_copy_options *options, deltos_error *err);

/**
 * Writes what the snapshot shows to a new, smallest file: objects close together, no free space. Names, ids, metadata
 * and seals stay; offsets in the file and the uuid do not. This is the only way in which a storage gets shorter.
 *
 * Everything else as deltos_snapshot_copy_to().
 *
 * @param[in]  snapshot  Not one lent by a transaction.
 * @param[in]  path      Where to.
 * @param[in]  options   NULL: defaults.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_ADDRESS_SPACE  The new file, which is mapped to be written, has no place.
 * @retval others                  As deltos_snapshot_copy_to().
 * Threads: any. Cost: reads and writes all that is live.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_snapshot_compact_to(const deltos_snapshot *snapshot, const char *path,
                                                    const deltos_copy_options *options, deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
