// What a running transaction has changed so far. Private to L4.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "store/page_buffers.hpp"
#include "store/transaction.hpp"
#include "store/writer.hpp"

namespace deltos::store {

// Dirty pages live on the heap, under the number of the block they will be written to. Everything that commit or abort
// has to give back is listed; nothing of it is visible to anybody before the writer publishes.
struct TransactionState final : PageEditor {
  TransactionState(std::shared_ptr<Storage> owner, Writer *writing);
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
  // A change failed half-way (a damaged page, a full disk in the middle of many removals): only abort is left.
  bool broken = false;
  std::shared_ptr<Snapshot> view;  // shows this state

  struct FreedPage {
    std::uint64_t block, born;
  };
  PageTable pages;
  std::vector<FreedPage> freed_pages;
  std::vector<format::Extent> freed_extents;
  std::unordered_map<std::uint64_t, std::uint64_t> allocated;  // extents of this transaction: offset -> bytes
  struct SealLock {
    std::uint64_t first_block, blocks;
  };
  std::vector<SealLock> seal_locks;

  // PageEditor
  Result<const std::byte *> page(const format::Child &child, unsigned level) override;
  std::uint64_t transaction() const override { return number; }
  Status reserve(unsigned pages) override;
  EditedPage create(unsigned level) override;
  EditedPage edit(const format::Child &child, unsigned level) override;
  void discard(const format::Child &child) override;

  Snapshot::Scope scope() { return {this, root, writer->space().file_blocks(), writer->data()}; }
  // Whether it can be worked with: open, not broken, not forked, not failed.
  Status check() const;

  // ---- extents
  Result<format::Extent> allocate(std::uint64_t bytes, bool sealed, bool zeroed);
  void release(const format::Extent &extent);  // frees, or abandons what is this transaction's own

  // ---- the catalogue. All reserve before they change anything.
  unsigned pages_for(unsigned changes) const { return changes * (2 * (root.height + 1) + 3); }
  Status put(const std::vector<std::byte> &key, Bytes value);
  Status erase(const std::vector<std::byte> &key);
  Status put_object(const format::Object &object);
  Status remove_object(const format::Object &object);
  Status remove_all_metadata(std::uint64_t object);
  // Runs a change of several steps; a failure after the first edit leaves the transaction broken.
  template <class Change>
  Status all_or_broken(Change &&change) {
    broken = true;
    DELTOS_TRY(change());
    broken = false;
    return write_early();
  }

  // Writes all dirty pages and reads them back through the mapping.
  Status write_pages();
  Status write_early();
  void finish_commit();  // after publication: what was freed is given back
  void finish_abort();
  void unlock_seals();

 private:
  std::size_t dirty_pages_ = 0;
  std::byte *add_page(std::uint64_t block);
  Result<format::Extent> spilled_extent(const std::vector<std::byte> &key);
};

// Whether two records describe the very same stored content.
bool same_content(const format::Object &a, const format::Object &b);

}  // namespace deltos::store
