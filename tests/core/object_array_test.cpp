// Growable arrays against std::vector, in every home: whatever is done to one, it holds what the model holds, at one
// address, also to views that were there before, to other handles, and to whoever opens it again.
#include "object/array.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include "store/array_file.hpp"
#include "store/storage.hpp"
#include "support/storages.hpp"

namespace deltos::object {
namespace {

namespace fs = std::filesystem;
using Model = std::vector<std::uint64_t>;
using testing_support::must;
using testing_support::ScratchDirectory;

dtype::Format u64_format() { return must(element_type("Q", 0, 0)); }

std::uint64_t item(const View &view, std::uint64_t index) {
  return load<std::uint64_t>(view.memory()->data() + index * 8);
}
std::uint64_t items(const View &view) { return static_cast<std::uint64_t>(view.memory()->shape()[0]); }

// One array and how to come to it again.
class Home {
 public:
  virtual ~Home() = default;
  virtual Array &array() = 0;
  virtual void open_again() = 0;  // close and open for WRITE
  virtual Array::Pointer open_reader() = 0;
  virtual void refresh(Array::Pointer &reader) { must(reader->home().refresh()); }
};

class FlatHome final : public Home {
 public:
  FlatHome() { open(store::Create::if_absent); }
  Array &array() override { return *array_; }
  void open_again() override {
    const std::uint64_t content = array_->count() * 8;
    must(array_->home().close());
    EXPECT_EQ(fs::file_size(path()), content);
    EXPECT_FALSE(fs::exists(path() + ".deltos-length"));
    open(store::Create::existing);
  }
  Array::Pointer open_reader() override {
    store::ArrayOptions options;
    options.mode = store::Mode::read;
    return std::make_shared<Array>(u64_format(), must(store::open_flat_array(path(), 8, options)));
  }
  std::string path() const { return directory_.path + "/numbers"; }

 private:
  void open(store::Create create) {
    store::ArrayOptions options;
    options.create = create;
    array_.reset();
    array_ = std::make_shared<Array>(u64_format(), must(store::open_flat_array(path(), 8, options)));
  }
  ScratchDirectory directory_;
  Array::Pointer array_;
};

class AnonymousHome final : public Home {
 public:
  explicit AnonymousHome(std::uint64_t window_bytes = 0) {
    store::ArrayOptions options;
    options.window_bytes = window_bytes;
    array_ = std::make_shared<Array>(u64_format(), must(store::open_anonymous_array(u64_format(), options)));
  }
  Array &array() override { return *array_; }
  void open_again() override {
    const int fd = ::dup(must(array_->home().descriptor()));
    must(array_->home().close());
    array_.reset();
    array_ = open(fd, store::Mode::write);
    ::close(fd);
  }
  Array::Pointer open_reader() override { return open(must(array_->home().descriptor()), store::Mode::read); }

 private:
  static Array::Pointer open(int fd, store::Mode mode) {
    store::ArrayOptions options;
    options.mode = mode;
    dtype::Format format;
    auto home = must(store::open_array_fd(fd, options, &format));
    return std::make_shared<Array>(format, home);
  }
  Array::Pointer array_;
};

class StoredHome final : public Home {
 public:
  StoredHome() {
    open(store::Create::fresh);
    const auto transaction = must(storage_->begin_transaction());
    must(create_array(*transaction, "numbers", u64_format(), 0));
    must(transaction->commit(store::Durability::async));
    find();
  }
  Array &array() override { return *array_; }
  void open_again() override {
    array_.reset();
    must(storage_->close());
    storage_.reset();
    open(store::Create::existing);
    find();
    EXPECT_TRUE(must(storage_->verify(store::VerifyLevel::full, {})).empty());
  }
  Array::Pointer open_reader() override {
    if (!reading_) {
      store::OpenOptions options;
      reading_ = must(store::Storage::open(path(), options));
    }
    return must(object::open_array(*must(store::ObjectRef::open_newest(reading_, "numbers", kKindArray)), {}));
  }
  void refresh(Array::Pointer &reader) override { reader = open_reader(); }
  std::shared_ptr<store::Storage> storage() { return storage_; }
  std::string path() const { return directory_.path + "/a.deltos"; }

 private:
  void open(store::Create create) {
    store::OpenOptions options;
    options.mode = store::Mode::write;
    options.create = create;
    storage_ = must(store::Storage::open(path(), options));
  }
  void find() {
    array_ = must(object::open_array(*must(store::ObjectRef::open_newest(storage_, "numbers", kKindArray)), {}));
  }
  ScratchDirectory directory_;
  std::shared_ptr<store::Storage> storage_, reading_;
  Array::Pointer array_;
};

using MakeHome = std::function<std::unique_ptr<Home>()>;
struct NamedHome {
  const char *name;
  MakeHome make;
};

class ArrayModelTest : public testing::TestWithParam<NamedHome> {
 protected:
  ArrayModelTest() : home_(GetParam().make()) {}

  void expect_holds(const Array &array, const Model &model) {
    ASSERT_EQ(array.count(), model.size());
    const View view = must(array.acquire(dtype::kRequestNd));
    ASSERT_EQ(items(view), model.size());
    for (std::size_t i = 0; i < model.size(); ++i) ASSERT_EQ(item(view, i), model[i]) << i;
  }
  std::uint64_t below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_);
  }
  Model fresh(std::uint64_t count) {
    Model values(count);
    for (auto &value : values) value = random_();
    return values;
  }

  void append(Model &model) {
    const Model values = fresh(below(3000));
    must(home_->array().append(values.data(), values.size()));
    model.insert(model.end(), values.begin(), values.end());
  }
  void fill_tail(Model &model) {
    const Model values = fresh(1 + below(3000));
    const Array::Tail tail = must(home_->array().tail(values.size()));
    ASSERT_GE(tail.room, values.size());
    std::memcpy(tail.data, values.data(), values.size() * 8);
    must(home_->array().advance(values.size()));
    model.insert(model.end(), values.begin(), values.end());
  }
  void insert(Model &model) {
    const Model values = fresh(below(200));
    const std::uint64_t at = below(model.size() + 1);
    must(home_->array().insert(static_cast<std::int64_t>(at), values.data(), values.size()));
    model.insert(model.begin() + static_cast<std::ptrdiff_t>(at), values.begin(), values.end());
  }
  void remove(Model &model) {
    if (model.empty()) return;
    const std::uint64_t at = below(model.size()), count = 1 + below(model.size() - at);
    Model removed(count);
    must(home_->array().remove(static_cast<std::int64_t>(at) - static_cast<std::int64_t>(model.size()), count,
                               removed.data()));
    const auto first = model.begin() + static_cast<std::ptrdiff_t>(at),
               last = first + static_cast<std::ptrdiff_t>(count);
    EXPECT_EQ(removed, Model(first, last));
    model.erase(first, last);
  }
  void resize(Model &model) {
    const std::uint64_t count = below(2 * model.size() + 10);
    must(home_->array().resize(count));
    model.resize(count);
  }
  void extend_with_itself(Model &model) {
    if (model.size() > 20'000) return;
    const View view = must(home_->array().acquire(dtype::kRequestNd));
    must(home_->array().extend(*view.memory()));
    const Model copy = model;
    model.insert(model.end(), copy.begin(), copy.end());
  }
  void reorder(Model &model) {
    must(home_->array().reverse());
    must(home_->array().byteswap());
    std::reverse(model.begin(), model.end());
    for (auto &value : model) value = __builtin_bswap64(value);
  }
  void step(Model &model) {
    switch (below(10)) {
      case 0:
        return insert(model);
      case 1:
        return remove(model);
      case 2:
        return resize(model);
      case 3:
        return extend_with_itself(model);
      case 4:
        return reorder(model);
      case 5:
        return fill_tail(model);
      case 6:
        return must(below(2) == 0 ? home_->array().shrink() : home_->array().reserve(model.size() + below(20'000)));
      case 7:
        return must(home_->array().home().flush(below(4) == 0));
      default:
        return append(model);
    }
  }

  std::unique_ptr<Home> home_;
  std::mt19937_64 random_{7};
};

TEST_P(ArrayModelTest, HoldsWhatAVectorHoldsAfterAnyCallsAndOpenedAgain) {
  Model model;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 40; ++i) step(model);
    expect_holds(home_->array(), model);
    home_->open_again();
    expect_holds(home_->array(), model);
  }
}

TEST_P(ArrayModelTest, IsSeenByAReaderThatWasThereBefore) {
  Model model;
  append(model);
  must(home_->array().home().flush(false));
  Array::Pointer reader = home_->open_reader();
  for (int i = 0; i < 30; ++i) {
    append(model);
    home_->refresh(reader);
    expect_holds(*reader, model);
  }
}

TEST_P(ArrayModelTest, NeverMovesWhatAViewShows) {
  Model model;
  append(model);
  must(home_->array().append(&model, 0));
  model.push_back(3);
  must(home_->array().append(&model.back(), 1));
  std::vector<View> views;
  std::vector<std::uint64_t> counts;
  for (int i = 0; i < 60; ++i) {
    views.push_back(must(home_->array().acquire(dtype::kRequestNd | dtype::kRequestWritable)));
    counts.push_back(model.size());
    append(model);
  }
  for (std::size_t i = 0; i < views.size(); ++i) {
    EXPECT_EQ(views[i].memory()->data(), views[0].memory()->data());
    ASSERT_EQ(items(views[i]), counts[i]);
    for (std::uint64_t at = 0; at < counts[i]; at += 97) ASSERT_EQ(item(views[i], at), model[at]);
  }
}

TEST_P(ArrayModelTest, RefusesOnlyToCutWhatAViewShows) {
  const Model values = fresh(1000);
  must(home_->array().append(values.data(), 500));
  {
    const View view = must(home_->array().acquire(dtype::kRequestNd));
    must(home_->array().append(values.data() + 500, 500));
    must(home_->array().resize(500));
    EXPECT_EQ(home_->array().resize(499).code(), Code::pinned);
    EXPECT_EQ(home_->array().remove(0, 1, nullptr).code(), Code::pinned);
    EXPECT_EQ(home_->array().count(), 500U);
    EXPECT_EQ(item(view, 499), values[499]);
    EXPECT_EQ(home_->array().home().close().code(), Code::pinned);
  }
  must(home_->array().resize(0));
  EXPECT_EQ(home_->array().count(), 0U);
}

TEST_P(ArrayModelTest, KeepsTheParentsAppendsAndRefusesTheChildsAfterAFork) {
  const Model values = fresh(100);
  must(home_->array().append(values.data(), 50));
  const View view = must(home_->array().acquire(dtype::kRequestNd));
  const pid_t child = ::fork();
  if (child == 0) {
    const bool refused = home_->array().append(values.data(), 1).code() == Code::forked &&
                         home_->array().resize(0).code() == Code::forked;
    ::_exit(refused && item(view, 49) == values[49] ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  must(home_->array().append(values.data() + 50, 50));
  expect_holds(home_->array(), values);
}

TEST_P(ArrayModelTest, LetsAReaderNeitherAppendNorStore) {
  must(home_->array().append(fresh(10).data(), 10));
  must(home_->array().home().flush(false));
  const Array::Pointer reader = home_->open_reader();
  const std::uint64_t value = 1;
  EXPECT_EQ(reader->append(&value, 1).code(), Code::readonly);
  EXPECT_EQ(reader->append(&value, 0).code(), Code::readonly);
  EXPECT_EQ(reader->advance(1).code(), Code::readonly);
  EXPECT_EQ(reader->reverse().code(), Code::readonly);
  EXPECT_EQ(reader->acquire(dtype::kRequestFull).code(), Code::readonly);
}

TEST_P(ArrayModelTest, AnswersPlacesAndCountsBeyondTheEnd) {
  const std::uint64_t value = 1;
  must(home_->array().append(&value, 1));
  EXPECT_EQ(home_->array().insert(2, &value, 1).code(), Code::range);
  EXPECT_EQ(home_->array().insert(-2, &value, 1).code(), Code::range);
  EXPECT_EQ(home_->array().remove(0, 2, nullptr).code(), Code::range);
  EXPECT_EQ(home_->array().remove(1, 1, nullptr).code(), Code::range);
  EXPECT_EQ(home_->array().advance(UINT64_MAX).code(), Code::range);
  EXPECT_EQ(home_->array().append(&value, UINT64_MAX).code(), Code::limit);
  EXPECT_EQ(home_->array().append(nullptr, 1).code(), Code::invalid);
  EXPECT_EQ(home_->array().reserve(UINT64_MAX / 8).code(), Code::limit);
  EXPECT_EQ(home_->array().count(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Homes, ArrayModelTest,
                         testing::Values(NamedHome{"Flat", [] { return std::make_unique<FlatHome>(); }},
                                         NamedHome{"Stored", [] { return std::make_unique<StoredHome>(); }},
                                         NamedHome{"Anonymous", [] { return std::make_unique<AnonymousHome>(); }}),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(ArrayWindowTest, GoesOnInALargerWindowAndOldViewsStayCoherent) {
  AnonymousHome home(std::uint64_t{256} << 10);
  std::vector<View> views;
  for (std::uint64_t value = 0; value < 200'000; ++value) {
    if (value % 20'000 == 1) views.push_back(must(home.array().acquire(dtype::kRequestNd | dtype::kRequestWritable)));
    must(home.array().append(&value, 1));
  }
  EXPECT_NE(views.front().memory()->data(), views.back().memory()->data());
  save(views.front().memory()->data(), std::uint64_t{77});
  for (const View &view : views) EXPECT_EQ(item(view, 0), 77U);
  EXPECT_EQ(home.array().count(), 200'000U);
}

TEST(StoredArrayTest, GrowsInAnOpenTransactionWhateverBecomesOfIt) {
  StoredHome home;
  Model model(300'000);
  for (std::size_t i = 0; i < model.size(); ++i) model[i] = i;
  {
    const auto transaction = must(home.storage()->begin_transaction());
    must(home.array().append(model.data(), 100'000));
    transaction->abort();
  }
  EXPECT_EQ(home.open_reader()->count(), 100'000U);
  {
    const auto transaction = must(home.storage()->begin_transaction());
    must(home.array().append(model.data() + 100'000, 200'000));
    must(transaction->commit(store::Durability::async));
  }
  EXPECT_EQ(home.open_reader()->count(), 300'000U);
  home.open_again();
  const View view = must(home.array().acquire(dtype::kRequestNd));
  ASSERT_EQ(items(view), model.size());
  for (std::size_t i = 0; i < model.size(); ++i) ASSERT_EQ(item(view, i), model[i]);
}

TEST(StoredArrayTest, ShowsAReaderFromBeforeTheFirstAppendWhatFollows) {
  StoredHome home;
  {
    const auto transaction = must(home.storage()->begin_transaction());
    must(create_array(*transaction, "untouched", u64_format(), 0));
    must(transaction->commit(store::Durability::async));
  }
  store::OpenOptions options;
  const auto reading = must(store::Storage::open(home.path(), options));
  const Array::Pointer reader =
      must(object::open_array(*must(store::ObjectRef::open_newest(reading, "untouched", kKindArray)), {}));
  const Array::Pointer writer =
      must(object::open_array(*must(store::ObjectRef::open_newest(home.storage(), "untouched", kKindArray)), {}));
  const std::uint64_t value = 3;
  must(writer->append(&value, 1));
  EXPECT_EQ(reader->count(), 0U);
  EXPECT_TRUE(must(reader->home().refresh()));
  EXPECT_EQ(reader->count(), 1U);
}

TEST(StoredArrayTest, IsGoneWithTheTransactionThatMadeIt) {
  StoredHome home;
  const auto transaction = must(home.storage()->begin_transaction());
  const auto made = must(create_array(*transaction, "other", u64_format(), 0));
  const Array::Pointer other = must(object::open_array(*made, {}));
  const Model values(50'000, 7);
  must(other->append(values.data(), values.size()));
  const View view = must(other->acquire(dtype::kRequestNd));
  transaction->abort();
  EXPECT_EQ(other->append(values.data(), 1).code(), Code::stale);
  EXPECT_EQ(other->acquire(dtype::kRequestNd).code(), Code::stale);
  EXPECT_EQ(item(view, 49'999), 7U);
}

TEST(StoredArrayTest, KeepsTheMemoryOfAViewWhenItIsDeleted) {
  StoredHome home;
  const Model values(50'000, 7);
  must(home.array().append(values.data(), values.size()));
  const View view = must(home.array().acquire(dtype::kRequestNd));
  for (int i = 0; i < 3; ++i) {
    const auto transaction = must(home.storage()->begin_transaction());
    if (i == 0) must(transaction->remove("numbers"));
    must(create_array(*transaction, "other" + std::to_string(i), u64_format(), 1 << 20));
    must(transaction->commit(store::Durability::sync));
    const auto ref = must(store::ObjectRef::open_newest(home.storage(), "other" + std::to_string(i), kKindArray));
    const Model ones(100'000, 1);
    must(must(object::open_array(*ref, {}))->append(ones.data(), ones.size()));
  }
  EXPECT_EQ(home.array().append(values.data(), 1).code(), Code::stale);
  for (std::uint64_t i = 0; i < 50'000; ++i) ASSERT_EQ(item(view, i), 7U);
  EXPECT_EQ(home.storage()->close().code(), Code::pinned);
}

TEST(StoredArrayTest, IsWholeInACopyAndInACompactedOne) {
  StoredHome home;
  Model model(70'000);
  for (std::size_t i = 0; i < model.size(); ++i) {
    model[i] = i;
    must(home.array().append(&model[i], 1));
  }
  must(home.array().home().flush(true));
  const auto snapshot = must(home.storage()->begin_snapshot());
  must(snapshot->copy_to(home.path() + "-copy", false, {}));
  must(snapshot->compact_to(home.path() + "-compact", false, {}));
  for (const char *end : {"-copy", "-compact"}) {
    for (const auto mode : {store::Mode::read, store::Mode::immutable, store::Mode::write}) {
      store::OpenOptions options;
      options.mode = mode;
      const auto storage = must(store::Storage::open(home.path() + end, options));
      const Array::Pointer array =
          must(object::open_array(*must(store::ObjectRef::open_newest(storage, "numbers", kKindArray)), {}));
      ASSERT_EQ(array->count(), model.size());
      const View view = must(array->acquire(dtype::kRequestNd));
      for (std::size_t i = 0; i < model.size(); ++i) ASSERT_EQ(item(view, i), model[i]);
    }
  }
}

// In another file, as after a restart, the live length does not count: closing has committed it.
TEST(StoredArrayTest, IsWholeInAFileThatWasCopiedAfterItsStorageWasClosed) {
  StoredHome home;
  const Model model(5, 7);
  must(home.array().append(model.data(), model.size()));
  must(home.storage()->close());
  fs::copy_file(home.path(), home.path() + "-copied");
  store::OpenOptions options;
  const auto storage = must(store::Storage::open(home.path() + "-copied", options));
  const auto array = must(object::open_array(*must(store::ObjectRef::open_newest(storage, "numbers", kKindArray)), {}));
  EXPECT_EQ(array->count(), model.size());
}

TEST(StoredArrayTest, LosesNoElementWhenTheAppenderIsKilled) {
  StoredHome home;
  for (int round = 0; round < 4; ++round) {
    const std::string path = home.path() + std::to_string(round);
    int told[2];
    ASSERT_EQ(::pipe(told), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      store::OpenOptions options;
      options.mode = store::Mode::write;
      options.create = store::Create::fresh;
      const auto storage = must(store::Storage::open(path, options));
      const auto transaction = must(storage->begin_transaction());
      const Array::Pointer array =
          must(object::open_array(*must(create_array(*transaction, "numbers", u64_format(), 0)), {}));
      must(transaction->commit(store::Durability::async));
      for (std::uint64_t next = 0;; ++next) {
        if (!array->append(&next, 1).ok()) ::_exit(1);
        if (next % 1000 == 999 && ::write(told[1], &next, sizeof next) != sizeof next) ::_exit(1);
      }
    }
    ::close(told[1]);
    std::uint64_t known = 0;
    for (int i = 0; i < round * 40 + 3; ++i) ASSERT_EQ(::read(told[0], &known, sizeof known), 8);
    ::kill(child, SIGKILL);
    ::close(told[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    for (const auto mode : {store::Mode::read, store::Mode::write}) {
      store::OpenOptions options;
      options.mode = mode;
      const auto storage = must(store::Storage::open(path, options));
      const Array::Pointer array =
          must(object::open_array(*must(store::ObjectRef::open_newest(storage, "numbers", kKindArray)), {}));
      ASSERT_GT(array->count(), known);
      const View view = must(array->acquire(dtype::kRequestNd));
      for (std::uint64_t i = 0; i < array->count(); ++i) ASSERT_EQ(item(view, i), i);
    }
  }
}

TEST(FlatArrayTest, IsReadByAnyProgramOnceItIsFlushed) {
  FlatHome home;
  const std::uint64_t value = 0x0102030405060708;
  for (int i = 0; i < 3; ++i) must(home.array().append(&value, 1));
  EXPECT_GT(fs::file_size(home.path()), 24U);
  must(home.array().home().flush(true));
  EXPECT_EQ(fs::file_size(home.path()), 24U);
  must(home.array().append(&value, 1));
  home.open_again();
  EXPECT_EQ(fs::file_size(home.path()), 32U);
}

// The child appends, storing the same numbers, until it is killed. What is there afterwards is a run of them without a
// gap, at least as long as what was known before the kill.
TEST(FlatArrayTest, LosesNoElementWhenTheAppenderIsKilled) {
  FlatHome flat;
  for (int round = 0; round < 8; ++round) {
    int told[2];
    ASSERT_EQ(::pipe(told), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      store::ArrayOptions options;
      options.create = store::Create::if_absent;
      auto home = store::open_flat_array(flat.path() + "-killed", 8, options);
      if (!home.ok()) ::_exit(1);
      Array array(u64_format(), *home);
      for (std::uint64_t next = array.count();; ++next) {
        if (!array.append(&next, 1).ok()) ::_exit(1);
        if (next % 1000 == 999 && ::write(told[1], &next, sizeof next) != sizeof next) ::_exit(1);
      }
    }
    ::close(told[1]);
    std::uint64_t known = 0;
    for (int i = 0; i < round * 30 + 3; ++i) ASSERT_EQ(::read(told[0], &known, sizeof known), 8);
    ::kill(child, SIGKILL);
    ::close(told[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    store::ArrayOptions reading;
    reading.mode = store::Mode::read;
    const Array reader(u64_format(), must(store::open_flat_array(flat.path() + "-killed", 8, reading)));
    const std::uint64_t count = reader.count();
    ASSERT_GT(count, known);
    {
      const Array writer(u64_format(), must(store::open_flat_array(flat.path() + "-killed", 8, {})));
      ASSERT_EQ(writer.count(), count);
      const View view = must(writer.acquire(dtype::kRequestNd));
      for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(item(view, i), i);
    }
    ASSERT_EQ(fs::file_size(flat.path() + "-killed"), count * 8);
  }
}

TEST(FlatArrayTest, HasOneAppender) {
  FlatHome home;
  EXPECT_EQ(store::open_flat_array(home.path(), 8, {}).code(), Code::locked);
}

TEST(FlatArrayTest, SeesWhatAnotherProgramHasAppended) {
  FlatHome home;
  Array::Pointer reader = home.open_reader();
  must(home.array().home().close());
  {
    std::ofstream file(home.path(), std::ios::app | std::ios::binary);
    file << std::string(16, 'x');
  }
  EXPECT_EQ(reader->count(), 0U);
  EXPECT_TRUE(must(reader->home().refresh()));
  EXPECT_EQ(reader->count(), 2U);
}

TEST(FlatArrayTest, IsRefusedWhenItsContentIsNoWholeNumberOfElements) {
  FlatHome home;
  must(home.array().home().close());
  std::ofstream(home.path(), std::ios::binary) << "12345";
  EXPECT_EQ(store::open_flat_array(home.path(), 8, {}).code(), Code::layout);
}

TEST(FlatArrayTest, IsNotCutUnderAViewOfAnotherHandle) {
  FlatHome home;
  const Model values(100'000, 5);
  must(home.array().append(values.data(), values.size()));
  const Array::Pointer reader = home.open_reader();
  {
    const View view = must(reader->acquire(dtype::kRequestNd));
    EXPECT_EQ(home.array().resize(10).code(), Code::pinned);
    EXPECT_EQ(home.array().count(), values.size());
    EXPECT_EQ(item(view, 99'999), 5U);
  }
  must(home.array().resize(10));
  must(home.array().shrink());
  EXPECT_EQ(fs::file_size(home.path()), 80U);
}

TEST(FlatArrayTest, CutsWithItsLastView) {
  FlatHome home;
  const std::string path = home.path() + "-released";
  store::ArrayOptions options;
  options.create = store::Create::fresh;
  auto array = std::make_shared<Array>(u64_format(), must(store::open_flat_array(path, 8, options)));
  const std::uint64_t value = 9;
  must(array->append(&value, 1));
  std::optional<View> view = must(array->acquire(dtype::kRequestNd));
  array.reset();
  EXPECT_GT(fs::file_size(path), 8U);
  EXPECT_EQ(item(*view, 0), 9U);
  view.reset();
  EXPECT_EQ(fs::file_size(path), 8U);
  EXPECT_FALSE(fs::exists(path + ".deltos-length"));
}

TEST(FlatArrayTest, RefusesASideFileOfAnotherFile) {
  FlatHome home;
  must(home.array().home().close());
  std::ofstream(home.path() + ".deltos-length", std::ios::binary) << std::string(64, 'x');
  EXPECT_EQ(store::open_flat_array(home.path(), 8, {}).code(), Code::corrupt);
}

TEST(FlatArrayTest, KeepsEverythingWhenItMayNotGrow) {
  FlatHome home;
  const std::string path = home.path() + "-limited";
  store::ArrayOptions options;
  options.create = store::Create::fresh;
  options.max_bytes = 800'000;
  Array array(u64_format(), must(store::open_flat_array(path, 8, options)));
  std::uint64_t next = 0;
  while (array.append(&next, 1).ok()) ++next;
  EXPECT_EQ(next, 100'000U);
  EXPECT_EQ(array.append(&next, 1).code(), Code::limit);
  const View view = must(array.acquire(dtype::kRequestNd));
  for (std::uint64_t i = 0; i < next; ++i) ASSERT_EQ(item(view, i), i);
}

TEST(AnonymousArrayTest, RefusesDescriptorsOfSomethingElse) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  dtype::Format format;
  EXPECT_FALSE(store::open_array_fd(ends[0], {}, &format).ok());
  EXPECT_EQ(store::open_array_fd(-1, {}, &format).code(), Code::invalid);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(AnonymousArrayTest, BelievesNoLengthBeyondItsMemory) {
  AnonymousHome home;
  const std::uint64_t value = 1;
  must(home.array().append(&value, 1));
  const Array::Pointer reader = home.open_reader();
  home.array().home().set_length(UINT64_MAX);
  EXPECT_EQ(reader->count(), reader->capacity());
  EXPECT_EQ(items(must(reader->acquire(dtype::kRequestNd))), reader->capacity());
  EXPECT_FALSE(home.array().append(&value, 1).ok());
  home.array().home().set_length(8);
}

}  // namespace
}  // namespace deltos::object
