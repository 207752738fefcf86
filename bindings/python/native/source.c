/* Source: the memory of any exporter, with its addresses, for as long as it is held. */
#include "types.h"

typedef struct {
  PyObject_HEAD Py_buffer buffer;
  char held;
} Source;

static PyObject *source_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  PyObject *exporter;
  int flags = PyBUF_FULL_RO;
  (void)keywords;
  if (!PyArg_ParseTuple(arguments, "O|i:Source", &exporter, &flags)) return NULL;
  Source *self = new_object(type);
  if (self == NULL) return NULL;
  if (PyObject_GetBuffer(exporter, &self->buffer, flags) < 0) {
    Py_DECREF(self);
    return NULL;
  }
  self->held = 1;
  return (PyObject *)self;
}

static void source_drop(Source *self) {
  if (!self->held) return;
  self->held = 0;
  PyBuffer_Release(&self->buffer);
}

static void source_dealloc(Source *self) {
  source_drop(self);
  free_object(self);
}

static PyObject *source_enter(PyObject *self, PyObject *unused) {
  (void)unused;
  return Py_NewRef(self);
}

static PyObject *source_exit(Source *self, PyObject *const *arguments, Py_ssize_t count) {
  (void)arguments, (void)count;
  source_drop(self);
  Py_RETURN_NONE;
}

/* The fields as deltos_view has them; addresses as numbers, which hold until the source is released. */
static PyObject *source_fields(Source *self, PyObject *unused) {
  (void)unused;
  if (!self->held) {
    PyErr_SetString(PyExc_ValueError, "the source has been released");
    return NULL;
  }
  const Py_buffer *buffer = &self->buffer;
  return Py_BuildValue("KnniyOKKK", (unsigned long long)(uintptr_t)buffer->buf, buffer->len, buffer->itemsize,
                       buffer->ndim, buffer->format, buffer->readonly ? Py_True : Py_False,
                       (unsigned long long)(uintptr_t)buffer->shape, (unsigned long long)(uintptr_t)buffer->strides,
                       (unsigned long long)(uintptr_t)buffer->suboffsets);
}

static PyMethodDef source_methods[] = {
    {"__enter__", source_enter, METH_NOARGS, "The source itself."},
    {"__exit__", (PyCFunction)(void (*)(void))source_exit, METH_FASTCALL, "Releases the memory."},
    {"fields", (PyCFunction)source_fields, METH_NOARGS,
     "Address, nbytes, itemsize, ndim, format, readonly, and the addresses of shape, strides and suboffsets."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot source_slots[] = {
    {Py_tp_doc, "Source(exporter, flags=FULL_RO, /)\n--\n\nHolds the memory of an exporter, with its addresses."},
    {Py_tp_new, source_new},
    {Py_tp_dealloc, source_dealloc},
    {Py_tp_methods, source_methods},
    {0, NULL}};

PyType_Spec source_spec = {"deltos._exporter.Source", sizeof(Source), 0, Py_TPFLAGS_DEFAULT, source_slots};
