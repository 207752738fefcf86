// Free space: one behaviour of allocation, reuse, zones, rebuilding and holes each.
#include <gtest/gtest.h>

#include "store/space.hpp"
#include "support/space_world.hpp"

namespace deltos::store {
namespace {

using format::kBlockBytes;
using format::kFirstDataBlock;
using format::kFirstDataOffset;
using format::kRegionBlocks;
using format::kRegionBytes;
using testing_support::FailingNew;
using testing_support::FakeSpaceHost;
using testing_support::Item;

constexpr std::uint64_t kOpened = format::kFirstTransaction + 10;

// A fresh space over `blocks` blocks of which all but the fixed ones are ready.
struct Fixture {
  explicit Fixture(std::uint64_t data_blocks = 0, std::vector<format::Zone> zones = {}) {
    host.file_blocks = kFirstDataBlock + data_blocks;
    host.published = kOpened;
    space = std::make_unique<Space>(&host, host.file_blocks, std::move(zones));
  }
  Fixture &open() {
    EXPECT_TRUE(space->finish_rebuild(kOpened).ok());
    space->set_strong(kOpened, 0);
    return *this;
  }
  std::uint64_t place(std::uint64_t bytes, bool sealed = false) {
    Result<Space::Allocation> got = space->allocate(bytes, sealed);
    EXPECT_TRUE(got.ok());
    return got.ok() ? got->offset : 0;
  }
  // Freed by the next transaction, which is published and durable.
  void give(std::uint64_t offset, std::uint64_t bytes, std::uint64_t born = kOpened) {
    ++host.published;
    space->free_extent(offset, bytes, born, host.published);
    space->set_strong(host.published, 0);
  }
  FakeSpaceHost host;
  std::unique_ptr<Space> space;
};

std::uint64_t blocks_of(std::uint64_t count) { return count * kBlockBytes; }

// ---- allocation

TEST(Space, TakesTheSmallestRunThatFitsThenTheLowest) {
  Fixture f;
  f.open();
  std::uint64_t large = f.place(blocks_of(80));
  f.place(blocks_of(1));
  std::uint64_t small = f.place(blocks_of(70));
  f.place(blocks_of(1));
  std::uint64_t same = f.place(blocks_of(70));
  f.place(blocks_of(400));
  f.give(same, blocks_of(70));
  f.give(large, blocks_of(80));
  f.give(small, blocks_of(70));
  ASSERT_TRUE(f.space->punchable(UINT64_MAX).ok());
  EXPECT_EQ(f.place(blocks_of(70)), small);
  EXPECT_EQ(f.place(blocks_of(69) + 1), same);
  EXPECT_EQ(f.place(blocks_of(70)), large);
}

TEST(Space, GathersSmallExtentsAtLowAddresses) {
  Fixture f;
  f.open();
  std::uint64_t low = f.place(blocks_of(90));
  f.place(blocks_of(1));
  std::uint64_t fitting = f.place(blocks_of(4));
  f.place(blocks_of(200));
  f.give(fitting, blocks_of(4));
  f.give(low, blocks_of(90));
  ASSERT_TRUE(f.space->punchable(UINT64_MAX).ok());
  EXPECT_EQ(f.place(blocks_of(4)), low);
}

TEST(Space, FreshBlocksReadAsZeroAndRecycledOnesAreNotSaidTo) {
  Fixture f;
  f.open();
  auto fresh = f.space->allocate(blocks_of(300), false);
  ASSERT_TRUE(fresh.ok());
  EXPECT_TRUE(fresh->zero);
  f.give(fresh->offset, blocks_of(300));
  auto again = f.space->allocate(blocks_of(300), false);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->offset, fresh->offset);
  EXPECT_FALSE(again->zero);
}

TEST(Space, GrowthAddsToAZeroTail) {
  Fixture f;
  f.open();
  f.place(blocks_of(1));
  std::uint64_t before = f.space->file_blocks();
  auto got = f.space->allocate(blocks_of(before), false);
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got->zero);
  EXPECT_EQ(got->offset, kFirstDataOffset + blocks_of(1));
}

TEST(Space, GrowthAddsToAUsedTailOnlyWhenTheDiskAllowsNoMore) {
  Fixture f(100);
  f.open();
  f.host.capacity = f.host.file_blocks + 100;
  auto got = f.space->allocate(blocks_of(150), false);
  ASSERT_TRUE(got.ok());
  EXPECT_FALSE(got->zero);
  EXPECT_EQ(got->offset, kFirstDataOffset);
}

TEST(Space, GrowsByTheExactNeedWhenTheStepIsRefused) {
  Fixture f;
  f.open();
  f.host.capacity = kFirstDataBlock + 10;
  EXPECT_EQ(f.place(blocks_of(10)), kFirstDataOffset);
  EXPECT_EQ(f.space->file_blocks(), kFirstDataBlock + 10);
  auto refused = f.space->allocate(blocks_of(1), false);
  EXPECT_EQ(refused.code(), Code::no_space);
  EXPECT_EQ(f.space->file_blocks(), kFirstDataBlock + 10);
}

TEST(Space, RefusesImpossibleSizes) {
  Fixture f;
  f.open();
  EXPECT_EQ(f.space->allocate(0, false).code(), Code::limit);
  EXPECT_EQ(f.space->allocate(UINT64_MAX, false).code(), Code::limit);
  EXPECT_EQ(f.space->allocate(format::kMaxBlocks * kBlockBytes, false).code(), Code::limit);
}

TEST(Space, SlotsOfOneSlabHaveOneClassAndOneSealedness) {
  Fixture f;
  f.open();
  std::uint64_t open = f.place(64), sealed = f.place(64, true), larger = f.place(65), neighbour = f.place(1);
  EXPECT_EQ(open % kRegionBytes, 0u);
  EXPECT_EQ(neighbour, open + 64);
  EXPECT_NE(open / kRegionBytes, sealed / kRegionBytes);
  EXPECT_NE(open / kRegionBytes, larger / kRegionBytes);
  EXPECT_NE(sealed / kRegionBytes, larger / kRegionBytes);
}

TEST(Space, FillsASlabToItsLastWholeSlot) {
  for (std::uint64_t bytes : format::kSlotClasses) {
    Fixture f;
    f.open();
    std::uint64_t first = f.place(bytes), slots = kRegionBytes / bytes;
    for (std::uint64_t slot = 1; slot < slots; ++slot) EXPECT_EQ(f.place(bytes), first + slot * bytes);
    EXPECT_NE(f.place(bytes) / kRegionBytes, first / kRegionBytes);
  }
}

TEST(Space, ASlabWithoutUsedSlotsBecomesBlocksAgain) {
  Fixture f;
  f.open();
  std::vector<std::uint64_t> slots;
  for (int count = 0; count < 100; ++count) slots.push_back(f.place(1024));
  for (std::uint64_t offset : slots) f.give(offset, 1024);
  ASSERT_TRUE(f.space->punchable(UINT64_MAX).ok());
  EXPECT_EQ(f.space->usage().ready_blocks, f.space->file_blocks() - kFirstDataBlock);
}

// ---- the rule

TEST(Space, WaitsForTheOldestPin) {
  Fixture f;
  f.open();
  std::uint64_t offset = f.place(blocks_of(500));
  f.host.pins.insert(kOpened);
  f.give(offset, blocks_of(500));
  EXPECT_NE(f.place(blocks_of(500)), offset);
  f.host.pins.clear();
  EXPECT_EQ(f.place(blocks_of(500)), offset);
}

TEST(Space, WaitsForEveryStrongSuperblockThatHoldsIt) {
  Fixture f;
  f.open();
  std::uint64_t offset = f.place(blocks_of(500));
  f.host.published = kOpened + 5;
  f.space->free_extent(offset, blocks_of(500), kOpened + 1, kOpened + 5);
  f.space->set_strong(kOpened, kOpened + 3);
  EXPECT_NE(f.place(blocks_of(500)), offset) << "the pending superblock holds it";
  f.space->set_strong(kOpened + 3, 0);
  EXPECT_NE(f.place(blocks_of(500)), offset) << "the durable superblock holds it";
  f.space->set_strong(kOpened + 3, kOpened + 6);
  EXPECT_NE(f.place(blocks_of(500)), offset) << "the durable superblock still holds it";
  f.space->set_strong(kOpened + 6, 0);
  EXPECT_EQ(f.place(blocks_of(500)), offset);
}

TEST(Space, WhatWasBornAfterEveryStrongSuperblockDoesNotWaitForOne) {
  Fixture f;
  f.open();
  std::uint64_t offset = f.place(blocks_of(500));
  f.host.published = kOpened + 2;
  f.space->free_extent(offset, blocks_of(500), kOpened + 1, kOpened + 2);
  EXPECT_EQ(f.place(blocks_of(500)), offset);
}

TEST(Space, WaitsForExportsOfTheBlocksOnly) {
  Fixture f;
  f.open();
  std::uint64_t offset = f.place(blocks_of(500));
  f.host.locks.insert({offset / kBlockBytes + 100, 1});
  f.give(offset, blocks_of(500));
  EXPECT_EQ(f.place(blocks_of(399)), offset + blocks_of(101)) << "what nobody has locked is ready";
  f.host.locks.clear();
  EXPECT_EQ(f.place(blocks_of(101)), offset);
}

TEST(Space, AnExportOfASlotHoldsTheSlotsOfItsBlock) {
  Fixture f;
  f.open();
  std::vector<std::uint64_t> slots;
  for (int count = 0; count < 64; ++count) slots.push_back(f.place(1024));
  f.host.locks.insert({slots[0] / kBlockBytes, 1});
  for (std::uint64_t offset : slots) f.give(offset, 1024);
  std::uint64_t ready = f.space->usage().ready_blocks;
  EXPECT_EQ(f.place(1024), slots[4]);
  f.give(slots[4], 1024);
  f.host.locks.clear();
  ASSERT_TRUE(f.space->punchable(UINT64_MAX).ok());
  EXPECT_EQ(f.space->usage().ready_blocks, ready + kRegionBlocks);
}

TEST(Space, ASlotAcrossTwoBlocksWaitsForBoth) {
  for (std::uint64_t locked : {0, 1}) {
    Fixture f;
    f.open();
    std::uint64_t first = f.place(3072), across = f.place(3072), last = first;
    for (int slot = 2; slot < 21; ++slot) last = f.place(3072);
    EXPECT_EQ(last, first + 20 * 3072);
    f.host.locks.insert({first / kBlockBytes + locked, 1});
    f.give(across, 3072);
    f.place(blocks_of(f.space->usage().ready_blocks));
    f.host.capacity = f.host.file_blocks;
    EXPECT_EQ(f.space->allocate(3072, false).code(), Code::no_space);
    f.host.locks.clear();
    EXPECT_EQ(f.place(3072), across);
  }
}

TEST(Space, PagesDoNotWaitForExports) {
  Fixture f;
  f.open();
  ASSERT_TRUE(f.space->reserve_pages(16).ok());
  std::uint64_t page = f.space->allocate_page();
  f.host.locks.insert({page, 1});
  f.host.published = kOpened + 1;
  f.space->free_page(page, kOpened, kOpened + 1);
  f.space->set_strong(kOpened + 1, 0);
  ASSERT_TRUE(f.space->reserve_pages(16).ok());
  EXPECT_EQ(f.space->allocate_page(), page);
}

TEST(Space, AbandonedPagesAreReadyAtOnceAndAbandonedExtentsWaitForExports) {
  Fixture f;
  f.open();
  ASSERT_TRUE(f.space->reserve_pages(1).ok());
  std::uint64_t page = f.space->allocate_page(), extent = f.place(blocks_of(700));
  f.host.pins.insert(kOpened);
  f.host.locks.insert({extent / kBlockBytes, 700});
  f.space->abandon_page(page);
  f.space->abandon_extent(extent, blocks_of(700));
  EXPECT_EQ(f.space->allocate_page(), page);
  EXPECT_NE(f.place(blocks_of(700)), extent);
  f.host.locks.clear();
  EXPECT_EQ(f.place(blocks_of(700)), extent);
}

TEST(Space, SearchesOnlyWhenReadySpaceDoesNotSuffice) {
  Fixture f;
  f.open();
  std::uint64_t offset = f.place(blocks_of(10));
  f.give(offset, blocks_of(10));
  f.place(blocks_of(10));
  EXPECT_EQ(f.host.pin_searches, 0u);
  f.host.pins.insert(kOpened);
  f.place(blocks_of(10000));
  EXPECT_EQ(f.host.pin_searches, 1u);
}

TEST(Space, ASearchThatFailsChangesNothing) {
  Fixture f;
  f.open();
  std::uint64_t offset = f.place(blocks_of(500));
  f.give(offset, blocks_of(500));
  f.host.search_fails = true;
  EXPECT_EQ(f.space->allocate(blocks_of(500), false).code(), Code::io);
  f.host.search_fails = false;
  EXPECT_EQ(f.place(blocks_of(500)), offset);
}

TEST(Space, AnAllocationThatLacksMemoryTakesNothing) {
  for (std::uint64_t bytes : {std::uint64_t{64}, blocks_of(30), blocks_of(400)}) {
    for (std::uint64_t successes = 0;; ++successes) {
      Fixture f;
      f.open();
      std::uint64_t offset = f.place(blocks_of(300));
      f.place(blocks_of(5));
      f.give(offset, blocks_of(300));
      ASSERT_TRUE(f.space->punchable(UINT64_MAX).ok());
      f.space->mark_punched({offset / kBlockBytes, 300});
      bool failed = false;
      {
        FailingNew failing(successes);
        try {
          if (f.space->allocate(bytes, false).ok()) failed = failing.happened();
        } catch (const std::bad_alloc &) {
          failed = true;
        }
      }
      if (!failed) break;
      EXPECT_EQ(f.space->usage().ready_blocks + 5 + kFirstDataBlock, f.space->file_blocks()) << successes;
      EXPECT_LT(successes, 50u);
    }
  }
}

// ---- zones

TEST(Space, ZonesDoubleAndStayAligned) {
  Fixture f;
  f.open();
  std::uint64_t before = 0;
  f.place(blocks_of(3));
  for (int pages = 0; pages < 3000; ++pages) {
    ASSERT_TRUE(f.space->reserve_pages(1).ok());
    EXPECT_TRUE(f.space->in_zone(f.space->allocate_page()));
    if (pages % 7 == 0) f.place(blocks_of(3));
  }
  ASSERT_EQ(f.space->zones().size(), 9u);
  for (const format::Zone &zone : f.space->zones()) {
    EXPECT_EQ(zone.first_block % kRegionBlocks, 0u);
    EXPECT_EQ(zone.blocks, before == 0 ? 16 : before);
    before += zone.blocks;
  }
}

TEST(Space, HandsOutTheLowestReadyPage) {
  Fixture f;
  f.open();
  ASSERT_TRUE(f.space->reserve_pages(16).ok());
  std::uint64_t first = f.space->allocate_page();
  for (int count = 1; count < 10; ++count) EXPECT_EQ(f.space->allocate_page(), first + count);
  f.space->abandon_page(first + 5);
  f.space->abandon_page(first + 2);
  EXPECT_EQ(f.space->allocate_page(), first + 2);
  EXPECT_EQ(f.space->allocate_page(), first + 5);
  EXPECT_EQ(f.space->allocate_page(), first + 10);
}

TEST(Space, AZoneThatCannotBePreparedIsNotAdded) {
  Fixture f;
  f.open();
  f.host.zone_fails = true;
  EXPECT_EQ(f.space->reserve_pages(1).code(), Code::io);
  EXPECT_TRUE(f.space->zones().empty());
  EXPECT_EQ(f.space->usage().ready_blocks, f.space->file_blocks() - kFirstDataBlock);
}

TEST(Space, AsksForASmallerZoneWhereTheWholeDoesNotFit) {
  Fixture f;
  f.open();
  ASSERT_TRUE(f.space->reserve_pages(1000).ok());
  f.host.capacity = f.host.file_blocks + 100;
  ASSERT_TRUE(f.space->reserve_pages(1008 + 50).ok());
  ASSERT_EQ(f.space->zones().size(), 2u);
  EXPECT_EQ(f.space->zones().back().blocks, 64u);
}

TEST(Space, SaysSoWhenThereAreAllZones) {
  std::vector<format::Zone> zones;
  for (std::uint64_t zone = 0; zone < format::kMaxZones; ++zone) zones.push_back({kFirstDataBlock + 32 * zone, 16});
  Fixture f(32 * format::kMaxZones, zones);
  f.open();
  ASSERT_TRUE(f.space->reserve_pages(16 * format::kMaxZones).ok());
  Status full = f.space->reserve_pages(16 * format::kMaxZones + 1);
  EXPECT_EQ(full.code(), Code::limit);
  EXPECT_NE(full.error().message.find("40 zones"), std::string::npos);
}

// ---- rebuilding

std::string refusal(Fixture &f, const std::vector<Item> &items, const std::vector<Item> &durable = {}) {
  auto mark = [&](const std::vector<Item> &list, bool in_root) -> std::string {
    for (const Item &item : list) {
      Status marked = f.space->mark_extent(item.offset, item.bytes, item.sealed, in_root);
      if (!marked.ok()) {
        EXPECT_EQ(marked.code(), Code::corrupt);
        return marked.error().message;
      }
    }
    return "";
  };
  std::string message = mark(items, true);
  if (message.empty()) message = mark(durable, false);
  if (!message.empty()) return message;
  Status finished = f.space->finish_rebuild(kOpened);
  if (finished.ok()) return "";
  EXPECT_EQ(finished.code(), Code::corrupt);
  return finished.error().message;
}
std::string refusal(const std::vector<Item> &items, const std::vector<Item> &durable = {}) {
  Fixture f(256, {{kFirstDataBlock + 128, 16}});
  return refusal(f, items, durable);
}
Item at(std::uint64_t block, std::uint64_t bytes, std::uint64_t more = 0, bool sealed = false) {
  return {kFirstDataOffset + block * kBlockBytes + more, bytes, sealed, 0};
}

TEST(SpaceRebuild, AcceptsWhatLiesApart) {
  EXPECT_EQ(refusal({at(0, blocks_of(3)), at(3, blocks_of(13)), at(16, 64), at(16, 64, 128), at(32, 64, 0, true)}), "");
  EXPECT_EQ(refusal({{0, 0, false, 0}}), "") << "nothing stored";
}

TEST(SpaceRebuild, RefusesOverlapsWithinOneRootNamingTheOffset) {
  std::string offset = std::to_string(kFirstDataOffset + 2 * kBlockBytes);
  EXPECT_NE(refusal({at(0, blocks_of(3)), at(2, blocks_of(3))}).find(offset), std::string::npos);
  EXPECT_NE(refusal({}, {at(0, blocks_of(3)), at(2, blocks_of(3))}).find(offset), std::string::npos);
  EXPECT_NE(refusal({at(2, blocks_of(3)), at(2, blocks_of(3))}).find(offset), std::string::npos);
  EXPECT_NE(refusal({at(16, 64), at(16, 64)}), "");
  EXPECT_NE(refusal({}, {at(16, 64), at(16, 64)}), "");
  EXPECT_NE(refusal({at(0, blocks_of(17)), at(16, 64)}), "") << "an extent that reaches into a slab";
  EXPECT_NE(refusal({at(20, blocks_of(2)), at(16, 64)}), "") << "an extent inside a slab";
}

TEST(SpaceRebuild, TheSameThingInBothRootsIsUsedOnce) {
  EXPECT_EQ(refusal({at(0, blocks_of(3)), at(16, 64)}, {at(0, blocks_of(3)), at(16, 64)}), "");
  EXPECT_EQ(refusal({at(0, blocks_of(3))}, {at(0, blocks_of(5))}), "") << "its end was given back";
}

TEST(SpaceRebuild, RefusesOneAPlaceThatTheRootsUseDifferently) {
  EXPECT_NE(refusal({at(0, blocks_of(3))}, {at(1, blocks_of(2))}), "");
  EXPECT_NE(refusal({at(0, blocks_of(3)), at(4, blocks_of(1))}, {at(0, blocks_of(5))}), "");
  EXPECT_NE(refusal({at(16, blocks_of(1))}, {at(16, 64)}), "");
  EXPECT_NE(refusal({at(16, 64)}, {at(17, blocks_of(1))}), "");
  EXPECT_NE(refusal({at(16, 64)}, {at(16, 128, 128)}), "");
  EXPECT_NE(refusal({at(16, 64)}, {at(16, 64, 64, true)}), "");
}

TEST(SpaceRebuild, RefusesMisplacedExtents) {
  EXPECT_NE(refusal({{0, 64, false, 0}}), "") << "in the fixed part";
  EXPECT_NE(refusal({at(256, blocks_of(1))}), "") << "behind the file";
  EXPECT_NE(refusal({at(255, kBlockBytes + 1)}), "") << "its last block";
  EXPECT_NE(refusal({at(0, UINT64_MAX)}), "");
  EXPECT_NE(refusal({{UINT64_MAX - 63, 4096, false, 0}}), "");
  EXPECT_NE(refusal({at(0, 4096, 64)}), "") << "blocks that do not start on a block";
  EXPECT_NE(refusal({at(0, 192, 64)}), "") << "between two slots";
  EXPECT_NE(refusal({at(15, 3072, 2048)}), "") << "behind the last slot";
  EXPECT_NE(refusal({at(0, 0)}), "") << "empty with a place";
  EXPECT_NE(refusal({at(127, blocks_of(2))}), "") << "reaching into a zone";
  EXPECT_NE(refusal({at(128, 64)}), "") << "a slab in a zone";
  EXPECT_NE(refusal({at(143, blocks_of(1))}), "") << "in the end of a zone";
  EXPECT_EQ(refusal({at(144, blocks_of(112))}), "") << "right behind a zone, to the end";
}

TEST(SpaceRebuild, RefusesASlabThatTheFileCutsOff) {
  Fixture f(20);
  EXPECT_NE(refusal(f, {at(16, 64)}), "");
}

TEST(SpaceRebuild, RefusesPagesUsedTwiceOrOutsideZonesAtOnce) {
  Fixture f(256, {{kFirstDataBlock + 128, 16}});
  EXPECT_TRUE(f.space->mark_page(kFirstDataBlock + 128, true).ok());
  EXPECT_TRUE(f.space->mark_page(kFirstDataBlock + 128, false).ok());
  EXPECT_EQ(f.space->mark_page(kFirstDataBlock + 128, true).code(), Code::corrupt);
  EXPECT_EQ(f.space->mark_page(kFirstDataBlock + 128, false).code(), Code::corrupt);
  for (std::uint64_t block : {std::uint64_t{0}, kFirstDataBlock + 127, kFirstDataBlock + 144, UINT64_MAX}) {
    EXPECT_EQ(f.space->mark_page(block, true).code(), Code::corrupt);
  }
}

TEST(SpaceRebuild, RefusesMisplacedZones) {
  auto zones_fail = [](std::vector<format::Zone> zones, std::uint64_t blocks = 256) {
    Fixture f(blocks, std::move(zones));
    return f.space->finish_rebuild(kOpened).code() == Code::corrupt;
  };
  EXPECT_TRUE(zones_fail({{0, 16}}));
  EXPECT_TRUE(zones_fail({{kFirstDataBlock + 1, 16}}));
  EXPECT_TRUE(zones_fail({{kFirstDataBlock, 0}}));
  EXPECT_TRUE(zones_fail({{kFirstDataBlock, 17}}));
  EXPECT_TRUE(zones_fail({{kFirstDataBlock, 272}}));
  EXPECT_TRUE(zones_fail({{kFirstDataBlock, UINT64_MAX - 15}}));
  EXPECT_TRUE(zones_fail({{kFirstDataBlock + 16, 16}, {kFirstDataBlock, 32}}));
  EXPECT_TRUE(zones_fail({}, format::kMaxBlocks));
  EXPECT_FALSE(zones_fail({{kFirstDataBlock + 16, 16}, {kFirstDataBlock, 16}}));
}

TEST(SpaceRebuild, EverythingComesBackWhenPinsGo) {
  Fixture f(256, {{kFirstDataBlock + 128, 16}});
  ASSERT_EQ(refusal(f, {at(16, 64)}, {at(0, blocks_of(3)), at(16, 64, 64)}), "");
  f.space->set_strong(kOpened - 1, 0);
  f.host.pins.insert(kOpened - 5);
  ASSERT_TRUE(f.space->punchable(UINT64_MAX).ok());
  EXPECT_EQ(f.space->usage().ready_blocks, 0u);
  EXPECT_EQ(f.space->usage().pending_blocks, 240u);
  f.host.pins.clear();
  ASSERT_TRUE(f.space->punchable(UINT64_MAX).ok());
  EXPECT_EQ(f.space->usage().ready_blocks, 256u - 16 - 16 - 3) << "all but the zone, the slab and the durable extent";
  EXPECT_NE(f.place(64), kFirstDataOffset + 16 * kBlockBytes + 64) << "the durable root holds this slot";
  f.host.published = kOpened + 1;
  f.space->set_strong(kOpened + 1, 0);
  f.space->free_extent(kFirstDataOffset + 16 * kBlockBytes, 64, kOpened - 3, kOpened + 1);
  ASSERT_TRUE(f.space->punchable(UINT64_MAX).ok());
  ASSERT_TRUE(f.space->reserve_pages(16).ok());
  EXPECT_EQ(f.space->usage().pending_blocks, 0u);
  EXPECT_EQ(f.space->file_blocks(), kFirstDataBlock + 256);
}

TEST(SpaceRebuild, TellsExactlyWhichMarksOverlap) {
  std::mt19937_64 random(7);
  unsigned good = 0, bad = 0;
  for (int round = 0; round < 4000; ++round) {
    std::vector<int> owner(64, 0);
    std::vector<Item> items;
    bool overlap = false;
    for (std::uint64_t count = 1 + random() % 5; count != 0; --count) {
      bool slot = random() % 3 == 0;
      std::uint64_t block = slot ? random() % 4 * 16 : random() % 60, blocks = slot ? 16 : 1 + random() % 4;
      std::uint64_t number = random() % 4;
      items.push_back(slot ? at(block, 64, 64 * number) : at(block, blocks_of(blocks)));
      int mine = slot ? 1 : 2;
      for (std::uint64_t at = block; at < block + blocks; ++at) {
        if (owner[at] != 0 && !(slot && owner[at] == mine)) overlap = true;
        owner[at] = mine;
      }
      for (std::size_t other = 0; slot && other + 1 < items.size(); ++other) {
        if (items[other].offset == items.back().offset) overlap = true;
      }
    }
    Fixture f(64);
    bool in_root = random() % 2 == 0;
    EXPECT_EQ(refusal(f, in_root ? items : std::vector<Item>(), in_root ? std::vector<Item>() : items) != "", overlap);
    ++(overlap ? bad : good);
  }
  EXPECT_GT(good, 500u);
  EXPECT_GT(bad, 500u);
}

// ---- holes

TEST(Space, PunchesWhatWasUsedAndRefillsItBeforeItIsUsedAgain) {
  Fixture f;
  f.open();
  std::uint64_t offset = f.place(blocks_of(600));
  f.give(offset, blocks_of(600));
  auto runs = f.space->punchable(256);
  ASSERT_TRUE(runs.ok());
  ASSERT_EQ(runs->size(), 1u) << "what the file grew by and nobody used keeps its room";
  EXPECT_EQ((*runs)[0].blocks, 600u);
  for (std::uint64_t block = 0; block < 600; ++block) f.host.holes.insert((*runs)[0].first + block);
  f.space->mark_punched((*runs)[0]);
  EXPECT_EQ(f.space->usage().punched_blocks, 600u);
  EXPECT_TRUE(f.space->punchable(1)->empty());
  auto again = f.space->allocate(blocks_of(200), false);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->offset, offset);
  EXPECT_TRUE(again->zero);
  EXPECT_EQ(f.host.holes.size(), 400u);
  EXPECT_EQ(f.space->usage().punched_blocks, 400u);
}

TEST(SpaceRebuild, RefillsWhatAnEarlierWriterMayHavePunched) {
  Fixture f(256);
  ASSERT_TRUE(f.space->mark_extent(kFirstDataOffset, blocks_of(56), false, true).ok());
  ASSERT_TRUE(f.space->finish_rebuild(kOpened, true).ok());
  f.space->set_strong(kOpened, 0);
  for (std::uint64_t block = 56; block < 256; ++block) f.host.holes.insert(kFirstDataBlock + block);
  EXPECT_EQ(f.space->usage().punched_blocks, 200u);
  EXPECT_EQ(f.place(blocks_of(150)), kFirstDataOffset + blocks_of(56));
  f.place(64);
  EXPECT_EQ(f.host.holes.size(), 200u - 150 - kRegionBlocks);
  EXPECT_EQ(f.host.needless_refills, 0u);
  EXPECT_EQ(f.space->usage().punched_blocks, f.host.holes.size());
}

TEST(Space, AvoidsHolesThatTheDiskHasNoRoomFor) {
  Fixture f;
  f.open();
  std::uint64_t hole = f.place(blocks_of(300));
  f.place(blocks_of(1));
  std::uint64_t other = f.place(blocks_of(310));
  f.place(blocks_of(1));
  f.give(hole, blocks_of(300));
  ASSERT_TRUE(f.space->punchable(UINT64_MAX).ok());
  f.space->mark_punched({hole / kBlockBytes, 300});
  f.give(other, blocks_of(310));
  ASSERT_TRUE(f.space->punchable(UINT64_MAX).ok());
  f.host.refill_fails = true;
  f.host.capacity = f.host.file_blocks;
  EXPECT_EQ(f.place(blocks_of(300)), other);
  EXPECT_EQ(f.space->allocate(blocks_of(300), false).code(), Code::no_space);
}

}  // namespace
}  // namespace deltos::store
