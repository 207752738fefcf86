// The catalogue as typed look-ups over the tree: names, objects, metadata.
#pragma once

#include "store/storage.hpp"
#include "store/tree.hpp"

namespace deltos::store {

// A value's bytes, fetched from its extent when it is spilled; the extent's sum is checked.
Result<std::vector<std::byte>> read_value(const Snapshot::Scope &scope, const TreeValue &value);
// The id under a name; nullopt: no such name.
Result<std::optional<std::uint64_t>> find_id(const Snapshot::Scope &scope, std::string_view name);
Result<std::optional<format::Object>> find_object(const Snapshot::Scope &scope, std::uint64_t id);
// By name; corrupt when the name leads nowhere.
Result<std::optional<format::Object>> find_named(const Snapshot::Scope &scope, std::string_view name);
// An object's payload place; empty objects have none. Of an array: its first chunk, which it keeps as long as it lives.
inline const format::Extent *payload_extent(const format::Object &object) {
  if (object.kind == format::kKindArray) return &object.extents[1];
  return object.extents.empty() || object.extents.front().bytes == 0 ? nullptr : &object.extents.front();
}

// The kObject key's id, or the id in a kMetadatum key; nullopt: too short.
std::optional<std::uint64_t> id_in_key(Bytes key);

// "x" for messages: in_quotes, and shortened when it is long.
std::string in_quotes(std::string_view name);

}  // namespace deltos::store
