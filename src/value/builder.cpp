#include "value/builder.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "format/validate.hpp"
#include "value/compare.hpp"
#include "value/lz4.hpp"

namespace deltos::value {
namespace {

using dtype::Dtype;

constexpr Tag kWaiting{255};  // of a cell that will be that of a node still being built; payload: its name
constexpr std::uint64_t kMaxName = kMaxPlace;
constexpr std::uint64_t kMostSharedText = 64;

bool is_integer(Cell cell) {
  const Tag tag = tag_of(cell);
  return tag == Tag::small_int || tag == Tag::int64 || tag == Tag::uint64;
}
bool is_float(Cell cell) { return tag_of(cell) == Tag::small_float || tag_of(cell) == Tag::float64; }
bool all_of(const std::vector<Cell> &cells, bool (*what)(Cell)) {
  return !cells.empty() && std::all_of(cells.begin(), cells.end(), what);
}

// The narrowest type for integers from `least` to `most`; `other` where there is none.
Dtype integers_from(std::int64_t least, std::uint64_t most) {
  constexpr Dtype kUnsigned[] = {Dtype::u8, Dtype::u16, Dtype::u32}, kSigned[] = {Dtype::i8, Dtype::i16, Dtype::i32};
  for (int i = 0; i < 3; ++i) {
    const int bits = 8 << i;
    if (least >= 0 && most >> bits == 0) return kUnsigned[i];
    if (least >= -(std::int64_t{1} << (bits - 1)) && most >> (bits - 1) == 0) return kSigned[i];
  }
  if (most <= static_cast<std::uint64_t>(INT64_MAX)) return Dtype::i64;
  return least >= 0 ? Dtype::u64 : Dtype::other;
}

Tag tag_for(Kind kind) {
  return static_cast<Tag>(static_cast<int>(Tag::list) + static_cast<int>(kind) - static_cast<int>(Kind::list));
}

Status check_time(const Item &item) {
  if (item.u64 >= 1'000'000'000)
    return fail(Code::range, "%llu nanoseconds are a second or more", static_cast<unsigned long long>(item.u64));
  if (item.detail == kNoZone || (item.detail >= -kMaxZone && item.detail <= kMaxZone)) return {};
  return fail(Code::range, "a zone %d seconds from UTC; less than a day is possible", item.detail);
}

}  // namespace

Builder::Builder(bool compress)
    : image_(sizeof(ImageHead)), decompressed_(compress ? std::make_unique<Texts>() : nullptr) {}

Status Builder::put(std::span<const Item> items) {
  if (failure_.code != Code::ok) return Error(failure_);
  if (finished_) return fail(Code::invalid, "the value is finished; nothing can be added");
  for (const Item &item : items) {
    Status done = one(item);
    if (!done.ok()) return give_up(std::move(done).error());
  }
  return {};
}

Status Builder::give_up(Error failure) {
  failure_ = std::move(failure);
  return Error(failure_);
}

Status Builder::one(const Item &item) {
  if (item.node > kMaxName)
    return fail(Code::limit, "a name is a number below 2^56, not %llu", static_cast<unsigned long long>(item.node));
  if (item.kind == Kind::end) return close();
  if (item.kind == Kind::share) return share(item.node);
  if ((item.kind == Kind::list || item.kind == Kind::tuple) && item.detail != 0) {
    DELTOS_ASSIGN(const Cell cell, numbers(item));
    return add(cell, item.node);
  }
  if (is_container(item.kind)) return open(item);
  DELTOS_ASSIGN(const Cell cell, scalar(item));
  return add(cell, item.node);
}

Status Builder::add(Cell cell, std::uint64_t name) {
  if (name != 0) DELTOS_TRY(settle(name, cell));
  if (open_.empty()) {
    if (root_ != 0) return fail(Code::invalid, "a value has one root; put several into a list or tuple");
    root_ = cell;
    return {};
  }
  open_.back().cells.push_back(cell);
  return {};
}

Status Builder::settle(std::uint64_t name, Cell cell) {
  const auto [known, is_new] = named_.emplace(name, cell);
  if (!is_new && known->second != 0)
    return fail(Code::exists, "a node called %llu exists already", static_cast<unsigned long long>(name));
  known->second = cell;
  if (const auto waiting = waiting_.find(name); waiting != waiting_.end()) {
    for (const std::uint64_t place : waiting->second) save(image_.data() + place, cell);
    waiting_.erase(waiting);
  }
  return {};
}

Status Builder::open(const Item &item) {
  if (open_.size() >= kMaxDepth) return fail(Code::limit, "the value is nested more than %u deep", kMaxDepth);
  if (open_.empty() && root_ != 0) return fail(Code::invalid, "a value has one root; put several into a list or tuple");
  if (item.node != 0 && !named_.emplace(item.node, 0).second)
    return fail(Code::exists, "a node called %llu exists already", static_cast<unsigned long long>(item.node));
  open_.push_back({item.kind, item.node, {}});
  return {};
}

Status Builder::close() {
  if (open_.empty()) return fail(Code::invalid, "an END without a list, tuple, set or dict that is open");
  const Open ended = std::move(open_.back());
  open_.pop_back();
  const Tag tag = tag_for(ended.kind);
  if (ended.kind == Kind::dict && ended.cells.size() % 2 != 0)
    return fail(Code::invalid, "the last key of a dict has no value");
  const bool keyed = ended.kind == Kind::set || ended.kind == Kind::dict;
  DELTOS_ASSIGN(const Cell cell, keyed ? close_keyed(tag, ended.cells) : close_sequence(tag, ended.cells));
  return add(cell, ended.name);
}

Status Builder::share(std::uint64_t name) {
  const auto known = named_.find(name);
  if (known == named_.end())
    return fail(Code::not_found, "no node is called %llu", static_cast<unsigned long long>(name));
  return add(known->second != 0 ? known->second : cell_of(kWaiting, name), 0);
}

// ---- scalars

Cell Builder::word(Tag tag, std::uint64_t value) {
  const std::uint64_t place = image_.size();
  image_.resize(image_.size() + sizeof value);
  save(image_.data() + place, value);
  return cell_of(tag, place);
}

Result<Cell> Builder::scalar(const Item &item) {
  switch (item.kind) {
    case Kind::null:
      return cell_of(Tag::null, 0);
    case Kind::boolean:
      return cell_of(Tag::boolean, item.i64 != 0 ? 1 : 0);
    case Kind::integer:
      if (item.i64 >= kMinSmall && item.i64 <= kMaxSmall)
        return cell_of(Tag::small_int, static_cast<std::uint64_t>(item.i64));
      return word(Tag::int64, static_cast<std::uint64_t>(item.i64));
    case Kind::unsigned_integer:
      if (item.u64 <= static_cast<std::uint64_t>(kMaxSmall)) return cell_of(Tag::small_int, item.u64);
      return word(item.u64 <= static_cast<std::uint64_t>(INT64_MAX) ? Tag::int64 : Tag::uint64, item.u64);
    case Kind::floating: {
      const auto narrow = static_cast<float>(item.f64);
      if (std::bit_cast<std::uint64_t>(static_cast<double>(narrow)) == std::bit_cast<std::uint64_t>(item.f64))
        return cell_of(Tag::small_float, std::bit_cast<std::uint32_t>(narrow));
      return word(Tag::float64, std::bit_cast<std::uint64_t>(item.f64));
    }
    case Kind::bytes:
    case Kind::utf8: {
      const Tag tag = item.kind == Kind::bytes ? Tag::bytes : Tag::utf8;
      Cell cell = 0;
      const Bytes letters(item.data, static_cast<std::size_t>(item.data == nullptr ? 0 : item.count));
      has_long_text_ = has_long_text_ || item.count > kMostPlain;
      if (decompressed_ != nullptr && !at_key() && put_compressed(tag, letters, &cell)) return cell;
      return text(tag, item);
    }
    case Kind::date:
      if (item.i64 < kMinSmall || item.i64 > kMaxSmall)
        return fail(Code::range, "day %lld is too far from 1970", static_cast<long long>(item.i64));
      return cell_of(Tag::date, static_cast<std::uint64_t>(item.i64));
    case Kind::datetime: {
      DELTOS_TRY(check_time(item));
      const DateTime time{item.i64, static_cast<std::uint32_t>(item.u64), item.detail};
      DELTOS_ASSIGN(const std::uint64_t place, reserve(sizeof time));
      store(place, &time, sizeof time);
      return cell_of(Tag::datetime, place);
    }
    case Kind::decimal:
      return decimal(item);
    case Kind::reference:
      if (item.u64 == 0 || item.u64 > kMaxPlace)
        return fail(Code::range, "%llu is not the id of an object", static_cast<unsigned long long>(item.u64));
      return cell_of(Tag::reference, item.u64);
    default:
      return fail(Code::invalid, "%d is no kind of item that can be put", static_cast<int>(item.kind));
  }
}

Result<Cell> Builder::text(Tag tag, const Item &item) {
  if (item.data == nullptr && item.count != 0) return fail(Code::invalid, "the text is NULL");
  const Bytes bytes(item.data, static_cast<std::size_t>(item.count));
  if (tag == Tag::utf8 && !format::is_utf8(text_of(bytes)))
    return fail(Code::invalid, "a text is not valid UTF-8; encode it as UTF-8, or store it as bytes");
  std::string key;
  if (item.count <= kMostSharedText) {
    key.assign(1, static_cast<char>(tag)).append(text_of(bytes));
    if (const auto known = texts_.find(key); known != texts_.end()) return known->second;
  }
  if (item.count >= kMaxPlace) return fail(Code::limit, "a text of 2^56 bytes or more");
  DELTOS_ASSIGN(const std::uint64_t place, reserve(8 + item.count + 1));
  const std::uint64_t head = head_of(item.count, 0);
  store(place, &head, sizeof head);
  store(place + 8, bytes.data(), bytes.size());
  const Cell cell = cell_of(tag, place);
  if (!key.empty()) texts_.emplace(std::move(key), cell);
  return cell;
}

bool Builder::at_key() const {
  if (open_.empty()) return false;
  const Open &innermost = open_.back();
  return innermost.kind == Kind::set || (innermost.kind == Kind::dict && innermost.cells.size() % 2 == 0);
}

bool Builder::put_compressed(Tag tag, Bytes text, Cell *cell) {
  if (text.size() <= kMostPlain || text.size() > kLz4Most) return false;
  if (tag == Tag::utf8 && !format::is_utf8(text_of(text))) return false;
  const auto block = lz4_compress(text, text.size() / 4 * 3 - 16);
  if (!block) return false;
  const auto place = reserve(16 + block->size());
  if (!place.ok()) return false;
  const std::uint64_t words[2] = {head_of(text.size(), kFormCompressed), block->size()};
  store(*place, words, sizeof words);
  store(*place + sizeof words, block->data(), block->size());
  has_compressed_ = true;
  *cell = cell_of(tag, *place);
  return true;
}

Result<Cell> Builder::decimal(const Item &item) {
  if (item.detail < 0 || item.detail > static_cast<std::int32_t>(Special::signalling_nan) || item.u64 > 1)
    return fail(Code::invalid, "the decimal is neither a number nor infinite nor NaN");
  if (item.data == nullptr && item.count != 0) return fail(Code::invalid, "the digits are NULL");
  for (std::uint64_t i = 0; i < item.count; ++i) {
    const auto digit = static_cast<char>(item.data[i]);
    if (digit < '0' || digit > '9')
      return fail(Code::invalid, "digit %llu of the decimal is none", static_cast<unsigned long long>(i));
  }
  const DecimalHead head{item.count << 8 | static_cast<std::uint64_t>(item.detail) << 1 | item.u64, item.i64};
  DELTOS_ASSIGN(const std::uint64_t place, reserve(sizeof head + item.count));
  store(place, &head, sizeof head);
  store(place + sizeof head, item.data, static_cast<std::size_t>(item.count));
  return cell_of(Tag::decimal, place);
}

// ---- containers

Result<Cell> Builder::numbers(const Item &item) {
  const auto dtype = static_cast<Dtype>(item.detail);
  const bool known = dtype::is_dtype(item.detail) && dtype >= Dtype::i8 && dtype <= Dtype::f64 && dtype != Dtype::f16;
  if (!known) return fail(Code::type, "%d is no type that elements can be given as; use INT8 to FLOAT64", item.detail);
  if (item.data == nullptr && item.count != 0) return fail(Code::invalid, "the elements are NULL");
  std::uint64_t bytes = 0;
  if (!checked_mul(item.count, dtype::item_bytes(dtype), &bytes) || item.count >= kMaxPlace)
    return fail(Code::limit, "more elements than can be counted");
  DELTOS_ASSIGN(const std::uint64_t place, reserve(8 + bytes));
  const std::uint64_t head = head_of(item.count, static_cast<std::uint8_t>(item.detail));
  store(place, &head, sizeof head);
  store(place + 8, item.data, static_cast<std::size_t>(bytes));
  return cell_of(tag_for(item.kind), place);
}

bool Builder::put_numbers(Tag tag, const std::vector<Cell> &cells, Cell *cell) {
  const Reader reader = Reader::unfinished(image_);
  std::vector<Item> items(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!reader.read(cells[i], &items[i]).ok()) return false;
  }
  std::vector<std::byte> packed;
  Dtype dtype = Dtype::other;
  const auto pack = [&](auto number_of) {
    using Number = decltype(number_of(items[0]));
    packed.resize(items.size() * sizeof(Number));
    for (std::size_t i = 0; i < items.size(); ++i) save(packed.data() + i * sizeof(Number), number_of(items[i]));
  };
  const auto integer = [](const Item &item) {
    return item.kind == Kind::integer ? static_cast<std::uint64_t>(item.i64) : item.u64;
  };
  if (all_of(cells, is_integer)) {
    std::int64_t least = 0;
    std::uint64_t most = 0;
    for (const Item &item : items) {
      if (item.kind == Kind::integer) least = std::min(least, item.i64);
      if (item.kind == Kind::unsigned_integer || item.i64 > 0) most = std::max(most, integer(item));
    }
    dtype = integers_from(least, most);
    switch (dtype::item_bytes(dtype)) {
      case 1:
        pack([&](const Item &item) { return static_cast<std::uint8_t>(integer(item)); });
        break;
      case 2:
        pack([&](const Item &item) { return static_cast<std::uint16_t>(integer(item)); });
        break;
      case 4:
        pack([&](const Item &item) { return static_cast<std::uint32_t>(integer(item)); });
        break;
      case 8:
        pack(integer);
        break;
      default:
        return false;
    }
  } else if (std::all_of(cells.begin(), cells.end(), [](Cell one) { return tag_of(one) == Tag::small_float; })) {
    dtype = Dtype::f32;
    pack([](const Item &item) { return static_cast<float>(item.f64); });
  } else {
    dtype = Dtype::f64;
    pack([](const Item &item) { return item.f64; });
  }
  Item whole;
  whole.kind = tag == Tag::list ? Kind::list : Kind::tuple;
  whole.detail = static_cast<std::int32_t>(dtype);
  whole.count = items.size();
  whole.data = packed.data();
  Result<Cell> stored = numbers(whole);
  if (stored.ok()) *cell = *stored;
  return stored.ok();
}

Result<Cell> Builder::close_sequence(Tag tag, const std::vector<Cell> &cells) {
  Cell cell = 0;
  if ((all_of(cells, is_integer) || all_of(cells, is_float)) && put_numbers(tag, cells, &cell)) return cell;
  const bool bits = all_of(cells, [](Cell one) { return tag_of(one) == Tag::boolean; });
  const std::uint64_t bytes = bits ? (cells.size() + 7) / 8 : cells.size() * sizeof(Cell);
  DELTOS_ASSIGN(const std::uint64_t place, reserve(8 + bytes));
  const std::uint64_t head = head_of(cells.size(), bits ? static_cast<std::uint8_t>(Dtype::boolean) : kFormCells);
  store(place, &head, sizeof head);
  if (!bits) {
    store_cells(place + 8, cells);
    return cell_of(tag, place);
  }
  for (std::size_t i = 0; i < cells.size(); ++i)
    image_[place + 8 + i / 8] |= static_cast<std::byte>(payload_of(cells[i]) << i % 8);
  return cell_of(tag, place);
}

void Builder::store_cells(std::uint64_t place, const std::vector<Cell> &cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (tag_of(cells[i]) == kWaiting) waiting_[payload_of(cells[i])].push_back(place + i * sizeof(Cell));
  }
  store(place, cells.data(), cells.size() * sizeof(Cell));
}

// Integers that are close together: one bit each, where that is no more than their cells and index would be.
bool Builder::put_bitmap(const std::vector<Cell> &cells, Cell *cell) {
  if (!std::all_of(cells.begin(), cells.end(), [](Cell one) { return tag_of(one) == Tag::small_int; }) || cells.empty())
    return false;
  const auto [least, most] =
      std::minmax_element(cells.begin(), cells.end(), [](Cell a, Cell b) { return small_of(a) < small_of(b); });
  const std::int64_t base = small_of(*least);
  const std::uint64_t bits = static_cast<std::uint64_t>(small_of(*most) - base) + 1;
  if (bits / 64 > cells.size() || bits > static_cast<std::uint64_t>(kMaxSmall - base)) return false;
  const std::uint64_t place = image_.size();
  image_.resize(place + 24 + round_up((bits + 7) / 8, 8));
  for (const Cell one : cells) {
    const auto bit = static_cast<std::uint64_t>(small_of(one) - base);
    std::byte &byte = image_[place + 24 + bit / 8];
    const auto mask = static_cast<std::byte>(1U << bit % 8);
    if ((byte & mask) != std::byte{0}) {
      image_.resize(place);
      return false;  // twice: close_keyed() says so
    }
    byte |= mask;
  }
  save(image_.data() + place, head_of(cells.size(), kFormBitmap));
  save(image_.data() + place + 8, base);
  save(image_.data() + place + 16, bits);
  *cell = cell_of(Tag::set, place);
  return true;
}

Result<Cell> Builder::close_keyed(Tag tag, const std::vector<Cell> &cells) {
  Cell cell = 0;
  if (tag == Tag::set && put_bitmap(cells, &cell)) return cell;
  const unsigned stride = tag == Tag::dict ? 2 : 1;
  const std::uint64_t count = cells.size() / stride;
  if (count > kMaxIndexed)
    return fail(Code::limit, "a dict or set of more than %llu entries", static_cast<unsigned long long>(kMaxIndexed));
  for (std::size_t i = 0; i < cells.size(); i += stride) {
    if (tag_of(cells[i]) == kWaiting) return fail(Code::kind, "what is still being built cannot be a key or a member");
  }
  DELTOS_ASSIGN(const std::uint64_t place, reserve(8 + cells.size() * sizeof(Cell) + index_bytes(count)));
  const std::uint64_t head = head_of(count, kFormCells);
  store(place, &head, sizeof head);
  store_cells(place + 8, cells);
  DELTOS_TRY(put_index(place + 8, count, stride));
  return cell_of(tag, place);
}

// What keys hold, hashed once each; a Comparison is made where one is no scalar.
class Builder::Keys {
 public:
  Keys(const Reader &reader, std::uint64_t place, std::uint64_t count, unsigned stride)
      : reader_(reader), cells_(reader.image().data() + place), stride_(stride), hashes_(count) {}

  Status read(std::uint64_t i, Item *key) const {
    return reader_.read(load<Cell>(cells_ + i * stride_ * sizeof(Cell)), key);
  }
  // kind: it holds what is still being built.
  Status hash(std::uint64_t i, const Item &key) {
    if (is_scalar(key)) {
      hashes_[i] = hash_of_scalar(key);
      return {};
    }
    if (!comparison_) comparison_.emplace(&reader_, &reader_);
    Status hashed = comparison_->hash(Comparison::Side::a, key, &hashes_[i]);
    // Nothing here is damaged: it found the cell of a node that has no place yet.
    if (hashed.code() == Code::corrupt) return fail(Code::kind, "a key or member holds what is still being built");
    return hashed;
  }
  std::uint64_t hash_of(std::uint64_t i) const { return hashes_[i]; }
  // duplicate: the key, whose number is `i`, equals an earlier one.
  Status check(std::uint64_t i, const Item &key, std::uint64_t earlier) {
    if (hashes_[i] != hashes_[earlier]) return {};
    Item other;
    bool same = false;
    DELTOS_TRY(read(earlier, &other));
    if (is_scalar(key) || is_scalar(other)) {
      same = equal_scalars(key, other);
    } else {
      DELTOS_TRY(Comparison(&reader_, &reader_).equal(other, key, &same));
    }
    if (same) return fail(Code::duplicate, "a key or member is there twice");
    return {};
  }

 private:
  static bool is_scalar(const Item &item) { return !is_container(item.kind) && item.kind != Kind::ndarray; }

  const Reader reader_;
  const std::byte *cells_;
  unsigned stride_;
  std::vector<std::uint64_t> hashes_;
  std::optional<Comparison> comparison_;
};

// Enters all keys into the index; of few, sees only that they differ.
Status Builder::put_index(std::uint64_t at, std::uint64_t count, unsigned stride) {
  Keys keys(Reader::unfinished(image_, decompressed_.get()), at, count, stride);
  const std::uint64_t index = at + count * stride * sizeof(Cell), slots = index_slots(count),
                      width = index_width(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    Item key;
    DELTOS_TRY(keys.read(i, &key));
    DELTOS_TRY(keys.hash(i, key));
    if (slots == 0) {
      for (std::uint64_t j = 0; j < i; ++j) DELTOS_TRY(keys.check(i, key, j));
      continue;
    }
    for (std::uint64_t from = 0;; ++from) {
      if (from > kMaxDisplacement)
        return fail(Code::limit, "more than %llu keys or members have hashes that are alike; they were chosen to be",
                    static_cast<unsigned long long>(kMaxDisplacement));
      std::uint64_t number = 0;
      std::byte *const entry = image_.data() + index + ((keys.hash_of(i) + from) & (slots - 1)) * width;
      std::memcpy(&number, entry, width);
      if (number != 0) {
        DELTOS_TRY(keys.check(i, key, number - 1));
        continue;
      }
      number = i + 1;
      std::memcpy(entry, &number, width);
      break;
    }
  }
  return {};
}

// ---- arrays, and the end

Status Builder::put_array(const dtype::Format &format, std::span<const std::int64_t> shape, Bytes elements,
                          std::uint64_t name) {
  if (failure_.code != Code::ok) return Error(failure_);
  if (finished_) return fail(Code::invalid, "the value is finished; nothing can be added");
  Status done = [&]() -> Status {
    Item text;
    text.kind = Kind::utf8;
    text.data = bytes_of(format.text).data();
    text.count = format.text.size();
    DELTOS_ASSIGN(const Cell format_cell, this->text(Tag::utf8, text));
    DELTOS_ASSIGN(const std::uint64_t place, reserve(sizeof(ArrayHead) + shape.size_bytes()));
    DELTOS_ASSIGN(const std::uint64_t data, reserve(elements.size(), kArrayAlignment));
    const ArrayHead head{head_of(shape.size(), static_cast<std::uint8_t>(format.dtype)), payload_of(format_cell), data,
                         elements.size()};
    store(place, &head, sizeof head);
    store(place + sizeof head, shape.data(), shape.size_bytes());
    store(data, elements.data(), elements.size());
    return add(cell_of(Tag::ndarray, place), name);
  }();
  return done.ok() ? Status() : give_up(std::move(done).error());
}

Result<std::uint64_t> Builder::finish() {
  if (failure_.code != Code::ok) return Error(failure_);
  if (!open_.empty()) return fail(Code::invalid, "%zu containers are still open; end each with END", open_.size());
  if (root_ == 0) return fail(Code::invalid, "nothing has been put");
  if (!finished_) {
    const ImageHead head{kImageMagic, has_compressed_ ? kFlagCompressed : 0, image_.size(), root_, 0};
    store(0, &head, sizeof head);
    finished_ = true;
  }
  return image_.size();
}

Result<std::uint64_t> Builder::reserve(std::uint64_t bytes, std::uint64_t alignment) {
  const std::uint64_t place = round_up(image_.size(), alignment);
  std::uint64_t end = 0;
  if (!checked_add(place, round_up(bytes, 8), &end) || end > kMaxPlace)
    return fail(Code::limit, "the value would have more than 2^56 bytes");
  image_.resize(end);
  return place;
}

void Builder::store(std::uint64_t place, const void *from, std::size_t bytes) {
  if (bytes != 0) std::memcpy(image_.data() + place, from, bytes);
}

}  // namespace deltos::value
