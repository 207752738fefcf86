// Objects as handles know them, and the way from an object to its memory.
#include <cinttypes>

#include "store/catalogue.hpp"
#include "store/snapshot.hpp"
#include "store/transaction_state.hpp"

namespace deltos::store {

using format::Object;

namespace {

Error stale(const Object &object) {
  Error error =
      fail(Code::stale, "object %s has been replaced or deleted since it was opened; refresh it or open it again",
           in_quotes(object.name).c_str());
  error.object_id = object.id;
  return error;
}

Error no_such(std::string_view name) {
  return fail(Code::not_found, "there is no object called %s", in_quotes(name).c_str());
}

Status check_kind(const Object &object, int wanted) {
  if (wanted == 0 || object.kind == wanted) return {};
  return fail(Code::kind, "object %s is of kind %u, not %d", in_quotes(object.name).c_str(), object.kind, wanted);
}

// Blocks that hold any byte of the extent.
struct Blocks {
  std::uint64_t first, count;
};
Blocks blocks_of(const format::Extent &extent) {
  const std::uint64_t first = extent.offset / format::kBlockBytes;
  return {first, (extent.offset + extent.bytes - 1) / format::kBlockBytes - first + 1};
}

// The newest state for the length of a call.
Result<std::shared_ptr<const PublishedSnapshot>> newest_for_call(const std::shared_ptr<Storage> &storage) {
  return PublishedSnapshot::begin(storage, PinKind::call);
}

// The open transaction, when the snapshot is its own: what it has created can be exported before anybody else sees it.
std::weak_ptr<Transaction> transaction_of(const std::shared_ptr<Storage> &storage,
                                          const std::shared_ptr<const Snapshot> &snapshot) {
  if (dynamic_cast<const PublishedSnapshot *>(snapshot.get()) != nullptr) return {};
  StorageState &state = storage->state();
  const std::lock_guard lock(state.transaction_mutex);
  if (state.transaction && state.transaction->snapshot() == snapshot) return state.transaction;
  return {};
}

}  // namespace

ObjectRef::ObjectRef(std::weak_ptr<Storage> storage, std::weak_ptr<const Snapshot> snapshot,
                     std::weak_ptr<Transaction> transaction, Object record)
    : storage_(std::move(storage)),
      snapshot_(std::move(snapshot)),
      transaction_(std::move(transaction)),
      record_(std::move(record)) {
  if (const auto published = std::dynamic_pointer_cast<const PublishedSnapshot>(snapshot_.lock()))
    seen_in_ = published->id();
  const auto maker = transaction_.lock();
  const format::Extent *payload = payload_extent(record_);
  if (maker && (payload == nullptr ? record_.created : payload->transaction) == maker->state().number)
    committed_ = maker->state().committed;
  if (maker && record_.changed == maker->state().number) changed_ = maker->state().committed;
}

Result<std::shared_ptr<ObjectRef>> ObjectRef::open(const std::shared_ptr<const Snapshot> &snapshot,
                                                   std::string_view name, int kind) {
  DELTOS_ASSIGN(const auto storage, snapshot->storage());
  DELTOS_ASSIGN(auto object, snapshot->find(name));
  if (!object) return no_such(name);
  DELTOS_TRY(check_kind(*object, kind));
  return std::make_shared<ObjectRef>(storage, snapshot, transaction_of(storage, snapshot), *std::move(object));
}

Result<std::shared_ptr<ObjectRef>> ObjectRef::open_newest(const std::shared_ptr<Storage> &storage,
                                                          std::string_view name, int kind) {
  StorageState &state = storage->state();
  if (state.options.sigbus_guard) os::rearm_sigbus_guard();
  DELTOS_TRY(state.check_open());
  DELTOS_TRY(format::check_name(name));
  std::optional<Newest> found = find_unpinned(state, name);
  if (!found) {
    DELTOS_ASSIGN(const auto newest, newest_for_call(storage));
    return open(newest, name, kind);
  }
  DELTOS_TRY(check_kind(found->object, kind));
  auto opened = std::make_shared<ObjectRef>(storage, std::weak_ptr<const Snapshot>(), std::weak_ptr<Transaction>(),
                                            std::move(found->object));
  opened->seen_in_ = found->transaction;
  return opened;
}

Result<std::shared_ptr<ObjectRef>> ObjectRef::open_id(const std::shared_ptr<const Snapshot> &snapshot, std::uint64_t id,
                                                      int kind) {
  DELTOS_ASSIGN(const auto storage, snapshot->storage());
  DELTOS_ASSIGN(auto object, snapshot->find_id(id));
  if (!object) return fail(Code::not_found, "there is no object with id %" PRIu64, id);
  DELTOS_TRY(check_kind(*object, kind));
  return std::make_shared<ObjectRef>(storage, snapshot, transaction_of(storage, snapshot), *std::move(object));
}

Result<std::shared_ptr<Storage>> ObjectRef::storage() const {
  auto storage = storage_.lock();
  if (!storage) {
    Error error = fail(Code::closed, "the storage of object %s has been closed", in_quotes(record_.name).c_str());
    error.object_id = record_.id;
    return error;
  }
  DELTOS_TRY(storage->state().check_open());
  return storage;
}

Result<std::shared_ptr<ObjectRef>> ObjectRef::refreshed() const {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(storage->state().check_named());
  DELTOS_ASSIGN(const auto newest, newest_for_call(storage));
  DELTOS_ASSIGN(auto object, newest->find_id(record_.id));
  if (!object) {
    DELTOS_ASSIGN(object, newest->find(record_.name));
  }
  if (!object) return fail(Code::not_found, "object %s is no longer there", in_quotes(record_.name).c_str());
  DELTOS_TRY(check_kind(*object, record_.kind));
  if (object->id == record_.id && object->changed == record_.changed) return std::shared_ptr<ObjectRef>();
  return std::make_shared<ObjectRef>(storage, std::weak_ptr<const Snapshot>(), std::weak_ptr<Transaction>(),
                                     *std::move(object));
}

Result<bool> ObjectRef::current() const {
  DELTOS_ASSIGN(const auto storage, this->storage());
  if (const auto transaction = transaction_.lock(); transaction && transaction->open()) {
    DELTOS_ASSIGN(const auto now, find_object(transaction->state().scope(), record_.id));
    return now && same_content(*now, record_);
  }
  if (pending()) return false;  // a later transaction may have made the very same again, in the same place
  DELTOS_ASSIGN(const auto newest, newest_for_call(storage));
  DELTOS_ASSIGN(const auto now, newest->find_id(record_.id));
  return now && same_content(*now, record_);
}

Result<std::uint64_t> ObjectRef::file_offset() const {
  DELTOS_ASSIGN(const auto storage, this->storage());
  const StorageState &state = storage->state();
  if (!state.has_file || state.options.copy) {
    return fail(Code::unsupported, "object %s lies in memory and not in a file", in_quotes(record_.name).c_str());
  }
  if (record_.kind == format::kKindSortedMap) {
    return fail(Code::unsupported, "%s is a sorted map, which lies in many places; read its pairs",
                in_quotes(record_.name).c_str());
  }
  if (record_.kind == format::kKindArray && record_.extents.size() > 2) {
    return fail(Code::unsupported, "array %s lies in %zu pieces; compact the storage to bring them together",
                in_quotes(record_.name).c_str(), record_.extents.size() - 1);
  }
  const format::Extent *payload = payload_extent(record_);
  return payload == nullptr ? 0 : state.base + payload->offset;
}

// ---- exports
// ---------------------------------------------------------------------------------------------------------------

// Where the payload was found, protected by `pin_holder` until its blocks are locked.
struct Storage::Located {
  std::shared_ptr<const Snapshot> pin_holder;
  std::shared_ptr<os::Mapping> mapping;
  std::uint64_t transaction = 0;
  bool own = false;  // of the open transaction: nobody else can reach it
};

// Without a pin: the record was found in transaction T (seen_in). When T is still the published one *after* the blocks
// have been locked, no commit has freed them before that, and whoever frees them later meets the lock. The usual case,
// at half the price.
bool Storage::still_published(const ObjectRef &ref) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  LiveCopy copy;
  const auto mailbox = state_->look(&copy, StorageState::Look::number);
  return mailbox.ok() && mailbox->alive() && mailbox->published() == ref.seen_in_;
}

Result<Storage::Located> Storage::locate(const ObjectRef &ref) {
  StorageState &state = *state_;
  const Object &record = ref.record();
  const format::Extent *payload = payload_extent(record);
  const auto transaction = state.writer ? ref.transaction_.lock() : nullptr;
  if (transaction && transaction->open() && payload != nullptr && payload->transaction == transaction->state().number) {
    DELTOS_ASSIGN(const auto now, find_object(transaction->state().scope(), record.id));
    if (!now || !same_content(*now, record)) return stale(record);
    return Located{nullptr, state.current_mapping(), transaction->state().number, true};
  }
  if (!(transaction && transaction->open()) && ref.pending()) return stale(record);
  if (const auto held = std::dynamic_pointer_cast<const PublishedSnapshot>(ref.snapshot_.lock())) {
    return Located{held, held->mapping(), held->id(), false};
  }
  DELTOS_ASSIGN(const auto newest, newest_for_call(shared_from_this()));
  DELTOS_ASSIGN(const auto now, newest->find_id(record.id));
  if (!now || !same_content(*now, record)) return stale(record);
  return Located{newest, newest->mapping(), newest->id(), false};
}

Status Storage::check_writable(const Object &object) const {
  const Mode mode = state_->options.mode;
  if (mode != Mode::write && mode != Mode::in_place) {
    return fail(Code::readonly, "%s is open for reading only, so object %s cannot be exported writable",
                state_->label.c_str(), in_quotes(object.name).c_str());
  }
  if (object.sealed) {
    Error error = fail(Code::sealed, "object %s is sealed; unseal it or replace it", in_quotes(object.name).c_str());
    error.object_id = object.id;
    return error;
  }
  return {};
}

// Rule R6: with the writable range locked, the object must still be what it was, in the newest state that may come to
// count: a seal that was killed between superblock and publication counts.
Status Storage::still_open(const Object &record) {
  StorageState &state = *state_;
  DELTOS_ASSIGN(const auto newest, newest_for_call(shared_from_this()));
  DELTOS_ASSIGN(const auto published, newest->find_id(record.id));
  if (!published || !same_content(*published, record)) return stale(record);
  DELTOS_TRY(check_writable(*published));
  DELTOS_ASSIGN(const Slots slots, read_slots(state.file(), 0, state.header.uuid, state.file_info, true));
  const auto best = slots.newest();
  if (!best || slots.found[*best]->transaction <= newest->id()) return {};
  const format::Superblock &ahead = *slots.found[*best];
  DELTOS_ASSIGN(const auto mapping, state.mapping_for(ahead.file_blocks));
  MappedPages pages(mapping->data(), ahead.file_blocks, state.uuid_low, nullptr);
  const auto later = find_object(
      {&pages, Root{ahead.root_block, ahead.root_transaction, ahead.height}, ahead.file_blocks, mapping->data()},
      record.id);
  if (!later.ok()) return fail(Code::busy, "a commit is under way; try again");
  if (!*later || !same_content(**later, record)) return stale(record);
  return check_writable(**later);
}

// in_place: a second mapping, writable but for the catalogue as it is known now. It is made with the first writable
// export.
Result<std::shared_ptr<os::Mapping>> Storage::writable_mapping(std::uint64_t end) {
  StorageState &state = *state_;
  {
    const std::lock_guard lock(state.mapping_mutex);
    if (state.writable_mapping && state.writable_mapping->bytes() >= end) return state.writable_mapping;
  }
  DELTOS_ASSIGN(const os::FileInfo info, state.file().info());
  DELTOS_ASSIGN(auto mapping,
                state.map_file(info.bytes / format::kBlockBytes * format::kBlockBytes, os::Protection::read_write));
  DELTOS_TRY(mapping->protect(0, format::kFirstDataOffset, os::Protection::read));
  DELTOS_ASSIGN(const Slots slots, read_slots(state.file(), 0, state.header.uuid, state.file_info, true));
  if (const auto best = slots.newest()) {
    const format::Superblock &superblock = *slots.found[*best];
    for (std::uint32_t i = 0; i < superblock.zone_count; ++i) {
      const std::uint64_t first = superblock.zones[i].first_block * format::kBlockBytes,
                          bytes = superblock.zones[i].blocks * format::kBlockBytes;
      if (within(first, bytes, mapping->bytes())) DELTOS_TRY(mapping->protect(first, bytes, os::Protection::read));
    }
  }
  const std::lock_guard lock(state.mapping_mutex);
  if (!state.writable_mapping || state.writable_mapping->bytes() < mapping->bytes())
    state.writable_mapping.swap(mapping);
  return state.writable_mapping;
}

Result<std::shared_ptr<Export>> Storage::export_payload(const ObjectRef &ref, bool writable) {
  StorageState &state = *state_;
  DELTOS_TRY(state.check_open());
  if (state.options.sigbus_guard) os::rearm_sigbus_guard();
  const Object &record = ref.record();
  if (writable) DELTOS_TRY(check_writable(record));
  auto ticket = std::make_unique<Export::Ticket>();
  ticket->object_id = record.id;
  ticket->name = record.name;
  const format::Extent *payload = payload_extent(record);
  if (payload == nullptr) {
    return ExportList::make(shared_from_this(), state.current_mapping(), nullptr, 0, writable, std::move(ticket));
  }
  const Blocks blocks = blocks_of(*payload);
  if (!writable && ref.seen_in_ != 0) {
    DELTOS_ASSIGN(ticket->range, state.locks->lock_range(blocks.first, blocks.count, false));
    auto mapping = state.current_mapping();
    if (ticket->range.kind != RangeTicket::Kind::keep_pin && still_published(ref) &&
        within(payload->offset, payload->bytes, mapping->bytes())) {
      ticket->transaction = ref.seen_in_;
      std::byte *data = mapping->data() + payload->offset;
      return ExportList::make(shared_from_this(), std::move(mapping), data, payload->bytes, false, std::move(ticket));
    }
    state.locks->unlock_range(ticket->range);
  }
  DELTOS_ASSIGN(Located located, locate(ref));
  ticket->transaction = located.transaction;
  DELTOS_ASSIGN(ticket->range, state.locks->lock_range(blocks.first, blocks.count, writable));
  auto exported = protect_and_map(located, record, *payload, writable, ticket.get());
  if (!exported.ok()) {
    state.locks->unlock_range(ticket->range);
    if (ticket->pin != 0) state.locks->unpin(ticket->pin, PinKind::explicit_);
    return std::move(exported).error();
  }
  std::byte *data = (*exported)->data() + payload->offset;
  return ExportList::make(shared_from_this(), *std::move(exported), data, payload->bytes, writable, std::move(ticket));
}

// The blocks are locked, or about to be unlocked by somebody, in which case a pin of its own protects the export.
Result<std::shared_ptr<os::Mapping>> Storage::protect_and_map(Located &located, const Object &record,
                                                              const format::Extent &payload, bool writable,
                                                              Export::Ticket *ticket) {
  StorageState &state = *state_;
  if (ticket->range.kind == RangeTicket::Kind::keep_pin) {
    if (located.own)
      return fail(Code::busy, "object %s is just being released by another thread; try again",
                  in_quotes(record.name).c_str());
    DELTOS_ASSIGN(ticket->pin, state.locks->pin(located.transaction, PinKind::explicit_));
  }
  if (writable && !located.own) DELTOS_TRY(still_open(record));
  if (!within(payload.offset, payload.bytes, located.mapping->bytes())) {
    return fail(Code::corrupt, "object %s lies beyond the end of the file", in_quotes(record.name).c_str());
  }
  if (writable && state.options.mode == Mode::in_place) return writable_mapping(payload.offset + payload.bytes);
  return located.mapping;
}

}  // namespace deltos::store
