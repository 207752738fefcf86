#include "store/slabs.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace deltos::store {
namespace {

constexpr std::uint64_t kUnitsOfRegion = format::kRegionBytes / Slabs::kUnitBytes;

bool test(const std::vector<std::uint64_t> &bits, std::uint64_t at) { return (bits[at / 64] >> (at % 64) & 1) != 0; }
void set(std::vector<std::uint64_t> *bits, std::uint64_t at) { (*bits)[at / 64] |= std::uint64_t{1} << (at % 64); }
void clear(std::vector<std::uint64_t> *bits, std::uint64_t at) { (*bits)[at / 64] &= ~(std::uint64_t{1} << (at % 64)); }

// All bits set, those behind the last slot too: they are never ready.
std::vector<std::uint64_t> all_taken(std::uint64_t slots) {
  return std::vector<std::uint64_t>((slots + 63) / 64, UINT64_MAX);
}

void make_room(std::vector<std::uint64_t> *list, std::size_t size) {
  if (size > list->capacity()) list->reserve(2 * size);
}

}  // namespace

std::optional<std::uint64_t> Slabs::take(unsigned slot_class, bool sealed) {
  Room &room = room_[list(slot_class, sealed)];
  if (room.empty()) return std::nullopt;
  std::uint64_t region = *room.begin();
  Slab &slab = slabs_.find(region)->second;
  std::size_t word = 0;
  while (slab.taken[word] == UINT64_MAX) ++word;
  std::uint64_t slot = 64 * word + static_cast<unsigned>(std::countr_one(slab.taken[word]));
  set(&slab.taken, slot);
  if (++slab.taken_count == slots_of(slot_class)) slab.no_room = room.extract(room.begin());
  return region * format::kRegionBytes + slot * format::kSlotClasses[slot_class];
}

void Slabs::add(std::uint64_t region, unsigned slot_class, bool sealed, bool taken) {
  std::uint64_t slots = slots_of(slot_class);
  make_room(&loose_, slabs_.size() + 1);
  make_room(&empty_, slabs_.size() + 1);
  Room node;
  node.insert(region);
  Bits taken_bits = all_taken(slots), loose_bits(taken_bits.size());
  Slab &slab = slabs_.try_emplace(region).first->second;  // the last that can fail
  slab.slot_class = slot_class;
  slab.sealed = sealed;
  slab.taken = std::move(taken_bits);
  slab.loose = std::move(loose_bits);
  if (taken) {
    slab.taken_count = slots;
    slab.no_room = node.extract(node.begin());
    return;
  }
  for (std::uint64_t slot = 0; slot < slots; ++slot) clear(&slab.taken, slot);
  room_[list(slot_class, sealed)].insert(node.extract(node.begin()));
}

unsigned Slabs::give(std::uint64_t offset) {
  auto it = slabs_.find(offset / format::kRegionBytes);
  assert(it != slabs_.end());
  ++given_[list(it->second.slot_class, it->second.sealed)];
  return it->second.slot_class;
}

void Slabs::loosen(Run units) {
  auto it = slabs_.end();
  while (units.blocks != 0) {
    std::uint64_t region = units.first / kUnitsOfRegion;
    if (it == slabs_.end() || it->first != region) it = slabs_.find(region);
    assert(it != slabs_.end());
    Slab &slab = it->second;
    std::uint64_t slot_units = format::kSlotClasses[slab.slot_class] / kUnitBytes;
    set(&slab.loose, units.first % kUnitsOfRegion / slot_units);
    if (!std::exchange(slab.listed_loose, true)) loose_.push_back(region);
    units = {units.first + slot_units, units.blocks - slot_units};
  }
}

Run Slabs::loose_hull() const {
  auto [low, high] = std::minmax_element(loose_.begin(), loose_.end());
  return {*low * format::kRegionBlocks, (*high - *low + 1) * format::kRegionBlocks};
}

void Slabs::make_ready(std::uint64_t region, Slab *slab, std::uint64_t slot) {
  std::size_t kind = list(slab->slot_class, slab->sealed);
  clear(&slab->loose, slot);
  clear(&slab->taken, slot);
  --given_[kind];
  if (slab->taken_count == slots_of(slab->slot_class)) room_[kind].insert(std::move(slab->no_room));
  if (--slab->taken_count == 0 && !std::exchange(slab->listed_empty, true)) empty_.push_back(region);
}

void Slabs::free_unlocked(std::uint64_t region, Slab *slab, const std::vector<Run> &unlocked) {
  std::uint64_t first_block = region * format::kRegionBlocks, end_block = first_block + format::kRegionBlocks;
  std::uint32_t free_blocks = 0;
  auto part = std::partition_point(unlocked.begin(), unlocked.end(), [&](Run run) { return run.end() <= first_block; });
  for (; part != unlocked.end() && part->first < end_block; ++part) {
    std::uint64_t end = std::min(part->end(), end_block);
    for (std::uint64_t block = std::max(part->first, first_block); block < end; ++block) {
      free_blocks |= 1U << (block - first_block);
    }
  }
  std::uint64_t slot_bytes = format::kSlotClasses[slab->slot_class];
  for (std::uint64_t slot = 0; slot < slots_of(slab->slot_class); ++slot) {
    if (!test(slab->loose, slot)) continue;
    std::uint64_t low = slot * slot_bytes / format::kBlockBytes;
    std::uint64_t high = (slot * slot_bytes + slot_bytes - 1) / format::kBlockBytes;
    if ((free_blocks >> low & 1) != 0 && (free_blocks >> high & 1) != 0) make_ready(region, slab, slot);
  }
}

void Slabs::free_unlocked(const std::vector<Run> &unlocked) {
  std::erase_if(loose_, [&](std::uint64_t region) {
    Slab &slab = slabs_.find(region)->second;
    free_unlocked(region, &slab, unlocked);
    slab.listed_loose = std::any_of(slab.loose.begin(), slab.loose.end(), [](std::uint64_t word) { return word != 0; });
    return !slab.listed_loose;
  });
}

std::optional<std::uint64_t> Slabs::next_empty() {
  while (!empty_.empty()) {
    Slab &slab = slabs_.find(empty_.back())->second;
    if (slab.taken_count == 0) return empty_.back();
    slab.listed_empty = false;  // a slot of it was taken before its region could go
    empty_.pop_back();
  }
  return std::nullopt;
}

void Slabs::remove_empty() {
  auto it = slabs_.find(empty_.back());
  room_[list(it->second.slot_class, it->second.sealed)].erase(it->first);
  empty_.pop_back();
  slabs_.erase(it);
}

}  // namespace deltos::store
