// Picking rows of an array by number.
#pragma once

#include <span>

#include "dtype/layout.hpp"

namespace deltos::dtype {

// target[i] = source[rows[i]]. The target has as many rows as there are numbers, of the source's shape and item size
// (else Code::layout); it may overlap the source and the numbers. range: names the first number that is no row; then
// nothing was written, unless somebody changes the numbers meanwhile.
Status gather(const Layout &target, const Layout &source, std::span<const std::int64_t> rows);

}  // namespace deltos::dtype
