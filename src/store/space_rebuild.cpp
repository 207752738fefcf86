#include "store/space_rebuild.hpp"

#include <algorithm>
#include <utility>

#include "format/validate.hpp"

namespace deltos::store {
namespace {

using format::kBlockBytes;
using format::kRegionBlocks;
using format::kRegionBytes;

constexpr std::uint64_t kNeverBorn = UINT64_MAX;
constexpr std::uint64_t kBornBefore = 0;  // the durable root holds it, whenever that was
constexpr std::uint64_t kFreeAllAlong = 0;

unsigned long long shown(std::uint64_t number) { return number; }

Error bad_extent(std::uint64_t offset, std::uint64_t bytes, const char *what) {
  return fail(Code::corrupt, "the extent at offset %llu (%llu bytes) %s; restore the file from a copy", shown(offset),
              shown(bytes), what);
}

}  // namespace

Status SpaceRebuild::mark_page(std::uint64_t block, bool in_root) {
  if (block >= file_blocks_ || !zones_->contains(block)) {
    return fail(Code::corrupt, "the catalogue page at block %llu lies in no zone; restore the file from a copy",
                shown(block));
  }
  PageMarks &marks = pages_[block / 64];
  std::uint64_t &word = in_root ? marks.root : marks.durable;
  std::uint64_t bit = std::uint64_t{1} << (block % 64);
  if ((word & bit) != 0) {
    return fail(Code::corrupt, "the catalogue page at offset %llu is used twice; restore the file from a copy",
                shown(block) * kBlockBytes);
  }
  word |= bit;
  return {};
}

Status SpaceRebuild::mark_extent(std::uint64_t offset, std::uint64_t bytes, bool sealed, bool in_root) {
  if (const char *fault = format::extent_fault(offset, bytes, file_blocks_)) return bad_extent(offset, bytes, fault);
  if (bytes == 0) return {};
  bool slot = bytes <= format::kMaxSlotBytes;
  Run run = slot ? Run{offset / kRegionBytes * kRegionBlocks, kRegionBlocks}
                 : Run{offset / kBlockBytes, format::extent_blocks(bytes)};
  if (zones_->touches(run)) return bad_extent(offset, bytes, "lies in a zone of catalogue pages");
  marks_.push_back({offset, bytes, slot, sealed, in_root});
  return {};
}

// Nothing accounted for so far may reach into what is claimed; what lies between is free.
Status SpaceRebuild::claim(const Mark &mark, Run run) {
  if (run.first < swept_) return bad_extent(mark.offset, mark.bytes, "overlaps another one");
  leave_outside_zones({swept_, run.first - swept_});
  swept_ = run.end();
  return {};
}

void SpaceRebuild::leave(Run run, std::uint64_t born) {
  if (born != kNeverBorn) {
    waiting_blocks_.push_back({run, born});
    return;
  }
  for_each_part(run, remains_.blocks(), [&](Run part, bool remains) {
    if (remains) {
      waiting_blocks_.push_back({part, born});
    } else {
      blocks_->add(part, born, kFreeAllAlong);
    }
  });
}

void SpaceRebuild::leave_units(Run slot, std::uint64_t born) {
  bool waits = born != kNeverBorn;
  for_each_part(slot, remains_.units(), [&](Run, bool remains) { waits = waits || remains; });
  if (waits) {
    waiting_slots_.push_back({slot, born});
  } else {
    slots_->add(slot, born, kFreeAllAlong);
  }
}

void SpaceRebuild::leave_what_waits() {
  for (const Waiting &waiting : waiting_blocks_) blocks_->add(waiting.run, waiting.born, recovered_);
  for (const Waiting &waiting : waiting_slots_) slots_->add(waiting.run, waiting.born, recovered_);
}

void SpaceRebuild::leave_outside_zones(Run run) {
  const std::vector<Run> &zones = zones_->in_order();
  auto zone = std::partition_point(zones.begin(), zones.end(), [&](Run at) { return at.end() <= run.first; });
  std::uint64_t from = run.first;
  for (; zone != zones.end() && zone->first < run.end(); ++zone) {
    leave({from, zone->first - from}, kNeverBorn);
    from = zone->end();
  }
  leave({from, run.end() - from}, kNeverBorn);
}

// One extent of whole blocks, in one root or in both. Its end may have moved between the roots, its start cannot.
Status SpaceRebuild::sweep_blocks(Cursor *at) {
  const Mark &mark = **at;
  std::uint64_t root = 0, durable = 0;
  for (; *at != marks_.cend() && (*at)->offset == mark.offset; ++*at) {
    if ((*at)->slot) return bad_extent(mark.offset, (*at)->bytes, "is a slot and whole blocks at the same time");
    std::uint64_t &blocks = (*at)->in_root ? root : durable;
    if (blocks != 0) return bad_extent(mark.offset, (*at)->bytes, "is used twice");
    blocks = format::extent_blocks((*at)->bytes);
  }
  std::uint64_t first = mark.offset / kBlockBytes;
  DELTOS_TRY(claim(mark, {first, std::max(root, durable)}));
  if (durable > root) leave({first + root, durable - root}, kBornBefore);
  return {};
}

Status SpaceRebuild::sweep_slab(Cursor *at) {
  const Mark mark = **at;
  unsigned slot_class = format::slot_class(mark.bytes);
  std::uint64_t region = mark.offset / kRegionBytes;
  DELTOS_TRY(claim(mark, {region * kRegionBlocks, kRegionBlocks}));
  std::vector<std::uint64_t> used[2];  // of the durable root, of the recovered one
  for (auto &bits : used) bits.resize((Slabs::slots_of(slot_class) + 63) / 64);
  for (; *at != marks_.cend() && (*at)->offset / kRegionBytes == region; ++*at) {
    const Mark &slot = **at;
    if (!slot.slot || format::slot_class(slot.bytes) != slot_class) {
      return bad_extent(slot.offset, slot.bytes, "lies in a slab of another size class");
    }
    if (slot.sealed != mark.sealed)
      return bad_extent(slot.offset, slot.bytes, "mixes sealed and open payload in one slab");
    std::uint64_t index = slot.offset % kRegionBytes / format::kSlotClasses[slot_class];
    std::uint64_t &word = used[slot.in_root][index / 64], bit = std::uint64_t{1} << (index % 64);
    if ((word & bit) != 0) return bad_extent(slot.offset, slot.bytes, "is used twice");
    word |= bit;
  }
  slabs_->add(region, slot_class, mark.sealed, true);
  leave_slots(region, slot_class, used[1], used[0]);
  return {};
}

void SpaceRebuild::leave_slots(std::uint64_t region, unsigned slot_class, const std::vector<std::uint64_t> &root,
                               const std::vector<std::uint64_t> &durable) {
  for (std::uint64_t slot = 0; slot < Slabs::slots_of(slot_class); ++slot) {
    if ((root[slot / 64] >> (slot % 64) & 1) != 0) continue;
    bool held = (durable[slot / 64] >> (slot % 64) & 1) != 0;
    std::uint64_t offset = region * kRegionBytes + slot * format::kSlotClasses[slot_class];
    leave_units(Slabs::units_of(offset, slot_class), held ? kBornBefore : kNeverBorn);
    slabs_->give(offset);
  }
}

void SpaceRebuild::sort_pages() {
  for (Run zone : zones_->in_order()) {
    std::uint64_t free_from = zone.first;
    auto marks = pages_.lower_bound(zone.first / 64);
    for (; marks != pages_.end() && marks->first * 64 < zone.end(); ++marks) {
      for (std::uint64_t block = marks->first * 64; block < marks->first * 64 + 64; ++block) {
        bool root = (marks->second.root >> (block % 64) & 1) != 0,
             durable = (marks->second.durable >> (block % 64) & 1) != 0;
        if ((!root && !durable) || block < zone.first || block >= zone.end()) continue;
        unreached_.push_back({free_from, block - free_from});
        if (!root) superseded_.push_back({block, 1});
        free_from = block + 1;
      }
    }
    unreached_.push_back({free_from, zone.end() - free_from});
  }
}

void SpaceRebuild::leave_pages() {
  for (const bool waiting : {false, true}) {
    for (const Run run : unreached_) {
      for_each_part(run, remains_.pages(), [&](Run part, bool remains) {
        if (remains == waiting) zones_->free(part, kNeverBorn, waiting ? recovered_ : kFreeAllAlong);
      });
    }
  }
  for (const Run run : superseded_) zones_->free(run, kBornBefore, recovered_);
}

Status SpaceRebuild::sweep() {
  swept_ = format::kFirstDataBlock;
  std::sort(marks_.begin(), marks_.end());
  for (auto at = marks_.cbegin(); at != marks_.cend();) {
    DELTOS_TRY(at->slot ? sweep_slab(&at) : sweep_blocks(&at));
  }
  leave_outside_zones({swept_, file_blocks_ - swept_});
  return {};
}

Status SpaceRebuild::finish(std::uint64_t recovered, Remains remains, Pending *blocks, Pending *slots, Slabs *slabs) {
  if (file_blocks_ < format::kFirstDataBlock || file_blocks_ > format::kMaxBlocks) {
    return fail(Code::corrupt, "the storage claims %llu blocks; it needs %llu and can have %llu", shown(file_blocks_),
                shown(format::kFirstDataBlock), shown(format::kMaxBlocks));
  }
  DELTOS_TRY(zones_->check(file_blocks_));
  blocks_ = blocks;
  slots_ = slots;
  slabs_ = slabs;
  recovered_ = recovered;
  remains_ = std::move(remains);
  sort_pages();
  for (const Run run : unreached_) remains_.look_at(run);
  remains_.finish();
  DELTOS_TRY(sweep());
  leave_what_waits();
  leave_pages();
  return {};
}

}  // namespace deltos::store
