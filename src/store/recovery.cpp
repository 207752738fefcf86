// Opening for writing: which superblock to go on from, the walk that proves it whole, and the first publication.
#include <algorithm>
#include <cinttypes>
#include <vector>

#include "store/catalogue.hpp"
#include "store/pin_search.hpp"
#include "store/walk.hpp"
#include "store/writer.hpp"

namespace deltos::store {

using ull = unsigned long long;
using format::Superblock;

namespace {

// Hears of everything that is in use, for Space.
class Rebuild final : public WalkVisitor {
 public:
  Rebuild(Space *space, bool in_root, std::unordered_set<std::uint64_t> *unread_maps)
      : space_(space), in_root_(in_root), unread_maps_(unread_maps) {}
  Status page(std::uint64_t block) override { return space_->mark_page(block, in_root_); }
  Status extent(const format::Extent &extent, bool sealed, std::uint64_t) override {
    return space_->mark_extent(extent.offset, extent.bytes, sealed, in_root_);
  }
  Status object(const format::Object &object) override {
    if (object.kind == format::kKindSortedMap && object.map.long_values == 0) unread_maps_->insert(object.id);
    return {};
  }
  bool reads_plain_leaves() const override { return false; }
  Status finding(const Finding &finding) override {
    Error error = fail(finding.code, "%s", finding.message.c_str());
    error.object_id = finding.object_id;
    return error;
  }

 private:
  Space *space_;
  bool in_root_;
  std::unordered_set<std::uint64_t> *unread_maps_;
};

// Hears of every live byte range, to write it again.
class LiveRanges final : public WalkVisitor {
 public:
  std::vector<std::uint64_t> pages;
  std::vector<format::Extent> extents;
  Status page(std::uint64_t block) override {
    pages.push_back(block);
    return {};
  }
  Status extent(const format::Extent &extent, bool, std::uint64_t) override {
    extents.push_back(extent);
    return {};
  }
  Status object(const format::Object &) override { return {}; }
  bool reads_plain_leaves() const override { return false; }
  Status finding(const Finding &finding) override { return fail(finding.code, "%s", finding.message.c_str()); }
};

// Slots to try, newest first.
std::vector<unsigned> candidates(const Slots &slots, bool rollback) {
  std::vector<unsigned> found;
  for (unsigned slot = 0; slot < format::kSlots; ++slot) {
    if (slots.counts[slot]) found.push_back(slot);
  }
  std::sort(found.begin(), found.end(),
            [&](unsigned a, unsigned b) { return slots.found[a]->transaction > slots.found[b]->transaction; });
  if (!rollback && found.size() > 1) found.erase(found.begin() + 1, found.end());
  return found;
}

Snapshot::Scope scope_of(const Superblock &superblock, PageSource *pages, const std::byte *data) {
  return {pages, Root{superblock.root_block, superblock.root_transaction, superblock.height}, superblock.file_blocks,
          data};
}

}  // namespace

Status Writer::check_length(const Superblock &superblock) const {
  const std::uint64_t there = state_->mapping->bytes() / format::kBlockBytes;
  if (superblock.file_blocks <= there) return {};
  return fail(Code::corrupt, "%s: transaction %llu has %llu blocks, but the file holds %llu: it was cut short",
              state_->label.c_str(), static_cast<ull>(superblock.transaction), static_cast<ull>(superblock.file_blocks),
              static_cast<ull>(there));
}

Status Writer::rebuild(const Superblock &chosen, const Superblock &strong, std::uint64_t number) {
  DELTOS_TRY(check_length(chosen));
  DELTOS_TRY(check_length(strong));
  const std::uint64_t blocks = state_->mapping->bytes() / format::kBlockBytes;
  std::vector<format::Zone> zones(chosen.zones.begin(), chosen.zones.begin() + chosen.zone_count);
  space_ = std::make_unique<Space>(this, blocks, std::move(zones));
  PageMemo memo;  // of its own: what an abandoned candidate held must be checked again
  MappedPages pages(state_->mapping->data(), chosen.file_blocks, state_->uuid_low, &memo);
  unread_maps_.clear();
  Rebuild in_root(space_.get(), true, &unread_maps_);
  DELTOS_TRY(walk_catalogue(scope_of(chosen, &pages, state_->mapping->data()), chosen.next_id, chosen.object_count,
                            in_root, state_->options.progress));
  if (strong.transaction != chosen.transaction) {
    MappedPages strong_pages(state_->mapping->data(), strong.file_blocks, state_->uuid_low, &memo);
    Rebuild in_strong(space_.get(), false, &unread_maps_);
    DELTOS_TRY(walk_catalogue(scope_of(strong, &strong_pages, state_->mapping->data()), strong.next_id,
                              strong.object_count, in_strong, state_->options.progress));
  }
  const std::uint64_t quarantine = quarantine_number(chosen, number);
  DELTOS_ASSIGN(Remains remaining, remains(chosen, quarantine));
  // Holes that an earlier writer punched must get room again before anything is stored there.
  return space_->finish_rebuild(quarantine, state_->file_info.allocated_bytes < state_->file_info.bytes,
                                std::move(remaining));
}

bool Writer::is_published(const Superblock &chosen) const {
  const auto entry = state_->mailbox.entry(state_->mailbox.published());
  return entry && entry->root_block == chosen.root_block && entry->root_transaction == chosen.root_transaction;
}

// From when on pins do not hold what is unreachable. Who pins the published number reads the very root that was found,
// when that is what was published: only older pins count. Else, and after going back, every number there ever was does
// (rule R2).
std::uint64_t Writer::quarantine_number(const Superblock &chosen, std::uint64_t number) const {
  if (!state_->mailbox.alive() || state_->options.rollback) return number;
  return is_published(chosen) ? state_->mailbox.published() : number;
}

// What older pins may need beside the roots; looked for only where there are any, so that a snapshot that is held while
// writers come and go does not cost each of them all the space that it finds free. Pins do not tell what they pin: a
// reader may have pinned a lower number than it reads, but none reads beyond what was published, or before that beyond
// the newest superblock. After somebody has gone back, zones of the state that was left are not known.
Result<Remains> Writer::remains(const Superblock &chosen, std::uint64_t quarantine) const {
  const Mailbox &mailbox = state_->mailbox;
  DELTOS_ASSIGN(const std::uint64_t oldest, store::oldest_pin(second_, 0, quarantine));
  if (oldest == quarantine || oldest < mailbox.gone_back() || state_->options.rollback) return Remains();
  if (mailbox.alive() && !is_published(chosen) && chosen.transaction < mailbox.published()) return Remains();
  const std::uint64_t newest = mailbox.alive() ? mailbox.published() : chosen.transaction;
  return Remains(state_->mapping->data(), state_->mapping->bytes() / format::kBlockBytes, state_->uuid_low, newest);
}

// The highest number that may have been given to anything. A superblock that was torn while it was written names none;
// but the barrier before it has put the live page on disk, which names the number before, whichever boot it is of. What
// lies beyond reason there is damage.
std::uint64_t Writer::last_number(const Slots &slots) const {
  constexpr std::uint64_t kMostPassed = std::uint64_t{1} << 32;
  const std::uint64_t highest = slots.highest(), published = state_->mailbox.published();
  const bool believed = state_->mailbox.alive() || (published > highest && published - highest < kMostPassed);
  return believed ? std::max(highest, published) : highest;
}

Status Writer::recover() {
  DELTOS_ASSIGN(const Slots slots, read_slots(second_, 0, state_->header.uuid, state_->file_info, true));
  if (!slots.newest()) return fail(Code::corrupt, "%s: no whole superblock is left", state_->label.c_str());
  if (!slots.newest_strong()) return fail(Code::corrupt, "%s: no strong superblock is left", state_->label.c_str());
  if (state_->mailbox.io_failed() && !state_->options.redirty) {
    return fail(Code::io,
                "%s: an earlier barrier failed in this boot, so what the disk holds is not known; check the disk, then "
                "open with REDIRTY "
                "to write everything again",
                state_->label.c_str());
  }
  std::uint64_t number = last_number(slots);
  if (++number >= format::kMaxTransaction) {
    return fail(Code::limit, "%s has used up its transaction numbers; copy it with compact_to", state_->label.c_str());
  }
  // Before the first write: what the page cache shows must be on disk before anything is built on it, and an error that
  // nobody has been told of yet shows here.
  DELTOS_TRY(barrier());

  const std::uint64_t strong_transaction = slots.found[*slots.newest_strong()]->transaction;
  Status tried;
  for (const unsigned slot : candidates(slots, state_->options.rollback)) {
    const Superblock &chosen = *slots.found[slot];
    const bool weak = (chosen.flags & format::kSuperblockWeak) != 0;
    // An older strong superblock that is gone back to is the durable one from now on; the newer is about to be
    // overwritten.
    const bool newest_strong = weak || chosen.transaction == strong_transaction;
    const unsigned strong_slot = newest_strong ? *slots.newest_strong() : *slots.newest_strong() ^ 1U;
    const Superblock &strong = *slots.found[strong_slot];
    tried = rebuild(chosen, strong, number);
    if (tried.ok()) return start(chosen, strong, strong_slot, slots, number);
    if (tried.code() != Code::corrupt) return tried;
  }
  Error error = std::move(tried).error();
  if (!state_->options.rollback) {
    error.message = state_->label + ": " + error.message + "; open with ROLLBACK to go back to an older commit";
  }
  return error;
}

Status Writer::start(const Superblock &chosen, const Superblock &strong, unsigned strong_slot, const Slots &slots,
                     std::uint64_t number) {
  root_ = Root{chosen.root_block, chosen.root_transaction, chosen.height};
  object_count_ = chosen.object_count;
  next_id_ = chosen.next_id;
  durable_slot_ = strong_slot;
  durable_transaction_ = strong.transaction;
  previous_strong_ = strong.transaction;
  unsynced_bytes_.store((chosen.flags & format::kSuperblockWeak) != 0 ? 1 : 0);
  const auto &w0 = slots.found[format::kSlotW0], &w1 = slots.found[format::kSlotW1];
  weak_slot_ = w0 && (!w1 || w0->transaction > w1->transaction) ? format::kSlotW1 : format::kSlotW0;
  space_->set_strong(strong.transaction, 0);
  for (const format::Zone &zone : space_->zones()) {
    DELTOS_TRY(state_->mapping->protect(zone.first_block * format::kBlockBytes, zone.blocks * format::kBlockBytes,
                                        os::Protection::read));
  }
  if (state_->mailbox.io_failed()) DELTOS_TRY(redirty(chosen, strong));
  state_->mailbox.set_gone_back(state_->options.rollback ? number : state_->mailbox.gone_back());
  state_->mailbox.publish(ring_entry({root_, object_count_, next_id_, 0}, number));
  state_->mailbox.set_io_failed(false);
  state_->mailbox.set_writer_pid(static_cast<std::uint32_t>(os::process_id()));
  published_.store(number);
  recovered_ = number;
  // The state that was found is published under a new number; it is durable if its superblock is the one to be found
  // again.
  const bool found_again = chosen.transaction == slots.found[*slots.newest_strong()]->transaction;
  durable_.store(found_again ? number : strong.transaction);
  note_usage();
  return {};
}

// After a failed barrier the kernel has marked pages clean that are not on disk. Every live block is made dirty again
// without being changed, so that two barriers put all of it there.
Status Writer::redirty(const Superblock &chosen, const Superblock &strong) {
  for (const Superblock *superblock : {&chosen, &strong}) {
    PageMemo memo;
    MappedPages pages(state_->mapping->data(), superblock->file_blocks, state_->uuid_low, &memo);
    LiveRanges live;
    DELTOS_TRY(walk_catalogue(scope_of(*superblock, &pages, state_->mapping->data()), superblock->next_id,
                              superblock->object_count, live, {}));
    for (const std::uint64_t block : live.pages) {
      DELTOS_TRY(second_.write(Bytes(state_->mapping->data() + block * format::kBlockBytes, format::kBlockBytes),
                               block * format::kBlockBytes));
    }
    for (const format::Extent &extent : live.extents) {
      // Others may be storing in place: adding nothing, atomically, dirties the page and loses no store.
      for (std::uint64_t at = extent.offset; at < extent.offset + extent.bytes;
           at += format::kBlockBytes - at % format::kBlockBytes) {
        __atomic_fetch_or(reinterpret_cast<unsigned char *>(state_->mapping->data() + at), 0, __ATOMIC_RELAXED);
      }
    }
  }
  DELTOS_TRY(barrier());
  for (const unsigned slot : {format::kSlotA, format::kSlotB}) {
    std::array<std::byte, sizeof(Superblock)> bytes;
    DELTOS_TRY(second_.read(bytes, format::kSlotOffset[slot]));
    DELTOS_TRY(second_.write(bytes, format::kSlotOffset[slot]));
  }
  return barrier();
}

}  // namespace deltos::store
