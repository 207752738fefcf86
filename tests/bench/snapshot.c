/* Beginning and releasing a snapshot while other processes hold theirs: the kernel walks all locks of a file, so the
 * cost grows with their number. */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { MOST = 1000, TURNS = 101, CALLS = 100 };

static void hold_a_snapshot(const char *path, int ready, int stop) {
  deltos_error err;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER, 0);
  deltos_snapshot *snapshot = NULL;
  must(deltos_snapshot_begin(storage, &snapshot, &err), &err);
  char byte = 1;
  must_be(write(ready, &byte, 1) == 1, "tell the other process");
  (void)!read(stop, &byte, 1);
  _exit(0);
}

/* Half of the holders are met at the state before the last commit, so that their locks lie on different bytes. */
static void touch(const char *path) {
  deltos_error err;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_IF_ABSENT, 0);
  deltos_transaction *transaction = bench_begin(storage);
  deltos_metadatum item;
  memset(&item, 0, sizeof item);
  item.key = "n";
  item.format = "B";
  item.data = "x";
  item.size = 1;
  must(deltos_metadata_set(transaction, "", &item, &err), &err);
  bench_commit(transaction, DELTOS_SYNC);
  bench_close(storage);
}

static double snapshot_us(deltos_storage *storage) {
  double times[TURNS];
  for (int turn = 0; turn < TURNS; ++turn) {
    const double start = now_us();
    for (int i = 0; i < CALLS; ++i) {
      deltos_error err;
      deltos_snapshot *snapshot = NULL;
      must(deltos_snapshot_begin(storage, &snapshot, &err), &err);
      deltos_snapshot_release(&snapshot);
    }
    times[turn] = (now_us() - start) / CALLS;
  }
  return median(times, TURNS);
}

int main(int argc, char **argv) {
  char path[4096];
  snprintf(path, sizeof path, "%s/snapshot.deltos", argc > 1 ? argv[1] : ".");
  unlink(path);
  touch(path);
  int ready[2], stop[2];
  must_be(pipe(ready) == 0 && pipe(stop) == 0, "make a pipe");
  bench_title("Snapshot begin + release (ratio: of 3 us)", "allowed");
  static const int steps[] = {0, 10, 100, MOST};
  int holders = 0;
  for (size_t i = 0; i < sizeof steps / sizeof *steps; ++i) {
    for (; holders < steps[i]; ++holders) {
      if (holders == steps[i] / 2) touch(path);
      if (fork() == 0) {
        close(stop[1]);
        hold_a_snapshot(path, ready[1], stop[0]);
      }
      char byte;
      must_be(read(ready[0], &byte, 1) == 1, "start another process");
    }
    deltos_storage *storage = bench_open(path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER, 0);
    const double time = snapshot_us(storage);
    bench_close(storage);
    char what[64], text[32];
    snprintf(what, sizeof what, "with %d snapshots held by other processes", holders);
    bench_row(what, "3 us", time_text(time, text), time / 3, steps[i] <= 100 ? 1.0 : 0, 0);
  }
  close(stop[1]);
  while (wait(NULL) > 0) continue;
  unlink(path);
  return 0;
}
