// Bytes: spans, loads and stores at any alignment, arithmetic that cannot wrap, and the one hash of the project.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace deltos {

static_assert(std::endian::native == std::endian::little, "the file format is little-endian and read in place");
static_assert(sizeof(void *) == 8, "address space of 64 bits is assumed throughout");

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline Bytes bytes_of(std::string_view text) { return {reinterpret_cast<const std::byte *>(text.data()), text.size()}; }
inline std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char *>(bytes.data()), bytes.size()}; }

// Loads once, at any alignment: what is checked is what is used.
template <class T>
T load(const std::byte *at) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <class T>
void save(std::byte *at, const T &value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(at, &value, sizeof value);
}

// Each returns false instead of wrapping.
template <class T>
[[nodiscard]] bool checked_add(T a, T b, T *sum) {
  return !__builtin_add_overflow(a, b, sum);
}
template <class T>
[[nodiscard]] bool checked_mul(T a, T b, T *product) {
  return !__builtin_mul_overflow(a, b, product);
}
// Whether [offset, offset + length) lies in [0, size).
constexpr bool within(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return length <= size && offset <= size - length;
}
constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// XXH3, 64 bits, seed 0.
std::uint64_t hash64(Bytes bytes);
std::uint64_t hash64(Bytes bytes, std::uint64_t seed);

// Incremental form of hash64 for content that is not in one piece.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher &) = delete;
  Hasher &operator=(const Hasher &) = delete;
  void add(Bytes bytes);
  std::uint64_t digest() const;

 private:
  void *state_;
};

}  // namespace deltos
