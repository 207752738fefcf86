// What a running transaction has changed so far. Private to L4.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "store/page_buffers.hpp"
#include "store/transaction.hpp"
#include "store/undo.hpp"
#include "store/writer.hpp"

namespace deltos::store {

// Dirty pages live on the heap, under the number of the block they will be written to. Everything that commit or abort
// has to give back is listed; nothing of it is visible to anybody before the writer publishes.
struct TransactionState final : PageEditor {
  TransactionState(const std::shared_ptr<Storage> &owner, Writer *writing);
  ~TransactionState();
  TransactionState(const TransactionState &) = delete;
  TransactionState &operator=(const TransactionState &) = delete;

  std::weak_ptr<Storage> storage;
  StorageState *shared;
  Writer *writer;
  const std::uint64_t number;
  Root root;
  const Root first_root;
  std::uint64_t object_count, next_id;
  std::uint64_t written_bytes = 0;
  std::shared_ptr<std::atomic<bool>> committed = std::make_shared<std::atomic<bool>>(false);  // its objects ask
  bool open = true;
  std::shared_ptr<Snapshot> view;  // shows this state

  struct FreedPage {
    std::uint64_t block, born;
  };
  OpenMaps maps;
  PageTable pages;
  std::vector<FreedPage> freed_pages;
  std::vector<format::Extent> freed_extents;
  std::unordered_map<std::uint64_t, std::uint64_t> allocated;  // extents of this transaction: offset -> bytes
  struct SealLock {
    std::uint64_t first_block, blocks;
  };
  std::vector<SealLock> seal_locks;
  Undo undo;

  // PageEditor
  Result<const std::byte *> page(const format::Child &child, unsigned level) override;
  const std::byte *known(const format::Child &child, unsigned level) noexcept override;
  std::byte *editable(const format::Child &child, const std::byte *page) noexcept override;
  std::uint64_t transaction() const override { return number; }
  Status reserve(unsigned count) override;
  EditedPage create(unsigned level) override;
  EditedPage edit(const format::Child &child, unsigned level) override;
  void discard(const format::Child &child) override;

  Snapshot::Scope scope() { return {this, root, writer->space().file_blocks(), writer->data(), &maps}; }
  // Whether it can be worked with: open, not forked, not failed.
  Status check() const;

  // ---- one call: all or nothing. A call within another is part of that one.
  void begin_call(Steps steps, Purpose purpose);
  void keep_call() noexcept;
  void take_back() noexcept;
  template <class Change>
  auto all_or_nothing(Steps steps, Purpose purpose, Change &&change) -> decltype(change());
  // ---- extents; within a call
  // alignment: in blocks, of what is no slot
  Result<format::Extent> allocate(std::uint64_t bytes, bool sealed, bool zeroed, std::uint64_t alignment = 1);
  void release(const format::Extent &extent);  // frees, or abandons what is this transaction's own

  // ---- the catalogue; within a call. Each happens whole or not at all.
  // After it `releases` calls of release() need no memory.
  Status put(const std::vector<std::byte> &key, Bytes value, std::size_t releases = 0);
  Status erase(const std::vector<std::byte> &key);
  Status put_object(const format::Object &object, std::size_t releases = 0);
  // Of several steps.
  Status remove_object(const format::Object &object);
  // Before the place of an array is given up: somebody who has it open may be just appending.
  Status hold_array(const format::Object &object);
  Status remove_all_metadata(std::uint64_t object);

  // ---- sorted maps (map_change.cpp)
  // The state of one, found if need be; stays where it is. stale: there is none.
  Result<OpenMap *> open_map(std::uint64_t id);
  // The rest within a call. The same of one that is about to change: its record becomes the transaction's own.
  Result<OpenMap *> change_map(std::uint64_t id);
  Result<bool> put_pair(std::uint64_t id, OpenMap *map, Bytes key, const MapValue &value);  // whether it was there
  Status append_pair(OpenMap *map, TreeAppender *tree, Bytes key, const MapValue &value);
  Result<bool> remove_pair(std::uint64_t id, OpenMap *map, Bytes key);
  // Gives back all that it holds; whatever can fail comes first.
  Status empty_map(std::uint64_t id, OpenMap *map);
  Status drop_map(std::uint64_t id);  // of an object that goes
  // Brings records up to date with what the maps hold.
  bool has_changed_maps() const;
  Status put_map_records();

  // Writes all dirty pages and reads them back through the mapping. RLIMIT_FSIZE has then been asked for the slots,
  // too.
  Status write_pages();
  // The same when they have become many; between calls.
  bool writes_early() const;
  Status write_early();
  // The same of those that this call has created, within it, as soon as they are some, but for those that are still
  // being filled.
  struct WriteBehind {
    std::size_t seen = 0;                // of undo.created
    std::vector<std::uint64_t> filling;  // blocks
  };
  Status write_behind(const TreeAppender &filled, WriteBehind *behind);
  void finish_commit();  // after publication: what was freed is given back
  void finish_abort();
  void unlock_seals();
  void unlock_seals_since(std::size_t count) noexcept;  // those that were taken when there were so many

 private:
  std::size_t dirty_pages_ = 0;
  PageBuffer &add_page(std::uint64_t block);
  Status reserve_blocks(unsigned count) const;
  void expect_releases(std::size_t count);
  using DirtyPages = std::vector<std::pair<std::uint64_t, std::byte *>>;
  Status write_dirty(DirtyPages &dirty);
  void note_map(std::uint64_t id, OpenMap *map);
  Result<format::Spill> store_long_value(Bytes value);
  struct StoredValue;
  Status store_value(const MapValue &value, StoredValue *stored);
  void release_value(std::uint64_t id, const OpenMap &map, const OldValue &old);
  Result<format::Extent> spilled_extent(const std::vector<std::byte> &key);
};

template <class Change>
auto TransactionState::all_or_nothing(Steps steps, Purpose purpose, Change &&change) -> decltype(change()) {
  if (!undo.active) DELTOS_TRY(write_early());
  Attempt attempt(this, steps, purpose);
  auto done = change();
  if (done.ok()) attempt.keep();
  return done;
}

// Whether two records describe the very same stored content.
bool same_content(const format::Object &a, const format::Object &b);

}  // namespace deltos::store
