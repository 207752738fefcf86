#include "dtype/rows.hpp"

namespace deltos::dtype {

Rows::Rows(const Layout &layout, std::int64_t from) : plan_(make_plan(layout, layout)) {
  is_done_ = plan_.is_empty;
  if (is_done_) return;
  const Dimensions dimensions = plan_.dimensions();
  outer_ = dimensions.size() - 1;
  skipped_ = from % dimensions[outer_].length;
  from /= dimensions[outer_].length;
  for (std::size_t i = outer_; i-- > 0;) {
    index_[i] = from % dimensions[i].length;
    from /= dimensions[i].length;
  }
  is_done_ = from > 0;
  places_[0] = plan_.source;
  if (!is_done_) enter(0);
}

// Finds where the dimensions below a level start.
void Rows::enter(std::size_t level) {
  for (std::size_t i = level; i < outer_; ++i) places_[i + 1] = plan_.dimensions()[i].source.at(places_[i], index_[i]);
}

Row Rows::next() {
  if (is_done_) return {};
  const Dimension &last = plan_.dimensions()[outer_];
  const Row row{places_[outer_] + skipped_ * last.source.stride, last.source.stride, last.length - skipped_};
  skipped_ = 0;
  std::size_t level = outer_;
  while (level > 0 && ++index_[level - 1] == plan_.dimensions()[level - 1].length) index_[--level] = 0;
  is_done_ = level == 0;
  if (!is_done_) enter(level - 1);
  return row;
}

}  // namespace deltos::dtype
