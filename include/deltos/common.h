/**
 * @file
 * @defgroup deltos_common Handles, callbacks and the numbers that files hold
 *
 * A handle is a pointer to an opaque struct. A call that makes one stores it through `T **`; the call that ends one
 * takes `T **`, stores NULL there, and accepts NULL. Each handle type has one of three thread rules:
 *
 * - **immutable**: any number of threads may use it at once;
 * - **internally synchronised**: the same, the library sees to it;
 * - **one thread at a time**: any thread may use it, but only one at once; nothing ties it to the thread that made it.
 *
 * Releasing is legal from any thread, in any order, after the storage was closed, after fork and while the process
 * ends. Using a handle after its release is undefined, as for any pointer; most such uses are recognised and answered
 * with DELTOS_E_INVALID.
 * @{
 */
#ifndef DELTOS_COMMON_H
#define DELTOS_COMMON_H

#include <deltos/status.h>
#include <deltos/version.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

typedef struct deltos_storage deltos_storage;         /**< an open file or memory; internally synchronised */
typedef struct deltos_snapshot deltos_snapshot;       /**< one state of it; immutable (a transaction's own: as that) */
typedef struct deltos_transaction deltos_transaction; /**< a change under way; one thread at a time */
typedef struct deltos_object deltos_object;           /**< one stored thing; immutable */
typedef struct deltos_cursor deltos_cursor;           /**< a walk over names; one thread at a time */
typedef struct deltos_builder deltos_builder;         /**< something being built; one thread at a time */
typedef struct deltos_schema deltos_schema;           /**< what records have; immutable */

/**
 * Asked now and then by long calls, on the calling thread, from inside the call: at most 20 times a second, and once at
 * the end. No other call waits for it: one that would change the storage that the call is writing to answers
 * DELTOS_E_BUSY, on this thread too, and an abort of the transaction is made up for at the end of the call, which
 * answers DELTOS_E_STALE then.
 *
 * @param done   Work done so far, in bytes or pages.
 * @param total  All there is to do, in the same unit; 0 when not known.
 * @param user   As given.
 * @return       0 to go on; anything else cancels the call, which answers DELTOS_E_CANCELLED and leaves nothing behind.
 * It must not unwind (no exception, no longjmp) and must not use the handle that the call is working on.
 */
typedef int32_t (*deltos_progress)(uint64_t done, uint64_t total, void *user);

/**
 * Told once that memory lent to the library is no longer used. It runs on whatever thread drops the last reference,
 * with no lock held; it must not block on other threads and must not unwind. A language runtime that cannot take calls
 * on foreign threads passes NULL and keeps the memory alive itself.
 */
typedef void (*deltos_release)(void *user);

/** Kinds of stored objects. The numbers are stored in files. */
enum {
  DELTOS_KIND_ANY = 0,          /**< never stored; when opening: whatever it is */
  DELTOS_KIND_BUFFER = 1,       /**< n-dimensional typed memory, buffer.h */
  DELTOS_KIND_ARRAY = 2,        /**< growable elements of one type, array.h */
  DELTOS_KIND_TABLE = 3,        /**< rows reached by pointers, table.h */
  DELTOS_KIND_VALUE = 4,        /**< a tree that describes itself, sealed, value.h */
  DELTOS_KIND_RECORD_TABLE = 5, /**< rows of one schema, record.h */
  DELTOS_KIND_HASH_MAP = 6,     /**< built once, looked up by key, hash_map.h */
  DELTOS_KIND_SORTED_MAP = 7    /**< pairs in the order of their keys, sorted_map.h */
};

/**
 * Element types. The numbers are stored in files. A format string says more (field names, byte order); a dtype is the
 * quick answer, and the only one for types that have no format character.
 */
enum {
  DELTOS_DTYPE_OTHER = 0, /**< see the format string: foreign byte order, padding, types without a number here */
  DELTOS_DTYPE_BOOL = 1,  /**< one byte, 0 or 1 */
  DELTOS_DTYPE_I8 = 2,
  DELTOS_DTYPE_I16 = 3,
  DELTOS_DTYPE_I32 = 4,
  DELTOS_DTYPE_I64 = 5,
  DELTOS_DTYPE_U8 = 6,
  DELTOS_DTYPE_U16 = 7,
  DELTOS_DTYPE_U32 = 8,
  DELTOS_DTYPE_U64 = 9,
  DELTOS_DTYPE_F16 = 10,
  DELTOS_DTYPE_F32 = 11,
  DELTOS_DTYPE_F64 = 12,
  DELTOS_DTYPE_C64 = 13,     /**< two f32: real, imaginary */
  DELTOS_DTYPE_C128 = 14,    /**< two f64 */
  DELTOS_DTYPE_BYTES = 15,   /**< fixed number of bytes, "Ns" and "c" */
  DELTOS_DTYPE_UCS4 = 16,    /**< fixed number of 4-byte characters, "Nw" */
  DELTOS_DTYPE_STRUCT = 17,  /**< "T{...}", and several elements as one: "3d", "(2,3)d" */
  DELTOS_DTYPE_BF16 = 18,    /**< bfloat16; its format string is that of 2 raw bytes */
  DELTOS_DTYPE_F8_E4M3 = 19, /**< 8-bit float, 4 exponent bits, no infinities; format of 1 raw byte */
  DELTOS_DTYPE_F8_E5M2 = 20  /**< 8-bit float, 5 exponent bits; format of 1 raw byte */
};

/** Some bytes. Frozen; borrowed. */
typedef struct deltos_bytes {
  const void *data; /**< may be NULL when size is 0 */
  uint64_t size;
} deltos_bytes;

/** What the keys of a map are. The numbers are stored in files. */
enum {
  DELTOS_KEY_BYTES = 0, /**< any bytes */
  DELTOS_KEY_UTF8 = 1,  /**< text, checked when it is put in */
  DELTOS_KEY_U64 = 2,   /**< uint64_t: 8 bytes of native order */
  DELTOS_KEY_VALUE = 3  /**< any value, as deltos_value_builder_pack() writes it; hash maps only */
};

/** How the items of a deltos_column lie. */
enum {
  DELTOS_COLUMN_FIXED = 0,   /**< items of item_size bytes, one every stride bytes */
  DELTOS_COLUMN_OFFSETS = 1, /**< item i is data[offsets[i]] to data[offsets[i + 1]], as Arrow's large_utf8 */
  DELTOS_COLUMN_SLICES = 2   /**< data: deltos_bytes[count] */
};

/** As many items as `count` says, in memory of the caller's. Frozen. */
typedef struct deltos_column {
  int32_t layout;         /**< DELTOS_COLUMN_* */
  int32_t dtype;          /**< DELTOS_DTYPE_* of an item, which must be the one expected; 0: not told */
  uint64_t count;         /**< items */
  const void *data;       /**< FIXED: the first item; OFFSETS: bytes; SLICES: deltos_bytes[count] */
  const int64_t *offsets; /**< OFFSETS: count + 1, never falling, the first need not be 0 */
  uint64_t item_size;     /**< FIXED: bytes of an item */
  int64_t stride;         /**< FIXED: bytes from an item to the next; 0: item_size. Negative: backwards */
} deltos_column;

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
