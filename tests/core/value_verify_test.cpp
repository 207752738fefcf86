#include "value/verify.hpp"

#include <gtest/gtest.h>

#include "object/value.hpp"
#include "support/random_values.hpp"
#include "support/storages.hpp"

namespace deltos {
namespace {

using namespace value;
using test::image_of;
using test::RandomValues;
using testing_support::must;

using Image = std::vector<std::byte>;

Item of(Kind kind, std::int64_t number = 0, std::uint64_t name = 0) {
  Item item;
  item.kind = kind;
  item.i64 = number;
  item.node = name;
  return item;
}

Item text(std::string_view letters) {
  Item item = of(Kind::utf8);
  item.data = bytes_of(letters).data();
  item.count = letters.size();
  return item;
}

Image made_of(const std::vector<Item> &items) {
  Builder builder;
  EXPECT_TRUE(builder.put(items).ok());
  const auto image = image_of(builder);
  EXPECT_TRUE(image.ok());
  return *image;
}

std::uint64_t place_of_root(const Image &image) { return payload_of(load<ImageHead>(image.data()).root); }

void expect_damaged(const Image &image, std::string_view what) {
  const Status status = verify(image);
  ASSERT_EQ(status.code(), Code::corrupt);
  EXPECT_NE(status.error().message.find(what), std::string::npos) << status.error().message;
}

TEST(ValueVerify, WhatABuilderMakesIsSound) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    RandomValues random(seed);
    const Status status = verify(*image_of(random.any(4)));
    ASSERT_TRUE(status.ok()) << seed << ": " << status.error().message;
  }
}

TEST(ValueVerify, SharedNodesAndCirclesAreSound) {
  const Item end = of(Kind::end), share = of(Kind::share, 0, 7);
  EXPECT_TRUE(verify(made_of({of(Kind::list, 0, 7), share, share, end})).ok());
  EXPECT_TRUE(verify(made_of({of(Kind::dict, 0, 7), text("a"), share, end})).ok());
  std::vector<Item> deep = {of(Kind::list), of(Kind::list, 0, 1), of(Kind::null), end};  // deeper than a hash goes
  for (std::uint64_t level = 2; level < 2000; ++level)
    deep.insert(deep.end(), {of(Kind::list, 0, level), of(Kind::share, 0, level - 1), of(Kind::null), end});
  deep.push_back(end);
  EXPECT_TRUE(verify(made_of(deep)).ok());
}

TEST(ValueVerify, WhatNobodyReadsIsFound) {
  auto image = made_of({of(Kind::list), of(Kind::null), text("abcd"), of(Kind::end)});
  const auto at = text_of(image).find("abcd");
  auto bad_text = image;
  bad_text[at] = std::byte{0xff};
  expect_damaged(bad_text, "not valid UTF-8");
  save(image.data() + place_of_root(image) + 8, cell_of(Tag{99}, 0));
  expect_damaged(image, "no known kind");
}

TEST(ValueVerify, KeysThatAreNotWhereTheyBelongAreFound) {
  std::vector<Item> items = {of(Kind::dict)};
  for (std::int64_t i = 0; i < 20; ++i) items.insert(items.end(), {of(Kind::integer, i * 1000), of(Kind::integer, i)});
  items.push_back(of(Kind::end));
  const auto image = made_of(items);
  const std::uint64_t cells = place_of_root(image) + 8;
  auto renamed = image;
  save(renamed.data() + cells, cell_of(Tag::small_int, 5));
  expect_damaged(renamed, "not found");
  auto twice = image;
  save(twice.data() + cells, load<Cell>(image.data() + cells + 16));
  expect_damaged(twice, "a key");
  auto unindexed = image;
  std::fill_n(unindexed.begin() + static_cast<std::ptrdiff_t>(cells + 20 * 16), index_bytes(20), std::byte{0});
  expect_damaged(unindexed, "not found");
}

TEST(ValueVerify, ASetThatMissesMembersIsFound) {
  auto image = made_of({of(Kind::set), of(Kind::integer, 1), of(Kind::integer, 3), of(Kind::end)});
  ASSERT_EQ(load<std::uint64_t>(image.data() + place_of_root(image)), head_of(2, kFormBitmap));
  image[place_of_root(image) + 24] = std::byte{1};
  expect_damaged(image, "another number");
}

TEST(ValueVerify, DamagedImagesEndInAStatus) {
  std::uint64_t found = 0;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    RandomValues random(seed);
    auto image = *image_of(random.any(3));
    image[16 + random.below(image.size() - 16)] = static_cast<std::byte>(random.below(256));
    found += verify(image).ok() ? 0 : 1;
  }
  EXPECT_GT(found, 1000U);
}

// Sealed as it is, so that its checksum is right.
std::uint64_t store_bytes(store::Transaction &transaction, const std::string &name, Bytes bytes) {
  store::NewObject object = testing_support::words_object(bytes.size() / 8);
  object.kind = object::kKindValue;
  object.dtype = static_cast<std::uint16_t>(dtype::Dtype::u8);
  object.item_bytes = 1;
  object.format = "B";
  object.shape = {static_cast<std::int64_t>(bytes.size())};
  const auto created = must(transaction.create(name, object, false));
  const auto filler = must(transaction.fill(*created));
  must(filler->add(bytes));
  must(filler->finish());
  return must(transaction.seal(*created))->record().id;
}

TEST(ValueVerify, AStorageTellsWhichOfItsValuesIsNotSound) {
  const testing_support::ScratchDirectory directory;
  const auto storage = must(store::Storage::open(directory.path + "/values",
                                                 testing_support::opening(store::Mode::write, store::Create::fresh)));
  const auto transaction = must(storage->begin_transaction());
  auto image = made_of({of(Kind::list), of(Kind::null), text("abcd"), of(Kind::end)});
  store_bytes(*transaction, "sound", image);
  image[text_of(image).find("abcd")] = std::byte{0xff};
  const std::uint64_t bad = store_bytes(*transaction, "bad", image);
  must(transaction->commit(store::Durability::lazy));
  EXPECT_TRUE(must(storage->verify(store::VerifyLevel::structure, {})).empty());
  const auto findings = must(storage->verify(store::VerifyLevel::full, {}));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].object_id, bad);
  EXPECT_NE(findings[0].message.find("not valid UTF-8"), std::string::npos);
}

}  // namespace
}  // namespace deltos
