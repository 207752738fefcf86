/**
 * @file
 * @defgroup deltos_value Values
 *
 * A value is a tree that describes itself: null, booleans, numbers, text, bytes, lists, tuples, sets, dicts, dates,
 * times, decimals, n-dimensional arrays and references to other objects, nested as one likes. It is built once, by a
 * builder, and read where it lies: no call decodes, copies or allocates in proportion to its size. It lives in a
 * storage, sealed, or in any memory of the caller's (deltos_value_builder_pack(), deltos_value_open_memory()).
 *
 * A **node** is a number that names a place in one value, or holds a small scalar itself: free to copy, store and pass
 * on, and meaningless in another value. 0 is the root. Nodes are checked whenever they are used; a made-up one is
 * answered with a status, or with another node of the same value, never with memory outside.
 *
 * A **deltos_item** describes a node when reading, and says what to put when building.
 *
 * | kind      | fields                                                                                              |
 * |-----------|-----------------------------------------------------------------------------------------------------|
 * | NULL      |                                                                                                     |
 * | BOOL      | i64: 0 or 1                                                                                         |
 * | INT       | i64                                                                                                 |
 * | UINT      | u64, 2^63 or more; below that a reader says INT, and a builder takes either                         |
 * | FLOAT     | f64                                                                                                 |
 * | BYTES     | data, count                                                                                         |
 * | UTF8      | data, count; followed by a NUL that does not count. Checked when built                              |
 * | LIST      | count; where all elements are alike, detail: their dtype, and data: they as they lie, or NULL       |
 * | TUPLE     | the same                                                                                            |
 * | SET       | count                                                                                               |
 * | DICT      | count: pairs                                                                                        |
 * | DATE      | i64: days since 1970-01-01                                                                          |
 * | DATETIME  | i64: seconds since 1970-01-01T00:00:00; u64: nanoseconds; detail: seconds east of UTC (below)       |
 * | DECIMAL   | data, count: digits; i64: exponent of ten; u64: 1: negative; detail: DELTOS_DECIMAL_*               |
 * | NDARRAY   | count: dimensions; detail: dtype. deltos_value_view(), deltos_value_builder_put_view()              |
 * | REFERENCE | u64: id of an object of the same storage                                                            |
 *
 * Of a DATETIME with a zone the seconds are UTC; with DELTOS_VALUE_NO_ZONE as detail they are those of a clock on the
 * wall. The first digit of a DECIMAL counts most.
 *
 * Two values are **equal** when kinds and contents are. 1, 1.0 and true differ, a list and a tuple differ; INT and UINT
 * are one kind; -0.0 equals 0.0, NaN equals NaN; decimals are equal as numbers; sets and dicts in any order. Keys of
 * dicts and members of sets are looked for by the same rule, and each is there once.
 *
 * Nodes may be shared and a value may contain itself (DELTOS_VALUE_SHARE). Nesting goes 512 deep at most.
 *
 * In a storage made with DELTOS_OPEN_COMPRESS long texts and bytes lie compressed. They read as all others do; each is
 * decompressed when it is first read, and takes memory until the handle is released.
 *
 * Thread safety: values are immutable, a builder is for one thread at a time.
 *
 * Example:
 * @code
 * deltos_builder *builder = NULL;
 * deltos_object *value = NULL;
 * deltos_item events[4], found;
 * uint64_t packed[32];
 * uint64_t size = sizeof packed;
 * memset(events, 0, sizeof events);
 * events[0].kind = DELTOS_VALUE_DICT;
 * events[1].kind = DELTOS_VALUE_UTF8;
 * events[1].data = "answer";
 * events[1].count = 6;
 * events[2].kind = DELTOS_VALUE_INT;
 * events[2].i64 = 42;
 * events[3].kind = DELTOS_VALUE_END;
 * if (deltos_value_builder_begin(&builder, &error) != DELTOS_OK ||
 *     deltos_value_builder_put(builder, events, 4, &error) != DELTOS_OK ||
 *     deltos_value_builder_pack(builder, packed, &size, &error) != DELTOS_OK ||
 *     deltos_value_open_memory(packed, size, NULL, NULL, &value, &error) != DELTOS_OK ||
 *     deltos_value_find(value, 0, &events[1], NULL, &found, &error) != DELTOS_OK)
 *   return 1;
 * printf("%lld\n", (long long)found.i64);
 * deltos_object_release(&value);
 * deltos_builder_release(&builder);
 * @endcode
 * @{
 */
#ifndef DELTOS_VALUE_H
#define DELTOS_VALUE_H

#include <deltos/view.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/** Kinds of items. */
enum {
  DELTOS_VALUE_NULL = 0,
  DELTOS_VALUE_BOOL = 1,
  DELTOS_VALUE_INT = 2,
  DELTOS_VALUE_UINT = 3,
  DELTOS_VALUE_FLOAT = 4,
  DELTOS_VALUE_BYTES = 5,
  DELTOS_VALUE_UTF8 = 6,
  DELTOS_VALUE_LIST = 7,
  DELTOS_VALUE_TUPLE = 8,
  DELTOS_VALUE_SET = 9,
  DELTOS_VALUE_DICT = 10,
  DELTOS_VALUE_DATE = 11,
  DELTOS_VALUE_DATETIME = 12,
  DELTOS_VALUE_DECIMAL = 13,
  DELTOS_VALUE_NDARRAY = 14,
  DELTOS_VALUE_RECORD = 15, /**< in record tables only: a record is there; read its slots */
  DELTOS_VALUE_REFERENCE = 16,
  DELTOS_VALUE_END = 17,  /**< building: ends the container opened last. Finding: absent */
  DELTOS_VALUE_SHARE = 18 /**< building: the node that was put with the same `node` */
};

/** What a decimal is. */
enum {
  DELTOS_DECIMAL_FINITE = 0,
  DELTOS_DECIMAL_INFINITE = 1,
  DELTOS_DECIMAL_NAN = 2,
  DELTOS_DECIMAL_SIGNALLING_NAN = 3
};

/** detail of a DATETIME without a zone. */
enum { DELTOS_VALUE_NO_ZONE = 2147483647 };

/** One node. Frozen. Fields that a kind does not use are 0 when read and not looked at when put. */
typedef struct deltos_item {
  int32_t kind;   /**< DELTOS_VALUE_* */
  int32_t detail; /**< see the table above */
  uint64_t node;  /**< reading: its number. Building: 0, or a name below 2^56 for DELTOS_VALUE_SHARE */
  uint64_t count; /**< elements, pairs, bytes, digits or dimensions */
  int64_t i64;
  uint64_t u64;
  double f64;
  const void *data; /**< reading: borrowed until the value's handle is released */
} deltos_item;

/**
 * Opens a value in memory of the caller's.
 *
 * @param[in]  data     Aligned to 8 bytes; to 64 where arrays in it are to be viewed. Nobody may change it while the
 *                      handle or a view of it lives.
 * @param[in]  size     At least as large as the value; what is behind it is not looked at.
 * @param[in]  release  Called with @p user when handle and views are gone; may be NULL. Not called on failure.
 * @param[in]  user     Passed on.
 * @param[out] value    Owned; deltos_object_release().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID     NULL, or no place for the handle.
 * @retval DELTOS_E_LAYOUT      The address is no multiple of 8.
 * @retval DELTOS_E_NOT_DELTOS  The bytes do not start like a value.
 * @retval DELTOS_E_FEATURE     Of a newer version.
 * @retval DELTOS_E_CORRUPT     It is longer than @p size.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_open_memory(const void *data, uint64_t size, deltos_release release, void *user,
                                                  deltos_object **value, deltos_error *err);

/**
 * Tells what a node is.
 *
 * @param[in]  value  Not NULL.
 * @param[in]  node   0: the root; else one that the value gave.
 * @param[out] item   All fields are set; untouched on failure.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, or no place for the item.
 * @retval DELTOS_E_KIND     The object is not a value.
 * @retval DELTOS_E_RANGE    No node of this value.
 * @retval DELTOS_E_CORRUPT  What is there is damaged.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant (a decimal: its digits; a compressed text, once: its length).
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_read(const deltos_object *value, uint64_t node, deltos_item *item,
                                           deltos_error *err);

/**
 * Reads elements of a list, tuple or set, or keys and values of a dict in turn, in the order in which they were put (a
 * set: in its own).
 *
 * @param[in]  value     Not NULL.
 * @param[in]  node      As deltos_value_read().
 * @param[in]  first     The first element; of a dict: pair. At or beyond the end: none are given.
 * @param[out] items     Filled from the front.
 * @param[in]  capacity  Room in @p items; a dict uses an even number.
 * @param[out] count     How many items were filled in.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_KIND  The node has no elements, or the object is not a value.
 * @retval DELTOS_E_INVALID, DELTOS_E_RANGE, DELTOS_E_CORRUPT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_value_read().
 * Threads: any. Cost: that of reading each; a set of integers that are close together is looked through from its start.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_children(const deltos_object *value, uint64_t node, uint64_t first,
                                               deltos_item *items, uint64_t capacity, uint64_t *count,
                                               deltos_error *err);

/**
 * Looks for a key of a dict, or a member of a set.
 *
 * @param[in]  value  Not NULL.
 * @param[in]  node   A dict or set.
 * @param[in]  key    What to look for, filled in as for building. Of a container or array as key: its node, in
 *                    @p keys.
 * @param[in]  keys   The value that holds such a key; NULL: @p value.
 * @param[out] found  The value of the key, or the member; kind DELTOS_VALUE_END: there is none.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_KIND   The node is neither dict nor set, or an object is not a value.
 * @retval DELTOS_E_LIMIT  A key is nested too deep, or contains itself.
 * @retval DELTOS_E_INVALID, DELTOS_E_RANGE, DELTOS_E_CORRUPT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_value_read().
 * Threads: any. Cost: constant on average, and never more than 1,024 comparisons; of 8 entries or fewer each is made.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_find(const deltos_object *value, uint64_t node, const deltos_item *key,
                                           const deltos_object *keys, deltos_item *found, deltos_error *err);

/**
 * Shows an array's elements, or those of a list or tuple that lie as numbers, without a copy.
 *
 * @param[in]  value  Not NULL.
 * @param[in]  node   An NDARRAY; or a LIST or TUPLE with data that is not NULL.
 * @param[in]  flags  As deltos_view_acquire(); read-only.
 * @param[out] view   Owned; deltos_view_release(). It keeps the value's memory, not its handle.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_KIND      The node has no such elements, or the object is not a value.
 * @retval DELTOS_E_LAYOUT    The request does not allow the layout, or the elements are not aligned where they lie.
 * @retval DELTOS_E_READONLY  WRITABLE was asked for.
 * @retval DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT  What describes the elements is damaged.
 * @retval DELTOS_E_INVALID, DELTOS_E_RANGE, DELTOS_E_CORRUPT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_value_read().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_view(const deltos_object *value, uint64_t node, int32_t flags, deltos_view **view,
                                           deltos_error *err);

/**
 * A hash of what a node holds: equal nodes have the same one, in every process, language and version.
 *
 * @param[in]  value  Not NULL.
 * @param[in]  node   As deltos_value_read().
 * @param[out] hash   64 bits.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_LIMIT  Nested more than 512 deep, or contains itself; or entangled far beyond its size.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_RANGE, DELTOS_E_CORRUPT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_value_read().
 * Threads: any. Cost: reads everything below the node, once.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_hash(const deltos_object *value, uint64_t node, uint64_t *hash,
                                           deltos_error *err);

/**
 * Whether two nodes hold equal values.
 *
 * @param[in]  a       Not NULL.
 * @param[in]  node_a  As deltos_value_read().
 * @param[in]  b       Not NULL; may be @p a.
 * @param[in]  node_b  As deltos_value_read(), of @p b.
 * @param[out] equal   1 or 0.
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_LIMIT, DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_RANGE, DELTOS_E_CORRUPT, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL  As deltos_value_hash().
 * Threads: any. Cost: reads both as far as they are equal.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_equal(const deltos_object *a, uint64_t node_a, const deltos_object *b,
                                            uint64_t node_b, uint8_t *equal, deltos_error *err);

/** How deltos_value_to_json() writes; flags that add up. */
enum {
  DELTOS_JSON_COMPACT = 0, /**< no space between anything */
  DELTOS_JSON_INDENT = 1,  /**< an element a line, two spaces a level */
  DELTOS_JSON_ASCII = 2    /**< what is not ASCII as backslash, u and four digits */
};

/**
 * Writes a node as JSON text, without loss: numbers as numbers (a float so short that it reads back as the same, a
 * decimal with its digits), sequences, sets and n-dimensional arrays of numbers as arrays, dates and times as ISO 8601
 * in strings ("2026-11-21T19:05:00.25+01:00").
 *
 * @param[in]     value  Not NULL.
 * @param[in]     node   As deltos_value_read().
 * @param[in]     flags  DELTOS_JSON_*.
 * @param[out]    text   May be NULL when @p size is 0: to ask for the size. NUL-terminated UTF-8; of no use on failure.
 * @param[in,out] size   Room at @p text; set to what the text takes with its NUL, also on DELTOS_E_TOO_SMALL.
 * @param[out]    err    Detail on failure; may be NULL.
 * @retval DELTOS_E_TOO_SMALL    There is less room than the text takes.
 * @retval DELTOS_E_UNSUPPORTED  JSON has no word for it: bytes, references, keys that are no text, floats and decimals
 *                               that are no finite numbers, arrays of anything but numbers. The message tells which and
 *                               where ("$.a[3]").
 * @retval DELTOS_E_LIMIT        Nested more than 512 deep, or contains itself; or nodes are shared so often that the
 *                               text would be hundreds of times as long as the value.
 * @retval DELTOS_E_INVALID      Not an object; a flag that is none; room without memory; no place for the size.
 * @retval DELTOS_E_FORMAT       What describes the elements of an array is damaged.
 * @retval DELTOS_E_KIND, DELTOS_E_RANGE, DELTOS_E_CORRUPT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_value_read().
 * Threads: any. Cost: reads everything below the node.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_to_json(const deltos_object *value, uint64_t node, int32_t flags, char *text,
                                              uint64_t *size, deltos_error *err);

/**
 * Begins a value.
 *
 * @param[out] builder  Owned; deltos_builder_release().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_builder_begin(deltos_builder **builder, deltos_error *err);

/**
 * Puts items, one behind the other. LIST, TUPLE, SET and DICT open a container, which END closes; a dict takes keys and
 * values in turn. A LIST or TUPLE whose detail is a dtype from I8 to F64 (but F16) is whole by itself: count elements,
 * close together, at data. Where all elements are integers, floats or booleans, they are stored as narrow as they fit.
 *
 * @param[in]  builder  Not NULL.
 * @param[in]  items    @p count of them. What they point to is copied.
 * @param[in]  count    How many.
 * @param[out] err      Detail on failure; may be NULL. After a failure the builder is of no further use: every call
 *                      answers the same.
 * @retval DELTOS_E_INVALID    Not a builder; an item that makes no sense where it is; text that is not UTF-8; digits
 *                             that are none; data is NULL.
 * @retval DELTOS_E_DUPLICATE  A key or member is there twice.
 * @retval DELTOS_E_EXISTS     A name (node) was used before.
 * @retval DELTOS_E_NOT_FOUND  SHARE of a name that nothing has.
 * @retval DELTOS_E_KIND       A key or member that is, or holds, what is still being built.
 * @retval DELTOS_E_TYPE       Elements of a dtype that cannot be given so.
 * @retval DELTOS_E_RANGE      A date, time, zone or id that cannot be.
 * @retval DELTOS_E_LIMIT      Nested more than 512 deep; a name of 2^56 or more; too many entries; keys or members that
 *                             were chosen to have one hash, a thousand of them.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: one at a time a builder. Cost: amortised constant an item, and that of copying.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_builder_put(deltos_builder *builder, const deltos_item *items, uint64_t count,
                                                  deltos_error *err);

/**
 * Puts an array.
 *
 * @param[in]  builder  Not NULL.
 * @param[in]  array    Any view, of any layout; its elements are copied, in C order.
 * @param[in]  node     0, or its name for DELTOS_VALUE_SHARE.
 * @param[out] err      Detail on failure; may be NULL; as deltos_value_builder_put().
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED  What the caller has filled in is not a view.
 * @retval DELTOS_E_INVALID, DELTOS_E_EXISTS, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_value_builder_put().
 * Threads: one at a time a builder. Cost: that of copying.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_builder_put_view(deltos_builder *builder, const deltos_view *array, uint64_t node,
                                                       deltos_error *err);

/**
 * Puts the value that a JSON text is, wherever one may stand: objects as dicts, arrays as lists, numbers with a point
 * or an exponent as floats, others as integers, and as decimals where they have more than 64 bits.
 *
 * @param[in]  builder  Not NULL.
 * @param[in]  text     @p size bytes of UTF-8.
 * @param[in]  size     Without a NUL.
 * @param[out] err      Detail on failure; may be NULL. After a failure, as deltos_value_builder_put().
 * @retval DELTOS_E_FORMAT     Not JSON (RFC 8259); the message tells the byte.
 * @retval DELTOS_E_DUPLICATE  An object has a key twice.
 * @retval DELTOS_E_RANGE      A float beyond the range of 64 bits.
 * @retval DELTOS_E_LIMIT      Nested more than 512 deep, with what is open; an integer of more than 4,900 digits.
 * @retval DELTOS_E_INVALID, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_value_builder_put().
 * Threads: one at a time a builder. Cost: in proportion to the length.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_builder_put_json(deltos_builder *builder, const char *text, uint64_t size,
                                                       deltos_error *err);

/**
 * Ends the value and writes it into memory of the caller's, from which deltos_value_open_memory() reads it, in any
 * process. Repeatable; nothing can be put afterwards.
 *
 * @param[in]     builder  Not NULL; all containers are closed.
 * @param[out]    data     May be NULL when @p size is 0: to ask for the size. Need not be aligned.
 * @param[in,out] size     Room at @p data; set to the value's size, also on DELTOS_E_TOO_SMALL.
 * @param[out]    err      Detail on failure; may be NULL.
 * @retval DELTOS_E_TOO_SMALL  There is less room than the value has bytes.
 * @retval DELTOS_E_INVALID    Not a builder; nothing was put; a container is open; no place for the size.
 * @retval others              What an earlier call on this builder answered.
 * Threads: one at a time a builder. Cost: that of copying.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_builder_pack(deltos_builder *builder, void *data, uint64_t *size,
                                                   deltos_error *err);

/**
 * Ends the value and stores it under a name, sealed. An existing value of that name is not replaced.
 *
 * @param[in]  builder      Not NULL; all containers are closed. It can be used again to pack or store elsewhere.
 * @param[in]  transaction  Not NULL.
 * @param[in]  name         As for deltos_buffer_create(); must be free.
 * @param[out] value        Owned; deltos_object_release(). May be NULL when no handle is wanted.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before.
 * @retval DELTOS_E_INVALID  Not a builder or transaction, a malformed name; nothing was put; a container is open.
 * @retval DELTOS_E_EXISTS   The name is taken.
 * @retval others            What an earlier call on this builder answered; and as deltos_buffer_create().
 * Threads: as builder and transaction. Cost: that of writing.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_value_builder_store(deltos_builder *builder, deltos_transaction *transaction,
                                                    const char *name, deltos_object **value, deltos_error *err);

/**
 * Ends a builder of any kind; what it has not stored vanishes.
 *
 * @param[in,out] builder  NULL afterwards. NULL, or NULL inside, is fine.
 * Never fails. Threads: nobody else may be using it. Cost: that of freeing.
 * @since 0.1
 */
DELTOS_API void deltos_builder_release(deltos_builder **builder);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
