// Structs that begin with struct_size, from callers older and newer than this library.
//
// An older caller's struct ends early: what it does not have is zero. A newer caller's goes on: what this library does
// not know must be zero. A size below the first version's, or beyond any reason, is a caller that forgot to set it.
#pragma once

#include <deltos/deltos.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/status.hpp"

namespace deltos::capi {

constexpr std::size_t kMaxStructBytes = 4096;

// Sizes in the first version of the library, for ever.
template <class Struct>
constexpr std::size_t kFirstSize = 0;
template <>
inline constexpr std::size_t kFirstSize<deltos_array_options> = 40;
template <>
inline constexpr std::size_t kFirstSize<deltos_open_options> = 72;
template <>
inline constexpr std::size_t kFirstSize<deltos_copy_options> = 24;
template <>
inline constexpr std::size_t kFirstSize<deltos_storage_info> = 128;
template <>
inline constexpr std::size_t kFirstSize<deltos_object_info> = 96;
template <>
inline constexpr std::size_t kFirstSize<deltos_table_info> = 56;
template <>
inline constexpr std::size_t kFirstSize<deltos_hash_map_info> = 48;
template <>
inline constexpr std::size_t kFirstSize<deltos_hash_map_options> = 72;
template <>
inline constexpr std::size_t kFirstSize<deltos_record_table_info> = 56;
template <>
inline constexpr std::size_t kFirstSize<deltos_record_table_options> = 40;
template <>
inline constexpr std::size_t kFirstSize<deltos_schema_info> = 72;
template <>
inline constexpr std::size_t kFirstSize<deltos_schema_options> = 32;
template <>
inline constexpr std::size_t kFirstSize<deltos_sorted_map_info> = 56;
template <>
inline constexpr std::size_t kFirstSize<deltos_sorted_map_options> = 8;
template <>
inline constexpr std::size_t kFirstSize<deltos_view> = 80;
template <>
inline constexpr std::size_t kFirstSize<deltos_format_info> = 24;

template <class Struct>
Status check_struct_size(const Struct *given) {
  static_assert(kFirstSize<Struct> != 0 && sizeof(Struct) >= kFirstSize<Struct>);
  const std::size_t size = given->struct_size;
  if (size >= kFirstSize<Struct> && size <= kMaxStructBytes) return {};
  return fail(Code::structure, "struct_size is %zu; it must be the size of the struct, at least %zu", size,
              kFirstSize<Struct>);
}

// A struct of this version from one of any; NULL: all zero.
template <class Struct>
Result<Struct> read_struct(const Struct *given) {
  Struct known{};
  if (given == nullptr) return known;
  DELTOS_TRY(check_struct_size(given));
  const auto *const bytes = reinterpret_cast<const unsigned char *>(given);
  for (std::size_t i = sizeof known; i < given->struct_size; ++i) {
    if (bytes[i] != 0) {
      return fail(Code::structure,
                  "a field beyond byte %zu of the struct is set, which this version (%s) does not know", sizeof known,
                  DELTOS_VERSION);
    }
  }
  std::memcpy(&known, bytes, std::min<std::size_t>(sizeof known, given->struct_size));
  return known;
}

// The other way: as much as the caller has room for, the rest of its struct zero.
template <class Struct>
Status write_struct(const Struct &known, Struct *given) {
  if (given == nullptr) return fail(Code::invalid, "the struct to be filled is NULL");
  DELTOS_TRY(check_struct_size(given));
  const std::uint32_t size = given->struct_size;
  auto *const bytes = reinterpret_cast<unsigned char *>(given);
  std::memset(bytes, 0, size);
  std::memcpy(bytes, &known, std::min<std::size_t>(sizeof known, size));
  given->struct_size = size;
  return {};
}

}  // namespace deltos::capi
