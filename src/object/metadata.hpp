// Metadata: small typed values under keys, of an object or of the storage itself (the name "").
#pragma once

#include <map>
#include <mutex>

#include "store/transaction.hpp"

namespace deltos::object {

constexpr std::string_view kTextFormat = "u8";  // UTF-8 text
constexpr std::string_view kBytesFormat = "B";  // without a shape: raw bytes

// Finds values and keeps what it has lent: what get() and list() give stays where it is until the reader goes, or, in a
// transaction, until the value is asked for again after it was changed. Any number of threads.
class MetadataReader {
 public:
  explicit MetadataReader(std::shared_ptr<const store::Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}

  struct Item {
    const std::string *key;
    const format::Metadatum *value;
  };
  // nullopt: no such value. not_found: no such object. corrupt: a value whose size is not that of its type and shape.
  Result<std::optional<Item>> get(std::string_view name, std::string_view key);
  // In byte order of keys.
  Result<std::vector<Item>> list(std::string_view name);

 private:
  using Key = std::pair<std::uint64_t, std::string>;
  Result<std::optional<Item>> lend(std::uint64_t object, std::string_view key);

  std::shared_ptr<const store::Snapshot> snapshot_;
  std::mutex mutex_;  // leaf: around the map only
  std::map<Key, format::Metadatum> lent_;
};

// invalid: text that is not UTF-8, a size that is not that of type and shape. format: a type that cannot be stored.
// limit.
Status set_metadatum(store::Transaction &transaction, std::string_view name, std::string_view key,
                     const format::Metadatum &item);
Status remove_metadatum(store::Transaction &transaction, std::string_view name, std::string_view key);

}  // namespace deltos::object
