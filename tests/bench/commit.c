/* Commits of one small change: SYNC against two (pwrite 4 KiB in place + fdatasync) pairs and an LMDB commit, ASYNC
 * against LMDB's MDB_NOSYNC, in turns, commit by commit, on the same file system, with as many entries in both. A
 * commit that makes the file grow pays the file system's journal as well, and one with payload waits for its writing:
 * both are told apart. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#ifdef BENCH_LMDB
#include <lmdb.h>
#endif

enum {
  ENTRIES = 10000,
  SMALL = 64,
  WARM = 300,
  SYNC_TURNS = 300,
  ASYNC_TURNS = 3000,
  FEW_TURNS = 60,
  PAYLOAD = 1 << 20
};

static char directory[3000];
static uint64_t random_state = 1;

static const char *path_of(const char *name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static void name_of(char name[32]) { snprintf(name, 32, "object/%05d", (int)(bench_random(&random_state) % ENTRIES)); }

/* ---- the peers
 * --------------------------------------------------------------------------------------------------------------- */

static int bare_fd;

static void open_bare(void) {
  static char block[4096];
  bare_fd = open(path_of("bare.bin"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  must_be(bare_fd >= 0, "create a file");
  for (int i = 0; i < 4096; ++i) must_be(pwrite(bare_fd, block, sizeof block, (off_t)i * 4096) == 4096, "write a file");
  fsync(bare_fd);
}

static void bare_pair_of_writes(void) {
  static char block[4096];
  for (int i = 0; i < 2; ++i) {
    block[0] ^= 1;
    const off_t at = (off_t)(bench_random(&random_state) % 4096) * 4096;
    must_be(pwrite(bare_fd, block, sizeof block, at) == 4096 && fdatasync(bare_fd) == 0, "write a file durably");
  }
}

#ifdef BENCH_LMDB
static MDB_env *environment;
static MDB_dbi table;

static void lmdb_must(int code) {
  if (code == 0) return;
  fprintf(stderr, "LMDB: %s\n", mdb_strerror(code));
  exit(1);
}

static void lmdb_put(MDB_txn *transaction, const char *name) {
  char data[SMALL] = {(char)bench_random(&random_state)};
  MDB_val key = {strlen(name), (void *)(size_t)name}, value = {sizeof data, data};
  lmdb_must(mdb_put(transaction, table, &key, &value, 0));
}

static void lmdb_open(unsigned flags) {
  lmdb_must(mdb_env_create(&environment));
  lmdb_must(mdb_env_set_mapsize(environment, (size_t)1 << 30));
  lmdb_must(mdb_env_open(environment, path_of("bench.lmdb"), flags | MDB_NOSUBDIR, 0644));
  MDB_txn *transaction;
  lmdb_must(mdb_txn_begin(environment, NULL, 0, &transaction));
  lmdb_must(mdb_dbi_open(transaction, NULL, MDB_CREATE, &table));
  for (int i = 0; i < ENTRIES; ++i) {
    char name[32];
    snprintf(name, sizeof name, "object/%05d", i);
    lmdb_put(transaction, name);
  }
  lmdb_must(mdb_txn_commit(transaction));
  lmdb_must(mdb_env_sync(environment, 1));
}

static void lmdb_commit(void) {
  char name[32];
  name_of(name);
  MDB_txn *transaction;
  lmdb_must(mdb_txn_begin(environment, NULL, 0, &transaction));
  lmdb_put(transaction, name);
  lmdb_must(mdb_txn_commit(transaction));
}

static void lmdb_end(void) {
  mdb_env_close(environment);
  unlink(path_of("bench.lmdb"));
  unlink(path_of("bench.lmdb-lock"));
}
#else
static void lmdb_open(unsigned flags) { (void)flags; }
static void lmdb_commit(void) {}
static void lmdb_end(void) {}
#define MDB_NOSYNC 0
#endif

/* ---- ours
 * --------------------------------------------------------------------------------------------------------------------
 */

static deltos_storage *storage;

static void set_unit(deltos_transaction *transaction, const char *name) {
  deltos_error err;
  char text[SMALL];
  memset(text, 'a' + (int)(bench_random(&random_state) % 26), sizeof text);
  deltos_metadatum item;
  memset(&item, 0, sizeof item);
  item.key = "unit";
  item.format = "u8";
  item.data = text;
  item.size = sizeof text;
  must(deltos_metadata_set(transaction, name, &item, &err), &err);
}

static void open_storage(void) {
  unlink(path_of("commit.deltos"));
  storage = bench_open(path_of("commit.deltos"), DELTOS_MODE_WRITE, DELTOS_CREATE_NEW, 0);
  deltos_transaction *transaction = bench_begin(storage);
  char data[SMALL] = {0};
  int64_t bytes = sizeof data;
  const deltos_view content = bench_bytes(data, &bytes);
  deltos_error err;
  for (int i = 0; i < ENTRIES; ++i) {
    char name[32];
    snprintf(name, sizeof name, "object/%05d", i);
    must(deltos_buffer_create(transaction, name, &content, NULL, &err), &err);
  }
  set_unit(transaction, "object/00000");
  bench_commit(transaction, DELTOS_SYNC);
}

static void set_metadata(int32_t durability) {
  char name[32];
  name_of(name);
  deltos_transaction *transaction = bench_begin(storage);
  set_unit(transaction, name);
  bench_commit(transaction, durability);
}

static void replace_content(int32_t durability, const void *data, int64_t bytes) {
  char name[32];
  name_of(name);
  deltos_error err;
  deltos_transaction *transaction = bench_begin(storage);
  deltos_object *object = NULL;
  must(deltos_object_open(deltos_transaction_snapshot(transaction), name, DELTOS_KIND_BUFFER, &object, &err), &err);
  const deltos_view content = bench_bytes(data, &bytes);
  must(deltos_buffer_replace(transaction, object, &content, NULL, &err), &err);
  deltos_object_release(&object);
  bench_commit(transaction, durability);
}

static void replace_small(int32_t durability) {
  char data[SMALL] = {(char)bench_random(&random_state)};
  replace_content(durability, data, sizeof data);
}

static void replace_large(int32_t durability) {
  static char data[PAYLOAD];
  data[0] ^= 1;
  replace_content(durability, data, sizeof data);
}

static uint64_t file_bytes(void) {
  struct stat status;
  return stat(path_of("commit.deltos"), &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* ---- turns
 * -------------------------------------------------------------------------------------------------------------------
 */

struct turn {
  void (*peer)(void);
  void (*ours)(int32_t durability);
  int32_t durability;
  double *times;
  int count;
};

static void take(struct turn *turn) {
  const double start = now_us();
  turn->peer ? turn->peer() : turn->ours(turn->durability);
  turn->times[turn->count++] = now_us() - start;
}

/* Everybody's commits one after the other, the first one another each time: what one leaves to the disk, all pay in
 * turn. */
static void take_turns(struct turn *turns, int kinds, int rounds) {
  for (int i = 0; i < kinds; ++i) {
    turns[i].times = malloc((size_t)rounds * sizeof(double));
    must_be(turns[i].times != NULL, "allocate memory");
    turns[i].count = 0;
  }
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < kinds; ++i) take(&turns[(round + i) % kinds]);
  }
}

static double time_of(struct turn *turn) {
  const double time = median(turn->times, turn->count);
  free(turn->times);
  return time;
}

static void lmdb_row(const char *what, double peer, double ours, double bar) {
#ifdef BENCH_LMDB
  report(what, peer, ours, bar);
#else
  char text[32];
  (void)peer, (void)bar;
  bench_skipped(what, "built without LMDB");
  bench_row(what, "-", time_text(ours, text), 0, 0, 0);
#endif
}

static void measure_sync(void) {
  struct turn turns[] = {{bare_pair_of_writes, NULL, 0, NULL, 0},
                         {lmdb_commit, NULL, 0, NULL, 0},
                         {NULL, set_metadata, DELTOS_SYNC, NULL, 0},
                         {NULL, replace_small, DELTOS_SYNC, NULL, 0},
                         {NULL, set_metadata, DELTOS_LAZY, NULL, 0}};
  const uint64_t before = file_bytes();
  take_turns(turns, 5, SYNC_TURNS);
  const double bare = time_of(&turns[0]), lmdb = time_of(&turns[1]);
  const double metadata = time_of(&turns[2]), content = time_of(&turns[3]), lazy = time_of(&turns[4]);
  bench_title("Commit of one small change, 10^4 objects", "peer");
  report("SYNC, metadata : 2 x (pwrite 4K + fdatasync)", bare, metadata, 1.15);
  report("SYNC, 64-byte buffer : 2 x (pwrite 4K + fdatasync)", bare, content, 1.15);
  lmdb_row("SYNC, metadata : LMDB", lmdb, metadata, 1.0);
  lmdb_row("SYNC, 64-byte buffer : LMDB", lmdb, content, 1.0);
  report("LAZY, metadata : 1 x (pwrite 4K + fdatasync)", bare / 2, lazy, 0);
  if (file_bytes() != before)
    printf("  (the file grew meanwhile by %llu KiB)\n", (unsigned long long)(file_bytes() - before) >> 10);
}

static void measure_async(void) {
  struct turn turns[] = {{lmdb_commit, NULL, 0, NULL, 0},
                         {NULL, set_metadata, DELTOS_ASYNC, NULL, 0},
                         {NULL, replace_small, DELTOS_ASYNC, NULL, 0}};
  take_turns(turns, 3, ASYNC_TURNS);
  const double lmdb = time_of(&turns[0]), metadata = time_of(&turns[1]), content = time_of(&turns[2]);
  lmdb_row("ASYNC, metadata : LMDB with MDB_NOSYNC", lmdb, metadata, 1.0);
  lmdb_row("ASYNC, 64-byte buffer : LMDB with MDB_NOSYNC", lmdb, content, 1.0);
}

static void create_one(int32_t durability) {
  static int number;
  static char data[PAYLOAD];
  char name[32];
  snprintf(name, sizeof name, "new/%06d", number++);
  int64_t bytes = sizeof data;
  const deltos_view content = bench_bytes(data, &bytes);
  deltos_error err;
  deltos_transaction *transaction = bench_begin(storage);
  must(deltos_buffer_create(transaction, name, &content, NULL, &err), &err);
  bench_commit(transaction, durability);
}

static void measure_others(void) {
  struct turn turns[] = {{bare_pair_of_writes, NULL, 0, NULL, 0},
                         {NULL, replace_large, DELTOS_SYNC, NULL, 0},
                         {NULL, create_one, DELTOS_SYNC, NULL, 0}};
  take_turns(turns, 3, FEW_TURNS);
  const double bare = time_of(&turns[0]), payload = time_of(&turns[1]), growing = time_of(&turns[2]);
  report("SYNC, 1 MiB of payload replaced", bare, payload, 0);
  report("SYNC, 1 MiB created, file grows", bare, growing, 0);
}

int main(int argc, char **argv) {
  snprintf(directory, sizeof directory, "%s", argc > 1 ? argv[1] : ".");
  open_bare();
  open_storage();
  lmdb_open(0);
  for (int i = 0; i < WARM; ++i) {
    set_metadata(DELTOS_SYNC);
    replace_small(DELTOS_SYNC);
    lmdb_commit();
  }
  measure_sync();
  lmdb_end();
  lmdb_open(MDB_NOSYNC);
  for (int i = 0; i < WARM; ++i) {
    set_metadata(DELTOS_ASYNC);
    lmdb_commit();
  }
  measure_async();
  lmdb_end();
  measure_others();
  bench_close(storage);
  close(bare_fd);
  unlink(path_of("commit.deltos"));
  unlink(path_of("bare.bin"));
  return 0;
}
