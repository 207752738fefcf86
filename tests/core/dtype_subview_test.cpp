// Slices, transposes, reshapes and casts: every item of the result is the very item of the array that the model names.
#include "dtype/subview.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "support/random_arrays.hpp"

namespace deltos::dtype {
namespace {

using test::Array;
using test::bytes_of;
using test::item_at;
using test::items_of;
using test::Numbers;
using test::Random;

constexpr int kRounds = 1500;

Layout layout_of(const Part &part, std::uint64_t item_bytes) {
  return {part.data,
          static_cast<int>(part.shape.size()),
          part.shape.data(),
          part.strides.data(),
          part.suboffsets.empty() ? nullptr : part.suboffsets.data(),
          item_bytes};
}

std::int64_t product(const Numbers &shape) {
  std::int64_t count = 1;
  for (const std::int64_t length : shape) count *= length;
  return count;
}

class SubviewModel : public testing::TestWithParam<int> {
 protected:
  Array any_array() {
    const Numbers shape = random_.shape();
    const std::uint64_t item_bytes = random_.item_bytes();
    if (!shape.empty() && random_.one_in(3)) return random_.indirect(shape, item_bytes);
    return random_.direct(shape, item_bytes, random_.one_in(4));
  }

  Slice any_slice(std::int64_t length) {
    Slice slice;
    slice.start = random_.below(3 * length + 3) - length - 1;
    slice.stop = random_.below(3 * length + 3) - length - 1;
    slice.step = random_.below(7) - 3;
    if (slice.step == 0) slice.step = random_.one_in(2) ? std::numeric_limits<std::int64_t>::min() : 100;
    slice.has_start = !random_.one_in(3);
    slice.has_stop = !random_.one_in(3);
    if (length > 0 && random_.one_in(4)) {
      slice.is_index = true;
      slice.start = random_.below(2 * length) - length;
    }
    return slice;
  }

  Random random_{static_cast<std::uint32_t>(GetParam())};
};

// The indices a slice chooses, said in another way than the code does.
Numbers chosen(const Slice &slice, std::int64_t length) {
  const auto from_end = [&](std::int64_t index) { return index < 0 ? index + length : index; };
  if (slice.is_index) return {from_end(slice.start)};
  Numbers indices;
  if (slice.step > 0) {
    const std::int64_t start = slice.has_start ? std::max<std::int64_t>(from_end(slice.start), 0) : 0;
    for (std::int64_t i = start; i < length && (!slice.has_stop || i < from_end(slice.stop)); i += slice.step) {
      indices.push_back(i);
    }
    return indices;
  }
  std::int64_t i = slice.has_start ? std::min(from_end(slice.start), length - 1) : length - 1;
  while (i >= 0 && (!slice.has_stop || i > from_end(slice.stop))) {
    indices.push_back(i);
    if (slice.step < -length) break;
    i += slice.step;
  }
  return indices;
}

TEST_P(SubviewModel, SlicesChooseWhatPythonChooses) {
  int refused = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Array array = any_array();
    const auto ndim = static_cast<std::int64_t>(array.shape.size());
    std::vector<Slice> slices(static_cast<std::size_t>(random_.below(ndim + 1)));
    std::vector<Numbers> indices;
    Numbers expected_shape;
    for (std::size_t i = 0; i < array.shape.size(); ++i) {
      if (i < slices.size()) slices[i] = any_slice(array.shape[i]);
      Slice whole;
      whole.has_start = whole.has_stop = false;
      const Slice &slice = i < slices.size() ? slices[i] : whole;
      indices.push_back(chosen(slice, array.shape[i]));
      if (!slice.is_index) expected_shape.push_back(static_cast<std::int64_t>(indices.back().size()));
    }
    const Result<Part> part = slice(array.layout(), slices);
    if (!part.ok()) {
      ASSERT_EQ(part.code(), Code::layout);
      ASSERT_TRUE(is_indirect(array.layout()));
      ++refused;
      continue;
    }
    ASSERT_EQ(part->shape, expected_shape);
    ASSERT_TRUE(check_layout(layout_of(*part, array.item_bytes)).ok());
    if (is_empty(array.layout())) continue;
    std::vector<std::byte *> expected;
    Numbers lengths;
    for (const Numbers &each : indices) lengths.push_back(static_cast<std::int64_t>(each.size()));
    Array positions{lengths, Numbers(lengths.size(), 0), {}, 1, nullptr, {}};
    if (product(lengths) > 0) {
      Numbers at(lengths.size(), 0);
      for (;;) {
        Numbers index(at.size());
        for (std::size_t i = 0; i < at.size(); ++i) index[i] = indices[i][static_cast<std::size_t>(at[i])];
        expected.push_back(item_at(array.layout(), index));
        std::size_t dimension = at.size();
        while (dimension > 0 && ++at[dimension - 1] == lengths[dimension - 1]) at[--dimension] = 0;
        if (dimension == 0) break;
      }
    }
    ASSERT_EQ(items_of(layout_of(*part, array.item_bytes)), expected);
  }
  EXPECT_LT(refused, kRounds / 10);
}

TEST_P(SubviewModel, SlicesOfSlicesAreSlices) {
  for (int round = 0; round < kRounds; ++round) {
    const Array array = any_array();
    if (array.shape.empty()) continue;
    Slice backwards;
    backwards.has_start = backwards.has_stop = false;
    backwards.step = -1;
    const std::vector<Slice> reversed(array.shape.size(), backwards);
    const Result<Part> there = slice(array.layout(), reversed);
    if (!there.ok()) continue;
    const Result<Part> back = slice(layout_of(*there, array.item_bytes), reversed);
    ASSERT_TRUE(back.ok());
    ASSERT_EQ(items_of(layout_of(*back, array.item_bytes)), items_of(array.layout()));
  }
}

TEST_P(SubviewModel, WindowsOfAnyLengthMakeUpTheWhole) {
  for (int round = 0; round < kRounds; ++round) {
    const Array array = any_array();
    if (array.shape.empty()) continue;
    const std::int64_t length = random_.below(3) + 1;
    std::vector<std::byte *> items;
    bool is_refused = false;
    for (std::int64_t offset = 0; offset < array.shape[0]; offset += length) {
      const Result<Part> part = window(array.layout(), offset, length);
      is_refused = is_refused || !part.ok();
      if (!part.ok()) continue;
      ASSERT_EQ(part->shape[0], std::min(length, array.shape[0] - offset));
      const std::vector<std::byte *> more = items_of(layout_of(*part, array.item_bytes));
      items.insert(items.end(), more.begin(), more.end());
    }
    ASSERT_FALSE(is_refused);
    ASSERT_EQ(items, items_of(array.layout()));
  }
}

TEST_P(SubviewModel, TransposingPermutesTheIndices) {
  std::mt19937 engine(static_cast<std::uint32_t>(GetParam()));
  for (int round = 0; round < kRounds; ++round) {
    const Array array = any_array();
    std::vector<std::int32_t> axes(array.shape.size());
    std::iota(axes.begin(), axes.end(), 0);
    std::shuffle(axes.begin(), axes.end(), engine);
    const Result<Part> part = transpose(array.layout(), axes);
    if (!part.ok()) {
      ASSERT_EQ(part.code(), Code::layout);
      ASSERT_TRUE(is_indirect(array.layout()));
      continue;
    }
    if (is_empty(array.layout())) continue;
    const Layout transposed = layout_of(*part, array.item_bytes);
    for (int probe = 0; probe < 5; ++probe) {
      Numbers there(axes.size()), here(axes.size());
      for (std::size_t i = 0; i < axes.size(); ++i) {
        const auto axis = static_cast<std::size_t>(axes[i]);
        ASSERT_EQ(part->shape[i], array.shape[axis]);
        there[i] = here[axis] = random_.below(array.shape[axis]);
      }
      ASSERT_EQ(item_at(transposed, there), item_at(array.layout(), here));
    }
  }
}

// Whether the items of a direct array, in C order, can be described by strides under a shape.
bool is_describable(const std::vector<std::byte *> &items, const Numbers &shape) {
  Numbers strides(shape.size(), 0);
  std::int64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0; step *= shape[i]) {
    if (shape[i] > 1) strides[i] = items[static_cast<std::size_t>(step)] - items[0];
  }
  return items_of({items[0], static_cast<int>(shape.size()), shape.data(), strides.data(), nullptr, 1}) == items;
}

TEST_P(SubviewModel, ReshapingKeepsTheOrderOfItemsAndRefusesOnlyWhatItMust) {
  int refused = 0, done = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Array array = any_array();
    // The lengths cut into factors and put together anew.
    Numbers factors, wanted;
    for (const std::int64_t length : array.shape) {
      factors.push_back(length % 2 == 0 && length > 0 ? 2 : length);
      if (length % 2 == 0 && length > 0) factors.push_back(length / 2);
    }
    for (const std::int64_t factor : factors) {
      if (wanted.empty() || random_.one_in(2)) {
        wanted.push_back(factor);
      } else {
        wanted.back() *= factor;
      }
      if (random_.one_in(6)) wanted.push_back(1);
    }
    Numbers asked = wanted;
    const bool is_open = !asked.empty() && product(asked) > 0 && random_.one_in(3);
    if (is_open) asked[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(asked.size())))] = -1;
    const Result<Part> part = reshape(array.layout(), asked);
    const std::vector<std::byte *> items = items_of(array.layout());
    if (!part.ok()) {
      ASSERT_EQ(part.code(), Code::layout) << part.error().message;
      ASSERT_FALSE(is_c_contiguous(array.layout()));
      ASSERT_TRUE(is_indirect(array.layout()) || !is_describable(items, wanted));
      ++refused;
      continue;
    }
    ++done;
    ASSERT_EQ(part->shape, wanted);
    ASSERT_EQ(items_of(layout_of(*part, array.item_bytes)), items);
  }
  EXPECT_GT(refused, kRounds / 20);
  EXPECT_GT(done, kRounds / 4);
}

TEST_P(SubviewModel, OtherItemSizesCoverTheSameBytes) {
  int done = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Array array = any_array();
    const std::uint64_t size = random_.item_bytes();
    const Result<Part> part = resize_items(array.layout(), size);
    if (!part.ok()) {
      ASSERT_TRUE(part.code() == Code::layout || part.code() == Code::type);
      continue;
    }
    ++done;
    ASSERT_EQ(bytes_of(layout_of(*part, size)), bytes_of(array.layout()));
  }
  EXPECT_GT(done, kRounds / 10);
}

TEST_P(SubviewModel, AnItemIsFoundUnderItsIndex) {
  for (int round = 0; round < kRounds; ++round) {
    const Array array = any_array();
    if (is_empty(array.layout())) continue;
    Numbers index(array.shape.size());
    for (std::size_t i = 0; i < index.size(); ++i) index[i] = random_.below(array.shape[i]);
    ASSERT_EQ(*item_address(array.layout(), index.data()), item_at(array.layout(), index));
    if (index.empty()) continue;
    const auto dimension = static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(index.size())));
    index[dimension] = random_.one_in(2) ? -1 : array.shape[dimension];
    ASSERT_EQ(item_address(array.layout(), index.data()).code(), Code::range);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SubviewModel, testing::Range(0, 3));

// A grid of 3 rows of 4 items of 2 bytes, and the same by way of pointers.
class Grid : public testing::Test {
 protected:
  std::uint16_t items_[3][4] = {};
  std::byte *data_ = reinterpret_cast<std::byte *>(items_);
  std::byte *rows_[3] = {data_, data_ + 8, data_ + 16};
  const Numbers shape_{3, 4}, strides_{8, 2}, row_strides_{8, 2}, suboffsets_{0, -1};
  Layout grid_{data_, 2, shape_.data(), strides_.data(), nullptr, 2};
  Layout table_{reinterpret_cast<std::byte *>(rows_), 2, shape_.data(), row_strides_.data(), suboffsets_.data(), 2};
};

TEST_F(Grid, IndexOutsideNamesIndexDimensionAndLength) {
  Slice index;
  index.is_index = true;
  index.start = 3;
  const Result<Part> part = slice(grid_, {&index, 1});
  EXPECT_EQ(part.code(), Code::range);
  EXPECT_EQ(part.error().message, "index 3 is outside dimension 0, which has 3 elements");
  index.start = -4;
  EXPECT_EQ(slice(grid_, {&index, 1}).code(), Code::range);
}

TEST_F(Grid, MoreSlicesThanDimensionsAndStepsOfZeroAreRefused) {
  std::vector<Slice> slices(3);
  EXPECT_EQ(slice(grid_, slices).code(), Code::range);
  slices.resize(1);
  slices[0].step = 0;
  EXPECT_EQ(slice(grid_, slices).code(), Code::invalid);
}

TEST_F(Grid, ColumnsOfPointersStayReachable) {
  Slice slices[2];
  slices[0].has_start = slices[0].has_stop = false;
  slices[1].is_index = true;
  slices[1].start = 2;
  const Result<Part> column = slice(table_, slices);
  ASSERT_TRUE(column.ok());
  EXPECT_EQ(column->shape, Numbers{3});
  EXPECT_EQ(column->suboffsets, Numbers{4});
  EXPECT_EQ(items_of(layout_of(*column, 2)), (std::vector<std::byte *>{data_ + 4, data_ + 12, data_ + 20}));
}

TEST_F(Grid, PointersDoNotChangePlaces) {
  const std::vector<std::int32_t> axes{1, 0};
  EXPECT_EQ(transpose(table_, axes).code(), Code::layout);
  EXPECT_TRUE(transpose(grid_, axes).ok());
}

TEST_F(Grid, AxesAreAPermutation) {
  EXPECT_EQ(transpose(grid_, std::vector<std::int32_t>{0, 0}).code(), Code::invalid);
  EXPECT_EQ(transpose(grid_, std::vector<std::int32_t>{0, 2}).code(), Code::range);
  EXPECT_EQ(transpose(grid_, std::vector<std::int32_t>{-1, 0}).code(), Code::range);
}

TEST_F(Grid, ShapesMustHaveAsManyItems) {
  EXPECT_EQ(reshape(grid_, Numbers{5}).code(), Code::type);
  EXPECT_EQ(reshape(grid_, Numbers{5, -1}).code(), Code::type);
  EXPECT_EQ(reshape(grid_, Numbers{0, -1}).code(), Code::type);
  EXPECT_EQ(reshape(grid_, Numbers{-1, -1}).code(), Code::invalid);
  EXPECT_EQ(reshape(grid_, Numbers{-2, -6}).code(), Code::invalid);
  EXPECT_EQ(reshape(grid_, Numbers(65, 1)).code(), Code::limit);
  EXPECT_EQ(reshape(grid_, Numbers{std::int64_t{1} << 62, 4, 12}).code(), Code::type);
  EXPECT_EQ(reshape(grid_, Numbers{2, -1, 3})->shape, (Numbers{2, 2, 3}));
}

TEST_F(Grid, PointersStayAtTheEndOfTheirDimensions) {
  const Result<Part> split = reshape(table_, Numbers{3, 2, 2});
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->suboffsets, (Numbers{0, -1, -1}));
  EXPECT_EQ(reshape(table_, Numbers{12}).code(), Code::layout);
}

TEST_F(Grid, ItemsChangeTheirSizeWhereTheyArePacked) {
  EXPECT_EQ(resize_items(grid_, 8)->shape, (Numbers{3, 1}));
  EXPECT_EQ(resize_items(grid_, 1)->shape, (Numbers{3, 8}));
  EXPECT_EQ(resize_items(grid_, 3).code(), Code::type);
  EXPECT_EQ(resize_items(table_, 4)->suboffsets, suboffsets_);
  const Part across = *transpose(grid_, std::vector<std::int32_t>{1, 0});
  EXPECT_EQ(resize_items(layout_of(across, 2), 1).code(), Code::layout);
  EXPECT_EQ(resize_items(layout_of(across, 2), 2)->shape, across.shape);
  EXPECT_EQ(resize_items({data_, 0, nullptr, nullptr, nullptr, 2}, 1).code(), Code::type);
}

TEST_F(Grid, WindowsBeginInTheArray) {
  EXPECT_EQ(window(grid_, 3, 5)->shape, (Numbers{0, 4}));
  EXPECT_EQ(window(grid_, 4, 1).code(), Code::range);
  EXPECT_EQ(window(grid_, -1, 1).code(), Code::range);
  EXPECT_EQ(window(grid_, 0, -1).code(), Code::range);
  EXPECT_EQ(window({data_, 0, nullptr, nullptr, nullptr, 2}, 0, 1).code(), Code::type);
}

}  // namespace
}  // namespace deltos::dtype
