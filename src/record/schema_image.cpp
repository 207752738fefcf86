// Schemas as values: a dict that describes itself, written and read. FORMAT.md, section 18.
#include "record/schema.hpp"
#include "value/builder.hpp"
#include "value/reader.hpp"

namespace deltos::record {
namespace {

using value::Item;
using value::Kind;

constexpr std::string_view kVersionKey = "deltos_schema", kNameKey = "name", kOwnVersionKey = "version",
                           kMinReaderKey = "min_reader", kMetadataKey = "metadata", kSlotsKey = "slots",
                           kTypeKey = "type", kFlagsKey = "flags", kFormatKey = "format", kDtypeKey = "dtype",
                           kSchemaKey = "schema";
constexpr std::int64_t kVersion = 1;
constexpr std::uint64_t kMostKeys = 32;  // of a dict: more cannot be meant, and would only take time

Item item_of(Kind kind) {
  Item item;
  item.kind = kind;
  return item;
}

Item text_item(std::string_view text, Kind kind = Kind::utf8) {
  Item item = item_of(kind);
  item.data = bytes_of(text).data();
  item.count = text.size();
  return item;
}

Item number_item(std::int64_t number) {
  Item item = item_of(Kind::integer);
  item.i64 = number;
  return item;
}

class Writer {
 public:
  Status put_schema(const Schema &schema, bool is_root) {
    const SchemaFacts &facts = schema.facts();
    DELTOS_TRY(put(item_of(Kind::dict)));
    if (is_root) DELTOS_TRY(put_pair(kVersionKey, number_item(kVersion)));
    DELTOS_TRY(put_pair(kNameKey, text_item(facts.name)));
    DELTOS_TRY(put_pair(kOwnVersionKey, number_item(facts.version)));
    DELTOS_TRY(put_pair(kMinReaderKey, number_item(facts.min_reader)));
    if (!facts.metadata.empty()) DELTOS_TRY(put_pair(kMetadataKey, text_item(text_of(facts.metadata), Kind::bytes)));
    DELTOS_TRY(put_pair(kSlotsKey, item_of(Kind::list)));
    const std::vector<Slot> &slots = schema.slots();
    for (std::size_t i = 0; i < slots.size(); i += 1 + slots[i].below) DELTOS_TRY(put_slot(slots[i]));
    DELTOS_TRY(put(item_of(Kind::end)));
    return put(item_of(Kind::end));
  }

  Result<std::vector<std::byte>> finish() {
    DELTOS_ASSIGN(const std::uint64_t bytes, builder_.finish());
    if (bytes <= kMaxSchemaBytes) return std::vector<std::byte>(builder_.image().begin(), builder_.image().end());
    return fail(Code::limit, "the schema takes %llu bytes; 1 MiB is possible", static_cast<unsigned long long>(bytes));
  }

 private:
  Status put(const Item &item) { return builder_.put({&item, 1}); }
  Status put_pair(std::string_view key, const Item &item) {
    DELTOS_TRY(put(text_item(key)));
    return put(item);
  }
  Status put_slot(const Slot &slot) {
    DELTOS_TRY(put(item_of(Kind::dict)));
    DELTOS_TRY(put_pair(kNameKey, text_item(slot.name)));
    DELTOS_TRY(put_pair(kTypeKey, text_item(name_of(slot.type))));
    if (slot.flags != 0) DELTOS_TRY(put_pair(kFlagsKey, number_item(slot.flags)));
    if (slot.type == Type::fixed) {
      DELTOS_TRY(put_pair(kFormatKey, text_item(slot.format->text)));
      if (dtype::is_tagged_raw(slot.format->dtype))
        DELTOS_TRY(put_pair(kDtypeKey, number_item(static_cast<std::int32_t>(slot.format->dtype))));
    }
    if (slot.type == Type::record) {
      DELTOS_TRY(put(text_item(kSchemaKey)));
      DELTOS_TRY(put_schema(*slot.nested, false));
    }
    return put(item_of(Kind::end));
  }

  value::Builder builder_;
};

Error damaged(const char *what) { return fail(Code::corrupt, "the schema is damaged: %s", what); }

// A schema that cannot be made is a damaged one.
Error as_damaged(Error &&error) {
  switch (error.code) {
    case Code::invalid:
    case Code::duplicate:
    case Code::format:
    case Code::unsupported:
    case Code::type:
    case Code::kind:
    case Code::range:
      return damaged(error.message.c_str());
    default:
      return std::move(error);
  }
}

}  // namespace

// Nothing is believed: the same part may be used many times over in a few bytes, so what is taken is counted.
class SchemaReader {
 public:
  explicit SchemaReader(const value::Reader &reader) : reader_(reader) {}

  Status check_version() {
    Item version;
    DELTOS_TRY(find(0, kVersionKey, &version));
    if (version.kind != Kind::integer || version.i64 < 1)
      return fail(Code::not_deltos, "the value is not a schema; it has no \"%s\"", kVersionKey.data());
    if (version.i64 == kVersion) return {};
    return fail(Code::feature, "the schema is of version %lld; this build knows 1",
                static_cast<long long>(version.i64));
  }

  Result<SchemaPtr> schema(value::Cell node, int level) {
    if (level > kMaxLevels) return fail(Code::limit, "records are nested more than %d deep", kMaxLevels);
    DELTOS_TRY(check_dict(node));
    SchemaFacts facts;
    DELTOS_ASSIGN(facts.name, text(node, kNameKey, Kind::utf8, kMaxNameBytes));
    DELTOS_ASSIGN(facts.version, number(node, kOwnVersionKey));
    DELTOS_ASSIGN(facts.min_reader, number(node, kMinReaderKey));
    DELTOS_ASSIGN(const std::string metadata, text(node, kMetadataKey, Kind::bytes, kMaxMetadataBytes));
    const Bytes content = bytes_of(metadata);
    facts.metadata.assign(content.begin(), content.end());
    DELTOS_TRY(spend(&bytes_left_, metadata.size()));
    Item list;
    DELTOS_TRY(find(node, kSlotsKey, &list));
    if (list.kind != Kind::list) return damaged("it has no list of slots");
    DELTOS_TRY(spend(&slots_left_, list.count));
    std::vector<NewSlot> slots;
    for (std::uint64_t i = 0; i < list.count; ++i) {
      Item item;
      std::uint64_t given = 0;
      DELTOS_TRY(reader_.children(list.node, i, &item, 1, &given));
      if (given != 1) return damaged("a slot is missing");
      DELTOS_ASSIGN(NewSlot made, slot(item.node, level));
      slots.push_back(std::move(made));
    }
    return Schema::build(std::move(facts), std::move(slots));
  }

 private:
  static Status spend(std::uint64_t *left, std::uint64_t amount) {
    if (amount > *left) return fail(Code::limit, "the schema has more slots or bytes than one can have");
    *left -= amount;
    return {};
  }

  Result<NewSlot> slot(value::Cell node, int level) {
    DELTOS_TRY(check_dict(node));
    NewSlot made;
    DELTOS_ASSIGN(made.name, text(node, kNameKey, Kind::utf8, kMaxNameBytes));
    DELTOS_ASSIGN(made.flags, number(node, kFlagsKey));
    DELTOS_ASSIGN(made.type, type_at(node));
    if (made.type == Type::fixed) {
      DELTOS_ASSIGN(const std::string format, text(node, kFormatKey, Kind::utf8, dtype::kMaxFormatBytes));
      DELTOS_ASSIGN(const std::uint32_t tag, number(node, kDtypeKey));
      DELTOS_TRY(spend(&format_left_, format.size()));
      if (tag >= static_cast<std::uint32_t>(dtype::kDtypeCount)) return damaged("a slot has an unknown element type");
      DELTOS_ASSIGN(made.format, dtype::format_of(format, static_cast<dtype::Dtype>(tag)));
    }
    if (made.type != Type::record) return made;
    Item nested;
    DELTOS_TRY(find(node, kSchemaKey, &nested));
    if (nested.kind == Kind::end) return damaged("a record has no schema");
    DELTOS_ASSIGN(made.nested, schema(nested.node, level + 1));
    return made;
  }

  Result<Type> type_at(value::Cell node) {
    DELTOS_ASSIGN(const std::string wanted, text(node, kTypeKey, Kind::utf8, kMaxNameBytes));
    for (std::int32_t i = 0; i < kTypes; ++i) {
      if (wanted == name_of(static_cast<Type>(i))) return static_cast<Type>(i);
    }
    return fail(Code::feature, "the schema has a slot of type \"%s\", which this build does not know", wanted.c_str());
  }

  Status check_dict(value::Cell node) const {
    Item item;
    DELTOS_TRY(reader_.read(node, &item));
    if (item.kind == Kind::dict && item.count <= kMostKeys) return {};
    return damaged("what describes it is no dict, or has too many keys");
  }

  Status find(value::Cell node, std::string_view key, Item *item) const {
    return reader_.find(node, text_item(key), nullptr, item);
  }

  // Absent: empty.
  Result<std::string> text(value::Cell node, std::string_view key, Kind kind, std::uint64_t most) const {
    Item item;
    DELTOS_TRY(find(node, key, &item));
    if (item.kind == Kind::end) return std::string();
    if (item.kind != kind || item.count > most) return damaged("a text is none, or too long");
    return std::string(text_of(Bytes(item.data, static_cast<std::size_t>(item.count))));
  }

  // Absent: 0.
  Result<std::uint32_t> number(value::Cell node, std::string_view key) const {
    Item item;
    DELTOS_TRY(find(node, key, &item));
    if (item.kind == Kind::end) return std::uint32_t{0};
    if (item.kind != Kind::integer || item.i64 < 0 || item.i64 > static_cast<std::int64_t>(UINT32_MAX))
      return damaged("a number is none, or out of range");
    return static_cast<std::uint32_t>(item.i64);
  }

  const value::Reader &reader_;
  std::uint64_t slots_left_ = kMaxSlots, bytes_left_ = kMaxSchemaBytes, format_left_ = kMaxFormatTexts;
};

Result<std::vector<std::byte>> Schema::pack() const {
  Writer writer;
  DELTOS_TRY(writer.put_schema(*this, true));
  return writer.finish();
}

Result<SchemaPtr> Schema::unpack(Bytes image) {
  DELTOS_ASSIGN(const value::Reader reader, value::Reader::open(image));
  if (reader.image().size() > kMaxSchemaBytes)
    return fail(Code::limit, "the schema takes %zu bytes; 1 MiB is possible", reader.image().size());
  Item root;
  DELTOS_TRY(reader.read(0, &root));
  if (root.kind != Kind::dict) return fail(Code::not_deltos, "the value is not a schema, but of another kind");
  if (root.count > kMostKeys) return damaged("it has too many keys");
  SchemaReader parts(reader);
  DELTOS_TRY(parts.check_version());
  auto made = parts.schema(root.node, 1);
  if (!made.ok()) return as_damaged(std::move(made).error());
  return made;
}

}  // namespace deltos::record
