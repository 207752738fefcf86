/**
 * @file
 * @defgroup deltos_hpp_storage Storages in C++
 *
 * Everything starts from a Storage. Its destructor gives it up as detach() does: nothing fails, and views that live
 * keep what they show. Where it matters that nobody still looks, call close().
 *
 * @code
 * deltos::OpenOptions options;
 * options.mode = deltos::Mode::write;
 * options.create = deltos::Create::if_absent;
 * deltos::Storage storage = deltos::Storage::open("example.deltos", options);
 * storage.close();
 * @endcode
 *
 * Thread safety: internally synchronised. Moving, closing and destroying a Storage are for one thread.
 * @{
 */
#ifndef DELTOS_HPP_STORAGE_HPP
#define DELTOS_HPP_STORAGE_HPP

#include <deltos/hpp/hash_map_builder.hpp>
#include <deltos/hpp/mode.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** Bits of OpenOptions::flags, see storage.h; joined by `|`. */
enum class OpenFlags : std::uint32_t {
  none = 0,
  sigbus_guard = DELTOS_OPEN_SIGBUS_GUARD,
  verify = DELTOS_OPEN_VERIFY,
  rollback = DELTOS_OPEN_ROLLBACK,
  redirty = DELTOS_OPEN_REDIRTY,
  copy = DELTOS_OPEN_COPY,
  no_trim = DELTOS_OPEN_NO_TRIM,
  force = DELTOS_OPEN_FORCE,
  sparse = DELTOS_OPEN_SPARSE,
  compress = DELTOS_OPEN_COMPRESS
};
constexpr OpenFlags operator|(OpenFlags left, OpenFlags right) noexcept {
  return static_cast<OpenFlags>(static_cast<std::uint32_t>(left) | static_cast<std::uint32_t>(right));
}

/** How a storage is opened; as it is made, it reads an existing file. In C++20: `{.mode = deltos::Mode::write}`. */
struct OpenOptions {
  Mode mode = Mode::read;
  Create create = Create::never;
  OpenFlags flags = OpenFlags::none;
  std::uint64_t offset = 0;          /**< read, fixed: where the storage starts in the file; not 0 implies fixed */
  std::uint64_t size = 0;            /**< read, fixed: its length; 0: to the end of the file */
  std::uint64_t reserve_bytes = 0;   /**< write: address space to grow into; 0: chosen by the library */
  std::uint64_t max_file_bytes = 0;  /**< write: refuse to grow beyond; 0: no limit */
  std::uint64_t auto_sync_bytes = 0; /**< write: async commits are made durable when so much was written; 0: 256 MiB */
  Progress progress = {};            /**< for verify, redirty, copy and the writer's check */
};

/** Facts about a storage and its handle, as storage.h says: numbers only, a copy. */
using StorageInfo = deltos_storage_info;
/** One thing that is wrong, as storage.h says: a copy. */
using Finding = deltos_finding;
/** An object with live views, as storage.h says: a copy. */
using Pin = deltos_pin;

/** How much Storage::verify() reads. */
enum class Level : std::int32_t { structure = DELTOS_VERIFY_STRUCT, full = DELTOS_VERIFY_FULL };

/** What Storage::verify() found: sound when count is 0. */
struct Findings {
  std::uint64_t count = 0;    /**< how many there are, at most 1,000; may exceed the length of the list */
  std::vector<Finding> first; /**< the first ones */
};

/** An open storage. */
class Storage {
 public:
  Storage() noexcept = default;
  /** Takes over a storage of the C interface. */
  explicit Storage(deltos_storage *taken) noexcept : handle_(taken) {}

  /**
   * Opens a file.
   *
   * Fails with invalid, not_found, exists, range, busy, locked, not_deltos, feature, corrupt, limit, filesystem,
   * cancelled, io, no_space, address_space, no_memory or internal, as deltos_storage_open() says.
   * Threads: any. Cost: a few system calls; for writing, a check of the whole catalogue.
   */
  static Result<Storage> try_open(const Text &path, const OpenOptions &options = {}) {
    return opened(options, [&](const deltos_open_options *raw, deltos_storage **storage, deltos_error *err) {
      return deltos_storage_open(path.c_str(), raw, storage, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static Storage open(const Text &path, const OpenOptions &options = {}) {
    return try_open(path, options).value();
  }

  /** Opens a file by descriptor, which stays the caller's; otherwise as open(), see deltos_storage_open_fd(). */
  static Result<Storage> try_open_fd(int fd, const OpenOptions &options = {}) {
    return opened(options, [&](const deltos_open_options *raw, deltos_storage **storage, deltos_error *err) {
      return deltos_storage_open_fd(fd, raw, storage, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static Storage open_fd(int fd, const OpenOptions &options = {}) {
    return try_open_fd(fd, options).value();
  }

  /**
   * Makes a storage in anonymous memory, open for writing; fd() passes it on to other processes.
   *
   * Fails with invalid, io, no_space, address_space, no_memory or internal, as deltos_storage_open_anonymous() says.
   * Threads: any. Cost: a few system calls.
   */
  static Result<Storage> try_open_anonymous(const Text &label = "deltos", const OpenOptions &options = {}) {
    return opened(options, [&](const deltos_open_options *raw, deltos_storage **storage, deltos_error *err) {
      return deltos_storage_open_anonymous(label.c_str(), raw, storage, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static Storage open_anonymous(const Text &label = "deltos", const OpenOptions &options = {}) {
    return try_open_anonymous(label, options).value();
  }

  /**
   * Opens a storage that lies in memory of the caller's, which must not change, unless it is copied.
   *
   * @param release  Called once, without arguments, when the memory is no longer used, on whatever thread that is; also
   *                 when this fails. It must not block on other threads; what it throws ends the program.
   * Fails with invalid, range, not_deltos, feature, corrupt, limit, cancelled, no_memory or internal, as
   * deltos_storage_open_memory() says. Threads: any. Cost: constant; to copy or verify, in proportion to the size.
   */
  template <class Release>
  static Result<Storage> try_open_memory(Span<const std::byte> bytes, const OpenOptions &options, Release release) {
    detail::ReleaseCall<Release> call(std::move(release));
    void *user = call.user();
    call.taken();
    return open_memory_raw(bytes, options, &detail::ReleaseCall<Release>::run, user);
  }
  /** The same without being told; the memory must outlive the storage and every view of it. */
  static Result<Storage> try_open_memory(Span<const std::byte> bytes, const OpenOptions &options = {}) {
    return open_memory_raw(bytes, options, nullptr, nullptr);
  }
  /** The same, throwing. */
  template <class Release>
  [[nodiscard]] static Storage open_memory(Span<const std::byte> bytes, const OpenOptions &options, Release release) {
    return try_open_memory(bytes, options, std::move(release)).value();
  }
  [[nodiscard]] static Storage open_memory(Span<const std::byte> bytes, const OpenOptions &options = {}) {
    return try_open_memory(bytes, options).value();
  }

  /**
   * Takes a snapshot of the newest commit.
   *
   * Fails with invalid, forked, corrupt, io, address_space, no_memory or internal, as deltos_snapshot_begin() says.
   * Threads: any. Cost: a few microseconds.
   */
  Result<Snapshot> try_snapshot() const {
    deltos_snapshot *snapshot = nullptr;
    deltos_error error;
    if (deltos_snapshot_begin(get(), &snapshot, &error) != DELTOS_OK) return Error(error);
    return Snapshot(snapshot);
  }
  /** The same, throwing. */
  [[nodiscard]] Snapshot snapshot() const { return try_snapshot().value(); }

  /**
   * Begins a transaction on the newest commit; there is one at a time, and nothing is waited for.
   *
   * Fails with invalid, readonly, busy, forked, io, no_memory or internal, as deltos_transaction_begin() says.
   * Threads: any. Cost: constant.
   */
  Result<Transaction> try_transaction() {
    deltos_transaction *transaction = nullptr;
    deltos_error error;
    if (deltos_transaction_begin(get(), &transaction, &error) != DELTOS_OK) return Error(error);
    return Transaction(transaction);
  }
  /** The same, throwing. */
  [[nodiscard]] Transaction transaction() { return try_transaction().value(); }

  /**
   * Opens an object in the newest commit, without a snapshot.
   *
   * Fails with invalid, not_found, kind, corrupt, feature, forked, address_space, io, no_memory or internal, as
   * deltos_object_open_newest() says. Threads: any. Cost: as snapshot() and SnapshotRef::object().
   */
  Result<Object> try_object(const Text &name, Kind kind = Kind::any) const {
    deltos_object *object = nullptr;
    deltos_error error;
    const deltos_status status =
        deltos_object_open_newest(get(), name.c_str(), static_cast<std::int32_t>(kind), &object, &error);
    if (status != DELTOS_OK) return Error(error);
    return Object(object);
  }
  /** The same, throwing. */
  [[nodiscard]] Object object(const Text &name, Kind kind = Kind::any) const { return try_object(name, kind).value(); }

  /** Opens a table in the newest commit; otherwise as object(). */
  Result<Table> try_table(const Text &name) const {
    Result<Object> found = try_object(name, Kind::table);
    if (!found) return found.error();
    return Table(std::move(*found));
  }
  /** The same, throwing. */
  [[nodiscard]] Table table(const Text &name) const { return try_table(name).value(); }

  /** Opens an array in the newest commit, to append to it where the storage is open for writing; otherwise as object().
   */
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

  /** Opens a value in the newest commit; otherwise as object(). */
  Result<Value> try_value(const Text &name) const {
    Result<Object> found = try_object(name, Kind::value);
    if (!found) return found.error();
    return Value::try_from(std::move(*found));
  }
  /** The same, throwing. */
  [[nodiscard]] Value value(const Text &name) const { return try_value(name).value(); }

  /** Opens a record table in the newest commit; otherwise as object(). */
  Result<RecordTable> try_records(const Text &name) const {
    Result<Object> found = try_object(name, Kind::record_table);
    if (!found) return found.error();
    return RecordTable(std::move(*found));
  }
  /** The same, throwing. */
  [[nodiscard]] RecordTable records(const Text &name) const { return try_records(name).value(); }

  /** Opens a hash map in the newest commit; otherwise as object(). */
  Result<HashMap> try_hash_map(const Text &name) const {
    Result<Object> found = try_object(name, Kind::hash_map);
    if (!found) return found.error();
    return HashMap(std::move(*found));
  }
  /** The same, throwing. */
  [[nodiscard]] HashMap hash_map(const Text &name) const { return try_hash_map(name).value(); }

  /** Begins a hash map, with its temporary files beside this storage. No transaction is needed before
   * HashMapBuilder::finish(). Fails as HashMapBuilder::begin(). */
  Result<HashMapBuilder> try_begin_map(const HashMapOptions &options = {}) const {
    return HashMapBuilder::begun(get(), options);
  }
  /** The same, throwing. */
  [[nodiscard]] HashMapBuilder begin_map(const HashMapOptions &options = {}) const {
    return try_begin_map(options).value();
  }

  /** Exports a buffer of the newest commit as elements of type T: the shortest way to an address. Fails as object()
   * and Object::view(). */
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
   * Closes, or refuses and changes nothing: with pinned while views live (the message names them), with busy while a
   * transaction is open. Snapshots, objects and cursors answer closed from then on. The storage is empty afterwards;
   * closing an empty one does nothing. Threads: one. Cost: a few system calls.
   */
  Result<void> try_close() {
    return detail::done([&](deltos_error *err) { return deltos_storage_close(handle_.address(), err); });
  }
  /** The same, throwing. */
  void close() { try_close().value(); }

  /** Gives it up, whatever lives: an open transaction is aborted, views stay valid. Never fails. */
  void detach() noexcept { deltos_storage_detach(handle_.address()); }

  /**
   * Makes durable what was stored so far, also in place, by any process.
   *
   * Fails with invalid, readonly, forked, replaced, in_doubt, io, busy, no_memory or internal, as deltos_storage_sync()
   * says. Threads: any. Cost: one or two barriers, and writing whatever is dirty.
   */
  Result<void> try_sync() {
    return detail::done([&](deltos_error *err) { return deltos_storage_sync(get(), err); });
  }
  /** The same, throwing. */
  void sync() { try_sync().value(); }

  /**
   * The state of the storage. Fails with invalid, forked, io, corrupt, no_memory or internal.
   * Threads: any. Cost: about 60 system calls.
   */
  Result<StorageInfo> try_info() const {
    return detail::made<StorageInfo>([&](StorageInfo &info, deltos_error *err) {
      info.struct_size = sizeof info;
      return deltos_storage_stat(get(), &info, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] StorageInfo info() const { return try_info().value(); }

  /** The descriptor, borrowed until the storage is closed. Fails with invalid, or unsupported where there is none. */
  Result<int> try_fd() const {
    return detail::made<int>([&](int &fd, deltos_error *err) {
      std::int32_t number = -1;
      const deltos_status status = deltos_storage_fd(get(), &number, err);
      fd = number;
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] int fd() const { return try_fd().value(); }

  /**
   * Checks the newest commit. Damage is a result, not a failure.
   *
   * @param limit  How many findings are wanted at most.
   * Fails with invalid, forked, cancelled, io, no_memory or internal, as deltos_storage_verify() says.
   * Threads: any. Cost: reads the catalogue; with Level::full every sealed byte, too.
   */
  Result<Findings> try_verify(Level level = Level::structure, const Progress &progress = {},
                              std::size_t limit = 100) const {
    detail::ProgressCall call(progress);
    Result<Findings> result = detail::made<Findings>([&](Findings &findings, deltos_error *err) {
      findings.first.resize(limit);
      const deltos_status status =
          deltos_storage_verify(get(), static_cast<std::int32_t>(level), call.function(), call.user(),
                                findings.first.data(), limit, &findings.count, err);
      if (status == DELTOS_OK && findings.count < limit)
        findings.first.resize(static_cast<std::size_t>(findings.count));
      return status;
    });
    call.finish();
    return result;
  }
  /** The same, throwing. */
  [[nodiscard]] Findings verify(Level level = Level::structure, const Progress &progress = {},
                                std::size_t limit = 100) const {
    return try_verify(level, progress, limit).value();
  }

  /**
   * What is exported through this handle: what close() would name. Fails with invalid, no_memory or internal.
   * Threads: any. Cost: in proportion to the number of exported objects.
   */
  Result<std::vector<Pin>> try_pins() const {
    return detail::made<std::vector<Pin>>([&](std::vector<Pin> &pins, deltos_error *err) {
      std::uint64_t count = 0;
      deltos_status status = deltos_storage_pins(get(), nullptr, 0, &count, err);
      while (status == DELTOS_OK && count > pins.size()) {  // another thread may export meanwhile
        pins.resize(static_cast<std::size_t>(count));
        status = deltos_storage_pins(get(), pins.data(), pins.size(), &count, err);
      }
      if (status == DELTOS_OK) pins.resize(static_cast<std::size_t>(count));
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::vector<Pin> pins() const { return try_pins().value(); }

  explicit operator bool() const noexcept { return get() != nullptr; }
  /** The storage of the C interface; this stays its owner. */
  deltos_storage *get() const noexcept { return handle_.get(); }
  /** Gives it up: the caller owes it deltos_storage_close() or deltos_storage_detach(). */
  [[nodiscard]] deltos_storage *release() noexcept { return handle_.release(); }

 private:
  template <class Call>
  static Result<Storage> opened(const OpenOptions &options, Call &&call) {
    detail::ProgressCall progress(options.progress);
    deltos_open_options raw{};
    raw.struct_size = sizeof raw;
    raw.mode = static_cast<std::int32_t>(options.mode);
    raw.create = static_cast<std::int32_t>(options.create);
    raw.flags = static_cast<std::uint32_t>(options.flags);
    raw.offset = options.offset;
    raw.size = options.size;
    raw.reserve_bytes = options.reserve_bytes;
    raw.max_file_bytes = options.max_file_bytes;
    raw.auto_sync_bytes = options.auto_sync_bytes;
    raw.progress = progress.function();
    raw.progress_user = progress.user();
    deltos_error error;
    Storage storage;
    const deltos_status status = call(&raw, storage.handle_.address(), &error);
    progress.finish();
    if (status != DELTOS_OK) return Error(error);
    return Result<Storage>(std::move(storage));
  }
  static Result<Storage> open_memory_raw(Span<const std::byte> bytes, const OpenOptions &options,
                                         deltos_release release, void *user) {
    return opened(options, [&](const deltos_open_options *raw, deltos_storage **storage, deltos_error *err) {
      return deltos_storage_open_memory(bytes.data(), bytes.size(), raw, release, user, storage, err);
    });
  }

  detail::Handle<deltos_storage, deltos_storage_detach> handle_;
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
