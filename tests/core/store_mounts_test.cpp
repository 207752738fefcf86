// Storages on mounts of other kinds: overlays (containers) and read-only bind mounts. Needs the right to mount; without
// it the tests say that they were skipped.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdlib>
#include <stdexcept>

#include "store/storage.hpp"
#include "store/transaction.hpp"

namespace deltos::store {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

std::shared_ptr<Storage> open(const std::string &path, Mode mode, Create create = Create::existing) {
  OpenOptions options;
  options.mode = mode;
  options.create = create;
  return must(Storage::open(path, options));
}

void add(const std::shared_ptr<Storage> &storage, const std::string &name) {
  NewObject object;
  object.kind = format::kKindBuffer;
  object.dtype = 12;
  object.item_bytes = 8;
  object.payload_bytes = 80;
  object.shape = {10};
  object.format = "d";
  const auto transaction = must(storage->begin_transaction());
  (void)must(transaction->create(name, object, true));
  (void)must(transaction->commit(Durability::lazy));
}

class Mounts : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/deltos-test-XXXXXX";
    root = mkdtemp(pattern);
    for (const char *name : {"/lower", "/upper", "/work", "/mount"}) ASSERT_EQ(mkdir((root + name).c_str(), 0755), 0);
    add(open(root + "/lower/a.deltos", Mode::write, Create::fresh), "x");
  }
  void TearDown() override {
    umount((root + "/mount").c_str());
    (void)!std::system(("rm -rf " + root).c_str());
  }
  std::string root;
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
  OpenOptions writing;
  writing.mode = Mode::write;
  EXPECT_FALSE(Storage::open(mounted + "/a.deltos", writing).ok());
}

}  // namespace
}  // namespace deltos::store
