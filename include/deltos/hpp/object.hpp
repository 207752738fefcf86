/**
 * @file
 * @defgroup deltos_hpp_object Objects and listings in C++
 *
 * Object is a handle of one stored thing; Cursor walks over names and can be looped over.
 *
 * Thread safety: an object is immutable; refresh() and sealing are for one thread. A cursor is for one thread at a
 * time.
 * @{
 */
#ifndef DELTOS_HPP_OBJECT_HPP
#define DELTOS_HPP_OBJECT_HPP

#include <deltos/hpp/metadata.hpp>
#include <iterator>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** Kinds of stored objects. */
enum class Kind : std::int32_t {
  any = DELTOS_KIND_ANY,
  buffer = DELTOS_KIND_BUFFER,
  array = DELTOS_KIND_ARRAY,
  table = DELTOS_KIND_TABLE,
  value = DELTOS_KIND_VALUE,
  record_table = DELTOS_KIND_RECORD_TABLE,
  hash_map = DELTOS_KIND_HASH_MAP,
  sorted_map = DELTOS_KIND_SORTED_MAP,
};

/** Hints of Object::advise(). */
enum class Advice : std::int32_t {
  normal = DELTOS_ADVICE_NORMAL,
  random = DELTOS_ADVICE_RANDOM,
  sequential = DELTOS_ADVICE_SEQUENTIAL,
  will_need = DELTOS_ADVICE_WILL_NEED,
  dont_need = DELTOS_ADVICE_DONT_NEED,
  prefault = DELTOS_ADVICE_PREFAULT
};

/** What an object is; object.h says more of each. A copy that depends on nothing. */
struct ObjectInfo {
  Kind kind = Kind::any;
  Dtype dtype = Dtype::other;
  bool sealed = false;
  bool writable = false;
  bool current = false;
  bool stored = false;
  std::uint64_t id = 0;
  std::uint64_t count = 0;
  std::uint64_t itemsize = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t created_id = 0;
  std::uint64_t changed_id = 0;
  std::string name;  ///< empty where it has none
  std::string format;
  Shape shape;
};

/** One stored thing. The handle keeps nothing from being deleted or replaced; views do. */
class Object {
 public:
  Object() noexcept = default;
  /** Takes over a handle of the C interface. */
  explicit Object(deltos_object *taken) noexcept : handle_(taken) {}

  /**
   * Exports the content: an address, no copy.
   *
   * Fails with invalid, closed, stale, readonly, sealed, busy, forked, layout, io, corrupt, address_space, no_memory or
   * internal, as deltos_view_acquire() says. Threads: any. Cost: about a microsecond; touches no content.
   */
  Result<View> try_view(Request request = Request::full_ro) const {
    return detail::made<View>([&](View &view, deltos_error *err) {
      return deltos_view_acquire(get(), static_cast<std::int32_t>(request), view.handle_.address(), err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] View view(Request request = Request::full_ro) const { return try_view(request).value(); }

  /**
   * The same as elements of type T: read-only for `const double`, writable for `double`.
   *
   * Fails as above, and with type where elements are not T. Cost: as above and as View::as().
   */
  template <class T>
  Result<TypedView<T>> try_view() const {
    constexpr Request reading = Request::strides | Request::format;
    Result<View> view = try_view(std::is_const_v<T> ? reading : reading | Request::writable);
    if (!view) return view.error();
    return std::move(*view).template try_as<T>();
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TypedView<T> view() const {
    return try_view<T>().value();
  }

  /**
   * Shows it to Arrow: a record table as a struct of its slots, a buffer or array as a column. The caller releases both
   * structures, of which the second may be NULL.
   *
   * Fails with kind, layout, unsupported, corrupt, invalid, closed, stale, forked, io, no_memory or internal, as
   * deltos_object_to_arrow() says. Cost: a look at offsets and text, and what is copied.
   */
  Result<void> try_to_arrow(ArrowSchema *schema, ArrowArray *array) const {
    return detail::done([&](deltos_error *err) { return deltos_object_to_arrow(get(), schema, array, err); });
  }
  /** The same, throwing. */
  void to_arrow(ArrowSchema *schema, ArrowArray *array) const { try_to_arrow(schema, array).value(); }

  /**
   * What it is, also when the storage has been closed. Fails with invalid, no_memory or internal.
   * Threads: any. Cost: one look at the newest commit for `current`, and copying the name and shape.
   */
  Result<ObjectInfo> try_info() const {
    return detail::made<ObjectInfo>([&](ObjectInfo &info, deltos_error *err) {
      deltos_object_info raw{};
      raw.struct_size = sizeof raw;
      const deltos_status status = deltos_object_stat(get(), &raw, err);
      if (status == DELTOS_OK) info = copy_of(raw);
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] ObjectInfo info() const { return try_info().value(); }

  /**
   * Looks again in the newest commit, by id and then by name: true when it is not what it was. Views stay as they are.
   *
   * Fails with invalid, closed, not_found, kind, replaced, corrupt, feature, forked, address_space, io, no_memory or
   * internal, as deltos_object_refresh() says; the handle is unchanged then.
   * Threads: one, and nobody else may use the handle. Cost: as Storage::object().
   */
  Result<bool> try_refresh() {
    return detail::made<bool>([&](bool &is_changed, deltos_error *err) {
      std::uint8_t changed = 0;
      const deltos_status status = deltos_object_refresh(handle_.address(), &changed, err);
      is_changed = changed != 0;
      return status;
    });
  }
  /** The same, throwing. */
  bool refresh() { return try_refresh().value(); }

  /**
   * Where the content lies in the file, 0 when it is empty. Fails with invalid, closed, unsupported (there is no file),
   * no_memory or internal. Threads: any. Cost: constant.
   */
  Result<std::uint64_t> try_file_offset() const {
    return detail::made<std::uint64_t>(
        [&](std::uint64_t &offset, deltos_error *err) { return deltos_object_file_offset(get(), &offset, err); });
  }
  /** The same, throwing. */
  [[nodiscard]] std::uint64_t file_offset() const { return try_file_offset().value(); }

  /** A hint how the content will be used. Fails with invalid, closed, no_memory or internal. Threads: any. Cost: one
   * system call. */
  Result<void> try_advise(Advice advice) const {
    return detail::done(
        [&](deltos_error *err) { return deltos_object_advise(get(), static_cast<std::int32_t>(advice), err); });
  }
  /** The same, throwing. */
  void advise(Advice advice) const { try_advise(advice).value(); }

  explicit operator bool() const noexcept { return get() != nullptr; }
  /** The handle of the C interface; this stays its owner. */
  deltos_object *get() const noexcept { return handle_.get(); }
  /** Gives it up: the caller owes it deltos_object_release(). */
  [[nodiscard]] deltos_object *release() noexcept { return handle_.release(); }
  /** Releases it now. Never fails. */
  void reset() noexcept { *this = Object(); }

 private:
  static ObjectInfo copy_of(const deltos_object_info &raw) {
    ObjectInfo info;
    info.kind = static_cast<Kind>(raw.kind);
    info.dtype = static_cast<Dtype>(raw.dtype);
    info.sealed = raw.sealed != 0;
    info.writable = raw.writable != 0;
    info.current = raw.current != 0;
    info.stored = raw.stored != 0;
    info.id = raw.id;
    info.count = raw.count;
    info.itemsize = raw.itemsize;
    info.payload_bytes = raw.payload_bytes;
    info.created_id = raw.created_id;
    info.changed_id = raw.changed_id;
    if (raw.name != nullptr) info.name = raw.name;
    info.format = raw.format;
    info.shape.assign(raw.shape, raw.shape + raw.ndim);
    return info;
  }

  detail::Handle<deltos_object, deltos_object_release> handle_;
};

/** How deep a listing goes. */
enum class Depth : std::int32_t { all = DELTOS_LIST_ALL, one_level = DELTOS_LIST_ONE_LEVEL };

/** One line of a listing: name, id, kind, is_prefix, payload_bytes. The name is borrowed until the cursor goes on. */
using Entry = deltos_entry;

/**
 * A listing in byte order of names: an input range, `for (const deltos::Entry &entry : snapshot.list())`, that is
 * walked once. It keeps the state it lists, also after the snapshot's release.
 */
class Cursor {
 public:
  Cursor() noexcept = default;
  /** Takes over a cursor of the C interface. */
  explicit Cursor(deltos_cursor *taken) noexcept : handle_(taken) {}

  /**
   * Fills in the next entries, and returns how many: 0 is the end. Their names are borrowed until the next call.
   *
   * Fails with invalid, closed, stale, corrupt, feature, io, no_memory or internal, as deltos_cursor_next_entries()
   * says. Threads: one at a time. Cost: constant for each entry.
   */
  Result<std::size_t> try_next(Span<Entry> entries) {
    return detail::made<std::size_t>([&](std::size_t &filled, deltos_error *err) {
      std::uint64_t count = 0;
      const deltos_status status = deltos_cursor_next_entries(get(), entries.data(), entries.size(), &count, err);
      filled = static_cast<std::size_t>(count);
      return status;
    });
  }
  /** The same, throwing. */
  std::size_t next(Span<Entry> entries) { return try_next(entries).value(); }

  /** An input iterator; going on throws as next() does, and so does begin(). */
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    using pointer = const Entry *;
    using reference = const Entry &;

    Iterator() noexcept = default;
    explicit Iterator(Cursor &cursor) : cursor_(&cursor) { settle(); }
    const Entry &operator*() const noexcept { return cursor_->batch_[cursor_->at_]; }
    const Entry *operator->() const noexcept { return &**this; }
    Iterator &operator++() {
      ++cursor_->at_;
      settle();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator &left, const Iterator &right) noexcept {
      return left.cursor_ == right.cursor_;
    }
    friend bool operator!=(const Iterator &left, const Iterator &right) noexcept { return !(left == right); }

   private:
    void settle() {
      if (!cursor_->has_entry()) cursor_ = nullptr;
    }
    Cursor *cursor_ = nullptr;
  };
  Iterator begin() { return Iterator(*this); }
  Iterator end() noexcept { return {}; }

  explicit operator bool() const noexcept { return get() != nullptr; }
  /** The cursor of the C interface; this stays its owner. */
  deltos_cursor *get() const noexcept { return handle_.get(); }
  /** Gives it up: the caller owes it deltos_cursor_release(). */
  [[nodiscard]] deltos_cursor *release() noexcept { return handle_.release(); }
  /** Releases it now. Never fails. */
  void reset() noexcept { *this = Cursor(); }

 private:
  static constexpr std::size_t kBatch = 32;

  /** Whether there is an entry at at_; reads the next batch when the last one is used up. */
  bool has_entry() {
    if (at_ < batch_.size()) return true;
    batch_.resize(kBatch);
    at_ = 0;
    Result<std::size_t> filled = try_next(batch_);
    batch_.resize(filled ? *filled : 0);
    filled.value();
    return !batch_.empty();
  }

  friend class SnapshotRef;
  detail::Handle<deltos_cursor, deltos_cursor_release> handle_;
  std::vector<Entry> batch_;
  std::size_t at_ = 0;
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
