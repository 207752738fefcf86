// How a storage is opened, and what can be asked of it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "format/layout.hpp"

namespace deltos::store {

enum class Mode { read, in_place, write, immutable };       // immutable: DELTOS_MODE_STATIC, no locks, no live page
enum class Create { existing, if_absent, fresh, replace };  // beyond `existing` only with Mode::write
enum class Durability { sync, lazy, async };
enum class VerifyLevel { structure, full };

// (done, total), total 0: unknown. True cancels.
using Progress = std::function<bool(std::uint64_t, std::uint64_t)>;

struct OpenOptions {
  Mode mode = Mode::read;
  Create create = Create::existing;
  bool sigbus_guard = false;
  bool verify = false;    // verify(full) before anything else
  bool rollback = false;  // write: take an older strong superblock when the newest one's catalogue is damaged
  bool redirty = false;   // write: go on after a failed barrier, by writing every live block again
  bool copy = false;      // immutable: copy into private memory first
  bool trim = true;       // punch holes into free space of 1 MiB and more
  bool force = false;     // replace: over a living writer
  bool sparse = false;    // when created: grow by holes instead of allocated blocks
  bool compress = false;  // when created: long texts of values are stored compressed
  std::uint64_t offset = 0, bytes = 0;  // immutable: part of the file; bytes 0: to its end
  std::uint64_t reserve_bytes = 0;      // write: address space; 0: clamp(64 x file, 64 GiB, 1 TiB)
  std::uint64_t max_file_bytes = 0;     // write: growth beyond is refused; 0: none
  std::uint64_t auto_sync_bytes = 0;    // ASYNC commits turn into SYNC after so many written bytes; 0: 256 MiB
  Progress progress;
};

struct StorageInfo {
  Mode mode;
  format::Uuid uuid;
  std::uint16_t format_major, format_minor;
  std::uint64_t file_bytes, allocated_bytes;
  std::uint64_t live_bytes;      // write: reachable from the newest commit; else 0
  std::uint64_t reusable_bytes;  // write: may be handed out at once
  std::uint64_t pending_bytes;   // write: freed, held back by pins, superblocks or exports
  std::uint64_t object_count;
  std::uint64_t transaction_id;  // newest published
  std::uint64_t
      durable_id;  // newest that survives power loss; a pending LAZY commit counts when this handle does not write
  std::uint64_t oldest_pin;                  // lowest pinned by anybody; transaction_id when none
  std::uint64_t snapshot_count, view_count;  // of this handle
  bool sparse;
  bool io_failed;  // a barrier failed in this boot
  bool lost;       // the guard caught a fault: parts of the file are gone
};

struct Finding {
  Code code;
  std::uint64_t object_id, file_offset;
  std::string message;
};

struct PinInfo {  // a live export of this handle
  std::uint64_t object_id, transaction, bytes, view_count;
  bool writable;
  std::string name;
};

}  // namespace deltos::store
