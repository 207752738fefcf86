/**
 * @file
 * @defgroup deltos_hpp_view Memory and views in C++
 *
 * Memory describes memory of the caller's for a call that reads, fills or wraps it. View owns memory that the library
 * exports; TypedView<T> is a View whose elements have been checked to be T. A view keeps what it shows mapped and in
 * its place until it goes, whatever becomes of the object, the snapshot, the transaction and the storage. A sub-view
 * (slice(), window(), transpose(), reshape(), cast()) is a view of its own over the same memory, with the same promise;
 * elements.hpp has what can be done with the elements of either.
 *
 * What other processes may write is shared memory: where it matters, use std::atomic_ref or a copy. Only a sealed()
 * view is memory that nobody ever writes. A byte that is neither 0 nor 1 makes no bool: read a bool from a file that is
 * not trusted as std::uint8_t.
 *
 * Thread safety: a view may be read by any number of threads; moving and releasing it is for one.
 * @{
 */
#ifndef DELTOS_HPP_VIEW_HPP
#define DELTOS_HPP_VIEW_HPP

#include <cassert>
#include <deltos/hpp/element.hpp>
#include <initializer_list>
#include <limits>
#include <optional>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** What the caller can cope with, see view.h; values may be joined by `|`. */
enum class Request : std::int32_t {
  simple = DELTOS_VIEW_SIMPLE,
  writable = DELTOS_VIEW_WRITABLE,
  format = DELTOS_VIEW_FORMAT,
  nd = DELTOS_VIEW_ND,
  strides = DELTOS_VIEW_STRIDES,
  c = DELTOS_VIEW_C,
  f = DELTOS_VIEW_F,
  any = DELTOS_VIEW_ANY,
  indirect = DELTOS_VIEW_INDIRECT,
  full_ro = DELTOS_VIEW_FULL_RO,
  full = DELTOS_VIEW_FULL
};
constexpr Request operator|(Request left, Request right) noexcept {
  return static_cast<Request>(static_cast<std::int32_t>(left) | static_cast<std::int32_t>(right));
}

class View;

/**
 * Memory of the caller's with its element type and layout, as an argument: of create(), replace(), View::wrap() and
 * copy(). Made from a std::vector, std::array, span or array (one dimension), from an address and a shape, or from a
 * View. The memory is borrowed and must outlive the call; shape, strides and format are copied into it.
 */
class Memory {
 public:
  /** One dimension, contiguous. */
  template <class List, class = std::enable_if_t<detail::is_list<List> && !std::is_base_of_v<View, std::decay_t<List>>>>
  Memory(List &&list) : Memory(std::data(list), Shape{static_cast<std::int64_t>(std::size(list))}) {}
  Memory(const View &view) noexcept;

  /**
   * Any shape; strides in bytes, one for each dimension; C order when they are left out. Memory of const T is
   * read-only.
   */
  template <class T, class = std::enable_if_t<detail::is_element<T>>>
  Memory(T *data, Shape shape, Shape strides = {})
      : Memory(data, ElementType::of<std::remove_cv_t<T>>(), std::move(shape), std::move(strides)) {}

  /** An element type chosen at run time. */
  Memory(void *data, ElementType type, Shape shape, Shape strides = {})
      : Memory(static_cast<const void *>(data), std::move(type), std::move(shape), std::move(strides)) {
    readonly_ = false;
  }
  Memory(const void *data, ElementType type, Shape shape, Shape strides = {})
      : data_(data), type_(std::move(type)), shape_(std::move(shape)), strides_(std::move(strides)) {}

  /** Rows that are reached through pointers, see view.h. */
  Memory &set_suboffsets(Shape suboffsets) {
    suboffsets_ = std::move(suboffsets);
    return *this;
  }

 private:
  friend class FilledMemory;
  const void *data_ = nullptr;
  ElementType type_;
  Shape shape_, strides_, suboffsets_;
  bool readonly_ = true;
  const deltos_view *made_ = nullptr;
  bool is_view_ = false;
};

/** A Memory as C sees it; for the calls of this header and for calls of C beside it. It borrows from the Memory. */
class FilledMemory {
 public:
  explicit FilledMemory(const Memory &memory) noexcept : made_(memory.is_view_ ? memory.made_ : &filled_) {
    filled_.struct_size = sizeof filled_;
    filled_.ndim = has_one_for_each(memory) ? static_cast<std::int32_t>(memory.shape_.size()) : kRefused;
    filled_.dtype = static_cast<std::int32_t>(memory.type_.dtype());
    filled_.readonly = memory.readonly_ ? 1 : 0;
    filled_.data = const_cast<void *>(memory.data_);
    filled_.format = memory.type_.format();
    filled_.shape = memory.shape_.data();
    filled_.strides = memory.strides_.empty() ? nullptr : memory.strides_.data();
    filled_.suboffsets = memory.suboffsets_.empty() ? nullptr : memory.suboffsets_.data();
  }
  FilledMemory(const FilledMemory &) = delete;
  FilledMemory &operator=(const FilledMemory &) = delete;
  /** NULL of a View that is empty, which every call answers with invalid. */
  const deltos_view *get() const noexcept { return made_; }

 private:
  /** A number of dimensions that every call answers with invalid: not one stride for each length. */
  static constexpr std::int32_t kRefused = -1;
  static bool has_one_for_each(const Memory &memory) noexcept {
    const std::size_t wanted = memory.shape_.size();
    return (memory.strides_.empty() || memory.strides_.size() == wanted) &&
           (memory.suboffsets_.empty() || memory.suboffsets_.size() == wanted);
  }

  const deltos_view *made_;
  deltos_view filled_{};
};

/**
 * One dimension of View::slice(): a number is one index, whose dimension goes; `{1, 5}` is from 1 to before 5, `{1, 5,
 * 2}` every second of these, `{{}, {}, -1}` all of it backwards, `{}` all of it. Negative ones count from the end.
 */
class Slice {
 public:
  using Limit = std::optional<std::int64_t>;

  Slice() noexcept : Slice(Limit(), Limit()) {}
  template <class Index, class = std::enable_if_t<std::is_integral_v<Index>>>
  Slice(Index index) noexcept {
    raw_.start = static_cast<std::int64_t>(index);
    raw_.flags = DELTOS_SLICE_INDEX;
  }
  /** A limit that is left out is the end of the dimension. */
  Slice(Limit start, Limit stop, std::int64_t step = 1) noexcept {
    raw_.start = start.value_or(0);
    raw_.stop = stop.value_or(0);
    raw_.step = step;
    raw_.flags =
        (start ? 0U : std::uint32_t{DELTOS_SLICE_NO_START}) | (stop ? 0U : std::uint32_t{DELTOS_SLICE_NO_STOP});
  }
  const deltos_slice &raw() const noexcept { return raw_; }

 private:
  deltos_slice raw_{};
};

/** In which orders elements lie packed in memory. */
enum class Contiguity : std::int32_t {
  none = 0,
  c = DELTOS_CONTIGUOUS_C,
  f = DELTOS_CONTIGUOUS_F,
  both = DELTOS_CONTIGUOUS_C | DELTOS_CONTIGUOUS_F
};

/**
 * Consecutive windows along the first dimension of a view, the last of which may be short; made by chunks(). An input
 * range of views, walked once, that borrows the view. Going on throws as window() does, and so does begin().
 */
template <class Viewed>
class Chunks {
 public:
  Chunks(const Viewed &view, std::int64_t length) noexcept : view_(&view), length_(length) {}

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Viewed;
    using difference_type = std::ptrdiff_t;
    using pointer = const Viewed *;
    using reference = const Viewed &;

    Iterator() noexcept = default;
    explicit Iterator(Chunks &chunks) : chunks_(&chunks) { settle(); }
    const Viewed &operator*() const noexcept { return chunks_->chunk_; }
    const Viewed *operator->() const noexcept { return &**this; }
    Iterator &operator++() {
      chunks_->offset_ += chunks_->length_;
      settle();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator &left, const Iterator &right) noexcept {
      return left.chunks_ == right.chunks_;
    }
    friend bool operator!=(const Iterator &left, const Iterator &right) noexcept { return !(left == right); }

   private:
    void settle() {
      if (!chunks_->has_chunk()) chunks_ = nullptr;
    }
    Chunks *chunks_ = nullptr;
  };
  Iterator begin() { return Iterator(*this); }
  Iterator end() noexcept { return {}; }

 private:
  /** Whether there is a chunk at offset_; makes it. What is no length, or has none, is window()'s to refuse. */
  bool has_chunk() {
    const std::int64_t length = length_ > 0 ? length_ : -1;
    if (length > 0 && *view_ && view_->ndim() > 0 && offset_ >= view_->get()->shape[0]) return false;
    chunk_ = view_->window(offset_, length);
    return true;
  }

  const Viewed *view_;
  std::int64_t length_;
  std::int64_t offset_ = 0;
  Viewed chunk_;
};

template <class T>
class TypedView;

/** Exported memory. */
class View {
 public:
  View() noexcept = default;
  /** Takes over a view of the C interface. */
  explicit View(deltos_view *taken) noexcept : handle_(taken) {}

  /**
   * Makes a view of the caller's memory, to be shared and released like any other.
   *
   * @param memory   Its layout is copied, its bytes are not.
   * @param release  Called once, without arguments, when the last view goes, on whatever thread that is; never when
   *                 wrapping fails. It must not block on other threads; what it throws ends the program.
   * Fails with invalid, structure, format, unsupported, range, limit, no_memory or internal, as deltos_view_wrap()
   * says. Threads: any. Cost: constant.
   */
  template <class Release>
  static Result<View> try_wrap(const Memory &memory, Release release) {
    detail::ReleaseCall<Release> call(std::move(release));
    Result<View> wrapped = wrap_raw(memory, &detail::ReleaseCall<Release>::run, call.user());
    if (wrapped) call.taken();
    return wrapped;
  }
  /** The same without being told; the memory must outlive every view of it. */
  static Result<View> try_wrap(const Memory &memory) { return wrap_raw(memory, nullptr, nullptr); }
  /** The same, throwing. */
  template <class Release>
  [[nodiscard]] static View wrap(const Memory &memory, Release release) {
    return try_wrap(memory, std::move(release)).value();
  }
  [[nodiscard]] static View wrap(const Memory &memory) { return try_wrap(memory).value(); }

  /**
   * Shows its elements to Arrow as a column, one entry for each index of the first dimension. The caller releases both
   * structures, of which the second may be NULL; they keep the memory.
   *
   * Fails with unsupported, invalid, no_memory or internal, as deltos_view_to_arrow() says. Cost: constant where
   * nothing is copied.
   */
  Result<void> try_to_arrow(ArrowSchema *schema, ArrowArray *array) const {
    return detail::done([&](deltos_error *err) { return deltos_view_to_arrow(get(), schema, array, err); });
  }
  /** The same, throwing. */
  void to_arrow(ArrowSchema *schema, ArrowArray *array) const { try_to_arrow(schema, array).value(); }

  /**
   * Another view of the same memory; either may go first.
   *
   * Fails with invalid, readonly, layout, no_memory or internal, as deltos_view_share() says.
   * Threads: any. Cost: constant, no system call.
   */
  Result<View> try_share(Request request = Request::full_ro) const {
    return detail::made<View>([&](View &view, deltos_error *err) {
      return deltos_view_share(get(), static_cast<std::int32_t>(request), view.handle_.address(), err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] View share(Request request = Request::full_ro) const { return try_share(request).value(); }

  /**
   * Part of it, dimension by dimension, as in Python's slices: `view.slice({2, {1, 5}, {{}, {}, -1}})`. Dimensions that
   * are not named are taken whole.
   *
   * Fails with invalid (also a step of 0), range (an index outside, more slices than dimensions), layout, no_memory or
   * internal, as deltos_view_slice() says. Threads: any. Cost: constant, no system call; of all sub-views alike.
   */
  Result<View> try_slice(std::initializer_list<Slice> slices) const {
    return try_slice(Span<const Slice>(slices.begin(), slices.size()));
  }
  Result<View> try_slice(Span<const Slice> slices) const {
    std::vector<deltos_slice> raw;
    raw.reserve(slices.size());
    for (const Slice &slice : slices) raw.push_back(slice.raw());
    const std::int32_t count = count_of(slices.size());
    return sub_view(
        [&](deltos_view **out, deltos_error *err) { return deltos_view_slice(get(), raw.data(), count, out, err); });
  }
  /** The same, throwing. */
  [[nodiscard]] View slice(std::initializer_list<Slice> slices) const { return try_slice(slices).value(); }
  [[nodiscard]] View slice(Span<const Slice> slices) const { return try_slice(slices).value(); }

  /**
   * Some consecutive elements along the first dimension; a length beyond the end is cut.
   *
   * Fails with invalid, range (the offset is outside, or the length negative), type (there is no dimension), no_memory
   * or internal, as deltos_view_window() says.
   */
  Result<View> try_window(std::int64_t offset, std::int64_t length) const {
    return sub_view(
        [&](deltos_view **out, deltos_error *err) { return deltos_view_window(get(), offset, length, out, err); });
  }
  /** The same, throwing. */
  [[nodiscard]] View window(std::int64_t offset, std::int64_t length) const {
    return try_window(offset, length).value();
  }
  /** `for (const deltos::View &chunk : view.chunks(4096))`: windows of that length, without a copy; the last may be
   * short. A length that is not positive throws. */
  Chunks<View> chunks(std::int64_t length) const &noexcept { return Chunks<View>(*this, length); }
  Chunks<View> chunks(std::int64_t length) && = delete;

  /**
   * The same elements with the dimensions in another order: all in reverse, or as named.
   *
   * Fails with invalid (also an axis twice, or another number of axes than dimensions), range (an axis that is none),
   * layout, no_memory or internal, as deltos_view_transpose() says.
   */
  Result<View> try_transpose(Span<const std::int32_t> axes) const {
    if (!*this || axes.size() != static_cast<std::size_t>(ndim())) {
      return Error(Status::invalid, "there is not one axis for each dimension; see ndim()");
    }
    constexpr std::int32_t none = 0;  // so that no dimensions are not taken for "all in reverse", which is the same
    return sub_view([&](deltos_view **out, deltos_error *err) {
      return deltos_view_transpose(get(), axes.empty() ? &none : axes.data(), out, err);
    });
  }
  Result<View> try_transpose(std::initializer_list<std::int32_t> axes) const {
    return try_transpose(Span<const std::int32_t>(axes.begin(), axes.size()));
  }
  Result<View> try_transpose() const {
    return sub_view(
        [&](deltos_view **out, deltos_error *err) { return deltos_view_transpose(get(), nullptr, out, err); });
  }
  /** The same, throwing. */
  [[nodiscard]] View transpose(Span<const std::int32_t> axes) const { return try_transpose(axes).value(); }
  [[nodiscard]] View transpose(std::initializer_list<std::int32_t> axes) const { return try_transpose(axes).value(); }
  [[nodiscard]] View transpose() const { return try_transpose().value(); }

  /**
   * The same elements, counted in C order, under another shape; one length may be -1: whatever is left.
   *
   * Fails with invalid, type (another number of elements), layout (it needs a copy), limit, no_memory or internal, as
   * deltos_view_reshape() says.
   */
  Result<View> try_reshape(const Shape &shape) const {
    const std::int32_t count = count_of(shape.size());
    return sub_view([&](deltos_view **out, deltos_error *err) {
      return deltos_view_reshape(get(), count, shape.data(), out, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] View reshape(const Shape &shape) const { return try_reshape(shape).value(); }

  /**
   * The same bytes as elements of another type; the last dimension gets as many as fill them.
   *
   * Fails with invalid, format, type, layout, unsupported, limit, no_memory or internal, as deltos_view_cast() says.
   */
  Result<View> try_cast(const ElementType &type) const {
    return sub_view([&](deltos_view **out, deltos_error *err) {
      return deltos_view_cast(get(), type.format(), static_cast<std::int32_t>(type.dtype()), out, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] View cast(const ElementType &type) const { return try_cast(type).value(); }
  /** The same for elements of type T; fails as as(), too. `const double` to read, `double` to write. */
  template <class T>
  Result<TypedView<T>> try_cast() const;
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TypedView<T> cast() const {
    return try_cast<T>().value();
  }

  /** In which orders the elements lie packed. Fails with invalid, no_memory or internal. Threads: any. Cost: constant.
   */
  Result<Contiguity> try_contiguity() const {
    return detail::made<Contiguity>([&](Contiguity &contiguity, deltos_error *err) {
      std::int32_t found = 0;
      const deltos_status status = deltos_view_contiguity(get(), &found, err);
      contiguity = static_cast<Contiguity>(found);
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] Contiguity contiguity() const { return try_contiguity().value(); }

  /**
   * Turns the view into one of elements of type T, without a copy: `std::move(view).as<const double>()`.
   *
   * Fails with type where elements are not T, with readonly where T is not const and the view is, with layout where
   * the view was requested without shape and strides, rows are reached through pointers, or elements are not aligned;
   * format, when format_of<T> is malformed; invalid, when the view is empty. The view is unchanged then.
   * Threads: one. Cost: constant for types of C++, in proportion to the format for others.
   */
  template <class T>
  Result<TypedView<T>> try_as() &&;
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TypedView<T> as() && {
    return std::move(*this).template try_as<T>().value();
  }

  explicit operator bool() const noexcept { return get() != nullptr; }
  /** The view of the C interface; this stays its owner. */
  const deltos_view *get() const noexcept { return handle_.get(); }
  /** Gives it up: the caller owes it deltos_view_release(). */
  [[nodiscard]] deltos_view *release() noexcept { return handle_.release(); }
  /** Releases it now. Never fails. */
  void reset() noexcept { *this = View(); }

  /* All of these are for views that are not empty; what they return lives as long as the view. */

  const void *data() const noexcept { return get()->data; }
  /** NULL when the view is read-only. */
  void *writable_data() const noexcept { return readonly() ? nullptr : get()->data; }
  std::int32_t ndim() const noexcept { return get()->ndim; }
  /** Empty when the request did not include it, or there are 0 dimensions; strides() alike. */
  Span<const std::int64_t> shape() const noexcept { return of_each(get()->shape); }
  /** In bytes. */
  Span<const std::int64_t> strides() const noexcept { return of_each(get()->strides); }
  /** In bytes; empty unless rows are reached through pointers. */
  Span<const std::int64_t> suboffsets() const noexcept { return of_each(get()->suboffsets); }
  Dtype dtype() const noexcept { return static_cast<Dtype>(get()->dtype); }
  /** In canonical form; NUL-terminated. */
  const char *format() const noexcept { return get()->format; }
  std::uint64_t itemsize() const noexcept { return get()->itemsize; }
  std::uint64_t nbytes() const noexcept { return get()->nbytes; }
  bool readonly() const noexcept { return get()->readonly != 0; }
  bool sealed() const noexcept { return get()->sealed != 0; }
  /** Whether all elements follow one another, the last dimension fastest. */
  bool is_c_contiguous() const noexcept {
    if (get()->suboffsets != nullptr) return false;
    if (get()->strides == nullptr || nbytes() == 0) return true;
    auto expected = static_cast<std::int64_t>(itemsize());
    for (std::size_t k = shape().size(); k-- > 0;) {
      if (shape()[k] != 1 && strides()[k] != expected) return false;
      expected *= shape()[k];
    }
    return true;
  }

 private:
  static Result<View> wrap_raw(const Memory &memory, deltos_release release, void *user) {
    const FilledMemory filled(memory);
    return detail::made<View>([&](View &view, deltos_error *err) {
      return deltos_view_wrap(filled.get(), release, user, view.handle_.address(), err);
    });
  }
  template <class Call>
  static Result<View> sub_view(Call &&call) {
    return detail::made<View>([&](View &view, deltos_error *err) { return call(view.handle_.address(), err); });
  }
  /** More than C counts is more than any view has. */
  static std::int32_t count_of(std::size_t count) noexcept {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
    return static_cast<std::int32_t>(count < most ? count : most);
  }
  Span<const std::int64_t> of_each(const std::int64_t *values) const noexcept {
    return values == nullptr ? Span<const std::int64_t>()
                             : Span<const std::int64_t>(values, static_cast<std::size_t>(ndim()));
  }

  friend class Object;
  detail::Handle<deltos_view, deltos_view_release> handle_;
};

inline Memory::Memory(const View &view) noexcept : made_(view.get()), is_view_(true) {}

/**
 * A view of elements that are known to be T: `const double` to read, `double` to write. An element is reached by its
 * indices, or through span() where elements follow one another: no call of the library is made for it.
 */
template <class T>
class TypedView : public View {
  static_assert(detail::is_element<T>, "specialise deltos::format_of for this type");

 public:
  using value_type = std::remove_cv_t<T>;

  TypedView() noexcept = default;

  /** Element [0, ..., 0]. */
  T *data() const noexcept { return static_cast<T *>(get()->data); }
  /** How many elements there are. */
  std::size_t size() const noexcept { return static_cast<std::size_t>(get()->nbytes / sizeof(T)); }
  /** Length of one dimension. */
  std::int64_t extent(std::size_t dimension) const noexcept { return get()->shape[dimension]; }

  /** One index for each dimension, from 0; none is checked but in debug builds. */
  template <class... Index>
  T &operator()(Index... index) const noexcept {
    static_assert((std::is_integral_v<Index> && ...), "an index is an integer");
    const std::array<std::int64_t, sizeof...(Index)> indices{static_cast<std::int64_t>(index)...};
    assert(is_inside(indices));
    return at_indices(indices);
  }
  /** The same for one dimension. */
  T &operator[](std::size_t index) const noexcept { return (*this)(index); }

  /** Checked: fails with range where there is no such element, or not as many indices as dimensions. */
  template <class... Index>
  Result<T *> try_at(Index... index) const noexcept {
    const std::array<std::int64_t, sizeof...(Index)> indices{static_cast<std::int64_t>(index)...};
    if (!is_inside(indices)) return Error(Status::range, "there is no element at these indices; see shape()");
    return &at_indices(indices);
  }
  /** The same, throwing. */
  template <class... Index>
  T &at(Index... index) const {
    return *try_at(index...).value();
  }

  /** All elements, the last dimension fastest. Fails with layout where they do not follow one another. */
  Result<Span<T>> try_span() const noexcept {
    if (!is_c_contiguous())
      return Error(Status::layout, "the elements do not follow one another; use indices, or copy()");
    return Span<T>(data(), size());
  }
  /** The same, throwing. */
  [[nodiscard]] Span<T> span() const { return try_span().value(); }

  /** Sub-views as View has them, of the same element type. */
  Result<TypedView> try_slice(std::initializer_list<Slice> slices) const { return kept(View::try_slice(slices)); }
  Result<TypedView> try_slice(Span<const Slice> slices) const { return kept(View::try_slice(slices)); }
  [[nodiscard]] TypedView slice(std::initializer_list<Slice> slices) const { return try_slice(slices).value(); }
  [[nodiscard]] TypedView slice(Span<const Slice> slices) const { return try_slice(slices).value(); }
  Result<TypedView> try_window(std::int64_t offset, std::int64_t length) const {
    return kept(View::try_window(offset, length));
  }
  [[nodiscard]] TypedView window(std::int64_t offset, std::int64_t length) const {
    return try_window(offset, length).value();
  }
  Chunks<TypedView> chunks(std::int64_t length) const &noexcept { return Chunks<TypedView>(*this, length); }
  Chunks<TypedView> chunks(std::int64_t length) && = delete;
  Result<TypedView> try_transpose(Span<const std::int32_t> axes) const { return kept(View::try_transpose(axes)); }
  Result<TypedView> try_transpose(std::initializer_list<std::int32_t> axes) const {
    return kept(View::try_transpose(axes));
  }
  Result<TypedView> try_transpose() const { return kept(View::try_transpose()); }
  [[nodiscard]] TypedView transpose(Span<const std::int32_t> axes) const { return try_transpose(axes).value(); }
  [[nodiscard]] TypedView transpose(std::initializer_list<std::int32_t> axes) const {
    return try_transpose(axes).value();
  }
  [[nodiscard]] TypedView transpose() const { return try_transpose().value(); }
  Result<TypedView> try_reshape(const Shape &shape) const { return kept(View::try_reshape(shape)); }
  [[nodiscard]] TypedView reshape(const Shape &shape) const { return try_reshape(shape).value(); }

 private:
  /** What a sub-view is of, is still T, and as aligned. */
  static Result<TypedView> kept(Result<View> &&view) {
    if (!view) return view.error();
    return TypedView(std::move(*view));
  }

  friend class View;
  explicit TypedView(View &&view) noexcept : View(std::move(view)) {}

  template <std::size_t Count>
  bool is_inside(const std::array<std::int64_t, Count> &indices) const noexcept {
    if (Count != static_cast<std::size_t>(ndim())) return false;
    for (std::size_t k = 0; k < Count; ++k) {
      if (indices[k] < 0 || indices[k] >= get()->shape[k]) return false;
    }
    return true;
  }
  template <std::size_t Count>
  T &at_indices(const std::array<std::int64_t, Count> &indices) const noexcept {
    std::int64_t offset = 0;
    for (std::size_t k = 0; k < Count; ++k) offset += indices[k] * get()->strides[k];
    return *static_cast<T *>(static_cast<void *>(static_cast<char *>(get()->data) + offset));
  }
};

namespace detail {

/** Whether every element can be reached by strides at an address where a T may be. */
template <class T>
Result<void> check_layout(const deltos_view &view) {
  if (view.suboffsets != nullptr) return Error(Status::layout, "rows are reached through pointers; use copy()");
  if (view.ndim > 0 && (view.shape == nullptr || view.strides == nullptr)) {
    return Error(Status::layout, "the view has no shape or strides; request it with Request::strides");
  }
  auto misplaced = reinterpret_cast<std::uintptr_t>(view.data) % alignof(T);
  for (std::int32_t k = 0; k < view.ndim; ++k) {
    if (view.shape[k] > 1) misplaced |= static_cast<std::uintptr_t>(view.strides[k]) % alignof(T);
  }
  if (misplaced != 0 && view.nbytes != 0) return Error(Status::layout, "elements are not aligned; use copy()");
  return {};
}

}  // namespace detail

template <class T>
Result<TypedView<T>> View::try_as() && {
  if (!*this) return Error(Status::invalid, "the view is empty");
  using Element = std::remove_cv_t<T>;
  const Result<void> typed = detail::check_element<Element>(format(), dtype(), itemsize());
  if (!typed) return typed.error();
  if (!std::is_const_v<T> && readonly()) {
    return Error(Status::readonly, "the view is read-only; request it with Request::writable, or use const elements");
  }
  const Result<void> placed = detail::check_layout<Element>(*get());
  if (!placed) return placed.error();
  return TypedView<T>(std::move(*this));
}

template <class T>
Result<TypedView<T>> View::try_cast() const {
  Result<View> view = try_cast(ElementType::of<std::remove_cv_t<T>>());
  if (!view) return view.error();
  return std::move(*view).template try_as<T>();
}

/**
 * Copies elements from one memory into another of the same shape and element type, whatever the layouts; as if through
 * a temporary where they overlap. Nothing was written when it fails: with invalid, structure, readonly, type, format,
 * unsupported, range, limit, no_memory or internal, as deltos_view_copy() says. Threads: any. Cost: that of the copy.
 */
inline Result<void> try_copy(const Memory &target, const Memory &source) {
  const FilledMemory to(target), from(source);
  return detail::done([&](deltos_error *err) { return deltos_view_copy(to.get(), from.get(), err); });
}
/** The same, throwing. */
inline void copy(const Memory &target, const Memory &source) { try_copy(target, source).value(); }

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
