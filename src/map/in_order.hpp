// Jobs that threads do at the same time, and whose results one takes in order.
#pragma once

#include <functional>

#include "base/status.hpp"

namespace deltos::map {

struct Jobs {
  std::size_t count = 0;
  unsigned threads = 1;
  // On any thread: does a job and leaves its result in a slot, of which there are `threads` + 2. Jobs of the same
  // thread come one after the other.
  std::function<Status(std::size_t job, unsigned thread, std::size_t slot)> make;
  // On the calling thread: takes results from slots, in the order of jobs.
  std::function<Status(std::size_t job, std::size_t slot)> take;
  // On the calling thread, now and then. What it says ends the work.
  std::function<Status()> ask;
};
constexpr std::size_t slots_of(unsigned threads) { return threads + 2; }

// The first failure, in the order of jobs. Where threads cannot be had, the calling one does it all.
Status do_in_order(const Jobs &jobs);

}  // namespace deltos::map
