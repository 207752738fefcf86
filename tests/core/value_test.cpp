#include <gtest/gtest.h>

#include <algorithm>

#include "support/random_values.hpp"

namespace deltos {
namespace {

using namespace value;
using test::image_of;
using test::item_of;
using test::RandomValues;
using test::Tree;

Item of(Kind kind, std::int64_t number = 0, std::uint64_t name = 0) {
  Item item;
  item.kind = kind;
  item.i64 = number;
  item.node = name;
  return item;
}

Item text(std::string_view letters) {
  Item item = of(Kind::utf8);
  item.data = bytes_of(letters).data();
  item.count = letters.size();
  return item;
}

std::vector<std::byte> made_of(std::initializer_list<Item> items) {
  Builder builder;
  EXPECT_TRUE(builder.put({items.begin(), items.size()}).ok());
  auto image = image_of(builder);
  EXPECT_TRUE(image.ok()) << image.error().message;
  return image.ok() ? *image : std::vector<std::byte>();
}

Tree read_back(Bytes image) {
  auto reader = Reader::open(image);
  EXPECT_TRUE(reader.ok());
  std::uint64_t budget = 1'000'000;
  auto tree = test::tree_of(*reader, 0, 0, &budget);
  EXPECT_TRUE(tree.ok()) << tree.error().message;
  return tree.ok() ? *tree : Tree();
}

// A set shows its members in an order of its own.
void sort_sets(Tree *tree) {
  for (Tree &part : tree->parts) sort_sets(&part);
  if (tree->kind != Kind::set) return;
  std::sort(tree->parts.begin(), tree->parts.end(), [](const Tree &a, const Tree &b) {
    return std::tie(a.kind, a.i64, a.u64, a.f64, a.text) < std::tie(b.kind, b.i64, b.u64, b.f64, b.text);
  });
}

std::uint64_t hash_of(Bytes image) {
  const Reader reader = *Reader::open(image);
  Item root;
  std::uint64_t hash = 0;
  EXPECT_TRUE(reader.read(0, &root).ok());
  EXPECT_TRUE(Comparison(&reader, &reader).hash(Comparison::Side::a, root, &hash).ok());
  return hash;
}

bool are_equal(Bytes a, Bytes b) {
  const Reader x = *Reader::open(a), y = *Reader::open(b);
  Item left, right;
  bool equal = false;
  EXPECT_TRUE(x.read(0, &left).ok() && y.read(0, &right).ok());
  const Status status = Comparison(&x, &y).equal(left, right, &equal);
  EXPECT_TRUE(status.ok()) << status.error().message;
  return equal;
}

TEST(Value, EveryKindReadsBackAsItWasPut) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    RandomValues random(seed);
    Tree tree = random.any(4);
    const auto image = image_of(tree);
    ASSERT_TRUE(image.ok()) << seed << ": " << image.error().message;
    Tree back = read_back(*image);
    if (tree.kind != Kind::set) {
      sort_sets(&tree);
      sort_sets(&back);
    }
    if (tree.kind == Kind::set) continue;  // nested orders: looked at by EveryKeyIsFound
    ASSERT_EQ(tree, back) << seed;
  }
}

TEST(Value, AValueEqualsItsCopyAndHashesLikeItWhateverTheOrderOfItsKeys) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    RandomValues random(seed);
    Tree tree = random.any(4);
    const auto image = image_of(tree);
    ASSERT_TRUE(image.ok());
    if (tree.kind == Kind::set) std::reverse(tree.parts.begin(), tree.parts.end());
    if (tree.kind == Kind::dict) {
      std::vector<Tree> turned;
      for (std::size_t i = tree.parts.size(); i > 0; i -= 2)
        turned.insert(turned.end(), {tree.parts[i - 2], tree.parts[i - 1]});
      tree.parts = turned;
    }
    const auto other = image_of(tree);
    ASSERT_TRUE(other.ok());
    EXPECT_TRUE(are_equal(*image, *other)) << seed;
    EXPECT_EQ(hash_of(*image), hash_of(*other)) << seed;
  }
}

TEST(Value, OneThatDiffersAnywhereIsNotEqual) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    RandomValues random(seed), other(seed + 100'000);
    const Tree a = random.any(3), b = other.any(3);
    const auto x = image_of(a), y = image_of(b);
    ASSERT_TRUE(x.ok() && y.ok());
    if (are_equal(*x, *y)) {
      EXPECT_EQ(hash_of(*x), hash_of(*y)) << seed;
      Tree left = read_back(*x), right = read_back(*y);
      sort_sets(&left);
      sort_sets(&right);
      if (left.kind != Kind::dict) {
        EXPECT_EQ(left, right) << seed;
      }
    }
  }
}

TEST(Value, EveryKeyIsFoundAndNoOther) {
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    RandomValues random(seed);
    const Tree tree = random.of(seed % 2 == 0 ? Kind::dict : Kind::set, 2);
    const auto image = image_of(tree);
    ASSERT_TRUE(image.ok()) << image.error().message;
    const Reader reader = *Reader::open(*image);
    const std::size_t stride = tree.kind == Kind::dict ? 2 : 1;
    for (std::size_t i = 0; i < tree.parts.size(); i += stride) {
      const auto key_image = image_of(tree.parts[i]);
      const Reader of_key = *Reader::open(*key_image);
      Item key, found;
      ASSERT_TRUE(of_key.read(0, &key).ok());
      const Status status = reader.find(0, key, &of_key, &found);
      ASSERT_TRUE(status.ok()) << status.error().message;
      ASSERT_NE(found.kind, Kind::end) << seed << " " << i;
      std::uint64_t budget = 100'000;
      auto shown = test::tree_of(reader, found.node, 0, &budget);
      ASSERT_TRUE(shown.ok());
      if (stride == 2 && tree.parts[i + 1].kind < Kind::list) {
        ASSERT_EQ(*shown, tree.parts[i + 1]);
      }
    }
    Item found;
    ASSERT_TRUE(reader.find(0, text("not there"), nullptr, &found).ok());
    EXPECT_EQ(found.kind, Kind::end);
  }
}

TEST(Value, KindsAreToldApart) {
  const auto dict = made_of(
      {of(Kind::dict), of(Kind::integer, 1), text("integer"), of(Kind::boolean, 1), text("boolean"), of(Kind::end)});
  const Reader reader = *Reader::open(dict);
  Item one = of(Kind::floating), found;
  one.f64 = 1;
  ASSERT_TRUE(reader.find(0, one, nullptr, &found).ok());
  EXPECT_EQ(found.kind, Kind::end);
  ASSERT_TRUE(reader.find(0, of(Kind::boolean, 1), nullptr, &found).ok());
  EXPECT_EQ(text_of({found.data, found.count}), "boolean");
}

TEST(Value, AnUnsignedKeyIsTheSameNumber) {
  Item seven, found;
  seven.kind = Kind::unsigned_integer;
  seven.u64 = 7;
  for (const std::int64_t other : {8, 8'000'000}) {  // bits, and cells
    const auto set = made_of({of(Kind::set), of(Kind::integer, 7), of(Kind::integer, other), of(Kind::end)});
    ASSERT_TRUE(Reader::open(set)->find(0, seven, nullptr, &found).ok());
    EXPECT_EQ(found.kind, Kind::integer);
    EXPECT_EQ(found.i64, 7);
  }
}

TEST(Value, ATextWithoutItsZeroIsDamaged) {
  auto image = made_of({text("eight888")});
  Item root;
  ASSERT_TRUE(Reader::open(image)->read(0, &root).ok());
  image[sizeof(ImageHead) + 8 + 8] = std::byte{'x'};
  EXPECT_EQ(Reader::open(image)->read(0, &root).code(), Code::corrupt);
  image.resize(sizeof(ImageHead) + 8 + 8);
  save(image.data() + 8, std::uint64_t{image.size()});
  EXPECT_EQ(Reader::open(image)->read(0, &root).code(), Code::corrupt);
}

TEST(Value, ARootOfNoKindIsDamaged) {
  for (const std::uint64_t root : {0, 19, 255}) {
    auto image = made_of({of(Kind::null)});
    save(image.data() + offsetof(ImageHead, root), root);
    Item item;
    EXPECT_EQ(Reader::open(image)->read(0, &item).code(), Code::corrupt);
    EXPECT_EQ(Reader::open(image)->read(cell_of(Tag{99}, 0), &item).code(), Code::range);
  }
}

TEST(Value, NumbersOfAListLieAsNarrowAsTheyFit) {
  const auto dtype_of = [](std::initializer_list<std::int64_t> numbers) {
    std::vector<Item> items = {of(Kind::list)};
    for (const std::int64_t number : numbers) items.push_back(of(Kind::integer, number));
    items.push_back(of(Kind::end));
    Builder builder;
    EXPECT_TRUE(builder.put(items).ok());
    const auto image = image_of(builder);
    Item root;
    EXPECT_TRUE(Reader::open(*image)->read(0, &root).ok());
    return static_cast<dtype::Dtype>(root.detail);
  };
  EXPECT_EQ(dtype_of({0, 255}), dtype::Dtype::u8);
  EXPECT_EQ(dtype_of({-1, 127}), dtype::Dtype::i8);
  EXPECT_EQ(dtype_of({-1, 128}), dtype::Dtype::i16);
  EXPECT_EQ(dtype_of({-32769, 5}), dtype::Dtype::i32);
  EXPECT_EQ(dtype_of({0, 1LL << 32}), dtype::Dtype::i64);
  EXPECT_EQ(dtype_of({INT64_MIN, INT64_MAX}), dtype::Dtype::i64);
}

TEST(Value, ASharedNodeIsStoredOnceAndAValueMayContainItself) {
  Item share = of(Kind::share, 0, 7);
  const auto twice = made_of({of(Kind::list), of(Kind::list, 0, 7), text("x"), of(Kind::end), share, of(Kind::end)});
  const Reader reader = *Reader::open(twice);
  Item items[2];
  std::uint64_t given = 0;
  ASSERT_TRUE(reader.children(0, 0, items, 2, &given).ok());
  EXPECT_EQ(items[0].node, items[1].node);

  const auto circle = made_of({of(Kind::list, 0, 7), text("x"), share, of(Kind::end)});
  const Reader around = *Reader::open(circle);
  ASSERT_TRUE(around.children(0, 0, items, 2, &given).ok());
  Item root;
  ASSERT_TRUE(around.read(0, &root).ok());
  EXPECT_EQ(items[1].node, root.node);
  EXPECT_TRUE(are_equal(circle, circle));
  std::uint64_t hash = 0;
  EXPECT_EQ(Comparison(&around, &around).hash(Comparison::Side::a, root, &hash).code(), Code::limit);
}

TEST(Value, WhatMakesNoSenseIsRefusedAndTheBuilderStaysSo) {
  const auto code_of = [](std::initializer_list<Item> items) {
    Builder builder;
    const Status status = builder.put({items.begin(), items.size()});
    EXPECT_EQ(builder.put({}).code(), status.code());
    return status.ok() ? builder.finish().code() : status.code();
  };
  EXPECT_EQ(code_of({}), Code::invalid);
  EXPECT_EQ(code_of({of(Kind::end)}), Code::invalid);
  EXPECT_EQ(code_of({of(Kind::list)}), Code::invalid);
  EXPECT_EQ(code_of({of(Kind::null), of(Kind::null)}), Code::invalid);
  EXPECT_EQ(code_of({of(Kind::dict), of(Kind::null), of(Kind::end)}), Code::invalid);
  EXPECT_EQ(code_of({of(Kind::set), text("a"), text("a"), of(Kind::end)}), Code::duplicate);
  EXPECT_EQ(code_of({of(Kind::set), of(Kind::integer, 1), of(Kind::integer, 1), of(Kind::end)}), Code::duplicate);
  EXPECT_EQ(code_of({of(Kind::share, 0, 5)}), Code::not_found);
  EXPECT_EQ(code_of({of(Kind::set, 0, 5), of(Kind::share, 0, 5), of(Kind::end)}), Code::kind);
  EXPECT_EQ(code_of({of(Kind::list, 0, 5), of(Kind::set), of(Kind::list), of(Kind::share, 0, 5), of(Kind::end),
                     of(Kind::end), of(Kind::end)}),
            Code::kind);
  EXPECT_EQ(code_of({text("\xff")}), Code::invalid);
  std::vector<Item> deep(kMaxDepth + 1, of(Kind::list));
  EXPECT_EQ(Builder().put(deep).code(), Code::limit);
}

TEST(Value, LongTextsAndDecimalsAreComparedByWhatTheyHold) {
  const std::string a(1000, 'x'), b = std::string(999, 'x') + "y";
  EXPECT_TRUE(are_equal(made_of({text(a)}), made_of({text(a)})));
  EXPECT_FALSE(are_equal(made_of({text(a)}), made_of({text(b)})));
  EXPECT_FALSE(are_equal(made_of({text(a)}), made_of({text(a + "x")})));
  const auto decimal = [](const std::string &digits, std::int64_t exponent) {
    Item item = text(digits);
    item.kind = Kind::decimal;
    item.i64 = exponent;
    return made_of({item});
  };
  const std::string zeros(200, '0');
  EXPECT_TRUE(are_equal(decimal("12" + zeros, -200), decimal("12", 0)));
  EXPECT_TRUE(are_equal(decimal("12" + zeros, -200), decimal("0012" + zeros, -200)));
  EXPECT_FALSE(are_equal(decimal("12" + zeros, -200), decimal("13" + zeros, -200)));
}

TEST(Value, AKeyThatIsLikeAnotherIsFoundWhateverIsBesideIt) {
  const std::string a(100, 'x'), b = std::string(99, 'x') + "y";
  const auto tuples = made_of(
      {of(Kind::set), of(Kind::tuple), text(a), of(Kind::end), of(Kind::tuple), text(b), of(Kind::end), of(Kind::end)});
  const auto turned = made_of(
      {of(Kind::set), of(Kind::tuple), text(b), of(Kind::end), of(Kind::tuple), text(a), of(Kind::end), of(Kind::end)});
  EXPECT_TRUE(are_equal(tuples, turned));
}

TEST(Value, WhatIsSharedIsLookedAtOnce) {
  const std::string large(1 << 20, 'x');
  Item first = text(large), share = of(Kind::share, 0, 3);
  first.node = 3;
  std::vector<Item> items = {of(Kind::list), first};
  items.insert(items.end(), 10'000, share);
  items.push_back(of(Kind::end));
  Builder builder;
  ASSERT_TRUE(builder.put(items).ok());
  const auto image = *image_of(builder);
  EXPECT_EQ(hash_of(image), hash_of(image));
  EXPECT_TRUE(are_equal(image, image));
}

// Two lists whose every element is another array, all of which lie over each other.
TEST(Value, WhatLiesOverEachOtherIsALimit) {
  Builder builder;
  const std::vector<std::byte> elements(1 << 20);
  const dtype::Format format = *dtype::parse_format("B");
  const std::int64_t shape[] = {1 << 20};
  constexpr std::uint64_t kArrays = 4000;
  Item list = of(Kind::list), end = of(Kind::end);
  ASSERT_TRUE(builder.put({&list, 1}).ok());
  ASSERT_TRUE(builder.put_array(format, shape, elements, 0).ok());
  const std::vector<std::byte> nothing;
  const std::int64_t none[] = {0};
  for (std::uint64_t i = 1; i < kArrays; ++i) ASSERT_TRUE(builder.put_array(format, none, nothing, 0).ok());
  ASSERT_TRUE(builder.put({&end, 1}).ok());
  auto image = *image_of(builder);
  const Reader reader = *Reader::open(image);
  Item root, arrays[kArrays];
  std::uint64_t given = 0;
  ASSERT_TRUE(reader.read(0, &root).ok());
  ASSERT_TRUE(reader.children(0, 0, arrays, kArrays, &given).ok());
  const auto whole = load<ArrayHead>(image.data() + payload_of(arrays[0].node));
  for (const Item &array : arrays) {
    save(image.data() + payload_of(array.node), whole);
    save(image.data() + payload_of(array.node) + sizeof whole, shape[0]);
  }
  std::uint64_t hash = 0;
  bool equal = false;
  const Reader other = *Reader::open(image);
  EXPECT_EQ(Comparison(&reader, &reader).hash(Comparison::Side::a, root, &hash).code(), Code::limit);
  EXPECT_EQ(Comparison(&reader, &other).equal(root, root, &equal).code(), Code::limit);
  EXPECT_TRUE(Comparison(&reader, &reader).equal(root, root, &equal).ok());
  EXPECT_TRUE(equal);
}

// Of 32 bytes XXH3 multiplies each half's first word, once it is combined with a word of its own that everybody knows,
// by the second: where they are the same, the second does not matter.
std::string colliding(std::uint64_t number) {
  const std::uint64_t words[4] = {0xbe4ba423396cfeb8, number, 1, 2};
  return std::string(text_of(std::as_bytes(std::span(words))));
}

std::vector<std::string> colliding_keys(std::uint64_t count) {
  std::vector<std::string> keys;
  for (std::uint64_t i = 0; i < count; ++i) keys.push_back(colliding(i * 0x9e3779b97f4a7c15));
  return keys;
}

Item blob(std::string_view bytes) {
  Item item = text(bytes);
  item.kind = Kind::bytes;
  return item;
}

TEST(Value, KeysThatWereMadeToCollideAreFoundAsLongAsTheyAreFew) {
  const std::vector<std::string> keys = colliding_keys(kMaxDisplacement + 1);
  std::vector<Item> items = {of(Kind::dict)};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ASSERT_EQ(hash_of_scalar(blob(keys[i])), hash_of_scalar(blob(keys[0])));
    items.push_back(blob(keys[i]));
    items.push_back(of(Kind::integer, static_cast<std::int64_t>(i)));
  }
  items.push_back(of(Kind::end));
  Builder builder;
  ASSERT_TRUE(builder.put(items).ok());
  const auto image = *image_of(builder);
  const Reader reader = *Reader::open(image);
  Item found;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ASSERT_TRUE(reader.find(0, blob(keys[i]), nullptr, &found).ok());
    ASSERT_EQ(found.i64, static_cast<std::int64_t>(i));
  }
  const std::string absent = colliding(1);
  ASSERT_TRUE(reader.find(0, blob(absent), nullptr, &found).ok());
  EXPECT_EQ(found.kind, Kind::end);
}

TEST(Value, KeysThatWereMadeToCollideAreRefusedWhenTheyAreMany) {
  const std::vector<std::string> keys = colliding_keys(200'000);
  for (const bool in_tuples : {false, true}) {
    std::vector<Item> items = {of(Kind::set)};
    for (const std::string &key : keys) {
      if (in_tuples) items.push_back(of(Kind::tuple));
      items.push_back(blob(key));
      if (in_tuples) items.push_back(of(Kind::end));
    }
    Builder builder;
    ASSERT_TRUE(builder.put(items).ok());
    const Item end = of(Kind::end);
    EXPECT_EQ(builder.put({&end, 1}).code(), Code::limit);
  }
}

// An index that is full, where every entry is half a table away from where it belongs.
TEST(Value, AnIndexThatLeadsAstrayIsNotFollowedFar) {
  std::vector<Item> items = {of(Kind::set)};
  for (std::int64_t i = 0; i < 20'000; ++i) items.push_back(of(Kind::integer, i * 1'000'000));
  items.push_back(of(Kind::end));
  Builder builder;
  ASSERT_TRUE(builder.put(items).ok());
  const auto image = *image_of(builder);
  const Reader reader = *Reader::open(image);
  Item root;
  ASSERT_TRUE(reader.read(0, &root).ok());
  const std::size_t index = payload_of(root.node) + 8 + root.count * sizeof(Cell), slots = index_slots(root.count);
  auto astray = image;
  for (std::size_t i = 0; i < slots; ++i) {
    const auto number = load<std::uint16_t>(image.data() + index + i * 2);
    save(astray.data() + index + (i + slots / 2) % slots * 2, std::max(number, std::uint16_t{1}));
  }
  const Reader led = *Reader::open(astray);
  Item found;
  bool equal = false;
  std::uint64_t looked = 0;
  ASSERT_TRUE(led.find(0, of(Kind::integer, 5'000'000), nullptr, &found, &looked).ok());
  EXPECT_EQ(found.kind, Kind::end);
  EXPECT_EQ(looked, kMaxDisplacement + 1);
  ASSERT_TRUE(Comparison(&reader, &led).equal(root, root, &equal).ok());
  EXPECT_FALSE(equal);
}

// Whatever the bytes: every call ends, with a status, and reads nothing outside.
TEST(Value, DamagedImagesAreErrorsAndNothingElse) {
  std::uint64_t read = 0, refused = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    RandomValues random(seed);
    auto image = *image_of(random.any(3));
    for (std::uint64_t hits = 1 + random.below(4); hits > 0; --hits) {
      const std::uint64_t at = 16 + random.below(image.size() - 16);
      image[at] = static_cast<std::byte>(random.below(3) == 0 ? 0xff : random.below(256));
    }
    image.resize(image.size() - (random.below(4) == 0 ? random.below(image.size()) : 0));
    image.shrink_to_fit();
    const auto reader = Reader::open(image);
    if (!reader.ok()) continue;
    std::uint64_t budget = 10'000;
    const auto tree = test::tree_of(*reader, 0, 0, &budget);
    ++(tree.ok() ? read : refused);
    Item root, found;
    if (!reader->read(0, &root).ok()) continue;
    std::uint64_t hash = 0;
    bool equal = false;
    (void)Comparison(&*reader, &*reader).hash(Comparison::Side::a, root, &hash);
    (void)Comparison(&*reader, &*reader).equal(root, root, &equal);
    (void)reader->find(0, text("a"), nullptr, &found);
    (void)reader->find(0, root, &*reader, &found);
  }
  EXPECT_GT(read, 100U);
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace deltos
