// include/deltos/buffer.h
#include <deltos/buffer.h>

#include "capi/convert.hpp"
#include "capi/guard.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

// A buffer's handle may be declined.
void clear(deltos_object **buffer) {
  if (buffer != nullptr) *buffer = nullptr;
}

Result<std::vector<std::int64_t>> shape_of(std::int32_t ndim, const std::int64_t *shape) {
  DELTOS_TRY(dtype::check_shape_given(ndim, shape));
  if (ndim == 0) return std::vector<std::int64_t>();
  return std::vector<std::int64_t>(shape, shape + ndim);
}

}  // namespace

deltos_status deltos_buffer_create(deltos_transaction *transaction, const char *name, const deltos_view *content,
                                   deltos_object **buffer, deltos_error *err) {
  return guard(err, [&]() -> Status {
    clear(buffer);
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_ASSIGN(const std::shared_ptr<const object::Memory> memory, memory_of(content, nullptr));
    return transaction->transaction->all_or_nothing(
        [&] { return give(object::create_buffer(*transaction->transaction, name, *memory), buffer); });
  });
}

deltos_status deltos_buffer_create_zeroed(deltos_transaction *transaction, const char *name, const char *format,
                                          int32_t dtype, int32_t ndim, const int64_t *shape, deltos_object **buffer,
                                          deltos_error *err) {
  return guard(err, [&]() -> Status {
    clear(buffer);
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_ASSIGN(std::vector<std::int64_t> lengths, shape_of(ndim, shape));
    DELTOS_ASSIGN(const dtype::Format type, element_type_of(format, dtype));
    return transaction->transaction->all_or_nothing([&] {
      return give(object::create_zeroed_buffer(*transaction->transaction, name, type, std::move(lengths)), buffer);
    });
  });
}

deltos_status deltos_buffer_replace(deltos_transaction *transaction, const deltos_object *old,
                                    const deltos_view *content, deltos_object **buffer, deltos_error *err) {
  return guard(err, [&]() -> Status {
    clear(buffer);
    DELTOS_TRY(check_belongs(transaction, old));
    if (content == nullptr)
      return transaction->transaction->all_or_nothing(
          [&] { return give(object::copy_buffer(*transaction->transaction, *old->object), buffer); });
    DELTOS_ASSIGN(const std::shared_ptr<const object::Memory> memory, memory_of(content, nullptr));
    return transaction->transaction->all_or_nothing(
        [&] { return give(object::replace_buffer(*transaction->transaction, *old->object, *memory), buffer); });
  });
}
