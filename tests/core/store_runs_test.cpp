// Sets of blocks as runs, held against a bitmap, also when memory runs out in the middle of a change.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "store/runs.hpp"
#include "support/failing_new.hpp"

namespace deltos::store {
namespace {

using testing_support::FailingNew;

TEST(Runs, AgreeWithAModelOfBlocks) {
  std::mt19937_64 random(11);
  for (bool sized : {false, true}) {
    Runs runs(sized ? Runs::Index::by_size : Runs::Index::none);
    std::vector<bool> model(200);
    for (int step = 0; step < 20000; ++step) {
      store::Run run{random() % 190, 1 + random() % 10};
      bool any = false, all = true;
      for (std::uint64_t at = run.first; at < run.end(); ++at) {
        any = any || model[at];
        all = all && model[at];
      }
      ASSERT_EQ(runs.touches(run), any);
      ASSERT_EQ(runs.covers(run), all);
      bool insert = !any && random() % 2 == 0;
      FailingNew failing(random() % 4);
      try {
        insert ? runs.insert(run) : runs.erase(run);
      } catch (const std::bad_alloc &) {
        continue;
      }
      for (std::uint64_t at = run.first; at < run.end(); ++at) model[at] = insert;
      ASSERT_EQ(runs.total(), static_cast<std::uint64_t>(std::count(model.begin(), model.end(), true)));
    }
  }
}

TEST(Runs, FindTheBestAlignedPlace) {
  Runs runs(Runs::Index::by_size);
  runs.insert({1000, 130});
  runs.insert({2000, 117});
  runs.insert({31, 118});
  runs.insert({10000, 500});
  EXPECT_EQ(runs.best_fit(112, 16)->first, 2000u);
  EXPECT_EQ(runs.best_fit(117, 1)->first, 2000u);
  EXPECT_EQ(runs.best_fit(118, 16)->first, 1008u);
  EXPECT_EQ(runs.best_fit(123, 16)->first, 10000u);
  EXPECT_EQ(runs.best_fit(16, 16)->first, 32u) << "the lowest for few blocks";
  EXPECT_FALSE(runs.best_fit(501, 1).has_value());
  Runs avoid;
  avoid.insert({2010, 1});
  EXPECT_EQ(runs.best_fit(112, 16, &avoid)->first, 32u);
}

}  // namespace
}  // namespace deltos::store
