#include "store/filler.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstring>
#include <vector>

namespace deltos::store {
namespace {

constexpr std::uint64_t kMappedBytes = 64 * 1024;      // up to here a store is cheaper than a system call
constexpr std::uint64_t kGatheredBytes = 1 << 20;      // at least so much a system call
constexpr std::uint64_t kWriteBehindBytes = 32 << 20;  // disk and memory work side by side

class MappedFiller final : public Transaction::Filler {
 public:
  MappedFiller(std::byte *data, std::uint64_t bytes) : data_(data), bytes_(bytes) {}
  Status add(Bytes chunk) override {
    if (chunk.size() > bytes_ - done_)
      return fail(Code::range, "more than the %" PRIu64 " bytes of the object", bytes_);
    if (!chunk.empty()) std::memcpy(data_ + done_, chunk.data(), chunk.size());
    done_ += chunk.size();
    return {};
  }
  Status finish() override {
    if (done_ == bytes_) return {};
    return fail(Code::range, "%" PRIu64 " of the %" PRIu64 " bytes of the object were given", done_, bytes_);
  }

 private:
  std::byte *data_;
  std::uint64_t bytes_, done_ = 0;
};

class WrittenFiller final : public Transaction::Filler {
 public:
  WrittenFiller(const os::File *file, std::uint64_t offset, std::uint64_t bytes)
      : file_(file), offset_(offset), bytes_(bytes) {}

  Status add(Bytes chunk) override {
    if (chunk.size() > bytes_ - done_ - gathered_.size()) {
      return fail(Code::range, "more than the %" PRIu64 " bytes of the object", bytes_);
    }
    while (!chunk.empty()) {
      if (gathered_.empty() && chunk.size() >= kGatheredBytes) {
        const Bytes piece = chunk.first(std::min<std::size_t>(chunk.size(), kWriteBehindBytes));
        DELTOS_TRY(write(piece));
        chunk = chunk.subspan(piece.size());
        continue;
      }
      const std::size_t taken = std::min<std::size_t>(chunk.size(), kGatheredBytes - gathered_.size());
      gathered_.insert(gathered_.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(taken));
      chunk = chunk.subspan(taken);
      if (gathered_.size() == kGatheredBytes) DELTOS_TRY(flush());
    }
    return {};
  }

  Status finish() override {
    DELTOS_TRY(flush());
    if (done_ == bytes_) return {};
    return fail(Code::range, "%" PRIu64 " of the %" PRIu64 " bytes of the object were given", done_, bytes_);
  }

 private:
  Status flush() {
    if (gathered_.empty()) return {};
    DELTOS_TRY(write(gathered_));
    gathered_.clear();
    return {};
  }
  Status write(Bytes piece) {
    DELTOS_TRY(file_->write(piece, offset_ + done_));
    done_ += piece.size();
    if (done_ - behind_ >= kWriteBehindBytes) {
      file_->write_behind(offset_ + behind_, done_ - behind_);
      behind_ = done_;
    }
    return {};
  }

  const os::File *file_;
  std::uint64_t offset_, bytes_, done_ = 0, behind_ = 0;
  std::vector<std::byte> gathered_;
};

}  // namespace

std::unique_ptr<Transaction::Filler> make_filler(Writer &writer, const format::Extent &extent) {
  if (extent.bytes <= kMappedBytes) return std::make_unique<MappedFiller>(writer.data() + extent.offset, extent.bytes);
  return std::make_unique<WrittenFiller>(&writer.second(), extent.offset, extent.bytes);
}

}  // namespace deltos::store
