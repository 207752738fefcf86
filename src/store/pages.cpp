#include "store/pages.hpp"

#include <array>
#include <bit>
#include <cstdlib>
#include <new>

namespace deltos::store {

PageMemo::~PageMemo() {
  delete[] large_table_.entries;
  std::free(huge_table_.entries);
}

// Keyed with a number of this process's own, so that no file can be made to collide.
std::uint64_t PageMemo::tag(const format::Child &child) {
  static const auto key = std::bit_cast<std::array<std::uint64_t, 2>>(os::random_uuid());
  __extension__ using Product = unsigned __int128;
  const Product product = Product{child.block ^ key[0]} * (child.transaction ^ key[1]);
  return (static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64)) | 1;  // 0: an empty entry
}

bool PageMemo::knows(const format::Child &child) const {
  const Table *table = table_.load(std::memory_order_acquire);
  const Entry &entry = table != nullptr ? table->entries[child.block & table->mask] : small_[child.block % kSmall];
  return entry.load(std::memory_order_relaxed) == tag(child);
}

// Only whoever has counted to a number is here for it.
void PageMemo::grow(std::uint32_t added) {
  Table &table = added == kSmall ? large_table_ : huge_table_;
  const std::size_t entries = added == kSmall ? kLarge : kHuge;
  table.entries =
      added == kSmall ? new (std::nothrow) Entry[kLarge]() : static_cast<Entry *>(std::calloc(kHuge, sizeof(Entry)));
  table.mask = entries - 1;
  if (table.entries != nullptr) table_.store(&table, std::memory_order_release);
}

void PageMemo::add(const format::Child &child) {
  if (added_.load(std::memory_order_relaxed) <= kLarge) {
    const std::uint32_t added = added_.fetch_add(1, std::memory_order_relaxed);
    if (added == kSmall || added == kLarge) grow(added);
  }
  const Table *table = table_.load(std::memory_order_acquire);
  Entry &entry = table != nullptr ? table->entries[child.block & table->mask] : small_[child.block % kSmall];
  entry.store(tag(child), std::memory_order_relaxed);
}

namespace {

Status check_place(const format::Child &child, std::uint64_t file_blocks) {
  if (child.block >= format::kFirstDataBlock && child.block < file_blocks) return {};
  return fail(Code::corrupt, "catalogue refers to block %llu, outside the %llu blocks of the storage",
              static_cast<unsigned long long>(child.block), static_cast<unsigned long long>(file_blocks));
}

}  // namespace

Result<const std::byte *> MappedPages::page(const format::Child &child, unsigned level) {
  DELTOS_TRY(check_place(child, file_blocks_));
  const std::byte *page = data_ + child.block * format::kBlockBytes;
  if (memo_ != nullptr && memo_->knows(child) &&
      load<std::uint16_t>(page + offsetof(format::PageHeader, level)) == level) {
    return page;
  }
  DELTOS_TRY(format::check_page(page, child, level, uuid_low_));
  if (memo_ != nullptr) memo_->add(child);
  return page;
}

const std::byte *MappedPages::known(const format::Child &child, unsigned level) noexcept {
  const bool inside = child.block >= format::kFirstDataBlock && child.block < file_blocks_;
  if (!inside || memo_ == nullptr || !memo_->knows(child)) return nullptr;
  const std::byte *page = data_ + child.block * format::kBlockBytes;
  return load<std::uint16_t>(page + offsetof(format::PageHeader, level)) == level ? page : nullptr;
}

Result<const std::byte *> ReadPages::page(const format::Child &child, unsigned level) {
  for (unsigned i = 0; i < count_; ++i) {
    const Known &known = known_[i];
    if (known.child.block == child.block && known.child.transaction == child.transaction && known.level == level)
      return buffers_[i].bytes;
  }
  if (count_ == kRoom || !worth_it(*first_pages_)) return nullptr;
  DELTOS_TRY(check_place(child, file_blocks_));
  first_pages_->fetch_add(1, std::memory_order_relaxed);
  std::byte *page = buffers_[count_].bytes;
  DELTOS_TRY(file_.read({page, format::kBlockBytes}, child.block * format::kBlockBytes));
  DELTOS_TRY(check_(page, child, level, uuid_low_));
  known_[count_++] = {child, level};
  return page;
}

Result<const std::byte *> FirstPages::page(const format::Child &child, unsigned level) {
  DELTOS_ASSIGN(const std::byte *page, read_.page(child, level));
  if (page != nullptr) return page;
  return mapped_->page(child, level);
}

std::optional<TreeValue> ProbedPages::find(const Root &root, Bytes key) {
  format::Child child{root.block, root.transaction};
  for (unsigned level = root.height; level-- > 0;) {
    const auto page = read_.page(child, level);
    if (!page.ok() || *page == nullptr) return std::nullopt;
    const auto entry = format::probe_page(*page, child, key);
    if (!entry) return std::nullopt;
    if (level == 0) return TreeValue{entry->value, entry->spilled};
    child = load<format::Child>(entry->value.data());
  }
  return std::nullopt;
}

}  // namespace deltos::store
