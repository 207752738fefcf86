#include "object/value.hpp"

#include "dtype/copy.hpp"
#include "value/array.hpp"

namespace deltos::object {
namespace {

using dtype::Dtype;

Status check_kind(const store::ObjectRef &object) {
  if (object.record().kind == kKindValue) return {};
  return fail(Code::kind, "object %llu is of kind %u and not a value",
              static_cast<unsigned long long>(object.record().id), object.record().kind);
}

Result<value::ArrayElements> elements_of_sequence(const value::Item &item) {
  value::ArrayElements found;
  DELTOS_ASSIGN(found.format, dtype::format_of({}, static_cast<Dtype>(item.detail)));
  found.shape = {static_cast<std::int64_t>(item.count)};
  found.bytes = {item.data, static_cast<std::size_t>(item.count * found.format.item_bytes)};
  return found;
}

}  // namespace

Result<Value::Pointer> Value::in_memory(Bytes image, std::shared_ptr<const void> owner) {
  if (reinterpret_cast<std::uintptr_t>(image.data()) % 8 != 0)
    return fail(Code::layout, "a value is read at a multiple of 8 bytes; copy it to one");
  DELTOS_ASSIGN(const value::Reader reader, value::Reader::open(image));
  return Pointer(new Value(reader, std::move(owner)));
}

Result<Value::Pointer> Value::stored(const store::ObjectRef &object) {
  DELTOS_TRY(check_kind(object));
  DELTOS_ASSIGN(const std::shared_ptr<store::Storage> storage, object.storage());
  DELTOS_ASSIGN(const std::shared_ptr<store::Export> exported, storage->export_payload(object, false));
  const Bytes image(exported->data(), static_cast<std::size_t>(exported->bytes()));
  return in_memory(image, exported);
}

Result<View> Value::view(value::Cell node, std::int32_t flags) const {
  value::Item item;
  DELTOS_TRY(reader_.read(node, &item));
  const bool numbers = item.kind == value::Kind::list || item.kind == value::Kind::tuple;
  if (item.kind != value::Kind::ndarray && !(numbers && item.data != nullptr))
    return fail(Code::kind, "the node has no elements that lie as numbers; read them as children");
  DELTOS_ASSIGN(value::ArrayElements found,
                numbers ? elements_of_sequence(item) : value::elements_of_array(reader_, item.node));
  if (reinterpret_cast<std::uintptr_t>(found.bytes.data()) % found.format.alignment != 0)
    return fail(Code::layout, "the elements are not aligned to %llu bytes; put the value at a multiple of 64",
                static_cast<unsigned long long>(found.format.alignment));
  DELTOS_ASSIGN(const std::shared_ptr<Memory> memory,
                Memory::contiguous(std::move(found.format), std::move(found.shape), true, true));
  DELTOS_ASSIGN(View view, View::serve(memory, flags));
  memory->hold(const_cast<std::byte *>(found.bytes.data()), owner_);
  return view;
}

Status put_memory(value::Builder &builder, const Memory &memory, std::uint64_t name) {
  std::vector<std::byte> elements;
  elements.reserve(static_cast<std::size_t>(memory.bytes()));
  DELTOS_TRY(dtype::for_each_run(memory.layout(), [&](Bytes chunk) {
    elements.insert(elements.end(), chunk.begin(), chunk.end());
    return Status();
  }));
  return builder.put_array(memory.format(), memory.shape(), elements, name);
}

Result<std::shared_ptr<store::ObjectRef>> store_value(store::Transaction &transaction, std::string_view name,
                                                      value::Builder &builder) {
  store::NewObject object;
  object.kind = kKindValue;
  object.dtype = static_cast<std::uint16_t>(Dtype::u8);
  object.item_bytes = 1;
  object.format = "B";
  DELTOS_ASSIGN(object.payload_bytes, builder.finish());
  object.shape = {static_cast<std::int64_t>(object.payload_bytes)};
  return transaction.all_or_nothing([&]() -> Result<std::shared_ptr<store::ObjectRef>> {
    DELTOS_ASSIGN(const std::shared_ptr<store::ObjectRef> created, transaction.create(name, object, false));
    DELTOS_ASSIGN(const std::unique_ptr<store::Transaction::Filler> filler, transaction.fill(*created));
    DELTOS_TRY(filler->add(builder.image()));
    DELTOS_TRY(filler->finish());
    return transaction.seal_unseen(*created);
  });
}

}  // namespace deltos::object
