#include "base/status.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace deltos {
namespace {

// Long enough for a name of 1,023 bytes and the sentence around it; the boundary cuts to what the caller can take.
constexpr std::size_t kMessageBytes = 1400;

[[gnu::format(printf, 1, 0)]] std::string formatted(const char *format, std::va_list arguments) {
  char text[kMessageBytes];
  std::vsnprintf(text, sizeof text, format, arguments);
  return text;
}

}  // namespace

Error fail(Code code, const char *format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::string message = formatted(format, arguments);
  va_end(arguments);
  return Error{code, 0, 0, std::move(message)};
}

Error fail_os(Code code, int os_errno, const char *format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::string message = formatted(format, arguments);
  va_end(arguments);
  char reason[128];
  message.append(" (").append(strerror_r(os_errno, reason, sizeof reason)).append(")");
  return Error{code, os_errno, 0, std::move(message)};
}

Code code_of_errno(int os_errno) {
  switch (os_errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Code::no_space;
    case ENOMEM:
      return Code::no_memory;
    default:
      return Code::io;
  }
}

}  // namespace deltos
