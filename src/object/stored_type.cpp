#include "object/stored_type.hpp"

namespace deltos::object {

Result<dtype::Format> stored_type(const format::Object &record) {
  const auto tag = static_cast<std::int32_t>(record.dtype);
  if (dtype::is_dtype(tag)) {
    auto format = dtype::format_of(record.format, static_cast<dtype::Dtype>(tag));
    if (format.ok() && format->item_bytes == record.item_bytes && format->text == record.format) return format;
  }
  return fail(Code::corrupt, "object %llu has a damaged element type (\"%.100s\", %llu bytes); verify the storage",
              static_cast<unsigned long long>(record.id), record.format.c_str(),
              static_cast<unsigned long long>(record.item_bytes));
}

Status check_alignment(const store::Storage &storage, const dtype::Format &format) {
  if (!storage.unaligned() || format.alignment <= 1) return {};
  return fail(Code::layout,
              "the storage does not start at a multiple of 64 bytes, so that elements of \"%.100s\" are not "
              "aligned; open it with COPY",
              format.text.c_str());
}

}  // namespace deltos::object
