// The bytes of a storage, as structs. FORMAT.md beside this file shows them in pictures; the assertions below tie the
// two together. Everything is little-endian; a reference is a byte offset or a block number, never an address.
//
// Nothing here does I/O. A struct is read with load<>() from bytes that may be hostile, checked by a function of
// format/validate.hpp, and only then believed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace deltos::format {

constexpr std::uint64_t kBlockBytes = 4096;
constexpr std::uint64_t kRegionBytes = 64 * 1024;  // unit of mapping protection, slabs and zones
constexpr std::uint64_t kRegionBlocks = kRegionBytes / kBlockBytes;
constexpr std::uint64_t kExtentAlignment = 64;

// Fixed places. Each has a region to itself: a torn write damages one of them at most.
constexpr std::uint64_t kHeaderOffset = 0 * kRegionBytes;
constexpr std::uint64_t kSlotOffset[4] = {1 * kRegionBytes, 2 * kRegionBytes, 3 * kRegionBytes, 4 * kRegionBytes};
constexpr unsigned kSlotA = 0, kSlotB = 1, kSlotW0 = 2, kSlotW1 = 3, kSlots = 4;  // strong A, B; weak W0, W1
constexpr std::uint64_t kLiveOffset = 5 * kRegionBytes;
constexpr std::uint64_t kFirstDataOffset = 6 * kRegionBytes;
constexpr std::uint64_t kFirstDataBlock = kFirstDataOffset / kBlockBytes;

// Feature bits of the header's `compatible` word.
constexpr std::uint64_t kCompatibleSparse = 1;    // grows by holes: a store may find the disk full (SIGBUS)
constexpr std::uint64_t kCompatibleCompress = 2;  // long texts of values are stored compressed

constexpr std::uint16_t kMajor = 1;
constexpr std::uint16_t kMinor = 0;

// Transaction numbers start here, so that a pin can always move to a lower number (decision of the reader protocol).
constexpr std::uint64_t kFirstTransaction = std::uint64_t{1} << 16;
constexpr std::uint64_t kMaxTransaction = std::uint64_t{1} << 60;
constexpr std::uint64_t kMaxBlocks = std::uint64_t{1} << 48;

using Uuid = std::array<std::uint8_t, 16>;

// ---- header -------------------------------------------------------------------------------------------------------
constexpr std::array<char, 8> kMagic = {'D', 'E', 'L', 'T', 'O', 'S', '\r', '\n'};

struct Header {
  std::array<char, 8> magic;
  std::uint16_t major, minor;
  std::uint32_t block_bytes;
  Uuid uuid;
  std::uint64_t incompatible;          // unknown bit: refuse
  std::uint64_t read_only_compatible;  // unknown bit: open for reading only
  std::uint64_t compatible;            // unknown bit: ignore
  std::uint64_t hash_seed;
  std::int64_t created_ns;                 // nanoseconds since 1970, UTC; informative
  std::array<std::uint64_t, 22> reserved;  // 0
  std::uint64_t xxh3;                      // of all bytes before it
};
static_assert(sizeof(Header) == 256 && offsetof(Header, uuid) == 16 && offsetof(Header, incompatible) == 32 &&
              offsetof(Header, hash_seed) == 56 && offsetof(Header, xxh3) == 248);

// ---- superblock ---------------------------------------------------------------------------------------------------
constexpr std::uint32_t kSuperblockMagic = 0x31425344;  // "DSB1"
constexpr std::uint32_t kSuperblockWeak = 1;
constexpr unsigned kMaxZones = 40;

struct Zone {  // catalogue pages live in zones only, and nothing else does
  std::uint64_t first_block, blocks;
};

struct Superblock {
  std::uint32_t magic;
  std::uint32_t flags;
  std::uint64_t transaction;
  std::uint64_t previous_strong;   // transaction of the strong superblock before this one; 0: none
  std::uint64_t root_block;        // 0: the catalogue is empty
  std::uint64_t root_transaction;  // the root page's own transaction
  std::uint32_t height;            // 0: empty; 1: the root is a leaf
  std::uint32_t zone_count;
  std::uint64_t file_blocks;  // blocks of the file that belong to the storage
  std::uint64_t next_id;      // object ids are handed out once
  std::uint64_t object_count;
  std::array<std::uint8_t, 16> boot_id;  // weak only, else 0: a weak superblock counts in the boot ...
  std::uint64_t device, inode;           // ... and the file that it was written in
  std::int64_t commit_ns;
  Uuid uuid;
  std::array<std::uint64_t, 8> reserved;  // 0
  std::array<Zone, kMaxZones> zones;
  std::array<std::uint64_t, 23> reserved2;  // 0
  std::uint64_t xxh3;
};
static_assert(sizeof(Superblock) == 1024 && offsetof(Superblock, root_block) == 24 &&
              offsetof(Superblock, file_blocks) == 48 && offsetof(Superblock, boot_id) == 72 &&
              offsetof(Superblock, uuid) == 112 && offsetof(Superblock, zones) == 192 &&
              offsetof(Superblock, xxh3) == 1016);

// ---- live page ----------------------------------------------------------------------------------------------------
// Mailbox between the writer and readers of one boot; words are stored and loaded atomically. Never believed when its
// boot id, device or inode is not the running one.
constexpr unsigned kRingEntries = 31;

struct RingEntry {  // the root of transaction T lies at index T % 31
  std::uint64_t transaction;
  std::uint64_t root_block, root_transaction;
  std::uint64_t height;
  std::uint64_t file_blocks;
  std::uint64_t next_id;
  std::uint64_t object_count;
  std::array<std::uint64_t, 8> reserved;  // 0
  std::uint64_t xxh3;
};
static_assert(sizeof(RingEntry) == 128 && offsetof(RingEntry, xxh3) == 120);

struct LivePage {
  std::uint64_t published;
  std::array<std::uint64_t, 2> boot_id;
  std::uint64_t device, inode;
  std::uint32_t io_failed;   // a barrier failed in the boot of failed_boot_id: no writer may go on without REDIRTY
  std::uint32_t writer_pid;  // informative
  std::array<std::uint64_t, 2> failed_boot_id;
  std::uint64_t gone_back;  // 0, or the number under which ROLLBACK last published an older state in this boot
  std::array<std::uint64_t, 7> reserved;
  std::array<RingEntry, kRingEntries> ring;
};
static_assert(sizeof(LivePage) == kBlockBytes && offsetof(LivePage, io_failed) == 40 &&
              offsetof(LivePage, gone_back) == 64 && offsetof(LivePage, ring) == 128);

// ---- catalogue page -----------------------------------------------------------------------------------------------
// header, then count u16 offsets of entries in key order, then free space, then entries down from the checksum.
// entry: u16 key bytes, u16 value bytes (bit 15: the value is a Spill or, of 8 bytes, an object's id), key, value.
// In an inner page every value is a Child and the first key is empty.
constexpr std::uint32_t kPageMagic = 0x31504344;  // "DCP1"

struct PageHeader {
  std::uint32_t magic;
  std::uint16_t level;  // 0: leaf
  std::uint16_t count;
  std::uint64_t block;           // its own
  std::uint64_t transaction;     // that wrote it
  std::uint64_t uuid_low;        // first 8 bytes of the storage's uuid
  std::uint16_t entries_offset;  // of the lowest entry
  std::uint16_t tree;            // kCatalogueTree or kMapTree: whose page it is
  std::uint32_t reserved;
};
static_assert(sizeof(PageHeader) == 40 && offsetof(PageHeader, entries_offset) == 32);
constexpr std::size_t kPageChecksumOffset = kBlockBytes - 8;
constexpr std::uint16_t kCatalogueTree = 0;
constexpr std::uint16_t kMapTree = 1;

struct Child {
  std::uint64_t block, transaction;
};
constexpr std::size_t kObjectValueBytes = 8;  // a value that is an object: its id
struct Spill {  // a value too long for its page lies in an extent of its own, which is never rewritten
  std::uint64_t offset, bytes, transaction, xxh3;
};
static_assert(sizeof(Child) == 16 && sizeof(Spill) == 32);

constexpr std::size_t kMaxKeyBytes = 1024;
constexpr std::size_t kMaxInlineValueBytes = 960;
constexpr std::uint16_t kSpillFlag = 0x8000;
constexpr unsigned kMaxHeight = 12;
static_assert(2 * (2 + 4 + kMaxKeyBytes + kMaxInlineValueBytes) <= kPageChecksumOffset - sizeof(PageHeader),
              "two entries fit in every page, so that it can be split");

// ---- keys of the catalogue ----------------------------------------------------------------------------------------
// kName ‖ name               -> u64 id
// kObject ‖ id (big-endian)  -> ObjectRecord
// kMetadatum ‖ id ‖ key      -> MetadatumRecord; id 0: the storage itself
enum KeySpace : std::uint8_t { kName = 1, kObject = 2, kMetadatum = 3 };
constexpr std::size_t kMaxNameBytes = 1023;
constexpr std::size_t kMaxMetadataKeyBytes = 255;
constexpr std::size_t kMaxMetadatumBytes = 64 * 1024;
constexpr std::size_t kMaxFormatBytes = 64 * 1024;
constexpr std::size_t kMaxSpillBytes = 256 * 1024;  // any record of this version is shorter
constexpr int kMaxDimensions = 64;

// ---- object and metadatum records ---------------------------------------------------------------------------------
constexpr std::uint8_t kKindBuffer = 1;
constexpr std::uint8_t kKindArray = 2;
constexpr std::uint8_t kKindTable = 3;
constexpr std::uint8_t kKindValue = 4;
constexpr std::uint8_t kKindRecordTable = 5;
constexpr std::uint8_t kKindHashMap = 6;
constexpr std::uint8_t kKindSortedMap = 7;
constexpr std::uint16_t kMaxDtype = 20;
constexpr std::uint8_t kObjectSealed = 1;
constexpr unsigned kMaxExtents = 64;
constexpr std::uint64_t kSumChunkBytes = 64 * 1024;

struct Extent {
  std::uint64_t offset, bytes;  // offset: multiple of 64; bytes 0: nothing stored, offset 0
  std::uint64_t transaction;    // that allocated it
};
static_assert(sizeof(Extent) == 24);

struct ObjectRecord {     // followed by Extent[extent_count], i64 shape[ndim], SortedMapRecord (its kind), format, name
  std::uint16_t version;  // 1
  std::uint8_t kind;      // DELTOS_KIND_*
  std::uint8_t flags;
  std::uint16_t dtype;  // DELTOS_DTYPE_*
  std::uint16_t ndim;
  std::uint32_t format_bytes;
  std::uint16_t name_bytes;
  std::uint16_t extent_count;
  std::uint64_t created, changed;  // transactions
  std::uint64_t item_bytes;
  std::uint64_t payload_bytes;
  std::uint64_t digest;  // sealed: XXH3 of the payload (one chunk) or of the chunk sums; else 0
  std::uint64_t reserved;
};
static_assert(sizeof(ObjectRecord) == 64 && offsetof(ObjectRecord, created) == 16 &&
              offsetof(ObjectRecord, digest) == 48);

enum MapKey : std::uint32_t { kMapKeyBytes = 0, kMapKeyUtf8 = 1, kMapKeyU64 = 2 };
constexpr std::size_t kMaxMapValueBytes = std::size_t{16} << 20;

struct SortedMapRecord {           // what is in the map's own tree; the number of pairs is the shape
  std::uint64_t root_block;        // 0: the map is empty
  std::uint64_t root_transaction;  // the root page's own
  std::uint32_t height;            // 0: empty; 1: the root is a leaf
  std::uint32_t key;               // MapKey
  std::uint64_t key_bytes, value_bytes;
  std::uint64_t long_values;  // values that are Spills; 0: no leaf has one
  std::uint64_t objects;      // values that are ids of objects
  std::uint64_t reserved;     // 0
};
static_assert(sizeof(SortedMapRecord) == 64 && offsetof(SortedMapRecord, key) == 20 &&
              offsetof(SortedMapRecord, long_values) == 40);

struct TableRow {               // the payload of a table begins with one for each row
  std::uint64_t offset, count;  // offset: from the start of the payload, multiple of 64; count: elements
};
static_assert(sizeof(TableRow) == 16);

struct MetadatumRecord {  // followed by i64 shape[ndim], format, data
  std::uint16_t version;  // 1
  std::uint16_t ndim;
  std::uint32_t format_bytes;
  std::uint64_t data_bytes;
};
static_assert(sizeof(MetadatumRecord) == 16);

// ---- extents below one block --------------------------------------------------------------------------------------
// They lie in slabs: regions of 64 KiB, aligned to 64 KiB, cut into slots of one size class; open and sealed payload
// never share a slab. Larger extents are whole blocks and start on a block.
constexpr std::array<std::uint32_t, 11> kSlotClasses = {64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072};
constexpr std::uint32_t kMaxSlotBytes = kSlotClasses.back();

// ---- places in the kernel's byte-range lock table -------------------------------------------------------------------
// No byte of these exists in the file.
constexpr std::uint64_t kLockRange = std::uint64_t{1} << 61;                    // + block: payload in use
constexpr std::uint64_t kLockWritable = kLockRange + (std::uint64_t{1} << 55);  // + block: writable exports
constexpr std::uint64_t kLockWriter = kLockRange + (std::uint64_t{1} << 60);    // the writer, and builders
constexpr std::uint64_t kLockPin = std::uint64_t{1} << 62;                      // + transaction: snapshot in use

}  // namespace deltos::format
