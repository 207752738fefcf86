/* Exporter: the slots of the buffer protocol over an object or a view of the library. Exports are released by plain C
 * calls. */
#include "arrow.h"
#include "dlpack.h"
#include "types.h"

PyTypeObject *exporter_type;
char empty_memory[64];

enum { kMaxTries = 1000 };

/* Who does not say that it will write gets writable memory all the same where there is any, as from a bytearray. */
static deltos_status acquire_once(const Exporter *self, const Handle *handle, int writable, deltos_view **view,
                                  deltos_error *error) {
  deltos_status status = DELTOS_E_READONLY;
  for (int readonly = !writable && self->readonly; status != DELTOS_OK && readonly <= !writable; ++readonly) {
    int32_t flags = readonly ? DELTOS_VIEW_FULL_RO : DELTOS_VIEW_FULL;
    status = handle->kind == kView ? library.view_share(handle->address, flags, view, error)
                                   : library.view_acquire(handle->address, flags, view, error);
  }
  return status;
}

/* Memory that its owner may take away while nobody looks: a class without a handle gives one of a view for each export,
 * by _lend(). */
static deltos_view *acquire_lent(Exporter *self, int writable) {
  deltos_view *view = NULL;
  deltos_error error;
  PyObject *lent = PyObject_CallMethod((PyObject *)self, "_lend", NULL);
  if (lent == NULL) return NULL;
  const Handle *handle = (const Handle *)lent;
  if (!Py_IS_TYPE(lent, handle_type) || handle->kind != kView || handle->address == NULL)
    PyErr_SetString(PyExc_TypeError, "_lend() gives the handle of a view");
  else if (acquire_once(self, handle, writable, &view, &error) != DELTOS_OK)
    fail_of(&error, 1);
  Py_DECREF(lent);
  return view;
}

deltos_view *exporter_acquire(Exporter *self, int writable) {
  Handle *handle = (Handle *)self->handle;
  deltos_view *view = NULL;
  deltos_error error;
  collect_loans(NULL);
  if (handle == NULL && PyObject_HasAttrString((PyObject *)self, "_lend")) return acquire_lent(self, writable);
  if (handle == NULL || handle->address == NULL || (handle->kind == kView && handle->closing)) {
    const char *message = "the buffer has been released";
    fail(DELTOS_E_CLOSED, handle != NULL && handle->kind == kView ? "the view has been released" : message, 0, 1);
    return NULL;
  }
  if (handle->consuming) {
    fail(DELTOS_E_BUSY, "the buffer is being looked up anew by another thread; try again", 0, 1);
    return NULL;
  }
  deltos_status status = acquire_once(self, handle, writable, &view, &error);
  for (int tries = 0; status == DELTOS_E_STALE && self->fresh && tries < kMaxTries; ++tries) {
    PyObject *found = PyObject_CallMethod((PyObject *)self, "_look_again", NULL);
    if (found == NULL) return NULL;
    Py_DECREF(found);
    handle = (Handle *)self->handle;
    if (handle == NULL) break;
    status = acquire_once(self, handle, writable, &view, &error);
  }
  self->fresh = 0;
  if (status == DELTOS_OK) return view;
  fail_of(&error, 1);
  return NULL;
}

static int refuse(const char *message) { return fail(DELTOS_E_LAYOUT, message, 0, 1); }

/* Leaves out what was not asked for, and refuses when the consumer could not make sense of what is left. */
static int narrow(Py_buffer *buffer, int flags) {
  if ((flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS && !PyBuffer_IsContiguous(buffer, 'C'))
    return refuse("the buffer is not C-contiguous");
  if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS && !PyBuffer_IsContiguous(buffer, 'F'))
    return refuse("the buffer is not Fortran-contiguous");
  if ((flags & PyBUF_ANY_CONTIGUOUS) == PyBUF_ANY_CONTIGUOUS && !PyBuffer_IsContiguous(buffer, 'A'))
    return refuse("the buffer is not contiguous");
  if ((flags & PyBUF_INDIRECT) != PyBUF_INDIRECT && buffer->suboffsets != NULL)
    return refuse(
        "rows are reached by pointers, which this consumer does not follow; make a copy: to_dense() of a table, "
        "copy() of a view");
  if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES) {
    if (!PyBuffer_IsContiguous(buffer, 'C')) return refuse("the buffer is not C-contiguous");
    buffer->strides = NULL;
  }
  if (!(flags & PyBUF_FORMAT)) buffer->format = NULL;
  if (!(flags & PyBUF_ND)) {
    if (buffer->format != NULL) return refuse("elements without a shape are bytes: ask for a shape or for no format");
    buffer->ndim = 1;
    buffer->shape = NULL;
  }
  return 0;
}

/* A class may say in its own words why its memory is refused: by raising from _refused(error). */
static int refused(PyObject *object) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  if (!PyObject_HasAttrString(object, "_refused")) {
    PyErr_Restore(type, value, trace);
    return -1;
  }
  PyErr_NormalizeException(&type, &value, &trace);
  PyObject *nothing = PyObject_CallMethod(object, "_refused", "O", value);
  if (nothing != NULL) {
    PyErr_Restore(type, value, trace);
  } else {
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
  }
  Py_XDECREF(nothing);
  return -1;
}

static int exporter_getbuffer(PyObject *object, Py_buffer *out, int flags) {
  Exporter *self = (Exporter *)object;
  if (out == NULL) return refuse("there is no place for the buffer");
  out->obj = NULL;
  deltos_view *view = exporter_acquire(self, (flags & PyBUF_WRITABLE) != 0);
  if (view == NULL) return refused(object);
  out->buf = view->data != NULL ? view->data : empty_memory;
  out->len = (Py_ssize_t)view->nbytes;
  out->itemsize = (Py_ssize_t)view->itemsize;
  out->readonly = view->readonly;
  out->ndim = view->ndim;
  out->format = (char *)view->format;
  out->shape = view->ndim > 0 ? (Py_ssize_t *)view->shape : NULL;
  out->strides = view->ndim > 0 ? (Py_ssize_t *)view->strides : NULL;
  out->suboffsets = view->ndim > 0 ? (Py_ssize_t *)view->suboffsets : NULL;
  out->internal = view;
  if (narrow(out, flags) < 0) {
    library.view_release(&view);
    return refused(object);
  }
  out->obj = Py_NewRef(object);
  return 0;
}

static void exporter_releasebuffer(PyObject *object, Py_buffer *buffer) {
  (void)object;
  deltos_view *view = buffer->internal;
  attend_loans();
  library.view_release(&view);
  collect_loans(NULL);
}

static PyObject *exporter_get_handle(Exporter *self, void *unused) {
  (void)unused;
  return Py_NewRef(self->handle != NULL ? self->handle : Py_None);
}

static int is_exported(PyObject *value) {
  return Py_IS_TYPE(value, handle_type) && (((Handle *)value)->kind == kObject || ((Handle *)value)->kind == kView);
}

static int exporter_set_handle(Exporter *self, PyObject *value, void *unused) {
  (void)unused;
  if (value != NULL && value != Py_None && !is_exported(value)) {
    PyErr_SetString(PyExc_TypeError, "the handle of an object or a view, or None");
    return -1;
  }
  PyObject *old = self->handle;
  self->handle = value == NULL || value == Py_None ? NULL : Py_NewRef(value);
  Py_XDECREF(old);
  return 0;
}

static PyObject *exporter_get_readonly(Exporter *self, void *unused) {
  (void)unused;
  return PyBool_FromLong(self->readonly);
}

static int exporter_set_readonly(Exporter *self, PyObject *value, void *unused) {
  (void)unused;
  int truth = value != NULL ? PyObject_IsTrue(value) : 0;
  if (truth < 0) return -1;
  self->readonly = (char)truth;
  return 0;
}

static PyObject *exporter_get_fresh(Exporter *self, void *unused) {
  (void)unused;
  return PyBool_FromLong(self->fresh);
}

static int exporter_set_fresh(Exporter *self, PyObject *value, void *unused) {
  (void)unused;
  int truth = value != NULL ? PyObject_IsTrue(value) : 0;
  if (truth < 0) return -1;
  self->fresh = (char)truth;
  return 0;
}

static PyObject *exporter_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  (void)arguments, (void)keywords;
  return new_object(type);
}

static int exporter_traverse(Exporter *self, visitproc visit, void *arg) {
  Py_VISIT((PyObject *)Py_TYPE((PyObject *)self));
  Py_VISIT(self->handle);
  return 0;
}

static int exporter_clear(Exporter *self) {
  Py_CLEAR(self->handle);
  return 0;
}

static void exporter_dealloc(Exporter *self) {
  PyObject_GC_UnTrack(self);
  exporter_clear(self);
  free_object(self);
}

PyDoc_STRVAR(dlpack_doc,
             "_dlpack($self, code, bits, versioned, copy, /)\n--\n\n"
             "A capsule of the memory, of the given DLPack element type.");

static PyObject *exporter_dlpack(Exporter *self, PyObject *arguments) {
  int code, bits, versioned, copy;
  if (!PyArg_ParseTuple(arguments, "iipp:_dlpack", &code, &bits, &versioned, &copy)) return NULL;
  deltos_view *view = exporter_acquire(self, 0);
  return view == NULL ? NULL : dlpack_capsule(view, code, bits, versioned, copy);
}

PyDoc_STRVAR(arrow_doc,
             "_arrow($self, /)\n--\n\n"
             "A pair of capsules of Arrow, type and data, of the memory.");

static PyObject *exporter_arrow(Exporter *self, PyObject *unused) {
  (void)unused;
  deltos_view *view = exporter_acquire(self, 0);
  return view == NULL ? NULL : arrow_capsules(view);
}

PyDoc_STRVAR(view_doc,
             "_view($self, readonly, /)\n--\n\n"
             "A handle of a view of what is exported; writable where that is, unless it is to be read-only.");

static PyObject *exporter_view(Exporter *self, PyObject *readonly) {
  int truth = PyObject_IsTrue(readonly);
  if (truth < 0) return NULL;
  char before = self->readonly;
  self->readonly = truth ? 1 : before;
  deltos_view *view = exporter_acquire(self, 0);
  self->readonly = before;
  return view == NULL ? NULL : handle_of(kView, view);
}

static PyMethodDef exporter_methods[] = {{"_dlpack", (PyCFunction)exporter_dlpack, METH_VARARGS, dlpack_doc},
                                         {"_arrow", (PyCFunction)exporter_arrow, METH_NOARGS, arrow_doc},
                                         {"_view", (PyCFunction)exporter_view, METH_O, view_doc},
                                         {NULL, NULL, 0, NULL}};

static PyGetSetDef exporter_getset[] = {
    {"_handle", (getter)exporter_get_handle, (setter)exporter_set_handle, "What is exported: a Handle or None.", NULL},
    {"_fresh", (getter)exporter_get_fresh, (setter)exporter_set_fresh,
     "Whether _look_again() may replace the handle when the object has been replaced.", NULL},
    {"_readonly", (getter)exporter_get_readonly, (setter)exporter_set_readonly,
     "Whether memory is exported writable only to who asks for that.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot exporter_slots[] = {
    {Py_tp_doc, "Base of everything that exports memory: of a storage, or of a view."},
    {Py_tp_new, exporter_new},
    {Py_tp_dealloc, exporter_dealloc},
    {Py_tp_traverse, exporter_traverse},
    {Py_tp_clear, exporter_clear},
    {Py_tp_methods, exporter_methods},
    {Py_tp_getset, exporter_getset},
    {Py_bf_getbuffer, exporter_getbuffer},
    {Py_bf_releasebuffer, exporter_releasebuffer},
    {0, NULL}};

PyType_Spec exporter_spec = {"deltos._exporter.Exporter", sizeof(Exporter), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, exporter_slots};
