// LZ4 blocks: what long texts of a value may be stored as. A block is what the LZ4 block format says, without a frame.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace deltos::value {

// No block says more than this many times its own length.
constexpr std::uint64_t kLz4Ratio = 255;
constexpr std::uint64_t kLz4Most = 0x7e00'0000;  // bytes that are compressed at once

// Nothing where the block would have more than `most` bytes.
std::optional<std::vector<std::byte>> lz4_compress(Bytes raw, std::size_t most);

// Whether the block is sound and fills `raw` exactly. Looks at nothing outside of either.
bool lz4_decompress(Bytes block, MutableBytes raw) noexcept;

}  // namespace deltos::value
