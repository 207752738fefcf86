/* Callers older and newer than the library: every struct that begins with struct_size. */
#include "fixture.h"

enum { newer = 64 }; /* bytes that a later header might add */

/* The first version's sizes. A later version of this library must go on serving them. */
enum {
  first_open_options = 72,
  first_copy_options = 24,
  first_storage_info = 128,
  first_object_info = 96,
  first_view = 80,
  first_format_info = 24,
  first_table_info = 56,
  first_array_options = 40
};

static void test_struct_size__zero_or_absurd_is_refused_everywhere(void **state) {
  world *w = *state;
  const uint32_t sizes[] = {0, 4, 1u << 20, UINT32_MAX};
  store_numbers(w->storage, "n", 10);
  deltos_object *object = open_object(w->storage, "n");
  deltos_snapshot *snapshot = NULL;
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  deltos_transaction *transaction = begin(w->storage);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    deltos_open_options open_options = options_for(DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
    deltos_copy_options copy_options;
    deltos_storage_info storage_info;
    deltos_object_info object_info;
    deltos_format_info format_info;
    deltos_storage *storage = NULL;
    deltos_view *view = NULL;
    const int64_t shape = 1;
    char byte = 0;
    deltos_view content = layout_of(DELTOS_DTYPE_U8, 1, &shape, &byte);
    memset(&copy_options, 0, sizeof copy_options);
    memset(&storage_info, 0, sizeof storage_info);
    memset(&object_info, 0, sizeof object_info);
    memset(&format_info, 0, sizeof format_info);
    open_options.struct_size = copy_options.struct_size = storage_info.struct_size = sizes[i];
    object_info.struct_size = format_info.struct_size = content.struct_size = sizes[i];
    expect(DELTOS_E_STRUCT, deltos_storage_open(w->path, &open_options, &storage, &error));
    expect(DELTOS_E_STRUCT, deltos_storage_open_fd(0, &open_options, &storage, &error));
    expect(DELTOS_E_STRUCT, deltos_storage_open_anonymous(NULL, &open_options, &storage, &error));
    expect(DELTOS_E_STRUCT, deltos_storage_open_memory(&byte, 1, &open_options, NULL, NULL, &storage, &error));
    expect(DELTOS_E_STRUCT, deltos_storage_stat(w->storage, &storage_info, &error));
    expect(DELTOS_E_STRUCT, deltos_snapshot_copy_to(snapshot, w->other, &copy_options, &error));
    expect(DELTOS_E_STRUCT, deltos_snapshot_compact_to(snapshot, w->other, &copy_options, &error));
    expect(DELTOS_E_STRUCT, deltos_object_stat(object, &object_info, &error));
    expect(DELTOS_E_STRUCT, deltos_format_describe("d", &format_info, NULL, NULL, &error));
    expect(DELTOS_E_STRUCT, deltos_view_wrap(&content, NULL, NULL, &view, &error));
    expect(DELTOS_E_STRUCT, deltos_view_copy(&content, &content, &error));
    expect(DELTOS_E_STRUCT, deltos_buffer_create(transaction, "m", &content, NULL, &error));
    expect(DELTOS_E_STRUCT, deltos_buffer_replace(transaction, object, &content, NULL, &error));
  }
  deltos_transaction_abort(&transaction);
  deltos_object_release(&object);
  deltos_snapshot_release(&snapshot);
}

static void test_struct_size__a_field_that_is_not_known_is_refused(void **state) {
  world *w = *state;
  struct {
    deltos_open_options known;
    unsigned char later[newer];
  } options;
  deltos_storage *storage = NULL;
  for (int i = 0; i < newer; ++i) {
    memset(&options, 0, sizeof options);
    options.known.struct_size = sizeof options;
    ok(deltos_storage_open(w->path, &options.known, &storage, &error));
    deltos_storage_detach(&storage);
    options.later[i] = 1;
    expect(DELTOS_E_STRUCT, deltos_storage_open(w->path, &options.known, &storage, &error));
    options.known.struct_size = (uint32_t)(sizeof options.known + (size_t)i);
    ok(deltos_storage_open(w->path, &options.known, &storage, &error));
    deltos_storage_detach(&storage);
  }
}

static void test_struct_size__an_older_caller_is_served(void **state) {
  world *w = *state;
  unsigned char *bytes = malloc(first_open_options);
  deltos_open_options options = options_for(DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  deltos_storage *storage = NULL;
  options.struct_size = first_open_options;
  memcpy(bytes, &options, first_open_options);
  ok(deltos_storage_open(w->path, (const deltos_open_options *)(void *)bytes, &storage, &error));
  ok(deltos_storage_close(&storage, &error));
  free(bytes);
}

/* Outputs: as much as fits, the rest zero, and not a byte behind. */
static void check_output(const unsigned char *bytes, size_t size, size_t known, size_t room) {
  for (size_t i = known; i < size; ++i) assert_int_equal(bytes[i], 0);
  for (size_t i = size; i < room; ++i) assert_int_equal(bytes[i], 0x5a);
}

static void set_size(unsigned char *bytes, size_t room, uint32_t size) {
  memset(bytes, 0x5a, room);
  memcpy(bytes, &size, sizeof size);
}

static void test_struct_size__outputs_fit_older_and_newer_callers(void **state) {
  world *w = *state;
  enum { room = 512 };
  unsigned char *bytes = malloc(room);
  store_numbers(w->storage, "n", 10);
  deltos_object *object = open_object(w->storage, "n"), *table = NULL;
  ok(deltos_table_create(NULL, NULL, "d", 0, 3, 4, NULL, &table, &error));
  for (uint32_t more = 0; more <= newer; more += 8) {
    set_size(bytes, room, first_storage_info + more);
    ok(deltos_storage_stat(w->storage, (deltos_storage_info *)(void *)bytes, &error));
    assert_int_equal(((deltos_storage_info *)(void *)bytes)->struct_size, first_storage_info + more);
    check_output(bytes, first_storage_info + more, sizeof(deltos_storage_info), room);
    set_size(bytes, room, first_object_info + more);
    ok(deltos_object_stat(object, (deltos_object_info *)(void *)bytes, &error));
    assert_int_equal(((deltos_object_info *)(void *)bytes)->count, 10);
    check_output(bytes, first_object_info + more, sizeof(deltos_object_info), room);
    set_size(bytes, room, first_format_info + more);
    ok(deltos_format_describe("d", (deltos_format_info *)(void *)bytes, NULL, NULL, &error));
    assert_int_equal(((deltos_format_info *)(void *)bytes)->itemsize, 8);
    check_output(bytes, first_format_info + more, sizeof(deltos_format_info), room);
    set_size(bytes, room, first_table_info + more);
    ok(deltos_table_stat(table, (deltos_table_info *)(void *)bytes, &error));
    assert_int_equal(((deltos_table_info *)(void *)bytes)->columns, 4);
    check_output(bytes, first_table_info + more, sizeof(deltos_table_info), room);
  }
  deltos_object_release(&table);
  deltos_object_release(&object);
  free(bytes);
}

static void test_struct_size__views_of_newer_callers_are_inputs_too(void **state) {
  world *w = *state;
  struct {
    deltos_view known;
    unsigned char later[newer];
  } content;
  const int64_t shape = 3;
  uint8_t data[3] = {1, 2, 3};
  deltos_transaction *transaction = begin(w->storage);
  memset(&content, 0, sizeof content);
  content.known = layout_of(DELTOS_DTYPE_U8, 1, &shape, data);
  content.known.struct_size = sizeof content;
  ok(deltos_buffer_create(transaction, "n", &content.known, NULL, &error));
  content.later[5] = 1;
  expect(DELTOS_E_STRUCT, deltos_buffer_create(transaction, "m", &content.known, NULL, &error));
  deltos_transaction_abort(&transaction);
}

static void test_struct_size__this_version_is_at_least_the_first(void **state) {
  (void)state;
  assert_true(sizeof(deltos_open_options) >= first_open_options);
  assert_true(sizeof(deltos_copy_options) >= first_copy_options);
  assert_true(sizeof(deltos_storage_info) >= first_storage_info);
  assert_true(sizeof(deltos_object_info) >= first_object_info);
  assert_true(sizeof(deltos_view) >= first_view);
  assert_true(sizeof(deltos_format_info) >= first_format_info);
  assert_true(sizeof(deltos_table_info) >= first_table_info);
  assert_true(sizeof(deltos_array_options) >= first_array_options);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_struct_size__zero_or_absurd_is_refused_everywhere),
      in_storage(test_struct_size__a_field_that_is_not_known_is_refused),
      in_storage(test_struct_size__an_older_caller_is_served),
      in_storage(test_struct_size__outputs_fit_older_and_newer_callers),
      in_storage(test_struct_size__views_of_newer_callers_are_inputs_too),
      cmocka_unit_test(test_struct_size__this_version_is_at_least_the_first),
  };
  return cmocka_run_group_tests_name("struct_size", tests, NULL, NULL);
}
