// include/deltos/object.h
#include <deltos/object.h>

#include <algorithm>
#include <atomic>

#include "capi/convert.hpp"
#include "capi/guard.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

constexpr std::uint64_t kMostEntriesAtOnce = 4096;

Status check_kind(std::int32_t kind) {
  if (kind >= DELTOS_KIND_ANY && kind <= DELTOS_KIND_SORTED_MAP) return {};
  return fail(Code::invalid,
              "%d is not a kind of object; use ANY, BUFFER, ARRAY, TABLE, VALUE, RECORD_TABLE, HASH_MAP or SORTED_MAP",
              kind);
}

// A shape is never NULL for the caller.
const std::int64_t kNoShape[1] = {0};

std::uint64_t product_of(const std::vector<std::int64_t> &shape) {
  std::uint64_t product = 1;
  for (const std::int64_t length : shape) product *= static_cast<std::uint64_t>(length);
  return product;
}

deltos_object_info public_info(const store::ObjectRef &object) {
  const format::Object &record = object.record();
  const auto current = object.current();
  deltos_object_info known{};
  known.kind = record.kind;
  known.dtype = record.dtype;
  known.ndim = static_cast<std::int32_t>(record.shape.size());
  known.sealed = record.sealed ? 1 : 0;
  known.current = current.ok() && current.value() ? 1 : 0;
  known.stored = object.pending() ? 0 : 1;
  known.writable = can_be_written(object) ? 1 : 0;
  known.id = record.id;
  known.count = product_of(record.shape);
  known.itemsize = record.item_bytes;
  known.payload_bytes = record.payload_bytes;
  known.created_id = record.created;
  known.changed_id = record.changed;
  known.name = record.name.c_str();
  known.format = record.format.c_str();
  known.shape = record.shape.empty() ? kNoShape : record.shape.data();
  return known;
}

// Of a table in memory.
Status stat_in_memory(const deltos_object *object, deltos_object_info *info) {
  DELTOS_ASSIGN(const object::Table::Facts facts, object->table->facts());
  deltos_object_info known{};
  known.kind = DELTOS_KIND_TABLE;
  known.dtype = static_cast<std::int32_t>(facts.shown->format.dtype);
  known.ndim = facts.shown->ragged() ? 1 : 2;
  known.sealed = facts.sealed ? 1 : 0;
  known.writable = facts.readonly ? 0 : 1;
  known.current = 1;
  known.count = static_cast<std::uint64_t>(facts.shown->rows());
  if (!facts.shown->ragged()) known.count *= static_cast<std::uint64_t>(facts.shown->columns());
  known.itemsize = facts.shown->format.item_bytes;
  known.payload_bytes = facts.bytes;
  known.name = "";
  known.format = facts.shown->format.text.c_str();
  known.shape = facts.shown->shape;
  return write_struct(known, info);
}

// What is live of an array, wherever it lies.
void show_array(const deltos_object &object, deltos_object_info *known) {
  const object::Array &array = *object.array;
  known->count = array.count();
  known->payload_bytes = known->count * known->itemsize;
  const auto length = static_cast<std::int64_t>(known->count);
  std::atomic_ref(object.shown_length).store(length, std::memory_order_relaxed);
  known->shape = &object.shown_length;
}

// Of an array outside a storage.
Status stat_outside(const deltos_object *object, deltos_object_info *info) {
  const object::Array &array = *object->array;
  deltos_object_info known{};
  known.kind = DELTOS_KIND_ARRAY;
  known.dtype = static_cast<std::int32_t>(array.format().dtype);
  known.ndim = 1;
  known.writable = array.home().writable() ? 1 : 0;
  known.current = 1;
  known.itemsize = array.format().item_bytes;
  known.name = "";
  known.format = array.format().text.c_str();
  show_array(*object, &known);
  return write_struct(known, info);
}

// Of an image in memory: a value, a record table or a hash map.
Status stat_image(std::int32_t kind, Bytes image, const std::int64_t *shape, deltos_object_info *info) {
  deltos_object_info known{};
  known.kind = kind;
  known.dtype = DELTOS_DTYPE_U8;
  known.ndim = 1;
  known.sealed = 1;
  known.current = 1;
  known.count = known.payload_bytes = image.size();
  known.itemsize = 1;
  known.name = "";
  known.format = "B";
  known.shape = shape;
  return write_struct(known, info);
}

// What it shows is the copy from here on.
Status unseal_records(store::Transaction &transaction, deltos_object *object) {
  if (!object->records->reader().schema()->has_writable())
    return fail(Code::unsupported, "the record table has no WRITABLE slots and never changes; build another one");
  return transaction.all_or_nothing([&]() -> Status {
    DELTOS_ASSIGN(std::shared_ptr<store::ObjectRef> unsealed, transaction.unseal(*object->object));
    DELTOS_ASSIGN(object::RecordTable::Pointer copy, object::RecordTable::stored(*unsealed));
    object->records = std::move(copy);
    object->show(std::move(unsealed));
    return {};
  });
}

Status next_entries(deltos_cursor *cursor, deltos_entry *entries, std::uint64_t capacity, std::uint64_t *count) {
  const std::uint64_t room = std::min(capacity, kMostEntriesAtOnce);
  DELTOS_ASSIGN(cursor->given, cursor->snapshot->list(cursor->prefix, cursor->one_level, cursor->last, room));
  const std::uint64_t found = std::min<std::uint64_t>(cursor->given.size(), room);
  for (std::uint64_t i = 0; i < found; ++i) {
    const store::Snapshot::Entry &entry = cursor->given[i];
    entries[i] = deltos_entry{entry.name.c_str(), entry.id, entry.kind, entry.is_prefix ? 1U : 0U, entry.payload_bytes};
  }
  if (found > 0) cursor->last = cursor->given[found - 1].name;
  *count = found;
  return {};
}

}  // namespace

deltos_status deltos_object_open(const deltos_snapshot *snapshot, const char *name, int32_t kind,
                                 deltos_object **object, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(object));
    DELTOS_TRY(check_handle(snapshot));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_TRY(check_kind(kind));
    return give(store::ObjectRef::open(snapshot->snapshot, name, kind), object);
  });
}

deltos_status deltos_object_open_id(const deltos_snapshot *snapshot, uint64_t id, int32_t kind, deltos_object **object,
                                    deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(object));
    DELTOS_TRY(check_handle(snapshot));
    DELTOS_TRY(check_kind(kind));
    return give(store::ObjectRef::open_id(snapshot->snapshot, id, kind), object);
  });
}

deltos_status deltos_object_open_newest(deltos_storage *storage, const char *name, int32_t kind, deltos_object **object,
                                        deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(object));
    DELTOS_TRY(check_handle(storage));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_TRY(check_kind(kind));
    return give(store::ObjectRef::open_newest(storage->storage, name, kind), object);
  });
}

deltos_status deltos_object_refresh(deltos_object **object, uint8_t *changed, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(object, "the handle"));
    DELTOS_TRY(check_handle(*object));
    if ((*object)->array && !(*object)->object) {
      DELTOS_ASSIGN(const bool other_length, (*object)->array->home().refresh());
      if (changed != nullptr) *changed = other_length ? 1 : 0;
      return {};
    }
    DELTOS_TRY(check_stored(*object));
    DELTOS_ASSIGN(std::shared_ptr<store::ObjectRef> newer, (*object)->object->refreshed());
    const bool differs = newer != nullptr;
    Content content;
    if (differs) {
      DELTOS_ASSIGN(content, content_of(*newer));
    }
    if (differs && newer->record().kind == DELTOS_KIND_ARRAY) {
      DELTOS_ASSIGN((*object)->array, object::open_array(*newer, {}));
    }
    bool other_length = false;
    if (!differs && (*object)->array) {
      DELTOS_ASSIGN(other_length, (*object)->array->home().refresh());
    }
    if (differs) {
      (*object)->show(std::move(content));
      (*object)->show(std::move(newer));
    }
    if (changed != nullptr) *changed = differs || other_length ? 1 : 0;
    return {};
  });
}

deltos_status deltos_object_stat(const deltos_object *object, deltos_object_info *info, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(object));
    DELTOS_TRY(check_output(info, "the facts"));
    DELTOS_TRY(check_struct_size(info));
    if (!object->object && object->array) return stat_outside(object, info);
    if (!object->object && object->value)
      return stat_image(DELTOS_KIND_VALUE, object->value->reader().image(), object->value->shape(), info);
    if (!object->object && object->records)
      return stat_image(DELTOS_KIND_RECORD_TABLE, object->records->reader().image(), object->records->shape(), info);
    if (!object->object && object->hash_map)
      return stat_image(DELTOS_KIND_HASH_MAP, object->hash_map->reader().image(), object->hash_map->shape(), info);
    if (!object->object) return stat_in_memory(object, info);
    deltos_object_info known = public_info(*object->object);
    if (object->table && object->table->readonly()) known.writable = 0;
    if (object->array) show_array(*object, &known);
    return write_struct(known, info);
  });
}

void deltos_object_release(deltos_object **object) {
  return guard_void([&] { release_handle(object); });
}

deltos_status deltos_object_seal(deltos_transaction *transaction, deltos_object *object, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_belongs(transaction, object));
    DELTOS_ASSIGN(std::shared_ptr<store::ObjectRef> sealed, transaction->transaction->seal(*object->object));
    object->show(std::move(sealed));
    return {};
  });
}

deltos_status deltos_object_unseal(deltos_transaction *transaction, deltos_object *object, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_belongs(transaction, object));
    if (object->hash_map)
      return fail(Code::unsupported, "hash maps never change; build another one and replace this one");
    if (object->records) return unseal_records(*transaction->transaction, object);
    DELTOS_ASSIGN(std::shared_ptr<store::ObjectRef> unsealed, transaction->transaction->unseal(*object->object));
    object->show(std::move(unsealed));
    return {};
  });
}

deltos_status deltos_object_file_offset(const deltos_object *object, uint64_t *offset, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_stored(object));
    DELTOS_TRY(check_output(offset, "the offset"));
    DELTOS_ASSIGN(*offset, object->object->file_offset());
    return {};
  });
}

deltos_status deltos_object_advise(const deltos_object *object, int32_t advice, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_stored(object));
    if (advice < DELTOS_ADVICE_NORMAL || advice > DELTOS_ADVICE_PREFAULT) {
      return fail(Code::invalid, "%d is not an advice; use 0 to %d", advice, DELTOS_ADVICE_PREFAULT);
    }
    DELTOS_ASSIGN(const std::shared_ptr<store::Storage> storage, object->object->storage());
    return storage->advise(*object->object, advice);
  });
}

deltos_status deltos_snapshot_list(const deltos_snapshot *snapshot, const char *prefix, int32_t depth,
                                   deltos_cursor **cursor, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(cursor));
    DELTOS_TRY(check_handle(snapshot));
    DELTOS_TRY(check_text(prefix, "prefix"));
    if (depth != DELTOS_LIST_ALL && depth != DELTOS_LIST_ONE_LEVEL) {
      return fail(Code::invalid, "%d is not a depth; use ALL or ONE_LEVEL", depth);
    }
    DELTOS_TRY(snapshot->snapshot->list(prefix, depth == DELTOS_LIST_ONE_LEVEL, "", 1));
    *cursor = new deltos_cursor(snapshot->snapshot, prefix, depth == DELTOS_LIST_ONE_LEVEL);
    return {};
  });
}

deltos_status deltos_cursor_next_entries(deltos_cursor *cursor, deltos_entry *entries, uint64_t capacity,
                                         uint64_t *count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(cursor));
    if (cursor->pairs) return fail(Code::invalid, "the cursor walks over pairs; use next_pairs");
    DELTOS_TRY(check_output(entries, "the entries"));
    DELTOS_TRY(check_output(count, "the count"));
    if (capacity == 0) return fail(Code::invalid, "the capacity is 0; it must be at least 1");
    return next_entries(cursor, entries, capacity, count);
  });
}

void deltos_cursor_release(deltos_cursor **cursor) {
  return guard_void([&] { release_handle(cursor); });
}
