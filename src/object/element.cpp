#include "object/element.hpp"

#include <cmath>
#include <cstring>

#include "dtype/atomic.hpp"
#include "dtype/format_reader.hpp"
#include "dtype/number.hpp"
#include "dtype/subview.hpp"

namespace deltos::object {
namespace {

using dtype::Number;
using dtype::Wide;

Result<Number> number_of(const Memory &memory) {
  if (const std::optional<Number> number = dtype::number_of(memory.format())) return *number;
  return fail(Code::type, "elements %s are not numbers; get and set their bytes",
              dtype::in_quotes(memory.format().text).c_str());
}

// As many digits as make the number, and no more for what has 64 bits.
std::string written(Wide value) {
  char text[64];
  const bool is_short = static_cast<Wide>(static_cast<double>(value)) == value && std::trunc(value) != value;
  std::snprintf(text, sizeof text, "%.*Lg", is_short ? 17 : 20, value);
  return text;
}

template <class Integer>
bool is_within(Wide value) {
  return value >= static_cast<Wide>(std::numeric_limits<Integer>::min()) &&
         value <= static_cast<Wide>(std::numeric_limits<Integer>::max());
}

template <class Integer>
Result<Integer> whole_number(Wide value, const Element &element) {
  if (is_within<Integer>(value) && std::trunc(value) == value) return static_cast<Integer>(value);
  const dtype::Scalar scalar = std::is_signed_v<Integer> ? dtype::Scalar::i64 : dtype::Scalar::u64;
  return fail(Code::range, "%s is %s; it must be a whole number from %s to be read as this integer",
              element.name().c_str(), written(value).c_str(), dtype::limits_of(scalar).c_str());
}

const std::byte *bytes_at(const void *value) { return static_cast<const std::byte *>(value); }
std::byte *bytes_at(void *value) { return static_cast<std::byte *>(value); }

}  // namespace

Result<Element> Element::at(const Memory &memory, const std::int64_t *index) {
  if (index == nullptr && !memory.shape().empty()) {
    return fail(Code::invalid, "the index is NULL, but there are %zu dimensions", memory.shape().size());
  }
  DELTOS_ASSIGN(std::byte *const place, dtype::item_address(memory.layout(), index));
  return Element(memory, index, place);
}

std::string Element::name() const {
  std::string name = "element [";
  for (std::size_t i = 0; i < memory_.shape().size(); ++i) name += (i == 0 ? "" : ", ") + std::to_string(index_[i]);
  return name + "]";
}

Status Element::check_size(std::uint64_t size) const {
  if (size == memory_.format().item_bytes) return {};
  return fail(Code::type, "%llu bytes were given for an element %s, which has %llu",
              static_cast<unsigned long long>(size), dtype::in_quotes(memory_.format().text).c_str(),
              static_cast<unsigned long long>(memory_.format().item_bytes));
}

Result<std::int64_t> Element::as_i64() const {
  DELTOS_ASSIGN(const Number number, number_of(memory_));
  return whole_number<std::int64_t>(dtype::load_number(number, place_), *this);
}

Result<std::uint64_t> Element::as_u64() const {
  DELTOS_ASSIGN(const Number number, number_of(memory_));
  return whole_number<std::uint64_t>(dtype::load_number(number, place_), *this);
}

Result<double> Element::as_f64() const {
  DELTOS_ASSIGN(const Number number, number_of(memory_));
  const Wide value = dtype::load_number(number, place_);
  const auto result = static_cast<double>(value);
  const bool is_too_large = std::isinf(result) && !std::isinf(value);
  const bool is_other = dtype::is_integer(number.scalar) && static_cast<Wide>(result) != value;
  if (!is_too_large && !is_other) return result;
  return fail(Code::range, "%s is %s, which no double is equal to; the nearest is %.17g", name().c_str(),
              written(value).c_str(), result);
}

Status Element::store(Wide value, dtype::Rounding rounding) const {
  DELTOS_ASSIGN(const Number number, number_of(memory_));
  if (dtype::store_number(number, value, rounding, place_)) return {};
  return fail(Code::range, "%s: %s cannot be stored as %s, which holds %s%s", name().c_str(), written(value).c_str(),
              dtype::in_quotes(memory_.format().text).c_str(), dtype::limits_of(number.scalar).c_str(),
              dtype::is_integer(number.scalar) ? " in whole numbers" : "");
}

Status Element::set(std::int64_t value) const { return store(static_cast<Wide>(value), dtype::Rounding::exact); }
Status Element::set(std::uint64_t value) const { return store(static_cast<Wide>(value), dtype::Rounding::exact); }
Status Element::set(double value) const { return store(value, dtype::Rounding::nearest); }

Status Element::get_bytes(MutableBytes item) const {
  DELTOS_TRY(check_size(item.size()));
  std::memmove(item.data(), place_, item.size());
  return {};
}

Status Element::set_bytes(Bytes item) const {
  DELTOS_TRY(check_size(item.size()));
  std::memmove(place_, item.data(), item.size());
  return {};
}

Status Element::atomic_load(std::int32_t order, void *value, std::uint64_t size) const {
  DELTOS_TRY(dtype::check_order(order, dtype::Access::load));
  DELTOS_TRY(dtype::check_atomic(memory_.format(), place_));
  DELTOS_TRY(check_size(size));
  dtype::atomic_load(dtype::number_of(memory_.format())->scalar, place_, order, bytes_at(value));
  return {};
}

Status Element::atomic_store(std::int32_t order, const void *value, std::uint64_t size) const {
  DELTOS_TRY(dtype::check_order(order, dtype::Access::store));
  DELTOS_TRY(dtype::check_atomic(memory_.format(), place_));
  DELTOS_TRY(check_size(size));
  dtype::atomic_store(dtype::number_of(memory_.format())->scalar, place_, order, bytes_at(value));
  return {};
}

Status Element::atomic_add(std::int32_t order, const void *summand, void *previous, std::uint64_t size) const {
  DELTOS_TRY(dtype::check_order(order, dtype::Access::both));
  DELTOS_TRY(dtype::check_atomic(memory_.format(), place_));
  DELTOS_TRY(check_size(size));
  dtype::atomic_add(dtype::number_of(memory_.format())->scalar, place_, order, bytes_at(summand), bytes_at(previous));
  return {};
}

Result<bool> Element::atomic_exchange(std::int32_t order, void *expected, const void *desired,
                                      std::uint64_t size) const {
  DELTOS_TRY(dtype::check_order(order, dtype::Access::both));
  DELTOS_TRY(dtype::check_atomic(memory_.format(), place_));
  DELTOS_TRY(check_size(size));
  const dtype::Scalar scalar = dtype::number_of(memory_.format())->scalar;
  return dtype::atomic_exchange(scalar, place_, order, bytes_at(expected), bytes_at(desired));
}

}  // namespace deltos::object
