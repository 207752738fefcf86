// kill -9 at random moments: one process commits transactions in every durability, four or one read, the parent kills
// the writer (and sometimes a reader), looks at what is there, and starts it again.
//
// The writer also appends to an array, in transactions and outside: what an append has returned for is there after the
// kill, and readers find every element that they are told of. And it changes a sorted map, which holds what the last
// commit left, pair by pair.
//
// Every step of the workload follows from its number alone, so that the parent knows what the storage must hold after
// it. Promises held: no acknowledged commit is lost in any durability; what is there is the state of one commit, whole;
// the structure is sound; readers never see a page of another object, another generation or another step.
#include <signal.h>

#include <array>
#include <map>

#include "campaign.hpp"
#include "object/array.hpp"
#include "object/stored_type.hpp"
#include "store/map_cursor.hpp"
#include "support/storages.hpp"

namespace deltos::crash {
namespace {

using namespace deltos::testing_support;
using namespace deltos::store;

constexpr unsigned kObjects = 24;
constexpr std::uint64_t kPageWords = 512;

struct Figures {
  std::atomic<std::uint64_t> snapshots{0}, views{0}, commits{0}, elements{0}, pairs{0};
  std::atomic<std::uint64_t> appended{0};  // elements of the array that a kill leaves
  Complaints complaints;
};

std::string name_of(unsigned object) { return (object % 3 == 0 ? "deep/er/" : "o") + std::to_string(object); }

// ---- the workload

enum class Action { put, remove, seal, unseal, note };

struct Change {
  unsigned object;
  Action action;
  std::uint64_t words;
};

// What one object is at some step.
struct Model {
  std::uint64_t generation = 0, words = 0, note = 0;
  bool sealed = false;
  bool operator==(const Model &) const = default;
};
using World = std::map<unsigned, Model>;

std::uint64_t size_for(std::uint64_t random) {
  switch (random % 8) {
    case 0:
      return 4 + random / 8 % 60;
    case 1:
    case 2:
      return 4 + random / 8 % 380;
    case 7:
      return 4 + random / 8 % 20'000;
    default:
      return 4 + random / 8 % 3000;
  }
}

// The changes of a step, given which objects there are and which are sealed.
std::vector<Change> changes_of(std::uint64_t seed, std::uint64_t step, const World &world) {
  std::vector<Change> changes;
  std::map<unsigned, bool> touched;
  const std::uint64_t base = mix(seed, step);
  for (unsigned i = 0; i < 1 + base % 4; ++i) {
    const std::uint64_t random = mix(base, i);
    const unsigned object = random % kObjects;
    if (touched[object]) continue;
    touched[object] = true;
    const auto found = world.find(object);
    Action action = Action::put;
    if (found != world.end()) {
      switch (random / 64 % 8) {
        case 0:
          action = Action::remove;
          break;
        case 1:
          action = found->second.sealed ? Action::unseal : Action::seal;
          break;
        case 2:
          action = Action::note;
          break;
        default:
          break;
      }
    }
    changes.push_back({object, action, size_for(random / 4096)});
  }
  return changes;
}

void apply(World &world, std::uint64_t step, const std::vector<Change> &changes) {
  for (const Change &change : changes) {
    switch (change.action) {
      case Action::put: {
        const auto found = world.find(change.object);
        const std::uint64_t note = found == world.end() ? 0 : found->second.note;
        world[change.object] = {step, change.words, note, false};
        break;
      }
      case Action::remove:
        world.erase(change.object);
        break;
      case Action::seal:
        world[change.object].sealed = true;
        break;
      case Action::unseal:
        world[change.object].sealed = false;
        break;
      case Action::note:
        world[change.object].note = step;
        break;
    }
  }
}

// Each page tells whose it is.
std::vector<std::uint64_t> content(unsigned object, std::uint64_t generation, std::uint64_t words) {
  std::vector<std::uint64_t> made(words, mix(object, generation));
  for (std::uint64_t at = 0; at + 4 <= words; at += kPageWords) {
    made[at] = object;
    made[at + 1] = generation;
    made[at + 2] = words;
    made[at + 3] = at;
  }
  return made;
}

// The generation that the pages tell; an exception where they are torn or another's.
std::uint64_t generation_in(unsigned object, std::span<const std::uint64_t> words) {
  const std::uint64_t generation = words[1], filling = mix(object, generation);
  for (std::uint64_t at = 0; at < words.size(); at += kPageWords) {
    const std::uint64_t end = std::min<std::uint64_t>(at + kPageWords, words.size());
    const bool head = at + 4 > words.size() || (words[at] == object && words[at + 1] == generation &&
                                                words[at + 2] == words.size() && words[at + 3] == at);
    const bool tail = words[end - 1] == filling || end - at <= 4;
    if (!head || !tail) throw std::runtime_error("a torn or foreign page in " + name_of(object));
  }
  return generation;
}

// ---- reading

format::Metadatum number(std::uint64_t value) {
  format::Metadatum item;
  item.format = "Q";
  item.data.resize(8);
  std::memcpy(item.data.data(), &value, 8);
  return item;
}

std::uint64_t number_in(const Snapshot &snapshot, std::uint64_t object, const char *key) {
  const auto item = must(snapshot.metadatum(object, key));
  std::uint64_t value = 0;
  if (item) std::memcpy(&value, item->data.data(), 8);
  return value;
}

Model read_object(const std::shared_ptr<Storage> &storage, const std::shared_ptr<const Snapshot> &snapshot,
                  unsigned object) {
  const auto ref = must(ObjectRef::open(snapshot, name_of(object), 0));
  const auto view = must(storage->export_payload(*ref, false));
  Model model;
  model.words = view->bytes() / 8;
  model.generation = generation_in(object, words_of(*view));
  model.sealed = ref->record().sealed;
  model.note = number_in(*snapshot, ref->record().id, "note");
  return model;
}

World read_world(const std::shared_ptr<Storage> &storage, const std::shared_ptr<const Snapshot> &snapshot) {
  World world;
  for (unsigned object = 0; object < kObjects; ++object) {
    if (must(snapshot->find(name_of(object)))) world[object] = read_object(storage, snapshot, object);
  }
  if (snapshot->object_count() != world.size() + 2) throw std::runtime_error("there are objects that nobody made");
  return world;
}

// ---- the array

constexpr const char *kArray = "an array";
constexpr std::uint64_t kMostElements = 100'000;  // then it begins anew

std::uint64_t element(std::uint64_t index) { return mix(index, 77); }

object::Array::Pointer open_array(const std::shared_ptr<const Snapshot> &snapshot) {
  return must(object::open_array(*must(ObjectRef::open(snapshot, kArray, format::kKindArray)), {}));
}

// All elements there are; how many.
std::uint64_t check_array(const object::Array &array) {
  const object::View view = must(array.acquire(dtype::kRequestNd));
  const auto count = static_cast<std::uint64_t>(view.memory()->shape()[0]);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (load<std::uint64_t>(view.memory()->data() + i * 8) != element(i))
      throw std::runtime_error("element " + std::to_string(i) + " of " + std::to_string(count) + " is not its own");
  }
  return count;
}

void append(object::Array &array, std::uint64_t count) {
  std::vector<std::uint64_t> values(count);
  for (std::uint64_t i = 0; i < count; ++i) values[i] = element(array.count() + i);
  must(array.append(values.data(), count));
}

void begin_anew(object::Array &array, Figures &figures) {
  figures.appended.store(0);
  must(array.resize(0));
  must(array.shrink());
}

// ---- the sorted map

constexpr const char *kMap = "a map";
using Pairs = std::map<std::string, std::string>;

// Values end with the step that put them; some lie in extents.
template <class Put, class Remove, class Clear>
void change_pairs(std::uint64_t seed, std::uint64_t step, Put &&put, Remove &&remove, Clear &&clear) {
  const std::uint64_t base = mix(seed + 21, step);
  if (base % 100 == 0) clear();
  for (unsigned i = 0; i < base % 40; ++i) {
    const std::uint64_t random = mix(base, i);
    const std::string key = "key " + std::to_string(random % 700);
    if (random / 1024 % 4 == 0) {
      remove(key);
    } else {
      const std::string filling(random / 4096 % 50 == 0 ? 4000 : random / 4096 % 90, 'v');
      put(key, filling + std::to_string(step));
    }
  }
}

void apply_to_pairs(Pairs &pairs, std::uint64_t seed, std::uint64_t step) {
  change_pairs(
      seed, step, [&](const std::string &key, const std::string &value) { pairs[key] = value; },
      [&](const std::string &key) { pairs.erase(key); }, [&] { pairs.clear(); });
}

void change_map(Transaction &transaction, std::uint64_t map, std::uint64_t seed, std::uint64_t step) {
  change_pairs(
      seed, step,
      [&](const std::string &key, const std::string &value) {
        (void)must(transaction.put_pair(map, bytes_of(key), {bytes_of(value), 0}));
      },
      [&](const std::string &key) { (void)must(transaction.remove_pair(map, bytes_of(key))); },
      [&] { (void)must(transaction.remove_pairs(map, {})); });
}

Pairs read_pairs(const std::shared_ptr<const Snapshot> &snapshot) {
  const auto map = must(MapRef::open(*must(ObjectRef::open(snapshot, kMap, 0))));
  MapCursor cursor(map, snapshot, {}, false);
  Pairs pairs;
  std::array<MapPair, 100> some;
  while (const std::size_t count = must(cursor.next(some.data(), some.size()))) {
    for (std::size_t i = 0; i < count; ++i)
      pairs[std::string(text_of(some[i].key))] = std::string(text_of(some[i].value.bytes));
  }
  if (must(map->state(*snapshot)).count != pairs.size()) throw std::runtime_error("the map counts other pairs");
  return pairs;
}

// ---- the processes

// Space that is not used again must fail the run, not fill the machine.
OpenOptions writing(Create create) {
  OpenOptions options = opening(Mode::write, create);
  options.max_file_bytes = 256 << 20;
  return options;
}

void run_writer(const std::string &path, std::uint64_t seed, int acknowledge, Figures &figures) {
  const auto storage = must(Storage::open(path, writing(Create::existing)));
  auto snapshot = must(storage->begin_snapshot());
  std::uint64_t step = number_in(*snapshot, 0, "step");
  World world = read_world(storage, snapshot);
  const object::Array::Pointer array = open_array(snapshot);
  const std::uint64_t map = must(snapshot->find(kMap))->id;
  snapshot.reset();
  for (;;) {
    ++step;
    const std::uint64_t more = mix(seed + 9, step) % 600;
    append(*array, more);
    figures.appended.store(array->count());
    if (array->count() > kMostElements) begin_anew(*array, figures);
    const auto changes = changes_of(seed, step, world);
    const auto transaction = must(storage->begin_transaction());
    for (const Change &change : changes) {
      const std::string name = name_of(change.object);
      switch (change.action) {
        case Action::put:
          (void)must(put_words(*transaction, name, content(change.object, step, change.words)));
          break;
        case Action::remove:
          must(transaction->remove(name));
          break;
        case Action::seal:
        case Action::unseal: {
          const auto ref = must(ObjectRef::open(transaction->snapshot(), name, 0));
          (void)must(change.action == Action::seal ? transaction->seal(*ref) : transaction->unseal(*ref));
          break;
        }
        case Action::note: {
          const auto found = must(transaction->snapshot()->find(name));
          must(transaction->set_metadatum(found->id, "note", number(step)));
          break;
        }
      }
    }
    change_map(*transaction, map, seed, step);
    must(transaction->set_metadatum(0, "step", number(step)));
    append(*array, more / 8 * (step % 9));
    must(transaction->commit(static_cast<Durability>(mix(seed ^ 1, step) % 3)));
    figures.appended.store(array->count());
    apply(world, step, changes);
    figures.commits.fetch_add(1);
    if (write(acknowledge, &step, sizeof step) != sizeof step) return;
  }
}

void run_reader(const std::string &path, std::uint64_t seed, Figures &figures) {
  const auto storage = must(Storage::open(path, opening(Mode::read)));
  std::uint64_t last_step = 0, last_id = 0;
  std::shared_ptr<Export> kept;
  unsigned kept_object = 0;
  for (std::uint64_t round = 0;; ++round) {
    auto snapshot = must(storage->begin_snapshot());
    const std::uint64_t step = number_in(*snapshot, 0, "step");
    if (snapshot->id() < last_id || step < last_step) throw std::runtime_error("a reader went back in time");
    last_id = snapshot->id();
    last_step = step;
    for (unsigned i = 0; i < 4; ++i) {
      const unsigned object = mix(seed + i, round) % kObjects;
      if (!must(snapshot->find(name_of(object)))) continue;
      const Model model = read_object(storage, snapshot, object);
      if (model.generation > step || model.note > step)
        throw std::runtime_error("an object is newer than its snapshot");
      figures.views.fetch_add(1);
    }
    figures.elements.fetch_add(check_array(*open_array(snapshot)));
    for (const auto &[key, value] : read_pairs(snapshot)) {
      if (std::stoull(value.substr(value.find_first_not_of('v'))) > step)
        throw std::runtime_error("a pair is newer than its snapshot");
      figures.pairs.fetch_add(1);
    }
    // A view outlives its snapshot, and the writer.
    if (kept) (void)generation_in(kept_object, words_of(*kept));
    if (round % 16 == 0) {
      kept.reset();
      kept_object = mix(seed, round) % kObjects;
      if (must(snapshot->find(name_of(kept_object))))
        kept = must(export_named(storage, snapshot, name_of(kept_object)));
    }
    figures.snapshots.fetch_add(1);
    if (round % 8 != 0) snapshot.reset();
    pause_us(mix(seed, round) % 1000);  // leaves the processors to who is killed
  }
}

class Storm {
 public:
  Storm(std::uint64_t seed, unsigned readers) : seed_(seed), readers_(readers) {
    const auto storage = must(Storage::open(path_, writing(Create::fresh)));
    const auto transaction = must(storage->begin_transaction());
    (void)must(transaction->create_map(kMap, format::kMapKeyBytes));
    (void)must(object::create_array(*transaction, kArray, must(object::element_type("Q", 0, 0)), 0));
    must(transaction->commit(Durability::sync));
    must(storage->close());
  }

  // Kills until there are enough or the time is over; false when something was wrong.
  std::uint64_t run(std::uint64_t kills, double until) {
    for (auto &reader : readers_) reader = start_reader();
    std::uint64_t killed = 0;
    while (killed < kills && seconds() < until && figures_->complaints.count.load() == 0) {
      kill_once();
      ++killed;
    }
    for (const pid_t reader : readers_) end(reader);
    return killed;
  }
  Figures &figures() { return *figures_; }
  std::uint64_t step() const { return step_; }
  std::uint64_t reader_kills() const { return reader_kills_; }

 private:
  pid_t start_reader() {
    const std::uint64_t seed = mix(seed_ + 7, ++started_);
    return start_child(figures_->complaints, [&] { run_reader(path_, seed, *figures_); });
  }
  static void end(pid_t child) {
    kill(child, SIGKILL);
    wait_for(child);
  }

  void kill_once() {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t writer = start_child(figures_->complaints, [&] {
      ::close(ends[0]);
      run_writer(path_, seed_, ends[1], *figures_);
    });
    ::close(ends[1]);
    const std::uint64_t random = mix(seed_ + 3, ++started_);
    std::uint64_t acknowledged = step_, one = 0;
    // Some die while they open; the others after a first commit.
    if (random % 8 != 0 && read(ends[0], &one, sizeof one) == sizeof one) acknowledged = one;
    pause_us(random / 8 % (random % 8 < 2 ? 500 : 4000));
    kill(writer, SIGKILL);
    const int status = wait_for(writer);
    while (read(ends[0], &one, sizeof one) == sizeof one) acknowledged = one;
    ::close(ends[0]);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) figures_->complaints.add("the writer ended by itself");
    try {
      look(acknowledged);
    } catch (const std::exception &error) {
      figures_->complaints.add("after step " + std::to_string(acknowledged) + ": " + error.what());
    }
    if (random % 16 == 5) replace_reader(random / 16 % readers_.size());
  }

  void replace_reader(std::size_t which) {
    end(readers_[which]);
    readers_[which] = start_reader();
    ++reader_kills_;
  }

  // The state must be that of the last acknowledged step, or of the one that was under way.
  void look(std::uint64_t acknowledged) {
    const auto storage = must(Storage::open(path_, opening(Mode::read)));
    const auto snapshot = must(storage->begin_snapshot());
    const std::uint64_t found = number_in(*snapshot, 0, "step");
    if (found < acknowledged)
      throw std::runtime_error("an acknowledged commit is lost: found step " + std::to_string(found));
    if (found > acknowledged + 1)
      throw std::runtime_error("found a step that was never begun: " + std::to_string(found));
    while (step_ < found) {
      ++step_;
      apply(world_, step_, changes_of(seed_, step_, world_));
      apply_to_pairs(pairs_, seed_, step_);
    }
    if (read_pairs(snapshot) != pairs_)
      throw std::runtime_error("the sorted map is not that of step " + std::to_string(found));
    if (read_world(storage, snapshot) != world_)
      throw std::runtime_error("the state is not that of step " + std::to_string(found));
    const std::uint64_t elements = check_array(*open_array(snapshot));
    if (elements < figures_->appended.load())
      throw std::runtime_error("the array has " + std::to_string(elements) + " elements of the " +
                               std::to_string(figures_->appended.load()) + " that were appended");
    const auto findings = must(storage->verify(VerifyLevel::structure, {}));
    if (!findings.empty()) throw std::runtime_error("verify: " + findings.front().message);
  }

  ScratchDirectory directory_;
  std::string path_ = directory_.path + "/storm.deltos";
  std::uint64_t seed_;
  std::vector<pid_t> readers_;
  Shared<Figures> figures_;
  World world_;
  Pairs pairs_;
  std::uint64_t step_ = 0, started_ = 0, reader_kills_ = 0;
};

bool run_storm(std::uint64_t seed, unsigned readers, std::uint64_t kills, double allowed_seconds) {
  const double began = seconds();
  Storm storm(seed, readers);
  const std::uint64_t killed = storm.run(kills, began + allowed_seconds);
  Figures &figures = storm.figures();
  std::printf("1 writer + %u reader%s: %.1f s, %" PRIu64 " commits, %" PRIu64 " steps, %" PRIu64 " snapshots, %" PRIu64
              " views, %" PRIu64 " elements of the array, %" PRIu64 " readers killed\n",
              readers, readers == 1 ? "" : "s", seconds() - began, figures.commits.load(), storm.step(),
              figures.snapshots.load(), figures.views.load(), figures.elements.load(), storm.reader_kills());
  const bool enough = reached("  writers killed", killed, kills);
  const bool looked = reached("  snapshots of readers", figures.snapshots.load(), kills);
  const bool appended = reached("  elements that readers found", figures.elements.load(), 100 * kills);
  const bool paired = reached("  pairs that readers found", figures.pairs.load(), 100 * kills);
  return none("  things wrong", figures.complaints) && enough && looked && appended && paired;
}

int run() {
  const std::uint64_t seed = chosen_seed();
  const bool whole = long_run();
  std::printf("kill storm, seed %" PRIu64 "%s\n", seed, whole ? ", long" : "");
  const bool many = run_storm(seed, 4, whole ? 1600 : 550, whole ? 600 : 150);
  const bool one = run_storm(seed + 1, 1, whole ? 1400 : 450, whole ? 600 : 150);
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
