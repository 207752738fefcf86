// include/deltos/snapshot.h
#include <deltos/snapshot.h>

#include "capi/convert.hpp"
#include "capi/guard.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

Status check_own(const deltos_snapshot *snapshot) {
  DELTOS_TRY(check_handle(snapshot));
  if (!snapshot->lent) return {};
  return fail(Code::invalid, "the snapshot is lent by a transaction; begin one of the storage");
}

Status set_changed(std::uint8_t *changed, bool value) {
  if (changed != nullptr) *changed = value ? 1 : 0;
  return {};
}

}  // namespace

deltos_status deltos_snapshot_begin(deltos_storage *storage, deltos_snapshot **snapshot, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(snapshot));
    DELTOS_TRY(check_handle(storage));
    DELTOS_ASSIGN(std::shared_ptr<const store::Snapshot> begun, storage->storage->begin_snapshot());
    *snapshot = new deltos_snapshot(std::move(begun), false);
    return {};
  });
}

uint64_t deltos_snapshot_id(const deltos_snapshot *snapshot) {
  return guard_value(uint64_t{0}, [&] { return check_handle(snapshot).ok() ? snapshot->snapshot->id() : 0; });
}

deltos_status deltos_snapshot_refresh(deltos_snapshot **snapshot, uint8_t *changed, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(snapshot, "the handle"));
    DELTOS_TRY(check_own(*snapshot));
    DELTOS_ASSIGN(const std::shared_ptr<store::Storage> storage, (*snapshot)->snapshot->storage());
    DELTOS_ASSIGN(std::shared_ptr<const store::Snapshot> newer, storage->newer_snapshot(*(*snapshot)->snapshot));
    if (newer == nullptr) return set_changed(changed, false);
    auto replacement = std::make_unique<deltos_snapshot>(std::move(newer), false);
    release_handle(snapshot);
    *snapshot = replacement.release();
    return set_changed(changed, true);
  });
}

void deltos_snapshot_release(deltos_snapshot **snapshot) {
  return guard_void([&] {
    if (snapshot != nullptr && check_own(*snapshot).ok()) release_handle(snapshot);
  });
}

deltos_status deltos_snapshot_copy_to(const deltos_snapshot *snapshot, const char *path,
                                      const deltos_copy_options *options, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_own(snapshot));
    DELTOS_TRY(check_path(path));
    DELTOS_ASSIGN(const CopyOptions known, copy_options_of(options));
    return snapshot->snapshot->copy_to(path, known.replace, known.progress);
  });
}

deltos_status deltos_snapshot_compact_to(const deltos_snapshot *snapshot, const char *path,
                                         const deltos_copy_options *options, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_own(snapshot));
    DELTOS_TRY(check_path(path));
    DELTOS_ASSIGN(const CopyOptions known, copy_options_of(options));
    return snapshot->snapshot->compact_to(path, known.replace, known.progress);
  });
}
