// include/deltos/sorted_map.h
#include <deltos/sorted_map.h>

#include "capi/convert.hpp"
#include "capi/guard.hpp"
#include "object/sorted_map.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

using object::MapColumn;
using object::MapKey;
using object::TreeKey;

MapKey key_of(const store::MapRef &map) { return static_cast<MapKey>(map.opened().key); }

Status check_map(const deltos_object *map) {
  DELTOS_TRY(check_handle(map));
  if (map->sorted_map) return {};
  return fail(Code::kind, "the object is not a sorted map");
}

Status check_reading(const deltos_snapshot *snapshot, const deltos_object *map) {
  DELTOS_TRY(check_handle(snapshot));
  return check_map(map);
}

Status check_changing(const deltos_transaction *transaction, const deltos_object *map) {
  DELTOS_TRY(check_handle(transaction));
  DELTOS_TRY(check_map(map));
  return check_belongs(transaction, map);
}

Result<Bytes> value_given(const void *value, std::uint64_t size) {
  if (value == nullptr && size != 0) return fail(Code::invalid, "the value is NULL");
  return Bytes(static_cast<const std::byte *>(value), size);
}

template <class T>
void give_optional(T *out, T value) {
  if (out != nullptr) *out = value;
}

deltos_bytes lent(const store::MapValue &value) {
  return value.object_id != 0 ? deltos_bytes{nullptr, 0} : deltos_bytes{value.bytes.data(), value.bytes.size()};
}

Status show_pair(MapKey kind, const store::MapPair &found, deltos_pair *pair) {
  std::uint64_t number = 0;
  if (kind == MapKey::u64) {
    DELTOS_ASSIGN(number, object::number_of(found.key));
  }
  pair->number = number;
  pair->key = kind == MapKey::u64 ? deltos_bytes{&pair->number, sizeof number}
                                  : deltos_bytes{found.key.data(), found.key.size()};
  pair->value = lent(found.value);
  pair->object_id = found.value.object_id;
  return {};
}

// What a range points to, in terms of the layers below.
struct GivenRange {
  Bytes from, to, prefix;
  object::Range range;
};

Status take_bound(const deltos_bytes *given, Bytes *bytes, const Bytes **bound) {
  if (given == nullptr) return {};
  if (given->data == nullptr && given->size != 0) return fail(Code::invalid, "a bound of the range is NULL");
  *bytes = {static_cast<const std::byte *>(given->data), static_cast<std::size_t>(given->size)};
  *bound = bytes;
  return {};
}

Result<store::MapBounds> bounds_given(MapKey kind, const deltos_range *range) {
  if (range == nullptr) return store::MapBounds();
  DELTOS_TRY(check_truth(range->open_from, "open_from"));
  DELTOS_TRY(check_truth(range->closed_to, "closed_to"));
  DELTOS_TRY(check_truth(range->reverse, "reverse"));
  for (const std::uint8_t reserved : range->reserved) {
    if (reserved != 0) return fail(Code::invalid, "a reserved field of the range is not 0");
  }
  GivenRange given;
  DELTOS_TRY(take_bound(range->from, &given.from, &given.range.from));
  DELTOS_TRY(take_bound(range->to, &given.to, &given.range.to));
  DELTOS_TRY(take_bound(range->prefix, &given.prefix, &given.range.prefix));
  given.range.open_from = range->open_from != 0;
  given.range.closed_to = range->closed_to != 0;
  return object::bounds_of(kind, given.range);
}

struct GivenPairs {
  MapColumn keys, values;
};

Result<GivenPairs> pairs_given(MapKey kind, const deltos_column *keys, const deltos_column *values) {
  if (keys == nullptr || values == nullptr) return fail(Code::invalid, "a column is NULL");
  DELTOS_ASSIGN(MapColumn key_column, MapColumn::keys(column_of(*keys), kind));
  DELTOS_ASSIGN(MapColumn value_column, MapColumn::values(column_of(*values)));
  if (keys->count != values->count)
    return fail(Code::type, "there are %llu keys and %llu values", static_cast<unsigned long long>(keys->count),
                static_cast<unsigned long long>(values->count));
  return GivenPairs{key_column, value_column};
}

store::Transaction::Pairs pairs_of(GivenPairs *given, MapKey kind) {
  return [given, kind](std::uint64_t index) -> Result<store::Transaction::Pair> {
    DELTOS_ASSIGN(const Bytes key, given->keys.item(index));
    DELTOS_TRY(object::check_text_key(kind, key));
    DELTOS_ASSIGN(const Bytes value, given->values.item(index));
    return store::Transaction::Pair{key, {value, 0}};
  };
}

// The keys of a column one after the other.
Status get_all(const store::MapReader &reader, MapColumn &keys, deltos_bytes *values, std::uint64_t *object_ids,
               std::uint8_t *present, std::uint64_t *hits) {
  std::uint64_t found_so_far = 0;
  for (std::uint64_t i = 0; i < keys.count(); ++i) {
    auto key = keys.item(i);
    auto found = key.ok() ? reader.get(*key) : Result<std::optional<store::MapValue>>(std::move(key).error());
    if (!found.ok())
      return fail(found.code(), "key %llu: %s", static_cast<unsigned long long>(i), found.error().message.c_str());
    const bool there = found->has_value();
    if (values != nullptr) values[i] = there ? lent(**found) : deltos_bytes{nullptr, 0};
    if (object_ids != nullptr) object_ids[i] = there ? (*found)->object_id : 0;
    if (present != nullptr) present[i] = there ? 1 : 0;
    found_so_far += there ? 1 : 0;
  }
  give_optional(hits, found_so_far);
  return {};
}

Status check_pair_cursor(const deltos_cursor *cursor) {
  DELTOS_TRY(check_handle(cursor));
  if (cursor->pairs) return {};
  return fail(Code::invalid, "the cursor lists names; use next_entries");
}

Status next_pairs(deltos_cursor *cursor, deltos_pair *pairs, std::uint64_t capacity, std::uint64_t *count) {
  constexpr std::size_t kAtOnce = 256;
  std::array<store::MapPair, kAtOnce> found;
  DELTOS_ASSIGN(const std::size_t filled, cursor->pairs->next(found.data(), std::min<std::size_t>(capacity, kAtOnce)));
  const MapKey kind = key_of(cursor->pairs->map());
  for (std::size_t i = 0; i < filled; ++i) DELTOS_TRY(show_pair(kind, found[i], &pairs[i]));
  *count = filled;
  return {};
}

}  // namespace

deltos_status deltos_sorted_map_create(deltos_transaction *transaction, const char *name,
                                       const deltos_sorted_map_options *options, deltos_object **map,
                                       deltos_error *err) {
  return guard(err, [&]() -> Status {
    if (map != nullptr) *map = nullptr;
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_ASSIGN(const deltos_sorted_map_options known, read_struct(options));
    if (known.key < DELTOS_KEY_BYTES || known.key > DELTOS_KEY_U64)
      return fail(Code::invalid, "%d is not a kind of keys of sorted maps; use BYTES, UTF8 or U64", known.key);
    store::Transaction &changed = *transaction->transaction;
    return changed.all_or_nothing(
        [&] { return give(changed.create_map(name, static_cast<std::uint32_t>(known.key)), map); });
  });
}

deltos_status deltos_sorted_map_stat(const deltos_snapshot *snapshot, const deltos_object *map,
                                     deltos_sorted_map_info *info, deltos_error *err) {
  return guard(err, [&]() -> Status {
    if (snapshot != nullptr) DELTOS_TRY(check_handle(snapshot));
    DELTOS_TRY(check_map(map));
    DELTOS_TRY(check_output(info, "the facts"));
    DELTOS_TRY(check_struct_size(info));
    format::SortedMap state = map->sorted_map->opened();
    if (snapshot != nullptr) {
      DELTOS_ASSIGN(state, map->sorted_map->state(*snapshot->snapshot));
    }
    deltos_sorted_map_info known{};
    known.key = static_cast<std::int32_t>(state.key);
    known.count = state.count;
    known.key_bytes = state.key_bytes;
    known.value_bytes = state.value_bytes;
    known.long_values = state.long_values;
    known.objects = state.objects;
    known.height = state.height;
    return write_struct(known, info);
  });
}

deltos_status deltos_sorted_map_put(deltos_transaction *transaction, const deltos_object *map, const void *key,
                                    uint64_t key_size, const void *value, uint64_t value_size, uint8_t *replaced,
                                    deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_changing(transaction, map));
    const MapKey kind = key_of(*map->sorted_map);
    TreeKey tree_key;
    DELTOS_TRY(tree_key.set(kind, key, key_size));
    DELTOS_TRY(object::check_text_key(kind, tree_key.bytes()));
    DELTOS_ASSIGN(const Bytes bytes, value_given(value, value_size));
    DELTOS_ASSIGN(const bool there,
                  transaction->transaction->put_pair(map->sorted_map->id(), tree_key.bytes(), {bytes, 0}));
    give_optional<uint8_t>(replaced, there ? 1 : 0);
    return {};
  });
}

deltos_status deltos_sorted_map_put_object(deltos_transaction *transaction, const deltos_object *map, const void *key,
                                           uint64_t key_size, const deltos_object *value, uint8_t *replaced,
                                           deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_changing(transaction, map));
    DELTOS_TRY(check_belongs(transaction, value));
    const MapKey kind = key_of(*map->sorted_map);
    TreeKey tree_key;
    DELTOS_TRY(tree_key.set(kind, key, key_size));
    DELTOS_TRY(object::check_text_key(kind, tree_key.bytes()));
    const std::uint64_t id = value->object->record().id;
    DELTOS_ASSIGN(const auto found, transaction->snapshot.snapshot->find_id(id));
    if (!found)
      return fail(Code::not_found, "there is no object with id %llu any more", static_cast<unsigned long long>(id));
    DELTOS_ASSIGN(const bool there,
                  transaction->transaction->put_pair(map->sorted_map->id(), tree_key.bytes(), {{}, id}));
    give_optional<uint8_t>(replaced, there ? 1 : 0);
    return {};
  });
}

deltos_status deltos_sorted_map_put_many(deltos_transaction *transaction, const deltos_object *map,
                                         const deltos_column *keys, const deltos_column *values, uint64_t *added,
                                         deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_changing(transaction, map));
    const MapKey kind = key_of(*map->sorted_map);
    DELTOS_ASSIGN(GivenPairs given, pairs_given(kind, keys, values));
    DELTOS_ASSIGN(const std::uint64_t fresh, transaction->transaction->put_pairs(
                                                 map->sorted_map->id(), pairs_of(&given, kind), given.keys.count()));
    give_optional(added, fresh);
    return {};
  });
}

deltos_status deltos_sorted_map_load(deltos_transaction *transaction, const deltos_object *map,
                                     const deltos_column *keys, const deltos_column *values, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_changing(transaction, map));
    const MapKey kind = key_of(*map->sorted_map);
    DELTOS_ASSIGN(GivenPairs given, pairs_given(kind, keys, values));
    return transaction->transaction->append_pairs(map->sorted_map->id(), pairs_of(&given, kind), given.keys.count());
  });
}

deltos_status deltos_sorted_map_get(const deltos_snapshot *snapshot, const deltos_object *map, const void *key,
                                    uint64_t key_size, deltos_bytes *value, uint64_t *object_id, uint8_t *present,
                                    deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_reading(snapshot, map));
    TreeKey tree_key;
    DELTOS_TRY(tree_key.set(key_of(*map->sorted_map), key, key_size));
    DELTOS_ASSIGN(const auto found, map->sorted_map->read(*snapshot->snapshot, [&](const store::MapReader &reader) {
      return reader.get(tree_key.bytes());
    }));
    give_optional(value, found ? lent(*found) : deltos_bytes{nullptr, 0});
    give_optional(object_id, found ? found->object_id : 0);
    give_optional<uint8_t>(present, found ? 1 : 0);
    return {};
  });
}

deltos_status deltos_sorted_map_get_many(const deltos_snapshot *snapshot, const deltos_object *map,
                                         const deltos_column *keys, deltos_bytes *values, uint64_t *object_ids,
                                         uint8_t *present, uint64_t *hits, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_reading(snapshot, map));
    if (keys == nullptr) return fail(Code::invalid, "the column is NULL");
    DELTOS_ASSIGN(MapColumn column, MapColumn::keys(column_of(*keys), key_of(*map->sorted_map)));
    return map->sorted_map->read(*snapshot->snapshot, [&](const store::MapReader &reader) {
      return get_all(reader, column, values, object_ids, present, hits);
    });
  });
}

deltos_status deltos_sorted_map_remove(deltos_transaction *transaction, const deltos_object *map, const void *key,
                                       uint64_t key_size, uint8_t *removed, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_changing(transaction, map));
    TreeKey tree_key;
    DELTOS_TRY(tree_key.set(key_of(*map->sorted_map), key, key_size));
    DELTOS_ASSIGN(const bool there, transaction->transaction->remove_pair(map->sorted_map->id(), tree_key.bytes()));
    give_optional<uint8_t>(removed, there ? 1 : 0);
    return {};
  });
}

deltos_status deltos_sorted_map_remove_range(deltos_transaction *transaction, const deltos_object *map,
                                             const deltos_range *range, uint64_t *removed, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_changing(transaction, map));
    DELTOS_ASSIGN(const store::MapBounds bounds, bounds_given(key_of(*map->sorted_map), range));
    DELTOS_ASSIGN(const std::uint64_t gone, transaction->transaction->remove_pairs(map->sorted_map->id(), bounds));
    give_optional(removed, gone);
    return {};
  });
}

deltos_status deltos_sorted_map_find(const deltos_snapshot *snapshot, const deltos_object *map, int32_t which,
                                     const void *key, uint64_t key_size, deltos_pair *pair, uint8_t *present,
                                     deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_reading(snapshot, map));
    DELTOS_TRY(check_output(pair, "the pair"));
    DELTOS_TRY(check_output(present, "the answer"));
    if (which < DELTOS_FIND_FIRST || which > DELTOS_FIND_BELOW)
      return fail(Code::invalid, "%d is nothing to find; use FIRST to BELOW, 0 to 5", which);
    const MapKey kind = key_of(*map->sorted_map);
    TreeKey tree_key;
    if (which >= DELTOS_FIND_AT_LEAST) DELTOS_TRY(tree_key.set(kind, key, key_size));
    DELTOS_ASSIGN(const auto found, map->sorted_map->read(*snapshot->snapshot, [&](const store::MapReader &reader) {
      return object::find_pair(reader, static_cast<object::Find>(which), tree_key.bytes());
    }));
    deltos_pair shown{};
    if (found) DELTOS_TRY(show_pair(kind, *found, &shown));
    *pair = shown;
    if (found && kind == MapKey::u64) pair->key.data = &pair->number;
    *present = found ? 1 : 0;
    return {};
  });
}

deltos_status deltos_sorted_map_count(const deltos_snapshot *snapshot, const deltos_object *map,
                                      const deltos_range *range, uint64_t *count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_reading(snapshot, map));
    DELTOS_TRY(check_output(count, "the count"));
    DELTOS_ASSIGN(const store::MapBounds bounds, bounds_given(key_of(*map->sorted_map), range));
    if (bounds.all()) {
      DELTOS_ASSIGN(const format::SortedMap state, map->sorted_map->state(*snapshot->snapshot));
      *count = state.count;
      return {};
    }
    DELTOS_ASSIGN(*count, map->sorted_map->read(*snapshot->snapshot,
                                                [&](const store::MapReader &reader) { return reader.count(bounds); }));
    return {};
  });
}

deltos_status deltos_sorted_map_range(const deltos_snapshot *snapshot, const deltos_object *map,
                                      const deltos_range *range, deltos_cursor **cursor, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(cursor));
    DELTOS_TRY(check_reading(snapshot, map));
    DELTOS_ASSIGN(store::MapBounds bounds, bounds_given(key_of(*map->sorted_map), range));
    DELTOS_TRY(map->sorted_map->state(*snapshot->snapshot));
    *cursor = new deltos_cursor(std::make_unique<store::MapCursor>(
        map->sorted_map, snapshot->snapshot, std::move(bounds), range != nullptr && range->reverse != 0));
    return {};
  });
}

deltos_status deltos_cursor_next_pairs(deltos_cursor *cursor, deltos_pair *pairs, uint64_t capacity, uint64_t *count,
                                       deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_pair_cursor(cursor));
    DELTOS_TRY(check_output(pairs, "the pairs"));
    DELTOS_TRY(check_output(count, "the count"));
    if (capacity == 0) return fail(Code::invalid, "the capacity is 0; it must be at least 1");
    return next_pairs(cursor, pairs, capacity, count);
  });
}

deltos_status deltos_cursor_seek_pair(deltos_cursor *cursor, const void *key, uint64_t key_size, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_pair_cursor(cursor));
    TreeKey tree_key;
    DELTOS_TRY(tree_key.set(key_of(cursor->pairs->map()), key, key_size));
    return cursor->pairs->seek(tree_key.bytes());
  });
}
