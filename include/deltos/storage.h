/**
 * @file
 * @defgroup deltos_storage Storages
 *
 * A storage is a file (or anonymous memory, or memory of the caller's) that holds named, typed objects. Everything else
 * starts from one: snapshots read it, transactions change it, views export its memory.
 *
 * How a storage is opened is said by two independent fields. `mode` is what the handle may do:
 *
 * | mode     | takes           | may                                                                              |
 * |----------|-----------------|----------------------------------------------------------------------------------|
 * | READ     | nothing         | read, export read-only; any number of processes, also on a read-only file system |
 * | IN_PLACE | nothing         | the same, and store into committed, unsealed objects; any number of processes    |
 * | WRITE    | the writer lock | everything; one process at a time                                                |
 * | STATIC   | not even locks  | read memory or a file that the caller promises nobody changes: its durable commits |
 *
 * `create` is what happens to the file: NEVER (it must exist), IF_ABSENT, NEW (it must not exist), REPLACE (a new one
 * is built aside and takes the old one's place at the first successful commit; without one the old file stays). Any but
 * NEVER needs mode WRITE. A storage being created appears whole or not at all; an existing file is never truncated.
 *
 * Thread safety: internally synchronised. A second open of the same file in one process is as independent as one in
 * another process; WRITE twice in one process is refused like WRITE in two. Opening never waits.
 *
 * Example:
 * @code
 * deltos_open_options options = {0};
 * options.struct_size = sizeof options;
 * options.mode = DELTOS_MODE_WRITE;
 * options.create = DELTOS_CREATE_IF_ABSENT;
 * deltos_storage *storage = NULL;
 * deltos_error error;
 * if (deltos_storage_open("example.deltos", &options, &storage, &error) != DELTOS_OK) return 1;
 * if (deltos_storage_close(&storage, &error) != DELTOS_OK) return 1;
 * @endcode
 * @{
 */
#ifndef DELTOS_STORAGE_H
#define DELTOS_STORAGE_H

#include <deltos/common.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/** What a handle may do. */
enum { DELTOS_MODE_READ = 0, DELTOS_MODE_IN_PLACE = 1, DELTOS_MODE_WRITE = 2, DELTOS_MODE_STATIC = 3 };

/** What happens to the file. */
enum { DELTOS_CREATE_NEVER = 0, DELTOS_CREATE_IF_ABSENT = 1, DELTOS_CREATE_NEW = 2, DELTOS_CREATE_REPLACE = 3 };

/** Bits of deltos_open_options.flags. */
enum {
  DELTOS_OPEN_SIGBUS_GUARD = 1, /**< memory lost to truncation or a media error reads as zeros instead of killing */
  DELTOS_OPEN_VERIFY = 2,       /**< check the whole storage first, as verify FULL; E_CORRUPT on the first finding */
  DELTOS_OPEN_ROLLBACK = 4,     /**< WRITE: when the newest state is damaged, go on from the one before it */
  DELTOS_OPEN_REDIRTY = 8,      /**< WRITE: after a failed barrier, rewrite everything that is live and go on */
  DELTOS_OPEN_COPY = 16,        /**< READ, STATIC: read it into private memory first, then STATIC; for hostile bytes */
  DELTOS_OPEN_NO_TRIM = 32,     /**< WRITE: do not give freed space back to the file system */
  DELTOS_OPEN_FORCE = 64,       /**< create REPLACE: also over a file that has a living writer */
  DELTOS_OPEN_SPARSE = 128,     /**< when the file is created: space is taken when it is first stored to, so that a full
                                   disk is met by a store, as SIGBUS, and not by a call */
  DELTOS_OPEN_COMPRESS = 256    /**< when the file is created: texts and bytes of more than 512 bytes in values that are
                                   stored in it are compressed (LZ4) where that saves a quarter; not keys, members of
                                   sets, and what record tables hold. See value.h */
};

/** All zero with struct_size set: read an existing file. */
typedef struct deltos_open_options {
  uint32_t struct_size;     /**< sizeof(deltos_open_options) */
  int32_t mode;             /**< DELTOS_MODE_* */
  int32_t create;           /**< DELTOS_CREATE_* */
  uint32_t flags;           /**< DELTOS_OPEN_* bits */
  uint64_t offset;          /**< READ, STATIC: where the storage starts in the file, in bytes; not 0 implies STATIC */
  uint64_t size;            /**< READ, STATIC: its length; 0: to the end of the file; not 0 implies STATIC */
  uint64_t reserve_bytes;   /**< WRITE: address space to grow into; 0: 64 times the file, 64 GiB to 1 TiB */
  uint64_t max_file_bytes;  /**< WRITE: refuse to grow beyond; 0: no limit */
  uint64_t auto_sync_bytes; /**< WRITE: ASYNC commits are made durable when so much was written; 0: 256 MiB */
  deltos_progress progress; /**< for VERIFY, REDIRTY, COPY and the writer's check at open; may be NULL */
  void *progress_user;
} deltos_open_options;

/**
 * Opens a file.
 *
 * READ, IN_PLACE and STATIC: a few system calls, whatever the file's size and number of objects. WRITE, and IN_PLACE
 * when no writer has been there since the machine was started: reads and checks the whole catalogue, about 2 seconds
 * for a million objects.
 *
 * @param[in]  path     UTF-8 or any bytes the system takes; not NULL.
 * @param[in]  options  NULL: read an existing file.
 * @param[out] storage  Owned; deltos_storage_close() or deltos_storage_detach().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID      NULL or an empty path, an unknown mode, policy or flag, or a combination that has no
 *                               meaning.
 * @retval DELTOS_E_STRUCT       struct_size is too small, or an unknown field is set.
 * @retval DELTOS_E_NOT_FOUND    NEVER: no such file. Else: no such directory.
 * @retval DELTOS_E_EXISTS       NEW: there is one. REPLACE: there is one that is not a regular file.
 * @retval DELTOS_E_READONLY     WRITE, IN_PLACE: the file system is read-only.
 * @retval DELTOS_E_UNSUPPORTED  REPLACE: the file system has no files without a name (O_TMPFILE).
 * @retval DELTOS_E_RANGE        offset and size do not lie in the file.
 * @retval DELTOS_E_BUSY         REPLACE over a file with a living writer, without FORCE. IN_PLACE while a writer is
 *                               just opening.
 * @retval DELTOS_E_LOCKED       WRITE: somebody else is the writer, or this process is already.
 * @retval DELTOS_E_NOT_DELTOS   Some other file, or an empty one.
 * @retval DELTOS_E_FEATURE      Written by a newer version; perhaps this one may read it, but not write.
 * @retval DELTOS_E_CORRUPT      Damaged. Nothing older is used unless ROLLBACK asks for it. READ and IN_PLACE check the
 *                               header only: what else is damaged is told by the calls that read it, the first of
 *                               which is deltos_snapshot_begin().
 * @retval DELTOS_E_LIMIT        WRITE: the file has used up its transaction numbers. A file too large to map.
 * @retval DELTOS_E_FILESYSTEM   Network file systems and others without coherent mappings or locks.
 * @retval DELTOS_E_CANCELLED    The progress callback said so.
 * @retval DELTOS_E_IO           A system call failed; also: a barrier has failed since the machine was started, see
 *                               REDIRTY.
 * @retval DELTOS_E_NO_SPACE     No room for a new file.
 * @retval DELTOS_E_ADDRESS_SPACE, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As their names say.
 * Threads: any.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_storage_open(const char *path, const deltos_open_options *options,
                                             deltos_storage **storage, deltos_error *err);

/**
 * Opens a file by descriptor: one received from another process, a deleted file, or a memfd of
 * deltos_storage_open_anonymous().
 *
 * The descriptor stays the caller's; the library opens the file anew through it, so that locks of two handles stay
 * apart. It needs the access rights of the mode.
 *
 * @param[in]  fd       An open descriptor of a regular file or memfd.
 * @param[in]  options  As for deltos_storage_open(); create must be NEVER.
 * @param[out] storage  Owned.
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  fd is not an open descriptor, or create is not NEVER.
 * @retval others            As deltos_storage_open(), except E_NOT_FOUND and E_EXISTS.
 * Threads: any. Cost: as deltos_storage_open().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_storage_open_fd(int32_t fd, const deltos_open_options *options,
                                                deltos_storage **storage, deltos_error *err);

/**
 * Makes a new, empty storage in anonymous memory, open for WRITE. It lives until the last handle, view and descriptor
 * goes.
 *
 * Its descriptor (deltos_storage_fd()) may be passed to other processes, which open it with deltos_storage_open_fd().
 * It cannot be shrunk by anybody.
 *
 * @param[in]  label    Shown in messages and in /proc; NULL: "deltos".
 * @param[in]  options  mode 0 or WRITE, create 0; flags, reserve_bytes and max_file_bytes as for a file. NULL:
 *                      defaults.
 * @param[out] storage  Owned.
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID      Another mode, a policy, an offset or a size, or COPY.
 * @retval DELTOS_E_UNSUPPORTED  The system has no anonymous files that can be kept from shrinking.
 * @retval DELTOS_E_CANCELLED    The progress callback said so.
 * @retval DELTOS_E_STRUCT, DELTOS_E_IO, DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_storage_open().
 * Threads: any. Cost: a few system calls.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_storage_open_anonymous(const char *label, const deltos_open_options *options,
                                                       deltos_storage **storage, deltos_error *err);

/**
 * Opens a storage that lies in memory of the caller's. Always STATIC: the caller promises that nobody writes there,
 * unless COPY is given.
 *
 * @param[in]  data     The bytes; any alignment (typed exports from an address that is not a multiple of 64 need COPY).
 * @param[in]  size     How many.
 * @param[in]  options  mode 0 (READ) or STATIC, create 0; NULL: defaults.
 * @param[in]  release  Called when the memory is no longer used: after close and the last view, or before this call
 *                      returns when it fails or has copied. May be NULL.
 * @param[in]  user     Given to release.
 * @param[out] storage  Owned.
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  data is NULL, another mode, a policy, an offset or a size in the options.
 * @retval DELTOS_E_STRUCT, DELTOS_E_NOT_DELTOS, DELTOS_E_FEATURE, DELTOS_E_CORRUPT, DELTOS_E_CANCELLED,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_storage_open().
 * Threads: any. Cost: constant; with COPY or VERIFY in proportion to the size.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_storage_open_memory(const void *data, uint64_t size, const deltos_open_options *options,
                                                    deltos_release release, void *user, deltos_storage **storage,
                                                    deltos_error *err);

/**
 * The descriptor behind a storage, to be passed on to another process.
 *
 * @param[in]  storage  Not NULL.
 * @param[out] fd       Borrowed until the storage is closed; duplicate it to keep it, never close it.
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID      Not a storage, or NULL.
 * @retval DELTOS_E_UNSUPPORTED  Memory of the caller's, or a private copy: there is no descriptor.
 * @retval DELTOS_E_FORKED       A WRITE handle from before fork().
 * @retval DELTOS_E_IO           Guarded memory was lost.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_storage_fd(const deltos_storage *storage, int32_t *fd, deltos_error *err);

/**
 * Closes a storage, or refuses and changes nothing.
 *
 * While views made through this handle live, it answers DELTOS_E_PINNED and the message names the objects and how many
 * views of each; while its transaction is open, DELTOS_E_BUSY. Otherwise the memory is unmapped, and snapshots, objects
 * and cursors of it answer DELTOS_E_CLOSED from then on; releasing them stays legal. Closing makes nothing durable:
 * commits have done that, or deltos_storage_sync() does.
 *
 * @param[in,out] storage  NULL afterwards on success, unchanged on failure. NULL inside is fine.
 * @param[out]    err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  storage is NULL, or not a storage.
 * @retval DELTOS_E_PINNED   Views live. Release them, or deltos_storage_detach().
 * @retval DELTOS_E_BUSY     A transaction is open. Commit or abort it.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: a few system calls.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_storage_close(deltos_storage **storage, deltos_error *err);

/**
 * Gives a storage up, whatever lives: for finalizers and error paths. An open transaction is aborted; exported memory
 * stays valid until its last view is released, and only then is unmapped and unlocked.
 *
 * @param[in,out] storage  NULL afterwards. NULL is fine.
 * Never fails, never blocks. Threads: any. Cost: a few system calls.
 * @since 0.1
 */
DELTOS_API void deltos_storage_detach(deltos_storage **storage);

/**
 * Makes durable what was stored so far: every LAZY and ASYNC commit, and every in-place store by any process made
 * before the call.
 * What was published without a barrier is published again with one, under a new number: a snapshot of it finds, when
 * it is refreshed, that there is a newer one.
 *
 * @param[in]  storage  WRITE or IN_PLACE.
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   Not a storage.
 * @retval DELTOS_E_READONLY  READ or STATIC.
 * @retval DELTOS_E_FORKED    A WRITE handle from before fork().
 * @retval DELTOS_E_REPLACED  WRITE: the path leads to another file now.
 * @retval DELTOS_E_IN_DOUBT  WRITE: a commit was being made durable and its last barrier failed.
 * @retval DELTOS_E_IO        The barrier failed, or one has failed before, or guarded memory was lost. Sticky: see
 *                            DELTOS_OPEN_REDIRTY.
 * @retval DELTOS_E_BUSY      WRITE: ASYNC commits are waiting, and a transaction is open. Commit it with SYNC.
 * @retval DELTOS_E_LIMIT     WRITE: the file has used up its transaction numbers.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: one or two barriers (milliseconds), and the writing of whatever is dirty.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_storage_sync(deltos_storage *storage, deltos_error *err);

/** Facts about a storage and the handle it was asked of. */
typedef struct deltos_storage_info {
  uint32_t struct_size;  /**< set by the caller */
  int32_t mode;          /**< DELTOS_MODE_*; STATIC where READ became it */
  uint32_t format_major; /**< of the file */
  uint32_t format_minor;
  uint64_t file_bytes;      /**< length of the file */
  uint64_t allocated_bytes; /**< what the file system has set aside for it */
  uint64_t live_bytes;      /**< WRITE: reachable from the newest commit; else 0 */
  uint64_t reusable_bytes;  /**< WRITE: free, to be used again; else 0 */
  uint64_t pinned_bytes;    /**< WRITE: freed, but held by snapshots, views or durability; else 0 */
  uint64_t object_count;    /**< in the newest commit */
  uint64_t transaction_id;  /**< of the newest commit */
  uint64_t durable_id;      /**< of the newest commit that survives a power loss; without WRITE also a LAZY one */
  uint64_t oldest_pin;      /**< oldest commit that a snapshot of any process holds; transaction_id when none */
  uint64_t snapshot_count;  /**< snapshots that this handle holds, cursors' included */
  uint64_t view_count;      /**< views made through this handle that live */
  uint8_t uuid[16];         /**< made when the storage was created; copy_to keeps it, compact_to makes a new one */
  uint8_t io_failed;        /**< 1: a barrier failed since the machine was started */
  uint8_t lost;             /**< 1: the guard met memory that was cut off or unreadable */
  uint8_t unaligned;        /**< 1: STATIC at an address where elements are not aligned */
  uint8_t sparse;           /**< 1: created with SPARSE */
  uint8_t reserved[4];      /**< 0 */
} deltos_storage_info;

/**
 * Tells the state of a storage.
 *
 * @param[in]     storage  Not NULL.
 * @param[in,out] info     struct_size set by the caller; bytes beyond what this library knows are set to 0.
 * @param[out]    err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a storage, or info is NULL.
 * @retval DELTOS_E_STRUCT   struct_size is smaller than the first version of the struct.
 * @retval DELTOS_E_FORKED   A WRITE handle from before fork().
 * @retval DELTOS_E_BUSY, DELTOS_E_FILESYSTEM, DELTOS_E_CORRUPT, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_snapshot_begin().
 * Threads: any. Cost: some system calls; oldest_pin takes a search of about 60 more.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_storage_stat(const deltos_storage *storage, deltos_storage_info *info,
                                             deltos_error *err);

/** How much deltos_storage_verify() reads. */
enum {
  DELTOS_VERIFY_STRUCT = 0, /**< all of the catalogue: pages, records, extents, overlaps */
  DELTOS_VERIFY_FULL = 1    /**< and the content of every sealed object: its checksum, every node of a value; and
                                 every row of a record table */
};

/** One thing that is wrong. Frozen. */
typedef struct deltos_finding {
  int32_t status;       /**< DELTOS_E_CORRUPT or DELTOS_E_FEATURE */
  uint32_t reserved;    /**< 0 */
  uint64_t object_id;   /**< or 0 */
  uint64_t file_offset; /**< in bytes from the start of the storage, or 0 */
  char message[232];    /**< one line of UTF-8, NUL-terminated */
} deltos_finding;

/**
 * Checks the newest commit and lists what is wrong with it. Damage is a result here, not a failure: a damaged storage
 * gives DELTOS_OK and a count above 0.
 *
 * @param[in]  storage   Not NULL.
 * @param[in]  level     DELTOS_VERIFY_*.
 * @param[in]  progress  May be NULL.
 * @param[in]  user      Given to progress.
 * @param[out] findings  Room for @p capacity of them; may be NULL when that is 0.
 * @param[in]  capacity  May be 0.
 * @param[out] count     How many were found; may exceed @p capacity. At most 1,000 are counted.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not a storage, an unknown level, or NULL where memory is needed.
 * @retval DELTOS_E_FORKED     A WRITE handle from before fork().
 * @retval DELTOS_E_CANCELLED  The progress callback said so.
 * @retval DELTOS_E_CORRUPT    So damaged that there is no commit to check, or cut short.
 * @retval DELTOS_E_BUSY, DELTOS_E_FILESYSTEM, DELTOS_E_ADDRESS_SPACE, DELTOS_E_IO, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_snapshot_begin().
 * Threads: any. Cost: reads the catalogue, with FULL every sealed byte too.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_storage_verify(deltos_storage *storage, int32_t level, deltos_progress progress,
                                               void *user, deltos_finding *findings, uint64_t capacity, uint64_t *count,
                                               deltos_error *err);

/** An object with live views; one with read-only and with writable ones is listed twice. Frozen. */
typedef struct deltos_pin {
  uint64_t object_id;
  uint64_t transaction_id; /**< that wrote the content the views show */
  uint64_t bytes;          /**< of that content */
  uint32_t view_count;     /**< live views made through this handle */
  uint8_t writable;        /**< 1: they are writable */
  uint8_t reserved[3];     /**< 0 */
  char name[224];          /**< as it was opened under; NUL-terminated, cut at a character */
} deltos_pin;

/**
 * Lists what is exported through this handle: what deltos_storage_close() would name.
 *
 * @param[in]  storage   Not NULL.
 * @param[out] pins      Room for @p capacity of them; may be NULL when that is 0.
 * @param[in]  capacity  May be 0.
 * @param[out] count     How many entries there are; may exceed @p capacity.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a storage, or NULL where memory is needed.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to the number of exported objects.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_storage_pins(const deltos_storage *storage, deltos_pin *pins, uint64_t capacity,
                                             uint64_t *count, deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
