// Numbers in items: every bit pattern of the small floats, rounding against the sorted list of all values, limits of
// integers, byte orders.
#include "dtype/number.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "base/bytes.hpp"

namespace deltos::dtype {
namespace {

struct Small {
  Scalar scalar;
  int exponent_bits, fraction_bits;
  bool has_infinity;
};

class SmallFloats : public testing::TestWithParam<Small> {
 protected:
  std::uint32_t patterns() const { return 1U << (8 * bytes_of(GetParam().scalar)); }
  Wide value_of(std::uint32_t bits) const {
    return load_number({GetParam().scalar, false}, reinterpret_cast<const std::byte *>(&bits));
  }
  // By the definition of the format, in powers of two.
  double defined_value(std::uint32_t bits) const {
    const Small &type = GetParam();
    const int bias = (1 << (type.exponent_bits - 1)) - 1;
    const std::uint32_t fraction = bits & ((1U << type.fraction_bits) - 1);
    const auto exponent = static_cast<int>((bits >> type.fraction_bits) & ((1U << type.exponent_bits) - 1));
    const bool is_top = exponent == (1 << type.exponent_bits) - 1;
    const double sign = (bits >> (type.exponent_bits + type.fraction_bits)) != 0 ? -1 : 1;
    const double part = fraction / std::pow(2.0, type.fraction_bits);
    if (is_top && type.has_infinity) return fraction == 0 ? sign * INFINITY : NAN;
    if (is_top && fraction == (1U << type.fraction_bits) - 1) return NAN;
    return exponent == 0 ? sign * part * std::pow(2.0, 1 - bias) : sign * (1 + part) * std::pow(2.0, exponent - bias);
  }
};

TEST_P(SmallFloats, EveryPatternIsReadByDefinition) {
  for (std::uint32_t bits = 0; bits < patterns(); ++bits) {
    const Wide value = value_of(bits);
    const double expected = defined_value(bits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(value)) << bits;
    } else {
      ASSERT_EQ(value, expected) << bits;
      ASSERT_EQ(std::signbit(value), std::signbit(expected)) << bits;
    }
    double block = 0;
    load_doubles({GetParam().scalar, false}, reinterpret_cast<const std::byte *>(&bits), 1, 1, &block);
    ASSERT_TRUE(block == expected || std::isnan(expected)) << bits;
  }
}

TEST_P(SmallFloats, EveryValueIsStoredAsItWas) {
  for (std::uint32_t bits = 0; bits < patterns(); ++bits) {
    const Wide value = value_of(bits);
    std::uint32_t stored = 0;
    ASSERT_TRUE(
        store_number({GetParam().scalar, false}, value, Rounding::nearest, reinterpret_cast<std::byte *>(&stored)));
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(value_of(stored)));
    } else {
      ASSERT_EQ(stored, bits);
    }
  }
}

TEST_P(SmallFloats, DoublesAreRoundedToTheNearestTiesToEven) {
  std::map<double, std::uint32_t> values;  // not negative, finite
  for (std::uint32_t bits = 0; bits < patterns() / 2; ++bits) {
    if (std::isfinite(defined_value(bits))) values[defined_value(bits)] = bits;
  }
  const double largest = values.rbegin()->first;
  const double too_large = largest + (largest - std::prev(values.end(), 2)->first) / 2;
  std::mt19937_64 random(1);
  for (int round = 0; round < 20000; ++round) {
    auto above = values.upper_bound(
        std::ldexp(static_cast<double>(random() >> 11) * 0x1p-53, static_cast<int>(random() % 40) - 20));
    if (above == values.end()) continue;
    const auto below = std::prev(above);
    const double middle = (below->first + above->first) / 2;
    for (const double value : {middle, std::nextafter(middle, 0), std::nextafter(middle, INFINITY)}) {
      const std::uint32_t expected = value < middle   ? below->second
                                     : value > middle ? above->second
                                                      : (below->second % 2 == 0 ? below : above)->second;
      std::uint32_t stored = 0;
      ASSERT_TRUE(
          store_number({GetParam().scalar, false}, value, Rounding::nearest, reinterpret_cast<std::byte *>(&stored)));
      ASSERT_EQ(stored, expected) << value;
    }
  }
  std::uint32_t stored = 77;
  auto *const item = reinterpret_cast<std::byte *>(&stored);
  const Number number{GetParam().scalar, false};
  EXPECT_FALSE(store_number(number, too_large * 1.001, Rounding::nearest, item));
  EXPECT_FALSE(store_number(number, -1e300, Rounding::nearest, item));
  EXPECT_EQ(store_number(number, INFINITY, Rounding::nearest, item), GetParam().has_infinity);
}

INSTANTIATE_TEST_SUITE_P(Types, SmallFloats,
                         testing::Values(Small{Scalar::f16, 5, 10, true}, Small{Scalar::bf16, 8, 7, true},
                                         Small{Scalar::f8_e5m2, 5, 2, true}, Small{Scalar::f8_e4m3, 4, 3, false}));

template <class T>
void check_integer(Scalar scalar) {
  const auto low = static_cast<Wide>(std::numeric_limits<T>::min());
  const auto high = static_cast<Wide>(std::numeric_limits<T>::max());
  for (const bool swapped : {false, true}) {
    const Number number{scalar, swapped};
    T stored = 7;
    auto *const item = reinterpret_cast<std::byte *>(&stored);
    for (const Wide value : {low, high, Wide{0}, Wide{1}, high - 1}) {
      ASSERT_TRUE(store_number(number, value, Rounding::exact, item));
      ASSERT_EQ(load_number(number, item), value);
      T turned = stored;
      if (swapped) std::reverse(reinterpret_cast<std::byte *>(&turned), reinterpret_cast<std::byte *>(&turned + 1));
      ASSERT_EQ(static_cast<Wide>(turned), value);
    }
    for (const Wide value : {low - 1, high + 1, Wide{0.5}, Wide{NAN}, Wide{INFINITY}}) {
      ASSERT_FALSE(store_number(number, value, Rounding::nearest, item));
      ASSERT_EQ(load_number(number, item), high - 1);
    }
  }
}

TEST(Number, IntegersHoldTheirLimitsAndNoMore) {
  check_integer<std::int8_t>(Scalar::i8);
  check_integer<std::int16_t>(Scalar::i16);
  check_integer<std::int32_t>(Scalar::i32);
  check_integer<std::int64_t>(Scalar::i64);
  check_integer<std::uint8_t>(Scalar::u8);
  check_integer<std::uint16_t>(Scalar::u16);
  check_integer<std::uint32_t>(Scalar::u32);
  check_integer<std::uint64_t>(Scalar::u64);
}

TEST(Number, BooleansAreReadAsZeroOrOneAndHoldNothingElse) {
  std::uint8_t item = 7;
  auto *const bytes = reinterpret_cast<std::byte *>(&item);
  EXPECT_EQ(load_number({Scalar::boolean, false}, bytes), 1);
  EXPECT_TRUE(store_number({Scalar::boolean, false}, 0, Rounding::exact, bytes));
  EXPECT_EQ(item, 0);
  EXPECT_FALSE(store_number({Scalar::boolean, false}, 2, Rounding::exact, bytes));
}

TEST(Number, WholeNumbersAreStoredInFloatsExactlyOrNotAtAll) {
  float item = 5;
  auto *const bytes = reinterpret_cast<std::byte *>(&item);
  EXPECT_FALSE(store_number({Scalar::f32, false}, (1 << 24) + 1, Rounding::exact, bytes));
  EXPECT_EQ(item, 5);
  EXPECT_TRUE(store_number({Scalar::f32, false}, (1 << 24) + 1, Rounding::nearest, bytes));
  EXPECT_EQ(item, 1 << 24);
}

TEST(Number, FloatsRefuseWhatWouldBecomeInfinite) {
  float item = 5;
  auto *const bytes = reinterpret_cast<std::byte *>(&item);
  const double largest = std::numeric_limits<float>::max();
  EXPECT_TRUE(store_number({Scalar::f32, false}, std::nextafter(0x1.ffffffp+127, 0), Rounding::nearest, bytes));
  EXPECT_EQ(item, largest);
  EXPECT_FALSE(store_number({Scalar::f32, false}, 0x1.ffffffp+127, Rounding::nearest, bytes));
  EXPECT_TRUE(store_number({Scalar::f32, false}, -INFINITY, Rounding::nearest, bytes));
  EXPECT_EQ(item, -INFINITY);
}

TEST(Number, FormatsNameTheirNumbers) {
  const auto known = [](const char *text) { return number_of(*parse_format(text)); };
  EXPECT_EQ(known("l"), (Number{Scalar::i64, false}));
  EXPECT_EQ(known("=l"), (Number{Scalar::i32, false}));
  EXPECT_EQ(known(">l"), (Number{Scalar::i32, true}));
  EXPECT_EQ(known(">Q"), (Number{Scalar::u64, true}));
  EXPECT_EQ(known(">e"), (Number{Scalar::f16, true}));
  EXPECT_EQ(known(">b"), (Number{Scalar::i8, false}));
  EXPECT_EQ(known("g"), (Number{Scalar::f_long, false}));
  EXPECT_EQ(number_of(*format_of("", Dtype::bf16)), (Number{Scalar::bf16, false}));
  for (const char *text : {"Zd", "3d", "5s", "c", "w", "T{d:x:}", "4x", ">3w", "u"}) EXPECT_FALSE(known(text)) << text;
  EXPECT_EQ(complex_part_of(*parse_format(">Zf")), (Number{Scalar::f32, true}));
  EXPECT_EQ(complex_part_of(*parse_format("Zg")), (Number{Scalar::f_long, false}));
  EXPECT_FALSE(complex_part_of(*parse_format("d")));
}

TEST(Number, LimitsAreWrittenInFull) {
  EXPECT_EQ(limits_of(Scalar::i8), "-128 to 127");
  EXPECT_EQ(limits_of(Scalar::u64), "0 to 18446744073709551615");
  EXPECT_EQ(limits_of(Scalar::f16), "-65504 to 65504");
  EXPECT_EQ(limits_of(Scalar::f8_e4m3), "-448 to 448");
}

}  // namespace
}  // namespace deltos::dtype
