// The lock table of one description, seen by a witness: a second description of the same file that asks the kernel.
#include "store/lock_table.hpp"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "format/layout.hpp"
#include "os/io.hpp"
#include "store/pin_search.hpp"

namespace deltos::store {
namespace {

constexpr std::uint64_t kT = format::kFirstTransaction + 1000;
using Kind = RangeTicket::Kind;

// Runs a function before or instead of the lock calls of the library.
class LockHook : public os::Io {
 public:
  LockHook() { os::replace_io(this); }
  ~LockHook() override { os::replace_io(nullptr); }
  int lock(int fd, int command, struct flock *lock) override {
    const int failure = hook ? hook(command, *lock) : 0;
    return failure != 0 ? failure : os::Io::lock(fd, command, lock);
  }
  std::function<int(int command, const struct flock &lock)> hook;  // a negated errno, or 0 to go on
};

bool is_lock(int command, const struct flock &lock) { return command == F_OFD_SETLK && lock.l_type == F_RDLCK; }
bool is_unlock(int command, const struct flock &lock) { return command == F_OFD_SETLK && lock.l_type == F_UNLCK; }

class Locks : public testing::Test {
 protected:
  Locks() : witness(make_file()), table(reopened()) {}

  static os::File make_file() {
    std::string path = testing::TempDir() + "deltos-locks-XXXXXX";
    const int fd = ::mkstemp(path.data());
    ::unlink(path.c_str());
    return os::File(fd, "locks");
  }
  os::File reopened() const {
    Result<os::File> file = witness.reopen(O_RDWR);
    return file.ok() ? std::move(*file) : os::File();
  }
  bool locked(std::uint64_t byte, std::uint64_t bytes = 1) const { return witness.conflict(byte, bytes, true)->found; }
  bool pinned(std::uint64_t number) const { return locked(format::kLockPin + number); }
  bool in_use(std::uint64_t block) const { return locked(format::kLockRange + block); }
  bool writable_in_use(std::uint64_t block) const { return locked(format::kLockWritable + block); }
  bool anything_locked() const { return locked(0, 0); }
  bool all_in_use(std::uint64_t first, std::uint64_t blocks) const {
    bool all = true;
    EXPECT_TRUE(for_each_unlocked(witness, first, blocks, [&](std::uint64_t, std::uint64_t) { all = false; }).ok());
    return all;
  }
  std::uint64_t unlocked_parts(std::uint64_t blocks) const {
    std::uint64_t parts = 0;
    EXPECT_TRUE(for_each_unlocked(witness, 0, blocks, [&](std::uint64_t, std::uint64_t) { ++parts; }).ok());
    return parts;
  }
  RangeTicket lock(std::uint64_t first, std::uint64_t blocks, bool writable = false) {
    Result<RangeTicket> ticket = table.lock_range(first, blocks, writable);
    EXPECT_TRUE(ticket.ok()) << (ticket.ok() ? "" : ticket.error().message);
    return ticket.ok() ? *ticket : RangeTicket{};
  }

  os::File witness;
  LockTable table;
};

class Lines {  // a byte each way between processes
 public:
  Lines() { EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0); }
  ~Lines() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  void tell() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void hear() const {
    char byte = 0;
    EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
  }

 private:
  int ends_[2] = {-1, -1};
};

int exit_code(pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// ---- pins ---------------------------------------------------------------------------------------------------------

TEST_F(Locks, PinIsSeenByOthersUntilItsLastUserIsGone) {
  EXPECT_EQ(*table.pin(kT, PinKind::call), kT);
  EXPECT_EQ(*table.pin(kT, PinKind::explicit_), kT);
  EXPECT_TRUE(pinned(kT));
  EXPECT_FALSE(pinned(kT + 1) || pinned(kT - 1));
  table.unpin(kT, PinKind::call);
  EXPECT_TRUE(pinned(kT));
  table.unpin(kT, PinKind::explicit_);
  EXPECT_FALSE(anything_locked());
  EXPECT_EQ(table.counts().pins, 0u);
}

TEST_F(Locks, SecondPinOfANumberMakesNoCall) {
  ASSERT_TRUE(table.pin(kT, PinKind::call).ok());
  LockHook io;
  io.hook = [](int, const struct flock &) { return -EIO; };
  EXPECT_TRUE(table.pin(kT, PinKind::call).ok());
}

TEST_F(Locks, ManyPinsAreCountedAndTheLowestIsKnown) {
  for (std::uint64_t i = 0; i < 500; ++i) EXPECT_EQ(*table.pin(kT + 2 * i, PinKind::explicit_), kT + 2 * i);
  EXPECT_EQ(table.counts().pins, 500u);
  EXPECT_EQ(table.counts().lowest_pin, kT);
  for (std::uint64_t i = 0; i < 500; ++i) {
    EXPECT_TRUE(pinned(kT + 2 * i));
    table.unpin(kT + 2 * i, PinKind::explicit_);
    EXPECT_FALSE(pinned(kT + 2 * i));
  }
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, PinMovesBelowNumbersThatAreBeingUnpinned) {
  ASSERT_TRUE(table.pin(kT, PinKind::call).ok());
  ASSERT_TRUE(table.pin(kT - 1, PinKind::call).ok());
  LockHook io;
  std::uint64_t moved = 0;
  int depth = 0;
  io.hook = [&](int command, const struct flock &lock) {
    if (!is_unlock(command, lock)) return 0;
    const int nested = ++depth;
    if (nested == 1) table.unpin(kT - 1, PinKind::call);
    if (nested == 2) moved = *table.pin(kT, PinKind::call);
    return 0;
  };
  table.unpin(kT, PinKind::call);
  EXPECT_EQ(moved, kT - 2);
  EXPECT_TRUE(pinned(kT - 2));
  EXPECT_FALSE(pinned(kT) || pinned(kT - 1));
}

TEST_F(Locks, WhoMeetsAPinInFlightLocksItToo) {
  LockHook io;
  int calls = 0;
  io.hook = [&](int command, const struct flock &lock) {
    if (!is_lock(command, lock) || ++calls > 1) return 0;
    EXPECT_EQ(*table.pin(kT, PinKind::call), kT);  // a second thread while the first is on its way
    EXPECT_TRUE(pinned(kT));
    return -ENOLCK;  // and the first fails
  };
  EXPECT_FALSE(table.pin(kT, PinKind::call).ok());
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(pinned(kT));
  table.unpin(kT, PinKind::call);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, RefusedPinLeavesNothing) {
  LockHook io;
  io.hook = [](int command, const struct flock &lock) { return is_lock(command, lock) ? -ENOLCK : 0; };
  const Result<std::uint64_t> result = table.pin(kT, PinKind::call);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().os_errno, ENOLCK);
  EXPECT_EQ(table.counts().pins, 0u);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, PinThatCouldNotBeUnlockedGoesWithTheNext) {
  ASSERT_TRUE(table.pin(kT, PinKind::call).ok());
  {
    LockHook io;
    io.hook = [](int command, const struct flock &lock) { return is_unlock(command, lock) ? -EIO : 0; };
    table.unpin(kT, PinKind::call);
  }
  EXPECT_TRUE(pinned(kT));
  EXPECT_EQ(*table.pin(kT + 5, PinKind::call), kT + 5);
  table.unpin(kT + 5, PinKind::call);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, NumbersThatNoTransactionHasAreRefused) {
  EXPECT_EQ(table.pin(format::kFirstTransaction - 1, PinKind::call).code(), Code::corrupt);
  EXPECT_EQ(table.pin(format::kMaxTransaction + 1, PinKind::call).code(), Code::corrupt);
}

// ---- ranges -------------------------------------------------------------------------------------------------------

TEST_F(Locks, RangeIsLockedExactlyWhileATicketLives) {
  const RangeTicket a = lock(100, 50), b = lock(120, 10);
  EXPECT_EQ(a.kind, Kind::locked);
  EXPECT_TRUE(all_in_use(100, 50));
  EXPECT_FALSE(in_use(99) || in_use(150) || writable_in_use(100));
  table.unlock_range(a);
  EXPECT_TRUE(all_in_use(120, 10));
  table.unlock_range(b);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, OverlappingRangesStayLockedUntilBothAreGone) {
  const RangeTicket a = lock(100, 50), b = lock(140, 50), c = lock(90, 20);
  EXPECT_EQ(table.counts().ranges, 1u);
  table.unlock_range(a);
  EXPECT_TRUE(all_in_use(140, 50) && all_in_use(90, 20));
  table.unlock_range(b);
  EXPECT_TRUE(all_in_use(90, 20));
  table.unlock_range(c);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, EmptyRangeNeedsNoLock) {
  const RangeTicket ticket = lock(7, 0, true);
  EXPECT_EQ(ticket.kind, Kind::empty);
  EXPECT_FALSE(anything_locked());
  table.unlock_range(ticket);
}

TEST_F(Locks, BlocksBeyondTheLimitAreRefused) {
  EXPECT_EQ(table.lock_range(format::kMaxBlocks, 1, false).code(), Code::corrupt);
  EXPECT_EQ(table.lock_range(1, ~std::uint64_t{0}, false).code(), Code::corrupt);
  EXPECT_EQ(lock(format::kMaxBlocks - 1, 1, true).kind, Kind::locked);
}

TEST_F(Locks, TenThousandAndOneRangesNeedSixteenIntervals) {
  std::vector<RangeTicket> tickets;
  for (std::uint64_t i = 0; i < 10001; ++i) {
    tickets.push_back(lock(3 * i * (i % 7 + 1), 2));
    ASSERT_EQ(tickets.back().kind, Kind::locked);
    ASSERT_LE(table.counts().ranges, LockTable::kMaxIntervals);
  }
  EXPECT_LE(unlocked_parts(1 << 20), LockTable::kMaxIntervals + 1);
  for (const RangeTicket &ticket : tickets) ASSERT_TRUE(all_in_use(ticket.first_block, ticket.blocks));
  std::shuffle(tickets.begin(), tickets.end(), std::mt19937(1));
  while (!tickets.empty()) {
    if (tickets.size() % 500 == 0) {
      for (const RangeTicket &ticket : tickets) ASSERT_TRUE(all_in_use(ticket.first_block, ticket.blocks));
    }
    table.unlock_range(tickets.back());
    tickets.pop_back();
  }
  EXPECT_FALSE(anything_locked());
  EXPECT_EQ(table.counts().ranges, 0u);
}

TEST_F(Locks, MergesAcrossTheSmallestGap) {
  for (std::uint64_t i = 0; i < 15; ++i) lock(1000 * i, 10);
  lock(20010, 10);
  lock(20030, 10);  // the 17th
  EXPECT_TRUE(in_use(20025));
  lock(900000, 10);  // far away: two old ones are merged for it
  EXPECT_FALSE(in_use(500000));
  EXPECT_TRUE(in_use(900005));
  EXPECT_EQ(table.counts().ranges, LockTable::kMaxIntervals);
  EXPECT_LE(unlocked_parts(1 << 20), LockTable::kMaxIntervals + 1);
}

TEST_F(Locks, ExportKeepsItsPinWhileTheBytesAreBeingUnlocked) {
  const RangeTicket first = lock(100, 50);
  LockHook io;
  RangeTicket inside, beside;
  Code writable = Code::ok;
  io.hook = [&](int command, const struct flock &lock_call) {
    if (!is_unlock(command, lock_call) || inside.blocks != 0) return 0;
    inside = lock(149, 10);
    beside = lock(150, 10);
    writable = table.lock_range(120, 1, true).code();
    return 0;
  };
  table.unlock_range(first);
  EXPECT_EQ(inside.kind, Kind::keep_pin);
  EXPECT_EQ(beside.kind, Kind::locked);
  EXPECT_EQ(writable, Code::busy);
  EXPECT_TRUE(all_in_use(150, 10));
  EXPECT_FALSE(in_use(149));
  table.unlock_range(inside);
  table.unlock_range(beside);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, MergeKeepsAwayFromBytesThatAreBeingUnlocked) {
  std::vector<RangeTicket> tickets;
  for (std::uint64_t i = 0; i < LockTable::kMaxIntervals; ++i) tickets.push_back(lock(1000 * i, 10));
  LockHook io;
  RangeTicket beside;
  io.hook = [&](int command, const struct flock &call) {
    if (is_unlock(command, call) && beside.blocks == 0) {
      beside.blocks = 1;  // once
      beside = lock(5012, 10);
    }
    return 0;
  };
  table.unlock_range(tickets[5]);
  EXPECT_EQ(beside.kind, Kind::locked);
  EXPECT_TRUE(all_in_use(5012, 10));
  EXPECT_FALSE(in_use(5005));
  table.unlock_range(beside);
  tickets.erase(tickets.begin() + 5);
  for (const RangeTicket &ticket : tickets) table.unlock_range(ticket);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, WhoMeetsARangeInFlightLocksItToo) {
  LockHook io;
  int calls = 0;
  RangeTicket second;
  io.hook = [&](int command, const struct flock &call) {
    if (!is_lock(command, call) || ++calls > 1) return 0;
    second = lock(105, 5);
    EXPECT_TRUE(all_in_use(105, 5));
    return -ENOLCK;
  };
  EXPECT_FALSE(table.lock_range(100, 50, false).ok());
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(all_in_use(105, 5));
  table.unlock_range(second);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, IntervalThatGrewMeanwhileIsNotTrusted) {
  LockHook io;
  int calls = 0;
  bool failing = false;
  io.hook = [&](int command, const struct flock &call) {
    if (!is_lock(command, call)) return 0;
    if (++calls == 1) {
      failing = true;
      EXPECT_FALSE(table.lock_range(120, 100, false).ok());  // makes it 100..220 and locks nothing
      failing = false;
    }
    return failing ? -ENOLCK : 0;
  };
  const RangeTicket first = lock(100, 50);
  EXPECT_TRUE(all_in_use(100, 50));
  const RangeTicket later = lock(200, 20);
  EXPECT_TRUE(all_in_use(200, 20));
  table.unlock_range(first);
  EXPECT_TRUE(all_in_use(200, 20));
  table.unlock_range(later);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, RangeThatCouldNotBeUnlockedGoesWithTheNext) {
  const RangeTicket first = lock(100, 50);
  {
    LockHook io;
    io.hook = [](int command, const struct flock &call) { return is_unlock(command, call) ? -EIO : 0; };
    table.unlock_range(first);
  }
  EXPECT_TRUE(all_in_use(100, 50));
  table.unlock_range(lock(5000, 1));
  EXPECT_FALSE(anything_locked());
  EXPECT_EQ(table.counts().ranges, 0u);
}

TEST_F(Locks, RefusedRangeLeavesNothing) {
  LockHook io;
  int calls = 0;
  io.hook = [&](int command, const struct flock &call) { return is_lock(command, call) && ++calls == 2 ? -ENOLCK : 0; };
  EXPECT_FALSE(table.lock_range(100, 50, true).ok());  // the second call is the one for the writable range
  EXPECT_FALSE(anything_locked());
  EXPECT_EQ(table.counts().ranges + table.counts().writable_ranges, 0u);
}

// ---- writable exports and seals -----------------------------------------------------------------------------------

TEST_F(Locks, SealIsRefusedWhileAWritableExportLives) {
  const RangeTicket reading = lock(100, 50);
  EXPECT_TRUE(*witness.try_lock(format::kLockWritable + 100, 50, true));
  EXPECT_TRUE(witness.unlock(format::kLockWritable + 100, 50).ok());
  const RangeTicket writing = lock(100, 50, true);
  EXPECT_FALSE(*witness.try_lock(format::kLockWritable + 149, 1, true));
  table.unlock_range(writing);
  EXPECT_TRUE(*witness.try_lock(format::kLockWritable + 100, 50, true));
  EXPECT_TRUE(all_in_use(100, 50));
  table.unlock_range(reading);
}

TEST_F(Locks, WritableExportIsBusyDuringASeal) {
  ASSERT_TRUE(*witness.try_lock(format::kLockWritable + 120, 5, true));
  EXPECT_EQ(table.lock_range(100, 50, true).code(), Code::busy);
  EXPECT_EQ(table.counts().ranges + table.counts().writable_ranges, 0u);
  EXPECT_EQ(lock(100, 50).kind, Kind::locked);
}

TEST_F(Locks, SealInTheGapOfAMergeHindersNoNeighbour) {
  std::vector<RangeTicket> tickets;
  ASSERT_TRUE(*witness.try_lock(format::kLockWritable + 5, 1, true));
  for (std::uint64_t i = 0; i < 40; ++i) tickets.push_back(lock(10 * i, 5, true));
  for (const RangeTicket &ticket : tickets) {
    ASSERT_EQ(ticket.kind, Kind::locked);
    for (std::uint64_t block = 0; block < 5; ++block) EXPECT_TRUE(writable_in_use(ticket.first_block + block));
  }
  ASSERT_TRUE(witness.unlock(format::kLockWritable + 5, 1).ok());
  tickets.push_back(lock(0, 5, true));  // and the next export closes the gap
  EXPECT_LE(table.counts().writable_ranges, LockTable::kMaxIntervals);
  for (const RangeTicket &ticket : tickets) table.unlock_range(ticket);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, SealBetweenTwoExportsThatAreMergedHindersNeither) {
  std::vector<RangeTicket> tickets;
  for (std::uint64_t i = 0; i < LockTable::kMaxIntervals; ++i) tickets.push_back(lock(100 * i, 5, true));
  ASSERT_TRUE(*witness.try_lock(format::kLockWritable + 1506, 1, true));
  tickets.push_back(lock(1507, 5, true));  // joins 1500..1505
  EXPECT_EQ(tickets.back().kind, Kind::locked);
  const Lines to_child, to_parent;
  const pid_t child = ::fork();
  if (child == 0) {
    to_child.hear();
    for (const RangeTicket &ticket : tickets) table.unlock_range(ticket);
    to_parent.tell();
    to_child.hear();
    ::_exit(0);
  }
  for (const RangeTicket &ticket : tickets) table.unlock_range(ticket);
  for (const RangeTicket &ticket : tickets) {
    for (std::uint64_t block = 0; block < 5; ++block) EXPECT_TRUE(writable_in_use(ticket.first_block + block));
  }
  to_child.tell();
  to_parent.hear();
  EXPECT_FALSE(anything_locked());
  to_child.tell();
  EXPECT_EQ(exit_code(child), 0);
}

TEST_F(Locks, TableWithoutLocksGivesEverything) {
  LockTable none(os::File(), LockTable::Mode::disabled);
  EXPECT_EQ(*none.pin(3, PinKind::call), 3u);
  const Result<RangeTicket> ticket = none.lock_range(1, 2, true);
  ASSERT_TRUE(ticket.ok());
  EXPECT_EQ(ticket->kind, Kind::empty);
  none.unlock_range(*ticket);
  none.unpin(3, PinKind::call);
}

// ---- against a model ----------------------------------------------------------------------------------------------

TEST_F(Locks, RandomExportsAreCoveredAtEveryStep) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<RangeTicket> live;
    for (int step = 0; step < 400; ++step) {
      if (live.empty() || random() % 5 < 3) {
        live.push_back(lock(random() % 20000, 1 + random() % 60, random() % 4 == 0));
        ASSERT_EQ(live.back().kind, Kind::locked);
      } else {
        std::swap(live[random() % live.size()], live.back());
        table.unlock_range(live.back());
        live.pop_back();
      }
      ASSERT_LE(table.counts().ranges, LockTable::kMaxIntervals);
      ASSERT_LE(table.counts().writable_ranges, LockTable::kMaxIntervals);
      ASSERT_LE(unlocked_parts(30000), LockTable::kMaxIntervals + 1);
      for (const RangeTicket &ticket : live) {
        ASSERT_TRUE(all_in_use(ticket.first_block, ticket.blocks));
        ASSERT_TRUE(!ticket.writable || writable_in_use(ticket.first_block + ticket.blocks / 2));
      }
    }
    for (const RangeTicket &ticket : live) table.unlock_range(ticket);
    ASSERT_FALSE(anything_locked());
  }
}

TEST_F(Locks, ThreadsSeeTheirOwnLocksAtEveryMoment) {
  std::atomic<int> uncovered = 0, kept = 0, busy = 0;
  const auto work = [&](unsigned seed) {
    std::mt19937_64 random(seed);
    for (int step = 0; step < 4000; ++step) {
      const std::uint64_t number = *table.pin(kT + random() % 3, PinKind::call);
      uncovered += !pinned(number);
      const bool writable = random() % 3 == 0;
      // Few places that collide, and now and then one of many, so that merges happen.
      const std::uint64_t first = random() % 4 == 0 ? 100 * (random() % 40) : random() % 6;
      const Result<RangeTicket> ticket = table.lock_range(first, 1 + random() % 4, writable);
      if (!ticket.ok()) {
        busy += ticket.code() == Code::busy;
        uncovered += ticket.code() != Code::busy;
      } else if (ticket->kind == Kind::keep_pin) {
        ++kept;
      } else {
        table.unpin(number, PinKind::call);
        for (std::uint64_t block = 0; block < ticket->blocks; ++block) {
          uncovered += !in_use(first + block);
          if (writable) uncovered += !writable_in_use(first + block);
        }
        table.unlock_range(*ticket);
        continue;
      }
      table.unpin(number, PinKind::call);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 6; ++i) threads.emplace_back(work, i);
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(uncovered, 0);
  EXPECT_FALSE(anything_locked());
  EXPECT_EQ(table.counts().pins + table.counts().ranges + table.counts().writable_ranges, 0u);
  RecordProperty("kept", kept);
  RecordProperty("busy", busy);
}

// ---- fork ---------------------------------------------------------------------------------------------------------

TEST_F(Locks, ChildKeepsWhatTheParentReleases) {
  const RangeTicket ticket = lock(100, 50, true);
  ASSERT_TRUE(table.pin(kT, PinKind::explicit_).ok());
  ASSERT_TRUE(table.pin(kT + 9, PinKind::call).ok());
  const Lines to_child, to_parent;
  const pid_t child = ::fork();
  if (child == 0) {
    to_child.hear();
    const bool kept = table.counts().pins == 1 && table.counts().ranges == 1;
    table.unlock_range(ticket);
    table.unpin(kT, PinKind::explicit_);
    table.unpin(kT + 9, PinKind::call);
    const bool gone = !anything_locked();
    to_parent.tell();
    to_child.hear();
    ::_exit(kept && gone ? 0 : 1);
  }
  table.unlock_range(ticket);
  table.unpin(kT, PinKind::explicit_);
  table.unpin(kT + 9, PinKind::call);
  EXPECT_TRUE(all_in_use(100, 50) && writable_in_use(149) && pinned(kT));
  EXPECT_FALSE(pinned(kT + 9));
  to_child.tell();
  to_parent.hear();
  EXPECT_FALSE(anything_locked());  // though the child lives on
  to_child.tell();
  EXPECT_EQ(exit_code(child), 0);
}

TEST_F(Locks, ChildForgetsCallsThatWereUnderWay) {
  ASSERT_TRUE(table.pin(kT, PinKind::explicit_).ok());
  ASSERT_TRUE(table.pin(kT, PinKind::call).ok());
  const RangeTicket ticket = lock(100, 50);
  LockHook io;
  int children = 0;
  bool forking = false;  // the bridge is locked inside
  // Forks in the middle of a lock call, as another thread may.
  io.hook = [&](int command, const struct flock &call) {
    if (!is_lock(command, call) || std::exchange(forking, true)) return 0;
    ++children;
    const pid_t child = ::fork();
    if (child == 0) {
      const bool as_finished = table.counts().pins == 1 && table.counts().ranges == 1;
      table.unpin(kT, PinKind::explicit_);
      table.unlock_range(ticket);
      ::_exit(as_finished && table.counts().pins == 0 && table.counts().ranges == 0 ? 0 : 1);
    }
    EXPECT_EQ(exit_code(child), 0);
    forking = false;
    return 0;
  };
  ASSERT_TRUE(table.pin(kT + 1, PinKind::explicit_).ok());
  table.unpin(kT + 1, PinKind::explicit_);
  const RangeTicket grown = lock(120, 100);
  EXPECT_EQ(children, 2);
  table.unlock_range(grown);
}

TEST_F(Locks, ChildThatReleasesTakesNothingFromTheParent) {
  const RangeTicket ticket = lock(100, 50);
  ASSERT_TRUE(table.pin(kT, PinKind::explicit_).ok());
  const pid_t child = ::fork();
  if (child == 0) {
    table.unlock_range(ticket);
    table.unpin(kT, PinKind::explicit_);
    ::_exit(0);
  }
  EXPECT_EQ(exit_code(child), 0);
  EXPECT_TRUE(all_in_use(100, 50) && pinned(kT));
  table.unlock_range(ticket);
  table.unpin(kT, PinKind::explicit_);
  EXPECT_FALSE(anything_locked());
}

TEST_F(Locks, ChildKeepsItsViewsWhenTheParentIsKilled) {
  const Lines to_child, to_test;
  const pid_t parent = ::fork();
  if (parent == 0) {
    os::File writer_lock = reopened();  // as a writer has it: on a description of its own, which the child closes
    const bool sole = *writer_lock.try_lock(format::kLockWriter, 1, true);
    const RangeTicket ticket = lock(100, 50);
    const bool pinned_here = table.pin(kT, PinKind::explicit_).ok();
    if (::fork() != 0) ::kill(::getpid(), SIGKILL);
    writer_lock.close();
    to_child.hear();
    table.unlock_range(ticket);
    table.unpin(kT, PinKind::explicit_);
    if (sole && pinned_here) to_test.tell();
    to_child.hear();
    ::_exit(0);
  }
  EXPECT_EQ(exit_code(parent), 1000 + SIGKILL);
  EXPECT_TRUE(all_in_use(100, 50) && pinned(kT));
  to_child.tell();
  to_test.hear();
  EXPECT_FALSE(anything_locked());
  to_child.tell();
}

TEST_F(Locks, GrandchildKeepsWhatItInherited) {
  const RangeTicket ticket = lock(100, 50);
  const Lines to_grandchild;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() != 0) ::_exit(0);
    to_grandchild.hear();
    ::_exit(0);
  }
  EXPECT_EQ(exit_code(child), 0);
  table.unlock_range(ticket);
  EXPECT_TRUE(all_in_use(100, 50));
  to_grandchild.tell();
}

TEST_F(Locks, ChildWithoutABridgeSaysSo) {
  class NoFiles : public os::Io {
   public:
    int open(const char *, int, unsigned) override { return -EMFILE; }
  } no_files;
  const RangeTicket ticket = lock(100, 50);
  os::replace_io(&no_files);
  const pid_t child = ::fork();
  os::replace_io(nullptr);
  if (child == 0) {
    const bool refused = table.pin(kT, PinKind::call).code() == Code::forked &&
                         table.lock_range(1, 1, false).code() == Code::forked && !table.usable();
    table.unlock_range(ticket);
    ::_exit(refused ? 0 : 1);
  }
  EXPECT_EQ(exit_code(child), 0);
  EXPECT_TRUE(all_in_use(100, 50));
  EXPECT_TRUE(table.usable() && table.pin(kT, PinKind::call).ok());
}

TEST_F(Locks, ForksAmongBusyThreadsLoseNoLock) {
  const RangeTicket ticket = lock(100000, 50);
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      for (std::uint64_t step = 0; !stop; ++step) {
        const std::uint64_t number = *table.pin(kT + step % 2, PinKind::call);
        const Result<RangeTicket> other = table.lock_range(50 * (step % 30) + i, 3, false);
        table.unpin(number, PinKind::call);
        if (other.ok()) table.unlock_range(*other);
      }
    });
  }
  for (int i = 0; i < 100; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const bool unpinned = table.counts().pins == 0;
      const Result<std::uint64_t> number = table.pin(kT, PinKind::call);
      ::_exit(unpinned && number.ok() && pinned(*number) && all_in_use(100000, 50) ? 0 : 1);
    }
    EXPECT_EQ(exit_code(child), 0);
  }
  stop = true;
  for (std::thread &thread : threads) thread.join();
  table.unlock_range(ticket);
  EXPECT_FALSE(anything_locked());
}

// ---- searching ----------------------------------------------------------------------------------------------------

TEST_F(Locks, OldestPinIsFoundAmongMany) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    std::set<std::uint64_t> numbers;
    const std::uint64_t width = 1 + random() % 2000;
    LockTable other(reopened());
    for (std::uint64_t i = random() % 12; i > 0; --i) {
      const std::uint64_t number = kT + random() % width;
      numbers.insert(number);
      ASSERT_TRUE((random() % 2 == 0 ? table : other).pin(number, PinKind::explicit_).ok());
    }
    const std::uint64_t low = kT + random() % width, high = low + random() % width;
    const auto found = numbers.lower_bound(low);
    const std::uint64_t expected = found == numbers.end() ? high : std::min(*found, high);
    LockHook io;
    int questions = 0;
    io.hook = [&](int, const struct flock &) { return ++questions, 0; };
    EXPECT_EQ(*oldest_pin(witness, low, high), expected);
    EXPECT_LE(questions, numbers.empty() ? 1 : 24);
    io.hook = nullptr;
    for (LockTable *each : {&table, &other}) {
      while (each->counts().pins != 0) each->unpin(each->counts().lowest_pin, PinKind::explicit_);
    }
  }
}

TEST_F(Locks, OldestPinOfAHugeRangeTakesFewQuestions) {
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(table.pin(kT + 7919 * i, PinKind::explicit_).ok());
  LockHook io;
  int questions = 0;
  io.hook = [&](int, const struct flock &) { return ++questions, 0; };
  EXPECT_EQ(*oldest_pin(witness, format::kFirstTransaction, format::kMaxTransaction), kT);
  EXPECT_LE(questions, 100);
}

TEST_F(Locks, UnlockedPartsAreFoundInOrder) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 200; ++round) {
    LockTable other(reopened());
    std::vector<bool> expected(500, false);
    std::vector<RangeTicket> tickets;
    for (std::uint64_t i = random() % 12; i > 0; --i) {
      const std::uint64_t first = random() % 480, blocks = 1 + random() % 20;
      const bool own = random() % 2 == 0;
      const Result<RangeTicket> ticket = (own ? table : other).lock_range(first, blocks, false);
      ASSERT_TRUE(ticket.ok());
      if (own) tickets.push_back(*ticket);
      std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(first), blocks, true);
    }
    std::vector<bool> seen(500, true);
    std::uint64_t last = 0;
    EXPECT_TRUE(for_each_unlocked(witness, 0, 500, [&](std::uint64_t first, std::uint64_t blocks) {
                  EXPECT_GE(first, last);
                  EXPECT_GT(blocks, 0u);
                  last = first + blocks + 1;  // parts do not touch
                  std::fill_n(seen.begin() + static_cast<std::ptrdiff_t>(first), blocks, false);
                }).ok());
    EXPECT_EQ(seen, expected);
    for (const RangeTicket &ticket : tickets) table.unlock_range(ticket);
  }
}

TEST_F(Locks, SearchesReportAFailingSystem) {
  LockHook io;
  io.hook = [](int, const struct flock &) { return -EIO; };
  EXPECT_EQ(oldest_pin(witness, kT, kT + 5).code(), Code::io);
  EXPECT_EQ(for_each_unlocked(witness, 0, 5, [](std::uint64_t, std::uint64_t) { FAIL(); }).code(), Code::io);
  EXPECT_EQ(*oldest_pin(witness, kT, kT), kT);
}

}  // namespace
}  // namespace deltos::store
