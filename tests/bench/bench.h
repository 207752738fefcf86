/* What the benchmarks share: a clock, medians of runs taken in turns, and rows that all look alike. Each program prints
 * a peer's figure and ours from the same run, and the ratio; times depend on the machine, ratios much less. run.py
 * collects the rows that have a bar. */
#ifndef DELTOS_BENCH_H
#define DELTOS_BENCH_H

#include <deltos/deltos.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static inline int compare_doubles(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, compare_doubles);
  return values[count / 2];
}

static inline void must(deltos_status status, const deltos_error *err) {
  if (status == DELTOS_OK) return;
  fprintf(stderr, "%s: %s\n", deltos_status_name(status), err->message);
  exit(1);
}

static inline void must_be(int condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "could not %s\n", what);
  exit(1);
}

typedef void (*bench_body)(void *user);

enum { BENCH_ROUNDS = 101 };

/* Median microseconds a call of both bodies, in short turns, so that what disturbs one disturbs the other. */
static inline void bench_pair(bench_body peer, bench_body ours, void *user, int calls, double *peer_us,
                              double *ours_us) {
  double a[BENCH_ROUNDS], b[BENCH_ROUNDS];
  for (int round = -1; round < BENCH_ROUNDS; ++round) {
    double start = now_us();
    for (int i = 0; i < calls; ++i) peer(user);
    const double peer_time = (now_us() - start) / calls;
    start = now_us();
    for (int i = 0; i < calls; ++i) ours(user);
    const double our_time = (now_us() - start) / calls;
    if (round < 0) continue; /* warm-up */
    a[round] = peer_time;
    b[round] = our_time;
  }
  *peer_us = median(a, BENCH_ROUNDS);
  *ours_us = median(b, BENCH_ROUNDS);
}

static inline const char *time_text(double us, char text[32]) {
  if (us < 1000) {
    snprintf(text, 32, "%.2f us", us);
  } else if (us < 1e6) {
    snprintf(text, 32, "%.2f ms", us / 1e3);
  } else {
    snprintf(text, 32, "%.2f s", us / 1e6);
  }
  return text;
}

/* One row: what, the peer's figure, ours, their ratio. bar 0: no bar; at_least: the ratio must not be below it. */
static inline void bench_row(const char *what, const char *peer, const char *ours, double ratio, double bar,
                             int at_least) {
  printf("  %-50s %14s %14s", what, peer, ours);
  if (ratio > 0) printf(" %8.2f", ratio);
  if (bar > 0) {
    const int met = at_least ? ratio >= bar : ratio <= bar;
    printf("  %s %4.2f  %s", at_least ? ">=" : "<=", bar, met ? "met" : "MISSED");
  }
  printf("\n");
  fflush(stdout);
}

static inline void report(const char *what, double peer_us, double ours_us, double bar) {
  char peer[32], ours[32];
  bench_row(what, time_text(peer_us, peer), time_text(ours_us, ours), ours_us / peer_us, bar, 0);
}

static inline void bench_title(const char *title, const char *peer) {
  printf("\n%-52s %14s %14s %8s  %s\n", title, peer, "deltos", "ratio", "bar");
  fflush(stdout);
}

static inline void bench_skipped(const char *what, const char *why) { printf("  %-50s skipped: %s\n", what, why); }

static inline deltos_storage *bench_open(const char *path, int32_t mode, int32_t create, uint32_t flags) {
  deltos_open_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.mode = mode;
  options.create = create;
  options.flags = flags;
  if (mode == DELTOS_MODE_WRITE) options.reserve_bytes = UINT64_C(256) << 30;
  deltos_storage *storage = NULL;
  deltos_error err;
  must(deltos_storage_open(path, &options, &storage, &err), &err);
  return storage;
}

static inline deltos_transaction *bench_begin(deltos_storage *storage) {
  deltos_transaction *transaction = NULL;
  deltos_error err;
  must(deltos_transaction_begin(storage, &transaction, &err), &err);
  return transaction;
}

static inline void bench_commit(deltos_transaction *transaction, int32_t durability) {
  deltos_error err;
  must(deltos_transaction_commit(&transaction, durability, NULL, &err), &err);
}

static inline void bench_close(deltos_storage *storage) {
  deltos_error err;
  must(deltos_storage_close(&storage, &err), &err);
}

/* One-dimensional content of bytes. */
static inline deltos_view bench_bytes(const void *data, int64_t *bytes) {
  deltos_view view;
  memset(&view, 0, sizeof view);
  view.struct_size = sizeof view;
  view.ndim = 1;
  view.format = "B";
  view.shape = bytes;
  view.data = (void *)(size_t)data;
  view.readonly = 1;
  return view;
}

static inline uint64_t bench_random(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *state >> 20;
}

#endif
