// How a reader comes to a state of the storage: rule R1, and the mapping that goes with it.
#include <sys/mman.h>

#include <algorithm>

#include "format/validate.hpp"
#include "store/state.hpp"
#include "store/writer.hpp"

namespace deltos::store {
namespace {

using ull = unsigned long long;

// A ring entry can only be gone when 30 commits passed between two loads; a mailbox that stays unreadable while the
// number stands still is damaged.
constexpr unsigned kMaxStandstill = 1000;
constexpr unsigned kFirstLooks = 8;

PinnedRoot from_entry(const format::RingEntry &entry, std::uint64_t pin) {
  return PinnedRoot{
      entry.transaction,  Root{entry.root_block, entry.root_transaction, static_cast<std::uint32_t>(entry.height)},
      entry.file_blocks,  entry.next_id,
      entry.object_count, pin};
}

// With number `first` pinned: the newest that is published now.
Result<PinnedRoot> from_mailbox(StorageState &state, std::uint64_t first, std::uint64_t pin) {
  LiveCopy copy;
  std::uint64_t last = 0;
  for (unsigned standstill = 0; standstill < kMaxStandstill;) {
    DELTOS_ASSIGN(const Mailbox mailbox, state.look(&copy));
    const std::uint64_t transaction = mailbox.published();
    if (transaction >= first) {
      if (auto entry = mailbox.entry(transaction)) return from_entry(*entry, pin);
    }
    standstill = transaction == last ? standstill + 1 : 0;
    last = transaction;
  }
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
  LiveCopy copy;
  const auto mailbox = state.look(&copy, StorageState::Look::number);
  if (mailbox.ok() && !mailbox->alive()) return from_superblock(superblock, pin);
  // A writer has opened meanwhile; a pin taken for a slot says nothing about its numbers.
  state.locks->unpin(pin, kind);
  if (!mailbox.ok()) return mailbox.error();
  *alive = true;
  return PinnedRoot{};
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
  LiveCopy copy;
  DELTOS_ASSIGN(Mailbox mailbox, state.look(&copy, StorageState::Look::number));
  if (!mailbox.alive()) {
    bool alive = false;
    auto pinned = from_slots(state, kind, &alive);
    if (!alive) return pinned;
    DELTOS_ASSIGN(mailbox, state.look(&copy, StorageState::Look::number));
  }
  const std::uint64_t first = mailbox.published();
  DELTOS_ASSIGN(const std::uint64_t pin, state.locks->pin(first, kind));
  std::atomic_thread_fence(std::memory_order_seq_cst);
  auto pinned = from_mailbox(state, first, pin);
  if (!pinned.ok()) state.locks->unpin(pin, kind);
  return pinned;
}

std::optional<Newest> find_unpinned(StorageState &state, std::string_view name) {
  if (state.options.mode != Mode::read || !ReadPages::worth_it(state.first_pages)) return std::nullopt;
  LiveCopy copy;
  const auto mailbox = state.look(&copy);
  if (!mailbox.ok() || !mailbox->alive()) return std::nullopt;
  const auto entry = mailbox->entry(mailbox->published());
  const auto mapping = state.current_mapping();
  if (!entry || entry->file_blocks > mapping->bytes() / format::kBlockBytes) return std::nullopt;
  const PinnedRoot found = from_entry(*entry, 0);
  ProbedPages pages(state.file(), found.file_blocks, state.uuid_low, &state.first_pages);
  const auto id = pages.find(found.root, format::name_key(name));
  if (!id || id->spilled || id->bytes.size() != 8) return std::nullopt;
  const auto number = load<std::uint64_t>(id->bytes.data());
  const auto record = pages.find(found.root, format::object_key(number));
  if (!record || record->spilled) return std::nullopt;
  auto object = format::decode_object(record->bytes, number, found.file_blocks);
  if (!object.ok() || object->name != name || !state.check_whole().ok()) return std::nullopt;
  return Newest{found.transaction, std::move(object).value()};
}

void unpin(StorageState &state, const PinnedRoot &pinned, PinKind kind) {
  if (pinned.pin != 0) state.locks->unpin(pinned.pin, kind);
}

// A read sees what stores through a mapping have left: both are the kernel's one copy of the page. File systems on
// which they are not are refused.
Result<Mailbox> StorageState::look(LiveCopy *copy, Look what) {
  if (options.mode != Mode::read || first_looks.load(std::memory_order_relaxed) >= kFirstLooks) return mailbox;
  first_looks.fetch_add(1, std::memory_order_relaxed);
  const std::size_t bytes = what == Look::number ? offsetof(format::LivePage, ring) : sizeof copy->bytes;
  DELTOS_TRY(file().read({copy->bytes, bytes}, format::kLiveOffset));
  return Mailbox(copy->bytes, file_info);
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
  return os::guarded(std::move(plain), lost);
}

Result<std::shared_ptr<os::Mapping>> StorageState::map_file(std::uint64_t bytes, os::Protection protection) const {
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
