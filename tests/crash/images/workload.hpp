// Runs a script against a storage while a Recorder watches, and keeps the model in step.
//
// A script is words separated by blanks. A word of lower- and upper-case letters that ends in S, L, A or X is a
// transaction: operations, then how it ends (SYNC, LAZY, ASYNC commit; abort):
//   c  create, a slot        C  create, whole blocks       z  create, zeroed        G  create 1 MiB, zeroed
//   r  replace               q  replace by a copy          d  delete                n  rename     N  rename over
//   another s  seal                  u  unseal                     m  metadata of an object M  the same, longer than a
//   page holds t  metadata of the storage                             k  remove metadata       D  delete the largest
//   a  create an array        g  append to one until it has grown
// Other words: h append an element to an array, H until it has grown, w cut one and give room back, v flush them, i
// store in place, y sync, o close and open again, j the same without closing, p take and b let go a snapshot, e export
// and f let the export go.
#pragma once

#include <functional>
#include <random>

#include "crash/images/model.hpp"
#include "crash/images/recorder.hpp"
#include "object/array.hpp"
#include "store/transaction.hpp"

namespace deltos::crash {

struct Script {
  std::string name, words;
  std::uint64_t max_blocks = 0;  // of the file; 0: no limit
};

const std::vector<Script> &scripts();
Script random_script(std::uint64_t seed);

// A file in memory and a view of it that lasts.
class MemoryFile {
 public:
  MemoryFile();
  ~MemoryFile();
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;
  int fd() const { return fd_; }
  std::byte *view() const { return view_; }
  std::uint64_t inode() const { return inode_; }
  std::uint32_t pages() const;
  Image image(PagePool *pool) const;

 private:
  int fd_;
  std::byte *view_;
  std::uint64_t inode_;
};

store::OpenOptions writing();

// Contents are numbered throughout a process.
class Contents {
 public:
  Content make(std::uint64_t bytes, std::uint64_t id, std::uint64_t transaction, bool zero);
  Content copy(const Content &of, std::uint64_t word);

 private:
  std::uint64_t last_ = 0;
};

// An element that tells whose it is.
Status append_element(object::Array &array, std::uint64_t id, const std::function<void(const char *)> &tick);
// What the library shows of the arrays; empty: what it should.
std::string array_difference(const Model &model, const std::shared_ptr<const store::Snapshot> &snapshot,
                             const Words *words);
// Some elements to each array; the model is of what the transaction commits. What went wrong; empty: nothing.
std::string append_to_arrays(store::Transaction &transaction, Model *model);

class Run {
 public:
  Run(Recorder *recorder, MemoryFile *file, const Script &script, std::uint64_t seed);
  ~Run();
  // Up to the end, or up to the first failed barrier. What the library should not have done is in wrong().
  void run();
  bool failed() const { return failed_; }
  const std::string &wrong() const { return wrong_; }
  const History &history() const { return history_; }
  const Model &model() const { return model_; }
  // The handle whose barrier failed: it must go on refusing, and what is published must still be readable.
  std::string after_failure();
  // The storage stays open until asked; closes without committing anything.
  void close(bool properly);
  bool reopen(const store::OpenOptions &options);
  std::size_t event_count() const { return trace_->events.size(); }

  Trace *trace_ = nullptr;  // what the recorder writes to

 private:
  struct Attempt {
    std::shared_ptr<store::Transaction> transaction;
    std::uint64_t number = 0;
    Model model;
    bool short_of_space = false;
  };
  using Objects = std::map<std::string, ModelObject>;

  void step(const std::string &word);
  void transaction(const std::string &word);
  void operation(char what, Attempt *attempt);
  void finish(char how, Attempt *attempt);
  void create(Attempt *attempt, std::uint64_t bytes, bool zero);
  void replace(Attempt *attempt, bool copy);
  void remove(Attempt *attempt, bool largest);
  void rename(Attempt *attempt, bool over);
  void seal(Attempt *attempt, bool sealed);
  void describe(Attempt *attempt, char what);
  void store_in_place();
  void sync();
  void hold_export();
  void create_array(Attempt *attempt);
  void append(Attempt *attempt, bool grow);  // nullptr: outside a transaction
  void cut_array();
  void flush_arrays();
  object::Array::Pointer array_of(const Objects::iterator &at, const std::shared_ptr<const store::Snapshot> &snapshot);
  std::uint64_t committed_room(std::uint64_t id);
  void note_length(std::uint64_t id);
  Model with_lengths(Model model) const;
  void settle_arrays();
  void with_own_commit(std::uint64_t id, const std::function<Status()> &change);
  Objects::iterator choose(Objects *objects, bool (*wanted)(const ModelObject &));
  std::uint64_t current_word(const ModelObject &object, store::Transaction &transaction);
  void fill(store::Transaction &transaction, const store::ObjectRef &object, const Content &content);
  bool tolerate(const char *what, const Error &error, Attempt *attempt);
  std::uint64_t in_superblock(std::uint64_t durable) const;
  void acknowledge();
  void expect_next(const Model &model);
  std::uint64_t random(std::uint64_t below) { return random_() % below; }

  Recorder *recorder_;
  MemoryFile *file_;
  Script script_;
  std::mt19937_64 random_;
  Contents contents_;
  std::shared_ptr<store::Storage> storage_;
  std::shared_ptr<const store::Snapshot> pinned_;
  std::shared_ptr<store::Export> exported_;
  std::map<std::uint64_t, object::Array::Pointer> arrays_;  // by id
  Model model_;
  History history_;
  std::uint64_t names_ = 0, words_ = 0, newest_commit_ = 0;
  bool failed_ = false;
  std::string wrong_;
};

}  // namespace deltos::crash
