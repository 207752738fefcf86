#include "store/copy.hpp"

#include <fcntl.h>

#include <algorithm>

#include "store/catalogue.hpp"
#include "store/create.hpp"
#include "store/snapshot.hpp"
#include "store/sorted_map.hpp"
#include "store/transaction.hpp"
#include "store/walk.hpp"
#include "store/writer.hpp"

namespace deltos::store {
namespace {

constexpr std::uint64_t kPieceBytes = 8 << 20;
constexpr std::size_t kListed = 1024;

struct Live {
  std::uint64_t offset, bytes;
};

// Collects the live ranges; sealed payload is checked on the way.
class Collect final : public WalkVisitor {
 public:
  explicit Collect(const Snapshot::Scope &scope) : scope_(scope) {}
  Status page(std::uint64_t block) override {
    live.push_back({block * format::kBlockBytes, format::kBlockBytes});
    return {};
  }
  Status extent(const format::Extent &extent, bool, std::uint64_t) override {
    live.push_back({extent.offset, extent.bytes});
    return {};
  }
  Status object(const format::Object &object) override {
    if (!object.sealed) return {};
    return check_sums(scope_, object);
  }
  Status pair(const format::Object &, const format::PageEntry &entry) override {
    if (!entry.spilled || entry.value.size() == format::kObjectValueBytes) return {};
    DELTOS_TRY(read_long_value(scope_, entry.value));
    return {};
  }
  Status finding(const Finding &finding) override {
    Error error = fail(finding.code, "%s; a damaged storage is not copied", finding.message.c_str());
    error.object_id = finding.object_id;
    return error;
  }
  std::vector<Live> live;

 private:
  const Snapshot::Scope &scope_;
};

bool cancelled(const Progress &progress, std::uint64_t done, std::uint64_t total) {
  return progress && progress(done, total);
}

Error cancelled_error() { return fail(Code::cancelled, "cancelled by the progress callback; nothing was left behind"); }

// Zones never go, so those of the newest superblock hold every page of an older state, too.
Result<std::vector<format::Zone>> zones_of(const StorageState &source, std::uint64_t file_blocks) {
  Slots slots = source.slots;
  if (source.options.mode != Mode::immutable) {
    DELTOS_ASSIGN(slots, read_slots(source.file(), 0, source.header.uuid, source.file_info, true));
  }
  const auto best = slots.newest();
  if (!best) return fail(Code::corrupt, "%s: no whole superblock is left", source.label.c_str());
  std::vector<format::Zone> zones;
  for (std::uint32_t i = 0; i < slots.found[*best]->zone_count; ++i) {
    const format::Zone &zone = slots.found[*best]->zones[i];
    if (zone.first_block + zone.blocks <= file_blocks) zones.push_back(zone);
  }
  return zones;
}

Status write_ranges(const os::File &file, const Snapshot::Scope &scope, const std::vector<Live> &live,
                    const Progress &progress) {
  std::uint64_t total = 0, done = 0;
  for (const Live &range : live) total += range.bytes;
  for (const Live &range : live) {
    for (std::uint64_t at = 0; at < range.bytes;) {
      const std::uint64_t piece = std::min(kPieceBytes, range.bytes - at);
      DELTOS_TRY(file.write(Bytes(scope.data + range.offset + at, piece), range.offset + at));
      at += piece;
      done += piece;
      if (cancelled(progress, done, total)) return cancelled_error();
    }
  }
  return {};
}

Status copy_into(const os::File &file, const PublishedSnapshot &snapshot, const StorageState &source,
                 const Snapshot::Scope &scope, const Progress &progress) {
  Collect collect(scope);
  DELTOS_TRY(walk_catalogue(scope, snapshot.pinned().next_id, snapshot.object_count(), collect, {}));
  os::disable_copy_on_write(file);
  if ((source.header.compatible & format::kCompatibleSparse) != 0) {
    DELTOS_TRY(file.resize(scope.file_blocks * format::kBlockBytes));
  } else {
    DELTOS_TRY(file.grow(0, scope.file_blocks * format::kBlockBytes));
  }
  DELTOS_TRY(write_ranges(file, scope, collect.live, progress));
  DELTOS_TRY(file.write(std::as_bytes(std::span(&source.header, 1)), format::kHeaderOffset));
  DELTOS_ASSIGN(const std::vector<format::Zone> zones, zones_of(source, snapshot.pinned().file_blocks));
  DELTOS_TRY(write_slot(file, format::kSlotA, superblock_of(snapshot.pinned(), source.header.uuid, zones)));
  return file.sync_all();
}

// A transaction's changes are nobody else's business before commit.
Result<const PublishedSnapshot *> committed(const Snapshot &snapshot) {
  if (const auto *published = dynamic_cast<const PublishedSnapshot *>(&snapshot)) return published;
  return fail(Code::invalid, "an open transaction cannot be copied; commit it, then copy a snapshot");
}

// Runs `make` on a new file beside `path`, which is named when it is whole.
template <class Make>
Status build_beside(const std::string &path, bool replace, Make &&make) {
  std::string temporary;
  DELTOS_ASSIGN(os::File file, open_beside(path, &temporary));
  file.set_label(path);
  Status made = os::check_filesystem(file);
  if (made.ok()) made = make(file);
  if (made.ok()) {
    made = name_file(file, temporary, path, replace);
  } else if (!temporary.empty()) {
    (void)os::remove_file(temporary);
  }
  if (made.ok() || made.code() != Code::exists) return made;
  return fail(Code::exists, "%s exists already; it was not touched", path.c_str());
}

// ---- compacting
// --------------------------------------------------------------------------------------------------------------

Status copy_metadata(const Snapshot &from, Transaction &to, std::uint64_t object) {
  DELTOS_ASSIGN(const auto keys, from.metadata_keys(object));
  for (const std::string &key : keys) {
    DELTOS_ASSIGN(const auto item, from.metadatum(object, key));
    if (item) DELTOS_TRY(to.set_metadatum(object, key, *item));
  }
  return {};
}

// In one piece, with no more room than its elements need.
Status copy_array(const Snapshot &from, const Snapshot::Scope &scope, Transaction &to, const format::Object &object) {
  DELTOS_ASSIGN(const auto made, to.create_array_as(object.id, object.name, new_like(object), object.payload_bytes));
  DELTOS_ASSIGN(const auto filler, to.fill(*made));
  std::uint64_t left = object.payload_bytes;
  for (std::size_t i = 1; i < object.extents.size() && left != 0; ++i) {
    const std::uint64_t piece = std::min(left, object.extents[i].bytes);
    DELTOS_TRY(filler->add(Bytes(scope.data + object.extents[i].offset, piece)));
    left -= piece;
  }
  DELTOS_TRY(filler->finish());
  return copy_metadata(from, to, object.id);
}

// Pair by pair: its pages are full afterwards.
Status copy_map(const Snapshot &from, const Snapshot::Scope &scope, Transaction &to, const format::Object &object,
                const std::function<bool()> &cancelled) {
  DELTOS_TRY(to.create_map_as(object.id, object.name, object.map.key));
  const MapReader reader(scope, object.map);
  TreeCursor cursor = reader.cursor();
  DELTOS_TRY(cursor.seek({}));
  bool first = true;
  const auto next = [&](std::uint64_t index) -> Result<Transaction::Pair> {
    if (!first) DELTOS_TRY(cursor.next());
    first = false;
    if (!cursor.valid())
      return fail(Code::corrupt, "sorted map %s has fewer pairs than its record says", in_quotes(object.name).c_str());
    if (index % kListed == kListed - 1 && cancelled()) return cancelled_error();
    DELTOS_ASSIGN(const MapValue value, reader.value_of(cursor.value()));
    return Transaction::Pair{cursor.key(), value};
  };
  DELTOS_TRY(to.append_pairs(object.id, next, object.map.count));
  return copy_metadata(from, to, object.id);
}

Status copy_object(const Snapshot &from, const Snapshot::Scope &scope, Transaction &to, const format::Object &object,
                   const std::function<bool()> &cancelled) {
  if (object.sealed) DELTOS_TRY(check_sums(scope, object));
  if (object.kind == format::kKindArray) return copy_array(from, scope, to, object);
  if (object.kind == format::kKindSortedMap) return copy_map(from, scope, to, object, cancelled);
  DELTOS_ASSIGN(const auto made, to.create_as(object.id, object.name, new_like(object), false));
  DELTOS_ASSIGN(const auto filler, to.fill(*made));
  if (const format::Extent *payload = payload_extent(object))
    DELTOS_TRY(filler->add(Bytes(scope.data + payload->offset, payload->bytes)));
  DELTOS_TRY(filler->finish());
  if (object.sealed) DELTOS_TRY(to.seal(*made));
  return copy_metadata(from, to, object.id);
}

Status copy_objects(const Snapshot &from, const Snapshot::Scope &scope, Transaction &to, const Progress &progress) {
  DELTOS_TRY(copy_metadata(from, to, 0));
  std::string after;
  for (std::uint64_t done = 0;;) {
    DELTOS_ASSIGN(const auto entries, from.list("", false, after, kListed));
    for (const auto &entry : entries) {
      DELTOS_ASSIGN(const auto object, find_object(scope, entry.id));
      if (!object) return fail(Code::corrupt, "the name %s leads nowhere", in_quotes(entry.name).c_str());
      DELTOS_TRY(copy_object(from, scope, to, *object, [&] { return cancelled(progress, done, from.object_count()); }));
      if (cancelled(progress, ++done, from.object_count())) return cancelled_error();
    }
    if (entries.size() < kListed) break;
    after = entries.back().name;
  }
  const bool unheard = from.object_count() == 0;
  if (unheard && cancelled(progress, 0, 0)) return cancelled_error();
  return {};
}

}  // namespace

Status copy_snapshot(const Snapshot &snapshot, const std::string &path, bool replace, const Progress &progress) {
  DELTOS_ASSIGN(const auto storage, snapshot.storage());
  DELTOS_ASSIGN(const PublishedSnapshot *published, committed(snapshot));
  DELTOS_ASSIGN(const Snapshot::Scope scope, snapshot.scope());
  return build_beside(path, replace, [&](const os::File &file) {
    return copy_into(file, *published, storage->state(), scope, progress);
  });
}

Status compact_snapshot(const Snapshot &snapshot, const std::string &path, bool replace, const Progress &progress) {
  DELTOS_ASSIGN(const auto storage, snapshot.storage());
  DELTOS_TRY(committed(snapshot));
  DELTOS_ASSIGN(const Snapshot::Scope scope, snapshot.scope());
  return build_beside(path, replace, [&](const os::File &file) -> Status {
    OpenOptions options;
    options.mode = Mode::write;
    options.sparse = (storage->state().header.compatible & format::kCompatibleSparse) != 0;
    options.compress = storage->compresses();
    DELTOS_TRY(write_empty_storage(file, options));
    DELTOS_ASSIGN(os::File again, file.reopen(O_RDWR));
    DELTOS_ASSIGN(const auto target, open_file(std::move(again), "", options));
    DELTOS_ASSIGN(const auto transaction, target->begin_transaction());
    DELTOS_TRY(copy_objects(snapshot, scope, *transaction, progress));
    Space &space = target->state().writer->space();
    space.cut_free_end();  // the writer grows in steps, and this file is to be the smallest
    DELTOS_TRY(transaction->commit(Durability::sync));
    const std::uint64_t bytes = space.file_blocks() * format::kBlockBytes;
    DELTOS_TRY(target->close());
    return file.resize(bytes);
  });
}

}  // namespace deltos::store
