// Single elements of a memory: as numbers of three types, as bytes, and atomically. Which may be written is checked
// before.
#pragma once

#include <string>

#include "dtype/number.hpp"
#include "object/memory.hpp"

namespace deltos::object {

// One element. `index` is as long as the memory has dimensions and must outlive it, as the memory must.
class Element {
 public:
  // invalid: no index where there are dimensions. range: an index outside.
  static Result<Element> at(const Memory &memory, const std::int64_t *index);

  std::string name() const;  // for messages: "element [3, 4]"

  // type: no number. range: the result, or the element, cannot hold it.
  Result<std::int64_t> as_i64() const;
  Result<std::uint64_t> as_u64() const;
  Result<double> as_f64() const;
  Status set(std::int64_t value) const;
  Status set(std::uint64_t value) const;
  Status set(double value) const;

  // type: the sizes differ.
  Status get_bytes(MutableBytes item) const;
  Status set_bytes(Bytes item) const;

  // What dtype/atomic.hpp says; `size` is that of the values. invalid: the order. type: the element, or the size.
  // layout: not aligned.
  Status atomic_load(std::int32_t order, void *value, std::uint64_t size) const;
  Status atomic_store(std::int32_t order, const void *value, std::uint64_t size) const;
  Status atomic_add(std::int32_t order, const void *summand, void *previous, std::uint64_t size) const;
  Result<bool> atomic_exchange(std::int32_t order, void *expected, const void *desired, std::uint64_t size) const;

 private:
  Element(const Memory &memory, const std::int64_t *index, std::byte *place)
      : memory_(memory), index_(index), place_(place) {}
  Status store(dtype::Wide value, dtype::Rounding rounding) const;
  Status check_size(std::uint64_t size) const;

  const Memory &memory_;
  const std::int64_t *index_;
  std::byte *place_;
};

}  // namespace deltos::object
