// One way of filling a disk, on the file system that it is pointed to (disk_full.py makes small ones).
//
// usage: disk_full DIRECTORY SCENARIO      many, big, replace, catalogue, removals, in-place; or file-limit,
//        address-space
//
// Promises held: what does not fit is refused with no_space (limit or address_space where that is what there is too
// little of) and changes nothing; deleting, and the commit of it, always works, and what it gives back can be used
// again; no signal; the structure is sound.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <array>
#include <map>

#include "campaign.hpp"
#include "support/storages.hpp"

namespace deltos::crash {
namespace {

using namespace deltos::testing_support;
using namespace deltos::store;

// What is not committed is given up.
struct AbortAtEnd {
  std::shared_ptr<Transaction> transaction;
  ~AbortAtEnd() { transaction->abort(); }
};

class Full {
 public:
  explicit Full(const std::string &directory) : directory_(directory), path_(directory + "/full.deltos") {
    storage_ = must(Storage::open(path_, opening(Mode::write, Create::fresh)));
    room_ = free_bytes();
  }

  // Objects until no more fit; half of them go; others take their place.
  void many() {
    fill_with_objects(room_ / 24, "first/");
    delete_half();
    const unsigned again = fill_with_objects(room_ / 24, "second/");
    if (again < 2)
      throw std::runtime_error("only " + std::to_string(again) + " objects fit where half of all were deleted");
  }

  void big() {
    put("small", 4096);
    refuse(try_put("big", 2 * room_));
    refuse(try_put("big", room_ + room_ / 8));
    put("after", 8192);
  }

  void replace() {
    put("x", room_ * 6 / 10);
    refuse(try_put("x", room_ * 6 / 10));
    check("x");
    must_remove("x");
    // Both superblocks have to forget the old one first.
    put("a", 4096);
    put("b", 4096);
    put("x", room_ * 5 / 10);
  }

  void catalogue() {
    put("ballast", room_ - room_ / 8);
    unsigned made = 0;
    for (;; ++made) {
      Status status = many_names(made);
      if (status.ok()) continue;
      refuse(std::move(status));
      break;
    }
    must_remove("ballast");
    must_remove("a0");
    put("small", 4096);
    must(many_names(made + 1));
  }

  // Others take every block that is left; the storage lives on what it has.
  void removals() {
    fill_with_objects(room_ / 24, "large/");
    fill_with_objects(room_ / 400, "small/");
    fill_the_rest();
    Status names;
    for (unsigned made = 0; names.ok(); ++made) names = many_names(made);
    refuse(std::move(names));
    for (unsigned round = 0; round < 12; ++round) {
      delete_half();
      unsigned made = 0;
      made += fill_with_objects(room_ / 24, "large " + std::to_string(round) + "/");
      made += fill_with_objects(room_ / 400, "small " + std::to_string(round) + "/");
      if (made == 0) throw std::runtime_error("nothing fits where half of all was deleted");
    }
    while (!expected_.empty()) must_remove(expected_.begin()->first);
    put("alone", room_ / 2);
  }

  // Every page of the file is there when it is stored into, though the disk has no block left.
  void in_place() {
    put("x", room_ / 4);
    put("y", room_ / 4);
    must(remove("y"));
    for (int i = 0; i < 12; ++i) put("small", 4096);  // commits that make holes of what was y
    must(storage_->close());
    fill_the_rest();
    storage_ = must(Storage::open(path_, opening(Mode::write)));
    {
      const auto view = must(export_named(storage_, must(storage_->begin_snapshot()), "x", true));
      for (std::uint64_t at = 0; at < view->bytes(); ++at) view->data()[at] ^= std::byte{0xFF};
      must(storage_->sync());
    }
    expected_.erase("x");
    // What was a hole gets its room back before it is handed out, or is refused.
    if (Status status = try_put("z", room_ / 5); !status.ok()) refuse(std::move(status));
    refuse(try_put("too large", room_));
    empty_the_rest();
    put("z", room_ / 5);
  }

  void file_limit() {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {4 << 20, 4 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    room_ = 3 << 20;
    many();
  }

  void address_space() {
    must(storage_->close());
    storage_.reset();
    const rlimit limit = {std::uint64_t{1} << 30, std::uint64_t{1} << 30};
    setrlimit(RLIMIT_AS, &limit);
    storage_ = must(Storage::open(path_, opening(Mode::write)));
    wanted_ = Code::address_space;
    room_ = 64 << 20;
    fill_with_objects(std::uint64_t{32} << 20, "first/");
    must_remove("first/0");
    put("after", 4096);
  }

  void finish() {
    for (const auto &[name, value] : expected_) check(name);
    const auto findings = must(storage_->verify(VerifyLevel::full, {}));
    if (!findings.empty()) throw std::runtime_error("verify: " + findings.front().message);
    must(storage_->close());
    storage_ = must(Storage::open(path_, opening(Mode::write)));
    for (const auto &[name, value] : expected_) check(name);
    put("at the end", 4096);
    if (refused_ == 0) throw std::runtime_error("nothing was ever refused");
    std::printf("%u refused, %u commits\n", refused_, commits_);
  }

 private:
  std::uint64_t free_bytes() const {
    struct statvfs about;
    if (statvfs(directory_.c_str(), &about) != 0) throw std::runtime_error("no statvfs");
    return about.f_bavail * about.f_frsize;
  }

  Status try_put(const std::string &name, std::uint64_t bytes) {
    const std::uint64_t value = commits_ + 1;
    DELTOS_ASSIGN(const auto transaction, storage_->begin_transaction());
    const AbortAtEnd give_up{transaction};
    DELTOS_TRY(put_words(*transaction, name, std::vector<std::uint64_t>(bytes / 8, value)));
    DELTOS_TRY(transaction->commit(commits_ % 3 == 2 ? Durability::lazy : Durability::sync));
    ++commits_;
    expected_[name] = value;
    return {};
  }
  void put(const std::string &name, std::uint64_t bytes) { must(try_put(name, bytes)); }

  Status remove(const std::string &name) {
    DELTOS_ASSIGN(const auto transaction, storage_->begin_transaction());
    const AbortAtEnd give_up{transaction};
    DELTOS_TRY(transaction->remove(name));
    DELTOS_TRY(transaction->commit(std::array{Durability::sync, Durability::lazy, Durability::async}[commits_ % 3]));
    expected_.erase(name);
    ++commits_;
    return {};
  }

  // On any disk, however full.
  void must_remove(const std::string &name) { must(remove(name)); }

  Status many_names(unsigned round) {
    DELTOS_ASSIGN(const auto transaction, storage_->begin_transaction());
    const AbortAtEnd give_up{transaction};
    const auto count = static_cast<unsigned>(40 + (room_ >> 20) * 4);
    for (unsigned i = 0; i < count; ++i) {
      const std::string name = "a" + std::to_string(round * count + i);
      DELTOS_TRY(transaction->create(name, words_object(0), true));
      format::Metadatum note;
      note.format = "B";
      note.data.resize(700);
      note.shape = {700};
      DELTOS_ASSIGN(const auto made, transaction->snapshot()->find(name));
      DELTOS_TRY(transaction->set_metadatum(made->id, "note", note));
    }
    DELTOS_TRY(transaction->commit(Durability::sync));
    ++commits_;
    return {};
  }

  void refuse(Status status) {
    if (status.code() != wanted_) {
      throw std::runtime_error("expected to be refused, but " +
                               (status.ok() ? std::string("it worked") : status.error().message));
    }
    ++refused_;
  }

  unsigned fill_with_objects(std::uint64_t bytes, const std::string &prefix) {
    for (unsigned made = 0;; ++made) {
      Status status = try_put(prefix + std::to_string(made), bytes);
      if (status.ok()) continue;
      refuse(std::move(status));
      return made;
    }
  }
  void delete_half() {
    std::vector<std::string> names;
    for (const auto &[name, value] : expected_) names.push_back(name);
    for (std::size_t i = 0; i < names.size(); i += 2) must_remove(names[i]);
  }

  void check(const std::string &name) {
    const auto view = must(export_named(storage_, must(storage_->begin_snapshot()), name));
    for (const std::uint64_t word : words_of(*view)) {
      if (word != expected_[name]) throw std::runtime_error(name + " is not what it was");
    }
  }

  void fill_the_rest() {
    const int fd = ::open((directory_ + "/rest").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::vector<char> block(65536, 'r');
    for (std::size_t size = block.size(); size > 0;) {
      const ssize_t written = write(fd, block.data(), size);
      if (written < 0 && errno == ENOSPC && fsync(fd) == 0 && size > 512)
        size /= 2;
      else if (written <= 0)
        break;
    }
    (void)fsync(fd);
    ::close(fd);
  }
  void empty_the_rest() {
    std::filesystem::remove(directory_ + "/rest");
    sync();
  }

  std::string directory_, path_;
  std::shared_ptr<Storage> storage_;
  std::uint64_t room_ = 0;
  std::map<std::string, std::uint64_t> expected_;
  Code wanted_ = Code::no_space;
  unsigned commits_ = 0, refused_ = 0;
};

void run(const std::string &directory, const std::string &scenario) {
  const std::map<std::string, void (Full::*)()> scenarios = {{"many", &Full::many},
                                                             {"big", &Full::big},
                                                             {"replace", &Full::replace},
                                                             {"catalogue", &Full::catalogue},
                                                             {"removals", &Full::removals},
                                                             {"in-place", &Full::in_place},
                                                             {"file-limit", &Full::file_limit},
                                                             {"address-space", &Full::address_space}};
  Full full(directory);
  (full.*scenarios.at(scenario))();
  full.finish();
}

}  // namespace
}  // namespace deltos::crash

int main(int count, char **arguments) {
  if (count != 3) return 2;
  try {
    deltos::crash::run(arguments[1], arguments[2]);
    return 0;
  } catch (const std::exception &error) {
    std::printf("FAILED: %s\n", error.what());
    return 1;
  }
}
