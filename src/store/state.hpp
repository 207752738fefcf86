// What an open storage consists of. Private to L4.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "os/mapping.hpp"
#include "os/sigbus.hpp"
#include "store/export_list.hpp"
#include "store/lock_table.hpp"
#include "store/mailbox.hpp"
#include "store/page_buffers.hpp"
#include "store/pages.hpp"
#include "store/slots.hpp"
#include "store/storage.hpp"

namespace deltos::store {

class Writer;
class StoredArray;

struct StorageState {
  OpenOptions options;
  std::string path;   // empty: anonymous, descriptor or memory
  std::string label;  // for messages
  format::Header header{};
  std::uint64_t uuid_low = 0;
  os::FileInfo file_info{};
  std::uint64_t base = 0;  // immutable: where the storage begins in the file
  bool unaligned = false;
  bool overlay = false;         // the file lies on overlayfs
  std::shared_ptr<void> owner;  // immutable: of the caller's memory
  bool has_file = true;

  std::unique_ptr<LockTable> locks;  // owns the first description; answers to everything with success when immutable
  PageMemo memo;
  std::atomic<std::uint64_t> snapshots = 0;  // of callers, that live
  std::shared_ptr<std::atomic<bool>> lost = std::make_shared<std::atomic<bool>>(false);
  ExportList exports;

  mutable std::mutex mapping_mutex;               // leaf: around the two pointers only
  std::shared_ptr<os::Mapping> mapping;           // read, or the writer's reservation
  std::shared_ptr<os::Mapping> writable_mapping;  // in_place: made with the first writable export
  std::shared_ptr<os::Mapping> live_mapping;      // holds the live page; writable in in_place
  Mailbox mailbox;
  std::atomic<unsigned> first_looks{0};  // at the live page, that read it
  std::atomic<unsigned> first_pages{0};  // of the catalogue, that were read
  Slots slots;                           // immutable: as found when opened

  std::unique_ptr<Writer> writer;   // Mode::write only
  SparePages spare_pages;           // of whoever owns the transaction
  std::vector<std::byte> page_run;  // likewise: pages on their way to neighbouring blocks
  std::atomic<bool> closed{false};

  std::mutex transaction_mutex;  // leaf: around the next two only
  std::shared_ptr<Transaction> transaction;
  bool transaction_reserved = false;  // somebody owns the writer without a transaction yet, or for a sync
  // Held inside calls on a transaction, so that an array that grows on another thread keeps out (and answers busy).
  std::recursive_mutex transaction_use;
  // A function of the user's runs within such a call. Whatever would change the storage answers busy then, on that
  // thread too, and an abort is left to the end of the call.
  enum class CallOut : std::uint8_t { none, running, abort_wanted };
  std::atomic<CallOut> call_out{CallOut::none};
  bool calling_out() const { return call_out.load() != CallOut::none; }
  // Arrays that are open to append, and those that have something to commit.
  std::mutex arrays_mutex;  // leaf
  std::vector<std::shared_ptr<StoredArray>> arrays;
  std::vector<std::shared_ptr<StoredArray>> all_arrays();
  // The same without memory; the list is only cut by whoever owns the transaction.
  template <class Visit>
  void for_each_array(Visit &&visit) {
    for (std::size_t i = 0;; ++i) {
      const std::shared_ptr<StoredArray> array = array_at(i);
      if (array == nullptr) return;
      visit(*array);
    }
  }
  std::shared_ptr<StoredArray> array_at(std::size_t index);  // nullptr: there are not so many
  void forget_arrays() noexcept;  // those that are gone, or that nobody has open and a commit has all of
  bool in_transaction();
  bool reserve_transaction();  // false: there is one
  void give_up_transaction();

  StorageState() = default;
  ~StorageState();
  StorageState(const StorageState &) = delete;
  StorageState &operator=(const StorageState &) = delete;
  const os::File &file() const { return locks->description(); }
  // The live page as it is now, in the mapping or in the copy. Opening for reading and exporting one object takes three
  // looks: so few cost less as reads than as a page fault and the unmapping of what it has mapped.
  // In full, or at the number alone, which is less to read.
  enum class Look { full, number };
  Result<Mailbox> look(LiveCopy *copy, Look what = Look::full);
  std::shared_ptr<os::Mapping> current_mapping() const;
  // io: the guard has seen parts of the file vanish. What was read meanwhile is void: zeros can pass for an empty page.
  Status check_whole() const;
  template <class T>
  Result<T> if_whole(Result<T> read) const {
    DELTOS_TRY(check_whole());
    return read;
  }
  // closed, io as above, or forked.
  Status check_open() const;
  Status check_not_forked() const;
  // replaced: the file has lost its last name.
  Status check_named() const;
  // Maps a file (whole, from `base`) under the guard that the options ask for.
  Result<std::shared_ptr<os::Mapping>> map_file(std::uint64_t bytes, os::Protection protection) const;
  Result<std::shared_ptr<os::Mapping>> guarded(std::shared_ptr<os::Mapping> plain) const;
  // A mapping of at least `file_blocks`; a larger one takes the current one's place (readers).
  Result<std::shared_ptr<os::Mapping>> mapping_for(std::uint64_t file_blocks);
};

// A published state that has been pinned (or found, where nothing is ever locked).
struct PinnedRoot {
  std::uint64_t transaction = 0;
  Root root;
  std::uint64_t file_blocks = 0;
  std::uint64_t next_id = 0, object_count = 0;
  std::uint64_t pin = 0;  // goes to unpin
};

// The state as a strong superblock, of now and without a strong one before it.
format::Superblock superblock_of(const PinnedRoot &state, const format::Uuid &uuid,
                                 std::span<const format::Zone> zones);

// An object of the newest published state.
struct Newest {
  std::uint64_t transaction = 0;
  format::Object object;
};
// The same without a pin, for the first objects that a READ handle opens. What is read may be reused meanwhile, but all
// of it tells whether it is what was looked for: a page by its place, transaction and checksum, the record by its name.
// nullopt: there is none, or something did not fit, or there is no writer of this boot, or too much has been read
// already; with a pin it will turn out.
std::optional<Newest> find_unpinned(StorageState &state, std::string_view name);

// Rule R1: pins and finds the newest published state.
Result<PinnedRoot> pin_newest(StorageState &state, PinKind kind);
void unpin(StorageState &state, const PinnedRoot &pinned, PinKind kind);

}  // namespace deltos::store
