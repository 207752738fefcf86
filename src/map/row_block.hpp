// Some rows gathered from here and there, as columns.
#pragma once

#include <vector>

#include "map/buffer.hpp"
#include "record/columns.hpp"
#include "record/reader.hpp"

namespace deltos::map {

class RowBlock {
 public:
  explicit RowBlock(const record::Schema &schema);

  std::uint64_t count() const { return count_; }
  void clear();
  // Items are copied; what texts and values point to has to stay.
  void add(const record::Window &rows, std::uint64_t i);
  Status add(const record::Reader &rows, std::uint64_t row);  // as Reader::read()
  record::GivenRows given();

 private:
  struct Slot {
    std::vector<std::byte> items;
    std::vector<record::Slice> texts;
    std::vector<std::uint8_t> states;
  };
  Status add(const record::Reader &rows, std::uint64_t row, std::size_t slot);

  const record::Schema &schema_;
  std::uint64_t count_ = 0;
  std::vector<Slot> slots_;
  std::vector<record::Column> columns_;
  std::vector<const std::uint8_t *> presence_;
};

// What is there of a row, as bytes: the same for rows that are the same.
void encode_row(const record::Schema &schema, const record::Window &rows, std::uint64_t i, Buffer *to);

}  // namespace deltos::map
