// A storage that is open in this process: what the object layer and the boundary use of L4.
//
// Ownership: the boundary's handle, and every live Export, hold a shared_ptr<Storage>; snapshots, objects and
// transactions hold weak ones and answer `closed` once it is gone or closed. Dropping the last reference drops mapping,
// descriptors and locks.
//
// Threads: internally synchronised, but for the transaction, which one thread uses at a time. No lock is held across a
// system call or a callback; nothing waits for another thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "format/validate.hpp"
#include "store/options.hpp"
#include "store/page_source.hpp"

namespace deltos::os {
class Mapping;
class File;
}  // namespace deltos::os

namespace deltos::store {

class Storage;
class Transaction;
class Export;
struct OpenMaps;      // private, sorted_map.hpp
struct PinnedRoot;    // private, state.hpp
struct StorageState;  // private, state.hpp

// One state of the catalogue: a published one (immutable, shareable, pinned until destroyed) or that of an open
// transaction (which shows its changes; to be used by the transaction's thread only).
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual std::uint64_t id() const = 0;  // transaction; for a transaction's own: the number it will commit as
  virtual Result<std::shared_ptr<Storage>> storage() const = 0;  // closed, forked

  // Absent: nullopt.
  Result<std::optional<format::Object>> find(std::string_view name) const;
  Result<std::optional<format::Object>> find_id(std::uint64_t id) const;
  // object 0: the storage's own metadata.
  Result<std::optional<format::Metadatum>> metadatum(std::uint64_t object, std::string_view key) const;
  Result<std::vector<std::string>> metadata_keys(std::uint64_t object) const;
  // Names that start with prefix, in byte order, beginning behind `after` (empty: from the start), at most `capacity`.
  // one_level: a name with a further '/' behind the prefix is folded into one entry "prefix.../" with is_prefix.
  struct Entry {
    std::string name;
    std::uint64_t id = 0;
    std::uint8_t kind = 0;
    bool is_prefix = false;
    std::uint64_t payload_bytes = 0;
  };
  Result<std::vector<Entry>> list(std::string_view prefix, bool one_level, const std::string &after,
                                  std::size_t capacity) const;
  virtual std::uint64_t object_count() const = 0;
  // The sorted map of an id. stale: there is none.
  virtual Result<format::SortedMap> map(std::uint64_t id) const = 0;
  // Another number after a change of what it shows, and of the places where that lies; 0: it does not change.
  virtual std::uint64_t changes() const { return 0; }

  // A copy of this state as a storage of its own, while the original is in use. copy_to keeps places and uuid (fast);
  // compact_to packs (new uuid, ids and names kept). exists unless `replace`; nothing is left behind on failure.
  Status copy_to(const std::string &path, bool replace, const Progress &progress) const;
  Status compact_to(const std::string &path, bool replace, const Progress &progress) const;

  // For the store itself.
  struct Scope {
    PageSource *pages;
    Root root;
    std::uint64_t file_blocks;
    const std::byte *data;           // of file byte 0
    const OpenMaps *maps = nullptr;  // a transaction's: what records of sorted maps do not say yet
  };
  virtual Result<Scope> scope() const = 0;
};

// An object as a handle knows it: the record frozen when it was opened, and the way back to newer states.
class ObjectRef {
 public:
  // The object under a name or id; kind 0: any, else `kind` when it is another. Absent: not_found.
  static Result<std::shared_ptr<ObjectRef>> open(const std::shared_ptr<const Snapshot> &snapshot, std::string_view name,
                                                 int kind);
  static Result<std::shared_ptr<ObjectRef>> open_newest(const std::shared_ptr<Storage> &storage, std::string_view name,
                                                        int kind);  // in the newest commit
  static Result<std::shared_ptr<ObjectRef>> open_id(const std::shared_ptr<const Snapshot> &snapshot, std::uint64_t id,
                                                    int kind);
  // Newest commit: by id, else by the name it was opened under. nullptr: nothing changed.
  Result<std::shared_ptr<ObjectRef>> refreshed() const;

  const format::Object &record() const { return record_; }
  // Whether its content was made by a transaction that has not committed: it is open, or was aborted.
  bool pending() const { return committed_ && !committed_->load(); }
  // Whether its content will never be written again. A seal that an abort would take back says nothing yet, except of
  // content that goes with it.
  bool immutable() const { return record_.sealed && (committed_ || !changed_ || changed_->load()); }
  Result<std::shared_ptr<Storage>> storage() const;
  // Whether the newest state (or the open transaction, for its own objects) still has this very content.
  Result<bool> current() const;
  // Where the payload starts in the whole file (0 for an empty one). unsupported: memory, or a private copy.
  Result<std::uint64_t> file_offset() const;

  ObjectRef(std::weak_ptr<Storage> storage, std::weak_ptr<const Snapshot> snapshot,
            std::weak_ptr<Transaction> transaction, format::Object record);

 private:
  friend class Storage;
  friend class StoredArray;
  friend class Transaction;
  std::weak_ptr<Storage> storage_;
  std::weak_ptr<const Snapshot> snapshot_;              // protects the payload as long as it lives
  std::weak_ptr<Transaction> transaction_;              // set while the object is a transaction's own
  std::shared_ptr<const std::atomic<bool>> committed_;  // what became of the transaction that made its content, if any
  std::shared_ptr<const std::atomic<bool>> changed_;    // the same of the one that changed its record
  format::Object record_;
  std::uint64_t seen_in_ = 0;  // published transaction it was found in; 0: a transaction's own
};

// Payload in use: mapped, unmoved and unrecycled until destroyed. Keeps the storage alive. Destroying it is legal from
// any thread and takes no lock that anybody holds across a system call.
class Export : public std::enable_shared_from_this<Export> {
 public:
  ~Export();
  Export(const Export &) = delete;
  Export &operator=(const Export &) = delete;
  std::byte *data() const { return data_; }  // nullptr for an empty payload
  std::uint64_t bytes() const { return bytes_; }
  bool writable() const { return writable_; }
  const std::shared_ptr<Storage> &storage() const { return storage_; }

  struct Ticket;  // private, export_list.hpp

 private:
  friend class ExportList;
  Export() = default;
  std::shared_ptr<Storage> storage_;
  std::shared_ptr<os::Mapping> mapping_;
  std::unique_ptr<Ticket> ticket_;
  std::byte *data_ = nullptr;
  std::uint64_t bytes_ = 0;
  bool writable_ = false;
};

class Storage : public std::enable_shared_from_this<Storage> {
 public:
  static Result<std::shared_ptr<Storage>> open(const std::string &path, const OpenOptions &options);
  // The descriptor is opened again, not kept; its access mode must allow options.mode.
  static Result<std::shared_ptr<Storage>> open_fd(int fd, const OpenOptions &options);
  static Result<std::shared_ptr<Storage>> open_anonymous(const std::string &label, const OpenOptions &options);
  // Mode::immutable. `owner` is dropped with the last reference to the memory.
  static Result<std::shared_ptr<Storage>> open_memory(const void *data, std::uint64_t bytes, const OpenOptions &options,
                                                      std::shared_ptr<void> owner);
  ~Storage();
  Storage(const Storage &) = delete;
  Storage &operator=(const Storage &) = delete;

  // pinned (naming objects and counts) while exports live, busy while a transaction is open; then nothing has changed.
  // Afterwards everything answers `closed`; the caller drops its reference.
  Status close();
  // Aborts an open transaction and closes without asking; live exports keep what they need.
  void detach();

  Result<std::shared_ptr<const Snapshot>> begin_snapshot();  // newest commit
  // nullptr: nothing newer. replaced: the file has been replaced or removed.
  Result<std::shared_ptr<const Snapshot>> newer_snapshot(const Snapshot &than);
  Result<std::shared_ptr<Transaction>> begin_transaction();  // readonly, busy, forked, io

  // writable: in_place and write only; unsealed and current objects only (sealed, stale, readonly, busy).
  Result<std::shared_ptr<Export>> export_payload(const ObjectRef &ref, bool writable);

  Status sync();            // what is committed, and in-place stores made so far, survive power loss
  bool compresses() const;  // long texts of values
  Result<StorageInfo> info() const;
  Result<std::vector<PinInfo>> pins() const;
  Result<std::vector<Finding>> verify(VerifyLevel level, const Progress &progress);
  Status advise(const ObjectRef &object, int madvise_advice);  // MADV_*; a hint
  Result<int> descriptor() const;   // borrowed, to pass on; unsupported for memory and copies
  const std::string &path() const;  // empty: anonymous or memory
  const format::Uuid &uuid() const;
  Mode mode() const;
  // immutable, at a place in the file that is no multiple of 64: typed use is refused.
  bool unaligned() const;

  explicit Storage(std::unique_ptr<StorageState> state);
  StorageState &state() { return *state_; }
  const StorageState &state() const { return *state_; }

 private:
  struct Located;
  Status save_lengths();
  bool still_published(const ObjectRef &ref);
  Result<Located> locate(const ObjectRef &ref);
  Status check_writable(const format::Object &object) const;
  Status still_open(const format::Object &record);
  Result<std::shared_ptr<os::Mapping>> writable_mapping(std::uint64_t end);
  Result<std::shared_ptr<os::Mapping>> protect_and_map(Located &located, const format::Object &record,
                                                       const format::Extent &payload, bool writable,
                                                       Export::Ticket *ticket);
  Status add_shared_info(const PinnedRoot &newest, StorageInfo *info) const;

  std::unique_ptr<StorageState> state_;
};

}  // namespace deltos::store
