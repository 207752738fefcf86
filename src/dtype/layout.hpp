// Where the items of an array lie: arithmetic on shape, strides and suboffsets, checked against wrapping.
//
// Contiguity follows CPython: an array without items is contiguous both ways, and the stride of a dimension of length 1
// does not count. Nothing here touches the items.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/status.hpp"

namespace deltos::dtype {

constexpr int kMaxDimensions = 64;  // PyBUF_MAX_NDIM

// Borrowed in every part. Negative extents, more dimensions than kMaxDimensions and sizes beyond 2^63 - 1 bytes are
// refused by every function that returns a Status or Result; the others expect a layout that check_layout accepts.
struct Layout {
  std::byte *data = nullptr;  // address of item [0, ..., 0], or of the pointers that lead to it
  int ndim = 0;
  const std::int64_t *shape = nullptr;       // ndim; null only when ndim is 0
  const std::int64_t *strides = nullptr;     // ndim, in bytes; null: C order
  const std::int64_t *suboffsets = nullptr;  // ndim, negative: no pointer at that dimension; null: none anywhere
  std::uint64_t item_bytes = 1;
};

// Code::invalid for a negative number, Code::limit for more than kMaxDimensions.
Status check_dimensions(std::int64_t count);
// The same, and Code::invalid for a null shape where there are dimensions.
Status check_shape_given(int ndim, const std::int64_t *shape);

// Code::invalid for what no array can have: fewer than 0 dimensions, a null shape, a negative extent, items of 0 bytes.
// Code::limit for more dimensions, bytes or distance between items than can be counted.
Status check_layout(const Layout &layout);

Result<std::uint64_t> item_count(std::span<const std::int64_t> shape);
Result<std::uint64_t> byte_count(std::span<const std::int64_t> shape, std::uint64_t item_bytes);
Result<std::uint64_t> item_count(const Layout &layout);
Result<std::uint64_t> byte_count(const Layout &layout);

bool is_empty(const Layout &layout);     // some extent is 0
bool is_indirect(const Layout &layout);  // some suboffset is not negative
bool is_c_contiguous(const Layout &layout);
bool is_f_contiguous(const Layout &layout);

// `strides` must be as long as `shape`.
Status fill_c_strides(std::span<const std::int64_t> shape, std::uint64_t item_bytes, std::span<std::int64_t> strides);
// The same for a shape that has been checked.
void put_c_strides(std::span<const std::int64_t> shape, std::uint64_t item_bytes, std::span<std::int64_t> strides);
Status fill_f_strides(std::span<const std::int64_t> shape, std::uint64_t item_bytes, std::span<std::int64_t> strides);

// Bytes a layout touches, relative to `data`: [low, high). Both 0 for an empty array. Of an indirect layout, the bytes
// of the block at `data` only, which holds the pointers.
struct Reach {
  std::int64_t low = 0;
  std::int64_t high = 0;
};
Result<Reach> reach_of(const Layout &layout);

// Whether two pieces of memory share a byte; a piece without bytes shares none.
bool overlaps(Bytes a, Bytes b);

// Whether two layouts may share a byte. Exact for direct layouts that are contiguous; otherwise it may say yes for
// interleaved ones, and always does when one is indirect and both have items.
bool may_overlap(const Layout &a, const Layout &b);

}  // namespace deltos::dtype
