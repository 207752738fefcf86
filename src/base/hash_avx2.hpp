// Private to hash64().
#pragma once

#include <cstddef>
#include <cstdint>

namespace deltos {

// Only on a processor that has AVX2.
std::uint64_t hash64_avx2(const void *data, std::size_t bytes);

}  // namespace deltos
