// Rows as callers give them: columns and presence, checked before anything is made of them.
#pragma once

#include <span>
#include <vector>

#include "record/schema.hpp"

namespace deltos::record {

// The numbers are those of DELTOS_COLUMN_*.
enum class ColumnLayout : std::int32_t { fixed, offsets, slices };

struct Slice {
  const std::byte *data;
  std::uint64_t bytes;
};

struct Column {
  ColumnLayout layout = ColumnLayout::fixed;
  std::int32_t dtype = 0;  // 0: not told
  std::uint64_t count = 0;
  const std::byte *data = nullptr;  // items, bytes, or Slices
  const std::int64_t *offsets = nullptr;
  std::uint64_t item_bytes = 0;
  std::int64_t stride = 0;  // 0: item_bytes

  std::int64_t step() const { return stride != 0 ? stride : static_cast<std::int64_t>(item_bytes); }
  const std::byte *item(std::uint64_t row) const { return data + static_cast<std::int64_t>(row) * step(); }
  // Of layout offsets or slices, which has been checked.
  Bytes text(std::uint64_t row) const;
};

// Whether texts of a column with checked offsets are UTF-8, as far as that can be told of all of them at once, which is
// where they lie one behind the other. false: each has to be looked at.
bool all_text_is_utf8(const Column &column, std::uint64_t first, std::uint64_t count);

// What a row has of a slot. The first three are those of DELTOS_PRESENT, DELTOS_NULL and DELTOS_UNSET.
constexpr std::uint8_t kIsPresent = 0, kIsNull = 1, kIsUnset = 2;
constexpr std::uint8_t kIsBeneath = 3;  // a record that it is in is not there

// By slot; a column of a record is not looked at. presence: empty, or for each slot null or a byte a row.
struct GivenRows {
  std::span<const Column> columns;
  std::span<const std::uint8_t *const> presence;
  std::uint64_t count = 0;
};

// Whether there is one of each for every slot. invalid.
Status check_given(const Schema &schema, const GivenRows &rows);

constexpr std::uint64_t kRowsAtOnce = 4096;

// Some consecutive rows of those given, at most kRowsAtOnce, and what is there of them.
class Window {
 public:
  Window(const Schema &schema, const GivenRows &given);

  // Moves to other rows. invalid, type: presence that cannot be.
  Status move(std::uint64_t first, std::uint64_t count);
  // Whether the columns are what the schema asks for: once, of all rows. type, invalid.
  Status check_columns() const;
  // Whether the items of these rows are. invalid, type, range, and what is said of a value that is none.
  Status check_items() const;

  std::uint64_t first() const { return first_; }
  std::uint64_t count() const { return count_; }
  const Column &column(std::size_t slot) const { return given_.columns[slot]; }
  // A byte a row; nullptr: all are present.
  const std::uint8_t *states(std::size_t slot) const { return states_[slot]; }

 private:
  Status take(std::size_t slot);
  Status check_codes(std::size_t slot, const std::uint8_t *own, const std::uint8_t *outer) const;
  Status check_column(std::size_t slot) const;
  Status check_data(std::size_t slot) const;
  Status check_offsets(std::size_t slot) const;
  Status check_text(std::size_t slot) const;
  Status check_values(std::size_t slot) const;
  bool is_present(std::size_t slot, std::uint64_t i) const { return !states_[slot] || states_[slot][i] == kIsPresent; }

  const Schema &schema_;
  GivenRows given_;
  std::uint64_t first_ = 0, count_ = 0;
  std::vector<const std::uint8_t *> states_;
  std::vector<std::vector<std::uint8_t>> made_;
};

}  // namespace deltos::record
