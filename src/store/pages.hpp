// Catalogue pages in a mapping, checked on first touch.
#pragma once

#include <array>
#include <atomic>

#include "store/page_source.hpp"

namespace deltos::store {

// Remembers which (block, transaction) have passed their check: a lossy table that any thread may use. Small at first,
// so that opening costs nothing; a handle that meets many pages gets a large one.
class PageMemo {
 public:
  PageMemo() = default;
  ~PageMemo();
  PageMemo(const PageMemo &) = delete;
  PageMemo &operator=(const PageMemo &) = delete;
  bool knows(const format::Child &child) const;
  void add(const format::Child &child);

 private:
  static constexpr std::size_t kSmall = 64, kLarge = 4096;
  using Entry = std::atomic<std::uint64_t>;
  static std::uint64_t tag(const format::Child &child);

  std::array<Entry, kSmall> small_{};
  std::atomic<std::uint32_t> added_{0};
  std::atomic<Entry *> large_{nullptr};
};

// Pages of one state of the file. Thread-safe.
class MappedPages final : public PageSource {
 public:
  MappedPages(const std::byte *data, std::uint64_t file_blocks, std::uint64_t uuid_low, PageMemo *memo)
      : data_(data), file_blocks_(file_blocks), uuid_low_(uuid_low), memo_(memo) {}
  Result<const std::byte *> page(const format::Child &child, unsigned level) override;

 private:
  const std::byte *data_;
  std::uint64_t file_blocks_, uuid_low_;
  PageMemo *memo_;  // nullptr: every page is checked every time
};

}  // namespace deltos::store
