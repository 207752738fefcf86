// include/deltos/hash_map.h: building. The rest is in hash_map.cpp.
#include <deltos/hash_map.h>

#include "capi/build.hpp"
#include "capi/convert.hpp"
#include "capi/guard.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

Status check_kinds(const deltos_hash_map_options &options) {
  if (options.key < DELTOS_KEY_BYTES || options.key > DELTOS_KEY_VALUE)
    return fail(Code::invalid, "%d is no kind of keys; use a DELTOS_KEY", options.key);
  if (options.value < DELTOS_MAP_VALUE_U64 || options.value > DELTOS_MAP_VALUE_RECORD)
    return fail(Code::invalid, "%d is no kind of values; use a DELTOS_MAP_VALUE", options.value);
  if (options.shape < DELTOS_MAP_SIMPLE || options.shape > DELTOS_MAP_APPROXIMATE)
    return fail(Code::invalid, "%d is no shape; use SIMPLE, MULTI or APPROXIMATE", options.shape);
  if (options.shape == DELTOS_MAP_APPROXIMATE && options.key == DELTOS_KEY_U64)
    return fail(Code::invalid, "keys of U64 are kept as they are, which takes no more room; use MULTI");
  return {};
}

Status check_duplicates(const deltos_hash_map_options &options) {
  if (options.duplicates < DELTOS_DUPLICATE_ERROR || options.duplicates > DELTOS_DUPLICATE_LAST)
    return fail(Code::invalid, "%d says nothing of duplicates; use ERROR, FIRST or LAST", options.duplicates);
  if (options.duplicates != DELTOS_DUPLICATE_ERROR && options.shape != DELTOS_MAP_SIMPLE)
    return fail(Code::invalid, "a map that is not SIMPLE keeps all values; say nothing of duplicates");
  if ((options.flags & ~std::uint32_t{DELTOS_HASH_MAP_DEDUPLICATE}) != 0)
    return fail(Code::invalid, "0x%x is not a flag of a hash map", options.flags);
  if (options.flags != 0 && options.value == DELTOS_MAP_VALUE_U64)
    return fail(Code::invalid, "values of U64 take no less room when equal ones are kept once; leave DEDUPLICATE out");
  if (options.reserved != 0) return fail(Code::invalid, "reserved is %u; it must be 0", options.reserved);
  return {};
}

Status check_schema(const deltos_hash_map_options &options) {
  if (options.value != DELTOS_MAP_VALUE_RECORD)
    return options.schema == nullptr ? Status() : Status(fail(Code::invalid, "only values of RECORD have a schema"));
  DELTOS_TRY(check_handle(options.schema));
  if (!options.schema->schema->has_writable()) return {};
  return fail(Code::invalid, "the schema has WRITABLE slots, and hash maps are sealed; leave the flag out");
}

Result<map::BuildOptions> options_of(const deltos_hash_map_options *given, const store::Storage *storage) {
  DELTOS_ASSIGN(const deltos_hash_map_options known, read_struct(given));
  DELTOS_TRY(check_kinds(known));
  DELTOS_TRY(check_duplicates(known));
  DELTOS_TRY(check_schema(known));
  map::BuildOptions options;
  options.kinds = {static_cast<map::Key>(known.key), static_cast<map::Value>(known.value),
                   static_cast<map::Shape>(known.shape)};
  options.duplicates = static_cast<map::Duplicates>(known.duplicates);
  options.deduplicate = (known.flags & DELTOS_HASH_MAP_DEDUPLICATE) != 0;
  options.threads = known.threads;
  options.memory_bytes = known.memory_bytes;
  options.spill_directories = spill_directories(known.spill_directory, storage);
  if (known.schema != nullptr) options.schema = known.schema->schema;
  options.progress = progress_of(known.progress, known.progress_user);
  return options;
}

}  // namespace

deltos_status deltos_hash_map_begin(const deltos_storage *storage, const deltos_hash_map_options *options,
                                    deltos_builder **builder, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(builder));
    if (storage != nullptr) DELTOS_TRY(check_handle(storage));
    DELTOS_ASSIGN(map::BuildOptions build, options_of(options, storage != nullptr ? storage->storage.get() : nullptr));
    auto begun = std::make_unique<deltos_builder>();
    begun->map = std::make_unique<map::Builder>(std::move(build));
    *builder = begun.release();
    return {};
  });
}

deltos_status deltos_hash_map_add(deltos_builder *builder, const deltos_column *keys, const deltos_column *values,
                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_map_builder(builder));
    if (keys == nullptr || values == nullptr) return fail(Code::invalid, "keys or values are NULL");
    return builder->map->add(column_of(*keys), column_of(*values));
  });
}

deltos_status deltos_hash_map_add_records(deltos_builder *builder, const deltos_column *keys,
                                          const deltos_column *columns, const uint8_t *const *presence,
                                          uint64_t slot_count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_map_builder(builder));
    if (keys == nullptr) return fail(Code::invalid, "the keys are NULL");
    if (!builder->map->schema())
      return fail(Code::type, "the values of the hash map are no records; use deltos_hash_map_add()");
    std::vector<record::Column> given;
    DELTOS_ASSIGN(const record::GivenRows rows,
                  rows_of(*builder->map->schema(), columns, presence, slot_count, keys->count, &given));
    return builder->map->add_records(column_of(*keys), rows);
  });
}

deltos_status deltos_hash_map_add_map(deltos_builder *builder, const deltos_object *map, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_map_builder(builder));
    DELTOS_TRY(check_handle(map));
    if (!map->hash_map) return fail(Code::kind, "the object is not a hash map");
    return builder->map->add_map(map->hash_map->reader());
  });
}

deltos_status deltos_hash_map_prepare(deltos_builder *builder, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_map_builder(builder));
    DELTOS_TRY(builder->map->prepare());
    return {};
  });
}

deltos_status deltos_hash_map_pack(deltos_builder *builder, void *data, uint64_t *size, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_map_builder(builder));
    DELTOS_TRY(check_room(data, size));
    DELTOS_ASSIGN(const std::uint64_t bytes, builder->map->prepare());
    return pack_image(
        bytes, [&](const record::Sink &sink) { return builder->map->write(sink); }, data, size, "the hash map");
  });
}
