// Memory that mirrors a file. A Mapping never moves: whoever holds the shared_ptr may keep addresses into it.
#pragma once

#include <atomic>
#include <memory>

#include "os/file.hpp"

namespace deltos::os {

enum class Protection { none, read, read_write };

class Mapping {
 public:
  ~Mapping();
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;

  // Exactly [offset, offset + bytes) of the file; offset at any byte (the pages around it are mapped too).
  static Result<std::shared_ptr<Mapping>> map(const File &file, std::uint64_t offset, std::uint64_t bytes,
                                              Protection protection);
  // Reserves address space and maps the first `bytes` of the file into it; extend() maps more in place.
  // address_space when the reservation is refused.
  static Result<std::shared_ptr<Mapping>> reserve(const File &file, std::uint64_t reserve_bytes, std::uint64_t bytes,
                                                  Protection protection);
  // Anonymous zero memory, read-write.
  static Result<std::shared_ptr<Mapping>> anonymous(std::uint64_t bytes);
  // Memory of the caller's; nothing is unmapped.
  static std::shared_ptr<Mapping> borrow(const void *data, std::uint64_t bytes);

  std::byte *data() const { return data_; }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_acquire); }
  std::uint64_t reserved_bytes() const { return reserved_; }
  bool owned() const { return base_bytes_ != 0; }  // false: borrowed, or nothing is mapped
  // Whether any part was ever mapped for writing.
  bool writable() const { return writable_.load(std::memory_order_acquire); }
  // Maps [bytes(), new_bytes) of the file behind what is there; address_space when the reservation is used up.
  Status extend(const File &file, std::uint64_t new_bytes, Protection protection);
  // Maps a part of the file, of whole pages, behind what is there; address_space as above, or when the parts of all
  // mappings of the process have used up a quarter of the map areas that the kernel allows.
  Status append(const File &file, std::uint64_t offset, std::uint64_t bytes, Protection protection);
  Status protect(std::uint64_t offset, std::uint64_t bytes, Protection protection);  // page multiples
  // A hint. kPrefault: read and mapped now, or as soon as older kernels can.
  void advise(std::uint64_t offset, std::uint64_t bytes, int madvise_advice) const;
  static constexpr int kPrefault = 5;  // no advice of madvise() has this number

 private:
  Mapping() = default;
  std::byte *data_ = nullptr;            // address of file byte `offset`
  std::atomic<std::uint64_t> bytes_{0};  // mapped so far
  std::uint64_t reserved_ = 0;
  std::byte *base_ = nullptr;     // what munmap gets
  std::uint64_t base_bytes_ = 0;  // 0: borrowed
  std::atomic<bool> writable_{false};
  std::uint64_t parts_ = 0;  // by append()
};

}  // namespace deltos::os
