// A process that is killed while it builds a hash map, at any system call: the storage is as it was before, or has the
// whole map, and no file is left behind.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "map/verify.hpp"
#include "object/hash_map.hpp"
#include "support/faulty_io.hpp"
#include "support/hash_maps.hpp"
#include "support/storages.hpp"

namespace deltos {
namespace {

using testing_support::must;
using testing_support::opening;

// Ends the process at one of the calls that leave traces in files.
class Killing final : public os::Io {
 public:
  explicit Killing(int at) : at_(at) { os::replace_io(this); }
  ~Killing() override { os::replace_io(nullptr); }
  Killing(const Killing &) = delete;
  Killing &operator=(const Killing &) = delete;

  int open(const char *path, int flags, unsigned mode) override { return count(), Io::open(path, flags, mode); }
  std::int64_t pwrite(int fd, const void *data, std::size_t bytes, std::uint64_t offset) override {
    return count(), Io::pwrite(fd, data, bytes, offset);
  }
  int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) override {
    return count(), Io::fallocate(fd, mode, offset, bytes);
  }
  int ftruncate(int fd, std::uint64_t bytes) override { return count(), Io::ftruncate(fd, bytes); }
  int fdatasync(int fd) override { return count(), Io::fdatasync(fd); }
  int unlink(const char *path) override { return count(), Io::unlink(path); }

 private:
  void count() {
    if (at_-- == 0) ::kill(::getpid(), SIGKILL);
  }
  std::atomic<int> at_;
};

test::Pairs pairs() {
  test::Pairs made;
  for (std::uint64_t i = 0; i < 40'000; ++i) made.emplace_back(test::word(i), std::string(50, 'v'));
  return made;
}

// Puts a map into the storage, in place of the one that it has. 0: it was committed.
int replace_map(const std::string &directory, const test::Pairs &pairs) {
  map::BuildOptions options;
  options.kinds = {map::Key::bytes, map::Value::bytes, map::Shape::simple};
  options.memory_bytes = map::kLeastBuildMemory;
  options.spill_directories = {directory};
  options.threads = 2;
  map::Builder builder(options);
  if (!test::add_pairs(builder, pairs, 0, pairs.size()).ok() || !builder.prepare().ok()) return 1;
  const auto storage = must(store::Storage::open(directory + "/storage", opening(store::Mode::write)));
  const auto transaction = must(storage->begin_transaction());
  if (!object::store_hash_map(*transaction, "map", builder, true).ok()) return 2;
  return transaction->commit(store::Durability::sync).ok() ? 0 : 3;
}

std::uint64_t keys_stored(const std::string &directory) {
  const auto storage = must(store::Storage::open(directory + "/storage", opening(store::Mode::read)));
  const auto object = must(store::ObjectRef::open(must(storage->begin_snapshot()), "map", object::kKindHashMap));
  const auto map = must(object::HashMap::stored(*object));
  must(map::verify(map->reader().image()));
  return map->reader().head().keys;
}

TEST(MapKill, LeavesTheOldMapOrTheNewOneAndNoFile) {
  const test::Pairs all = pairs(), few(all.begin(), all.begin() + 10);
  int killed = 0, old = 0;
  for (int at = 0;; at += 1 + at / 5) {
    const testing_support::ScratchDirectory directory;
    must(store::Storage::open(directory.path + "/storage", opening(store::Mode::write, store::Create::fresh)));
    ASSERT_EQ(replace_map(directory.path, few), 0);
    const int status = test::in_child([&] {
      const Killing killing(at);
      return replace_map(directory.path, all);
    });
    const std::uint64_t keys = keys_stored(directory.path);
    ASSERT_TRUE(keys == few.size() || keys == all.size()) << keys << " keys, killed at call " << at;
    for (const auto &entry : std::filesystem::directory_iterator(directory.path))
      ASSERT_EQ(entry.path().filename(), "storage");
    ASSERT_EQ(replace_map(directory.path, all), 0);
    ASSERT_EQ(keys_stored(directory.path), all.size());
    if (test::exited_with(status, 0)) break;
    ASSERT_TRUE(test::killed_by(status, SIGKILL)) << status;
    killed++;
    old += keys == few.size() ? 1 : 0;
  }
  EXPECT_GT(killed, 10);
  EXPECT_GT(old, 5);
}

}  // namespace
}  // namespace deltos
