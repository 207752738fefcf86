// Space is used again: the file stays near the size of what lives in it through any number of changes, whatever others
// hold for long, and across restarts of the writer.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <random>

#include "support/storages.hpp"

namespace deltos::store {
namespace {

using namespace deltos::testing_support;

constexpr int kCycles = 10'000;
constexpr unsigned kLive = 600;  // objects, 20 MB together
constexpr double kMostOverLiveSet = 1.3;

// A process that holds one view and nothing else until it is told to look at it once more.
class Holder {
 public:
  Holder(const std::string &path, const std::string &name) {
    if (pipe(ready_) != 0 || pipe(go_) != 0) throw std::runtime_error("no pipe");
    child_ = fork();
    if (child_ == 0) _exit(hold(path, name));
    char byte = 0;
    if (read(ready_[0], &byte, 1) != 1 || byte != 'r') throw std::runtime_error("the holder did not start");
  }
  ~Holder() {
    if (child_ > 0) (void)still_right();
    for (const int end : {ready_[0], ready_[1], go_[0], go_[1]}) ::close(end);
  }
  // Whether it sees at the end what it saw at the beginning.
  bool still_right() {
    int status = 1;
    if (write(go_[1], "g", 1) == 1) waitpid(std::exchange(child_, 0), &status, 0);
    return status == 0;
  }

 private:
  int hold(const std::string &path, const std::string &name) {
    try {
      const auto storage = must(Storage::open(path, opening(Mode::read)));
      const auto view = must(export_named(storage, must(storage->begin_snapshot()), name));
      const std::vector<std::uint64_t> before(words_of(*view).begin(), words_of(*view).end());
      char byte = 0;
      if (write(ready_[1], "r", 1) != 1 || read(go_[0], &byte, 1) != 1) return 2;
      return std::equal(before.begin(), before.end(), words_of(*view).begin()) ? 0 : 1;
    } catch (...) {
      return 3;
    }
  }
  int ready_[2], go_[2];
  pid_t child_ = 0;
};

class Reuse : public testing::Test {
 protected:
  std::uint64_t words_for(unsigned object) { return 256 + (object * 977U) % 8192; }  // 2 KiB to 66 KiB

  void put(unsigned object, std::uint64_t value) {
    const auto transaction = must(storage->begin_transaction());
    const std::string name = "n/" + std::to_string(object);
    if (must(transaction->snapshot()->find(name))) must(transaction->remove(name));
    const std::vector<std::uint64_t> words(words_for(object), value);
    const auto made = must(transaction->create(name, words_object(words.size()), false));
    const auto filler = must(transaction->fill(*made));
    must(filler->add(std::as_bytes(std::span(words))));
    must(filler->finish());
    must(transaction->commit(value % 50 == 0 ? Durability::sync : Durability::lazy));
  }

  double file_over_live_set() {
    const auto snapshot = must(storage->begin_snapshot());
    std::uint64_t live = format::kFirstDataOffset;
    for (const auto &entry : must(snapshot->list("", false, "", 100'000))) live += entry.payload_bytes;
    return static_cast<double>(must(storage->info()).file_bytes) / static_cast<double>(live);
  }

  ScratchDirectory directory;
  std::string path = directory.path + "/a.deltos";
  // Space that is not used again must fail the test, not fill the machine.
  static OpenOptions limited(Create create) {
    OpenOptions options = opening(Mode::write, create);
    options.max_file_bytes = std::uint64_t{1} << 30;
    return options;
  }
  std::shared_ptr<Storage> storage = must(Storage::open(path, limited(Create::fresh)));
};

TEST_F(Reuse, TenThousandCyclesKeepTheFileNearItsLiveSetWhileAnotherProcessHoldsAViewAndTheWriterIsRestarted) {
  {
    const auto transaction = must(storage->begin_transaction());
    (void)must(put_words(*transaction, "held", std::vector<std::uint64_t>(3000, 42)));
    must(transaction->commit(Durability::sync));
  }
  for (unsigned object = 0; object < kLive; ++object) put(object, 1);
  const double at_first = file_over_live_set();
  Holder holder(path, "held");
  std::mt19937 random(7);
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    put(random() % kLive, static_cast<std::uint64_t>(cycle) + 2);
    if (cycle != kCycles / 2) continue;
    must(storage->close());
    storage = must(Storage::open(path, limited(Create::existing)));
  }
  RecordProperty("file_over_live_set", std::to_string(file_over_live_set()));
  EXPECT_LE(file_over_live_set(), kMostOverLiveSet) << "at first " << at_first;
  EXPECT_TRUE(holder.still_right());
  EXPECT_TRUE(must(storage->verify(VerifyLevel::full, {})).empty());
}

// What a writer finds free waits for snapshots of the time before it; the file must not grow by a share of itself each
// time.
TEST_F(Reuse, RestartsWhileReadersAreAtWorkDoNotMultiplyTheFile) {
  for (unsigned object = 0; object < kLive; ++object) put(object, 1);
  const std::uint64_t before = must(storage->info()).file_bytes;
  const auto reader = must(Storage::open(path, opening(Mode::read)));
  constexpr unsigned kRestarts = 100;
  for (unsigned restart = 0; restart < kRestarts; ++restart) {
    auto pin = must(reader->begin_snapshot());
    storage->detach();
    storage = must(Storage::open(path, limited(Create::existing)));
    put(restart, 2 + restart);
    pin.reset();
    for (unsigned object = 0; object < 5; ++object) put(object, 2 + restart);
  }
  EXPECT_LE(must(storage->info()).file_bytes, before + kRestarts * 128 * 1024);
}

TEST_F(Reuse, ASnapshotThatIsHeldDoesKeepEverythingAndGivesItBackWhenItGoes) {
  for (unsigned object = 0; object < 20; ++object) put(object, 1);
  auto held = must(storage->begin_snapshot());
  const std::uint64_t before = must(storage->info()).file_bytes;
  std::mt19937 random(7);
  for (int cycle = 0; cycle < 400; ++cycle) put(random() % 20, 2);
  const std::uint64_t grown = must(storage->info()).file_bytes;
  EXPECT_GT(grown, 4 * before);
  held.reset();
  for (int cycle = 0; cycle < 400; ++cycle) put(random() % 20, 3);
  EXPECT_EQ(must(storage->info()).file_bytes, grown);
}

}  // namespace
}  // namespace deltos::store
