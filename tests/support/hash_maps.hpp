// Hash maps that tests build: pairs as text, in columns of any cut, and images where they can be read.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "map/builder.hpp"
#include "map/reader.hpp"
#include "support/random_records.hpp"

namespace deltos::test {

using Pairs = std::vector<std::pair<std::string, std::string>>;  // of U64: the eight bytes

inline std::string word(std::uint64_t number) { return {reinterpret_cast<const char *>(&number), sizeof number}; }

// The texts of some pairs as a column: of 8 bytes each, or slices.
class TextColumn {
 public:
  TextColumn(const Pairs &pairs, std::size_t first, std::size_t count, bool of_keys, bool words) {
    column_.count = count;
    for (std::size_t i = first; i < first + count; ++i) {
      const std::string &text = of_keys ? pairs[i].first : pairs[i].second;
      if (words)
        words_ += text;
      else
        slices_.push_back({bytes_of(text).data(), text.size()});
    }
    column_.layout = words ? ColumnLayout::fixed : ColumnLayout::slices;
    column_.item_bytes = words ? 8 : 0;
    column_.data = words ? bytes_of(words_).data() : std::as_bytes(std::span(slices_)).data();
  }
  TextColumn(const TextColumn &) = delete;
  TextColumn &operator=(const TextColumn &) = delete;
  const Column &column() const { return column_; }

 private:
  std::string words_;
  std::vector<record::Slice> slices_;
  Column column_;
};

inline Status add_pairs(map::Builder &builder, const Pairs &pairs, std::size_t first, std::size_t count) {
  const TextColumn keys(pairs, first, count, true, builder.kinds().key == map::Key::u64);
  const TextColumn values(pairs, first, count, false, builder.kinds().value == map::Value::u64);
  return builder.add(keys.column(), values.column());
}

// nullptr: it could not be built.
inline std::unique_ptr<AlignedImage> image_of(map::Builder &builder) { return image_of(builder, builder.prepare()); }

// All values of a key, as they lie; U64 as eight bytes.
inline std::vector<std::string> values_of(const map::Reader &reader, const map::Entry &entry) {
  std::vector<std::string> values;
  std::vector<Bytes> bytes(1000);
  std::vector<std::uint64_t> numbers(1000);
  for (std::uint64_t given = 1; values.size() < entry.count && given > 0;) {
    const bool words = reader.kinds().numbers();
    const Status status = words ? reader.numbers(entry, values.size(), numbers.data(), numbers.size(), &given)
                                : reader.values(entry, values.size(), bytes.data(), bytes.size(), &given);
    if (!status.ok()) break;
    for (std::size_t i = 0; i < given; ++i) values.push_back(words ? word(numbers[i]) : std::string(text_of(bytes[i])));
  }
  return values;
}

}  // namespace deltos::test
