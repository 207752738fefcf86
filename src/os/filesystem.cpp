// File systems and names: which ones can carry a storage, and how a file gets, changes and loses its name durably.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cinttypes>

#include "os/call.hpp"
#include "os/file.hpp"
#include "os/io.hpp"

namespace deltos::os {
namespace {

struct KnownFilesystem {
  std::uint32_t type;
  const char *name;
};

// Locks or shared mappings of two machines do not agree on these, or only sometimes.
constexpr KnownFilesystem kShared[] = {
    {0x00006969, "NFS"},
    {0x0000517b, "SMB"},
    {0xff534d42, "CIFS"},
    {0xfe534d42, "SMB 2"},
    {0x01021997, "9p"},
    {0x0bd00bd0, "Lustre"},
    {0x5346414f, "AFS"},
    {0x6b414653, "AFS"},
    {0x73757245, "Coda"},
    {0x0000564c, "NCP"},
    {0x00c36400, "Ceph"},
    {0x01161970, "GFS2"},
    {0x7461636f, "OCFS2"},
    {0x47504653, "GPFS"},
    {0x19830326, "BeeGFS"},
    {0xaad7aaea, "PanFS"},
    {0x20030528, "OrangeFS"},
    {0x013111a8, "IBRIX"},
    {0xbacbacbc, "VMware shared folders"},
    {0x786f4256, "VirtualBox shared folders"},
};
constexpr std::uint32_t kFuse = 0x65735546;
constexpr std::uint32_t kOverlay = 0x794c7630;
constexpr std::uint32_t kBtrfs = 0x9123683e;

// A byte no content and no lock of a storage reaches.
constexpr std::uint64_t kProbeByte = (std::uint64_t{1} << 63) - 2;

Result<std::uint32_t> filesystem_type(const File &file) {
  struct statfs status;
  const int result = uninterrupted([&] { return io().fstatfs(file.fd(), &status); });
  if (result < 0) {
    return fail_os(code_of_errno(-result), -result, "%s: nothing can be learnt about the file system",
                   file.label().c_str());
  }
  return static_cast<std::uint32_t>(status.f_type);
}

Error name_error(int os_errno, const std::string &path, const char *what) {
  const char *name = path.c_str();
  switch (os_errno) {
    case ENOENT:
    case ENOTDIR:
      return fail_os(Code::not_found, os_errno, "%s: %s, a part of the path is missing", name, what);
    case EEXIST:
      return fail_os(Code::exists, os_errno, "%s: %s, the name is taken; choose another", name, what);
    case EROFS:
      return fail_os(Code::readonly, os_errno, "%s: %s, the file system is read-only", name, what);
    case EXDEV:
      return fail_os(Code::invalid, os_errno, "%s: %s, the path is on another file system", name, what);
    case EISDIR:
      return fail_os(Code::invalid, os_errno, "%s: %s, the path is a directory", name, what);
    default:
      return fail_os(code_of_errno(os_errno), os_errno, "%s: %s", name, what);
  }
}

std::string directory_of(const std::string &path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Status check_filesystem(const File &file, bool *overlay) {
  DELTOS_ASSIGN(const std::uint32_t type, filesystem_type(file));
  if (overlay != nullptr) *overlay = type == kOverlay;
  for (const KnownFilesystem &shared : kShared) {
    if (shared.type != type) continue;
    return fail(Code::filesystem,
                "%s: on %s neither locks nor mapped memory can be relied on; move the file to a local file system, or "
                "open it without locks as unchanging",
                file.label().c_str(), shared.name);
  }
  // Behind FUSE there may be anything; that the question is answered at all is what can be asked.
  if (type == kFuse) DELTOS_TRY(file.conflict(kProbeByte, 1, false));
  return {};
}

void disable_copy_on_write(const File &file) {
  const Result<std::uint32_t> type = filesystem_type(file);
  if (!type.ok() || *type != kBtrfs) return;
  long flags = 0;  // the kernel reads and writes the lower half
  if (io().ioctl(file.fd(), FS_IOC_GETFLAGS, &flags) < 0) return;
  flags |= FS_NOCOW_FL;
  io().ioctl(file.fd(), FS_IOC_SETFLAGS, &flags);
}

Status sync_directory(const std::string &file_path) {
  DELTOS_ASSIGN(const File directory, File::open(directory_of(file_path), O_RDONLY | O_DIRECTORY));
  const int result = uninterrupted([&] { return io().fsync(directory.fd()); });
  // EINVAL: the file system has nothing of a directory to write back.
  if (result == 0 || result == -EINVAL) return {};
  return fail_os(code_of_errno(-result), -result,
                 "%s: the name did not reach the disk and may be gone after a power cut", file_path.c_str());
}

Status rename_over(const std::string &from, const std::string &to) {
  const int result = uninterrupted([&] { return io().rename(from.c_str(), to.c_str()); });
  if (result == 0) return {};
  return name_error(-result, to, "the new file cannot take this name");
}

Status remove_file(const std::string &path) {
  const int result = uninterrupted([&] { return io().unlink(path.c_str()); });
  if (result == 0) return {};
  return name_error(-result, path, "the file cannot be removed");
}

Status give_name(const File &unnamed, const std::string &path) {
  const int result = uninterrupted([&] { return io().link_fd(unnamed.fd(), path.c_str()); });
  if (result == 0) return {};
  return name_error(-result, path, "the new file cannot get this name");
}

Result<bool> names_file(const std::string &path, const FileInfo &file) {
  struct stat status;
  const int result = uninterrupted([&] { return io().stat(path.c_str(), &status); });
  if (result == -ENOENT || result == -ENOTDIR) return false;
  if (result < 0) return name_error(-result, path, "nothing can be learnt about this name");
  return status.st_dev == file.device && status.st_ino == file.inode;
}

}  // namespace deltos::os
