// Finding and counting items by value (compare.hpp).
#pragma once

#include "dtype/compare.hpp"

namespace deltos::dtype {

// `item` is one of the array's own format. The number in C order of the first equal one from `from` on, at most the
// number of items; -1: there is none.
Result<std::int64_t> find_value(const Typed &array, const std::byte *item, std::int64_t from);
Result<std::uint64_t> count_values(const Typed &array, const std::byte *item);

}  // namespace deltos::dtype
