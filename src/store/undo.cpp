// One call of a transaction: what it did is kept, or taken back as if it had not been made. Neither needs memory.
#include "store/undo.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "store/transaction_state.hpp"

namespace deltos::store {

Attempt::Attempt(TransactionState *state, Steps steps, Purpose purpose)
    : use_(state->shared->transaction_use), state_(state->undo.active ? nullptr : state) {
  if (state_ != nullptr) state_->begin_call(steps, purpose);
}

Attempt::Attempt(TransactionState *state) : Attempt(state, Steps::many, Purpose::change) {}

Attempt::~Attempt() {
  if (state_ != nullptr) state_->take_back();
}

void Attempt::keep() noexcept {
  if (state_ != nullptr) state_->keep_call();
  state_ = nullptr;
}

void TransactionState::begin_call(Steps steps, Purpose purpose) {
  assert(!undo.active);
  undo.active = true;
  undo.copies = steps == Steps::many;
  undo.purpose = purpose;
  ++undo.call;
  undo.root = root;
  undo.object_count = object_count;
  undo.next_id = next_id;
  undo.written_bytes = written_bytes;
  undo.freed_pages = freed_pages.size();
  undo.freed_extents = freed_extents.size();
  undo.seal_locks = seal_locks.size();
  undo.dirty_pages = dirty_pages_;
}

void TransactionState::keep_call() noexcept {
  Space &space = writer->space();
  for (const PageTable::node_type &page : undo.discarded) space.abandon_page(page.key());
  for (const format::Extent &extent : undo.released) {
    allocated.erase(extent.offset);
    space.abandon_extent(extent.offset, extent.bytes);
  }
  for (PageTable::node_type &copy : undo.originals) shared->spare_pages.give_back(std::move(copy));
  undo.created.clear();
  undo.originals.clear();
  undo.loaded.clear();
  undo.discarded.clear();
  undo.allocated.clear();
  undo.released.clear();
  undo.maps.clear();
  undo.active = false;
}

void TransactionState::take_back() noexcept {
  Space &space = writer->space();
  for (PageTable::node_type &page : undo.discarded) pages.insert(std::move(page));
  for (const std::uint64_t block : undo.created) {
    if (pages.erase(block) != 0) space.abandon_page(block);
  }
  for (const PageTable::node_type &copy : undo.originals) {
    std::memcpy(pages.find(copy.key())->second->bytes, copy.mapped()->bytes, format::kBlockBytes);
  }
  for (const std::uint64_t block : undo.loaded) {
    if (const auto page = pages.find(block); page != pages.end()) page->second.reset();  // else created by this call
  }
  for (const format::Extent &extent : undo.allocated) {
    allocated.erase(extent.offset);
    space.abandon_extent(extent.offset, extent.bytes);
  }
  for (const Undo::Map &map : undo.maps) {
    if (map.known) {
      maps.by_id.find(map.id)->second = map.before;
    } else {
      maps.by_id.erase(map.id);
    }
  }
  freed_pages.resize(undo.freed_pages);
  freed_extents.resize(undo.freed_extents);
  unlock_seals_since(undo.seal_locks);
  root = undo.root;
  object_count = undo.object_count;
  next_id = undo.next_id;
  written_bytes = undo.written_bytes;
  dirty_pages_ = undo.dirty_pages;
  undo.discarded.clear();
  undo.released.clear();
  keep_call();
}

// Blocks that an earlier seal has locked, too, stay so.
void TransactionState::unlock_seals_since(std::size_t count) noexcept {
  for (; seal_locks.size() > count;) {
    const SealLock gone = seal_locks.back();
    seal_locks.pop_back();
    const std::uint64_t end = gone.first_block + gone.blocks;
    for (std::uint64_t from = gone.first_block; from < end;) {
      std::uint64_t until = end, locked_until = from;
      for (const SealLock &kept : seal_locks) {
        const std::uint64_t kept_end = kept.first_block + kept.blocks;
        if (kept.first_block <= from) locked_until = std::max(locked_until, kept_end);
        if (kept.first_block > from) until = std::min(until, kept.first_block);
      }
      if (locked_until > from) {
        from = locked_until;
        continue;
      }
      (void)writer->second().unlock(format::kLockWritable + from, until - from);
      from = until;
    }
  }
}

}  // namespace deltos::store
