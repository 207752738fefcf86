/* Storing a large array from memory, against memcpy into a fresh, allocated, mapped file of the same size: both from an
 * empty file to the point where every process sees the bytes, and then with a barrier. Every round begins with no file
 * and a clean page cache. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

enum { ROUNDS = 5 };

struct times {
  double visible, durable;
};

static void flush_disk(const char *path) {
  unlink(path);
  sync();
}

static struct times copy_into_map(const char *path, const char *data, size_t bytes) {
  flush_disk(path);
  struct times times;
  const double start = now_us();
  const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  must_be(fd >= 0 && posix_fallocate(fd, 0, (off_t)bytes) == 0, "allocate a file");
  char *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  must_be(map != MAP_FAILED, "map a file");
  memcpy(map, data, bytes);
  times.visible = now_us() - start;
  must_be(fdatasync(fd) == 0, "sync a file");
  times.durable = now_us() - start;
  munmap(map, bytes);
  close(fd);
  flush_disk(path);
  return times;
}

static struct times store_array(const char *path, const char *data, size_t bytes) {
  flush_disk(path);
  struct times times;
  deltos_error err;
  const double start = now_us();
  deltos_storage *storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW, 0);
  int64_t length = (int64_t)bytes;
  const deltos_view content = bench_bytes(data, &length);
  deltos_transaction *transaction = bench_begin(storage);
  must(deltos_buffer_create(transaction, "array", &content, NULL, &err), &err);
  times.visible = now_us() - start;
  bench_commit(transaction, DELTOS_SYNC);
  times.durable = now_us() - start;
  bench_close(storage);
  flush_disk(path);
  return times;
}

static void throughput_row(const char *what, double bytes, double peer_us, double ours_us, double bar) {
  char peer[32], ours[32];
  snprintf(peer, sizeof peer, "%.2f GB/s", bytes / peer_us / 1e3);
  snprintf(ours, sizeof ours, "%.2f GB/s", bytes / ours_us / 1e3);
  bench_row(what, peer, ours, peer_us / ours_us, bar, 1);
}

int main(int argc, char **argv) {
  char path[4096];
  snprintf(path, sizeof path, "%s/ingest.deltos", argc > 1 ? argv[1] : ".");
  const size_t bytes = (size_t)1 << 30;
  char *data = malloc(bytes);
  must_be(data != NULL, "allocate 1 GiB");
  for (size_t i = 0; i < bytes; i += 8) memcpy(data + i, &i, 8);
  double peer_visible[ROUNDS], peer_durable[ROUNDS], our_visible[ROUNDS], our_durable[ROUNDS];
  for (int round = -1; round < ROUNDS; ++round) {
    const struct times peer = copy_into_map(path, data, bytes), ours = store_array(path, data, bytes);
    if (round < 0) continue;
    peer_visible[round] = peer.visible;
    peer_durable[round] = peer.durable;
    our_visible[round] = ours.visible;
    our_durable[round] = ours.durable;
  }
  bench_title("Ingest of a 1 GiB array from memory", "memcpy to map");
  throughput_row("copied into the file", (double)bytes, median(peer_visible, ROUNDS), median(our_visible, ROUNDS), 0.8);
  throughput_row("and durable", (double)bytes, median(peer_durable, ROUNDS), median(our_durable, ROUNDS), 0);
  free(data);
  return 0;
}
