/* A program of somebody else's: it knows of Deltos what <deltos/deltos.h> and pkg-config say. It stores a buffer, reads
 * it back through a second handle and writes into it in place. */
#include <deltos/deltos.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kCount = 1000 };

static deltos_error error;

static int failed(const char *what) {
  fprintf(stderr, "%s: %s: %s\n", what, deltos_status_name(error.status), error.message);
  return 1;
}

static int write_squares(const char *path) {
  const int64_t shape[1] = {kCount};
  deltos_storage *storage = NULL;
  deltos_transaction *transaction = NULL;
  deltos_object *buffer = NULL;
  deltos_view *view = NULL;
  deltos_open_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.mode = DELTOS_MODE_WRITE;
  options.create = DELTOS_CREATE_NEW;
  if (deltos_storage_open(path, &options, &storage, &error)) return failed("create");
  if (deltos_transaction_begin(storage, &transaction, &error)) return failed("begin");
  if (deltos_buffer_create_zeroed(transaction, "squares", "q", 0, 1, shape, &buffer, &error)) return failed("buffer");
  if (deltos_view_acquire(buffer, DELTOS_VIEW_FULL, &view, &error)) return failed("export");
  for (int64_t i = 0; i < kCount; ++i) ((int64_t *)view->data)[i] = i * i;
  if (deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error)) return failed("commit");
  deltos_view_release(&view);
  deltos_object_release(&buffer);
  if (deltos_storage_close(&storage, &error)) return failed("close");
  return 0;
}

static int read_squares(const char *path) {
  deltos_storage *storage = NULL;
  deltos_snapshot *snapshot = NULL;
  deltos_object *buffer = NULL;
  deltos_view *view = NULL;
  int wrong = 0;
  if (deltos_storage_open(path, NULL, &storage, &error)) return failed("open");
  if (deltos_snapshot_begin(storage, &snapshot, &error)) return failed("snapshot");
  if (deltos_object_open(snapshot, "squares", DELTOS_KIND_BUFFER, &buffer, &error)) return failed("object");
  if (deltos_view_acquire(buffer, DELTOS_VIEW_FULL_RO, &view, &error)) return failed("export");
  for (int64_t i = 0; i < kCount; ++i) wrong += ((const int64_t *)view->data)[i] != i * i;
  if (deltos_storage_close(&storage, &error) != DELTOS_E_PINNED) wrong += 1;
  deltos_view_release(&view);
  deltos_object_release(&buffer);
  deltos_snapshot_release(&snapshot);
  if (deltos_storage_close(&storage, &error)) return failed("close");
  return wrong != 0;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: consumer FILE\n");
    return 2;
  }
  if (strcmp(deltos_version(), DELTOS_VERSION) != 0) {
    fprintf(stderr, "compiled with %s, running with %s\n", DELTOS_VERSION, deltos_version());
    return 1;
  }
  if (write_squares(argv[1]) || read_squares(argv[1])) return 1;
  printf("deltos %s: %d squares written and read\n", deltos_version(), (int)kCount);
  return 0;
}
