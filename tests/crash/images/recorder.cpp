#include "crash/images/recorder.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace deltos::crash {
namespace {

Recorder *active = nullptr;

void on_fault(int signal, siginfo_t *info, void *) {
  if (active != nullptr && active->store_faulted(info->si_addr)) return;
  ::signal(signal, SIG_DFL);  // the same access again ends the process
}

bool is_slot(std::uint64_t offset) {
  return std::find(std::begin(format::kSlotOffset), std::end(format::kSlotOffset), offset) !=
         std::end(format::kSlotOffset);
}

}  // namespace

Recorder::Recorder() {
  active = this;
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGSEGV, &action, nullptr);
  opened_.reserve(4 * kMaxPages);  // the handler must not allocate
  is_dirtied_.resize(kMaxPages);
  os::replace_io(this);
}

Recorder::~Recorder() {
  os::replace_io(nullptr);
  ::signal(SIGSEGV, SIG_DFL);
  active = nullptr;
}

void Recorder::watch(int fd, const std::byte *view, PagePool *pool, Trace *trace) {
  struct stat status;
  ::fstat(fd, &status);
  fd_ = fd;
  device_ = status.st_dev;
  inode_ = status.st_ino;
  view_ = view;
  pool_ = pool;
  trace_ = trace;
  for (const std::uint32_t page : dirtied_) is_dirtied_[page] = 0;
  dirtied_.clear();
  opened_.clear();
  noted_ = 0;
  durable = published = attempted = syncing = 0;
  violation_.clear();
  fail_at_ = 0;
  reset_counts();
  if (trace_ != nullptr) shadow_ = trace_->start.cache();
}

bool Recorder::watched(int fd) const {
  struct stat status;
  return fd_ >= 0 && ::fstat(fd, &status) == 0 && status.st_ino == inode_ && status.st_dev == device_;
}

std::uint32_t Recorder::length() const {
  struct stat status;
  ::fstat(fd_, &status);
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(status.st_size) / kPage);
}

// ---- events

Event *Recorder::add_event(Event::Kind kind, const char *what) {
  if (trace_ == nullptr) return nullptr;
  Event &event = trace_->events.emplace_back();
  event.kind = kind;
  event.durable = durable;
  event.published = published;
  event.attempted = attempted;
  event.what = what;
  return &event;
}

void Recorder::mark_dirtied(std::uint32_t page) {
  if (is_dirtied_[page] != 0) return;
  is_dirtied_[page] = 1;
  dirtied_.push_back(page);
}

void Recorder::add_page(Event *event, std::uint32_t page, bool always) {
  mark_dirtied(page);
  if (event == nullptr) return;
  const PageId content = pool_->intern(view_ + page * kPage);
  if (shadow_.size() <= page) shadow_.resize(page + 1, 0);
  if (!always && shadow_[page] == content) return;
  shadow_[page] = content;
  event->pages.emplace_back(page, content);
}

void Recorder::note_stores(Event *event) {
  const std::uint32_t end = length();
  for (std::size_t i = 0; i < opened_.size(); ++i) {
    if (opened_[i].page < end) add_page(event, opened_[i].page, i >= noted_);
  }
  noted_ = opened_.size();
}

void Recorder::tick(const char *what) { note_stores(add_event(Event::Kind::store, what)); }

void Recorder::note_range(const char *what, std::uint64_t offset, std::uint64_t bytes) {
  Event *event = add_event(Event::Kind::store, what);
  const std::uint32_t end = length();
  if (event != nullptr) event->length = end;
  const std::uint64_t last = std::min<std::uint64_t>((offset + bytes + kPage - 1) / kPage, end);
  for (std::uint64_t page = offset / kPage; page < last; ++page)
    add_page(event, static_cast<std::uint32_t>(page), true);
}

void Recorder::check_not_published() {
  if (syncing == 0) return;
  const auto seen = load<std::uint64_t>(view_ + format::kLiveOffset + offsetof(format::LivePage, published));
  if (seen >= syncing) violation_ = "a SYNC commit was published before its last barrier";
}

int Recorder::barrier(const char *what) {
  tick(what);
  check_not_published();
  for (const Opened &opened : opened_) ::mprotect(opened.address, kPage, PROT_READ);
  opened_.clear();
  noted_ = 0;
  const bool fails = ++barriers_ == fail_at_;
  add_event(fails ? Event::Kind::failed_barrier : Event::Kind::barrier, what);
  return fails ? -EIO : 0;
}

// ---- the calls

int Recorder::fstat(int fd, struct stat *out) {
  const int result = Io::fstat(fd, out);
  if (result == 0 && shown_inode_ != 0 && out->st_ino == inode_ && out->st_dev == device_) out->st_ino = shown_inode_;
  return result;
}

std::int64_t Recorder::pwrite(int fd, const void *data, std::size_t bytes, std::uint64_t offset) {
  if (!watched(fd)) return Io::pwrite(fd, data, bytes, offset);
  if (trace_ != nullptr) tick("before a write");
  if (is_slot(offset)) ++slot_writes_;
  const std::int64_t result = Io::pwrite(fd, data, bytes, offset);
  if (result > 0) note_range(is_slot(offset) ? "superblock" : "write", offset, static_cast<std::uint64_t>(result));
  return result;
}

int Recorder::fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) {
  if (!watched(fd)) return Io::fallocate(fd, mode, offset, bytes);
  if ((offset + bytes) / kPage > kMaxPages) return -ENOSPC;
  if (trace_ != nullptr) tick("before room is made or given back");
  const int result = Io::fallocate(fd, mode, offset, bytes);
  // Mode 0 changes no content, only the length.
  if (result == 0) note_range(mode == 0 ? "grow" : "punch", offset, mode == 0 ? 0 : bytes);
  return result;
}

int Recorder::ftruncate(int fd, std::uint64_t bytes) {
  if (!watched(fd)) return Io::ftruncate(fd, bytes);
  if (trace_ != nullptr) tick("before the length changes");
  const int result = Io::ftruncate(fd, bytes);
  if (result == 0) note_range("length", 0, 0);
  return result;
}

int Recorder::fdatasync(int fd) { return watched(fd) ? barrier("fdatasync") : Io::fdatasync(fd); }
int Recorder::fsync(int fd) { return watched(fd) ? barrier("fsync") : Io::fsync(fd); }

std::intptr_t Recorder::mmap(void *at, std::size_t bytes, int protection, int flags, int fd, std::uint64_t offset) {
  if ((protection & PROT_WRITE) == 0 || (flags & MAP_SHARED) == 0 || !watched(fd)) {
    return Io::mmap(at, bytes, protection, flags, fd, offset);
  }
  const std::intptr_t result = Io::mmap(at, bytes, PROT_READ, flags, fd, offset);
  if (is_error(result)) return result;
  const auto pages = static_cast<std::uint32_t>(bytes / kPage);
  windows_.push_back({reinterpret_cast<std::byte *>(result), static_cast<std::uint32_t>(offset / kPage), pages,
                      std::vector<std::uint8_t>(pages)});
  return result;
}

int Recorder::munmap(void *at, std::size_t bytes) {
  const auto *begin = static_cast<std::byte *>(at), *end = begin + bytes;
  const auto inside = [&](const std::byte *address) { return address >= begin && address < end; };
  if (std::any_of(windows_.begin(), windows_.end(), [&](const Window &window) { return inside(window.start); })) {
    tick("unmapping");
    std::erase_if(windows_, [&](const Window &window) { return inside(window.start); });
    // Dirty they stay; the kernel writes them back without the mapping.
    std::erase_if(opened_, [&](const Opened &opened) { return inside(opened.address); });
    noted_ = opened_.size();
  }
  return Io::munmap(at, bytes);
}

int Recorder::mprotect(void *at, std::size_t bytes, int protection) {
  bool known = false;
  auto *begin = static_cast<std::byte *>(at);
  for (Window &window : windows_) {
    for (std::uint32_t page = 0; page < window.pages; ++page) {
      const std::byte *address = window.start + page * kPage;
      if (address < begin || address >= begin + bytes) continue;
      known = true;
      window.forbidden[page] = (protection & PROT_WRITE) == 0;
    }
  }
  return Io::mprotect(at, bytes, known ? PROT_READ : protection);
}

bool Recorder::store_faulted(void *address) {
  auto *at = static_cast<std::byte *>(address);
  for (const Window &window : windows_) {
    if (at < window.start || at >= window.start + window.pages * kPage) continue;
    const auto page = static_cast<std::uint32_t>(static_cast<std::uint64_t>(at - window.start) / kPage);
    if (window.forbidden[page] != 0 || opened_.size() == opened_.capacity()) return false;
    std::byte *start = window.start + page * kPage;
    if (::mprotect(start, kPage, PROT_READ | PROT_WRITE) != 0) return false;
    opened_.push_back({start, window.first_page + page});
    return true;
  }
  return false;
}

}  // namespace deltos::crash
