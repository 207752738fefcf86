/**
 * @file
 * @defgroup deltos_hpp_transaction Transactions in C++
 *
 * A Transaction aborts when it is destroyed, unless it was committed: an exception on the way undoes everything. The
 * example creates a buffer from a vector and names its unit.
 *
 * @code
 * deltos::Transaction transaction = storage.transaction();
 * transaction.create("a/grid", std::vector<double>{1, 2, 3});
 * transaction.set_metadata("a/grid", "unit", "K");
 * transaction.commit();
 * @endcode
 *
 * Thread safety: one thread at a time, any thread.
 * @{
 */
#ifndef DELTOS_HPP_TRANSACTION_HPP
#define DELTOS_HPP_TRANSACTION_HPP

#include <deltos/hpp/snapshot.hpp>
#include <deltos/hpp/value_builder.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** What a commit survives. */
enum class Durability : std::int32_t { sync = DELTOS_SYNC, lazy = DELTOS_LAZY, async = DELTOS_ASYNC };

/** Whether rename() may delete an object that has the new name. */
enum class Existing : std::uint8_t { refuse = 0, replace = 1 };

/** A change under way. */
class Transaction {
 public:
  Transaction() noexcept = default;
  /** Takes over a transaction of the C interface. */
  explicit Transaction(deltos_transaction *taken) noexcept : handle_(taken) {}

  /** What it looks like with its own changes; valid until commit or abort. Never fails. Cost: constant. */
  SnapshotRef snapshot() const noexcept { return SnapshotRef(deltos_transaction_snapshot(get())); }

  /**
   * Makes all changes appear, at once, and returns the number of the commit. The transaction is empty afterwards. When
   * it fails, it stays: abort it, or after no_space or limit make it smaller and try again.
   *
   * Fails with invalid, closed, forked, replaced, no_space, limit, address_space, io, in_doubt, corrupt, no_memory or
   * internal, as deltos_transaction_commit() says. Cost: sync two barriers, lazy one, async none.
   */
  Result<std::uint64_t> try_commit(Durability durability = Durability::sync) {
    return detail::made<std::uint64_t>([&](std::uint64_t &id, deltos_error *err) {
      return deltos_transaction_commit(handle_.address(), static_cast<std::int32_t>(durability), &id, err);
    });
  }
  /** The same, throwing. */
  std::uint64_t commit(Durability durability = Durability::sync) { return try_commit(durability).value(); }

  /** Drops all changes. The transaction is empty afterwards. Never fails. Cost: what it allocated is given back. */
  void abort() noexcept { deltos_transaction_abort(handle_.address()); }

  /**
   * Creates a buffer with content: `create("x", vector)`, `create("x", {address, {rows, columns}})`, `create("x",
   * view)`.
   *
   * Fails with invalid, structure, exists, format, unsupported, range, limit, no_space, address_space, closed, forked,
   * corrupt, io, no_memory or internal, as deltos_buffer_create() says; the transaction is as it was before.
   * Cost: writes the content.
   */
  Result<Object> try_create(const Text &name, const Memory &content) {
    const FilledMemory filled(content);
    return opened([&](deltos_object **object, deltos_error *err) {
      return deltos_buffer_create(get(), name.c_str(), filled.get(), object, err);
    });
  }
  /** The same, throwing. */
  Object create(const Text &name, const Memory &content) { return try_create(name, content).value(); }

  /** Creates a buffer of zeros, to be filled through a writable view. Fails as create(). Cost: allocates the space. */
  Result<Object> try_create_zeroed(const Text &name, const ElementType &type, const Shape &shape) {
    return opened([&](deltos_object **object, deltos_error *err) {
      return deltos_buffer_create_zeroed(get(), name.c_str(), type.format(), static_cast<std::int32_t>(type.dtype()),
                                         static_cast<std::int32_t>(shape.size()), shape.data(), object, err);
    });
  }
  /** The same, throwing. */
  Object create_zeroed(const Text &name, const ElementType &type, const Shape &shape) {
    return try_create_zeroed(name, type, shape).value();
  }
  /** The same for elements of type T. */
  template <class T>
  Result<Object> try_create_zeroed(const Text &name, const Shape &shape) {
    return try_create_zeroed(name, ElementType::of<T>(), shape);
  }
  /** The same, throwing. */
  template <class T>
  Object create_zeroed(const Text &name, const Shape &shape) {
    return try_create_zeroed<T>(name, shape).value();
  }

  /**
   * Creates a table of zeros: `create_table<double>("x", 3, 4)`, or with a list of lengths in place of columns a ragged
   * one.
   *
   * Fails with invalid (also a number of lengths that is not that of rows), exists, format, unsupported, limit,
   * no_space, address_space, closed, forked, stale, corrupt, io, no_memory or internal, as deltos_table_create() says;
   * the transaction is as it was before. Cost: allocates the space.
   */
  Result<Table> try_create_table(const Text &name, const ElementType &type, std::int64_t rows, const Columns &columns) {
    if (const Result<void> usable = named(name); !usable) return usable.error();
    return Table::created(get(), name.c_str(), type, rows, columns);
  }
  /** The same, throwing. */
  Table create_table(const Text &name, const ElementType &type, std::int64_t rows, const Columns &columns) {
    return try_create_table(name, type, rows, columns).value();
  }
  /** The same for elements of type T. */
  template <class T>
  Result<Table> try_create_table(const Text &name, std::int64_t rows, const Columns &columns) {
    return try_create_table(name, ElementType::of<T>(), rows, columns);
  }
  /** The same, throwing. */
  template <class T>
  Table create_table(const Text &name, std::int64_t rows, const Columns &columns) {
    return try_create_table<T>(name, rows, columns).value();
  }

  /**
   * Creates an empty array, which can be appended to at once: `create_array<double>("x")`.
   *
   * Fails with invalid, exists, format, unsupported, limit, no_space, address_space, closed, forked, stale, corrupt,
   * io, no_memory or internal, as deltos_array_create() says; the transaction is as it was before. Cost: a few system
   * calls.
   */
  Result<Array> try_create_array(const Text &name, const ElementType &type, const ArrayOptions &options = {}) {
    const deltos_array_options raw = Array::raw_of(options);
    return Array::opened([&](deltos_object **array, deltos_error *err) {
      return deltos_array_create(get(), name.c_str(), type.format(), static_cast<std::int32_t>(type.dtype()), &raw,
                                 array, err);
    });
  }
  /** The same, throwing. */
  Array create_array(const Text &name, const ElementType &type, const ArrayOptions &options = {}) {
    return try_create_array(name, type, options).value();
  }
  /** The same for elements of type T. */
  template <class T>
  Result<TypedArray<T>> try_create_array(const Text &name, const ArrayOptions &options = {}) {
    Result<Array> made = try_create_array(name, ElementType::of<T>(), options);
    if (!made) return made.error();
    return std::move(*made).template try_as<T>();
  }
  /** The same, throwing. */
  template <class T>
  TypedArray<T> create_array(const Text &name, const ArrayOptions &options = {}) {
    return try_create_array<T>(name, options).value();
  }

  /**
   * Stores a value, sealed: `put("ages", map)`, or anything else that value_of.hpp knows, or what a ValueBuilder holds,
   * which can be used again. A value of that name is not replaced.
   *
   * Fails as ValueBuilder::put() and pack(), and with exists, no_space, address_space, closed, forked, stale, corrupt
   * or io, as deltos_value_builder_store() says; the transaction is as it was before. Cost: that of writing.
   */
  template <class T>
  Result<Value> try_put(const Text &name, const T &content) {
    Result<ValueBuilder> builder = detail::built(content);
    if (!builder) return builder.error();
    return try_put(name, *builder);
  }
  Result<Value> try_put(const Text &name, ValueBuilder &builder) {
    Result<Object> stored = opened([&](deltos_object **value, deltos_error *err) {
      return deltos_value_builder_store(builder.get(), get(), name.c_str(), value, err);
    });
    if (!stored) return stored.error();
    return Value::try_from(std::move(*stored));
  }
  /** The same, throwing. */
  template <class T>
  Value put(const Text &name, const T &content) {
    return try_put(name, content).value();
  }
  Value put(const Text &name, ValueBuilder &builder) { return try_put(name, builder).value(); }

  /**
   * Begins a record table: RecordBuilder::add() adds rows, finish() stores it. The transaction is free for other things
   * meanwhile.
   *
   * Fails with invalid, exists, closed, forked, stale, corrupt, io, no_memory or internal, as
   * deltos_record_table_begin() says. Cost: a constant for each slot.
   */
  Result<RecordBuilder> try_begin_records(const Text &name, const Schema &schema, const RecordOptions &options = {}) {
    if (const Result<void> usable = named(name); !usable) return usable.error();
    return RecordBuilder::begun(get(), name.c_str(), schema, options);
  }
  /** The same, throwing. */
  [[nodiscard]] RecordBuilder begin_records(const Text &name, const Schema &schema, const RecordOptions &options = {}) {
    return try_begin_records(name, schema, options).value();
  }

  /** Creates an empty sorted map. Fails with invalid, exists, and as create(), as deltos_sorted_map_create() says.
   * Cost: logarithmic in the number of objects. */
  Result<SortedMap> try_create_sorted_map(const Text &name, KeyKind key = KeyKind::bytes);
  /** The same, throwing. */
  SortedMap create_sorted_map(const Text &name, KeyKind key = KeyKind::bytes);

  /**
   * Stores the rows of a stream of Arrow as a record table. The stream is read to its end, and stays the caller's.
   *
   * Fails with unsupported, naming the column, invalid, range, limit, and as begin_records() and
   * RecordBuilder::finish(), as deltos_record_table_from_arrow() says. Cost: a copy.
   */
  Result<RecordTable> try_put_arrow(const Text &name, ArrowArrayStream *stream, const RecordOptions &options = {}) {
    if (const Result<void> usable = named(name); !usable) return usable.error();
    Result<RecordBuilder> builder = RecordBuilder::of_arrow(get(), name.c_str(), stream, options);
    if (!builder) return builder.error();
    return builder->try_finish();
  }
  /** The same, throwing. */
  RecordTable put_arrow(const Text &name, ArrowArrayStream *stream, const RecordOptions &options = {}) {
    return try_put_arrow(name, stream, options).value();
  }

  /**
   * Gives a buffer new content in a new place; name, id and metadata stay, and views and snapshots of the old one keep
   * the old one. The handle `old` is stale with the commit.
   *
   * Fails with kind, stale, and as create(), as deltos_buffer_replace() says. Cost: writes the content.
   */
  Result<Object> try_replace(const Object &old, const Memory &content) {
    const FilledMemory filled(content);
    return replaced(old, filled.get());
  }
  /** The same, throwing. */
  Object replace(const Object &old, const Memory &content) { return try_replace(old, content).value(); }
  /** The same with a private copy of what the old one holds, to be changed through a writable view before the commit.
   */
  Result<Object> try_replace_with_copy(const Object &old) { return replaced(old, nullptr); }
  /** The same, throwing. */
  Object replace_with_copy(const Object &old) { return try_replace_with_copy(old).value(); }

  /**
   * Seals an object: with the commit it is checksummed and nobody writes to it again.
   *
   * Fails with invalid, stale, pinned (a writable view lives), closed, forked, corrupt, no_space, io, no_memory or
   * internal, as deltos_object_seal() says. Threads: nobody else may use the object's handle. Cost: reads the content.
   */
  Result<void> try_seal(Object &object) {
    return detail::done([&](deltos_error *err) { return deltos_object_seal(get(), object.get(), err); });
  }
  /** The same, throwing. */
  void seal(Object &object) { try_seal(object).value(); }

  /**
   * Opens a sealed object to be written again, in a new place.
   *
   * Fails with invalid, stale, closed, forked, corrupt, no_space, address_space, io, no_memory or internal, as
   * deltos_object_unseal() says. Threads: nobody else may use the object's handle. Cost: copies the content.
   */
  Result<void> try_unseal(Object &object) {
    return detail::done([&](deltos_error *err) { return deltos_object_unseal(get(), object.get(), err); });
  }
  /** The same, throwing. */
  void unseal(Object &object) { try_unseal(object).value(); }

  /**
   * Gives an object another name; id, content, metadata and views stay.
   *
   * Fails with invalid, not_found, exists, closed, forked, corrupt, no_space, io, no_memory or internal, as
   * deltos_transaction_rename() says. Cost: logarithmic in the number of objects.
   */
  Result<void> try_rename(const Text &from, const Text &to, Existing existing = Existing::refuse) {
    return detail::done([&](deltos_error *err) {
      return deltos_transaction_rename(get(), from.c_str(), to.c_str(), static_cast<std::uint8_t>(existing), err);
    });
  }
  /** The same, throwing. */
  void rename(const Text &from, const Text &to, Existing existing = Existing::refuse) {
    try_rename(from, to, existing).value();
  }

  /**
   * Deletes an object and its metadata; views of it stay valid.
   *
   * Fails with invalid, not_found, closed, forked, corrupt, no_space, io, no_memory or internal, as
   * deltos_transaction_delete() says. Cost: logarithmic in the number of objects.
   */
  Result<void> try_remove(const Text &name) {
    return detail::done([&](deltos_error *err) { return deltos_transaction_delete(get(), name.c_str(), err); });
  }
  /** The same, throwing. */
  void remove(const Text &name) { try_remove(name).value(); }

  /**
   * Deletes every object whose name starts with some bytes, and returns how many; none is no failure.
   *
   * Fails with invalid, closed, forked, corrupt, no_space, io, no_memory or internal, as
   * deltos_transaction_delete_prefix() says; some may be deleted then: abort. Cost: logarithmic, for each one.
   */
  Result<std::uint64_t> try_remove_prefix(const Text &prefix) {
    return detail::made<std::uint64_t>([&](std::uint64_t &count, deltos_error *err) {
      return deltos_transaction_delete_prefix(get(), prefix.c_str(), &count, err);
    });
  }
  /** The same, throwing. */
  std::uint64_t remove_prefix(const Text &prefix) { return try_remove_prefix(prefix).value(); }

  /**
   * Sets a value of an object, or of the storage itself, whose name is "": `set_metadata("a", "unit", "K")`, with a
   * number, with a std::vector of numbers, or with any MetadataValue.
   *
   * Fails with invalid, format, limit, not_found, closed, forked, corrupt, no_space, io, no_memory or internal, as
   * deltos_metadata_set() says. Cost: logarithmic in the number of objects.
   */
  Result<void> try_set_metadata(const Text &name, const Text &key, const MetadataValue &value) {
    const deltos_metadatum item = value.filled(key);
    return detail::done([&](deltos_error *err) { return deltos_metadata_set(get(), name.c_str(), &item, err); });
  }
  /** The same, throwing. */
  void set_metadata(const Text &name, const Text &key, const MetadataValue &value) {
    try_set_metadata(name, key, value).value();
  }

  /**
   * Removes a value. Fails with invalid, not_found, closed, forked, corrupt, no_space, io, no_memory or internal, as
   * deltos_metadata_remove() says. Cost: logarithmic in the number of objects.
   */
  Result<void> try_remove_metadata(const Text &name, const Text &key) {
    return detail::done(
        [&](deltos_error *err) { return deltos_metadata_remove(get(), name.c_str(), key.c_str(), err); });
  }
  /** The same, throwing. */
  void remove_metadata(const Text &name, const Text &key) { try_remove_metadata(name, key).value(); }

  explicit operator bool() const noexcept { return get() != nullptr; }
  /** The transaction of the C interface; this stays its owner. */
  deltos_transaction *get() const noexcept { return handle_.get(); }
  /** Gives it up: the caller owes it a commit or deltos_transaction_abort(). */
  [[nodiscard]] deltos_transaction *release() noexcept { return handle_.release(); }

 private:
  /** What makes things in memory where there is no transaction is not called without one. */
  Result<void> named(const Text &name) const noexcept {
    if (get() == nullptr) return Error(Status::invalid, "the transaction is empty");
    if (name.c_str() == nullptr) return Error(Status::invalid, "the name has a NUL inside");
    return {};
  }
  template <class Call>
  static Result<Object> opened(Call &&call) {
    deltos_object *object = nullptr;
    deltos_error error;
    if (call(&object, &error) != DELTOS_OK) return Error(error);
    return Object(object);
  }
  Result<Object> replaced(const Object &old, const deltos_view *content) {
    return opened([&](deltos_object **object, deltos_error *err) {
      return deltos_buffer_replace(get(), old.get(), content, object, err);
    });
  }

  detail::Handle<deltos_transaction, deltos_transaction_abort> handle_;
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
