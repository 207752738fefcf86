// Memory with a type and a layout, whoever it belongs to: what views show and buffers are made of.
//
// A Description is what a caller says; a Memory is what has been checked of it, with arrays and format of its own. What
// keeps the bytes alive is the Memory's owner: an export of a storage, or the caller's release function.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "dtype/format.hpp"
#include "dtype/layout.hpp"
#include "dtype/subview.hpp"

namespace deltos::object {

// Borrowed in every part. The zeros of a struct that somebody filled in part mean: derive it.
struct Description {
  std::byte *data = nullptr;
  std::int32_t ndim = 0;
  std::int32_t dtype = 0;
  bool readonly = false;
  std::uint64_t bytes = 0;                 // 0: what shape and item size give
  std::uint64_t item_bytes = 0;            // 0: what format or dtype give
  std::optional<std::string_view> format;  // nullopt: from dtype, else unsigned bytes
  const std::int64_t *shape = nullptr;
  const std::int64_t *strides = nullptr;  // null: C order
  const std::int64_t *suboffsets = nullptr;
};

// The element type that is meant by a format text and a dtype number, either of which may be missing.
Result<dtype::Format> element_type(std::optional<std::string_view> text, std::int32_t dtype, std::uint64_t item_bytes);

// Immutable once it is shared.
class Memory {
 public:
  // invalid: dimensions, lengths, a missing address, a wrong total; limit: too many dimensions, sizes that cannot be
  // counted; and what element_type() says of the type.
  static Result<std::shared_ptr<const Memory>> describe(const Description &given, std::shared_ptr<const void> owner);
  // C-contiguous memory of a known type; where it lies is told by hold(), before anybody else sees it.
  static Result<std::shared_ptr<Memory>> contiguous(dtype::Format format, std::vector<std::int64_t> shape,
                                                    bool readonly, bool sealed);
  // Rows reached by pointers (suboffsets 0, -1), the same for both. The shape has been checked.
  static std::shared_ptr<Memory> indirect(dtype::Format format, std::int64_t rows, std::int64_t columns, bool readonly,
                                          bool sealed);
  ~Memory() = default;
  Memory &operator=(const Memory &) = delete;

  void hold(std::byte *data, std::shared_ptr<const void> owner);
  // The same memory once more, so that its owner counts as many holders as there are views.
  std::shared_ptr<const Memory> clone() const { return std::shared_ptr<const Memory>(new Memory(*this)); }

  // Other fields over the same bytes, for the same owner to hold; one holder more.
  std::shared_ptr<const Memory> part(dtype::Part fields, dtype::Format format, bool readonly) const;

  dtype::Layout layout() const;
  std::byte *data() const { return data_; }
  const dtype::Format &format() const { return format_; }
  const std::vector<std::int64_t> &shape() const { return shape_; }
  const std::vector<std::int64_t> &strides() const { return strides_; }
  const std::vector<std::int64_t> &suboffsets() const { return suboffsets_; }  // empty: direct
  std::uint64_t bytes() const { return bytes_; }
  bool readonly() const { return readonly_; }
  bool sealed() const { return sealed_; }

 private:
  Memory() = default;
  Memory(const Memory &) = default;
  std::byte *data_ = nullptr;  // never null
  dtype::Format format_;
  std::vector<std::int64_t> shape_, strides_, suboffsets_;
  std::uint64_t bytes_ = 0;
  bool readonly_ = false, sealed_ = false;
  std::shared_ptr<const void> owner_;
};

// type: the elements are not of the same type.
Status check_same_type(const Memory &target, const Memory &source);

// Copies items between memories of the same type and shape, whatever the layouts; overlap is allowed. readonly, type.
Status copy_items(const Memory &target, const Memory &source);

}  // namespace deltos::object
