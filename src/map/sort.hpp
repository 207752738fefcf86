// Records of one partition in the order of their hashes, those of the same hash in the order in which they were added.
//
// In memory, a count of the next bits of the hashes brings them close to where they belong, and few are left to
// compare. What is too large for memory is sorted piece by piece, and the pieces are merged (D. E. Knuth, The Art of
// Computer Programming 3, 5.4), as often as it takes: however many records have the same hash, memory stays bounded.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "map/assembly.hpp"
#include "map/entries.hpp"
#include "record/spool.hpp"

namespace deltos::map {

class Sorter {
 public:
  // `bits`: which all hashes of a partition have in common.
  Sorter(RecordForm form, unsigned bits) : form_(form), bits_(bits) {}

  // Reads a stream that fits in memory, and gives it.
  Status feed(const record::Spool &from, std::size_t stream, Assembly *to);

  struct Limits {
    std::uint64_t memory_bytes = 0;
    std::vector<std::string> directories;
    std::function<Status()> ask;
  };
  // One of any size.
  Status feed_large(const record::Spool &from, std::size_t stream, const Limits &limits, Assembly *to);

 private:
  struct Place {
    std::uint64_t hash;
    std::uint32_t at;
  };
  class Run;
  using Take = std::function<Status(std::uint64_t, const std::byte *)>;

  void sort();  // records_ to places_
  Status sort_pieces(const record::Spool &from, std::size_t stream, std::uint64_t piece, const Limits &limits,
                     record::Spool *to, std::size_t *count);
  Status merge(const record::Spool &from, std::size_t first, std::size_t count, const Limits &limits, const Take &take);

  RecordForm form_;
  unsigned bits_;
  Buffer records_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> ends_;
};

}  // namespace deltos::map
