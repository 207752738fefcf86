// Streams of bytes that are written side by side and read one behind the other, in bounded memory: what goes beyond it
// lies in one temporary file, which has no name.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "os/file.hpp"

namespace deltos::record {

using Sink = std::function<Status(Bytes)>;

// A file without a name, in the first of these directories that takes one.
Result<os::File> open_temporary(const std::vector<std::string> &directories);

class Spool {
 public:
  struct Limits {
    std::uint64_t memory_bytes = 0;
    std::vector<std::string> directories;  // looked at when a file is needed: the first that takes one has it
  };
  Spool(std::size_t streams, Limits limits);

  // What fails leaves the stream longer or shorter than it was; cut() puts that right.
  Status append(std::size_t stream, Bytes bytes) {
    Stream &to = streams_[stream];
    if (bytes.size() > to.room) return append_slowly(to, bytes);
    if (bytes.empty()) return {};
    to.bytes += bytes.size();
    std::memcpy(to.end, bytes.data(), bytes.size());
    to.end += bytes.size();
    to.room -= bytes.size();
    return {};
  }
  Status append_zeros(std::size_t stream, std::uint64_t bytes);
  std::uint64_t bytes(std::size_t stream) const { return streams_[stream].bytes; }
  // Back to a length that the stream had before.
  void cut(std::size_t stream, std::uint64_t bytes);
  // From the start, in pieces that are good for the call only.
  Status each(std::size_t stream, const Sink &sink) const;
  // What lies from `from` on; it is there. From any thread, like the others that are const, while nobody appends.
  Status read(std::size_t stream, std::uint64_t from, MutableBytes to) const;
  // Makes as much memory free as can be without another file: all of it, if something lies in one already.
  Status settle();

 private:
  struct Block {
    std::unique_ptr<std::byte[]> data;
    std::size_t used, capacity;  // used: of all but the last
  };
  struct Run {  // in the file
    std::uint64_t place, bytes;
  };
  struct Stream {
    std::vector<Run> runs;
    std::vector<Block> blocks;  // behind the runs
    std::byte *end = nullptr;   // in the last block
    std::size_t room = 0;
    std::uint64_t bytes = 0;
  };
  Status append_slowly(Stream &stream, Bytes bytes);
  Status add_block(Stream &stream);
  Block take_block(std::size_t capacity);
  void drop_block(Stream &stream);
  Status spill();
  Status write_blocks(std::uint64_t *end) const;
  void drop_blocks(Stream &stream);
  static std::size_t used_in(const Stream &stream, std::size_t block);

  std::vector<Stream> streams_;
  Limits limits_;
  std::vector<Block> spare_;        // of the largest size
  std::size_t largest_blocks_ = 0;  // of that size that there are
  std::uint64_t in_memory_ = 0;     // without them
  std::size_t block_bytes_;
  os::File file_;
  std::uint64_t file_bytes_ = 0;
};

}  // namespace deltos::record
