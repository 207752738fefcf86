/**
 * @file
 * @defgroup deltos_hash_map Hash maps
 *
 * A **hash map** is built once, from any number of pairs, in bounded memory, and then looked up by any number of
 * processes, where it lies: opening costs the same for ten pairs and for ten billion, and nothing is copied. It is
 * sealed; to change it, build another one and put it in its place (DELTOS_HASH_MAP_REPLACE): who has the old one open
 * keeps it until deltos_object_refresh().
 *
 * | keys  | what they are                                | values | what they are                                   |
 * |-------|----------------------------------------------|--------|-------------------------------------------------|
 * | BYTES | any bytes, also none                         | U64    | uint64_t                                        |
 * | UTF8  | text                                         | BYTES  | any bytes                                       |
 * | U64   | uint64_t, 8 bytes of native order            | UTF8   | text                                            |
 * | VALUE | any value (value.h); equal keys are those    | VALUE  | any value, read with value.h                    |
 * |       | that deltos_value_equal() says are equal     | RECORD | records of one schema, read with record.h       |
 *
 * Keys are of one kind in a map, and values too. **Shapes**:
 *
 * - SIMPLE: a key has one value. What a second pair with the same key means is said when building: ERROR, FIRST or
 * LAST.
 * - MULTI: a key has all its values, in the order in which they were added.
 * - APPROXIMATE: MULTI without the keys: only their 64-bit hashes are kept. A key that is not there is found with a
 *   probability of about keys / 2^64, and two keys are taken for one as rarely.
 *
 * **Records.** The values of a map of RECORDs are the rows of one record table of layout ROWS, which lies in the map
 * (deltos_hash_map_records()); a value is the number of a row. So records are read field by field, or as columns of all
 * rows, with the functions of record.h. Rows lie in the order in which they were added; those of pairs that a duplicate
 * policy has dropped are rows all the same.
 *
 * **How it is laid out.** BYTES, UTF8 and VALUE: a line of 64 bytes holds 8 bits of hash for each of about 14 keys, and
 * behind it lie keys and values together: a hit touches one line and one entry, a miss hardly more than the line. U64
 * and APPROXIMATE: dense pairs of 16 bytes, sorted by hash, and 1.5 bytes a key to find them. Keys are hashed with a
 * random number of the map's own, so that nobody can choose keys that make it slow. Everything is checked where it is
 * used: a damaged map answers DELTOS_E_CORRUPT, in bounded time.
 *
 * **Building.** Pairs come in columns, thousands a call. What goes beyond memory_bytes lies in temporary files without
 * a name, so that nothing is left behind whatever happens. deltos_hash_map_prepare() sorts, on all cores; after it
 * deltos_hash_map_finish() copies the map into a storage, sealed, in a transaction that is needed for this call only.
 *
 * The handle of a stored map counts as a view of it. Pointers that reading calls give are borrowed until that handle is
 * released.
 *
 * Thread safety: maps are immutable and may be read by any number of threads; a builder is for one thread at a time.
 *
 * Example:
 * @code
 * const deltos_bytes names[3] = {{"oak", 3}, {"elm", 3}, {"ash", 3}};
 * const uint64_t heights[3] = {40, 30, 35};
 * deltos_hash_map_options options;
 * deltos_column keys, values;
 * deltos_builder *builder = NULL;
 * deltos_object *map = NULL;
 * uint64_t height = 0;
 * uint8_t there = 0;
 * memset(&options, 0, sizeof options);
 * options.struct_size = sizeof options;
 * options.key = DELTOS_KEY_UTF8;
 * memset(&keys, 0, sizeof keys);
 * keys.layout = DELTOS_COLUMN_SLICES;
 * keys.count = 3;
 * keys.data = names;
 * memset(&values, 0, sizeof values);
 * values.count = 3;
 * values.data = heights;
 * values.item_size = sizeof(uint64_t);
 * if (deltos_hash_map_begin(NULL, &options, &builder, &error) != DELTOS_OK ||
 *     deltos_hash_map_add(builder, &keys, &values, &error) != DELTOS_OK ||
 *     deltos_hash_map_finish(builder, transaction, "heights", 0, &map, &error) != DELTOS_OK ||
 *     deltos_hash_map_get_number(map, "elm", 3, &height, &there, &error) != DELTOS_OK)
 *   return 1;
 * printf("%d %llu\n", there, (unsigned long long)height);
 * deltos_object_release(&map);
 * deltos_builder_release(&builder);
 * @endcode
 * @{
 */
#ifndef DELTOS_HASH_MAP_H
#define DELTOS_HASH_MAP_H

#include <deltos/record.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/** What the values of a hash map are. The numbers are stored in files. */
enum {
  DELTOS_MAP_VALUE_U64 = 0,
  DELTOS_MAP_VALUE_BYTES = 1,
  DELTOS_MAP_VALUE_UTF8 = 2,
  DELTOS_MAP_VALUE_VALUE = 3,
  DELTOS_MAP_VALUE_RECORD = 4
};

/** How many values a key has. The numbers are stored in files. */
enum { DELTOS_MAP_SIMPLE = 0, DELTOS_MAP_MULTI = 1, DELTOS_MAP_APPROXIMATE = 2 };

/** What a second pair with the same key means in a SIMPLE map. */
enum {
  DELTOS_DUPLICATE_ERROR = 0, /**< deltos_hash_map_prepare() fails */
  DELTOS_DUPLICATE_FIRST = 1, /**< the pair added first counts */
  DELTOS_DUPLICATE_LAST = 2   /**< the pair added last counts */
};

/** Bits of deltos_hash_map_options.flags. */
enum {
  DELTOS_HASH_MAP_DEDUPLICATE = 1 /**< BYTES, UTF8, VALUE and RECORD: equal values are stored once, as far as
                                     memory_bytes allows to remember them */
};

/** How a hash map is built; zeros are the defaults. */
typedef struct deltos_hash_map_options {
  uint32_t struct_size;        /**< set by the caller */
  int32_t key;                 /**< DELTOS_KEY_* */
  int32_t value;               /**< DELTOS_MAP_VALUE_* */
  int32_t shape;               /**< DELTOS_MAP_*; APPROXIMATE: keys of BYTES, UTF8 or VALUE */
  int32_t duplicates;          /**< DELTOS_DUPLICATE_*; SIMPLE only */
  uint32_t flags;              /**< DELTOS_HASH_MAP_DEDUPLICATE */
  uint32_t threads;            /**< that sort; 0: as many as there are cores, at most 16 */
  uint32_t reserved;           /**< 0 */
  uint64_t memory_bytes;       /**< how much to keep in memory, about; 0: 256 MiB; at least 1 MiB is used */
  const char *spill_directory; /**< where temporary files are made, without a name; NULL: beside the storage if that
                                    works, else $TMPDIR, else /tmp */
  const deltos_schema *schema; /**< RECORD: theirs, may be released afterwards; else NULL */
  deltos_progress progress;    /**< asked while adding, preparing and finishing, in bytes; NULL: nobody */
  void *progress_user;         /**< given to progress */
} deltos_hash_map_options;

/**
 * Begins a hash map.
 *
 * @param[in]  storage  Beside which temporary files are made; it may be closed afterwards. NULL: none.
 * @param[in]  options  NULL: the defaults: BYTES to U64, SIMPLE, a second pair with the same key being an error.
 * @param[out] builder  Owned; deltos_builder_release(), which drops what is not finished.
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not a storage or schema; an unknown number or flag; a schema without RECORD or the other
 * way round; a schema with WRITABLE slots; APPROXIMATE with keys of U64; duplicates said of a map that is not SIMPLE;
 * DEDUPLICATE of U64.
 * @retval DELTOS_E_STRUCT   struct_size is too small, or an unknown field is set.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_begin(const deltos_storage *storage, const deltos_hash_map_options *options,
                                               deltos_builder **builder, deltos_error *err);

/**
 * Adds pairs. Everything is checked before anything is kept, and what is given is copied.
 *
 * Keys and values that are U64 come in a column of layout FIXED with items of 8 bytes; BYTES, UTF8 and VALUE in one of
 * OFFSETS or SLICES, and BYTES also in one of layout FIXED with items of any size.
 *
 * @param[in]  builder  Not NULL; begun with deltos_hash_map_begin(), of other values than RECORD, and not prepared.
 * @param[in]  keys     Not NULL.
 * @param[in]  values   Not NULL; as many as keys.
 * @param[out] err      Detail on failure; may be NULL. The message names the pair. On failure none of these pairs is in
 *                      the builder, and those added before are; but for NO_MEMORY, IO and NO_SPACE, after which the
 *                      builder can only be released.
 * @retval DELTOS_E_INVALID    Not such a builder, or it is prepared; NULL; text that is not UTF-8.
 * @retval DELTOS_E_TYPE       A column of another layout, item size or dtype; not as many values as keys; values of
 *                             RECORD.
 * @retval DELTOS_E_RANGE      Offsets that fall.
 * @retval DELTOS_E_NOT_DELTOS, DELTOS_E_FEATURE, DELTOS_E_CORRUPT  An item that is no value.
 * @retval DELTOS_E_LIMIT      A key of VALUE that is deeper than can be compared; more pairs than can be counted.
 * @retval DELTOS_E_CANCELLED  By progress.
 * @retval DELTOS_E_IO, DELTOS_E_NO_SPACE  Of temporary files.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: one at a time a builder. Cost: that of hashing keys and of copying.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_add(deltos_builder *builder, const deltos_column *keys,
                                             const deltos_column *values, deltos_error *err);

/**
 * Adds pairs whose values are records, given as columns: deltos_hash_map_add() for keys, deltos_record_table_add() for
 * values.
 *
 * @param[in]  builder     Not NULL; begun with deltos_hash_map_begin(), of values that are RECORD, and not prepared.
 * @param[in]  keys        Not NULL; as many as rows.
 * @param[in]  columns     As deltos_record_table_add().
 * @param[in]  presence    As deltos_record_table_add().
 * @param[in]  slot_count  The schema's number of slots.
 * @param[out] err         Detail on failure; may be NULL. As deltos_hash_map_add().
 * @retval DELTOS_E_TYPE   Values are not RECORD; what deltos_record_table_add() says.
 * @retval others          As deltos_hash_map_add() and deltos_record_table_add().
 * Threads: one at a time a builder. Cost: as deltos_record_table_add().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_add_records(deltos_builder *builder, const deltos_column *keys,
                                                     const deltos_column *columns, const uint8_t *const *presence,
                                                     uint64_t slot_count, deltos_error *err);

/**
 * Adds all pairs of another map, which is how maps are merged. Of the same key in several maps the duplicate policy, or
 * the shape, says what becomes of it, the maps being in the order in which they were added.
 *
 * @param[in]  builder  Not NULL; begun with deltos_hash_map_begin(), and not prepared.
 * @param[in]  map      A hash map with keys and values of the builder's kinds, records of a schema with the same slots.
 *                      SIMPLE and MULTI may be added to any shape, APPROXIMATE to none.
 * @param[out] err      Detail on failure; may be NULL. After a failure the builder can only be released.
 * @retval DELTOS_E_TYPE   Keys, values or schema are others; the map is APPROXIMATE.
 * @retval DELTOS_E_KIND   Not a hash map.
 * @retval others          As deltos_hash_map_add(); DELTOS_E_CORRUPT where the map is damaged.
 * Threads: one at a time a builder. Cost: that of reading the map, and of adding.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_add_map(deltos_builder *builder, const deltos_object *map, deltos_error *err);

/**
 * Sorts what was added: the long part of building, which needs no transaction. Nothing can be added afterwards.
 * Repeatable: once it has succeeded it does nothing.
 *
 * @param[in]  builder  Not NULL; begun with deltos_hash_map_begin().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not such a builder.
 * @retval DELTOS_E_DUPLICATE  A key was added twice to a SIMPLE map with DUPLICATE_ERROR; the message shows it.
 * @retval DELTOS_E_LIMIT      A key has more than 2^32 - 1 values in a map of U64 or APPROXIMATE.
 * @retval DELTOS_E_CANCELLED  By progress. It can be prepared again.
 * @retval DELTOS_E_IO, DELTOS_E_NO_SPACE  Of temporary files.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: one at a time a builder. Cost: in proportion to the pairs; what was spilled is read once and written once.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_prepare(deltos_builder *builder, deltos_error *err);

/** Bits of the flags of deltos_hash_map_finish(). */
enum {
  DELTOS_HASH_MAP_REPLACE = 1 /**< a hash map of that name is replaced: who has it open keeps it until a refresh */
};

/**
 * Stores the map, sealed; prepares it first when that has not been done. Repeatable: the same map can be stored in
 * several storages.
 *
 * @param[in]  builder      Not NULL; begun with deltos_hash_map_begin().
 * @param[in]  transaction  In which it is stored, visible to others once that is committed.
 * @param[in]  name         As for deltos_buffer_create().
 * @param[in]  flags        DELTOS_HASH_MAP_REPLACE, or 0: the name must be free.
 * @param[out] map          Owned; deltos_object_release(). May be NULL when no handle is wanted.
 * @param[out] err          Detail on failure; may be NULL. On failure the transaction is as it was before, and the call
 *                          can be made again.
 * @retval DELTOS_E_INVALID    Not such a builder; an unknown flag; a name that is malformed.
 * @retval DELTOS_E_EXISTS     The name is taken.
 * @retval DELTOS_E_KIND       REPLACE, and what has the name is not a hash map.
 * @retval DELTOS_E_CANCELLED  By progress.
 * @retval DELTOS_E_STALE      The transaction is over; progress may have aborted it.
 * @retval others              As deltos_hash_map_prepare() and deltos_buffer_create().
 * Threads: as builder and transaction. Cost: that of writing the map.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_finish(deltos_builder *builder, deltos_transaction *transaction,
                                                const char *name, uint32_t flags, deltos_object **map,
                                                deltos_error *err);

/**
 * Writes the map into memory of the caller's, from which deltos_hash_map_open_memory() reads it, in any process;
 * prepares it first when that has not been done. Repeatable.
 *
 * @param[in]     builder  Not NULL; begun with deltos_hash_map_begin().
 * @param[out]    data     May be NULL when @p size is 0: to ask for the size. Need not be aligned.
 * @param[in,out] size     Room at @p data; set to the map's size, also on DELTOS_E_TOO_SMALL.
 * @param[out]    err      Detail on failure; may be NULL.
 * @retval DELTOS_E_TOO_SMALL  There is less room than the map has bytes.
 * @retval DELTOS_E_INVALID    Not such a builder; no place for the size; data is NULL and the size is not 0.
 * @retval others              As deltos_hash_map_prepare().
 * Threads: one at a time a builder. Cost: that of copying.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_pack(deltos_builder *builder, void *data, uint64_t *size, deltos_error *err);

/**
 * Opens a hash map in memory of the caller's.
 *
 * @param[in]  data     Aligned to 64 bytes. Nobody may change it while the handle or a view of it lives.
 * @param[in]  size     At least as large as the map; what is behind it is not looked at.
 * @param[in]  release  Called with @p user when handle and views are gone; may be NULL. Not called on failure.
 * @param[in]  user     Passed on.
 * @param[out] map      Owned; deltos_object_release().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID     NULL, or no place for the handle.
 * @retval DELTOS_E_LAYOUT      The address is no multiple of 64.
 * @retval DELTOS_E_NOT_DELTOS  The bytes do not start like a hash map.
 * @retval DELTOS_E_FEATURE     Of a newer version.
 * @retval DELTOS_E_CORRUPT, DELTOS_E_LIMIT  It is damaged, or longer than @p size.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant; of RECORDs in proportion to the slots.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_open_memory(const void *data, uint64_t size, deltos_release release,
                                                     void *user, deltos_object **map, deltos_error *err);

/** What a hash map is. */
typedef struct deltos_hash_map_info {
  uint32_t struct_size; /**< set by the caller */
  int32_t key;          /**< DELTOS_KEY_* */
  int32_t value;        /**< DELTOS_MAP_VALUE_* */
  int32_t shape;        /**< DELTOS_MAP_* */
  uint64_t keys;        /**< that differ */
  uint64_t pairs;       /**< values, counted once for each key that has them */
  uint64_t index_bytes; /**< of what leads from a hash to an entry */
  uint64_t image_bytes; /**< of the whole map */
} deltos_hash_map_info;

/**
 * Tells what a hash map is.
 *
 * @param[in]     map   A hash map.
 * @param[in,out] info  struct_size set by the caller.
 * @param[out]    err   Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, or info is NULL.
 * @retval DELTOS_E_KIND     Not a hash map.
 * @retval DELTOS_E_STRUCT   struct_size is smaller than the first version of the struct.
 * @retval DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_stat(const deltos_object *map, deltos_hash_map_info *info, deltos_error *err);

/** A key and its values. Frozen. What it points to is borrowed until the map's handle is released. */
typedef struct deltos_map_entry {
  deltos_bytes key;   /**< as it is stored: not aligned, no NUL follows; APPROXIMATE: the 8 bytes of its hash */
  deltos_bytes value; /**< the first value: U64 its 8 bytes, VALUE its image, RECORD the 8 bytes of the row's number;
                         not aligned, but for VALUE; data NULL: the key is absent */
  uint64_t number;    /**< U64: the first value; RECORD: the first row; else 0 */
  uint64_t count;     /**< of values; 0: the key is absent */
  uint64_t run;       /**< for deltos_hash_map_values() and deltos_hash_map_numbers() */
} deltos_map_entry;

/**
 * Finds a key, and tells all there is to know of it.
 *
 * @param[in]  map    A hash map.
 * @param[in]  key    May be NULL when @p size is 0. U64: 8 bytes of native order, VALUE: the image of a value.
 * @param[in]  size   In bytes.
 * @param[out] entry  All fields are set; count 0: the key is absent, which is no error. Untouched on failure.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object, no place for the entry, or the key is NULL.
 * @retval DELTOS_E_KIND     Not a hash map.
 * @retval DELTOS_E_TYPE     Keys are U64, and @p size is not 8.
 * @retval DELTOS_E_CORRUPT  What was met is damaged.
 * @retval DELTOS_E_NOT_DELTOS, DELTOS_E_FEATURE, DELTOS_E_CORRUPT, DELTOS_E_LIMIT  Keys are values, and this one is
 * none.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant: at most two cache misses in the index for a hit, one for most misses.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_find(const deltos_object *map, const void *key, uint64_t size,
                                              deltos_map_entry *entry, deltos_error *err);

/**
 * The first value of a key, as bytes.
 *
 * @param[in]  map    A hash map.
 * @param[in]  key    As deltos_hash_map_find().
 * @param[in]  size   In bytes.
 * @param[out] value  As deltos_map_entry.value; data NULL: the key is absent. Untouched on failure.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval others  As deltos_hash_map_find().
 * Threads: any. Cost: as deltos_hash_map_find().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_get(const deltos_object *map, const void *key, uint64_t size,
                                             deltos_bytes *value, deltos_error *err);

/**
 * The first value of a key in a map of U64, or the number of its row in one of RECORD.
 *
 * @param[in]  map      A hash map.
 * @param[in]  key      As deltos_hash_map_find().
 * @param[in]  size     In bytes.
 * @param[out] number   0 when the key is absent. Untouched on failure.
 * @param[out] present  1: the key is there; 0: it is absent. Untouched on failure.
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_TYPE  Values are neither U64 nor RECORD.
 * @retval others         As deltos_hash_map_find().
 * Threads: any. Cost: as deltos_hash_map_find().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_get_number(const deltos_object *map, const void *key, uint64_t size,
                                                    uint64_t *number, uint8_t *present, deltos_error *err);

/**
 * Finds many keys, several at a time, so that the processor waits for memory once for all of them.
 *
 * @param[in]  map      A hash map.
 * @param[in]  keys     A column as deltos_hash_map_add() takes them.
 * @param[out] entries  As many as keys; NULL: only to count.
 * @param[out] present  A byte a key, 1: it is there; may be NULL.
 * @param[out] hits     How many are there; may be NULL.
 * @param[out] err      Detail on failure; may be NULL. The message names the key. Outputs may be partly filled.
 * @retval DELTOS_E_INVALID, DELTOS_E_TYPE, DELTOS_E_RANGE  The column, as deltos_hash_map_add() says.
 * @retval others           As deltos_hash_map_find().
 * Threads: any. Cost: in proportion to the keys; several times less than one by one once the map is larger than caches.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_find_many(const deltos_object *map, const deltos_column *keys,
                                                   deltos_map_entry *entries, uint8_t *present, uint64_t *hits,
                                                   deltos_error *err);

/**
 * The first values of many keys, as bytes: deltos_hash_map_find_many() where nothing else is wanted.
 *
 * @param[in]  map     A hash map.
 * @param[in]  keys    A column as deltos_hash_map_add() takes them.
 * @param[out] values  As many as keys; data NULL: the key is absent.
 * @param[out] hits    How many are there; may be NULL.
 * @param[out] err     Detail on failure; may be NULL. Outputs may be partly filled.
 * @retval others  As deltos_hash_map_find_many().
 * Threads: any. Cost: as deltos_hash_map_find_many().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_get_many(const deltos_object *map, const deltos_column *keys,
                                                  deltos_bytes *values, uint64_t *hits, deltos_error *err);

/**
 * The first values of many keys in a map of U64, or the numbers of their rows in one of RECORD.
 *
 * @param[in]  map      A hash map.
 * @param[in]  keys     A column as deltos_hash_map_add() takes them.
 * @param[in]  absent   What to give for a key that is absent.
 * @param[out] numbers  As many as keys.
 * @param[out] present  A byte a key, 1: it is there; may be NULL.
 * @param[out] hits     How many are there; may be NULL.
 * @param[out] err      Detail on failure; may be NULL. Outputs may be partly filled.
 * @retval DELTOS_E_TYPE  Values are neither U64 nor RECORD.
 * @retval others         As deltos_hash_map_find_many().
 * Threads: any. Cost: as deltos_hash_map_find_many().
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_get_many_numbers(const deltos_object *map, const deltos_column *keys,
                                                          uint64_t absent, uint64_t *numbers, uint8_t *present,
                                                          uint64_t *hits, deltos_error *err);

/**
 * The values of a key, in the order in which they were added.
 *
 * @param[in]  map       A hash map.
 * @param[in]  entry     As a call of the same map gave it; one of another makes no sense, but does no harm.
 * @param[in]  first     The first one wanted.
 * @param[out] values    Filled from the front, as deltos_map_entry.value.
 * @param[in]  capacity  Room in @p values.
 * @param[out] count     How many were given: 0 at the end.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object; NULL.
 * @retval DELTOS_E_KIND     Not a hash map.
 * @retval DELTOS_E_RANGE    The entry is none of this map.
 * @retval DELTOS_E_CORRUPT  What was met is damaged.
 * @retval DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to what is given.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_values(const deltos_object *map, const deltos_map_entry *entry, uint64_t first,
                                                deltos_bytes *values, uint64_t capacity, uint64_t *count,
                                                deltos_error *err);

/**
 * The values of a key in a map of U64, or the numbers of its rows in one of RECORD, in the order in which they were
 * added.
 *
 * @param[in]  map       A hash map.
 * @param[in]  entry     As deltos_hash_map_values().
 * @param[in]  first     The first one wanted.
 * @param[out] numbers   Filled from the front.
 * @param[in]  capacity  Room in @p numbers.
 * @param[out] count     How many were given: 0 at the end.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_TYPE  Values are neither U64 nor RECORD.
 * @retval others         As deltos_hash_map_values().
 * Threads: any. Cost: in proportion to what is given.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_numbers(const deltos_object *map, const deltos_map_entry *entry,
                                                 uint64_t first, uint64_t *numbers, uint64_t capacity, uint64_t *count,
                                                 deltos_error *err);

/**
 * Opens a value of a key in a map of VALUE, to be read with the functions of value.h.
 *
 * @param[in]  map    A hash map.
 * @param[in]  entry  As deltos_hash_map_values().
 * @param[in]  index  0 to count - 1.
 * @param[out] value  Owned; deltos_object_release(). It keeps the map's memory, not its handle.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_TYPE    Values are not VALUE.
 * @retval DELTOS_E_RANGE   The key has no such value; the entry is none of this map.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_CORRUPT, DELTOS_E_NOT_DELTOS, DELTOS_E_FEATURE, DELTOS_E_NO_MEMORY,
 *         DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_value(const deltos_object *map, const deltos_map_entry *entry, uint64_t index,
                                               deltos_object **value, deltos_error *err);

/**
 * Goes through all keys, in the order in which they lie, which is that of hashes.
 *
 * @param[in]     map       A hash map.
 * @param[in,out] position  Where to begin, 0 being the start; set to where the next call goes on. A position that
 *                          deltos_hash_map_order() gave begins at that key.
 * @param[out]    entries   Filled from the front.
 * @param[in]     capacity  Room in @p entries.
 * @param[out]    count     How many were given: 0 at the end.
 * @param[out]    err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  Not an object; NULL.
 * @retval DELTOS_E_KIND     Not a hash map.
 * @retval DELTOS_E_RANGE    A position that nobody gave.
 * @retval DELTOS_E_CORRUPT  What was met is damaged.
 * @retval DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to what is given.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_entries(const deltos_object *map, uint64_t *position,
                                                 deltos_map_entry *entries, uint64_t capacity, uint64_t *count,
                                                 deltos_error *err);

/**
 * Tells the order of the keys: bytes and text by their bytes, U64 and hashes as numbers. Each position leads
 * deltos_hash_map_entries() to a key.
 *
 * @param[in]  map        A hash map with keys of BYTES, UTF8 or U64, or of shape APPROXIMATE.
 * @param[out] positions  One for each key.
 * @param[in]  capacity   Room in @p positions: at least deltos_hash_map_info.keys.
 * @param[out] count      How many there are.
 * @param[out] err        Detail on failure; may be NULL.
 * @retval DELTOS_E_TOO_SMALL  There is less room than the map has keys; count is set.
 * @retval DELTOS_E_TYPE       Keys are VALUE, which have no order.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_CORRUPT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: that of sorting; memory for 24 bytes a key while it lasts.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_order(const deltos_object *map, uint64_t *positions, uint64_t capacity,
                                               uint64_t *count, deltos_error *err);

/** What deltos_hash_map_column() shows. */
enum { DELTOS_MAP_COLUMN_KEYS = 0, DELTOS_MAP_COLUMN_VALUES = 1 };

/**
 * Shows all keys, or all values, of a map with keys of U64, or of shape APPROXIMATE, without a copy: one dimension of
 * uint64 for each pair, 16 bytes apart, in the order of hashes. Keys of APPROXIMATE are hashes; values of RECORD are
 * the numbers of rows.
 *
 * @param[in]  map    A hash map.
 * @param[in]  which  DELTOS_MAP_COLUMN_*.
 * @param[in]  flags  As deltos_view_acquire(); read-only.
 * @param[out] view   Owned; deltos_view_release(). It keeps the map's memory, not its handle.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_LAYOUT    Keys are BYTES, UTF8 or VALUE; VALUES of a map whose values are not U64 or RECORD; the
 *                            request does not allow strides.
 * @retval DELTOS_E_READONLY  WRITABLE was asked for.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_column(const deltos_object *map, int32_t which, int32_t flags,
                                                deltos_view **view, deltos_error *err);

/**
 * The record table whose rows are the values of a map of RECORD.
 *
 * @param[in]  map    A hash map.
 * @param[out] table  Owned; deltos_object_release(). It keeps the map's memory, not its handle; of no storage.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_TYPE  Values are not RECORD.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_records(const deltos_object *map, deltos_object **table, deltos_error *err);

/**
 * Checks what opening leaves to each use: every entry, that each key is where it is looked for, text, whole values and
 * records. DELTOS_VERIFY_FULL does the same for all maps of a storage. For a map from a stranger.
 *
 * @param[in]  map       A hash map.
 * @param[in]  progress  Asked now and then, in bytes; may be NULL.
 * @param[in]  user      Given to progress.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_OK           All is sound.
 * @retval DELTOS_E_CORRUPT    Something is damaged.
 * @retval DELTOS_E_NOT_DELTOS, DELTOS_E_FEATURE  What should be a value is none, or one of a newer version.
 * @retval DELTOS_E_CANCELLED  By progress.
 * @retval DELTOS_E_INVALID, DELTOS_E_KIND, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: that of reading it all.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_hash_map_verify(const deltos_object *map, deltos_progress progress, void *user,
                                                deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
