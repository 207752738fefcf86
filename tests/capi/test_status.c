/* status.h: names of codes, versions. */
#include "fixture.h"

static const int32_t codes[] = {DELTOS_OK,
                                DELTOS_E_INVALID,
                                DELTOS_E_KIND,
                                DELTOS_E_TYPE,
                                DELTOS_E_RANGE,
                                DELTOS_E_TOO_SMALL,
                                DELTOS_E_NOT_FOUND,
                                DELTOS_E_EXISTS,
                                DELTOS_E_READONLY,
                                DELTOS_E_SEALED,
                                DELTOS_E_PINNED,
                                DELTOS_E_BUSY,
                                DELTOS_E_CLOSED,
                                DELTOS_E_STALE,
                                DELTOS_E_FORKED,
                                DELTOS_E_LAYOUT,
                                DELTOS_E_FORMAT,
                                DELTOS_E_CANCELLED,
                                DELTOS_E_STRUCT,
                                DELTOS_E_UNSUPPORTED,
                                DELTOS_E_DUPLICATE,
                                DELTOS_E_CORRUPT,
                                DELTOS_E_NOT_DELTOS,
                                DELTOS_E_FEATURE,
                                DELTOS_E_LIMIT,
                                DELTOS_E_REPLACED,
                                DELTOS_E_IO,
                                DELTOS_E_IN_DOUBT,
                                DELTOS_E_NO_SPACE,
                                DELTOS_E_NO_MEMORY,
                                DELTOS_E_ADDRESS_SPACE,
                                DELTOS_E_FILESYSTEM,
                                DELTOS_E_LOCKED,
                                DELTOS_E_INTERNAL};
enum { code_count = sizeof codes / sizeof codes[0] };

static void test_status__every_code_has_a_name_of_its_own(void **state) {
  (void)state;
  for (int i = 0; i < code_count; ++i) {
    assert_string_not_equal(deltos_status_name(codes[i]), "DELTOS_E_UNKNOWN");
    for (int j = 0; j < i; ++j) {
      assert_string_not_equal(deltos_status_name(codes[i]), deltos_status_name(codes[j]));
    }
  }
}

static void test_status__names_are_those_of_the_header(void **state) {
  (void)state;
  assert_string_equal(deltos_status_name(0), "DELTOS_OK");
  assert_string_equal(deltos_status_name(-10), "DELTOS_E_PINNED");
  assert_string_equal(deltos_status_name(-90), "DELTOS_E_INTERNAL");
}

static void test_status__other_numbers_are_unknown(void **state) {
  (void)state;
  int named = 0;
  for (int32_t status = -1000; status <= 1000; ++status) {
    named += strcmp(deltos_status_name(status), "DELTOS_E_UNKNOWN") != 0;
  }
  assert_int_equal(named, code_count);
  assert_string_equal(deltos_status_name(INT32_MIN), "DELTOS_E_UNKNOWN");
  assert_string_equal(deltos_status_name(INT32_MAX), "DELTOS_E_UNKNOWN");
}

static void test_status__versions_are_those_of_the_headers(void **state) {
  char version[32];
  (void)state;
  snprintf(version, sizeof version, "%d.%d.%d", DELTOS_VERSION_MAJOR, DELTOS_VERSION_MINOR, DELTOS_VERSION_PATCH);
  assert_string_equal(DELTOS_VERSION, version);
  assert_string_equal(deltos_version(), version);
  assert_int_equal(deltos_abi_version(), DELTOS_ABI_VERSION);
}

static void test_status__err_may_be_null(void **state) {
  deltos_storage *storage = NULL;
  (void)state;
  assert_int_equal(deltos_storage_open(NULL, NULL, &storage, NULL), DELTOS_E_INVALID);
}

static void test_status__err_is_written_only_on_failure(void **state) {
  world *w = *state;
  deltos_error untouched;
  memset(&untouched, 0x5a, sizeof untouched);
  error = untouched;
  assert_int_equal(deltos_storage_sync(w->storage, &error), DELTOS_OK);
  assert_memory_equal(&error, &untouched, sizeof error);
}

static void test_status__failure_fills_all_of_err(void **state) {
  deltos_error filled;
  deltos_storage *storage = NULL;
  (void)state;
  memset(&filled, 0xff, sizeof filled);
  assert_int_equal(deltos_storage_open("/nowhere/at/all.deltos", NULL, &storage, &filled), DELTOS_E_NOT_FOUND);
  assert_int_equal(filled.status, DELTOS_E_NOT_FOUND);
  assert_int_equal(filled.object_id, 0);
  for (size_t i = strlen(filled.message); i < sizeof filled.message; ++i) assert_int_equal(filled.message[i], 0);
}

static void test_status__long_messages_are_cut_at_a_character(void **state) {
  world *w = *state;
  deltos_object *object = NULL;
  char name[1021];
  for (size_t i = 0; i + 3 < sizeof name; i += 3) memcpy(name + i, "\xe2\x82\xac", 3);
  name[1020] = '\0';
  for (size_t shift = 0; shift < 3; ++shift) {
    char shifted[1024];
    memset(shifted, 'x', shift);
    strcpy(shifted + shift, name);
    assert_int_equal(deltos_object_open_newest(w->storage, shifted, DELTOS_KIND_ANY, &object, &error),
                     DELTOS_E_NOT_FOUND);
    for (size_t i = 0; error.message[i] != '\0'; ++i) {
      if ((unsigned char)error.message[i] == 0xe2) {
        assert_int_equal((unsigned char)error.message[i + 1], 0x82);
        assert_int_equal((unsigned char)error.message[i + 2], 0xac);
      }
    }
  }
  memset(&error, 0, sizeof error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_status__every_code_has_a_name_of_its_own),
      cmocka_unit_test(test_status__names_are_those_of_the_header),
      cmocka_unit_test(test_status__other_numbers_are_unknown),
      cmocka_unit_test(test_status__versions_are_those_of_the_headers),
      cmocka_unit_test(test_status__err_may_be_null),
      in_storage(test_status__err_is_written_only_on_failure),
      cmocka_unit_test(test_status__failure_fills_all_of_err),
      in_storage(test_status__long_messages_are_cut_at_a_character),
  };
  return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
