#include "value/reader.hpp"

#include "dtype/dtype.hpp"
#include "value/compare.hpp"

namespace deltos::value {
namespace {

using dtype::Dtype;

// Widths of the numbers that elements may lie as; 0: none.
std::uint64_t element_bytes(std::uint8_t form) {
  if (form < static_cast<std::uint8_t>(Dtype::i8) || form > static_cast<std::uint8_t>(Dtype::f64)) return 0;
  return form == static_cast<std::uint8_t>(Dtype::f16) ? 0 : dtype::item_bytes(static_cast<Dtype>(form));
}

Cell of_signed(std::int64_t number, std::uint64_t place) {
  if (number >= kMinSmall && number <= kMaxSmall) return cell_of(Tag::small_int, static_cast<std::uint64_t>(number));
  return cell_of(Tag::int64, place);
}

Cell of_unsigned(std::uint64_t number, std::uint64_t place) {
  if (number <= static_cast<std::uint64_t>(kMaxSmall)) return cell_of(Tag::small_int, number);
  return cell_of(number <= static_cast<std::uint64_t>(INT64_MAX) ? Tag::int64 : Tag::uint64, place);
}

std::uint64_t bit_at(const std::byte *words, std::uint64_t i) {
  return static_cast<std::uint64_t>(words[i / 8]) >> i % 8 & 1;
}

}  // namespace

Status Reader::damaged(Cell node, const char *what) const {
  return fail(Code::corrupt, "the value at place %llu (of %zu bytes): %s",
              static_cast<unsigned long long>(payload_of(node)), image_.size(), what);
}

Result<Reader> Reader::open(Bytes image) {
  if (image.size() < sizeof(ImageHead))
    return fail(Code::not_deltos, "a value has %zu bytes or more, not %zu", sizeof(ImageHead), image.size());
  const auto head = load<ImageHead>(image.data());
  if (head.magic != kImageMagic) return fail(Code::not_deltos, "the bytes do not start like a value");
  if (head.flags != 0 || head.reserved != 0)
    return fail(Code::feature, "the value has features 0x%x, which this version does not know", head.flags);
  if (head.bytes < sizeof(ImageHead) || head.bytes > image.size() || head.bytes > kMaxPlace)
    return fail(Code::corrupt, "the value says that it has %llu bytes; %zu are there",
                static_cast<unsigned long long>(head.bytes), image.size());
  return Reader(image.first(static_cast<std::size_t>(head.bytes)));
}

Status Reader::text(Cell node, Item *item) const {
  std::uint64_t head = 0;
  const std::uint64_t place = payload_of(node);
  if (!take(place, &head)) return damaged(node, "there is no block of text");
  if ((head & 0xff) != 0) return damaged(node, "its text is encoded in a way that is not known");
  item->count = head >> 8;
  if (!within(place + 8, item->count + 1, image_.size())) return damaged(node, "its text goes beyond the end");
  item->data = image_.data() + place + 8;
  if (item->data[item->count] != std::byte{0}) return damaged(node, "no zero follows its text");
  return {};
}

Status Reader::decimal(Cell node, Item *item) const {
  DecimalHead head{};
  const std::uint64_t place = payload_of(node);
  if (!take(place, &head) || !within(place + sizeof head, head.head >> 8, image_.size()))
    return damaged(node, "there is no decimal");
  const auto special = head.head >> 1 & 0x7f;
  if (special > static_cast<std::uint64_t>(Special::signalling_nan)) return damaged(node, "it is no decimal");
  item->count = head.head >> 8;
  item->data = image_.data() + place + sizeof head;
  for (std::uint64_t i = 0; i < item->count; ++i) {
    const auto digit = static_cast<char>(item->data[i]);
    if (digit < '0' || digit > '9') return damaged(node, "a digit of the decimal is none");
  }
  item->detail = static_cast<std::int32_t>(special);
  item->u64 = head.head & 1;
  item->i64 = head.exponent;
  return {};
}

Status Reader::date_time(Cell node, Item *item) const {
  DateTime time{};
  if (!take(payload_of(node), &time)) return damaged(node, "there is no time");
  if (time.nanoseconds >= 1'000'000'000) return damaged(node, "its nanoseconds are a second or more");
  if (time.offset != kNoZone && (time.offset < -kMaxZone || time.offset > kMaxZone))
    return damaged(node, "its zone is a day or more from UTC");
  item->i64 = time.seconds;
  item->u64 = time.nanoseconds;
  item->detail = time.offset;
  return {};
}

Status Reader::bitmap(Cell node, Sequence *sequence) const {
  const std::uint64_t place = payload_of(node);
  if (!take(place + 8, &sequence->base) || !take(place + 16, &sequence->bits) ||
      !within(place + 24, sequence->bits / 8 + (sequence->bits % 8 != 0 ? 1 : 0), image_.size()))
    return damaged(node, "its bits go beyond the end");
  if (sequence->base < kMinSmall || sequence->base > kMaxSmall ||
      sequence->bits > static_cast<std::uint64_t>(kMaxSmall - sequence->base))
    return damaged(node, "its bits stand for numbers that are too large");
  sequence->place = place + 24;
  sequence->elements = image_.data() + sequence->place;
  if (sequence->count > sequence->bits) return damaged(node, "it has fewer bits than members");
  return {};
}

Status Reader::sequence(Cell node, Sequence *sequence) const {
  if (node == 0) node = load<ImageHead>(image_.data()).root;
  const Tag tag = tag_of(node);
  const std::uint64_t place = payload_of(node);
  std::uint64_t head = 0;
  if (tag < Tag::list || tag > Tag::dict) return fail(Code::kind, "the node has no elements");
  if (!take(place, &head)) return damaged(node, "there is no container");
  sequence->count = head >> 8;
  sequence->form = static_cast<std::uint8_t>(head);
  sequence->place = place + 8;
  if (sequence->form == kFormBitmap && tag == Tag::set) return bitmap(node, sequence);
  std::uint64_t bytes = 0;
  const bool numbers = (tag == Tag::list || tag == Tag::tuple) && sequence->form != kFormCells;
  if (numbers && sequence->form == static_cast<std::uint8_t>(Dtype::boolean)) {
    bytes = sequence->count / 8 + (sequence->count % 8 != 0 ? 1 : 0);
  } else {
    const std::uint64_t width = numbers ? element_bytes(sequence->form) : tag == Tag::dict ? 16 : sizeof(Cell);
    if (width == 0 || (!numbers && sequence->form != kFormCells))
      return damaged(node, "its elements lie in a way that is not known");
    if (!checked_mul(sequence->count, width, &bytes)) return damaged(node, "its elements go beyond the end");
  }
  if (!within(sequence->place, bytes, image_.size())) return damaged(node, "its elements go beyond the end");
  sequence->elements = image_.data() + sequence->place;
  if (tag < Tag::set || sequence->count <= kUnindexed) return {};
  if (sequence->count > kMaxIndexed || !within(sequence->place + bytes, index_bytes(sequence->count), image_.size()))
    return damaged(node, "its index goes beyond the end");
  sequence->index = sequence->elements + bytes;
  return {};
}

Cell Reader::element(const Sequence &sequence, std::uint64_t i) const {
  const std::byte *const at = sequence.elements;
  const auto place = [&](std::uint64_t width) { return sequence.place + i * width; };
  switch (static_cast<Dtype>(sequence.form)) {
    case Dtype::boolean:
      return cell_of(Tag::boolean, bit_at(at, i));
    case Dtype::i8:
      return of_signed(load<std::int8_t>(at + i), 0);
    case Dtype::i16:
      return of_signed(load<std::int16_t>(at + i * 2), 0);
    case Dtype::i32:
      return of_signed(load<std::int32_t>(at + i * 4), 0);
    case Dtype::i64:
      return of_signed(load<std::int64_t>(at + i * 8), place(8));
    case Dtype::u8:
      return of_unsigned(load<std::uint8_t>(at + i), 0);
    case Dtype::u16:
      return of_unsigned(load<std::uint16_t>(at + i * 2), 0);
    case Dtype::u32:
      return of_unsigned(load<std::uint32_t>(at + i * 4), 0);
    case Dtype::u64:
      return of_unsigned(load<std::uint64_t>(at + i * 8), place(8));
    case Dtype::f32:
      return cell_of(Tag::small_float, load<std::uint32_t>(at + i * 4));
    case Dtype::f64:
      return cell_of(Tag::float64, place(8));
    default:
      return load<Cell>(at + i * sizeof(Cell));
  }
}

Status Reader::array(Cell node, ArrayFacts *facts) const {
  if (node == 0) node = load<ImageHead>(image_.data()).root;
  if (tag_of(node) != Tag::ndarray) return fail(Code::kind, "the node is not an array");
  ArrayHead head{};
  const std::uint64_t place = payload_of(node);
  if (!take(place, &head)) return damaged(node, "there is no array");
  const std::uint64_t ndim = head.head >> 8;
  if (ndim > 64 || !within(place + sizeof head, ndim * 8, image_.size()))
    return damaged(node, "the array has more than 64 dimensions, or they go beyond the end");
  if (head.data % kArrayAlignment != 0 || !within(head.data, head.bytes, image_.size()))
    return damaged(node, "the array's elements go beyond the end");
  Item text;
  DELTOS_TRY(this->text(cell_of(Tag::utf8, head.format), &text));
  facts->data = image_.data() + head.data;
  facts->bytes = head.bytes;
  facts->ndim = static_cast<std::int32_t>(ndim);
  facts->dtype = static_cast<std::int32_t>(head.head & 0xff);
  facts->format = text_of({text.data, static_cast<std::size_t>(text.count)});
  facts->shape = image_.data() + place + sizeof head;
  return {};
}

Status Reader::read_element(Cell node, Cell element, Item *item) const {
  if (tag_of(element) == Tag::none || tag_of(element) > kLastTag)
    return damaged(node, "an element is of no known kind");
  return read(element, item);
}

Status Reader::read(Cell node, Item *item) const {
  *item = Item{};
  if (node == 0) return read_element(0, load<ImageHead>(image_.data()).root, item);
  item->node = node;
  const std::uint64_t payload = payload_of(node);
  const auto plain = [&](Kind kind) {
    item->kind = kind;
    return Status();
  };
  switch (tag_of(node)) {
    case Tag::null:
      return plain(Kind::null);
    case Tag::boolean:
      item->i64 = payload != 0 ? 1 : 0;
      return plain(Kind::boolean);
    case Tag::small_int:
      item->i64 = small_of(node);
      return plain(Kind::integer);
    case Tag::int64:
      if (!take(payload, &item->i64)) return damaged(node, "there is no number");
      return plain(Kind::integer);
    case Tag::uint64:
      if (!take(payload, &item->u64)) return damaged(node, "there is no number");
      return plain(Kind::unsigned_integer);
    case Tag::small_float:
      item->f64 = std::bit_cast<float>(static_cast<std::uint32_t>(payload));
      return plain(Kind::floating);
    case Tag::float64:
      if (!take(payload, &item->f64)) return damaged(node, "there is no number");
      return plain(Kind::floating);
    case Tag::utf8:
      item->kind = Kind::utf8;
      return text(node, item);
    case Tag::bytes:
      item->kind = Kind::bytes;
      return text(node, item);
    case Tag::list:
    case Tag::tuple:
    case Tag::set:
    case Tag::dict: {
      Sequence found;
      DELTOS_TRY(sequence(node, &found));
      item->count = found.count;
      const bool numbers = found.form != kFormCells && found.form != kFormBitmap;
      if (numbers) item->detail = found.form;
      if (numbers && found.form != static_cast<std::uint8_t>(Dtype::boolean)) item->data = found.elements;
      return plain(static_cast<Kind>(static_cast<int>(Kind::list) +
                                     (static_cast<int>(tag_of(node)) - static_cast<int>(Tag::list))));
    }
    case Tag::date:
      item->i64 = small_of(node);
      return plain(Kind::date);
    case Tag::datetime:
      item->kind = Kind::datetime;
      return date_time(node, item);
    case Tag::decimal:
      item->kind = Kind::decimal;
      return decimal(node, item);
    case Tag::ndarray: {
      ArrayFacts facts;
      DELTOS_TRY(array(node, &facts));
      item->count = static_cast<std::uint64_t>(facts.ndim);
      item->detail = facts.dtype;
      return plain(Kind::ndarray);
    }
    case Tag::reference:
      item->u64 = payload;
      return plain(Kind::reference);
    case Tag::none:
      break;
  }
  return fail(Code::range, "0x%llx is no node of this value", static_cast<unsigned long long>(node));
}

}  // namespace deltos::value
