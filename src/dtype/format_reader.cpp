#include "dtype/format_reader.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "base/bytes.hpp"
#include "dtype/format_writer.hpp"
#include "format/validate.hpp"

namespace deltos::dtype {
namespace {

struct TypeCode {
  char character;
  std::uint8_t native_bytes;
  std::uint8_t alignment;
  std::uint8_t standard_bytes;  // 0: none
  bool is_length;               // a number before it is a length, not a count
  Dtype dtype;
};

constexpr TypeCode kCodes[] = {
    {'x', 1, 1, 1, true, Dtype::other},     {'c', 1, 1, 1, false, Dtype::bytes}, {'?', 1, 1, 1, false, Dtype::boolean},
    {'b', 1, 1, 1, false, Dtype::i8},       {'B', 1, 1, 1, false, Dtype::u8},    {'h', 2, 2, 2, false, Dtype::i16},
    {'H', 2, 2, 2, false, Dtype::u16},      {'i', 4, 4, 4, false, Dtype::i32},   {'I', 4, 4, 4, false, Dtype::u32},
    {'l', 8, 8, 4, false, Dtype::i64},      {'L', 8, 8, 4, false, Dtype::u64},   {'q', 8, 8, 8, false, Dtype::i64},
    {'Q', 8, 8, 8, false, Dtype::u64},      {'n', 8, 8, 0, false, Dtype::i64},   {'N', 8, 8, 0, false, Dtype::u64},
    {'e', 2, 2, 2, false, Dtype::f16},      {'f', 4, 4, 4, false, Dtype::f32},   {'d', 8, 8, 8, false, Dtype::f64},
    {'g', 16, 16, 16, false, Dtype::other}, {'s', 1, 1, 1, true, Dtype::bytes},  {'p', 1, 1, 1, true, Dtype::other},
    {'w', 4, 4, 4, true, Dtype::ucs4},      {'u', 2, 2, 2, true, Dtype::other},
};
constexpr TypeCode kComplexCodes[] = {
    {'f', 8, 4, 8, false, Dtype::c64}, {'d', 16, 8, 16, false, Dtype::c128}, {'g', 32, 16, 32, false, Dtype::other}};
static_assert(sizeof(long) == 8 && sizeof(long double) == 16);
static_assert(alignof(long double) == 16);

template <std::size_t kCount>
const TypeCode *find_code(const TypeCode (&codes)[kCount], char character) {
  const TypeCode *end = codes + kCount;
  const TypeCode *found = std::find_if(codes, end, [=](const TypeCode &code) { return code.character == character; });
  return found == end ? nullptr : found;
}

bool is_space(char character) { return character == ' ' || (character >= '\t' && character <= '\r'); }
bool is_digit(char character) { return character >= '0' && character <= '9'; }
bool is_order(char character) { return std::string_view("@=<>!^").find(character) != std::string_view::npos; }
// Codes of addresses and of objects of a running interpreter.
bool is_pointer(char character) { return std::string_view("OPX&").find(character) != std::string_view::npos; }

// The code of the same kind whose native size is the standard size of `code`.
const TypeCode &of_standard_size(const TypeCode &code) {
  if (code.character == 'l') return *find_code(kCodes, 'i');
  if (code.character == 'L') return *find_code(kCodes, 'I');
  return code;
}

// One entry of a structure: "(2,3)4d:name:".
struct Element {
  Field field;                  // offset not yet known
  std::uint64_t alignment = 1;  // asked for by the byte order in force
  std::uint64_t bytes = 0;      // sub-array included
  bool is_padding = false;
};

// The entries up to "}" or the end of the text.
struct Listing {
  std::vector<Field> fields;
  std::set<std::string> names;
  std::uint64_t bytes = 0;
  std::uint64_t alignment = 1;
  bool is_plain = true;  // the struct module reads it too: no names, shapes or braces
};

Format structure_of(Listing listing) {
  Format format;
  format.item_bytes = listing.bytes;
  format.dtype = Dtype::structure;
  format.fields = std::move(listing.fields);
  write_structure(&format);
  return format;
}

Format raw_bytes(std::uint64_t count) {
  Format format;
  format.item_bytes = count;
  format.text = count == 1 ? "x" : std::to_string(count) + "x";
  return format;
}

class Reader {
 public:
  Reader(std::string_view text, const Dialect &dialect) : text_(text), dialect_(dialect) {}

  Result<Format> read();

 private:
  // What is left of the text.
  bool at_end() const { return at_ == text_.size(); }
  char next() const { return at_end() ? '\0' : text_[at_]; }
  void skip_spaces();
  bool consume(char character);

  Error fail_here(const char *reason, Code code = Code::format) const;
  Error fail_size() const;

  // How the byte order in force reads it.
  bool is_native_size() const { return order_ == '@' || order_ == '^'; }
  bool is_swapped() const { return order_ == '>' || order_ == '!'; }
  bool is_aligning() const { return order_ == '@' || dialect_.always_align; }

  void read_order();
  Result<std::uint64_t> read_number();
  Status read_shape(std::vector<std::int64_t> *shape);
  Status read_name(std::string *name);
  Result<const TypeCode *> read_code();
  Status read_scalar(std::optional<std::uint64_t> number, Element *element);
  Status read_nested(std::optional<std::uint64_t> number, int depth, Element *element);
  Result<Element> read_element(int depth, Listing *listing);
  Status place(Element element, Listing *listing);
  Result<Listing> read_listing(int depth);

  std::string_view text_;
  const Dialect &dialect_;
  std::size_t at_ = 0;
  std::uint64_t field_count_ = 0;
  char order_ = '@';
};

void Reader::skip_spaces() {
  while (!at_end() && is_space(next())) ++at_;
}

bool Reader::consume(char character) {
  if (at_end() || next() != character) return false;
  ++at_;
  return true;
}

Error Reader::fail_here(const char *reason, Code code) const {
  if (at_end()) return fail(code, "format %s: %s at its end", in_quotes(text_).c_str(), reason);
  return fail(code, "format %s: %s at position %zu, character %s", in_quotes(text_).c_str(), reason, at_,
              in_quotes(text_.substr(at_, 1)).c_str());
}

Error Reader::fail_size() const {
  return fail(Code::limit, "format %s: the item exceeds 2^40 bytes at position %zu; store smaller items",
              in_quotes(text_).c_str(), at_);
}

void Reader::read_order() {
  skip_spaces();
  if (!at_end() && is_order(next())) order_ = text_[at_++];
  skip_spaces();
}

Result<std::uint64_t> Reader::read_number() {
  std::uint64_t number = 0;
  for (; is_digit(next()); ++at_) {
    number = number * 10 + static_cast<std::uint64_t>(next() - '0');
    if (number > kMaxItemBytes) return fail_size();
  }
  return number;
}

Status Reader::read_shape(std::vector<std::int64_t> *shape) {
  do {
    skip_spaces();
    if (!is_digit(next())) return fail_here("a length is missing");
    DELTOS_ASSIGN(const std::uint64_t length, read_number());
    shape->push_back(static_cast<std::int64_t>(length));
    skip_spaces();
  } while (consume(','));
  if (!consume(')')) return fail_here("a ',' or ')' is missing");
  return {};
}

Status Reader::read_name(std::string *name) {
  const std::size_t end = text_.find(':', at_);
  if (end == std::string_view::npos) return fail_here("a field name without its closing ':'");
  name->assign(text_.substr(at_, end - at_));
  if (!format::is_utf8(*name) || name->find('\0') != std::string::npos) {
    return fail_here("a field name that is not UTF-8 text");
  }
  at_ = end + 1;
  return {};
}

Result<const TypeCode *> Reader::read_code() {
  if (at_end()) return fail_here("a type code is missing");
  if (is_pointer(next())) {
    return fail(Code::unsupported,
                "format %s: '%c' at position %zu stands for an address, which means nothing in another process; store "
                "what it points to",
                in_quotes(text_).c_str(), next(), at_);
  }
  const bool is_complex = next() == 'Z';
  const std::size_t length = is_complex ? 2 : 1;
  const char character = at_ + length <= text_.size() ? text_[at_ + length - 1] : '\0';
  const TypeCode *code = is_complex ? find_code(kComplexCodes, character) : find_code(kCodes, character);
  if (code == nullptr) return fail_here("unknown type code");
  if ((code->standard_bytes == 0 && !is_native_size()) || (character == 'g' && is_swapped())) {
    return fail_here("a type code that has no standard size, after a byte order character,");
  }
  if (character == 'u' && dialect_.wide_u) code = find_code(kCodes, 'w');
  at_ += length;
  return is_native_size() ? code : &of_standard_size(*code);
}

Status Reader::read_scalar(std::optional<std::uint64_t> number, Element *element) {
  const bool is_complex = next() == 'Z';
  DELTOS_ASSIGN(const TypeCode *code, read_code());
  Format &format = element->field.format;
  const std::uint64_t units = code->is_length ? number.value_or(1) : 1;
  if (!code->is_length && number && *number != 1) element->field.shape.push_back(static_cast<std::int64_t>(*number));
  if (!checked_mul<std::uint64_t>(units, code->native_bytes, &format.item_bytes)) return fail_size();
  format.alignment = code->alignment;
  format.dtype = code->dtype;
  format.swapped = is_swapped() && code->native_bytes > 1;
  if (format.swapped) {
    format.dtype = Dtype::other;
    format.text.push_back('>');
  }
  if (units != 1) format.text.append(std::to_string(units));
  if (is_complex) format.text.append("Z");
  format.text.append(1, code->character);
  element->is_padding = code->character == 'x';
  element->alignment = is_aligning() ? code->alignment : 1;
  return {};
}

Status Reader::read_nested(std::optional<std::uint64_t> number, int depth, Element *element) {
  if (depth == kMaxNesting) return fail_here("structures nested more than 64 deep", Code::limit);
  at_ += 2;
  DELTOS_ASSIGN(Listing listing, read_listing(depth + 1));
  element->alignment = is_aligning() ? listing.alignment : 1;
  element->field.format = structure_of(std::move(listing));
  if (number && *number != 1) element->field.shape.push_back(static_cast<std::int64_t>(*number));
  return {};
}

Result<Element> Reader::read_element(int depth, Listing *listing) {
  Element element;
  std::vector<std::int64_t> &shape = element.field.shape;
  if (consume('(')) {
    listing->is_plain = false;
    DELTOS_TRY(read_shape(&shape));
    read_order();
  }
  std::optional<std::uint64_t> number;
  if (is_digit(next())) {
    DELTOS_ASSIGN(number, read_number());
  }
  if (text_.substr(at_).starts_with("T{")) {
    listing->is_plain = false;
    DELTOS_TRY(read_nested(number, depth, &element));
  } else {
    DELTOS_TRY(read_scalar(number, &element));
  }
  if (shape.size() > kMaxSubArrayDimensions) return fail_here("a sub-array of more than 64 dimensions", Code::limit);
  skip_spaces();
  if (consume(':')) {
    listing->is_plain = false;
    element.is_padding = false;
    DELTOS_TRY(read_name(&element.field.name));
  }
  std::uint64_t span = element.field.format.item_bytes;  // what an empty sub-array would take otherwise
  bool is_empty = span == 0;
  for (std::int64_t extent : shape) {
    is_empty = is_empty || extent == 0;
    if (extent != 0 && !checked_mul(span, static_cast<std::uint64_t>(extent), &span)) return fail_size();
  }
  if (span > kMaxItemBytes) return fail_size();
  element.bytes = is_empty ? 0 : span;
  return element;
}

// Entries that take no room and have no name, such as the "0d" at the end of a struct-module text, only align.
Status Reader::place(Element element, Listing *listing) {
  element.field.offset = round_up(listing->bytes, element.alignment);
  listing->alignment = std::max(listing->alignment, element.alignment);
  listing->bytes = element.field.offset + element.bytes;
  if (listing->bytes > kMaxItemBytes) return fail_size();
  if (element.field.name.empty() && (element.is_padding || element.bytes == 0)) return {};
  if (++field_count_ > kMaxFields) {
    return fail(Code::limit, "format %s: more than 65535 fields, at position %zu", in_quotes(text_).c_str(), at_);
  }
  if (!element.field.name.empty() && !listing->names.insert(element.field.name).second) {
    return fail(Code::format, "format %s: two fields are named %s, at position %zu; rename one",
                in_quotes(text_).c_str(), in_quotes(element.field.name).c_str(), at_);
  }
  listing->fields.push_back(std::move(element.field));
  return {};
}

Result<Listing> Reader::read_listing(int depth) {
  Listing listing;
  for (;;) {
    read_order();
    if (at_end() || (depth > 0 && next() == '}')) break;
    DELTOS_ASSIGN(Element element, read_element(depth, &listing));
    DELTOS_TRY(place(std::move(element), &listing));
  }
  if (depth > 0 && !consume('}')) return fail_here("a '}' is missing");
  const bool pads_end = depth > 0 || !listing.is_plain || dialect_.pad_end || dialect_.always_align;
  if (is_aligning() && pads_end) listing.bytes = round_up(listing.bytes, listing.alignment);
  return listing;
}

Result<Format> Reader::read() {
  DELTOS_ASSIGN(Listing listing, read_listing(0));
  if (listing.bytes == 0) {
    return fail(Code::format, "format %s describes items of no bytes; an item has at least one",
                in_quotes(text_).c_str());
  }
  if (listing.fields.empty()) return raw_bytes(listing.bytes);
  Field &first = listing.fields.front();
  const bool is_first_all = listing.fields.size() == 1 && first.name.empty() && first.offset == 0;
  if (is_first_all && first.shape.empty() && first.format.item_bytes == listing.bytes) return std::move(first.format);
  Format format = structure_of(std::move(listing));
  const Field &only = format.fields.front();
  if (is_first_all && size_of(only) == format.item_bytes) write_sub_array(&format);
  return format;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string result = "\"";
  for (char character : text.substr(0, kShown)) {
    const bool is_plain = character >= ' ' && character <= '~' && character != '"';
    result.append(1, is_plain ? character : '?');
  }
  return result.append(text.size() > kShown ? "...\"" : "\"");
}

Result<Format> read_format(std::string_view text, const Dialect &dialect) {
  if (text.size() > kMaxFormatBytes) {
    return fail(Code::limit, "format %s is %zu bytes long; at most %llu are read", in_quotes(text).c_str(), text.size(),
                static_cast<unsigned long long>(kMaxFormatBytes));
  }
  DELTOS_ASSIGN(Format format, Reader(text, dialect).read());
  if (format.text.size() > kMaxFormatBytes) {
    return fail(Code::limit, "format %s takes %zu bytes with its padding written out; at most %llu are kept",
                in_quotes(text).c_str(), format.text.size(), static_cast<unsigned long long>(kMaxFormatBytes));
  }
  return format;
}

}  // namespace deltos::dtype
