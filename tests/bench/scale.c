/* What size costs: opening for writing with a million objects, and space after many objects have come and gone,
 * undisturbed, while another process holds a view of an untouched object all the time, and after the writer has been
 * restarted. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { OBJECTS = 1000000, OPENS = 3, LIVE = 1000, CYCLES = 10000, CYCLES_A_COMMIT = 10 };
enum { LARGEST = 128 << 10 };

static uint64_t random_state = 3;
static char payload[LARGEST];

static void measure_open(const char *path) {
  unlink(path);
  deltos_error err;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW, 0);
  int64_t bytes = 32;
  const deltos_view content = bench_bytes(payload, &bytes);
  const double start = now_us();
  deltos_transaction *transaction = bench_begin(storage);
  for (int i = 0; i < OBJECTS; ++i) {
    char name[32];
    snprintf(name, sizeof name, "object/%07d", i);
    must(deltos_buffer_create(transaction, name, &content, NULL, &err), &err);
  }
  bench_commit(transaction, DELTOS_SYNC);
  const double created = now_us() - start;
  bench_close(storage);

  double times[OPENS];
  for (int i = 0; i < OPENS; ++i) {
    const double begun = now_us();
    storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER, 0);
    times[i] = now_us() - begun;
    bench_close(storage);
  }
  struct stat status;
  must_be(stat(path, &status) == 0, "look at the file");
  char text[32];
  bench_row("open for writing, 10^6 objects (ratio: seconds)", "2 s", time_text(median(times, OPENS), text),
            median(times, OPENS) / 1e6, 2.0, 0);
  bench_row("creating one of 10^6 objects of 32 bytes", "-", time_text(created / OBJECTS, text), 0, 0, 0);
  snprintf(text, sizeof text, "%.0f B", (double)status.st_size / OBJECTS);
  bench_row("file for each object of 32 bytes", "-", text, 0, 0, 0);
  unlink(path);
}

static void create(deltos_transaction *transaction, int number) {
  deltos_error err;
  char name[32];
  snprintf(name, sizeof name, "object/%07d", number);
  int64_t bytes = 64 + (int64_t)(bench_random(&random_state) % (LARGEST - 64));
  const deltos_view content = bench_bytes(payload, &bytes);
  must(deltos_buffer_create(transaction, name, &content, NULL, &err), &err);
}

/* Every cycle deletes one of the LIVE objects and creates another; the live set stays what it is. */
static void cycle(deltos_storage *storage, int *numbers, int *next) {
  deltos_error err;
  for (int done = 0; done < CYCLES; done += CYCLES_A_COMMIT) {
    deltos_transaction *transaction = bench_begin(storage);
    for (int i = 0; i < CYCLES_A_COMMIT; ++i) {
      const int slot = (int)(bench_random(&random_state) % LIVE);
      char name[32];
      snprintf(name, sizeof name, "object/%07d", numbers[slot]);
      must(deltos_transaction_delete(transaction, name, &err), &err);
      numbers[slot] = (*next)++;
      create(transaction, numbers[slot]);
    }
    bench_commit(transaction, done % 100 == 0 ? DELTOS_SYNC : DELTOS_LAZY);
  }
}

static void space_row(const char *what, deltos_storage *storage) {
  deltos_error err;
  deltos_storage_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  must(deltos_storage_stat(storage, &info, &err), &err);
  char live[32], file[32];
  snprintf(live, sizeof live, "%.1f MB", (double)info.live_bytes / 1e6);
  snprintf(file, sizeof file, "%.1f MB", (double)info.file_bytes / 1e6);
  bench_row(what, live, file, (double)info.file_bytes / (double)info.live_bytes, 1.3, 0);
}

/* Another process that exports the object "kept" until told to stop. */
static pid_t hold_a_view(const char *path, int stop[2], int ready[2]) {
  must_be(pipe(stop) == 0 && pipe(ready) == 0, "make a pipe");
  const pid_t child = fork();
  must_be(child >= 0, "fork");
  if (child != 0) {
    close(stop[0]);
    close(ready[1]);
    char byte;
    must_be(read(ready[0], &byte, 1) == 1, "start another process");
    return child;
  }
  close(stop[1]);
  deltos_error err;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER, 0);
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  must(deltos_object_open_newest(storage, "kept", DELTOS_KIND_BUFFER, &object, &err), &err);
  must(deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &err), &err);
  char byte = 1;
  must_be(write(ready[1], &byte, 1) == 1, "tell the other process");
  (void)!read(stop[0], &byte, 1);
  deltos_view_release(&view);
  deltos_object_release(&object);
  bench_close(storage);
  _exit(0);
}

static deltos_storage *start_again(deltos_storage *storage, const char *path) {
  bench_close(storage);
  return bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER, 0);
}

static void measure_space(const char *path) {
  static int numbers[LIVE];
  int next = 0;
  unlink(path);
  deltos_error err;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW, 0);
  deltos_transaction *transaction = bench_begin(storage);
  for (int i = 0; i < LIVE; ++i) {
    if (i == LIVE / 2) {
      int64_t bytes = 100000;
      const deltos_view content = bench_bytes(payload, &bytes);
      must(deltos_buffer_create(transaction, "kept", &content, NULL, &err), &err);
    }
    numbers[i] = next++;
    create(transaction, numbers[i]);
  }
  bench_commit(transaction, DELTOS_SYNC);
  cycle(storage, numbers, &next);
  space_row("file after 10^4 create/delete cycles", storage);
  int stop[2], ready[2];
  bench_close(storage); /* a child that forks off a writer would inherit its handle */
  const pid_t child = hold_a_view(path, stop, ready);
  storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEVER, 0);
  cycle(storage, numbers, &next);
  space_row("10^4 more while another process holds a view", storage);
  storage = start_again(storage, path);
  cycle(storage, numbers, &next);
  space_row("10^4 more after the writer was restarted", storage);
  close(stop[1]);
  waitpid(child, NULL, 0);
  cycle(storage, numbers, &next);
  space_row("10^4 more after the view was released", storage);
  bench_close(storage);
  unlink(path);
}

int main(int argc, char **argv) {
  char path[4096];
  snprintf(path, sizeof path, "%s/scale.deltos", argc > 1 ? argv[1] : ".");
  bench_title("A million objects", "allowed");
  measure_open(path);
  bench_title("Space, 1,000 objects of 64 B to 128 KiB", "live");
  measure_space(path);
  return 0;
}
