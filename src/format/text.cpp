// Rules for names and metadata keys, and the catalogue keys made of them.
#include "format/validate.hpp"

namespace deltos::format {
namespace {

unsigned char at(std::string_view text, std::size_t index) { return static_cast<unsigned char>(text[index]); }

// Eight characters at once: long texts are mostly of them.
bool are_ascii(const char *eight) {
  return (load<std::uint64_t>(reinterpret_cast<const std::byte *>(eight)) & 0x8080808080808080) == 0;
}

// Bytes of the character that starts here; 0 when it is not well-formed. The second byte's range excludes overlong
// forms, surrogates and what lies beyond U+10FFFF.
std::size_t character_bytes(std::string_view text, std::size_t begin) {
  const unsigned char lead = at(text, begin);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t bytes = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (bytes > text.size() - begin) return 0;
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (at(text, begin + 1) < low || at(text, begin + 1) > high) return 0;
  for (std::size_t index = 2; index < bytes; ++index) {
    if ((at(text, begin + index) & 0xC0) != 0x80) return 0;
  }
  return bytes;
}

Status check_segment(std::string_view segment) {
  if (segment.empty()) {
    return fail(Code::invalid, "object name has an empty segment; put one '/' between segments and none at either end");
  }
  if (segment == "." || segment == "..") {
    return fail(Code::invalid, "object name has a segment \"%.*s\"; '.' and '..' have no meaning here, choose another",
                static_cast<int>(segment.size()), segment.data());
  }
  return {};
}

// What names and metadata keys have in common.
Status check_text(std::string_view text, const char *what, std::size_t limit) {
  if (text.empty()) return fail(Code::invalid, "%s is empty; it takes 1 to %zu bytes", what, limit);
  if (text.size() > limit) {
    return fail(Code::invalid, "%s has %zu bytes, at most %zu are allowed; shorten it", what, text.size(), limit);
  }
  if (text.find('\0') != std::string_view::npos) return fail(Code::invalid, "%s contains a NUL byte; remove it", what);
  if (!is_utf8(text)) return fail(Code::invalid, "%s is not valid UTF-8; encode it as UTF-8", what);
  return {};
}

std::vector<std::byte> key_of(KeySpace space, Bytes id, std::string_view text) {
  std::vector<std::byte> key;
  key.reserve(1 + id.size() + text.size());
  key.push_back(static_cast<std::byte>(space));
  key.insert(key.end(), id.begin(), id.end());
  const Bytes rest = bytes_of(text);
  key.insert(key.end(), rest.begin(), rest.end());
  return key;
}

std::array<std::byte, 8> big_endian(std::uint64_t value) {
  std::array<std::byte, 8> bytes;
  save(bytes.data(), __builtin_bswap64(value));
  return bytes;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t index = 0;
  while (index < text.size()) {
    if (text.size() - index >= sizeof(std::uint64_t) && are_ascii(text.data() + index)) {
      index += sizeof(std::uint64_t);
      continue;
    }
    const std::size_t bytes = character_bytes(text, index);
    if (bytes == 0) return false;
    index += bytes;
  }
  return true;
}

Status check_name(std::string_view name) {
  DELTOS_TRY(check_text(name, "object name", kMaxNameBytes));
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = name.find('/', begin);
    DELTOS_TRY(check_segment(name.substr(begin, end == std::string_view::npos ? end : end - begin)));
    if (end == std::string_view::npos) return {};
    begin = end + 1;
  }
}

Status check_metadata_key(std::string_view key) { return check_text(key, "metadata key", kMaxMetadataKeyBytes); }

std::vector<std::byte> name_key(std::string_view name) { return key_of(kName, {}, name); }

std::vector<std::byte> object_key(std::uint64_t id) { return key_of(kObject, big_endian(id), {}); }

std::vector<std::byte> metadatum_key(std::uint64_t id, std::string_view key) {
  return key_of(kMetadatum, big_endian(id), key);
}

}  // namespace deltos::format
