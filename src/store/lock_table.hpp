// The pins and range locks that one open file description holds in the kernel's lock table.
//
// An open-file-description lock does not count: two threads that lock the same byte share one lock, and the first
// unlock takes it from both. The table counts. Every pin, and every interval of blocks, is an entry
//
//     free -> locking -> held -> unlocking -> free
//
// and only `held` is trusted. Who meets `locking` counts itself and issues the same lock again, which is idempotent.
// Who meets `unlocking` never uses these bytes: a pin moves to the next lower number (it protects more), an export is
// told to keep its snapshot pin. Intervals never overlap, so unlocking one touches no byte that another needs.
//
// Promises: no call waits for another thread; the mutex is a leaf, held neither across a system call nor across an
// allocation (around fork() alone it stays taken); releasing allocates nothing, fails never and may happen on any
// thread. At most kMaxIntervals intervals a kind exist, however many exports live: further ones are merged across the
// smallest gap, which protects more than asked, never less.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/status.hpp"
#include "os/file.hpp"
#include "os/fork.hpp"

namespace deltos::store {

enum class PinKind : std::uint8_t {
  call,       // for the length of a call; the child of a fork does not have it
  explicit_,  // a snapshot or cursor of the caller's, or an export that keeps its pin; the child of a fork keeps it
};

// What lock_range() gave. Goes back to unlock_range() once; copying it copies no lock.
struct RangeTicket {
  enum class Kind : std::uint8_t {
    empty,     // no blocks, or a table without locks: nothing to protect
    locked,    // the blocks are locked until unlock_range()
    keep_pin,  // these bytes are just being unlocked: keep the snapshot pin for as long as the blocks are used
  };
  std::uint64_t first_block = 0, blocks = 0;
  bool writable = false;
  Kind kind = Kind::empty;
};

struct LockCounts {
  std::uint64_t pins = 0;             // distinct transactions pinned
  std::uint64_t lowest_pin = 0;       // 0: none
  std::uint64_t ranges = 0;           // intervals locked for exports
  std::uint64_t writable_ranges = 0;  // intervals locked for writable exports
};

class LockTable final : public os::ForkParticipant {
 public:
  static constexpr unsigned kMaxIntervals = 16;
  enum class Mode : std::uint8_t { locking, disabled };  // disabled: every call succeeds and locks nothing

  // Owns the description. All its locks are shared, so that it may be open for reading only; reopen_flags say how the
  // child of a fork opens it again.
  explicit LockTable(os::File description, Mode mode = Mode::locking, int reopen_flags = 0);
  ~LockTable() override;
  LockTable(const LockTable &) = delete;
  LockTable &operator=(const LockTable &) = delete;

  // Pins the transaction or, while that number is being unpinned, a lower one: the number goes to unpin().
  Result<std::uint64_t> pin(std::uint64_t transaction, PinKind kind);
  void unpin(std::uint64_t number, PinKind kind) noexcept;

  // Locks blocks for an export; a writable one is locked in the range of writable exports too: busy while a seal holds
  // any of these blocks, and never keep_pin, which a seal would not see.
  Result<RangeTicket> lock_range(std::uint64_t first_block, std::uint64_t blocks, bool writable);
  void unlock_range(const RangeTicket &ticket) noexcept;

  LockCounts counts() const;
  // False in the child of a fork to which the locks could not be carried: pin() and lock_range() fail there.
  bool usable() const { return !lost_; }
  const os::File &description() const { return description_; }

  void before_fork() override;
  void after_fork_in_parent() override;
  void after_fork_in_child() override;

 private:
  enum class State : std::uint8_t { locking, held, unlocking };
  enum class Placed : std::uint8_t { locked, unlocking, refused };

  struct Pin {
    std::uint64_t number;
    std::uint32_t calls, snapshots;  // users of either kind, those still locking included
    std::uint32_t joining;           // of the snapshots, those whose lock call has not returned
    State state;
  };

  struct Interval {
    std::uint64_t first, end;  // blocks
    std::uint64_t count;       // exports, those still locking included; 0 and not unlocking: an unlock that failed
    std::uint64_t joining;     // of these, those whose lock call has not returned
    State state;

    bool touches(std::uint64_t other_first, std::uint64_t other_end) const {
      return first < other_end && other_first < end;
    }
    bool idle() const { return count == 0 && state != State::unlocking; }
  };

  // Disjoint intervals in the order of their blocks.
  struct Intervals {
    explicit Intervals(std::uint64_t base_byte) : base(base_byte) {}
    Interval *find(std::uint64_t block);
    Interval *find_idle();
    void insert(const Interval &added);
    void erase(Interval *gone);

    const std::uint64_t base;  // lock byte of block 0
    std::array<Interval, kMaxIntervals> entries{};
    unsigned size = 0;
  };

  enum class Joined : std::uint8_t { trusted, must_lock, unlocking, full };
  struct Blocks {
    std::uint64_t first = 0, end = 0;
  };

  Pin *find_pin(std::uint64_t number);
  std::uint64_t number_to_pin(std::uint64_t transaction);
  bool join_pin(std::uint64_t number, PinKind kind);
  void drop_pin(std::uint64_t number, PinKind kind, bool joining) noexcept;

  static Joined join(Intervals &intervals, Blocks wanted, Blocks &joined);
  static Joined absorb(Intervals &intervals, Blocks wanted, Blocks &joined);
  static bool closest_pair(const Intervals &intervals, Blocks wanted, Blocks &bridge);
  Result<Placed> lock_interval(Intervals &intervals, Blocks wanted);
  Result<Placed> lock_joined(Intervals &intervals, Blocks wanted, Blocks joined);
  Result<Placed> lock_patiently(Intervals &intervals, Blocks wanted);
  void drop_interval(Intervals &intervals, std::uint64_t block, bool joining) noexcept;
  Result<RangeTicket> lock_writable(RangeTicket ticket);

  bool unlock_bytes(std::uint64_t start, std::uint64_t bytes) noexcept;
  Status check_usable() const;
  Status carry_to(const os::File &bridge) const;
  void keep_what_was_carried();

  os::File description_;
  const Mode mode_;
  const int reopen_flags_;
  mutable std::mutex mutex_;  // of everything below
  std::vector<Pin> pins_;     // unordered; grown outside the mutex
  Intervals ranges_, writable_;
  os::File bridge_;  // between before_fork() and after_fork_*(): holds the locks that the child keeps
  std::atomic<bool> lost_ = false;
};

}  // namespace deltos::store
