// Buffers: n-dimensional memory of one element type under a name, stored C-contiguous.
#pragma once

#include <string_view>

#include "object/view.hpp"
#include "store/transaction.hpp"

namespace deltos::object {

constexpr std::uint8_t kKindBuffer = 1;

using ObjectPtr = std::shared_ptr<store::ObjectRef>;

// A buffer with the items of `content`, whatever its layout; written to the file piece by piece, in C order. On failure
// the name is free again.
Result<ObjectPtr> create_buffer(store::Transaction &transaction, std::string_view name, const Memory &content);
// A buffer that reads as zero.
Result<ObjectPtr> create_zeroed_buffer(store::Transaction &transaction, std::string_view name,
                                       const dtype::Format &format, std::vector<std::int64_t> shape);
// New content under the name and id of `old`; commit swaps it in. kind: not a buffer. stale: not current in the
// transaction. When the content cannot be written, the transaction is aborted.
Result<ObjectPtr> replace_buffer(store::Transaction &transaction, const store::ObjectRef &old, const Memory &content);
// A private copy of what `old` holds now takes its place with the commit.
Result<ObjectPtr> copy_buffer(store::Transaction &transaction, const store::ObjectRef &old);

// The object's memory, answering a request (dtype/request.hpp); it stays as long as the view's memory is held.
// layout: elements would not be aligned. corrupt: the record's type is not one that fits its element size.
Result<View> export_buffer(const store::ObjectRef &object, std::int32_t flags);

}  // namespace deltos::object
