#include "object/record_table.hpp"

#include "dtype/format_writer.hpp"
#include "object/image.hpp"

namespace deltos::object {
namespace {

using dtype::Dtype;
using record::Layout;
using record::Slot;
using record::Type;

dtype::Format format_of(Dtype dtype) { return dtype::format_of({}, dtype).value(); }

// An item that is one sub-array and nothing else is shown as elements with more dimensions.
const dtype::Field *dimensions_of(const dtype::Format &format) {
  const dtype::Field *const field = dtype::sub_array_of(format);
  const bool whole = field != nullptr && field->offset == 0 && dtype::size_of(*field) == format.item_bytes;
  return whole ? field : nullptr;
}

dtype::Field field_named(std::string name, std::uint64_t offset, const dtype::Format &format) {
  dtype::Field field;
  if (const dtype::Field *const inner = dimensions_of(format))
    field = *inner;
  else
    field.format = format;
  field.name = std::move(name);
  field.offset = offset;
  return field;
}

Result<dtype::Format> structure_of(std::vector<dtype::Field> fields, std::uint64_t bytes) {
  dtype::Format format;
  format.dtype = Dtype::structure;
  format.item_bytes = bytes;
  format.fields = std::move(fields);
  dtype::write_structure(&format);
  if (format.text.size() <= dtype::kMaxFormatBytes) return format;
  return fail(Code::limit, "the format string of the records has %zu bytes; 65536 are possible; view single columns",
              format.text.size());
}

Result<dtype::Format> format_of_reference() {
  const dtype::Format word = format_of(Dtype::u64);
  return structure_of({field_named("place", 0, word), field_named("bytes", sizeof word.item_bytes, word)},
                      sizeof(record::Reference));
}

// The slots [first, end), which one record holds, relative to its start.
Result<dtype::Format> format_of_record(const record::Schema &schema, std::size_t first, std::size_t end,
                                       std::uint64_t start, std::uint64_t bytes) {
  std::vector<dtype::Field> fields;
  for (std::size_t i = first; i < end; i += 1 + schema.slots()[i].below) {
    const Slot &slot = schema.slots()[i];
    dtype::Format format;
    if (slot.type == Type::record) {
      DELTOS_ASSIGN(format, format_of_record(schema, i + 1, i + 1 + slot.below, slot.offset, slot.bytes));
    } else if (slot.format) {
      format = *slot.format;
    } else {
      DELTOS_ASSIGN(format, format_of_reference());
    }
    fields.push_back(field_named(slot.name, slot.offset - start, format));
  }
  return structure_of(std::move(fields), bytes);
}

}  // namespace

struct RecordTable::Shown {
  dtype::Format format;
  std::uint64_t place = 0;
  std::vector<std::int64_t> shape, strides;

  Shown(dtype::Format items, record::Reader::Strided where, std::uint64_t count)
      : place(where.place), shape{static_cast<std::int64_t>(count)}, strides{static_cast<std::int64_t>(where.step)} {
    const dtype::Field *const inner = dimensions_of(items);
    if (inner == nullptr) {
      format = std::move(items);
      return;
    }
    std::vector<std::int64_t> steps(inner->shape.size());
    dtype::put_c_strides(inner->shape, inner->format.item_bytes, steps);
    shape.insert(shape.end(), inner->shape.begin(), inner->shape.end());
    strides.insert(strides.end(), steps.begin(), steps.end());
    const dtype::Format element = inner->format;
    format = element;
  }
};

RecordTable::RecordTable(record::Reader reader, std::shared_ptr<const void> owner)
    : reader_(std::move(reader)),
      bytes_(static_cast<std::int64_t>(reader_.image().size())),
      owner_(std::move(owner)),
      checked_(new std::atomic<bool>[reader_.schema()->slots().size()]()) {}

Result<RecordTable::Pointer> RecordTable::in_memory(Bytes image, std::shared_ptr<const void> owner) {
  if (reinterpret_cast<std::uintptr_t>(image.data()) % 8 != 0)
    return fail(Code::layout, "a record table is read at a multiple of 8 bytes; copy it to one");
  DELTOS_ASSIGN(record::Reader reader, record::Reader::open(image));
  return Pointer(new RecordTable(std::move(reader), std::move(owner)));
}

Result<RecordTable::Pointer> RecordTable::stored(const store::ObjectRef &object) {
  DELTOS_ASSIGN(StoredImage image, stored_image(object, kKindRecordTable, "a record table"));
  return in_memory(image.bytes, std::move(image.owner));
}

Result<Value::Pointer> RecordTable::value(std::uint64_t row, std::uint64_t slot) const {
  DELTOS_ASSIGN(const Bytes image, reader_.value_image(row, slot));
  if (image.empty()) return Value::Pointer();
  return Value::in_memory(image, owner_);
}

// ---- views

Result<View> RecordTable::view(const store::ObjectRef *object, Shown shown, std::int32_t flags, bool may_write) const {
  const bool writable = (flags & dtype::kRequestWritable) != 0;
  if (writable && !may_write)
    return fail(Code::readonly, "only the items of WRITABLE slots of a stored record table can be written");
  const std::byte *const base = reader_.image().data();
  if ((reinterpret_cast<std::uintptr_t>(base) + shown.place) % shown.format.alignment != 0) {
    return fail(Code::layout, "the items are not aligned to %llu bytes; put the table at a multiple of 64",
                static_cast<unsigned long long>(shown.format.alignment));
  }
  const bool sealed = object == nullptr || object->immutable();
  DELTOS_ASSIGN(const std::shared_ptr<Memory> whole, Memory::contiguous(format_of(Dtype::u8), {bytes_}, false, sealed));
  const auto show = [&](std::byte *image, std::shared_ptr<const void> owner) {
    whole->hold(image, std::move(owner));
    dtype::Part part;
    part.data = image + shown.place;
    part.shape = shown.shape;
    part.strides = shown.strides;
    return View::serve(whole->part(std::move(part), shown.format, !writable), flags);
  };
  auto *const image = const_cast<std::byte *>(base);
  if (!writable) return show(image, owner_);
  // Asked before anything is locked: a request that cannot be served leaves no trace.
  DELTOS_TRY(show(image, owner_));
  DELTOS_ASSIGN(const std::shared_ptr<store::Storage> storage, object->storage());
  DELTOS_ASSIGN(std::shared_ptr<store::Export> exported, storage->export_payload(*object, true));
  return show(exported->data(), exported);
}

Result<View> RecordTable::rows(const store::ObjectRef *object, std::int32_t flags) const {
  if (reader_.layout() != Layout::rows)
    return fail(Code::layout, "the table is laid out in columns; view those, or build it in layout ROWS");
  const record::Schema &schema = *reader_.schema();
  DELTOS_ASSIGN(dtype::Format format, format_of_record(schema, 0, schema.slots().size(), 0, schema.row_bytes()));
  return view(object, Shown(std::move(format), reader_.all_rows(), reader_.rows()), flags, false);
}

Result<View> RecordTable::heap(const store::ObjectRef *object, std::int32_t flags) const {
  if (reader_.layout() != Layout::rows)
    return fail(Code::layout, "the table is laid out in columns and has no heap; view the columns");
  return view(object, Shown(format_of(Dtype::u8), {reader_.heap_place(), 1}, reader_.heap_bytes()), flags, false);
}

bool RecordTable::has_offsets(std::uint64_t slot) const {
  const std::vector<Slot> &slots = reader_.schema()->slots();
  if (reader_.layout() == Layout::rows || slot >= slots.size()) return false;
  return record::is_text(slots[slot].type) || record::is_value(slots[slot].type);
}

// Of memory that may still be written once is not enough.
Status RecordTable::check_offsets_once(const store::ObjectRef *object, std::size_t slot) const {
  if (checked_[slot].load(std::memory_order_relaxed)) return {};
  DELTOS_TRY(reader_.check_offsets(slot));
  checked_[slot].store(object == nullptr || object->immutable(), std::memory_order_relaxed);
  return {};
}

Result<View> RecordTable::offsets(const store::ObjectRef *object, std::uint64_t slot, std::int32_t flags) const {
  const auto index = static_cast<std::size_t>(slot);
  DELTOS_TRY(check_offsets_once(object, index));
  const record::Reader::Strided where{reader_.column(index).offsets, sizeof(std::int64_t)};
  return view(object, Shown(format_of(Dtype::i64), where, reader_.rows() + 1), flags & ~dtype::kRequestWritable, false);
}

Result<View> RecordTable::column(const store::ObjectRef *object, std::uint64_t slot, std::int32_t flags) const {
  DELTOS_TRY(reader_.check_slot(slot));
  const auto index = static_cast<std::size_t>(slot);
  const record::Schema &schema = *reader_.schema();
  const Slot &shown = schema.slots()[index];
  const bool in_rows = reader_.layout() == Layout::rows;
  if (has_offsets(slot)) {
    DELTOS_TRY(check_offsets_once(object, index));
    const record::ColumnEntry &entry = reader_.column(index);
    return view(object, Shown(format_of(Dtype::u8), {entry.data, 1}, entry.data_bytes), flags, false);
  }
  if (record::is_item(shown.type)) {
    const bool may_write = object != nullptr && (shown.flags & record::kWritable) != 0;
    return view(object, Shown(*shown.format, reader_.items(index), reader_.rows()), flags, may_write);
  }
  if (!in_rows || shown.type != Type::record) {
    return fail(Code::layout, "slot %s is no column of its own in this layout; %s", schema.path_of(index).c_str(),
                in_rows ? "read it row by row, or through the rows and the heap" : "view the slots of the record");
  }
  DELTOS_ASSIGN(dtype::Format format,
                format_of_record(schema, index + 1, index + 1 + shown.below, shown.offset, shown.bytes));
  return view(object, Shown(std::move(format), reader_.items(index), reader_.rows()), flags, false);
}

Result<std::optional<View>> RecordTable::presence(const store::ObjectRef *object, std::uint64_t slot, bool of_null,
                                                  std::int32_t flags) const {
  DELTOS_TRY(reader_.check_slot(slot));
  const auto index = static_cast<std::size_t>(slot);
  const record::Schema &schema = *reader_.schema();
  const std::int32_t bit = of_null ? schema.slots()[index].null_bit : schema.slots()[index].valid_bit;
  if (bit < 0) return std::optional<View>();
  record::Reader::Strided where = reader_.all_rows();
  std::uint64_t count = reader_.rows();
  if (reader_.layout() == Layout::rows) {
    where.place += schema.presence_offset() + static_cast<std::uint64_t>(bit) / 8;
  } else {
    where = {of_null ? reader_.column(index).null : reader_.column(index).valid, 1};
    count = record::bitmap_bytes(count);
  }
  DELTOS_ASSIGN(View shown, view(object, Shown(format_of(Dtype::u8), where, count), flags, false));
  return std::optional<View>(std::move(shown));
}

// ---- storing

Result<std::shared_ptr<store::ObjectRef>> store_record_table(store::Transaction &transaction, std::string_view name,
                                                             record::Builder &builder) {
  DELTOS_ASSIGN(const std::uint64_t bytes, builder.finish());
  return transaction.all_or_nothing([&]() -> Result<std::shared_ptr<store::ObjectRef>> {
    DELTOS_ASSIGN(const std::shared_ptr<store::ObjectRef> created,
                  create_image(transaction, name, kKindRecordTable, bytes,
                               [&](const BytesSink &add) { return builder.write(add); }));
    if (builder.schema()->has_writable()) return created;
    return transaction.seal(*created);
  });
}

}  // namespace deltos::object
