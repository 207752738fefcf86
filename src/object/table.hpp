// Tables: rows reached by pointers (T**), whoever they belong to.
//
// A Table is what a handle shows: an element type, rows, and whether they may be written. What it gives out (views, row
// pointers) holds it, so that it outlives its handle, and is counted, so that type and writability change only while
// nobody can notice. Stored tables find their rows when they are first asked for, through an export of their payload;
// each export is checked, and the pointers are kept for the next one at the same address.
//
// Threads: internally synchronised. The mutex is a leaf, and nothing is waited for under it.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <span>

#include "object/buffer.hpp"

namespace deltos::object {

constexpr std::uint8_t kKindTable = 3;

// How many elements the rows of a new table have: `columns` each or, of a ragged one, `lengths`. Borrowed.
struct RowLengths {
  std::int64_t rows = 0;
  std::int64_t columns = -1;
  const std::int64_t *lengths = nullptr;

  bool ragged() const { return columns == -1; }
  std::int64_t of(std::int64_t row) const { return ragged() ? lengths[row] : columns; }
  // invalid: negative numbers, both or neither of columns and lengths. limit: more bytes than can be counted.
  Status check(std::uint64_t item_bytes) const;
};

// Row pointers, and what keeps them and the rows. Unchanged once it is shared.
struct Rows {
  std::byte *const *pointers = nullptr;
  std::int64_t count = 0;
  std::uint64_t row_bytes = 0;         // of each row, of a rectangular table
  std::vector<std::uint64_t> lengths;  // bytes of each row, of a ragged one

  std::unique_ptr<std::byte *[]> made;  // the pointers, unless they are in the slab or the caller's
  std::unique_ptr<void, void (*)(void *)> slab{nullptr, nullptr};
  std::shared_ptr<const void> owner;
  const std::byte *base = nullptr;  // of a stored table: the payload that they point into

  std::uint64_t bytes_of(std::int64_t row) const {
    return lengths.empty() ? row_bytes : lengths[static_cast<std::size_t>(row)];
  }
};

class Table : public std::enable_shared_from_this<Table> {
 public:
  using Pointer = std::shared_ptr<Table>;

  // Zeros in memory, each row at a multiple of 64. no_memory.
  static Result<Pointer> zeroed(dtype::Format format, const RowLengths &lengths);
  // The caller's pointers. invalid: a null pointer to a row that is not empty.
  static Result<Pointer> wrap(dtype::Format format, std::byte *const *pointers, const RowLengths &lengths,
                              bool readonly, std::shared_ptr<const void> owner);
  // Axis 0: the rows of a view, 1: its columns. layout: not 1 or 2 dimensions, or not contiguous.
  static Result<Pointer> of_view(const View &view, int axis);
  // Views as rows. columns -1, no format: those of the first. type, layout, invalid: naming the row.
  static Result<Pointer> of_views(std::span<const View *const> views, std::int64_t columns,
                                  std::optional<dtype::Format> format);
  // Looks at nothing yet.
  static Pointer stored(std::shared_ptr<store::ObjectRef> object);
  // Another state of the same stored object, with the type that is stored; nobody else uses the table meanwhile.
  void show(std::shared_ptr<store::ObjectRef> object) noexcept;
  Table(const Table &) = delete;
  Table &operator=(const Table &) = delete;

  // What is shown; the type is unchanged as long as it is held.
  struct Shown {
    dtype::Format format;
    std::int64_t shape[2] = {0, -1};  // rows, columns; -1: ragged
    std::int64_t rows() const { return shape[0]; }
    std::int64_t columns() const { return shape[1]; }
    bool ragged() const { return shape[1] < 0; }
  };
  struct Facts {
    std::shared_ptr<const Shown> shown;
    std::uint64_t bytes = 0;  // of all rows of a table in memory
    std::uint64_t exports = 0;
    bool readonly = false, stored = false, sealed = false;
  };
  Result<Facts> facts() const;  // corrupt
  bool readonly() const;

  // layout, saying what to do instead, for requests that do not follow pointers, and of ragged tables.
  Result<View> acquire(std::int32_t flags) const;
  Result<View> row(std::int64_t index, std::int32_t flags) const;  // range
  struct RowPointers {
    View pin;
    std::byte *const *pointers;
    const std::int64_t *lengths;  // null unless asked for
  };
  Result<RowPointers> rows(bool writable, bool with_lengths) const;
  Result<View> to_dense() const;

  Status reinterpret(dtype::Format format);  // pinned
  Status make_readonly();                    // pinned

 private:
  struct Hold;  // what an export holds
  explicit Table(std::shared_ptr<store::ObjectRef> object) : object_(std::move(object)) {}
  Table(std::shared_ptr<const Shown> shown, std::shared_ptr<const Rows> rows, bool readonly, bool sealed);
  static Pointer make(dtype::Format format, std::int64_t columns, std::shared_ptr<const Rows> rows, bool readonly,
                      bool sealed);
  std::int64_t row_count() const;
  bool sealed() const;
  Result<std::shared_ptr<const Shown>> shown() const;
  Result<std::shared_ptr<Hold>> enter(bool writable) const;
  Status find_rows(Hold *hold) const;
  Status find_stored_rows(Hold *hold) const;
  Status check_row(std::int64_t index) const;

  std::shared_ptr<store::ObjectRef> object_;  // of a stored table
  const bool sealed_ = false;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Shown> shown_;  // null: as stored, not yet read
  mutable std::shared_ptr<const Rows> rows_;    // of a stored table: those that were made last
  bool readonly_ = false;
  mutable std::uint64_t exports_ = 0;  // changed under the mutex
  mutable std::uint64_t writable_exports_ = 0;
};

// A table of zeros in a storage, its index written.
Result<ObjectPtr> create_table(store::Transaction &transaction, std::string_view name, const dtype::Format &format,
                               const RowLengths &lengths);

}  // namespace deltos::object
