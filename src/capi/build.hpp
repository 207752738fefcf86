// Builders that more than one part of the boundary begins.
#pragma once

#include <deltos/record.h>

#include "capi/handle.hpp"

namespace deltos::capi {

// A record table, in a transaction or (both NULL) in memory. As deltos_record_table_begin().
Result<std::unique_ptr<deltos_builder>> begin_records(const deltos_transaction *transaction, const char *name,
                                                      record::SchemaPtr schema,
                                                      const deltos_record_table_options *options);

}  // namespace deltos::capi
