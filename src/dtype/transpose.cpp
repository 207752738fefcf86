#include "dtype/transpose.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.hpp"

namespace deltos::dtype {
namespace {

constexpr std::int64_t kVectorBytes = 16;

// Items a side of what is copied at once: both sides of it stay in the first-level cache, and every piece of a line is
// one or more of the cache's own lines.
template <class Item>
constexpr std::int64_t kTileItems = std::max<std::int64_t>(32, 128 / sizeof(Item));

// Squares of as many items a side as a vector holds. Vectors are a language extension of all compilers in question; on
// a processor without them they are words.
template <class Item>
class Square {
 public:
  static constexpr std::size_t kSide = kVectorBytes / sizeof(Item);

  static void copy(std::byte *target, std::int64_t target_line, const std::byte *source, std::int64_t source_line) {
    Vector square[kSide];
    for (std::size_t i = 0; i < kSide; ++i) {
      square[i] = load<Vector>(source + static_cast<std::int64_t>(i) * source_line);
    }
    turn(square);
    for (std::size_t i = 0; i < kSide; ++i) save(target + static_cast<std::int64_t>(i) * target_line, square[i]);
  }

 private:
  // g++ ignores the attribute in an alias. NOLINTNEXTLINE(modernize-use-using)
  typedef Item Vector __attribute__((vector_size(kVectorBytes)));

  // Dealing the first and the second half of the lines out in turns swaps one bit of line and column; as often as there
  // are bits, all of them.
  static void turn(Vector (&square)[kSide]) {
    for (std::size_t bit = 1; bit < kSide; bit *= 2) {
      Vector dealt[kSide];
      for (std::size_t i = 0; i < kSide / 2; ++i) {
        dealt[2 * i] = deal<0>(square[i], square[i + kSide / 2], std::make_index_sequence<kSide>());
        dealt[2 * i + 1] = deal<kSide / 2>(square[i], square[i + kSide / 2], std::make_index_sequence<kSide>());
      }
      for (std::size_t i = 0; i < kSide; ++i) square[i] = dealt[i];
    }
  }

  template <std::size_t kFrom, std::size_t... kPlaces>
  static Vector deal(Vector a, Vector b, std::index_sequence<kPlaces...>) {
    return __builtin_shufflevector(a, b, (kFrom + kPlaces / 2 + (kPlaces % 2 == 0 ? 0 : kSide))...);
  }
};

template <class Item>
void copy_rest(std::byte *target, std::int64_t target_line, std::int64_t lines, const std::byte *source,
               std::int64_t source_line, std::int64_t length) {
  constexpr std::int64_t kItem = sizeof(Item);
  for (std::int64_t i = 0; i < lines; ++i) {
    for (std::int64_t j = 0; j < length; ++j) {
      std::memcpy(target + i * target_line + j * kItem, source + j * source_line + i * kItem, sizeof(Item));
    }
  }
}

template <class Item>
void transpose_tile(std::byte *target, std::int64_t target_line, std::int64_t lines, const std::byte *source,
                    std::int64_t source_line, std::int64_t length) {
  constexpr std::int64_t kSide = Square<Item>::kSide, kItem = sizeof(Item);
  const std::int64_t whole_lines = lines / kSide * kSide, whole_length = length / kSide * kSide;
  for (std::int64_t i = 0; i < whole_lines; i += kSide) {
    for (std::int64_t j = 0; j < whole_length; j += kSide) {
      Square<Item>::copy(target + i * target_line + j * kItem, target_line, source + j * source_line + i * kItem,
                         source_line);
    }
  }
  copy_rest<Item>(target + whole_length * kItem, target_line, whole_lines, source + whole_length * source_line,
                  source_line, length - whole_length);
  copy_rest<Item>(target + whole_lines * target_line, target_line, lines - whole_lines, source + whole_lines * kItem,
                  source_line, length);
}

template <class Item>
void transpose(std::byte *target, std::int64_t target_line, std::int64_t lines, const std::byte *source,
               std::int64_t source_line, std::int64_t length) {
  constexpr std::int64_t kItem = sizeof(Item), kTile = kTileItems<Item>;
  for (std::int64_t j = 0; j < length; j += kTile) {
    for (std::int64_t i = 0; i < lines; i += kTile) {
      transpose_tile<Item>(target + i * target_line + j * kItem, target_line, std::min(kTile, lines - i),
                           source + j * source_line + i * kItem, source_line, std::min(kTile, length - j));
    }
  }
}

}  // namespace

void transpose_items(std::byte *target, std::int64_t target_line, std::int64_t lines, const std::byte *source,
                     std::int64_t source_line, std::int64_t length, std::uint64_t item_bytes) {
  const auto transpose_as = item_bytes == 1   ? transpose<std::uint8_t>
                            : item_bytes == 2 ? transpose<std::uint16_t>
                            : item_bytes == 4 ? transpose<std::uint32_t>
                                              : transpose<std::uint64_t>;
  transpose_as(target, target_line, lines, source, source_line, length);
}

}  // namespace deltos::dtype
