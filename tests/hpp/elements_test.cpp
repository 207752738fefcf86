// Elements of views and of memory of the program's own: by value, as numbers, from and to descriptors, atomically.
#include <fcntl.h>

#include <cmath>
#include <limits>
#include <thread>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Order;
using deltos::Request;
using deltos::Status;

struct Sample {
  std::int32_t x;
  float y;
};
template <>
struct deltos::format_of<Sample> {
  static constexpr const char *value = "T{i:x:f:y:}";
};

namespace {

TEST(Elements, are_filled_whatever_holds_them) {
  std::vector<double> list(3);
  deltos::fill(list, 1.5);
  EXPECT_EQ(list, (std::vector<double>{1.5, 1.5, 1.5}));
  const deltos::View every_second = deltos::View::wrap({list.data(), {3}}).slice({{{}, {}, 2}});
  deltos::fill(every_second, 2.5);
  EXPECT_EQ(list, (std::vector<double>{2.5, 1.5, 2.5}));
  const double item = 4;
  deltos::fill(every_second, deltos::Item(&item, sizeof item));
  EXPECT_EQ(list[2], 4);
  Sample samples[2] = {};
  deltos::fill(deltos::Memory(samples, {2}), Sample{1, 2});
  EXPECT_EQ(samples[1].y, 2);
}

TEST(Elements, are_not_taken_for_another_type_of_the_same_size) {
  std::vector<double> list(3);
  EXPECT_EQ(deltos::try_fill(list, std::int64_t{1}).status(), Status::type);
  EXPECT_EQ(deltos::try_fill(deltos::View::wrap({list.data(), {3}}), std::int64_t{1}).status(), Status::type);
  EXPECT_EQ(deltos::try_find(list, 1.0F).status(), Status::type);
  EXPECT_EQ(deltos::try_count(list, 1).status(), Status::type);
  EXPECT_EQ(deltos::try_fill(deltos::Memory(list.data(), "q", {3}), 1.0).status(), Status::type);
  EXPECT_EQ(deltos::try_fill(deltos::Memory(list.data(), ">d", {3}), 1.0).status(), Status::type);
  EXPECT_EQ(deltos::try_fill(deltos::Memory(list.data(), "no such format", {3}), 1.0).status(), Status::format);
  EXPECT_EQ(deltos::try_fill(deltos::View(), 1.0).status(), Status::invalid);
  EXPECT_TRUE(deltos::try_fill(deltos::Memory(list.data(), "<d", {3}), 1.0));
  EXPECT_TRUE(
      deltos::try_fill(deltos::Memory(static_cast<void *>(list.data()), deltos::ElementType(), {8}), std::uint8_t{1}));
}

TEST(Elements, are_compared_by_value) {
  const std::vector<int> ints{1, 2, 3};
  const std::vector<double> doubles{1, 2, 3}, more{1, 2, 4}, nan{1, std::nan(""), 3};
  EXPECT_TRUE(deltos::equal(ints, doubles));
  EXPECT_FALSE(deltos::equal(nan, nan));
  EXPECT_EQ(deltos::compare(ints, doubles), Order::equal);
  EXPECT_EQ(deltos::compare(doubles, more), Order::less);
  EXPECT_EQ(deltos::compare(more, ints), Order::greater);
  EXPECT_EQ(deltos::compare(ints, nan), Order::unordered);
  EXPECT_EQ(deltos::try_compare(ints, std::vector<std::complex<double>>(3)).status(), Status::unsupported);
  EXPECT_EQ(deltos::try_equal(ints, deltos::View()).status(), Status::invalid);
}

TEST(Elements, are_found_and_counted) {
  const std::vector<int> list{5, 7, 5, 8};
  EXPECT_EQ(deltos::find(list, 5), 0);
  EXPECT_EQ(deltos::find(list, 5, 1), 2);
  EXPECT_EQ(deltos::find(list, 6), -1);
  EXPECT_EQ(deltos::count(list, 5), 2U);
  EXPECT_EQ(deltos::try_find(list, 5, 5).status(), Status::range);
  const std::vector<double> zeros{0.0, -0.0, std::nan("")};
  EXPECT_EQ(deltos::count(zeros, -0.0), 2U);
  EXPECT_EQ(deltos::find(zeros, std::nan("")), -1);
}

TEST(Elements, are_gathered_by_rows) {
  const int table[3][2] = {{1, 2}, {3, 4}, {5, 6}};
  int picked[2][2] = {};
  const deltos::Memory source(&table[0][0], {3, 2}), target(&picked[0][0], {2, 2});
  deltos::gather(source, std::vector<std::int64_t>{2, 0}, target);
  EXPECT_EQ(picked[0][1], 6);
  EXPECT_EQ(picked[1][0], 1);
  EXPECT_EQ(deltos::try_gather(source, std::vector<std::int64_t>{3, 0}, target).status(), Status::range);
  EXPECT_EQ(deltos::try_gather(source, std::vector<std::int64_t>{1}, target).status(), Status::type);
}

TEST_F(Directory, elements_are_read_from_and_written_to_a_file) {
  const int fd = ::open(path("file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  const std::vector<int> list{1, 2, 3, 4};
  const deltos::View backwards = deltos::View::wrap(list).slice({{{}, {}, -1}});
  EXPECT_EQ(deltos::write_fd(backwards, fd), 16U);
  std::vector<int> read(3);
  EXPECT_EQ(deltos::read_fd(read, fd, 4), 12U);
  EXPECT_EQ(read, (std::vector<int>{3, 2, 1}));
  std::uint64_t so_far = 99;
  EXPECT_EQ(deltos::read_fd(read, fd, 12, &so_far), 4U);
  EXPECT_EQ(so_far, 4U);
  EXPECT_EQ(deltos::try_read_fd(list, fd, 0).status(), Status::readonly);
  EXPECT_EQ(deltos::try_read_fd(read, -1, -1, &so_far).status(), Status::io);
  EXPECT_EQ(so_far, 0U);
  EXPECT_EQ(deltos::try_write_fd(read, -1).status(), Status::io);
  close(fd);
}

TEST(Elements, are_got_and_set_as_numbers) {
  std::int16_t values[2][3] = {{1, 2, 3}, {4, 5, 6}};
  const deltos::View view = deltos::View::wrap({&values[0][0], {2, 3}});
  EXPECT_EQ(deltos::get<std::int64_t>(view, {1, 2}), 6);
  EXPECT_EQ(deltos::get<std::uint64_t>(view, {0, 1}), 2U);
  EXPECT_EQ(deltos::get<double>(view, {0, 0}), 1.0);
  deltos::set(view, {1, 0}, -7);
  deltos::set(view, {1, 1}, 8.0);
  deltos::set(view, {1, 2}, std::uint8_t{9});
  EXPECT_EQ(values[1][0], -7);
  EXPECT_EQ(values[1][1], 8);
  EXPECT_EQ(values[1][2], 9);
  const deltos::Shape index{1, 0};
  EXPECT_EQ(deltos::get<std::int64_t>(view, index), -7);
  EXPECT_EQ(deltos::try_get<std::uint64_t>(view, index).status(), Status::range);
  EXPECT_EQ(deltos::try_set(view, index, 40000).status(), Status::range);
  EXPECT_EQ(deltos::try_set(view, index, 0.5).status(), Status::range);
  EXPECT_EQ(values[1][0], -7);
}

TEST(Elements, have_one_index_for_each_dimension) {
  int values[6] = {};
  const deltos::Memory grid(values, {2, 3});
  EXPECT_EQ(deltos::try_get<double>(grid, {1}).status(), Status::range);
  EXPECT_EQ(deltos::try_get<double>(grid, {0, 0, 0}).status(), Status::range);
  EXPECT_EQ(deltos::try_get<double>(grid, {0, 3}).status(), Status::range);
  EXPECT_EQ(deltos::try_set(grid, {1}, 1).status(), Status::range);
  int item = 0;
  EXPECT_EQ(deltos::try_get_bytes(grid, {1}, &item, sizeof item).status(), Status::range);
  EXPECT_EQ(deltos::try_set_bytes(grid, {1}, {&item, sizeof item}).status(), Status::range);
  EXPECT_EQ(deltos::try_atomic_load<int>(grid, {1}).status(), Status::range);
  EXPECT_EQ(deltos::try_get<double>(deltos::View(), {0}).status(), Status::invalid);
  EXPECT_EQ(deltos::get<double>(deltos::View::wrap({values, deltos::Shape()}), {}), 0);
}

TEST(Elements, of_any_type_are_got_and_set_as_bytes) {
  Sample samples[2] = {{1, 2}, {3, 4}}, item = {};
  const deltos::Memory memory(samples, {2});
  deltos::get_bytes(memory, {1}, &item, sizeof item);
  EXPECT_EQ(item.x, 3);
  item.y = 40;
  deltos::set_bytes(memory, {0}, {&item, sizeof item});
  EXPECT_EQ(samples[0].y, 40);
  EXPECT_EQ(deltos::try_get_bytes(memory, {0}, &item, 4).status(), Status::type);
  EXPECT_EQ(deltos::try_set_bytes(memory, {0}, {&item, 4}).status(), Status::type);
  EXPECT_EQ(deltos::try_get<double>(memory, {0}).status(), Status::type);
}

template <class T>
class AtomicElement : public testing::Test {};
using AtomicTypes = testing::Types<int, unsigned, std::int64_t, std::uint64_t, float, double>;
TYPED_TEST_SUITE(AtomicElement, AtomicTypes);

TYPED_TEST(AtomicElement, is_loaded_stored_added_to_and_exchanged) {
  std::vector<TypeParam> values{1, 2};
  const deltos::View view = deltos::View::wrap({values.data(), {2}});
  EXPECT_EQ(deltos::atomic_load<TypeParam>(view, {1}, std::memory_order_acquire), TypeParam{2});
  deltos::atomic_store(view, {0}, TypeParam{5}, std::memory_order_release);
  EXPECT_EQ(deltos::atomic_add(view, {0}, TypeParam{3}, std::memory_order_relaxed), TypeParam{5});
  TypeParam expected{7};
  EXPECT_FALSE(deltos::atomic_compare_exchange(view, {0}, expected, TypeParam{9}));
  EXPECT_EQ(expected, TypeParam{8});
  EXPECT_TRUE(deltos::atomic_compare_exchange(view, {0}, expected, TypeParam{9}, std::memory_order_acq_rel));
  EXPECT_EQ(values[0], TypeParam{9});
  EXPECT_EQ(deltos::try_atomic_load<TypeParam>(view, {0}, std::memory_order_release).status(), Status::invalid);
  EXPECT_EQ(deltos::try_atomic_store(view, {2}, TypeParam{1}).status(), Status::range);
  EXPECT_EQ(deltos::try_atomic_add(deltos::View::wrap({static_cast<const TypeParam *>(values.data()), {2}}), {0},
                                   TypeParam{1})
                .status(),
            Status::readonly);
}

TEST(AtomicElements, are_of_the_type_that_is_said) {
  std::vector<std::uint32_t> values(1);
  EXPECT_EQ(deltos::try_atomic_load<int>(values, {0}).status(), Status::type);
  EXPECT_EQ(deltos::try_atomic_add(values, {0}, 1).status(), Status::type);
  EXPECT_EQ(deltos::try_atomic_store(values, {0}, std::int64_t{1}).status(), Status::type);
  EXPECT_EQ(deltos::atomic_add(values, {0}, 1U), 0U);
}

TEST_F(WithStorage, atomic_additions_of_many_threads_are_all_there) {
  const deltos::View view = storage_.object("grid").view(Request::full);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) deltos::atomic_add(view, {1, 2}, 1.0);
    });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(deltos::get<double>(view, {1, 2}), 4006);
}

}  // namespace
