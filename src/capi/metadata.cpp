// include/deltos/metadata.h
#include <deltos/metadata.h>

#include "capi/convert.hpp"
#include "capi/guard.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

// Data of a value that exists is never NULL for the caller, and neither is a shape.
const std::int64_t kNothing[1] = {0};

deltos_metadatum public_item(const char *key, const format::Metadatum &value) {
  deltos_metadatum item{};
  item.key = key;
  item.format = value.format.c_str();
  item.data = value.data.empty() ? static_cast<const void *>(kNothing) : value.data.data();
  item.size = value.data.size();
  item.ndim = static_cast<std::int32_t>(value.shape.size());
  item.shape = value.shape.empty() ? kNothing : value.shape.data();
  return item;
}

Result<format::Metadatum> metadatum_of(const deltos_metadatum *item) {
  DELTOS_TRY(check_output(item, "the value"));
  DELTOS_TRY(check_text(item->key, "key"));
  DELTOS_TRY(check_text(item->format, "format"));
  if (item->data == nullptr && item->size != 0) return fail(Code::invalid, "the data is NULL, but its size is not 0");
  if (item->size > format::kMaxMetadatumBytes) {
    return fail(Code::limit, "%llu bytes are too many, metadata holds at most %zu; store them as a buffer",
                static_cast<unsigned long long>(item->size), format::kMaxMetadatumBytes);
  }
  DELTOS_TRY(dtype::check_shape_given(item->ndim, item->shape));
  format::Metadatum value;
  value.format = item->format;
  if (item->ndim > 0) value.shape.assign(item->shape, item->shape + item->ndim);
  const auto *const data = static_cast<const std::byte *>(item->data);
  if (item->size > 0) value.data.assign(data, data + item->size);
  return value;
}

}  // namespace

deltos_status deltos_metadata_get(const deltos_snapshot *snapshot, const char *name, const char *key,
                                  deltos_metadatum *item, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(snapshot));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_TRY(check_text(key, "key"));
    DELTOS_TRY(check_output(item, "the value"));
    DELTOS_ASSIGN(const std::optional<object::MetadataReader::Item> found, snapshot->metadata.get(name, key));
    *item = found ? public_item(found->key->c_str(), *found->value) : deltos_metadatum{};
    return {};
  });
}

deltos_status deltos_metadata_list(const deltos_snapshot *snapshot, const char *name, deltos_metadatum *items,
                                   uint64_t capacity, uint64_t *count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(snapshot));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_TRY(check_array(items, capacity, count));
    DELTOS_ASSIGN(const std::vector<object::MetadataReader::Item> found, snapshot->metadata.list(name));
    return give_list(found, items, capacity, count, [](const object::MetadataReader::Item &item) {
      return public_item(item.key->c_str(), *item.value);
    });
  });
}

deltos_status deltos_metadata_set(deltos_transaction *transaction, const char *name, const deltos_metadatum *item,
                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_ASSIGN(const format::Metadatum value, metadatum_of(item));
    return object::set_metadatum(*transaction->transaction, name, item->key, value);
  });
}

deltos_status deltos_metadata_remove(deltos_transaction *transaction, const char *name, const char *key,
                                     deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_TRY(check_text(key, "key"));
    return object::remove_metadatum(*transaction->transaction, name, key);
  });
}
