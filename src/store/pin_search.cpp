#include "store/pin_search.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "format/layout.hpp"

namespace deltos::store {
namespace {

struct Stretch {
  std::uint64_t first, end;
};

// The locked part of the blocks, if any is.
Result<Stretch> locked_part(const os::File &description, Stretch blocks) {
  DELTOS_ASSIGN(const os::LockConflict conflict,
                description.conflict(format::kLockRange + blocks.first, blocks.end - blocks.first, true));
  if (!conflict.found) return Stretch{blocks.end, blocks.end};
  const std::uint64_t end_byte =
      conflict.bytes == 0 ? std::numeric_limits<std::uint64_t>::max() : conflict.start + conflict.bytes;
  const std::uint64_t start = std::max(conflict.start, format::kLockRange + blocks.first);
  const std::uint64_t end = std::min(end_byte, format::kLockRange + blocks.end);
  return Stretch{start - format::kLockRange, end - format::kLockRange};
}

}  // namespace

// Every number below `low` has been seen unpinned, `high` is pinned or was the caller's. Questions about all that lies
// between, which mostly find nothing, take turns with questions about its lower half, which bound their number. A pin
// that comes meanwhile is no harm, since its reader looks at the published transaction after locking.
Result<std::uint64_t> oldest_pin(const os::File &description, std::uint64_t low, std::uint64_t high) {
  for (bool all = true; low < high; all = !all) {
    const std::uint64_t end = all ? high : low + (high - low + 1) / 2;
    DELTOS_ASSIGN(const os::LockConflict conflict, description.conflict(format::kLockPin + low, end - low, true));
    if (conflict.found) {
      high = std::max(conflict.start, format::kLockPin + low) - format::kLockPin;
    } else {
      low = end;
    }
  }
  return high;
}

Status for_each_unlocked(const os::File &description, std::uint64_t first_block, std::uint64_t blocks,
                         const std::function<void(std::uint64_t first, std::uint64_t blocks)> &callback) {
  std::vector<Stretch> unasked{{first_block, first_block + blocks}};  // the lowest part is the last
  while (!unasked.empty()) {
    const Stretch part = unasked.back();
    unasked.pop_back();
    if (part.first == part.end) continue;
    DELTOS_ASSIGN(const Stretch locked, locked_part(description, part));
    if (locked.first == part.end) {
      callback(part.first, part.end - part.first);
      continue;
    }
    unasked.push_back({locked.end, part.end});
    unasked.push_back({part.first, locked.first});
  }
  return {};
}

}  // namespace deltos::store
