// The words that growable arrays share between processes, in their three homes (FORMAT.md, sections 9 and 15). Lengths
// are in bytes, loaded and stored atomically, never believed beyond the memory that is there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace deltos::format {

// The first extent of an array in a storage.
struct ArrayControl {
  std::uint64_t length;                  // live
  std::array<std::uint64_t, 2> boot_id;  // of the boot, device and inode that `length` is of; else the record's counts
  std::uint64_t device, inode;
  std::array<std::uint64_t, 3> reserved;  // 0
};
static_assert(sizeof(ArrayControl) == 64 && offsetof(ArrayControl, boot_id) == 8 &&
              offsetof(ArrayControl, device) == 24);

// Beside a flat file while it is open to append.
constexpr std::array<char, 8> kSideMagic = {'D', 'E', 'L', 'T', 'L', 'E', 'N', '1'};
constexpr const char *kSideSuffix = ".deltos-length";

struct ArraySide {
  std::array<char, 8> magic;
  std::uint64_t length;   // live
  std::uint64_t flushed;  // counts after a reboot
  std::array<std::uint64_t, 2> boot_id;
  std::uint64_t device, inode;  // of the flat file
  std::uint64_t reserved;       // 0
};
static_assert(sizeof(ArraySide) == 64 && offsetof(ArraySide, boot_id) == 24 && offsetof(ArraySide, device) == 40);

// The first region of an anonymous array; elements begin behind it.
constexpr std::array<char, 8> kAnonymousMagic = {'D', 'E', 'L', 'T', 'A', 'R', 'R', '1'};

struct ArrayAnonymous {
  std::array<char, 8> magic;
  std::uint64_t length;  // live
  std::uint64_t item_bytes;
  std::uint16_t version;  // 1
  std::uint16_t dtype;
  std::uint32_t format_bytes;             // of the text that follows
  std::array<std::uint64_t, 4> reserved;  // 0
};
static_assert(sizeof(ArrayAnonymous) == 64 && offsetof(ArrayAnonymous, version) == 24);
constexpr std::size_t kMaxAnonymousFormat = 65'000;

}  // namespace deltos::format
