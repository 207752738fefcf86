// include/deltos/view.h
#include <deltos/view.h>

#include <cstring>

#include "capi/convert.hpp"
#include "capi/guard.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

Status give_canonical(const std::string &text, char *canonical, std::uint64_t *size) {
  if (size == nullptr) return {};
  const std::uint64_t room = *size;
  *size = text.size() + 1;
  if (room == 0 && canonical == nullptr) return {};
  if (room < *size) {
    return fail(Code::too_small, "the canonical format takes %zu bytes; there is room for %llu", text.size() + 1,
                static_cast<unsigned long long>(room));
  }
  std::memcpy(canonical, text.c_str(), text.size() + 1);
  return {};
}

deltos_format_info public_info(const dtype::Format &format) {
  deltos_format_info known{};
  known.dtype = static_cast<std::int32_t>(format.dtype);
  known.itemsize = format.item_bytes;
  known.alignment = format.alignment;
  return known;
}

}  // namespace

deltos_status deltos_view_acquire(const deltos_object *object, int32_t flags, deltos_view **view, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(view));
    DELTOS_TRY(check_handle(object));
    if (object->table) return give(object->table->acquire(flags), view);
    return give(object::export_buffer(*object->object, flags), view);
  });
}

deltos_status deltos_view_wrap(const deltos_view *layout, deltos_release release, void *user, deltos_view **view,
                               deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(view));
    if (layout != nullptr && view_handle(layout) != nullptr) {
      return fail(Code::invalid, "the memory is the library's already; share the view");
    }
    const auto owner = std::make_shared<Foreign>(release, user);
    DELTOS_ASSIGN(std::shared_ptr<const object::Memory> memory, memory_of(layout, owner));
    DELTOS_TRY(give(object::View::whole(std::move(memory)), view));
    owner->arm();
    return {};
  });
}

deltos_status deltos_view_share(const deltos_view *view, int32_t flags, deltos_view **out, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(out));
    DELTOS_TRY(check_library_view(view));
    return give(view_handle(view)->view.share(flags), out);
  });
}

void deltos_view_release(deltos_view **view) {
  return guard_void([&] {
    if (view == nullptr) return;
    if (ViewHandle *handle = view_handle(*view)) {
      delete handle;
      *view = nullptr;
    }
  });
}

deltos_status deltos_view_copy(const deltos_view *target, const deltos_view *source, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_ASSIGN(const std::shared_ptr<const object::Memory> to, memory_of(target, nullptr));
    DELTOS_ASSIGN(const std::shared_ptr<const object::Memory> from, memory_of(source, nullptr));
    if (target->readonly != 0) return fail(Code::readonly, "the target is read-only; request it with WRITABLE");
    return object::copy_items(*to, *from);
  });
}

deltos_status deltos_format_describe(const char *format, deltos_format_info *info, char *canonical,
                                     uint64_t *canonical_size, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_text(format, "format"));
    if (info != nullptr) DELTOS_TRY(check_struct_size(info));
    if (canonical == nullptr && canonical_size != nullptr && *canonical_size != 0) {
      return fail(Code::invalid, "room for the canonical format is NULL, but its size is not 0");
    }
    DELTOS_ASSIGN(const dtype::Format described, dtype::parse_format(format));
    DELTOS_TRY(give_canonical(described.text, canonical, canonical_size));
    return info == nullptr ? Status() : write_struct(public_info(described), info);
  });
}
