// Space that was given back and waits for snapshots and superblocks: rules 1 and 2 of reuse (store/space.hpp).
//
// Both rules are final: what they have let go no later snapshot or superblock can hold again, because new snapshots are
// of the published transaction or later, and so is every superblock still to be written. An entry is therefore looked
// at once when its snapshots are gone and then only when the strong superblocks change.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "store/runs.hpp"

namespace deltos::store {

class Pending {
 public:
  // Units are the owner's: blocks, or 64 bytes for slots. `freed` should not fall from call to call; what comes out of
  // order only waits longer. All or nothing (std::bad_alloc).
  void add(Run run, std::uint64_t born, std::uint64_t freed);
  // Superblocks that may be on disk; pending 0: none.
  void set_strong(std::uint64_t durable, std::uint64_t pending);
  // Appends what no snapshot and no strong superblock holds. All or nothing (std::bad_alloc).
  void release(std::uint64_t oldest_pin, std::vector<Run> *out);

  template <class Visit>
  void for_each(Visit &&visit) const {
    for (const Entry &entry : waiting_) visit(entry.run);
    for (const Entry &entry : held_) visit(entry.run);
  }
  std::uint64_t total() const { return total_; }
  bool empty() const { return waiting_.empty() && held_.empty(); }

 private:
  struct Entry {
    Run run;
    std::uint64_t born, freed;
  };
  bool held_by_superblock(const Entry &entry) const;

  std::deque<Entry> waiting_;  // rule 1 not seen to hold yet
  std::vector<Entry> held_;    // rule 1 holds, rule 2 did not
  std::uint64_t total_ = 0;
  std::uint64_t durable_ = 0, pending_ = 0;
  bool strong_changed_ = false;
};

}  // namespace deltos::store
