// The boundary: what a body returns or throws becomes a status, and nothing else gets out.
//
// Every exported function is exactly one of these calls (a test reads the sources). Handles are checked inside the
// body, so that a failed check, a failed allocation and a bug all leave by the same door.
#pragma once

#include <deltos/status.h>

#include <exception>
#include <new>
#include <utility>

#include "base/status.hpp"

namespace deltos::capi {

// Each writes `err` when there is one, and returns the code. None allocates.
deltos_status report(const Error &error, deltos_error *err) noexcept;
deltos_status report_no_memory(deltos_error *err) noexcept;
deltos_status report_internal(const char *what, deltos_error *err) noexcept;

template <class Body>
deltos_status guard(deltos_error *err, Body &&body) noexcept {
  try {
    const Status status = std::forward<Body>(body)();
    return status.ok() ? DELTOS_OK : report(status.error(), err);
  } catch (const std::bad_alloc &) {
    return report_no_memory(err);
  } catch (const std::exception &exception) {
    return report_internal(exception.what(), err);
  } catch (...) {
    return report_internal("an unknown exception", err);
  }
}

// Not inlined, and its arguments where the caller got them: who calls it last needs no frame.
template <auto kBody, class... Arguments>
[[gnu::noinline]] deltos_status guard_apart(Arguments... arguments, deltos_error *err) noexcept {
  return guard(err, [&] { return kBody(arguments...); });
}

// For calls that are made for every element: `fast` throws nothing and does all or nothing; only after nothing is kBody
// called, as the body of a guard() of its own.
template <auto kBody, class Fast, class... Arguments>
deltos_status guard_fast(deltos_error *err, Fast fast, Arguments... arguments) noexcept {
  static_assert(noexcept(fast()), "nothing guards the fast way");
  if (fast()) [[likely]]
    return DELTOS_OK;
  return guard_apart<kBody, Arguments...>(arguments..., err);
}

// For calls that cannot fail: the fallback stands for what should not happen.
template <class Value, class Body>
Value guard_value(Value fallback, Body &&body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    return fallback;
  }
}

template <class Body>
void guard_void(Body &&body) noexcept {
  try {
    std::forward<Body>(body)();
  } catch (...) {
    return;  // what a release could not do is left to the end of the process
  }
}

}  // namespace deltos::capi
