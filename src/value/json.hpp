// Values from JSON text and as JSON text.
//
// What JSON has no word for is written where a reader will understand it (dates as ISO 8601, tuples, sets and arrays as
// JSON arrays) or refused, with the place: nothing is left out or bent. Neither direction recurses or makes a tree of
// its own, and hostile values and texts end in limit.
#pragma once

#include <string>

#include "value/builder.hpp"
#include "value/reader.hpp"

namespace deltos::value {

// Puts the one value that the text is. Integers beyond 64 bits become decimals. format: no JSON, and where it stops
// being so; range: a float beyond float64; else as Builder::put(). After a failure the builder is of no further use.
Status put_json(Builder &builder, std::string_view text);

constexpr std::int32_t kJsonIndent = 1, kJsonAscii = 2;

// Writes as much of the text of a node as there is room for, and tells how many bytes all of it has. unsupported: what
// JSON cannot say; limit: nested deeper than kMaxDepth, or shared nodes make it far longer than the image.
Status write_json(const Reader &reader, Cell node, std::int32_t flags, std::span<char> room, std::uint64_t *bytes);

// A JSON string with its quotes. The text is UTF-8.
std::string quoted_json(std::string_view text, bool ascii);

}  // namespace deltos::value
