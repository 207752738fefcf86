// An Io in which one chosen call fails, once or for ever after, or is interrupted, or transfers less than asked for.
// Nothing is really made durable: that is slow, and nothing here is about power.
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "os/io.hpp"

namespace deltos::crash {

struct Fault {
  const char *name;
  int os_errno;   // EINTR: the call is only interrupted; 0: a write is only cut short
  bool for_ever;  // and all later calls
};

class FailingIo final : public os::Io {
 public:
  FailingIo() { os::replace_io(this); }
  ~FailingIo() override { os::replace_io(nullptr); }
  FailingIo(const FailingIo &) = delete;
  FailingIo &operator=(const FailingIo &) = delete;

  void arm(const Fault &fault, std::uint64_t at) {
    fault_ = &fault;
    at_ = at;
    calls_ = 0;
    hit_ = interrupted_ = false;
  }
  void disarm() { fault_ = nullptr; }
  bool hit() const { return hit_; }
  bool no_unnamed_files = false, no_room = false;  // what the file system cannot do

  int open(const char *path, int flags, unsigned mode) override {
    if (no_unnamed_files && (flags & O_TMPFILE) == O_TMPFILE) return -EOPNOTSUPP;
    if (const int e = upset(); e != 0) return e;
    return Io::open(path, flags, mode);
  }
  int memfd(const char *label, unsigned flags) override {
    if (const int e = upset(); e != 0) return e;
    return Io::memfd(label, flags);
  }
  int stat(const char *path, struct stat *out) override {
    if (const int e = upset(); e != 0) return e;
    return Io::stat(path, out);
  }
  int fstat(int fd, struct stat *out) override {
    if (const int e = upset(); e != 0) return e;
    return Io::fstat(fd, out);
  }
  int fstatfs(int fd, struct statfs *out) override {
    if (const int e = upset(); e != 0) return e;
    return Io::fstatfs(fd, out);
  }
  std::int64_t pread(int fd, void *data, std::size_t bytes, std::uint64_t offset) override {
    if (const int e = upset(); e != 0) return e;
    return Io::pread(fd, data, bytes, offset);
  }
  std::int64_t pwrite(int fd, const void *data, std::size_t bytes, std::uint64_t offset) override {
    if (shortened()) bytes = std::max<std::size_t>(1, bytes / 2);
    if (const int e = upset(); e != 0) return e;
    return Io::pwrite(fd, data, bytes, offset);
  }
  int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) override {
    if (no_room) return -EOPNOTSUPP;
    if (const int e = upset(); e != 0) return e;
    return Io::fallocate(fd, mode, offset, bytes);
  }
  int ftruncate(int fd, std::uint64_t bytes) override {
    if (const int e = upset(); e != 0) return e;
    return Io::ftruncate(fd, bytes);
  }
  int fdatasync(int) override { return upset(); }
  int fsync(int) override { return upset(); }
  int sync_file_range(int, std::uint64_t, std::uint64_t, unsigned) override { return upset(); }
  int fadvise(int, std::uint64_t, std::uint64_t, int) override { return upset(); }
  int fcntl(int fd, int command, std::uint64_t argument) override {
    if (const int e = upset(false); e != 0) return e;
    return Io::fcntl(fd, command, argument);
  }
  int lock(int fd, int command, struct flock *lock) override {
    // Letting go is not refused.
    const int error = lock->l_type == F_UNLCK ? 0 : upset();
    return error != 0 ? error : Io::lock(fd, command, lock);
  }
  std::intptr_t mmap(void *at, std::size_t bytes, int protection, int flags, int fd, std::uint64_t offset) override {
    if (const int e = upset(false); e != 0) return e;
    return Io::mmap(at, bytes, protection, flags, fd, offset);
  }
  int mprotect(void *at, std::size_t bytes, int protection) override {
    if (const int e = upset(false); e != 0) return e;
    return Io::mprotect(at, bytes, protection);
  }
  int link_fd(int fd, const char *path) override {
    if (const int e = upset(); e != 0) return e;
    return Io::link_fd(fd, path);
  }
  int link(const char *from, const char *to) override {
    if (const int e = upset(); e != 0) return e;
    return Io::link(from, to);
  }
  int rename(const char *from, const char *to) override {
    if (const int e = upset(); e != 0) return e;
    return Io::rename(from, to);
  }
  int unlink(const char *path) override {
    if (const int e = upset(); e != 0) return e;
    return Io::unlink(path);
  }

 private:
  // The negated errno of this call, or 0.
  int upset(bool interruptible = true) {
    if (fault_ == nullptr || fault_->os_errno == 0) return 0;
    if (fault_->os_errno == EINTR && !interruptible) return 0;
    if (interrupted_) {
      interrupted_ = false;  // the same call, again
      return 0;
    }
    if (!due()) return 0;
    interrupted_ = fault_->os_errno == EINTR;
    return -fault_->os_errno;
  }
  bool shortened() { return fault_ != nullptr && fault_->os_errno == 0 && due(); }
  bool due() {
    ++calls_;
    const bool now = calls_ == at_ || (fault_->for_ever && calls_ > at_);
    hit_ = hit_ || now;
    return now;
  }

  const Fault *fault_ = nullptr;
  std::uint64_t at_ = 0, calls_ = 0;
  bool hit_ = false, interrupted_ = false;
};

}  // namespace deltos::crash
