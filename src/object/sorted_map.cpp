#include "object/sorted_map.hpp"

#include <bit>

#include "dtype/dtype.hpp"
#include "format/page.hpp"
#include "format/validate.hpp"

namespace deltos::object {
namespace {

using store::MapBounds;
using store::MapPair;
using store::MapReader;

unsigned long long shown(std::uint64_t number) { return number; }

std::array<std::byte, 8> swapped(const void *number) {
  return std::bit_cast<std::array<std::byte, 8>>(
      __builtin_bswap64(load<std::uint64_t>(static_cast<const std::byte *>(number))));
}

std::vector<std::byte> copy_of(Bytes key) { return {key.begin(), key.end()}; }

// The smallest key above it.
std::vector<std::byte> next_key(std::vector<std::byte> key) {
  key.push_back(std::byte{0});
  return key;
}

// The smallest key above all that begin so; nullopt: there is none.
std::optional<std::vector<std::byte>> behind_prefix(std::vector<std::byte> prefix) {
  while (!prefix.empty() && prefix.back() == std::byte{0xFF}) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<std::byte>(std::to_integer<unsigned>(prefix.back()) + 1);
  return prefix;
}

void lower(MapBounds *bounds, std::optional<std::vector<std::byte>> high) {
  if (high && (!bounds->high || format::compare_keys(*high, *bounds->high) < 0)) bounds->high = std::move(high);
}

void raise(MapBounds *bounds, std::vector<std::byte> low) {
  if (format::compare_keys(low, bounds->low) > 0) bounds->low = std::move(low);
}

}  // namespace

Status TreeKey::set(MapKey kind, const void *key, std::uint64_t bytes) {
  if (key == nullptr && bytes != 0) return fail(Code::invalid, "the key is NULL");
  if (kind != MapKey::u64) {
    bytes_ = {static_cast<const std::byte *>(key), static_cast<std::size_t>(bytes)};
    return {};
  }
  if (bytes != sizeof number_)
    return fail(Code::type, "a key of this map is a uint64_t of 8 bytes; %llu were given", shown(bytes));
  number_ = swapped(key);
  bytes_ = number_;
  return {};
}

Result<std::uint64_t> number_of(Bytes key) {
  if (key.size() == sizeof(std::uint64_t)) return __builtin_bswap64(load<std::uint64_t>(key.data()));
  return fail(Code::corrupt, "a key of a sorted map is not a number; restore the storage from a copy");
}

Status check_text_key(MapKey kind, Bytes key) {
  if (kind != MapKey::utf8 || format::is_utf8(text_of(key))) return {};
  return fail(Code::invalid, "the key is not UTF-8; encode it as UTF-8, or make the keys of the map BYTES");
}

Result<MapBounds> bounds_of(MapKey kind, const Range &range) {
  MapBounds bounds;
  TreeKey key;
  if (range.prefix != nullptr) {
    if (kind == MapKey::u64) return fail(Code::invalid, "keys of this map are numbers, which have no prefix");
    DELTOS_TRY(key.set(kind, range.prefix->data(), range.prefix->size()));
    bounds.low = copy_of(key.bytes());
    bounds.high = behind_prefix(bounds.low);
  }
  if (range.from != nullptr) {
    DELTOS_TRY(key.set(kind, range.from->data(), range.from->size()));
    raise(&bounds, range.open_from ? next_key(copy_of(key.bytes())) : copy_of(key.bytes()));
  }
  if (range.to != nullptr) {
    DELTOS_TRY(key.set(kind, range.to->data(), range.to->size()));
    lower(&bounds, range.closed_to ? next_key(copy_of(key.bytes())) : copy_of(key.bytes()));
  }
  return bounds;
}

Result<std::optional<MapPair>> find_pair(const MapReader &reader, Find which, Bytes key) {
  store::TreeCursor at = reader.cursor();
  const bool backwards = which == Find::last || which == Find::at_most || which == Find::below;
  if (which == Find::last) {
    DELTOS_TRY(at.seek_last({}));
  } else {
    DELTOS_TRY(at.seek(which == Find::first ? Bytes() : key));
    const bool equal = which != Find::first && at.valid() && format::compare_keys(at.key(), key) == 0;
    if (which == Find::above && equal) DELTOS_TRY(at.next());
    if (backwards && !(which == Find::at_most && equal)) {
      if (key.empty()) return std::optional<MapPair>();
      DELTOS_TRY(at.seek_last(key));
    }
  }
  if (!at.valid()) return std::optional<MapPair>();
  DELTOS_ASSIGN(const store::MapValue value, reader.value_of(at.value()));
  return std::optional(MapPair{at.key(), value});
}

// ---- columns

Result<MapColumn> MapColumn::values(const record::Column &column) {
  const bool known = column.layout == record::ColumnLayout::fixed || column.layout == record::ColumnLayout::offsets ||
                     column.layout == record::ColumnLayout::slices;
  if (!known) return fail(Code::invalid, "%d is not a layout of columns", static_cast<int>(column.layout));
  const bool offsets = column.layout == record::ColumnLayout::offsets;
  const bool bytes_needed = column.layout != record::ColumnLayout::fixed || column.item_bytes != 0;
  if (column.count != 0 && ((offsets && column.offsets == nullptr) || (!offsets && bytes_needed && !column.data)))
    return fail(Code::invalid, "the column is NULL, but has %llu items", shown(column.count));
  return MapColumn(column);
}

Result<MapColumn> MapColumn::keys(const record::Column &column, MapKey kind) {
  DELTOS_ASSIGN(MapColumn keys, values(column));
  if (kind != MapKey::u64) return keys;
  const bool dtype_fits = column.dtype == 0 || column.dtype == static_cast<std::int32_t>(dtype::Dtype::u64);
  if (column.layout != record::ColumnLayout::fixed || column.item_bytes != sizeof(std::uint64_t) || !dtype_fits)
    return fail(Code::type, "keys of this map are uint64_t: give a column of layout FIXED with items of 8 bytes");
  keys.numbers_ = true;
  return keys;
}

Result<Bytes> MapColumn::item(std::uint64_t index) {
  if (column_.layout == record::ColumnLayout::fixed) {
    const std::byte *const at = column_.item(index);
    if (!numbers_) return Bytes(at, column_.item_bytes);
    number_ = swapped(at);
    return Bytes(number_);
  }
  if (column_.layout == record::ColumnLayout::offsets) {
    const std::int64_t begin = column_.offsets[index], end = column_.offsets[index + 1];
    if (begin < 0 || end < begin)
      return fail(Code::range, "the offsets %lld and %lld are negative or fall", static_cast<long long>(begin),
                  static_cast<long long>(end));
  }
  const Bytes text = column_.text(index);
  if (text.data() == nullptr && !text.empty()) return fail(Code::invalid, "the bytes are NULL");
  return text;
}

}  // namespace deltos::object
