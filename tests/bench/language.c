/* What opening, exporting and summing a buffer costs in C. The twins in other languages do the same steps and print the
 * same lines, so that run.py can compare them:
 *
 *   bench_language FILE          open_export_ns, sum_ns: the fastest of many; sum: what came out
 *   bench_language --make FILE   makes the file: one sealed buffer "values" of 10^7 float64, 0, 1, 2, ...
 *
 * Opening and exporting: open for READ, look "values" up in the newest commit, export it read-only, release, close.
 * Summing: four partial sums, element i into the sum i mod 4, over the exported memory, which has been read once
 * before. */
#define _GNU_SOURCE
#include "bench.h"

enum { COUNT = 10000000, OPENINGS = 2000, SUMS = 30 };

static volatile double sink;

static deltos_view *export_values(deltos_storage *storage) {
  deltos_error err;
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  must(deltos_object_open_newest(storage, "values", DELTOS_KIND_BUFFER, &object, &err), &err);
  must(deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &err), &err);
  deltos_object_release(&object);
  must_be(view->dtype == DELTOS_DTYPE_F64 && view->ndim == 1, "use what is not float64 of one dimension");
  return view;
}

static void open_and_export(const char *path) {
  deltos_storage *storage = bench_open(path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER, 0);
  deltos_view *view = export_values(storage);
  sink = *(const double *)view->data;
  deltos_view_release(&view);
  bench_close(storage);
}

static double sum(const double *values, size_t count) {
  double parts[4] = {0, 0, 0, 0};
  for (size_t i = 0; i + 4 <= count; i += 4) {
    for (size_t k = 0; k < 4; ++k) parts[k] += values[i + k];
  }
  return parts[0] + parts[1] + parts[2] + parts[3];
}

static double fastest_opening(const char *path) {
  double best = 1e300;
  for (int round = 0; round < OPENINGS; ++round) {
    const double start = now_us();
    open_and_export(path);
    const double taken = now_us() - start;
    if (taken < best) best = taken;
  }
  return best;
}

static double fastest_sum(const double *values, size_t count) {
  double best = 1e300;
  sink = sum(values, count);
  for (int round = 0; round < SUMS; ++round) {
    const double start = now_us();
    sink = sum(values, count);
    const double taken = now_us() - start;
    if (taken < best) best = taken;
  }
  return best;
}

static int make(const char *path) {
  double *values = malloc(COUNT * sizeof *values);
  must_be(values != NULL, "allocate memory");
  for (int i = 0; i < COUNT; ++i) values[i] = i;
  const int64_t shape[1] = {COUNT};
  deltos_view content;
  memset(&content, 0, sizeof content);
  content.struct_size = sizeof content;
  content.ndim = 1;
  content.dtype = DELTOS_DTYPE_F64;
  content.shape = shape;
  content.data = values;
  deltos_error err;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_REPLACE, 0);
  deltos_transaction *transaction = bench_begin(storage);
  deltos_object *object = NULL;
  must(deltos_buffer_create(transaction, "values", &content, &object, &err), &err);
  must(deltos_object_seal(transaction, object, &err), &err);
  deltos_object_release(&object);
  bench_commit(transaction, DELTOS_SYNC);
  bench_close(storage);
  free(values);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--make") == 0) return make(argv[2]);
  must_be(argc == 2, "run: usage is bench_language [--make] FILE");
  printf("open_export_ns %.0f\n", fastest_opening(argv[1]) * 1e3);
  deltos_storage *storage = bench_open(argv[1], DELTOS_MODE_READ, DELTOS_CREATE_NEVER, 0);
  deltos_view *view = export_values(storage);
  printf("sum_ns %.0f\n", fastest_sum(view->data, (size_t)view->shape[0]) * 1e3);
  printf("sum %.0f\n", sum(view->data, (size_t)view->shape[0]));
  deltos_view_release(&view);
  bench_close(storage);
  return 0;
}
