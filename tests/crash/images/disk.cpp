#include "crash/images/disk.hpp"

#include <algorithm>
#include <cstring>

namespace deltos::crash {

PagePool::PagePool() {
  static constexpr std::array<std::byte, kPage> kZeros{};
  intern(kZeros.data());
}

PageId PagePool::intern(const std::byte *page) {
  const std::uint64_t hash = hash64({page, kPage});
  const auto found = ids_.find(hash);
  if (found != ids_.end() && std::memcmp(data(found->second), page, kPage) == 0) return found->second;
  const auto id = static_cast<PageId>(pages_.size());
  std::memcpy(pages_.emplace_back().data(), page, kPage);
  hashes_.push_back(hash);
  ids_[hash] = id;
  return id;
}

std::uint32_t Disk::cached_length() const {
  return pending_lengths.empty() ? static_cast<std::uint32_t>(durable.size()) : pending_lengths.back();
}

Image Disk::cache() const {
  Image image = durable;
  image.resize(cached_length(), 0);
  for (const auto *versions : {&limbo, &pending}) {
    for (const auto &[page, list] : *versions) {
      if (page < image.size()) image[page] = list.back();
    }
  }
  return image;
}

void Disk::store(std::uint32_t page, PageId content) {
  if (const auto uncertain = limbo.find(page); uncertain != limbo.end()) {
    pending[page] = std::move(uncertain->second);
    limbo.erase(uncertain);
  }
  std::vector<PageId> &versions = pending[page];
  if (versions.empty() || versions.back() != content) versions.push_back(content);
}

void Disk::set_length(std::uint32_t pages) {
  if (pages != cached_length()) pending_lengths.push_back(pages);
}

void Disk::barrier() {
  durable.resize(cached_length(), 0);
  for (const auto &[page, versions] : pending) {
    if (page < durable.size()) durable[page] = versions.back();
  }
  pending.clear();
  pending_lengths.clear();
}

void Disk::failed_barrier() {
  for (auto &[page, versions] : pending) limbo[page] = std::move(versions);
  pending.clear();
}

void apply(const Event &event, Disk *disk) {
  switch (event.kind) {
    case Event::Kind::store:
      for (const auto &[page, content] : event.pages) disk->store(page, content);
      if (event.length != 0) disk->set_length(event.length);
      break;
    case Event::Kind::barrier:
      disk->barrier();
      break;
    case Event::Kind::failed_barrier:
      disk->failed_barrier();
      break;
  }
}

}  // namespace deltos::crash
