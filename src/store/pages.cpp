#include "store/pages.hpp"

#include <new>

#include "format/page.hpp"

namespace deltos::store {

PageMemo::PageMemo()
    : entries_(static_cast<std::atomic<std::uint64_t> *>(std::calloc(kEntries, sizeof(std::atomic<std::uint64_t>)))) {
  if (!entries_) throw std::bad_alloc();
}

std::uint64_t PageMemo::tag(const format::Child &child) {
  std::uint64_t mixed = child.block * 0x9E3779B97F4A7C15ULL ^ (child.transaction + 0x632BE59BD9B4E019ULL) * 0xD6E8FEB86659FD93ULL;
  mixed ^= mixed >> 32;
  return mixed | 1;  // 0 is an empty entry
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
