// File: one descriptor, its content, and its open-file-description locks. Interrupted calls and short transfers end
// here; what leaves is all of it or an error that names the file.
#include "os/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cinttypes>
#include <cstdio>
#include <utility>

#include "os/call.hpp"
#include "os/io.hpp"

namespace deltos::os {
namespace {

// O_NONBLOCK: a name that leads to a FIFO or a device must not stop the caller. Regular files ignore it.
constexpr int kOpenAlways = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr std::size_t kMemoryLabelBytes = 200;  // the kernel takes 249

Error open_error(int os_errno, const std::string &path) {
  const char *name = path.c_str();
  switch (os_errno) {
    case ENOENT:
    case ENOTDIR:
      return fail_os(Code::not_found, os_errno, "%s: there is no such file", name);
    case EEXIST:
      return fail_os(Code::exists, os_errno, "%s: the name is taken; choose another or ask to replace the file", name);
    case EISDIR:
    case ENXIO:
    case ENODEV:
      return fail_os(Code::invalid, os_errno, "%s: not a regular file; give the path of one", name);
    case EINVAL:
    case ELOOP:
    case ENAMETOOLONG:
      return fail_os(Code::invalid, os_errno, "%s: the path cannot be used; choose another", name);
    case EROFS:
      return fail_os(Code::readonly, os_errno, "%s: the file system is read-only; open the file for reading", name);
    case EAGAIN:
    case ETXTBSY:
      return fail_os(Code::busy, os_errno, "%s: another process holds the file; try again later", name);
    case EACCES:
    case EPERM:
      return fail_os(Code::io, os_errno, "%s: no permission to open the file; change its mode or owner", name);
    case EMFILE:
    case ENFILE:
      return fail_os(Code::io, os_errno, "%s: too many open files; close some or raise the limit (ulimit -n)", name);
    default:
      return fail_os(code_of_errno(os_errno), os_errno, "%s: the file cannot be opened", name);
  }
}

int open_descriptor(const char *path, int flags, unsigned mode) {
  return uninterrupted([&] { return io().open(path, flags | kOpenAlways, mode); });
}

Error lock_error(int os_errno, const std::string &label) {
  const char *name = label.c_str();
  switch (os_errno) {
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
    case ENOTTY:
    case ENOLCK:
      return fail_os(Code::filesystem, os_errno,
                     "%s: the file system gives no locks that belong to an open file; move the file to a local one, or "
                     "open it without locks as unchanging",
                     name);
    case EBADF:
      return fail_os(Code::readonly, os_errno, "%s: the file is not open in the way this lock needs", name);
    default:
      return fail_os(code_of_errno(os_errno), os_errno, "%s: the file cannot be locked", name);
  }
}

Result<struct flock> lock_request(const std::string &label, short type, std::uint64_t start, std::uint64_t bytes) {
  constexpr std::uint64_t kEnd = std::uint64_t{1} << 63;
  if (!within(start, bytes, kEnd)) {
    return fail(Code::internal, "%s: a lock at byte %" PRIu64 " over %" PRIu64 " bytes ends behind 2^63", label.c_str(),
                start, bytes);
  }
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(start);
  lock.l_len = static_cast<off_t>(bytes);
  return lock;
}

short lock_type(bool exclusive) { return exclusive ? F_WRLCK : F_RDLCK; }

}  // namespace

File::~File() { close(); }

File::File(File &&other) noexcept : fd_(std::exchange(other.fd_, -1)), label_(std::move(other.label_)) {}

File &File::operator=(File &&other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
    label_ = std::move(other.label_);
  }
  return *this;
}

void File::close() {
  // The descriptor is gone even when the call was interrupted; what had to be durable was synced before.
  if (valid()) io().close(std::exchange(fd_, -1));
}

Result<File> File::open(const std::string &path, int flags, unsigned mode) {
  if (path.find('\0') != std::string::npos) return open_error(EINVAL, path);
  std::string label = path;
  const int fd = open_descriptor(path.c_str(), flags, mode);
  if (fd < 0) return open_error(-fd, path);
  return File(fd, std::move(label));
}

Result<File> File::open_memory(const char *label) {
  std::string name(label);
  const std::string short_name = name.substr(0, kMemoryLabelBytes);
  const int fd = uninterrupted([&] { return io().memfd(short_name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING); });
  if (fd < 0) {
    const Code code = fd == -ENOSYS ? Code::unsupported : code_of_errno(-fd);
    return fail_os(code, -fd, "%s: no file in memory can be had; use a file on disk", label);
  }
  File file(fd, std::move(name));
  const int sealed = io().fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
  if (sealed < 0) {
    return fail_os(Code::unsupported, -sealed,
                   "%s: the file in memory cannot be kept from shrinking; use a file on disk", label);
  }
  return file;
}

Result<File> File::open_unnamed(const std::string &directory, unsigned mode) {
  std::string label = directory + "/(unnamed)";
  const int fd = open_descriptor(directory.c_str(), O_TMPFILE | O_RDWR, mode);
  switch (-fd) {
    case EOPNOTSUPP:
    case EISDIR:  // what kernels and file systems without O_TMPFILE say
    case EINVAL:
    case ENOSYS:
      return fail_os(Code::unsupported, -fd, "%s: the file system has no unnamed files; use a named one",
                     directory.c_str());
    case ENOENT:
    case ENOTDIR:
      return fail_os(Code::not_found, -fd, "%s: there is no such directory", directory.c_str());
    default:
      break;
  }
  if (fd < 0) return open_error(-fd, directory);
  return File(fd, std::move(label));
}

Result<File> File::reopen(int flags) const {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd_);
  std::string label = label_;
  const int fd = open_descriptor(path, flags, 0);
  if (fd == -ENOENT || fd == -ENOTDIR) {
    return fail_os(Code::io, -fd, "%s: an open file cannot be opened again without /proc; mount it", label_.c_str());
  }
  if (fd < 0) return open_error(-fd, label_);
  return File(fd, std::move(label));
}

Result<File> File::reopen_borrowed(int fd, int flags) {
  File borrowed(fd, "descriptor " + std::to_string(fd));
  const bool open = borrowed.info().ok();
  Result<File> again = open ? borrowed.reopen(flags) : fail(Code::invalid, "%d is not an open descriptor", fd);
  borrowed.release();
  return again;
}

Result<FileInfo> File::info() const {
  struct stat status;
  const int result = uninterrupted([&] { return io().fstat(fd_, &status); });
  if (result < 0) {
    return fail_os(code_of_errno(-result), -result, "%s: nothing can be learnt about the file", label_.c_str());
  }
  FileInfo info = {};
  info.bytes = static_cast<std::uint64_t>(status.st_size);
  info.allocated_bytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
  info.device = status.st_dev;
  info.inode = status.st_ino;
  info.links = status.st_nlink;
  info.regular = S_ISREG(status.st_mode);
  return info;
}

Result<std::uint64_t> File::read_some(MutableBytes to, std::uint64_t offset) const {
  std::uint64_t done = 0;
  while (done < to.size()) {
    const std::int64_t got =
        uninterrupted([&] { return io().pread(fd_, to.data() + done, to.size() - done, offset + done); });
    if (got < 0) {
      const int os_errno = static_cast<int>(-got);
      return fail_os(code_of_errno(os_errno), os_errno, "%s: %" PRIu64 " bytes at byte %" PRIu64 " cannot be read",
                     label_.c_str(), std::uint64_t{to.size() - done}, offset + done);
    }
    if (got == 0) break;
    done += static_cast<std::uint64_t>(got);
  }
  return done;
}

Status File::read(MutableBytes to, std::uint64_t offset) const {
  DELTOS_ASSIGN(const std::uint64_t got, read_some(to, offset));
  if (got == to.size()) return {};
  return fail(Code::corrupt,
              "%s: %" PRIu64 " bytes are missing behind byte %" PRIu64
              "; the file was cut short, restore it from a copy",
              label_.c_str(), to.size() - got, offset + got);
}

Status File::write(Bytes from, std::uint64_t offset) const {
  DELTOS_TRY(check_limit(offset + from.size()));
  return write_below(from, offset);
}

Status File::check_limit(std::uint64_t end) const { return check_size_limit(*this, end); }

Status File::write_below(Bytes from, std::uint64_t offset) const {
  std::uint64_t done = 0;
  while (done < from.size()) {
    const std::uint64_t left = from.size() - done;
    std::int64_t put = uninterrupted([&] { return io().pwrite(fd_, from.data() + done, left, offset + done); });
    if (put == 0) put = -EIO;  // no progress and no reason: never again and again
    if (put < 0) {
      const int os_errno = static_cast<int>(-put);
      if (code_of_errno(os_errno) == Code::no_space) return out_of_space(*this, os_errno, left);
      return fail_os(code_of_errno(os_errno), os_errno, "%s: %" PRIu64 " bytes at byte %" PRIu64 " cannot be written",
                     label_.c_str(), left, offset + done);
    }
    done += static_cast<std::uint64_t>(put);
  }
  return {};
}

Status File::sync_data() const {
  const int result = uninterrupted([&] { return io().fdatasync(fd_); });
  if (result == 0) return {};
  return fail_os(code_of_errno(-result), -result,
                 "%s: the content did not reach the disk; nothing written since the last success is certain",
                 label_.c_str());
}

Status File::sync_all() const {
  const int result = uninterrupted([&] { return io().fsync(fd_); });
  if (result == 0) return {};
  return fail_os(code_of_errno(-result), -result,
                 "%s: the file did not reach the disk; nothing written since the last success is certain",
                 label_.c_str());
}

void File::write_behind(std::uint64_t offset, std::uint64_t bytes) const {
  io().sync_file_range(fd_, offset, bytes, SYNC_FILE_RANGE_WRITE);
}

void File::drop_cache(std::uint64_t offset, std::uint64_t bytes) const {
  io().fadvise(fd_, offset, bytes, POSIX_FADV_DONTNEED);
}

Result<bool> File::try_lock(std::uint64_t start, std::uint64_t bytes, bool exclusive) const {
  DELTOS_ASSIGN(struct flock lock, lock_request(label_, lock_type(exclusive), start, bytes));
  const int result = uninterrupted([&] { return io().lock(fd_, F_OFD_SETLK, &lock); });
  if (result == -EAGAIN || result == -EACCES) return false;
  if (result < 0) return lock_error(-result, label_);
  return true;
}

Status File::unlock(std::uint64_t start, std::uint64_t bytes) const {
  DELTOS_ASSIGN(struct flock lock, lock_request(label_, F_UNLCK, start, bytes));
  const int result = uninterrupted([&] { return io().lock(fd_, F_OFD_SETLK, &lock); });
  if (result < 0) return lock_error(-result, label_);
  return {};
}

Result<LockConflict> File::conflict(std::uint64_t start, std::uint64_t bytes, bool exclusive) const {
  DELTOS_ASSIGN(struct flock lock, lock_request(label_, lock_type(exclusive), start, bytes));
  const int result = uninterrupted([&] { return io().lock(fd_, F_OFD_GETLK, &lock); });
  if (result < 0) return lock_error(-result, label_);
  LockConflict conflict;
  if (lock.l_type != F_UNLCK) {
    conflict.found = true;
    conflict.start = static_cast<std::uint64_t>(lock.l_start);
    conflict.bytes = static_cast<std::uint64_t>(lock.l_len);
  }
  return conflict;
}

}  // namespace deltos::os
