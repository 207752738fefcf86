// The four superblock slots: reading them, choosing among them, writing one.
#pragma once

#include <array>
#include <optional>

#include "format/validate.hpp"
#include "os/file.hpp"

namespace deltos::store {

struct Slots {
  std::array<std::optional<format::Superblock>, format::kSlots> found;  // whole ones, whether they count or not
  std::array<bool, format::kSlots> counts{};

  // Index of the newest that counts, or of the newest strong one; nullopt: none.
  std::optional<unsigned> newest() const;
  std::optional<unsigned> newest_strong() const;
  // Highest transaction of any whole superblock, those that do not count included: numbers are never used twice.
  std::uint64_t highest() const;
};

// base: where the storage begins in the file. weak_count: whether weak superblocks may count at all.
Result<Slots> read_slots(const os::File &file, std::uint64_t base, const format::Uuid &uuid, const os::FileInfo &info,
                         bool weak_count);
Slots read_slots(Bytes storage, const format::Uuid &uuid);  // of an immutable storage: strong ones only
Status write_slot(const os::File &file, unsigned slot, format::Superblock superblock);  // fills the sum in
// The same when RLIMIT_FSIZE has been asked about the slots.
Status write_slot_below(const os::File &file, unsigned slot, format::Superblock superblock);

}  // namespace deltos::store
