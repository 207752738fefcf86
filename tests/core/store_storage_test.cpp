// A storage as the layers above see it: create, fill, commit, read back, reopen; who sees what, and what is refused.
#include "store/storage.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "store/transaction.hpp"
#include "support/storages.hpp"

namespace deltos::store {
namespace {

using testing_support::must;
using testing_support::opening;

OpenOptions writing(Create create = Create::existing) { return opening(Mode::write, create); }
OpenOptions reading() { return opening(Mode::read); }
OpenOptions in_place() { return opening(Mode::in_place); }

NewObject doubles(std::uint64_t count) {
  NewObject object;
  object.kind = 1;
  object.dtype = 12;
  object.item_bytes = 8;
  object.payload_bytes = count * 8;
  object.shape = {static_cast<std::int64_t>(count)};
  object.format = "d";
  return object;
}

class StorageTest : public testing::Test {
 protected:
  testing_support::ScratchDirectory directory;
  std::string path = directory.path + "/a.deltos";

  std::shared_ptr<Storage> create() { return must(Storage::open(path, writing(Create::fresh))); }
  static void put(const std::shared_ptr<Storage> &storage, const std::string &name, std::vector<double> values,
                  Durability durability = Durability::sync) {
    const auto transaction = must(storage->begin_transaction());
    const auto object = must(transaction->create(name, doubles(values.size()), false));
    const auto filler = must(transaction->fill(*object));
    must(filler->add(std::as_bytes(std::span(values))));
    must(filler->finish());
    must(transaction->commit(durability));
  }
  static std::vector<double> get(const std::shared_ptr<Storage> &storage, const std::string &name) {
    const auto snapshot = must(storage->begin_snapshot());
    const auto object = must(ObjectRef::open(snapshot, name, 0));
    const auto exported = must(storage->export_payload(*object, false));
    std::vector<double> values(exported->bytes() / 8);
    if (!values.empty()) std::memcpy(values.data(), exported->data(), exported->bytes());
    return values;
  }
};

TEST_F(StorageTest, WhatIsCommittedIsThereAfterReopening) {
  auto storage = create();
  put(storage, "a/b", {1.5, 2.5});
  EXPECT_EQ(get(storage, "a/b"), (std::vector<double>{1.5, 2.5}));
  must(storage->close());
  storage = must(Storage::open(path, reading()));
  EXPECT_EQ(get(storage, "a/b"), (std::vector<double>{1.5, 2.5}));
  storage.reset();
  storage = must(Storage::open(path, writing()));
  EXPECT_EQ(get(storage, "a/b"), (std::vector<double>{1.5, 2.5}));
}

TEST_F(StorageTest, EveryDurabilitySurvivesTheEndOfTheProcess) {
  for (const auto durability : {Durability::sync, Durability::lazy, Durability::async}) {
    auto storage = must(Storage::open(path, writing(Create::if_absent)));
    put(storage, "x" + std::to_string(static_cast<int>(durability)), {1.0}, durability);
    storage->detach();
    storage.reset();
    storage = must(Storage::open(path, writing()));
    EXPECT_EQ(get(storage, "x" + std::to_string(static_cast<int>(durability))), std::vector<double>{1.0});
    storage->detach();
  }
}

TEST_F(StorageTest, ASnapshotKeepsShowingWhatItShowed) {
  const auto storage = create();
  put(storage, "x", {1.0});
  const auto before = must(storage->begin_snapshot());
  {
    const auto transaction = must(storage->begin_transaction());
    must(transaction->remove("x"));
    must(transaction->commit(Durability::async));
  }
  EXPECT_TRUE(must(before->find("x")).has_value());
  const auto after = must(storage->newer_snapshot(*before));
  ASSERT_NE(after, nullptr);
  EXPECT_FALSE(must(after->find("x")).has_value());
  EXPECT_EQ(must(storage->newer_snapshot(*after)), nullptr);
}

TEST_F(StorageTest, AReaderSeesACommitOfAnotherHandleOnRefresh) {
  const auto writer = create();
  const auto reader = must(Storage::open(path, reading()));
  const auto before = must(reader->begin_snapshot());
  put(writer, "big", std::vector<double>(1 << 20, 2.0));
  const auto after = must(reader->newer_snapshot(*before));
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(get(reader, "big")[12345], 2.0);
}

TEST_F(StorageTest, TheNewestIsFoundHoweverOftenItIsLookedForAndItsSpaceIsReused) {
  const auto storage = create();
  std::vector<std::shared_ptr<Storage>> readers{must(Storage::open(path, reading()))};
  for (int round = 0; round < 60; ++round) {
    put(storage, "now", {1.0 * round, 2.0 * round}, Durability::async);
    readers.push_back(must(Storage::open(path, reading())));
    for (const auto &reader : {readers.front(), readers.back()}) {
      const auto object = must(ObjectRef::open_newest(reader, "now", 0));
      const auto exported = must(reader->export_payload(*object, false));
      double second;
      std::memcpy(&second, exported->data() + 8, sizeof second);
      ASSERT_EQ(second, 2.0 * round);
      ASSERT_EQ(ObjectRef::open_newest(reader, "never", 0).code(), Code::not_found);
      ASSERT_EQ(ObjectRef::open_newest(reader, "now", 7).code(), Code::kind);
    }
    const auto transaction = must(storage->begin_transaction());
    must(transaction->remove("now"));
    must(transaction->commit(Durability::async));
    ASSERT_EQ(ObjectRef::open_newest(readers.back(), "now", 0).code(), Code::not_found);
  }
}

TEST_F(StorageTest, AnAbortedTransactionLeavesNothing) {
  const auto storage = create();
  {
    const auto transaction = must(storage->begin_transaction());
    (void)must(transaction->create("x", doubles(3), true));
    transaction->abort();
  }
  EXPECT_FALSE(must(must(storage->begin_snapshot())->find("x")).has_value());
  EXPECT_TRUE(must(storage->verify(VerifyLevel::full, {})).empty());
}

TEST_F(StorageTest, CloseRefusesWhileAViewLivesAndNamesIt) {
  const auto storage = create();
  put(storage, "held", {1.0});
  auto exported =
      must(storage->export_payload(*must(ObjectRef::open(must(storage->begin_snapshot()), "held", 0)), false));
  const Status refused = storage->close();
  EXPECT_EQ(refused.code(), Code::pinned);
  EXPECT_NE(refused.error().message.find("\"held\""), std::string::npos) << refused.error().message;
  exported.reset();
  EXPECT_TRUE(storage->close().ok());
  EXPECT_EQ(storage->begin_snapshot().code(), Code::closed);
}

TEST_F(StorageTest, AnInPlaceStoreIsSeenByEverybodyAtOnce) {
  const auto writer = create();
  put(writer, "x", std::vector<double>(1000, 0.0));
  const auto other = must(Storage::open(path, in_place()));
  const auto reader = must(Storage::open(path, reading()));
  const auto open = [](const auto &storage) { return must(ObjectRef::open(must(storage->begin_snapshot()), "x", 0)); };
  const auto stores = must(other->export_payload(*open(other), true));
  const auto loads = must(reader->export_payload(*open(reader), false));
  reinterpret_cast<double *>(stores->data())[7] = 42.0;
  EXPECT_EQ(reinterpret_cast<const double *>(loads->data())[7], 42.0);
  must(other->sync());
}

TEST_F(StorageTest, ASealedObjectTakesNoWritableExportAndASealWaitsForNone) {
  const auto storage = create();
  put(storage, "x", std::vector<double>(100'000, 1.0));
  auto object = must(ObjectRef::open(must(storage->begin_snapshot()), "x", 0));
  auto writable = must(storage->export_payload(*object, true));
  auto transaction = must(storage->begin_transaction());
  EXPECT_EQ(transaction->seal(*object).code(), Code::pinned);
  writable.reset();
  (void)must(transaction->seal(*object));
  must(transaction->commit(Durability::sync));
  EXPECT_EQ(storage->export_payload(*object, true).code(), Code::sealed);
  EXPECT_TRUE(must(storage->verify(VerifyLevel::full, {})).empty());
}

TEST_F(StorageTest, ReplaceGivesNewReadersTheNewAndOldViewsTheOldContent) {
  const auto storage = create();
  put(storage, "x", {1.0, 2.0});
  const auto old = must(ObjectRef::open(must(storage->begin_snapshot()), "x", 0));
  const auto view = must(storage->export_payload(*old, false));
  {
    const auto transaction = must(storage->begin_transaction());
    const auto fresh = must(transaction->replace(*old, doubles(1), false, true));
    const auto writable = must(storage->export_payload(*fresh, true));
    reinterpret_cast<double *>(writable->data())[0] = 9.0;
    must(transaction->commit(Durability::sync));
  }
  EXPECT_EQ(reinterpret_cast<const double *>(view->data())[1], 2.0);
  EXPECT_EQ(get(storage, "x"), std::vector<double>{9.0});
  EXPECT_FALSE(must(old->current()));
  EXPECT_EQ(storage->export_payload(*old, false).code(), Code::stale);
}

TEST_F(StorageTest, CopiesHoldTheSameObjects) {
  const auto storage = create();
  put(storage, "a", std::vector<double>(30'000, 3.0));
  put(storage, "b/c", {4.0});
  const auto snapshot = must(storage->begin_snapshot());
  must(snapshot->copy_to(directory.path + "/copy.deltos", false, {}));
  must(snapshot->compact_to(directory.path + "/compact.deltos", false, {}));
  EXPECT_EQ(snapshot->copy_to(directory.path + "/copy.deltos", false, {}).code(), Code::exists);
  for (const char *name : {"/copy.deltos", "/compact.deltos"}) {
    for (const Mode mode : {Mode::read, Mode::write, Mode::immutable}) {
      OpenOptions options;
      options.mode = mode;
      const auto copy = must(Storage::open(directory.path + name, options));
      EXPECT_EQ(get(copy, "a")[29'999], 3.0);
      EXPECT_EQ(get(copy, "b/c"), std::vector<double>{4.0});
      EXPECT_TRUE(must(copy->verify(VerifyLevel::full, {})).empty());
    }
  }
}

TEST_F(StorageTest, CompactedFileEndsWhereItsContentEnds) {
  const auto storage = create();
  constexpr std::size_t kElements = 1'000'000, kBytes = kElements * sizeof(double);
  for (const char *name : {"a", "b", "c", "d", "e", "f"}) put(storage, name, std::vector<double>(kElements, 1.0));
  const auto snapshot = must(storage->begin_snapshot());
  const std::string compact = directory.path + "/compact.deltos";
  must(snapshot->compact_to(compact, false, {}));
  constexpr std::uint64_t kCatalogue = 1 << 20;  // header, superblocks, zones and the ends of regions
  EXPECT_LE(std::filesystem::file_size(compact), 6 * kBytes + kCatalogue);
  const auto copy = must(Storage::open(compact, writing()));
  EXPECT_EQ(get(copy, "f"), std::vector<double>(kElements, 1.0));
  put(copy, "g", std::vector<double>(kElements, 2.0));
  EXPECT_TRUE(must(copy->verify(VerifyLevel::full, {})).empty());
}

TEST_F(StorageTest, OneWriterAtATime) {
  const auto storage = create();
  EXPECT_EQ(Storage::open(path, writing()).code(), Code::locked);
  EXPECT_EQ(Storage::open(path, writing(Create::fresh)).code(), Code::exists);
  const auto transaction = must(storage->begin_transaction());
  EXPECT_EQ(storage->begin_transaction().code(), Code::busy);
  EXPECT_EQ(storage->close().code(), Code::busy);
}

TEST_F(StorageTest, ReplacingTakesTheNameWithTheFirstCommit) {
  auto old = create();
  put(old, "old", {1.0});
  EXPECT_EQ(Storage::open(path, writing(Create::replace)).code(), Code::busy);
  must(old->close());
  const auto reader = must(Storage::open(path, reading()));
  const auto snapshot = must(reader->begin_snapshot());
  const auto fresh = must(Storage::open(path, writing(Create::replace)));
  EXPECT_EQ(get(must(Storage::open(path, reading())), "old"), std::vector<double>{1.0});
  put(fresh, "new", {2.0});
  EXPECT_EQ(get(must(Storage::open(path, reading())), "new"), std::vector<double>{2.0});
  EXPECT_EQ(reader->newer_snapshot(*snapshot).code(), Code::replaced);
}

TEST_F(StorageTest, ReplacingTakesTheNameWithAnEmptyCommitToo) {
  put(create(), "old", {1.0});
  const auto fresh = must(Storage::open(path, writing(Create::replace)));
  must(must(fresh->begin_transaction())->commit(Durability::async));
  EXPECT_FALSE(must(must(must(Storage::open(path, reading()))->begin_snapshot())->find("old")).has_value());
}

TEST_F(StorageTest, ManyObjectsComeAndGo) {
  const auto storage = create();
  for (int round = 0; round < 20; ++round) {
    const auto transaction = must(storage->begin_transaction());
    for (int i = 0; i < 200; ++i) {
      const std::string name = "n/" + std::to_string(i);
      if (must(transaction->snapshot()->find(name)))
        must(transaction->remove(name));
      else
        (void)must(transaction->create(name, doubles((i * 37 + round * 11) % 1500), true));
      if (i % 7 == 0 && must(transaction->snapshot()->find(name))) {
        const auto object = must(transaction->snapshot()->find(name));
        format::Metadatum item;
        item.format = "B";
        item.data.resize(static_cast<std::size_t>(i) * 20);
        item.shape = {static_cast<std::int64_t>(item.data.size())};
        must(transaction->set_metadatum(object->id, "note", item));
      }
    }
    must(transaction->commit(static_cast<Durability>(round % 3)));
    ASSERT_TRUE(must(storage->verify(VerifyLevel::full, {})).empty()) << round;
  }
  must(storage->close());
  const auto again = must(Storage::open(path, writing()));
  EXPECT_TRUE(must(again->verify(VerifyLevel::full, {})).empty());
}

TEST_F(StorageTest, AForkedChildReadsOnButDoesNotWrite) {
  const auto storage = create();
  put(storage, "x", {1.0});
  const auto view =
      must(storage->export_payload(*must(ObjectRef::open(must(storage->begin_snapshot()), "x", 0)), false));
  const pid_t child = fork();
  if (child == 0) {
    const bool ok =
        storage->begin_transaction().code() == Code::forked && reinterpret_cast<const double *>(view->data())[0] == 1.0;
    _exit(ok ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  put(storage, "y", {2.0});
}

TEST_F(StorageTest, AForkedChildOfAnInPlaceHandleGoesOnStoring) {
  const auto storage = create();
  put(storage, "x", {1.0});
  const auto other = must(Storage::open(path, in_place()));
  const auto object = must(ObjectRef::open(must(other->begin_snapshot()), "x", 0));
  const pid_t child = fork();
  if (child == 0) {
    auto exported = other->export_payload(*object, true);
    if (!exported.ok()) _exit(1);
    reinterpret_cast<double *>((*exported)->data())[0] = 5.0;
    _exit(other->sync().ok() ? 0 : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(get(storage, "x"), std::vector<double>{5.0});
}

TEST_F(StorageTest, AStorageGoneInTheParentHoldsNothingForAChildThatInheritedItsMapping) {
  const auto writer = create();
  put(writer, "x", {1.0});
  auto reader = must(Storage::open(path, reading()));
  auto snapshot = must(reader->begin_snapshot());
  int dropped[2], hold[2];
  ASSERT_EQ(pipe(dropped), 0);
  ASSERT_EQ(pipe(hold), 0);
  char byte = 0;
  const pid_t child = fork();
  if (child == 0) {
    snapshot.reset();
    (void)!write(dropped[1], "", 1);
    (void)!read(hold[0], &byte, 1);
    _exit(0);
  }
  ASSERT_EQ(read(dropped[0], &byte, 1), 1);
  const std::uint64_t pinned = snapshot->id();
  reader.reset();  // the snapshot is still there, its storage is not
  put(writer, "y", {2.0});
  put(writer, "z", {2.0});
  const StorageInfo info = must(writer->info());
  (void)!write(hold[1], "", 1);
  waitpid(child, nullptr, 0);
  EXPECT_NE(info.oldest_pin, pinned);
  EXPECT_EQ(must(writer->info()).oldest_pin, must(writer->info()).transaction_id);
}

}  // namespace
}  // namespace deltos::store
