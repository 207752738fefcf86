// SIGBUS guard: a store or load in a mapping whose file was cut short by somebody else (or whose disk is full or
// broken) finds zero pages instead of killing the process; the owner is told by a flag.
//
// The handler is chained: a fault outside registered ranges goes to whoever had the signal before. On the first fault
// the whole lost tail of the range becomes one anonymous mapping.
#pragma once

#include <atomic>
#include <memory>

#include "base/status.hpp"
#include "os/mapping.hpp"

namespace deltos::os {

// Registers on construction, unregisters on destruction; create() fails with no_memory when the table is full.
class SigbusGuard {
 public:
  static Result<std::unique_ptr<SigbusGuard>> create(std::shared_ptr<Mapping> mapping,
                                                     std::shared_ptr<std::atomic<bool>> lost);
  ~SigbusGuard();
  SigbusGuard(const SigbusGuard &) = delete;
  SigbusGuard &operator=(const SigbusGuard &) = delete;

 private:
  SigbusGuard() = default;
  std::shared_ptr<Mapping> mapping_;
  std::shared_ptr<std::atomic<bool>> lost_;
  int slot_ = -1;
};

// The mapping together with a guard of its own: both end with the last owner of what is returned.
Result<std::shared_ptr<Mapping>> guarded(std::shared_ptr<Mapping> mapping,
                                         const std::shared_ptr<std::atomic<bool>> &lost);

// Takes the signal back when another library (faulthandler) has installed itself since; called at open, begin, export.
void rearm_sigbus_guard();

}  // namespace deltos::os
