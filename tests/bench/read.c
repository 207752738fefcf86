/* Reading elements through an export against the same loop over memory from malloc: an export is an address, so nothing
 * is to be paid. 1.05 is what two runs of the same code may differ by. */
#define _GNU_SOURCE
#include <unistd.h>

#include "bench.h"

struct arrays {
  const double *plain, *exported;
  size_t count;
};

static volatile double sink;

static double sum(const double *values, size_t count) {
  double parts[4] = {0, 0, 0, 0};
  for (size_t i = 0; i + 4 <= count; i += 4) {
    for (size_t k = 0; k < 4; ++k) parts[k] += values[i + k];
  }
  return parts[0] + parts[1] + parts[2] + parts[3];
}

static double pick(const double *values, size_t count) {
  uint64_t state = 7;
  double total = 0;
  for (int i = 0; i < 20000; ++i) total += values[bench_random(&state) % count];
  return total;
}

static void sum_plain(void *user) {
  const struct arrays *arrays = user;
  sink = sum(arrays->plain, arrays->count);
}

static void sum_exported(void *user) {
  const struct arrays *arrays = user;
  sink = sum(arrays->exported, arrays->count);
}

static void pick_plain(void *user) {
  const struct arrays *arrays = user;
  sink = pick(arrays->plain, arrays->count);
}

static void pick_exported(void *user) {
  const struct arrays *arrays = user;
  sink = pick(arrays->exported, arrays->count);
}

static void measure(const char *path, size_t bytes, const char *size, double bar) {
  const size_t count = bytes / sizeof(double);
  double *plain = malloc(bytes);
  must_be(plain != NULL, "allocate memory");
  for (size_t i = 0; i < count; ++i) plain[i] = (double)i;
  unlink(path);
  deltos_error err;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW, 0);
  deltos_transaction *transaction = bench_begin(storage);
  int64_t length = (int64_t)bytes;
  const deltos_view content = bench_bytes(plain, &length);
  must(deltos_buffer_create(transaction, "array", &content, NULL, &err), &err);
  bench_commit(transaction, DELTOS_SYNC);
  bench_close(storage);

  storage = bench_open(path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER, 0);
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  must(deltos_object_open_newest(storage, "array", DELTOS_KIND_BUFFER, &object, &err), &err);
  must(deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &err), &err);
  struct arrays arrays = {plain, view->data, count};
  double peer_us, ours_us;
  char what[64];
  bench_pair(sum_plain, sum_exported, &arrays, bytes <= 1 << 20 ? 20 : 1, &peer_us, &ours_us);
  snprintf(what, sizeof what, "sum of %s", size);
  report(what, peer_us, ours_us, bar);
  bench_pair(pick_plain, pick_exported, &arrays, 1, &peer_us, &ours_us);
  snprintf(what, sizeof what, "20,000 random elements of %s", size);
  report(what, peer_us, ours_us, bar);
  deltos_view_release(&view);
  deltos_object_release(&object);
  bench_close(storage);
  unlink(path);
  free(plain);
}

int main(int argc, char **argv) {
  char path[4096];
  snprintf(path, sizeof path, "%s/read.deltos", argc > 1 ? argv[1] : ".");
  bench_title("Reading float64 elements, warm", "malloc");
  measure(path, 256 << 10, "256 KiB", 1.05);
  measure(path, 64 << 20, "64 MiB", 1.05);
  return 0;
}
