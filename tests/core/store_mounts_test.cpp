// Storages on mounts of other kinds: overlays (containers) and read-only bind mounts. Needs the right to mount; without
// it the tests say that they were skipped.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "store/storage.hpp"
#include "store/transaction.hpp"
#include "support/storages.hpp"

namespace deltos::store {
namespace {

using testing_support::must;
using testing_support::opening;

std::shared_ptr<Storage> open(const std::string &path, Mode mode, Create create = Create::existing) {
  return must(Storage::open(path, opening(mode, create)));
}

void add(const std::shared_ptr<Storage> &storage, const std::string &name) {
  const auto transaction = must(storage->begin_transaction());
  (void)must(transaction->create(name, testing_support::words_object(10), true));
  (void)must(transaction->commit(Durability::lazy));
}

class Mounts : public testing::Test {
 protected:
  void SetUp() override {
    for (const char *name : {"/lower", "/upper", "/work", "/mount"}) ASSERT_EQ(mkdir((root + name).c_str(), 0755), 0);
    add(open(root + "/lower/a.deltos", Mode::write, Create::fresh), "x");
  }
  void TearDown() override { umount((root + "/mount").c_str()); }
  testing_support::ScratchDirectory directory{testing::TempDir()};  // where overlays can have their layers
  const std::string &root = directory.path;
};

TEST_F(Mounts, AnOverlaysLowerFileIsReadAsUnchangingAndTheWrittenOneLive) {
  const std::string layers = "lowerdir=" + root + "/lower,upperdir=" + root + "/upper,workdir=" + root + "/work";
  if (mount("overlay", (root + "/mount").c_str(), "overlay", 0, layers.c_str()) != 0)
    GTEST_SKIP() << "no overlay can be mounted here";
  const std::string path = root + "/mount/a.deltos";
  const auto lower = open(path, Mode::read);
  EXPECT_EQ(lower->mode(), Mode::immutable);
  EXPECT_TRUE(must(must(lower->begin_snapshot())->find("x")).has_value());
  const auto writer = open(path, Mode::write);
  const auto upper = open(path, Mode::read);
  EXPECT_EQ(upper->mode(), Mode::read);
  const auto before = must(upper->begin_snapshot());
  add(writer, "y");
  EXPECT_TRUE(must(must(upper->newer_snapshot(*before))->find("y")).has_value());
  EXPECT_FALSE(must(must(lower->begin_snapshot())->find("y")).has_value());
}

TEST_F(Mounts, AReadOnlyBindMountIsReadLiveAndRefusedToWriters) {
  const std::string mounted = root + "/mount";
  if (mount((root + "/lower").c_str(), mounted.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
      mount(nullptr, mounted.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
    GTEST_SKIP() << "no bind mount can be made here";
  }
  const auto writer = open(root + "/lower/a.deltos", Mode::write);
  const auto reader = open(mounted + "/a.deltos", Mode::read);
  const auto before = must(reader->begin_snapshot());
  add(writer, "y");
  EXPECT_TRUE(must(must(reader->newer_snapshot(*before))->find("y")).has_value());
  EXPECT_EQ(Storage::open(mounted + "/a.deltos", opening(Mode::write)).code(), Code::readonly);
}

}  // namespace
}  // namespace deltos::store
