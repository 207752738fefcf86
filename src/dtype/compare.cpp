#include "dtype/compare.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "dtype/format_reader.hpp"
#include "dtype/rows.hpp"

namespace deltos::dtype {
namespace {

constexpr std::int64_t kBlock = 512;  // items that are compared before anybody asks for the result

template <class T>
Order order_of(T a, T b) {
  return a == b ? Order::equal : a < b ? Order::less : a > b ? Order::greater : Order::unordered;
}

bool is_packed(std::int64_t stride, std::uint64_t item_bytes) {
  return stride == static_cast<std::int64_t>(item_bytes);
}

// Floats of the processor's own. A result as wide as an item and a loop without an exit let a compiler look at several
// items at once.
template <class Float, class Word>
bool same_packed_floats(const std::byte *a, const std::byte *b, std::int64_t count) {
  static_assert(sizeof(Float) == sizeof(Word));
  constexpr std::int64_t kSize = sizeof(Float);
  Word differs = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    differs |= load<Float>(a + i * kSize) == load<Float>(b + i * kSize) ? Word{0} : Word{1};
  }
  return differs == 0;
}

template <class Float, class Word>
bool same_floats(const std::byte *a, std::int64_t a_stride, const std::byte *b, std::int64_t b_stride,
                 std::int64_t count) {
  if (is_packed(a_stride, sizeof(Float)) && is_packed(b_stride, sizeof(Float))) {
    return same_packed_floats<Float, Word>(a, b, count);
  }
  bool same = true;
  for (std::int64_t i = 0; i < count; ++i) same &= load<Float>(a + i * a_stride) == load<Float>(b + i * b_stride);
  return same;
}

std::uint64_t element_count(const Field &field) {
  std::uint64_t count = 1;
  for (const std::int64_t length : field.shape) count *= static_cast<std::uint64_t>(length);
  return count;
}

}  // namespace

Relation::Relation(const Format &a, const Format &b) {
  const bool is_same = a.text == b.text && a.dtype == b.dtype;
  item_bytes_ = a.item_bytes;
  Kind a_kind = Kind::none, b_kind = Kind::none;
  if (a.dtype == Dtype::structure && b.dtype == Dtype::structure) {
    relate_fields(a, b);
  } else if (text_of(a, &a_text_, &a_kind) && text_of(b, &b_text_, &b_kind)) {
    const bool is_raw = a_text_.is_raw || b_text_.is_raw;
    const bool is_comparable = is_raw ? a.text == b.text : a_kind == b_kind;
    kind_ = is_comparable ? a_kind : Kind::none;
    is_ordered_ = is_comparable;
    is_bytewise_ = is_comparable && is_same && !a_text_.is_pascal;
  } else {
    relate_numbers(a, b);
    is_bytewise_ =
        kind_ == Kind::number && is_same && is_integer(a_number_.scalar) && a_number_.scalar != Scalar::boolean;
  }
}

bool Relation::text_of(const Format &format, Text *text, Kind *kind) {
  const bool is_text = format.dtype == Dtype::bytes || format.dtype == Dtype::ucs4;
  const char code = format.text.back();
  if (!is_text && (format.dtype != Dtype::other || std::string_view("xpwu").find(code) == std::string_view::npos)) {
    return false;
  }
  text->unit = code == 'w' ? 4 : code == 'u' ? 2 : 1;
  text->is_raw = code == 'x';
  text->is_pascal = code == 'p';
  text->is_swapped = format.swapped;
  text->length = format.item_bytes / text->unit;
  *kind = text->unit == 1 ? Kind::bytes : Kind::characters;
  return true;
}

void Relation::relate_numbers(const Format &a, const Format &b) {
  const std::optional<Number> a_part = complex_part_of(a), b_part = complex_part_of(b);
  const std::optional<Number> a_number = a_part ? a_part : number_of(a), b_number = b_part ? b_part : number_of(b);
  if (!a_number || !b_number) return;
  a_number_ = *a_number;
  b_number_ = *b_number;
  a_complex_ = a_part.has_value();
  b_complex_ = b_part.has_value();
  is_ordered_ = !a_complex_ && !b_complex_;
  kind_ = is_ordered_ ? Kind::number : Kind::complex;
}

// A format is read into a tree whose size its text bounds, and so is this.
void Relation::relate_fields(const Format &a, const Format &b) {
  if (a.fields.size() != b.fields.size()) return;
  std::uint64_t covered = 0;
  bool is_bytewise = a.item_bytes == b.item_bytes, is_ordered = true;
  for (std::size_t i = 0; i < a.fields.size(); ++i) {
    const Field &one = a.fields[i], &other = b.fields[i];
    if (one.shape != other.shape) return;
    const std::uint64_t count = element_count(one);
    if (count == 0) continue;
    Pair pair{one.offset,
              other.offset,
              one.format.item_bytes,
              other.format.item_bytes,
              count,
              Relation(one.format, other.format)};
    if (!pair.relation.is_comparable()) return;
    covered += count * one.format.item_bytes;
    is_bytewise = is_bytewise && pair.relation.is_bytewise() && one.offset == other.offset;
    is_ordered = is_ordered && pair.relation.is_ordered();
    pairs_.push_back(std::move(pair));
  }
  kind_ = Kind::fields;
  is_ordered_ = is_ordered;
  is_bytewise_ = is_bytewise && covered == a.item_bytes;
}

Order Relation::compare(const std::byte *a, const std::byte *b) const {
  switch (kind_) {
    case Kind::number:
      return order_of(load_number(a_number_, a), load_number(b_number_, b));
    case Kind::complex:
      return compare_complex(a, b);
    case Kind::bytes:
      return compare_bytes(a, b);
    case Kind::characters:
      return compare_characters(a, b);
    case Kind::fields:
      return compare_fields(a, b);
    case Kind::none:
      break;
  }
  return Order::unordered;
}

Order Relation::compare_complex(const std::byte *a, const std::byte *b) const {
  const Wide a_imaginary = a_complex_ ? load_number(a_number_, a + bytes_of(a_number_.scalar)) : 0;
  const Wide b_imaginary = b_complex_ ? load_number(b_number_, b + bytes_of(b_number_.scalar)) : 0;
  const bool is_equal = load_number(a_number_, a) == load_number(b_number_, b) && a_imaginary == b_imaginary;
  return is_equal ? Order::equal : Order::unordered;
}

Order Relation::compare_bytes(const std::byte *a, const std::byte *b) const {
  const auto part_of = [](const Text &text, const std::byte *at) -> Bytes {
    if (!text.is_pascal) return {at, text.length};
    return {at + 1, std::min(static_cast<std::uint64_t>(load<std::uint8_t>(at)), text.length - 1)};
  };
  const Bytes one = part_of(a_text_, a), other = part_of(b_text_, b);
  const int sign = std::memcmp(one.data(), other.data(), std::min(one.size(), other.size()));
  return sign != 0 ? order_of(sign, 0) : order_of(one.size(), other.size());
}

std::uint32_t Relation::character_at(const Text &text, const std::byte *at, std::uint64_t index) {
  if (text.unit == 2) {
    const auto bits = load<std::uint16_t>(at + 2 * index);
    return text.is_swapped ? __builtin_bswap16(bits) : bits;
  }
  const auto bits = load<std::uint32_t>(at + 4 * index);
  return text.is_swapped ? __builtin_bswap32(bits) : bits;
}

Order Relation::compare_characters(const std::byte *a, const std::byte *b) const {
  const std::uint64_t common = std::min(a_text_.length, b_text_.length);
  for (std::uint64_t i = 0; i < common; ++i) {
    const Order order = order_of(character_at(a_text_, a, i), character_at(b_text_, b, i));
    if (order != Order::equal) return order;
  }
  return order_of(a_text_.length, b_text_.length);
}

Order Relation::compare_fields(const std::byte *a, const std::byte *b) const {
  for (const Pair &pair : pairs_) {
    const std::byte *const one = a + pair.a_offset, *const other = b + pair.b_offset;
    const auto a_step = static_cast<std::int64_t>(pair.a_step), b_step = static_cast<std::int64_t>(pair.b_step);
    const auto count = static_cast<std::int64_t>(pair.count);
    const std::int64_t at = pair.relation.first_difference(one, a_step, other, b_step, count);
    if (at < count) return pair.relation.compare(one + at * a_step, other + at * b_step);
  }
  return Order::equal;
}

bool Relation::is_same_block(const std::byte *a, std::int64_t a_stride, const std::byte *b, std::int64_t b_stride,
                             std::int64_t count) const {
  if (is_bytewise_) return equal_row(a, a_stride, b, b_stride, count, item_bytes_);
  if (kind_ != Kind::number || !fits_double(a_number_.scalar) || !fits_double(b_number_.scalar)) return false;
  const bool is_own = a_number_ == b_number_ && !a_number_.swapped;
  if (is_own && a_number_.scalar == Scalar::f32)
    return same_floats<float, std::uint32_t>(a, a_stride, b, b_stride, count);
  if (is_own && a_number_.scalar == Scalar::f64)
    return same_floats<double, std::uint64_t>(a, a_stride, b, b_stride, count);
  double one[kBlock], other[kBlock];
  load_doubles(a_number_, a, a_stride, static_cast<std::size_t>(count), one);
  load_doubles(b_number_, b, b_stride, static_cast<std::size_t>(count), other);
  return same_packed_floats<double, std::uint64_t>(reinterpret_cast<const std::byte *>(one),
                                                   reinterpret_cast<const std::byte *>(other), count);
}

std::int64_t Relation::first_difference(const std::byte *a, std::int64_t a_stride, const std::byte *b,
                                        std::int64_t b_stride, std::int64_t count) const {
  for (std::int64_t i = 0; i < count; i += kBlock) {
    const std::int64_t length = std::min(kBlock, count - i);
    if (length > 1 && is_same_block(a + i * a_stride, a_stride, b + i * b_stride, b_stride, length)) continue;
    for (std::int64_t k = i; k < i + length; ++k) {
      if (compare(a + k * a_stride, b + k * b_stride) != Order::equal) return k;
    }
  }
  return count;
}

namespace {

// The order of the first items that are not equal, as far as both arrays go.
Order first_order(const Typed &a, const Typed &b, const Relation &relation) {
  Rows a_rows(a.layout), b_rows(b.layout);
  Row one = a_rows.next(), other = b_rows.next();
  const auto advance = [](std::int64_t count, Rows *rows, Row *row) {
    row->data += count * row->stride;
    row->length -= count;
    if (row->length == 0) *row = rows->next();
  };
  while (one.length > 0 && other.length > 0) {
    const std::int64_t count = std::min(one.length, other.length);
    const std::int64_t at = relation.first_difference(one.data, one.stride, other.data, other.stride, count);
    if (at < count) return relation.compare(one.data + at * one.stride, other.data + at * other.stride);
    advance(count, &a_rows, &one);
    advance(count, &b_rows, &other);
  }
  return Order::equal;
}

Order order_of_shapes(const Layout &a, const Layout &b) {
  if (a.ndim != b.ndim) return order_of(a.ndim, b.ndim);
  for (int i = 0; i < a.ndim; ++i) {
    if (a.shape[i] != b.shape[i]) return order_of(a.shape[i], b.shape[i]);
  }
  return Order::equal;
}

}  // namespace

Result<bool> equal_values(const Typed &a, const Typed &b) {
  DELTOS_TRY(check_layout(a.layout));
  DELTOS_TRY(check_layout(b.layout));
  if (order_of_shapes(a.layout, b.layout) != Order::equal) return false;
  if (is_empty(a.layout)) return true;
  const Relation relation(a.format, b.format);
  return relation.is_comparable() && first_order(a, b, relation) == Order::equal;
}

Result<Order> compare_values(const Typed &a, const Typed &b) {
  DELTOS_ASSIGN(const std::uint64_t a_count, item_count(a.layout));
  DELTOS_ASSIGN(const std::uint64_t b_count, item_count(b.layout));
  const Relation relation(a.format, b.format);
  if (!relation.is_comparable() || !relation.is_ordered()) {
    return fail(Code::unsupported, "elements %s and %s have no order", in_quotes(a.format.text).c_str(),
                in_quotes(b.format.text).c_str());
  }
  const Order first = first_order(a, b, relation);
  if (first != Order::equal) return first;
  return a_count != b_count ? order_of(a_count, b_count) : order_of_shapes(a.layout, b.layout);
}

}  // namespace deltos::dtype
