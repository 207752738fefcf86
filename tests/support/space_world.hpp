// A storage as free space sees it, without bytes: snapshots, pins, superblocks, exports and a writer that allocates,
// commits, aborts and is killed. Every place that Space hands out is held against everything that may still look at it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "format/layout.hpp"
#include "format/validate.hpp"
#include "store/space.hpp"
#include "support/failing_new.hpp"

namespace deltos::testing_support {

using format::kBlockBytes;
using format::kFirstDataBlock;
using format::kRegionBlocks;
using format::kRegionBytes;

class FakeSpaceHost final : public store::SpaceHost {
 public:
  Result<std::uint64_t> oldest_pin() override {
    ++pin_searches;
    if (search_fails) return fail(Code::io, "the search failed");
    return pins.empty() ? published : std::min(published, *pins.begin());
  }
  Status for_each_unlocked(std::uint64_t first, std::uint64_t blocks,
                           const std::function<void(std::uint64_t, std::uint64_t)> &part) override {
    EXPECT_GT(pin_searches, range_searches) << "ranges are searched after pins";
    range_searches = pin_searches;
    if (search_fails) return fail(Code::io, "the search failed");
    std::uint64_t from = first, end = first + blocks;
    for (const store::Run &lock : locks) {
      if (lock.end() <= from) continue;
      if (lock.first >= end) break;
      if (lock.first > from) part(from, lock.first - from);
      from = lock.end();
    }
    if (from < end) part(from, end - from);
    return {};
  }
  Status grow_file(std::uint64_t from, std::uint64_t to) override {
    EXPECT_EQ(from, file_blocks);
    EXPECT_GT(to, from);
    if (to > capacity) return fail(Code::no_space, "the disk is full");
    file_blocks = to;
    return {};
  }
  Status refill(std::uint64_t first, std::uint64_t blocks) override {
    if (refill_fails) return fail(Code::no_space, "the disk is full");
    for (std::uint64_t block = first; block < first + blocks; ++block) {
      if (holes.erase(block) == 0) ++needless_refills;
    }
    return {};
  }
  Status prepare_zone(std::uint64_t first, std::uint64_t blocks) override {
    EXPECT_EQ(first % kRegionBlocks, 0u);
    EXPECT_EQ(blocks % kRegionBlocks, 0u);
    return zone_fails ? Status(fail(Code::io, "the zone was not written")) : Status();
  }

  struct ByAddress {
    bool operator()(const store::Run &a, const store::Run &b) const { return a.first < b.first; }
  };
  std::multiset<std::uint64_t> pins;
  std::multiset<store::Run, ByAddress> locks;
  std::set<std::uint64_t> holes;
  std::uint64_t published = 0, file_blocks = kFirstDataBlock, capacity = UINT64_MAX;
  std::uint64_t pin_searches = 0, range_searches = 0, needless_refills = 0;
  bool search_fails = false, refill_fails = false, zone_fails = false;
};

struct Item {
  std::uint64_t offset, bytes;
  bool sealed;
  std::uint64_t born;
  bool is_slot() const { return bytes <= format::kMaxSlotBytes; }
  std::uint64_t end() const {
    return offset +
           (is_slot() ? format::kSlotClasses[format::slot_class(bytes)] : format::extent_blocks(bytes) * kBlockBytes);
  }
  store::Run blocks() const {
    std::uint64_t first = offset / kBlockBytes;
    return {first, (end() + kBlockBytes - 1) / kBlockBytes - first};
  }
};

struct Root {
  std::map<std::uint64_t, Item> items;           // by offset
  std::map<std::uint64_t, std::uint64_t> pages;  // block -> born
};

struct Export {
  Item item;
  store::Run lock;
};

class SpaceWorld {
 public:
  enum class Durability { sync, lazy, async };

  explicit SpaceWorld(std::uint64_t seed) : random(seed) {
    host.published = format::kFirstTransaction;
    roots[host.published];
    durable = host.published;
    reopen(host.published, {durable});
  }

  std::uint64_t below(std::uint64_t limit) { return random() % limit; }
  Root &current() { return working; }

  // ---- the open transaction
  bool create(std::uint64_t bytes, bool sealed) {
    Result<store::Space::Allocation> got = fail(Code::no_memory, "no memory");
    under_pressure([&] { got = space->allocate(bytes, sealed); });
    if (!got.ok()) {
      last_failure = got.code();
      return false;
    }
    Item item{got->offset, bytes, sealed, number()};
    check_shape(item);
    check_unused(item.offset, item.end());
    if (got->zero) {
      for (std::uint64_t block = item.blocks().first; block < item.blocks().end(); ++block) {
        EXPECT_TRUE(host.holes.count(block) == 0);
        EXPECT_TRUE(written.count(block) == 0) << "block " << block << " does not read as zero";
      }
    }
    for (std::uint64_t block = item.blocks().first; block < item.blocks().end(); ++block) {
      EXPECT_EQ(host.holes.count(block), 0u) << "block " << block << " has no room on disk";
      written.insert(block);
    }
    working.items.emplace(item.offset, item);
    return true;
  }
  void remove(std::map<std::uint64_t, Item>::iterator it) {
    Item item = it->second;
    working.items.erase(it);
    if (item.born == number()) {
      space->abandon_extent(item.offset, item.bytes);
    } else {
      freed_items.push_back(item);
    }
  }
  bool rewrite_pages(std::uint64_t add, std::uint64_t drop) {
    bool reserved = false;
    under_pressure([&] { reserved = space->reserve_pages(add).ok(); });
    if (!reserved) return false;
    while (drop-- != 0 && !working.pages.empty()) {
      auto it = std::next(working.pages.begin(), static_cast<std::ptrdiff_t>(below(working.pages.size())));
      if (it->second == number()) {
        space->abandon_page(it->first);
      } else {
        freed_pages.push_back(*it);
      }
      working.pages.erase(it);
    }
    while (add-- != 0) {
      std::uint64_t block = space->allocate_page();
      EXPECT_TRUE(space->in_zone(block));
      check_unused(block * kBlockBytes, (block + 1) * kBlockBytes);
      EXPECT_TRUE(working.pages.emplace(block, number()).second);
    }
    return true;
  }
  void commit(Durability durability) {
    std::uint64_t now = number();
    if (durability == Durability::lazy && pending != 0) durable = pending;
    if (durability != Durability::async) {
      pending = now;
      space->set_strong(durable, pending);
    }
    for (const Item &item : freed_items) {
      under_pressure([&] { space->free_extent(item.offset, item.bytes, item.born, now); });
    }
    for (auto [block, born] : freed_pages) space->free_page(block, born, now);
    roots[now] = working;
    host.published = now;
    if (durability == Durability::sync) {
      durable = now;
      pending = 0;
      space->set_strong(durable, 0);
    }
    start();
  }
  void abort() {
    for (const auto &[offset, item] : working.items) {
      if (item.born == number()) space->abandon_extent(offset, item.bytes);
    }
    for (auto [block, born] : working.pages) {
      if (born == number()) space->abandon_page(block);
    }
    start();
  }

  // ---- others
  void pin() { host.pins.insert(host.published); }
  void unpin() {
    if (host.pins.empty()) return;
    host.pins.erase(std::next(host.pins.begin(), static_cast<std::ptrdiff_t>(below(host.pins.size()))));
    forget_roots();
  }
  void make_export(const Item &item, std::uint64_t more_blocks) {
    store::Run lock = item.blocks();
    lock.blocks += more_blocks;
    exports.push_back({item, lock});
    relock();
  }
  void drop_export() {
    if (exports.empty()) return;
    exports.erase(exports.begin() + static_cast<std::ptrdiff_t>(below(exports.size())));
    relock();
  }
  void drop_everybody() {
    exports.clear();
    relock();
    host.pins.clear();
    forget_roots();
  }

  // ---- the writer ends and another one opens. Power loss: only strong roots are left, and nobody else.
  void kill_and_reopen() {
    std::uint64_t recovered = host.published;
    if (pending != 0) durable = pending;
    recovered = std::max(recovered, durable);
    reopen(recovered, {durable});
  }
  void power_loss_and_reopen() {
    drop_everybody();
    if (pending != 0 && below(2) == 0) durable = pending;
    reopen(durable, {durable});
  }
  // Punches what may be punched.
  void trim(std::uint64_t minimum) {
    Result<std::vector<store::Space::Run>> runs = space->punchable(minimum);
    if (!runs.ok()) return;
    for (const store::Space::Run &run : *runs) {
      EXPECT_GE(run.blocks, minimum);
      check_unused(run.first * kBlockBytes, run.end() * kBlockBytes);
      for (std::uint64_t block = run.first; block < run.end(); ++block) {
        EXPECT_FALSE(space->in_zone(block));
        EXPECT_TRUE(host.holes.insert(block).second);
        written.erase(block);
      }
      space->mark_punched(run);
    }
    if (failures != 0) return;  // a refill that could not be noted is only done again
    EXPECT_EQ(space->usage().punched_blocks, host.holes.size());
    EXPECT_EQ(host.needless_refills, 0u);
  }

  // What is neither ready nor pending is used; the difference may only be whole slabs around used or waiting slots.
  void check_sum() {
    store::SpaceUsage usage = space->usage();
    EXPECT_EQ(usage.file_blocks, host.file_blocks);
    std::uint64_t used = kFirstDataBlock + working.pages.size();
    std::set<std::uint64_t> slabs;
    for (const auto &[offset, item] : working.items) {
      if (item.is_slot()) {
        slabs.insert(offset / kRegionBytes);
      } else {
        used += item.blocks().blocks;
      }
    }
    for (const Item &item : freed_items) used += item.is_slot() ? 0 : item.blocks().blocks;
    used += freed_pages.size();
    std::uint64_t known = used + usage.ready_blocks + usage.pending_blocks;
    ASSERT_LE(known + slabs.size() * kRegionBlocks, usage.file_blocks);
    EXPECT_EQ((usage.file_blocks - known) % kRegionBlocks, 0u);
  }
  // With nothing stored and nobody left, everything comes back.
  void check_drained() {
    drop_everybody();
    while (!working.items.empty()) remove(working.items.begin());
    rewrite_pages(0, working.pages.size());
    commit(Durability::sync);
    forget_roots();
    std::uint64_t pages = 0;
    for (const format::Zone &zone : space->zones()) pages += zone.blocks;
    ASSERT_TRUE(space->reserve_pages(pages).ok());
    ASSERT_TRUE(space->punchable(UINT64_MAX).ok());
    EXPECT_EQ(space->usage().pending_blocks, 0u);
    EXPECT_EQ(space->usage().ready_blocks + kFirstDataBlock, space->file_blocks());
    std::uint64_t after = 0;
    for (const format::Zone &zone : space->zones()) after += zone.blocks;
    EXPECT_EQ(after, pages) << "the pages were there, no zone is wanting";
  }
  std::uint64_t live_blocks() const {
    std::uint64_t bytes = 0;
    for (const auto &[offset, item] : working.items) bytes += item.end() - offset;
    return bytes / kBlockBytes + working.pages.size();
  }

  // When not 0: one of so many calls meets a failing allocation.
  std::uint64_t pressure = 0;
  std::uint64_t failures = 0;

  FakeSpaceHost host;
  std::unique_ptr<store::Space> space;
  std::mt19937_64 random;
  std::vector<Export> exports;
  Code last_failure = Code::ok;

 private:
  template <class Call>
  void under_pressure(Call &&call) {
    if (pressure == 0 || below(pressure) != 0) return call();
    FailingNew failing(below(8));
    try {
      call();
    } catch (const std::bad_alloc &) {
    }
    failures += failing.happened() ? 1 : 0;
  }
  std::uint64_t number() const { return host.published + 1; }
  void start() {
    freed_items.clear();
    freed_pages.clear();
    working = roots.at(host.published);
    forget_roots();
  }
  void forget_roots() {
    std::erase_if(roots, [&](const auto &entry) {
      std::uint64_t at = entry.first;
      return at != host.published && at != durable && at != pending && host.pins.count(at) == 0;
    });
  }
  void relock() {
    host.locks.clear();
    for (const Export &view : exports) host.locks.insert(view.lock);
  }

  void reopen(std::uint64_t recovered, std::set<std::uint64_t> strong) {
    // The number under which the recovered root is published: above everything that ever was.
    std::uint64_t published = 1 + std::max({host.published, durable, pending});
    pending = 0;
    Root root = roots.at(recovered);
    auto zones = space ? space->zones() : std::vector<format::Zone>();
    space = std::make_unique<store::Space>(&host, host.file_blocks, zones);
    mark(root, true);
    for (std::uint64_t number : strong) mark(roots.at(number), false);
    Status rebuilt = space->finish_rebuild(published);
    ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().message;
    space->set_strong(durable, 0);
    roots[published] = std::move(root);
    host.published = published;
    // What nobody may see any more reads as anything now.
    for (std::uint64_t block = kFirstDataBlock; block < host.file_blocks; ++block) written.insert(block);
    host.holes.clear();
    start();
  }
  void mark(const Root &root, bool in_root) {
    for (const auto &[block, born] : root.pages) EXPECT_TRUE(space->mark_page(block, in_root).ok());
    for (const auto &[offset, item] : root.items) {
      EXPECT_TRUE(space->mark_extent(offset, item.bytes, item.sealed, in_root).ok());
    }
  }

  void check_shape(const Item &item) {
    EXPECT_LE(item.end(), space->file_blocks() * kBlockBytes);
    EXPECT_GE(item.offset, format::kFirstDataOffset);
    EXPECT_EQ(format::extent_fault(item.offset, item.bytes, space->file_blocks()), nullptr);
    for (std::uint64_t block = item.blocks().first; block < item.blocks().end(); ++block) {
      EXPECT_FALSE(space->in_zone(block));
    }
    if (!item.is_slot()) return;
    std::uint64_t region = item.offset / kRegionBytes * kRegionBytes;
    for (auto it = working.items.lower_bound(region); it != working.items.end() && it->first < region + kRegionBytes;
         ++it) {
      ASSERT_TRUE(it->second.is_slot());
      EXPECT_EQ(format::slot_class(it->second.bytes), format::slot_class(item.bytes));
      EXPECT_EQ(it->second.sealed, item.sealed);
    }
  }
  static bool overlaps(const Root &root, std::uint64_t offset, std::uint64_t end) {
    auto item = root.items.lower_bound(offset);
    if (item != root.items.end() && item->first < end) return true;
    if (item != root.items.begin() && std::prev(item)->second.end() > offset) return true;
    auto page = root.pages.lower_bound(offset / kBlockBytes);
    return page != root.pages.end() && page->first * kBlockBytes < end;
  }
  void check_unused(std::uint64_t offset, std::uint64_t end) {
    EXPECT_FALSE(overlaps(working, offset, end)) << "used by this transaction: " << offset;
    for (const auto &[transaction, root] : roots) {
      EXPECT_FALSE(overlaps(root, offset, end)) << "reachable from " << transaction << ": " << offset;
    }
    for (const Export &view : exports) {
      EXPECT_FALSE(view.item.offset < end && offset < view.item.end()) << "exported: " << offset;
    }
  }

  std::map<std::uint64_t, Root> roots;  // published, durable, pending and pinned ones
  Root working;
  std::vector<Item> freed_items;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> freed_pages;
  std::set<std::uint64_t> written;  // blocks that may hold something
  std::uint64_t durable = 0, pending = 0;
};

}  // namespace deltos::testing_support
