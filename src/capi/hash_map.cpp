// include/deltos/hash_map.h: reading and storing. Building is in hash_map_build.cpp.
#include <deltos/hash_map.h>

#include "capi/build.hpp"
#include "capi/convert.hpp"
#include "capi/guard.hpp"
#include "map/columns.hpp"
#include "map/verify.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

Status check_hash_map(const deltos_object *map) {
  DELTOS_TRY(check_handle(map));
  if (map->hash_map) return {};
  return fail(Code::kind, "the object is not a hash map");
}

Status check_key(const void *key, std::uint64_t size) {
  if (key != nullptr || size == 0) return {};
  return fail(Code::invalid, "the key is NULL, but its size is not 0");
}

Bytes bytes_at(const void *data, std::uint64_t size) {
  return {static_cast<const std::byte *>(data), static_cast<std::size_t>(size)};
}

void show_entry(const map::Entry &entry, deltos_map_entry *out) {
  out->key = {entry.key.data(), entry.key.size()};
  out->value = {entry.value, entry.value_bytes};
  out->number = entry.number;
  out->count = entry.count;
  out->run = entry.run;
}

map::Entry entry_of(const deltos_map_entry &given) {
  map::Entry entry;
  entry.key = bytes_at(given.key.data, given.key.size);
  entry.value = static_cast<const std::byte *>(given.value.data);
  entry.value_bytes = given.value.size;
  entry.number = given.number;
  entry.count = given.count;
  entry.run = given.run;
  return entry;
}

Result<record::Column> keys_of(const deltos_object *map, const deltos_column *keys) {
  DELTOS_TRY(check_hash_map(map));
  if (keys == nullptr) return fail(Code::invalid, "the column of keys is NULL");
  return column_of(*keys);
}

Status check_numbers(const deltos_object *map) {
  if (map->hash_map->reader().kinds().numbers()) return {};
  return fail(Code::type, "the values of this map are not numbers; get them as bytes");
}

// What a look-up finds, when all is as it should be: nothing is said otherwise.
bool is_sound(const deltos_object *map, const void *key, std::uint64_t size) noexcept {
  return map != nullptr && map->mark.is(HandleType<deltos_object>::kMark) && map->hash_map &&
         (key != nullptr || size == 0);
}
bool find_fast(const deltos_object *map, const void *key, std::uint64_t size, map::Entry *entry) noexcept {
  return is_sound(map, key, size) && map->hash_map->reader().find_fast(bytes_at(key, size), entry);
}

Status find_entry(const deltos_object *map, const void *key, std::uint64_t size, map::Entry *entry) {
  DELTOS_TRY(check_hash_map(map));
  DELTOS_TRY(check_key(key, size));
  return map->hash_map->reader().find(bytes_at(key, size), entry);
}

Status find(const deltos_object *map, const void *key, std::uint64_t size, deltos_map_entry *entry) {
  DELTOS_TRY(check_output(entry, "the entry"));
  map::Entry found;
  DELTOS_TRY(find_entry(map, key, size, &found));
  show_entry(found, entry);
  return {};
}

Status get(const deltos_object *map, const void *key, std::uint64_t size, deltos_bytes *value) {
  DELTOS_TRY(check_output(value, "the value"));
  map::Entry found;
  DELTOS_TRY(find_entry(map, key, size, &found));
  *value = {found.value, found.value_bytes};
  return {};
}

Status get_number(const deltos_object *map, const void *key, std::uint64_t size, std::uint64_t *number,
                  std::uint8_t *present) {
  DELTOS_TRY(check_output(number, "the number"));
  DELTOS_TRY(check_output(present, "the answer"));
  DELTOS_TRY(check_hash_map(map));
  DELTOS_TRY(check_numbers(map));
  map::Entry found;
  DELTOS_TRY(find_entry(map, key, size, &found));
  *number = found.number;
  *present = found.count != 0 ? 1 : 0;
  return {};
}

Result<object::HashMap::Pointer> open_in_memory(const void *data, std::uint64_t size,
                                                std::shared_ptr<const void> owner) {
  if (data == nullptr) return fail(Code::invalid, "the memory is NULL");
  return object::HashMap::in_memory(bytes_at(data, size), std::move(owner));
}

}  // namespace

deltos_status deltos_hash_map_finish(deltos_builder *builder, deltos_transaction *transaction, const char *name,
                                     uint32_t flags, deltos_object **map, deltos_error *err) {
  return guard(err, [&]() -> Status {
    if (map != nullptr) *map = nullptr;
    DELTOS_TRY(check_map_builder(builder));
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(name, "name"));
    if ((flags & ~std::uint32_t{DELTOS_HASH_MAP_REPLACE}) != 0)
      return fail(Code::invalid, "0x%x is not a flag of deltos_hash_map_finish()", flags);
    const bool replace = (flags & DELTOS_HASH_MAP_REPLACE) != 0;
    // Before the long part, so that nobody waits for hours to learn that the name was taken.
    if (!replace) DELTOS_TRY(transaction->transaction->check_free(name));
    return give(object::store_hash_map(*transaction->transaction, name, *builder->map, replace), map);
  });
}

deltos_status deltos_hash_map_open_memory(const void *data, uint64_t size, deltos_release release, void *user,
                                          deltos_object **map, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(map));
    const auto owner = std::make_shared<Foreign>(release, user);
    DELTOS_ASSIGN(object::HashMap::Pointer opened, open_in_memory(data, size, owner));
    *map = new deltos_object(std::move(opened));
    owner->arm();
    return {};
  });
}

deltos_status deltos_hash_map_stat(const deltos_object *map, deltos_hash_map_info *info, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_hash_map(map));
    const map::Reader &reader = map->hash_map->reader();
    deltos_hash_map_info known{};
    known.key = static_cast<std::int32_t>(reader.kinds().key);
    known.value = static_cast<std::int32_t>(reader.kinds().value);
    known.shape = static_cast<std::int32_t>(reader.kinds().shape);
    known.keys = reader.head().keys;
    known.pairs = reader.head().pairs;
    known.index_bytes = reader.head().directory.bytes;
    known.image_bytes = reader.head().bytes;
    return write_struct(known, info);
  });
}

deltos_status deltos_hash_map_find(const deltos_object *map, const void *key, uint64_t size, deltos_map_entry *entry,
                                   deltos_error *err) {
  return guard_fast<find>(
      err,
      [=]() noexcept {
        map::Entry found;
        if (entry == nullptr || !find_fast(map, key, size, &found)) return false;
        show_entry(found, entry);
        return true;
      },
      map, key, size, entry);
}

deltos_status deltos_hash_map_get(const deltos_object *map, const void *key, uint64_t size, deltos_bytes *value,
                                  deltos_error *err) {
  return guard_fast<get>(
      err,
      [=]() noexcept {
        map::Entry found;
        if (value == nullptr || !find_fast(map, key, size, &found)) return false;
        *value = {found.value, found.value_bytes};
        return true;
      },
      map, key, size, value);
}

deltos_status deltos_hash_map_get_number(const deltos_object *map, const void *key, uint64_t size, uint64_t *number,
                                         uint8_t *present, deltos_error *err) {
  return guard_fast<get_number>(
      err,
      [=]() noexcept {
        if (number == nullptr || present == nullptr || !is_sound(map, key, size)) return false;
        const map::Reader &reader = map->hash_map->reader();
        bool there = false;
        if (reader.find_number(bytes_at(key, size), number, &there)) {
          *present = there ? 1 : 0;
          return true;
        }
        map::Entry found;
        if (!reader.find_fast(bytes_at(key, size), &found) || !reader.kinds().numbers()) return false;
        *number = found.number;
        *present = found.count != 0 ? 1 : 0;
        return true;
      },
      map, key, size, number, present);
}

deltos_status deltos_hash_map_find_many(const deltos_object *map, const deltos_column *keys, deltos_map_entry *entries,
                                        uint8_t *present, uint64_t *hits, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_ASSIGN(const record::Column column, keys_of(map, keys));
    std::uint64_t found = 0;
    DELTOS_TRY(map->hash_map->reader().find_many(column, [&](std::uint64_t i, const map::Entry &entry) {
      if (entries != nullptr) show_entry(entry, &entries[i]);
      if (present != nullptr) present[i] = entry.count != 0 ? 1 : 0;
      found += entry.count != 0 ? 1 : 0;
    }));
    if (hits != nullptr) *hits = found;
    return {};
  });
}

deltos_status deltos_hash_map_get_many(const deltos_object *map, const deltos_column *keys, deltos_bytes *values,
                                       uint64_t *hits, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_ASSIGN(const record::Column column, keys_of(map, keys));
    if (values == nullptr && column.count > 0) return fail(Code::invalid, "the place for the values is NULL");
    std::uint64_t found = 0;
    DELTOS_TRY(map->hash_map->reader().find_many(column, [&](std::uint64_t i, const map::Entry &entry) {
      values[i] = {entry.value, entry.value_bytes};
      found += entry.count != 0 ? 1 : 0;
    }));
    if (hits != nullptr) *hits = found;
    return {};
  });
}

deltos_status deltos_hash_map_get_many_numbers(const deltos_object *map, const deltos_column *keys, uint64_t absent,
                                               uint64_t *numbers, uint8_t *present, uint64_t *hits, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_ASSIGN(const record::Column column, keys_of(map, keys));
    DELTOS_TRY(check_numbers(map));
    if (numbers == nullptr && column.count > 0) return fail(Code::invalid, "the place for the numbers is NULL");
    std::uint64_t found = 0;
    DELTOS_TRY(map->hash_map->reader().find_many(column, [&](std::uint64_t i, const map::Entry &entry) {
      const bool there = entry.count != 0;
      numbers[i] = there ? entry.number : absent;
      if (present != nullptr) present[i] = there ? 1 : 0;
      found += there ? 1 : 0;
    }));
    if (hits != nullptr) *hits = found;
    return {};
  });
}

deltos_status deltos_hash_map_values(const deltos_object *map, const deltos_map_entry *entry, uint64_t first,
                                     deltos_bytes *values, uint64_t capacity, uint64_t *count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_hash_map(map));
    DELTOS_TRY(check_output(entry, "the entry"));
    DELTOS_TRY(check_array(values, capacity, count));
    const map::Entry of = entry_of(*entry);
    Bytes found[64];
    std::uint64_t all = 0;
    for (std::uint64_t given = std::size(found); given == std::size(found) && all < capacity; all += given) {
      const std::uint64_t room = std::min<std::uint64_t>(std::size(found), capacity - all);
      DELTOS_TRY(map->hash_map->reader().values(of, first + all, found, room, &given));
      for (std::uint64_t i = 0; i < given; ++i) values[all + i] = {found[i].data(), found[i].size()};
    }
    *count = all;
    return {};
  });
}

deltos_status deltos_hash_map_numbers(const deltos_object *map, const deltos_map_entry *entry, uint64_t first,
                                      uint64_t *numbers, uint64_t capacity, uint64_t *count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_hash_map(map));
    DELTOS_TRY(check_output(entry, "the entry"));
    DELTOS_TRY(check_array(numbers, capacity, count));
    return map->hash_map->reader().numbers(entry_of(*entry), first, numbers, capacity, count);
  });
}

deltos_status deltos_hash_map_value(const deltos_object *map, const deltos_map_entry *entry, uint64_t index,
                                    deltos_object **value, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(value));
    DELTOS_TRY(check_hash_map(map));
    DELTOS_TRY(check_output(entry, "the entry"));
    DELTOS_ASSIGN(object::Value::Pointer opened, map->hash_map->value(entry_of(*entry), index));
    *value = new deltos_object(std::move(opened));
    return {};
  });
}

deltos_status deltos_hash_map_entries(const deltos_object *map, uint64_t *position, deltos_map_entry *entries,
                                      uint64_t capacity, uint64_t *count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_hash_map(map));
    DELTOS_TRY(check_output(position, "the position"));
    DELTOS_TRY(check_array(entries, capacity, count));
    map::Entry found[64];
    std::uint64_t at = *position, all = 0;
    for (std::uint64_t given = 1; given > 0 && all < capacity; all += given) {
      const std::uint64_t room = std::min<std::uint64_t>(std::size(found), capacity - all);
      DELTOS_TRY(map->hash_map->reader().entries(&at, found, room, &given));
      for (std::uint64_t i = 0; i < given; ++i) show_entry(found[i], &entries[all + i]);
    }
    *position = at;
    *count = all;
    return {};
  });
}

deltos_status deltos_hash_map_order(const deltos_object *map, uint64_t *positions, uint64_t capacity, uint64_t *count,
                                    deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_hash_map(map));
    DELTOS_TRY(check_array(positions, capacity, count));
    const map::Reader &reader = map->hash_map->reader();
    *count = reader.head().keys;
    if (capacity < *count) {
      return fail(Code::too_small, "there is room for %llu positions; the map has %llu keys",
                  static_cast<unsigned long long>(capacity), static_cast<unsigned long long>(*count));
    }
    DELTOS_ASSIGN(const std::vector<std::uint64_t> order, reader.order());
    std::copy(order.begin(), order.end(), positions);
    *count = order.size();
    return {};
  });
}

deltos_status deltos_hash_map_column(const deltos_object *map, int32_t which, int32_t flags, deltos_view **view,
                                     deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(view));
    DELTOS_TRY(check_hash_map(map));
    if (which != DELTOS_MAP_COLUMN_KEYS && which != DELTOS_MAP_COLUMN_VALUES)
      return fail(Code::invalid, "%d is not a column of a hash map; use KEYS or VALUES", which);
    return give(map->hash_map->column(which == DELTOS_MAP_COLUMN_KEYS, flags), view);
  });
}

deltos_status deltos_hash_map_records(const deltos_object *map, deltos_object **table, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(table));
    DELTOS_TRY(check_hash_map(map));
    if (!map->hash_map->records()) return fail(Code::type, "the values of this map are not RECORD");
    *table = new deltos_object(map->hash_map->records());
    return {};
  });
}

deltos_status deltos_hash_map_verify(const deltos_object *map, deltos_progress progress, void *user,
                                     deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_hash_map(map));
    return map::verify(map->hash_map->reader().image(), ask_of(progress, user, "a hash map"));
  });
}
