#include "object/value.hpp"

#include "dtype/copy.hpp"
#include "object/image.hpp"
#include "value/array.hpp"
#include "value/repack.hpp"

namespace deltos::object {
namespace {

using dtype::Dtype;

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
  auto texts = std::make_shared<value::Texts>();
  DELTOS_ASSIGN(const value::Reader reader, value::Reader::open(image, texts.get()));
  return Pointer(new Value(std::move(texts), reader, std::move(owner)));
}

Result<Value::Pointer> Value::stored(const store::ObjectRef &object) {
  DELTOS_ASSIGN(StoredImage image, stored_image(object, kKindValue, "a value"));
  return in_memory(image.bytes, std::move(image.owner));
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
  DELTOS_ASSIGN(std::uint64_t bytes, builder.finish());
  DELTOS_ASSIGN(const std::shared_ptr<store::Storage> storage, transaction.storage());
  Bytes image = builder.image();
  value::Builder compressed(true);
  if (storage->compresses() && builder.has_long_text()) {
    DELTOS_TRY(value::repack(image, &compressed));
    DELTOS_ASSIGN(bytes, compressed.finish());
    image = compressed.image();
  }
  return transaction.all_or_nothing([&]() -> Result<std::shared_ptr<store::ObjectRef>> {
    DELTOS_ASSIGN(const std::shared_ptr<store::ObjectRef> created,
                  create_image(transaction, name, kKindValue, bytes, [&](const BytesSink &add) { return add(image); }));
    return transaction.seal_unseen(*created);
  });
}

}  // namespace deltos::object
