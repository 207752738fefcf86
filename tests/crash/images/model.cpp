#include "crash/images/model.hpp"

#include <algorithm>
#include <cstring>

namespace deltos::crash {
namespace {

constexpr std::uint64_t kWords = kPage / 8;
constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

std::uint64_t expected_word(const Content &content, std::uint64_t block, std::uint64_t index) {
  if (content.zero) return 0;
  switch (index) {
    case 0:
      return content.id;
    case 1:
      return content.seed;
    case 2:
      return content.transaction;
    default:
      return (content.seed * 1000003 + block) * kStep + index;
  }
}

void fill_block(const Content &content, std::uint64_t block, std::uint64_t words, std::uint64_t *out) {
  for (std::uint64_t i = 0; i < words; ++i) out[i] = expected_word(content, block, i);
}

std::string items_difference(const std::string &whose, const std::map<std::string, Item> &items, std::uint64_t id,
                             const store::Snapshot &snapshot) {
  auto keys = snapshot.metadata_keys(id);
  if (!keys.ok()) return whose + ": " + keys.error().message;
  if (keys->size() != items.size()) return whose + ": another number of metadata items";
  for (const auto &[key, item] : items) {
    auto found = snapshot.metadatum(id, key);
    if (!found.ok()) return whose + ": " + found.error().message;
    if (!*found) return whose + ": item " + key + " is missing";
    if ((*found)->data != item.metadatum().data) return whose + ": item " + key + " has another value";
  }
  return {};
}

// By what the format says, not by what the library makes of it.
std::string array_difference(const std::string &name, const ModelObject &wanted, const format::Object &found,
                             const std::byte *data, const Words *words) {
  std::uint64_t count = 0;
  if (std::string wrong = expected_elements(wanted, found, words, &count); !wrong.empty()) return name + ": " + wrong;
  std::uint64_t index = 0;
  for (std::size_t chunk = 1; chunk < found.extents.size(); ++chunk) {
    const format::Extent &place = found.extents[chunk];
    for (std::uint64_t at = 0; at < place.bytes && index < count; at += kElementBytes, ++index) {
      if (load<std::uint64_t>(data + place.offset + at) != element_word(wanted.id, index))
        return name + ": element " + std::to_string(index) + " of " + std::to_string(count) + " is not its own";
    }
  }
  return index == count ? "" : name + ": more elements than room";
}

std::string object_difference(const std::string &name, const ModelObject &wanted, const format::Object &found,
                              const std::byte *data, const Words *words) {
  if (found.id != wanted.id) return name + ": id " + std::to_string(found.id) + ", not " + std::to_string(wanted.id);
  if (found.sealed != wanted.sealed) return name + ": sealed or not";
  if (wanted.array) return array_difference(name, wanted, found, data, words);
  const Content &content = wanted.content;
  if (found.payload_bytes != content.bytes) return name + ": another size";
  if (content.bytes == 0) return {};
  const std::byte *payload = data + found.extents[0].offset;
  if (!content.matches(payload)) return name + ": the payload is not its own or not whole";
  const auto word = load<std::uint64_t>(payload + content.word_offset());
  if (words != nullptr && !words->allows(content, word)) {
    return name + ": a word stored in place is too old or was never stored (" + std::to_string(word) + ")";
  }
  return {};
}

}  // namespace

std::uint64_t Content::word_offset() const { return std::min(bytes, kPage) - 8; }

void Content::fill(std::byte *data) const {
  std::uint64_t block[kWords];
  for (std::uint64_t at = 0; at < bytes && !zero; at += kPage) {
    const std::uint64_t now = std::min(kPage, bytes - at);
    fill_block(*this, at / kPage, now / 8, block);
    std::memcpy(data + at, block, now);
  }
  if (bytes != 0) save(data + word_offset(), word);
}

bool Content::matches(const std::byte *data) const {
  std::uint64_t block[kWords];
  for (std::uint64_t at = 0; at < bytes; at += kPage) {
    const std::uint64_t now = std::min(kPage, bytes - at), whole = at == 0 ? word_offset() : now;
    fill_block(*this, at / kPage, now / 8, block);
    if (std::memcmp(data + at, block, whole) != 0) return false;
  }
  return true;
}

format::Metadatum Item::metadatum() const {
  format::Metadatum item;
  item.format = "B";
  item.data.resize(bytes);
  for (std::uint64_t i = 0; i < bytes; ++i) item.data[i] = static_cast<std::byte>(seed * 31 + i / 7 + 1);
  item.shape = {static_cast<std::int64_t>(bytes)};
  return item;
}

std::uint64_t element_word(std::uint64_t id, std::uint64_t index) { return (id << 32) + index * kStep + 1; }

std::string expected_elements(const ModelObject &wanted, const format::Object &found, const Words *words,
                              std::uint64_t *count) {
  if (found.kind != format::kKindArray) return "not an array";
  if (found.payload_bytes != wanted.length * kElementBytes) {
    return "the record tells of " + std::to_string(found.payload_bytes / kElementBytes) + " elements, not " +
           std::to_string(wanted.length);
  }
  *count = wanted.length;
  const LengthStore *live = words == nullptr || wanted.length_is_live ? nullptr : words->length_of(wanted.id);
  if (live == nullptr) return {};
  std::uint64_t room = 0;
  for (std::size_t chunk = 1; chunk < found.extents.size(); ++chunk) room += found.extents[chunk].bytes;
  *count = std::min(live->length, room / kElementBytes);
  if (!live->committed || *count == live->length) return {};
  return "room for " + std::to_string(*count) + " of " + std::to_string(live->length) + " elements that were committed";
}

const LengthStore *Words::length_of(std::uint64_t id) const {
  const auto found = lengths_.find(id);
  return found == lengths_.end() ? nullptr : &found->second;
}

Words::Words(const History &history, std::size_t events, std::int64_t barrier, bool alive) {
  for (const InPlaceStore &store : history.stores) {
    if (store.event >= events) continue;
    std::vector<std::uint64_t> &values = allowed_[store.content];
    const bool settled = alive || static_cast<std::int64_t>(store.event) < barrier;
    if (settled) values.clear();
    if (!settled && values.empty()) values.push_back(UINT64_MAX);  // stands for the first value
    values.push_back(store.word);
  }
  for (const LengthStore &length : history.lengths) {
    if (alive && length.event < events) lengths_[length.id] = length;
  }
}

bool Words::allows(const Content &content, std::uint64_t word) const {
  const auto values = allowed_.find(content.number);
  if (values == allowed_.end()) return word == content.word;
  return std::any_of(values->second.begin(), values->second.end(), [&](std::uint64_t value) {
    return value == word || (value == UINT64_MAX && word == content.word);
  });
}

store::NewObject new_object(std::uint64_t bytes) {
  store::NewObject object;
  object.kind = 1;
  object.dtype = 12;
  object.item_bytes = 8;
  object.payload_bytes = bytes;
  object.shape = {static_cast<std::int64_t>(bytes / 8)};
  object.format = "d";
  return object;
}

std::string difference(const Model &model, const store::Snapshot &snapshot, const Words *words) {
  auto entries = snapshot.list("", false, "", 1000);
  if (!entries.ok()) return entries.error().message;
  if (entries->size() != model.objects.size() || snapshot.object_count() != model.objects.size()) {
    return std::to_string(entries->size()) + " objects, not " + std::to_string(model.objects.size());
  }
  auto scope = snapshot.scope();
  if (!scope.ok()) return scope.error().message;
  for (const auto &[name, wanted] : model.objects) {
    auto found = snapshot.find(name);
    if (!found.ok()) return name + ": " + found.error().message;
    if (!*found) return name + " is missing";
    std::string wrong = object_difference(name, wanted, **found, scope->data, words);
    if (wrong.empty()) wrong = items_difference(name, wanted.items, wanted.id, snapshot);
    if (!wrong.empty()) return wrong;
  }
  return items_difference("the storage", model.items, 0, snapshot);
}

}  // namespace deltos::crash
