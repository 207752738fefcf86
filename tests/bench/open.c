/* Opening read-only and exporting one buffer, against a bare open + fstat + mmap + first touch + munmap of the same
 * file. The ratio must not depend on the file's size nor on how many objects it holds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

struct target {
  const char *path;
  const char *name;
  uint64_t offset;
};

static volatile char sink;

static void bare(void *user) {
  const struct target *target = user;
  const int fd = open(target->path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  fstat(fd, &st);
  char *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
  sink = data[target->offset];
  munmap(data, (size_t)st.st_size);
  close(fd);
}

static void ours(void *user) {
  const struct target *target = user;
  deltos_error err;
  deltos_storage *storage = bench_open(target->path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER, 0);
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  must(deltos_object_open_newest(storage, target->name, DELTOS_KIND_BUFFER, &object, &err), &err);
  must(deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &err), &err);
  sink = *(const char *)view->data;
  deltos_view_release(&view);
  deltos_object_release(&object);
  must(deltos_storage_close(&storage, &err), &err);
}

static void make(const char *path, uint64_t bytes, int objects, uint32_t flags) {
  unlink(path);
  deltos_error err;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_WRITE, DELTOS_CREATE_NEW, flags);
  deltos_transaction *transaction = NULL;
  must(deltos_transaction_begin(storage, &transaction, &err), &err);
  const int64_t shape[1] = {(int64_t)(bytes / 8)};
  must(deltos_buffer_create_zeroed(transaction, "data", "d", 0, 1, shape, NULL, &err), &err);
  const int64_t small[1] = {4};
  for (int i = 0; i < objects; ++i) {
    char name[32];
    snprintf(name, sizeof name, "object/%07d", i);
    must(deltos_buffer_create_zeroed(transaction, name, "d", 0, 1, small, NULL, &err), &err);
  }
  must(deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &err), &err);
  must(deltos_storage_close(&storage, &err), &err);
}

static uint64_t offset_of(const char *path) {
  deltos_error err;
  uint64_t offset = 0;
  deltos_storage *storage = bench_open(path, DELTOS_MODE_READ, DELTOS_CREATE_NEVER, 0);
  deltos_object *object = NULL;
  must(deltos_object_open_newest(storage, "data", 0, &object, &err), &err);
  must(deltos_object_file_offset(object, &offset, &err), &err);
  deltos_object_release(&object);
  must(deltos_storage_close(&storage, &err), &err);
  return offset;
}

int main(int argc, char **argv) {
  const char *directory = argc > 1 ? argv[1] : ".";
  static const struct {
    const char *label;
    uint64_t bytes;
    int objects;
    uint32_t flags;
  } cases[] = {{"1 MB, 1 object", 1 << 20, 0, 0},
               {"1 GB, 1 object", UINT64_C(1) << 30, 0, DELTOS_OPEN_SPARSE},
               {"64 GB sparse, 1 object", UINT64_C(64) << 30, 0, DELTOS_OPEN_SPARSE},
               {"1 MB, 10^3 objects", 1 << 20, 1000, 0},
               {"1 MB, 10^6 objects", 1 << 20, 1000000, 0}};
  char path[4096];
  snprintf(path, sizeof path, "%s/open.deltos", directory);
  bench_title("Open for reading, export one buffer, close", "bare mmap");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    make(path, cases[i].bytes, cases[i].objects, cases[i].flags);
    struct target target = {path, "data", offset_of(path)};
    double peer_us, ours_us;
    bench_pair(bare, ours, &target, 30, &peer_us, &ours_us);
    report(cases[i].label, peer_us, ours_us, 2.0);
  }
  unlink(path);
  return 0;
}
