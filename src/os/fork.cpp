// fork(): the participants and the one pthread_atfork that serves them.
//
// The list's mutex is taken before the first participant is told and held until the last one has been told in parent
// and child, so that neither sees half a list. Who registers or unregisters must therefore hold no lock that a
// participant takes in before_fork, and participants do neither from inside.
#include "os/fork.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

namespace deltos::os {
namespace {

constinit std::mutex participants_mutex;
constinit std::atomic<std::uint64_t> generation{0};
constinit pthread_once_t handlers_once = PTHREAD_ONCE_INIT;

// Never destroyed: a fork may come as late as in the destructor of another static.
std::vector<ForkParticipant *> &participants() {
  static auto &list = *new std::vector<ForkParticipant *>;
  return list;
}

void prepare() {
  participants_mutex.lock();
  for (ForkParticipant *participant : participants()) participant->before_fork();
}

void parent() {
  for (ForkParticipant *participant : participants()) participant->after_fork_in_parent();
  participants_mutex.unlock();
}

void child() {
  // First of all, so that participants already see themselves in the new process.
  generation.fetch_add(1, std::memory_order_acq_rel);
  for (ForkParticipant *participant : participants()) participant->after_fork_in_child();
  participants_mutex.unlock();
}

void install_handlers() {
  participants();
  ::pthread_atfork(prepare, parent, child);
}

}  // namespace

void register_fork_participant(ForkParticipant *participant) {
  ::pthread_once(&handlers_once, install_handlers);
  const std::lock_guard lock(participants_mutex);
  participants().push_back(participant);
}

void unregister_fork_participant(ForkParticipant *participant) {
  const std::lock_guard lock(participants_mutex);
  std::erase(participants(), participant);
}

std::uint64_t fork_generation() {
  ::pthread_once(&handlers_once, install_handlers);
  return generation.load(std::memory_order_acquire);
}

}  // namespace deltos::os
