// The notation of schemas and rows: what is built, and what is compared with what is there.
#include "records.hpp"

#include <cstring>
#include <deque>
#include <new>

#include "trees.hpp"

namespace conformance {
namespace {

using deltos::Presence;
using deltos::Slot;
using deltos::SlotFlags;
using deltos::SlotType;

bool holds_values(SlotType type) { return type >= SlotType::list && type <= SlotType::value; }

// The slots of a record, by number, or with -1 those of the outermost schema.
std::vector<std::size_t> slots_in(const std::vector<Slot> &slots, std::int32_t parent) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].parent == parent) found.push_back(i);
  }
  return found;
}

// What presence says of a cell. A null in a slot of any value that may not be null is a value.
Presence presence_of(const Slot &slot, const Json &cell) {
  if (cell.contains("unset")) return Presence::unset;
  const bool is_value = slot.type == SlotType::value && (slot.flags & SlotFlags::nullable) == SlotFlags::none;
  return cell.contains("null") && !is_value ? Presence::null : Presence::present;
}

Bytes item_of(const Slot &slot, const Json &cell) {
  if (cell.contains("bytes")) return bytes_of(cell.at("bytes"));
  std::uint64_t word = 0;
  if (cell.contains("bool")) word = cell.at("bool").get<bool>() ? 1 : 0;
  if (cell.contains("int")) word = word_of_number(cell.at("int"));
  if (cell.contains("uint")) word = word_of_number(cell.at("uint"));
  if (cell.contains("date")) word = word_of_number(cell.at("date"));
  if (cell.contains("datetime")) {
    const Json &moment = cell.at("datetime");
    word = static_cast<std::uint64_t>(integer_of(moment.at(0)) * 1000000 + integer_of(moment.at(1)) / 1000);
  }
  if (cell.contains("float")) word = word_of_number(cell.at("float"));
  if (cell.contains("float") && slot.dtype == deltos::Dtype::f32) {
    const auto single = static_cast<float>(float_of(cell.at("float")));
    std::memcpy(&word, &single, sizeof single);
  }
  if (slot.size > sizeof word) throw Mismatch("slot " + slot.name + " takes its bytes");
  const auto *const first = reinterpret_cast<const std::byte *>(&word);
  return {first, first + slot.size};
}

Bytes slice_of(const Slot &slot, const Json &cell) {
  if (slot.type == SlotType::bytes) return bytes_of(cell.at("bytes"));
  if (slot.type == SlotType::utf8) {
    const std::string text = text_of(cell.at("utf8"));
    const auto *const first = reinterpret_cast<const std::byte *>(text.data());
    return {first, first + text.size()};
  }
  const deltos::Packed packed = built(cell).pack();
  return {packed.bytes().begin(), packed.bytes().end()};
}

// Rows on their way into the library.
class GivenRows {
 public:
  GivenRows(const deltos::Schema &schema, const Json &rows)
      : slots_(schema.slots()), columns_(static_cast<std::uint64_t>(slots_.size())), count_(rows.size()) {
    const std::vector<std::size_t> outer = slots_in(slots_, -1);
    for (std::size_t i = 0; i < outer.size(); ++i) {
      std::vector<const Json *> cells;
      for (const Json &row : rows) cells.push_back(&row.at(i));
      fill(outer[i], cells);
    }
  }
  const deltos::RecordColumns &columns() const { return columns_; }

 private:
  // A cell is NULL where a record around it is not there.
  void fill(std::size_t number, const std::vector<const Json *> &cells) {
    std::vector<Presence> presence;
    bool is_whole = true;
    for (const Json *cell : cells) {
      presence.push_back(cell == nullptr ? Presence::present : presence_of(slots_[number], *cell));
      is_whole = is_whole && presence.back() == Presence::present;
    }
    if (slots_[number].type == SlotType::record) {
      fill_record(number, cells);
    } else {
      fill_column(number, cells, presence);
    }
    if (!is_whole) columns_.set_presence(number, presences_.emplace_back(std::move(presence)));
  }

  void fill_record(std::size_t number, const std::vector<const Json *> &cells) {
    const std::vector<std::size_t> inner = slots_in(slots_, static_cast<std::int32_t>(number));
    for (std::size_t i = 0; i < inner.size(); ++i) {
      std::vector<const Json *> below;
      for (const Json *cell : cells) {
        const bool is_there = cell != nullptr && cell->contains("record");
        below.push_back(is_there ? &cell->at("record").at(i) : nullptr);
      }
      fill(inner[i], below);
    }
  }

  void fill_column(std::size_t number, const std::vector<const Json *> &cells, const std::vector<Presence> &presence) {
    const Slot &slot = slots_[number];
    const bool is_item = slot.type <= SlotType::datetime;
    Bytes &items = bytes_.emplace_back();
    std::vector<deltos::Span<const std::byte>> slices;
    for (std::size_t row = 0; row < count_; ++row) {
      Bytes bytes(is_item ? static_cast<std::size_t>(slot.size) : 0);
      if (cells[row] != nullptr && presence[row] == Presence::present)
        bytes = is_item ? item_of(slot, *cells[row]) : slice_of(slot, *cells[row]);
      if (is_item) items.insert(items.end(), bytes.begin(), bytes.end());
      if (!is_item) slices.emplace_back(bytes_.emplace_back(std::move(bytes)));
    }
    if (!is_item) {
      columns_.set(number, slices);
    } else {
      columns_.set_items(number, items.data(), count_, static_cast<std::size_t>(slot.size), 0);
    }
  }

  std::vector<Slot> slots_;
  deltos::RecordColumns columns_;
  std::size_t count_;
  std::deque<Bytes> bytes_;
  std::deque<std::vector<Presence>> presences_;
};

void expect_slots(const std::vector<Slot> &slots, const Json &written, std::size_t *next) {
  for (const Json &one : written) {
    if (*next == slots.size()) throw Mismatch("there are fewer slots than are written");
    const Slot &slot = slots[(*next)++];
    expect(one, {{"name", slot.name}, {"type", word_of(kSlotTypes, slot.type)}});
    if (flags_of(one, kSlotFlags, SlotFlags::none) != slot.flags) throw Mismatch(slot.name + " has other flags");
    if (one.contains("schema")) expect_slots(slots, one.at("schema").at("slots"), next);
  }
}

}  // namespace

deltos::Schema made_schema(const Json &written) {
  std::vector<deltos::NewSlot> slots;
  std::deque<deltos::Schema> nested;
  for (const Json &one : written.at("slots")) {
    const SlotFlags flags = flags_of(one, kSlotFlags, SlotFlags::none);
    const SlotType type = number_of(kSlotTypes, text(one, "type"));
    if (one.contains("schema")) {
      slots.push_back(
          deltos::NewSlot::record(text(one, "name"), nested.emplace_back(made_schema(one.at("schema"))), flags));
    } else if (type == SlotType::fixed) {
      slots.emplace_back(text(one, "name"), element_type(one), flags);
    } else {
      slots.emplace_back(text(one, "name"), type, flags);
    }
  }
  const Bytes metadata = written.contains("metadata") ? bytes_of(written.at("metadata")) : Bytes();
  deltos::SchemaOptions options;
  options.version = written.value("version", 0U);
  options.min_reader = written.value("min_reader", 0U);
  options.metadata = metadata;
  return deltos::Schema::make(word(written, "name", ""), slots, options);
}

void give_rows(const deltos::Schema &schema, const Json &rows,
               const std::function<void(const deltos::RecordColumns &)> &add) {
  add(GivenRows(schema, rows).columns());
}

void add_rows_to(Records &records, const Json &rows) {
  give_rows(*records.schema, rows, [&](const deltos::RecordColumns &columns) { records.builder.add(columns); });
}

const void *RawColumns::kept(Bytes bytes) {
  bytes.push_back(std::byte{0});  // so that nothing has an address, too
  return bytes_.emplace_back(std::move(bytes)).data();
}

deltos_column RawColumns::made(const Json &written, std::uint64_t count) {
  deltos_column column{};
  if (written.is_null()) return column;
  column.count = written.value("count", count);
  if (written.contains("slices")) {
    std::vector<deltos_bytes> &slices = slices_.emplace_back();
    for (const Json &slice : written.at("slices")) {
      const Bytes bytes = bytes_of(slice);
      slices.push_back({kept(bytes), bytes.size()});
    }
    column.layout = DELTOS_COLUMN_SLICES;
    column.data = slices.data();
    return column;
  }
  column.data = kept(bytes_of(written.at("data")));
  column.dtype = static_cast<std::int32_t>(element_type(written).dtype());
  column.item_size = written.value("size", std::uint64_t{0});
  column.stride = written.value("stride", std::int64_t{0});
  if (!written.contains("offsets")) return column;
  column.layout = DELTOS_COLUMN_OFFSETS;
  column.offsets = offsets_.emplace_back(written.at("offsets").get<deltos::Shape>()).data();
  return column;
}

void damage(const Json &step, Bytes &image) {
  for (const Json &one : step.value("damage", Json::array())) {
    const Bytes bytes = bytes_of(one.at("data"));
    const auto at = one.at("at").get<std::size_t>();
    if (at > image.size() || bytes.size() > image.size() - at) throw Mismatch("this is not in the image");
    std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(at));
  }
  image.resize(image.size() - step.value("cut", std::size_t{0}));
}

deltos::Object open_copy(OpenMemory open, const Bytes &bytes, std::size_t at) {
  constexpr std::align_val_t kAlignment{64};
  auto *const memory = static_cast<std::byte *>(::operator new(at + bytes.size() + 1, kAlignment));
  std::copy(bytes.begin(), bytes.end(), memory + at);
  const auto release = [](void *taken) { ::operator delete(taken, kAlignment); };
  deltos_object *opened = nullptr;
  deltos_error error;
  if (open(memory + at, bytes.size(), release, memory, &opened, &error) != DELTOS_OK) {
    release(memory);
    throw deltos::Exception(deltos::Error(error));
  }
  return deltos::Object(opened);
}

void expect_cell(const deltos::RecordTable &table, const std::vector<Slot> &slots, std::uint64_t row, std::size_t slot,
                 const Json &cell) {
  const deltos::Node node = table.cell(row, slot);
  const bool is_set = table.is_set(row, slot), is_record = node.kind() == deltos::ValueKind::record;
  if (is_set == cell.contains("unset") || is_record != cell.contains("record")) {
    throw Mismatch("row " + std::to_string(row) + ", slot " + std::to_string(slot) + ": expected " + shown(cell) +
                   ", got " + (is_set ? word_of(kValueKinds, node.kind()) : "unset"));
  }
  if (!is_set) return;
  if (is_record) {
    const std::vector<std::size_t> inner = slots_in(slots, static_cast<std::int32_t>(slot));
    if (inner.size() != cell.at("record").size()) throw Mismatch("a record has other slots");
    for (std::size_t i = 0; i < inner.size(); ++i) expect_cell(table, slots, row, inner[i], cell.at("record").at(i));
  } else if (holds_values(slots[slot].type) && !node.is_null()) {
    expect_tree(cell, table.value(row, slot).value().root());
  } else {
    expect_tree(cell, node);
  }
}

void expect_row(const deltos::RecordTable &table, const std::vector<Slot> &slots, std::uint64_t row,
                const Json &cells) {
  const std::vector<std::size_t> outer = slots_in(slots, -1);
  if (outer.size() != cells.size()) throw Mismatch("a row has other slots");
  for (std::size_t i = 0; i < outer.size(); ++i) expect_cell(table, slots, row, outer[i], cells.at(i));
}

void expect_records(const deltos::RecordTable &table, const Json &described) {
  const deltos::Schema schema = table.schema();
  const std::vector<Slot> slots = schema.slots();
  const Json &written = described.at("schema"), &rows = described.at("rows");
  std::size_t next = 0;
  expect({{"name", word(written, "name", "")}, {"version", written.value("version", 0U)}},
         {{"name", schema.info().name}, {"version", schema.info().version}});
  expect_slots(slots, written.at("slots"), &next);
  if (next != slots.size()) throw Mismatch("there are more slots than are written");
  expect({{"layout", described.at("layout")}, {"rows", rows.size()}},
         {{"layout", word_of(kLayouts, table.table_info().layout)}, {"rows", table.table_info().rows}});
  for (std::size_t row = 0; row < rows.size(); ++row) expect_row(table, slots, row, rows.at(row));
}

}  // namespace conformance
