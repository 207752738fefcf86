/**
 * @file
 * @defgroup deltos_hpp_snapshot Snapshots in C++
 *
 * Snapshot owns one state of a storage. SnapshotRef is what all reading is done through: every Snapshot is one, and so
 * is what Transaction::snapshot() lends. Functions that read take a SnapshotRef by value.
 *
 * Thread safety: immutable; one that a transaction lends follows the transaction.
 * @{
 */
#ifndef DELTOS_HPP_SNAPSHOT_HPP
#define DELTOS_HPP_SNAPSHOT_HPP

#include <deltos/hpp/array.hpp>
#include <deltos/hpp/hash_map.hpp>
#include <deltos/hpp/records.hpp>
#include <deltos/hpp/table.hpp>
#include <deltos/hpp/value.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

class SortedMap;

/** How a copy is made. */
struct CopyOptions {
  bool replace = false; /**< replace a file of that name; it stays as it was until the copy is complete */
  Progress progress = {};
};

/** A borrowed snapshot: valid while its Snapshot, or the transaction that lent it, is. */
class SnapshotRef {
 public:
  SnapshotRef() noexcept = default;
  explicit SnapshotRef(const deltos_snapshot *borrowed) noexcept : snapshot_(borrowed) {}

  /** The number of the commit that it shows, in a transaction the one it will be; 0 when it is empty. Never fails. */
  std::uint64_t id() const noexcept { return deltos_snapshot_id(snapshot_); }

  /**
   * Opens an object by name.
   *
   * Fails with invalid, not_found, kind, closed, corrupt, feature, io, no_memory or internal, as deltos_object_open()
   * says. Threads: any. Cost: logarithmic in the number of objects.
   */
  Result<Object> try_object(const Text &name, Kind kind = Kind::any) const {
    return opened([&](deltos_object **object, deltos_error *err) {
      return deltos_object_open(snapshot_, name.c_str(), static_cast<std::int32_t>(kind), object, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] Object object(const Text &name, Kind kind = Kind::any) const { return try_object(name, kind).value(); }

  /** Opens an object by id; otherwise as object(). */
  Result<Object> try_object_by_id(std::uint64_t id, Kind kind = Kind::any) const {
    return opened([&](deltos_object **object, deltos_error *err) {
      return deltos_object_open_id(snapshot_, id, static_cast<std::int32_t>(kind), object, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] Object object_by_id(std::uint64_t id, Kind kind = Kind::any) const {
    return try_object_by_id(id, kind).value();
  }

  /** Opens a table by name; otherwise as object(). */
  Result<Table> try_table(const Text &name) const {
    Result<Object> found = try_object(name, Kind::table);
    if (!found) return found.error();
    return Table(std::move(*found));
  }
  /** The same, throwing. */
  [[nodiscard]] Table table(const Text &name) const { return try_table(name).value(); }

  /** Opens an array by name; otherwise as object(). */
  Result<Array> try_array(const Text &name) const {
    Result<Object> found = try_object(name, Kind::array);
    if (!found) return found.error();
    return Array(std::move(*found));
  }
  /** The same, throwing. */
  [[nodiscard]] Array array(const Text &name) const { return try_array(name).value(); }
  /** The same for elements of type T; fails with type, too. */
  template <class T>
  Result<TypedArray<T>> try_array(const Text &name) const {
    Result<Array> found = try_array(name);
    if (!found) return found.error();
    return std::move(*found).template try_as<T>();
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TypedArray<T> array(const Text &name) const {
    return try_array<T>(name).value();
  }

  /** Opens a value by name; otherwise as object(). */
  Result<Value> try_value(const Text &name) const {
    Result<Object> found = try_object(name, Kind::value);
    if (!found) return found.error();
    return Value::try_from(std::move(*found));
  }
  /** The same, throwing. */
  [[nodiscard]] Value value(const Text &name) const { return try_value(name).value(); }

  /** Opens a record table by name; otherwise as object(). */
  Result<RecordTable> try_records(const Text &name) const {
    Result<Object> found = try_object(name, Kind::record_table);
    if (!found) return found.error();
    return RecordTable(std::move(*found));
  }
  /** The same, throwing. */
  [[nodiscard]] RecordTable records(const Text &name) const { return try_records(name).value(); }

  /** Opens a hash map by name; otherwise as object(). */
  Result<HashMap> try_hash_map(const Text &name) const {
    Result<Object> found = try_object(name, Kind::hash_map);
    if (!found) return found.error();
    return HashMap(std::move(*found));
  }
  /** The same, throwing. */
  [[nodiscard]] HashMap hash_map(const Text &name) const { return try_hash_map(name).value(); }

  /** Opens a sorted map by name; otherwise as object(). */
  Result<SortedMap> try_sorted_map(const Text &name) const;
  /** The same, throwing. */
  [[nodiscard]] SortedMap sorted_map(const Text &name) const;

  /** Exports a buffer as elements of type T: object() and Object::view() in one, and their failures. */
  template <class T>
  Result<TypedView<T>> try_view(const Text &name) const {
    const Result<Object> found = try_object(name, Kind::buffer);
    if (!found) return found.error();
    return found->template try_view<T>();
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TypedView<T> view(const Text &name) const {
    return try_view<T>(name).value();
  }

  /**
   * Lists names that start with some bytes, in byte order.
   *
   * Fails with invalid, closed, corrupt, io, no_memory or internal, as deltos_snapshot_list() says.
   * Threads: any. Cost: logarithmic in the number of objects; walking is constant for each entry.
   */
  Result<Cursor> try_list(const Text &prefix = "", Depth depth = Depth::all) const {
    return detail::made<Cursor>([&](Cursor &cursor, deltos_error *err) {
      return deltos_snapshot_list(snapshot_, prefix.c_str(), static_cast<std::int32_t>(depth), cursor.handle_.address(),
                                  err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] Cursor list(const Text &prefix = "", Depth depth = Depth::all) const {
    return try_list(prefix, depth).value();
  }

  /**
   * Looks a value up: of an object, or of the storage itself, whose name is "". Absence is no failure.
   *
   * Borrowed until the snapshot is released; from a transaction, until its next change. Fails with invalid, not_found
   * (no such object), closed, corrupt, io, no_memory or internal, as deltos_metadata_get() says. Threads: as the
   * snapshot. Cost: logarithmic in the number of objects.
   */
  Result<std::optional<Metadatum>> try_metadata(const Text &name, const Text &key) const {
    using Found = std::optional<Metadatum>;
    return detail::made<Found>([&](Found &found, deltos_error *err) {
      deltos_metadatum item{};
      const deltos_status status = deltos_metadata_get(snapshot_, name.c_str(), key.c_str(), &item, err);
      if (status == DELTOS_OK && item.data != nullptr) found.emplace(item);
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::optional<Metadatum> metadata(const Text &name, const Text &key) const {
    return try_metadata(name, key).value();
  }

  /** All values of an object or, for "", of the storage, in byte order of keys; otherwise as metadata(name, key). */
  Result<std::vector<Metadatum>> try_metadata(const Text &name) const {
    using List = std::vector<Metadatum>;
    return detail::made<List>([&](List &list, deltos_error *err) {
      std::uint64_t count = 0;
      deltos_status status = deltos_metadata_list(snapshot_, name.c_str(), nullptr, 0, &count, err);
      if (status != DELTOS_OK || count == 0) return status;
      std::vector<deltos_metadatum> items(static_cast<std::size_t>(count));
      status = deltos_metadata_list(snapshot_, name.c_str(), items.data(), items.size(), &count, err);
      if (status == DELTOS_OK) list = List(items.begin(), items.end());
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::vector<Metadatum> metadata(const Text &name) const { return try_metadata(name).value(); }

  explicit operator bool() const noexcept { return snapshot_ != nullptr; }
  /** The snapshot of the C interface; borrowed. */
  const deltos_snapshot *get() const noexcept { return snapshot_; }

 protected:
  template <class Call>
  static Result<Object> opened(Call &&call) {
    deltos_object *object = nullptr;
    deltos_error error;
    if (call(&object, &error) != DELTOS_OK) return Error(error);
    return Object(object);
  }

 private:
  friend class Snapshot;
  const deltos_snapshot *snapshot_ = nullptr;
};

/**
 * One state of a storage, owned. It keeps the space of what was deleted since from being used again: do not hold one
 * longer than it is read.
 */
class Snapshot : public SnapshotRef {
 public:
  Snapshot() noexcept = default;
  /** Takes over a snapshot of the C interface; not one lent by a transaction. */
  explicit Snapshot(deltos_snapshot *taken) noexcept : SnapshotRef(taken), handle_(taken) {}
  Snapshot(Snapshot &&other) noexcept : SnapshotRef(other), handle_(std::move(other.handle_)) { other.show(); }
  Snapshot &operator=(Snapshot &&other) noexcept {
    handle_ = std::move(other.handle_);
    show();
    other.show();
    return *this;
  }
  ~Snapshot() = default;

  /**
   * Moves on to the newest commit: true when there was a newer one. What was borrowed from the old state is gone then;
   * objects and views stay.
   *
   * Fails with invalid, closed, replaced, forked, corrupt, io, address_space, no_memory or internal, as
   * deltos_snapshot_refresh() says; it is unchanged then. Threads: one, and nobody else may use it. Cost: a few
   * microseconds.
   */
  Result<bool> try_refresh() {
    std::uint8_t changed = 0;
    deltos_error error;
    const deltos_status status = deltos_snapshot_refresh(handle_.address(), &changed, &error);
    show();
    if (status != DELTOS_OK) return Error(error);
    return changed != 0;
  }
  /** The same, throwing. */
  bool refresh() { return try_refresh().value(); }

  /**
   * Writes what it shows to a new file, place by place; the storage may be in use. Durable when it returns.
   *
   * Fails with invalid, closed, exists, not_found, corrupt, cancelled, no_space, io, filesystem, no_memory or internal,
   * as deltos_snapshot_copy_to() says. Threads: any. Cost: reads and writes all that is live.
   */
  Result<void> try_copy_to(const Text &path, const CopyOptions &options = {}) const {
    return copied(deltos_snapshot_copy_to, path, options);
  }
  /** The same, throwing. */
  void copy_to(const Text &path, const CopyOptions &options = {}) const { try_copy_to(path, options).value(); }

  /** Writes what it shows to a new, smallest file; otherwise as copy_to(). */
  Result<void> try_compact_to(const Text &path, const CopyOptions &options = {}) const {
    return copied(deltos_snapshot_compact_to, path, options);
  }
  /** The same, throwing. */
  void compact_to(const Text &path, const CopyOptions &options = {}) const { try_compact_to(path, options).value(); }

  /** Gives it up: the caller owes it deltos_snapshot_release(). */
  [[nodiscard]] deltos_snapshot *release() noexcept {
    snapshot_ = nullptr;
    return handle_.release();
  }
  /** Releases it now. Never fails. */
  void reset() noexcept { *this = Snapshot(); }

 private:
  using CopyCall = deltos_status(const deltos_snapshot *, const char *, const deltos_copy_options *, deltos_error *);

  Result<void> copied(CopyCall *call, const Text &path, const CopyOptions &options) const {
    detail::ProgressCall progress(options.progress);
    deltos_copy_options raw{};
    raw.struct_size = sizeof raw;
    raw.flags = options.replace ? DELTOS_COPY_REPLACE : 0;
    raw.progress = progress.function();
    raw.progress_user = progress.user();
    Result<void> result = detail::done([&](deltos_error *err) { return call(get(), path.c_str(), &raw, err); });
    progress.finish();
    return result;
  }
  void show() noexcept { snapshot_ = handle_.get(); }

  detail::Handle<deltos_snapshot, deltos_snapshot_release> handle_;
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
