#include "value/lz4.hpp"

#include <algorithm>
#include <cassert>

namespace deltos::value {
namespace {

constexpr std::size_t kLeastMatch = 4;
constexpr std::size_t kLastLiterals = 5;   // the end of a block is literals
constexpr std::size_t kLastMatch = 12;     // no match begins closer to the end
constexpr std::size_t kFarthest = 0xffff;  // back
constexpr unsigned kTableBits = 13;

class Compressor {
 public:
  Compressor(Bytes raw, std::size_t most) : raw_(raw), most_(most), table_(std::size_t{1} << kTableBits) {}

  std::optional<std::vector<std::byte>> run() {
    for (std::size_t at = 0; at + kLastMatch <= raw_.size();) {
      const std::size_t from = earlier(at);
      if (from == at) {
        at += 1 + (at - written_) / 64;  // faster and faster through what does not repeat itself
        continue;
      }
      const std::size_t length = length_of(from, at);
      put(at - written_, at - from, length);
      at += length;
      written_ = at;
      if (block_.size() > most_) return std::nullopt;
    }
    put(raw_.size() - written_, 0, 0);
    if (block_.size() > most_) return std::nullopt;
    return std::move(block_);
  }

 private:
  std::uint32_t word(std::size_t at) const { return load<std::uint32_t>(raw_.data() + at); }

  // Where the next 4 bytes have been before; `at`: nowhere.
  std::size_t earlier(std::size_t at) {
    std::uint32_t &known = table_[word(at) * 2654435761U >> (32 - kTableBits)];
    const std::size_t from = known;  // 0: nothing yet, or the very start, which costs little to miss
    known = static_cast<std::uint32_t>(at);
    return from != 0 && at - from <= kFarthest && word(from) == word(at) ? from : at;
  }

  std::size_t length_of(std::size_t from, std::size_t at) const {
    const std::size_t end = raw_.size() - kLastLiterals;
    std::size_t length = kLeastMatch;
    while (at + length < end && raw_[from + length] == raw_[at + length]) ++length;
    return length;
  }

  void put_rest(std::size_t length) {
    for (; length >= 255; length -= 255) block_.push_back(std::byte{255});
    block_.push_back(static_cast<std::byte>(length));
  }

  // Literals from where the last match ended, then a match; of length 0: none, at the end.
  void put(std::size_t literals, std::size_t offset, std::size_t length) {
    const std::size_t more = length == 0 ? 0 : length - kLeastMatch;
    block_.push_back(
        static_cast<std::byte>(std::min<std::size_t>(literals, 15) << 4 | std::min<std::size_t>(more, 15)));
    if (literals >= 15) put_rest(literals - 15);
    const auto from = raw_.begin() + static_cast<std::ptrdiff_t>(written_);
    block_.insert(block_.end(), from, from + static_cast<std::ptrdiff_t>(literals));
    if (length == 0) return;
    block_.push_back(static_cast<std::byte>(offset));
    block_.push_back(static_cast<std::byte>(offset >> 8));
    if (more >= 15) put_rest(more - 15);
  }

  const Bytes raw_;
  const std::size_t most_;
  std::vector<std::uint32_t> table_;
  std::vector<std::byte> block_;
  std::size_t written_ = 0;
};

class Decompressor {
 public:
  Decompressor(Bytes block, MutableBytes raw) : block_(block), raw_(raw) {}

  bool run() noexcept {
    while (in_ < block_.size()) {
      const auto token = static_cast<std::size_t>(block_[in_++]);
      std::size_t literals = token >> 4, length = token & 15;
      if (!take_rest(&literals) || literals > block_.size() - in_ || literals > raw_.size() - out_) return false;
      if (literals != 0) std::memcpy(raw_.data() + out_, block_.data() + in_, literals);
      in_ += literals;
      out_ += literals;
      if (in_ == block_.size()) return length == 0 && out_ == raw_.size();
      if (block_.size() - in_ < 2) return false;
      const std::size_t offset = load<std::uint16_t>(block_.data() + in_);
      in_ += 2;
      if (!take_rest(&length) || !repeat(offset, length + kLeastMatch)) return false;
    }
    return false;
  }

 private:
  // 15 goes on in bytes that add up, the last of which is below 255.
  bool take_rest(std::size_t *length) noexcept {
    if (*length != 15) return true;
    for (;;) {
      if (in_ == block_.size()) return false;
      const auto more = static_cast<std::size_t>(block_[in_++]);
      *length += more;
      if (more != 255) return true;
    }
  }

  // What is repeated may run into what is being written.
  bool repeat(std::size_t offset, std::size_t length) noexcept {
    if (offset == 0 || offset > out_ || length > raw_.size() - out_) return false;
    std::byte *to = raw_.data() + out_;
    out_ += length;
    if (offset == 1) {
      std::memset(to, static_cast<int>(to[-1]), length);
      return true;
    }
    for (std::size_t step = offset; length != 0; to += step, length -= step) {
      step = std::min(step, length);
      std::memcpy(to, to - offset, step);
    }
    return true;
  }

  const Bytes block_;
  const MutableBytes raw_;
  std::size_t in_ = 0, out_ = 0;
};

}  // namespace

std::optional<std::vector<std::byte>> lz4_compress(Bytes raw, std::size_t most) {
  assert(raw.size() <= kLz4Most);
  return Compressor(raw, most).run();
}

bool lz4_decompress(Bytes block, MutableBytes raw) noexcept { return Decompressor(block, raw).run(); }

}  // namespace deltos::value
