// The elements of an array in a value, once what describes them has been checked.
#pragma once

#include <vector>

#include "dtype/format.hpp"
#include "value/reader.hpp"

namespace deltos::value {

struct ArrayElements {
  dtype::Format format;
  std::vector<std::int64_t> shape;
  Bytes bytes;  // as many as shape and format say, in C order
};

// kind: no array. corrupt, format, unsupported, limit: what describes the elements is damaged.
Result<ArrayElements> elements_of_array(const Reader &reader, Cell node);

}  // namespace deltos::value
