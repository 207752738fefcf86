#include "record/spool.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>

namespace deltos::record {
namespace {

constexpr std::size_t kLeastBlock = 4096, kLargestBlock = 1 << 20;
constexpr std::size_t kReadBytes = 1 << 20, kWriteBytes = 1 << 20;

// One that can only be reached by its descriptor.
Result<os::File> open_temporary(const std::string &directory) {
  auto unnamed = os::File::open_unnamed(directory, 0600);
  if (unnamed.ok() || unnamed.code() != Code::unsupported) return unnamed;
  std::string path = directory + "/deltos-";
  for (const std::uint8_t byte : os::random_uuid()) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    path += digits;
  }
  DELTOS_ASSIGN(os::File file, os::File::open(path, O_RDWR | O_CREAT | O_EXCL, 0600));
  DELTOS_TRY(os::remove_file(path));
  return file;
}

}  // namespace

Result<os::File> open_temporary(const std::vector<std::string> &directories) {
  Error failed = fail(Code::invalid, "there is no directory for temporary files");
  for (const std::string &directory : directories) {
    auto file = open_temporary(directory);
    if (file.ok()) return file;
    failed = std::move(file).error();
  }
  return failed;
}

Spool::Spool(std::size_t streams, Limits limits) : streams_(streams), limits_(std::move(limits)) {
  const std::uint64_t share = limits_.memory_bytes / 4 / std::max<std::size_t>(streams, 1);
  block_bytes_ = static_cast<std::size_t>(
      std::clamp<std::uint64_t>(share / kLeastBlock * kLeastBlock, kLeastBlock, kLargestBlock));
}

std::size_t Spool::used_in(const Stream &stream, std::size_t block) {
  const Block &asked = stream.blocks[block];
  return block + 1 == stream.blocks.size() ? asked.capacity - stream.room : asked.used;
}

Status Spool::append_slowly(Stream &stream, Bytes bytes) {
  for (;;) {
    const std::size_t part = std::min(bytes.size(), stream.room);
    if (part > 0) std::memcpy(stream.end, bytes.data(), part);
    stream.end += part;
    stream.room -= part;
    stream.bytes += part;
    bytes = bytes.subspan(part);
    if (bytes.empty()) return {};
    DELTOS_TRY(add_block(stream));
  }
}

Status Spool::append_zeros(std::size_t stream, std::uint64_t bytes) {
  static constexpr std::byte zeros[4096] = {};
  for (; bytes > 0; bytes -= std::min<std::uint64_t>(bytes, sizeof zeros))
    DELTOS_TRY(append(stream, Bytes(zeros, static_cast<std::size_t>(std::min<std::uint64_t>(bytes, sizeof zeros)))));
  return {};
}

// Blocks grow with the stream, so that many short ones take little.
Status Spool::add_block(Stream &stream) {
  std::size_t capacity = stream.runs.empty() ? kLeastBlock : block_bytes_;
  if (!stream.blocks.empty()) capacity = stream.blocks.back().capacity * 4;
  capacity = std::min(capacity, block_bytes_);
  if (in_memory_ + capacity > limits_.memory_bytes && in_memory_ > 0) DELTOS_TRY(spill());
  if (!stream.blocks.empty()) stream.blocks.back().used = used_in(stream, stream.blocks.size() - 1);
  stream.blocks.push_back(take_block(capacity));
  stream.end = stream.blocks.back().data.get();
  stream.room = capacity;
  in_memory_ += capacity;
  return {};
}

Spool::Block Spool::take_block(std::size_t capacity) {
  if (capacity < block_bytes_ || spare_.empty()) {
    // There is always room to put one aside.
    if (capacity == block_bytes_ && ++largest_blocks_ > spare_.capacity()) spare_.reserve(2 * largest_blocks_);
    return {std::unique_ptr<std::byte[]>(new std::byte[capacity]), 0, capacity};
  }
  Block block = std::move(spare_.back());
  spare_.pop_back();
  return block;
}

// Written first and let go of afterwards, so that nothing has happened where writing fails. Each stream gets one run.
Status Spool::spill() {
  if (!file_.valid()) {
    DELTOS_ASSIGN(file_, open_temporary(limits_.directories));
  }
  std::uint64_t at = file_bytes_;
  DELTOS_TRY(write_blocks(&at));
  for (Stream &stream : streams_) {
    if (stream.runs.size() == stream.runs.capacity())
      stream.runs.reserve(std::max<std::size_t>(2 * stream.runs.size(), 4));
  }
  for (Stream &stream : streams_) {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < stream.blocks.size(); ++i) bytes += used_in(stream, i);
    if (!stream.runs.empty() && stream.runs.back().place + stream.runs.back().bytes == file_bytes_)
      stream.runs.back().bytes += bytes;
    else if (bytes > 0)
      stream.runs.push_back({file_bytes_, bytes});
    file_bytes_ += bytes;
    drop_blocks(stream);
  }
  return {};
}

// At the end of the file, in large pieces.
Status Spool::write_blocks(std::uint64_t *end) const {
  std::vector<std::byte> waiting;
  waiting.reserve(kWriteBytes);
  const auto flush = [&]() -> Status {
    DELTOS_TRY(file_.write(waiting, *end));
    *end += waiting.size();
    waiting.clear();
    return {};
  };
  for (const Stream &stream : streams_) {
    for (std::size_t i = 0; i < stream.blocks.size(); ++i) {
      const Bytes bytes(stream.blocks[i].data.get(), used_in(stream, i));
      if (waiting.size() + bytes.size() > kWriteBytes) DELTOS_TRY(flush());
      waiting.insert(waiting.end(), bytes.begin(), bytes.end());
    }
  }
  return flush();
}

void Spool::drop_blocks(Stream &stream) {
  while (!stream.blocks.empty()) drop_block(stream);
}

// The last one.
void Spool::drop_block(Stream &stream) {
  Block &block = stream.blocks.back();
  in_memory_ -= block.capacity;
  if (block.capacity == block_bytes_) spare_.push_back(std::move(block));
  stream.blocks.pop_back();
  stream.room = stream.blocks.empty() ? 0 : stream.blocks.back().capacity - stream.blocks.back().used;
  stream.end = stream.blocks.empty() ? nullptr : stream.blocks.back().data.get() + stream.blocks.back().used;
}

Status Spool::settle() {
  if (file_.valid()) DELTOS_TRY(spill());
  largest_blocks_ -= spare_.size();
  spare_.clear();
  return {};
}

void Spool::cut(std::size_t stream, std::uint64_t bytes) {
  Stream &cut = streams_[stream];
  std::uint64_t excess = cut.bytes - bytes;
  cut.bytes = bytes;
  while (excess > 0 && !cut.blocks.empty()) {
    const std::size_t used = used_in(cut, cut.blocks.size() - 1);
    if (used > excess) {
      cut.end -= excess;
      cut.room += static_cast<std::size_t>(excess);
      return;
    }
    excess -= used;
    drop_block(cut);
  }
  while (excess > 0) {
    const std::uint64_t part = std::min(excess, cut.runs.back().bytes);
    cut.runs.back().bytes -= part;
    excess -= part;
    if (cut.runs.back().bytes == 0) cut.runs.pop_back();
  }
}

Status Spool::each(std::size_t stream, const Sink &sink) const {
  std::vector<std::byte> piece;
  for (const Run &run : streams_[stream].runs) {
    for (std::uint64_t done = 0; done < run.bytes; done += piece.size()) {
      piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(run.bytes - done, kReadBytes)));
      DELTOS_TRY(file_.read(piece, run.place + done));
      DELTOS_TRY(sink(piece));
    }
  }
  for (std::size_t i = 0; i < streams_[stream].blocks.size(); ++i)
    DELTOS_TRY(sink(Bytes(streams_[stream].blocks[i].data.get(), used_in(streams_[stream], i))));
  return {};
}

Status Spool::read(std::size_t stream, std::uint64_t from, MutableBytes to) const {
  for (const Run &run : streams_[stream].runs) {
    if (to.empty()) return {};
    if (from >= run.bytes) {
      from -= run.bytes;
      continue;
    }
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), run.bytes - from));
    DELTOS_TRY(file_.read(to.first(part), run.place + from));
    to = to.subspan(part);
    from = 0;
  }
  for (std::size_t i = 0; i < streams_[stream].blocks.size() && !to.empty(); ++i) {
    const std::size_t used = used_in(streams_[stream], i);
    if (from >= used) {
      from -= used;
      continue;
    }
    const std::size_t part = std::min(to.size(), used - static_cast<std::size_t>(from));
    std::memcpy(to.data(), streams_[stream].blocks[i].data.get() + from, part);
    to = to.subspan(part);
    from = 0;
  }
  return {};
}

}  // namespace deltos::record
