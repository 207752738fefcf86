#include "store/snapshot.hpp"

#include "store/catalogue.hpp"
#include "store/copy.hpp"
#include "store/sorted_map.hpp"

namespace deltos::store {

Result<std::shared_ptr<const PublishedSnapshot>> PublishedSnapshot::begin(const std::shared_ptr<Storage> &storage,
                                                                          PinKind kind) {
  DELTOS_TRY(storage->state().check_open());
  auto pinned = pin_newest(storage->state(), kind);
  if (!pinned.ok()) DELTOS_TRY(storage->state().check_whole());
  if (!pinned.ok()) return std::move(pinned).error();
  return adopt(storage, *pinned, kind);
}

Result<std::shared_ptr<const PublishedSnapshot>> PublishedSnapshot::adopt(const std::shared_ptr<Storage> &storage,
                                                                          const PinnedRoot &pinned, PinKind kind) {
  StorageState &state = storage->state();
  auto mapping = state.mapping_for(pinned.file_blocks);
  if (!mapping.ok()) {
    unpin(state, pinned, kind);
    return std::move(mapping).error();
  }
  std::shared_ptr<const PublishedSnapshot> snapshot(
      new PublishedSnapshot(storage, pinned, kind, *std::move(mapping), state));
  if (kind == PinKind::explicit_) state.snapshots.fetch_add(1);
  return snapshot;
}

PublishedSnapshot::PublishedSnapshot(std::weak_ptr<Storage> storage, PinnedRoot pinned, PinKind kind,
                                     std::shared_ptr<os::Mapping> mapping, StorageState &state)
    : storage_(std::move(storage)),
      pinned_(pinned),
      kind_(kind),
      mapping_(std::move(mapping)),
      pages_(mapping_->data(), pinned_.file_blocks, state.uuid_low, &state.memo) {
  if (kind_ != PinKind::call || state.options.mode != Mode::read || !ReadPages::worth_it(state.first_pages)) return;
  first_.reset(new FirstPages(state.file(), pinned_.file_blocks, state.uuid_low, &state.first_pages, &pages_));
}

PublishedSnapshot::~PublishedSnapshot() {
  const auto storage = storage_.lock();
  if (!storage) return;
  if (kind_ == PinKind::explicit_) storage->state().snapshots.fetch_sub(1);
  unpin(storage->state(), pinned_, kind_);
}

Result<std::shared_ptr<Storage>> PublishedSnapshot::storage() const {
  auto storage = storage_.lock();
  if (!storage) return fail(Code::closed, "the storage of this snapshot has been closed");
  DELTOS_TRY(storage->state().check_open());
  return storage;
}

Result<Snapshot::Scope> PublishedSnapshot::scope() const {
  PageSource *pages = first_ ? static_cast<PageSource *>(first_.get()) : &pages_;
  return Scope{pages, pinned_.root, pinned_.file_blocks, mapping_->data()};
}

Result<format::SortedMap> PublishedSnapshot::map(std::uint64_t id) const {
  DELTOS_ASSIGN(const Scope at, scope());
  return find_map(at, id);
}

// ---- what every kind of snapshot answers
// ----------------------------------------------------------------------------------

Result<std::optional<format::Object>> Snapshot::find(std::string_view name) const {
  DELTOS_ASSIGN(const auto keep, storage());
  DELTOS_TRY(format::check_name(name));
  DELTOS_ASSIGN(const Scope at, scope());
  return keep->state().if_whole(find_named(at, name));
}

Result<std::optional<format::Object>> Snapshot::find_id(std::uint64_t id) const {
  DELTOS_ASSIGN(const auto keep, storage());
  DELTOS_ASSIGN(const Scope at, scope());
  return keep->state().if_whole(find_object(at, id));
}

namespace {

Result<std::optional<format::Metadatum>> read_metadatum(const Snapshot::Scope &at, std::uint64_t object,
                                                        std::string_view key) {
  DELTOS_ASSIGN(const auto value, Tree::find(*at.pages, at.root, format::metadatum_key(object, key)));
  if (!value) return std::optional<format::Metadatum>();
  DELTOS_ASSIGN(const auto bytes, read_value(at, *value));
  DELTOS_ASSIGN(auto item, format::decode_metadatum(bytes));
  return std::optional(std::move(item));
}

Result<std::vector<std::string>> read_metadata_keys(const Snapshot::Scope &at, std::uint64_t object) {
  std::vector<std::string> keys;
  const std::vector<std::byte> prefix = format::metadatum_key(object, "");
  TreeCursor cursor(*at.pages, at.root);
  DELTOS_TRY(cursor.seek(prefix));
  while (cursor.valid()) {
    const std::string_view key = text_of(cursor.key());
    if (!key.starts_with(text_of(prefix))) break;
    keys.emplace_back(key.substr(prefix.size()));
    DELTOS_TRY(cursor.next());
  }
  return keys;
}

// The smallest key behind everything that starts with `text`; text must not be empty.
std::vector<std::byte> behind_prefix(std::string_view text) {
  std::vector<std::byte> key = format::name_key(text);
  while (key.size() > 1 && key.back() == std::byte{0xFF}) key.pop_back();
  key.back() = static_cast<std::byte>(std::to_integer<unsigned>(key.back()) + 1);
  return key;
}

using Entry = Snapshot::Entry;

// Where a listing goes on behind the entry `after`; empty: where it begins.
std::vector<std::byte> list_position(std::string_view prefix, bool one_level, const std::string &after) {
  if (after.empty()) return format::name_key(prefix);
  if (one_level && after.ends_with('/')) return behind_prefix(after);
  return format::name_key(after + '\0');
}

Result<Entry> entry_of(const Snapshot::Scope &at, std::string_view name, const TreeValue &value) {
  if (value.spilled || value.bytes.size() != 8) {
    return fail(Code::corrupt, "the catalogue entry of %s is not an id", in_quotes(name).c_str());
  }
  const auto id = load<std::uint64_t>(value.bytes.data());
  DELTOS_ASSIGN(const auto object, find_object(at, id));
  if (!object) return fail(Code::corrupt, "the name %s leads to an object that is not there", in_quotes(name).c_str());
  return Entry{std::string(name), id, object->kind, false, object->payload_bytes};
}

Result<std::vector<Entry>> read_list(const Snapshot::Scope &at, std::string_view prefix, bool one_level,
                                     const std::string &after, std::size_t capacity) {
  std::vector<Entry> entries;
  if (prefix.size() > format::kMaxNameBytes) return entries;
  TreeCursor cursor(*at.pages, at.root);
  DELTOS_TRY(cursor.seek(list_position(prefix, one_level, after)));
  while (cursor.valid() && entries.size() < capacity) {
    const Bytes key = cursor.key();
    if (key.empty() || key[0] != std::byte{format::kName}) break;
    const std::string_view name = text_of(key.subspan(1));
    if (!name.starts_with(prefix)) break;
    const std::size_t slash = one_level ? name.find('/', prefix.size()) : std::string_view::npos;
    if (slash != std::string_view::npos) {
      Entry folded;
      folded.name = name.substr(0, slash + 1);
      folded.is_prefix = true;
      DELTOS_TRY(cursor.seek(behind_prefix(folded.name)));
      entries.push_back(std::move(folded));
      continue;
    }
    DELTOS_ASSIGN(Entry entry, entry_of(at, name, cursor.value()));
    entries.push_back(std::move(entry));
    DELTOS_TRY(cursor.next());
  }
  return entries;
}

}  // namespace

Result<std::optional<format::Metadatum>> Snapshot::metadatum(std::uint64_t object, std::string_view key) const {
  DELTOS_ASSIGN(const auto keep, storage());
  DELTOS_TRY(format::check_metadata_key(key));
  DELTOS_ASSIGN(const Scope at, scope());
  return keep->state().if_whole(read_metadatum(at, object, key));
}

Result<std::vector<std::string>> Snapshot::metadata_keys(std::uint64_t object) const {
  DELTOS_ASSIGN(const auto keep, storage());
  DELTOS_ASSIGN(const Scope at, scope());
  return keep->state().if_whole(read_metadata_keys(at, object));
}

Result<std::vector<Snapshot::Entry>> Snapshot::list(std::string_view prefix, bool one_level, const std::string &after,
                                                    std::size_t capacity) const {
  DELTOS_ASSIGN(const auto keep, storage());
  DELTOS_ASSIGN(const Scope at, scope());
  return keep->state().if_whole(read_list(at, prefix, one_level, after, capacity));
}

Status Snapshot::copy_to(const std::string &path, bool replace, const Progress &progress) const {
  return copy_snapshot(*this, path, replace, progress);
}

Status Snapshot::compact_to(const std::string &path, bool replace, const Progress &progress) const {
  return compact_snapshot(*this, path, replace, progress);
}

}  // namespace deltos::store
