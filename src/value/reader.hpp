// Reading a value where it lies: no allocation, no decoding, and nothing believed that has not been checked. What one
// call checks is what it touches, so opening costs the same for every size.
//
// A node is a number that the image gave or that a caller made up: all are checked alike. Errors are corrupt where the
// image is at fault, and range where a number is that nobody was given.
#pragma once

#include <algorithm>

#include "value/item.hpp"
#include "value/texts.hpp"

namespace deltos::value {

class Reader {
 public:
  Reader() = default;
  // corrupt, not_deltos, feature. The bytes stay the caller's, and must not change while the reader is used.
  // `texts`: keeps what lies compressed, as long as what was read is used; nullptr: nothing does, or it is damage.
  static Result<Reader> open(Bytes image, Texts *texts = nullptr);

  // Node 0 is the root.
  Status read(Cell node, Item *item) const;
  // Of a list, tuple or set the elements from `first` on; of a dict keys and values in turn, in the order in which they
  // were given, `first` counting entries. As many as there are; kind for others.
  Status children(Cell node, std::uint64_t first, Item *items, std::uint64_t capacity, std::uint64_t *given) const;
  // The value of a key, or a set's member. Absent: kind end. Keys are alike when their kinds are and what they hold is;
  // integers and unsigned integers are of one kind.
  // `of_key`: where a key that is a container lies; nullptr: in this value. `looked`: how many entries were compared.
  Status find(Cell node, const Item &key, const Reader *of_key, Item *found, std::uint64_t *looked = nullptr) const;
  // The same of a text in a dict, by a shorter way. false: find() has to tell, since something is in the way.
  bool find_text(Cell node, std::string_view text, Item *found) const noexcept;

  struct ArrayFacts {
    const std::byte *data = nullptr;
    std::uint64_t bytes = 0;
    std::int32_t ndim = 0, dtype = 0;
    std::string_view format;
    const std::byte *shape = nullptr;  // ndim words, 8-aligned in the image
  };
  Status array(Cell node, ArrayFacts *facts) const;

  // An element of a sequence as a cell; the index is below the count.
  struct Sequence {
    const std::byte *elements = nullptr;
    std::uint64_t count = 0;
    std::uint64_t place = 0;  // of the elements
    std::uint8_t form = 0;
    std::int64_t base = 0;   // of a bitmap
    std::uint64_t bits = 0;  // of a bitmap
    const std::byte *index = nullptr;
  };
  Status sequence(Cell node, Sequence *sequence) const;
  Cell element(const Sequence &sequence, std::uint64_t i) const;

  // Goes through the entries of a dict or set that may be it: those that an index names for a hash, or all. Each is
  // given to `same`, a Status(const Item &key, bool *yes); `at` is the cell of the entry that was, or 0.
  template <class Same>
  Status search(Cell node, const Sequence &entries, std::uint64_t hash, Same &&same, Cell *at,
                std::uint64_t *looked) const;

  Bytes image() const { return image_; }
  // How long the texts are together that were decompressed so far.
  std::uint64_t decompressed() const { return texts_ == nullptr ? 0 : texts_->bytes(); }
  // Of an image that is being made: nodes that are not 0 can be read.
  static Reader unfinished(Bytes image, Texts *texts = nullptr) { return Reader(image, texts); }

 private:
  Reader(Bytes image, Texts *texts) : image_(image), texts_(texts) {}
  Status damaged(Cell node, const char *what) const;
  template <class T>
  bool take(std::uint64_t place, T *value) const noexcept;
  Cell root() const noexcept { return load<ImageHead>(image_.data()).root; }
  Status read_element(Cell node, Cell element, Item *item) const;
  // Each says what is wrong with what it finds, or nullptr.
  const char *describe(Cell node, Item *item) const noexcept;  // the item is empty, the node not the root
  const char *describe_block(Cell node, Item *item) const noexcept;
  const char *text(std::uint64_t place, Item *item) const noexcept;
  static const char kCompressed[];  // what it says of a text that has to be decompressed
  Status decompress(Cell node, Item *item) const;
  const char *decimal(std::uint64_t place, Item *item) const noexcept;
  const char *date_time(std::uint64_t place, Item *item) const noexcept;
  const char *container(Cell node, Sequence *sequence) const noexcept;
  const char *bitmap(std::uint64_t place, Sequence *sequence) const noexcept;
  const char *array_facts(std::uint64_t place, ArrayFacts *facts) const noexcept;
  std::uint64_t slot(const Sequence &entries, std::uint64_t i) const noexcept;
  // The cell of a text's value in a dict; 0: it is not there; kUnsure: something is in the way.
  Cell cell_of_text(Cell node, std::string_view text) const noexcept;
  static constexpr Cell kUnsure = 0xff;  // no tag
  class Wanted;

  friend class Elements;
  Bytes image_;
  Texts *texts_ = nullptr;
};

// Goes through the elements of a container, from the first on, of a dict keys and values in turn, without looking
// again at what is behind it.
class Elements {
 public:
  // kind: the item is no container.
  static Result<Elements> of(const Reader &reader, const Item &container);
  // `given` is false behind the last one.
  Status next(Item *item, bool *given);
  // What going through them looks at beyond the elements, in words.
  std::uint64_t words() const { return all_.bits / 64; }

 private:
  const Reader *reader_ = nullptr;
  Cell node_ = 0;
  Reader::Sequence all_;
  std::uint64_t at_ = 0, end_ = 0;
  std::uint64_t word_ = 0, bits_ = 0;  // of a bitmap: how many words were taken, and what is left of the last
};

template <class T>
bool Reader::take(std::uint64_t place, T *value) const noexcept {
  if (place % 8 != 0 || place < sizeof(ImageHead) || !within(place, sizeof(T), image_.size())) return false;
  *value = load<T>(image_.data() + place);
  return true;
}

// Here, so that scalars get into a caller's item without a detour.
inline const char *Reader::describe(Cell node, Item *item) const noexcept {
  item->node = node;
  switch (tag_of(node)) {
    case Tag::null:
      item->kind = Kind::null;
      return nullptr;
    case Tag::boolean:
      item->kind = Kind::boolean;
      item->i64 = payload_of(node) != 0 ? 1 : 0;
      return nullptr;
    case Tag::small_int:
      item->kind = Kind::integer;
      item->i64 = small_of(node);
      return nullptr;
    case Tag::small_float:
      item->kind = Kind::floating;
      item->f64 = std::bit_cast<float>(static_cast<std::uint32_t>(payload_of(node)));
      return nullptr;
    case Tag::date:
      item->kind = Kind::date;
      item->i64 = small_of(node);
      return nullptr;
    case Tag::reference:
      item->kind = Kind::reference;
      item->u64 = payload_of(node);
      return nullptr;
    default:
      return describe_block(node, item);
  }
}

inline bool Reader::find_text(Cell node, std::string_view text, Item *found) const noexcept {
  *found = Item{};
  const Cell cell = cell_of_text(node, text);
  if (cell != 0) return cell != kUnsure && describe(cell, found) == nullptr;
  found->kind = Kind::end;
  return true;
}

template <class Same>
Status Reader::search(Cell node, const Sequence &entries, std::uint64_t hash, Same &&same, Cell *at,
                      std::uint64_t *looked) const {
  const std::uint64_t stride = tag_of(node) == Tag::dict ? 2 : 1;
  const bool indexed = entries.index != nullptr;
  const std::uint64_t slots = index_slots(entries.count);
  const std::uint64_t most = indexed ? std::min(slots, kMaxDisplacement + 1) : entries.count;
  for (std::uint64_t i = 0; i < most; ++i) {
    const std::uint64_t number = indexed ? slot(entries, (hash + i) & (slots - 1)) : i + 1;
    if (number == 0) break;
    if (number > entries.count) return damaged(node, "its index names an entry that is not there");
    const std::byte *const cells = entries.elements + (number - 1) * stride * sizeof(Cell);
    Item key;
    bool yes = false;
    ++*looked;
    DELTOS_TRY(read_element(node, load<Cell>(cells), &key));
    DELTOS_TRY(same(std::as_const(key), &yes));
    if (!yes) continue;
    *at = load<Cell>(cells + (stride - 1) * sizeof(Cell));
    break;
  }
  return {};
}

}  // namespace deltos::value
