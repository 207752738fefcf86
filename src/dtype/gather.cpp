#include "dtype/gather.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "dtype/copy.hpp"
#include "dtype/walk.hpp"

namespace deltos::dtype {
namespace {

Error no_row(std::size_t place, std::int64_t row, std::int64_t length) {
  return fail(Code::range, "row number %zu is %lld; the source has rows 0 to %lld", place, static_cast<long long>(row),
              static_cast<long long>(length - 1));
}

Status check_rows(std::span<const std::int64_t> rows, std::int64_t length) {
  const auto limit = static_cast<std::uint64_t>(length);
  bool is_inside = true;
  for (const std::int64_t row : rows) is_inside &= static_cast<std::uint64_t>(row) < limit;
  if (is_inside) return {};
  const auto outside = std::find_if(rows.begin(), rows.end(),
                                    [&](std::int64_t row) { return static_cast<std::uint64_t>(row) >= limit; });
  return no_row(static_cast<std::size_t>(outside - rows.begin()), *outside, length);
}

Status check_fit(const Layout &target, const Layout &source, std::size_t count) {
  DELTOS_TRY(check_layout(target));
  DELTOS_TRY(check_layout(source));
  const bool fits = source.ndim > 0 && target.ndim == source.ndim && target.item_bytes == source.item_bytes &&
                    static_cast<std::uint64_t>(target.shape[0]) == count &&
                    std::equal(source.shape + 1, source.shape + source.ndim, target.shape + 1);
  if (fits) return {};
  return fail(Code::layout, "the target must have %zu rows of the shape and item size of the source", count);
}

// The layout of one row, wherever it is.
Layout row_of(const Layout &layout) {
  Layout row = layout;
  --row.ndim;
  ++row.shape;
  ++row.strides;
  if (row.suboffsets != nullptr) ++row.suboffsets;
  return row;
}

Step step_of(const Layout &layout) {
  return {layout.strides[0], layout.suboffsets == nullptr ? -1 : layout.suboffsets[0]};
}

// Copies row after row; a number is looked at once, because the memory it lies in may be shared.
template <class To, class From, class CopyRow>
Status copy_each(std::int64_t length, std::span<const std::int64_t> rows, const To &to, const From &from,
                 const CopyRow &copy_row) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int64_t row = static_cast<const volatile std::int64_t &>(rows[i]);
    if (row < 0 || row >= length) return no_row(i, row, length);
    copy_row(to(static_cast<std::int64_t>(i)), from(row));
  }
  return {};
}

template <class CopyRow>
Status for_each_number(const Layout &target, const Layout &source, std::span<const std::int64_t> rows,
                       const CopyRow &copy_row) {
  const Step to = step_of(target), from = step_of(source);
  if (!to.is_direct() || !from.is_direct()) {
    return copy_each(
        source.shape[0], rows, [&](std::int64_t i) { return to.at(target.data, i); },
        [&](std::int64_t i) { return from.at(source.data, i); }, copy_row);
  }
  std::byte *const to_data = target.data, *const from_data = source.data;
  const std::int64_t to_stride = to.stride, from_stride = from.stride;
  return copy_each(
      source.shape[0], rows, [=](std::int64_t i) { return to_data + i * to_stride; },
      [=](std::int64_t i) { return from_data + i * from_stride; }, copy_row);
}

template <std::size_t kSize>
Status gather_words(const Layout &target, const Layout &source, std::span<const std::int64_t> rows) {
  return for_each_number(target, source, rows,
                         [](std::byte *to, const std::byte *from) { std::memcpy(to, from, kSize); });
}

Status gather_apart(const Layout &target, const Layout &source, std::span<const std::int64_t> rows) {
  const Plan plan = make_plan(row_of(target), row_of(source));
  if (plan.is_empty) return {};
  const Dimension &only = plan.dimensions().front();
  const auto item_bytes = static_cast<std::int64_t>(plan.item_bytes);
  const bool is_packed =
      plan.count == 1 && (only.length == 1 || (only.target.stride == item_bytes && only.source.stride == item_bytes));
  if (!is_packed) {
    return for_each_number(target, source, rows, [&](std::byte *to, std::byte *from) {
      copy_items(plan.dimensions(), to, from, plan.item_bytes);
    });
  }
  const std::uint64_t size = static_cast<std::uint64_t>(only.length) * plan.item_bytes;
  if (size == 1) return gather_words<1>(target, source, rows);
  if (size == 2) return gather_words<2>(target, source, rows);
  if (size == 4) return gather_words<4>(target, source, rows);
  if (size == 8) return gather_words<8>(target, source, rows);
  if (size == 16) return gather_words<16>(target, source, rows);
  return for_each_number(target, source, rows,
                         [&](std::byte *to, const std::byte *from) { std::memcpy(to, from, size); });
}

}  // namespace

Status gather(const Layout &target, const Layout &source, std::span<const std::int64_t> rows) {
  DELTOS_TRY(check_fit(target, source, rows.size()));
  DELTOS_TRY(check_rows(rows, source.shape[0]));
  if (is_empty(target)) return {};
  const std::int64_t count = static_cast<std::int64_t>(rows.size());
  const std::int64_t stride = sizeof(std::int64_t);
  // A layout gives addresses only; nothing is stored through this one.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  auto *const numbers = reinterpret_cast<std::byte *>(const_cast<std::int64_t *>(rows.data()));
  if (!may_overlap(target, source) && !may_overlap(target, {numbers, 1, &count, &stride, nullptr, sizeof(stride)})) {
    return gather_apart(target, source, rows);
  }
  DELTOS_ASSIGN(const std::uint64_t size, byte_count(target));
  const auto aside = std::make_unique_for_overwrite<std::byte[]>(size);
  std::int64_t strides[kMaxDimensions];
  put_c_strides({target.shape, static_cast<std::size_t>(target.ndim)}, target.item_bytes, strides);
  DELTOS_TRY(gather_apart({aside.get(), target.ndim, target.shape, strides, nullptr, target.item_bytes}, source, rows));
  return copy_in(target, {aside.get(), size});
}

}  // namespace deltos::dtype
