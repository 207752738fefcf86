// What is in use, collected while a writer walks the recovered root and the durable strong one; everything else is
// free, but only once those are gone who may still look at it.
//
// Hostile input costs memory and time in proportion to the marks, never to the numbers in them. A page used twice is
// refused at once, so that a walk over a hostile tree ends; overlapping extents are found by one sweep at the end.
// Only where somebody holds an older snapshot are all pages of the zones looked at (store/remains.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/status.hpp"
#include "store/pending.hpp"
#include "store/remains.hpp"
#include "store/slabs.hpp"
#include "store/zones.hpp"

namespace deltos::store {

class SpaceRebuild {
 public:
  SpaceRebuild(std::uint64_t file_blocks, Zones *zones) : file_blocks_(file_blocks), zones_(zones) {}

  Status mark_page(std::uint64_t block, bool in_root);
  Status mark_extent(std::uint64_t offset, std::uint64_t bytes, bool sealed, bool in_root);
  // Checks the whole, then fills the slabs and what is pending. What no root reaches and nothing of `remains` needs has
  // been free all along, the rest since `recovered`. The marks are used up.
  Status finish(std::uint64_t recovered, Remains remains, Pending *blocks, Pending *slots, Slabs *slabs);

 private:
  struct PageMarks {  // of 64 blocks
    std::uint64_t root = 0, durable = 0;
  };
  struct Mark {
    std::uint64_t offset;
    std::uint64_t bytes : 61, slot : 1, sealed : 1, in_root : 1;
    bool operator<(const Mark &other) const {
      return offset != other.offset ? offset < other.offset : in_root > other.in_root;
    }
  };
  using Cursor = std::vector<Mark>::const_iterator;

  Status sweep();
  Status sweep_blocks(Cursor *at);
  Status sweep_slab(Cursor *at);
  Status claim(const Mark &mark, Run run);
  void leave(Run run, std::uint64_t born);
  void leave_units(Run slot, std::uint64_t born);
  void leave_outside_zones(Run run);
  void leave_slots(std::uint64_t region, unsigned slot_class, const std::vector<std::uint64_t> &root,
                   const std::vector<std::uint64_t> &durable);
  void sort_pages();
  void leave_pages();
  void leave_what_waits();

  std::uint64_t file_blocks_;
  Zones *zones_;
  std::map<std::uint64_t, PageMarks> pages_;
  std::vector<Mark> marks_;
  // while sweeping
  Pending *blocks_ = nullptr, *slots_ = nullptr;
  Slabs *slabs_ = nullptr;
  struct Waiting {
    Run run;
    std::uint64_t born;
  };
  Remains remains_;
  std::vector<Run> unreached_, superseded_;              // pages of neither root, and of the durable one only
  std::vector<Waiting> waiting_blocks_, waiting_slots_;  // behind what is free at once: Pending keeps that order
  std::uint64_t recovered_ = 0;
  std::uint64_t swept_ = 0;  // everything below is accounted for
};

}  // namespace deltos::store
