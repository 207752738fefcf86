// Random schemas of every type, and random rows of them as a model of their own: given to a builder as columns of any
// layout, read back slot by slot.
#pragma once

#include <deque>

#include "record/builder.hpp"
#include "record/reader.hpp"
#include "support/random_values.hpp"

namespace deltos::test {

using record::Column;
using record::ColumnLayout;
using record::SchemaPtr;
using record::Slot;
using record::Type;

// What one row has in one slot.
struct Cell {
  std::uint8_t state = record::kIsPresent;
  std::string bytes;  // item, text, or image of a value

  bool operator==(const Cell &) const = default;
};

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : values_(seed), seed_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return values_.below(limit); }

  SchemaPtr schema(int levels) {
    std::vector<record::NewSlot> slots(1 + below(6));
    for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = slot(i, levels);
    record::SchemaFacts facts;
    facts.name = "s" + std::to_string(seed_);
    facts.version = static_cast<std::uint32_t>(below(9));
    if (below(2) == 0) facts.metadata.assign(below(100), std::byte{7});
    return record::Schema::make(std::move(facts), std::move(slots)).value();
  }

  // By slot, then by row.
  std::vector<std::vector<Cell>> rows(const record::Schema &schema, std::uint64_t count) {
    std::vector<std::vector<Cell>> cells(schema.slots().size(), std::vector<Cell>(count));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool mostly = below(3) != 0;
      for (std::uint64_t row = 0; row < count; ++row) cells[i][row] = cell(schema, cells, i, row, mostly);
    }
    return cells;
  }

 private:
  record::NewSlot slot(std::size_t number, int levels) {
    constexpr const char *kFormats[] = {"?", "b",  "H",  "i",   "Q",      "e",  "f",           "d",
                                        "q", "Zd", "5s", "16s", "(2,3)h", ">i", "T{d:x:b:y:}", "3w"};
    record::NewSlot made;
    made.name = "slot " + std::to_string(number);
    made.type = static_cast<Type>(below(levels > 1 ? 13 : 12));
    made.flags = static_cast<std::uint32_t>(below(4));
    if (record::is_item(made.type) && below(4) == 0) made.flags |= record::kWritable;
    if (made.type == Type::datetime && below(2) == 0) made.flags |= record::kUtc;
    if (made.type == Type::fixed) made.format = dtype::parse_format(kFormats[below(16)]).value();
    if (made.type == Type::record) made.nested = schema(levels - 1);
    return made;
  }

  Cell cell(const record::Schema &schema, const std::vector<std::vector<Cell>> &cells, std::size_t index,
            std::uint64_t row, bool mostly) {
    const Slot &slot = schema.slots()[index];
    Cell made;
    if (slot.parent >= 0) made.state = cells[static_cast<std::size_t>(slot.parent)][row].state;
    if (made.state != record::kIsPresent) return made;  // as what it is in
    const bool nullable = (slot.flags & record::kNullable) != 0, optional = (slot.flags & record::kOptional) != 0;
    if ((nullable || optional) && below(mostly ? 10 : 2) == 0)
      made.state = nullable && (!optional || below(2) == 0) ? record::kIsNull : record::kIsUnset;
    if (made.state == record::kIsPresent) made.bytes = content(slot);
    return made;
  }

  std::string content(const Slot &slot) {
    std::string bytes;
    if (record::is_item(slot.type)) {
      for (std::uint64_t i = 0; i < slot.bytes; ++i) bytes += static_cast<char>(below(256));
    } else if (record::is_text(slot.type)) {
      bytes = values_.of(slot.type == Type::utf8 ? Kind::utf8 : Kind::bytes, 0).text;
    } else if (record::is_value(slot.type)) {
      constexpr Kind kKinds[] = {Kind::list, Kind::tuple, Kind::set, Kind::dict, Kind::decimal, Kind::ndarray};
      const auto which = static_cast<std::size_t>(slot.type) - static_cast<std::size_t>(Type::list);
      const auto image = image_of(slot.type == Type::value ? values_.any(2) : values_.of(kKinds[which], 2));
      bytes = std::string(text_of(image.value()));
    }
    return bytes;
  }

  RandomValues values_;
  std::uint64_t seed_;
};

// The rows [first, first + count) of the model as a caller would give them.
class GivenCells {
 public:
  GivenCells(const record::Schema &schema, const std::vector<std::vector<Cell>> &cells, std::uint64_t first,
             std::uint64_t count, RandomRecords *random)
      : count_(count) {
    for (std::size_t i = 0; i < cells.size(); ++i) add(schema.slots()[i], cells[i], first, random);
  }
  record::GivenRows rows() const { return {columns_, presence_, count_}; }

 private:
  void add(const Slot &slot, const std::vector<Cell> &cells, std::uint64_t first, RandomRecords *random) {
    Column column;
    column.count = count_;
    bool all = true;
    std::vector<std::uint8_t> states;
    for (std::uint64_t i = 0; i < count_; ++i) {
      states.push_back(cells[first + i].state);
      all = all && states.back() == record::kIsPresent;
    }
    const bool told = !all && (slot.flags & record::kMayBeAbsent) != 0;
    presence_.push_back(told ? states_.emplace_back(std::move(states)).data() : nullptr);
    std::string &bytes = bytes_.emplace_back("~~");
    if (record::is_item(slot.type)) {
      column.item_bytes = slot.bytes;
      column.stride = static_cast<std::int64_t>(slot.bytes + random->below(2) * 3);
      for (std::uint64_t i = 0; i < count_; ++i) {
        bytes += cells[first + i].bytes;
        bytes.resize(2 + (i + 1) * static_cast<std::uint64_t>(column.stride), '?');
      }
      column.data = bytes_of(bytes).data() + 2;
    } else if (slot.type != Type::record) {
      add_texts(cells, first, random->below(2) == 0, &bytes, &column);
    }
    columns_.push_back(column);
  }

  void add_texts(const std::vector<Cell> &cells, std::uint64_t first, bool slices, std::string *bytes, Column *column) {
    std::vector<std::int64_t> &offsets = offsets_.emplace_back(1, 2);
    for (std::uint64_t i = 0; i < count_; ++i) {
      *bytes += cells[first + i].state == record::kIsPresent ? cells[first + i].bytes : "\xff\xfe";
      offsets.push_back(static_cast<std::int64_t>(bytes->size()));
    }
    column->layout = slices ? ColumnLayout::slices : ColumnLayout::offsets;
    column->offsets = slices ? nullptr : offsets.data();
    column->data = bytes_of(*bytes).data();
    if (!slices) return;
    std::vector<record::Slice> &all = slices_.emplace_back();
    for (std::uint64_t i = 0; i < count_; ++i)
      all.push_back({column->data + offsets[i], static_cast<std::uint64_t>(offsets[i + 1] - offsets[i])});
    column->data = std::as_bytes(std::span(all)).data();
  }

  std::uint64_t count_;
  std::vector<Column> columns_;
  std::vector<const std::uint8_t *> presence_;
  std::deque<std::vector<std::uint8_t>> states_;
  std::deque<std::string> bytes_;
  std::deque<std::vector<std::int64_t>> offsets_;
  std::deque<std::vector<record::Slice>> slices_;
};

// At a multiple of 64, and not one byte longer, so that a sanitizer sees what goes beyond.
class AlignedImage {
 public:
  explicit AlignedImage(std::size_t bytes)
      : data_(static_cast<std::byte *>(::operator new (bytes, std::align_val_t{64}))), bytes_(bytes) {}
  ~AlignedImage() { ::operator delete (data_, std::align_val_t{64}); }
  AlignedImage(const AlignedImage &) = delete;
  AlignedImage &operator=(const AlignedImage &) = delete;
  std::byte *data() { return data_; }
  Bytes bytes() const { return {data_, bytes_}; }

 private:
  std::byte *data_;
  std::size_t bytes_;
};

// What a builder writes, which said how much that is. nullptr: it could not be built.
template <class Builder>
std::unique_ptr<AlignedImage> image_of(Builder &builder, const Result<std::uint64_t> &size) {
  if (!size.ok()) return nullptr;
  auto image = std::make_unique<AlignedImage>(static_cast<std::size_t>(*size));
  std::byte *at = image->data();
  const Status written = builder.write([&at](Bytes piece) {
    std::memcpy(at, piece.data(), piece.size());
    at += piece.size();
    return Status();
  });
  return written.ok() && at == image->data() + *size ? std::move(image) : nullptr;
}

inline std::unique_ptr<AlignedImage> image_of(record::Builder &builder) { return image_of(builder, builder.finish()); }

}  // namespace deltos::test
