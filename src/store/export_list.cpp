#include "store/export_list.hpp"

#include <algorithm>

#include "store/state.hpp"

namespace deltos::store {

void ExportList::add(Export::Ticket *ticket) {
  const std::lock_guard lock(mutex_);
  ticket->next = first_;
  if (first_ != nullptr) first_->previous = ticket;
  first_ = ticket;
  ++count_;
}

void ExportList::remove(Export::Ticket *ticket) noexcept {
  const std::lock_guard lock(mutex_);
  if (ticket->previous != nullptr) ticket->previous->next = ticket->next;
  if (ticket->next != nullptr) ticket->next->previous = ticket->previous;
  if (first_ == ticket) first_ = ticket->next;
  --count_;
}

namespace {

// Whoever holds a reference is a view; 0 while the last one is just going. Never a reference of our own, whose end
// could be that of the export, under the list's lock: a weak_ptr of another type than Export's own would make one.
std::uint64_t views_of(const Export::Ticket &ticket) {
  return static_cast<std::uint64_t>(std::max(1L, ticket.owner->weak_from_this().use_count()));
}

}  // namespace

std::uint64_t ExportList::view_count() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t count = 0;
  for (const Export::Ticket *ticket = first_; ticket != nullptr; ticket = ticket->next) count += views_of(*ticket);
  return count;
}

std::vector<PinInfo> ExportList::describe() const {
  // Collected in room made before the lock is taken: a leaf lock is never held across an allocation.
  std::vector<const Export::Ticket *> tickets;
  std::vector<PinInfo> infos;
  std::size_t room = 0;
  constexpr std::size_t kNameRoom = format::kMaxNameBytes + 1;
  for (;;) {
    infos.resize(room);
    for (auto &info : infos) info.name.reserve(kNameRoom);
    const std::lock_guard lock(mutex_);
    if (count_ > room) {
      room = count_ + count_ / 4;
      continue;
    }
    std::size_t used = 0;
    for (const Export::Ticket *ticket = first_; ticket != nullptr; ticket = ticket->next) {
      PinInfo &info = infos[used++];
      info.object_id = ticket->object_id;
      info.transaction = ticket->transaction;
      info.bytes = ticket->owner->bytes();
      info.writable = ticket->owner->writable();
      info.view_count = views_of(*ticket);
      info.name.assign(ticket->name);
    }
    room = used;
    break;
  }
  infos.resize(room);
  std::vector<PinInfo> merged;
  for (auto &info : infos) {
    bool known = false;
    for (auto &other : merged) {
      if (other.object_id == info.object_id && other.transaction == info.transaction &&
          other.writable == info.writable) {
        other.view_count += info.view_count;
        known = true;
        break;
      }
    }
    if (!known) merged.push_back(std::move(info));
  }
  return merged;
}

std::shared_ptr<Export> ExportList::make(std::shared_ptr<Storage> storage, std::shared_ptr<os::Mapping> mapping,
                                         std::byte *data, std::uint64_t bytes, bool writable,
                                         std::unique_ptr<Export::Ticket> ticket) {
  std::shared_ptr<Export> exported(new Export());
  exported->storage_ = std::move(storage);
  exported->mapping_ = std::move(mapping);
  exported->data_ = data;
  exported->bytes_ = bytes;
  exported->writable_ = writable;
  ticket->owner = exported.get();
  exported->ticket_ = std::move(ticket);
  exported->storage_->state().exports.add(exported->ticket_.get());
  return exported;
}

Export::~Export() {
  if (!ticket_) return;
  StorageState &state = storage_->state();
  state.exports.remove(ticket_.get());
  state.locks->unlock_range(ticket_->range);
  for (const RangeTicket &chunk : ticket_->chunks) state.locks->unlock_range(chunk);
  if (ticket_->pin != 0) state.locks->unpin(ticket_->pin, PinKind::explicit_);
}

}  // namespace deltos::store
