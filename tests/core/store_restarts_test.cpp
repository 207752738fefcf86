// A writer that is started again and again while another process holds one old snapshot: each time it finds space of
// which it cannot know who uses it, and each time it must find the rest.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <map>

#include "format/layout.hpp"
#include "format/page.hpp"
#include "store/remains.hpp"
#include "support/storages.hpp"

namespace deltos::store {
namespace {

using namespace deltos::testing_support;

constexpr unsigned kRestarts = 200;
constexpr unsigned kLive = 120;
// Once, however often the writer is restarted: free space that old pages still name, and a step of growth.
constexpr std::uint64_t kConstant = 4 << 20;

std::map<std::string, std::vector<std::uint64_t>> content_of(const std::shared_ptr<Storage> &storage,
                                                             const std::shared_ptr<const Snapshot> &snapshot) {
  std::map<std::string, std::vector<std::uint64_t>> content;
  for (const auto &entry : must(snapshot->list("", false, "", 100'000))) {
    const auto view = must(export_named(storage, snapshot, entry.name));
    content[entry.name].assign(words_of(*view).begin(), words_of(*view).end());
  }
  return content;
}

// A process that holds the newest snapshot, and nothing else, until it is told to look at all of it.
class Holder {
 public:
  explicit Holder(const std::string &path) {
    if (pipe(ready_) != 0 || pipe(go_) != 0) throw std::runtime_error("no pipe");
    child_ = fork();
    if (child_ == 0) _exit(hold(path));
    char byte = 0;
    if (read(ready_[0], &byte, 1) != 1 || byte != 'r') throw std::runtime_error("the holder did not start");
  }
  ~Holder() {
    if (child_ > 0) (void)still_right();
    for (const int end : {ready_[0], ready_[1], go_[0], go_[1]}) ::close(end);
  }
  // Whether the snapshot is what it was; it goes with this.
  bool still_right() {
    int status = 1;
    if (write(go_[1], "g", 1) == 1) waitpid(std::exchange(child_, 0), &status, 0);
    return status == 0;
  }

 private:
  int hold(const std::string &path) {
    try {
      const auto storage = must(Storage::open(path, opening(Mode::read)));
      const auto snapshot = must(storage->begin_snapshot());
      const auto before = content_of(storage, snapshot);
      char byte = 0;
      if (write(ready_[1], "r", 1) != 1 || read(go_[0], &byte, 1) != 1) return 2;
      return content_of(storage, snapshot) == before ? 0 : 1;
    } catch (...) {
      return 3;
    }
  }
  int ready_[2], go_[2];
  pid_t child_ = 0;
};

class Restarts : public testing::Test {
 protected:
  std::shared_ptr<Storage> open(Create create = Create::existing, bool rollback = false) {
    OpenOptions options = opening(Mode::write, create);
    options.max_file_bytes = std::uint64_t{1} << 30;  // space that is lost must fail the test, not fill the machine
    options.rollback = rollback;
    return must(Storage::open(path, options));
  }
  static std::uint64_t words_for(unsigned object) { return 4 + (object * 977U) % 8192; }  // 32 bytes to 64 KiB
  static std::string name_of(unsigned object) { return "n/" + std::to_string(object % kLive); }

  // As a job that runs now and then: one object made anew, and a note of it. Returns the bytes of space it takes.
  static std::uint64_t change(const std::shared_ptr<Storage> &storage, unsigned number) {
    const auto transaction = must(storage->begin_transaction());
    const std::string name = name_of(number);
    if (must(transaction->snapshot()->find(name))) must(transaction->remove(name));
    const std::vector<std::uint64_t> words(words_for(number % kLive), number);
    must(put_words(*transaction, name, words));
    must(transaction->set_metadatum(name, "note", {"B", {}, std::vector<std::byte>(100, std::byte{7})}));
    must(transaction->commit(Durability::sync));
    return (words.size() * 8 / format::kBlockBytes + 1) * format::kBlockBytes;
  }
  std::uint64_t filled() {
    const auto storage = open(Create::fresh);
    for (unsigned object = 0; object < kLive; ++object) change(storage, object);
    return must(storage->info()).file_bytes;
  }
  std::uint64_t file_bytes() {
    const auto storage = open();
    EXPECT_TRUE(must(storage->verify(VerifyLevel::full, {})).empty());
    return must(storage->info()).file_bytes;
  }
  // In a process that is killed in the middle of what it does.
  static void killed(const std::function<void()> &work) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        work();
      } catch (...) {
        _exit(1);
      }
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
  }

  ScratchDirectory directory;
  std::string path = directory.path + "/a.deltos";
  static constexpr std::uint64_t kPagesOfAChange = 8 * format::kBlockBytes;  // more than it takes
};

TEST_F(Restarts, UnderAnOldSnapshotCostOnlyWhatIsCommittedAndAllOfItComesBack) {
  const std::uint64_t before = filled();
  std::uint64_t committed = 0;
  {
    Holder holder(path);
    for (unsigned restart = 0; restart < kRestarts; ++restart) {
      const auto storage = open();
      committed += change(storage, restart) + kPagesOfAChange;
      must(storage->close());
    }
    RecordProperty("grown", std::to_string(file_bytes() - before) + " for " + std::to_string(committed));
    EXPECT_LE(file_bytes(), before + committed + kConstant);
    EXPECT_TRUE(holder.still_right());
  }
  const std::uint64_t grown = file_bytes();
  for (unsigned restart = 0; restart < kRestarts; ++restart) {
    const auto storage = open();
    change(storage, restart);
    must(storage->close());
  }
  EXPECT_EQ(file_bytes(), grown);
}

TEST_F(Restarts, OfAWriterThatIsKilledInMidTransactionCostOnlyWhatIsCommitted) {
  const std::uint64_t before = filled();
  std::uint64_t committed = 0;
  Holder holder(path);
  for (unsigned restart = 0; restart < kRestarts; ++restart) {
    committed += (words_for(restart % kLive) * 8 / format::kBlockBytes + 1) * format::kBlockBytes + kPagesOfAChange;
    killed([&] {
      const auto storage = open();
      change(storage, restart);
      const auto transaction = must(storage->begin_transaction());
      for (unsigned object = 0; object < 8; ++object) {
        must(
            put_words(*transaction, "never/" + std::to_string(object), std::vector<std::uint64_t>(2 << object * 2, 9)));
      }
    });
  }
  RecordProperty("grown", std::to_string(file_bytes() - before) + " for " + std::to_string(committed));
  EXPECT_LE(file_bytes(), before + committed + kConstant);
  EXPECT_TRUE(holder.still_right());
}

// The reader that comes first after the machine was started finds no live page to go by.
TEST_F(Restarts, AreAsCheapUnderASnapshotThatIsOlderThanAnyWriterOfTheBoot) {
  const std::uint64_t before = filled();
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const std::uint64_t other_boot = 1;
  ASSERT_EQ(pwrite(fd, &other_boot, 8, format::kLiveOffset + offsetof(format::LivePage, boot_id)), 8);
  ::close(fd);
  Holder holder(path);
  std::uint64_t committed = 0;
  for (unsigned restart = 0; restart < kRestarts; ++restart) {
    const auto storage = open();
    committed += change(storage, restart) + kPagesOfAChange;
    must(storage->close());
  }
  EXPECT_LE(file_bytes(), before + committed + kConstant);
  EXPECT_TRUE(holder.still_right());
}

// Records that do not fit their page lie elsewhere, and name extents all the same.
TEST_F(Restarts, KeepWhatTheSnapshotReachesThroughRecordsOutsideTheirPage) {
  {
    const auto storage = open(Create::fresh);
    const auto transaction = must(storage->begin_transaction());
    for (unsigned object = 0; object < 20; ++object) {
      const std::string name = std::string(1000, 'l') + std::to_string(object);  // a record of more than 960 bytes
      must(put_words(*transaction, name, std::vector<std::uint64_t>(100 + 700 * object, object)));
    }
    must(transaction->commit(Durability::sync));
  }
  Holder holder(path);
  for (unsigned restart = 0; restart < 20; ++restart) {
    const auto storage = open();
    const auto transaction = must(storage->begin_transaction());
    if (restart == 0) must(transaction->remove_prefix(""));
    for (unsigned object = 0; object < 8; ++object) {
      const std::string name = std::to_string(restart) + "/" + std::to_string(object);
      must(put_words(*transaction, name, std::vector<std::uint64_t>(50 + 900 * object, 77)));
    }
    must(transaction->commit(Durability::sync));
    must(storage->close());
  }
  EXPECT_TRUE(holder.still_right());
}

// A file of eight blocks with one leaf, in block 4, of transaction 70'000.
class RemainsOfAFile : public testing::Test {
 protected:
  static constexpr std::uint64_t kBlocks = 8, kLeaf = 4, kWritten = 70'000, kUuid = 5;
  void insert(std::vector<std::byte> key, std::vector<std::byte> value) {
    ASSERT_TRUE(format::page_insert(leaf, format::page_count(leaf), key, value, false));
    format::seal_page(leaf);
  }
  Remains remains(std::uint64_t newest) const {
    Remains found(file.data(), kBlocks, kUuid, newest);
    found.look_at({0, kBlocks});
    found.finish();
    return found;
  }
  void SetUp() override {
    format::init_page(leaf, {kLeaf, kWritten}, 0, kUuid);
    insert(format::name_key("a"), std::vector<std::byte>(8, std::byte{1}));
  }
  std::vector<std::byte> file = std::vector<std::byte>(kBlocks * format::kBlockBytes);
  std::byte *leaf = file.data() + kLeaf * format::kBlockBytes;
};

TEST_F(RemainsOfAFile, AreItsWholePagesThatASnapshotMayReach) {
  ASSERT_EQ(remains(kWritten).pages().size(), 1U);
  EXPECT_EQ(remains(kWritten).pages()[0].first, kLeaf);
  EXPECT_EQ(remains(kWritten).pages()[0].blocks, 1U);
  EXPECT_TRUE(remains(kWritten).blocks().empty());
  EXPECT_TRUE(remains(kWritten - 1).pages().empty());
  leaf[100] ^= std::byte{1};
  EXPECT_TRUE(remains(kWritten).pages().empty());
}

TEST_F(RemainsOfAFile, AreEverythingWhenAPageHoldsWhatIsNotKnown) {
  insert({std::byte{9}}, {std::byte{9}});
  for_each_part({0, kBlocks}, remains(kWritten).blocks(), [](store::Run part, bool remaining) {
    EXPECT_EQ(part.blocks, kBlocks);
    EXPECT_TRUE(remaining);
  });
  for_each_part({0, kBlocks}, remains(kWritten).pages(), [](store::Run, bool remaining) { EXPECT_TRUE(remaining); });
}

TEST(PartsOfARun, AreToldInOrder) {
  std::vector<std::array<std::uint64_t, 3>> told;
  for_each_part({10, 20}, {{2, 3}, {8, 4}, {15, 1}, {28, 9}, {50, 1}}, [&](store::Run part, bool kept) {
    told.push_back({part.first, part.end(), kept});
  });
  const std::vector<std::array<std::uint64_t, 3>> wanted{
      {10, 12, 1}, {12, 15, 0}, {15, 16, 1}, {16, 28, 0}, {28, 30, 1}};
  EXPECT_EQ(told, wanted);
}

class GoingBack : public Restarts {
 protected:
  void damage_roots_of_weak_superblocks() {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    for (const unsigned slot : {format::kSlotW0, format::kSlotW1}) {
      format::Superblock superblock;
      ASSERT_EQ(pread(fd, &superblock, sizeof superblock, static_cast<off_t>(format::kSlotOffset[slot])),
                ssize_t{sizeof superblock});
      const std::uint64_t damage = ~std::uint64_t{0};
      ASSERT_EQ(pwrite(fd, &damage, 8, static_cast<off_t>(superblock.root_block * format::kBlockBytes + 2000)), 8);
    }
    ::close(fd);
  }
};

// The zones of the state that was left are no zones any more, but a snapshot of it still reads them.
TEST_F(GoingBack, LeavesASnapshotOfTheStateThatWasLeftWhole) {
  must(open(Create::fresh)->close());
  auto storage = open();
  {
    const auto transaction = must(storage->begin_transaction());
    for (unsigned object = 0; object < 2000; ++object) {
      must(put_words(*transaction, "left/" + std::to_string(object), std::vector<std::uint64_t>(20, object)));
    }
    must(transaction->commit(Durability::async));
  }
  Holder holder(path);
  for (const char *name : {"x", "y"}) {
    const auto transaction = must(storage->begin_transaction());
    must(put_words(*transaction, name, std::vector<std::uint64_t>(20, 1)));
    must(transaction->commit(Durability::async));
  }
  storage->detach();
  storage.reset();
  damage_roots_of_weak_superblocks();
  storage = open(Create::existing, true);
  ASSERT_TRUE(must(must(storage->begin_snapshot())->list("left", false, "", 10)).empty());
  change(storage, 0);
  must(storage->close());
  for (unsigned restart = 1; restart < 20; ++restart) {
    storage = open();
    for (unsigned i = 0; i < 10; ++i) change(storage, 10 * restart + i);
    must(storage->close());
  }
  EXPECT_TRUE(holder.still_right());
}

}  // namespace
}  // namespace deltos::store
