#include "object/hash_map.hpp"

#include "object/image.hpp"

namespace deltos::object {

Result<HashMap::Pointer> HashMap::in_memory(Bytes image, std::shared_ptr<const void> owner) {
  if (reinterpret_cast<std::uintptr_t>(image.data()) % map::kAlignment != 0)
    return fail(Code::layout, "a hash map is read at a multiple of 64 bytes; copy it to one");
  DELTOS_ASSIGN(const map::Reader reader, map::Reader::open(image));
  RecordTable::Pointer records;
  if (reader.kinds().value == map::Value::record) {
    DELTOS_ASSIGN(records, RecordTable::in_memory(reader.records(), owner));
  }
  return Pointer(new HashMap(reader, std::move(records), std::move(owner)));
}

Result<HashMap::Pointer> HashMap::stored(const store::ObjectRef &object) {
  DELTOS_ASSIGN(StoredImage image, stored_image(object, kKindHashMap, "a hash map"));
  return in_memory(image.bytes, std::move(image.owner));
}

Result<Value::Pointer> HashMap::value(const map::Entry &entry, std::uint64_t index) const {
  if (reader_.kinds().value != map::Value::value)
    return fail(Code::type, "the values of this map are not VALUE; read them as bytes or numbers");
  Bytes image;
  std::uint64_t given = 0;
  DELTOS_TRY(reader_.values(entry, index, &image, 1, &given));
  if (given == 0) {
    return fail(Code::range, "the key has no value %llu; it has %llu", static_cast<unsigned long long>(index),
                static_cast<unsigned long long>(entry.count));
  }
  // The caller may have made the entry up.
  const std::less<> before;
  const Bytes all = reader_.image();
  const bool inside = !before(image.data(), all.data()) && !before(all.data() + all.size(), image.data());
  if (!inside || image.size() > static_cast<std::size_t>(all.data() + all.size() - image.data()))
    return fail(Code::range, "the entry is none of this map");
  return Value::in_memory(image, owner_);
}

Result<View> HashMap::column(bool of_keys, std::int32_t flags) const {
  if (reader_.kinds().layout() != map::Layout::paired)
    return fail(Code::layout, "keys of bytes, text or values lie with their values and are no column; go through them");
  if (!of_keys && !reader_.kinds().numbers())
    return fail(Code::layout, "values that are not numbers are no column; go through them");
  if ((flags & dtype::kRequestWritable) != 0) return fail(Code::readonly, "hash maps are sealed and never written");
  const map::ImageHead &head = reader_.head();
  DELTOS_ASSIGN(dtype::Format bytes, dtype::format_of({}, dtype::Dtype::u8));
  DELTOS_ASSIGN(dtype::Format words, dtype::format_of({}, dtype::Dtype::u64));
  DELTOS_ASSIGN(const std::shared_ptr<Memory> whole, Memory::contiguous(std::move(bytes), {bytes_}, false, true));
  auto *const image = const_cast<std::byte *>(reader_.image().data());
  whole->hold(image, owner_);
  dtype::Part part;
  part.data = image + head.entries.place + (of_keys ? 0 : offsetof(map::Pair, word));
  part.shape = {static_cast<std::int64_t>(head.pairs)};
  part.strides = {static_cast<std::int64_t>(sizeof(map::Pair))};
  return View::serve(whole->part(std::move(part), std::move(words), true), flags);
}

Result<std::shared_ptr<store::ObjectRef>> store_hash_map(store::Transaction &transaction, std::string_view name,
                                                         map::Builder &builder, bool replace) {
  DELTOS_ASSIGN(const std::uint64_t bytes, builder.prepare());
  return transaction.all_or_nothing([&]() -> Result<std::shared_ptr<store::ObjectRef>> {
    std::shared_ptr<store::ObjectRef> old;
    if (replace) {
      auto there = store::ObjectRef::open(transaction.snapshot(), name, kKindHashMap);
      if (!there.ok() && there.code() != Code::not_found) return std::move(there).error();
      if (there.ok()) old = std::move(there).value();
    }
    const auto write = [&](const BytesSink &add) { return builder.write(add); };
    DELTOS_ASSIGN(const std::shared_ptr<store::ObjectRef> made,
                  create_image(transaction, name, kKindHashMap, bytes, write, old.get()));
    return transaction.seal(*made);
  });
}

}  // namespace deltos::object
