// Keys and values as callers give them, in columns.
#pragma once

#include "map/image.hpp"
#include "record/columns.hpp"

namespace deltos::map {

// Whether a column holds what keys, or values, of this kind come in: layout, size and type of the items, offsets that
// do not fall. Not what the items say. invalid, type, range. Values are not records.
Status check_keys(const record::Column &column, Key key);
Status check_values(const record::Column &column, Value value);

// An item of a column that has been checked.
inline Bytes item_of(const record::Column &column, std::uint64_t i) {
  if (column.layout != record::ColumnLayout::fixed) return column.text(i);
  return {column.item(i), static_cast<std::size_t>(column.item_bytes)};
}

// Of a key that is a value: the same for all that are equal. not_deltos, feature, corrupt, limit: it is none.
Status hash_of_value(Bytes image, std::uint64_t seed, std::uint64_t *hash);
Status equal_values(Bytes a, Bytes b, bool *equal);

}  // namespace deltos::map
