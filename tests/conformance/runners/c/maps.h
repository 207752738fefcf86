/* Keys, values and pairs of maps in the notation of ../../README.md. */
#ifndef DELTOS_CONFORMANCE_MAPS_H
#define DELTOS_CONFORMANCE_MAPS_H

#include "scene.h"

/* What the library is given for a key or a value. */
typedef enum form { AS_BYTES, AS_NUMBER, AS_IMAGE, AS_RECORD } form;

form form_of_key(int32_t key);
form form_of_value(int32_t value);

/* The number that a field says in words; DELTOS_KEY_* and DELTOS_MAP_VALUE_*. */
int key_field(scene *s, const json_t *step, int32_t *key);
int value_field(scene *s, const json_t *step, int32_t *value);
const char *key_word(int32_t key);
const char *value_word(int32_t value);

/* The bytes of a node. */
int encode(scene *s, const json_t *node, form as, deltos_bytes *encoded);
/* PAIRS, or KEYS, as a list: numbers are written out. */
const json_t *write_pairs(scene *s, const json_t *pairs, form key, form value);
const json_t *write_keys(scene *s, const json_t *keys, form key);
/* Those of a list, as a column. */
int give_keys(scene *s, const json_t *keys, form as, deltos_column *column);
int give_pairs(scene *s, const json_t *pairs, form key, form value, deltos_column *keys, deltos_column *values);

/* Compares a key, or a value that is neither an image nor a record. */
int expect_encoded(scene *s, const char *what, const json_t *expected, form as, deltos_bytes actual);

/* What a description says of maps: written, and compared. */
int create_map(scene *s, deltos_transaction *transaction, const json_t *described, deltos_object **map);
int expect_map(scene *s, const json_t *described, const deltos_object *map);
int create_sorted_map(scene *s, deltos_transaction *transaction, const json_t *described, deltos_object **map);
int expect_sorted_map(scene *s, const json_t *described, const deltos_snapshot *snapshot, const deltos_object *map);

#endif
