// Atomic operations: nothing is lost between threads, in every type; what is not atomic is refused.
#include "dtype/atomic.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/bytes.hpp"

namespace deltos::dtype {
namespace {

constexpr int kThreads = 4, kTimes = 20000;

template <class T>
void add_from_threads(Scalar scalar) {
  alignas(8) T item = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const T one = 1;
      for (int k = 0; k < kTimes; ++k) {
        atomic_add(scalar, reinterpret_cast<std::byte *>(&item), k % 5, reinterpret_cast<const std::byte *>(&one),
                   nullptr);
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(item, static_cast<T>(kThreads * kTimes));
}

TEST(Atomic, SumsFromThreadsAreComplete) {
  add_from_threads<std::int32_t>(Scalar::i32);
  add_from_threads<std::uint32_t>(Scalar::u32);
  add_from_threads<std::int64_t>(Scalar::i64);
  add_from_threads<std::uint64_t>(Scalar::u64);
  add_from_threads<float>(Scalar::f32);
  add_from_threads<double>(Scalar::f64);
}

TEST(Atomic, ExchangesFromThreadsHappenOnceEach) {
  alignas(8) std::int64_t item = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      auto *const place = reinterpret_cast<std::byte *>(&item);
      std::int64_t seen = 0;
      for (int k = 0; k < kTimes; ++k) {
        for (;;) {
          const std::int64_t next = seen + 1;
          if (atomic_exchange(Scalar::i64, place, kMemoryAcquireRelease, reinterpret_cast<std::byte *>(&seen),
                              reinterpret_cast<const std::byte *>(&next))) {
            break;
          }
        }
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(item, kThreads * kTimes);
}

TEST(Atomic, OrdersFitTheAccess) {
  const bool fits[5][3] = {
      {true, true, true}, {true, false, true}, {false, true, true}, {false, false, true}, {true, true, true}};
  for (std::int32_t order = 0; order < 5; ++order) {
    for (const Access access : {Access::load, Access::store, Access::both}) {
      EXPECT_EQ(check_order(order, access).ok(), fits[order][static_cast<int>(access)]) << order;
    }
  }
  EXPECT_EQ(check_order(-1, Access::both).code(), Code::invalid);
  EXPECT_EQ(check_order(5, Access::load).code(), Code::invalid);
}

TEST(Atomic, OnlyAlignedWordsOfNativeOrderAreAtomic) {
  alignas(16) std::byte memory[16] = {};
  for (const char *text : {"i", "I", "q", "Q", "l", "n", "f", "d"}) {
    EXPECT_TRUE(check_atomic(*parse_format(text), memory).ok()) << text;
    EXPECT_EQ(check_atomic(*parse_format(text), memory + 2).code(), Code::layout) << text;
  }
  EXPECT_EQ(check_atomic(*parse_format("d"), memory + 4).code(), Code::layout);
  for (const char *text : {"b", "H", "e", "?", ">i", ">d", "g", "Zf", "4s", "8x", "T{i:x:}", "w"}) {
    EXPECT_EQ(check_atomic(*parse_format(text), memory).code(), Code::type) << text;
  }
}

}  // namespace
}  // namespace deltos::dtype
