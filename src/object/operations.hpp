// What can be done with all elements of a memory. Shapes, types and sizes are checked here; whether a view may be
// written is its own business and checked before.
#pragma once

#include <span>

#include "dtype/compare.hpp"
#include "object/memory.hpp"

namespace deltos::object {

// type: the item is not as long as the elements.
Status fill(const Memory &target, Bytes item);
Result<bool> equal(const Memory &a, const Memory &b);
Result<dtype::Order> compare(const Memory &a, const Memory &b);
// type: the item is not as long as the elements. range: no place to begin. -1: there is none.
Result<std::int64_t> find(const Memory &memory, Bytes item, std::int64_t from);
Result<std::uint64_t> count(const Memory &memory, Bytes item);
// type: types or shapes do not fit. range: no row.
Status gather(const Memory &source, std::span<const std::int64_t> rows, const Memory &target);

// In C order; *bytes is what went through, also on failure. The offset is one in the file or os::kAtPosition. invalid:
// another one; io, no_space.
Status read_descriptor(const Memory &target, int fd, std::int64_t offset, std::uint64_t *bytes);
Status write_descriptor(const Memory &source, int fd, std::int64_t offset, std::uint64_t *bytes);

}  // namespace deltos::object
