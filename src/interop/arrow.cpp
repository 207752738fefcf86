#include "interop/arrow.hpp"

#include <cerrno>
#include <cstring>
#include <new>

#include "dtype/copy.hpp"

namespace deltos::interop {
namespace {

using dtype::Dtype;

// Pairs as the C data interface writes them: numbers of 32 bits, keys and values by length.
std::string encoded(const std::vector<std::pair<std::string, std::string>> &pairs) {
  std::string text;
  const auto number = [&](std::size_t value) {
    const auto word = static_cast<std::int32_t>(value);
    text.append(reinterpret_cast<const char *>(&word), sizeof word);
  };
  if (pairs.empty()) return text;
  number(pairs.size());
  for (const auto &[key, value] : pairs) {
    number(key.size());
    text += key;
    number(value.size());
    text += value;
  }
  return text;
}

// What a structure points to. Children lie in it, so that a consumer may move one out: it then marks it released.
template <class Structure>
struct Held {
  std::vector<Structure> children;
  std::vector<Structure *> pointers;
};

struct HeldType : Held<ArrowSchema> {
  std::string format, name, metadata;
};

struct HeldData : Held<ArrowArray> {
  std::vector<const void *> buffers;
  std::shared_ptr<const void> keep;
};

template <class Kept, class Structure>
void release(Structure *structure) {
  if (structure == nullptr || structure->release == nullptr) return;
  std::unique_ptr<Kept> held(static_cast<Kept *>(structure->private_data));
  for (Structure &child : held->children)
    if (child.release != nullptr) child.release(&child);
  structure->release = nullptr;
}

// Gives the children places, released, before any of them is filled in.
template <class Kept, class Structure>
void adopt(std::unique_ptr<Kept> held, Structure *out) {
  out->n_children = static_cast<std::int64_t>(held->children.size());
  for (Structure &child : held->children) held->pointers.push_back(&child);
  out->children = held->pointers.data();
  out->private_data = held.release();
  out->release = release<Kept, Structure>;
}

template <class Structure>
void drop(Structure *structure) {
  if (structure->release != nullptr) structure->release(structure);
}

void show(const ArrowType &type, ArrowSchema *out) {
  *out = ArrowSchema{};
  auto held = std::make_unique<HeldType>();
  held->format = type.format;
  held->name = type.name;
  held->metadata = encoded(type.metadata);
  held->children.resize(type.children.size());
  held->pointers.reserve(type.children.size());
  out->format = held->format.c_str();
  out->name = held->name.c_str();
  out->metadata = held->metadata.empty() ? nullptr : held->metadata.data();
  out->flags = type.nullable ? ARROW_FLAG_NULLABLE : 0;
  adopt(std::move(held), out);
  for (std::size_t i = 0; i < type.children.size(); ++i) show(type.children[i], out->children[i]);
}

void show(ArrowData &data, ArrowArray *out) {
  *out = ArrowArray{};
  auto held = std::make_unique<HeldData>();
  held->buffers = std::move(data.buffers);
  held->keep = std::move(data.keep);
  held->children.resize(data.children.size());
  held->pointers.reserve(data.children.size());
  out->length = data.length;
  out->null_count = data.nulls;
  out->n_buffers = static_cast<std::int64_t>(held->buffers.size());
  out->buffers = held->buffers.data();
  adopt(std::move(held), out);
  for (std::size_t i = 0; i < data.children.size(); ++i) show(data.children[i], out->children[i]);
}

template <class Structure, class Source>
void show_whole(Source &source, Structure *out) {
  try {
    show(source, out);
  } catch (...) {
    drop(out);
    throw;
  }
}

ArrowType fixed_list(std::uint64_t count, ArrowType item) {
  ArrowType type = plain_type("+w:" + std::to_string(count));
  if (item.name.empty()) item.name = "item";
  type.children.push_back(std::move(item));
  return type;
}

std::uint64_t product(const std::int64_t *shape, std::size_t count) {
  std::uint64_t total = 1;
  for (std::size_t i = 0; i < count; ++i) total *= static_cast<std::uint64_t>(shape[i]);
  return total;
}

// Items of so many dimensions, as a list of them all.
ArrowType tensor(const std::int64_t *shape, std::size_t ndim, ArrowType item) {
  ArrowType type = fixed_list(product(shape, ndim), std::move(item));
  std::string text = "{\"shape\":[";
  for (std::size_t i = 0; i < ndim; ++i) text += (i > 0 ? "," : "") + std::to_string(shape[i]);
  type.metadata = {{"ARROW:extension:name", "arrow.fixed_shape_tensor"}, {"ARROW:extension:metadata", text + "]}"}};
  return type;
}

Result<ArrowType> structure_of(const dtype::Format &format) {
  if (const dtype::Field *items = dtype::sub_array_of(format)) {
    DELTOS_ASSIGN(ArrowType item, arrow_type_of(items->format));
    if (items->shape.size() > 1) return tensor(items->shape.data(), items->shape.size(), std::move(item));
    return fixed_list(product(items->shape.data(), items->shape.size()), std::move(item));
  }
  ArrowType type = plain_type("+s");
  for (const dtype::Field &field : format.fields) {
    if (field.name.empty())
      return fail(Code::unsupported, "a field of %s has no name, which columns of Arrow need", format.text.c_str());
    DELTOS_ASSIGN(ArrowType part, arrow_type_of(field.format));
    if (!field.shape.empty()) part = fixed_list(product(field.shape.data(), field.shape.size()), std::move(part));
    part.name = field.name;
    type.children.push_back(std::move(part));
  }
  return type;
}

const char *number_format(Dtype dtype) {
  switch (dtype) {
    case Dtype::i8:
      return "c";
    case Dtype::i16:
      return "s";
    case Dtype::i32:
      return "i";
    case Dtype::i64:
      return "l";
    case Dtype::u8:
      return "C";
    case Dtype::u16:
      return "S";
    case Dtype::u32:
      return "I";
    case Dtype::u64:
      return "L";
    case Dtype::f16:
      return "e";
    case Dtype::f32:
      return "f";
    case Dtype::f64:
      return "g";
    default:
      return nullptr;
  }
}

// What `layout` shows, close together: itself, or a copy that `keep` keeps.
Result<const std::byte *> together(const dtype::Layout &layout, std::shared_ptr<const void> *keep) {
  if (dtype::is_c_contiguous(layout) && !dtype::is_indirect(layout)) return layout.data;
  DELTOS_ASSIGN(const std::uint64_t bytes, dtype::byte_count(layout));
  const std::shared_ptr<std::byte> copy = aligned_bytes(bytes);
  DELTOS_TRY(dtype::copy_out(layout, {copy.get(), static_cast<std::size_t>(bytes)}));
  *keep = copy;
  return copy.get();
}

ArrowData list_of(std::int64_t length, ArrowData items) {
  ArrowData data;
  data.length = length;
  data.buffers = {nullptr};
  data.children.push_back(std::move(items));
  return data;
}

// One field of `count` structures.
Result<ArrowData> field_of(const dtype::Format &format, const dtype::Field &field, const std::byte *at,
                           std::int64_t count, const std::shared_ptr<const void> &keep) {
  std::vector<std::int64_t> shape{count}, strides(field.shape.size() + 1);
  shape.insert(shape.end(), field.shape.begin(), field.shape.end());
  dtype::put_c_strides(shape, field.format.item_bytes, strides);
  strides[0] = static_cast<std::int64_t>(format.item_bytes);
  dtype::Layout part;
  part.data = const_cast<std::byte *>(at) + field.offset;
  part.ndim = static_cast<int>(shape.size());
  part.shape = shape.data();
  part.strides = strides.data();
  part.item_bytes = field.format.item_bytes;
  return arrow_data_of(field.format, part, keep);
}

// `count` elements close together.
Result<ArrowData> elements_of(const dtype::Format &format, const std::byte *at, std::int64_t count,
                              const std::shared_ptr<const void> &keep) {
  ArrowData data;
  data.length = count;
  data.keep = keep;
  if (format.dtype == Dtype::c64 || format.dtype == Dtype::c128) {
    data.length = count * 2;
    data.buffers = {nullptr, at};
    return list_of(count, std::move(data));
  }
  if (format.dtype != Dtype::structure) {
    data.buffers = {nullptr, at};
    return data;
  }
  data.buffers = {nullptr};
  for (const dtype::Field &field : format.fields) {
    DELTOS_ASSIGN(ArrowData child, field_of(format, field, at, count, keep));
    if (dtype::sub_array_of(format) != nullptr) return child;
    data.children.push_back(std::move(child));
  }
  return data;
}

// What a stream points to: rows that are given once. Its functions are called by whoever took the stream, so no
// exception may leave them.
struct Batches {
  ArrowColumn rows;
  bool given = false;
  const char *error = nullptr;

  static Batches *of(ArrowArrayStream *stream) { return static_cast<Batches *>(stream->private_data); }
  template <class Work>
  static int whole(ArrowArrayStream *stream, const Work &work) noexcept {
    try {
      work(*of(stream));
      return 0;
    } catch (const std::bad_alloc &) {
      of(stream)->error = "out of memory";
      return ENOMEM;
    }
  }
  static int get_schema(ArrowArrayStream *stream, ArrowSchema *out) {
    return whole(stream, [&](const Batches &batches) { give(batches.rows.type, out); });
  }
  static int get_next(ArrowArrayStream *stream, ArrowArray *out) {
    return whole(stream, [&](Batches &batches) {
      out->release = nullptr;
      if (batches.given) return;
      give(batches.rows.data, out);
      batches.given = true;
    });
  }
  static const char *get_last_error(ArrowArrayStream *stream) { return of(stream)->error; }
  static void release(ArrowArrayStream *stream) {
    delete of(stream);
    stream->release = nullptr;
  }
};

}  // namespace

ArrowType plain_type(std::string format) {
  ArrowType type;
  type.format = std::move(format);
  return type;
}

ArrowType extension_type(std::string format, const char *name, std::string metadata) {
  ArrowType type = plain_type(std::move(format));
  type.metadata = {{"ARROW:extension:name", name}, {"ARROW:extension:metadata", std::move(metadata)}};
  return type;
}

std::shared_ptr<std::byte> aligned_bytes(std::uint64_t bytes) {
  constexpr std::align_val_t kAlignment{64};
  void *const memory = ::operator new(static_cast<std::size_t>(bytes == 0 ? 1 : bytes), kAlignment);
  return {static_cast<std::byte *>(memory), [](std::byte *at) { ::operator delete (at, std::align_val_t{64}); }};
}

void give(const ArrowType &type, ArrowSchema *out) { show_whole(type, out); }
void give(ArrowData data, ArrowArray *out) { show_whole(data, out); }

void give(ArrowColumn column, ArrowSchema *type, ArrowArray *data) {
  if (data != nullptr) give(std::move(column.data), data);
  try {
    give(column.type, type);
  } catch (...) {
    if (data != nullptr) drop(data);
    throw;
  }
}

void give(ArrowColumn rows, ArrowArrayStream *stream) {
  *stream = ArrowArrayStream{};
  stream->private_data = new Batches{std::move(rows)};
  stream->get_schema = Batches::get_schema;
  stream->get_next = Batches::get_next;
  stream->get_last_error = Batches::get_last_error;
  stream->release = Batches::release;
}

Result<ArrowType> arrow_type_of(const dtype::Format &format) {
  if (const char *number = number_format(format.dtype)) return plain_type(number);
  switch (format.dtype) {
    case Dtype::boolean:
      return extension_type("c", "arrow.bool8", "");
    case Dtype::c64:
      return fixed_list(2, plain_type("f"));
    case Dtype::c128:
      return fixed_list(2, plain_type("g"));
    case Dtype::bytes:
    case Dtype::bf16:
    case Dtype::f8_e4m3:
    case Dtype::f8_e5m2:
      return plain_type("w:" + std::to_string(format.item_bytes));
    case Dtype::structure:
      break;
    default:
      return fail(Code::unsupported, "elements of format %s have no counterpart in Arrow", format.text.c_str());
  }
  if (!format.fields.empty()) return structure_of(format);
  return fail(Code::unsupported, "elements of format %s have no counterpart in Arrow", format.text.c_str());
}

Result<ArrowData> arrow_data_of(const dtype::Format &format, const dtype::Layout &layout,
                                std::shared_ptr<const void> keep) {
  DELTOS_ASSIGN(const std::byte *const at, together(layout, &keep));
  const std::int64_t length = layout.ndim == 0 ? 1 : layout.shape[0];
  if (layout.ndim <= 1) return elements_of(format, at, length, keep);
  const std::uint64_t each = product(layout.shape + 1, static_cast<std::size_t>(layout.ndim - 1));
  DELTOS_ASSIGN(ArrowData items, elements_of(format, at, length * static_cast<std::int64_t>(each), keep));
  return list_of(length, std::move(items));
}

Result<ArrowColumn> arrow_column_of(const std::shared_ptr<const object::Memory> &memory) {
  ArrowColumn column;
  DELTOS_ASSIGN(column.type, arrow_type_of(memory->format()));
  const std::vector<std::int64_t> &shape = memory->shape();
  if (shape.size() > 1) column.type = tensor(shape.data() + 1, shape.size() - 1, std::move(column.type));
  DELTOS_ASSIGN(column.data, arrow_data_of(memory->format(), memory->layout(), memory->clone()));
  return column;
}

}  // namespace deltos::interop
