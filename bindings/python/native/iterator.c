/* Iterator: walks over arrays and views by index, without asking Python for each element. */
#include "types.h"

typedef struct {
  PyObject_HEAD PyObject *sequence; /* NULL: the end has been reached */
  ssizeargfunc item;
  lenfunc length;
  Py_ssize_t index;
} Iterator;

static PyTypeObject *iterator_type;

PyObject *iterate(PyObject *sequence, ssizeargfunc item, lenfunc length) {
  Iterator *self = new_object(iterator_type);
  if (self == NULL) return NULL;
  self->sequence = Py_NewRef(sequence);
  self->item = item;
  self->length = length;
  return (PyObject *)self;
}

static PyObject *iterator_next(Iterator *self) {
  if (self->sequence == NULL) return NULL;
  Py_ssize_t length = self->length(self->sequence);
  if (length < 0) return NULL;
  if (self->index < length) return self->item(self->sequence, self->index++);
  Py_CLEAR(self->sequence);
  return NULL;
}

static int iterator_traverse(Iterator *self, visitproc visit, void *arg) {
  Py_VISIT((PyObject *)Py_TYPE((PyObject *)self));
  Py_VISIT(self->sequence);
  return 0;
}

static int iterator_clear(Iterator *self) {
  Py_CLEAR(self->sequence);
  return 0;
}

static void iterator_dealloc(Iterator *self) {
  PyObject_GC_UnTrack(self);
  iterator_clear(self);
  free_object(self);
}

PyDoc_STRVAR(reduce_doc, "__reduce__($self, /)\n--\n\nFor pickles: the sequence, and how far it has come.");

static PyObject *iterator_reduce(Iterator *self, PyObject *unused) {
  (void)unused;
  PyObject *builtins = PyImport_ImportModule("builtins"), *result = NULL;
  PyObject *make = builtins != NULL ? PyObject_GetAttrString(builtins, "iter") : NULL;
  if (make != NULL)
    result = self->sequence != NULL ? Py_BuildValue("O(O)n", make, self->sequence, self->index)
                                    : Py_BuildValue("O(())", make);
  Py_XDECREF(make);
  Py_XDECREF(builtins);
  return result;
}

PyDoc_STRVAR(setstate_doc, "__setstate__($self, index, /)\n--\n\nFor pickles: how far it has come.");

static PyObject *iterator_setstate(Iterator *self, PyObject *state) {
  Py_ssize_t index = PyLong_AsSsize_t(state);
  if (index == -1 && PyErr_Occurred()) return NULL;
  self->index = index < 0 ? 0 : index;
  Py_RETURN_NONE;
}

static PyMethodDef iterator_methods[] = {{"__reduce__", (PyCFunction)iterator_reduce, METH_NOARGS, reduce_doc},
                                         {"__setstate__", (PyCFunction)iterator_setstate, METH_O, setstate_doc},
                                         {NULL, NULL, 0, NULL}};

static PyType_Slot iterator_slots[] = {{Py_tp_doc, "Walks over an array or a view."},
                                       {Py_tp_dealloc, iterator_dealloc},
                                       {Py_tp_traverse, iterator_traverse},
                                       {Py_tp_clear, iterator_clear},
                                       {Py_tp_iter, PyObject_SelfIter},
                                       {Py_tp_iternext, iterator_next},
                                       {Py_tp_methods, iterator_methods},
                                       {0, NULL}};

static PyType_Spec iterator_spec = {"deltos._exporter.Iterator", sizeof(Iterator), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                    iterator_slots};

int iterator_exec(PyObject *module) {
  PyObject *type = PyType_FromModuleAndSpec(module, &iterator_spec, NULL);
  if (type == NULL) return -1;
  iterator_type = (PyTypeObject *)type; /* kept for the life of the process */
  return 0;
}
