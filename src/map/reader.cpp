#include "map/reader.hpp"

#include <algorithm>
#include <utility>

#include "map/tags.hpp"
#include "value/image.hpp"

namespace deltos::map {
namespace {

constexpr std::uint64_t kMostKeys = std::uint64_t{1} << 48;
constexpr unsigned kOrdinalBits = 24;  // of a position: which entry behind a home line
static_assert(kMaxLines * kTags < 1U << kOrdinalBits);
constexpr std::uint64_t kAtOnce = 8;  // pairs that are looked at together

const char *kind_fault(const ImageHead &head) {
  const auto key = static_cast<Key>(head.key);
  const auto shape = static_cast<Shape>(head.shape);
  if (key > Key::value || static_cast<Value>(head.value) > Value::record || shape > Shape::approximate)
    return "it is of a kind that this version does not know";
  const Kinds kinds{key, static_cast<Value>(head.value), shape};
  if (head.layout != static_cast<std::uint8_t>(kinds.layout())) return "it is laid out as this version does not know";
  return nullptr;
}

Status check_head(const ImageHead &head, std::uint64_t size) {
  bool clean = head.flags == 0 && head.reserved0 == 0;
  for (const std::uint64_t word : head.reserved) clean = clean && word == 0;
  if (!clean || kind_fault(head) != nullptr)
    return fail(Code::feature, "the hash map has features that this version does not know; use a newer one");
  if (head.bytes < sizeof head || head.bytes > size || head.bytes % kAlignment != 0) {
    return fail(Code::corrupt, "the hash map says that it has %llu bytes; %llu are there", shown(head.bytes),
                shown(size));
  }
  return {};
}

// Sections lie one behind the other.
const char *section_fault(const ImageHead &head) {
  std::uint64_t at = sizeof head;
  for (const Section &section : {head.directory, head.entries, head.area}) {
    if (section.place % kAlignment != 0 || section.place < at || !within(section.place, section.bytes, head.bytes))
      return "a section does not lie within it";
    at = section.place + section.bytes;
  }
  const bool records = static_cast<Value>(head.value) == Value::record;
  if (!records)
    return head.records.place == 0 && head.records.bytes == 0 ? nullptr : "it has records that it cannot have";
  if (head.records.place % kAlignment != 0 || head.records.place < at ||
      !within(head.records.place, head.records.bytes, head.bytes))
    return "its records do not lie within it";
  return nullptr;
}

const char *count_fault(const ImageHead &head) {
  if (head.directory.bytes % sizeof(Line) != 0 || head.homes == 0 || head.homes > head.directory.bytes / sizeof(Line))
    return "its directory is not as long as it says";
  if (head.keys > head.pairs || head.pairs > kMostKeys) return "it has more keys than there can be";
  const bool paired = static_cast<Layout>(head.layout) == Layout::paired;
  if (paired && head.entries.bytes != head.pairs * sizeof(Pair)) return "it has not as many pairs as it says";
  if (paired && head.directory.bytes != head.homes * sizeof(PairsLine)) return "its directory is longer than it says";
  if (head.entries.bytes % kUnit != 0 || head.homes > kMostKeys) return "it is too large";
  return nullptr;
}

// The second statement keeps the first: GCC takes functions and loops that only prefetch for ones without effect.
inline void prefetch(const std::byte *at) {
  __builtin_prefetch(at);
  asm volatile("" : : "r"(at));
}

// A line of the directory, read where it lies: a copy would be waited for. Nothing in it is sure before line_fault().
struct LineInPlace {
  const std::byte *at;
  std::uint64_t base_count, next;
  Tags tags;

  explicit LineInPlace(const std::byte *line)
      : at(line),
        base_count(load<std::uint64_t>(line)),
        next(load<std::uint64_t>(line + offsetof(Line, next))),
        tags(line) {}
  unsigned count() const { return static_cast<unsigned>(base_count >> 48); }
  // Bit i: entry i may have this hash.
  std::uint32_t having(std::uint64_t hash) const { return tags.having(static_cast<std::uint8_t>(hash), count()); }
  // In units from the start of the entries.
  std::uint64_t place_of(unsigned i) const { return (base_count & kMaxBase) + tags.units_before(i); }
  std::uint64_t size_of(unsigned i) const { return std::to_integer<std::uint64_t>(at[offsetof(Line, size) + i]); }
};

// Short keys are compared in a few loads, without a call.
[[gnu::always_inline]] inline bool same_bytes(Bytes stored, Bytes key) {
  const std::size_t size = key.size();
  if (stored.size() != size) return false;
  const std::byte *const a = stored.data(), *const b = key.data();
  if (size > 32) return std::memcmp(a, b, size) == 0;
  const auto differ = [&](std::size_t at) { return load<std::uint64_t>(a + at) ^ load<std::uint64_t>(b + at); };
  if (size >= 8) {  // without asking how long it is: lengths cannot be foreseen
    const std::size_t last = size - 8, second = std::min<std::size_t>(8, last);
    return (differ(0) | differ(second) | differ(last - second) | differ(last)) == 0;
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

}  // namespace

Error Reader::damaged(const char *what) {
  return fail(Code::corrupt, "the hash map is damaged: %s; build it again, or restore the storage from a copy", what);
}

Reader::Reader(Bytes image, const ImageHead &head)
    : image_(image),
      head_(head),
      kinds_{static_cast<Key>(head.key), static_cast<Value>(head.value), static_cast<Shape>(head.shape)},
      lines_(image.data() + head.directory.place),
      entries_(image.data() + head.entries.place),
      line_count_(head.directory.bytes / sizeof(Line)),
      entry_bytes_(head.entries.bytes),
      area_(section(head.area)),
      value_way_(kinds_.texts()     ? ValueWay::text
                 : kinds_.numbers() ? ValueWay::number
                                    : ValueWay::other) {}

Result<Reader> Reader::open(Bytes image) {
  if (image.size() < sizeof(ImageHead) || load<std::uint32_t>(image.data()) != kImageMagic)
    return fail(Code::not_deltos, "the bytes do not start like a hash map");
  const auto head = load<ImageHead>(image.data());
  DELTOS_TRY(check_head(head, image.size()));
  if (const char *const fault = section_fault(head)) return damaged(fault);
  if (const char *const fault = count_fault(head)) return damaged(fault);
  return Reader(image.first(head.bytes), head);
}

// ---- the area

const char *Reader::text(std::uint64_t place, Bytes *text) const noexcept {
  if (place % kTextAlignment != 0 || !within(place, sizeof(std::uint64_t), area_.size()))
    return "a text does not lie within its area";
  const auto bytes = load<std::uint64_t>(area_.data() + place);
  if (!within(place + sizeof bytes, bytes, area_.size())) return "a text goes on behind its area";
  *text = area_.subspan(place + sizeof bytes, bytes);
  return nullptr;
}

const char *Reader::value_image(std::uint64_t place, Bytes *image) const noexcept {
  if (place % kValueAlignment != 0 || !within(place, sizeof(value::ImageHead), area_.size()))
    return "a value does not lie within its area";
  const auto bytes = load<std::uint64_t>(area_.data() + place + offsetof(value::ImageHead, bytes));
  if (bytes < sizeof(value::ImageHead) || !within(place, bytes, area_.size())) return "a value goes on behind its area";
  *image = area_.subspan(place, bytes);
  return nullptr;
}

// What the word of a value stands for.
const char *Reader::bytes_of_word(const std::byte *at, Bytes *bytes) const noexcept {
  if (kinds_.numbers()) {
    *bytes = {at, sizeof(std::uint64_t)};
    return nullptr;
  }
  const auto word = load<std::uint64_t>(at);
  return kinds_.texts() ? text(word, bytes) : value_image(word, bytes);
}

const char *Reader::read_word(const std::byte *at, Entry *entry) const noexcept {
  Bytes bytes;
  if (const char *const fault = bytes_of_word(at, &bytes)) return fault;
  entry->value = bytes.data();
  entry->value_bytes = bytes.size();
  if (kinds_.numbers()) entry->number = load<std::uint64_t>(at);
  return nullptr;
}

// ---- tagged

inline const char *Reader::line_fault(std::uint64_t number, std::uint64_t base_count,
                                      std::uint64_t next) const noexcept {
  if (base_count >> 48 > kTags) return "a line of its directory has more entries than fit";
  if (next != 0 && (next <= number || next < head_.homes || next >= line_count_))
    return "a line of its directory goes on where there is none";
  return nullptr;
}

const char *Reader::read_line(std::uint64_t number, Line *line) const noexcept {
  std::memcpy(line, lines_ + number * sizeof(Line), sizeof *line);
  return line_fault(number, line->base_count, line->next);
}

// Most are a short key and a short text, or word, and are read here.
[[gnu::always_inline]] inline const char *Reader::read_entry_here(std::uint64_t base, std::uint64_t units,
                                                                  Entry *entry) const noexcept {
  const std::uint64_t place = base * kUnit, bytes = units * kUnit;
  if (!within(place, bytes, entry_bytes_) || bytes < kEntryHeadBytes) return "an entry does not lie among the entries";
  const std::byte *const at = entries_ + place;
  const std::uint64_t key_bytes = std::to_integer<std::uint64_t>(at[0]), pad = std::to_integer<std::uint64_t>(at[1]);
  const std::uint64_t around = kEntryHeadBytes + key_bytes + pad;
  if (pad > kPadMask || key_bytes == kLongKey || around > bytes || value_way_ == ValueWay::other) [[unlikely]]
    return read_rest(at, bytes, entry);
  entry->key = {at + kEntryHeadBytes, key_bytes};
  entry->value = at + kEntryHeadBytes + key_bytes;
  entry->value_bytes = bytes - around;
  entry->count = 1;
  entry->run = 0;
  entry->number = 0;
  if (value_way_ == ValueWay::text) return nullptr;
  if (entry->value_bytes != sizeof(std::uint64_t)) return "the value of an entry has another length";
  entry->number = load<std::uint64_t>(entry->value);
  return nullptr;
}

const char *Reader::read_entry(std::uint64_t base, std::uint64_t units, Entry *entry) const noexcept {
  return read_entry_here(base, units, entry);
}

// Of any kind.
const char *Reader::read_rest(const std::byte *at, std::uint64_t bytes, Entry *entry) const noexcept {
  const auto key_bytes = static_cast<std::uint8_t>(at[0]), flags = static_cast<std::uint8_t>(at[1]);
  const std::uint64_t stored = key_bytes == kLongKey ? sizeof(std::uint64_t) : key_bytes;
  const std::uint64_t around = kEntryHeadBytes + stored + (flags & kPadMask);
  if (around > bytes || (flags & ~kKnownFlags) != 0) return "an entry is shorter than its key";
  const std::byte *const value = at + kEntryHeadBytes + stored;
  const std::uint64_t value_bytes = bytes - around;
  entry->key = {at + kEntryHeadBytes, stored};
  if (key_bytes == kLongKey) {
    if (const char *const fault = text(load<std::uint64_t>(at + kEntryHeadBytes), &entry->key)) return fault;
  }
  entry->count = 1;
  entry->run = 0;
  entry->number = 0;
  if ((flags & kFlagRun) != 0) {
    if (value_bytes != sizeof(Run)) return "the run of an entry has another length";
    const auto run = load<Run>(value);
    std::uint64_t run_bytes = 0;
    if (run.count < 2 || !checked_mul(run.count, std::uint64_t{8}, &run_bytes) || run.place % 8 != 0 ||
        !within(run.place, run_bytes, area_.size()))
      return "the run of an entry does not lie within its area";
    entry->count = run.count;
    entry->run = run.place;
    return read_word(area_.data() + run.place, entry);
  }
  if (kinds_.texts() && (flags & kFlagAway) == 0) {
    entry->value = value;
    entry->value_bytes = value_bytes;
    return nullptr;
  }
  if (value_bytes != sizeof(std::uint64_t)) return "the value of an entry has another length";
  return read_word(value, entry);
}

template <class Same>
[[gnu::always_inline]] inline const char *Reader::find_tagged(std::uint64_t hash, Same &&same, Entry *entry) const {
  std::uint64_t number = part_of(hash, head_.homes);
  for (unsigned lines = 0; lines < kMaxLines; ++lines) {
    const LineInPlace line(lines_ + number * sizeof(Line));
    if (const char *const fault = line_fault(number, line.base_count, line.next)) return fault;
    for (std::uint32_t left = line.having(hash); left != 0; left &= left - 1) {
      const auto i = static_cast<unsigned>(std::countr_zero(left));
      if (const char *const fault = read_entry_here(line.place_of(i), line.size_of(i), entry)) return fault;
      bool found = false;
      if (const char *const fault = same(entry->key, &found)) return fault;
      if (found) return nullptr;
    }
    if (line.next == 0) {
      *entry = Entry{};
      return nullptr;
    }
    number = line.next;
  }
  return "more lines of its directory hang together than there can be";
}

// ---- paired

const char *Reader::read_part(PartPlace place, std::uint64_t *begin, std::uint64_t *end) const noexcept {
  const std::byte *const line = lines_ + place.line * sizeof(PairsLine);
  const auto base = load<std::uint64_t>(line);
  const std::byte *const ends = line + offsetof(PairsLine, end);
  const std::uint64_t from = place.part == 0 ? 0 : load<std::uint32_t>(ends + 4 * (place.part - 1));
  const std::uint64_t to = load<std::uint32_t>(ends + 4 * place.part);
  if (from > to || base > head_.pairs || to > head_.pairs - base) return "its directory leads behind the pairs";
  *begin = base + from;
  *end = base + to;
  return nullptr;
}

const char *Reader::read_pair(std::uint64_t first, std::uint64_t count, Entry *entry) const noexcept {
  const std::byte *const at = entries_ + first * sizeof(Pair);
  entry->key = {at, sizeof(std::uint64_t)};
  entry->count = count;
  entry->run = count > 1 ? first : 0;
  entry->number = 0;
  return read_word(at + offsetof(Pair, word), entry);
}

// How many pairs from `first` on have its key; those of a key lie together.
std::uint64_t Reader::same_keys(std::uint64_t first, std::uint64_t end) const noexcept {
  if (kinds_.shape == Shape::simple) return 1;
  const auto key_at = [&](std::uint64_t i) { return load<std::uint64_t>(entries_ + i * sizeof(Pair)); };
  const std::uint64_t key = key_at(first);
  std::uint64_t last = first, step = 1;
  while (step < end - last && key_at(last + step) == key) {
    last += step;
    step *= 2;
  }
  for (; step > 0; step /= 2) {
    if (step < end - last && key_at(last + step) == key) last += step;
  }
  return last - first + 1;
}

// The first pair with this key, or `end`.
[[gnu::always_inline]] inline std::uint64_t Reader::pair_of(std::uint64_t word, std::uint64_t hash, std::uint64_t begin,
                                                            std::uint64_t end) const noexcept {
  const auto key_at = [&](std::uint64_t i) { return load<std::uint64_t>(entries_ + i * sizeof(Pair)); };
  if (end - begin <= kAtOnce && head_.pairs >= kAtOnce) [[likely]] {
    // A loop that ends with the key would end where no processor foresees it, and look-ups wait for each other then.
    const std::uint64_t from = std::min(begin, head_.pairs - kAtOnce);
    unsigned same = 0;
#pragma GCC unroll 8
    for (unsigned i = 0; i < kAtOnce; ++i) same |= unsigned{key_at(from + i) == word} << i;
    same &= ((1U << (end - begin)) - 1) << (begin - from);
    return same != 0 ? from + static_cast<unsigned>(std::countr_zero(same)) : end;
  }
  std::uint64_t at = begin;
  for (std::uint64_t left = end - begin; left > 0;) {
    const std::uint64_t half = left / 2;
    const bool below = hash_of_word(key_at(at + half), head_.seed) < hash;
    at = below ? at + half + 1 : at;
    left = below ? left - half - 1 : half;
  }
  return at < end && key_at(at) == word ? at : end;
}

const char *Reader::find_in_part(std::uint64_t word, std::uint64_t hash, std::uint64_t begin, std::uint64_t end,
                                 Entry *entry) const noexcept {
  const std::uint64_t at = pair_of(word, hash, begin, end);
  if (at != end) return read_pair(at, same_keys(at, end), entry);
  *entry = Entry{};
  return nullptr;
}

// ---- looking up

struct Reader::Sought {
  Bytes key;
  std::uint64_t word = 0;            // that stands for the key: its hash, or itself where keys are words
  std::uint64_t hash = 0;            // that leads through the directory
  std::uint64_t begin = 0, end = 0;  // where it may lie: units, or pairs; the same: nowhere
  bool led = false;                  // and these have been found
};

inline void Reader::lead(std::uint64_t word, Sought *sought) const noexcept {
  sought->word = word;
  sought->hash = kinds_.layout() == Layout::paired ? hash_of_word(word, head_.seed) : word;
}

// false: seek() has to.
[[gnu::always_inline]] inline bool Reader::seek_short(Bytes key, Sought *sought) const noexcept {
  if (kinds_.key == Key::value || (kinds_.key == Key::u64 && key.size() != sizeof(std::uint64_t))) return false;
  sought->key = key;
  lead(kinds_.key == Key::u64 ? load<std::uint64_t>(key.data()) : hash_of(key, head_.seed), sought);
  return true;
}

Status Reader::seek(Bytes key, Sought *sought) const {
  if (seek_short(key, sought)) return {};
  if (kinds_.key == Key::u64) return fail(Code::type, "keys are U64, of 8 bytes; this one has %zu", key.size());
  std::uint64_t word = 0;
  DELTOS_TRY(hash_of_value(key, head_.seed, &word));
  sought->key = key;
  lead(word, sought);
  return {};
}

// Keys that are values, in tagged maps, are not found so.
[[gnu::always_inline]] inline const char *Reader::find_short(const Sought &sought, Entry *entry) const noexcept {
  if (kinds_.layout() == Layout::tagged) {
    const auto same = [key = sought.key](Bytes stored, bool *found) noexcept -> const char * {
      *found = same_bytes(stored, key);
      return nullptr;
    };
    return find_tagged(sought.hash, same, entry);
  }
  std::uint64_t begin = 0, end = 0;
  if (const char *const fault = read_part(part_place(sought.hash, head_.homes), &begin, &end)) return fault;
  return find_in_part(sought.word, sought.hash, begin, end, entry);
}

Status Reader::find_value(const Sought &sought, Entry *entry) const {
  Status compared;
  const auto same = [&](Bytes key, bool *found) {
    // Entries begin anywhere; values are read at multiples of 8.
    const std::vector<std::uint64_t> room((key.size() + 7) / 8);
    auto *const copy = reinterpret_cast<std::byte *>(const_cast<std::uint64_t *>(room.data()));
    if (!key.empty()) std::memcpy(copy, key.data(), key.size());
    compared = equal_values({copy, key.size()}, sought.key, found);
    return compared.ok() ? nullptr : "";
  };
  const char *const fault = find_tagged(sought.hash, same, entry);
  if (!compared.ok()) return compared;
  if (fault != nullptr) return damaged(fault);
  return {};
}

Status Reader::find(const Sought &sought, Entry *entry) const {
  if (kinds_.key == Key::value && kinds_.layout() == Layout::tagged) return find_value(sought, entry);
  if (const char *const fault = find_short(sought, entry)) return damaged(fault);
  return {};
}

Status Reader::find(Bytes key, Entry *entry) const {
  Sought sought;
  DELTOS_TRY(seek(key, &sought));
  return find(sought, entry);
}

bool Reader::find_fast(Bytes key, Entry *entry) const noexcept {
  Sought sought;
  return seek_short(key, &sought) && find_short(sought, entry) == nullptr;
}

bool Reader::find_number(Bytes key, std::uint64_t *number, bool *present) const noexcept {
  if (kinds_.key != Key::u64 || !kinds_.numbers() || key.size() != sizeof(std::uint64_t)) return false;
  const auto word = load<std::uint64_t>(key.data());
  const std::uint64_t hash = hash_of_word(word, head_.seed);
  std::uint64_t begin = 0, end = 0;
  if (read_part(part_place(hash, head_.homes), &begin, &end) != nullptr) return false;
  const std::uint64_t at = pair_of(word, hash, begin, end);
  *present = at != end;
  *number = *present ? load<std::uint64_t>(entries_ + at * sizeof(Pair) + offsetof(Pair, word)) : 0;
  return true;
}

// ---- many at a time: what the first step asks of memory has come when the second one needs it

// Where the entry is, in all likelihood.
void Reader::touch_entry(Sought *sought) const noexcept {
  if (kinds_.layout() == Layout::paired) {
    if (read_part(part_place(sought->hash, head_.homes), &sought->begin, &sought->end) != nullptr) return;
    sought->led = true;
    if (sought->begin == sought->end) return;
    prefetch(entries_ + sought->begin * sizeof(Pair));
    prefetch(entries_ + (sought->end - 1) * sizeof(Pair));
    return;
  }
  const std::uint64_t number = part_of(sought->hash, head_.homes);
  const LineInPlace line(lines_ + number * sizeof(Line));
  if (line_fault(number, line.base_count, line.next) != nullptr) return;
  const std::uint32_t having = line.having(sought->hash);
  if (having == 0) {
    sought->led = line.next == 0;
    return;
  }
  const auto i = static_cast<unsigned>(std::countr_zero(having));
  sought->begin = line.place_of(i);
  sought->end = sought->begin + line.size_of(i);
  if (sought->begin == sought->end || sought->end > entry_bytes_ / kUnit) return;
  sought->led = true;
  prefetch(entries_ + sought->begin * kUnit);
  prefetch(entries_ + sought->end * kUnit - 1);
}

// Looks where touch_entry() has been led to. false: find() has to tell.
bool Reader::find_led(const Sought &sought, Entry *entry) const noexcept {
  if (!sought.led) return false;
  if (kinds_.layout() == Layout::paired)
    return find_in_part(sought.word, sought.hash, sought.begin, sought.end, entry) == nullptr;
  if (sought.begin == sought.end) {
    *entry = Entry{};
    return true;
  }
  if (kinds_.key == Key::value) return false;
  if (read_entry_here(sought.begin, sought.end - sought.begin, entry) != nullptr) return false;
  return same_bytes(entry->key, sought.key);
}

Status Reader::find_group(const record::Column &keys, std::uint64_t first, std::size_t count, Entry *entries) const {
  Sought sought[kGroup];
  for (std::size_t i = 0; i < count; ++i) {
    Status hashed = seek(item_of(keys, first + i), &sought[i]);
    if (!hashed.ok()) return fail(hashed.code(), "key %llu: %s", shown(first + i), hashed.error().message.c_str());
    prefetch(lines_ + part_of(sought[i].hash, head_.homes) * sizeof(Line));
  }
  for (std::size_t i = 0; i < count; ++i) touch_entry(&sought[i]);
  for (std::size_t i = 0; i < count; ++i) {
    if (!find_led(sought[i], &entries[i])) DELTOS_TRY(find(sought[i], &entries[i]));
  }
  return {};
}

// ---- values

Status Reader::words_of(const Entry &entry, std::uint64_t first, std::uint64_t capacity, const std::byte **words,
                        std::uint64_t *step, std::uint64_t *given) const {
  const bool paired = kinds_.layout() == Layout::paired;
  const std::uint64_t room = paired ? head_.pairs : area_.size() / 8, start = paired ? entry.run : entry.run / 8;
  if (!within(start, entry.count, room) || entry.run % (paired ? 1 : 8) != 0)
    return fail(Code::range, "the entry is none of this map");
  *given = first >= entry.count ? 0 : std::min(entry.count - first, capacity);
  *step = paired ? sizeof(Pair) : sizeof(std::uint64_t);
  *words = paired ? entries_ + offsetof(Pair, word) : area_.data();
  *words += (start + first) * *step;
  return {};
}

Status Reader::values(const Entry &entry, std::uint64_t first, Bytes *values, std::uint64_t capacity,
                      std::uint64_t *given) const {
  *given = 0;
  if (entry.count <= 1) {
    if (first < entry.count && capacity > 0) values[(*given)++] = {entry.value, entry.value_bytes};
    return {};
  }
  const std::byte *words = nullptr;
  std::uint64_t step = 0, count = 0;
  DELTOS_TRY(words_of(entry, first, capacity, &words, &step, &count));
  for (; *given < count; ++*given) {
    if (const char *const fault = bytes_of_word(words + *given * step, &values[*given])) return damaged(fault);
  }
  return {};
}

Status Reader::numbers(const Entry &entry, std::uint64_t first, std::uint64_t *numbers, std::uint64_t capacity,
                       std::uint64_t *given) const {
  *given = 0;
  if (!kinds_.numbers()) return fail(Code::type, "the values of this map are not numbers; read them as bytes");
  if (entry.count <= 1) {
    if (first < entry.count && capacity > 0) numbers[(*given)++] = entry.number;
    return {};
  }
  const std::byte *words = nullptr;
  std::uint64_t step = 0;
  DELTOS_TRY(words_of(entry, first, capacity, &words, &step, given));
  for (std::uint64_t i = 0; i < *given; ++i) numbers[i] = load<std::uint64_t>(words + i * step);
  return {};
}

// ---- going through all of them

Status Reader::tagged_entries(std::uint64_t *position, Entry *entries, std::uint64_t capacity,
                              std::uint64_t *given) const {
  std::uint64_t home = *position >> kOrdinalBits, ordinal = *position & ((1U << kOrdinalBits) - 1);
  if (home > head_.homes) return fail(Code::range, "position %llu is none of this map", shown(*position));
  while (home < head_.homes && *given < capacity) {
    std::uint64_t number = home, before = 0;
    bool full = false;
    for (unsigned lines = 0;; ++lines) {
      const LineInPlace line(lines_ + number * sizeof(Line));
      if (const char *const fault = line_fault(number, line.base_count, line.next)) return damaged(fault);
      for (unsigned i = 0; i < line.count() && !full; ++i) {
        if (before + i < ordinal) continue;
        if (*given == capacity) {
          full = true;
          break;
        }
        if (const char *const fault = read_entry(line.place_of(i), line.size_of(i), &entries[*given]))
          return damaged(fault);
        ++*given;
        ++ordinal;
      }
      before += line.count();
      if (line.next == 0 || full) break;
      if (lines + 1 == kMaxLines) return damaged("more lines of its directory hang together than there can be");
      number = line.next;
    }
    if (full) break;
    ++home;
    ordinal = 0;
  }
  *position = home << kOrdinalBits | ordinal;
  return {};
}

Status Reader::paired_entries(std::uint64_t *position, Entry *entries, std::uint64_t capacity,
                              std::uint64_t *given) const {
  if (*position > head_.pairs) return fail(Code::range, "position %llu is none of this map", shown(*position));
  while (*position < head_.pairs && *given < capacity) {
    const std::uint64_t count = same_keys(*position, head_.pairs);
    if (const char *const fault = read_pair(*position, count, &entries[*given])) return damaged(fault);
    ++*given;
    *position += count;
  }
  return {};
}

Status Reader::entries(std::uint64_t *position, Entry *entries, std::uint64_t capacity, std::uint64_t *given) const {
  *given = 0;
  if (kinds_.layout() == Layout::paired) return paired_entries(position, entries, capacity, given);
  return tagged_entries(position, entries, capacity, given);
}

Result<std::vector<std::uint64_t>> Reader::order() const {
  const bool paired = kinds_.layout() == Layout::paired;
  if (kinds_.key == Key::value && !paired)
    return fail(Code::type, "the keys of this map are values, which have no order");
  struct Named {
    Bytes key;
    std::uint64_t position;
  };
  std::vector<Named> named;
  std::uint64_t position = 0;
  for (;;) {
    const std::uint64_t here = position;
    Entry entry;
    std::uint64_t given = 0;
    DELTOS_TRY(entries(&position, &entry, 1, &given));
    if (given == 0) break;
    if (named.size() == head_.keys) return damaged("it has more keys than it says");
    named.push_back({entry.key, here});
  }
  std::sort(named.begin(), named.end(), [&](const Named &a, const Named &b) {
    if (paired) return load<std::uint64_t>(a.key.data()) < load<std::uint64_t>(b.key.data());
    return text_of(a.key) < text_of(b.key);
  });
  std::vector<std::uint64_t> positions;
  positions.reserve(named.size());
  for (const Named &one : named) positions.push_back(one.position);
  return positions;
}

}  // namespace deltos::map
