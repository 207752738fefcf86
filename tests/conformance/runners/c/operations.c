#define _DEFAULT_SOURCE
#include "operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Storages */

static int do_open(scene *s, const json_t *step) {
  int64_t mode = 0, create = 0, flags = 0;
  reports r;
  deltos_open_options options;
  memset(&options, 0, sizeof options);
  TRY(number_of(s, mode_words, text_field(step, "mode", "read"), &mode));
  TRY(number_of(s, creation_words, text_field(step, "create", "never"), &create));
  TRY(flags_field(s, step, open_flag_words, 0, &flags));
  TRY(ask_for_reports(s, step, &r, &options.progress));
  options.struct_size = sizeof options;
  options.mode = (int32_t)mode;
  options.create = (int32_t)create;
  options.flags = (uint32_t)flags;
  options.offset = (uint64_t)int_field(step, "offset", 0);
  options.size = (uint64_t)int_field(step, "size", 0);
  options.max_file_bytes = (uint64_t)int_field(step, "max_file_bytes", 0);
  options.progress_user = &r;
  deltos_storage *storage = NULL;
  TRY(deltos_storage_open(text_field(step, "path", NULL), &options, &storage, &s->error));
  TRY(name_thing(s, step, STORAGE, storage));
  return check_reports(s, &r);
}

static int do_open_anonymous(scene *s, const json_t *step) {
  deltos_storage *storage = NULL;
  TRY(deltos_storage_open_anonymous(text_field(step, "label", NULL), NULL, &storage, &s->error));
  return name_thing(s, step, STORAGE, storage);
}

/* A file in the step's memory. */
static int read_file(scene *s, const char *path, bytes *content) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return wrong(s, "cannot read \"%s\"", path);
  fseek(file, 0, SEEK_END);
  content->size = (size_t)ftell(file);
  content->data = keep(s, content->size);
  rewind(file);
  const size_t count = fread(content->data, 1, content->size, file);
  fclose(file);
  return count == content->size ? DONE : wrong(s, "cannot read all of \"%s\"", path);
}

static int do_open_memory(scene *s, const json_t *step) {
  bytes content;
  TRY(read_file(s, text_field(step, "path", ""), &content));
  void *memory = aligned_alloc(64, (content.size / 64 + 1) * 64);
  if (memory == NULL) return wrong(s, "no memory for %zu bytes", content.size);
  memcpy(memory, content.data, content.size);
  deltos_storage *storage = NULL;
  TRY(deltos_storage_open_memory(memory, content.size, NULL, free, memory, &storage, &s->error));
  return name_thing(s, step, STORAGE, storage);
}

static int do_close(scene *s, const json_t *step) {
  thing *found = find_thing(s, step, "storage", STORAGE);
  return found == NULL ? WRONG : deltos_storage_close(&found->is.storage, &s->error);
}

static int do_detach(scene *s, const json_t *step) {
  thing *found = find_thing(s, step, "storage", STORAGE);
  if (found == NULL) return WRONG;
  deltos_storage_detach(&found->is.storage);
  return DONE;
}

static int do_sync(scene *s, const json_t *step) {
  HANDLE(deltos_storage, storage, "storage", STORAGE);
  return deltos_storage_sync(storage, &s->error);
}

static int do_storage_info(scene *s, const json_t *step) {
  HANDLE(deltos_storage, storage, "storage", STORAGE);
  deltos_storage_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_storage_stat(storage, &info, &s->error));
  const char *mode = word_of(mode_words, info.mode);
  return expect_text(s, step, "mode", mode, strlen(mode)) || expect_int(s, step, "object_count", info.object_count) ||
         expect_int(s, step, "snapshot_count", info.snapshot_count) ||
         expect_int(s, step, "view_count", info.view_count) ||
         expect_int(s, step, "transaction_id", info.transaction_id) || expect_bool(s, step, "sparse", info.sparse) ||
         expect_int(s, step, "format_major", info.format_major) ||
         expect_int(s, step, "format_minor", info.format_minor);
}

static int do_verify(scene *s, const json_t *step) {
  HANDLE(deltos_storage, storage, "storage", STORAGE);
  int64_t level = 0;
  uint64_t count = 0;
  reports r;
  deltos_progress progress;
  TRY(number_of(s, level_words, text_field(step, "level", NULL), &level));
  TRY(ask_for_reports(s, step, &r, &progress));
  TRY(deltos_storage_verify(storage, (int32_t)level, progress, &r, NULL, 0, &count, &s->error));
  return check_reports(s, &r) || expect_int(s, step, "findings", count);
}

static int do_pins(scene *s, const json_t *step) {
  HANDLE(deltos_storage, storage, "storage", STORAGE);
  deltos_pin pins[16];
  uint64_t count = 0;
  size_t i;
  const json_t *expected;
  TRY(deltos_storage_pins(storage, pins, 16, &count, &s->error));
  if (count != json_array_size(json_object_get(step, "pins"))) {
    return wrong(s, "expected %zu pins, got %llu", json_array_size(json_object_get(step, "pins")),
                 (unsigned long long)count);
  }
  json_array_foreach(json_object_get(step, "pins"), i, expected) {
    TRY(expect_text(s, expected, "name", pins[i].name, strlen(pins[i].name)));
    TRY(expect_int(s, expected, "view_count", pins[i].view_count));
    TRY(expect_bool(s, expected, "writable", pins[i].writable));
  }
  return DONE;
}

/* Transactions and snapshots */

static int do_begin(scene *s, const json_t *step) {
  HANDLE(deltos_storage, storage, "storage", STORAGE);
  deltos_transaction *transaction = NULL;
  TRY(deltos_transaction_begin(storage, &transaction, &s->error));
  return name_thing(s, step, TRANSACTION, transaction);
}

static int do_commit(scene *s, const json_t *step) {
  thing *found = find_thing(s, step, "transaction", TRANSACTION);
  int64_t durability = 0;
  TRY(number_of(s, durability_words, text_field(step, "durability", "sync"), &durability));
  if (found == NULL) return WRONG;
  return deltos_transaction_commit(&found->is.transaction, (int32_t)durability, NULL, &s->error);
}

static int do_abort(scene *s, const json_t *step) {
  thing *found = find_thing(s, step, "transaction", TRANSACTION);
  if (found == NULL) return WRONG;
  deltos_transaction_abort(&found->is.transaction);
  return DONE;
}

static int do_snapshot(scene *s, const json_t *step) {
  HANDLE(deltos_storage, storage, "storage", STORAGE);
  deltos_snapshot *snapshot = NULL;
  TRY(deltos_snapshot_begin(storage, &snapshot, &s->error));
  return name_thing(s, step, SNAPSHOT, snapshot);
}

static int do_refresh(scene *s, const json_t *step) {
  thing *found = find_thing(s, step, "snapshot", SNAPSHOT);
  uint8_t changed = 0;
  if (found == NULL) return WRONG;
  TRY(deltos_snapshot_refresh(&found->is.snapshot, &changed, &s->error));
  return expect_bool(s, step, "changed", changed);
}

typedef deltos_status copy_call(const deltos_snapshot *, const char *, const deltos_copy_options *, deltos_error *);

static int copy_with(scene *s, const json_t *step, copy_call *call) {
  HANDLE(deltos_snapshot, snapshot, "snapshot", SNAPSHOT);
  reports r;
  deltos_copy_options options;
  memset(&options, 0, sizeof options);
  TRY(ask_for_reports(s, step, &r, &options.progress));
  options.struct_size = sizeof options;
  options.flags = bool_field(step, "replace", 0) ? DELTOS_COPY_REPLACE : 0;
  options.progress_user = &r;
  TRY(call(snapshot, text_field(step, "path", NULL), &options, &s->error));
  return check_reports(s, &r);
}

static int do_copy_to(scene *s, const json_t *step) { return copy_with(s, step, deltos_snapshot_copy_to); }
static int do_compact_to(scene *s, const json_t *step) { return copy_with(s, step, deltos_snapshot_compact_to); }

static int do_release(scene *s, const json_t *step) {
  thing *found = find_any(s, step, "handle");
  if (found == NULL) return WRONG;
  release_thing(found);
  return DONE;
}

/* Objects */

static int do_create(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  deltos_view view;
  deltos_object *object = NULL;
  TRY(given_view(s, step, &view));
  TRY(deltos_buffer_create(transaction, text_field(step, "name", NULL), &view, &object, &s->error));
  return name_thing(s, step, OBJECT, object);
}

static int do_create_zeroed(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  const char *format = NULL;
  int32_t dtype = 0;
  deltos_object *object = NULL;
  TRY(given_type(s, step, &format, &dtype));
  TRY(deltos_buffer_create_zeroed(transaction, text_field(step, "name", NULL), format, dtype,
                                  list_length(step, "shape"), list_field(s, step, "shape"), &object, &s->error));
  return name_thing(s, step, OBJECT, object);
}

/* Opens what a transaction shows under a step's name. */
static int open_in(scene *s, deltos_transaction *transaction, const json_t *step, deltos_object **object) {
  return deltos_object_open(deltos_transaction_snapshot(transaction), text_field(step, "name", NULL), DELTOS_KIND_ANY,
                            object, &s->error);
}

static int do_replace(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  const int has_content = json_object_get(step, "data") != NULL;
  deltos_view view;
  deltos_object *old = NULL, *object = NULL;
  TRY(given_view(s, step, &view));
  TRY(open_in(s, transaction, step, &old));
  const deltos_status status = deltos_buffer_replace(transaction, old, has_content ? &view : NULL, &object, &s->error);
  deltos_object_release(&old);
  return status != DELTOS_OK ? status : name_thing(s, step, OBJECT, object);
}

typedef deltos_status seal_call(deltos_transaction *, deltos_object *, deltos_error *);

static int seal_with(scene *s, const json_t *step, seal_call *call) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  deltos_object *object = NULL;
  TRY(open_in(s, transaction, step, &object));
  const deltos_status status = call(transaction, object, &s->error);
  deltos_object_release(&object);
  return status;
}

static int do_seal(scene *s, const json_t *step) { return seal_with(s, step, deltos_object_seal); }
static int do_unseal(scene *s, const json_t *step) { return seal_with(s, step, deltos_object_unseal); }

static int do_delete(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  return deltos_transaction_delete(transaction, text_field(step, "name", NULL), &s->error);
}

static int do_rename(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  return deltos_transaction_rename(transaction, text_field(step, "from", NULL), text_field(step, "to", NULL),
                                   (uint8_t)bool_field(step, "replace", 0), &s->error);
}

static int do_delete_prefix(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  uint64_t count = 0;
  TRY(deltos_transaction_delete_prefix(transaction, text_field(step, "prefix", NULL), &count, &s->error));
  return expect_int(s, step, "count", count);
}

static int do_set_metadata(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  deltos_metadatum value;
  given_value(s, step, &value);
  return deltos_metadata_set(transaction, text_field(step, "name", NULL), &value, &s->error);
}

static int do_remove_metadata(scene *s, const json_t *step) {
  HANDLE(deltos_transaction, transaction, "transaction", TRANSACTION);
  return deltos_metadata_remove(transaction, text_field(step, "name", NULL), text_field(step, "key", NULL), &s->error);
}

static int do_metadata(scene *s, const json_t *step) {
  const deltos_snapshot *snapshot = NULL;
  deltos_metadatum item;
  memset(&item, 0, sizeof item);
  TRY(reader_of(s, step, &snapshot));
  TRY(deltos_metadata_get(snapshot, text_field(step, "name", NULL), text_field(step, "key", NULL), &item, &s->error));
  const int is_absent = bool_field(step, "absent", 0);
  if ((item.data == NULL) != is_absent) return wrong(s, is_absent ? "expected no value" : "there is no value");
  return is_absent ? DONE : expect_value(s, step, &item);
}

static int do_metadata_keys(scene *s, const json_t *step) {
  const deltos_snapshot *snapshot = NULL;
  const json_t *keys = json_object_get(step, "keys"), *key;
  const size_t room = json_array_size(keys);
  deltos_metadatum *items = keep(s, sizeof *items * room);
  uint64_t count = 0;
  size_t i;
  TRY(reader_of(s, step, &snapshot));
  TRY(deltos_metadata_list(snapshot, text_field(step, "name", NULL), items, room, &count, &s->error));
  if (keys != NULL && count != room) return wrong(s, "expected %zu keys, got %llu", room, (unsigned long long)count);
  json_array_foreach(keys, i, key) {
    if (strcmp(json_string_value(key), items[i].key) == 0) continue;
    return wrong(s, "expected the key \"%s\", got \"%s\"", json_string_value(key), items[i].key);
  }
  return DONE;
}

/* Compares a listing with the names that are expected, if any are. */
static int expect_names(scene *s, deltos_cursor *cursor, const json_t *names) {
  deltos_entry entry;
  uint64_t count = 0;
  for (size_t i = 0;; ++i) {
    TRY(deltos_cursor_next_entries(cursor, &entry, 1, &count, &s->error));
    if (count == 0) return names == NULL || i == json_array_size(names) ? DONE : wrong(s, "got %zu names only", i);
    if (names == NULL) continue;
    const char *expected = json_string_value(json_array_get(names, i));
    if (expected == NULL) return wrong(s, "the name \"%s\" is one too many", entry.name);
    if (strcmp(expected, entry.name) != 0)
      return wrong(s, "expected the name \"%s\", got \"%s\"", expected, entry.name);
  }
}

static int do_list(scene *s, const json_t *step) {
  const deltos_snapshot *snapshot = NULL;
  int64_t depth = 0;
  deltos_cursor *cursor = NULL;
  TRY(reader_of(s, step, &snapshot));
  TRY(number_of(s, depth_words, text_field(step, "depth", "all"), &depth));
  TRY(deltos_snapshot_list(snapshot, text_field(step, "prefix", NULL), (int32_t)depth, &cursor, &s->error));
  const int verdict = expect_names(s, cursor, json_object_get(step, "names"));
  deltos_cursor_release(&cursor);
  return verdict;
}

static int do_object(scene *s, const json_t *step) { return open_kind(s, step, DELTOS_KIND_ANY); }

static int do_object_info(scene *s, const json_t *step) {
  HANDLE(deltos_object, object, "object", OBJECT);
  deltos_object_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_object_stat(object, &info, &s->error));
  const char *dtype = word_of(dtype_words, info.dtype);
  return expect_text(s, step, "name", info.name, strlen(info.name)) ||
         expect_text(s, step, "format", info.format, strlen(info.format)) ||
         expect_text(s, step, "dtype", dtype, strlen(dtype)) || expect_int(s, step, "ndim", (uint64_t)info.ndim) ||
         expect_list(s, step, "shape", info.shape, info.ndim) || expect_int(s, step, "count", info.count) ||
         expect_int(s, step, "itemsize", info.itemsize) || expect_int(s, step, "payload_bytes", info.payload_bytes) ||
         expect_bool(s, step, "sealed", info.sealed) || expect_bool(s, step, "writable", info.writable) ||
         expect_bool(s, step, "current", info.current) || expect_bool(s, step, "stored", info.stored);
}

static int do_refresh_object(scene *s, const json_t *step) {
  thing *found = find_thing(s, step, "object", OBJECT);
  uint8_t changed = 0;
  if (found == NULL) return WRONG;
  TRY(deltos_object_refresh(&found->is.object, &changed, &s->error));
  return expect_bool(s, step, "changed", changed);
}

/* Views */

static int do_view(scene *s, const json_t *step) {
  HANDLE(deltos_object, object, "object", OBJECT);
  int64_t flags = 0;
  deltos_view *view = NULL;
  TRY(flags_field(s, step, request_words, DELTOS_VIEW_FULL_RO, &flags));
  TRY(deltos_view_acquire(object, (int32_t)flags, &view, &s->error));
  return name_thing(s, step, VIEW, view);
}

static int do_share(scene *s, const json_t *step) {
  HANDLE(deltos_view, shared, "view", VIEW);
  int64_t flags = 0;
  deltos_view *view = NULL;
  TRY(flags_field(s, step, request_words, DELTOS_VIEW_FULL_RO, &flags));
  TRY(deltos_view_share(shared, (int32_t)flags, &view, &s->error));
  return name_thing(s, step, VIEW, view);
}

static int do_view_info(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const char *dtype = word_of(dtype_words, view->dtype);
  return expect_text(s, step, "format", view->format, strlen(view->format)) ||
         expect_text(s, step, "dtype", dtype, strlen(dtype)) || expect_int(s, step, "ndim", (uint64_t)view->ndim) ||
         expect_list(s, step, "shape", view->shape, view->ndim) ||
         expect_list(s, step, "strides", view->strides, view->ndim) ||
         expect_list(s, step, "suboffsets", view->suboffsets, view->ndim) ||
         expect_int(s, step, "itemsize", view->itemsize) || expect_int(s, step, "nbytes", view->nbytes) ||
         expect_bool(s, step, "readonly", view->readonly) || expect_bool(s, step, "sealed", view->sealed);
}

/* The place in a view where so many bytes are, counted from a step's "at". */
static int place_in(scene *s, const deltos_view *view, const json_t *step, uint64_t count, unsigned char **place) {
  const uint64_t at = (uint64_t)int_field(step, "at", 0);
  if (at > view->nbytes || count > view->nbytes - at) return wrong(s, "these bytes are not in the view");
  *place = (unsigned char *)view->data + at;
  return DONE;
}

static int do_load(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const bytes expected = data_of(s, json_object_get(step, "data"));
  unsigned char *place = NULL;
  TRY(place_in(s, view, step, expected.size, &place));
  return expect_data(s, step, "data", place, expected.size);
}

static int do_store(scene *s, const json_t *step) {
  HANDLE(deltos_view, view, "view", VIEW);
  const bytes given = data_of(s, json_object_get(step, "data"));
  unsigned char *place = NULL;
  TRY(place_in(s, view, step, given.size, &place));
  if (view->readonly) return wrong(s, "the view is read-only");
  memcpy(place, given.data, given.size);
  return DONE;
}

/* Compares an object's view with what a step expects of it. */
static int expect_content(scene *s, const json_t *step, const deltos_object *object, const deltos_view *view) {
  deltos_object_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_object_stat(object, &info, &s->error));
  const char *dtype = word_of(dtype_words, view->dtype);
  return expect_text(s, step, "format", view->format, strlen(view->format)) ||
         expect_text(s, step, "dtype", dtype, strlen(dtype)) ||
         expect_list(s, step, "shape", view->shape, view->ndim) || expect_bool(s, step, "sealed", info.sealed) ||
         expect_data(s, step, "data", view->data, view->nbytes);
}

int expect_object(scene *s, const json_t *step, const deltos_snapshot *snapshot, int32_t kind) {
  deltos_object *object = NULL;
  deltos_view *view = NULL;
  int verdict = deltos_object_open(snapshot, text_field(step, "name", NULL), kind, &object, &s->error);
  if (verdict == DONE) verdict = deltos_view_acquire(object, DELTOS_VIEW_FULL_RO, &view, &s->error);
  if (verdict == DONE) verdict = expect_content(s, step, object, view);
  deltos_view_release(&view);
  deltos_object_release(&object);
  return verdict;
}

static int do_read(scene *s, const json_t *step) {
  const deltos_snapshot *snapshot = NULL;
  TRY(reader_of(s, step, &snapshot));
  return expect_object(s, step, snapshot, DELTOS_KIND_BUFFER);
}

static int do_describe(scene *s, const json_t *step) {
  const char *format = text_field(step, "format", NULL);
  deltos_format_info info;
  uint64_t size = 0;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  TRY(deltos_format_describe(format, &info, NULL, &size, &s->error));
  char *canonical = keep(s, (size_t)size);
  TRY(deltos_format_describe(format, NULL, canonical, &size, &s->error));
  const char *dtype = word_of(dtype_words, info.dtype);
  return expect_text(s, step, "dtype", dtype, strlen(dtype)) || expect_int(s, step, "itemsize", info.itemsize) ||
         expect_int(s, step, "alignment", info.alignment) ||
         expect_text(s, step, "canonical", canonical, strlen(canonical));
}

/* Files */

static int write_file(scene *s, const char *path, const char *mode, uint64_t at, bytes content) {
  FILE *file = fopen(path, mode);
  if (file == NULL) return wrong(s, "cannot open \"%s\"", path);
  fseek(file, (long)at, SEEK_SET);
  const size_t count = fwrite(content.data, 1, content.size, file);
  return fclose(file) == 0 && count == content.size ? DONE : wrong(s, "cannot write \"%s\"", path);
}

static int do_patch(scene *s, const json_t *step) {
  uint64_t start = 0;
  if (json_object_get(step, "object") != NULL) {
    HANDLE(deltos_object, object, "object", OBJECT);
    TRY(deltos_object_file_offset(object, &start, &s->error));
  }
  const bytes content = data_of(s, json_object_get(step, "data"));
  return write_file(s, text_field(step, "path", ""), "r+b", start + (uint64_t)int_field(step, "at", 0), content);
}

static int do_resize_file(scene *s, const json_t *step) {
  const char *path = text_field(step, "path", "");
  return truncate(path, (off_t)int_field(step, "size", 0)) == 0 ? DONE : wrong(s, "cannot resize \"%s\"", path);
}

static int do_embed(scene *s, const json_t *step) {
  bytes content;
  const bytes nothing = {(unsigned char *)s->problem, 0};
  const char *to = text_field(step, "to", "");
  TRY(read_file(s, text_field(step, "from", ""), &content));
  TRY(write_file(s, to, "ab", 0, nothing));
  return write_file(s, to, "r+b", (uint64_t)int_field(step, "at", 0), content);
}

static int do_make_file(scene *s, const json_t *step) {
  return write_file(s, text_field(step, "path", ""), "wb", 0, data_of(s, json_object_get(step, "data")));
}

static int do_file(scene *s, const json_t *step) {
  bytes content;
  TRY(read_file(s, text_field(step, "path", ""), &content));
  return expect_int(s, step, "size", content.size) || expect_data(s, step, "data", content.data, content.size);
}

static int do_remove_file(scene *s, const json_t *step) {
  const char *path = text_field(step, "path", "");
  return unlink(path) == 0 ? DONE : wrong(s, "cannot remove \"%s\"", path);
}

static const operation general_operations[] = {
    OPERATION(open, "path mode create flags offset size max_file_bytes progress as"),
    OPERATION(open_anonymous, "label as"),
    OPERATION(open_memory, "path as"),
    OPERATION(close, "storage"),
    OPERATION(detach, "storage"),
    OPERATION(sync, "storage"),
    OPERATION(storage_info,
              "storage mode object_count snapshot_count view_count transaction_id sparse format_major format_minor"),
    OPERATION(verify, "storage level progress findings"),
    OPERATION(pins, "storage pins"),
    OPERATION(begin, "storage as"),
    OPERATION(commit, "transaction durability"),
    OPERATION(abort, "transaction"),
    OPERATION(snapshot, "storage as"),
    OPERATION(refresh, "snapshot changed"),
    OPERATION(copy_to, "snapshot path replace progress"),
    OPERATION(compact_to, "snapshot path replace progress"),
    OPERATION(release, "handle"),
    OPERATION(create, "transaction name format dtype shape data strides start as"),
    OPERATION(create_zeroed, "transaction name format dtype shape as"),
    OPERATION(replace, "transaction name format dtype shape data strides start as"),
    OPERATION(seal, "transaction name"),
    OPERATION(unseal, "transaction name"),
    OPERATION(delete, "transaction name"),
    OPERATION(rename, "transaction from to replace"),
    OPERATION(delete_prefix, "transaction prefix count"),
    OPERATION(set_metadata, "transaction name key text format shape data"),
    OPERATION(remove_metadata, "transaction name key"),
    OPERATION(metadata, "from name key text format shape data absent"),
    OPERATION(metadata_keys, "from name keys"),
    OPERATION(list, "from prefix depth names"),
    OPERATION(object, "from name as"),
    OPERATION(object_info,
              "object name format dtype ndim shape count itemsize payload_bytes sealed writable current stored"),
    OPERATION(refresh_object, "object changed"),
    OPERATION(view, "object flags as"),
    OPERATION(share, "view flags as"),
    OPERATION(view_info, "view format dtype ndim shape strides suboffsets itemsize nbytes readonly sealed"),
    OPERATION(load, "view at data"),
    OPERATION(store, "view at data"),
    OPERATION(read, "from name format dtype shape data sealed"),
    OPERATION(describe, "format dtype itemsize alignment canonical"),
    OPERATION(patch, "path at object data"),
    OPERATION(resize_file, "path size"),
    OPERATION(embed, "from to at"),
    OPERATION(remove_file, "path"),
    OPERATION(make_file, "path data"),
    OPERATION(file, "path size data"),
    {NULL, NULL, NULL},
};

static int check_fields(scene *s, const json_t *step, const operation *known) {
  const char *field;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)step, field, value) {
    char bounded[64];
    snprintf(bounded, sizeof bounded, " %s ", field);
    if (strstr(known->fields, bounded) == NULL) return wrong(s, "the field \"%s\" is not known", field);
  }
  return DONE;
}

static int check_refusal(scene *s, const json_t *step, int verdict) {
  const char *expected = text_field(step, "status", "OK");
  const char *status = verdict == DONE ? "OK" : deltos_status_name(verdict) + strlen("DELTOS_E_");
  const char *message = verdict == DONE ? "" : s->error.message;
  const json_t *part;
  size_t i;
  if (strcmp(expected, status) != 0) return wrong(s, "expected %s, got %s: %s", expected, status, message);
  json_array_foreach(json_object_get(step, "message"), i, part) {
    if (strstr(message, json_string_value(part)) != NULL) continue;
    return wrong(s, "expected a message with \"%s\", got \"%s\"", json_string_value(part), message);
  }
  return DONE;
}

static const operation *find_operation(const char *name) {
  const operation *const tables[] = {general_operations, view_operations,   table_operations, array_operations,
                                     value_operations,   record_operations, map_operations,   sorted_operations};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; ++i) {
    for (const operation *known = tables[i]; known->name != NULL; ++known) {
      if (strcmp(known->name, name) == 0) return known;
    }
  }
  return NULL;
}

int run_step(scene *s, const json_t *step) {
  const char *name = text_field(step, "do", "");
  const operation *known = find_operation(name);
  if (known == NULL) return wrong(s, "the operation \"%s\" is not known", name);
  TRY(check_fields(s, step, known));
  const int verdict = known->call(s, step);
  end_step(s);
  return verdict == WRONG ? WRONG : check_refusal(s, step, verdict);
}
