#include "value/reader.hpp"

#include "dtype/dtype.hpp"
#include "value/compare.hpp"
#include "value/lz4.hpp"

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

Result<Reader> Reader::open(Bytes image, Texts *texts) {
  if (image.size() < sizeof(ImageHead))
    return fail(Code::not_deltos, "a value has %zu bytes or more, not %zu", sizeof(ImageHead), image.size());
  const auto head = load<ImageHead>(image.data());
  if (head.magic != kImageMagic) return fail(Code::not_deltos, "the bytes do not start like a value");
  if ((head.flags & ~kFlagCompressed) != 0 || head.reserved != 0)
    return fail(Code::feature, "the value has features 0x%x, which this version does not know", head.flags);
  if (head.bytes < sizeof(ImageHead) || head.bytes > image.size() || head.bytes > kMaxPlace)
    return fail(Code::corrupt, "the value says that it has %llu bytes; %zu are there",
                static_cast<unsigned long long>(head.bytes), image.size());
  return Reader(image.first(static_cast<std::size_t>(head.bytes)), texts);
}

const char Reader::kCompressed[] = "a text is compressed where none may be";

const char *Reader::text(std::uint64_t place, Item *item) const noexcept {
  std::uint64_t head = 0;
  if (!take(place, &head)) return "there is no block of text";
  if ((head & 0xff) != kFormPlain)
    return (head & 0xff) == kFormCompressed ? kCompressed : "its text is encoded in a way that is not known";
  item->count = head >> 8;
  if (!within(place + 8, item->count + 1, image_.size())) return "its text goes beyond the end";
  item->data = image_.data() + place + 8;
  return item->data[item->count] == std::byte{0} ? nullptr : "no zero follows its text";
}

Status Reader::decompress(Cell node, Item *item) const {
  const std::uint64_t place = payload_of(node);
  std::uint64_t head = 0, bytes = 0;
  if (!take(place, &head) || !take(place + 8, &bytes) || !within(place + 16, bytes, image_.size()))
    return damaged(node, "its compressed text goes beyond the end");
  const std::uint64_t raw = head >> 8;
  if (raw > bytes * kLz4Ratio) return damaged(node, "its compressed text is said to be longer than it can be");
  const Bytes block(image_.data() + place + 16, static_cast<std::size_t>(bytes));
  DELTOS_ASSIGN(const Bytes text, texts_->at(place, block, raw, image_.size()));
  item->data = text.data();
  item->count = text.size();
  return {};
}

const char *Reader::decimal(std::uint64_t place, Item *item) const noexcept {
  DecimalHead head{};
  if (!take(place, &head) || !within(place + sizeof head, head.head >> 8, image_.size())) return "there is no decimal";
  const auto special = head.head >> 1 & 0x7f;
  if (special > static_cast<std::uint64_t>(Special::signalling_nan)) return "it is no decimal";
  item->count = head.head >> 8;
  item->data = image_.data() + place + sizeof head;
  for (std::uint64_t i = 0; i < item->count; ++i) {
    const auto digit = static_cast<char>(item->data[i]);
    if (digit < '0' || digit > '9') return "a digit of the decimal is none";
  }
  item->detail = static_cast<std::int32_t>(special);
  item->u64 = head.head & 1;
  item->i64 = head.exponent;
  return nullptr;
}

const char *Reader::date_time(std::uint64_t place, Item *item) const noexcept {
  DateTime time{};
  if (!take(place, &time)) return "there is no time";
  if (time.nanoseconds >= 1'000'000'000) return "its nanoseconds are a second or more";
  if (time.offset != kNoZone && (time.offset < -kMaxZone || time.offset > kMaxZone))
    return "its zone is a day or more from UTC";
  item->i64 = time.seconds;
  item->u64 = time.nanoseconds;
  item->detail = time.offset;
  return nullptr;
}

const char *Reader::bitmap(std::uint64_t place, Sequence *sequence) const noexcept {
  if (!take(place + 8, &sequence->base) || !take(place + 16, &sequence->bits) ||
      !within(place + 24, sequence->bits / 8 + (sequence->bits % 8 != 0 ? 1 : 0), image_.size()))
    return "its bits go beyond the end";
  if (sequence->base < kMinSmall || sequence->base > kMaxSmall ||
      sequence->bits > static_cast<std::uint64_t>(kMaxSmall - sequence->base))
    return "its bits stand for numbers that are too large";
  sequence->place = place + 24;
  sequence->elements = image_.data() + sequence->place;
  return sequence->count > sequence->bits ? "it has fewer bits than members" : nullptr;
}

const char *Reader::container(Cell node, Sequence *sequence) const noexcept {
  const Tag tag = tag_of(node);
  const std::uint64_t place = payload_of(node);
  std::uint64_t head = 0;
  if (!take(place, &head)) return "there is no container";
  sequence->count = head >> 8;
  sequence->form = static_cast<std::uint8_t>(head);
  sequence->place = place + 8;
  if (sequence->form == kFormBitmap && tag == Tag::set) return bitmap(place, sequence);
  std::uint64_t bytes = 0;
  const bool numbers = (tag == Tag::list || tag == Tag::tuple) && sequence->form != kFormCells;
  if (numbers && sequence->form == static_cast<std::uint8_t>(Dtype::boolean)) {
    bytes = sequence->count / 8 + (sequence->count % 8 != 0 ? 1 : 0);
  } else {
    const std::uint64_t width = numbers ? element_bytes(sequence->form) : tag == Tag::dict ? 16 : sizeof(Cell);
    if (width == 0 || (!numbers && sequence->form != kFormCells)) return "its elements lie in a way that is not known";
    if (!checked_mul(sequence->count, width, &bytes)) return "its elements go beyond the end";
  }
  if (!within(sequence->place, bytes, image_.size())) return "its elements go beyond the end";
  sequence->elements = image_.data() + sequence->place;
  if (tag < Tag::set || sequence->count <= kUnindexed) return nullptr;
  if (sequence->count > kMaxIndexed || !within(sequence->place + bytes, index_bytes(sequence->count), image_.size()))
    return "its index goes beyond the end";
  sequence->index = sequence->elements + bytes;
  return nullptr;
}

Status Reader::sequence(Cell node, Sequence *sequence) const {
  if (node == 0) node = root();
  if (tag_of(node) < Tag::list || tag_of(node) > Tag::dict) return fail(Code::kind, "the node has no elements");
  const char *const wrong = container(node, sequence);
  return wrong == nullptr ? Status() : damaged(node, wrong);
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

const char *Reader::array_facts(std::uint64_t place, ArrayFacts *facts) const noexcept {
  ArrayHead head{};
  if (!take(place, &head)) return "there is no array";
  const std::uint64_t ndim = head.head >> 8;
  if (ndim > 64 || !within(place + sizeof head, ndim * 8, image_.size()))
    return "the array has more than 64 dimensions, or they go beyond the end";
  if (head.data % kArrayAlignment != 0 || !within(head.data, head.bytes, image_.size()))
    return "the array's elements go beyond the end";
  Item text;
  if (const char *const wrong = this->text(head.format, &text); wrong != nullptr) return wrong;
  facts->data = image_.data() + head.data;
  facts->bytes = head.bytes;
  facts->ndim = static_cast<std::int32_t>(ndim);
  facts->dtype = static_cast<std::int32_t>(head.head & 0xff);
  facts->format = text_of({text.data, static_cast<std::size_t>(text.count)});
  facts->shape = image_.data() + place + sizeof head;
  return nullptr;
}

Status Reader::array(Cell node, ArrayFacts *facts) const {
  if (node == 0) node = root();
  if (tag_of(node) != Tag::ndarray) return fail(Code::kind, "the node is not an array");
  const char *const wrong = array_facts(payload_of(node), facts);
  return wrong == nullptr ? Status() : damaged(node, wrong);
}

Status Reader::read_element(Cell node, Cell element, Item *item) const {
  if (tag_of(element) == Tag::none || tag_of(element) > kLastTag)
    return damaged(node, "an element is of no known kind");
  return read(element, item);
}

Status Reader::read(Cell node, Item *item) const {
  *item = Item{};
  if (node == 0) return read_element(0, root(), item);
  if (tag_of(node) == Tag::none || tag_of(node) > kLastTag)
    return fail(Code::range, "0x%llx is no node of this value", static_cast<unsigned long long>(node));
  const char *const wrong = describe(node, item);
  if (wrong == nullptr) return {};
  const bool is_text = tag_of(node) == Tag::utf8 || tag_of(node) == Tag::bytes;
  return wrong == kCompressed && is_text && texts_ != nullptr ? decompress(node, item) : damaged(node, wrong);
}

const char *Reader::describe_block(Cell node, Item *item) const noexcept {
  constexpr const char *kNoNumber = "there is no number";
  const std::uint64_t place = payload_of(node);
  switch (tag_of(node)) {
    case Tag::int64:
      item->kind = Kind::integer;
      return take(place, &item->i64) ? nullptr : kNoNumber;
    case Tag::uint64:
      item->kind = Kind::unsigned_integer;
      return take(place, &item->u64) ? nullptr : kNoNumber;
    case Tag::float64:
      item->kind = Kind::floating;
      return take(place, &item->f64) ? nullptr : kNoNumber;
    case Tag::utf8:
      item->kind = Kind::utf8;
      return text(place, item);
    case Tag::bytes:
      item->kind = Kind::bytes;
      return text(place, item);
    case Tag::list:
    case Tag::tuple:
    case Tag::set:
    case Tag::dict: {
      Sequence found;
      item->kind = static_cast<Kind>(static_cast<int>(Kind::list) +
                                     (static_cast<int>(tag_of(node)) - static_cast<int>(Tag::list)));
      if (const char *const wrong = container(node, &found); wrong != nullptr) return wrong;
      item->count = found.count;
      const bool numbers = found.form != kFormCells && found.form != kFormBitmap;
      if (numbers) item->detail = found.form;
      if (numbers && found.form != static_cast<std::uint8_t>(Dtype::boolean)) item->data = found.elements;
      return nullptr;
    }
    case Tag::datetime:
      item->kind = Kind::datetime;
      return date_time(place, item);
    case Tag::decimal:
      item->kind = Kind::decimal;
      return decimal(place, item);
    case Tag::ndarray: {
      ArrayFacts facts;
      item->kind = Kind::ndarray;
      if (const char *const wrong = array_facts(place, &facts); wrong != nullptr) return wrong;
      item->count = static_cast<std::uint64_t>(facts.ndim);
      item->detail = facts.dtype;
      return nullptr;
    }
    default:
      return "it is of no known kind";
  }
}

}  // namespace deltos::value
