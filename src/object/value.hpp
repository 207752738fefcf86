// Values: self-describing trees, sealed in a storage or in memory of the caller's.
#pragma once

#include "object/view.hpp"
#include "store/transaction.hpp"
#include "value/builder.hpp"
#include "value/compare.hpp"

namespace deltos::object {

constexpr std::uint8_t kKindValue = 4;

// Keeps its bytes where they are. Immutable; any thread.
class Value {
 public:
  using Pointer = std::shared_ptr<const Value>;

  // layout: not aligned to 8. Else as Reader::open().
  static Result<Pointer> in_memory(Bytes image, std::shared_ptr<const void> owner);
  // The payload of an object of this kind; counts as a view of it.
  static Result<Pointer> stored(const store::ObjectRef &object);

  const value::Reader &reader() const { return reader_; }
  const std::int64_t *shape() const { return &bytes_; }  // one dimension: of bytes
  // kind: neither an array nor elements that lie as numbers.
  Result<View> view(value::Cell node, std::int32_t flags) const;

 private:
  Value(std::shared_ptr<value::Texts> texts, value::Reader reader, std::shared_ptr<const void> owner)
      : texts_(std::move(texts)),
        reader_(reader),
        bytes_(static_cast<std::int64_t>(reader.image().size())),
        owner_(std::move(owner)) {}

  std::shared_ptr<value::Texts> texts_;
  value::Reader reader_;
  std::int64_t bytes_;
  std::shared_ptr<const void> owner_;
};

// Elements of any layout, in C order.
Status put_memory(value::Builder &builder, const Memory &memory, std::uint64_t name);

Result<std::shared_ptr<store::ObjectRef>> store_value(store::Transaction &transaction, std::string_view name,
                                                      value::Builder &builder);

}  // namespace deltos::object
