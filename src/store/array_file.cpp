#include "store/array_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include "format/array.hpp"
#include "os/fork.hpp"
#include "os/sigbus.hpp"
#include "store/lock_table.hpp"
#include "store/state.hpp"

namespace deltos::store {
namespace {

using ull = unsigned long long;
using format::kBlockBytes;

std::uint64_t blocks_of(std::uint64_t bytes) { return round_up(bytes, kBlockBytes) / kBlockBytes; }

// Blocks locked for as long as it lives.
class FileExport final : public ArrayExport {
 public:
  FileExport(std::shared_ptr<ArrayHome> home, std::shared_ptr<os::Mapping> window, std::byte *data, std::uint64_t bytes,
             std::shared_ptr<LockTable> locks, RangeTicket ticket)
      : ArrayExport(std::move(home), std::move(window), data, bytes), locks_(std::move(locks)), ticket_(ticket) {}
  ~FileExport() override { locks_->unlock_range(ticket_); }

 private:
  std::shared_ptr<LockTable> locks_;
  RangeTicket ticket_;
};

// What flat and anonymous files have in common: elements from `base_` on, mapped as one window.
class FileArray : public ArrayHome, public os::ForkParticipant {
 public:
  ~FileArray() override { os::unregister_fork_participant(this); }

  Status check_appendable() override {
    if (forked_.load(std::memory_order_acquire))
      return fail(Code::forked, "%s was opened for writing before this process was forked; open it again here",
                  label_.c_str());
    if (closed_) return fail(Code::closed, "%s has been closed", label_.c_str());
    DELTOS_TRY(check_whole());
    if (options_.mode == Mode::write) return {};
    return fail(Code::readonly, "%s is not open for WRITE, so its length cannot change", label_.c_str());
  }

  Status grow(std::uint64_t bytes) override {
    DELTOS_TRY(check_appendable());
    const std::uint64_t room = this->room();
    if (bytes <= room) return {};
    DELTOS_TRY(check_array_bytes(bytes, options_.max_bytes, label_));
    DELTOS_TRY(share_length());
    std::uint64_t wanted = array_growth(room, bytes);
    if (options_.max_bytes != 0) wanted = std::max(bytes, std::min(wanted, options_.max_bytes));
    Status grown = grow_to(wanted);
    const bool refused =
        grown.code() == Code::no_space || grown.code() == Code::limit || grown.code() == Code::address_space;
    if (refused && bytes < wanted) return grow_to(bytes);
    return grown;
  }

  Result<std::shared_ptr<ArrayExport>> export_bytes(bool writable) override {
    if (options_.sigbus_guard) os::rearm_sigbus_guard();
    DELTOS_TRY(check_whole());
    if (writable && !this->writable())
      return fail(Code::readonly, "%s is open for reading only, so it cannot be exported writable", label_.c_str());
    std::shared_ptr<os::Mapping> window;
    {
      const std::lock_guard lock(window_mutex_);
      window = window_;
    }
    std::byte *const data = window->data() + base_;
    // Another thread may have appended beyond this window since, into a larger one.
    const std::uint64_t most = window->bytes() - base_;
    // The appender knows its own exports; nobody else cuts.
    if (options_.mode == Mode::write && !forked_.load())
      return std::shared_ptr<ArrayExport>(std::make_shared<FileExport>(
          shared_from_this(), std::move(window), data, std::min(length(), most), locks_, RangeTicket()));
    DELTOS_ASSIGN(const RangeTicket ticket, lock_blocks(blocks_of(base_ + length()), writable));
    try {
      auto exported = std::make_shared<FileExport>(shared_from_this(), std::move(window), data, 0, locks_, ticket);
      // Once more: a cut that has not seen the lock is seen here.
      std::atomic_thread_fence(std::memory_order_seq_cst);
      exported->set_bytes(
          std::min({length(), most, ticket.blocks * kBlockBytes - std::min(base_, ticket.blocks * kBlockBytes)}));
      return std::shared_ptr<ArrayExport>(std::move(exported));
    } catch (...) {
      locks_->unlock_range(ticket);
      throw;
    }
  }

  bool writable() const override {
    return options_.mode == Mode::in_place || (options_.mode == Mode::write && !forked_.load());
  }
  Result<int> descriptor() const override { return file().fd(); }

  void before_fork() override {}
  void after_fork_in_parent() override {}
  void after_fork_in_child() override {
    if (options_.mode != Mode::write) return;
    forked_.store(true, std::memory_order_release);
    limit_.store(0, std::memory_order_relaxed);
    second_.close();
  }

 protected:
  FileArray(std::string label, const ArrayOptions &options, std::uint64_t base)
      : ArrayHome(std::move(label)), options_(options), base_(base) {
    os::register_fork_participant(this);
  }

  const os::File &file() const { return locks_->description(); }
  os::Protection protection() const {
    return options_.mode == Mode::read ? os::Protection::read : os::Protection::read_write;
  }

  Status take(os::File file) {
    if (options_.mode == Mode::write) {
      DELTOS_ASSIGN(second_, file.reopen(O_RDWR));
      second_.set_label(label_);
      DELTOS_ASSIGN(const bool locked, second_.try_lock(format::kLockWriter, 1, true));
      if (!locked)
        return fail(
            Code::locked,
            "%s is open to append elsewhere (another process, or another handle of this one); only one at a time",
            label_.c_str());
    }
    file.set_label(label_);
    locks_ = std::make_shared<LockTable>(std::move(file), LockTable::Mode::locking,
                                         options_.mode == Mode::read ? O_RDONLY : O_RDWR);
    return {};
  }

  // Shows the first `bytes` of elements; the appender reserves, others map exactly that.
  Status show(std::uint64_t bytes) {
    std::shared_ptr<os::Mapping> window;
    const std::uint64_t all = base_ + bytes;
    if (options_.mode == Mode::write) {
      const std::uint64_t wanted = base_ + array_window_bytes(std::max(bytes, kArrayStepBytes), options_.window_bytes);
      DELTOS_ASSIGN(window, reserve_array_window(file(), wanted, all, all, protection()));
    } else {
      DELTOS_ASSIGN(window, os::Mapping::map(file(), 0, all, protection()));
    }
    if (options_.sigbus_guard) {
      DELTOS_ASSIGN(window, os::guarded(std::move(window), lost_));
    }
    data_.store(window->data() + base_, std::memory_order_relaxed);
    const std::lock_guard lock(window_mutex_);
    earlier_.push_back(std::move(window_));
    window_ = std::move(window);
    return {};
  }

  void set_room(std::uint64_t bytes) {
    room_.store(bytes, std::memory_order_release);
    if (options_.mode == Mode::write) limit_.store(bytes, std::memory_order_relaxed);
  }

  Status check_others(std::uint64_t bytes) override { return check_blocks(bytes, format::kLockWritable, "write to"); }

  // pinned: a description other than the appender's has locked a block behind the one that `bytes` ends in.
  Status check_blocks(std::uint64_t bytes, std::uint64_t locks, const char *use) {
    const std::uint64_t first = blocks_of(base_ + bytes);
    DELTOS_ASSIGN(const os::LockConflict conflict,
                  second_.conflict(locks + first, (std::uint64_t{1} << 54) - first, true));
    if (!conflict.found) return {};
    return fail(Code::pinned, "%s cannot be cut to %llu bytes: views of other handles or processes %s what lies behind",
                label_.c_str(), static_cast<ull>(bytes), use);
  }

  Status check_whole() const {
    if (!lost_->load(std::memory_order_acquire)) return {};
    return fail(Code::io, "%s: parts of the file vanished while it was mapped; close it", label_.c_str());
  }

  Status end_work() {
    DELTOS_TRY(check_unused());
    closed_ = true;
    limit_.store(0, std::memory_order_relaxed);
    second_.close();  // the next one may append
    return {};
  }

  const ArrayOptions options_;
  const std::uint64_t base_;
  std::shared_ptr<LockTable> locks_;  // and the first description
  os::File second_;                   // the appender's: holds the WRITER lock, asks about the others'
  std::atomic<bool> forked_{false};
  bool closed_ = false;

 private:
  Status grow_to(std::uint64_t bytes) {
    const std::uint64_t old = room();
    DELTOS_TRY(second_.grow(base_ + old, base_ + bytes));
    if (base_ + bytes > window_->reserved_bytes()) {
      DELTOS_TRY(show(bytes));
    } else {
      DELTOS_TRY(window_->extend(file(), base_ + bytes, protection()));
    }
    set_room(bytes);
    return {};
  }

  Result<RangeTicket> lock_blocks(std::uint64_t blocks, bool writable) {
    for (unsigned i = 0; i < kLockTries; ++i) {
      DELTOS_ASSIGN(const RangeTicket ticket, locks_->lock_range(0, blocks, writable));
      if (ticket.kind != RangeTicket::Kind::keep_pin) return ticket;
      locks_->unlock_range(ticket);
    }
    return fail(Code::busy, "%s is just being released by another thread; try again", label_.c_str());
  }

  mutable std::mutex window_mutex_;  // leaf: around the pointers
  std::shared_ptr<os::Mapping> window_;
  std::vector<std::shared_ptr<os::Mapping>> earlier_;  // what callers were shown may still be read from
  std::shared_ptr<std::atomic<bool>> lost_ = std::make_shared<std::atomic<bool>>(false);
};

// ---- flat files
// ------------------------------------------------------------------------------------------------------------

class FlatArray final : public FileArray {
 public:
  FlatArray(std::string path, std::uint64_t item_bytes, const ArrayOptions &options)
      : FileArray(path, options, 0), item_bytes_(item_bytes), path_(std::move(path)) {}
  ~FlatArray() override {
    if (options_.mode == Mode::write && !forked_ && !closed_ && locks_ != nullptr) (void)finish();
  }

  Status open(os::File file) {
    DELTOS_ASSIGN(info_, file.info());
    if (!info_.regular) return fail(Code::invalid, "%s is not a regular file", label_.c_str());
    DELTOS_TRY(os::check_filesystem(file));
    DELTOS_TRY(take(std::move(file)));
    std::error_code failed;
    const auto whole = std::filesystem::canonical(path_, failed);
    side_path_ = (failed ? path_ : whole.string()) + format::kSideSuffix;
    if (options_.mode == Mode::write) return open_to_append();
    return look();
  }

  Status give_back() override {
    DELTOS_TRY(check_appendable());
    return cut_to_content();
  }

  Status flush(bool durable) override {
    if (options_.mode != Mode::write) return durable ? file().sync_data() : Status();
    DELTOS_TRY(check_appendable());
    DELTOS_TRY(cut_to_content());
    if (!durable) return {};
    DELTOS_TRY(second_.sync_all());
    if (side_ == nullptr) return {};
    std::atomic_ref(side_->flushed).store(own_length(), std::memory_order_release);
    return side_file_.sync_all();
  }

  Result<bool> refresh() override {
    if (options_.mode == Mode::write) return false;
    const std::uint64_t before = length();
    DELTOS_ASSIGN(info_, this->file().info());
    DELTOS_TRY(look());
    return length() != before;
  }

  Status close() override {
    if (options_.mode != Mode::write || forked_) return check_unused();
    DELTOS_TRY(check_unused());
    DELTOS_TRY(finish());
    return end_work();
  }

 protected:
  // A side file before the length is another than the file's size, on disk: whoever opens after a crash must find it.
  Status share_length() override {
    if (side_ != nullptr) return {};
    DELTOS_ASSIGN(os::File file, os::File::open(side_path_, O_RDWR | O_CREAT | O_EXCL));
    format::ArraySide side{};
    side.magic = format::kSideMagic;
    side.length = side.flushed = own_length();
    side.boot_id = this_boot();
    side.device = info_.device;
    side.inode = info_.inode;
    Status made = file.grow(0, kBlockBytes);
    if (made.ok()) made = file.write(std::as_bytes(std::span(&side, 1)), 0);
    if (made.ok()) made = file.sync_all();
    if (made.ok()) made = os::sync_directory(side_path_);
    if (made.ok()) made = use_side(std::move(file));
    if (!made.ok()) (void)os::remove_file(side_path_);
    return made;
  }

  // The file is cut under them: nobody's memory may lie there.
  Status check_others(std::uint64_t bytes) override { return check_blocks(bytes, format::kLockRange, "show"); }

 private:
  Status check_content(std::uint64_t bytes) const {
    if (bytes % item_bytes_ == 0) return {};
    return fail(Code::layout, "%s has %llu bytes, which are no whole number of elements of %llu bytes", label_.c_str(),
                static_cast<ull>(bytes), static_cast<ull>(item_bytes_));
  }

  Error damaged() const {
    return fail(Code::corrupt,
                "%s is damaged, or belongs to another file; look at the content of %s, then remove the former",
                side_path_.c_str(), label_.c_str());
  }

  // The side file, when there is one; whether it is of this boot.
  struct Side {
    os::File file;
    format::ArraySide words;
    bool alive;
  };
  Result<std::optional<Side>> find_side() const {
    auto file = os::File::open(side_path_, options_.mode == Mode::read ? O_RDONLY : O_RDWR);
    if (!file.ok() && file.code() == Code::not_found) return std::optional<Side>();
    if (!file.ok()) return std::move(file).error();
    Side side{*std::move(file), {}, false};
    DELTOS_ASSIGN(const std::uint64_t got, side.file.read_some(std::as_writable_bytes(std::span(&side.words, 1)), 0));
    if (got != sizeof side.words || side.words.magic != format::kSideMagic || side.words.inode != info_.inode)
      return damaged();
    side.alive = side.words.boot_id == this_boot();
    if (side.alive && side.words.device != info_.device) return damaged();
    return std::optional(std::move(side));
  }

  Status use_side(os::File file) {
    if (side_ != nullptr) {
      DELTOS_ASSIGN(const os::FileInfo known, side_file_.info());
      DELTOS_ASSIGN(const os::FileInfo found, file.info());
      if (known.inode == found.inode && known.device == found.device) return {};
    }
    DELTOS_ASSIGN(side_mapping_, os::Mapping::map(file, 0, sizeof(format::ArraySide), protection()));
    sides_.push_back(side_mapping_);
    side_ = reinterpret_cast<format::ArraySide *>(side_mapping_->data());
    side_file_ = std::move(file);
    word_.store(&side_->length, std::memory_order_release);
    return {};
  }

  Status open_to_append() {
    DELTOS_ASSIGN(std::optional<Side> side, find_side());
    std::uint64_t content = info_.bytes;
    // A side file is left by an appender that was killed, or by a crash of the machine.
    if (side) content = std::min(content, side->alive ? side->words.length : side->words.flushed);
    DELTOS_TRY(check_content(content));
    own_word_ = content;
    DELTOS_TRY(show(info_.bytes));
    set_room(info_.bytes);
    if (!side) return {};
    side->words.boot_id = this_boot();
    side->words.device = info_.device;
    side->words.length = content;
    side->words.flushed = std::min(side->words.flushed, content);
    DELTOS_TRY(side->file.write(std::as_bytes(std::span(&side->words, 1)), 0));
    DELTOS_TRY(use_side(std::move(side->file)));
    Status cut = cut_to_content();  // readers of the one before may still look at the padding
    if (cut.code() == Code::pinned) return {};
    return cut;
  }

  // What READ and IN_PLACE handles see: the live length while there is an appender of this boot, else the content.
  Status look() {
    DELTOS_ASSIGN(std::optional<Side> side, find_side());
    std::uint64_t content = info_.bytes;
    const bool live = side && side->alive;
    if (side && !live) content = std::min(content, side->words.flushed);
    if (!side) {
      // A file is no whole number of elements for a moment when another program writes it.
      if (room() == 0) DELTOS_TRY(check_content(content));
      content -= content % item_bytes_;
    }
    if (info_.bytes > room() || data() == nullptr) DELTOS_TRY(show(info_.bytes));
    set_room(std::min(info_.bytes, live ? info_.bytes : content));
    if (live) return use_side(std::move(side->file));
    own_word_ = content;
    word_.store(&own_word_, std::memory_order_release);
    return {};
  }

  Status cut_to_content() {
    const std::uint64_t content = own_length();
    if (room() == content) return {};
    DELTOS_TRY(check_blocks(content, format::kLockRange, "show"));
    DELTOS_TRY(second_.resize(content));
    set_room(content);
    return {};
  }

  Status finish() {
    DELTOS_TRY(cut_to_content());
    if (side_ == nullptr) return {};
    DELTOS_TRY(second_.sync_all());  // the padding must be gone before the file that tells of it
    DELTOS_TRY(os::remove_file(side_path_));
    word_.store(&own_word_, std::memory_order_release);
    own_word_ = room();
    side_ = nullptr;
    return {};
  }

  const std::uint64_t item_bytes_;
  const std::string path_;
  std::string side_path_;
  os::FileInfo info_{};
  os::File side_file_;
  std::shared_ptr<os::Mapping> side_mapping_;
  std::vector<std::shared_ptr<os::Mapping>> sides_;  // count() of another thread may still look at an earlier one
  format::ArraySide *side_ = nullptr;
};

// ---- anonymous memory
// ------------------------------------------------------------------------------------------------------

class AnonymousArray final : public FileArray {
 public:
  explicit AnonymousArray(const ArrayOptions &options)
      : FileArray("the anonymous array", options, format::kRegionBytes) {}

  Status create(os::File file, const dtype::Format &format) {
    if (format.text.size() > format::kMaxAnonymousFormat)
      return fail(Code::limit, "a format of %zu bytes is more than %zu", format.text.size(),
                  format::kMaxAnonymousFormat);
    format::ArrayAnonymous header{};
    header.magic = format::kAnonymousMagic;
    header.item_bytes = format.item_bytes;
    header.version = 1;
    header.dtype = static_cast<std::uint16_t>(format.dtype);
    header.format_bytes = static_cast<std::uint32_t>(format.text.size());
    DELTOS_TRY(file.grow(0, format::kRegionBytes));
    DELTOS_TRY(file.write(std::as_bytes(std::span(&header, 1)), 0));
    DELTOS_TRY(file.write(bytes_of(format.text), sizeof header));
    return open(std::move(file), nullptr);
  }

  Status open(os::File file, dtype::Format *format) {
    if (format != nullptr) {
      DELTOS_ASSIGN(*format, read_format(file));
    }
    DELTOS_TRY(take(std::move(file)));
    return look();
  }

  Status give_back() override {
    DELTOS_TRY(check_appendable());
    const std::uint64_t first = round_up(base_ + own_length(), format::kRegionBytes), end = base_ + room();
    if (first >= end) return {};
    DELTOS_TRY(check_blocks(first - base_, format::kLockWritable, "write to"));
    DELTOS_TRY(second_.punch(first, end - first));
    // The file keeps its size; what was given back is allocated again before it is stored to.
    set_room(first - base_);
    return {};
  }

  Status flush(bool) override { return options_.mode == Mode::write ? check_appendable() : Status(); }

  Result<bool> refresh() override {
    if (options_.mode == Mode::write) return false;
    const std::uint64_t before = length();
    DELTOS_TRY(look());
    return length() != before;
  }

  Status close() override { return end_work(); }

 private:
  static Error damaged(const char *what) {
    return fail(Code::corrupt, "the anonymous array is damaged: %s; its maker must be asked for another", what);
  }

  static Result<dtype::Format> read_format(const os::File &file) {
    DELTOS_ASSIGN(const os::FileInfo info, file.info());
    format::ArrayAnonymous header;
    DELTOS_ASSIGN(const std::uint64_t got, file.read_some(std::as_writable_bytes(std::span(&header, 1)), 0));
    if (!info.regular || got != sizeof header || header.magic != format::kAnonymousMagic)
      return fail(Code::not_deltos, "the descriptor is not that of an anonymous array");
    if (header.version != 1)
      return fail(Code::feature,
                  "the anonymous array is of version %u, which this build does not know; use a newer one",
                  unsigned{header.version});
    if (info.bytes < format::kRegionBytes || header.format_bytes > format::kMaxAnonymousFormat)
      return damaged("it is too short");
    std::string text(header.format_bytes, '\0');
    DELTOS_TRY(file.read(std::as_writable_bytes(std::span(text)), sizeof header));
    if (!dtype::is_dtype(header.dtype)) return damaged("its element type is unknown");
    auto format = dtype::format_of(text, static_cast<dtype::Dtype>(header.dtype));
    if (!format.ok() || format->text != text || format->item_bytes != header.item_bytes)
      return damaged("its element type contradicts itself");
    return format;
  }

  Status look() {
    DELTOS_ASSIGN(const os::FileInfo info, file().info());
    if (info.bytes < base_) return damaged("it is too short");
    const std::uint64_t there = info.bytes - base_;
    if (there > room() || data() == nullptr) {
      DELTOS_TRY(show(there));
      auto *const header = reinterpret_cast<format::ArrayAnonymous *>(data() - base_);
      word_.store(&header->length, std::memory_order_release);
    }
    set_room(there);
    if (options_.mode == Mode::write) {  // what a hostile maker has left there
      set_length(length());
      set_room(length() == 0 ? 0 : std::min(there, round_up(length(), kArrayStepBytes)));
    }
    return {};
  }
};

}  // namespace

Result<std::shared_ptr<ArrayHome>> open_flat_array(const std::string &path, std::uint64_t item_bytes,
                                                   const ArrayOptions &options) {
  const bool reads = options.mode == Mode::read;
  int flags = reads ? O_RDONLY : O_RDWR;
  if (options.create != Create::existing) flags |= O_CREAT;
  if (options.create == Create::fresh) flags |= O_EXCL;
  DELTOS_ASSIGN(os::File file, os::File::open(path, flags));
  auto array = std::make_shared<FlatArray>(path, item_bytes, options);
  DELTOS_TRY(array->open(std::move(file)));
  if (options.capacity_bytes != 0 && options.mode == Mode::write) DELTOS_TRY(array->grow(options.capacity_bytes));
  return std::shared_ptr<ArrayHome>(std::move(array));
}

Result<std::shared_ptr<ArrayHome>> open_anonymous_array(const dtype::Format &format, const ArrayOptions &options) {
  DELTOS_ASSIGN(os::File file, os::File::open_memory("deltos-array"));
  auto array = std::make_shared<AnonymousArray>(options);
  DELTOS_TRY(array->create(std::move(file), format));
  if (options.capacity_bytes != 0) DELTOS_TRY(array->grow(options.capacity_bytes));
  return std::shared_ptr<ArrayHome>(std::move(array));
}

Result<std::shared_ptr<ArrayHome>> open_array_fd(int fd, const ArrayOptions &options, dtype::Format *format) {
  DELTOS_ASSIGN(os::File file, os::File::reopen_borrowed(fd, options.mode == Mode::read ? O_RDONLY : O_RDWR));
  auto array = std::make_shared<AnonymousArray>(options);
  DELTOS_TRY(array->open(std::move(file), format));
  if (options.capacity_bytes != 0 && options.mode == Mode::write) DELTOS_TRY(array->grow(options.capacity_bytes));
  return std::shared_ptr<ArrayHome>(std::move(array));
}

}  // namespace deltos::store
