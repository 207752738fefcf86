// Items that are numbers: what a format says about them, and from their bytes to a number and back.
//
// A number is passed as a long double, which holds every 64-bit integer and every float there is a type for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/status.hpp"
#include "dtype/format.hpp"

namespace deltos::dtype {

using Wide = long double;
static_assert(std::numeric_limits<Wide>::digits >= 64, "every 64-bit integer is a long double");

enum class Scalar : std::uint8_t {
  boolean,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
  f8_e4m3,
  f8_e5m2,
  f16,
  bf16,
  f32,
  f64,
  f_long,  // "g"
};

struct Number {
  Scalar scalar = Scalar::u8;
  bool swapped = false;

  bool operator==(const Number &) const = default;
};

// nullopt: the items are no numbers, or complex ones.
std::optional<Number> number_of(const Format &format);
// The parts of a complex number, each of half the item; nullopt: the items are no complex numbers.
std::optional<Number> complex_part_of(const Format &format);

std::uint64_t bytes_of(Scalar scalar);
constexpr bool is_integer(Scalar scalar) { return scalar <= Scalar::u64; }
// Whether a double holds every value.
constexpr bool fits_double(Scalar scalar) {
  return scalar != Scalar::i64 && scalar != Scalar::u64 && scalar != Scalar::f_long;
}
// The bit of the sign where 0 has one; 0 for integers.
std::uint64_t sign_bit(Scalar scalar);

Wide load_number(Number number, const std::byte *item);
// `count` numbers that fit_double, `stride` bytes apart.
void load_doubles(Number number, const std::byte *items, std::int64_t stride, std::size_t count, double *doubles);

// How a number may be changed to be stored.
enum class Rounding : std::uint8_t {
  exact,    // not at all
  nearest,  // to the nearest float, when it is a double; in an integer it must be whole
};
// false: the item cannot hold it, and is as it was.
bool store_number(Number number, Wide value, Rounding rounding, std::byte *item);

// For messages: "-128 to 127".
std::string limits_of(Scalar scalar);

}  // namespace deltos::dtype
