#include "object/memory.hpp"

#include "dtype/copy.hpp"

namespace deltos::object {
namespace {

// What an empty memory points at: an address that may be compared and passed on, but holds nothing.
alignas(64) std::byte nothing[64];

}  // namespace

Result<dtype::Format> element_type(std::optional<std::string_view> text, std::int32_t dtype, std::uint64_t item_bytes) {
  if (!dtype::is_dtype(dtype)) {
    return fail(Code::invalid, "%d is not the number of an element type; the highest is %d", dtype,
                dtype::kDtypeCount - 1);
  }
  const auto tag = static_cast<dtype::Dtype>(dtype);
  if (text && text->empty()) return fail(Code::format, "the format is empty; name an element type, as \"d\"");
  const std::string_view given = text.value_or(std::string_view());
  return item_bytes == 0 ? dtype::format_of(given, tag) : dtype::format_of_items(given, tag, item_bytes);
}

Result<std::shared_ptr<const Memory>> Memory::describe(const Description &given, std::shared_ptr<const void> owner) {
  DELTOS_TRY(dtype::check_shape_given(given.ndim, given.shape));
  std::shared_ptr<Memory> memory(new Memory());
  DELTOS_ASSIGN(memory->format_, element_type(given.format, given.dtype, given.item_bytes));
  const auto ndim = static_cast<std::size_t>(given.ndim);
  memory->data_ = given.data;
  memory->readonly_ = given.readonly;
  if (ndim > 0) {
    memory->shape_.assign(given.shape, given.shape + ndim);
    if (given.strides != nullptr) memory->strides_.assign(given.strides, given.strides + ndim);
    if (given.suboffsets != nullptr) memory->suboffsets_.assign(given.suboffsets, given.suboffsets + ndim);
  }
  DELTOS_ASSIGN(memory->bytes_, dtype::byte_count(memory->shape_, memory->format_.item_bytes));
  if (given.bytes != 0 && given.bytes != memory->bytes_) {
    return fail(Code::invalid, "%llu bytes were given, but shape and element size make %llu",
                static_cast<unsigned long long>(given.bytes), static_cast<unsigned long long>(memory->bytes_));
  }
  if (memory->strides_.empty() && ndim > 0) {
    memory->strides_.resize(ndim);
    DELTOS_TRY(dtype::fill_c_strides(memory->shape_, memory->format_.item_bytes, memory->strides_));
  }
  if (memory->data_ == nullptr) {
    if (memory->bytes_ != 0) return fail(Code::invalid, "the address is missing for memory that is not empty");
    memory->data_ = nothing;
  }
  DELTOS_TRY(dtype::check_layout(memory->layout()));
  memory->owner_ = std::move(owner);
  return std::shared_ptr<const Memory>(std::move(memory));
}

Result<std::shared_ptr<Memory>> Memory::contiguous(dtype::Format format, std::vector<std::int64_t> shape, bool readonly,
                                                   bool sealed) {
  std::shared_ptr<Memory> memory(new Memory());
  memory->format_ = std::move(format);
  memory->shape_ = std::move(shape);
  memory->strides_.resize(memory->shape_.size());
  DELTOS_ASSIGN(memory->bytes_, dtype::byte_count(memory->shape_, memory->format_.item_bytes));
  DELTOS_TRY(dtype::fill_c_strides(memory->shape_, memory->format_.item_bytes, memory->strides_));
  memory->data_ = nothing;
  memory->readonly_ = readonly;
  memory->sealed_ = sealed;
  return memory;
}

std::shared_ptr<Memory> Memory::indirect(dtype::Format format, std::int64_t rows, std::int64_t columns, bool readonly,
                                         bool sealed) {
  std::shared_ptr<Memory> memory(new Memory());
  memory->format_ = std::move(format);
  memory->shape_ = {rows, columns};
  memory->strides_ = {sizeof(void *), static_cast<std::int64_t>(memory->format_.item_bytes)};
  memory->suboffsets_ = {0, -1};
  memory->bytes_ = static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(columns) * memory->format_.item_bytes;
  memory->data_ = nothing;
  memory->readonly_ = readonly;
  memory->sealed_ = sealed;
  return memory;
}

void Memory::hold(std::byte *data, std::shared_ptr<const void> owner) {
  if (data != nullptr) data_ = data;
  owner_ = std::move(owner);
}

std::shared_ptr<const Memory> Memory::part(dtype::Part fields, dtype::Format format, bool readonly) const {
  std::shared_ptr<Memory> memory(new Memory());
  memory->data_ = fields.data;
  memory->format_ = std::move(format);
  memory->shape_ = std::move(fields.shape);
  memory->strides_ = std::move(fields.strides);
  memory->suboffsets_ = std::move(fields.suboffsets);
  memory->bytes_ = memory->format_.item_bytes;
  for (const std::int64_t length : memory->shape_) memory->bytes_ *= static_cast<std::uint64_t>(length);
  memory->readonly_ = readonly;
  memory->sealed_ = sealed_;
  memory->owner_ = owner_;
  return memory;
}

dtype::Layout Memory::layout() const {
  dtype::Layout layout;
  layout.data = data_;
  layout.ndim = static_cast<int>(shape_.size());
  layout.shape = shape_.empty() ? nullptr : shape_.data();
  layout.strides = strides_.empty() ? nullptr : strides_.data();
  layout.suboffsets = suboffsets_.empty() ? nullptr : suboffsets_.data();
  layout.item_bytes = format_.item_bytes;
  return layout;
}

Status check_same_type(const Memory &target, const Memory &source) {
  const dtype::Format &to = target.format();
  const dtype::Format &from = source.format();
  if (to.text != from.text || to.dtype != from.dtype || to.item_bytes != from.item_bytes) {
    return fail(Code::type,
                "the source holds \"%.200s\" (%.*s), the target \"%.200s\" (%.*s); elements are not converted",
                from.text.c_str(), static_cast<int>(dtype::name(from.dtype).size()), dtype::name(from.dtype).data(),
                to.text.c_str(), static_cast<int>(dtype::name(to.dtype).size()), dtype::name(to.dtype).data());
  }
  return {};
}

Status copy_items(const Memory &target, const Memory &source) {
  if (target.readonly()) return fail(Code::readonly, "the target is read-only; request it with WRITABLE");
  DELTOS_TRY(check_same_type(target, source));
  if (target.shape() != source.shape()) {
    return fail(Code::type, "the shapes of source (%zu dimensions) and target (%zu) differ; they must be equal",
                source.shape().size(), target.shape().size());
  }
  return dtype::copy(target.layout(), source.layout());
}

}  // namespace deltos::object
