// include/deltos/value.h
#include <deltos/value.h>

#include "capi/convert.hpp"
#include "capi/guard.hpp"
#include "value/json.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

Status check_value(const deltos_object *value) {
  DELTOS_TRY(check_handle(value));
  if (value->value) return {};
  return fail(Code::kind, "the object is not a value");
}

value::Item item_of(const deltos_item &given) {
  value::Item item;
  item.kind = static_cast<value::Kind>(given.kind);
  item.detail = given.detail;
  item.node = given.node;
  item.count = given.count;
  item.i64 = given.i64;
  item.u64 = given.u64;
  item.f64 = given.f64;
  item.data = static_cast<const std::byte *>(given.data);
  return item;
}

// A key as a reader would describe it: of what lies in a value only the node is asked for.
Status read_key(const deltos_item &key, const object::Value &keys, value::Item *item) {
  *item = item_of(key);
  if (value::is_container(item->kind) || item->kind == value::Kind::ndarray) return keys.reader().read(key.node, item);
  const bool text = item->kind == value::Kind::utf8 || item->kind == value::Kind::bytes;
  if ((text || item->kind == value::Kind::decimal) && item->data == nullptr && item->count != 0)
    return fail(Code::invalid, "the key's data is NULL");
  return {};
}

Status find(const deltos_object *value, uint64_t node, const deltos_item *key, const deltos_object *keys,
            deltos_item *found) {
  DELTOS_TRY(check_value(value));
  if (keys != nullptr) DELTOS_TRY(check_value(keys));
  DELTOS_TRY(check_output(found, "the item"));
  if (key == nullptr) return fail(Code::invalid, "the key is NULL");
  const object::Value &of_keys = keys != nullptr ? *keys->value : *value->value;
  value::Item wanted, item;
  DELTOS_TRY(read_key(*key, of_keys, &wanted));
  DELTOS_TRY(value->value->reader().find(node, wanted, &of_keys.reader(), &item));
  show_item(item, found);
  return {};
}

// invalid: a builder of something else.
Status check_value_builder(const deltos_builder *builder) {
  DELTOS_TRY(check_handle(builder));
  if (!builder->records) return {};
  return fail(Code::invalid, "the builder is not one of a value");
}

// So many at once: most calls ask for few, and each item is cleared first; a set of bits is counted through from its
// start each time.
template <std::size_t kAtOnce>
Status give_children(const value::Reader &reader, std::uint64_t node, std::uint64_t first, deltos_item *items,
                     std::uint64_t capacity, std::uint64_t *count) {
  value::Item of_node, found[kAtOnce];
  DELTOS_TRY(reader.read(node, &of_node));
  const std::uint64_t parts = of_node.kind == value::Kind::dict ? 2 : 1;
  std::uint64_t all = 0;
  for (std::uint64_t given = kAtOnce; given == kAtOnce; all += given) {
    const std::uint64_t room = std::min<std::uint64_t>(kAtOnce, capacity - all);
    DELTOS_TRY(reader.children(node, first + all / parts, found, room, &given));
    for (std::uint64_t i = 0; i < given; ++i) show_item(found[i], &items[all + i]);
  }
  *count = all;
  return {};
}

}  // namespace

deltos_status deltos_value_open_memory(const void *data, uint64_t size, deltos_release release, void *user,
                                       deltos_object **value, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(value));
    if (data == nullptr) return fail(Code::invalid, "the memory is NULL");
    const auto owner = std::make_shared<Foreign>(release, user);
    DELTOS_ASSIGN(object::Value::Pointer opened,
                  object::Value::in_memory({static_cast<const std::byte *>(data), size}, owner));
    *value = new deltos_object(std::move(opened));
    owner->arm();
    return {};
  });
}

deltos_status deltos_value_read(const deltos_object *value, uint64_t node, deltos_item *item, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_value(value));
    DELTOS_TRY(check_output(item, "the item"));
    value::Item found;
    DELTOS_TRY(value->value->reader().read(node, &found));
    show_item(found, item);
    return {};
  });
}

deltos_status deltos_value_children(const deltos_object *value, uint64_t node, uint64_t first, deltos_item *items,
                                    uint64_t capacity, uint64_t *count, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_value(value));
    DELTOS_TRY(check_array(items, capacity, count));
    constexpr std::size_t kFew = 8, kMany = 256;
    const value::Reader &reader = value->value->reader();
    return capacity <= kFew ? give_children<kFew>(reader, node, first, items, capacity, count)
                            : give_children<kMany>(reader, node, first, items, capacity, count);
  });
}

deltos_status deltos_value_find(const deltos_object *value, uint64_t node, const deltos_item *key,
                                const deltos_object *keys, deltos_item *found, deltos_error *err) {
  return guard_fast<find>(
      err,
      [=]() noexcept {
        if (keys != nullptr || value == nullptr || !value->mark.is(HandleType<deltos_object>::kMark) || !value->value ||
            key == nullptr || found == nullptr || key->kind != DELTOS_VALUE_UTF8 || key->data == nullptr) [[unlikely]]
          return false;
        value::Item item;
        const std::string_view text(static_cast<const char *>(key->data), key->count);
        if (!value->value->reader().find_text(node, text, &item)) return false;
        show_item(item, found);
        return true;
      },
      value, node, key, keys, found);
}

deltos_status deltos_value_view(const deltos_object *value, uint64_t node, int32_t flags, deltos_view **view,
                                deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(view));
    DELTOS_TRY(check_value(value));
    return give(value->value->view(node, flags), view);
  });
}

deltos_status deltos_value_hash(const deltos_object *value, uint64_t node, uint64_t *hash, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_value(value));
    DELTOS_TRY(check_output(hash, "the hash"));
    const value::Reader &reader = value->value->reader();
    value::Item item;
    DELTOS_TRY(reader.read(node, &item));
    std::uint64_t found = 0;
    DELTOS_TRY(value::Comparison(&reader, &reader).hash(value::Comparison::Side::a, item, &found));
    *hash = found;
    return {};
  });
}

deltos_status deltos_value_equal(const deltos_object *a, uint64_t node_a, const deltos_object *b, uint64_t node_b,
                                 uint8_t *equal, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_value(a));
    DELTOS_TRY(check_value(b));
    DELTOS_TRY(check_output(equal, "the answer"));
    value::Item left, right;
    DELTOS_TRY(a->value->reader().read(node_a, &left));
    DELTOS_TRY(b->value->reader().read(node_b, &right));
    bool same = false;
    DELTOS_TRY(value::Comparison(&a->value->reader(), &b->value->reader()).equal(left, right, &same));
    *equal = same ? 1 : 0;
    return {};
  });
}

deltos_status deltos_value_to_json(const deltos_object *value, uint64_t node, int32_t flags, char *text, uint64_t *size,
                                   deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_value(value));
    DELTOS_TRY(check_output(size, "the size"));
    if (text == nullptr && *size != 0) return fail(Code::invalid, "the memory is NULL, but its size is not 0");
    if ((flags & ~(value::kJsonIndent | value::kJsonAscii)) != 0)
      return fail(Code::invalid, "0x%x has flags other than DELTOS_JSON_INDENT and ASCII",
                  static_cast<unsigned>(flags));
    const std::uint64_t room = *size;
    std::uint64_t bytes = 0;
    DELTOS_TRY(value::write_json(value->value->reader(), node, flags, {text, static_cast<std::size_t>(room)}, &bytes));
    *size = bytes + 1;
    if (room <= bytes)
      return fail(Code::too_small, "the JSON takes %llu bytes with its NUL; there is room for %llu",
                  static_cast<unsigned long long>(*size), static_cast<unsigned long long>(room));
    text[bytes] = '\0';
    return {};
  });
}

deltos_status deltos_value_builder_begin(deltos_builder **builder, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(builder));
    *builder = new deltos_builder();
    return {};
  });
}

deltos_status deltos_value_builder_put(deltos_builder *builder, const deltos_item *items, uint64_t count,
                                       deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_value_builder(builder));
    if (items == nullptr && count != 0) return fail(Code::invalid, "the items are NULL");
    for (std::uint64_t i = 0; i < count; ++i) {
      const value::Item item = item_of(items[i]);
      DELTOS_TRY(builder->value.put({&item, 1}));
    }
    return {};
  });
}

deltos_status deltos_value_builder_put_view(deltos_builder *builder, const deltos_view *array, uint64_t node,
                                            deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_value_builder(builder));
    DELTOS_ASSIGN(const std::shared_ptr<const object::Memory> memory, memory_of(array, nullptr));
    return object::put_memory(builder->value, *memory, node);
  });
}

deltos_status deltos_value_builder_put_json(deltos_builder *builder, const char *text, uint64_t size,
                                            deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_value_builder(builder));
    if (text == nullptr) return fail(Code::invalid, "the text is NULL");
    return value::put_json(builder->value, {text, static_cast<std::size_t>(size)});
  });
}

deltos_status deltos_value_builder_pack(deltos_builder *builder, void *data, uint64_t *size, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_value_builder(builder));
    DELTOS_TRY(check_room(data, size));
    const std::uint64_t room = *size;
    DELTOS_ASSIGN(*size, builder->value.finish());
    DELTOS_TRY(check_fits(*size, room, "the value"));
    std::memcpy(data, builder->value.image().data(), static_cast<std::size_t>(*size));
    return {};
  });
}

deltos_status deltos_value_builder_store(deltos_builder *builder, deltos_transaction *transaction, const char *name,
                                         deltos_object **value, deltos_error *err) {
  return guard(err, [&]() -> Status {
    if (value != nullptr) *value = nullptr;
    DELTOS_TRY(check_value_builder(builder));
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(name, "name"));
    return transaction->transaction->all_or_nothing(
        [&] { return give(object::store_value(*transaction->transaction, name, builder->value), value); });
  });
}

void deltos_builder_release(deltos_builder **builder) {
  return guard_void([&] { release_handle(builder); });
}
