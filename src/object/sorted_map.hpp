// Sorted maps: keys as callers give them and as trees hold them, and pairs in columns.
#pragma once

#include "record/columns.hpp"
#include "store/map_cursor.hpp"
#include "store/transaction.hpp"

namespace deltos::object {

constexpr std::uint8_t kKindSortedMap = 7;
enum class MapKey : std::uint32_t { bytes, utf8, u64 };

// A key as a tree holds it: numbers are stored with the highest byte first.
class TreeKey {
 public:
  // type: not 8 bytes of a number; invalid: NULL.
  Status set(MapKey kind, const void *key, std::uint64_t bytes);
  Bytes bytes() const { return bytes_; }

 private:
  std::array<std::byte, 8> number_;
  Bytes bytes_;
};

// The number in a key of a tree. corrupt: there is none.
Result<std::uint64_t> number_of(Bytes key);

// Text that is to be a key. invalid: not UTF-8.
Status check_text_key(MapKey kind, Bytes key);

// What a caller says of a range; each part is a key as callers give them, of any length.
struct Range {
  const Bytes *from = nullptr, *to = nullptr, *prefix = nullptr;
  bool open_from = false, closed_to = false;
};
Result<store::MapBounds> bounds_of(MapKey kind, const Range &range);

// Which pair is looked for by the order of keys; the numbers are those of DELTOS_FIND_*.
enum class Find : std::int32_t { first, last, at_least, above, at_most, below };
Result<std::optional<store::MapPair>> find_pair(const store::MapReader &reader, Find which, Bytes key);

// Columns of keys, and of values, as deltos_sorted_map_put_many() takes them.
class MapColumn {
 public:
  // Keys: of their kind. type, invalid: the column as a whole.
  static Result<MapColumn> keys(const record::Column &column, MapKey kind);
  static Result<MapColumn> values(const record::Column &column);
  std::uint64_t count() const { return column_.count; }
  // As a tree holds it, until the next one is asked for. range: its offsets fall; invalid: NULL.
  Result<Bytes> item(std::uint64_t index);

 private:
  explicit MapColumn(const record::Column &column) : column_(column) {}
  record::Column column_;
  bool numbers_ = false;
  std::array<std::byte, 8> number_;
};

}  // namespace deltos::object
