#include <gtest/gtest.h>

#include <thread>

#include "support/random_values.hpp"
#include "value/json.hpp"
#include "value/lz4.hpp"
#include "value/repack.hpp"
#include "value/verify.hpp"

namespace deltos {
namespace {

using namespace value;
using test::RandomValues;

Item of(Kind kind, std::string_view letters = {}) {
  Item item;
  item.kind = kind;
  item.data = bytes_of(letters).data();
  item.count = letters.size();
  return item;
}

// Sentences that say much the same, all different.
std::string prose(std::size_t bytes, std::uint64_t seed = 0) {
  std::string text;
  while (text.size() < bytes) text += "Line " + std::to_string(text.size() * 7919 + seed) + " says \xc3\xa4gain; ";
  text.resize(bytes);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0)
    text.pop_back();  // a letter cut in two
  text.resize(bytes, ' ');
  return text;
}

std::vector<std::byte> compressed(Bytes image) {
  Builder builder(true);
  const Status done = repack(image, &builder);
  EXPECT_TRUE(done.ok()) << done.error().message;
  return *test::image_of(builder);
}

std::vector<std::byte> made_of(const std::vector<Item> &items, bool compress) {
  Builder builder(compress);
  EXPECT_TRUE(builder.put(items).ok());
  return *test::image_of(builder);
}

std::vector<std::byte> as_block(std::initializer_list<int> bytes) {
  std::vector<std::byte> block;
  for (const int byte : bytes) block.push_back(static_cast<std::byte>(byte));
  return block;
}

void expect_round_trip(std::string_view text) {
  const auto block = lz4_compress(bytes_of(text), text.size() + text.size() / 255 + 16);
  ASSERT_TRUE(block.has_value()) << text.size();
  std::vector<std::byte> back(text.size());
  ASSERT_TRUE(lz4_decompress(*block, back)) << text.size();
  ASSERT_EQ(text_of(back), text);
}

TEST(Lz4, WhatWasCompressedComesBack) {
  for (std::size_t bytes = 0; bytes < 600; ++bytes) {
    expect_round_trip(prose(bytes));
    expect_round_trip(std::string(bytes, 'x'));
  }
  for (const std::size_t bytes : {65'535, 65'536, 70'000, 1'000'000}) {
    expect_round_trip(prose(bytes));
    expect_round_trip(std::string(bytes, 'x'));
    std::string far = prose(bytes), noise;
    for (std::size_t i = 0; i < bytes; ++i) noise += static_cast<char>(hash64(std::as_bytes(std::span(&i, 1))));
    expect_round_trip(noise);
    expect_round_trip(far + noise + far);
  }
}

TEST(Lz4, BlocksAreReadAsTheFormatSays) {
  std::vector<std::byte> text(20);
  // "ab", then 13 bytes from 2 back, then five literals.
  ASSERT_TRUE(lz4_decompress(as_block({0x29, 'a', 'b', 2, 0, 0x50, '1', '2', '3', '4', '5'}), text));
  EXPECT_EQ(text_of(text), "abababababababa12345");
  // 15 and more goes on in further bytes: 1 literal, a match of 4 + 15 + 255 + 1, no literals.
  text.resize(276);
  ASSERT_TRUE(lz4_decompress(as_block({0x1f, 'x', 1, 0, 255, 1, 0x00}), text));
  EXPECT_EQ(text_of(text), std::string(276, 'x'));
}

TEST(Lz4, DamagedBlocksAreRefused) {
  std::vector<std::byte> text(20);
  for (const auto &block : {
           as_block({}), as_block({0x29}),                                   // literals are missing
           as_block({0x29, 'a', 'b'}),                                       // ends as the last run may not
           as_block({0x29, 'a', 'b', 2}),                                    // half an offset
           as_block({0x29, 'a', 'b', 2, 0}),                                 // nothing behind the match
           as_block({0x29, 'a', 'b', 0, 0, 0x50, '1', '2', '3', '4', '5'}),  // from nowhere
           as_block({0x29, 'a', 'b', 3, 0, 0x50, '1', '2', '3', '4', '5'}),  // from before the start
           as_block({0x28, 'a', 'b', 2, 0, 0x50, '1', '2', '3', '4', '5'}),  // one too few
           as_block({0x2a, 'a', 'b', 2, 0, 0x50, '1', '2', '3', '4', '5'}),  // one too many
           as_block({0xff, 255, 255, 255}),                                  // a length without an end
           as_block({0x2f, 'a', 'b', 2, 0, 255, 255, 0}),                    // a match beyond the end
       }) {
    EXPECT_FALSE(lz4_decompress(block, text));
  }
}

TEST(Lz4, WhatSavesTooLittleIsNotCompressed) {
  const std::string text = prose(1000);
  const std::size_t needed = lz4_compress(bytes_of(text), 1000)->size();
  EXPECT_LT(needed, 700U);
  EXPECT_TRUE(lz4_compress(bytes_of(text), needed).has_value());
  EXPECT_FALSE(lz4_compress(bytes_of(text), needed - 1).has_value());
}

// ---- in values

TEST(CompressedValue, ReadsAsTheSameValueUncompressed) {
  std::uint64_t smaller = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    RandomValues random(seed);
    Builder builder;
    const std::string texts[] = {prose(random.below(3000), seed), prose(5000), std::string(random.below(900), '\0')};
    const auto part = test::image_of(random.any(3));
    std::vector<Item> items = {of(Kind::list)};
    for (const std::string &text : texts) {
      items.push_back(of(random.below(2) == 0 ? Kind::utf8 : Kind::bytes, text));
      items.push_back(of(Kind::tuple));
    }
    ASSERT_TRUE(builder.put(items).ok());
    ASSERT_TRUE(repack(*part, &builder).ok());
    ASSERT_TRUE(builder.put(std::vector<Item>(4, of(Kind::end))).ok());
    const auto plain = *test::image_of(builder), packed = compressed(plain);
    smaller += packed.size() < plain.size() ? 1 : 0;
    const Status sound = verify(packed);
    ASSERT_TRUE(sound.ok()) << seed << ' ' << sound.error().message;
    Texts letters;
    const Reader left = *Reader::open(plain), right = *Reader::open(packed, &letters);
    Item a, b;
    bool equal = false;
    std::uint64_t hash = 0, other = 1;
    ASSERT_TRUE(left.read(0, &a).ok() && right.read(0, &b).ok());
    ASSERT_TRUE(Comparison(&left, &right).equal(a, b, &equal).ok() && equal) << seed;
    ASSERT_TRUE(Comparison(&left, &right).hash(Comparison::Side::a, a, &hash).ok());
    ASSERT_TRUE(Comparison(&left, &right).hash(Comparison::Side::b, b, &other).ok());
    ASSERT_EQ(hash, other) << seed;
  }
  EXPECT_GT(smaller, 390U);
}

TEST(CompressedValue, IsWrittenAsTheSameJson) {
  const std::string text = prose(100'000);
  const auto plain = made_of({of(Kind::utf8, text)}, false), packed = made_of({of(Kind::utf8, text)}, true);
  EXPECT_LT(packed.size(), plain.size() / 2);
  Texts letters;
  std::vector<char> one(300'000), other(300'000);
  std::uint64_t bytes = 0, again = 0;
  ASSERT_TRUE(write_json(*Reader::open(plain), 0, 0, one, &bytes).ok());
  ASSERT_TRUE(write_json(*Reader::open(packed, &letters), 0, 0, other, &again).ok());
  EXPECT_EQ(bytes, again);
  EXPECT_EQ(one, other);
  const std::string zeros(1 << 21, '\0');  // in blocks of a few thousand bytes, and as JSON 12 MiB
  const auto little = made_of({of(Kind::utf8, zeros)}, true);
  EXPECT_LT(little.size(), 10'000U);
  Texts long_ones;
  ASSERT_TRUE(write_json(*Reader::open(little, &long_ones), 0, 0, {}, &bytes).ok());
  EXPECT_EQ(bytes, 6 * zeros.size() + 2);
}

TEST(CompressedValue, WhatIsSharedIsStoredOnceAndMayContainItself) {
  const std::string text = prose(4000);
  Item long_text = of(Kind::utf8, text), list = of(Kind::list), share = of(Kind::share), self = of(Kind::share);
  long_text.node = share.node = 1;
  list.node = self.node = 2;
  const auto plain = made_of({list, long_text, share, self, of(Kind::end)}, false), packed = compressed(plain);
  Texts letters;
  const Reader reader = *Reader::open(packed, &letters);
  Item items[3];
  std::uint64_t given = 0;
  ASSERT_TRUE(reader.children(0, 0, items, 3, &given).ok());
  EXPECT_EQ(items[0].node, items[1].node);
  EXPECT_EQ(items[0].data, items[1].data);
  EXPECT_EQ(text_of({items[0].data, items[0].count}), text);
  EXPECT_EQ(items[0].data[items[0].count], std::byte{0});
  EXPECT_EQ(items[2].kind, Kind::list);
}

TEST(CompressedValue, KeysAndMembersLieAsTheyAre) {
  const std::string key = prose(2000), content = prose(3000);
  const std::vector<Item> items = {
      of(Kind::dict), of(Kind::utf8, key), of(Kind::utf8, content), of(Kind::tuple), of(Kind::utf8, content),
      of(Kind::end),  of(Kind::set),       of(Kind::utf8, key),     of(Kind::end),   of(Kind::end)};
  const auto packed = compressed(made_of(items, false));
  Texts letters;
  const Reader reader = *Reader::open(packed, &letters), without = *Reader::open(packed);
  Item pairs[4], found, member;
  std::uint64_t given = 0;
  ASSERT_TRUE(reader.children(0, 0, pairs, 4, &given).ok());
  ASSERT_TRUE(without.read(pairs[0].node, &found).ok());
  EXPECT_EQ(without.read(pairs[1].node, &found).code(), Code::corrupt);
  ASSERT_TRUE(reader.find(0, of(Kind::utf8, key), nullptr, &found).ok());
  EXPECT_EQ(text_of({found.data, found.count}), content);
  ASSERT_TRUE(reader.find(0, pairs[2], &reader, &found).ok());
  EXPECT_EQ(found.kind, Kind::set);
  ASSERT_TRUE(reader.find(found.node, of(Kind::utf8, key), nullptr, &member).ok());
  EXPECT_EQ(member.kind, Kind::utf8);
  EXPECT_TRUE(verify(packed).ok());
}

TEST(CompressedValue, ManyThreadsReadTheSameTexts) {
  std::vector<std::string> texts;
  std::vector<Item> items = {of(Kind::list)};
  for (std::uint64_t i = 0; i < 64; ++i) texts.push_back(prose(3000, i));
  for (const std::string &text : texts) items.push_back(of(Kind::utf8, text));
  items.push_back(of(Kind::end));
  const auto packed = made_of(items, true);
  Texts letters;
  const Reader reader = *Reader::open(packed, &letters);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      Item item;
      std::uint64_t given = 0;
      for (std::uint64_t i = 0; i < 64; ++i) {
        const bool read = reader.children(0, i, &item, 1, &given).ok() && given == 1;
        if (!read || text_of({item.data, item.count}) != texts[i]) ++wrong[static_cast<std::size_t>(thread)];
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

// ---- hostile ones

struct Packed {
  std::vector<std::byte> image;
  std::size_t place = 0;  // of the text that is the root
  Code read() const {
    Texts letters;
    Item item;
    return Reader::open(image, &letters)->read(0, &item).code();
  }
};

Packed packed_text() {
  const std::string text = prose(4000);
  Packed packed{made_of({of(Kind::utf8, text)}, true)};
  packed.place = payload_of(load<ImageHead>(packed.image.data()).root);
  return packed;
}

TEST(CompressedValue, AnotherLengthThanTheBlockMakesIsDamage) {
  for (const std::uint64_t count : {0, 1, 3999, 4001, 100'000}) {
    Packed packed = packed_text();
    EXPECT_EQ(packed.read(), Code::ok);
    save(packed.image.data() + packed.place, head_of(count, kFormCompressed));
    EXPECT_EQ(packed.read(), Code::corrupt) << count;
    EXPECT_EQ(verify(packed.image).code(), Code::corrupt) << count;
  }
}

TEST(CompressedValue, MoreThanABlockCanMakeIsRefusedBeforeMemoryIsTaken) {
  Packed packed = packed_text();
  save(packed.image.data() + packed.place, head_of(kMaxPlace >> 1, kFormCompressed));
  EXPECT_EQ(packed.read(), Code::corrupt);
}

TEST(CompressedValue, ABlockBeyondTheEndIsDamage) {
  for (const std::uint64_t bytes : {std::uint64_t{1} << 20, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    Packed packed = packed_text();
    save(packed.image.data() + packed.place + 8, bytes);
    EXPECT_EQ(packed.read(), Code::corrupt);
  }
}

TEST(CompressedValue, DamageInsideABlockIsFoundOrReadsAsAnotherText) {
  const Packed packed = packed_text();
  std::uint64_t found = 0;
  for (std::size_t at = packed.place + 16; at < packed.image.size(); ++at) {
    Packed damaged = packed;
    damaged.image[at] ^= std::byte{0x81};
    const Code code = damaged.read();
    EXPECT_TRUE(code == Code::ok || code == Code::corrupt);
    found += code == Code::corrupt ? 1 : 0;
  }
  EXPECT_GT(found, 100U);
}

// Blocks that share their bytes make more text than an image of that size can hold.
TEST(CompressedValue, BlocksThatLieOverEachOtherAreALimit) {
  const auto block = as_block({0x1f, 'x', 1, 0, 255, 1, 0x00});  // 276 letters
  constexpr std::uint64_t kImageBytes = 100;
  Texts letters;
  std::uint64_t place = 0;
  Code last = Code::ok;
  while (last == Code::ok && place < 1000) last = letters.at(++place, block, 276, kImageBytes).code();
  EXPECT_EQ(last, Code::limit);
  EXPECT_EQ(place - 1, kImageBytes * kLz4Ratio / 276);
  EXPECT_TRUE(letters.at(1, block, 276, kImageBytes).ok());  // what is there stays there
}

TEST(CompressedValue, WhereNothingMayBeCompressedItIsDamage) {
  const std::string text = prose(4000);
  const auto image = made_of({of(Kind::utf8, text)}, true);
  Item item;
  EXPECT_EQ(Reader::open(image)->read(0, &item).code(), Code::corrupt);
}

}  // namespace
}  // namespace deltos
