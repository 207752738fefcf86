/**
 * @file
 * @defgroup deltos_hpp_value_builder Building values in C++
 *
 * Most values are made in one go: Transaction::put("name", content) stores one, Value::of(content) makes one in memory,
 * pack(content) and pack_into(memory, content) write one to be read elsewhere. ValueBuilder is for what does not lie
 * ready as one object of C++: it takes part after part.
 *
 * @code
 * const double heights[] = {478, 479, 481, 482, 480, 478};
 * deltos::ValueBuilder builder = deltos::ValueBuilder::begin();
 * builder.begin_dict();
 * builder.put("name").put("Ulm");
 * builder.put("heights").put_array({heights, {2, 3}});
 * builder.put("mayors").begin_list().put("Ansbacher").put("Czisch").end();
 * builder.end();
 * const deltos::Value city = builder.pack().open();
 * std::cout << city["name"].as<std::string>() << ", " << city["heights"].view<const double>()(1, 2) << ", "
 *           << city["mayors"].size() << " mayors\n";
 * @endcode
 *
 * Thread safety: one thread at a time.
 * @{
 */
#ifndef DELTOS_HPP_VALUE_BUILDER_HPP
#define DELTOS_HPP_VALUE_BUILDER_HPP

#include <deltos/hpp/value_of.hpp>
#include <new>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** A packed value, or a packed hash map, in memory of its own, aligned for everything in it. */
class Packed {
 public:
  Packed() noexcept = default;
  const std::byte *data() const noexcept { return bytes_.get(); }
  std::size_t size() const noexcept { return size_; }
  Span<const std::byte> bytes() const noexcept { return {bytes_.get(), size_}; }

  /** Opens it as a value, which takes the memory over. Fails as Value::open_memory(); it is unchanged then. */
  Result<Value> try_open() && {
    const Span<const std::byte> packed = bytes();
    Result<Value> opened = Value::try_open_memory(packed, [taken = bytes_.get()] { Free()(taken); });
    if (opened) static_cast<void>(bytes_.release());
    if (opened) size_ = 0;
    return opened;
  }
  /** The same, throwing. */
  [[nodiscard]] Value open() && { return std::move(*this).try_open().value(); }

 private:
  friend class ValueBuilder;
  friend class HashMapBuilder;
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(std::byte *bytes) const noexcept { ::operator delete[](bytes, kAlignment); }
  };
  explicit Packed(std::size_t size)
      : bytes_(static_cast<std::byte *>(::operator new[](size, kAlignment))), size_(size) {}

  std::unique_ptr<std::byte[], Free> bytes_;
  std::size_t size_ = 0;
};

/**
 * A value that is being made. What is put behind one another at the outermost level must be one thing. After a failure
 * it is of no further use: every call answers the same.
 */
class ValueBuilder {
 public:
  ValueBuilder() noexcept = default;
  /** Takes over a builder of the C interface. */
  explicit ValueBuilder(deltos_builder *taken) noexcept : handle_(taken) {}

  /** Begins a value. Fails with no_memory or internal. Threads: any. Cost: constant. */
  static Result<ValueBuilder> try_begin() {
    return detail::made<ValueBuilder>([](ValueBuilder &builder, deltos_error *err) {
      return deltos_value_builder_begin(builder.handle_.address(), err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static ValueBuilder begin() { return try_begin().value(); }

  /**
   * Puts anything that value_of.hpp knows. Numbers that lie close together are stored as they are, in one go, and can
   * be got as a span.
   *
   * Fails with invalid (also text that is not UTF-8, and a second thing at the outermost level), duplicate (a key or
   * member is there twice), range (a date, time or id that cannot be), kind, limit, no_memory or internal, as
   * deltos_value_builder_put() says. Cost: that of copying.
   */
  template <class T>
  Result<void> try_put(const T &content) {
    return value_of<T>::put(*this, content);
  }
  /** The same, throwing. */
  template <class T>
  ValueBuilder &put(const T &content) {
    return kept(try_put(content));
  }

  /** Puts an n-dimensional array of any layout and element type; it is copied in C order. Fails as put(), and with
   * structure, format or unsupported where it is not memory. */
  Result<void> try_put_array(const Memory &array) {
    const FilledMemory filled(array);
    return detail::done([&](deltos_error *err) {
      return deltos_value_builder_put_view(get(), filled.get(), std::exchange(next_name_, 0), err);
    });
  }
  /** The same, throwing. */
  ValueBuilder &put_array(const Memory &array) { return kept(try_put_array(array)); }

  /** Puts numbers that lie close together as a tuple, in one go; put() makes a list of them. Fails as put(). */
  template <class T>
  Result<void> try_put_tuple(Span<const T> numbers) {
    static_assert(detail::is_plain_number<T>, "numbers are put in one go; others one by one");
    return detail::put_numbers<T>(*this, DELTOS_VALUE_TUPLE, numbers.data(), numbers.size());
  }
  /** The same, throwing. */
  template <class T>
  ValueBuilder &put_tuple(Span<const T> numbers) {
    return kept(try_put_tuple(numbers));
  }

  /** Opens a container, into which everything goes that is put until end(): into a dict keys and values in turn. Fails
   * as put(). */
  Result<void> try_begin_list() { return try_put_item(detail::item_of_kind(DELTOS_VALUE_LIST)); }
  Result<void> try_begin_tuple() { return try_put_item(detail::item_of_kind(DELTOS_VALUE_TUPLE)); }
  Result<void> try_begin_set() { return try_put_item(detail::item_of_kind(DELTOS_VALUE_SET)); }
  Result<void> try_begin_dict() { return try_put_item(detail::item_of_kind(DELTOS_VALUE_DICT)); }
  /** Ends the container opened last. Fails with invalid where there is none, or a key has no value, and as put(). */
  Result<void> try_end() { return try_put_item(detail::item_of_kind(DELTOS_VALUE_END)); }
  /** The same, throwing. */
  ValueBuilder &begin_list() { return kept(try_begin_list()); }
  ValueBuilder &begin_tuple() { return kept(try_begin_tuple()); }
  ValueBuilder &begin_set() { return kept(try_begin_set()); }
  ValueBuilder &begin_dict() { return kept(try_begin_dict()); }
  ValueBuilder &end() { return kept(try_end()); }

  /** Names what is put next, for put_again(): a number that nothing else has, from 1 to before 2^56. Never fails; a
   * name that cannot be fails when it is used. */
  ValueBuilder &name(std::uint64_t number) noexcept {
    next_name_ = number;
    return *this;
  }
  /**
   * Puts what has a name here as well; it is stored once. It may be a container that is still open: then it contains
   * itself.
   *
   * Fails with not_found where nothing has that name, and as put().
   */
  Result<void> try_put_again(std::uint64_t number) {
    deltos_item item = detail::item_of_kind(DELTOS_VALUE_SHARE);
    item.node = number;
    return try_put_items({&item, 1});
  }
  /** The same, throwing. */
  ValueBuilder &put_again(std::uint64_t number) { return kept(try_put_again(number)); }

  /** Puts the value that a JSON text is: objects as dicts, arrays as lists, numbers with a point or an exponent as
   * floats, and integers of more than 64 bits as decimals. Fails with format where it is no JSON, with duplicate where
   * an object has a key twice, with range where a float is too large, with invalid after name(), and as put(). */
  Result<void> try_put_json(std::string_view text) {
    if (std::exchange(next_name_, 0) != 0) return Error(Status::invalid, "what a JSON text says has no name");
    return detail::done(
        [&](deltos_error *err) { return deltos_value_builder_put_json(get(), text.data(), text.size(), err); });
  }
  /** The same, throwing. */
  ValueBuilder &put_json(std::string_view text) { return kept(try_put_json(text)); }

  /** Puts items as the C interface has them. Fails as put(). */
  Result<void> try_put_items(Span<const deltos_item> items) {
    return detail::done(
        [&](deltos_error *err) { return deltos_value_builder_put(get(), items.data(), items.size(), err); });
  }
  /** The same, throwing. */
  ValueBuilder &put_items(Span<const deltos_item> items) { return kept(try_put_items(items)); }

  /** How many bytes it has when it is packed; nothing can be put afterwards. Fails with invalid where nothing was put
   * or a container is open, and with what an earlier call answered. */
  Result<std::size_t> try_size() {
    std::uint64_t size = 0;
    deltos_error error;
    const deltos_status status = deltos_value_builder_pack(get(), nullptr, &size, &error);
    if (status != DELTOS_OK && status != DELTOS_E_TOO_SMALL) return Error(error);
    return static_cast<std::size_t>(size);
  }
  /** The same, throwing. */
  [[nodiscard]] std::size_t size() { return try_size().value(); }

  /** Writes the value into memory of the caller's, of any alignment, and returns how many bytes it has. Repeatable;
   * nothing can be put afterwards. Fails with too_small, and as size(). */
  Result<std::size_t> try_pack_into(Span<std::byte> room) {
    return detail::made<std::size_t>([&](std::size_t &bytes, deltos_error *err) {
      std::uint64_t size = room.size();
      const deltos_status status = deltos_value_builder_pack(get(), room.data(), &size, err);
      bytes = static_cast<std::size_t>(size);
      return status;
    });
  }
  /** The same, throwing. */
  std::size_t pack_into(Span<std::byte> room) { return try_pack_into(room).value(); }
  /** The same into memory of its own. */
  Result<Packed> try_pack() {
    const Result<std::size_t> size = try_size();
    if (!size) return size.error();
    Packed packed(*size);
    const Result<std::size_t> written = try_pack_into({packed.bytes_.get(), packed.size_});
    if (!written) return written.error();
    return Result<Packed>(std::move(packed));
  }
  /** The same, throwing. */
  [[nodiscard]] Packed pack() { return try_pack().value(); }

  explicit operator bool() const noexcept { return get() != nullptr; }
  /** The builder of the C interface; this stays its owner. */
  deltos_builder *get() const noexcept { return handle_.get(); }
  /** Gives it up: the caller owes it deltos_builder_release(). */
  [[nodiscard]] deltos_builder *release() noexcept { return handle_.release(); }
  /** Releases it now. Never fails. */
  void reset() noexcept { *this = ValueBuilder(); }

 private:
  friend Result<void> detail::put_item(ValueBuilder &builder, const deltos_item &item);

  ValueBuilder &kept(const Result<void> &put) {
    put.value();
    return *this;
  }
  Result<void> try_put_item(deltos_item item) {
    item.node = item.kind == DELTOS_VALUE_END ? 0 : std::exchange(next_name_, 0);
    return try_put_items({&item, 1});
  }

  detail::Handle<deltos_builder, deltos_builder_release> handle_;
  std::uint64_t next_name_ = 0;
};

namespace detail {

inline Result<void> put_item(ValueBuilder &builder, const deltos_item &item) { return builder.try_put_item(item); }
inline Result<void> put_memory(ValueBuilder &builder, const Memory &memory) { return builder.try_put_array(memory); }

/** A builder with one thing put into it. */
template <class T>
Result<ValueBuilder> built(const T &content) {
  Result<ValueBuilder> builder = ValueBuilder::try_begin();
  if (!builder) return builder;
  const Result<void> put = builder->try_put(content);
  if (!put) return put.error();
  return builder;
}

}  // namespace detail

/** Packs anything that value_of.hpp knows into memory of its own. Fails as ValueBuilder::put() and pack(). */
template <class T>
Result<Packed> try_pack(const T &content) {
  Result<ValueBuilder> builder = detail::built(content);
  if (!builder) return builder.error();
  return builder->try_pack();
}
/** The same, throwing. */
template <class T>
[[nodiscard]] Packed pack(const T &content) {
  return try_pack(content).value();
}
/** The same into memory of the caller's; returns how many bytes it has. Fails with too_small, too. */
template <class T>
Result<std::size_t> try_pack_into(Span<std::byte> room, const T &content) {
  Result<ValueBuilder> builder = detail::built(content);
  if (!builder) return builder.error();
  return builder->try_pack_into(room);
}
/** The same, throwing. */
template <class T>
std::size_t pack_into(Span<std::byte> room, const T &content) {
  return try_pack_into(room, content).value();
}

template <class T>
Result<Value> Value::try_of(const T &content) {
  Result<Packed> packed = try_pack(content);
  if (!packed) return packed.error();
  return std::move(*packed).try_open();
}

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
