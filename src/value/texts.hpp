// Texts that lie compressed, as they read: made when they are first asked for, and kept as long as this is, since what
// a reader shows stays where it is. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/status.hpp"

namespace deltos::value {

class Texts {
 public:
  // The text of `raw` bytes that the block at a place stands for; a zero follows it. corrupt: it does not; limit:
  // blocks lie over each other, so that all texts have more than kLz4Ratio times the image's bytes.
  Result<Bytes> at(std::uint64_t place, Bytes block, std::uint64_t raw, std::uint64_t image_bytes);
  // Of all that were made.
  std::uint64_t bytes();

 private:
  struct Text {
    std::unique_ptr<std::byte[]> letters;
    std::size_t bytes;
  };
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Text> made_;
  std::uint64_t bytes_ = 0;
};

}  // namespace deltos::value
