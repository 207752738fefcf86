// Building hash maps against models in memory: what was added is found, in the order of adding, whatever the kinds, the
// policy, the memory and the threads; what is refused or cancelled leaves nothing behind. The same tests are run with
// hashes of few bits (map_collisions), so that most keys share theirs with others.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>

#include "map/verify.hpp"
#include "support/faulty_io.hpp"
#include "support/hash_maps.hpp"
#include "support/storages.hpp"
#include "value/json.hpp"

// What is held is counted, so that nothing has to be believed of the system's own figures.
namespace {
std::atomic<std::int64_t> held{0}, most_held{0};

void *allocate(std::size_t bytes) {
  void *const memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  const auto size = static_cast<std::int64_t>(malloc_usable_size(memory));
  const std::int64_t now = held += size;
  std::int64_t most = most_held;
  while (now > most && !most_held.compare_exchange_weak(most, now)) {
  }
  return memory;
}
void give_back(void *memory) {
  if (memory != nullptr) held -= static_cast<std::int64_t>(malloc_usable_size(memory));
  std::free(memory);
}
}  // namespace

[[gnu::noinline]] void *operator new(std::size_t bytes) { return allocate(bytes); }
[[gnu::noinline]] void *operator new[](std::size_t bytes) { return allocate(bytes); }
[[gnu::noinline]] void operator delete(void *memory) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete[](void *memory) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete(void *memory, std::size_t) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete[](void *memory, std::size_t) noexcept { give_back(memory); }

namespace deltos {
namespace {

using map::Builder;
using map::BuildOptions;
using map::Duplicates;
using map::Entry;
using map::Key;
using map::Reader;
using map::Shape;
using map::Value;
using test::add_pairs;
using test::AlignedImage;
using test::Pairs;
using test::word;

using Model = std::map<std::string, std::vector<std::string>>;

constexpr std::uint64_t kLeast = map::kLeastBuildMemory;
#ifdef DELTOS_MAP_HASH_BITS
constexpr std::size_t kSome = 5000;  // pairs; each is compared with all that share its hash
#else
constexpr std::size_t kSome = 20'000;
#endif

BuildOptions options_of(Key key, Value value, Shape shape = Shape::simple, Duplicates duplicates = Duplicates::error) {
  BuildOptions options;
  options.kinds = {key, value, shape};
  options.duplicates = duplicates;
  options.threads = 1;
  options.seed = 42;
  return options;
}

Model model_of(const Pairs &pairs, Shape shape, Duplicates duplicates) {
  Model model;
  for (const auto &[key, value] : pairs) {
    std::vector<std::string> &values = model[key];
    if (shape == Shape::multi || values.empty())
      values.push_back(value);
    else if (duplicates == Duplicates::last)
      values[0] = value;
  }
  return model;
}

void expect_model(Bytes image, const Model &model) {
  const auto reader = Reader::open(image);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  const Status sound = map::verify(image);
  ASSERT_TRUE(sound.ok()) << sound.error().message;
  std::uint64_t pairs = 0;
  for (const auto &[key, values] : model) {
    Entry entry;
    ASSERT_TRUE(reader->find(bytes_of(key), &entry).ok());
    ASSERT_EQ(entry.count, values.size()) << testing::PrintToString(key.substr(0, 40));
    ASSERT_EQ(test::values_of(*reader, entry), values);
    pairs += values.size();
    if (reader->kinds().key == Key::value) continue;  // what is left of another one would be no value
    std::string other = key;
    other.empty() ? other = "\x01" : (other.back() ^= 0x55, other);
    ASSERT_TRUE(reader->find(bytes_of(other), &entry).ok());
    ASSERT_EQ(entry.count != 0, model.contains(other));
  }
  EXPECT_EQ(reader->head().keys, model.size());
  EXPECT_EQ(reader->head().pairs, pairs);
}

// Adds the pairs in calls of different sizes.
void add_all(Builder &builder, const Pairs &pairs, std::mt19937_64 *random) {
  for (std::size_t first = 0; first < pairs.size();) {
    const std::size_t count = std::min<std::size_t>(pairs.size() - first, 1 + (*random)() % 9000);
    const Status added = add_pairs(builder, pairs, first, count);
    ASSERT_TRUE(added.ok()) << added.error().message;
    first += count;
  }
}

std::string text(std::mt19937_64 *random, std::size_t most) {
  std::string made((*random)() % (most + 1), ' ');
  for (char &c : made) c = static_cast<char>((*random)());
  return made;
}

// Some keys are long, some values are, and most keys come more than once.
Pairs pairs_of(Key key, Value value, std::size_t count, std::mt19937_64 *random) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < count / 2 + 1; ++i)
    keys.push_back(key == Key::u64 ? word((*random)() % 50'000) : text(random, (*random)() % 50 == 0 ? 700 : 20));
  Pairs pairs;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t which = (*random)() % keys.size();
    pairs.emplace_back(keys[i % 100 == 0 ? 0 : which],
                       value == Value::u64 ? word((*random)()) : text(random, (*random)() % 50 == 0 ? 3000 : 30));
  }
  return pairs;
}

TEST(MapBuild, FindsWhatWasAddedOfAllKindsAndPoliciesInMemoryOrNot) {
  struct Case {
    Shape shape;
    Duplicates duplicates;
  };
  std::mt19937_64 random(1);
  for (const Key key : {Key::bytes, Key::u64}) {
    for (const Value value : {Value::u64, Value::bytes}) {
      const Pairs pairs = pairs_of(key, value, kSome, &random);
      for (const Case &given : {Case{Shape::simple, Duplicates::first}, Case{Shape::simple, Duplicates::last},
                                Case{Shape::multi, Duplicates::error}}) {
        const Model model = model_of(pairs, given.shape, given.duplicates);
        for (const std::uint64_t memory : {kLeast, std::uint64_t{0}}) {
          BuildOptions options = options_of(key, value, given.shape, given.duplicates);
          options.memory_bytes = memory;
          options.deduplicate = memory == 0 && value != Value::u64;
          Builder builder(options);
          add_all(builder, pairs, &random);
          const auto image = test::image_of(builder);
          ASSERT_NE(image, nullptr);
          ASSERT_NO_FATAL_FAILURE(expect_model(image->bytes(), model));
        }
      }
    }
  }
}

TEST(MapBuild, MakesTheSameImageWithAnyMemoryAndAnyNumberOfThreads) {
  std::mt19937_64 random(2);
  for (const Key key : {Key::bytes, Key::u64}) {
#ifdef DELTOS_MAP_HASH_BITS
    const std::size_t count = 2000;
#else
    const std::size_t count = key == Key::u64 ? 700'000 : 240'000;
#endif
    Pairs pairs;
    for (std::size_t i = 0; i < count; ++i) pairs.emplace_back(word(random() % (count - 20)), text(&random, 12));
    std::unique_ptr<AlignedImage> first;
    for (const auto &[memory, threads] : {std::pair{std::uint64_t{0}, 1U}, {0, 4U}, {kLeast, 4U}, {16 * kLeast, 3U}}) {
      BuildOptions options = options_of(key, Value::bytes, Shape::multi);
      options.memory_bytes = memory;
      options.threads = threads;
      Builder builder(options);
      ASSERT_TRUE(add_pairs(builder, pairs, 0, pairs.size()).ok());
      const auto image = test::image_of(builder);
      ASSERT_NE(image, nullptr);
      if (first == nullptr) {
        first = test::image_of(builder);  // again
        const Status sound = map::verify(first->bytes());
        ASSERT_TRUE(sound.ok()) << sound.error().message;
        const Model model = model_of(pairs, Shape::multi, Duplicates::error);
        const auto reader = Reader::open(first->bytes());
        ASSERT_TRUE(reader.ok());
        EXPECT_EQ(reader->head().keys, model.size());
        for (const auto &[wanted, values] : model) {
          Entry entry;
          ASSERT_TRUE(reader->find(bytes_of(wanted), &entry).ok());
          ASSERT_EQ(test::values_of(*reader, entry), values);
        }
      }
      ASSERT_EQ(image->bytes().size(), first->bytes().size());
      ASSERT_EQ(std::memcmp(image->bytes().data(), first->bytes().data(), image->bytes().size()), 0)
          << memory << " bytes, " << threads << " threads";
    }
  }
}

TEST(MapBuild, MakesMapsOfNothingAndOfOnePair) {
  for (const Key key : {Key::bytes, Key::u64}) {
    for (const std::size_t count : {0, 1}) {
      Builder builder(options_of(key, Value::u64));
      const Pairs pairs = {{word(7), word(8)}};
      ASSERT_TRUE(add_pairs(builder, pairs, 0, count).ok());
      const auto image = test::image_of(builder);
      ASSERT_NE(image, nullptr);
      expect_model(image->bytes(), count == 0 ? Model() : Model{{word(7), {word(8)}}});
    }
  }
}

TEST(MapBuild, KeepsKeysAndValuesOfAMebibyteAndOfOtherScripts) {
  Pairs pairs = {
      {"", ""}, {"Zürich", "Ζυρίχη"}, {"東京", "Tōkyō"}, {std::string(1 << 20, 'k'), std::string(1 << 20, 'v')}};
  std::string like = pairs.back().first;
  like.back() = 'l';
  pairs.emplace_back(like, "other");
  for (std::size_t bytes = 250; bytes < 260; ++bytes)
    pairs.emplace_back(std::string(bytes, 'e'), std::string(bytes, 'w'));
  for (std::size_t bytes = 1000; bytes < 1030; ++bytes)
    pairs.emplace_back(std::string(3, 'f') + std::to_string(bytes), std::string(bytes, 'x'));
  for (const Shape shape : {Shape::simple, Shape::multi}) {
    Builder builder(options_of(Key::utf8, Value::utf8, shape, Duplicates::error));
    ASSERT_TRUE(add_pairs(builder, pairs, 0, pairs.size()).ok());
    if (shape == Shape::multi) {
      ASSERT_TRUE(add_pairs(builder, pairs, 0, pairs.size()).ok());
    }
    const auto image = test::image_of(builder);
    ASSERT_NE(image, nullptr);
    Pairs all = pairs;
    if (shape == Shape::multi) all.insert(all.end(), pairs.begin(), pairs.end());
    expect_model(image->bytes(), model_of(all, shape, Duplicates::error));
  }
}

TEST(MapBuild, RefusesTextThatIsNotUtf8AndKeepsNothingOfTheCall) {
  Builder builder(options_of(Key::utf8, Value::utf8));
  const Pairs pairs = {{"good", "good"}, {"b\xff", "good"}, {"key", "b\xc0"}, {"other", "fine"}};
  ASSERT_TRUE(add_pairs(builder, pairs, 0, 1).ok());
  const Status bad_key = add_pairs(builder, {{"other", "x"}, pairs[1]}, 0, 2);
  EXPECT_EQ(bad_key.code(), Code::invalid);
  EXPECT_NE(bad_key.error().message.find("key of pair 1"), std::string::npos) << bad_key.error().message;
  EXPECT_EQ(add_pairs(builder, pairs, 2, 2).code(), Code::invalid);
  ASSERT_TRUE(add_pairs(builder, pairs, 3, 1).ok());
  const auto image = test::image_of(builder);
  ASSERT_NE(image, nullptr);
  expect_model(image->bytes(), {{"good", {"good"}}, {"other", {"fine"}}});
}

TEST(MapBuild, NamesTheKeyThatWasAddedTwice) {
  for (const Key key : {Key::bytes, Key::u64}) {
    Builder builder(options_of(key, Value::u64));
    const Pairs pairs = {{word(1), word(0)}, {word(2), word(0)}, {word(1), word(5)}};
    ASSERT_TRUE(add_pairs(builder, pairs, 0, 3).ok());
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto prepared = builder.prepare();
      ASSERT_EQ(prepared.code(), Code::duplicate);
      const char *const shown = key == Key::u64 ? "the key 1 was" : "\"\\x01\\x00";
      EXPECT_NE(prepared.error().message.find(shown), std::string::npos) << prepared.error().message;
    }
  }
  Builder builder(options_of(Key::utf8, Value::u64));
  const std::string longest(5000, 'q');
  const Pairs pairs = {{longest, word(0)}, {longest, word(0)}};
  ASSERT_TRUE(add_pairs(builder, pairs, 0, 2).ok());
  const auto prepared = builder.prepare();
  ASSERT_EQ(prepared.code(), Code::duplicate);
  EXPECT_NE(prepared.error().message.find("\"" + std::string(40, 'q') + "...\""), std::string::npos)
      << prepared.error().message;
}

TEST(MapBuild, KeepsAllValuesOfAKeyThatHasMoreThanFitInMemory) {
  for (const Key key : {Key::bytes, Key::u64}) {
    for (const Value value : {Value::u64, Value::bytes}) {
      BuildOptions options = options_of(key, value, Shape::multi);
      options.memory_bytes = kLeast;
      Builder builder(options);
      Pairs pairs;
      for (std::uint64_t i = 0; i < 10 * kSome; ++i) pairs.emplace_back(word(i % 10 == 0 ? i : 3), word(i));
      ASSERT_TRUE(add_pairs(builder, pairs, 0, pairs.size()).ok());
      const auto image = test::image_of(builder);
      ASSERT_NE(image, nullptr);
#ifndef DELTOS_MAP_HASH_BITS  // verifying looks each key up, and here that goes through all that have its hash
      expect_model(image->bytes(), model_of(pairs, Shape::multi, Duplicates::error));
#else
      const auto reader = Reader::open(image->bytes());
      ASSERT_TRUE(reader.ok());
      Entry entry;
      ASSERT_TRUE(reader->find(bytes_of(word(3)), &entry).ok());
      EXPECT_EQ(test::values_of(*reader, entry), model_of(pairs, Shape::multi, Duplicates::error).at(word(3)));
#endif
    }
  }
}

TEST(MapBuild, MergesMapsInTheOrderInWhichTheyAreAdded) {
  std::mt19937_64 random(3);
  for (const Key key : {Key::bytes, Key::u64}) {
    for (const Value value : {Value::u64, Value::bytes}) {
      Pairs all;
      std::vector<std::unique_ptr<AlignedImage>> images;
      for (int i = 0; i < 3; ++i) {
        const Pairs pairs = pairs_of(key, value, 4000, &random);
        Builder builder(options_of(key, value, Shape::multi));
        ASSERT_TRUE(add_pairs(builder, pairs, 0, pairs.size()).ok());
        images.push_back(test::image_of(builder));
        all.insert(all.end(), pairs.begin(), pairs.end());
      }
      for (const Duplicates duplicates : {Duplicates::error, Duplicates::first, Duplicates::last}) {
        const Shape shape = duplicates == Duplicates::error ? Shape::multi : Shape::simple;
        Builder builder(options_of(key, value, shape, duplicates));
        for (const auto &image : images) {
          const Status added = builder.add_map(*Reader::open(image->bytes()));
          ASSERT_TRUE(added.ok()) << added.error().message;
        }
        const auto merged = test::image_of(builder);
        ASSERT_NE(merged, nullptr);
        expect_model(merged->bytes(), model_of(all, shape, duplicates));
      }
    }
  }
}

TEST(MapBuild, StoresEqualValuesOnceWhenAsked) {
  const std::string value(200, 'v');
  Pairs pairs;
  for (std::uint64_t i = 0; i < 2000; ++i) pairs.emplace_back(word(i), value + std::to_string(i % 10));
  for (const Key key : {Key::bytes, Key::u64}) {
    std::uint64_t sizes[2] = {};
    for (const bool once : {false, true}) {
      BuildOptions options = options_of(key, Value::bytes);
      options.deduplicate = once;
      Builder builder(options);
      ASSERT_TRUE(add_pairs(builder, pairs, 0, pairs.size()).ok());
      const auto image = test::image_of(builder);
      ASSERT_NE(image, nullptr);
      expect_model(image->bytes(), model_of(pairs, Shape::simple, Duplicates::error));
      sizes[once ? 1 : 0] = image->bytes().size();
    }
    EXPECT_LT(sizes[1] * 4, sizes[0]);
  }
}

TEST(MapBuild, CanBeCancelledAtEveryQuestionAndGoOn) {
  std::mt19937_64 random(4);
  const Pairs pairs = pairs_of(Key::bytes, Value::bytes, kSome, &random);
  const Model model = model_of(pairs, Shape::multi, Duplicates::error);
  for (int at = 0;; ++at) {
    int asked = 0, cancelled = 0;
    BuildOptions options = options_of(Key::bytes, Value::bytes, Shape::multi);
    options.memory_bytes = kLeast;
    options.deduplicate = true;
    options.progress = [&](std::uint64_t, std::uint64_t) { return asked++ == at; };
    Builder builder(options);
    const auto until_done = [&](const std::function<Code()> &work) {
      Code code = work();
      if (code == Code::cancelled) {
        cancelled++;
        code = work();
      }
      EXPECT_EQ(code, Code::ok);
    };
    for (std::size_t first = 0; first < pairs.size(); first += kSome / 2)
      until_done([&] { return add_pairs(builder, pairs, first, kSome / 2).code(); });
    until_done([&] { return builder.prepare().code(); });
    std::unique_ptr<AlignedImage> image = test::image_of(builder);
    if (image == nullptr) {
      cancelled++;
      image = test::image_of(builder);
    }
    ASSERT_NE(image, nullptr);
    ASSERT_EQ(cancelled, at < asked ? 1 : 0);
    if (at % 4 == 0 || cancelled == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_model(image->bytes(), model));
    }
    if (cancelled == 0) break;
    if (at > 12) at += 6;  // the later ones are alike
  }
}

TEST(MapBuild, SaysThatThereIsNoRoomForTemporaryFilesAndCanOnlyBeReleasedThen) {
  Pairs pairs;
  for (std::uint64_t i = 0; i < 30'000; ++i) pairs.emplace_back(word(i), std::string(60, 'x'));
  BuildOptions options = options_of(Key::bytes, Value::bytes);
  options.memory_bytes = kLeast;
  options.spill_directories = {"/nowhere/to/be/found"};
  Builder nowhere(options);
  EXPECT_FALSE(add_pairs(nowhere, pairs, 0, pairs.size()).ok());
  EXPECT_EQ(add_pairs(nowhere, pairs, 0, 1).code(), Code::invalid);
  EXPECT_EQ(nowhere.prepare().code(), Code::invalid);

  const testing_support::ScratchDirectory directory;
  options.spill_directories = {directory.path};
  int failures = 0;
  for (int after = 0; after < 24; after += 3) {
    test::FaultyIo io;
    Builder builder(options);
    io.fail(test::Call::pwrite, ENOSPC, 1 << 30, after);
    const Status added = add_pairs(builder, pairs, 0, pairs.size());
    if (!added.ok()) {
      EXPECT_EQ(added.code(), Code::no_space);
      failures++;
      continue;
    }
    const auto prepared = builder.prepare();
    if (prepared.ok()) continue;
    EXPECT_EQ(prepared.code(), Code::no_space);
    failures++;
    io.mend(test::Call::pwrite);
    const auto image = test::image_of(builder);  // there is room now
    ASSERT_NE(image, nullptr);
    expect_model(image->bytes(), model_of(pairs, Shape::simple, Duplicates::error));
  }
  EXPECT_GT(failures, 2);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path));
}

std::string value_of(const std::string &json) {
  value::Builder builder;
  EXPECT_TRUE(value::put_json(builder, json).ok());
  EXPECT_TRUE(builder.finish().ok());
  return std::string(text_of(builder.image()));
}

TEST(MapBuild, TakesValuesAsKeysThatAreEqualWhenTheirContentIs) {
  Pairs pairs;
  for (int i = 0; i < 500; ++i)
    pairs.emplace_back(value_of(std::to_string(i)), value_of("[" + std::to_string(i) + ", \"x\"]"));
  pairs.emplace_back(value_of("\"" + std::string(400, 'k') + "\""), value_of("null"));
  pairs.emplace_back(value_of("7"), value_of("{\"second\": 7}"));
  pairs.emplace_back(value_of("7.0"), value_of("\"a float\""));
  Builder builder(options_of(Key::value, Value::value, Shape::multi));
  ASSERT_TRUE(add_pairs(builder, pairs, 0, pairs.size()).ok());
  EXPECT_FALSE(add_pairs(builder, {{"no value", pairs[0].second}}, 0, 1).ok());
  const auto image = test::image_of(builder);
  ASSERT_NE(image, nullptr);
  expect_model(image->bytes(), model_of(pairs, Shape::multi, Duplicates::error));

  Builder merged(options_of(Key::value, Value::value, Shape::simple, Duplicates::last));
  ASSERT_TRUE(merged.add_map(*Reader::open(image->bytes())).ok());
  const auto again = test::image_of(merged);
  ASSERT_NE(again, nullptr);
  expect_model(again->bytes(), model_of(pairs, Shape::simple, Duplicates::last));

  Builder twice(options_of(Key::value, Value::value));
  ASSERT_TRUE(add_pairs(twice, pairs, 0, pairs.size()).ok());
  const auto prepared = twice.prepare();
  ASSERT_EQ(prepared.code(), Code::duplicate);
  EXPECT_NE(prepared.error().message.find("the key 7 was"), std::string::npos) << prepared.error().message;
}

record::SchemaPtr places() {
  record::NewSlot name, size;
  name.name = "name";
  name.type = record::Type::utf8;
  size.name = "size";
  size.type = record::Type::fixed;
  size.flags = record::kNullable;
  size.format = *dtype::format_of({}, dtype::Dtype::u32);
  return *record::Schema::make({}, {name, size});
}

// Records that say of row i: name "n<i % kinds>", size i % kinds, or null for every third.
Status add_places(Builder &builder, std::uint32_t first, std::uint32_t count, std::uint32_t kinds) {
  Pairs pairs;
  std::vector<std::uint32_t> sizes;
  std::vector<std::uint8_t> states;
  for (std::uint32_t i = first; i < first + count; ++i) {
    pairs.emplace_back("k" + std::to_string(i / 2), "n" + std::to_string(i % kinds));
    sizes.push_back(i % kinds);
    states.push_back(i % kinds % 3 == 0 ? record::kIsNull : record::kIsPresent);
  }
  const test::TextColumn keys(pairs, 0, count, true, false), names(pairs, 0, count, false, false);
  test::Column columns[2] = {names.column(), {}};
  columns[1].count = count;
  columns[1].data = std::as_bytes(std::span(sizes)).data();
  columns[1].item_bytes = sizeof(std::uint32_t);
  const std::uint8_t *const presence[2] = {nullptr, states.data()};
  return builder.add_records(keys.column(), {columns, presence, count});
}

void expect_places(Bytes image, std::uint32_t count, std::uint32_t kinds, std::uint64_t rows) {
  const Status sound = map::verify(image);
  ASSERT_TRUE(sound.ok()) << sound.error().message;
  const auto reader = Reader::open(image);
  ASSERT_TRUE(reader.ok());
  const auto records = record::Reader::open(reader->records());
  ASSERT_TRUE(records.ok());
  EXPECT_EQ(records->rows(), rows);
  for (std::uint32_t i = 0; i < count; ++i) {
    Entry entry;
    std::uint64_t row = 0, given = 0;
    ASSERT_TRUE(reader->find(bytes_of("k" + std::to_string(i / 2)), &entry).ok());
    ASSERT_EQ(entry.count, 2U);
    ASSERT_TRUE(reader->numbers(entry, i % 2, &row, 1, &given).ok());
    value::Item name, size;
    ASSERT_TRUE(records->read(row, 0, &name).ok());
    ASSERT_TRUE(records->read(row, 1, &size).ok());
    ASSERT_EQ(text_of(Bytes(name.data, static_cast<std::size_t>(name.count))), "n" + std::to_string(i % kinds));
    if (i % kinds % 3 == 0) {
      ASSERT_EQ(size.kind, value::Kind::null);
    } else {
      ASSERT_EQ(size.i64, i % kinds);
    }
  }
}

TEST(MapBuild, KeepsRecordsAsRowsAndEqualOnesOnceWhenAsked) {
  for (const bool once : {false, true}) {
    BuildOptions options = options_of(Key::utf8, Value::record, Shape::multi);
    options.schema = places();
    options.deduplicate = once;
    Builder builder(options);
    ASSERT_TRUE(add_places(builder, 0, 6000, 50).ok());
    ASSERT_TRUE(add_places(builder, 6000, 4000, 50).ok());
    const auto image = test::image_of(builder);
    ASSERT_NE(image, nullptr);
    expect_places(image->bytes(), 10'000, 50, once ? 50 : 10'000);

    Builder merged(options);
    ASSERT_TRUE(merged.add_map(*Reader::open(image->bytes())).ok());
    const auto again = test::image_of(merged);
    ASSERT_NE(again, nullptr);
    expect_places(again->bytes(), 10'000, 50, once ? 50 : 10'000);
  }
}

TEST(MapBuild, KeepsNeitherKeysNorRowsOfACancelledCall) {
  constexpr auto kRows = static_cast<std::uint32_t>(kSome / 2);
  for (const bool once : {false, true}) {
    for (int at = 0; at < 12; ++at) {
      int asked = 0;
      BuildOptions options = options_of(Key::utf8, Value::record, Shape::multi);
      options.schema = places();
      options.deduplicate = once;
      options.progress = [&](std::uint64_t, std::uint64_t) { return asked++ == at; };
      Builder builder(options);
      Status added = add_places(builder, 0, kRows, 100);
      if (added.code() == Code::cancelled) added = add_places(builder, 0, kRows, 100);
      ASSERT_TRUE(added.ok()) << added.error().message;
      asked = 1000;
      const auto image = test::image_of(builder);
      ASSERT_NE(image, nullptr);
      ASSERT_NO_FATAL_FAILURE(expect_places(image->bytes(), kRows, 100, once ? 100 : kRows));
    }
  }
}

TEST(MapBuild, RefusesWhatDoesNotBelongTogether) {
  Builder words(options_of(Key::u64, Value::u64)), texts(options_of(Key::bytes, Value::bytes));
  const Pairs pairs = {{word(1), word(2)}};
  EXPECT_TRUE(add_pairs(words, pairs, 0, 1).ok());
  const auto image = test::image_of(words);
  EXPECT_EQ(texts.add_map(*Reader::open(image->bytes())).code(), Code::type);
  EXPECT_EQ(add_pairs(words, pairs, 0, 1).code(), Code::invalid);  // prepared
  EXPECT_EQ(words.add_records({}, {}).code(), Code::invalid);
  Builder more(options_of(Key::u64, Value::u64));
  const test::TextColumn keys(pairs, 0, 1, true, true), none(pairs, 0, 0, false, true);
  EXPECT_EQ(more.add(keys.column(), none.column()).code(), Code::type);
  EXPECT_EQ(more.add_records(keys.column(), {}).code(), Code::type);

  Builder hashes(options_of(Key::bytes, Value::u64, Shape::approximate));
  ASSERT_TRUE(add_pairs(hashes, pairs, 0, 1).ok());
  const auto approximate = test::image_of(hashes);
  Builder merged(options_of(Key::bytes, Value::u64, Shape::multi));
  EXPECT_EQ(merged.add_map(*Reader::open(approximate->bytes())).code(), Code::type);
}

#ifndef DELTOS_MAP_HASH_BITS

TEST(MapBuild, KeepsHashesAloneWhenAsked) {
  std::mt19937_64 random(5);
  const Pairs pairs = pairs_of(Key::bytes, Value::u64, 20'000, &random);
  Builder builder(options_of(Key::bytes, Value::u64, Shape::approximate));
  add_all(builder, pairs, &random);
  const auto image = test::image_of(builder);
  ASSERT_NE(image, nullptr);
  expect_model(image->bytes(), model_of(pairs, Shape::multi, Duplicates::error));
}

// A million pairs, 60 MB of them, in 8 MiB; what tests and allocator hold beside is far less than what is added.
TEST(MapBuild, HoldsNoMoreMemoryThanItMay) {
  constexpr std::uint64_t kMemory = std::uint64_t{8} << 20, kAtOnce = 10'000;
  for (const Key key : {Key::bytes, Key::u64}) {
    BuildOptions options = options_of(key, Value::bytes);
    options.memory_bytes = kMemory;
    options.threads = 2;
    const std::int64_t before = held;
    most_held = before;
    Builder builder(options);
    std::uint64_t bytes = 0;
    {
      for (std::uint64_t first = 0; first < 1'000'000; first += kAtOnce) {
        Pairs pairs;
        for (std::uint64_t i = first; i < first + kAtOnce; ++i) pairs.emplace_back(word(i), std::string(50, 'v'));
        ASSERT_TRUE(add_pairs(builder, pairs, 0, kAtOnce).ok());
      }
      ASSERT_TRUE(builder.prepare().ok());
      ASSERT_TRUE(builder
                      .write([&](Bytes piece) {
                        bytes += piece.size();
                        return Status();
                      })
                      .ok());
    }
    EXPECT_GT(bytes, 60U << 20);
    EXPECT_LT(most_held - before, static_cast<std::int64_t>(kMemory + (std::uint64_t{6} << 20)));
  }
}

#endif

}  // namespace
}  // namespace deltos
