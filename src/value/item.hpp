// What is known of a node when it is read, and what is said of one when it is built.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "value/image.hpp"

namespace deltos::value {

// The numbers are those of DELTOS_VALUE_*.
enum class Kind : std::int32_t {
  null,
  boolean,
  integer,           // fits a signed 64-bit integer
  unsigned_integer,  // 2^63 and more
  floating,
  bytes,
  utf8,
  list,
  tuple,
  set,
  dict,
  date,
  datetime,
  decimal,
  ndarray,
  record,
  reference,
  end,
  share,
};

constexpr bool is_container(Kind kind) {
  return kind == Kind::list || kind == Kind::tuple || kind == Kind::set || kind == Kind::dict;
}

struct Item {
  Kind kind = Kind::null;
  std::int32_t detail =
      0;  // datetime: seconds east, or kNoZone; decimal: Special; ndarray: dtype; list, tuple: dtype of the elements
  Cell node = 0;
  std::uint64_t count = 0;          // elements, entries, bytes, digits, dimensions
  std::int64_t i64 = 0;             // integer; boolean; days; seconds; exponent
  std::uint64_t u64 = 0;            // unsigned_integer; nanoseconds; 1: negative decimal; id
  double f64 = 0;                   // floating
  const std::byte *data = nullptr;  // bytes, utf8, digits: borrowed. Elements that lie as numbers
};

// The datetime so many ticks after the start of 1970, of which a second has 1 to 10^9; a clock time if it is not of
// UTC.
Item moment(std::int64_t ticks, std::int64_t ticks_a_second, bool is_utc);

}  // namespace deltos::value
