// Hash maps: any bytes as the image of one. Opening, looking up, going through, values, order, the whole check: every
// call ends, and nothing is read outside.
#include <gtest/gtest.h>

#include <algorithm>

#include "fuzz/target.hpp"
#include "map/verify.hpp"
#include "object/hash_map.hpp"
#include "support/hash_maps.hpp"
#include "value/json.hpp"

namespace deltos::fuzz {
namespace {

using map::Entry;
using map::ImageHead;
using map::Key;
using map::Reader;
using map::Shape;
using map::Value;

constexpr std::size_t kMostEntries = 64;

// The image with a head that is believed, so that what is behind it is reached.
Seed with_head(Bytes input) {
  Seed image(input.begin(), input.end());
  image.resize(image.size() / map::kAlignment * map::kAlignment);
  auto head = load<ImageHead>(image.data());
  head.magic = map::kImageMagic;
  head.flags = 0;
  head.bytes = image.size();
  head.key %= 4;
  head.value %= 5;
  head.shape %= 3;
  const map::Kinds kinds{static_cast<Key>(head.key), static_cast<Value>(head.value), static_cast<Shape>(head.shape)};
  head.layout = static_cast<std::uint8_t>(kinds.layout());
  head.reserved0 = 0;
  std::fill(std::begin(head.reserved), std::end(head.reserved), 0);
  save(image.data(), head);
  return image;
}

void look_at(const object::HashMap &map, const Entry &entry) {
  const Reader &reader = map.reader();
  touch(entry.key);
  if (entry.value != nullptr) touch({entry.value, static_cast<std::size_t>(entry.value_bytes)});
  Bytes values[8];
  std::uint64_t numbers[8], given = 0;
  for (const std::uint64_t first : {std::uint64_t{0}, entry.count / 2, entry.count}) {
    if (reader.values(entry, first, values, std::size(values), &given).ok())
      for (std::size_t i = 0; i < given; ++i) touch(values[i]);
    (void)reader.numbers(entry, first, numbers, std::size(numbers), &given);
  }
  const auto value = map.value(entry, 0);
  value::Item item;
  if (value.ok() && *value) (void)(*value)->reader().read(0, &item);
}

void look(Bytes image) {
  const auto opened = object::HashMap::in_memory(image, nullptr);
  if (!opened.ok()) return;
  const object::HashMap &map = **opened;
  const Reader &reader = map.reader();
  Numbers numbers(image);
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t word = numbers.below(40);
    std::byte key[sizeof word];
    save(key, word);
    Entry entry;
    if (reader.find(key, &entry).ok() && entry.count > 0) look_at(map, entry);
    (void)reader.find_fast(Bytes(key).first(reader.kinds().key == Key::u64 ? 8 : numbers.below(9)), &entry);
  }
  Entry entries[kMostEntries];
  std::uint64_t position = 0, given = 0;
  if (reader.entries(&position, entries, kMostEntries, &given).ok()) {
    for (std::size_t i = 0; i < given; ++i) {
      look_at(map, entries[i]);
      Entry found;
      (void)reader.find(entries[i].key, &found);
    }
  }
  position = numbers.below(UINT64_MAX);
  (void)reader.entries(&position, entries, kMostEntries, &given);
  Entry made_up = entries[0];
  made_up.run = numbers.below(image.size() + 9);
  made_up.count = numbers.below(1000);
  look_at(map, made_up);
  if (reader.head().keys < 10'000) (void)reader.order();
  (void)map.column(true, dtype::kRequestFullReadOnly);
  (void)map.column(false, dtype::kRequestFullReadOnly);
  (void)map::verify(image, [](std::uint64_t done, std::uint64_t) {
    return done > 100'000 ? Status(fail(Code::cancelled, "enough")) : Status();
  });
}

std::string value_of(std::uint64_t number) {
  value::Builder builder;
  require(value::put_json(builder, "[" + std::to_string(number) + "]").ok() && builder.finish().ok(),
          "values are made");
  return std::string(text_of(builder.image()));
}

Seed seed_of(const map::Kinds &kinds, std::uint64_t pairs) {
  map::BuildOptions options;
  options.kinds = kinds;
  options.duplicates = map::Duplicates::last;
  options.threads = 1;
  options.seed = 7;
  map::Builder builder(options);
  test::Pairs all;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    const std::uint64_t key = i % (pairs / 2 + 1);
    all.emplace_back(kinds.key == Key::value             ? value_of(key)
                     : i == 3 && kinds.key == Key::bytes ? std::string(300, 'k')
                                                         : test::word(key),
                     kinds.value == Value::value ? value_of(i)
                     : kinds.value == Value::u64 ? test::word(i)
                                                 : std::string(i % 7, 'v'));
  }
  require(test::add_pairs(builder, all, 0, all.size()).ok(), "pairs are taken");
  const auto image = test::image_of(builder);
  require(image != nullptr, "the map is built");
  return {image->bytes().begin(), image->bytes().end()};
}

}  // namespace

void one(Bytes input) {
  look(input);
  if (input.size() < sizeof(ImageHead)) return;
  const Seed whole = with_head(input);
  test::AlignedImage image(whole.size());
  std::copy(whole.begin(), whole.end(), image.data());
  look(image.bytes());
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const Key key : {Key::bytes, Key::utf8, Key::u64, Key::value}) {
    for (const Value value : {Value::u64, Value::bytes, Value::value}) {
      for (const Shape shape : {Shape::simple, Shape::multi, Shape::approximate}) {
        if (key == Key::u64 && shape == Shape::approximate) continue;
        for (const std::uint64_t pairs : {0, 5, 40}) {
          const Seed seed = seed_of({key, value, shape}, pairs);
          if (seed.size() <= 8192) all.push_back(seed);
        }
      }
    }
  }
  return all;
}

}  // namespace deltos::fuzz
