// The element types Deltos names: their numbers, item sizes, PEP 3118 codes and names.
//
// The numbers are those of DELTOS_DTYPE_* and are stored in files; capi/ ties the two with static_assert. A Dtype says
// "native byte order": an item whose bytes are swapped is `other`, and its format text tells the rest.
#pragma once

#include <cstdint>
#include <string_view>

namespace deltos::dtype {

enum class Dtype : std::int32_t {
  other,
  boolean,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
  f16,
  f32,
  f64,
  c64,
  c128,
  bytes,      // fixed length; "5s"
  ucs4,       // fixed length; "5w"
  structure,  // T{...}, and items of several elements such as "3d"
  bf16,       // raw "H"
  f8_e4m3,    // raw "B"
  f8_e5m2,    // raw "B"
};

constexpr std::int32_t kDtypeCount = static_cast<std::int32_t>(Dtype::f8_e5m2) + 1;

// Whether a number, such as one read from a file or passed by a caller, names a Dtype.
constexpr bool is_dtype(std::int32_t number) { return number >= 0 && number < kDtypeCount; }

// Bytes of one item; 0 where only the format tells (other, bytes, ucs4, structure).
std::uint64_t item_bytes(Dtype dtype);

// The PEP 3118 code of one item, native and without prefix: "d", "Zf"; "H" for bf16 and "B" for the fp8 types, which
// have no code of their own; "s" and "w" for one unit of bytes and ucs4. Empty for other and structure.
std::string_view pep3118_code(Dtype dtype);

// Whether the format text cannot tell the type, so that it must be carried beside the text.
constexpr bool is_tagged_raw(Dtype dtype) {
  return dtype == Dtype::bf16 || dtype == Dtype::f8_e4m3 || dtype == Dtype::f8_e5m2;
}

// "float64", "bfloat16", "struct"; "unknown" for a number that is no Dtype.
std::string_view name(Dtype dtype);

}  // namespace deltos::dtype
