// Looking keys up in a hash map where it lies. What one call checks is what it touches; opening looks at the head.
//
// Errors are corrupt where the image is at fault, range where a position or a run is that nobody was given, and type
// where something is asked that maps of this kind do not have.
#pragma once

#include <vector>

#include "base/status.hpp"
#include "map/columns.hpp"
#include "map/image.hpp"
#include "record/columns.hpp"

namespace deltos::map {

// The fields of deltos_map_entry.
struct Entry {
  Bytes key;                         // as it is stored; of an approximate map the 8 bytes of its hash
  const std::byte *value = nullptr;  // the first one; nullptr: absent
  std::uint64_t value_bytes = 0;
  std::uint64_t number = 0;  // where values are numbers
  std::uint64_t count = 0;   // of values; 0: absent
  std::uint64_t run = 0;     // where they lie, if they are several
};

class Reader {
 public:
  // not_deltos, feature, corrupt, limit. The bytes stay the caller's.
  static Result<Reader> open(Bytes image);

  Bytes image() const { return image_; }
  const ImageHead &head() const { return head_; }
  const Kinds &kinds() const { return kinds_; }
  // Of a record table; empty: values are not records.
  Bytes records() const { return section(head_.records); }

  // Absent: count 0. type: not 8 bytes, where keys are words; what hash_of_value() says.
  Status find(Bytes key, Entry *entry) const;
  // The same by a shorter way. false: find() has to tell, since something is in the way.
  bool find_fast(Bytes key, Entry *entry) const noexcept;
  // The first number of a key that is one, by a way that is shorter still. false: as above, or the map is of others.
  bool find_number(Bytes key, std::uint64_t *number, bool *present) const noexcept;

  // Gives each item of a column of keys, with its number, to `take`(i, const Entry &), in order. Looks several up at a
  // time. invalid, type, range, and what find() says.
  template <class Take>
  Status find_many(const record::Column &keys, Take &&take) const;

  // Values `first` and on, of an entry that find() or entries() gave: as many as there are. type: not of that sort.
  Status values(const Entry &entry, std::uint64_t first, Bytes *values, std::uint64_t capacity,
                std::uint64_t *given) const;
  Status numbers(const Entry &entry, std::uint64_t first, std::uint64_t *numbers, std::uint64_t capacity,
                 std::uint64_t *given) const;

  // The keys in the order in which they lie. A position is where one lies, 0 the first.
  Status entries(std::uint64_t *position, Entry *entries, std::uint64_t capacity, std::uint64_t *given) const;
  // Positions of all keys, in their order. type: keys are values.
  Result<std::vector<std::uint64_t>> order() const;

 private:
  friend class Check;
  static constexpr unsigned kGroup = 64;

  Reader(Bytes image, const ImageHead &head);
  Bytes section(const Section &section) const { return image_.subspan(section.place, section.bytes); }
  static Error damaged(const char *what);

  // Each says what is wrong with what it finds, or nullptr.
  template <class Same>
  const char *find_tagged(std::uint64_t hash, Same &&same, Entry *entry) const;
  std::uint64_t pair_of(std::uint64_t word, std::uint64_t hash, std::uint64_t begin, std::uint64_t end) const noexcept;
  const char *find_in_part(std::uint64_t word, std::uint64_t hash, std::uint64_t begin, std::uint64_t end,
                           Entry *entry) const noexcept;
  const char *line_fault(std::uint64_t number, std::uint64_t base_count, std::uint64_t next) const noexcept;
  const char *read_line(std::uint64_t number, Line *line) const noexcept;
  const char *read_entry(std::uint64_t base, std::uint64_t units, Entry *entry) const noexcept;
  const char *read_entry_here(std::uint64_t base, std::uint64_t units, Entry *entry) const noexcept;
  const char *read_rest(const std::byte *at, std::uint64_t bytes, Entry *entry) const noexcept;
  const char *read_pair(std::uint64_t first, std::uint64_t count, Entry *entry) const noexcept;
  const char *read_part(PartPlace place, std::uint64_t *begin, std::uint64_t *end) const noexcept;
  const char *read_word(const std::byte *at, Entry *entry) const noexcept;
  const char *text(std::uint64_t place, Bytes *text) const noexcept;
  const char *value_image(std::uint64_t place, Bytes *image) const noexcept;
  const char *bytes_of_word(const std::byte *at, Bytes *bytes) const noexcept;

  struct Sought;  // a key, hashed
  void lead(std::uint64_t word, Sought *sought) const noexcept;
  bool seek_short(Bytes key, Sought *sought) const noexcept;
  Status seek(Bytes key, Sought *sought) const;
  const char *find_short(const Sought &sought, Entry *entry) const noexcept;
  Status find_value(const Sought &sought, Entry *entry) const;
  Status find(const Sought &sought, Entry *entry) const;
  void touch_entry(Sought *sought) const noexcept;
  bool find_led(const Sought &sought, Entry *entry) const noexcept;
  Status find_group(const record::Column &keys, std::uint64_t first, std::size_t count, Entry *entries) const;
  Status words_of(const Entry &entry, std::uint64_t first, std::uint64_t capacity, const std::byte **words,
                  std::uint64_t *step, std::uint64_t *given) const;
  Status tagged_entries(std::uint64_t *position, Entry *entries, std::uint64_t capacity, std::uint64_t *given) const;
  Status paired_entries(std::uint64_t *position, Entry *entries, std::uint64_t capacity, std::uint64_t *given) const;
  std::uint64_t same_keys(std::uint64_t first, std::uint64_t end) const noexcept;

  Bytes image_;
  ImageHead head_;
  Kinds kinds_;
  const std::byte *lines_, *entries_;
  std::uint64_t line_count_, entry_bytes_;
  Bytes area_;
  enum class ValueWay : std::uint8_t { text, number, other };
  ValueWay value_way_;
};

template <class Take>
Status Reader::find_many(const record::Column &keys, Take &&take) const {
  DELTOS_TRY(check_keys(keys, kinds_.key));
  Entry group[kGroup];
  for (std::uint64_t first = 0; first < keys.count; first += kGroup) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(keys.count - first, kGroup));
    DELTOS_TRY(find_group(keys, first, count, group));
    for (std::size_t i = 0; i < count; ++i) take(first + i, std::as_const(group[i]));
  }
  return {};
}

}  // namespace deltos::map
