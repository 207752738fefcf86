// Hash maps beside TinyCDB and LMDB, which lie in files too, and beside absl::flat_hash_map, which is built anew by
// every process: looking up keys that are there and that are not, one that depends on the value of the last, many at a
// time; building and size. All files are in the page cache, and their pages mapped. Keys have 8 to 24 bytes, values 8
// to 100.
//
// bench_hash_map DIRECTORY [KEYS]: 1 and 10 million, unless told. Bars are those of 10 million.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bench.h"
#ifdef BENCH_ABSL
#include <absl/container/flat_hash_map.h>
#include <absl/strings/string_view.h>
#endif
#ifdef BENCH_CDB
#include <cdb.h>
#endif
#ifdef BENCH_LMDB
#include <lmdb.h>
#endif

namespace {

constexpr std::uint64_t kAsked = 5000;         // in one measurement
constexpr std::uint64_t kPool = 100 * kAsked;  // that there are, in turn
constexpr std::uint64_t kBarred = 10'000'000;

// So that nobody's first look at a page is measured.
[[maybe_unused]] void touch_all(const void *memory, std::size_t bytes) {
  volatile unsigned char seen = 0;
  for (std::size_t i = 0; i < bytes; i += 4096) seen = static_cast<const unsigned char *>(memory)[i];
  (void)seen;
}

std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
  return number ^ number >> 31;
}

// Pair i, the same whenever it is asked for.
struct Made {
  char key[24], value[104];
  std::size_t key_bytes, value_bytes;
};
void make(std::uint64_t i, Made *made) {
  const std::uint64_t random = mixed(i + 1);
  made->key_bytes = 8 + random % 17;
  made->value_bytes = 8 + (random >> 8) % 93;
  for (std::size_t at = 0; at < sizeof made->key; at += 8) {
    const std::uint64_t word = mixed(random + at) | UINT64_C(0x2020202020202020);
    std::memcpy(made->key + at, &word, sizeof word);
  }
  std::memcpy(made->key, &i, sizeof i);  // keys differ
  for (std::size_t at = 0; at < sizeof made->value; at += 8) std::memcpy(made->value + at, &random, sizeof random);
}

struct Store {
  std::uint64_t count = 0;
  std::string directory;
  std::vector<deltos_bytes> hits, misses;  // one behind the other in memory
  std::vector<char> texts;
  std::vector<std::uint64_t> words;  // keys that are there
  std::uint64_t turn = 0, sum = 0;

  deltos_object *map = nullptr, *numbers = nullptr;
#ifdef BENCH_CDB
  cdb tiny{};
#endif
#ifdef BENCH_LMDB
  MDB_env *environment = nullptr;
  MDB_txn *reading = nullptr;
  MDB_dbi database = 0;
#endif
#ifdef BENCH_ABSL
  absl::flat_hash_map<std::string, std::string> texts_in_memory;
  absl::flat_hash_map<std::uint64_t, std::uint64_t> numbers_in_memory;
#endif

  std::string path(const char *name) const { return directory + "/" + name; }
  std::uint64_t next_turn() { return turn = (turn + kAsked) % kPool; }
};

void choose(Store *store) {
  store->texts.resize(2 * kPool * sizeof(Made::key));
  std::uint64_t state = 1;
  char *at = store->texts.data();
  for (std::uint64_t i = 0; i < 2 * kPool; ++i) {
    Made made;
    const bool hit = i < kPool;
    const std::uint64_t which = bench_random(&state) % store->count;
    make(hit ? which : store->count + which, &made);
    std::memcpy(at, made.key, made.key_bytes);
    (hit ? store->hits : store->misses).push_back({at, made.key_bytes});
    at += made.key_bytes;
    if (hit) store->words.push_back(mixed(which));
  }
}

// ---- building

deltos_column texts_column(const std::vector<deltos_bytes> &texts) {
  deltos_column column;
  std::memset(&column, 0, sizeof column);
  column.layout = DELTOS_COLUMN_SLICES;
  column.count = texts.size();
  column.data = texts.data();
  return column;
}

deltos_column words_column(const std::vector<std::uint64_t> &words) {
  deltos_column column;
  std::memset(&column, 0, sizeof column);
  column.count = words.size();
  column.data = words.data();
  column.item_size = sizeof words[0];
  return column;
}

deltos_builder *begin_map(const Store &store, std::int32_t key, std::int32_t value) {
  deltos_hash_map_options options;
  std::memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.key = key;
  options.value = value;
  options.spill_directory = store.directory.c_str();
  deltos_builder *builder = nullptr;
  deltos_error err;
  must(deltos_hash_map_begin(nullptr, &options, &builder, &err), &err);
  return builder;
}

void finish_map(Store *store, deltos_builder *builder, const char *name, deltos_object **map) {
  deltos_error err;
  deltos_storage *storage = bench_open(store->path(name).c_str(), DELTOS_MODE_WRITE, DELTOS_CREATE_REPLACE, 0);
  deltos_transaction *transaction = bench_begin(storage);
  must(deltos_hash_map_finish(builder, transaction, "map", 0, nullptr, &err), &err);
  bench_commit(transaction, DELTOS_ASYNC);
  deltos_builder_release(&builder);
  bench_close(storage);
  storage = bench_open(store->path(name).c_str(), DELTOS_MODE_READ, DELTOS_CREATE_NEVER, 0);
  must(deltos_object_open_newest(storage, "map", DELTOS_KIND_HASH_MAP, map, &err), &err);
  must(deltos_object_advise(*map, DELTOS_ADVICE_PREFAULT, &err), &err);
}

double build_deltos(Store *store) {
  const double start = now_us();
  deltos_error err;
  deltos_builder *const builder = begin_map(*store, DELTOS_KEY_BYTES, DELTOS_MAP_VALUE_BYTES);
  constexpr std::uint64_t kAtOnce = 2000;
  std::vector<Made> made(kAtOnce);
  std::vector<deltos_bytes> keys(kAtOnce), values(kAtOnce);
  for (std::uint64_t first = 0; first < store->count; first += kAtOnce) {
    for (std::uint64_t i = 0; i < kAtOnce; ++i) {
      make(first + i, &made[i]);
      keys[i] = {made[i].key, made[i].key_bytes};
      values[i] = {made[i].value, made[i].value_bytes};
    }
    const deltos_column key_column = texts_column(keys), value_column = texts_column(values);
    must(deltos_hash_map_add(builder, &key_column, &value_column, &err), &err);
  }
  finish_map(store, builder, "map.deltos", &store->map);
  return now_us() - start;
}

void build_numbers(Store *store) {
  deltos_error err;
  deltos_builder *const builder = begin_map(*store, DELTOS_KEY_U64, DELTOS_MAP_VALUE_U64);
  std::vector<std::uint64_t> keys, values;
  for (std::uint64_t i = 0; i < store->count; ++i) {
    keys.push_back(mixed(i));
    values.push_back(i);
    if (keys.size() < 4096 && i + 1 < store->count) continue;
    const deltos_column key_column = words_column(keys), value_column = words_column(values);
    must(deltos_hash_map_add(builder, &key_column, &value_column, &err), &err);
    keys.clear();
    values.clear();
  }
  finish_map(store, builder, "numbers.deltos", &store->numbers);
}

std::uint64_t file_bytes(const std::string &path) {
  struct stat facts;
  must_be(::stat(path.c_str(), &facts) == 0, "look at a file");
  return static_cast<std::uint64_t>(facts.st_blocks) * 512;
}

std::uint64_t image_bytes(const deltos_object *map) {
  deltos_hash_map_info info;
  std::memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  deltos_error err;
  must(deltos_hash_map_stat(map, &info, &err), &err);
  return info.image_bytes;
}

void report_sizes(const char *what, double peer, double ours, double bar) {
  char texts[2][32];
  std::snprintf(texts[0], sizeof texts[0], "%.1f B", peer);
  std::snprintf(texts[1], sizeof texts[1], "%.1f B", ours);
  bench_row(what, texts[0], texts[1], ours / peer, bar, 0);
}

// ---- looking up

std::uint64_t first_word(const void *data) {
  std::uint64_t word;
  std::memcpy(&word, data, sizeof word);
  return word;
}

void get_deltos(Store *store, const std::vector<deltos_bytes> &keys, bool dependent) {
  deltos_error err;
  std::uint64_t at = store->next_turn(), seen = 0;
  for (std::uint64_t i = 0; i < kAsked; ++i) {
    deltos_bytes value;
    must(deltos_hash_map_get(store->map, keys[at].data, keys[at].size, &value, &err), &err);
    if (value.data != nullptr) seen = first_word(value.data);
    store->sum += seen;
    at = dependent ? (at + 1 + seen % 64) % kPool : at + 1;
    if (at == kPool) at = 0;
  }
}
void hit_deltos(void *user) { get_deltos(static_cast<Store *>(user), static_cast<Store *>(user)->hits, false); }
void miss_deltos(void *user) { get_deltos(static_cast<Store *>(user), static_cast<Store *>(user)->misses, false); }
void dependent_deltos(void *user) { get_deltos(static_cast<Store *>(user), static_cast<Store *>(user)->hits, true); }

void many_deltos(void *user) {
  auto &store = *static_cast<Store *>(user);
  static std::vector<deltos_bytes> values(kAsked);
  deltos_error err;
  deltos_column keys;
  std::memset(&keys, 0, sizeof keys);
  keys.layout = DELTOS_COLUMN_SLICES;
  keys.count = kAsked;
  keys.data = store.hits.data() + store.next_turn();
  must(deltos_hash_map_get_many(store.map, &keys, values.data(), nullptr, &err), &err);
  for (const deltos_bytes &value : values) store.sum += first_word(value.data);
}

void number_deltos(void *user) {
  auto &store = *static_cast<Store *>(user);
  deltos_error err;
  const std::uint64_t first = store.next_turn();
  for (std::uint64_t i = first; i < first + kAsked; ++i) {
    std::uint64_t number = 0;
    std::uint8_t there = 0;
    must(deltos_hash_map_get_number(store.numbers, &store.words[i], 8, &number, &there, &err), &err);
    store.sum += number;
  }
}

#ifdef BENCH_ABSL
void many_numbers_deltos(void *user) {
  auto &store = *static_cast<Store *>(user);
  static std::vector<std::uint64_t> numbers(kAsked);
  deltos_error err;
  deltos_column keys;
  std::memset(&keys, 0, sizeof keys);
  keys.count = kAsked;
  keys.item_size = sizeof(std::uint64_t);
  keys.data = store.words.data() + store.next_turn();
  must(deltos_hash_map_get_many_numbers(store.numbers, &keys, 0, numbers.data(), nullptr, nullptr, &err), &err);
  for (const std::uint64_t number : numbers) store.sum += number;
}

void get_absl(Store *store, const std::vector<deltos_bytes> &keys) {
  const std::uint64_t first = store->next_turn();
  for (std::uint64_t i = first; i < first + kAsked; ++i) {
    const auto found = store->texts_in_memory.find(
        absl::string_view(static_cast<const char *>(keys[i].data), static_cast<std::size_t>(keys[i].size)));
    if (found != store->texts_in_memory.end()) store->sum += first_word(found->second.data());
  }
}
void hit_absl(void *user) { get_absl(static_cast<Store *>(user), static_cast<Store *>(user)->hits); }
void miss_absl(void *user) { get_absl(static_cast<Store *>(user), static_cast<Store *>(user)->misses); }
void number_absl(void *user) {
  auto &store = *static_cast<Store *>(user);
  const std::uint64_t first = store.next_turn();
  for (std::uint64_t i = first; i < first + kAsked; ++i)
    store.sum += store.numbers_in_memory.find(store.words[i])->second;
}

void measure_absl(Store *store, double bar_hit, double bar_miss, double bar_number) {
  double peer = 0, ours = 0;
  for (std::uint64_t i = 0; i < store->count; ++i) {
    Made made;
    make(i, &made);
    store->texts_in_memory.emplace(std::string(made.key, made.key_bytes), std::string(made.value, made.value_bytes));
  }
  bench_pair(hit_absl, hit_deltos, store, 1, &peer, &ours);
  report("hit : absl::flat_hash_map", peer / kAsked, ours / kAsked, bar_hit);
  bench_pair(hit_absl, many_deltos, store, 1, &peer, &ours);
  report("hit, thousands in one call : absl::flat_hash_map", peer / kAsked, ours / kAsked, 0);
  bench_pair(miss_absl, miss_deltos, store, 1, &peer, &ours);
  report("miss : absl::flat_hash_map", peer / kAsked, ours / kAsked, bar_miss);
  store->texts_in_memory = {};
  for (std::uint64_t i = 0; i < store->count; ++i) store->numbers_in_memory.emplace(mixed(i), i);
  bench_pair(number_absl, number_deltos, store, 1, &peer, &ours);
  report("hit, u64 to u64 : absl::flat_hash_map", peer / kAsked, ours / kAsked, bar_number);
  bench_pair(number_absl, many_numbers_deltos, store, 1, &peer, &ours);
  report("hit, u64 to u64, thousands in one call : absl::flat_hash_map", peer / kAsked, ours / kAsked, 0);
  store->numbers_in_memory = {};
}
#endif

#ifdef BENCH_CDB
double build_cdb(Store *store) {
  const double start = now_us();
  const int file = ::open(store->path("map.cdb").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  must_be(file >= 0, "make a file");
  cdb_make making;
  must_be(cdb_make_start(&making, file) == 0, "begin a cdb");
  for (std::uint64_t i = 0; i < store->count; ++i) {
    Made made;
    make(i, &made);
    must_be(cdb_make_add(&making, made.key, static_cast<unsigned>(made.key_bytes), made.value,
                         static_cast<unsigned>(made.value_bytes)) == 0,
            "add to a cdb");
  }
  must_be(cdb_make_finish(&making) == 0, "finish a cdb");
  must_be(cdb_init(&store->tiny, file) == 0, "open a cdb");
  touch_all(store->tiny.cdb_mem, store->tiny.cdb_fsize);
  return now_us() - start;
}

void get_cdb(Store *store, bool dependent) {
  std::uint64_t at = store->next_turn(), seen = 0;
  for (std::uint64_t i = 0; i < kAsked; ++i) {
    const deltos_bytes &key = store->hits[at];
    must_be(cdb_find(&store->tiny, key.data, static_cast<unsigned>(key.size)) > 0, "find in a cdb");
    seen = first_word(cdb_get(&store->tiny, cdb_datalen(&store->tiny), cdb_datapos(&store->tiny)));
    store->sum += seen;
    at = dependent ? (at + 1 + seen % 64) % kPool : at + 1;
    if (at == kPool) at = 0;
  }
}
void hit_cdb(void *user) { get_cdb(static_cast<Store *>(user), false); }
void dependent_cdb(void *user) { get_cdb(static_cast<Store *>(user), true); }
#endif

#ifdef BENCH_LMDB
double build_lmdb(Store *store) {
  const double start = now_us();
  const std::string path = store->path("map.lmdb");
  must_be(mdb_env_create(&store->environment) == 0, "make an environment");
  mdb_env_set_mapsize(store->environment, std::size_t{64} << 30);
  must_be(mdb_env_open(store->environment, path.c_str(), MDB_NOSUBDIR | MDB_NOSYNC | MDB_NORDAHEAD, 0600) == 0,
          "open an environment");
  MDB_txn *writing = nullptr;
  must_be(mdb_txn_begin(store->environment, nullptr, 0, &writing) == 0, "begin to write");
  must_be(mdb_dbi_open(writing, nullptr, 0, &store->database) == 0, "open a database");
  for (std::uint64_t i = 0; i < store->count; ++i) {
    Made made;
    make(i, &made);
    MDB_val key{made.key_bytes, made.key}, value{made.value_bytes, made.value};
    must_be(mdb_put(writing, store->database, &key, &value, 0) == 0, "put into a database");
  }
  must_be(mdb_txn_commit(writing) == 0, "commit");
  must_be(mdb_txn_begin(store->environment, nullptr, MDB_RDONLY, &store->reading) == 0, "begin to read");
  MDB_cursor *cursor = nullptr;
  MDB_val key, value;
  must_be(mdb_cursor_open(store->reading, store->database, &cursor) == 0, "open a cursor");
  while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) touch_all(value.mv_data, value.mv_size);
  mdb_cursor_close(cursor);
  return now_us() - start;
}
void hit_lmdb(void *user) {
  auto &store = *static_cast<Store *>(user);
  const std::uint64_t first = store.next_turn();
  for (std::uint64_t i = first; i < first + kAsked; ++i) {
    MDB_val key{static_cast<std::size_t>(store.hits[i].size), const_cast<void *>(store.hits[i].data)}, value;
    must_be(mdb_get(store.reading, store.database, &key, &value) == 0, "get from a database");
    store.sum += first_word(value.mv_data);
  }
}
#endif

// ---- all of it

void measure(const char *directory, std::uint64_t count) {
  Store store;
  store.count = count;
  store.directory = directory;
  choose(&store);
  const bool barred = count >= kBarred;
  const auto bar = [&](double of_many) { return barred ? of_many : 0; };
  char title[64];
  std::snprintf(title, sizeof title, "Hash maps of %g million keys", static_cast<double>(count) / 1e6);
  bench_title(title, "peer");
  double peer = 0, ours = 0;
#ifdef BENCH_CDB
  double builds[2][3];
  constexpr int kBuilds = 3;
  for (int i = 0; i < kBuilds; ++i) {
    if (i > 0) {
      cdb_free(&store.tiny);
      ::close(store.tiny.cdb_fd);
      deltos_object_release(&store.map);
    }
    builds[0][i] = build_cdb(&store);
    builds[1][i] = build_deltos(&store);
  }
  report("build : TinyCDB", median(builds[0], kBuilds), median(builds[1], kBuilds), bar(2));
  const auto keys = static_cast<double>(count);
  report_sizes("bytes a key : TinyCDB", static_cast<double>(file_bytes(store.path("map.cdb"))) / keys,
               static_cast<double>(image_bytes(store.map)) / keys, bar(0.85));
  bench_pair(hit_cdb, hit_deltos, &store, 1, &peer, &ours);
  report("hit : TinyCDB", peer / kAsked, ours / kAsked, bar(0.7));
  bench_pair(dependent_cdb, dependent_deltos, &store, 1, &peer, &ours);
  report("hit on which the next key depends : TinyCDB", peer / kAsked, ours / kAsked, bar(0.9));
  const double built = builds[1][0];
#else
  bench_skipped("TinyCDB", "cdb.h was not there when this was built");
  const double built = build_deltos(&store);
#endif
  build_numbers(&store);
  bench_pair(hit_deltos, many_deltos, &store, 1, &peer, &ours);
  report("hit, thousands in one call : one in a call", peer / kAsked, ours / kAsked, 0);
  bench_pair(dependent_deltos, many_deltos, &store, 1, &peer, &ours);
  report("hit, thousands in one call : one in a call, each waiting for the last", peer / kAsked, ours / kAsked,
         bar(0.2));
#ifdef BENCH_ABSL
  measure_absl(&store, bar(0.7), bar(1), bar(1.25));
#else
  bench_skipped("absl::flat_hash_map", "it was not there when this was built");
#endif
  report_sizes("bytes a key, u64 to u64 : pairs alone", 16,
               static_cast<double>(image_bytes(store.numbers)) / static_cast<double>(count), bar(1.25));
#ifdef BENCH_LMDB
  report("build : LMDB", build_lmdb(&store), built, bar(0.25));
  bench_pair(hit_lmdb, hit_deltos, &store, 1, &peer, &ours);
  report("hit : LMDB", peer / kAsked, ours / kAsked, bar(0.2));
  mdb_txn_abort(store.reading);
  mdb_env_close(store.environment);
#else
  (void)built;
  bench_skipped("LMDB", "it was not there when this was built");
#endif
  deltos_object_release(&store.map);
  deltos_object_release(&store.numbers);
  for (const char *const name : {"map.cdb", "map.deltos", "numbers.deltos", "map.lmdb", "map.lmdb-lock"})
    (void)::unlink(store.path(name).c_str());
  must_be(store.sum != 0, "find anything");
}

}  // namespace

int main(int argc, char **argv) {
  const char *const directory = argc > 1 ? argv[1] : "/tmp";
  if (argc > 2) {
    measure(directory, std::strtoull(argv[2], nullptr, 10));
    return 0;
  }
  measure(directory, 1'000'000);
  measure(directory, kBarred);
  return 0;
}
