// Both ways of looking at a line of the directory, beside the obvious one.
#include <gtest/gtest.h>

#include <random>

#include "map/tags.hpp"

namespace deltos::map {
namespace {

template <class Tags>
void expect_what_the_line_says(std::mt19937_64 &random) {
  Line line{};
  for (std::uint8_t &tag : line.tag) tag = static_cast<std::uint8_t>(random() % 8 == 0 ? random() : random() % 3);
  for (std::uint8_t &size : line.size) size = static_cast<std::uint8_t>(random() % 4 == 0 ? 255 : random());
  const Tags tags(reinterpret_cast<const std::byte *>(&line));
  const auto count = static_cast<unsigned>(random() % (kTags + 1));
  for (unsigned tag = 0; tag < 256; ++tag) {
    std::uint32_t having = 0;
    for (unsigned i = 0; i < count; ++i) having |= line.tag[i] == tag ? std::uint32_t{1} << i : 0;
    ASSERT_EQ(tags.having(static_cast<std::uint8_t>(tag), count), having);
  }
  std::uint64_t units = 0;
  for (unsigned i = 0; i <= kTags; ++i) {
    ASSERT_EQ(tags.units_before(i), units);
    units += i < kTags ? line.size[i] : 0;
  }
}

TEST(MapTags, WordsAndVectorsSayWhatTheLineSays) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 500; ++round) {
    expect_what_the_line_says<WordTags>(random);
    expect_what_the_line_says<Tags>(random);
  }
}

}  // namespace
}  // namespace deltos::map
