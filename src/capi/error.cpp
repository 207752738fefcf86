// From Error to deltos_error.
#include <cstring>
#include <string_view>

#include "capi/codes.hpp"
#include "capi/guard.hpp"
#include "capi/text.hpp"

namespace deltos::capi {
namespace {

void write_error(Code code, int os_errno, std::uint64_t object_id, std::string_view message,
                 deltos_error *err) noexcept {
  if (err == nullptr) return;
  std::memset(err, 0, sizeof *err);
  err->status = static_cast<std::int32_t>(code);
  err->os_errno = os_errno;
  err->object_id = object_id;
  copy_text(message, err->message);
}

}  // namespace

deltos_status report(const Error &error, deltos_error *err) noexcept {
  write_error(error.code, error.os_errno, error.object_id, error.message, err);
  return static_cast<deltos_status>(error.code);
}

deltos_status report_no_memory(deltos_error *err) noexcept {
  write_error(Code::no_memory, 0, 0, "memory is exhausted; free some and try again", err);
  return DELTOS_E_NO_MEMORY;
}

deltos_status report_internal(const char *what, deltos_error *err) noexcept {
  write_error(Code::internal, 0, 0, what, err);
  return DELTOS_E_INTERNAL;
}

}  // namespace deltos::capi
