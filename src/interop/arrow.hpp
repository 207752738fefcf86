// What is shown to others as Arrow: a type and its data, as trees, and the structures of the C data interface made from
// them. Nothing is copied where memory lies as Arrow wants it; what keeps it alive goes along with the data, and is let
// go of by whoever releases the last structure, on any thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "interop/arrow_abi.hpp"
#include "object/memory.hpp"

namespace deltos::interop {

struct ArrowType {
  std::string format, name;
  std::vector<std::pair<std::string, std::string>> metadata;
  bool nullable = false;
  std::vector<ArrowType> children;
};

ArrowType plain_type(std::string format);
ArrowType extension_type(std::string format, const char *name, std::string metadata);

struct ArrowData {
  std::int64_t length = 0, nulls = 0;
  std::vector<const void *> buffers;  // null: none, where the type allows that
  std::vector<ArrowData> children;
  std::shared_ptr<const void> keep;
};

// Fills in structures that the caller has; what they hold before does not matter. bad_alloc leaves them released.
void give(const ArrowType &type, ArrowSchema *out);
void give(ArrowData data, ArrowArray *out);

// The element type of a format. unsupported: text of UCS-4, foreign byte order, fields without a name.
Result<ArrowType> arrow_type_of(const dtype::Format &format);

// A column of whole memory, one entry for each index of the first dimension (one for none): a fixed-size list where
// there are more dimensions, named as a tensor. Elements that are not close together in C order are copied, and so are
// the fields of structures.
struct ArrowColumn {
  ArrowType type;
  ArrowData data;
};
Result<ArrowColumn> arrow_column_of(const std::shared_ptr<const object::Memory> &memory);

// Both, or neither; without a place for the data the type alone.
void give(ArrowColumn column, ArrowSchema *type, ArrowArray *data);
// A stream of one batch.
void give(ArrowColumn rows, ArrowArrayStream *stream);

// The elements of a layout as data of arrow_type_of(format), the first dimension being the entries.
Result<ArrowData> arrow_data_of(const dtype::Format &format, const dtype::Layout &layout,
                                std::shared_ptr<const void> keep);

// An allocation at a multiple of 64 that goes with its last holder.
std::shared_ptr<std::byte> aligned_bytes(std::uint64_t bytes);

}  // namespace deltos::interop
