// Reading from and writing to descriptors that belong to the caller: files, pipes, sockets, devices.
#pragma once

#include "base/bytes.hpp"

namespace deltos::os {

constexpr std::int64_t kAtPosition = -1;  // for an offset: at the descriptor's own position, which moves on

// How far a transfer went, and why no further: the error number of the call that failed, 0 when there was none.
struct Transferred {
  std::uint64_t bytes = 0;
  int os_errno = 0;
};

// Repeats interrupted and short calls until `to` is full; less without an error is the end of the file.
Transferred read_descriptor(int fd, MutableBytes to, std::int64_t offset);
// The same until all is written.
Transferred write_descriptor(int fd, Bytes from, std::int64_t offset);

}  // namespace deltos::os
