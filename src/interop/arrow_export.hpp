// A record table as Arrow: a struct of its top slots.
//
// Layout COLUMNS is shown where it lies, layout ROWS copied a column at a time. What consumers believe without looking
// is checked before it is shown: offsets, and that text is UTF-8.
#pragma once

#include "interop/arrow.hpp"
#include "record/reader.hpp"

namespace deltos::interop {

// unsupported, naming the slot.
Result<ArrowType> arrow_type_of(const record::Schema &schema);

// All rows. corrupt: damaged offsets, references or text.
Result<ArrowColumn> arrow_rows_of(const record::Reader &table, const std::shared_ptr<const void> &keep);

}  // namespace deltos::interop
