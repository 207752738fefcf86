// Object and metadatum records: back and forth, and from hostile bytes.
#include <gtest/gtest.h>

#include <random>

#include "format/array.hpp"
#include "format/validate.hpp"

namespace deltos::format {
namespace {

constexpr std::uint64_t kBlocks = 4096;
constexpr std::uint64_t kId = 12;

Object buffer() {
  Object object;
  object.id = kId;
  object.kind = kKindBuffer;
  object.dtype = 12;
  object.created = kFirstTransaction + 1;
  object.changed = kFirstTransaction + 2;
  object.item_bytes = 8;
  object.shape = {3, 200, 2};
  object.payload_bytes = 9600;
  object.extents = {{kFirstDataOffset, 9600, kFirstTransaction + 1}};
  object.format = "d";
  object.name = "weather/2026/grid";
  return object;
}

Object sealed_buffer() {
  Object object = buffer();
  object.sealed = true;
  object.digest = 77;
  object.shape = {100000};
  object.payload_bytes = 800000;
  object.extents = {{kFirstDataOffset, 800000, kFirstTransaction + 1},
                    {kFirstDataOffset + 16 * kRegionBytes, 13 * 8, kFirstTransaction + 2}};
  return object;
}

Object growable() {
  Object object = buffer();
  object.kind = kKindArray;
  object.shape = {10'000};
  object.payload_bytes = 80'000;
  object.extents = {{kFirstDataOffset + 64, sizeof(ArrayControl), kFirstTransaction},
                    {kFirstDataOffset + 4 * kRegionBytes, kRegionBytes, kFirstTransaction},
                    {kFirstDataOffset + 2 * kRegionBytes, 2 * kRegionBytes, kFirstTransaction + 1}};
  return object;
}

Result<Object> round_trip(const Object &object) { return decode_object(encode_object(object), kId, kBlocks); }

void expect_equal(const Object &a, const Object &b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.sealed, b.sealed);
  EXPECT_EQ(a.dtype, b.dtype);
  EXPECT_EQ(a.created, b.created);
  EXPECT_EQ(a.changed, b.changed);
  EXPECT_EQ(a.item_bytes, b.item_bytes);
  EXPECT_EQ(a.payload_bytes, b.payload_bytes);
  EXPECT_EQ(a.digest, b.digest);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.format, b.format);
  EXPECT_EQ(a.name, b.name);
  ASSERT_EQ(a.extents.size(), b.extents.size());
  for (std::size_t index = 0; index < a.extents.size(); ++index) {
    EXPECT_EQ(a.extents[index].offset, b.extents[index].offset);
    EXPECT_EQ(a.extents[index].bytes, b.extents[index].bytes);
    EXPECT_EQ(a.extents[index].transaction, b.extents[index].transaction);
  }
}

TEST(ObjectRecord, IsReadBackAsWritten) {
  Object scalar = buffer();
  scalar.shape = {};
  scalar.payload_bytes = 8;
  scalar.extents[0] = {kFirstDataOffset + 64, 8, kFirstTransaction};
  Object empty = buffer();
  empty.shape = {5, 0, 7};
  empty.payload_bytes = 0;
  empty.extents[0] = {0, 0, kFirstTransaction};
  Object without_extent = empty;
  without_extent.extents.clear();
  for (const Object &object : {buffer(), sealed_buffer(), growable(), scalar, empty, without_extent}) {
    const auto read = round_trip(object);
    ASSERT_TRUE(read.ok()) << read.error().message;
    expect_equal(*read, object);
  }
}

TEST(ObjectRecord, OfAnUnknownKindIsNamed) {
  Object object = buffer();
  object.kind = 8;
  auto read = round_trip(object);
  EXPECT_EQ(read.code(), Code::feature);
  EXPECT_NE(read.error().message.find("a schema"), std::string::npos);
  EXPECT_EQ(read.error().object_id, kId);
  object.kind = 99;
  read = round_trip(object);
  EXPECT_EQ(read.code(), Code::feature);
  EXPECT_NE(read.error().message.find("kind 99"), std::string::npos);
  object.kind = 0;
  EXPECT_EQ(round_trip(object).code(), Code::corrupt);
}

TEST(ObjectRecord, OfALaterFormatIsAFeature) {
  auto record = encode_object(buffer());
  record[0] = std::byte{2};
  EXPECT_EQ(decode_object(record, kId, kBlocks).code(), Code::feature);
  record = encode_object(buffer());
  record[offsetof(ObjectRecord, flags)] = std::byte{2};
  EXPECT_EQ(decode_object(record, kId, kBlocks).code(), Code::feature);
  Object object = buffer();
  object.dtype = kMaxDtype + 1;
  EXPECT_EQ(round_trip(object).code(), Code::feature);
}

template <class Change>
Code changed(Object object, Change change) {
  change(object);
  return round_trip(object).code();
}

TEST(ObjectRecord, IsRefusedWithAShapeThatDoesNotFit) {
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.shape[0] = 4; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.shape = {-3, -200, 2}; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.item_bytes = 0; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.item_bytes = std::uint64_t{1} << 63; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(),
                    [](Object &o) {
                      o.shape = {std::int64_t{1} << 32, std::int64_t{1} << 32, 2};
                    }),
            Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.shape.assign(65, 1); }), Code::corrupt);
  Object empty = buffer();
  empty.payload_bytes = 0;
  empty.extents = {{0, 0, kFirstTransaction}};
  EXPECT_EQ(changed(empty,
                    [](Object &o) {
                      o.shape = {std::int64_t{1} << 40, 0, std::int64_t{1} << 40};
                    }),
            Code::corrupt)
      << "strides would not fit";
}

TEST(ObjectRecord, IsRefusedWithExtentsThatDoNotFit) {
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.extents[0].offset += 64; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.extents[0].offset = 0; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.extents[0].offset = (kBlocks - 2) * kBlockBytes; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.extents[0].bytes = 9601; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.extents[0].transaction = kMaxTransaction + 1; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.extents.clear(); }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.extents.push_back(o.extents[0]); }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.extents.resize(kMaxExtents + 1); }), Code::corrupt);
  EXPECT_EQ(changed(sealed_buffer(), [](Object &o) { o.extents.pop_back(); }), Code::corrupt);
  EXPECT_EQ(changed(sealed_buffer(), [](Object &o) { o.extents[1].bytes -= 8; }), Code::corrupt);
}

TEST(ObjectRecord, OfAnArrayIsRefusedWithChunksThatDoNotFit) {
  EXPECT_EQ(changed(growable(), [](Object &o) { o.extents.pop_back(); }), Code::corrupt) << "less room than elements";
  EXPECT_EQ(changed(growable(), [](Object &o) { o.extents.resize(1); }), Code::corrupt) << "no chunk";
  EXPECT_EQ(changed(growable(), [](Object &o) { o.extents.clear(); }), Code::corrupt);
  EXPECT_EQ(changed(growable(), [](Object &o) { o.extents[0].bytes = 32; }), Code::corrupt);
  EXPECT_EQ(changed(growable(), [](Object &o) { o.extents[2].bytes -= kBlockBytes; }), Code::corrupt);
  EXPECT_EQ(changed(growable(), [](Object &o) { o.extents[2].offset += kBlockBytes; }), Code::corrupt);
  EXPECT_EQ(changed(growable(), [](Object &o) { o.extents[2] = {0, 0, o.created}; }), Code::corrupt);
  EXPECT_EQ(changed(growable(), [](Object &o) { o.extents.push_back(o.extents[1]); }), Code::corrupt) << "one twice";
  EXPECT_EQ(changed(growable(), [](Object &o) { o.extents[1].offset -= kRegionBytes; }), Code::corrupt) << "overlap";
  EXPECT_EQ(changed(growable(), [](Object &o) { o.shape = {100, 100}; }), Code::corrupt);
  EXPECT_EQ(changed(growable(), [](Object &o) { o.payload_bytes += 1; }), Code::corrupt);
  EXPECT_EQ(changed(growable(), [](Object &o) { o.sealed = true; }), Code::feature);
}

TEST(ObjectRecord, IsRefusedWithTextThatBreaksTheRules) {
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.name = "a//b"; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.name = ""; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.format = std::string("d\0d", 3); }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.format = "\xFF"; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.format.assign(kMaxFormatBytes + 1, 'd'); }), Code::corrupt);
}

TEST(ObjectRecord, IsRefusedWithTransactionsOrDigestThatCannotBe) {
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.created = o.changed + 1; }), Code::corrupt);
  EXPECT_EQ(changed(buffer(), [](Object &o) { o.changed = kMaxTransaction + 1; }), Code::corrupt);
  auto record = encode_object(buffer());
  record[offsetof(ObjectRecord, digest)] = std::byte{1};
  EXPECT_EQ(decode_object(record, kId, kBlocks).code(), Code::corrupt);
}

TEST(ObjectRecord, IsRefusedAtEveryOtherLength) {
  auto record = encode_object(sealed_buffer());
  for (std::size_t bytes = 0; bytes < record.size(); ++bytes) {
    const std::vector<std::byte> cut(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(bytes));
    EXPECT_EQ(decode_object(cut, kId, kBlocks).code(), Code::corrupt) << bytes;
  }
  record.push_back(std::byte{0});
  EXPECT_EQ(decode_object(record, kId, kBlocks).code(), Code::corrupt);
}

TEST(ObjectRecord, NeverReadsOutsideWhateverItsBytes) {
  std::mt19937_64 random(5);
  int accepted = 0;
  for (int round = 0; round < 100000; ++round) {
    const Object objects[] = {buffer(), sealed_buffer(), growable()};
    auto record = encode_object(objects[round % 3]);
    for (int change = 0; change <= round / 3 % 3; ++change) {
      const std::size_t place = random() % (random() % 2 == 0 ? record.size() : sizeof(ObjectRecord));
      record[place] = random() % 2 == 0 ? static_cast<std::byte>(random()) : std::byte{0xFF};
    }
    const auto read = decode_object(record, kId, kBlocks);
    if (!read.ok()) continue;
    ++accepted;
    for (const Extent &extent : read->extents) ASSERT_TRUE(within(extent.offset, extent.bytes, kBlocks * kBlockBytes));
    if (read->kind == kKindArray) {
      ASSERT_GE(read->extents.size(), 2U);
    } else {
      ASSERT_EQ(read->extents[0].bytes, read->payload_bytes);
    }
    ASSERT_TRUE(check_name(read->name).ok());
  }
  EXPECT_GT(accepted, 0);
}

// ---- metadata -------------------------------------------------------------------------------------------------------

Metadatum metadatum() {
  Metadatum item;
  item.format = "d";
  item.shape = {2, 3};
  item.data.assign(48, std::byte{7});
  return item;
}

template <class Change>
Code changed(Metadatum item, Change change) {
  change(item);
  return decode_metadatum(encode_metadatum(item)).code();
}

TEST(MetadatumRecord, IsReadBackAsWritten) {
  Metadatum text;
  text.format = "u8";
  text.data.assign(kMaxMetadatumBytes, std::byte{'t'});
  Metadatum empty;
  empty.shape = {0, 4};
  for (const Metadatum &item : {metadatum(), text, empty, Metadatum{}}) {
    const auto read = decode_metadatum(encode_metadatum(item));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->format, item.format);
    EXPECT_EQ(read->shape, item.shape);
    EXPECT_EQ(read->data, item.data);
  }
}

TEST(MetadatumRecord, IsRefusedWhenItsPartsDoNotFit) {
  EXPECT_EQ(changed(metadatum(), [](Metadatum &m) { m.shape = {5}; }), Code::corrupt);
  EXPECT_EQ(changed(metadatum(), [](Metadatum &m) { m.shape = {0}; }), Code::corrupt);
  EXPECT_EQ(changed(metadatum(), [](Metadatum &m) { m.shape = {-1}; }), Code::corrupt);
  EXPECT_EQ(changed(metadatum(), [](Metadatum &m) { m.shape.assign(65, 1); }), Code::corrupt);
  EXPECT_EQ(changed(metadatum(), [](Metadatum &m) { m.data.resize(kMaxMetadatumBytes + 1); }), Code::corrupt);
  EXPECT_EQ(changed(metadatum(), [](Metadatum &m) { m.format = "\xC0"; }), Code::corrupt);
  auto record = encode_metadatum(metadatum());
  record[0] = std::byte{9};
  EXPECT_EQ(decode_metadatum(record).code(), Code::feature);
}

TEST(MetadatumRecord, NeverReadsOutsideWhateverItsBytes) {
  std::mt19937_64 random(6);
  const auto whole = encode_metadatum(metadatum());
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes));
    EXPECT_EQ(decode_metadatum(cut).code(), Code::corrupt) << bytes;
  }
  for (int round = 0; round < 50000; ++round) {
    auto record = whole;
    for (int change = 0; change <= round % 3; ++change)
      record[random() % record.size()] = static_cast<std::byte>(random());
    const auto read = decode_metadatum(record);
    if (!read.ok()) continue;
    ASSERT_LE(read->data.size(), record.size());
  }
}

// ---- spilled values -------------------------------------------------------------------------------------------------

Code spill_code(const Spill &spill, std::size_t bytes = sizeof(Spill)) {
  return decode_spill({reinterpret_cast<const std::byte *>(&spill), bytes}, kBlocks).code();
}

TEST(SpilledValue, HasAPlaceLikeAnExtent) {
  EXPECT_EQ(spill_code({kFirstDataOffset, 5000, kFirstTransaction, 1}), Code::ok);
  EXPECT_EQ(spill_code({kFirstDataOffset, 961, kFirstTransaction, 1}), Code::ok);
  EXPECT_EQ(spill_code({kFirstDataOffset + 64, 5000, kFirstTransaction, 1}), Code::corrupt);
  EXPECT_EQ(spill_code({0, 0, kFirstTransaction, 1}), Code::corrupt);
  EXPECT_EQ(spill_code({kFirstDataOffset, kMaxSpillBytes + 1, kFirstTransaction, 1}), Code::corrupt);
  EXPECT_EQ(spill_code({kBlocks * kBlockBytes, 5000, kFirstTransaction, 1}), Code::corrupt);
  EXPECT_EQ(spill_code({kFirstDataOffset, 5000, kMaxTransaction + 1, 1}), Code::corrupt);
  EXPECT_EQ(spill_code({kFirstDataOffset, 5000, kFirstTransaction, 1}, 31), Code::corrupt);
}

}  // namespace
}  // namespace deltos::format
