// XXH3 for processors that have AVX2. This file alone is compiled for them, and everything in it that could be is
// static: nothing that other files might come to use instead of their own is compiled for a processor they may not
// have.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/hash_avx2.hpp"

namespace deltos {

std::uint64_t hash64_avx2(const void *data, std::size_t bytes) { return XXH3_64bits(data, bytes); }

}  // namespace deltos
