// Growable arrays in a storage where something goes wrong or happens at the same time: commits that fail, transactions
// that are aborted, arrays that are deleted or cut while others look at them or append, other threads, want of memory,
// and control words that somebody has forged.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "format/array.hpp"
#include "object/array.hpp"
#include "object/stored_type.hpp"
#include "store/array_stored.hpp"
#include "store/snapshot.hpp"
#include "support/failing_new.hpp"
#include "support/faulty_io.hpp"
#include "support/storages.hpp"

namespace deltos::object {
namespace {

using namespace deltos::testing_support;
using deltos::test::Call;
using deltos::test::FaultyIo;
using store::Durability;
using store::Mode;
using store::ObjectRef;
using store::Storage;

constexpr std::uint64_t kChunkItems = (std::uint64_t{64} << 10) / 8;  // of the smallest array

dtype::Format u64_format() { return must(element_type("Q", 0, 0)); }

std::uint64_t item(const View &view, std::uint64_t index) {
  return load<std::uint64_t>(view.memory()->data() + index * 8);
}
std::uint64_t items(const View &view) { return static_cast<std::uint64_t>(view.memory()->shape()[0]); }

class StoredArrayTest : public testing::Test {
 protected:
  StoredArrayTest() {
    open_writer(store::Create::fresh);
    make("numbers");
  }

  void open_writer(store::Create create = store::Create::existing) {
    storage_.reset();
    storage_ = must(Storage::open(path_, opening(Mode::write, create)));
  }
  void make(const std::string &name) {
    const auto transaction = must(storage_->begin_transaction());
    must(create_array(*transaction, name, u64_format(), 0));
    must(transaction->commit(Durability::async));
  }
  static Array::Pointer open(const std::shared_ptr<Storage> &storage, const std::string &name = "numbers",
                             const store::ArrayOptions &options = {}) {
    return must(open_array(*must(ObjectRef::open_newest(storage, name, kKindArray)), options));
  }
  Array::Pointer writer(const std::string &name = "numbers") { return open(storage_, name); }
  std::shared_ptr<Storage> reading(Mode mode = Mode::read) { return must(Storage::open(path_, opening(mode))); }

  // The numbers from count() on.
  static Status append_next(Array &array, std::uint64_t count) {
    std::vector<std::uint64_t> values(count);
    for (std::uint64_t i = 0; i < count; ++i) values[i] = array.count() + i;
    return array.append(values.data(), count);
  }
  static void expect_counts_up(const Array &array, std::uint64_t count) {
    ASSERT_EQ(array.count(), count);
    const View view = must(array.acquire(dtype::kRequestNd));
    ASSERT_EQ(items(view), count);
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(item(view, i), i);
  }
  void expect_sound() { EXPECT_TRUE(must(storage_->verify(store::VerifyLevel::full, {})).empty()); }
  // Takes all the space that there is in pieces; none of it may belong to anybody else.
  void expect_free_space_is_free(const Array &array, std::uint64_t count) {
    for (int i = 0; i < 24; ++i) {
      const auto transaction = must(storage_->begin_transaction());
      must(put_words(*transaction, "filler" + std::to_string(i), std::vector<std::uint64_t>(kChunkItems, UINT64_MAX)));
      must(transaction->commit(Durability::sync));
    }
    expect_sound();
    expect_counts_up(array, count);
  }
  format::ArrayControl &control(const Array &array) {
    const auto &home = dynamic_cast<const store::StoredArray &>(array.home());
    const auto record = must(must(storage_->begin_snapshot())->find_id(home.id()));
    const auto mapping = must(must(storage_->begin_snapshot())->scope()).data;
    return *reinterpret_cast<format::ArrayControl *>(const_cast<std::byte *>(mapping) + record->extents[0].offset);
  }

  ScratchDirectory directory_;
  std::string path_ = directory_.path + "/a.deltos";
  std::shared_ptr<Storage> storage_;
};

TEST_F(StoredArrayTest, LeavesNoTraceOfItsGrowthInATransactionWhoseCommitFails) {
  FaultyIo io;
  const Array::Pointer array = writer();
  make("other");
  const auto transaction = must(storage_->begin_transaction());
  must(append_next(*array, 3 * kChunkItems));
  io.fail(Call::pwrite, ENOSPC, 1);
  EXPECT_EQ(transaction->commit(Durability::async).code(), Code::no_space);
  const auto seen = must(transaction->snapshot()->find("numbers"));
  EXPECT_EQ(seen->extents.size(), 2U);
  must(transaction->remove("numbers"));
  must(transaction->commit(Durability::async));
  EXPECT_EQ(array->append(seen->name.data(), 1).code(), Code::stale);
  const Array::Pointer other = writer("other");
  must(append_next(*other, 5 * kChunkItems));
  expect_free_space_is_free(*other, 5 * kChunkItems);
}

TEST_F(StoredArrayTest, KeepsElementsThatACommitCouldNotCarryForTheNextOne) {
  FaultyIo io;
  const Array::Pointer array = writer();
  const auto transaction = must(storage_->begin_transaction());
  must(append_next(*array, 3 * kChunkItems));
  io.fail(Call::pwrite, ENOSPC, 2);  // the commit's, and that of the one that follows an abort
  EXPECT_EQ(transaction->commit(Durability::sync).code(), Code::no_space);
  transaction->abort();
  must(append_next(*array, 1));
  must(array->home().flush(true));
  expect_counts_up(*open(reading()), 3 * kChunkItems + 1);
  expect_free_space_is_free(*array, 3 * kChunkItems + 1);
}

TEST_F(StoredArrayTest, GrowsNoMoreOnceACommitIsInDoubt) {
  FaultyIo io;
  const Array::Pointer array = writer();
  must(append_next(*array, kChunkItems));
  io.fail(Call::pwrite, EIO, 1, 1);  // the catalogue is written, the superblock is not
  EXPECT_EQ(append_next(*array, 1).code(), Code::in_doubt);
  EXPECT_EQ(append_next(*array, 1).code(), Code::io);
  EXPECT_EQ(array->count(), kChunkItems);
}

TEST_F(StoredArrayTest, ShowsAReaderNothingThatWasGivenBack) {
  const Array::Pointer array = writer();
  must(append_next(*array, 8 * kChunkItems));
  const auto storage = reading(Mode::in_place);
  const Array::Pointer reader = open(storage);
  must(array->resize(10));
  must(array->shrink());
  for (int i = 0; i < 4; ++i) make("another" + std::to_string(i));
  const Array::Pointer another = writer("another0");
  const std::vector<std::uint64_t> foreign(40 * kChunkItems, UINT64_MAX);
  must(another->append(foreign.data(), foreign.size()));
  must(append_next(*array, 9 * kChunkItems - 10));
  EXPECT_EQ(reader->acquire(dtype::kRequestNd).code(), Code::stale);
  EXPECT_EQ(reader->acquire(dtype::kRequestNd | dtype::kRequestWritable).code(), Code::stale);
  expect_counts_up(*open(storage), 9 * kChunkItems);
  expect_sound();
}

TEST_F(StoredArrayTest, ShowsThroughASnapshotWhatWasThereWhenItIsCutAndGrownSince) {
  const Array::Pointer array = writer();
  must(append_next(*array, 8 * kChunkItems));
  must(array->home().flush(false));
  const auto storage = reading();
  const auto snapshot = must(storage->begin_snapshot());
  const Array::Pointer then = must(open_array(*must(ObjectRef::open(snapshot, "numbers", kKindArray)), {}));
  must(array->resize(10));
  must(array->shrink());
  const std::vector<std::uint64_t> others(9 * kChunkItems, 7);
  must(array->append(others.data(), others.size()));
  const View view = must(then->acquire(dtype::kRequestNd));
  ASSERT_EQ(items(view), 8 * kChunkItems);
  EXPECT_EQ(item(view, 9), 9U);
  EXPECT_EQ(item(view, 8 * kChunkItems - 1), 8 * kChunkItems - 1);
}

TEST_F(StoredArrayTest, GrowsAgainAfterItWasCutWhileViewsLive) {
  const Array::Pointer array = writer();
  must(append_next(*array, 10));
  const View front = must(array->acquire(dtype::kRequestNd | dtype::kRequestWritable));
  for (int round = 0; round < 5; ++round) {
    must(append_next(*array, 8 * kChunkItems));
    must(array->resize(10));
    must(array->shrink());
    EXPECT_EQ(array->capacity(), kChunkItems);
  }
  must(append_next(*array, 2 * kChunkItems));
  save(front.memory()->data(), std::uint64_t{77});
  EXPECT_EQ(item(must(array->acquire(dtype::kRequestNd)), 0), 77U);
  save(front.memory()->data(), std::uint64_t{0});
  expect_free_space_is_free(*array, 2 * kChunkItems + 10);
}

TEST_F(StoredArrayTest, KeepsItsRoomWhenItCannotBeGivenBack) {
  FaultyIo io;
  const Array::Pointer array = writer();
  must(append_next(*array, 8 * kChunkItems));
  must(array->resize(10));
  const std::uint64_t room = array->capacity();
  io.fail(Call::pwrite, ENOSPC, 1);
  EXPECT_EQ(array->shrink().code(), Code::no_space);
  EXPECT_EQ(array->capacity(), room);
  must(append_next(*array, 8 * kChunkItems));
  expect_free_space_is_free(*array, 8 * kChunkItems + 10);
}

TEST_F(StoredArrayTest, IsNotAppendedToThroughASnapshotOfBeforeItWasDeleted) {
  must(append_next(*writer(), 100));
  must(writer()->home().flush(false));
  const auto snapshot = must(storage_->begin_snapshot());
  {
    const auto transaction = must(storage_->begin_transaction());
    must(transaction->remove("numbers"));
    must(transaction->commit(Durability::async));
  }
  const Array::Pointer array = must(open_array(*must(ObjectRef::open(snapshot, "numbers", kKindArray)), {}));
  expect_counts_up(*array, 100);
  EXPECT_EQ(append_next(*array, 1).code(), Code::stale);
}

TEST_F(StoredArrayTest, HasAllOfItsRoomWhenItIsOpenedThroughAnOlderSnapshot) {
  const auto snapshot = must(storage_->begin_snapshot());
  must(append_next(*writer(), 5 * kChunkItems));
  must(writer()->home().flush(false));  // nobody has it open any more
  const Array::Pointer array = must(open_array(*must(ObjectRef::open(snapshot, "numbers", kKindArray)), {}));
  ASSERT_EQ(array->count(), 5 * kChunkItems);
  must(append_next(*array, 20 * kChunkItems));
  expect_free_space_is_free(*array, 25 * kChunkItems);
}

TEST_F(StoredArrayTest, StoresNothingInWhatTookItsPlaceWithinATransaction) {
  const auto transaction = must(storage_->begin_transaction());
  const Array::Pointer gone = must(open_array(*must(create_array(*transaction, "gone", u64_format(), 0)), {}));
  must(append_next(*gone, 10));
  must(transaction->remove("gone"));
  std::vector<std::shared_ptr<ObjectRef>> buffers;
  for (int i = 0; i < 24; ++i) {
    const std::vector<std::uint64_t> ones(kChunkItems, 1);
    buffers.push_back(must(put_words(*transaction, "buffer" + std::to_string(i), ones)));
  }
  (void)append_next(*gone, kChunkItems - 10);
  for (const auto &buffer : buffers) {
    const auto view = must(storage_->export_payload(*buffer, false));
    for (const std::uint64_t word : words_of(*view)) ASSERT_EQ(word, 1U);
  }
  must(transaction->commit(Durability::async));
  EXPECT_EQ(append_next(*gone, 1).code(), Code::stale);
  expect_sound();
}

TEST_F(StoredArrayTest, ComesBackWithTheTransactionThatDeletesIt) {
  const Array::Pointer array = writer();
  must(append_next(*array, kChunkItems));
  const auto transaction = must(storage_->begin_transaction());
  must(transaction->remove("numbers"));
  must(append_next(*array, 2 * kChunkItems));
  transaction->abort();
  must(append_next(*array, 1));
  expect_counts_up(*open(reading()), 3 * kChunkItems + 1);
  expect_free_space_is_free(*array, 3 * kChunkItems + 1);
}

TEST_F(StoredArrayTest, IsRenamedWhileItGrows) {
  const Array::Pointer array = writer();
  const auto transaction = must(storage_->begin_transaction());
  must(append_next(*array, 2 * kChunkItems));
  must(transaction->rename("numbers", "renamed", false));
  must(append_next(*array, 2 * kChunkItems));
  must(transaction->commit(Durability::sync));
  must(append_next(*array, 8 * kChunkItems));
  expect_counts_up(*open(reading(), "renamed"), 12 * kChunkItems);
  expect_sound();
}

TEST_F(StoredArrayTest, ReportsTheLimitOfItsOptionsExactly) {
  store::ArrayOptions options;
  options.max_bytes = 800;
  const Array::Pointer array = open(storage_, "numbers", options);
  std::uint64_t next = 0;
  while (array->append(&next, 1).ok()) ++next;
  EXPECT_EQ(next, 100U);
  EXPECT_EQ(array->append(&next, 1).code(), Code::limit);
  expect_counts_up(*array, 100);
}

// One number after the other is the failing allocation of every call that works on structure.
TEST_F(StoredArrayTest, LeavesNoTransactionOpenWhenThereIsNoMemory) {
  const Array::Pointer array = writer();
  const std::vector<std::function<Status()>> calls = {
      [&] { return append_next(*array, 16 * kChunkItems); },
      [&] { return array->home().flush(false); },
      [&]() -> Status {
        DELTOS_TRY(array->resize(1));
        return array->shrink();
      },
  };
  for (const auto &call : calls) {
    for (std::uint64_t successes = 0;; ++successes) {
      bool happened = false;
      {
        const FailingNew failing(successes);
        try {
          must(call());
        } catch (const std::bad_alloc &) {
        }
        happened = failing.happened();
      }
      const auto transaction = must(storage_->begin_transaction());
      transaction->abort();
      if (!happened) break;
    }
  }
  must(append_next(*array, 20 * kChunkItems - 1));
  expect_free_space_is_free(*array, 20 * kChunkItems);
}

// ---- threads

TEST_F(StoredArrayTest, IsExportedWhileAnotherThreadAppends) {
  constexpr std::uint64_t kAll = 300'000;
  store::ArrayOptions options;
  options.window_bytes = 1;  // every growth goes on in a larger window
  const Array::Pointer array = open(storage_, "numbers", options);
  std::atomic<bool> done{false};
  std::thread appender([&] {
    for (std::uint64_t value = 0; value < kAll; ++value) must(array->append(&value, 1));
    done.store(true);
  });
  std::uint64_t last = 0;
  while (!done.load()) {
    const View view = must(array->acquire(dtype::kRequestNd));
    const std::uint64_t count = items(view);
    if (count < last) ADD_FAILURE() << "the array became shorter";
    last = count;
    if (count != 0 && item(view, count - 1) != count - 1) ADD_FAILURE() << "element " << count - 1;
  }
  appender.join();
  expect_counts_up(*array, kAll);
}

TEST_F(StoredArrayTest, HasOneAppenderHoweverManyThreadsOpenIt) {
  for (int round = 0; round < 50; ++round) {
    const std::string name = "opened" + std::to_string(round);
    make(name);
    std::array<Array::Pointer, 4> opened;
    std::vector<std::thread> threads;
    for (Array::Pointer &one : opened) threads.emplace_back([&] { one = writer(name); });
    for (std::thread &thread : threads) thread.join();
    for (const Array::Pointer &one : opened) EXPECT_EQ(&one->home(), &opened[0]->home());
  }
}

TEST_F(StoredArrayTest, LosesNothingWhileAnotherThreadCommits) {
  constexpr std::uint64_t kAll = 200'000;
  const Array::Pointer array = writer();
  std::atomic<bool> done{false};
  std::thread committer([&] {
    for (std::uint64_t round = 0; !done.load(); ++round) {
      auto transaction = storage_->begin_transaction();
      if (!transaction.ok()) continue;  // the array is just growing
      must(put_words(**transaction, "beside", std::vector<std::uint64_t>(100, round)));
      if (round % 3 == 0) {
        (*transaction)->abort();
      } else {
        must((*transaction)->commit(Durability::async));
      }
    }
  });
  for (std::uint64_t value = 0; value < kAll;) {
    Status appended = array->append(&value, 1);
    if (appended.ok()) ++value;
    if (appended.code() != Code::busy) must(std::move(appended));
  }
  done.store(true);
  committer.join();
  must(array->home().flush(false));
  expect_counts_up(*open(reading()), kAll);
  expect_sound();
}

// ---- what somebody else has written

TEST_F(StoredArrayTest, BelievesNoLengthBeyondItsRoom) {
  const Array::Pointer array = writer();
  must(append_next(*array, 10));
  const auto storage = reading();
  const Array::Pointer reader = open(storage);
  const std::uint64_t value = 1;
  for (const std::uint64_t forged : {array->capacity() * 8 + 8, std::uint64_t{1} << 40, UINT64_MAX - 7, UINT64_MAX}) {
    array->home().set_length(forged);
    EXPECT_EQ(reader->count(), reader->capacity());
    EXPECT_EQ(items(must(reader->acquire(dtype::kRequestNd))), reader->capacity());
    EXPECT_EQ(array->append(&value, 1).code(), Code::corrupt);
    EXPECT_EQ(array->tail(1).code(), Code::corrupt);
    EXPECT_EQ(array->insert(0, &value, 1).code(), Code::corrupt);
    EXPECT_EQ(array->remove(0, 1, nullptr).code(), Code::corrupt);
    EXPECT_EQ(array->resize(3).code(), Code::corrupt);
    EXPECT_FALSE(array->advance(1).ok());
  }
  array->home().set_length(80);
  expect_counts_up(*array, 10);
}

TEST_F(StoredArrayTest, TakesTheRecordsLengthWhereTheControlBlockIsOfAnotherBootOrFile) {
  must(append_next(*writer(), 10));
  must(writer()->home().flush(false));
  must(append_next(*writer(), 10));
  for (int what = 0; what < 3; ++what) {
    {
      const Array::Pointer array = writer();
      format::ArrayControl &word = const_cast<format::ArrayControl &>(control(*array));
      (what == 0 ? word.boot_id[1] : what == 1 ? word.device : word.inode) ^= 1;
    }
    storage_->detach();  // as a kill: closing would commit the length
    EXPECT_EQ(open(reading())->count(), 10U);
    open_writer();
    expect_counts_up(*writer(), 10);
    must(append_next(*writer(), 10));
  }
  storage_->detach();  // as a kill: closing would commit the length
  open_writer();
  expect_counts_up(*writer(), 20);
}

TEST_F(StoredArrayTest, CutsALengthThatIsNoWholeNumberOfElements) {
  must(append_next(*writer(), 10));
  writer()->home().set_length(43);
  must(storage_->close());
  EXPECT_EQ(items(must(open(reading())->acquire(dtype::kRequestNd))), 5U);
  open_writer();
  expect_counts_up(*writer(), 5);
}

}  // namespace
}  // namespace deltos::object
