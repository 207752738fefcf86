// Mapping: address space that shows a file. What is mapped stays where it is until the last owner lets go.
#include "os/mapping.hpp"

#include <sys/mman.h>

#include <cinttypes>

#include "os/call.hpp"
#include "os/io.hpp"

namespace deltos::os {
namespace {

constexpr int kPopulateRead = 22;  // MADV_POPULATE_READ, Linux 5.14

// Reservations begin where every page size and every alignment of the format is satisfied.
constexpr std::uint64_t kReserveAlignment = std::uint64_t{1} << 16;

// What an empty mapping points to: an address that is valid and aligned, with nothing behind it.
alignas(64) constexpr std::byte kNothing[64] = {};

int protection_bits(Protection protection) {
  switch (protection) {
    case Protection::none:
      return PROT_NONE;
    case Protection::read:
      return PROT_READ;
    case Protection::read_write:
      return PROT_READ | PROT_WRITE;
  }
  return PROT_NONE;
}

Error mapping_error(int os_errno, const std::string &label, std::uint64_t bytes) {
  const char *name = label.c_str();
  switch (os_errno) {
    case ENOMEM:
      return fail_os(Code::address_space, os_errno,
                     "%s: no address space or map area for %" PRIu64
                     " bytes; close other storages or raise vm.max_map_count and the limit (ulimit -v)",
                     name, bytes);
    case EACCES:
    case EPERM:
      return fail_os(Code::readonly, os_errno, "%s: the file is not open in the way this mapping needs", name);
    case ENODEV:
      return fail_os(Code::filesystem, os_errno, "%s: the file system cannot map files; move the file to another",
                     name);
    case EOVERFLOW:
    case EINVAL:
      return fail_os(Code::limit, os_errno, "%s: %" PRIu64 " bytes are more than can be mapped", name, bytes);
    default:
      return fail_os(code_of_errno(os_errno), os_errno, "%s: %" PRIu64 " bytes cannot be mapped", name, bytes);
  }
}

// What append() has mapped and nobody has unmapped; each part is a map area, of which everybody else needs some, too.
std::atomic<std::uint64_t> parts_of_all{0};

Status count_part(const std::string &label) {
  const std::uint64_t allowed = max_map_count() / 4;
  if (parts_of_all.fetch_add(1) < allowed) return {};
  parts_of_all.fetch_sub(1);
  return fail(Code::address_space,
              "%s: %" PRIu64
              " pieces of arrays are mapped, a quarter of vm.max_map_count; close some, compact the "
              "storage, or raise that limit",
              label.c_str(), allowed);
}

std::byte *address_of(std::intptr_t result) { return reinterpret_cast<std::byte *>(result); }

std::byte *aligned_up(std::byte *address, std::uint64_t alignment) {
  const auto value = reinterpret_cast<std::uintptr_t>(address);
  return address + (round_up(value, alignment) - value);
}

}  // namespace

Mapping::~Mapping() {
  if (base_bytes_ != 0) io().munmap(base_, base_bytes_);
  parts_of_all.fetch_sub(parts_);
}

Result<std::shared_ptr<Mapping>> Mapping::map(const File &file, std::uint64_t offset, std::uint64_t bytes,
                                              Protection protection) {
  if (bytes == 0) return borrow(kNothing, 0);
  if (!within(offset, bytes, INT64_MAX - page_bytes())) return mapping_error(EOVERFLOW, file.label(), bytes);
  std::shared_ptr<Mapping> mapping(new Mapping());
  const std::uint64_t before = offset % page_bytes();
  const std::uint64_t whole = round_up(before + bytes, page_bytes());
  const std::intptr_t result =
      io().mmap(nullptr, whole, protection_bits(protection), MAP_SHARED, file.fd(), offset - before);
  if (Io::is_error(result)) return mapping_error(static_cast<int>(-result), file.label(), bytes);
  mapping->base_ = address_of(result);
  mapping->base_bytes_ = whole;
  mapping->data_ = mapping->base_ + before;
  mapping->reserved_ = bytes;
  mapping->writable_.store(protection == Protection::read_write, std::memory_order_release);
  mapping->bytes_.store(bytes, std::memory_order_release);
  return mapping;
}

Result<std::shared_ptr<Mapping>> Mapping::reserve(const File &file, std::uint64_t reserve_bytes, std::uint64_t bytes,
                                                  Protection protection) {
  if (!within(0, reserve_bytes, INT64_MAX - 2 * kReserveAlignment) || reserve_bytes < bytes) {
    return mapping_error(ENOMEM, file.label(), reserve_bytes);
  }
  std::shared_ptr<Mapping> mapping(new Mapping());
  const std::uint64_t reserved = round_up(reserve_bytes, kReserveAlignment);
  // The slack makes the alignment possible; it is never touched and costs nothing.
  const std::uint64_t whole = reserved + kReserveAlignment - page_bytes();
  const std::intptr_t result = io().mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  // Nothing but its size can be wrong with a reservation, whatever the error; checkers of memory say EINVAL.
  if (Io::is_error(result)) return mapping_error(ENOMEM, file.label(), reserve_bytes);
  mapping->base_ = address_of(result);
  mapping->base_bytes_ = whole;
  mapping->data_ = aligned_up(mapping->base_, kReserveAlignment);
  mapping->reserved_ = reserved;
  io().madvise(mapping->base_, whole, MADV_DONTDUMP);
  DELTOS_TRY(mapping->extend(file, bytes, protection));
  return mapping;
}

Result<std::shared_ptr<Mapping>> Mapping::anonymous(std::uint64_t bytes) {
  if (bytes == 0) return borrow(kNothing, 0);
  if (bytes > INT64_MAX - page_bytes()) {
    return fail(Code::no_memory, "%" PRIu64 " bytes of memory are more than there can be", bytes);
  }
  std::shared_ptr<Mapping> mapping(new Mapping());
  const std::uint64_t whole = round_up(bytes, page_bytes());
  const std::intptr_t result = io().mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (Io::is_error(result)) {
    return fail_os(Code::no_memory, static_cast<int>(-result), "there is no memory for %" PRIu64 " bytes", bytes);
  }
  mapping->base_ = mapping->data_ = address_of(result);
  mapping->base_bytes_ = whole;
  mapping->reserved_ = bytes;
  mapping->writable_.store(true, std::memory_order_release);
  mapping->bytes_.store(bytes, std::memory_order_release);
  return mapping;
}

std::shared_ptr<Mapping> Mapping::borrow(const void *data, std::uint64_t bytes) {
  std::shared_ptr<Mapping> mapping(new Mapping());
  // Never written: the mapping is not writable.
  mapping->data_ = const_cast<std::byte *>(  // NOLINT(cppcoreguidelines-pro-type-const-cast)
      static_cast<const std::byte *>(data));
  mapping->reserved_ = bytes;
  mapping->bytes_.store(bytes, std::memory_order_release);
  return mapping;
}

Status Mapping::extend(const File &file, std::uint64_t new_bytes, Protection protection) {
  const std::uint64_t old_bytes = bytes();
  if (new_bytes <= old_bytes) return {};
  if (new_bytes > reserved_) {
    return fail(Code::address_space,
                "%s: %" PRIu64 " bytes are needed and the address space reserved at opening has %" PRIu64
                "; open the storage again with a larger reservation",
                file.label().c_str(), new_bytes, reserved_);
  }
  // A page that is begun is mapped whole: it shows what the file gains in it.
  const std::uint64_t begin = round_up(old_bytes, page_bytes());
  const std::uint64_t end = round_up(new_bytes, page_bytes());
  if (begin < end) {
    std::byte *at = data_ + begin;
    const std::intptr_t result =
        io().mmap(at, end - begin, protection_bits(protection), MAP_SHARED | MAP_FIXED, file.fd(), begin);
    if (Io::is_error(result)) {
      // The refusal may have come after the reservation was opened here: close it before somebody else moves in.
      io().mmap(at, end - begin, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
      return mapping_error(static_cast<int>(-result), file.label(), new_bytes);
    }
  }
  if (protection == Protection::read_write) writable_.store(true, std::memory_order_release);
  bytes_.store(new_bytes, std::memory_order_release);
  return {};
}

Status Mapping::append(const File &file, std::uint64_t offset, std::uint64_t bytes, Protection protection) {
  const std::uint64_t begin = this->bytes();
  if (!within(begin, bytes, reserved_)) return mapping_error(ENOMEM, file.label(), begin + bytes);
  DELTOS_TRY(count_part(file.label()));
  ++parts_;
  std::byte *at = data_ + begin;
  const std::intptr_t result =
      io().mmap(at, bytes, protection_bits(protection), MAP_SHARED | MAP_FIXED, file.fd(), offset);
  if (Io::is_error(result)) {
    // As in extend(): nobody else may move in.
    io().mmap(at, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    return mapping_error(static_cast<int>(-result), file.label(), begin + bytes);
  }
  if (protection == Protection::read_write) writable_.store(true, std::memory_order_release);
  bytes_.store(begin + bytes, std::memory_order_release);
  return {};
}

Status Mapping::protect(std::uint64_t offset, std::uint64_t bytes, Protection protection) {
  std::byte *at = data_ + offset;
  if (!within(offset, bytes, round_up(this->bytes(), page_bytes())) || bytes % page_bytes() != 0 ||
      reinterpret_cast<std::uintptr_t>(at) % page_bytes() != 0) {
    return fail(Code::internal, "%" PRIu64 " bytes at byte %" PRIu64 " are no pages of the mapping", bytes, offset);
  }
  if (protection == Protection::read_write) writable_.store(true, std::memory_order_release);
  const int result = io().mprotect(at, bytes, protection_bits(protection));
  if (result == 0) return {};
  if (result == -ENOMEM) {
    return fail_os(Code::address_space, ENOMEM,
                   "there is no map area left to protect %" PRIu64 " bytes; raise vm.max_map_count", bytes);
  }
  const Code code = result == -EACCES ? Code::readonly : code_of_errno(-result);
  return fail_os(code, -result, "the protection of %" PRIu64 " mapped bytes cannot be changed", bytes);
}

void Mapping::advise(std::uint64_t offset, std::uint64_t bytes, int madvise_advice) const {
  if (!owned() || bytes == 0 || !within(offset, bytes, this->bytes())) return;
  std::byte *at = data_ + offset;
  const std::uint64_t before = reinterpret_cast<std::uintptr_t>(at) % page_bytes();
  const bool prefault = madvise_advice == kPrefault;
  const int result = io().madvise(at - before, before + bytes, prefault ? kPopulateRead : madvise_advice);
  if (prefault && result == -EINVAL) io().madvise(at - before, before + bytes, MADV_WILLNEED);
}

}  // namespace deltos::os
