// The catalogue's tree against std::map, its shape, its accounting of pages, and trees that no editing makes.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "store/tree.hpp"
#include "support/memory_pages.hpp"

namespace deltos::store {
namespace {

using format::Child;
using test::MemoryPages;

struct Value {
  std::string bytes;
  bool spilled = false;
  bool operator==(const Value &) const = default;
};
using Model = std::map<std::string, Value>;

Value value_of(const TreeValue &value) { return {std::string(text_of(value.bytes)), value.spilled}; }

void put(MemoryPages &pages, Root *root, const std::string &key, const Value &value) {
  auto changed = Tree::put(pages, *root, bytes_of(key), bytes_of(value.bytes), value.spilled);
  ASSERT_TRUE(changed.ok()) << changed.error().message;
  *root = *changed;
}

bool erase(MemoryPages &pages, Root *root, const std::string &key) {
  OldValue old;
  auto changed = Tree::erase(pages, *root, bytes_of(key), &old);
  EXPECT_TRUE(changed.ok());
  if (changed.ok()) *root = *changed;
  return old.there;
}

void expect_content(MemoryPages &pages, const Root &root, const Model &model) {
  TreeCursor forward(pages, root);
  ASSERT_TRUE(forward.seek({}).ok());
  for (const auto &[key, value] : model) {
    ASSERT_TRUE(forward.valid());
    ASSERT_EQ(text_of(forward.key()), key);
    ASSERT_EQ(value_of(forward.value()), value);
    ASSERT_TRUE(forward.next().ok());
  }
  EXPECT_FALSE(forward.valid());
  TreeCursor backward(pages, root);
  ASSERT_TRUE(backward.seek_last({}).ok());
  for (auto entry = model.rbegin(); entry != model.rend(); ++entry) {
    ASSERT_TRUE(backward.valid());
    ASSERT_EQ(text_of(backward.key()), entry->first);
    ASSERT_TRUE(backward.previous().ok());
  }
  EXPECT_FALSE(backward.valid());
}

// Every page of the tree is met exactly once, and the tree's pages are exactly those not given back.
void expect_exact_pages(MemoryPages &pages, const Root &root) {
  std::set<Child, bool (*)(const Child &, const Child &)> met(test::operator<);
  const Status walked = Tree::walk(pages, root, [&](const Child &child, unsigned, const std::byte *) -> Status {
    EXPECT_TRUE(met.insert(child).second) << "page met twice";
    return {};
  });
  ASSERT_TRUE(walked.ok()) << walked.error().message;
  const bool same =
      std::equal(met.begin(), met.end(), pages.live().begin(), pages.live().end(),
                 [](const Child &a, const Child &b) { return !(test::operator<(a, b)) && !(test::operator<(b, a)); });
  EXPECT_TRUE(same) << met.size() << " pages in the tree, " << pages.live().size() << " accounted for";
}

double leaf_fill(MemoryPages &pages, const Root &root) {
  std::size_t used = 0;
  std::size_t leaves = 0;
  EXPECT_TRUE(Tree::walk(pages, root, [&](const Child &, unsigned level, const std::byte *page) -> Status {
                if (level == 0) used += format::page_used_bytes(page), ++leaves;
                return {};
              }).ok());
  return static_cast<double>(used) / static_cast<double>(leaves * format::kPageCapacity);
}

std::string numbered(std::uint64_t number, char space = '\2') {
  std::string key(9, space);
  for (int byte = 0; byte < 8; ++byte) key[8 - byte] = static_cast<char>(number >> (8 * byte));
  return key;
}

// Keys that resemble one another in various ways, from a pool small enough to be hit again.
class Keys {
 public:
  explicit Keys(std::uint32_t seed) : random_(seed) {}
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }
  std::string key() {
    const std::size_t number = below(1500);
    switch (number % 4) {
      case 0:
        return numbered(number);
      case 1:
        return std::string(1 + number % 1024, 'p');
      case 2:
        return std::string(1000, 'q') + std::to_string(number);
      default:
        return "\1weather/" + std::to_string(number) + std::string(number % 200, 'x');
    }
  }
  Value value() {
    if (below(5) == 0) return {std::string(sizeof(format::Spill), static_cast<char>(below(256))), true};
    const std::size_t longest = below(3) == 0 ? format::kMaxInlineValueBytes : 60;
    return {std::string(below(longest + 1), static_cast<char>(below(256))), false};
  }

 private:
  std::mt19937 random_;
};

struct Past {
  Root root;
  Model model;
};

// ---- against the model ----------------------------------------------------------------------------------------------

class TreeModel : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Seeds, TreeModel, testing::Range(1, 6));

TEST_P(TreeModel, AgreesWithAnOrderedMapThroughCommitsAndAborts) {
  Keys keys(static_cast<std::uint32_t>(GetParam()));
  MemoryPages pages;
  Root root;
  Model model;
  Past committed;
  std::vector<Past> history;
  for (int step = 0; step < 5000; ++step) {
    const bool growing = step / 1000 % 2 == 0;
    const std::string key = keys.key();
    if (keys.below(10) < (growing ? 8U : 3U)) {
      const Value value = keys.value();
      put(pages, &root, key, value);
      model[key] = value;
    } else {
      ASSERT_EQ(erase(pages, &root, key), model.erase(key) == 1);
    }
    if (keys.below(40) == 0) {
      pages.commit();
      committed = {root, model};
      if (keys.below(10) == 0) history.push_back(committed);
    } else if (keys.below(200) == 0) {
      pages.abort();
      root = committed.root;
      model = committed.model;
    }
    if (step % 250 == 0) {
      expect_content(pages, root, model);
      expect_exact_pages(pages, root);
    }
    if (HasFailure()) FAIL() << "at step " << step;
  }
  pages.commit();
  expect_content(pages, root, model);
  expect_exact_pages(pages, root);
  for (const Past &past : history) expect_content(pages, past.root, past.model);
}

TEST_P(TreeModel, SeeksLikeAnOrderedMap) {
  Keys keys(static_cast<std::uint32_t>(100 + GetParam()));
  MemoryPages pages;
  Root root;
  Model model;
  for (int step = 0; step < 700; ++step) {
    const std::string key = keys.key();
    put(pages, &root, key, {key.substr(0, 20), false});
    model[key] = {key.substr(0, 20), false};
  }
  for (int step = 0; step < 2000; ++step) {
    const std::string key = keys.key();
    const auto wanted = model.lower_bound(key);
    TreeCursor cursor(pages, root);
    ASSERT_TRUE(cursor.seek(bytes_of(key)).ok());
    ASSERT_EQ(cursor.valid(), wanted != model.end());
    if (cursor.valid()) {
      ASSERT_EQ(text_of(cursor.key()), wanted->first);
    }
    ASSERT_TRUE(cursor.seek_last(bytes_of(key)).ok());
    ASSERT_EQ(cursor.valid(), wanted != model.begin());
    if (cursor.valid()) {
      ASSERT_EQ(text_of(cursor.key()), std::prev(wanted)->first);
    }
    auto found = Tree::find(pages, root, bytes_of(key));
    ASSERT_TRUE(found.ok());
    ASSERT_EQ(found->has_value(), wanted != model.end() && wanted->first == key);
    if (found->has_value()) {
      ASSERT_EQ(value_of(**found), wanted->second);
    }
  }
}

TEST_P(TreeModel, LeavesEverythingAsItWasWhenAPageOrTheSpaceIsMissing) {
  Keys keys(static_cast<std::uint32_t>(200 + GetParam()));
  MemoryPages pages;
  Root root;
  int failures = 0;
  for (int step = 0; step < 1500; ++step) {
    const std::string key = keys.key();
    const Value value = keys.value();
    const bool insert = keys.below(10) < (step < 600 ? 8U : 3U);
    if (step % 5 == 0) {
      const auto before = pages.image();
      const auto live_before = pages.live().size();
      pages.reservations_fail = keys.below(2) == 0;
      pages.pages_until_failure = pages.reservations_fail ? -1 : static_cast<int>(keys.below(6));
      OldValue removed;
      const auto changed = insert ? Tree::put(pages, root, bytes_of(key), bytes_of(value.bytes), value.spilled)
                                  : Tree::erase(pages, root, bytes_of(key), &removed);
      pages.reservations_fail = false;
      pages.pages_until_failure = -1;
      if (!changed.ok()) {
        ++failures;
        ASSERT_FALSE(removed.there);
        ASSERT_TRUE(pages.image() == before);
        ASSERT_EQ(pages.live().size(), live_before);
        expect_exact_pages(pages, root);
      } else {
        root = *changed;
      }
    } else if (insert) {
      put(pages, &root, key, value);
    } else {
      erase(pages, &root, key);
    }
    if (step % 60 == 0) pages.commit();
    if (HasFailure()) FAIL() << "at step " << step;
  }
  EXPECT_GT(failures, 100);
}

// ---- shape ----------------------------------------------------------------------------------------------------------

TEST(Tree, FillsPagesWhenKeysArriveInOrder) {
  MemoryPages pages;
  Root root;
  for (std::uint64_t id = 1; id <= 5000; ++id) put(pages, &root, numbered(id), {std::string(130, 'v'), false});
  EXPECT_GE(leaf_fill(pages, root), 0.9);
  EXPECT_EQ(root.height, 3U);
}

TEST(Tree, FillsPagesWhenEveryKeyInOrderIsACommitOfItsOwn) {
  MemoryPages pages;
  Root root;
  for (std::uint64_t id = 1; id <= 1500; ++id) {
    put(pages, &root, numbered(id), {std::string(130, 'v'), false});
    pages.commit();
  }
  EXPECT_GE(leaf_fill(pages, root), 0.9);
}

TEST(Tree, FillsPagesWhenKeysArriveInOrderInFrontOfOthers) {
  MemoryPages pages;
  Root root;
  for (std::uint64_t id = 1; id <= 9; ++id) put(pages, &root, numbered(id, '\3'), {std::string(130, 'v'), false});
  for (std::uint64_t id = 1; id <= 5000; ++id) put(pages, &root, numbered(id), {std::string(130, 'v'), false});
  EXPECT_GE(leaf_fill(pages, root), 0.9);
}

TEST(Tree, KeepsPagesHalfFullWhenKeysArriveAtRandom) {
  MemoryPages pages;
  Root root;
  std::mt19937_64 random(1);
  for (int step = 0; step < 5000; ++step) put(pages, &root, numbered(random()), {std::string(130, 'v'), false});
  EXPECT_GE(leaf_fill(pages, root), 0.6);
}

TEST(Tree, MergesPagesThatRunLow) {
  MemoryPages pages;
  Root root;
  for (std::uint64_t id = 1; id <= 5000; ++id) put(pages, &root, numbered(id), {std::string(130, 'v'), false});
  const std::size_t before = pages.live().size();
  std::mt19937 random(1);
  for (std::uint64_t id = 1; id <= 5000; ++id) {
    if (random() % 20 != 0) erase(pages, &root, numbered(id));
  }
  EXPECT_LT(pages.live().size(), before / 7);
  EXPECT_GE(leaf_fill(pages, root), 0.3);
  expect_exact_pages(pages, root);
}

TEST(Tree, IsEmptyAgainWhenEverythingIsErased) {
  for (const bool ascending : {true, false}) {
    MemoryPages pages;
    Root root;
    for (std::uint64_t id = 1; id <= 2000; ++id) put(pages, &root, numbered(id), {std::string(200, 'v'), false});
    pages.commit();
    for (std::uint64_t id = 1; id <= 2000; ++id) {
      ASSERT_TRUE(erase(pages, &root, numbered(ascending ? id : 2001 - id)));
    }
    EXPECT_EQ(root, Root{});
    EXPECT_TRUE(pages.live().empty());
  }
}

TEST(Tree, SeparatesNeighboursByTheShortestKeyThatDoes) {
  MemoryPages pages;
  Root root;
  for (char first = 'a'; first <= 'e'; ++first) {
    put(pages, &root, std::string(1, first) + std::string(1000, 'z'), {std::string(900, 'v'), false});
  }
  ASSERT_EQ(root.height, 2U);
  auto page = pages.page({root.block, root.transaction}, 1);
  ASSERT_TRUE(page.ok());
  for (unsigned index = 1; index < format::page_count(*page); ++index) {
    EXPECT_EQ(format::page_entry(*page, index).key.size(), 1U);
  }
}

TEST(Tree, EditsAValueOfEqualSizeInPlaceInATransactionsOwnPage) {
  MemoryPages pages;
  Root root;
  for (std::uint64_t id = 1; id <= 200; ++id) put(pages, &root, numbered(id), {std::string(130, 'v'), false});
  const Root before = root;
  put(pages, &root, numbered(77), {std::string(130, 'w'), false});
  EXPECT_EQ(root, before);
  EXPECT_EQ(value_of(**Tree::find(pages, root, bytes_of(numbered(77)))).bytes, std::string(130, 'w'));
}

TEST(Tree, CopiesOnlyThePathOfACommittedPage) {
  MemoryPages pages;
  Root root;
  for (std::uint64_t id = 1; id <= 5000; ++id) put(pages, &root, numbered(id), {std::string(130, 'v'), false});
  pages.commit();
  const auto before = pages.image().size();
  put(pages, &root, numbered(2500), {std::string(130, 'w'), false});
  EXPECT_EQ(pages.image().size(), before + root.height);
}

TEST(Tree, AcceptsAKeyAndValueThatLieInThePageItChanges) {
  MemoryPages pages;
  Root root;
  for (std::uint64_t id = 1; id <= 40; ++id)
    put(pages, &root, numbered(id), {std::string(90, static_cast<char>(id)), false});
  auto value = Tree::find(pages, root, bytes_of(numbered(7)));
  ASSERT_TRUE(value.ok());
  auto changed = Tree::put(pages, root, bytes_of(numbered(8)), (*value)->bytes, false);
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(value_of(**Tree::find(pages, *changed, bytes_of(numbered(8)))).bytes, std::string(90, '\7'));
}

// ---- limits ---------------------------------------------------------------------------------------------------------

TEST(Tree, RefusesKeysAndValuesBeyondTheirLimits) {
  MemoryPages pages;
  const std::string long_key(format::kMaxKeyBytes + 1, 'k');
  const std::string long_value(format::kMaxInlineValueBytes + 1, 'v');
  EXPECT_EQ(Tree::put(pages, {}, bytes_of(long_key), {}, false).code(), Code::limit);
  EXPECT_EQ(Tree::put(pages, {}, bytes_of("k"), bytes_of(long_value), false).code(), Code::limit);
  EXPECT_EQ(Tree::put(pages, {}, bytes_of("k"), bytes_of("not a spill"), true).code(), Code::limit);
}

std::string text_of_child(const Child &child) {
  return std::string(reinterpret_cast<const char *>(&child), sizeof child);
}

TEST(Tree, RefusesToGrowBeyondItsHeightAndChangesNothing) {
  MemoryPages pages;
  Child child = pages.plant(0, {{"a", std::string(900, 'v')},
                                {"b", std::string(900, 'v')},
                                {"c", std::string(900, 'v')},
                                {"d", std::string(900, 'v')}});
  for (unsigned level = 1; level < format::kMaxHeight; ++level) {
    const std::string other = text_of_child({format::kFirstDataBlock + 1000 + level, 1});
    child = pages.plant(level, {{"", text_of_child(child)},
                                {std::string(1024, 'x'), other},
                                {std::string(1024, 'y'), other},
                                {std::string(1024, 'z'), other}});
  }
  const Root root{child.block, child.transaction, format::kMaxHeight};
  const auto before = pages.image();
  const std::string value(900, 'w');
  EXPECT_EQ(Tree::put(pages, root, bytes_of("e"), bytes_of(value), false).code(), Code::limit);
  EXPECT_TRUE(pages.image() == before);
  EXPECT_TRUE(Tree::put(pages, root, bytes_of("d"), bytes_of(value), false).ok());
}

// ---- hostile trees --------------------------------------------------------------------------------------------------

Status walk_all(MemoryPages &pages, const Root &root) {
  return Tree::walk(pages, root, [](const Child &, unsigned, const std::byte *) -> Status { return {}; });
}

TEST(Tree, RefusesARootOfImpossibleHeight) {
  MemoryPages pages;
  const Root root{format::kFirstDataBlock, 1, format::kMaxHeight + 1};
  EXPECT_EQ(Tree::find(pages, root, bytes_of("k")).code(), Code::corrupt);
  EXPECT_EQ(walk_all(pages, root).code(), Code::corrupt);
  TreeCursor cursor(pages, root);
  EXPECT_EQ(cursor.seek({}).code(), Code::corrupt);
  EXPECT_EQ(cursor.seek_last({}).code(), Code::corrupt);
}

TEST(Tree, RefusesARootThatIsNotOfItsLevel) {
  MemoryPages pages;
  const Child leaf = pages.plant(0, {{"a", "1"}});
  EXPECT_EQ(Tree::find(pages, {leaf.block, leaf.transaction, 2}, bytes_of("a")).code(), Code::corrupt);
}

TEST(Tree, WalkRefusesAPageThatIsReferredToTwice) {
  MemoryPages pages;
  const std::string leaf = text_of_child(pages.plant(0, {{"a", "1"}, {"n", "2"}}));
  const Child top = pages.plant(1, {{"", leaf}, {"m", leaf}});
  EXPECT_EQ(walk_all(pages, {top.block, top.transaction, 2}).code(), Code::corrupt);
}

TEST(Tree, WalkRefusesKeysOutsideTheirSeparators) {
  MemoryPages pages;
  const std::string low = text_of_child(pages.plant(0, {{"a", "1"}, {"b", "2"}}));
  const std::string high = text_of_child(pages.plant(0, {{"c", "1"}, {"d", "2"}}));
  const Child below = pages.plant(1, {{"", low}, {"cc", high}});
  const Child above = pages.plant(1, {{"", low}, {"b", high}});
  const Child right = pages.plant(1, {{"", low}, {"c", high}});
  EXPECT_EQ(walk_all(pages, {below.block, below.transaction, 2}).code(), Code::corrupt);
  EXPECT_EQ(walk_all(pages, {above.block, above.transaction, 2}).code(), Code::corrupt);
  EXPECT_TRUE(walk_all(pages, {right.block, right.transaction, 2}).ok());
}

TEST(Tree, CursorEndsInATreeThatRefersToOnePageManyTimes) {
  MemoryPages pages;
  std::string child = text_of_child(pages.plant(0, {{"a", "1"}, {"b", "2"}}));
  Child top{};
  for (unsigned level = 1; level < format::kMaxHeight; ++level) {
    std::vector<std::pair<std::string, std::string>> entries{{"", child}};
    for (char key = 'c'; key <= 'z'; ++key) entries.push_back({std::string(1, key), child});
    top = pages.plant(level, entries);
    child = text_of_child(top);
  }
  const Root root{top.block, top.transaction, format::kMaxHeight};
  TreeCursor cursor(pages, root);
  ASSERT_TRUE(cursor.seek({}).ok());
  ASSERT_TRUE(cursor.next().ok());
  EXPECT_EQ(cursor.next().code(), Code::corrupt);
  EXPECT_FALSE(cursor.valid());
  ASSERT_TRUE(cursor.seek_last({}).ok());
  ASSERT_TRUE(cursor.previous().ok());
  EXPECT_EQ(cursor.previous().code(), Code::corrupt);
  EXPECT_EQ(walk_all(pages, root).code(), Code::corrupt);
}

// Reads all there is, forwards and backwards, and looks things up; returns whether everything could be read.
bool reads_whole(MemoryPages &pages, const Root &root, const std::vector<std::string> &keys) {
  bool whole = walk_all(pages, root).ok();
  TreeCursor cursor(pages, root);
  Status status = cursor.seek({});
  while (status.ok() && cursor.valid()) status = cursor.next();
  whole = whole && status.ok();
  status = cursor.seek_last({});
  while (status.ok() && cursor.valid()) status = cursor.previous();
  for (const std::string &key : keys) whole = Tree::find(pages, root, bytes_of(key)).ok() && whole;
  return whole && status.ok();
}

TEST(Tree, OfDamagedPagesUnderRightChecksumsIsReadWithinBoundsAndEnds) {
  std::mt19937 random(11);
  MemoryPages pages;
  Root root;
  std::vector<std::string> keys;
  for (std::uint64_t id = 1; id <= 60; ++id) {
    keys.push_back(std::string(400, 'k') + numbered(id));
    put(pages, &root, keys.back(), {std::string(300, 'v'), false});
  }
  ASSERT_GE(root.height, 3U);
  pages.commit();
  const std::vector<Child> children(pages.live().begin(), pages.live().end());
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::byte *page = pages.raw(children[random() % children.size()].block);
    MemoryPages::Page before;
    std::copy_n(page, before.size(), before.begin());
    const auto lowest = load<std::uint16_t>(page + offsetof(format::PageHeader, entries_offset));
    for (int change = 0; change <= round % 3; ++change) {
      const std::size_t place =
          random() % 2 == 0 ? random() % 64 : lowest + random() % (format::kPageChecksumOffset - lowest);
      page[place] = static_cast<std::byte>(random());
    }
    if (round % 4 == 0) {  // one page in the place of another
      const std::byte *other = pages.raw(children[random() % children.size()].block);
      std::copy_n(other + sizeof(format::PageHeader), format::kBlockBytes - sizeof(format::PageHeader),
                  page + sizeof(format::PageHeader));
    }
    save(page + format::kPageChecksumOffset, hash64({page, format::kPageChecksumOffset}));
    if (!reads_whole(pages, root, {keys[0], keys[30], keys[59]})) ++refused;
    std::copy(before.begin(), before.end(), page);
  }
  EXPECT_GT(refused, 2000);
  EXPECT_TRUE(reads_whole(pages, root, keys));
}

TEST(Tree, CollapsesARootThroughPagesWithOneChild) {
  MemoryPages pages;
  const std::string low = text_of_child(pages.plant(0, {{"a", "1"}}));
  const Child high = pages.plant(0, {{"n", "1"}, {"o", "2"}});
  const std::string left = text_of_child(pages.plant(1, {{"", low}}));
  const std::string right = text_of_child(pages.plant(1, {{"", text_of_child(high)}}));
  const Child top = pages.plant(2, {{"", left}, {"m", right}});
  Root root{top.block, top.transaction, 3};
  EXPECT_TRUE(erase(pages, &root, "a"));
  EXPECT_EQ(root, (Root{high.block, high.transaction, 1}));
  expect_exact_pages(pages, root);
}

}  // namespace
}  // namespace deltos::store
