// Crash images: runs workloads, crashes them everywhere, and checks every image that can be left behind. Prints what
// was looked at and fails below a floor. A violation is printed with what repeats it.
//
// usage: crash_images [--long | --quick] [--seed N] [--jobs N] [--only NAME]
//   --long   larger floors    --quick  no floors; every script once, ends at the first violation
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "crash/images/failures.hpp"

namespace deltos::crash {
namespace {

struct Options {
  bool large = false, quick = false;
  std::uint64_t seed = 0;
  std::uint64_t jobs = 2;
  std::string only;
};

struct Floors {
  std::uint64_t images, compound, failed_barriers, damaged;
};
constexpr Floors kNormal = {90'000, 7'000, 150, 2'000}, kLarge = {250'000, 20'000, 400, 5'000};

constexpr std::uint64_t kMaxJobs = 64;

// In memory that the workers share.
struct Shared {
  std::atomic<bool> stop{false};
  Counts counts[kMaxJobs];
};

class Worker {
 public:
  Worker(const Options &options, Shared *shared, std::uint64_t index)
      : options_(options), shared_(shared), index_(index) {
    floors_ = options.large ? kLarge : kNormal;
  }

  int work() {
    const std::vector<Script> &fixed = scripts();
    for (std::size_t i = index_; i < fixed.size(); i += options_.jobs) {
      if (!one(fixed[i], options_.seed + i, 1)) return 1;
    }
    for (std::uint64_t i = index_; !options_.quick && !enough(); i += options_.jobs) {
      if (!one(random_script(options_.seed * 1000 + i), options_.seed + i, 8)) return 1;
    }
    return 0;
  }

 private:
  bool enough() const {
    return totals_.images + totals_.kills >= floors_.images / options_.jobs + 500 &&
           totals_.compound >= floors_.compound / options_.jobs + 50;
  }

  // Everything about one script; every `stride`-th barrier fails once.
  bool one(const Script &script, std::uint64_t seed, int stride) {
    if (!options_.only.empty() && script.name != options_.only) return true;
    if (shared_->stop.load()) return false;
    PagePool pool;
    Checker checker(&recorder_, &pool);
    Explorer explorer(&checker, &pool, limits(), seed);
    int barriers = 0;
    std::string wrong = explore_script(&recorder_, &pool, &explorer, script, seed, &barriers);
    for (int which = 1 + static_cast<int>(seed % static_cast<std::uint64_t>(stride));
         which <= barriers && wrong.empty(); which += stride) {
      wrong = explore_failed_barrier(&recorder_, &pool, &explorer, script, seed, which);
      if (!wrong.empty()) wrong = "barrier " + std::to_string(which) + " failing: " + wrong;
      ++explorer.counts().failed_barriers;
    }
    if (wrong.empty()) {
      wrong = explore_damage(&recorder_, &pool, &checker, script, seed, &explorer.counts().damaged);
      if (!wrong.empty()) wrong = "damage: " + wrong;
    }
    ++explorer.counts().runs;
    totals_.add(explorer.counts());
    shared_->counts[index_] = totals_;
    if (wrong.empty()) return true;
    shared_->stop.store(true);
    std::printf("VIOLATION in \"%s\" (%s; at most %llu blocks), seed %llu:\n  %s\n", script.name.c_str(),
                script.words.c_str(), static_cast<unsigned long long>(script.max_blocks),
                static_cast<unsigned long long>(options_.seed), wrong.c_str());
    std::fflush(stdout);
    return false;
  }

  Limits limits() const {
    Limits limits;
    if (options_.quick) limits.all_subsets_up_to = 48, limits.random_subsets = 2, limits.compound_images = 10;
    if (options_.large) limits.all_subsets_up_to = 512, limits.random_subsets = 32;
    return limits;
  }

  Options options_;
  Shared *shared_;
  std::uint64_t index_;
  Floors floors_;
  Counts totals_;
  Recorder recorder_;
};

bool read_options(int count, char **arguments, Options *options) {
  options->large = std::getenv("DELTOS_LONG") != nullptr;
  options->seed = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1'000'000;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--long") {
      options->large = true;
    } else if (argument == "--quick") {
      options->quick = true;
      options->large = false;
    } else if (argument == "--seed" && i + 1 < count) {
      options->seed = std::strtoull(arguments[++i], nullptr, 10);
    } else if (argument == "--jobs" && i + 1 < count) {
      options->jobs = std::clamp<std::uint64_t>(std::strtoull(arguments[++i], nullptr, 10), 1, kMaxJobs);
    } else if (argument == "--only" && i + 1 < count) {
      options->only = arguments[++i];
    } else {
      std::fprintf(stderr, "usage: crash_images [--long | --quick] [--seed N] [--jobs N] [--only NAME]\n");
      return false;
    }
  }
  return true;
}

bool run_workers(const Options &options, Shared *shared) {
  std::vector<pid_t> children;
  for (std::uint64_t i = 0; i < options.jobs; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      Worker worker(options, shared, i);
      ::_exit(worker.work());
    }
  }
  bool good = true;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) std::printf("VIOLATION: a worker was ended by signal %d\n", WTERMSIG(status));
    good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  return good;
}

bool reached(const char *what, std::uint64_t count, std::uint64_t floor) {
  std::printf("%-48s %8llu   floor %8llu%s\n", what, static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(floor), count < floor ? "   BELOW" : "");
  return count >= floor;
}

int run(const Options &options) {
  void *memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto *shared = new (memory) Shared();
  std::printf("crash images, seed %llu\n", static_cast<unsigned long long>(options.seed));
  std::fflush(stdout);
  const auto begin = std::chrono::steady_clock::now();
  bool good = run_workers(options, shared);
  Counts sum;
  for (const Counts &counts : shared->counts) sum.add(counts);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const Floors floors = options.quick || !options.only.empty() ? Floors{0, 0, 0, 0} : options.large ? kLarge : kNormal;
  good = reached("distinct images (power cuts and kills)", sum.images + sum.kills, floors.images) && good;
  good = reached("distinct images of a second crash in recovery", sum.compound, floors.compound) && good;
  good = reached("runs with a barrier that failed", sum.failed_barriers, floors.failed_barriers) && good;
  good = reached("damaged images", sum.damaged, floors.damaged) && good;
  std::printf("%llu workloads, %.1f s, %.0f images a second: %s\n", static_cast<unsigned long long>(sum.runs), seconds,
              static_cast<double>(sum.images + sum.kills + sum.compound + sum.damaged) / seconds,
              good ? "ok" : "FAILED");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace deltos::crash

int main(int count, char **arguments) {
  deltos::crash::Options options;
  if (!deltos::crash::read_options(count, arguments, &options)) return 2;
  return deltos::crash::run(options);
}
