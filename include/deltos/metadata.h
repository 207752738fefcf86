/**
 * @file
 * @defgroup deltos_metadata Metadata
 *
 * Every object, and the storage itself (the name ""), carries small typed values under keys: units, provenance, a
 * schema of the user's own. They are structure: changed by transactions, shown by snapshots, kept by rename, gone with
 * delete.
 *
 * A value is bytes with a format: "u8" is UTF-8 text, "B" raw bytes, anything else a format string (view.h) with a
 * shape. One value holds at most 64 KiB, a key 1 to 255 bytes of UTF-8.
 *
 * Thread safety: as the snapshot or transaction that is passed.
 *
 * Example:
 * @code
 * deltos_metadatum unit = {0};
 * unit.key = "unit";
 * unit.format = "u8";
 * unit.data = "K";
 * unit.size = 1;
 * if (deltos_metadata_set(transaction, "a/grid", &unit, &error) != DELTOS_OK) return 1;
 * @endcode
 * @{
 */
#ifndef DELTOS_METADATA_H
#define DELTOS_METADATA_H

#include <deltos/transaction.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/** One value. Frozen. As an output, pointers are borrowed until the snapshot ends. */
typedef struct deltos_metadatum {
  const char *key;
  const char *format;   /**< "u8", "B" or a format string */
  const void *data;     /**< never NULL in a value that exists, even an empty one */
  uint64_t size;        /**< bytes */
  int32_t ndim;         /**< 0 to 64; text and raw bytes have 0 */
  uint32_t reserved;    /**< 0 */
  const int64_t *shape; /**< ndim lengths; may be NULL when ndim is 0 */
} deltos_metadatum;

/**
 * Looks a value up. Absence is not a failure: item->data is NULL then, and nothing else is set.
 *
 * @param[in]  snapshot  Not NULL.
 * @param[in]  name      Of an object; "" for the storage itself.
 * @param[in]  key       Of the value.
 * @param[out] item      Borrowed until the snapshot is released; from a transaction's: until its next change.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not a snapshot, NULL, a malformed name or key.
 * @retval DELTOS_E_NOT_FOUND  There is no object of that name.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT, DELTOS_E_FEATURE, DELTOS_E_IO,
 *         DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_object_open().
 * Threads: as the snapshot. Cost: logarithmic in the number of objects.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_metadata_get(const deltos_snapshot *snapshot, const char *name, const char *key,
                                             deltos_metadatum *item, deltos_error *err);

/**
 * All values of an object, in byte order of keys.
 *
 * @param[in]  snapshot  Not NULL.
 * @param[in]  name      Of an object; "" for the storage itself.
 * @param[out] items     Room for @p capacity of them; may be NULL when that is 0. Borrowed as in deltos_metadata_get().
 * @param[in]  capacity  May be 0.
 * @param[out] count     How many there are; may exceed @p capacity.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID, DELTOS_E_NOT_FOUND, DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT,
 *         DELTOS_E_FEATURE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_metadata_get().
 * Threads: as the snapshot. Cost: logarithmic, and constant for each value.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_metadata_list(const deltos_snapshot *snapshot, const char *name,
                                              deltos_metadatum *items, uint64_t capacity, uint64_t *count,
                                              deltos_error *err);

/**
 * Sets a value, new or not.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  name         Of an object; "" for the storage itself.
 * @param[in]  item         Copied. data may be NULL when size is 0.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not a transaction, NULL, a malformed name or key, text that is not UTF-8, or a size that
 *                             is not that of the format and shape.
 * @retval DELTOS_E_FORMAT     A malformed format.
 * @retval DELTOS_E_UNSUPPORTED  The format has pointers or objects of a language.
 * @retval DELTOS_E_LIMIT      More than 64 KiB, a key of more than 255 bytes, more than 64 dimensions, a format beyond
 *                             the file format's limits, or a file larger than max_file_bytes.
 * @retval DELTOS_E_NOT_FOUND  There is no object of that name.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT, DELTOS_E_NO_SPACE,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_transaction_rename().
 * Threads: as the transaction. Cost: logarithmic in the number of objects.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_metadata_set(deltos_transaction *transaction, const char *name,
                                             const deltos_metadatum *item, deltos_error *err);

/**
 * Removes a value.
 *
 * @param[in]  transaction  Not NULL.
 * @param[in]  name         Of an object; "" for the storage itself.
 * @param[in]  key          Of the value.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    Not a transaction, NULL, a malformed name or key.
 * @retval DELTOS_E_NOT_FOUND  There is no such object, or it has no such value.
 * @retval DELTOS_E_CLOSED, DELTOS_E_FORKED, DELTOS_E_STALE, DELTOS_E_CORRUPT, DELTOS_E_LIMIT, DELTOS_E_NO_SPACE,
 *         DELTOS_E_ADDRESS_SPACE, DELTOS_E_IO, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_transaction_rename().
 * Threads: as the transaction. Cost: logarithmic in the number of objects.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_metadata_remove(deltos_transaction *transaction, const char *name, const char *key,
                                                deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
