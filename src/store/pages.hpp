// Catalogue pages in a mapping, checked on first touch.
#pragma once

#include <atomic>
#include <cstdlib>
#include <memory>

#include "store/page_source.hpp"

namespace deltos::store {

// Remembers which (block, transaction) have passed their check: a small, lossy table that any thread may use.
class PageMemo {
 public:
  PageMemo();
  bool knows(const format::Child &child) const;
  void add(const format::Child &child);

 private:
  static constexpr std::size_t kEntries = 2048;
  struct Free {
    void operator()(void *memory) const { std::free(memory); }
  };
  static std::uint64_t tag(const format::Child &child);
  // calloc: untouched entries cost no memory and no time at open.
  std::unique_ptr<std::atomic<std::uint64_t>[], Free> entries_;
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
