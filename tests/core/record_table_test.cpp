// Record tables against a model of cells: what columns of any layout put in, in one piece or in many, in memory or
// through temporary files, is read back from rows and from columns; what is refused leaves nothing behind; and no
// damage leads outside the image.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "object/record_table.hpp"
#include "support/faulty_io.hpp"
#include "support/random_records.hpp"
#include "support/storages.hpp"

namespace deltos {
namespace {

using record::Builder;
using record::BuildOptions;
using record::GivenRows;
using record::Layout;
using record::NewSlot;
using record::Reader;
using record::Schema;
using test::Cell;
using test::Column;
using test::ColumnLayout;
using test::GivenCells;
using test::RandomRecords;
using test::SchemaPtr;
using test::Slot;
using test::Type;
using value::Item;
using value::Kind;

using Cells = std::vector<std::vector<Cell>>;

BuildOptions options_of(Layout layout, std::uint64_t memory_bytes = 0) {
  BuildOptions options;
  options.layout = layout;
  options.memory_bytes = memory_bytes;
  return options;
}

Status add(Builder &builder, const Cells &cells, std::uint64_t first, std::uint64_t count, RandomRecords *random) {
  const GivenCells given(*builder.schema(), cells, first, count, random);
  return builder.add(given.rows());
}

// What a reader says of a cell, as the model has it.
Cell cell_of(const Reader &reader, std::uint64_t row, std::size_t slot) {
  const Slot &shown = reader.schema()->slots()[slot];
  Item item;
  Cell cell;
  const Status status = reader.read(row, slot, &item);
  EXPECT_TRUE(status.ok()) << status.error().message;
  if (item.kind == Kind::end) cell.state = record::kIsUnset;
  if (item.kind == Kind::null && !record::is_value(shown.type)) cell.state = record::kIsNull;
  if (record::is_value(shown.type) && cell.state == record::kIsPresent) {
    const auto image = reader.value_image(row, slot);
    EXPECT_TRUE(image.ok());
    cell.bytes = std::string(text_of(*image));
    if (image->empty()) cell.state = record::kIsNull;
  } else if (record::is_text(shown.type) && cell.state == record::kIsPresent) {
    EXPECT_EQ(item.kind, shown.type == Type::utf8 ? Kind::utf8 : Kind::bytes);
    cell.bytes = std::string(text_of(Bytes(item.data, static_cast<std::size_t>(item.count))));
  } else if (record::is_item(shown.type) && cell.state == record::kIsPresent) {
    const Reader::Strided items = reader.items(slot);
    cell.bytes = std::string(text_of(reader.image().subspan(items.place + row * items.step, shown.bytes)));
  } else if (cell.state == record::kIsPresent) {
    EXPECT_EQ(item.kind, Kind::record);
  }
  return cell;
}

void expect_cells(const Reader &reader, const Cells &cells, std::uint64_t seed) {
  ASSERT_EQ(reader.schema()->slots().size(), cells.size());
  for (std::size_t slot = 0; slot < cells.size(); ++slot) {
    ASSERT_EQ(reader.rows(), cells[slot].size());
    for (std::uint64_t row = 0; row < reader.rows(); ++row)
      ASSERT_EQ(cell_of(reader, row, slot), cells[slot][row])
          << "seed " << seed << ", slot " << reader.schema()->path_of(slot) << ", row " << row;
  }
}

Status never(std::uint64_t, std::uint64_t) { return {}; }

TEST(RecordTable, EveryTypeReadsBackInBothLayouts) {
  for (std::uint64_t seed = 0; seed < 240; ++seed) {
    RandomRecords random(seed);
    const SchemaPtr schema = random.schema(3);
    const Cells cells = random.rows(*schema, random.below(40));
    for (const Layout layout : {Layout::rows, Layout::columns}) {
      Builder builder(schema, options_of(layout));
      const Status added = add(builder, cells, 0, cells[0].size(), &random);
      ASSERT_TRUE(added.ok()) << seed << ": " << added.error().message;
      const auto image = test::image_of(builder);
      const auto reader = Reader::open(image->bytes());
      ASSERT_TRUE(reader.ok()) << seed << ": " << reader.error().message;
      EXPECT_EQ(image->bytes().size() % 64, 0U);
      expect_cells(*reader, cells, seed);
      EXPECT_TRUE(reader->verify(never).ok());
    }
  }
}

TEST(RecordTable, TheImageIsTheSameHoweverTheRowsComeAndHoweverLittleMemoryThereIs) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    RandomRecords random(seed);
    const SchemaPtr schema = random.schema(3);
    const std::uint64_t count = 200 + random.below(9000) * (seed % 8 == 0 ? 1 : 0);
    const Cells cells = random.rows(*schema, count);
    for (const Layout layout : {Layout::rows, Layout::columns}) {
      Builder whole(schema, options_of(layout)), parts(schema, options_of(layout, 1));
      ASSERT_TRUE(add(whole, cells, 0, count, &random).ok());
      for (std::uint64_t first = 0, some = 0; first < count; first += some) {
        some = std::min(count - first, 1 + random.below(count / 8));
        ASSERT_TRUE(add(parts, cells, first, some, &random).ok());
      }
      const auto a = test::image_of(whole), b = test::image_of(parts);
      ASSERT_TRUE(std::ranges::equal(a->bytes(), b->bytes())) << seed;
    }
  }
}

NewSlot slot_of(std::string name, Type type, std::uint32_t flags = 0, const char *format = nullptr) {
  NewSlot slot;
  slot.name = std::move(name);
  slot.type = type;
  slot.flags = flags;
  if (format != nullptr) slot.format = dtype::parse_format(format).value();
  return slot;
}

SchemaPtr schema_of(std::vector<NewSlot> slots) { return Schema::make({}, std::move(slots)).value(); }

template <class T>
Column items_of(const std::vector<T> &items) {
  Column column;
  column.count = items.size();
  column.data = std::as_bytes(std::span(items)).data();
  column.item_bytes = sizeof(T);
  return column;
}

Column texts_of(const std::string &bytes, const std::vector<std::int64_t> &offsets) {
  Column column;
  column.layout = ColumnLayout::offsets;
  column.count = offsets.size() - 1;
  column.data = bytes_of(bytes).data();
  column.offsets = offsets.data();
  return column;
}

TEST(RecordTable, NumbersDatesAndTimesAreReadAsTheyAreMeant) {
  const SchemaPtr schema =
      schema_of({slot_of("u", Type::fixed, 0, "Q"), slot_of("swapped", Type::fixed, 0, ">h"),
                 slot_of("half", Type::fixed, 0, "e"), slot_of("flag", Type::fixed, 0, "?"), slot_of("day", Type::date),
                 slot_of("clock", Type::datetime), slot_of("instant", Type::datetime, record::kUtc)});
  const std::vector<std::uint64_t> u = {5, UINT64_MAX};
  const std::vector<std::uint16_t> swapped = {0x0100, 0xfeff}, half = {0x3e00, 0xbc00};
  const std::vector<std::uint8_t> flag = {0, 1};
  const std::vector<std::int32_t> day = {-1, 20000};
  const std::vector<std::int64_t> times = {-1, 1'500'000};
  const std::vector<Column> columns = {items_of(u),   items_of(swapped), items_of(half), items_of(flag),
                                       items_of(day), items_of(times),   items_of(times)};
  for (const Layout layout : {Layout::rows, Layout::columns}) {
    Builder builder(schema, options_of(layout));
    ASSERT_TRUE(builder.add({columns, {}, 2}).ok());
    const auto image = test::image_of(builder);
    const Reader reader = Reader::open(image->bytes()).value();
    const auto at = [&](std::uint64_t row, std::uint64_t slot) {
      Item item;
      EXPECT_TRUE(reader.read(row, slot, &item).ok());
      return item;
    };
    EXPECT_EQ(at(0, 0).kind, Kind::integer);
    EXPECT_EQ(at(0, 0).i64, 5);
    EXPECT_EQ(at(1, 0).kind, Kind::unsigned_integer);
    EXPECT_EQ(at(1, 0).u64, UINT64_MAX);
    EXPECT_EQ(at(0, 1).i64, 1);
    EXPECT_EQ(at(1, 1).i64, -2);
    EXPECT_EQ(at(0, 2).f64, 1.5);
    EXPECT_EQ(at(1, 2).f64, -1.0);
    EXPECT_EQ(at(0, 3).kind, Kind::boolean);
    EXPECT_EQ(at(1, 3).i64, 1);
    EXPECT_EQ(at(0, 4).kind, Kind::date);
    EXPECT_EQ(at(0, 4).i64, -1);
    EXPECT_EQ(at(0, 5).kind, Kind::datetime);
    EXPECT_EQ(at(0, 5).i64, -1);
    EXPECT_EQ(at(0, 5).u64, 999'999'000U);
    EXPECT_EQ(at(0, 5).detail, value::kNoZone);
    EXPECT_EQ(at(1, 6).i64, 1);
    EXPECT_EQ(at(1, 6).u64, 500'000'000U);
    EXPECT_EQ(at(1, 6).detail, 0);
    Item item;
    EXPECT_EQ(reader.read(2, 0, &item).code(), Code::range);
    EXPECT_EQ(reader.read(0, 7, &item).code(), Code::range);
    EXPECT_EQ(reader.value_image(0, 0).code(), Code::type);
  }
}

TEST(RecordTable, WhatIsNotThereIsStoredAsZeros) {
  const SchemaPtr schema =
      schema_of({slot_of("x", Type::fixed, record::kMayBeAbsent, "Q"), slot_of("t", Type::utf8, record::kNullable)});
  const std::vector<std::uint64_t> x(20, ~std::uint64_t{0});
  std::vector<std::int64_t> offsets;
  for (std::int64_t i = 0; i <= 20; ++i) offsets.push_back(i * 3);
  const std::string letters(60, 'q');
  const std::vector<std::uint8_t> absent(20, record::kIsNull);
  const std::vector<Column> columns = {items_of(x), texts_of(letters, offsets)};
  const std::vector<const std::uint8_t *> presence = {absent.data(), absent.data()};
  for (const Layout layout : {Layout::rows, Layout::columns}) {
    Builder builder(schema, options_of(layout));
    ASSERT_TRUE(builder.add({columns, presence, 20}).ok());
    const auto image = test::image_of(builder);
    EXPECT_EQ(text_of(image->bytes()).find("qqq"), std::string::npos);
    EXPECT_EQ(text_of(image->bytes()).find(std::string(8, '\xff')), std::string::npos);
  }
}

TEST(RecordTable, AColumnWithNothingInItNeedsNoMemory) {
  const SchemaPtr schema =
      schema_of({slot_of("x", Type::fixed, record::kNullable, "Q"), slot_of("t", Type::utf8, record::kOptional)});
  std::vector<Column> columns(2);
  columns[0].count = columns[1].count = 3;
  columns[0].item_bytes = 8;
  columns[1].layout = ColumnLayout::slices;
  const std::vector<std::uint8_t> nulls(3, record::kIsNull), unset(3, record::kIsUnset);
  for (const Layout layout : {Layout::rows, Layout::columns}) {
    Builder builder(schema, options_of(layout));
    EXPECT_EQ(builder.add({columns, {}, 3}).code(), Code::invalid);
    const std::vector<const std::uint8_t *> presence = {nulls.data(), unset.data()};
    ASSERT_TRUE(builder.add({columns, presence, 3}).ok());
    const auto image = test::image_of(builder);
    Item item;
    ASSERT_TRUE(Reader::open(image->bytes())->read(2, 1, &item).ok());
    EXPECT_EQ(item.kind, Kind::end);
  }
}

TEST(RecordTable, WhatDoesNotFitIsRefusedAndLeavesTheRowsBefore) {
  const SchemaPtr schema = schema_of({slot_of("x", Type::fixed, 0, "i"), slot_of("t", Type::utf8, record::kNullable),
                                      slot_of("l", Type::list, record::kOptional)});
  value::Builder list;
  const Item events[] = {[] {
                           Item item;
                           item.kind = Kind::dict;
                           return item;
                         }(),
                         [] {
                           Item item;
                           item.kind = Kind::end;
                           return item;
                         }()};
  ASSERT_TRUE(list.put(events).ok() && list.finish().ok());
  const std::string dict(text_of(list.image()));
  const std::vector<std::int32_t> x = {1, 2};
  const std::vector<std::int64_t> ends = {0, 1, 2}, falling = {0, 2, 1}, none = {0, 0, 0};
  const std::vector<std::int64_t> dicts = {0, static_cast<std::int64_t>(dict.size()),
                                           static_cast<std::int64_t>(dict.size())};
  const std::string letters = "ab", half = "\xc3\xa4";
  const std::vector<std::uint8_t> unset(2, record::kIsUnset), nulls(2, record::kIsNull), wild = {0, 9}, second = {0, 2};
  for (const Layout layout : {Layout::rows, Layout::columns}) {
    Builder builder(schema, options_of(layout, 1));
    const auto attempt = [&](Column t, Column l, const std::uint8_t *of_t, const std::uint8_t *of_l) {
      const std::vector<Column> columns = {items_of(x), t, l};
      const std::vector<const std::uint8_t *> presence = {nullptr, of_t, of_l};
      return builder.add({columns, presence, 2});
    };
    const Column good = texts_of(letters, ends), empty = texts_of(dict, none);
    ASSERT_TRUE(attempt(good, empty, nullptr, unset.data()).ok());
    EXPECT_EQ(attempt(texts_of(letters, falling), empty, nullptr, unset.data()).code(), Code::range);
    EXPECT_EQ(attempt(texts_of(half, ends), empty, nullptr, unset.data()).code(), Code::invalid);
    EXPECT_EQ(attempt(good, empty, unset.data(), unset.data()).code(), Code::type);
    EXPECT_EQ(attempt(good, empty, nullptr, nulls.data()).code(), Code::type);
    EXPECT_EQ(attempt(good, empty, wild.data(), unset.data()).code(), Code::invalid);
    EXPECT_EQ(attempt(good, texts_of(dict, dicts), nullptr, second.data()).code(), Code::type) << "a dict is no list";
    EXPECT_EQ(attempt(good, texts_of(letters, ends), nullptr, nullptr).code(), Code::not_deltos);
    EXPECT_EQ(attempt(items_of(x), empty, nullptr, unset.data()).code(), Code::type);
    Column short_one = good;
    short_one.count = 1;
    EXPECT_EQ(attempt(short_one, empty, nullptr, unset.data()).code(), Code::type);
    ASSERT_TRUE(attempt(good, empty, nulls.data(), unset.data()).ok());
    const auto image = test::image_of(builder);
    const Reader reader = Reader::open(image->bytes()).value();
    ASSERT_EQ(reader.rows(), 4U);
    Item item;
    ASSERT_TRUE(reader.read(1, 1, &item).ok());
    EXPECT_EQ(text_of(Bytes(item.data, item.count)), "b");
    ASSERT_TRUE(reader.read(3, 1, &item).ok());
    EXPECT_EQ(item.kind, Kind::null);
    EXPECT_EQ(attempt(good, empty, nullptr, unset.data()).code(), Code::invalid) << "it is finished";
  }
}

TEST(RecordTable, ACancelledAdditionLeavesWhatWasThere) {
  for (const Layout layout : {Layout::rows, Layout::columns}) {
    for (const std::uint64_t memory : {std::uint64_t{1}, std::uint64_t{0}}) {
      RandomRecords random(11);
      const SchemaPtr schema = random.schema(3);
      const Cells cells = random.rows(*schema, 20'000);
      int asked = 0, allowed = 1'000'000;
      BuildOptions options = options_of(layout, memory);
      options.progress = [&](std::uint64_t, std::uint64_t) { return ++asked > allowed; };
      Builder builder(schema, options), same(schema, options_of(layout));
      ASSERT_TRUE(add(builder, cells, 0, 101, &random).ok());
      allowed = asked + 8;
      EXPECT_EQ(add(builder, cells, 101, cells[0].size() - 101, &random).code(), Code::cancelled);
      allowed = 1'000'000;
      ASSERT_TRUE(add(builder, cells, 101, 50, &random).ok());
      ASSERT_TRUE(add(same, cells, 0, 151, &random).ok());
      const auto a = test::image_of(builder), b = test::image_of(same);
      EXPECT_TRUE(std::ranges::equal(a->bytes(), b->bytes()));
      allowed = 0;
      asked = 0;
      EXPECT_EQ(builder.write([](Bytes) { return Status(); }).code(), Code::cancelled);
    }
  }
}

TEST(RecordTable, ADirectoryThatIsNotThereIsToldWhenItIsNeeded) {
  const SchemaPtr schema = schema_of({slot_of("x", Type::fixed, 0, "Q")});
  const std::vector<std::uint64_t> x(5000);
  const std::vector<Column> columns = {items_of(x)};
  BuildOptions options = options_of(Layout::rows, 1);
  options.spill_directories = {"/nowhere/to/be/found"};
  Builder builder(schema, options);
  EXPECT_EQ(builder.add({columns, {}, 5000}).code(), Code::not_found);
}

TEST(RecordTable, ATemporaryFileThatCannotBeWrittenLeavesTheRowsBefore) {
  RandomRecords random(23);
  const SchemaPtr schema = random.schema(3);
  const Cells cells = random.rows(*schema, 3000);
  for (const Layout layout : {Layout::rows, Layout::columns}) {
    for (const int after : {0, 1, 4, 11}) {
      Builder builder(schema, options_of(layout, 1)), same(schema, options_of(layout));
      ASSERT_TRUE(add(builder, cells, 0, 1500, &random).ok());
      {
        test::FaultyIo io;
        io.fail(test::Call::pwrite, ENOSPC, 1, after);
        ASSERT_EQ(add(builder, cells, 1500, 1500, &random).code(), Code::no_space) << after;
      }
      ASSERT_TRUE(add(builder, cells, 1500, 1500, &random).ok());
      ASSERT_TRUE(add(same, cells, 0, 3000, &random).ok());
      const auto a = test::image_of(builder), b = test::image_of(same);
      ASSERT_TRUE(std::ranges::equal(a->bytes(), b->bytes())) << after;
    }
  }
}

TEST(RecordTable, WithoutUnnamedFilesANamedOneGoesAtOnce) {
  RandomRecords random(24);
  const SchemaPtr schema = random.schema(2);
  const Cells cells = random.rows(*schema, 3000);
  const test::TestDirectory directory;
  BuildOptions options = options_of(Layout::columns, 1);
  options.spill_directories = {"/nowhere/to/be/found", directory.path()};
  Builder builder(schema, options), same(schema, options_of(Layout::columns));
  {
    test::FaultyIo io;
    io.fail(test::Call::open, EOPNOTSUPP, 1, 1);
    ASSERT_TRUE(add(builder, cells, 0, 3000, &random).ok());
    EXPECT_GE(io.calls(test::Call::unlink), 1);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  ASSERT_TRUE(add(same, cells, 0, 3000, &random).ok());
  const auto a = test::image_of(builder), b = test::image_of(same);
  EXPECT_TRUE(std::ranges::equal(a->bytes(), b->bytes()));
}

// Whatever a damaged image says, every call ends with a status, and nothing outside the image is looked at.
void look_everywhere(Bytes image) {
  const auto opened = Reader::open(image);
  if (!opened.ok()) return;
  const std::uint64_t rows = std::min<std::uint64_t>(opened->rows(), 50);
  for (std::size_t slot = 0; slot < opened->schema()->slots().size(); ++slot) {
    const bool has_value = record::is_value(opened->schema()->slots()[slot].type);
    if (opened->layout() == Layout::columns && (has_value || record::is_text(opened->schema()->slots()[slot].type)))
      (void)opened->check_offsets(slot);
    for (std::uint64_t row = 0; row < rows; ++row) {
      Item item;
      if (!opened->read(row, slot, &item).ok()) continue;
      if (item.data == nullptr) continue;
      volatile std::byte sum{0};
      const bool is_bytes = item.kind == Kind::bytes || item.kind == Kind::utf8;
      for (std::uint64_t i = 0; is_bytes && i < item.count; ++i) sum = sum ^ item.data[i];
    }
  }
  if (opened->rows() < 1000) (void)opened->verify(never);
}

TEST(RecordTable, DamagedImagesAreAnsweredWithAStatus) {
  std::mt19937_64 random(3);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomRecords records(seed);
    const SchemaPtr schema = records.schema(3);
    const Cells cells = records.rows(*schema, 1 + records.below(20));
    Builder builder(schema, options_of(seed % 2 == 0 ? Layout::rows : Layout::columns));
    ASSERT_TRUE(add(builder, cells, 0, cells[0].size(), &records).ok());
    const auto image = test::image_of(builder);
    const std::size_t size = image->bytes().size();
    for (int i = 0; i < 120; ++i) {
      const std::size_t bytes = random() % 6 == 0 ? random() % size : size;
      test::AlignedImage damaged(bytes);
      std::memcpy(damaged.data(), image->bytes().data(), bytes);
      for (std::uint64_t flips = random() % 5; flips > 0 && bytes > 0; --flips) {
        const std::size_t at = random() % 3 == 0 ? random() % std::min<std::size_t>(bytes, 128) : random() % bytes;
        damaged.data()[at] = random() % 2 == 0 ? static_cast<std::byte>(random()) : damaged.data()[at] ^ std::byte{1};
      }
      look_everywhere(damaged.bytes());
    }
  }
}

TEST(RecordTable, EveryWordOfHeadAndDirectoryIsChecked) {
  RandomRecords records(17);
  const SchemaPtr schema = records.schema(2);
  const Cells cells = records.rows(*schema, 9);
  for (const Layout layout : {Layout::rows, Layout::columns}) {
    Builder builder(schema, options_of(layout));
    ASSERT_TRUE(add(builder, cells, 0, 9, &records).ok());
    const auto image = test::image_of(builder);
    const auto head = load<record::ImageHead>(image->bytes().data());
    std::vector<std::size_t> words;
    for (std::size_t at = 0; at < sizeof head; at += 8) words.push_back(at);
    for (std::size_t at = 0; layout == Layout::columns && at < head.content_bytes; at += 8)
      words.push_back(head.content + at);
    for (const std::size_t word : words) {
      for (const std::uint64_t wrong : {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1} << 40}) {
        test::AlignedImage damaged(image->bytes().size());
        std::memcpy(damaged.data(), image->bytes().data(), image->bytes().size());
        save(damaged.data() + word, wrong);
        EXPECT_FALSE(Reader::open(damaged.bytes()).ok()) << "word at " << word << ": " << std::hex << wrong;
      }
    }
  }
}

TEST(RecordTable, VerifyFindsWhatOpeningLeaves) {
  const SchemaPtr schema = schema_of({slot_of("t", Type::utf8)});
  const std::string letters = "abc";
  const std::vector<std::int64_t> offsets = {0, 1, 2, 3};
  const std::vector<Column> columns = {texts_of(letters, offsets)};
  for (const Layout layout : {Layout::rows, Layout::columns}) {
    Builder builder(schema, options_of(layout));
    ASSERT_TRUE(builder.add({columns, {}, 3}).ok());
    const auto image = test::image_of(builder);
    const auto at = static_cast<std::size_t>(text_of(image->bytes()).rfind("abc"));
    image->data()[at + 1] = std::byte{0xff};
    const Reader reader = Reader::open(image->bytes()).value();
    const Status status = reader.verify(never);
    ASSERT_EQ(status.code(), Code::corrupt);
    EXPECT_NE(status.error().message.find("row 1"), std::string::npos) << status.error().message;
    EXPECT_EQ(
        reader.verify([](std::uint64_t, std::uint64_t) { return Status(fail(Code::cancelled, "enough")); }).code(),
        Code::cancelled);
  }
}

TEST(RecordTable, ReferencesThatShowTheSameBytesOverAndOverAreFound) {
  const SchemaPtr schema = schema_of({slot_of("t", Type::bytes)});
  const std::string letters = "abc";
  const std::vector<std::int64_t> offsets = {0, 1, 2, 3};
  const std::vector<Column> columns = {texts_of(letters, offsets)};
  Builder builder(schema, options_of(Layout::rows));
  ASSERT_TRUE(builder.add({columns, {}, 3}).ok());
  const auto image = test::image_of(builder);
  const Reader reader = Reader::open(image->bytes()).value();
  ASSERT_TRUE(reader.verify(never).ok());
  save(image->data() + reader.all_rows().place + 16, record::Reference{0, 3});
  EXPECT_EQ(reader.verify(never).code(), Code::corrupt);
}

TEST(RecordTable, AStorageTellsWhichOfItsTablesIsNotSound) {
  const testing_support::ScratchDirectory directory;
  const auto storage = testing_support::must(store::Storage::open(
      directory.path + "/tables", testing_support::opening(store::Mode::write, store::Create::fresh)));
  const auto transaction = testing_support::must(storage->begin_transaction());
  const SchemaPtr schema = schema_of({slot_of("t", Type::utf8, record::kOptional)});
  const std::string letters = "abc";
  const std::vector<std::int64_t> offsets = {0, 1, 2, 3};
  const std::vector<Column> columns = {texts_of(letters, offsets)};
  Builder sound(schema, options_of(Layout::columns));
  ASSERT_TRUE(sound.add({columns, {}, 3}).ok());
  ASSERT_TRUE(object::store_record_table(*transaction, "sound", sound).ok());
  const auto image = test::image_of(sound);
  image->data()[text_of(image->bytes()).rfind("abc")] = std::byte{0xff};
  store::NewObject object;
  object.kind = object::kKindRecordTable;
  object.dtype = static_cast<std::uint16_t>(dtype::Dtype::u8);
  object.item_bytes = 1;
  object.format = "B";
  object.payload_bytes = image->bytes().size();
  object.shape = {static_cast<std::int64_t>(image->bytes().size())};
  const auto bad = testing_support::must(transaction->create("bad", object, false));
  const auto filler = testing_support::must(transaction->fill(*bad));
  testing_support::must(filler->add(image->bytes()));
  testing_support::must(filler->finish());
  testing_support::must(transaction->seal(*bad));
  testing_support::must(transaction->commit(store::Durability::lazy));
  const auto findings = testing_support::must(storage->verify(store::VerifyLevel::full, {}));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].object_id, bad->record().id);
  EXPECT_NE(findings[0].message.find("row 0"), std::string::npos) << findings[0].message;
}

}  // namespace
}  // namespace deltos
