#include "store/sorted_map.hpp"

#include <algorithm>
#include <cinttypes>

#include "format/page.hpp"
#include "store/catalogue.hpp"

namespace deltos::store {

bool MapBounds::holds(Bytes key) const {
  return format::compare_keys(key, low) >= 0 && (!high || format::compare_keys(key, *high) < 0);
}

bool MapBounds::none() const { return high && format::compare_keys(low, *high) >= 0; }

Result<Bytes> read_long_value(const Snapshot::Scope &scope, Bytes reference) {
  DELTOS_ASSIGN(const format::Spill spill,
                format::decode_spill(reference, scope.file_blocks, format::kMaxMapValueBytes));
  const Bytes bytes(scope.data + spill.offset, spill.bytes);
  if (hash64(bytes) == spill.xxh3) return bytes;
  return fail(Code::corrupt,
              "a value of %" PRIu64 " bytes at offset %" PRIu64
              " in a sorted map does not match its checksum; restore the storage from a copy",
              spill.bytes, spill.offset);
}

Result<MapValue> MapReader::value_of(const TreeValue &value) const {
  if (!value.spilled) return MapValue{value.bytes, 0};
  if (value.bytes.size() != format::kObjectValueBytes) {
    DELTOS_ASSIGN(const Bytes bytes, read_long_value(scope_, value.bytes));
    return MapValue{bytes, 0};
  }
  const auto id = load<std::uint64_t>(value.bytes.data());
  if (id == 0) return fail(Code::corrupt, "a sorted map names object 0; restore the storage from a copy");
  return MapValue{{}, id};
}

namespace {

// The entry of a key, where all pages on the way are known to be sound; else it is not told.
enum class Told { yes, no };
Told look_up(PageSource &pages, const Root &root, Bytes key, std::optional<TreeValue> *found) noexcept {
  if (root.height == 0 || root.height > format::kMaxHeight) return Told::no;
  format::Child child{root.block, root.transaction};
  for (unsigned level = root.height - 1;; --level) {
    const std::byte *page = pages.known(child, level);
    if (page == nullptr) return Told::no;
    if (level == 0) {
      if (const auto entry = format::page_find(page, key)) *found = TreeValue{entry->value, entry->spilled};
      return Told::yes;
    }
    child = format::page_child(page, format::page_child_index(page, key));
  }
}

}  // namespace

Result<std::optional<MapValue>> MapReader::get(Bytes key) const {
  std::optional<TreeValue> found;
  if (look_up(*scope_.pages, root_, key, &found) == Told::no) {
    DELTOS_ASSIGN(found, Tree::find(*scope_.pages, root_, key));
  }
  if (!found) return std::optional<MapValue>();
  DELTOS_ASSIGN(const MapValue value, value_of(*found));
  return std::optional(value);
}

Result<std::uint64_t> MapReader::count(const MapBounds &bounds) const {
  std::uint64_t count = 0;
  if (bounds.none()) return count;
  TreeCursor at = cursor(), end = cursor();
  DELTOS_TRY(at.seek(bounds.low));
  if (bounds.high) DELTOS_TRY(end.seek(*bounds.high));
  while (at.valid()) {
    if (end.valid() && at.leaf() == end.leaf()) return count + (end.index() - at.index());
    std::uint64_t passed = 0;
    DELTOS_TRY(at.next_leaf(&passed));
    count += passed;
  }
  return count;
}

Result<format::SortedMap> find_map(const Snapshot::Scope &scope, std::uint64_t id) {
  DELTOS_ASSIGN(const auto object, find_object(scope, id));
  if (object && object->kind == format::kKindSortedMap) return object->map;
  Error error = fail(
      Code::stale,
      "this state has no sorted map with id %" PRIu64 ": it was created later, or has been deleted or replaced", id);
  error.object_id = id;
  return error;
}

}  // namespace deltos::store
