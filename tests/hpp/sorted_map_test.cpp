// Sorted maps: changed in transactions, read from snapshots by key, by range and by prefix.
#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Find;
using deltos::KeyKind;
using deltos::KeyRange;
using deltos::SnapshotRef;
using deltos::SortedMap;
using deltos::SortedPair;
using deltos::Status;

namespace {

using Texts = std::vector<std::string_view>;
using Numbers = std::vector<std::uint64_t>;

// A map of trees with their heights.
class SortedMaps : public WithStorage {
 protected:
  void SetUp() override {
    WithStorage::SetUp();
    deltos::Transaction transaction = storage_.transaction();
    map_ = transaction.create_sorted_map("heights", KeyKind::utf8);
    map_.put_many(transaction, Texts{"oak", "ash", "elm", "aspen"}, Texts{"40", "35", "30", "20"});
    transaction.commit();
  }
  template <class State>
  std::string keys(const State &state, const KeyRange &range = {}) const {
    std::string all;
    for (const SortedPair &pair : map_.range(state, range)) all.append(pair.key()).append(" ");
    return all;
  }

  SortedMap map_;
};

TEST_F(SortedMaps, GiveValuesOfKeys) {
  const deltos::Snapshot now = storage_.snapshot();
  EXPECT_EQ(map_.get(now, "ash"), "35");
  EXPECT_EQ(map_.get(now, "yew"), std::nullopt);
  EXPECT_TRUE(map_.contains(now, "elm"));
  EXPECT_FALSE(map_.contains(now, ""));
  const auto values = map_.get_many(now, Texts{"oak", "yew", "ash"});
  EXPECT_EQ(values[0], "40");
  EXPECT_EQ(values[1], std::nullopt);
  EXPECT_EQ(map_.map_info(now).count, 4u);
  EXPECT_EQ(map_.map_info(now).key, KeyKind::utf8);
}

TEST_F(SortedMaps, AreWalkedInTheOrderOfKeysBothWays) {
  const deltos::Snapshot now = storage_.snapshot();
  EXPECT_EQ(keys(now), "ash aspen elm oak ");
  KeyRange range;
  range.reverse = true;
  EXPECT_EQ(keys(now, range), "oak elm aspen ash ");
  range = {};
  range.from = "aspen";
  range.to = "oak";
  EXPECT_EQ(keys(now, range), "aspen elm ");
  range.open_from = range.closed_to = true;
  EXPECT_EQ(keys(now, range), "elm oak ");
  EXPECT_EQ(map_.count(now, range), 2u);
  range = {};
  range.prefix = "as";
  EXPECT_EQ(keys(now, range), "ash aspen ");
  EXPECT_EQ(map_.count(now), 4u);
}

TEST_F(SortedMaps, FindPairsByTheOrderOfKeys) {
  const deltos::Snapshot now = storage_.snapshot();
  const auto key_of = [](const std::optional<SortedPair> &pair) { return pair ? pair->key() : "none"; };
  EXPECT_EQ(key_of(map_.find(now, Find::first)), "ash");
  EXPECT_EQ(key_of(map_.find(now, Find::last)), "oak");
  EXPECT_EQ(key_of(map_.find(now, Find::at_least, "b")), "elm");
  EXPECT_EQ(key_of(map_.find(now, Find::above, "elm")), "oak");
  EXPECT_EQ(key_of(map_.find(now, Find::at_most, "elm")), "elm");
  EXPECT_EQ(key_of(map_.find(now, Find::below, "ash")), "none");
}

TEST_F(SortedMaps, ShowEachSnapshotWhatItSaw) {
  const deltos::Snapshot before = storage_.snapshot();
  deltos::Transaction transaction = storage_.transaction();
  EXPECT_TRUE(map_.put(transaction, "ash", "36"));
  EXPECT_FALSE(map_.put(transaction, "yew", "10"));
  EXPECT_TRUE(map_.remove(transaction, "oak"));
  EXPECT_FALSE(map_.remove(transaction, "oak"));
  EXPECT_EQ(keys(transaction.snapshot()), "ash aspen elm yew ");
  EXPECT_EQ(keys(before), "ash aspen elm oak ");
  transaction.commit();
  EXPECT_EQ(map_.get(storage_.snapshot(), "ash"), "36");
  EXPECT_EQ(map_.get(before, "ash"), "35");
  EXPECT_EQ(storage_.snapshot().sorted_map("heights").info().kind, deltos::Kind::sorted_map);
  EXPECT_EQ(before.try_sorted_map("grid").status(), Status::kind);
}

TEST_F(SortedMaps, MayChangeWhileTheirTransactionWalksThem) {
  deltos::Transaction transaction = storage_.transaction();
  std::string seen;
  for (const SortedPair &pair : map_.range(transaction.snapshot())) {
    seen.append(pair.key()).append(" ");
    if (pair.key() == "ash") {
      map_.remove(transaction, "aspen");
      map_.put(transaction, "fir", "50");
    }
  }
  EXPECT_EQ(seen, "ash elm fir oak ");
}

TEST_F(SortedMaps, OrderNumbersAsNumbers) {
  deltos::Transaction transaction = storage_.transaction();
  SortedMap squares = transaction.create_sorted_map("squares", KeyKind::u64);
  squares.load(transaction, Numbers{1, 255, 256, 65536}, Texts{"a", "b", "c", "d"});
  EXPECT_EQ(squares.try_load(transaction, Numbers{65536}, Texts{"e"}).status(), Status::duplicate);
  EXPECT_EQ(squares.try_load(transaction, Numbers{2}, Texts{"e"}).status(), Status::range);
  std::vector<SortedPair> pairs;
  for (const SortedPair &pair : squares.range(transaction.snapshot())) pairs.push_back(pair);
  ASSERT_EQ(pairs.size(), 4u);
  EXPECT_EQ(pairs[2].number(), 256u);
  EXPECT_EQ(pairs[2].key(), (std::string_view("\0\1\0\0\0\0\0\0", 8)));  // also of a copy
  EXPECT_EQ(squares.find(transaction.snapshot(), Find::below, 256)->number(), 255u);
  EXPECT_EQ(squares.try_get(transaction.snapshot(), "x").status(), Status::type);
}

TEST_F(SortedMaps, LoseRanges) {
  deltos::Transaction transaction = storage_.transaction();
  KeyRange range;
  range.prefix = "as";
  EXPECT_EQ(map_.remove_range(transaction, range), 2u);
  EXPECT_EQ(keys(transaction.snapshot()), "elm oak ");
  EXPECT_EQ(map_.remove_range(transaction), 2u);
  EXPECT_EQ(map_.count(transaction.snapshot()), 0u);
}

TEST_F(SortedMaps, LeadToObjects) {
  deltos::Transaction transaction = storage_.transaction();
  const deltos::Object grid = transaction.snapshot().object("grid");
  map_.put_object(transaction, "grid of trees", grid);
  const SnapshotRef now = transaction.snapshot();
  EXPECT_EQ(map_.get_object(now, "grid of trees")->info().name, "grid");
  EXPECT_FALSE(map_.get_object(now, "nothing").has_value());
  EXPECT_EQ(map_.try_get_object(now, "oak").status(), Status::kind);
  EXPECT_EQ(map_.try_get(now, "grid of trees").status(), Status::kind);
  EXPECT_EQ(map_.find(now, Find::at_least, "grid")->object_id(), grid.info().id);
}

TEST_F(SortedMaps, AreWalkedFromAnywhere) {
  const deltos::Snapshot now = storage_.snapshot();
  deltos::SortedCursor cursor = map_.range(now);
  EXPECT_EQ(cursor.next(1).front().key(), "ash");
  cursor.seek("b");
  EXPECT_EQ(cursor.next(9).size(), 2u);
  EXPECT_TRUE(cursor.next(1).empty());
  cursor.seek("a");
  EXPECT_EQ(cursor.next(9).size(), 4u);
  EXPECT_EQ(cursor.try_next(0).status(), Status::invalid);
  EXPECT_EQ(deltos::SortedCursor().try_next(1).status(), Status::invalid);
}

TEST_F(SortedMaps, RefuseWhatIsTooLong) {
  deltos::Transaction transaction = storage_.transaction();
  EXPECT_EQ(map_.try_put(transaction, std::string(1025, 'x'), "").status(), Status::limit);
  EXPECT_EQ(map_.try_put(transaction, "\xff", "").status(), Status::invalid);
  EXPECT_EQ(transaction.try_create_sorted_map("heights").status(), Status::exists);
}

}  // namespace
