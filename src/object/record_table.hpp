// Record tables: rows of one schema, in a storage or in memory of the caller's.
#pragma once

#include <atomic>

#include "object/value.hpp"
#include "object/view.hpp"
#include "record/builder.hpp"
#include "record/reader.hpp"
#include "store/transaction.hpp"

namespace deltos::object {

constexpr std::uint8_t kKindRecordTable = 5;

// Keeps its bytes where they are. Immutable but for the items of WRITABLE slots; any thread.
class RecordTable {
 public:
  using Pointer = std::shared_ptr<const RecordTable>;

  // layout: not aligned to 8. Else as Reader::open().
  static Result<Pointer> in_memory(Bytes image, std::shared_ptr<const void> owner);
  // The payload of an object of this kind; counts as a view of it.
  static Result<Pointer> stored(const store::ObjectRef &object);

  const record::Reader &reader() const { return reader_; }
  const std::int64_t *shape() const { return &bytes_; }  // one dimension: of bytes

  // nullptr: null or unset. layout: not aligned.
  Result<Value::Pointer> value(std::uint64_t row, std::uint64_t slot) const;

  // Views, each answering a request. `object` is what was opened with stored(), in its present state; null: none.
  Result<View> rows(const store::ObjectRef *object, std::int32_t flags) const;
  Result<View> heap(const store::ObjectRef *object, std::int32_t flags) const;
  Result<View> column(const store::ObjectRef *object, std::uint64_t slot, std::int32_t flags) const;
  // The offsets of a column of text or values. Both of them have been checked as a whole; has_offsets() says whether a
  // slot has some.
  bool has_offsets(std::uint64_t slot) const;
  Result<View> offsets(const store::ObjectRef *object, std::uint64_t slot, std::int32_t flags) const;
  // nullopt: the slot has no such bits.
  Result<std::optional<View>> presence(const store::ObjectRef *object, std::uint64_t slot, bool of_null,
                                       std::int32_t flags) const;

 private:
  struct Shown;  // what a view shows of the image
  RecordTable(record::Reader reader, std::shared_ptr<const void> owner);
  Result<View> view(const store::ObjectRef *object, Shown shown, std::int32_t flags, bool may_write) const;
  Status check_offsets_once(const store::ObjectRef *object, std::size_t slot) const;

  record::Reader reader_;
  std::int64_t bytes_;
  std::shared_ptr<const void> owner_;
  std::unique_ptr<std::atomic<bool>[]> checked_;  // offsets, by slot
};

// Sealed unless the schema has a WRITABLE slot.
Result<std::shared_ptr<store::ObjectRef>> store_record_table(store::Transaction &transaction, std::string_view name,
                                                             record::Builder &builder);

}  // namespace deltos::object
