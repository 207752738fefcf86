// Makes the image of a value from a stream of items: scalars, containers that end with Kind::end, arrays. Shared nodes
// are stored once, and a node may be named while it is still being built, so values can contain themselves. Short texts
// that are alike are stored once unasked.
//
// A call that fails leaves the builder of no further use: every later call answers the same.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "dtype/format.hpp"
#include "value/item.hpp"
#include "value/texts.hpp"

namespace deltos::value {

class Builder {
 public:
  // compress: long texts and bytes, but keys and members, where it saves a quarter.
  explicit Builder(bool compress = false);
  // Where Item::node is not 0, it names the item; Kind::share of the same number refers to it, inside it too. limit,
  // invalid (what is said makes no sense, text that is no UTF-8, a date that cannot be), duplicate (keys, members),
  // kind (a key that has no hash: what is still being built).
  Status put(std::span<const Item> items);
  // The elements of an array that are close together in C order.
  Status put_array(const dtype::Format &format, std::span<const std::int64_t> shape, Bytes elements,
                   std::uint64_t name);
  // The first failure is what every later call answers; of who puts several items that are one.
  Status give_up(Error failure);
  // Ends the value, which must be whole, and tells the size; then more is refused. Repeatable.
  Result<std::uint64_t> finish();
  Bytes image() const { return image_; }  // after finish()
  // Whether there is a text so long that it might be compressed.
  bool has_long_text() const { return has_long_text_; }

 private:
  struct Open {
    Kind kind;
    std::uint64_t name;
    std::vector<Cell> cells;
  };
  class Keys;
  Status one(const Item &item);
  Status add(Cell cell, std::uint64_t name);
  Status open(const Item &item);
  Status close();
  Status share(std::uint64_t name);
  Result<Cell> scalar(const Item &item);
  Result<Cell> text(Tag tag, const Item &item);
  bool put_compressed(Tag tag, Bytes text, Cell *cell);
  bool at_key() const;
  Result<Cell> decimal(const Item &item);
  Result<Cell> numbers(const Item &item);
  Result<Cell> close_sequence(Tag tag, const std::vector<Cell> &cells);
  Result<Cell> close_keyed(Tag tag, const std::vector<Cell> &cells);
  Status put_index(std::uint64_t at, std::uint64_t count, unsigned stride);
  bool put_bitmap(const std::vector<Cell> &cells, Cell *cell);
  bool put_numbers(Tag tag, const std::vector<Cell> &cells, Cell *cell);
  Status settle(std::uint64_t name, Cell cell);

  Result<std::uint64_t> reserve(std::uint64_t bytes, std::uint64_t alignment = 8);  // zeroed; its place
  void store(std::uint64_t place, const void *from, std::size_t bytes);
  void store_cells(std::uint64_t place, const std::vector<Cell> &cells);
  Cell word(Tag tag, std::uint64_t value);  // a block of one word

  std::vector<std::byte> image_;  // the head is filled in by finish()
  std::vector<Open> open_;
  Cell root_ = 0;
  bool finished_ = false;
  bool has_long_text_ = false, has_compressed_ = false;
  std::unique_ptr<Texts> decompressed_;  // nullptr: nothing is compressed
  Error failure_{Code::ok, 0, 0, {}};
  std::unordered_map<std::uint64_t, Cell> named_;                          // 0: still being built
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> waiting_;  // places of cells, by name
  std::unordered_map<std::string, Cell> texts_;
};

}  // namespace deltos::value
