/* The examples of the public headers, extracted from the comments that show them, compiled and run. */
#include "fixture.h"

/* What the examples print must not get between the lines that report on the tests. */
#define printf(...) fprintf(stderr, __VA_ARGS__)
#include "examples.h"

/* A storage with the objects the examples speak of, in the working directory. */
static int make_example_world(void **state) {
  const int64_t shape = 4;
  double values[4] = {1, 2, 3, 4};
  if (make_storage(state) != 0) return -1;
  world *w = *state;
  if (chdir(w->directory) != 0) return -1;
  deltos_transaction *transaction = begin(w->storage);
  deltos_view content = layout_of(DELTOS_DTYPE_F64, 1, &shape, values);
  ok(deltos_buffer_create(transaction, "a/grid", &content, NULL, &error));
  ok(deltos_buffer_create(transaction, "a", &content, NULL, &error));
  commit(transaction);
  return 0;
}

static int remove_example_world(void **state) {
  unlink("example.deltos");
  if (chdir("/") != 0) return -1;
  return remove_world(state);
}

static void test_example__status_reports_a_missing_file(void **state) {
  (void)state;
  assert_int_equal(example_status(NULL, NULL, NULL, NULL), 0);
}

static void test_example__storage_creates_a_file(void **state) {
  (void)state;
  assert_int_equal(example_storage(NULL, NULL, NULL, NULL), 0);
  assert_int_equal(access("example.deltos", F_OK), 0);
}

static void test_example__snapshot_is_taken_and_released(void **state) {
  world *w = *state;
  assert_int_equal(example_snapshot(w->storage, NULL, NULL, NULL), 0);
  assert_int_equal(stat_storage(w->storage).snapshot_count, 0);
}

static void test_example__transaction_renames(void **state) {
  world *w = *state;
  assert_int_equal(example_transaction(w->storage, NULL, NULL, NULL), 0);
  deltos_object *object = open_object(w->storage, "b");
  deltos_object_release(&object);
}

static void test_example__object_tells_what_it_is(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  assert_int_equal(example_object(w->storage, snapshot, NULL, NULL), 0);
  deltos_snapshot_release(&snapshot);
}

static void test_example__metadata_is_set(void **state) {
  world *w = *state;
  deltos_metadatum item;
  deltos_transaction *transaction = begin(w->storage);
  assert_int_equal(example_metadata(w->storage, NULL, transaction, NULL), 0);
  ok(deltos_metadata_get(deltos_transaction_snapshot(transaction), "a/grid", "unit", &item, &error));
  assert_memory_equal(item.data, "K", 1);
  deltos_transaction_abort(&transaction);
}

static void test_example__view_reads_elements(void **state) {
  world *w = *state;
  deltos_object *object = open_object(w->storage, "a/grid");
  assert_int_equal(example_view(w->storage, NULL, NULL, object), 0);
  deltos_object_release(&object);
  assert_int_equal(stat_storage(w->storage).view_count, 0);
}

static void test_example__elements_are_found(void **state) {
  world *w = *state;
  deltos_object *object = open_object(w->storage, "a/grid");
  assert_int_equal(example_elements(w->storage, NULL, NULL, object), 0);
  deltos_object_release(&object);
  assert_int_equal(stat_storage(w->storage).view_count, 0);
}

static void test_example__buffer_is_created(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_transaction_delete(transaction, "a/grid", &error));
  assert_int_equal(example_buffer(w->storage, NULL, transaction, NULL), 0);
  commit(transaction);
  deltos_object *object = open_object(w->storage, "a/grid");
  assert_int_equal(stat_object(object).count, 6);
  deltos_object_release(&object);
}

static void test_example__table_gives_its_row_pointers(void **state) {
  (void)state;
  assert_int_equal(example_table(NULL, NULL, NULL, NULL), 0);
}

static void test_example__array_is_appended_to(void **state) {
  (void)state;
  assert_int_equal(example_array(NULL, NULL, NULL, NULL), 0);
}

static void test_example__value_is_looked_up(void **state) {
  (void)state;
  assert_int_equal(example_value(NULL, NULL, NULL, NULL), 0);
}

static void test_example__record_table_is_stored(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  assert_int_equal(example_record(w->storage, NULL, transaction, NULL), 0);
  commit(transaction);
}

static void test_example__hash_map_is_looked_up(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  assert_int_equal(example_hash_map(w->storage, NULL, transaction, NULL), 0);
  commit(transaction);
}

static void test_example__sorted_map_is_walked(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  assert_int_equal(example_sorted_map(w->storage, NULL, transaction, NULL), 0);
  commit(transaction);
}

static void test_example__arrow_shows_memory(void **state) {
  (void)state;
  assert_int_equal(example_arrow(NULL, NULL, NULL, NULL), 0);
}

static void test_example__whole_program_stores_a_number(void **state) {
  (void)state;
  assert_int_equal(example_deltos_main(), 0);
  deltos_storage *storage = open_mode("example.deltos", DELTOS_MODE_READ, DELTOS_CREATE_NEVER);
  deltos_view *view = acquire(storage, "counts", DELTOS_VIEW_FULL_RO);
  assert_int_equal(((int64_t *)view->data)[7], 42);
  deltos_view_release(&view);
  ok(deltos_storage_close(&storage, &error));
}

#define in_example(test) cmocka_unit_test_setup_teardown(test, make_example_world, remove_example_world)

int main(void) {
  const struct CMUnitTest tests[] = {
      in_example(test_example__status_reports_a_missing_file),
      in_example(test_example__storage_creates_a_file),
      in_example(test_example__snapshot_is_taken_and_released),
      in_example(test_example__transaction_renames),
      in_example(test_example__object_tells_what_it_is),
      in_example(test_example__metadata_is_set),
      in_example(test_example__view_reads_elements),
      in_example(test_example__elements_are_found),
      in_example(test_example__buffer_is_created),
      in_example(test_example__table_gives_its_row_pointers),
      in_example(test_example__array_is_appended_to),
      in_example(test_example__value_is_looked_up),
      in_example(test_example__record_table_is_stored),
      in_example(test_example__hash_map_is_looked_up),
      in_example(test_example__sorted_map_is_walked),
      in_example(test_example__arrow_shows_memory),
      in_example(test_example__whole_program_stores_a_number),
  };
  return cmocka_run_group_tests_name("examples", tests, NULL, NULL);
}
