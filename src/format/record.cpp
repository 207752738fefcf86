// Object and metadatum records and spilled values: encoding, and decoding from hostile bytes.
#include <algorithm>
#include <limits>

#include "format/array.hpp"
#include "format/validate.hpp"

namespace deltos::format {
namespace {

constexpr std::uint16_t kRecordVersion = 1;

// In the order of their numbers, which start at 1.
constexpr std::array<const char *, 8> kKindNames = {"a buffer",       "an array",   "a table",      "a value",
                                                    "a record table", "a hash map", "a sorted map", "a schema"};

// Takes pieces off the front; every piece is checked against what is left.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}
  template <class T>
  bool take(T *value) {
    if (rest_.size() < sizeof(T)) return false;
    *value = load<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return true;
  }
  template <class T>
  bool take_many(std::size_t count, std::vector<T> *values) {
    if (count > rest_.size() / sizeof(T)) return false;
    values->resize(count);
    if (count != 0) std::memcpy(values->data(), rest_.data(), count * sizeof(T));
    rest_ = rest_.subspan(count * sizeof(T));
    return true;
  }
  bool take_text(std::size_t bytes, std::string *text) {
    if (bytes > rest_.size()) return false;
    text->assign(text_of(rest_.first(bytes)));
    rest_ = rest_.subspan(bytes);
    return true;
  }
  bool done() const { return rest_.empty(); }

 private:
  Bytes rest_;
};

class Writer {
 public:
  explicit Writer(std::size_t bytes) { bytes_.reserve(bytes); }
  template <class T>
  void add(const T &value) {
    add_bytes({reinterpret_cast<const std::byte *>(&value), sizeof value});
  }
  template <class T>
  void add_many(const std::vector<T> &values) {
    add_bytes({reinterpret_cast<const std::byte *>(values.data()), values.size() * sizeof(T)});
  }
  void add_bytes(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

Error damaged(std::uint64_t id, const char *what) {
  Error error = fail(Code::corrupt, "record of object %llu is damaged: %s; restore the storage from a copy",
                     static_cast<unsigned long long>(id), what);
  error.object_id = id;
  return error;
}

Error unknown(std::uint64_t id, const char *what, unsigned number) {
  Error error = fail(Code::feature, "object %llu has %s %u, which this build does not know; use a newer one",
                     static_cast<unsigned long long>(id), what, number);
  error.object_id = id;
  return error;
}

// Fails on a negative extent and when the product of all that are not 0 does not fit, so that strides fit as well.
bool count_items(const std::vector<std::int64_t> &shape, std::uint64_t item_bytes, std::uint64_t *items) {
  if (item_bytes == 0 || item_bytes > std::numeric_limits<std::int64_t>::max()) return false;
  auto bytes = static_cast<std::int64_t>(item_bytes);
  bool empty = false;
  for (const std::int64_t length : shape) {
    if (length < 0) return false;
    if (length == 0) {
      empty = true;
    } else if (!checked_mul(bytes, length, &bytes)) {
      return false;
    }
  }
  *items = empty ? 0 : static_cast<std::uint64_t>(bytes) / item_bytes;
  return true;
}

bool is_format(const std::string &format) {
  return format.size() <= kMaxFormatBytes && format.find('\0') == std::string::npos && is_utf8(format);
}

Status check_what_is_known(const ObjectRecord &record, std::uint64_t id) {
  if (record.version != kRecordVersion) return unknown(id, "a record of version", record.version);
  if (record.kind == 0) return damaged(id, "it has no kind");
  if (record.kind > kKindSortedMap) {
    if (record.kind > kKindNames.size()) return unknown(id, "kind", record.kind);
    Error error = fail(Code::feature, "object %llu is %s (kind %u), which this build does not know; use a newer one",
                       static_cast<unsigned long long>(id), kKindNames[record.kind - 1U], unsigned{record.kind});
    error.object_id = id;
    return error;
  }
  if ((record.flags & ~kObjectSealed) != 0) return unknown(id, "flags", record.flags);
  if (record.dtype > kMaxDtype) return unknown(id, "element type", record.dtype);
  return {};
}

Status check_extents(const Object &object, std::uint64_t file_blocks) {
  for (const Extent &extent : object.extents) {
    const char *fault = extent_fault(extent.offset, extent.bytes, file_blocks);
    if (fault != nullptr) {
      Error error = fail(Code::corrupt,
                         "record of object %llu is damaged: an extent of %llu bytes at %llu %s; restore the "
                         "storage from a copy",
                         static_cast<unsigned long long>(object.id), static_cast<unsigned long long>(extent.bytes),
                         static_cast<unsigned long long>(extent.offset), fault);
      error.object_id = object.id;
      return error;
    }
    if (extent.transaction > kMaxTransaction) return damaged(object.id, "an extent is of an impossible transaction");
  }
  return {};
}

Status check_buffer(const Object &object) {
  std::uint64_t items = 0;
  if (!count_items(object.shape, object.item_bytes, &items)) return damaged(object.id, "its shape is impossible");
  if (items * object.item_bytes == object.payload_bytes) return {};
  return damaged(object.id, "shape and element size do not make up the payload's size");
}

// The pairs lie in a tree of the map's own; the record tells its root, and what is in it.
Status check_sorted_map(const Object &object, std::uint64_t file_blocks) {
  const SortedMap &map = object.map;
  if (!object.extents.empty() || object.shape.size() != 1 || object.shape[0] < 0 || object.item_bytes != 1 ||
      !object.format.empty() || object.dtype != 0)
    return damaged(object.id, "a sorted map has pairs and nothing else");
  if (object.sealed) return unknown(object.id, "flags", kObjectSealed);
  if (map.key > kMapKeyU64) return unknown(object.id, "keys of kind", map.key);
  const bool empty = map.height == 0;
  if (empty != (map.count == 0) || (empty && (map.root_block != 0 || map.root_transaction != 0)))
    return damaged(object.id, "its root does not fit its number of pairs");
  if (!empty && (map.height > kMaxHeight || map.root_block < kFirstDataBlock || map.root_block >= file_blocks ||
                 map.root_transaction == 0 || map.root_transaction > object.changed))
    return damaged(object.id, "the root of its tree is impossible");
  std::uint64_t bytes = 0, apart = 0;
  if (!checked_add(map.key_bytes, map.value_bytes, &bytes) || bytes != object.payload_bytes ||
      !checked_add(map.long_values, map.objects, &apart) || apart > map.count ||
      map.key_bytes / kMaxKeyBytes > map.count)
    return damaged(object.id, "its sums are impossible");
  return {};
}

// Where the rows lie is in the payload (table.hpp); here is only whether they can fit.
Status check_table(const Object &object) {
  if (object.shape.empty() || object.shape.size() > 2) return damaged(object.id, "a table has one or two dimensions");
  std::uint64_t items = 0, index_bytes = 0, row_bytes = 0;
  if (!count_items(object.shape, object.item_bytes, &items) ||
      !checked_mul<std::uint64_t>(static_cast<std::uint64_t>(object.shape[0]), sizeof(TableRow), &index_bytes)) {
    return damaged(object.id, "its shape is impossible");
  }
  if (object.shape.size() == 2) row_bytes = items * object.item_bytes;
  if (within(index_bytes, row_bytes, object.payload_bytes)) return {};
  return damaged(object.id, "its rows are longer than its payload");
}

// Whoever brings chunks together takes memory for all of them: none may count twice.
bool chunks_overlap(const Object &array) {
  std::vector<Extent> chunks(array.extents.begin() + 1, array.extents.end());
  std::sort(chunks.begin(), chunks.end(), [](const Extent &a, const Extent &b) { return a.offset < b.offset; });
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    if (chunks[i].offset - chunks[i - 1].offset < chunks[i - 1].bytes) return true;
  }
  return false;
}

// First the control block, then the chunks, whose bytes follow each other: all of them are room.
Status check_array(const Object &object) {
  if (object.shape.size() != 1) return damaged(object.id, "an array has one dimension");
  if (object.sealed) return unknown(object.id, "flags", kObjectSealed);
  DELTOS_TRY(check_buffer(object));
  if (object.extents.size() < 2) return damaged(object.id, "an array has a control block and at least one chunk");
  if (object.extents[0].bytes != sizeof(ArrayControl)) return damaged(object.id, "its control block has another size");
  std::uint64_t room = 0;
  for (std::size_t i = 1; i < object.extents.size(); ++i) {
    const Extent &chunk = object.extents[i];
    if (chunk.bytes == 0 || chunk.bytes % kRegionBytes != 0 || chunk.offset % kRegionBytes != 0 ||
        !checked_add(room, chunk.bytes, &room)) {
      return damaged(object.id, "a chunk is not of whole regions");
    }
  }
  if (chunks_overlap(object)) return damaged(object.id, "two of its chunks share bytes");
  if (room >= object.payload_bytes) return {};
  return damaged(object.id, "its elements are more than it has room for");
}

// The payload comes first and, sealed and longer than one chunk, the chunk sums second. Nothing stored needs no extent,
// but may have an empty one.
Status check_payload(const Object &object) {
  if (object.payload_bytes == 0 && object.extents.empty()) return {};
  const bool has_sums = object.sealed && object.payload_bytes > kSumChunkBytes;
  if (object.extents.size() != (has_sums ? 2U : 1U)) return damaged(object.id, "it has a wrong number of extents");
  if (object.extents[0].bytes != object.payload_bytes) {
    return damaged(object.id, "its extent is not of the payload's size");
  }
  if (has_sums && object.extents[1].bytes != chunk_sum_bytes(object.payload_bytes)) {
    return damaged(object.id, "its chunk sums are not as many as its chunks");
  }
  return {};
}

Status check_object(const ObjectRecord &record, const Object &object, std::uint64_t file_blocks) {
  if (object.item_bytes == 0) return damaged(object.id, "its elements have no size");
  if (object.created > object.changed || object.changed > kMaxTransaction) {
    return damaged(object.id, "its transactions are impossible");
  }
  if (!object.sealed && record.digest != 0) return damaged(object.id, "it has a digest without being sealed");
  if (!is_format(object.format)) return damaged(object.id, "its format is not text");
  if (!check_name(object.name).ok()) return damaged(object.id, "its name breaks the rules for names");
  DELTOS_TRY(check_extents(object, file_blocks));
  if (object.kind == kKindArray) return check_array(object);
  if (object.kind == kKindSortedMap) return check_sorted_map(object, file_blocks);
  DELTOS_TRY(object.kind == kKindTable ? check_table(object) : check_buffer(object));
  return check_payload(object);
}

SortedMapRecord map_record(const SortedMap &map) {
  SortedMapRecord record{};
  record.root_block = map.root_block;
  record.root_transaction = map.root_transaction;
  record.height = map.height;
  record.key = map.key;
  record.key_bytes = map.key_bytes;
  record.value_bytes = map.value_bytes;
  record.long_values = map.long_values;
  record.objects = map.objects;
  return record;
}

SortedMap map_of(const SortedMapRecord &record, std::uint64_t count) {
  return {record.root_block, record.root_transaction, record.height,      record.key,    count,
          record.key_bytes,  record.value_bytes,      record.long_values, record.objects};
}

Error damaged_metadatum(const char *what) {
  return fail(Code::corrupt, "record of a metadata item is damaged: %s; restore the storage from a copy", what);
}

}  // namespace

std::uint64_t chunk_sum_bytes(std::uint64_t payload_bytes) {
  return (payload_bytes / kSumChunkBytes + (payload_bytes % kSumChunkBytes != 0 ? 1 : 0)) * sizeof(std::uint64_t);
}

void Object::set_map(const SortedMap &state) {
  map = state;
  item_bytes = 1;
  payload_bytes = state.key_bytes + state.value_bytes;
  shape = {static_cast<std::int64_t>(state.count)};
}

std::vector<std::byte> encode_object(const Object &object) {
  ObjectRecord record{};
  record.version = kRecordVersion;
  record.kind = object.kind;
  record.flags = object.sealed ? kObjectSealed : 0;
  record.dtype = object.dtype;
  record.ndim = static_cast<std::uint16_t>(object.shape.size());
  record.format_bytes = static_cast<std::uint32_t>(object.format.size());
  record.name_bytes = static_cast<std::uint16_t>(object.name.size());
  record.extent_count = static_cast<std::uint16_t>(object.extents.size());
  record.created = object.created;
  record.changed = object.changed;
  record.item_bytes = object.item_bytes;
  record.payload_bytes = object.payload_bytes;
  record.digest = object.sealed ? object.digest : 0;
  Writer writer(sizeof record + object.extents.size() * sizeof(Extent) + object.shape.size() * 8 +
                (object.kind == kKindSortedMap ? sizeof(SortedMapRecord) : 0) + object.format.size() +
                object.name.size());
  writer.add(record);
  writer.add_many(object.extents);
  writer.add_many(object.shape);
  if (object.kind == kKindSortedMap) writer.add(map_record(object.map));
  writer.add_bytes(bytes_of(object.format));
  writer.add_bytes(bytes_of(object.name));
  return writer.take();
}

Result<Object> decode_object(Bytes bytes, std::uint64_t id, std::uint64_t file_blocks) {
  Reader reader(bytes);
  ObjectRecord record;
  if (!reader.take(&record)) return damaged(id, "it is cut short");
  DELTOS_TRY(check_what_is_known(record, id));
  if (record.ndim > kMaxDimensions) return damaged(id, "it has more than 64 dimensions");
  if (record.extent_count > kMaxExtents) return damaged(id, "it has more than 64 extents");
  Object object;
  object.id = id;
  object.kind = record.kind;
  object.sealed = (record.flags & kObjectSealed) != 0;
  object.dtype = record.dtype;
  object.created = record.created;
  object.changed = record.changed;
  object.item_bytes = record.item_bytes;
  object.payload_bytes = record.payload_bytes;
  object.digest = record.digest;
  SortedMapRecord map{};
  if (!reader.take_many(record.extent_count, &object.extents) || !reader.take_many(record.ndim, &object.shape) ||
      (object.kind == kKindSortedMap && !reader.take(&map)) || !reader.take_text(record.format_bytes, &object.format) ||
      !reader.take_text(record.name_bytes, &object.name) || !reader.done()) {
    return damaged(id, "its parts do not make up its length");
  }
  if (object.kind == kKindSortedMap && object.shape.size() == 1)
    object.map = map_of(map, static_cast<std::uint64_t>(object.shape[0]));
  DELTOS_TRY(check_object(record, object, file_blocks));
  return object;
}

std::vector<std::byte> encode_metadatum(const Metadatum &item) {
  MetadatumRecord record{};
  record.version = kRecordVersion;
  record.ndim = static_cast<std::uint16_t>(item.shape.size());
  record.format_bytes = static_cast<std::uint32_t>(item.format.size());
  record.data_bytes = item.data.size();
  Writer writer(sizeof record + item.shape.size() * 8 + item.format.size() + item.data.size());
  writer.add(record);
  writer.add_many(item.shape);
  writer.add_bytes(bytes_of(item.format));
  writer.add_bytes(item.data);
  return writer.take();
}

Result<Metadatum> decode_metadatum(Bytes bytes) {
  Reader reader(bytes);
  MetadatumRecord record;
  if (!reader.take(&record)) return damaged_metadatum("it is cut short");
  if (record.version != kRecordVersion) {
    return fail(Code::feature,
                "a metadata item has a record of version %u, which this build does not know; use a newer one",
                unsigned{record.version});
  }
  if (record.ndim > kMaxDimensions) return damaged_metadatum("it has more than 64 dimensions");
  if (record.data_bytes > kMaxMetadatumBytes) return damaged_metadatum("it has more than 65,536 bytes");
  Metadatum item;
  if (!reader.take_many(record.ndim, &item.shape) || !reader.take_text(record.format_bytes, &item.format) ||
      !reader.take_many(record.data_bytes, &item.data) || !reader.done()) {
    return damaged_metadatum("its parts do not make up its length");
  }
  if (!is_format(item.format)) return damaged_metadatum("its format is not text");
  std::uint64_t items = 0;
  if (!count_items(item.shape, 1, &items)) return damaged_metadatum("its shape is impossible");
  if (items == 0 ? record.data_bytes != 0 : record.data_bytes % items != 0) {
    return damaged_metadatum("its shape does not fit its size");
  }
  return item;
}

Result<Spill> decode_spill(Bytes bytes, std::uint64_t file_blocks, std::uint64_t most_bytes) {
  if (bytes.size() != sizeof(Spill)) {
    return fail(Code::corrupt, "a reference to a long catalogue value is damaged; restore the storage from a copy");
  }
  const auto spill = load<Spill>(bytes.data());
  const char *fault = extent_fault(spill.offset, spill.bytes, file_blocks);
  if (fault == nullptr && (spill.bytes == 0 || spill.bytes > most_bytes)) fault = "is of impossible length";
  if (fault == nullptr && spill.transaction > kMaxTransaction) fault = "is of an impossible transaction";
  if (fault != nullptr) {
    return fail(Code::corrupt, "a long catalogue value of %llu bytes at %llu %s; restore the storage from a copy",
                static_cast<unsigned long long>(spill.bytes), static_cast<unsigned long long>(spill.offset), fault);
  }
  return spill;
}

}  // namespace deltos::format
