// Other layouts over the same memory: parts, other orders and other shapes of an array, without touching an item.
//
// Pointers are followed only where an index drops a dimension of pointers for good. Where the result cannot be
// described by strides and suboffsets the answer is Code::layout, and a copy is what helps.
#pragma once

#include <span>
#include <vector>

#include "dtype/layout.hpp"

namespace deltos::dtype {

// What a Layout borrows, owned. Strides are always there; suboffsets are empty where no pointer is followed.
struct Part {
  std::byte *data = nullptr;
  std::vector<std::int64_t> shape, strides, suboffsets;
};

// One dimension of a slice, by the rules of Python.
struct Slice {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  std::int64_t step = 1;
  bool has_start = true;
  bool has_stop = true;
  bool is_index = false;  // `start` alone, and the dimension goes
};

// All take layouts that check_layout accepts.

// Slices for the first dimensions. range: an index outside, more slices than dimensions. invalid: a step of 0.
Result<Part> slice(const Layout &layout, std::span<const Slice> slices);
// Up to `length` items along the first dimension. range; type: there is no dimension.
Result<Part> window(const Layout &layout, std::int64_t offset, std::int64_t length);
// Dimension i becomes what axes[i] was. invalid: not a permutation. range: not a dimension.
Result<Part> transpose(const Layout &layout, std::span<const std::int32_t> axes);
// One length may be -1. type: another number of items. invalid: other negative lengths. limit: too many dimensions.
Result<Part> reshape(const Layout &layout, std::span<const std::int64_t> shape);
// Items of another size over the same bytes, which the last dimension makes up for. type: they do not divide.
Result<Part> resize_items(const Layout &layout, std::uint64_t item_bytes);

// The address of one item of a layout that has its strides; `index` is as long as that has dimensions. range: names the
// dimension.
Result<std::byte *> item_address(const Layout &layout, const std::int64_t *index);

}  // namespace deltos::dtype
