// Transaction numbers: none is given twice, whatever is torn, and what is told of durability is true.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "format/layout.hpp"
#include "support/storages.hpp"

namespace deltos::store {
namespace {

using namespace deltos::testing_support;

class Numbers : public testing::Test {
 protected:
  std::shared_ptr<Storage> open(Create create = Create::existing) {
    return must(Storage::open(path, opening(Mode::write, create)));
  }
  static std::uint64_t commit(const std::shared_ptr<Storage> &storage, Durability durability) {
    const auto transaction = must(storage->begin_transaction());
    must(put_words(*transaction, "x", std::vector<std::uint64_t>(10, ++value)));
    return must(transaction->commit(durability));
  }
  static std::uint64_t commit_nothing(const std::shared_ptr<Storage> &storage, Durability durability) {
    return must(must(storage->begin_transaction())->commit(durability));
  }
  std::uint64_t durable_for_a_reader() const {
    return must(must(Storage::open(path, opening(Mode::read)))->info()).durable_id;
  }

  // As after a loss of power: the superblock of `number` is half-written, and the machine has been started anew.
  void tear(std::uint64_t number) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    const std::vector<char> half(sizeof(format::Superblock) / 2, 'h');
    bool torn = false;
    for (const std::uint64_t offset : {format::kSlotOffset[format::kSlotA], format::kSlotOffset[format::kSlotB]}) {
      format::Superblock superblock;
      ASSERT_EQ(pread(fd, &superblock, sizeof superblock, static_cast<off_t>(offset)), ssize_t{sizeof superblock});
      if (superblock.transaction != number) continue;
      ASSERT_EQ(pwrite(fd, half.data(), half.size(), static_cast<off_t>(offset)), static_cast<ssize_t>(half.size()));
      torn = true;
    }
    ASSERT_TRUE(torn);
    const std::uint64_t other_boot = 1;
    ASSERT_EQ(pwrite(fd, &other_boot, 8, format::kLiveOffset + offsetof(format::LivePage, boot_id)), 8);
    ::close(fd);
  }
  void set_published(std::uint64_t number) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(pwrite(fd, &number, 8, format::kLiveOffset + offsetof(format::LivePage, published)), 8);
    ::close(fd);
  }

  static inline std::uint64_t value = 0;
  ScratchDirectory directory;
  std::string path = directory.path + "/a.deltos";
};

TEST_F(Numbers, TheNumberOfATornFirstCommitIsNotUsedAgain) {
  std::uint64_t before = commit(open(Create::fresh), Durability::sync);
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t torn = commit(open(), Durability::sync);
    EXPECT_GT(torn, before);
    tear(torn);
    before = torn;
  }
  EXPECT_GT(commit(open(), Durability::sync), before);
}

TEST_F(Numbers, AnImpossibleNumberInTheLivePageKeepsNobodyFromWriting) {
  const std::uint64_t number = commit(open(Create::fresh), Durability::sync);
  const std::uint64_t torn = commit(open(), Durability::sync);
  tear(torn);
  set_published(UINT64_MAX);
  EXPECT_GT(commit(open(), Durability::sync), number);
}

TEST_F(Numbers, WhatWasFoundDurableIsToldToBeUnderItsNewNumber) {
  auto storage = open(Create::fresh);
  commit(storage, Durability::sync);
  must(storage->close());
  storage = open();
  const auto info = must(storage->info());
  EXPECT_EQ(info.durable_id, info.transaction_id);
  EXPECT_EQ(durable_for_a_reader(), info.transaction_id);
  const std::uint64_t id = commit_nothing(storage, Durability::sync);
  EXPECT_EQ(must(storage->info()).durable_id, id);
  EXPECT_EQ(durable_for_a_reader(), id);
}

TEST_F(Numbers, OnlyWhatIsDurableIsToldToBe) {
  auto storage = open(Create::fresh);
  const std::uint64_t synced = commit(storage, Durability::sync);
  EXPECT_EQ(must(storage->info()).durable_id, synced);
  commit(storage, Durability::async);
  EXPECT_EQ(must(storage->info()).durable_id, synced);
  EXPECT_EQ(durable_for_a_reader(), synced);
  must(storage->close());
  storage = open();  // finds the weak superblock of this boot
  EXPECT_EQ(must(storage->info()).durable_id, synced);
  must(storage->sync());
  EXPECT_EQ(must(storage->info()).durable_id, must(storage->info()).transaction_id);
  const std::uint64_t before = must(storage->info()).transaction_id;
  const std::uint64_t lazy = commit(storage, Durability::lazy);
  EXPECT_EQ(must(storage->info()).durable_id, before);
  EXPECT_EQ(commit_nothing(storage, Durability::sync), lazy);
  EXPECT_EQ(must(storage->info()).durable_id, lazy);
}

}  // namespace
}  // namespace deltos::store
