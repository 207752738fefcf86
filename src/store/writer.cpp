// The commit protocol and what Space asks of its host. Opening (recovery) is in recovery.cpp.
#include "store/writer.hpp"

#include <algorithm>
#include <cinttypes>
#include <utility>

#include "store/array_stored.hpp"
#include "store/pin_search.hpp"

namespace deltos::store {
namespace {

using ull = unsigned long long;
constexpr std::uint64_t kDefaultAutoSyncBytes = std::uint64_t{256} << 20;
constexpr std::int64_t kPathCheckIntervalNs = 1'000'000'000;
constexpr std::uint64_t kTrimBlocks = (std::uint64_t{1} << 20) / format::kBlockBytes;
constexpr unsigned kTrimEveryCommits = 8;  // spares work; safety does not rest on it (rule R8)
// Small: the page cache keeps together what one write brought, and every later write of a page goes over all of that.
constexpr std::uint64_t kZeroChunkBytes = 1 << 14;

}  // namespace

Writer::Writer(StorageState *state, os::File second) : state_(state), second_(std::move(second)) {
  os::register_fork_participant(this);
}

Writer::~Writer() { os::unregister_fork_participant(this); }

void Writer::before_fork() { state_->arrays_mutex.lock(); }
void Writer::after_fork_in_parent() { state_->arrays_mutex.unlock(); }

void Writer::after_fork_in_child() {
  for (const auto &array : state_->arrays) array->forbid();
  state_->arrays_mutex.unlock();
  forked_.store(true, std::memory_order_release);
  second_.close();
  replaced_lock_.close();
}

Status Writer::check_usable() const {
  if (failed_.load(std::memory_order_acquire)) {
    return fail(
        Code::io,
        "%s: a barrier failed earlier, so this handle takes no more changes; close it and open the storage for writing "
        "with REDIRTY",
        state_->label.c_str());
  }
  if (state_->mailbox.io_failed()) {
    return fail(Code::io,
                "%s: a barrier failed in another process; close this handle and open for writing with REDIRTY",
                state_->label.c_str());
  }
  return {};
}

Status Writer::check_path(bool now) {
  if (state_->path.empty() || !replacing_.empty()) return {};
  const std::int64_t time = os::monotonic_ns();
  if (!now && time - path_checked_ns_ < kPathCheckIntervalNs) return {};
  DELTOS_ASSIGN(const bool same, os::names_file(state_->path, state_->file_info));
  if (!same) {
    return fail(
        Code::replaced,
        "%s no longer leads to the file that was opened: it was replaced, moved or removed; nothing was made durable",
        state_->label.c_str());
  }
  DELTOS_ASSIGN(const os::FileInfo there, second_.info());
  const std::uint64_t needed = space_->file_blocks() * format::kBlockBytes;
  if (there.bytes < needed) {
    return fail(Code::io,
                "%s has %llu bytes of the %llu that it needs: somebody cut it short; nothing was made durable",
                state_->label.c_str(), static_cast<ull>(there.bytes), static_cast<ull>(needed));
  }
  path_checked_ns_ = time;
  return {};
}

// ---- publishing
// ------------------------------------------------------------------------------------------------------------

Status Writer::fail_for_good(Error error) {
  failed_.store(true, std::memory_order_release);
  state_->mailbox.set_io_failed(true);
  return error;
}

Status Writer::barrier() {
  Status synced = second_.sync_data();
  if (synced.ok()) return {};
  Error error = std::move(synced).error();
  error.code = Code::io;
  return fail_for_good(std::move(error));
}

format::Superblock Writer::superblock(const Commit &commit, std::uint64_t transaction, bool weak) const {
  format::Superblock superblock =
      superblock_of({transaction, commit.root, space_->file_blocks(), commit.next_id, commit.object_count},
                    state_->header.uuid, space_->zones());
  superblock.previous_strong = previous_strong_;
  if (weak) {
    superblock.flags = format::kSuperblockWeak;
    superblock.boot_id = os::boot_id();
    superblock.device = state_->file_info.device;
    superblock.inode = state_->file_info.inode;
  }
  return superblock;
}

format::RingEntry Writer::ring_entry(const Commit &commit, std::uint64_t transaction) const {
  format::RingEntry entry{};
  entry.transaction = transaction;
  entry.root_block = commit.root.block;
  entry.root_transaction = commit.root.transaction;
  entry.height = commit.root.height;
  entry.file_blocks = space_->file_blocks();
  entry.next_id = commit.next_id;
  entry.object_count = commit.object_count;
  format::seal_ring_entry(&entry);
  return entry;
}

void Writer::now_published(const Commit &commit, std::uint64_t transaction) {
  state_->mailbox.publish(ring_entry(commit, transaction));
  root_ = commit.root;
  object_count_ = commit.object_count;
  next_id_ = std::max(next_id_, commit.next_id);
  published_.store(transaction);
  space_->set_strong(durable_transaction_, pending_transaction_);
}

void Writer::note_usage() {
  const SpaceUsage usage = space_->usage();
  const std::lock_guard lock(usage_mutex_);
  usage_ = usage;
}

SpaceUsage Writer::published_usage() const {
  const std::lock_guard lock(usage_mutex_);
  return usage_;
}

void Writer::resign() {
  failed_.store(true, std::memory_order_release);
  if (forked()) return;
  state_->mailbox.set_writer_pid(0);
  second_.close();
  replaced_lock_.close();
}

// Written, not only allocated: the first write into an unwritten block costs the file system a journal commit. What a
// transaction has filled by now, which may be all of it, is spared that.
Status Writer::write_new_zones() {
  std::vector<Run> unused;
  for (const Run &zone : new_zones_)
    space_->ready_page_runs().for_each_in(zone, [&](Run run) { unused.push_back(run); });
  const std::vector<std::byte> zeros(unused.empty() ? 0 : kZeroChunkBytes);
  for (const Run &run : unused) {
    const std::uint64_t end = run.end() * format::kBlockBytes;
    DELTOS_TRY(second_.check_limit(end));
    for (std::uint64_t at = run.first * format::kBlockBytes; at < end; at += zeros.size())
      DELTOS_TRY(second_.write_below(Bytes(zeros).first(std::min<std::uint64_t>(zeros.size(), end - at)), at));
  }
  new_zones_.clear();
  return {};
}

Status Writer::publish(const Commit &commit, Durability durability) {
  const std::uint64_t transaction = next_transaction();
  if (transaction >= format::kMaxTransaction) {
    return fail(Code::limit, "%s has used up its %llu transaction numbers; copy it with compact_to",
                state_->label.c_str(), static_cast<ull>(format::kMaxTransaction));
  }
  DELTOS_TRY(write_new_zones());
  const std::uint64_t auto_sync =
      state_->options.auto_sync_bytes != 0 ? state_->options.auto_sync_bytes : kDefaultAutoSyncBytes;
  if (!replacing_.empty()) durability = Durability::sync;  // a name is only given to what is on disk
  if (durability == Durability::async && unsynced_bytes_.load() + commit.written_bytes >= auto_sync)
    durability = Durability::sync;
  // Removals have used of what is left for them: only a barrier gives that back where there is no room for more.
  if (space_->ready_pages() < kPagesForRemovals) durability = Durability::sync;

  if (durability == Durability::async) {
    if (Status written = write_slot_below(second_, weak_slot_, superblock(commit, transaction, true)); !written.ok()) {
      Error error = std::move(written).error();
      error.code = Code::in_doubt;
      return fail_for_good(std::move(error));
    }
    weak_slot_ = weak_slot_ == format::kSlotW0 ? format::kSlotW1 : format::kSlotW0;
    unsynced_bytes_.fetch_add(std::max<std::uint64_t>(commit.written_bytes, 1));
    now_published(commit, transaction);
    return {};
  }
  return publish_strong(commit, transaction, durability);
}

// Barrier 1: all the new superblock will reach is on disk, and so is a superblock that LAZY left pending. Barrier 2: so
// is it.
Status Writer::publish_strong(const Commit &commit, std::uint64_t transaction, Durability durability) {
  DELTOS_TRY(barrier());
  if (pending_transaction_ != 0) {
    durable_slot_ = pending_slot_;
    durable_transaction_ = pending_transaction_;
    durable_.store(pending_transaction_);
    pending_transaction_ = 0;
  }
  const unsigned slot = durable_slot_ == format::kSlotA ? format::kSlotB : format::kSlotA;
  Status written = write_slot_below(second_, slot, superblock(commit, transaction, false));
  if (written.ok() && durability == Durability::sync) written = second_.sync_data();
  if (written.ok() && !replacing_.empty()) written = take_name();
  if (!written.ok()) {
    Error error = std::move(written).error();
    error.code = Code::in_doubt;
    error.message += "; the commit may or may not survive";
    return fail_for_good(std::move(error));
  }
  if (durability == Durability::sync) {
    durable_slot_ = slot;
    durable_transaction_ = transaction;
    durable_.store(transaction);
  } else {
    pending_slot_ = slot;
    pending_transaction_ = transaction;
  }
  previous_strong_ = transaction;
  unsynced_bytes_.store(0);
  now_published(commit, transaction);
  if (durability == Durability::sync && ++commits_since_trim_ >= kTrimEveryCommits) trim();
  return {};
}

Status Writer::sync() {
  DELTOS_TRY(check_usable());
  if (unsynced_bytes_.load() == 0) {
    DELTOS_TRY(barrier());
    if (pending_transaction_ != 0) {
      durable_slot_ = pending_slot_;
      durable_transaction_ = pending_transaction_;
      pending_transaction_ = 0;
      space_->set_strong(durable_transaction_, 0);
    }
    durable_.store(published());
    return {};
  }
  DELTOS_TRY(second_.check_limit(format::kFirstDataOffset));
  return publish({root_, object_count_, next_id_, 0}, Durability::sync);
}

Status Writer::sync_payload() {
  DELTOS_TRY(check_usable());
  if (unsynced_bytes_.load() != 0) {
    return fail(Code::busy,
                "%s: ASYNC commits wait to be made durable while a transaction is open; commit it with SYNC instead",
                state_->label.c_str());
  }
  return barrier();
}

void Writer::set_replacing(std::string path, os::File old_writer_lock) {
  replacing_ = std::move(path);
  replaced_lock_ = std::move(old_writer_lock);
}

// The new storage is durable as a file without a name; the rename makes it the one that the path leads to.
Status Writer::take_name() {
  const std::string temporary = temporary_name(replacing_);
  DELTOS_TRY(os::give_name(second_, temporary));
  if (Status renamed = os::rename_over(temporary, replacing_); !renamed.ok()) {
    (void)os::remove_file(temporary);
    return renamed;
  }
  DELTOS_TRY(os::sync_directory(replacing_));
  state_->path = std::exchange(replacing_, {});
  replaced_lock_.close();
  return {};
}

std::string temporary_name(const std::string &path) {
  const auto uuid = os::random_uuid();
  char suffix[24];
  std::snprintf(suffix, sizeof suffix, ".%02x%02x%02x%02x%02x%02x.new", uuid[0], uuid[1], uuid[2], uuid[3], uuid[4],
                uuid[5]);
  return path + suffix;
}

// Holes for free space. What goes wrong here costs disk space, nothing else.
void Writer::trim() {
  commits_since_trim_ = 0;
  const SpaceUsage usage = space_->usage();
  if (!state_->options.trim || usage.ready_blocks + usage.pending_blocks - usage.punched_blocks < kTrimBlocks) return;
  auto runs = space_->punchable(kTrimBlocks);
  if (!runs.ok()) return;
  for (const Space::Run &run : *runs) {
    if (!second_.punch(run.first * format::kBlockBytes, run.blocks * format::kBlockBytes).ok()) return;
    space_->mark_punched(run);
  }
}

// ---- SpaceHost
// -------------------------------------------------------------------------------------------------------------

// From 0 each time: a reader that is slow to lock pins a number below what an earlier search found.
Result<std::uint64_t> Writer::oldest_pin() { return store::oldest_pin(second_, 0, published()); }

Status Writer::for_each_unlocked(std::uint64_t first_block, std::uint64_t blocks,
                                 const std::function<void(std::uint64_t, std::uint64_t)> &part) {
  return store::for_each_unlocked(second_, first_block, blocks, part);
}

Status Writer::grow_file(std::uint64_t from_block, std::uint64_t to_block) {
  const std::uint64_t from = from_block * format::kBlockBytes, to = to_block * format::kBlockBytes;
  const std::uint64_t most = state_->options.max_file_bytes;
  if (to_block > format::kMaxBlocks || (most != 0 && to > most)) {
    return fail(Code::limit, "%s would grow to %llu bytes, beyond its limit of %llu", state_->label.c_str(),
                static_cast<ull>(to), static_cast<ull>(most != 0 ? most : format::kMaxBlocks * format::kBlockBytes));
  }
  os::Mapping &mapping = *state_->mapping;
  if (to > mapping.reserved_bytes()) {
    return fail(Code::address_space,
                "%s would grow to %llu bytes, beyond the %llu bytes of address space reserved when it was opened; open "
                "it with a "
                "larger reserve_bytes",
                state_->label.c_str(), static_cast<ull>(to), static_cast<ull>(mapping.reserved_bytes()));
  }
  if ((state_->header.compatible & format::kCompatibleSparse) != 0) {
    DELTOS_TRY(second_.resize(to));
  } else {
    DELTOS_TRY(second_.grow(from, to));
  }
  // Through the first description: a mapping keeps its description, and with it the WRITER lock, alive.
  return mapping.extend(state_->file(), to, os::Protection::read_write);
}

Status Writer::refill(std::uint64_t first_block, std::uint64_t blocks) {
  return second_.allocate(first_block * format::kBlockBytes, blocks * format::kBlockBytes);
}

Status Writer::prepare_zone(std::uint64_t first_block, std::uint64_t blocks) {
  new_zones_.push_back({first_block, blocks});
  return state_->mapping->protect(first_block * format::kBlockBytes, blocks * format::kBlockBytes,
                                  os::Protection::read);
}

}  // namespace deltos::store
