/**
 * @file
 * @defgroup deltos_hpp_error Errors in C++
 *
 * What fails, fails with a Status and a message. Each operation that can fail exists in two forms that differ in
 * nothing else: `open()` throws an Exception, `try_open()` returns a Result. The Result form never throws for a failure
 * of the library; memory for strings and lists of the caller's may still run out (std::bad_alloc), and what a callback
 * throws passes through either form.
 *
 * With -fno-exceptions, the throwing form prints the message and ends the program, as value() of the standard library
 * does; use the other.
 *
 * Thread safety: values, like int.
 * @{
 */
#ifndef DELTOS_HPP_ERROR_HPP
#define DELTOS_HPP_ERROR_HPP

#include <deltos/deltos.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#if defined(__cpp_exceptions)
#define DELTOS_HPP_EXCEPTIONS 1
#else
#define DELTOS_HPP_EXCEPTIONS 0
#endif

/* Programs of C++17 and of C++20 see different types called Span: what the linker sees is named apart, too, and apart
 * from whatever the library has inside. */
#if defined(__has_include)
#if __cplusplus >= 202002L && __has_include(<span>)
#define DELTOS_HPP_STD_SPAN 1
#endif
#endif
#ifdef DELTOS_HPP_STD_SPAN
#define DELTOS_HPP_NAMESPACE hpp_std_span
#else
#define DELTOS_HPP_NAMESPACE hpp_own_span
#endif

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** The codes of status.h, which says what each means and whose fault it is. There may be numbers without a name here.
 */
enum class Status : deltos_status {
  ok = DELTOS_OK,
  invalid = DELTOS_E_INVALID,
  kind = DELTOS_E_KIND,
  type = DELTOS_E_TYPE,
  range = DELTOS_E_RANGE,
  too_small = DELTOS_E_TOO_SMALL,
  not_found = DELTOS_E_NOT_FOUND,
  exists = DELTOS_E_EXISTS,
  readonly = DELTOS_E_READONLY,
  sealed = DELTOS_E_SEALED,
  pinned = DELTOS_E_PINNED,
  busy = DELTOS_E_BUSY,
  closed = DELTOS_E_CLOSED,
  stale = DELTOS_E_STALE,
  forked = DELTOS_E_FORKED,
  layout = DELTOS_E_LAYOUT,
  format = DELTOS_E_FORMAT,
  cancelled = DELTOS_E_CANCELLED,
  structure = DELTOS_E_STRUCT,
  unsupported = DELTOS_E_UNSUPPORTED,
  duplicate = DELTOS_E_DUPLICATE,
  corrupt = DELTOS_E_CORRUPT,
  not_deltos = DELTOS_E_NOT_DELTOS,
  feature = DELTOS_E_FEATURE,
  limit = DELTOS_E_LIMIT,
  replaced = DELTOS_E_REPLACED,
  io = DELTOS_E_IO,
  in_doubt = DELTOS_E_IN_DOUBT,
  no_space = DELTOS_E_NO_SPACE,
  no_memory = DELTOS_E_NO_MEMORY,
  address_space = DELTOS_E_ADDRESS_SPACE,
  filesystem = DELTOS_E_FILESYSTEM,
  locked = DELTOS_E_LOCKED,
  internal = DELTOS_E_INTERNAL
};

/** As in "DELTOS_E_PINNED"; "DELTOS_E_UNKNOWN" for a number that is no code. Never fails. */
inline const char *name_of(Status status) noexcept { return deltos_status_name(static_cast<deltos_status>(status)); }

/** The version of the library at run time, as in "0.1.0". Never fails. */
inline const char *version() noexcept { return deltos_version(); }

/** The version of the binary interface at run time; compare with DELTOS_ABI_VERSION. Never fails. */
inline std::uint32_t abi_version() noexcept { return deltos_abi_version(); }

/** What went wrong. 512 bytes, nothing allocated; copying it cannot fail. */
class Error {
 public:
  /** One of the caller's own, for code that extends this library. A long message is cut. */
  Error(Status status, const char *message) noexcept {
    raw_.status = static_cast<deltos_status>(status);
    raw_.os_errno = 0;
    raw_.object_id = 0;
    std::snprintf(raw_.message, sizeof raw_.message, "%s", message);
  }
  explicit Error(const deltos_error &raw) noexcept : raw_(raw) {}

  Status status() const noexcept { return static_cast<Status>(raw_.status); }
  /** errno of the system call that failed, or 0. */
  int os_errno() const noexcept { return raw_.os_errno; }
  /** The object concerned, or 0. */
  std::uint64_t object_id() const noexcept { return raw_.object_id; }
  /** One line of UTF-8; lives as long as the Error. */
  const char *message() const noexcept { return raw_.message; }

 private:
  deltos_error raw_;
};

/** What the throwing forms throw, and the only thing of the library's that they do. */
class Exception : public std::exception {
 public:
  explicit Exception(const Error &error) noexcept : error_(error) {}
  const char *what() const noexcept override { return error_.message(); }
  const Error &error() const noexcept { return error_; }
  Status status() const noexcept { return error_.status(); }

 private:
  Error error_;
};

namespace detail {

[[noreturn]] inline void raise(const Error &error) {
#if DELTOS_HPP_EXCEPTIONS
  throw Exception(error);
#else
  std::fprintf(stderr, "%s: %s\n", name_of(error.status()), error.message());
  std::abort();
#endif
}

}  // namespace detail

/**
 * A value, or why there is none.
 *
 * `if (result)` tells which. value() throws the error as an Exception, which makes `try_open(path).value()` the same as
 * `open(path)`; `*` and `->` are for a Result that is known to hold a value.
 */
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) noexcept(std::is_nothrow_move_constructible_v<T>)
      : state_(std::in_place_index<0>, std::move(value)) {}
  Result(const Error &error) noexcept : state_(std::in_place_index<1>, error) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  bool has_value() const noexcept { return state_.index() == 0; }
  Status status() const noexcept { return has_value() ? Status::ok : error().status(); }

  T &value() & { return check(), **this; }
  const T &value() const & { return check(), **this; }
  T &&value() && { return check(), std::move(**this); }
  /** Only where there is a value. */
  T &operator*() &noexcept { return *std::get_if<0>(&state_); }
  const T &operator*() const &noexcept { return *std::get_if<0>(&state_); }
  T &&operator*() &&noexcept { return std::move(*std::get_if<0>(&state_)); }
  T *operator->() noexcept { return std::get_if<0>(&state_); }
  const T *operator->() const noexcept { return std::get_if<0>(&state_); }
  /** Only where there is none. */
  const Error &error() const noexcept { return *std::get_if<1>(&state_); }

 private:
  void check() const {
    if (!has_value()) detail::raise(error());
  }

  std::variant<T, Error> state_;
};

/** Done, or why not. */
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() noexcept = default;
  Result(const Error &error) noexcept : state_(error) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  bool has_value() const noexcept { return state_.index() == 0; }
  Status status() const noexcept { return has_value() ? Status::ok : error().status(); }
  void value() const {
    if (!has_value()) detail::raise(error());
  }
  /** Only where something failed. */
  const Error &error() const noexcept { return *std::get_if<1>(&state_); }

 private:
  std::variant<std::monostate, Error> state_;
};

namespace detail {

/** Makes a call that has an error output, and turns its status into a Result. */
template <class Call>
Result<void> done(Call &&call) {
  deltos_error error;
  if (call(&error) != DELTOS_OK) return Error(error);
  return {};
}

/** The same for a call that yields a value: made by `T()`, filled in by the call. */
template <class T, class Call>
Result<T> made(Call &&call) {
  deltos_error error;
  T value{};
  if (call(value, &error) != DELTOS_OK) return Error(error);
  return Result<T>(std::move(value));
}

}  // namespace detail

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
