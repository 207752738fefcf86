#include "dtype/number.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

#include "base/bytes.hpp"

namespace deltos::dtype {
namespace {

// A float of up to 16 bits: sign, exponent, fraction.
struct SmallFloat {
  int exponent_bits, fraction_bits;
  bool has_infinity;  // without, the highest exponent holds numbers too, and one NaN of each sign

  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  std::uint32_t sign() const { return 1U << (exponent_bits + fraction_bits); }
  std::uint32_t top() const { return ((1U << exponent_bits) - 1) << fraction_bits; }
  std::uint32_t nan() const { return has_infinity ? top() | (1U << (fraction_bits - 1)) : sign() - 1; }
  std::uint32_t largest() const { return (has_infinity ? top() : nan()) - 1; }
};

constexpr SmallFloat kE4M3{4, 3, false}, kE5M2{5, 2, true}, kF16{5, 10, true}, kBf16{8, 7, true};

double decode(const SmallFloat &type, std::uint32_t bits) {
  constexpr int kDoubleFraction = 52, kDoubleBias = 1023;
  const std::uint32_t magnitude = bits & (type.sign() - 1);
  double value;
  if (type.has_infinity ? magnitude > type.top() : magnitude == type.nan()) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (type.has_infinity && magnitude == type.top()) {
    value = std::numeric_limits<double>::infinity();
  } else if (magnitude >> type.fraction_bits == 0) {
    value = std::ldexp(static_cast<double>(magnitude), 1 - type.bias() - type.fraction_bits);
  } else {
    const std::uint64_t shifted = std::uint64_t{magnitude} << (kDoubleFraction - type.fraction_bits);
    value = std::bit_cast<double>(shifted + (static_cast<std::uint64_t>(kDoubleBias - type.bias()) << kDoubleFraction));
  }
  return (bits & type.sign()) != 0 ? -value : value;
}

// Rounds to the nearest, ties to even. nullopt: too large, or an infinity where there is none.
std::optional<std::uint32_t> encode(const SmallFloat &type, double value) {
  const std::uint32_t sign = std::signbit(value) ? type.sign() : 0;
  const double magnitude = std::fabs(value);
  if (std::isnan(value)) return sign | type.nan();
  if (std::isinf(value)) return type.has_infinity ? std::optional(sign | type.top()) : std::nullopt;
  if (magnitude == 0) return sign;
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  const int unit = std::max(exponent - 1, 1 - type.bias()) - type.fraction_bits;  // of the last bit, a power of 2
  const double units = std::ldexp(magnitude, -unit);
  auto rounded = static_cast<std::uint32_t>(units);
  const double rest = units - rounded;
  if (rest > 0.5 || (rest == 0.5 && rounded % 2 == 1)) ++rounded;
  const int field = unit + type.fraction_bits + type.bias();  // at least 1; a carry of the fraction raises it
  const std::uint64_t bits = (static_cast<std::uint64_t>(field - 1) << type.fraction_bits) + rounded;
  if (bits > type.largest()) return std::nullopt;
  return sign | static_cast<std::uint32_t>(bits);
}

template <class T>
T swapped_if(bool swapped, T bits) {
  if constexpr (sizeof(T) == 1) return bits;
  if constexpr (sizeof(T) == 2) return swapped ? static_cast<T>(__builtin_bswap16(bits)) : bits;
  if constexpr (sizeof(T) == 4) return swapped ? __builtin_bswap32(bits) : bits;
  if constexpr (sizeof(T) == 8) return swapped ? __builtin_bswap64(bits) : bits;
}

// A type as the bits it is stored in and the number they stand for.
template <class Bits, class Value>
struct Plain {
  using Stored = Bits;
  static Value value(Bits bits) { return std::bit_cast<Value>(bits); }
};
struct Truth {
  using Stored = std::uint8_t;
  static std::uint8_t value(std::uint8_t bits) { return bits != 0 ? 1 : 0; }
};
template <class Bits, const SmallFloat &kType>
struct Small {
  using Stored = Bits;
  static double value(Bits bits) { return decode(kType, bits); }
};

// Calls with the type of a scalar; "g" is the caller's own business.
template <class Call>
auto with_type(Scalar scalar, const Call &call) {
  switch (scalar) {
    case Scalar::boolean:
      return call(Truth());
    case Scalar::i8:
      return call(Plain<std::uint8_t, std::int8_t>());
    case Scalar::i16:
      return call(Plain<std::uint16_t, std::int16_t>());
    case Scalar::i32:
      return call(Plain<std::uint32_t, std::int32_t>());
    case Scalar::i64:
      return call(Plain<std::uint64_t, std::int64_t>());
    case Scalar::u16:
      return call(Plain<std::uint16_t, std::uint16_t>());
    case Scalar::u32:
      return call(Plain<std::uint32_t, std::uint32_t>());
    case Scalar::u64:
      return call(Plain<std::uint64_t, std::uint64_t>());
    case Scalar::f8_e4m3:
      return call(Small<std::uint8_t, kE4M3>());
    case Scalar::f8_e5m2:
      return call(Small<std::uint8_t, kE5M2>());
    case Scalar::f16:
      return call(Small<std::uint16_t, kF16>());
    case Scalar::bf16:
      return call(Small<std::uint16_t, kBf16>());
    case Scalar::f32:
      return call(Plain<std::uint32_t, float>());
    case Scalar::f64:
      return call(Plain<std::uint64_t, double>());
    default:
      return call(Plain<std::uint8_t, std::uint8_t>());
  }
}

struct Limits {
  Wide low, high;  // both can be stored
};

Limits integer_limits(Scalar scalar) {
  if (scalar == Scalar::boolean) return {0, 1};
  const int bits = static_cast<int>(bytes_of(scalar) * 8);
  if (scalar >= Scalar::u8) return {0, std::ldexp(Wide{1}, bits) - 1};
  const Wide half = std::ldexp(Wide{1}, bits - 1);
  return {-half, half - 1};
}

// The bits of an integer that is within the limits of its type.
std::uint64_t integer_bits(Wide value) {
  return value < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) : static_cast<std::uint64_t>(value);
}

// A double as the bits of a float; nullopt: too large.
std::optional<std::uint64_t> float_bits(Scalar scalar, double value) {
  const auto small = [&](const SmallFloat &type) -> std::optional<std::uint64_t> { return encode(type, value); };
  if (scalar == Scalar::f8_e4m3) return small(kE4M3);
  if (scalar == Scalar::f8_e5m2) return small(kE5M2);
  if (scalar == Scalar::f16) return small(kF16);
  if (scalar == Scalar::bf16) return small(kBf16);
  if (scalar == Scalar::f64) return std::bit_cast<std::uint64_t>(value);
  // The first double that is rounded to more than the largest float, half a unit above it.
  constexpr double kTooLarge = 0x1.ffffffp+127;
  if (std::isfinite(value) && std::fabs(value) >= kTooLarge) return std::nullopt;
  return std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

void save_bits(Number number, std::uint64_t bits, std::byte *item) {
  const std::uint64_t size = bytes_of(number.scalar);
  if (number.swapped) bits = __builtin_bswap64(bits) >> (64 - 8 * size);
  std::memcpy(item, &bits, size);
}

std::optional<Scalar> scalar_of(Dtype dtype) {
  constexpr std::pair<Dtype, Scalar> kScalars[] = {
      {Dtype::boolean, Scalar::boolean}, {Dtype::i8, Scalar::i8},           {Dtype::i16, Scalar::i16},
      {Dtype::i32, Scalar::i32},         {Dtype::i64, Scalar::i64},         {Dtype::u8, Scalar::u8},
      {Dtype::u16, Scalar::u16},         {Dtype::u32, Scalar::u32},         {Dtype::u64, Scalar::u64},
      {Dtype::f16, Scalar::f16},         {Dtype::f32, Scalar::f32},         {Dtype::f64, Scalar::f64},
      {Dtype::bf16, Scalar::bf16},       {Dtype::f8_e4m3, Scalar::f8_e4m3}, {Dtype::f8_e5m2, Scalar::f8_e5m2},
  };
  for (const auto &[each, scalar] : kScalars) {
    if (each == dtype) return scalar;
  }
  return std::nullopt;
}

// The scalar behind a character after ">", where sizes are the standard ones.
std::optional<Scalar> swapped_scalar(std::string_view code) {
  constexpr std::pair<std::string_view, Scalar> kScalars[] = {
      {"h", Scalar::i16}, {"H", Scalar::u16}, {"i", Scalar::i32}, {"I", Scalar::u32}, {"q", Scalar::i64},
      {"Q", Scalar::u64}, {"e", Scalar::f16}, {"f", Scalar::f32}, {"d", Scalar::f64},
  };
  for (const auto &[text, scalar] : kScalars) {
    if (text == code) return scalar;
  }
  return std::nullopt;
}

std::string written(Wide value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*Lg", 20, value);
  return text;
}

}  // namespace

std::optional<Number> number_of(const Format &format) {
  if (const std::optional<Scalar> scalar = scalar_of(format.dtype)) return Number{*scalar, false};
  if (format.dtype != Dtype::other) return std::nullopt;
  if (format.text == "g") return Number{Scalar::f_long, false};
  if (!format.swapped) return std::nullopt;
  const std::optional<Scalar> scalar = swapped_scalar(std::string_view(format.text).substr(1));
  return scalar ? std::optional(Number{*scalar, true}) : std::nullopt;
}

std::optional<Number> complex_part_of(const Format &format) {
  std::string_view text = format.text;
  const bool swapped = text.starts_with('>');
  text.remove_prefix(swapped ? 1 : 0);
  if (text == "Zf") return Number{Scalar::f32, swapped};
  if (text == "Zd") return Number{Scalar::f64, swapped};
  if (text == "Zg") return Number{Scalar::f_long, false};
  return std::nullopt;
}

std::uint64_t bytes_of(Scalar scalar) {
  if (scalar == Scalar::f_long) return sizeof(Wide);
  return with_type(scalar, [](auto type) -> std::uint64_t { return sizeof(typename decltype(type)::Stored); });
}

std::uint64_t sign_bit(Scalar scalar) {
  return is_integer(scalar) || scalar == Scalar::f_long ? 0 : std::uint64_t{1} << (bytes_of(scalar) * 8 - 1);
}

Wide load_number(Number number, const std::byte *item) {
  if (number.scalar == Scalar::f_long) return load<Wide>(item);
  return with_type(number.scalar, [&](auto type) -> Wide {
    using Type = decltype(type);
    return Type::value(swapped_if(number.swapped, load<typename Type::Stored>(item)));
  });
}

void load_doubles(Number number, const std::byte *items, std::int64_t stride, std::size_t count, double *doubles) {
  with_type(number.scalar, [&](auto type) {
    using Type = decltype(type);
    using Stored = typename Type::Stored;
    if (stride == sizeof(Stored) && !number.swapped) {  // the usual case, with nothing in it that is not constant
      for (std::size_t i = 0; i < count; ++i) {
        doubles[i] = static_cast<double>(Type::value(load<Stored>(items + i * sizeof(Stored))));
      }
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto bits = load<Stored>(items + static_cast<std::int64_t>(i) * stride);
      doubles[i] = static_cast<double>(Type::value(swapped_if(number.swapped, bits)));
    }
  });
}

bool store_number(Number number, Wide value, Rounding rounding, std::byte *item) {
  if (is_integer(number.scalar)) {
    const Limits limits = integer_limits(number.scalar);
    if (!(value >= limits.low && value <= limits.high) || std::trunc(value) != value) return false;
    save_bits(number, integer_bits(value), item);
    return true;
  }
  if (number.scalar == Scalar::f_long) {
    save(item, value);
    return true;
  }
  const auto narrow = static_cast<double>(value);
  const std::optional<std::uint64_t> bits = float_bits(number.scalar, narrow);
  if (!bits) return false;
  if (rounding == Rounding::exact) {
    alignas(Wide) std::byte stored[sizeof(Wide)];
    save_bits(number, *bits, stored);
    if (load_number(number, stored) != value) return false;
  }
  save_bits(number, *bits, item);
  return true;
}

std::string limits_of(Scalar scalar) {
  if (is_integer(scalar)) {
    const Limits limits = integer_limits(scalar);
    return written(limits.low) + " to " + written(limits.high);
  }
  const SmallFloat *small = scalar == Scalar::f8_e4m3   ? &kE4M3
                            : scalar == Scalar::f8_e5m2 ? &kE5M2
                            : scalar == Scalar::f16     ? &kF16
                            : scalar == Scalar::bf16    ? &kBf16
                                                        : nullptr;
  const Wide largest = small != nullptr        ? decode(*small, small->largest())
                       : scalar == Scalar::f32 ? Wide{std::numeric_limits<float>::max()}
                       : scalar == Scalar::f64 ? Wide{std::numeric_limits<double>::max()}
                                               : std::numeric_limits<Wide>::max();
  return written(-largest) + " to " + written(largest);
}

}  // namespace deltos::dtype
