// What the long-running crash programs have in common: a printed seed, a time box, figures that must be reached, and a
// page of counters that processes share.
#pragma once

#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cinttypes>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>

namespace deltos::crash {

inline bool long_run() { return getenv("DELTOS_LONG") != nullptr; }

// DELTOS_SEED repeats a run.
inline std::uint64_t chosen_seed() {
  if (const char *text = getenv("DELTOS_SEED")) return std::strtoull(text, nullptr, 0);
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'003U ^ static_cast<std::uint64_t>(now.tv_nsec);
}

inline double seconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// A well mixed number from two; everything random that has to be known again later comes from it.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a * 0x9E3779B97F4A7C15U + b + 0x632BE59BD9B4E019U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

// One object of type T in memory that children share; T holds atomics and plain text only.
template <class T>
class Shared {
 public:
  Shared() {
    void *memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    object_ = new (memory) T();
  }
  ~Shared() { munmap(static_cast<void *>(object_), sizeof(T)); }
  Shared(const Shared &) = delete;
  Shared &operator=(const Shared &) = delete;
  T *operator->() const { return object_; }
  T &operator*() const { return *object_; }

 private:
  T *object_;
};

// The first complaint of any process, and how many there were.
struct Complaints {
  std::atomic<std::uint64_t> count{0};
  char first[400] = {};
  void add(const std::string &text) {
    if (count.fetch_add(1) == 0) std::snprintf(first, sizeof first, "%s", text.c_str());
  }
};

// Runs the body in a child, which ends with the body; an exception becomes a complaint.
inline pid_t start_child(Complaints &complaints, const std::function<void()> &body) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process can be started");
  if (child != 0) return child;
  try {
    body();
  } catch (const std::exception &error) {
    complaints.add(error.what());
    _exit(1);
  }
  _exit(0);
}

inline int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

inline void pause_us(std::uint64_t microseconds) {
  const timespec span = {static_cast<time_t>(microseconds / 1'000'000),
                         static_cast<long>(microseconds % 1'000'000 * 1000)};
  nanosleep(&span, nullptr);
}

// A figure with its floor; false below it.
inline bool reached(const char *what, std::uint64_t figure, std::uint64_t floor) {
  std::printf("%-40s %12" PRIu64 "   floor %" PRIu64 "%s\n", what, figure, floor, figure < floor ? "   BELOW" : "");
  return figure >= floor;
}

// A figure that must be nothing.
inline bool none(const char *what, const Complaints &complaints) {
  const std::uint64_t count = complaints.count.load();
  std::printf("%-40s %12" PRIu64 "%s%s\n", what, count, count == 0 ? "" : "   FIRST: ", complaints.first);
  return count == 0;
}

}  // namespace deltos::crash
