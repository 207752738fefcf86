#include "operations.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>

namespace conformance {
namespace {

deltos::Span<const std::byte> bytes_of_view(const deltos::View &view) {
  return {static_cast<const std::byte *>(view.data()), static_cast<std::size_t>(view.nbytes())};
}

std::size_t checked_place(const deltos::View &view, const Json &step, std::size_t count) {
  const auto at = step.value("at", std::size_t{0});
  if (at > view.nbytes() || count > view.nbytes() - at) throw Mismatch("these bytes are not in the view");
  return at;
}

void write_at(const std::string &path, std::uint64_t at, const Bytes &bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw Mismatch("cannot write " + path);
}

}  // namespace

#define BEGINNING "key value shape duplicates deduplicate schema memory_bytes threads progress as"
#define OPERATION(name, fields)                                    \
  {                                                                \
#name, { &Operations::name, " do status message " fields " " } \
  }
const Words<Operations::Operation> Operations::kOperations{
    OPERATION(open, "path mode create flags offset size max_file_bytes progress as"),
    OPERATION(open_anonymous, "label as"),
    OPERATION(open_memory, "path as"),
    OPERATION(close, "storage"),
    OPERATION(detach, "storage"),
    OPERATION(sync, "storage"),
    OPERATION(storage_info,
              "storage mode object_count snapshot_count view_count transaction_id sparse format_major format_minor"),
    OPERATION(verify, "storage level progress findings"),
    OPERATION(pins, "storage pins"),
    OPERATION(begin, "storage as"),
    OPERATION(commit, "transaction durability"),
    OPERATION(abort, "transaction"),
    OPERATION(snapshot, "storage as"),
    OPERATION(refresh, "snapshot changed"),
    OPERATION(copy_to, "snapshot path replace progress"),
    OPERATION(compact_to, "snapshot path replace progress"),
    OPERATION(release, "handle"),
    OPERATION(create, "transaction name format dtype shape data strides start as"),
    OPERATION(create_zeroed, "transaction name format dtype shape as"),
    OPERATION(replace, "transaction name format dtype shape data strides start as"),
    OPERATION(seal, "transaction name"),
    OPERATION(unseal, "transaction name"),
    {"delete", {&Operations::remove, " do status message transaction name "}},
    OPERATION(rename, "transaction from to replace"),
    OPERATION(delete_prefix, "transaction prefix count"),
    OPERATION(set_metadata, "transaction name key text format shape data"),
    OPERATION(remove_metadata, "transaction name key"),
    OPERATION(metadata, "from name key text format shape data absent"),
    OPERATION(metadata_keys, "from name keys"),
    OPERATION(list, "from prefix depth names"),
    OPERATION(object, "from name as"),
    OPERATION(object_info,
              "object name format dtype ndim shape count itemsize payload_bytes sealed writable current stored"),
    OPERATION(refresh_object, "object changed"),
    OPERATION(view, "object flags as"),
    OPERATION(share, "view flags as"),
    OPERATION(view_info, "view format dtype ndim shape strides suboffsets itemsize nbytes readonly sealed"),
    OPERATION(load, "view at data"),
    OPERATION(store, "view at data"),
    OPERATION(read, "from name format dtype shape data sealed"),
    OPERATION(describe, "format dtype itemsize alignment canonical"),
    OPERATION(patch, "path at object data"),
    OPERATION(resize_file, "path size"),
    OPERATION(embed, "from to at"),
    OPERATION(remove_file, "path"),
    OPERATION(make_file, "path data"),
    OPERATION(file, "path size data"),
    OPERATION(memory, "format dtype shape data strides start readonly as"),
    OPERATION(slice, "view slices as"),
    OPERATION(window, "view offset length as"),
    OPERATION(transpose, "view axes as"),
    OPERATION(reshape, "view shape as"),
    OPERATION(cast, "view format dtype as"),
    OPERATION(contiguity, "view c f"),
    OPERATION(content, "view format shape data"),
    OPERATION(copy, "target source"),
    OPERATION(fill, "view data"),
    OPERATION(equal, "view other equal"),
    OPERATION(compare, "view other order"),
    OPERATION(find, "view data start index"),
    OPERATION(count, "view data count"),
    OPERATION(gather, "source rows target"),
    OPERATION(read_into, "view path at bytes"),
    OPERATION(write_from, "view path at bytes"),
    OPERATION(get, "view index type data"),
    OPERATION(set, "view index type data"),
    OPERATION(atomic_load, "view index order data"),
    OPERATION(atomic_store, "view index order data"),
    OPERATION(atomic_add, "view index order data previous"),
    OPERATION(atomic_compare_exchange, "view index order expected data exchanged previous"),
    OPERATION(create_table, "transaction name format dtype rows columns lengths as"),
    OPERATION(wrap_table, "rows columns lengths format dtype readonly as"),
    OPERATION(table_from_view, "view axis as"),
    OPERATION(table_from_views, "views columns format dtype as"),
    OPERATION(open_table, "from name as"),
    OPERATION(table_info, "table format dtype rows columns itemsize exports readonly ragged stored sealed"),
    OPERATION(table_rows, "table writable lengths rows as"),
    OPERATION(table_row, "table row flags as"),
    OPERATION(to_dense, "table as"),
    OPERATION(reinterpret, "table format dtype"),
    OPERATION(make_readonly, "table"),
    OPERATION(create_array, "transaction name format dtype capacity max_bytes as"),
    OPERATION(open_array, "from name as"),
    OPERATION(open_array_file, "path format dtype mode create capacity max_bytes as"),
    OPERATION(open_array_anonymous, "format dtype capacity max_bytes as"),
    OPERATION(open_array_fd, "array mode as"),
    OPERATION(close_array, "array"),
    OPERATION(array_info, "array count capacity_at_least"),
    OPERATION(array_content, "array format count data"),
    OPERATION(append, "array data"),
    OPERATION(append_in_place, "array data"),
    OPERATION(extend, "array view"),
    OPERATION(insert, "array index data"),
    {"remove", {&Operations::remove_items, " do status message array index count data "}},
    OPERATION(resize, "array count"),
    OPERATION(reserve, "array capacity"),
    OPERATION(shrink, "array"),
    OPERATION(clear, "array"),
    OPERATION(reverse, "array"),
    OPERATION(byteswap, "array"),
    OPERATION(flush, "array durable"),
    OPERATION(put_value, "transaction name value as"),
    OPERATION(pack_value, "value size data as"),
    OPERATION(unpack_value, "data at as"),
    OPERATION(open_value, "from name as"),
    OPERATION(value_info, "object path kind count dtype"),
    OPERATION(read_value, "object path value"),
    OPERATION(find_value, "object path key absent value"),
    OPERATION(hash_value, "object path hash"),
    OPERATION(equal_values, "object path other other_path equal"),
    OPERATION(value_view, "object path flags as"),
    OPERATION(make_schema, "schema as"),
    OPERATION(schema_of, "table as"),
    OPERATION(schema_info,
              "schema name version min_reader metadata slot_count row_bytes alignment presence_offset presence_bits"),
    OPERATION(schema_slots, "schema slots"),
    OPERATION(find_slot, "schema name slot"),
    OPERATION(nested_schema, "schema slot as"),
    OPERATION(check_schema, "schema writer"),
    OPERATION(pack_schema, "schema value as"),
    OPERATION(unpack_schema, "data value as"),
    OPERATION(begin_records, "transaction name schema layout memory_bytes as"),
    OPERATION(add_rows, "builder rows times"),
    OPERATION(add_columns, "builder rows columns presence"),
    OPERATION(finish_records, "builder as"),
    OPERATION(pack_records, "builder at damage cut size as"),
    OPERATION(put_records, "transaction name schema layout memory_bytes rows times as"),
    OPERATION(unpack_records, "data at as"),
    OPERATION(open_records, "from name as"),
    OPERATION(records_info, "table layout rows slot_count row_bytes heap_bytes image_bytes sealed writable"),
    OPERATION(read_cell, "table row slot cell"),
    OPERATION(read_rows, "table rows times"),
    OPERATION(cell_value, "table row slot absent as"),
    OPERATION(records_rows, "table flags as"),
    OPERATION(records_heap, "table flags as"),
    OPERATION(records_column, "table slot flags as offsets_as"),
    OPERATION(records_presence, "table slot which flags absent as"),
    OPERATION(verify_records, "table"),
    OPERATION(arrow_of, "object rows columns"),
    OPERATION(records_from_arrow, "table transaction name layout memory_bytes as"),
    OPERATION(begin_map, "storage " BEGINNING),
    OPERATION(add_pairs, "builder pairs times"),
    OPERATION(add_pair_columns, "builder keys values"),
    OPERATION(add_map, "builder map"),
    OPERATION(prepare_map, "builder"),
    OPERATION(finish_map, "builder transaction name replace as"),
    OPERATION(pack_map, "builder at damage cut as"),
    OPERATION(put_map, "transaction name replace pairs times " BEGINNING),
    OPERATION(unpack_map, "data at as"),
    OPERATION(open_map, "from name as"),
    OPERATION(map_info, "map key value shape keys pairs"),
    OPERATION(find_key, "map key values absent"),
    OPERATION(find_keys, "map keys hits values counts"),
    OPERATION(find_columns, "map keys hits"),
    OPERATION(read_map, "map pairs"),
    OPERATION(map_value, "map key index as"),
    OPERATION(map_column, "map which flags numbers as"),
    OPERATION(map_records, "map as"),
    OPERATION(verify_map, "map progress"),
    OPERATION(create_sorted, "transaction name key as"),
    OPERATION(open_sorted, "from name as"),
    OPERATION(sorted_info, "from map key count key_bytes value_bytes long_values objects"),
    OPERATION(put_pair, "transaction map key value replaced"),
    OPERATION(put_pairs, "transaction map pairs added"),
    OPERATION(load_pairs, "transaction map pairs"),
    OPERATION(get_pair, "from map key value absent"),
    OPERATION(get_pairs, "from map keys hits values"),
    OPERATION(remove_pair, "transaction map key removed"),
    OPERATION(remove_pairs, "transaction map range count"),
    OPERATION(find_pair, "from map which key pair absent"),
    OPERATION(count_pairs, "from map range count"),
    OPERATION(read_pairs, "from map range pairs"),
    OPERATION(walk_pairs, "from map range as"),
    OPERATION(next_pairs, "cursor capacity pairs"),
    OPERATION(seek_pair, "cursor key"),
};
#undef OPERATION
#undef BEGINNING

Operations::~Operations() {
  while (!things_.empty()) things_.pop_back();
}

void Operations::check_fields(const Json &step, const Operation &operation) {
  for (const auto &[field, value] : step.items()) {
    if (std::strstr(operation.fields, (" " + field + " ").c_str()) == nullptr) {
      throw Mismatch("the field " + field + " is not known");
    }
  }
}

void Operations::run(const Json &step) {
  const Operation operation = number_of(kOperations, text(step, "do"));
  check_fields(step, operation);
  const std::string expected = word(step, "status", "OK");
  try {
    (this->*operation.call)(step);
  } catch (const deltos::Exception &refusal) {
    const std::string status = std::string(name_of(refusal.status())).substr(std::strlen("DELTOS_E_"));
    if (status != expected) throw Mismatch("expected " + expected + ", got " + status + ": " + refusal.what());
    for (const Json &part : step.value("message", Json::array())) {
      if (std::strstr(refusal.what(), part.get<std::string>().c_str()) == nullptr) {
        throw differ("a message with", part, refusal.what());
      }
    }
    return;
  }
  if (expected != "OK") throw Mismatch("expected " + expected + ", and it succeeded");
}

// A name that is given again stands for the new thing, and the old one goes.
void Operations::name(const Json &step, Thing thing, const char *field) {
  if (!step.contains(field)) return;
  const std::string name = text(step, field);
  const auto old = std::find_if(things_.begin(), things_.end(), [&](const auto &entry) { return entry.first == name; });
  if (old != things_.end()) things_.erase(old);
  things_.emplace_back(name, std::move(thing));
}

Operations::Thing &Operations::named(const Json &step, const char *field) {
  const std::string name = text(step, field);
  for (auto &[known, thing] : things_) {
    if (known == name) return thing;
  }
  throw Mismatch("nothing is called " + name);
}

// Whatever reads: a snapshot, or the one that a transaction lends.
deltos::SnapshotRef Operations::reader(const Json &step) {
  Thing &from = named(step, "from");
  if (const auto *transaction = std::get_if<deltos::Transaction>(&from)) return transaction->snapshot();
  return std::get<deltos::Snapshot>(from);
}

// A table is an object, too, and so is an array.
deltos::Object &Operations::any_object(const Json &step, const char *field) {
  Thing &thing = named(step, field);
  if (auto *array = std::get_if<deltos::Array>(&thing)) return *array;
  if (auto *table = std::get_if<deltos::Table>(&thing)) return *table;
  return std::get<deltos::Object>(thing);
}

const deltos::View &Operations::view_called(const std::string &name) {
  return std::get<deltos::View>(named({{"view", name}}, "view"));
}

// Storages

void Operations::open(const Json &step) {
  Reports reports(step);
  deltos::OpenOptions options;
  options.mode = number_of(kModes, word(step, "mode", "read"));
  options.create = number_of(kCreations, word(step, "create", "never"));
  options.flags = flags_of(step, kOpenFlags, deltos::OpenFlags::none);
  options.offset = step.value("offset", std::uint64_t{0});
  options.size = step.value("size", std::uint64_t{0});
  options.max_file_bytes = step.value("max_file_bytes", std::uint64_t{0});
  options.progress = reports.progress();
  deltos::Storage storage = deltos::Storage::open(text(step, "path"), options);
  reports.check();
  name(step, std::move(storage));
}

void Operations::open_anonymous(const Json &step) { name(step, deltos::Storage::open_anonymous(text(step, "label"))); }

void Operations::open_memory(const Json &step) {
  struct alignas(64) Block {
    std::byte bytes[64];
  };
  const Bytes content = read_file(text(step, "path"));
  std::vector<Block> blocks(content.size() / sizeof(Block) + 1);
  std::copy(content.begin(), content.end(), blocks.data()->bytes);
  const deltos::Span<const std::byte> bytes(blocks.data()->bytes, content.size());
  name(step, deltos::Storage::open_memory(bytes, {}, [kept = std::move(blocks)] { static_cast<void>(kept); }));
}

void Operations::close(const Json &step) { the<deltos::Storage>(step, "storage").close(); }
void Operations::detach(const Json &step) { the<deltos::Storage>(step, "storage").detach(); }
void Operations::sync(const Json &step) { the<deltos::Storage>(step, "storage").sync(); }

void Operations::storage_info(const Json &step) {
  const deltos::StorageInfo info = the<deltos::Storage>(step, "storage").info();
  expect(step, {{"mode", word_of(kModes, static_cast<deltos::Mode>(info.mode))},
                {"object_count", info.object_count},
                {"snapshot_count", info.snapshot_count},
                {"view_count", info.view_count},
                {"transaction_id", info.transaction_id},
                {"sparse", info.sparse != 0},
                {"format_major", info.format_major},
                {"format_minor", info.format_minor}});
}

void Operations::verify(const Json &step) {
  Reports reports(step);
  const deltos::Level level = number_of(kLevels, text(step, "level"));
  const deltos::Findings findings = the<deltos::Storage>(step, "storage").verify(level, reports.progress());
  reports.check();
  expect(step, {{"findings", findings.count}});
}

void Operations::pins(const Json &step) {
  Json pins = Json::array();
  for (const deltos::Pin &pin : the<deltos::Storage>(step, "storage").pins()) {
    pins.push_back({{"name", pin.name}, {"view_count", pin.view_count}, {"writable", pin.writable != 0}});
  }
  expect(step, {{"pins", pins}});
}

// Transactions and snapshots

void Operations::begin(const Json &step) { name(step, the<deltos::Storage>(step, "storage").transaction()); }

void Operations::commit(const Json &step) {
  the<deltos::Transaction>(step, "transaction").commit(number_of(kDurabilities, word(step, "durability", "sync")));
}

void Operations::abort(const Json &step) { the<deltos::Transaction>(step, "transaction").abort(); }
void Operations::snapshot(const Json &step) { name(step, the<deltos::Storage>(step, "storage").snapshot()); }

void Operations::refresh(const Json &step) {
  expect(step, {{"changed", the<deltos::Snapshot>(step, "snapshot").refresh()}});
}

void Operations::copy_to(const Json &step) {
  Reports reports(step);
  const deltos::CopyOptions options{step.value("replace", false), reports.progress()};
  the<deltos::Snapshot>(step, "snapshot").copy_to(text(step, "path"), options);
  reports.check();
}

void Operations::compact_to(const Json &step) {
  Reports reports(step);
  const deltos::CopyOptions options{step.value("replace", false), reports.progress()};
  the<deltos::Snapshot>(step, "snapshot").compact_to(text(step, "path"), options);
  reports.check();
}

void Operations::release(const Json &step) {
  const auto empty = [](auto &thing) { thing = std::decay_t<decltype(thing)>(); };
  std::visit(empty, named(step, "handle"));
}

// Objects

void Operations::create(const Json &step) {
  const GivenMemory given(step);
  name(step, the<deltos::Transaction>(step, "transaction").create(text(step, "name"), given.memory()));
}

void Operations::create_zeroed(const Json &step) {
  deltos::Transaction &transaction = the<deltos::Transaction>(step, "transaction");
  name(step, transaction.create_zeroed(text(step, "name"), element_type(step), shape_of(step)));
}

void Operations::replace(const Json &step) {
  deltos::Transaction &transaction = the<deltos::Transaction>(step, "transaction");
  const deltos::Object old = transaction.snapshot().object(text(step, "name"));
  if (!step.contains("data")) {
    name(step, transaction.replace_with_copy(old));
  } else {
    name(step, transaction.replace(old, GivenMemory(step).memory()));
  }
}

void Operations::seal(const Json &step) {
  deltos::Transaction &transaction = the<deltos::Transaction>(step, "transaction");
  deltos::Object object = transaction.snapshot().object(text(step, "name"));
  transaction.seal(object);
}

void Operations::unseal(const Json &step) {
  deltos::Transaction &transaction = the<deltos::Transaction>(step, "transaction");
  deltos::Object object = transaction.snapshot().object(text(step, "name"));
  transaction.unseal(object);
}

void Operations::remove(const Json &step) { the<deltos::Transaction>(step, "transaction").remove(text(step, "name")); }

void Operations::rename(const Json &step) {
  const auto existing = step.value("replace", false) ? deltos::Existing::replace : deltos::Existing::refuse;
  the<deltos::Transaction>(step, "transaction").rename(text(step, "from"), text(step, "to"), existing);
}

void Operations::delete_prefix(const Json &step) {
  expect(step, {{"count", the<deltos::Transaction>(step, "transaction").remove_prefix(text(step, "prefix"))}});
}

void Operations::set_metadata(const Json &step) {
  const GivenValue given(step);
  deltos::Transaction &transaction = the<deltos::Transaction>(step, "transaction");
  transaction.set_metadata(text(step, "name"), text(step, "key"), given.value());
}

void Operations::remove_metadata(const Json &step) {
  the<deltos::Transaction>(step, "transaction").remove_metadata(text(step, "name"), text(step, "key"));
}

void Operations::metadata(const Json &step) {
  const std::optional<deltos::Metadatum> found = reader(step).metadata(text(step, "name"), text(step, "key"));
  const bool is_absent = step.value("absent", false);
  if (found.has_value() == is_absent) throw Mismatch(is_absent ? "expected no value" : "there is no value");
  if (found) expect_value(*found, step);
}

void Operations::metadata_keys(const Json &step) {
  Json keys = Json::array();
  for (const deltos::Metadatum &item : reader(step).metadata(text(step, "name"))) keys.push_back(item.key());
  expect(step, {{"keys", keys}});
}

void Operations::list(const Json &step) {
  Json names = Json::array();
  deltos::Cursor cursor = reader(step).list(text(step, "prefix"), number_of(kDepths, word(step, "depth", "all")));
  for (const deltos::Entry &entry : cursor) names.push_back(entry.name);
  expect(step, {{"names", names}});
}

void Operations::object(const Json &step) {
  if (const auto *storage = std::get_if<deltos::Storage>(&named(step, "from"))) {
    name(step, storage->object(text(step, "name")));
  } else {
    name(step, reader(step).object(text(step, "name")));
  }
}

void Operations::object_info(const Json &step) {
  const deltos::ObjectInfo info = any_object(step, "object").info();
  expect(step, {{"name", info.name},
                {"format", info.format},
                {"dtype", word_of(kDtypes, info.dtype)},
                {"ndim", info.shape.size()},
                {"shape", info.shape},
                {"count", info.count},
                {"itemsize", info.itemsize},
                {"payload_bytes", info.payload_bytes},
                {"sealed", info.sealed},
                {"writable", info.writable},
                {"current", info.current},
                {"stored", info.stored}});
}

void Operations::refresh_object(const Json &step) { expect(step, {{"changed", any_object(step, "object").refresh()}}); }

// Views

void Operations::view(const Json &step) {
  const deltos::Request request = flags_of(step, kRequests, deltos::Request::full_ro);
  name(step, any_object(step, "object").view(request));
}

void Operations::share(const Json &step) {
  const deltos::Request request = flags_of(step, kRequests, deltos::Request::full_ro);
  name(step, the<deltos::View>(step, "view").share(request));
}

void Operations::view_info(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  expect(step, {{"format", view.format()},
                {"dtype", word_of(kDtypes, view.dtype())},
                {"ndim", view.ndim()},
                {"shape", list_of(view.shape())},
                {"strides", list_of(view.strides())},
                {"suboffsets", list_of(view.suboffsets())},
                {"itemsize", view.itemsize()},
                {"nbytes", view.nbytes()},
                {"readonly", view.readonly()},
                {"sealed", view.sealed()}});
}

void Operations::load(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  const Bytes expected = bytes_of(step.at("data"));
  expect_bytes(expected, bytes_of_view(view).subspan(checked_place(view, step, expected.size()), expected.size()));
}

void Operations::store(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  const Bytes bytes = bytes_of(step.at("data"));
  const std::size_t at = checked_place(view, step, bytes.size());
  if (view.readonly()) throw Mismatch("the view is read-only");
  std::copy(bytes.begin(), bytes.end(), static_cast<std::byte *>(view.writable_data()) + at);
}

void Operations::read(const Json &step) {
  const deltos::Object object = reader(step).object(text(step, "name"));
  const deltos::View view = object.view();
  expect(step, {{"format", view.format()},
                {"dtype", word_of(kDtypes, view.dtype())},
                {"shape", list_of(view.shape())},
                {"sealed", object.info().sealed}});
  if (step.contains("data")) expect_bytes(bytes_of(step.at("data")), bytes_of_view(view));
}

void Operations::describe(const Json &step) {
  const deltos::FormatInfo info = deltos::describe_format(text(step, "format"));
  expect(step, {{"dtype", word_of(kDtypes, info.dtype)},
                {"itemsize", info.itemsize},
                {"alignment", info.alignment},
                {"canonical", info.canonical}});
}

// Files

void Operations::patch(const Json &step) {
  const std::uint64_t start = step.contains("object") ? any_object(step, "object").file_offset() : 0;
  write_at(text(step, "path"), start + step.at("at").get<std::uint64_t>(), bytes_of(step.at("data")));
}

void Operations::resize_file(const Json &step) {
  std::filesystem::resize_file(text(step, "path"), step.at("size").get<std::uint64_t>());
}

void Operations::embed(const Json &step) {
  const std::string to = text(step, "to");
  std::ofstream(to, std::ios::binary | std::ios::app).flush();
  write_at(to, step.at("at").get<std::uint64_t>(), read_file(text(step, "from")));
}

void Operations::make_file(const Json &step) {
  const std::string path = text(step, "path");
  std::ofstream(path, std::ios::binary | std::ios::trunc).flush();
  write_at(path, 0, bytes_of(step.at("data")));
}

void Operations::file(const Json &step) {
  const Bytes content = read_file(text(step, "path"));
  expect(step, {{"size", content.size()}});
  if (step.contains("data")) expect_bytes(bytes_of(step.at("data")), content);
}

void Operations::remove_file(const Json &step) { std::filesystem::remove(text(step, "path")); }

}  // namespace conformance
