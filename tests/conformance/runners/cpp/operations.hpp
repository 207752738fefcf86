// The operations of the corpus over deltos.hpp, and the handles that a case has named.
#pragma once

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "values.hpp"

namespace conformance {

// Runs the steps of one case in the working directory. A step throws Mismatch when something differs and
// deltos::Exception when the library refuses; run() tells expected refusals from others.
class Operations {
 public:
  Operations() = default;
  ~Operations();
  Operations(const Operations &) = delete;
  Operations &operator=(const Operations &) = delete;

  void run(const Json &step);

 private:
  using Thing = std::variant<deltos::Storage, deltos::Snapshot, deltos::Transaction, deltos::Object, deltos::View>;
  struct Operation {
    void (Operations::*call)(const Json &step);
    const char *fields;  // all that it knows, between blanks
  };
  static const Words<Operation> kOperations;
  static void check_fields(const Json &step, const Operation &operation);

  void name(const Json &step, Thing thing);
  Thing &named(const Json &step, const char *field);
  template <class T>
  T &get(const Json &step, const char *field) {
    return std::get<T>(named(step, field));
  }
  deltos::SnapshotRef reader(const Json &step);

  void open(const Json &step);
  void open_anonymous(const Json &step);
  void open_memory(const Json &step);
  void close(const Json &step);
  void detach(const Json &step);
  void sync(const Json &step);
  void storage_info(const Json &step);
  void verify(const Json &step);
  void pins(const Json &step);
  void begin(const Json &step);
  void commit(const Json &step);
  void abort(const Json &step);
  void snapshot(const Json &step);
  void refresh(const Json &step);
  void copy_to(const Json &step);
  void compact_to(const Json &step);
  void release(const Json &step);
  void create(const Json &step);
  void create_zeroed(const Json &step);
  void replace(const Json &step);
  void seal(const Json &step);
  void unseal(const Json &step);
  void remove(const Json &step);
  void rename(const Json &step);
  void delete_prefix(const Json &step);
  void set_metadata(const Json &step);
  void remove_metadata(const Json &step);
  void metadata(const Json &step);
  void metadata_keys(const Json &step);
  void list(const Json &step);
  void object(const Json &step);
  void object_info(const Json &step);
  void refresh_object(const Json &step);
  void view(const Json &step);
  void share(const Json &step);
  void view_info(const Json &step);
  void load(const Json &step);
  void store(const Json &step);
  void read(const Json &step);
  void describe(const Json &step);
  void patch(const Json &step);
  void resize_file(const Json &step);
  void embed(const Json &step);
  void remove_file(const Json &step);

  std::vector<std::pair<std::string, Thing>> things_;
};

}  // namespace conformance
