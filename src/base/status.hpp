// What every layer says when something does not work out.
//
// An expected failure is a value: Status, or Result<T> for a call that yields something. Exceptions are left for a
// failed allocation; the boundary (capi/guard.hpp) turns them into a status like any other.
//
// The numbers of Code are those of include/deltos/status.h; capi/ ties the two with static_assert, so that no lower
// layer needs a public header.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace deltos {

enum class Code : std::int32_t {
  ok = 0,
  // the caller's
  invalid = -1,
  kind = -2,
  type = -3,
  range = -4,
  too_small = -5,
  not_found = -6,
  exists = -7,
  readonly = -8,
  sealed = -9,
  pinned = -10,
  busy = -11,
  closed = -12,
  stale = -13,
  forked = -14,
  layout = -15,
  format = -16,
  cancelled = -17,
  structure = -18,
  unsupported = -19,
  duplicate = -20,
  // the file's
  corrupt = -40,
  not_deltos = -41,
  feature = -42,
  limit = -43,
  replaced = -44,
  // the system's
  io = -60,
  in_doubt = -61,
  no_space = -62,
  no_memory = -63,
  address_space = -64,
  filesystem = -65,
  locked = -66,
  // ours
  internal = -90,
};

struct Error {
  Code code = Code::internal;
  int os_errno = 0;
  std::uint64_t object_id = 0;
  std::string message;
};

// Builds an error with a printf-formatted, one-line message.
[[gnu::format(printf, 2, 3)]] Error fail(Code code, const char *format, ...);
// The same for a failed system call: " (strerror)" is appended and the errno kept.
[[gnu::format(printf, 3, 4)]] Error fail_os(Code code, int os_errno, const char *format, ...);
// The code that fits an errno: no_space for ENOSPC, EDQUOT and EFBIG, no_memory for ENOMEM, io otherwise.
Code code_of_errno(int os_errno);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::make_unique<Error>(std::move(error))) {}
  bool ok() const { return error_ == nullptr; }
  Code code() const { return error_ ? error_->code : Code::ok; }
  const Error &error() const & { return *error_; }
  Error &&error() && { return std::move(*error_); }

 private:
  std::unique_ptr<Error> error_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  bool ok() const { return state_.index() == 0; }
  Code code() const { return ok() ? Code::ok : std::get<1>(state_).code; }
  T &value() & { return std::get<0>(state_); }
  const T &value() const & { return std::get<0>(state_); }
  T &&value() && { return std::get<0>(std::move(state_)); }
  const Error &error() const & { return std::get<1>(state_); }
  Error &&error() && { return std::get<1>(std::move(state_)); }
  T *operator->() { return &value(); }
  const T *operator->() const { return &value(); }
  T &operator*() & { return value(); }
  const T &operator*() const & { return value(); }
  T &&operator*() && { return std::move(*this).value(); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace deltos

// Leaves the enclosing function with the error of a Status or Result.
#define DELTOS_TRY(expression)                                    \
  do {                                                            \
    auto deltos_try_ = (expression);                              \
    if (!deltos_try_.ok()) return std::move(deltos_try_).error(); \
  } while (false)

#define DELTOS_CONCAT2(a, b) a##b
#define DELTOS_CONCAT(a, b) DELTOS_CONCAT2(a, b)

// Declares or assigns `target` from a Result, or leaves with its error.
#define DELTOS_ASSIGN(target, expression) DELTOS_ASSIGN_(target, expression, DELTOS_CONCAT(deltos_result_, __LINE__))
#define DELTOS_ASSIGN_(target, expression, name)  \
  auto name = (expression);                       \
  if (!name.ok()) return std::move(name).error(); \
  target = std::move(name).value()
