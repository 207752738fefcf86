// Around fork() the table is frozen: before_fork() takes the mutex and locks on a bridge, a description of its own,
// everything that a finished call has handed out; the mutex is given back after the fork. The child keeps the bridge
// as its description and closes the inherited one. Nothing has to be locked in the child and no byte is ever without a
// lock: between the copy and the fork no entry comes, since acquirers register under the mutex, and none goes, since
// releasers do as well. A lock or unlock call already under way concerns an entry whose users the child does not
// have (still joining) or that has none (unlocking), and it touches the parent's description alone. So no flag has
// to tell acquirers to lock the bridge as well. tests/crash/models proves it (FORK.frozen and its mutants).
#include "store/lock_table.hpp"

#include <fcntl.h>

#include <algorithm>
#include <limits>
#include <new>
#include <thread>
#include <utility>

#include "format/layout.hpp"

namespace deltos::store {
namespace {

constexpr unsigned kReservedPins = 32;
// A writable export that meets bytes being unlocked tries again so often before it says busy. Each turn lets the
// other thread run; none waits for it.
constexpr unsigned kPatience = 128;

// Locks all of the bytes but those that a seal holds. Those carry no export.
Status lock_around(const os::File &description, std::uint64_t start, std::uint64_t end) {
  while (start < end) {
    DELTOS_ASSIGN(const bool locked, description.try_lock(start, end - start, false));
    if (locked) return {};
    DELTOS_ASSIGN(const os::LockConflict sealing, description.conflict(start, end - start, false));
    if (!sealing.found) continue;  // gone meanwhile
    if (sealing.start > start) DELTOS_TRY(lock_around(description, start, sealing.start));
    if (sealing.bytes == 0) return {};
    start = std::max(start, sealing.start + sealing.bytes);
  }
  return {};
}

}  // namespace

// ---- pins ---------------------------------------------------------------------------------------------------------

LockTable::LockTable(os::File description, Mode mode, int reopen_flags)
    : description_(std::move(description)),
      mode_(mode),
      reopen_flags_(reopen_flags),
      ranges_(format::kLockRange),
      writable_(format::kLockWritable) {
  if (mode_ == Mode::disabled) return;
  pins_.reserve(kReservedPins);
  os::register_fork_participant(this);
}

LockTable::~LockTable() {
  if (mode_ == Mode::disabled) return;
  os::unregister_fork_participant(this);
  // Not left to closing the descriptor: a mapping that a forked child has inherited keeps the description alive.
  if (!lost_ && !(pins_.empty() && ranges_.size == 0 && writable_.size == 0))
    (void)description_.unlock(format::kLockRange, 0);
}

LockTable::Pin *LockTable::find_pin(std::uint64_t number) {
  for (Pin &pin : pins_) {
    if (pin.number == number) return &pin;
  }
  return nullptr;
}

// The highest number up to the transaction that is not being unpinned.
std::uint64_t LockTable::number_to_pin(std::uint64_t transaction) {
  std::uint64_t number = transaction;
  for (const Pin *pin = find_pin(number); pin != nullptr && pin->state == State::unlocking; pin = find_pin(number)) {
    --number;
  }
  return number;
}

// Counts a user; true when the lock call is still to be made. There is room for one entry.
bool LockTable::join_pin(std::uint64_t number, PinKind kind) {
  Pin *pin = find_pin(number);
  if (pin == nullptr) {
    pins_.push_back({number, 0, 0, 0, State::locking});
    pin = &pins_.back();
  }
  const bool must_lock = pin->state != State::held;
  if (kind == PinKind::call) {
    ++pin->calls;
  } else {
    ++pin->snapshots;
    if (must_lock) ++pin->joining;
  }
  return must_lock;
}

Result<std::uint64_t> LockTable::pin(std::uint64_t transaction, PinKind kind) {
  if (mode_ == Mode::disabled) return transaction;
  DELTOS_TRY(check_usable());
  if (transaction < format::kFirstTransaction || transaction > format::kMaxTransaction) {
    return fail(Code::corrupt, "%s: transaction %llu cannot be pinned: outside [2^16, 2^60]",
                description_.label().c_str(), static_cast<unsigned long long>(transaction));
  }
  std::vector<Pin> larger;
  std::uint64_t number = 0;
  bool must_lock = false;
  for (;;) {
    std::unique_lock guard(mutex_);
    if (larger.capacity() > pins_.capacity()) {
      larger.assign(pins_.begin(), pins_.end());  // within its capacity
      pins_.swap(larger);
    }
    if (pins_.size() < pins_.capacity()) {
      number = number_to_pin(transaction);
      must_lock = join_pin(number, kind);
      break;
    }
    const std::size_t wanted = 2 * pins_.capacity();
    guard.unlock();
    larger = {};
    larger.reserve(wanted);
  }
  if (!must_lock) return number;

  Result<bool> locked = description_.try_lock(format::kLockPin + number, 1, false);
  if (!locked.ok() || !*locked) {
    drop_pin(number, kind, true);
    if (!locked.ok()) return std::move(locked).error();
    return fail(Code::busy, "%s: another program holds the pin of transaction %llu exclusively; close it",
                description_.label().c_str(), static_cast<unsigned long long>(number));
  }
  const std::lock_guard guard(mutex_);
  Pin *pin = find_pin(number);
  pin->state = State::held;
  if (kind == PinKind::explicit_) --pin->joining;
  return number;
}

void LockTable::unpin(std::uint64_t number, PinKind kind) noexcept {
  if (mode_ == Mode::locking) drop_pin(number, kind, false);
}

void LockTable::drop_pin(std::uint64_t number, PinKind kind, bool joining) noexcept {
  std::unique_lock guard(mutex_);
  Pin *pin = find_pin(number);
  if (pin == nullptr) return;  // a call's, in the child of a fork
  std::uint32_t &users = kind == PinKind::call ? pin->calls : pin->snapshots;
  if (users == 0) return;  // likewise
  --users;
  if (joining && kind == PinKind::explicit_) --pin->joining;
  // An unlock that fails leaves the entry without users; whoever comes next tries again.
  const auto idle = [](const Pin &one) { return one.calls + one.snapshots == 0 && one.state != State::unlocking; };
  auto gone = idle(*pin) ? pins_.begin() + (pin - pins_.data()) : std::find_if(pins_.begin(), pins_.end(), idle);
  for (bool unlocked = true; unlocked && gone != pins_.end(); gone = std::find_if(pins_.begin(), pins_.end(), idle)) {
    const std::uint64_t going = gone->number;
    gone->state = State::unlocking;
    guard.unlock();
    unlocked = unlock_bytes(format::kLockPin + going, 1);
    guard.lock();
    Pin *still = find_pin(going);
    still->state = State::locking;
    if (!unlocked) continue;
    *still = pins_.back();
    pins_.pop_back();
  }
}

// ---- intervals ----------------------------------------------------------------------------------------------------

LockTable::Interval *LockTable::Intervals::find(std::uint64_t block) {
  for (unsigned i = 0; i < size; ++i) {
    if (entries[i].touches(block, block + 1)) return &entries[i];
  }
  return nullptr;
}

LockTable::Interval *LockTable::Intervals::find_idle() {
  for (unsigned i = 0; i < size; ++i) {
    if (entries[i].idle()) return &entries[i];
  }
  return nullptr;
}

void LockTable::Intervals::insert(const Interval &added) {
  unsigned place = size++;
  for (; place > 0 && entries[place - 1].first > added.first; --place) entries[place] = entries[place - 1];
  entries[place] = added;
}

void LockTable::Intervals::erase(Interval *gone) {
  std::copy(gone + 1, entries.data() + size, gone);
  --size;
}

// Counts one user of the blocks. must_lock: `joined` is to be locked; full: it would need a merge with something that
// the blocks do not touch.
LockTable::Joined LockTable::join(Intervals &intervals, Blocks wanted, Blocks &joined) {
  for (unsigned i = 0; i < intervals.size; ++i) {
    Interval &entry = intervals.entries[i];
    if (!entry.touches(wanted.first, wanted.end)) continue;
    if (entry.state == State::unlocking) return Joined::unlocking;
    if (entry.first > wanted.first || entry.end < wanted.end) continue;
    ++entry.count;
    if (entry.state == State::held) return Joined::trusted;
    ++entry.joining;
    joined = {entry.first, entry.end};
    return Joined::must_lock;
  }
  return absorb(intervals, wanted, joined);
}

// Makes one interval of the blocks and all intervals that they touch. Exports of those stay locked throughout: the
// kernel adds the new bytes to what is held.
LockTable::Joined LockTable::absorb(Intervals &intervals, Blocks wanted, Blocks &joined) {
  Interval merged{wanted.first, wanted.end, 1, 1, State::locking};
  unsigned touched = 0;
  for (unsigned i = 0; i < intervals.size; ++i) touched += intervals.entries[i].touches(wanted.first, wanted.end);
  if (touched == 0 && intervals.size == kMaxIntervals) return Joined::full;
  for (unsigned i = 0; i < intervals.size;) {
    Interval &entry = intervals.entries[i];
    if (!entry.touches(wanted.first, wanted.end)) {
      ++i;
      continue;
    }
    merged.first = std::min(merged.first, entry.first);
    merged.end = std::max(merged.end, entry.end);
    merged.count += entry.count;
    merged.joining += entry.joining;
    intervals.erase(&entry);
  }
  intervals.insert(merged);
  joined = {merged.first, merged.end};
  return Joined::must_lock;
}

// Of the full table and the blocks, the two neighbours with the smallest gap: `bridge` touches both. False when every
// pair has a side that is being unlocked.
bool LockTable::closest_pair(const Intervals &intervals, Blocks wanted, Blocks &bridge) {
  std::array<Interval, kMaxIntervals + 1> sorted;
  unsigned size = 0;
  const Interval added{wanted.first, wanted.end, 1, 1, State::locking};
  for (unsigned i = 0; i < intervals.size; ++i) {
    const Interval &entry = intervals.entries[i];
    if (size == i && entry.first > added.first) sorted[size++] = added;
    sorted[size++] = entry;
  }
  if (size == intervals.size) sorted[size++] = added;
  std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
  for (unsigned i = 1; i < size; ++i) {
    const Interval &left = sorted[i - 1];
    const Interval &right = sorted[i];
    if (left.state == State::unlocking || right.state == State::unlocking) continue;
    if (right.first - left.end >= smallest) continue;
    smallest = right.first - left.end;
    bridge = {left.end - 1, right.first + 1};
  }
  return smallest != std::numeric_limits<std::uint64_t>::max();
}

Result<LockTable::Placed> LockTable::lock_interval(Intervals &intervals, Blocks wanted) {
  for (unsigned attempt = 0; attempt < kPatience; ++attempt) {
    Blocks joined, bridge;
    Joined result;
    bool making_room = false;
    {
      const std::lock_guard guard(mutex_);
      result = join(intervals, wanted, joined);
      if (result == Joined::full) {
        if (!closest_pair(intervals, wanted, bridge)) return Placed::unlocking;
        making_room = bridge.end <= wanted.first || wanted.end <= bridge.first;
        if (!making_room) bridge = {std::min(wanted.first, bridge.first), std::max(wanted.end, bridge.end)};
        result = absorb(intervals, bridge, joined);
      }
    }
    if (result == Joined::trusted) return Placed::locked;
    if (result == Joined::unlocking) return Placed::unlocking;
    if (!making_room) return lock_joined(intervals, wanted, joined);
    // Two other intervals have become one. That a seal holds something between them is no harm to this caller.
    DELTOS_ASSIGN(const Placed merged, lock_joined(intervals, bridge, joined));
    if (merged == Placed::locked) drop_interval(intervals, bridge.first, false);
  }
  return Placed::unlocking;
}

// Makes the lock call for an interval that counts the caller already. Where the whole interval cannot be had (a seal
// holds something in a gap), the caller's own blocks are enough for the caller, and the interval is not trusted.
Result<LockTable::Placed> LockTable::lock_joined(Intervals &intervals, Blocks wanted, Blocks joined) {
  Result<bool> locked = description_.try_lock(intervals.base + joined.first, joined.end - joined.first, false);
  const bool trusted = locked.ok() && *locked;
  if (!trusted && (joined.first != wanted.first || joined.end != wanted.end)) {
    locked = description_.try_lock(intervals.base + wanted.first, wanted.end - wanted.first, false);
  }
  if (!locked.ok() || !*locked) {
    drop_interval(intervals, wanted.first, true);
    if (!locked.ok()) return std::move(locked).error();
    return Placed::refused;
  }
  const std::lock_guard guard(mutex_);
  Interval *entry = intervals.find(wanted.first);
  --entry->joining;
  if (trusted && entry->first == joined.first && entry->end == joined.end) entry->state = State::held;
  return Placed::locked;
}

Result<LockTable::Placed> LockTable::lock_patiently(Intervals &intervals, Blocks wanted) {
  for (unsigned attempt = 1; attempt < kPatience; ++attempt) {
    DELTOS_ASSIGN(const Placed placed, lock_interval(intervals, wanted));
    if (placed != Placed::unlocking) return placed;
    std::this_thread::yield();
  }
  return lock_interval(intervals, wanted);
}

void LockTable::drop_interval(Intervals &intervals, std::uint64_t block, bool joining) noexcept {
  std::unique_lock guard(mutex_);
  Interval *entry = intervals.find(block);
  if (entry == nullptr || entry->count == 0) return;  // the locks were lost in a fork
  --entry->count;
  if (joining) --entry->joining;
  // An unlock that fails leaves the interval without users; whoever comes next tries again.
  Interval *gone = entry->count == 0 ? entry : intervals.find_idle();
  for (bool unlocked = true; unlocked && gone != nullptr; gone = intervals.find_idle()) {
    const Blocks going{gone->first, gone->end};
    gone->state = State::unlocking;
    guard.unlock();
    unlocked = unlock_bytes(intervals.base + going.first, going.end - going.first);
    guard.lock();
    Interval *still = intervals.find(going.first);
    still->state = State::locking;
    if (unlocked) intervals.erase(still);
  }
}

Result<RangeTicket> LockTable::lock_range(std::uint64_t first_block, std::uint64_t blocks, bool writable) {
  RangeTicket ticket{first_block, blocks, writable, RangeTicket::Kind::empty};
  if (mode_ == Mode::disabled || blocks == 0) return ticket;
  DELTOS_TRY(check_usable());
  if (blocks > format::kMaxBlocks || first_block > format::kMaxBlocks - blocks) {
    return fail(Code::corrupt, "%s: blocks %llu + %llu lie beyond the limit of 2^48 blocks",
                description_.label().c_str(), static_cast<unsigned long long>(first_block),
                static_cast<unsigned long long>(blocks));
  }
  if (writable) return lock_writable(ticket);
  DELTOS_ASSIGN(const Placed placed, lock_interval(ranges_, {first_block, first_block + blocks}));
  if (placed == Placed::refused) {
    return fail(Code::busy, "%s: another program holds the blocks exclusively; close it", description_.label().c_str());
  }
  ticket.kind = placed == Placed::locked ? RangeTicket::Kind::locked : RangeTicket::Kind::keep_pin;
  return ticket;
}

Result<RangeTicket> LockTable::lock_writable(RangeTicket ticket) {
  const Blocks wanted{ticket.first_block, ticket.first_block + ticket.blocks};
  DELTOS_ASSIGN(Placed placed, lock_patiently(ranges_, wanted));
  if (placed == Placed::locked) {
    Result<Placed> second = lock_patiently(writable_, wanted);
    if (second.ok() && *second == Placed::locked) {
      ticket.kind = RangeTicket::Kind::locked;
      return ticket;
    }
    drop_interval(ranges_, wanted.first, false);
    if (!second.ok()) return std::move(second).error();
    placed = *second;
  }
  const char *reason = placed == Placed::refused ? "sealed" : "released on another thread";
  return fail(Code::busy, "%s: the memory is just being %s; export it again", description_.label().c_str(), reason);
}

void LockTable::unlock_range(const RangeTicket &ticket) noexcept {
  if (ticket.kind != RangeTicket::Kind::locked) return;
  if (ticket.writable) drop_interval(writable_, ticket.first_block, false);
  drop_interval(ranges_, ticket.first_block, false);
}

// ---- both ---------------------------------------------------------------------------------------------------------

// A failure is an errno only, but its message may find no memory.
bool LockTable::unlock_bytes(std::uint64_t start, std::uint64_t bytes) noexcept {
  try {
    return description_.unlock(start, bytes).ok();
  } catch (const std::bad_alloc &) {
    return false;
  }
}

Status LockTable::check_usable() const {
  if (!lost_) return {};
  return fail(Code::forked, "%s: its locks could not be carried over the fork; open it again in this process",
              description_.label().c_str());
}

LockCounts LockTable::counts() const {
  const std::lock_guard guard(mutex_);
  LockCounts counts{pins_.size(), 0, ranges_.size, writable_.size};
  for (const Pin &pin : pins_) {
    if (counts.lowest_pin == 0 || pin.number < counts.lowest_pin) counts.lowest_pin = pin.number;
  }
  return counts;
}

// ---- fork ---------------------------------------------------------------------------------------------------------

Status LockTable::carry_to(const os::File &bridge) const {
  for (const Pin &pin : pins_) {
    if (pin.snapshots == pin.joining) continue;
    const std::uint64_t byte = format::kLockPin + pin.number;
    DELTOS_TRY(lock_around(bridge, byte, byte + 1));
  }
  for (const Intervals *intervals : {&ranges_, &writable_}) {
    for (unsigned i = 0; i < intervals->size; ++i) {
      const Interval &entry = intervals->entries[i];
      if (entry.count == entry.joining) continue;
      DELTOS_TRY(lock_around(bridge, intervals->base + entry.first, intervals->base + entry.end));
    }
  }
  return {};
}

void LockTable::before_fork() {
  mutex_.lock();
  if (lost_) return;
  try {
    Result<os::File> bridge = description_.reopen(reopen_flags_);
    if (bridge.ok() && carry_to(*bridge).ok()) bridge_ = std::move(*bridge);
  } catch (const std::bad_alloc &) {
    bridge_.close();
  }
}

void LockTable::after_fork_in_parent() {
  bridge_.close();
  mutex_.unlock();
}

void LockTable::after_fork_in_child() {
  if (bridge_.valid()) {
    description_ = std::move(bridge_);  // closes the inherited description; an unlock there would hit the parent
    keep_what_was_carried();
  } else {
    // The inherited description stays open, and so its locks for as long as the parent does not release them.
    lost_ = true;
    pins_.clear();
    ranges_.size = writable_.size = 0;
  }
  mutex_.unlock();
}

// Forgets calls of threads that the child does not have. Their locks are not on the bridge.
void LockTable::keep_what_was_carried() {
  for (std::size_t i = pins_.size(); i-- > 0;) {
    Pin &pin = pins_[i];
    pin.snapshots -= std::exchange(pin.joining, 0);
    pin.calls = 0;
    pin.state = State::held;
    if (pin.snapshots != 0) continue;
    pin = pins_.back();
    pins_.pop_back();
  }
  for (Intervals *intervals : {&ranges_, &writable_}) {
    for (unsigned i = intervals->size; i-- > 0;) {
      Interval &entry = intervals->entries[i];
      entry.count -= std::exchange(entry.joining, 0);
      if (entry.count == 0) intervals->erase(&entry);
    }
  }
}

}  // namespace deltos::store
