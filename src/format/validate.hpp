// Encoding and checking of everything on disk but catalogue pages. Pure functions over bytes; each check loads a field
// once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "format/layout.hpp"

namespace deltos::format {

// Feature bits this build knows.
constexpr std::uint64_t kKnownIncompatible = 0;
constexpr std::uint64_t kKnownReadOnlyCompatible = 0;

void seal_header(Header *header);
// not_deltos: other magic or too short; feature: newer major version or unknown incompatible bits, naming them;
// corrupt: checksum.
Result<Header> check_header(Bytes bytes);

void seal_superblock(Superblock *superblock);
// Whether the bytes are a whole superblock of this storage: checksum, magic, uuid, numbers and zones in range. A torn
// or foreign one is not an error but nullopt.
std::optional<Superblock> read_superblock(Bytes bytes, const Uuid &uuid);
// Weak superblocks count only in the boot and the file they were written in.
bool superblock_counts(const Superblock &superblock, const std::array<std::uint8_t, 16> &boot_id, std::uint64_t device,
                       std::uint64_t inode);

void seal_ring_entry(RingEntry *entry);
bool ring_entry_valid(const RingEntry &entry, std::uint64_t transaction);

// What is in a sorted map, and where: the root of its tree, as a superblock names that of the catalogue.
struct SortedMap {
  std::uint64_t root_block = 0, root_transaction = 0;
  std::uint32_t height = 0, key = kMapKeyBytes;
  std::uint64_t count = 0, key_bytes = 0, value_bytes = 0, long_values = 0, objects = 0;
  bool operator==(const SortedMap &) const = default;
};

// An object's record, decoded and bounds-checked against a storage of file_blocks blocks.
struct Object {
  std::uint64_t id = 0;
  std::uint8_t kind = 0;
  bool sealed = false;
  std::uint16_t dtype = 0;
  std::uint64_t created = 0, changed = 0;
  std::uint64_t item_bytes = 0, payload_bytes = 0, digest = 0;
  std::vector<Extent> extents;
  std::vector<std::int64_t> shape;
  std::string format, name;
  SortedMap map;                         // of that kind
  void set_map(const SortedMap &state);  // and the fields that follow from it
};
std::vector<std::byte> encode_object(const Object &object);
// feature, naming it: a version, kind, flag or element type of a later format. corrupt unless: ndim <= 64 (a table: 1
// or 2), shape non-negative, product * item_bytes == payload_bytes (a table: the rows fit), item_bytes >= 1, the
// product of all lengths but zeros fits an int64 (so strides do), extents inside [kFirstDataOffset, file_blocks *
// 4096), block-aligned from 3,073 bytes up, a slot of a slab below, first extent's bytes == payload_bytes, a second one
// exactly when there are chunk sums, format being UTF-8 without NUL, name valid, nothing left over.
Result<Object> decode_object(Bytes bytes, std::uint64_t id, std::uint64_t file_blocks);

struct Metadatum {
  std::string format;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;
};
std::vector<std::byte> encode_metadatum(const Metadatum &item);
Result<Metadatum> decode_metadatum(Bytes bytes);

std::vector<std::byte> name_key(std::string_view name);
std::vector<std::byte> object_key(std::uint64_t id);
std::vector<std::byte> metadatum_key(std::uint64_t id, std::string_view key);

// invalid, saying which rule: 1..1023 bytes of UTF-8, no NUL, segments between '/' non-empty and neither "." nor "..".
Status check_name(std::string_view name);
// 1..255 bytes of UTF-8 without NUL.
Status check_metadata_key(std::string_view key);
bool is_utf8(std::string_view text);

// Spilled values, too: bytes, alignment and place as for an extent.
Result<Spill> decode_spill(Bytes bytes, std::uint64_t file_blocks, std::uint64_t most_bytes = kMaxSpillBytes);

// What is wrong with an extent's place (the rest of a sentence), or null. Empty extents lie at 0.
const char *extent_fault(std::uint64_t offset, std::uint64_t bytes, std::uint64_t file_blocks);

// Bytes of the chunk sums of a payload: one u64 for each begun 64 KiB. Stored only when that is more than one.
std::uint64_t chunk_sum_bytes(std::uint64_t payload_bytes);

// The slot class that holds `bytes` (1..kMaxSlotBytes), as an index into kSlotClasses.
unsigned slot_class(std::uint64_t bytes);
// Blocks an extent occupies: whole blocks from 3,073 bytes up; 0 for slots and for nothing.
std::uint64_t extent_blocks(std::uint64_t bytes);

}  // namespace deltos::format
