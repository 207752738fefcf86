// Sub-views: slices, windows, chunks, transposes, reshapes and casts of views and typed views.
#include <algorithm>
#include <numeric>
#include <random>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Request;
using deltos::Slice;
using deltos::Status;

namespace {

// 3 x 4 int32, 0 to 11, as a view of its own.
class Subview : public testing::Test {
 protected:
  Subview() : values_(12) {
    std::iota(values_.begin(), values_.end(), 0);
    view_ = deltos::View::wrap({values_.data(), {3, 4}});
  }

  static std::vector<int> elements(const deltos::View &view) {
    std::vector<int> copied(static_cast<std::size_t>(view.nbytes() / sizeof(int)));
    copy({copied.data(), deltos::Shape(view.shape().begin(), view.shape().end())}, view);
    return copied;
  }
  static deltos::Shape shape(const deltos::View &view) { return {view.shape().begin(), view.shape().end()}; }

  std::vector<int> values_;
  deltos::View view_;
};

TEST_F(Subview, slices_are_written_as_limits_and_indices) {
  EXPECT_EQ(elements(view_.slice({1})), (std::vector<int>{4, 5, 6, 7}));
  EXPECT_EQ(elements(view_.slice({-1, 0})), (std::vector<int>{8}));
  EXPECT_EQ(elements(view_.slice({0, 3})), (std::vector<int>{3}));
  EXPECT_EQ(elements(view_.slice({{1, 3}, {0, 4, 3}})), (std::vector<int>{4, 7, 8, 11}));
  EXPECT_EQ(elements(view_.slice({{}, 2})), (std::vector<int>{2, 6, 10}));
  EXPECT_EQ(elements(view_.slice({{{}, {}, -2}, {1, {}}})), (std::vector<int>{9, 10, 11, 1, 2, 3}));
  EXPECT_EQ(elements(view_.slice({{-100, 100}})), values_);
  EXPECT_EQ(shape(view_.slice({{3, 1}})), (deltos::Shape{0, 4}));
  const std::vector<Slice> run_time{Slice(2), Slice(1, 2)};
  EXPECT_EQ(elements(view_.slice(run_time)), (std::vector<int>{9}));
  EXPECT_EQ(view_.try_slice({3}).status(), Status::range);
  EXPECT_EQ(view_.try_slice({{}, {}, {}}).status(), Status::range);
  EXPECT_EQ(view_.try_slice({{0, 3, 0}}).status(), Status::invalid);
  EXPECT_EQ(status_of([&] { static_cast<void>(view_.slice({3})); }), Status::range);
}

TEST_F(Subview, random_slices_are_what_indexing_one_by_one_gives) {
  std::mt19937 random(7);
  std::uniform_int_distribution<std::int64_t> limit(-6, 6), stride(1, 3);
  for (int round = 0; round < 500; ++round) {
    Slice::Limit start, stop;
    if (random() % 4 != 0) start = limit(random);
    if (random() % 4 != 0) stop = limit(random);
    const std::int64_t step = random() % 2 == 0 ? stride(random) : -stride(random);
    const std::int64_t length = 4, lowest = step > 0 ? 0 : -1, highest = step > 0 ? length : length - 1;
    const auto settled = [&](Slice::Limit given, std::int64_t otherwise) {
      if (!given) return otherwise;
      return std::min(std::max(*given < 0 ? *given + length : *given, lowest), highest);
    };
    std::vector<int> expected;
    const std::int64_t end = settled(stop, step > 0 ? length : -1);
    for (std::int64_t k = settled(start, step > 0 ? 0 : length - 1); step > 0 ? k < end : k > end; k += step) {
      expected.push_back(static_cast<int>(4 + k));
    }
    EXPECT_EQ(elements(view_.slice({1, {start, stop, step}})), expected) << "round " << round;
  }
}

TEST_F(Subview, chunks_walk_along_the_first_dimension) {
  std::vector<std::size_t> sizes;
  std::vector<int> seen;
  for (const deltos::View &chunk : view_.chunks(2)) {
    sizes.push_back(static_cast<std::size_t>(chunk.shape()[0]));
    const std::vector<int> part = elements(chunk);
    seen.insert(seen.end(), part.begin(), part.end());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 1}));
  EXPECT_EQ(seen, values_);

  const deltos::TypedView<int> typed = view_.share(Request::full).as<int>();
  for (const deltos::TypedView<int> &chunk : typed.chunks(1)) chunk(0, 0) = -1;
  EXPECT_EQ(values_[8], -1);
}

TEST_F(Subview, chunks_of_nothing_are_none_and_of_no_length_are_refused) {
  int count = 0;
  const deltos::View none = view_.slice({{2, 2}});
  for (const deltos::View &chunk : none.chunks(5)) count += static_cast<int>(chunk.nbytes()) + 1;
  EXPECT_EQ(count, 0);
  const auto walk = [](const deltos::View &view, std::int64_t length) {
    return status_of([&] {
      for (const deltos::View &chunk : view.chunks(length)) static_cast<void>(chunk);
    });
  };
  EXPECT_EQ(walk(view_, 0), Status::range);
  EXPECT_EQ(walk(none, -1), Status::range);
  EXPECT_EQ(walk(view_.slice({0, 0}), 1), Status::type);
  EXPECT_EQ(walk(deltos::View(), 1), Status::invalid);
}

TEST_F(Subview, windows_are_cut_at_the_end) {
  EXPECT_EQ(elements(view_.window(2, 5)), (std::vector<int>{8, 9, 10, 11}));
  EXPECT_EQ(shape(view_.window(3, 1)), (deltos::Shape{0, 4}));
  EXPECT_EQ(view_.try_window(4, 1).status(), Status::range);
  EXPECT_EQ(view_.try_window(0, -1).status(), Status::range);
}

TEST_F(Subview, transposes_reorder_dimensions) {
  EXPECT_EQ(shape(view_.transpose()), (deltos::Shape{4, 3}));
  EXPECT_EQ(elements(view_.transpose({1, 0})), (std::vector<int>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(view_.transpose().contiguity(), deltos::Contiguity::f);
  EXPECT_EQ(view_.contiguity(), deltos::Contiguity::c);
  EXPECT_EQ(view_.slice({0}).contiguity(), deltos::Contiguity::both);
  EXPECT_EQ(view_.slice({{}, 0}).contiguity(), deltos::Contiguity::none);
  EXPECT_EQ(view_.try_transpose({0}).status(), Status::invalid);
  EXPECT_EQ(view_.try_transpose({1, 1}).status(), Status::invalid);
  EXPECT_EQ(view_.try_transpose({0, 2}).status(), Status::range);
  EXPECT_EQ(deltos::View().try_transpose({0}).status(), Status::invalid);
  EXPECT_EQ(view_.slice({0, 0}).transpose({}).ndim(), 0);
}

TEST_F(Subview, reshapes_count_in_c_order) {
  EXPECT_EQ(shape(view_.reshape({2, -1})), (deltos::Shape{2, 6}));
  EXPECT_EQ(elements(view_.reshape({-1})), values_);
  EXPECT_EQ(view_.try_reshape({5}).status(), Status::type);
  EXPECT_EQ(view_.transpose().try_reshape({12}).status(), Status::layout);
  EXPECT_EQ(view_.try_reshape(deltos::Shape(100, 1)).status(), Status::limit);
}

TEST_F(Subview, casts_see_the_same_bytes_as_other_elements) {
  const deltos::TypedView<std::uint8_t> bytes = view_.cast<std::uint8_t>();
  EXPECT_EQ(bytes.extent(1), 16);
  bytes(1, 4) = 99;
  EXPECT_EQ(values_[5], 99);
  EXPECT_EQ(view_.cast("q").shape()[1], 2);
  EXPECT_EQ(view_.cast(deltos::Dtype::bf16).dtype(), deltos::Dtype::bf16);
  EXPECT_EQ(view_.try_cast("3s").status(), Status::type);
  EXPECT_EQ(view_.transpose().try_cast<std::int16_t>().status(), Status::layout);
  EXPECT_EQ(
      deltos::View::wrap({values_.data() + 1, {2}}).try_cast<std::int64_t>().status(),
      reinterpret_cast<std::uintptr_t>(values_.data() + 1) % alignof(std::int64_t) == 0 ? Status::ok : Status::layout);
  const deltos::View readonly = deltos::View::wrap({static_cast<const int *>(values_.data()), {12}});
  EXPECT_EQ(readonly.try_cast<float>().status(), Status::readonly);
  EXPECT_TRUE(readonly.try_cast<const float>());
}

TEST_F(Subview, typed_views_keep_their_type) {
  const deltos::TypedView<int> typed = view_.share(Request::full).as<int>();
  typed.slice({1, {{}, {}, -1}})[0] = 70;
  EXPECT_EQ(values_[7], 70);
  EXPECT_EQ(typed.transpose()(3, 1), 70);
  EXPECT_EQ(typed.transpose({1, 0})(3, 1), 70);
  EXPECT_EQ(typed.reshape({12})[7], 70);
  EXPECT_EQ(typed.window(1, 1)(0, 3), 70);
  EXPECT_EQ(typed.slice({{1, 2}}).span()[3], 70);
  EXPECT_EQ(typed.transpose().try_span().status(), Status::layout);
}

TEST_F(WithStorage, a_sub_view_keeps_its_object_pinned_in_any_order_of_release) {
  deltos::View view = storage_.object("grid").view(Request::full);
  deltos::View row = view.slice({1});
  view.reset();
  ASSERT_EQ(storage_.pins().size(), 1U);
  EXPECT_EQ(storage_.pins()[0].view_count, 1U);
  EXPECT_EQ(storage_.try_close().status(), Status::pinned);
  deltos::TypedView<double> typed = std::move(row).as<double>();
  typed[2] = 60;
  typed = {};
  EXPECT_EQ(storage_.view<const double>("grid")(1, 2), 60);
  EXPECT_TRUE(storage_.try_close());
}

TEST(EmptyView, has_no_sub_views) {
  const deltos::View empty;
  EXPECT_EQ(empty.try_slice({}).status(), Status::invalid);
  EXPECT_EQ(empty.try_window(0, 1).status(), Status::invalid);
  EXPECT_EQ(empty.try_transpose().status(), Status::invalid);
  EXPECT_EQ(empty.try_reshape({1}).status(), Status::invalid);
  EXPECT_EQ(empty.try_cast("B").status(), Status::invalid);
  EXPECT_EQ(empty.try_contiguity().status(), Status::invalid);
}

}  // namespace
