#include "store/array_stored.hpp"

#include <algorithm>
#include <cstring>

#include "store/catalogue.hpp"
#include "store/snapshot.hpp"
#include "store/transaction_state.hpp"
#include "store/writer.hpp"

namespace deltos::store {
namespace {

using ull = unsigned long long;
using format::kBlockBytes;
constexpr unsigned kLockTries = 1000;  // while another thread is just letting go of the same blocks

std::array<std::uint64_t, 2> this_boot() {
  std::array<std::uint64_t, 2> words;
  std::memcpy(words.data(), os::boot_id().data(), sizeof words);
  return words;
}

bool is_alive(const format::ArrayControl &control, const os::FileInfo &file) {
  return control.boot_id == this_boot() && control.device == file.device && control.inode == file.inode;
}

bool refused(Code code) { return code == Code::no_space || code == Code::limit || code == Code::address_space; }

os::Protection protection_of(Mode mode) {
  return mode == Mode::read ? os::Protection::read : os::Protection::read_write;
}

Result<RangeTicket> lock_patiently(StorageState &state, std::uint64_t offset, std::uint64_t bytes, bool writable) {
  const std::uint64_t first = offset / kBlockBytes, blocks = (offset + bytes - 1) / kBlockBytes - first + 1;
  for (unsigned i = 0; i < kLockTries; ++i) {
    DELTOS_ASSIGN(const RangeTicket ticket, state.locks->lock_range(first, blocks, writable));
    if (ticket.kind != RangeTicket::Kind::keep_pin) return ticket;
    state.locks->unlock_range(ticket);
  }
  return fail(Code::busy, "%s is just being released by another thread; try again", state.label.c_str());
}

}  // namespace

// Counts as a view of the storage, too, so that it does not close.
class StoredArray::View final : public ArrayExport {
 public:
  View(std::shared_ptr<ArrayHome> home, std::shared_ptr<os::Mapping> window, std::shared_ptr<Export> exported)
      : ArrayExport(std::move(home), std::move(window), exported->data(), exported->bytes()),
        exported_(std::move(exported)) {}

 private:
  std::shared_ptr<Export> exported_;
};

StoredArray::StoredArray(const std::shared_ptr<Storage> &storage, const ObjectRef &ref, const ArrayOptions &options)
    : ArrayHome("array " + quoted(ref.record().name)),
      storage_(storage),
      snapshot_(ref.snapshot_),
      options_(options),
      record_(ref.record()),
      chunks_(record_.extents.begin() + 1, record_.extents.end()),
      committed_chunks_(chunks_.size()) {
  if (const auto transaction = ref.transaction_.lock(); transaction && transaction->open()) {
    if (payload_extent(record_)->transaction == transaction->state().number) own_ = transaction->state().number;
  }
}

StoredArray::~StoredArray() {
  const auto storage = storage_.lock();
  if (storage && control_lock_.kind == RangeTicket::Kind::locked) storage->state().locks->unlock_range(control_lock_);
}

std::uint64_t StoredArray::planned() const {
  std::uint64_t bytes = 0;
  for (const format::Extent &chunk : chunks_) bytes += chunk.bytes;
  return bytes;
}

bool StoredArray::shows(const format::Object &record) const { return !dead_ && same_content(record_, record); }

bool StoredArray::writable() const {
  const auto storage = storage_.lock();
  return storage && !dead_ && (storage->mode() == Mode::write || storage->mode() == Mode::in_place);
}

Result<int> StoredArray::descriptor() const {
  return fail(Code::unsupported, "%s lies in a storage; pass the descriptor of that on", label_.c_str());
}

// ---- opening
// ---------------------------------------------------------------------------------------------------------------

Status StoredArray::open() {
  DELTOS_ASSIGN(const auto storage, [&]() -> Result<std::shared_ptr<Storage>> {
    auto locked = storage_.lock();
    if (!locked) return fail(Code::closed, "the storage of %s has been closed", label_.c_str());
    return locked;
  }());
  own_word_ = record_.payload_bytes;
  return storage->mode() == Mode::immutable ? open_fixed(storage->state()) : open_live(storage);
}

// Bytes that nobody changes: one chunk is shown as it lies, several are copied together.
Status StoredArray::open_fixed(StorageState &state) {
  const auto all = state.current_mapping();
  for (const format::Extent &chunk : chunks_) {
    if (!within(chunk.offset, chunk.bytes, all->bytes()))
      return fail(Code::corrupt, "%s lies beyond the end of the file", label_.c_str());
  }
  if (chunks_.size() == 1) {
    window_ = all;
    data_.store(all->data() + chunks_[0].offset, std::memory_order_relaxed);
  } else {
    DELTOS_ASSIGN(window_, os::Mapping::anonymous(planned()));
    std::byte *at = window_->data();
    for (const format::Extent &chunk : chunks_) {
      std::memcpy(at, all->data() + chunk.offset, chunk.bytes);
      at += chunk.bytes;
    }
    data_.store(window_->data(), std::memory_order_relaxed);
  }
  shown_ = chunks_.size();
  room_.store(planned(), std::memory_order_release);
  return {};
}

Status StoredArray::open_live(const std::shared_ptr<Storage> &storage) {
  StorageState &state = storage->state();
  DELTOS_TRY(lock_control(state));
  const Status current = check_current(storage);
  if (!current.ok() && current.code() != Code::stale)
    return fail(current.code(), "%s", current.error().message.c_str());
  if (!current.ok()) dead_ = true;
  DELTOS_TRY(show_chunks(state));
  if (dead_) return {};
  return take_length(state);
}

// For as long as the length is looked at, its block is not used for anything else.
Status StoredArray::lock_control(StorageState &state) {
  const format::Extent &control = record_.extents[0];
  DELTOS_ASSIGN(control_mapping_, state.mapping_for((control.offset + control.bytes + kBlockBytes - 1) / kBlockBytes));
  DELTOS_ASSIGN(control_lock_, lock_patiently(state, control.offset, control.bytes, false));
  return {};
}

Status StoredArray::take_length(StorageState &state) {
  auto *const control = reinterpret_cast<format::ArrayControl *>(control_mapping_->data() + record_.extents[0].offset);
  const bool alive = is_alive(*control, state.file_info);
  if (state.options.mode == Mode::write) {
    std::uint64_t length = record_.payload_bytes;
    if (alive) length = std::min(std::atomic_ref(control->length).load(std::memory_order_acquire), room());
    std::atomic_ref(control->length).store(length - length % record_.item_bytes, std::memory_order_release);
    control->device = state.file_info.device;
    control->inode = state.file_info.inode;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    control->boot_id = this_boot();
    limit_.store(room(), std::memory_order_relaxed);
  } else if (!alive) {
    return {};  // nobody has appended since the machine was started
  }
  word_.store(&control->length, std::memory_order_release);
  return {};
}

// Brings chunks that are not shown yet into the window; a larger window takes its place where they do not fit.
Status StoredArray::show_chunks(StorageState &state) {
  const os::Protection protection = protection_of(state.options.mode);
  const std::uint64_t all = planned();
  if (window_ == nullptr || all > window_->reserved_bytes()) {
    std::uint64_t wanted = all;
    if (state.options.mode == Mode::write) wanted = array_window_bytes(all, options_.window_bytes);
    DELTOS_ASSIGN(auto plain, reserve_array_window(state.file(), wanted, all, 0, protection));
    for (const format::Extent &chunk : chunks_)
      DELTOS_TRY(plain->append(state.file(), chunk.offset, chunk.bytes, protection));
    DELTOS_ASSIGN(auto window, state.guarded(std::move(plain)));
    data_.store(window->data(), std::memory_order_relaxed);
    const std::lock_guard lock(window_mutex_);
    if (window_ != nullptr) earlier_.push_back(std::move(window_));
    window_ = std::move(window);
  } else {
    for (; shown_ < chunks_.size(); ++shown_)
      DELTOS_TRY(window_->append(state.file(), chunks_[shown_].offset, chunks_[shown_].bytes, protection));
  }
  shown_ = chunks_.size();
  room_.store(all, std::memory_order_release);
  return {};
}

// A writer may have come since, who keeps the length.
Result<bool> StoredArray::refresh() {
  const auto storage = storage_.lock();
  if (!storage) return fail(Code::closed, "the storage of %s has been closed", label_.c_str());
  const bool looks = storage->mode() == Mode::read || storage->mode() == Mode::in_place;
  if (dead_ || !looks || word_.load(std::memory_order_relaxed) != &own_word_) return false;
  const std::uint64_t before = length();
  DELTOS_TRY(take_length(storage->state()));
  return length() != before;
}

// ---- growing
// ---------------------------------------------------------------------------------------------------------------

Status StoredArray::check_appendable() {
  const auto storage = storage_.lock();
  if (!storage) return fail(Code::closed, "the storage of %s has been closed", label_.c_str());
  DELTOS_TRY(storage->state().check_open());
  if (storage->mode() != Mode::write)
    return fail(Code::readonly, "the storage of %s is not open for WRITE, so its length cannot change", label_.c_str());
  if (!dead_) return {};
  return fail(Code::stale, "%s has been deleted or replaced, or the transaction that made it was aborted",
              label_.c_str());
}

// Twice the room there is, or what is needed; a quarter more at least, so that the list of chunks suffices.
Status StoredArray::add_chunk(StorageState &state, std::uint64_t bytes) {
  const std::uint64_t room = planned();
  if (chunks_.size() + 1 >= format::kMaxExtents)
    return fail(Code::limit, "%s has %zu pieces already; compact the storage to bring them together", label_.c_str(),
                chunks_.size());
  const std::uint64_t needed = round_up(bytes - room, format::kRegionBytes);
  std::uint64_t wanted = std::max(needed, array_growth(room, bytes) - room);
  if (options_.max_bytes != 0)
    wanted = std::max(needed, std::min(wanted, round_up(options_.max_bytes - room, format::kRegionBytes)));
  Space &space = state.writer->space();
  chunks_.reserve(chunks_.size() + 1);
  auto place = space.allocate(wanted, false, format::kRegionBlocks);
  if (!place.ok() && refused(place.code()) && needed < wanted) {
    wanted = needed;
    place = space.allocate(wanted, false, format::kRegionBlocks);
  }
  if (!place.ok()) return std::move(place).error();
  chunks_.push_back({place->offset, wanted, 0});
  return {};
}

void StoredArray::drop_chunks(StorageState &state, std::size_t keep) {
  for (; chunks_.size() > keep; chunks_.pop_back())
    state.writer->space().abandon_extent(chunks_.back().offset, chunks_.back().bytes);
}

Status StoredArray::grow(std::uint64_t bytes) {
  DELTOS_TRY(check_appendable());
  if (bytes <= room()) return {};
  DELTOS_TRY(check_array_bytes(bytes, options_.max_bytes, label_));
  const auto storage = storage_.lock();
  StorageState &state = storage->state();
  const std::unique_lock use(state.transaction_use, std::try_to_lock);
  if (!use.owns_lock())
    return fail(Code::busy, "%s must grow while another thread is changing its storage; try again", label_.c_str());
  if (bytes > planned()) {
    bool open = false;
    {
      const std::lock_guard lock(state.transaction_mutex);
      open = state.transaction != nullptr;
    }
    std::shared_ptr<Transaction> own;
    if (!open) {
      DELTOS_ASSIGN(own, storage->begin_transaction());
    }
    const std::size_t before = chunks_.size();
    Status added = add_chunk(state, bytes);
    if (added.ok() && own) {
      auto done = own->commit(Durability::async);
      if (!done.ok()) {
        const bool certain = done.code() != Code::in_doubt && state.writer->check_usable().ok();
        if (certain) drop_chunks(state, before);
        added = std::move(done).error();
      }
    }
    if (!added.ok()) {
      if (own) own->abort();
      return added;
    }
  }
  DELTOS_TRY(show_chunks(state));
  limit_.store(room(), std::memory_order_relaxed);
  return {};
}

// Chunks behind the last element, with a commit of their own. Memory of views stays mapped.
Status StoredArray::give_back() {
  DELTOS_TRY(check_appendable());
  const auto storage = storage_.lock();
  StorageState &state = storage->state();
  const std::unique_lock use(state.transaction_use, std::try_to_lock);
  if (!use.owns_lock())
    return fail(Code::busy, "%s must change while another thread is changing its storage; try again", label_.c_str());
  std::uint64_t bytes = chunks_[0].bytes;
  std::size_t keep = 1;
  for (; keep < chunks_.size() && bytes < own_length(); ++keep) bytes += chunks_[keep].bytes;
  if (keep == chunks_.size()) return {};
  if (own_ != 0 || committed_chunks_ != chunks_.size())
    return fail(Code::busy, "%s has grown in the open transaction; commit it first", label_.c_str());
  DELTOS_TRY(check_others(bytes));
  DELTOS_ASSIGN(const auto own, storage->begin_transaction());
  const std::vector<format::Extent> before = chunks_;
  given_back_.assign(chunks_.begin() + static_cast<std::ptrdiff_t>(keep), chunks_.end());
  chunks_.resize(keep);
  committed_chunks_ = keep;
  auto done = own->commit(Durability::async);
  given_back_.clear();
  if (!done.ok()) {
    chunks_ = before;
    committed_chunks_ = before.size();
    own->abort();
    return std::move(done).error();
  }
  // A window is not cut: what is appended next goes into another.
  limit_.store(bytes, std::memory_order_relaxed);
  {
    const std::lock_guard lock(window_mutex_);
    earlier_.push_back(std::move(window_));
    window_ = nullptr;
  }
  shown_ = 0;
  Status shown = show_chunks(state);
  if (!shown.ok()) forbid();
  return shown;
}

Status StoredArray::flush(bool durable) {
  const auto storage = storage_.lock();
  if (!storage) return fail(Code::closed, "the storage of %s has been closed", label_.c_str());
  if (storage->mode() == Mode::in_place) return durable ? storage->sync() : storage->state().check_open();
  if (storage->mode() != Mode::write) return storage->state().check_open();
  DELTOS_TRY(check_appendable());
  StorageState &state = storage->state();
  {
    const std::lock_guard lock(state.transaction_mutex);
    if (state.transaction != nullptr) return {};  // its commit carries the length
  }
  DELTOS_ASSIGN(const auto own, storage->begin_transaction());
  auto done = own->commit(durable ? Durability::sync : Durability::async);
  if (done.ok()) return {};
  own->abort();
  return std::move(done).error();
}

// ---- the transaction's
// ---------------------------------------------------------------------------------------------------------------

Status StoredArray::carry(TransactionState &transaction) {
  if (dead_) return {};
  DELTOS_ASSIGN(const auto now, find_object(transaction.scope(), record_.id));
  leaving_ = !now || !same_content(*now, record_);
  if (leaving_) return {};
  std::uint64_t length = 0, room = planned();
  length = std::min(own_length(), room);
  length -= length % record_.item_bytes;
  const bool same_room = now->extents.size() == chunks_.size() + 1;
  if (same_room && now->payload_bytes == length) return {};
  format::Object changed = *now;
  changed.extents.resize(1);
  for (const format::Extent &chunk : chunks_) {
    changed.extents.push_back(chunk);
    if (chunk.transaction == 0) changed.extents.back().transaction = transaction.number;
  }
  changed.payload_bytes = length;
  changed.shape = {static_cast<std::int64_t>(length / record_.item_bytes)};
  changed.changed = transaction.number;
  Status put = transaction.all_or_nothing(Steps::one, Purpose::removal, [&]() -> Status {
    DELTOS_TRY(transaction.put_object(changed, given_back_.size()));
    for (const format::Extent &gone : given_back_) transaction.release(gone);
    return {};
  });
  // A length alone is not worth a commit that would make room: the word has it.
  if (!put.ok() && same_room && refused(put.code())) return {};
  return put;
}

void StoredArray::committed(std::uint64_t transaction) {
  if (dead_) return;
  if (leaving_) return die();
  own_ = 0;
  for (format::Extent &chunk : chunks_) {
    if (chunk.transaction == 0) chunk.transaction = transaction;
  }
  committed_chunks_ = chunks_.size();
}

bool StoredArray::aborted(std::uint64_t transaction) {
  if (dead_) return false;
  leaving_ = false;
  if (own_ == transaction) die();
  return !dead_ && committed_chunks_ != chunks_.size();
}

// Nobody appends any more. Views keep the memory.
void StoredArray::die() {
  forbid();
  dead_ = true;
  const auto storage = storage_.lock();
  if (!storage) return;
  StorageState &state = storage->state();
  if (state.writer->check_usable().ok()) drop_chunks(state, committed_chunks_);
  const std::shared_ptr<ArrayHome> self = shared_from_this();  // dropped outside the lock
  const std::lock_guard lock(state.arrays_mutex);
  std::erase_if(state.arrays, [&](const auto &array) { return array.get() == this; });
}

void StoredArray::storage_closed() { forbid(); }

// ---- views
// ---------------------------------------------------------------------------------------------------------------

Status StoredArray::check_others(std::uint64_t bytes) {
  const auto storage = storage_.lock();
  if (!storage) return fail(Code::closed, "the storage of %s has been closed", label_.c_str());
  const os::File &asking = storage->state().writer->second();
  std::uint64_t start = 0;
  for (const format::Extent &chunk : chunks_) {
    const std::uint64_t skipped = bytes > start ? round_up(std::min(bytes - start, chunk.bytes), kBlockBytes) : 0;
    start += chunk.bytes;
    if (skipped == chunk.bytes) continue;
    const std::uint64_t first = (chunk.offset + skipped) / kBlockBytes;
    DELTOS_ASSIGN(const os::LockConflict conflict,
                  asking.conflict(format::kLockWritable + first, (chunk.bytes - skipped) / kBlockBytes, true));
    if (conflict.found)
      return fail(Code::pinned,
                  "%s cannot be cut to %llu bytes: writable views, perhaps of another process, lie behind",
                  label_.c_str(), static_cast<ull>(bytes));
  }
  return {};
}

// That the record is still the published one, once its blocks are locked. stale.
Status StoredArray::check_current(const std::shared_ptr<Storage> &storage) const {
  if (dead_) return fail(Code::stale, "%s has been replaced or deleted since it was opened", label_.c_str());
  if (own_ != 0) return {};
  if (std::dynamic_pointer_cast<const PublishedSnapshot>(snapshot_.lock()) != nullptr) return {};
  DELTOS_ASSIGN(const auto newest, PublishedSnapshot::begin(storage, PinKind::call));
  DELTOS_ASSIGN(const auto now, newest->find_id(record_.id));
  if (now && same_content(*now, record_)) return {};
  return fail(Code::stale, "%s has been replaced or deleted since it was opened; refresh it or open it again",
              label_.c_str());
}

Result<std::vector<RangeTicket>> StoredArray::lock_chunks(StorageState &state, std::uint64_t bytes,
                                                          bool writable) const {
  std::vector<RangeTicket> tickets;
  tickets.reserve(chunks_.size());
  for (const format::Extent &chunk : chunks_) {
    if (bytes == 0) break;
    const std::uint64_t used = std::min(bytes, chunk.bytes);
    bytes -= used;
    auto ticket = lock_patiently(state, chunk.offset, used, writable);
    if (!ticket.ok()) {
      for (const RangeTicket &taken : tickets) state.locks->unlock_range(taken);
      return std::move(ticket).error();
    }
    tickets.push_back(*ticket);
  }
  return tickets;
}

Result<std::shared_ptr<ArrayExport>> StoredArray::export_bytes(bool writable) {
  const auto storage = storage_.lock();
  if (!storage) return fail(Code::closed, "the storage of %s has been closed", label_.c_str());
  StorageState &state = storage->state();
  DELTOS_TRY(state.check_open());
  if (state.options.sigbus_guard) os::rearm_sigbus_guard();
  if (writable && storage->mode() != Mode::write && storage->mode() != Mode::in_place)
    return fail(Code::readonly, "%s is open for reading only, so it cannot be exported writable", state.label.c_str());
  std::shared_ptr<os::Mapping> window;
  {
    const std::lock_guard lock(window_mutex_);
    window = window_;
  }
  if (window == nullptr)
    return fail(Code::address_space, "%s has no memory since it was shrunk; open it again", label_.c_str());
  auto ticket = std::make_unique<Export::Ticket>();
  ticket->object_id = record_.id;
  ticket->name = record_.name;
  const std::uint64_t bytes = length();
  DELTOS_ASSIGN(ticket->chunks, lock_chunks(state, bytes, writable));
  std::atomic_thread_fence(std::memory_order_seq_cst);
  Status current = check_current(storage);
  if (!current.ok()) {
    for (const RangeTicket &taken : ticket->chunks) state.locks->unlock_range(taken);
    return std::move(current).error();
  }
  std::byte *const data = window == state.current_mapping() ? this->data() : window->data();
  auto exported = ExportList::make(storage, window, data, std::min(bytes, length()), writable, std::move(ticket));
  return std::shared_ptr<ArrayExport>(
      std::make_shared<View>(shared_from_this(), std::move(window), std::move(exported)));
}

Result<std::shared_ptr<ArrayHome>> open_stored_array(const ObjectRef &ref, const ArrayOptions &options) {
  DELTOS_ASSIGN(const auto storage, ref.storage());
  StorageState &state = storage->state();
  const bool appends = storage->mode() == Mode::write;
  if (appends) {
    for (const auto &known : state.all_arrays()) {
      if (known->id() == ref.record().id && known->shows(ref.record())) return std::shared_ptr<ArrayHome>(known);
    }
  }
  auto array = std::make_shared<StoredArray>(storage, ref, options);
  DELTOS_TRY(array->open());
  if (appends && array->limit() != 0) {
    const std::lock_guard lock(state.arrays_mutex);
    state.arrays.push_back(array);
  }
  return std::shared_ptr<ArrayHome>(std::move(array));
}

}  // namespace deltos::store
