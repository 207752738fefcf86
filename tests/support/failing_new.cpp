#include "failing_new.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t successes_left = 0;
thread_local bool armed = false;
thread_local bool fired = false;

void *allocate(std::size_t bytes) {
  if (armed && successes_left-- == 0) {
    armed = false;
    fired = true;
    throw std::bad_alloc();
  }
  if (void *memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void *operator new(std::size_t bytes) { return allocate(bytes); }
void *operator new[](std::size_t bytes) { return allocate(bytes); }
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete[](void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void *memory, std::size_t) noexcept { std::free(memory); }

namespace deltos::testing_support {

FailingNew::FailingNew(std::uint64_t successes) {
  successes_left = successes;
  fired = false;
  armed = true;
}

FailingNew::~FailingNew() { armed = false; }

bool FailingNew::happened() const { return fired; }

}  // namespace deltos::testing_support
