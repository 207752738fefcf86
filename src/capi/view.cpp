// include/deltos/view.h
#include <deltos/view.h>

#include <cstring>
#include <numeric>
#include <span>

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

using MemoryPtr = std::shared_ptr<const object::Memory>;

// Gives a view of what `make` makes of a view's layout.
template <class Make>
Status give_part(const deltos_view *view, deltos_view **out, const Make &make) {
  DELTOS_TRY(check_handle_output(out));
  DELTOS_ASSIGN(const MemoryPtr memory, memory_of(view, nullptr));
  DELTOS_ASSIGN(dtype::Part part, make(memory->layout()));
  return give(object::View::whole(memory->part(std::move(part), memory->format(), view->readonly != 0)), out);
}

Result<std::vector<dtype::Slice>> slices_of(const deltos_slice *given, std::int32_t count) {
  constexpr std::uint32_t kKnown = DELTOS_SLICE_NO_START | DELTOS_SLICE_NO_STOP | DELTOS_SLICE_INDEX;
  if (count < 0) return fail(Code::invalid, "%d is not a number of slices", count);
  if (given == nullptr && count > 0) return fail(Code::invalid, "the slices are NULL, but there are %d", count);
  std::vector<dtype::Slice> slices;
  for (std::int32_t i = 0; i < count; ++i) {
    const deltos_slice &each = given[i];
    const bool is_index = (each.flags & DELTOS_SLICE_INDEX) != 0, has_start = (each.flags & DELTOS_SLICE_NO_START) == 0;
    if ((each.flags & ~kKnown) != 0 || each.reserved != 0 || (is_index && !has_start)) {
      return fail(Code::invalid, "flags 0x%x of slice %d are not known, do not go together, or reserved is not 0",
                  each.flags, i);
    }
    slices.push_back({each.start, each.stop, each.step, has_start, (each.flags & DELTOS_SLICE_NO_STOP) == 0, is_index});
  }
  return slices;
}

Result<std::span<const std::int64_t>> shape_of(std::int32_t ndim, const std::int64_t *shape) {
  DELTOS_TRY(dtype::check_shape_given(ndim, shape));
  return std::span(shape, static_cast<std::size_t>(ndim));
}

std::vector<std::int32_t> reversed_axes(int ndim) {
  std::vector<std::int32_t> axes(static_cast<std::size_t>(ndim));
  std::iota(axes.rbegin(), axes.rend(), 0);
  return axes;
}

}  // namespace

deltos_status deltos_view_acquire(const deltos_object *object, int32_t flags, deltos_view **view, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(view));
    DELTOS_TRY(check_handle(object));
    return give(view_of(*object, flags), view);
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

deltos_status deltos_view_slice(const deltos_view *view, const deltos_slice *slices, int32_t count, deltos_view **out,
                                deltos_error *err) {
  return guard(err, [&]() -> Status {
    return give_part(view, out, [&](const dtype::Layout &layout) -> Result<dtype::Part> {
      DELTOS_ASSIGN(const std::vector<dtype::Slice> known, slices_of(slices, count));
      return dtype::slice(layout, known);
    });
  });
}

deltos_status deltos_view_window(const deltos_view *view, int64_t offset, int64_t length, deltos_view **out,
                                 deltos_error *err) {
  return guard(err, [&]() -> Status {
    return give_part(view, out, [&](const dtype::Layout &layout) { return dtype::window(layout, offset, length); });
  });
}

deltos_status deltos_view_transpose(const deltos_view *view, const int32_t *axes, deltos_view **out,
                                    deltos_error *err) {
  return guard(err, [&]() -> Status {
    return give_part(view, out, [&](const dtype::Layout &layout) {
      if (axes == nullptr) return dtype::transpose(layout, reversed_axes(layout.ndim));
      return dtype::transpose(layout, {axes, static_cast<std::size_t>(layout.ndim)});
    });
  });
}

deltos_status deltos_view_reshape(const deltos_view *view, int32_t ndim, const int64_t *shape, deltos_view **out,
                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    return give_part(view, out, [&](const dtype::Layout &layout) -> Result<dtype::Part> {
      DELTOS_ASSIGN(const std::span<const std::int64_t> wanted, shape_of(ndim, shape));
      return dtype::reshape(layout, wanted);
    });
  });
}

deltos_status deltos_view_cast(const deltos_view *view, const char *format, int32_t dtype, deltos_view **out,
                               deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(out));
    DELTOS_ASSIGN(const MemoryPtr memory, memory_of(view, nullptr));
    DELTOS_ASSIGN(dtype::Format wanted, element_type_of(format, dtype));
    DELTOS_ASSIGN(dtype::Part part, dtype::resize_items(memory->layout(), wanted.item_bytes));
    return give(object::View::whole(memory->part(std::move(part), std::move(wanted), view->readonly != 0)), out);
  });
}

deltos_status deltos_view_contiguity(const deltos_view *view, int32_t *contiguity, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(contiguity, "the contiguity"));
    DELTOS_ASSIGN(const MemoryPtr memory, memory_of(view, nullptr));
    *contiguity = (dtype::is_c_contiguous(memory->layout()) ? DELTOS_CONTIGUOUS_C : 0) |
                  (dtype::is_f_contiguous(memory->layout()) ? DELTOS_CONTIGUOUS_F : 0);
    return {};
  });
}

deltos_status deltos_view_copy(const deltos_view *target, const deltos_view *source, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_ASSIGN(const MemoryPtr from, memory_of(source, nullptr));
    DELTOS_ASSIGN(const MemoryPtr to, writable_memory_of(target));
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
