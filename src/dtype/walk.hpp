// Two layouts of equal shape walked side by side: what copying, filling and comparing have in common.
//
// Dimensions are reduced first: those of length 1 fall away, neighbours that one stride describes become one. The last
// dimension of a plan is never indirect, so that kernels see rows of items at a fixed distance.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dtype/layout.hpp"

namespace deltos::dtype {

// One side of a dimension.
struct Step {
  std::int64_t stride = 0;
  std::int64_t suboffset = -1;  // negative: the items follow directly

  bool is_direct() const { return suboffset < 0; }
  std::byte *at(std::byte *base, std::int64_t index) const {
    std::byte *place = base + index * stride;
    return is_direct() ? place : load<std::byte *>(place) + suboffset;
  }
};

struct Dimension {
  std::int64_t length = 1;
  Step target, source;

  bool is_direct() const { return target.is_direct() && source.is_direct(); }
};
using Dimensions = std::span<const Dimension>;

struct Plan {
  std::byte *target = nullptr;
  std::byte *source = nullptr;
  std::uint64_t item_bytes = 1;
  bool is_empty = false;  // nothing to do; then nothing else holds
  int count = 0;          // at least 1
  std::array<Dimension, kMaxDimensions + 1> room;

  Dimensions dimensions() const { return {room.data(), static_cast<std::size_t>(count)}; }
};

// Both must be checked and of equal shape and item size.
Plan make_plan(const Layout &target, const Layout &source);

// Calls row(target, source, innermost dimension) for every row in C order until one returns false.
template <class Row>
bool for_each_row(Dimensions dimensions, std::byte *target, std::byte *source, const Row &row) {
  const Dimension &first = dimensions.front();
  if (dimensions.size() == 1) return row(target, source, first);
  for (std::int64_t i = 0; i < first.length; ++i) {
    if (!for_each_row(dimensions.subspan(1), first.target.at(target, i), first.source.at(source, i), row)) return false;
  }
  return true;
}

// Copies every item; the two sides must not overlap. Faster than row by row where the sides' orders differ.
void copy_items(Dimensions dimensions, std::byte *target, std::byte *source, std::uint64_t item_bytes);

// `count` items from `source` to `target`, each side with its stride.
void copy_row(std::byte *target, std::int64_t target_stride, const std::byte *source, std::int64_t source_stride,
              std::int64_t count, std::uint64_t item_bytes);

// Whether `count` items are the same bytes.
bool equal_row(const std::byte *a, std::int64_t a_stride, const std::byte *b, std::int64_t b_stride, std::int64_t count,
               std::uint64_t item_bytes);

}  // namespace deltos::dtype
