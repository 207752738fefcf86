// A life of a storage, call by call, some of which fail: creating, commits of all kinds, growing, copying, closing,
// opening in every mode. Afterwards what is there must be what was acknowledged.
#pragma once

#include <functional>
#include <optional>

#include "crash/calls/failing_io.hpp"
#include "crash/images/workload.hpp"

namespace deltos::crash {

class Work {
 public:
  enum class Kind { fresh, if_absent, replace, anonymous };
  struct Variant {
    const char *name;
    Kind kind = Kind::fresh;
    bool sparse = false, careful = false;            // careful: SIGBUS guard, and verified at open
    bool no_unnamed_files = false, no_room = false;  // what the file system cannot: O_TMPFILE, fallocate
  };

  Work(FailingIo *io, const std::string &directory, const Variant &variant, int rounds);
  ~Work();
  // The life; what the library should not have done is in the result of settle().
  void live();
  // With all calls working again: looks at what there is, opens for writing, takes one more commit. What is wrong;
  // empty: nothing. errors_allowed: whether calls may have failed at all.
  std::string settle(bool errors_allowed, bool once);

 private:
  using Change = std::function<Status(store::Transaction &, Model *)>;

  void open(const store::OpenOptions &options, bool creating);
  void close();
  void commit(store::Durability durability, const Change &change);
  store::OpenOptions options(store::Mode mode, store::Create create = store::Create::existing) const;
  void in_transactions(int round);
  void outside_transactions();
  void copies();
  void copy(const char *suffix, bool compact);
  void in_place();
  void only_reading();
  void complain(const std::string &wrong);
  // Notes an error; whether there was none.
  bool good(const char *what, const Status &status);
  template <class T>
  bool good(const char *what, const Result<T> &result) {
    return result.ok() || good(what, Status(result.error()));
  }
  Status create(store::Transaction &transaction, Model *model, const std::string &name, std::uint64_t bytes, bool zero);
  Status renew(store::Transaction &transaction, Model *model, const std::string &name, bool copy);
  std::string check_state(store::Storage &storage);
  std::string go_on(const std::string &path);
  bool exists(const std::string &path) const;

  std::string directory_, path_;
  Variant variant_;
  int rounds_;
  Contents contents_;
  std::shared_ptr<store::Storage> storage_;
  bool created_ = false;    // some open of a creating kind has succeeded
  bool old_there_ = false;  // replace: the path may still lead to the storage before
  bool refused_ = false;    // a barrier failed: no writer without REDIRTY
  Model acknowledged_, before_;
  std::optional<Model> in_doubt_;
  int errors_ = 0, errors_after_first_ = 0;
  std::string first_error_, wrong_;
};

}  // namespace deltos::crash
