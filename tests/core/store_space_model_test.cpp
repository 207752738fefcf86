// Free space held against a model of everybody who may still look, and the bounds on what a file may waste.
#include <gtest/gtest.h>

#include <cmath>

#include "store/space.hpp"
#include "support/space_world.hpp"

namespace deltos::store {
namespace {

using format::kBlockBytes;
using format::kFirstDataBlock;
using testing_support::Item;
using testing_support::SpaceWorld;
using Durability = SpaceWorld::Durability;

std::uint64_t blocks_of(std::uint64_t count) { return count * kBlockBytes; }

std::uint64_t any_size(SpaceWorld &world, double log2_largest) {
  double exponent = log2_largest * static_cast<double>(world.below(1 << 20)) / (1 << 20);
  return static_cast<std::uint64_t>(std::exp2(exponent));
}

void random_step(SpaceWorld &world) {
  auto &items = world.current().items;
  auto any_item = [&] { return std::next(items.begin(), static_cast<std::ptrdiff_t>(world.below(items.size()))); };
  std::uint64_t dice = world.below(100);
  if (dice < 40) {
    std::uint64_t removals = items.size() > 60 ? 2 : world.below(2);
    while (removals-- != 0 && !items.empty()) world.remove(any_item());
    world.create(any_size(world, 18), world.below(3) == 0);
  } else if (dice < 50) {
    std::uint64_t size = 1 + world.below(3072);
    for (int count = 0; count < 12; ++count) world.create(size, size % 2 == 0);
  } else if (dice < 60) {
    world.rewrite_pages(1 + world.below(12), world.below(12));
  } else if (dice < 72) {
    world.commit(Durability::sync);
  } else if (dice < 76) {
    world.commit(Durability::lazy);
  } else if (dice < 81) {
    world.commit(Durability::async);
  } else if (dice < 84) {
    world.abort();
  } else if (dice < 87) {
    world.pin();
  } else if (dice < 91) {
    world.unpin();
  } else if (dice < 94) {
    if (!items.empty()) world.make_export(any_item()->second, world.below(4) == 0 ? world.below(40) : 0);
  } else if (dice < 97) {
    world.drop_export();
  } else if (dice < 99) {
    world.trim(1 + world.below(64));
  } else if (world.below(2) == 0) {
    world.kill_and_reopen();
  } else {
    world.power_loss_and_reopen();
  }
}

TEST(SpaceModel, NothingIsHandedOutThatSomebodyMaySee) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    SpaceWorld world(seed);
    for (int step = 0; step < 2000; ++step) {
      random_step(world);
      world.check_sum();
      if (testing::Test::HasFailure()) FAIL() << "at step " << step;
    }
    world.check_drained();
  }
}

TEST(SpaceModel, HoldsOnAFullDisk) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    SpaceWorld world(seed);
    world.host.capacity = kFirstDataBlock + 700;
    for (int step = 0; step < 2000; ++step) {
      random_step(world);
      world.check_sum();
      if (testing::Test::HasFailure()) FAIL() << "at step " << step;
    }
    EXPECT_EQ(world.last_failure, Code::no_space);
    world.check_drained();
  }
}

TEST(SpaceModel, HoldsWhenMemoryRunsOutAnywhere) {
  std::uint64_t failures = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    SpaceWorld world(seed);
    world.pressure = 4;
    for (int step = 0; step < 1500; ++step) {
      random_step(world);
      world.check_sum();
      if (testing::Test::HasFailure()) FAIL() << "at step " << step;
    }
    failures += world.failures;
    world.pressure = 0;
    world.kill_and_reopen();
    world.check_drained();  // what could not be noted is found again
  }
  EXPECT_GT(failures, 200u);
}

// ---- bounds

void churn(SpaceWorld &world, std::uint64_t cycles, double log2_largest, std::uint64_t *peak) {
  auto &items = world.current().items;
  for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
    if (items.size() > 150) {
      world.remove(std::next(items.begin(), static_cast<std::ptrdiff_t>(world.below(items.size()))));
    }
    ASSERT_TRUE(world.create(any_size(world, log2_largest), false));
    ASSERT_TRUE(world.rewrite_pages(3, 3));
    world.commit(Durability::sync);
    *peak = std::max(*peak, world.live_blocks());
  }
}
constexpr std::uint64_t kConstant =
    kFirstDataBlock + 1024;  // blocks: the fixed part, one zone, one slab a class, one step

TEST(SpaceBounds, TheFileStaysNearTheLiveSetOverTenThousandCycles) {
  SpaceWorld world(3);
  std::uint64_t peak = 0;
  churn(world, 10000, 20, &peak);
  EXPECT_LE(world.space->file_blocks(), peak * 13 / 10 + kConstant) << "peak " << peak;
}

TEST(SpaceBounds, AnExportHeldAllTheTimeCostsNothing) {
  SpaceWorld world(4);
  ASSERT_TRUE(world.create(blocks_of(10), false));
  world.commit(Durability::sync);
  Item held = world.current().items.begin()->second;
  world.make_export(held, 0);
  std::uint64_t peak = 0;
  churn(world, 10000, 20, &peak);
  EXPECT_LE(world.space->file_blocks(), peak * 13 / 10 + kConstant) << "peak " << peak;
}

TEST(SpaceBounds, SmallObjectsDoNotGrowTheFileEither) {
  SpaceWorld world(5);
  std::uint64_t peak = 0;
  churn(world, 10000, 11.5, &peak);
  EXPECT_LE(world.space->file_blocks(), peak * 13 / 10 + kConstant) << "peak " << peak;
}

TEST(SpaceBounds, AWriterThatComesAndGoesDoesNotGrowTheFile) {
  SpaceWorld world(6);
  std::uint64_t peak = 0;
  for (int life = 0; life < 20; ++life) {
    churn(world, 500, 20, &peak);
    world.kill_and_reopen();
  }
  EXPECT_LE(world.space->file_blocks(), peak * 13 / 10 + kConstant) << "peak " << peak;
}

}  // namespace
}  // namespace deltos::store
