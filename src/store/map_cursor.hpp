// A walk over the pairs of a sorted map within bounds, forwards or backwards.
#pragma once

#include "store/map_ref.hpp"

namespace deltos::store {

struct MapPair {
  Bytes key;
  MapValue value;
};

// Keeps its snapshot. Where that is a transaction's, whose maps change, it goes on behind the last key it has given.
class MapCursor {
 public:
  MapCursor(MapRef::Pointer map, std::shared_ptr<const Snapshot> snapshot, MapBounds bounds, bool reverse)
      : map_(std::move(map)), snapshot_(std::move(snapshot)), bounds_(std::move(bounds)), reverse_(reverse) {
    ahead_ = bounds_;
  }
  const MapRef &map() const { return *map_; }
  // As many as there are, at most `room`; on failure it stays where it was.
  Result<std::size_t> next(MapPair *pairs, std::size_t room);
  // The next pair is the first one, in its direction, whose key is not before `key`.
  Status seek(Bytes key);

 private:
  Result<std::size_t> fill(const MapReader &reader, MapPair *pairs, std::size_t room);
  Status find_place(const MapReader &reader);
  void pass(Bytes last);

  MapRef::Pointer map_;
  std::shared_ptr<const Snapshot> snapshot_;
  MapBounds bounds_, ahead_;  // all of it; what is left
  bool reverse_;
  std::optional<TreeCursor> at_;  // on the next pair, as of `changes_`
  std::uint64_t changes_ = 0;
};

}  // namespace deltos::store
