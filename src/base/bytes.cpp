#include "base/bytes.hpp"

#include <new>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/hash_avx2.hpp"

namespace deltos {

std::uint64_t hash64(Bytes bytes) {
#ifdef DELTOS_HASH_AVX2
  if (bytes.size() > XXH3_MIDSIZE_MAX && __builtin_cpu_supports("avx2")) return hash64_avx2(bytes.data(), bytes.size());
#endif
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t hash64(Bytes bytes, std::uint64_t seed) { return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed); }

Hasher::Hasher() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(static_cast<XXH3_state_t *>(state_));
}
Hasher::~Hasher() { XXH3_freeState(static_cast<XXH3_state_t *>(state_)); }
void Hasher::add(Bytes bytes) { XXH3_64bits_update(static_cast<XXH3_state_t *>(state_), bytes.data(), bytes.size()); }
std::uint64_t Hasher::digest() const { return XXH3_64bits_digest(static_cast<const XXH3_state_t *>(state_)); }

}  // namespace deltos
