// Free space of the storage that this process writes. Held in memory only; rebuilt from what is reachable when the
// writer opens (mark_*, then finish_rebuild), so that a crash cannot leak a block and a file cannot lie about one.
//
// Not synchronised: whoever owns the transaction, or its use, owns this. file_blocks() may be asked by any thread.
//
// What is given back waits ("pending") until the reuse rule lets it go ("ready"):
//   1. freed <= the oldest pinned snapshot (the published one when none is pinned), and
//   2. for no strong superblock S of {durable, pending}: born <= S < freed, and *then*
//   3. no description holds a lock on its range (payload only; pages are never exported).
// The order of 1 and 3 matters: pins first, ranges second. The search is made only when ready space does not suffice,
// and at most once an allocation: other processes let go without telling.
//
// Want of memory: allocate(), reserve_pages(), punchable() and mark_punched() throw std::bad_alloc and leave the state
// as it was, but for space that became ready or was added. Giving back never throws, because it happens when a commit
// can no longer be undone: what cannot be noted then stays out of use, counted as pending, until a writer opens the
// storage again.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.hpp"
#include "format/layout.hpp"
#include "store/pending.hpp"
#include "store/remains.hpp"
#include "store/runs.hpp"
#include "store/slabs.hpp"
#include "store/zones.hpp"

namespace deltos::store {

// What Space cannot do itself.
class SpaceHost {
 public:
  // Lowest pinned transaction; the published one when none is pinned.
  virtual Result<std::uint64_t> oldest_pin() = 0;
  // Calls back with those parts of a block range on which nobody holds a lock.
  virtual Status for_each_unlocked(std::uint64_t first_block, std::uint64_t blocks,
                                   const std::function<void(std::uint64_t, std::uint64_t)> &part) = 0;
  // Makes the file (and the mapping) longer; the new blocks read as zero. no_space, limit or address_space when it
  // cannot.
  virtual Status grow_file(std::uint64_t from_block, std::uint64_t to_block) = 0;
  // Gives punched blocks room on disk again; they read as zero.
  virtual Status refill(std::uint64_t first_block, std::uint64_t blocks) = 0;
  // Takes write permission from the mapping of a new zone.
  virtual Status prepare_zone(std::uint64_t first_block, std::uint64_t blocks) = 0;

 protected:
  ~SpaceHost() = default;
};

struct SpaceUsage {
  std::uint64_t file_blocks;     // of the storage
  std::uint64_t ready_blocks;    // may be handed out at once, pages included (slots of slabs not counted)
  std::uint64_t pending_blocks;  // wait for pins, superblocks or exports (slots of slabs not counted)
  std::uint64_t punched_blocks;  // ready or pending, without room on disk
};

class SpaceRebuild;

class Space {
 public:
  static constexpr std::uint64_t kNeverBorn = UINT64_MAX;  // `born` of what no strong superblock holds

  Space(SpaceHost *host, std::uint64_t file_blocks, std::vector<format::Zone> zones);
  ~Space();
  Space(const Space &) = delete;
  Space &operator=(const Space &) = delete;

  // ---- rebuilding. corrupt when something is used twice, lies in a zone (payload) or outside one (page), or breaks a
  // slab's rules. in_root: reachable from the recovered root; otherwise only from the durable strong root.
  Status mark_page(std::uint64_t block, bool in_root);
  Status mark_extent(std::uint64_t offset, std::uint64_t bytes, bool sealed, bool in_root);
  // What is in neither becomes pending with (recovered, kNeverBorn), or waits for exports alone where it is not among
  // `remains`; what is only in the durable root with (recovered, 0). Marking the same thing for both roots is not "used
  // twice"; within one root it is. with_holes: the file has fewer blocks on disk than bytes, so an earlier writer may
  // have punched any free block; all of them are counted as punched and refilled before use.
  Status finish_rebuild(std::uint64_t recovered, bool with_holes = false, Remains remains = Remains());

  // ---- allocation, for the transaction
  struct Allocation {
    std::uint64_t offset;
    bool zero;  // reads as zero already
  };
  // bytes >= 1. Slots below one block, else whole blocks starting on a multiple of `alignment` blocks. Nothing changes
  // on failure.
  Result<Allocation> allocate(std::uint64_t bytes, bool sealed, std::uint64_t alignment = 1);
  Status reserve_pages(std::uint64_t pages);  // so that allocate_page() cannot fail for so many
  std::uint64_t allocate_page();
  const Runs &ready_page_runs() const { return zones_.ready(); }
  std::uint64_t ready_pages() const;  // as many can be reserved without a search

  // ---- giving back
  // `bytes` tells slots from blocks as at the allocation. `freed` does not fall from call to call.
  void free_extent(std::uint64_t offset, std::uint64_t bytes, std::uint64_t born, std::uint64_t freed) noexcept;
  void free_page(std::uint64_t block, std::uint64_t born, std::uint64_t freed) noexcept;
  // Of an aborted transaction, or allocated and dropped within one: no snapshot and no superblock ever held it. A page
  // is ready at once; an extent waits for exports only.
  void abandon_extent(std::uint64_t offset, std::uint64_t bytes) noexcept;
  void abandon_page(std::uint64_t block) noexcept;

  // The strong superblocks that may be on disk; pending 0: none.
  void set_strong(std::uint64_t durable, std::uint64_t pending);

  // ---- holes. Ready runs of at least `minimum` blocks that are not punched yet and held something since the file grew
  // by them; mark_punched() after the host has done it.
  using Run = store::Run;
  Result<std::vector<Run>> punchable(std::uint64_t minimum_blocks);  // promotes pending space first
  void mark_punched(const Run &run);

  // Ends the storage behind the last block in use; for one that nobody else has open and that is done growing.
  void cut_free_end();

  const std::vector<format::Zone> &zones() const;
  std::uint64_t file_blocks() const;
  SpaceUsage usage() const;
  bool in_zone(std::uint64_t block) const;

 private:
  enum class Promoted : bool { no, yes };

  Result<Allocation> allocate_slot(unsigned slot_class, bool sealed);
  Result<Run> obtain(std::uint64_t blocks, std::uint64_t alignment, Promoted promoted);
  Status fill(Run place);
  bool take(Run place);
  void give_back(Run run) noexcept;
  Status promote();
  void settle(const std::vector<Run> &unlocked);
  void return_empty_slabs();
  std::optional<Run> unpinned_hull() const;
  bool anything_pending() const;

  Result<Run> grow(std::uint64_t blocks, std::uint64_t alignment, bool keep_zero);
  Status grow_to(std::uint64_t end);
  Status add_zone(std::uint64_t missing);

  SpaceHost *host_;
  std::atomic<std::uint64_t> file_blocks_;  // read by threads whose call is not the one that grows
  Zones zones_;
  Slabs slabs_;
  Runs ready_{Runs::Index::by_size};
  Runs zero_;                        // of ready_, what reads as zero
  Runs punched_;                     // free blocks that have no room on disk, or may have none
  Pending pending_;                  // blocks
  Pending pending_slots_;            // in units of Slabs
  std::vector<Run> unpinned_;        // blocks that only an export may still hold
  std::vector<Run> unpinned_units_;  // the same of slots, on their way to slabs_
  std::uint64_t lost_blocks_ = 0;    // could not be noted for want of memory
  std::unique_ptr<SpaceRebuild> rebuild_;
};

}  // namespace deltos::store
