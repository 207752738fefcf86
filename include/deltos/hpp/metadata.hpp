/**
 * @file
 * @defgroup deltos_hpp_metadata Metadata in C++
 *
 * MetadataValue is what set_metadata() takes: text, one element, a list of elements, or bytes with a format. Metadatum
 * is what metadata() gives: a look at a value where it is stored.
 *
 * Thread safety: as the snapshot or transaction it belongs to.
 * @{
 */
#ifndef DELTOS_HPP_METADATA_HPP
#define DELTOS_HPP_METADATA_HPP

#include <deltos/hpp/view.hpp>
#include <optional>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** A value to be set, as an argument; it borrows what it is made from. */
class MetadataValue {
 public:
  MetadataValue(const char *text) noexcept : MetadataValue(std::string_view(text)) {}
  MetadataValue(const std::string &text) noexcept : MetadataValue(std::string_view(text)) {}
  MetadataValue(std::string_view text) noexcept : type_("u8"), data_(text.data()), size_(text.size()) {}

  /** One element, without dimensions. */
  template <class T, class = std::enable_if_t<detail::is_element<T>>>
  MetadataValue(const T &element) : type_(format_of<T>::value), data_(&element), size_(sizeof(T)) {}
  /** One dimension. */
  template <class List, class = void, class = std::enable_if_t<detail::is_list<const List>>>
  MetadataValue(const List &list)
      : type_(format_of<std::decay_t<decltype(*std::data(list))>>::value),
        data_(std::data(list)),
        size_(std::size(list) * sizeof(*std::data(list))),
        shape_{static_cast<std::int64_t>(std::size(list))} {}

  /** Bytes with a format string, "u8" or "B"; elements in C order. */
  MetadataValue(std::string format, Span<const std::byte> bytes, Shape shape = {})
      : type_(std::move(format)), data_(bytes.data()), size_(bytes.size()), shape_(std::move(shape)) {}

  /** As C sees it; it borrows from this and from the key. */
  deltos_metadatum filled(const Text &key) const noexcept {
    deltos_metadatum item{};
    item.key = key.c_str();
    item.format = type_.format();
    item.data = data_;
    item.size = size_;
    item.ndim = static_cast<std::int32_t>(shape_.size());
    item.shape = shape_.data();
    return item;
  }

 private:
  ElementType type_;
  const void *data_;
  std::size_t size_;
  Shape shape_;
};

/**
 * A stored value. Everything it returns as a view, a span or a pointer is borrowed until the snapshot is released; from
 * a transaction, until its next change.
 */
class Metadatum {
 public:
  Metadatum() noexcept = default;
  explicit Metadatum(const deltos_metadatum &raw) noexcept : raw_(raw) {}

  const char *key() const noexcept { return raw_.key; }
  /** "u8", "B" or a format string. */
  const char *format() const noexcept { return raw_.format; }
  Span<const std::byte> bytes() const noexcept {
    return Span<const std::byte>(static_cast<const std::byte *>(raw_.data), static_cast<std::size_t>(raw_.size));
  }
  /** Empty for text and raw bytes. */
  Span<const std::int64_t> shape() const noexcept {
    if (raw_.shape == nullptr) return {};
    return Span<const std::int64_t>(raw_.shape, static_cast<std::size_t>(raw_.ndim));
  }
  bool is_text() const noexcept { return std::strcmp(raw_.format, "u8") == 0; }

  /** UTF-8. Fails with type where the value is not text. */
  Result<std::string_view> try_text() const noexcept {
    if (!is_text()) return detail::type_error(raw_.format, "u8");
    return std::string_view(static_cast<const char *>(raw_.data), static_cast<std::size_t>(raw_.size));
  }
  /** The same, throwing. */
  std::string_view text() const { return try_text().value(); }

  /** A copy of the only element. Fails with type where the value is of another type or has not one element. */
  template <class T>
  Result<T> try_scalar() const {
    const Result<void> typed = check<T>();
    if (!typed) return typed.error();
    if (raw_.size == sizeof(T)) return element_at<T>(0);
    return Error(Status::type, "the value has not one element; read it as a vector");
  }
  /** The same, throwing. */
  template <class T>
  T scalar() const {
    return try_scalar<T>().value();
  }

  /** A copy of all elements, in C order. Fails with type where they are of another type. */
  template <class T>
  Result<std::vector<T>> try_vector() const {
    const Result<void> typed = check<T>();
    if (!typed) return typed.error();
    std::vector<T> elements;
    elements.reserve(static_cast<std::size_t>(raw_.size) / sizeof(T));
    for (std::size_t at = 0; at + sizeof(T) <= raw_.size; at += sizeof(T)) elements.push_back(element_at<T>(at));
    return Result<std::vector<T>>(std::move(elements));
  }
  /** The same, throwing. */
  template <class T>
  std::vector<T> vector() const {
    return try_vector<T>().value();
  }

 private:
  template <class T>
  Result<void> check() const {
    if (is_text()) return detail::type_error("u8", format_of<T>::value);
    const Result<FormatInfo> stored = try_describe_format(raw_.format);
    if (!stored) return stored.error();
    return detail::check_element<T>(stored->canonical.c_str(), stored->dtype, stored->itemsize);
  }
  template <class T>
  T element_at(std::size_t at) const noexcept {
    T element;
    std::memcpy(static_cast<void *>(&element), static_cast<const std::byte *>(raw_.data) + at, sizeof element);
    return element;
  }

  deltos_metadatum raw_{};
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
