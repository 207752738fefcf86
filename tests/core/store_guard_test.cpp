// A file that somebody cuts short while it is mapped: with the guard, views read zeros and calls answer io; without it
// the process dies, as with any mapping.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "support/storages.hpp"

namespace deltos::store {
namespace {

using namespace deltos::testing_support;

constexpr std::uint64_t kWords = 64 * 1024;  // 512 KiB
constexpr std::uint64_t kMark = 0x5EA1ED;

class Guard : public testing::Test {
 protected:
  void SetUp() override {
    const auto storage = must(Storage::open(path, opening(Mode::write, Create::fresh)));
    const auto transaction = must(storage->begin_transaction());
    const std::vector<std::uint64_t> words(kWords, kMark);
    for (const char *name : {"x", "y"}) (void)must(put_words(*transaction, name, words));
    must(transaction->commit(Durability::sync));
    must(storage->close());
  }

  std::shared_ptr<Storage> open(Mode mode, bool guarded) {
    OpenOptions options = opening(mode);
    options.sigbus_guard = guarded;
    return must(Storage::open(path, options));
  }
  void cut(std::uint64_t bytes) { ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(bytes)), 0); }

  // The signal that ended a child which did this; 0: it ended by itself.
  template <class Action>
  static int signal_that_ends(Action action) {
    const pid_t child = fork();
    if (child == 0) {
      const rlimit no_core = {0, 0};
      setrlimit(RLIMIT_CORE, &no_core);
      signal(SIGBUS, SIG_DFL);
      action();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

  ScratchDirectory directory;
  std::string path = directory.path + "/a.deltos";
};

class GuardInMode : public Guard, public testing::WithParamInterface<Mode> {};

TEST_P(GuardInMode, AViewOfWhatIsGoneReadsZerosAndEveryCallSaysIo) {
  const auto storage = open(GetParam(), true);
  const auto snapshot = must(storage->begin_snapshot());
  const auto view = must(export_named(storage, snapshot, "x"));
  ASSERT_EQ(words_of(*view)[kWords - 1], kMark);
  cut(4096);
  for (const std::uint64_t word : words_of(*view)) ASSERT_EQ(word, 0U);
  EXPECT_TRUE(must(storage->info()).lost);
  EXPECT_EQ(storage->begin_snapshot().code(), Code::io);
  EXPECT_EQ(storage->newer_snapshot(*snapshot).code(), Code::io);
  EXPECT_EQ(snapshot->find("x").code(), Code::io);
  EXPECT_EQ(snapshot->list("", false, "", 10).code(), Code::io);
  EXPECT_EQ(storage->verify(VerifyLevel::full, {}).code(), Code::io);
  EXPECT_EQ(export_named(storage, snapshot, "y").code(), Code::io);
  EXPECT_EQ(storage->begin_transaction().code(), Code::io);
}

TEST_P(GuardInMode, TheCallThatFindsTheCatalogueGoneSaysIo) {
  const auto known = open(GetParam(), true);
  const auto seen = must(known->begin_snapshot());
  ASSERT_TRUE(must(seen->find("x")).has_value());  // its pages are known to be whole
  cut(format::kFirstDataOffset);
  EXPECT_EQ(seen->find("x").code(), Code::io);
}

TEST_P(GuardInMode, TheCallThatIsFirstToTouchTheCatalogueSaysIo) {
  const auto storage = open(GetParam(), true);
  const auto snapshot = must(storage->begin_snapshot());
  cut(format::kFirstDataOffset);
  EXPECT_EQ(snapshot->list("", false, "", 10).code(), Code::io);
}

TEST_P(GuardInMode, VerifyingWhatIsGoneSaysIo) {
  const auto storage = open(GetParam(), true);
  cut(format::kFirstDataOffset);
  EXPECT_EQ(storage->verify(VerifyLevel::full, {}).code(), Code::io);
}

TEST_P(GuardInMode, ClosingStillWorksAndAnotherStorageIsNotHarmed) {
  const auto storage = open(GetParam(), true);
  const std::string other_path = directory.path + "/other.deltos";
  std::filesystem::copy_file(path, other_path);
  OpenOptions options = opening(GetParam());
  options.sigbus_guard = true;
  const auto other = must(Storage::open(other_path, options));
  auto view = must(export_named(storage, must(storage->begin_snapshot()), "x"));
  cut(0);
  EXPECT_EQ(words_of(*view)[7], 0U);
  view.reset();
  must(storage->close());
  EXPECT_EQ(words_of(*must(export_named(other, must(other->begin_snapshot()), "x")))[7], kMark);
}

INSTANTIATE_TEST_SUITE_P(Modes, GuardInMode, testing::Values(Mode::read, Mode::in_place, Mode::write),
                         [](const auto &mode) {
                           return mode.param == Mode::read ? "Read" : mode.param == Mode::write ? "Write" : "InPlace";
                         });

TEST_F(Guard, StoresIntoWhatIsGoneStayInThisProcess) {
  const auto storage = open(Mode::in_place, true);
  const auto view = must(export_named(storage, must(storage->begin_snapshot()), "x", true));
  cut(4096);
  auto *words = reinterpret_cast<std::uint64_t *>(view->data());
  words[kWords / 2] = 1;
  EXPECT_EQ(words[kWords / 2], 1U);
  EXPECT_EQ(words[kWords / 2 + 1], 0U);
  EXPECT_EQ(std::filesystem::file_size(path), 4096U);
  EXPECT_EQ(storage->sync().code(), Code::io);
}

TEST_F(Guard, ATransactionThatLosesItsFileIsNotCommitted) {
  const auto storage = open(Mode::write, true);
  const auto transaction = must(storage->begin_transaction());
  const auto object = must(transaction->create("z", words_object(16), true));
  const auto view = must(storage->export_payload(*object, true));
  cut(format::kFirstDataOffset);
  reinterpret_cast<std::uint64_t *>(view->data())[0] = 1;
  EXPECT_EQ(transaction->commit(Durability::sync).code(), Code::io);
  transaction->abort();
}

TEST_F(Guard, ACommitIntoAFileThatWasCutShortIsRefusedBeforeItIsWritten) {
  const auto storage = open(Mode::write, false);
  const auto transaction = must(storage->begin_transaction());
  must(transaction->remove("x"));
  cut(std::filesystem::file_size(path) - 4096);
  EXPECT_EQ(transaction->commit(Durability::sync).code(), Code::io);
  transaction->abort();
}

TEST_F(Guard, WithoutItTheProcessDiesByTheSignal) {
  EXPECT_EQ(signal_that_ends([this] {
              const auto storage = open(Mode::read, false);
              const auto view = must(export_named(storage, must(storage->begin_snapshot()), "x"));
              cut(4096);
              (void)*const_cast<const volatile std::uint64_t *>(&words_of(*view)[kWords - 1]);
            }),
            SIGBUS);
}

TEST_F(Guard, WithItTheProcessGoesOn) {
  EXPECT_EQ(signal_that_ends([this] {
              const auto storage = open(Mode::read, true);
              const auto view = must(export_named(storage, must(storage->begin_snapshot()), "x"));
              cut(4096);
              (void)*const_cast<const volatile std::uint64_t *>(&words_of(*view)[kWords - 1]);
            }),
            0);
}

}  // namespace
}  // namespace deltos::store
