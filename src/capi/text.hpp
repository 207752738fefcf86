// Text into structs of a fixed size: one line, NUL-terminated, cut at a character.
#pragma once

#include <cstddef>
#include <string_view>

namespace deltos::capi {

// How many bytes of `text` fit into `room` without cutting a UTF-8 character in two.
std::size_t fitting_bytes(std::string_view text, std::size_t room) noexcept;

// Fills all of `target`: the text with line breaks and other control characters replaced by spaces, then zeros.
void copy_text(std::string_view text, char *target, std::size_t size) noexcept;
template <std::size_t kSize>
void copy_text(std::string_view text, char (&target)[kSize]) noexcept {
  copy_text(text, target, kSize);
}

}  // namespace deltos::capi
