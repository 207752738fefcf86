/**
 * @file
 * @defgroup deltos_hpp_map_key Keys and columns of maps in C++
 *
 * MapKey is a key as an argument, MapColumn as many keys or values as there are: what hash maps and sorted maps are
 * built from and asked with. Both borrow what they are made from, for the call.
 * @{
 */
#ifndef DELTOS_HPP_MAP_KEY_HPP
#define DELTOS_HPP_MAP_KEY_HPP

#include <deltos/hpp/element.hpp>
#include <optional>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** What the keys of a map are. */
enum class KeyKind : std::int32_t {
  bytes = DELTOS_KEY_BYTES,
  utf8 = DELTOS_KEY_UTF8,
  u64 = DELTOS_KEY_U64,
  value = DELTOS_KEY_VALUE  ///< hash maps only
};

/** A key, or bytes that are a value: text, bytes (a packed value, too), or a number where keys are numbers. */
class MapKey {
 public:
  MapKey(const char *text) noexcept : MapKey(std::string_view(text)) {}
  MapKey(const std::string &text) noexcept : MapKey(std::string_view(text)) {}
  MapKey(std::string_view text) noexcept : data_(text.data()), size_(text.size()) {}
  template <class Bytes,
            class = std::enable_if_t<std::is_same_v<
                const std::byte *, decltype(static_cast<const std::byte *>(std::declval<const Bytes &>().data()))>>>
  MapKey(const Bytes &bytes) noexcept : data_(bytes.data()), size_(bytes.size()) {}
  template <class T, class = void, class = std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>>
  MapKey(T number) noexcept : size_(sizeof(std::uint64_t)), number_(static_cast<std::uint64_t>(number)) {}

  const void *data() const noexcept { return number_ ? static_cast<const void *>(&*number_) : data_; }
  std::uint64_t size() const noexcept { return size_; }
  deltos_bytes bytes() const noexcept { return {data(), size()}; }

 private:
  const void *data_ = nullptr;
  std::uint64_t size_ = 0;
  std::optional<std::uint64_t> number_;
};

/** As many keys, or values, as a list has: `std::vector<std::uint64_t>`, texts, pieces of bytes. */
class MapColumn {
 public:
  /** Items as they lie, such as std::uint64_t; also what is 8 bytes of another type is told from it. */
  template <class List, class = std::enable_if_t<detail::is_list<const List>>>
  MapColumn(const List &items) {
    using T = std::remove_cv_t<std::remove_pointer_t<decltype(std::data(items))>>;
    set_fixed(std::data(items), std::size(items), sizeof(T), 0);
    column_.dtype = static_cast<std::int32_t>(detail::dtype_of<T>);
  }
  MapColumn(const std::vector<std::string_view> &texts) { set_slices(texts); }
  MapColumn(const std::vector<std::string> &texts) { set_slices(texts); }
  MapColumn(const std::vector<Span<const std::byte>> &pieces) { set_slices(pieces); }
  /** What does not fit: of a C column. */
  explicit MapColumn(const deltos_column &column) noexcept : column_(column) {}

  /** Items of so many bytes, `stride` bytes apart, such as members of structs. */
  static MapColumn of_items(const void *items, std::size_t count, std::size_t item_bytes, std::ptrdiff_t stride = 0) {
    MapColumn made;
    made.set_fixed(items, count, item_bytes, stride);
    return made;
  }
  /** Bytes with offsets, one more than items, as Arrow has them. */
  static MapColumn of_offsets(const void *bytes, Span<const std::int64_t> offsets) {
    MapColumn made;
    made.column_.layout = DELTOS_COLUMN_OFFSETS;
    made.column_.data = bytes;
    made.column_.offsets = offsets.data();
    made.column_.count = offsets.empty() ? 0 : offsets.size() - 1;
    return made;
  }

  std::size_t size() const noexcept { return static_cast<std::size_t>(column_.count); }
  /** As C sees it; it borrows from this. */
  const deltos_column *get() const noexcept {
    if (column_.layout == DELTOS_COLUMN_SLICES && !slices_.empty()) column_.data = slices_.data();
    return &column_;
  }

 private:
  MapColumn() noexcept = default;
  void set_fixed(const void *items, std::size_t count, std::size_t item_bytes, std::ptrdiff_t stride) noexcept {
    column_.layout = DELTOS_COLUMN_FIXED;
    column_.count = count;
    column_.data = items;
    column_.item_size = item_bytes;
    column_.stride = stride;
  }
  template <class Pieces>
  void set_slices(const Pieces &pieces) {
    slices_.reserve(pieces.size());
    for (const auto &piece : pieces) slices_.push_back({piece.data(), piece.size()});
    column_.layout = DELTOS_COLUMN_SLICES;
    column_.count = slices_.size();
  }

  mutable deltos_column column_{};  // its address follows this when it is copied or moved
  std::vector<deltos_bytes> slices_;
};

namespace detail {

inline std::string_view text_of(deltos_bytes bytes) noexcept {
  return {static_cast<const char *>(bytes.data), static_cast<std::size_t>(bytes.size)};
}
/** data NULL: there is none. */
inline std::optional<std::string_view> text_if(deltos_bytes bytes) noexcept {
  if (bytes.data == nullptr) return std::nullopt;
  return text_of(bytes);
}

/** An input iterator over what a source gives in batches: its `current()`, and `advance()`, false at the end. Going on
 * throws what the source throws. */
template <class Source, class Item>
class BatchIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Item;
  using difference_type = std::ptrdiff_t;
  using pointer = const Item *;
  using reference = const Item &;

  BatchIterator() noexcept = default;
  explicit BatchIterator(Source &source) : source_(&source) { settle(); }
  const Item &operator*() const noexcept { return source_->current(); }
  const Item *operator->() const noexcept { return &**this; }
  BatchIterator &operator++() {
    source_->skip();
    settle();
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const BatchIterator &left, const BatchIterator &right) noexcept {
    return left.source_ == right.source_;
  }
  friend bool operator!=(const BatchIterator &left, const BatchIterator &right) noexcept { return !(left == right); }

 private:
  void settle() {
    if (!source_->has_current()) source_ = nullptr;
  }
  Source *source_ = nullptr;
};

}  // namespace detail

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
