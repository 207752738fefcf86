#include "map/verify.hpp"

#include "format/validate.hpp"
#include "map/columns.hpp"
#include "map/reader.hpp"
#include "record/reader.hpp"
#include "value/verify.hpp"

namespace deltos::map {

// Goes through an image once, in the order in which it lies.
class Check {
 public:
  Check(const Reader &reader, const Ask &ask) : reader_(reader), head_(reader.head()), ask_(ask) {}

  Status all() {
    if (reader_.kinds().value == Value::record) {
      DELTOS_ASSIGN(const record::Reader records, record::Reader::open(reader_.records()));
      rows_ = records.rows();
    }
    DELTOS_TRY(reader_.kinds().layout() == Layout::tagged ? tagged() : paired());
    if (keys_ != head_.keys) return Reader::damaged("it has another number of keys than it says");
    if (pairs_ != head_.pairs) return Reader::damaged("it has another number of values than it says");
    if (reader_.kinds().value == Value::record) DELTOS_TRY(record::verify(reader_.records()));
    return ask_ ? ask_(head_.bytes, head_.bytes) : Status();
  }

 private:
  Status tagged();
  Status home(std::uint64_t number);
  Status line(std::uint64_t home, const Line &line);
  Status paired();
  Status part(PartPlace place, std::uint64_t *at);
  Status entry(const Entry &entry);
  Status value(Bytes bytes);
  Status found(const Entry &entry) const;
  Status ask(std::uint64_t done) const {
    if (!ask_ || done % kAskEvery != 0) return {};
    return ask_(head_.bytes / 2 * done / head_.homes, head_.bytes);
  }

  static constexpr std::uint64_t kAskEvery = 4096;
  const Reader &reader_;
  const ImageHead &head_;
  const Ask &ask_;
  std::uint64_t keys_ = 0, pairs_ = 0;
  std::uint64_t next_line_ = 0;   // lines that go on, in the order of what they go on from
  std::uint64_t next_entry_ = 0;  // in units
  std::uint64_t rows_ = 0;
};

Status Check::value(Bytes bytes) {
  switch (reader_.kinds().value) {
    case Value::utf8:
      if (!format::is_utf8(text_of(bytes))) return Reader::damaged("a value is not text");
      return {};
    case Value::value:
      return value::verify(bytes);
    case Value::record:
      if (load<std::uint64_t>(bytes.data()) >= rows_) return Reader::damaged("a value is a row that it does not have");
      return {};
    default:
      return {};
  }
}

Status Check::entry(const Entry &entry) {
  ++keys_;
  if (!checked_add(pairs_, entry.count, &pairs_) || pairs_ > head_.pairs)
    return Reader::damaged("it has more values than it says");
  if (reader_.kinds().shape == Shape::simple && entry.count != 1)
    return Reader::damaged("a key has several values, and the map is SIMPLE");
  for (std::uint64_t i = 0; i < entry.count;) {
    Bytes values[64];
    std::uint64_t given = 0;
    DELTOS_TRY(reader_.values(entry, i, values, std::size(values), &given));
    for (std::uint64_t j = 0; j < given; ++j) DELTOS_TRY(value(values[j]));
    i += given;
  }
  return {};
}

// That whoever looks for the key is led here.
Status Check::found(const Entry &entry) const {
  Entry again;
  std::vector<std::uint64_t> aligned((entry.key.size() + 7) / 8);
  Bytes key = entry.key;
  if (reader_.kinds().key == Key::value && !key.empty()) {
    std::memcpy(aligned.data(), key.data(), key.size());
    key = {reinterpret_cast<const std::byte *>(aligned.data()), key.size()};
    DELTOS_TRY(value::verify(key));
  }
  DELTOS_TRY(reader_.find(key, &again));
  if (again.count == 0 || again.key.data() != entry.key.data())
    return Reader::damaged("a key is not where it is looked for");
  if (reader_.kinds().key == Key::utf8 && !format::is_utf8(text_of(key))) return Reader::damaged("a key is not text");
  return {};
}

// ---- tagged

Status Check::line(std::uint64_t home, const Line &line) {
  if (base_of(line) != next_entry_) return Reader::damaged("a line of its directory does not begin where entries do");
  for (unsigned i = 0; i < count_of(line); ++i) {
    Entry at;
    if (const char *const fault = reader_.read_entry(next_entry_, line.size[i], &at)) return Reader::damaged(fault);
    DELTOS_TRY(entry(at));
    DELTOS_TRY(found(at));
    next_entry_ += line.size[i];
  }
  for (unsigned i = count_of(line); i < kTags; ++i) {
    if (line.tag[i] != 0 || line.size[i] != 0)
      return Reader::damaged("a line of its directory is not empty at its end");
  }
  return ask(home);
}

Status Check::home(std::uint64_t number) {
  for (std::uint64_t at = number;;) {
    Line now;
    if (const char *const fault = reader_.read_line(at, &now)) return Reader::damaged(fault);
    DELTOS_TRY(line(number, now));
    if (now.next == 0) return {};
    if (now.next != next_line_++) return Reader::damaged("lines of its directory do not go on in order");
    at = now.next;
  }
}

Status Check::tagged() {
  next_line_ = head_.homes;
  for (std::uint64_t number = 0; number < head_.homes; ++number) DELTOS_TRY(home(number));
  if (next_line_ != reader_.line_count_) return Reader::damaged("its directory has lines that nothing leads to");
  if (next_entry_ * kUnit > head_.entries.bytes || head_.entries.bytes - next_entry_ * kUnit >= kAlignment)
    return Reader::damaged("it has entries that nothing leads to");
  return {};
}

// ---- paired

Status Check::part(PartPlace place, std::uint64_t *at) {
  std::uint64_t begin = 0, end = 0;
  if (const char *const fault = reader_.read_part(place, &begin, &end)) return Reader::damaged(fault);
  if (begin != *at) return Reader::damaged("parts of its directory do not follow one another");
  std::uint64_t last = 0;
  for (std::uint64_t i = begin; i < end;) {
    const std::uint64_t count = reader_.same_keys(i, end);
    Entry here;
    if (const char *const fault = reader_.read_pair(i, count, &here)) return Reader::damaged(fault);
    const std::uint64_t hash = hash_of_word(load<std::uint64_t>(here.key.data()), head_.seed);
    const PartPlace right = part_place(hash, head_.homes);
    if (right.line != place.line || right.part != place.part || (i > begin && hash <= last))
      return Reader::damaged("a pair is not where it is looked for");
    last = hash;
    DELTOS_TRY(entry(here));
    i += count;
  }
  *at = end;
  return {};
}

Status Check::paired() {
  std::uint64_t at = 0;
  for (std::uint64_t line = 0; line < head_.homes; ++line) {
    for (unsigned i = 0; i < kParts; ++i) DELTOS_TRY(part({line, i}, &at));
    DELTOS_TRY(ask(line));
  }
  return {};
}

Status verify(Bytes image, const Ask &ask) {
  DELTOS_ASSIGN(const Reader reader, Reader::open(image));
  Check check(reader, ask);
  return check.all();
}

}  // namespace deltos::map
