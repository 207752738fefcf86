// An Io that watches one file: every write, change of length and barrier, and every store through a mapping.
//
// Stores are seen by write protection: a writable mapping of the file is in truth read-only until the first store into
// a page, which faults, is noted and let through; a barrier protects the page again. So a page that is dirtied without
// being changed is seen, too. A store into what the library itself protects is a crash, as it would be without this.
//
// The file may be shown under another inode: then nothing that belongs to one boot and one file (weak superblocks, the
// live page) is believed, as after a power cut.
#pragma once

#include <functional>
#include <vector>

#include "crash/images/disk.hpp"
#include "os/io.hpp"

namespace deltos::crash {

constexpr std::uint32_t kMaxPages = 4096;

class Recorder final : public os::Io {
 public:
  Recorder();
  ~Recorder() override;
  Recorder(const Recorder &) = delete;
  Recorder &operator=(const Recorder &) = delete;

  // From now on this file is watched. `view` shows its first kMaxPages pages. trace: nullptr to note dirty pages only.
  void watch(int fd, const std::byte *view, PagePool *pool, Trace *trace);
  void show_as(std::uint64_t inode) { shown_inode_ = inode; }  // 0: the truth
  std::uint64_t shown_inode() const { return shown_inode_; }

  // Notes what was stored through mappings since the last event; an event even if there was nothing.
  void tick(const char *what);
  // What the events that follow carry.
  std::uint64_t durable = 0, published = 0, attempted = 0;
  // The number of a SYNC commit under way: nobody may see it before the barrier behind its superblock.
  std::uint64_t syncing = 0;

  void fail_barrier(int which) { fail_at_ = which; }  // counted from 1; 0: none
  int barriers() const { return barriers_; }
  int slot_writes() const { return slot_writes_; }
  void reset_counts() { barriers_ = slot_writes_ = 0; }
  const std::string &violation() const { return violation_; }

  // Pages that have been written since watch(), by whatever way; for restoring.
  const std::vector<std::uint32_t> &dirtied() const { return dirtied_; }

  int fstat(int fd, struct stat *out) override;
  std::int64_t pwrite(int fd, const void *data, std::size_t bytes, std::uint64_t offset) override;
  int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) override;
  int ftruncate(int fd, std::uint64_t bytes) override;
  int fdatasync(int fd) override;
  int fsync(int fd) override;
  std::intptr_t mmap(void *at, std::size_t bytes, int protection, int flags, int fd, std::uint64_t offset) override;
  int munmap(void *at, std::size_t bytes) override;
  int mprotect(void *at, std::size_t bytes, int protection) override;

  bool store_faulted(void *address);  // for the signal handler

 private:
  struct Window {  // a writable mapping of the watched file
    std::byte *start;
    std::uint32_t first_page, pages;
    std::vector<std::uint8_t> forbidden;
  };
  bool watched(int fd) const;
  std::uint32_t length() const;
  Event *add_event(Event::Kind kind, const char *what);
  void add_page(Event *event, std::uint32_t page, bool always);
  void mark_dirtied(std::uint32_t page);
  void note_stores(Event *event);
  void note_range(const char *what, std::uint64_t offset, std::uint64_t bytes);
  int barrier(const char *what);
  void check_not_published();

  int fd_ = -1;
  std::uint64_t device_ = 0, inode_ = 0, shown_inode_ = 0;
  const std::byte *view_ = nullptr;
  PagePool *pool_ = nullptr;
  Trace *trace_ = nullptr;
  Image shadow_;
  std::vector<Window> windows_;
  struct Opened {
    std::byte *address;
    std::uint32_t page;
  };
  std::vector<Opened> opened_;  // pages that are writable now: stored into since the last barrier
  std::size_t noted_ = 0;       // of opened_, how many some event has
  std::vector<std::uint32_t> dirtied_;
  std::vector<std::uint8_t> is_dirtied_;
  int barriers_ = 0, fail_at_ = 0, slot_writes_ = 0;
  std::string violation_;
};

}  // namespace deltos::crash
