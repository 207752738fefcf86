/**
 * @file
 * @defgroup deltos_hpp_table Tables in C++
 *
 * Table is an Object whose rows are reached by pointers: the `T **` of C. TableRows<T> is its array of row pointers,
 * checked to be of T once, with everything that it points to kept in its place.
 *
 * @code
 * deltos::Table table = deltos::Table::create<double>(3, 4);
 * const deltos::TableRows<double> rows = table.rows<double>();
 * rows[1][2] = 7;
 * double *const *pointers = rows.data();  // for calls that take them
 * const deltos::TypedView<double> dense = table.to_dense().as<double>();
 * std::cout << pointers[1][2] + dense(1, 2) << "\n";
 * @endcode
 *
 * Thread safety: a table is internally synchronised; moving and releasing it, and its rows, is for one.
 * @{
 */
#ifndef DELTOS_HPP_TABLE_HPP
#define DELTOS_HPP_TABLE_HPP

#include <deltos/hpp/object.hpp>
#include <deltos/hpp/view.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** Which lines of a view Table::from_view() takes as rows. */
enum class Axis : std::int32_t { rows = 0, columns = 1 };

/** The columns of a table: one number for all of its rows, or a length for each: ragged. Lengths are borrowed. */
class Columns {
 public:
  template <class Count, class = std::enable_if_t<std::is_integral_v<Count>>>
  Columns(Count count) noexcept : count_(static_cast<std::int64_t>(count)) {}
  Columns(Span<const std::int64_t> lengths) noexcept : lengths_(lengths), is_ragged_(true) {}
  template <class List, class = std::enable_if_t<std::is_convertible_v<const List &, Span<const std::int64_t>> &&
                                                 !std::is_integral_v<List>>>
  Columns(const List &lengths) noexcept : Columns(Span<const std::int64_t>(lengths)) {}

  /** -1 where each row has a length of its own. */
  std::int64_t count() const noexcept { return is_ragged_ ? -1 : count_; }
  /** NULL where all rows have the same; never NULL for a ragged table, also one without rows. */
  const std::int64_t *lengths() const noexcept {
    static constexpr std::int64_t none = 0;
    if (!is_ragged_) return nullptr;
    return lengths_.empty() ? &none : lengths_.data();
  }
  /** Whether there is a length for each of so many rows. */
  bool fit(std::int64_t rows) const noexcept {
    return !is_ragged_ || (rows >= 0 && static_cast<std::uint64_t>(rows) == lengths_.size());
  }

 private:
  Span<const std::int64_t> lengths_;
  std::int64_t count_ = 0;
  bool is_ragged_ = false;
};

/** What a table's handle shows; table.h says more of each. A copy that depends on nothing. */
struct TableInfo {
  Dtype dtype = Dtype::other;
  bool readonly = false;
  bool ragged = false;
  bool stored = false;
  bool sealed = false;
  std::int64_t rows = 0;
  std::int64_t columns = 0;  ///< -1: ragged
  std::uint64_t itemsize = 0;
  std::uint64_t exports = 0;
  std::string format;
};

/** The row pointers of a table. They and what they point to stay until this goes. */
template <class T>
class TableRows {
  static_assert(detail::is_element<T>, "specialise deltos::format_of for this type");

 public:
  TableRows() noexcept = default;

  /** The array of pointers, as many as there are rows; those of empty rows must not be followed. */
  T *const *data() const noexcept { return rows_; }
  std::size_t size() const noexcept { return lengths_.size(); }
  bool empty() const noexcept { return lengths_.empty(); }
  /** The first element of a row; neither index of `rows[i][j]` is checked but the first in debug builds. */
  T *operator[](std::size_t row) const noexcept {
    assert(row < size());
    return rows_[row];
  }
  /** How many elements each row has. */
  Span<const std::int64_t> lengths() const noexcept { return lengths_; }
  /** One row with its length. Not checked but in debug builds. */
  Span<T> row(std::size_t row) const noexcept {
    assert(row < size());
    return {rows_[row], static_cast<std::size_t>(lengths_[row])};
  }
  /** Checked: fails with range where there is no such row. */
  Result<Span<T>> try_at(std::size_t index) const noexcept {
    if (index >= size()) return Error(Status::range, "there is no such row; see size()");
    return row(index);
  }
  /** The same, throwing. */
  Span<T> at(std::size_t index) const { return try_at(index).value(); }
  /** The view that keeps them. */
  const View &pin() const noexcept { return pin_; }

 private:
  friend class Table;
  View pin_;
  T *const *rows_ = nullptr;
  Span<const std::int64_t> lengths_;
};

/** A table: an object like any other, and what only tables can do. */
class Table : public Object {
 public:
  Table() noexcept = default;
  /** Takes over a handle of the C interface. */
  explicit Table(deltos_object *taken) noexcept : Object(taken) {}
  /** Of an object that was opened as any kind. What is no table answers kind when it is used as one. */
  explicit Table(Object &&object) noexcept : Object(std::move(object)) {}

  /**
   * Creates a table of zeros in memory, without a storage; Transaction::create_table() makes stored ones.
   *
   * Fails with invalid (also a number of lengths that is not that of rows), format, unsupported, limit, no_memory or
   * internal, as deltos_table_create() says. Threads: any. Cost: one allocation, and a constant for each row.
   */
  static Result<Table> try_create(const ElementType &type, std::int64_t rows, const Columns &columns) {
    return created(nullptr, nullptr, type, rows, columns);
  }
  /** The same, throwing. */
  [[nodiscard]] static Table create(const ElementType &type, std::int64_t rows, const Columns &columns) {
    return try_create(type, rows, columns).value();
  }
  /** The same for elements of type T. */
  template <class T>
  static Result<Table> try_create(std::int64_t rows, const Columns &columns) {
    return try_create(ElementType::of<T>(), rows, columns);
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] static Table create(std::int64_t rows, const Columns &columns) {
    return try_create<T>(rows, columns).value();
  }

  /**
   * Shows a `T **` of the caller's as a table, `const T` as a read-only one. Neither pointers nor rows are copied.
   *
   * @param rows     Pointers, none of which is NULL unless its row is empty.
   * @param release  Called once, without arguments, when the handle and the last view are gone, on whatever thread that
   *                 is; never when wrapping fails. It must not block on other threads; what it throws ends the program.
   * Fails with invalid, format, unsupported, limit, no_memory or internal, as deltos_table_wrap() says. Threads: any.
   * Cost: a look at each pointer.
   */
  template <class T, class Release>
  static Result<Table> try_wrap(T *const *rows, std::int64_t count, const Columns &columns, Release release) {
    detail::ReleaseCall<Release> call(std::move(release));
    Result<Table> wrapped = wrap_raw(untyped(rows), count, columns, ElementType::of<std::remove_const_t<T>>(),
                                     std::is_const_v<T>, &detail::ReleaseCall<Release>::run, call.user());
    if (wrapped) call.taken();
    return wrapped;
  }
  /** The same without being told; pointers and rows must outlive the table and every view of it. */
  template <class T>
  static Result<Table> try_wrap(T *const *rows, std::int64_t count, const Columns &columns) {
    return wrap_raw(untyped(rows), count, columns, ElementType::of<std::remove_const_t<T>>(), std::is_const_v<T>,
                    nullptr, nullptr);
  }
  /** The same for an element type chosen at run time. */
  static Result<Table> try_wrap(void *const *rows, const ElementType &type, std::int64_t count, const Columns &columns,
                                bool readonly = false) {
    return wrap_raw(rows, count, columns, type, readonly, nullptr, nullptr);
  }
  template <class Release>
  static Result<Table> try_wrap(void *const *rows, const ElementType &type, std::int64_t count, const Columns &columns,
                                bool readonly, Release release) {
    detail::ReleaseCall<Release> call(std::move(release));
    Result<Table> wrapped =
        wrap_raw(rows, count, columns, type, readonly, &detail::ReleaseCall<Release>::run, call.user());
    if (wrapped) call.taken();
    return wrapped;
  }
  /** The same, throwing. */
  template <class... Arguments>
  [[nodiscard]] static Table wrap(Arguments &&...arguments) {
    return try_wrap(std::forward<Arguments>(arguments)...).value();
  }

  /**
   * Shows the rows, or the columns, of a two-dimensional view as a table, without copying. The table pins the view.
   *
   * Fails with invalid, layout, no_memory or internal, as deltos_table_from_view() says. Threads: any. Cost: a pointer
   * for each row.
   */
  static Result<Table> try_from_view(const View &view, Axis axis = Axis::rows) {
    return opened([&](deltos_object **table, deltos_error *err) {
      return deltos_table_from_view(view.get(), static_cast<std::int32_t>(axis), table, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static Table from_view(const View &view, Axis axis = Axis::rows) {
    return try_from_view(view, axis).value();
  }

  /**
   * Shows separate views, in any range of View, as the rows of one table, without copying. The table pins them.
   *
   * @param columns  Elements that each must have; -1: as many as the first.
   * Fails with invalid, type (one has another number or type), layout, format, unsupported, limit, no_memory or
   * internal, as deltos_table_from_views() says. Threads: any. Cost: a constant for each row.
   */
  template <class Views>
  static Result<Table> try_from_views(const Views &views, std::int64_t columns = -1) {
    return of_views(views, columns, nullptr, 0);
  }
  /** The same for an element type that each must have; with it, there may be no views. */
  template <class Views>
  static Result<Table> try_from_views(const Views &views, std::int64_t columns, const ElementType &type) {
    return of_views(views, columns, type.format(), static_cast<std::int32_t>(type.dtype()));
  }
  /** The same, throwing. */
  template <class Views>
  [[nodiscard]] static Table from_views(const Views &views, std::int64_t columns = -1) {
    return try_from_views(views, columns).value();
  }
  template <class Views>
  [[nodiscard]] static Table from_views(const Views &views, std::int64_t columns, const ElementType &type) {
    return try_from_views(views, columns, type).value();
  }

  /** What it is, as this handle shows it. Fails with invalid, kind, corrupt, no_memory or internal. Threads: any. Cost:
   * constant. */
  Result<TableInfo> try_table_info() const {
    return detail::made<TableInfo>([&](TableInfo &info, deltos_error *err) {
      deltos_table_info raw{};
      raw.struct_size = sizeof raw;
      const deltos_status status = deltos_table_stat(get(), &raw, err);
      if (status == DELTOS_OK) info = copy_of(raw);
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] TableInfo table_info() const { return try_table_info().value(); }

  /**
   * The row pointers: read-only for `const double`, writable for `double`.
   *
   * Fails with type where elements are not T, with layout where they are not aligned, and with invalid, kind, readonly,
   * corrupt, sealed, closed, stale, busy, forked, io, filesystem, feature, address_space, no_memory or internal, as
   * deltos_table_rows() says. Threads: any. Cost: that of view(); the first time of a stored one, a check of each row.
   */
  template <class T>
  Result<TableRows<T>> try_rows() const {
    using Element = std::remove_const_t<T>;
    const Result<TableInfo> info = try_table_info();
    if (!info) return info.error();
    const Result<void> typed = detail::check_element<Element>(info->format.c_str(), info->dtype, info->itemsize);
    if (!typed) return typed.error();
    Result<TableRows<T>> rows = detail::made<TableRows<T>>([&](TableRows<T> &made, deltos_error *err) {
      deltos_view *pin = nullptr;
      void *const *pointers = nullptr;
      const std::int64_t *lengths = nullptr;
      const deltos_status status = deltos_table_rows(get(), !std::is_const_v<T>, &pin, &pointers, &lengths, err);
      if (status != DELTOS_OK) return status;
      made.pin_ = View(pin);
      made.rows_ = reinterpret_cast<T *const *>(pointers);
      made.lengths_ = {lengths, static_cast<std::size_t>(info->rows)};
      return status;
    });
    if (rows && !are_aligned(*rows)) return Error(Status::layout, "elements are not aligned; use to_dense()");
    return rows;
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TableRows<T> rows() const {
    return try_rows<T>().value();
  }

  /**
   * One row as a view of one dimension.
   *
   * Fails with range where there is no such row, and as rows(), as deltos_table_row() says. Cost: as rows().
   */
  Result<View> try_row(std::int64_t row, Request request = Request::full_ro) const {
    deltos_view *view = nullptr;
    deltos_error error;
    if (deltos_table_row(get(), row, static_cast<std::int32_t>(request), &view, &error) != DELTOS_OK)
      return Error(error);
    return View(view);
  }
  /** The same, throwing. */
  [[nodiscard]] View row(std::int64_t row, Request request = Request::full_ro) const {
    return try_row(row, request).value();
  }
  /** The same as elements of type T. */
  template <class T>
  Result<TypedView<T>> try_row(std::int64_t row) const {
    Result<View> view = try_row(row, std::is_const_v<T> ? Request::full_ro : Request::full);
    if (!view) return view.error();
    return std::move(*view).template try_as<T>();
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TypedView<T> row(std::int64_t row) const {
    return try_row<T>(row).value();
  }

  /**
   * A copy in memory of its own, in C order and writable, for what does not follow pointers.
   *
   * Fails with layout where rows have lengths of their own, and as rows(), as deltos_table_to_dense() says. Threads:
   * any. Cost: that of the copy.
   */
  Result<View> try_to_dense() const {
    deltos_view *view = nullptr;
    deltos_error error;
    if (deltos_table_to_dense(get(), &view, &error) != DELTOS_OK) return Error(error);
    return View(view);
  }
  /** The same, throwing. */
  [[nodiscard]] View to_dense() const { return try_to_dense().value(); }

  /**
   * Shows the same bytes as elements of another type, through this handle.
   *
   * Fails with invalid, kind, pinned (views of this handle live), format, unsupported, limit, corrupt, no_memory or
   * internal, as deltos_table_reinterpret() says; nothing has changed then. Threads: any. Cost: constant; of a ragged
   * table, for each row.
   */
  Result<void> try_reinterpret(const ElementType &type) {
    return detail::done([&](deltos_error *err) {
      return deltos_table_reinterpret(get(), type.format(), static_cast<std::int32_t>(type.dtype()), err);
    });
  }
  /** The same, throwing. */
  void reinterpret(const ElementType &type) { try_reinterpret(type).value(); }

  /**
   * Makes it give no writable views any more, through this handle.
   *
   * Fails with invalid, kind, pinned (writable views of this handle live), no_memory or internal, as
   * deltos_table_make_readonly() says. Threads: any. Cost: constant.
   */
  Result<void> try_make_readonly() {
    return detail::done([&](deltos_error *err) { return deltos_table_make_readonly(get(), err); });
  }
  /** The same, throwing. */
  void make_readonly() { try_make_readonly().value(); }

 private:
  friend class Transaction;

  template <class Call>
  static Result<Table> opened(Call &&call) {
    deltos_object *table = nullptr;
    deltos_error error;
    if (call(&table, &error) != DELTOS_OK) return Error(error);
    return Table(table);
  }
  static Error unlike_rows() noexcept {
    return Error(Status::invalid, "there is not one length for each row; give as many lengths as rows");
  }
  static Result<Table> created(deltos_transaction *transaction, const char *name, const ElementType &type,
                               std::int64_t rows, const Columns &columns) {
    if (!columns.fit(rows)) return unlike_rows();
    return opened([&](deltos_object **table, deltos_error *err) {
      return deltos_table_create(transaction, name, type.format(), static_cast<std::int32_t>(type.dtype()), rows,
                                 columns.count(), columns.lengths(), table, err);
    });
  }
  static Result<Table> wrap_raw(void *const *rows, std::int64_t count, const Columns &columns, const ElementType &type,
                                bool readonly, deltos_release release, void *user) {
    if (!columns.fit(count)) return unlike_rows();
    return opened([&](deltos_object **table, deltos_error *err) {
      return deltos_table_wrap(rows, count, columns.count(), columns.lengths(), type.format(),
                               static_cast<std::int32_t>(type.dtype()), readonly, release, user, table, err);
    });
  }
  template <class Views>
  static Result<Table> of_views(const Views &views, std::int64_t columns, const char *format, std::int32_t dtype) {
    std::vector<const deltos_view *> raw;
    for (const View &view : views) raw.push_back(view.get());
    return opened([&](deltos_object **table, deltos_error *err) {
      return deltos_table_from_views(raw.data(), static_cast<std::int64_t>(raw.size()), columns, format, dtype, table,
                                     err);
    });
  }
  /** All pointers to objects are alike, and C has no const in between; the type is in what is said of the elements. */
  template <class T>
  static void *const *untyped(T *const *rows) noexcept {
    return reinterpret_cast<void *const *>(const_cast<std::remove_const_t<T> *const *>(rows));
  }
  template <class T>
  static bool are_aligned(const TableRows<T> &rows) noexcept {
    for (std::size_t k = 0; k < rows.size(); ++k) {
      if (rows.lengths()[k] > 0 && reinterpret_cast<std::uintptr_t>(rows[k]) % alignof(T) != 0) return false;
    }
    return true;
  }
  static TableInfo copy_of(const deltos_table_info &raw) {
    TableInfo info;
    info.dtype = static_cast<Dtype>(raw.dtype);
    info.readonly = raw.readonly != 0;
    info.ragged = raw.ragged != 0;
    info.stored = raw.stored != 0;
    info.sealed = raw.sealed != 0;
    info.rows = raw.rows;
    info.columns = raw.columns;
    info.itemsize = raw.itemsize;
    info.exports = raw.exports;
    info.format = raw.format;
    return info;
  }
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
