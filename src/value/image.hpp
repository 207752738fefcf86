// The bytes of a value: a self-describing tree, read where it lies. FORMAT.md, section 17, says what they are.
//
// An image is a head and blocks of multiples of 8 bytes. What a container holds is a cell: 8 bytes that are a small
// scalar themselves, or tell the kind of a block and its place, an offset in the image. A cell is all there is to know
// of a node, so it is also how callers name one; every place is checked whenever it is used.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace deltos::value {

constexpr std::uint32_t kImageMagic = 0x314c5644;  // "DVL1"

struct ImageHead {
  std::uint32_t magic;
  std::uint32_t flags;  // kFlagCompressed; unknown bit: refuse
  std::uint64_t bytes;  // of the whole image
  std::uint64_t root;   // cell
  std::uint64_t reserved;
};
static_assert(sizeof(ImageHead) == 32 && offsetof(ImageHead, root) == 16);

constexpr std::uint32_t kFlagCompressed = 1;  // a text may lie compressed

// The low byte of a cell. The other 56 bits are the payload.
enum class Tag : std::uint8_t {
  none,         // no cell; as a node: the root
  null,         // payload 0
  boolean,      // payload 0 or 1
  small_int,    // payload: signed
  int64,        // the rest: place of a block, unless said otherwise
  uint64,       // 2^63 and more
  small_float,  // payload: the bits of a float32
  float64,
  utf8,
  bytes,
  list,
  tuple,
  set,
  dict,
  date,  // payload: days since 1970-01-01, signed
  datetime,
  decimal,
  ndarray,
  reference,  // payload: the id of an object in the same storage
};
constexpr Tag kLastTag = Tag::reference;

using Cell = std::uint64_t;

constexpr std::int64_t kMaxSmall = (std::int64_t{1} << 55) - 1, kMinSmall = -kMaxSmall - 1;
constexpr std::uint64_t kMaxPlace = (std::uint64_t{1} << 56) - 1;

constexpr Cell cell_of(Tag tag, std::uint64_t payload) { return payload << 8 | static_cast<std::uint8_t>(tag); }
constexpr std::uint64_t payload_of(Cell cell) { return cell >> 8; }
constexpr std::int64_t small_of(Cell cell) { return static_cast<std::int64_t>(cell) >> 8; }
constexpr Tag tag_of(Cell cell) { return static_cast<Tag>(cell & 0xff); }

// How the elements of a sequence lie: as cells, or as numbers of a dtype (its number), or, of Dtype::boolean, as bits.
// Sets are cells with an index, or bits that count from a first integer.
constexpr std::uint8_t kFormCells = 0;
constexpr std::uint8_t kFormBitmap = 64;
// Of a text: its bytes, or the length of an LZ4 block, and that.
constexpr std::uint8_t kFormPlain = 0;
constexpr std::uint8_t kFormCompressed = 1;
constexpr std::uint64_t kMostPlain = 512;  // texts up to this are not compressed

// The first word of a block that holds a count: count << 8 | form.
constexpr std::uint64_t head_of(std::uint64_t count, std::uint8_t form) { return count << 8 | form; }

struct DateTime {
  std::int64_t seconds;  // since 1970-01-01T00:00:00: of UTC where there is an offset, else of the clock on the wall
  std::uint32_t nanoseconds;  // below 10^9
  std::int32_t offset;        // of the zone, in seconds east; kNoZone: none is known
};
static_assert(sizeof(DateTime) == 16);
constexpr std::int32_t kNoZone = INT32_MAX;
constexpr std::int32_t kMaxZone = 24 * 3600 - 1;

struct DecimalHead {
  std::uint64_t head;     // digits << 8 | special << 1 | negative
  std::int64_t exponent;  // of ten
};
enum class Special : std::uint8_t { finite, infinite, nan, signalling_nan };

struct ArrayHead {
  std::uint64_t head;    // dimensions << 8 | dtype
  std::uint64_t format;  // place of a block of text
  std::uint64_t data;    // place, a multiple of kArrayAlignment
  std::uint64_t bytes;
};
constexpr std::uint64_t kArrayAlignment = 64;

// Keys and members up to this many are looked for one by one; more have an index behind them.
constexpr std::uint64_t kUnindexed = 8;
constexpr std::uint64_t kMaxIndexed = 0xfffffffe;

// The index of `count` entries is an open-addressed table of entry numbers plus one, 0 being empty.
constexpr std::uint64_t index_slots(std::uint64_t count) {
  return count <= kUnindexed ? 0 : std::bit_ceil(count + count / 2 + 1);
}
constexpr std::uint64_t index_width(std::uint64_t count) { return count <= 0xfe ? 1 : count <= 0xfffe ? 2 : 4; }
constexpr std::uint64_t index_bytes(std::uint64_t count) {
  return round_up(index_slots(count) * index_width(count), 8);
}

// Entries lie at most this many slots behind where their hash says. Hashes of a table so empty do not come near it by
// chance; keys that would lie farther have been chosen to.
constexpr std::uint64_t kMaxDisplacement = 1023;

constexpr unsigned kMaxDepth = 512;

}  // namespace deltos::value
