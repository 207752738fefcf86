// What every export of a table holds: the table, its rows, and of a stored one the export of its payload. Private to
// the files of Table.
#pragma once

#include "object/table.hpp"

namespace deltos::object {

struct Table::Hold {
  Hold() = default;
  ~Hold();
  Hold(const Hold &) = delete;
  Hold &operator=(const Hold &) = delete;

  std::byte *data() const { return reinterpret_cast<std::byte *>(const_cast<std::byte **>(rows->pointers)); }
  void count_elements();  // fills `lengths`

  std::shared_ptr<const Table> table;  // null: not counted
  std::shared_ptr<const Shown> shown;
  std::shared_ptr<const Rows> rows;
  std::shared_ptr<store::Export> exported;
  std::vector<std::int64_t> lengths;  // elements
  bool writable = false;
};

}  // namespace deltos::object
