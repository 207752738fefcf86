// The SIGBUS guard: a fixed table of ranges that the handler reads without a lock, and the care for who owns the
// signal.
//
// The handler allocates nothing, waits for nothing and calls only what is safe in a signal handler. While it looks
// through the table it counts itself in; who leaves the table waits until nobody looks, so that whatever the handler
// finds there stays alive for as long as it looks.
//
// Three rules keep a chain of handlers from biting its own tail. "First" is whoever had the signal before us, "later"
// whoever took it since and was put behind us by rearm_sigbus_guard(). (1) A fault that is not ours goes to the later
// one, or else to the first. (2) When the later one hands the same fault on to us, it goes to the first. (3) A SIGBUS
// that the process sends itself comes from a handler that raises again what it has reported: with a lost range it is
// swallowed once, so that the load or store is tried again and found in order; otherwise it takes the way of a fault,
// and that of the first owner when the later one has had its turn.
#include "os/sigbus.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "os/call.hpp"
#include "os/fork.hpp"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

namespace deltos::os {
namespace {

constexpr int kSlots = 4096;
constexpr unsigned kActions = 16;
constexpr int kNesting = 64;

// Published by the mapping pointer, which is stored last and taken back first.
struct Slot {
  std::atomic<bool> taken{false};
  std::atomic<const Mapping *> mapping{nullptr};
  std::atomic<std::atomic<bool> *> lost{nullptr};
};

struct Range {
  std::uintptr_t begin, end;
  bool writable;
};

constinit std::array<Slot, kSlots> slots{};
constinit std::atomic<int> slots_used{0};  // no slot at or behind this index was ever taken
constinit std::atomic<int> guards{0};
constinit std::atomic<std::uintptr_t> page{4096};
constinit std::atomic<bool> swallowed{false};  // a raised signal, since the last fault of ours
constinit std::atomic<bool> any_lost{false};

// Actions are published by pointer, because a handler may read them at any moment.
constinit std::array<struct sigaction, kActions> actions{};
constinit unsigned next_action = 0;
constinit bool has_successor = false;  // somebody took the signal from us and may hand faults on to us for ever
constinit std::atomic<const struct sigaction *> first_owner{nullptr};
constinit std::atomic<const struct sigaction *> later_owner{nullptr};
constinit std::atomic<bool> later_had_its_turn{false};
constinit std::array<std::atomic<void *>, kNesting> handed_on{};  // contexts of faults the later owner is looking at

// Both words carry the fork generation: what threads of another generation held or counted is void in a child, where
// those threads do not exist.
constinit std::atomic<std::uint64_t> ownership_lock{0};
constinit std::atomic<std::uint64_t> lookers{0};
constexpr std::uint64_t kLookerMask = 0xffffffff;

// Guards who owns the signal; the table needs no lock.
class OwnershipLock {
 public:
  OwnershipLock() {
    const std::uint64_t mine = fork_generation() + 1;
    for (;;) {
      std::uint64_t holder = ownership_lock.load(std::memory_order_relaxed);
      if (holder != mine && ownership_lock.compare_exchange_weak(holder, mine, std::memory_order_acquire)) return;
      ::sched_yield();
    }
  }
  ~OwnershipLock() { ownership_lock.store(0, std::memory_order_release); }
  OwnershipLock(const OwnershipLock &) = delete;
  OwnershipLock &operator=(const OwnershipLock &) = delete;
};

std::uint64_t looker_base() { return fork_generation() << 32; }

// Counts the handler in while it uses what it finds in the table.
class Look {
 public:
  Look() {
    const std::uint64_t base = looker_base();
    std::uint64_t word = lookers.load();
    std::uint64_t next;
    do {
      next = (word & ~kLookerMask) == base ? word + 1 : base + 1;
    } while (!lookers.compare_exchange_weak(word, next));
  }
  ~Look() { lookers.fetch_sub(1); }
  Look(const Look &) = delete;
  Look &operator=(const Look &) = delete;
};

void wait_for_lookers() {
  for (;;) {
    const std::uint64_t word = lookers.load();
    if ((word & kLookerMask) == 0 || (word & ~kLookerMask) != looker_base()) return;
    ::sched_yield();
  }
}

Range range_of(const Mapping &mapping) {
  const std::uintptr_t mask = page.load(std::memory_order_relaxed) - 1;
  const auto data = reinterpret_cast<std::uintptr_t>(mapping.data());
  return {data & ~mask, (data + mapping.bytes() + mask) & ~mask, mapping.writable()};
}

// Zero pages from the faulting one to the end of what is mapped: one map area, however much was lost.
bool replace_tail(const Range &range, std::uintptr_t address) {
  const std::uintptr_t begin = address & ~(page.load(std::memory_order_relaxed) - 1);
  const int protection = range.writable ? PROT_READ | PROT_WRITE : PROT_READ;
  // Past the seam of os/io.hpp: what stands there in a test need not be safe in a signal handler.
  void *at = ::mmap(reinterpret_cast<void *>(begin), range.end - begin, protection,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  return at != MAP_FAILED;
}

bool take_fault(const siginfo_t &info) {
  if (info.si_code != BUS_ADRERR && info.si_code != BUS_MCEERR_AR) return false;
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  const Look look;
  Range hit = {};
  const int used = slots_used.load();
  for (int i = 0; i < used; ++i) {
    const Mapping *mapping = slots[i].mapping.load();
    if (mapping == nullptr) continue;
    const Range range = range_of(*mapping);
    if (address < range.begin || address >= range.end) continue;
    hit = range;
    // Before the zero pages are there: who reads zeros must not find the flag unset afterwards.
    slots[i].lost.load()->store(true);
  }
  if (hit.end == 0) return false;
  any_lost.store(true);
  swallowed.store(false);
  return replace_tail(hit, address);
}

// Whether a range has lost its end, also before anybody has touched it there.
bool lost_some_range() {
  if (any_lost.load()) return true;
  const Look look;
  const std::uintptr_t page_size = page.load(std::memory_order_relaxed);
  const int used = slots_used.load();
  for (int i = 0; i < used; ++i) {
    const Mapping *mapping = slots[i].mapping.load();
    if (mapping == nullptr) continue;
    const Range range = range_of(*mapping);
    if (range.begin == range.end) continue;
    // Kernels that cannot say (EINVAL) count as a loss: a signal too few is better than a process too few.
    if (::madvise(reinterpret_cast<void *>(range.end - page_size), page_size, MADV_POPULATE_READ) != 0) return true;
  }
  return false;
}

bool sent_by_this_process(const siginfo_t &info) { return info.si_code == SI_TKILL && info.si_pid == ::getpid(); }

bool swallow(const siginfo_t &info) {
  if (!sent_by_this_process(info) || guards.load() == 0 || swallowed.load()) return false;
  return lost_some_range() && !swallowed.exchange(true);
}

void die_by_default(const siginfo_t &info) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGBUS, &action, nullptr);
  // A fault comes again by itself and leaves a core dump that shows where; what was sent has to be sent again.
  if (info.si_code <= 0) ::raise(SIGBUS);
}

void call_action(const struct sigaction *action, int signal, siginfo_t *info, void *context) {
  if (action == nullptr) {
    // The signal was given back while this one was on its way: it is for whoever has it now.
    if (info->si_code <= 0) ::raise(SIGBUS);
    return;
  }
  if ((action->sa_flags & SA_SIGINFO) != 0) return action->sa_sigaction(signal, info, context);
  if (action->sa_handler == SIG_IGN && info->si_code <= 0) return;
  if (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN) return die_by_default(*info);
  action->sa_handler(signal);
}

// Remembers that the later owner is looking at this fault.
class HandedOn {
 public:
  explicit HandedOn(void *context) : context_(context) {
    for (place_ = 0; place_ < kNesting; ++place_) {
      void *empty = nullptr;
      if (handed_on[place_].compare_exchange_strong(empty, context_)) return;
    }
  }
  ~HandedOn() {
    if (place_ < kNesting) handed_on[place_].store(nullptr);
  }
  HandedOn(const HandedOn &) = delete;
  HandedOn &operator=(const HandedOn &) = delete;

 private:
  void *context_;
  int place_;
};

bool came_back(void *context) {
  return std::any_of(handed_on.begin(), handed_on.end(), [&](const auto &entry) { return entry.load() == context; });
}

void hand_on(int signal, siginfo_t *info, void *context) {
  const struct sigaction *later = later_owner.load();
  const bool raised_again = sent_by_this_process(*info) && later_had_its_turn.load();
  if (later == nullptr || raised_again || came_back(context)) {
    return call_action(first_owner.load(), signal, info, context);
  }
  later_had_its_turn.store(true);
  const HandedOn marked(context);
  call_action(later, signal, info, context);
}

void handle(int signal, siginfo_t *info, void *context) {
  const int saved_errno = errno;
  if (!take_fault(*info) && !swallow(*info)) hand_on(signal, info, context);
  errno = saved_errno;
}

bool ours(const struct sigaction &action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == handle;
}

bool same(const struct sigaction &a, const struct sigaction &b) {
  return a.sa_handler == b.sa_handler && (a.sa_flags & SA_SIGINFO) == (b.sa_flags & SA_SIGINFO);
}

const struct sigaction *kept(const struct sigaction &action) {
  do {
    next_action = (next_action + 1) % kActions;
  } while (&actions[next_action] == first_owner.load() || &actions[next_action] == later_owner.load());
  actions[next_action] = action;
  return &actions[next_action];
}

// Under the ownership lock.
void take_signal() {
  struct sigaction current;
  if (::sigaction(SIGBUS, nullptr, &current) != 0 || ours(current)) return;
  if (first_owner.load() == nullptr) {
    first_owner.store(kept(current));
  } else {
    has_successor = true;
    later_owner.store(same(current, *first_owner.load()) ? nullptr : kept(current));
    later_had_its_turn.store(false);
  }
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

// Under the ownership lock. The first owner is remembered where somebody may still hand faults on to us.
void give_signal_back() {
  any_lost.store(false);
  swallowed.store(false);
  struct sigaction current;
  if (::sigaction(SIGBUS, nullptr, &current) != 0) return;
  const struct sigaction *heir = later_owner.exchange(nullptr);
  if (heir == nullptr) heir = first_owner.load();
  if (ours(current)) {
    ::sigaction(SIGBUS, heir, nullptr);
  } else {
    has_successor = true;
  }
  if (!has_successor) first_owner.store(nullptr);
}

int take_slot() {
  for (int i = 0; i < kSlots; ++i) {
    if (slots[i].taken.load() || slots[i].taken.exchange(true)) continue;
    int used = slots_used.load();
    while (used <= i && !slots_used.compare_exchange_weak(used, i + 1)) {
    }
    return i;
  }
  return -1;
}

}  // namespace

Result<std::unique_ptr<SigbusGuard>> SigbusGuard::create(std::shared_ptr<Mapping> mapping,
                                                         std::shared_ptr<std::atomic<bool>> lost) {
  std::unique_ptr<SigbusGuard> guard(new SigbusGuard());
  guard->mapping_ = std::move(mapping);
  guard->lost_ = std::move(lost);
  // Borrowed memory is not ours to replace, and nothing faults where nothing is mapped.
  if (!guard->mapping_->owned()) return guard;
  page.store(page_bytes(), std::memory_order_relaxed);
  const OwnershipLock lock;
  const int slot = take_slot();
  if (slot < 0) {
    return fail(Code::no_memory,
                "at most %d mappings of a process can be guarded; close some or open without the guard", kSlots);
  }
  guard->slot_ = slot;
  guards.fetch_add(1);
  slots[slot].lost.store(guard->lost_.get());
  slots[slot].mapping.store(guard->mapping_.get());
  take_signal();
  return guard;
}

Result<std::shared_ptr<Mapping>> guarded(std::shared_ptr<Mapping> mapping,
                                         const std::shared_ptr<std::atomic<bool>> &lost) {
  struct Both {
    std::shared_ptr<Mapping> mapping;
    std::unique_ptr<SigbusGuard> guard;
  };
  auto both = std::make_shared<Both>();
  both->mapping = std::move(mapping);
  DELTOS_ASSIGN(both->guard, SigbusGuard::create(both->mapping, lost));
  Mapping *const raw = both->mapping.get();
  return std::shared_ptr<Mapping>(std::move(both), raw);
}

SigbusGuard::~SigbusGuard() {
  if (slot_ < 0) return;
  const OwnershipLock lock;
  slots[slot_].mapping.store(nullptr);
  wait_for_lookers();
  slots[slot_].taken.store(false);
  if (guards.fetch_sub(1) == 1) give_signal_back();
}

void rearm_sigbus_guard() {
  if (guards.load() == 0) return;
  const OwnershipLock lock;
  take_signal();
}

}  // namespace deltos::os
