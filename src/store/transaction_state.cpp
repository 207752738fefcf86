#include "store/transaction_state.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "format/page.hpp"
#include "store/array_stored.hpp"
#include "store/catalogue.hpp"

namespace deltos::store {
namespace {

// Below it, pages that are changed in no order are written once; beyond it, again and again.
constexpr std::size_t kWriteEarlyPages = (std::size_t{256} << 20) / format::kBlockBytes;
constexpr std::size_t kRunPages = 256;  // 1 MiB a system call
constexpr std::size_t kBehindPages =
    32;  // in the processor's cache twice: as they were filled, and as they are written
constexpr std::uint64_t kPunchBytes = 1 << 20;

// The state of an open transaction as a snapshot. Cursors and handles may keep it longer than the transaction lives.
class TransactionSnapshot final : public Snapshot {
 public:
  explicit TransactionSnapshot(TransactionState *state) : storage_(state->storage), state_(state), id_(state->number) {}
  std::uint64_t id() const override { return id_; }
  Result<std::shared_ptr<Storage>> storage() const override {
    auto storage = storage_.lock();
    if (!storage) return fail(Code::closed, "the storage of this transaction has been closed");
    DELTOS_TRY(storage->state().check_open());
    if (state_ == nullptr || !state_->open) return over();
    return storage;
  }
  Result<Scope> scope() const override {
    if (state_ == nullptr || !state_->open) return over();
    return state_->scope();
  }
  std::uint64_t object_count() const override { return state_ == nullptr ? 0 : state_->object_count; }
  Result<format::SortedMap> map(std::uint64_t id) const override {
    if (state_ == nullptr || !state_->open) return over();
    DELTOS_ASSIGN(const OpenMap *found, state_->open_map(id));
    return found->now;
  }
  std::uint64_t changes() const override { return state_ == nullptr ? 1 : state_->undo.call + 1; }
  // The transaction's last act, on its thread.
  void outlive() { state_ = nullptr; }

 private:
  static Error over() { return fail(Code::stale, "the transaction is over"); }
  std::weak_ptr<Storage> storage_;
  TransactionState *state_;
  std::uint64_t id_;
};

}  // namespace

TransactionState::TransactionState(const std::shared_ptr<Storage> &owner, Writer *writing)
    : storage(owner),
      shared(&owner->state()),
      writer(writing),
      number(writing->next_transaction()),
      root(writing->root()),
      first_root(writing->root()),
      object_count(writing->object_count()),
      next_id(writing->next_id()),
      view(std::make_shared<TransactionSnapshot>(this)) {}

TransactionState::~TransactionState() { static_cast<TransactionSnapshot &>(*view).outlive(); }

Status TransactionState::check() const {
  if (!open) return fail(Code::stale, "the transaction is over");
  DELTOS_TRY(shared->check_open());
  const auto call_out = shared->call_out.load();
  if (call_out == StorageState::CallOut::abort_wanted) return fail(Code::stale, "the transaction is over");
  if (call_out == StorageState::CallOut::running)
    return fail(Code::busy, "a call on the transaction is under way, which asks this function; wait until it is over");
  DELTOS_TRY(writer->check_usable());
  return {};
}

// ---- pages
// -----------------------------------------------------------------------------------------------------------------

Result<const std::byte *> TransactionState::page(const format::Child &child, unsigned level) {
  const auto own = pages.find(child.block);
  if (own != pages.end() && own->second) return own->second->bytes;
  MappedPages mapped(writer->data(), writer->space().file_blocks(), shared->uuid_low, &shared->memo);
  return mapped.page(child, level);
}

const std::byte *TransactionState::known(const format::Child &child, unsigned level) noexcept {
  if (child.transaction == number) {
    const auto own = pages.find(child.block);
    if (own != pages.end() && own->second) return own->second->bytes;
  }
  return MappedPages(writer->data(), writer->space().file_blocks(), shared->uuid_low, &shared->memo)
      .known(child, level);
}

std::byte *TransactionState::editable(const format::Child &child, const std::byte *page) noexcept {
  if (child.transaction != number) return nullptr;
  const auto own = pages.find(child.block);
  if (own == pages.end() || !own->second || own->second->bytes != page) return nullptr;
  return undo.copies && own->second->call != undo.call ? nullptr : own->second->bytes;
}

Status TransactionState::reserve_blocks(unsigned count) const {
  Status room = writer->space().reserve_pages(count + kPagesForRemovals);
  const bool refused =
      room.code() == Code::no_space || room.code() == Code::limit || room.code() == Code::address_space;
  if (!refused || undo.purpose != Purpose::removal) return room;
  return writer->space().reserve_pages(count);
}

Status TransactionState::reserve(unsigned count) {
  DELTOS_TRY(reserve_blocks(count));
  const std::size_t discards = std::size_t{3} * count;  // of a way: what it leaves, neighbours, and a root's last child
  make_room(pages, count);
  make_room(freed_pages, count + discards);
  make_room(undo.created, count);
  make_room(undo.originals, count);
  make_room(undo.loaded, count);
  make_room(undo.discarded, discards);
  shared->spare_pages.reserve(count);
  return {};
}

PageBuffer &TransactionState::add_page(std::uint64_t block) {
  PageTable::node_type node = shared->spare_pages.take();
  node.key() = block;
  PageBuffer &page = *node.mapped();
  page.call = undo.call;
  page.created = true;
  if (auto inserted = pages.insert(std::move(node)); !inserted.inserted) {
    page.created = false;
    inserted.position->second = std::move(inserted.node.mapped());  // written early before
    undo.loaded.push_back(block);
  } else {
    undo.created.push_back(block);
  }
  ++dirty_pages_;
  return page;
}

EditedPage TransactionState::create(unsigned level) {
  const std::uint64_t block = writer->space().allocate_page();
  std::byte *bytes = add_page(block).bytes;
  format::init_page(bytes, {block, number}, level, shared->uuid_low);
  return {block, bytes};
}

EditedPage TransactionState::edit(const format::Child &child, unsigned) {
  const auto own = pages.find(child.block);
  if (own != pages.end() && own->second) {
    PageBuffer &page = *own->second;
    if (undo.copies && page.call != undo.call) {
      PageTable::node_type spare = shared->spare_pages.take();
      std::memcpy(spare.mapped()->bytes, page.bytes, format::kBlockBytes);
      spare.key() = child.block;
      undo.originals.push_back(std::move(spare));
      page.call = undo.call;
      page.created = false;
    }
    return {child.block, page.bytes};
  }
  const std::byte *old = writer->data() + child.block * format::kBlockBytes;
  if (own != pages.end()) {
    std::byte *bytes = add_page(child.block).bytes;
    std::memcpy(bytes, old, format::kBlockBytes);
    return {child.block, bytes};
  }
  const std::uint64_t block = writer->space().allocate_page();
  std::byte *bytes = add_page(block).bytes;
  std::memcpy(bytes, old, format::kBlockBytes);
  format::page_set_identity(bytes, {block, number});
  freed_pages.push_back({child.block, child.transaction});
  return {block, bytes};
}

void TransactionState::discard(const format::Child &child) {
  const auto own = pages.find(child.block);
  if (own == pages.end()) {
    freed_pages.push_back({child.block, child.transaction});
    return;
  }
  if (own->second) --dirty_pages_;
  if (own->second && own->second->call == undo.call && own->second->created) {
    pages.erase(own);
    writer->space().abandon_page(child.block);
  } else {
    undo.discarded.push_back(pages.extract(own));
  }
}

Status TransactionState::write_pages() {
  DirtyPages dirty;
  dirty.reserve(dirty_pages_);
  for (auto &[block, page] : pages) {
    if (page) dirty.emplace_back(block, page->bytes);
  }
  if (dirty.empty()) return writer->second().check_limit(format::kFirstDataOffset);
  return write_dirty(dirty);
}

Status TransactionState::write_dirty(DirtyPages &dirty) {
  std::sort(dirty.begin(), dirty.end());
  DELTOS_TRY(writer->second().check_limit((dirty.back().first + 1) * format::kBlockBytes));
  std::vector<std::byte> &run = shared->page_run;
  for (std::size_t first = 0; first < dirty.size();) {
    std::size_t end = first + 1;
    while (end < dirty.size() && end - first < kRunPages && dirty[end].first == dirty[end - 1].first + 1) ++end;
    for (std::size_t i = first; i < end; ++i) format::seal_page(dirty[i].second);
    Bytes content(dirty[first].second, format::kBlockBytes);
    if (end - first > 1) {
      const std::size_t bytes = (end - first) * format::kBlockBytes;
      if (run.size() < bytes) run.resize(bytes);
      for (std::size_t i = first; i < end; ++i) {
        std::memcpy(run.data() + (i - first) * format::kBlockBytes, dirty[i].second, format::kBlockBytes);
      }
      content = Bytes(run).first(bytes);
    }
    const std::uint64_t offset = dirty[first].first * format::kBlockBytes;
    DELTOS_TRY(writer->second().write_below(content, offset));
    // Kernels have been seen whose mappings lag behind a write; readers would follow pointers into old pages.
    if (std::memcmp(writer->data() + offset, content.data(), content.size()) != 0) {
      return fail(Code::io,
                  "%s: what was written at offset %" PRIu64
                  " does not show in the mapping; this file system is not coherent",
                  shared->label.c_str(), offset);
    }
    for (std::size_t i = first; i < end; ++i) shared->memo.add({dirty[i].first, number});
    first = end;
  }
  return {};
}

bool TransactionState::writes_early() const { return !undo.active && dirty_pages_ >= kWriteEarlyPages; }

Status TransactionState::write_early() {
  if (dirty_pages_ < kWriteEarlyPages) return {};
  DELTOS_TRY(write_pages());
  for (auto &[block, page] : pages) page.reset();
  dirty_pages_ = 0;
  return {};
}

// Taking the call back forgets their blocks, whatever has been written there. Few at a time, which are still in the
// processor's caches, and whose memory serves again.
Status TransactionState::write_behind(const TreeAppender &filled, WriteBehind *behind) {
  if (undo.created.size() - behind->seen < kBehindPages) return {};
  std::vector<std::uint64_t> blocks = std::move(behind->filling);
  blocks.insert(blocks.end(), undo.created.begin() + static_cast<std::ptrdiff_t>(behind->seen), undo.created.end());
  behind->seen = undo.created.size();
  behind->filling.clear();
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());  // given up and created again
  DirtyPages dirty;
  for (const std::uint64_t block : blocks) {
    const auto own = pages.find(block);
    if (own == pages.end() || !own->second) continue;
    if (filled.at_edge(block)) {
      behind->filling.push_back(block);
    } else if (own->second->created && own->second->call == undo.call) {
      dirty.emplace_back(block, own->second->bytes);
    }
  }
  if (dirty.empty()) return {};
  DELTOS_TRY(write_dirty(dirty));
  for (const auto &[block, bytes] : dirty) pages.find(block)->second.reset();
  dirty_pages_ -= dirty.size();
  return {};
}

// ---- extents
// ---------------------------------------------------------------------------------------------------------------

Result<format::Extent> TransactionState::allocate(std::uint64_t bytes, bool sealed, bool zeroed,
                                                  std::uint64_t alignment) {
  if (bytes == 0) return format::Extent{0, 0, number};
  make_room(undo.allocated, 1);
  DELTOS_ASSIGN(const Space::Allocation place, writer->space().allocate(bytes, sealed, alignment));
  try {
    allocated.emplace(place.offset, bytes);
  } catch (...) {
    writer->space().abandon_extent(place.offset, bytes);
    throw;
  }
  const format::Extent extent{place.offset, bytes, number};
  undo.allocated.push_back(extent);
  written_bytes += bytes;
  if (!zeroed || place.zero) return extent;
  std::byte *data = writer->data() + place.offset;
  if (bytes >= kPunchBytes) {
    const std::uint64_t whole = format::extent_blocks(bytes) * format::kBlockBytes;
    if (writer->second().punch(place.offset, whole).ok()) {
      DELTOS_TRY(writer->second().allocate(place.offset, whole));
      return extent;
    }
  }
  std::memset(data, 0, bytes);
  return extent;
}

void TransactionState::expect_releases(std::size_t count) {
  make_room(undo.released, count);
  make_room(freed_extents, count);
}

void TransactionState::release(const format::Extent &extent) {
  if (extent.bytes == 0) return;
  const auto own = allocated.find(extent.offset);
  if (own != allocated.end() && extent.transaction == number) {
    undo.released.push_back(extent);
  } else {
    freed_extents.push_back(extent);
  }
}

// ---- catalogue
// -------------------------------------------------------------------------------------------------------------

// The extent of a value that lies outside its page; empty for one that does not, or is not there.
Result<format::Extent> TransactionState::spilled_extent(const std::vector<std::byte> &key) {
  DELTOS_ASSIGN(const auto value, Tree::find(*this, root, key));
  if (!value || !value->spilled) return format::Extent{};
  DELTOS_ASSIGN(const format::Spill spill, format::decode_spill(value->bytes, writer->space().file_blocks()));
  return format::Extent{spill.offset, spill.bytes, spill.transaction};
}

Status TransactionState::put(const std::vector<std::byte> &key, Bytes value, std::size_t releases) {
  OldValue old;
  expect_releases(1 + releases);
  if (value.size() <= format::kMaxInlineValueBytes) {
    DELTOS_ASSIGN(root, Tree::put(*this, root, key, value, false, &old));
  } else {
    DELTOS_ASSIGN(const format::Extent place, allocate(value.size(), true, false));
    std::memcpy(writer->data() + place.offset, value.data(), value.size());
    const format::Spill spill{place.offset, place.bytes, place.transaction, hash64(value)};
    DELTOS_ASSIGN(root, Tree::put(*this, root, key, std::as_bytes(std::span(&spill, 1)), true, &old));
  }
  if (!old.spilled) return {};
  // The change is made: what was a damaged reference stays out of use until the storage is opened again.
  const auto replaced = format::decode_spill(old.spill, writer->space().file_blocks());
  if (replaced.ok()) release({replaced->offset, replaced->bytes, replaced->transaction});
  return {};
}

Status TransactionState::erase(const std::vector<std::byte> &key) {
  DELTOS_ASSIGN(const format::Extent old, spilled_extent(key));
  expect_releases(1);
  OldValue removed;
  DELTOS_ASSIGN(root, Tree::erase(*this, root, key, &removed));
  release(old);
  return {};
}

Status TransactionState::put_object(const format::Object &object, std::size_t releases) {
  return put(format::object_key(object.id), format::encode_object(object), releases);
}

Status TransactionState::remove_all_metadata(std::uint64_t object) {
  DELTOS_ASSIGN(const auto keys, view->metadata_keys(object));
  for (const std::string &key : keys) DELTOS_TRY(erase(format::metadatum_key(object, key)));
  return {};
}

Status TransactionState::hold_array(const format::Object &object) {
  if (object.kind != format::kKindArray) return {};
  for (const auto &array : shared->all_arrays()) {
    if (array->shows(object)) DELTOS_TRY(array->hold());
  }
  return {};
}

Status TransactionState::remove_object(const format::Object &object) {
  DELTOS_TRY(hold_array(object));
  if (object.kind == format::kKindSortedMap) DELTOS_TRY(drop_map(object.id));
  DELTOS_TRY(remove_all_metadata(object.id));
  DELTOS_TRY(erase(format::name_key(object.name)));
  DELTOS_TRY(erase(format::object_key(object.id)));
  for (const format::Extent &extent : object.extents) release(extent);
  --object_count;
  return {};
}

// ---- the end
// ---------------------------------------------------------------------------------------------------------------

void TransactionState::unlock_seals() { unlock_seals_since(0); }

void TransactionState::finish_commit() {
  Space &space = writer->space();
  for (const FreedPage &page : freed_pages) space.free_page(page.block, page.born, number);
  for (const format::Extent &extent : freed_extents)
    space.free_extent(extent.offset, extent.bytes, extent.transaction, number);
  unlock_seals();
  writer->note_usage();
  shared->spare_pages.keep(pages);
  committed->store(true);
  open = false;
}

void TransactionState::finish_abort() {
  if (!open) return;
  open = false;
  if (writer->forked()) return;
  writer->skip_ids(next_id);
  unlock_seals();
  if (!writer->check_usable().ok()) return;  // in doubt: what was written may be reachable
  Space &space = writer->space();
  for (const auto &[block, page] : pages) space.abandon_page(block);
  for (const auto &[offset, bytes] : allocated) space.abandon_extent(offset, bytes);
  writer->note_usage();
  shared->spare_pages.keep(pages);
}

bool same_content(const format::Object &a, const format::Object &b) {
  const format::Extent *one = payload_extent(a), *other = payload_extent(b);
  const bool arrays = a.kind == format::kKindArray && b.kind == format::kKindArray;
  if (a.kind == format::kKindSortedMap && b.kind == a.kind) return a.id == b.id && a.map.key == b.map.key;
  const bool same_shape = a.shape == b.shape || arrays;
  if (arrays && a.extents[0].offset != b.extents[0].offset) return false;
  if (a.id != b.id || (one == nullptr) != (other == nullptr) || !same_shape || a.format != b.format ||
      a.dtype != b.dtype || a.kind != b.kind)
    return false;
  return one == nullptr ||
         (one->offset == other->offset && one->bytes == other->bytes && one->transaction == other->transaction);
}

}  // namespace deltos::store
