// Builders that more than one part of the boundary begins.
#pragma once

#include <deltos/record.h>

#include "capi/handle.hpp"

namespace deltos::capi {

// A record table, in a transaction or (both NULL) in memory. As deltos_record_table_begin().
Result<std::unique_ptr<deltos_builder>> begin_records(const deltos_transaction *transaction, const char *name,
                                                      record::SchemaPtr schema,
                                                      const deltos_record_table_options *options);

// Where temporary files are looked for: a directory that was given (may be NULL), else beside a storage (may be
// nullptr), whose file system has room for what will be stored, else where the system has them.
std::vector<std::string> spill_directories(const char *given, const store::Storage *storage);

// Columns and presence for all slots of a schema. `columns` keeps what the rows refer to. invalid.
Result<record::GivenRows> rows_of(const record::Schema &schema, const deltos_column *given,
                                  const std::uint8_t *const *presence, std::uint64_t slot_count, std::uint64_t rows,
                                  std::vector<record::Column> *columns);

// One of a hash map. invalid.
Status check_map_builder(const deltos_builder *builder);

// Writes an image of `bytes` to the caller's memory, of which there is `*size`; sets that to its size. too_small.
Status pack_image(std::uint64_t bytes, const std::function<Status(const record::Sink &)> &write, void *data,
                  std::uint64_t *size, const char *what);

}  // namespace deltos::capi
