#include "store/catalogue.hpp"

#include <cinttypes>

#include "store/sorted_map.hpp"

namespace deltos::store {

Result<std::vector<std::byte>> read_value(const Snapshot::Scope &scope, const TreeValue &value) {
  if (!value.spilled) return std::vector<std::byte>(value.bytes.begin(), value.bytes.end());
  DELTOS_ASSIGN(const format::Spill spill, format::decode_spill(value.bytes, scope.file_blocks));
  const Bytes stored(scope.data + spill.offset, spill.bytes);
  std::vector<std::byte> copy(stored.begin(), stored.end());
  if (hash64(copy) != spill.xxh3) {
    return fail(Code::corrupt,
                "a catalogue value of %" PRIu64 " bytes at offset %" PRIu64 " does not match its checksum", spill.bytes,
                spill.offset);
  }
  return copy;
}

Result<std::optional<std::uint64_t>> find_id(const Snapshot::Scope &scope, std::string_view name) {
  DELTOS_ASSIGN(const auto value, Tree::find(*scope.pages, scope.root, format::name_key(name)));
  if (!value) return std::optional<std::uint64_t>();
  if (value->spilled || value->bytes.size() != 8) {
    return fail(Code::corrupt, "the catalogue entry of %s is not an id", in_quotes(name).c_str());
  }
  return std::optional(load<std::uint64_t>(value->bytes.data()));
}

namespace {

Result<std::optional<format::Object>> find_record(const Snapshot::Scope &scope, std::uint64_t id) {
  DELTOS_ASSIGN(const auto value, Tree::find(*scope.pages, scope.root, format::object_key(id)));
  if (!value) return std::optional<format::Object>();
  if (!value->spilled) {
    DELTOS_ASSIGN(auto object, format::decode_object(value->bytes, id, scope.file_blocks));
    return std::optional(std::move(object));
  }
  DELTOS_ASSIGN(const auto bytes, read_value(scope, *value));
  DELTOS_ASSIGN(auto object, format::decode_object(bytes, id, scope.file_blocks));
  return std::optional(std::move(object));
}

}  // namespace

Result<std::optional<format::Object>> find_object(const Snapshot::Scope &scope, std::uint64_t id) {
  DELTOS_ASSIGN(auto object, find_record(scope, id));
  if (!object || object->kind != format::kKindSortedMap || scope.maps == nullptr) return object;
  if (const OpenMap *open = scope.maps->find(id)) object->set_map(open->now);
  return object;
}

Result<std::optional<format::Object>> find_named(const Snapshot::Scope &scope, std::string_view name) {
  DELTOS_ASSIGN(const auto id, find_id(scope, name));
  if (!id) return std::optional<format::Object>();
  DELTOS_ASSIGN(auto object, find_object(scope, *id));
  if (!object || object->name != name) {
    return fail(Code::corrupt, "the name %s leads to object %" PRIu64 ", which is %s", in_quotes(name).c_str(), *id,
                object ? "called otherwise" : "not there");
  }
  return object;
}

std::optional<std::uint64_t> id_in_key(Bytes key) {
  if (key.size() < 9) return std::nullopt;
  std::uint64_t id = 0;
  for (std::size_t i = 1; i < 9; ++i) id = id << 8 | std::to_integer<std::uint64_t>(key[i]);
  return id;
}

std::string in_quotes(std::string_view name) {
  constexpr std::size_t kShown = 120;
  std::string text = "\"";
  if (name.size() <= kShown) return text.append(name).append("\"");
  std::size_t cut = kShown;
  while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xC0) == 0x80) --cut;  // not inside a character
  return text.append(name.substr(0, cut)).append("...\"");
}

}  // namespace deltos::store
