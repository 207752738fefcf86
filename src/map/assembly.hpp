// Lines, entries and runs of what comes sorted by hash: pieces of an image that are put one behind the other.
//
// Records of the same hash are told apart by their keys, which costs a comparison with each of the keys of that hash; a
// seed that nobody knows sees to it that there is hardly ever more than one. A home line on which more than 24 entries
// fall goes on in others; how many there may be is bounded by kMaxLines, and chance never comes near.
#pragma once

#include <memory>
#include <vector>

#include "map/buffer.hpp"
#include "map/builder.hpp"
#include "map/entries.hpp"

namespace deltos::map {

// What an assembly has made and nobody has taken yet.
struct Output {
  Buffer lines, overflow, entries, area;
  std::vector<std::uint64_t> entry_places, area_places;  // where in them a place within the area lies
  std::uint64_t keys = 0, pairs = 0;

  std::size_t bytes() const { return lines.size() + overflow.size() + entries.size() + area.size(); }
  void clear();
};

// How much of an image there is before an assembly.
struct Start {
  std::uint64_t line = 0;      // home lines
  std::uint64_t overflow = 0;  // other lines
  std::uint64_t entries = 0;   // bytes
  std::uint64_t area = 0;      // bytes, a multiple of 8
};

struct Plan {
  Kinds kinds;
  Duplicates duplicates = Duplicates::error;
  RecordForm form;
  std::uint64_t homes = 0;
  const record::Spool *area = nullptr;  // what went there when pairs were added, in its stream 0
};

// Takes what an assembly has made before it is through. Without one all of it stays in the output.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual Status take(Output *output) = 0;  // and clears it
  // Words of a run that is not over; gathered behind what has been taken once it is.
  virtual Status keep_words(Bytes words) = 0;
  virtual Status gather_words() = 0;
};

class Assembly {
 public:
  // Makes home lines from start.line up to `end_line`. With an outlet, places are final; without, they count from where
  // the output will lie, and `start` tells no more than the line.
  static std::unique_ptr<Assembly> make(const Plan &plan, const Start &start, std::uint64_t end_line, Output *output,
                                        Outlet *outlet);
  virtual ~Assembly() = default;

  // Records come in the order of hashes; those of the same one in that in which they were added. One that is alone:
  virtual Status put(std::uint64_t hash, const std::byte *record) = 0;
  // One of several, and their end:
  virtual Status put_one_of(std::uint64_t hash, const std::byte *record) = 0;
  virtual Status end_of_these() = 0;
  // The rest of the lines.
  virtual Status finish() = 0;
};

}  // namespace deltos::map
