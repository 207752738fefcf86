#include <gtest/gtest.h>

#include <cmath>

#include "support/random_values.hpp"
#include "value/json.hpp"

namespace deltos {
namespace {

using namespace value;
using test::image_of;
using test::RandomValues;
using test::Tree;

using Image = std::vector<std::byte>;

Result<Image> read_json(std::string_view text) {
  Builder builder;
  DELTOS_TRY(put_json(builder, text));
  return image_of(builder);
}

Result<std::string> json_of(const Image &image, std::int32_t flags = 0) {
  DELTOS_ASSIGN(const Reader reader, Reader::open(image));
  std::uint64_t bytes = 0;
  DELTOS_TRY(write_json(reader, 0, flags, {}, &bytes));
  std::string text(bytes, '?');
  DELTOS_TRY(write_json(reader, 0, flags, text, &bytes));
  EXPECT_EQ(bytes, text.size());
  return text;
}

// What a text becomes when it is read and written again; of a failure its message.
std::string through(std::string_view text, std::int32_t flags = 0) {
  const auto image = read_json(text);
  if (!image.ok()) return image.error().message;
  const auto back = json_of(*image, flags);
  return back.ok() ? *back : back.error().message;
}

Item of(Kind kind, std::int64_t number = 0) {
  Item item;
  item.kind = kind;
  item.i64 = number;
  return item;
}

Item text_item(Kind kind, std::string_view letters, std::int64_t number = 0) {
  Item item = of(kind, number);
  item.data = bytes_of(letters).data();
  item.count = letters.size();
  return item;
}

std::string written(std::initializer_list<Item> items, std::int32_t flags = 0) {
  Builder builder;
  EXPECT_TRUE(builder.put({items.begin(), items.size()}).ok());
  const auto image = image_of(builder);
  EXPECT_TRUE(image.ok());
  const auto text = json_of(*image, flags);
  return text.ok() ? *text : text.error().message;
}

std::string written_time(std::int64_t seconds, std::uint64_t nanoseconds, std::int32_t zone) {
  Item item = of(Kind::datetime, seconds);
  item.u64 = nanoseconds;
  item.detail = zone;
  return written({item});
}

std::string written_array(const char *format, std::initializer_list<std::int64_t> shape, Bytes elements) {
  Builder builder;
  const auto parsed = dtype::parse_format(format);
  EXPECT_TRUE(parsed.ok());
  EXPECT_TRUE(builder.put_array(*parsed, {shape.begin(), shape.size()}, elements, 0).ok());
  const auto image = image_of(builder);
  const auto text = json_of(*image);
  return text.ok() ? *text : text.error().message;
}

bool are_equal(const Image &a, const Image &b) {
  const Reader x = *Reader::open(a), y = *Reader::open(b);
  Item left, right;
  bool equal = false;
  EXPECT_TRUE(x.read(0, &left).ok() && y.read(0, &right).ok());
  EXPECT_TRUE(Comparison(&x, &y).equal(left, right, &equal).ok());
  return equal;
}

TEST(ValueJson, TextsComeBackAsTheyWere) {
  for (const char *text : {"null",
                           "true",
                           "false",
                           "0",
                           "-1",
                           "9223372036854775807",
                           "-9223372036854775808",
                           "18446744073709551615",
                           "18446744073709551616",
                           "-9223372036854775809",
                           "123456789012345678901234567890",
                           "0.1",
                           "-0.0",
                           "1e+300",
                           "5e-324",
                           "1.0",
                           "0.30000000000000004",
                           "\"\"",
                           "\"a\\n\\u0000\\\"\\\\\"",
                           "\"\xc3\xa4\xf0\x9f\x98\x80\"",
                           "[]",
                           "{}",
                           "[1,2,3]",
                           "[1,\"a\",null,[true,false],{\"b\":[]}]",
                           "{\"z\":1,\"a\":{\"b\":[0.5,-7]}}",
                           "[[1.5,2.5],[3.0,4.0]]"})
    EXPECT_EQ(through(text), text);
}

TEST(ValueJson, SpaceAndEscapesDoNotMatter) {
  EXPECT_EQ(through(" { \"a\" : [ 1 , 2.50 , 1E2 ] } \n"), "{\"a\":[1,2.5,100.0]}");
  EXPECT_EQ(through("\"\\u00e4\\ud83d\\ude00\\/\""), "\"\xc3\xa4\xf0\x9f\x98\x80/\"");
  EXPECT_EQ(through("\"\xc3\xa4\xf0\x9f\x98\x80\"", kJsonAscii), "\"\\u00e4\\ud83d\\ude00\"");
  EXPECT_EQ(through("1e-400"), "0.0");
}

TEST(ValueJson, IndentedTextHasAnElementALine) {
  EXPECT_EQ(through("{\"a\":[1,[]],\"b\":{}}", kJsonIndent), "{\n  \"a\": [\n    1,\n    []\n  ],\n  \"b\": {}\n}");
}

TEST(ValueJson, RandomTreesSurviveJson) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    RandomValues random(seed);
    Tree tree = random.any(4);
    test::keep_json(&tree);
    const auto image = image_of(tree);
    ASSERT_TRUE(image.ok()) << seed;
    const auto text = json_of(*image, static_cast<std::int32_t>(seed % 4));
    ASSERT_TRUE(text.ok()) << seed << ": " << text.error().message;
    const auto again = read_json(*text);
    ASSERT_TRUE(again.ok()) << seed << ": " << again.error().message;
    ASSERT_TRUE(are_equal(*image, *again)) << seed << ": " << *text;
    const auto same = json_of(*again, static_cast<std::int32_t>(seed % 4));
    ASSERT_TRUE(same.ok());
    ASSERT_EQ(*text, *same) << seed;
  }
}

TEST(ValueJson, EveryFiniteFloatComesBackBitForBit) {
  RandomValues random(7);
  for (int i = 0; i < 20'000; ++i) {
    Item item = of(Kind::floating);
    item.f64 = std::bit_cast<double>(random.below(UINT64_MAX));
    if (!std::isfinite(item.f64)) continue;
    const std::string text = written({item});
    const auto image = read_json(text);
    ASSERT_TRUE(image.ok()) << text;
    Item back;
    ASSERT_TRUE(Reader::open(*image)->read(0, &back).ok());
    ASSERT_EQ(back.kind, Kind::floating);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back.f64), std::bit_cast<std::uint64_t>(item.f64)) << text;
  }
}

TEST(ValueJson, BadTextsAreRefusedWithTheByte) {
  const auto refused = [](std::string_view text, Code code, std::string_view where) {
    Builder builder;
    const Status status = put_json(builder, text);
    EXPECT_EQ(status.code(), code) << text;
    if (status.ok()) return;
    EXPECT_NE(status.error().message.find(where), std::string::npos) << status.error().message;
    EXPECT_EQ(builder.put({}).code(), code);
  };
  refused("", Code::format, "at byte 0");
  refused("[1,]", Code::format, "at byte 4");
  refused("[1 2]", Code::format, "at byte 5");
  refused("nul", Code::format, "at byte 3");
  refused("01", Code::format, "at byte 2");
  refused("NaN", Code::format, "at byte 1");
  refused("{\"a\":1", Code::format, "at byte 6");
  refused("{1:2}", Code::format, "at byte");
  refused("\"\xff\"", Code::format, "at byte 2");
  refused("\"\\ud800\"", Code::format, "at byte");
  refused("\"a\nb\"", Code::format, "at byte");
  refused("// no\n1", Code::format, "at byte 1");
  refused(std::string_view("1\0", 2), Code::format, "at byte 1");
  refused("1 2", Code::format, "at byte 3");
  refused("1e400", Code::range, "at byte 5");
  refused("-1e400", Code::range, "too large");
  refused("1e5000", Code::range, "too large");
  refused(std::string(5000, '1'), Code::limit, "digits");
  refused("{\"a\":1,\"a\":2}", Code::duplicate, "at byte 13");
  refused(std::string(513, '['), Code::limit, "512 deep");
  refused(std::string(1'000'000, '['), Code::limit, "512 deep");
}

TEST(ValueJson, NestingMayGoAsDeepAsInAnyValue) {
  const std::string deep = std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']');
  EXPECT_EQ(through(deep), deep);
}

TEST(ValueJson, ATextStandsWhereverAValueMay) {
  Builder builder;
  const Item open = of(Kind::dict), end = of(Kind::end);
  ASSERT_TRUE(builder.put({&open, 1}).ok());
  ASSERT_TRUE(put_json(builder, "\"key\"").ok());
  ASSERT_TRUE(put_json(builder, "[1,{}]").ok());
  ASSERT_TRUE(builder.put({&end, 1}).ok());
  EXPECT_EQ(put_json(builder, "1").code(), Code::invalid);
  Builder other;
  ASSERT_TRUE(other.put({&open, 1}).ok());
  ASSERT_TRUE(put_json(other, "\"key\"").ok());
  ASSERT_TRUE(put_json(other, "[1,{}]").ok());
  ASSERT_TRUE(other.put({&end, 1}).ok());
  EXPECT_EQ(*json_of(*image_of(other)), "{\"key\":[1,{}]}");
}

TEST(ValueJson, KindsThatJsonLacksAreWrittenWhereAReaderUnderstandsThem) {
  EXPECT_EQ(written({of(Kind::date, 0)}), "\"1970-01-01\"");
  EXPECT_EQ(written({of(Kind::date, 11016)}), "\"2000-02-29\"");
  EXPECT_EQ(written({of(Kind::date, -719529)}), "\"-0001-12-31\"");
  EXPECT_EQ(written({of(Kind::date, 2932897)}), "\"+10000-01-01\"");
  EXPECT_EQ(written_time(0, 0, 0), "\"1970-01-01T00:00:00Z\"");
  EXPECT_EQ(written_time(-1, 250'000'000, kNoZone), "\"1969-12-31T23:59:59.250\"");
  EXPECT_EQ(written_time(86400 - 1800, 1000, 3600), "\"1970-01-02T00:30:00.000001+01:00\"");
  EXPECT_EQ(written_time(0, 1, -3600 - 61), "\"1969-12-31T22:58:59.000000001-01:01:01\"");
  EXPECT_EQ(written_time(INT64_MAX, 0, kMaxZone), "\"+292277026596-12-05T15:30:06+23:59:59\"");
  EXPECT_EQ(written_time(INT64_MIN, 0, -kMaxZone), "\"-292277022657-01-26T08:29:53-23:59:59\"");
  EXPECT_EQ(written({of(Kind::tuple), of(Kind::null), text_item(Kind::utf8, "a"), of(Kind::end)}), "[null,\"a\"]");
  EXPECT_EQ(written({of(Kind::set), of(Kind::integer, 70), of(Kind::integer, -3), of(Kind::end)}), "[-3,70]");
}

TEST(ValueJson, DecimalsKeepTheirDigits) {
  const auto decimal = [](const char *digits, std::int64_t exponent) {
    return written({text_item(Kind::decimal, digits, exponent)});
  };
  EXPECT_EQ(decimal("1250", -2), "12.50");
  EXPECT_EQ(decimal("125", -3), "0.125");
  EXPECT_EQ(decimal("1", -6), "0.000001");
  EXPECT_EQ(decimal("12", -9), "1.2e-8");
  EXPECT_EQ(decimal("0012", 0), "12");
  EXPECT_EQ(decimal("", 0), "0");
  EXPECT_EQ(decimal("15", 19), "1.5e+20");
  EXPECT_EQ(decimal("1", INT64_MAX), "1e+9223372036854775807");
  EXPECT_EQ(decimal("11", INT64_MAX), "1.1e+9223372036854775808");
  EXPECT_EQ(decimal("1", INT64_MIN), "1e-9223372036854775808");
  Item negative = text_item(Kind::decimal, "5", -1);
  negative.u64 = 1;
  EXPECT_EQ(written({negative}), "-0.5");
}

TEST(ValueJson, ArraysAreNested) {
  const std::int32_t numbers[] = {1, -2, 3, 4, 5, 6};
  EXPECT_EQ(written_array("i", {2, 3}, std::as_bytes(std::span(numbers))), "[[1,-2,3],[4,5,6]]");
  EXPECT_EQ(written_array("i", {2, 0}, {}), "[[],[]]");
  EXPECT_EQ(written_array("i", {}, std::as_bytes(std::span(numbers)).first(4)), "1");
  const std::uint64_t large[] = {UINT64_MAX};
  EXPECT_EQ(written_array("Q", {1}, std::as_bytes(std::span(large))), "[18446744073709551615]");
  EXPECT_EQ(written_array("q", {1}, std::as_bytes(std::span(large))), "[-1]");
  EXPECT_EQ(written_array("?", {2}, std::as_bytes(std::span("\x01", 2))), "[true,false]");
  EXPECT_EQ(written_array(">h", {1}, std::as_bytes(std::span("\x01\x02", 2))), "[258]");
  const float floats[] = {0.5F, INFINITY};
  EXPECT_EQ(written_array("f", {1}, std::as_bytes(std::span(floats)).first(4)), "[0.5]");
  EXPECT_NE(written_array("f", {2}, std::as_bytes(std::span(floats))).find("infinite"), std::string::npos);
  EXPECT_NE(written_array("T{i:x:}", {1}, std::as_bytes(std::span(floats)).first(4)).find("T{"), std::string::npos);
  EXPECT_NE(written_array("i", {1LL << 40, 0}, {}).find("longer than the value"), std::string::npos);
}

TEST(ValueJson, WhatJsonCannotSayIsNamedWithItsPlace) {
  const Item list = of(Kind::list), dict = of(Kind::dict), end = of(Kind::end), zero = of(Kind::integer);
  Item nan = of(Kind::floating);
  nan.f64 = NAN;
  Item no_number = text_item(Kind::decimal, "");
  no_number.detail = static_cast<std::int32_t>(Special::infinite);
  Item reference = of(Kind::reference);
  reference.u64 = 7;
  EXPECT_EQ(written({dict, text_item(Kind::utf8, "a"), list, of(Kind::null), zero, nan, end, end}),
            "a float that is NaN or infinite cannot be written as JSON, at $.a[2]");
  EXPECT_EQ(written({text_item(Kind::bytes, "x")}), "bytes cannot be written as JSON, at $");
  EXPECT_EQ(written({list, reference, end}), "a reference cannot be written as JSON, at $[0]");
  EXPECT_EQ(written({no_number}), "a decimal that is NaN or infinite cannot be written as JSON, at $");
  EXPECT_EQ(written({dict, text_item(Kind::utf8, "b"), dict, zero, zero, end, end}),
            "a key that is no text cannot be written as JSON, at $.b");
}

TEST(ValueJson, WhatContainsItselfAndWhatIsSharedBeyondMeasureEnd) {
  Item circle = of(Kind::list), share = of(Kind::share);
  circle.node = share.node = 5;
  EXPECT_NE(written({circle, share, of(Kind::end)}).find("contains itself"), std::string::npos);
  EXPECT_NE(written({circle, share, share, of(Kind::end)}).find("contains itself"), std::string::npos);
  std::vector<Item> items = {of(Kind::list)};  // 2^40 nulls
  for (std::uint64_t level = 1; level <= 40; ++level) {
    Item inner = of(Kind::list), again = of(Kind::share);
    inner.node = level;
    again.node = level - 1;
    items.push_back(inner);
    items.insert(items.end(), 2, level == 1 ? of(Kind::null) : again);
    items.push_back(of(Kind::end));
  }
  items.push_back(of(Kind::end));
  Builder builder;
  ASSERT_TRUE(builder.put(items).ok());
  const auto text = json_of(*image_of(builder));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.code(), Code::limit);
}

TEST(ValueJson, MemoryThatIsTooSmallGetsTheStartAndTheSizeOfAll) {
  const auto image = read_json("{\"a\":[1,\"\\u00e4\"]}");
  const Reader reader = *Reader::open(*image);
  const std::string whole = *json_of(*image, kJsonIndent);
  for (std::size_t room = 0; room <= whole.size(); ++room) {
    std::string text(room + 1, '?');
    std::uint64_t bytes = 0;
    ASSERT_TRUE(write_json(reader, 0, kJsonIndent, std::span(text).first(room), &bytes).ok());
    EXPECT_EQ(bytes, whole.size());
    EXPECT_EQ(text, whole.substr(0, room) + "?");
  }
}

TEST(ValueJson, DamagedTextsInAValueAreSaidToBe) {
  auto image = *read_json("[\"abcd\\n\"]");
  const auto at = text_of(image).find("abcd");
  ASSERT_NE(at, std::string_view::npos);
  image[at] = std::byte{0xff};
  const auto text = json_of(image);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().message, "the text at $[0] is not valid UTF-8; the value is damaged");
}

}  // namespace
}  // namespace deltos
