// What waits to be sorted: records, one behind the other, in the partition that the first bits of their hash name.
//
// A record is, tagged: the hash, u16 how long the entry is, the entry without zeros behind it; paired: a Pair.
#pragma once

#include "map/image.hpp"

namespace deltos::map {

constexpr std::size_t kRecordHeadBytes = sizeof(std::uint64_t) + sizeof(std::uint16_t);
constexpr std::size_t kMostRecordBytes = kRecordHeadBytes + kMaxEntryBytes;

struct RecordForm {
  bool paired = false;
  std::uint64_t seed = 0;

  std::uint64_t hash(const std::byte *record) const {
    const auto word = load<std::uint64_t>(record);
    return paired ? hash_of_word(word, seed) : word;
  }
  std::size_t bytes(const std::byte *record) const {
    return paired ? sizeof(Pair) : kRecordHeadBytes + load<std::uint16_t>(record + sizeof(std::uint64_t));
  }
  // How many of these bytes are records that are whole.
  std::size_t whole(Bytes all) const {
    std::size_t at = 0;
    while (all.size() - at >= (paired ? sizeof(Pair) : kRecordHeadBytes)) {
      const std::size_t next = bytes(all.data() + at);
      if (next > all.size() - at) break;
      at += next;
    }
    return at;
  }
};

// An entry that is to be made: key and value as they lie in it.
struct EntryView {
  Bytes key;    // a place where the key is long
  Bytes value;  // a word, or a text
  bool long_key = false, away = false;

  explicit EntryView(Bytes entry) {
    const auto key_bytes = static_cast<std::uint8_t>(entry[0]), flags = static_cast<std::uint8_t>(entry[1]);
    long_key = key_bytes == kLongKey;
    away = (flags & kFlagAway) != 0;
    key = entry.subspan(kEntryHeadBytes, long_key ? sizeof(std::uint64_t) : key_bytes);
    value = entry.subspan(kEntryHeadBytes + key.size());
  }
};
inline Bytes entry_of(const std::byte *record) {
  return {record + kRecordHeadBytes, load<std::uint16_t>(record + sizeof(std::uint64_t))};
}

}  // namespace deltos::map
