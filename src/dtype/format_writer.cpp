#include "dtype/format_writer.hpp"

#include <algorithm>

namespace deltos::dtype {
namespace {

constexpr char kNative = '@', kPacked = '^', kSwapped = '>';

// One-character codes before which a number is a count of items, as in the struct module, and not a length.
constexpr std::string_view kCountedCodes = "cbB?hHiIlLqQnNefdg";

bool is_structure_text(std::string_view text) { return text.ends_with('}'); }

// Packed structures and swapped scalars are the texts with a prefix.
bool is_natural(const Format &format) { return format.text[0] != kPacked && format.text[0] != kSwapped; }

// Whether native rules put every part where it is, so that the text needs no "^".
bool is_natural_structure(const Format &structure, std::uint64_t alignment) {
  return structure.item_bytes % alignment == 0 &&
         std::all_of(structure.fields.begin(), structure.fields.end(), [](const Field &field) {
           return is_natural(field.format) && field.offset % field.format.alignment == 0;
         });
}

void append_shape(const std::vector<std::int64_t> &shape, std::string *text) {
  if (shape.empty()) return;
  char separator = '(';
  for (std::int64_t extent : shape) {
    text->append(1, separator).append(std::to_string(extent));
    separator = ',';
  }
  text->append(")");
}

void append_padding(std::uint64_t bytes, std::string *text) {
  if (bytes == 0) return;
  if (bytes > 1) text->append(std::to_string(bytes));
  text->append("x");
}

// In a structure, which memoryview cannot index anyway, the codes NumPy does not know give way to those it does.
std::string_view code_in_structure(std::string_view text) {
  if (text == "n") return "q";
  if (text == "N") return "Q";
  return text;
}

// `order` is the byte order in force at the end of the text.
void append_structure(const Format &structure, char *order, std::string *text);

void append_element(const Format &format, char *order, std::string *text) {
  if (is_structure_text(format.text)) return append_structure(format, order, text);
  std::string_view code = format.text;
  const char wanted = format.swapped ? kSwapped : *order == kSwapped ? kPacked : *order;
  if (format.swapped) code.remove_prefix(1);
  if (wanted != *order) text->append(1, wanted);
  *order = wanted;
  text->append(code_in_structure(code));
}

void append_structure(const Format &structure, char *order, std::string *text) {
  text->append("T{");
  std::uint64_t end = 0;
  for (const Field &field : structure.fields) {
    append_padding(field.offset - end, text);
    append_shape(field.shape, text);
    append_element(field.format, order, text);
    if (!field.name.empty()) text->append(":").append(field.name).append(":");
    end = field.offset + size_of(field);
  }
  append_padding(structure.item_bytes - end, text);
  text->append("}");
}

}  // namespace

std::uint64_t size_of(const Field &field) {
  std::uint64_t bytes = field.format.item_bytes;
  for (std::int64_t extent : field.shape) bytes *= static_cast<std::uint64_t>(extent);
  return bytes;
}

void write_structure(Format *structure) {
  std::uint64_t alignment = 1;
  for (const Field &field : structure->fields) alignment = std::max(alignment, field.format.alignment);
  const bool natural = is_natural_structure(*structure, alignment);
  structure->alignment = natural ? alignment : 1;
  structure->text.clear();
  if (!natural) structure->text.push_back(kPacked);
  char order = natural ? kNative : kPacked;
  append_structure(*structure, &order, &structure->text);
}

void write_sub_array(Format *structure) {
  const Field &field = structure->fields.front();
  const Format &element = field.format;
  structure->alignment = element.alignment;
  structure->text.clear();
  const std::string_view code = std::string_view(element.text).substr(element.swapped ? 1 : 0);
  if (field.shape.size() == 1 && field.shape[0] != 1 && kCountedCodes.find(code) != std::string_view::npos) {
    if (element.swapped) structure->text.append(1, kSwapped);
    structure->text.append(std::to_string(field.shape[0])).append(code);
  } else {  // a byte order character follows the shape
    append_shape(field.shape, &structure->text);
    structure->text.append(element.text);
  }
}

}  // namespace deltos::dtype
