// Sets of blocks as runs: ordered by address, neighbours always joined, and, where asked for, found by size.
//
// Promises: every change either happens whole or (std::bad_alloc) not at all; only a run that touches no other, or a
// cut in the middle of one, needs memory, so taking from either end of a run never fails.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace deltos::store {

struct Run {
  std::uint64_t first, blocks;
  std::uint64_t end() const { return first + blocks; }
};

class Runs {
 public:
  enum class Index { none, by_size };
  explicit Runs(Index index = Index::none) : sized_(index == Index::by_size) {}

  void insert(Run run);  // which must not overlap what is there
  void erase(Run run);   // what of it is there
  bool covers(Run run) const;
  bool touches(Run run) const;

  // The place to take `blocks` from, starting on a multiple of `alignment` (a power of two): in the smallest run that
  // has room, then the lowest; for few blocks the lowest of the best fits of several sizes. Places that touch `avoid`
  // do not count. Only with Index::by_size.
  std::optional<Run> best_fit(std::uint64_t blocks, std::uint64_t alignment, const Runs *avoid = nullptr) const;

  std::optional<Run> lowest() const;
  std::optional<Run> highest() const;
  std::uint64_t total() const { return total_; }
  bool empty() const { return first_by_end_.empty(); }

  // Calls visit(Run) with each part that lies in `window`, in order.
  template <class Visit>
  void for_each_in(Run window, Visit &&visit) const {
    for (auto it = first_by_end_.upper_bound(window.first); it != first_by_end_.end(); ++it) {
      if (it->second >= window.end()) break;
      std::uint64_t from = it->second > window.first ? it->second : window.first;
      std::uint64_t to = it->first < window.end() ? it->first : window.end();
      visit(Run{from, to - from});
    }
  }
  template <class Visit>
  void for_each(Visit &&visit) const {
    for (const auto &[end, first] : first_by_end_) visit(Run{first, end - first});
  }

 private:
  using Map = std::map<std::uint64_t, std::uint64_t>;

  void add_apart(Run run);
  void move_end(Map::iterator it, std::uint64_t end);
  void move_first(Map::iterator it, std::uint64_t first);
  void drop(Map::iterator it);
  void reindex(Run before, Run after);

  Map first_by_end_;                                           // keyed by the end: taking from the front changes no key
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;  // (blocks, first)
  std::uint64_t total_ = 0;
  bool sized_;
};

}  // namespace deltos::store
