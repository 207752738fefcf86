/**
 * @file
 * @defgroup deltos_hpp_sorted_map Sorted maps in C++
 *
 * SortedMap is an Object that holds pairs in the order of their keys; it is changed in transactions and read from
 * snapshots, of which each call says one.
 *
 * @code
 * deltos::Transaction transaction = storage.transaction();
 * deltos::SortedMap heights = transaction.create_sorted_map("heights", deltos::KeyKind::utf8);
 * heights.put(transaction, "oak", "40");
 * heights.put(transaction, "elm", "30");
 * heights.put(transaction, "ash", "35");
 * transaction.commit();
 *
 * const deltos::Snapshot now = storage.snapshot();
 * deltos::KeyRange from_b;
 * from_b.from = "b";
 * for (const deltos::SortedPair &pair : heights.range(now, from_b)) std::cout << pair.key() << pair.value() << "\n";
 * std::cout << heights.get(now, "ash").value_or("?") << "\n";
 * @endcode
 *
 * Keys and values are lent by the snapshot: until it goes or, from Transaction::snapshot(), until the next change.
 * Thread safety: the handle is immutable; a call is for the thread of its transaction or snapshot.
 * @{
 */
#ifndef DELTOS_HPP_SORTED_MAP_HPP
#define DELTOS_HPP_SORTED_MAP_HPP

#include <deltos/hpp/transaction.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** Facts of a sorted map in one state. */
struct SortedMapInfo {
  KeyKind key = KeyKind::bytes;
  std::uint64_t count = 0;        ///< pairs
  std::uint64_t key_bytes = 0;    ///< of all keys
  std::uint64_t value_bytes = 0;  ///< of all values; an object counts 8
  std::uint64_t long_values = 0;  ///< that have a place of their own
  std::uint64_t objects = 0;      ///< values that are objects
  std::uint32_t height = 0;       ///< levels of its tree
};

/** Which pairs are meant: those whose keys satisfy all that is said; without anything, all of them. It borrows what
 * keys are made from. */
struct KeyRange {
  std::optional<MapKey> from = {};    ///< keys from here on
  std::optional<MapKey> to = {};      ///< keys below this
  std::optional<MapKey> prefix = {};  ///< keys that begin so; not of numbers
  bool open_from = false;             ///< not `from` itself
  bool closed_to = false;             ///< `to` itself as well
  bool reverse = false;               ///< from the last pair to the first
};

/** What SortedMap::find() looks for. */
enum class Find : std::int32_t {
  first = DELTOS_FIND_FIRST,
  last = DELTOS_FIND_LAST,
  at_least = DELTOS_FIND_AT_LEAST,  ///< the lower bound
  above = DELTOS_FIND_ABOVE,        ///< the upper bound
  at_most = DELTOS_FIND_AT_MOST,
  below = DELTOS_FIND_BELOW
};

/** One pair. It may be copied; what it leads to is lent. */
class SortedPair {
 public:
  SortedPair() noexcept : raw_() {}
  explicit SortedPair(const deltos_pair &raw) noexcept : raw_(raw), is_number_(raw.key.data == &raw.number) {}

  /** Of numbers, their bytes, which are lent by this very pair. */
  std::string_view key() const noexcept {
    if (!is_number_) return detail::text_of(raw_.key);
    return {reinterpret_cast<const char *>(&raw_.number), sizeof raw_.number};
  }
  /** The key where keys are numbers; else 0. */
  std::uint64_t number() const noexcept { return raw_.number; }
  /** Empty where it is an object. */
  std::string_view value() const noexcept { return detail::text_of(raw_.value); }
  /** Of the object that is the value, for SnapshotRef::object_by_id(); 0: it is bytes. */
  std::uint64_t object_id() const noexcept { return raw_.object_id; }

 private:
  deltos_pair raw_;
  bool is_number_ = false;
};

/**
 * A walk over the pairs of a range: an input range, `for (const deltos::SortedPair &pair : map.range(snapshot))`, that
 * is walked once. It keeps the state that it walks over; in a transaction, it sees what has changed.
 */
class SortedCursor {
 public:
  SortedCursor() noexcept = default;
  /** Takes over a cursor of the C interface. */
  explicit SortedCursor(deltos_cursor *taken) noexcept : handle_(taken) {}

  /** The next pairs, at most so many; none is the end. Fails with invalid, stale, corrupt, closed, forked, feature, io,
   * no_memory or internal, as deltos_cursor_next_pairs() says. Cost: constant for each pair. */
  Result<std::vector<SortedPair>> try_next(std::size_t most) {
    raw_.resize(most);
    std::uint64_t count = 0;
    deltos_error error;
    if (deltos_cursor_next_pairs(get(), raw_.data(), raw_.size(), &count, &error) != DELTOS_OK) return Error(error);
    std::vector<SortedPair> pairs;
    for (std::size_t i = 0; i < count; ++i) pairs.emplace_back(raw_[i]);
    return pairs;
  }
  /** The same, throwing. */
  std::vector<SortedPair> next(std::size_t most) { return try_next(most).value(); }

  /** Goes to the first pair, in its direction, whose key is not before this one. Fails as next(). */
  Result<void> try_seek(const MapKey &key) {
    batch_.clear();
    at_ = 0;
    return detail::done([&](deltos_error *err) { return deltos_cursor_seek_pair(get(), key.data(), key.size(), err); });
  }
  /** The same, throwing. */
  void seek(const MapKey &key) { try_seek(key).value(); }

  using Iterator = detail::BatchIterator<SortedCursor, SortedPair>;
  Iterator begin() { return Iterator(*this); }
  Iterator end() noexcept { return {}; }

  explicit operator bool() const noexcept { return get() != nullptr; }
  /** The cursor of the C interface; this stays its owner. */
  deltos_cursor *get() const noexcept { return handle_.get(); }

 private:
  friend class SortedMap;
  friend Iterator;
  static constexpr std::size_t kBatch = 64;

  const SortedPair &current() const noexcept { return batch_[at_]; }
  void skip() noexcept { ++at_; }
  bool has_current() {
    if (at_ < batch_.size()) return true;
    at_ = 0;
    batch_ = next(at_once_);
    return !batch_.empty();
  }

  detail::Handle<deltos_cursor, deltos_cursor_release> handle_;
  std::vector<deltos_pair> raw_;
  std::vector<SortedPair> batch_;
  std::size_t at_ = 0;
  std::size_t at_once_ = 1;
};

/** A sorted map of a storage. */
class SortedMap : public Object {
 public:
  SortedMap() noexcept = default;
  /** Of an object that was opened as any kind. What is no sorted map answers kind when it is used as one. */
  explicit SortedMap(Object &&object) noexcept : Object(std::move(object)) {}

  using Object::get;

  /** What is in it. Fails as get(). Cost: constant. */
  Result<SortedMapInfo> try_map_info(SnapshotRef snapshot) const {
    deltos_sorted_map_info raw{};
    deltos_error error;
    raw.struct_size = sizeof raw;
    if (deltos_sorted_map_stat(snapshot.get(), get(), &raw, &error) != DELTOS_OK) return Error(error);
    return SortedMapInfo{static_cast<KeyKind>(raw.key),
                         raw.count,
                         raw.key_bytes,
                         raw.value_bytes,
                         raw.long_values,
                         raw.objects,
                         raw.height};
  }
  /** The same, throwing. */
  [[nodiscard]] SortedMapInfo map_info(SnapshotRef snapshot) const { return try_map_info(snapshot).value(); }

  /**
   * Puts a pair: true when the key was there, whose value is then the new one.
   *
   * Fails with invalid, kind, type, limit (a key of more than 1,024 bytes, a value of more than 16 MiB), stale,
   * no_space, and as Transaction::rename(), as deltos_sorted_map_put() says. Cost: logarithmic.
   */
  Result<bool> try_put(Transaction &transaction, const MapKey &key, const MapKey &value) {
    return told([&](std::uint8_t *replaced, deltos_error *err) {
      return deltos_sorted_map_put(transaction.get(), get(), key.data(), key.size(), value.data(), value.size(),
                                   replaced, err);
    });
  }
  /** The same, throwing. */
  bool put(Transaction &transaction, const MapKey &key, const MapKey &value) {
    return try_put(transaction, key, value).value();
  }
  /** The same of an object of the storage, of which only the id is kept. Fails with not_found and unsupported, too. */
  Result<bool> try_put_object(Transaction &transaction, const MapKey &key, const Object &value) {
    return told([&](std::uint8_t *replaced, deltos_error *err) {
      return deltos_sorted_map_put_object(transaction.get(), get(), key.data(), key.size(), value.get(), replaced, err);
    });
  }
  /** The same, throwing. */
  bool put_object(Transaction &transaction, const MapKey &key, const Object &value) {
    return try_put_object(transaction, key, value).value();
  }

  /** Puts many pairs, in any order; of equal keys the last one counts. Returns how many are new. Fails as put(), and
   * with type or range where a column is wrong; the message names the pair. */
  Result<std::uint64_t> try_put_many(Transaction &transaction, const MapColumn &keys, const MapColumn &values) {
    return detail::made<std::uint64_t>([&](std::uint64_t &added, deltos_error *err) {
      return deltos_sorted_map_put_many(transaction.get(), get(), keys.get(), values.get(), &added, err);
    });
  }
  /** The same, throwing. */
  std::uint64_t put_many(Transaction &transaction, const MapColumn &keys, const MapColumn &values) {
    return try_put_many(transaction, keys, values).value();
  }
  /** Adds many pairs at the end, sorted: the fastest way to fill a map. Fails with duplicate, range, and as put_many(),
   * as deltos_sorted_map_load() says. */
  Result<void> try_load(Transaction &transaction, const MapColumn &keys, const MapColumn &values) {
    return detail::done([&](deltos_error *err) {
      return deltos_sorted_map_load(transaction.get(), get(), keys.get(), values.get(), err);
    });
  }
  /** The same, throwing. */
  void load(Transaction &transaction, const MapColumn &keys, const MapColumn &values) {
    try_load(transaction, keys, values).value();
  }

  /** Removes a pair: whether the key was there. Fails as put(). */
  Result<bool> try_remove(Transaction &transaction, const MapKey &key) {
    return told([&](std::uint8_t *removed, deltos_error *err) {
      return deltos_sorted_map_remove(transaction.get(), get(), key.data(), key.size(), removed, err);
    });
  }
  /** The same, throwing. */
  bool remove(Transaction &transaction, const MapKey &key) { return try_remove(transaction, key).value(); }
  /** Removes all pairs of a range, and returns how many. Fails as put(). */
  Result<std::uint64_t> try_remove_range(Transaction &transaction, const KeyRange &range = {}) {
    return detail::made<std::uint64_t>([&](std::uint64_t &removed, deltos_error *err) {
      return deltos_sorted_map_remove_range(transaction.get(), get(), RawRange(range).get(), &removed, err);
    });
  }
  /** The same, throwing. */
  std::uint64_t remove_range(Transaction &transaction, const KeyRange &range = {}) {
    return try_remove_range(transaction, range).value();
  }

  /**
   * The value of a key; none: it is absent.
   *
   * Fails with kind where the value is an object, see get_object(), and where this is no sorted map; type, invalid,
   * stale (the state has no such map), corrupt, closed, forked, feature, io, no_memory or internal, as
   * deltos_sorted_map_get() says. Threads: as the snapshot. Cost: logarithmic.
   */
  Result<std::optional<std::string_view>> try_get(SnapshotRef snapshot, const MapKey &key) const {
    const Result<Held> held = look_up(snapshot, key);
    if (!held) return held.error();
    if (held->object_id != 0) return Error(Status::kind, "the value is an object; use get_object()");
    return detail::text_if(held->value);
  }
  /** The same, throwing. */
  [[nodiscard]] std::optional<std::string_view> get(SnapshotRef snapshot, const MapKey &key) const {
    return try_get(snapshot, key).value();
  }
  /** The object that is the value of a key; none: it is absent. Fails with kind where the value is bytes, not_found
   * where the object is no more, and as get(). */
  Result<std::optional<Object>> try_get_object(SnapshotRef snapshot, const MapKey &key) const {
    const Result<Held> held = look_up(snapshot, key);
    if (!held) return held.error();
    if (held->value.data != nullptr) return Error(Status::kind, "the value is bytes; use get()");
    if (held->object_id == 0) return std::optional<Object>();
    Result<Object> object = snapshot.try_object_by_id(held->object_id);
    if (!object) return object.error();
    return std::optional<Object>(std::move(*object));
  }
  /** The same, throwing. */
  [[nodiscard]] std::optional<Object> get_object(SnapshotRef snapshot, const MapKey &key) const {
    return try_get_object(snapshot, key).value();
  }
  /** Whether a key is there. Fails as get(). */
  Result<bool> try_contains(SnapshotRef snapshot, const MapKey &key) const {
    return told([&](std::uint8_t *present, deltos_error *err) {
      return deltos_sorted_map_get(snapshot.get(), get(), key.data(), key.size(), nullptr, nullptr, present, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] bool contains(SnapshotRef snapshot, const MapKey &key) const {
    return try_contains(snapshot, key).value();
  }
  /** The values of many keys; of objects, empty. Fails as get(), and with type or range where the column is wrong. */
  Result<std::vector<std::optional<std::string_view>>> try_get_many(SnapshotRef snapshot, const MapColumn &keys) const {
    std::vector<deltos_bytes> pieces(keys.size());
    std::vector<std::uint8_t> present(keys.size());
    deltos_error error;
    if (deltos_sorted_map_get_many(snapshot.get(), get(), keys.get(), pieces.data(), nullptr, present.data(), nullptr,
                                   &error) != DELTOS_OK)
      return Error(error);
    std::vector<std::optional<std::string_view>> values(keys.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (present[i] != 0) values[i] = detail::text_of(pieces[i]);
    }
    return values;
  }
  /** The same, throwing. */
  [[nodiscard]] std::vector<std::optional<std::string_view>> get_many(SnapshotRef snapshot,
                                                                      const MapColumn &keys) const {
    return try_get_many(snapshot, keys).value();
  }

  /** One pair by the order of keys: `find(now, Find::at_least, "b")`; first and last need no key. None: there is none.
   * Fails as get(). */
  Result<std::optional<SortedPair>> try_find(SnapshotRef snapshot, Find which, const MapKey &key = "") const {
    deltos_pair pair;
    std::uint8_t present = 0;
    deltos_error error;
    if (deltos_sorted_map_find(snapshot.get(), get(), static_cast<std::int32_t>(which), key.data(), key.size(), &pair,
                               &present, &error) != DELTOS_OK)
      return Error(error);
    return present != 0 ? std::optional<SortedPair>(pair) : std::nullopt;
  }
  /** The same, throwing. */
  [[nodiscard]] std::optional<SortedPair> find(SnapshotRef snapshot, Find which, const MapKey &key = "") const {
    return try_find(snapshot, which, key).value();
  }

  /** How many pairs are in a range. Fails as get(). Cost: constant of all pairs; else a look at each page. */
  Result<std::uint64_t> try_count(SnapshotRef snapshot, const KeyRange &range = {}) const {
    return detail::made<std::uint64_t>([&](std::uint64_t &count, deltos_error *err) {
      return deltos_sorted_map_count(snapshot.get(), get(), RawRange(range).get(), &count, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::uint64_t count(SnapshotRef snapshot, const KeyRange &range = {}) const {
    return try_count(snapshot, range).value();
  }

  /** The pairs of a range, forwards or backwards. Fails as get(). Cost: logarithmic; then constant for each pair. */
  Result<SortedCursor> try_range(const Snapshot &snapshot, const KeyRange &range = {}) const {
    return walk(snapshot, range, SortedCursor::kBatch);
  }
  /** The same, throwing. */
  [[nodiscard]] SortedCursor range(const Snapshot &snapshot, const KeyRange &range = {}) const {
    return try_range(snapshot, range).value();
  }
  /** The same of what a transaction lends, which may change between two pairs. */
  Result<SortedCursor> try_range(SnapshotRef snapshot, const KeyRange &range = {}) const {
    return walk(snapshot, range, 1);
  }
  /** The same, throwing. */
  [[nodiscard]] SortedCursor range(SnapshotRef snapshot, const KeyRange &range = {}) const {
    return try_range(snapshot, range).value();
  }

 private:
  struct Held {
    deltos_bytes value;
    std::uint64_t object_id;
  };
  Result<Held> look_up(SnapshotRef snapshot, const MapKey &key) const {
    return detail::made<Held>([&](Held &held, deltos_error *err) {
      return deltos_sorted_map_get(snapshot.get(), get(), key.data(), key.size(), &held.value, &held.object_id, nullptr,
                                   err);
    });
  }
  Result<SortedCursor> walk(SnapshotRef snapshot, const KeyRange &range, std::size_t at_once) const {
    return detail::made<SortedCursor>([&](SortedCursor &cursor, deltos_error *err) {
      cursor.at_once_ = at_once;
      return deltos_sorted_map_range(snapshot.get(), get(), RawRange(range).get(), cursor.handle_.address(), err);
    });
  }
  template <class Call>
  static Result<bool> told(Call &&call) {
    std::uint8_t answer = 0;
    deltos_error error;
    if (call(&answer, &error) != DELTOS_OK) return Error(error);
    return answer != 0;
  }

  /** A range as C sees it; it points into itself. */
  class RawRange {
   public:
    explicit RawRange(const KeyRange &range) noexcept {
      set(range.from, bounds_[0], raw_.from);
      set(range.to, bounds_[1], raw_.to);
      set(range.prefix, bounds_[2], raw_.prefix);
      raw_.open_from = range.open_from ? 1 : 0;
      raw_.closed_to = range.closed_to ? 1 : 0;
      raw_.reverse = range.reverse ? 1 : 0;
    }
    RawRange(const RawRange &) = delete;
    RawRange &operator=(const RawRange &) = delete;
    const deltos_range *get() const noexcept { return &raw_; }

   private:
    static void set(const std::optional<MapKey> &key, deltos_bytes &bound, const deltos_bytes *&used) noexcept {
      if (!key) return;
      bound = key->bytes();
      used = &bound;
    }
    deltos_range raw_{};
    deltos_bytes bounds_[3] = {};
  };
};

inline Result<SortedMap> SnapshotRef::try_sorted_map(const Text &name) const {
  Result<Object> found = try_object(name, Kind::sorted_map);
  if (!found) return found.error();
  return SortedMap(std::move(*found));
}
inline SortedMap SnapshotRef::sorted_map(const Text &name) const { return try_sorted_map(name).value(); }

inline Result<SortedMap> Transaction::try_create_sorted_map(const Text &name, KeyKind key) {
  deltos_sorted_map_options options{};
  options.struct_size = sizeof options;
  options.key = static_cast<std::int32_t>(key);
  Result<Object> created = opened([&](deltos_object **map, deltos_error *err) {
    return deltos_sorted_map_create(get(), name.c_str(), &options, map, err);
  });
  if (!created) return created.error();
  return SortedMap(std::move(*created));
}
inline SortedMap Transaction::create_sorted_map(const Text &name, KeyKind key) {
  return try_create_sorted_map(name, key).value();
}

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
