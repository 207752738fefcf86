// Objects that are one image of bytes, which explains itself: values and record tables.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "store/transaction.hpp"

namespace deltos::object {

struct StoredImage {
  Bytes bytes;
  std::shared_ptr<const void> owner;  // counts as a view of the object
};

// kind: the object is of another, and not `what`.
Result<StoredImage> stored_image(const store::ObjectRef &object, std::uint8_t kind, const char *what);

using BytesSink = std::function<Status(Bytes)>;

// A new object of `bytes` bytes, open, with what `write` gives to its sink, piece by piece; it may call functions of
// the user's. Within Transaction::all_or_nothing(). `old`: takes its place, under its name and id.
Result<std::shared_ptr<store::ObjectRef>> create_image(store::Transaction &transaction, std::string_view name,
                                                       std::uint8_t kind, std::uint64_t bytes,
                                                       const std::function<Status(const BytesSink &)> &write,
                                                       const store::ObjectRef *old = nullptr);

}  // namespace deltos::object
