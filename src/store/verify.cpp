// verify(): everything that can be said about the newest commit without changing a byte.
#include <algorithm>
#include <cinttypes>

#include "format/table.hpp"
#include "map/verify.hpp"
#include "record/reader.hpp"
#include "store/catalogue.hpp"
#include "store/snapshot.hpp"
#include "store/sorted_map.hpp"
#include "store/walk.hpp"
#include "value/verify.hpp"

namespace deltos::store {
namespace {

constexpr std::size_t kMaxFindings = 1'000;

// A place in the file and whose it is.
struct Place {
  std::uint64_t offset, bytes;
  std::uint64_t object;  // 0: catalogue
  bool sealed;
};

class Verify final : public WalkVisitor {
 public:
  Verify(const Snapshot::Scope &scope, VerifyLevel level, const Progress &progress)
      : scope_(scope), level_(level), progress_(progress) {}

  Status page(std::uint64_t block) override {
    places_.push_back({block * format::kBlockBytes, format::kBlockBytes, 0, false});
    return {};
  }
  Status extent(const format::Extent &extent, bool sealed, std::uint64_t object) override {
    const std::uint64_t blocks = format::extent_blocks(extent.bytes);
    const std::uint64_t bytes =
        blocks != 0 ? blocks * format::kBlockBytes : format::kSlotClasses[format::slot_class(extent.bytes)];
    places_.push_back({extent.offset, bytes, object, sealed});
    if (blocks == 0) slots_.push_back({extent.offset, bytes, object, sealed});
    return {};
  }
  Status object(const format::Object &object) override {
    if (level_ != VerifyLevel::full) return {};
    ids_.push_back(object.id);
    if (object.kind == format::kKindSortedMap) return {};
    done_ += object.payload_bytes;
    if (progress_ && progress_(done_, 0)) return fail(Code::cancelled, "cancelled by the progress callback");
    if (object.sealed) DELTOS_TRY(report(object, check_sums(scope_, object)));
    if (object.kind == format::kKindTable) return report(object, check_rows(object));
    if (object.kind == format::kKindHashMap) return report(object, map::verify(payload_of(object)));
    if (object.kind == format::kKindRecordTable) return report(object, record::verify(payload_of(object)));
    return object.kind == format::kKindValue ? report(object, value::verify(payload_of(object))) : Status();
  }
  Status pair(const format::Object &map, const format::PageEntry &entry) override {
    if (map.map.key == format::kMapKeyU64 && entry.key.size() != 8)
      DELTOS_TRY(finding({Code::corrupt, map.id, 0, "a key of a sorted map is not a number"}));
    if (level_ != VerifyLevel::full) return {};
    if (map.map.key == format::kMapKeyUtf8 && !format::is_utf8(text_of(entry.key)))
      DELTOS_TRY(finding({Code::corrupt, map.id, 0, "a key of a sorted map is not UTF-8"}));
    if (!entry.spilled) return {};
    if (entry.value.size() == format::kObjectValueBytes) {
      references_.push_back({load<std::uint64_t>(entry.value.data()), map.id});
    } else {
      const auto spill = format::decode_spill(entry.value, scope_.file_blocks, format::kMaxMapValueBytes);
      if (spill.ok()) long_values_.push_back({*spill, map.id});
    }
    return {};
  }
  // What maps refer to, once everything has been met. Of long values that share bytes one is looked at.
  Status check_references() {
    std::sort(long_values_.begin(), long_values_.end(),
              [](const LongValue &a, const LongValue &b) { return a.spill.offset < b.spill.offset; });
    std::uint64_t end = 0;
    for (const LongValue &value : long_values_) {
      const bool apart = value.spill.offset >= end;
      end = std::max(end, value.spill.offset + value.spill.bytes);
      done_ += value.spill.bytes;
      if (progress_ && progress_(done_, 0)) return fail(Code::cancelled, "cancelled by the progress callback");
      if (!apart) continue;
      const auto bytes = read_long_value(scope_, std::as_bytes(std::span(&value.spill, 1)));
      if (!bytes.ok()) DELTOS_TRY(finding({bytes.code(), value.map, value.spill.offset, bytes.error().message}));
    }
    std::sort(ids_.begin(), ids_.end());
    for (const auto &[id, map] : references_) {
      if (std::binary_search(ids_.begin(), ids_.end(), id)) continue;
      char text[128];
      std::snprintf(text, sizeof text, "a sorted map refers to object %" PRIu64 ", which is not there", id);
      DELTOS_TRY(finding({Code::not_found, map, 0, text}));
    }
    return {};
  }
  // The last report, without which a short check would never be heard of.
  Status finish() const {
    if (progress_ && progress_(done_, done_)) return fail(Code::cancelled, "cancelled by the progress callback");
    return {};
  }
  Status finding(const Finding &finding) override {
    if (findings.size() < kMaxFindings) findings.push_back(finding);
    return {};
  }

  // Nothing may share a byte with anything else, nor a slab with another size class or with the other kind of payload.
  void compare_places() {
    std::sort(places_.begin(), places_.end(), [](const Place &a, const Place &b) { return a.offset < b.offset; });
    std::uint64_t end = format::kFirstDataOffset;
    for (const Place &place : places_) {
      if (place.offset < end) overlap(place);
      end = std::max(end, place.offset + place.bytes);
    }
    std::sort(slots_.begin(), slots_.end(), [](const Place &a, const Place &b) { return a.offset < b.offset; });
    for (std::size_t i = 1; i < slots_.size(); ++i) {
      const Place &a = slots_[i - 1], &b = slots_[i];
      if (a.offset / format::kRegionBytes == b.offset / format::kRegionBytes &&
          (a.bytes != b.bytes || a.sealed != b.sealed)) {
        (void)finding(
            {Code::corrupt, b.object, b.offset, "a slab holds slots of two size classes, or sealed and open payload"});
      }
    }
  }

  std::vector<Finding> findings;

 private:
  // What is wrong with an object's payload.
  Status report(const format::Object &object, const Status &checked) {
    if (checked.ok()) return {};
    const format::Extent *payload = payload_extent(object);
    return finding({checked.code(), object.id, payload == nullptr ? 0 : payload->offset, checked.error().message});
  }
  Bytes payload_of(const format::Object &object) const {
    const format::Extent *payload = payload_extent(object);
    return payload == nullptr ? Bytes() : Bytes(scope_.data + payload->offset, payload->bytes);
  }
  Status check_rows(const format::Object &object) const {
    DELTOS_TRY(format::read_table_rows(object, payload_of(object)));
    return {};
  }
  void overlap(const Place &place) {
    char text[160];
    std::snprintf(text, sizeof text, "%s at offset %" PRIu64 " shares bytes with something else",
                  place.object == 0 ? "a catalogue page or value" : "payload", place.offset);
    (void)finding({Code::corrupt, place.object, place.offset, text});
  }

  const Snapshot::Scope &scope_;
  VerifyLevel level_;
  const Progress &progress_;
  std::uint64_t done_ = 0;
  std::vector<Place> places_, slots_;
  struct Reference {
    std::uint64_t id, map;
  };
  struct LongValue {
    format::Spill spill;
    std::uint64_t map;
  };
  std::vector<std::uint64_t> ids_;  // of all objects
  std::vector<Reference> references_;
  std::vector<LongValue> long_values_;  // that lie in the file
};

}  // namespace

Result<std::vector<Finding>> Storage::verify(VerifyLevel level, const Progress &progress) {
  DELTOS_ASSIGN(const auto snapshot, PublishedSnapshot::begin(shared_from_this(), PinKind::call));
  DELTOS_ASSIGN(Snapshot::Scope scope, snapshot->scope());
  // Every page is checked, whatever has been seen before.
  MappedPages pages(scope.data, scope.file_blocks, state_->uuid_low, nullptr);
  scope.pages = &pages;
  Verify verify(scope, level, progress);
  Status walked = walk_catalogue(scope, snapshot->pinned().next_id, snapshot->object_count(), verify, progress);
  verify.compare_places();
  if (walked.ok()) walked = verify.check_references();
  DELTOS_TRY(state_->check_open());  // the guard may have seen parts vanish meanwhile
  DELTOS_TRY(std::move(walked));
  DELTOS_TRY(verify.finish());
  return std::move(verify.findings);
}

}  // namespace deltos::store
