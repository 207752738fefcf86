// Schemas and rows in the notation of ../../README.md: made, and compared with what is read.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "values.hpp"

namespace conformance {

inline const Words<deltos::RecordLayout> kLayouts{{"rows", deltos::RecordLayout::rows},
                                                  {"columns", deltos::RecordLayout::columns}};
inline const Words<deltos::SlotType> kSlotTypes{
    {"fixed", deltos::SlotType::fixed},       {"date", deltos::SlotType::date},
    {"datetime", deltos::SlotType::datetime}, {"bytes", deltos::SlotType::bytes},
    {"utf8", deltos::SlotType::utf8},         {"list", deltos::SlotType::list},
    {"tuple", deltos::SlotType::tuple},       {"set", deltos::SlotType::set},
    {"dict", deltos::SlotType::dict},         {"decimal", deltos::SlotType::decimal},
    {"value", deltos::SlotType::value},       {"ndarray", deltos::SlotType::ndarray},
    {"record", deltos::SlotType::record}};
inline const Words<deltos::SlotFlags> kSlotFlags{{"nullable", deltos::SlotFlags::nullable},
                                                 {"optional", deltos::SlotFlags::optional},
                                                 {"writable", deltos::SlotFlags::writable},
                                                 {"utc", deltos::SlotFlags::utc}};

// A record table that is being made, and its schema, which a step may have made for it.
struct Records {
  deltos::RecordBuilder builder;
  std::shared_ptr<const deltos::Schema> schema;
};

deltos::Schema made_schema(const Json &written);

// Gives rows of cells as columns to a call that adds them.
void give_rows(const deltos::Schema &schema, const Json &rows,
               const std::function<void(const deltos::RecordColumns &)> &add);
// Adds rows of cells, all in one call.
void add_rows_to(Records &records, const Json &rows);

// Columns as they are written, and the memory that they point to.
class RawColumns {
 public:
  // With so many items where it does not say.
  deltos_column made(const Json &written, std::uint64_t count);
  const void *kept(Bytes bytes);

 private:
  std::deque<Bytes> bytes_;
  std::deque<std::vector<deltos_bytes>> slices_;
  std::deque<deltos::Shape> offsets_;
};

// Does to an image what "damage" and "cut" say.
void damage(const Json &step, Bytes &image);

// Opens a copy of bytes, so many behind a multiple of 64, by a function of the C interface.
using OpenMemory = deltos_status (*)(const void *, std::uint64_t, deltos_release, void *, deltos_object **,
                                     deltos_error *);
deltos::Object open_copy(OpenMemory open, const Bytes &bytes, std::size_t at);

// Throw Mismatch where what is there is not as written.
void expect_cell(const deltos::RecordTable &table, const std::vector<deltos::Slot> &slots, std::uint64_t row,
                 std::size_t slot, const Json &cell);
void expect_row(const deltos::RecordTable &table, const std::vector<deltos::Slot> &slots, std::uint64_t row,
                const Json &cells);
void expect_records(const deltos::RecordTable &table, const Json &described);

}  // namespace conformance
