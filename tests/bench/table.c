/* Making tables: a new one against a calloc for each row, the way a T** is usually made; the rows of a matrix, and
 * separate arrays, against what a program would do by hand. */
#define _GNU_SOURCE
#include "bench.h"

enum { ROWS = 1000, COLUMNS = 16, CALLS = 20 };

static double matrix[ROWS][COLUMNS];
static void *volatile sink;

struct views {
  deltos_view *whole, *rows[ROWS];
};

static void calloc_rows(void *user) {
  (void)user;
  double **rows = malloc(ROWS * sizeof *rows);
  must_be(rows != NULL, "allocate memory");
  for (int i = 0; i < ROWS; ++i) rows[i] = calloc(COLUMNS, sizeof **rows);
  sink = rows;
  for (int i = 0; i < ROWS; ++i) free(rows[i]);
  free(rows);
}

static void create_table(void *user) {
  (void)user;
  deltos_error err;
  deltos_object *table = NULL;
  must(deltos_table_create(NULL, NULL, NULL, DELTOS_DTYPE_F64, ROWS, COLUMNS, NULL, &table, &err), &err);
  sink = table;
  deltos_object_release(&table);
}

static void point_at_rows(void *user) {
  (void)user;
  double **rows = malloc(ROWS * sizeof *rows);
  must_be(rows != NULL, "allocate memory");
  for (int i = 0; i < ROWS; ++i) rows[i] = matrix[i];
  sink = rows;
  free(rows);
}

static void rows_of_view(void *user) {
  const struct views *views = user;
  deltos_error err;
  deltos_object *table = NULL;
  must(deltos_table_from_view(views->whole, 0, &table, &err), &err);
  sink = table;
  deltos_object_release(&table);
}

static void pin_each(void *user) {
  const struct views *views = user;
  static deltos_view *pins[ROWS];
  deltos_error err;
  for (int i = 0; i < ROWS; ++i) must(deltos_view_share(views->rows[i], DELTOS_VIEW_FULL, &pins[i], &err), &err);
  for (int i = 0; i < ROWS; ++i) deltos_view_release(&pins[i]);
}

static void rows_of_views(void *user) {
  const struct views *views = user;
  deltos_error err;
  deltos_object *table = NULL;
  must(deltos_table_from_views((const deltos_view *const *)views->rows, ROWS, -1, NULL, 0, &table, &err), &err);
  sink = table;
  deltos_object_release(&table);
}

static void acquire_and_release(deltos_object *table) {
  deltos_error err;
  deltos_view *view = NULL;
  must(deltos_view_acquire(table, DELTOS_VIEW_FULL, &view, &err), &err);
  sink = view;
  deltos_view_release(&view);
}

static deltos_view *wrap(void *data, int32_t ndim, const int64_t *shape) {
  deltos_view layout, *view = NULL;
  deltos_error err;
  memset(&layout, 0, sizeof layout);
  layout.struct_size = sizeof layout;
  layout.dtype = DELTOS_DTYPE_F64;
  layout.ndim = ndim;
  layout.shape = shape;
  layout.data = data;
  must(deltos_view_wrap(&layout, NULL, NULL, &view, &err), &err);
  return view;
}

static double export_us(void) {
  double times[BENCH_ROUNDS];
  deltos_error err;
  deltos_object *table = NULL;
  must(deltos_table_create(NULL, NULL, NULL, DELTOS_DTYPE_F64, ROWS, COLUMNS, NULL, &table, &err), &err);
  for (int round = 0; round < BENCH_ROUNDS; ++round) {
    const double start = now_us();
    for (int i = 0; i < CALLS; ++i) acquire_and_release(table);
    times[round] = (now_us() - start) / CALLS;
  }
  deltos_object_release(&table);
  return median(times, BENCH_ROUNDS);
}

int main(void) {
  const int64_t shape[2] = {ROWS, COLUMNS};
  struct views views;
  double peer_us, ours_us;
  char text[32];
  views.whole = wrap(matrix, 2, shape);
  for (int i = 0; i < ROWS; ++i) views.rows[i] = wrap(matrix[i], 1, shape + 1);
  bench_title("Tables of 1,000 rows of 16 float64", "by hand");
  bench_pair(calloc_rows, create_table, NULL, CALLS, &peer_us, &ours_us);
  report("create and release; a calloc for each row", peer_us, ours_us, 0.5);
  bench_pair(point_at_rows, rows_of_view, &views, CALLS, &peer_us, &ours_us);
  report("rows of a matrix; 1,000 pointers", peer_us, ours_us, 0);
  bench_row("the same, against 1 us + 1.2 ns a row", time_text(2.2, text), "", ours_us / 2.2, 0.7, 0);
  bench_pair(pin_each, rows_of_views, &views, 1, &peer_us, &ours_us);
  report("separate views; sharing each of them", peer_us, ours_us, 0.7);
  bench_row("export of a table, and its release", "-", time_text(export_us(), text), 0, 0, 0);
  for (int i = 0; i < ROWS; ++i) deltos_view_release(&views.rows[i]);
  deltos_view_release(&views.whole);
  return 0;
}
