#include "dtype/format.hpp"

#include "dtype/format_reader.hpp"

namespace deltos::dtype {
namespace {

Result<std::string_view> text_from_tag(Dtype tag) {
  if (tag == Dtype::other) return std::string_view("B");
  const std::string_view code = pep3118_code(tag);
  if (code.empty()) {
    return fail(Code::format, "element type %.*s needs a format text, such as \"T{i:a:d:b:}\"",
                static_cast<int>(name(tag).size()), name(tag).data());
  }
  return code;
}

// Gives the format the tag it was named with, if the two agree.
Result<Format> tagged(Format format, Dtype tag) {
  if (tag == Dtype::other || tag == format.dtype) return format;
  if (is_tagged_raw(tag) && format.text == pep3118_code(tag)) {
    format.dtype = tag;
    return format;
  }
  return fail(Code::format, "format %s describes %.*s items, not %.*s", in_quotes(format.text).c_str(),
              static_cast<int>(name(format.dtype).size()), name(format.dtype).data(),
              static_cast<int>(name(tag).size()), name(tag).data());
}

Status check_tag(Dtype tag) {
  const auto number = static_cast<std::int32_t>(tag);
  if (is_dtype(number)) return {};
  return fail(Code::invalid, "element type %d is unknown; the last one known is %d", number, kDtypeCount - 1);
}

// The item of a tag that says it all, without reading the text.
Format scalar(Dtype tag) {
  const bool is_complex = tag == Dtype::c64 || tag == Dtype::c128;
  Format format;
  format.text = pep3118_code(tag);
  format.item_bytes = item_bytes(tag);
  format.alignment = is_complex ? format.item_bytes / 2 : format.item_bytes;
  format.dtype = tag;
  return format;
}

// The scalar that a text of one character is; other: it has to be read.
Dtype scalar_in(std::string_view text) {
  if (text.size() != 1) return Dtype::other;
  for (auto tag = static_cast<int>(Dtype::boolean); tag <= static_cast<int>(Dtype::f64); ++tag) {
    if (pep3118_code(static_cast<Dtype>(tag)) == text) return static_cast<Dtype>(tag);
  }
  return Dtype::other;
}

}  // namespace

const Field *sub_array_of(const Format &format) {
  const bool alone = format.fields.size() == 1 && format.fields[0].name.empty() && !format.fields[0].shape.empty();
  return alone ? &format.fields[0] : nullptr;
}

Result<Format> parse_format(std::string_view text) { return read_format(text, {}); }

Result<Format> format_of(std::string_view text, Dtype tag) {
  DELTOS_TRY(check_tag(tag));
  const Dtype named = tag == Dtype::other ? scalar_in(text) : tag;
  if (item_bytes(named) != 0 && text == pep3118_code(named)) return scalar(named);
  if (text.empty()) {
    DELTOS_ASSIGN(text, text_from_tag(tag));
  }
  DELTOS_ASSIGN(Format format, parse_format(text));
  return tagged(std::move(format), tag);
}

Result<Format> format_of_items(std::string_view text, Dtype tag, std::uint64_t item_bytes) {
  Result<Format> as_written = format_of(text, tag);
  if (!as_written.ok() || as_written->item_bytes == item_bytes) return as_written;
  const bool is_string = text.empty() && (tag == Dtype::bytes || tag == Dtype::ucs4);
  if (is_string && item_bytes % as_written->item_bytes == 0) {
    return parse_format(std::to_string(item_bytes / as_written->item_bytes) + as_written->text);
  }
  if (tag == Dtype::other && as_written->text == "B") return parse_format(std::to_string(item_bytes) + "x");
  constexpr Dialect kOthers[] = {{true, false, false}, {false, true, false}, {true, true, true}};
  for (const Dialect &dialect : kOthers) {
    Result<Format> format = read_format(text, dialect);
    if (format.ok() && format->item_bytes == item_bytes) return tagged(std::move(*format), tag);
  }
  return fail(Code::format, "format %s describes items of %llu bytes, but the items are %llu bytes long",
              in_quotes(text).c_str(), static_cast<unsigned long long>(as_written->item_bytes),
              static_cast<unsigned long long>(item_bytes));
}

}  // namespace deltos::dtype
