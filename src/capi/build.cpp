#include "capi/build.hpp"

#include "capi/convert.hpp"

namespace deltos::capi {
namespace {

Result<record::BuildOptions> build_options_of(const deltos_record_table_options *options) {
  DELTOS_ASSIGN(const deltos_record_table_options known, read_struct(options));
  if (known.layout != DELTOS_LAYOUT_ROWS && known.layout != DELTOS_LAYOUT_COLUMNS)
    return fail(Code::invalid, "%d is not a layout; use ROWS or COLUMNS", known.layout);
  record::BuildOptions build;
  build.layout = static_cast<record::Layout>(known.layout);
  build.memory_bytes = known.memory_bytes;
  if (known.spill_directory != nullptr) build.spill_directory = known.spill_directory;
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
  DELTOS_TRY(format::check_name(name));
  DELTOS_ASSIGN(const auto taken, transaction->snapshot.snapshot->find(name));
  if (!taken) return {};
  return fail(Code::exists, "an object called \"%s\" exists already; delete it first, or choose another name", name);
}

}  // namespace

Result<std::unique_ptr<deltos_builder>> begin_records(const deltos_transaction *transaction, const char *name,
                                                      record::SchemaPtr schema,
                                                      const deltos_record_table_options *options) {
  DELTOS_TRY(check_target(transaction, name));
  DELTOS_ASSIGN(record::BuildOptions build, build_options_of(options));
  auto begun = std::make_unique<deltos_builder>();
  begun->records = std::make_unique<record::Builder>(std::move(schema), std::move(build));
  if (transaction != nullptr) {
    begun->transaction = transaction->transaction;
    begun->name = name;
  }
  return begun;
}

}  // namespace deltos::capi
