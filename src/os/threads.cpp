#include "os/threads.hpp"

#include <pthread.h>
#include <sched.h>

#include <initializer_list>

namespace deltos::os {

NoSignals::NoSignals() {
  sigset_t held;
  ::sigfillset(&held);
  for (const int own : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) ::sigdelset(&held, own);
  ::pthread_sigmask(SIG_SETMASK, &held, &before_);
}

NoSignals::~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

unsigned processors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  const int count = CPU_COUNT(&set);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

}  // namespace deltos::os
