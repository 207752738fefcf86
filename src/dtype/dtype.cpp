#include "dtype/dtype.hpp"

namespace deltos::dtype {
namespace {

struct Entry {
  std::string_view name;
  std::string_view code;
  std::uint64_t item_bytes;
};

constexpr Entry kEntries[kDtypeCount] = {
    {"other", "", 0},        {"bool", "?", 1},    {"int8", "b", 1},    {"int16", "h", 2},      {"int32", "i", 4},
    {"int64", "q", 8},       {"uint8", "B", 1},   {"uint16", "H", 2},  {"uint32", "I", 4},     {"uint64", "Q", 8},
    {"float16", "e", 2},     {"float32", "f", 4}, {"float64", "d", 8}, {"complex64", "Zf", 8}, {"complex128", "Zd", 16},
    {"bytes", "s", 0},       {"ucs4", "w", 0},    {"struct", "", 0},   {"bfloat16", "H", 2},   {"float8_e4m3", "B", 1},
    {"float8_e5m2", "B", 1},
};
static_assert(kEntries[static_cast<int>(Dtype::c128)].item_bytes == 16);
static_assert(kEntries[static_cast<int>(Dtype::bf16)].code == "H");

// A number that is no Dtype is described as unknown.
Entry entry_of(Dtype dtype) {
  const auto number = static_cast<std::int32_t>(dtype);
  return is_dtype(number) ? kEntries[number] : Entry{"unknown", "", 0};
}

}  // namespace

std::uint64_t item_bytes(Dtype dtype) { return entry_of(dtype).item_bytes; }
std::string_view pep3118_code(Dtype dtype) { return entry_of(dtype).code; }
std::string_view name(Dtype dtype) { return entry_of(dtype).name; }

}  // namespace deltos::dtype
