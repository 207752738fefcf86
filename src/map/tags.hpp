// A line of the directory in registers: which entries have a tag, and where an entry begins. With SSE2, which all
// x86-64 processors have, or eight bytes at a time: what they say is the same.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "map/image.hpp"

namespace deltos::map {

// Both ways are made of a line where it lies, which is read once, and have these functions.
//   having(tag, count)   bit i: entry i, below `count` <= kTags, has that tag
//   units_before(i)      of the entries before entry i <= kTags together
class WordTags {
 public:
  explicit WordTags(const std::byte *line) {
    std::memcpy(tags_, line + offsetof(Line, tag), sizeof tags_);
    std::memcpy(sizes_, line + offsetof(Line, size), sizeof sizes_);
  }
  std::uint32_t having(std::uint8_t tag, unsigned count) const {
    std::uint32_t found = 0;
    for (unsigned i = 0; i < 3; ++i) found |= zero_bytes(tags_[i] ^ kOnes * tag) << 8 * i;
    return found & ((std::uint32_t{1} << count) - 1);
  }
  std::uint64_t units_before(unsigned i) const {
    std::uint64_t units = 0;
    for (unsigned word = 0; word < 3; ++word) {
      const unsigned bytes = i > 8 * word ? std::min(i - 8 * word, 8U) : 0;
      const std::uint64_t kept = bytes == 8 ? sizes_[word] : sizes_[word] & ((std::uint64_t{1} << 8 * bytes) - 1);
      const std::uint64_t pairs = (kept & kEven) + (kept >> 8 & kEven);
      units += pairs * 0x0001000100010001 >> 48;
    }
    return units;
  }

 private:
  static constexpr std::uint64_t kOnes = 0x0101010101010101, kLow = 0x7f7f7f7f7f7f7f7f, kEven = 0x00ff00ff00ff00ff;
  // Bit i: byte i is 0.
  static std::uint32_t zero_bytes(std::uint64_t word) {
    const std::uint64_t marks = ~(((word & kLow) + kLow) | word | kLow) >> 7;
    return static_cast<std::uint32_t>(marks * 0x0102040810204080 >> 56);
  }

  std::uint64_t tags_[3], sizes_[3];
};

#ifdef __SSE2__

class VectorTags {
 public:
  explicit VectorTags(const std::byte *line)
      : tags_(load16(line + offsetof(Line, tag))),
        last_tags_(load8(line + offsetof(Line, tag) + 16)),
        sizes_(load16(line + offsetof(Line, size))),
        last_sizes_(load8(line + offsetof(Line, size) + 16)) {}
  std::uint32_t having(std::uint8_t tag, unsigned count) const {
    const __m128i wanted = _mm_set1_epi8(static_cast<char>(tag));
    const auto first = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(tags_, wanted)));
    const auto last = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(last_tags_, wanted)));
    return (first | last << 16) & ((std::uint32_t{1} << count) - 1);
  }
  std::uint64_t units_before(unsigned i) const {
    const std::uint8_t *const kept = kKept.data() + kTags - i;
    const __m128i first = _mm_sad_epu8(_mm_and_si128(sizes_, load16(kept)), _mm_setzero_si128());
    const __m128i last = _mm_sad_epu8(_mm_and_si128(last_sizes_, load8(kept + 16)), _mm_setzero_si128());
    const __m128i sum = _mm_add_epi64(first, last);
    return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_add_epi64(sum, _mm_unpackhi_epi64(sum, sum))));
  }

 private:
  // kTags bytes of ones, then of zeros: from kTags - i on, the first i are ones.
  static constexpr std::array<std::uint8_t, std::size_t{2} *kTags> kKept = [] {
    std::array<std::uint8_t, std::size_t{2} * kTags> kept{};
    for (unsigned i = 0; i < kTags; ++i) kept[i] = 0xff;
    return kept;
  }();
  static __m128i load16(const void *at) { return _mm_loadu_si128(static_cast<const __m128i *>(at)); }
  static __m128i load8(const void *at) { return _mm_loadl_epi64(static_cast<const __m128i *>(at)); }

  __m128i tags_, last_tags_, sizes_, last_sizes_;
};
using Tags = VectorTags;

#else

using Tags = WordTags;

#endif

}  // namespace deltos::map
