/**
 * @file
 * @defgroup deltos_hpp_hash_map Hash maps in C++
 *
 * HashMap is an Object that was built once and is looked up where it lies: a key gives its first value, all its values,
 * or, where values are records, rows of records(). HashMapBuilder makes one (hash_map_builder.hpp).
 *
 * @code
 * deltos::HashMapOptions options;
 * options.key = deltos::KeyKind::utf8;
 * deltos::HashMapBuilder builder = deltos::HashMapBuilder::begin(options);
 * builder.add(std::map<std::string, std::uint64_t>{{"oak", 40}, {"elm", 30}});
 * const deltos::Packed packed = builder.pack();
 * const deltos::HashMap heights = deltos::HashMap::open_memory(packed.bytes());
 * std::cout << heights.get<std::uint64_t>("elm").value_or(0) << (heights.contains("ash") ? "" : ", no ash");
 * for (const deltos::MapEntry &tree : heights.in_order()) std::cout << " " << tree.key();
 * std::cout << "\n";
 * @endcode
 *
 * What is given is borrowed until the map's handle is released. Thread safety: maps are immutable.
 * @{
 */
#ifndef DELTOS_HPP_HASH_MAP_HPP
#define DELTOS_HPP_HASH_MAP_HPP

#include <deltos/hpp/map_key.hpp>
#include <deltos/hpp/records.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** What the values of a hash map are. */
enum class MapValueKind : std::int32_t {
  u64 = DELTOS_MAP_VALUE_U64,
  bytes = DELTOS_MAP_VALUE_BYTES,
  utf8 = DELTOS_MAP_VALUE_UTF8,
  value = DELTOS_MAP_VALUE_VALUE,
  record = DELTOS_MAP_VALUE_RECORD
};

/** How many values a key has. */
enum class MapShape : std::int32_t {
  simple = DELTOS_MAP_SIMPLE,           ///< one
  multi = DELTOS_MAP_MULTI,             ///< as many as were added, in that order
  approximate = DELTOS_MAP_APPROXIMATE  ///< the same, without the keys: only their hashes are kept
};

/** What a hash map is. */
struct HashMapInfo {
  KeyKind key = KeyKind::bytes;
  MapValueKind value = MapValueKind::u64;
  MapShape shape = MapShape::simple;
  std::uint64_t keys = 0;         ///< that differ
  std::uint64_t pairs = 0;        ///< values, counted once for each key that has them
  std::uint64_t index_bytes = 0;  ///< of what leads from a hash to an entry
  std::uint64_t image_bytes = 0;  ///< of the whole map
};

/** A key that was looked for or met, and its first value; true in a condition when the key is there. */
class MapEntry {
 public:
  MapEntry() noexcept : raw_() {}
  explicit MapEntry(const deltos_map_entry &raw) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_.count != 0; }
  /** How many values the key has; 0: it is absent. */
  std::uint64_t count() const noexcept { return raw_.count; }
  /** As it is stored; numbers as their bytes. */
  std::string_view key() const noexcept { return detail::text_of(raw_.key); }
  /** The key where keys are numbers, or its hash in a map that is approximate. */
  std::uint64_t key_number() const noexcept {
    std::uint64_t number = 0;
    if (raw_.key.size == sizeof number) std::memcpy(&number, raw_.key.data, sizeof number);
    return number;
  }
  /** The first value, or what it lies as. */
  std::string_view value() const noexcept { return detail::text_of(raw_.value); }
  /** The first value where values are numbers, or the first row where they are records. */
  std::uint64_t number() const noexcept { return raw_.number; }
  const deltos_map_entry &raw() const noexcept { return raw_; }

 private:
  deltos_map_entry raw_;
};

class MapEntries;

/** A hash map: an object like any other where it is stored, or in memory. */
class HashMap : public Object {
 public:
  HashMap() noexcept = default;
  /** Of an object that was opened as any kind. What is no hash map answers kind when it is used as one. */
  explicit HashMap(Object &&object) noexcept : Object(std::move(object)) {}

  /**
   * Opens a map that was packed into memory of the caller's, which must outlive it and every view of it.
   *
   * @param packed  Aligned to 64 bytes. Nobody may change it meanwhile.
   * Fails with invalid, layout, not_deltos, feature, corrupt, limit, no_memory or internal, as
   * deltos_hash_map_open_memory() says. Threads: any. Cost: constant; of records a constant for each slot.
   */
  static Result<HashMap> try_open_memory(Span<const std::byte> packed) {
    return opened<HashMap>([&](deltos_object **map, deltos_error *err) {
      return deltos_hash_map_open_memory(packed.data(), packed.size(), nullptr, nullptr, map, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static HashMap open_memory(Span<const std::byte> packed) { return try_open_memory(packed).value(); }

  /** What it is. Fails with invalid, kind or internal. Threads: any. Cost: constant. */
  Result<HashMapInfo> try_map_info() const {
    deltos_hash_map_info raw{};
    deltos_error error;
    raw.struct_size = sizeof raw;
    if (deltos_hash_map_stat(get(), &raw, &error) != DELTOS_OK) return Error(error);
    return HashMapInfo{static_cast<KeyKind>(raw.key),
                       static_cast<MapValueKind>(raw.value),
                       static_cast<MapShape>(raw.shape),
                       raw.keys,
                       raw.pairs,
                       raw.index_bytes,
                       raw.image_bytes};
  }
  /** The same, throwing. */
  [[nodiscard]] HashMapInfo map_info() const { return try_map_info().value(); }

  using Object::get;

  /**
   * Finds a key: `if (deltos::MapEntry found = map.find("oak"))`.
   *
   * Fails with invalid, kind, type (keys are numbers, and this one is none), corrupt, not_deltos, feature, limit,
   * no_memory or internal, as deltos_hash_map_find() says. Threads: any. Cost: at most two cache misses in the index.
   */
  Result<MapEntry> try_find(const MapKey &key) const {
    deltos_map_entry entry;
    deltos_error error;
    if (deltos_hash_map_find(get(), key.data(), key.size(), &entry, &error) != DELTOS_OK) return Error(error);
    return MapEntry(entry);
  }
  /** The same, throwing. */
  [[nodiscard]] MapEntry find(const MapKey &key) const { return try_find(key).value(); }
  Result<bool> try_contains(const MapKey &key) const {
    const Result<MapEntry> found = try_find(key);
    if (!found) return found.error();
    return static_cast<bool>(*found);
  }
  /** The same, throwing. */
  [[nodiscard]] bool contains(const MapKey &key) const { return try_contains(key).value(); }

  /**
   * The first value of a key: `get<std::string_view>("oak")` as bytes, `get<std::uint64_t>(7)` where values are
   * numbers, or as the row of records(), `get<deltos::Value>("x")` where they are values. None: the key is absent.
   *
   * Fails with type where values are others, and as find(). Threads: any. Cost: as find().
   */
  template <class T>
  Result<std::optional<T>> try_get(const MapKey &key) const {
    static_assert(is_text<T> || is_number<T> || is_value<T>, "ask for std::string_view, std::uint64_t or Value");
    deltos_error error;
    if constexpr (is_text<T>) {
      deltos_bytes value;
      if (deltos_hash_map_get(get(), key.data(), key.size(), &value, &error) != DELTOS_OK) return Error(error);
      return detail::text_if(value);
    } else if constexpr (is_number<T>) {
      std::uint64_t number = 0;
      std::uint8_t present = 0;
      if (deltos_hash_map_get_number(get(), key.data(), key.size(), &number, &present, &error) != DELTOS_OK)
        return Error(error);
      return present != 0 ? std::optional<T>(number) : std::nullopt;
    } else {
      const Result<MapEntry> found = try_find(key);
      if (!found) return found.error();
      if (!*found) return std::optional<T>();
      Result<Value> value = try_value(*found);
      if (!value) return value.error();
      return std::optional<T>(std::move(*value));
    }
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] std::optional<T> get(const MapKey &key) const {
    return try_get<T>(key).value();
  }

  /** All values of a key, in the order in which they were added; none where it is absent. Fails as get(). Cost: that of
   * copying what is given. */
  template <class T>
  Result<std::vector<T>> try_get_all(const MapKey &key) const {
    const Result<MapEntry> found = try_find(key);
    if (!found) return found.error();
    return try_values<T>(*found);
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] std::vector<T> get_all(const MapKey &key) const {
    return try_get_all<T>(key).value();
  }
  /** The same of an entry. Fails with range where it is none of this map, too. */
  template <class T>
  Result<std::vector<T>> try_values(const MapEntry &entry) const {
    static_assert(is_text<T> || is_number<T> || is_value<T>, "ask for std::string_view, std::uint64_t or Value");
    std::vector<T> values;
    if (!entry) return values;
    const deltos_map_entry &raw = entry.raw();
    std::uint64_t count = 0;
    deltos_error error;
    if constexpr (is_text<T>) {
      std::vector<deltos_bytes> pieces(static_cast<std::size_t>(raw.count));
      if (deltos_hash_map_values(get(), &raw, 0, pieces.data(), pieces.size(), &count, &error) != DELTOS_OK)
        return Error(error);
      pieces.resize(static_cast<std::size_t>(count));
      for (const deltos_bytes &piece : pieces) values.push_back(detail::text_of(piece));
    } else if constexpr (is_number<T>) {
      values.resize(static_cast<std::size_t>(raw.count));
      if (deltos_hash_map_numbers(get(), &raw, 0, values.data(), values.size(), &count, &error) != DELTOS_OK)
        return Error(error);
      values.resize(static_cast<std::size_t>(count));
    } else {
      for (; count < raw.count; ++count) {
        Result<Value> value = try_value(entry, count);
        if (!value) return value.error();
        values.push_back(std::move(*value));
      }
    }
    return values;
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] std::vector<T> values(const MapEntry &entry) const {
    return try_values<T>(entry).value();
  }

  /** One value of a key in a map of values. Fails with type, range, and as find(), as deltos_hash_map_value() says. */
  Result<Value> try_value(const MapEntry &entry, std::uint64_t index = 0) const {
    Result<Object> object = opened<Object>([&](deltos_object **value, deltos_error *err) {
      return deltos_hash_map_value(get(), &entry.raw(), index, value, err);
    });
    if (!object) return object.error();
    return Value::try_from(std::move(*object));
  }
  /** The same, throwing. */
  [[nodiscard]] Value value(const MapEntry &entry, std::uint64_t index = 0) const {
    return try_value(entry, index).value();
  }

  /** Finds many keys at once, which takes a fraction of the time: `map.find_many(std::vector{"oak"sv, "elm"sv})`. Fails
   * as find(), and with type or range where the column is wrong; the message names the key. */
  Result<std::vector<MapEntry>> try_find_many(const MapColumn &keys) const {
    static_assert(sizeof(MapEntry) == sizeof(deltos_map_entry), "C fills in entries");
    return detail::made<std::vector<MapEntry>>([&](std::vector<MapEntry> &entries, deltos_error *err) {
      entries.resize(keys.size());
      auto *raw = reinterpret_cast<deltos_map_entry *>(entries.data());
      return deltos_hash_map_find_many(get(), keys.get(), raw, nullptr, nullptr, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::vector<MapEntry> find_many(const MapColumn &keys) const { return try_find_many(keys).value(); }

  /** The first values of many keys, as bytes. Fails as find_many(). */
  Result<std::vector<std::optional<std::string_view>>> try_get_many(const MapColumn &keys) const {
    std::vector<deltos_bytes> pieces(keys.size());
    deltos_error error;
    if (deltos_hash_map_get_many(get(), keys.get(), pieces.data(), nullptr, &error) != DELTOS_OK) return Error(error);
    std::vector<std::optional<std::string_view>> values;
    values.reserve(pieces.size());
    for (const deltos_bytes &piece : pieces) values.push_back(detail::text_if(piece));
    return values;
  }
  /** The same, throwing. */
  [[nodiscard]] std::vector<std::optional<std::string_view>> get_many(const MapColumn &keys) const {
    return try_get_many(keys).value();
  }

  /** The first values of many keys where values are numbers, or their rows where they are records; `absent` for a key
   * that is not there. Returns how many are there. Fails as find_many(), and with range where there is less room than
   * keys. */
  Result<std::uint64_t> try_get_many(const MapColumn &keys, Span<std::uint64_t> numbers,
                                     std::uint64_t absent = 0) const {
    if (numbers.size() < keys.size()) return Error(Status::range, "there is less room than keys");
    return detail::made<std::uint64_t>([&](std::uint64_t &hits, deltos_error *err) {
      return deltos_hash_map_get_many_numbers(get(), keys.get(), absent, numbers.data(), nullptr, &hits, err);
    });
  }
  /** The same, throwing. */
  std::uint64_t get_many(const MapColumn &keys, Span<std::uint64_t> numbers, std::uint64_t absent = 0) const {
    return try_get_many(keys, numbers, absent).value();
  }

  /** Which of many keys are there: 1 or 0 for each. Fails as find_many(). */
  Result<std::vector<std::uint8_t>> try_contains_many(const MapColumn &keys) const {
    return detail::made<std::vector<std::uint8_t>>([&](std::vector<std::uint8_t> &present, deltos_error *err) {
      present.resize(keys.size());
      return deltos_hash_map_find_many(get(), keys.get(), nullptr, present.data(), nullptr, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::vector<std::uint8_t> contains_many(const MapColumn &keys) const {
    return try_contains_many(keys).value();
  }

  /** All keys, in the order in which they lie. Fails as map_info(); going on throws as deltos_hash_map_entries() says.
   */
  Result<MapEntries> try_entries() const;
  /** The same, throwing. */
  [[nodiscard]] MapEntries entries() const;
  /** All keys in their order: of bytes, or of numbers. Fails with type where keys are values, corrupt, and as
   * entries(). Cost: that of sorting, and 8 bytes a key. */
  Result<MapEntries> try_in_order() const;
  /** The same, throwing. */
  [[nodiscard]] MapEntries in_order() const;

  /** All keys where they are numbers, or hashes, as they lie: one for each pair, without a copy. Fails with layout
   * where there is no such column, and as view(), as deltos_hash_map_column() says. */
  Result<TypedView<const std::uint64_t>> try_key_column() const { return column(DELTOS_MAP_COLUMN_KEYS); }
  /** The same, throwing. */
  [[nodiscard]] TypedView<const std::uint64_t> key_column() const { return try_key_column().value(); }
  /** The same of values that are numbers, or rows. */
  Result<TypedView<const std::uint64_t>> try_value_column() const { return column(DELTOS_MAP_COLUMN_VALUES); }
  /** The same, throwing. */
  [[nodiscard]] TypedView<const std::uint64_t> value_column() const { return try_value_column().value(); }

  /** The table whose rows are the values of a map of records. It keeps the map's memory. Fails with type, invalid,
   * kind, no_memory or internal. Cost: constant. */
  Result<RecordTable> try_records() const {
    return opened<RecordTable>(
        [&](deltos_object **table, deltos_error *err) { return deltos_hash_map_records(get(), table, err); });
  }
  /** The same, throwing. */
  [[nodiscard]] RecordTable records() const { return try_records().value(); }

  /** Checks what opening leaves to each use. Fails with corrupt, not_deltos, feature, cancelled, invalid, kind,
   * no_memory or internal, as deltos_hash_map_verify() says. Cost: that of reading it all. */
  Result<void> try_verify(const Progress &progress = {}) const {
    detail::ProgressCall call(progress);
    Result<void> verified = detail::done(
        [&](deltos_error *err) { return deltos_hash_map_verify(get(), call.function(), call.user(), err); });
    call.finish();
    return verified;
  }
  /** The same, throwing. */
  void verify(const Progress &progress = {}) const { try_verify(progress).value(); }

 private:
  template <class T>
  static constexpr bool is_text = std::is_same_v<T, std::string_view>;
  template <class T>
  static constexpr bool is_number = std::is_same_v<T, std::uint64_t>;
  template <class T>
  static constexpr bool is_value = std::is_same_v<T, Value>;

  template <class T, class Call>
  static Result<T> opened(Call &&call) {
    deltos_object *object = nullptr;
    deltos_error error;
    if (call(&object, &error) != DELTOS_OK) return Error(error);
    return T(Object(object));
  }
  Result<TypedView<const std::uint64_t>> column(std::int32_t which) const {
    deltos_view *view = nullptr;
    deltos_error error;
    if (deltos_hash_map_column(get(), which, DELTOS_VIEW_FULL_RO, &view, &error) != DELTOS_OK) return Error(error);
    return View(view).try_as<const std::uint64_t>();
  }
};

/**
 * The keys of a map with their values, `for (const deltos::MapEntry &entry : map.entries())`: an input range that is
 * walked once and knows its size. The map's handle must outlive it.
 */
class MapEntries {
 public:
  /** Fills in the next entries, and returns how many: 0 is the end. Fails as deltos_hash_map_entries() says. */
  Result<std::size_t> try_next(Span<MapEntry> entries) {
    auto *raw = reinterpret_cast<deltos_map_entry *>(entries.data());
    if (!is_ordered_) return filled(&position_, raw, entries.size());
    std::size_t given = 0;
    for (; given < entries.size() && next_ < positions_.size(); ++given, ++next_) {
      std::uint64_t position = positions_[next_];
      const Result<std::size_t> one = filled(&position, raw + given, 1);
      if (!one) return one.error();
    }
    return given;
  }
  /** The same, throwing. */
  std::size_t next(Span<MapEntry> entries) { return try_next(entries).value(); }

  using Iterator = detail::BatchIterator<MapEntries, MapEntry>;
  Iterator begin() { return Iterator(*this); }
  Iterator end() noexcept { return {}; }
  /** How many keys the map has. */
  std::size_t size() const noexcept { return static_cast<std::size_t>(keys_); }

 private:
  friend class HashMap;
  friend Iterator;
  static constexpr std::size_t kBatch = 64;

  MapEntries(const HashMap &map, std::uint64_t keys) : map_(map.get()), keys_(keys) {}
  Result<std::size_t> filled(std::uint64_t *position, deltos_map_entry *entries, std::size_t capacity) const {
    std::uint64_t count = 0;
    deltos_error error;
    if (deltos_hash_map_entries(map_, position, entries, capacity, &count, &error) != DELTOS_OK) return Error(error);
    return static_cast<std::size_t>(count);
  }
  const MapEntry &current() const noexcept { return batch_[at_]; }
  void skip() noexcept { ++at_; }
  bool has_current() {
    if (at_ < batch_.size()) return true;
    batch_.resize(kBatch);
    at_ = 0;
    const Result<std::size_t> given = try_next(batch_);
    batch_.resize(given ? *given : 0);
    given.value();
    return !batch_.empty();
  }

  const deltos_object *map_;
  std::uint64_t keys_, position_ = 0;
  bool is_ordered_ = false;
  std::vector<std::uint64_t> positions_;
  std::size_t next_ = 0;
  std::vector<MapEntry> batch_;
  std::size_t at_ = 0;
};

inline Result<MapEntries> HashMap::try_entries() const {
  const Result<HashMapInfo> info = try_map_info();
  if (!info) return info.error();
  return MapEntries(*this, info->keys);
}
inline MapEntries HashMap::entries() const { return try_entries().value(); }

inline Result<MapEntries> HashMap::try_in_order() const {
  Result<MapEntries> made = try_entries();
  if (!made) return made;
  std::uint64_t count = 0;
  deltos_error error;
  made->is_ordered_ = true;
  made->positions_.resize(made->size());
  if (deltos_hash_map_order(get(), made->positions_.data(), made->positions_.size(), &count, &error) != DELTOS_OK)
    return Error(error);
  return made;
}
inline MapEntries HashMap::in_order() const { return try_in_order().value(); }

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
