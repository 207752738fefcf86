// One item of another library's Arrow array as a value.
#pragma once

#include "interop/arrow_type.hpp"
#include "value/builder.hpp"

namespace deltos::interop {

// Lists become LIST, structures DICT by names, maps DICT, decimals DECIMAL, times DATETIME, whatever is null NULL.
// invalid: a list that is not within its items, an index that names none; and what the builder says, such as duplicate
// for a map with a key twice.
Status put_item(const Imported &type, const ArrowArray &array, std::int64_t i, value::Builder *builder);

}  // namespace deltos::interop
