// The room a file has: grown before it is mapped, so that a full disk is an error here and no signal later; given back
// where nothing is stored.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cinttypes>

#include "os/call.hpp"
#include "os/file.hpp"
#include "os/io.hpp"

namespace deltos::os {
namespace {

constexpr std::uint64_t kZeroBytes = std::uint64_t{1} << 16;
constexpr std::uint64_t kSmallestStep = std::uint64_t{1} << 20;
constexpr std::array<std::byte, kZeroBytes> kZeros{};

bool cannot_allocate(int result) { return result == -EOPNOTSUPP || result == -ENOSYS; }

// In ever smaller steps when signals interrupt: tmpfs undoes an interrupted step as a whole, and a timer that fires
// faster than the file grows must not keep it from growing.
int allocate_in_steps(int fd, std::uint64_t offset, std::uint64_t bytes) {
  std::uint64_t step = bytes;
  while (bytes > 0) {
    const std::uint64_t now = std::min(step, bytes);
    const int result = io().fallocate(fd, 0, offset, now);
    if (result == -EINTR) {
      step = std::max(now / 2, kSmallestStep);
      continue;
    }
    if (result < 0) return result;
    offset += now;
    bytes -= now;
  }
  return 0;
}

Status write_zeros(const File &file, std::uint64_t offset, std::uint64_t bytes) {
  while (bytes > 0) {
    const std::uint64_t now = std::min(bytes, kZeroBytes);
    DELTOS_TRY(file.write({kZeros.data(), now}, offset));
    offset += now;
    bytes -= now;
  }
  return {};
}

Error allocation_error(const File &file, int os_errno, std::uint64_t bytes) {
  if (code_of_errno(os_errno) == Code::no_space) return out_of_space(file, os_errno, bytes);
  return fail_os(code_of_errno(os_errno), os_errno, "%s: no room can be made for %" PRIu64 " more bytes",
                 file.label().c_str(), bytes);
}

Error range_error(const File &file, std::uint64_t offset, std::uint64_t bytes) {
  return fail(Code::limit, "%s: %" PRIu64 " bytes at byte %" PRIu64 " end behind the largest file there can be",
              file.label().c_str(), bytes, offset);
}

bool possible_range(std::uint64_t offset, std::uint64_t bytes) {
  return within(offset, bytes, static_cast<std::uint64_t>(INT64_MAX));
}

// A growth that failed half-way must not keep the space it took. Nobody can have stored there: the owner learns of the
// new size only from success. A file sealed against shrinking refuses, and stays longer.
void undo_growth(const File &file, std::uint64_t before, std::uint64_t target) {
  Result<FileInfo> now = file.info();
  if (now.ok() && now->bytes > before && now->bytes <= target) {
    uninterrupted([&] { return io().ftruncate(file.fd(), before); });
  }
}

}  // namespace

std::uint64_t file_size_limit() {
  struct rlimit limit;
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  return limit.rlim_cur;
}

Status check_size_limit(const File &file, std::uint64_t end) {
  const std::uint64_t limit = file_size_limit();
  if (end <= limit) return {};
  return fail_os(Code::no_space, EFBIG,
                 "%s: %" PRIu64 " bytes are needed and files of this process may have %" PRIu64 ", %" PRIu64
                 " are missing; raise the limit (ulimit -f)",
                 file.label().c_str(), end, limit, end - limit);
}

Error out_of_space(const File &file, int os_errno, std::uint64_t needed) {
  const char *name = file.label().c_str();
  if (os_errno == EDQUOT) {
    return fail_os(Code::no_space, os_errno,
                   "%s: the quota leaves no room for %" PRIu64 " more bytes; raise it or delete files", name, needed);
  }
  if (os_errno == EFBIG) {
    return fail_os(Code::no_space, os_errno,
                   "%s: with %" PRIu64 " more bytes the file is too large for its file system", name, needed);
  }
  struct statfs status;
  std::uint64_t free_bytes = 0;
  if (io().fstatfs(file.fd(), &status) == 0) {
    free_bytes = static_cast<std::uint64_t>(status.f_bavail) * static_cast<std::uint64_t>(status.f_bsize);
  }
  // What is free by count can still be out of reach (metadata, reserves); then all of it is missing.
  const std::uint64_t missing = needed > free_bytes ? needed - free_bytes : needed;
  return fail_os(Code::no_space, os_errno,
                 "%s: the file system has no room for %" PRIu64 " more bytes, %" PRIu64 " are missing; free some space",
                 name, needed, missing);
}

Status File::grow(std::uint64_t from, std::uint64_t bytes) const {
  if (from >= bytes) return {};
  if (!possible_range(from, bytes - from)) return range_error(*this, from, bytes - from);
  DELTOS_ASSIGN(const FileInfo before, info());
  if (bytes > before.bytes) DELTOS_TRY(check_size_limit(*this, bytes));
  const int result = allocate_in_steps(fd_, from, bytes - from);
  if (result == 0) return {};
  if (cannot_allocate(result)) {
    // Only behind the end: what is before it may be content.
    const std::uint64_t start = std::max(from, before.bytes);
    Status written = start < bytes ? write_zeros(*this, start, bytes - start) : Status();
    if (!written.ok()) undo_growth(*this, before.bytes, bytes);
    return written;
  }
  undo_growth(*this, before.bytes, bytes);
  return allocation_error(*this, -result, bytes - from);
}

Status File::allocate(std::uint64_t offset, std::uint64_t bytes) const {
  if (bytes == 0) return {};
  if (!possible_range(offset, bytes)) return range_error(*this, offset, bytes);
  DELTOS_TRY(check_size_limit(*this, offset + bytes));
  const int result = allocate_in_steps(fd_, offset, bytes);
  if (result == 0) return {};
  if (cannot_allocate(result)) return write_zeros(*this, offset, bytes);
  return allocation_error(*this, -result, bytes);
}

Status File::punch(std::uint64_t offset, std::uint64_t bytes) const {
  if (bytes == 0) return {};
  const int result =
      uninterrupted([&] { return io().fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes); });
  if (result == 0) return {};
  // Told apart: who punches counts on reading zeros afterwards.
  const Code code = cannot_allocate(result) ? Code::unsupported : code_of_errno(-result);
  return fail_os(code, -result, "%s: the space of %" PRIu64 " bytes at byte %" PRIu64 " cannot be given back",
                 label_.c_str(), bytes, offset);
}

Status File::resize(std::uint64_t bytes) const {
  if (!possible_range(0, bytes)) return range_error(*this, 0, bytes);
  DELTOS_ASSIGN(const FileInfo before, info());
  if (bytes > before.bytes) DELTOS_TRY(check_size_limit(*this, bytes));
  const int result = uninterrupted([&] { return io().ftruncate(fd_, bytes); });
  if (result == 0) return {};
  if (result == -EPERM) {
    return fail_os(Code::unsupported, EPERM, "%s: the file may not change its size to %" PRIu64 " bytes",
                   label_.c_str(), bytes);
  }
  if (code_of_errno(-result) == Code::no_space) return out_of_space(*this, -result, bytes);
  return fail_os(code_of_errno(-result), -result, "%s: the size cannot become %" PRIu64 " bytes", label_.c_str(),
                 bytes);
}

}  // namespace deltos::os
