// The conformance runner of C++, over deltos.hpp; ../../README.md says what it does and what every operation means.
#include <stdlib.h>

#include <filesystem>
#include <iostream>

#include "maps.hpp"
#include "operations.hpp"
#include "trees.hpp"

using namespace conformance;

namespace {

// Makes a directory and works in it as long as it lives.
class WorkingDirectory {
 public:
  WorkingDirectory() : before_(std::filesystem::current_path()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "deltos-conformance-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no directory can be made as " + pattern);
    path_ = pattern;
    std::filesystem::current_path(path_);
  }
  ~WorkingDirectory() {
    std::error_code ignored;
    std::filesystem::current_path(before_, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  WorkingDirectory(const WorkingDirectory &) = delete;
  WorkingDirectory &operator=(const WorkingDirectory &) = delete;

 private:
  std::filesystem::path before_, path_;
};

// What went wrong in a case, or nothing.
std::string run_case(const Json &test) {
  std::size_t number = 0;
  try {
    const WorkingDirectory directory;
    Operations operations;
    for (const Json &step : test.at("steps")) {
      ++number;
      operations.run(step);
    }
  } catch (const std::exception &problem) {
    return "step " + std::to_string(number) + ": " + problem.what();
  }
  return {};
}

int run(int count, char **paths) {
  int passed = 0, failed = 0;
  for (int i = 0; i < count; ++i) {
    const Json corpus = read_json(paths[i]);
    for (const Json &test : corpus.at("cases")) {
      const std::string problem = run_case(test);
      (problem.empty() ? passed : failed) += 1;
      if (problem.empty()) continue;
      std::cout << "FAILED " << std::filesystem::path(paths[i]).filename().string() << ": "
                << test.at("name").get<std::string>() << ": " << problem << "\n";
    }
  }
  std::cout << passed << " passed, " << failed << " failed" << std::endl;
  return failed == 0 ? 0 : 1;
}

void set_metadata(deltos::Transaction &transaction, const std::string &name, const Json &holder) {
  for (const Json &item : holder.value("metadata", Json::array())) {
    transaction.set_metadata(name, item.at("key").get<std::string>(), GivenValue(item).value());
  }
}

// The columns that all rows of a described table have, or how many each has.
deltos::Columns columns_of(const Json &described, const deltos::Shape &lengths) {
  if (described.contains("lengths")) return lengths;
  return described.at("shape").at(1).get<std::int64_t>();
}

// Rows of any element type: those of deltos.hpp are of one that is known when the program is compiled.
class Rows {
 public:
  Rows(const deltos::Table &table, bool is_writing)
      : count_(static_cast<std::size_t>(table.table_info().rows)), itemsize_(table.table_info().itemsize) {
    deltos_view *pin = nullptr;
    deltos_error error;
    if (deltos_table_rows(table.get(), is_writing ? 1 : 0, &pin, &rows_, &lengths_, &error) != DELTOS_OK) {
      throw deltos::Exception(deltos::Error(error));
    }
    pin_ = deltos::View(pin);
  }
  std::size_t count() const { return count_; }
  deltos::Span<std::byte> operator[](std::size_t row) const {
    return {static_cast<std::byte *>(rows_[row]), static_cast<std::size_t>(lengths_[row]) * itemsize_};
  }
  deltos::Span<const std::int64_t> lengths() const { return {lengths_, count_}; }

 private:
  std::size_t count_;
  std::size_t itemsize_;
  void *const *rows_ = nullptr;
  const std::int64_t *lengths_ = nullptr;
  deltos::View pin_;
};

deltos::Object create_table(deltos::Transaction &transaction, const Json &described, const Bytes &bytes) {
  const auto lengths = described.value("lengths", deltos::Shape());
  deltos::Table table =
      transaction.create_table(described.at("name").get<std::string>(), element_type(described),
                               described.at("shape").at(0).get<std::int64_t>(), columns_of(described, lengths));
  const Rows rows(table, true);
  auto from = bytes.begin();
  for (std::size_t row = 0; row < rows.count(); ++row) {
    const auto size = static_cast<std::ptrdiff_t>(rows[row].size());
    if (bytes.end() - from < size) throw Mismatch("there is too little data for the rows");
    std::copy(from, from + size, rows[row].begin());
    from += size;
  }
  return std::move(table);
}

deltos::Object create_described(deltos::Transaction &transaction, const Json &described) {
  const std::string name = described.at("name").get<std::string>(), kind = word(described, "kind", "buffer");
  if (kind == "value") {
    deltos::ValueBuilder builder = built(described.at("value"));
    return transaction.put(name, builder);
  }
  if (kind == "records") {
    deltos::RecordOptions options;
    options.layout = number_of(kLayouts, text(described, "layout"));
    const deltos::Schema schema = made_schema(described.at("schema"));
    Records records{transaction.begin_records(name, schema, options), {std::shared_ptr<void>(), &schema}};
    add_rows_to(records, described.at("rows"));
    return records.builder.finish();
  }
  if (kind == "map") return create_map(transaction, described);
  if (kind == "sorted") return create_sorted_map(transaction, described);
  Bytes bytes = bytes_of(described.at("data"));
  if (kind == "table") return create_table(transaction, described, bytes);
  bytes.push_back(std::byte{0});  // so that empty content has an address
  if (kind == "array") {
    deltos::Array array = transaction.create_array(name, element_type(described));
    array.append(bytes.data(), described.at("shape").at(0).get<std::uint64_t>());
    return std::move(array);
  }
  return transaction.create(name,
                            {static_cast<const void *>(bytes.data()), element_type(described), shape_of(described)});
}

int write(const Json &description, const char *path) {
  deltos::OpenOptions options;
  options.mode = deltos::Mode::write;
  options.create = deltos::Create::replace;
  deltos::Storage storage = deltos::Storage::open(path, options);
  deltos::Transaction transaction = storage.transaction();
  set_metadata(transaction, "", description);
  for (const Json &described : description.at("objects")) {
    deltos::Object object = create_described(transaction, described);
    set_metadata(transaction, described.at("name").get<std::string>(), described);
    if (described.value("sealed", false)) transaction.seal(object);
  }
  transaction.commit();
  storage.close();
  return 0;
}

void expect_metadata(const deltos::Snapshot &snapshot, const std::string &name, const Json &holder) {
  const Json items = holder.value("metadata", Json::array());
  std::map<std::string, Json> expected;
  for (const Json &item : items) expected[item.at("key").get<std::string>()] = item;
  const std::vector<deltos::Metadatum> stored = snapshot.metadata(name);
  Json keys = Json::array(), stored_keys = Json::array();
  for (const auto &[key, item] : expected) keys.push_back(key);
  for (const deltos::Metadatum &item : stored) stored_keys.push_back(item.key());
  if (keys != stored_keys) throw differ("keys", keys, stored_keys);
  for (const deltos::Metadatum &item : stored) expect_value(item, expected[item.key()]);
}

void expect_table(const deltos::Table &table, const Json &described) {
  const deltos::TableInfo info = table.table_info();
  const Rows rows(table, false);
  Bytes bytes;
  for (std::size_t row = 0; row < rows.count(); ++row) {
    bytes.insert(bytes.end(), rows[row].begin(), rows[row].end());
  }
  expect(described, {{"format", info.format},
                     {"dtype", word_of(kDtypes, info.dtype)},
                     {"shape", info.ragged ? Json{info.rows} : Json{info.rows, info.columns}},
                     {"lengths", list_of(rows.lengths())},
                     {"sealed", info.sealed}});
  expect_bytes(bytes_of(described.at("data")), bytes);
}

void expect_memory(const deltos::Object &object, const Json &described) {
  const deltos::View view = object.view();
  expect(described, {{"format", view.format()},
                     {"dtype", word_of(kDtypes, view.dtype())},
                     {"shape", list_of(view.shape())},
                     {"sealed", object.info().sealed}});
  expect_bytes(bytes_of(described.at("data")),
               {static_cast<const std::byte *>(view.data()), static_cast<std::size_t>(view.nbytes())});
}

void expect_value(const deltos::Value &value, const Json &described) {
  if (!value.info().sealed) throw Mismatch("a value is not sealed");
  expect_tree(described.at("value"), value.root());
  if (described.contains("hash")) expect(described, {{"hash", digits_of_word(value->hash())}});
}

void expect_object(const deltos::Snapshot &snapshot, const Json &described) {
  const std::string name = described.at("name").get<std::string>(), kind = word(described, "kind", "buffer");
  if (kind == "table") {
    expect_table(snapshot.table(name), described);
  } else if (kind == "value") {
    expect_value(snapshot.value(name), described);
  } else if (kind == "records") {
    expect_records(snapshot.records(name), described);
  } else if (kind == "map") {
    expect_map(snapshot.hash_map(name), described);
  } else if (kind == "sorted") {
    expect_sorted_map(snapshot, snapshot.sorted_map(name), described);
  } else {
    expect_memory(kind == "array" ? snapshot.array(name) : snapshot.object(name, deltos::Kind::buffer), described);
  }
  expect_metadata(snapshot, name, described);
}

void expect_names(const deltos::Snapshot &snapshot, const Json &description) {
  std::vector<std::string> expected, names;
  for (const Json &described : description.at("objects")) expected.push_back(described.at("name").get<std::string>());
  std::sort(expected.begin(), expected.end());
  deltos::Cursor cursor = snapshot.list();
  for (const deltos::Entry &entry : cursor) names.emplace_back(entry.name);
  if (names != expected) throw differ("names", expected, names);
}

int read(const Json &description, const char *path) {
  const deltos::Storage storage = deltos::Storage::open(path);
  const deltos::Snapshot snapshot = storage.snapshot();
  int wrong = 0;
  const auto check = [&](const std::string &what, auto &&call) {
    try {
      call();
    } catch (const std::exception &problem) {
      std::cout << what << ": " << problem.what() << "\n";
      wrong = 1;
    }
  };
  check("names", [&] { expect_names(snapshot, description); });
  for (const Json &described : description.at("objects")) {
    check(described.at("name").get<std::string>(), [&] { expect_object(snapshot, described); });
  }
  check("the storage", [&] { expect_metadata(snapshot, "", description); });
  return wrong;
}

}  // namespace

int main(int argc, char **argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  try {
    if (command == "run" && argc > 2) return run(argc - 2, argv + 2);
    if (command == "write" && argc == 4) return write(read_json(argv[2]), argv[3]);
    if (command == "read" && argc == 4) return read(read_json(argv[2]), argv[3]);
  } catch (const std::exception &problem) {
    std::cout << problem.what() << "\n";
    return 1;
  }
  std::cerr << "usage: runner run CORPUS_FILE... | write DESCRIPTION STORAGE | read DESCRIPTION STORAGE\n";
  return 2;
}
