// What the JSON library does: reading texts, piece by piece, and escaping strings. No other file includes it.
#include "value/json.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace deltos::value {
namespace {

// Numbers are read as the widest float, so that what overflows a double can be told from what has too many digits.
using Json = nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t, std::uint64_t, long double>;

// Goes through the text and lets others see how far it has come.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;

  Cursor(const char *at, const char **seen) : at_(at), seen_(seen) {}
  reference operator*() const { return *at_; }
  Cursor &operator++() {
    *seen_ = ++at_;
    return *this;
  }
  bool operator==(const Cursor &other) const { return at_ == other.at_; }
  bool operator!=(const Cursor &other) const { return at_ != other.at_; }

 private:
  const char *at_, **seen_;
};

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789", text.starts_with('-') ? 1 : 0) == std::string_view::npos;
}

// Receives what the parser finds. Every member answers whether to go on.
class Events {
 public:
  explicit Events(Builder &builder) : builder_(builder) {}
  Status take_status() { return std::move(status_); }

  bool null() { return put(Item{}); }
  bool boolean(bool value) { return put(number(Kind::boolean, value ? 1 : 0)); }
  bool number_integer(std::int64_t value) { return put(number(Kind::integer, value)); }
  bool number_unsigned(std::uint64_t value) {
    Item item;
    item.kind = Kind::unsigned_integer;
    item.u64 = value;
    return put(item);
  }
  // The parser's text has the decimal point of the locale.
  bool number_float(long double wide, std::string text) {
    if (is_digits(text)) return put_decimal(text);
    for (char &letter : text) {
      if (std::string_view("0123456789+-eE").find(letter) == std::string_view::npos) letter = '.';
    }
    Item item;
    item.kind = Kind::floating;
    const std::from_chars_result read = std::from_chars(text.data(), text.data() + text.size(), item.f64);
    if (read.ec != std::errc()) item.f64 = static_cast<double>(wide);  // too large, or too small to be told from 0
    if (!std::isfinite(item.f64)) return stop(fail(Code::range, "a number is too large for a float of 64 bits"));
    return put(item);
  }
  bool string(const std::string &text) { return put_text(Kind::utf8, text, 0); }
  bool binary(const Json::binary_t & /*unused*/) { return stop(fail(Code::format, "no JSON has binary values")); }
  bool start_object(std::size_t /*unused*/) { return put(number(Kind::dict, 0)); }
  bool key(const std::string &text) { return string(text); }
  bool end_object() { return put(number(Kind::end, 0)); }
  bool start_array(std::size_t /*unused*/) { return put(number(Kind::list, 0)); }
  bool end_array() { return put(number(Kind::end, 0)); }

  bool parse_error(std::size_t /*unused*/, const std::string &token, const nlohmann::detail::exception &error) {
    constexpr int kBeyondFloat = 406;
    if (error.id == kBeyondFloat && is_digits(token))
      return stop(
          fail(Code::limit, "an integer has more than %d digits", std::numeric_limits<long double>::max_exponent10));
    if (error.id == kBeyondFloat) return stop(fail(Code::range, "a number is too large for a float of 64 bits"));
    const std::string_view what = error.what();
    const std::size_t reason = what.find("syntax error");
    return stop(fail(Code::format, "the text is no JSON: %s",
                     std::string(reason < what.size() ? what.substr(reason) : what).c_str()));
  }

 private:
  static Item number(Kind kind, std::int64_t value) {
    Item item;
    item.kind = kind;
    item.i64 = value;
    return item;
  }
  bool put(const Item &item) { return stop(builder_.put({&item, 1})); }
  bool put_text(Kind kind, std::string_view text, std::uint64_t negative) {
    Item item;
    item.kind = kind;
    item.data = bytes_of(text).data();
    item.count = text.size();
    item.u64 = negative;
    return put(item);
  }
  bool put_decimal(std::string_view text) {
    const bool negative = text.starts_with('-');
    return put_text(Kind::decimal, text.substr(negative ? 1 : 0), negative ? 1 : 0);
  }
  bool stop(Status status) {
    status_ = std::move(status);
    return status_.ok();
  }

  Builder &builder_;
  Status status_;
};

Status parse(Builder &builder, std::string_view text, const char **seen) {
  // The parser takes a NUL for the end.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    *seen = text.data() + nul;
    return fail(Code::format, "the text is no JSON: it has a NUL");
  }
  Events events(builder);
  const Cursor first(text.data(), seen), last(text.data() + text.size(), seen);
  (void)Json::sax_parse(first, last, &events);
  return events.take_status();
}

}  // namespace

Status put_json(Builder &builder, std::string_view text) {
  DELTOS_TRY(builder.put({}));
  const char *seen = text.data();
  Status status = parse(builder, text, &seen);
  if (status.ok()) return status;
  Error error = std::move(status).error();
  error.message += "; at byte " + std::to_string(seen - text.data()) + " of the JSON";
  return builder.give_up(std::move(error));
}

std::string quoted_json(std::string_view text, bool ascii) { return Json(text).dump(-1, ' ', ascii); }

}  // namespace deltos::value
