#include "value/compare.hpp"

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
    case Kind::utf8:
      return hash64(payload(item)) ^ (item.kind == Kind::utf8 ? 0x9e3779b97f4a7c15 : 0);
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

Comparison::Comparison(const Reader *a, const Reader *b) : a_(a), b_(b), budget_(std::uint64_t{1} << 16) {
  if (a != nullptr) budget_ += a->image().size();
  if (b != nullptr) budget_ += b->image().size();
  budget_ *= 8;
}

// Numbers of one bit each count, too: an image of so many bytes cannot have more elements than that, seen once.
Status Comparison::spend(unsigned depth) {
  if (depth > kMaxDepth)
    return fail(Code::limit, "the value is nested more than %u deep, or contains itself", kMaxDepth);
  if (budget_ == 0) return fail(Code::limit, "the value is entangled beyond its size");
  --budget_;
  return {};
}

Status Comparison::hash_array(Side side, const Item &item, std::uint64_t *hash) {
  Reader::ArrayFacts facts;
  DELTOS_TRY(reader(side)->array(item.node, &facts));
  Hasher hasher;
  hasher.add({facts.shape, static_cast<std::size_t>(facts.ndim) * 8});
  hasher.add({facts.data, static_cast<std::size_t>(facts.bytes)});
  *hash = mix(item.kind, hasher.digest(), static_cast<std::uint64_t>(facts.dtype), hash64(bytes_of(facts.format)));
  return {};
}

Status Comparison::hash_elements(Side side, const Item &item, unsigned depth, std::uint64_t *hash) {
  constexpr std::uint64_t kAtOnce = 64;
  Item items[kAtOnce];
  const bool in_order = item.kind == Kind::list || item.kind == Kind::tuple;
  const unsigned parts = item.kind == Kind::dict ? 2 : 1;
  std::uint64_t all = 0;
  for (std::uint64_t first = 0; first < item.count;) {
    std::uint64_t given = 0;
    DELTOS_TRY(reader(side)->children(item.node, first, items, kAtOnce, &given));
    if (given == 0) break;
    for (std::uint64_t i = 0; i < given; i += parts) {
      std::uint64_t one = 0, other = 0;
      DELTOS_TRY(hash_at(side, items[i], depth + 1, &one));
      if (parts == 2) DELTOS_TRY(hash_at(side, items[i + 1], depth + 1, &other));
      all = in_order ? mix(item.kind, all, one) : all + mix(item.kind, one, other);
    }
    first += given / parts;
  }
  *hash = mix(item.kind, all, item.count);
  return {};
}

Status Comparison::hash_at(Side side, const Item &item, unsigned depth, std::uint64_t *hash) {
  DELTOS_TRY(spend(depth));
  if (item.kind == Kind::ndarray) return hash_array(side, item, hash);
  if (!is_container(item.kind)) {
    *hash = hash_of_scalar(item);
    return {};
  }
  auto &known = hashes_[static_cast<int>(side)];
  if (const auto found = known.find(item.node); found != known.end()) {
    *hash = found->second;
    return {};
  }
  DELTOS_TRY(hash_elements(side, item, depth, hash));
  known.emplace(item.node, *hash);
  return {};
}

Status Comparison::equal_arrays(const Item &a, const Item &b, bool *equal) const {
  Reader::ArrayFacts x, y;
  DELTOS_TRY(a_->array(a.node, &x));
  DELTOS_TRY(b_->array(b.node, &y));
  *equal = x.dtype == y.dtype && x.format == y.format && x.ndim == y.ndim && x.bytes == y.bytes &&
           std::memcmp(x.shape, y.shape, static_cast<std::size_t>(x.ndim) * 8) == 0 &&
           std::memcmp(x.data, y.data, static_cast<std::size_t>(x.bytes)) == 0;
  return {};
}

Status Comparison::equal_elements(const Item &a, const Item &b, unsigned depth, bool *equal) {
  constexpr std::uint64_t kAtOnce = 32;
  Item left[kAtOnce], right[kAtOnce];
  for (std::uint64_t first = 0; *equal && first < a.count;) {
    std::uint64_t given = 0, others = 0;
    DELTOS_TRY(a_->children(a.node, first, left, kAtOnce, &given));
    DELTOS_TRY(b_->children(b.node, first, right, kAtOnce, &others));
    if (given != others) *equal = false;
    for (std::uint64_t i = 0; *equal && i < given; ++i) DELTOS_TRY(equal_at(left[i], right[i], depth + 1, equal));
    if (given == 0) break;
    first += given;
  }
  return {};
}

Status Comparison::equal_unordered(const Item &a, const Item &b, unsigned depth, bool *equal) {
  constexpr std::uint64_t kAtOnce = 32;
  Item items[kAtOnce];
  const unsigned parts = a.kind == Kind::dict ? 2 : 1;
  for (std::uint64_t first = 0; *equal && first < a.count;) {
    std::uint64_t given = 0;
    DELTOS_TRY(a_->children(a.node, first, items, kAtOnce, &given));
    if (given == 0) break;
    for (std::uint64_t i = 0; *equal && i < given; i += parts) {
      Item found;
      DELTOS_TRY(find_at(Side::b, b.node, items[i], depth + 1, &found));
      if (found.kind == Kind::end) *equal = false;
      if (*equal && parts == 2) DELTOS_TRY(equal_at(items[i + 1], found, depth + 1, equal));
    }
    first += given / parts;
  }
  return {};
}

// Whether a candidate is the key: hashes first, as what is unequal is hardly ever looked at more closely.
Status Comparison::find_at(Side in, Cell node, const Item &key, unsigned depth, Item *found) {
  found->kind = Kind::end;
  if (!is_container(key.kind) && key.kind != Kind::ndarray) {
    DELTOS_TRY(spend(depth));
    return reader(in)->find(node, key, nullptr, found);
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
  DELTOS_TRY(reader(in)->search(node, all, wanted, same, &at));
  return at == 0 ? Status() : reader(in)->read(at, found);
}

Status Comparison::equal_at(const Item &a, const Item &b, unsigned depth, bool *equal) {
  DELTOS_TRY(spend(depth));
  if (a.kind == Kind::ndarray && b.kind == Kind::ndarray) return equal_arrays(a, b, equal);
  *equal = equal_scalars(a, b);
  if (!*equal || !is_container(a.kind)) return {};
  *equal = a.count == b.count;
  if (!*equal || !pairs_.emplace(a.node, b.node).second) return {};
  return a.kind == Kind::list || a.kind == Kind::tuple ? equal_elements(a, b, depth, equal)
                                                       : equal_unordered(a, b, depth, equal);
}

}  // namespace deltos::value
