#include "store/map_ref.hpp"

#include <cinttypes>

#include "store/catalogue.hpp"
#include "store/state.hpp"

namespace deltos::store {

Result<MapRef::Pointer> MapRef::open(const ObjectRef &object) {
  DELTOS_ASSIGN(const auto storage, object.storage());
  if (object.record().kind != format::kKindSortedMap) {
    return fail(Code::kind, "object %s is of kind %u, not a sorted map", in_quotes(object.record().name).c_str(),
                unsigned{object.record().kind});
  }
  return Pointer(new MapRef(storage, object.record()));
}

Result<std::shared_ptr<Storage>> MapRef::check(const Snapshot &snapshot) const {
  DELTOS_ASSIGN(auto storage, snapshot.storage());
  if (!storage_.owner_before(storage) && !storage.owner_before(storage_)) return storage;
  return fail(Code::invalid,
              "the sorted map is of another storage, or of another handle of this one; open it through this one");
}

Status MapRef::check_whole(const Storage &storage) { return storage.state().check_whole(); }

Result<format::SortedMap> MapRef::state(const Snapshot &snapshot) const {
  DELTOS_ASSIGN(const auto storage, check(snapshot));
  return storage->state().if_whole(find(snapshot));
}

Result<format::SortedMap> MapRef::find(const Snapshot &snapshot) const {
  if (snapshot.changes() != 0) return snapshot.map(id_);
  format::SortedMap map;
  if (recall(snapshot.id(), &map)) return map;
  DELTOS_ASSIGN(map, snapshot.map(id_));
  remember(snapshot.id(), map);
  return map;
}

bool MapRef::recall(std::uint64_t snapshot, format::SortedMap *map) const {
  const std::uint64_t sequence = sequence_.load(std::memory_order_acquire);
  std::array<std::uint64_t, kWords> words;
  for (std::size_t i = 0; i < kWords; ++i) words[i] = remembered_[i].load(std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (sequence % 2 != 0 || sequence_.load(std::memory_order_relaxed) != sequence || words[0] != snapshot) return false;
  *map = {words[1], words[2], static_cast<std::uint32_t>(words[3]), opened_.key, words[4], words[5], words[6],
          words[7], words[8]};
  return true;
}

// Who comes second goes without.
void MapRef::remember(std::uint64_t snapshot, const format::SortedMap &map) const {
  std::uint64_t sequence = sequence_.load(std::memory_order_relaxed);
  if (sequence % 2 != 0 || !sequence_.compare_exchange_strong(sequence, sequence + 1, std::memory_order_acquire))
    return;
  std::atomic_thread_fence(std::memory_order_release);
  const std::array<std::uint64_t, kWords> words = {snapshot,        map.root_block,  map.root_transaction,
                                                   map.height,      map.count,       map.key_bytes,
                                                   map.value_bytes, map.long_values, map.objects};
  for (std::size_t i = 0; i < kWords; ++i) remembered_[i].store(words[i], std::memory_order_relaxed);
  sequence_.store(sequence + 2, std::memory_order_release);
}

}  // namespace deltos::store
