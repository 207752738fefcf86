#include "capi/text.hpp"

#include <cstring>

namespace deltos::capi {
namespace {

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }
bool is_control(char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; }

}  // namespace

std::size_t fitting_bytes(std::string_view text, std::size_t room) noexcept {
  if (text.size() <= room) return text.size();
  std::size_t bytes = room;
  while (bytes > 0 && continues_character(text[bytes])) --bytes;
  return bytes;
}

void copy_text(std::string_view text, char *target, std::size_t size) noexcept {
  const std::size_t bytes = fitting_bytes(text, size - 1);
  for (std::size_t i = 0; i < bytes; ++i) target[i] = is_control(text[i]) ? ' ' : text[i];
  std::memset(target + bytes, 0, size - bytes);
}

}  // namespace deltos::capi
