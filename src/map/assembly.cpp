#include "map/assembly.hpp"

#include <algorithm>

#include "map/columns.hpp"
#include "value/json.hpp"

namespace deltos::map {
namespace {

constexpr std::size_t kOutputBytes = 1 << 20;    // that wait for an outlet
constexpr std::size_t kWordsAtOnce = 64 * 1024;  // of a run that is not over
constexpr std::size_t kShownBytes = 40;

// ---- keys

class Keys {
 public:
  explicit Keys(const Plan &plan) : kind_(plan.kinds.key), area_(*plan.area) {}

  Status same(const EntryView &a, const EntryView &b, bool *same) const {
    *same = false;
    if (kind_ == Key::value) return same_values(a, b, same);
    if (a.long_key != b.long_key) return {};
    if (a.long_key) return same_texts(a, b, same);
    *same = a.key.size() == b.key.size() && std::memcmp(a.key.data(), b.key.data(), a.key.size()) == 0;
    return {};
  }

  // To be read by people.
  Result<std::string> show(const EntryView &entry) const {
    if (kind_ == Key::value) {
      std::vector<std::uint64_t> room;
      DELTOS_ASSIGN(const Bytes image, aligned_key(entry, &room));
      DELTOS_ASSIGN(const value::Reader reader, value::Reader::open(image));
      char text[kShownBytes];
      std::uint64_t bytes = 0;
      if (!value::write_json(reader, 0, value::kJsonAscii, text, &bytes).ok()) return std::string("that is a value");
      if (bytes <= sizeof text) return std::string(text, static_cast<std::size_t>(bytes));
      return std::string(text, sizeof text) + "...";
    }
    if (!entry.long_key) return quoted(text_of(entry.key), entry.key.size());
    std::uint64_t place = 0, bytes = 0;
    DELTOS_TRY(text_place(entry, &place, &bytes));
    char text[kShownBytes];
    DELTOS_TRY(area_.read(0, place, std::as_writable_bytes(std::span(text))));
    return quoted({text, sizeof text}, bytes);
  }

 private:
  static std::string quoted(std::string_view text, std::uint64_t bytes) {
    std::string shown = "\"";
    for (const char c : text.substr(0, kShownBytes)) {
      char escaped[5] = {c, '\0'};
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\') std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      shown += escaped;
    }
    shown += bytes > kShownBytes ? "..." : "";
    return shown + "\"";
  }

  Status text_place(const EntryView &entry, std::uint64_t *place, std::uint64_t *bytes) const {
    *place = load<std::uint64_t>(entry.key.data());
    DELTOS_TRY(area_.read(0, *place, std::as_writable_bytes(std::span(bytes, 1))));
    *place += sizeof *bytes;
    return {};
  }

  Result<Bytes> aligned_key(const EntryView &entry, std::vector<std::uint64_t> *room) const {
    std::uint64_t place = 0, bytes = entry.key.size();
    if (entry.long_key) DELTOS_TRY(text_place(entry, &place, &bytes));
    room->resize(static_cast<std::size_t>((bytes + 7) / 8));
    const MutableBytes key = std::as_writable_bytes(std::span(*room)).first(static_cast<std::size_t>(bytes));
    if (entry.long_key)
      DELTOS_TRY(area_.read(0, place, key));
    else
      std::memcpy(key.data(), entry.key.data(), key.size());
    return Bytes(key);
  }

  Status same_values(const EntryView &a, const EntryView &b, bool *same) const {
    std::vector<std::uint64_t> one, other;
    DELTOS_ASSIGN(const Bytes left, aligned_key(a, &one));
    DELTOS_ASSIGN(const Bytes right, aligned_key(b, &other));
    return equal_values(left, right, same);
  }

  Status same_texts(const EntryView &a, const EntryView &b, bool *same) const {
    std::uint64_t left = 0, right = 0, bytes = 0, other = 0;
    DELTOS_TRY(text_place(a, &left, &bytes));
    DELTOS_TRY(text_place(b, &right, &other));
    *same = bytes == other;
    std::byte pieces[2][4096];
    for (std::uint64_t done = 0; *same && done < bytes; done += sizeof pieces[0]) {
      const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(bytes - done, sizeof pieces[0]));
      DELTOS_TRY(area_.read(0, left + done, {pieces[0], piece}));
      DELTOS_TRY(area_.read(0, right + done, {pieces[1], piece}));
      *same = std::memcmp(pieces[0], pieces[1], piece) == 0;
    }
    return {};
  }

  Key kind_;
  const record::Spool &area_;
};

Error added_twice(const std::string &key) {
  return fail(Code::duplicate,
              "the key %s was added twice; leave one out, let FIRST or LAST count, or build a MULTI map", key.c_str());
}

// ---- tagged

class TaggedAssembly final : public Assembly {
 public:
  TaggedAssembly(const Plan &plan, const Start &start, std::uint64_t end_line, Output *output, Outlet *outlet)
      : plan_(plan),
        keys_(plan),
        output_(*output),
        outlet_(outlet),
        line_(start.line),
        end_line_(end_line),
        units_(start.entries / kUnit),
        overflow_(start.overflow),
        area_(start.area) {
    open_line();
  }

  Status put(std::uint64_t hash, const std::byte *record) override {
    const Bytes entry = entry_of(record);
    std::byte *const at = add_entry(entry.size());
    std::memcpy(at, entry.data(), entry.size());
    output_.pairs++;
    return end_entry(hash, at, entry.size());
  }

  Status put_one_of(std::uint64_t hash, const std::byte *record) override {
    hash_ = hash;
    const Bytes entry = entry_of(record);
    const EntryView view(entry);
    for (Same &known : same_) {
      bool same = false;
      DELTOS_TRY(keys_.same(EntryView(known.entry), view, &same));
      if (same) return again(&known, entry, view);
    }
    same_.push_back({{entry.begin(), entry.end()}, {}, {}, 0});
    return {};
  }

  Status end_of_these() override {
    for (Same &known : same_) {
      if (known.words.empty() && known.kept == 0)
        DELTOS_TRY(end_single(known.entry));
      else
        DELTOS_TRY(end_run(&known));
    }
    same_.clear();
    return {};
  }

  Status finish() override {
    while (line_ < end_line_) {
      close_line();
      open_line();
      DELTOS_TRY(let_out());
    }
    return {};
  }

 private:
  struct Same {  // a key and what it has
    std::vector<std::byte> entry;
    std::vector<std::uint64_t> words;
    std::vector<std::size_t> moved;  // words that are places in the output
    std::uint64_t kept;              // words that the outlet has
  };

  void open_line() {
    Line line{};
    line.base_count = units_;
    chain_.push_back(line);
  }
  void close_line() {
    output_.lines.append(std::as_bytes(std::span(chain_).first(1)));
    output_.overflow.append(std::as_bytes(std::span(chain_).subspan(1)));
    overflow_ += chain_.size() - 1;
    chain_.clear();
    line_++;
  }
  Status let_out() {
    if (outlet_ == nullptr || output_.bytes() < kOutputBytes) return {};
    return outlet_->take(&output_);
  }

  std::byte *add_entry(std::size_t bytes) {
    return output_.entries.extend(static_cast<std::size_t>(round_up(bytes, kUnit)));
  }
  // Zeros behind it, and its place in a line.
  Status end_entry(std::uint64_t hash, std::byte *entry, std::size_t bytes) {
    const auto whole = static_cast<std::size_t>(round_up(bytes, kUnit));
    std::memset(entry + bytes, 0, whole - bytes);
    entry[1] |= static_cast<std::byte>(whole - bytes);
    const std::uint64_t home = part_of(hash, plan_.homes);
    while (line_ < home) {
      close_line();
      open_line();
    }
    if (count_of(chain_.back()) == kTags) {
      if (chain_.size() == kMaxLines)
        return fail(Code::limit, "more than %u keys fall on one line of the directory; build the map again",
                    kMaxLines * kTags);
      chain_.back().next = plan_.homes + overflow_ + chain_.size() - 1;
      open_line();
    }
    Line &line = chain_.back();
    const unsigned i = count_of(line);
    line.tag[i] = static_cast<std::uint8_t>(hash);
    line.size[i] = static_cast<std::uint8_t>(whole / kUnit);
    line.base_count += std::uint64_t{1} << 48;
    units_ += whole / kUnit;
    output_.keys++;
    return let_out();
  }

  Status again(Same *known, Bytes entry, const EntryView &view) {
    if (plan_.kinds.shape == Shape::multi) {
      if (known->words.empty() && known->kept == 0) DELTOS_TRY(add_word(known, EntryView(known->entry)));
      return add_word(known, view);
    }
    if (plan_.duplicates == Duplicates::error) {
      DELTOS_ASSIGN(const std::string key, keys_.show(view));
      return added_twice(key);
    }
    if (plan_.duplicates == Duplicates::last) known->entry.assign(entry.begin(), entry.end());
    return {};
  }

  Status add_word(Same *known, const EntryView &view) {
    if (!plan_.kinds.texts() || view.away) {
      known->words.push_back(load<std::uint64_t>(view.value.data()));
    } else {
      if (outlet_ == nullptr) known->moved.push_back(known->words.size());
      known->words.push_back(add_text(view.value));
    }
    // Only of the first key: two keys with the same hash and so many values each do not come together by chance.
    if (outlet_ != nullptr && known == same_.data() && known->words.size() == kWordsAtOnce) {
      DELTOS_TRY(outlet_->keep_words(std::as_bytes(std::span(known->words))));
      known->kept += known->words.size();
      known->words.clear();
    }
    return let_out();
  }

  std::uint64_t add_text(Bytes text) {
    const std::uint64_t place = area_, bytes = text.size();
    const auto whole = static_cast<std::size_t>(round_up(sizeof bytes + text.size(), kTextAlignment));
    std::byte *const at = output_.area.extend(whole);
    save(at, bytes);
    if (!text.empty()) std::memcpy(at + sizeof bytes, text.data(), text.size());
    std::memset(at + sizeof bytes + text.size(), 0, whole - sizeof bytes - text.size());
    area_ += whole;
    return place;
  }

  Status end_single(Bytes entry) {
    std::byte *const at = add_entry(entry.size());
    std::memcpy(at, entry.data(), entry.size());
    output_.pairs++;
    return end_entry(hash_, at, entry.size());
  }

  Status end_run(Same *known) {
    const Run run{area_, known->kept + known->words.size()};
    if (known->kept > 0) {
      DELTOS_TRY(outlet_->take(&output_));
      DELTOS_TRY(outlet_->gather_words());
      area_ += known->kept * sizeof(std::uint64_t);
    }
    for (const std::size_t i : known->moved)
      output_.area_places.push_back(output_.area.size() + i * sizeof(std::uint64_t));
    output_.area.append(std::as_bytes(std::span(known->words)));
    area_ += known->words.size() * sizeof(std::uint64_t);
    output_.pairs += run.count;

    const EntryView view(known->entry);
    const std::size_t before = kEntryHeadBytes + view.key.size();
    std::byte *const at = add_entry(before + sizeof run);
    std::memcpy(at, known->entry.data(), before);
    at[1] = static_cast<std::byte>(kFlagRun);
    save(at + before, run);
    if (outlet_ == nullptr)
      output_.entry_places.push_back(static_cast<std::size_t>(at - output_.entries.data()) + before);
    return end_entry(hash_, at, before + sizeof run);
  }

  const Plan &plan_;
  Keys keys_;
  Output &output_;
  Outlet *outlet_;
  std::uint64_t line_, end_line_;
  std::uint64_t units_, overflow_, area_;  // where the next ones come
  std::vector<Line> chain_;                // a home line and those that it goes on in
  std::uint64_t hash_ = 0;
  std::vector<Same> same_;  // of that hash
};

// ---- paired

class PairedAssembly final : public Assembly {
 public:
  PairedAssembly(const Plan &plan, const Start &start, std::uint64_t end_line, Output *output, Outlet *outlet)
      : plan_(plan),
        output_(*output),
        outlet_(outlet),
        line_(start.line),
        end_line_(end_line),
        pairs_(start.entries / sizeof(Pair)) {}

  Status put(std::uint64_t hash, const std::byte *record) override {
    output_.keys++;
    return add(hash, load<Pair>(record));
  }

  // Different keys have different hashes.
  Status put_one_of(std::uint64_t hash, const std::byte *record) override {
    const auto pair = load<Pair>(record);
    if (!begun_) {
      output_.keys++;
      begun_ = true;
      hash_ = hash;
      held_ = pair;
      return plan_.kinds.shape == Shape::simple ? Status() : add(hash, pair);
    }
    if (plan_.kinds.shape != Shape::simple) return add(hash, pair);
    if (plan_.duplicates == Duplicates::error) return added_twice(std::to_string(pair.key));
    if (plan_.duplicates == Duplicates::last) held_ = pair;
    return {};
  }

  Status end_of_these() override {
    begun_ = false;
    return plan_.kinds.shape == Shape::simple ? add(hash_, held_) : Status();
  }

  Status finish() override {
    while (line_ < end_line_) DELTOS_TRY(close_line());
    return {};
  }

 private:
  Status add(std::uint64_t hash, const Pair &pair) {
    const PartPlace place = part_place(hash, plan_.homes);
    while (line_ < place.line) DELTOS_TRY(close_line());
    counts_[place.part]++;
    output_.entries.append(std::as_bytes(std::span(&pair, 1)));
    output_.pairs++;
    if (outlet_ == nullptr || output_.bytes() < kOutputBytes) return {};
    return outlet_->take(&output_);
  }

  Status close_line() {
    PairsLine line{};
    line.base = pairs_;
    std::uint64_t end = 0;
    for (unsigned part = 0; part < kParts; ++part) {
      end += counts_[part];
      counts_[part] = 0;
      if (end > UINT32_MAX) {
        return fail(Code::limit, "a key has %llu values or nearly as many; %llu are possible where keys are words",
                    shown(end), shown(UINT32_MAX));
      }
      line.end[part] = static_cast<std::uint32_t>(end);
    }
    output_.lines.append(std::as_bytes(std::span(&line, 1)));
    pairs_ += end;
    line_++;
    return {};
  }

  const Plan &plan_;
  Output &output_;
  Outlet *outlet_;
  std::uint64_t line_, end_line_;
  std::uint64_t pairs_;  // before the line
  std::uint64_t counts_[kParts] = {};
  bool begun_ = false;
  std::uint64_t hash_ = 0;
  Pair held_{};  // of a simple map
};

}  // namespace

void Output::clear() {
  for (Buffer *const buffer : {&lines, &overflow, &entries, &area}) buffer->clear();
  entry_places.clear();
  area_places.clear();
  keys = pairs = 0;
}

std::unique_ptr<Assembly> Assembly::make(const Plan &plan, const Start &start, std::uint64_t end_line, Output *output,
                                         Outlet *outlet) {
  if (plan.form.paired) return std::make_unique<PairedAssembly>(plan, start, end_line, output, outlet);
  return std::make_unique<TaggedAssembly>(plan, start, end_line, output, outlet);
}

}  // namespace deltos::map
