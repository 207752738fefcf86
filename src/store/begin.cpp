// How a reader comes to a state of the storage: rule R1, and the mapping that goes with it.
#include <sys/mman.h>

#include <algorithm>

#include "store/state.hpp"
#include "store/writer.hpp"

namespace deltos::store {
namespace {

using ull = unsigned long long;

// A ring entry can only be gone when 30 commits passed between two loads; a mailbox that stays unreadable while the
// number stands still is damaged.
constexpr unsigned kMaxStandstill = 1000;

Result<PinnedRoot> from_mailbox(StorageState &state, PinKind kind) {
  const std::uint64_t first = state.mailbox.published();
  DELTOS_ASSIGN(const std::uint64_t pin, state.locks->pin(first, kind));
  std::atomic_thread_fence(std::memory_order_seq_cst);
  std::uint64_t last = 0;
  for (unsigned standstill = 0; standstill < kMaxStandstill;) {
    const std::uint64_t transaction = state.mailbox.published();
    if (transaction >= first) {
      if (auto entry = state.mailbox.entry(transaction)) {
        return PinnedRoot{transaction,
                          Root{entry->root_block, entry->root_transaction, static_cast<std::uint32_t>(entry->height)},
                          entry->file_blocks,
                          entry->next_id,
                          entry->object_count,
                          pin};
      }
    }
    standstill = transaction == last ? standstill + 1 : 0;
    last = transaction;
  }
  state.locks->unpin(pin, kind);
  return fail(Code::corrupt, "%s: the live page names transaction %llu but holds no root for it", state.label.c_str(),
              static_cast<ull>(last));
}

PinnedRoot from_superblock(const format::Superblock &superblock, std::uint64_t pin) {
  return PinnedRoot{
      superblock.transaction,  Root{superblock.root_block, superblock.root_transaction, superblock.height},
      superblock.file_blocks,  superblock.next_id,
      superblock.object_count, pin};
}

Result<PinnedRoot> from_slots(StorageState &state, PinKind kind, bool *alive) {
  *alive = false;
  DELTOS_ASSIGN(const Slots slots, read_slots(state.file(), 0, state.header.uuid, state.file_info, true));
  const auto best = slots.newest();
  if (!best) return fail(Code::corrupt, "%s: no whole superblock is left", state.label.c_str());
  const format::Superblock &superblock = *slots.found[*best];
  DELTOS_ASSIGN(const std::uint64_t pin, state.locks->pin(superblock.transaction, kind));
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (state.mailbox.alive()) {  // a writer has opened meanwhile; a pin taken for a slot says nothing about its numbers
    state.locks->unpin(pin, kind);
    *alive = true;
    return PinnedRoot{};
  }
  return from_superblock(superblock, pin);
}

}  // namespace

format::Superblock superblock_of(const PinnedRoot &state, const format::Uuid &uuid,
                                 std::span<const format::Zone> zones) {
  format::Superblock superblock{};
  superblock.magic = format::kSuperblockMagic;
  superblock.transaction = state.transaction;
  superblock.root_block = state.root.block;
  superblock.root_transaction = state.root.transaction;
  superblock.height = state.root.height;
  superblock.file_blocks = state.file_blocks;
  superblock.next_id = state.next_id;
  superblock.object_count = state.object_count;
  superblock.commit_ns = os::now_ns();
  superblock.uuid = uuid;
  superblock.zone_count = static_cast<std::uint32_t>(zones.size());
  std::copy(zones.begin(), zones.end(), superblock.zones.begin());
  return superblock;
}

Result<PinnedRoot> pin_newest(StorageState &state, PinKind kind) {
  if (state.options.mode == Mode::immutable) {
    const auto best = state.slots.newest();
    return from_superblock(*state.slots.found[*best], 0);
  }
  if (!state.mailbox.alive()) {
    bool alive = false;
    auto pinned = from_slots(state, kind, &alive);
    if (!alive) return pinned;
  }
  return from_mailbox(state, kind);
}

void unpin(StorageState &state, const PinnedRoot &pinned, PinKind kind) {
  if (pinned.pin != 0) state.locks->unpin(pinned.pin, kind);
}

std::shared_ptr<os::Mapping> StorageState::current_mapping() const {
  const std::lock_guard lock(mapping_mutex);
  return mapping;
}

Status StorageState::check_whole() const {
  if (!lost->load(std::memory_order_acquire)) return {};
  return fail(
      Code::io,
      "%s: parts of the file vanished while it was mapped (cut short by somebody, or its disk failed); close it",
      label.c_str());
}

Status StorageState::check_open() const {
  if (closed.load(std::memory_order_acquire)) return fail(Code::closed, "%s has been closed", label.c_str());
  DELTOS_TRY(check_whole());
  return check_not_forked();
}

Status StorageState::check_not_forked() const {
  if (writer && writer->forked()) {
    return fail(Code::forked, "%s was opened for writing before this process was forked; open it again here",
                label.c_str());
  }
  if (!locks->usable()) {
    return fail(Code::forked, "%s could not be carried over the fork; open it again here", label.c_str());
  }
  return {};
}

Result<std::shared_ptr<os::Mapping>> StorageState::guarded(std::shared_ptr<os::Mapping> plain) const {
  if (!options.sigbus_guard) return plain;
  auto both = std::make_shared<GuardedMapping>();
  both->mapping = std::move(plain);
  DELTOS_ASSIGN(both->guard, os::SigbusGuard::create(both->mapping, lost));
  os::Mapping *raw = both->mapping.get();
  return std::shared_ptr<os::Mapping>(std::move(both), raw);
}

Result<std::shared_ptr<os::Mapping>> StorageState::map_file(std::uint64_t bytes, os::Protection protection) {
  DELTOS_ASSIGN(auto plain, os::Mapping::map(file(), base, bytes, protection));
  return guarded(std::move(plain));
}

Result<std::shared_ptr<os::Mapping>> StorageState::mapping_for(std::uint64_t file_blocks) {
  const std::uint64_t needed = file_blocks * format::kBlockBytes;
  auto current = current_mapping();
  if (current && current->bytes() >= needed) return current;
  if (writer || !has_file || options.mode == Mode::immutable) {
    return fail(Code::corrupt, "%s: the storage says it has %llu bytes, but only %llu are there", label.c_str(),
                static_cast<ull>(needed), static_cast<ull>(current ? current->bytes() : 0));
  }
  DELTOS_ASSIGN(const os::FileInfo info, file().info());
  if (info.bytes < needed) {
    return fail(Code::corrupt, "%s: the storage says it has %llu bytes, but the file has %llu: it was cut short",
                label.c_str(), static_cast<ull>(needed), static_cast<ull>(info.bytes));
  }
  DELTOS_ASSIGN(auto larger, map_file(info.bytes / format::kBlockBytes * format::kBlockBytes, os::Protection::read));
  // The mailbox goes on looking into the first mapping, which live_mapping keeps.
  const std::lock_guard lock(mapping_mutex);
  if (!mapping || mapping->bytes() < larger->bytes()) mapping.swap(larger);
  return mapping;
}

}  // namespace deltos::store
