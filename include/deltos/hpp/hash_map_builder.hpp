/**
 * @file
 * @defgroup deltos_hpp_hash_map_builder Building hash maps in C++
 *
 * HashMapBuilder takes pairs in columns or containers, in bounded memory, and stores or packs the map. Only finish()
 * needs a transaction, and only for as long as it runs.
 *
 * @code
 * deltos::HashMapOptions options;
 * options.key = deltos::KeyKind::u64;
 * options.shape = deltos::MapShape::multi;
 * deltos::HashMapBuilder builder = storage.begin_map(options);
 * const std::vector<std::uint64_t> ids = {7, 8, 7}, places = {70, 80, 71};
 * builder.add(ids, places);
 * builder.prepare();
 * deltos::Transaction transaction = storage.transaction();
 * const deltos::HashMap map = builder.finish(transaction, "places of ids");
 * transaction.commit();
 * for (std::uint64_t place : map.get_all<std::uint64_t>(7)) std::cout << place << "\n";
 * @endcode
 *
 * Thread safety: one thread at a time.
 * @{
 */
#ifndef DELTOS_HPP_HASH_MAP_BUILDER_HPP
#define DELTOS_HPP_HASH_MAP_BUILDER_HPP

#include <deltos/hpp/transaction.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** What a second pair with the same key means in a map that is simple. */
enum class Duplicates : std::int32_t {
  error = DELTOS_DUPLICATE_ERROR,
  first = DELTOS_DUPLICATE_FIRST,  ///< the pair added first counts
  last = DELTOS_DUPLICATE_LAST     ///< the pair added last counts
};

/** How a hash map is built. */
struct HashMapOptions {
  KeyKind key = KeyKind::bytes;
  MapValueKind value = MapValueKind::u64;
  MapShape shape = MapShape::simple;
  Duplicates duplicates = Duplicates::error;
  bool deduplicate = false;        ///< store equal values once; not of numbers
  std::uint32_t threads = 0;       ///< that sort; 0: as many as there are cores, at most 16
  std::uint64_t memory_bytes = 0;  ///< how much to keep in memory, about; 0: 256 MiB
  std::string spill_directory;     ///< empty: beside the storage, else $TMPDIR, else /tmp
  const Schema *schema = nullptr;  ///< of records; may go once building has begun
  Progress progress = {};          ///< asked while adding, preparing and finishing
};

/** A hash map that is being made. */
class HashMapBuilder {
 public:
  HashMapBuilder() noexcept = default;

  /** Begins a map; Storage::begin_map() keeps temporary files beside that storage. Fails with invalid, no_memory or
   * internal, as deltos_hash_map_begin() says. */
  static Result<HashMapBuilder> try_begin(const HashMapOptions &options = {}) { return begun(nullptr, options); }
  /** The same, throwing. */
  [[nodiscard]] static HashMapBuilder begin(const HashMapOptions &options = {}) { return try_begin(options).value(); }

  /** Adds pairs, all of them or none: `add(names, heights)`. What is given is copied. Fails with invalid, type, range,
   * not_deltos, feature, corrupt, limit, cancelled, io, no_space, no_memory or internal, as deltos_hash_map_add() says;
   * the message names the pair. */
  Result<void> try_add(const MapColumn &keys, const MapColumn &values) {
    return called([&](deltos_error *err) { return deltos_hash_map_add(get(), keys.get(), values.get(), err); });
  }
  /** The same, throwing. */
  void add(const MapColumn &keys, const MapColumn &values) { try_add(keys, values).value(); }

  /** The same of values that are records. Fails as RecordBuilder::add(), too. */
  Result<void> try_add(const MapColumn &keys, const RecordColumns &records) {
    return called([&](deltos_error *err) {
      return deltos_hash_map_add_records(get(), keys.get(), records.columns_.data(), records.presence_.data(),
                                         records.columns_.size(), err);
    });
  }
  /** The same, throwing. */
  void add(const MapColumn &keys, const RecordColumns &records) { try_add(keys, records).value(); }

  /** All pairs of a container: of a std::map, of a std::vector of pairs; keys and values are text or std::uint64_t. */
  template <class Pairs, class Pair = typename Pairs::value_type, class Key = typename Pair::first_type>
  Result<void> try_add(const Pairs &pairs) {
    std::vector<held<Key>> keys;
    std::vector<held<typename Pair::second_type>> values;
    for (const auto &[key, value] : pairs) {
      keys.emplace_back(key);
      values.emplace_back(value);
    }
    return try_add(MapColumn(keys), MapColumn(values));
  }
  /** The same, throwing. */
  template <class Pairs, class Pair = typename Pairs::value_type, class Key = typename Pair::first_type>
  void add(const Pairs &pairs) {
    try_add(pairs).value();
  }

  /** Adds all pairs of another map of the same kinds, which is how maps are merged. Fails with type, kind, and as
   * add(), as deltos_hash_map_add_map() says. */
  Result<void> try_add(const HashMap &map) {
    return called([&](deltos_error *err) { return deltos_hash_map_add_map(get(), map.get(), err); });
  }
  /** The same, throwing. */
  void add(const HashMap &map) { try_add(map).value(); }

  /** Sorts what was added: the long part, which needs no transaction. Fails with duplicate, limit, cancelled, io,
   * no_space, no_memory or internal, as deltos_hash_map_prepare() says. */
  Result<void> try_prepare() {
    return called([&](deltos_error *err) { return deltos_hash_map_prepare(get(), err); });
  }
  /** The same, throwing. */
  void prepare() { try_prepare().value(); }

  /** Stores the map, sealed; Existing::replace puts it in the place of one of that name, which whoever has it open
   * keeps until Object::refresh(). It can be done again, for other storages. Fails with exists, kind, stale, and as
   * prepare() and Transaction::create(), as deltos_hash_map_finish() says. Cost: that of writing it. */
  Result<HashMap> try_finish(Transaction &transaction, const Text &name, Existing existing = Existing::refuse) {
    const std::uint32_t flags = existing == Existing::replace ? DELTOS_HASH_MAP_REPLACE : 0;
    deltos_object *map = nullptr;
    const Result<void> finished = called([&](deltos_error *err) {
      return deltos_hash_map_finish(get(), transaction.get(), name.c_str(), flags, &map, err);
    });
    if (!finished) return finished.error();
    return HashMap(Object(map));
  }
  /** The same, throwing. */
  HashMap finish(Transaction &transaction, const Text &name, Existing existing = Existing::refuse) {
    return try_finish(transaction, name, existing).value();
  }

  /** The map as bytes, which HashMap::open_memory() reads in any process. Fails as prepare(). Cost: a copy. */
  Result<Packed> try_pack() {
    Packed packed;
    const Result<void> done = called([&](deltos_error *err) {
      std::uint64_t size = 0;
      const deltos_status status = deltos_hash_map_pack(get(), nullptr, &size, err);
      if (status != DELTOS_E_TOO_SMALL) return status;
      packed = Packed(static_cast<std::size_t>(size));
      return deltos_hash_map_pack(get(), packed.bytes_.get(), &size, err);
    });
    if (!done) return done.error();
    return packed;
  }
  /** The same, throwing. */
  [[nodiscard]] Packed pack() { return try_pack().value(); }

  /** The handle, for calls of the C interface; it stays this object's. */
  deltos_builder *get() const noexcept { return handle_.get(); }

 private:
  friend class Storage;
  template <class T>
  using held = std::conditional_t<std::is_convertible_v<const T &, std::string_view>, std::string_view, T>;

  /** What the callback throws stays here while C is under way. */
  struct Told {
    explicit Told(const Progress &asked) : progress(asked) { call.emplace(progress); }
    Progress progress;
    std::optional<detail::ProgressCall> call;
  };

  static Result<HashMapBuilder> begun(const deltos_storage *storage, const HashMapOptions &options) {
    HashMapBuilder made;
    made.told_ = std::make_unique<Told>(options.progress);
    deltos_hash_map_options raw{};
    raw.struct_size = sizeof raw;
    raw.key = static_cast<std::int32_t>(options.key);
    raw.value = static_cast<std::int32_t>(options.value);
    raw.shape = static_cast<std::int32_t>(options.shape);
    raw.duplicates = static_cast<std::int32_t>(options.duplicates);
    raw.flags = options.deduplicate ? DELTOS_HASH_MAP_DEDUPLICATE : 0;
    raw.threads = options.threads;
    raw.memory_bytes = options.memory_bytes;
    if (!options.spill_directory.empty()) raw.spill_directory = options.spill_directory.c_str();
    if (options.schema != nullptr) raw.schema = options.schema->get();
    raw.progress = made.told_->call->function();
    raw.progress_user = made.told_->call->user();
    deltos_error error;
    if (deltos_hash_map_begin(storage, &raw, made.handle_.address(), &error) != DELTOS_OK) return Error(error);
    return made;
  }

  /** Makes a call, and throws what the callback threw in it. */
  template <class Call>
  Result<void> called(Call &&call) {
    if (told_) told_->call.emplace(told_->progress);
    Result<void> result = detail::done(std::forward<Call>(call));
    if (told_) told_->call->finish();
    return result;
  }

  std::unique_ptr<Told> told_;
  detail::Handle<deltos_builder, &deltos_builder_release> handle_;
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
