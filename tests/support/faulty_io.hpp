// An Io that does what the operating system does, until told to fail, interrupt or shorten calls; and the little that
// tests of os/ need around it: a directory of their own and a child process.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "os/file.hpp"
#include "os/io.hpp"

namespace deltos::test {

enum class Call {
  open,
  memfd,
  stat,
  fstat,
  fstatfs,
  read,
  write,
  pread,
  pwrite,
  fallocate,
  ftruncate,
  fdatasync,
  fsync,
  fcntl,
  lock,
  mmap,
  mprotect,
  link_fd,
  rename,
  unlink,
  count_
};

class FaultyIo : public os::Io {
 public:
  FaultyIo() { os::replace_io(this); }
  ~FaultyIo() override { os::replace_io(nullptr); }
  FaultyIo(const FaultyIo &) = delete;
  FaultyIo &operator=(const FaultyIo &) = delete;

  // The calls of this kind fail, `times` times, after `after` more have gone through.
  void fail(Call call, int os_errno, int times = 1 << 30, int after = 0) { plan(call) = {os_errno, times, after}; }
  void mend(Call call) { plan(call) = {}; }
  int calls(Call call) const { return calls_[static_cast<std::size_t>(call)]; }

  int interruptions = 0;                      // how often every call is interrupted before it goes through
  std::size_t most_transferred = SIZE_MAX;    // by one read or write, at an offset or not
  std::uint64_t most_allocated = UINT64_MAX;  // by one fallocate; larger ones are interrupted
  std::uint32_t filesystem_type = 0;          // what fstatfs says; 0: the truth

  int open(const char *path, int flags, unsigned mode) override {
    if (int e = upset(Call::open)) return e;
    return Io::open(path, flags, mode);
  }
  int memfd(const char *label, unsigned flags) override {
    if (int e = upset(Call::memfd)) return e;
    return Io::memfd(label, flags);
  }
  int stat(const char *path, struct stat *out) override {
    if (int e = upset(Call::stat)) return e;
    return Io::stat(path, out);
  }
  int fstat(int fd, struct stat *out) override {
    if (int e = upset(Call::fstat)) return e;
    return Io::fstat(fd, out);
  }
  int fstatfs(int fd, struct statfs *out) override {
    if (int e = upset(Call::fstatfs)) return e;
    const int result = Io::fstatfs(fd, out);
    if (result == 0 && filesystem_type != 0) out->f_type = filesystem_type;
    return result;
  }
  std::int64_t read(int fd, void *data, std::size_t bytes) override {
    if (int e = upset(Call::read)) return e;
    return Io::read(fd, data, std::min(bytes, most_transferred));
  }
  std::int64_t write(int fd, const void *data, std::size_t bytes) override {
    if (int e = upset(Call::write)) return e;
    return Io::write(fd, data, std::min(bytes, most_transferred));
  }
  std::int64_t pread(int fd, void *data, std::size_t bytes, std::uint64_t offset) override {
    if (int e = upset(Call::pread)) return e;
    return Io::pread(fd, data, std::min(bytes, most_transferred), offset);
  }
  std::int64_t pwrite(int fd, const void *data, std::size_t bytes, std::uint64_t offset) override {
    if (int e = upset(Call::pwrite)) return e;
    return Io::pwrite(fd, data, std::min(bytes, most_transferred), offset);
  }
  int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) override {
    if (int e = upset(Call::fallocate)) return e;
    if (bytes > most_allocated) return -EINTR;
    return Io::fallocate(fd, mode, offset, bytes);
  }
  int ftruncate(int fd, std::uint64_t bytes) override {
    if (int e = upset(Call::ftruncate)) return e;
    return Io::ftruncate(fd, bytes);
  }
  int fdatasync(int fd) override {
    if (int e = upset(Call::fdatasync)) return e;
    return Io::fdatasync(fd);
  }
  int fsync(int fd) override {
    if (int e = upset(Call::fsync)) return e;
    return Io::fsync(fd);
  }
  int fcntl(int fd, int command, std::uint64_t argument) override {
    if (int e = upset(Call::fcntl)) return e;
    return Io::fcntl(fd, command, argument);
  }
  int lock(int fd, int command, struct flock *lock) override {
    if (int e = upset(Call::lock)) return e;
    return Io::lock(fd, command, lock);
  }
  std::intptr_t mmap(void *at, std::size_t bytes, int protection, int flags, int fd, std::uint64_t offset) override {
    if (int e = upset(Call::mmap)) return e;
    return Io::mmap(at, bytes, protection, flags, fd, offset);
  }
  int mprotect(void *at, std::size_t bytes, int protection) override {
    if (int e = upset(Call::mprotect)) return e;
    return Io::mprotect(at, bytes, protection);
  }
  int link_fd(int fd, const char *path) override {
    if (int e = upset(Call::link_fd)) return e;
    return Io::link_fd(fd, path);
  }
  int rename(const char *from, const char *to) override {
    if (int e = upset(Call::rename)) return e;
    return Io::rename(from, to);
  }
  int unlink(const char *path) override {
    if (int e = upset(Call::unlink)) return e;
    return Io::unlink(path);
  }

 private:
  struct Plan {
    int os_errno = 0, times = 0, after = 0;
  };
  static constexpr std::size_t kCalls = static_cast<std::size_t>(Call::count_);

  Plan &plan(Call call) { return plans_[static_cast<std::size_t>(call)]; }

  // The negated errno this call gets, or 0.
  int upset(Call call) {
    // Mapping and protecting are never interrupted, and neither is the setting of a seal.
    const bool interruptible = call != Call::mmap && call != Call::mprotect && call != Call::fcntl;
    if (interruptible && interrupted_ < interruptions) {
      interrupted_++;
      return -EINTR;
    }
    interrupted_ = 0;
    calls_[static_cast<std::size_t>(call)]++;
    Plan &next = plan(call);
    if (next.after > 0) {
      next.after--;
      return 0;
    }
    if (next.times == 0) return 0;
    next.times--;
    return -next.os_errno;
  }

  std::array<Plan, kCalls> plans_{};
  std::array<int, kCalls> calls_{};
  int interrupted_ = 0;
};

// A directory that disappears with its content.
class TestDirectory {
 public:
  TestDirectory() {
    std::string pattern = testing::TempDir() + "deltos-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDirectory(const TestDirectory &) = delete;
  TestDirectory &operator=(const TestDirectory &) = delete;
  const std::string &path() const { return path_; }
  std::string path(const std::string &name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Runs the work in a child and returns the status wait() gives; the child ends with what the work returns.
template <class Work>
int in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = -1;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

inline bool exited_with(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
inline bool killed_by(int status, int signal) { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }

// How many map areas of the process lie in [at, at + bytes).
inline int map_areas(const std::byte *at, std::uint64_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(at);
  std::ifstream maps("/proc/self/maps");
  int areas = 0;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0, to = 0;
    std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR, &from, &to);
    if (from < begin + bytes && to > begin) areas++;
  }
  return areas;
}

// A file without a name, of so many bytes.
inline os::File file_of(std::uint64_t bytes) {
  Result<os::File> file = os::File::open_unnamed(testing::TempDir());
  EXPECT_TRUE(file.ok()) << file.error().message;
  EXPECT_TRUE(file->grow(0, bytes).ok());
  return std::move(file).value();
}

}  // namespace deltos::test
