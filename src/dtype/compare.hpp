// Comparing items by value: numbers as numbers, strings as strings, structures field by field (elements.h says it all).
#pragma once

#include <cstddef>
#include <vector>

#include "dtype/format.hpp"
#include "dtype/layout.hpp"
#include "dtype/number.hpp"

namespace deltos::dtype {

// The values are DELTOS_COMPARE_*.
enum class Order : std::int8_t { less = -1, equal = 0, greater = 1, unordered = 2 };

// How the items of two formats are compared; made once, used for many items.
class Relation {
 public:
  Relation(const Format &a, const Format &b);

  // Whether any two items can be equal, and whether any two that are not have an order (NaN aside).
  bool is_comparable() const { return kind_ != Kind::none; }
  bool is_ordered() const { return is_ordered_; }
  // Whether items are equal exactly when their bytes are.
  bool is_bytewise() const { return is_bytewise_; }

  Order compare(const std::byte *a, const std::byte *b) const;
  // The first of `count` pairs that are not equal; count: all are.
  std::int64_t first_difference(const std::byte *a, std::int64_t a_stride, const std::byte *b, std::int64_t b_stride,
                                std::int64_t count) const;

 private:
  enum class Kind : std::uint8_t { none, number, complex, bytes, characters, fields };
  // A run of bytes or characters in an item.
  struct Text {
    std::uint64_t length = 0;
    bool is_raw = false;     // bytes of no type
    bool is_pascal = false;  // the first byte says how many of the others count
    bool is_swapped = false;
    std::uint8_t unit = 1;  // bytes of a character
  };
  // A field, or sub-array of fields, on both sides.
  struct Pair;

  void relate_numbers(const Format &a, const Format &b);
  void relate_fields(const Format &a, const Format &b);
  Order compare_complex(const std::byte *a, const std::byte *b) const;
  Order compare_bytes(const std::byte *a, const std::byte *b) const;
  Order compare_characters(const std::byte *a, const std::byte *b) const;
  Order compare_fields(const std::byte *a, const std::byte *b) const;
  // For up to a block of items, fast; false: some differ, or there is no fast way to tell.
  bool is_same_block(const std::byte *a, std::int64_t a_stride, const std::byte *b, std::int64_t b_stride,
                     std::int64_t count) const;

  static bool text_of(const Format &format, Text *text, Kind *kind);
  static std::uint32_t character_at(const Text &text, const std::byte *at, std::uint64_t index);

  Kind kind_ = Kind::none;
  bool is_ordered_ = false, is_bytewise_ = false;
  Number a_number_, b_number_;
  bool a_complex_ = false, b_complex_ = false;
  Text a_text_, b_text_;
  std::uint64_t item_bytes_ = 0;  // where both sides have the same
  std::vector<Pair> pairs_;
};

struct Relation::Pair {
  std::uint64_t a_offset, b_offset, a_step, b_step, count;
  Relation relation;
};

// An array and what its items are.
struct Typed {
  Layout layout;
  const Format &format;
};

// Same shape, and every item equal.
Result<bool> equal_values(const Typed &a, const Typed &b);
// In C order, the first items that are not equal decide; then the number of items, of dimensions, and the shape.
// unsupported: the formats have no order.
Result<Order> compare_values(const Typed &a, const Typed &b);

}  // namespace deltos::dtype
