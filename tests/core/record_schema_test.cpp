// Schemas: how slots lie in a row, how they are stored and found, which may be read by which, and what is refused.
#include <gtest/gtest.h>

#include <cstddef>
#include <random>

#include "support/random_records.hpp"

namespace deltos {
namespace {

using record::NewSlot;
using record::Schema;
using record::SchemaFacts;
using record::SchemaPtr;
using record::Slot;
using record::Type;
using test::RandomRecords;

NewSlot fixed(std::string name, std::string_view format, std::uint32_t flags = 0) {
  NewSlot slot;
  slot.name = std::move(name);
  slot.flags = flags;
  slot.format = dtype::parse_format(format).value();
  return slot;
}

NewSlot of(std::string name, Type type, std::uint32_t flags = 0) {
  NewSlot slot;
  slot.name = std::move(name);
  slot.type = type;
  slot.flags = flags;
  return slot;
}

NewSlot nested(std::string name, SchemaPtr schema, std::uint32_t flags = 0) {
  NewSlot slot = of(std::move(name), Type::record, flags);
  slot.nested = std::move(schema);
  return slot;
}

Result<SchemaPtr> make(std::vector<NewSlot> slots, std::uint32_t version = 0, std::uint32_t min_reader = 0) {
  SchemaFacts facts;
  facts.version = version;
  facts.min_reader = min_reader;
  return Schema::make(std::move(facts), std::move(slots));
}

SchemaPtr made(std::vector<NewSlot> slots) {
  auto schema = make(std::move(slots));
  EXPECT_TRUE(schema.ok()) << schema.error().message;
  return schema.value();
}

TEST(RecordSchema, FixedSlotsLieLikeTheMembersOfAStruct) {
  struct Point {
    std::int8_t kind;
    double x, y;
    std::int16_t colour;
  };
  struct Line {
    char label[5];
    Point from, to;
    float width;
  };
  const SchemaPtr point = made({fixed("kind", "b"), fixed("x", "d"), fixed("y", "d"), fixed("colour", "h")});
  const SchemaPtr line = made({fixed("label", "5s"), nested("from", point), nested("to", point), fixed("width", "f")});
  EXPECT_EQ(point->row_bytes(), sizeof(Point));
  EXPECT_EQ(point->slots()[3].offset, offsetof(Point, colour));
  EXPECT_EQ(line->row_bytes(), sizeof(Line));
  EXPECT_EQ(line->slots()[6].offset, offsetof(Line, to));
  EXPECT_EQ(line->slots()[8].offset, offsetof(Line, to) + offsetof(Point, x));
  EXPECT_EQ(line->slots()[11].offset, offsetof(Line, width));
}

TEST(RecordSchema, PresenceBitsOfAllLevelsLieBehindTheLastSlot) {
  const SchemaPtr inner = made({fixed("a", "i", record::kNullable), fixed("b", "b", record::kMayBeAbsent)});
  const SchemaPtr outer = made({nested("in", inner, record::kOptional), fixed("c", "d"), of("d", Type::utf8)});
  EXPECT_EQ(inner->row_bytes(), 8U);  // 5 bytes, one of presence, padding
  const auto &slots = outer->slots();
  EXPECT_EQ(slots[0].valid_bit, 0);
  EXPECT_EQ(slots[0].null_bit, -1);
  EXPECT_EQ(slots[1].valid_bit, 1);
  EXPECT_EQ(slots[2].valid_bit, 2);
  EXPECT_EQ(slots[2].null_bit, 3);
  EXPECT_EQ(slots[3].valid_bit, -1);
  EXPECT_EQ(outer->presence_bits(), 4U);
  EXPECT_EQ(outer->presence_offset(), 32U);
  EXPECT_EQ(outer->row_bytes(), 40U);
}

TEST(RecordSchema, ASchemaIsTheSameAfterItWasPackedAndUnpacked) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const SchemaPtr schema = RandomRecords(seed).schema(4);
    const auto image = schema->pack();
    ASSERT_TRUE(image.ok()) << image.error().message;
    const auto back = Schema::unpack(*image);
    ASSERT_TRUE(back.ok()) << seed << ": " << back.error().message;
    EXPECT_EQ((*back)->facts().name, schema->facts().name);
    EXPECT_EQ((*back)->facts().version, schema->facts().version);
    EXPECT_EQ((*back)->facts().metadata, schema->facts().metadata);
    EXPECT_EQ((*back)->row_bytes(), schema->row_bytes());
    EXPECT_EQ(*(*back)->pack(), *image) << seed;
    EXPECT_TRUE(record::check_readable(*schema, **back).ok());
    EXPECT_TRUE(record::check_readable(**back, *schema).ok());
  }
}

TEST(RecordSchema, SlotsAreFoundByNameThroughTheRecordsTheyAreIn) {
  const SchemaPtr inner = made({fixed("x", "d"), fixed("y.z", "d")});
  const SchemaPtr outer = made({fixed("a", "d"), nested("p", inner), nested("p.y", inner), fixed("z", "d")});
  EXPECT_EQ(outer->find("a"), 0);
  EXPECT_EQ(outer->find("p"), 1);
  EXPECT_EQ(outer->find("p.x"), 2);
  EXPECT_EQ(outer->find("p.y.z"), 3);
  EXPECT_EQ(outer->find("p.y.x"), 5);
  EXPECT_EQ(outer->find("z"), 7);
  EXPECT_EQ(outer->find("x"), -1);
  EXPECT_EQ(outer->find("p."), -1);
  EXPECT_EQ(outer->find(""), -1);
  EXPECT_EQ(outer->path_of(3), "p.y.z");
}

TEST(RecordSchema, WhatASchemaCannotHaveIsRefused) {
  EXPECT_EQ(make({}).code(), Code::invalid);
  EXPECT_EQ(make({fixed("", "d")}).code(), Code::invalid);
  EXPECT_EQ(make({fixed("a:b", "d")}).code(), Code::invalid);
  EXPECT_EQ(make({fixed(std::string("a\0b", 3), "d")}).code(), Code::invalid);
  EXPECT_EQ(make({fixed("\xff", "d")}).code(), Code::invalid);
  EXPECT_EQ(make({fixed(std::string(256, 'a'), "d")}).code(), Code::invalid);
  EXPECT_EQ(make({fixed("a", "d"), fixed("a", "i")}).code(), Code::duplicate);
  EXPECT_EQ(make({of("a", Type::utf8, record::kWritable)}).code(), Code::invalid);
  EXPECT_EQ(make({of("a", Type::date, record::kUtc)}).code(), Code::invalid);
  EXPECT_EQ(make({fixed("a", "d", 16)}).code(), Code::invalid);
  EXPECT_EQ(make({of("a", Type::record)}).code(), Code::invalid);
  EXPECT_EQ(make({of("a", static_cast<Type>(13))}).code(), Code::invalid);
  EXPECT_EQ(make({of("a", static_cast<Type>(-1))}).code(), Code::invalid);
  EXPECT_EQ(make({of("a", Type::fixed)}).code(), Code::invalid);
}

TEST(RecordSchema, LimitsHoldForAllLevelsTogether) {
  SchemaPtr deep = made({fixed("x", "b")});
  for (int level = 2; level <= record::kMaxLevels; ++level) deep = made({nested("in", deep)});
  EXPECT_EQ(make({nested("in", deep)}).code(), Code::limit);
  std::vector<NewSlot> many;
  for (int i = 0; i < 64; ++i) many.push_back(fixed("s" + std::to_string(i), "b"));
  const SchemaPtr wide = made(many);
  std::vector<NewSlot> records;
  for (int i = 0; i < 63; ++i) records.push_back(nested("r" + std::to_string(i), wide));
  EXPECT_EQ(made(records)->slots().size(), 63U * 65);
  records.push_back(nested("one more", wide));
  EXPECT_EQ(make(records).code(), Code::limit);
  EXPECT_EQ(make({fixed("a", "1099511627776s"), fixed("b", "b")}).code(), Code::limit);
  SchemaFacts facts;
  facts.metadata.resize(record::kMaxMetadataBytes + 1);
  EXPECT_EQ(Schema::make(facts, {fixed("a", "b")}).code(), Code::limit);
}

TEST(RecordSchema, AReaderMissesOnlyWhatItCanMiss) {
  const SchemaPtr writer = made({fixed("a", "d"), of("b", Type::utf8, record::kNullable), fixed("c", "i")});
  const auto check = [&](std::vector<NewSlot> slots) {
    return record::check_readable(*made(std::move(slots)), *writer);
  };
  EXPECT_TRUE(check({fixed("c", "i"), fixed("a", "d")}).ok()) << "order and other slots do not matter";
  EXPECT_TRUE(check({fixed("new", "i", record::kOptional), fixed("newer", "i", record::kNullable)}).ok());
  EXPECT_EQ(check({fixed("new", "i")}).code(), Code::type);
  EXPECT_EQ(check({fixed("a", "f")}).code(), Code::type);
  EXPECT_EQ(check({of("a", Type::date)}).code(), Code::type);
  EXPECT_EQ(check({of("b", Type::utf8)}).code(), Code::type) << "it may be null";
  EXPECT_TRUE(check({of("b", Type::utf8, record::kOptional)}).ok());
  const Status status = check({nested("p", made({fixed("x", "d")}))});
  EXPECT_NE(status.error().message.find("slot p "), std::string::npos) << status.error().message;
  EXPECT_EQ(
      record::check_readable(*made({of("t", Type::datetime)}), *made({of("t", Type::datetime, record::kUtc)})).code(),
      Code::type);
  EXPECT_EQ(record::check_readable(*make({fixed("a", "d")}, 2).value(), *make({fixed("a", "d")}, 5, 3).value()).code(),
            Code::type);
  EXPECT_TRUE(record::check_readable(*make({fixed("a", "d")}, 3).value(), *make({fixed("a", "d")}, 5, 3).value()).ok());
}

TEST(RecordSchema, NestedSlotsAreComparedByTheirNamesToo) {
  const SchemaPtr writer = made({nested("p", made({fixed("x", "d"), fixed("y", "d")}))});
  EXPECT_TRUE(record::check_readable(*made({nested("p", made({fixed("y", "d")}))}), *writer).ok());
  const Status status = record::check_readable(*made({nested("p", made({fixed("z", "d")}))}), *writer);
  ASSERT_EQ(status.code(), Code::type);
  EXPECT_NE(status.error().message.find("p.z"), std::string::npos) << status.error().message;
}

TEST(RecordSchema, DamagedImagesAreAnsweredWithAStatus) {
  std::mt19937_64 random(7);
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto image = *RandomRecords(seed).schema(3)->pack();
    for (int i = 0; i < 60; ++i) {
      std::vector<std::byte> damaged = image;
      for (std::uint64_t flips = 1 + random() % 4; flips > 0; --flips)
        damaged[random() % damaged.size()] = static_cast<std::byte>(random());
      if (random() % 8 == 0) damaged.resize(random() % damaged.size());
      const auto back = Schema::unpack(damaged);
      if (!back.ok())
        ++refused;
      else
        EXPECT_GT((*back)->row_bytes(), 0U);
    }
  }
  EXPECT_GT(refused, 1000U);
}

// A few bytes that say the same thing over and over are a small schema to store, and must stay one to read.
TEST(RecordSchema, PartsThatAreSharedManyTimesOverAreCounted) {
  value::Builder builder;
  const auto text = [](std::string_view letters) {
    value::Item item;
    item.kind = value::Kind::utf8;
    item.data = bytes_of(letters).data();
    item.count = letters.size();
    return item;
  };
  const auto item = [](value::Kind kind, std::int64_t number = 0, std::uint64_t name = 0) {
    value::Item made;
    made.kind = kind;
    made.i64 = number;
    made.node = name;
    return made;
  };
  const auto put = [&](const value::Item &one) { ASSERT_TRUE(builder.put({&one, 1}).ok()); };
  put(item(value::Kind::dict, 0, 1));  // a schema whose one slot is a record of itself
  put(text("deltos_schema"));
  put(item(value::Kind::integer, 1));
  put(text("slots"));
  put(item(value::Kind::list));
  for (int i = 0; i < 2; ++i) {
    put(item(value::Kind::dict));
    put(text("name"));
    put(text(i == 0 ? "a" : "b"));
    put(text("type"));
    put(text("record"));
    put(text("schema"));
    put(item(value::Kind::share, 0, 1));
    put(item(value::Kind::end));
  }
  put(item(value::Kind::end));
  put(item(value::Kind::end));
  ASSERT_TRUE(builder.finish().ok());
  EXPECT_EQ(Schema::unpack(builder.image()).code(), Code::limit);
}

}  // namespace
}  // namespace deltos
