// The seam: every system call of the library on files, memory and locks goes through one Io. Tests put another in its
// place to record, fail, shorten or kill. Calls return what the kernel returned, or the negated errno; EINTR and short
// transfers are the business of os/file.cpp, once.
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>

struct flock;
struct stat;
struct statfs;

namespace deltos::os {

class Io {
 public:
  virtual ~Io() = default;
  virtual int open(const char *path, int flags, unsigned mode);
  virtual int memfd(const char *label, unsigned flags);
  virtual int close(int fd);
  virtual int stat(const char *path, struct stat *out);  // this one and the next: all but the times
  virtual int fstat(int fd, struct stat *out);
  virtual int fstatfs(int fd, struct statfs *out);
  virtual std::int64_t read(int fd, void *data, std::size_t bytes);  // at the descriptor's position
  virtual std::int64_t write(int fd, const void *data, std::size_t bytes);
  virtual std::int64_t pread(int fd, void *data, std::size_t bytes, std::uint64_t offset);
  virtual std::int64_t pwrite(int fd, const void *data, std::size_t bytes, std::uint64_t offset);
  virtual int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes);
  virtual int ftruncate(int fd, std::uint64_t bytes);
  virtual int fdatasync(int fd);
  virtual int fsync(int fd);
  virtual int sync_file_range(int fd, std::uint64_t offset, std::uint64_t bytes, unsigned flags);
  virtual int fadvise(int fd, std::uint64_t offset, std::uint64_t bytes, int advice);
  virtual int fcntl(int fd, int command, std::uint64_t argument);  // seals
  virtual int ioctl(int fd, unsigned long request, void *argument);
  virtual int lock(int fd, int command, struct flock *lock);  // F_OFD_SETLK, F_OFD_GETLK
  // Address of the mapping, or the negated errno (tell them apart with is_error()).
  virtual std::intptr_t mmap(void *at, std::size_t bytes, int protection, int flags, int fd, std::uint64_t offset);
  virtual int munmap(void *at, std::size_t bytes);
  virtual int mprotect(void *at, std::size_t bytes, int protection);
  virtual int madvise(void *at, std::size_t bytes, int advice);
  virtual int link_fd(int fd, const char *path);  // gives an O_TMPFILE file its name; -EEXIST when taken
  virtual int link(const char *from, const char *to);
  virtual int rename(const char *from, const char *to);
  virtual int unlink(const char *path);

  static bool is_error(std::intptr_t result) { return result < 0 && result >= -4095; }
};

// The Io in use; the operating system's unless a test has put another in its place.
Io &io();
// For tests; nullptr restores the operating system's. Not while another thread is inside the library.
void replace_io(Io *replacement);

}  // namespace deltos::os
