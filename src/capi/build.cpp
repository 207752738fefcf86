#include "capi/build.hpp"

#include <cstdlib>

#include "capi/convert.hpp"

namespace deltos::capi {
namespace {

Result<record::BuildOptions> build_options_of(const deltos_record_table_options *options,
                                              const store::Storage *storage) {
  DELTOS_ASSIGN(const deltos_record_table_options known, read_struct(options));
  if (known.layout != DELTOS_LAYOUT_ROWS && known.layout != DELTOS_LAYOUT_COLUMNS)
    return fail(Code::invalid, "%d is not a layout; use ROWS or COLUMNS", known.layout);
  record::BuildOptions build;
  build.layout = static_cast<record::Layout>(known.layout);
  build.memory_bytes = known.memory_bytes;
  build.spill_directories = spill_directories(known.spill_directory, storage);
  build.progress = progress_of(known.progress, known.progress_user);
  return build;
}

// The name is free now, so that nobody works for hours to learn that it was not.
Status check_target(const deltos_transaction *transaction, const char *name) {
  if (transaction == nullptr) {
    return name == nullptr ? Status() : Status(fail(Code::invalid, "a record table in memory has no name; give NULL"));
  }
  DELTOS_TRY(check_handle(transaction));
  DELTOS_TRY(check_text(name, "name"));
  return transaction->transaction->check_free(name);
}

}  // namespace

std::vector<std::string> spill_directories(const char *given, const store::Storage *storage) {
  if (given != nullptr) return {given};
  std::vector<std::string> directories;
  if (storage != nullptr && !storage->path().empty()) {
    const std::size_t slash = storage->path().rfind('/');
    directories.push_back(slash == std::string::npos ? "." : storage->path().substr(0, slash + 1));
  }
  const char *const chosen = std::getenv("TMPDIR");
  directories.push_back(chosen != nullptr && *chosen != '\0' ? chosen : "/tmp");
  return directories;
}

Result<record::GivenRows> rows_of(const record::Schema &schema, const deltos_column *given,
                                  const std::uint8_t *const *presence, std::uint64_t slot_count, std::uint64_t rows,
                                  std::vector<record::Column> *columns) {
  if (given == nullptr) return fail(Code::invalid, "the columns are NULL");
  if (const std::size_t slots = schema.slots().size(); slot_count != slots) {
    return fail(Code::invalid, "%llu columns are given for %zu slots", static_cast<unsigned long long>(slot_count),
                slots);
  }
  for (std::uint64_t i = 0; i < slot_count; ++i) columns->push_back(column_of(given[i]));
  record::GivenRows all;
  all.columns = *columns;
  if (presence != nullptr) all.presence = {presence, static_cast<std::size_t>(slot_count)};
  all.count = rows;
  return all;
}

Status check_map_builder(const deltos_builder *builder) {
  DELTOS_TRY(check_handle(builder));
  if (builder->map) return {};
  return fail(Code::invalid, "the builder is not one of a hash map");
}

Status pack_image(std::uint64_t bytes, const std::function<Status(const record::Sink &)> &write, void *data,
                  std::uint64_t *size, const char *what) {
  const std::uint64_t room = *size;
  *size = bytes;
  DELTOS_TRY(check_fits(bytes, room, what));
  auto *at = static_cast<std::byte *>(data);
  return write([&at](Bytes piece) {
    std::memcpy(at, piece.data(), piece.size());
    at += piece.size();
    return Status();
  });
}

Result<std::unique_ptr<deltos_builder>> begin_records(const deltos_transaction *transaction, const char *name,
                                                      record::SchemaPtr schema,
                                                      const deltos_record_table_options *options) {
  DELTOS_TRY(check_target(transaction, name));
  std::shared_ptr<store::Storage> storage;
  if (transaction != nullptr) {
    DELTOS_ASSIGN(storage, transaction->transaction->storage());
  }
  DELTOS_ASSIGN(record::BuildOptions build, build_options_of(options, storage.get()));
  auto begun = std::make_unique<deltos_builder>();
  begun->records = std::make_unique<record::Builder>(std::move(schema), std::move(build));
  if (transaction != nullptr) {
    begun->transaction = transaction->transaction;
    begun->name = name;
  }
  return begun;
}

}  // namespace deltos::capi
