/* Walk: iterates over a container of a value, many elements at a call of the library. */
#include "values.h"

enum { kBatch = 32 };

typedef struct {
  PyObject_HEAD Node *node; /* NULL: the end has been reached */
  int64_t start, step;
  Py_ssize_t count, index;
  int what;
  unsigned first, have; /* entries of the batch that have not been given */
  deltos_item items[2 * kBatch];
} Walk;

static PyTypeObject *walk_type;

PyObject *walk_over(Node *node, int what, int backwards) {
  Walk *self = new_object(walk_type);
  if (self == NULL) return NULL;
  self->node = (Node *)Py_NewRef((PyObject *)node);
  self->what = what;
  self->count = node->count;
  self->start = backwards && node->count > 0 ? node->start + (node->count - 1) * node->step : node->start;
  self->step = backwards ? -node->step : node->step;
  return (PyObject *)self;
}

/* Reads the next entries: consecutive ones where the step is 1 or -1, else one. */
static int fill(Walk *self) {
  const int parts = self->node->kind == DELTOS_VALUE_DICT ? 2 : 1;
  const Py_ssize_t left = self->count - self->index;
  const unsigned room = self->step != 1 && self->step != -1 ? 1 : left < kBatch ? (unsigned)left : kBatch;
  const int64_t next = self->start + self->index * self->step;
  const int64_t first = self->step == -1 ? next - (room - 1) : next;
  const deltos_object *value = value_of(self->node->handle);
  uint64_t given = 0;
  deltos_error error;
  if (value == NULL) return -1;
  if (library.value_children(value, self->node->node, (uint64_t)first, self->items, (uint64_t)room * (unsigned)parts,
                             &given, &error) != DELTOS_OK)
    return fail_of(&error, 0);
  if (given != (uint64_t)room * (unsigned)parts)
    return fail(DELTOS_E_CORRUPT, "a container in the value is shorter than it says", 0, 0);
  self->first = 0;
  self->have = room;
  return 0;
}

static PyObject *pair_of(PyObject *handle, const deltos_item *entry) {
  PyObject *key = object_of_item(handle, &entry[0]);
  PyObject *value = key != NULL ? object_of_item(handle, &entry[1]) : NULL;
  PyObject *pair = value != NULL ? PyTuple_Pack(2, key, value) : NULL;
  Py_XDECREF(key);
  Py_XDECREF(value);
  return pair;
}

static PyObject *walk_next(Walk *self) {
  Node *node = self->node;
  if (node == NULL) return NULL;
  if (self->index >= self->count) {
    self->node = NULL;
    Py_DECREF((PyObject *)node);
    return NULL;
  }
  if (node->elements != NULL && self->what == kKeys) {
    Node as_walked = {.elements = node->elements, .start = self->start, .step = self->step, .code = node->code};
    return node_element(&as_walked, self->index++);
  }
  if (self->have == 0 && fill(self) < 0) return NULL;
  const unsigned place = self->step == -1 ? self->have - 1 : self->first++;
  --self->have;
  ++self->index;
  PyObject *handle = node->handle;
  if (node->kind != DELTOS_VALUE_DICT) return object_of_item(handle, &self->items[place]);
  const deltos_item *entry = &self->items[2 * place];
  return self->what == kPairs ? pair_of(handle, entry) : object_of_item(handle, &entry[self->what == kValues]);
}

static void walk_dealloc(Walk *self) {
  Py_XDECREF((PyObject *)self->node);
  free_object(self);
}

PyDoc_STRVAR(hint_doc, "__length_hint__($self, /)\n--\n\nHow many are left.");

static PyObject *walk_length_hint(Walk *self, PyObject *unused) {
  (void)unused;
  return PyLong_FromSsize_t(self->node != NULL ? self->count - self->index : 0);
}

static PyMethodDef walk_methods[] = {{"__length_hint__", (PyCFunction)walk_length_hint, METH_NOARGS, hint_doc},
                                     {NULL, NULL, 0, NULL}};

static PyType_Slot walk_slots[] = {{Py_tp_doc, "Walks over a container of a value."},
                                   {Py_tp_dealloc, walk_dealloc},
                                   {Py_tp_iter, PyObject_SelfIter},
                                   {Py_tp_iternext, walk_next},
                                   {Py_tp_methods, walk_methods},
                                   {0, NULL}};

static PyType_Spec walk_spec = {"deltos._exporter.Walk", sizeof(Walk), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, walk_slots};

int walk_exec(PyObject *module) {
  PyObject *type = PyType_FromModuleAndSpec(module, &walk_spec, NULL);
  if (type == NULL) return -1;
  walk_type = (PyTypeObject *)type; /* kept for the life of the process */
  return 0;
}
