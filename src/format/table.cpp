#include "format/table.hpp"

#include <limits>

namespace deltos::format {
namespace {

// What is wrong with a row that may begin at `floor` at the earliest, or null; `floor` moves to its end.
const char *row_fault(const TableRow &row, const Object &object, std::uint64_t payload_bytes, std::uint64_t *floor) {
  std::uint64_t bytes = 0;
  if (row.offset % kRowAlignment != 0) return "does not begin at a multiple of 64";
  if (row.offset < *floor) return "lies on the index or on the row before it";
  if (object.shape.size() == 2 && row.count != static_cast<std::uint64_t>(object.shape[1]))
    return "is not as long as the others";
  if (!checked_mul(row.count, object.item_bytes, &bytes) || !within(row.offset, bytes, payload_bytes))
    return "lies outside the payload";
  *floor = row.offset + bytes;
  return nullptr;
}

}  // namespace

Result<TablePlan> plan_table(std::span<const std::int64_t> counts, std::uint64_t item_bytes) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  TablePlan plan;
  plan.rows.reserve(counts.size());
  plan.payload_bytes = counts.size() * sizeof(TableRow);
  for (const std::int64_t count : counts) {
    std::uint64_t bytes = 0;
    const std::uint64_t offset = round_up(plan.payload_bytes, kRowAlignment);
    if (!checked_mul(static_cast<std::uint64_t>(count), item_bytes, &bytes) ||
        !within(offset, bytes, kMost - kRowAlignment)) {
      return fail(Code::limit, "the rows have more bytes than can be counted; the limit is 2^63");
    }
    plan.rows.push_back({offset, static_cast<std::uint64_t>(count)});
    plan.payload_bytes = offset + bytes;
  }
  return plan;
}

Result<std::vector<TableRow>> read_table_rows(const Object &object, Bytes payload) {
  const auto count = static_cast<std::size_t>(object.shape[0]);
  std::vector<TableRow> rows;
  rows.reserve(count);
  std::uint64_t floor = count * sizeof(TableRow);
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(load<TableRow>(payload.data() + i * sizeof(TableRow)));
    const char *fault = row_fault(rows.back(), object, payload.size(), &floor);
    if (fault == nullptr) continue;
    Error error = fail(Code::corrupt, "row %zu of table %llu %s; restore the storage from a copy", i,
                       static_cast<unsigned long long>(object.id), fault);
    error.object_id = object.id;
    return error;
  }
  return rows;
}

}  // namespace deltos::format
