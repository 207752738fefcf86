// Moving and comparing the items of arrays of any layout: strided, reversed, broadcast, indirect.
//
// Items are bytes: nothing is converted, only item size and shape must agree. Order is C order throughout. Layouts are
// checked (check_layout) before an item is touched; that the memory behind them is there is the caller's word,
// suboffset pointers included.
#pragma once

#include <cstddef>
#include <functional>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "dtype/layout.hpp"

namespace deltos::dtype {

constexpr std::size_t kGatherBytes = std::size_t{1} << 20;   // small items are gathered up to this much
constexpr std::size_t kDirectBytes = std::size_t{64} << 10;  // longer stretches are handed on where they lie
constexpr std::size_t kPieceBytes = std::size_t{16} << 20;   // no piece is longer

// Takes the next bytes; the first failure ends the walk and is returned.
using Sink = std::function<Status(Bytes)>;

// Hands the items' bytes to `sink` in C order, in pieces of 1 to kPieceBytes bytes. A piece lies in the source or in a
// buffer of the walk and is good for the call only.
Status for_each_run(const Layout &source, const Sink &sink);

// Gives the next bytes, as many as it is asked for; fewer: there are no more.
using Source = std::function<std::uint64_t(MutableBytes)>;

// Fills the items in C order until the source ends, which may be within an item; the bytes that came. Pieces lie in the
// target or in a buffer of at most kGatherBytes; no more is asked for than the items take.
Result<std::uint64_t> fill_from(const Layout &target, const Source &source);

// Into, or out of, C-contiguous memory that is exactly as long as the items (else Code::layout). The two must not
// overlap.
Status copy_out(const Layout &source, MutableBytes target);
Status copy_in(const Layout &target, Bytes source);

// Between layouts of equal shape and item size (else Code::layout). They may overlap: the result is as if the source
// had been set aside first.
Status copy(const Layout &target, const Layout &source);

// Writes `item` (exactly item_bytes long, else Code::layout) to every place. It may lie in the target.
Status fill(const Layout &target, Bytes item);

// Whether both have the same shape, item size and bytes. Differing shapes or sizes are not an error: false.
Result<bool> equal_bytes(const Layout &a, const Layout &b);

}  // namespace deltos::dtype
