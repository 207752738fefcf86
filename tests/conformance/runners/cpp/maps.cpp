// The notation of maps.
#include "maps.hpp"

#include <cstring>
#include <set>

#include "trees.hpp"

namespace conformance {

Form form_of(deltos::KeyKind key) {
  return key == deltos::KeyKind::u64 ? Form::number : key == deltos::KeyKind::value ? Form::image : Form::bytes;
}

Form form_of(deltos::MapValueKind value) {
  if (value == deltos::MapValueKind::record) return Form::record;
  if (value == deltos::MapValueKind::u64) return Form::number;
  return value == deltos::MapValueKind::value ? Form::image : Form::bytes;
}

Bytes encoded(const Json &node, Form form) {
  if (form == Form::image) {
    const deltos::Packed packed = built(node).pack();
    return {packed.bytes().begin(), packed.bytes().end()};
  }
  if (node.contains("bytes")) return bytes_of(node.at("bytes"));
  if (node.contains("utf8")) {
    const std::string text = text_of(node.at("utf8"));
    const auto *const first = reinterpret_cast<const std::byte *>(text.data());
    return {first, first + text.size()};
  }
  return bytes_of_digits(digits_of_word(word_of_number(node.contains("int") ? node.at("int") : node.at("uint"))));
}

std::string_view text_of(const Bytes &bytes) { return {reinterpret_cast<const char *>(bytes.data()), bytes.size()}; }

namespace {

Json written_number(std::int64_t number, Form form) {
  return form == Form::bytes ? Json{{"utf8", std::to_string(number)}} : Json{{"int", number}};
}

std::vector<std::int64_t> numbers_of(const Json &counted) {
  std::vector<std::int64_t> numbers;
  std::int64_t number = counted.value("from", std::int64_t{0});
  for (auto left = counted.at("count").get<std::int64_t>(); left > 0; --left) {
    numbers.push_back(number);
    number += counted.value("step", std::int64_t{1});
  }
  return numbers;
}

}  // namespace

Json written_pairs(const Json &pairs, Form key, Form value) {
  if (!pairs.is_object()) return pairs;
  Json all = Json::array();
  for (const std::int64_t number : numbers_of(pairs)) {
    all.push_back(Json::array({written_number(number, key), written_number(number, value)}));
  }
  return all;
}

Json written_keys(const Json &keys, Form key) {
  if (!keys.is_object()) return keys;
  Json all = Json::array();
  for (const std::int64_t number : numbers_of(keys)) all.push_back(written_number(number, key));
  return all;
}

void GivenColumn::add(const Json &node, Form form) {
  const Bytes &bytes = bytes_.emplace_back(encoded(node, form));
  if (form != Form::number) return;
  if (bytes.size() != sizeof(std::uint64_t)) throw Mismatch("a number takes its 8 bytes");
  std::memcpy(&numbers_.emplace_back(), bytes.data(), bytes.size());
}

deltos::MapColumn GivenColumn::column(Form form) const {
  if (form == Form::number) {
    return deltos::MapColumn::of_items(numbers_.data(), numbers_.size(), sizeof(std::uint64_t));
  }
  return deltos::MapColumn(std::vector<deltos::Span<const std::byte>>(bytes_.begin(), bytes_.end()));
}

GivenColumn given_keys(const Json &keys, Form form) {
  GivenColumn column;
  for (const Json &key : keys) column.add(key, form);
  return column;
}

GivenColumn given_part(const Json &pairs, std::size_t part, Form form) {
  GivenColumn column;
  for (const Json &pair : pairs) column.add(pair.at(part), form);
  return column;
}

void expect_encoded(const Json &expected, Form form, std::string_view actual) {
  const Bytes wanted = encoded(expected, form);
  if (text_of(wanted) == actual) return;
  throw differ("a key or value", expected,
               digits_of({reinterpret_cast<const std::byte *>(actual.data()), actual.size()}));
}

// Hash maps

MapReading::MapReading(const deltos::HashMap &map)
    : map_(map), info_(map.map_info()), key_(form_of(info_.key)), value_(form_of(info_.value)) {
  if (value_ != Form::record) return;
  table_ = map.records();
  slots_ = table_.schema().slots();
}

void MapReading::expect_one(const Json &expected, std::string_view bytes, std::uint64_t number) const {
  if (has_numbers() && bytes != std::string_view(reinterpret_cast<const char *>(&number), sizeof number)) {
    throw Mismatch("a value is one thing as a number and another one as bytes");
  }
  if (value_ == Form::record) {
    expect_row(table_, slots_, number, expected);
  } else if (value_ != Form::image) {
    expect_encoded(expected, value_, bytes);
  }
}

void MapReading::expect_first(const deltos::MapEntry &entry, const Json &value) const {
  expect_one(value, entry.value(), entry.number());
  if (value_ == Form::image) expect_tree(value, map_.value(entry).root());
}

void MapReading::expect_key(const Json &key, const Json &values) const {
  const Bytes bytes = encoded(key, key_);
  const deltos::MapEntry entry = map_.find(bytes);
  if (map_.contains(bytes) != static_cast<bool>(entry)) throw Mismatch("a key is there and is not");
  const auto first = map_.get<std::string_view>(bytes);
  if (first.has_value() != static_cast<bool>(entry) || first.value_or("") != entry.value()) {
    throw Mismatch("a key has one value as an entry and another one as bytes");
  }
  if (has_numbers() && map_.get<std::uint64_t>(bytes).value_or(0) != entry.number()) {
    throw Mismatch("a key has another number");
  }
  if (values.is_null()) return;
  if (entry.count() != values.size()) throw differ("number of values", values.size(), entry.count());
  const auto all = map_.get_all<std::string_view>(bytes);
  const auto numbers = has_numbers() ? map_.values<std::uint64_t>(entry) : std::vector<std::uint64_t>(all.size());
  if (all.size() != values.size() || numbers.size() != values.size()) throw Mismatch("not all values came");
  for (std::size_t i = 0; i < values.size(); ++i) {
    expect_one(values.at(i), all[i], numbers[i]);
    if (value_ == Form::image) expect_tree(values.at(i), map_.value(entry, i).root());
  }
  if (!values.empty()) expect_first(entry, values.at(0));
}

void MapReading::expect_each_once() const {
  std::set<const void *> places;
  std::uint64_t pairs = 0;
  auto entries = map_.entries();
  if (entries.size() != info_.keys) throw differ("keys", info_.keys, entries.size());
  for (const deltos::MapEntry &entry : entries) {
    pairs += entry.count();
    if (!places.insert(entry.key().data()).second) throw Mismatch("a key came twice");
    if (info_.shape == deltos::MapShape::approximate) continue;
    const deltos::MapEntry again = map_.find(entry.key());
    if (again.key().data() != entry.key().data() || again.count() != entry.count()) {
      throw Mismatch("a key that the map has gives another entry when it is looked for");
    }
  }
  if (places.size() != info_.keys || pairs != info_.pairs) throw Mismatch("not all keys and values came");
}

void MapReading::expect_order() const {
  std::optional<deltos::MapEntry> last;
  std::uint64_t keys = 0;
  const bool is_number = key_ == Form::number || info_.shape == deltos::MapShape::approximate;
  for (const deltos::MapEntry &entry : map_.in_order()) {
    const bool rises = !last || (is_number ? last->key_number() < entry.key_number() : last->key() < entry.key());
    if (!rises) throw Mismatch("the order of keys falls");
    last = entry;
    ++keys;
  }
  if (keys != info_.keys) throw differ("keys in order", info_.keys, keys);
}

void MapReading::expect_pairs(const Json &given) const {
  const Json pairs = written_pairs(given, key_, value_);
  std::map<Json, Json> groups;
  for (const Json &pair : pairs) groups.try_emplace(pair.at(0), Json::array()).first->second.push_back(pair.at(1));
  expect({{"keys", groups.size()}, {"pairs", pairs.size()}}, {{"keys", info_.keys}, {"pairs", info_.pairs}});
  const bool is_approximate = info_.shape == deltos::MapShape::approximate;
  for (const auto &[key, values] : groups) {
    if (!is_approximate) expect_key(key, values);
  }
  expect_each_once();
  if (key_ != Form::image || is_approximate) expect_order();
}

deltos::HashMapOptions map_options(const Json &step, const deltos::Schema *schema) {
  static const Words<deltos::Duplicates> kDuplicates{
      {"error", deltos::Duplicates::error}, {"first", deltos::Duplicates::first}, {"last", deltos::Duplicates::last}};
  deltos::HashMapOptions options;
  options.key = number_of(kKeys, word(step, "key", "bytes"));
  options.value = number_of(kMapValues, word(step, "value", "u64"));
  options.shape = number_of(kMapShapes, word(step, "shape", "simple"));
  options.duplicates = number_of(kDuplicates, word(step, "duplicates", "error"));
  options.deduplicate = step.value("deduplicate", false);
  options.threads = step.value("threads", 0U);
  options.memory_bytes = step.value("memory_bytes", std::uint64_t{0});
  options.schema = schema;
  return options;
}

void add_pairs_to(deltos::HashMapBuilder &builder, const Json &given, deltos::KeyKind key, deltos::MapValueKind value,
                  const deltos::Schema *schema) {
  const Json pairs = written_pairs(given, form_of(key), form_of(value));
  const GivenColumn keys = given_part(pairs, 0, form_of(key));
  const deltos::MapColumn column = keys.column(form_of(key));
  if (value != deltos::MapValueKind::record) {
    const GivenColumn values = given_part(pairs, 1, form_of(value));
    return builder.add(column, values.column(form_of(value)));
  }
  Json rows = Json::array();
  for (const Json &pair : pairs) rows.push_back(pair.at(1));
  give_rows(*schema, rows, [&](const deltos::RecordColumns &records) { builder.add(column, records); });
}

// Descriptions

deltos::Object create_map(deltos::Transaction &transaction, const Json &described) {
  std::optional<deltos::Schema> schema;
  if (described.contains("schema")) schema = made_schema(described.at("schema"));
  const deltos::Schema *const used = schema ? &*schema : nullptr;
  const deltos::HashMapOptions options = map_options(described, used);
  deltos::HashMapBuilder builder = deltos::HashMapBuilder::begin(options);
  add_pairs_to(builder, described.at("pairs"), options.key, options.value, used);
  return builder.finish(transaction, text(described, "name"));
}

void expect_map(const deltos::HashMap &map, const Json &described) {
  const MapReading reading(map);
  expect(described, {{"key", word_of(kKeys, reading.info().key)},
                     {"value", word_of(kMapValues, reading.info().value)},
                     {"shape", word_of(kMapShapes, reading.info().shape)}});
  reading.expect_pairs(described.at("pairs"));
}

deltos::Object create_sorted_map(deltos::Transaction &transaction, const Json &described) {
  const deltos::KeyKind key = number_of(kKeys, word(described, "key", "bytes"));
  deltos::SortedMap map = transaction.create_sorted_map(text(described, "name"), key);
  if (!described.contains("pairs")) return std::move(map);
  const Json pairs = written_pairs(described.at("pairs"), form_of(key), Form::bytes);
  const GivenColumn keys = given_part(pairs, 0, form_of(key)), values = given_part(pairs, 1, Form::bytes);
  map.put_many(transaction, keys.column(form_of(key)), values.column(Form::bytes));
  return std::move(map);
}

void expect_sorted_map(const deltos::Snapshot &snapshot, const deltos::SortedMap &map, const Json &described) {
  const deltos::KeyKind key = map.map_info(snapshot).key;
  expect(described, {{"key", word_of(kKeys, key)}});
  const Json pairs = written_pairs(described.at("pairs"), form_of(key), Form::bytes);
  std::size_t at = 0;
  for (const deltos::SortedPair &pair : map.range(snapshot)) {
    if (at == pairs.size()) throw Mismatch("there are more pairs");
    expect_encoded(pairs.at(at).at(0), Form::bytes, pair.key());
    expect_encoded(pairs.at(at++).at(1), Form::bytes, pair.value());
  }
  if (at != pairs.size()) throw differ("number of pairs", pairs.size(), at);
}

}  // namespace conformance
