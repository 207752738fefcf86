// Slots: extents below one block, in regions of 64 KiB that are cut into slots of one class and hold either open or
// sealed payload, never both.
//
// A slot is ready, taken (used, or pending elsewhere under rules 1 and 2) or loose: taken, and only an export may still
// hold it. What fails for want of memory changes nothing; give(), loosen() and take() need none.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "format/layout.hpp"
#include "store/runs.hpp"

namespace deltos::store {

class Slabs {
 public:
  static constexpr std::uint64_t kUnitBytes = format::kExtentAlignment;
  static constexpr std::uint64_t slots_of(unsigned slot_class) {
    return format::kRegionBytes / format::kSlotClasses[slot_class];
  }
  // The units of 64 bytes of a slot, for Pending.
  static Run units_of(std::uint64_t offset, unsigned slot_class) {
    return {offset / kUnitBytes, format::kSlotClasses[slot_class] / kUnitBytes};
  }

  // Offset of the lowest ready slot, or nothing.
  std::optional<std::uint64_t> take(unsigned slot_class, bool sealed);
  // A new slab; all its slots are ready, or all taken (a rebuild gives back what it does not find).
  void add(std::uint64_t region, unsigned slot_class, bool sealed, bool taken);

  // Notes that a taken slot was given back and is on its way; returns its class. The offset is of a taken slot.
  unsigned give(std::uint64_t offset);
  // Nothing but an export can hold these given slots any more.
  void loosen(Run units);
  // Slots given and not ready yet, of the slabs of this kind.
  std::uint64_t on_their_way(unsigned slot_class, bool sealed) const { return given_[list(slot_class, sealed)]; }

  bool any_loose() const { return !loose_.empty(); }
  // Blocks from the first to the last slab with loose slots.
  Run loose_hull() const;
  // Makes those loose slots ready whose blocks all lie in `unlocked` (in order of address).
  void free_unlocked(const std::vector<Run> &unlocked);
  // A slab that free_unlocked() left without a taken slot; remove_empty() takes it out once its region has a new owner.
  std::optional<std::uint64_t> next_empty();
  void remove_empty();

 private:
  static constexpr std::size_t kLists = 2 * format::kSlotClasses.size();
  using Room = std::set<std::uint64_t>;
  using Bits = std::vector<std::uint64_t>;
  struct Slab {
    unsigned slot_class;
    bool sealed;
    bool listed_loose = false, listed_empty = false;
    std::uint64_t taken_count = 0;
    Bits taken, loose;
    Room::node_type no_room;  // the slab's place in room_ while it has none, so that coming back needs no memory
  };
  static std::size_t list(unsigned slot_class, bool sealed) { return 2 * slot_class + (sealed ? 1 : 0); }
  void free_unlocked(std::uint64_t region, Slab *slab, const std::vector<Run> &unlocked);
  void make_ready(std::uint64_t region, Slab *slab, std::uint64_t slot);

  std::map<std::uint64_t, Slab> slabs_;  // by region
  std::array<Room, kLists> room_;        // regions with ready slots
  std::array<std::uint64_t, kLists> given_{};
  std::vector<std::uint64_t> loose_, empty_;  // regions; capacity for every slab
};

}  // namespace deltos::store
