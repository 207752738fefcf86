#include "record/reader.hpp"

#include <algorithm>

#include "format/validate.hpp"
#include "record/columns.hpp"
#include "record/value_kind.hpp"
#include "value/verify.hpp"

namespace deltos::record {
namespace {

using value::Item;
using value::Kind;

constexpr std::uint64_t kMostRows = std::uint64_t{1} << 60;
constexpr std::int64_t kMicroseconds = 1'000'000;

Error broken(const char *what) { return fail(Code::corrupt, "the record table is damaged: %s", what); }

Status check_head(const ImageHead &head, std::uint64_t size) {
  bool clean = head.flags == 0 && head.reserved == 0;
  for (const std::uint64_t word : head.reserved_too) clean = clean && word == 0;
  if (!clean || head.layout > static_cast<std::uint32_t>(Layout::columns))
    return fail(Code::feature, "the record table has features that this version does not know; use a newer one");
  if (head.bytes < sizeof head || head.bytes > size || head.bytes % kPieceAlignment != 0) {
    return fail(Code::corrupt, "the record table says that it has %llu bytes; %llu are there",
                static_cast<unsigned long long>(head.bytes), static_cast<unsigned long long>(size));
  }
  if (head.rows > kMostRows) return broken("it has more rows than there can be");
  return {};
}

// Numbers that a double, or 64 bits, hold as they are.
std::optional<dtype::Number> number_to_show(const Slot &slot) {
  if (slot.type != Type::fixed) return std::nullopt;
  const auto number = dtype::number_of(*slot.format);
  return number && number->scalar != dtype::Scalar::f_long ? number : std::nullopt;
}

void show_number(dtype::Number number, const std::byte *at, Item *item) {
  const dtype::Wide wide = dtype::load_number(number, at);
  if (number.scalar == dtype::Scalar::boolean) {
    item->kind = Kind::boolean;
    item->i64 = wide != 0 ? 1 : 0;
  } else if (!dtype::is_integer(number.scalar)) {
    item->kind = Kind::floating;
    item->f64 = static_cast<double>(wide);
  } else if (wide < dtype::Wide{0x1p63}) {
    item->kind = Kind::integer;
    item->i64 = static_cast<std::int64_t>(wide);
  } else {
    item->kind = Kind::unsigned_integer;
    item->u64 = static_cast<std::uint64_t>(wide);
  }
}

}  // namespace

Result<Reader> Reader::open(Bytes image) {
  if (image.size() < sizeof(ImageHead))
    return fail(Code::not_deltos, "a record table has %zu bytes or more, not %zu", sizeof(ImageHead), image.size());
  const auto head = load<ImageHead>(image.data());
  if (head.magic != kImageMagic) return fail(Code::not_deltos, "the bytes do not start like a record table");
  DELTOS_TRY(check_head(head, image.size()));
  Reader reader(image.first(static_cast<std::size_t>(head.bytes)), head);
  DELTOS_TRY(reader.open_schema());
  DELTOS_TRY(reader.layout() == Layout::rows ? reader.open_rows() : reader.open_columns());
  for (const Slot &slot : reader.schema_->slots()) reader.numbers_.push_back(number_to_show(slot));
  return reader;
}

// A piece behind those that have been taken; they follow each other, so none overlaps another.
Status Reader::take(std::uint64_t place, std::uint64_t bytes, std::uint64_t *at) const {
  if (place < *at || place % kPieceAlignment != 0 || !within(place, bytes, image_.size()))
    return broken("a piece of it is not where it can be");
  *at = place + bytes;
  return {};
}

Status Reader::open_schema() {
  std::uint64_t at = sizeof(ImageHead);
  DELTOS_TRY(take(head_.schema, head_.schema_bytes, &at));
  DELTOS_ASSIGN(schema_, Schema::unpack(image_.subspan(static_cast<std::size_t>(head_.schema),
                                                       static_cast<std::size_t>(head_.schema_bytes))));
  if (head_.row_bytes != schema_->row_bytes()) return broken("its schema makes rows of another size");
  return {};
}

Status Reader::open_rows() {
  std::uint64_t at = head_.schema + head_.schema_bytes, bytes = 0;
  if (!checked_mul(head_.rows, head_.row_bytes, &bytes) || bytes != head_.content_bytes)
    return broken("its rows take another number of bytes");
  DELTOS_TRY(take(head_.content, head_.content_bytes, &at));
  return take(head_.heap, head_.heap_bytes, &at);
}

Status Reader::open_columns() {
  const std::size_t slots = schema_->slots().size();
  std::uint64_t at = head_.schema + head_.schema_bytes;
  if (head_.content_bytes != slots * sizeof(ColumnEntry) || head_.heap != 0 || head_.heap_bytes != 0)
    return broken("its directory does not fit its schema");
  DELTOS_TRY(take(head_.content, head_.content_bytes, &at));
  directory_.resize(slots);
  std::memcpy(directory_.data(), image_.data() + head_.content, slots * sizeof(ColumnEntry));
  for (std::size_t i = 0; i < slots; ++i) DELTOS_TRY(check_entry(i, &at));
  return {};
}

Status Reader::check_entry(std::size_t index, std::uint64_t *at) const {
  const Slot &slot = schema_->slots()[index];
  const ColumnEntry &entry = directory_[index];
  const bool has_offsets = is_text(slot.type) || is_value(slot.type), has_data = slot.type != Type::record;
  if ((entry.valid != 0) != (slot.valid_bit >= 0) || (entry.null != 0) != (slot.null_bit >= 0) ||
      (entry.offsets != 0) != has_offsets || (entry.data != 0) != has_data || (!has_data && entry.data_bytes != 0))
    return broken("a column has other pieces than its slot asks for");
  for (const std::uint64_t word : entry.reserved) {
    if (word != 0) return fail(Code::feature, "a column has features that this version does not know; use a newer one");
  }
  if (entry.valid != 0) DELTOS_TRY(take(entry.valid, bitmap_bytes(head_.rows), at));
  if (entry.null != 0) DELTOS_TRY(take(entry.null, bitmap_bytes(head_.rows), at));
  if (has_offsets) DELTOS_TRY(take(entry.offsets, (head_.rows + 1) * sizeof(std::int64_t), at));
  std::uint64_t bytes = 0;
  if (is_item(slot.type) && (!checked_mul(head_.rows, slot.bytes, &bytes) || bytes != entry.data_bytes))
    return broken("the items of a column take another number of bytes");
  return has_data ? take(entry.data, entry.data_bytes, at) : Status();
}

Status Reader::damaged(std::uint64_t row, std::size_t slot, const char *what) const {
  return fail(Code::corrupt, "slot %s, row %llu of the record table is damaged: %s", schema_->path_of(slot).c_str(),
              static_cast<unsigned long long>(row), what);
}

Status Reader::check_slot(std::uint64_t slot) const {
  if (slot < schema_->slots().size()) return {};
  return fail(Code::range, "there is no slot %llu; the record table has %zu", static_cast<unsigned long long>(slot),
              schema_->slots().size());
}

bool Reader::bit(std::uint64_t row, std::int32_t in_row, std::uint64_t bitmap) const {
  const auto number = static_cast<std::uint64_t>(in_row);
  const std::uint64_t place = layout() == Layout::rows
                                  ? head_.content + row * head_.row_bytes + schema_->presence_offset() + number / 8
                                  : bitmap + row / 8;
  const std::uint64_t within_byte = layout() == Layout::rows ? number % 8 : row % 8;
  return (static_cast<unsigned>(image_[static_cast<std::size_t>(place)]) >> within_byte & 1) != 0;
}

std::uint8_t Reader::state(std::uint64_t row, std::size_t index) const {
  const Slot &slot = schema_->slots()[index];
  if (slot.parent >= 0) {
    const std::uint8_t outer = state(row, static_cast<std::size_t>(slot.parent));
    if (outer != kIsPresent) return outer;
  }
  const bool in_rows = layout() == Layout::rows;
  if (slot.valid_bit < 0 || bit(row, slot.valid_bit, in_rows ? 0 : directory_[index].valid)) return kIsPresent;
  if (slot.null_bit < 0) return (slot.flags & kNullable) != 0 ? kIsNull : kIsUnset;
  return bit(row, slot.null_bit, in_rows ? 0 : directory_[index].null) ? kIsNull : kIsUnset;
}

Reader::Strided Reader::items(std::size_t slot) const {
  const Slot &shown = schema_->slots()[slot];
  if (layout() == Layout::rows) return {head_.content + shown.offset, head_.row_bytes};
  return {directory_[slot].data, shown.bytes};
}

Status Reader::text(std::uint64_t row, std::size_t slot, Bytes *text) const {
  if (layout() == Layout::rows) {
    const Strided references = items(slot);
    const auto reference = load<Reference>(image_.data() + references.place + row * references.step);
    if (!within(reference.place, reference.bytes, head_.heap_bytes))
      return damaged(row, slot, "its bytes are not in the heap");
    *text = image_.subspan(static_cast<std::size_t>(head_.heap + reference.place),
                           static_cast<std::size_t>(reference.bytes));
    return {};
  }
  const ColumnEntry &entry = directory_[slot];
  const std::byte *const at = image_.data() + entry.offsets + row * sizeof(std::int64_t);
  const auto begin = load<std::uint64_t>(at), end = load<std::uint64_t>(at + sizeof(std::int64_t));
  if (begin > end || end > entry.data_bytes) return damaged(row, slot, "its offsets fall or lead beyond the end");
  *text = image_.subspan(static_cast<std::size_t>(entry.data + begin), static_cast<std::size_t>(end - begin));
  return {};
}

Status Reader::value(std::uint64_t row, std::size_t slot, Bytes *image, Item *root) const {
  DELTOS_TRY(text(row, slot, image));
  if (reinterpret_cast<std::uintptr_t>(image->data()) % 8 != reinterpret_cast<std::uintptr_t>(image_.data()) % 8)
    return damaged(row, slot, "its value is not aligned");
  auto own = read_value(*image, schema_->slots()[slot].type, root);
  if (own.ok()) {
    *image = *own;
    return {};
  }
  if (own.code() == Code::type) return damaged(row, slot, "its value is of another kind");
  return fail(own.code(), "slot %s, row %llu: %s", schema_->path_of(slot).c_str(), static_cast<unsigned long long>(row),
              own.error().message.c_str());
}

void Reader::item(std::uint64_t row, std::size_t index, Item *item) const {
  const Slot &slot = schema_->slots()[index];
  const Strided all = items(index);
  const std::byte *const at = image_.data() + all.place + row * all.step;
  if (slot.type == Type::date) {
    item->kind = Kind::date;
    item->i64 = load<std::int32_t>(at);
  } else if (slot.type == Type::datetime) {
    *item = value::moment(load<std::int64_t>(at), kMicroseconds, (slot.flags & kUtc) != 0);
  } else if (numbers_[index]) {
    show_number(*numbers_[index], at, item);
  } else {
    item->kind = Kind::bytes;
    item->data = at;
    item->count = slot.bytes;
  }
}

Status Reader::read(std::uint64_t row, std::uint64_t slot, Item *out) const {
  DELTOS_TRY(check_slot(slot));
  if (row >= head_.rows) {
    return fail(Code::range, "there is no row %llu; the record table has %llu", static_cast<unsigned long long>(row),
                static_cast<unsigned long long>(head_.rows));
  }
  const auto index = static_cast<std::size_t>(slot);
  const Type type = schema_->slots()[index].type;
  Item found;
  const std::uint8_t there = state(row, index);
  if (there != kIsPresent) {
    found.kind = there == kIsNull ? Kind::null : Kind::end;
  } else if (type == Type::record) {
    found.kind = Kind::record;
  } else if (is_item(type)) {
    item(row, index, &found);
  } else if (is_text(type)) {
    Bytes bytes;
    DELTOS_TRY(text(row, index, &bytes));
    found.kind = type == Type::utf8 ? Kind::utf8 : Kind::bytes;
    found.data = bytes.data();
    found.count = bytes.size();
  } else {
    Bytes image;
    DELTOS_TRY(value(row, index, &image, &found));
  }
  *out = found;
  return {};
}

Result<Bytes> Reader::value_image(std::uint64_t row, std::uint64_t slot) const {
  DELTOS_TRY(check_slot(slot));
  const auto index = static_cast<std::size_t>(slot);
  if (!is_value(schema_->slots()[index].type))
    return fail(Code::type, "slot %s is of type %s and holds no values", schema_->path_of(index).c_str(),
                name_of(schema_->slots()[index].type).data());
  Item root;
  DELTOS_TRY(read(row, slot, &root));  // range
  if (state(row, index) != kIsPresent) return Bytes();
  Bytes image;
  DELTOS_TRY(value(row, index, &image, &root));
  return image;
}

Status Reader::check_offsets(std::size_t slot) const {
  const ColumnEntry &entry = directory_[slot];
  const std::byte *const offsets = image_.data() + entry.offsets;
  std::uint64_t last = load<std::uint64_t>(offsets);
  if (last != 0) return damaged(0, slot, "its offsets do not begin with 0");
  for (std::uint64_t row = 0; row < head_.rows; ++row) {
    const auto next = load<std::uint64_t>(offsets + (row + 1) * sizeof(std::int64_t));
    if (next < last || next > entry.data_bytes) return damaged(row, slot, "its offsets fall or lead beyond the end");
    last = next;
  }
  if (last == entry.data_bytes) return {};
  return fail(Code::corrupt, "slot %s of the record table is damaged: its offsets do not end with the bytes",
              schema_->path_of(slot).c_str());
}

// `left`: how many bytes references may still show, so that many of the same ones cost no more than the image has.
Status Reader::verify_cell(std::uint64_t row, std::size_t slot, std::uint64_t *left) const {
  const Type type = schema_->slots()[slot].type;
  if (state(row, slot) != kIsPresent) return {};
  Bytes bytes;
  Item root;
  DELTOS_TRY(is_value(type) ? value(row, slot, &bytes, &root) : text(row, slot, &bytes));
  if (bytes.size() > *left) return damaged(row, slot, "its bytes belong to others too");
  *left -= bytes.size();
  if (type == Type::utf8 && !format::is_utf8(text_of(bytes))) return damaged(row, slot, "its text is not UTF-8");
  if (!is_value(type)) return {};
  const Status whole = value::verify(bytes);
  return whole.ok() ? Status() : damaged(row, slot, whole.error().message.c_str());
}

Status Reader::verify(const std::function<Status(std::uint64_t, std::uint64_t)> &ask) const {
  const std::vector<Slot> &slots = schema_->slots();
  const std::uint64_t total = head_.rows * slots.size();
  std::uint64_t left = layout() == Layout::rows ? head_.heap_bytes : image_.size();
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    if (is_item(slots[slot].type) || slots[slot].type == Type::record) continue;
    if (layout() == Layout::columns) DELTOS_TRY(check_offsets(slot));
    for (std::uint64_t row = 0; row < head_.rows; ++row) {
      DELTOS_TRY(verify_cell(row, slot, &left));
      if (row % kRowsAtOnce == 0) DELTOS_TRY(ask(slot * head_.rows + row, total));
    }
  }
  return ask(total, total);
}

Status verify(Bytes image) {
  DELTOS_ASSIGN(const Reader reader, Reader::open(image));
  return reader.verify([](std::uint64_t, std::uint64_t) { return Status(); });
}

}  // namespace deltos::record
