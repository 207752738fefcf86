#include "dtype/layout.hpp"

#include <algorithm>
#include <limits>

namespace deltos::dtype {
namespace {

constexpr std::uint64_t kMaxBytes = std::numeric_limits<std::int64_t>::max();

Error too_large() { return fail(Code::limit, "the array is larger than 2^63 - 1 bytes; make it smaller or split it"); }

Error too_wide() {
  return fail(Code::limit, "the strides reach further than 2^63 - 1 bytes from the first item; check the strides");
}

std::span<const std::int64_t> shape_of(const Layout &layout) {
  return {layout.shape, static_cast<std::size_t>(layout.ndim)};
}

bool is_indirect_at(const Layout &layout, int dimension) {
  return layout.suboffsets != nullptr && layout.suboffsets[dimension] >= 0;
}

// Bytes that all lengths but zeros make together: what strides of any order need to fit.
Result<std::uint64_t> span_of(std::span<const std::int64_t> shape, std::uint64_t item_bytes) {
  DELTOS_TRY(check_dimensions(static_cast<std::int64_t>(shape.size())));
  if (item_bytes == 0) return fail(Code::invalid, "the items have no bytes; an item has at least one");
  std::uint64_t bytes = item_bytes;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 0) {
      return fail(Code::invalid, "dimension %zu has length %lld; lengths are 0 or more", i,
                  static_cast<long long>(shape[i]));
    }
    if (shape[i] > 0 && !checked_mul(bytes, static_cast<std::uint64_t>(shape[i]), &bytes)) return too_large();
  }
  if (bytes > kMaxBytes) return too_large();
  return bytes;
}

bool has_zero(std::span<const std::int64_t> shape) { return std::find(shape.begin(), shape.end(), 0) != shape.end(); }

// Widens a reach by what index 0 to length - 1 adds.
bool extend(Reach *reach, std::int64_t length, std::int64_t stride) {
  std::int64_t distance = 0;
  if (!checked_mul(stride, length - 1, &distance)) return false;
  std::int64_t &end = distance < 0 ? reach->low : reach->high;
  return checked_add(end, distance, &end) && end != std::numeric_limits<std::int64_t>::min();
}

// Of the dimensions from `first` up to the one whose pointers lead elsewhere, or to the items; `next` is set to the one
// after.
Result<Reach> reach_of_block(const Layout &layout, int first, std::span<const std::int64_t> strides, int *next) {
  Reach reach;
  int dimension = first;
  bool is_pointers = false;
  for (; dimension < layout.ndim && !is_pointers; ++dimension) {
    if (!extend(&reach, layout.shape[dimension], strides[dimension])) return too_wide();
    is_pointers = is_indirect_at(layout, dimension);
  }
  const std::uint64_t size = is_pointers ? sizeof(void *) : layout.item_bytes;
  if (!checked_add(reach.high, static_cast<std::int64_t>(size), &reach.high)) return too_wide();
  *next = is_pointers ? dimension : layout.ndim + 1;
  return reach;
}

Status check_shape(const Layout &layout) {
  DELTOS_TRY(check_shape_given(layout.ndim, layout.shape));
  DELTOS_TRY(span_of(shape_of(layout), layout.item_bytes));
  return {};
}

// Strides of a layout whose shape is checked.
std::span<const std::int64_t> strides_of(const Layout &layout, std::span<std::int64_t, kMaxDimensions> room) {
  const auto ndim = static_cast<std::size_t>(layout.ndim);
  if (layout.strides != nullptr) return {layout.strides, ndim};
  put_c_strides(shape_of(layout), layout.item_bytes, room);
  return room.first(ndim);
}

// Whether the strides are those of items packed in the order in which `at` counts the dimensions, fastest first.
template <class At>
bool is_packed(const Layout &layout, At at) {
  if (is_indirect(layout)) return false;
  if (is_empty(layout)) return true;
  std::int64_t room[kMaxDimensions];
  const std::span<const std::int64_t> strides = strides_of(layout, room);
  auto expected = static_cast<std::int64_t>(layout.item_bytes);
  for (int i = 0; i < layout.ndim; ++i) {
    const int dimension = at(i);
    if (layout.shape[dimension] > 1 && strides[static_cast<std::size_t>(dimension)] != expected) return false;
    expected *= layout.shape[dimension];
  }
  return true;
}

// As numbers, so that comparing blocks of different origin is defined.
struct Range {
  std::uintptr_t low, high;
};

bool overlaps(const Range &a, const Range &b) {
  return a.low < a.high && b.low < b.high && a.low < b.high && b.low < a.high;
}

}  // namespace

Status check_dimensions(std::int64_t count) {
  if (count < 0) return fail(Code::invalid, "%lld is not a number of dimensions", static_cast<long long>(count));
  if (count <= kMaxDimensions) return {};
  return fail(Code::limit, "%lld dimensions are too many; at most %d are possible", static_cast<long long>(count),
              kMaxDimensions);
}

Status check_shape_given(int ndim, const std::int64_t *shape) {
  DELTOS_TRY(check_dimensions(ndim));
  if (ndim == 0 || shape != nullptr) return {};
  return fail(Code::invalid, "the shape is missing for %d dimensions", ndim);
}

Status check_layout(const Layout &layout) {
  DELTOS_TRY(check_shape(layout));
  if (is_empty(layout)) return {};
  std::int64_t room[kMaxDimensions];
  const std::span<const std::int64_t> strides = strides_of(layout, room);
  for (int dimension = 0; dimension <= layout.ndim;) {
    DELTOS_TRY(reach_of_block(layout, dimension, strides, &dimension));
  }
  return {};
}

Result<std::uint64_t> item_count(std::span<const std::int64_t> shape) { return byte_count(shape, 1); }

Result<std::uint64_t> byte_count(std::span<const std::int64_t> shape, std::uint64_t item_bytes) {
  DELTOS_ASSIGN(const std::uint64_t span, span_of(shape, item_bytes));
  return has_zero(shape) ? 0 : span;
}

Result<std::uint64_t> item_count(const Layout &layout) {
  DELTOS_TRY(check_shape(layout));
  return item_count(shape_of(layout));
}

Result<std::uint64_t> byte_count(const Layout &layout) {
  DELTOS_TRY(check_shape(layout));
  return byte_count(shape_of(layout), layout.item_bytes);
}

bool is_empty(const Layout &layout) { return has_zero(shape_of(layout)); }

bool is_indirect(const Layout &layout) {
  for (int i = 0; i < layout.ndim; ++i) {
    if (is_indirect_at(layout, i)) return true;
  }
  return false;
}

bool is_c_contiguous(const Layout &layout) {
  return is_packed(layout, [&](int i) { return layout.ndim - 1 - i; });
}

bool is_f_contiguous(const Layout &layout) {
  return is_packed(layout, [](int i) { return i; });
}

Status fill_c_strides(std::span<const std::int64_t> shape, std::uint64_t item_bytes, std::span<std::int64_t> strides) {
  DELTOS_TRY(span_of(shape, item_bytes));
  put_c_strides(shape, item_bytes, strides);
  return {};
}

void put_c_strides(std::span<const std::int64_t> shape, std::uint64_t item_bytes, std::span<std::int64_t> strides) {
  auto stride = static_cast<std::int64_t>(item_bytes);
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<std::int64_t>(shape[i], 1);
  }
}

Status fill_f_strides(std::span<const std::int64_t> shape, std::uint64_t item_bytes, std::span<std::int64_t> strides) {
  DELTOS_TRY(span_of(shape, item_bytes));
  auto stride = static_cast<std::int64_t>(item_bytes);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    strides[i] = stride;
    stride *= std::max<std::int64_t>(shape[i], 1);
  }
  return {};
}

Result<Reach> reach_of(const Layout &layout) {
  DELTOS_TRY(check_shape(layout));
  if (is_empty(layout)) return Reach{};
  std::int64_t room[kMaxDimensions];
  int next = 0;
  return reach_of_block(layout, 0, strides_of(layout, room), &next);
}

bool overlaps(Bytes a, Bytes b) {
  const auto start_a = reinterpret_cast<std::uintptr_t>(a.data()), start_b = reinterpret_cast<std::uintptr_t>(b.data());
  return overlaps(Range{start_a, start_a + a.size()}, Range{start_b, start_b + b.size()});
}

bool may_overlap(const Layout &a, const Layout &b) {
  if (is_empty(a) || is_empty(b)) return false;
  if (is_indirect(a) || is_indirect(b)) return true;
  const Result<Reach> reach_a = reach_of(a), reach_b = reach_of(b);
  if (!reach_a.ok() || !reach_b.ok()) return true;
  const auto data_a = reinterpret_cast<std::uintptr_t>(a.data), data_b = reinterpret_cast<std::uintptr_t>(b.data);
  return overlaps(
      Range{data_a + static_cast<std::uintptr_t>(reach_a->low), data_a + static_cast<std::uintptr_t>(reach_a->high)},
      Range{data_b + static_cast<std::uintptr_t>(reach_b->low), data_b + static_cast<std::uintptr_t>(reach_b->high)});
}

}  // namespace deltos::dtype
