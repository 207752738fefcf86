// Opening, in every mode and from every kind of place; creating is in create.cpp.
#include <fcntl.h>

#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "store/create.hpp"
#include "store/state.hpp"
#include "store/writer.hpp"

namespace deltos::store {
namespace {

using ull = unsigned long long;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr std::uint64_t kCopyPieceBytes = std::uint64_t{16} << 20;  // between two reports of progress

std::string label_of(const std::string &path) { return path.empty() ? "the storage" : path; }

Status check_options(const OpenOptions &options) {
  if (options.create != Create::existing && options.mode != Mode::write) {
    return fail(Code::invalid, "creating a storage needs mode WRITE");
  }
  if ((options.offset != 0 || options.bytes != 0 || options.copy) && options.mode != Mode::immutable) {
    return fail(Code::invalid, "a part of a file, and COPY, need mode STATIC");
  }
  if ((options.rollback || options.redirty) && options.mode != Mode::write) {
    return fail(Code::invalid, "ROLLBACK and REDIRTY need mode WRITE");
  }
  return {};
}

int open_flags(Mode mode) { return mode == Mode::read || mode == Mode::immutable ? O_RDONLY : O_RDWR; }

Status check_regular(const os::FileInfo &info, const std::string &label) {
  if (info.regular) return {};
  return fail(Code::not_deltos, "%s is not a regular file", label.c_str());
}

// Reads and checks the header; everything else rests on it.
Status take_header(StorageState &state) {
  std::array<std::byte, sizeof(format::Header)> bytes;
  DELTOS_ASSIGN(const std::uint64_t got, state.file().read_some(bytes, state.base));
  auto header = format::check_header(Bytes(bytes).first(got));
  if (!header.ok()) {
    Error error = std::move(header).error();
    error.message = state.label + ": " + error.message;
    return error;
  }
  state.header = *header;
  std::memcpy(&state.uuid_low, state.header.uuid.data(), sizeof state.uuid_low);
  const bool must_not_write = (state.header.read_only_compatible & ~format::kKnownReadOnlyCompatible) != 0;
  if (must_not_write && (state.options.mode == Mode::write || state.options.mode == Mode::in_place)) {
    return fail(Code::feature, "%s uses features (0x%llx) that this version can only read; open it with mode READ",
                state.label.c_str(),
                static_cast<ull>(state.header.read_only_compatible & ~format::kKnownReadOnlyCompatible));
  }
  if (state.file_info.bytes - std::min(state.base, state.file_info.bytes) < format::kFirstDataOffset &&
      state.options.bytes == 0) {
    return fail(Code::corrupt, "%s has %llu bytes, fewer than the smallest storage: it was cut short",
                state.label.c_str(), static_cast<ull>(state.file_info.bytes));
  }
  return {};
}

Status check_part(const StorageState &state) {
  const OpenOptions &part = state.options;
  if (within(part.offset, part.bytes, state.file_info.bytes)) return {};
  return fail(Code::range, "%s has %llu bytes; [%llu, + %llu) is not inside", state.label.c_str(),
              static_cast<ull>(state.file_info.bytes), static_cast<ull>(part.offset), static_cast<ull>(part.bytes));
}

std::uint64_t whole_blocks(std::uint64_t bytes) { return bytes / format::kBlockBytes * format::kBlockBytes; }

Result<std::shared_ptr<Storage>> finish(std::unique_ptr<StorageState> state) {
  const bool verify = state->options.verify;
  const Progress progress = state->options.progress;
  auto storage = std::make_shared<Storage>(std::move(state));
  if (!verify) return storage;
  DELTOS_ASSIGN(const auto findings, storage->verify(VerifyLevel::full, progress));
  if (findings.empty()) return storage;
  return fail(findings.front().code, "%s: %s (%zu finding%s)", storage->state().label.c_str(),
              findings.front().message.c_str(), findings.size(), findings.size() == 1 ? "" : "s");
}

// ---- READ and IN_PLACE
// -------------------------------------------------------------------------------------------------------

Status open_static(StorageState &state);

Status open_reader(StorageState &state) {
  DELTOS_ASSIGN(state.mapping, state.map_file(whole_blocks(state.file_info.bytes), os::Protection::read));
  state.live_mapping = state.mapping;
  std::byte *live = state.mapping->data() + format::kLiveOffset;
  if (state.options.mode == Mode::in_place) {
    DELTOS_ASSIGN(auto plain,
                  os::Mapping::map(state.file(), format::kLiveOffset, format::kBlockBytes, os::Protection::read_write));
    DELTOS_ASSIGN(state.live_mapping, state.guarded(std::move(plain)));
    live = state.live_mapping->data();
  }
  state.mailbox = Mailbox(live, state.file_info);
  if (!state.overlay || state.options.mode != Mode::read || state.mailbox.alive()) return {};
  // A file of a lower layer: its mapping never shows what a writer stores in the upper one. (A mailbox that is alive
  // for this very inode proves that this is the file that is written.)
  state.mailbox = Mailbox();
  state.options.mode = Mode::immutable;
  return open_static(state);
}

// In-place stores need a mailbox that can tell others of a failed sync. Where no writer has been since the machine
// started, one is made for a moment, which also recovers the storage.
Status wake_mailbox(StorageState &state) {
  if (!state.mailbox.alive()) {
    OpenOptions options;
    options.mode = Mode::write;
    DELTOS_ASSIGN(os::File again, state.file().reopen(O_RDWR));
    again.set_label(state.label);
    auto writer = open_file(std::move(again), "", options);
    if (!writer.ok() && writer.code() == Code::locked) {
      if (!state.mailbox.alive())
        return fail(Code::busy, "%s: a writer is just opening it; try again", state.label.c_str());
    } else if (!writer.ok()) {
      return std::move(writer).error();
    }
  }
  if (state.mailbox.io_failed()) {
    return fail(Code::io, "%s: an earlier barrier failed in this boot; open it for writing with REDIRTY first",
                state.label.c_str());
  }
  return {};
}

// ---- WRITE
// -------------------------------------------------------------------------------------------------------------------

Result<std::shared_ptr<os::Mapping>> reserve_for_writer(StorageState &state) {
  const std::uint64_t file_bytes = whole_blocks(state.file_info.bytes);
  std::uint64_t wanted = state.options.reserve_bytes;
  if (wanted == 0) {
    wanted = file_bytes > 16 * kGiB ? 1024 * kGiB : std::clamp(64 * file_bytes, 64 * kGiB, 1024 * kGiB);
    wanted = std::min(wanted, os::address_space_limit() / 4);
  }
  wanted = round_up(std::max(wanted, 2 * file_bytes), format::kRegionBytes);
  for (;;) {
    auto mapping = os::Mapping::reserve(state.file(), wanted, file_bytes, os::Protection::read_write);
    if (mapping.ok() || wanted / 2 < 2 * file_bytes || mapping.code() != Code::address_space) return mapping;
    wanted = round_up(wanted / 2, format::kRegionBytes);
  }
}

Status open_writer(StorageState &state, os::File second) {
  DELTOS_ASSIGN(auto plain, reserve_for_writer(state));
  DELTOS_ASSIGN(state.mapping, state.guarded(std::move(plain)));
  DELTOS_TRY(state.mapping->protect(0, format::kLiveOffset, os::Protection::read));
  state.live_mapping = state.mapping;
  state.mailbox = Mailbox(state.mapping->data() + format::kLiveOffset, state.file_info);
  state.writer = std::make_unique<Writer>(&state, std::move(second));
  return state.writer->recover();
}

Result<os::File> lock_for_writing(const os::File &file, const std::string &label) {
  DELTOS_ASSIGN(os::File second, file.reopen(O_RDWR));
  second.set_label(label);
  DELTOS_ASSIGN(const bool locked, second.try_lock(format::kLockWriter, 1, true));
  if (!locked) {
    return fail(
        Code::locked,
        "%s is open for writing elsewhere (another process, or another handle of this one); only one writer at a time",
        label.c_str());
  }
  return second;
}

// ---- STATIC
// ------------------------------------------------------------------------------------------------------------------

Status take_static_root(StorageState &state) {
  const Bytes all(state.mapping->data(), state.mapping->bytes());
  if (all.size() < format::kFirstDataOffset) {
    return fail(Code::corrupt, "%s has %zu bytes, fewer than the smallest storage", state.label.c_str(), all.size());
  }
  state.unaligned = reinterpret_cast<std::uintptr_t>(all.data()) % format::kExtentAlignment != 0;
  state.slots = read_slots(all, state.header.uuid);
  const auto best = state.slots.newest();
  if (!best) return fail(Code::corrupt, "%s: no whole superblock is left", state.label.c_str());
  if (state.slots.found[*best]->file_blocks > all.size() / format::kBlockBytes) {
    return fail(Code::corrupt, "%s: the storage says it has %llu blocks, but %zu are there", state.label.c_str(),
                static_cast<ull>(state.slots.found[*best]->file_blocks), all.size() / format::kBlockBytes);
  }
  return {};
}

Result<std::shared_ptr<os::Mapping>> private_copy(const os::File &file, std::uint64_t offset, std::uint64_t bytes,
                                                  const Progress &progress) {
  DELTOS_ASSIGN(auto memory, os::Mapping::anonymous(bytes));
  for (std::uint64_t done = 0; done < bytes;) {
    const std::uint64_t piece = std::min(kCopyPieceBytes, bytes - done);
    DELTOS_TRY(file.read(MutableBytes(memory->data() + done, piece), offset + done));
    done += piece;
    if (progress && progress(done, bytes)) return fail(Code::cancelled, "cancelled by the progress callback");
  }
  return memory;
}

Status open_static(StorageState &state) {
  const std::uint64_t offset = state.options.offset;
  const std::uint64_t bytes = state.options.bytes != 0 ? state.options.bytes : state.file_info.bytes - offset;
  if (state.options.copy) {
    DELTOS_ASSIGN(state.mapping, private_copy(state.file(), offset, bytes, state.options.progress));
  } else {
    DELTOS_ASSIGN(auto plain, os::Mapping::map(state.file(), offset, bytes, os::Protection::read));
    DELTOS_ASSIGN(state.mapping, state.guarded(std::move(plain)));
  }
  return take_static_root(state);
}

// `second` holds the WRITER lock where the mode is write, and is empty elsewhere.
Status open_in_mode(StorageState &state, os::File second) {
  switch (state.options.mode) {
    case Mode::read:
      return open_reader(state);
    case Mode::in_place:
      DELTOS_TRY(open_reader(state));
      return wake_mailbox(state);
    case Mode::write:
      return open_writer(state, std::move(second));
    case Mode::immutable:
      break;
  }
  return open_static(state);
}

}  // namespace

// ---- from any file
// -------------------------------------------------------------------------------------------------------------

Result<std::shared_ptr<Storage>> open_file(os::File file, const std::string &path, const OpenOptions &options) {
  auto state = std::make_unique<StorageState>();
  state->options = options;
  state->path = path;
  state->label = path.empty() ? label_of(file.label()) : path;
  state->base = options.offset;
  DELTOS_ASSIGN(state->file_info, file.info());
  DELTOS_TRY(check_regular(state->file_info, state->label));
  DELTOS_TRY(check_part(*state));
  if (options.mode != Mode::immutable) {
    bool overlay = false;
    DELTOS_TRY(os::check_filesystem(file, &overlay));
    state->overlay = overlay;
  }
  const bool locks = state->options.mode != Mode::immutable;
  os::File second;
  if (options.mode == Mode::write) {
    DELTOS_ASSIGN(second, lock_for_writing(file, state->label));
  }
  state->locks = std::make_unique<LockTable>(
      std::move(file), locks ? LockTable::Mode::locking : LockTable::Mode::disabled, open_flags(state->options.mode));
  DELTOS_TRY(take_header(*state));
  DELTOS_TRY(open_in_mode(*state, std::move(second)));
  return finish(std::move(state));
}

Result<std::shared_ptr<Storage>> Storage::open(const std::string &path, const OpenOptions &options) {
  DELTOS_TRY(check_options(options));
  switch (options.create) {
    case Create::fresh:
      return create_fresh(path, options);
    case Create::replace:
      return create_replacing(path, options);
    case Create::if_absent: {
      auto existing = os::File::open(path, O_RDWR);
      if (existing.ok()) return open_file(*std::move(existing), path, options);
      if (existing.code() != Code::not_found) return std::move(existing).error();
      auto fresh = create_fresh(path, options);
      if (fresh.ok() || fresh.code() != Code::exists) return fresh;
      break;  // somebody else has just created it
    }
    case Create::existing:
      break;
  }
  DELTOS_ASSIGN(os::File file, os::File::open(path, open_flags(options.mode)));
  return open_file(std::move(file), path, options);
}

Result<std::shared_ptr<Storage>> Storage::open_fd(int fd, const OpenOptions &options) {
  DELTOS_TRY(check_options(options));
  if (options.create != Create::existing)
    return fail(Code::invalid, "a storage is created at a path or anonymously, not in a descriptor");
  DELTOS_ASSIGN(os::File file, os::File::reopen_borrowed(fd, open_flags(options.mode)));
  return open_file(std::move(file), "", options);
}

Result<std::shared_ptr<Storage>> Storage::open_anonymous(const std::string &label, const OpenOptions &options) {
  OpenOptions writing = options;
  writing.create = Create::existing;
  if (writing.mode != Mode::write)
    return fail(Code::invalid, "an anonymous storage starts empty; open it with mode WRITE");
  DELTOS_TRY(check_options(writing));
  DELTOS_ASSIGN(os::File file, os::File::open_memory(label.empty() ? "deltos" : label.c_str()));
  DELTOS_TRY(write_empty_storage(file, options));
  return open_file(std::move(file), "", writing);
}

Result<std::shared_ptr<Storage>> Storage::open_memory(const void *data, std::uint64_t bytes, const OpenOptions &options,
                                                      std::shared_ptr<void> owner) {
  if (options.mode != Mode::immutable) return fail(Code::invalid, "memory of the caller's is opened with mode STATIC");
  if (!within(options.offset, options.bytes, bytes))
    return fail(Code::range, "the part asked for is not inside the %llu bytes", static_cast<ull>(bytes));
  auto state = std::make_unique<StorageState>();
  state->options = options;
  state->label = "the storage in memory";
  state->has_file = false;
  state->owner = std::move(owner);
  state->locks = std::make_unique<LockTable>(os::File(), LockTable::Mode::disabled);
  const std::byte *start = static_cast<const std::byte *>(data) + options.offset;
  const std::uint64_t size = options.bytes != 0 ? options.bytes : bytes - options.offset;
  auto header = format::check_header(Bytes(start, std::min<std::uint64_t>(size, sizeof(format::Header))));
  if (!header.ok()) return std::move(header).error();
  state->header = *header;
  std::memcpy(&state->uuid_low, state->header.uuid.data(), sizeof state->uuid_low);
  if (options.copy) {
    DELTOS_ASSIGN(state->mapping, os::Mapping::anonymous(size));
    std::memcpy(state->mapping->data(), start, size);
    state->owner.reset();
  } else {
    state->mapping = os::Mapping::borrow(start, size);
  }
  DELTOS_TRY(take_static_root(*state));
  return finish(std::move(state));
}

}  // namespace deltos::store
