#include "store/slots.hpp"

#include <algorithm>
#include <cstring>

namespace deltos::store {

using format::kSlots;
using format::Superblock;

std::optional<unsigned> Slots::newest() const {
  std::optional<unsigned> best;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    if (counts[slot] && (!best || found[slot]->transaction > found[*best]->transaction)) best = slot;
  }
  return best;
}

std::optional<unsigned> Slots::newest_strong() const {
  std::optional<unsigned> best;
  for (unsigned slot : {format::kSlotA, format::kSlotB}) {
    if (counts[slot] && (!best || found[slot]->transaction > found[*best]->transaction)) best = slot;
  }
  return best;
}

std::uint64_t Slots::highest() const {
  std::uint64_t highest = 0;
  for (const auto &superblock : found) {
    if (superblock) highest = std::max(highest, superblock->transaction);
  }
  return highest;
}

namespace {

// A strong slot holds strong superblocks only and the other way round: a file that mixes them was not written by us.
bool belongs(unsigned slot, const Superblock &superblock) {
  const bool weak = (superblock.flags & format::kSuperblockWeak) != 0;
  return weak == (slot == format::kSlotW0 || slot == format::kSlotW1);
}

}  // namespace

Result<Slots> read_slots(const os::File &file, std::uint64_t base, const format::Uuid &uuid, const os::FileInfo &info,
                         bool weak_count) {
  Slots slots;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    std::array<std::byte, sizeof(Superblock)> bytes;
    DELTOS_TRY(file.read(bytes, base + format::kSlotOffset[slot]));
    auto superblock = format::read_superblock(bytes, uuid);
    if (!superblock || !belongs(slot, *superblock)) continue;
    const bool weak = (superblock->flags & format::kSuperblockWeak) != 0;
    slots.counts[slot] =
        !weak || (weak_count && format::superblock_counts(*superblock, os::boot_id(), info.device, info.inode));
    slots.found[slot] = superblock;
  }
  return slots;
}

Slots read_slots(Bytes storage, const format::Uuid &uuid) {
  Slots slots;
  for (unsigned slot : {format::kSlotA, format::kSlotB}) {
    if (!within(format::kSlotOffset[slot], sizeof(Superblock), storage.size())) continue;
    auto superblock = format::read_superblock(storage.subspan(format::kSlotOffset[slot], sizeof(Superblock)), uuid);
    if (!superblock || !belongs(slot, *superblock)) continue;
    slots.counts[slot] = true;
    slots.found[slot] = superblock;
  }
  return slots;
}

Status write_slot(const os::File &file, unsigned slot, Superblock superblock) {
  DELTOS_TRY(file.check_limit(format::kSlotOffset[slot] + sizeof superblock));
  return write_slot_below(file, slot, superblock);
}

Status write_slot_below(const os::File &file, unsigned slot, Superblock superblock) {
  format::seal_superblock(&superblock);
  std::array<std::byte, sizeof superblock> bytes;
  std::memcpy(bytes.data(), &superblock, sizeof superblock);
  return file.write_below(bytes, format::kSlotOffset[slot]);
}

}  // namespace deltos::store
