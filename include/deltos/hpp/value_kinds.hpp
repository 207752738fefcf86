/**
 * @file
 * @defgroup deltos_hpp_value_kinds What values are made of, in C++
 *
 * The kinds of values, and the types for those that C++17 has none for: Date, DateTime, Decimal and Reference. They are
 * plain: equal when their contents are, copied freely, and depend on nothing.
 *
 * @code
 * const deltos::Decimal price = deltos::Decimal::parse("19.90");
 * std::cout << price.text() << " is " << (price == deltos::Decimal::parse("19.9") ? "equal" : "not equal") << "\n";
 * @endcode
 * @{
 */
#ifndef DELTOS_HPP_VALUE_KINDS_HPP
#define DELTOS_HPP_VALUE_KINDS_HPP

#include <algorithm>
#include <chrono>
#include <deltos/hpp/element.hpp>
#include <optional>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** What a Node is; value.h says more of each. */
enum class ValueKind : std::int32_t {
  null = DELTOS_VALUE_NULL,
  boolean = DELTOS_VALUE_BOOL,
  integer = DELTOS_VALUE_INT,
  large_integer = DELTOS_VALUE_UINT,  ///< 2^63 or more
  floating = DELTOS_VALUE_FLOAT,
  bytes = DELTOS_VALUE_BYTES,
  text = DELTOS_VALUE_UTF8,
  list = DELTOS_VALUE_LIST,
  tuple = DELTOS_VALUE_TUPLE,
  set = DELTOS_VALUE_SET,
  dict = DELTOS_VALUE_DICT,
  date = DELTOS_VALUE_DATE,
  datetime = DELTOS_VALUE_DATETIME,
  decimal = DELTOS_VALUE_DECIMAL,
  ndarray = DELTOS_VALUE_NDARRAY,
  record = DELTOS_VALUE_RECORD,  ///< of cells of record tables alone
  reference = DELTOS_VALUE_REFERENCE
};

/** As in "dict"; "unknown" for a number that is no kind. Never fails. */
inline const char *name_of(ValueKind kind) noexcept {
  constexpr const char *names[] = {"null",     "boolean", "integer", "integer", "floating", "bytes",
                                   "text",     "list",    "tuple",   "set",     "dict",     "date",
                                   "datetime", "decimal", "ndarray", "record",  "reference"};
  const auto number = static_cast<std::size_t>(kind);
  return number < std::size(names) ? names[number] : "unknown";
}

/** A day of the calendar. */
struct Date {
  std::int64_t days = 0;  ///< since 1970-01-01

  friend bool operator==(const Date &a, const Date &b) noexcept { return a.days == b.days; }
  friend bool operator!=(const Date &a, const Date &b) noexcept { return !(a == b); }
};

/** A moment, where there is a zone; else a time on the clock. */
struct DateTime {
  std::int64_t seconds = 0;          ///< since 1970-01-01T00:00:00, in UTC where there is a zone
  std::uint32_t nanoseconds = 0;     ///< below 1 000 000 000
  std::optional<std::int32_t> zone;  ///< seconds east of UTC

  DateTime() noexcept = default;
  DateTime(std::int64_t at, std::uint32_t fraction, std::optional<std::int32_t> east) noexcept
      : seconds(at), nanoseconds(fraction), zone(east) {}
  /** In UTC. What is finer than nanoseconds is cut off. */
  template <class Duration>
  explicit DateTime(std::chrono::time_point<std::chrono::system_clock, Duration> moment) noexcept : zone(0) {
    const auto since = moment.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(since);
    seconds = static_cast<std::int64_t>(whole.count());
    nanoseconds =
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since - whole).count());
  }

  friend bool operator==(const DateTime &a, const DateTime &b) noexcept {
    return a.seconds == b.seconds && a.nanoseconds == b.nanoseconds && a.zone == b.zone;
  }
  friend bool operator!=(const DateTime &a, const DateTime &b) noexcept { return !(a == b); }
};

/** Another object of the same storage. */
struct Reference {
  std::uint64_t id = 0;

  friend bool operator==(const Reference &a, const Reference &b) noexcept { return a.id == b.id; }
  friend bool operator!=(const Reference &a, const Reference &b) noexcept { return !(a == b); }
};

/** What a Decimal is. */
enum class DecimalKind : std::int32_t {
  finite = DELTOS_DECIMAL_FINITE,
  infinite = DELTOS_DECIMAL_INFINITE,
  nan = DELTOS_DECIMAL_NAN,
  signalling_nan = DELTOS_DECIMAL_SIGNALLING_NAN
};

/** A decimal number as it was written, digit by digit: digits times ten to the exponent. It does not calculate. */
class Decimal {
 public:
  DecimalKind kind = DecimalKind::finite;
  bool negative = false;
  std::string digits = "0";  ///< '0' to '9', the first counts most; of a NaN: its payload, or empty
  std::int64_t exponent = 0;

  /** Reads "-12.50", "1E+9", "Infinity" or "NaN", in any case of letters. Fails with format. */
  static Result<Decimal> try_parse(std::string_view text) {
    Decimal made;
    made.digits.clear();
    std::string_view rest = text;
    if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
      made.negative = rest[0] == '-';
      rest.remove_prefix(1);
    }
    if (made.is_word(rest) || made.is_number(rest)) return Result<Decimal>(std::move(made));
    char message[160];
    std::snprintf(message, sizeof message, "\"%.*s\" is no decimal; write it like -12.50, 1E+9, Infinity or NaN",
                  static_cast<int>(text.size() < 64 ? text.size() : 64), text.data());
    return Error(Status::format, message);
  }
  /** The same, throwing. */
  [[nodiscard]] static Decimal parse(std::string_view text) { return try_parse(text).value(); }

  /** As it is read: digits and exponent stay what they are. An exponent is written where it is positive, or where the
   * number would begin with more than six zeros. */
  [[nodiscard]] std::string text() const {
    const std::string sign = negative ? "-" : "";
    if (kind == DecimalKind::infinite) return sign + "Infinity";
    if (kind != DecimalKind::finite) return sign + (kind == DecimalKind::nan ? "NaN" : "sNaN") + digits;
    const std::string all = digits.empty() ? "0" : digits;
    const auto count = static_cast<std::int64_t>(all.size());
    if (exponent == 0) return sign + all;
    if (exponent < 0 && exponent > -count) {
      const auto before = static_cast<std::size_t>(count + exponent);
      return sign + all.substr(0, before) + "." + all.substr(before);
    }
    if (exponent < 0 && exponent + count > -6) {
      return sign + "0." + std::string(static_cast<std::size_t>(-exponent - count), '0') + all;
    }
    return sign + all + "E" + (exponent > 0 ? "+" : "") + std::to_string(exponent);
  }

  /** Whether they are the same number, however it is written; a NaN equals one of the same sign and payload. */
  friend bool operator==(const Decimal &a, const Decimal &b) {
    const Decimal left = a.shortest(), right = b.shortest();
    return left.kind == right.kind && left.negative == right.negative && left.digits == right.digits &&
           left.exponent == right.exponent;
  }
  friend bool operator!=(const Decimal &a, const Decimal &b) { return !(a == b); }

 private:
  static bool is_digit(char letter) noexcept { return letter >= '0' && letter <= '9'; }
  static bool is_same_word(std::string_view text, std::string_view word) noexcept {
    if (text.size() != word.size()) return false;
    for (std::size_t k = 0; k < text.size(); ++k) {
      const char letter = text[k] >= 'A' && text[k] <= 'Z' ? static_cast<char>(text[k] - 'A' + 'a') : text[k];
      if (letter != word[k]) return false;
    }
    return true;
  }
  bool is_word(std::string_view text) noexcept {
    if (is_same_word(text, "inf") || is_same_word(text, "infinity")) kind = DecimalKind::infinite;
    if (is_same_word(text, "nan")) kind = DecimalKind::nan;
    if (is_same_word(text, "snan")) kind = DecimalKind::signalling_nan;
    return kind != DecimalKind::finite;
  }
  bool is_number(std::string_view text) {
    std::size_t at = 0;
    bool has_point = false;
    for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !has_point)); ++at) {
      if (text[at] == '.') {
        has_point = true;
      } else {
        digits += text[at];
        exponent -= has_point ? 1 : 0;
      }
    }
    if (digits.empty()) return false;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    return at == text.size() || is_exponent(text.substr(at));
  }
  bool is_exponent(std::string_view text) noexcept {
    constexpr std::int64_t most = 1000000000000000000;
    if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return false;
    text.remove_prefix(1);
    const bool is_less = !text.empty() && text[0] == '-';
    if (is_less || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
    std::int64_t shift = 0;
    for (const char letter : text) {
      if (!is_digit(letter) || shift > most / 10) return false;
      shift = shift * 10 + (letter - '0');
    }
    exponent += is_less ? -shift : shift;
    return !text.empty();
  }
  /** Without zeros at either end; zero has no digits, no sign and no exponent. */
  Decimal shortest() const {
    Decimal made = *this;
    made.digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    while (!made.digits.empty() && made.digits.back() == '0' && made.exponent < INT64_MAX) {
      made.digits.pop_back();
      ++made.exponent;
    }
    if (!made.digits.empty()) return made;
    made.exponent = 0;
    made.negative = negative && kind != DecimalKind::finite;
    return made;
  }
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
