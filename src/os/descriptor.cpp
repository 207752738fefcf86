#include "os/descriptor.hpp"

#include "os/call.hpp"
#include "os/io.hpp"

namespace deltos::os {
namespace {

// `call` transfers what it can behind the bytes that are done, as the kernel answers.
template <class Call>
Transferred transfer(std::uint64_t size, const Call &call) {
  Transferred done;
  while (done.bytes < size) {
    const std::int64_t result = uninterrupted([&] { return call(done.bytes); });
    if (result < 0) done.os_errno = static_cast<int>(-result);
    if (result <= 0) break;
    done.bytes += static_cast<std::uint64_t>(result);
  }
  return done;
}

}  // namespace

Transferred read_descriptor(int fd, MutableBytes to, std::int64_t offset) {
  return transfer(to.size(), [&](std::uint64_t done) {
    std::byte *const place = to.data() + done;
    const std::size_t size = to.size() - done;
    return offset == kAtPosition ? io().read(fd, place, size)
                                 : io().pread(fd, place, size, static_cast<std::uint64_t>(offset) + done);
  });
}

Transferred write_descriptor(int fd, Bytes from, std::int64_t offset) {
  Transferred done = transfer(from.size(), [&](std::uint64_t written) {
    const std::byte *const place = from.data() + written;
    const std::size_t size = from.size() - written;
    return offset == kAtPosition ? io().write(fd, place, size)
                                 : io().pwrite(fd, place, size, static_cast<std::uint64_t>(offset) + written);
  });
  // Nothing written and no reason given: no device should do it, and none may make a caller believe that all is well.
  if (done.os_errno == 0 && done.bytes < from.size()) done.os_errno = EIO;
  return done;
}

}  // namespace deltos::os
