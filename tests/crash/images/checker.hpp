// What must hold for every image: it opens for reading and for writing, shows one committed state whole, takes one more
// commit, and is right afterwards.
#pragma once

#include "crash/images/workload.hpp"

namespace deltos::crash {

struct Probe {
  const Image *image = nullptr;
  const History *history = nullptr;
  const Words *words = nullptr;
  std::uint64_t lowest = 0, highest = 0;  // transactions the image may show
  std::uint64_t inode = 0;                // shown; one of its own: after a power cut
  std::uint64_t durable = 0;              // what a power cut cannot take any more; 0: all that the image shows
};

// Recovery and one commit as they were done on an image, for crashing inside them.
struct Recording {
  Trace trace;
  History history;
};

class Checker {
 public:
  Checker(Recorder *recorder, PagePool *pool) : recorder_(recorder), pool_(pool) {}
  Checker(const Checker &) = delete;
  Checker &operator=(const Checker &) = delete;

  // What is wrong; empty: nothing. *shown: the transaction the image shows. recording: nullptr, or where recovery and
  // commit go; its trace starts as the caller has set it.
  std::string check(const Probe &probe, std::uint64_t *shown, Recording *recording);
  // For an image that was damaged on purpose: an error, or the state that belongs to the transaction it shows.
  std::string check_damaged(const Probe &probe);

 private:
  std::string read(const Probe &probe, std::uint64_t *shown);
  std::string refused(const Probe &probe, std::uint64_t shown);
  std::string write(const Probe &probe, std::uint64_t shown, Recording *recording);
  std::string commit_one_more(const Probe &probe, store::Storage &storage, Model model, Recording *recording);
  std::string verify(store::Storage &storage);
  std::uint64_t highest_number(std::uint64_t inode, std::uint64_t *counting) const;
  void load(const Image &image);
  void forget_changes();
  store::OpenOptions limited(const Probe &probe) const;

  Recorder *recorder_;
  PagePool *pool_;
  MemoryFile file_;
  Image current_;
  Contents contents_;
};

}  // namespace deltos::crash
