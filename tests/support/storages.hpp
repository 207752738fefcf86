// What tests of whole storages have in common: a directory of their own, short ways to open, fill and read, and the
// failure of a step that has to work as an exception that names it.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <source_location>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "dtype/dtype.hpp"
#include "store/transaction.hpp"

namespace deltos::testing_support {

// In memory where there is a place for it, so that durability costs nothing where a test is not about it.
inline std::string scratch_place() {
  if (const char *chosen = getenv("DELTOS_SCRATCH")) return chosen;
  return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path().string();
}

struct ScratchDirectory {
  explicit ScratchDirectory(const std::string &place = scratch_place()) : path(place + "/deltos-test-XXXXXX") {
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no directory can be made in " + place);
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  ScratchDirectory(const ScratchDirectory &) = delete;
  ScratchDirectory &operator=(const ScratchDirectory &) = delete;
  std::string path;
};

[[noreturn]] inline void give_up(const Error &error, const std::source_location &where) {
  throw std::runtime_error("line " + std::to_string(where.line()) + ": code " +
                           std::to_string(static_cast<int>(error.code)) + ": " + error.message);
}
template <class T>
T must(Result<T> result, const std::source_location &where = std::source_location::current()) {
  if (!result.ok()) give_up(result.error(), where);
  return std::move(result).value();
}
inline void must(Status status, const std::source_location &where = std::source_location::current()) {
  if (!status.ok()) give_up(status.error(), where);
}

inline store::OpenOptions opening(store::Mode mode, store::Create create = store::Create::existing) {
  store::OpenOptions options;
  options.mode = mode;
  options.create = create;
  return options;
}

inline store::NewObject words_object(std::uint64_t count) {
  store::NewObject object;
  object.kind = format::kKindBuffer;
  object.dtype = static_cast<std::uint16_t>(dtype::Dtype::u64);
  object.item_bytes = 8;
  object.payload_bytes = count * 8;
  object.shape = {static_cast<std::int64_t>(count)};
  object.format = "Q";
  return object;
}

// Creates the object, or gives it new content, as part of a transaction.
inline Result<std::shared_ptr<store::ObjectRef>> put_words(store::Transaction &transaction, const std::string &name,
                                                           std::span<const std::uint64_t> words) {
  DELTOS_ASSIGN(const auto old, transaction.snapshot()->find(name));
  std::shared_ptr<store::ObjectRef> object;
  if (old) {
    DELTOS_ASSIGN(const auto ref, store::ObjectRef::open(transaction.snapshot(), name, 0));
    DELTOS_ASSIGN(object, transaction.replace(*ref, words_object(words.size()), false, false));
  } else {
    DELTOS_ASSIGN(object, transaction.create(name, words_object(words.size()), false));
  }
  DELTOS_ASSIGN(const auto filler, transaction.fill(*object));
  DELTOS_TRY(filler->add(std::as_bytes(words)));
  DELTOS_TRY(filler->finish());
  return object;
}

inline std::span<const std::uint64_t> words_of(const store::Export &view) {
  return {reinterpret_cast<const std::uint64_t *>(view.data()), view.bytes() / 8};
}

inline Result<std::shared_ptr<store::Export>> export_named(const std::shared_ptr<store::Storage> &storage,
                                                           const std::shared_ptr<const store::Snapshot> &snapshot,
                                                           const std::string &name, bool writable = false) {
  DELTOS_ASSIGN(const auto object, store::ObjectRef::open(snapshot, name, 0));
  return storage->export_payload(*object, writable);
}

}  // namespace deltos::testing_support
