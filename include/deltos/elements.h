/**
 * @file
 * @defgroup deltos_elements Elements of views
 *
 * What can be done with the elements of a view, whatever its layout: filling, comparing and searching by value, picking
 * rows, reading from and writing to file descriptors, single elements as numbers, and atomic operations. Every view may
 * be made by the library or filled by the caller, unless it says otherwise.
 *
 * **By value** means that elements are compared as what they stand for, not as bytes:
 *
 * - numbers (booleans, integers, floats of any width, either byte order) as numbers, exactly: 1 equals 1.0,
 *   2^53 + 1 does not equal 2^53; 0.0 equals -0.0; NaN equals nothing, not even itself. A boolean that is not 0 is 1;
 * - complex numbers part by part; one whose imaginary part is 0 equals the real number;
 * - "Ns", "c" and "Np" as strings of bytes, "Nw" and "Nu" as strings of characters; all of their length counts, zeros
 *   at the end too;
 * - structures and sub-arrays field by field in their order: names and padding do not count, numbers and shapes of the
 *   fields do;
 * - "Nx", bytes of no type, as bytes of the same length.
 *
 * Element types between which there is no comparison (a number and a string, structures of other fields) are not equal.
 *
 * Threads: any, for all functions. Elements that others store meanwhile are seen old or new, large ones in part; only
 * the atomic functions order anything.
 *
 * Example:
 * @code
 * deltos_view *view = NULL;
 * const double wanted = 3.0;
 * int64_t index = -1, first = 0;
 * if (deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &error) != DELTOS_OK) return 1;
 * if (deltos_view_find(view, &wanted, sizeof wanted, 0, &index, &error) != DELTOS_OK) return 1;
 * if (index >= 0) printf("3 is element %lld\n", (long long)index);
 * if (deltos_view_get_f64(view, &first, &sum, &error) != DELTOS_OK) return 1;
 * deltos_view_release(&view);
 * @endcode
 * @{
 */
#ifndef DELTOS_ELEMENTS_H
#define DELTOS_ELEMENTS_H

#include <deltos/view.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/**
 * Stores one element everywhere.
 *
 * @param[in]  target  Writable.
 * @param[in]  item    The bytes of one element; may lie in the target.
 * @param[in]  size    Its bytes: target->itemsize.
 * @param[out] err     Detail on failure; may be NULL. On failure nothing was written.
 * @retval DELTOS_E_INVALID   NULL, or a layout that cannot be.
 * @retval DELTOS_E_TYPE      The item is not as long as the elements.
 * @retval DELTOS_E_READONLY  The target is read-only.
 * @retval DELTOS_E_STRUCT    struct_size of a view filled by the caller is too small, or an unknown field is set.
 * @retval DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT  As deltos_view_wrap(), of a view filled by the caller.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: that of the stores.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_fill(const deltos_view *target, const void *item, uint64_t size,
                                          deltos_error *err);

/**
 * Whether two views have the same shape and, by value, the same elements. Views without elements are equal when their
 * shapes are.
 *
 * @param[in]  a      Any view.
 * @param[in]  b      Any view; it may be the same one, which is not equal to itself where it has a NaN.
 * @param[out] equal  1 or 0.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, or a layout that cannot be.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Cost: reads up to the first difference; at the speed of memory where both have the same element type
 * and equal bytes mean equal values.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_equal(const deltos_view *a, const deltos_view *b, uint8_t *equal,
                                           deltos_error *err);

/** Answers of deltos_view_compare(). */
enum {
  DELTOS_COMPARE_LESS = -1,
  DELTOS_COMPARE_EQUAL = 0,
  DELTOS_COMPARE_GREATER = 1,
  DELTOS_COMPARE_UNORDERED = 2 /**< the first elements that are not equal have no order: one is a NaN */
};

/**
 * Orders two views by value, like words in a dictionary: in C order, the first two elements that are not equal decide.
 * Without such, the one with fewer elements is less; with as many, the one with fewer dimensions; then the first
 * lengths that differ decide.
 *
 * @param[in]  a      Any view.
 * @param[in]  b      Any view.
 * @param[out] order  DELTOS_COMPARE_*: what a is.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID      NULL, or a layout that cannot be.
 * @retval DELTOS_E_UNSUPPORTED  There is no order between the element types: complex numbers, a number and a string,
 *                               structures of other fields. Or as deltos_view_wrap().
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Cost: reads up to the first difference.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_compare(const deltos_view *a, const deltos_view *b, int32_t *order,
                                             deltos_error *err);

/**
 * Finds an element by value.
 *
 * @param[in]  view   Any view.
 * @param[in]  item   The bytes of one element of the view's own type.
 * @param[in]  size   Its bytes: view->itemsize.
 * @param[in]  from   Where to begin: a number of elements in C order, 0 to all of them.
 * @param[out] index  The number in C order of the first one that is equal, from @p from on; -1: there is none.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, or a layout that cannot be.
 * @retval DELTOS_E_TYPE     The item is not as long as the elements.
 * @retval DELTOS_E_RANGE    from is negative or beyond the last element.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Cost: reads up to the element; at the speed of memory for packed numbers of 1, 2, 4 and 8 bytes.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_find(const deltos_view *view, const void *item, uint64_t size, int64_t from,
                                          int64_t *index, deltos_error *err);

/**
 * Counts the elements that are equal to one, by value.
 *
 * @param[in]  view   Any view.
 * @param[in]  item   The bytes of one element of the view's own type.
 * @param[in]  size   Its bytes: view->itemsize.
 * @param[out] count  How many are equal to it.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, or a layout that cannot be.
 * @retval DELTOS_E_TYPE     The item is not as long as the elements.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Cost: reads all elements; at the speed of memory for packed numbers of 1, 2, 4 and 8 bytes.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_count(const deltos_view *view, const void *item, uint64_t size, uint64_t *count,
                                           deltos_error *err);

/**
 * Copies rows that are chosen by number: target[i] = source[rows[i]].
 *
 * @param[in]  source  Of one dimension at least.
 * @param[in]  rows    @p count indices along the first dimension, in any order, also repeated. May be NULL when
 *                     @p count is 0.
 * @param[in]  count   How many.
 * @param[in]  target  Writable; of @p count rows of the source's type and shape. It may overlap the source.
 * @param[out] err     Detail on failure; may be NULL. On failure nothing was written.
 * @retval DELTOS_E_INVALID   NULL, or a layout that cannot be.
 * @retval DELTOS_E_TYPE      The source has no dimension, or element types or shapes do not fit together.
 * @retval DELTOS_E_RANGE     A row that the source does not have; negative numbers do not count from the end.
 * @retval DELTOS_E_READONLY  The target is read-only.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Cost: that of the copy; memory for the rows when the two overlap.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_gather(const deltos_view *source, const int64_t *rows, uint64_t count,
                                            const deltos_view *target, deltos_error *err);

/**
 * Reads from a file descriptor straight into the elements, in C order, until the view is full or the end is reached.
 * A part of a view is filled by way of a sub-view (deltos_view_window()).
 *
 * @param[in]  target       Writable. Packed memory is read into directly; other layouts through a buffer of at most
 *                          1 MiB, and nothing is taken from the descriptor that does not go into the view.
 * @param[in]  fd           A file, pipe, socket or device, open for reading. It stays the caller's.
 * @param[in]  file_offset  Where in the file to read; its position stays. -1: at its position, which moves on.
 * @param[out] bytes        What was read: fewer than target->nbytes at the end of the file, also in the middle of an
 *                          element. Set also when the call fails; then so many bytes have been read before it failed.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   NULL, an offset below -1, or a layout that cannot be.
 * @retval DELTOS_E_READONLY  The target is read-only.
 * @retval DELTOS_E_IO        The descriptor cannot be read, cannot be read at an offset, or does not block and has
 *                            nothing more (os_errno is EAGAIN). Calls that a signal interrupts are repeated.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Waits for the descriptor. Cost: that of the reads.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_read_fd(const deltos_view *target, int32_t fd, int64_t file_offset,
                                             uint64_t *bytes, deltos_error *err);

/**
 * Writes the elements to a file descriptor, in C order, all of them.
 *
 * @param[in]  source       Packed memory is written as it lies; other layouts through a buffer of at most 1 MiB.
 * @param[in]  fd           A file, pipe, socket or device, open for writing. It stays the caller's.
 * @param[in]  file_offset  Where in the file to write; its position stays. -1: at its position, which moves on.
 * @param[out] bytes        What was written; source->nbytes on success. Set also when the call fails; then so many
 *                          bytes were written before it failed.
 * @param[out] err          Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   NULL, an offset below -1, or a layout that cannot be.
 * @retval DELTOS_E_NO_SPACE  The disk or a quota is full, or the file would be too large.
 * @retval DELTOS_E_IO        The descriptor cannot be written, cannot be written at an offset, or does not block and
 *                            takes nothing more (os_errno is EAGAIN). Calls that a signal interrupts are repeated.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Waits for the descriptor. SIGPIPE and SIGXFSZ are not held back. Cost: that of the writes.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_write_fd(const deltos_view *source, int32_t fd, int64_t file_offset,
                                              uint64_t *bytes, deltos_error *err);

/**
 * One element as a number. What the elements are does not matter as long as they are numbers: booleans, integers or
 * floats of any width in either byte order. The answer is the same number, or DELTOS_E_RANGE: an integer too large for
 * the type asked for, a fraction asked for as an integer, an integer that no double is equal to. Only "g" is rounded to
 * the nearest double.
 *
 * @param[in]  view   Any view.
 * @param[in]  index  view->ndim indices, each from 0 up to its dimension; negative ones do not count from the end. May
 *                    be NULL when there are no dimensions.
 * @param[out] value  The number.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, or a layout that cannot be.
 * @retval DELTOS_E_RANGE    An index outside its dimension, or a number that the result cannot hold. The message says
 *                           which index, which number, and the limit.
 * @retval DELTOS_E_TYPE     The elements are not numbers, or complex ones.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Cost: constant. A program that knows the type reads view->data itself.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_get_i64(const deltos_view *view, const int64_t *index, int64_t *value,
                                             deltos_error *err);

/**
 * The same as an unsigned integer.
 *
 * @param[in]  view   As for deltos_view_get_i64().
 * @param[in]  index  As for deltos_view_get_i64().
 * @param[out] value  The number.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID, DELTOS_E_RANGE, DELTOS_E_TYPE, DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED,
 *         DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_view_get_i64().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_get_u64(const deltos_view *view, const int64_t *index, uint64_t *value,
                                             deltos_error *err);

/**
 * The same as a double.
 *
 * @param[in]  view   As for deltos_view_get_i64().
 * @param[in]  index  As for deltos_view_get_i64().
 * @param[out] value  The number.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID, DELTOS_E_RANGE, DELTOS_E_TYPE, DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED,
 *         DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_view_get_i64().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_get_f64(const deltos_view *view, const int64_t *index, double *value,
                                             deltos_error *err);

/**
 * One element as its bytes, as they lie in memory; of any type.
 *
 * @param[in]  view   Any view.
 * @param[in]  index  As for deltos_view_get_i64().
 * @param[out] item   Room for the element.
 * @param[in]  size   The room: view->itemsize.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, or a layout that cannot be.
 * @retval DELTOS_E_RANGE    An index outside its dimension.
 * @retval DELTOS_E_TYPE     The room is not as long as the elements.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Cost: that of the copy.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_get_bytes(const deltos_view *view, const int64_t *index, void *item, uint64_t size,
                                               deltos_error *err);

/**
 * Stores a number in one element. The elements may be numbers of any kind, as for deltos_view_get_i64(); what they
 * cannot hold exactly answers DELTOS_E_RANGE and stores nothing.
 *
 * @param[in]  view   Writable.
 * @param[in]  index  As for deltos_view_get_i64().
 * @param[in]  value  The number; in a boolean 0 or 1.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   NULL, or a layout that cannot be.
 * @retval DELTOS_E_RANGE     An index outside its dimension, or a number that the element cannot hold. The message says
 *                            which index, which number, and the limits.
 * @retval DELTOS_E_TYPE      The elements are not numbers, or complex ones.
 * @retval DELTOS_E_READONLY  The view is read-only.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Cost: constant. A program that knows the type writes to view->data itself.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_set_i64(const deltos_view *view, const int64_t *index, int64_t value,
                                             deltos_error *err);

/**
 * The same with an unsigned integer.
 *
 * @param[in]  view   As for deltos_view_set_i64().
 * @param[in]  index  As for deltos_view_get_i64().
 * @param[in]  value  The number.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID, DELTOS_E_RANGE, DELTOS_E_TYPE, DELTOS_E_READONLY, DELTOS_E_STRUCT, DELTOS_E_FORMAT,
 *         DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_view_set_i64().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_set_u64(const deltos_view *view, const int64_t *index, uint64_t value,
                                             deltos_error *err);

/**
 * The same with a double. In a float it is rounded to the nearest, ties to even; a finite number beyond the largest one
 * is DELTOS_E_RANGE, and so is an infinity in a type without. In an integer it must be whole.
 *
 * @param[in]  view   As for deltos_view_set_i64().
 * @param[in]  index  As for deltos_view_get_i64().
 * @param[in]  value  The number.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID, DELTOS_E_RANGE, DELTOS_E_TYPE, DELTOS_E_READONLY, DELTOS_E_STRUCT, DELTOS_E_FORMAT,
 *         DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_view_set_i64().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_set_f64(const deltos_view *view, const int64_t *index, double value,
                                             deltos_error *err);

/**
 * Stores the bytes of one element; of any type.
 *
 * @param[in]  view   Writable.
 * @param[in]  index  As for deltos_view_get_i64().
 * @param[in]  item   The bytes.
 * @param[in]  size   How many: view->itemsize.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   NULL, or a layout that cannot be.
 * @retval DELTOS_E_RANGE     An index outside its dimension.
 * @retval DELTOS_E_TYPE      The item is not as long as the elements.
 * @retval DELTOS_E_READONLY  The view is read-only.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Cost: that of the copy.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_set_bytes(const deltos_view *view, const int64_t *index, const void *item,
                                               uint64_t size, deltos_error *err);

/** Memory orders of the atomic functions; they mean what they mean in C11. */
enum {
  DELTOS_MEMORY_RELAXED = 0,
  DELTOS_MEMORY_ACQUIRE = 1, /**< not for stores */
  DELTOS_MEMORY_RELEASE = 2, /**< not for loads */
  DELTOS_MEMORY_ACQ_REL = 3, /**< not for loads and stores */
  DELTOS_MEMORY_SEQ_CST = 4
};

/**
 * Loads an element atomically: between threads, and between processes that map the same memory.
 *
 * @param[in]  view   Of integers or floats of 4 or 8 bytes, aligned, in native byte order; may be read-only.
 * @param[in]  index  As for deltos_view_get_i64().
 * @param[in]  order  DELTOS_MEMORY_RELAXED, ACQUIRE or SEQ_CST.
 * @param[out] value  Room for one element.
 * @param[in]  size   The room: view->itemsize.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, an order that is not one for loads, or a layout that cannot be.
 * @retval DELTOS_E_RANGE    An index outside its dimension.
 * @retval DELTOS_E_TYPE     Elements of another type or byte order, or the room is not as long as they are.
 * @retval DELTOS_E_LAYOUT   The element is not aligned to its size.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_fill().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_atomic_load(const deltos_view *view, const int64_t *index, int32_t order,
                                                 void *value, uint64_t size, deltos_error *err);

/**
 * Stores an element atomically.
 *
 * @param[in]  view   As for deltos_view_atomic_load(), and writable.
 * @param[in]  index  As for deltos_view_get_i64().
 * @param[in]  order  DELTOS_MEMORY_RELAXED, RELEASE or SEQ_CST.
 * @param[in]  value  The bytes of one element.
 * @param[in]  size   How many: view->itemsize.
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   NULL, an order that is not one for stores, or a layout that cannot be.
 * @retval DELTOS_E_READONLY  The view is read-only.
 * @retval DELTOS_E_RANGE, DELTOS_E_TYPE, DELTOS_E_LAYOUT, DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED,
 *         DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_view_atomic_load().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_atomic_store(const deltos_view *view, const int64_t *index, int32_t order,
                                                  const void *value, uint64_t size, deltos_error *err);

/**
 * Adds to an element atomically. Integers wrap around; floats are rounded as the processor rounds them.
 *
 * @param[in]  view      As for deltos_view_atomic_load(), and writable.
 * @param[in]  index     As for deltos_view_get_i64().
 * @param[in]  order     DELTOS_MEMORY_*.
 * @param[in]  summand   The bytes of a number of the view's type.
 * @param[out] previous  Room for what the element was before; may be NULL.
 * @param[in]  size      Bytes of either: view->itemsize.
 * @param[out] err       Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   NULL, an order that is none, or a layout that cannot be.
 * @retval DELTOS_E_READONLY  The view is read-only.
 * @retval DELTOS_E_RANGE, DELTOS_E_TYPE, DELTOS_E_LAYOUT, DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED,
 *         DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_view_atomic_load().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_atomic_add(const deltos_view *view, const int64_t *index, int32_t order,
                                                const void *summand, void *previous, uint64_t size, deltos_error *err);

/**
 * Stores an element atomically if it is what it is expected to be, byte for byte: 0.0 is not -0.0, and a NaN is itself.
 *
 * @param[in]     view       As for deltos_view_atomic_load(), and writable.
 * @param[in]     index      As for deltos_view_get_i64().
 * @param[in]     order      DELTOS_MEMORY_*; when nothing is stored, its part for loads.
 * @param[in,out] expected   The bytes of one element. When the element was another one, that one is stored here.
 * @param[in]     desired    The bytes of the new element.
 * @param[in]     size       Bytes of either: view->itemsize.
 * @param[out]    exchanged  1: stored; 0: the element was another one. It never fails for no reason.
 * @param[out]    err        Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   NULL, an order that is none, or a layout that cannot be.
 * @retval DELTOS_E_READONLY  The view is read-only.
 * @retval DELTOS_E_RANGE, DELTOS_E_TYPE, DELTOS_E_LAYOUT, DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED,
 *         DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_view_atomic_load().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_atomic_compare_exchange(const deltos_view *view, const int64_t *index,
                                                             int32_t order, void *expected, const void *desired,
                                                             uint64_t size, uint8_t *exchanged, deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
