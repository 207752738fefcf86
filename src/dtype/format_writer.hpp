// Writes canonical format texts.
#pragma once

#include <string>
#include <string_view>

#include "dtype/format.hpp"

namespace deltos::dtype {

// Bytes a field takes, its whole sub-array.
std::uint64_t size_of(const Field &field);

// Sets text and alignment of a structure whose fields and item_bytes are known and whose fields' formats are written.
void write_structure(Format *structure);

// Sets text and alignment of an item that is one unnamed sub-array: "3d", "(2,3)d".
void write_sub_array(Format *structure);

}  // namespace deltos::dtype
