// Looking for keys and members, and going through elements.
#include <algorithm>

#include "value/compare.hpp"
#include "value/reader.hpp"

namespace deltos::value {
namespace {

std::uint64_t word_of_bits(const Reader::Sequence &sequence, std::uint64_t word) {
  const std::uint64_t bytes = sequence.bits / 8 + (sequence.bits % 8 != 0 ? 1 : 0);
  std::uint64_t bits = 0;
  std::memcpy(&bits, sequence.elements + word * 8, std::min<std::uint64_t>(8, bytes - word * 8));
  const std::uint64_t left = sequence.bits - word * 64;
  return left >= 64 ? bits : bits & ((std::uint64_t{1} << left) - 1);
}

Item small_integer(std::int64_t number) {
  Item item;
  item.kind = Kind::integer;
  item.i64 = number;
  item.node = cell_of(Tag::small_int, static_cast<std::uint64_t>(number));
  return item;
}

std::int64_t member_of(const Reader::Sequence &sequence, std::uint64_t word, std::uint64_t bits) {
  return sequence.base + static_cast<std::int64_t>(word * 64) + std::countr_zero(bits);
}

// Members are as many as bits are set, which nobody has counted: what is more than the count is not given.
void members_of_bitmap(const Reader::Sequence &sequence, std::uint64_t first, Item *items, std::uint64_t capacity,
                       std::uint64_t *given) {
  std::uint64_t before = 0;
  const std::uint64_t room = std::min(capacity, sequence.count - std::min(first, sequence.count));
  for (std::uint64_t word = 0; word * 64 < sequence.bits && *given < room; ++word) {
    std::uint64_t bits = word_of_bits(sequence, word);
    const auto members = static_cast<std::uint64_t>(std::popcount(bits));
    if (before + members <= first) {
      before += members;
      continue;
    }
    for (; bits != 0 && *given < room; bits &= bits - 1, ++before) {
      if (before < first) continue;
      items[*given] = small_integer(member_of(sequence, word, bits));
      ++*given;
    }
  }
}

void find_in_bitmap(const Reader::Sequence &sequence, const Item &key, Item *found) {
  const bool is_unsigned = key.kind == Kind::unsigned_integer && key.u64 <= static_cast<std::uint64_t>(INT64_MAX);
  if (key.kind != Kind::integer && !is_unsigned) return;
  const std::int64_t number = is_unsigned ? static_cast<std::int64_t>(key.u64) : key.i64;
  if (number < sequence.base) return;
  const std::uint64_t bit = static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(sequence.base);
  if (bit < sequence.bits && (word_of_bits(sequence, bit / 64) >> bit % 64 & 1) != 0) *found = small_integer(number);
}

}  // namespace

Status Reader::children(Cell node, std::uint64_t first, Item *items, std::uint64_t capacity,
                        std::uint64_t *given) const {
  *given = 0;
  Sequence all;
  DELTOS_TRY(sequence(node, &all));
  if (first >= all.count) return {};
  if (all.form == kFormBitmap) {
    members_of_bitmap(all, first, items, capacity, given);
    return {};
  }
  const bool pairs = tag_of(node == 0 ? root() : node) == Tag::dict;
  const std::uint64_t factor = pairs ? 2 : 1, room = capacity / factor;
  const std::uint64_t last = first + std::min(room, all.count - first);
  for (std::uint64_t i = first * factor; i < last * factor; ++i, ++*given) {
    DELTOS_TRY(read_element(node, element(all, i), &items[*given]));
  }
  return {};
}

Result<Elements> Elements::of(const Reader &reader, const Item &container) {
  Elements made;
  made.reader_ = &reader;
  made.node_ = container.node;
  DELTOS_TRY(reader.sequence(container.node, &made.all_));
  made.end_ = made.all_.count * (container.kind == Kind::dict ? 2 : 1);
  return made;
}

Status Elements::next(Item *item, bool *given) {
  *given = at_ < end_;
  if (!*given) return {};
  if (all_.form != kFormBitmap) return reader_->read_element(node_, reader_->element(all_, at_++), item);
  while (bits_ == 0 && word_ * 64 < all_.bits) bits_ = word_of_bits(all_, word_++);
  *given = bits_ != 0;
  if (!*given) return {};
  *item = small_integer(member_of(all_, word_ - 1, bits_));
  bits_ &= bits_ - 1;
  ++at_;
  return {};
}

std::uint64_t Reader::slot(const Sequence &entries, std::uint64_t i) const noexcept {
  switch (index_width(entries.count)) {
    case 1:
      return load<std::uint8_t>(entries.index + i);
    case 2:
      return load<std::uint16_t>(entries.index + i * 2);
    default:
      return load<std::uint32_t>(entries.index + i * 4);
  }
}

// A text to look for, with as much of it in two words as they hold: nearly all others differ there.
class Reader::Wanted {
 public:
  Wanted(std::string_view text, Bytes image) : text_(text), head_(head_of(text.size(), 0)), image_(image) {
    const auto *const at = reinterpret_cast<const std::byte *>(text.data());
    const std::size_t size = text.size();
    if (size >= sizeof first_) {
      first_ = load<std::uint64_t>(at);
      last_ = load<std::uint64_t>(at + size - sizeof last_);
      return;
    }
    mask_ = (std::uint64_t{1} << size * 8) - 1;
    if (size >= 4) {
      first_ = load<std::uint32_t>(at);
      first_ |= std::uint64_t{load<std::uint32_t>(at + size - 4)} << (size - 4) * 8;
    } else {
      for (std::size_t i = 0; i < size; ++i) first_ |= static_cast<std::uint64_t>(at[i]) << i * 8;
    }
  }

  // A block of text has room for its head and 8 bytes, padded as blocks are. What it cannot tell, `sure` says.
  bool is(Cell key, bool *sure) const noexcept {
    if (tag_of(key) != Tag::utf8) return false;
    const std::uint64_t place = payload_of(key);
    *sure = place % 8 == 0 && place >= sizeof(ImageHead) && within(place, 16, image_.size());
    if (!*sure) return false;
    const std::byte *const block = image_.data() + place, *const found = block + 8;
    const auto head = load<std::uint64_t>(block);
    if (head != head_ || ((load<std::uint64_t>(found) ^ first_) & mask_) != 0) {
      *sure = (head & 0xff) == 0;
      return false;
    }
    return ends(found, image_.size() - place - 8, sure);
  }

 private:
  bool ends(const std::byte *found, std::uint64_t room, bool *sure) const noexcept {
    const std::size_t size = text_.size();
    *sure = size < room;
    if (!*sure) return false;
    if (size > sizeof first_ && load<std::uint64_t>(found + size - sizeof last_) != last_) return false;
    if (size > 16 && std::memcmp(found, text_.data(), size) != 0) return false;
    *sure = found[size] == std::byte{0};
    return *sure;
  }

  std::string_view text_;
  std::uint64_t head_, first_ = 0, last_ = 0, mask_ = ~std::uint64_t{0};
  Bytes image_;
};

// Cell by cell: most keys are texts.
Cell Reader::cell_of_text(Cell node, std::string_view text) const noexcept {
  if (node == 0) node = root();
  Sequence entries;
  if (tag_of(node) != Tag::dict || container(node, &entries) != nullptr) return kUnsure;
  const Wanted wanted(text, image_);
  bool sure = true;
  const auto value_of = [&](std::uint64_t i) -> Cell {
    const Cell value = load<Cell>(entries.elements + i * 16 + 8);
    return tag_of(value) == Tag::none || tag_of(value) > kLastTag ? kUnsure : value;
  };
  if (entries.index == nullptr) {
    for (std::uint64_t i = 0; i < entries.count; ++i) {
      if (wanted.is(load<Cell>(entries.elements + i * 16), &sure)) return value_of(i);
      if (!sure) return kUnsure;
    }
    return 0;
  }
  const std::uint64_t slots = index_slots(entries.count), hash = hash_of_text(text);
  for (std::uint64_t i = 0; i <= std::min(slots - 1, kMaxDisplacement); ++i) {
    const std::uint64_t number = slot(entries, (hash + i) & (slots - 1));
    if (number == 0) return 0;
    if (number > entries.count) return kUnsure;
    if (wanted.is(load<Cell>(entries.elements + (number - 1) * 16), &sure)) return value_of(number - 1);
    if (!sure) return kUnsure;
  }
  return 0;
}

Status Reader::find(Cell node, const Item &key, const Reader *of_key, Item *found, std::uint64_t *looked) const {
  if (node == 0) node = root();
  *found = Item{};
  found->kind = Kind::end;
  if (key.kind == Kind::utf8 && looked == nullptr) {
    const Cell cell = cell_of_text(node, text_of({key.data, static_cast<std::size_t>(key.count)}));
    if (cell != kUnsure) return cell == 0 ? Status() : read(cell, found);
  }
  if (tag_of(node) != Tag::dict && tag_of(node) != Tag::set)
    return fail(Code::kind, "only dicts and sets are looked into; the node is neither");
  if (is_container(key.kind) || key.kind == Kind::ndarray) {
    Comparison comparison(this, of_key != nullptr ? of_key : this);
    return comparison.find(Comparison::Side::a, node, key, found);
  }
  Sequence all;
  DELTOS_TRY(sequence(node, &all));
  if (all.form == kFormBitmap) {
    find_in_bitmap(all, key, found);
    return {};
  }
  Cell at = 0;
  std::uint64_t none = 0;
  const auto same = [&](const Item &candidate, bool *yes) {
    *yes = equal_scalars(candidate, key);
    return Status();
  };
  DELTOS_TRY(
      search(node, all, all.index == nullptr ? 0 : hash_of_scalar(key), same, &at, looked != nullptr ? looked : &none));
  return at == 0 ? Status() : read_element(node, at, found);
}

}  // namespace deltos::value
