#include "dtype/search.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "dtype/rows.hpp"

namespace deltos::dtype {
namespace {

constexpr std::size_t kBlockBytes = 2048;  // searched before anybody asks for the result
constexpr std::size_t kLaneBytes = 64;     // counted side by side

// What an item of 1, 2, 4 or 8 bytes must be: (bits & mask) == wanted, or just not that.
struct Pattern {
  std::uint64_t mask = ~std::uint64_t{0};
  std::uint64_t wanted = 0;
  bool is_negated = false;
  bool is_never = false;
};

bool has_word_size(std::uint64_t bytes) { return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8; }

// Among numbers of one type, values are equal when their bits are, but for zeros with a sign, NaN and booleans.
std::optional<Pattern> pattern_of(const Format &format, const std::byte *item) {
  if (!has_word_size(format.item_bytes)) return std::nullopt;
  Pattern pattern;
  std::memcpy(&pattern.wanted, item, format.item_bytes);
  const std::optional<Number> number = number_of(format);
  if (!number) return Relation(format, format).is_bytewise() ? std::optional(pattern) : std::nullopt;
  const Wide value = load_number(*number, item);
  pattern.is_never = value != value;
  if (number->scalar == Scalar::boolean) {
    pattern.is_negated = value != 0;
    pattern.wanted = 0;
  } else if (value == 0) {
    std::uint64_t sign = sign_bit(number->scalar);
    if (number->swapped) sign = __builtin_bswap64(sign) >> (64 - 8 * format.item_bytes);
    pattern.mask = ~sign;
    pattern.wanted = 0;
  }
  return pattern;
}

template <class Word, bool kNegated>
class Words {
 public:
  explicit Words(const Pattern &pattern)
      : mask_(static_cast<Word>(pattern.mask)), wanted_(static_cast<Word>(pattern.wanted)) {}

  std::int64_t find(const Row &row) const {
    constexpr auto kBlock = static_cast<std::int64_t>(kBlockBytes / sizeof(Word));
    const bool is_packed = row.stride == sizeof(Word);
    for (std::int64_t i = 0; i < row.length; i += kBlock) {
      const std::int64_t end = std::min(row.length, i + kBlock);
      const bool is_there = is_packed ? any(row.data, i, end, sizeof(Word)) : any(row.data, i, end, row.stride);
      if (!is_there) continue;
      for (std::int64_t k = i; k < end; ++k) {
        if (matches(row.data + k * row.stride)) return k;
      }
    }
    return -1;
  }

  std::uint64_t count(const Row &row) const {
    constexpr auto kLanes = static_cast<std::int64_t>(kLaneBytes / sizeof(Word));
    std::uint64_t total = 0;
    std::int64_t i = 0;
    if (row.stride == sizeof(Word)) {
      for (; row.length - i >= kLanes; i += kLanes * std::min<std::int64_t>((row.length - i) / kLanes, 255)) {
        total += count_lanes(row.data + i * row.stride, std::min<std::int64_t>((row.length - i) / kLanes, 255));
      }
    }
    for (; i < row.length; ++i) total += matches(row.data + i * row.stride) ? 1 : 0;
    return total;
  }

 private:
  bool matches(const std::byte *item) const { return ((load<Word>(item) & mask_) == wanted_) != kNegated; }

  // Without an exit, so that a compiler can look at many items at once.
  bool any(const std::byte *items, std::int64_t begin, std::int64_t end, std::int64_t stride) const {
    Word found = 0;
    for (std::int64_t i = begin; i < end; ++i) found |= static_cast<Word>(matches(items + i * stride) ? 1 : 0);
    return found != 0;
  }

  // Up to 255 steps, which the smallest word can count, of one item in each lane.
  std::uint64_t count_lanes(const std::byte *items, std::int64_t steps) const {
    constexpr std::size_t kLanes = kLaneBytes / sizeof(Word);
    Word lanes[kLanes] = {};
    for (std::int64_t step = 0; step < steps; ++step) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        lanes[lane] = static_cast<Word>(lanes[lane] + (matches(items + lane * sizeof(Word)) ? 1 : 0));
      }
      items += kLaneBytes;
    }
    std::uint64_t total = 0;
    for (const Word lane : lanes) total += lane;
    return total;
  }

  Word mask_, wanted_;
};

// Items of any other format, one by one.
class Items {
 public:
  Items(const Format &format, const std::byte *item) : relation_(format, format), item_(item) {}

  std::int64_t find(const Row &row) const {
    for (std::int64_t i = 0; i < row.length; ++i) {
      if (matches(row.data + i * row.stride)) return i;
    }
    return -1;
  }
  std::uint64_t count(const Row &row) const {
    std::uint64_t total = 0;
    for (std::int64_t i = 0; i < row.length; ++i) total += matches(row.data + i * row.stride) ? 1 : 0;
    return total;
  }

 private:
  bool matches(const std::byte *item) const { return relation_.compare(item, item_) == Order::equal; }

  Relation relation_;
  const std::byte *item_;
};

template <class Call>
auto with_words(std::uint64_t item_bytes, const Pattern &pattern, const Call &call) {
  const auto with_word = [&](auto word) {
    using Word = decltype(word);
    return pattern.is_negated ? call(Words<Word, true>(pattern)) : call(Words<Word, false>(pattern));
  };
  return item_bytes == 1   ? with_word(std::uint8_t())
         : item_bytes == 2 ? with_word(std::uint16_t())
         : item_bytes == 4 ? with_word(std::uint32_t())
                           : with_word(std::uint64_t());
}

template <class Call>
auto with_matcher(const Format &format, const std::byte *item, const std::optional<Pattern> &pattern,
                  const Call &call) {
  return pattern ? with_words(format.item_bytes, *pattern, call) : call(Items(format, item));
}

}  // namespace

Result<std::int64_t> find_value(const Typed &array, const std::byte *item, std::int64_t from) {
  DELTOS_TRY(check_layout(array.layout));
  const std::optional<Pattern> pattern = pattern_of(array.format, item);
  if (pattern && pattern->is_never) return -1;
  return with_matcher(array.format, item, pattern, [&](const auto &matcher) -> std::int64_t {
    Rows rows(array.layout, from);
    std::int64_t before = from;
    for (Row row = rows.next(); row.length > 0; row = rows.next()) {
      const std::int64_t at = matcher.find(row);
      if (at >= 0) return before + at;
      before += row.length;
    }
    return -1;
  });
}

Result<std::uint64_t> count_values(const Typed &array, const std::byte *item) {
  DELTOS_TRY(check_layout(array.layout));
  const std::optional<Pattern> pattern = pattern_of(array.format, item);
  if (pattern && pattern->is_never) return std::uint64_t{0};
  return with_matcher(array.format, item, pattern, [&](const auto &matcher) -> std::uint64_t {
    Rows rows(array.layout);
    std::uint64_t total = 0;
    for (Row row = rows.next(); row.length > 0; row = rows.next()) total += matcher.count(row);
    return total;
  });
}

}  // namespace deltos::dtype
