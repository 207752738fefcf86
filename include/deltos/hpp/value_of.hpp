/**
 * @file
 * @defgroup deltos_hpp_value_of Types of C++ in values
 *
 * What ValueBuilder::put() takes and Node::as() gives:
 *
 * | in a value          | of C++                                                                                     |
 * |---------------------|--------------------------------------------------------------------------------------------|
 * | null                | nullptr, std::nullopt, std::monostate; std::optional of anything else                      |
 * | boolean, numbers    | bool, integers, float, double                                                              |
 * | text                | std::string, std::string_view (borrowed), `const char *` (put only)                        |
 * | bytes               | std::vector<std::byte>, Span<const std::byte> (borrowed), std::array of std::byte          |
 * | list                | std::vector, std::array, std::deque, std::list, every other range (put only)               |
 * | list of numbers     | Span<const T> (borrowed), where they lie as T                                              |
 * | tuple               | std::tuple, std::pair                                                                      |
 * | set                 | std::set, std::unordered_set                                                               |
 * | dict                | std::map, std::unordered_map                                                               |
 * | date, datetime, ... | Date, DateTime, Decimal, Reference, time points of std::chrono::system_clock (put only)    |
 * | n-dimensional array | View, TypedView (a view of the value's memory); Memory (put only)                          |
 * | any of these        | std::variant: the first alternative that suits; Node (get only)                            |
 *
 * A list is got from a tuple and the other way round. A struct of the program's own is a dict when its fields are
 * named, and anything else when value_of is specialised for it:
 *
 * @code
 * struct City {
 *   std::string name;
 *   std::optional<std::int64_t> population;
 *   std::vector<double> place;
 * };
 * template <>
 * struct deltos::fields_of<City> {
 *   static constexpr auto value =
 *       std::make_tuple(deltos::field("name", &City::name), deltos::field("population", &City::population),
 *                       deltos::field("place", &City::place));
 * };
 * struct Celsius {
 *   double degrees;
 * };
 * template <>
 * struct deltos::value_of<Celsius> {
 *   static Result<void> put(ValueBuilder &builder, const Celsius &celsius) { return builder.try_put(celsius.degrees); }
 *   static Result<Celsius> get(const Node &node) {
 *     const Result<double> degrees = node.try_as<double>();
 *     if (!degrees) return degrees.error();
 *     return Celsius{*degrees};
 *   }
 * };
 * @endcode
 *
 * A field whose key the dict does not have fails with not_found, but one of a std::optional stays empty; keys that no
 * field has are passed over.
 * @{
 */
#ifndef DELTOS_HPP_VALUE_OF_HPP
#define DELTOS_HPP_VALUE_OF_HPP

#include <deltos/hpp/elements.hpp>
#include <deltos/hpp/value.hpp>
#include <tuple>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

class ValueBuilder;

/** A field of a struct: its key, and where it is. */
template <class T, class Member>
struct Field {
  const char *name;
  Member T::*member;
};
template <class T, class Member>
constexpr Field<T, Member> field(const char *name, Member T::*member) noexcept {
  return {name, member};
}

/** To be specialised for structs: `static constexpr auto value`, a std::tuple of field()s. */
template <class T>
struct fields_of;

namespace detail {

template <class T>
inline constexpr bool is_plain_number = is_integer<T> || is_one_of<T, float, double>;

template <class T, class = void>
inline constexpr bool has_fields = false;
template <class T>
inline constexpr bool has_fields<T, std::void_t<decltype(fields_of<T>::value)>> = true;

template <class T>
inline constexpr bool is_text = std::is_convertible_v<const T &, std::string_view> && !is_one_of<T, std::nullptr_t>;

template <class T, class = void>
inline constexpr bool is_range = false;
template <class T>
inline constexpr bool is_range<
    T, std::void_t<decltype(std::begin(std::declval<const T &>())), decltype(std::end(std::declval<const T &>()))>> =
    !is_text<T> && !std::is_same_v<std::decay_t<decltype(*std::begin(std::declval<const T &>()))>, T>;

template <class T>
using element_of = std::decay_t<decltype(*std::begin(std::declval<const T &>()))>;

template <class T, class = void>
inline constexpr bool is_contiguous = false;
template <class T>
inline constexpr bool is_contiguous<T, std::void_t<decltype(std::data(std::declval<const T &>()))>> = is_range<T>;

template <class T, class = void>
inline constexpr bool has_keys = false;
template <class T>
inline constexpr bool has_keys<T, std::void_t<typename T::key_type>> = is_range<T>;
template <class T, class = void>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<T, std::void_t<typename T::mapped_type>> = has_keys<T>;
template <class T>
inline constexpr bool is_set = has_keys<T> && !is_map<T>;

template <class T, class = void>
inline constexpr bool is_byte_range = false;
template <class T>
inline constexpr bool is_byte_range<T, std::enable_if_t<is_contiguous<T>>> = std::is_same_v<element_of<T>, std::byte>;
template <class T>
inline constexpr bool is_number_span = false;
template <class T>
inline constexpr bool is_number_span<Span<const T>> = is_plain_number<T>;
template <class T>
inline constexpr bool is_sequence = is_range<T> && !has_keys<T> && !is_byte_range<T> && !is_number_span<T>;

/** Whether it is one of the arrays that cannot grow. */
template <class T>
inline constexpr bool is_fixed = false;
template <class T, std::size_t Count>
inline constexpr bool is_fixed<std::array<T, Count>> = true;

inline deltos_item item_of_kind(std::int32_t kind) noexcept {
  deltos_item item{};
  item.kind = kind;
  return item;
}

Result<void> put_item(ValueBuilder &builder, const deltos_item &item);
Result<void> put_memory(ValueBuilder &builder, const Memory &memory);

/** Opens a container, puts what `parts` puts, and ends it. */
template <class PutParts>
Result<void> put_container(ValueBuilder &builder, std::int32_t kind, PutParts &&parts) {
  Result<void> put = put_item(builder, item_of_kind(kind));
  if (put) put = parts();
  return put ? put_item(builder, item_of_kind(DELTOS_VALUE_END)) : put;
}

template <class T>
Result<void> put_value(ValueBuilder &builder, const T &value) {
  return value_of<T>::put(builder, value);
}

/** Numbers that lie close together, in one go. */
template <class T>
Result<void> put_numbers(ValueBuilder &builder, std::int32_t kind, const T *numbers, std::size_t count) {
  deltos_item item = item_of_kind(kind);
  item.detail = static_cast<std::int32_t>(dtype_of<T>);
  item.data = numbers;
  item.count = count;
  return put_item(builder, item);
}

/** All parts as T, told one by one to `take`, which answers whether to go on. */
template <class T, class Take>
Result<void> each_as(const Node &node, Take &&take) {
  Elements elements = node.elements();
  Node element;
  for (;;) {
    const Result<bool> next = elements.try_next(element);
    if (!next) return next.error();
    if (!*next) return {};
    Result<T> made = element.try_as<T>();
    if (!made) return made.error();
    take(std::move(*made));
  }
}

inline Result<void> check_sequence(const Node &node) noexcept {
  if (node.kind() == ValueKind::list || node.kind() == ValueKind::tuple) return {};
  return kind_error(node.kind(), "list or tuple");
}

/** Copies numbers that lie as From; false: one of them does not stay the same as T. */
template <class From, class T>
bool copy_numbers(const deltos_item &list, T *target) noexcept {
  deltos_item item = item_of_kind(DELTOS_VALUE_FLOAT);
  const auto *source = static_cast<const unsigned char *>(list.data);
  for (std::uint64_t k = 0; k < list.count; ++k, source += sizeof(From)) {
    From number;
    std::memcpy(&number, source, sizeof number);
    if constexpr (std::is_same_v<From, T>) {
      target[k] = number;
    } else {
      if constexpr (std::is_floating_point_v<From>) item.f64 = static_cast<double>(number);
      if constexpr (std::is_integral_v<From>) item = Key(number).item();
      const Result<T> made = number_of<T>(item);
      if (!made) return false;
      target[k] = *made;
    }
  }
  return true;
}

/** Calls with a value of the type that a Dtype stands for; false where it is none of numbers that lists may lie as. */
template <class Call>
bool with_number(Dtype dtype, Call &&call) {
  switch (dtype) {
    case Dtype::i8:
      return call(std::int8_t{});
    case Dtype::i16:
      return call(std::int16_t{});
    case Dtype::i32:
      return call(std::int32_t{});
    case Dtype::i64:
      return call(std::int64_t{});
    case Dtype::u8:
      return call(std::uint8_t{});
    case Dtype::u16:
      return call(std::uint16_t{});
    case Dtype::u32:
      return call(std::uint32_t{});
    case Dtype::u64:
      return call(std::uint64_t{});
    case Dtype::f32:
      return call(float{});
    case Dtype::f64:
      return call(double{});
    default:
      return false;
  }
}

/** Elements that lie as numbers, into memory for as many; false: read them one by one, which tells what is wrong. */
template <class T>
bool copied_at_once(const Node &node, T *target) {
  const deltos_item &item = node.item();
  if (item.data == nullptr) return false;
  return with_number(static_cast<Dtype>(item.detail),
                     [&](auto number) { return copy_numbers<decltype(number)>(item, target); });
}

/** More than this is not set aside before it has been seen. */
constexpr std::size_t kMostReserved = 65536;

template <class T>
Result<T> get_sequence(const Node &node) {
  using Element = element_of<T>;
  const Result<void> checked = check_sequence(node);
  if (!checked) return checked.error();
  T made{};
  if constexpr (is_fixed<T>) {
    if (node.size() != std::tuple_size_v<T>)
      return Error(Status::range, "the list has another number of elements than the array; use a vector");
    std::size_t at = 0;
    const Result<void> all = each_as<Element>(node, [&](Element &&part) { made[at++] = std::move(part); });
    if (!all) return all.error();
  } else {
    if constexpr (is_contiguous<T> && is_plain_number<Element>) {
      if (node.item().data != nullptr) {
        made.resize(node.size());
        if (copied_at_once(node, made.data())) return Result<T>(std::move(made));
        made.clear();
      }
    }
    if constexpr (is_contiguous<T>) made.reserve(std::min(node.size(), kMostReserved));
    const Result<void> all = each_as<Element>(node, [&](Element &&part) { made.push_back(std::move(part)); });
    if (!all) return all.error();
  }
  return Result<T>(std::move(made));
}

template <class T>
Result<T> get_map(const Node &node) {
  T made;
  Entries entries = node.entries();
  std::pair<Node, Node> entry;
  for (;;) {
    const Result<bool> next = entries.try_next(entry);
    if (!next) return next.error();
    if (!*next) return Result<T>(std::move(made));
    Result<typename T::key_type> key = entry.first.template try_as<typename T::key_type>();
    if (!key) return key.error();
    Result<typename T::mapped_type> mapped = entry.second.template try_as<typename T::mapped_type>();
    if (!mapped) return mapped.error();
    made.emplace(std::move(*key), std::move(*mapped));
  }
}

/** One element of a tuple after the other, until one fails. */
template <class T, std::size_t... Index>
Result<T> get_tuple(const Node &node, std::index_sequence<Index...>) {
  const Result<void> checked = check_sequence(node);
  if (!checked) return checked.error();
  if (node.size() != sizeof...(Index))
    return Error(Status::range, "the tuple has another number of elements than the type that was asked for");
  auto parts = std::make_tuple(std::optional<std::tuple_element_t<Index, T>>()...);
  Result<void> failed;
  const auto get = [&](auto index, auto &part) {
    const Result<Node> element = node.try_at(static_cast<std::uint64_t>(index()));
    if (!element) return failed = element.error(), false;
    auto made = element->template try_as<typename std::decay_t<decltype(part)>::value_type>();
    if (!made) return failed = made.error(), false;
    part.emplace(std::move(*made));
    return true;
  };
  if ((get(std::integral_constant<std::size_t, Index>(), std::get<Index>(parts)) && ...))
    return T(std::move(*std::get<Index>(parts))...);
  return failed.error();
}

template <class T>
Result<void> put_fields(ValueBuilder &builder, const T &value) {
  return put_container(builder, DELTOS_VALUE_DICT, [&] {
    Result<void> put;
    const auto one = [&](const auto &field) {
      put = put_item(builder, Key(field.name).item());
      if (put) put = put_value(builder, value.*field.member);
      return put.has_value();
    };
    std::apply([&](const auto &...field) { static_cast<void>((one(field) && ...)); }, fields_of<T>::value);
    return put;
  });
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
Result<T> get_fields(const Node &node) {
  if (node.kind() != ValueKind::dict) return kind_error(node.kind(), "dict");
  T made{};
  Result<void> got;
  const auto one = [&](const auto &field) {
    using Member = std::decay_t<decltype(made.*field.member)>;
    const Result<std::optional<Node>> found = node.try_find(field.name);
    if (!found) return got = found.error(), false;
    if (!*found && is_optional<Member>) return true;
    const Result<Node> part = node.try_at(field.name);
    if (!part) return got = part.error(), false;
    Result<Member> member = part->template try_as<Member>();
    if (!member) return got = member.error(), false;
    made.*field.member = std::move(*member);
    return true;
  };
  if (std::apply([&](const auto &...field) { return (one(field) && ...); }, fields_of<T>::value))
    return Result<T>(std::move(made));
  return got.error();
}

/** What is put as an argument of a look-up is: kind by kind. */
template <class T>
struct PutAsKey {
  static Result<void> put(ValueBuilder &builder, const T &value) { return put_item(builder, Key(value).item()); }
};

}  // namespace detail

/* ---- null and scalars */

template <class T>
struct value_of<T, std::enable_if_t<detail::is_one_of<T, std::nullptr_t, std::nullopt_t, std::monostate>>> {
  static Result<void> put(ValueBuilder &builder, const T &) {
    return detail::put_item(builder, detail::item_of_kind(DELTOS_VALUE_NULL));
  }
  static Result<T> get(const Node &node) {
    static_assert(std::is_same_v<T, std::monostate>, "null is got as std::monostate, or as an empty std::optional");
    if (node.is_null()) return T{};
    return detail::kind_error(node.kind(), "null");
  }
};

template <>
struct value_of<bool> : detail::PutAsKey<bool> {
  static Result<bool> get(const Node &node) noexcept {
    if (node.kind() == ValueKind::boolean) return node.item().i64 != 0;
    return detail::kind_error(node.kind(), "boolean");
  }
};

template <class T>
struct value_of<T, std::enable_if_t<detail::is_plain_number<T>>> : detail::PutAsKey<T> {
  static Result<T> get(const Node &node) noexcept { return detail::number_of<T>(node.item()); }
};

template <>
struct value_of<Date> : detail::PutAsKey<Date> {
  static Result<Date> get(const Node &node) noexcept {
    if (node.kind() == ValueKind::date) return Date{node.item().i64};
    return detail::kind_error(node.kind(), "date");
  }
};

template <>
struct value_of<DateTime> : detail::PutAsKey<DateTime> {
  static Result<DateTime> get(const Node &node) noexcept {
    const deltos_item &item = node.item();
    if (node.kind() != ValueKind::datetime) return detail::kind_error(node.kind(), "datetime");
    std::optional<std::int32_t> zone;
    if (item.detail != DELTOS_VALUE_NO_ZONE) zone = item.detail;
    return DateTime(item.i64, static_cast<std::uint32_t>(item.u64), zone);
  }
};

template <class Duration>
struct value_of<std::chrono::time_point<std::chrono::system_clock, Duration>> {
  static Result<void> put(ValueBuilder &builder,
                          const std::chrono::time_point<std::chrono::system_clock, Duration> &moment) {
    return detail::put_value(builder, DateTime(moment));
  }
};

template <>
struct value_of<Decimal> : detail::PutAsKey<Decimal> {
  static Result<Decimal> get(const Node &node) {
    const deltos_item &item = node.item();
    if (node.kind() != ValueKind::decimal) return detail::kind_error(node.kind(), "decimal");
    Decimal made;
    made.kind = static_cast<DecimalKind>(item.detail);
    made.negative = item.u64 != 0;
    made.digits.assign(static_cast<const char *>(item.data), node.size());
    made.exponent = item.i64;
    return Result<Decimal>(std::move(made));
  }
};

template <>
struct value_of<Reference> : detail::PutAsKey<Reference> {
  static Result<Reference> get(const Node &node) noexcept {
    if (node.kind() == ValueKind::reference) return Reference{node.item().u64};
    return detail::kind_error(node.kind(), "reference");
  }
};

/* ---- text and bytes */

template <class T>
struct value_of<T, std::enable_if_t<detail::is_text<T>>> {
  static Result<void> put(ValueBuilder &builder, const T &text) {
    return detail::put_item(builder, Key(std::string_view(text)).item());
  }
  static Result<T> get(const Node &node) {
    static_assert(detail::is_one_of<T, std::string, std::string_view>,
                  "text is got as std::string, or borrowed as std::string_view");
    if (node.kind() != ValueKind::text) return detail::kind_error(node.kind(), "text");
    return T(static_cast<const char *>(node.item().data), node.size());
  }
};

template <class T>
struct value_of<T, std::enable_if_t<detail::is_byte_range<T>>> {
  static Result<void> put(ValueBuilder &builder, const T &bytes) {
    return detail::put_item(builder, Key(Span<const std::byte>(std::data(bytes), std::size(bytes))).item());
  }
  static Result<T> get(const Node &node) {
    if (node.kind() != ValueKind::bytes) return detail::kind_error(node.kind(), "bytes");
    const auto *data = static_cast<const std::byte *>(node.item().data);
    if constexpr (detail::is_fixed<T>) {
      T made{};
      if (node.size() != made.size())
        return Error(Status::range, "there is another number of bytes than the array has; use a vector");
      std::copy(data, data + node.size(), made.begin());
      return made;
    } else if constexpr (std::is_same_v<T, Span<const std::byte>>) {
      return T(data, node.size());
    } else {
      return T(data, data + node.size());
    }
  }
};

/* ---- containers */

template <class T>
struct value_of<T, std::enable_if_t<detail::is_sequence<T>>> {
  static Result<void> put(ValueBuilder &builder, const T &range) {
    using Element = detail::element_of<T>;
    if constexpr (detail::is_contiguous<T> && detail::is_plain_number<Element>) {
      return detail::put_numbers<Element>(builder, DELTOS_VALUE_LIST, std::data(range), std::size(range));
    } else {
      return detail::put_container(builder, DELTOS_VALUE_LIST, [&] {
        Result<void> put;
        for (auto at = std::begin(range); put && at != std::end(range); ++at)
          put = detail::put_value<Element>(builder, *at);
        return put;
      });
    }
  }
  static Result<T> get(const Node &node) { return detail::get_sequence<T>(node); }
};

/** The elements of a list or tuple where they lie, as those that were put in one go do. Fails with type where they lie
 * otherwise: a std::vector takes them then. */
template <class T>
struct value_of<Span<const T>, std::enable_if_t<detail::is_plain_number<T>>> {
  static Result<void> put(ValueBuilder &builder, const Span<const T> &numbers) {
    return detail::put_numbers<T>(builder, DELTOS_VALUE_LIST, numbers.data(), numbers.size());
  }
  static Result<Span<const T>> get(const Node &node) noexcept {
    const Result<void> checked = detail::check_sequence(node);
    if (!checked) return checked.error();
    const deltos_item &item = node.item();
    const bool is_aligned = reinterpret_cast<std::uintptr_t>(item.data) % alignof(T) == 0;
    if (node.empty()) return Span<const T>();
    if (item.data != nullptr && is_aligned && item.detail == static_cast<std::int32_t>(format_of<T>::dtype))
      return Span<const T>(static_cast<const T *>(item.data), node.size());
    return Error(Status::type, "the elements do not lie as this type of number; use a std::vector");
  }
};

template <class T>
struct value_of<T, std::enable_if_t<detail::is_set<T>>> {
  static Result<void> put(ValueBuilder &builder, const T &set) {
    return detail::put_container(builder, DELTOS_VALUE_SET, [&] {
      Result<void> put;
      for (auto at = set.begin(); put && at != set.end(); ++at) put = detail::put_value(builder, *at);
      return put;
    });
  }
  static Result<T> get(const Node &node) {
    using Member = typename T::key_type;
    if (node.kind() != ValueKind::set) return detail::kind_error(node.kind(), "set");
    T made;
    const Result<void> all = detail::each_as<Member>(node, [&](Member &&member) { made.insert(std::move(member)); });
    if (!all) return all.error();
    return Result<T>(std::move(made));
  }
};

template <class T>
struct value_of<T, std::enable_if_t<detail::is_map<T>>> {
  static Result<void> put(ValueBuilder &builder, const T &map) {
    return detail::put_container(builder, DELTOS_VALUE_DICT, [&] {
      Result<void> put;
      for (auto at = map.begin(); put && at != map.end(); ++at) {
        put = detail::put_value(builder, at->first);
        if (put) put = detail::put_value(builder, at->second);
      }
      return put;
    });
  }
  static Result<T> get(const Node &node) { return detail::get_map<T>(node); }
};

template <class... Elements>
struct value_of<std::tuple<Elements...>> {
  using Tuple = std::tuple<Elements...>;
  static Result<void> put(ValueBuilder &builder, const Tuple &tuple) {
    return detail::put_container(builder, DELTOS_VALUE_TUPLE, [&] {
      Result<void> put;
      const auto one = [&](const auto &element) {
        put = detail::put_value(builder, element);
        return put.has_value();
      };
      std::apply([&](const auto &...element) { static_cast<void>((one(element) && ...)); }, tuple);
      return put;
    });
  }
  static Result<Tuple> get(const Node &node) {
    return detail::get_tuple<Tuple>(node, std::index_sequence_for<Elements...>());
  }
};

template <class First, class Second>
struct value_of<std::pair<First, Second>> {
  using Pair = std::pair<First, Second>;
  static Result<void> put(ValueBuilder &builder, const Pair &pair) {
    return detail::put_value(builder, std::tuple<const First &, const Second &>(pair.first, pair.second));
  }
  static Result<Pair> get(const Node &node) {
    return detail::get_tuple<Pair>(node, std::index_sequence_for<First, Second>());
  }
};

/* ---- what holds something else */

template <class T>
struct value_of<std::optional<T>> {
  static Result<void> put(ValueBuilder &builder, const std::optional<T> &value) {
    return value ? detail::put_value(builder, *value) : detail::put_value(builder, nullptr);
  }
  static Result<std::optional<T>> get(const Node &node) {
    if (node.is_null()) return std::optional<T>();
    Result<T> made = node.try_as<T>();
    if (!made) return made.error();
    return std::optional<T>(std::move(*made));
  }
};

template <class... Alternatives>
struct value_of<std::variant<Alternatives...>> {
  using Variant = std::variant<Alternatives...>;
  static Result<void> put(ValueBuilder &builder, const Variant &value) {
    return std::visit([&](const auto &held) { return detail::put_value(builder, held); }, value);
  }
  /** The first alternative that can be got; of numbers, one of the same kind where there is one. Fails as the last one,
   * where none can, and at once with what is no matter of types. */
  static Result<Variant> get(const Node &node) {
    std::optional<Variant> made;
    Result<void> failed;
    const auto try_one = [&](auto index) {
      constexpr std::size_t number = decltype(index)::value;
      auto one = node.try_as<std::variant_alternative_t<number, Variant>>();
      if (one) made.emplace(std::in_place_index<number>, std::move(*one));
      if (!one) failed = one.error();
      return made || !is_unsuitable(failed.status());
    };
    const auto try_suited = [&](auto index) {
      return is_suited<std::variant_alternative_t<decltype(index)::value, Variant>>(node.kind()) && try_one(index);
    };
    constexpr auto all = std::index_sequence_for<Alternatives...>();
    static_cast<void>(any(try_suited, all) || any(try_one, all));
    if (made) return Result<Variant>(std::move(*made));
    return failed.error();
  }

 private:
  static constexpr bool is_unsuitable(Status status) noexcept {
    return status == Status::kind || status == Status::range || status == Status::type || status == Status::not_found;
  }
  template <class T>
  static constexpr bool is_suited(ValueKind kind) noexcept {
    return !detail::is_plain_number<T> || std::is_floating_point_v<T> == (kind == ValueKind::floating);
  }
  template <class TryOne, std::size_t... Index>
  static bool any(TryOne &try_one, std::index_sequence<Index...>) {
    return (try_one(std::integral_constant<std::size_t, Index>()) || ...);
  }
};

template <>
struct value_of<Node> {
  static Result<Node> get(const Node &node) noexcept { return node; }
};

template <>
struct value_of<View> {
  static Result<void> put(ValueBuilder &builder, const View &view) { return detail::put_memory(builder, view); }
  static Result<View> get(const Node &node) { return node.try_view(); }
};
template <class T>
struct value_of<TypedView<T>> {
  static Result<void> put(ValueBuilder &builder, const TypedView<T> &view) { return detail::put_memory(builder, view); }
  static Result<TypedView<T>> get(const Node &node) { return node.try_view<T>(); }
};
template <>
struct value_of<Memory> {
  static Result<void> put(ValueBuilder &builder, const Memory &memory) { return detail::put_memory(builder, memory); }
};

template <class T>
struct value_of<T, std::enable_if_t<detail::has_fields<T>>> {
  static Result<void> put(ValueBuilder &builder, const T &value) { return detail::put_fields(builder, value); }
  static Result<T> get(const Node &node) { return detail::get_fields<T>(node); }
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
