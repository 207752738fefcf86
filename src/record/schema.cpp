#include "record/schema.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "format/validate.hpp"

namespace deltos::record {
namespace {

using dtype::Dtype;

constexpr std::array<std::string_view, kTypes> kTypeNames = {"fixed",   "date",  "datetime", "bytes", "utf8",
                                                             "list",    "tuple", "set",      "dict",  "decimal",
                                                             "ndarray", "value", "record"};

const std::shared_ptr<const dtype::Format> &format_of_days() {
  static const auto format = std::make_shared<const dtype::Format>(dtype::format_of({}, Dtype::i32).value());
  return format;
}

const std::shared_ptr<const dtype::Format> &format_of_moments() {
  static const auto format = std::make_shared<const dtype::Format>(dtype::format_of({}, Dtype::i64).value());
  return format;
}

Status check_name(const std::string &name) {
  const char *fault = nullptr;
  if (name.empty()) fault = "is empty";
  if (name.size() > kMaxNameBytes) fault = "is longer than 255 bytes";
  if (name.find('\0') != std::string::npos) fault = "contains a NUL byte";
  if (name.find(':') != std::string::npos) fault = "contains a colon";
  if (!format::is_utf8(name)) fault = "is not UTF-8";
  if (fault == nullptr) return {};
  return fail(Code::invalid, "a slot's name %s; use 1 to 255 bytes of UTF-8 without ':'", fault);
}

std::uint32_t flags_allowed(Type type) {
  if (type == Type::datetime) return kMayBeAbsent | kWritable | kUtc;
  return is_item(type) ? kMayBeAbsent | kWritable : kMayBeAbsent;
}

Status check_slot(const NewSlot &slot) {
  DELTOS_TRY(check_name(slot.name));
  const char *const name = slot.name.c_str();
  const auto type = static_cast<std::int32_t>(slot.type);
  if (type < 0 || type >= kTypes) return fail(Code::invalid, "slot %s: %d is not a type of slots", name, type);
  if (const std::uint32_t other = slot.flags & ~flags_allowed(slot.type); other != 0) {
    return fail(Code::invalid, "slot %s: flags 0x%x do not go with type %.*s", name, other,
                static_cast<int>(name_of(slot.type).size()), name_of(slot.type).data());
  }
  if ((slot.type == Type::record) != (slot.nested != nullptr))
    return fail(Code::invalid, "slot %s: a record has a schema, and nothing else has", name);
  if ((slot.type == Type::fixed) != slot.format.has_value())
    return fail(Code::invalid, "slot %s: a fixed slot has a format, and nothing else has", name);
  return {};
}

std::uint64_t alignment_of(const Slot &slot) {
  if (slot.type == Type::record) return slot.nested->alignment();
  return slot.format ? slot.format->alignment : alignof(Reference);
}

}  // namespace

std::string_view name_of(Type type) { return kTypeNames[static_cast<std::size_t>(type)]; }

Result<SchemaPtr> Schema::make(SchemaFacts facts, std::vector<NewSlot> slots) {
  DELTOS_ASSIGN(SchemaPtr made, build(std::move(facts), std::move(slots)));
  DELTOS_TRY(made->pack());  // limit
  return made;
}

Result<SchemaPtr> Schema::build(SchemaFacts facts, std::vector<NewSlot> slots) {
  if (facts.name.size() > kMaxNameBytes || facts.name.find('\0') != std::string::npos || !format::is_utf8(facts.name))
    return fail(Code::invalid, "the schema's name is longer than 255 bytes, contains a NUL byte, or is not UTF-8");
  if (facts.metadata.size() > kMaxMetadataBytes)
    return fail(Code::limit, "the schema has %zu bytes of metadata; 65536 are possible", facts.metadata.size());
  if (slots.empty()) return fail(Code::invalid, "a schema has at least one slot");
  std::shared_ptr<Schema> schema(new Schema(std::move(facts)));
  std::unordered_set<std::string> names;
  for (NewSlot &slot : slots) {
    DELTOS_TRY(check_slot(slot));
    if (!names.insert(slot.name).second)
      return fail(Code::duplicate, "two slots are called %s; names are there once", slot.name.c_str());
    DELTOS_TRY(schema->add(std::move(slot)));
  }
  DELTOS_TRY(schema->settle());
  return SchemaPtr(std::move(schema));
}

Status Schema::add(NewSlot given) {
  Slot slot;
  slot.name = std::move(given.name);
  slot.type = given.type;
  slot.flags = given.flags;
  slot.nested = std::move(given.nested);
  if (given.format) slot.format = std::make_shared<const dtype::Format>(std::move(*given.format));
  if (slot.type == Type::date) slot.format = format_of_days();
  if (slot.type == Type::datetime) slot.format = format_of_moments();
  slot.bytes = slot.format ? slot.format->item_bytes : slot.nested ? slot.nested->bare_bytes_ : sizeof(Reference);
  if (slot.type == Type::fixed) format_texts_ += slot.format->text.size();
  const std::uint64_t alignment = alignment_of(slot);
  alignment_ = std::max(alignment_, alignment);
  slot.offset = round_up(presence_offset_, alignment);
  presence_offset_ = slot.offset + slot.bytes;  // the end so far
  slots_.push_back(std::move(slot));
  if (slots_.back().nested) add_nested(slots_.size() - 1);
  return check_weight();
}

Status Schema::check_weight() const {
  if (slots_.size() > kMaxSlots) return fail(Code::limit, "the schema has more than 4096 slots, all levels together");
  if (levels_ > kMaxLevels) return fail(Code::limit, "records are nested more than %d deep", kMaxLevels);
  if (presence_offset_ > kMaxRowBytes) return fail(Code::limit, "a row would have more than 2^40 bytes");
  if (format_texts_ > kMaxFormatTexts) return fail(Code::limit, "the formats have more than 256 KiB of text together");
  return {};
}

void Schema::add_nested(std::size_t record) {
  const SchemaPtr nested = slots_[record].nested;
  slots_[record].below = nested->slots_.size();
  levels_ = std::max(levels_, nested->levels_ + 1);
  format_texts_ += nested->format_texts_;
  for (Slot slot : nested->slots_) {
    slot.offset += slots_[record].offset;
    slot.parent = static_cast<std::int32_t>(record) + 1 + slot.parent;
    slots_.push_back(std::move(slot));
  }
}

// Numbers the presence bits and ends the row.
Status Schema::settle() {
  for (Slot &slot : slots_) {
    slot.valid_bit = slot.null_bit = -1;
    if ((slot.flags & kMayBeAbsent) != 0) slot.valid_bit = static_cast<std::int32_t>(presence_bits_++);
    if ((slot.flags & kMayBeAbsent) == kMayBeAbsent) slot.null_bit = static_cast<std::int32_t>(presence_bits_++);
  }
  bare_bytes_ = round_up(presence_offset_, alignment_);
  row_bytes_ = round_up(presence_offset_ + (presence_bits_ + 7) / 8, alignment_);
  return check_weight();
}

bool Schema::has_writable() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot &slot) { return (slot.flags & kWritable) != 0; });
}

namespace {

// Of the slots [first, end) that `parent` holds.
std::int64_t find_in(const std::vector<Slot> &slots, std::size_t first, std::size_t end, std::string_view path) {
  for (std::size_t i = first; i < end; i += 1 + slots[i].below) {
    const Slot &slot = slots[i];
    if (slot.name == path) return static_cast<std::int64_t>(i);
    const bool leads = slot.below != 0 && path.size() > slot.name.size() && path.starts_with(slot.name) &&
                       path[slot.name.size()] == '.';
    if (!leads) continue;
    const std::int64_t found = find_in(slots, i + 1, i + 1 + slot.below, path.substr(slot.name.size() + 1));
    if (found >= 0) return found;
  }
  return -1;
}

Status check_slots(const Schema &reader, std::size_t first, std::size_t end, const Schema &writer, std::size_t from,
                   std::size_t to);

const Slot *slot_named(const Schema &schema, std::size_t first, std::size_t end, const std::string &name,
                       std::size_t *index) {
  for (*index = first; *index < end; *index += 1 + schema.slots()[*index].below) {
    if (schema.slots()[*index].name == name) return &schema.slots()[*index];
  }
  return nullptr;
}

// "l" and "q" are one type with two letters; structures and swapped numbers are what their text says.
bool same_format(const dtype::Format &one, const dtype::Format &other) {
  const bool has_text = one.dtype == dtype::Dtype::other || one.dtype == dtype::Dtype::structure;
  return one.dtype == other.dtype && one.item_bytes == other.item_bytes && (!has_text || one.text == other.text);
}

Status check_type(const Slot &reader, const Slot &writer, const std::string &path) {
  if (reader.type != writer.type) {
    return fail(Code::type, "slot %s is %s, and %s is expected", path.c_str(), name_of(writer.type).data(),
                name_of(reader.type).data());
  }
  if (reader.type == Type::fixed && !same_format(*reader.format, *writer.format)) {
    return fail(Code::type, "slot %s holds \"%.100s\" (%s), and \"%.100s\" (%s) is expected", path.c_str(),
                writer.format->text.c_str(), dtype::name(writer.format->dtype).data(), reader.format->text.c_str(),
                dtype::name(reader.format->dtype).data());
  }
  if (((reader.flags ^ writer.flags) & kUtc) != 0) {
    return fail(Code::type, "slot %s holds times %s, and times %s are expected", path.c_str(),
                (writer.flags & kUtc) != 0 ? "of UTC" : "without a zone",
                (reader.flags & kUtc) != 0 ? "of UTC" : "without a zone");
  }
  if ((reader.flags & kMayBeAbsent) == 0 && (writer.flags & kMayBeAbsent) != 0)
    return fail(Code::type, "slot %s may be null or unset, and is expected in every row", path.c_str());
  return {};
}

Status check_slot_of(const Schema &reader, std::size_t index, const Schema &writer, std::size_t from, std::size_t to) {
  const Slot &slot = reader.slots()[index];
  std::size_t at = 0;
  const Slot *const found = slot_named(writer, from, to, slot.name, &at);
  if (found == nullptr) {
    if ((slot.flags & kMayBeAbsent) != 0) return {};
    return fail(Code::type, "slot %s is not there, and is expected in every row", reader.path_of(index).c_str());
  }
  DELTOS_TRY(check_type(slot, *found, reader.path_of(index)));
  if (slot.type != Type::record) return {};
  return check_slots(reader, index + 1, index + 1 + slot.below, writer, at + 1, at + 1 + found->below);
}

Status check_slots(const Schema &reader, std::size_t first, std::size_t end, const Schema &writer, std::size_t from,
                   std::size_t to) {
  for (std::size_t i = first; i < end; i += 1 + reader.slots()[i].below)
    DELTOS_TRY(check_slot_of(reader, i, writer, from, to));
  return {};
}

}  // namespace

std::int64_t Schema::find(std::string_view path) const { return find_in(slots_, 0, slots_.size(), path); }

std::string Schema::path_of(std::size_t slot) const {
  const Slot &named = slots_[slot];
  return named.parent < 0 ? named.name : path_of(static_cast<std::size_t>(named.parent)) + "." + named.name;
}

Status check_readable(const Schema &reader, const Schema &writer) {
  if (writer.facts().min_reader > reader.facts().version) {
    return fail(Code::type, "the records ask for a reader of version %u or newer; this one has %u",
                writer.facts().min_reader, reader.facts().version);
  }
  return check_slots(reader, 0, reader.slots().size(), writer, 0, writer.slots().size());
}

}  // namespace deltos::record
