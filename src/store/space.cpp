#include "store/space.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/bytes.hpp"
#include "format/validate.hpp"
#include "store/space_rebuild.hpp"

namespace deltos::store {
namespace {

using format::kBlockBytes;
using format::kRegionBlocks;

constexpr std::uint64_t kLeastGrowth = (std::uint64_t{1} << 20) / kBlockBytes;
constexpr std::uint64_t kMostGrowth = (std::uint64_t{1} << 30) / kBlockBytes;
constexpr std::uint64_t kGrowthShare = 8;  // an eighth of the file

// Whether less might be had where so much was refused.
bool refused(Code code) { return code == Code::no_space || code == Code::limit || code == Code::address_space; }

void sort_and_join(std::vector<Run> *runs) {
  auto by_address = [](Run a, Run b) { return a.first < b.first; };
  if (!std::is_sorted(runs->begin(), runs->end(), by_address)) std::sort(runs->begin(), runs->end(), by_address);
  std::size_t kept = 0;
  for (std::size_t at = 1; at < runs->size(); ++at) {
    Run &last = (*runs)[kept], next = (*runs)[at];
    if (last.end() == next.first) {
      last.blocks += next.blocks;
    } else {
      (*runs)[++kept] = next;
    }
  }
  if (!runs->empty()) runs->resize(kept + 1);
}

}  // namespace

Space::Space(SpaceHost *host, std::uint64_t file_blocks, std::vector<format::Zone> zones)
    : host_(host),
      file_blocks_(file_blocks),
      zones_(std::move(zones)),
      rebuild_(std::make_unique<SpaceRebuild>(file_blocks, &zones_)) {}

Space::~Space() = default;

// ---- rebuilding

Status Space::mark_page(std::uint64_t block, bool in_root) {
  if (!rebuild_) return fail(Code::internal, "pages are marked while free space is rebuilt, not later");
  return rebuild_->mark_page(block, in_root);
}

Status Space::mark_extent(std::uint64_t offset, std::uint64_t bytes, bool sealed, bool in_root) {
  if (!rebuild_) return fail(Code::internal, "extents are marked while free space is rebuilt, not later");
  return rebuild_->mark_extent(offset, bytes, sealed, in_root);
}

Status Space::finish_rebuild(std::uint64_t recovered, bool with_holes, Remains remains) {
  if (!rebuild_) return fail(Code::internal, "free space was rebuilt already");
  DELTOS_TRY(rebuild_->finish(recovered, std::move(remains), &pending_, &pending_slots_, &slabs_));
  if (with_holes) pending_.for_each([&](Run run) { punched_.insert(run); });
  rebuild_.reset();
  return {};
}

// ---- allocation

Result<Space::Allocation> Space::allocate(std::uint64_t bytes, bool sealed, std::uint64_t alignment) {
  constexpr std::uint64_t kMostBytes = format::kMaxBlocks * kBlockBytes;
  if (bytes == 0 || bytes > kMostBytes) {
    return fail(Code::limit, "an extent of %llu bytes is impossible; 1 to %llu are",
                static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(kMostBytes));
  }
  if (bytes <= format::kMaxSlotBytes) return allocate_slot(format::slot_class(bytes), sealed);
  DELTOS_ASSIGN(Run place, obtain(format::extent_blocks(bytes), alignment, Promoted::no));
  bool zero = take(place);
  return Allocation{place.first * kBlockBytes, zero};
}

Result<Space::Allocation> Space::allocate_slot(unsigned slot_class, bool sealed) {
  if (auto offset = slabs_.take(slot_class, sealed)) return Allocation{*offset, false};
  // A slab's worth of slots on their way is worth a search; else only the want of a region is.
  bool worth_it = slabs_.on_their_way(slot_class, sealed) >= Slabs::slots_of(slot_class);
  Promoted promoted = Promoted::no;
  if (worth_it || (!ready_.best_fit(kRegionBlocks, kRegionBlocks) && anything_pending())) {
    DELTOS_TRY(promote());
    promoted = Promoted::yes;
    if (auto offset = slabs_.take(slot_class, sealed)) return Allocation{*offset, false};
  }
  DELTOS_ASSIGN(Run place, obtain(kRegionBlocks, kRegionBlocks, promoted));
  take(place);
  try {
    slabs_.add(place.first / kRegionBlocks, slot_class, sealed, false);
  } catch (...) {
    give_back(place);
    throw;
  }
  return Allocation{*slabs_.take(slot_class, sealed), false};
}

// Finds or makes a ready place that has room on disk; it is still to be taken.
Result<Run> Space::obtain(std::uint64_t blocks, std::uint64_t alignment, Promoted promoted) {
  auto place = ready_.best_fit(blocks, alignment);
  if (!place && promoted == Promoted::no && anything_pending()) {
    DELTOS_TRY(promote());
    promoted = Promoted::yes;
    place = ready_.best_fit(blocks, alignment);
  }
  if (!place) {
    DELTOS_ASSIGN(place, grow(blocks, alignment, alignment == 1));
  }
  Status filled = fill(*place);
  if (filled.ok()) return *place;
  if (!refused(filled.code())) return std::move(filled).error();
  if (promoted == Promoted::no && anything_pending()) DELTOS_TRY(promote());
  place = ready_.best_fit(blocks, alignment, &punched_);
  if (!place) return std::move(filled).error();
  return *place;
}

Status Space::fill(Run place) {
  if (!punched_.touches(place)) return {};
  std::vector<Run> holes;
  punched_.for_each_in(place, [&](Run hole) { holes.push_back(hole); });
  for (Run hole : holes) {
    DELTOS_TRY(host_->refill(hole.first, hole.blocks));
    punched_.erase(hole);
  }
  return {};
}

// Says whether all of it reads as zero.
bool Space::take(Run place) {
  bool zero = zero_.covers(place);
  zero_.erase(place);  // first: without memory for the next step it is merely not known to be zero any more
  ready_.erase(place);
  return zero;
}

void Space::give_back(Run run) noexcept {
  try {
    ready_.insert(run);
  } catch (const std::bad_alloc &) {
    lost_blocks_ += run.blocks;
  }
}

// ---- growing

// A place for so many blocks at the end of the file, made by growing. keep_zero: it reads as zero if the file can grow
// by all that takes.
Result<Run> Space::grow(std::uint64_t blocks, std::uint64_t alignment, bool keep_zero) {
  auto tail_of = [&](const Runs &runs) {
    auto tail = runs.highest();
    return tail && tail->end() == file_blocks() ? tail->first : file_blocks();
  };
  std::uint64_t start = round_up(tail_of(keep_zero ? zero_ : ready_), alignment);
  std::uint64_t least_start = round_up(tail_of(ready_), alignment);
  // What is free counts as part of the step: where a large extent does not fit between small ones, or everything waits
  // for a reader to let go, the file is not to grow by more than is needed again and again.
  std::uint64_t share = std::min(file_blocks() / kGrowthShare, kMostGrowth);
  std::uint64_t step = std::max(kLeastGrowth, share - std::min(share, ready_.total() + pending_.total()));
  std::uint64_t needed = start + blocks, generous = std::max(needed, round_up(file_blocks() + step, kRegionBlocks));

  Status grown = grow_to(generous);
  if (!grown.ok() && refused(grown.code()) && needed < generous) grown = grow_to(needed);
  if (!grown.ok() && refused(grown.code()) && least_start < start) {
    start = least_start;
    grown = grow_to(start + blocks);
  }
  if (!grown.ok()) return std::move(grown).error();
  return Run{start, blocks};
}

Status Space::grow_to(std::uint64_t end) {
  if (end <= file_blocks()) return {};
  if (end > format::kMaxBlocks) {
    return fail(Code::limit, "the storage would need %llu blocks; it can have %llu",
                static_cast<unsigned long long>(end), static_cast<unsigned long long>(format::kMaxBlocks));
  }
  // What needs memory comes first: a run at the end is taken out again without.
  Run fresh{file_blocks(), end - file_blocks()};
  ready_.insert(fresh);
  try {
    zero_.insert(fresh);
    Status grown = host_->grow_file(file_blocks(), end);
    if (grown.ok()) {
      file_blocks_.store(end, std::memory_order_relaxed);
      return {};
    }
    zero_.erase(fresh);
    ready_.erase(fresh);
    return grown;
  } catch (...) {
    zero_.erase(fresh);
    ready_.erase(fresh);
    throw;
  }
}

void Space::cut_free_end() {
  const std::optional<Run> tail = ready_.highest();
  if (!tail || tail->end() != file_blocks()) return;
  const std::uint64_t end = round_up(tail->first, kRegionBlocks);
  if (end >= file_blocks()) return;
  ready_.erase({end, file_blocks() - end});
  zero_.erase({end, file_blocks() - end});
  file_blocks_.store(end, std::memory_order_relaxed);
}

// ---- catalogue pages

Status Space::reserve_pages(std::uint64_t pages) {
  if (zones_.ready().total() >= pages) return {};
  if (zones_.anything_pending()) {
    DELTOS_ASSIGN(std::uint64_t oldest, host_->oldest_pin());
    zones_.promote(oldest);
  }
  std::uint64_t ready = zones_.ready().total();
  return ready >= pages ? Status() : add_zone(pages - ready);
}

Status Space::add_zone(std::uint64_t missing) {
  if (zones_.full()) {
    return fail(Code::limit, "the catalogue has all of its %u zones; copy the storage compactly to a new file",
                format::kMaxZones);
  }
  std::uint64_t wanted = zones_.next_blocks(missing), needed = round_up(missing, kRegionBlocks);
  auto place = obtain(wanted, kRegionBlocks, Promoted::no);
  // As much as there is room for, by halves: a disk that is nearly full is not to use up the table with the smallest
  // zones.
  while (!place.ok() && refused(place.code()) && needed < wanted) {
    wanted = std::max(needed, round_up(wanted / 2, kRegionBlocks));
    place = obtain(wanted, kRegionBlocks, Promoted::yes);
  }
  if (!place.ok()) return std::move(place).error();
  take(*place);
  Status prepared;
  try {
    prepared = host_->prepare_zone(place->first, place->blocks);
    if (prepared.ok()) zones_.add(*place);
  } catch (...) {
    lost_blocks_ += place->blocks;  // perhaps not writable any more
    throw;
  }
  if (!prepared.ok()) give_back(*place);
  return prepared;
}

std::uint64_t Space::allocate_page() { return zones_.take(); }

std::uint64_t Space::ready_pages() const { return zones_.ready().total(); }

// ---- giving back

void Space::free_extent(std::uint64_t offset, std::uint64_t bytes, std::uint64_t born, std::uint64_t freed) noexcept {
  if (bytes == 0) return;
  std::uint64_t blocks = format::extent_blocks(bytes);
  try {
    if (blocks == 0) {
      pending_slots_.add(Slabs::units_of(offset, slabs_.give(offset)), born, freed);
    } else {
      pending_.add({offset / kBlockBytes, blocks}, born, freed);
    }
  } catch (const std::bad_alloc &) {
    lost_blocks_ += blocks;
  }
}

void Space::free_page(std::uint64_t block, std::uint64_t born, std::uint64_t freed) noexcept {
  try {
    zones_.free(block, born, freed);
  } catch (const std::bad_alloc &) {
    ++lost_blocks_;
  }
}

void Space::abandon_extent(std::uint64_t offset, std::uint64_t bytes) noexcept {
  if (bytes == 0) return;
  std::uint64_t blocks = format::extent_blocks(bytes);
  if (blocks == 0) {
    slabs_.loosen(Slabs::units_of(offset, slabs_.give(offset)));
    return;
  }
  try {
    unpinned_.push_back({offset / kBlockBytes, blocks});
  } catch (const std::bad_alloc &) {
    lost_blocks_ += blocks;
  }
}

void Space::abandon_page(std::uint64_t block) noexcept {
  try {
    zones_.abandon(block);
  } catch (const std::bad_alloc &) {
    ++lost_blocks_;
  }
}

void Space::set_strong(std::uint64_t durable, std::uint64_t pending) {
  pending_.set_strong(durable, pending);
  pending_slots_.set_strong(durable, pending);
  zones_.set_strong(durable, pending);
}

// ---- from pending to ready

bool Space::anything_pending() const {
  return !pending_.empty() || !pending_slots_.empty() || !unpinned_.empty() || !unpinned_units_.empty() ||
         slabs_.any_loose();
}

// Pins first, ranges second: who still had a pin when it was searched has its range locked when that is.
Status Space::promote() {
  DELTOS_ASSIGN(std::uint64_t oldest, host_->oldest_pin());
  pending_.release(oldest, &unpinned_);
  pending_slots_.release(oldest, &unpinned_units_);
  sort_and_join(&unpinned_units_);  // slots of one slab after the other
  for (; !unpinned_units_.empty(); unpinned_units_.pop_back()) slabs_.loosen(unpinned_units_.back());
  sort_and_join(&unpinned_);
  auto hull = unpinned_hull();
  if (!hull) return {};
  // One question for all of it: in between lie locks, seldom many, where each run would cost a call.
  std::vector<Run> unlocked;
  DELTOS_TRY(host_->for_each_unlocked(hull->first, hull->blocks, [&](std::uint64_t first, std::uint64_t blocks) {
    unlocked.push_back({first, blocks});
  }));
  sort_and_join(&unlocked);
  settle(unlocked);
  slabs_.free_unlocked(unlocked);
  return_empty_slabs();
  return {};
}

std::optional<Run> Space::unpinned_hull() const {
  if (unpinned_.empty() && !slabs_.any_loose()) return std::nullopt;
  if (unpinned_.empty()) return slabs_.loose_hull();
  std::uint64_t first = unpinned_.front().first, end = unpinned_.back().end();
  if (slabs_.any_loose()) {
    Run slots = slabs_.loose_hull();
    first = std::min(first, slots.first);
    end = std::max(end, slots.end());
  }
  return Run{first, end - first};
}

// Makes those parts of unpinned_ ready that nobody has locked; both lists are in order of address.
void Space::settle(const std::vector<Run> &unlocked) {
  std::vector<Run> freed, kept;
  auto part = unlocked.begin();
  for (Run run : unpinned_) {
    std::uint64_t from = run.first;
    while (part != unlocked.end() && part->end() <= from) ++part;
    for (auto at = part; at != unlocked.end() && at->first < run.end(); ++at) {
      std::uint64_t first = std::max(at->first, from), end = std::min(at->end(), run.end());
      if (first > from) kept.push_back({from, first - from});
      freed.push_back({first, end - first});
      from = end;
    }
    if (from < run.end()) kept.push_back({from, run.end() - from});
  }
  kept.reserve(kept.size() + freed.size());
  unpinned_.swap(kept);
  try {
    for (; !freed.empty(); freed.pop_back()) ready_.insert(freed.back());
  } catch (...) {
    unpinned_.insert(unpinned_.end(), freed.begin(), freed.end());
    throw;
  }
}

void Space::return_empty_slabs() {
  while (auto region = slabs_.next_empty()) {
    ready_.insert({*region * kRegionBlocks, kRegionBlocks});
    slabs_.remove_empty();
  }
}

// ---- holes

Result<std::vector<Space::Run>> Space::punchable(std::uint64_t minimum_blocks) {
  if (anything_pending()) DELTOS_TRY(promote());
  std::vector<Run> found;
  ready_.for_each([&](Run run) {
    std::uint64_t from = run.first;
    auto piece_until = [&](std::uint64_t end) {
      if (end > from && end - from >= minimum_blocks) found.push_back({from, end - from});
    };
    zero_.for_each_in(run, [&](Run zero) {
      piece_until(zero.first);
      from = zero.end();
    });
    piece_until(run.end());
  });
  return found;
}

void Space::mark_punched(const Run &run) {
  punched_.erase(run);
  punched_.insert(run);
  zero_.erase(run);
  zero_.insert(run);
}

// ---- looking

const std::vector<format::Zone> &Space::zones() const { return zones_.table(); }

std::uint64_t Space::file_blocks() const { return file_blocks_.load(std::memory_order_relaxed); }

bool Space::in_zone(std::uint64_t block) const { return zones_.contains(block); }

SpaceUsage Space::usage() const {
  std::uint64_t pending = pending_.total() + zones_.pending_total() + lost_blocks_;
  for (Run run : unpinned_) pending += run.blocks;
  return {file_blocks(), ready_.total() + zones_.ready().total(), pending, punched_.total()};
}

}  // namespace deltos::store
