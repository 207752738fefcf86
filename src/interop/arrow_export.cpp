#include "interop/arrow_export.hpp"

#include <bit>
#include <cstring>

#include "dtype/copy.hpp"
#include "format/validate.hpp"

namespace deltos::interop {
namespace {

using record::Slot;
using record::Type;

Result<ArrowType> type_of(const Slot &slot) {
  switch (slot.type) {
    case Type::fixed:
      return arrow_type_of(*slot.format);
    case Type::date:
      return plain_type("tdD");
    case Type::datetime:
      return plain_type((slot.flags & record::kUtc) != 0 ? "tsu:UTC" : "tsu:");
    case Type::utf8:
      return plain_type("U");
    case Type::bytes:
      return plain_type("Z");
    case Type::record:
      return plain_type("+s");
    default:
      return extension_type("Z", kValueExtension, std::string(record::name_of(slot.type)));
  }
}

// The types of some slots that stand side by side.
Status add_types(const std::vector<Slot> &slots, std::size_t first, std::size_t end, ArrowType *parent) {
  for (std::size_t i = first; i < end; i += 1 + slots[i].below) {
    Result<ArrowType> made = type_of(slots[i]);
    if (!made.ok()) return fail(made.code(), "slot \"%s\": %s", slots[i].name.c_str(), made.error().message.c_str());
    ArrowType type = std::move(made).value();
    type.name = slots[i].name;
    type.nullable = (slots[i].flags & record::kMayBeAbsent) != 0;
    DELTOS_TRY(add_types(slots, i + 1, i + 1 + slots[i].below, &type));
    parent->children.push_back(std::move(type));
  }
  return {};
}

constexpr bool is_continuation(std::byte byte) { return (byte & std::byte{0xc0}) == std::byte{0x80}; }

class Exporter {
 public:
  Exporter(const record::Reader &table, const std::shared_ptr<const void> &keep)
      : table_(table), slots_(table.schema()->slots()), keep_(keep) {}

  Status add(std::size_t first, std::size_t end, ArrowData *parent) {
    for (std::size_t i = first; i < end; i += 1 + slots_[i].below) {
      DELTOS_ASSIGN(ArrowData data, slot(i));
      DELTOS_TRY(add(i + 1, i + 1 + slots_[i].below, &data));
      parent->children.push_back(std::move(data));
    }
    return {};
  }

 private:
  Result<ArrowData> slot(std::size_t i) {
    ArrowData data;
    if (record::is_item(slots_[i].type)) {
      DELTOS_ASSIGN(data, items(i));
    } else if (slots_[i].type == Type::record) {
      data.buffers = {nullptr};
    } else if (table_.layout() == record::Layout::columns) {
      DELTOS_ASSIGN(data, text_column(i));
    } else {
      DELTOS_ASSIGN(data, text_of_rows(i));
    }
    data.length = static_cast<std::int64_t>(table_.rows());
    if (data.keep == nullptr) data.keep = keep_;
    if ((slots_[i].flags & record::kMayBeAbsent) != 0) put_validity(i, &data);
    return data;
  }

  const std::byte *at(std::uint64_t place) const { return table_.image().data() + place; }

  Result<ArrowData> items(std::size_t i) {
    const record::Reader::Strided lie = table_.items(i);
    const std::int64_t shape = static_cast<std::int64_t>(table_.rows()), stride = static_cast<std::int64_t>(lie.step);
    dtype::Layout layout;
    layout.data = const_cast<std::byte *>(at(lie.place));
    layout.ndim = 1;
    layout.shape = &shape;
    layout.strides = &stride;
    layout.item_bytes = slots_[i].format->item_bytes;
    if ((slots_[i].flags & record::kWritable) == 0) return arrow_data_of(*slots_[i].format, layout, keep_);
    // Consumers expect that nobody writes what they look at.
    const std::uint64_t bytes = table_.rows() * layout.item_bytes;
    const std::shared_ptr<std::byte> copy = aligned_bytes(bytes);
    DELTOS_TRY(dtype::copy_out(layout, {copy.get(), static_cast<std::size_t>(bytes)}));
    layout.data = copy.get();
    layout.strides = nullptr;
    return arrow_data_of(*slots_[i].format, layout, copy);
  }

  Result<ArrowData> text_column(std::size_t i) {
    DELTOS_TRY(table_.check_offsets(i));
    const record::ColumnEntry &lie = table_.column(i);
    if (slots_[i].type == Type::utf8) DELTOS_TRY(check_text(i, lie));
    ArrowData data;
    data.buffers = {nullptr, at(lie.offsets), at(lie.data)};
    return data;
  }

  // Text as a whole is UTF-8, and no row begins within a character.
  Status check_text(std::size_t i, const record::ColumnEntry &lie) const {
    const std::byte *const text = at(lie.data), *const offsets = at(lie.offsets);
    bool sound = format::is_utf8({reinterpret_cast<const char *>(text), static_cast<std::size_t>(lie.data_bytes)});
    for (std::uint64_t row = 0; row < table_.rows() && sound; ++row) {
      const auto start = load<std::uint64_t>(offsets + row * sizeof(std::int64_t));
      sound = start >= lie.data_bytes || !is_continuation(text[start]);
    }
    if (sound) return {};
    return fail(Code::corrupt, "the record table is damaged: slot \"%s\" has text that is not UTF-8",
                slots_[i].name.c_str());
  }

  Result<ArrowData> text_of_rows(std::size_t i) {
    auto text = std::make_shared<std::pair<std::vector<std::int64_t>, std::vector<std::byte>>>();
    auto &[offsets, bytes] = *text;
    offsets.reserve(static_cast<std::size_t>(table_.rows()) + 1);
    offsets.push_back(0);
    for (std::uint64_t row = 0; row < table_.rows(); ++row) {
      DELTOS_ASSIGN(const Bytes item, text_of(row, i));
      bytes.insert(bytes.end(), item.begin(), item.end());
      offsets.push_back(static_cast<std::int64_t>(bytes.size()));
    }
    ArrowData data;
    data.buffers = {nullptr, offsets.data(),
                    bytes.empty() ? reinterpret_cast<std::byte *>(offsets.data()) : bytes.data()};
    data.keep = text;
    return data;
  }

  Result<Bytes> text_of(std::uint64_t row, std::size_t i) {
    if (record::is_value(slots_[i].type)) return table_.value_image(row, i);
    value::Item item;
    DELTOS_TRY(table_.read(row, i, &item));
    const Bytes text(item.data, static_cast<std::size_t>(item.count));
    if (item.kind != value::Kind::utf8 || format::is_utf8({reinterpret_cast<const char *>(text.data()), text.size()}))
      return text;
    return fail(Code::corrupt, "the record table is damaged: slot \"%s\" of row %llu is not UTF-8",
                slots_[i].name.c_str(), static_cast<unsigned long long>(row));
  }

  // Bits of which rows have a value, and how many have none.
  void put_validity(std::size_t i, ArrowData *data) {
    const std::uint64_t bytes = record::bitmap_bytes(table_.rows());
    const std::byte *bits = nullptr;
    if (table_.layout() == record::Layout::columns) {
      bits = at(table_.column(i).valid);
    } else {
      const std::shared_ptr<std::byte> made = valid_rows(i, bytes);
      bits = made.get();
      data->keep =
          std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(made, data->keep);
    }
    std::uint64_t valid = 0;
    for (std::uint64_t k = 0; k < bytes; ++k) {
      auto byte = std::to_integer<unsigned>(bits[k]);
      if (k + 1 == bytes && table_.rows() % 8 != 0) byte &= (1U << table_.rows() % 8) - 1;
      valid += static_cast<std::uint64_t>(std::popcount(byte));
    }
    data->buffers[0] = bits;
    data->nulls = static_cast<std::int64_t>(table_.rows() - valid);
  }

  std::shared_ptr<std::byte> valid_rows(std::size_t i, std::uint64_t bytes) const {
    std::shared_ptr<std::byte> bits = aligned_bytes(bytes);
    std::memset(bits.get(), 0, static_cast<std::size_t>(bytes));
    const record::Reader::Strided lie = table_.all_rows();
    const auto bit = static_cast<std::uint64_t>(slots_[i].valid_bit);
    const std::byte *presence = at(lie.place) + table_.schema()->presence_offset() + bit / 8;
    for (std::uint64_t row = 0; row < table_.rows(); ++row, presence += lie.step)
      bits.get()[row / 8] |= (*presence >> bit % 8 & std::byte{1}) << row % 8;
    return bits;
  }

  const record::Reader &table_;
  const std::vector<Slot> &slots_;
  std::shared_ptr<const void> keep_;
};

}  // namespace

Result<ArrowType> arrow_type_of(const record::Schema &schema) {
  ArrowType type;
  type.format = "+s";
  DELTOS_TRY(add_types(schema.slots(), 0, schema.slots().size(), &type));
  return type;
}

Result<ArrowColumn> arrow_rows_of(const record::Reader &table, const std::shared_ptr<const void> &keep) {
  ArrowColumn column;
  DELTOS_ASSIGN(column.type, arrow_type_of(*table.schema()));
  column.data.length = static_cast<std::int64_t>(table.rows());
  column.data.buffers = {nullptr};
  DELTOS_TRY(Exporter(table, keep).add(0, table.schema()->slots().size(), &column.data));
  return column;
}

}  // namespace deltos::interop
