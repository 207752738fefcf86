/* MapWalk: iterates over a hash map, many entries at a call of the library. It shows the map that there was when it
 * began, whatever is refreshed meanwhile. */
#include <stdlib.h>

#include "maps.h"

enum { kBatch = 64 };

typedef struct {
  PyObject_HEAD Shown shown; /* handle NULL: the end has been reached */
  int what;
  uint64_t position;   /* where the next batch begins */
  uint64_t *order;     /* where each key is, by the order of keys, of malloc(); NULL: as they lie */
  uint64_t given;      /* keys */
  uint64_t next, have; /* of the batch */
  deltos_map_entry entries[kBatch];
} MapWalk;

static PyTypeObject *map_walk_type;

/* Where the keys are by their order; -1 with the reason raised. */
static int find_order(MapWalk *self) {
  Shown use;
  deltos_error error;
  deltos_status status;
  uint64_t count = 0;
  const deltos_object *map = shown_begin(&self->shown, &use);
  if (map == NULL) return -1;
  self->order = calloc((size_t)use.keys + 1, sizeof *self->order);
  if (self->order == NULL) {
    shown_end(&use);
    return PyErr_NoMemory(), -1;
  }
  Py_BEGIN_ALLOW_THREADS status = library.hash_map_order(map, self->order, use.keys, &count, &error);
  Py_END_ALLOW_THREADS shown_end(&use);
  return status == DELTOS_OK ? 0 : fail_of(&error, 0);
}

PyObject *walk_over_map(const Shown *shown, int what, int sorted) {
  Shown use;
  if (shown->shape == DELTOS_MAP_APPROXIMATE && what != kValues) {
    fail(DELTOS_E_UNSUPPORTED, "an approximate map has no keys, only their hashes: keys_array() shows those", 0, 0);
    return NULL;
  }
  if (shown_begin(shown, &use) == NULL) return NULL;
  MapWalk *self = new_object(map_walk_type);
  if (self != NULL) {
    self->shown = use;
    Py_INCREF(use.handle);
    Py_XINCREF(use.records);
    self->what = what;
  }
  shown_end(&use);
  if (self == NULL || !sorted || find_order(self) == 0) return (PyObject *)self;
  Py_DECREF((PyObject *)self);
  return NULL;
}

/* Reads the next entries, none at the end. */
static int fill(MapWalk *self, const deltos_object *map) {
  deltos_error error;
  const int sorted = self->order != NULL;
  self->next = self->have = 0;
  if (sorted && self->given == self->shown.keys) return 0;
  if (sorted) self->position = self->order[self->given];
  if (library.hash_map_entries(map, &self->position, self->entries, sorted ? 1 : kBatch, &self->have, &error) ==
      DELTOS_OK)
    return 0;
  return fail_of(&error, 0);
}

static PyObject *object_of_entry(const Shown *use, const deltos_map_entry *entry, int what) {
  if (what == kKeys) return shown_key(use, entry);
  if (what == kValues) return shown_value(use, entry);
  PyObject *key = shown_key(use, entry);
  PyObject *value = key != NULL ? shown_value(use, entry) : NULL;
  PyObject *pair = value != NULL ? PyTuple_Pack(2, key, value) : NULL;
  Py_XDECREF(key);
  Py_XDECREF(value);
  return pair;
}

static PyObject *next_of(MapWalk *self, const Shown *use, const deltos_object *map) {
  if (self->next == self->have && fill(self, map) < 0) return NULL;
  if (self->have == 0) return NULL;
  ++self->given;
  const deltos_map_entry entry = self->entries[self->next++];
  return object_of_entry(use, &entry, self->what);
}

static void forget(MapWalk *self) {
  Py_CLEAR(self->shown.handle);
  Py_CLEAR(self->shown.records);
}

static PyObject *map_walk_next(MapWalk *self) {
  Shown use;
  if (self->shown.handle == NULL) return NULL;
  const deltos_object *map = shown_begin(&self->shown, &use);
  if (map == NULL) return NULL;
  PyObject *object = next_of(self, &use, map);
  shown_end(&use);
  if (object == NULL && !PyErr_Occurred()) forget(self);
  return object;
}

PyDoc_STRVAR(hint_doc, "__length_hint__($self, /)\n--\n\nHow many are left.");

static PyObject *map_walk_length_hint(MapWalk *self, PyObject *unused) {
  (void)unused;
  const uint64_t keys = self->shown.handle != NULL ? self->shown.keys : 0;
  return PyLong_FromUnsignedLongLong(keys > self->given ? keys - self->given : 0);
}

static void map_walk_dealloc(MapWalk *self) {
  forget(self);
  free(self->order);
  free_object(self);
}

static PyMethodDef map_walk_methods[] = {{"__length_hint__", (PyCFunction)map_walk_length_hint, METH_NOARGS, hint_doc},
                                         {NULL, NULL, 0, NULL}};

static PyType_Slot map_walk_slots[] = {{Py_tp_doc, "Walks over a hash map."}, {Py_tp_dealloc, map_walk_dealloc},
                                       {Py_tp_iter, PyObject_SelfIter},       {Py_tp_iternext, map_walk_next},
                                       {Py_tp_methods, map_walk_methods},     {0, NULL}};

static PyType_Spec map_walk_spec = {"deltos._exporter.MapWalk", sizeof(MapWalk), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, map_walk_slots};

int map_walk_exec(PyObject *module) {
  PyObject *type = PyType_FromModuleAndSpec(module, &map_walk_spec, NULL);
  if (type == NULL) return -1;
  map_walk_type = (PyTypeObject *)type; /* kept for the life of the process */
  return 0;
}
