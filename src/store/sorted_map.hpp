// Reading sorted maps: each is a tree of its own, whose root lies in the map's object record.
//
// What is read is lent: keys and short values lie in pages, long ones in extents. All of it is checked before it is
// given: pages when they are met first, long values each time.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "store/storage.hpp"
#include "store/tree.hpp"

namespace deltos::store {

// A value of a map: bytes (whose data() is not null) or, when it is not 0, the object of that id.
struct MapValue {
  Bytes bytes;
  std::uint64_t object_id = 0;
};

// Keys from `low` on and, if there is one, below `high`. Neither need be a key that there is, or could be.
struct MapBounds {
  std::vector<std::byte> low;
  std::optional<std::vector<std::byte>> high;
  bool all() const { return low.empty() && !high; }
  bool holds(Bytes key) const;
  bool none() const;  // they cross
};

inline Root root_of(const format::SortedMap &map) { return {map.root_block, map.root_transaction, map.height}; }

// One state of a map; valid as long as the scope is.
class MapReader {
 public:
  MapReader(const Snapshot::Scope &scope, const format::SortedMap &map) : scope_(scope), root_(root_of(map)) {}
  Result<std::optional<MapValue>> get(Bytes key) const;
  // How many keys lie within bounds.
  Result<std::uint64_t> count(const MapBounds &bounds) const;
  TreeCursor cursor() const { return TreeCursor(*scope_.pages, root_); }
  Result<MapValue> value_of(const TreeValue &value) const;

 private:
  Snapshot::Scope scope_;
  Root root_;
};

// The map of an id in a state; stale: there is none.
Result<format::SortedMap> find_map(const Snapshot::Scope &scope, std::uint64_t id);

// A long value, checked to be what the reference says.
Result<Bytes> read_long_value(const Snapshot::Scope &scope, Bytes reference);

// A map that a transaction has changed, or looked at. Its record in the catalogue is brought up to date by the commit.
struct OpenMap {
  format::SortedMap now, stored;  // stored: as the record has it
  std::uint64_t call = 0;         // the call that has noted what it was before
  bool touched = false;           // its record is this transaction's
  bool gone = false;              // removed, or another kind of object has taken its place
};
struct OpenMaps {
  std::unordered_map<std::uint64_t, OpenMap> by_id;
  const OpenMap *find(std::uint64_t id) const {
    const auto found = by_id.find(id);
    return found == by_id.end() || found->second.gone ? nullptr : &found->second;
  }
};

}  // namespace deltos::store
