#include "object/image.hpp"

#include "dtype/dtype.hpp"

namespace deltos::object {

Result<StoredImage> stored_image(const store::ObjectRef &object, std::uint8_t kind, const char *what) {
  if (object.record().kind != kind) {
    return fail(Code::kind, "object %llu is of kind %u and not %s", static_cast<unsigned long long>(object.record().id),
                object.record().kind, what);
  }
  DELTOS_ASSIGN(const std::shared_ptr<store::Storage> storage, object.storage());
  DELTOS_ASSIGN(const std::shared_ptr<store::Export> exported, storage->export_payload(object, false));
  return StoredImage{{exported->data(), static_cast<std::size_t>(exported->bytes())}, exported};
}

Result<std::shared_ptr<store::ObjectRef>> create_image(store::Transaction &transaction, std::string_view name,
                                                       std::uint8_t kind, std::uint64_t bytes,
                                                       const std::function<Status(const BytesSink &)> &write,
                                                       const store::ObjectRef *old) {
  store::NewObject object;
  object.kind = kind;
  object.dtype = static_cast<std::uint16_t>(dtype::Dtype::u8);
  object.item_bytes = 1;
  object.format = "B";
  object.payload_bytes = bytes;
  object.shape = {static_cast<std::int64_t>(bytes)};
  DELTOS_ASSIGN(std::shared_ptr<store::ObjectRef> created, old == nullptr
                                                               ? transaction.create(name, object, false)
                                                               : transaction.replace(*old, object, false, false));
  DELTOS_ASSIGN(const std::unique_ptr<store::Transaction::Filler> filler, transaction.fill(*created));
  const auto add = [&](Bytes piece) -> Status {
    DELTOS_TRY(transaction.still_there());
    return filler->add(piece);
  };
  DELTOS_TRY(transaction.call_out([&] { return write(add); }));
  DELTOS_TRY(filler->finish());
  return created;
}

}  // namespace deltos::object
