/**
 * @file
 * @defgroup deltos_status Status codes and error details
 *
 * Every call that can fail returns a deltos_status: 0 is success, everything else is negative. Codes are never
 * renumbered and never reused; new ones may be added, so treat an unknown negative number as a failure of the library.
 *
 * The last parameter of such a call is `deltos_error *err`. It is memory of the caller's, needs no initialisation and
 * nothing in it is to be freed. It may be NULL. It is written only when the call fails, so one struct can serve a whole
 * program or thread. There is no global and no per-thread last error.
 *
 * On failure a handle output is NULL and a value output keeps what was in it, with two exceptions: with
 * DELTOS_E_TOO_SMALL the size output holds the size that is needed, and transfers tell how many bytes went through.
 *
 * Example:
 * @code
 * deltos_error error;
 * deltos_storage *storage = NULL;
 * if (deltos_storage_open("cities.deltos", NULL, &storage, &error) != DELTOS_OK)
 *   fprintf(stderr, "%s: %s\n", deltos_status_name(error.status), error.message);
 * @endcode
 * @{
 */
#ifndef DELTOS_STATUS_H
#define DELTOS_STATUS_H

#ifndef DELTOS_PARSE
#include <stdint.h>
#if defined(__GNUC__)
#define DELTOS_API __attribute__((visibility("default")))
#else
#define DELTOS_API
#endif
#ifdef __cplusplus
extern "C" {
#endif
#else
#define DELTOS_API
#endif

typedef int32_t deltos_status;

/**
 * The codes, whose fault each one is, and the error of each host language that it becomes. A binding that maps a code
 * differently is wrong; a code that is not in its table is a bug that its tests find.
 *
 * | code            | fault   | Python (each also a deltos.Error)    | Rust                    | Julia              |
 * |-----------------|---------|--------------------------------------|-------------------------|--------------------|
 * | E_INVALID       | caller  | ValueError                           | ErrorKind::Invalid      | InvalidError       |
 * | E_KIND          | caller  | TypeError                            | ErrorKind::Kind         | KindError          |
 * | E_TYPE          | caller  | TypeError                            | ErrorKind::Type         | TypeMismatchError  |
 * | E_RANGE         | caller  | IndexError                           | ErrorKind::Range        | RangeError         |
 * | E_TOO_SMALL     | caller  | ValueError                           | ErrorKind::TooSmall     | TooSmallError      |
 * | E_NOT_FOUND     | caller  | KeyError (path: FileNotFoundError)   | ErrorKind::NotFound     | NotFoundError      |
 * | E_EXISTS        | caller  | FileExistsError                      | ErrorKind::Exists       | ExistsError        |
 * | E_READONLY      | caller  | PermissionError (export: BufferError)| ErrorKind::ReadOnly     | ReadOnlyError      |
 * | E_SEALED        | caller  | BufferError                          | ErrorKind::Sealed       | SealedError        |
 * | E_PINNED        | caller  | BufferError                          | ErrorKind::Pinned       | PinnedError        |
 * | E_BUSY          | caller  | BlockingIOError                      | ErrorKind::Busy         | BusyError          |
 * | E_CLOSED        | caller  | ValueError                           | ErrorKind::Closed       | ClosedError        |
 * | E_STALE         | caller  | ReferenceError                       | ErrorKind::Stale        | StaleError         |
 * | E_FORKED        | caller  | RuntimeError                         | ErrorKind::Forked       | ForkedError        |
 * | E_LAYOUT        | caller  | BufferError                          | ErrorKind::Layout       | LayoutError        |
 * | E_FORMAT        | caller  | ValueError                           | ErrorKind::Format       | FormatError        |
 * | E_CANCELLED     | caller  | InterruptedError                     | ErrorKind::Cancelled    | CancelledError     |
 * | E_STRUCT        | caller  | RuntimeError                         | ErrorKind::Struct       | StructError        |
 * | E_UNSUPPORTED   | caller  | NotImplementedError                  | ErrorKind::Unsupported  | UnsupportedError   |
 * | E_DUPLICATE     | caller  | ValueError                           | ErrorKind::Duplicate    | DuplicateError     |
 * | E_CORRUPT       | file    | OSError (EIO)                        | ErrorKind::Corrupt      | CorruptError       |
 * | E_NOT_DELTOS    | file    | ValueError                           | ErrorKind::NotDeltos    | NotDeltosError     |
 * | E_FEATURE       | file    | NotImplementedError                  | ErrorKind::Feature      | FeatureError       |
 * | E_LIMIT         | file    | OverflowError                        | ErrorKind::Limit        | LimitError         |
 * | E_REPLACED      | file    | OSError (ESTALE)                     | ErrorKind::Replaced     | ReplacedError      |
 * | E_IO            | system  | OSError (os_errno)                   | ErrorKind::Io           | IoError            |
 * | E_IN_DOUBT      | system  | OSError (os_errno)                   | ErrorKind::InDoubt      | InDoubtError       |
 * | E_NO_SPACE      | system  | OSError (ENOSPC or os_errno)         | ErrorKind::NoSpace      | NoSpaceError       |
 * | E_NO_MEMORY     | system  | MemoryError                          | ErrorKind::NoMemory     | NoMemoryError      |
 * | E_ADDRESS_SPACE | system  | MemoryError                          | ErrorKind::AddressSpace | AddressSpaceError  |
 * | E_FILESYSTEM    | system  | OSError (ENOTSUP)                    | ErrorKind::Filesystem   | FilesystemError    |
 * | E_LOCKED        | system  | BlockingIOError                      | ErrorKind::Locked       | LockedError        |
 * | E_INTERNAL      | library | SystemError                          | ErrorKind::Internal     | InternalError      |
 */
enum {
  DELTOS_OK = 0,
  /* The caller's fault: the call can succeed with other arguments, another order, or at another time. */
  DELTOS_E_INVALID = -1,      /**< an argument no call could accept: NULL, a foreign handle, a bad name, a bad number */
  DELTOS_E_KIND = -2,         /**< the object is of another kind than the call or the caller asked for */
  DELTOS_E_TYPE = -3,         /**< element types or shapes do not fit together */
  DELTOS_E_RANGE = -4,        /**< an index, offset or size outside what there is */
  DELTOS_E_TOO_SMALL = -5,    /**< the caller's memory is too small; the size output tells what is needed */
  DELTOS_E_NOT_FOUND = -6,    /**< no object of that name or id, or no such file */
  DELTOS_E_EXISTS = -7,       /**< the name or the file is taken */
  DELTOS_E_READONLY = -8,     /**< the handle's mode, or the file system, does not allow it */
  DELTOS_E_SEALED = -9,       /**< the object is sealed; unseal it or replace it */
  DELTOS_E_PINNED = -10,      /**< views are still exported; the message names the objects and counts */
  DELTOS_E_BUSY = -11,        /**< a transaction or another operation is under way; nothing has been waited for */
  DELTOS_E_CLOSED = -12,      /**< the storage this handle came from has been closed */
  DELTOS_E_STALE = -13,       /**< the object was deleted or replaced, or the transaction is over */
  DELTOS_E_FORKED = -14,      /**< a writing handle from before fork(), used in the child */
  DELTOS_E_LAYOUT = -15,      /**< the memory layout does not allow what was requested without a copy */
  DELTOS_E_FORMAT = -16,      /**< a format string that is malformed or contradicts what is said beside it */
  DELTOS_E_CANCELLED = -17,   /**< the progress callback asked to stop */
  DELTOS_E_STRUCT = -18,      /**< struct_size is too small, or unknown fields are not zero */
  DELTOS_E_UNSUPPORTED = -19, /**< not possible for this storage, element type or file system */
  DELTOS_E_DUPLICATE = -20,   /**< a key given twice */
  /* The file's: what is stored is not as it should be, or is not what it was. */
  DELTOS_E_CORRUPT = -40,    /**< a check failed; the message says what and where */
  DELTOS_E_NOT_DELTOS = -41, /**< not a storage at all */
  DELTOS_E_FEATURE = -42,    /**< written by a newer version, with a feature that this one does not know */
  DELTOS_E_LIMIT = -43,      /**< beyond a limit of the format, of the library or of the options; it is named */
  DELTOS_E_REPLACED = -44,   /**< the path now leads to another file */
  /* The system's. */
  DELTOS_E_IO = -60,            /**< a system call failed; os_errno tells which error. Nothing was published */
  DELTOS_E_IN_DOUBT = -61,      /**< the last barrier of a commit failed: it may or may not survive */
  DELTOS_E_NO_SPACE = -62,      /**< disk or quota; the transaction may be shortened and retried */
  DELTOS_E_NO_MEMORY = -63,     /**< an allocation failed */
  DELTOS_E_ADDRESS_SPACE = -64, /**< the reserved address space is used up; reopen with a larger reserve_bytes */
  DELTOS_E_FILESYSTEM = -65,    /**< a file system without coherent mappings or working locks */
  DELTOS_E_LOCKED = -66,        /**< another process is the writer */
  /* The library's. */
  DELTOS_E_INTERNAL = -90 /**< a bug in the library; please report the message */
};

/** What went wrong. 512 bytes, for ever. */
typedef struct deltos_error {
  int32_t status;     /**< the code the call returned */
  int32_t os_errno;   /**< errno of the failed system call, or 0 */
  uint64_t object_id; /**< the object concerned, or 0 */
  char message[496];  /**< one line of UTF-8, NUL-terminated, cut at a character when too long */
} deltos_error;

/**
 * The name of a code, as in "DELTOS_E_PINNED".
 *
 * @param status  Any number.
 * @return        A static string, never NULL; "DELTOS_E_UNKNOWN" for a number that is no code.
 * Cost: constant. Threads: any. Never fails.
 * @since 0.1
 */
DELTOS_API const char *deltos_status_name(int32_t status);

/**
 * The version of the library at run time, as in "0.1.0"; compare with DELTOS_VERSION of the headers.
 *
 * @return  A static string, never NULL.
 * Cost: constant. Threads: any. Never fails.
 * @since 0.1
 */
DELTOS_API const char *deltos_version(void);

/**
 * The version of the binary interface at run time: the number in the soname. A program built against headers with
 * another DELTOS_ABI_VERSION must not call anything else.
 *
 * @return  The number.
 * Cost: constant. Threads: any. Never fails.
 * @since 0.1
 */
DELTOS_API uint32_t deltos_abi_version(void);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
