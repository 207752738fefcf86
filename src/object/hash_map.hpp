// Hash maps, in a storage or in memory of the caller's.
#pragma once

#include "map/builder.hpp"
#include "map/reader.hpp"
#include "object/record_table.hpp"

namespace deltos::object {

constexpr std::uint8_t kKindHashMap = 6;

// Keeps its bytes where they are. Immutable; any thread.
class HashMap {
 public:
  using Pointer = std::shared_ptr<const HashMap>;

  // layout: not aligned to 64. Else as Reader::open(), and that of its record table.
  static Result<Pointer> in_memory(Bytes image, std::shared_ptr<const void> owner);
  // The payload of an object of this kind; counts as a view of it.
  static Result<Pointer> stored(const store::ObjectRef &object);

  const map::Reader &reader() const { return reader_; }
  const std::int64_t *shape() const { return &bytes_; }             // one dimension: of bytes
  const RecordTable::Pointer &records() const { return records_; }  // nullptr: values are not records

  // Of a map of values: one of those that an entry leads to. type, range.
  Result<Value::Pointer> value(const map::Entry &entry, std::uint64_t index) const;
  // All keys, or all values, of pairs. layout, readonly.
  Result<View> column(bool of_keys, std::int32_t flags) const;

 private:
  HashMap(map::Reader reader, RecordTable::Pointer records, std::shared_ptr<const void> owner)
      : reader_(reader),
        records_(std::move(records)),
        bytes_(static_cast<std::int64_t>(reader_.image().size())),
        owner_(std::move(owner)) {}

  map::Reader reader_;
  RecordTable::Pointer records_;
  std::int64_t bytes_;
  std::shared_ptr<const void> owner_;
};

// Sealed. `replace`: a hash map of that name gives way, and keeps its id; kind: something else has the name.
Result<std::shared_ptr<store::ObjectRef>> store_hash_map(store::Transaction &transaction, std::string_view name,
                                                         map::Builder &builder, bool replace);

}  // namespace deltos::object
