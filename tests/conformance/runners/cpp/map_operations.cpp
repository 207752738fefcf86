// The operations of the corpus on hash maps.
#include <algorithm>

#include "maps.hpp"
#include "operations.hpp"
#include "trees.hpp"

namespace conformance {
namespace {

using LentMap = Lent<deltos::HashMap>;

// A column with as many items as it has slices or offsets, where it does not say.
deltos::MapColumn raw_column(const Json &written, RawColumns &raw) {
  const std::size_t offsets = written.contains("offsets") ? written.at("offsets").size() - 1 : 0;
  return deltos::MapColumn(raw.made(written, written.contains("slices") ? written.at("slices").size() : offsets));
}

void add_times(const Json &step, Map &map) {
  for (auto times = step.value("times", 1); times > 0; --times) {
    add_pairs_to(map.builder, step.at("pairs"), map.key, map.value, map.schema.get());
  }
}

deltos::Object packed(const Json &step, Map &map) {
  const deltos::Packed image = map.builder.pack();
  map.reports->check();
  Bytes bytes(image.bytes().begin(), image.bytes().end());
  damage(step, bytes);
  return open_copy(&deltos_hash_map_open_memory, bytes, step.value("at", std::size_t{0}));
}

}  // namespace

// Building

Map Operations::begun_map(const Json &step, const char *from) {
  Map map;
  if (step.contains("schema")) map.schema = any_schema(step);
  map.reports = std::make_unique<Reports>(step);
  deltos::HashMapOptions options = map_options(step, map.schema.get());
  options.progress = map.reports->progress();
  map.key = options.key;
  map.value = options.value;
  const bool has_storage = step.contains(from);
  map.builder =
      has_storage ? the<deltos::Storage>(step, from).begin_map(options) : deltos::HashMapBuilder::begin(options);
  return map;
}

deltos::Object Operations::finished(const Json &step, Map &map) {
  const auto existing = step.value("replace", false) ? deltos::Existing::replace : deltos::Existing::refuse;
  deltos::Object made = map.builder.finish(the<deltos::Transaction>(step, "transaction"), text(step, "name"), existing);
  map.reports->check();
  return made;
}

void Operations::begin_map(const Json &step) { name(step, begun_map(step, "storage")); }

void Operations::add_pairs(const Json &step) { add_times(step, the<Map>(step, "builder")); }

void Operations::add_pair_columns(const Json &step) {
  RawColumns raw;
  const deltos::MapColumn keys = raw_column(step.at("keys"), raw);
  the<Map>(step, "builder").builder.add(keys, raw_column(step.at("values"), raw));
}

void Operations::add_map(const Json &step) { the<Map>(step, "builder").builder.add(*LentMap(any_object(step, "map"))); }

void Operations::prepare_map(const Json &step) { the<Map>(step, "builder").builder.prepare(); }

void Operations::finish_map(const Json &step) { name(step, finished(step, the<Map>(step, "builder"))); }

void Operations::pack_map(const Json &step) { name(step, packed(step, the<Map>(step, "builder"))); }

void Operations::put_map(const Json &step) {
  Map map = begun_map(step, "storage");
  add_times(step, map);
  name(step, step.contains("transaction") ? finished(step, map) : packed(step, map));
}

void Operations::unpack_map(const Json &step) {
  name(step, open_copy(&deltos_hash_map_open_memory, bytes_of(step.at("data")), step.value("at", std::size_t{0})));
}

// Reading

void Operations::open_map(const Json &step) {
  if (const auto *storage = std::get_if<deltos::Storage>(&named(step, "from")))
    return name(step, deltos::Object(storage->hash_map(text(step, "name"))));
  name(step, deltos::Object(reader(step).hash_map(text(step, "name"))));
}

void Operations::map_info(const Json &step) {
  const deltos::HashMapInfo info = LentMap(any_object(step, "map"))->map_info();
  expect(step, {{"key", word_of(kKeys, info.key)},
                {"value", word_of(kMapValues, info.value)},
                {"shape", word_of(kMapShapes, info.shape)},
                {"keys", info.keys},
                {"pairs", info.pairs}});
}

void Operations::find_key(const Json &step) {
  const LentMap map(any_object(step, "map"));
  const Json absent = step.contains("absent") ? Json::array() : Json();
  MapReading(*map).expect_key(step.at("key"), step.value("values", absent));
}

void Operations::find_keys(const Json &step) {
  const LentMap map(any_object(step, "map"));
  const MapReading reading(*map);
  const GivenColumn keys = given_keys(written_keys(step.at("keys"), reading.key()), reading.key());
  const deltos::MapColumn column = keys.column(reading.key());
  const std::vector<deltos::MapEntry> entries = map->find_many(column);
  const auto values = map->get_many(column);
  const std::vector<std::uint8_t> present = map->contains_many(column);
  constexpr std::uint64_t kAbsent = 0x0123456789abcdef;
  std::vector<std::uint64_t> numbers(entries.size());
  if (reading.has_numbers()) map->get_many(column, numbers, kAbsent);
  std::uint64_t hits = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const bool is_there = static_cast<bool>(entries[i]);
    hits += is_there ? 1 : 0;
    if (values[i].has_value() != is_there || (present[i] != 0) != is_there ||
        values[i].value_or("") != entries[i].value()) {
      throw Mismatch("key " + std::to_string(i) + " is one thing to one call and another one to others");
    }
    if (reading.has_numbers() && numbers[i] != (is_there ? entries[i].number() : kAbsent)) {
      throw differ("number", entries[i].number(), numbers[i]);
    }
    if (step.contains("counts")) expect({{"count", step.at("counts").at(i)}}, {{"count", entries[i].count()}});
    if (!step.contains("values")) continue;
    const Json &expected = step.at("values").at(i);
    if (expected.is_null() == is_there) throw differ("key " + std::to_string(i), expected, is_there);
    if (is_there) reading.expect_first(entries[i], expected);
  }
  expect(step, {{"hits", hits}});
}

void Operations::find_columns(const Json &step) {
  RawColumns raw;
  const std::vector<std::uint8_t> present =
      LentMap(any_object(step, "map"))->contains_many(raw_column(step.at("keys"), raw));
  expect(step, {{"hits", std::count(present.begin(), present.end(), 1)}});
}

void Operations::read_map(const Json &step) {
  const LentMap map(any_object(step, "map"));
  MapReading(*map).expect_pairs(step.at("pairs"));
}

void Operations::map_value(const Json &step) {
  const auto read = [&] {
    const LentMap map(any_object(step, "map"));
    return map->value(map->find(encoded(step.at("key"), form_of(map->map_info().key))),
                      step.value("index", std::uint64_t{0}));
  };
  name(step, deltos::Object(read()));
}

// With flags that HashMap does not take: its columns are always to read.
void Operations::map_column(const Json &step) {
  const auto flags = static_cast<std::int32_t>(flags_of(step, kRequests, deltos::Request::full_ro));
  const std::int32_t which = text(step, "which") == "keys" ? DELTOS_MAP_COLUMN_KEYS : DELTOS_MAP_COLUMN_VALUES;
  deltos_view *raw = nullptr;
  deltos_error error;
  if (deltos_hash_map_column(any_object(step, "map").get(), which, flags, &raw, &error) != DELTOS_OK)
    throw deltos::Exception(deltos::Error(error));
  deltos::View view(raw);
  if (step.contains("numbers")) {
    const auto column = view.share(deltos::Request::strides | deltos::Request::format).as<const std::uint64_t>();
    std::vector<std::uint64_t> expected, numbers;
    for (const Json &number : step.at("numbers")) expected.push_back(word_of_number(number));
    for (std::size_t i = 0; i < column.size(); ++i) numbers.push_back(column[i]);
    std::sort(expected.begin(), expected.end());
    std::sort(numbers.begin(), numbers.end());
    if (numbers != expected) throw differ("numbers", expected, numbers);
  }
  name(step, std::move(view));
}

void Operations::map_records(const Json &step) {
  deltos::Object table = LentMap(any_object(step, "map"))->records();
  name(step, std::move(table));
}

void Operations::verify_map(const Json &step) {
  Reports reports(step);
  LentMap(any_object(step, "map"))->verify(reports.progress());
  reports.check();
}

}  // namespace conformance
