// What other descriptions hold in the kernel's lock table: the writer asks before it uses a block again. Pins first,
// ranges second. Ask on a description that holds no pins and ranges itself, so that those of the own process show too.
//
// The kernel names *a* conflict, not the lowest one; both searches narrow down from there.
#pragma once

#include <cstdint>
#include <functional>

#include "base/status.hpp"
#include "os/file.hpp"

namespace deltos::store {

// The smallest pinned number in [low, high], or high when none is: O(log(high - low)) questions, one when none is. A
// search for reuse begins at 0, never at what an earlier one found: a reader that stops between its load and its lock,
// or that meets a number being unpinned, pins a lower one later, and uses a snapshot that is newer than its pin.
Result<std::uint64_t> oldest_pin(const os::File &description, std::uint64_t low, std::uint64_t high);

// Calls back with every part of [first_block, + blocks), in ascending order, on which nobody holds a range lock.
Status for_each_unlocked(const os::File &description, std::uint64_t first_block, std::uint64_t blocks,
                         const std::function<void(std::uint64_t first, std::uint64_t blocks)> &callback);

}  // namespace deltos::store
