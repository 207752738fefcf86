/* Sorted maps beside LMDB: a bulk load of sorted pairs, random inserts in one transaction, look-ups, and a walk over
 * everything. Both keep what they write in files of the same directory, and neither waits for the disk. */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#ifdef BENCH_LMDB
#include <lmdb.h>
#endif

enum { MOST_VALUE = 100, ROUNDS = 5 };

typedef struct pairs {
  uint64_t count;
  deltos_bytes *keys, *values; /* sorted */
  uint32_t *order;             /* a random one */
  char *arena;
} pairs;

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

static int compare_bytes(const void *a, const void *b) {
  const deltos_bytes *x = a, *y = b;
  const uint64_t common = x->size < y->size ? x->size : y->size;
  const int order = memcmp(x->data, y->data, (size_t)common);
  return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

/* Keys of 8 to 24 bytes, values of 8 to 100. */
static pairs make_pairs(uint64_t count) {
  pairs p;
  char *at;
  p.count = count;
  p.keys = calloc((size_t)count, sizeof *p.keys);
  p.values = calloc((size_t)count, sizeof *p.values);
  p.order = calloc((size_t)count, sizeof *p.order);
  p.arena = at = malloc((size_t)count * (24 + MOST_VALUE));
  must_be(p.keys && p.values && p.order && p.arena, "allocate the pairs");
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t size = 8 + next_random() % 17;
    p.keys[i].data = at;
    p.keys[i].size = size;
    for (uint64_t b = 0; b < size; ++b) at[b] = (char)('a' + next_random() % 26);
    memcpy(at + 1, &i, 4); /* unlike every other */
    at += size;
    p.values[i].data = at;
    p.values[i].size = 8 + next_random() % (MOST_VALUE - 7);
    memset(at, (int)i, (size_t)p.values[i].size);
    at += p.values[i].size;
    p.order[i] = (uint32_t)i;
  }
  qsort(p.keys, (size_t)count, sizeof *p.keys, compare_bytes);
  for (uint64_t i = count - 1; i > 0; --i) {
    const uint64_t other = next_random() % (i + 1);
    const uint32_t kept = p.order[i];
    p.order[i] = p.order[other];
    p.order[other] = kept;
  }
  return p;
}

typedef struct figures {
  double load, insert, get, miss, walk, bytes;
} figures;

static double per(double start, uint64_t count) { return (now_us() - start) * 1e3 / (double)count; }

/* ---- ours */

static void remove_store(const char *path) {
  char lock[256];
  snprintf(lock, sizeof lock, "%s-lock", path);
  unlink(path);
  unlink(lock);
}

static deltos_column slices(const deltos_bytes *items, uint64_t count) {
  deltos_column column;
  memset(&column, 0, sizeof column);
  column.layout = DELTOS_COLUMN_SLICES;
  column.count = count;
  column.data = items;
  return column;
}

static deltos_object *new_map(deltos_transaction *transaction) {
  deltos_object *map = NULL;
  deltos_error err;
  must(deltos_sorted_map_create(transaction, "map", NULL, &map, &err), &err);
  return map;
}

static void ours_load(const char *path, const pairs *p, figures *f) {
  deltos_error err;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW, 0);
  const deltos_column keys = slices(p->keys, p->count), values = slices(p->values, p->count);
  const double start = now_us();
  deltos_transaction *transaction = bench_begin(storage);
  deltos_object *map = new_map(transaction);
  must(deltos_sorted_map_load(transaction, map, &keys, &values, &err), &err);
  must(deltos_transaction_commit(&transaction, DELTOS_ASYNC, NULL, &err), &err);
  f->load = per(start, p->count);
  deltos_object_release(&map);
  must(deltos_storage_close(&storage, &err), &err);
}

static void ours_insert(const char *path, const pairs *p, figures *f) {
  deltos_error err;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW, 0);
  const double start = now_us();
  deltos_transaction *transaction = bench_begin(storage);
  deltos_object *map = new_map(transaction);
  for (uint64_t i = 0; i < p->count; ++i) {
    const deltos_bytes *key = &p->keys[p->order[i]], *value = &p->values[p->order[i]];
    must(deltos_sorted_map_put(transaction, map, key->data, key->size, value->data, value->size, NULL, &err), &err);
  }
  must(deltos_transaction_commit(&transaction, DELTOS_ASYNC, NULL, &err), &err);
  f->insert = per(start, p->count);
  deltos_object_release(&map);
  must(deltos_storage_close(&storage, &err), &err);
}

static void ours_read(const char *path, const pairs *p, figures *f) {
  deltos_error err;
  struct stat info;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER, 0);
  deltos_snapshot *snapshot = NULL;
  deltos_object *map = NULL;
  deltos_cursor *cursor = NULL;
  deltos_pair found[256];
  deltos_bytes value;
  uint64_t sum = 0, count = 0;
  double start;
  must(deltos_snapshot_begin(storage, &snapshot, &err), &err);
  must(deltos_object_open(snapshot, "map", DELTOS_KIND_SORTED_MAP, &map, &err), &err);
  for (int round = 0; round < 2; ++round) { /* the first one meets every page */
    start = now_us();
    for (uint64_t i = 0; i < p->count; ++i) {
      const deltos_bytes *key = &p->keys[p->order[i]];
      must(deltos_sorted_map_get(snapshot, map, key->data, key->size, &value, NULL, NULL, &err), &err);
      sum += *(const unsigned char *)value.data;
    }
    f->get = per(start, p->count);
  }
  start = now_us();
  for (uint64_t i = 0; i < p->count; ++i) {
    const deltos_bytes *key = &p->keys[p->order[i]];
    must(deltos_sorted_map_get(snapshot, map, key->data, key->size - 1, &value, NULL, NULL, &err), &err);
    sum += value.data != NULL;
  }
  f->miss = per(start, p->count);
  start = now_us();
  must(deltos_sorted_map_range(snapshot, map, NULL, &cursor, &err), &err);
  do {
    must(deltos_cursor_next_pairs(cursor, found, 256, &count, &err), &err);
    for (uint64_t i = 0; i < count; ++i) sum += found[i].key.size + *(const unsigned char *)found[i].value.data;
  } while (count != 0);
  f->walk = per(start, p->count);
  deltos_cursor_release(&cursor);
  deltos_object_release(&map);
  deltos_snapshot_release(&snapshot);
  must(deltos_storage_close(&storage, &err), &err);
  must_be(stat(path, &info) == 0 && sum != 0, "ask for the file's size");
  f->bytes = (double)info.st_blocks * 512;
}

/* ---- LMDB */

#ifdef BENCH_LMDB
static void lmdb_must(int code) {
  if (code == 0) return;
  fprintf(stderr, "lmdb: %s\n", mdb_strerror(code));
  exit(1);
}

static MDB_env *lmdb_open(const char *path) {
  MDB_env *env = NULL;
  lmdb_must(mdb_env_create(&env));
  lmdb_must(mdb_env_set_mapsize(env, (size_t)16 << 30));
  lmdb_must(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NORDAHEAD, 0644));
  return env;
}

static MDB_val lmdb_val(const deltos_bytes *bytes) {
  MDB_val val;
  val.mv_size = (size_t)bytes->size;
  val.mv_data = (void *)(uintptr_t)bytes->data;
  return val;
}

static double lmdb_fill(const char *path, const pairs *p, int sorted) {
  MDB_env *env = lmdb_open(path);
  MDB_txn *txn = NULL;
  MDB_dbi dbi;
  MDB_cursor *cursor = NULL;
  const double start = now_us();
  double time;
  lmdb_must(mdb_txn_begin(env, NULL, 0, &txn));
  lmdb_must(mdb_dbi_open(txn, NULL, MDB_CREATE, &dbi));
  lmdb_must(mdb_cursor_open(txn, dbi, &cursor));
  for (uint64_t i = 0; i < p->count; ++i) {
    const uint64_t at = sorted ? i : p->order[i];
    MDB_val key = lmdb_val(&p->keys[at]), value = lmdb_val(&p->values[at]);
    lmdb_must(sorted ? mdb_cursor_put(cursor, &key, &value, MDB_APPEND) : mdb_put(txn, dbi, &key, &value, 0));
  }
  mdb_cursor_close(cursor);
  lmdb_must(mdb_txn_commit(txn));
  time = per(start, p->count);
  mdb_env_close(env);
  return time;
}

static void lmdb_read(const char *path, const pairs *p, figures *f) {
  MDB_env *env = lmdb_open(path);
  MDB_txn *txn = NULL;
  MDB_dbi dbi;
  MDB_cursor *cursor = NULL;
  MDB_val key, value;
  struct stat info;
  uint64_t sum = 0;
  double start;
  lmdb_must(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
  lmdb_must(mdb_dbi_open(txn, NULL, 0, &dbi));
  for (int round = 0; round < 2; ++round) {
    start = now_us();
    for (uint64_t i = 0; i < p->count; ++i) {
      key = lmdb_val(&p->keys[p->order[i]]);
      lmdb_must(mdb_get(txn, dbi, &key, &value));
      sum += *(const unsigned char *)value.mv_data;
    }
    f->get = per(start, p->count);
  }
  start = now_us();
  for (uint64_t i = 0; i < p->count; ++i) {
    key = lmdb_val(&p->keys[p->order[i]]);
    --key.mv_size;
    sum += mdb_get(txn, dbi, &key, &value) == 0;
  }
  f->miss = per(start, p->count);
  start = now_us();
  lmdb_must(mdb_cursor_open(txn, dbi, &cursor));
  while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
    sum += key.mv_size + *(const unsigned char *)value.mv_data;
  f->walk = per(start, p->count);
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  mdb_env_close(env);
  must_be(stat(path, &info) == 0 && sum != 0, "ask for the file's size");
  f->bytes = (double)info.st_blocks * 512;
}
#endif

/* ---- side by side */

static double middle(const figures *all, size_t offset) {
  double values[ROUNDS];
  for (int i = 0; i < ROUNDS; ++i) memcpy(&values[i], (const char *)&all[i] + offset, sizeof values[i]);
  return median(values, ROUNDS);
}

static void row(const char *what, const figures *peer, const figures *ours, size_t offset, double bar) {
  char peer_text[32] = "-", ours_text[32];
  const double us = middle(ours, offset), them = middle(peer, offset);
  snprintf(ours_text, sizeof ours_text, "%.0f ns", us);
  if (them > 0) snprintf(peer_text, sizeof peer_text, "%.0f ns", them);
  bench_row(what, peer_text, ours_text, them > 0 ? us / them : 0, them > 0 ? bar : 0, 0);
}

int main(int argc, char **argv) {
  const char *directory = argc > 1 ? argv[1] : "/tmp";
  const uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
  char ours_path[200], peer_path[200], text[64], peer_text[64];
  figures ours[ROUNDS], peer[ROUNDS];
  pairs p;
  must_be(count > 0 && count < UINT32_MAX, "take so many pairs");
  p = make_pairs(count);
  memset(ours, 0, sizeof ours);
  memset(peer, 0, sizeof peer);
  snprintf(ours_path, sizeof ours_path, "%s/bench-sorted.deltos", directory);
  snprintf(peer_path, sizeof peer_path, "%s/bench-sorted.mdb", directory);
  for (int round = 0; round < ROUNDS; ++round) {
    for (int sorted = 0; sorted < 2; ++sorted) {
      remove_store(ours_path);
      remove_store(peer_path);
#ifdef BENCH_LMDB
      *(sorted ? &peer[round].load : &peer[round].insert) = lmdb_fill(peer_path, &p, sorted);
#endif
      if (sorted) {
        ours_load(ours_path, &p, &ours[round]);
      } else {
        ours_insert(ours_path, &p, &ours[round]);
      }
    }
#ifdef BENCH_LMDB
    lmdb_read(peer_path, &p, &peer[round]);
#endif
    ours_read(ours_path, &p, &ours[round]);
  }
  snprintf(text, sizeof text, "sorted map, %llu pairs, each", (unsigned long long)count);
  bench_title(text, "LMDB");
  row("get, random", peer, ours, offsetof(figures, get), 1.2);
  row("get, random, absent", peer, ours, offsetof(figures, miss), 0);
  row("bulk load of sorted pairs, one transaction", peer, ours, offsetof(figures, load), 1.0);
  row("put, random, one transaction", peer, ours, offsetof(figures, insert), 1.5);
  row("walk over all pairs", peer, ours, offsetof(figures, walk), 0);
  snprintf(text, sizeof text, "%.1f MB", middle(ours, offsetof(figures, bytes)) / 1e6);
  snprintf(peer_text, sizeof peer_text, "%.1f MB", middle(peer, offsetof(figures, bytes)) / 1e6);
  bench_row("file after the load", peer_text, text,
            peer[0].bytes > 0 ? middle(ours, offsetof(figures, bytes)) / middle(peer, offsetof(figures, bytes)) : 0, 0,
            0);
#ifndef BENCH_LMDB
  bench_skipped("LMDB", "it is not installed");
#endif
  remove_store(ours_path);
  remove_store(peer_path);
  free(p.keys);
  free(p.values);
  free(p.order);
  free(p.arena);
  return 0;
}
