// Catalogue pages in a mapping, checked on first touch; and the first ones that a handle meets, read instead.
#pragma once

#include <array>
#include <atomic>

#include "format/page.hpp"
#include "os/file.hpp"
#include "store/page_buffers.hpp"
#include "store/page_source.hpp"
#include "store/tree.hpp"

namespace deltos::store {

// Remembers which (block, transaction) have passed their check: a lossy table that any thread may use. Small at first,
// so that opening costs nothing; a handle that meets many pages gets a large one, and one that meets very many (those
// of a large sorted map) one of which only those parts take memory that are used.
class PageMemo {
 public:
  PageMemo() = default;
  ~PageMemo();
  PageMemo(const PageMemo &) = delete;
  PageMemo &operator=(const PageMemo &) = delete;
  bool knows(const format::Child &child) const;
  void add(const format::Child &child);

 private:
  static constexpr std::size_t kSmall = 64, kLarge = 4096, kHuge = std::size_t{1} << 20;
  using Entry = std::atomic<std::uint64_t>;
  static std::uint64_t tag(const format::Child &child);
  void grow(std::uint32_t added);

  std::array<Entry, kSmall> small_{};
  std::atomic<std::uint32_t> added_{0};
  // The table in use, with as many entries less one; where a larger one has taken its place, it stays for those who are
  // just looking.
  struct Table {
    Entry *entries;
    std::uint64_t mask;
  };
  Table large_table_{}, huge_table_{};
  std::atomic<const Table *> table_{nullptr};
};

// Pages of one state of the file. Thread-safe.
class MappedPages final : public PageSource {
 public:
  MappedPages(const std::byte *data, std::uint64_t file_blocks, std::uint64_t uuid_low, PageMemo *memo)
      : data_(data), file_blocks_(file_blocks), uuid_low_(uuid_low), memo_(memo) {}
  Result<const std::byte *> page(const format::Child &child, unsigned level) override;
  const std::byte *known(const format::Child &child, unsigned level) noexcept override;

 private:
  const std::byte *data_;
  std::uint64_t file_blocks_, uuid_low_;
  PageMemo *memo_;  // nullptr: every page is checked every time
};

// Pages read into memory of this object and checked there, for the length of a call, by one thread. Finding one object
// takes a handful, scattered over the file, and a page fault for each would cost ten times as much as reading it.
class ReadPages {
 public:
  using Check = Status (*)(const std::byte *page, const format::Child &, unsigned level, std::uint64_t uuid_low);
  ReadPages(const os::File &file, std::uint64_t file_blocks, std::uint64_t uuid_low, std::atomic<unsigned> *first_pages,
            Check check)
      : file_(file), file_blocks_(file_blocks), uuid_low_(uuid_low), first_pages_(first_pages), check_(check) {}
  static bool worth_it(const std::atomic<unsigned> &first_pages) {
    return first_pages.load(std::memory_order_relaxed) < kLimit;
  }
  // nullptr: so many have been read, here or by the handle whose `first_pages` counts them, that mapping is better.
  Result<const std::byte *> page(const format::Child &child, unsigned level);

 private:
  static constexpr unsigned kLimit = 32;
  static constexpr unsigned kRoom = 8;  // a name and an object in a tree of four levels need seven

  struct Known {
    format::Child child;
    unsigned level;
  };
  const os::File &file_;
  const std::uint64_t file_blocks_, uuid_low_;
  std::atomic<unsigned> *first_pages_;
  const Check check_;
  std::array<Known, kRoom> known_;
  unsigned count_ = 0;
  std::array<PageBuffer, kRoom> buffers_;  // left as they come: only what is read is touched
};

// The first pages that a handle meets are read, later ones taken from `mapped`.
class FirstPages final : public PageSource {
 public:
  FirstPages(const os::File &file, std::uint64_t file_blocks, std::uint64_t uuid_low,
             std::atomic<unsigned> *first_pages, MappedPages *mapped)
      : read_(file, file_blocks, uuid_low, first_pages, format::check_page), mapped_(mapped) {}
  Result<const std::byte *> page(const format::Child &child, unsigned level) override;

 private:
  ReadPages read_;
  MappedPages *mapped_;
};

// One look-up, or two, that have to find something: of the pages read only what they meet is checked.
class ProbedPages {
 public:
  ProbedPages(const os::File &file, std::uint64_t file_blocks, std::uint64_t uuid_low,
              std::atomic<unsigned> *first_pages)
      : read_(file, file_blocks, uuid_low, first_pages, format::check_page_frame) {}
  // nullopt: not found, or found unsound, or too many pages; the other sources tell. `root` is in range.
  std::optional<TreeValue> find(const Root &root, Bytes key);

 private:
  ReadPages read_;
};

}  // namespace deltos::store
