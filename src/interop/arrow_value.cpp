#include "interop/arrow_value.hpp"

#include <algorithm>

#include "dtype/number.hpp"

namespace deltos::interop {
namespace {

using value::Item;
using value::Kind;

__extension__ using Int128 = __int128;
__extension__ using Word128 = unsigned __int128;

Item of_kind(Kind kind) {
  Item item;
  item.kind = kind;
  return item;
}

Item integer(std::int64_t number) {
  Item item = of_kind(Kind::integer);
  item.i64 = number;
  return item;
}

Item bytes_of(Kind kind, Piece piece) {
  Item item = of_kind(kind);
  item.data = static_cast<const std::byte *>(piece.data);
  item.count = piece.bytes;
  return item;
}

double half_at(const ArrowArray &array, std::int64_t i) {
  const auto bits = number_at<std::uint16_t>(array, i);
  return static_cast<double>(
      dtype::load_number({dtype::Scalar::f16, false}, reinterpret_cast<const std::byte *>(&bits)));
}

Item number(const Imported &type, const ArrowArray &array, std::int64_t i) {
  using dtype::Dtype;
  Item item = of_kind(Kind::floating);
  switch (type.dtype) {
    case Dtype::f16:
      item.f64 = half_at(array, i);
      return item;
    case Dtype::f32:
      item.f64 = static_cast<double>(number_at<float>(array, i));
      return item;
    case Dtype::f64:
      item.f64 = number_at<double>(array, i);
      return item;
    case Dtype::boolean:
      item = integer(number_at<std::int8_t>(array, i) != 0);
      item.kind = Kind::boolean;
      return item;
    case Dtype::u64:
      item = of_kind(Kind::unsigned_integer);
      item.u64 = number_at<std::uint64_t>(array, i);
      return item;
    default:
      return integer(index_at(type, array, i));
  }
}

Item bit(const ArrowArray &array, std::int64_t i) {
  Item item = of_kind(Kind::boolean);
  item.i64 = bit_at(array, 1, i) ? 1 : 0;
  return item;
}

// 128 bits of two's complement as digits.
Status put_decimal(const Imported &type, const ArrowArray &array, std::int64_t i, value::Builder *builder) {
  const auto signed_number = number_at<Int128>(array, i);
  const bool negative = signed_number < 0;
  auto left = static_cast<Word128>(signed_number);
  if (negative) left = ~left + 1;
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(left % 10)));
    left /= 10;
  } while (left != 0);
  std::reverse(digits.begin(), digits.end());
  Item item = bytes_of(Kind::decimal, {digits.data(), digits.size()});
  item.i64 = -static_cast<std::int64_t>(type.scale);
  item.u64 = negative ? 1 : 0;
  return builder->put({&item, 1});
}

Status put_one(const Item &item, value::Builder *builder) { return builder->put({&item, 1}); }

Status put_list(const Imported &type, const ArrowArray &array, std::int64_t i, value::Builder *builder) {
  DELTOS_ASSIGN(const Stretch items, stretch_at(type, array, i));
  DELTOS_TRY(put_one(of_kind(Kind::list), builder));
  for (std::int64_t k = 0; k < items.count; ++k)
    DELTOS_TRY(put_item(type.children[0], *array.children[0], items.first + k, builder));
  return put_one(of_kind(Kind::end), builder);
}

Status put_map(const Imported &type, const ArrowArray &array, std::int64_t i, value::Builder *builder) {
  DELTOS_ASSIGN(const Stretch pairs, stretch_at(type, array, i));
  const Imported &pair = type.children[0];
  const ArrowArray &from = *array.children[0];
  DELTOS_TRY(put_one(of_kind(Kind::dict), builder));
  for (std::int64_t k = pairs.first; k < pairs.first + pairs.count; ++k)
    for (std::size_t part = 0; part < 2; ++part)
      DELTOS_TRY(put_item(pair.children[part], *from.children[part], from.offset + k, builder));
  return put_one(of_kind(Kind::end), builder);
}

Status put_structure(const Imported &type, const ArrowArray &array, std::int64_t i, value::Builder *builder) {
  DELTOS_TRY(put_one(of_kind(Kind::dict), builder));
  for (std::size_t part = 0; part < type.children.size(); ++part) {
    const std::string &name = type.children[part].name;
    DELTOS_TRY(put_one(bytes_of(Kind::utf8, {name.data(), name.size()}), builder));
    DELTOS_TRY(put_item(type.children[part], *array.children[part], array.offset + i, builder));
  }
  return put_one(of_kind(Kind::end), builder);
}

Status put_named(const Imported &type, const ArrowArray &array, std::int64_t i, value::Builder *builder) {
  const std::int64_t index = index_at(type, array, i);
  if (index >= 0 && index < array.dictionary->length)
    return put_item(*type.dictionary, *array.dictionary, index, builder);
  return fail(Code::invalid, "index %lld in column \"%s\" is not within its dictionary of %lld items",
              static_cast<long long>(index), type.name.c_str(), static_cast<long long>(array.dictionary->length));
}

}  // namespace

Status put_item(const Imported &type, const ArrowArray &array, std::int64_t i, value::Builder *builder) {
  if (!is_valid(array, i)) return put_one(of_kind(Kind::null), builder);
  if (type.dictionary) return put_named(type, array, i, builder);
  switch (type.shape) {
    case Shape::null:
      return put_one(of_kind(Kind::null), builder);
    case Shape::number:
      return put_one(number(type, array, i), builder);
    case Shape::bits:
      return put_one(bit(array, i), builder);
    case Shape::text:
    case Shape::text_views:
      return put_one(bytes_of(Kind::utf8, piece_at(type, array, i)), builder);
    case Shape::binary:
    case Shape::binary_views:
    case Shape::fixed_binary:
      return put_one(bytes_of(Kind::bytes, piece_at(type, array, i)), builder);
    case Shape::date32:
    case Shape::date64: {
      Item item = integer(days_at(type, array, i));
      item.kind = Kind::date;
      return put_one(item, builder);
    }
    case Shape::timestamp:
      return put_one(value::moment(number_at<std::int64_t>(array, i), type.unit, type.utc), builder);
    case Shape::decimal:
      return put_decimal(type, array, i, builder);
    case Shape::list:
    case Shape::fixed_list:
      return put_list(type, array, i, builder);
    case Shape::map:
      return put_map(type, array, i, builder);
    case Shape::structure:
      return put_structure(type, array, i, builder);
  }
  return {};
}

}  // namespace deltos::interop
