// Threads of the library's own.
#pragma once

#include <csignal>

namespace deltos::os {

// While it lives, the calling thread, and every thread that it starts for good, takes no signal but those that an
// instruction of its own raises: a handler of the host runs on threads that the host knows.
class NoSignals {
 public:
  NoSignals();
  ~NoSignals();
  NoSignals(const NoSignals &) = delete;
  NoSignals &operator=(const NoSignals &) = delete;

 private:
  sigset_t before_;
};

unsigned processors();  // that this process may run on; at least 1

}  // namespace deltos::os
