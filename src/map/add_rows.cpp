// Adding pairs whose values are records, and the pairs of other maps.
#include <algorithm>

#include "map/addition.hpp"
#include "map/columns.hpp"
#include "map/reader.hpp"
#include "map/row_block.hpp"

namespace deltos::map {
namespace {

constexpr std::uint64_t kRowsAtOnce = 1024;
constexpr std::size_t kEntriesAtOnce = 256, kValuesAtOnce = 1024;

bool same_slots(const record::Schema &a, const record::Schema &b) {
  return std::equal(a.slots().begin(), a.slots().end(), b.slots().begin(), b.slots().end(),
                    [](const record::Slot &one, const record::Slot &other) {
                      return one.name == other.name && one.type == other.type && one.flags == other.flags &&
                             one.parent == other.parent && one.offset == other.offset && one.bytes == other.bytes &&
                             (one.format ? one.format->text : "") == (other.format ? other.format->text : "");
                    });
}

}  // namespace

// ---- rows

// Which rows of a call there are not yet, and the number that each of its rows has or will have.
struct Builder::Work::NewRows {
  std::vector<std::uint64_t> added;    // which of those given
  std::vector<std::uint64_t> numbers;  // of all
};

Status Builder::Work::add_records(const record::Column &keys, const record::GivenRows &rows) {
  DELTOS_TRY(check_open());
  if (options_.kinds.value != Value::record)
    return fail(Code::type, "the values of the hash map are no records; use deltos_hash_map_add()");
  if (keys.count != rows.count)
    return fail(Code::type, "there are %llu keys and %llu rows", shown(keys.count), shown(rows.count));
  DELTOS_TRY(check_keys(keys, options_.kinds.key));
  DELTOS_TRY(check_count(keys.count));
  DELTOS_TRY(check_all(keys, nullptr));
  Addition addition(this);
  addition.mark();
  NewRows made;
  Values values;
  values.first_row = rows_;
  if (known_) {
    Status found = find_rows(rows, &made);
    if (!found.ok()) {
      addition.take_back();
      return found;
    }
    values.rows = made.numbers.data();
  }
  // Keys first: rows are added as a whole or not at all.
  DELTOS_TRY(put_all(keys, values, &addition));
  Status added = known_ ? add_new_rows(rows, made) : records_->add(rows);
  if (!added.ok()) {
    if (!known_ && added.code() != Code::io && added.code() != Code::no_space) addition.take_back();
    return added;
  }
  rows_ += known_ ? made.added.size() : rows.count;
  addition.keep();
  return {};
}

Status Builder::Work::find_rows(const record::GivenRows &rows, NewRows *found) {
  const record::Schema &schema = *options_.schema;
  DELTOS_TRY(record::check_given(schema, rows));
  record::Window window(schema, rows);
  DELTOS_TRY(window.check_columns());
  Buffer row;
  for (std::uint64_t first = 0; first < rows.count; first += window.count()) {
    DELTOS_TRY(window.move(first, std::min(rows.count - first, kRowsAtOnce)));
    DELTOS_TRY(window.check_items());
    for (std::uint64_t i = 0; i < window.count(); ++i) {
      encode_row(schema, window, i, &row);
      const std::uint64_t hash = hash64(row.bytes());
      std::uint64_t number = rows_ + found->added.size();
      if (const auto known = known_->find(hash, row.bytes())) {
        number = *known;
      } else {
        known_->add(hash, row.bytes(), number);
        found->added.push_back(first + i);
      }
      found->numbers.push_back(number);
    }
    DELTOS_TRY(ask(added_bytes_, 0));
  }
  return {};
}

// They have been checked; nothing but what cannot be taken back is in the way.
Status Builder::Work::add_new_rows(const record::GivenRows &rows, const NewRows &found) {
  record::Window window(*options_.schema, rows);
  RowBlock block(*options_.schema);
  for (std::size_t i = 0; i < found.added.size();) {
    const std::uint64_t first = found.added[i];
    DELTOS_TRY(window.move(first, std::min(rows.count - first, kRowsAtOnce)));
    for (; i < found.added.size() && found.added[i] - first < window.count(); ++i)
      block.add(window, found.added[i] - first);
    quiet_ = true;
    Status added = records_->add(block.given());
    quiet_ = false;
    DELTOS_TRY(std::move(added));
    block.clear();
  }
  return {};
}

// ---- maps

// Pairs on their way from one map to another.
struct Builder::Work::Moved {
  std::vector<std::uint64_t> words_of_keys, words_of_values;
  std::vector<record::Slice> keys, values;
  std::vector<std::vector<std::uint64_t>> aligned;  // keys that are values

  void clear() {
    words_of_keys.clear();
    words_of_values.clear();
    keys.clear();
    values.clear();
  }
};

namespace {

template <class Item>
record::Column column_of(const std::vector<Item> &items) {
  record::Column column;
  column.count = items.size();
  column.data = reinterpret_cast<const std::byte *>(items.data());
  if constexpr (std::is_same_v<Item, record::Slice>)
    column.layout = record::ColumnLayout::slices;
  else
    column.item_bytes = sizeof(Item);
  return column;
}

}  // namespace

Status Builder::Work::add_map(const Reader &map) {
  DELTOS_TRY(check_open());
  if (map.kinds().shape == Shape::approximate)
    return fail(Code::type, "the map is APPROXIMATE and has no keys that could be added");
  if (map.kinds().key != options_.kinds.key || map.kinds().value != options_.kinds.value)
    return fail(Code::type, "keys or values of the map are of another kind than those of the one that is built");
  Addition addition(this);  // what fails is not taken back
  std::uint64_t first_row = 0;
  std::uint64_t rows = 0;
  std::vector<std::uint64_t> numbers;
  if (options_.kinds.value == Value::record) {
    first_row = rows_;
    DELTOS_TRY(add_rows_of(map, &rows, &numbers));
  }
  DELTOS_TRY(add_pairs_of(map, [&](std::uint64_t *row) -> Status {
    if (*row >= rows)
      return fail(Code::corrupt, "the hash map that is added is damaged: it has no row %llu", shown(*row));
    *row = numbers.empty() ? first_row + *row : numbers[static_cast<std::size_t>(*row)];
    return {};
  }));
  addition.keep();
  return {};
}

// `numbers`: which row has become which, where equal ones are kept once.
Status Builder::Work::add_rows_of(const Reader &map, std::uint64_t *rows, std::vector<std::uint64_t> *numbers) {
  DELTOS_ASSIGN(const record::Reader reader, record::Reader::open(map.records()));
  if (!same_slots(*reader.schema(), *options_.schema))
    return fail(Code::type, "the records of the map are of a schema with other slots");
  *rows = reader.rows();
  RowBlock block(*options_.schema);
  for (std::uint64_t row = 0; row < *rows;) {
    block.clear();
    for (; row < *rows && block.count() < kRowsAtOnce; ++row) DELTOS_TRY(block.add(reader, row));
    const record::GivenRows given = block.given();
    if (known_) {
      NewRows found;
      DELTOS_TRY(find_rows(given, &found));
      DELTOS_TRY(add_new_rows(given, found));
      rows_ += found.added.size();
      numbers->insert(numbers->end(), found.numbers.begin(), found.numbers.end());
    } else {
      DELTOS_TRY(records_->add(given));
      rows_ += given.count;
    }
  }
  return {};
}

Status Builder::Work::add_pairs_of(const Reader &map, const MoveRow &move_row) {
  Moved moved;
  std::vector<Entry> entries(kEntriesAtOnce);
  std::vector<Bytes> values(kValuesAtOnce);
  std::vector<std::uint64_t> numbers(kValuesAtOnce);
  for (std::uint64_t position = 0, given = 1; given > 0;) {
    DELTOS_TRY(map.entries(&position, entries.data(), entries.size(), &given));
    for (std::size_t i = 0; i < given; ++i) {
      const Entry &entry = entries[i];
      for (std::uint64_t first = 0, count = 1; first < entry.count && count > 0; first += count) {
        if (options_.kinds.numbers()) {
          DELTOS_TRY(map.numbers(entry, first, numbers.data(), numbers.size(), &count));
          if (options_.kinds.value == Value::record) {
            for (std::size_t k = 0; k < count; ++k) DELTOS_TRY(move_row(&numbers[k]));
          }
          moved.words_of_values.insert(moved.words_of_values.end(), numbers.begin(),
                                       numbers.begin() + static_cast<std::ptrdiff_t>(count));
        } else {
          DELTOS_TRY(map.values(entry, first, values.data(), values.size(), &count));
          for (std::size_t k = 0; k < count; ++k) moved.values.push_back({values[k].data(), values[k].size()});
        }
        add_key(entry.key, count, &moved);
        if (moved.keys.size() + moved.words_of_keys.size() >= kValuesAtOnce) DELTOS_TRY(put_moved(&moved));
      }
    }
  }
  return put_moved(&moved);
}

// Values are read at multiples of 8, and keys lie anywhere.
void Builder::Work::add_key(Bytes key, std::uint64_t count, Moved *moved) const {
  if (options_.kinds.key == Key::u64) {
    moved->words_of_keys.insert(moved->words_of_keys.end(), static_cast<std::size_t>(count),
                                load<std::uint64_t>(key.data()));
    return;
  }
  record::Slice slice{key.data(), key.size()};
  if (options_.kinds.key == Key::value) {
    moved->aligned.emplace_back((key.size() + 7) / 8);
    std::memcpy(moved->aligned.back().data(), key.data(), key.size());
    slice.data = reinterpret_cast<const std::byte *>(moved->aligned.back().data());
  }
  moved->keys.insert(moved->keys.end(), static_cast<std::size_t>(count), slice);
}

Status Builder::Work::put_moved(Moved *moved) {
  const bool words = options_.kinds.key == Key::u64;
  const record::Column keys = words ? column_of(moved->words_of_keys) : column_of(moved->keys);
  const record::Column column = options_.kinds.numbers() ? column_of(moved->words_of_values) : column_of(moved->values);
  DELTOS_TRY(check_count(keys.count));
  const bool rows = options_.kinds.value == Value::record;
  DELTOS_TRY(check_all(keys, rows ? nullptr : &column));
  Values values;
  if (rows)
    values.rows = moved->words_of_values.data();
  else
    values.column = &column;
  for (std::uint64_t i = 0; i < keys.count; ++i) DELTOS_TRY(put(keys, values, i));
  moved->clear();
  moved->aligned.clear();
  return {};
}

}  // namespace deltos::map
