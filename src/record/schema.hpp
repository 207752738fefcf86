// Schemas: named slots with types, flattened, and the one rule by which they lie in a row.
//
// A schema is data: it is written as a value (schema_image.cpp) and read back with every check that making one has.
// What is read costs no more than what was made could: slots, texts of formats and other bytes are counted over all
// levels, and have limits.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "dtype/format.hpp"

namespace deltos::record {

// The numbers are those of DELTOS_TYPE_*.
enum class Type : std::int32_t {
  fixed,
  date,
  datetime,
  bytes,
  utf8,
  list,
  tuple,
  set,
  dict,
  decimal,
  ndarray,
  value,
  record,
};
constexpr std::int32_t kTypes = static_cast<std::int32_t>(Type::record) + 1;
std::string_view name_of(Type type);

constexpr bool is_item(Type type) { return type <= Type::datetime; }  // of a fixed size, in place
constexpr bool is_text(Type type) { return type == Type::bytes || type == Type::utf8; }
constexpr bool is_value(Type type) { return type >= Type::list && type <= Type::value; }

// The numbers are those of DELTOS_SLOT_*.
constexpr std::uint32_t kNullable = 1, kOptional = 2, kWritable = 4, kUtc = 8;
constexpr std::uint32_t kMayBeAbsent = kNullable | kOptional;

constexpr std::uint64_t kMaxSlots = 4096;  // of all levels
constexpr int kMaxLevels = 16;
constexpr std::size_t kMaxNameBytes = 255;
constexpr std::uint64_t kMaxMetadataBytes = 65536;
constexpr std::uint64_t kMaxFormatTexts = 256 * 1024;  // of all slots together
constexpr std::uint64_t kMaxSchemaBytes = 1024 * 1024;
constexpr std::uint64_t kMaxRowBytes = dtype::kMaxItemBytes;
constexpr std::uint64_t kValueAlignment = 64;

// How text, bytes and values show in a row.
struct Reference {
  std::uint64_t place;  // in the heap
  std::uint64_t bytes;
};
static_assert(sizeof(Reference) == 16);

class Schema;
using SchemaPtr = std::shared_ptr<const Schema>;

struct NewSlot {
  std::string name;
  Type type = Type::fixed;
  std::uint32_t flags = 0;
  std::optional<dtype::Format> format;  // of fixed
  SchemaPtr nested;                     // of record
};

struct Slot {
  std::string name;
  Type type = Type::fixed;
  std::uint32_t flags = 0;
  std::shared_ptr<const dtype::Format> format;  // of items
  SchemaPtr nested;                             // of a record
  std::int32_t parent = -1, valid_bit = -1, null_bit = -1;
  std::uint64_t offset = 0, bytes = 0;  // in the row
  std::uint64_t below = 0;              // slots within it, which follow
};

struct SchemaFacts {
  std::string name;
  std::uint32_t version = 0, min_reader = 0;
  std::vector<std::byte> metadata;
};

// Immutable.
class Schema {
 public:
  // invalid, duplicate, limit.
  static Result<SchemaPtr> make(SchemaFacts facts, std::vector<NewSlot> slots);
  // not_deltos, feature, corrupt, limit. Nothing is kept of the bytes, which may lie anywhere.
  static Result<SchemaPtr> unpack(Bytes image);
  // An image of a value.
  Result<std::vector<std::byte>> pack() const;

  const SchemaFacts &facts() const { return facts_; }
  const std::vector<Slot> &slots() const { return slots_; }
  std::uint64_t row_bytes() const { return row_bytes_; }
  std::uint64_t alignment() const { return alignment_; }
  std::uint64_t presence_offset() const { return presence_offset_; }
  std::uint32_t presence_bits() const { return presence_bits_; }
  bool has_writable() const;
  // "a.b" is slot b of the record in slot a; -1: none.
  std::int64_t find(std::string_view path) const;
  std::string path_of(std::size_t slot) const;  // for messages

 private:
  friend class SchemaReader;
  explicit Schema(SchemaFacts facts) : facts_(std::move(facts)) {}
  Status add(NewSlot given);
  void add_nested(std::size_t record);
  Status settle();
  Status check_weight() const;
  static Result<SchemaPtr> build(SchemaFacts facts, std::vector<NewSlot> slots);

  SchemaFacts facts_;
  std::vector<Slot> slots_;
  std::uint64_t bare_bytes_ = 0;  // of the struct, without presence and padded: what it is within another record
  std::uint64_t row_bytes_ = 0, alignment_ = 1, presence_offset_ = 0;
  std::uint32_t presence_bits_ = 0;
  int levels_ = 1;
  std::uint64_t format_texts_ = 0;
};

// Whether who knows records by one schema can read those of another. type, naming slot and reason.
Status check_readable(const Schema &reader, const Schema &writer);

}  // namespace deltos::record
