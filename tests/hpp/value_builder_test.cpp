// Building values: part by part, from types of the program's own, and into memory.
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Node;
using deltos::Status;
using deltos::Value;
using deltos::ValueBuilder;

struct Point {
  double x = 0, y = 0;
  friend bool operator==(const Point &a, const Point &b) { return a.x == b.x && a.y == b.y; }
};
template <>
struct deltos::fields_of<Point> {
  static constexpr auto value = std::make_tuple(field("x", &Point::x), field("y", &Point::y));
};

struct Route {
  std::string name;
  std::vector<Point> points;
  std::optional<int> rank;
};
template <>
struct deltos::fields_of<Route> {
  static constexpr auto value =
      std::make_tuple(field("name", &Route::name), field("points", &Route::points), field("rank", &Route::rank));
};

// Any tree, to be drawn at random.
struct Tree {
  using Texts = std::map<std::string, Tree>;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::byte>, deltos::Date,
               std::vector<Tree>, Texts>
      held;
  friend bool operator==(const Tree &a, const Tree &b) { return a.held == b.held; }
};
template <>
struct deltos::value_of<Tree> {
  static Result<void> put(ValueBuilder &builder, const Tree &tree) { return builder.try_put(tree.held); }
  static Result<Tree> get(const Node &node) {
    Result<decltype(Tree::held)> held = node.try_as<decltype(Tree::held)>();
    if (!held) return held.error();
    return Tree{std::move(*held)};
  }
};

namespace {

Tree random_tree(std::mt19937 &random, int depth) {
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
  switch (below(depth > 0 ? 9 : 7)) {
    case 0:
      return {std::monostate()};
    case 1:
      return {below(2) == 1};
    case 2:
      return {static_cast<std::int64_t>(random()) << below(32)};
    case 3:
      return {static_cast<double>(random()) / 7};
    case 4:
      return {std::string(below(20), static_cast<char>(below(128)))};
    case 5:
      return {std::vector<std::byte>(below(20), std::byte{200})};
    case 6:
      return {deltos::Date{below(100000)}};
    case 7: {
      std::vector<Tree> list(below(12));
      for (Tree &tree : list) tree = random_tree(random, depth - 1);
      return {std::move(list)};
    }
    default: {
      Tree::Texts dict;
      for (std::uint32_t k = below(20); k > 0; --k) dict.emplace(std::to_string(k), random_tree(random, depth - 1));
      return {std::move(dict)};
    }
  }
}

TEST(ValueBuilders, trees_of_every_shape_come_back_equal) {
  std::mt19937 random(5);
  for (int k = 0; k < 300; ++k) {
    const Tree tree = random_tree(random, 4);
    const Value value = Value::of(tree), again = Value::of(tree);
    ASSERT_TRUE(value->as<Tree>() == tree) << "tree number " << k;
    ASSERT_TRUE(value == again);
    ASSERT_EQ(value->hash(), again->hash());
  }
}

TEST(ValueBuilders, a_struct_with_named_fields_is_a_dict) {
  const Route route{"north", {{1, 2}, {3, 4}}, std::nullopt};
  const Value value = Value::of(route);
  EXPECT_EQ(value["points"][1]["y"].as<double>(), 4);
  EXPECT_TRUE(value["rank"].is_null());
  const Route back = value->as<Route>();
  EXPECT_EQ(back.name, "north");
  EXPECT_EQ(back.points, route.points);
  EXPECT_FALSE(back.rank.has_value());
}

TEST(ValueBuilders, a_field_that_is_missing_is_a_failure_unless_it_is_optional) {
  deltos::ValueBuilder builder = ValueBuilder::begin();
  builder.begin_dict().put("name").put("x").put("points").put(std::vector<Point>()).put("more").put(1).end();
  const Value value = builder.pack().open();
  EXPECT_EQ(value->as<Route>().name, "x");
  EXPECT_EQ(value->try_as<Point>().status(), Status::not_found);
  EXPECT_EQ(value["more"].try_as<Point>().status(), Status::kind);
  EXPECT_EQ(Value::of(std::map<std::string, std::string>{{"x", "a"}, {"y", "b"}})->try_as<Point>().status(),
            Status::kind);
}

TEST(ValueBuilders, put_part_by_part_what_lies_nowhere_as_one) {
  ValueBuilder builder = ValueBuilder::begin();
  const float numbers[] = {1, 2, 3, 4};
  builder.begin_dict();
  builder.put("list").begin_list().put(1).put("x").end();
  builder.put("tuple").put_tuple(deltos::Span<const float>(numbers, 3));
  builder.put("set").begin_set().put(1).put(2).end();
  builder.put("array").put_array({numbers, {2, 2}});
  builder.put("empty").begin_tuple().end();
  builder.end();
  const Value value = builder.pack().open();
  EXPECT_EQ(value["list"].size(), 2U);
  EXPECT_EQ(value["tuple"].kind(), deltos::ValueKind::tuple);
  EXPECT_EQ(value["tuple"].as<deltos::Span<const float>>()[2], 3);
  EXPECT_TRUE(value["set"].contains(2));
  EXPECT_EQ(value["array"].view<const float>()(1, 0), 3);
  EXPECT_TRUE(value["empty"].empty());
}

TEST(ValueBuilders, what_has_a_name_is_stored_once_and_may_contain_itself) {
  const std::string text(10000, 'x');
  ValueBuilder builder = ValueBuilder::begin();
  builder.begin_list().name(1).put(std::vector<std::string>{text}).put_again(1).put_again(1).end();
  EXPECT_LT(builder.size(), 2 * text.size());
  const Value value = builder.pack().open();
  EXPECT_EQ(value[2][0].as<std::string>(), text);
  EXPECT_EQ(value[0].item().node, value[2].item().node);

  ValueBuilder circle = ValueBuilder::begin();
  circle.name(7).begin_list().put_again(7).end();
  const Value round = circle.pack().open();
  EXPECT_EQ(round[0][0][0].size(), 1U);
  EXPECT_EQ(round->try_hash().status(), Status::limit);
  EXPECT_EQ(round->try_as<Tree>().status(), Status::limit);
}

TEST(ValueBuilders, a_shared_array_is_named_as_well) {
  const double numbers[] = {1, 2};
  ValueBuilder builder = ValueBuilder::begin();
  builder.begin_list().name(3).put_array(numbers).put_again(3).end();
  const Value value = builder.pack().open();
  EXPECT_EQ(value[1].view<const double>()[1], 2);
  EXPECT_EQ(value[0].item().node, value[1].item().node);
}

TEST(ValueBuilders, a_failure_says_what_is_wrong_and_stays) {
  ValueBuilder builder = ValueBuilder::begin();
  EXPECT_EQ(status_of([&] { builder.begin_dict().put("a").put(1).put("a").put(2).end(); }), Status::duplicate);
  EXPECT_EQ(builder.try_put(1).status(), Status::duplicate);
  EXPECT_EQ(builder.try_pack().status(), Status::duplicate);
  EXPECT_EQ(Value::try_of("\xff").status(), Status::invalid);
  EXPECT_EQ(Value::try_of(std::vector<std::string>{"fine", "\xff"}).status(), Status::invalid);
  EXPECT_EQ(Value::try_of(std::map<int, std::string>{{1, "\xff"}}).status(), Status::invalid);
  EXPECT_EQ(Value::try_of(std::set<std::string>{"\xff"}).status(), Status::invalid);
  EXPECT_EQ(Value::try_of(std::tuple("\xff", 1)).status(), Status::invalid);
  EXPECT_EQ(Value::try_of(Route{"\xff", {}, 1}).status(), Status::invalid);
  ValueBuilder other = ValueBuilder::begin();
  EXPECT_EQ(other.try_put_again(1).status(), Status::not_found);
}

TEST(ValueBuilders, what_is_not_ended_or_begun_cannot_be_packed) {
  ValueBuilder builder = ValueBuilder::begin();
  EXPECT_EQ(builder.try_size().status(), Status::invalid);
  ValueBuilder open = ValueBuilder::begin();
  open.begin_list();
  EXPECT_EQ(open.try_pack().status(), Status::invalid);
  ValueBuilder empty;
  EXPECT_FALSE(empty);
  EXPECT_EQ(empty.try_put(1).status(), Status::invalid);
  EXPECT_EQ(empty.try_put_array(std::vector<int>{1}).status(), Status::invalid);
  EXPECT_EQ(empty.try_pack().status(), Status::invalid);
}

TEST(Packing, goes_into_memory_of_the_callers_and_opens_there) {
  const std::vector<std::string> content{"a", "b"};
  const std::size_t needed = deltos::pack(content).size();
  std::vector<std::uint64_t> memory(needed / 8 + 2);
  const deltos::Span<std::byte> room(reinterpret_cast<std::byte *>(memory.data()), memory.size() * 8);
  EXPECT_EQ(deltos::pack_into(room, content), needed);
  EXPECT_EQ(deltos::try_pack_into({room.data(), needed - 1}, content).status(), Status::too_small);
  int released = 0;
  {
    const Value value = Value::open_memory({room.data(), needed}, [&] { ++released; });
    EXPECT_EQ(value->as<std::vector<std::string>>(), content);
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
  EXPECT_EQ(Value::open_memory({room.data(), room.size()})[1].as<std::string>(), "b");
  EXPECT_EQ(Value::try_open_memory({room.data(), needed - 1}).status(), Status::corrupt);
  EXPECT_EQ(Value::try_open_memory({room.data() + 4, needed}, [&] { ++released; }).status(), Status::layout);
  memory[0] = 0;
  EXPECT_EQ(Value::try_open_memory({room.data(), needed}).status(), Status::not_deltos);
  EXPECT_EQ(released, 1);
}

TEST(Packing, memory_of_its_own_is_aligned_for_arrays) {
  const std::vector<double> numbers{1, 2, 3};
  deltos::Packed packed = deltos::pack(deltos::Memory(numbers));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(packed.data()) % 64, 0U);
  EXPECT_EQ(packed.bytes().size(), packed.size());
  const Value value = std::move(packed).open();
  EXPECT_EQ(packed.size(), 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(value->view().data()) % 64, 0U);
  EXPECT_EQ(value->view<const double>()[2], 3);
}

TEST(Json, is_put_and_written_as_what_it_says) {
  ValueBuilder builder = ValueBuilder::begin();
  builder.begin_dict().put("config").put_json("{\"a\": [1, 2.5, null], \"b\": \"\u00e4\"}").end();
  const Value value = builder.pack().open();
  EXPECT_EQ(value["config"]["a"][1].as<double>(), 2.5);
  EXPECT_EQ(value->json(), "{\"config\":{\"a\":[1,2.5,null],\"b\":\"\u00e4\"}}");
  EXPECT_EQ(value["config"]["b"].json(deltos::JsonStyle::ascii), "\"\\u00e4\"");
  EXPECT_EQ(Value::of(std::vector<int>{1})->json(deltos::JsonStyle::indent | deltos::JsonStyle::ascii), "[\n  1\n]");
  EXPECT_EQ(Value::of(std::vector<std::byte>{})->try_json().status(), Status::unsupported);
  ValueBuilder broken = ValueBuilder::begin();
  EXPECT_EQ(broken.try_put_json("[1,").status(), Status::format);
}

TEST_F(WithStorage, a_builder_stores_what_it_holds_more_than_once) {
  ValueBuilder builder = ValueBuilder::begin();
  builder.put(std::vector<int>{1, 2});
  deltos::Transaction transaction = storage_.transaction();
  transaction.put("a", builder);
  transaction.put("b", builder);
  EXPECT_EQ(transaction.try_put("a", builder).status(), Status::exists);
  EXPECT_EQ(status_of([&] { transaction.put("c", "\xff"); }), Status::invalid);
  transaction.commit();
  EXPECT_TRUE(storage_.value("a") == storage_.value("b"));
  EXPECT_EQ(storage_.try_value("c").status(), Status::not_found);
}

TEST(ValueBuilders, long_texts_are_compressed_where_the_storage_says_so) {
  const std::string long_text(20000, 'x');
  std::uint64_t bytes[2] = {};
  for (const bool compress : {false, true}) {
    deltos::OpenOptions options;
    options.flags = compress ? deltos::OpenFlags::compress : deltos::OpenFlags::none;
    deltos::Storage storage = deltos::Storage::open_anonymous("texts", options);
    deltos::Transaction transaction = storage.transaction();
    transaction.put("texts", std::vector<std::string>{long_text, "short"});
    transaction.commit();
    const deltos::Value value = storage.value("texts");
    EXPECT_EQ(value[0].as<std::string>(), long_text);
    EXPECT_EQ(value[0].as<std::string_view>().data(), value[0].as<std::string_view>().data());
    EXPECT_EQ(value[1].as<std::string>(), "short");
    bytes[compress] = storage.object("texts").info().payload_bytes;
  }
  EXPECT_LT(bytes[1], bytes[0] / 10);
}

TEST_F(WithStorage, a_value_is_stored_beside_a_small_buffer_that_is_being_written) {
  const deltos::TypedView<double> written = storage_.view<double>("grid");
  for (int k = 0; k < 20; ++k) {
    deltos::Transaction transaction = storage_.transaction();
    transaction.put("value" + std::to_string(k), std::vector<int>{k});
    transaction.commit();
  }
  EXPECT_EQ(storage_.value("value19")[0].as<int>(), 19);
  EXPECT_EQ(written(1, 2), 6);
}

TEST_F(WithStorage, a_reference_leads_to_another_object) {
  deltos::Transaction transaction = storage_.transaction();
  const std::uint64_t id = transaction.snapshot().object("grid").info().id;
  transaction.put("link", deltos::Reference{id});
  transaction.commit();
  const auto link = storage_.value("link")->as<deltos::Reference>();
  EXPECT_EQ(storage_.snapshot().object_by_id(link.id).info().name, "grid");
}

}  // namespace
