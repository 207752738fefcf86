#include "store/remains.hpp"

#include <algorithm>

#include "format/page.hpp"
#include "format/validate.hpp"
#include "store/catalogue.hpp"

namespace deltos::store {
namespace {

using format::kBlockBytes;

constexpr Run kEverything{0, UINT64_MAX};

void sort_and_merge(std::vector<Run> *runs) {
  std::sort(runs->begin(), runs->end(), [](Run a, Run b) { return a.first < b.first; });
  std::size_t merged = 0;
  for (const Run run : *runs) {
    if (merged != 0 && run.first <= (*runs)[merged - 1].end()) {
      Run &last = (*runs)[merged - 1];
      last.blocks = std::max(last.end(), run.end()) - last.first;
    } else {
      (*runs)[merged++] = run;
    }
  }
  runs->resize(merged);
}

}  // namespace

Remains::Remains() : pages_{kEverything}, units_{kEverything}, blocks_{kEverything} {}

Remains::Remains(const std::byte *data, std::uint64_t file_blocks, std::uint64_t uuid_low, std::uint64_t newest)
    : data_(data), file_blocks_(file_blocks), uuid_low_(uuid_low), newest_(newest) {}

// Whether a reader would take it for one. What a transaction that was never published has written is none.
bool Remains::is_page(std::uint64_t block, const std::byte *page) const {
  const auto magic = load<std::uint32_t>(page + offsetof(format::PageHeader, magic));
  const auto transaction = load<std::uint64_t>(page + offsetof(format::PageHeader, transaction));
  if (magic != format::kPageMagic || transaction > newest_) return false;
  return format::check_page(page, {block, transaction}, format::page_level(page), uuid_low_).ok();
}

void Remains::look_at(Run pages) {
  for (std::uint64_t block = pages.first; data_ != nullptr && block < pages.end(); ++block) {
    const std::byte *page = data_ + block * kBlockBytes;
    if (!is_page(block, page)) continue;
    if (!pages_.empty() && pages_.back().end() == block) {
      ++pages_.back().blocks;
    } else {
      pages_.push_back({block, 1});
    }
    if (format::page_level(page) == 0) keep_extents(page);
  }
}

void Remains::keep_extents(const std::byte *page) {
  const unsigned count = format::page_count(page);
  const bool of_map = format::page_tree(page) == format::kMapTree;
  for (unsigned i = 0; i < count && understood_; ++i) {
    const format::PageEntry entry = format::page_entry(page, i);
    understood_ = of_map ? keep_value(entry) : keep_entry(entry);
  }
}

// Of a sorted map: only long values lie elsewhere.
bool Remains::keep_value(const format::PageEntry &entry) {
  if (!entry.spilled || entry.value.size() == format::kObjectValueBytes) return true;
  const auto spill = format::decode_spill(entry.value, file_blocks_, format::kMaxMapValueBytes);
  if (!spill.ok()) return false;
  keep(spill->offset, spill->bytes);
  return true;
}

// Says whether it is known what the entry holds: a version that has more kinds of things may have written it.
bool Remains::keep_entry(const format::PageEntry &entry) {
  if (entry.spilled) {
    const auto spill = format::decode_spill(entry.value, file_blocks_);
    if (!spill.ok()) return false;
    keep(spill->offset, spill->bytes);
  }
  const auto kind = std::to_integer<std::uint8_t>(entry.key[0]);
  if (kind == format::kName || kind == format::kMetadatum) return true;
  const auto id = id_in_key(entry.key);
  if (kind != format::kObject || !id) return false;
  const Snapshot::Scope scope{nullptr, Root{}, file_blocks_, data_};
  const auto record = read_value(scope, {entry.value, entry.spilled});
  if (!record.ok()) return true;  // overwritten: no snapshot reaches the page that names it
  const auto object = format::decode_object(*record, *id, file_blocks_);
  if (!object.ok()) return false;
  for (const format::Extent &extent : object->extents) keep(extent.offset, extent.bytes);
  return true;
}

void Remains::keep(std::uint64_t offset, std::uint64_t bytes) {
  if (bytes == 0) return;
  const std::uint64_t first = offset / format::kExtentAlignment;
  units_.push_back({first, (offset + bytes - 1) / format::kExtentAlignment + 1 - first});
}

void Remains::finish() {
  if (data_ == nullptr) return;
  if (!understood_) {
    *this = Remains();
    return;
  }
  constexpr std::uint64_t kUnits = kBlockBytes / format::kExtentAlignment;
  sort_and_merge(&units_);
  for (const Run run : units_) {
    const std::uint64_t first = run.first / kUnits;
    blocks_.push_back({first, (run.end() - 1) / kUnits + 1 - first});
  }
  sort_and_merge(&blocks_);
}

}  // namespace deltos::store
