// What snapshots may still reach that were begun before the writer opened, beside what its own roots reach.
//
// Nobody keeps a list of their roots. But a catalogue page is never overwritten while a snapshot can reach it, and
// tells by itself that it is one. So every page that such a snapshot reaches is among the whole pages that lie about in
// the zones, and every extent among those that the leaves of them name. What is neither, no snapshot can reach: it need
// not wait for one.
//
// Pages that no snapshot reaches any more lie about as well, so this is more than what is pinned; it is never less,
// provided that no writer has gone back to an older state since the oldest of the snapshots began: zones that were made
// after that state would not be known.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "format/layout.hpp"
#include "store/runs.hpp"

namespace deltos::format {
struct PageEntry;
}

namespace deltos::store {

class Remains {
 public:
  // Everything remains: for want of knowing better.
  Remains();
  // Of a file mapped at `data`; no snapshot is newer than transaction `newest`.
  Remains(const std::byte *data, std::uint64_t file_blocks, std::uint64_t uuid_low, std::uint64_t newest);

  // Every page of a zone that no root reaches, in order of address; then finish().
  void look_at(Run pages);
  void finish();

  // In order of address, apart. Extents by their units of 64 bytes (as in Slabs), and by the blocks they touch.
  const std::vector<Run> &pages() const { return pages_; }
  const std::vector<Run> &units() const { return units_; }
  const std::vector<Run> &blocks() const { return blocks_; }

 private:
  bool is_page(std::uint64_t block, const std::byte *page) const;
  void keep_extents(const std::byte *page);
  bool keep_value(const format::PageEntry &entry);
  bool keep_entry(const format::PageEntry &entry);
  void keep(std::uint64_t offset, std::uint64_t bytes);

  const std::byte *data_ = nullptr;
  std::uint64_t file_blocks_ = 0, uuid_low_ = 0, newest_ = 0;
  bool understood_ = true;  // every entry seen so far
  std::vector<Run> pages_, units_, blocks_;
};

// Calls visit(Run, bool) with the parts of `run` that lie in `kept` (in order, apart) and those between them, in order.
template <class Visit>
void for_each_part(Run run, const std::vector<Run> &kept, Visit &&visit) {
  std::size_t low = 0, high = kept.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (kept[middle].end() <= run.first) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  std::uint64_t from = run.first;
  for (; low < kept.size() && kept[low].first < run.end(); ++low) {
    const std::uint64_t first = kept[low].first > from ? kept[low].first : from;
    const std::uint64_t end = kept[low].end() < run.end() ? kept[low].end() : run.end();
    if (first > from) visit(Run{from, first - from}, false);
    visit(Run{first, end - first}, true);
    from = end;
  }
  if (from < run.end()) visit(Run{from, run.end() - from}, false);
}

}  // namespace deltos::store
