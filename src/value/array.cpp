#include "value/array.hpp"

#include "dtype/layout.hpp"

namespace deltos::value {

Result<ArrayElements> elements_of_array(const Reader &reader, Cell node) {
  Reader::ArrayFacts facts;
  DELTOS_TRY(reader.array(node, &facts));
  ArrayElements found;
  DELTOS_ASSIGN(found.format, dtype::format_of(facts.format, static_cast<dtype::Dtype>(facts.dtype)));
  for (std::int32_t i = 0; i < facts.ndim; ++i) found.shape.push_back(load<std::int64_t>(facts.shape + i * 8));
  found.bytes = {facts.data, static_cast<std::size_t>(facts.bytes)};
  const auto bytes = dtype::byte_count(found.shape, found.format.item_bytes);
  if (bytes.ok() && *bytes == facts.bytes) return found;
  return fail(Code::corrupt, "shape and element type of an array in the value do not make up its %llu bytes",
              static_cast<unsigned long long>(facts.bytes));
}

}  // namespace deltos::value
