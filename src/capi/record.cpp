// include/deltos/record.h
#include <deltos/record.h>

#include "capi/build.hpp"
#include "capi/convert.hpp"
#include "capi/guard.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

Status check_record_table(const deltos_object *table) {
  DELTOS_TRY(check_handle(table));
  if (table->records) return {};
  return fail(Code::kind, "the object is not a record table");
}

Result<record::NewSlot> slot_of(const deltos_slot &given) {
  record::NewSlot slot;
  DELTOS_TRY(check_text(given.name, "name of a slot"));
  slot.name = given.name;
  slot.type = static_cast<record::Type>(given.type);
  slot.flags = given.flags;
  if (given.type == DELTOS_TYPE_FIXED) {
    auto format = element_type_of(given.format, given.dtype);
    if (!format.ok()) return fail(format.code(), "slot %s: %s", given.name, format.error().message.c_str());
    slot.format = std::move(format).value();
  }
  if (given.type == DELTOS_TYPE_RECORD) {
    DELTOS_TRY(check_handle(given.schema));
    slot.nested = given.schema->schema;
  } else if (given.schema != nullptr) {
    return fail(Code::invalid, "slot %s: only a RECORD has a schema", given.name);
  }
  return slot;
}

deltos_slot show(const record::Slot &slot) {
  deltos_slot shown{};
  shown.name = slot.name.c_str();
  if (slot.format) shown.format = slot.format->text.c_str();
  if (slot.nested) shown.format = slot.nested->facts().name.c_str();
  shown.type = static_cast<std::int32_t>(slot.type);
  shown.dtype = slot.format ? static_cast<std::int32_t>(slot.format->dtype) : DELTOS_DTYPE_OTHER;
  shown.flags = slot.flags;
  shown.parent = slot.parent;
  shown.valid_bit = slot.valid_bit;
  shown.null_bit = slot.null_bit;
  shown.offset = slot.offset;
  shown.size = slot.bytes;
  return shown;
}

Result<record::SchemaFacts> facts_of(const char *name, const deltos_schema_options *options) {
  DELTOS_ASSIGN(const deltos_schema_options known, read_struct(options));
  record::SchemaFacts facts;
  if (name != nullptr) facts.name = name;
  facts.version = known.version;
  facts.min_reader = known.min_reader;
  if (known.reserved != 0) return fail(Code::invalid, "reserved is %u; it must be 0", known.reserved);
  if (known.metadata == nullptr && known.metadata_size != 0)
    return fail(Code::invalid, "the metadata is NULL, but its size is not 0");
  if (known.metadata_size > record::kMaxMetadataBytes) {
    return fail(Code::limit, "the schema has %llu bytes of metadata; 65536 are possible",
                static_cast<unsigned long long>(known.metadata_size));
  }
  const auto *const bytes = static_cast<const std::byte *>(known.metadata);
  facts.metadata.assign(bytes, bytes + known.metadata_size);
  return facts;
}

Status give_schema(Result<record::SchemaPtr> made, deltos_schema **out) {
  if (!made.ok()) return std::move(made).error();
  *out = new deltos_schema(std::move(made).value());
  return {};
}

Status check_record_builder(const deltos_builder *builder) {
  DELTOS_TRY(check_handle(builder));
  if (builder->records) return {};
  return fail(Code::invalid, "the builder is not one of a record table");
}

Result<object::RecordTable::Pointer> open_in_memory(const void *data, std::uint64_t size,
                                                    std::shared_ptr<const void> owner) {
  if (data == nullptr) return fail(Code::invalid, "the memory is NULL");
  return object::RecordTable::in_memory({static_cast<const std::byte *>(data), size}, std::move(owner));
}

}  // namespace

// ---- schemas

deltos_status deltos_schema_make(const char *name, const deltos_slot *slots, uint64_t count,
                                 const deltos_schema_options *options, deltos_schema **schema, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(schema));
    if (slots == nullptr) return fail(Code::invalid, "the slots are NULL");
    if (count > record::kMaxSlots)
      return fail(Code::limit, "the schema has more than %llu slots",
                  static_cast<unsigned long long>(record::kMaxSlots));
    DELTOS_ASSIGN(record::SchemaFacts facts, facts_of(name, options));
    std::vector<record::NewSlot> made;
    for (std::uint64_t i = 0; i < count; ++i) {
      DELTOS_ASSIGN(record::NewSlot slot, slot_of(slots[i]));
      made.push_back(std::move(slot));
    }
    return give_schema(record::Schema::make(std::move(facts), std::move(made)), schema);
  });
}

deltos_status deltos_schema_of(const deltos_object *table, deltos_schema **schema, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(schema));
    DELTOS_TRY(check_record_table(table));
    return give_schema(table->records->reader().schema(), schema);
  });
}

deltos_status deltos_schema_stat(const deltos_schema *schema, deltos_schema_info *info, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(schema));
    const record::Schema &shown = *schema->schema;
    deltos_schema_info known{};
    known.version = shown.facts().version;
    known.min_reader = shown.facts().min_reader;
    known.presence_bits = shown.presence_bits();
    known.name = shown.facts().name.c_str();
    known.metadata = shown.facts().metadata.empty() ? nullptr : shown.facts().metadata.data();
    known.metadata_size = shown.facts().metadata.size();
    known.slots = shown.slots().size();
    known.row_bytes = shown.row_bytes();
    known.alignment = shown.alignment();
    known.presence_offset = shown.presence_offset();
    return write_struct(known, info);
  });
}

deltos_status deltos_schema_slots(const deltos_schema *schema, deltos_slot *slots, uint64_t capacity, uint64_t *count,
                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(schema));
    DELTOS_TRY(check_array(slots, capacity, count));
    return give_list(schema->schema->slots(), slots, capacity, count, show);
  });
}

deltos_status deltos_schema_find(const deltos_schema *schema, const char *name, int64_t *index, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(schema));
    DELTOS_TRY(check_text(name, "name"));
    DELTOS_TRY(check_output(index, "the index"));
    *index = schema->schema->find(name);
    return {};
  });
}

deltos_status deltos_schema_nested(const deltos_schema *schema, uint64_t slot, deltos_schema **nested,
                                   deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(nested));
    DELTOS_TRY(check_handle(schema));
    const auto &slots = schema->schema->slots();
    if (slot >= slots.size()) {
      return fail(Code::range, "there is no slot %llu; the schema has %zu", static_cast<unsigned long long>(slot),
                  slots.size());
    }
    if (!slots[slot].nested) return fail(Code::type, "slot %s is not a RECORD", schema->schema->path_of(slot).c_str());
    return give_schema(slots[slot].nested, nested);
  });
}

deltos_status deltos_schema_check(const deltos_schema *reader, const deltos_schema *writer, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(reader));
    DELTOS_TRY(check_handle(writer));
    return record::check_readable(*reader->schema, *writer->schema);
  });
}

deltos_status deltos_schema_pack(const deltos_schema *schema, void *data, uint64_t *size, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(schema));
    DELTOS_TRY(check_room(data, size));
    DELTOS_ASSIGN(const std::vector<std::byte> image, schema->schema->pack());
    const std::uint64_t room = *size;
    *size = image.size();
    DELTOS_TRY(check_fits(image.size(), room, "the schema"));
    std::memcpy(data, image.data(), image.size());
    return {};
  });
}

deltos_status deltos_schema_unpack(const void *data, uint64_t size, deltos_schema **schema, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(schema));
    if (data == nullptr) return fail(Code::invalid, "the memory is NULL");
    return give_schema(record::Schema::unpack({static_cast<const std::byte *>(data), size}), schema);
  });
}

void deltos_schema_release(deltos_schema **schema) {
  return guard_void([&] { release_handle(schema); });
}

// ---- building

deltos_status deltos_record_table_begin(deltos_transaction *transaction, const char *name, const deltos_schema *schema,
                                        const deltos_record_table_options *options, deltos_builder **builder,
                                        deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(builder));
    DELTOS_TRY(check_handle(schema));
    DELTOS_ASSIGN(std::unique_ptr<deltos_builder> begun, begin_records(transaction, name, schema->schema, options));
    *builder = begun.release();
    return {};
  });
}

deltos_status deltos_record_table_add(deltos_builder *builder, const deltos_column *columns,
                                      const uint8_t *const *presence, uint64_t slot_count, uint64_t rows,
                                      deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_record_builder(builder));
    std::vector<record::Column> given;
    DELTOS_ASSIGN(const record::GivenRows all,
                  rows_of(*builder->records->schema(), columns, presence, slot_count, rows, &given));
    return builder->records->add(all);
  });
}

deltos_status deltos_record_table_finish(deltos_builder *builder, deltos_object **table, deltos_error *err) {
  return guard(err, [&]() -> Status {
    if (table != nullptr) *table = nullptr;
    DELTOS_TRY(check_record_builder(builder));
    if (builder->name.empty())
      return fail(Code::invalid, "the record table was begun without a transaction, or has been stored; pack it");
    const std::shared_ptr<store::Transaction> transaction = builder->transaction.lock();
    if (!transaction)
      return fail(Code::stale, "the transaction is over that the record table was begun in; begin it in another one");
    DELTOS_TRY(transaction->all_or_nothing(
        [&] { return give(object::store_record_table(*transaction, builder->name, *builder->records), table); }));
    builder->name.clear();
    return {};
  });
}

deltos_status deltos_record_table_pack(deltos_builder *builder, void *data, uint64_t *size, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_record_builder(builder));
    DELTOS_TRY(check_room(data, size));
    DELTOS_ASSIGN(const std::uint64_t bytes, builder->records->finish());
    return pack_image(
        bytes, [&](const record::Sink &sink) { return builder->records->write(sink); }, data, size, "the record table");
  });
}

// ---- reading

deltos_status deltos_record_table_open_memory(const void *data, uint64_t size, deltos_release release, void *user,
                                              deltos_object **table, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(table));
    const auto owner = std::make_shared<Foreign>(release, user);
    DELTOS_ASSIGN(object::RecordTable::Pointer opened, open_in_memory(data, size, owner));
    *table = new deltos_object(std::move(opened));
    owner->arm();
    return {};
  });
}

deltos_status deltos_record_table_stat(const deltos_object *table, deltos_record_table_info *info, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_record_table(table));
    const record::Reader &reader = table->records->reader();
    deltos_record_table_info known{};
    known.layout = static_cast<std::int32_t>(reader.layout());
    known.rows = reader.rows();
    known.slots = reader.schema()->slots().size();
    known.row_bytes = reader.row_bytes();
    known.heap_bytes = reader.heap_bytes();
    known.image_bytes = reader.image().size();
    known.sealed = !table->object || table->object->immutable() ? 1 : 0;
    known.writable = reader.schema()->has_writable() && table->object && can_be_written(*table->object) ? 1 : 0;
    return write_struct(known, info);
  });
}

deltos_status deltos_record_table_read(const deltos_object *table, uint64_t row, uint64_t slot, deltos_item *item,
                                       deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_record_table(table));
    DELTOS_TRY(check_output(item, "the item"));
    value::Item found;
    DELTOS_TRY(table->records->reader().read(row, slot, &found));
    show_item(found, item);
    return {};
  });
}

deltos_status deltos_record_table_value(const deltos_object *table, uint64_t row, uint64_t slot, deltos_object **value,
                                        deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(value));
    DELTOS_TRY(check_record_table(table));
    DELTOS_ASSIGN(object::Value::Pointer found, table->records->value(row, slot));
    if (found) *value = new deltos_object(std::move(found));
    return {};
  });
}

deltos_status deltos_record_table_rows(const deltos_object *table, int32_t flags, deltos_view **view,
                                       deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(view));
    DELTOS_TRY(check_record_table(table));
    return give(table->records->rows(table->object.get(), flags), view);
  });
}

deltos_status deltos_record_table_heap(const deltos_object *table, int32_t flags, deltos_view **view,
                                       deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(view));
    DELTOS_TRY(check_record_table(table));
    return give(table->records->heap(table->object.get(), flags), view);
  });
}

deltos_status deltos_record_table_column(const deltos_object *table, uint64_t slot, int32_t flags, deltos_view **view,
                                         deltos_view **offsets, deltos_error *err) {
  return guard(err, [&]() -> Status {
    if (offsets != nullptr) *offsets = nullptr;
    DELTOS_TRY(check_handle_output(view));
    DELTOS_TRY(check_record_table(table));
    const object::RecordTable &records = *table->records;
    DELTOS_ASSIGN(object::View shown, records.column(table->object.get(), slot, flags));
    if (offsets == nullptr || !records.has_offsets(slot)) return give(std::move(shown), view);
    DELTOS_ASSIGN(object::View ends, records.offsets(table->object.get(), slot, flags | DELTOS_VIEW_ND));
    auto first = std::make_unique<ViewHandle>(std::move(shown));
    *offsets = &(new ViewHandle(std::move(ends)))->fields;
    *view = &first.release()->fields;
    return {};
  });
}

deltos_status deltos_record_table_presence(const deltos_object *table, uint64_t slot, int32_t which, int32_t flags,
                                           deltos_view **view, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(view));
    DELTOS_TRY(check_record_table(table));
    if (which != DELTOS_PRESENCE_VALID && which != DELTOS_PRESENCE_NULL)
      return fail(Code::invalid, "%d are no presence bits; use VALID or NULL", which);
    DELTOS_ASSIGN(std::optional<object::View> shown,
                  table->records->presence(table->object.get(), slot, which == DELTOS_PRESENCE_NULL, flags));
    return shown ? give(*std::move(shown), view) : Status();
  });
}

deltos_status deltos_record_table_verify(const deltos_object *table, deltos_progress progress, void *user,
                                         deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_record_table(table));
    return table->records->reader().verify(ask_of(progress, user, "a record table"));
  });
}
