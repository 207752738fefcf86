#include "store/map_cursor.hpp"

#include "format/page.hpp"

namespace deltos::store {
namespace {

void append_zero(std::vector<std::byte> *key) { key->push_back(std::byte{0}); }  // the smallest key above it

}  // namespace

Result<std::size_t> MapCursor::next(MapPair *pairs, std::size_t room) {
  return map_->read(*snapshot_, [&](const MapReader &reader) { return fill(reader, pairs, room); });
}

Status MapCursor::find_place(const MapReader &reader) {
  at_ = reader.cursor();
  changes_ = snapshot_->changes();
  if (!reverse_) return at_->seek(ahead_.low);
  if (!ahead_.high) return at_->seek_last({});
  return ahead_.high->empty() ? Status() : at_->seek_last(*ahead_.high);  // nothing lies below the empty key
}

// What is left lies behind the last one given.
void MapCursor::pass(Bytes last) {
  if (reverse_) {
    ahead_.high.emplace(last.begin(), last.end());
  } else {
    ahead_.low.assign(last.begin(), last.end());
    append_zero(&ahead_.low);
  }
}

Result<std::size_t> MapCursor::fill(const MapReader &reader, MapPair *pairs, std::size_t room) {
  std::size_t count = 0;
  if (ahead_.none()) return count;
  Status step;
  if (!at_ || changes_ != snapshot_->changes()) step = find_place(reader);
  while (step.ok() && count < room && at_->valid()) {
    const Bytes key = at_->key();
    const bool beyond = reverse_ ? format::compare_keys(key, ahead_.low) < 0
                                 : ahead_.high && format::compare_keys(key, *ahead_.high) >= 0;
    if (beyond) break;
    auto value = reader.value_of(at_->value());
    if (!value.ok()) {
      step = std::move(value).error();
      break;
    }
    pairs[count++] = {key, *value};
    step = reverse_ ? at_->previous() : at_->next();
  }
  if (!step.ok()) {
    at_.reset();
    return std::move(step).error();
  }
  if (count != 0) pass(pairs[count - 1].key);
  return count;
}

Status MapCursor::seek(Bytes key) {
  at_.reset();
  MapBounds ahead = bounds_;
  if (!reverse_ && format::compare_keys(key, ahead.low) > 0) ahead.low.assign(key.begin(), key.end());
  if (reverse_) {
    std::vector<std::byte> behind(key.begin(), key.end());
    append_zero(&behind);
    if (!ahead.high || format::compare_keys(behind, *ahead.high) < 0) ahead.high = std::move(behind);
  }
  ahead_ = std::move(ahead);
  return {};
}

}  // namespace deltos::store
