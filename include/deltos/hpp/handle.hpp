/**
 * @file
 * @defgroup deltos_hpp_handle Handles, text and callbacks in C++
 *
 * Every handle is an owner that is moved and never copied; its destructor releases, and never fails. A default-made or
 * moved-from one is empty: false in a condition, and answered with Status::invalid when it is used.
 * @{
 */
#ifndef DELTOS_HPP_HANDLE_HPP
#define DELTOS_HPP_HANDLE_HPP

#include <deltos/hpp/error.hpp>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#ifdef DELTOS_HPP_STD_SPAN
#include <span>
#endif

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

#ifdef DELTOS_HPP_STD_SPAN
/** std::span where the standard has it, else an address and a length with the same members. */
template <class T>
using Span = std::span<T>;
#else
/** std::span where the standard has it, else an address and a length with the same members. */
template <class T>
class Span {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  using iterator = T *;

  constexpr Span() noexcept = default;
  constexpr Span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <class C, class = std::enable_if_t<std::is_convertible_v<decltype(std::data(std::declval<C &>())), T *>>>
  constexpr Span(C &&container) noexcept : data_(std::data(container)), size_(std::size(container)) {}

  constexpr T *data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr std::size_t size_bytes() const noexcept { return size_ * sizeof(T); }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr T *begin() const noexcept { return data_; }
  constexpr T *end() const noexcept { return data_ + size_; }
  constexpr T &operator[](std::size_t index) const noexcept { return data_[index]; }
  constexpr T &front() const noexcept { return data_[0]; }
  constexpr T &back() const noexcept { return data_[size_ - 1]; }
  constexpr Span subspan(std::size_t from, std::size_t count) const noexcept { return Span(data_ + from, count); }

 private:
  T *data_ = nullptr;
  std::size_t size_ = 0;
};
#endif

/** Lengths or strides, one for each dimension. */
using Shape = std::vector<std::int64_t>;

/**
 * Text that is given to a call: from a literal, a std::string or a std::filesystem::path. Borrowed for the call. Text
 * with a NUL inside is passed on as NULL, which no call that needs text accepts: it is refused and never cut.
 */
class Text {
 public:
  Text(const char *text) noexcept : text_(text) {}
  Text(const std::string &text) noexcept : text_(text.find('\0') == std::string::npos ? text.c_str() : nullptr) {}
  template <class Path, class = std::enable_if_t<
                            std::is_same_v<const std::string &, decltype(std::declval<const Path &>().native())>>>
  Text(const Path &path) noexcept : Text(path.native()) {}
  const char *c_str() const noexcept { return text_; }

 private:
  const char *text_;
};

/**
 * A callback of long calls, made from whatever can be called with (std::uint64_t done, std::uint64_t total): one that
 * returns bool goes on with true and cancels with false, one that returns nothing never cancels. `total` is 0 where it
 * is not known.
 *
 * It runs on the calling thread, inside the call. An exception cancels the call and is thrown again, as it was, when
 * the call has cleaned up.
 */
class Progress {
 public:
  Progress() noexcept = default;
  template <class Callable, class = std::enable_if_t<!std::is_same_v<Callable, Progress> &&
                                                     std::is_invocable_v<Callable &, std::uint64_t, std::uint64_t>>>
  Progress(Callable callable) : go_on_(adapted(std::move(callable))) {}
  explicit operator bool() const noexcept { return static_cast<bool>(go_on_); }
  bool operator()(std::uint64_t done, std::uint64_t total) const { return go_on_(done, total); }

 private:
  using Function = std::function<bool(std::uint64_t, std::uint64_t)>;

  template <class Callable>
  static Function adapted(Callable callable) {
    using Answer = std::invoke_result_t<Callable &, std::uint64_t, std::uint64_t>;
    static_assert(std::is_same_v<Answer, bool> || std::is_void_v<Answer>,
                  "a progress callback returns bool or nothing");
    if constexpr (std::is_same_v<Answer, bool>) {
      return Function(std::move(callable));
    } else {
      return [callable = std::move(callable)](std::uint64_t done, std::uint64_t total) mutable {
        std::invoke(callable, done, total);
        return true;
      };
    }
  }

  Function go_on_;
};

namespace detail {

/** An owner of one C handle. */
template <class T, void (*Release)(T **)>
class Handle {
 public:
  Handle() noexcept = default;
  explicit Handle(T *taken) noexcept : handle_(taken) {}
  Handle(Handle &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Handle &operator=(Handle &&other) noexcept {
    Handle taken(std::move(other));
    std::swap(handle_, taken.handle_);
    return *this;
  }
  /** No call for an empty one: values that are passed on leave several of them behind. */
  ~Handle() {
    if (handle_ != nullptr) Release(&handle_);
  }

  T *get() const noexcept { return handle_; }
  T *release() noexcept { return std::exchange(handle_, nullptr); }
  /** For calls that make, replace or consume the handle. */
  T **address() noexcept { return &handle_; }

 private:
  T *handle_ = nullptr;
};

/** Carries a Progress through C, and an exception of its back again. */
class ProgressCall {
 public:
  explicit ProgressCall(const Progress &progress) noexcept : progress_(progress) {}
  deltos_progress function() const noexcept { return progress_ ? &ProgressCall::run : nullptr; }
  void *user() noexcept { return this; }

  /** To be called when the C call has returned: throws what the callback threw. */
  void finish() const {
#if DELTOS_HPP_EXCEPTIONS
    if (thrown_) std::rethrow_exception(thrown_);
#endif
  }

 private:
  static std::int32_t run(std::uint64_t done, std::uint64_t total, void *user) noexcept {
    auto *call = static_cast<ProgressCall *>(user);
#if DELTOS_HPP_EXCEPTIONS
    try {
      return call->progress_(done, total) ? 0 : 1;
    } catch (...) {
      call->thrown_ = std::current_exception();
      return 1;
    }
#else
    return call->progress_(done, total) ? 0 : 1;
#endif
  }

  const Progress &progress_;
#if DELTOS_HPP_EXCEPTIONS
  std::exception_ptr thrown_;
#endif
};

/** A callable on the heap, for C to call once. What it throws ends the program: it must not unwind through C. */
template <class Callable>
class ReleaseCall {
 public:
  explicit ReleaseCall(Callable callable) : held_(new Callable(std::move(callable))) {}
  static void run(void *user) noexcept {
    const std::unique_ptr<Callable> callable(static_cast<Callable *>(user));
    std::invoke(*callable);
  }
  void *user() const noexcept { return held_.get(); }
  /** C has it now. */
  void taken() noexcept { static_cast<void>(held_.release()); }

 private:
  std::unique_ptr<Callable> held_;
};

}  // namespace detail

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
