#include "object/table.hpp"

#include <new>

#include "dtype/copy.hpp"
#include "object/table_hold.hpp"

namespace deltos::object {
namespace {

// A length that is lent is never null.
constexpr std::int64_t kNoLengths[1] = {0};

Error not_followed() {
  return fail(Code::layout,
              "the rows of a table are reached by pointers; ask for INDIRECT without contiguity, or make a copy with "
              "deltos_table_to_dense()");
}

Error ragged() {
  return fail(
      Code::layout,
      "the rows of the table have lengths of their own, so that no two-dimensional view shows it; use its rows");
}

bool same_type(const dtype::Format &a, const dtype::Format &b) {
  return a.dtype == b.dtype && a.item_bytes == b.item_bytes && a.text == b.text;
}

}  // namespace

Table::Hold::~Hold() {
  if (!table) return;
  const std::lock_guard lock(table->mutex_);
  --table->exports_;
  if (writable) --table->writable_exports_;
}

Table::Table(std::shared_ptr<const Shown> shown, std::shared_ptr<const Rows> rows, bool readonly, bool sealed)
    : sealed_(sealed), shown_(std::move(shown)), rows_(std::move(rows)), readonly_(readonly) {}

Table::Pointer Table::make(dtype::Format format, std::int64_t columns, std::shared_ptr<const Rows> rows, bool readonly,
                           bool sealed) {
  auto shown = std::make_shared<const Shown>(Shown{std::move(format), {rows->count, columns}});
  return Pointer(new Table(std::move(shown), std::move(rows), readonly, sealed));
}

Result<Table::Facts> Table::facts() const {
  DELTOS_TRY(shown());
  Facts facts;
  facts.stored = object_ != nullptr;
  facts.sealed = sealed();
  if (!object_) {
    facts.bytes = static_cast<std::uint64_t>(rows_->count) * rows_->row_bytes;
    for (const std::uint64_t bytes : rows_->lengths) facts.bytes += bytes;
  }
  const std::lock_guard lock(mutex_);
  facts.shown = shown_;
  facts.exports = exports_;
  facts.readonly = readonly_;
  return facts;
}

bool Table::readonly() const {
  const std::lock_guard lock(mutex_);
  return readonly_;
}

std::int64_t Table::row_count() const { return object_ ? object_->record().shape[0] : rows_->count; }

bool Table::sealed() const { return object_ ? object_->immutable() : sealed_; }

// Counted before anything else is done, so that what is shown does not change meanwhile.
Result<std::shared_ptr<Table::Hold>> Table::enter(bool writable) const {
  DELTOS_TRY(shown());
  auto hold = std::make_shared<Hold>();
  auto table = shared_from_this();
  const std::lock_guard lock(mutex_);
  if (writable && readonly_) {
    return fail(Code::readonly, "the table is read-only; ask for a view without writing");
  }
  ++exports_;
  if (writable) ++writable_exports_;
  hold->table = std::move(table);
  hold->shown = shown_;
  hold->writable = writable;
  return hold;
}

Status Table::find_rows(Hold *hold) const {
  if (object_) return find_stored_rows(hold);
  hold->rows = rows_;
  return {};
}

Status Table::check_row(std::int64_t index) const {
  if (index >= 0 && index < row_count()) return {};
  return fail(Code::range, "there is no row %lld; the table has %lld", static_cast<long long>(index),
              static_cast<long long>(row_count()));
}

Result<View> Table::acquire(std::int32_t flags) const {
  const bool writable = (flags & dtype::kRequestWritable) != 0;
  DELTOS_ASSIGN(const std::shared_ptr<Hold> hold, enter(writable));
  const Shown &shown = *hold->shown;
  if (shown.ragged()) return ragged();
  const auto memory = Memory::indirect(shown.format, shown.rows(), shown.columns(), !writable, sealed());
  auto view = View::serve(memory, flags);
  if (view.code() == Code::layout) return not_followed();
  if (!view.ok()) return view;
  DELTOS_TRY(find_rows(hold.get()));
  memory->hold(hold->data(), hold);
  return view;
}

Result<View> Table::row(std::int64_t index, std::int32_t flags) const {
  DELTOS_TRY(check_row(index));
  const bool writable = (flags & dtype::kRequestWritable) != 0;
  DELTOS_ASSIGN(const std::shared_ptr<Hold> hold, enter(writable));
  DELTOS_TRY(find_rows(hold.get()));
  const dtype::Format &format = hold->shown->format;
  const auto length = static_cast<std::int64_t>(hold->rows->bytes_of(index) / format.item_bytes);
  DELTOS_ASSIGN(const auto memory, Memory::contiguous(format, {length}, !writable, sealed()));
  memory->hold(hold->rows->pointers[index], hold);
  return View::serve(memory, flags);
}

Result<Table::RowPointers> Table::rows(bool writable, bool with_lengths) const {
  DELTOS_ASSIGN(const std::shared_ptr<Hold> hold, enter(writable));
  DELTOS_TRY(find_rows(hold.get()));
  const Shown &shown = *hold->shown;
  if (with_lengths) hold->count_elements();
  std::shared_ptr<Memory> memory;
  if (shown.ragged()) {
    DELTOS_ASSIGN(dtype::Format words, dtype::format_of("", dtype::Dtype::u64));
    DELTOS_ASSIGN(memory, Memory::contiguous(std::move(words), {shown.rows()}, true, false));
  } else {
    memory = Memory::indirect(shown.format, shown.rows(), shown.columns(), !writable, sealed());
  }
  memory->hold(hold->data(), hold);
  const std::int64_t *lengths = !with_lengths ? nullptr : hold->lengths.empty() ? kNoLengths : hold->lengths.data();
  auto *const pointers = reinterpret_cast<std::byte *const *>(memory->data());
  return RowPointers{View::whole(memory), pointers, lengths};
}

Result<View> Table::to_dense() const {
  constexpr std::align_val_t kAlignment{64};
  DELTOS_ASSIGN(const View view, acquire(dtype::kRequestFullReadOnly));
  const Memory &source = *view.memory();
  DELTOS_ASSIGN(const auto dense, Memory::contiguous(source.format(), source.shape(), false, false));
  const std::shared_ptr<void> bytes(::operator new(source.bytes(), kAlignment),
                                    [](void *made) { ::operator delete(made, kAlignment); });
  auto *const data = static_cast<std::byte *>(bytes.get());
  DELTOS_TRY(dtype::copy_out(source.layout(), MutableBytes(data, source.bytes())));
  dense->hold(data, bytes);
  return View::whole(dense);
}

Status Table::reinterpret(dtype::Format format) {
  DELTOS_ASSIGN(const std::shared_ptr<const Shown> now, shown());
  if (same_type(now->format, format)) return {};
  std::int64_t columns = -1;
  if (!now->ragged()) {
    const std::uint64_t row_bytes =
        object_ ? static_cast<std::uint64_t>(object_->record().shape[1]) * object_->record().item_bytes
                : rows_->row_bytes;
    columns = static_cast<std::int64_t>(row_bytes / format.item_bytes);
    DELTOS_TRY(dtype::byte_count(std::vector<std::int64_t>{now->rows(), columns}, format.item_bytes));
  }
  auto next = std::make_shared<const Shown>(Shown{std::move(format), {now->rows(), columns}});
  std::shared_ptr<const Shown> last;  // dropped outside the lock
  const std::lock_guard lock(mutex_);
  if (exports_ != 0) {
    return fail(Code::pinned, "%llu exports of the table live; release them before it is shown as another type",
                static_cast<unsigned long long>(exports_));
  }
  last.swap(shown_);
  shown_ = std::move(next);
  return {};
}

Status Table::make_readonly() {
  const std::lock_guard lock(mutex_);
  if (writable_exports_ != 0) {
    return fail(Code::pinned, "%llu writable exports of the table live; release them before it is made read-only",
                static_cast<unsigned long long>(writable_exports_));
  }
  readonly_ = true;
  return {};
}

}  // namespace deltos::object
