// Hash maps: built from containers and columns, looked up one by one and at once, walked, merged, replaced.
#include <map>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Duplicates;
using deltos::HashMap;
using deltos::HashMapBuilder;
using deltos::HashMapOptions;
using deltos::KeyKind;
using deltos::MapColumn;
using deltos::MapEntry;
using deltos::MapShape;
using deltos::MapValueKind;
using deltos::Status;
using std::string_view_literals::operator""sv;

namespace {

using Texts = std::vector<std::string_view>;
using Numbers = std::vector<std::uint64_t>;

class HashMaps : public WithStorage {};

HashMapOptions of_kinds(KeyKind key, MapValueKind value, MapShape shape = MapShape::simple) {
  HashMapOptions options;
  options.key = key;
  options.value = value;
  options.shape = shape;
  return options;
}

deltos::Packed packed_heights() {
  HashMapBuilder builder = HashMapBuilder::begin(of_kinds(KeyKind::utf8, MapValueKind::u64));
  builder.add(std::map<std::string, std::uint64_t>{{"oak", 40}, {"elm", 30}, {"", 0}});
  return builder.pack();
}

TEST_F(HashMaps, GiveNumbersOfTexts) {
  const deltos::Packed packed = packed_heights();
  const HashMap map = HashMap::open_memory(packed.bytes());
  EXPECT_EQ(map.get<std::uint64_t>("oak"), 40u);
  EXPECT_EQ(map.get<std::uint64_t>(""), 0u);
  EXPECT_EQ(map.get<std::uint64_t>("ash"), std::nullopt);
  EXPECT_EQ(map.get<std::string_view>("oak")->size(), 8u);
  EXPECT_TRUE(map.contains(std::string("elm")));
  EXPECT_FALSE(map.contains("elms"sv));
  const deltos::HashMapInfo info = map.map_info();
  EXPECT_EQ(info.key, KeyKind::utf8);
  EXPECT_EQ(info.value, MapValueKind::u64);
  EXPECT_EQ(info.shape, MapShape::simple);
  EXPECT_EQ(info.keys, 3u);
  EXPECT_EQ(info.image_bytes, packed.size());
  map.verify();
}

TEST_F(HashMaps, GiveAllValuesOfAKeyInTheirOrder) {
  HashMapBuilder builder = HashMapBuilder::begin(of_kinds(KeyKind::u64, MapValueKind::utf8, MapShape::multi));
  builder.add(Numbers{7, 8, 7, 7}, Texts{"a", "b", "", "c"});
  const deltos::Packed packed = builder.pack();
  const HashMap map = HashMap::open_memory(packed.bytes());
  EXPECT_EQ(map.get_all<std::string_view>(7), (Texts{"a", "", "c"}));
  EXPECT_EQ(map.get_all<std::string_view>(9), Texts{});
  const MapEntry found = map.find(7);
  ASSERT_TRUE(found);
  EXPECT_EQ(found.count(), 3u);
  EXPECT_EQ(found.key_number(), 7u);
  EXPECT_EQ(found.value(), "a");
  EXPECT_EQ(map.try_get_all<std::uint64_t>(7).status(), Status::type);
}

TEST_F(HashMaps, AreAskedForManyKeysAtOnce) {
  const deltos::Packed packed = packed_heights();
  const HashMap map = HashMap::open_memory(packed.bytes());
  const Texts keys = {"elm", "ash", "oak", "elm"};
  Numbers numbers(4);
  EXPECT_EQ(map.get_many(keys, numbers, 99), 3u);
  EXPECT_EQ(numbers, (Numbers{30, 99, 40, 30}));
  EXPECT_EQ(map.contains_many(keys), (std::vector<std::uint8_t>{1, 0, 1, 1}));
  const auto values = map.get_many(keys);
  EXPECT_EQ(values[1], std::nullopt);
  EXPECT_EQ(values[0], map.get<std::string_view>("elm"));
  EXPECT_EQ(map.find_many(keys)[2].number(), 40u);
  EXPECT_EQ(map.get_many(std::vector<std::string>{}, deltos::Span<std::uint64_t>()), 0u);
  Numbers too_few(3);
  EXPECT_EQ(map.try_get_many(keys, too_few).status(), Status::range);
}

TEST_F(HashMaps, AreWalkedInAnyOrderAndInThatOfKeys) {
  HashMapBuilder builder = HashMapBuilder::begin(of_kinds(KeyKind::utf8, MapValueKind::u64, MapShape::multi));
  std::multimap<std::string, std::uint64_t> expected;
  for (std::uint64_t i = 0; i < 300; ++i) expected.emplace(std::to_string(i % 200), i);
  builder.add(expected);
  const deltos::Packed packed = builder.pack();
  const HashMap map = HashMap::open_memory(packed.bytes());
  std::multimap<std::string, std::uint64_t> walked;
  auto entries = map.entries();
  EXPECT_EQ(entries.size(), 200u);
  for (const MapEntry &entry : entries) {
    for (const std::uint64_t number : map.values<std::uint64_t>(entry)) walked.emplace(entry.key(), number);
  }
  EXPECT_EQ(walked, expected);
  std::vector<std::string> ordered, keys;
  for (const MapEntry &entry : map.in_order()) ordered.emplace_back(entry.key());
  for (auto one = expected.begin(); one != expected.end(); one = expected.upper_bound(one->first)) {
    keys.push_back(one->first);
  }
  EXPECT_EQ(ordered, keys);
}

#if __cplusplus >= 202002L && defined(__cpp_lib_ranges)
static_assert(std::ranges::input_range<deltos::MapEntries>);
static_assert(std::ranges::sized_range<deltos::MapEntries>);
static_assert(std::ranges::input_range<deltos::SortedCursor>);
#endif

TEST_F(HashMaps, SayWhichKeyIsThereTwice) {
  HashMapBuilder builder = HashMapBuilder::begin(of_kinds(KeyKind::utf8, MapValueKind::u64));
  builder.add(std::vector<std::string>{"oak", "oak"}, Numbers{1, 2});
  const deltos::Result<void> prepared = builder.try_prepare();
  EXPECT_EQ(prepared.status(), Status::duplicate);
  EXPECT_NE(std::string_view(prepared.error().message()).find("oak"), std::string_view::npos);
}

TEST_F(HashMaps, KeepTheFirstOrTheLastOfEqualKeys) {
  for (const Duplicates which : {Duplicates::first, Duplicates::last}) {
    HashMapOptions options = of_kinds(KeyKind::u64, MapValueKind::u64);
    options.duplicates = which;
    HashMapBuilder builder = HashMapBuilder::begin(options);
    builder.add(Numbers{1, 2, 1}, Numbers{10, 20, 11});
    const deltos::Packed packed = builder.pack();
    EXPECT_EQ(HashMap::open_memory(packed.bytes()).get<std::uint64_t>(1), which == Duplicates::first ? 10u : 11u);
  }
}

TEST_F(HashMaps, HoldRecords) {
  const deltos::Schema schema = deltos::Schema::make(
      "place", {deltos::NewSlot::of<double>("height"), {"name", deltos::SlotType::utf8, deltos::SlotFlags::nullable}});
  HashMapOptions options = of_kinds(KeyKind::utf8, MapValueKind::record, MapShape::multi);
  options.schema = &schema;
  HashMapBuilder builder = storage_.begin_map(options);
  const std::vector<double> heights = {1.5, 2.5, 3.5};
  const Texts names = {"x", "y", "z"};
  builder.add(Texts{"a", "b", "a"}, deltos::RecordColumns(schema).set(0, heights).set(1, names));
  deltos::Transaction transaction = storage_.transaction();
  const HashMap map = builder.finish(transaction, "places");
  const deltos::RecordTable records = map.records();
  EXPECT_EQ(map.get_all<std::uint64_t>("a"), (Numbers{0, 2}));
  EXPECT_EQ(records.cell(2, 1).as<std::string_view>(), "z");
  EXPECT_EQ(records.column<const double>(0)[*map.get<std::uint64_t>("b")], 2.5);
  EXPECT_EQ(map.try_get<deltos::Value>("a").status(), Status::type);
}

TEST_F(HashMaps, HoldValuesUnderKeysThatAreValues) {
  HashMapBuilder builder = HashMapBuilder::begin(of_kinds(KeyKind::value, MapValueKind::value));
  const deltos::Packed pair = deltos::pack(std::pair(1, "a")), list = deltos::pack(std::vector<int>{1, 2});
  builder.add(std::vector<deltos::Span<const std::byte>>{pair.bytes(), list.bytes()},
              std::vector<deltos::Span<const std::byte>>{list.bytes(), pair.bytes()});
  const deltos::Packed packed = builder.pack();
  const HashMap map = HashMap::open_memory(packed.bytes());
  const std::optional<deltos::Value> found = map.get<deltos::Value>(deltos::pack(std::pair(1, "a")));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ((*found)[1].as<int>(), 2);
  EXPECT_FALSE(map.get<deltos::Value>(deltos::pack(7)).has_value());
  EXPECT_EQ(map.get_all<deltos::Value>(list).size(), 1u);
  EXPECT_EQ(map.try_find("no value").status(), Status::not_deltos);
}

TEST_F(HashMaps, ShowNumbersAsColumns) {
  HashMapBuilder builder = HashMapBuilder::begin(of_kinds(KeyKind::u64, MapValueKind::u64, MapShape::multi));
  builder.add(std::vector<std::pair<std::uint64_t, std::uint64_t>>{{1, 10}, {2, 20}, {1, 11}});
  const deltos::Packed packed = builder.pack();
  const HashMap map = HashMap::open_memory(packed.bytes());
  std::multimap<std::uint64_t, std::uint64_t> shown;
  const auto keys = map.key_column(), values = map.value_column();
  for (std::size_t i = 0; i < keys.size(); ++i) shown.emplace(keys[i], values[i]);
  EXPECT_EQ(shown, (std::multimap<std::uint64_t, std::uint64_t>{{1, 10}, {1, 11}, {2, 20}}));
}

TEST_F(HashMaps, AreKeptByTheirReadersWhenTheyAreReplaced) {
  const auto store = [&](std::uint64_t height) {
    HashMapBuilder builder = storage_.begin_map(of_kinds(KeyKind::utf8, MapValueKind::u64));
    builder.add(Texts{"oak"}, Numbers{height});
    builder.prepare();
    deltos::Transaction transaction = storage_.transaction();
    builder.finish(transaction, "heights", deltos::Existing::replace);
    transaction.commit();
  };
  store(1);
  HashMap map = storage_.hash_map("heights");
  store(2);
  EXPECT_EQ(map.get<std::uint64_t>("oak"), 1u);
  EXPECT_TRUE(map.refresh());
  EXPECT_EQ(map.get<std::uint64_t>("oak"), 2u);
  EXPECT_EQ(storage_.snapshot().hash_map("heights").info().kind, deltos::Kind::hash_map);
  EXPECT_EQ(storage_.try_hash_map("grid").status(), Status::kind);
}

TEST_F(HashMaps, AreMerged) {
  const deltos::Packed packed = packed_heights();
  const HashMap map = HashMap::open_memory(packed.bytes());
  HashMapBuilder builder = HashMapBuilder::begin(of_kinds(KeyKind::utf8, MapValueKind::u64, MapShape::multi));
  builder.add(map);
  builder.add(map);
  const deltos::Packed both = builder.pack();
  EXPECT_EQ(HashMap::open_memory(both.bytes()).get_all<std::uint64_t>("oak"), (Numbers{40, 40}));
}

TEST_F(HashMaps, TakeColumnsThatLieInStructsAndBehindOffsets) {
  struct Tree {
    std::uint32_t height;
    char name[3];
  };
  const Tree trees[] = {{40, {'o', 'a', 'k'}}, {30, {'e', 'l', 'm'}}};
  HashMapBuilder builder = HashMapBuilder::begin(of_kinds(KeyKind::bytes, MapValueKind::bytes));
  builder.add(MapColumn::of_items(trees[0].name, 2, 3, sizeof(Tree)),
              MapColumn::of_items(&trees[0].height, 2, 4, sizeof(Tree)));
  const std::int64_t offsets[] = {0, 1, 3};
  builder.add(MapColumn::of_offsets("xyz", offsets), Texts{"1", "2"});
  const deltos::Packed packed = builder.pack();
  const HashMap map = HashMap::open_memory(packed.bytes());
  EXPECT_EQ(map.get<std::string_view>("elm"), (std::string_view("\x1e\0\0\0", 4)));
  EXPECT_EQ(map.get<std::string_view>("yz"), "2");
}

TEST_F(HashMaps, RefuseColumnsOfOtherTypes) {
  HashMapBuilder builder = HashMapBuilder::begin(of_kinds(KeyKind::u64, MapValueKind::u64));
  EXPECT_EQ(builder.try_add(std::vector<double>{1}, Numbers{1}).status(), Status::type);
  EXPECT_EQ(builder.try_add(Numbers{1, 2}, Numbers{1}).status(), Status::type);
  EXPECT_EQ(builder.try_add(Texts{"1"}, Numbers{1}).status(), Status::type);
  HashMapOptions options = of_kinds(KeyKind::u64, MapValueKind::u64, MapShape::approximate);
  EXPECT_EQ(HashMapBuilder::try_begin(options).status(), Status::invalid);
  EXPECT_EQ(HashMap().try_find("x").status(), Status::invalid);
  EXPECT_EQ(HashMapBuilder().try_prepare().status(), Status::invalid);
}

TEST_F(HashMaps, TellTheirProgressAndAreCancelledByIt) {
  std::size_t calls = 0;
  bool goes_on = true;
  HashMapOptions options = of_kinds(KeyKind::u64, MapValueKind::u64);
  options.progress = [&](std::uint64_t, std::uint64_t) {
    ++calls;
    return goes_on;
  };
  HashMapBuilder builder = HashMapBuilder::begin(options);
  Numbers many(1000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = i;
  builder.add(many, many);
  goes_on = false;
  EXPECT_EQ(builder.try_prepare().status(), Status::cancelled);
  goes_on = true;
  builder.prepare();
  EXPECT_GT(calls, 0u);
  const deltos::Packed packed = builder.pack();
  EXPECT_EQ(HashMap::open_memory(packed.bytes()).get<std::uint64_t>(999), 999u);
}

TEST_F(HashMaps, ThrowWhatTheirProgressThrowsOnce) {
  bool throws = true;
  HashMapOptions options = of_kinds(KeyKind::u64, MapValueKind::u64);
  options.progress = [&](std::uint64_t, std::uint64_t) {
    if (throws) throw 7;
  };
  HashMapBuilder builder = HashMapBuilder::begin(options);
  throws = false;
  builder.add(Numbers{1}, Numbers{2});
  throws = true;
  EXPECT_THROW(builder.prepare(), int);
  throws = false;
  builder.prepare();
}

}  // namespace
