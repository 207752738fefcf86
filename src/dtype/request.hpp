// What a consumer of a buffer asks for (PyBUF_* flags), and whether a layout can serve it.
#pragma once

#include <cstdint>

#include "base/status.hpp"
#include "dtype/layout.hpp"

namespace deltos::dtype {

// The values are DELTOS_VIEW_*, which are PyBUF_*.
constexpr std::int32_t kRequestSimple = 0;
constexpr std::int32_t kRequestWritable = 0x1;
constexpr std::int32_t kRequestFormat = 0x4;
constexpr std::int32_t kRequestNd = 0x8;
constexpr std::int32_t kRequestStrides = 0x10 | kRequestNd;
constexpr std::int32_t kRequestC = 0x20 | kRequestStrides;
constexpr std::int32_t kRequestF = 0x40 | kRequestStrides;
constexpr std::int32_t kRequestAny = 0x80 | kRequestStrides;
constexpr std::int32_t kRequestIndirect = 0x100 | kRequestStrides;
constexpr std::int32_t kRequestFullReadOnly = kRequestIndirect | kRequestFormat;
constexpr std::int32_t kRequestFull = kRequestFullReadOnly | kRequestWritable;

// Which fields of the answer are filled; the others are null. Without `shape` the answer is one dimension of bytes:
// ndim 1, shape null, the length in nbytes alone.
struct Served {
  bool format = false;
  bool shape = false;
  bool strides = false;
  bool suboffsets = false;  // the layout is indirect and the consumer follows pointers
};

// Code::readonly when WRITABLE is asked of read-only memory; Code::layout when the layout is not contiguous as
// demanded, or indirect and INDIRECT was not asked; Code::invalid for unknown bits and for FORMAT without ND on items
// that are not unsigned bytes (`is_bytes` false), which a shapeless answer could not describe.
Result<Served> serve_request(const Layout &layout, bool is_bytes, bool readonly, std::int32_t flags);

}  // namespace deltos::dtype
