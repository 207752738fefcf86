#include "record/spool.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>

namespace deltos::record {
namespace {

constexpr std::size_t kLeastBlock = 4096, kLargestBlock = 1 << 20;
constexpr std::size_t kReadBytes = 1 << 20;

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
  std::size_t capacity = stream.blocks.empty() ? kLeastBlock : stream.blocks.back().capacity * 4;
  capacity = std::min(capacity, block_bytes_);
  if (in_memory_ + capacity > limits_.memory_bytes && in_memory_ > 0) DELTOS_TRY(spill());
  if (!stream.blocks.empty()) stream.blocks.back().used = used_in(stream, stream.blocks.size() - 1);
  stream.blocks.push_back({std::unique_ptr<std::byte[]>(new std::byte[capacity]), 0, capacity});
  stream.end = stream.blocks.back().data.get();
  stream.room = capacity;
  in_memory_ += capacity;
  return {};
}

Status Spool::open_file() {
  Status failed = fail(Code::invalid, "there is no directory for temporary files");
  for (const std::string &directory : limits_.directories) {
    auto file = open_temporary(directory);
    if (!file.ok()) {
      failed = std::move(file).error();
      continue;
    }
    file_ = std::move(file).value();
    return {};
  }
  return failed;
}

Status Spool::spill() {
  if (!file_.valid()) DELTOS_TRY(open_file());
  for (Stream &stream : streams_) DELTOS_TRY(spill(stream));
  return {};
}

Status Spool::spill(Stream &stream) {
  const std::size_t before = stream.runs.size();
  const std::uint64_t last = before == 0 ? 0 : stream.runs.back().bytes;
  Status written;
  for (std::size_t i = 0; i < stream.blocks.size() && written.ok(); ++i)
    written = write(Bytes(stream.blocks[i].data.get(), used_in(stream, i)), &stream.runs);
  if (written.ok()) {
    drop_blocks(stream);
    return written;
  }
  stream.runs.resize(before);
  if (before > 0) stream.runs.back().bytes = last;
  return written;
}

Status Spool::write(Bytes bytes, std::vector<Run> *runs) {
  if (bytes.empty()) return {};
  DELTOS_TRY(file_.write(bytes, file_bytes_));
  if (!runs->empty() && runs->back().place + runs->back().bytes == file_bytes_)
    runs->back().bytes += bytes.size();
  else
    runs->push_back({file_bytes_, bytes.size()});
  file_bytes_ += bytes.size();
  return {};
}

void Spool::drop_blocks(Stream &stream) {
  for (const Block &block : stream.blocks) in_memory_ -= block.capacity;
  stream.blocks.clear();
  stream.end = nullptr;
  stream.room = 0;
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
    in_memory_ -= cut.blocks.back().capacity;
    cut.blocks.pop_back();
    cut.room = cut.blocks.empty() ? 0 : cut.blocks.back().capacity - cut.blocks.back().used;
    cut.end = cut.blocks.empty() ? nullptr : cut.blocks.back().data.get() + cut.blocks.back().used;
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

}  // namespace deltos::record
