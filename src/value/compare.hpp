// Equality and hashes of values, by what they hold and not by how they lie.
//
// Kinds are told apart: 1, 1.0 and true are three values, and so are a list and a tuple of the same elements; only
// integers are one kind whatever their width. -0.0 equals 0.0 and NaN equals NaN, so that a value equals its copy.
// Decimals are equal as numbers; times when instant and zone are; sets and dicts in any order.
//
// Shared nodes are looked at once, values that contain themselves are compared as far as they differ, and hostile ones
// end in limit: what is looked at is bounded by the size of the images.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "value/reader.hpp"

namespace deltos::value {

class Comparison {
 public:
  // One that hashes and compares nodes of these; either may be null where only scalars come from.
  Comparison(const Reader *a, const Reader *b);

  enum class Side { a, b };
  // The same in every process and language. limit: deeper than kMaxDepth, which what contains itself always is.
  Status hash(Side side, const Item &item, std::uint64_t *hash) { return hash_at(side, item, 0, hash); }
  Status equal(const Item &a, const Item &b, bool *equal) { return equal_at(a, b, 0, equal); }
  // Reader::find(), of a key from the other side.
  Status find(Side in, Cell node, const Item &key, Item *found) { return find_at(in, node, key, 0, found); }

 private:
  struct PairHash {
    std::size_t operator()(const std::pair<Cell, Cell> &pair) const {
      return static_cast<std::size_t>((pair.first * 0x9e3779b97f4a7c15) ^ pair.second);
    }
  };
  static constexpr std::uint64_t kBytesForOne = 64;  // bytes that count as one look

  const Reader *reader(Side side) const { return side == Side::a ? a_ : b_; }
  static Side other(Side side) { return side == Side::a ? Side::b : Side::a; }
  Status find_at(Side in, Cell node, const Item &key, unsigned depth, Item *found);
  Status spend(unsigned depth, std::uint64_t units);
  static bool is_large(const Item &item);
  static std::uint64_t units_of(const Item &item);
  Status hash_at(Side side, const Item &item, unsigned depth, std::uint64_t *hash);
  Status hash_elements(Side side, const Item &item, unsigned depth, std::uint64_t *hash);
  Status hash_array(Side side, const Item &item, std::uint64_t *hash);
  Status equal_at(const Item &a, const Item &b, unsigned depth, bool *equal);
  Status equal_elements(const Item &a, const Item &b, unsigned depth, bool *equal);
  Status equal_unordered(const Item &a, const Item &b, unsigned depth, bool *equal);
  Status equal_arrays(const Item &a, const Item &b, bool *equal);

  const Reader *a_, *b_;
  std::uint64_t budget_;
  std::unordered_map<Cell, std::uint64_t> hashes_[2];
  std::unordered_set<std::pair<Cell, Cell>, PairHash> pairs_;  // equal, or being compared further out
};

// The hash of what is no container; what find() looks for.
std::uint64_t hash_of_scalar(const Item &item);
std::uint64_t hash_of_text(std::string_view text);
bool equal_scalars(const Item &a, const Item &b);

}  // namespace deltos::value
