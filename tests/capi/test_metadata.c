/* metadata.h: small typed values. */
#include "fixture.h"

static deltos_metadatum text(const char *key, const char *value) {
  deltos_metadatum item;
  memset(&item, 0, sizeof item);
  item.key = key;
  item.format = "u8";
  item.data = value;
  item.size = strlen(value);
  return item;
}

static void set(deltos_storage *storage, const char *name, const deltos_metadatum *item) {
  deltos_transaction *transaction = begin(storage);
  ok(deltos_metadata_set(transaction, name, item, &error));
  commit(transaction);
}

static void get(deltos_snapshot **snapshot, deltos_storage *storage, const char *name, const char *key,
                deltos_metadatum *item) {
  deltos_snapshot_release(snapshot);
  ok(deltos_snapshot_begin(storage, snapshot, &error));
  memset(item, 0xff, sizeof *item);
  ok(deltos_metadata_get(*snapshot, name, key, item, &error));
}

static void test_metadata__text_comes_back(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  deltos_metadatum item = text("unit", "\xc2\xb5m");
  store_numbers(w->storage, "n", 10);
  set(w->storage, "n", &item);
  get(&snapshot, w->storage, "n", "unit", &item);
  assert_string_equal(item.key, "unit");
  assert_string_equal(item.format, "u8");
  assert_int_equal(item.size, 3);
  assert_memory_equal(item.data, "\xc2\xb5m", 3);
  assert_int_equal(item.ndim, 0);
  deltos_snapshot_release(&snapshot);
}

static void test_metadata__arrays_come_back(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  const double values[6] = {1, 2, 3, 4, 5, 6};
  const int64_t shape[2] = {2, 3};
  deltos_metadatum item;
  memset(&item, 0, sizeof item);
  item.key = "matrix";
  item.format = "d";
  item.data = values;
  item.size = sizeof values;
  item.ndim = 2;
  item.shape = shape;
  set(w->storage, "", &item);
  get(&snapshot, w->storage, "", "matrix", &item);
  assert_string_equal(item.format, "d");
  assert_int_equal(item.ndim, 2);
  assert_memory_equal(item.shape, shape, sizeof shape);
  assert_int_equal(item.size, sizeof values);
  assert_memory_equal(item.data, values, sizeof values);
  assert_int_equal((uintptr_t)item.data % 8, 0);
  deltos_snapshot_release(&snapshot);
}

static void test_metadata__large_and_empty_values_come_back(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  char *bytes = malloc(65536);
  deltos_metadatum item = text("large", "");
  for (int i = 0; i < 65536; ++i) bytes[i] = (char)(i * 7);
  item.format = "B";
  item.data = bytes;
  item.size = 65536;
  set(w->storage, "", &item);
  get(&snapshot, w->storage, "", "large", &item);
  assert_int_equal(item.size, 65536);
  assert_memory_equal(item.data, bytes, 65536);
  item = text("empty", "");
  item.data = NULL;
  set(w->storage, "", &item);
  get(&snapshot, w->storage, "", "empty", &item);
  assert_int_equal(item.size, 0);
  assert_non_null(item.data);
  deltos_snapshot_release(&snapshot);
  free(bytes);
}

static void test_metadata__absence_is_not_a_failure(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  deltos_metadatum item;
  store_numbers(w->storage, "n", 10);
  get(&snapshot, w->storage, "n", "none", &item);
  assert_null(item.data);
  get(&snapshot, w->storage, "", "none", &item);
  assert_null(item.data);
  expect(DELTOS_E_NOT_FOUND, deltos_metadata_get(snapshot, "none", "key", &item, &error));
  deltos_snapshot_release(&snapshot);
}

static void test_metadata__list_is_in_order_of_keys(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  deltos_metadatum items[3], item;
  uint64_t count = 99;
  store_numbers(w->storage, "n", 10);
  item = text("b", "2");
  set(w->storage, "n", &item);
  item = text("a", "1");
  set(w->storage, "n", &item);
  item = text("c", "3");
  set(w->storage, "n", &item);
  item = text("elsewhere", "4");
  set(w->storage, "", &item);
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  ok(deltos_metadata_list(snapshot, "n", NULL, 0, &count, &error));
  assert_int_equal(count, 3);
  ok(deltos_metadata_list(snapshot, "n", items, 2, &count, &error));
  assert_int_equal(count, 3);
  assert_string_equal(items[0].key, "a");
  assert_string_equal(items[1].key, "b");
  assert_memory_equal(items[1].data, "2", 1);
  ok(deltos_metadata_list(snapshot, "", items, 3, &count, &error));
  assert_int_equal(count, 1);
  assert_string_equal(items[0].key, "elsewhere");
  deltos_snapshot_release(&snapshot);
}

static void test_metadata__what_was_lent_stays(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  deltos_metadatum first, again, item = text("k", "old");
  set(w->storage, "", &item);
  ok(deltos_snapshot_begin(w->storage, &snapshot, &error));
  ok(deltos_metadata_get(snapshot, "", "k", &first, &error));
  item = text("k", "new");
  set(w->storage, "", &item);
  for (int i = 0; i < 100; ++i) {
    ok(deltos_metadata_get(snapshot, "", "k", &again, &error));
    assert_ptr_equal(again.data, first.data);
  }
  assert_memory_equal(first.data, "old", 3);
  deltos_snapshot_release(&snapshot);
}

static void test_metadata__follows_rename_and_dies_with_delete(void **state) {
  world *w = *state;
  deltos_snapshot *snapshot = NULL;
  deltos_metadatum item = text("unit", "K");
  store_numbers(w->storage, "a", 10);
  set(w->storage, "a", &item);
  deltos_transaction *transaction = begin(w->storage);
  ok(deltos_transaction_rename(transaction, "a", "b", 0, &error));
  commit(transaction);
  get(&snapshot, w->storage, "b", "unit", &item);
  assert_memory_equal(item.data, "K", 1);
  transaction = begin(w->storage);
  ok(deltos_transaction_delete(transaction, "b", &error));
  commit(transaction);
  store_numbers(w->storage, "b", 10);
  get(&snapshot, w->storage, "b", "unit", &item);
  assert_null(item.data);
  deltos_snapshot_release(&snapshot);
}

static void test_metadata__a_transaction_sees_its_own(void **state) {
  world *w = *state;
  deltos_metadatum found, item = text("k", "v");
  deltos_transaction *transaction = begin(w->storage);
  const deltos_snapshot *own = deltos_transaction_snapshot(transaction);
  ok(deltos_metadata_set(transaction, "", &item, &error));
  ok(deltos_metadata_get(own, "", "k", &found, &error));
  assert_memory_equal(found.data, "v", 1);
  item = text("k", "w");
  ok(deltos_metadata_set(transaction, "", &item, &error));
  ok(deltos_metadata_get(own, "", "k", &found, &error));
  assert_memory_equal(found.data, "w", 1);
  ok(deltos_metadata_remove(transaction, "", "k", &error));
  ok(deltos_metadata_get(own, "", "k", &found, &error));
  assert_null(found.data);
  deltos_transaction_abort(&transaction);
}

static void test_metadata__remove_needs_something_to_remove(void **state) {
  world *w = *state;
  deltos_transaction *transaction = begin(w->storage);
  expect(DELTOS_E_NOT_FOUND, deltos_metadata_remove(transaction, "", "k", &error));
  expect(DELTOS_E_NOT_FOUND, deltos_metadata_remove(transaction, "none", "k", &error));
  deltos_transaction_abort(&transaction);
}

static void test_metadata__values_that_contradict_themselves_are_refused(void **state) {
  world *w = *state;
  char key[300];
  const int64_t shape = 3;
  char *bytes = calloc(1, 65537);
  deltos_transaction *transaction = begin(w->storage);
  deltos_metadatum item = text("k", "\xff");
  expect(DELTOS_E_INVALID, deltos_metadata_set(transaction, "", &item, &error));
  item = text("", "v");
  expect(DELTOS_E_INVALID, deltos_metadata_set(transaction, "", &item, &error));
  item = text("k", "12345678");
  item.format = "d";
  ok(deltos_metadata_set(transaction, "", &item, &error));
  item.ndim = 1;
  item.shape = &shape;
  expect(DELTOS_E_INVALID, deltos_metadata_set(transaction, "", &item, &error));
  item.shape = NULL;
  expect(DELTOS_E_INVALID, deltos_metadata_set(transaction, "", &item, &error));
  item = text("k", "12345678");
  item.format = "!!";
  expect(DELTOS_E_FORMAT, deltos_metadata_set(transaction, "", &item, &error));
  item.format = "P";
  expect(DELTOS_E_UNSUPPORTED, deltos_metadata_set(transaction, "", &item, &error));
  item = text("k", "");
  item.format = "B";
  item.data = bytes;
  item.size = 65537;
  expect(DELTOS_E_LIMIT, deltos_metadata_set(transaction, "", &item, &error));
  memset(key, 'k', sizeof key);
  key[256] = '\0';
  item = text(key, "v");
  expect(DELTOS_E_LIMIT, deltos_metadata_set(transaction, "", &item, &error));
  key[255] = '\0';
  ok(deltos_metadata_set(transaction, "", &item, &error));
  item.ndim = 65;
  expect(DELTOS_E_LIMIT, deltos_metadata_set(transaction, "", &item, &error));
  deltos_transaction_abort(&transaction);
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      in_storage(test_metadata__text_comes_back),
      in_storage(test_metadata__arrays_come_back),
      in_storage(test_metadata__large_and_empty_values_come_back),
      in_storage(test_metadata__absence_is_not_a_failure),
      in_storage(test_metadata__list_is_in_order_of_keys),
      in_storage(test_metadata__what_was_lent_stays),
      in_storage(test_metadata__follows_rename_and_dies_with_delete),
      in_storage(test_metadata__a_transaction_sees_its_own),
      in_storage(test_metadata__remove_needs_something_to_remove),
      in_storage(test_metadata__values_that_contradict_themselves_are_refused),
  };
  return cmocka_run_group_tests_name("metadata", tests, NULL, NULL);
}
