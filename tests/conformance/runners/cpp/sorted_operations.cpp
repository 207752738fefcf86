// The operations of the corpus on sorted maps.
#include "maps.hpp"
#include "operations.hpp"

namespace conformance {
namespace {

using LentMap = Lent<deltos::SortedMap>;

// A range of a step, and what its keys are made from.
class GivenRange {
 public:
  explicit GivenRange(const Json &step) {
    const Json written = step.value("range", Json::object());
    set(written, "from", range_.from);
    set(written, "to", range_.to);
    set(written, "prefix", range_.prefix);
    range_.open_from = written.value("open_from", false);
    range_.closed_to = written.value("closed_to", false);
    range_.reverse = written.value("reverse", false);
  }
  const deltos::KeyRange &range() const { return range_; }

 private:
  void set(const Json &written, const char *field, std::optional<deltos::MapKey> &bound) {
    if (written.contains(field)) bound = deltos::MapKey(bytes_.emplace_back(encoded(written.at(field), Form::bytes)));
  }
  std::deque<Bytes> bytes_;
  deltos::KeyRange range_;
};

// The kind of keys, by the state in which the handle was opened.
Form form_of_keys(const deltos::SortedMap &map) { return form_of(map.map_info(deltos::SnapshotRef()).key); }

Bytes key_of(const Json &step) { return encoded(step.at("key"), Form::bytes); }

}  // namespace

void Operations::create_sorted(const Json &step) {
  name(step, create_sorted_map(the<deltos::Transaction>(step, "transaction"), step));
}

void Operations::open_sorted(const Json &step) {
  if (const auto *storage = std::get_if<deltos::Storage>(&named(step, "from")))
    return name(step, storage->object(text(step, "name"), deltos::Kind::sorted_map));
  name(step, deltos::Object(reader(step).sorted_map(text(step, "name"))));
}

void Operations::sorted_info(const Json &step) {
  const deltos::SnapshotRef from = step.contains("from") ? reader(step) : deltos::SnapshotRef();
  const deltos::SortedMapInfo info = LentMap(any_object(step, "map"))->map_info(from);
  expect(step, {{"key", word_of(kKeys, info.key)},
                {"count", info.count},
                {"key_bytes", info.key_bytes},
                {"value_bytes", info.value_bytes},
                {"long_values", info.long_values},
                {"objects", info.objects}});
}

// Changing

void Operations::put_pair(const Json &step) {
  deltos::Transaction &transaction = the<deltos::Transaction>(step, "transaction");
  const Json &value = step.at("value");
  LentMap map(any_object(step, "map"));
  const bool replaced = value.contains("object")
                            ? map->put_object(transaction, key_of(step), any_object(value, "object"))
                            : map->put(transaction, key_of(step), encoded(value, Form::bytes));
  expect(step, {{"replaced", replaced}});
}

void Operations::put_pairs(const Json &step) {
  LentMap map(any_object(step, "map"));
  const Form form = form_of_keys(*map);
  const Json pairs = written_pairs(step.at("pairs"), form, Form::bytes);
  const GivenColumn keys = given_part(pairs, 0, form), values = given_part(pairs, 1, Form::bytes);
  expect(step, {{"added", map->put_many(the<deltos::Transaction>(step, "transaction"), keys.column(form),
                                        values.column(Form::bytes))}});
}

void Operations::load_pairs(const Json &step) {
  LentMap map(any_object(step, "map"));
  const Form form = form_of_keys(*map);
  const Json pairs = written_pairs(step.at("pairs"), form, Form::bytes);
  const GivenColumn keys = given_part(pairs, 0, form), values = given_part(pairs, 1, Form::bytes);
  map->load(the<deltos::Transaction>(step, "transaction"), keys.column(form), values.column(Form::bytes));
}

void Operations::remove_pair(const Json &step) {
  LentMap map(any_object(step, "map"));
  expect(step, {{"removed", map->remove(the<deltos::Transaction>(step, "transaction"), key_of(step))}});
}

void Operations::remove_pairs(const Json &step) {
  LentMap map(any_object(step, "map"));
  const GivenRange given(step);
  expect(step, {{"count", map->remove_range(the<deltos::Transaction>(step, "transaction"), given.range())}});
}

// Reading

void Operations::expect_content(const Json &expected, const std::optional<std::string_view> &bytes,
                                std::uint64_t object_id) {
  if (expected.contains("object")) {
    expect({{"object", any_object(expected, "object").info().id}}, {{"object", object_id}});
  } else if (object_id != 0 || !bytes) {
    throw differ("value", expected, object_id);
  } else {
    expect_encoded(expected, Form::bytes, *bytes);
  }
}

void Operations::expect_pair(const Json &expected, const deltos::SortedPair &pair) {
  expect_encoded(expected.at(0), Form::bytes, pair.key());
  expect_content(expected.at(1), pair.value(), pair.object_id());
}

// The value as get() and get_object() tell it; the pair that find() gives says the same.
void Operations::get_pair(const Json &step) {
  const deltos::SnapshotRef from = reader(step);
  const LentMap map(any_object(step, "map"));
  const Bytes key = key_of(step);
  const bool present = map->contains(from, key);
  if (step.contains("absent") && present) throw Mismatch("expected no such key, and there is one");
  if (!step.contains("value")) return;
  if (!present) throw Mismatch("the key is not there");
  const bool is_object = step.at("value").contains("object");
  const auto bytes = is_object ? std::nullopt : map->get(from, key);
  expect_content(step.at("value"), bytes, is_object ? map->get_object(from, key).value().info().id : 0);
}

// Through C: deltos.hpp tells no ids of objects where many keys are asked for.
void Operations::get_pairs(const Json &step) {
  const deltos::SnapshotRef from = reader(step);
  const LentMap map(any_object(step, "map"));
  const Form form = form_of_keys(*map);
  const GivenColumn given = given_keys(written_keys(step.at("keys"), form), form);
  const deltos::MapColumn keys = given.column(form);
  const auto values = map->get_many(from, keys);
  std::vector<std::uint64_t> ids(keys.size());
  std::vector<deltos_bytes> unused(keys.size());
  std::uint64_t hits = 0;
  deltos_error error;
  if (deltos_sorted_map_get_many(from.get(), map->get(), keys.get(), unused.data(), ids.data(), nullptr, &hits,
                                 &error) != DELTOS_OK)
    throw deltos::Exception(deltos::Error(error));
  expect(step, {{"hits", hits}});
  for (std::size_t i = 0; step.contains("values") && i < values.size(); ++i) {
    const Json &expected = step.at("values").at(i);
    if (expected.is_null() == values[i].has_value()) throw differ("key", expected, values[i].has_value());
    if (values[i]) expect_content(expected, values[i], ids[i]);
  }
}

void Operations::find_pair(const Json &step) {
  static const Words<deltos::Find> kFinds{{"first", deltos::Find::first},       {"last", deltos::Find::last},
                                          {"at-least", deltos::Find::at_least}, {"above", deltos::Find::above},
                                          {"at-most", deltos::Find::at_most},   {"below", deltos::Find::below}};
  const deltos::SnapshotRef from = reader(step);
  const LentMap map(any_object(step, "map"));
  const Bytes key = step.contains("key") ? key_of(step) : Bytes();
  const auto pair = map->find(from, number_of(kFinds, text(step, "which")), key);
  if (step.contains("absent") && pair) throw Mismatch("expected no such pair, and there is one");
  if (!step.contains("pair")) return;
  if (!pair) throw Mismatch("there is no such pair");
  expect_pair(step.at("pair"), *pair);
}

void Operations::count_pairs(const Json &step) {
  const LentMap map(any_object(step, "map"));
  const GivenRange given(step);
  expect(step, {{"count", map->count(reader(step), given.range())}});
}

void Operations::read_pairs(const Json &step) {
  const deltos::SnapshotRef from = reader(step);
  const GivenRange given(step);
  deltos::SortedCursor cursor = LentMap(any_object(step, "map"))->range(from, given.range());
  const Form form = form_of_keys(*LentMap(any_object(step, "map")));
  const Json pairs = written_pairs(step.at("pairs"), form, Form::bytes);
  std::size_t at = 0;
  for (const deltos::SortedPair &pair : cursor) {
    if (at == pairs.size()) throw Mismatch("there are more pairs than " + std::to_string(at));
    expect_pair(pairs.at(at++), pair);
  }
  if (at != pairs.size()) throw differ("number of pairs", pairs.size(), at);
}

void Operations::walk_pairs(const Json &step) {
  const GivenRange given(step);
  deltos::SortedCursor cursor = LentMap(any_object(step, "map"))->range(reader(step), given.range());
  name(step, std::move(cursor));
}

void Operations::next_pairs(const Json &step) {
  const std::vector<deltos::SortedPair> pairs =
      the<deltos::SortedCursor>(step, "cursor").next(step.at("capacity").get<std::size_t>());
  if (!step.contains("pairs")) return;
  const Json &expected = step.at("pairs");
  if (expected.size() != pairs.size()) throw differ("number of pairs", expected.size(), pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) expect_pair(expected.at(i), pairs[i]);
}

void Operations::seek_pair(const Json &step) { the<deltos::SortedCursor>(step, "cursor").seek(key_of(step)); }

}  // namespace conformance
