// Catalogue pages. A sealed page is packed: entry 0 ends at the checksum and every further entry ends where the one
// before it begins, so the check needs no map of what is taken and equal content gives equal bytes. A page that is
// being edited may have its entries anywhere and holes between them; its lowest entry is the one inserted last.
#include "format/page.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace deltos::format {
namespace {

constexpr std::size_t kEntryHeadBytes = 4;
constexpr std::size_t kOffsetBytes = 2;

std::uint16_t load16(const std::byte *at) { return load<std::uint16_t>(at); }

std::size_t offset_place(unsigned index) { return sizeof(PageHeader) + kOffsetBytes * index; }

std::size_t entry_offset(const std::byte *page, unsigned index) { return load16(page + offset_place(index)); }

std::size_t lowest_entry(const std::byte *page) { return load16(page + offsetof(PageHeader, entries_offset)); }

// With its head, without its place in the offset array.
std::size_t entry_bytes(const std::byte *page, unsigned index) {
  const std::byte *entry = page + entry_offset(page, index);
  return kEntryHeadBytes + load16(entry) + (load16(entry + 2) & ~kSpillFlag);
}

std::byte *value_at(std::byte *page, unsigned index) {
  std::byte *entry = page + entry_offset(page, index);
  return entry + kEntryHeadBytes + load16(entry);
}

void set_count(std::byte *page, unsigned count) {
  save(page + offsetof(PageHeader, count), static_cast<std::uint16_t>(count));
}

void set_lowest_entry(std::byte *page, std::size_t offset) {
  save(page + offsetof(PageHeader, entries_offset), static_cast<std::uint16_t>(offset));
}

bool is_packed(const std::byte *page) {
  std::size_t end = kPageChecksumOffset;
  const unsigned count = page_count(page);
  for (unsigned index = 0; index < count; ++index) {
    const std::size_t offset = entry_offset(page, index);
    if (offset + entry_bytes(page, index) != end) return false;
    end = offset;
  }
  return lowest_entry(page) == end;
}

void pack(std::byte *page) {
  if (is_packed(page)) return;
  std::byte old[kBlockBytes];
  std::memcpy(old, page, kBlockBytes);
  std::size_t end = kPageChecksumOffset;
  const unsigned count = page_count(old);
  for (unsigned index = 0; index < count; ++index) {
    const std::size_t bytes = entry_bytes(old, index);
    end -= bytes;
    std::memcpy(page + end, old + entry_offset(old, index), bytes);
    save(page + offset_place(index), static_cast<std::uint16_t>(end));
  }
  set_lowest_entry(page, end);
}

Error damaged(const Child &page, const char *what) {
  return fail(Code::corrupt, "catalogue page in block %llu is damaged: %s; restore the storage from a copy",
              static_cast<unsigned long long>(page.block), what);
}

Error damaged_entry(const Child &page, unsigned index, const char *what) {
  return fail(Code::corrupt, "catalogue page in block %llu is damaged: entry %u %s; restore the storage from a copy",
              static_cast<unsigned long long>(page.block), index, what);
}

Status check_page_header(const PageHeader &header, const Child &expected, unsigned level, std::uint64_t uuid_low) {
  if (header.magic != kPageMagic) return damaged(expected, "it does not begin with the mark of a catalogue page");
  if (header.uuid_low != uuid_low) return damaged(expected, "it belongs to another storage");
  if (header.block != expected.block) return damaged(expected, "it was written for another block");
  if (header.transaction != expected.transaction) return damaged(expected, "it is not of the transaction expected");
  if (level >= kMaxHeight || header.level != level) return damaged(expected, "it is not of the level expected");
  if (header.tree > kMapTree) return damaged(expected, "it is of a tree of an unknown kind");
  if (header.count == 0) return damaged(expected, "it has no entries");
  if (offset_place(header.count) > kPageChecksumOffset) return damaged(expected, "its entry count is too large");
  return {};
}

// What an entry of a leaf may be. Of maps, keys may be empty, and values ids. What a page refers to is never younger.
const char *leaf_entry_fault(const PageHeader &header, std::size_t key_bytes, Bytes value, bool spilled) {
  const bool of_map = header.tree == kMapTree;
  if ((key_bytes == 0 && !of_map) || key_bytes > kMaxKeyBytes) return "has a key of impossible length";
  if (!spilled) return value.size() > kMaxInlineValueBytes ? "has a value of impossible length" : nullptr;
  if (of_map && value.size() == kObjectValueBytes) return nullptr;
  if (value.size() != sizeof(Spill)) return "has a value of impossible length";
  if (of_map && load<Spill>(value.data()).transaction > header.transaction) return "refers to a later transaction";
  return nullptr;
}

// What an entry of an inner page may be. A child is never younger than its parent: a change copies all pages above it.
const char *inner_entry_fault(unsigned index, Bytes key, Bytes value, bool spilled, const Child &page) {
  if (index == 0 ? !key.empty() : key.empty() || key.size() > kMaxKeyBytes) return "has a key of impossible length";
  if (spilled || value.size() != sizeof(Child)) return "is not a reference to a page";
  const auto child = load<Child>(value.data());
  if (child.block < kFirstDataBlock || child.block >= kMaxBlocks) return "refers to an impossible block";
  if (child.transaction == 0 || child.transaction > page.transaction) return "refers to a page of a later transaction";
  return nullptr;
}

// Whether left < right: as compare_keys, for keys in a page. They end before its checksum, so that eight bytes can be
// loaded from any place in them.
[[gnu::always_inline]] inline bool keys_rise(Bytes left, Bytes right) {
  const std::size_t common = std::min(left.size(), right.size());
  for (std::size_t at = 0; at < common; at += 8) {
    std::uint64_t one = __builtin_bswap64(load<std::uint64_t>(left.data() + at));
    std::uint64_t other = __builtin_bswap64(load<std::uint64_t>(right.data() + at));
    if (one == other) continue;
    if (const std::size_t rest = common - at; rest < 8) {
      one >>= 8 * (8 - rest);
      other >>= 8 * (8 - rest);
      if (one == other) break;
    }
    return one < other;
  }
  return left.size() < right.size();
}

// Most of what a reader does with a page: made for each kind, so that the kind is not asked about at every entry.
template <bool kLeaf>
Status check_entries(const std::byte *page, const PageHeader &header, const Child &expected) {
  const std::size_t floor = offset_place(header.count);
  std::size_t end = kPageChecksumOffset;
  Bytes previous;
  for (unsigned index = 0; index < header.count; ++index) {
    const std::size_t offset = entry_offset(page, index);
    if (offset < floor || offset + kEntryHeadBytes > end) return damaged_entry(expected, index, "is out of place");
    const auto head = load<std::uint32_t>(page + offset);
    const std::size_t key_bytes = head & 0xFFFF;
    const std::size_t value_bytes = (head >> 16) & ~std::uint32_t{kSpillFlag};
    if (offset + kEntryHeadBytes + key_bytes + value_bytes != end) {
      return damaged_entry(expected, index, "does not end where it should");
    }
    const bool spilled = (head >> 16 & kSpillFlag) != 0;
    const Bytes key{page + offset + kEntryHeadBytes, key_bytes};
    const Bytes value{key.data() + key_bytes, value_bytes};
    const char *fault = kLeaf ? leaf_entry_fault(header, key_bytes, value, spilled)
                              : inner_entry_fault(index, key, value, spilled, expected);
    if (fault == nullptr && index > 0 && !keys_rise(previous, key)) fault = "is not in key order";
    if (fault != nullptr) return damaged_entry(expected, index, fault);
    previous = key;
    end = offset;
  }
  if (header.entries_offset != end) return damaged(expected, "its lowest entry is not where the header says");
  return {};
}

// One entry, checked for itself: its place and lengths, and what it may be. nullopt: it is not sound.
std::optional<PageEntry> sound_entry(const std::byte *page, const PageHeader &header, const Child &self,
                                     unsigned index) {
  const std::size_t offset = entry_offset(page, index);
  if (offset < offset_place(header.count) || !within(offset, kEntryHeadBytes, kPageChecksumOffset)) return std::nullopt;
  const PageEntry entry = page_entry(page, index);
  if (!within(offset + kEntryHeadBytes, entry.key.size() + entry.value.size(), kPageChecksumOffset))
    return std::nullopt;
  const char *fault = header.level == 0 ? leaf_entry_fault(header, entry.key.size(), entry.value, entry.spilled)
                                        : inner_entry_fault(index, entry.key, entry.value, entry.spilled, self);
  if (fault != nullptr) return std::nullopt;
  return entry;
}

}  // namespace

int compare_keys(Bytes left, Bytes right) {
  const std::size_t common = std::min(left.size(), right.size());
  const int order = common == 0 ? 0 : std::memcmp(left.data(), right.data(), common);
  if (order != 0) return order;
  return left.size() < right.size() ? -1 : left.size() > right.size() ? 1 : 0;
}

Status check_page_frame(const std::byte *page, const Child &expected, unsigned level, std::uint64_t uuid_low) {
  DELTOS_TRY(check_page_header(load<PageHeader>(page), expected, level, uuid_low));
  if (hash64({page, kPageChecksumOffset}) == page_checksum(page)) return {};
  return damaged(expected, "its checksum does not fit");
}

Status check_page(const std::byte *page, const Child &expected, unsigned level, std::uint64_t uuid_low) {
  const auto header = load<PageHeader>(page);
  DELTOS_TRY(check_page_frame(page, expected, level, uuid_low));
  return header.level == 0 ? check_entries<true>(page, header, expected) : check_entries<false>(page, header, expected);
}

std::optional<PageEntry> probe_page(const std::byte *page, const Child &self, Bytes key) {
  const auto header = load<PageHeader>(page);
  // The last entry whose key is not above `key` lies in [low, high), if there is one.
  unsigned low = 0, high = header.count;
  while (high - low > 1) {
    const unsigned middle = low + (high - low) / 2;
    const auto entry = sound_entry(page, header, self, middle);
    if (!entry) return std::nullopt;
    (compare_keys(entry->key, key) <= 0 ? low : high) = middle;
  }
  const auto entry = sound_entry(page, header, self, low);
  if (!entry || (header.level == 0 && compare_keys(entry->key, key) != 0)) return std::nullopt;
  return entry;
}

std::uint64_t page_checksum(const std::byte *page) { return load<std::uint64_t>(page + kPageChecksumOffset); }

unsigned page_count(const std::byte *page) { return load16(page + offsetof(PageHeader, count)); }

unsigned page_level(const std::byte *page) { return load16(page + offsetof(PageHeader, level)); }

unsigned page_tree(const std::byte *page) { return load16(page + offsetof(PageHeader, tree)); }

PageEntry page_entry(const std::byte *page, unsigned index) {
  const std::byte *entry = page + entry_offset(page, index);
  const std::size_t key_bytes = load16(entry);
  const std::uint16_t value_word = load16(entry + 2);
  const std::byte *key = entry + kEntryHeadBytes;
  return {{key, key_bytes},
          {key + key_bytes, static_cast<std::size_t>(value_word & ~kSpillFlag)},
          (value_word & kSpillFlag) != 0};
}

Child page_child(const std::byte *page, unsigned index) { return load<Child>(page_entry(page, index).value.data()); }

namespace {

// A key whose first bytes are a number, as those of keys in pages are compared with.
struct SoughtKey {
  Bytes bytes;
  std::uint64_t head = 0;  // zeros behind a short one
  explicit SoughtKey(Bytes key) : bytes(key) {
    std::array<std::byte, 8> first{};
    std::copy_n(key.begin(), std::min<std::size_t>(key.size(), first.size()), first.begin());
    head = __builtin_bswap64(load<std::uint64_t>(first.data()));
  }
};

// Whether the key of an entry is below the one sought (kOrEqual: or that). Eight bytes can be loaded from any key in a
// page, and those behind its end are no part of it.
template <bool kOrEqual>
[[gnu::always_inline]] inline bool is_below(const std::byte *page, unsigned index, const SoughtKey &sought) {
  const std::byte *entry = page + entry_offset(page, index);
  const std::size_t bytes = load16(entry);
  std::uint64_t head = __builtin_bswap64(load<std::uint64_t>(entry + kEntryHeadBytes));
  if (bytes < 8) [[unlikely]]
    head = bytes == 0 ? 0 : head & ~std::uint64_t{0} << (64 - 8 * bytes);
  if (head != sought.head) return head < sought.head;
  const int order = compare_keys({entry + kEntryHeadBytes, bytes}, sought.bytes);
  return kOrEqual ? order <= 0 : order < 0;
}

// How many entries are below the key (or that). The halves are chosen without a branch: which it is cannot be foretold.
template <bool kOrEqual>
unsigned count_below(const std::byte *page, Bytes key) {
  const SoughtKey sought(key);
  unsigned first = 0, left = page_count(page);
  while (left > 1) {
    const unsigned half = left / 2;
    first += is_below<kOrEqual>(page, first + half - 1, sought) ? half : 0;
    left -= half;
  }
  return first + (left == 1 && is_below<kOrEqual>(page, first, sought) ? 1 : 0);
}

}  // namespace

unsigned page_lower_bound(const std::byte *page, Bytes key) { return count_below<false>(page, key); }

unsigned page_child_index(const std::byte *page, Bytes key) {
  const unsigned below = count_below<true>(page, key);
  return below == 0 ? 0 : below - 1;
}

std::optional<PageEntry> page_find(const std::byte *page, Bytes key) {
  const unsigned index = page_lower_bound(page, key);
  if (index == page_count(page)) return std::nullopt;
  const PageEntry entry = page_entry(page, index);
  if (entry.key.size() != key.size() || compare_keys(entry.key, key) != 0) return std::nullopt;
  return entry;
}

std::size_t page_entry_bytes(const std::byte *page, unsigned index) { return kOffsetBytes + entry_bytes(page, index); }

std::size_t page_used_bytes(const std::byte *page) {
  const unsigned count = page_count(page);
  std::size_t used = 0;
  for (unsigned index = 0; index < count; ++index) used += page_entry_bytes(page, index);
  return used;
}

std::size_t page_free_bytes(const std::byte *page) { return kPageCapacity - page_used_bytes(page); }

bool page_has_room(const std::byte *page, std::size_t bytes) {
  const std::size_t gap = lowest_entry(page) - offset_place(page_count(page));
  return gap >= bytes || page_free_bytes(page) >= bytes;
}

bool page_is_newest(const std::byte *page, unsigned index) { return entry_offset(page, index) == lowest_entry(page); }

void init_page(std::byte *page, const Child &self, unsigned level, std::uint64_t uuid_low) {
  std::memset(page, 0, kBlockBytes);
  PageHeader header{};
  header.magic = kPageMagic;
  header.level = static_cast<std::uint16_t>(level);
  header.block = self.block;
  header.transaction = self.transaction;
  header.uuid_low = uuid_low;
  header.entries_offset = kPageChecksumOffset;
  save(page, header);
}

void page_clear(std::byte *page) {
  set_count(page, 0);
  set_lowest_entry(page, kPageChecksumOffset);
}

bool page_insert(std::byte *page, unsigned index, Bytes key, Bytes value, bool spilled) {
  const unsigned count = page_count(page);
  const std::size_t bytes = kEntryHeadBytes + key.size() + value.size();
  if (lowest_entry(page) - offset_place(count) < kOffsetBytes + bytes) {
    if (page_free_bytes(page) < kOffsetBytes + bytes) return false;
    pack(page);
  }
  const std::size_t offset = lowest_entry(page) - bytes;
  std::byte *entry = page + offset;
  const auto value_word = static_cast<std::uint16_t>(value.size() | (spilled ? kSpillFlag : 0));
  save(entry, static_cast<std::uint16_t>(key.size()));
  save(entry + 2, value_word);
  if (!key.empty()) std::memcpy(entry + kEntryHeadBytes, key.data(), key.size());
  if (!value.empty()) std::memcpy(entry + kEntryHeadBytes + key.size(), value.data(), value.size());
  std::byte *place = page + offset_place(index);
  std::memmove(place + kOffsetBytes, place, kOffsetBytes * (count - index));
  save(place, static_cast<std::uint16_t>(offset));
  set_count(page, count + 1);
  set_lowest_entry(page, offset);
  return true;
}

void page_erase(std::byte *page, unsigned index) {
  const unsigned count = page_count(page);
  if (page_is_newest(page, index)) set_lowest_entry(page, lowest_entry(page) + entry_bytes(page, index));
  std::byte *place = page + offset_place(index);
  std::memmove(place, place + kOffsetBytes, kOffsetBytes * (count - index - 1));
  set_count(page, count - 1);
}

bool page_overwrite(std::byte *page, unsigned index, Bytes value, bool spilled) {
  const PageEntry entry = page_entry(page, index);
  if (entry.value.size() != value.size() || entry.spilled != spilled) return false;
  if (!value.empty()) std::memcpy(value_at(page, index), value.data(), value.size());
  return true;
}

void page_set_child(std::byte *page, unsigned index, const Child &child) { save(value_at(page, index), child); }

void page_set_tree(std::byte *page, std::uint16_t tree) { save(page + offsetof(PageHeader, tree), tree); }

void page_set_identity(std::byte *page, const Child &self) {
  save(page + offsetof(PageHeader, block), self.block);
  save(page + offsetof(PageHeader, transaction), self.transaction);
}

void seal_page(std::byte *page) {
  pack(page);
  const std::size_t floor = offset_place(page_count(page));
  std::memset(page + floor, 0, lowest_entry(page) - floor);
  save(page + kPageChecksumOffset, hash64({page, kPageChecksumOffset}));
}

}  // namespace deltos::format
