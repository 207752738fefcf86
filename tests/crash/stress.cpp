// Many processes at work on one storage: one commits LAZY transactions that move amounts between objects, others read
// with snapshots held up to half a second and views held across refreshes, some are killed.
//
// Promises held: every page that a reader sees is of the object and state it asked for; the sum over all objects of one
// snapshot never changes; the file stays near its live set.
#include <signal.h>

#include "campaign.hpp"
#include "support/storages.hpp"

namespace deltos::crash {
namespace {

using namespace deltos::testing_support;
using namespace deltos::store;

constexpr unsigned kAccounts = 12;
constexpr std::uint64_t kStart = 1'000'000;
constexpr std::uint64_t kPageWords = 512;
constexpr unsigned kBallast = 12;  // objects that never change, most of the live set
constexpr std::uint64_t kBallastWords = 512 * 1024;

struct Figures {
  std::atomic<std::uint64_t> snapshots{0}, views{0}, sums{0}, commits{0};
  std::atomic<bool> stop{false};
  Complaints complaints;
};

std::string name_of(unsigned account) { return "account/" + std::to_string(account); }
std::uint64_t words_for(unsigned account) { return 64 + account * 300; }

// Every page: who, how much, in which state, and the same mixed together.
std::vector<std::uint64_t> content(unsigned account, std::uint64_t amount, std::uint64_t state) {
  std::vector<std::uint64_t> words(words_for(account), state);
  for (std::uint64_t at = 0; at + 4 <= words.size(); at += kPageWords) {
    words[at] = account;
    words[at + 1] = amount;
    words[at + 2] = state;
    words[at + 3] = mix(mix(account, amount), state + at);
  }
  return words;
}

struct Seen {
  std::uint64_t amount, state;
};

Seen look(unsigned account, std::span<const std::uint64_t> words) {
  if (words.size() != words_for(account)) throw std::runtime_error("an object of another size");
  const Seen seen = {words[1], words[2]};
  for (std::uint64_t at = 0; at < words.size(); at += kPageWords) {
    if (at + 4 <= words.size() &&
        (words[at] != account || words[at + 1] != seen.amount || words[at + 2] != seen.state ||
         words[at + 3] != mix(mix(account, seen.amount), seen.state + at))) {
      throw std::runtime_error("a bad canary in " + name_of(account) + " at word " + std::to_string(at));
    }
    const std::uint64_t last = std::min<std::uint64_t>(at + kPageWords, words.size()) - 1;
    if (last >= at + 4 && words[last] != seen.state) throw std::runtime_error("a torn page in " + name_of(account));
  }
  return seen;
}

OpenOptions writing(Create create) {
  OpenOptions options = opening(Mode::write, create);
  options.max_file_bytes = 512 << 20;  // fails the run before it fills the machine
  return options;
}

void fill(const std::string &path) {
  const auto storage = must(Storage::open(path, writing(Create::fresh)));
  const auto transaction = must(storage->begin_transaction());
  for (unsigned account = 0; account < kAccounts; ++account) {
    (void)must(put_words(*transaction, name_of(account), content(account, kStart, 0)));
  }
  const std::vector<std::uint64_t> ballast(kBallastWords, 7);
  for (unsigned i = 0; i < kBallast; ++i) (void)must(put_words(*transaction, "ballast/" + std::to_string(i), ballast));
  must(transaction->commit(Durability::sync));
  must(storage->close());
}

void run_writer(const std::string &path, std::uint64_t seed, Figures &figures) {
  const auto storage = must(Storage::open(path, writing(Create::existing)));
  std::vector<std::uint64_t> amounts(kAccounts, kStart);
  for (std::uint64_t state = 1; !figures.stop.load(); ++state) {
    const std::uint64_t random = mix(seed, state);
    const unsigned from = random % kAccounts, to = random / 64 % kAccounts;
    const std::uint64_t moved = std::min<std::uint64_t>(random / 4096 % 1000, amounts[from]);
    amounts[from] -= moved;
    amounts[to] += moved;
    const auto transaction = must(storage->begin_transaction());
    (void)must(put_words(*transaction, name_of(from), content(from, amounts[from], state)));
    if (from != to) (void)must(put_words(*transaction, name_of(to), content(to, amounts[to], state)));
    if (random % 8 == 0) {
      if (must(transaction->snapshot()->find("now/and/then")))
        must(transaction->remove("now/and/then"));
      else
        (void)must(transaction->create("now/and/then", words_object(random / 32 % 4000), true));
    }
    must(transaction->commit(Durability::lazy));
    figures.commits.fetch_add(1);
    pause_us(random % 6000);
  }
  must(storage->close());
}

class Reader {
 public:
  Reader(const std::string &path, std::uint64_t seed, Figures &figures)
      : figures_(figures),
        seed_(seed),
        storage_(must(Storage::open(path, opening(seed % 4 == 0 ? Mode::in_place : Mode::read)))) {}

  void run() {
    for (std::uint64_t round = 0; !figures_.stop.load(); ++round) {
      const std::uint64_t random = mix(seed_, round);
      const auto snapshot = must(storage_->begin_snapshot());
      if (snapshot->id() < last_) throw std::runtime_error("a reader went back in time");
      last_ = snapshot->id();
      if (random % 32 == 0) {
        sum(snapshot);
      } else {
        (void)look_at(snapshot, random / 64 % kAccounts);
      }
      if (random % 1000 == 1) hold(snapshot, random);
      if (random % 64 == 2) keep(snapshot, random);
      figures_.snapshots.fetch_add(1, std::memory_order_relaxed);
    }
    check_kept();
  }

 private:
  std::shared_ptr<Export> view_of(const std::shared_ptr<const Snapshot> &snapshot, unsigned account) {
    return must(export_named(storage_, snapshot, name_of(account)));
  }
  Seen look_at(const std::shared_ptr<const Snapshot> &snapshot, unsigned account) {
    const auto view = view_of(snapshot, account);
    figures_.views.fetch_add(1, std::memory_order_relaxed);
    return look(account, words_of(*view));
  }
  void sum(const std::shared_ptr<const Snapshot> &snapshot) {
    std::uint64_t total = 0;
    for (unsigned account = 0; account < kAccounts; ++account) total += look_at(snapshot, account).amount;
    if (total != kAccounts * kStart) throw std::runtime_error("the sum of one snapshot is " + std::to_string(total));
    figures_.sums.fetch_add(1);
  }
  // A snapshot that is held shows the same afterwards.
  void hold(const std::shared_ptr<const Snapshot> &snapshot, std::uint64_t random) {
    const unsigned account = random / 64 % kAccounts;
    const Seen before = look_at(snapshot, account);
    pause_us(random % 16 == 1 ? random / 4096 % 500'000 : random / 4096 % 5000);
    const Seen after = look_at(snapshot, account);
    if (before.state != after.state || before.amount != after.amount)
      throw std::runtime_error("a held snapshot changed");
    sum(snapshot);
  }
  // Views without a snapshot, across refreshes.
  void keep(const std::shared_ptr<const Snapshot> &snapshot, std::uint64_t random) {
    check_kept();
    kept_account_ = random / 64 % kAccounts;
    kept_ = view_of(snapshot, kept_account_);
    kept_seen_ = look(kept_account_, words_of(*kept_));
  }
  void check_kept() {
    if (!kept_) return;
    const Seen now = look(kept_account_, words_of(*kept_));
    if (now.state != kept_seen_.state) throw std::runtime_error("a view that was held changed");
  }

  Figures &figures_;
  std::uint64_t seed_, last_ = 0;
  std::shared_ptr<Storage> storage_;
  std::shared_ptr<Export> kept_;
  unsigned kept_account_ = 0;
  Seen kept_seen_ = {0, 0};
};

double file_over_live_set(const std::string &path) {
  const auto storage = must(Storage::open(path, opening(Mode::read)));
  const auto snapshot = must(storage->begin_snapshot());
  std::uint64_t live = format::kFirstDataOffset;
  for (const auto &entry : must(snapshot->list("", false, "", 1000))) live += entry.payload_bytes;
  if (!must(storage->verify(VerifyLevel::full, {})).empty()) throw std::runtime_error("verify found something");
  return static_cast<double>(must(storage->info()).file_bytes) / static_cast<double>(live);
}

bool run_stress(std::uint64_t seed, unsigned readers, std::uint64_t snapshots, std::uint64_t commits, double allowed) {
  const double began = seconds();
  ScratchDirectory directory;
  const std::string path = directory.path + "/stress.deltos";
  fill(path);
  Shared<Figures> figures;
  const pid_t writer = start_child(figures->complaints, [&] { run_writer(path, seed, *figures); });
  std::uint64_t started = 0, killed = 0;
  const auto start_reader = [&] {
    const std::uint64_t own_seed = mix(seed, ++started);
    return start_child(figures->complaints, [&] { Reader(path, own_seed, *figures).run(); });
  };
  std::vector<pid_t> children(readers);
  for (pid_t &child : children) child = start_reader();
  while ((figures->snapshots.load() < snapshots || figures->commits.load() < commits) && seconds() - began < allowed &&
         figures->complaints.count.load() == 0) {
    pause_us(mix(seed, killed) % 60'000);
    pid_t &victim = children[mix(seed + 1, killed) % readers];
    kill(victim, SIGKILL);
    wait_for(victim);
    ++killed;
    victim = start_reader();
  }
  figures->stop.store(true);
  for (const pid_t child : children) wait_for(child);
  if (wait_for(writer) != 0) figures->complaints.add("the writer did not end well");
  const double ratio = file_over_live_set(path);
  std::printf("1 writer + %u reader%s: %.1f s, %" PRIu64 " views, %" PRIu64 " sums, %" PRIu64
              " readers killed, file %.3f x live set\n",
              readers, readers == 1 ? "" : "s", seconds() - began, figures->views.load(), figures->sums.load(), killed,
              ratio);
  const bool enough = reached("  snapshots", figures->snapshots.load(), snapshots);
  const bool changed = reached("  commits", figures->commits.load(), commits);
  if (ratio > 1.3) figures->complaints.add("the file is more than 1.3 times its live set");
  return none("  bad canaries and other things wrong", figures->complaints) && enough && changed;
}

int run() {
  const std::uint64_t seed = chosen_seed();
  const bool whole = long_run();
  std::printf("stress, seed %" PRIu64 "%s\n", seed, whole ? ", long" : "");
  const bool many = run_stress(seed, 4, whole ? 700'000 : 240'000, whole ? 3000 : 1000, whole ? 900 : 200);
  const bool one = run_stress(seed + 1, 1, whole ? 300'000 : 110'000, whole ? 2000 : 700, whole ? 900 : 200);
  return many && one ? 0 : 1;
}

}  // namespace
}  // namespace deltos::crash

int main() {
  try {
    return deltos::crash::run();
  } catch (const std::exception &error) {
    std::printf("FAILED: %s\n", error.what());
    return 1;
  }
}
