// The bytes of a record table: rows or columns of one schema, read where they lie. FORMAT.md, section 18, shows them in
// pictures.
//
// Pieces lie in one order and do not overlap: head, schema, then rows and their heap, or the directory of the columns
// and the columns. Each starts at a multiple of 64.
#pragma once

#include <cstddef>
#include <cstdint>

namespace deltos::record {

constexpr std::uint32_t kImageMagic = 0x31545244;  // "DRT1"
constexpr std::uint64_t kPieceAlignment = 64;

enum class Layout : std::uint32_t { rows, columns };

struct ImageHead {
  std::uint32_t magic;
  std::uint32_t flags;  // 0; unknown bit: refuse
  std::uint64_t bytes;  // of the whole image, a multiple of 64
  std::uint32_t layout;
  std::uint32_t reserved;
  std::uint64_t rows;
  std::uint64_t row_bytes;  // as the schema gives them
  std::uint64_t schema, schema_bytes;
  std::uint64_t content, content_bytes;  // rows, or the directory
  std::uint64_t heap, heap_bytes;        // what references in rows point into; of columns: 0
  std::uint64_t reserved_too[5];
};
static_assert(sizeof(ImageHead) == 128 && offsetof(ImageHead, rows) == 24 && offsetof(ImageHead, heap) == 72);

// One for each slot, in columns. Places; 0: the slot has none.
struct ColumnEntry {
  std::uint64_t valid, null;  // bitmaps
  std::uint64_t offsets;      // rows + 1 signed words
  std::uint64_t data, data_bytes;
  std::uint64_t reserved[3];
};
static_assert(sizeof(ColumnEntry) == 64);

constexpr std::uint64_t bitmap_bytes(std::uint64_t rows) { return rows / 8 + (rows % 8 != 0 ? 1 : 0); }

}  // namespace deltos::record
