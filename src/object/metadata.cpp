#include "object/metadata.hpp"

#include "dtype/format.hpp"
#include "dtype/layout.hpp"

namespace deltos::object {
namespace {

constexpr std::uint64_t kStorageItself = 0;

int shown(std::string_view text) { return static_cast<int>(std::min<std::size_t>(text.size(), 200)); }

Result<std::uint64_t> owner_id(const store::Snapshot &snapshot, std::string_view name) {
  if (name.empty()) return kStorageItself;
  DELTOS_TRY(format::check_name(name));
  DELTOS_ASSIGN(const std::optional<format::Object> object, snapshot.find(name));
  if (!object) return fail(Code::not_found, "there is no object \"%.*s\"", shown(name), name.data());
  return object->id;
}

Status check_value(std::string_view key, const format::Metadatum &item) {
  if (item.format == kTextFormat) {
    if (!item.shape.empty()) return fail(Code::invalid, "\"%.*s\" is text and has no shape", shown(key), key.data());
    if (!format::is_utf8({reinterpret_cast<const char *>(item.data.data()), item.data.size()})) {
      return fail(Code::invalid, "\"%.*s\" is no UTF-8; store it as \"B\"", shown(key), key.data());
    }
    return {};
  }
  if (item.format == kBytesFormat && item.shape.empty()) return {};
  DELTOS_ASSIGN(const dtype::Format type, dtype::parse_format(item.format));
  DELTOS_ASSIGN(const std::uint64_t bytes, dtype::byte_count(item.shape, type.item_bytes));
  if (bytes == item.data.size()) return {};
  return fail(Code::invalid, "\"%.*s\" has %zu bytes, but its format and shape make %llu", shown(key), key.data(),
              item.data.size(), static_cast<unsigned long long>(bytes));
}

Status check_limits(std::string_view key, const format::Metadatum &item) {
  if (key.size() > format::kMaxMetadataKeyBytes) {
    return fail(Code::limit, "a key of metadata has at most %zu bytes, this one %zu", format::kMaxMetadataKeyBytes,
                key.size());
  }
  if (item.data.size() > format::kMaxMetadatumBytes) {
    return fail(Code::limit, "\"%.*s\" has %zu bytes, metadata holds at most %zu; store it as a buffer", shown(key),
                key.data(), item.data.size(), format::kMaxMetadatumBytes);
  }
  if (item.shape.size() > static_cast<std::size_t>(format::kMaxDimensions)) {
    return fail(Code::limit, "\"%.*s\" has %zu dimensions, at most %d are possible", shown(key), key.data(),
                item.shape.size(), format::kMaxDimensions);
  }
  return {};
}

}  // namespace

Result<std::optional<MetadataReader::Item>> MetadataReader::lend(std::uint64_t object, std::string_view key) {
  DELTOS_ASSIGN(std::optional<format::Metadatum> found, snapshot_->metadatum(object, key));
  if (!found) return std::optional<Item>();
  const Status checked = check_value(key, *found);
  if (!checked.ok()) return fail(Code::corrupt, "metadata is damaged: %s", checked.error().message.c_str());
  std::map<Key, format::Metadatum> fresh;  // allocated before the lock is taken
  const auto entry = fresh.try_emplace(Key(object, key), std::move(*found)).first;
  const format::Metadatum &value = entry->second;
  std::map<Key, format::Metadatum>::node_type retired;
  const std::lock_guard lock(mutex_);
  const auto known = lent_.find(entry->first);
  if (known != lent_.end()) {
    const format::Metadatum &old = known->second;
    if (old.format == value.format && old.shape == value.shape && old.data == value.data) {
      return std::optional<Item>(Item{&known->first.second, &old});
    }
    retired = lent_.extract(known);
  }
  const auto kept = lent_.insert(fresh.extract(entry)).position;
  return std::optional<Item>(Item{&kept->first.second, &kept->second});
}

Result<std::optional<MetadataReader::Item>> MetadataReader::get(std::string_view name, std::string_view key) {
  DELTOS_TRY(format::check_metadata_key(key));
  DELTOS_ASSIGN(const std::uint64_t object, owner_id(*snapshot_, name));
  return lend(object, key);
}

Result<std::vector<MetadataReader::Item>> MetadataReader::list(std::string_view name) {
  DELTOS_ASSIGN(const std::uint64_t object, owner_id(*snapshot_, name));
  DELTOS_ASSIGN(const std::vector<std::string> keys, snapshot_->metadata_keys(object));
  std::vector<Item> items;
  items.reserve(keys.size());
  for (const std::string &key : keys) {
    DELTOS_ASSIGN(const std::optional<Item> item, lend(object, key));
    if (item) items.push_back(*item);
  }
  return items;
}

Status set_metadatum(store::Transaction &transaction, std::string_view name, std::string_view key,
                     const format::Metadatum &item) {
  DELTOS_TRY(check_limits(key, item));
  DELTOS_TRY(format::check_metadata_key(key));
  DELTOS_TRY(check_value(key, item));
  return transaction.set_metadatum(name, key, item);
}

Status remove_metadatum(store::Transaction &transaction, std::string_view name, std::string_view key) {
  DELTOS_TRY(format::check_metadata_key(key));
  DELTOS_ASSIGN(const std::uint64_t object, owner_id(*transaction.snapshot(), name));
  DELTOS_ASSIGN(const bool removed, transaction.remove_metadatum(object, key));
  if (removed) return {};
  return fail(Code::not_found, "there is no metadata \"%.*s\"", shown(key), key.data());
}

}  // namespace deltos::object
