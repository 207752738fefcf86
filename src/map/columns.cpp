#include "map/columns.hpp"

#include "dtype/dtype.hpp"
#include "value/compare.hpp"

namespace deltos::map {
namespace {

Status check_words(const record::Column &column, const char *what) {
  const bool right = column.layout == record::ColumnLayout::fixed && column.item_bytes == 8 &&
                     (column.dtype == 0 || column.dtype == static_cast<std::int32_t>(dtype::Dtype::u64));
  if (!right) return fail(Code::type, "%s are U64: they come in a column of layout FIXED with items of 8 bytes", what);
  if (column.data == nullptr && column.count > 0) return fail(Code::invalid, "the column of %s is NULL", what);
  return {};
}

Status check_offsets(const record::Column &column, const char *what) {
  if (column.count == 0) return {};
  if (column.offsets == nullptr) return fail(Code::invalid, "the column of %s has no offsets", what);
  for (std::uint64_t i = 0; i < column.count; ++i) {
    if (column.offsets[i] > column.offsets[i + 1])
      return fail(Code::range, "the offsets of %s fall behind item %llu", what, shown(i));
  }
  if (column.offsets[0] < 0) return fail(Code::range, "the first offset of %s is below 0", what);
  if (column.data == nullptr && column.offsets[column.count] > column.offsets[0])
    return fail(Code::invalid, "the column of %s is NULL", what);
  return {};
}

Status check_slices(const record::Column &column, const char *what) {
  if (column.count > 0 && column.data == nullptr) return fail(Code::invalid, "the column of %s is NULL", what);
  for (std::uint64_t i = 0; i < column.count; ++i) {
    const Bytes item = column.text(i);
    if (item.data() == nullptr && !item.empty())
      return fail(Code::invalid, "item %llu of %s is NULL, but its size is not 0", shown(i), what);
  }
  return {};
}

Status check_texts(const record::Column &column, bool fixed_too, const char *what) {
  switch (column.layout) {
    case record::ColumnLayout::offsets:
      return check_offsets(column, what);
    case record::ColumnLayout::slices:
      return check_slices(column, what);
    case record::ColumnLayout::fixed:
      if (!fixed_too) break;
      if (column.data == nullptr && column.count > 0 && column.item_bytes > 0)
        return fail(Code::invalid, "the column of %s is NULL", what);
      return {};
  }
  return fail(Code::type, "%s come in a column of layout OFFSETS or SLICES", what);
}

}  // namespace

Status check_keys(const record::Column &column, Key key) {
  if (key == Key::u64) return check_words(column, "keys");
  return check_texts(column, key == Key::bytes, "keys");
}

Status check_values(const record::Column &column, Value value) {
  if (value == Value::u64) return check_words(column, "values");
  return check_texts(column, value == Value::bytes, "values");
}

Status hash_of_value(Bytes image, std::uint64_t seed, std::uint64_t *hash) {
  DELTOS_ASSIGN(const value::Reader reader, value::Reader::open(image));
  value::Item root;
  DELTOS_TRY(reader.read(0, &root));
  value::Comparison comparison(&reader, nullptr);
  std::uint64_t own = 0;
  DELTOS_TRY(comparison.hash(value::Comparison::Side::a, root, &own));
  std::byte word[sizeof own];
  save(word, own);
  *hash = hash_of(word, seed);
  return {};
}

Status equal_values(Bytes a, Bytes b, bool *equal) {
  *equal = a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
  if (*equal) return {};
  DELTOS_ASSIGN(const value::Reader one, value::Reader::open(a));
  DELTOS_ASSIGN(const value::Reader other, value::Reader::open(b));
  value::Item left, right;
  DELTOS_TRY(one.read(0, &left));
  DELTOS_TRY(other.read(0, &right));
  value::Comparison comparison(&one, &other);
  return comparison.equal(left, right, equal);
}

}  // namespace deltos::map
