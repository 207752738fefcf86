// Growable arrays in a storage. Room is structure: chunks in the object's record, shown one behind the other in a
// window of their own. The length is a live word in the control block, the array's first extent (FORMAT.md, section 9).
//
// A chunk that is added while a transaction is open is queued: the next commit writes it to the record, whatever
// becomes of that transaction. Commits also copy the length to the record, which counts after a reboot.
//
// Of one object there is one appender in a process. What it shows and appends to stays out of other use until the last
// handle of it goes, also when the array was deleted meanwhile.
#pragma once

#include <span>
#include <vector>

#include "format/array.hpp"
#include "store/array_home.hpp"
#include "store/lock_table.hpp"
#include "store/storage.hpp"

namespace deltos::store {

struct TransactionState;

class StoredArray final : public ArrayHome {
 public:
  StoredArray(const std::shared_ptr<Storage> &storage, const ObjectRef &ref, const ArrayOptions &options);
  ~StoredArray() override;
  StoredArray(const StoredArray &) = delete;
  StoredArray &operator=(const StoredArray &) = delete;

  Status open();
  // Makes it the appender, unless there is one by now: then that is the answer.
  Result<std::shared_ptr<StoredArray>> enlist();
  std::uint64_t id() const { return record_.id; }
  bool shows(const format::Object &record) const;

  Status check_appendable() override;
  Status grow(std::uint64_t bytes) override;
  Status give_back() override;
  Status flush(bool durable) override;
  Result<std::shared_ptr<ArrayExport>> export_bytes(bool writable) override;
  Result<bool> refresh() override;  // of the length; a newer record is a handle's business
  bool writable() const override;
  Result<int> descriptor() const override;
  Status close() override { return check_unused(); }

  // ---- by whoever owns the transaction
  // What is queued, and the length, go into the transaction.
  Status carry(TransactionState &transaction);
  void committed(TransactionState &transaction) noexcept;
  bool settled() const { return own_ == 0 && committed_chunks_ == chunks_.size(); }
  // Whether its length is another than the newest commit says.
  bool unsaved() const { return !dead_ && own_ == 0 && length() != committed_length_; }
  bool dead() const { return dead_; }
  void about_to_abort(std::uint64_t transaction) noexcept;
  bool aborted(std::uint64_t transaction) noexcept;  // whether something is queued
  // Keeps the blocks from being used for anything else, as somebody may be just appending to them.
  Status hold();

  void storage_closed();
  void forbid() { limit_.store(0, std::memory_order_relaxed); }  // async-signal-safe

 protected:
  Status check_others(std::uint64_t bytes) override;

 private:
  class View;
  class Cut;
  Result<std::shared_ptr<Storage>> storage() const;  // closed
  bool is_held() const;                              // by a snapshot that lives
  std::uint64_t planned() const;                     // bytes of all chunks
  void take_record(const format::Object &record);
  Status open_fixed(StorageState &state);
  Status open_live(const std::shared_ptr<Storage> &storage);
  Status take_newest(const std::shared_ptr<Storage> &storage);
  Status lock_control(StorageState &state);
  void take_length(StorageState &state);
  Status show_chunks(StorageState &state);
  Status show_in_new_window(StorageState &state);
  void set_room(std::uint64_t bytes);
  Status add_chunk(StorageState &state, std::uint64_t bytes);
  void drop_chunks(StorageState &state, std::size_t keep);
  void let_go(StorageState &state, std::size_t keep);
  Result<std::uint64_t> still_there(const std::shared_ptr<Storage> &storage, std::span<const format::Extent> chunks,
                                    std::uint64_t bytes) const;
  void die();

  const std::weak_ptr<Storage> storage_;
  const std::weak_ptr<const Snapshot> snapshot_;
  const ArrayOptions options_;
  format::Object record_;
  std::uint64_t committed_length_, carried_length_ = 0;
  std::size_t committed_chunks_ = 0;
  std::vector<format::Extent> given_back_;
  std::vector<RangeTicket> held_;  // of chunks, from the first one on
  std::uint64_t own_ = 0;          // the open transaction that made it; 0: committed
  std::uint64_t carried_ = 0;      // the transaction that has heard of it
  std::uint64_t seen_ = 0;         // the published transaction that it was found in
  bool leaving_ = false;           // the transaction being committed removes it
  bool appends_ = false;
  std::atomic<bool> dead_{false};

  mutable std::mutex window_mutex_;     // leaf: around changes of the next two, which exports look at together
  std::vector<format::Extent> chunks_;  // the committed ones first; room for all there can be
  std::shared_ptr<os::Mapping> window_;
  std::vector<std::shared_ptr<os::Mapping>> earlier_;
  std::size_t shown_ = 0;       // chunks
  bool window_is_cut_ = false;  // it shows chunks that were given back
  std::shared_ptr<os::Mapping> control_mapping_;
  RangeTicket control_lock_;
};

// The array behind an object; handles of one that is open to append share it.
Result<std::shared_ptr<ArrayHome>> open_stored_array(const ObjectRef &ref, const ArrayOptions &options);

}  // namespace deltos::store
