/**
 * @file
 * @defgroup deltos_object Objects and names
 *
 * An object is what a storage keeps under a name: a kind, a type and shape, metadata, and content. One handle type
 * serves every kind. What a handle tells (name, type, shape, seal) is as it was when it was opened;
 * deltos_object_refresh() looks again. A handle keeps nothing from being deleted or replaced by others: afterwards
 * `current` is 0, views of it that live stay valid, and new ones answer DELTOS_E_STALE, unless the snapshot that it was
 * opened from is still held.
 *
 * Ids are numbers that are never used twice in a storage; a rename keeps the id.
 *
 * An object may also lie in memory, without a storage (table.h). It has no name and no id, is always current, and calls
 * that need a storage answer DELTOS_E_UNSUPPORTED.
 *
 * Thread safety: objects are immutable, cursors are for one thread at a time.
 *
 * Example:
 * @code
 * deltos_object *object = NULL;
 * deltos_object_info info;
 * memset(&info, 0, sizeof info);
 * info.struct_size = sizeof info;
 * if (deltos_object_open(snapshot, "a/grid", DELTOS_KIND_ANY, &object, &error) != DELTOS_OK ||
 *     deltos_object_stat(object, &info, &error) != DELTOS_OK)
 *   return 1;
 * printf("%s: %d dimensions of \"%s\"\n", info.name, (int)info.ndim, info.format);
 * deltos_object_release(&object);
 * @endcode
 * @{
 */
#ifndef DELTOS_OBJECT_H
#define DELTOS_OBJECT_H

#include <deltos/transaction.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/**
 * What an object is. Pointers are borrowed until the object's handle is released, or shows something else (refresh,
 * seal, unseal, deltos_table_reinterpret()).
 */
typedef struct deltos_object_info {
  uint32_t struct_size; /**< set by the caller */
  int32_t kind;         /**< DELTOS_KIND_* */
  int32_t dtype;        /**< DELTOS_DTYPE_* */
  int32_t ndim;         /**< 0 to 64 */
  uint8_t sealed;       /**< 1: checksummed and never written again */
  uint8_t writable;     /**< 1: this handle can export it writable */
  uint8_t current;      /**< 0: deleted, replaced, or its transaction was aborted; as far as this process knows */
  uint8_t stored;       /**< 0: made by a transaction that has not committed */
  uint32_t reserved;    /**< 0 */
  uint64_t id;
  uint64_t count;         /**< the product of the shape: elements; of a ragged table, whose shape is its rows: rows */
  uint64_t itemsize;      /**< bytes of one */
  uint64_t payload_bytes; /**< bytes of content: count times itemsize; a stored table: with its index and gaps */
  uint64_t created_id;    /**< transaction that created it */
  uint64_t changed_id;    /**< transaction that changed its record last; stores in place do not count */
  const char *name;       /**< as of opening */
  const char *format;     /**< format string of one element */
  const int64_t *shape;   /**< ndim lengths; never NULL */
} deltos_object_info;

/**
 * Opens an object by name.
 *
 * @param[in]  snapshot  Where to look; also the one a transaction lends.
 * @param[in]  name      Its name.
 * @param[in]  kind      The kind wanted, or DELTOS_KIND_ANY.
 * @param[out] object    Owned; deltos_object_release().
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not a snapshot, a malformed name, an unknown kind.
 * @retval DELTOS_E_NOT_FOUND  There is none of that name.
 * @retval DELTOS_E_KIND       It is of another kind.
 * @retval DELTOS_E_CLOSED     The storage has been closed.
 * @retval DELTOS_E_FORKED     The storage is a WRITE handle from before fork().
 * @retval DELTOS_E_STALE      The snapshot is a transaction's, and that is over.
 * @retval DELTOS_E_CORRUPT    What is stored about it is damaged.
 * @retval DELTOS_E_FEATURE    It is of a kind or type that this version does not know.
 * @retval DELTOS_E_IO         Guarded memory was lost.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: logarithmic in the number of objects; touches no payload.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_object_open(const deltos_snapshot *snapshot, const char *name, int32_t kind,
                                            deltos_object **object, deltos_error *err);

/**
 * Opens an object by id.
 *
 * @param[in]  snapshot  Where to look.
 * @param[in]  id        From deltos_object_info or deltos_entry.
 * @param[in]  kind      The kind wanted, or DELTOS_KIND_ANY.
 * @param[out] object    Owned; deltos_object_release().
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID, DELTOS_E_NOT_FOUND, DELTOS_E_KIND, DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE,
 *         DELTOS_E_CORRUPT, DELTOS_E_FEATURE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_object_open().
 * Threads: any. Cost: as deltos_object_open().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_object_open_id(const deltos_snapshot *snapshot, uint64_t id, int32_t kind,
                                               deltos_object **object, deltos_error *err);

/**
 * Opens an object by name in the newest commit, without a snapshot of one's own: the shortest way to a view.
 *
 * @param[in]  storage  Not NULL.
 * @param[in]  name     Its name.
 * @param[in]  kind     The kind wanted, or DELTOS_KIND_ANY.
 * @param[out] object   Owned; deltos_object_release().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID, DELTOS_E_NOT_FOUND, DELTOS_E_KIND, DELTOS_E_CORRUPT, DELTOS_E_FEATURE, DELTOS_E_FORKED,
 *         DELTOS_E_BUSY, DELTOS_E_FILESYSTEM, DELTOS_E_ADDRESS_SPACE, DELTOS_E_IO, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_snapshot_begin() and deltos_object_open().
 * Threads: any. Cost: as those two.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_object_open_newest(deltos_storage *storage, const char *name, int32_t kind,
                                                   deltos_object **object, deltos_error *err);

/**
 * Looks again in the newest commit: by id, and when that is gone by the name it was opened under. Views of the
 * old one stay as they are.
 *
 * @param[in,out] object   Replaced on success, kept on failure.
 * @param[out]    changed  1 when it is not what it was: another id, another record, another content; may be NULL.
 * @param[out]    err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not an object.
 * @retval DELTOS_E_UNSUPPORTED  It has no storage.
 * @retval DELTOS_E_CLOSED     The storage has been closed.
 * @retval DELTOS_E_NOT_FOUND  Neither the id nor the name is there any more.
 * @retval DELTOS_E_KIND       The name now belongs to an object of another kind.
 * @retval DELTOS_E_REPLACED   The path leads to another file now; open it anew.
 * @retval DELTOS_E_CORRUPT, DELTOS_E_FEATURE, DELTOS_E_FORKED, DELTOS_E_BUSY, DELTOS_E_FILESYSTEM,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_object_open_newest().
 * Threads: nobody else may be using this handle. Cost: as deltos_object_open_newest().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_object_refresh(deltos_object **object, uint8_t *changed, deltos_error *err);

/**
 * Tells what an object is.
 *
 * @param[in]     object  Not NULL; also of a closed storage.
 * @param[in,out] info    struct_size set by the caller; bytes beyond what this library knows are set to 0.
 * @param[out]    err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, or info is NULL.
 * @retval DELTOS_E_STRUCT   struct_size is smaller than the first version of the struct.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: `current` takes a look at the newest commit, as deltos_snapshot_begin(); the rest is constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_object_stat(const deltos_object *object, deltos_object_info *info, deltos_error *err);

/**
 * Lets go of an object's handle. The object and its views stay.
 *
 * @param[in,out] object  NULL afterwards. NULL is fine.
 * Never fails, never blocks. Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API void deltos_object_release(deltos_object **object);

/**
 * Seals an object: with the commit it is checksummed, and nobody writes to it again. New views are read-only, and so is
 * everything that promises immutability to others. The handle shows the sealed object from now on.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  object       Of the same storage. Sealing a sealed one does nothing.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a transaction, not an object, or of another storage.
 * @retval DELTOS_E_UNSUPPORTED  The object has no storage.
 * @retval DELTOS_E_STALE    Deleted or replaced, or the transaction is over.
 * @retval DELTOS_E_PINNED   A writable view of it lives in some process, or, rarely, of a neighbour in the file.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_CORRUPT, DELTOS_E_LIMIT, DELTOS_E_NO_SPACE,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_transaction_rename().
 * Threads: as the transaction; nobody else may be using the object's handle. Cost: reads the whole content.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_object_seal(deltos_transaction *transaction, deltos_object *object, deltos_error *err);

/**
 * Opens a sealed object to be written again, in a new place: the content is copied, and old views and snapshots keep
 * the sealed one. The handle shows the copy from now on.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  object       Of the same storage. Unsealing one that is not sealed does nothing.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a transaction, not an object, or of another storage.
 * @retval DELTOS_E_UNSUPPORTED  The object has no storage.
 * @retval DELTOS_E_STALE    Deleted or replaced, or the transaction is over.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_CORRUPT, DELTOS_E_LIMIT, DELTOS_E_NO_SPACE,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_transaction_rename().
 * Threads: as the transaction; nobody else may be using the object's handle. Cost: copies the content.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_object_unseal(deltos_transaction *transaction, deltos_object *object,
                                              deltos_error *err);

/**
 * Where the content lies in the file, for programs that map it without this library. It is C-contiguous (a table: its
 * index and its rows), payload_bytes long, and starts on a page when it is at least a page long. It stays there while
 * somebody holds a view of the object.
 *
 * @param[in]  object  Not NULL.
 * @param[out] offset  Bytes from the start of the file (of the whole file, for a sub-range); 0 when it is empty.
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID      Not an object, or NULL.
 * @retval DELTOS_E_CLOSED       The storage has been closed.
 * @retval DELTOS_E_UNSUPPORTED  There is no file: no storage, memory of the caller's, or a private copy.
 * @retval DELTOS_E_FORKED       The storage is a WRITE handle from before fork().
 * @retval DELTOS_E_IO           Guarded memory was lost.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_object_file_offset(const deltos_object *object, uint64_t *offset, deltos_error *err);

/** Hints for deltos_object_advise(). */
enum {
  DELTOS_ADVICE_NORMAL = 0,
  DELTOS_ADVICE_RANDOM = 1,     /**< do not read ahead */
  DELTOS_ADVICE_SEQUENTIAL = 2, /**< read ahead a lot */
  DELTOS_ADVICE_WILL_NEED = 3,  /**< start reading now */
  DELTOS_ADVICE_DONT_NEED = 4,  /**< this process's memory may be taken back; nothing is lost */
  DELTOS_ADVICE_PREFAULT = 5    /**< read all of it and map it into this process now, so that no use waits for a page
                                     fault; on Linux before 5.14 the same as WILL_NEED */
};

/**
 * Tells the system how the content will be used. Only a hint.
 *
 * @param[in]  object  Not NULL.
 * @param[in]  advice  DELTOS_ADVICE_*.
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, or an unknown advice.
 * @retval DELTOS_E_UNSUPPORTED  It has no storage.
 * @retval DELTOS_E_CLOSED   The storage has been closed.
 * @retval DELTOS_E_FORKED   The storage is a WRITE handle from before fork().
 * @retval DELTOS_E_IO       Guarded memory was lost.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: one system call; of PREFAULT that of reading, and of about 0.1 microseconds a page.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_object_advise(const deltos_object *object, int32_t advice, deltos_error *err);

/** One line of a listing. Frozen. The name is borrowed until the cursor's next call or release. */
typedef struct deltos_entry {
  const char *name;       /**< of the object, or of the level, with its '/' at the end */
  uint64_t id;            /**< 0 for a level */
  int32_t kind;           /**< DELTOS_KIND_*; 0 for a level */
  uint32_t is_prefix;     /**< 1: a level that has names below it */
  uint64_t payload_bytes; /**< 0 for a level */
} deltos_entry;

/** How deep deltos_snapshot_list() goes. */
enum {
  DELTOS_LIST_ALL = 0,      /**< every name that starts with the prefix */
  DELTOS_LIST_ONE_LEVEL = 1 /**< those without a '/' after the prefix, and each level below once */
};

/**
 * Starts a listing, in byte order of names.
 *
 * @param[in]  snapshot  What to list; also the one a transaction lends (which must not change meanwhile).
 * @param[in]  prefix    "" lists everything; bytes, not segments. One that no name has lists nothing.
 * @param[in]  depth     DELTOS_LIST_*.
 * @param[out] cursor    Owned; deltos_cursor_release(). It keeps the state it lists, also after the snapshot's release.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a snapshot, NULL, an unknown depth.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT, DELTOS_E_FEATURE, DELTOS_E_IO,
 *         DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_object_open().
 * Threads: any. Cost: logarithmic in the number of objects.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_snapshot_list(const deltos_snapshot *snapshot, const char *prefix, int32_t depth,
                                              deltos_cursor **cursor, deltos_error *err);

/**
 * The next entries of a listing.
 *
 * @param[in]  cursor    Not NULL.
 * @param[out] entries   Room for @p capacity of them; names in them are borrowed until the next call or the release.
 * @param[in]  capacity  At least 1.
 * @param[out] count     How many were filled in; 0: the end.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a cursor, NULL, or no capacity.
 * @retval DELTOS_E_CLOSED   The storage has been closed.
 * @retval DELTOS_E_STALE    The transaction whose snapshot this lists has ended.
 * @retval DELTOS_E_FORKED, DELTOS_E_CORRUPT, DELTOS_E_FEATURE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: as the cursor. Cost: constant for each entry; ONE_LEVEL skips what is below a level in logarithmic time.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_cursor_next_entries(deltos_cursor *cursor, deltos_entry *entries, uint64_t capacity,
                                                    uint64_t *count, deltos_error *err);

/**
 * Ends a listing.
 *
 * @param[in,out] cursor  NULL afterwards. NULL is fine.
 * Never fails, never blocks. Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API void deltos_cursor_release(deltos_cursor **cursor);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
