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
  runs.insert({100, 30});
  runs.insert({200, 17});
  runs.insert({15, 18});
  runs.insert({1000, 500});
  EXPECT_EQ(runs.best_fit(16, 16)->first, 16u);
  EXPECT_EQ(runs.best_fit(17, 1)->first, 200u);
  EXPECT_EQ(runs.best_fit(17, 16)->first, 16u);
  EXPECT_EQ(runs.best_fit(18, 16)->first, 112u);
  EXPECT_EQ(runs.best_fit(19, 16)->first, 1008u);
  EXPECT_FALSE(runs.best_fit(501, 1).has_value());
}

}  // namespace
}  // namespace deltos::store
