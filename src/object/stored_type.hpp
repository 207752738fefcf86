// The element type of a stored object, from its record.
#pragma once

#include "dtype/format.hpp"
#include "store/storage.hpp"

namespace deltos::object {

// The record's type, believed only when the text is one that this library would have written for that element size:
// what reads elements by the format must not be led beyond them. corrupt.
Result<dtype::Format> stored_type(const format::Object &record);

// layout: the storage lies where elements of the type would not be aligned.
Status check_alignment(const store::Storage &storage, const dtype::Format &format);

}  // namespace deltos::object
