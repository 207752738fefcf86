#include "store/array_stored.hpp"

#include <algorithm>
#include <cstring>

#include "store/catalogue.hpp"
#include "store/own_transaction.hpp"
#include "store/snapshot.hpp"
#include "store/transaction_state.hpp"
#include "store/writer.hpp"

namespace deltos::store {
namespace {

using ull = unsigned long long;
using format::kBlockBytes;

std::uint64_t word(const std::uint64_t &of) {
  return __atomic_load_n(&of,
                         __ATOMIC_ACQUIRE);  // shared with other processes, perhaps in memory that cannot be written
}
void set_word(std::uint64_t &to, std::uint64_t value) { __atomic_store_n(&to, value, __ATOMIC_RELEASE); }

// Whose length it is: stored last, and looked at before the length.
bool is_alive(const format::ArrayControl &control, const os::FileInfo &file) {
  const std::array<std::uint64_t, 2> boot = this_boot();
  return word(control.boot_id[0]) == boot[0] && word(control.boot_id[1]) == boot[1] &&
         word(control.device) == file.device && word(control.inode) == file.inode;
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

// Several ranges, given back unless they are kept.
class Locked {
 public:
  explicit Locked(StorageState &state) : state_(state) {}
  ~Locked() {
    for (const RangeTicket &ticket : tickets_) state_.locks->unlock_range(ticket);
  }
  Locked(const Locked &) = delete;
  Locked &operator=(const Locked &) = delete;

  // The first bytes of what lies in the chunks.
  Status lock(std::span<const format::Extent> chunks, std::uint64_t bytes, bool writable) {
    tickets_.reserve(chunks.size());
    for (const format::Extent &chunk : chunks) {
      if (bytes == 0) break;
      const std::uint64_t used = std::min(bytes, chunk.bytes);
      bytes -= used;
      DELTOS_ASSIGN(const RangeTicket ticket, lock_patiently(state_, chunk.offset, used, writable));
      tickets_.push_back(ticket);
    }
    return {};
  }
  std::vector<RangeTicket> keep() { return std::exchange(tickets_, {}); }

 private:
  StorageState &state_;
  std::vector<RangeTicket> tickets_;
};

// Whether the record still has the first bytes where the chunks are.
bool leads_to(const format::Object &record, std::span<const format::Extent> chunks, std::uint64_t bytes) {
  for (std::size_t i = 0; i < chunks.size() && bytes != 0; ++i) {
    if (i + 1 >= record.extents.size()) return false;
    const format::Extent &now = record.extents[i + 1], &then = chunks[i];
    if (now.offset != then.offset || now.bytes != then.bytes || now.transaction != then.transaction) return false;
    bytes -= std::min(bytes, then.bytes);
  }
  return true;
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
    : ArrayHome("array " + in_quotes(ref.record().name)),
      storage_(storage),
      snapshot_(ref.snapshot_),
      options_(options),
      record_(ref.record()),
      committed_length_(record_.payload_bytes) {
  chunks_.reserve(format::kMaxExtents);
  held_.reserve(format::kMaxExtents);
  if (const auto transaction = ref.transaction_.lock(); transaction && transaction->open()) {
    if (payload_extent(record_)->transaction == transaction->state().number) own_ = transaction->state().number;
  }
}

StoredArray::~StoredArray() {
  const auto storage = storage_.lock();
  if (!storage) return;
  let_go(storage->state(), 0);
  storage->state().locks->unlock_range(control_lock_);
}

std::uint64_t StoredArray::planned() const {
  std::uint64_t bytes = 0;
  for (const format::Extent &chunk : chunks_) bytes += chunk.bytes;
  return bytes;
}

Result<std::shared_ptr<Storage>> StoredArray::storage() const {
  if (auto locked = storage_.lock()) return locked;
  return fail(Code::closed, "the storage of %s has been closed", label_.c_str());
}

bool StoredArray::is_held() const {
  return std::dynamic_pointer_cast<const PublishedSnapshot>(snapshot_.lock()) != nullptr;
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
  DELTOS_ASSIGN(const auto storage, this->storage());
  if (storage->mode() != Mode::immutable) return open_live(storage);
  take_record(record_);
  return open_fixed(storage->state());
}

void StoredArray::take_record(const format::Object &record) {
  record_ = record;
  chunks_.assign(record_.extents.begin() + 1, record_.extents.end());
  committed_chunks_ = chunks_.size();
  own_word_ = record_.payload_bytes;
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
    std::uint64_t done = 0;
    for (const format::Extent &chunk : chunks_) {
      const std::uint64_t used = std::min(chunk.bytes, record_.payload_bytes - done);
      std::memcpy(window_->data() + done, all->data() + chunk.offset, used);
      done += used;
    }
    data_.store(window_->data(), std::memory_order_relaxed);
  }
  shown_ = chunks_.size();
  room_.store(planned(), std::memory_order_release);
  return {};
}

Status StoredArray::open_live(const std::shared_ptr<Storage> &storage) {
  StorageState &state = storage->state();
  take_record(record_);
  DELTOS_TRY(lock_control(state));
  DELTOS_TRY(take_newest(storage));
  DELTOS_TRY(show_chunks(state));
  if (!dead_ && state.options.mode != Mode::write) take_length(state);
  return {};
}

// The room that there is now. What a snapshot holds is shown as it was then, and never appended to.
Status StoredArray::take_newest(const std::shared_ptr<Storage> &storage) {
  if (own_ != 0) return {};
  const bool appends = storage->mode() == Mode::write;
  if (is_held() && !appends) return {};
  DELTOS_ASSIGN(const auto newest, PublishedSnapshot::begin(storage, PinKind::call));
  DELTOS_ASSIGN(const auto now, newest->find_id(record_.id));
  seen_ = newest->id();
  if (now && same_content(*now, record_)) {
    take_record(*now);
  } else {
    dead_ = true;
  }
  return {};
}

Result<std::shared_ptr<StoredArray>> StoredArray::enlist() {
  const auto storage = storage_.lock();
  const auto self = std::static_pointer_cast<StoredArray>(shared_from_this());
  if (!storage || dead_) return self;
  StorageState &state = storage->state();
  {
    const std::lock_guard lock(state.arrays_mutex);
    for (const auto &known : state.arrays) {
      if (known->shows(record_)) return known;
    }
    state.arrays.push_back(self);
    appends_ = true;
    take_length(state);
  }
  // A commit that has removed it meanwhile has not met it, or tells it itself.
  if (own_ != 0 || state.writer->published() == seen_) return self;
  DELTOS_ASSIGN(const auto newest, PublishedSnapshot::begin(storage, PinKind::call));
  DELTOS_ASSIGN(const auto now, newest->find_id(record_.id));
  if (now && same_content(*now, record_)) return self;
  forbid();
  dead_ = true;
  return self;
}

// For as long as the length is looked at, its block is not used for anything else.
Status StoredArray::lock_control(StorageState &state) {
  const format::Extent &control = record_.extents[0];
  DELTOS_ASSIGN(control_mapping_, state.mapping_for((control.offset + control.bytes + kBlockBytes - 1) / kBlockBytes));
  DELTOS_ASSIGN(control_lock_, lock_patiently(state, control.offset, control.bytes, false));
  return {};
}

void StoredArray::take_length(StorageState &state) {
  auto *const control = reinterpret_cast<format::ArrayControl *>(control_mapping_->data() + record_.extents[0].offset);
  const bool alive = is_alive(*control, state.file_info);
  if (!alive && !appends_) return;  // nobody has appended since the machine was started
  if (appends_) {
    std::uint64_t length = alive ? std::min(word(control->length), room()) : record_.payload_bytes;
    length -= length % record_.item_bytes;
    if (!alive) set_word(control->boot_id[0], 0);
    set_word(control->length, length);
    if (!alive) {
      const std::array<std::uint64_t, 2> boot = this_boot();
      set_word(control->device, state.file_info.device);
      set_word(control->inode, state.file_info.inode);
      set_word(control->boot_id[1], boot[1]);
      set_word(control->boot_id[0], boot[0]);
    }
    set_room(room());
  }
  word_.store(&control->length, std::memory_order_release);
}

void StoredArray::set_room(std::uint64_t bytes) {
  room_.store(bytes, std::memory_order_release);
  if (!appends_) return;
  limit_.store(options_.max_bytes == 0 ? bytes : std::min(bytes, options_.max_bytes), std::memory_order_relaxed);
}

// Brings chunks that are not shown yet into the window; a larger window takes its place where they do not fit.
Status StoredArray::show_chunks(StorageState &state) {
  const std::uint64_t all = planned();
  if (window_ == nullptr || window_is_cut_ || all > window_->reserved_bytes()) return show_in_new_window(state);
  for (; shown_ < chunks_.size(); ++shown_)
    DELTOS_TRY(window_->append(state.file(), chunks_[shown_].offset, chunks_[shown_].bytes,
                               protection_of(state.options.mode)));
  set_room(all);
  return {};
}

Status StoredArray::show_in_new_window(StorageState &state) {
  const os::Protection protection = protection_of(state.options.mode);
  const std::uint64_t all = planned();
  std::uint64_t wanted = all;
  if (state.options.mode == Mode::write) wanted = array_window_bytes(all, options_.window_bytes);
  DELTOS_ASSIGN(auto plain, reserve_array_window(state.file(), wanted, all, 0, protection));
  for (const format::Extent &chunk : chunks_)
    DELTOS_TRY(plain->append(state.file(), chunk.offset, chunk.bytes, protection));
  DELTOS_ASSIGN(auto window, state.guarded(std::move(plain)));
  earlier_.reserve(earlier_.size() + 1);
  data_.store(window->data(), std::memory_order_relaxed);
  {
    const std::lock_guard lock(window_mutex_);
    if (window_ != nullptr) earlier_.push_back(std::move(window_));
    window_ = std::move(window);
  }
  shown_ = chunks_.size();
  window_is_cut_ = false;
  set_room(all);
  return {};
}

// A writer may have come since, who keeps the length.
Result<bool> StoredArray::refresh() {
  DELTOS_ASSIGN(const auto storage, this->storage());
  const bool looks = storage->mode() == Mode::read || storage->mode() == Mode::in_place;
  if (dead_ || !looks || word_.load(std::memory_order_relaxed) != &own_word_) return false;
  const std::uint64_t before = length();
  take_length(storage->state());
  return length() != before;
}

// ---- growing
// ---------------------------------------------------------------------------------------------------------------

Status StoredArray::check_appendable() {
  DELTOS_ASSIGN(const auto storage, this->storage());
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
  auto place = space.allocate(wanted, false, format::kRegionBlocks);
  if (!place.ok() && refused(place.code()) && needed < wanted) {
    wanted = needed;
    place = space.allocate(wanted, false, format::kRegionBlocks);
  }
  if (!place.ok()) return std::move(place).error();
  {
    const std::lock_guard lock(window_mutex_);
    chunks_.push_back({place->offset, wanted, 0});
  }
  if (held_.empty()) return {};
  return hold();
}

void StoredArray::drop_chunks(StorageState &state, std::size_t keep) {
  for (std::size_t i = keep; i < chunks_.size(); ++i)
    state.writer->space().abandon_extent(chunks_[i].offset, chunks_[i].bytes);
  const std::lock_guard lock(window_mutex_);
  chunks_.resize(std::min(keep, chunks_.size()));
}

Status StoredArray::hold() {
  const auto storage = storage_.lock();
  if (!storage) return {};
  while (held_.size() < chunks_.size()) {
    const format::Extent &chunk = chunks_[held_.size()];
    DELTOS_ASSIGN(const RangeTicket ticket, lock_patiently(storage->state(), chunk.offset, chunk.bytes, false));
    held_.push_back(ticket);
  }
  return {};
}

void StoredArray::let_go(StorageState &state, std::size_t keep) {
  for (; held_.size() > keep; held_.pop_back()) state.locks->unlock_range(held_.back());
}

Status StoredArray::grow(std::uint64_t bytes) {
  DELTOS_TRY(check_appendable());
  DELTOS_TRY(check_array_bytes(bytes, options_.max_bytes, label_));
  if (bytes <= room()) return {};
  const auto storage = storage_.lock();
  StorageState &state = storage->state();
  const std::unique_lock use(state.transaction_use, std::try_to_lock);
  if (!use.owns_lock() || state.calling_out())
    return fail(Code::busy, "%s must grow while another call is changing its storage; try again", label_.c_str());
  DELTOS_TRY(state.writer->check_usable());
  if (bytes <= planned()) return show_chunks(state);
  OwnTransaction own;
  if (!state.in_transaction()) DELTOS_TRY(own.begin(*storage));
  const std::size_t before = chunks_.size();
  Status added = add_chunk(state, bytes);
  if (added.ok() && own.begun()) added = own.commit(Durability::async);
  if (added.ok()) return show_chunks(state);
  // Of a commit in doubt the chunk may be in the record; nothing is allocated any more then.
  if (state.writer->check_usable().ok()) drop_chunks(state, before);
  return added;
}

// Chunks that are to go; they come back unless that is kept.
class StoredArray::Cut {
 public:
  Cut(StoredArray &array, std::size_t keep) : array_(array), before_(array.chunks_) {
    const auto gone = before_.begin() + static_cast<std::ptrdiff_t>(keep);
    array_.given_back_.assign(gone, before_.end());
    set({before_.begin(), gone});
  }
  ~Cut() {
    array_.given_back_.clear();
    if (!kept_) set(before_);
  }
  Cut(const Cut &) = delete;
  Cut &operator=(const Cut &) = delete;
  void keep() { kept_ = true; }

 private:
  void set(std::span<const format::Extent> chunks) {
    const std::lock_guard lock(array_.window_mutex_);
    array_.chunks_.assign(chunks.begin(), chunks.end());
    array_.committed_chunks_ = chunks.size();
  }
  StoredArray &array_;
  const std::vector<format::Extent> before_;
  bool kept_ = false;
};

// Chunks behind the last element, with a commit of their own. Memory of views stays mapped.
Status StoredArray::give_back() {
  DELTOS_TRY(check_appendable());
  const auto storage = storage_.lock();
  StorageState &state = storage->state();
  const std::unique_lock use(state.transaction_use, std::try_to_lock);
  if (!use.owns_lock() || state.calling_out())
    return fail(Code::busy, "%s must change while another call is changing its storage; try again", label_.c_str());
  std::uint64_t bytes = chunks_[0].bytes;
  std::size_t keep = 1;
  for (; keep < chunks_.size() && bytes < own_length(); ++keep) bytes += chunks_[keep].bytes;
  if (keep == chunks_.size()) return {};
  if (own_ != 0 || committed_chunks_ != chunks_.size())
    return fail(Code::busy, "%s has grown, which is not committed yet; commit first", label_.c_str());
  DELTOS_TRY(check_others(bytes));
  OwnTransaction own;
  DELTOS_TRY(own.begin(*storage));
  {
    Cut cut(*this, keep);  // ends before the transaction does
    DELTOS_TRY(own.commit(Durability::async));
    cut.keep();
  }
  let_go(state, keep);
  // The window is not cut, as views show it; what is appended behind these chunks goes into another.
  window_is_cut_ = true;
  set_room(bytes);
  return {};
}

Status StoredArray::flush(bool durable) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  if (storage->mode() == Mode::in_place) return durable ? storage->sync() : storage->state().check_open();
  if (storage->mode() != Mode::write) return storage->state().check_open();
  DELTOS_TRY(check_appendable());
  if (storage->state().in_transaction()) return {};  // its commit carries the length
  OwnTransaction own;
  DELTOS_TRY(own.begin(*storage));
  return own.commit(durable ? Durability::sync : Durability::async);
}

// ---- the transaction's
// ---------------------------------------------------------------------------------------------------------------

Status StoredArray::carry(TransactionState &transaction) {
  if (dead_) return {};
  carried_ = transaction.number;
  DELTOS_ASSIGN(const auto now, find_object(transaction.scope(), record_.id));
  leaving_ = !now || !same_content(*now, record_);
  if (leaving_) return hold();
  std::uint64_t length = this->length();
  length -= length % record_.item_bytes;
  carried_length_ = length;
  const bool same_room = committed_chunks_ == chunks_.size() && given_back_.empty();
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
  if (!put.ok() && same_room && refused(put.code())) {
    carried_length_ = now->payload_bytes;
    return {};
  }
  return put;
}

void StoredArray::committed(TransactionState &transaction) noexcept {
  if (dead_) return;
  if (carried_ != transaction.number) {  // it was opened while the commit was under way
    try {
      const auto now = find_object(transaction.scope(), record_.id);
      leaving_ = !now.ok() || !*now || !same_content(**now, record_);
    } catch (const std::bad_alloc &) {
      leaving_ = true;  // not known: the commit is made, and must not fail any more
    }
  }
  if (leaving_) return die();
  own_ = 0;
  if (carried_ == transaction.number) committed_length_ = carried_length_;
  let_go(*transaction.shared, 0);
  const std::lock_guard lock(window_mutex_);
  for (format::Extent &chunk : chunks_) {
    if (chunk.transaction == 0) chunk.transaction = transaction.number;
  }
  committed_chunks_ = chunks_.size();
}

// The first chunk is just about to be free: what is being appended to it must do no harm.
void StoredArray::about_to_abort(std::uint64_t transaction) noexcept {
  if (dead_ || own_ != transaction) return;
  forbid();
  (void)hold();
}

bool StoredArray::aborted(std::uint64_t transaction) noexcept {
  if (dead_) return false;
  leaving_ = false;
  if (own_ == transaction) {
    die();
    return false;
  }
  if (const auto storage = storage_.lock()) let_go(storage->state(), 0);
  return committed_chunks_ != chunks_.size();
}

// Nobody appends any more. Views keep the memory; what somebody is just appending goes where it does no harm.
void StoredArray::die() {
  forbid();
  (void)hold();
  dead_ = true;
  const auto storage = storage_.lock();
  if (storage && storage->state().writer->check_usable().ok()) drop_chunks(storage->state(), committed_chunks_);
}

void StoredArray::storage_closed() { forbid(); }

// ---- views
// ---------------------------------------------------------------------------------------------------------------

Status StoredArray::check_others(std::uint64_t bytes) {
  DELTOS_ASSIGN(const auto storage, this->storage());
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

// How many of the bytes, whose blocks are locked by now, still are the array's. stale.
Result<std::uint64_t> StoredArray::still_there(const std::shared_ptr<Storage> &storage,
                                               std::span<const format::Extent> chunks, std::uint64_t bytes) const {
  if (appends_ && !dead_) return bytes;  // all changes of structure pass here
  DELTOS_ASSIGN(const auto newest, PublishedSnapshot::begin(storage, PinKind::call));
  DELTOS_ASSIGN(const auto now, newest->find_id(record_.id));
  if (now && same_content(*now, record_) && leads_to(*now, chunks, bytes)) return bytes;
  // A snapshot that lives holds what was there when it was taken.
  if (is_held()) return std::min(bytes, record_.payload_bytes);
  return fail(Code::stale, "%s has been replaced, deleted or shrunk since it was opened; refresh it or open it again",
              label_.c_str());
}

Result<std::shared_ptr<ArrayExport>> StoredArray::export_bytes(bool writable) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  StorageState &state = storage->state();
  DELTOS_TRY(state.check_open());
  if (state.options.sigbus_guard) os::rearm_sigbus_guard();
  if (writable && storage->mode() != Mode::write && storage->mode() != Mode::in_place)
    return fail(Code::readonly, "%s is open for reading only, so it cannot be exported writable", state.label.c_str());
  std::shared_ptr<os::Mapping> window;
  std::vector<format::Extent> chunks;
  chunks.reserve(format::kMaxExtents);
  {
    const std::lock_guard lock(window_mutex_);
    window = window_;
    chunks.assign(chunks_.begin(), chunks_.end());
  }
  // Another thread may have appended beyond this window since, into a larger one.
  const bool fixed = storage->mode() == Mode::immutable;
  const std::uint64_t bytes = std::min(length(), fixed ? room() : window->bytes());
  auto ticket = std::make_unique<Export::Ticket>();
  ticket->object_id = record_.id;
  ticket->name = record_.name;
  Locked locked(state);
  DELTOS_TRY(locked.lock(chunks, bytes, writable));
  std::atomic_thread_fence(std::memory_order_seq_cst);
  std::uint64_t shown = bytes;
  if (!fixed) {
    DELTOS_ASSIGN(shown, still_there(storage, chunks, bytes));
  }
  std::byte *const data = fixed ? this->data() : window->data();
  ticket->chunks = locked.keep();
  // Once more: a cut that has not seen the locks is seen here.
  auto exported = ExportList::make(storage, window, data, std::min(shown, length()), writable, std::move(ticket));
  return std::shared_ptr<ArrayExport>(
      std::make_shared<View>(shared_from_this(), std::move(window), std::move(exported)));
}

Result<std::shared_ptr<ArrayHome>> open_stored_array(const ObjectRef &ref, const ArrayOptions &options) {
  DELTOS_ASSIGN(const auto storage, ref.storage());
  StorageState &state = storage->state();
  const bool appends = storage->mode() == Mode::write;
  if (appends) {
    for (const auto &known : state.all_arrays()) {
      if (known->shows(ref.record())) return std::shared_ptr<ArrayHome>(known);
    }
  }
  const auto array = std::make_shared<StoredArray>(storage, ref, options);
  DELTOS_TRY(array->open());
  if (!appends) return std::shared_ptr<ArrayHome>(array);
  DELTOS_ASSIGN(auto appender, array->enlist());
  return std::shared_ptr<ArrayHome>(std::move(appender));
}

}  // namespace deltos::store
