// Record tables through Arrow and back: whatever a table holds comes back from its own stream, in either layout; what
// another library may give is understood or refused by name.
#include <gtest/gtest.h>

#include "interop/arrow_export.hpp"
#include "interop/arrow_import.hpp"
#include "support/random_records.hpp"

namespace deltos {
namespace {

using record::Builder;
using record::Layout;
using record::Reader;
using test::Cell;
using test::GivenCells;
using test::RandomRecords;
using test::SchemaPtr;
using test::Slot;
using test::Type;

// Of which not all can be shown as they are: structures come back as records.
bool comes_back_as_it_was(const record::Schema &schema) {
  for (const Slot &slot : schema.slots()) {
    if (slot.type != Type::fixed) continue;
    if (!interop::arrow_type_of(*slot.format).ok()) return false;
    if (!slot.format->fields.empty() && !slot.format->fields[0].name.empty()) return false;
  }
  return true;
}

record::BuildOptions with(Layout layout) {
  record::BuildOptions options;
  options.layout = layout;
  return options;
}

struct Stream {
  ArrowArrayStream stream{};
  ~Stream() {
    if (stream.release != nullptr) stream.release(&stream);
  }
};

// A table of what a stream gives.
std::unique_ptr<test::AlignedImage> image_of(ArrowArrayStream *stream, Layout layout) {
  auto source = interop::Stream::open(stream);
  EXPECT_TRUE(source.ok()) << source.error().message;
  Builder builder(source->schema(), with(layout));
  for (bool more = true; more;) {
    const auto next = source->next([&](const record::GivenRows &rows) { return builder.add(rows); });
    EXPECT_TRUE(next.ok()) << next.error().message;
    more = next.ok() && *next;
  }
  return test::image_of(builder);
}

std::string content_of(const Reader &reader, std::uint64_t row, std::size_t slot) {
  const Slot &shown = reader.schema()->slots()[slot];
  value::Item item;
  EXPECT_TRUE(reader.read(row, slot, &item).ok());
  if (record::is_value(shown.type)) return std::string(text_of(*reader.value_image(row, slot)));
  if (record::is_text(shown.type)) return std::string(text_of(Bytes(item.data, static_cast<std::size_t>(item.count))));
  if (!record::is_item(shown.type)) return {};
  const Reader::Strided items = reader.items(slot);
  return std::string(text_of(reader.image().subspan(items.place + row * items.step, shown.bytes)));
}

bool is_there(const Reader &reader, std::uint64_t row, std::size_t slot) {
  value::Item item;
  EXPECT_TRUE(reader.read(row, slot, &item).ok());
  if (record::is_value(reader.schema()->slots()[slot].type)) return !reader.value_image(row, slot)->empty();
  return item.kind != value::Kind::end && item.kind != value::Kind::null;
}

void expect_same(const Reader &reader, const std::vector<std::vector<Cell>> &cells, std::uint64_t seed) {
  ASSERT_EQ(reader.schema()->slots().size(), cells.size()) << seed;
  for (std::size_t slot = 0; slot < cells.size(); ++slot) {
    ASSERT_EQ(reader.rows(), cells[slot].size()) << seed;
    for (std::uint64_t row = 0; row < reader.rows(); ++row) {
      const bool there = cells[slot][row].state == record::kIsPresent;
      ASSERT_EQ(is_there(reader, row, slot), there) << seed << ": " << reader.schema()->path_of(slot) << " " << row;
      if (there) {
        ASSERT_EQ(content_of(reader, row, slot), cells[slot][row].bytes) << seed;
      }
    }
  }
}

TEST(Arrow, ATableComesBackFromItsOwnStream) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    RandomRecords random(seed);
    const SchemaPtr schema = random.schema(3);
    if (!comes_back_as_it_was(*schema)) continue;
    const std::uint64_t count = random.below(3) == 0 ? random.below(3) : random.below(70);
    const auto cells = random.rows(*schema, count);
    Builder builder(schema, with(static_cast<Layout>(random.below(2))));
    ASSERT_TRUE(builder.add(GivenCells(*schema, cells, 0, count, &random).rows()).ok());
    const auto image = test::image_of(builder);
    const auto table = Reader::open(image->bytes());
    ASSERT_TRUE(table.ok());
    auto rows = interop::arrow_rows_of(*table, nullptr);
    ASSERT_TRUE(rows.ok()) << rows.error().message;
    Stream stream;
    interop::give(std::move(*rows), &stream.stream);
    const auto again = image_of(&stream.stream, static_cast<Layout>(random.below(2)));
    const auto reader = Reader::open(again->bytes());
    ASSERT_TRUE(reader.ok());
    expect_same(*reader, cells, seed);
    ++compared;
  }
  EXPECT_GT(compared, 200);
}

// ---- arrays as other libraries have them

// A column that another library might give, kept alive by the test.
struct Foreign {
  ArrowSchema type{};
  ArrowArray data{};
  std::vector<const void *> buffers;
  std::vector<ArrowSchema *> types;
  std::vector<ArrowArray *> parts;

  Foreign(const char *name, const char *format, std::int64_t length, std::vector<const void *> given,
          std::vector<Foreign *> children = {})
      : buffers(std::move(given)) {
    for (Foreign *child : children) {
      types.push_back(&child->type);
      parts.push_back(&child->data);
    }
    type.format = format;
    type.name = name;
    type.n_children = data.n_children = static_cast<std::int64_t>(children.size());
    type.children = types.data();
    data.children = parts.data();
    type.release = [](ArrowSchema *schema) { schema->release = nullptr; };
    data.release = [](ArrowArray *array) { array->release = nullptr; };
    data.length = length;
    data.n_buffers = static_cast<std::int64_t>(buffers.size());
    data.buffers = buffers.data();
  }
};

// The table of one batch, or why there is none.
Result<std::unique_ptr<test::AlignedImage>> table_of(Foreign &rows) {
  DELTOS_ASSIGN(const interop::Imported type, interop::read_type(rows.type));
  DELTOS_ASSIGN(const SchemaPtr schema, interop::schema_of(type));
  interop::Batch batch;
  DELTOS_TRY(batch.read(type, *schema, rows.data));
  Builder builder(schema, with(Layout::columns));
  DELTOS_TRY(builder.add(batch.rows()));
  return test::image_of(builder);
}

void expect_refused(Foreign &column, Code code, const char *words) {
  Foreign rows("", "+s", column.data.length, {nullptr}, {&column});
  const auto refused = table_of(rows);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.code(), code) << refused.error().message;
  EXPECT_NE(refused.error().message.find(words), std::string::npos) << refused.error().message;
}

TEST(Arrow, SlicesBeginAtTheirOffsets) {
  const std::int32_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7};
  const std::int32_t ends[] = {0, 1, 3, 6, 10, 15, 21, 28, 36};
  const char text[] = "1223334444555556666667777777888888888";
  const std::uint8_t bits[] = {0b10110100}, valid[] = {0b11011111};
  Foreign of_numbers("n", "i", 5, {valid, numbers}), of_text("t", "u", 5, {nullptr, ends, text});
  Foreign of_bits("b", "b", 5, {nullptr, bits});
  of_numbers.data.offset = 2;
  of_numbers.data.null_count = -1;
  of_numbers.type.flags = ARROW_FLAG_NULLABLE;
  of_text.data.offset = 1;
  Foreign rows("", "+s", 3, {nullptr}, {&of_numbers, &of_text, &of_bits});
  rows.data.offset = 1;
  const auto image = table_of(rows);
  ASSERT_TRUE(image.ok()) << image.error().message;
  const Reader table = Reader::open((*image)->bytes()).value();
  value::Item item;
  const std::int64_t expected[] = {3, 4, 5};
  const char *words[] = {"333", "4444", "55555"};
  const std::int64_t truths[] = {0, 1, 0};
  for (std::uint64_t row = 0; row < 3; ++row) {
    ASSERT_TRUE(table.read(row, 0, &item).ok());
    if (row == 2) {
      EXPECT_EQ(item.kind, value::Kind::null);
    } else {
      EXPECT_EQ(item.i64, expected[row]);
    }
    EXPECT_EQ(content_of(table, row, 1), words[row]);
    ASSERT_TRUE(table.read(row, 2, &item).ok());
    EXPECT_EQ(item.i64, truths[row]);
  }
}

TEST(Arrow, WhatItCannotTakeIsRefusedByName) {
  const std::int64_t ticks[] = {1, 2};
  const std::int32_t indices[] = {0, 9};
  const std::uint8_t some[] = {0b01};
  Foreign of_day("when", "ttu", 2, {nullptr, ticks});
  expect_refused(of_day, Code::unsupported, "\"when\" has type ttu");
  Foreign too_fine("when", "tsn:", 2, {nullptr, ticks});
  expect_refused(too_fine, Code::range, "row 0 of column \"when\"");
  Foreign unnamed("", "l", 2, {nullptr, ticks});
  expect_refused(unnamed, Code::invalid, "name");
  Foreign words("", "i", 1, {nullptr, ticks}), named("word", "i", 2, {nullptr, indices});
  named.type.dictionary = &words.type;
  named.data.dictionary = &words.data;
  expect_refused(named, Code::invalid, "index 9");
  Foreign item("item", "s", 4, {some, ticks}), list("pair", "+w:2", 2, {nullptr}, {&item});
  item.data.null_count = 3;
  expect_refused(list, Code::unsupported, "\"pair\" has null within");
  Foreign wrong("n", "l", 2, {nullptr});
  expect_refused(wrong, Code::invalid, "\"n\" is not of its type");
  Foreign missing("n", "l", 2, {some, ticks});
  missing.data.null_count = 1;
  expect_refused(missing, Code::type, "n");
  Foreign alone("n", "l", 2, {nullptr, ticks});
  const auto refused = table_of(alone);
  EXPECT_EQ(refused.code(), Code::unsupported);
}

TEST(Arrow, AStreamThatFailsSaysWhy) {
  ArrowArrayStream stream{};
  stream.get_schema = [](ArrowArrayStream *, ArrowSchema *) { return 5; };
  stream.get_next = [](ArrowArrayStream *, ArrowArray *) { return 5; };
  stream.get_last_error = [](ArrowArrayStream *) { return "the disk is on fire"; };
  stream.release = [](ArrowArrayStream *) {};
  const auto refused = interop::Stream::open(&stream);
  ASSERT_EQ(refused.code(), Code::invalid);
  EXPECT_NE(refused.error().message.find("the disk is on fire"), std::string::npos);
  stream.release = nullptr;
  EXPECT_EQ(interop::Stream::open(&stream).code(), Code::invalid);
}

TEST(Arrow, DamagedTextIsNotShown) {
  for (const bool in_columns : {false, true}) {
    std::vector<record::NewSlot> slots(1);
    slots[0].name = "t";
    slots[0].type = Type::utf8;
    const SchemaPtr schema = record::Schema::make({}, std::move(slots)).value();
    Builder builder(schema, with(in_columns ? Layout::columns : Layout::rows));
    const record::Slice text[] = {{reinterpret_cast<const std::byte *>("Zürich"), 7}};
    record::Column column;
    column.layout = record::ColumnLayout::slices;
    column.count = 1;
    column.data = reinterpret_cast<const std::byte *>(text);
    ASSERT_TRUE(builder.add({{&column, 1}, {}, 1}).ok());
    const auto image = test::image_of(builder);
    const Reader table = Reader::open(image->bytes()).value();
    ASSERT_TRUE(interop::arrow_rows_of(table, nullptr).ok());
    value::Item item;
    ASSERT_TRUE(table.read(0, 0, &item).ok());
    const_cast<std::byte *>(item.data)[1] = std::byte{'x'};
    EXPECT_EQ(interop::arrow_rows_of(table, nullptr).code(), Code::corrupt);
  }
}

}  // namespace
}  // namespace deltos
