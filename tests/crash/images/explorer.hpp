// Every crash of a recorded run: for each prefix of its events, images of what a power cut may leave on the medium, and
// the one that a killed process leaves behind.
#pragma once

#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "crash/images/checker.hpp"

namespace deltos::crash {

struct Limits {
  std::size_t all_subsets_up_to = 192;  // combinations; beyond, a selection of them
  std::size_t random_subsets = 8;
  std::size_t compound_one_in = 10;
  std::size_t compound_images = 16;  // of one recovery
};

struct Counts {
  std::uint64_t images = 0, kills = 0, compound = 0, failed_barriers = 0, damaged = 0, runs = 0;
  void add(const Counts &other);
};

// A run as it is explored.
struct Recorded {
  const Trace *trace = nullptr;
  const History *history = nullptr;
  std::uint64_t inode = 0;           // of the file it ran on
  std::size_t first_event = 0;       // crashes before are not looked at
  std::size_t redirtied = SIZE_MAX;  // the event from which what a failed barrier left in doubt is certain again
};

class Explorer {
 public:
  Explorer(Checker *checker, PagePool *pool, const Limits &limits, std::uint64_t seed)
      : checker_(checker), pool_(pool), limits_(limits), random_(seed) {}

  // What is wrong, with the event and the pages; empty: nothing.
  std::string explore(const Recorded &recorded);
  const Counts &counts() const { return counts_; }
  Counts &counts() { return counts_; }

 private:
  using Sink = std::function<std::string(const Image &image)>;
  struct Choice {
    std::uint32_t page;  // kLength: the length of the file
    std::vector<PageId> options;
  };
  struct Position;

  std::string after_event(const Position &position);
  std::string power_cut(const Position &position, const Image &image);
  std::string kill(const Position &position);
  std::string crash_again(const Probe &probe, const Position &position, Disk start, std::uint64_t *shown);
  std::string check(const Position &position, const Probe &probe, bool power, Disk *start);
  std::vector<Choice> choices(const Disk &disk);
  void add_torn(PageId before, std::vector<PageId> *options);
  std::string combine(const Disk &disk, const std::vector<Choice> &choices, const Sink &sink);
  std::string all_combinations(const Disk &disk, const std::vector<Choice> &choices, const Sink &sink);
  std::string some_combinations(const Disk &disk, const std::vector<Choice> &choices, const Sink &sink);
  std::uint64_t hash(const Image &image) const;

  Checker *checker_;
  PagePool *pool_;
  Limits limits_;
  std::mt19937_64 random_;
  Counts counts_;
  std::unordered_set<std::uint64_t> distinct_;
  std::uint64_t next_inode_ = std::uint64_t{1} << 40;  // no file has these
};

}  // namespace deltos::crash
