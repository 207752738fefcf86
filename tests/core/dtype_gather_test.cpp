// Picking rows, and filling from a source that gives bytes as it likes, against models that go item by item.
#include "dtype/gather.hpp"

#include <gtest/gtest.h>

#include "dtype/copy.hpp"
#include "support/random_arrays.hpp"

namespace deltos::dtype {
namespace {

using test::any_source;
using test::any_target;
using test::Array;
using test::Blob;
using test::bytes_of;
using test::numbered;
using test::Numbers;
using test::Random;

constexpr int kRounds = 2000;

// The bytes of the rows, one after another.
Blob rows_of(const Layout &source, const Numbers &rows) {
  const Blob all = bytes_of(source);
  const std::size_t row = source.shape[0] == 0 ? 0 : all.size() / static_cast<std::size_t>(source.shape[0]);
  Blob chosen;
  for (const std::int64_t each : rows) {
    const auto begin = all.begin() + each * static_cast<std::int64_t>(row);
    chosen.insert(chosen.end(), begin, begin + static_cast<std::int64_t>(row));
  }
  return chosen;
}

class GatherModel : public testing::TestWithParam<int> {
 protected:
  Numbers any_shape() {
    Numbers shape = random_.shape();
    if (shape.empty()) shape.push_back(random_.below(9));
    return shape;
  }
  Numbers any_rows(std::int64_t length) {
    Numbers rows(static_cast<std::size_t>(length == 0 ? 0 : random_.below(8)));
    for (std::int64_t &row : rows) row = random_.below(length);
    return rows;
  }
  Random random_{static_cast<std::uint32_t>(GetParam())};
};

TEST_P(GatherModel, RowsOfAnyLayoutGoToAnyLayout) {
  for (int round = 0; round < kRounds; ++round) {
    Numbers shape = any_shape();
    const std::uint64_t item_bytes = random_.item_bytes();
    const Array source = any_source(&random_, shape, item_bytes);
    const Numbers rows = any_rows(shape[0]);
    shape[0] = static_cast<std::int64_t>(rows.size());
    const Array target = any_target(&random_, shape, item_bytes);
    ASSERT_TRUE(gather(target.layout(), source.layout(), rows).ok());
    ASSERT_EQ(bytes_of(target.layout()), rows_of(source.layout(), rows));
  }
}

TEST_P(GatherModel, OverlappingMemoryIsReadBeforeItIsWritten) {
  for (int round = 0; round < kRounds; ++round) {
    Numbers shape = any_shape();
    const std::uint64_t item_bytes = random_.item_bytes();
    Array source = random_.direct(shape, item_bytes);
    const Numbers rows = any_rows(shape[0]);
    shape[0] = static_cast<std::int64_t>(rows.size());
    Array target = random_.direct(shape, item_bytes);
    const Reach from = *reach_of(source.layout()), to = *reach_of(target.layout());
    Blob memory = numbered(static_cast<std::size_t>(std::max(from.high - from.low, to.high - to.low)) + 16);
    source.data = memory.data() - from.low + random_.below(16);
    target.data = memory.data() - to.low + random_.below(16);
    const Blob expected = rows_of(source.layout(), rows);
    ASSERT_TRUE(gather(target.layout(), source.layout(), rows).ok());
    ASSERT_EQ(bytes_of(target.layout()), expected);
  }
}

TEST_P(GatherModel, ARowThatIsNotThereIsNamedBeforeAnythingIsWritten) {
  for (int round = 0; round < kRounds; ++round) {
    Numbers shape = any_shape();
    const Array source = any_source(&random_, shape, 2);
    Numbers rows = any_rows(shape[0]);
    rows.push_back(random_.one_in(2) ? shape[0] : -1);
    const std::string expected = "row number " + std::to_string(rows.size() - 1) + " is " + std::to_string(rows.back());
    shape[0] = static_cast<std::int64_t>(rows.size());
    const Array target = random_.direct(shape, 2);
    const Blob before = target.blocks[0];
    const Status status = gather(target.layout(), source.layout(), rows);
    ASSERT_EQ(status.code(), Code::range);
    ASSERT_NE(status.error().message.find(expected), std::string::npos) << status.error().message;
    ASSERT_EQ(target.blocks[0], before);
  }
}

TEST_P(GatherModel, BytesFromASourceGoToTheItemsInOrder) {
  for (int round = 0; round < kRounds; ++round) {
    const Array target = any_target(&random_, random_.shape(), random_.item_bytes());
    Blob expected = bytes_of(target.layout());
    const bool is_short = random_.one_in(2);
    const auto size = static_cast<std::size_t>(is_short ? random_.below(static_cast<std::int64_t>(expected.size()) + 1)
                                                        : static_cast<std::int64_t>(expected.size()));
    const Blob content = numbered(size, 5);
    std::copy(content.begin(), content.end(), expected.begin());
    std::size_t given = 0;
    bool is_ended = false;
    const Result<std::uint64_t> filled = fill_from(target.layout(), [&](MutableBytes to) -> std::uint64_t {
      EXPECT_FALSE(is_ended);
      EXPECT_LE(given + to.size(), expected.size());
      const std::size_t piece = std::min(to.size(), content.size() - given);
      std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(given), piece, to.begin());
      given += piece;
      is_ended = piece < to.size();
      return piece;
    });
    ASSERT_EQ(*filled, size);
    ASSERT_EQ(bytes_of(target.layout()), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, GatherModel, testing::Range(0, 3));

TEST(FillFrom, LongRowsAndManySmallItemsArriveWhole) {
  const struct {
    Numbers shape, strides;
  } cases[] = {{{700, 900}, {8, 5600}}, {{30, 70000}, {70007 * 8, 8}}, {{1000000}, {16}}, {{3, 200000}, {-1600008, 8}}};
  for (const auto &each : cases) {
    Layout target{nullptr, static_cast<int>(each.shape.size()), each.shape.data(), each.strides.data(), nullptr, 8};
    const Reach reach = *reach_of(target);
    Blob memory(static_cast<std::size_t>(reach.high - reach.low));
    target.data = memory.data() - reach.low;
    const Blob content = numbered(*byte_count(target) - 3);
    std::size_t given = 0;
    const Result<std::uint64_t> filled = fill_from(target, [&](MutableBytes to) -> std::uint64_t {
      const std::size_t piece = std::min(to.size(), content.size() - given);
      std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(given), piece, to.begin());
      given += piece;
      return piece;
    });
    EXPECT_EQ(*filled, content.size());
    const Blob arrived = bytes_of(target);
    EXPECT_TRUE(std::equal(content.begin(), content.end(), arrived.begin()));
  }
}

TEST(Gather, ShapesThatDoNotFitAreRefused) {
  std::byte memory[64] = {};
  const Numbers grid{2, 4}, other{2, 5}, strides{8, 2};
  const Numbers rows{0, 1};
  const Layout source{memory, 2, grid.data(), strides.data(), nullptr, 2};
  EXPECT_EQ(gather({memory, 2, other.data(), strides.data(), nullptr, 2}, source, rows).code(), Code::layout);
  EXPECT_EQ(gather({memory, 2, grid.data(), strides.data(), nullptr, 1}, source, rows).code(), Code::layout);
  EXPECT_EQ(gather({memory, 2, grid.data(), strides.data(), nullptr, 2}, source, Numbers{0}).code(), Code::layout);
}

}  // namespace
}  // namespace deltos::dtype
