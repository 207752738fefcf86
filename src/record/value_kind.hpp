// Values in slots: what a slot's type says of the root.
#pragma once

#include "record/schema.hpp"
#include "value/reader.hpp"

namespace deltos::record {

// The image that begins here, no longer than it says itself, and its root. As value::Reader::open() and read(); type:
// the root is of another kind.
Result<Bytes> read_value(Bytes image, Type type, value::Item *root);

}  // namespace deltos::record
