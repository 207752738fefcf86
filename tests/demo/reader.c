/* A reader in C: knows the library by pkg-config and the file by its path. Takes one command a line, answers with one
 * line of JSON.
 *
 *   answers       centre of the population (degrees) and the ids of the five places nearest to it
 *   sum           how many people live in all places
 *   address       where the coordinates lie in this process
 *   watch MS      looks at the ball for so long: how often it was another one, and whether any came out of order
 *   ball_now      the ball as it is
 *   make          makes the array live/neighbours, empty, as the one process that writes
 *   append        goes through the large places and appends the population of each place near it, and -1 behind all;
 *                 then it writes no more
 *   follow        sums that array while it grows, up to -1; says so before the first look
 *   look_up       looks the drawn places up by name, one by one and all at once, and by id; counts the Springfields
 */
#define _POSIX_C_SOURCE 200809L
#include <deltos/deltos.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NEAREST = 5, LARGE = 200000, END = -1 };

static const double near = 100.0 / 6371; /* km on the Earth, as an angle */
static const char *const neighbours = "live/neighbours";

static deltos_storage *storage, *writer;
static deltos_object *appended;
static deltos_error error;

static void must(deltos_status status) {
  if (status == DELTOS_OK) return;
  fprintf(stderr, "%s\n", error.message);
  exit(1);
}

static const deltos_view *view_of(const char *name, int dtype, int dimensions) {
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  must(deltos_object_open_newest(storage, name, DELTOS_KIND_BUFFER, &object, &error));
  must(deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &error));
  deltos_object_release(&object);
  if (view->dtype != dtype || view->ndim != dimensions) {
    fprintf(stderr, "%s: another type or shape than expected\n", name);
    exit(1);
  }
  return view;
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double haversine(const double *a, const double *b) {
  const double degree = acos(-1.0) / 180;
  const double latitude = sin((a[0] - b[0]) * degree / 2), longitude = sin((a[1] - b[1]) * degree / 2);
  return latitude * latitude + cos(a[0] * degree) * cos(b[0] * degree) * longitude * longitude;
}

static void find_nearest(const double *places, const uint32_t *ids, int64_t count, const double *from,
                         uint32_t *found) {
  double distances[NEAREST];
  for (int k = 0; k < NEAREST; ++k) distances[k] = 2;
  for (int64_t i = 0; i < count; ++i) {
    const double distance = haversine(places + 2 * i, from);
    if (distance >= distances[NEAREST - 1]) continue;
    int k = NEAREST - 1;
    for (; k > 0 && distance < distances[k - 1]; --k) {
      distances[k] = distances[k - 1];
      found[k] = found[k - 1];
    }
    distances[k] = distance;
    found[k] = ids[i];
  }
}

static void answers(const deltos_view *coordinates, const deltos_view *population, const deltos_view *ids) {
  const double began = milliseconds(), degree = acos(-1.0) / 180;
  const double *places = coordinates->data;
  const int64_t *people = population->data, count = coordinates->shape[0];
  double x = 0, y = 0, z = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double latitude = places[2 * i] * degree, longitude = places[2 * i + 1] * degree, weight = (double)people[i];
    x += weight * cos(latitude) * cos(longitude);
    y += weight * cos(latitude) * sin(longitude);
    z += weight * sin(latitude);
  }
  const double centre[2] = {atan2(z, hypot(x, y)) / degree, atan2(y, x) / degree};
  uint32_t found[NEAREST] = {0};
  find_nearest(places, ids->data, count, centre, found);
  printf("{\"centre\": [%.17g, %.17g], \"nearest\": [", centre[0], centre[1]);
  for (int k = 0; k < NEAREST; ++k) printf("%s%u", k ? ", " : "", (unsigned)found[k]);
  printf("], \"milliseconds\": %.3f}\n", milliseconds() - began);
}

static void watch(const volatile int64_t *ball, double how_long) {
  const struct timespec pause = {0, 500000};
  const double end = milliseconds() + how_long;
  int64_t last = *ball, seen = 0, backwards = 0;
  do {
    const int64_t now = *ball;
    seen += now != last;
    backwards += now < last;
    last = now;
    nanosleep(&pause, NULL);
  } while (milliseconds() < end);
  printf("{\"seen\": %lld, \"backwards\": %lld}\n", (long long)seen, (long long)backwards);
}

static void make(const char *path) {
  deltos_open_options options;
  deltos_transaction *transaction = NULL;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.mode = DELTOS_MODE_WRITE;
  must(deltos_storage_open(path, &options, &writer, &error));
  must(deltos_transaction_begin(writer, &transaction, &error));
  must(deltos_array_create(transaction, neighbours, NULL, DELTOS_DTYPE_I64, NULL, &appended, &error));
  must(deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error));
  printf("{\"made\": true}\n");
}

static void directions_of(const double *places, int64_t count, double *directions) {
  const double degree = acos(-1.0) / 180;
  for (int64_t i = 0; i < count; ++i) {
    const double latitude = places[2 * i] * degree, longitude = places[2 * i + 1] * degree;
    directions[3 * i] = cos(latitude) * cos(longitude);
    directions[3 * i + 1] = cos(latitude) * sin(longitude);
    directions[3 * i + 2] = sin(latitude);
  }
}

static void append(const deltos_view *coordinates, const deltos_view *population) {
  const double began = milliseconds(), least = cos(near);
  const int64_t *people = population->data, count = coordinates->shape[0], end = END;
  double *directions = malloc((size_t)count * 3 * sizeof *directions);
  int64_t sum = 0, large = 0;
  if (directions == NULL) exit(1);
  directions_of(coordinates->data, count, directions);
  for (int64_t i = 0; i < count; ++i) {
    if (people[i] < LARGE) continue;
    const double *from = directions + 3 * i;
    ++large;
    for (int64_t k = 0; k < count; ++k) {
      const double *to = directions + 3 * k;
      if (from[0] * to[0] + from[1] * to[1] + from[2] * to[2] < least) continue;
      must(deltos_array_append(appended, people + k, 1, &error)); /* everybody sees it now */
      sum += people[k];
    }
  }
  const unsigned long long values = deltos_array_count(appended);
  must(deltos_array_append(appended, &end, 1, &error));
  free(directions);
  must(deltos_array_close(&appended, &error));
  must(deltos_storage_close(&writer, &error));
  printf("{\"large\": %lld, \"values\": %llu, \"sum\": %lld, \"milliseconds\": %.3f}\n", (long long)large, values,
         (long long)sum, milliseconds() - began);
}

static void follow(void) {
  deltos_object *array = NULL;
  deltos_view *view = NULL;
  uint8_t changed = 0;
  int64_t values = 0, sum = 0, looks = 0, last = 0;
  must(deltos_object_open_newest(storage, neighbours, DELTOS_KIND_ARRAY, &array, &error));
  printf("{\"following\": true}\n");
  fflush(stdout);
  while (last != END) {
    must(deltos_object_refresh(&array, &changed, &error)); /* what there is new room for */
    if (deltos_array_count(array) == (uint64_t)values) {
      sched_yield();
      continue;
    }
    must(deltos_view_acquire(array, DELTOS_VIEW_FULL_RO, &view, &error));
    for (++looks; values < view->shape[0]; ++values) {
      last = ((const int64_t *)view->data)[values];
      if (last != END) sum += last;
    }
    deltos_view_release(&view);
  }
  deltos_object_release(&array);
  printf("{\"values\": %lld, \"sum\": %lld, \"looks\": %lld}\n", (long long)values - 1, (long long)sum,
         (long long)looks);
}

static deltos_object *map_called(const char *name) {
  deltos_object *map = NULL;
  must(deltos_object_open_newest(storage, name, DELTOS_KIND_HASH_MAP, &map, &error));
  return map;
}

/* How many people live in the places of these rows. */
static int64_t people_in(const deltos_object *map, const uint64_t *rows, int64_t count) {
  deltos_object *table = NULL;
  deltos_view *population = NULL;
  int64_t sum = 0;
  must(deltos_hash_map_records(map, &table, &error));
  must(deltos_record_table_column(table, 0, DELTOS_VIEW_FULL_RO, &population, NULL, &error));
  for (int64_t i = 0; i < count; ++i) {
    sum += *(const int64_t *)((const char *)population->data + (int64_t)rows[i] * population->strides[0]);
  }
  deltos_view_release(&population);
  deltos_object_release(&table);
  return sum;
}

static void look_up(const deltos_view *ids) {
  const deltos_view *drawn = view_of("places/drawn", DELTOS_DTYPE_U32, 1);
  const char *letters = view_of("places/names", DELTOS_DTYPE_U8, 1)->data;
  const int64_t *offsets = view_of("places/offsets", DELTOS_DTYPE_I64, 1)->data, count = drawn->shape[0];
  deltos_object *by_name = map_called("by_name"), *by_id = map_called("by_id");
  deltos_bytes *names = malloc((size_t)count * sizeof *names);
  uint64_t *rows = malloc((size_t)count * sizeof *rows), *again = malloc((size_t)count * sizeof *again), hits = 0;
  deltos_map_entry springfield;
  deltos_column keys;
  uint8_t present = 0;
  if (names == NULL || rows == NULL || again == NULL) exit(1);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t *place = offsets + ((const uint32_t *)drawn->data)[i];
    names[i].data = letters + place[0];
    names[i].size = (uint64_t)(place[1] - place[0]);
  }
  memset(&keys, 0, sizeof keys);
  keys.layout = DELTOS_COLUMN_SLICES;
  keys.count = (uint64_t)count;
  keys.data = names;
  const double began = milliseconds();
  for (int64_t i = 0; i < count; ++i) {
    must(deltos_hash_map_get_number(by_name, names[i].data, names[i].size, &rows[i], &present, &error));
  }
  const double asked = milliseconds();
  must(deltos_hash_map_get_many_numbers(by_name, &keys, 0, again, NULL, &hits, &error));
  const double done = milliseconds();
  int64_t same = 0;
  for (int64_t i = 0; i < count; ++i) {
    const uint64_t id = ((const uint32_t *)ids->data)[((const uint32_t *)drawn->data)[i]];
    uint64_t row = 0;
    must(deltos_hash_map_get_number(by_id, &id, sizeof id, &row, &present, &error));
    same += rows[i] == again[i] && present && row == ((const uint32_t *)drawn->data)[i];
  }
  must(deltos_hash_map_find(by_name, "Springfield", 11, &springfield, &error));
  printf("{\"hits\": %llu, \"same\": %lld, \"people\": %lld, \"springfields\": %llu, \"one\": %.1f, \"many\": %.1f}\n",
         (unsigned long long)hits, (long long)same, (long long)people_in(by_name, rows, count),
         (unsigned long long)springfield.count, (asked - began) * 1e6 / (double)count,
         (done - asked) * 1e6 / (double)count);
  deltos_object_release(&by_name);
  deltos_object_release(&by_id);
  free(names);
  free(rows);
  free(again);
}

int main(int argc, char **argv) {
  char line[64];
  if (argc != 2) return 2;
  must(deltos_storage_open(argv[1], NULL, &storage, &error));
  const deltos_view *coordinates = view_of("places/coordinates", DELTOS_DTYPE_F64, 2);
  const deltos_view *population = view_of("places/population", DELTOS_DTYPE_I64, 1);
  const deltos_view *ids = view_of("places/ids", DELTOS_DTYPE_U32, 1);
  const deltos_view *ball = view_of("live/ball", DELTOS_DTYPE_I64, 2);
  while (fgets(line, sizeof line, stdin)) {
    if (!strcmp(line, "answers\n")) {
      answers(coordinates, population, ids);
    } else if (!strcmp(line, "sum\n")) {
      int64_t sum = 0;
      for (int64_t i = 0; i < population->shape[0]; ++i) sum += ((const int64_t *)population->data)[i];
      printf("{\"sum\": %lld}\n", (long long)sum);
    } else if (!strcmp(line, "address\n")) {
      printf("{\"address\": %llu}\n", (unsigned long long)(uintptr_t)coordinates->data);
    } else if (!strncmp(line, "watch ", 6)) {
      watch(ball->data, atof(line + 6));
    } else if (!strcmp(line, "ball_now\n")) {
      printf("{\"ball\": %lld}\n", (long long)*(const volatile int64_t *)ball->data);
    } else if (!strcmp(line, "make\n")) {
      make(argv[1]);
    } else if (!strcmp(line, "append\n")) {
      append(coordinates, population);
    } else if (!strcmp(line, "follow\n")) {
      follow();
    } else if (!strcmp(line, "look_up\n")) {
      look_up(ids);
    } else {
      fprintf(stderr, "unknown command: %s", line);
      return 2;
    }
    fflush(stdout);
  }
  deltos_storage_detach(&storage);
  return 0;
}
