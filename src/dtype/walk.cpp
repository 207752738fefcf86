#include "dtype/walk.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "dtype/transpose.hpp"

namespace deltos::dtype {
namespace {

// Items a side of a tile that is copied at once when the sides' orders differ: both its rows and its columns stay in
// the first-level cache.
constexpr std::int64_t kTile = 32;

// One side of every dimension of a checked layout.
class Steps {
 public:
  explicit Steps(const Layout &layout) : layout_(layout), strides_(layout.strides) {
    if (strides_ != nullptr) return;
    put_c_strides({layout.shape, static_cast<std::size_t>(layout.ndim)}, layout.item_bytes, room_);
    strides_ = room_;
  }
  Steps(const Steps &) = delete;
  Steps &operator=(const Steps &) = delete;
  ~Steps() = default;
  Step operator[](int dimension) const {
    return {strides_[dimension], layout_.suboffsets == nullptr ? -1 : layout_.suboffsets[dimension]};
  }

 private:
  const Layout &layout_;
  const std::int64_t *strides_;
  std::int64_t room_[kMaxDimensions];
};

bool continues(const Step &outer, const Step &inner, std::int64_t inner_length) {
  std::int64_t distance = 0;
  // Every dimension has a stride: NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage)
  return outer.is_direct() && checked_mul(inner.stride, inner_length, &distance) && outer.stride == distance;
}

void append(Plan *plan, const Dimension &dimension) {
  if (dimension.length == 1 && dimension.is_direct()) return;
  if (plan->count > 0) {
    Dimension &outer = plan->room[static_cast<std::size_t>(plan->count - 1)];
    if (continues(outer.target, dimension.target, dimension.length) &&
        continues(outer.source, dimension.source, dimension.length)) {
      outer = {outer.length * dimension.length, dimension.target, dimension.source};
      return;
    }
  }
  plan->room[static_cast<std::size_t>(plan->count++)] = dimension;
}

// The loops get the sizes that elements usually have as constants; 0 stands for any other.
template <std::size_t kSize>
void copy_each(std::byte *target, std::int64_t target_stride, const std::byte *source, std::int64_t source_stride,
               std::int64_t count, std::size_t size) {
  for (std::int64_t i = 0; i < count; ++i) {
    std::memcpy(target + i * target_stride, source + i * source_stride, kSize == 0 ? size : kSize);
  }
}

template <std::size_t kSize>
bool equal_each(const std::byte *a, std::int64_t a_stride, const std::byte *b, std::int64_t b_stride,
                std::int64_t count, std::size_t size) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (std::memcmp(a + i * a_stride, b + i * b_stride, kSize == 0 ? size : kSize) != 0) return false;
  }
  return true;
}

bool is_packed(std::int64_t stride, std::uint64_t item_bytes) {
  return stride == static_cast<std::int64_t>(item_bytes);
}

// Whether walking the outer of two dimensions goes through memory more closely than walking the inner one.
bool is_crosswise(const Step &outer, const Step &inner) {
  return outer.stride != 0 && std::abs(outer.stride) < std::abs(inner.stride);
}

void copy_tile(const Dimension &outer, const Dimension &inner, std::byte *target, std::byte *source,
               std::uint64_t item_bytes) {
  for (std::int64_t i = 0; i < outer.length; ++i) {
    copy_row(outer.target.at(target, i), inner.target.stride, outer.source.at(source, i), inner.source.stride,
             inner.length, item_bytes);
  }
}

// The usual case, of which there is a faster copy: one side is packed along the outer dimension, the other along the
// inner one.
bool copy_transposed(const Dimension &outer, const Dimension &inner, std::byte *target, const std::byte *source,
                     std::uint64_t item_bytes) {
  if (!can_transpose(item_bytes)) return false;
  const bool is_inner = is_packed(inner.target.stride, item_bytes) && is_packed(outer.source.stride, item_bytes);
  const bool is_outer = is_packed(outer.target.stride, item_bytes) && is_packed(inner.source.stride, item_bytes);
  if (!is_inner && !is_outer) return false;
  const Dimension &packed = is_inner ? inner : outer, &other = is_inner ? outer : inner;
  transpose_items(target, other.target.stride, other.length, source, packed.source.stride, packed.length, item_bytes);
  return true;
}

void copy_crosswise(const Dimension &outer, const Dimension &inner, std::byte *target, std::byte *source,
                    std::uint64_t item_bytes) {
  if (copy_transposed(outer, inner, target, source, item_bytes)) return;
  Dimension rows = outer, columns = inner;
  for (std::int64_t i = 0; i < outer.length; i += kTile) {
    rows.length = std::min(kTile, outer.length - i);
    for (std::int64_t j = 0; j < inner.length; j += kTile) {
      columns.length = std::min(kTile, inner.length - j);
      copy_tile(rows, columns, inner.target.at(outer.target.at(target, i), j),
                inner.source.at(outer.source.at(source, i), j), item_bytes);
    }
  }
}

// Moves the dimension along which one side lies closest next to the innermost one, so that the two are tiled; false
// where the innermost one is closest already.
bool pair_crosswise(std::span<Dimension> dimensions, Step Dimension::*side) {
  const auto inner = dimensions.end() - 1;
  const auto closest = std::min_element(dimensions.begin(), inner, [&](const Dimension &a, const Dimension &b) {
    const std::int64_t a_stride = std::abs((a.*side).stride), b_stride = std::abs((b.*side).stride);
    return a_stride != 0 && (b_stride == 0 || a_stride < b_stride);
  });
  if (!is_crosswise((*closest).*side, (*inner).*side)) return false;
  std::rotate(closest, closest + 1, inner);
  return true;
}

void copy_ordered(Dimensions dimensions, std::byte *target, std::byte *source, std::uint64_t item_bytes) {
  const Dimension &first = dimensions.front();
  if (dimensions.size() == 1) {
    copy_row(target, first.target.stride, source, first.source.stride, first.length, item_bytes);
    return;
  }
  if (dimensions.size() == 2 && first.is_direct()) {
    const Dimension &inner = dimensions.back();
    const bool crosswise = is_crosswise(first.target, inner.target) || is_crosswise(first.source, inner.source);
    (crosswise ? copy_crosswise : copy_tile)(first, inner, target, source, item_bytes);
    return;
  }
  for (std::int64_t i = 0; i < first.length; ++i) {
    copy_ordered(dimensions.subspan(1), first.target.at(target, i), first.source.at(source, i), item_bytes);
  }
}

}  // namespace

Plan make_plan(const Layout &target, const Layout &source) {
  Plan plan;
  plan.target = target.data;
  plan.source = source.data;
  plan.item_bytes = source.item_bytes;
  plan.is_empty = is_empty(source);
  if (plan.is_empty) return plan;
  const Steps target_steps(target), source_steps(source);
  for (int i = 0; i < source.ndim; ++i) append(&plan, {source.shape[i], target_steps[i], source_steps[i]});
  if (plan.count == 0 || !plan.room[static_cast<std::size_t>(plan.count - 1)].is_direct()) {
    const Step step{static_cast<std::int64_t>(source.item_bytes), -1};
    plan.room[static_cast<std::size_t>(plan.count++)] = {1, step, step};
  }
  return plan;
}

void copy_items(Dimensions dimensions, std::byte *target, std::byte *source, std::uint64_t item_bytes) {
  std::array<Dimension, kMaxDimensions + 1> room;
  const auto end = std::copy(dimensions.begin(), dimensions.end(), room.begin());
  const std::span<Dimension> ordered(room.begin(), end);
  const bool is_direct = std::all_of(room.begin(), end, [](const Dimension &each) { return each.is_direct(); });
  if (is_direct && ordered.size() > 2 && !pair_crosswise(ordered, &Dimension::source)) {
    pair_crosswise(ordered, &Dimension::target);
  }
  copy_ordered(ordered, target, source, item_bytes);
}

void copy_row(std::byte *target, std::int64_t target_stride, const std::byte *source, std::int64_t source_stride,
              std::int64_t count, std::uint64_t item_bytes) {
  if (is_packed(target_stride, item_bytes) && is_packed(source_stride, item_bytes)) {
    std::memcpy(target, source, static_cast<std::size_t>(count) * item_bytes);
    return;
  }
  const auto copy = item_bytes == 1    ? copy_each<1>
                    : item_bytes == 2  ? copy_each<2>
                    : item_bytes == 4  ? copy_each<4>
                    : item_bytes == 8  ? copy_each<8>
                    : item_bytes == 16 ? copy_each<16>
                                       : copy_each<0>;
  copy(target, target_stride, source, source_stride, count, item_bytes);
}

bool equal_row(const std::byte *a, std::int64_t a_stride, const std::byte *b, std::int64_t b_stride, std::int64_t count,
               std::uint64_t item_bytes) {
  if (is_packed(a_stride, item_bytes) && is_packed(b_stride, item_bytes)) {
    return std::memcmp(a, b, static_cast<std::size_t>(count) * item_bytes) == 0;
  }
  const auto equal = item_bytes == 1    ? equal_each<1>
                     : item_bytes == 2  ? equal_each<2>
                     : item_bytes == 4  ? equal_each<4>
                     : item_bytes == 8  ? equal_each<8>
                     : item_bytes == 16 ? equal_each<16>
                                        : equal_each<0>;
  return equal(a, a_stride, b, b_stride, count, item_bytes);
}

}  // namespace deltos::dtype
