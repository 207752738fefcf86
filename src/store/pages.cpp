#include "store/pages.hpp"

#include <array>
#include <bit>
#include <new>

#include "format/page.hpp"
#include "os/file.hpp"

namespace deltos::store {

PageMemo::PageMemo()
    : entries_(static_cast<std::atomic<std::uint64_t> *>(std::calloc(kEntries, sizeof(std::atomic<std::uint64_t>)))) {
  if (!entries_) throw std::bad_alloc();
}

// Keyed with a number of this process's own, so that no file can be made to collide.
std::uint64_t PageMemo::tag(const format::Child &child) {
  static const std::array<std::uint64_t, 2> key = std::bit_cast<std::array<std::uint64_t, 2>>(os::random_uuid());
  const std::array<std::uint64_t, 4> words = {key[0], child.block, key[1], child.transaction};
  return hash64(std::as_bytes(std::span(words))) | 1;  // 0 is an empty entry
}

bool PageMemo::knows(const format::Child &child) const {
  return entries_[child.block % kEntries].load(std::memory_order_relaxed) == tag(child);
}

void PageMemo::add(const format::Child &child) {
  entries_[child.block % kEntries].store(tag(child), std::memory_order_relaxed);
}

Result<const std::byte *> MappedPages::page(const format::Child &child, unsigned level) {
  if (child.block < format::kFirstDataBlock || child.block >= file_blocks_) {
    return fail(Code::corrupt, "catalogue refers to block %llu, outside the %llu blocks of the storage",
                static_cast<unsigned long long>(child.block), static_cast<unsigned long long>(file_blocks_));
  }
  const std::byte *page = data_ + child.block * format::kBlockBytes;
  if (memo_ != nullptr && memo_->knows(child) && load<std::uint16_t>(page + offsetof(format::PageHeader, level)) == level) {
    return page;
  }
  DELTOS_TRY(format::check_page(page, child, level, uuid_low_));
  if (memo_ != nullptr) memo_->add(child);
  return page;
}

}  // namespace deltos::store
