// The operating system behind the seam: one libc call each, the result turned into a value or a negated errno. They are
// the ordinary dynamic symbols, so that a preloaded library or a tracer can step in from outside as well.
#include "os/io.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace deltos::os {
namespace {

// Lives as long as the process: destructors of other statics may still close files.
union SystemIo {
  constexpr SystemIo() : io() {}
  ~SystemIo() {}  // NOLINT(modernize-use-equals-default): defaulted, it would be deleted, as Io has a destructor
  SystemIo(const SystemIo &) = delete;
  SystemIo &operator=(const SystemIo &) = delete;
  Io io;
};

constinit SystemIo system_io;
constinit std::atomic<Io *> replacement_io{nullptr};

template <class T>
T or_errno(T result) {
  return result == -1 ? static_cast<T>(-errno) : result;
}

// Everything but the times. Where the kernel keeps times finely for those who look at them, each look makes the next
// write change the inode, and the next barrier wait for the file system's journal: a quarter of a commit.
int stat_without_times(int directory, const char *path, int flags, struct stat *out) {
  struct statx status;
  constexpr unsigned kWanted = STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_INO | STATX_SIZE | STATX_BLOCKS;
  if (::statx(directory, path, flags, kWanted, &status) != 0) return -errno;
  *out = {};
  out->st_dev = makedev(status.stx_dev_major, status.stx_dev_minor);
  out->st_ino = status.stx_ino;
  out->st_mode = status.stx_mode;
  out->st_nlink = status.stx_nlink;
  out->st_size = static_cast<off_t>(status.stx_size);
  out->st_blocks = static_cast<blkcnt_t>(status.stx_blocks);
  return 0;
}

}  // namespace

int Io::open(const char *path, int flags, unsigned mode) { return or_errno(::open(path, flags, mode)); }
int Io::memfd(const char *label, unsigned flags) { return or_errno(::memfd_create(label, flags)); }
int Io::close(int fd) { return or_errno(::close(fd)); }
int Io::stat(const char *path, struct stat *out) { return stat_without_times(AT_FDCWD, path, 0, out); }
int Io::fstat(int fd, struct stat *out) { return stat_without_times(fd, "", AT_EMPTY_PATH, out); }
int Io::fstatfs(int fd, struct statfs *out) { return or_errno(::fstatfs(fd, out)); }

std::int64_t Io::read(int fd, void *data, std::size_t bytes) { return or_errno(::read(fd, data, bytes)); }
std::int64_t Io::write(int fd, const void *data, std::size_t bytes) { return or_errno(::write(fd, data, bytes)); }

std::int64_t Io::pread(int fd, void *data, std::size_t bytes, std::uint64_t offset) {
  return or_errno(::pread(fd, data, bytes, static_cast<off_t>(offset)));
}

std::int64_t Io::pwrite(int fd, const void *data, std::size_t bytes, std::uint64_t offset) {
  return or_errno(::pwrite(fd, data, bytes, static_cast<off_t>(offset)));
}

int Io::fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) {
  return or_errno(::fallocate(fd, mode, static_cast<off_t>(offset), static_cast<off_t>(bytes)));
}

int Io::ftruncate(int fd, std::uint64_t bytes) { return or_errno(::ftruncate(fd, static_cast<off_t>(bytes))); }
int Io::fdatasync(int fd) { return or_errno(::fdatasync(fd)); }
int Io::fsync(int fd) { return or_errno(::fsync(fd)); }

int Io::sync_file_range(int fd, std::uint64_t offset, std::uint64_t bytes, unsigned flags) {
  return or_errno(::sync_file_range(fd, static_cast<off_t>(offset), static_cast<off_t>(bytes), flags));
}

int Io::fadvise(int fd, std::uint64_t offset, std::uint64_t bytes, int advice) {
  // Unlike its neighbours this one returns the error number.
  return -::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(bytes), advice);
}

int Io::fcntl(int fd, int command, std::uint64_t argument) { return or_errno(::fcntl(fd, command, argument)); }
int Io::ioctl(int fd, unsigned long request, void *argument) { return or_errno(::ioctl(fd, request, argument)); }
int Io::lock(int fd, int command, struct flock *lock) { return or_errno(::fcntl(fd, command, lock)); }

std::intptr_t Io::mmap(void *at, std::size_t bytes, int protection, int flags, int fd, std::uint64_t offset) {
  void *address = ::mmap(at, bytes, protection, flags, fd, static_cast<off_t>(offset));
  return address == MAP_FAILED ? -errno : reinterpret_cast<std::intptr_t>(address);
}

int Io::munmap(void *at, std::size_t bytes) { return or_errno(::munmap(at, bytes)); }
int Io::mprotect(void *at, std::size_t bytes, int protection) { return or_errno(::mprotect(at, bytes, protection)); }
int Io::madvise(void *at, std::size_t bytes, int advice) { return or_errno(::madvise(at, bytes, advice)); }

int Io::link_fd(int fd, const char *path) {
  char descriptor[32];
  std::snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", fd);
  return or_errno(::linkat(AT_FDCWD, descriptor, AT_FDCWD, path, AT_SYMLINK_FOLLOW));
}

int Io::link(const char *from, const char *to) { return or_errno(::link(from, to)); }
int Io::rename(const char *from, const char *to) { return or_errno(::rename(from, to)); }
int Io::unlink(const char *path) { return or_errno(::unlink(path)); }

Io &io() {
  Io *replacement = replacement_io.load(std::memory_order_acquire);
  return replacement ? *replacement : system_io.io;
}

void replace_io(Io *replacement) { replacement_io.store(replacement, std::memory_order_release); }

}  // namespace deltos::os
