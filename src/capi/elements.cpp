// include/deltos/elements.h
#include <deltos/elements.h>

#include <span>

#include "capi/convert.hpp"
#include "capi/guard.hpp"
#include "object/element.hpp"
#include "object/operations.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

using MemoryPtr = std::shared_ptr<const object::Memory>;

Result<Bytes> item_of(const void *item, std::uint64_t size) {
  if (item == nullptr) return fail(Code::invalid, "the item is NULL");
  return Bytes(static_cast<const std::byte *>(item), size);
}

// Calls with one element of a view.
template <class Use>
Status with_element(Result<MemoryPtr> given, const std::int64_t *index, const Use &use) {
  DELTOS_ASSIGN(const MemoryPtr memory, std::move(given));
  DELTOS_ASSIGN(const object::Element element, object::Element::at(*memory, index));
  return use(element);
}

template <class Value>
Status give_value(Result<Value> value, Value *out) {
  if (!value.ok()) return std::move(value).error();
  *out = *value;
  return {};
}

}  // namespace

deltos_status deltos_view_fill(const deltos_view *target, const void *item, uint64_t size, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_ASSIGN(const MemoryPtr memory, writable_memory_of(target));
    DELTOS_ASSIGN(const Bytes bytes, item_of(item, size));
    return object::fill(*memory, bytes);
  });
}

deltos_status deltos_view_equal(const deltos_view *a, const deltos_view *b, uint8_t *equal, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(equal, "the answer"));
    DELTOS_ASSIGN(const MemoryPtr one, memory_of(a, nullptr));
    DELTOS_ASSIGN(const MemoryPtr other, memory_of(b, nullptr));
    DELTOS_ASSIGN(const bool is_equal, object::equal(*one, *other));
    *equal = is_equal ? 1 : 0;
    return {};
  });
}

deltos_status deltos_view_compare(const deltos_view *a, const deltos_view *b, int32_t *order, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(order, "the order"));
    DELTOS_ASSIGN(const MemoryPtr one, memory_of(a, nullptr));
    DELTOS_ASSIGN(const MemoryPtr other, memory_of(b, nullptr));
    DELTOS_ASSIGN(const dtype::Order found, object::compare(*one, *other));
    *order = static_cast<std::int32_t>(found);
    return {};
  });
}

deltos_status deltos_view_find(const deltos_view *view, const void *item, uint64_t size, int64_t from, int64_t *index,
                               deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(index, "the index"));
    DELTOS_ASSIGN(const MemoryPtr memory, memory_of(view, nullptr));
    DELTOS_ASSIGN(const Bytes bytes, item_of(item, size));
    return give_value(object::find(*memory, bytes, from), index);
  });
}

deltos_status deltos_view_count(const deltos_view *view, const void *item, uint64_t size, uint64_t *count,
                                deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(count, "the count"));
    DELTOS_ASSIGN(const MemoryPtr memory, memory_of(view, nullptr));
    DELTOS_ASSIGN(const Bytes bytes, item_of(item, size));
    return give_value(object::count(*memory, bytes), count);
  });
}

deltos_status deltos_view_gather(const deltos_view *source, const int64_t *rows, uint64_t count,
                                 const deltos_view *target, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_ASSIGN(const MemoryPtr from, memory_of(source, nullptr));
    DELTOS_ASSIGN(const MemoryPtr to, writable_memory_of(target));
    if (rows == nullptr && count != 0) return fail(Code::invalid, "the rows are NULL, but their number is not 0");
    return object::gather(*from, {rows, count}, *to);
  });
}

deltos_status deltos_view_read_fd(const deltos_view *target, int32_t fd, int64_t file_offset, uint64_t *bytes,
                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(bytes, "the number of bytes"));
    *bytes = 0;
    DELTOS_ASSIGN(const MemoryPtr memory, writable_memory_of(target));
    return object::read_descriptor(*memory, fd, file_offset, bytes);
  });
}

deltos_status deltos_view_write_fd(const deltos_view *source, int32_t fd, int64_t file_offset, uint64_t *bytes,
                                   deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(bytes, "the number of bytes"));
    *bytes = 0;
    DELTOS_ASSIGN(const MemoryPtr memory, memory_of(source, nullptr));
    return object::write_descriptor(*memory, fd, file_offset, bytes);
  });
}

deltos_status deltos_view_get_i64(const deltos_view *view, const int64_t *index, int64_t *value, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(value, "the number"));
    return with_element(memory_of(view, nullptr), index,
                        [&](const object::Element &element) { return give_value(element.as_i64(), value); });
  });
}

deltos_status deltos_view_get_u64(const deltos_view *view, const int64_t *index, uint64_t *value, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(value, "the number"));
    return with_element(memory_of(view, nullptr), index,
                        [&](const object::Element &element) { return give_value(element.as_u64(), value); });
  });
}

deltos_status deltos_view_get_f64(const deltos_view *view, const int64_t *index, double *value, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(value, "the number"));
    return with_element(memory_of(view, nullptr), index,
                        [&](const object::Element &element) { return give_value(element.as_f64(), value); });
  });
}

deltos_status deltos_view_get_bytes(const deltos_view *view, const int64_t *index, void *item, uint64_t size,
                                    deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(item, "the item"));
    return with_element(memory_of(view, nullptr), index, [&](const object::Element &element) {
      return element.get_bytes({static_cast<std::byte *>(item), size});
    });
  });
}

deltos_status deltos_view_set_i64(const deltos_view *view, const int64_t *index, int64_t value, deltos_error *err) {
  return guard(err, [&]() -> Status {
    return with_element(writable_memory_of(view), index,
                        [&](const object::Element &element) { return element.set(std::int64_t{value}); });
  });
}

deltos_status deltos_view_set_u64(const deltos_view *view, const int64_t *index, uint64_t value, deltos_error *err) {
  return guard(err, [&]() -> Status {
    return with_element(writable_memory_of(view), index,
                        [&](const object::Element &element) { return element.set(std::uint64_t{value}); });
  });
}

deltos_status deltos_view_set_f64(const deltos_view *view, const int64_t *index, double value, deltos_error *err) {
  return guard(err, [&]() -> Status {
    return with_element(writable_memory_of(view), index,
                        [&](const object::Element &element) { return element.set(value); });
  });
}

deltos_status deltos_view_set_bytes(const deltos_view *view, const int64_t *index, const void *item, uint64_t size,
                                    deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_ASSIGN(const Bytes bytes, item_of(item, size));
    return with_element(writable_memory_of(view), index,
                        [&](const object::Element &element) { return element.set_bytes(bytes); });
  });
}

deltos_status deltos_view_atomic_load(const deltos_view *view, const int64_t *index, int32_t order, void *value,
                                      uint64_t size, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(value, "the value"));
    return with_element(memory_of(view, nullptr), index,
                        [&](const object::Element &element) { return element.atomic_load(order, value, size); });
  });
}

deltos_status deltos_view_atomic_store(const deltos_view *view, const int64_t *index, int32_t order, const void *value,
                                       uint64_t size, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(item_of(value, size));
    return with_element(writable_memory_of(view), index,
                        [&](const object::Element &element) { return element.atomic_store(order, value, size); });
  });
}

deltos_status deltos_view_atomic_add(const deltos_view *view, const int64_t *index, int32_t order, const void *summand,
                                     void *previous, uint64_t size, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(item_of(summand, size));
    return with_element(writable_memory_of(view), index, [&](const object::Element &element) {
      return element.atomic_add(order, summand, previous, size);
    });
  });
}

deltos_status deltos_view_atomic_compare_exchange(const deltos_view *view, const int64_t *index, int32_t order,
                                                  void *expected, const void *desired, uint64_t size,
                                                  uint8_t *exchanged, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(exchanged, "the answer"));
    DELTOS_TRY(item_of(expected, size));
    DELTOS_TRY(item_of(desired, size));
    return with_element(writable_memory_of(view), index, [&](const object::Element &element) -> Status {
      DELTOS_ASSIGN(const bool is_exchanged, element.atomic_exchange(order, expected, desired, size));
      *exchanged = is_exchanged ? 1 : 0;
      return {};
    });
  });
}
