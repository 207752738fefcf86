#include "interop/arrow_import.hpp"

#include <algorithm>
#include <cstring>

#include "interop/arrow_value.hpp"

namespace deltos::interop {
namespace {

using dtype::Dtype;
using record::Column;
using record::ColumnLayout;
using record::Type;

// The lengths in {"shape":[3,2]}, if they make up the width; a permutation is more than a format can say.
std::vector<std::int64_t> tensor_lengths(const Imported &type) {
  const std::size_t begin = type.tensor.find("\"shape\""), open = type.tensor.find('[', begin);
  if (begin == std::string::npos || open == std::string::npos) return {};
  if (type.tensor.find("permutation") != std::string::npos) return {};
  std::vector<std::int64_t> lengths;
  std::uint64_t product = 1, length = 0;
  for (std::size_t i = open + 1; i < type.tensor.size() && product <= type.width; ++i) {
    const char letter = type.tensor[i];
    if (letter >= '0' && letter <= '9' && length <= type.width)
      length = length * 10 + static_cast<unsigned>(letter - '0');
    if (letter != ',' && letter != ']') continue;
    lengths.push_back(static_cast<std::int64_t>(length));
    product *= length;
    length = 0;
    if (letter == ']') return product == type.width ? lengths : std::vector<std::int64_t>();
  }
  return {};
}

bool is_list_of_numbers(const Imported &type) {
  return type.shape == Shape::fixed_list && type.width > 0 && type.children[0].shape == Shape::number &&
         !type.children[0].dictionary;
}

std::string format_of(const Imported &type) {
  switch (type.shape) {
    case Shape::number:
      return std::string(dtype::pep3118_code(type.dtype));
    case Shape::bits:
      return "?";
    case Shape::fixed_binary:
      return std::to_string(type.width) + "s";
    default:
      break;
  }
  std::string text = "(";
  std::vector<std::int64_t> lengths = tensor_lengths(type);
  if (lengths.empty()) lengths = {static_cast<std::int64_t>(type.width)};
  for (std::size_t i = 0; i < lengths.size(); ++i) text += (i > 0 ? "," : "") + std::to_string(lengths[i]);
  return text + ")" + std::string(dtype::pep3118_code(type.children[0].dtype));
}

Type type_of_dictionary(const Imported &values) {
  if (values.shape == Shape::text || values.shape == Shape::text_views) return Type::utf8;
  if (values.shape == Shape::binary || values.shape == Shape::binary_views) return Type::bytes;
  return Type::value;
}

// Bytes that are values, as this library shows them.
std::optional<Type> type_of_values(const Imported &type) {
  const bool binary = type.shape == Shape::binary || type.shape == Shape::binary_views;
  if (type.value.empty() || !binary || type.dictionary) return std::nullopt;
  for (auto known = Type::list; known <= Type::value; known = static_cast<Type>(static_cast<int>(known) + 1))
    if (type.value == record::name_of(known)) return known;
  return std::nullopt;
}

Type type_of(const Imported &type) {
  if (const std::optional<Type> values = type_of_values(type)) return *values;
  if (type.dictionary) return type_of_dictionary(*type.dictionary);
  switch (type.shape) {
    case Shape::null:
      return Type::value;
    case Shape::number:
    case Shape::bits:
      return Type::fixed;
    case Shape::fixed_binary:
      return type.width > 0 ? Type::fixed : Type::bytes;
    case Shape::text:
    case Shape::text_views:
      return Type::utf8;
    case Shape::binary:
    case Shape::binary_views:
      return Type::bytes;
    case Shape::date32:
    case Shape::date64:
      return Type::date;
    case Shape::timestamp:
      return Type::datetime;
    case Shape::decimal:
      return Type::decimal;
    case Shape::list:
      return Type::list;
    case Shape::fixed_list:
      return is_list_of_numbers(type) ? Type::fixed : Type::list;
    case Shape::structure:
      return Type::record;
    case Shape::map:
      return Type::dict;
  }
  return Type::value;
}

Result<record::NewSlot> slot_of(const Imported &type) {
  record::NewSlot slot;
  slot.name = type.name;
  slot.type = type_of(type);
  if (type.nullable || type.shape == Shape::null) slot.flags |= record::kNullable;
  if (type.utc) slot.flags |= record::kUtc;
  if (slot.type == Type::fixed) {
    DELTOS_ASSIGN(slot.format, dtype::parse_format(format_of(type)));
  }
  if (slot.type == Type::record) {
    DELTOS_ASSIGN(slot.nested, schema_of(type));
  }
  return slot;
}

// Ticks of some unit as microseconds.
Result<std::int64_t> microseconds(const Imported &type, std::int64_t ticks, std::uint64_t row) {
  constexpr std::int64_t kMicroseconds = 1'000'000;
  if (type.unit <= kMicroseconds) {
    std::int64_t product = 0;
    if (!__builtin_mul_overflow(ticks, kMicroseconds / type.unit, &product)) return product;
  } else if (ticks % (type.unit / kMicroseconds) == 0) {
    return ticks / (type.unit / kMicroseconds);
  }
  return fail(Code::range,
              "the time in row %llu of column \"%s\" is no number of microseconds that fits 64 bits; cast it",
              static_cast<unsigned long long>(row), type.name.c_str());
}

template <class T>
Column fixed_column(const T *items) {
  Column column;
  column.item_bytes = sizeof *items;
  column.data = reinterpret_cast<const std::byte *>(items);
  return column;
}

Column slices_column(const record::Slice *slices) {
  Column column;
  column.layout = ColumnLayout::slices;
  column.data = reinterpret_cast<const std::byte *>(slices);
  return column;
}

record::Slice slice_of(const Piece &piece) { return {static_cast<const std::byte *>(piece.data), piece.bytes}; }

}  // namespace

Result<record::SchemaPtr> schema_of(const Imported &rows) {
  if (rows.shape != Shape::structure || rows.dictionary)
    return fail(Code::unsupported, "the data is one column without a name; a record table takes a struct of columns");
  std::vector<record::NewSlot> slots;
  for (const Imported &child : rows.children) {
    DELTOS_ASSIGN(record::NewSlot slot, slot_of(child));
    slots.push_back(std::move(slot));
  }
  return record::Schema::make({}, std::move(slots));
}

template <class T>
T *Batch::room(std::uint64_t count) {
  rooms_.push_back(std::make_unique<std::byte[]>(static_cast<std::size_t>(count) * sizeof(T)));
  return reinterpret_cast<T *>(rooms_.back().get());
}

Status Batch::read(const Imported &rows, const record::Schema &schema, const ArrowArray &array) {
  DELTOS_TRY(check_array(rows, array));
  schema_ = &schema;
  count_ = static_cast<std::uint64_t>(array.length);
  for (std::uint64_t i = 0; i < count_ && array.null_count != 0; ++i)
    if (!is_valid(array, static_cast<std::int64_t>(i)))
      return fail(Code::unsupported, "row %llu is null as a whole, which a record table has no place for",
                  static_cast<unsigned long long>(i));
  for (std::size_t i = 0; i < rows.children.size(); ++i)
    DELTOS_TRY(add({rows.children[i], *array.children[i], array.offset}));
  return {};
}

Status Batch::add(const Part &part) {
  if (part.array.length - part.base < static_cast<std::int64_t>(count_))
    return fail(Code::invalid, "column \"%s\" has fewer than %llu rows", part.type.name.c_str(),
                static_cast<unsigned long long>(count_));
  const Type type = schema_->slots()[columns_.size()].type;
  presence_.push_back(states(part));
  if (type != Type::record) {
    DELTOS_ASSIGN(Column made, column(part, type));
    made.count = count_;
    columns_.push_back(made);
    return {};
  }
  columns_.emplace_back();
  for (std::size_t i = 0; i < part.type.children.size(); ++i)
    DELTOS_TRY(add({part.type.children[i], *part.array.children[i], part.array.offset + part.base}));
  return {};
}

// A byte a row; nullptr: all are present.
const std::uint8_t *Batch::states(const Part &part) {
  const bool all_null = part.type.shape == Shape::null && !part.type.dictionary;
  if (!all_null && (part.array.null_count == 0 || part.array.buffers[0] == nullptr)) return nullptr;
  std::uint8_t *const states = room<std::uint8_t>(count_);
  for (std::uint64_t i = 0; i < count_; ++i) {
    const bool valid = !all_null && is_valid(part.array, part.base + static_cast<std::int64_t>(i));
    states[i] = valid ? record::kIsPresent : record::kIsNull;
  }
  return states;
}

Result<Column> Batch::column(const Part &part, Type type) {
  if (record::is_value(type) && !type_of_values(part.type)) return values(part);
  if (part.type.dictionary) return named_pieces(part);
  switch (part.type.shape) {
    case Shape::bits:
      return booleans(part);
    case Shape::fixed_binary:
      return type == Type::bytes ? pieces(part) : items(part, part.type.width);
    case Shape::date32:
      return items(part, sizeof(std::int32_t));
    case Shape::date64:
      return dates(part);
    case Shape::timestamp:
      return times(part);
    case Shape::fixed_list:
      return lists_of_numbers(part);
    case Shape::text_views:
    case Shape::binary_views:
      return pieces(part);
    case Shape::text:
    case Shape::binary:
      return texts(part);
    default:
      return items(part, dtype::item_bytes(part.type.dtype));
  }
}

Column Batch::items(const Part &part, std::uint64_t item_bytes) const {
  Column column;
  column.item_bytes = item_bytes;
  const std::int64_t first = part.array.offset + part.base;
  column.data = static_cast<const std::byte *>(part.array.buffers[1]);
  if (column.data != nullptr) column.data += first * static_cast<std::int64_t>(item_bytes);
  return column;
}

// Calls work(row, item of the array) for each row that is not null.
template <class Work>
Status Batch::each_valid(const Part &part, const Work &work) const {
  for (std::uint64_t row = 0; row < count_; ++row) {
    const std::int64_t item = part.base + static_cast<std::int64_t>(row);
    if (is_valid(part.array, item)) DELTOS_TRY(work(row, item));
  }
  return {};
}

Column Batch::booleans(const Part &part) {
  std::uint8_t *const truths = room<std::uint8_t>(count_);
  for (std::uint64_t row = 0; row < count_; ++row)
    truths[row] = bit_at(part.array, 1, part.base + static_cast<std::int64_t>(row));
  return fixed_column(truths);
}

Result<Column> Batch::pieces(const Part &part) {
  auto *const slices = room<record::Slice>(count_);
  DELTOS_TRY(each_valid(part, [&](std::uint64_t row, std::int64_t item) -> Status {
    slices[row] = slice_of(piece_at(part.type, part.array, item));
    return {};
  }));
  return slices_column(slices);
}

Result<Column> Batch::named_pieces(const Part &part) {
  auto *const slices = room<record::Slice>(count_);
  const ArrowArray &words = *part.array.dictionary;
  DELTOS_TRY(each_valid(part, [&](std::uint64_t row, std::int64_t item) -> Status {
    const std::int64_t index = index_at(part.type, part.array, item);
    if (index < 0 || index >= words.length || !is_valid(words, index))
      return fail(Code::invalid, "index %lld in row %llu of column \"%s\" names no item of its dictionary",
                  static_cast<long long>(index), static_cast<unsigned long long>(row), part.type.name.c_str());
    slices[row] = slice_of(piece_at(*part.type.dictionary, words, index));
    return {};
  }));
  return slices_column(slices);
}

Column Batch::texts(const Part &part) {
  Column column;
  column.layout = ColumnLayout::offsets;
  column.data = static_cast<const std::byte *>(part.array.buffers[2]);
  const std::int64_t first = part.array.offset + part.base;
  if (count_ == 0) {
    column.offsets = room<std::int64_t>(1);
  } else if (part.type.width == 8) {
    column.offsets = static_cast<const std::int64_t *>(part.array.buffers[1]) + first;
  } else {
    const auto *const narrow = static_cast<const std::int32_t *>(part.array.buffers[1]) + first;
    auto *const wide = room<std::int64_t>(count_ + 1);
    std::copy(narrow, narrow + count_ + 1, wide);
    column.offsets = wide;
  }
  return column;
}

Result<Column> Batch::dates(const Part &part) {
  auto *const days = room<std::int32_t>(count_);
  DELTOS_TRY(each_valid(part, [&](std::uint64_t row, std::int64_t item) -> Status {
    const std::int64_t day = days_at(part.type, part.array, item);
    if (day != static_cast<std::int32_t>(day))
      return fail(Code::range, "the date in row %llu of column \"%s\" is beyond 32 bits of days",
                  static_cast<unsigned long long>(row), part.type.name.c_str());
    days[row] = static_cast<std::int32_t>(day);
    return {};
  }));
  return fixed_column(days);
}

Result<Column> Batch::times(const Part &part) {
  constexpr std::int64_t kMicroseconds = 1'000'000;
  if (part.type.unit == kMicroseconds) return items(part, sizeof(std::int64_t));
  auto *const times = room<std::int64_t>(count_);
  DELTOS_TRY(each_valid(part, [&](std::uint64_t row, std::int64_t item) -> Status {
    DELTOS_ASSIGN(times[row], microseconds(part.type, number_at<std::int64_t>(part.array, item), row));
    return {};
  }));
  return fixed_column(times);
}

Result<Column> Batch::lists_of_numbers(const Part &part) {
  const ArrowArray &numbers = *part.array.children[0];
  DELTOS_TRY(each_valid(part, [&](std::uint64_t row, std::int64_t item) -> Status {
    DELTOS_ASSIGN(const Stretch list, stretch_at(part.type, part.array, item));
    for (std::int64_t k = 0; k < list.count && numbers.null_count != 0; ++k)
      if (!is_valid(numbers, list.first + k))
        return fail(Code::unsupported, "row %llu of column \"%s\" has null within its list of fixed size",
                    static_cast<unsigned long long>(row), part.type.name.c_str());
    return {};
  }));
  const auto width = static_cast<std::int64_t>(part.type.width);
  const Part inner{part.type.children[0], numbers, (part.array.offset + part.base) * width};
  const std::uint64_t each = dtype::item_bytes(inner.type.dtype);
  Column column = items(inner, each);
  column.item_bytes = each * part.type.width;
  return column;
}

Result<Column> Batch::values(const Part &part) {
  auto *const slices = room<record::Slice>(count_);
  if (part.type.shape == Shape::null) return slices_column(slices);
  DELTOS_TRY(each_valid(part, [&](std::uint64_t row, std::int64_t item) -> Status {
    value::Builder builder;
    DELTOS_TRY(put_item(part.type, part.array, item, &builder));
    DELTOS_ASSIGN(const std::uint64_t bytes, builder.finish());
    auto *const image = room<std::byte>(bytes);
    std::memcpy(image, builder.image().data(), static_cast<std::size_t>(bytes));
    slices[row] = {image, bytes};
    return {};
  }));
  return slices_column(slices);
}

Error Stream::said(int number, const char *when) const {
  const char *const text = stream_->get_last_error != nullptr ? stream_->get_last_error(stream_) : nullptr;
  return fail(Code::invalid, "the stream of Arrow failed when asked for %s: %s (%d)", when,
              text != nullptr ? text : "no reason given", number);
}

Result<Stream> Stream::open(ArrowArrayStream *stream) {
  if (stream->release == nullptr || stream->get_schema == nullptr || stream->get_next == nullptr)
    return fail(Code::invalid, "the stream has been released");
  Stream opened(stream);
  struct Held {
    ArrowSchema schema{};
    ~Held() {
      if (schema.release != nullptr) schema.release(&schema);
    }
  } held;
  if (const int number = stream->get_schema(stream, &held.schema); number != 0) return opened.said(number, "its type");
  DELTOS_ASSIGN(opened.rows_, read_type(held.schema));
  DELTOS_ASSIGN(opened.schema_, schema_of(opened.rows_));
  return opened;
}

Result<bool> Stream::get(ArrowArray *array) {
  if (const int number = stream_->get_next(stream_, array); number != 0) return said(number, "rows");
  return array->release != nullptr;
}

}  // namespace deltos::interop
