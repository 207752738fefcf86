// Schemas and record tables: made from columns, packed and stored, read by cell, row and column.
#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::NewSlot;
using deltos::Presence;
using deltos::RecordBuilder;
using deltos::RecordColumns;
using deltos::RecordLayout;
using deltos::RecordOptions;
using deltos::RecordTable;
using deltos::Schema;
using deltos::SlotFlags;
using deltos::SlotType;
using deltos::Status;

struct Point {
  std::int32_t id;
  double x, y;
};
template <>
struct deltos::format_of<Point> {
  static constexpr const char *value = "T{i:id:4xd:x:d:y:}";
};

namespace {

class Records : public Directory {};

Schema tree_schema() {
  const Schema place = Schema::make("place", {NewSlot::of<double>("x"), NewSlot::of<double>("y")});
  return Schema::make("tree", {NewSlot::of<double>("height"),
                               {"name", SlotType::utf8, SlotFlags::nullable | SlotFlags::optional},
                               NewSlot::record("place", place, SlotFlags::optional),
                               {"tags", SlotType::list}});
}

// Three trees: one without a name, one whose name is not set, one without a place.
void add_trees(RecordBuilder &builder) {
  const std::vector<double> heights = {1.5, 2.5, 3.5}, x = {1, 2, 0}, y = {4, 5, 0};
  const std::vector<std::string_view> names = {"oak", "", ""};
  const std::vector<Presence> of_names = {Presence::present, Presence::null, Presence::unset};
  const std::vector<Presence> of_places = {Presence::present, Presence::present, Presence::unset};
  std::vector<deltos::Packed> packed;
  std::vector<deltos::Span<const std::byte>> tags;
  for (int i = 0; i < 3; ++i) {
    deltos::ValueBuilder tag = deltos::ValueBuilder::begin();
    tag.put(std::vector<std::string>(static_cast<std::size_t>(i), "old"));
    packed.push_back(tag.pack());
    tags.push_back(packed.back().bytes());
  }
  builder.add(RecordColumns(6)
                  .set(0, heights)
                  .set(1, names)
                  .set_presence(1, of_names)
                  .set_presence(2, of_places)
                  .set(3, x)
                  .set(4, y)
                  .set(5, tags));
}

void expect_trees(const RecordTable &trees) {
  EXPECT_EQ(trees.table_info().rows, 3U);
  EXPECT_EQ(trees.cell(1, 0).as<double>(), 2.5);
  EXPECT_EQ(trees.cell(0, 1).as<std::string_view>(), "oak");
  EXPECT_TRUE(trees.cell(1, 1).is_null());
  EXPECT_TRUE(trees.is_set(1, 1));
  EXPECT_TRUE(trees.cell(2, 1).is_null());
  EXPECT_FALSE(trees.is_set(2, 1));
  EXPECT_EQ(trees.cell(1, 4).as<int>(), 5);
  EXPECT_FALSE(trees.is_set(2, 3));
  EXPECT_EQ(trees.value(2, 5)->root().as<std::vector<std::string>>(), std::vector<std::string>(2, "old"));
  EXPECT_EQ(trees.column<const double>(0)[2], 3.5);
  EXPECT_EQ(trees.try_column<const float>(0).status(), Status::type);
  EXPECT_EQ(trees.try_cell(3, 0).status(), Status::range);
  EXPECT_EQ(trees.try_cell(0, 9).status(), Status::range);
  EXPECT_EQ(trees.try_value(0, 0).status(), Status::type);
  trees.verify();
}

TEST(Schemas, tell_their_slots_and_where_they_lie) {
  const Schema schema = tree_schema();
  const std::vector<deltos::Slot> slots = schema.slots();
  ASSERT_EQ(slots.size(), 6U);
  EXPECT_EQ(slots[3].name, "x");
  EXPECT_EQ(slots[3].parent, 2);
  EXPECT_EQ(slots[3].format, "d");
  EXPECT_EQ(slots[1].type, SlotType::utf8);
  EXPECT_EQ(slots[1].flags & SlotFlags::nullable, SlotFlags::nullable);
  EXPECT_GE(slots[1].null_bit, 0);
  EXPECT_EQ(schema.find("place.y"), 4U);
  EXPECT_EQ(schema.find("place.z"), std::nullopt);
  EXPECT_EQ(schema.nested(2).info().name, "place");
  EXPECT_EQ(schema.try_nested(0).status(), Status::type);
  EXPECT_EQ(Schema::unpack(schema.pack()).info().row_bytes, schema.info().row_bytes);
}

TEST(Schemas, say_what_is_wrong) {
  EXPECT_EQ(Schema::try_make("x", {}).status(), Status::invalid);
  EXPECT_EQ(Schema::try_make("x", {NewSlot::of<int>("a"), NewSlot::of<int>("a")}).status(), Status::duplicate);
  EXPECT_EQ(Schema::try_make("x", {NewSlot::of<int>(std::string("a\0b", 3))}).status(), Status::invalid);
  EXPECT_EQ(Schema::try_make("x", {{"a", deltos::ElementType("no format")}}).status(), Status::format);
  const Schema reader = Schema::make("r", {NewSlot::of<int>("a")}),
               writer = Schema::make("w", {NewSlot::of<float>("a")});
  EXPECT_EQ(reader.try_check(writer).status(), Status::type);
  EXPECT_TRUE(reader.try_check(reader));
  EXPECT_EQ(Schema().try_info().status(), Status::invalid);
}

TEST(Schemas, carry_a_version_and_metadata) {
  const std::vector<std::byte> note(3, std::byte{7});
  deltos::SchemaOptions options;
  options.version = 4;
  options.min_reader = 3;
  options.metadata = note;
  const Schema schema = Schema::make("x", {NewSlot::of<int>("a")}, options);
  EXPECT_EQ(schema.info().metadata, note);
  options.version = 2;
  EXPECT_EQ(Schema::make("x", {NewSlot::of<int>("a")}, options).try_check(schema).status(), Status::type);
}

TEST_F(Records, come_back_from_memory_in_either_layout) {
  for (const RecordLayout layout : {RecordLayout::rows, RecordLayout::columns}) {
    RecordOptions options;
    options.layout = layout;
    RecordBuilder builder = RecordBuilder::in_memory(tree_schema(), options);
    add_trees(builder);
    const std::vector<std::byte> packed = builder.pack();
    const RecordTable trees = RecordTable::open_memory(packed);
    EXPECT_EQ(trees.table_info().layout, layout);
    expect_trees(trees);
  }
}

TEST_F(Records, records_come_back_from_a_storage) {
  RecordOptions columns;
  columns.layout = RecordLayout::columns;
  columns.memory_bytes = 1;
  {
    deltos::Storage storage = deltos::Storage::open(path(), writing());
    deltos::Transaction transaction = storage.transaction();
    RecordBuilder builder = transaction.begin_records("trees", tree_schema(), columns);
    add_trees(builder);
    expect_trees(builder.finish());
    EXPECT_EQ(transaction.try_begin_records("trees", tree_schema()).status(), Status::exists);
    transaction.commit();
  }
  const deltos::Storage storage = deltos::Storage::open(path());
  const RecordTable trees = storage.records("trees");
  expect_trees(trees);
  EXPECT_EQ(trees.info().kind, deltos::Kind::record_table);
  const deltos::TextColumn names = trees.texts(1);
  EXPECT_EQ(names.size(), 3U);
  EXPECT_EQ(names[0], "oak");
  EXPECT_EQ(trees.try_texts(0).status(), Status::kind);
  EXPECT_EQ(trees.presence(1).nbytes(), 1U);
  EXPECT_FALSE(trees.presence(0));
  EXPECT_EQ(trees.try_rows().status(), Status::layout);
  EXPECT_EQ(storage.try_records("none").status(), Status::not_found);
}

TEST_F(Records, of_fixed_slots_are_structs_of_the_program) {
  const Schema schema =
      Schema::make("point", {NewSlot::of<std::int32_t>("id"), NewSlot::of<double>("x"), NewSlot::of<double>("y")});
  EXPECT_EQ(schema.info().row_bytes, sizeof(Point));
  const std::vector<Point> given = {{1, 2, 3}, {4, 5, 6}};
  RecordBuilder builder = RecordBuilder::in_memory(schema);
  builder.add(RecordColumns(schema)
                  .set_items(0, &given[0].id, 2, sizeof(std::int32_t), sizeof(Point))
                  .set_items(1, &given[0].x, 2, sizeof(double), sizeof(Point))
                  .set_items(2, &given[0].y, 2, sizeof(double), sizeof(Point)));
  const std::vector<std::byte> packed = builder.pack();
  const RecordTable points = RecordTable::open_memory(packed);
  const deltos::TypedView<const Point> rows = points.rows<Point>();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].id, 4);
  EXPECT_EQ(rows[1].y, 6);
  EXPECT_EQ(points.heap().nbytes(), 0U);
}

TEST_F(Records, writable_slots_are_changed_in_place) {
  deltos::Storage storage = deltos::Storage::open(path(), writing());
  deltos::Transaction transaction = storage.transaction();
  const Schema schema =
      Schema::make("count", {NewSlot::of<std::int64_t>("n", SlotFlags::writable), NewSlot::of<std::int64_t>("id")});
  RecordBuilder builder = transaction.begin_records("counts", schema);
  const std::vector<std::int64_t> numbers = {1, 2};
  builder.add(RecordColumns(schema).set(0, numbers).set(1, numbers));
  const RecordTable counts = builder.finish();
  transaction.commit();
  counts.column<std::int64_t>(0)[1] = 7;
  EXPECT_EQ(storage.records("counts").cell(1, 0).as<int>(), 7);
  EXPECT_EQ(counts.try_column<std::int64_t>(1).status(), Status::readonly);
}

TEST_F(Records, records_go_through_arrow_and_back) {
  deltos::Storage storage = deltos::Storage::open(path(), writing());
  deltos::Transaction transaction = storage.transaction();
  RecordBuilder builder = transaction.begin_records("trees", tree_schema());
  add_trees(builder);
  const RecordTable trees = builder.finish();
  ArrowArrayStream stream{};
  trees.to_arrow(&stream);
  const RecordTable again = transaction.put_arrow("again", &stream);
  stream.release(&stream);
  EXPECT_EQ(again.cell(0, 1).as<std::string_view>(), "oak");
  EXPECT_TRUE(again.cell(2, 1).is_null());
  EXPECT_EQ(again.value(1, 5)->root().size(), 1U);
  ArrowSchema type{};
  ArrowArray data{};
  again.Object::to_arrow(&type, &data);
  EXPECT_EQ(data.length, 3);
  type.release(&type);
  data.release(&data);
  again.column(0).to_arrow(&type, &data);
  EXPECT_EQ(std::string(type.format), "g");
  type.release(&type);
  data.release(&data);
}

TEST_F(Records, that_do_not_fit_are_refused_and_named) {
  RecordBuilder builder = RecordBuilder::in_memory(tree_schema());
  const auto refused = builder.try_add(RecordColumns(6).set(0, std::vector<float>{1}));
  EXPECT_EQ(refused.status(), Status::type);
  EXPECT_NE(std::string(refused.error().message()).find("height"), std::string::npos);
  EXPECT_EQ(RecordTable().try_table_info().status(), Status::invalid);
  EXPECT_EQ(RecordBuilder().try_pack().status(), Status::invalid);
  EXPECT_EQ(builder.try_finish().status(), Status::invalid);
}

}  // namespace
