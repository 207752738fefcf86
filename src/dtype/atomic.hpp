// Atomic operations on single items of 4 and 8 bytes, between threads and between processes that map the same memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.hpp"
#include "dtype/number.hpp"

namespace deltos::dtype {

// The values are DELTOS_MEMORY_*.
constexpr std::int32_t kMemoryRelaxed = 0;
constexpr std::int32_t kMemoryAcquire = 1;
constexpr std::int32_t kMemoryRelease = 2;
constexpr std::int32_t kMemoryAcquireRelease = 3;
constexpr std::int32_t kMemorySequential = 4;

enum class Access : std::uint8_t { load, store, both };
// invalid: no order, or none for this access.
Status check_order(std::int32_t order, Access access);

// Whether an item can be accessed so. type: no integer or float of 4 or 8 bytes, or foreign byte order. layout: not
// aligned.
Status check_atomic(const Format &format, const std::byte *item);

// All take an item and an order that have been checked; other items may lie anywhere.
void atomic_load(Scalar scalar, const std::byte *item, std::int32_t order, std::byte *value);
void atomic_store(Scalar scalar, std::byte *item, std::int32_t order, const std::byte *value);
// `previous` may be null.
void atomic_add(Scalar scalar, std::byte *item, std::int32_t order, const std::byte *summand, std::byte *previous);
// true: `expected`, byte for byte, has become `desired`. Otherwise `expected` becomes what the item is.
bool atomic_exchange(Scalar scalar, std::byte *item, std::int32_t order, std::byte *expected, const std::byte *desired);

}  // namespace deltos::dtype
