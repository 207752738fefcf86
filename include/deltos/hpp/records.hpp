/**
 * @file
 * @defgroup deltos_hpp_records Record tables in C++
 *
 * RecordTable is an Object that holds rows of one Schema. By row it is read cell by cell, or as structs of the
 * program's own where those lie as the rows do; by column as typed memory. RecordBuilder makes one, from columns.
 *
 * @code
 * const deltos::Schema schema = deltos::Schema::make(
 *     "tree", {deltos::NewSlot::of<double>("height"), {"name", deltos::SlotType::utf8, deltos::SlotFlags::nullable}});
 * deltos::RecordBuilder builder = deltos::RecordBuilder::in_memory(schema);
 * const std::vector<double> heights = {1.5, 2.5};
 * const std::vector<std::string_view> names = {"oak", "elm"};
 * builder.add(deltos::RecordColumns(schema).set(0, heights).set(1, names));
 * const std::vector<std::byte> packed = builder.pack();
 * const deltos::RecordTable trees = deltos::RecordTable::open_memory(packed);
 * std::cout << trees.cell(1, 1).as<std::string_view>() << " " << trees.column<const double>(0)[1] << "\n";
 * @endcode
 *
 * Thread safety: tables are immutable, but for the items of writable slots; builders are for one thread at a time.
 * @{
 */
#ifndef DELTOS_HPP_RECORDS_HPP
#define DELTOS_HPP_RECORDS_HPP

#include <deltos/hpp/schema.hpp>
#include <deltos/hpp/value.hpp>
#include <deque>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** How the rows of a table lie. */
enum class RecordLayout : std::int32_t { rows = DELTOS_LAYOUT_ROWS, columns = DELTOS_LAYOUT_COLUMNS };

/** Whether a row has a slot, when it is added. */
enum class Presence : std::uint8_t { present = DELTOS_PRESENT, null = DELTOS_NULL, unset = DELTOS_UNSET };

/** Which presence bits RecordTable::presence() shows. */
enum class PresenceBits : std::int32_t { valid = DELTOS_PRESENCE_VALID, null = DELTOS_PRESENCE_NULL };

/** How a table is built. */
struct RecordOptions {
  RecordLayout layout = RecordLayout::rows;
  std::uint64_t memory_bytes = 0;  ///< before temporary files are used; 0: 64 MiB
  std::string spill_directory;     ///< empty: beside the storage, else $TMPDIR, else /tmp
};

/** What a record table is; record.h says more of each. */
struct RecordTableInfo {
  RecordLayout layout = RecordLayout::rows;
  bool sealed = false;
  bool writable = false;
  std::uint64_t rows = 0;
  std::uint64_t slots = 0;
  std::uint64_t row_bytes = 0;
  std::uint64_t heap_bytes = 0;
  std::uint64_t image_bytes = 0;
};

/** Rows to add, as columns of a schema's slots. Borrows what it is made of, until it has been added. */
class RecordColumns {
 public:
  /** Of a schema with so many slots. */
  explicit RecordColumns(const Schema &schema) : RecordColumns(schema.info().slots) {}
  explicit RecordColumns(std::uint64_t slots)
      : columns_(static_cast<std::size_t>(slots)), presence_(static_cast<std::size_t>(slots), nullptr) {}

  /** A column of items, dates (std::int32_t, days) or times (std::int64_t, microseconds): any list of elements. */
  template <class List, class = std::enable_if_t<detail::is_list<const List>>>
  RecordColumns &set(std::uint64_t slot, const List &items) {
    using T = std::remove_pointer_t<decltype(std::data(items))>;
    return set_items(slot, std::data(items), std::size(items), sizeof(T), 0);
  }
  /** The same of items that are `stride` bytes apart, such as members of structs. */
  RecordColumns &set_items(std::uint64_t slot, const void *items, std::size_t count, std::size_t item_bytes,
                           std::ptrdiff_t stride) {
    deltos_column &column = at(slot);
    column.layout = DELTOS_COLUMN_FIXED;
    column.count = count;
    column.data = items;
    column.item_size = item_bytes;
    column.stride = stride;
    rows_ = count;
    return *this;
  }
  /** A column of texts, bytes, or packed values. */
  RecordColumns &set(std::uint64_t slot, const std::vector<std::string_view> &texts) {
    return set_slices(slot, texts, [](std::string_view text) { return deltos_bytes{text.data(), text.size()}; });
  }
  RecordColumns &set(std::uint64_t slot, const std::vector<std::string> &texts) {
    return set_slices(slot, texts, [](const std::string &text) { return deltos_bytes{text.data(), text.size()}; });
  }
  RecordColumns &set(std::uint64_t slot, const std::vector<Span<const std::byte>> &pieces) {
    return set_slices(slot, pieces, [](Span<const std::byte> piece) {
      return deltos_bytes{piece.data(), piece.size()};
    });
  }
  /** The same as bytes with offsets, one more than rows, as Arrow has them. */
  RecordColumns &set_offsets(std::uint64_t slot, const void *bytes, Span<const std::int64_t> offsets) {
    deltos_column &column = at(slot);
    column.layout = DELTOS_COLUMN_OFFSETS;
    column.data = bytes;
    column.offsets = offsets.data();
    column.count = rows_ = offsets.empty() ? 0 : offsets.size() - 1;
    return *this;
  }
  /** What is there of a slot, row by row; without it all is. */
  RecordColumns &set_presence(std::uint64_t slot, const std::vector<Presence> &presence) {
    static_assert(sizeof(Presence) == 1, "C reads bytes");
    presence_.at(static_cast<std::size_t>(slot)) = reinterpret_cast<const std::uint8_t *>(presence.data());
    rows_ = presence.size();
    return *this;
  }

 private:
  friend class RecordBuilder;
  friend class HashMapBuilder;
  deltos_column &at(std::uint64_t slot) { return columns_.at(static_cast<std::size_t>(slot)); }
  template <class Pieces, class Convert>
  RecordColumns &set_slices(std::uint64_t slot, const Pieces &pieces, const Convert &convert) {
    std::vector<deltos_bytes> &made = slices_.emplace_back();
    for (const auto &piece : pieces) made.push_back(convert(piece));
    deltos_column &column = at(slot);
    column.layout = DELTOS_COLUMN_SLICES;
    column.count = rows_ = made.size();
    column.data = made.data();
    return *this;
  }

  std::vector<deltos_column> columns_;
  std::vector<const std::uint8_t *> presence_;
  std::deque<std::vector<deltos_bytes>> slices_;
  std::uint64_t rows_ = 0;
};

/** Text, bytes or packed values of one slot in all rows. What it shows stays until it goes. */
class TextColumn {
 public:
  std::size_t size() const noexcept { return offsets_.size() - 1; }
  /** Not checked but in debug builds; empty where there is nothing. */
  std::string_view operator[](std::size_t row) const noexcept {
    assert(row < size());
    return {bytes_ + offsets_.data()[row], static_cast<std::size_t>(offsets_.data()[row + 1] - offsets_.data()[row])};
  }
  /** One more than rows. */
  const TypedView<const std::int64_t> &offsets() const noexcept { return offsets_; }
  const View &bytes() const noexcept { return view_; }

 private:
  friend class RecordTable;
  TextColumn(View view, TypedView<const std::int64_t> offsets) noexcept
      : view_(std::move(view)), offsets_(std::move(offsets)), bytes_(static_cast<const char *>(view_.data())) {}

  View view_;
  TypedView<const std::int64_t> offsets_;
  const char *bytes_;
};

/** A record table: an object like any other where it is stored, or in memory. */
class RecordTable : public Object {
 public:
  RecordTable() noexcept = default;
  /** Of an object that was opened as any kind. What is no record table answers kind when it is used as one. */
  explicit RecordTable(Object &&object) noexcept : Object(std::move(object)) {}

  /**
   * Opens a table that was packed into memory of the caller's, which must outlive it and every view of it.
   *
   * @param packed  Aligned to 8 bytes; to 64 where all views are to be had. Nobody may change it meanwhile.
   * Fails with invalid, layout, not_deltos, feature, corrupt, limit, no_memory or internal, as
   * deltos_record_table_open_memory() says. Threads: any. Cost: a constant for each slot.
   */
  static Result<RecordTable> try_open_memory(Span<const std::byte> packed) {
    deltos_object *table = nullptr;
    deltos_error error;
    if (deltos_record_table_open_memory(packed.data(), packed.size(), nullptr, nullptr, &table, &error) != DELTOS_OK)
      return Error(error);
    return RecordTable(Object(table));
  }
  /** The same, throwing. */
  [[nodiscard]] static RecordTable open_memory(Span<const std::byte> packed) { return try_open_memory(packed).value(); }

  /** What it is. Fails with invalid, kind or internal. Threads: any. Cost: constant. */
  Result<RecordTableInfo> try_table_info() const {
    deltos_record_table_info raw{};
    deltos_error error;
    raw.struct_size = sizeof raw;
    if (deltos_record_table_stat(get(), &raw, &error) != DELTOS_OK) return Error(error);
    return RecordTableInfo{static_cast<RecordLayout>(raw.layout),
                           raw.sealed != 0,
                           raw.writable != 0,
                           raw.rows,
                           raw.slots,
                           raw.row_bytes,
                           raw.heap_bytes,
                           raw.image_bytes};
  }
  /** The same, throwing. */
  [[nodiscard]] RecordTableInfo table_info() const { return try_table_info().value(); }

  /** Its schema, which may outlive it. Fails with invalid, kind, no_memory or internal. Cost: constant. */
  Result<Schema> try_schema() const {
    deltos_schema *schema = nullptr;
    deltos_error error;
    if (deltos_schema_of(get(), &schema, &error) != DELTOS_OK) return Error(error);
    return Schema(schema);
  }
  /** The same, throwing. */
  [[nodiscard]] Schema schema() const { return try_schema().value(); }

  /**
   * One slot of one row: `cell(3, 1).as<double>()`. A null one is null, one that is unset as well; is_set() tells them
   * apart. Of values, what their root is; value() opens them. Borrowed from the table.
   *
   * Fails with invalid, kind, range, corrupt, not_deltos, feature, no_memory or internal, as deltos_record_table_read()
   * says. Threads: any. Cost: constant.
   */
  Result<Node> try_cell(std::uint64_t row, std::uint64_t slot) const {
    const Result<deltos_item> item = read(row, slot);
    if (!item) return item.error();
    if (item->kind == DELTOS_VALUE_END) return Node();
    return Node(nullptr, *item);
  }
  /** The same, throwing. */
  [[nodiscard]] Node cell(std::uint64_t row, std::uint64_t slot) const { return try_cell(row, slot).value(); }

  /** Whether a slot is set, be it to null. Fails as cell(). */
  Result<bool> try_is_set(std::uint64_t row, std::uint64_t slot) const {
    const Result<deltos_item> item = read(row, slot);
    if (!item) return item.error();
    return item->kind != DELTOS_VALUE_END;
  }
  /** The same, throwing. */
  [[nodiscard]] bool is_set(std::uint64_t row, std::uint64_t slot) const { return try_is_set(row, slot).value(); }

  /** The value in a slot that holds one; none where it is null or unset. Fails with type, layout, and as cell(), as
   * deltos_record_table_value() says. Threads: any. Cost: constant. */
  Result<std::optional<Value>> try_value(std::uint64_t row, std::uint64_t slot) const {
    deltos_object *opened = nullptr;
    deltos_error error;
    if (deltos_record_table_value(get(), row, slot, &opened, &error) != DELTOS_OK) return Error(error);
    if (opened == nullptr) return std::optional<Value>();
    Result<Value> value = Value::try_from(Object(opened));
    if (!value) return value.error();
    return std::optional<Value>(std::move(*value));
  }
  /** The same, throwing. */
  [[nodiscard]] std::optional<Value> value(std::uint64_t row, std::uint64_t slot) const {
    return try_value(row, slot).value();
  }

  /** All rows of layout rows, as structures. Fails with layout, limit, and as view(), as deltos_record_table_rows()
   * says. Cost: a constant for each slot. */
  Result<View> try_rows() const {
    return shown([&](deltos_view **view, deltos_error *err) {
      return deltos_record_table_rows(get(), DELTOS_VIEW_FULL_RO, view, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] View rows() const { return try_rows().value(); }
  /** The same as structs of the program's own, whose format_of must say what the rows are: names, types and places. */
  template <class T>
  Result<TypedView<const T>> try_rows() const {
    Result<View> view = try_rows();
    if (!view) return view.error();
    return std::move(*view).template try_as<const T>();
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TypedView<const T> rows() const {
    return try_rows<T>().value();
  }

  /** The bytes that references in rows point into. Fails as rows(). Cost: constant. */
  Result<View> try_heap() const {
    return shown([&](deltos_view **view, deltos_error *err) {
      return deltos_record_table_heap(get(), DELTOS_VIEW_FULL_RO, view, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] View heap() const { return try_heap().value(); }

  /**
   * One slot of all rows, without a copy. Request::full for one that is writable.
   *
   * Fails with range, layout, readonly, sealed, busy, corrupt, limit, and as view(), as deltos_record_table_column()
   * says. Threads: any. Cost: constant.
   */
  Result<View> try_column(std::uint64_t slot, Request request = Request::full_ro) const {
    return shown([&](deltos_view **view, deltos_error *err) {
      return deltos_record_table_column(get(), slot, static_cast<std::int32_t>(request), view, nullptr, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] View column(std::uint64_t slot, Request request = Request::full_ro) const {
    return try_column(slot, request).value();
  }
  /** The same as items of type T: `column<const double>(0)`; writable for `double`. Fails with type as well. */
  template <class T>
  Result<TypedView<T>> try_column(std::uint64_t slot) const {
    Result<View> view = try_column(slot, std::is_const_v<T> ? Request::full_ro : Request::full);
    if (!view) return view.error();
    return std::move(*view).template try_as<T>();
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TypedView<T> column(std::uint64_t slot) const {
    return try_column<T>(slot).value();
  }

  /** Texts, bytes or packed values of layout columns. Fails as column(), and with kind for slots of items. Cost: a look
   * at the offsets, once a handle. */
  Result<TextColumn> try_texts(std::uint64_t slot) const {
    deltos_view *bytes = nullptr, *offsets = nullptr;
    deltos_error error;
    if (deltos_record_table_column(get(), slot, DELTOS_VIEW_FULL_RO, &bytes, &offsets, &error) != DELTOS_OK)
      return Error(error);
    View view(bytes);
    if (offsets == nullptr) return Error(Status::kind, "the slot holds items, not texts; use column()");
    Result<TypedView<const std::int64_t>> ends = View(offsets).try_as<const std::int64_t>();
    if (!ends) return ends.error();
    return TextColumn(std::move(view), std::move(*ends));
  }
  /** The same, throwing. */
  [[nodiscard]] TextColumn texts(std::uint64_t slot) const { return try_texts(slot).value(); }

  /** Presence bits of one slot, see record.h; an empty view where the slot has none. Fails as column(). */
  Result<View> try_presence(std::uint64_t slot, PresenceBits which = PresenceBits::valid) const {
    return shown([&](deltos_view **view, deltos_error *err) {
      return deltos_record_table_presence(get(), slot, static_cast<std::int32_t>(which), DELTOS_VIEW_FULL_RO, view,
                                          err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] View presence(std::uint64_t slot, PresenceBits which = PresenceBits::valid) const {
    return try_presence(slot, which).value();
  }

  /** Checks what opening leaves to each use. Fails with corrupt, not_deltos, feature, cancelled, invalid, kind,
   * no_memory or internal, as deltos_record_table_verify() says. Cost: that of reading it all. */
  Result<void> try_verify(const Progress &progress = {}) const {
    detail::ProgressCall call(progress);
    Result<void> verified = detail::done(
        [&](deltos_error *err) { return deltos_record_table_verify(get(), call.function(), call.user(), err); });
    call.finish();
    return verified;
  }
  /** The same, throwing. */
  void verify(const Progress &progress = {}) const { try_verify(progress).value(); }

  /** All rows as a stream of Arrow, which the caller releases. Fails with kind, unsupported, corrupt, no_memory or
   * internal, as deltos_record_table_to_arrow_stream() says. */
  Result<void> try_to_arrow(ArrowArrayStream *stream) const {
    return detail::done([&](deltos_error *err) { return deltos_record_table_to_arrow_stream(get(), stream, err); });
  }
  /** The same, throwing. */
  void to_arrow(ArrowArrayStream *stream) const { try_to_arrow(stream).value(); }

 private:
  template <class Call>
  static Result<View> shown(Call &&call) {
    deltos_view *view = nullptr;
    deltos_error error;
    if (call(&view, &error) != DELTOS_OK) return Error(error);
    return View(view);
  }
  Result<deltos_item> read(std::uint64_t row, std::uint64_t slot) const {
    deltos_item item;
    deltos_error error;
    if (deltos_record_table_read(get(), row, slot, &item, &error) != DELTOS_OK) return Error(error);
    return item;
  }
};

/** A record table that is being made: columns are added, in bounded memory, and the table stored or packed. */
class RecordBuilder {
 public:
  RecordBuilder() noexcept = default;
  /** Takes over a builder of the C interface. */
  explicit RecordBuilder(deltos_builder *taken) noexcept : handle_(taken) {}

  /** One whose table is packed; Transaction::begin_records() begins stored ones. Fails with invalid, no_memory or
   * internal, as deltos_record_table_begin() says. */
  static Result<RecordBuilder> try_in_memory(const Schema &schema, const RecordOptions &options = {}) {
    return begun(nullptr, nullptr, schema, options);
  }
  /** The same, throwing. */
  [[nodiscard]] static RecordBuilder in_memory(const Schema &schema, const RecordOptions &options = {}) {
    return try_in_memory(schema, options).value();
  }

  /** Adds rows: all of them or none. Fails with invalid, type, range, not_deltos, feature, corrupt, limit, io,
   * no_space, no_memory or internal, as deltos_record_table_add() says; the message names slot and row. Cost: a copy.
   */
  Result<void> try_add(const RecordColumns &columns) {
    return detail::done([&](deltos_error *err) {
      return deltos_record_table_add(get(), columns.columns_.data(), columns.presence_.data(), columns.columns_.size(),
                                     columns.rows_, err);
    });
  }
  /** The same, throwing. */
  void add(const RecordColumns &columns) { try_add(columns).value(); }

  /** Stores the table, sealed unless a slot is writable. Fails with invalid, exists, no_space, and as
   * Transaction::create(), as deltos_record_table_finish() says; the call can be made again then. */
  Result<RecordTable> try_finish() {
    deltos_object *table = nullptr;
    deltos_error error;
    if (deltos_record_table_finish(get(), &table, &error) != DELTOS_OK) return Error(error);
    return RecordTable(Object(table));
  }
  /** The same, throwing. */
  RecordTable finish() { return try_finish().value(); }

  /** The table as bytes, which RecordTable::open_memory() reads in any process. Nothing can be added afterwards. Fails
   * with invalid, io, no_memory or internal, as deltos_record_table_pack() says. Cost: a copy. */
  Result<std::vector<std::byte>> try_pack() {
    return detail::made<std::vector<std::byte>>([&](std::vector<std::byte> &packed, deltos_error *err) {
      std::uint64_t size = 0;
      const deltos_status status = deltos_record_table_pack(get(), nullptr, &size, err);
      if (status != DELTOS_E_TOO_SMALL) return status;
      packed.resize(static_cast<std::size_t>(size));
      return deltos_record_table_pack(get(), packed.data(), &size, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::vector<std::byte> pack() { return try_pack().value(); }

  /** The handle, for calls of the C interface; it stays this object's. */
  deltos_builder *get() const noexcept { return handle_.get(); }

 private:
  friend class Transaction;
  static deltos_record_table_options raw_of(const RecordOptions &options) noexcept {
    deltos_record_table_options raw{};
    raw.struct_size = sizeof raw;
    raw.layout = static_cast<std::int32_t>(options.layout);
    raw.memory_bytes = options.memory_bytes;
    if (!options.spill_directory.empty()) raw.spill_directory = options.spill_directory.c_str();
    return raw;
  }
  static Result<RecordBuilder> begun(deltos_transaction *transaction, const char *name, const Schema &schema,
                                     const RecordOptions &options) {
    const deltos_record_table_options raw = raw_of(options);
    deltos_builder *builder = nullptr;
    deltos_error error;
    if (deltos_record_table_begin(transaction, name, schema.get(), &raw, &builder, &error) != DELTOS_OK)
      return Error(error);
    return RecordBuilder(builder);
  }
  static Result<RecordBuilder> of_arrow(deltos_transaction *transaction, const char *name, ArrowArrayStream *stream,
                                        const RecordOptions &options) {
    const deltos_record_table_options raw = raw_of(options);
    deltos_builder *builder = nullptr;
    deltos_error error;
    if (deltos_record_table_from_arrow(transaction, name, stream, &raw, &builder, &error) != DELTOS_OK)
      return Error(error);
    return RecordBuilder(builder);
  }

  detail::Handle<deltos_builder, &deltos_builder_release> handle_;
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
