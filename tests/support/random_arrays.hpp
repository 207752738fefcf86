// Random arrays of every layout there is, strided, reversed, repeated and indirect, with their memory; and the
// addresses of their items by the rule of PEP 3118, which is the model that everything else is held against.
#pragma once

#include <algorithm>
#include <deque>
#include <numeric>
#include <random>
#include <vector>

#include "base/bytes.hpp"
#include "dtype/layout.hpp"

namespace deltos::test {

using dtype::is_empty;
using dtype::Layout;

using Numbers = std::vector<std::int64_t>;
using Blob = std::vector<std::byte>;

// Owns what a Layout borrows, and the blocks its pointers lead to.
struct Array {
  Numbers shape, strides, suboffsets;
  std::uint64_t item_bytes = 1;
  std::byte *data = nullptr;
  std::deque<Blob> blocks = {};

  Layout layout() const {
    return {data,
            static_cast<int>(shape.size()),
            shape.data(),
            strides.empty() ? nullptr : strides.data(),
            suboffsets.empty() ? nullptr : suboffsets.data(),
            item_bytes};
  }
};

// The address of an item by the rule of PEP 3118, dimension by dimension.
inline std::byte *item_at(const Layout &layout, const Numbers &index) {
  std::byte *place = layout.data;
  for (std::size_t i = 0; i < index.size(); ++i) {
    place += layout.strides[i] * index[i];
    if (layout.suboffsets != nullptr && layout.suboffsets[i] >= 0) {
      place = load<std::byte *>(place) + layout.suboffsets[i];
    }
  }
  return place;
}

// Addresses of all items in C order.
inline std::vector<std::byte *> items_of(const Layout &layout) {
  std::vector<std::byte *> items;
  if (is_empty(layout)) return items;
  Numbers index(static_cast<std::size_t>(layout.ndim), 0);
  for (;;) {
    items.push_back(item_at(layout, index));
    std::size_t dimension = index.size();
    while (dimension > 0 && ++index[dimension - 1] == layout.shape[dimension - 1]) index[--dimension] = 0;
    if (dimension == 0) return items;
  }
}

inline Blob bytes_of(const Layout &layout) {
  Blob bytes;
  for (const std::byte *item : items_of(layout)) bytes.insert(bytes.end(), item, item + layout.item_bytes);
  return bytes;
}

inline Blob numbered(std::size_t size, std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  Blob bytes(size);
  for (std::byte &each : bytes) each = static_cast<std::byte>(random());
  return bytes;
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(limit));
  }
  bool one_in(std::int64_t chances) { return below(chances) == 0; }

  Numbers shape() {
    Numbers shape(static_cast<std::size_t>(below(7)));
    for (std::int64_t &length : shape) length = one_in(20) ? 0 : below(4) + 1;
    return shape;
  }
  std::uint64_t item_bytes() {
    constexpr std::uint64_t kSizes[] = {1, 2, 4, 8, 16, 3, 5, 12, 24, 33};
    return kSizes[below(10)];
  }

  // Strides in a random order of dimensions, with gaps and reversals. Every item has bytes of its own unless
  // `may_repeat`.
  Array direct(const Numbers &shape, std::uint64_t item_bytes, bool may_repeat = false) {
    Array array{shape, Numbers(shape.size()), {}, item_bytes, nullptr, {}};
    const Section only = lay_out(&array, 0, shape.size(), static_cast<std::int64_t>(item_bytes), may_repeat);
    array.data = allot(&array, only, 0);
    return array;
  }

  // Pointers at one random dimension at least.
  Array indirect(const Numbers &shape, std::uint64_t item_bytes) {
    Array array{shape, Numbers(shape.size()), Numbers(shape.size(), -1), item_bytes, nullptr, {}};
    array.suboffsets[static_cast<std::size_t>(below(static_cast<std::int64_t>(shape.size())))] = below(9);
    for (std::int64_t &suboffset : array.suboffsets) {
      if (one_in(4)) suboffset = below(9);
    }
    std::vector<Section> sections;
    for (std::size_t begin = 0; begin < shape.size();) {
      std::size_t end = begin;
      while (end < shape.size() && array.suboffsets[end] < 0) ++end;
      const bool is_last = end == shape.size();
      end += is_last ? 0 : 1;
      const auto unit = static_cast<std::int64_t>(is_last ? item_bytes : sizeof(void *));
      sections.push_back(lay_out(&array, begin, end, unit, false));
      begin = end;
    }
    if (array.suboffsets.back() >= 0) {
      sections.push_back(lay_out(&array, shape.size(), shape.size(), static_cast<std::int64_t>(item_bytes), false));
    }
    array.data = build(&array, sections, 0, 0);
    return array;
  }

 private:
  // A run of dimensions whose units lie in one block.
  struct Section {
    std::size_t begin, end;
    std::int64_t bytes, first;  // of the block, and where its unit [0, ..., 0] lies
  };

  Section lay_out(Array *array, std::size_t begin, std::size_t end, std::int64_t unit, bool may_repeat) {
    std::vector<std::size_t> order(end - begin);
    std::iota(order.rbegin(), order.rend(), begin);
    if (one_in(2)) std::shuffle(order.begin(), order.end(), engine_);
    Section section{begin, end, unit, 0};
    for (const std::size_t dimension : order) {
      const std::int64_t length = std::max<std::int64_t>(array->shape[dimension], 1);
      if (may_repeat && one_in(4)) continue;
      std::int64_t stride = section.bytes + (one_in(3) ? below(20) : 0);
      section.bytes = stride * length;
      if (one_in(4)) {
        section.first += stride * (length - 1);
        stride = -stride;
      }
      array->strides[dimension] = stride;
    }
    return section;
  }

  std::byte *allot(Array *array, const Section &section, std::int64_t before) {
    array->blocks.push_back(
        numbered(static_cast<std::size_t>(before + section.bytes), static_cast<std::uint32_t>(engine_())));
    return array->blocks.back().data() + section.first;
  }

  // Allots a block for section `number`, behind `before` unused bytes, and what its pointers lead to; returns what a
  // pointer to it holds.
  std::byte *build(Array *array, const std::vector<Section> &sections, std::size_t number, std::int64_t before) {
    const Section &section = sections[number];
    std::byte *data = allot(array, section, before);
    if (number + 1 == sections.size() || is_empty(array->layout())) return data;
    Layout pointers = array->layout();
    pointers.data = data + before;
    pointers.ndim = static_cast<int>(section.end - section.begin);
    pointers.shape += section.begin;
    pointers.strides += section.begin;
    pointers.suboffsets = nullptr;
    for (std::byte *pointer : items_of(pointers)) {
      save(pointer, build(array, sections, number + 1, array->suboffsets[section.end - 1]));
    }
    return data;
  }

  std::mt19937 engine_;
};

// A random array of the shape: direct, sometimes with items in several places, or indirect.
inline Array any_source(Random *random, const Numbers &shape, std::uint64_t item_bytes) {
  if (!shape.empty() && random->one_in(3)) return random->indirect(shape, item_bytes);
  return random->direct(shape, item_bytes, random->one_in(3));
}

inline Array any_target(Random *random, const Numbers &shape, std::uint64_t item_bytes) {
  if (!shape.empty() && random->one_in(3)) return random->indirect(shape, item_bytes);
  return random->direct(shape, item_bytes);
}

}  // namespace deltos::test
