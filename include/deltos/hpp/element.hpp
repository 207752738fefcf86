/**
 * @file
 * @defgroup deltos_hpp_element Element types in C++
 *
 * format_of<T> says which element type of a storage a type of C++ is. There is one for bool, char, the integers, float,
 * double, long double, std::complex of these, std::byte, char32_t, std::array of char (fixed bytes) and of char32_t
 * (fixed characters), and the types of this header for which C++ has no name. A program adds its own:
 *
 * @code
 * struct Place {
 *   double latitude, longitude;
 *   std::int32_t population;
 * };
 * template <>
 * struct deltos::format_of<Place> {
 *   static constexpr const char *value = "T{d:latitude:d:longitude:i:population:4x}";
 * };
 * @endcode
 *
 * The type must be trivially copyable and as large as its format says; names, types, order and padding are compared
 * when memory is viewed as that type.
 * @{
 */
#ifndef DELTOS_HPP_ELEMENT_HPP
#define DELTOS_HPP_ELEMENT_HPP

#include <array>
#include <complex>
#include <deltos/hpp/handle.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** The quick answer to what an element is; common.h says more. */
enum class Dtype : std::int32_t {
  other = DELTOS_DTYPE_OTHER,
  boolean = DELTOS_DTYPE_BOOL,
  i8 = DELTOS_DTYPE_I8,
  i16 = DELTOS_DTYPE_I16,
  i32 = DELTOS_DTYPE_I32,
  i64 = DELTOS_DTYPE_I64,
  u8 = DELTOS_DTYPE_U8,
  u16 = DELTOS_DTYPE_U16,
  u32 = DELTOS_DTYPE_U32,
  u64 = DELTOS_DTYPE_U64,
  f16 = DELTOS_DTYPE_F16,
  f32 = DELTOS_DTYPE_F32,
  f64 = DELTOS_DTYPE_F64,
  c64 = DELTOS_DTYPE_C64,
  c128 = DELTOS_DTYPE_C128,
  bytes = DELTOS_DTYPE_BYTES,
  ucs4 = DELTOS_DTYPE_UCS4,
  structure = DELTOS_DTYPE_STRUCT,
  bf16 = DELTOS_DTYPE_BF16,
  f8_e4m3 = DELTOS_DTYPE_F8_E4M3,
  f8_e5m2 = DELTOS_DTYPE_F8_E5M2
};

/** Bits of types that C++17 has no name for: enough to store them, not to calculate. */
struct Float16 {
  std::uint16_t bits;
};
struct Bfloat16 {
  std::uint16_t bits;
};
struct Float8E4M3 {
  std::uint8_t bits;
};
struct Float8E5M2 {
  std::uint8_t bits;
};

/**
 * The element type of T: `static constexpr const char *value` is its format string. `static constexpr Dtype dtype` is
 * optional; where it is given and not `other`, it alone is compared, and the format is that of the Dtype.
 */
template <class T, class = void>
struct format_of;

namespace detail {

template <Dtype Number>
struct Named {
  static constexpr Dtype dtype = Number;
};

constexpr Dtype integer_dtype(std::size_t size, bool is_signed) {
  const std::int32_t first = is_signed ? DELTOS_DTYPE_I8 : DELTOS_DTYPE_U8;
  return static_cast<Dtype>(first + (size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3));
}

constexpr const char *integer_format(Dtype dtype) {
  constexpr const char *formats[] = {"b", "h", "i", "q", "B", "H", "I", "Q"};
  return formats[static_cast<std::int32_t>(dtype) - DELTOS_DTYPE_I8];
}

template <class T, class... Those>
inline constexpr bool is_one_of = (std::is_same_v<T, Those> || ...);

template <class T>
inline constexpr bool is_integer = is_one_of<T, signed char, unsigned char, short, unsigned short, int, unsigned, long,
                                             unsigned long, long long, unsigned long long>;

/** "12s" for 12 and 's', and "s" for 1, made while compiling. */
template <std::size_t Count, char Code>
struct Counted {
  struct Characters {
    char text[24] = {};
  };
  static constexpr Characters write() {
    Characters made;
    if (Count == 1) {
      made.text[0] = Code;
      return made;
    }
    std::size_t digits = 1;
    for (std::size_t rest = Count / 10; rest != 0; rest /= 10) ++digits;
    std::size_t rest = Count;
    for (std::size_t place = digits; place != 0; --place, rest /= 10) {
      made.text[place - 1] = static_cast<char>('0' + static_cast<int>(rest % 10));
    }
    made.text[digits] = Code;
    return made;
  }
  static constexpr Characters characters = write();
  static constexpr const char *value = characters.text;
};

}  // namespace detail

template <>
struct format_of<bool> : detail::Named<Dtype::boolean> {
  static constexpr const char *value = "?";
};
template <class T>
struct format_of<T, std::enable_if_t<detail::is_integer<T>>>
    : detail::Named<detail::integer_dtype(sizeof(T), std::is_signed_v<T>)> {
  static constexpr const char *value = detail::integer_format(detail::integer_dtype(sizeof(T), std::is_signed_v<T>));
};
template <>
struct format_of<float> : detail::Named<Dtype::f32> {
  static constexpr const char *value = "f";
};
template <>
struct format_of<double> : detail::Named<Dtype::f64> {
  static constexpr const char *value = "d";
};
template <>
struct format_of<long double> {
  static constexpr const char *value = "g";
};
template <>
struct format_of<std::complex<float>> : detail::Named<Dtype::c64> {
  static constexpr const char *value = "Zf";
};
template <>
struct format_of<std::complex<double>> : detail::Named<Dtype::c128> {
  static constexpr const char *value = "Zd";
};
template <>
struct format_of<std::complex<long double>> {
  static constexpr const char *value = "Zg";
};
template <>
struct format_of<std::byte> : detail::Named<Dtype::u8> {
  static constexpr const char *value = "B";
};
template <>
struct format_of<char> {
  static constexpr const char *value = "c";
};
template <>
struct format_of<char32_t> {
  static constexpr const char *value = "w";
};
template <std::size_t Count>
struct format_of<std::array<char, Count>> : detail::Counted<Count, 's'> {};
template <std::size_t Count>
struct format_of<std::array<char32_t, Count>> : detail::Counted<Count, 'w'> {};
template <>
struct format_of<Float16> : detail::Named<Dtype::f16> {
  static constexpr const char *value = "e";
};
template <>
struct format_of<Bfloat16> : detail::Named<Dtype::bf16> {
  static constexpr const char *value = "H";
};
template <>
struct format_of<Float8E4M3> : detail::Named<Dtype::f8_e4m3> {
  static constexpr const char *value = "B";
};
template <>
struct format_of<Float8E5M2> : detail::Named<Dtype::f8_e5m2> {
  static constexpr const char *value = "B";
};

/** What a format string means, see describe_format(). */
struct FormatInfo {
  Dtype dtype = Dtype::other;
  std::uint64_t itemsize = 0;
  std::uint64_t alignment = 0;
  std::string canonical;
};

/**
 * Checks a format string and tells what it means and how the library writes it.
 *
 * Fails with invalid, format, unsupported, limit, no_memory or internal, as deltos_format_describe() says.
 * Threads: any. Cost: in proportion to the length.
 */
inline Result<FormatInfo> try_describe_format(const Text &format) {
  return detail::made<FormatInfo>([&](FormatInfo &info, deltos_error *err) {
    deltos_format_info raw{};
    raw.struct_size = sizeof raw;
    std::uint64_t size = 0;
    deltos_status status = deltos_format_describe(format.c_str(), &raw, nullptr, &size, err);
    if (status != DELTOS_OK) return status;
    info.dtype = static_cast<Dtype>(raw.dtype);
    info.itemsize = raw.itemsize;
    info.alignment = raw.alignment;
    info.canonical.resize(static_cast<std::size_t>(size));
    status = deltos_format_describe(format.c_str(), nullptr, info.canonical.data(), &size, err);
    info.canonical.resize(static_cast<std::size_t>(size) - 1);
    return status;
  });
}
/** The same, throwing. */
inline FormatInfo describe_format(const Text &format) { return try_describe_format(format).value(); }

/** An element type chosen at run time: a format string, a Dtype, or both. A default-made one is bytes, "B". */
class ElementType {
 public:
  ElementType() = default;
  ElementType(const char *format, Dtype dtype = Dtype::other) : ElementType(std::string(format), dtype) {}
  ElementType(std::string format, Dtype dtype = Dtype::other)
      : format_(std::move(format)), dtype_(dtype), has_format_(true) {}
  ElementType(Dtype dtype) noexcept : dtype_(dtype) {}

  template <class T>
  static ElementType of();

  /** NULL where only the Dtype is given. A format with a NUL inside is one that no call accepts. */
  const char *format() const noexcept {
    if (!has_format_) return nullptr;
    return format_.find('\0') == std::string::npos ? format_.c_str() : "a NUL inside";
  }
  Dtype dtype() const noexcept { return dtype_; }

 private:
  std::string format_;
  Dtype dtype_ = Dtype::other;
  bool has_format_ = false;
};

namespace detail {

template <class T, class = void>
inline constexpr bool is_element = false;
template <class T>
inline constexpr bool is_element<T, std::void_t<decltype(format_of<std::remove_cv_t<T>>::value)>> = true;

/** Whether C can be taken as one dimension of elements: std::vector, std::array, a span, an array of C++. */
template <class C, class = void>
inline constexpr bool is_list = false;
template <class C>
inline constexpr bool
    is_list<C, std::void_t<decltype(std::data(std::declval<C &>())), decltype(std::size(std::declval<C &>()))>> =
        is_element<std::remove_pointer_t<decltype(std::data(std::declval<C &>()))>> && !is_element<std::decay_t<C>>;

template <class T, class = void>
inline constexpr Dtype dtype_of = Dtype::other;
template <class T>
inline constexpr Dtype dtype_of<T, std::void_t<decltype(format_of<T>::dtype)>> = format_of<T>::dtype;

inline Error type_error(const char *found, const char *wanted) noexcept {
  char message[496];
  std::snprintf(message, sizeof message, "the elements are \"%.200s\", not \"%.200s\"; use the type that they have",
                found, wanted);
  return Error(Status::type, message);
}

/** Whether elements that the library describes by a canonical format and a Dtype are of type T. */
template <class T>
Result<void> check_element(const char *format, Dtype dtype, std::uint64_t itemsize) {
  using Trait = format_of<T>;
  static_assert(std::is_trivially_copyable_v<T>, "elements are bytes in a file: the type must be trivially copyable");
  if constexpr (dtype_of<T> != Dtype::other) {
    if (dtype != dtype_of<T>) return type_error(format, Trait::value);
  } else if (std::strcmp(format, Trait::value) != 0) {
    const Result<FormatInfo> wanted = try_describe_format(Trait::value);
    if (!wanted) return wanted.error();
    if (wanted->canonical != format) return type_error(format, wanted->canonical.c_str());
  }
  if (itemsize == sizeof(T)) return {};
  return Error(Status::type, "the type of C++ is not as large as an element; spell its padding out in format_of");
}

}  // namespace detail

template <class T>
ElementType ElementType::of() {
  if (detail::dtype_of<T> != Dtype::other) return ElementType(detail::dtype_of<T>);
  return ElementType(format_of<T>::value);
}

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
