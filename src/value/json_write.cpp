// Writing values as JSON text: one pass over the nodes, without recursion, into memory that may be too small.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "dtype/number.hpp"
#include "format/validate.hpp"
#include "value/array.hpp"
#include "value/json.hpp"

namespace deltos::value {
namespace {

// Sharing aside, an image has no more than this many bytes of text for each of its own: a bit may be a number.
constexpr std::uint64_t kMostBytesForOne = 256;
constexpr std::uint64_t kMostBytesForLetter = 6;  // "\\u0000"
constexpr std::size_t kMostPath = 200;

const char *name_of(Kind kind) {
  switch (kind) {
    case Kind::bytes:
      return "bytes";
    case Kind::reference:
      return "a reference";
    case Kind::floating:
      return "a float that is NaN or infinite";
    case Kind::decimal:
      return "a decimal that is NaN or infinite";
    default:
      return "a node of this kind";
  }
}

// Text that goes as far as there is room, and is counted to the end.
class Sink {
 public:
  explicit Sink(std::span<char> room) : room_(room) {}
  void add(std::string_view text) {
    if (bytes_ < room_.size()) text.copy(room_.data() + bytes_, room_.size() - bytes_);
    bytes_ += text.size();
  }
  void add_spaces(std::uint64_t count) {
    if (bytes_ < room_.size()) std::memset(room_.data() + bytes_, ' ', std::min(count, room_.size() - bytes_));
    bytes_ += count;
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::span<char> room_;
  std::uint64_t bytes_ = 0;
};

struct Letters {
  char text[64];
  std::size_t count = 0;

  void add(char letter) { text[count++] = letter; }
  // With zeros in front, as many digits as asked for or more.
  void add_number(std::uint64_t number, int digits) {
    char reversed[24];
    int have = 0;
    for (; number != 0 || have < digits; number /= 10) reversed[have++] = static_cast<char>('0' + number % 10);
    while (have > 0) add(reversed[--have]);
  }
  std::string_view view() const { return {text, count}; }
};

template <class Number>
Letters letters_of(Number number) {
  Letters letters;
  letters.count =
      static_cast<std::size_t>(std::to_chars(letters.text, std::end(letters.text), number).ptr - letters.text);
  return letters;
}

// A float stays one when it is read again.
template <class Float>
Letters letters_of_float(Float number) {
  Letters letters = letters_of(number);
  if (letters.view().find_first_of(".e") != std::string_view::npos) return letters;
  letters.add('.');
  letters.add('0');
  return letters;
}

// In the calendar of ISO 8601; years beyond four digits have a sign.
void add_date(std::int64_t days, Letters *letters) {
  const std::int64_t shifted = days + 719468;  // from 0000-03-01, so that leap days come last
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  if (year < 0 || year > 9999) letters->add(year < 0 ? '-' : '+');
  letters->add_number(static_cast<std::uint64_t>(std::abs(year)), 4);
  letters->add('-');
  letters->add_number(static_cast<std::uint64_t>(month), 2);
  letters->add('-');
  letters->add_number(static_cast<std::uint64_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1), 2);
}

// Hours, minutes, and seconds where they are asked for.
void add_clock(std::uint64_t seconds, bool with_seconds, Letters *letters) {
  letters->add_number(seconds / 3600, 2);
  letters->add(':');
  letters->add_number(seconds / 60 % 60, 2);
  if (!with_seconds) return;
  letters->add(':');
  letters->add_number(seconds % 60, 2);
}

// As the clocks of the zone show it, and the zone behind it.
Letters letters_of_time(const Item &item) {
  constexpr std::int64_t kDay = 24 * 3600;
  const bool has_zone = item.detail != kNoZone;
  std::int64_t days = item.i64 / kDay;
  std::int64_t seconds = item.i64 % kDay + (has_zone ? item.detail : 0);
  for (; seconds < 0; seconds += kDay) --days;
  for (; seconds >= kDay; seconds -= kDay) ++days;
  Letters letters;
  add_date(days, &letters);
  letters.add('T');
  add_clock(static_cast<std::uint64_t>(seconds), true, &letters);
  if (item.u64 != 0) {
    const bool micro = item.u64 % 1000 == 0, milli = item.u64 % 1'000'000 == 0;
    letters.add('.');
    letters.add_number(item.u64 / (milli ? 1'000'000 : micro ? 1000 : 1), milli ? 3 : micro ? 6 : 9);
  }
  if (has_zone && item.detail == 0) letters.add('Z');
  if (has_zone && item.detail != 0) {
    letters.add(item.detail < 0 ? '-' : '+');
    add_clock(static_cast<std::uint64_t>(std::abs(item.detail)), item.detail % 60 != 0, &letters);
  }
  return letters;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) {
    return static_cast<unsigned char>(letter) >= 0x20 && static_cast<unsigned char>(letter) < 0x7f && letter != '"' &&
           letter != '\\';
  });
}

class Writer {
 public:
  Writer(const Reader &reader, std::int32_t flags, std::span<char> room)
      : reader_(reader),
        indent_((flags & kJsonIndent) != 0),
        ascii_((flags & kJsonAscii) != 0),
        sink_(room),
        most_(kMostBytesForOne * (reader.image().size() + (std::uint64_t{1} << 12))) {}

  Status write(Cell node) {
    Item item;
    DELTOS_TRY(reader_.read(node, &item));
    DELTOS_TRY(add_node(item));
    while (!open_.empty()) DELTOS_TRY(go_on());
    return {};
  }
  std::uint64_t bytes() const { return sink_.bytes(); }

 private:
  struct Open {
    Kind kind;
    Elements elements;
    std::uint64_t index;  // of the element that is being written
    Item key;             // the same of a dict
  };

  // What was compressed counts by its own length, once.
  bool spend(std::uint64_t units) {
    spent_ += units;
    return spent_ <= most_ + kMostBytesForLetter * reader_.decompressed();
  }
  Status add(std::string_view text) {
    if (!spend(text.size()))
      return fail(Code::limit, "nodes are shared so often that the JSON would be far longer than the value");
    sink_.add(text);
    return {};
  }
  Status refuse(const char *what) const {
    return fail(Code::unsupported, "%s cannot be written as JSON, at %s", what, path().c_str());
  }
  // "$.a[3]"
  std::string path() const {
    std::string path = "$";
    for (const Open &open : open_) {
      if (open.kind != Kind::dict) {
        path += '[' + std::to_string(open.index) + ']';
        continue;
      }
      if (open.key.kind == Kind::end) break;  // the key itself
      const std::string_view key = text_of({open.key.data, static_cast<std::size_t>(open.key.count)});
      path += '.' + std::string(key.substr(0, kMostPath));
    }
    if (path.size() <= kMostPath) return path;
    std::size_t cut = path.size() - kMostPath;
    while (cut < path.size() && (static_cast<unsigned char>(path[cut]) & 0xc0) == 0x80) ++cut;
    return "..." + path.substr(cut);
  }
  Status new_line(std::uint64_t depth) {
    if (!indent_) return {};
    DELTOS_TRY(add("\n"));
    sink_.add_spaces(2 * depth);
    return {};
  }

  // The next element of the innermost container, or its end.
  Status go_on() {
    Open &open = open_.back();
    Item item;
    bool given = false;
    open.key.kind = Kind::end;
    DELTOS_TRY(open.elements.next(&item, &given));
    const bool is_first = open.index == UINT64_MAX;
    if (!given) {
      const bool is_dict = open.kind == Kind::dict;
      open_.pop_back();
      if (!is_first) DELTOS_TRY(new_line(open_.size()));
      return add(is_dict ? "}" : "]");
    }
    if (!is_first) DELTOS_TRY(add(","));
    ++open.index;
    DELTOS_TRY(new_line(open_.size()));
    if (open.kind == Kind::dict) {
      if (item.kind != Kind::utf8) return refuse("a key that is no text");
      DELTOS_TRY(add_text(item));
      DELTOS_TRY(add(indent_ ? ": " : ":"));
      open.key = item;
      DELTOS_TRY(open.elements.next(&item, &given));
    }
    return add_node(item);
  }

  Status add_node(const Item &item) {
    switch (item.kind) {
      case Kind::null:
        return add("null");
      case Kind::boolean:
        return add(item.i64 != 0 ? "true" : "false");
      case Kind::integer:
        return add(letters_of(item.i64).view());
      case Kind::unsigned_integer:
        return add(letters_of(item.u64).view());
      case Kind::floating:
        return std::isfinite(item.f64) ? add(letters_of_float(item.f64).view()) : refuse(name_of(item.kind));
      case Kind::utf8:
        return add_text(item);
      case Kind::list:
      case Kind::tuple:
      case Kind::set:
      case Kind::dict:
        return open(item);
      case Kind::date: {
        Letters letters;
        add_date(item.i64, &letters);
        return add_in_quotes(letters);
      }
      case Kind::datetime:
        return add_in_quotes(letters_of_time(item));
      case Kind::decimal:
        return add_decimal(item);
      case Kind::ndarray:
        return add_array(item);
      default:
        return refuse(name_of(item.kind));
    }
  }
  Status open(const Item &item) {
    if (open_.size() >= kMaxDepth)
      return fail(Code::limit, "the value is nested more than %u deep, or contains itself", kMaxDepth);
    DELTOS_ASSIGN(Elements elements, Elements::of(reader_, item));
    if (!spend(elements.words()))
      return fail(Code::limit, "sets are shared so often that the JSON would be far longer than the value");
    open_.push_back({item.kind, elements, UINT64_MAX, {}});
    return add(item.kind == Kind::dict ? "{" : "[");
  }

  Status add_text(const Item &item) {
    const std::string_view text = text_of({item.data, static_cast<std::size_t>(item.count)});
    if (!is_plain(text)) {
      if (!format::is_utf8(text))
        return fail(Code::corrupt, "the text at %s is not valid UTF-8; the value is damaged", path().c_str());
      return add(quoted_json(text, ascii_));
    }
    DELTOS_TRY(add("\""));
    DELTOS_TRY(add(text));
    return add("\"");
  }
  Status add_in_quotes(const Letters &letters) {
    DELTOS_TRY(add("\""));
    DELTOS_TRY(add(letters.view()));
    return add("\"");
  }

  // 12.50, 0.001, 1.5e+20: with an exponent where zeros would have to be made up.
  Status add_decimal(const Item &item) {
    if (item.detail != static_cast<std::int32_t>(Special::finite)) return refuse(name_of(item.kind));
    std::string_view digits = text_of({item.data, static_cast<std::size_t>(item.count)});
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.empty()) digits = "0";
    if (item.u64 != 0) DELTOS_TRY(add("-"));
    if (item.i64 == 0) return add(digits);
    const auto count = static_cast<std::int64_t>(digits.size());
    if (item.i64 < 0 && item.i64 >= -count - 5) {
      const std::int64_t whole = count + item.i64;
      DELTOS_TRY(add(whole > 0 ? digits.substr(0, static_cast<std::size_t>(whole)) : "0"));
      DELTOS_TRY(add("."));
      if (whole < 0) DELTOS_TRY(add(std::string(static_cast<std::size_t>(-whole), '0')));
      return add(digits.substr(static_cast<std::size_t>(std::max<std::int64_t>(whole, 0))));
    }
    DELTOS_TRY(add(digits.substr(0, 1)));
    if (count > 1) DELTOS_TRY(add("."));
    DELTOS_TRY(add(digits.substr(1)));
    const bool is_small = item.i64 < 1 - count;
    const std::uint64_t exponent = static_cast<std::uint64_t>(item.i64) + static_cast<std::uint64_t>(count - 1);
    DELTOS_TRY(add(is_small ? "e-" : "e+"));
    Letters letters;
    letters.add_number(is_small ? -exponent : exponent, 1);
    return add(letters.view());
  }

  Status add_array(const Item &item) {
    DELTOS_ASSIGN(const ArrayElements array, elements_of_array(reader_, item.node));
    const std::optional<dtype::Number> number = dtype::number_of(array.format);
    if (!number) return refuse(("an array of '" + array.format.text.substr(0, kMostPath) + "'").c_str());
    const std::byte *at = array.bytes.data();
    return add_dimension(array, *number, 0, &at);
  }
  Status add_dimension(const ArrayElements &array, dtype::Number number, std::size_t dimension, const std::byte **at) {
    if (dimension == array.shape.size()) {
      const std::byte *const element = *at;
      *at += array.format.item_bytes;
      return add_number(number, element);
    }
    const std::uint64_t depth = open_.size() + dimension;
    DELTOS_TRY(add("["));
    for (std::int64_t i = 0; i < array.shape[dimension]; ++i) {
      if (i != 0) DELTOS_TRY(add(","));
      DELTOS_TRY(new_line(depth + 1));
      DELTOS_TRY(add_dimension(array, number, dimension + 1, at));
    }
    if (array.shape[dimension] != 0) DELTOS_TRY(new_line(depth));
    return add("]");
  }
  Status add_number(dtype::Number number, const std::byte *element) {
    const dtype::Wide wide = dtype::load_number(number, element);
    if (number.scalar == dtype::Scalar::boolean) return add(wide != 0 ? "true" : "false");
    if (number.scalar == dtype::Scalar::u64) return add(letters_of(static_cast<std::uint64_t>(wide)).view());
    if (dtype::is_integer(number.scalar)) return add(letters_of(static_cast<std::int64_t>(wide)).view());
    if (!std::isfinite(wide)) return refuse(name_of(Kind::floating));
    if (number.scalar == dtype::Scalar::f_long) return add(letters_of_float(wide).view());
    return add(letters_of_float(static_cast<double>(wide)).view());
  }

  const Reader &reader_;
  bool indent_, ascii_;
  Sink sink_;
  const std::uint64_t most_;
  std::uint64_t spent_ = 0;
  std::vector<Open> open_;
};

}  // namespace

Status write_json(const Reader &reader, Cell node, std::int32_t flags, std::span<char> room, std::uint64_t *bytes) {
  Writer writer(reader, flags, room);
  DELTOS_TRY(writer.write(node));
  *bytes = writer.bytes();
  return {};
}

}  // namespace deltos::value
