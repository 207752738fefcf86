// The operations of the corpus over deltos.hpp, and the handles that a case has named.
#pragma once

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "records.hpp"

namespace conformance {

// What a step's "progress" asks for, and what came of it.
class Reports {
 public:
  explicit Reports(const Json &step) : kind_(word(step, "progress", "")) {
    if (!kind_.empty() && kind_ != "count" && kind_ != "cancel") throw Mismatch("progress " + kind_ + " is not known");
  }
  deltos::Progress progress() {
    if (kind_.empty()) return {};
    return [this](std::uint64_t done, std::uint64_t total) {
      ++calls_;
      if (total != 0 && done > total) is_above_ = true;
      return kind_ != "cancel";
    };
  }
  void check() const {
    if (kind_ == "count" && calls_ == 0) throw Mismatch("expected progress to be reported, and it was not");
    if (is_above_) throw Mismatch("progress reported more than there is to do");
  }

 private:
  std::string kind_;
  int calls_ = 0;
  bool is_above_ = false;
};

// Any object, used as what it should be as long as this lives; nothing may be named meanwhile.
template <class T>
class Lent {
 public:
  explicit Lent(deltos::Object &object) : object_(object), used_(std::move(object)) {}
  ~Lent() { object_ = std::move(used_); }
  Lent(const Lent &) = delete;
  Lent &operator=(const Lent &) = delete;
  T *operator->() { return &used_; }
  T &operator*() { return used_; }
  const T *operator->() const { return &used_; }
  const T &operator*() const { return used_; }

 private:
  deltos::Object &object_;
  T used_;
};

// A hash map that is being made.
struct Map {
  std::unique_ptr<Reports> reports;
  deltos::HashMapBuilder builder;
  std::shared_ptr<const deltos::Schema> schema;
  deltos::KeyKind key = deltos::KeyKind::bytes;
  deltos::MapValueKind value = deltos::MapValueKind::u64;
};

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
  using Thing = std::variant<deltos::Storage, deltos::Snapshot, deltos::Transaction, deltos::Object, deltos::Table,
                             deltos::Array, deltos::View, deltos::Schema, Records, Map, deltos::SortedCursor>;
  struct Operation {
    void (Operations::*call)(const Json &step);
    const char *fields;  // all that it knows, between blanks
  };
  static const Words<Operation> kOperations;
  static void check_fields(const Json &step, const Operation &operation);

  void name(const Json &step, Thing thing, const char *field = "as");
  Thing &named(const Json &step, const char *field);
  template <class T>
  T &the(const Json &step, const char *field) {
    return std::get<T>(named(step, field));
  }
  deltos::SnapshotRef reader(const Json &step);
  deltos::Object &any_object(const Json &step, const char *field);
  const deltos::View &view_called(const std::string &name);
  std::shared_ptr<const deltos::Schema> any_schema(const Json &step);
  Records begun(const Json &step);
  deltos::Object ended(const Json &step, Records &records);
  Map begun_map(const Json &step, const char *from);
  deltos::Object finished(const Json &step, Map &map);
  void expect_content(const Json &expected, const std::optional<std::string_view> &bytes, std::uint64_t object_id);
  void expect_pair(const Json &expected, const deltos::SortedPair &pair);

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

  // views.cpp
  void memory(const Json &step);
  void slice(const Json &step);
  void window(const Json &step);
  void transpose(const Json &step);
  void reshape(const Json &step);
  void cast(const Json &step);
  void contiguity(const Json &step);
  void content(const Json &step);
  void copy(const Json &step);
  void fill(const Json &step);
  void equal(const Json &step);
  void compare(const Json &step);
  void find(const Json &step);
  void count(const Json &step);
  void gather(const Json &step);
  void read_into(const Json &step);
  void write_from(const Json &step);
  void get(const Json &step);
  void set(const Json &step);
  void atomic_load(const Json &step);
  void atomic_store(const Json &step);
  void atomic_add(const Json &step);
  void atomic_compare_exchange(const Json &step);

  // tables.cpp
  void create_table(const Json &step);
  void wrap_table(const Json &step);
  void table_from_view(const Json &step);
  void table_from_views(const Json &step);
  void open_table(const Json &step);
  void table_info(const Json &step);
  void table_rows(const Json &step);
  void table_row(const Json &step);
  void to_dense(const Json &step);
  void reinterpret(const Json &step);
  void make_readonly(const Json &step);

  // arrays.cpp
  void create_array(const Json &step);
  void open_array(const Json &step);
  void open_array_file(const Json &step);
  void open_array_anonymous(const Json &step);
  void open_array_fd(const Json &step);
  void close_array(const Json &step);
  void array_info(const Json &step);
  void array_content(const Json &step);
  void append(const Json &step);
  void append_in_place(const Json &step);
  void extend(const Json &step);
  void insert(const Json &step);
  void remove_items(const Json &step);
  void resize(const Json &step);
  void reserve(const Json &step);
  void shrink(const Json &step);
  void clear(const Json &step);
  void reverse(const Json &step);
  void byteswap(const Json &step);
  void flush(const Json &step);

  // value_operations.cpp
  void put_value(const Json &step);
  void pack_value(const Json &step);
  void unpack_value(const Json &step);
  void open_value(const Json &step);
  void value_info(const Json &step);
  void read_value(const Json &step);
  void find_value(const Json &step);
  void hash_value(const Json &step);
  void equal_values(const Json &step);
  void value_view(const Json &step);

  // record_operations.cpp
  void make_schema(const Json &step);
  void schema_of(const Json &step);
  void schema_info(const Json &step);
  void schema_slots(const Json &step);
  void find_slot(const Json &step);
  void nested_schema(const Json &step);
  void check_schema(const Json &step);
  void pack_schema(const Json &step);
  void unpack_schema(const Json &step);
  void begin_records(const Json &step);
  void add_rows(const Json &step);
  void add_columns(const Json &step);
  void finish_records(const Json &step);
  void pack_records(const Json &step);
  void put_records(const Json &step);
  void unpack_records(const Json &step);
  void open_records(const Json &step);
  void records_info(const Json &step);
  void read_cell(const Json &step);
  void read_rows(const Json &step);
  void cell_value(const Json &step);
  void records_rows(const Json &step);
  void records_heap(const Json &step);
  void records_column(const Json &step);
  void records_presence(const Json &step);
  void verify_records(const Json &step);
  void arrow_of(const Json &step);
  void records_from_arrow(const Json &step);

  // map_operations.cpp
  void begin_map(const Json &step);
  void add_pairs(const Json &step);
  void add_pair_columns(const Json &step);
  void add_map(const Json &step);
  void prepare_map(const Json &step);
  void finish_map(const Json &step);
  void pack_map(const Json &step);
  void put_map(const Json &step);
  void unpack_map(const Json &step);
  void open_map(const Json &step);
  void map_info(const Json &step);
  void find_key(const Json &step);
  void find_keys(const Json &step);
  void find_columns(const Json &step);
  void read_map(const Json &step);
  void map_value(const Json &step);
  void map_column(const Json &step);
  void map_records(const Json &step);
  void verify_map(const Json &step);

  // sorted_operations.cpp
  void create_sorted(const Json &step);
  void open_sorted(const Json &step);
  void sorted_info(const Json &step);
  void put_pair(const Json &step);
  void put_pairs(const Json &step);
  void load_pairs(const Json &step);
  void get_pair(const Json &step);
  void get_pairs(const Json &step);
  void remove_pair(const Json &step);
  void remove_pairs(const Json &step);
  void find_pair(const Json &step);
  void count_pairs(const Json &step);
  void read_pairs(const Json &step);
  void walk_pairs(const Json &step);
  void next_pairs(const Json &step);
  void seek_pair(const Json &step);

  // Files
  void patch(const Json &step);
  void resize_file(const Json &step);
  void embed(const Json &step);
  void make_file(const Json &step);
  void file(const Json &step);
  void remove_file(const Json &step);

  std::vector<std::pair<std::string, Thing>> things_;
};

}  // namespace conformance
