// Content that has been kept, and where: to find equal content again. Compares bytes, never only hashes. Remembers as
// much as its memory allows, and no more after that.
#pragma once

#include <optional>
#include <vector>

#include "map/buffer.hpp"

namespace deltos::map {

class Known {
 public:
  explicit Known(std::uint64_t memory_bytes) : memory_bytes_(memory_bytes) {}

  // Nothing: it is not known.
  std::optional<std::uint64_t> find(std::uint64_t hash, Bytes content) const;
  // Whether it could be remembered. It was not known.
  bool add(std::uint64_t hash, Bytes content, std::uint64_t place);
  void forget();

 private:
  struct Item {
    std::uint64_t hash, place, bytes;  // the content follows
  };
  bool grow();

  std::uint64_t memory_bytes_, used_ = 0;
  std::vector<Buffer> buffers_;
  std::vector<const std::byte *> slots_;  // items, or nullptr; a power of two, at most half of them taken
  std::uint64_t count_ = 0;
};

}  // namespace deltos::map
