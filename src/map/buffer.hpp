// Memory that grows.
#pragma once

#include <algorithm>
#include <memory>

#include "base/bytes.hpp"

namespace deltos::map {

// Bytes that grow, and are not set before they are written.
class Buffer {
 public:
  std::size_t size() const { return size_; }
  std::byte *data() { return data_.get(); }
  Bytes bytes() const { return {data_.get(), size_}; }
  void clear() { size_ = 0; }
  std::size_t room() const { return capacity_ - size_; }
  void reserve(std::size_t bytes) {
    if (bytes > room()) grow(bytes);
  }
  std::byte *extend(std::size_t bytes) {
    if (bytes > capacity_ - size_) grow(bytes);
    std::byte *const at = data_.get() + size_;
    size_ += bytes;
    return at;
  }
  void append(Bytes bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }

 private:
  void grow(std::size_t bytes) {
    const std::size_t capacity = std::max({2 * capacity_, size_ + bytes, std::size_t{4096}});
    std::unique_ptr<std::byte[]> data(new std::byte[capacity]);
    if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
    data_ = std::move(data);
    capacity_ = capacity;
  }
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace deltos::map
