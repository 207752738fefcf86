// Growable arrays in a storage. Room is structure: chunks in the object's record, shown one behind the other in a
// window of their own. The length is a live word in the control block, the array's first extent (FORMAT.md, section 9).
//
// A chunk that is added while a transaction is open is queued: the next commit writes it to the record, whatever
// becomes of that transaction. Commits also copy the length to the record, which counts after a reboot.
#pragma once

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

  Status open();
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
  void committed(std::uint64_t transaction);
  bool settled() const { return own_ == 0 && committed_chunks_ == chunks_.size(); }
  bool aborted(std::uint64_t transaction);  // whether something is queued

  void storage_closed();
  void forbid() { limit_.store(0, std::memory_order_relaxed); }  // async-signal-safe

 protected:
  Status check_others(std::uint64_t bytes) override;

 private:
  class View;
  std::uint64_t planned() const;  // bytes of all chunks
  Status open_fixed(StorageState &state);
  Status open_live(const std::shared_ptr<Storage> &storage);
  Status lock_control(StorageState &state);
  Status take_length(StorageState &state);
  Status show_chunks(StorageState &state);
  Status add_chunk(StorageState &state, std::uint64_t bytes);
  void drop_chunks(StorageState &state, std::size_t keep);
  Status check_current(const std::shared_ptr<Storage> &storage) const;
  Result<std::vector<RangeTicket>> lock_chunks(StorageState &state, std::uint64_t bytes, bool writable) const;
  void die();

  const std::weak_ptr<Storage> storage_;
  const std::weak_ptr<const Snapshot> snapshot_;
  const ArrayOptions options_;
  format::Object record_;
  std::vector<format::Extent> chunks_;  // the committed ones first
  std::size_t committed_chunks_ = 0;
  std::vector<format::Extent> given_back_;
  std::uint64_t own_ = 0;  // the open transaction that made it; 0: committed
  bool leaving_ = false;   // the transaction being committed removes it
  std::atomic<bool> dead_{false};

  mutable std::mutex window_mutex_;  // leaf: around the pointers
  std::shared_ptr<os::Mapping> window_;
  std::vector<std::shared_ptr<os::Mapping>> earlier_;
  std::size_t shown_ = 0;  // chunks
  std::shared_ptr<os::Mapping> control_mapping_;
  RangeTicket control_lock_;
};

// The array behind an object; handles of one that is open to append share it.
Result<std::shared_ptr<ArrayHome>> open_stored_array(const ObjectRef &ref, const ArrayOptions &options);

}  // namespace deltos::store
