// A disk under a page cache, as a crash sees it: what is certainly on the medium, and what may be in any of several
// versions until the next barrier. Pages are numbers in a pool, so that an image is a short list.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "format/layout.hpp"

namespace deltos::crash {

constexpr std::uint64_t kPage = format::kBlockBytes;

using PageId = std::uint32_t;  // 0: all zero

class PagePool {
 public:
  PagePool();
  PageId intern(const std::byte *page);
  const std::byte *data(PageId id) const { return pages_[id].data(); }
  std::uint64_t hash(PageId id) const { return hashes_[id]; }

 private:
  std::deque<std::array<std::byte, kPage>> pages_;
  std::vector<std::uint64_t> hashes_;
  std::unordered_map<std::uint64_t, PageId> ids_;
};

// A file's content; its length is that of the list.
using Image = std::vector<PageId>;

struct Disk {
  Image durable;
  // Versions that may be on the medium instead of the durable one, oldest first. `pending` becomes durable with the
  // next barrier (the last version); `limbo` does not: a barrier failed and the cache holds these pages to be clean.
  std::map<std::uint32_t, std::vector<PageId>> pending, limbo;
  std::vector<std::uint32_t> pending_lengths;  // in pages

  Image cache() const;  // what every process sees
  void store(std::uint32_t page, PageId content);
  void set_length(std::uint32_t pages);
  void barrier();
  void failed_barrier();
  std::uint32_t cached_length() const;
};

struct Event {
  enum class Kind { store, barrier, failed_barrier };
  Kind kind = Kind::store;
  std::vector<std::pair<std::uint32_t, PageId>> pages;
  std::uint32_t length = 0;  // of the cache afterwards
  // Transactions, at the time right after the event: what an image may show.
  std::uint64_t durable = 0;    // acknowledged to survive power loss
  std::uint64_t published = 0;  // acknowledged at all
  std::uint64_t attempted = 0;
  std::string what;
};

struct Trace {
  Disk start;
  std::vector<Event> events;
};

void apply(const Event &event, Disk *disk);

}  // namespace deltos::crash
