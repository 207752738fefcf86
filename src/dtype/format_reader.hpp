// Reads a format text into a tree of fields. The texts of the result are canonical (format_writer.hpp).
#pragma once

#include <string>
#include <string_view>

#include "base/status.hpp"
#include "dtype/format.hpp"

namespace deltos::dtype {

// Departures from the rules in format.hpp, for texts that do not say what their exporter meant.
struct Dialect {
  bool pad_end = false;       // trailing padding also for a plain struct-module text
  bool wide_u = false;        // "u" is a character of 4 bytes
  bool always_align = false;  // alignment and trailing padding after every byte order character
};

Result<Format> read_format(std::string_view text, const Dialect &dialect);

// The text for a message: quoted, on one line, cut when long.
std::string in_quotes(std::string_view text);

}  // namespace deltos::dtype
