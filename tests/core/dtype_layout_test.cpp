// Arithmetic on shapes, strides and suboffsets, and which requests a layout serves.
#include "dtype/layout.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "dtype/request.hpp"
#include "support/random_arrays.hpp"

namespace deltos::dtype {
namespace {

using test::Array;
using test::Numbers;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

Array c_order(Numbers shape, std::uint64_t item_bytes = 8) {
  Array array{shape, Numbers(shape.size()), {}, item_bytes};
  EXPECT_TRUE(fill_c_strides(shape, item_bytes, array.strides).ok());
  return array;
}

Array f_order(Numbers shape, std::uint64_t item_bytes = 8) {
  Array array{shape, Numbers(shape.size()), {}, item_bytes};
  EXPECT_TRUE(fill_f_strides(shape, item_bytes, array.strides).ok());
  return array;
}

TEST(Layout, CountsItemsAndBytes) {
  EXPECT_EQ(*item_count(Numbers{3, 4, 5}), 60u);
  EXPECT_EQ(*byte_count(Numbers{3, 4, 5}, 8), 480u);
  EXPECT_EQ(*item_count(Numbers{}), 1u);
  EXPECT_EQ(*byte_count(Numbers{}, 16), 16u);
  EXPECT_EQ(*byte_count(Numbers{3, 0, 5}, 8), 0u);
  EXPECT_EQ(*byte_count(Array{{2, 3}, {}, {}, 4}.layout()), 24u);
}

TEST(Layout, SizesBeyond2To63AreOutOfRange) {
  EXPECT_EQ(*byte_count(Numbers{kLargest}, 1), static_cast<std::uint64_t>(kLargest));
  EXPECT_EQ(byte_count(Numbers{kLargest}, 2).code(), Code::limit);
  EXPECT_EQ(byte_count(Numbers{kLargest, 2}, 1).code(), Code::limit);
  EXPECT_EQ(byte_count(Numbers{1LL << 32, 1LL << 32}, 1).code(), Code::limit);
  EXPECT_EQ(byte_count(Numbers{0, kLargest, kLargest}, 1).code(), Code::limit) << "its strides would not fit";
  EXPECT_EQ(byte_count(Numbers{1}, std::uint64_t{1} << 63).code(), Code::limit);
}

TEST(Layout, NonsenseIsInvalid) {
  EXPECT_EQ(check_layout(Array{{-1}, {}, {}, 8}.layout()).code(), Code::invalid);
  EXPECT_EQ(check_layout(Array{{1}, {}, {}, 0}.layout()).code(), Code::invalid);
  EXPECT_EQ(check_layout({nullptr, -1, nullptr, nullptr, nullptr, 8}).code(), Code::invalid);
  EXPECT_EQ(check_layout({nullptr, 65, nullptr, nullptr, nullptr, 8}).code(), Code::limit);
  EXPECT_EQ(check_layout({nullptr, 1, nullptr, nullptr, nullptr, 8}).code(), Code::invalid);
  EXPECT_EQ(item_count(Numbers(65, 1)).code(), Code::limit);
  EXPECT_TRUE(check_layout(Array{Numbers(64, 1), {}, {}, 8}.layout()).ok());
}

TEST(Layout, StridesBeyond2To63AreOutOfRange) {
  EXPECT_EQ(check_layout(Array{{3}, {kLargest}, {}, 8}.layout()).code(), Code::limit);
  EXPECT_EQ(check_layout(Array{{2}, {kLargest}, {}, 8}.layout()).code(), Code::limit) << "its last item does not fit";
  EXPECT_EQ(check_layout(Array{{2}, {std::numeric_limits<std::int64_t>::min()}, {}, 8}.layout()).code(), Code::limit);
  EXPECT_EQ(check_layout(Array{{2, 2}, {kLargest / 2, kLargest / 2 + 1}, {}, 8}.layout()).code(), Code::limit);
  EXPECT_TRUE(check_layout(Array{{1, 0}, {kLargest, kLargest}, {}, 8}.layout()).ok()) << "no item, no reach";
  EXPECT_EQ(check_layout(Array{{2, 3}, {8, kLargest}, {0, -1}, 8}.layout()).code(), Code::limit)
      << "behind a pointer too";
}

TEST(Layout, FilledStridesAreContiguous) {
  EXPECT_EQ(c_order({2, 3, 4}).strides, (Numbers{96, 32, 8}));
  EXPECT_EQ(f_order({2, 3, 4}).strides, (Numbers{8, 16, 48}));
  EXPECT_TRUE(is_c_contiguous(c_order({2, 3, 4}).layout()));
  EXPECT_FALSE(is_f_contiguous(c_order({2, 3, 4}).layout()));
  EXPECT_TRUE(is_f_contiguous(f_order({2, 3, 4}).layout()));
  EXPECT_FALSE(is_c_contiguous(f_order({2, 3, 4}).layout()));
}

TEST(Layout, OneDimensionalArraysAreContiguousBothWays) {
  EXPECT_TRUE(is_c_contiguous(c_order({7}).layout()));
  EXPECT_TRUE(is_f_contiguous(c_order({7}).layout()));
  EXPECT_TRUE(is_c_contiguous(c_order({}).layout()));
  EXPECT_TRUE(is_f_contiguous(c_order({}).layout()));
}

TEST(Layout, WithoutStridesItIsInCOrder) {
  EXPECT_TRUE(is_c_contiguous(Array{{2, 3}, {}, {}, 8}.layout()));
  EXPECT_FALSE(is_f_contiguous(Array{{2, 3}, {}, {}, 8}.layout()));
  EXPECT_TRUE(is_f_contiguous(Array{{1, 3}, {}, {}, 8}.layout()));
}

TEST(Layout, StridesOfLengthOneDoNotCount) {
  EXPECT_TRUE(is_c_contiguous(Array{{2, 1, 3}, {24, -999, 8}, {}, 8}.layout()));
  EXPECT_TRUE(is_c_contiguous(Array{{1}, {0}, {}, 8}.layout()));
}

TEST(Layout, EmptyArraysAreContiguous) {
  EXPECT_TRUE(is_c_contiguous(Array{{2, 0, 3}, {1, 2, 3}, {}, 8}.layout()));
  EXPECT_TRUE(is_f_contiguous(Array{{2, 0, 3}, {1, 2, 3}, {}, 8}.layout()));
}

TEST(Layout, GapsAndReversalAreNotContiguous) {
  EXPECT_FALSE(is_c_contiguous(Array{{4}, {16}, {}, 8}.layout()));
  EXPECT_FALSE(is_c_contiguous(Array{{4}, {-8}, {}, 8}.layout()));
  EXPECT_FALSE(is_c_contiguous(Array{{4}, {0}, {}, 8}.layout()));
  EXPECT_FALSE(is_c_contiguous(Array{{2, 3}, {32, 8}, {}, 8}.layout()));
}

TEST(Layout, IndirectArraysAreNeverContiguous) {
  EXPECT_FALSE(is_c_contiguous(Array{{2, 3}, {8, 8}, {0, -1}, 8}.layout()));
  EXPECT_TRUE(is_indirect(Array{{2, 3}, {8, 8}, {0, -1}, 8}.layout()));
  EXPECT_FALSE(is_indirect(Array{{2, 3}, {24, 8}, {-1, -1}, 8}.layout()));
  EXPECT_TRUE(is_c_contiguous(Array{{2, 3}, {24, 8}, {-1, -1}, 8}.layout()));
}

TEST(Layout, ReachIsThatOfEveryItem) {
  std::mt19937 random(4);
  for (int round = 0; round < 3000; ++round) {
    Array array;
    array.item_bytes = random() % 20 + 1;
    for (unsigned ndim = random() % 5; ndim > 0; --ndim) {
      array.shape.push_back(random() % 5);
      array.strides.push_back(static_cast<std::int64_t>(random() % 200) - 100);
    }
    const Layout layout = array.layout();
    std::int64_t low = 0, high = 0;
    if (!is_empty(layout)) {
      low = kLargest;
      high = -kLargest;
      for (std::uint64_t item = 0, count = *item_count(layout); item < count; ++item) {
        std::int64_t offset = 0;
        std::uint64_t rest = item;
        for (std::size_t i = array.shape.size(); i-- > 0; rest /= static_cast<std::uint64_t>(array.shape[i])) {
          offset += array.strides[i] * static_cast<std::int64_t>(rest % static_cast<std::uint64_t>(array.shape[i]));
        }
        low = std::min(low, offset);
        high = std::max(high, offset + static_cast<std::int64_t>(array.item_bytes));
      }
    }
    const Result<Reach> reach = reach_of(layout);
    ASSERT_TRUE(reach.ok());
    EXPECT_EQ(reach->low, low);
    EXPECT_EQ(reach->high, high);
  }
}

TEST(Layout, ReachOfIndirectArraysIsThatOfThePointers) {
  const Result<Reach> reach = reach_of(Array{{5, 100}, {8, 4}, {0, -1}, 4}.layout());
  EXPECT_EQ(reach->low, 0);
  EXPECT_EQ(reach->high, 40);
}

TEST(Layout, OverlapIsASharedByte) {
  std::byte memory[64];
  EXPECT_TRUE(overlaps(Bytes(memory, 10), Bytes(memory + 9, 10)));
  EXPECT_FALSE(overlaps(Bytes(memory, 10), Bytes(memory + 10, 10)));
  EXPECT_FALSE(overlaps(Bytes(memory + 5, std::size_t{0}), Bytes(memory, 10)));
  EXPECT_TRUE(overlaps(Bytes(memory, 64), Bytes(memory + 20, 1)));
}

TEST(Layout, LayoutsOverlapWhereTheirReachDoes) {
  std::byte memory[64];
  const Array forward{{4}, {8}, {}, 8, memory}, backward{{4}, {-8}, {}, 8, memory + 24},
      apart{{4}, {8}, {}, 8, memory + 32}, empty{{0}, {8}, {}, 8, memory};
  EXPECT_TRUE(may_overlap(forward.layout(), backward.layout()));
  EXPECT_FALSE(may_overlap(forward.layout(), apart.layout()));
  EXPECT_FALSE(may_overlap(forward.layout(), empty.layout()));
}

// What CPython's memoryview answers for each kind of memory and each request.
struct Expectation {
  std::int32_t flags;
  Code c_order, f_order, strided, indirect;
};

TEST(Request, EveryKindOfMemoryAnswersLikeMemoryview) {
  const Array c = c_order({2, 3}), f = f_order({2, 3}), strided{{2, 3}, {64, 16}, {}, 8},
              indirect{{2, 3}, {8, 8}, {0, -1}, 8};
  const Expectation expectations[] = {
      {kRequestSimple, Code::ok, Code::layout, Code::layout, Code::layout},
      {kRequestNd, Code::ok, Code::layout, Code::layout, Code::layout},
      {kRequestStrides, Code::ok, Code::ok, Code::ok, Code::layout},
      {kRequestC, Code::ok, Code::layout, Code::layout, Code::layout},
      {kRequestF, Code::layout, Code::ok, Code::layout, Code::layout},
      {kRequestAny, Code::ok, Code::ok, Code::layout, Code::layout},
      {kRequestIndirect, Code::ok, Code::ok, Code::ok, Code::ok},
      {kRequestFullReadOnly, Code::ok, Code::ok, Code::ok, Code::ok},
      {kRequestFull, Code::ok, Code::ok, Code::ok, Code::ok},
      {kRequestNd | kRequestFormat, Code::ok, Code::layout, Code::layout, Code::layout},
      {kRequestIndirect | kRequestC, Code::ok, Code::layout, Code::layout, Code::layout},
  };
  for (const Expectation &each : expectations) {
    EXPECT_EQ(serve_request(c.layout(), false, false, each.flags).code(), each.c_order) << each.flags;
    EXPECT_EQ(serve_request(f.layout(), false, false, each.flags).code(), each.f_order) << each.flags;
    EXPECT_EQ(serve_request(strided.layout(), false, false, each.flags).code(), each.strided) << each.flags;
    EXPECT_EQ(serve_request(indirect.layout(), false, false, each.flags).code(), each.indirect) << each.flags;
  }
}

TEST(Request, ReadOnlyMemoryIsNotServedForWriting) {
  const Array array = c_order({3});
  for (std::int32_t flags : {kRequestSimple, kRequestNd, kRequestC, kRequestFullReadOnly}) {
    EXPECT_TRUE(serve_request(array.layout(), true, true, flags).ok());
    const Result<Served> refused = serve_request(array.layout(), true, true, flags | kRequestWritable);
    ASSERT_EQ(refused.code(), Code::readonly);
    EXPECT_NE(refused.error().message.find("read-only"), std::string::npos);
  }
}

TEST(Request, FieldsAreFilledAsAsked) {
  const Array direct = c_order({2, 3}), indirect{{2, 3}, {8, 8}, {0, -1}, 8};
  const Served simple = *serve_request(direct.layout(), false, false, kRequestSimple);
  EXPECT_FALSE(simple.format || simple.shape || simple.strides || simple.suboffsets);
  const Served shaped = *serve_request(direct.layout(), false, false, kRequestNd | kRequestFormat);
  EXPECT_TRUE(shaped.format && shaped.shape);
  EXPECT_FALSE(shaped.strides || shaped.suboffsets);
  const Served full = *serve_request(direct.layout(), false, false, kRequestFull);
  EXPECT_TRUE(full.format && full.shape && full.strides);
  EXPECT_FALSE(full.suboffsets) << "there are none";
  EXPECT_TRUE(serve_request(indirect.layout(), false, false, kRequestFull)->suboffsets);
}

TEST(Request, FormatWithoutShapeIsForBytesOnly) {
  const Array array = c_order({3});
  EXPECT_EQ(serve_request(array.layout(), false, false, kRequestFormat).code(), Code::invalid);
  EXPECT_TRUE(serve_request(array.layout(), true, false, kRequestFormat).ok());
}

TEST(Request, UnknownFlagsAreRefused) {
  const Array array = c_order({3});
  for (std::int32_t flags : {0x2, 0x200, 1 << 30, -1}) {
    EXPECT_EQ(serve_request(array.layout(), true, false, flags).code(), Code::invalid) << flags;
  }
}

TEST(Request, MessagesUseTheWordsOfPython) {
  const Array f = f_order({2, 3}), strided{{4}, {16}, {}, 8}, indirect{{2, 3}, {8, 8}, {0, -1}, 8};
  const auto message = [](const Array &array, std::int32_t flags) {
    return serve_request(array.layout(), false, false, flags).error().message;
  };
  EXPECT_NE(message(f, kRequestC).find("not C-contiguous"), std::string::npos);
  EXPECT_NE(message(strided, kRequestF).find("not Fortran contiguous"), std::string::npos);
  EXPECT_NE(message(strided, kRequestAny).find("not contiguous"), std::string::npos);
  EXPECT_NE(message(indirect, kRequestStrides).find("requires suboffsets"), std::string::npos);
}

}  // namespace
}  // namespace deltos::dtype
