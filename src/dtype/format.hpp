// PEP 3118 format strings: what an item of a buffer is made of.
//
// A text is read once into a Format, whose own `text` is canonical: two texts that describe the same item in the same
// words come out equal, and memoryview and NumPy read the canonical text as the same item.
//   * Native scalars have no prefix ("<d" and "=d" become "d"; "=l", of 4 bytes, becomes "i"; native "l" and "n" stay).
//   * Swapped scalars keep ">": dtype other, `swapped` set.
//   * Structures are "T{...}" with every pad byte written out. Where a part is swapped or not naturally aligned, the
//     whole text starts with "^", so that no reader adds padding of its own.
// Byte order characters hold until the next one, across braces. Alignment and padding follow native rules after "@"
// (also the start) and none after any other. The end of a structure is padded to its alignment, that of a plain
// struct-module text ("di") is not.
//
// Texts are hostile until read: length, nesting, field count and item size have limits, and reading takes time linear
// in the text. Errors are Code::format, naming position and character; Code::unsupported for pointers and Python
// objects, which mean nothing in another process; Code::limit for the limits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "dtype/dtype.hpp"

namespace deltos::dtype {

constexpr std::uint64_t kMaxFormatBytes = 65536;  // of the text given and of the canonical text
constexpr int kMaxNesting = 64;
constexpr std::uint64_t kMaxFields = 65535;  // of a text, all levels together
constexpr std::uint64_t kMaxItemBytes = std::uint64_t{1} << 40;
constexpr std::size_t kMaxSubArrayDimensions = 64;

struct Field;

struct Format {
  std::string text;              // canonical
  std::uint64_t item_bytes = 0;  // at least 1 for every Format that parse_format and format_of return
  std::uint64_t alignment = 1;   // natural alignment of the item; 1 where its parts are packed
  Dtype dtype = Dtype::other;
  bool swapped = false;       // a scalar in foreign byte order
  std::vector<Field> fields;  // of dtype structure, in order of offset; pad bytes without a name are no field
};

struct Field {
  std::string name;  // empty: none given
  std::uint64_t offset = 0;
  std::vector<std::int64_t> shape;  // sub-array, C order; empty: one item
  Format format;                    // of one element
};

// "(3,4)f": several elements without a name, and no other field.
const Field *sub_array_of(const Format &format);

// Reads a format text. An item of no bytes ("0s", "T{}", "") is refused.
Result<Format> parse_format(std::string_view text);

// The same with the type named beside it. Empty text: derived from the tag, "B" when that is `other`. Otherwise the tag
// must be `other` or agree with the text; bf16 and fp8 take the raw "H" and "B", and the result carries the tag.
Result<Format> format_of(std::string_view text, Dtype tag);

// The same for items known to be `item_bytes` long (a buffer's itemsize), which settles what exporters leave open:
// a plain struct text with trailing alignment ("di" of 16 bytes), "u" of 4 bytes (a C wide character), prefixes on
// every part of a natively aligned structure, as ctypes writes them, "B" or nothing for larger items without a
// description
// ("9x"), and the length of strings named by the tag alone. Any other disagreement is Code::format.
Result<Format> format_of_items(std::string_view text, Dtype tag, std::uint64_t item_bytes);

}  // namespace deltos::dtype
