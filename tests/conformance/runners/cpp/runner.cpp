// The conformance runner of C++, over deltos.hpp; ../../README.md says what it does and what every operation means.
#include <stdlib.h>

#include <filesystem>
#include <iostream>

#include "operations.hpp"

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

int write(const Json &description, const char *path) {
  deltos::OpenOptions options;
  options.mode = deltos::Mode::write;
  options.create = deltos::Create::replace;
  deltos::Storage storage = deltos::Storage::open(path, options);
  deltos::Transaction transaction = storage.transaction();
  set_metadata(transaction, "", description);
  for (const Json &described : description.at("objects")) {
    const std::string name = described.at("name").get<std::string>();
    Bytes bytes = bytes_of(described.at("data"));
    bytes.push_back(std::byte{0});  // so that empty content has an address
    deltos::Object object = transaction.create(
        name, {static_cast<const void *>(bytes.data()), element_type(described), shape_of(described)});
    set_metadata(transaction, name, described);
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

void expect_object(const deltos::Snapshot &snapshot, const Json &described) {
  const std::string name = described.at("name").get<std::string>();
  const deltos::Object object = snapshot.object(name);
  const deltos::View view = object.view();
  const Json actual{{"format", view.format()},
                    {"dtype", word_of(kDtypes, view.dtype())},
                    {"shape", list_of(view.shape())},
                    {"sealed", object.info().sealed}};
  for (const auto &[field, value] : actual.items()) {
    if (described.contains(field) && described.at(field) != value) throw differ(field, described.at(field), value);
  }
  expect_bytes(bytes_of(described.at("data")),
               {static_cast<const std::byte *>(view.data()), static_cast<std::size_t>(view.nbytes())});
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
