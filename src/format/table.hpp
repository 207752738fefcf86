// The payload of a table: an index of its rows, and the rows.
//
// Rows lie in their order, each at a multiple of 64 bytes, behind the index and behind the row before; so no two share
// a byte, whatever a hostile index says. Open payload may change while it is read: each entry is loaded once.
#pragma once

#include <span>
#include <vector>

#include "format/validate.hpp"

namespace deltos::format {

constexpr std::uint64_t kRowAlignment = 64;

struct TablePlan {
  std::vector<TableRow> rows;
  std::uint64_t payload_bytes = 0;
};
// Where new rows of so many elements go, packed. limit: more bytes than can be counted.
Result<TablePlan> plan_table(std::span<const std::int64_t> counts, std::uint64_t item_bytes);

// The rows of a table whose record has been checked. corrupt, naming the row: one that lies outside the payload, not at
// a multiple of 64, on the index or on the row before; or, of a rectangular table, one of another length.
Result<std::vector<TableRow>> read_table_rows(const Object &object, Bytes payload);

}  // namespace deltos::format
