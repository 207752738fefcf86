// A small life of a storage, for exact_points.py to interrupt at every system call, and the look at what is left.
//
// usage: points run PATH            says "begin" to the kernel, then "committed N" on its output after each commit
//        points check PATH N        N: last commit that was told; ends well when the storage is at N or N + 1, sound,
//                                   and can be gone on with; says "absent" where there is none
#include "campaign.hpp"
#include "support/storages.hpp"

namespace deltos::crash {
namespace {

using namespace deltos::testing_support;
using namespace deltos::store;

constexpr std::uint64_t kWords = 1500;
constexpr std::uint64_t kLargeWords = 200'000;  // the file has to grow
constexpr std::uint64_t kBeforeReopening = 9, kLast = 18;

// The step whose content `large` holds after a step; 0: it is not there.
std::uint64_t large_at(std::uint64_t step) {
  if (step < 2 || step == 4 || step == 5) return 0;
  return step >= 14 ? 14 : step >= 10 ? 10 : step >= 6 ? 6 : 2;
}

format::Metadatum number(std::uint64_t value) {
  format::Metadatum item;
  item.format = "Q";
  item.data.resize(8);
  std::memcpy(item.data.data(), &value, 8);
  return item;
}

Status one_step(const std::shared_ptr<Storage> &storage, std::uint64_t step) {
  DELTOS_ASSIGN(const auto transaction, storage->begin_transaction());
  DELTOS_ASSIGN(const auto object, put_words(*transaction, "a", std::vector<std::uint64_t>(kWords, step)));
  if (large_at(step) == step)
    DELTOS_TRY(put_words(*transaction, "large", std::vector<std::uint64_t>(kLargeWords, step)));
  if (step % 4 == 3) DELTOS_TRY(transaction->seal(*object));
  if (step == 4) DELTOS_TRY(transaction->remove("large"));
  if (step == 5) DELTOS_TRY(transaction->create("zeros", words_object(40'000), true));
  DELTOS_TRY(transaction->set_metadatum(0, "step", number(step)));
  constexpr Durability kOrder[3] = {Durability::sync, Durability::lazy, Durability::async};
  DELTOS_TRY(transaction->commit(kOrder[step % 3]));
  std::printf("committed %" PRIu64 "\n", step);
  std::fflush(stdout);
  return {};
}

Status live(const std::string &path) {
  {
    DELTOS_ASSIGN(const auto storage, Storage::open(path, opening(Mode::write, Create::if_absent)));
    std::printf("committed 0\n");
    std::fflush(stdout);
    for (std::uint64_t step = 1; step <= kBeforeReopening; ++step) DELTOS_TRY(one_step(storage, step));
    DELTOS_TRY(storage->close());
  }
  DELTOS_ASSIGN(const auto storage, Storage::open(path, opening(Mode::write)));
  for (std::uint64_t step = kBeforeReopening + 1; step <= kLast; ++step) DELTOS_TRY(one_step(storage, step));
  {
    DELTOS_ASSIGN(const auto other, Storage::open(path, opening(Mode::in_place)));
    DELTOS_ASSIGN(const auto snapshot, other->begin_snapshot());
    DELTOS_ASSIGN(const auto view, export_named(other, snapshot, "a", true));
    reinterpret_cast<std::uint64_t *>(view->data())[0] = kLast;
    DELTOS_TRY(other->sync());
  }
  DELTOS_TRY(storage->sync());
  return storage->close();
}

void check_object(const std::shared_ptr<Storage> &storage, const char *name, std::uint64_t count, std::uint64_t value) {
  const auto view = must(export_named(storage, must(storage->begin_snapshot()), name));
  const auto words = words_of(*view);
  if (words.size() != count) throw std::runtime_error(std::string(name) + " has another size");
  for (const std::uint64_t word : words) {
    if (word != value) throw std::runtime_error(std::string(name) + " is torn");
  }
}

std::uint64_t check_state(const std::shared_ptr<Storage> &storage) {
  const auto snapshot = must(storage->begin_snapshot());
  const auto item = must(snapshot->metadatum(0, "step"));
  std::uint64_t step = 0;
  if (item) std::memcpy(&step, item->data.data(), 8);
  const bool large = large_at(step) != 0;
  if (snapshot->object_count() != (step == 0 ? 0U : 1U) + (large ? 1U : 0U) + (step >= 5 ? 1U : 0U)) {
    throw std::runtime_error("the objects are not those of step " + std::to_string(step));
  }
  if (step != 0) check_object(storage, "a", kWords, step);
  if (large) check_object(storage, "large", kLargeWords, large_at(step));
  if (step >= 5) check_object(storage, "zeros", 40'000, 0);
  if (!must(storage->verify(VerifyLevel::full, {})).empty()) throw std::runtime_error("verify found something");
  return step;
}

// A storage whose barrier failed is written again; any other is simply opened.
std::shared_ptr<Storage> open_again(const std::string &path) {
  auto opened = Storage::open(path, opening(Mode::write));
  if (opened.code() != Code::io) return must(std::move(opened));
  OpenOptions options = opening(Mode::write);
  options.redirty = true;
  return must(Storage::open(path, options));
}

void check(const std::string &path, std::int64_t told) {
  if (!std::filesystem::exists(path)) {
    if (told >= 0) throw std::runtime_error("the storage is gone");
    std::printf("absent\n");
    return;
  }
  const auto fits = [told](std::uint64_t found) {
    const auto step = static_cast<std::int64_t>(found);
    if (step >= told && step <= std::max<std::int64_t>(told, 0) + 1) return;
    throw std::runtime_error("found step " + std::to_string(found) + " where " + std::to_string(told) +
                             " was the last told");
  };
  const std::uint64_t read = check_state(must(Storage::open(path, opening(Mode::read))));
  fits(read);
  const auto storage = open_again(path);
  const std::uint64_t recovered = check_state(storage);
  fits(recovered);
  // A superblock that was written but not yet published counts from now on; nothing that was published goes.
  if (recovered < read) throw std::runtime_error("a writer goes back to an older state");
  const auto transaction = must(storage->begin_transaction());
  (void)must(put_words(*transaction, "afterwards", std::vector<std::uint64_t>(kWords, 1)));
  must(transaction->commit(Durability::sync));
  if (!must(storage->verify(VerifyLevel::full, {})).empty())
    throw std::runtime_error("verify found something afterwards");
  must(storage->close());
}

int run(int count, char **arguments) {
  const std::string what = count > 2 ? arguments[1] : "";
  if (what == "run") {
    (void)!access("/begin", F_OK);  // what comes before is the loader's
    const Status lived = live(arguments[2]);
    if (!lived.ok()) std::printf("error %d %s\n", static_cast<int>(lived.code()), lived.error().message.c_str());
    return 0;
  }
  if (what != "check" || count != 4) return 2;
  check(arguments[2], std::strtoll(arguments[3], nullptr, 10));
  return 0;
}

}  // namespace
}  // namespace deltos::crash

int main(int count, char **arguments) {
  try {
    return deltos::crash::run(count, arguments);
  } catch (const std::bad_alloc &) {
    std::printf("error: no memory\n");
    return 0;
  } catch (const std::exception &error) {
    std::printf("FAILED: %s\n", error.what());
    return 1;
  }
}
