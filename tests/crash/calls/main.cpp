// Failing calls: the k-th call of a storage's life fails, for every k there is, in every way. No crash; an error that
// says so; nothing acknowledged is lost; the storage goes on, or says why not. Prints counts, fails below a floor.
//
// usage: failing_calls [--long] [--jobs N]
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "crash/calls/work.hpp"
#include "os/file.hpp"

namespace deltos::crash {
namespace {

constexpr Fault kFaults[] = {
    {"EIO once", EIO, false},         {"EIO from then on", EIO, true},
    {"ENOSPC once", ENOSPC, false},   {"ENOSPC from then on", ENOSPC, true},
    {"EDQUOT once", EDQUOT, false},   {"EDQUOT from then on", EDQUOT, true},
    {"EINTR once", EINTR, false},     {"EINTR from then on", EINTR, true},
    {"a short write once", 0, false}, {"short writes from then on", 0, true},
};
constexpr std::uint64_t kMaxJobs = 64, kFloor = 7'000, kFloorLarge = 20'000;
constexpr Work::Variant kVariants[] = {
    {"fresh"},
    {"if absent", Work::Kind::if_absent},
    {"replace", Work::Kind::replace},
    {"anonymous", Work::Kind::anonymous},
    {"fresh, sparse", Work::Kind::fresh, true},
    {"fresh, guarded and verified", Work::Kind::fresh, false, true},
    {"fresh, without unnamed files", Work::Kind::fresh, false, false, true},
    {"fresh, without fallocate", Work::Kind::fresh, false, false, false, true},
};
constexpr const char *kFastDirectory = "/dev/shm";

struct Shared {
  std::atomic<std::uint64_t> runs[kMaxJobs];
  std::atomic<std::uint64_t> failed_runs[kMaxJobs];
  char at[kMaxJobs][160];
};

class Sweep {
 public:
  Sweep(Shared *shared, std::uint64_t job, std::uint64_t jobs, bool large)
      : shared_(shared), job_(job), jobs_(jobs), large_(large) {
    const bool fast = ::access(kFastDirectory, W_OK) == 0;
    const std::filesystem::path place = fast ? kFastDirectory : std::filesystem::temp_directory_path();
    std::string pattern = (place / "deltos-calls-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    (void)os::boot_id();  // asked for once a process
  }
  ~Sweep() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  bool run() {
    for (const Work::Variant &variant : kVariants) {
      for (const Fault &fault : kFaults) {
        if (!sweep(variant, fault)) return false;
      }
    }
    return true;
  }

 private:
  // Until a run ends without having met the fault. The normal run takes every second call of the rarer variants.
  bool sweep(const Work::Variant &variant, const Fault &fault) {
    const bool rare = &variant - kVariants >= 4 && !large_;
    for (std::uint64_t at = 1 + job_;; at += rare ? 2 * jobs_ : jobs_) {
      char *place = shared_->at[job_];
      std::snprintf(place, sizeof shared_->at[job_], "%s, call %llu, %s", variant.name,
                    static_cast<unsigned long long>(at), fault.name);
      bool hit = false;
      const std::string wrong = once(variant, fault, at, &hit);
      shared_->runs[job_].fetch_add(1);
      if (!wrong.empty()) {
        std::printf("VIOLATION: %s: %s\n", place, wrong.c_str());
        std::fflush(stdout);
        return false;
      }
      if (!hit) return true;
      shared_->failed_runs[job_].fetch_add(1);
    }
  }

  std::string once(const Work::Variant &variant, const Fault &fault, std::uint64_t at, bool *hit) {
    Work work(&io_, directory_, variant, large_ ? 4 : 1);
    io_.arm(fault, at);
    work.live();
    *hit = io_.hit();
    io_.disarm();
    const bool errors_allowed = fault.os_errno != 0 && fault.os_errno != EINTR && *hit;
    return work.settle(errors_allowed, !fault.for_ever);
  }

  Shared *shared_;
  std::uint64_t job_, jobs_;
  bool large_;
  std::string directory_;
  FailingIo io_;
};

bool run_jobs(Shared *shared, std::uint64_t jobs, bool large) {
  std::vector<pid_t> children;
  for (std::uint64_t job = 0; job < jobs; ++job) {
    children.push_back(::fork());
    if (children.back() == 0) {
      bool good = false;
      {
        Sweep sweep(shared, job, jobs, large);
        good = sweep.run();
      }
      ::_exit(good ? 0 : 1);
    }
  }
  bool good = true;
  for (std::uint64_t job = 0; job < jobs; ++job) {
    int status = 0;
    ::waitpid(children[job], &status, 0);
    if (WIFSIGNALED(status)) std::printf("VIOLATION: %s: ended by signal %d\n", shared->at[job], WTERMSIG(status));
    good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  return good;
}

int run(bool large, std::uint64_t jobs) {
  void *memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto *shared = new (memory) Shared();
  const auto begin = std::chrono::steady_clock::now();
  bool good = run_jobs(shared, jobs, large);
  std::uint64_t runs = 0, failed = 0;
  for (std::uint64_t job = 0; job < jobs; ++job) runs += shared->runs[job], failed += shared->failed_runs[job];
  const std::uint64_t floor = large ? kFloorLarge : kFloor;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  good = good && failed >= floor;
  std::printf("failing calls: %llu runs, %llu with a call that failed; floor %llu; %.1f s: %s\n",
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(failed),
              static_cast<unsigned long long>(floor), seconds, good ? "ok" : "FAILED");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace deltos::crash

int main(int count, char **arguments) {
  bool large = std::getenv("DELTOS_LONG") != nullptr;
  std::uint64_t jobs = 2;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--long") == 0) {
      large = true;
    } else if (std::strcmp(arguments[i], "--jobs") == 0 && i + 1 < count) {
      jobs = std::clamp<std::uint64_t>(std::strtoull(arguments[++i], nullptr, 10), 1, deltos::crash::kMaxJobs);
    } else {
      std::fprintf(stderr, "usage: failing_calls [--long] [--jobs N]\n");
      return 2;
    }
  }
  return deltos::crash::run(large, jobs);
}
