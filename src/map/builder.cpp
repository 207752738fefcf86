#include "map/builder.hpp"

#include <algorithm>
#include <array>

#include "format/validate.hpp"
#include "map/addition.hpp"
#include "map/columns.hpp"
#include "os/file.hpp"
#include "record/value_kind.hpp"
#include "value/image.hpp"

namespace deltos::map {
namespace {

constexpr std::uint64_t kPairsAtOnce = 4096, kBytesAtOnce = std::uint64_t{4} << 20;  // between questions to progress
constexpr std::uint64_t kMostPairs = std::uint64_t{1} << 48;
constexpr std::size_t kShortText = sizeof(std::uint64_t);  // no longer than the place of one that is kept elsewhere
constexpr std::uint64_t kMemoryOfPartition = 256 * 1024, kLeastPartitions = 16;

std::uint64_t memory_of(const BuildOptions &options) {
  return std::max(options.memory_bytes != 0 ? options.memory_bytes : kDefaultBuildMemory, kLeastBuildMemory);
}

unsigned bits_of(const BuildOptions &options) {
  const std::uint64_t partitions =
      std::clamp(memory_of(options) / kMemoryOfPartition, kLeastPartitions, kMostPartitions);
  return static_cast<unsigned>(std::bit_width(partitions) - 1);
}

std::uint64_t seed_of(const BuildOptions &options) {
  if (options.seed) return *options.seed;
  const std::array<std::uint8_t, 16> random = os::random_uuid();
  return hash64(std::as_bytes(std::span(random)));
}

Plan plan_of(const BuildOptions &options) {
  Plan plan;
  plan.kinds = options.kinds;
  plan.duplicates = options.duplicates;
  plan.form = {options.kinds.layout() == Layout::paired, seed_of(options)};
  return plan;
}

Error about(const Error &error, std::uint64_t pair, const char *what) {
  return fail(error.code, "%s of pair %llu: %s", what, shown(pair), error.message.c_str());
}

}  // namespace

Builder::Work::Shares Builder::Work::shares_of(const BuildOptions &options) {
  const std::uint64_t part = memory_of(options) / 16;
  if (options.kinds.value == Value::record) return {4 * part, 2 * part, 2 * part, 4 * part, 4 * part};
  return {6 * part, 2 * part, 2 * part, 0, 6 * part};
}

Builder::Work::Work(BuildOptions options)
    : options_(std::move(options)),
      shares_(shares_of(options_)),
      bits_(bits_of(options_)),
      plan_(plan_of(options_)),
      waiting_(std::size_t{1} << bits_, {shares_.waiting, options_.spill_directories}),
      area_(1, {shares_.area, options_.spill_directories}) {
  plan_.area = &area_;
  if (options_.deduplicate) known_ = std::make_unique<Known>(shares_.sorting);
  if (options_.kinds.value != Value::record) return;
  record::BuildOptions build;
  build.memory_bytes = shares_.records;
  build.spill_directories = options_.spill_directories;
  // While rows are added it may cancel; how far writing is, is told of the whole image.
  build.progress = [this](std::uint64_t, std::uint64_t total) {
    return total == 0 && !quiet_ && options_.progress && options_.progress(added_bytes_, 0);
  };
  records_ = std::make_unique<record::Builder>(options_.schema, std::move(build));
}

Status Builder::Work::ask(std::uint64_t done, std::uint64_t total) const {
  if (!options_.progress || !options_.progress(done, total)) return {};
  return fail(Code::cancelled, "the progress function has cancelled the building of a hash map");
}

Status Builder::Work::check_open() const {
  if (head_.magic != 0) return fail(Code::invalid, "the hash map is prepared; nothing can be added");
  if (!broken_) return {};
  return fail(Code::invalid, "an addition to the hash map has failed half-way; release the builder and begin again");
}

Status Builder::Work::check_count(std::uint64_t more) const {
  if (more <= kMostPairs - pairs_) return {};
  return fail(Code::limit, "a hash map has at most %llu pairs", shown(kMostPairs));
}

// ---- checks

// How many pairs to look at in one go.
std::uint64_t Builder::Work::window(const record::Column &keys, const record::Column *values,
                                    std::uint64_t first) const {
  const std::uint64_t most = std::min(keys.count - first, kPairsAtOnce);
  std::uint64_t bytes = 0, count = 0;
  for (; count < most && bytes < kBytesAtOnce; ++count) {
    if (keys.layout != record::ColumnLayout::fixed) bytes += keys.text(first + count).size();
    if (values != nullptr && values->layout != record::ColumnLayout::fixed) bytes += values->text(first + count).size();
  }
  return count;
}

Status Builder::Work::check_texts(const record::Column &column, std::uint64_t first, std::uint64_t count,
                                  const char *what) const {
  if (record::all_text_is_utf8(column, first, count)) return {};
  for (std::uint64_t i = first; i < first + count; ++i) {
    if (!format::is_utf8(text_of(column.text(i))))
      return fail(Code::invalid, "the %s of pair %llu is not UTF-8; encode it as UTF-8, or build a map of BYTES", what,
                  shown(i));
  }
  return {};
}

Status Builder::Work::check_images(const record::Column &column, std::uint64_t first, std::uint64_t count,
                                   const char *what) const {
  for (std::uint64_t i = first; i < first + count; ++i) {
    value::Item root;
    const auto image = record::read_value(column.text(i), record::Type::value, &root);
    if (!image.ok()) return about(image.error(), i, what);
  }
  return {};
}

Status Builder::Work::check_hashes(const record::Column &keys, std::uint64_t first, std::uint64_t count) const {
  for (std::uint64_t i = first; i < first + count; ++i) {
    std::uint64_t hash = 0;
    const Status hashed = hash_of_value(keys.text(i), plan_.form.seed, &hash);
    if (!hashed.ok()) return about(hashed.error(), i, "the key");
  }
  return {};
}

Status Builder::Work::check_all(const record::Column &keys, const record::Column *values) {
  const Kinds &kinds = options_.kinds;
  for (std::uint64_t first = 0, count = 0; first < keys.count; first += count) {
    count = window(keys, values, first);
    if (kinds.key == Key::utf8) DELTOS_TRY(check_texts(keys, first, count, "key"));
    if (kinds.key == Key::value) DELTOS_TRY(check_hashes(keys, first, count));
    if (kinds.value == Value::utf8) DELTOS_TRY(check_texts(*values, first, count, "value"));
    if (kinds.value == Value::value) DELTOS_TRY(check_images(*values, first, count, "the value"));
    DELTOS_TRY(ask(added_bytes_, 0));
  }
  return {};
}

// ---- adding

Status Builder::Work::add(const record::Column &keys, const record::Column &values) {
  DELTOS_TRY(check_open());
  if (options_.kinds.value == Value::record)
    return fail(Code::type, "the values of the hash map are records; use deltos_hash_map_add_records()");
  if (keys.count != values.count)
    return fail(Code::type, "there are %llu keys and %llu values", shown(keys.count), shown(values.count));
  DELTOS_TRY(check_keys(keys, options_.kinds.key));
  DELTOS_TRY(check_values(values, options_.kinds.value));
  DELTOS_TRY(check_count(keys.count));
  DELTOS_TRY(check_all(keys, &values));
  Addition addition(this);
  Values column;
  column.column = &values;
  DELTOS_TRY(put_all(keys, column, &addition));
  addition.keep();
  return {};
}

Status Builder::Work::put_all(const record::Column &keys, const Values &values, Addition *addition) {
  std::uint64_t count = window(keys, values.column, 0);
  if (count < keys.count && values.column != nullptr) addition->mark();
  for (std::uint64_t first = 0; first < keys.count; first += count) {
    count = window(keys, values.column, first);
    if (first > 0) {
      Status asked = ask(added_bytes_, 0);
      if (!asked.ok()) {
        addition->take_back();
        return asked;
      }
    }
    for (std::uint64_t i = first; i < first + count; ++i) DELTOS_TRY(put(keys, values, i));
  }
  return {};
}

// What a key is found by. Of a value, cuts off what is behind its image.
Status Builder::Work::hash(Bytes *key, std::uint64_t *hash) const {
  if (options_.kinds.key != Key::value) {
    *hash = hash_of(*key, plan_.form.seed);
    return {};
  }
  DELTOS_ASSIGN(const value::Reader reader, value::Reader::open(*key));
  *key = reader.image();
  return hash_of_value(*key, plan_.form.seed, hash);
}

Status Builder::Work::put(const record::Column &keys, const Values &values, std::uint64_t i) {
  Bytes key = item_of(keys, i);
  if (options_.kinds.key == Key::u64) return put_paired(load<std::uint64_t>(key.data()), values, i);
  std::uint64_t found_by = 0;
  DELTOS_TRY(hash(&key, &found_by));
  return plan_.form.paired ? put_paired(found_by, values, i) : put_tagged(key, found_by, values, i);
}

Status Builder::Work::put_tagged(Bytes key, std::uint64_t hash, const Values &values, std::uint64_t i) {
  std::byte record[kMostRecordBytes];
  save(record, hash);
  std::byte *const entry = record + kRecordHeadBytes;
  entry[1] = std::byte{0};
  std::uint64_t word = 0;
  if (key.size() >= kLongKey) {
    DELTOS_TRY(put_text(key, &word));
    entry[0] = std::byte{kLongKey};
    save(entry + kEntryHeadBytes, word);
    key = {entry + kEntryHeadBytes, sizeof word};
  } else {
    entry[0] = static_cast<std::byte>(key.size());
    if (!key.empty()) std::memcpy(entry + kEntryHeadBytes, key.data(), key.size());
  }
  std::size_t bytes = kEntryHeadBytes + key.size();
  Bytes value(reinterpret_cast<const std::byte *>(&word), sizeof word);
  if (options_.kinds.value == Value::u64) {
    value = item_of(*values.column, i);
  } else if (options_.kinds.value == Value::record) {
    word = values.rows != nullptr ? values.rows[i] : values.first_row + i;
  } else if (options_.kinds.value == Value::value) {
    DELTOS_TRY(put_image(item_of(*values.column, i), &word));
  } else {
    const Bytes text = item_of(*values.column, i);
    bool away = false;
    DELTOS_TRY(put_known(text, bytes + text.size() > kMaxEntryBytes, &away, &word));
    if (away)
      entry[1] = std::byte{kFlagAway};
    else
      value = text;
  }
  if (!value.empty()) std::memcpy(entry + bytes, value.data(), value.size());
  bytes += value.size();
  save(record + sizeof hash, static_cast<std::uint16_t>(bytes));
  return put_record(hash, {record, kRecordHeadBytes + bytes});
}

Status Builder::Work::put_paired(std::uint64_t key, const Values &values, std::uint64_t i) {
  Pair pair{key, 0};
  if (options_.kinds.value == Value::u64) {
    pair.word = load<std::uint64_t>(item_of(*values.column, i).data());
  } else if (options_.kinds.value == Value::record) {
    pair.word = values.rows != nullptr ? values.rows[i] : values.first_row + i;
  } else if (options_.kinds.value == Value::value) {
    DELTOS_TRY(put_image(item_of(*values.column, i), &pair.word));
  } else {
    bool away = false;
    DELTOS_TRY(put_known(item_of(*values.column, i), true, &away, &pair.word));
  }
  return put_record(hash_of_word(key, plan_.form.seed), std::as_bytes(std::span(&pair, 1)));
}

Status Builder::Work::put_record(std::uint64_t hash, Bytes record) {
  DELTOS_TRY(waiting_.append(static_cast<std::size_t>(hash >> (64 - bits_)), record));
  distinct_.add(hash);
  pairs_++;
  added_bytes_ += record.size();
  return {};
}

// ---- the area

Status Builder::Work::put_text(Bytes text, std::uint64_t *place) {
  const std::uint64_t at = round_up(area_.bytes(0), kTextAlignment), bytes = text.size();
  DELTOS_TRY(area_.append_zeros(0, at - area_.bytes(0)));
  DELTOS_TRY(area_.append(0, std::as_bytes(std::span(&bytes, 1))));
  DELTOS_TRY(area_.append(0, text));
  added_bytes_ += text.size();
  *place = at;
  return {};
}

Status Builder::Work::put_image(Bytes given, std::uint64_t *place) {
  value::Item root;
  DELTOS_ASSIGN(const Bytes image, record::read_value(given, record::Type::value, &root));
  const std::uint64_t hash = known_ ? hash64(image) : 0;
  if (known_) {
    if (const auto known = known_->find(hash, image)) {
      *place = *known;
      return {};
    }
  }
  const std::uint64_t at = round_up(area_.bytes(0), kAlignment);
  DELTOS_TRY(area_.append_zeros(0, at - area_.bytes(0)));
  DELTOS_TRY(area_.append(0, image));
  added_bytes_ += image.size();
  *place = at;
  if (known_) known_->add(hash, image, at);
  return {};
}

// A text goes to the area when it must, or when equal ones are kept once and this one can be remembered.
Status Builder::Work::put_known(Bytes text, bool must, bool *away, std::uint64_t *place) {
  *away = must;
  if (!known_ || (!must && text.size() <= kShortText)) return must ? put_text(text, place) : Status();
  const std::uint64_t hash = hash64(text);
  if (const auto known = known_->find(hash, text)) {
    *away = true;
    *place = *known;
    return {};
  }
  *away = known_->add(hash, text, round_up(area_.bytes(0), kTextAlignment)) || must;
  return *away ? put_text(text, place) : Status();
}

// ---- the class that others see

Builder::Builder(BuildOptions options) : work_(std::make_unique<Work>(std::move(options))) {}
Builder::~Builder() = default;

const Kinds &Builder::kinds() const { return work_->options().kinds; }
const record::SchemaPtr &Builder::schema() const { return work_->options().schema; }
Status Builder::add(const record::Column &keys, const record::Column &values) { return work_->add(keys, values); }
Status Builder::add_records(const record::Column &keys, const record::GivenRows &rows) {
  return work_->add_records(keys, rows);
}
Status Builder::add_map(const Reader &map) { return work_->add_map(map); }
Result<std::uint64_t> Builder::prepare() { return work_->prepare(); }
Status Builder::write(const record::Sink &sink) const { return work_->write(sink); }

}  // namespace deltos::map
