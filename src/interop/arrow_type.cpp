#include "interop/arrow_type.hpp"

#include <charconv>
#include <cstring>
#include <string_view>

#include "base/bytes.hpp"

namespace deltos::interop {
namespace {

using dtype::Dtype;

constexpr int kMostLevels = 64;
constexpr std::int64_t kMillisecondsOfADay = 86'400'000;

// The value of a key of a schema's metadata; empty: none.
std::string_view metadatum(const char *pairs, std::string_view wanted) {
  if (pairs == nullptr) return {};
  const auto number = [&] {
    const auto value = load<std::int32_t>(reinterpret_cast<const std::byte *>(pairs));
    pairs += sizeof value;
    return value < 0 ? 0 : value;
  };
  const auto text = [&] {
    const auto size = static_cast<std::size_t>(number());
    const std::string_view found(pairs, size);
    pairs += size;
    return found;
  };
  for (std::int32_t left = number(); left > 0; --left) {
    const std::string_view key = text(), value = text();
    if (key == wanted) return value;
  }
  return {};
}

Dtype number_of(char format) {
  switch (format) {
    case 'c':
      return Dtype::i8;
    case 'C':
      return Dtype::u8;
    case 's':
      return Dtype::i16;
    case 'S':
      return Dtype::u16;
    case 'i':
      return Dtype::i32;
    case 'I':
      return Dtype::u32;
    case 'l':
      return Dtype::i64;
    case 'L':
      return Dtype::u64;
    case 'e':
      return Dtype::f16;
    case 'f':
      return Dtype::f32;
    case 'g':
      return Dtype::f64;
    default:
      return Dtype::other;
  }
}

bool shape_of_letter(char letter, Imported *type) {
  switch (letter) {
    case 'n':
      type->shape = Shape::null;
      return true;
    case 'b':
      type->shape = Shape::bits;
      return true;
    case 'u':
    case 'U':
      type->shape = Shape::text;
      break;
    case 'z':
    case 'Z':
      type->shape = Shape::binary;
      break;
    default:
      return false;
  }
  type->width = letter == 'U' || letter == 'Z' ? 8 : 4;
  return true;
}

bool read_number(std::string_view text, std::uint64_t *value) {
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, *value);
  return read.ec == std::errc() && read.ptr == end;
}

// "tsu:Europe/Berlin"
bool timestamp_of(std::string_view text, Imported *type) {
  if (text.size() < 4 || text.substr(0, 2) != "ts" || text[3] != ':') return false;
  const std::size_t power = std::string_view("smun").find(text[2]);
  if (power == std::string_view::npos) return false;
  constexpr std::int64_t kUnits[] = {1, 1000, 1'000'000, 1'000'000'000};
  type->shape = Shape::timestamp;
  type->unit = kUnits[power];
  type->utc = text.size() > 4;
  return true;
}

// "d:19,10" or "d:19,10,128"
bool decimal_of(std::string_view text, Imported *type) {
  if (text.substr(0, 2) != "d:") return false;
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return false;
  const std::string_view rest = text.substr(comma + 1);
  const std::size_t second = rest.find(',');
  const std::string_view scale = rest.substr(0, second);
  const auto read = std::from_chars(scale.data(), scale.data() + scale.size(), type->scale);
  type->shape = Shape::decimal;
  return read.ec == std::errc() && (second == std::string_view::npos || rest.substr(second + 1) == "128");
}

bool nested_of(std::string_view text, Imported *type) {
  if (text == "+s") {
    type->shape = Shape::structure;
  } else if (text == "+m") {
    type->shape = Shape::map;
    type->width = 4;
  } else if (text == "+l" || text == "+L") {
    type->shape = Shape::list;
    type->width = text == "+L" ? 8 : 4;
  } else if (text.substr(0, 3) == "+w:") {
    type->shape = Shape::fixed_list;
    return read_number(text.substr(3), &type->width);
  } else {
    return false;
  }
  return true;
}

bool shape_of(std::string_view text, Imported *type) {
  if (text.size() == 1 && number_of(text[0]) != Dtype::other) {
    type->shape = Shape::number;
    type->dtype = number_of(text[0]);
    return true;
  }
  if (text.size() == 1) return shape_of_letter(text[0], type);
  if (text == "vu" || text == "vz") {
    type->shape = text == "vu" ? Shape::text_views : Shape::binary_views;
    return true;
  }
  if (text == "tdD" || text == "tdm") {
    type->shape = text == "tdD" ? Shape::date32 : Shape::date64;
    return true;
  }
  if (text.substr(0, 2) == "w:") {
    type->shape = Shape::fixed_binary;
    return read_number(text.substr(2), &type->width);
  }
  return timestamp_of(text, type) || decimal_of(text, type) || nested_of(text, type);
}

// Children that the shape needs; -1: any number.
std::int64_t children_of(Shape shape) {
  if (shape == Shape::structure) return -1;
  return shape == Shape::list || shape == Shape::fixed_list || shape == Shape::map ? 1 : 0;
}

// The buffers of an array; views have as many more as they like.
std::int64_t buffers_of(const Imported &type) {
  switch (type.dictionary ? Shape::number : type.shape) {
    case Shape::null:
      return 0;
    case Shape::fixed_list:
    case Shape::structure:
      return 1;
    case Shape::text:
    case Shape::binary:
    case Shape::text_views:
    case Shape::binary_views:
      return 3;
    default:
      return 2;
  }
}

Result<Imported> read_at(const ArrowSchema &schema, int level);

Status read_children(const ArrowSchema &schema, int level, Imported *type) {
  const std::int64_t wanted = children_of(type->shape);
  if (schema.n_children < 0 || (wanted >= 0 && schema.n_children != wanted) ||
      (schema.n_children > 0 && schema.children == nullptr))
    return fail(Code::invalid, "the type of column \"%s\" has %lld children", type->name.c_str(),
                static_cast<long long>(schema.n_children));
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    DELTOS_ASSIGN(Imported child, read_at(*schema.children[i], level + 1));
    type->children.push_back(std::move(child));
  }
  if (type->shape == Shape::map &&
      (type->children[0].shape != Shape::structure || type->children[0].children.size() != 2))
    return fail(Code::invalid, "the map of column \"%s\" has no keys and values", type->name.c_str());
  return {};
}

Result<Imported> read_at(const ArrowSchema &schema, int level) {
  if (level > kMostLevels) return fail(Code::limit, "the type is nested more than %d deep", kMostLevels);
  if (schema.release == nullptr || schema.format == nullptr) return fail(Code::invalid, "the type has been released");
  Imported type;
  type.name = schema.name != nullptr ? schema.name : "";
  type.nullable = (schema.flags & ARROW_FLAG_NULLABLE) != 0;
  if (!shape_of(schema.format, &type))
    return fail(Code::unsupported, "column \"%s\" has type %s of Arrow, which has no counterpart; cast it first",
                type.name.c_str(), schema.format);
  const std::string_view extension = metadatum(schema.metadata, "ARROW:extension:name");
  if (extension == "arrow.bool8" && type.dtype == Dtype::i8) type.dtype = Dtype::boolean;
  if (extension == "arrow.fixed_shape_tensor") type.tensor = metadatum(schema.metadata, "ARROW:extension:metadata");
  if (extension == kValueExtension) type.value = metadatum(schema.metadata, "ARROW:extension:metadata");
  DELTOS_TRY(read_children(schema, level, &type));
  if (schema.dictionary == nullptr) return type;
  DELTOS_ASSIGN(Imported values, read_at(*schema.dictionary, level + 1));
  type.dictionary = std::make_shared<Imported>(std::move(values));
  return type;
}

std::int64_t offset_at(const Imported &type, const ArrowArray &array, std::int64_t i) {
  return type.width == 8 ? number_at<std::int64_t>(array, i) : number_at<std::int32_t>(array, i);
}

Piece view_at(const ArrowArray &array, std::int64_t i) {
  constexpr std::uint32_t kInline = 12;
  const char *const at = static_cast<const char *>(array.buffers[1]) + (array.offset + i) * 16;
  std::uint32_t size, place[2];  // place: buffer, offset
  std::memcpy(&size, at, sizeof size);
  if (size <= kInline) return {at + sizeof size, size};
  std::memcpy(place, at + 8, sizeof place);
  if (place[0] >= array.n_buffers - 3) return {};
  return {static_cast<const char *>(array.buffers[2 + place[0]]) + place[1], size};
}

}  // namespace

Result<Imported> read_type(const ArrowSchema &schema) { return read_at(schema, 0); }

Status check_array(const Imported &type, const ArrowArray &array) {
  const bool views = type.shape == Shape::text_views || type.shape == Shape::binary_views;
  const std::int64_t needed = buffers_of(type);
  const auto children = type.dictionary ? 0 : static_cast<std::int64_t>(type.children.size());
  bool sound = array.release != nullptr && array.length >= 0 && array.offset >= 0 && array.n_children == children &&
               (views ? array.n_buffers >= needed : array.n_buffers == needed) &&
               (needed == 0 || array.buffers != nullptr) && (!type.dictionary || array.dictionary != nullptr);
  if (sound && needed > 1 && array.length > 0) sound = array.buffers[1] != nullptr;
  if (!sound) return fail(Code::invalid, "the data of column \"%s\" is not of its type", type.name.c_str());
  for (std::int64_t i = 0; i < children; ++i)
    DELTOS_TRY(check_array(type.children[static_cast<std::size_t>(i)], *array.children[i]));
  if (type.dictionary) return check_array(*type.dictionary, *array.dictionary);
  return {};
}

std::int64_t index_at(const Imported &type, const ArrowArray &array, std::int64_t i) {
  switch (type.dtype) {
    case Dtype::i8:
      return number_at<std::int8_t>(array, i);
    case Dtype::u8:
      return number_at<std::uint8_t>(array, i);
    case Dtype::i16:
      return number_at<std::int16_t>(array, i);
    case Dtype::u16:
      return number_at<std::uint16_t>(array, i);
    case Dtype::i32:
      return number_at<std::int32_t>(array, i);
    case Dtype::u32:
      return number_at<std::uint32_t>(array, i);
    case Dtype::i64:
    case Dtype::u64:
      return number_at<std::int64_t>(array, i);
    default:
      return -1;
  }
}

Piece piece_at(const Imported &type, const ArrowArray &array, std::int64_t i) {
  if (type.shape == Shape::text_views || type.shape == Shape::binary_views) return view_at(array, i);
  if (type.shape == Shape::fixed_binary) {
    const auto width = static_cast<std::int64_t>(type.width);
    return {static_cast<const char *>(array.buffers[1]) + (array.offset + i) * width, type.width};
  }
  const std::int64_t first = offset_at(type, array, i), end = offset_at(type, array, i + 1);
  if (first < 0 || end <= first) return {};
  return {static_cast<const char *>(array.buffers[2]) + first, static_cast<std::uint64_t>(end - first)};
}

Result<Stretch> stretch_at(const Imported &type, const ArrowArray &array, std::int64_t i) {
  Stretch found;
  if (type.shape == Shape::fixed_list) {
    const auto width = static_cast<std::int64_t>(type.width);
    found = {(array.offset + i) * width, width};
  } else {
    found.first = offset_at(type, array, i);
    found.count = offset_at(type, array, i + 1) - found.first;
  }
  const std::int64_t items = array.children[0]->length;
  if (found.first >= 0 && found.count >= 0 && found.count <= items && found.first <= items - found.count) return found;
  return fail(Code::invalid, "a list in column \"%s\" is not within its %lld items", type.name.c_str(),
              static_cast<long long>(items));
}

std::int64_t days_at(const Imported &type, const ArrowArray &array, std::int64_t i) {
  if (type.shape == Shape::date32) return number_at<std::int32_t>(array, i);
  const auto milliseconds = number_at<std::int64_t>(array, i);
  const std::int64_t days = milliseconds / kMillisecondsOfADay;
  return milliseconds % kMillisecondsOfADay < 0 ? days - 1 : days;
}

}  // namespace deltos::interop
