// Comparing and searching by value, against a model that keeps the values beside the items.
#include "dtype/compare.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "dtype/search.hpp"
#include "support/random_arrays.hpp"

namespace deltos::dtype {
namespace {

using test::Array;
using test::Blob;
using test::items_of;
using test::Numbers;
using test::Random;

Format format_named(const char *text, Dtype tag = Dtype::other) { return *format_of(text, tag); }

// All kinds of numbers, in both byte orders.
std::vector<Format> number_formats() {
  std::vector<Format> formats;
  for (const char *text : {"?", "b",  "B",  "h",  "H",  "i",  "I",  "q",  "Q",  "e",  "f", "d",
                           "g", ">h", ">H", ">i", ">I", ">q", ">Q", ">e", ">f", ">d", "n", "L"}) {
    formats.push_back(format_named(text));
  }
  for (const Dtype tag : {Dtype::bf16, Dtype::f8_e4m3, Dtype::f8_e5m2}) formats.push_back(format_named("", tag));
  return formats;
}

// An array of random layout with random values, of which there are few, so that some are equal.
struct Valued {
  Array array;
  Format format;
  std::vector<Wide> values;
  Typed typed() const { return {array.layout(), format}; }
};

class ValueModel : public testing::TestWithParam<int> {
 protected:
  Numbers any_shape() {
    if (random_.one_in(4)) return {random_.below(1500)};
    Numbers shape = random_.shape();
    if (!shape.empty() && random_.one_in(8)) shape.back() = random_.below(60);
    return shape;
  }

  Valued any(const Numbers &shape) {
    static const std::vector<Format> formats = number_formats();
    Valued made;
    made.format = formats[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(formats.size())))];
    made.array = !shape.empty() && random_.one_in(3) ? random_.indirect(shape, made.format.item_bytes)
                                                     : random_.direct(shape, made.format.item_bytes);
    const Number number = *number_of(made.format);
    for (std::byte *item : items_of(made.array.layout())) {
      do {
        made.values.push_back(any_value());
        if (store_number(number, made.values.back(), Rounding::nearest, item)) break;
        made.values.pop_back();
      } while (true);
    }
    return made;
  }

  // Mostly 0 and 1, so that arrays have long parts in common.
  Wide any_value() {
    if (!random_.one_in(40)) return rare_ ? static_cast<Wide>(random_.below(2)) : Wide{1};
    constexpr Wide kValues[] = {0, 1, -1, 2, 0.5L, -0.0L, NAN, 100, -100, 240, 1024};
    return kValues[random_.below(std::size(kValues))];
  }

  Random random_{static_cast<std::uint32_t>(GetParam())};
  bool rare_ = true;
};

constexpr int kRounds = 800;

Order model_order(const Valued &a, const Valued &b) {
  for (std::size_t i = 0; i < std::min(a.values.size(), b.values.size()); ++i) {
    if (a.values[i] < b.values[i]) return Order::less;
    if (a.values[i] > b.values[i]) return Order::greater;
    if (a.values[i] != b.values[i]) return Order::unordered;
  }
  if (a.values.size() != b.values.size()) return a.values.size() < b.values.size() ? Order::less : Order::greater;
  const auto key = [](const Valued &each) { return std::pair(each.array.shape.size(), each.array.shape); };
  return key(a) < key(b) ? Order::less : key(b) < key(a) ? Order::greater : Order::equal;
}

TEST_P(ValueModel, ArraysOfAnyNumbersAreEqualWhenTheirValuesAre) {
  int equal = 0;
  rare_ = false;
  for (int round = 0; round < kRounds; ++round) {
    const Numbers shape = any_shape();
    const Valued a = any(shape), b = any(shape);
    ASSERT_EQ(*equal_values(a.typed(), b.typed()), a.values == b.values) << a.format.text << " " << b.format.text;
    equal += a.values == b.values ? 1 : 0;
  }
  EXPECT_GT(equal, kRounds / 10);
}

TEST_P(ValueModel, ArraysOfAnyNumbersAndShapesAreOrderedLikeWords) {
  int seen[4] = {};
  for (int round = 0; round < kRounds; ++round) {
    rare_ = random_.one_in(2);
    const Numbers shape = any_shape();
    const Valued a = any(shape), b = any(random_.one_in(2) ? shape : any_shape());
    const Order expected = model_order(a, b);
    ASSERT_EQ(*compare_values(a.typed(), b.typed()), expected) << a.format.text << " " << b.format.text;
    ++seen[static_cast<int>(expected) + 1];
  }
  for (const int times : seen) EXPECT_GT(times, 5);
}

TEST_P(ValueModel, ItemsAreFoundAndCountedWhereTheModelHasThem) {
  for (int round = 0; round < kRounds; ++round) {
    rare_ = random_.one_in(2);
    const Valued array = any(any_shape());
    Blob item(array.format.item_bytes);
    Wide wanted = any_value();
    if (!store_number(*number_of(array.format), wanted, Rounding::nearest, item.data())) continue;
    std::int64_t expected = -1;
    std::uint64_t count = 0;
    const std::int64_t from = random_.below(static_cast<std::int64_t>(array.values.size()) + 1);
    for (std::size_t i = array.values.size(); i-- > 0;) {
      if (array.values[i] != wanted) continue;
      ++count;
      if (static_cast<std::int64_t>(i) >= from) expected = static_cast<std::int64_t>(i);
    }
    ASSERT_EQ(*find_value(array.typed(), item.data(), from), expected) << array.format.text;
    ASSERT_EQ(*count_values(array.typed(), item.data()), count) << array.format.text;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ValueModel, testing::Range(0, 3));

// One item of each format, compared.
Order order_of_items(const char *a_text, const void *a, const char *b_text, const void *b) {
  const Format a_format = format_named(a_text), b_format = format_named(b_text);
  return Relation(a_format, b_format).compare(static_cast<const std::byte *>(a), static_cast<const std::byte *>(b));
}

TEST(Values, LargeIntegersAndDoublesAreComparedExactly) {
  const std::int64_t odd = (std::int64_t{1} << 53) + 1;
  const auto near = static_cast<double>(odd);
  EXPECT_EQ(order_of_items("q", &odd, "d", &near), Order::greater);
  const std::uint64_t large = ~std::uint64_t{0};
  const std::int64_t minus_one = -1;
  EXPECT_EQ(order_of_items("Q", &large, "q", &minus_one), Order::greater);
  const double too_large = 0x1p64;
  EXPECT_EQ(order_of_items("Q", &large, "d", &too_large), Order::less);
}

TEST(Values, ComplexNumbersEqualRealOnesWithoutImaginaryPart) {
  const double one[2] = {1, 0}, other[2] = {1, 2};
  const std::int8_t integer = 1;
  EXPECT_EQ(order_of_items("Zd", one, "b", &integer), Order::equal);
  EXPECT_EQ(order_of_items("b", &integer, "Zd", other), Order::unordered);
  EXPECT_EQ(order_of_items("Zd", other, "Zd", other), Order::equal);
  const Format complex = format_named("Zd"), real = format_named("d");
  EXPECT_FALSE(Relation(complex, real).is_ordered());
}

TEST(Values, StringsOfBytesAreComparedWithAllTheirZeros) {
  EXPECT_EQ(order_of_items("3s", "abc", "3s", "abd"), Order::less);
  EXPECT_EQ(order_of_items("3s", "ab\0", "2s", "ab"), Order::greater);
  EXPECT_EQ(order_of_items("c", "a", "1s", "a"), Order::equal);
  EXPECT_EQ(order_of_items("4p", "\2abX", "2s", "ab"), Order::equal);
  EXPECT_EQ(order_of_items("4p", "\xffgap", "3s", "gap"), Order::equal);
}

TEST(Values, CharactersAreComparedAcrossWidthsAndByteOrders) {
  const std::uint32_t wide[2] = {0x61, 0x1f600}, swapped[2] = {0x61000000, 0x00f60100};
  const std::uint16_t narrow[2] = {0x61, 0x62};
  EXPECT_EQ(order_of_items("2w", wide, ">2w", swapped), Order::equal);
  EXPECT_EQ(order_of_items("2w", wide, "2u", narrow), Order::greater);
  EXPECT_EQ(order_of_items("2w", wide, "1w", wide), Order::greater);
}

TEST(Values, StructuresAreComparedFieldByFieldWithoutNamesAndPadding) {
  struct One {
    std::int8_t a;
    double b;
  };
  struct Other {
    float x;
    std::int16_t y;
  } __attribute__((packed));
  One one;
  std::memset(&one, 0xee, sizeof one);
  one.a = 3;
  one.b = 7;
  One same;
  std::memset(&same, 0x11, sizeof same);
  same.a = 3;
  same.b = 7;
  const Other other{3, 7}, less{3, 6};
  EXPECT_EQ(order_of_items("T{b:a:d:b:}", &one, "T{b:c:d:d:}", &same), Order::equal);
  EXPECT_EQ(order_of_items("T{b:a:d:b:}", &one, "^T{f:x:h:y:}", &other), Order::equal);
  EXPECT_EQ(order_of_items("T{b:a:d:b:}", &one, "^T{f:x:h:y:}", &less), Order::greater);
  const Format format = format_named("T{b:a:d:b:}");
  EXPECT_FALSE(Relation(format, format).is_bytewise());
}

TEST(Values, StructuresOfPackedIntegersAreComparedAsBytes) {
  const Format packed = format_named("T{q:a:2i:b:4s:c:4B:d:}"), with_float = format_named("T{q:a:f:b:f:c:}");
  EXPECT_TRUE(Relation(packed, packed).is_bytewise());
  EXPECT_FALSE(Relation(with_float, with_float).is_bytewise());
}

TEST(Values, SubArraysAreComparedItemByItem) {
  const std::int32_t whole[6] = {1, 2, 3, 4, 5, 6};
  const double floats[6] = {1, 2, 3, 4, 5, 6}, other[6] = {1, 2, 3, 4, NAN, 6};
  EXPECT_EQ(order_of_items("(2,3)i", whole, "(2,3)d", floats), Order::equal);
  EXPECT_EQ(order_of_items("(2,3)i", whole, "(2,3)d", other), Order::unordered);
  EXPECT_FALSE(Relation(format_named("(2,3)i"), format_named("(3,2)i")).is_comparable());
}

TEST(Values, WhatHasNoComparisonIsNeverEqual) {
  const char *const pairs[][2] = {
      {"d", "8s"},  {"2s", "2w"}, {"T{d:x:}", "d"}, {"T{d:x:d:y:}", "T{d:x:}"}, {"T{d:x:}", "T{4s:x:}"}, {"4x", "4B"},
      {"4x", "5x"}, {"4x", "4s"}, {"Zd", "16s"}};
  for (const auto &[a, b] : pairs) {
    const Format one = format_named(a), other = format_named(b);
    EXPECT_FALSE(Relation(one, other).is_comparable()) << a << " " << b;
    EXPECT_FALSE(Relation(other, one).is_comparable()) << a << " " << b;
    EXPECT_EQ(compare_values({{}, one}, {{}, other}).code(), Code::unsupported);
  }
}

TEST(Values, BytesOfNoTypeAreComparedAsBytes) {
  EXPECT_EQ(order_of_items("4x", "abcd", "4x", "abcd"), Order::equal);
  EXPECT_EQ(order_of_items("4x", "abcd", "4x", "abce"), Order::less);
}

TEST(Values, EmptyArraysAreEqualWhenTheirShapesAre) {
  const Format numbers = format_named("d"), texts = format_named("3s");
  const Numbers none{0}, wide{0, 5}, wider{0, 7};
  const auto array = [](const Numbers &shape, const Format &format) -> Typed {
    return {{nullptr, static_cast<int>(shape.size()), shape.data(), nullptr, nullptr, format.item_bytes}, format};
  };
  EXPECT_TRUE(*equal_values(array(none, numbers), array(none, texts)));
  EXPECT_FALSE(*equal_values(array(wide, numbers), array(wider, numbers)));
  EXPECT_EQ(*compare_values(array(wide, numbers), array(wider, numbers)), Order::less);
}

TEST(Values, StringsAndStructuresAreFoundToo) {
  const char texts[] = "aabbccaabb";
  const Numbers five{5};
  const Format text = format_named("2s");
  const Typed array{{reinterpret_cast<std::byte *>(const_cast<char *>(texts)), 1, five.data(), nullptr, nullptr, 2},
                    text};
  EXPECT_EQ(*find_value(array, reinterpret_cast<const std::byte *>("bb"), 2), 4);
  EXPECT_EQ(*count_values(array, reinterpret_cast<const std::byte *>("aa")), 2);
  struct Pair {
    double x;
    float y, padding;
  };
  Pair pairs[] = {{1, 2, 3}, {0, 2, 4}, {1, 2, 5}, {NAN, 2, 3}};
  const Format pair = format_named("T{d:x:f:y:4x}");
  const Numbers four{4};
  const Typed records{{reinterpret_cast<std::byte *>(pairs), 1, four.data(), nullptr, nullptr, 16}, pair};
  const Pair wanted{1, 2, 99}, lost{NAN, 2, 3};
  EXPECT_EQ(*count_values(records, reinterpret_cast<const std::byte *>(&wanted)), 2);
  EXPECT_EQ(*find_value(records, reinterpret_cast<const std::byte *>(&wanted), 1), 2);
  EXPECT_EQ(*find_value(records, reinterpret_cast<const std::byte *>(&lost), 0), -1);
}

TEST(Values, LongPackedArraysAreCountedToTheLastItem) {
  for (const std::int64_t length : {0, 63, 64, 65, 255 * 64, 255 * 64 + 1, 100003}) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(length), 9);
    const Format format = format_named("B");
    const Typed array{{reinterpret_cast<std::byte *>(bytes.data()), 1, &length, nullptr, nullptr, 1}, format};
    const std::byte nine{9}, other{8};
    EXPECT_EQ(*count_values(array, &nine), static_cast<std::uint64_t>(length));
    EXPECT_EQ(*count_values(array, &other), 0);
    if (length == 0) continue;
    bytes.back() = 8;
    EXPECT_EQ(*find_value(array, &other, 0), length - 1);
    EXPECT_EQ(*count_values(array, &other), 1);
  }
}

}  // namespace
}  // namespace deltos::dtype
