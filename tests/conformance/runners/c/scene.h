/* What a case of the corpus works with: the handles that it has named, the memory of a step, what went wrong; and what
 * the fields of a step stand for in C.
 *
 * Everything that can go wrong returns a verdict: DONE, WRONG with scene.problem filled in, or the negative status of
 * the library with scene.error filled in. */
#ifndef DELTOS_CONFORMANCE_SCENE_H
#define DELTOS_CONFORMANCE_SCENE_H

#include <deltos/deltos.h>
#include <jansson.h>
#include <stddef.h>

enum { DONE = 0, WRONG = 1 };

typedef enum thing_kind { STORAGE, SNAPSHOT, TRANSACTION, OBJECT, VIEW, SCHEMA, BUILDER, CURSOR } thing_kind;

/* What a step's "progress" asks for, and what came of it. */
typedef struct reports {
  const char *kind;
  int calls, is_above;
} reports;

/* A record table or a hash map that is being made. */
typedef struct building {
  deltos_builder *builder;
  const deltos_schema *schema;
  deltos_schema *made; /* the schema, where it was made for this; else NULL */
  int32_t key, value;  /* what they are in a hash map */
  reports told;        /* of a hash map */
} building;

typedef struct thing {
  const char *name; /* of the corpus, which outlives the case */
  thing_kind kind;
  union {
    deltos_storage *storage;
    deltos_snapshot *snapshot;
    deltos_transaction *transaction;
    deltos_object *object;
    deltos_view *view;
    deltos_schema *schema;
    building *builder;
    deltos_cursor *cursor;
    void *any;
  } is;
} thing;

enum { MOST_THINGS = 64 };

typedef struct scene {
  thing things[MOST_THINGS]; /* oldest first */
  size_t thing_count;
  struct kept *kept; /* memory until the step ends */
  json_t *written;   /* the same of what the corpus says in short; may be NULL */
  deltos_error error;
  char problem[2048];
} scene;

typedef struct bytes {
  unsigned char *data; /* never NULL */
  size_t size;
} bytes;

/* A word of the corpus and its number. A table ends with a NULL word. */
typedef struct word {
  const char *text;
  int64_t number;
} word;

extern const word mode_words[], creation_words[], open_flag_words[], request_words[], durability_words[], level_words[],
    depth_words[], dtype_words[];

/* WRONG, with the problem in words. */
int wrong(scene *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Memory, zeroed, that the end of the step frees. Running out of it ends the program. */
void *keep(scene *s, size_t size);
/* The same of what was written for the step, which it takes. */
json_t *keep_json(scene *s, json_t *written);
void end_step(scene *s);

/* Names a handle, as the field "as" says; one that had the name is released. */
int name_thing(scene *s, const json_t *step, thing_kind kind, void *handle);
/* The same as another field says. */
int name_thing_in(scene *s, const json_t *step, const char *field, thing_kind kind, void *handle);
/* The thing that a field names, of a kind; NULL, with the problem filled in, where there is none. */
thing *find_thing(scene *s, const json_t *step, const char *field, thing_kind kind);
/* The same of any kind. */
thing *find_any(scene *s, const json_t *step, const char *field);
void release_thing(thing *t);
void release_building(building *records);
/* The handle that a field names, of a kind; &mismatch where there is none. */
void *handle_of(scene *s, const json_t *step, const char *field, thing_kind kind);
extern char mismatch; /* an address that says: the step's fields name something else than is needed */
/* The view of that name; NULL, with the problem filled in, where there is none. */
const deltos_view *view_called(scene *s, const char *name);
/* Opens what a step names in what it says, as an object of a kind. */
int open_kind(scene *s, const json_t *step, int32_t kind);
/* The transaction that a step names; without one, *transaction stays as it is. */
int transaction_field(scene *s, const json_t *step, deltos_transaction **transaction);
/* Whatever reads: a snapshot, or the one that a transaction lends. */
int reader_of(scene *s, const json_t *step, const deltos_snapshot **snapshot);
/* Releases everything, newest first. */
void end_scene(scene *s);

/* The fields of a step, or what they are when they are left out. A text with a NUL inside is no text: NULL. */
const char *text_field(const json_t *step, const char *field, const char *otherwise);
int64_t int_field(const json_t *step, const char *field, int64_t otherwise);
int bool_field(const json_t *step, const char *field, int otherwise);
/* NULL where it is left out. */
int64_t *list_field(scene *s, const json_t *step, const char *field);
int32_t list_length(const json_t *step, const char *field);
bytes data_of(scene *s, const json_t *data);
int number_of(scene *s, const word *words, const char *text, int64_t *number);
const char *word_of(const word *words, int64_t number);
/* The sum of the bits of a list of words. */
int flags_field(scene *s, const json_t *step, const word *words, int64_t otherwise, int64_t *flags);

/* What was expected, if the step says so, against what came. */
int expect_int(scene *s, const json_t *step, const char *field, uint64_t actual);
int expect_bool(scene *s, const json_t *step, const char *field, int actual);
int expect_text(scene *s, const json_t *step, const char *field, const char *actual, size_t size);
int expect_list(scene *s, const json_t *step, const char *field, const int64_t *actual, int32_t count);
int expect_data(scene *s, const json_t *step, const char *field, const void *actual, uint64_t size);
/* The same of what a field holds. */
int expect_bytes(scene *s, const json_t *data, const void *actual, uint64_t size);
/* A metadata value, against text, or format, shape and data. */
int expect_value(scene *s, const json_t *step, const deltos_metadatum *item);

/* The element type, layout and content of a step or a description, and the value of one; they borrow from the step's
 * memory. */
int given_view(scene *s, const json_t *step, deltos_view *view);
void given_value(scene *s, const json_t *item, deltos_metadatum *value);
int given_type(scene *s, const json_t *step, const char **format, int32_t *dtype);

/* Asks for what a step's "progress" says; afterwards, whether it came. */
int ask_for_reports(scene *s, const json_t *step, reports *r, deltos_progress *progress);
int check_reports(scene *s, const reports *r);

/* Opens a copy of an image, so many bytes behind a multiple of 64, which the object keeps. */
typedef deltos_status image_opener(const void *, uint64_t, deltos_release, void *, deltos_object **, deltos_error *);
int open_copy(scene *s, image_opener *open, bytes image, const json_t *step, deltos_object **object);
/* Asks for the size of an image and packs it. */
typedef deltos_status image_packer(deltos_builder *, void *, uint64_t *, deltos_error *);
int packed_by(scene *s, image_packer *pack, deltos_builder *builder, bytes *image);
/* Does to an image what "damage" and "cut" say. */
int damage(scene *s, const json_t *step, bytes *image);

/* A table and its rows, which stay as long as the view does. */
typedef struct table_rows {
  deltos_table_info info;
  deltos_view *pin;
  void *const *rows;
  const int64_t *lengths;
} table_rows;
int rows_of(scene *s, const deltos_object *table, uint8_t writable, table_rows *of);

/* Declares the handle that a step names, or leaves. */
#define HANDLE(type, variable, field, kind)         \
  type *variable = handle_of(s, step, field, kind); \
  if ((void *)variable == (void *)&mismatch) return WRONG

/* Leaves with what is not DONE. */
#define TRY(call)                          \
  do {                                     \
    const int verdict_ = (call);           \
    if (verdict_ != DONE) return verdict_; \
  } while (0)

/* An operation of the corpus. A list of them ends with a NULL name. */
typedef struct operation {
  const char *name;
  int (*call)(scene *s, const json_t *step);
  const char *fields; /* all that it knows, between blanks */
} operation;

#define OPERATION(name, fields) \
  { #name, do_##name, " do status message " fields " " }

extern const operation view_operations[], table_operations[], array_operations[], value_operations[],
    record_operations[], map_operations[], sorted_operations[];

#endif
