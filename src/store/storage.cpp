#include "store/storage.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cinttypes>

#include "store/array_stored.hpp"
#include "store/catalogue.hpp"
#include "store/own_transaction.hpp"
#include "store/pin_search.hpp"
#include "store/snapshot.hpp"
#include "store/state.hpp"
#include "store/transaction_state.hpp"
#include "store/writer.hpp"

namespace deltos::store {

Storage::Storage(std::unique_ptr<StorageState> state) : state_(std::move(state)) {}
Storage::~Storage() = default;

bool StorageState::reserve_transaction() {
  const std::lock_guard lock(transaction_mutex);
  if (transaction || transaction_reserved) return false;
  return transaction_reserved = true;
}

void StorageState::give_up_transaction() {
  const std::lock_guard lock(transaction_mutex);
  transaction_reserved = false;
}

std::vector<std::shared_ptr<StoredArray>> StorageState::all_arrays() {
  const std::lock_guard lock(arrays_mutex);
  return arrays;
}

std::shared_ptr<StoredArray> StorageState::array_at(std::size_t index) {
  const std::lock_guard lock(arrays_mutex);
  return index < arrays.size() ? arrays[index] : nullptr;
}

void StorageState::forget_arrays() noexcept {
  for (;;) {
    std::shared_ptr<StoredArray> gone;  // dropped outside the lock
    const std::lock_guard lock(arrays_mutex);
    const auto found = std::find_if(arrays.begin(), arrays.end(), [](const std::shared_ptr<StoredArray> &array) {
      return array->dead() || (array.use_count() == 1 && array->settled());
    });
    if (found == arrays.end()) return;
    gone = std::move(*found);
    arrays.erase(found);
  }
}

bool StorageState::in_transaction() {
  const std::lock_guard lock(transaction_mutex);
  return transaction != nullptr;
}

// Writer first: it leaves the mailbox while that is still mapped.
StorageState::~StorageState() { writer.reset(); }

const std::string &Storage::path() const { return state_->path; }
const format::Uuid &Storage::uuid() const { return state_->header.uuid; }
Mode Storage::mode() const { return state_->options.mode; }
bool Storage::unaligned() const { return state_->unaligned; }

// ---- the end
// ---------------------------------------------------------------------------------------------------------------

namespace {

std::string alive_text(const std::vector<PinInfo> &pins) {
  constexpr std::size_t kNamed = 8;
  std::string text;
  for (std::size_t i = 0; i < pins.size() && i < kNamed; ++i) {
    text += (i == 0 ? "" : ", ") + in_quotes(pins[i].name) + " (" + std::to_string(pins[i].view_count) +
            (pins[i].writable ? " writable" : "") + (pins[i].view_count == 1 ? " view)" : " views)");
  }
  if (pins.size() > kNamed) text += " and " + std::to_string(pins.size() - kNamed) + " more";
  return text;
}

}  // namespace

Status Storage::close() {
  StorageState &state = *state_;
  if (state.closed.load(std::memory_order_acquire))
    return fail(Code::closed, "%s has been closed already", state.label.c_str());
  const bool forked = state.writer && state.writer->forked();
  if (!forked) {
    const std::lock_guard lock(state.transaction_mutex);
    if (state.transaction || state.transaction_reserved)
      return fail(Code::busy, "%s has an open transaction; commit or abort it first", state.label.c_str());
  }
  if (const auto pins = state.exports.describe(); !pins.empty()) {
    Error error = fail(Code::pinned, "%s cannot be closed while views of it are alive: %s; release them first",
                       state.label.c_str(), alive_text(pins).c_str());
    error.object_id = pins.front().object_id;
    return error;
  }
  if (!forked) DELTOS_TRY(save_lengths());
  detach();
  return {};
}

// What arrays have grown by since the last commit: the live word says it in this boot and in this file only, and a
// storage that was closed may be copied, or read after a restart (which an ASYNC commit would not outlive). Where
// nothing can be committed any more, that has been said already, and must not keep the storage open.
Status Storage::save_lengths() {
  const auto arrays = state_->all_arrays();
  if (std::none_of(arrays.begin(), arrays.end(), [](const auto &array) { return array->unsaved(); })) return {};
  OwnTransaction own;
  Status done = own.begin(*this);
  if (done.ok()) done = own.commit(Durability::lazy);
  if (done.ok()) return {};
  const bool for_good = done.code() == Code::io || done.code() == Code::in_doubt || done.code() == Code::replaced;
  return for_good ? Status() : Status(std::move(done).error());
}

void Storage::detach() {
  StorageState &state = *state_;
  if (state.closed.exchange(true)) return;
  std::shared_ptr<Transaction> last;
  {
    const std::lock_guard lock(state.transaction_mutex);
    last.swap(state.transaction);
  }
  if (last && !last->defer_abort()) last->state().finish_abort();
  for (const auto &array : state.all_arrays()) array->storage_closed();
  std::vector<std::shared_ptr<StoredArray>> arrays;  // dropped outside the lock
  {
    const std::lock_guard lock(state.arrays_mutex);
    arrays.swap(state.arrays);
  }
  // Nobody waits for a handle that lives on only for its views: the next writer may come.
  if (state.writer) state.writer->resign();
}

// ---- reading
// ---------------------------------------------------------------------------------------------------------------

Result<std::shared_ptr<const Snapshot>> Storage::begin_snapshot() {
  if (state_->options.sigbus_guard) os::rearm_sigbus_guard();
  DELTOS_ASSIGN(auto snapshot, PublishedSnapshot::begin(shared_from_this(), PinKind::explicit_));
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

Status StorageState::check_named() const {
  if (!has_file || path.empty() || options.mode == Mode::immutable) return {};
  DELTOS_ASSIGN(const os::FileInfo info, file().info());
  if (info.links != 0) return {};
  return fail(Code::replaced,
              "%s has been replaced or removed; this handle keeps the old storage, open the path again for the new one",
              label.c_str());
}

Result<std::shared_ptr<const Snapshot>> Storage::newer_snapshot(const Snapshot &than) {
  StorageState &state = *state_;
  DELTOS_TRY(state.check_open());
  DELTOS_TRY(state.check_named());
  DELTOS_ASSIGN(const PinnedRoot pinned, pin_newest(state, PinKind::explicit_));
  if (pinned.transaction == than.id()) {
    unpin(state, pinned, PinKind::explicit_);
    return std::shared_ptr<const Snapshot>();
  }
  DELTOS_ASSIGN(auto snapshot, PublishedSnapshot::adopt(shared_from_this(), pinned, PinKind::explicit_));
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

// ---- changing
// --------------------------------------------------------------------------------------------------------------

Result<std::shared_ptr<Transaction>> Storage::begin_transaction() {
  StorageState &state = *state_;
  DELTOS_TRY(state.check_open());
  if (!state.writer) {
    return fail(Code::readonly, "%s is not open for writing", state.label.c_str());
  }
  DELTOS_TRY(state.writer->check_usable());
  if (state.options.sigbus_guard) os::rearm_sigbus_guard();
  if (!state.reserve_transaction()) {
    return fail(Code::busy, "%s has an open transaction already; only one at a time", state.label.c_str());
  }
  try {
    auto transaction =
        std::make_shared<Transaction>(std::make_unique<TransactionState>(shared_from_this(), state.writer.get()));
    const std::lock_guard lock(state.transaction_mutex);
    state.transaction_reserved = false;
    state.transaction = transaction;
    return transaction;
  } catch (...) {
    state.give_up_transaction();
    throw;
  }
}

Status Storage::sync() {
  StorageState &state = *state_;
  DELTOS_TRY(state.check_open());
  if (state.options.mode == Mode::in_place) {
    Status synced = state.file().sync_data();
    // The error has been reported to this process; the next opener would not hear of it.
    if (!synced.ok()) state.mailbox.set_io_failed(true);
    return synced;
  }
  if (!state.writer)
    return fail(Code::readonly, "%s is open for reading only; there is nothing to sync", state.label.c_str());
  if (!state.reserve_transaction()) return state.writer->sync_payload();
  Status synced = state.writer->check_path(true);
  if (synced.ok()) synced = state.writer->sync();
  state.give_up_transaction();
  return synced;
}

// ---- what there is to know
// --------------------------------------------------------------------------------------------------

bool Storage::compresses() const { return (state_->header.compatible & format::kCompatibleCompress) != 0; }

Result<StorageInfo> Storage::info() const {
  const StorageState &state = *state_;
  // Not all of check_open(): that memory was lost is one of the facts.
  if (state.closed.load()) return fail(Code::closed, "%s has been closed", state.label.c_str());
  DELTOS_TRY(state.check_not_forked());
  StorageInfo info{};
  info.mode = state.options.mode;
  info.uuid = state.header.uuid;
  info.format_major = state.header.major;
  info.format_minor = state.header.minor;
  info.sparse = (state.header.compatible & format::kCompatibleSparse) != 0;
  info.lost = state.lost->load();
  info.view_count = state.exports.view_count();
  info.snapshot_count = state.snapshots.load();
  if (info.lost) {  // what the rest would say is void
    DELTOS_ASSIGN(const os::FileInfo file, state.file().info());
    info.file_bytes = file.bytes;
    info.allocated_bytes = file.allocated_bytes;
    return info;
  }
  DELTOS_ASSIGN(const PinnedRoot newest, pin_newest(*state_, PinKind::call));
  unpin(*state_, newest, PinKind::call);
  info.transaction_id = newest.transaction;
  info.object_count = newest.object_count;
  info.oldest_pin = newest.transaction;
  info.durable_id = newest.transaction;
  info.file_bytes = info.allocated_bytes = newest.file_blocks * format::kBlockBytes;
  if (state.has_file) {
    DELTOS_ASSIGN(const os::FileInfo file, state.file().info());
    info.file_bytes = file.bytes;
    info.allocated_bytes = file.allocated_bytes;
  }
  if (state.options.mode == Mode::immutable) return info;
  info.io_failed = state.mailbox.io_failed();
  DELTOS_TRY(add_shared_info(newest, &info));
  return info;
}

// What only the lock table, the slots and the writer know.
Status Storage::add_shared_info(const PinnedRoot &newest, StorageInfo *info) const {
  const StorageState &state = *state_;
  DELTOS_ASSIGN(const os::File asking, state.file().reopen(0));
  DELTOS_ASSIGN(info->oldest_pin, oldest_pin(asking, 0, info->transaction_id));
  if (state.writer) {
    // A commit may have passed since the newest was looked for.
    info->durable_id = std::min(state.writer->durable(), info->transaction_id);
    const SpaceUsage usage = state.writer->published_usage();
    info->reusable_bytes = usage.ready_blocks * format::kBlockBytes;
    info->pending_bytes = usage.pending_blocks * format::kBlockBytes;
    info->live_bytes = (usage.file_blocks - usage.ready_blocks - usage.pending_blocks) * format::kBlockBytes;
    return {};
  }
  DELTOS_ASSIGN(const Slots slots, read_slots(state.file(), 0, state.header.uuid, state.file_info, true));
  if (const auto strong = slots.newest_strong()) {
    const format::Superblock &superblock = *slots.found[*strong];
    // A writer publishes what it finds under a number of its own.
    const Root root{superblock.root_block, superblock.root_transaction, superblock.height};
    const bool same = root == newest.root && superblock.next_id == newest.next_id;
    info->durable_id = same ? newest.transaction : std::min(superblock.transaction, newest.transaction);
  }
  return {};
}

Result<std::vector<PinInfo>> Storage::pins() const {
  if (state_->closed.load()) return fail(Code::closed, "%s has been closed", state_->label.c_str());
  return state_->exports.describe();
}

Result<int> Storage::descriptor() const {
  DELTOS_TRY(state_->check_open());
  if (!state_->has_file || state_->options.copy) {
    return fail(Code::unsupported, "%s lies in memory and has no descriptor", state_->label.c_str());
  }
  return state_->file().fd();
}

Status Storage::advise(const ObjectRef &object, int madvise_advice) {
  StorageState &state = *state_;
  DELTOS_TRY(state.check_open());
  const auto mapping = state.current_mapping();
  for (const format::Extent &part : object.record().extents) {
    if (within(part.offset, part.bytes, mapping->bytes())) mapping->advise(part.offset, part.bytes, madvise_advice);
  }
  return {};
}

}  // namespace deltos::store
