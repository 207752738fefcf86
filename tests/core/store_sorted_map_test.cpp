// Sorted maps against std::map: whatever is put, removed, aborted, committed, copied or opened again, each state shows
// what the model had then, and the storage stays sound.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "object/sorted_map.hpp"
#include "store/map_cursor.hpp"
#include "store/state.hpp"
#include "store/transaction_state.hpp"
#include "support/storages.hpp"

namespace deltos::store {
namespace {

using namespace deltos::testing_support;

// A value is bytes, or "@" and an id.
using Model = std::map<std::string, std::string>;

std::string text_of_value(const MapValue &value) {
  return value.object_id != 0 ? "@" + std::to_string(value.object_id) : "=" + std::string(text_of(value.bytes));
}

struct World {
  explicit World(std::uint64_t seed) : random(seed) {
    open(Create::fresh);
    const auto transaction = must(storage->begin_transaction());
    id = must(transaction->create_map("map", format::kMapKeyBytes))->record().id;
    must(transaction->commit(Durability::async));
  }
  void open(Create create) { storage = must(Storage::open(path(), opening(Mode::write, create))); }
  std::string path() const { return directory.path + "/a.deltos"; }
  std::uint64_t below(std::uint64_t end) { return random() % end; }

  // Some keys come again and again; some are long, some empty, some the beginning of another.
  std::string key() {
    const std::uint64_t kind = below(40);
    if (kind == 0) return "";
    if (kind == 1) return std::string(below(1025), static_cast<char>('a' + below(3)));
    std::string key = std::to_string(below(3000));
    return kind < 20 ? "k" + key : std::string(8, '\xFF') + key;
  }
  std::string value() {
    const std::uint64_t kind = below(60);
    std::size_t bytes = below(100);
    if (kind == 0) bytes = below(200'000);
    if (kind < 4) bytes = 900 + below(200);
    return std::string(bytes, static_cast<char>(below(256)));
  }

  ScratchDirectory directory;
  std::mt19937_64 random;
  std::shared_ptr<Storage> storage;
  std::uint64_t id = 0;
};

MapRef::Pointer map_in(const std::shared_ptr<const Snapshot> &snapshot) {
  return must(MapRef::open(*must(ObjectRef::open(snapshot, "map", 0))));
}

Model content_of(const std::shared_ptr<const Snapshot> &snapshot, const MapBounds &bounds = {}, bool reverse = false) {
  MapCursor cursor(map_in(snapshot), snapshot, bounds, reverse);
  Model content;
  std::array<MapPair, 7> pairs;
  std::string last;
  for (std::size_t count = 1; count != 0;) {
    count = must(cursor.next(pairs.data(), pairs.size()));
    for (std::size_t i = 0; i < count; ++i) {
      const std::string key(text_of(pairs[i].key));
      EXPECT_TRUE(content.empty() || (reverse ? key < last : key > last)) << "keys are not in order";
      content[last = key] = text_of_value(pairs[i].value);
    }
  }
  return content;
}

void expect_state(const std::shared_ptr<const Snapshot> &snapshot, const Model &model) {
  EXPECT_TRUE(content_of(snapshot) == model);
  EXPECT_TRUE(content_of(snapshot, {}, true) == model);
  const format::SortedMap state = must(map_in(snapshot)->state(*snapshot));
  std::uint64_t key_bytes = 0, value_bytes = 0, objects = 0, long_values = 0;
  for (const auto &[key, value] : model) {
    const bool object = value[0] == '@';
    key_bytes += key.size();
    value_bytes += object ? 8 : value.size() - 1;
    objects += object ? 1 : 0;
    long_values += !object && value.size() - 1 > format::kMaxInlineValueBytes ? 1 : 0;
  }
  EXPECT_EQ(state.count, model.size());
  EXPECT_EQ(state.key_bytes, key_bytes);
  EXPECT_EQ(state.value_bytes, value_bytes);
  EXPECT_EQ(state.objects, objects);
  EXPECT_EQ(state.long_values, long_values);
}

void expect_sound(const std::shared_ptr<Storage> &storage) {
  for (const Finding &finding : must(storage->verify(VerifyLevel::full, {}))) ADD_FAILURE() << finding.message;
}

MapBounds bounds_of(const std::string &low, const std::optional<std::string> &high) {
  MapBounds bounds;
  const Bytes low_bytes = bytes_of(low);
  bounds.low.assign(low_bytes.begin(), low_bytes.end());
  if (high) bounds.high.emplace(bytes_of(*high).begin(), bytes_of(*high).end());
  return bounds;
}

void expect_range(const std::shared_ptr<const Snapshot> &snapshot, const Model &model, World &world) {
  std::string low = world.key(), high = world.key();
  const MapBounds bounds = bounds_of(low, high);
  Model wanted;
  if (low < high) wanted.insert(model.lower_bound(low), model.lower_bound(high));
  EXPECT_TRUE(content_of(snapshot, bounds) == wanted);
  EXPECT_TRUE(content_of(snapshot, bounds, true) == wanted);
  const auto count = map_in(snapshot)->read(*snapshot, [&](const MapReader &reader) { return reader.count(bounds); });
  EXPECT_EQ(must(count), wanted.size());
}

void put(World &world, Transaction &transaction, Model *model) {
  const std::string key = world.key();
  if (world.below(30) == 0) {
    const bool there = must(transaction.put_pair(world.id, bytes_of(key), {{}, world.id}));
    EXPECT_EQ(there, model->contains(key));
    (*model)[key] = "@" + std::to_string(world.id);
    return;
  }
  const std::string value = world.value();
  const bool there = must(transaction.put_pair(world.id, bytes_of(key), {bytes_of(value), 0}));
  EXPECT_EQ(there, model->contains(key));
  (*model)[key] = "=" + value;
}

void remove(World &world, Transaction &transaction, Model *model) {
  const std::string key = world.key();
  const bool there = must(transaction.remove_pair(world.id, bytes_of(key)));
  EXPECT_EQ(there, model->erase(key) != 0);
}

void remove_range(World &world, Transaction &transaction, Model *model) {
  std::string low = world.key();
  std::optional<std::string> high;
  if (world.below(4) != 0) high = low + std::string(1, static_cast<char>(world.below(256)));
  if (world.below(200) == 0) low.clear(), high.reset();
  const std::uint64_t removed = must(transaction.remove_pairs(world.id, bounds_of(low, high)));
  const auto from = model->lower_bound(low), to = high ? model->lower_bound(*high) : model->end();
  EXPECT_EQ(removed, static_cast<std::uint64_t>(std::distance(from, to)));
  model->erase(from, to);
}

// Behind all that is there, by a bulk load.
void append(World &world, Transaction &transaction, Model *model) {
  const std::string last = model->empty() ? "" : model->rbegin()->first;
  if (last.size() > 500) return;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::uint64_t i = 0; i < world.below(300); ++i) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "+%06u", static_cast<unsigned>(i));
    pairs.emplace_back(last + digits, world.value());
  }
  const auto nth = [&](std::uint64_t i) -> Result<Transaction::Pair> {
    return Transaction::Pair{bytes_of(pairs[i].first), {bytes_of(pairs[i].second), 0}};
  };
  must(transaction.append_pairs(world.id, nth, pairs.size()));
  for (const auto &[key, value] : pairs) (*model)[key] = "=" + value;
}

void change(World &world, Transaction &transaction, Model *model) {
  const std::uint64_t what = world.below(100);
  if (what < 70) return put(world, transaction, model);
  if (what < 95) return remove(world, transaction, model);
  if (what < 98) return remove_range(world, transaction, model);
  append(world, transaction, model);
}

class SortedMapModel : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SortedMapModel, ShowsInEachStateWhatWasPutBefore) {
  World world(GetParam());
  Model model;
  std::vector<std::pair<std::shared_ptr<const Snapshot>, Model>> older;
  for (int round = 0; round < 40; ++round) {
    const auto transaction = must(world.storage->begin_transaction());
    Model changed = model;
    const std::uint64_t changes = world.below(600);
    for (std::uint64_t i = 0; i < changes; ++i) change(world, *transaction, &changed);
    expect_state(transaction->snapshot(), changed);
    expect_range(transaction->snapshot(), changed, world);
    if (world.below(4) == 0) {
      transaction->abort();
    } else {
      must(transaction->commit(world.below(4) == 0 ? Durability::sync : Durability::async));
      model = changed;
    }
    const auto now = must(world.storage->begin_snapshot());
    expect_state(now, model);
    expect_range(now, model, world);
    older.emplace_back(now, model);
    const auto &[snapshot, content] = older[world.below(older.size())];
    expect_state(snapshot, content);
    if (world.below(6) != 0) continue;
    older.clear();
    expect_sound(world.storage);
    must(world.storage->close());
    world.open(Create::existing);
    expect_state(must(world.storage->begin_snapshot()), model);
  }
  older.clear();
  const auto last = must(world.storage->begin_snapshot());
  for (const bool compact : {false, true}) {
    const std::string path = world.directory.path + (compact ? "/compact" : "/copy");
    must(compact ? last->compact_to(path, false, {}) : last->copy_to(path, false, {}));
    const auto copy = must(Storage::open(path, opening(Mode::write)));
    expect_state(must(copy->begin_snapshot()), model);
    expect_sound(copy);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SortedMapModel, testing::Range<std::uint64_t>(1, 7));

TEST(SortedMap, GivesEverythingBackWhenItIsRemovedOrReplaced) {
  World world(1);
  std::uint64_t used = 0;
  for (int round = 0; round < 12; ++round) {
    const auto fill = must(world.storage->begin_transaction());
    if (round != 0) world.id = must(fill->create_map("map", format::kMapKeyBytes))->record().id;
    Model model;
    for (int i = 0; i < 2000; ++i) put(world, *fill, &model);
    must(fill->commit(Durability::sync));
    const auto drop = must(world.storage->begin_transaction());
    if (round % 3 == 0) {
      must(drop->remove("map"));
    } else if (round % 3 == 1) {
      EXPECT_EQ(must(drop->remove_prefix("m")), 1U);
    } else {
      const auto map = must(ObjectRef::open(drop->snapshot(), "map", 0));
      must(drop->replace(*map, words_object(5), false, true));
      EXPECT_EQ(drop->put_pair(world.id, {}, {}).code(), Code::stale);
      must(drop->remove("map"));
    }
    EXPECT_EQ(drop->put_pair(world.id, {}, {}).code(), Code::stale);
    must(drop->commit(Durability::sync));
    expect_sound(world.storage);
    const std::uint64_t blocks = world.storage->state().writer->space().file_blocks();
    if (round == 5) used = blocks;
    if (round > 5) {
      EXPECT_LE(blocks, used * 3 / 2) << "the file goes on growing";
    }
  }
}

TEST(SortedMap, KeepsItsPairsUnderAnotherName) {
  World world(2);
  Model model;
  const auto transaction = must(world.storage->begin_transaction());
  put(world, *transaction, &model);
  must(transaction->rename("map", "other", false));
  put(world, *transaction, &model);
  must(transaction->rename("other", "map", false));
  expect_state(transaction->snapshot(), model);
  must(transaction->commit(Durability::async));
  expect_state(must(world.storage->begin_snapshot()), model);
}

TEST(SortedMap, ACallThatFailsLeavesTheMapAsItWas) {
  World world(3);
  Model model;
  const auto transaction = must(world.storage->begin_transaction());
  for (int i = 0; i < 500; ++i) put(world, *transaction, &model);
  const std::string long_key(1025, 'k'), long_value(format::kMaxMapValueBytes + 1, 'v');
  EXPECT_EQ(transaction->put_pair(world.id, bytes_of(long_key), {}).code(), Code::limit);
  EXPECT_EQ(transaction->put_pair(world.id, bytes_of("k"), {bytes_of(long_value), 0}).code(), Code::limit);
  const auto falling = [](std::uint64_t i) -> Result<Transaction::Pair> {
    static const std::string keys[3] = {std::string(1024, '\xFF'), std::string(1023, '\xFF'), "x"};
    return Transaction::Pair{bytes_of(keys[i]), {bytes_of("v"), 0}};
  };
  EXPECT_EQ(transaction->append_pairs(world.id, falling, 3).code(), Code::range);
  const std::string some(200, 'x');
  const auto failing = [&](std::uint64_t i) -> Result<Transaction::Pair> {
    if (i == some.size()) return fail(Code::invalid, "no such pair");
    return Transaction::Pair{bytes_of(model.begin()->first), {bytes_of(some).first(i), 0}};
  };
  EXPECT_EQ(transaction->put_pairs(world.id, failing, 300).code(), Code::invalid);
  expect_state(transaction->snapshot(), model);
  must(transaction->commit(Durability::async));
  expect_state(must(world.storage->begin_snapshot()), model);
  expect_sound(world.storage);
}

TEST(SortedMap, IsWholeAfterAFullDiskAndCanBeEmptiedThen) {
  ScratchDirectory directory;
  OpenOptions options = opening(Mode::write, Create::fresh);
  options.max_file_bytes = 4 << 20;
  const auto storage = must(Storage::open(directory.path + "/a.deltos", options));
  auto transaction = must(storage->begin_transaction());
  const std::uint64_t id = must(transaction->create_map("map", format::kMapKeyBytes))->record().id;
  Model model;
  std::mt19937_64 random(4);
  Code refused = Code::ok;
  while (refused == Code::ok) {
    const std::string key = std::to_string(random()), value(random() % 1500, 'v');
    const auto there = transaction->put_pair(id, bytes_of(key), {bytes_of(value), 0});
    refused = there.code();
    if (there.ok()) model[key] = "=" + value;
  }
  EXPECT_EQ(refused, Code::limit);
  expect_state(transaction->snapshot(), model);
  must(transaction->commit(Durability::sync));
  expect_state(must(storage->begin_snapshot()), model);
  expect_sound(storage);
  transaction = must(storage->begin_transaction());
  EXPECT_EQ(must(transaction->remove_pairs(id, {})), model.size());
  must(transaction->commit(Durability::sync));
  expect_state(must(storage->begin_snapshot()), {});
  transaction = must(storage->begin_transaction());
  const std::string value(3000, 'v');
  must(transaction->put_pair(id, bytes_of("k"), {bytes_of(value), 0}));
  must(transaction->commit(Durability::sync));
  expect_sound(storage);
}

TEST(SortedMap, LoadsMoreThanATransactionKeepsInMemory) {
  World world(5);
  constexpr std::uint64_t kPairs = 100'000;  // 800 bytes each
  std::array<char, 16> key;
  const std::string value(800, 'v');
  const auto nth = [&](std::uint64_t i) -> Result<Transaction::Pair> {
    if (i == kPairs) return fail(Code::invalid, "enough");
    std::snprintf(key.data(), key.size(), "%08u", static_cast<unsigned>(i));
    return Transaction::Pair{{reinterpret_cast<const std::byte *>(key.data()), 8}, {bytes_of(value), 0}};
  };
  const auto transaction = must(world.storage->begin_transaction());
  EXPECT_EQ(transaction->append_pairs(world.id, nth, kPairs + 1).code(), Code::invalid);
  expect_state(transaction->snapshot(), {});
  must(transaction->append_pairs(world.id, nth, kPairs));
  std::size_t in_memory = 0;
  for (const auto &[block, page] : transaction->state().pages) in_memory += page ? 1 : 0;
  EXPECT_LE(in_memory * format::kBlockBytes, std::size_t{65} << 20);
  must(transaction->commit(Durability::async));
  const auto snapshot = must(world.storage->begin_snapshot());
  EXPECT_EQ(must(map_in(snapshot)->state(*snapshot)).count, kPairs);
  const auto found =
      map_in(snapshot)->read(*snapshot, [](const MapReader &reader) { return reader.get(bytes_of("00099999")); });
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->bytes.size(), value.size());
  expect_sound(world.storage);
}

TEST(SortedMap, ReadersSeeWholeStatesWhileAWriterWorks) {
  World world(6);
  // All values of a state are the same, and there are always as many.
  constexpr int kPairs = 500;
  const auto fill = [&](char with) {
    const auto transaction = must(world.storage->begin_transaction());
    const std::string value(static_cast<std::size_t>(with), with);
    for (int i = 0; i < kPairs; ++i)
      must(transaction->put_pair(world.id, bytes_of(std::to_string(i)), {bytes_of(value), 0}));
    must(transaction->commit(Durability::async));
  };
  fill('A');
  const auto shared = map_in(must(world.storage->begin_snapshot()));
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&] {
      while (!done) {
        const auto snapshot = must(world.storage->begin_snapshot());
        std::optional<std::string> common;
        for (int i = 0; i < kPairs; ++i) {
          const auto found =
              must(shared->read(*snapshot, [&](const MapReader &map) { return map.get(bytes_of(std::to_string(i))); }));
          if (!found) {
            ADD_FAILURE() << "a key is missing";
            return;
          }
          const std::string value(text_of(found->bytes));
          if (!common) common = value;
          EXPECT_EQ(value, *common);
        }
      }
    });
  }
  for (int round = 0; round < 60; ++round) fill(static_cast<char>('A' + round % 26));
  done = true;
  for (std::thread &reader : readers) reader.join();
  expect_sound(world.storage);
}

TEST(SortedMap, ACursorGoesOnBehindTheLastKeyWhileTheMapChanges) {
  World world(7);
  const auto transaction = must(world.storage->begin_transaction());
  for (int i = 100; i < 200; i += 2) must(transaction->put_pair(world.id, bytes_of(std::to_string(i)), {}));
  for (const bool reverse : {false, true}) {
    MapCursor cursor(map_in(transaction->snapshot()), transaction->snapshot(), {}, reverse);
    MapPair pair;
    std::string last;
    int seen = 0;
    while (must(cursor.next(&pair, 1)) != 0) {
      const std::string key(text_of(pair.key));
      EXPECT_TRUE(last.empty() || (reverse ? key < last : key > last));
      last = key;
      ++seen;
      if (seen % 2 == 0) must(transaction->remove_pair(world.id, bytes_of(key)));
      must(transaction->put_pair(world.id, bytes_of(key + "x"), {}));
      must(transaction->remove_pair(world.id, bytes_of(key + "x")));
    }
    EXPECT_EQ(seen, reverse ? 25 : 50);
  }
}

TEST(SortedMap, VerifyFindsDamageInPagesAndLongValues) {
  World world(8);
  {
    const auto transaction = must(world.storage->begin_transaction());
    for (int i = 0; i < 300; ++i) {
      const std::string value(static_cast<std::size_t>(i) * 7, 'v');
      must(transaction->put_pair(world.id, bytes_of(std::to_string(i)), {bytes_of(value), 0}));
    }
    must(transaction->put_pair(world.id, bytes_of("gone"), {{}, 99}));
    must(transaction->commit(Durability::sync));
  }
  std::vector<Finding> findings = must(world.storage->verify(VerifyLevel::full, {}));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, Code::not_found);  // of object 99
  EXPECT_TRUE(must(world.storage->verify(VerifyLevel::structure, {})).empty());

  const auto snapshot = must(world.storage->begin_snapshot());
  const Snapshot::Scope scope = must(snapshot->scope());
  std::uint64_t leaf = 0, long_value = 0;
  must(Tree::walk(*scope.pages, root_of(must(snapshot->map(world.id))),
                  [&](const format::Child &child, unsigned level, const std::byte *page) -> Status {
                    if (level != 0) return {};
                    leaf = child.block * format::kBlockBytes;
                    for (unsigned i = 0; i < format::page_count(page); ++i) {
                      const format::PageEntry entry = format::page_entry(page, i);
                      if (entry.spilled && entry.value.size() == sizeof(format::Spill))
                        long_value = load<format::Spill>(entry.value.data()).offset;
                    }
                    return {};
                  }));
  ASSERT_NE(long_value, 0U);
  for (const std::uint64_t at : {leaf + 2000, long_value + 5}) {
    const os::File &file = world.storage->state().file();
    std::byte was;
    must(file.read({&was, 1}, at));
    const std::byte now = was ^ std::byte{1};
    must(file.write(Bytes(&now, 1), at));
    findings = must(world.storage->verify(VerifyLevel::full, {}));
    EXPECT_GE(findings.size(), at == leaf + 2000 ? 1U : 2U);
    EXPECT_EQ(findings[0].code, Code::corrupt);
    must(file.write(Bytes(&was, 1), at));
  }
}

}  // namespace
}  // namespace deltos::store
