#include "value/compare.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace deltos::value {
namespace {

std::uint64_t mix(Kind kind, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
  const std::array<std::uint64_t, 4> words = {static_cast<std::uint64_t>(kind), a, b, c};
  return hash64(std::as_bytes(std::span(words)));
}

Bytes payload(const Item &item) { return {item.data, static_cast<std::size_t>(item.count)}; }

std::uint64_t bits_of(double number) {
  if (number == 0) return 0;
  if (std::isnan(number)) return 0x7ff8'0000'0000'0000;
  return std::bit_cast<std::uint64_t>(number);
}

// A decimal as a number: digits without zeros at either end.
struct Number {
  std::string_view digits;
  std::int64_t exponent = 0;
  std::uint64_t special = 0, negative = 0;
};

Number number_of(const Item &item) {
  Number number{text_of(payload(item)), item.i64, static_cast<std::uint64_t>(item.detail), item.u64};
  const std::size_t first = std::min(number.digits.find_first_not_of('0'), number.digits.size());
  number.digits.remove_prefix(first);
  while (!number.digits.empty() && number.digits.back() == '0') {
    number.digits.remove_suffix(1);
    number.exponent = static_cast<std::int64_t>(static_cast<std::uint64_t>(number.exponent) + 1);
  }
  if (number.digits.empty()) number.exponent = 0;
  if (number.digits.empty() && number.special == 0) number.negative = 0;
  return number;
}

bool is_integer(const Item &item) { return item.kind == Kind::integer || item.kind == Kind::unsigned_integer; }

// Sign and size apart, so that both kinds of integers meet.
std::pair<bool, std::uint64_t> integer_of(const Item &item) {
  if (item.kind == Kind::unsigned_integer) return {false, item.u64};
  return {item.i64 < 0, static_cast<std::uint64_t>(item.i64)};
}

}  // namespace

std::uint64_t hash_of_text(std::string_view text) { return hash64(bytes_of(text)) ^ 0x9e3779b97f4a7c15; }

std::uint64_t hash_of_scalar(const Item &item) {
  switch (item.kind) {
    case Kind::boolean:
    case Kind::date:
      return mix(item.kind, static_cast<std::uint64_t>(item.i64));
    case Kind::integer:
    case Kind::unsigned_integer:
      return mix(Kind::integer, integer_of(item).first ? 1 : 0, integer_of(item).second);
    case Kind::floating:
      return mix(item.kind, bits_of(item.f64));
    case Kind::bytes:
      return hash64(payload(item));
    case Kind::utf8:
      return hash_of_text(text_of(payload(item)));
    case Kind::datetime:
      return mix(item.kind, static_cast<std::uint64_t>(item.i64), item.u64, static_cast<std::uint32_t>(item.detail));
    case Kind::decimal: {
      const Number number = number_of(item);
      return mix(item.kind, hash64(bytes_of(number.digits)), static_cast<std::uint64_t>(number.exponent),
                 number.special << 1 | number.negative);
    }
    case Kind::reference:
      return mix(item.kind, item.u64);
    default:
      return mix(item.kind, 0);
  }
}

bool equal_scalars(const Item &a, const Item &b) {
  if (is_integer(a) && is_integer(b)) return integer_of(a) == integer_of(b);
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::boolean:
    case Kind::date:
      return a.i64 == b.i64;
    case Kind::floating:
      return bits_of(a.f64) == bits_of(b.f64);
    case Kind::bytes:
    case Kind::utf8:
      return a.count == b.count && (a.count == 0 || std::memcmp(a.data, b.data, a.count) == 0);
    case Kind::datetime:
      return a.i64 == b.i64 && a.u64 == b.u64 && a.detail == b.detail;
    case Kind::decimal: {
      const Number x = number_of(a), y = number_of(b);
      return x.digits == y.digits && x.exponent == y.exponent && x.special == y.special && x.negative == y.negative;
    }
    case Kind::reference:
      return a.u64 == b.u64;
    default:
      return true;
  }
}

Comparison::Comparison(const Reader *a, const Reader *b) : a_(a), b_(b), budget_(std::uint64_t{1} << 12) {
  if (a != nullptr) budget_ += a->image().size();
  if (b != nullptr) budget_ += b->image().size();
  budget_ *= 8;
}

// Numbers of one bit each count, too: an image of so many bytes cannot have more elements than that, seen once.
Status Comparison::spend(unsigned depth, std::uint64_t units) {
  if (depth > kMaxDepth)
    return fail(Code::limit, "the value is nested more than %u deep, or contains itself", kMaxDepth);
  if (budget_ < units) return fail(Code::limit, "the value is entangled beyond its size");
  budget_ -= units;
  return {};
}

Status Comparison::hash_array(Side side, const Item &item, std::uint64_t *hash) {
  Reader::ArrayFacts facts;
  DELTOS_TRY(reader(side)->array(item.node, &facts));
  DELTOS_TRY(spend(0, facts.bytes / kBytesForOne));
  Hasher hasher;
  hasher.add({facts.shape, static_cast<std::size_t>(facts.ndim) * 8});
  hasher.add({facts.data, static_cast<std::size_t>(facts.bytes)});
  *hash = mix(item.kind, hasher.digest(), static_cast<std::uint64_t>(facts.dtype), hash64(bytes_of(facts.format)));
  return {};
}

Status Comparison::hash_elements(Side side, const Item &item, unsigned depth, std::uint64_t *hash) {
  DELTOS_ASSIGN(Elements elements, Elements::of(*reader(side), item));
  DELTOS_TRY(spend(depth, elements.words()));
  const bool in_order = item.kind == Kind::list || item.kind == Kind::tuple;
  std::uint64_t all = 0;
  for (;;) {
    Item part;
    bool given = false;
    DELTOS_TRY(elements.next(&part, &given));
    if (!given) break;
    std::uint64_t one = 0, other = 0;
    DELTOS_TRY(hash_at(side, part, depth + 1, &one));
    if (item.kind == Kind::dict) {
      DELTOS_TRY(elements.next(&part, &given));
      DELTOS_TRY(hash_at(side, part, depth + 1, &other));
    }
    all = in_order ? mix(item.kind, all, one) : all + mix(item.kind, one, other);
  }
  *hash = mix(item.kind, all, item.count);
  return {};
}

// What takes longer than looking for it is remembered, so that it costs once however often it is shared.
bool Comparison::is_large(const Item &item) {
  if (is_container(item.kind) || item.kind == Kind::ndarray) return true;
  return item.count > kBytesForOne;  // bytes, text, digits
}

// Digits are looked at whenever they are read.
std::uint64_t Comparison::units_of(const Item &item) {
  return 1 + (item.kind == Kind::decimal ? item.count / kBytesForOne : 0);
}

Status Comparison::hash_at(Side side, const Item &item, unsigned depth, std::uint64_t *hash) {
  DELTOS_TRY(spend(depth, units_of(item)));
  if (!is_large(item)) {
    *hash = hash_of_scalar(item);
    return {};
  }
  auto &known = hashes_[static_cast<int>(side)];
  if (const auto found = known.find(item.node); found != known.end()) {
    *hash = found->second;
    return {};
  }
  if (item.kind == Kind::ndarray) {
    DELTOS_TRY(hash_array(side, item, hash));
  } else if (is_container(item.kind)) {
    DELTOS_TRY(hash_elements(side, item, depth, hash));
  } else {
    DELTOS_TRY(spend(depth, item.count / kBytesForOne));
    *hash = hash_of_scalar(item);
  }
  known.emplace(item.node, *hash);
  return {};
}

Status Comparison::equal_arrays(const Item &a, const Item &b, bool *equal) {
  Reader::ArrayFacts x, y;
  DELTOS_TRY(a_->array(a.node, &x));
  DELTOS_TRY(b_->array(b.node, &y));
  DELTOS_TRY(spend(0, std::min(x.bytes, y.bytes) / kBytesForOne));
  *equal = x.dtype == y.dtype && x.format == y.format && x.ndim == y.ndim && x.bytes == y.bytes &&
           std::memcmp(x.shape, y.shape, static_cast<std::size_t>(x.ndim) * 8) == 0 &&
           std::memcmp(x.data, y.data, static_cast<std::size_t>(x.bytes)) == 0;
  return {};
}

Status Comparison::equal_elements(const Item &a, const Item &b, unsigned depth, bool *equal) {
  DELTOS_ASSIGN(Elements left, Elements::of(*a_, a));
  DELTOS_ASSIGN(Elements right, Elements::of(*b_, b));
  for (bool given = true; *equal && given;) {
    Item one, other;
    DELTOS_TRY(left.next(&one, &given));
    if (!given) break;
    DELTOS_TRY(right.next(&other, &given));
    *equal = given;
    if (given) DELTOS_TRY(equal_at(one, other, depth + 1, equal));
  }
  return {};
}

Status Comparison::equal_unordered(const Item &a, const Item &b, unsigned depth, bool *equal) {
  DELTOS_ASSIGN(Elements elements, Elements::of(*a_, a));
  DELTOS_TRY(spend(depth, elements.words()));
  while (*equal) {
    Item part, found;
    bool given = false;
    DELTOS_TRY(elements.next(&part, &given));
    if (!given) break;
    DELTOS_TRY(find_at(Side::b, b.node, part, depth + 1, &found));
    *equal = found.kind != Kind::end;
    if (a.kind != Kind::dict) continue;
    DELTOS_TRY(elements.next(&part, &given));
    if (*equal) DELTOS_TRY(equal_at(part, found, depth + 1, equal));
  }
  return {};
}

// Whether a candidate is the key: hashes first, as what is unequal is hardly ever looked at more closely.
Status Comparison::find_at(Side in, Cell node, const Item &key, unsigned depth, Item *found) {
  found->kind = Kind::end;
  std::uint64_t looked = 0;
  if (!is_container(key.kind) && key.kind != Kind::ndarray) {
    DELTOS_TRY(spend(depth, 1 + key.count / kBytesForOne));
    DELTOS_TRY(reader(in)->find(node, key, nullptr, found, &looked));
    return spend(depth, looked);
  }
  Reader::Sequence all;
  DELTOS_TRY(reader(in)->sequence(node, &all));
  if (all.form == kFormBitmap) return {};
  std::uint64_t wanted = 0;
  DELTOS_TRY(hash_at(other(in), key, depth, &wanted));
  const auto same = [&](const Item &candidate, bool *yes) -> Status {
    std::uint64_t hash = 0;
    DELTOS_TRY(hash_at(in, candidate, depth, &hash));
    if (hash != wanted) return {};
    const bool key_is_a = in == Side::b;
    DELTOS_TRY(equal_at(key_is_a ? key : candidate, key_is_a ? candidate : key, depth, yes));
    if (!*yes) pairs_.clear();  // what was taken to be equal with it may not be
    return {};
  };
  Cell at = 0;
  DELTOS_TRY(reader(in)->search(node, all, wanted, same, &at, &looked));
  DELTOS_TRY(spend(depth, looked));
  return at == 0 ? Status() : reader(in)->read(at, found);
}

Status Comparison::equal_at(const Item &a, const Item &b, unsigned depth, bool *equal) {
  DELTOS_TRY(spend(depth, std::max(units_of(a), units_of(b))));
  if (a_ == b_ && a.node == b.node) {
    *equal = true;
    return {};
  }
  if (a.kind != b.kind || !is_large(a) || !is_large(b)) {
    *equal = equal_scalars(a, b);
    return {};
  }
  *equal = a.count == b.count || a.kind == Kind::decimal;
  if (!*equal || !pairs_.emplace(a.node, b.node).second) return {};
  if (a.kind == Kind::ndarray) return equal_arrays(a, b, equal);
  if (a.kind == Kind::list || a.kind == Kind::tuple) return equal_elements(a, b, depth, equal);
  if (is_container(a.kind)) return equal_unordered(a, b, depth, equal);
  DELTOS_TRY(spend(depth, a.count / kBytesForOne));
  *equal = equal_scalars(a, b);
  return {};
}

}  // namespace deltos::value
