#include "dtype/request.hpp"

namespace deltos::dtype {
namespace {

constexpr std::int32_t kKnown = kRequestFull | kRequestC | kRequestF | kRequestAny;

bool asks(std::int32_t flags, std::int32_t wanted) { return (flags & wanted) == wanted; }

Status check_contiguity(const Layout &layout, std::int32_t flags) {
  const bool is_c = is_c_contiguous(layout), is_f = is_f_contiguous(layout);
  if (asks(flags, kRequestC) && !is_c) {
    return fail(Code::layout, "the memory is not C-contiguous; ask for strides, or copy it");
  }
  if (asks(flags, kRequestF) && !is_f) {
    return fail(Code::layout, "the memory is not Fortran contiguous; ask for strides, or copy it");
  }
  if (asks(flags, kRequestAny) && !is_c && !is_f) {
    return fail(Code::layout, "the memory is not contiguous; ask for strides, or copy it");
  }
  if (is_indirect(layout) && !asks(flags, kRequestIndirect)) {
    return fail(Code::layout, "the memory requires suboffsets; ask for an indirect view, or copy it");
  }
  if (!asks(flags, kRequestStrides) && !is_c) {
    return fail(Code::layout,
                "the memory is not C-contiguous and strides were not asked for; ask for them, or copy it");
  }
  return {};
}

}  // namespace

Result<Served> serve_request(const Layout &layout, bool is_bytes, bool readonly, std::int32_t flags) {
  if ((flags & ~kKnown) != 0) {
    return fail(Code::invalid, "request flags 0x%x are unknown; the known ones are 0x%x",
                static_cast<unsigned>(flags & ~kKnown), static_cast<unsigned>(kKnown));
  }
  if (readonly && asks(flags, kRequestWritable)) {
    return fail(Code::readonly, "the memory is read-only; ask for a view without writing, or open it writable");
  }
  DELTOS_TRY(check_contiguity(layout, flags));
  Served served;
  served.format = asks(flags, kRequestFormat);
  served.shape = asks(flags, kRequestNd);
  served.strides = asks(flags, kRequestStrides);
  served.suboffsets = is_indirect(layout);
  if (served.format && !served.shape && !is_bytes) {
    return fail(Code::invalid,
                "a format was asked for without a shape, which leaves nothing but unsigned bytes; ask for both");
  }
  return served;
}

}  // namespace deltos::dtype
