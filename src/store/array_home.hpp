// Where the bytes of a growable array live: one contiguous range of memory that grows without moving, and one length
// word that all processes share. What the bytes mean is the object layer's business.
//
// Threads: length(), room() and exports from any thread; everything else by one thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/status.hpp"
#include "os/mapping.hpp"
#include "store/options.hpp"

namespace deltos::store {

struct ArrayOptions {
  Mode mode = Mode::write;
  Create create = Create::existing;
  bool sigbus_guard = false;
  std::uint64_t capacity_bytes = 0;  // room to make at once
  std::uint64_t window_bytes = 0;    // address space to reserve; 0: as array_window_bytes() says
  std::uint64_t max_bytes = 0;       // growth beyond is refused; 0: none
};

constexpr std::uint64_t kArrayStepBytes = std::uint64_t{64} << 10;

// Room to have when `needed` bytes are wanted and there is `room`: amortised growth.
std::uint64_t array_growth(std::uint64_t room, std::uint64_t needed);
// limit: more than max_bytes, or than can be counted.
Status check_array_bytes(std::uint64_t bytes, std::uint64_t max_bytes, const std::string &label);
// Address space for a window that must hold `bytes`, where `asked` was asked for.
std::uint64_t array_window_bytes(std::uint64_t bytes, std::uint64_t asked);
// A window of that many bytes or, where the system refuses, of fewer, but not fewer than `least`.
Result<std::shared_ptr<os::Mapping>> reserve_array_window(const os::File &file, std::uint64_t wanted,
                                                          std::uint64_t least, std::uint64_t mapped,
                                                          os::Protection protection);

// The boot that lengths are of, as they name it.
std::array<std::uint64_t, 2> this_boot();
constexpr unsigned kLockTries = 1000;  // while another thread is just letting go of the same blocks

class ArrayHome;

// Elements in use: they stay where they are until it is destroyed, which any thread may do.
class ArrayExport : public std::enable_shared_from_this<ArrayExport> {
 public:
  virtual ~ArrayExport();
  ArrayExport(const ArrayExport &) = delete;
  ArrayExport &operator=(const ArrayExport &) = delete;
  std::byte *data() const { return data_; }
  std::uint64_t bytes() const { return bytes_; }
  void set_bytes(std::uint64_t bytes) { bytes_ = bytes; }  // before anybody else knows it

 protected:
  ArrayExport(std::shared_ptr<ArrayHome> home, std::shared_ptr<os::Mapping> window, std::byte *data,
              std::uint64_t bytes);

 private:
  friend class ArrayHome;
  std::shared_ptr<ArrayHome> home_;
  std::shared_ptr<os::Mapping> window_;
  std::byte *data_;
  std::uint64_t bytes_;
  ArrayExport *previous_ = nullptr, *next_ = nullptr;
};

class ArrayHome : public std::enable_shared_from_this<ArrayHome> {
 public:
  virtual ~ArrayHome() = default;
  ArrayHome(const ArrayHome &) = delete;
  ArrayHome &operator=(const ArrayHome &) = delete;

  // ---- without a call
  std::byte *data() const { return data_.load(std::memory_order_relaxed); }
  // Bytes in use, never more than there is memory for here.
  std::uint64_t length() const {
    const std::uint64_t now = std::atomic_ref(*word_.load(std::memory_order_acquire)).load(std::memory_order_acquire);
    return std::min(now, room());
  }
  std::uint64_t room() const { return room_.load(std::memory_order_acquire); }
  // Up to where may be appended without asking; 0: nowhere, ask grow() or check_appendable() for the reason.
  std::uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // The appender's own word.
  std::uint64_t own_length() const {
    return std::atomic_ref(*word_.load(std::memory_order_relaxed)).load(std::memory_order_relaxed);
  }
  // What lies below has been stored; below limit().
  void set_length(std::uint64_t bytes) {
    std::atomic_ref(*word_.load(std::memory_order_relaxed)).store(bytes, std::memory_order_release);
  }

  // ---- the appender's
  // ok, or why it is not one: readonly, forked, closed, sealed, stale.
  virtual Status check_appendable() = 0;
  // limit() becomes at least `bytes`; what is there stays where it is. Nothing changes on failure.
  virtual Status grow(std::uint64_t bytes) = 0;
  // Whether the bytes from `bytes` on may be given up: pinned.
  Status check_cut(std::uint64_t bytes);
  // Room that is not needed goes back.
  virtual Status give_back() = 0;
  virtual Status flush(bool durable) = 0;

  // ---- anybody's
  // The bytes in use now. readonly, sealed, stale, closed, busy.
  virtual Result<std::shared_ptr<ArrayExport>> export_bytes(bool writable) = 0;
  virtual Result<bool> refresh() = 0;  // whether there is more (or less) than was known
  virtual bool writable() const = 0;
  virtual Result<int> descriptor() const = 0;
  // Ends the appender's work: pinned, io. Without it the destructor does what it can.
  virtual Status close() = 0;
  const std::string &label() const { return label_; }

  std::uint64_t view_count() const;

 protected:
  explicit ArrayHome(std::string label) : label_(std::move(label)) {}
  // Called before the length becomes another than what others take it for.
  virtual Status share_length() { return {}; }
  // pinned: somebody in another process, or another handle, uses bytes from there on. The word is lower by then.
  virtual Status check_others(std::uint64_t bytes) = 0;
  Status check_unused() const;  // pinned while views live

  std::string label_;
  std::atomic<std::byte *> data_{nullptr};
  std::uint64_t own_word_ = 0;  // where there is no shared one yet
  std::atomic<std::uint64_t *> word_{&own_word_};
  std::atomic<std::uint64_t> room_{0}, limit_{0};

 private:
  friend class ArrayExport;
  std::uint64_t highest_end() const;

  mutable std::mutex exports_mutex_;  // leaf
  ArrayExport *first_export_ = nullptr;
};

}  // namespace deltos::store
