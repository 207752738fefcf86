/**
 * @file
 * @defgroup deltos_hpp_elements Elements of memory in C++
 *
 * What can be done with elements whatever their layout, see elements.h: a View, a TypedView or memory of the program's
 * own, all given as a Memory. An element that is given is of a type of C++ (its type is checked) or an Item of bytes.
 *
 * @code
 * const deltos::TypedView<double> grid = storage.view<double>("grid");
 * deltos::fill(grid.slice({0}), 0.5);
 * if (deltos::find(grid, 4.0) >= 0) std::cout << "there is a 4\n";
 * deltos::set(grid, {1, 2}, 7);
 * @endcode
 *
 * Thread safety: any, for all of them; only the atomic ones order anything.
 * @{
 */
#ifndef DELTOS_HPP_ELEMENTS_HPP
#define DELTOS_HPP_ELEMENTS_HPP

#include <atomic>
#include <deltos/hpp/view.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** The bytes of one element of some memory's type, as they lie there; borrowed for the call. */
class Item {
 public:
  Item(const void *data, std::size_t size) noexcept : data_(data), size_(size) {}
  const void *data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  const void *data_;
  std::size_t size_;
};

/** Indices of an element, one for each dimension, from 0: `{1, 2}`, a Shape or an array. Borrowed for the call. */
class Index {
 public:
  Index(std::initializer_list<std::int64_t> indices) noexcept : Index(indices.begin(), indices.size()) {}
  Index(const std::int64_t *data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <class List, class = std::enable_if_t<std::is_convertible_v<
                            decltype(std::data(std::declval<const List &>())), const std::int64_t *>>>
  Index(const List &indices) noexcept : data_(std::data(indices)), size_(std::size(indices)) {}
  const std::int64_t *data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  const std::int64_t *data_;
  std::size_t size_;
};

namespace detail {

template <class T>
inline constexpr bool is_number = is_one_of<T, bool, float, double> || is_integer<T>;

/** Memory as C sees it, and what is to be checked before it is used: C does not know how many indices there are, nor
 * of which type an element of C++ is. */
class Checked {
 public:
  explicit Checked(const Memory &memory) noexcept : filled_(memory) {}
  const deltos_view *get() const noexcept { return filled_.get(); }

  Result<void> has(const Index &index) const noexcept {
    const deltos_view *view = get();
    if (view == nullptr || view->ndim < 0 || index.size() == static_cast<std::size_t>(view->ndim)) return {};
    return Error(Status::range, "there is not one index for each dimension; see ndim()");
  }
  /** Of a view that is missing or malformed, C tells what is wrong. */
  template <class T>
  Result<void> holds() const {
    const deltos_view *view = get();
    if (view == nullptr) return {};
    if (view->format != nullptr && view->itemsize != 0 && view->dtype != DELTOS_DTYPE_OTHER) {
      return check_element<T>(view->format, static_cast<Dtype>(view->dtype), view->itemsize);
    }
    if (view->dtype != DELTOS_DTYPE_OTHER && static_cast<Dtype>(view->dtype) == dtype_of<T>) return {};
    const char *format = view->format;
    if (format == nullptr && view->dtype == DELTOS_DTYPE_OTHER) format = "B";
    if (format == nullptr) return type_error("another type", format_of<T>::value);
    const Result<FormatInfo> info = try_describe_format(format);
    if (!info) return info.error();
    const auto dtype = view->dtype == DELTOS_DTYPE_OTHER ? info->dtype : static_cast<Dtype>(view->dtype);
    return check_element<T>(info->canonical.c_str(), dtype, info->itemsize);
  }

 private:
  FilledMemory filled_;
};

template <class T>
inline constexpr bool is_item = std::is_same_v<T, Item>;

/** Calls with the bytes of an element whose type has been checked. */
template <class T, class Call>
auto with_item(const Memory &memory, const T &item, Call &&call) -> decltype(call(nullptr, nullptr, std::uint64_t{})) {
  const Checked checked(memory);
  if constexpr (is_item<T>) {
    return call(checked.get(), item.data(), item.size());
  } else {
    static_assert(is_element<T>, "specialise deltos::format_of for this type, or give an Item");
    const Result<void> held = checked.template holds<T>();
    if (!held) return held.error();
    return call(checked.get(), &item, sizeof(T));
  }
}

}  // namespace detail

/**
 * Stores one element everywhere: `fill(view, 0.5)`.
 *
 * Fails with invalid, type, readonly, structure, format, unsupported, limit, no_memory or internal, as
 * deltos_view_fill() says; nothing was written then. Cost: that of the stores.
 */
template <class T>
Result<void> try_fill(const Memory &target, const T &item) {
  return detail::with_item(target, item, [](const deltos_view *view, const void *data, std::uint64_t size) {
    return detail::done([&](deltos_error *err) { return deltos_view_fill(view, data, size, err); });
  });
}
/** The same, throwing. */
template <class T>
void fill(const Memory &target, const T &item) {
  try_fill(target, item).value();
}

/**
 * Whether the shapes are the same, and the elements by value: 1 equals 1.0, 0.0 equals -0.0, NaN equals nothing.
 *
 * Fails with invalid, structure, format, unsupported, limit, no_memory or internal, as deltos_view_equal() says.
 * Cost: reads up to the first difference.
 */
inline Result<bool> try_equal(const Memory &left, const Memory &right) {
  const FilledMemory a(left), b(right);
  return detail::made<bool>([&](bool &is_equal, deltos_error *err) {
    std::uint8_t answer = 0;
    const deltos_status status = deltos_view_equal(a.get(), b.get(), &answer, err);
    is_equal = answer != 0;
    return status;
  });
}
/** The same, throwing. */
[[nodiscard]] inline bool equal(const Memory &left, const Memory &right) { return try_equal(left, right).value(); }

/** Answers of compare(). */
enum class Order : std::int32_t {
  less = DELTOS_COMPARE_LESS,
  equal = DELTOS_COMPARE_EQUAL,
  greater = DELTOS_COMPARE_GREATER,
  unordered = DELTOS_COMPARE_UNORDERED
};

/**
 * What the left one is to the right one by value, like words in a dictionary.
 *
 * Fails with invalid, unsupported (no order between the types), structure, format, limit, no_memory or internal, as
 * deltos_view_compare() says. Cost: reads up to the first difference.
 */
inline Result<Order> try_compare(const Memory &left, const Memory &right) {
  const FilledMemory a(left), b(right);
  return detail::made<Order>([&](Order &order, deltos_error *err) {
    std::int32_t answer = 0;
    const deltos_status status = deltos_view_compare(a.get(), b.get(), &answer, err);
    order = static_cast<Order>(answer);
    return status;
  });
}
/** The same, throwing. */
[[nodiscard]] inline Order compare(const Memory &left, const Memory &right) { return try_compare(left, right).value(); }

/**
 * The number in C order of the first element that equals one by value, from a number on; -1: there is none.
 *
 * Fails with invalid, type, range (there is no element `from`), structure, format, unsupported, limit, no_memory or
 * internal, as deltos_view_find() says. Cost: reads up to the element.
 */
template <class T>
Result<std::int64_t> try_find(const Memory &memory, const T &item, std::int64_t from = 0) {
  return detail::with_item(memory, item, [from](const deltos_view *view, const void *data, std::uint64_t size) {
    return detail::made<std::int64_t>(
        [&](std::int64_t &index, deltos_error *err) { return deltos_view_find(view, data, size, from, &index, err); });
  });
}
/** The same, throwing. */
template <class T>
[[nodiscard]] std::int64_t find(const Memory &memory, const T &item, std::int64_t from = 0) {
  return try_find(memory, item, from).value();
}

/**
 * How many elements equal one by value.
 *
 * Fails with invalid, type, structure, format, unsupported, limit, no_memory or internal, as deltos_view_count() says.
 * Cost: reads all elements.
 */
template <class T>
Result<std::uint64_t> try_count(const Memory &memory, const T &item) {
  return detail::with_item(memory, item, [](const deltos_view *view, const void *data, std::uint64_t size) {
    return detail::made<std::uint64_t>(
        [&](std::uint64_t &count, deltos_error *err) { return deltos_view_count(view, data, size, &count, err); });
  });
}
/** The same, throwing. */
template <class T>
[[nodiscard]] std::uint64_t count(const Memory &memory, const T &item) {
  return try_count(memory, item).value();
}

/**
 * Copies rows that are chosen by number: target[i] = source[rows[i]].
 *
 * Fails with invalid, type, range (there is no such row), readonly, structure, format, unsupported, limit, no_memory or
 * internal, as deltos_view_gather() says; nothing was written then. Cost: that of the copy.
 */
inline Result<void> try_gather(const Memory &source, Span<const std::int64_t> rows, const Memory &target) {
  const FilledMemory from(source), to(target);
  return detail::done(
      [&](deltos_error *err) { return deltos_view_gather(from.get(), rows.data(), rows.size(), to.get(), err); });
}
/** The same, throwing. */
inline void gather(const Memory &source, Span<const std::int64_t> rows, const Memory &target) {
  try_gather(source, rows, target).value();
}

/**
 * Reads from a descriptor straight into the elements, until they are full or its end is reached; returns how many bytes
 * were read.
 *
 * @param offset  Where in the file to read, its position stays; -1: at its position.
 * @param so_far  Set as well, also when it fails: the bytes that were read before.
 * Fails with invalid, readonly, io, structure, format, unsupported, limit, no_memory or internal, as
 * deltos_view_read_fd() says. Waits for the descriptor. Cost: that of the reads.
 */
inline Result<std::uint64_t> try_read_fd(const Memory &target, int fd, std::int64_t offset = -1,
                                         std::uint64_t *so_far = nullptr) {
  const FilledMemory to(target);
  return detail::made<std::uint64_t>([&](std::uint64_t &bytes, deltos_error *err) {
    const deltos_status status = deltos_view_read_fd(to.get(), fd, offset, &bytes, err);
    if (so_far != nullptr) *so_far = bytes;
    return status;
  });
}
/** The same, throwing. */
inline std::uint64_t read_fd(const Memory &target, int fd, std::int64_t offset = -1, std::uint64_t *so_far = nullptr) {
  return try_read_fd(target, fd, offset, so_far).value();
}

/**
 * Writes all elements to a descriptor, in C order; returns how many bytes that were.
 *
 * @param offset  Where in the file to write, its position stays; -1: at its position.
 * @param so_far  Set as well, also when it fails: the bytes that were written before.
 * Fails with invalid, no_space, io, structure, format, unsupported, limit, no_memory or internal, as
 * deltos_view_write_fd() says. Waits for the descriptor. Cost: that of the writes.
 */
inline Result<std::uint64_t> try_write_fd(const Memory &source, int fd, std::int64_t offset = -1,
                                          std::uint64_t *so_far = nullptr) {
  const FilledMemory from(source);
  return detail::made<std::uint64_t>([&](std::uint64_t &bytes, deltos_error *err) {
    const deltos_status status = deltos_view_write_fd(from.get(), fd, offset, &bytes, err);
    if (so_far != nullptr) *so_far = bytes;
    return status;
  });
}
/** The same, throwing. */
inline std::uint64_t write_fd(const Memory &source, int fd, std::int64_t offset = -1, std::uint64_t *so_far = nullptr) {
  return try_write_fd(source, fd, offset, so_far).value();
}

/**
 * One element as a number: `get<double>(view, {1, 2})`, also std::int64_t and std::uint64_t. The elements may be
 * numbers of any kind; the answer is the same number or a failure.
 *
 * Fails with invalid, range (an index outside its dimension, not as many as there are, or a number that T cannot hold),
 * type (no number), structure, format, unsupported, limit, no_memory or internal, as deltos_view_get_i64() says.
 * Cost: constant; where the type is known, TypedView is faster.
 */
template <class T>
Result<T> try_get(const Memory &memory, const Index &index) {
  static_assert(detail::is_one_of<T, std::int64_t, std::uint64_t, double>,
                "a number is got as std::int64_t, std::uint64_t or double");
  const detail::Checked checked(memory);
  const Result<void> has = checked.has(index);
  if (!has) return has.error();
  return detail::made<T>([&](T &value, deltos_error *err) {
    if constexpr (std::is_same_v<T, std::int64_t>) return deltos_view_get_i64(checked.get(), index.data(), &value, err);
    if constexpr (std::is_same_v<T, std::uint64_t>)
      return deltos_view_get_u64(checked.get(), index.data(), &value, err);
    if constexpr (std::is_same_v<T, double>) return deltos_view_get_f64(checked.get(), index.data(), &value, err);
  });
}
/** The same, throwing. */
template <class T>
[[nodiscard]] T get(const Memory &memory, const Index &index) {
  return try_get<T>(memory, index).value();
}

/** Copies the bytes of one element, of any type, to `item`, which has room for `size`: as many as an element has. Fails
 * as get(), and with type where the room is not that of an element. */
inline Result<void> try_get_bytes(const Memory &memory, const Index &index, void *item, std::size_t size) {
  const detail::Checked checked(memory);
  const Result<void> has = checked.has(index);
  if (!has) return has.error();
  return detail::done(
      [&](deltos_error *err) { return deltos_view_get_bytes(checked.get(), index.data(), item, size, err); });
}
/** The same, throwing. */
inline void get_bytes(const Memory &memory, const Index &index, void *item, std::size_t size) {
  try_get_bytes(memory, index, item, size).value();
}

/**
 * Stores a number in one element, whatever kind of number that is: `set(view, {1, 2}, 7)`. What the element cannot hold
 * is a failure, but that a fraction is rounded in a float.
 *
 * Fails with invalid, range (an index outside its dimension, not as many as there are, or a number that the element
 * cannot hold), type (no number), readonly, structure, format, unsupported, limit, no_memory or internal, as
 * deltos_view_set_i64() says; nothing is stored then. Cost: constant.
 */
template <class T>
Result<void> try_set(const Memory &memory, const Index &index, T value) {
  static_assert(detail::is_number<T>, "a number is set; for other elements, set_bytes()");
  const detail::Checked checked(memory);
  const Result<void> has = checked.has(index);
  if (!has) return has.error();
  return detail::done([&](deltos_error *err) {
    if constexpr (std::is_floating_point_v<T>) {
      return deltos_view_set_f64(checked.get(), index.data(), static_cast<double>(value), err);
    } else if constexpr (std::is_signed_v<T>) {
      return deltos_view_set_i64(checked.get(), index.data(), static_cast<std::int64_t>(value), err);
    } else {
      return deltos_view_set_u64(checked.get(), index.data(), static_cast<std::uint64_t>(value), err);
    }
  });
}
/** The same, throwing. */
template <class T>
void set(const Memory &memory, const Index &index, T value) {
  try_set(memory, index, value).value();
}

/** Stores the bytes of one element, of any type. Fails as set(), and with type where there are not as many bytes as an
 * element has. */
inline Result<void> try_set_bytes(const Memory &memory, const Index &index, Item item) {
  const detail::Checked checked(memory);
  const Result<void> has = checked.has(index);
  if (!has) return has.error();
  return detail::done([&](deltos_error *err) {
    return deltos_view_set_bytes(checked.get(), index.data(), item.data(), item.size(), err);
  });
}
/** The same, throwing. */
inline void set_bytes(const Memory &memory, const Index &index, Item item) {
  try_set_bytes(memory, index, item).value();
}

namespace detail {

constexpr std::int32_t number_of(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_relaxed:
      return DELTOS_MEMORY_RELAXED;
    case std::memory_order_consume:
    case std::memory_order_acquire:
      return DELTOS_MEMORY_ACQUIRE;
    case std::memory_order_release:
      return DELTOS_MEMORY_RELEASE;
    case std::memory_order_acq_rel:
      return DELTOS_MEMORY_ACQ_REL;
    case std::memory_order_seq_cst:
      break;
  }
  return DELTOS_MEMORY_SEQ_CST;
}

/** Calls with a view whose elements are T and which has one dimension for each index. */
template <class T, class Call>
auto atomically(const Memory &memory, const Index &index, Call &&call) -> decltype(call(nullptr)) {
  static_assert(is_number<T> && (sizeof(T) == 4 || sizeof(T) == 8), "atomic are integers and floats of 4 or 8 bytes");
  const Checked checked(memory);
  const Result<void> has = checked.has(index);
  if (!has) return has.error();
  const Result<void> holds = checked.template holds<T>();
  if (!holds) return holds.error();
  return call(checked.get());
}

}  // namespace detail

/**
 * Loads an element atomically, between threads and processes: `atomic_load<std::int64_t>(view, {0})`. For what C++20
 * has std::atomic_ref for, also in C++17 and with the checks.
 *
 * Fails with invalid (also an order that is not one for loads), range, type, layout (not aligned), structure, format,
 * unsupported, limit, no_memory or internal, as deltos_view_atomic_load() says. Cost: constant.
 */
template <class T>
Result<T> try_atomic_load(const Memory &memory, const Index &index,
                          std::memory_order order = std::memory_order_seq_cst) {
  return detail::atomically<T>(memory, index, [&](const deltos_view *view) {
    return detail::made<T>([&](T &value, deltos_error *err) {
      return deltos_view_atomic_load(view, index.data(), detail::number_of(order), &value, sizeof(T), err);
    });
  });
}
/** The same, throwing. */
template <class T>
[[nodiscard]] T atomic_load(const Memory &memory, const Index &index,
                            std::memory_order order = std::memory_order_seq_cst) {
  return try_atomic_load<T>(memory, index, order).value();
}

/** Stores an element atomically. Fails as atomic_load(), and with readonly. */
template <class T>
Result<void> try_atomic_store(const Memory &memory, const Index &index, T value,
                              std::memory_order order = std::memory_order_seq_cst) {
  return detail::atomically<T>(memory, index, [&](const deltos_view *view) {
    return detail::done([&](deltos_error *err) {
      return deltos_view_atomic_store(view, index.data(), detail::number_of(order), &value, sizeof(T), err);
    });
  });
}
/** The same, throwing. */
template <class T>
void atomic_store(const Memory &memory, const Index &index, T value,
                  std::memory_order order = std::memory_order_seq_cst) {
  try_atomic_store(memory, index, value, order).value();
}

/** Adds to an element atomically, and returns what it was before. Integers wrap around. Fails as atomic_store(). */
template <class T>
Result<T> try_atomic_add(const Memory &memory, const Index &index, T summand,
                         std::memory_order order = std::memory_order_seq_cst) {
  return detail::atomically<T>(memory, index, [&](const deltos_view *view) {
    return detail::made<T>([&](T &previous, deltos_error *err) {
      return deltos_view_atomic_add(view, index.data(), detail::number_of(order), &summand, &previous, sizeof(T), err);
    });
  });
}
/** The same, throwing. */
template <class T>
T atomic_add(const Memory &memory, const Index &index, T summand, std::memory_order order = std::memory_order_seq_cst) {
  return try_atomic_add(memory, index, summand, order).value();
}

/**
 * Stores an element atomically if it is, byte for byte, what is expected, and returns whether it was. If it was not,
 * `expected` becomes what it is. Fails as atomic_store().
 */
template <class T>
Result<bool> try_atomic_compare_exchange(const Memory &memory, const Index &index, T &expected, T desired,
                                         std::memory_order order = std::memory_order_seq_cst) {
  return detail::atomically<T>(memory, index, [&](const deltos_view *view) {
    return detail::made<bool>([&](bool &is_exchanged, deltos_error *err) {
      std::uint8_t exchanged = 0;
      const deltos_status status = deltos_view_atomic_compare_exchange(view, index.data(), detail::number_of(order),
                                                                       &expected, &desired, sizeof(T), &exchanged, err);
      is_exchanged = exchanged != 0;
      return status;
    });
  });
}
/** The same, throwing. */
template <class T>
bool atomic_compare_exchange(const Memory &memory, const Index &index, T &expected, T desired,
                             std::memory_order order = std::memory_order_seq_cst) {
  return try_atomic_compare_exchange(memory, index, expected, desired, order).value();
}

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
