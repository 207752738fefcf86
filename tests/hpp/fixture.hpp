// What the tests of deltos.hpp share: a directory of their own and a storage in it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <deltos/deltos.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace deltos_hpp_tests {

// In memory where there is a place for it: durability is not what these tests are about.
inline std::string scratch_place() {
  if (const char *chosen = getenv("DELTOS_SCRATCH")) return chosen;
  return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path().string();
}

inline deltos::OpenOptions writing(deltos::Create create = deltos::Create::if_absent) {
  deltos::OpenOptions options;
  options.mode = deltos::Mode::write;
  options.create = create;
  return options;
}

class Directory : public testing::Test {
 protected:
  Directory() {
    std::string name = scratch_place() + "/deltos-hpp-XXXXXX";
    if (mkdtemp(name.data()) != nullptr) directory_ = name;
  }
  ~Directory() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  void SetUp() override { ASSERT_FALSE(directory_.empty()) << "no directory can be made in " << scratch_place(); }
  std::filesystem::path path(const std::string &name = "test.deltos") const { return directory_ / name; }

 private:
  std::filesystem::path directory_;
};

// A storage open for writing, with "grid": 2 x 3 float64, 1 to 6.
class WithStorage : public Directory {
 protected:
  void SetUp() override {
    Directory::SetUp();
    storage_ = deltos::Storage::open(path(), writing());
    deltos::Transaction transaction = storage_.transaction();
    transaction.create("grid", {kGrid, {2, 3}});
    transaction.commit();
  }

  static constexpr double kGrid[6] = {1, 2, 3, 4, 5, 6};
  deltos::Storage storage_;
};

// The status that a call throws; ok when it throws nothing.
template <class Call>
deltos::Status status_of(Call &&call) {
  try {
    std::forward<Call>(call)();
    return deltos::Status::ok;
  } catch (const deltos::Exception &exception) {
    return exception.status();
  }
}

}  // namespace deltos_hpp_tests
