// Types and arrays that another library gives as Arrow: read, checked and understood.
//
// What points into another library's memory cannot be checked; what can, is: the parts that a type needs are there, and
// lengths and offsets make sense.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "dtype/dtype.hpp"
#include "interop/arrow_abi.hpp"

namespace deltos::interop {

enum class Shape {
  null,
  number,        // dtype; a boolean of a byte too
  bits,          // booleans
  text,          // offsets of `width` bytes
  binary,        // the same
  text_views,    // 16 bytes each, with the text or where it is
  binary_views,  // the same
  fixed_binary,  // `width` bytes each
  date32,        // days
  date64,        // milliseconds
  timestamp,     // `unit` a second
  decimal,       // 128 bits, times ten to -scale
  list,          // offsets of `width` bytes
  fixed_list,    // `width` each
  structure,
  map,  // offsets of 4 bytes into pairs
};

struct Imported {
  Shape shape = Shape::null;
  dtype::Dtype dtype = dtype::Dtype::other;  // of numbers; of a dictionary's indices
  std::uint64_t width = 0;
  std::int64_t unit = 0;
  std::int32_t scale = 0;
  bool utc = false, nullable = false;
  std::string name;
  std::string value;   // name of the type of slot whose values the bytes are
  std::string tensor;  // metadata of a fixed-shape tensor
  std::vector<Imported> children;
  std::shared_ptr<Imported> dictionary;  // the type of what indices name
};

// unsupported, naming column and type; limit: nested too deep; invalid: not a type of Arrow.
Result<Imported> read_type(const ArrowSchema &schema);

// That the array can be one of the type. invalid.
Status check_array(const Imported &type, const ArrowArray &array);

// Here and below, item i counts from the array's own offset.
inline bool bit_at(const ArrowArray &array, int buffer, std::int64_t i) {
  const std::int64_t at = array.offset + i;
  return (static_cast<const std::uint8_t *>(array.buffers[buffer])[at / 8] >> (at % 8) & 1) != 0;
}

inline bool is_valid(const ArrowArray &array, std::int64_t i) {
  return array.null_count == 0 || array.n_buffers == 0 || array.buffers[0] == nullptr || bit_at(array, 0, i);
}

// The number of an array of numbers, which nobody promises to be aligned.
template <class T>
T number_at(const ArrowArray &array, std::int64_t i) {
  T number;
  std::memcpy(&number, static_cast<const char *>(array.buffers[1]) + (array.offset + i) * std::int64_t{sizeof number},
              sizeof number);
  return number;
}

// Where the index of a dictionary points, or below 0.
std::int64_t index_at(const Imported &type, const ArrowArray &array, std::int64_t i);

// The bytes of an item of text, binary, views or fixed_binary.
struct Piece {
  const void *data = nullptr;
  std::uint64_t bytes = 0;
};
Piece piece_at(const Imported &type, const ArrowArray &array, std::int64_t i);

// Where the items of a list begin, and how many there are, in the child's own counting.
struct Stretch {
  std::int64_t first = 0, count = 0;
};
Result<Stretch> stretch_at(const Imported &type, const ArrowArray &array, std::int64_t i);

// Days of a date, whatever its width.
std::int64_t days_at(const Imported &type, const ArrowArray &array, std::int64_t i);

}  // namespace deltos::interop
