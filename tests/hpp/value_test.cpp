// Values: what is read from them, node by node and as types of C++.
#include <cmath>
#include <limits>
#include <list>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Node;
using deltos::Status;
using deltos::Value;
using deltos::ValueKind;

namespace {

using Strings = std::vector<std::string>;

template <class T>
T round_trip(const T &content) {
  return Value::of(content)->template as<T>();
}

TEST(Values, scalars_come_back_as_they_were_put) {
  EXPECT_TRUE(Value::of(nullptr)->is_null());
  EXPECT_TRUE(round_trip(true));
  EXPECT_FALSE(round_trip(false));
  EXPECT_EQ(round_trip(-5), -5);
  EXPECT_EQ(round_trip(std::numeric_limits<std::int64_t>::min()), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(round_trip(std::numeric_limits<std::uint64_t>::max()), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(round_trip(0.1), 0.1);
  EXPECT_EQ(round_trip(0.1F), 0.1F);
  EXPECT_TRUE(std::isnan(round_trip(std::nan(""))));
  EXPECT_EQ(round_trip(std::string("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(Value::of("Köln")->as<std::string_view>(), "Köln");
  const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
  EXPECT_EQ(round_trip(bytes), bytes);
  EXPECT_EQ(round_trip(deltos::Date{-719162}), deltos::Date{-719162});
  EXPECT_EQ(round_trip(deltos::Reference{7}), deltos::Reference{7});
}

TEST(Values, kinds_have_names) {
  EXPECT_EQ(Value::of(nullptr)->kind(), ValueKind::null);
  EXPECT_EQ(Value::of(std::uint64_t{1} << 63)->kind(), ValueKind::large_integer);
  EXPECT_EQ(Value::of(std::uint64_t{1})->kind(), ValueKind::integer);
  EXPECT_STREQ(name_of(Value::of(Strings{})->kind()), "list");
  EXPECT_STREQ(name_of(Value::of(deltos::Reference{1})->kind()), "reference");
  EXPECT_STREQ(name_of(static_cast<ValueKind>(17)), "unknown");
  EXPECT_STREQ(name_of(static_cast<ValueKind>(-1)), "unknown");
}

TEST(Values, a_number_is_got_as_any_type_that_it_stays_the_same_in) {
  EXPECT_EQ(Value::of(200)->as<std::uint8_t>(), 200);
  EXPECT_EQ(Value::of(200)->try_as<std::int8_t>().status(), Status::range);
  EXPECT_EQ(Value::of(-1)->try_as<std::uint64_t>().status(), Status::range);
  EXPECT_EQ(Value::of(std::numeric_limits<std::uint64_t>::max())->try_as<std::int64_t>().status(), Status::range);
  EXPECT_EQ(Value::of(3.0)->as<int>(), 3);
  EXPECT_EQ(Value::of(3.5)->try_as<int>().status(), Status::range);
  EXPECT_EQ(Value::of(std::ldexp(1.0, 63))->try_as<std::int64_t>().status(), Status::range);
  EXPECT_EQ(Value::of(std::ldexp(1.0, 63))->as<std::uint64_t>(), std::uint64_t{1} << 63);
  EXPECT_EQ(Value::of(std::nan(""))->try_as<int>().status(), Status::range);
  EXPECT_EQ(Value::of(7)->as<double>(), 7.0);
  EXPECT_EQ(Value::of((std::int64_t{1} << 53) + 1)->try_as<double>().status(), Status::range);
  EXPECT_EQ(Value::of(std::numeric_limits<std::int64_t>::max())->try_as<double>().status(), Status::range);
  EXPECT_EQ(Value::of(std::numeric_limits<std::uint64_t>::max())->try_as<double>().status(), Status::range);
  EXPECT_EQ(Value::of(1e300)->try_as<float>().status(), Status::range);
  EXPECT_TRUE(std::isinf(Value::of(std::numeric_limits<double>::infinity())->as<float>()));
}

TEST(Values, another_kind_is_a_failure_that_names_both) {
  const deltos::Result<int> number = Value::of("text")->try_as<int>();
  EXPECT_EQ(number.status(), Status::kind);
  EXPECT_STREQ(number.error().message(), "the node is of kind text, not a number; see Node::kind()");
  EXPECT_EQ(Value::of(1)->try_as<bool>().status(), Status::kind);
  EXPECT_EQ(Value::of(true)->try_as<int>().status(), Status::kind);
  EXPECT_EQ(Value::of(1)->try_as<std::string>().status(), Status::kind);
  EXPECT_EQ(Value::of("x")->try_as<std::vector<std::byte>>().status(), Status::kind);
  EXPECT_EQ(Value::of(1)->try_as<Strings>().status(), Status::kind);
  EXPECT_EQ(Value::of(Strings{})->try_as<std::set<int>>().status(), Status::kind);
  EXPECT_EQ((Value::of(Strings{})->try_as<std::map<int, int>>().status()), Status::kind);
  EXPECT_EQ(Value::of(1)->try_as<deltos::Date>().status(), Status::kind);
  EXPECT_EQ(Value::of(1)->try_as<deltos::DateTime>().status(), Status::kind);
  EXPECT_EQ(Value::of(1)->try_as<deltos::Decimal>().status(), Status::kind);
  EXPECT_EQ(Value::of(1)->try_as<deltos::Reference>().status(), Status::kind);
  EXPECT_EQ(Value::of(1)->try_as<std::monostate>().status(), Status::kind);
  EXPECT_EQ(Value::of(1)->try_view().status(), Status::kind);
}

TEST(Values, containers_of_the_standard_library_come_back_equal) {
  const std::map<std::string, std::vector<int>> map{{"a", {1, 2}}, {"b", {}}};
  EXPECT_EQ(round_trip(map), map);
  const std::unordered_map<int, std::string> unordered{{1, "x"}, {-2, "y"}};
  EXPECT_EQ(round_trip(unordered), unordered);
  const std::set<std::string> set{"p", "q"};
  EXPECT_EQ(round_trip(set), set);
  const std::unordered_set<int> numbers{3, 1, 2};
  EXPECT_EQ(round_trip(numbers), numbers);
  const std::tuple<int, std::string, std::pair<bool, double>> tuple{1, "two", {true, 0.5}};
  EXPECT_EQ(round_trip(tuple), tuple);
  const std::list<Strings> lists{{"a"}, {}, {"b", "c"}};
  EXPECT_EQ(round_trip(lists), lists);
  const std::vector<bool> bits{true, false, true};
  EXPECT_EQ(round_trip(bits), bits);
  const std::array<std::string, 2> pair{"a", "b"};
  EXPECT_EQ(round_trip(pair), pair);
  const std::vector<std::optional<int>> gaps{1, std::nullopt, 3};
  EXPECT_EQ(round_trip(gaps), gaps);
  EXPECT_EQ(Value::of(pair)->try_as<Strings>().value(), (Strings{"a", "b"}));
  EXPECT_EQ((Value::of(pair)->try_as<std::array<std::string, 3>>().status()), Status::range);
  EXPECT_EQ((Value::of(std::tuple(1, 2))->try_as<std::tuple<int>>().status()), Status::range);
  EXPECT_EQ(Value::of(std::tuple(1, 2))->as<std::vector<int>>(), (std::vector<int>{1, 2}));
}

TEST(Values, a_variant_is_the_first_alternative_that_can_be_got) {
  using Any = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
  const std::vector<Any> all{std::monostate(), true, std::int64_t{3}, 0.5, "s"};
  EXPECT_EQ(round_trip(all), all);
  EXPECT_EQ(round_trip(Any(3.0)), Any(3.0));
  EXPECT_EQ((Value::of(3)->as<std::variant<bool, double>>()), (std::variant<bool, double>(3.0)));
  EXPECT_EQ((Value::of(Strings{})->try_as<std::variant<int, bool>>().status()), Status::kind);
}

TEST(Values, numbers_that_were_put_in_one_go_are_a_span_of_what_they_were) {
  const Value value = Value::of(std::vector<std::int32_t>{1, -2, 300});
  const deltos::Span<const std::int32_t> span = value->as<deltos::Span<const std::int32_t>>();
  ASSERT_EQ(span.size(), 3U);
  EXPECT_EQ(span[2], 300);
  EXPECT_EQ(value->try_as<deltos::Span<const float>>().status(), Status::type);
  EXPECT_EQ(value->as<std::vector<double>>(), (std::vector<double>{1, -2, 300}));
  EXPECT_EQ(value->as<std::vector<std::int64_t>>(), (std::vector<std::int64_t>{1, -2, 300}));
  EXPECT_EQ(value->try_as<std::vector<std::int8_t>>().status(), Status::range);
  EXPECT_EQ(value->view<const std::int32_t>()[1], -2);
  EXPECT_TRUE(Value::of(std::vector<double>())->as<deltos::Span<const double>>().empty());
  EXPECT_EQ(Value::of(Strings{"x"})->try_as<deltos::Span<const double>>().status(), Status::type);
}

TEST(Values, every_width_of_numbers_is_read_as_the_widest) {
  const auto widened = [](const auto &numbers) { return Value::of(numbers)->template as<std::vector<double>>(); };
  const std::vector<double> expected{1, 2};
  EXPECT_EQ(widened(std::vector<std::int8_t>{1, 2}), expected);
  EXPECT_EQ(widened(std::vector<std::int16_t>{1, 2}), expected);
  EXPECT_EQ(widened(std::vector<std::int64_t>{1, 2}), expected);
  EXPECT_EQ(widened(std::vector<std::uint8_t>{1, 2}), expected);
  EXPECT_EQ(widened(std::vector<std::uint16_t>{1, 2}), expected);
  EXPECT_EQ(widened(std::vector<std::uint32_t>{1, 2}), expected);
  EXPECT_EQ(widened(std::vector<std::uint64_t>{1, 2}), expected);
  EXPECT_EQ(widened(std::vector<float>{1, 2}), expected);
  EXPECT_EQ(widened(std::vector<double>{1, 2}), expected);
}

TEST(Values, keys_are_found_and_their_absence_is_told) {
  const Value value = Value::of(std::map<std::string, int>{{"owl", 3}, {"wren", 1}});
  EXPECT_EQ(value["owl"].as<int>(), 3);
  EXPECT_TRUE(value->contains(std::string("wren")));
  EXPECT_FALSE(value->contains("gull"));
  EXPECT_FALSE(value->contains(3));
  EXPECT_FALSE(value->find("gull").has_value());
  const deltos::Result<Node> missing = value->try_at("gull");
  EXPECT_EQ(missing.status(), Status::not_found);
  EXPECT_STREQ(missing.error().message(), "there is no key \"gull\"; see Node::find()");
  EXPECT_EQ(status_of([&] { static_cast<void>(value["gull"]); }), Status::not_found);
  EXPECT_EQ(value["owl"].try_find("x").status(), Status::kind);
}

TEST(Values, keys_of_every_kind_are_found) {
  deltos::ValueBuilder builder = deltos::ValueBuilder::begin();
  const std::vector<std::byte> bytes{std::byte{1}};
  const deltos::DateTime noon(43200, 5, 3600);
  builder.begin_dict().put(nullptr).put(0).put(true).put(1).put(7).put(2).put(0.5).put(3).put("s").put(4);
  builder.put(bytes).put(5).put(deltos::Date{1}).put(6).put(noon).put(7);
  builder.put(deltos::Decimal::parse("1.50")).put(8).put(deltos::Reference{9}).put(9).put(std::tuple(1, "x")).put(10);
  const Value value = builder.end().pack().open();
  EXPECT_EQ(value[nullptr].as<int>(), 0);
  EXPECT_EQ(value[true].as<int>(), 1);
  EXPECT_EQ(value[std::uint64_t{7}].as<int>(), 2);
  EXPECT_EQ(value[0.5].as<int>(), 3);
  EXPECT_EQ(value["s"].as<int>(), 4);
  EXPECT_EQ(value[bytes].as<int>(), 5);
  EXPECT_EQ(value[deltos::Date{1}].as<int>(), 6);
  EXPECT_EQ(value[noon].as<int>(), 7);
  EXPECT_EQ(value[deltos::Decimal::parse("1.5")].as<int>(), 8);
  EXPECT_EQ(value[deltos::Reference{9}].as<int>(), 9);
  const Value tuple = Value::of(std::tuple(1, "x"));
  EXPECT_EQ(value[tuple.root()].as<int>(), 10);
  EXPECT_FALSE(value->contains(deltos::DateTime(43200, 5, std::nullopt)));
}

TEST(Values, elements_are_counted_from_0_and_beyond_them_is_a_failure) {
  const Value value = Value::of(std::tuple("a", std::vector<int>{4, 5, 6}));
  EXPECT_EQ(value[1][2].as<int>(), 6);
  EXPECT_EQ(value[1].try_at(3).status(), Status::range);
  EXPECT_EQ(value[1].try_at(-1).status(), Status::range);
  EXPECT_EQ(value[1].try_at("0").status(), Status::kind);
  EXPECT_EQ(value[0].try_at(0).status(), Status::kind);
  EXPECT_EQ(value->size(), 2U);
  EXPECT_EQ(value[0].size(), 1U);
}

TEST(Values, containers_of_any_length_are_walked_in_order) {
  for (const int count : {0, 1, 15, 16, 17, 100}) {
    std::map<int, std::string> map;
    Strings texts;
    for (int k = 0; k < count; ++k) {
      map[k] = std::to_string(k);
      texts.push_back(std::to_string(k));
    }
    const Value list = Value::of(texts), dict = Value::of(map);
    Strings walked;
    for (const Node &element : list->elements()) walked.push_back(element.as<std::string>());
    EXPECT_EQ(walked, texts);
    std::map<int, std::string> entries;
    for (const auto &[key, entry] : dict->entries()) entries.emplace(key.as<int>(), entry.as<std::string>());
    EXPECT_EQ(entries, map);
  }
}

TEST(Values, walking_what_has_no_such_parts_is_a_failure) {
  const Value list = Value::of(Strings{"x"}), dict = Value::of(std::map<int, int>{{1, 2}}), text = Value::of("x");
  EXPECT_EQ(status_of([&] { list->entries().begin(); }), Status::kind);
  EXPECT_EQ(status_of([&] { dict->elements().begin(); }), Status::kind);
  EXPECT_EQ(status_of([&] { text->elements().begin(); }), Status::kind);
  deltos_item items[2];
  EXPECT_EQ(dict->children(0, items), 2U);
  EXPECT_EQ(Node(dict.get(), items[1]).as<int>(), 2);
  EXPECT_EQ(dict->children(1, items), 0U);
}

TEST(Values, equality_and_hash_are_of_contents) {
  const Value a = Value::of(std::vector<std::int8_t>{1, 2}), b = Value::of(std::vector<std::int64_t>{1, 2});
  const Value c = Value::of(std::tuple(1, 2));
  EXPECT_TRUE(a == b);
  EXPECT_TRUE(a != c);
  EXPECT_TRUE(a[0] == b[0]);
  EXPECT_TRUE(a[0] != b[1]);
  EXPECT_EQ(a->hash(), b->hash());
  EXPECT_NE(a->hash(), c->hash());
  EXPECT_EQ(std::unordered_set<Node>({a.root(), b.root(), c.root()}).size(), 2U);
}

TEST(Values, an_array_is_a_view_that_outlives_its_value) {
  const double numbers[6] = {1, 2, 3, 4, 5, 6};
  Value value = Value::of(deltos::Memory(numbers, {2, 3}));
  EXPECT_EQ(value->kind(), ValueKind::ndarray);
  EXPECT_EQ(value->size(), 2U);
  const deltos::TypedView<const double> view = value->view<const double>();
  EXPECT_EQ(value->try_view<const float>().status(), Status::type);
  EXPECT_EQ(value->try_view(deltos::Request::full).status(), Status::readonly);
  const Value copy = Value::of(view);
  EXPECT_EQ(copy->as<deltos::TypedView<const double>>()(0, 1), 2);
  EXPECT_EQ(copy->as<deltos::View>().shape()[1], 3);
  EXPECT_TRUE(copy == value);
  value.reset();
  EXPECT_EQ(view(1, 2), 6);
}

TEST(Values, nodes_stay_when_their_value_is_moved) {
  Value value = Value::of(Strings{"x"});
  const Node node = value[0];
  const Value moved = std::move(value);
  EXPECT_EQ(node.as<std::string>(), "x");
  EXPECT_EQ(moved[0], node);
}

TEST(Values, an_empty_one_is_null_and_refused) {
  const Value empty;
  EXPECT_FALSE(empty);
  EXPECT_TRUE(empty->is_null());
  EXPECT_EQ(empty->try_hash().status(), Status::invalid);
  EXPECT_EQ(empty->try_find("x").status(), Status::invalid);
  EXPECT_EQ(empty->try_equal(empty.root()).status(), Status::invalid);
  EXPECT_EQ(empty->try_view().status(), Status::invalid);
}

TEST_F(WithStorage, a_stored_value_is_opened_by_name_in_every_way) {
  deltos::Transaction transaction = storage_.transaction();
  const Value put = transaction.put("config", std::map<std::string, int>{{"depth", 3}});
  EXPECT_EQ(put["depth"].as<int>(), 3);
  EXPECT_EQ(transaction.try_put("config", 1).status(), Status::exists);
  EXPECT_EQ(transaction.snapshot().value("config")["depth"].as<int>(), 3);
  transaction.commit();
  const Value opened = storage_.value("config");
  EXPECT_EQ(opened.info().kind, deltos::Kind::value);
  EXPECT_TRUE(opened.info().sealed);
  EXPECT_TRUE(opened == put);
  EXPECT_EQ(storage_.snapshot().value("config")["depth"].as<int>(), 3);
  EXPECT_EQ(storage_.try_value("grid").status(), Status::kind);
  EXPECT_EQ(storage_.snapshot().try_value("absent").status(), Status::not_found);
  EXPECT_EQ(Value::try_from(storage_.object("grid")).status(), Status::kind);
  EXPECT_EQ(Value::from(storage_.object("config"))["depth"].as<int>(), 3);
}

TEST(Decimals, are_read_and_written_digit_by_digit) {
  for (const char *text :
       {"0", "-0", "12.50", "-0.001", "1E+9", "123E-9", "Infinity", "-Infinity", "NaN", "sNaN", "0.00", "-7", "100"}) {
    EXPECT_EQ(deltos::Decimal::parse(text).text(), text);
  }
  EXPECT_EQ(deltos::Decimal::parse("+.5e3").text(), "5E+2");
  EXPECT_EQ(deltos::Decimal::parse("-INF").text(), "-Infinity");
  EXPECT_EQ(deltos::Decimal::parse("007").digits, "7");
  for (const char *text : {"", "-", ".", "1e", "1e+", "1.2.3", "x", "1 ", "1e99999999999999999999", "infinite"}) {
    EXPECT_EQ(deltos::Decimal::try_parse(text).status(), Status::format) << text;
  }
}

TEST(Decimals, are_equal_as_numbers_here_and_in_values) {
  const auto same = [](const char *a, const char *b) {
    const deltos::Decimal left = deltos::Decimal::parse(a), right = deltos::Decimal::parse(b);
    const bool is_equal = left == right;
    EXPECT_EQ(Value::of(left) == Value::of(right), is_equal) << a << " and " << b;
    return is_equal;
  };
  EXPECT_TRUE(same("1.50", "15E-1"));
  EXPECT_TRUE(same("0", "-0.00"));
  EXPECT_TRUE(same("NaN", "nan"));
  EXPECT_FALSE(same("NaN", "sNaN"));
  EXPECT_FALSE(same("Infinity", "-Infinity"));
  EXPECT_FALSE(same("1", "-1"));
  EXPECT_FALSE(same("1", "10"));
  const deltos::Decimal price = deltos::Decimal::parse("-12.50");
  EXPECT_EQ(round_trip(price).text(), "-12.50");
}

TEST(DateTimes, keep_zone_and_nanoseconds) {
  const deltos::DateTime zoned(-1, 999999999, -18000), local(86400, 0, std::nullopt);
  EXPECT_EQ(round_trip(zoned), zoned);
  EXPECT_EQ(round_trip(local), local);
  EXPECT_NE(zoned, local);
  const std::chrono::system_clock::time_point moment(std::chrono::milliseconds(-1));
  EXPECT_EQ(Value::of(moment)->as<deltos::DateTime>(), deltos::DateTime(-1, 999000000, 0));
  EXPECT_EQ(Value::try_of(deltos::DateTime(0, 1000000000, 0)).status(), Status::range);
}

}  // namespace
