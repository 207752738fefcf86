// include/deltos/array.h
#include <deltos/array.h>

#include "capi/convert.hpp"
#include "capi/guard.hpp"
#include "store/array_file.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

Status check_array(const deltos_object *array) {
  DELTOS_TRY(check_handle(array));
  if (array->array != nullptr) [[likely]]
    return {};
  return fail(Code::kind, "the object is not an array");
}

// nullptr: none whose elements can be counted.
const object::Array *array_of(const deltos_object *array) {
  if (array == nullptr || !array->mark.is(HandleType<deltos_object>::kMark)) return nullptr;
  if (array->object != nullptr && !array->object->storage().ok()) return nullptr;
  return array->array.get();
}

// What the options of either home say; sizes in elements become bytes.
Result<store::ArrayOptions> options_of(const deltos_array_options *given, std::int32_t mode, bool flat,
                                       std::uint64_t item_bytes) {
  DELTOS_ASSIGN(const deltos_array_options known, read_struct(given));
  if (mode < DELTOS_MODE_READ || mode > DELTOS_MODE_WRITE)
    return fail(Code::invalid, "%d is not a mode of arrays; use READ, IN_PLACE or WRITE", mode);
  if (known.reserved != 0) return fail(Code::invalid, "reserved is %u; it must be 0", known.reserved);
  if ((known.flags & ~std::uint32_t{DELTOS_OPEN_SIGBUS_GUARD}) != 0 || (!flat && known.flags != 0))
    return fail(Code::invalid, "flags 0x%x are not known here", known.flags);
  if (known.create == DELTOS_CREATE_REPLACE && flat)
    return fail(Code::unsupported, "a flat file is not replaced; remove it first");
  if (known.create < DELTOS_CREATE_NEVER || known.create > DELTOS_CREATE_NEW ||
      (known.create != DELTOS_CREATE_NEVER && (!flat || mode != DELTOS_MODE_WRITE)))
    return fail(Code::invalid, "policy %d is none for creation here; a flat file is created with mode WRITE",
                known.create);
  store::ArrayOptions options;
  options.mode = static_cast<store::Mode>(mode);
  options.create = static_cast<store::Create>(known.create);
  options.sigbus_guard = known.flags != 0;
  options.window_bytes = known.window_bytes;
  options.max_bytes = known.max_bytes;
  if (!checked_mul<std::uint64_t>(known.capacity, item_bytes, &options.capacity_bytes))
    return fail(Code::limit, "a capacity of %llu elements is more than can be counted",
                static_cast<unsigned long long>(known.capacity));
  return options;
}

Status append(deltos_object *array, const void *items, std::uint64_t count) {
  DELTOS_TRY(check_array(array));
  return array->array->append(items, count);
}

void give_array(dtype::Format format, std::shared_ptr<store::ArrayHome> home, deltos_object **array) {
  *array = new deltos_object(std::make_shared<object::Array>(std::move(format), std::move(home)));
}

}  // namespace

deltos_status deltos_array_create(deltos_transaction *transaction, const char *name, const char *format, int32_t dtype,
                                  const deltos_array_options *options, deltos_object **array, deltos_error *err) {
  return guard(err, [&]() -> Status {
    if (array != nullptr) *array = nullptr;
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_ASSIGN(const dtype::Format type, element_type_of(format, dtype));
    DELTOS_ASSIGN(const store::ArrayOptions known, options_of(options, DELTOS_MODE_WRITE, false, type.item_bytes));
    DELTOS_TRY(store::check_array_bytes(known.capacity_bytes, known.max_bytes, "the array"));
    return transaction->transaction->all_or_nothing([&]() -> Status {
      DELTOS_ASSIGN(auto made, object::create_array(*transaction->transaction, name, type, known.capacity_bytes));
      if (array == nullptr) return {};
      DELTOS_ASSIGN(object::Array::Pointer elements, object::open_array(*made, known));
      *array = new deltos_object(std::move(made), std::move(elements));
      return {};
    });
  });
}

deltos_status deltos_array_open_file(const char *path, const char *format, int32_t dtype, int32_t mode,
                                     const deltos_array_options *options, deltos_object **array, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(array));
    DELTOS_TRY(check_path(path));
    DELTOS_ASSIGN(dtype::Format type, element_type_of(format, dtype));
    DELTOS_ASSIGN(const store::ArrayOptions known, options_of(options, mode, true, type.item_bytes));
    DELTOS_ASSIGN(std::shared_ptr<store::ArrayHome> home, store::open_flat_array(path, type.item_bytes, known));
    give_array(std::move(type), std::move(home), array);
    return {};
  });
}

deltos_status deltos_array_open_anonymous(const char *format, int32_t dtype, const deltos_array_options *options,
                                          deltos_object **array, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(array));
    DELTOS_ASSIGN(dtype::Format type, element_type_of(format, dtype));
    DELTOS_ASSIGN(const store::ArrayOptions known, options_of(options, DELTOS_MODE_WRITE, false, type.item_bytes));
    DELTOS_ASSIGN(std::shared_ptr<store::ArrayHome> home, store::open_anonymous_array(type, known));
    give_array(std::move(type), std::move(home), array);
    return {};
  });
}

deltos_status deltos_array_open_fd(int32_t fd, int32_t mode, const deltos_array_options *options, deltos_object **array,
                                   deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(array));
    DELTOS_ASSIGN(store::ArrayOptions known, options_of(options, mode, false, 1));
    const std::uint64_t elements = known.capacity_bytes;
    known.capacity_bytes = 0;
    dtype::Format type;
    DELTOS_ASSIGN(std::shared_ptr<store::ArrayHome> home, store::open_array_fd(fd, known, &type));
    auto made = std::make_shared<object::Array>(std::move(type), std::move(home));
    if (elements != 0 && mode == DELTOS_MODE_WRITE) DELTOS_TRY(made->reserve(elements));
    *array = new deltos_object(std::move(made));
    return {};
  });
}

deltos_status deltos_array_fd(const deltos_object *array, int32_t *fd, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    DELTOS_TRY(check_output(fd, "the descriptor"));
    DELTOS_ASSIGN(*fd, array->array->home().descriptor());
    return {};
  });
}

uint64_t deltos_array_count(const deltos_object *array) {
  return guard_value(std::uint64_t{0}, [&] {
    const object::Array *found = array_of(array);
    return found == nullptr ? 0 : found->count();
  });
}

uint64_t deltos_array_capacity(const deltos_object *array) {
  return guard_value(std::uint64_t{0}, [&] {
    const object::Array *found = array_of(array);
    return found == nullptr ? 0 : found->capacity();
  });
}

// Aligned: most calls are over after 30 instructions, and where they begin is felt.
[[gnu::aligned(64)]] deltos_status deltos_array_append(deltos_object *array, const void *items, uint64_t count,
                                                       deltos_error *err) {
  return guard_fast<append>(
      err,
      [=]() noexcept {
        if (count != 1 || array == nullptr || !array->mark.is(HandleType<deltos_object>::kMark)) [[unlikely]]
          return false;
        return array->array && array->array->try_append_one(items);
      },
      array, items, count);
}

deltos_status deltos_array_tail(deltos_object *array, uint64_t count, void **tail, uint64_t *room, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    DELTOS_TRY(check_output(tail, "the tail"));
    DELTOS_ASSIGN(const object::Array::Tail found, array->array->tail(count));
    *tail = found.data;
    if (room != nullptr) *room = found.room;
    return {};
  });
}

deltos_status deltos_array_advance(deltos_object *array, uint64_t count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    return array->array->advance(count);
  });
}

deltos_status deltos_array_extend(deltos_object *array, const deltos_view *items, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    DELTOS_ASSIGN(const std::shared_ptr<const object::Memory> memory, memory_of(items, nullptr));
    return array->array->extend(*memory);
  });
}

deltos_status deltos_array_insert(deltos_object *array, int64_t index, const void *items, uint64_t count,
                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    return array->array->insert(index, items, count);
  });
}

deltos_status deltos_array_remove(deltos_object *array, int64_t index, uint64_t count, void *removed,
                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    return array->array->remove(index, count, removed);
  });
}

deltos_status deltos_array_resize(deltos_object *array, uint64_t count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    return array->array->resize(count);
  });
}

deltos_status deltos_array_reserve(deltos_object *array, uint64_t capacity, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    return array->array->reserve(capacity);
  });
}

deltos_status deltos_array_shrink(deltos_object *array, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    return array->array->shrink();
  });
}

deltos_status deltos_array_clear(deltos_object *array, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    return array->array->resize(0);
  });
}

deltos_status deltos_array_reverse(deltos_object *array, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    return array->array->reverse();
  });
}

deltos_status deltos_array_byteswap(deltos_object *array, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    return array->array->byteswap();
  });
}

deltos_status deltos_array_flush(deltos_object *array, uint8_t durable, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_array(array));
    DELTOS_TRY(check_truth(durable, "durable"));
    return array->array->home().flush(durable != 0);
  });
}

deltos_status deltos_array_close(deltos_object **array, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(array, "the handle"));
    if (*array == nullptr) return {};
    DELTOS_TRY(check_array(*array));
    DELTOS_TRY((*array)->array->home().close());
    release_handle(array);
    return {};
  });
}
