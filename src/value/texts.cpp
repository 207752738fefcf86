#include "value/texts.hpp"

#include "value/lz4.hpp"

namespace deltos::value {

Result<Bytes> Texts::at(std::uint64_t place, Bytes block, std::uint64_t raw, std::uint64_t image_bytes) {
  const auto shown = [](const Text &text) { return Bytes(text.letters.get(), text.bytes); };
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = made_.find(place); known != made_.end()) return shown(known->second);
    // Each is at most so many times its block, and no two blocks of a sound image share a byte.
    if (raw > kLz4Ratio * image_bytes - bytes_)
      return fail(Code::limit, "the compressed texts of the value are longer together than its size allows");
  }
  Text text{std::make_unique_for_overwrite<std::byte[]>(raw + 1), raw};
  if (!lz4_decompress(block, {text.letters.get(), text.bytes}))
    return fail(Code::corrupt, "the compressed text at place %llu is damaged", static_cast<unsigned long long>(place));
  text.letters[raw] = std::byte{0};
  const std::lock_guard lock(mutex_);
  if (raw > kLz4Ratio * image_bytes - bytes_)
    return fail(Code::limit, "the compressed texts of the value are longer together than its size allows");
  const auto [kept, is_new] = made_.try_emplace(place, std::move(text));  // another thread may have been faster
  if (is_new) bytes_ += raw;
  return shown(kept->second);
}

std::uint64_t Texts::bytes() {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace deltos::value
