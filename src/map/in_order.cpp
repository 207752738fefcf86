#include "map/in_order.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "os/threads.hpp"

namespace deltos::map {
namespace {

constexpr std::chrono::milliseconds kAskInterval{50};

class Crew {
 public:
  explicit Crew(const Jobs &jobs) : jobs_(jobs), results_(slots_of(jobs.threads)) {}
  ~Crew() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (std::thread &thread : threads_) thread.join();
  }
  Crew(const Crew &) = delete;
  Crew &operator=(const Crew &) = delete;

  // false: not even one can be had.
  bool start() {
    const os::NoSignals held;
    threads_.reserve(jobs_.threads);
    try {
      for (unsigned i = 0; i < jobs_.threads; ++i) threads_.emplace_back([this, i] { work(i); });
    } catch (const std::system_error &) {
      // fewer do
    }
    return !threads_.empty();
  }

  Status take_all() {
    for (std::size_t job = 0; job < jobs_.count; ++job) {
      const std::size_t slot = job % results_.size();
      DELTOS_TRY(wait_for(slot));
      DELTOS_TRY(jobs_.take(job, slot));
      {
        const std::lock_guard lock(mutex_);
        results_[slot].reset();
        taken_ = job + 1;
      }
      changed_.notify_all();
      DELTOS_TRY(jobs_.ask());
    }
    return {};
  }

 private:
  void work(unsigned thread) {
    for (;;) {
      std::size_t job = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return over_ || next_ == jobs_.count || next_ < taken_ + results_.size(); });
        if (over_ || next_ == jobs_.count) return;
        job = next_++;
      }
      const std::size_t slot = job % results_.size();
      Status made;
      bool out_of_memory = false;
      try {
        made = jobs_.make(job, thread, slot);
      } catch (const std::bad_alloc &) {
        out_of_memory = true;
      }
      {
        const std::lock_guard lock(mutex_);
        results_[slot].emplace(Made{std::move(made), out_of_memory});
      }
      changed_.notify_all();
    }
  }

  Status wait_for(std::size_t slot) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kAskInterval, [&] { return results_[slot].has_value(); })) {
      lock.unlock();
      DELTOS_TRY(jobs_.ask());
      lock.lock();
    }
    if (results_[slot]->out_of_memory) throw std::bad_alloc();
    return std::move(results_[slot]->status);
  }

  struct Made {
    Status status;
    bool out_of_memory;
  };
  const Jobs &jobs_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Made>> results_;
  std::size_t next_ = 0, taken_ = 0;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

Status do_alone(const Jobs &jobs) {
  for (std::size_t job = 0; job < jobs.count; ++job) {
    DELTOS_TRY(jobs.make(job, 0, 0));
    DELTOS_TRY(jobs.take(job, 0));
    DELTOS_TRY(jobs.ask());
  }
  return {};
}

}  // namespace

Status do_in_order(const Jobs &jobs) {
  if (jobs.threads <= 1 || jobs.count <= 1) return do_alone(jobs);
  Crew crew(jobs);
  return crew.start() ? crew.take_all() : do_alone(jobs);
}

}  // namespace deltos::map
