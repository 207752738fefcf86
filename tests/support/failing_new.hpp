// Lets one allocation of this thread fail, to see what is left behind. Replaces the allocation functions, so it is to
// be included by one file of a program only. Never inlined: g++ would take new and free() for a mismatched pair.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>

namespace deltos::testing_support {

inline thread_local std::uint64_t successes_left = 0;
inline thread_local bool armed = false;
inline thread_local bool fired = false;

inline void *allocate_or_null(std::size_t bytes) noexcept {
  if (armed && successes_left-- == 0) {
    armed = false;
    fired = true;
    return nullptr;
  }
  return std::malloc(bytes == 0 ? 1 : bytes);
}

inline void *allocate_or_fail(std::size_t bytes) {
  if (void *memory = allocate_or_null(bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace deltos::testing_support

[[gnu::noinline]] void *operator new(std::size_t bytes) { return deltos::testing_support::allocate_or_fail(bytes); }
[[gnu::noinline]] void *operator new[](std::size_t bytes) { return deltos::testing_support::allocate_or_fail(bytes); }
[[gnu::noinline]] void *operator new(std::size_t bytes, const std::nothrow_t &) noexcept {
  return deltos::testing_support::allocate_or_null(bytes);
}
[[gnu::noinline]] void *operator new[](std::size_t bytes, const std::nothrow_t &) noexcept {
  return deltos::testing_support::allocate_or_null(bytes);
}
[[gnu::noinline]] void operator delete(void *memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void *memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void *memory, std::size_t) noexcept { std::free(memory); }

namespace deltos::testing_support {

// While alive, operator new throws std::bad_alloc once, after `successes` successful calls. One at a time a thread.
class FailingNew {
 public:
  explicit FailingNew(std::uint64_t successes) {
    successes_left = successes;
    fired = false;
    armed = true;
  }
  ~FailingNew() { armed = false; }
  FailingNew(const FailingNew &) = delete;
  FailingNew &operator=(const FailingNew &) = delete;
  bool happened() const { return fired; }
};

}  // namespace deltos::testing_support
