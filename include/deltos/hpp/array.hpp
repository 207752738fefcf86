/**
 * @file
 * @defgroup deltos_hpp_array Arrays in C++
 *
 * Array is an Object that grows: in a storage, in a flat file, or in anonymous shared memory. TypedArray<T> is an Array
 * whose elements have been checked to be T. Memory never moves, so it is appended to while views show it; they show
 * what there was when they were made.
 *
 * push_back() and append() make elements seen at once, one call of the library each. An Appender writes them behind the
 * last one without a call, at a cost near that of std::vector::push_back(), and makes them seen in portions.
 *
 * @code
 * deltos::TypedArray<double> array = deltos::TypedArray<double>::open_anonymous();
 * array.push_back(0.5);
 * array.append(std::vector<double>{1, 2});
 * deltos::Appender<double> appender = array.appender();
 * for (int k = 0; k < 1000; ++k) appender.push_back(k);
 * appender.publish();
 * double sum = 0;
 * for (double value : array.elements().span()) sum += value;
 * std::cout << array.size() << " elements, " << sum << "\n";
 * @endcode
 *
 * Thread safety: size() and views from any thread; everything else on one array by one thread at a time.
 * @{
 */
#ifndef DELTOS_HPP_ARRAY_HPP
#define DELTOS_HPP_ARRAY_HPP

#include <deltos/hpp/elements.hpp>
#include <deltos/hpp/mode.hpp>
#include <deltos/hpp/table.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** How an array is opened or created; array.h says more of each. */
struct ArrayOptions {
  Create create = Create::never;   ///< flat file that is opened for writing
  bool sigbus_guard = false;       ///< flat file
  std::uint64_t capacity = 0;      ///< elements to make room for at once
  std::uint64_t window_bytes = 0;  ///< address space to reserve; 0: plenty
  std::uint64_t max_bytes = 0;     ///< refuse to grow beyond; 0: no limit but the home's
};

template <class T>
class TypedArray;

/** A growable array: an object like any other, and what only arrays can do. */
class Array : public Object {
 public:
  Array() noexcept = default;
  /** Takes over a handle of the C interface. */
  explicit Array(deltos_object *taken) noexcept : Object(taken) {}
  /** Of an object that was opened as any kind. What is no array answers kind when it is used as one. */
  explicit Array(Object &&object) noexcept : Object(std::move(object)) {}

  /**
   * Opens a flat file: nothing but elements, which any program can read. Mode::read, in_place or write.
   *
   * Fails with invalid, not_found, exists, readonly, locked, layout, format, unsupported, filesystem, limit, corrupt,
   * io, no_space, address_space, no_memory or internal, as deltos_array_open_file() says. Threads: any. Cost: a few
   * system calls.
   */
  static Result<Array> try_open_file(const Text &path, const ElementType &type, Mode mode = Mode::read,
                                     const ArrayOptions &options = {}) {
    const deltos_array_options raw = raw_of(options);
    return opened([&](deltos_object **array, deltos_error *err) {
      return deltos_array_open_file(path.c_str(), type.format(), static_cast<std::int32_t>(type.dtype()),
                                    static_cast<std::int32_t>(mode), &raw, array, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static Array open_file(const Text &path, const ElementType &type, Mode mode = Mode::read,
                                       const ArrayOptions &options = {}) {
    return try_open_file(path, type, mode, options).value();
  }

  /**
   * Makes an empty array in anonymous shared memory; fd() is what another process opens it by.
   *
   * Fails with invalid, unsupported, limit, format, io, no_space, address_space, no_memory or internal, as
   * deltos_array_open_anonymous() says. Threads: any. Cost: a few system calls.
   */
  static Result<Array> try_open_anonymous(const ElementType &type, const ArrayOptions &options = {}) {
    const deltos_array_options raw = raw_of(options);
    return opened([&](deltos_object **array, deltos_error *err) {
      return deltos_array_open_anonymous(type.format(), static_cast<std::int32_t>(type.dtype()), &raw, array, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static Array open_anonymous(const ElementType &type, const ArrayOptions &options = {}) {
    return try_open_anonymous(type, options).value();
  }

  /**
   * Opens an anonymous array by its descriptor, which stays the caller's; the element type comes with it.
   *
   * Fails with invalid, not_deltos, feature, corrupt, locked, limit, readonly, filesystem, io, no_space, address_space,
   * no_memory or internal, as deltos_array_open_fd() says. Threads: any. Cost: a few system calls.
   */
  static Result<Array> try_open_fd(int fd, Mode mode = Mode::read, const ArrayOptions &options = {}) {
    const deltos_array_options raw = raw_of(options);
    return opened([&](deltos_object **array, deltos_error *err) {
      return deltos_array_open_fd(fd, static_cast<std::int32_t>(mode), &raw, array, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static Array open_fd(int fd, Mode mode = Mode::read, const ArrayOptions &options = {}) {
    return try_open_fd(fd, mode, options).value();
  }

  /** The descriptor of an anonymous array or a flat file, borrowed. Fails with invalid, kind, unsupported (it lies in a
   * storage), no_memory or internal. */
  Result<int> try_fd() const {
    return detail::made<int>([&](int &fd, deltos_error *err) {
      std::int32_t number = -1;
      const deltos_status status = deltos_array_fd(get(), &number, err);
      fd = number;
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] int fd() const { return try_fd().value(); }

  /** How many elements there are now; 0 when it is empty or no array. Never fails. Threads: any. Cost: constant. */
  std::uint64_t size() const noexcept { return deltos_array_count(get()); }
  bool empty() const noexcept { return size() == 0; }
  /** How many there is room for without growing. Never fails. */
  std::uint64_t capacity() const noexcept { return deltos_array_capacity(get()); }

  /**
   * Appends elements that lie close together; they may lie in the array itself.
   *
   * Fails with invalid, kind, readonly, stale, closed, forked, busy, limit, no_space, address_space, corrupt,
   * io, in_doubt, replaced, no_memory or internal, as deltos_array_append() says; nothing was appended then. Cost: that
   * of copying.
   */
  Result<void> try_append(const void *items, std::uint64_t count) {
    return detail::done([&](deltos_error *err) { return deltos_array_append(get(), items, count, err); });
  }
  /** The same, throwing. */
  void append(const void *items, std::uint64_t count) { try_append(items, count).value(); }

  /** Room behind the last element. */
  struct Tail {
    void *data = nullptr;    ///< valid until the next call on the array
    std::uint64_t room = 0;  ///< elements; all of it may be filled
  };
  /** Room for so many elements at least, to be filled in place; advance() makes them elements. Fails as append(). */
  Result<Tail> try_tail(std::uint64_t count) {
    return detail::made<Tail>(
        [&](Tail &tail, deltos_error *err) { return deltos_array_tail(get(), count, &tail.data, &tail.room, err); });
  }
  /** The same, throwing. */
  [[nodiscard]] Tail tail(std::uint64_t count) { return try_tail(count).value(); }
  /** Makes elements of what has been filled in behind the last one. Fails as append(), and with range where that is
   * more than there is room for. Cost: constant, no system call. */
  Result<void> try_advance(std::uint64_t count) {
    return detail::done([&](deltos_error *err) { return deltos_array_advance(get(), count, err); });
  }
  /** The same, throwing. */
  void advance(std::uint64_t count) { try_advance(count).value(); }

  /** Appends the elements of some memory, in C order, whatever its layout. Fails as append(), with type where they are
   * others, and with structure, format or unsupported where it is not memory. */
  Result<void> try_extend(const Memory &items) {
    const FilledMemory filled(items);
    return detail::done([&](deltos_error *err) { return deltos_array_extend(get(), filled.get(), err); });
  }
  /** The same, throwing. */
  void extend(const Memory &items) { try_extend(items).value(); }

  /** Inserts elements before one; a negative index counts from the end. Fails as append(), and with range. Cost: moves
   * what is behind. */
  Result<void> try_insert(std::int64_t index, const void *items, std::uint64_t count) {
    return detail::done([&](deltos_error *err) { return deltos_array_insert(get(), index, items, count, err); });
  }
  /** The same, throwing. */
  void insert(std::int64_t index, const void *items, std::uint64_t count) { try_insert(index, items, count).value(); }

  /**
   * Removes elements; a negative index counts from the end. `removed` gets them, where it is not NULL.
   *
   * Fails with range, pinned (a view shows what would be cut off), invalid, kind, readonly, stale, closed,
   * forked, io, no_memory or internal, as deltos_array_remove() says; nothing has changed then. Cost: moves what is
   * behind.
   */
  Result<void> try_remove(std::int64_t index, std::uint64_t count = 1, void *removed = nullptr) {
    return detail::done([&](deltos_error *err) { return deltos_array_remove(get(), index, count, removed, err); });
  }
  /** The same, throwing. */
  void remove(std::int64_t index, std::uint64_t count = 1, void *removed = nullptr) {
    try_remove(index, count, removed).value();
  }

  /** Makes it have so many elements: new ones are zero. Fails as append(), and with pinned as remove(). */
  Result<void> try_resize(std::uint64_t count) {
    return detail::done([&](deltos_error *err) { return deltos_array_resize(get(), count, err); });
  }
  /** The same, throwing. */
  void resize(std::uint64_t count) { try_resize(count).value(); }
  /** Makes room for so many elements in all. Fails as append(). Cost: that of allocating. */
  Result<void> try_reserve(std::uint64_t capacity) {
    return detail::done([&](deltos_error *err) { return deltos_array_reserve(get(), capacity, err); });
  }
  /** The same, throwing. */
  void reserve(std::uint64_t capacity) { try_reserve(capacity).value(); }
  /** Gives room back that no element needs. Fails as append(), and with pinned. Cost: a few system calls. */
  Result<void> try_shrink() {
    return detail::done([&](deltos_error *err) { return deltos_array_shrink(get(), err); });
  }
  /** The same, throwing. */
  void shrink() { try_shrink().value(); }
  /** Removes all elements; room stays. Fails as remove(). */
  Result<void> try_clear() {
    return detail::done([&](deltos_error *err) { return deltos_array_clear(get(), err); });
  }
  /** The same, throwing. */
  void clear() { try_clear().value(); }
  /** Reverses the order of the elements. Fails with readonly where it may not be written, and as view(). */
  Result<void> try_reverse() {
    return detail::done([&](deltos_error *err) { return deltos_array_reverse(get(), err); });
  }
  /** The same, throwing. */
  void reverse() { try_reverse().value(); }
  /** Turns the bytes of every number round. Fails as reverse(), and with type where elements are structures. */
  Result<void> try_byteswap() {
    return detail::done([&](deltos_error *err) { return deltos_array_byteswap(get(), err); });
  }
  /** The same, throwing. */
  void byteswap() { try_byteswap().value(); }

  /**
   * Brings it into the state that a crash of the machine leaves: a flat file has its content's size then, the length of
   * a stored one is committed.
   *
   * @param durable  Whether it is on disk when the call returns.
   * Fails with invalid, pinned, kind, stale, closed, forked, busy, no_space, corrupt, io, in_doubt, replaced, readonly,
   * no_memory or internal, as deltos_array_flush() says. Cost: a few system calls; durable: that of writing.
   */
  Result<void> try_flush(bool durable = false) {
    return detail::done([&](deltos_error *err) { return deltos_array_flush(get(), durable ? 1 : 0, err); });
  }
  /** The same, throwing. */
  void flush(bool durable = false) { try_flush(durable).value(); }

  /**
   * Closes the handle, or refuses and changes nothing: with pinned while views acquired through it live. The array is
   * empty afterwards; closing an empty one does nothing. Its destructor never refuses: a flat file gets its size then
   * when the last view goes.
   *
   * Fails with kind, pinned, io, no_memory or internal, as deltos_array_close() says. Cost: a few system calls.
   */
  Result<void> try_close() {
    deltos_object *handle = release();
    Result<void> closed = detail::done([&](deltos_error *err) { return deltos_array_close(&handle, err); });
    *this = Array(handle);
    return closed;
  }
  /** The same, throwing. */
  void close() { try_close().value(); }

  /** Turns it into one of elements of type T: `std::move(array).as<double>()`. Fails with type where they are not, with
   * kind where it is no array, and as info(); it is unchanged then. */
  template <class T>
  Result<TypedArray<T>> try_as() &&;
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TypedArray<T> as() && {
    return std::move(*this).template try_as<T>().value();
  }

 private:
  friend class Transaction;

  template <class Call>
  static Result<Array> opened(Call &&call) {
    deltos_object *array = nullptr;
    deltos_error error;
    if (call(&array, &error) != DELTOS_OK) return Error(error);
    return Array(array);
  }
  static deltos_array_options raw_of(const ArrayOptions &options) noexcept {
    deltos_array_options raw{};
    raw.struct_size = sizeof raw;
    raw.create = static_cast<std::int32_t>(options.create);
    raw.flags = options.sigbus_guard ? std::uint32_t{DELTOS_OPEN_SIGBUS_GUARD} : 0U;
    raw.capacity = options.capacity;
    raw.window_bytes = options.window_bytes;
    raw.max_bytes = options.max_bytes;
    return raw;
  }
};

/**
 * Appends elements to an array without a call of the library for each: they are written behind the last one, and become
 * elements when publish() is called, a portion of 64 KiB is full, or this goes. Nothing else may change the array until
 * then. It borrows the array's handle: the array may be moved meanwhile, but not be closed or released before it.
 */
template <class T>
class Appender {
 public:
  using value_type = T;

  explicit Appender(Array &array) noexcept : array_(array.get()) {}
  Appender(Appender &&other) noexcept
      : array_(other.array_),
        begin_(std::exchange(other.begin_, nullptr)),
        at_(std::exchange(other.at_, nullptr)),
        end_(std::exchange(other.end_, nullptr)) {}
  Appender &operator=(Appender &&other) noexcept {
    Appender taken(std::move(other));
    std::swap(array_, taken.array_);
    std::swap(begin_, taken.begin_);
    std::swap(at_, taken.at_);
    std::swap(end_, taken.end_);
    return *this;
  }
  /** Publishes; what cannot be published (the array was closed meanwhile) is dropped. */
  ~Appender() { static_cast<void>(try_publish()); }

  /** Writes one more. Fails as Array::append(); what was written before stays. Cost: a store, and now and then a call.
   */
  Result<void> try_push_back(const T &value) {
    if (at_ == end_) {
      const T kept = value;  // it may lie where it will no longer be
      const Result<void> more = try_more();
      if (!more) return more;
      *at_++ = kept;
      return {};
    }
    *at_++ = value;
    return {};
  }
  /** The same, throwing. */
  void push_back(const T &value) {
    if (at_ != end_) {
      *at_++ = value;
    } else {
      try_push_back(value).value();
    }
  }
  /** Makes elements of what was written. Fails as Array::advance(); it can be tried again then. */
  Result<void> try_publish() {
    if (at_ != begin_) {
      const auto count = static_cast<std::uint64_t>(at_ - begin_);
      const Result<void> done =
          detail::done([&](deltos_error *err) { return deltos_array_advance(array_, count, err); });
      if (!done) return done;
    }
    begin_ = at_ = end_ = nullptr;
    return {};
  }
  /** The same, throwing. */
  void publish() { try_publish().value(); }
  /** How many were written and are not published. */
  std::size_t pending() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

 private:
  static constexpr std::uint64_t kPortion = sizeof(T) < 65536 ? 65536 / sizeof(T) : 1;

  Result<void> try_more() {
    Result<void> done = try_publish();
    if (!done) return done;
    void *tail = nullptr;
    std::uint64_t room = 0;
    done = detail::done([&](deltos_error *err) { return deltos_array_tail(array_, 1, &tail, &room, err); });
    if (!done) return done;
    begin_ = at_ = static_cast<T *>(tail);
    end_ = begin_ + (room < kPortion ? room : kPortion);
    return {};
  }

  deltos_object *array_;
  T *begin_ = nullptr;
  T *at_ = nullptr;
  T *end_ = nullptr;
};

/** An array of elements that are known to be T. */
template <class T>
class TypedArray : public Array {
  static_assert(detail::is_element<T> && !std::is_const_v<T>, "specialise deltos::format_of for this type");

 public:
  using value_type = T;

  TypedArray() noexcept = default;

  /** As Array has them, of elements of type T. */
  static Result<TypedArray> try_open_file(const Text &path, Mode mode = Mode::read, const ArrayOptions &options = {}) {
    return typed(Array::try_open_file(path, ElementType::of<T>(), mode, options));
  }
  [[nodiscard]] static TypedArray open_file(const Text &path, Mode mode = Mode::read,
                                            const ArrayOptions &options = {}) {
    return try_open_file(path, mode, options).value();
  }
  static Result<TypedArray> try_open_anonymous(const ArrayOptions &options = {}) {
    return typed(Array::try_open_anonymous(ElementType::of<T>(), options));
  }
  [[nodiscard]] static TypedArray open_anonymous(const ArrayOptions &options = {}) {
    return try_open_anonymous(options).value();
  }
  static Result<TypedArray> try_open_fd(int fd, Mode mode = Mode::read, const ArrayOptions &options = {}) {
    return typed(Array::try_open_fd(fd, mode, options));
  }
  [[nodiscard]] static TypedArray open_fd(int fd, Mode mode = Mode::read, const ArrayOptions &options = {}) {
    return try_open_fd(fd, mode, options).value();
  }

  /** Appends one element; seen at once. Fails as Array::append(). Cost: one call; an appender() has none. */
  Result<void> try_push_back(const T &value) { return Array::try_append(&value, 1); }
  /** The same, throwing. */
  void push_back(const T &value) { try_push_back(value).value(); }
  /** Appends a list of elements. Fails as Array::append(). */
  Result<void> try_append(Span<const T> items) { return Array::try_append(items.data(), items.size()); }
  /** The same, throwing. */
  void append(Span<const T> items) { try_append(items).value(); }
  /** Appends many without a call for each. */
  [[nodiscard]] Appender<T> appender() noexcept { return Appender<T>(*this); }
  /** Inserts elements before one; a negative index counts from the end. Fails as Array::insert(). */
  Result<void> try_insert(std::int64_t index, Span<const T> items) {
    return Array::try_insert(index, items.data(), items.size());
  }
  /** The same, throwing. */
  void insert(std::int64_t index, Span<const T> items) { try_insert(index, items).value(); }
  Result<void> try_insert(std::int64_t index, const T &value) { return Array::try_insert(index, &value, 1); }
  void insert(std::int64_t index, const T &value) { try_insert(index, value).value(); }
  /** Removes the last element and returns it. Fails with range where there is none, and as Array::remove(). */
  Result<T> try_pop_back() {
    return detail::made<T>([&](T &value, deltos_error *err) { return deltos_array_remove(get(), -1, 1, &value, err); });
  }
  /** The same, throwing. */
  T pop_back() { return try_pop_back().value(); }

  /** The elements that there are, read-only. Fails as Object::view(). */
  Result<TypedView<const T>> try_elements() const { return try_view<const T>(); }
  /** The same, throwing. */
  [[nodiscard]] TypedView<const T> elements() const { return try_elements().value(); }
  /** The elements that there are, to be written. Fails as Object::view(). */
  Result<TypedView<T>> try_writable_elements() const { return try_view<T>(); }
  /** The same, throwing. */
  [[nodiscard]] TypedView<T> writable_elements() const { return try_writable_elements().value(); }

 private:
  friend class Array;
  explicit TypedArray(Array &&array) noexcept : Array(std::move(array)) {}
  static Result<TypedArray> typed(Result<Array> &&array) {
    if (!array) return array.error();
    return std::move(*array).template try_as<T>();
  }
};

template <class T>
Result<TypedArray<T>> Array::try_as() && {
  const Result<ObjectInfo> found = try_info();
  if (!found) return found.error();
  if (found->kind != Kind::array) return Error(Status::kind, "it is no array; see info()");
  const Result<void> typed = detail::check_element<T>(found->format.c_str(), found->dtype, found->itemsize);
  if (!typed) return typed.error();
  return TypedArray<T>(std::move(*this));
}

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
