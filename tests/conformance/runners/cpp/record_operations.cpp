// The operations of the corpus on schemas and record tables.
#include <cstring>
#include <deque>

#include "operations.hpp"
#include "trees.hpp"

namespace conformance {
namespace {

const Words<deltos::PresenceBits> kBits{{"valid", deltos::PresenceBits::valid}, {"null", deltos::PresenceBits::null}};

using LentTable = Lent<deltos::RecordTable>;

// A slot by number, or by name.
std::uint64_t slot_of(const deltos::Schema &schema, const Json &step) {
  if (!step.at("slot").is_string()) return step.at("slot").get<std::uint64_t>();
  if (const auto found = schema.find(text(step, "slot"))) return *found;
  throw Mismatch("there is no slot " + text(step, "slot"));
}
std::uint64_t slot_of(const LentTable &table, const Json &step) { return slot_of(table->schema(), step); }
std::uint64_t row_of(const Json &step) { return step.at("row").get<std::uint64_t>(); }

deltos::RecordOptions options_of(const Json &step) {
  deltos::RecordOptions options;
  options.layout = number_of(kLayouts, word(step, "layout", "rows"));
  options.memory_bytes = step.value("memory_bytes", std::uint64_t{0});
  return options;
}

Json flags_as_words(deltos::SlotFlags flags) {
  Json words = Json::array();
  for (const char *flag : {"nullable", "optional", "writable", "utc"}) {
    if ((flags & kSlotFlags.at(flag)) != deltos::SlotFlags::none) words.push_back(flag);
  }
  return words;
}

// A view with flags that RecordTable does not take: these are always to read.
template <class Call>
deltos::View raw_view(const Json &step, const Call &call) {
  const auto flags = static_cast<std::int32_t>(flags_of(step, kRequests, deltos::Request::full_ro));
  deltos_view *view = nullptr;
  deltos_error error;
  if (call(flags, &view, &error) != DELTOS_OK) throw deltos::Exception(deltos::Error(error));
  return deltos::View(view);
}

// Columns as RecordColumns never makes them.
void add_raw_columns(const Json &step, const deltos::RecordBuilder &builder) {
  const auto rows = step.at("rows").get<std::uint64_t>();
  RawColumns raw;
  std::vector<deltos_column> columns;
  std::vector<const std::uint8_t *> presence;
  for (const Json &written : step.at("columns")) columns.push_back(raw.made(written, rows));
  for (const Json &states : step.value("presence", Json::array())) {
    const void *const told = states.is_null() ? nullptr : raw.kept(bytes_of(states));
    presence.push_back(static_cast<const std::uint8_t *>(told));
  }
  deltos_error error;
  if (deltos_record_table_add(builder.get(), columns.data(), presence.empty() ? nullptr : presence.data(),
                              columns.size(), rows, &error) != DELTOS_OK)
    throw deltos::Exception(deltos::Error(error));
}

// What Arrow is given, released at the end.
template <class Given>
struct Released {
  Given given{};
  ~Released() {
    if (given.release != nullptr) given.release(&given);
  }
};

// The columns below a struct, depth first.
void list_columns(const ArrowSchema &type, const ArrowArray &data, std::vector<Json> *columns) {
  for (std::int64_t i = 0; i < type.n_children; ++i) {
    const ArrowSchema &inner = *type.children[i];
    columns->push_back({{"name", inner.name == nullptr ? "" : inner.name},
                        {"format", inner.format},
                        {"nullable", (inner.flags & ARROW_FLAG_NULLABLE) != 0},
                        {"nulls", data.children[i]->null_count}});
    list_columns(inner, *data.children[i], columns);
  }
}

// Compares each of a list of expectations with what came.
void expect_each(const Json &expected, const std::vector<Json> &actual, const char *what) {
  if (expected.size() != actual.size())
    throw Mismatch("expected " + std::to_string(expected.size()) + " " + what + ", got " + shown(actual));
  for (std::size_t i = 0; i < actual.size(); ++i) expect(expected.at(i), actual[i]);
}

}  // namespace

// Schemas

// One that has a name stays where it is; one that is written is made, and goes with the last who uses it.
std::shared_ptr<const deltos::Schema> Operations::any_schema(const Json &step) {
  const Json &written = step.at("schema");
  if (written.is_object()) return std::make_shared<const deltos::Schema>(made_schema(written));
  return {std::shared_ptr<void>(), &the<deltos::Schema>(step, "schema")};
}

void Operations::make_schema(const Json &step) { name(step, made_schema(step.at("schema"))); }

void Operations::schema_of(const Json &step) {
  deltos::Schema schema = LentTable(any_object(step, "table"))->schema();
  name(step, std::move(schema));
}

void Operations::schema_info(const Json &step) {
  const deltos::SchemaInfo info = the<deltos::Schema>(step, "schema").info();
  expect(step, {{"name", info.name},
                {"version", info.version},
                {"min_reader", info.min_reader},
                {"slot_count", info.slots},
                {"row_bytes", info.row_bytes},
                {"alignment", info.alignment},
                {"presence_offset", info.presence_offset},
                {"presence_bits", info.presence_bits}});
  if (step.contains("metadata")) expect_bytes(bytes_of(step.at("metadata")), info.metadata);
}

void Operations::schema_slots(const Json &step) {
  std::vector<Json> slots;
  for (const deltos::Slot &slot : the<deltos::Schema>(step, "schema").slots()) {
    slots.push_back({{"name", slot.name},
                     {"type", word_of(kSlotTypes, slot.type)},
                     {"format", slot.format},
                     {"dtype", word_of(kDtypes, slot.dtype)},
                     {"flags", flags_as_words(slot.flags)},
                     {"parent", slot.parent},
                     {"offset", slot.offset},
                     {"size", slot.size},
                     {"valid_bit", slot.valid_bit},
                     {"null_bit", slot.null_bit}});
  }
  expect_each(step.at("slots"), slots, "slots");
}

void Operations::find_slot(const Json &step) {
  const auto found = the<deltos::Schema>(step, "schema").find(text(step, "name"));
  expect(step, {{"slot", found ? static_cast<std::int64_t>(*found) : -1}});
}

void Operations::nested_schema(const Json &step) {
  const deltos::Schema &schema = the<deltos::Schema>(step, "schema");
  deltos::Schema nested = schema.nested(slot_of(schema, step));
  name(step, std::move(nested));
}

void Operations::check_schema(const Json &step) {
  the<deltos::Schema>(step, "schema").check(the<deltos::Schema>(step, "writer"));
}

void Operations::pack_schema(const Json &step) {
  Bytes packed = the<deltos::Schema>(step, "schema").pack();
  if (step.contains("value")) expect_tree(step.at("value"), root_of(open_copy(&deltos_value_open_memory, packed, 0)));
  packed.insert(packed.begin(), std::byte{0});  // so that the schema begins at no multiple of 2
  name(step, deltos::Schema::unpack({packed.data() + 1, packed.size() - 1}));
}

void Operations::unpack_schema(const Json &step) {
  if (step.contains("data")) return name(step, deltos::Schema::unpack(bytes_of(step.at("data"))));
  const deltos::Packed packed = built(step.at("value")).pack();
  name(step, deltos::Schema::unpack(packed.bytes()));
}

// Building

Records Operations::begun(const Json &step) {
  const std::shared_ptr<const deltos::Schema> schema = any_schema(step);
  if (!step.contains("transaction")) return {deltos::RecordBuilder::in_memory(*schema, options_of(step)), schema};
  deltos::Transaction &transaction = the<deltos::Transaction>(step, "transaction");
  return {transaction.begin_records(text(step, "name"), *schema, options_of(step)), schema};
}

// Stores the table, or packs and opens it, by the way in which it was begun.
deltos::Object Operations::ended(const Json &step, Records &records) {
  if (step.contains("transaction")) return records.builder.finish();
  return open_copy(&deltos_record_table_open_memory, records.builder.pack(), 0);
}

void Operations::begin_records(const Json &step) { name(step, begun(step)); }

void Operations::add_rows(const Json &step) {
  for (auto times = step.value("times", 1); times > 0; --times)
    add_rows_to(the<Records>(step, "builder"), step.at("rows"));
}

void Operations::add_columns(const Json &step) { add_raw_columns(step, the<Records>(step, "builder").builder); }

void Operations::finish_records(const Json &step) {
  deltos::Object table = the<Records>(step, "builder").builder.finish();
  name(step, std::move(table));
}

void Operations::pack_records(const Json &step) {
  Bytes packed = the<Records>(step, "builder").builder.pack();
  expect(step, {{"size", packed.size()}});
  if (!step.contains("as")) return;
  damage(step, packed);
  name(step, open_copy(&deltos_record_table_open_memory, packed, step.value("at", std::size_t{0})));
}

void Operations::put_records(const Json &step) {
  Records records = begun(step);
  for (auto times = step.value("times", 1); times > 0; --times) add_rows_to(records, step.at("rows"));
  name(step, ended(step, records));
}

void Operations::unpack_records(const Json &step) {
  name(step, open_copy(&deltos_record_table_open_memory, bytes_of(step.at("data")), step.value("at", std::size_t{0})));
}

// Reading

void Operations::open_records(const Json &step) {
  if (const auto *storage = std::get_if<deltos::Storage>(&named(step, "from")))
    return name(step, deltos::Object(storage->records(text(step, "name"))));
  name(step, deltos::Object(reader(step).records(text(step, "name"))));
}

void Operations::records_info(const Json &step) {
  const deltos::RecordTableInfo info = LentTable(any_object(step, "table"))->table_info();
  expect(step, {{"layout", word_of(kLayouts, info.layout)},
                {"rows", info.rows},
                {"slot_count", info.slots},
                {"row_bytes", info.row_bytes},
                {"heap_bytes", info.heap_bytes},
                {"image_bytes", info.image_bytes},
                {"sealed", info.sealed},
                {"writable", info.writable}});
}

void Operations::read_cell(const Json &step) {
  const LentTable table(any_object(step, "table"));
  const std::uint64_t slot = slot_of(table, step);
  if (!step.contains("cell")) return static_cast<void>(table->cell(row_of(step), slot));
  expect_cell(*table, table->schema().slots(), row_of(step), slot, step.at("cell"));
}

void Operations::read_rows(const Json &step) {
  const LentTable table(any_object(step, "table"));
  const Json &rows = step.at("rows");
  const std::vector<deltos::Slot> slots = table->schema().slots();
  const std::uint64_t count = table->table_info().rows;
  if (count != rows.size() * step.value("times", std::size_t{1})) throw differ("rows", rows.size(), count);
  for (std::uint64_t row = 0; row < count; ++row) expect_row(*table, slots, row, rows.at(row % rows.size()));
}

void Operations::cell_value(const Json &step) {
  const auto read = [&] {
    const LentTable table(any_object(step, "table"));
    return table->value(row_of(step), slot_of(table, step));
  };
  std::optional<deltos::Value> value = read();
  if (value.has_value() == step.contains("absent")) throw differ("absent", step.contains("absent"), !value);
  if (value) return name(step, deltos::Object(std::move(*value)));
}

void Operations::records_rows(const Json &step) {
  const auto *const table = any_object(step, "table").get();
  name(step, raw_view(step, [&](std::int32_t flags, deltos_view **view, deltos_error *err) {
         return deltos_record_table_rows(table, flags, view, err);
       }));
}

void Operations::records_heap(const Json &step) {
  const auto *const table = any_object(step, "table").get();
  name(step, raw_view(step, [&](std::int32_t flags, deltos_view **view, deltos_error *err) {
         return deltos_record_table_heap(table, flags, view, err);
       }));
}

void Operations::records_column(const Json &step) {
  const auto *const table = any_object(step, "table").get();
  const std::uint64_t slot = slot_of(LentTable(any_object(step, "table")), step);
  if (!step.contains("offsets_as")) {
    const deltos::Request request = flags_of(step, kRequests, deltos::Request::full_ro);
    deltos::View view = LentTable(any_object(step, "table"))->column(slot, request);
    return name(step, std::move(view));
  }
  // TextColumn is made of both; here each goes its own way.
  deltos_view *offsets = nullptr;
  name(step, raw_view(step, [&](std::int32_t flags, deltos_view **view, deltos_error *err) {
         return deltos_record_table_column(table, slot, flags, view, &offsets, err);
       }));
  if (offsets == nullptr) throw Mismatch("there are no offsets");
  name(step, deltos::View(offsets), "offsets_as");
}

void Operations::records_presence(const Json &step) {
  const auto *const table = any_object(step, "table").get();
  const std::uint64_t slot = slot_of(LentTable(any_object(step, "table")), step);
  const auto which = static_cast<std::int32_t>(number_of(kBits, word(step, "which", "valid")));
  deltos::View view = raw_view(step, [&](std::int32_t flags, deltos_view **shown, deltos_error *err) {
    return deltos_record_table_presence(table, slot, which, flags, shown, err);
  });
  if (static_cast<bool>(view) == step.contains("absent")) throw differ("absent", step.contains("absent"), !view);
  if (view) name(step, std::move(view));
}

void Operations::verify_records(const Json &step) { LentTable(any_object(step, "table"))->verify(); }

// Arrow

void Operations::arrow_of(const Json &step) {
  Released<ArrowSchema> type;
  Released<ArrowArray> data;
  any_object(step, "object").to_arrow(&type.given, &data.given);
  expect(step, {{"rows", data.given.length}});
  std::vector<Json> columns;
  list_columns(type.given, data.given, &columns);
  if (step.contains("columns")) expect_each(step.at("columns"), columns, "columns");
}

void Operations::records_from_arrow(const Json &step) {
  Released<ArrowArrayStream> stream;
  LentTable(any_object(step, "table"))->to_arrow(&stream.given);
  if (step.contains("transaction")) {
    deltos::Transaction &transaction = the<deltos::Transaction>(step, "transaction");
    return name(step, deltos::Object(transaction.put_arrow(text(step, "name"), &stream.given, options_of(step))));
  }
  // deltos.hpp stores what it takes from Arrow.
  deltos_record_table_options options{};
  options.struct_size = sizeof options;
  options.layout = static_cast<std::int32_t>(options_of(step).layout);
  deltos_builder *builder = nullptr;
  deltos_error error;
  if (deltos_record_table_from_arrow(nullptr, nullptr, &stream.given, &options, &builder, &error) != DELTOS_OK)
    throw deltos::Exception(deltos::Error(error));
  Records records{deltos::RecordBuilder(builder), nullptr};
  name(step, ended(step, records));
}

}  // namespace conformance
