// Copying a matrix between memories of opposite orders: what lies side by side in one of them lies far apart in the
// other.
#pragma once

#include <cstddef>
#include <cstdint>

namespace deltos::dtype {

// Whether there is a fast way for items of this size.
constexpr bool can_transpose(std::uint64_t item_bytes) {
  return item_bytes == 1 || item_bytes == 2 || item_bytes == 4 || item_bytes == 8;
}

// Item j of line i of the target is item i of line j of the source. Lines are packed, and so many bytes apart; the two
// memories do not overlap.
void transpose_items(std::byte *target, std::int64_t target_line, std::int64_t lines, const std::byte *source,
                     std::int64_t source_line, std::int64_t length, std::uint64_t item_bytes);

}  // namespace deltos::dtype
