// Header, superblocks, ring entries and the places of extents: sealing and checking.
#include "format/validate.hpp"

#include <algorithm>

namespace deltos::format {
namespace {

// Every structure ends with the checksum of all bytes before it.
template <class T>
std::uint64_t checksum_of(const T &structure) {
  static_assert(offsetof(T, xxh3) + sizeof structure.xxh3 == sizeof(T));
  return hash64({reinterpret_cast<const std::byte *>(&structure), offsetof(T, xxh3)});
}

bool root_in_range(std::uint64_t block, std::uint64_t root_transaction, std::uint64_t height, std::uint64_t transaction,
                   std::uint64_t file_blocks) {
  if (height == 0) return block == 0 && root_transaction == 0;
  return height <= kMaxHeight && block >= kFirstDataBlock && block < file_blocks && root_transaction != 0 &&
         root_transaction <= transaction;
}

bool numbers_in_range(std::uint64_t transaction, std::uint64_t file_blocks, std::uint64_t next_id,
                      std::uint64_t object_count) {
  return transaction >= kFirstTransaction && transaction <= kMaxTransaction && file_blocks >= kFirstDataBlock &&
         file_blocks <= kMaxBlocks && next_id != 0 && object_count < next_id;
}

// Inside the file, not before the first data block, apart from each other, and one of them holding the root.
bool zones_in_range(const Superblock &superblock) {
  if (superblock.zone_count > kMaxZones) return false;
  std::array<Zone, kMaxZones> zones = superblock.zones;
  const auto end = zones.begin() + superblock.zone_count;
  std::sort(zones.begin(), end, [](const Zone &a, const Zone &b) { return a.first_block < b.first_block; });
  std::uint64_t free_from = kFirstDataBlock;
  bool holds_root = superblock.height == 0;
  for (auto zone = zones.begin(); zone != end; ++zone) {
    if (zone->first_block < free_from || zone->blocks == 0) return false;
    if (zone->first_block % kRegionBlocks != 0 || zone->blocks % kRegionBlocks != 0) return false;
    if (!within(zone->first_block, zone->blocks, superblock.file_blocks)) return false;
    free_from = zone->first_block + zone->blocks;
    holds_root = holds_root || (superblock.root_block >= zone->first_block && superblock.root_block < free_from);
  }
  return holds_root;
}

Status check_version(const Header &header) {
  if (header.major != kMajor) {
    return fail(Code::feature, "storage has format version %u.%u, this build reads %u.x; use a build that knows it",
                unsigned{header.major}, unsigned{header.minor}, unsigned{kMajor});
  }
  if (header.block_bytes != kBlockBytes) {
    return fail(Code::feature, "storage has blocks of %u bytes, this build reads %u; use a build that knows them",
                unsigned{header.block_bytes}, static_cast<unsigned>(kBlockBytes));
  }
  const std::uint64_t unknown = header.incompatible & ~kKnownIncompatible;
  if (unknown != 0) {
    return fail(Code::feature,
                "storage uses incompatible features 0x%llx that this build does not know; use a newer one",
                static_cast<unsigned long long>(unknown));
  }
  return {};
}

}  // namespace

void seal_header(Header *header) { header->xxh3 = checksum_of(*header); }

Result<Header> check_header(Bytes bytes) {
  if (bytes.size() < sizeof(Header)) {
    return fail(Code::not_deltos, "%zu bytes are too short for a Deltos storage; check the path and offset",
                bytes.size());
  }
  const auto header = load<Header>(bytes.data());
  if (header.magic != kMagic) {
    const bool mangled = std::equal(kMagic.begin(), kMagic.begin() + 6, header.magic.begin());
    return fail(Code::not_deltos,
                mangled ? "the mark of a Deltos storage has changed line ends; copy the file in binary mode"
                        : "this does not begin with the mark of a Deltos storage; check the path and offset");
  }
  if (header.xxh3 != checksum_of(header)) {
    return fail(Code::corrupt, "header of the storage is damaged: its checksum does not fit; restore it from a copy");
  }
  DELTOS_TRY(check_version(header));
  return header;
}

void seal_superblock(Superblock *superblock) { superblock->xxh3 = checksum_of(*superblock); }

std::optional<Superblock> read_superblock(Bytes bytes, const Uuid &uuid) {
  if (bytes.size() < sizeof(Superblock)) return std::nullopt;
  const auto superblock = load<Superblock>(bytes.data());
  if (superblock.magic != kSuperblockMagic || superblock.uuid != uuid) return std::nullopt;
  if (superblock.xxh3 != checksum_of(superblock)) return std::nullopt;
  if ((superblock.flags & ~kSuperblockWeak) != 0) return std::nullopt;
  if (!numbers_in_range(superblock.transaction, superblock.file_blocks, superblock.next_id, superblock.object_count)) {
    return std::nullopt;
  }
  if (superblock.previous_strong >= superblock.transaction) return std::nullopt;
  if (!root_in_range(superblock.root_block, superblock.root_transaction, superblock.height, superblock.transaction,
                     superblock.file_blocks)) {
    return std::nullopt;
  }
  if (!zones_in_range(superblock)) return std::nullopt;
  return superblock;
}

bool superblock_counts(const Superblock &superblock, const std::array<std::uint8_t, 16> &boot_id, std::uint64_t device,
                       std::uint64_t inode) {
  if ((superblock.flags & kSuperblockWeak) == 0) return true;
  return superblock.boot_id == boot_id && superblock.device == device && superblock.inode == inode;
}

void seal_ring_entry(RingEntry *entry) { entry->xxh3 = checksum_of(*entry); }

bool ring_entry_valid(const RingEntry &entry, std::uint64_t transaction) {
  return entry.transaction == transaction && entry.xxh3 == checksum_of(entry) &&
         numbers_in_range(entry.transaction, entry.file_blocks, entry.next_id, entry.object_count) &&
         root_in_range(entry.root_block, entry.root_transaction, entry.height, entry.transaction, entry.file_blocks);
}

unsigned slot_class(std::uint64_t bytes) {
  const auto fitting = std::lower_bound(kSlotClasses.begin(), kSlotClasses.end(), bytes);
  return static_cast<unsigned>(fitting - kSlotClasses.begin());
}

std::uint64_t extent_blocks(std::uint64_t bytes) {
  if (bytes <= kMaxSlotBytes) return 0;
  return bytes / kBlockBytes + (bytes % kBlockBytes != 0 ? 1 : 0);
}

const char *extent_fault(std::uint64_t offset, std::uint64_t bytes, std::uint64_t file_blocks) {
  if (bytes == 0) return offset == 0 ? nullptr : "stores nothing, but has a place";
  if (file_blocks > kMaxBlocks) return "lies in a file of impossible size";
  if (offset < kFirstDataOffset || !within(offset, bytes, file_blocks * kBlockBytes)) {
    return "does not lie inside the storage";
  }
  if (bytes > kMaxSlotBytes) return offset % kBlockBytes == 0 ? nullptr : "does not start on a block";
  const std::uint64_t slot_bytes = kSlotClasses[slot_class(bytes)];
  const std::uint64_t in_slab = offset % kRegionBytes;
  if (in_slab % slot_bytes != 0 || !within(in_slab, slot_bytes, kRegionBytes)) return "is not a slot of a slab";
  if (!within(offset - in_slab, kRegionBytes, file_blocks * kBlockBytes))
    return "lies in a slab cut off by the file's end";
  return nullptr;
}

}  // namespace deltos::format
