#include "store/create.hpp"

#include <fcntl.h>

#include <cstring>

#include "store/slots.hpp"
#include "store/state.hpp"
#include "store/writer.hpp"

namespace deltos::store {
namespace {

constexpr std::uint64_t kFirstZoneBlocks = format::kRegionBlocks;
constexpr std::uint64_t kEmptyBlocks = format::kFirstDataBlock + kFirstZoneBlocks;

std::string directory_of(const std::string &path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

format::Header new_header(const OpenOptions &options) {
  format::Header header{};
  header.magic = format::kMagic;
  header.major = format::kMajor;
  header.minor = format::kMinor;
  header.block_bytes = format::kBlockBytes;
  header.uuid = os::random_uuid();
  header.compatible =
      (options.sparse ? format::kCompatibleSparse : 0) | (options.compress ? format::kCompatibleCompress : 0);
  const format::Uuid seed = os::random_uuid();
  std::memcpy(&header.hash_seed, seed.data(), sizeof header.hash_seed);
  header.created_ns = os::now_ns();
  format::seal_header(&header);
  return header;
}

}  // namespace

Status write_empty_storage(const os::File &file, const OpenOptions &options) {
  os::disable_copy_on_write(file);
  DELTOS_TRY(file.grow(0, kEmptyBlocks * format::kBlockBytes));
  const format::Header header = new_header(options);
  DELTOS_TRY(file.write(std::as_bytes(std::span(&header, 1)), format::kHeaderOffset));
  const std::vector<std::byte> zeros(kFirstZoneBlocks * format::kBlockBytes);
  DELTOS_TRY(file.write(zeros, format::kFirstDataOffset));
  DELTOS_TRY(file.write(Bytes(zeros).first(format::kBlockBytes), format::kLiveOffset));
  const format::Zone zone{format::kFirstDataBlock, kFirstZoneBlocks};
  const PinnedRoot nothing{format::kFirstTransaction, Root{}, kEmptyBlocks, 1};
  DELTOS_TRY(write_slot(file, format::kSlotA, superblock_of(nothing, header.uuid, std::span(&zone, 1))));
  return file.sync_all();
}

Result<os::File> open_beside(const std::string &path, std::string *temporary) {
  temporary->clear();
  auto unnamed = os::File::open_unnamed(directory_of(path));
  if (unnamed.ok() || unnamed.code() != Code::unsupported) return unnamed;
  *temporary = temporary_name(path);
  return os::File::open(*temporary, O_RDWR | O_CREAT | O_EXCL, 0644);
}

Status name_file(const os::File &file, const std::string &temporary, const std::string &path, bool replace) {
  std::string from = temporary;
  if (from.empty() && !replace) {
    DELTOS_TRY(os::give_name(file, path));
    return os::sync_directory(path);
  }
  if (from.empty()) {
    from = temporary_name(path);
    DELTOS_TRY(os::give_name(file, from));
  }
  Status named = replace ? os::rename_over(from, path) : os::give_name(file, path);
  if (!named.ok() || !replace) (void)os::remove_file(from);
  DELTOS_TRY(std::move(named));
  return os::sync_directory(path);
}

Result<std::shared_ptr<Storage>> create_fresh(const std::string &path, const OpenOptions &options) {
  std::string temporary;
  DELTOS_ASSIGN(os::File file, open_beside(path, &temporary));
  file.set_label(path);
  Status made = os::check_filesystem(file);
  if (made.ok()) made = write_empty_storage(file, options);
  if (made.ok()) {
    made = name_file(file, temporary, path, false);
  } else if (!temporary.empty()) {
    (void)os::remove_file(temporary);
  }
  if (!made.ok()) {
    Error error = std::move(made).error();
    if (error.code == Code::exists) error.message = path + " exists already; it was not touched";
    return error;
  }
  return open_file(std::move(file), path, options);
}

Result<std::shared_ptr<Storage>> create_replacing(const std::string &path, const OpenOptions &options) {
  os::File old_lock;
  auto old = os::File::open(path, O_RDWR);
  if (old.ok()) {
    DELTOS_ASSIGN(const os::FileInfo info, old->info());
    if (!info.regular) return fail(Code::exists, "%s is not a regular file and cannot be replaced", path.c_str());
    DELTOS_ASSIGN(const bool locked, old->try_lock(format::kLockWriter, 1, true));
    if (!locked && !options.force) {
      return fail(Code::busy, "%s is open for writing elsewhere; close it there, or replace it with FORCE",
                  path.c_str());
    }
    old_lock = *std::move(old);
  } else if (old.code() != Code::not_found) {
    return std::move(old).error();
  }
  // A file with a temporary name would stay behind when the process dies, so there is no other way than one without a
  // name.
  DELTOS_ASSIGN(os::File file, os::File::open_unnamed(directory_of(path)));
  file.set_label(path);
  DELTOS_TRY(os::check_filesystem(file));
  DELTOS_TRY(write_empty_storage(file, options));
  DELTOS_ASSIGN(auto storage, open_file(std::move(file), path, options));
  storage->state().writer->set_replacing(path, std::move(old_lock));
  return storage;
}

}  // namespace deltos::store
