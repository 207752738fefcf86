// The items of one array in C order, row by row: for loops that can be left and taken up again, and for arrays that are
// walked side by side without having the same shape (those that do: walk.hpp).
#pragma once

#include "dtype/walk.hpp"

namespace deltos::dtype {

struct Row {
  std::byte *data = nullptr;
  std::int64_t stride = 0;
  std::int64_t length = 0;  // 0: there are no more
};

class Rows {
 public:
  // Of a layout that check_layout accepts; begins at item `from`, at most as many as there are.
  explicit Rows(const Layout &layout, std::int64_t from = 0);

  Row next();

 private:
  void enter(std::size_t level);

  Plan plan_;
  std::size_t outer_ = 0;  // dimensions outside the rows
  bool is_done_ = false;
  std::int64_t skipped_ = 0;                            // items of the first row that come before `from`
  std::array<std::int64_t, kMaxDimensions + 1> index_;  // of the dimensions outside
  std::array<std::byte *, kMaxDimensions + 1> places_;  // where each dimension starts; the last one: the row
};

}  // namespace deltos::dtype
