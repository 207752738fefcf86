#include "store/zones.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "base/bytes.hpp"

namespace deltos::store {
namespace {

bool by_address(Run a, Run b) { return a.first < b.first; }

}  // namespace

Zones::Zones(std::vector<format::Zone> table) : table_(std::move(table)) {
  for (const format::Zone &zone : table_) in_order_.push_back({zone.first_block, zone.blocks});
  std::sort(in_order_.begin(), in_order_.end(), by_address);
}

Status Zones::check(std::uint64_t file_blocks) const {
  if (table_.size() > format::kMaxZones) {
    return fail(Code::corrupt, "the superblock names %zu zones, more than the %u there can be", table_.size(),
                format::kMaxZones);
  }
  std::uint64_t free_from = format::kFirstDataBlock;
  for (Run zone : in_order_) {
    bool aligned = zone.first % format::kRegionBlocks == 0 && zone.blocks % format::kRegionBlocks == 0;
    if (!aligned || zone.blocks == 0 || zone.first < free_from || !within(zone.first, zone.blocks, file_blocks)) {
      return fail(Code::corrupt,
                  "the catalogue zone at offset %llu (%llu blocks) is misplaced; restore the file from a copy",
                  static_cast<unsigned long long>(zone.first) * format::kBlockBytes,
                  static_cast<unsigned long long>(zone.blocks));
    }
    free_from = zone.end();
  }
  return {};
}

bool Zones::contains(std::uint64_t block) const { return touches({block, 1}); }

bool Zones::touches(Run run) const {
  auto after =
      std::partition_point(in_order_.begin(), in_order_.end(), [&](Run zone) { return zone.first < run.end(); });
  if (after == in_order_.begin()) return false;
  Run zone = *std::prev(after);
  return run.first < zone.first || run.first - zone.first < zone.blocks;
}

// As large as all before together, so that the table lasts; but pages that only wait for a reader to let go do not
// count as long as the table has room: a writer that is restarted again and again beside readers would double the
// catalogue each time.
std::uint64_t Zones::next_blocks(std::uint64_t missing) const {
  constexpr std::size_t kPlenty = format::kMaxZones * 2 / 3;
  std::uint64_t before = 0;
  for (Run zone : in_order_) before += zone.blocks;
  if (in_order_.size() < kPlenty) before -= std::min(before, pending_total());
  return round_up(std::max({format::kRegionBlocks, before, missing}), format::kRegionBlocks);
}

void Zones::add(Run run) {
  table_.reserve(format::kMaxZones);
  in_order_.reserve(format::kMaxZones);
  ready_.insert(run);
  table_.push_back({run.first, run.blocks});
  in_order_.insert(std::upper_bound(in_order_.begin(), in_order_.end(), run, by_address), run);
}

void Zones::promote(std::uint64_t oldest_pin) {
  pending_.release(oldest_pin, &released_);
  for (; !released_.empty(); released_.pop_back()) ready_.insert(released_.back());
}

std::uint64_t Zones::pending_total() const {
  std::uint64_t total = pending_.total();
  for (Run run : released_) total += run.blocks;
  return total;
}

std::uint64_t Zones::take() {
  assert(!ready_.empty());
  std::uint64_t block = ready_.lowest()->first;
  ready_.erase({block, 1});
  return block;
}

}  // namespace deltos::store
