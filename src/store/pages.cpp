#include "store/pages.hpp"

#include <array>
#include <bit>
#include <new>

#include "format/page.hpp"
#include "os/file.hpp"

namespace deltos::store {

PageMemo::~PageMemo() { delete[] large_.load(); }

// Keyed with a number of this process's own, so that no file can be made to collide.
std::uint64_t PageMemo::tag(const format::Child &child) {
  static const auto key = std::bit_cast<std::array<std::uint64_t, 2>>(os::random_uuid());
  const std::array<std::uint64_t, 4> words = {key[0], child.block, key[1], child.transaction};
  return hash64(std::as_bytes(std::span(words))) | 1;  // 0 is an empty entry
}

bool PageMemo::knows(const format::Child &child) const {
  const Entry *large = large_.load(std::memory_order_acquire);
  const Entry &entry = large != nullptr ? large[child.block % kLarge] : small_[child.block % kSmall];
  return entry.load(std::memory_order_relaxed) == tag(child);
}

void PageMemo::add(const format::Child &child) {
  Entry *large = large_.load(std::memory_order_acquire);
  if (large == nullptr && added_.fetch_add(1, std::memory_order_relaxed) == kSmall) {
    large = new (std::nothrow) Entry[kLarge]();
    if (large != nullptr) large_.store(large, std::memory_order_release);
  }
  Entry &entry = large != nullptr ? large[child.block % kLarge] : small_[child.block % kSmall];
  entry.store(tag(child), std::memory_order_relaxed);
}

Result<const std::byte *> MappedPages::page(const format::Child &child, unsigned level) {
  if (child.block < format::kFirstDataBlock || child.block >= file_blocks_) {
    return fail(Code::corrupt, "catalogue refers to block %llu, outside the %llu blocks of the storage",
                static_cast<unsigned long long>(child.block), static_cast<unsigned long long>(file_blocks_));
  }
  const std::byte *page = data_ + child.block * format::kBlockBytes;
  if (memo_ != nullptr && memo_->knows(child) &&
      load<std::uint16_t>(page + offsetof(format::PageHeader, level)) == level) {
    return page;
  }
  DELTOS_TRY(format::check_page(page, child, level, uuid_low_));
  if (memo_ != nullptr) memo_->add(child);
  return page;
}

}  // namespace deltos::store
