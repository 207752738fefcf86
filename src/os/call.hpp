// What the files of os/ share: repeating interrupted calls, the size of a page, and the errors about space.
#pragma once

#include <cerrno>
#include <cstdint>

#include "base/status.hpp"
#include "os/file.hpp"

namespace deltos::os {

// Calls again for as long as a signal interrupts.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    auto result = call();
    if (result != -EINTR) return result;
  }
}

std::uint64_t page_bytes();

// RLIMIT_FSIZE. The kernel sends SIGXFSZ, which kills, to who writes at or behind it.
std::uint64_t file_size_limit();
// no_space when [.., end) is beyond that limit.
Status check_size_limit(const File &file, std::uint64_t end);
// What the kernel's refusal to take `needed` more bytes means, with how many are missing.
Error out_of_space(const File &file, int os_errno, std::uint64_t needed);

}  // namespace deltos::os
