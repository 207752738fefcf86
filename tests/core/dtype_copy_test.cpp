// Copying, filling and comparing arrays of any layout, against a model that visits item by item.
#include "dtype/copy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/random_arrays.hpp"

namespace deltos::dtype {
namespace {

using test::any_source;
using test::any_target;
using test::Array;
using test::Blob;
using test::bytes_of;
using test::items_of;
using test::numbered;
using test::Numbers;
using test::Random;

Blob copied_out(const Layout &layout) {
  Blob bytes(*byte_count(layout));
  EXPECT_TRUE(copy_out(layout, bytes).ok());
  return bytes;
}

// What the walk hands on, and that no piece is empty or too long.
Blob walked(const Layout &layout) {
  Blob bytes;
  const Status status = for_each_run(layout, [&](Bytes piece) -> Status {
    EXPECT_FALSE(piece.empty());
    EXPECT_LE(piece.size(), kPieceBytes);
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return {};
  });
  EXPECT_TRUE(status.ok());
  return bytes;
}

class CopyModel : public testing::TestWithParam<int> {};
constexpr int kRounds = 1500;

TEST_P(CopyModel, OutOfAnyLayout) {
  Random random(static_cast<std::uint32_t>(GetParam()));
  for (int round = 0; round < kRounds; ++round) {
    const Array source = any_source(&random, random.shape(), random.item_bytes());
    const Blob expected = bytes_of(source.layout());
    ASSERT_EQ(copied_out(source.layout()), expected);
    ASSERT_EQ(walked(source.layout()), expected);
  }
}

TEST_P(CopyModel, IntoAnyLayout) {
  Random random(static_cast<std::uint32_t>(GetParam()) + 1000);
  for (int round = 0; round < kRounds; ++round) {
    const Array target = any_target(&random, random.shape(), random.item_bytes());
    const Blob content = numbered(*byte_count(target.layout()));
    ASSERT_TRUE(copy_in(target.layout(), content).ok());
    ASSERT_EQ(bytes_of(target.layout()), content);
  }
}

TEST_P(CopyModel, BetweenAnyTwoLayouts) {
  Random random(static_cast<std::uint32_t>(GetParam()) + 2000);
  for (int round = 0; round < kRounds; ++round) {
    const Numbers shape = random.shape();
    const std::uint64_t item_bytes = random.item_bytes();
    const Array source = any_source(&random, shape, item_bytes), target = any_target(&random, shape, item_bytes);
    const Blob expected = bytes_of(source.layout());
    ASSERT_TRUE(copy(target.layout(), source.layout()).ok());
    ASSERT_EQ(bytes_of(target.layout()), expected);
    ASSERT_TRUE(*equal_bytes(target.layout(), source.layout()));
  }
}

TEST_P(CopyModel, BetweenLayoutsThatOverlap) {
  Random random(static_cast<std::uint32_t>(GetParam()) + 3000);
  int overlapping = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Numbers shape = random.shape();
    const std::uint64_t item_bytes = random.item_bytes();
    Array source = random.direct(shape, item_bytes, random.one_in(3)), target = random.direct(shape, item_bytes);
    const Reach from = *reach_of(source.layout()), to = *reach_of(target.layout());
    const std::int64_t room = std::max<std::int64_t>(from.high - from.low, to.high - to.low) + 16;
    Blob memory = numbered(static_cast<std::size_t>(room));
    source.data = memory.data() - from.low + random.below(16);
    target.data = memory.data() - to.low + random.below(16);
    overlapping += may_overlap(source.layout(), target.layout()) ? 1 : 0;
    const Blob expected = bytes_of(source.layout());
    ASSERT_TRUE(copy(target.layout(), source.layout()).ok());
    ASSERT_EQ(bytes_of(target.layout()), expected);
  }
  EXPECT_GT(overlapping, kRounds / 2);
}

TEST_P(CopyModel, NothingBesideTheItemsIsWritten) {
  Random random(static_cast<std::uint32_t>(GetParam()) + 4000);
  for (int round = 0; round < kRounds; ++round) {
    Array target = random.direct(random.shape(), random.item_bytes());
    const Blob before = target.blocks[0], content = numbered(*byte_count(target.layout()));
    const Blob kept = bytes_of(target.layout());
    ASSERT_TRUE(copy_in(target.layout(), content).ok());
    ASSERT_TRUE(copy_in(target.layout(), kept).ok());
    ASSERT_EQ(target.blocks[0], before);
  }
}

TEST_P(CopyModel, FillingAnyLayout) {
  Random random(static_cast<std::uint32_t>(GetParam()) + 5000);
  for (int round = 0; round < kRounds; ++round) {
    const Array target = any_target(&random, random.shape(), random.item_bytes());
    const Blob item = random.one_in(3) ? Blob(target.item_bytes, std::byte{7}) : numbered(target.item_bytes);
    ASSERT_TRUE(fill(target.layout(), item).ok());
    for (const std::byte *each : items_of(target.layout())) ASSERT_TRUE(std::equal(item.begin(), item.end(), each));
  }
}

TEST_P(CopyModel, OneDifferingByteIsNoticed) {
  Random random(static_cast<std::uint32_t>(GetParam()) + 6000);
  for (int round = 0; round < kRounds; ++round) {
    const Numbers shape = random.shape();
    const std::uint64_t item_bytes = random.item_bytes();
    const Array a = any_target(&random, shape, item_bytes), b = any_target(&random, shape, item_bytes);
    ASSERT_TRUE(copy(a.layout(), b.layout()).ok());
    const std::vector<std::byte *> items = items_of(b.layout());
    if (items.empty()) continue;
    items[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(items.size())))]
         [random.below(static_cast<std::int64_t>(item_bytes))] ^= std::byte{1};
    ASSERT_FALSE(*equal_bytes(a.layout(), b.layout()));
  }
}

// Large enough for the tiles of the copy across, and for what is left beside them.
TEST_P(CopyModel, BetweenOppositeOrdersOfAnySizeWithGaps) {
  Random random(static_cast<std::uint32_t>(GetParam()) + 7000);
  constexpr std::int64_t kLongest = 200, kPlane = kLongest * (kLongest + 2);
  const Blob content = numbered(2 * kPlane * 33);
  Blob copied(content.size());
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t item_bytes = random.item_bytes();
    const auto item = static_cast<std::int64_t>(item_bytes);
    Numbers shape{random.below(kLongest) + 1, random.below(kLongest) + 1};
    Numbers rows{(shape[1] + random.below(3)) * item, item}, columns{item, (shape[0] + random.below(3)) * item};
    if (random.one_in(4)) {  // a dimension of whole planes somewhere among the two
      const std::int64_t place = random.below(3);
      shape.insert(shape.begin() + place, 2);
      rows.insert(rows.begin() + place, kPlane * item);
      columns.insert(columns.begin() + place, kPlane * item);
    }
    const auto layout = [&](const Blob &memory, const Numbers &strides) -> Layout {
      return {const_cast<std::byte *>(memory.data()),
              static_cast<int>(shape.size()),
              shape.data(),
              strides.data(),
              nullptr,
              item_bytes};
    };
    const bool is_turned = random.one_in(2);
    const Layout source = layout(content, is_turned ? rows : columns);
    const Layout target = layout(copied, is_turned ? columns : rows);
    ASSERT_TRUE(copy(target, source).ok());
    ASSERT_TRUE(bytes_of(target) == bytes_of(source)) << item_bytes << " " << shape[0] << " " << shape[1];
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CopyModel, testing::Range(0, 4));

// A strided array whose rows or items are larger than the walk gathers.
struct Large {
  Numbers shape, strides;
  std::uint64_t item_bytes;
};

class LargeCopy : public testing::TestWithParam<Large> {};

TEST_P(LargeCopy, IsWalkedAndCopiedWhole) {
  const Large &large = GetParam();
  Array array{large.shape, large.strides, {}, large.item_bytes, nullptr, {}};
  const Reach reach = *reach_of(array.layout());
  Blob memory = numbered(static_cast<std::size_t>(reach.high - reach.low));
  array.data = memory.data() - reach.low;
  const Blob expected = bytes_of(array.layout());
  EXPECT_TRUE(walked(array.layout()) == expected);
  EXPECT_TRUE(copied_out(array.layout()) == expected);
  Blob restored(memory.size());
  Array target = array;
  target.data = restored.data() - reach.low;
  ASSERT_TRUE(copy_in(target.layout(), expected).ok());
  EXPECT_TRUE(*equal_bytes(array.layout(), target.layout()));
}

INSTANTIATE_TEST_SUITE_P(Shapes, LargeCopy,
                         testing::Values(Large{{700, 900}, {8, 5600}, 8},             // Fortran order
                                         Large{{700, 900}, {-7200, 16}, 8},           // reversed rows with gaps
                                         Large{{30, 70, 300}, {8, 240, 16800}, 8},    // Fortran order in 3-d
                                         Large{{300, 5000}, {5003, 1}, 1},            // short packed rows
                                         Large{{20, 70000}, {70007, 1}, 1},           // packed rows handed on
                                         Large{{1000000}, {2}, 1},                    // every other byte
                                         Large{{3, 2}, {5000000, 2300000}, 2200000},  // items beyond the buffer
                                         Large{{5, 3}, {200, 70000}, 100},            // few items far apart
                                         Large{{40, 40, 40}, {4, 6400, 160}, 4},      // mixed order
                                         Large{{2000000}, {0}, 3},                    // one item repeated
                                         Large{{1250000}, {16}, 16}));                // longer than a piece

TEST(Copy, PackedMemoryIsHandedOnWhereItLies) {
  const Blob memory = numbered(3 * kPieceBytes + 5);
  const Numbers shape{static_cast<std::int64_t>(memory.size())};
  std::size_t at = 0;
  const Layout layout{const_cast<std::byte *>(memory.data()), 1, shape.data(), nullptr, nullptr, 1};
  ASSERT_TRUE(for_each_run(layout, [&](Bytes piece) -> Status {
                EXPECT_EQ(piece.data(), memory.data() + at);
                at += piece.size();
                return {};
              }).ok());
  EXPECT_EQ(at, memory.size());
}

TEST(Copy, SmallItemsAreGatheredIntoLongPieces) {
  Blob memory = numbered(8 * kGatherBytes);
  const Numbers shape{static_cast<std::int64_t>(kGatherBytes), 2}, strides{8, 4};
  std::size_t pieces = 0, shortest = memory.size();
  ASSERT_TRUE(for_each_run({memory.data(), 2, shape.data(), strides.data(), nullptr, 2}, [&](Bytes piece) -> Status {
                shortest = std::min(shortest, piece.size());
                ++pieces;
                return {};
              }).ok());
  EXPECT_EQ(pieces, 4u);
  EXPECT_EQ(shortest, kGatherBytes);
}

TEST(Copy, AFailingSinkEndsTheWalk) {
  Blob memory = numbered(40000000);
  const Numbers shape{4000, 5000}, strides{2, 8000};
  for (const std::int64_t *each : {strides.data(), static_cast<const std::int64_t *>(nullptr)}) {
    int calls = 0;
    const Layout layout{memory.data(), 2, shape.data(), each, nullptr, 2};
    const Status status = for_each_run(layout, [&](Bytes) -> Status {
      if (++calls == 2) return fail(Code::no_space, "full");
      return {};
    });
    EXPECT_EQ(status.code(), Code::no_space);
    EXPECT_EQ(calls, 2);
  }
}

TEST(Copy, AnItemWithoutDimensionsIsOneItem) {
  Blob memory = numbered(16), target(16);
  const Layout layout{memory.data(), 0, nullptr, nullptr, nullptr, 16};
  ASSERT_TRUE(copy_out(layout, target).ok());
  EXPECT_EQ(target, memory);
  EXPECT_EQ(walked(layout), memory);
  EXPECT_TRUE(*equal_bytes(layout, Layout{target.data(), 0, nullptr, nullptr, nullptr, 16}));
}

TEST(Copy, EmptyArraysTouchNothing) {
  const Numbers shape{3, 0};
  const Layout layout{nullptr, 2, shape.data(), nullptr, nullptr, 8};
  EXPECT_TRUE(copy_out(layout, {}).ok());
  EXPECT_TRUE(copy_in(layout, {}).ok());
  EXPECT_TRUE(copy(layout, layout).ok());
  EXPECT_TRUE(fill(layout, numbered(8)).ok());
  EXPECT_TRUE(walked(layout).empty());
  EXPECT_TRUE(*equal_bytes(layout, layout));
}

TEST(Copy, LengthsMustAgree) {
  Blob memory = numbered(24), other(25);
  const Numbers shape{3}, longer{4};
  const Layout layout{memory.data(), 1, shape.data(), nullptr, nullptr, 8};
  EXPECT_EQ(copy_out(layout, other).code(), Code::layout);
  EXPECT_EQ(copy_in(layout, other).code(), Code::layout);
  EXPECT_EQ(fill(layout, other).code(), Code::layout);
  const Layout wider{memory.data(), 1, longer.data(), nullptr, nullptr, 6};
  EXPECT_EQ(copy(layout, wider).code(), Code::layout);
  EXPECT_FALSE(*equal_bytes(layout, wider));
}

TEST(Copy, LayoutsAreCheckedBeforeAnItemIsTouched) {
  const Numbers negative{-1}, huge{std::int64_t{1} << 62};
  EXPECT_EQ(copy_out({nullptr, 1, negative.data(), nullptr, nullptr, 8}, {}).code(), Code::invalid);
  EXPECT_EQ(copy_out({nullptr, 1, huge.data(), nullptr, nullptr, 8}, {}).code(), Code::limit);
  EXPECT_EQ(for_each_run({nullptr, 65, nullptr, nullptr, nullptr, 8}, [](Bytes) { return Status(); }).code(),
            Code::limit);
  EXPECT_EQ(fill({nullptr, 1, huge.data(), nullptr, nullptr, 8}, numbered(8)).code(), Code::limit);
}

TEST(Copy, AnArrayReversesOntoItself) {
  Blob memory = numbered(4096);
  Blob expected(memory.rbegin(), memory.rend());
  const Numbers shape{4096}, forward{1}, backward{-1};
  ASSERT_TRUE(copy({memory.data(), 1, shape.data(), forward.data(), nullptr, 1},
                   {memory.data() + 4095, 1, shape.data(), backward.data(), nullptr, 1})
                  .ok());
  EXPECT_EQ(memory, expected);
}

TEST(Fill, TheItemMayLieInTheTarget) {
  Blob memory = numbered(8 * 1000);
  const Blob item(memory.begin() + 803, memory.begin() + 811);
  const Numbers shape{1000};
  ASSERT_TRUE(fill({memory.data(), 1, shape.data(), nullptr, nullptr, 8}, Bytes(memory.data() + 803, 8)).ok());
  for (std::size_t i = 0; i < 1000; ++i) ASSERT_TRUE(std::equal(item.begin(), item.end(), memory.begin() + 8 * i));
}

TEST(Fill, PatternsOfAnyLengthFillLongMemory) {
  for (const std::size_t item_bytes : {1, 3, 8, 24, 1000, 5000}) {
    const Numbers shape{2000};
    Blob memory(item_bytes * 2000);
    const Blob item = numbered(item_bytes);
    ASSERT_TRUE(fill({memory.data(), 1, shape.data(), nullptr, nullptr, item_bytes}, item).ok());
    for (std::size_t i = 0; i < memory.size(); ++i) ASSERT_EQ(memory[i], item[i % item_bytes]) << item_bytes;
  }
}

}  // namespace
}  // namespace deltos::dtype
