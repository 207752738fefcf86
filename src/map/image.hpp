// The bytes of a hash map. FORMAT.md, section 20, says what they are.
//
// An image is a head and sections at multiples of 64: directory, entries, area, records. Two layouts tell how a key
// leads to its entry.
//
// Tagged (keys of any length): the hash names a home line of the directory, which holds a tag and a size for each of
// its entries; those lie one behind the other from the line's base on, key and value together. What does not fit in a
// line goes on in another one, further behind.
//
// Paired (keys of 64 bits): the entries are pairs of words, sorted by hash; a line of the directory tells for 14 runs
// of hashes where each ends.
//
// What is large, or belongs to several entries, lies in the area, at a place that counts from the start of the area.
// Every place is checked whenever it is used.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace deltos::map {

constexpr std::uint32_t kImageMagic = 0x314d4844;  // "DHM1"
constexpr std::uint64_t kAlignment = 64;           // of the image and of its sections

// The numbers are those of DELTOS_KEY_*, DELTOS_MAP_VALUE_* and DELTOS_MAP_*.
enum class Key : std::uint8_t { bytes, utf8, u64, value };
enum class Value : std::uint8_t { u64, bytes, utf8, value, record };
enum class Shape : std::uint8_t { simple, multi, approximate };
enum class Layout : std::uint8_t { tagged, paired };

struct Kinds {
  Key key = Key::bytes;
  Value value = Value::u64;
  Shape shape = Shape::simple;

  constexpr Layout layout() const {
    return key == Key::u64 || shape == Shape::approximate ? Layout::paired : Layout::tagged;
  }
  // Whether a value is a word: a number, or that of a row.
  constexpr bool numbers() const { return value == Value::u64 || value == Value::record; }
  // Whether a value is bytes, which lie in the entry itself where they are short.
  constexpr bool texts() const { return value == Value::bytes || value == Value::utf8; }
};

struct Section {
  std::uint64_t place;  // a multiple of 64
  std::uint64_t bytes;
};

struct ImageHead {
  std::uint32_t magic;
  std::uint32_t flags;  // 0
  std::uint64_t bytes;  // of the whole image, a multiple of 64
  std::uint8_t key, value, shape, layout;
  std::uint32_t reserved0;
  std::uint64_t seed;
  std::uint64_t pairs;  // values, counted once for each key that has them
  std::uint64_t keys;   // that differ
  std::uint64_t homes;  // lines of the directory that hashes lead to; at least 1
  Section directory;    // lines of 64 bytes
  Section entries;      // tagged: entries of multiples of 4 bytes; paired: pairs of 16
  Section area;
  Section records;  // an image of a record table; 0, 0 where values are not records
  std::uint64_t reserved[9];
};
static_assert(sizeof(ImageHead) == 192 && offsetof(ImageHead, directory) == 56 && offsetof(ImageHead, reserved) == 120);

// A number in a message.
constexpr unsigned long long shown(std::uint64_t value) { return value; }

// ---- hashes

#ifndef DELTOS_MAP_HASH_BITS
inline std::uint64_t hash_of(Bytes key, std::uint64_t seed) { return hash64(key, seed); }
#else  // a test's, in which many keys have the same
inline std::uint64_t hash_of(Bytes key, std::uint64_t seed) {
  return hash64(key, seed) >> (64 - DELTOS_MAP_HASH_BITS) << (64 - DELTOS_MAP_HASH_BITS);
}
#endif
// Of a key that is a word: different words have different hashes.
constexpr std::uint64_t hash_of_word(std::uint64_t word, std::uint64_t seed) {
  word ^= seed;
  word = (word ^ word >> 32) * 0xd6e8feb86659fd93;
  word = (word ^ word >> 32) * 0xd6e8feb86659fd93;
  return word ^ word >> 32;
}
// The upper half of the product: [0, 2^64) to [0, parts), in order.
__extension__ typedef unsigned __int128 Product;
constexpr std::uint64_t part_of(std::uint64_t hash, std::uint64_t parts) {
  return static_cast<std::uint64_t>(Product{hash} * parts >> 64);
}

// ---- tagged

constexpr unsigned kTags = 24;      // entries of a line
constexpr unsigned kMeanTags = 14;  // of the home lines of a map
constexpr std::uint64_t kUnit = 4;  // entries are multiples of so many bytes
constexpr std::uint64_t kMaxBase = (std::uint64_t{1} << 48) - 1;
constexpr std::size_t kMaxEntryBytes = 255 * kUnit;

// A home line and those that go on: what a look-up goes through at most. Builders refuse what would need more.
constexpr unsigned kMaxLines = 1024;

struct Line {
  std::uint64_t
      base_count;           // bits 0-47: first entry, in units from the start of the section; 48-55: how many; 56-63: 0
  std::uint64_t next;       // number of the line that goes on, above its own; 0: none
  std::uint8_t tag[kTags];  // the low byte of the hash
  std::uint8_t size[kTags];  // in units
};
static_assert(sizeof(Line) == 64);

constexpr std::uint64_t base_of(const Line &line) { return line.base_count & kMaxBase; }
constexpr unsigned count_of(const Line &line) { return static_cast<unsigned>(line.base_count >> 48); }

// An entry: key length, flags, key, value, zeros up to the unit. `flags` has in its low two bits how many zeros there
// are. A key of 255 is in the area: its word stands for it.
constexpr std::uint8_t kLongKey = 255;
constexpr std::uint8_t kPadMask = 3;
constexpr std::uint8_t kFlagRun = 4;   // the value is a Run
constexpr std::uint8_t kFlagAway = 8;  // texts: the value is the place of a text in the area
constexpr std::uint8_t kKnownFlags = kPadMask | kFlagRun | kFlagAway;
constexpr std::size_t kEntryHeadBytes = 2;

// Several values of a key: words in the area, at a multiple of 8. A word is a number, the place of a text, or that of a
// value's image.
struct Run {
  std::uint64_t place, count;
};

// ---- paired

constexpr unsigned kParts = 14;     // of a line, each of them a run of hashes
constexpr unsigned kMeanPairs = 3;  // of a part

struct PairsLine {
  std::uint64_t base;         // number of the first pair
  std::uint32_t end[kParts];  // of each part, counted from the base
};
static_assert(sizeof(PairsLine) == 64);

struct Pair {
  std::uint64_t key;   // or the hash of one
  std::uint64_t word;  // as in a run
};

// Which line a hash belongs to, and which part of it.
struct PartPlace {
  std::uint64_t line;
  unsigned part;
};
constexpr PartPlace part_place(std::uint64_t hash, std::uint64_t lines) {
  const Product product = Product{hash} * lines;
  const auto rest = static_cast<std::uint64_t>(product);
  return {static_cast<std::uint64_t>(product >> 64), static_cast<unsigned>(part_of(rest, kParts))};
}

// ---- area

// A text: u64 length, then so many bytes. At a multiple of 8; values' images at multiples of 64.
constexpr std::uint64_t kTextAlignment = 8;
constexpr std::uint64_t kValueAlignment = 64;

}  // namespace deltos::map
