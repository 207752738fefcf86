// What must happen around fork(): participants are told before, and after in parent and child, in the order of their
// registration. One pthread_atfork for the library, installed with the first participant.
#pragma once

#include <cstdint>

namespace deltos::os {

class ForkParticipant {
 public:
  virtual void before_fork() = 0;  // may take leaf locks; they are held until after_fork_*
  virtual void after_fork_in_parent() = 0;
  virtual void after_fork_in_child() = 0;  // only async-signal-safe work and system calls

 protected:
  ForkParticipant() = default;
  virtual ~ForkParticipant() = default;
};

void register_fork_participant(ForkParticipant *participant);
void unregister_fork_participant(ForkParticipant *participant);

// How often this process is the child of a fork that happened after the library was loaded.
std::uint64_t fork_generation();

}  // namespace deltos::os
