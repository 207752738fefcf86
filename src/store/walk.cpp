#include "store/walk.hpp"

#include <algorithm>
#include <cinttypes>
#include <unordered_map>

#include "format/page.hpp"
#include "store/catalogue.hpp"
#include "store/sorted_map.hpp"

namespace deltos::store {
namespace {

constexpr std::uint64_t kProgressPages = 256;

// One walk: collects what must agree and compares it at the end.
class Walk {
 public:
  Walk(const Snapshot::Scope &scope, std::uint64_t next_id, WalkVisitor &visitor, const Progress &progress)
      : scope_(scope), next_id_(next_id), visitor_(visitor), progress_(progress) {}

  Status run(std::uint64_t object_count) {
    Status walked = Tree::walk(*scope_.pages, scope_.root,
                               [this](const format::Child &child, unsigned level, const std::byte *page) {
                                 return visit_page(child, level, page);
                               });
    if (!walked.ok()) {
      if (stopped_ || walked.code() != Code::corrupt) return walked;
      return report(walked.error().code, 0, 0, walked.error().message);
    }
    return compare(object_count);
  }

 private:
  struct NamedId {
    std::uint64_t id, name_hash;
    auto operator<=>(const NamedId &) const = default;  // NOLINT(modernize-use-nullptr): it means the 0 behind <=>
  };

  Status report(Code code, std::uint64_t object, std::uint64_t offset, std::string message) {
    Status status = visitor_.finding({code, object, offset, std::move(message)});
    stopped_ = stopped_ || !status.ok();
    return status;
  }

  // Whatever the visitor says ends the walk, and is told apart from a page that cannot be read.
  Status heard(Status status) {
    stopped_ = stopped_ || !status.ok();
    return status;
  }

  // Every page of every tree, once.
  Status meet_page(const format::Child &child) {
    std::uint64_t &word = met_[child.block / 64];
    const std::uint64_t bit = std::uint64_t{1} << (child.block % 64);
    if ((word & bit) != 0) {
      return fail(Code::corrupt, "the page in block %" PRIu64 " is used twice; restore the storage from a copy",
                  child.block);
    }
    word |= bit;
    DELTOS_TRY(heard(visitor_.page(child.block)));
    if (progress_ && ++pages_ % kProgressPages == 0 && progress_(pages_, 0)) {
      stopped_ = true;
      return fail(Code::cancelled, "cancelled by the progress callback");
    }
    return {};
  }

  static Status check_tree(const format::Child &child, const std::byte *page, unsigned tree) {
    if (page == nullptr || format::page_tree(page) == tree) return {};
    return fail(Code::corrupt, "the page in block %" PRIu64 " belongs to another tree; restore the storage from a copy",
                child.block);
  }

  Status visit_page(const format::Child &child, unsigned level, const std::byte *page) {
    DELTOS_TRY(meet_page(child));
    DELTOS_TRY(check_tree(child, page, format::kCatalogueTree));
    if (level != 0) return {};
    const unsigned count = format::page_count(page);
    for (unsigned i = 0; i < count; ++i) {
      const format::PageEntry entry = format::page_entry(page, i);
      DELTOS_TRY(visit_entry(entry, child.block * format::kBlockBytes));
    }
    return {};
  }

  Status visit_entry(const format::PageEntry &entry, std::uint64_t offset) {
    if (entry.spilled) {
      auto spill = format::decode_spill(entry.value, scope_.file_blocks);
      if (!spill.ok()) return report(Code::corrupt, 0, offset, spill.error().message);
      DELTOS_TRY(heard(visitor_.extent({spill->offset, spill->bytes, spill->transaction}, true, 0)));
    }
    switch (std::to_integer<std::uint8_t>(entry.key[0])) {
      case format::kName:
        return visit_name(entry, offset);
      case format::kObject:
        return visit_object(entry, offset);
      case format::kMetadatum:
        return visit_metadatum(entry, offset);
      default:
        return report(Code::corrupt, 0, offset, "a catalogue key of an unknown kind");
    }
  }

  Status visit_name(const format::PageEntry &entry, std::uint64_t offset) {
    const std::string_view name = text_of(entry.key.subspan(1));
    if (entry.spilled || entry.value.size() != 8 || !format::check_name(name).ok()) {
      return report(Code::corrupt, 0, offset, "a name in the catalogue is malformed");
    }
    names_.push_back({load<std::uint64_t>(entry.value.data()), hash64(entry.key.subspan(1))});
    return {};
  }

  Status visit_object(const format::PageEntry &entry, std::uint64_t offset) {
    const auto id = id_in_key(entry.key);
    if (!id || entry.key.size() != 9 || *id == 0 || *id >= next_id_) {
      return report(Code::corrupt, id.value_or(0), offset, "an object's id is malformed or was never handed out");
    }
    auto object =
        entry.spilled ? spilled_object(entry, *id) : format::decode_object(entry.value, *id, scope_.file_blocks);
    if (!object.ok()) return report(object.error().code, *id, offset, object.error().message);
    objects_.push_back({*id, hash64(bytes_of(object->name))});
    for (const format::Extent &extent : object->extents) {
      if (extent.bytes != 0) DELTOS_TRY(heard(visitor_.extent(extent, object->sealed, *id)));
    }
    DELTOS_TRY(heard(visitor_.object(*object)));
    return object->kind == format::kKindSortedMap ? visit_map(*object, offset) : Status();
  }

  // ---- sorted maps

  Status visit_map(const format::Object &object, std::uint64_t offset) {
    const bool look = object.map.long_values != 0 || visitor_.reads_plain_leaves();
    format::SortedMap held{.key = object.map.key};
    Status walked = Tree::walk(
        *scope_.pages, root_of(object.map),
        [&](const format::Child &child, unsigned level, const std::byte *page) -> Status {
          DELTOS_TRY(meet_page(child));
          DELTOS_TRY(check_tree(child, page, format::kMapTree));
          return level == 0 && page != nullptr ? visit_pairs(object, child, page, &held) : Status();
        },
        look ? Tree::Leaves::read : Tree::Leaves::name);
    if (!walked.ok()) {
      if (stopped_ || walked.code() != Code::corrupt) return walked;
      return report(Code::corrupt, object.id, offset, walked.error().message);
    }
    held.root_block = object.map.root_block;
    held.root_transaction = object.map.root_transaction;
    held.height = object.map.height;
    if (!look || held == object.map) return {};
    return report(Code::corrupt, object.id, offset, "a sorted map does not hold what its record says");
  }

  Status visit_pairs(const format::Object &object, const format::Child &child, const std::byte *page,
                     format::SortedMap *held) {
    const unsigned count = format::page_count(page);
    for (unsigned i = 0; i < count; ++i) {
      const format::PageEntry entry = format::page_entry(page, i);
      ++held->count;
      held->key_bytes += entry.key.size();
      if (!entry.spilled || entry.value.size() == format::kObjectValueBytes) {
        held->value_bytes += entry.value.size();
        held->objects += entry.spilled ? 1 : 0;
      } else {
        DELTOS_TRY(visit_long_value(object, child, entry, held));
      }
      DELTOS_TRY(heard(visitor_.pair(object, entry)));
    }
    return {};
  }

  Status visit_long_value(const format::Object &object, const format::Child &child, const format::PageEntry &entry,
                          format::SortedMap *held) {
    const auto spill = format::decode_spill(entry.value, scope_.file_blocks, format::kMaxMapValueBytes);
    if (!spill.ok()) return report(Code::corrupt, object.id, child.block * format::kBlockBytes, spill.error().message);
    ++held->long_values;
    held->value_bytes += spill->bytes;
    return heard(visitor_.extent({spill->offset, spill->bytes, spill->transaction}, true, object.id));
  }

  Result<format::Object> spilled_object(const format::PageEntry &entry, std::uint64_t id) {
    DELTOS_ASSIGN(const auto bytes, read_value(scope_, {entry.value, true}));
    return format::decode_object(bytes, id, scope_.file_blocks);
  }

  Status visit_metadatum(const format::PageEntry &entry, std::uint64_t offset) {
    const auto id = id_in_key(entry.key);
    if (!id || !format::check_metadata_key(text_of(entry.key.subspan(9))).ok()) {
      return report(Code::corrupt, id.value_or(0), offset, "a metadata key is malformed");
    }
    auto bytes = read_value(scope_, {entry.value, entry.spilled});
    if (!bytes.ok()) return report(bytes.error().code, *id, offset, bytes.error().message);
    auto item = format::decode_metadatum(*bytes);
    if (!item.ok()) return report(item.error().code, *id, offset, item.error().message);
    if (*id != 0 && (described_.empty() || described_.back() != *id)) described_.push_back(*id);
    return {};
  }

  Status compare(std::uint64_t object_count) {
    std::sort(names_.begin(), names_.end());
    std::sort(objects_.begin(), objects_.end());
    if (names_ != objects_) {
      DELTOS_TRY(
          report(Code::corrupt, first_difference(), 0, "names and objects of the catalogue do not lead to each other"));
    }
    for (const std::uint64_t id : described_) {
      const NamedId wanted{id, 0};
      const auto at = std::lower_bound(objects_.begin(), objects_.end(), wanted);
      if (at == objects_.end() || at->id != id) {
        DELTOS_TRY(report(Code::corrupt, id, 0, "metadata of an object that is not there"));
      }
    }
    if (objects_.size() != object_count) {
      char text[128];
      std::snprintf(text, sizeof text, "the superblock counts %" PRIu64 " objects, the catalogue holds %zu",
                    object_count, objects_.size());
      DELTOS_TRY(report(Code::corrupt, 0, 0, text));
    }
    return {};
  }

  std::uint64_t first_difference() const {
    const std::size_t common = std::min(names_.size(), objects_.size());
    for (std::size_t i = 0; i < common; ++i) {
      if (names_[i] != objects_[i]) return std::min(names_[i].id, objects_[i].id);
    }
    return names_.size() > common ? names_[common].id : objects_[common].id;
  }

  const Snapshot::Scope &scope_;
  std::uint64_t next_id_;
  WalkVisitor &visitor_;
  const Progress &progress_;
  std::vector<NamedId> names_, objects_;
  std::vector<std::uint64_t> described_;                  // ids with metadata, ascending as their keys are
  std::unordered_map<std::uint64_t, std::uint64_t> met_;  // blocks of pages, 64 at a time
  std::uint64_t pages_ = 0;
  bool stopped_ = false;
};

}  // namespace

Status walk_catalogue(const Snapshot::Scope &scope, std::uint64_t next_id, std::uint64_t object_count,
                      WalkVisitor &visitor, const Progress &progress) {
  return Walk(scope, next_id, visitor, progress).run(object_count);
}

std::uint64_t payload_digest(Bytes payload, std::vector<std::uint64_t> *sums) {
  sums->clear();
  if (payload.size() <= format::kSumChunkBytes) return hash64(payload);
  sums->reserve(payload.size() / format::kSumChunkBytes + 1);
  for (std::size_t at = 0; at < payload.size(); at += format::kSumChunkBytes) {
    sums->push_back(hash64(payload.subspan(at, std::min<std::size_t>(format::kSumChunkBytes, payload.size() - at))));
  }
  return hash64(std::as_bytes(std::span(*sums)));
}

Status check_sums(const Snapshot::Scope &scope, const format::Object &object) {
  const format::Extent *extent = payload_extent(object);
  const Bytes payload = extent == nullptr ? Bytes() : Bytes(scope.data + extent->offset, extent->bytes);
  std::vector<std::uint64_t> sums;
  const std::uint64_t digest = payload_digest(payload, &sums);
  if (digest == object.digest) return {};
  // The stored chunk sums tell which chunk it is, provided that they are whole themselves.
  std::uint64_t chunk = 0;
  if (object.extents.size() > 1 && object.extents[1].bytes == sums.size() * 8) {
    const std::byte *stored = scope.data + object.extents[1].offset;
    while (chunk < sums.size() && load<std::uint64_t>(stored + chunk * 8) == sums[chunk]) ++chunk;
    if (chunk == sums.size()) chunk = 0;
  }
  Error error = fail(Code::corrupt, "sealed object %s does not match its checksum (64 KiB chunk %" PRIu64 ")",
                     in_quotes(object.name).c_str(), chunk);
  error.object_id = object.id;
  return error;
}

}  // namespace deltos::store
