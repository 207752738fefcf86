/* Map: base of hash maps. A look-up is made here from the key to the object found, without a call of cffi, and so are
 * the objects of many at once; the class in the package does the rest. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"

typedef struct {
  PyObject_HEAD Shown shown; /* handle NULL: released, or not yet shown */
} Map;

PyTypeObject *map_type;

/* What the package has handed over by bind_maps(): what tells of parts of values, what gives images of the other
 * values that Python takes for the same key, and what makes a key of an image. */
static struct { PyObject *describe, *spellings, *key_of; } known;

/* ---- What is shown ------------------------------------------------------------------------------------------------
 */

const deltos_object *shown_begin(const Shown *shown, Shown *use) {
  if (shown->handle == NULL) {
    fail(DELTOS_E_CLOSED, "the map has been released", 0, 0);
    return NULL;
  }
  if (handle_hold((Handle *)shown->handle) < 0) return NULL;
  *use = *shown;
  Py_INCREF(use->handle);
  Py_XINCREF(use->records);
  return ((Handle *)use->handle)->address;
}

void shown_end(Shown *use) {
  handle_let_go((Handle *)use->handle);
  Py_DECREF(use->handle);
  Py_XDECREF(use->records);
}

static const deltos_object *map_of(const Shown *use) { return ((Handle *)use->handle)->address; }

/* ---- Objects of what is found -------------------------------------------------------------------------------------
 */

static PyObject *object_of_number(const Shown *use, uint64_t number) {
  if (use->value == DELTOS_MAP_VALUE_U64) return PyLong_FromUnsignedLongLong(number);
  return record_at(use->records, number);
}

static PyObject *object_of_bytes(int text, const deltos_bytes *bytes) {
  const char *data = bytes->data != NULL ? bytes->data : "";
  if (!text) return PyBytes_FromStringAndSize(data, (Py_ssize_t)bytes->size);
  const deltos_item item = {.data = data, .count = bytes->size};
  return text_of_item(&item);
}

static PyObject *object_of_value(const Shown *use, const deltos_map_entry *entry, uint64_t index) {
  deltos_object *value = NULL;
  deltos_error error;
  if (library.hash_map_value(map_of(use), entry, index, &value, &error) != DELTOS_OK) return fail_of(&error, 0), NULL;
  return object_of_root(value, ((Handle *)use->handle)->origin);
}

PyObject *shown_key(const Shown *use, const deltos_map_entry *entry) {
  uint64_t number = 0;
  switch (use->key) {
    case DELTOS_KEY_U64:
      if (entry->key.size == sizeof number) memcpy(&number, entry->key.data, sizeof number);
      return PyLong_FromUnsignedLongLong(number);
    case DELTOS_KEY_VALUE:
      return PyObject_CallFunction(known.key_of, "y#", entry->key.data, (Py_ssize_t)entry->key.size);
    default:
      return object_of_bytes(use->key == DELTOS_KEY_UTF8, &entry->key);
  }
}

PyObject *shown_first(const Shown *use, const deltos_map_entry *entry) {
  switch (use->value) {
    case DELTOS_MAP_VALUE_U64:
    case DELTOS_MAP_VALUE_RECORD:
      return object_of_number(use, entry->number);
    case DELTOS_MAP_VALUE_VALUE:
      return object_of_value(use, entry, 0);
    default:
      return object_of_bytes(use->value == DELTOS_MAP_VALUE_UTF8, &entry->value);
  }
}

static int append(PyObject *list, PyObject *object) {
  const int status = object != NULL ? PyList_Append(list, object) : -1;
  Py_XDECREF(object);
  return status;
}

enum { kValuesAtATime = 64 };

/* Values from `first` on are appended: how many, 0 at the end, or -1 with the reason raised. */
static int64_t append_values(const Shown *use, const deltos_map_entry *entry, uint64_t first, PyObject *list) {
  union {
    uint64_t numbers[kValuesAtATime];
    deltos_bytes bytes[kValuesAtATime];
  } given;
  const int numbers = use->value == DELTOS_MAP_VALUE_U64 || use->value == DELTOS_MAP_VALUE_RECORD;
  uint64_t count = 0;
  deltos_error error;
  if (use->value == DELTOS_MAP_VALUE_VALUE)
    return first >= entry->count ? 0 : append(list, object_of_value(use, entry, first)) < 0 ? -1 : 1;
  deltos_status status =
      numbers ? library.hash_map_numbers(map_of(use), entry, first, given.numbers, kValuesAtATime, &count, &error)
              : library.hash_map_values(map_of(use), entry, first, given.bytes, kValuesAtATime, &count, &error);
  if (status != DELTOS_OK) return fail_of(&error, 0);
  for (uint64_t k = 0; k < count; ++k) {
    PyObject *object = numbers ? object_of_number(use, given.numbers[k])
                               : object_of_bytes(use->value == DELTOS_MAP_VALUE_UTF8, &given.bytes[k]);
    if (append(list, object) < 0) return -1;
  }
  return (int64_t)count;
}

PyObject *shown_all(const Shown *use, const deltos_map_entry *entry) {
  PyObject *list = PyList_New(0);
  uint64_t first = 0;
  int64_t given = 1;
  while (list != NULL && given > 0 && first < entry->count) {
    given = append_values(use, entry, first, list);
    if (given < 0) Py_CLEAR(list);
    first += (uint64_t)given;
  }
  return list;
}

PyObject *shown_value(const Shown *use, const deltos_map_entry *entry) {
  return use->shape == DELTOS_MAP_SIMPLE ? shown_first(use, entry) : shown_all(use, entry);
}

/* ---- Keys ---------------------------------------------------------------------------------------------------------
 */

/* A key as the library takes it. */
typedef struct {
  const void *data;
  uint64_t size, number;
  char *longer; /* an image that is larger than there is room for, of malloc() */
  _Alignas(8) char room[256];
} Key;

/* After what cannot be in the map: 0, or -1 where no dict would take it either. */
static int no_key(PyObject *object) { return PyObject_Hash(object) == -1 ? -1 : 0; }

static int text_key(PyObject *object, Key *key) {
  Py_ssize_t bytes;
  if (!PyUnicode_Check(object)) return no_key(object);
  key->data = PyUnicode_AsUTF8AndSize(object, &bytes);
  if (key->data == NULL) return declined(); /* half of a surrogate pair */
  key->size = (uint64_t)bytes;
  return 1;
}

static int bytes_key(PyObject *object, Key *key) {
  if (!PyBytes_Check(object)) return no_key(object);
  key->data = PyBytes_AsString(object);
  key->size = (uint64_t)PyBytes_Size(object);
  return 1;
}

/* Whatever equals a number of 64 bits is that key, as in a dict. */
static int number_key(PyObject *object, Key *key) {
  key->data = &key->number;
  key->size = sizeof key->number;
  if (PyFloat_Check(object)) {
    const double number = PyFloat_AsDouble(object);
    if (!(number >= 0 && number < 18446744073709551616.0) || floor(number) != number) return 0;
    key->number = (uint64_t)number;
    return 1;
  }
  if (!PyLong_Check(object) && no_key(object) < 0) return -1;
  if (!PyIndex_Check(object)) return 0;
  PyObject *index = PyNumber_Index(object);
  if (index == NULL) return declined();
  key->number = PyLong_AsUnsignedLongLong(index);
  Py_DECREF(index);
  return key->number == (uint64_t)-1 && PyErr_Occurred() ? declined() : 1;
}

static int image_of_builder(deltos_builder *builder, Key *key) {
  deltos_error error;
  key->data = key->room;
  key->size = sizeof key->room;
  deltos_status status = library.value_builder_pack(builder, key->room, &key->size, &error);
  if (status == DELTOS_E_TOO_SMALL) {
    key->longer = malloc((size_t)key->size);
    if (key->longer == NULL) return PyErr_NoMemory(), -1;
    key->data = key->longer;
    status = library.value_builder_pack(builder, key->longer, &key->size, &error);
  }
  return status == DELTOS_OK ? 1 : fail_of(&error, 0);
}

/* What cannot be part of a value is no key. */
static int value_key(PyObject *object, Key *key) {
  deltos_builder *builder = NULL;
  deltos_error error;
  if (no_key(object) < 0) return -1;
  PyObject *trail = PyList_New(0);
  if (trail == NULL) return -1;
  int made = -1;
  if (library.value_builder_begin(&builder, &error) != DELTOS_OK)
    fail_of(&error, 0);
  else
    made = put_value(builder, object, known.describe, trail) < 0 ? declined() : image_of_builder(builder, key);
  library.builder_release(&builder);
  Py_DECREF(trail);
  return made;
}

static int key_of(const Shown *use, PyObject *object, Key *key) {
  key->longer = NULL;
  switch (use->key) {
    case DELTOS_KEY_UTF8:
      return text_key(object, key);
    case DELTOS_KEY_BYTES:
      return bytes_key(object, key);
    case DELTOS_KEY_U64:
      return number_key(object, key);
    default:
      return value_key(object, key);
  }
}

/* ---- Look-ups -----------------------------------------------------------------------------------------------------
 * 1: found, 0: not there, -1: an error is set. */

static int find_bytes(const Shown *use, const void *data, uint64_t size, deltos_map_entry *entry) {
  deltos_error error;
  if (library.hash_map_find(map_of(use), data, size, entry, &error) != DELTOS_OK) return fail_of(&error, 0);
  return entry->count != 0;
}

/* As the other values that Python takes for the same key: 1, 1.0 and True, and the like. */
static int find_spellings(const Shown *use, PyObject *object, deltos_map_entry *entry) {
  if (PyUnicode_CheckExact(object) || PyBytes_CheckExact(object) || object == Py_None) return 0;
  PyObject *images = PyObject_CallFunctionObjArgs(known.spellings, object, NULL);
  PyObject *walk = images != NULL ? PyObject_GetIter(images) : NULL, *image;
  int status = walk != NULL ? 0 : -1;
  while (status == 0 && (image = PyIter_Next(walk)) != NULL) {
    const char *data = PyBytes_AsString(image);
    status = data != NULL ? find_bytes(use, data, (uint64_t)PyBytes_Size(image), entry) : -1;
    Py_DECREF(image);
  }
  Py_XDECREF(walk);
  Py_XDECREF(images);
  return status == 0 && PyErr_Occurred() ? -1 : status;
}

static int find_key(const Shown *use, PyObject *object, deltos_map_entry *entry) {
  Key key;
  int status = key_of(use, object, &key);
  if (status == 1) status = find_bytes(use, key.data, key.size, entry);
  free(key.longer);
  return status == 0 && use->key == DELTOS_KEY_VALUE ? find_spellings(use, object, entry) : status;
}

typedef PyObject *(*Give)(const Shown *use, const deltos_map_entry *entry);

/* Gives what is found; nothing where only the presence is asked for. */
static int look_up(const Map *self, PyObject *object, Give give, PyObject **found) {
  Shown use;
  deltos_map_entry entry;
  if (shown_begin(&self->shown, &use) == NULL) return -1;
  int status = find_key(&use, object, &entry);
  if (status == 1 && give != NULL && (*found = give(&use, &entry)) == NULL) status = -1;
  shown_end(&use);
  return status;
}

static PyObject *map_subscript(PyObject *self, PyObject *key) {
  PyObject *found = NULL;
  if (look_up((Map *)self, key, shown_value, &found) == 0) raise_key_error(key);
  return found;
}

static int map_contains(PyObject *self, PyObject *key) { return look_up((Map *)self, key, NULL, NULL); }

static Py_ssize_t map_length(PyObject *self) { return (Py_ssize_t)((Map *)self)->shown.keys; }

/* get() and get_first(): the object found, or the second argument. */
static PyObject *get_by(Map *self, PyObject *const *arguments, Py_ssize_t count, const char *name, Give give) {
  PyObject *found = NULL;
  if (count < 1 || count > 2)
    return PyErr_Format(PyExc_TypeError, "%s expected 1 or 2 arguments, got %zd", name, count);
  if (look_up(self, arguments[0], give, &found) == 0) return Py_NewRef(count == 2 ? arguments[1] : Py_None);
  return found;
}

PyDoc_STRVAR(get_doc, "get($self, key, default=None, /)\n--\n\nWhat self[key] gives, or the default.");

static PyObject *map_get(Map *self, PyObject *const *arguments, Py_ssize_t count) {
  return get_by(self, arguments, count, "get", shown_value);
}

PyDoc_STRVAR(first_doc,
             "get_first($self, key, default=None, /)\n--\n\n"
             "The value of a key that was added first, whatever the shape of the map, or the default.");

static PyObject *map_get_first(Map *self, PyObject *const *arguments, Py_ssize_t count) {
  return get_by(self, arguments, count, "get_first", shown_first);
}

PyDoc_STRVAR(get_all_doc,
             "get_all($self, key, /)\n--\n\n"
             "The list of all values of a key, in the order in which they were added; empty where it is absent.");

static PyObject *map_get_all(Map *self, PyObject *key) {
  PyObject *found = NULL;
  return look_up(self, key, shown_all, &found) == 0 ? PyList_New(0) : found;
}

/* ---- Many at once -------------------------------------------------------------------------------------------------
 */

enum { kKeysAtATime = 512 };

static void cut(const deltos_column *whole, uint64_t first, uint64_t count, deltos_column *part) {
  *part = *whole;
  part->count = count;
  if (whole->layout == DELTOS_COLUMN_OFFSETS)
    part->offsets += first;
  else if (whole->layout == DELTOS_COLUMN_SLICES)
    part->data = (const deltos_bytes *)whole->data + first;
  else
    part->data =
        (const char *)whole->data + (int64_t)first * (whole->stride != 0 ? whole->stride : (int64_t)whole->item_size);
}

/* Appends what a lot of keys have, or the default: how many there are, or -1 with the reason raised. */
static int64_t append_found(const Shown *use, const deltos_column *keys, deltos_map_entry *entries, Give give,
                            PyObject *instead, PyObject *list) {
  const deltos_object *map = map_of(use);
  deltos_error error;
  deltos_status status;
  int64_t hits = 0;
  Py_BEGIN_ALLOW_THREADS status = library.hash_map_find_many(map, keys, entries, NULL, NULL, &error);
  Py_END_ALLOW_THREADS if (status != DELTOS_OK) return fail_of(&error, 0);
  for (uint64_t k = 0; k < keys->count; ++k) {
    const int there = entries[k].count != 0;
    if (append(list, there ? give(use, &entries[k]) : Py_NewRef(instead)) < 0) return -1;
    hits += there;
  }
  return hits;
}

PyDoc_STRVAR(many_doc,
             "_many($self, column, first, default, /)\n--\n\n"
             "What the keys of a deltos_column have, by its address: a list of what self[key] gives, or of first\n"
             "values, with the default where a key is absent; and how many are there.");

static PyObject *map_many(Map *self, PyObject *arguments) {
  unsigned long long address;
  int first;
  PyObject *instead;
  Shown use;
  if (!PyArg_ParseTuple(arguments, "KpO:_many", &address, &first, &instead)) return NULL;
  if (shown_begin(&self->shown, &use) == NULL) return NULL;
  const deltos_column *keys = (const deltos_column *)(uintptr_t)address;
  deltos_map_entry *entries = malloc(kKeysAtATime * sizeof *entries);
  PyObject *list = entries != NULL ? PyList_New(0) : PyErr_NoMemory();
  int64_t hits = 0, given = 0;
  for (uint64_t done = 0; list != NULL && done < keys->count; done += kKeysAtATime) {
    deltos_column part;
    const uint64_t left = keys->count - done;
    cut(keys, done, left < kKeysAtATime ? left : kKeysAtATime, &part);
    given = append_found(&use, &part, entries, first ? shown_first : shown_value, instead, list);
    if (given < 0) Py_CLEAR(list);
    hits += given;
  }
  free(entries);
  shown_end(&use);
  return list != NULL ? Py_BuildValue("NL", list, (long long)hits) : NULL;
}

/* ---- The type -----------------------------------------------------------------------------------------------------
 */

static PyObject *map_iter(PyObject *self) { return walk_over_map(&((Map *)self)->shown, kKeys, 0); }

PyDoc_STRVAR(walk_doc,
             "_walk($self, what, sorted, /)\n--\n\n"
             "An iterator over keys (0), values (1), or pairs of key and value (2), as they lie or by the order of\n"
             "keys.");

static PyObject *map_walk(Map *self, PyObject *arguments) {
  int what, sorted;
  if (!PyArg_ParseTuple(arguments, "ip:_walk", &what, &sorted)) return NULL;
  if (what >= kKeys && what <= kPairs) return walk_over_map(&self->shown, what, sorted);
  PyErr_SetString(PyExc_ValueError, "there are keys, values and pairs to walk over");
  return NULL;
}

static void put_in_place(Map *self, const Shown *shown) {
  const Shown old = self->shown;
  self->shown = *shown;
  Py_XDECREF(old.handle);
  Py_XDECREF(old.records);
}

PyDoc_STRVAR(show_doc,
             "_show($self, handle, records, key, value, shape, keys, /)\n--\n\n"
             "Sets what is shown: the handle of a map, the record table that its values are rows of or None, and what\n"
             "the library tells of it.");

static PyObject *map_show(Map *self, PyObject *arguments) {
  Shown shown;
  unsigned long long keys;
  if (!PyArg_ParseTuple(arguments, "O!OiiiK:_show", handle_type, &shown.handle, &shown.records, &shown.key,
                        &shown.value, &shown.shape, &keys))
    return NULL;
  if (((Handle *)shown.handle)->kind != kObject ||
      is_records(shown.records) != (shown.value == DELTOS_MAP_VALUE_RECORD)) {
    PyErr_SetString(PyExc_TypeError, "a map is shown by the handle of an object, and one of records with their table");
    return NULL;
  }
  shown.keys = keys;
  Py_INCREF(shown.handle);
  shown.records = shown.records != Py_None ? Py_NewRef(shown.records) : NULL;
  put_in_place(self, &shown);
  Py_RETURN_NONE;
}

PyDoc_STRVAR(share_doc, "_share($self, other, /)\n--\n\nShows what another map shows now.");

static PyObject *map_share(Map *self, PyObject *other) {
  if (!PyObject_TypeCheck(other, map_type)) {
    PyErr_SetString(PyExc_TypeError, "a map shares what a map shows");
    return NULL;
  }
  const Shown shown = ((Map *)other)->shown;
  Py_XINCREF(shown.handle);
  Py_XINCREF(shown.records);
  put_in_place(self, &shown);
  Py_RETURN_NONE;
}

static PyObject *map_release(Map *self, PyObject *unused) {
  const Shown nothing = {.handle = NULL};
  (void)unused;
  put_in_place(self, &nothing);
  Py_RETURN_NONE;
}

static PyObject *map_get_handle(Map *self, void *unused) {
  (void)unused;
  return Py_NewRef(self->shown.handle != NULL ? self->shown.handle : Py_None);
}

static PyObject *map_get_records(Map *self, void *unused) {
  (void)unused;
  return Py_NewRef(self->shown.records != NULL ? self->shown.records : Py_None);
}

static PyObject *map_get_kinds(Map *self, void *unused) {
  (void)unused;
  return Py_BuildValue("iii", self->shown.key, self->shown.value, self->shown.shape);
}

static PyObject *map_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  (void)arguments, (void)keywords;
  return new_object(type);
}

static void map_dealloc(Map *self) {
  Py_XDECREF(self->shown.handle);
  Py_XDECREF(self->shown.records);
  free_object(self);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function)

static PyMethodDef map_methods[] = {{"get", FAST(map_get), METH_FASTCALL, get_doc},
                                    {"get_first", FAST(map_get_first), METH_FASTCALL, first_doc},
                                    {"get_all", (PyCFunction)map_get_all, METH_O, get_all_doc},
                                    {"_many", (PyCFunction)map_many, METH_VARARGS, many_doc},
                                    {"_walk", (PyCFunction)map_walk, METH_VARARGS, walk_doc},
                                    {"_show", (PyCFunction)map_show, METH_VARARGS, show_doc},
                                    {"_share", (PyCFunction)map_share, METH_O, share_doc},
                                    {"_release", (PyCFunction)map_release, METH_NOARGS, "Lets go of what is shown."},
                                    {NULL, NULL, 0, NULL}};

static PyGetSetDef map_getset[] = {
    {"_handle", (getter)map_get_handle, NULL, "The handle of the map; None: released.", NULL},
    {"_table", (getter)map_get_records, NULL, "The record table that its values are rows of, or None.", NULL},
    {"_kinds", (getter)map_get_kinds, NULL, "What keys and values are, and the shape.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot map_slots[] = {{Py_tp_doc, "Base of hash maps."}, {Py_tp_new, map_new},
                                  {Py_tp_dealloc, map_dealloc},      {Py_tp_methods, map_methods},
                                  {Py_tp_getset, map_getset},        {Py_tp_iter, map_iter},
                                  {Py_mp_length, map_length},        {Py_mp_subscript, map_subscript},
                                  {Py_sq_contains, map_contains},    {0, NULL}};

PyType_Spec map_spec = {"deltos._exporter.Map", sizeof(Map), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, map_slots};

/* ---- The module's function ----------------------------------------------------------------------------------------
 */

PyDoc_STRVAR(bind_doc,
             "bind_maps(describe, spellings, key_of, /)\n--\n\n"
             "Hands over what tells of parts of values, what gives images of the values that a key may have been\n"
             "stored as, and what makes a key of an image.");

static PyObject *bind_maps(PyObject *module, PyObject *arguments) {
  PyObject *describe, *spellings, *key;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "OOO:bind_maps", &describe, &spellings, &key)) return NULL;
  known.describe = Py_NewRef(describe);
  known.spellings = Py_NewRef(spellings);
  known.key_of = Py_NewRef(key);
  Py_RETURN_NONE;
}

PyMethodDef map_functions[] = {{"bind_maps", bind_maps, METH_VARARGS, bind_doc}, {NULL, NULL, 0, NULL}};
