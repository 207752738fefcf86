// The one process that changes structure: free space, the current root, and the commit protocol. Private to L4.
//
// Locks: the WRITER byte, seal locks and every question about other people's locks are on a second description of the
// file, so that the pins and ranges of this very process show, too (rule R4).
//
// Not synchronised: whoever owns the transaction owns the writer; the atomics are for info() and sync() from other
// threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <unordered_set>

#include "os/fork.hpp"
#include "store/space.hpp"
#include "store/state.hpp"

namespace deltos::store {

// A removal writes new catalogue pages before it gives anything back. So that a full disk never keeps anybody from
// deleting, everything else leaves free what removing one object can need: copies of the pages on the ways to its name,
// its record and its metadata, and one more way that is asked for as a whole when all but one page of it are there.
constexpr unsigned kPagesForRemovals = 4 * format::kMaxHeight;

// What a transaction hands over to be committed.
struct Commit {
  Root root;
  std::uint64_t object_count = 0, next_id = 0;
  std::uint64_t written_bytes = 0;  // by the transaction, payload included
};

class Writer final : public SpaceHost, public os::ForkParticipant {
 public:
  // `second` holds the WRITER lock. The storage's first description, header and file_info are set.
  Writer(StorageState *state, os::File second);
  ~Writer() override;
  Writer(const Writer &) = delete;
  Writer &operator=(const Writer &) = delete;

  // Recovery: chooses a superblock, checks everything it reaches, rebuilds free space and publishes (rules b, R2).
  Status recover();

  // Publishes the state; the pages of `commit` have been written already, and RLIMIT_FSIZE leaves room for a slot. The
  // id is next_transaction() before the call. On failure before the superblock nothing has happened; afterwards the
  // writer has failed for good.
  Status publish(const Commit &commit, Durability durability);
  // Makes what is published durable. The caller owns the transaction.
  Status sync();
  // The same while somebody else's transaction is open: payload and strong commits only, else busy.
  Status sync_payload();

  std::uint64_t next_transaction() const { return published_.load() + 1; }
  std::uint64_t published() const { return published_.load(); }
  // Number of the newest state that survives a power loss.
  std::uint64_t durable() const { return durable_.load(); }
  const Root &root() const { return root_; }
  std::uint64_t object_count() const { return object_count_; }
  std::uint64_t next_id() const { return next_id_; }
  // Whether a long value that a sorted map names has been accounted for: leaves of maps that said they had none were
  // not looked at when the storage was opened, and what such a leaf names all the same may belong to others.
  bool accounts_for(std::uint64_t map, const format::Spill &value) const {
    return value.transaction > recovered_ || !unread_maps_.contains(map);
  }
  Space &space() { return *space_; }
  const Space &space() const { return *space_; }
  const os::File &second() const { return second_; }
  std::byte *data() const { return state_->mapping->data(); }
  bool forked() const { return forked_.load(std::memory_order_acquire); }
  // An aborted transaction's ids are not handed out again.
  void skip_ids(std::uint64_t next_id) { next_id_ = std::max(next_id_, next_id); }
  // io once a barrier has failed.
  Status check_usable() const;
  // The path still leads to this file, else stale. Asks at most once a second unless `now`.
  Status check_path(bool now);
  void set_replacing(std::string path,
                     os::File old_writer_lock);  // Create::replace: the name is taken at the first commit
  bool replacing() const { return !replacing_.empty(); }
  void trim();
  // Gives the WRITER lock back; nothing is published afterwards. Views made by this process keep their own locks.
  void resign();
  // Free space as of the last commit or abort; any thread.
  void note_usage();
  SpaceUsage published_usage() const;

  // SpaceHost
  Result<std::uint64_t> oldest_pin() override;
  Status for_each_unlocked(std::uint64_t first_block, std::uint64_t blocks,
                           const std::function<void(std::uint64_t, std::uint64_t)> &part) override;
  Status grow_file(std::uint64_t from_block, std::uint64_t to_block) override;
  Status refill(std::uint64_t first_block, std::uint64_t blocks) override;
  Status prepare_zone(std::uint64_t first_block, std::uint64_t blocks) override;

  // ForkParticipant: the child has no writer.
  void before_fork() override;
  void after_fork_in_parent() override;
  void after_fork_in_child() override;

 private:
  Status check_length(const format::Superblock &superblock) const;
  Status rebuild(const format::Superblock &chosen, const format::Superblock &strong, std::uint64_t number);
  std::uint64_t last_number(const Slots &slots) const;
  bool is_published(const format::Superblock &chosen) const;
  std::uint64_t quarantine_number(const format::Superblock &chosen, std::uint64_t number) const;
  Result<Remains> remains(const format::Superblock &chosen, std::uint64_t quarantine) const;
  Status start(const format::Superblock &chosen, const format::Superblock &strong, unsigned strong_slot,
               const Slots &slots, std::uint64_t number);
  Status redirty(const format::Superblock &chosen, const format::Superblock &strong);
  format::Superblock superblock(const Commit &commit, std::uint64_t transaction, bool weak) const;
  format::RingEntry ring_entry(const Commit &commit, std::uint64_t transaction) const;
  Status publish_strong(const Commit &commit, std::uint64_t transaction, Durability durability);
  Status barrier();
  Status write_new_zones();
  Status fail_for_good(Error error);
  Status take_name();
  void now_published(const Commit &commit, std::uint64_t transaction);

  StorageState *state_;
  os::File second_;
  std::unique_ptr<Space> space_;
  Root root_;
  std::uint64_t object_count_ = 0, next_id_ = 1;
  std::vector<Run> new_zones_;                     // since the last commit
  std::uint64_t recovered_ = 0;                    // number that the state found when opening was published under
  std::unordered_set<std::uint64_t> unread_maps_;  // ids
  std::atomic<std::uint64_t> published_{0}, durable_{0};
  std::uint64_t durable_transaction_ = 0;  // of the strong superblock that is known to be on disk
  unsigned durable_slot_ = format::kSlotA;
  std::uint64_t pending_transaction_ = 0;  // strong superblock written, not known to be durable; 0: none
  unsigned pending_slot_ = format::kSlotA;
  unsigned weak_slot_ = format::kSlotW0;
  std::uint64_t previous_strong_ = 0;
  std::atomic<std::uint64_t> unsynced_bytes_{0};  // by ASYNC commits since the last strong one
  unsigned commits_since_trim_ = 0;
  std::int64_t path_checked_ns_ = 0;
  std::atomic<bool> failed_{false}, forked_{false};
  std::string replacing_;
  os::File replaced_lock_;
  mutable std::mutex usage_mutex_;  // leaf
  SpaceUsage usage_{};
};

// A name beside `path` that nobody else uses, for what is to be renamed to it.
std::string temporary_name(const std::string &path);

}  // namespace deltos::store
