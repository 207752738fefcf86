#include "store/transaction.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstring>
#include <optional>

#include "format/array.hpp"
#include "store/array_stored.hpp"
#include "store/catalogue.hpp"
#include "store/filler.hpp"
#include "store/transaction_state.hpp"
#include "store/walk.hpp"

namespace deltos::store {

using format::Object;

Transaction::Transaction(std::unique_ptr<TransactionState> state) : state_(std::move(state)) {}
Transaction::~Transaction() { abort(); }

Result<std::shared_ptr<Storage>> Transaction::storage() const {
  auto storage = state_->storage.lock();
  if (!storage) return fail(Code::closed, "the storage of this transaction has been closed");
  DELTOS_TRY(storage->state().check_open());
  if (!state_->open) return fail(Code::stale, "the transaction is over");
  return storage;
}

std::shared_ptr<const Snapshot> Transaction::snapshot() const { return state_->view; }
bool Transaction::open() const { return state_->open; }

Result<std::uint64_t> Transaction::commit(Durability durability) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  Writer &writer = *state_->writer;
  StorageState &shared = storage->state();
  const std::lock_guard use(shared.transaction_use);
  DELTOS_TRY(writer.check_path(durability == Durability::sync));
  // What arrays and sorted maps add is taken back when the commit fails: the transaction is as it was, whatever is done
  // with it next.
  auto arrays = shared.all_arrays();
  std::optional<Attempt> carrying;
  if (!arrays.empty() || state_->has_changed_maps()) {
    DELTOS_TRY(state_->write_early());
    carrying.emplace(state_.get(), Steps::many, Purpose::removal);
  }
  for (const auto &array : arrays) DELTOS_TRY(array->carry(*state_));
  DELTOS_TRY(state_->put_map_records());
  // The first commit of a storage that replaces another takes the name, whatever is in it.
  const bool unchanged = state_->pages.empty() && state_->root == state_->first_root && !writer.replacing();
  if (unchanged) {
    if (durability != Durability::async) DELTOS_TRY(writer.sync());
  } else {
    DELTOS_TRY(state_->write_pages());
    state_->written_bytes += state_->pages.size() * format::kBlockBytes;
    DELTOS_TRY(
        writer.publish({state_->root, state_->object_count, state_->next_id, state_->written_bytes}, durability));
  }
  if (carrying) carrying->keep();
  state_->finish_commit();
  arrays.clear();
  shared.for_each_array([&](StoredArray &array) { array.committed(*state_); });
  shared.forget_arrays();
  const std::uint64_t id = writer.published();
  std::shared_ptr<Transaction> last;  // dropped outside the lock
  const std::lock_guard lock(storage->state().transaction_mutex);
  last.swap(storage->state().transaction);
  return id;
}

void Transaction::abort() noexcept {
  const auto storage = state_->storage.lock();
  if (!drop()) return;
  // Room that arrays have taken meanwhile is theirs all the same. Should that fail, the next commit carries it.
  std::shared_ptr<Transaction> own;
  try {
    if (auto begun = storage->begin_transaction(); begun.ok()) own = *std::move(begun);
    if (own != nullptr && own->commit(Durability::async).ok()) return;
  } catch (const std::bad_alloc &) {  // as above
  }
  if (own != nullptr) (void)own->drop();
}

bool Transaction::defer_abort() noexcept {
  auto before = StorageState::CallOut::running;
  std::atomic<StorageState::CallOut> &call_out = state_->shared->call_out;
  return call_out.compare_exchange_strong(before, StorageState::CallOut::abort_wanted) ||
         before == StorageState::CallOut::abort_wanted;
}

Status Transaction::still_there() const {
  if (state_->shared->closed.load()) return fail(Code::closed, "the storage was closed while the call was under way");
  if (state_->shared->call_out.load() != StorageState::CallOut::abort_wanted) return {};
  return fail(Code::stale, "the transaction was aborted while the call was under way");
}

Transaction::CallingOut::CallingOut(Transaction &transaction) : shared_(*transaction.state_->shared) {
  shared_.call_out.store(StorageState::CallOut::running);
}
Transaction::CallingOut::~CallingOut() {
  auto before = StorageState::CallOut::running;
  shared_.call_out.compare_exchange_strong(before, StorageState::CallOut::none);
}

Transaction::DeferredAbort::DeferredAbort(Transaction &transaction)
    : transaction_(transaction), storage_(transaction.state_->storage.lock()) {}
Transaction::DeferredAbort::~DeferredAbort() {
  if (storage_ == nullptr || transaction_.state_->undo.active) return;
  auto before = StorageState::CallOut::abort_wanted;
  if (storage_->state().call_out.compare_exchange_strong(before, StorageState::CallOut::none)) transaction_.abort();
}

// Says whether arrays have grown.
bool Transaction::drop() noexcept {
  if (!state_->open) return false;
  const auto storage = state_->storage.lock();
  if (!storage) {
    state_->open = false;
    return false;
  }
  if (defer_abort()) return false;
  StorageState &shared = storage->state();
  std::unique_lock use(shared.transaction_use, std::defer_lock);
  if (!state_->writer->forked()) use.lock();  // in the child of a fork nobody would ever let go of it
  const bool whole = !shared.closed.load() && !state_->writer->forked();
  if (whole) shared.for_each_array([&](StoredArray &array) { array.about_to_abort(state_->number); });
  state_->finish_abort();
  std::shared_ptr<Transaction> last;  // dropped outside the lock
  {
    const std::lock_guard lock(shared.transaction_mutex);
    if (shared.transaction.get() == this) last = std::move(shared.transaction);
  }
  if (!whole) return false;
  bool grown = false;
  shared.for_each_array([&](StoredArray &array) { grown = array.aborted(state_->number) || grown; });
  shared.forget_arrays();
  return grown;
}

Status Transaction::begin_attempt() {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  return state_->undo.active ? Status() : state_->write_early();
}

// ---- objects
// ---------------------------------------------------------------------------------------------------------------

namespace {

Status check_new(const NewObject &object) {
  if (object.kind == 0 || object.item_bytes == 0)
    return fail(Code::invalid, "an object needs a kind and items of at least one byte");
  if (object.shape.size() > static_cast<std::size_t>(format::kMaxDimensions)) {
    return fail(Code::limit, "%zu dimensions are more than %d", object.shape.size(), format::kMaxDimensions);
  }
  return {};
}

Object described(const NewObject &from, std::uint64_t id, std::string_view name, std::uint64_t transaction) {
  Object object;
  object.id = id;
  object.kind = from.kind;
  object.dtype = from.dtype;
  object.created = object.changed = transaction;
  object.item_bytes = from.item_bytes;
  object.payload_bytes = from.payload_bytes;
  object.shape = from.shape;
  object.format = from.format;
  object.name = name;
  return object;
}

Error no_such(std::string_view name) {
  return fail(Code::not_found, "there is no object called %s", in_quotes(name).c_str());
}

}  // namespace

NewObject new_like(const Object &object) {
  NewObject fresh;
  fresh.kind = object.kind;
  fresh.dtype = object.dtype;
  fresh.item_bytes = object.item_bytes;
  fresh.payload_bytes = object.payload_bytes;
  fresh.shape = object.shape;
  fresh.format = object.format;
  return fresh;
}

Status Transaction::check_free(std::string_view name) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  DELTOS_TRY(format::check_name(name));
  DELTOS_ASSIGN(const auto taken, find_id(state_->scope(), name));
  if (!taken) return {};
  return fail(Code::exists, "an object called %s exists already; delete it first, or choose another name",
              in_quotes(name).c_str());
}

Result<std::shared_ptr<ObjectRef>> Transaction::create(std::string_view name, const NewObject &object, bool zeroed) {
  DELTOS_TRY(check_free(name));
  DELTOS_TRY(check_new(object));
  return create_as(state_->next_id, name, object, zeroed);
}

Result<std::shared_ptr<ObjectRef>> Transaction::create_array(std::string_view name, const NewObject &object,
                                                             std::uint64_t room) {
  DELTOS_TRY(check_free(name));
  DELTOS_TRY(check_new(object));
  return create_array_as(state_->next_id, name, object, room);
}

Result<std::shared_ptr<ObjectRef>> Transaction::create_array_as(std::uint64_t id, std::string_view name,
                                                                const NewObject &object, std::uint64_t room) {
  return state_->all_or_nothing(Steps::many, Purpose::change, [&]() -> Result<std::shared_ptr<ObjectRef>> {
    Object record = described(object, id, name, state_->number);
    DELTOS_ASSIGN(const format::Extent control, state_->allocate(sizeof(format::ArrayControl), false, true));
    const std::uint64_t bytes = round_up(std::max<std::uint64_t>(room, 1), format::kRegionBytes);
    DELTOS_ASSIGN(const format::Extent chunk, state_->allocate(bytes, false, false, format::kRegionBlocks));
    record.extents = {control, chunk};
    DELTOS_TRY(enter(id, record));
    return own(std::move(record));
  });
}

Status Transaction::enter(std::uint64_t id, const Object &record) {
  DELTOS_TRY(state_->put_object(record));
  DELTOS_TRY(state_->put(format::name_key(record.name), std::as_bytes(std::span(&id, 1))));
  state_->next_id = std::max(state_->next_id, id + 1);
  ++state_->object_count;
  return {};
}

Result<std::shared_ptr<ObjectRef>> Transaction::create_as(std::uint64_t id, std::string_view name,
                                                          const NewObject &object, bool zeroed) {
  return state_->all_or_nothing(Steps::many, Purpose::change, [&]() -> Result<std::shared_ptr<ObjectRef>> {
    DELTOS_ASSIGN(const format::Extent payload, state_->allocate(object.payload_bytes, false, zeroed));
    Object record = described(object, id, name, state_->number);
    if (payload.bytes != 0) record.extents.push_back(payload);
    DELTOS_TRY(enter(id, record));
    return own(std::move(record));
  });
}

std::shared_ptr<ObjectRef> Transaction::own(Object record) {
  return std::make_shared<ObjectRef>(state_->storage, state_->view, weak_from_this(), std::move(record));
}

// The object as this transaction sees it now.
Result<Object> Transaction::current(const ObjectRef &ref) {
  DELTOS_ASSIGN(auto now, find_object(state_->scope(), ref.record().id));
  if (!now || !same_content(*now, ref.record())) {
    Error error = fail(Code::stale, "object %s has been replaced or deleted since it was opened",
                       in_quotes(ref.record().name).c_str());
    error.object_id = ref.record().id;
    return error;
  }
  return *std::move(now);
}

Result<std::shared_ptr<ObjectRef>> Transaction::replace(const ObjectRef &old, const NewObject &object, bool copy,
                                                        bool zeroed) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  DELTOS_TRY(check_new(object));
  DELTOS_ASSIGN(const Object before, current(old));
  if (copy && object.payload_bytes != before.payload_bytes) {
    return fail(Code::invalid, "a copy of %s has %" PRIu64 " bytes", in_quotes(before.name).c_str(),
                before.payload_bytes);
  }
  const Steps steps = before.kind == format::kKindSortedMap ? Steps::many : Steps::one;
  return state_->all_or_nothing(steps, Purpose::change, [&]() -> Result<std::shared_ptr<ObjectRef>> {
    DELTOS_ASSIGN(const format::Extent payload, state_->allocate(object.payload_bytes, false, zeroed && !copy));
    Object record = described(object, before.id, before.name, state_->number);
    record.created = before.created;
    if (payload.bytes != 0) record.extents.push_back(payload);
    if (copy && payload.bytes != 0) DELTOS_TRY(copy_payload(*payload_extent(before), payload));
    auto made = own(std::move(record));
    DELTOS_TRY(state_->hold_array(before));
    if (before.kind == format::kKindSortedMap) DELTOS_TRY(state_->drop_map(before.id));
    DELTOS_TRY(state_->put_object(made->record(), before.extents.size()));
    for (const format::Extent &extent : before.extents) state_->release(extent);
    return made;
  });
}

Status Transaction::copy_payload(const format::Extent &from, const format::Extent &to) {
  const auto filler = make_filler(*state_->writer, to);
  DELTOS_TRY(filler->add(Bytes(state_->writer->data() + from.offset, from.bytes)));
  return filler->finish();
}

Result<std::unique_ptr<Transaction::Filler>> Transaction::fill(const ObjectRef &object) {
  return fill_front(object, object.record().payload_bytes);
}

Result<std::unique_ptr<Transaction::Filler>> Transaction::fill_front(const ObjectRef &object, std::uint64_t bytes) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  const format::Extent *payload = payload_extent(object.record());
  if (payload != nullptr && payload->transaction != state_->number) {
    return fail(Code::stale, "object %s is not new in this transaction", in_quotes(object.record().name).c_str());
  }
  format::Extent front = payload == nullptr ? format::Extent{} : *payload;
  front.bytes = std::min(front.bytes, bytes);
  return make_filler(*state_->writer, front);
}

// ---- sealing
// ---------------------------------------------------------------------------------------------------------------

// Rule R6: the range of writable exports is locked before the checksum is taken, and until the commit is published or
// aborted.
Status Transaction::lock_for_seal(const Object &object) {
  const format::Extent *payload = payload_extent(object);
  if (payload == nullptr) return {};
  const std::uint64_t first = payload->offset / format::kBlockBytes;
  const std::uint64_t blocks = (payload->offset + payload->bytes - 1) / format::kBlockBytes - first + 1;
  make_room(state_->seal_locks, 1);
  DELTOS_ASSIGN(const bool locked, state_->writer->second().try_lock(format::kLockWritable + first, blocks, true));
  if (!locked) {
    Error error =
        fail(Code::pinned,
             "%s cannot be sealed: writable views of it (or of a small neighbour in the same 4 KiB) are alive%s",
             in_quotes(object.name).c_str(), " in some process; release them first");
    error.object_id = object.id;
    return error;
  }
  state_->seal_locks.push_back({first, blocks});
  return {};
}

Result<std::shared_ptr<ObjectRef>> Transaction::seal(const ObjectRef &ref) { return seal_with(ref, false); }

Result<std::shared_ptr<ObjectRef>> Transaction::seal_unseen(const ObjectRef &ref) { return seal_with(ref, true); }

Result<std::shared_ptr<ObjectRef>> Transaction::seal_with(const ObjectRef &ref, bool unseen) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  DELTOS_ASSIGN(Object object, current(ref));
  if (object.sealed) return own(std::move(object));
  if (object.kind == format::kKindArray)
    return fail(Code::unsupported, "%s is an array, which can grow and is never sealed; store its elements as a buffer",
                in_quotes(object.name).c_str());
  if (object.kind == format::kKindSortedMap)
    return fail(Code::unsupported, "%s is a sorted map, which can change and is never sealed; build a hash map of it",
                in_quotes(object.name).c_str());
  const format::Extent *payload = payload_extent(object);
  const bool own_slot =
      payload != nullptr && payload->bytes <= format::kMaxSlotBytes && payload->transaction == state_->number;
  const std::size_t locks = state_->seal_locks.size();
  // An export of a slot that nobody has seen cannot live: the block's lock would only tell of its neighbours.
  auto sealed =
      state_->all_or_nothing(Steps::one, Purpose::change, [&] { return seal_open(object, !(unseen && own_slot)); });
  // What has moved and was nobody else's is out of reach; its neighbours in the block can be exported again.
  if (sealed.ok() && own_slot) state_->unlock_seals_since(locks);
  return sealed;
}

Result<std::shared_ptr<ObjectRef>> Transaction::seal_open(const Object &object, bool lock) {
  if (lock) DELTOS_TRY(lock_for_seal(object));
  const format::Extent *payload = payload_extent(object);
  const std::byte *data = payload == nullptr ? nullptr : state_->writer->data() + payload->offset;
  std::vector<std::uint64_t> sums;
  Object sealed = object;
  sealed.digest = payload_digest(Bytes(data, payload == nullptr ? 0 : payload->bytes), &sums);
  sealed.sealed = true;
  sealed.changed = state_->number;
  const bool moves =
      payload != nullptr && payload->bytes <= format::kMaxSlotBytes;  // sealed slots have slabs of their own
  if (moves) {
    DELTOS_ASSIGN(sealed.extents[0], state_->allocate(payload->bytes, true, false));
    std::memcpy(state_->writer->data() + sealed.extents[0].offset, data, payload->bytes);
  }
  if (!sums.empty()) {
    DELTOS_ASSIGN(const format::Extent place, state_->allocate(sums.size() * 8, true, false));
    std::memcpy(state_->writer->data() + place.offset, sums.data(), sums.size() * 8);
    sealed.extents.push_back(place);
  }
  auto made = own(std::move(sealed));
  DELTOS_TRY(state_->put_object(made->record(), moves ? 1 : 0));
  if (moves) state_->release(object.extents[0]);
  return made;
}

Result<std::shared_ptr<ObjectRef>> Transaction::unseal(const ObjectRef &ref) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  DELTOS_ASSIGN(Object object, current(ref));
  if (!object.sealed) return own(std::move(object));
  if (object.kind == format::kKindValue)
    return fail(Code::unsupported, "%s is a value, which never changes; store another in its place",
                in_quotes(object.name).c_str());
  return replace(ref, new_like(object), true, false);
}

// ---- names
// -----------------------------------------------------------------------------------------------------------------

Status Transaction::rename(std::string_view from, std::string_view to, bool replace) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  DELTOS_TRY(format::check_name(from));
  DELTOS_TRY(format::check_name(to));
  DELTOS_ASSIGN(auto object, find_named(state_->scope(), from));
  if (!object) return no_such(from);
  if (from == to) return {};
  DELTOS_ASSIGN(const auto other, find_named(state_->scope(), to));
  if (other && !replace) return fail(Code::exists, "an object called %s exists already", in_quotes(to).c_str());
  return state_->all_or_nothing(Steps::many, Purpose::removal, [&]() -> Status {
    if (other) DELTOS_TRY(state_->remove_object(*other));
    DELTOS_TRY(state_->erase(format::name_key(from)));
    object->name = to;
    object->changed = state_->number;
    DELTOS_TRY(state_->put_object(*object));
    return state_->put(format::name_key(to), std::as_bytes(std::span(&object->id, 1)));
  });
}

Status Transaction::remove(std::string_view name) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  DELTOS_TRY(format::check_name(name));
  DELTOS_ASSIGN(const auto object, find_named(state_->scope(), name));
  if (!object) return no_such(name);
  return state_->all_or_nothing(Steps::many, Purpose::removal, [&] { return state_->remove_object(*object); });
}

Result<std::uint64_t> Transaction::remove_prefix(std::string_view prefix) {
  constexpr std::size_t kBatch = 1024;
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  return state_->all_or_nothing(Steps::many, Purpose::removal, [&]() -> Result<std::uint64_t> {
    std::uint64_t removed = 0;
    for (;;) {
      DELTOS_ASSIGN(const auto entries, state_->view->list(prefix, false, "", kBatch));
      for (const auto &entry : entries) DELTOS_TRY(remove(entry.name));
      removed += entries.size();
      if (entries.size() < kBatch) return removed;
    }
  });
}

// ---- metadata
// --------------------------------------------------------------------------------------------------------------

Status Transaction::check_described(std::uint64_t object) {
  if (object == 0) return {};
  DELTOS_ASSIGN(const auto found, find_object(state_->scope(), object));
  if (!found) return fail(Code::not_found, "there is no object with id %" PRIu64, object);
  return {};
}

Status Transaction::set_metadatum(std::string_view name, std::string_view key, const format::Metadatum &item) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  if (name.empty()) return put_metadatum(0, key, item);
  DELTOS_TRY(format::check_name(name));
  DELTOS_ASSIGN(const auto object, find_id(state_->scope(), name));
  if (!object) return no_such(name);
  return put_metadatum(*object, key, item);
}

Status Transaction::set_metadatum(std::uint64_t object, std::string_view key, const format::Metadatum &item) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  DELTOS_TRY(check_described(object));
  return put_metadatum(object, key, item);
}

Status Transaction::put_metadatum(std::uint64_t object, std::string_view key, const format::Metadatum &item) {
  DELTOS_TRY(format::check_metadata_key(key));
  if (item.data.size() > format::kMaxMetadatumBytes) {
    return fail(Code::limit, "metadata item %s has %zu bytes; the limit is %zu, store it as an object",
                in_quotes(key).c_str(), item.data.size(), format::kMaxMetadatumBytes);
  }
  return state_->all_or_nothing(Steps::one, Purpose::change, [&] {
    return state_->put(format::metadatum_key(object, key), format::encode_metadatum(item));
  });
}

Result<bool> Transaction::remove_metadatum(std::uint64_t object, std::string_view key) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  DELTOS_TRY(format::check_metadata_key(key));
  DELTOS_TRY(check_described(object));
  const std::vector<std::byte> stored_key = format::metadatum_key(object, key);
  DELTOS_ASSIGN(const auto found, Tree::find(*state_, state_->root, stored_key));
  if (!found) return false;
  DELTOS_TRY(state_->all_or_nothing(Steps::one, Purpose::removal, [&] { return state_->erase(stored_key); }));
  return true;
}

}  // namespace deltos::store
