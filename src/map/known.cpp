#include "map/known.hpp"

#include <algorithm>

namespace deltos::map {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024, kLeastSlots = 1024;

}  // namespace

std::optional<std::uint64_t> Known::find(std::uint64_t hash, Bytes content) const {
  if (slots_.empty()) return {};
  for (std::size_t i = hash & (slots_.size() - 1); slots_[i] != nullptr; i = (i + 1) & (slots_.size() - 1)) {
    const auto item = load<Item>(slots_[i]);
    if (item.hash == hash && item.bytes == content.size() &&
        (content.empty() || std::memcmp(slots_[i] + sizeof item, content.data(), content.size()) == 0))
      return item.place;
  }
  return {};
}

bool Known::add(std::uint64_t hash, Bytes content, std::uint64_t place) {
  if (2 * (count_ + 1) > slots_.size() && !grow()) return false;
  const std::size_t bytes = static_cast<std::size_t>(round_up(sizeof(Item) + content.size(), alignof(Item)));
  const bool fits = !buffers_.empty() && buffers_.back().room() >= bytes;
  const std::size_t more = fits ? 0 : std::max(bytes, kBufferBytes);
  if (used_ + more > memory_bytes_) return false;
  if (!fits) {
    buffers_.emplace_back();
    buffers_.back().reserve(more);
    used_ += more;
  }
  std::byte *const at = buffers_.back().extend(bytes);
  save(at, Item{hash, place, content.size()});
  if (!content.empty()) std::memcpy(at + sizeof(Item), content.data(), content.size());
  std::size_t i = hash & (slots_.size() - 1);
  while (slots_[i] != nullptr) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = at;
  count_++;
  return true;
}

bool Known::grow() {
  const std::size_t slots = std::max(2 * slots_.size(), kLeastSlots);
  const std::uint64_t more = slots * sizeof(slots_[0]);  // the old ones are still there for a while
  if (used_ + more > memory_bytes_) return false;
  std::vector<const std::byte *> grown(slots, nullptr);
  for (const std::byte *const item : slots_) {
    if (item == nullptr) continue;
    std::size_t i = load<Item>(item).hash & (slots - 1);
    while (grown[i] != nullptr) i = (i + 1) & (slots - 1);
    grown[i] = item;
  }
  used_ += more - slots_.size() * sizeof(slots_[0]);
  slots_ = std::move(grown);
  return true;
}

void Known::forget() {
  buffers_.clear();
  slots_.clear();
  used_ = count_ = 0;
}

}  // namespace deltos::map
