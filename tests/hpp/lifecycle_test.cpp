// Random lives: owners of every type are made, moved, swapped, released and closed in any order, against a model of
// what a storage must then answer. Whatever the order, nothing leaks, nothing is released twice, and a view keeps its
// memory.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Status;

namespace {

constexpr int kNames = 4;
std::string name_of_object(int number) { return "object/" + std::to_string(number); }

// A view and what it must show as long as it lives.
struct HeldView {
  deltos::TypedView<const std::int64_t> view;
  std::int64_t value;
};

class Life {
 public:
  Life(const std::filesystem::path &path, unsigned seed)
      : random_(seed), path_(path), storage_(deltos::Storage::open(path, writing(deltos::Create::replace))) {}

  void step() {
    using Action = void (Life::*)();
    static constexpr Action kActions[] = {&Life::begin,         &Life::commit,      &Life::abort,       &Life::write,
                                          &Life::take_snapshot, &Life::take_object, &Life::export_view, &Life::share,
                                          &Life::shuffle,       &Life::drop,        &Life::drop,        &Life::close};
    (this->*kActions[below(std::size(kActions))])();
    for (const HeldView &held : views_) ASSERT_EQ(held.view[0], held.value);
  }

  // Ends everything in any order; views last, half of the time.
  void end() {
    if (below(2) == 0) storage_ = deltos::Storage();
    while (!views_.empty() || !objects_.empty() || !snapshots_.empty()) drop();
    transaction_.abort();
    ASSERT_TRUE(storage_.try_close());
  }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }
  std::string any_name() { return name_of_object(static_cast<int>(below(kNames))); }

  template <class T>
  void drop_one(std::vector<T> &things) {
    if (things.empty()) return;
    std::swap(things[below(things.size())], things.back());
    things.pop_back();
  }

  void begin() {
    deltos::Result<deltos::Transaction> begun = storage_.try_transaction();
    EXPECT_EQ(begun.status(), transaction_ ? Status::busy : Status::ok);
    if (begun) transaction_ = std::move(*begun);
  }
  void commit() {
    EXPECT_EQ(transaction_.try_commit(deltos::Durability::async).status(), transaction_ ? Status::ok : Status::invalid);
  }
  void abort() { transaction_ = deltos::Transaction(); }

  // New content in a new place; what was exported before must not change.
  void write() {
    if (!transaction_) return;
    const std::int64_t value = ++last_value_;
    const std::vector<std::int64_t> content(1 + below(1000), value);
    const std::string name = any_name();
    const deltos::Result<deltos::Object> old = transaction_.snapshot().try_object(name);
    const deltos::Object made = old ? transaction_.replace(*old, content) : transaction_.create(name, content);
    if (below(2) == 0) views_.push_back({made.view<const std::int64_t>(), value});
  }
  void take_snapshot() { snapshots_.push_back(storage_.snapshot()); }
  void take_object() {
    const deltos::SnapshotRef from =
        snapshots_.empty() ? transaction_.snapshot() : snapshots_[below(snapshots_.size())];
    deltos::Result<deltos::Object> found = from.try_object(any_name());
    if (found) objects_.push_back(std::move(found).value());
  }
  void export_view() {
    if (objects_.empty()) return;
    deltos::Result<deltos::TypedView<const std::int64_t>> view =
        objects_[below(objects_.size())].try_view<const std::int64_t>();
    if (!view) {
      EXPECT_TRUE(view.status() == Status::stale || view.status() == Status::closed) << view.error().message();
      return;
    }
    const std::int64_t value = (*view)[0];
    views_.push_back({std::move(*view), value});
  }
  void share() {
    if (views_.empty()) return;
    const HeldView &held = views_[below(views_.size())];
    views_.push_back({held.view.share(deltos::Request::strides).as<const std::int64_t>(), held.value});
  }
  void shuffle() {
    std::shuffle(views_.begin(), views_.end(), random_);
    std::shuffle(objects_.begin(), objects_.end(), random_);
    std::shuffle(snapshots_.begin(), snapshots_.end(), random_);
  }
  void drop() {
    switch (below(3)) {
      case 0:
        return drop_one(views_);
      case 1:
        return drop_one(objects_);
      default:
        return drop_one(snapshots_);
    }
  }
  // Closing is refused as long as something is open, and otherwise the file is opened again.
  void close() {
    const Status expected = !views_.empty() ? Status::pinned : transaction_ ? Status::busy : Status::ok;
    const Status status = storage_.try_close().status();
    if (expected == Status::ok || status == Status::ok) {
      EXPECT_EQ(status, expected);
      storage_ = deltos::Storage::open(path_, writing());
    } else {
      EXPECT_TRUE(status == Status::pinned || status == Status::busy);
      EXPECT_TRUE(storage_);
    }
  }

  std::mt19937 random_;
  std::filesystem::path path_;
  deltos::Storage storage_;
  deltos::Transaction transaction_;
  std::vector<deltos::Snapshot> snapshots_;
  std::vector<deltos::Object> objects_;
  std::vector<HeldView> views_;
  std::int64_t last_value_ = 0;
};

TEST_F(Directory, owners_may_go_in_any_order) {
  const unsigned lives = getenv("DELTOS_LONG") != nullptr ? 2000 : 60;
  for (unsigned seed = 0; seed < lives; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life life(path(), seed);
    for (int i = 0; i < 200 && !HasFatalFailure(); ++i) life.step();
    life.end();
    if (HasFailure()) return;
  }
}

TEST_F(WithStorage, threads_read_one_storage_and_release_in_any_of_them) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  std::vector<deltos::TypedView<const double>> handed_over(4);
  for (deltos::TypedView<const double> &given : handed_over) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const deltos::Snapshot snapshot = storage_.snapshot();
        deltos::TypedView<const double> view = snapshot.view<const double>("grid");
        if (view(1, 2) != 6 || storage_.try_view<const float>("grid").status() != Status::type) ++wrong;
        given = std::move(view);
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(storage_.info().view_count, 4U);
  handed_over.clear();
  storage_.close();
}

}  // namespace
