// Tables in memory: made, wrapped, and over views.
#include <cstdlib>

#include "object/table.hpp"

namespace deltos::object {
namespace {

constexpr std::uint64_t kRowAlignment = 64;

Error too_large() { return fail(Code::limit, "the rows have more bytes than can be counted; the limit is 2^63"); }

std::vector<std::uint64_t> ragged_bytes(const RowLengths &lengths, std::uint64_t item_bytes) {
  std::vector<std::uint64_t> bytes;
  if (!lengths.ragged()) return bytes;
  bytes.reserve(static_cast<std::size_t>(lengths.rows));
  for (std::int64_t i = 0; i < lengths.rows; ++i)
    bytes.push_back(static_cast<std::uint64_t>(lengths.lengths[i]) * item_bytes);
  return bytes;
}

std::shared_ptr<Rows> described(const RowLengths &lengths, std::uint64_t item_bytes) {
  auto rows = std::make_shared<Rows>();
  rows->count = lengths.rows;
  if (!lengths.ragged()) rows->row_bytes = static_cast<std::uint64_t>(lengths.columns) * item_bytes;
  rows->lengths = ragged_bytes(lengths, item_bytes);
  return rows;
}

// Pointers first, then the rows: one piece of memory. The sum cannot wrap: RowLengths::check has seen to it.
Status allocate(Rows *rows) {
  const auto count = static_cast<std::uint64_t>(rows->count);
  const std::uint64_t pitch = round_up(rows->row_bytes, kRowAlignment);
  std::uint64_t total = count * sizeof(void *) + kRowAlignment;
  if (rows->lengths.empty()) total += count * pitch;
  for (const std::uint64_t bytes : rows->lengths) total += round_up(bytes, kRowAlignment);
  rows->slab = {std::calloc(1, total), std::free};
  if (!rows->slab) {
    return fail(Code::no_memory, "there is no memory for a table of %llu rows, %llu bytes together",
                static_cast<unsigned long long>(count), static_cast<unsigned long long>(total));
  }
  auto *const slab = static_cast<std::byte *>(rows->slab.get());
  auto **const pointers = reinterpret_cast<std::byte **>(slab);
  const auto address = reinterpret_cast<std::uintptr_t>(slab + count * sizeof(void *));
  std::byte *next = slab + count * sizeof(void *) + (round_up(address, kRowAlignment) - address);
  for (std::uint64_t i = 0; i < count; ++i) {
    pointers[i] = next;
    next += rows->lengths.empty() ? pitch : round_up(rows->lengths[i], kRowAlignment);
  }
  rows->pointers = pointers;
  return {};
}

// One dimension of a view.
struct Axis {
  std::int64_t length = 1, stride = 0, suboffset = -1;
};
Axis axis_of(const dtype::Layout &layout, int dimension) {
  return {layout.shape[dimension], layout.strides[dimension],
          layout.suboffsets == nullptr ? -1 : layout.suboffsets[dimension]};
}

Status check_contiguous(const Axis &outer, const Axis &inner, std::uint64_t item_bytes, int axis) {
  const bool is_packed =
      outer.length == 0 || inner.length <= 1 || inner.stride == static_cast<std::int64_t>(item_bytes);
  if (is_packed && inner.suboffset < 0 && (outer.suboffset < 0 || axis == 0)) return {};
  return fail(Code::layout, "the %s of the view are not contiguous; copy it, or take the %s",
              axis == 0 ? "rows" : "columns", axis == 0 ? "columns" : "rows");
}

std::unique_ptr<std::byte *[]> pointers_to(std::byte *data, const Axis &outer, bool is_empty) {
  const auto count = static_cast<std::size_t>(outer.length);
  std::unique_ptr<std::byte *[]> pointers(new std::byte *[count]);
  const std::int64_t stride = is_empty ? 0 : outer.stride;  // what is not there is not pointed to
  for (std::size_t i = 0; i < count; ++i) pointers[i] = data + static_cast<std::int64_t>(i) * stride;
  if (is_empty || outer.suboffset < 0) return pointers;
  for (std::size_t i = 0; i < count; ++i) pointers[i] = load<std::byte *>(pointers[i]) + outer.suboffset;
  return pointers;
}

// A row that is not like the others, by its number.
Status check_like(const View &view, std::size_t row, const dtype::Format &format, std::int64_t columns) {
  const Memory &memory = *view.memory();
  if (memory.format().text != format.text || memory.format().dtype != format.dtype) {
    return fail(Code::type, "row %zu holds \"%.100s\"; expected \"%.100s\"", row, memory.format().text.c_str(),
                format.text.c_str());
  }
  const std::uint64_t count = memory.bytes() / format.item_bytes;
  if (count != static_cast<std::uint64_t>(columns)) {
    return fail(Code::type, "row %zu has %llu elements; expected %lld", row, static_cast<unsigned long long>(count),
                static_cast<long long>(columns));
  }
  const dtype::Layout layout = memory.layout();
  if (dtype::is_c_contiguous(layout) || dtype::is_f_contiguous(layout)) return {};
  return fail(Code::layout, "row %zu is not contiguous; copy it first", row);
}

}  // namespace

Status RowLengths::check(std::uint64_t item_bytes) const {
  if (rows < 0) return fail(Code::invalid, "%lld is not a number of rows", static_cast<long long>(rows));
  if (columns < -1) return fail(Code::invalid, "%lld is not a number of columns", static_cast<long long>(columns));
  if (ragged() && lengths == nullptr && rows > 0)
    return fail(Code::invalid, "neither the number of columns nor the lengths of the rows were given");
  if (!ragged() && lengths != nullptr)
    return fail(Code::invalid, "lengths were given beside %lld columns, which must be -1 then",
                static_cast<long long>(columns));
  std::int64_t total = 0, room = 0;
  if (!checked_mul<std::int64_t>(rows, kRowAlignment + sizeof(void *), &total) ||
      !checked_add<std::int64_t>(total, 2 * kRowAlignment, &total))
    return too_large();
  if (!ragged()) {
    DELTOS_ASSIGN(const std::uint64_t bytes, dtype::byte_count(std::vector<std::int64_t>{rows, columns}, item_bytes));
    return checked_add(total, static_cast<std::int64_t>(bytes), &room) ? Status() : too_large();
  }
  DELTOS_TRY(dtype::byte_count(std::vector<std::int64_t>{rows}, item_bytes));
  for (std::int64_t i = 0; i < rows; ++i) {
    if (lengths[i] < 0) {
      return fail(Code::invalid, "row %lld has %lld elements; lengths are 0 or more", static_cast<long long>(i),
                  static_cast<long long>(lengths[i]));
    }
    std::int64_t bytes = 0;
    if (!checked_mul(lengths[i], static_cast<std::int64_t>(item_bytes), &bytes) || !checked_add(total, bytes, &total))
      return too_large();
  }
  return {};
}

Result<Table::Pointer> Table::zeroed(dtype::Format format, const RowLengths &lengths) {
  DELTOS_TRY(lengths.check(format.item_bytes));
  const std::shared_ptr<Rows> rows = described(lengths, format.item_bytes);
  DELTOS_TRY(allocate(rows.get()));
  return make(std::move(format), lengths.columns, rows, false, false);
}

Result<Table::Pointer> Table::wrap(dtype::Format format, std::byte *const *pointers, const RowLengths &lengths,
                                   bool readonly, std::shared_ptr<const void> owner) {
  DELTOS_TRY(lengths.check(format.item_bytes));
  if (pointers == nullptr && lengths.rows > 0) return fail(Code::invalid, "the row pointers are missing");
  for (std::int64_t i = 0; i < lengths.rows; ++i) {
    if (pointers[i] != nullptr || lengths.of(i) == 0) continue;
    return fail(Code::invalid, "the pointer of row %lld is NULL, but the row has %lld elements",
                static_cast<long long>(i), static_cast<long long>(lengths.of(i)));
  }
  const std::shared_ptr<Rows> rows = described(lengths, format.item_bytes);
  rows->pointers = pointers;
  rows->owner = std::move(owner);
  return make(std::move(format), lengths.columns, rows, readonly, false);
}

Result<Table::Pointer> Table::of_view(const View &view, int axis) {
  const Memory &memory = *view.memory();
  const dtype::Layout layout = memory.layout();
  if (layout.ndim < 1 || layout.ndim > 2) {
    return fail(Code::layout, "a table is made of 1 or 2 dimensions; the view has %d", layout.ndim);
  }
  const Axis outer = layout.ndim == 1 ? Axis() : axis_of(layout, axis);
  const Axis inner = axis_of(layout, layout.ndim == 1 ? 0 : 1 - axis);
  DELTOS_TRY(check_contiguous(outer, inner, layout.item_bytes, layout.ndim == 1 ? 0 : axis));
  auto rows = std::make_shared<Rows>();
  rows->count = outer.length;
  rows->row_bytes = static_cast<std::uint64_t>(inner.length) * layout.item_bytes;
  rows->made = pointers_to(layout.data, outer, inner.length == 0);
  rows->pointers = rows->made.get();
  rows->owner = view.memory();
  return make(memory.format(), inner.length, std::move(rows), view.readonly(), memory.sealed());
}

Result<Table::Pointer> Table::of_views(std::span<const View *const> views, std::int64_t columns,
                                       std::optional<dtype::Format> format) {
  if (views.empty() && (columns < 0 || !format)) {
    return fail(Code::invalid, "without rows, the number of columns and the element type must be given");
  }
  if (!format) format = views.front()->memory()->format();
  if (columns < 0) columns = static_cast<std::int64_t>(views.front()->memory()->bytes() / format->item_bytes);
  DELTOS_TRY((RowLengths{static_cast<std::int64_t>(views.size()), columns, nullptr}.check(format->item_bytes)));
  auto rows = std::make_shared<Rows>();
  rows->count = static_cast<std::int64_t>(views.size());
  rows->row_bytes = static_cast<std::uint64_t>(columns) * format->item_bytes;
  rows->made.reset(new std::byte *[views.size()]);
  rows->pointers = rows->made.get();
  auto owners = std::make_shared<std::vector<std::shared_ptr<const Memory>>>();
  owners->reserve(views.size());
  bool readonly = false, sealed = !views.empty();
  for (std::size_t i = 0; i < views.size(); ++i) {
    const View &view = *views[i];
    DELTOS_TRY(check_like(view, i, *format, columns));
    rows->made[i] = view.memory()->data();
    owners->push_back(view.memory());
    readonly = readonly || view.readonly();
    sealed = sealed && view.memory()->sealed();
  }
  rows->owner = std::move(owners);
  return make(*std::move(format), columns, std::move(rows), readonly, sealed);
}

}  // namespace deltos::object
