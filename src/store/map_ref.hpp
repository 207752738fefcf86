// A sorted map as a handle knows it, and the way to its state in a snapshot.
#pragma once

#include <atomic>

#include "store/sorted_map.hpp"
#include "store/storage.hpp"

namespace deltos::store {

// Immutable, but for remembering where the map was found last; any thread.
class MapRef {
 public:
  using Pointer = std::shared_ptr<const MapRef>;
  // kind: it is none.
  static Result<Pointer> open(const ObjectRef &object);

  std::uint64_t id() const { return id_; }
  const format::SortedMap &opened() const { return opened_; }  // as it was then

  // invalid: the snapshot is of another storage; stale: it has no such map.
  Result<format::SortedMap> state(const Snapshot &snapshot) const;
  // Calls read(reader, map) and gives what that returns, a Result; io when memory was lost meanwhile.
  template <class Read>
  auto read(const Snapshot &snapshot, Read &&read) const -> decltype(read(std::declval<const MapReader &>())) {
    DELTOS_ASSIGN(const auto storage, check(snapshot));
    DELTOS_ASSIGN(const format::SortedMap map, find(snapshot));
    DELTOS_ASSIGN(const Snapshot::Scope scope, snapshot.scope());
    auto done = read(MapReader(scope, map));
    DELTOS_TRY(check_whole(*storage));
    return done;
  }

 private:
  MapRef(std::weak_ptr<Storage> storage, const format::Object &record)
      : storage_(std::move(storage)), id_(record.id), opened_(record.map) {}
  Result<std::shared_ptr<Storage>> check(const Snapshot &snapshot) const;
  static Status check_whole(const Storage &storage);
  Result<format::SortedMap> find(const Snapshot &snapshot) const;
  bool recall(std::uint64_t snapshot, format::SortedMap *map) const;
  void remember(std::uint64_t snapshot, const format::SortedMap &map) const;

  std::weak_ptr<Storage> storage_;
  std::uint64_t id_;
  format::SortedMap opened_;
  // The state in one published snapshot. Odd sequence: being written; another one afterwards: what was read is void.
  static constexpr std::size_t kWords = 9;
  mutable std::atomic<std::uint64_t> sequence_{0};
  mutable std::array<std::atomic<std::uint64_t>, kWords> remembered_{};
};

}  // namespace deltos::store
