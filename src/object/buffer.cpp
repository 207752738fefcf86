#include "object/buffer.hpp"

#include "dtype/copy.hpp"
#include "object/stored_type.hpp"

namespace deltos::object {
namespace {

Result<store::NewObject> new_buffer(const dtype::Format &format, std::vector<std::int64_t> shape) {
  store::NewObject object;
  object.kind = kKindBuffer;
  object.dtype = static_cast<std::uint16_t>(format.dtype);
  object.item_bytes = format.item_bytes;
  DELTOS_ASSIGN(object.payload_bytes, dtype::byte_count(shape, format.item_bytes));
  object.shape = std::move(shape);
  object.format = format.text;
  return object;
}

Status fill_buffer(store::Transaction &transaction, const store::ObjectRef &object, const Memory &content) {
  if (content.bytes() == 0) return {};
  DELTOS_ASSIGN(const std::unique_ptr<store::Transaction::Filler> filler, transaction.fill(object));
  DELTOS_TRY(dtype::for_each_run(content.layout(), [&](Bytes chunk) { return filler->add(chunk); }));
  return filler->finish();
}

Status check_buffer(const store::ObjectRef &object) {
  if (object.record().kind == kKindBuffer) return {};
  return fail(Code::kind, "object %llu is of kind %u and not a buffer",
              static_cast<unsigned long long>(object.record().id), object.record().kind);
}

}  // namespace

Result<ObjectPtr> create_buffer(store::Transaction &transaction, std::string_view name, const Memory &content) {
  DELTOS_ASSIGN(const store::NewObject object, new_buffer(content.format(), content.shape()));
  return transaction.all_or_nothing([&]() -> Result<ObjectPtr> {
    DELTOS_ASSIGN(ObjectPtr created, transaction.create(name, object, false));
    DELTOS_TRY(fill_buffer(transaction, *created, content));
    return created;
  });
}

Result<ObjectPtr> create_zeroed_buffer(store::Transaction &transaction, std::string_view name,
                                       const dtype::Format &format, std::vector<std::int64_t> shape) {
  DELTOS_ASSIGN(const store::NewObject object, new_buffer(format, std::move(shape)));
  return transaction.create(name, object, true);
}

Result<ObjectPtr> replace_buffer(store::Transaction &transaction, const store::ObjectRef &old, const Memory &content) {
  DELTOS_TRY(check_buffer(old));
  DELTOS_ASSIGN(const store::NewObject object, new_buffer(content.format(), content.shape()));
  return transaction.all_or_nothing([&]() -> Result<ObjectPtr> {
    DELTOS_ASSIGN(ObjectPtr created, transaction.replace(old, object, false, false));
    DELTOS_TRY(fill_buffer(transaction, *created, content));
    return created;
  });
}

Result<ObjectPtr> copy_buffer(store::Transaction &transaction, const store::ObjectRef &old) {
  DELTOS_TRY(check_buffer(old));
  const format::Object &record = old.record();
  DELTOS_ASSIGN(const dtype::Format format, stored_type(record));
  DELTOS_ASSIGN(const store::NewObject object, new_buffer(format, record.shape));
  return transaction.replace(old, object, true, false);
}

Result<View> export_buffer(const store::ObjectRef &object, std::int32_t flags) {
  DELTOS_TRY(check_buffer(object));
  DELTOS_ASSIGN(const std::shared_ptr<store::Storage> storage, object.storage());
  const format::Object &record = object.record();
  DELTOS_ASSIGN(dtype::Format format, stored_type(record));
  DELTOS_TRY(check_alignment(*storage, format));
  const bool writable = (flags & dtype::kRequestWritable) != 0;
  DELTOS_ASSIGN(const std::shared_ptr<Memory> memory,
                Memory::contiguous(std::move(format), record.shape, !writable, object.immutable()));
  // Asked before anything is locked: a request that cannot be served leaves no trace.
  DELTOS_ASSIGN(View view, View::serve(memory, flags));
  DELTOS_ASSIGN(std::shared_ptr<store::Export> exported, storage->export_payload(object, writable));
  std::byte *const data = exported->data();
  memory->hold(data, std::move(exported));
  return view;
}

}  // namespace deltos::object
