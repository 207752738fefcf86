#include "capi/handle.hpp"

#include <cstring>

namespace deltos::capi {
namespace {

// The arrays belong to the view's memory, which the handle holds.
deltos_view fields_of(const object::View &view, void *owner) {
  const object::Memory &memory = *view.memory();
  const dtype::Served &served = view.served();
  deltos_view fields;
  std::memset(&fields, 0, sizeof fields);
  fields.struct_size = sizeof fields;
  fields.ndim = served.shape ? static_cast<std::int32_t>(memory.shape().size()) : 1;
  fields.dtype = static_cast<std::int32_t>(memory.format().dtype);
  fields.readonly = view.readonly() ? 1 : 0;
  fields.sealed = memory.sealed() ? 1 : 0;
  fields.data = memory.data();
  fields.nbytes = memory.bytes();
  fields.itemsize = memory.format().item_bytes;
  fields.format = memory.format().text.c_str();
  fields.shape = served.shape ? memory.shape().data() : nullptr;
  fields.strides = served.strides ? memory.strides().data() : nullptr;
  fields.suboffsets = served.suboffsets ? memory.suboffsets().data() : nullptr;
  fields.owner = owner;
  return fields;
}

}  // namespace

ViewHandle::ViewHandle(object::View served) : view(std::move(served)), fields(fields_of(view, this)) {}

ViewHandle *view_handle(const deltos_view *view) {
  if (view == nullptr || view->owner == nullptr) return nullptr;
  auto *const handle = static_cast<ViewHandle *>(view->owner);
  // The address first: of a struct that is not inside its owner, the owner is not looked at.
  if (view != &handle->fields) return nullptr;
  return handle->mark.is(HandleType<ViewHandle>::kMark) ? handle : nullptr;
}

Status check_library_view(const deltos_view *view) {
  if (view == nullptr) return fail(Code::invalid, "the view is NULL");
  if (view_handle(view) != nullptr) return {};
  return fail(Code::invalid, "the view was not made by the library, or has been released");
}

Status check_stored(const deltos_object *object) {
  DELTOS_TRY(check_handle(object));
  if (object->object) return {};
  return fail(Code::unsupported, "the object has no storage; create it with a transaction");
}

Status check_belongs(const deltos_transaction *transaction, const deltos_object *object) {
  DELTOS_TRY(check_handle(transaction));
  DELTOS_TRY(check_stored(object));
  DELTOS_ASSIGN(const std::shared_ptr<store::Storage> changed, transaction->transaction->storage());
  DELTOS_ASSIGN(const std::shared_ptr<store::Storage> held, object->object->storage());
  if (changed == held) return {};
  return fail(Code::invalid,
              "the object is of another storage, or of another handle of this one; open it through this one");
}

}  // namespace deltos::capi
