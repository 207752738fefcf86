#include "record/columns.hpp"

#include <algorithm>
#include <array>

#include "format/validate.hpp"
#include "record/value_kind.hpp"

namespace deltos::record {
namespace {

bool any(const std::uint8_t *bytes, std::uint64_t count) {
  std::uint8_t seen = 0;
  for (std::uint64_t i = 0; i < count; ++i) seen |= bytes[i];
  return seen != 0;
}

const char *name_of(std::uint8_t state) { return state == kIsNull ? "null" : "unset"; }

unsigned long long number(std::uint64_t value) { return value; }

}  // namespace

Bytes Column::text(std::uint64_t row) const {
  if (layout == ColumnLayout::slices) {
    const auto slice = load<Slice>(data + row * sizeof(Slice));
    return {slice.data, static_cast<std::size_t>(slice.bytes)};
  }
  const std::int64_t begin = offsets[row];
  if (offsets[row + 1] == begin) return {};
  return {data + begin, static_cast<std::size_t>(offsets[row + 1] - begin)};
}

// All of them, and that none begins within a character.
bool all_text_is_utf8(const Column &column, std::uint64_t first, std::uint64_t count) {
  if (column.layout != ColumnLayout::offsets || column.offsets == nullptr || column.data == nullptr) return false;
  const std::int64_t *const offsets = column.offsets + first;
  const std::byte *const end = column.data + offsets[count];
  const Bytes all(column.data + offsets[0], end);
  if (!format::is_utf8(text_of(all))) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::byte *const begin = column.data + offsets[i];
    if (begin < end && (*begin & std::byte{0xC0}) == std::byte{0x80}) return false;
  }
  return true;
}

Status check_given(const Schema &schema, const GivenRows &rows) {
  const std::size_t slots = schema.slots().size();
  if (rows.columns.size() == slots && (rows.presence.empty() || rows.presence.size() == slots)) return {};
  return fail(Code::invalid, "there are %zu columns for %zu slots", rows.columns.size(), slots);
}

Window::Window(const Schema &schema, const GivenRows &given)
    : schema_(schema), given_(given), states_(schema.slots().size()), made_(schema.slots().size()) {}

Status Window::move(std::uint64_t first, std::uint64_t count) {
  first_ = first;
  count_ = count;
  for (std::size_t slot = 0; slot < states_.size(); ++slot) DELTOS_TRY(take(slot));
  return {};
}

Status Window::take(std::size_t slot) {
  const std::int32_t parent = schema_.slots()[slot].parent;
  const std::uint8_t *const outer = parent < 0 ? nullptr : states_[static_cast<std::size_t>(parent)];
  const std::uint8_t *own = given_.presence.empty() ? nullptr : given_.presence[slot];
  states_[slot] = nullptr;
  if (own != nullptr) own += first_;
  if (own != nullptr && !any(own, count_)) own = nullptr;
  if (own != nullptr) DELTOS_TRY(check_codes(slot, own, outer));
  if (outer == nullptr) {
    states_[slot] = own;
    return {};
  }
  std::vector<std::uint8_t> &made = made_[slot];
  made.resize(static_cast<std::size_t>(count_));
  for (std::size_t i = 0; i < made.size(); ++i)
    made[i] = outer[i] != kIsPresent ? kIsBeneath : own != nullptr ? own[i] : kIsPresent;
  states_[slot] = made.data();
  return {};
}

Status Window::check_codes(std::size_t slot, const std::uint8_t *own, const std::uint8_t *outer) const {
  const std::uint32_t flags = schema_.slots()[slot].flags;
  std::array<bool, 256> allowed{};
  allowed[kIsPresent] = true;
  allowed[kIsNull] = (flags & kNullable) != 0;
  allowed[kIsUnset] = (flags & kOptional) != 0;
  for (std::uint64_t i = 0; i < count_; ++i) {
    if (allowed[own[i]] || (outer != nullptr && outer[i] != kIsPresent)) continue;
    if (own[i] > kIsUnset) {
      return fail(Code::invalid, "slot %s, row %llu: %u says nothing of presence; use 0 to 2",
                  schema_.path_of(slot).c_str(), number(first_ + i), unsigned{own[i]});
    }
    return fail(Code::type, "slot %s, row %llu is %s, and the slot is not %s", schema_.path_of(slot).c_str(),
                number(first_ + i), name_of(own[i]), own[i] == kIsNull ? "NULLABLE" : "OPTIONAL");
  }
  return {};
}

Status Window::check_columns() const {
  for (std::size_t slot = 0; slot < states_.size(); ++slot) {
    if (schema_.slots()[slot].type != Type::record) DELTOS_TRY(check_column(slot));
  }
  return {};
}

Status Window::check_column(std::size_t slot) const {
  const Slot &wanted = schema_.slots()[slot];
  const Column &column = given_.columns[slot];
  if (column.count != given_.count) {
    return fail(Code::type, "the column of slot %s has %llu items for %llu rows", schema_.path_of(slot).c_str(),
                number(column.count), number(given_.count));
  }
  const bool items = column.layout == ColumnLayout::fixed;
  const bool texts = column.layout == ColumnLayout::offsets || column.layout == ColumnLayout::slices;
  if (is_item(wanted.type) ? !items : !texts) {
    return fail(Code::type, "slot %s is of type %s, which takes a column of layout %s", schema_.path_of(slot).c_str(),
                record::name_of(wanted.type).data(), is_item(wanted.type) ? "FIXED" : "OFFSETS or SLICES");
  }
  if (!items) return {};
  if (column.item_bytes != wanted.bytes) {
    return fail(Code::type, "slot %s has items of %llu bytes, the column of %llu", schema_.path_of(slot).c_str(),
                number(wanted.bytes), number(column.item_bytes));
  }
  if (column.dtype == 0 || column.dtype == static_cast<std::int32_t>(wanted.format->dtype)) return {};
  return fail(Code::type, "slot %s is of element type %d, the column of %d", schema_.path_of(slot).c_str(),
              static_cast<int>(wanted.format->dtype), column.dtype);
}

Status Window::check_items() const {
  for (std::size_t slot = 0; slot < states_.size(); ++slot) {
    const Type type = schema_.slots()[slot].type;
    if (type == Type::record) continue;
    DELTOS_TRY(check_data(slot));
    if (is_item(type)) continue;
    if (given_.columns[slot].layout == ColumnLayout::offsets) DELTOS_TRY(check_offsets(slot));
    if (is_value(type))
      DELTOS_TRY(check_values(slot));
    else
      DELTOS_TRY(check_text(slot));
  }
  return {};
}

// Memory there must be where something is present.
Status Window::check_data(std::size_t slot) const {
  const Column &column = given_.columns[slot];
  const bool offsets_missing = column.layout == ColumnLayout::offsets && column.offsets == nullptr;
  const bool bytes_missing = column.layout != ColumnLayout::offsets && column.data == nullptr;
  if (!offsets_missing && !bytes_missing) return {};
  for (std::uint64_t i = 0; i < count_; ++i) {
    if (is_present(slot, i)) {
      return fail(Code::invalid, "the column of slot %s is NULL, but row %llu is there", schema_.path_of(slot).c_str(),
                  number(first_ + i));
    }
  }
  return {};
}

Status Window::check_offsets(std::size_t slot) const {
  const Column &column = given_.columns[slot];
  if (column.offsets == nullptr) return {};
  const std::int64_t *const offsets = column.offsets + first_;
  for (std::uint64_t i = 0; i < count_; ++i) {
    if (offsets[i] < 0 || offsets[i + 1] < offsets[i]) {
      return fail(Code::range, "slot %s, row %llu: the offsets %lld and %lld are negative or fall",
                  schema_.path_of(slot).c_str(), number(first_ + i), static_cast<long long>(offsets[i]),
                  static_cast<long long>(offsets[i + 1]));
    }
  }
  if (column.data != nullptr || offsets[0] == offsets[count_]) return {};
  return fail(Code::invalid, "the column of slot %s has no bytes, but offsets into them",
              schema_.path_of(slot).c_str());
}

Status Window::check_text(std::size_t slot) const {
  const Column &column = given_.columns[slot];
  const bool must_be_utf8 = schema_.slots()[slot].type == Type::utf8;
  const bool slices = column.layout == ColumnLayout::slices;
  if (!slices && (!must_be_utf8 || all_text_is_utf8(column, first_, count_))) return {};
  for (std::uint64_t i = 0; i < count_; ++i) {
    if (!is_present(slot, i)) continue;
    const Bytes text = column.text(first_ + i);
    if (text.data() == nullptr && !text.empty()) {
      return fail(Code::invalid, "slot %s, row %llu: the bytes are NULL", schema_.path_of(slot).c_str(),
                  number(first_ + i));
    }
    if (must_be_utf8 && !format::is_utf8(text_of(text))) {
      return fail(Code::invalid, "slot %s, row %llu: the text is not UTF-8; encode it as UTF-8, or make the slot BYTES",
                  schema_.path_of(slot).c_str(), number(first_ + i));
    }
  }
  return {};
}

Status Window::check_values(std::size_t slot) const {
  const Column &column = given_.columns[slot];
  for (std::uint64_t i = 0; i < count_; ++i) {
    if (!is_present(slot, i)) continue;
    const Bytes image = column.text(first_ + i);
    value::Item root;
    Result<Bytes> own = image.data() == nullptr && !image.empty()
                            ? Result<Bytes>(fail(Code::invalid, "the bytes are NULL"))
                            : read_value(image, schema_.slots()[slot].type, &root);
    if (own.ok()) continue;
    return fail(own.code(), "slot %s, row %llu: %s", schema_.path_of(slot).c_str(), number(first_ + i),
                own.error().message.c_str());
  }
  return {};
}

}  // namespace deltos::record
