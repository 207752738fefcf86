// Catalogue pages: where they may lie (zones), which are ready, which wait.
//
// Pages are never exported, so rules 1 and 2 of reuse (store/space.hpp) are all they wait for. The lowest ready page is
// handed out first: what one commit writes lies close together.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.hpp"
#include "format/layout.hpp"
#include "store/pending.hpp"
#include "store/runs.hpp"

namespace deltos::store {

class Zones {
 public:
  explicit Zones(std::vector<format::Zone> table);

  // corrupt unless there are at most kMaxZones, aligned to regions, apart, and inside the file's data.
  Status check(std::uint64_t file_blocks) const;
  const std::vector<format::Zone> &table() const { return table_; }
  bool contains(std::uint64_t block) const;
  bool touches(Run run) const;
  bool full() const { return table_.size() >= format::kMaxZones; }
  // Blocks of the zone to add when `missing` pages are wanted.
  std::uint64_t next_blocks(std::uint64_t missing) const;
  // Enters a prepared zone; all its pages are ready. All or nothing (std::bad_alloc).
  void add(Run run);
  // The zones as runs, in order of address.
  const std::vector<Run> &in_order() const { return in_order_; }

  const Runs &ready() const { return ready_; }
  void free(std::uint64_t block, std::uint64_t born, std::uint64_t freed) { free({block, 1}, born, freed); }
  void free(Run run, std::uint64_t born, std::uint64_t freed) { pending_.add(run, born, freed); }
  void abandon(std::uint64_t block) { ready_.insert({block, 1}); }
  void set_strong(std::uint64_t durable, std::uint64_t pending) { pending_.set_strong(durable, pending); }
  bool anything_pending() const { return !pending_.empty() || !released_.empty(); }
  std::uint64_t pending_total() const;
  // Makes ready what the rules let go.
  void promote(std::uint64_t oldest_pin);
  std::uint64_t take();  // never fails while ready().total() > 0

 private:
  std::vector<format::Zone> table_;  // in the order in which they were added
  std::vector<Run> in_order_;
  Runs ready_;
  Pending pending_;
  std::vector<Run> released_;  // let go by the rules, not entered into ready_ yet
};

}  // namespace deltos::store
