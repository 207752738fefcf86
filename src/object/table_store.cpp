// Tables in a storage: created with their index, and found again through it.
#include "format/table.hpp"
#include "object/stored_type.hpp"
#include "object/table_hold.hpp"

namespace deltos::object {
namespace {

// Pointers into the payload at `base`, every one checked.
Result<std::shared_ptr<const Rows>> rows_in(const format::Object &record, std::byte *base, std::uint64_t bytes) {
  DELTOS_ASSIGN(const std::vector<format::TableRow> index, format::read_table_rows(record, Bytes(base, bytes)));
  auto rows = std::make_shared<Rows>();
  rows->count = static_cast<std::int64_t>(index.size());
  rows->base = base;
  rows->made.reset(new std::byte *[index.size()]);
  rows->pointers = rows->made.get();
  const bool is_ragged = record.shape.size() == 1;
  if (is_ragged) rows->lengths.reserve(index.size());
  if (!is_ragged) rows->row_bytes = static_cast<std::uint64_t>(record.shape[1]) * record.item_bytes;
  for (std::size_t i = 0; i < index.size(); ++i) {
    rows->made[i] = base + index[i].offset;
    if (is_ragged) rows->lengths.push_back(index[i].count * record.item_bytes);
  }
  return std::shared_ptr<const Rows>(std::move(rows));
}

std::vector<std::int64_t> counts_of(const RowLengths &lengths) {
  if (lengths.ragged()) return std::vector<std::int64_t>(lengths.lengths, lengths.lengths + lengths.rows);
  return std::vector<std::int64_t>(static_cast<std::size_t>(lengths.rows), lengths.columns);
}

}  // namespace

void Table::Hold::count_elements() {
  const auto count = static_cast<std::size_t>(rows->count);
  if (!shown->ragged()) {
    lengths.assign(count, shown->columns());
    return;
  }
  lengths.reserve(count);
  for (const std::uint64_t bytes : rows->lengths)
    lengths.push_back(static_cast<std::int64_t>(bytes / shown->format.item_bytes));
}

Table::Pointer Table::stored(std::shared_ptr<store::ObjectRef> object) { return Pointer(new Table(std::move(object))); }

void Table::show(std::shared_ptr<store::ObjectRef> object) noexcept {
  std::shared_ptr<const Shown> shown;  // what was shown is dropped outside the lock
  std::shared_ptr<const Rows> rows;
  const std::lock_guard lock(mutex_);
  object_.swap(object);
  shown_.swap(shown);
  rows_.swap(rows);
}

Result<std::shared_ptr<const Table::Shown>> Table::shown() const {
  {
    const std::lock_guard lock(mutex_);
    if (shown_) return shown_;
  }
  const format::Object &record = object_->record();
  DELTOS_ASSIGN(dtype::Format format, stored_type(record));
  const std::int64_t columns = record.shape.size() == 1 ? -1 : record.shape[1];
  auto made = std::make_shared<const Shown>(Shown{std::move(format), {record.shape[0], columns}});
  const std::lock_guard lock(mutex_);
  if (!shown_) shown_.swap(made);
  return shown_;
}

Status Table::find_stored_rows(Hold *hold) const {
  DELTOS_ASSIGN(const std::shared_ptr<store::Storage> storage, object_->storage());
  DELTOS_TRY(check_alignment(*storage, hold->shown->format));
  DELTOS_ASSIGN(hold->exported, storage->export_payload(*object_, hold->writable));
  std::byte *const base = hold->exported->data();
  {
    const std::lock_guard lock(mutex_);
    if (rows_ && rows_->base == base) {
      hold->rows = rows_;
      return {};
    }
  }
  DELTOS_ASSIGN(hold->rows, rows_in(object_->record(), base, hold->exported->bytes()));
  std::shared_ptr<const Rows> last = hold->rows;  // what it replaces is dropped outside the lock
  const std::lock_guard lock(mutex_);
  rows_.swap(last);
  return {};
}

Result<ObjectPtr> create_table(store::Transaction &transaction, std::string_view name, const dtype::Format &format,
                               const RowLengths &lengths) {
  DELTOS_TRY(lengths.check(format.item_bytes));
  DELTOS_ASSIGN(const format::TablePlan plan, format::plan_table(counts_of(lengths), format.item_bytes));
  store::NewObject object;
  object.kind = kKindTable;
  object.dtype = static_cast<std::uint16_t>(format.dtype);
  object.item_bytes = format.item_bytes;
  object.payload_bytes = plan.payload_bytes;
  object.shape = {lengths.rows};
  if (!lengths.ragged()) object.shape.push_back(lengths.columns);
  object.format = format.text;
  return transaction.all_or_nothing([&]() -> Result<ObjectPtr> {
    DELTOS_ASSIGN(ObjectPtr created, transaction.create(name, object, true));
    const Bytes index = std::as_bytes(std::span(plan.rows));
    DELTOS_ASSIGN(const auto filler, transaction.fill_front(*created, index.size()));
    DELTOS_TRY(filler->add(index));
    DELTOS_TRY(filler->finish());
    return created;
  });
}

}  // namespace deltos::object
