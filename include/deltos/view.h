/**
 * @file
 * @defgroup deltos_view Views
 *
 * A view is exported memory with its type and layout: the fields of Python's buffer protocol in fixed-width types.
 * One struct has two uses:
 *
 * - **Made by the library**: it lives until deltos_view_release(), its fields are for reading only, its memory never
 *   moves and is not used for anything else while it lives, whatever happens to the object, the handle, the snapshot or
 *   the transaction it came from. While it lives, deltos_storage_close() refuses.
 * - **Filled by the caller**, as an input: struct_size set, owner NULL, and the memory valid for the duration of the
 *   call.
 *
 * The element [i, j, ...] lies at data + i * strides[0] + j * strides[1] + ...; where suboffsets is not NULL and
 * suboffsets[k] is not negative, what lies there after dimension k is a pointer, to be followed and suboffsets[k]
 * added.
 *
 * **Sub-views** are windows, slices, transposes, reshapes and casts of a view: other fields over the same memory, no
 * copy. Of a view made by the library they pin what it pins, and may be released before or after it, in any order. Of a
 * view filled by the caller they borrow the caller's memory, which must stay until the last of them is released. A
 * sub-view is as writable as the view it was made of, and has all of its fields, whatever was asked for when that was
 * acquired. What cannot be described over the same memory answers DELTOS_E_LAYOUT: copy it first (deltos_view_copy()).
 *
 * A format string is that of Python's struct module and PEP 3118: an optional byte order (@ = < > !), then one of ? c b
 * B h H i I l L q Q n N e f d g, Zf Zd Zg (complex), Ns (bytes), Nw and Nu (characters), x (padding), a sub-array
 * "(2,3)d", or a structure "T{d:x:d:y:}" with named fields, nested at will. Pointers are refused. bfloat16 and 8-bit
 * floats have no character: dtype says what they are.
 *
 * Thread safety: a view's fields are immutable. What its memory holds is shared by whoever maps it; concurrent stores
 * are the programs' own business, as with any shared memory.
 *
 * Example:
 * @code
 * deltos_view *view = NULL;
 * if (deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &error) != DELTOS_OK) return 1;
 * if (view->dtype == DELTOS_DTYPE_F64 && view->ndim == 1)
 *   for (int64_t i = 0; i < view->shape[0]; ++i) sum += ((const double *)view->data)[i];
 * deltos_view_release(&view);
 * @endcode
 * @{
 */
#ifndef DELTOS_VIEW_H
#define DELTOS_VIEW_H

#include <deltos/object.h>

#ifndef DELTOS_PARSE
#ifdef __cplusplus
extern "C" {
#endif
#endif

/** Exported or imported memory. */
typedef struct deltos_view {
  uint32_t struct_size;      /**< input: sizeof(deltos_view) */
  int32_t ndim;              /**< 0 to 64; 0: one element */
  int32_t dtype;             /**< DELTOS_DTYPE_*; input: 0 = from format */
  uint8_t readonly;          /**< 1: the memory must not be written */
  uint8_t sealed;            /**< 1: nobody will ever write it, which a seal says once committed; input: ignored */
  uint16_t reserved;         /**< 0 */
  void *data;                /**< element [0, ..., 0], or the first row pointer */
  uint64_t nbytes;           /**< product of shape times itemsize; input: 0 = computed */
  uint64_t itemsize;         /**< bytes of one element; input: 0 = from format or dtype */
  const char *format;        /**< always set by the library; input: NULL = from dtype, else "B" */
  const int64_t *shape;      /**< elements; input: may be NULL when ndim is 0 */
  const int64_t *strides;    /**< bytes, may be negative or 0; input: NULL = C order */
  const int64_t *suboffsets; /**< bytes; NULL unless rows are reached by pointers */
  void *owner;               /**< the library's; input: NULL */
} deltos_view;

/**
 * What the caller can cope with; the numbers are those of PyBUF_*. A field that was not asked for is NULL: shape
 * without ND (ndim is 1 then, and nbytes the length), strides without STRIDES. The format is always there. Asking for
 * less than the memory needs answers DELTOS_E_LAYOUT.
 */
enum {
  DELTOS_VIEW_SIMPLE = 0x0,     /**< contiguous bytes: data and nbytes */
  DELTOS_VIEW_WRITABLE = 0x1,   /**< may write, or E_READONLY or E_SEALED; without it the view is read-only */
  DELTOS_VIEW_FORMAT = 0x4,     /**< reads the element type; with items that are not bytes it needs ND */
  DELTOS_VIEW_ND = 0x8,         /**< reads shape; without STRIDES the memory is C-contiguous */
  DELTOS_VIEW_STRIDES = 0x18,   /**< reads strides too */
  DELTOS_VIEW_C = 0x38,         /**< must be C-contiguous */
  DELTOS_VIEW_F = 0x58,         /**< must be Fortran-contiguous */
  DELTOS_VIEW_ANY = 0x98,       /**< must be contiguous either way */
  DELTOS_VIEW_INDIRECT = 0x118, /**< follows suboffsets too */
  DELTOS_VIEW_FULL_RO = 0x11c,  /**< anything: INDIRECT and FORMAT */
  DELTOS_VIEW_FULL = 0x11d      /**< the same, writable */
};

/**
 * Exports an object's memory: an address, no copy.
 *
 * @param[in]  object  Not NULL. Made in an open transaction: writable, private until commit.
 * @param[in]  flags   DELTOS_VIEW_*.
 * @param[out] view    Owned; deltos_view_release().
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID      Not an object, unknown flags, or FORMAT without ND where elements are not bytes.
 * @retval DELTOS_E_CLOSED       The storage has been closed.
 * @retval DELTOS_E_STALE        Deleted or replaced, and the snapshot it was opened from is no longer held; or its
 *                               transaction was aborted.
 * @retval DELTOS_E_READONLY     WRITABLE, and the storage was opened for READ or STATIC.
 * @retval DELTOS_E_SEALED       WRITABLE, and the object is sealed.
 * @retval DELTOS_E_BUSY         WRITABLE, and somebody is sealing it, or committing, right now; or its memory is just
 *                               being released by another thread. Try again.
 * @retval DELTOS_E_FORKED       The storage is a WRITE handle from before fork().
 * @retval DELTOS_E_LAYOUT       The layout is not the requested one (Fortran order of two dimensions and more; rows
 *                               reached by pointers without INDIRECT, or of lengths of their own, see table.h); or a
 *                               storage at an address where elements are not aligned: open it with COPY.
 * @retval DELTOS_E_IO           Guarded memory was lost, or a lock could not be taken.
 * @retval DELTOS_E_FILESYSTEM   The file system turns out to have no locks.
 * @retval DELTOS_E_CORRUPT, DELTOS_E_FEATURE, DELTOS_E_ADDRESS_SPACE, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: about a microsecond, at most a few system calls; touches no payload.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_acquire(const deltos_object *object, int32_t flags, deltos_view **view,
                                             deltos_error *err);

/**
 * Makes a view of memory that is not the library's, so that it can be shared and released like any other.
 *
 * @param[in]  layout   Filled by the caller; its shape, strides, suboffsets and format are copied, its memory is not.
 * @param[in]  release  Called once when the last view of it goes; not called when this fails. May be NULL.
 * @param[in]  user     Given to release.
 * @param[out] view     Owned; deltos_view_release().
 * @param[out] err      Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, a negative number of dimensions or length, no address for memory that is not empty,
 *                           nbytes that are not shape times itemsize, an owner.
 * @retval DELTOS_E_STRUCT   struct_size is too small, or an unknown field is set.
 * @retval DELTOS_E_FORMAT   The format is malformed, or contradicts itemsize or dtype.
 * @retval DELTOS_E_UNSUPPORTED  The format has pointers or objects of a language.
 * @retval DELTOS_E_LIMIT    More than 64 dimensions, more bytes or wider strides than can be counted, a format that is
 *                           too long, or elements that are too large.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_wrap(const deltos_view *layout, deltos_release release, void *user,
                                          deltos_view **view, deltos_error *err);

/**
 * Another view of the same memory, under another request. It pins what the first one pins; either may be released
 * first.
 *
 * @param[in]  view   Made by the library.
 * @param[in]  flags  DELTOS_VIEW_*; WRITABLE only when @p view is.
 * @param[out] out    Owned; deltos_view_release().
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID   Not a view made by the library, or flags as for deltos_view_acquire().
 * @retval DELTOS_E_READONLY  WRITABLE of a read-only view.
 * @retval DELTOS_E_LAYOUT    The layout is not the requested one.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant, no system call.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_share(const deltos_view *view, int32_t flags, deltos_view **out,
                                           deltos_error *err);

/**
 * Ends a view. Its memory may be unmapped or used again from here on.
 *
 * @param[in,out] view  Made by the library; NULL afterwards. NULL is fine.
 * Never fails, never blocks, takes no lock that is held during a system call or a callback. Threads: any; also after
 * close, detach and fork. Cost: at most a few system calls.
 * @since 0.1
 */
DELTOS_API void deltos_view_release(deltos_view **view);

/** One dimension of deltos_view_slice(). Frozen. */
typedef struct deltos_slice {
  int64_t start;     /**< first index taken; with INDEX: the only one. Negative: counted from the end */
  int64_t stop;      /**< the index before which to end. Negative: counted from the end */
  int64_t step;      /**< from one index to the next; negative: backwards; not 0 */
  uint32_t flags;    /**< DELTOS_SLICE_* */
  uint32_t reserved; /**< 0 */
} deltos_slice;

/** Bits of deltos_slice.flags: what of it counts. */
enum {
  DELTOS_SLICE_NO_START = 1, /**< start is not given: from the beginning, or the end when the step is negative */
  DELTOS_SLICE_NO_STOP = 2,  /**< stop is not given: all the way */
  DELTOS_SLICE_INDEX = 4     /**< one index, and the dimension goes; stop and step are not looked at */
};

/**
 * Part of a view, dimension by dimension, as in Python's slices: start and stop outside a dimension are cut to it, and
 * what is left may be empty. An index must be there.
 *
 * @param[in]  view    Made by the library or filled by the caller.
 * @param[in]  slices  For the first @p count dimensions; the others are taken whole. May be NULL when that is 0.
 * @param[in]  count   0 to view->ndim.
 * @param[out] out     Owned; deltos_view_release().
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, a step of 0, unknown flags, reserved that is not 0, a layout that cannot be.
 * @retval DELTOS_E_RANGE    An index outside its dimension, or more slices than dimensions.
 * @retval DELTOS_E_LAYOUT   Rows are reached by pointers, and the part would need two pointers at one dimension, or one
 *                           that is followed backwards.
 * @retval DELTOS_E_STRUCT   struct_size of a view filled by the caller is too small, or an unknown field is set.
 * @retval DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT  As deltos_view_wrap(), of a view filled by the caller.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: constant, no system call; an index at a dimension of pointers reads one of them.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_slice(const deltos_view *view, const deltos_slice *slices, int32_t count,
                                           deltos_view **out, deltos_error *err);

/**
 * Some consecutive elements along the first dimension. A length that goes beyond the end is cut, so that a loop over
 * offsets walks a view in chunks, the last of which may be short:
 * `for (offset = 0; offset < view->shape[0]; offset += chunk)`.
 *
 * @param[in]  view    Made by the library or filled by the caller; of one dimension at least.
 * @param[in]  offset  The first element, 0 to view->shape[0].
 * @param[in]  length  Elements at most; not negative. out->shape[0] tells how many there are.
 * @param[out] out     Owned; deltos_view_release().
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, or a layout that cannot be.
 * @retval DELTOS_E_RANGE    The offset is outside the view, or the length is negative.
 * @retval DELTOS_E_TYPE     The view has no dimension.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_slice().
 * Threads: any. Cost: constant, no system call.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_window(const deltos_view *view, int64_t offset, int64_t length, deltos_view **out,
                                            deltos_error *err);

/**
 * The same elements with the dimensions in another order.
 *
 * @param[in]  view  Made by the library or filled by the caller.
 * @param[in]  axes  view->ndim numbers: which dimension of @p view each one of @p out is. NULL: all in reverse.
 * @param[out] out   Owned; deltos_view_release().
 * @param[out] err   Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, an axis that is given twice, or a layout that cannot be.
 * @retval DELTOS_E_RANGE    An axis that is not a dimension.
 * @retval DELTOS_E_LAYOUT   Rows are reached by pointers, and one would have to be followed before its index is known.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_slice().
 * Threads: any. Cost: constant, no system call.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_transpose(const deltos_view *view, const int32_t *axes, deltos_view **out,
                                               deltos_error *err);

/**
 * The same elements, counted in C order, under another shape.
 *
 * @param[in]  view   Made by the library or filled by the caller.
 * @param[in]  ndim   0 to 64.
 * @param[in]  shape  @p ndim lengths; one of them may be -1: whatever is left. May be NULL when @p ndim is 0.
 * @param[out] out    Owned; deltos_view_release().
 * @param[out] err    Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, a negative length (but for one -1), or a layout that cannot be.
 * @retval DELTOS_E_TYPE     The shape has another number of elements, or -1 cannot be told because another length is 0.
 * @retval DELTOS_E_LAYOUT   The strides do not allow it: it needs a copy. C-contiguous memory never does.
 * @retval DELTOS_E_LIMIT    More than 64 dimensions, or as deltos_view_wrap().
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_slice().
 * Threads: any. Cost: constant, no system call.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_reshape(const deltos_view *view, int32_t ndim, const int64_t *shape,
                                             deltos_view **out, deltos_error *err);

/**
 * The same bytes as elements of another type. With the same item size any layout will do. With another one the last
 * dimension, which must be packed, gets as many elements as fill the same bytes: 6 int32 become 3 double or 24 bytes.
 * Nothing is converted, and addresses are not checked for alignment.
 *
 * @param[in]  view    Made by the library or filled by the caller.
 * @param[in]  format  Of one element; NULL: from dtype, else "B".
 * @param[in]  dtype   DELTOS_DTYPE_*; 0: from format.
 * @param[out] out     Owned; deltos_view_release().
 * @param[out] err     Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, a dtype that is not known, or a layout that cannot be.
 * @retval DELTOS_E_FORMAT   The format is malformed, or contradicts dtype.
 * @retval DELTOS_E_TYPE     The bytes of the last dimension are not a multiple of the new item size; or the view has no
 *                           dimension and the item sizes differ.
 * @retval DELTOS_E_LAYOUT   The item sizes differ and the last dimension is not packed: it needs a copy.
 * @retval DELTOS_E_UNSUPPORTED  The format has pointers or objects of a language.
 * @retval DELTOS_E_LIMIT    The format is too long, or elements are too large; or as deltos_view_wrap().
 * @retval DELTOS_E_STRUCT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL  As deltos_view_slice().
 * Threads: any. Cost: constant, no system call.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_cast(const deltos_view *view, const char *format, int32_t dtype, deltos_view **out,
                                          deltos_error *err);

/** Answers of deltos_view_contiguity(); what is neither is 0. */
enum {
  DELTOS_CONTIGUOUS_C = 1, /**< packed, the last index fastest */
  DELTOS_CONTIGUOUS_F = 2  /**< packed, the first index fastest; one dimension and empty memory are both */
};

/**
 * Whether the elements lie packed in memory, and in which order.
 *
 * @param[in]  view        Made by the library or filled by the caller.
 * @param[out] contiguity  A sum of DELTOS_CONTIGUOUS_*.
 * @param[out] err         Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID  NULL, or a layout that cannot be.
 * @retval DELTOS_E_STRUCT, DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT, DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 *         As deltos_view_slice().
 * Threads: any. Cost: constant.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_contiguity(const deltos_view *view, int32_t *contiguity, deltos_error *err);

/**
 * Copies elements from one memory into another of the same shape and element type, whatever the layouts. This is how an
 * exported buffer is filled in place from strided, Fortran-ordered or indirect memory. Overlapping memory is copied as
 * if through a temporary.
 *
 * @param[in]  target  Writable; made by the library or filled by the caller.
 * @param[in]  source  Either.
 * @param[out] err     Detail on failure; may be NULL. On failure nothing was written.
 * @retval DELTOS_E_INVALID   NULL, or a layout that cannot be.
 * @retval DELTOS_E_STRUCT    struct_size is too small, or an unknown field is set.
 * @retval DELTOS_E_READONLY  The target is read-only.
 * @retval DELTOS_E_TYPE      Shapes or element types differ. Byte orders are not converted.
 * @retval DELTOS_E_FORMAT, DELTOS_E_UNSUPPORTED, DELTOS_E_LIMIT  As deltos_view_wrap().
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: that of the copy.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_view_copy(const deltos_view *target, const deltos_view *source, deltos_error *err);

/** What a format string means. */
typedef struct deltos_format_info {
  uint32_t struct_size; /**< set by the caller */
  int32_t dtype;        /**< DELTOS_DTYPE_* */
  uint64_t itemsize;    /**< bytes of one element, padding included */
  uint64_t alignment;   /**< of one element: 1, 2, 4, 8 or 16 */
} deltos_format_info;

/**
 * Checks a format string and tells what it means, and how this library would write it: native characters without a
 * prefix where they are native, fields with their names, padding spelled out.
 *
 * @param[in]     format          Not NULL.
 * @param[in,out] info            struct_size set by the caller; may be NULL.
 * @param[out]    canonical       Room for @p canonical_size bytes; may be NULL when the size is 0 or not given.
 * @param[in,out] canonical_size  In: the room. Out: bytes of the canonical form with its NUL. May be NULL.
 * @param[out]    err             Detail on failure; may be NULL.
 * @retval DELTOS_E_INVALID    format is NULL, or room without memory.
 * @retval DELTOS_E_FORMAT     Malformed; the message says where.
 * @retval DELTOS_E_STRUCT     struct_size is smaller than the first version of the struct.
 * @retval DELTOS_E_TOO_SMALL  canonical does not fit; canonical_size tells what it takes.
 * @retval DELTOS_E_UNSUPPORTED  Pointers, or objects of a language.
 * @retval DELTOS_E_LIMIT      More than 64 KiB of text, 65,535 fields, 64 levels of structures or 64 dimensions of a
 *                             sub-array; or items of more than 2^40 bytes.
 * @retval DELTOS_E_NO_MEMORY, DELTOS_E_INTERNAL
 * Threads: any. Cost: in proportion to the length.
 * @since 0.1
 */
DELTOS_API deltos_status deltos_format_describe(const char *format, deltos_format_info *info, char *canonical,
                                                uint64_t *canonical_size, deltos_error *err);

#ifndef DELTOS_PARSE
#ifdef __cplusplus
}
#endif
#endif

/** @} */
#endif
