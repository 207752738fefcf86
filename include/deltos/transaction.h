/**
 * @file
 * @defgroup deltos_transaction Transactions
 *
 * A transaction changes structure: it creates, replaces, renames, deletes and seals objects and sets metadata. All of
 * it appears at once with commit, to every process and after any crash, or not at all. One transaction is open at a
 * time in a storage; a second begin answers DELTOS_E_BUSY at once, because no call waits for another thread. A host
 * that wants to wait uses a lock of its own.
 *
 * Stores through views of objects that were committed before belong to no transaction: they are seen at once and are
 * not undone by abort. An object created or replaced by a transaction is private to it until commit, may be filled
 * through a writable view, and is stored whole with the commit.
 *
 * | durability | barriers | after kill -9     | after power loss                                    |
 * |------------|----------|-------------------|-----------------------------------------------------|
 * | SYNC       | 2        | nothing is lost   | nothing that commit has reported is lost            |
 * | LAZY       | 1        | nothing is lost   | the last commits may be lost, whole; never damaged  |
 * | ASYNC      | 0        | nothing is lost   | back to the last SYNC, LAZY made durable, or sync   |
 *
 * An ASYNC commit belongs to this file and this run of the machine: STATIC handles and copies of the file (by cp) show
 * the last durable commit. deltos_storage_sync() makes it durable.
 *
 * Thread safety: one thread at a time, any thread.
 *
 * Example:
 * @code
 * deltos_transaction *transaction = NULL;
 * if (deltos_transaction_begin(storage, &transaction, &error) != DELTOS_OK) return 1;
 * if (deltos_transaction_rename(transaction, "a", "b", 0, &error) != DELTOS_OK ||
 *     deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error) != DELTOS_OK)
 *   deltos_transaction_abort(&transaction);
 * @endcode
 * @{
 */
#ifndef DELTOS_TRANSACTION_H
#define DELTOS_TRANSACTION_H

#include <deltos/snapshot.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/** What a commit survives. */
enum { DELTOS_SYNC = 0, DELTOS_LAZY = 1, DELTOS_ASYNC = 2 };

/**
 * Begins a transaction on the newest commit.
 *
 * @param[in]  storage      Opened for WRITE.
 * @param[out] transaction  Owned; ended by a successful commit or by abort.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   Not a storage.
 * @retval DELTOS_E_READONLY  Not opened for WRITE.
 * @retval DELTOS_E_BUSY      One is open.
 * @retval DELTOS_E_FORKED    The handle is from before fork().
 * @retval DELTOS_E_IO        A barrier failed earlier, or guarded memory was lost: the storage takes no changes any
 *                            more.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_transaction_begin(deltos_storage *storage, deltos_transaction **transaction,
                                                  deltos_error *err);

/**
 * A snapshot that shows the transaction's own changes, for every call that reads.
 *
 * @param[in] transaction  May be NULL.
 * @return  Borrowed until commit or abort; never released by the caller. NULL for NULL or another handle. What it lends
 *          further (metadata) is borrowed until the transaction's next change.
 * Never fails. Threads: as the transaction. Cost: constant.
 * @since 0.1
 */
DELTOS_API const deltos_snapshot *deltos_transaction_snapshot(const deltos_transaction *transaction);

/**
 * Makes all changes appear, at once.
 *
 * Handles of objects made in the transaction go on as objects of the new commit, and their views too.
 *
 * @param[in,out] transaction  NULL afterwards on success. On failure it stays: abort it, or, after E_NO_SPACE, make it
 *                             smaller and try again.
 * @param[in]     durability   DELTOS_SYNC, DELTOS_LAZY or DELTOS_ASYNC.
 * @param[out]    id           The number of the commit; may be NULL. A transaction without changes commits nothing and
 *                             gives the newest number; with SYNC and LAZY it makes earlier commits durable, as
 *                             deltos_storage_sync().
 * @param[out]    err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   Not a transaction, or an unknown durability.
 * @retval DELTOS_E_CLOSED    Its storage has been detached: it was aborted.
 * @retval DELTOS_E_FORKED    From before fork().
 * @retval DELTOS_E_STALE     It is over: a deltos_buffer_replace() whose content could not be written has aborted it.
 * @retval DELTOS_E_REPLACED  The path leads to another file now: nobody would ever see the commit.
 * @retval DELTOS_E_NO_SPACE  Disk or quota. Nothing was published.
 * @retval DELTOS_E_LIMIT     The file has used up its transaction numbers.
 * @retval DELTOS_E_IO        Nothing was published. When it was a barrier that failed, the storage takes no more
 *                            changes.
 * @retval DELTOS_E_IN_DOUBT  The last barrier failed: the commit is not published, but may be there after a restart.
 * @retval DELTOS_E_CORRUPT   An earlier change of the transaction failed half-way: abort it.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: as the transaction. Cost: SYNC two barriers (milliseconds), LAZY one, ASYNC none; plus a page per level of
 * the catalogue that was touched.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_transaction_commit(deltos_transaction **transaction, int32_t durability, uint64_t *id,
                                                   deltos_error *err);

/**
 * Drops all changes. Objects made in it answer DELTOS_E_STALE; views of them stay mapped, private, until released.
 *
 * @param[in,out] transaction  NULL afterwards. NULL is fine.
 * Never fails, never blocks. Threads: as the transaction. Cost: in proportion to what was changed.
 * @since 0.1
 */
DELTOS_API void deltos_transaction_abort(deltos_transaction **transaction);

/**
 * Gives an object another name. Its id, content, metadata and views stay.
 *
 * A name is 1 to 1,023 bytes of UTF-8 without NUL; '/' separates segments that are not empty, "." or "..". Names are
 * compared by bytes, and "a" and "a/b" may both exist.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  from         The name it has.
 * @param[in]  to           The name it gets.
 * @param[in]  replace      1: an object of that name is deleted; 0: refused.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not a transaction, a malformed name, or replace neither 0 nor 1.
 * @retval DELTOS_E_NOT_FOUND  There is no @p from.
 * @retval DELTOS_E_EXISTS     There is a @p to, and replace is 0.
 * @retval DELTOS_E_CLOSED     Its storage has been detached.
 * @retval DELTOS_E_FORKED     From before fork().
 * @retval DELTOS_E_STALE      The transaction is over.
 * @retval DELTOS_E_CORRUPT    What is stored is damaged, or an earlier change failed half-way: abort it.
 * @retval DELTOS_E_LIMIT      The catalogue would take the file beyond max_file_bytes, or beyond the format's limits.
 * @retval DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE  No room. Nothing was changed.
 * @retval DELTOS_E_IO         A barrier failed earlier, or guarded memory was lost: the storage takes no changes any
 *                             more.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: as the transaction. Cost: logarithmic in the number of objects.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_transaction_rename(deltos_transaction *transaction, const char *from, const char *to,
                                                   uint8_t replace, deltos_error *err);

/**
 * Deletes an object and its metadata. Views of it, anywhere, stay valid; its space is used again when the last
 * one and the last snapshot that shows it are gone.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  name         Which.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not a transaction, or a malformed name.
 * @retval DELTOS_E_NOT_FOUND  There is none.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT, DELTOS_E_LIMIT, DELTOS_E_NO_SPACE,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_transaction_rename().
 * Threads: as the transaction. Cost: logarithmic in the number of objects.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_transaction_delete(deltos_transaction *transaction, const char *name,
                                                   deltos_error *err);

/**
 * Deletes every object whose name starts with some bytes.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  prefix       Bytes, not segments: "a" also takes "ab". "" deletes everything.
 * @param[out] count        How many were deleted; may be NULL. None is not a failure.
 * @param[out] err          Detail on failure; may be NULL. After a failure some may be deleted: abort.
 * @retval DELTOS_E_INVALID  Not a transaction, or NULL.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT, DELTOS_E_LIMIT, DELTOS_E_NO_SPACE,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_transaction_rename().
 * Threads: as the transaction. Cost: logarithmic, for each one.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_transaction_delete_prefix(deltos_transaction *transaction, const char *prefix,
                                                          uint64_t *count, deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
