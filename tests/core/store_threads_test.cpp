// One handle used by many threads at once: snapshots, refreshes, exports that change hands and are released anywhere,
// one thread that commits and one that only asks; then the end. Built for the thread sanitizer, too.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

#include "support/storages.hpp"

namespace deltos::store {
namespace {

using namespace deltos::testing_support;

constexpr int kWorkers = 4;
constexpr unsigned kObjects = 5;
constexpr std::uint64_t kCommits = 250;
// Slots of a slab, whole blocks, and extents that are written instead of stored.
constexpr std::uint64_t kWords[kObjects] = {7, 100, 600, 3000, 20'000};

std::string name_of(unsigned object) { return "o/" + std::to_string(object); }
std::uint64_t word_of(unsigned object, std::uint64_t generation) { return generation * 1000 + object; }

// What went wrong, collected from all threads; the first few are told.
class Complaints {
 public:
  void add(const std::string &text) {
    const std::lock_guard lock(mutex_);
    if (++count_ <= 5) text_ += text + "\n";
  }
  void check(const char *doing, const Status &status) {
    if (!status.ok()) add(std::string(doing) + ": " + status.error().message);
  }
  std::uint64_t count() const { return count_; }
  const std::string &text() const { return text_; }

 private:
  std::mutex mutex_;
  std::string text_;
  std::uint64_t count_ = 0;
};

// Views that one thread leaves for another to release.
class Handover {
 public:
  std::shared_ptr<Export> swap(std::size_t place, std::shared_ptr<Export> view) {
    const std::lock_guard lock(mutex_);
    views_[place % views_.size()].swap(view);
    return view;
  }

 private:
  std::mutex mutex_;
  std::array<std::shared_ptr<Export>, 8> views_;
};

class Threads : public testing::Test {
 protected:
  // The generation that all words of the view tell, or nothing.
  static std::optional<std::uint64_t> generation_of(const Export &view, unsigned object) {
    const auto words = words_of(view);
    if (words.size() != kWords[object] || words[0] % 1000 != object) return std::nullopt;
    for (const std::uint64_t word : words) {
      if (word != words[0]) return std::nullopt;
    }
    return words[0] / 1000;
  }

  Status commit_generation(std::uint64_t generation) {
    DELTOS_ASSIGN(const auto transaction, storage->begin_transaction());
    for (unsigned object = 0; object < kObjects; ++object) {
      const std::vector<std::uint64_t> words(kWords[object], word_of(object, generation));
      DELTOS_TRY(put_words(*transaction, name_of(object), words));
    }
    if (generation % 5 == 0) {
      DELTOS_TRY(transaction->create("temporary", words_object(512), false));
    } else if (generation % 5 == 3) {
      DELTOS_TRY(transaction->remove("temporary"));
    }
    DELTOS_TRY(transaction->commit(generation % 16 == 0 ? Durability::sync : Durability::async));
    return {};
  }

  // Every object of one snapshot is of the same generation.
  Status look(const std::shared_ptr<const Snapshot> &snapshot, std::mt19937 &random) {
    std::optional<std::uint64_t> generation;
    for (unsigned object = 0; object < kObjects; ++object) {
      if (random() % 2 == 0) continue;
      DELTOS_ASSIGN(auto view, export_named(storage, snapshot, name_of(object)));
      const auto found = generation_of(*view, object);
      if (!found) return fail(Code::corrupt, "a torn or foreign view of %s", name_of(object).c_str());
      if (generation && found != generation) return fail(Code::corrupt, "two generations in one snapshot");
      generation = found;
      views.fetch_add(1);
      // A second owner, and another thread that lets go of it.
      if (random() % 3 == 0) view = handover.swap(random(), view);
    }
    return {};
  }

  void work(unsigned seed) {
    std::mt19937 random(seed);
    std::shared_ptr<const Snapshot> kept;
    while (!finished.load()) {
      auto snapshot = storage->begin_snapshot();
      complaints.check("begin", snapshot.ok() ? look(*snapshot, random) : Status(snapshot.error()));
      if (!snapshot.ok()) return;
      if (kept && random() % 2 == 0) {
        auto newer = storage->newer_snapshot(*kept);
        if (!newer.ok()) return complaints.check("refresh", newer.error());
        if (*newer) kept = *std::move(newer);
        complaints.check("a kept snapshot", look(kept, random));
      }
      if (!kept || random() % 7 == 0) kept = *snapshot;
    }
  }

  void ask() {
    while (!finished.load()) {
      const auto info = storage->info();
      if (!info.ok()) return complaints.check("info", info.error());
      if (info->durable_id > info->transaction_id) complaints.add("more is durable than published");
      if (info->oldest_pin > info->transaction_id) complaints.add("the oldest pin is newer than what is published");
      const auto pins = storage->pins();
      if (!pins.ok()) return complaints.check("pins", pins.error());
      for (const PinInfo &pin : *pins) {
        if (pin.view_count == 0 || !pin.name.starts_with("o/")) complaints.add("a pin of nothing: " + pin.name);
      }
    }
  }

  void write() {
    for (std::uint64_t generation = 1; generation <= kCommits; ++generation) {
      complaints.check("commit", commit_generation(generation));
    }
    finished = true;
  }

  void run_all() {
    must(commit_generation(0));
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kWorkers; ++i) threads.emplace_back([this, i] { work(i); });
    threads.emplace_back([this] { ask(); });
    threads.emplace_back([this] { write(); });
    for (std::thread &thread : threads) thread.join();
  }

  ScratchDirectory directory;
  std::string path = directory.path + "/a.deltos";
  std::shared_ptr<Storage> storage = must(Storage::open(path, opening(Mode::write, Create::fresh)));
  Handover handover;
  Complaints complaints;
  std::atomic<bool> finished = false;
  std::atomic<std::uint64_t> views = 0;
};

TEST_F(Threads, ReadExportAndReleaseWhileOneCommits) {
  run_all();
  EXPECT_EQ(complaints.count(), 0U) << complaints.text();
  EXPECT_GE(views.load(), kCommits);
  EXPECT_TRUE(must(storage->verify(VerifyLevel::full, {})).empty());
}

TEST_F(Threads, CloseRefusesUntilTheLastThreadHasLetGo) {
  run_all();
  bool held = false;
  for (std::size_t place = 0; place < 8; ++place) {
    auto view = handover.swap(place, nullptr);
    if (!view) continue;
    held = true;
    EXPECT_EQ(storage->close().code(), Code::pinned);
    std::thread([&view] { view.reset(); }).join();
  }
  EXPECT_TRUE(held);
  must(storage->close());
  EXPECT_EQ(storage->begin_snapshot().code(), Code::closed);
  EXPECT_EQ(storage->begin_transaction().code(), Code::closed);
}

TEST_F(Threads, WhoeverIsAtWorkWhenTheHandleIsDetachedIsToldItIsClosed) {
  must(commit_generation(0));
  std::atomic<std::uint64_t> snapshots = 0;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kWorkers; ++i) {
    threads.emplace_back([this, i, &snapshots] {
      std::mt19937 random(i);
      Status status;
      while (status.ok()) {
        auto snapshot = storage->begin_snapshot();
        status = snapshot.ok() ? look(*snapshot, random) : Status(snapshot.error());
        snapshots.fetch_add(1);
      }
      if (status.code() != Code::closed) complaints.check("after detach", status);
    });
  }
  while (snapshots.load() < 200) std::this_thread::yield();
  storage->detach();
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(complaints.count(), 0U) << complaints.text();
  EXPECT_TRUE(Storage::open(path, opening(Mode::write)).ok());
}

TEST_F(Threads, ASecondHandleOfAnotherModeSeesEveryCommitWhole) {
  must(commit_generation(0));
  const auto writer = storage;
  storage = must(Storage::open(path, opening(Mode::in_place)));
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kWorkers; ++i) threads.emplace_back([this, i] { work(i); });
  const auto reader = storage;
  threads.emplace_back([this, writer] {
    for (std::uint64_t generation = 1; generation <= kCommits; ++generation) {
      const auto transaction = writer->begin_transaction();
      if (!transaction.ok()) return complaints.check("begin", transaction.error());
      for (unsigned object = 0; object < kObjects; ++object) {
        const std::vector<std::uint64_t> words(kWords[object], word_of(object, generation));
        const auto put = put_words(**transaction, name_of(object), words);
        if (!put.ok()) complaints.check("put", put.error());
      }
      const auto committed = (*transaction)->commit(Durability::lazy);
      if (!committed.ok()) complaints.check("commit", committed.error());
    }
    finished = true;
  });
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(complaints.count(), 0U) << complaints.text();
  EXPECT_GE(views.load(), kCommits);
}

}  // namespace
}  // namespace deltos::store
