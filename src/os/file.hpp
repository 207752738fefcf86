// An open file, and what there is to know about it.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "base/status.hpp"

namespace deltos::os {

struct FileInfo {
  std::uint64_t bytes, allocated_bytes;
  std::uint64_t device, inode;
  std::uint64_t links;
  bool regular;
};

struct LockConflict {
  bool found = false;
  std::uint64_t start = 0, bytes = 0;  // the range another description holds; bytes 0: to the end
};

// Owns one descriptor (O_CLOEXEC). Movable. All calls may come from any thread. The label names the file in messages.
class File {
 public:
  File() = default;
  File(int fd, std::string label) : fd_(fd), label_(std::move(label)) {}
  ~File();
  File(File &&other) noexcept;
  File &operator=(File &&other) noexcept;
  File(const File &) = delete;
  File &operator=(const File &) = delete;

  static Result<File> open(const std::string &path, int flags, unsigned mode = 0644);  // not_found for ENOENT
  static Result<File> open_memory(const char *label);  // memfd, sealable, sealed against shrinking
  static Result<File> open_unnamed(const std::string &directory,
                                   unsigned mode = 0644);  // O_TMPFILE; unsupported when the file system cannot
  // A new description of the same file: locks of this one and the new one are apart.
  Result<File> reopen(int flags) const;
  // The same of a descriptor of the caller's, which stays the caller's. invalid: not an open one.
  static Result<File> reopen_borrowed(int fd, int flags);

  bool valid() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  const std::string &label() const { return label_; }
  void set_label(std::string label) { label_ = std::move(label); }
  void close();
  int release() { return std::exchange(fd_, -1); }  // gives the descriptor away

  Result<FileInfo> info() const;
  Status read(MutableBytes to, std::uint64_t offset) const;  // all of it; short file: corrupt
  Status write(Bytes from, std::uint64_t offset) const;      // all of it
  // Of several writes in a row: RLIMIT_FSIZE asked once for the last of them, and then write_below() that end.
  Status check_limit(std::uint64_t end) const;
  Status write_below(Bytes from, std::uint64_t offset) const;
  Result<std::uint64_t> read_some(MutableBytes to, std::uint64_t offset) const;  // up to end of file
  // Makes room up to `bytes`: fallocate, or zeros written where the file system has none. Looks at RLIMIT_FSIZE first,
  // so that no SIGXFSZ is raised. Never shrinks. no_space names what is missing.
  Status grow(std::uint64_t from, std::uint64_t bytes) const;
  Status allocate(std::uint64_t offset, std::uint64_t bytes) const;  // room for a hole; the content stays zero
  Status punch(std::uint64_t offset,
               std::uint64_t bytes) const;   // gives space back; reads zero afterwards, or unsupported
  Status resize(std::uint64_t bytes) const;  // ftruncate
  Status sync_data() const;                  // fdatasync
  Status sync_all() const;                   // fsync
  void write_behind(std::uint64_t offset, std::uint64_t bytes) const;  // start write-back; a hint
  void drop_cache(std::uint64_t offset, std::uint64_t bytes) const;    // a hint

  // Open-file-description locks; none waits.
  Result<bool> try_lock(std::uint64_t start, std::uint64_t bytes, bool exclusive) const;  // false: held elsewhere
  Status unlock(std::uint64_t start, std::uint64_t bytes) const;
  // What would conflict with a lock by this description.
  Result<LockConflict> conflict(std::uint64_t start, std::uint64_t bytes, bool exclusive) const;

 private:
  int fd_ = -1;
  std::string label_;
};

// Refuses file systems on which locks or shared mappings are not coherent (NFS, CIFS, 9p, Lustre, FUSE without locks):
// filesystem, with the name and what to do.
// *overlay, when asked for: whether the file lies on overlayfs (a reader's mapping may not see later writes).
Status check_filesystem(const File &file, bool *overlay = nullptr);
// btrfs: no copy-on-write for an empty file, so that space once allocated stays writable. Elsewhere nothing.
void disable_copy_on_write(const File &file);

Status sync_directory(const std::string &file_path);  // makes a name durable: fsync of the directory that holds it
Status rename_over(const std::string &from, const std::string &to);
Status remove_file(const std::string &path);
Status give_name(const File &unnamed, const std::string &path);          // exists when taken
Result<bool> names_file(const std::string &path, const FileInfo &file);  // whether the path (still) leads to this file

const std::array<std::uint8_t, 16> &boot_id();  // of the running kernel; read once a process
std::uint64_t address_space_limit();            // RLIMIT_AS; UINT64_MAX: none
std::uint64_t max_map_count();                  // map areas that the kernel allows a process, as of the first call
std::int64_t now_ns();                          // wall clock
std::int64_t monotonic_ns();
std::array<std::uint8_t, 16> random_uuid();
int process_id();

}  // namespace deltos::os
