/**
 * @file
 * @defgroup deltos_sorted_map Sorted maps
 *
 * A **sorted map** holds pairs in the order of their keys, and changes: pairs are put, replaced and removed one by one
 * or many at a time, inside transactions, and read from snapshots. It is found by key, by range and by prefix, forwards
 * and backwards. For something that is built once and only looked up, take a hash map (hash_map.h).
 *
 * | keys  | what they are                                                    | order                            |
 * |-------|------------------------------------------------------------------|----------------------------------|
 * | BYTES | 0 to 1,024 bytes; the empty key is one like any other            | of bytes, a shorter one first    |
 * | UTF8  | the same, text, checked when it is put                           | the same, which is that of       |
 * |       |                                                                  | code points                      |
 * | U64   | uint64_t, 8 bytes of native order                                | of numbers                       |
 *
 * Keys are of one kind in a map. A **value** is 0 to 16,777,216 (16 MiB) bytes, or another object of the storage, by
 * its id (deltos_sorted_map_put_object()). What is larger, or typed, or grows, is stored as an object. Values of up to
 * 960 bytes lie beside their keys, longer ones in a place of their own.
 *
 * **Transactions and snapshots.** The handle names the map; the snapshot or transaction that is given with it says
 * which state of it. A change is seen through deltos_transaction_snapshot() at once, by everybody else after the
 * commit, whole, and by nobody after an abort. Snapshots that are older go on seeing what they saw, also when the map
 * has been changed, renamed or deleted since. Each call changes all that it says or, when it fails, nothing.
 *
 * **What is lent.** Keys and values that reading calls give are not copied. From a snapshot of the storage, they stay
 * until that snapshot is released (of a cursor: until it is released, too). From the snapshot that a transaction lends,
 * they stay until the next call that changes this transaction, or its end.
 *
 * The handle of a map is not a view: it keeps nothing from being closed, and needs no refresh to see a newer snapshot.
 * It is for the storage handle that it was opened with.
 *
 * Checking: every page is checked when it is met first, and long values when they are read; what is damaged answers
 * DELTOS_E_CORRUPT, in bounded time.
 *
 * Thread safety: a map's handle is immutable; any number of threads may read it through snapshots of the storage at
 * once. Calls that take a transaction, or the snapshot that it lends, belong to the transaction's thread. Cursors are
 * for one thread at a time.
 *
 * Example:
 * @code
 * deltos_object *map = NULL;
 * deltos_cursor *cursor = NULL;
 * deltos_range range;
 * deltos_pair pairs[16];
 * const deltos_snapshot *now = deltos_transaction_snapshot(transaction);
 * const deltos_bytes from = {"b", 1};
 * uint64_t count = 0;
 * uint64_t i;
 * if (deltos_sorted_map_create(transaction, "heights", NULL, &map, &error) != DELTOS_OK ||
 *     deltos_sorted_map_put(transaction, map, "oak", 3, "40", 2, NULL, &error) != DELTOS_OK ||
 *     deltos_sorted_map_put(transaction, map, "elm", 3, "30", 2, NULL, &error) != DELTOS_OK ||
 *     deltos_sorted_map_put(transaction, map, "ash", 3, "35", 2, NULL, &error) != DELTOS_OK)
 *   return 1;
 * memset(&range, 0, sizeof range);
 * range.from = &from;
 * if (deltos_sorted_map_range(now, map, &range, &cursor, &error) != DELTOS_OK) return 1;
 * do {
 *   if (deltos_cursor_next_pairs(cursor, pairs, 16, &count, &error) != DELTOS_OK) return 1;
 *   for (i = 0; i < count; ++i)
 *     printf("%.*s %.*s\n", (int)pairs[i].key.size, (const char *)pairs[i].key.data, (int)pairs[i].value.size,
 *            (const char *)pairs[i].value.data);
 * } while (count > 0);
 * deltos_cursor_release(&cursor);
 * deltos_object_release(&map);
 * @endcode
 * @{
 */
#ifndef DELTOS_SORTED_MAP_H
#define DELTOS_SORTED_MAP_H

#include <deltos/object.h>
#include <deltos/transaction.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/** How a sorted map is made; zeros are the defaults. */
typedef struct deltos_sorted_map_options {
  uint32_t struct_size; /**< set by the caller */
  int32_t key;          /**< DELTOS_KEY_BYTES, DELTOS_KEY_UTF8 or DELTOS_KEY_U64 */
} deltos_sorted_map_options;

/**
 * Creates an empty sorted map.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  name         As for deltos_buffer_create(); must be free.
 * @param[in]  options      NULL: the defaults: keys are BYTES.
 * @param[out] map          Owned; deltos_object_release(). May be NULL when no handle is wanted.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before.
 * @retval DELTOS_E_INVALID  Not a transaction, a malformed name, or an unknown kind of keys.
 * @retval DELTOS_E_EXISTS   The name is taken.
 * @retval DELTOS_E_STRUCT   struct_size is too small, or an unknown field is set.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_BUSY, DELTOS_E_CORRUPT, DELTOS_E_LIMIT,
 *         DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As
 *         deltos_transaction_rename().
 * Threads: as the transaction. Cost: logarithmic in the number of objects.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_create(deltos_transaction *transaction, const char *name,
                                                  const deltos_sorted_map_options *options, deltos_object **map,
                                                  deltos_error *err);

/** Facts of a sorted map in one state. */
typedef struct deltos_sorted_map_info {
  uint32_t struct_size; /**< set by the caller */
  int32_t key;          /**< DELTOS_KEY_* */
  uint64_t count;       /**< pairs */
  uint64_t key_bytes;   /**< of all keys */
  uint64_t value_bytes; /**< of all values; an object counts 8 */
  uint64_t long_values; /**< that have a place of their own */
  uint64_t objects;     /**< values that are objects */
  uint32_t height;      /**< levels of its tree, 0 to 12 */
  uint32_t reserved;    /**< 0 */
} deltos_sorted_map_info;

/**
 * Tells what a sorted map is and how much is in it.
 *
 * @param[in]     snapshot  Which state; NULL: the one in which the handle was opened.
 * @param[in]     map       A sorted map.
 * @param[in,out] info      struct_size must be set.
 * @param[out]    err       Detail on failure; may be NULL.
 * @retval DELTOS_E_STRUCT  struct_size is too small.
 * @retval others           As deltos_sorted_map_get().
 * Threads: as the snapshot. Cost: as that of finding an object, the first time that a snapshot is given; then constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_stat(const deltos_snapshot *snapshot, const deltos_object *map,
                                                deltos_sorted_map_info *info, deltos_error *err);

/**
 * Puts a pair: a new key comes in, one that is there gets the new value.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  map          A sorted map of the transaction's storage.
 * @param[in]  key          BYTES and UTF8: @p key_size bytes, may be NULL when that is 0; U64: 8 bytes of native order.
 *                          It may lie in memory that this map has lent, and so may the value.
 * @param[in]  key_size     In bytes.
 * @param[in]  value        May be NULL when @p value_size is 0.
 * @param[in]  value_size   In bytes.
 * @param[out] replaced     1: the key was there; 0: it is new; may be NULL.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before.
 * @retval DELTOS_E_INVALID  Not a transaction or object; NULL where there are bytes; text that is not UTF-8; an object
 *                           of another storage, or of another handle of this one.
 * @retval DELTOS_E_KIND     Not a sorted map.
 * @retval DELTOS_E_TYPE     Keys are U64, and @p key_size is not 8.
 * @retval DELTOS_E_LIMIT    The key has more than 1,024 bytes or the value more than 16 MiB; or the storage would grow
 *                           beyond max_file_bytes, or beyond the format's limits.
 * @retval DELTOS_E_STALE    The map has been deleted or replaced, or the transaction is over.
 * @retval DELTOS_E_NO_SPACE, DELTOS_E_ADDRESS_SPACE  No room.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_BUSY, DELTOS_E_CORRUPT, DELTOS_E_IO, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_transaction_rename().
 * Threads: as the transaction. Cost: logarithmic in the number of pairs.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_put(deltos_transaction *transaction, const deltos_object *map,
                                               const void *key, uint64_t key_size, const void *value,
                                               uint64_t value_size, uint8_t *replaced, deltos_error *err);

/**
 * Puts a pair whose value is an object of the same storage. Only its id is kept: the object can be renamed, changed or
 * deleted, and then deltos_object_open_id() says DELTOS_E_NOT_FOUND and verify(FULL) reports it.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  map          A sorted map of the transaction's storage.
 * @param[in]  key          As deltos_sorted_map_put().
 * @param[in]  key_size     In bytes.
 * @param[in]  value        A stored object of the transaction's storage.
 * @param[out] replaced     1: the key was there; 0: it is new; may be NULL.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before.
 * @retval DELTOS_E_NOT_FOUND    The state that the transaction is changing has no such object.
 * @retval DELTOS_E_UNSUPPORTED  The object has no storage.
 * @retval others                As deltos_sorted_map_put().
 * Threads: as the transaction. Cost: logarithmic in the numbers of pairs and of objects.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_put_object(deltos_transaction *transaction, const deltos_object *map,
                                                      const void *key, uint64_t key_size, const deltos_object *value,
                                                      uint8_t *replaced, deltos_error *err);

/**
 * Puts many pairs, in any order; of equal keys the last one counts.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  map          A sorted map of the transaction's storage.
 * @param[in]  keys         BYTES and UTF8: of any layout; U64: FIXED, of 8 bytes, dtype U64 or 0.
 * @param[in]  values       As many, of any layout and dtype.
 * @param[out] added        How many keys are new; may be NULL.
 * @param[out] err          Detail on failure; may be NULL. The message names the pair. On failure the transaction is as
 *                          it was before.
 * @retval DELTOS_E_INVALID  Also: NULL where there are items; an unknown layout.
 * @retval DELTOS_E_TYPE     Also: the columns differ in count; U64: keys of another layout, size or dtype.
 * @retval DELTOS_E_RANGE    Offsets that fall.
 * @retval others            As deltos_sorted_map_put().
 * Threads: as the transaction. Cost: logarithmic in the number of pairs, for each; least when they come sorted.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_put_many(deltos_transaction *transaction, const deltos_object *map,
                                                    const deltos_column *keys, const deltos_column *values,
                                                    uint64_t *added, deltos_error *err);

/**
 * Adds many pairs at the end: keys must rise, and the first must lie above all that are there. This is the fastest way
 * to fill a map, and leaves the smallest one: pages are filled one after the other, from left to right. It can be
 * called again and again; memory stays bounded whatever the amount.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  map          A sorted map of the transaction's storage; it need not be empty.
 * @param[in]  keys         As deltos_sorted_map_put_many().
 * @param[in]  values       As many, of any layout and dtype.
 * @param[out] err          Detail on failure; may be NULL. The message names the pair. On failure the transaction is as
 *                          it was before.
 * @retval DELTOS_E_DUPLICATE  A key equals the one before it, or the last one of the map.
 * @retval DELTOS_E_RANGE      A key lies below the one before it, or below the last one of the map; offsets that fall.
 * @retval others              As deltos_sorted_map_put_many().
 * Threads: as the transaction. Cost: that of writing.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_load(deltos_transaction *transaction, const deltos_object *map,
                                                const deltos_column *keys, const deltos_column *values,
                                                deltos_error *err);

/**
 * The value of a key. Absence is no failure.
 *
 * @param[in]  snapshot   Which state: a snapshot of the storage, or the one that a transaction lends.
 * @param[in]  map        A sorted map of the same storage.
 * @param[in]  key        As deltos_sorted_map_put().
 * @param[in]  key_size   In bytes. One that is too long to be in a map is absent.
 * @param[out] value      data NULL: there is none; else the bytes, lent as said above, never NULL, also when there are
 *                        0. May be NULL: only to ask whether the key is there. Untouched on failure.
 * @param[out] object_id  Of the object that is the value; 0: it is bytes, or absent. May be NULL. Untouched on failure.
 * @param[out] present    1: the key is there; 0: it is absent. May be NULL. Untouched on failure.
 * @param[out] err        Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a snapshot or object; the key is NULL; a map of another storage, or of another handle
 *                           of this one.
 * @retval DELTOS_E_KIND     Not a sorted map.
 * @retval DELTOS_E_TYPE     Keys are U64, and @p key_size is not 8.
 * @retval DELTOS_E_STALE    The state has no such map: it was created later, or deleted or replaced before; or the
 *                           transaction that lent the snapshot is over.
 * @retval DELTOS_E_CORRUPT  What was met is damaged.
 * @retval DELTOS_E_CLOSED   The storage has been closed.
 * @retval DELTOS_E_FORKED   A WRITE handle from before fork().
 * @retval DELTOS_E_FEATURE  Of a newer version.
 * @retval DELTOS_E_IO       Guarded memory was lost.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: as the snapshot. Cost: logarithmic in the number of pairs; nothing is allocated or copied.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_get(const deltos_snapshot *snapshot, const deltos_object *map,
                                               const void *key, uint64_t key_size, deltos_bytes *value,
                                               uint64_t *object_id, uint8_t *present, deltos_error *err);

/**
 * The values of many keys, in any order; least work when they are sorted.
 *
 * @param[in]  snapshot    As deltos_sorted_map_get().
 * @param[in]  map         A sorted map of the same storage.
 * @param[in]  keys        As deltos_sorted_map_put_many().
 * @param[out] values      As many as keys, each as deltos_sorted_map_get() gives it. NULL: only to count.
 * @param[out] object_ids  As many as keys; may be NULL.
 * @param[out] present     A byte a key, 1: it is there; may be NULL.
 * @param[out] hits        How many are there; may be NULL.
 * @param[out] err         Detail on failure; may be NULL. The message names the key. Outputs may be partly filled.
 * @retval DELTOS_E_INVALID, DELTOS_E_TYPE, DELTOS_E_RANGE  The column, as deltos_sorted_map_put_many() says.
 * @retval others          As deltos_sorted_map_get().
 * Threads: as the snapshot. Cost: as so many calls of deltos_sorted_map_get(), without those of a call.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_get_many(const deltos_snapshot *snapshot, const deltos_object *map,
                                                    const deltos_column *keys, deltos_bytes *values,
                                                    uint64_t *object_ids, uint8_t *present, uint64_t *hits,
                                                    deltos_error *err);

/**
 * Removes a pair.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  map          A sorted map of the transaction's storage.
 * @param[in]  key          As deltos_sorted_map_put(). One that is too long to be in a map is absent.
 * @param[in]  key_size     In bytes.
 * @param[out] removed      1: the key was there; 0: it was absent, which is no failure. May be NULL.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before.
 * @retval others  As deltos_sorted_map_put().
 * Threads: as the transaction. Cost: logarithmic in the number of pairs.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_remove(deltos_transaction *transaction, const deltos_object *map,
                                                  const void *key, uint64_t key_size, uint8_t *removed,
                                                  deltos_error *err);

/**
 * Which pairs are meant: those whose keys satisfy all that is said. Frozen. All zero: all of them, in rising order;
 * with both bounds: [from, to), as ranges are everywhere. Bounds need not be keys that are there, and may be longer
 * than keys can be; where they cross, the range is empty. Bounds of U64 are 8 bytes of native order. What is pointed to
 * is borrowed for the call.
 */
typedef struct deltos_range {
  const deltos_bytes *from;   /**< keys from here on; NULL: no lower bound */
  const deltos_bytes *to;     /**< keys below this; NULL: no upper bound */
  const deltos_bytes *prefix; /**< keys that begin so; NULL: all. Not for U64 */
  uint8_t open_from;          /**< 1: not `from` itself */
  uint8_t closed_to;          /**< 1: `to` itself as well */
  uint8_t reverse;            /**< 1: cursors go from the last pair to the first; elsewhere it makes no difference */
  uint8_t reserved[5];        /**< 0 */
} deltos_range;

/** One pair. Frozen. Lent as said above. */
typedef struct deltos_pair {
  deltos_bytes key;   /**< U64: 8 bytes of native order, at `number` of this very struct: do not use it in a copy */
  deltos_bytes value; /**< data NULL: the value is an object */
  uint64_t object_id; /**< of the object that is the value; 0: it is bytes */
  uint64_t number;    /**< U64: the key; else 0 */
} deltos_pair;

/**
 * Removes all pairs of a range.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  map          A sorted map of the transaction's storage.
 * @param[in]  range        NULL: all of them.
 * @param[out] removed      How many; may be NULL.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before.
 * @retval DELTOS_E_INVALID  Also: a bound of NULL bytes that has a size; a field of the range that is neither 0 nor 1,
 *                           or reserved and not 0; a prefix of U64.
 * @retval others            As deltos_sorted_map_put().
 * Threads: as the transaction. Cost: of all pairs: that of giving back the pages; else logarithmic, for each pair.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_remove_range(deltos_transaction *transaction, const deltos_object *map,
                                                        const deltos_range *range, uint64_t *removed,
                                                        deltos_error *err);

/** What deltos_sorted_map_find() looks for. */
enum {
  DELTOS_FIND_FIRST = 0,    /**< the first pair of all; the key is not looked at */
  DELTOS_FIND_LAST = 1,     /**< the last pair of all; the key is not looked at */
  DELTOS_FIND_AT_LEAST = 2, /**< the first one whose key is not below: the lower bound */
  DELTOS_FIND_ABOVE = 3,    /**< the first one whose key is above: the upper bound */
  DELTOS_FIND_AT_MOST = 4,  /**< the last one whose key is not above */
  DELTOS_FIND_BELOW = 5     /**< the last one whose key is below */
};

/**
 * One pair by the order of keys. Absence is no failure.
 *
 * @param[in]  snapshot  As deltos_sorted_map_get().
 * @param[in]  map       A sorted map of the same storage.
 * @param[in]  which     DELTOS_FIND_*.
 * @param[in]  key       As deltos_sorted_map_put(), of any length; FIRST and LAST: may be NULL.
 * @param[in]  key_size  In bytes.
 * @param[out] pair      Zeros when there is none. Untouched on failure.
 * @param[out] present   1: there is one; 0: there is none. Not NULL. Untouched on failure.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Also: an unknown number in @p which, no place for the pair.
 * @retval others            As deltos_sorted_map_get().
 * Threads: as the snapshot. Cost: logarithmic in the number of pairs.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_find(const deltos_snapshot *snapshot, const deltos_object *map,
                                                int32_t which, const void *key, uint64_t key_size, deltos_pair *pair,
                                                uint8_t *present, deltos_error *err);

/**
 * Counts the pairs of a range.
 *
 * @param[in]  snapshot  As deltos_sorted_map_get().
 * @param[in]  map       A sorted map of the same storage.
 * @param[in]  range     NULL: all of them.
 * @param[out] count     How many. Not NULL. Untouched on failure.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Also: the range, as deltos_sorted_map_remove_range() says.
 * @retval others            As deltos_sorted_map_get().
 * Threads: as the snapshot. Cost: of all pairs: constant; else a look at each page of the range, dozens of pairs each.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_count(const deltos_snapshot *snapshot, const deltos_object *map,
                                                 const deltos_range *range, uint64_t *count, deltos_error *err);

/**
 * Starts a walk over the pairs of a range, in the order of keys or, with `reverse`, against it.
 *
 * A cursor over the snapshot that a transaction lends may be used while the transaction changes the map: it goes on
 * behind the last key that it gave, and sees what is there then.
 *
 * @param[in]  snapshot  As deltos_sorted_map_get(). The cursor keeps it, also after the handle's release.
 * @param[in]  map       A sorted map of the same storage. It may be released before the cursor.
 * @param[in]  range     NULL: all of them.
 * @param[out] cursor    Owned; deltos_cursor_release().
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Also: the range, as deltos_sorted_map_remove_range() says.
 * @retval others            As deltos_sorted_map_get().
 * Threads: as the snapshot. Cost: logarithmic in the number of pairs.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_sorted_map_range(const deltos_snapshot *snapshot, const deltos_object *map,
                                                 const deltos_range *range, deltos_cursor **cursor, deltos_error *err);

/**
 * The next pairs of a walk.
 *
 * @param[in]  cursor    Of deltos_sorted_map_range().
 * @param[out] pairs     Room for @p capacity of them. Those of earlier calls stay what they are.
 * @param[in]  capacity  At least 1.
 * @param[out] count     How many were filled in; 0: the end.
 * @param[out] err       Detail on failure; may be NULL. The cursor stays where it was.
 * @retval DELTOS_E_INVALID  Not a cursor, or one over something else; NULL; no capacity.
 * @retval others            As deltos_sorted_map_get().
 * Threads: as the cursor. Cost: constant for each pair, but long values, which are checked.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_cursor_next_pairs(deltos_cursor *cursor, deltos_pair *pairs, uint64_t capacity,
                                                  uint64_t *count, deltos_error *err);

/**
 * Goes to another place of a walk: the next pair is the first one, in its direction, whose key is not before @p key.
 * Going back is allowed; beyond the range is its end.
 *
 * @param[in]  cursor    Of deltos_sorted_map_range().
 * @param[in]  key       As deltos_sorted_map_put(), of any length.
 * @param[in]  key_size  In bytes.
 * @param[out] err       Detail on failure; may be NULL. The cursor stays where it was.
 * @retval DELTOS_E_INVALID  Not a cursor, or one over something else; the key is NULL.
 * @retval others            As deltos_sorted_map_get().
 * Threads: as the cursor. Cost: logarithmic in the number of pairs.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_cursor_seek_pair(deltos_cursor *cursor, const void *key, uint64_t key_size,
                                                 deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
