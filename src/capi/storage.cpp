// include/deltos/storage.h
#include <deltos/storage.h>

#include <algorithm>

#include "capi/convert.hpp"
#include "capi/guard.hpp"
#include "capi/text.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

// The caller's memory, told to be unused when the last reference to it goes. The release function is called for a NULL
// user, too, and also when this very allocation fails.
std::shared_ptr<void> owner_of(deltos_release release, void *user) {
  if (release == nullptr) return nullptr;
  return std::shared_ptr<void>(user, release);
}

Status open_memory(const void *data, std::uint64_t size, const deltos_open_options *options,
                   std::shared_ptr<void> owner, deltos_storage **storage) {
  DELTOS_TRY(check_handle_output(storage));
  if (data == nullptr) return fail(Code::invalid, "the address of the memory is NULL");
  DELTOS_ASSIGN(const store::OpenOptions known, open_options_of(options, Source::memory));
  return give(store::Storage::open_memory(data, size, known, std::move(owner)), storage);
}

deltos_storage_info public_info(const store::Storage &storage, const store::StorageInfo &info) {
  deltos_storage_info known{};
  known.mode = static_cast<std::int32_t>(info.mode);
  known.format_major = info.format_major;
  known.format_minor = info.format_minor;
  known.file_bytes = info.file_bytes;
  known.allocated_bytes = info.allocated_bytes;
  known.live_bytes = info.live_bytes;
  known.reusable_bytes = info.reusable_bytes;
  known.pinned_bytes = info.pending_bytes;
  known.object_count = info.object_count;
  known.transaction_id = info.transaction_id;
  known.durable_id = info.durable_id;
  known.oldest_pin = info.oldest_pin;
  known.snapshot_count = info.snapshot_count;
  known.view_count = info.view_count;
  std::copy(info.uuid.begin(), info.uuid.end(), known.uuid);
  known.io_failed = info.io_failed ? 1 : 0;
  known.lost = info.lost ? 1 : 0;
  known.unaligned = storage.unaligned() ? 1 : 0;
  known.sparse = info.sparse ? 1 : 0;
  return known;
}

deltos_finding public_finding(const store::Finding &finding) {
  deltos_finding known{};
  known.status = static_cast<std::int32_t>(finding.code);
  known.object_id = finding.object_id;
  known.file_offset = finding.file_offset;
  copy_text(finding.message, known.message);
  return known;
}

deltos_pin public_pin(const store::PinInfo &pin) {
  deltos_pin known{};
  known.object_id = pin.object_id;
  known.transaction_id = pin.transaction;
  known.bytes = pin.bytes;
  known.view_count = static_cast<std::uint32_t>(std::min<std::uint64_t>(pin.view_count, UINT32_MAX));
  known.writable = pin.writable ? 1 : 0;
  copy_text(pin.name, known.name);
  return known;
}

}  // namespace

deltos_status deltos_storage_open(const char *path, const deltos_open_options *options, deltos_storage **storage,
                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(storage));
    DELTOS_TRY(check_path(path));
    DELTOS_ASSIGN(const store::OpenOptions known, open_options_of(options, Source::path));
    return give(store::Storage::open(path, known), storage);
  });
}

deltos_status deltos_storage_open_fd(int32_t fd, const deltos_open_options *options, deltos_storage **storage,
                                     deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(storage));
    DELTOS_ASSIGN(const store::OpenOptions known, open_options_of(options, Source::descriptor));
    return give(store::Storage::open_fd(fd, known), storage);
  });
}

deltos_status deltos_storage_open_anonymous(const char *label, const deltos_open_options *options,
                                            deltos_storage **storage, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(storage));
    DELTOS_ASSIGN(const store::OpenOptions known, open_options_of(options, Source::anonymous));
    return give(store::Storage::open_anonymous(label == nullptr ? "deltos" : label, known), storage);
  });
}

deltos_status deltos_storage_open_memory(const void *data, uint64_t size, const deltos_open_options *options,
                                         deltos_release release, void *user, deltos_storage **storage,
                                         deltos_error *err) {
  return guard(err, [&]() -> Status { return open_memory(data, size, options, owner_of(release, user), storage); });
}

deltos_status deltos_storage_fd(const deltos_storage *storage, int32_t *fd, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(storage));
    DELTOS_TRY(check_output(fd, "the descriptor"));
    DELTOS_ASSIGN(*fd, storage->storage->descriptor());
    return {};
  });
}

deltos_status deltos_storage_close(deltos_storage **storage, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(storage, "the handle"));
    if (*storage == nullptr) return {};
    DELTOS_TRY(check_handle(*storage));
    DELTOS_TRY((*storage)->storage->close());
    release_handle(storage);
    return {};
  });
}

void deltos_storage_detach(deltos_storage **storage) {
  return guard_void([&] {
    if (storage == nullptr || !check_handle(*storage).ok()) return;
    (*storage)->storage->detach();
    release_handle(storage);
  });
}

deltos_status deltos_storage_sync(deltos_storage *storage, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(storage));
    return storage->storage->sync();
  });
}

deltos_status deltos_storage_stat(const deltos_storage *storage, deltos_storage_info *info, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(storage));
    DELTOS_TRY(check_output(info, "the facts"));
    DELTOS_TRY(check_struct_size(info));
    DELTOS_ASSIGN(const store::StorageInfo known, storage->storage->info());
    return write_struct(public_info(*storage->storage, known), info);
  });
}

deltos_status deltos_storage_verify(deltos_storage *storage, int32_t level, deltos_progress progress, void *user,
                                    deltos_finding *findings, uint64_t capacity, uint64_t *count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(storage));
    DELTOS_TRY(check_array(findings, capacity, count));
    if (level != DELTOS_VERIFY_STRUCT && level != DELTOS_VERIFY_FULL) {
      return fail(Code::invalid, "%d is not a level; use STRUCT or FULL", level);
    }
    DELTOS_ASSIGN(const std::vector<store::Finding> found,
                  storage->storage->verify(static_cast<store::VerifyLevel>(level), progress_of(progress, user)));
    return give_list(found, findings, capacity, count, public_finding);
  });
}

deltos_status deltos_storage_pins(const deltos_storage *storage, deltos_pin *pins, uint64_t capacity, uint64_t *count,
                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(storage));
    DELTOS_TRY(check_array(pins, capacity, count));
    DELTOS_ASSIGN(const std::vector<store::PinInfo> found, storage->storage->pins());
    return give_list(found, pins, capacity, count, public_pin);
  });
}
