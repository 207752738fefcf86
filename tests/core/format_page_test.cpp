// Catalogue pages: what the editing functions make passes the check, and nothing else does.
#include "format/page.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "format/validate.hpp"

namespace deltos::format {
namespace {

constexpr std::uint64_t kUuidLow = 0x1122334455667788;
constexpr Child kSelf{kFirstDataBlock + 5, kFirstTransaction + 9};

using Page = std::array<std::byte, kBlockBytes>;

Bytes child_bytes(const Child &child) { return {reinterpret_cast<const std::byte *>(&child), sizeof child}; }

std::string child_text(std::uint64_t block, std::uint64_t transaction) {
  const Child child{block, transaction};
  return std::string(text_of(child_bytes(child)));
}

struct Entry {
  std::string key, value;
  bool spilled = false;
};

Page page_of(unsigned level, const std::vector<Entry> &entries) {
  Page page;
  init_page(page.data(), kSelf, level, kUuidLow);
  unsigned index = 0;
  for (const Entry &entry : entries) {
    EXPECT_TRUE(page_insert(page.data(), index++, bytes_of(entry.key), bytes_of(entry.value), entry.spilled));
  }
  seal_page(page.data());
  return page;
}

Page leaf() { return page_of(0, {{"alpha", "1"}, {"beta", std::string(32, 's'), true}, {"gamma", ""}}); }

Page inner() {
  return page_of(2, {{"", child_text(100, kSelf.transaction)},
                     {"m", child_text(101, kFirstTransaction)},
                     {"mn", child_text(102, kFirstTransaction + 1)}});
}

Status check(const Page &page, unsigned level = 0, const Child &self = kSelf, std::uint64_t uuid_low = kUuidLow) {
  // On the heap and of the exact size, so that the sanitizer sees every byte read beyond.
  const auto copy = std::make_unique<Page>(page);
  return check_page(copy->data(), self, level, uuid_low);
}

void reseal(Page *page) { save(page->data() + kPageChecksumOffset, hash64({page->data(), kPageChecksumOffset})); }

template <class T>
Page with(Page page, std::size_t offset, T value) {
  save(page.data() + offset, value);
  reseal(&page);
  return page;
}

TEST(Page, PassesItsCheckWhenSealed) {
  EXPECT_TRUE(check(leaf()).ok());
  EXPECT_TRUE(check(inner(), 2).ok());
}

std::optional<PageEntry> probe(const std::byte *page, std::string_view key) {
  return probe_page(page, kSelf, bytes_of(key));
}

TEST(Probe, FindsWhatALeafHoldsAndNothingElse) {
  const Page page = leaf();
  EXPECT_EQ(text_of(probe(page.data(), "alpha")->value), "1");
  EXPECT_TRUE(probe(page.data(), "beta")->spilled);
  EXPECT_TRUE(probe(page.data(), "gamma")->value.empty());
  for (const char *absent : {"a", "alphaa", "b", "gamm", "gammaa", "z"}) EXPECT_FALSE(probe(page.data(), absent));
}

TEST(Probe, FindsTheChildThatHoldsAKey) {
  const Page page = inner();
  const auto child = [&](std::string_view key) { return load<Child>(probe(page.data(), key)->value.data()).block; };
  EXPECT_EQ(child("a"), 100U);
  EXPECT_EQ(child("m"), 101U);
  EXPECT_EQ(child("mm"), 101U);
  EXPECT_EQ(child("mn"), 102U);
  EXPECT_EQ(child("z"), 102U);
}

// Only what a look-up meets is checked: it may find what is sound in a page that is not, and never reads beyond it.
TEST(Probe, StaysInsideOfAPageWithWhateverInIt) {
  std::mt19937_64 random(11);
  for (const Page &sound : {leaf(), inner()}) {
    const unsigned level = page_level(sound.data());
    for (int round = 0; round < 20000; ++round) {
      const auto page = std::make_unique<Page>(sound);
      const unsigned changes = 1 + random() % 3;
      for (unsigned i = 0; i < changes; ++i) {
        const bool low = random() % 2 == 0;
        const std::size_t at = low ? 32 + random() % 32 : kPageChecksumOffset - 1 - random() % 96;
        (*page)[at] = static_cast<std::byte>(random());
      }
      reseal(page.get());
      if (!check_page_frame(page->data(), kSelf, level, kUuidLow).ok()) continue;
      const bool whole = check_page(page->data(), kSelf, level, kUuidLow).ok();
      for (const char *key : {"alpha", "beta", "gamma", "m", "z"}) {
        const auto found = probe(page->data(), key);
        if (found) {
          EXPECT_GE(found->key.data(), page->data());
          EXPECT_LE(found->value.data() + found->value.size(), page->data() + kPageChecksumOffset);
        }
        if (!whole) continue;
        const unsigned index =
            level == 0 ? page_lower_bound(page->data(), bytes_of(key)) : page_child_index(page->data(), bytes_of(key));
        const bool there =
            index < page_count(page->data()) && (level > 0 || text_of(page_entry(page->data(), index).key) == key);
        ASSERT_EQ(found.has_value(), there);
        if (there) {
          ASSERT_EQ(found->value.data(), page_entry(page->data(), index).value.data());
        }
      }
    }
  }
}

TEST(Page, IsRefusedAsAnother) {
  EXPECT_EQ(check(leaf(), 1).code(), Code::corrupt);
  EXPECT_EQ(check(inner(), 1).code(), Code::corrupt);
  EXPECT_EQ(check(leaf(), 0, {kSelf.block + 1, kSelf.transaction}).code(), Code::corrupt);
  EXPECT_EQ(check(leaf(), 0, {kSelf.block, kSelf.transaction - 1}).code(), Code::corrupt);
  EXPECT_EQ(check(leaf(), 0, kSelf, kUuidLow + 1).code(), Code::corrupt);
}

TEST(Page, NamesItsBlockWhenDamaged) {
  Page page = leaf();
  page[3000] ^= std::byte{1};
  EXPECT_NE(check(page).error().message.find("block " + std::to_string(kSelf.block)), std::string::npos);
}

TEST(Page, IsRefusedAfterAnySingleBitFlips) {
  for (const auto &[page, level] : {std::pair{leaf(), 0U}, std::pair{inner(), 2U}}) {
    std::size_t accepted = 0;
    for (std::size_t bit = 0; bit < 8 * kBlockBytes; ++bit) {
      Page flipped = page;
      flipped[bit / 8] ^= std::byte{1} << (bit % 8);
      if (check(flipped, level).ok()) ++accepted;
    }
    EXPECT_EQ(accepted, 0U);
  }
}

// ---- wrong content under a right checksum ---------------------------------------------------------------------------

TEST(Page, IsRefusedWithoutEntries) {
  Page page;
  init_page(page.data(), kSelf, 0, kUuidLow);
  seal_page(page.data());
  EXPECT_EQ(check(page).code(), Code::corrupt);
}

TEST(Page, IsRefusedWithMoreEntriesThanItHolds) {
  for (const std::uint16_t count : {4, 200, 2024, 2025, 65535}) {
    EXPECT_EQ(check(with(leaf(), offsetof(PageHeader, count), count)).code(), Code::corrupt) << count;
  }
}

TEST(Page, IsRefusedWithFewerEntriesThanItHolds) {
  EXPECT_EQ(check(with(leaf(), offsetof(PageHeader, count), std::uint16_t{2})).code(), Code::corrupt);
}

TEST(Page, IsRefusedWithAnEntryOutOfPlace) {
  for (const std::uint16_t offset : {0, 40, 45, 4000, 4086, 4087, 4088, 4095, 4096, 65535}) {
    for (std::size_t entry = 0; entry < 3; ++entry) {
      const Page page = with(leaf(), sizeof(PageHeader) + 2 * entry, offset);
      EXPECT_EQ(check(page).code(), Code::corrupt) << offset;
    }
  }
}

TEST(Page, IsRefusedWithEntriesThatOverlap) {
  Page page = leaf();
  const auto second = load<std::uint16_t>(page.data() + sizeof(PageHeader) + 2);
  EXPECT_EQ(check(with(page, sizeof(PageHeader) + 4, second)).code(), Code::corrupt);
}

TEST(Page, IsRefusedWithKeysOutOfOrder) {
  EXPECT_EQ(check(page_of(0, {{"b", "1"}, {"a", "2"}})).code(), Code::corrupt);
  EXPECT_EQ(check(page_of(0, {{"a", "1"}, {"a", "2"}})).code(), Code::corrupt);
  EXPECT_EQ(check(page_of(0, {{"ab", "1"}, {"a", "2"}})).code(), Code::corrupt);
  EXPECT_TRUE(check(page_of(0, {{"a", "1"}, {"ab", "2"}, {"\xFF", "3"}})).ok());
}

TEST(Page, IsRefusedWithKeysOrValuesOfImpossibleLength) {
  EXPECT_EQ(check(page_of(0, {{"", "1"}})).code(), Code::corrupt);
  EXPECT_EQ(check(page_of(0, {{std::string(kMaxKeyBytes + 1, 'k'), "1"}})).code(), Code::corrupt);
  EXPECT_EQ(check(page_of(0, {{"k", std::string(kMaxInlineValueBytes + 1, 'v')}})).code(), Code::corrupt);
  EXPECT_EQ(check(page_of(0, {{"k", std::string(31, 'v'), true}})).code(), Code::corrupt);
  EXPECT_TRUE(check(page_of(0, {{std::string(kMaxKeyBytes, 'k'), std::string(kMaxInlineValueBytes, 'v')}})).ok());
}

TEST(Page, IsRefusedAsInnerPageWithAWrongFirstKey) {
  EXPECT_EQ(check(page_of(1, {{"a", child_text(100, kFirstTransaction)}}), 1).code(), Code::corrupt);
  const Entry first{"", child_text(100, kFirstTransaction)};
  EXPECT_EQ(check(page_of(1, {first, {"", child_text(101, kFirstTransaction)}}), 1).code(), Code::corrupt);
  EXPECT_TRUE(check(page_of(1, {first}), 1).ok());
}

TEST(Page, IsRefusedWithAChildThatCannotBe) {
  const auto refused = [](const std::string &value, bool spilled = false) {
    return check(page_of(1, {{"", value, spilled}}), 1).code() == Code::corrupt;
  };
  EXPECT_TRUE(refused(child_text(kFirstDataBlock - 1, kFirstTransaction)));
  EXPECT_TRUE(refused(child_text(kMaxBlocks, kFirstTransaction)));
  EXPECT_TRUE(refused(child_text(kFirstDataBlock, kSelf.transaction + 1)));
  EXPECT_TRUE(refused(child_text(kFirstDataBlock, 0)));
  EXPECT_TRUE(refused(child_text(kFirstDataBlock, kFirstTransaction), true));
  EXPECT_TRUE(refused(std::string(15, 'c')));
}

TEST(Page, IsRefusedBeyondTheHeightOfATree) {
  const Page page = page_of(kMaxHeight, {{"", child_text(100, kFirstTransaction)}});
  EXPECT_EQ(check(page, kMaxHeight).code(), Code::corrupt);
}

TEST(Page, NeverReadsOutsideOnGarbageWithARightChecksum) {
  std::mt19937_64 random(7);
  const Page seeds[] = {leaf(), inner()};
  for (int round = 0; round < 60000; ++round) {
    const bool mutated = round % 3 != 0;
    Page page = seeds[round % 2];
    if (mutated) {
      for (int change = 0; change < 1 + round % 4; ++change) {
        const std::size_t place = random() % 4 == 0   ? random() % kPageChecksumOffset
                                  : random() % 2 == 0 ? offsetof(PageHeader, level) + random() % 46
                                                      : kPageChecksumOffset - 1 - random() % 100;
        page[place] = static_cast<std::byte>(random());
      }
    } else {
      for (std::size_t at = 0; at < kBlockBytes; at += 8) save(page.data() + at, random());
      PageHeader header = load<PageHeader>(seeds[0].data());
      header.count = static_cast<std::uint16_t>(1 + random() % 8);
      save(page.data(), header);
    }
    reseal(&page);
    const unsigned level = page_level(page.data());
    if (!check(page, level).ok()) continue;
    // What passes can be used throughout.
    std::size_t sum = page_used_bytes(page.data()) + page_free_bytes(page.data());
    ASSERT_EQ(sum, kPageCapacity);
    for (unsigned index = 0; index < page_count(page.data()); ++index) {
      const PageEntry entry = page_entry(page.data(), index);
      ASSERT_EQ(page_lower_bound(page.data(), entry.key), index);
      sum += hash64(entry.key) + hash64(entry.value);
      const bool leads_there = level == 0 || page_child_index(page.data(), entry.key) == index;
      ASSERT_TRUE(leads_there);
    }
  }
}

// ---- editing --------------------------------------------------------------------------------------------------------

TEST(Page, FindsTheChildThatHoldsAKey) {
  const Page page = inner();
  EXPECT_EQ(page_child_index(page.data(), bytes_of("a")), 0U);
  EXPECT_EQ(page_child_index(page.data(), bytes_of("")), 0U);
  EXPECT_EQ(page_child_index(page.data(), bytes_of("m")), 1U);
  EXPECT_EQ(page_child_index(page.data(), bytes_of("mm")), 1U);
  EXPECT_EQ(page_child_index(page.data(), bytes_of("mn")), 2U);
  EXPECT_EQ(page_child_index(page.data(), bytes_of("z")), 2U);
}

TEST(Page, AgreesWithAnOrderedMapThroughInsertionsAndErasures) {
  std::mt19937 random(3);
  std::map<std::string, std::string> model;
  Page page;
  init_page(page.data(), kSelf, 0, kUuidLow);
  for (int step = 0; step < 20000; ++step) {
    const std::string key = "k" + std::to_string(random() % 300) + std::string(random() % 30, 'x');
    const unsigned index = page_lower_bound(page.data(), bytes_of(key));
    const bool exists = model.count(key) != 0;
    if (exists) {
      page_erase(page.data(), index);
      model.erase(key);
    } else {
      const std::string value(random() % 120, static_cast<char>(random()));
      const bool fits = 2 + 4 + key.size() + value.size() <= page_free_bytes(page.data());
      ASSERT_EQ(page_insert(page.data(), index, bytes_of(key), bytes_of(value), false), fits);
      if (fits) model[key] = value;
    }
    ASSERT_EQ(page_count(page.data()), model.size());
    if (step % 50 != 0 || model.empty()) continue;
    Page sealed = page;
    seal_page(sealed.data());
    ASSERT_TRUE(check(sealed).ok());
    unsigned at = 0;
    for (const auto &[wanted_key, wanted_value] : model) {
      const PageEntry entry = page_entry(sealed.data(), at++);
      ASSERT_EQ(text_of(entry.key), wanted_key);
      ASSERT_EQ(text_of(entry.value), wanted_value);
    }
  }
}

TEST(Page, HasTheSameBytesHoweverItCameAbout) {
  Page straight = page_of(0, {{"a", "1"}, {"b", "22"}, {"c", "333"}});
  Page winding;
  init_page(winding.data(), {1, 2}, 0, kUuidLow);
  page_insert(winding.data(), 0, bytes_of("c"), bytes_of("333"), false);
  page_insert(winding.data(), 0, bytes_of("aa"), bytes_of("gone"), false);
  page_insert(winding.data(), 0, bytes_of("a"), bytes_of("1"), false);
  page_insert(winding.data(), 2, bytes_of("b"), bytes_of("xx"), false);
  page_erase(winding.data(), 1);
  EXPECT_TRUE(page_overwrite(winding.data(), 1, bytes_of("22"), false));
  page_set_identity(winding.data(), kSelf);
  seal_page(winding.data());
  EXPECT_EQ(straight, winding);
}

TEST(Page, OverwritesAValueOnlyByOneOfItsSizeAndForm) {
  Page page = leaf();
  EXPECT_FALSE(page_overwrite(page.data(), 0, bytes_of("12"), false));
  EXPECT_FALSE(page_overwrite(page.data(), 1, bytes_of(std::string(32, 't')), false));
  EXPECT_TRUE(page_overwrite(page.data(), 1, bytes_of(std::string(32, 't')), true));
  EXPECT_EQ(text_of(page_entry(page.data(), 1).value), std::string(32, 't'));
}

TEST(Page, KeepsAChildSetInIt) {
  Page page = inner();
  page_set_child(page.data(), 1, {777, kFirstTransaction + 3});
  seal_page(page.data());
  EXPECT_TRUE(check(page, 2).ok());
  EXPECT_EQ(page_child(page.data(), 1).block, 777U);
  EXPECT_EQ(page_child(page.data(), 1).transaction, kFirstTransaction + 3);
}

TEST(Page, TakesTwoOfTheLargestEntries) {
  const std::string value(kMaxInlineValueBytes, 'v');
  const Page page = page_of(0, {{std::string(kMaxKeyBytes, 'a'), value}, {std::string(kMaxKeyBytes, 'b'), value}});
  EXPECT_TRUE(check(page).ok());
}

TEST(Page, OfTheFormatDocumentsExampleHasItsBytes) {
  const std::uint64_t uuid_low = 0x7766554433221100;
  Object object;
  object.kind = kKindBuffer;
  object.dtype = 12;
  object.created = object.changed = 65537;
  object.item_bytes = 8;
  object.shape = {2, 3};
  object.payload_bytes = 48;
  object.extents = {{0x80000, 48, 65537}};
  object.format = "d";
  object.name = "grid";
  const std::uint64_t id = 1;
  Page page;
  init_page(page.data(), {112, 65537}, 0, uuid_low);
  page_insert(page.data(), 0, name_key("grid"), {reinterpret_cast<const std::byte *>(&id), sizeof id}, false);
  page_insert(page.data(), 1, object_key(id), encode_object(object), false);
  seal_page(page.data());
  EXPECT_EQ(load<std::uint16_t>(page.data() + 32), 0xF6D);
  EXPECT_EQ(load<std::uint16_t>(page.data() + 40), 0xFE7);
  EXPECT_EQ(load<std::uint16_t>(page.data() + 42), 0xF6D);
  EXPECT_EQ(load<std::uint64_t>(page.data() + kPageChecksumOffset), 0xD9DC56D81E0BA0EDU);
}

}  // namespace
}  // namespace deltos::format
