// A call that changes a transaction happens whole or not at all, wherever memory or room on the disk runs out: what
// the transaction holds is as before, it can be tried again, and it commits.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "object/table.hpp"
#include "store/catalogue.hpp"
#include "store/transaction_state.hpp"
#include "support/failing_new.hpp"
#include "support/faulty_io.hpp"
#include "support/storages.hpp"

namespace deltos::store {
namespace {

using namespace deltos::testing_support;
using deltos::test::Call;
using deltos::test::FaultyIo;

constexpr std::uint64_t kLargeWords = (std::uint64_t{3} << 20) / 8;
constexpr unsigned kMany = 40;

std::string name_of(unsigned number) { return "a rather long name for an object, number " + std::to_string(number); }

format::Metadatum note_of(std::size_t bytes) {
  format::Metadatum note;
  note.format = "B";
  note.data.assign(bytes, std::byte{7});
  return note;
}

// Everything that a snapshot shows: a text for each object and each item of metadata.
using State = std::map<std::string, std::string>;

void show_metadata(const Snapshot &snapshot, const std::string &name, std::uint64_t id, State *state) {
  for (const std::string &key : must(snapshot.metadata_keys(id))) {
    const auto item = must(snapshot.metadatum(id, key));
    (*state)[name + " " + key] = item->format + std::to_string(hash64(item->data));
  }
}

State state_of(const Snapshot &snapshot) {
  const Snapshot::Scope scope = must(snapshot.scope());
  State state;
  show_metadata(snapshot, "", 0, &state);
  for (const auto &entry : must(snapshot.list("", false, "", 100'000))) {
    const format::Object record = *must(find_named(scope, entry.name));
    std::string text = std::to_string(record.id) + (record.sealed ? " sealed " : " open ");
    for (const format::Extent &extent : record.extents) {
      text += std::to_string(hash64(Bytes(scope.data + extent.offset, extent.bytes))) + " ";
    }
    state[entry.name] = text;
    show_metadata(snapshot, entry.name, record.id, &state);
  }
  EXPECT_EQ(snapshot.object_count(), must(snapshot.list("", false, "", 100'000)).size());
  return state;
}

// A storage with a catalogue of several levels, and a transaction in which something has happened already.
class World {
 public:
  World() : storage(must(Storage::open(directory.path + "/a", opening(Mode::write, Create::fresh)))) {
    auto first = must(storage->begin_transaction());
    for (unsigned i = 0; i < kMany; ++i) {
      const std::vector<std::uint64_t> words(i % 3 == 0 ? 5000 : 10 + i, i);
      const auto made = must(put_words(*first, name_of(i), words));
      must(first->set_metadatum(made->record().id, "note", note_of(i % 4 == 0 ? 2000 : 200)));
      if (i % 8 == 6) must(first->seal(*made));
    }
    must(put_words(*first, "large", std::vector<std::uint64_t>(kLargeWords, 1)));
    must(first->set_metadatum(0, "spilled", note_of(3000)));
    must(first->commit(Durability::sync));
    transaction = must(storage->begin_transaction());
    must(put_words(*transaction, "own", std::vector<std::uint64_t>(2000, 5)));
    must(put_words(*transaction, name_of(2), std::vector<std::uint64_t>(20, 9)));
    must(transaction->remove(name_of(5)));
    must(transaction->set_metadatum(id_of("own"), "note", note_of(1500)));
  }
  ~World() {
    transaction.reset();
    storage->detach();
  }
  std::uint64_t id_of(const std::string &name) { return must(transaction->snapshot()->find(name))->id; }
  std::shared_ptr<ObjectRef> open(const std::string &name) {
    return must(ObjectRef::open(transaction->snapshot(), name, 0));
  }
  // Commits, and what is found afterwards by whoever opens the storage anew.
  State committed() {
    must(transaction->commit(Durability::sync));
    must(storage->close());
    storage = must(Storage::open(directory.path + "/a", opening(Mode::write)));
    EXPECT_TRUE(must(storage->verify(VerifyLevel::full, {})).empty());
    return state_of(*must(storage->begin_snapshot()));
  }

  ScratchDirectory directory;
  std::shared_ptr<Storage> storage;
  std::shared_ptr<Transaction> transaction;
};

struct Named {
  const char *name;
  std::function<Status(World &)> call;
};

template <class T>
Status only_status(Result<T> result) {
  return result.ok() ? Status() : Status(std::move(result).error());
}

std::shared_ptr<const object::Memory> words_in_memory(const std::vector<std::uint64_t> &words) {
  auto memory = must(object::Memory::contiguous(must(dtype::parse_format("Q")),
                                                {static_cast<std::int64_t>(words.size())}, true, false));
  memory->hold(reinterpret_cast<std::byte *>(const_cast<std::uint64_t *>(words.data())), nullptr);
  return memory;
}

const std::vector<Named> &calls() {
  static const std::vector<std::uint64_t> words(kLargeWords, 3);
  static const std::vector<Named> all = {
      {"create", [](World &w) { return only_status(w.transaction->create("new", words_object(600'000), false)); }},
      {"create zeroed", [](World &w) { return only_status(w.transaction->create("n", words_object(600'000), true)); }},
      {"create small", [](World &w) { return only_status(w.transaction->create("small", words_object(7), true)); }},
      {"create under a name that spills the record",
       [](World &w) { return only_status(w.transaction->create(std::string(1000, 'n'), words_object(7), true)); }},
      {"create and fill",
       [](World &w) { return only_status(object::create_buffer(*w.transaction, "new", *words_in_memory(words))); }},
      {"create a table",
       [](World &w) {
         return only_status(object::create_table(*w.transaction, "new", must(dtype::parse_format("d")), {6000, 4}));
       }},
      {"replace",
       [](World &w) {
         return only_status(w.transaction->replace(*w.open(name_of(3)), words_object(600'000), false, false));
       }},
      {"replace and fill",
       [](World &w) {
         return only_status(object::replace_buffer(*w.transaction, *w.open(name_of(3)), *words_in_memory(words)));
       }},
      {"replace what is new",
       [](World &w) {
         return only_status(w.transaction->replace(*w.open("own"), words_object(900'000), false, true));
       }},
      {"seal small", [](World &w) { return only_status(w.transaction->seal(*w.open(name_of(7)))); }},
      {"seal large", [](World &w) { return only_status(w.transaction->seal(*w.open("large"))); }},
      {"unseal", [](World &w) { return only_status(w.transaction->unseal(*w.open(name_of(6)))); }},
      {"rename", [](World &w) { return w.transaction->rename(name_of(9), "another", false); }},
      {"rename what is new to a name that spills the record",
       [](World &w) { return w.transaction->rename("own", std::string(1000, 'o'), false); }},
      {"rename over another", [](World &w) { return w.transaction->rename(name_of(9), name_of(4), true); }},
      {"remove", [](World &w) { return w.transaction->remove(name_of(8)); }},
      {"remove what is new", [](World &w) { return w.transaction->remove("own"); }},
      {"remove everything", [](World &w) { return only_status(w.transaction->remove_prefix("")); }},
      {"set metadata in place",
       [](World &w) { return w.transaction->set_metadatum(w.id_of(name_of(1)), "note", note_of(200)); }},
      {"set metadata that spills",
       [](World &w) { return w.transaction->set_metadatum(w.id_of(name_of(0)), "note", note_of(30'000)); }},
      {"set metadata that spilled in this transaction",
       [](World &w) { return w.transaction->set_metadatum(w.id_of("own"), "note", note_of(60'000)); }},
      {"remove metadata",
       [](World &w) { return only_status(w.transaction->remove_metadatum(w.id_of(name_of(0)), "note")); }},
  };
  return all;
}

// Makes the call with a fault, which may throw; says whether it worked.
bool attempt(const Named &named, World &world, const std::function<void(const std::function<void()> &)> &under_fault) {
  bool worked = false;
  try {
    under_fault([&] { worked = named.call(world).ok(); });
  } catch (const std::bad_alloc &) {
    worked = false;
  }
  return worked;
}

class WholeCalls : public testing::TestWithParam<std::size_t> {
 protected:
  const Named &named() const { return calls()[GetParam()]; }

  // Whatever failed: nothing has changed, the same call works now, and both states commit.
  void expect_untouched(World &world, const State &before, unsigned round) {
    ASSERT_EQ(state_of(*world.transaction->snapshot()), before);
    if (round % 2 == 0) {
      EXPECT_EQ(world.committed(), before);
      return;
    }
    const Status again = named().call(world);
    ASSERT_TRUE(again.ok()) << again.error().message;
    const State after = state_of(*world.transaction->snapshot());
    EXPECT_EQ(world.committed(), after);
  }
};

TEST_P(WholeCalls, LeaveNoTraceWhereverMemoryRunsOut) {
  for (unsigned round = 0;; ++round) {
    ASSERT_LT(round, 3000U) << "the call asks for memory without end";
    World world;
    const State before = state_of(*world.transaction->snapshot());
    bool happened = false;
    const bool worked = attempt(named(), world, [&](const std::function<void()> &call) {
      FailingNew failing(round);
      try {
        call();
      } catch (...) {
        happened = failing.happened();
        throw;
      }
      happened = failing.happened();
    });
    if (!happened) {
      EXPECT_TRUE(worked);
      EXPECT_GT(round, 0U);
      return;
    }
    if (worked) continue;  // what could be done without was done without
    SCOPED_TRACE(std::string(named().name) + ", allocation " + std::to_string(round));
    expect_untouched(world, before, round);
    if (HasFatalFailure()) return;
  }
}

TEST_P(WholeCalls, LeaveNoTraceWhereverTheDiskIsFull) {
  for (unsigned round = 0;; ++round) {
    ASSERT_LT(round, 100U);
    World world;
    const State before = state_of(*world.transaction->snapshot());
    FaultyIo io;
    int asked = 0;
    Status status;
    const int before_calls = io.calls(Call::fallocate);
    io.fail(Call::fallocate, ENOSPC, 1 << 30, static_cast<int>(round));
    status = named().call(world);
    asked = io.calls(Call::fallocate) - before_calls;
    io.mend(Call::fallocate);
    if (asked <= static_cast<int>(round)) {
      EXPECT_TRUE(status.ok());
      return;
    }
    if (status.ok()) continue;  // there was room elsewhere
    SCOPED_TRACE(std::string(named().name) + ", request " + std::to_string(round));
    EXPECT_EQ(status.code(), Code::no_space);
    expect_untouched(world, before, round);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCall, WholeCalls, testing::Range(std::size_t{0}, calls().size()),
                         [](const testing::TestParamInfo<std::size_t> &info) {
                           std::string name;
                           for (const char letter : std::string(calls()[info.param].name)) {
                             name += letter == ' ' ? '_' : letter;
                           }
                           return name;
                         });

// Fills every kind of place until nothing is left to be had.
void fill(World &world) {
  unsigned number = 0;
  while (number < 400 &&
         world.transaction->create("filler/empty " + std::to_string(number), words_object(0), false).ok()) {
    ++number;
  }
  for (const std::uint64_t words : {4096, 512, 64, 8, 1}) {
    while (put_words(*world.transaction, "filler/" + std::to_string(number), std::vector<std::uint64_t>(words)).ok()) {
      ++number;
    }
  }
  while (world.transaction->set_metadatum(0, "filler " + std::to_string(number), note_of(600)).ok()) ++number;
}

TEST(FullStorage, TakesEveryRemovalAndTellsEverybodyElseNoSpace) {
  for (const Named &named : calls()) {
    SCOPED_TRACE(named.name);
    World world;
    FaultyIo io;
    io.fail(Call::fallocate, ENOSPC);
    fill(world);
    const State before = state_of(*world.transaction->snapshot());
    const Status status = named.call(world);
    const State now = state_of(*world.transaction->snapshot());
    if (std::string(named.name).starts_with("remove")) {
      ASSERT_TRUE(status.ok()) << status.error().message;
    } else if (!status.ok()) {
      EXPECT_EQ(status.code(), Code::no_space);
      EXPECT_EQ(now, before);
    }
    EXPECT_EQ(world.committed(), now);
  }
}

// However often, and whatever the durability: what removals give back can be used, and used up, again.
TEST(FullStorage, CanBeEmptiedAndFilledAgainAndAgain) {
  World world;
  FaultyIo io;
  io.fail(Call::fallocate, ENOSPC);
  std::uint64_t blocks = 0;
  for (unsigned round = 0; round < 9; ++round) {
    const auto durability = std::array{Durability::sync, Durability::lazy, Durability::async}[round % 3];
    fill(world);
    must(world.transaction->commit(durability));
    const auto entries = must(must(world.storage->begin_snapshot())->list("filler/", false, "", 100'000));
    ASSERT_GT(entries.size(), 40U) << "round " << round;
    // One by one, from everywhere, each with a commit of its own.
    for (std::size_t i = 0; i < entries.size(); i += 3) {
      world.transaction = must(world.storage->begin_transaction());
      Status removed = world.transaction->remove(entries[(i * 7919 + round) % entries.size()].name);
      ASSERT_TRUE(removed.ok()) << "round " << round << ": " << removed.error().message;
      must(world.transaction->commit(durability));
    }
    world.transaction = must(world.storage->begin_transaction());
    if (round == 5) blocks = must(world.storage->info()).file_bytes;
  }
  EXPECT_EQ(must(world.storage->info()).file_bytes, blocks);
  must(world.transaction->remove_prefix("filler/"));
  must(world.transaction->commit(Durability::sync));
  world.transaction = must(world.storage->begin_transaction());
  must(put_words(*world.transaction, "after", std::vector<std::uint64_t>(2048)));
  world.committed();
}

TEST(WholeCalls, ASealThatFailsLeavesTheObjectOpenToWritableViews) {
  World world;
  must(put_words(*world.transaction, "larger", std::vector<std::uint64_t>(700'000)));  // no slot for its sums yet
  must(world.transaction->commit(Durability::sync));
  world.transaction = must(world.storage->begin_transaction());
  FaultyIo io;
  io.fail(Call::fallocate, ENOSPC);
  fill(world);
  ASSERT_EQ(world.transaction->seal(*world.open("larger")).code(), Code::no_space);
  const auto snapshot = must(world.storage->begin_snapshot());
  EXPECT_TRUE(export_named(world.storage, snapshot, "larger", true).ok());
}

}  // namespace
}  // namespace deltos::store
