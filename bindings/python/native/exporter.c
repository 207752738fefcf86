/* deltos._exporter: what an extension module made by cffi cannot do. It has a type with the slots of the buffer
 * protocol, a type that owns a handle of the library and lets go of it without Python's help, access to the memory of
 * any exporter, and DLPack capsules (dlpack.c). How it comes by the library is in library.c.
 *
 * Handles and exports are released by plain C calls; an object that dies while the interpreter ends, or a tensor that
 * dies on a thread without Python, touches nothing of Python. */
#include "dlpack.h"
#include "library.h"

#include <string.h>

enum { kHandleKinds = 5 };

/* ---- Handle
 * ---------------------------------------------------------------------------------------------------------- */

typedef struct {
  PyObject_HEAD void *address; /* NULL: consumed or closed */
  PyObject *pointer;           /* the same for cffi */
  int kind, uses;
  char closing, consuming;
} Handle;

enum { kStorage, kSnapshot, kTransaction, kObject, kCursor };

static void handle_drop(Handle *self) {
  void *address = self->address;
  self->address = NULL;
  if (address == NULL) return;
  switch (self->kind) {
    case kStorage:
      library.storage_detach((deltos_storage **)&address);
      break;
    case kSnapshot:
      library.snapshot_release((deltos_snapshot **)&address);
      break;
    case kTransaction:
      library.transaction_abort((deltos_transaction **)&address);
      break;
    case kObject:
      library.object_release((deltos_object **)&address);
      break;
    default:
      library.cursor_release((deltos_cursor **)&address);
      break;
  }
}

static const char *const kHandleNames[kHandleKinds] = {"storage", "snapshot", "transaction", "buffer", "listing"};

static PyObject *handle_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  int kind;
  unsigned long long address;
  PyObject *pointer;
  (void)keywords;
  if (!PyArg_ParseTuple(arguments, "iKO:Handle", &kind, &address, &pointer)) return NULL;
  if (kind < 0 || kind >= kHandleKinds || library.view_acquire == NULL) {
    PyErr_SetString(PyExc_ValueError, "no such kind of handle, or the library is not bound");
    return NULL;
  }
  Handle *self = (Handle *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
  if (self == NULL) return NULL;
  self->kind = kind;
  self->address = (void *)(uintptr_t)address;
  self->pointer = Py_NewRef(pointer);
  return (PyObject *)self;
}

static void handle_dealloc(Handle *self) {
  PyTypeObject *type = Py_TYPE((PyObject *)self);
  handle_drop(self);
  collect_loans(NULL);
  Py_XDECREF(self->pointer);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

static int handle_refuse_closed(const Handle *self) {
  char message[96];
  if (self->consuming) {
    PyOS_snprintf(message, sizeof message, "the %s is being ended by another call", kHandleNames[self->kind]);
    return fail(DELTOS_E_BUSY, message, 0, 0);
  }
  if (self->address != NULL && !self->closing) return 0;
  PyOS_snprintf(message, sizeof message, "the %s has been closed", kHandleNames[self->kind]);
  return fail(DELTOS_E_CLOSED, message, 0, 0);
}

static int handle_refuse_used(const Handle *self) {
  if (self->uses == 0) return 0;
  char message[96];
  PyOS_snprintf(message, sizeof message, "another call is using the %s; try again when it has returned",
                kHandleNames[self->kind]);
  return fail(DELTOS_E_BUSY, message, 0, 0);
}

static PyObject *handle_enter(Handle *self, PyObject *unused) {
  (void)unused;
  if (handle_refuse_closed(self) < 0) return NULL;
  int exclusive = self->kind == kTransaction || self->kind == kCursor;
  if (exclusive && handle_refuse_used(self) < 0) return NULL;
  ++self->uses;
  return Py_NewRef(self->pointer);
}

static PyObject *handle_exit(Handle *self, PyObject *const *arguments, Py_ssize_t count) {
  (void)arguments, (void)count;
  if (--self->uses == 0 && self->closing) handle_drop(self);
  collect_loans(NULL);
  Py_RETURN_NONE;
}

static PyObject *handle_close(Handle *self, PyObject *unused) {
  (void)unused;
  self->closing = 1;
  if (self->uses == 0 && !self->consuming) handle_drop(self);
  collect_loans(NULL);
  Py_RETURN_NONE;
}

static PyObject *handle_consume(Handle *self, PyObject *unused) {
  (void)unused;
  if (handle_refuse_closed(self) < 0 || handle_refuse_used(self) < 0) return NULL;
  self->consuming = 1;
  return Py_NewRef(self->pointer);
}

static PyObject *handle_consumed(Handle *self, PyObject *success) {
  int gone = PyObject_IsTrue(success);
  if (gone < 0) return NULL;
  if (gone) self->address = NULL;
  self->consuming = 0;
  if (self->closing && self->uses == 0) handle_drop(self);
  collect_loans(NULL);
  Py_RETURN_NONE;
}

static PyObject *handle_alive(Handle *self, void *unused) {
  (void)unused;
  return PyBool_FromLong(self->address != NULL && !self->closing);
}

static PyMethodDef handle_methods[] = {
    {"__enter__", (PyCFunction)handle_enter, METH_NOARGS, "Begins a use; gives the pointer."},
    {"__exit__", (PyCFunction)(void (*)(void))handle_exit, METH_FASTCALL, "Ends a use."},
    {"close", (PyCFunction)handle_close, METH_NOARGS, "Lets go, now or when the last use ends."},
    {"consume", (PyCFunction)handle_consume, METH_NOARGS, "Begins a call that ends the handle; gives the pointer."},
    {"consumed", (PyCFunction)handle_consumed, METH_O, "Ends that call; True: the handle is gone."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef handle_getset[] = {{"alive", (getter)handle_alive, NULL, "Whether it can be used.", NULL},
                                      {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot handle_slots[] = {
    {Py_tp_doc, "Handle(kind, address, pointer, /)\n--\n\nOwns one handle of the library."},
    {Py_tp_new, handle_new},
    {Py_tp_dealloc, handle_dealloc},
    {Py_tp_methods, handle_methods},
    {Py_tp_getset, handle_getset},
    {0, NULL}};

static PyType_Spec handle_spec = {"deltos._exporter.Handle", sizeof(Handle), 0, Py_TPFLAGS_DEFAULT, handle_slots};
static PyTypeObject *handle_type;

/* ---- Source: the memory of any exporter, as an input of the library
 * -------------------------------------------------- */

typedef struct {
  PyObject_HEAD Py_buffer buffer;
  char held;
} Source;

static PyObject *source_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  PyObject *exporter;
  int flags = PyBUF_FULL_RO;
  (void)keywords;
  if (!PyArg_ParseTuple(arguments, "O|i:Source", &exporter, &flags)) return NULL;
  Source *self = (Source *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
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
  PyTypeObject *type = Py_TYPE((PyObject *)self);
  source_drop(self);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
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

static PyType_Spec source_spec = {"deltos._exporter.Source", sizeof(Source), 0, Py_TPFLAGS_DEFAULT, source_slots};

/* ---- Exporter: the buffer protocol over an object
 * ---------------------------------------------------------------------- */

typedef struct {
  PyObject_HEAD PyObject *handle; /* a Handle of an object, or NULL */
  char readonly;                  /* export writable only on request */
  char fresh; /* nothing has been told about the object yet, so it may still turn out to be its successor */
} Exporter;

static char empty_memory[64]; /* an address for exports of no bytes: consumers take NULL for "allocate" */

enum { kMaxTries = 1000 };

/* Who does not say that it will write gets writable memory all the same where there is any, as from a bytearray. */
static deltos_status acquire_once(Exporter *self, int writable, deltos_view **view, deltos_error *error) {
  const deltos_object *object = ((Handle *)self->handle)->address;
  deltos_status status = DELTOS_E_READONLY;
  if (writable || !self->readonly) status = library.view_acquire(object, DELTOS_VIEW_FULL, view, error);
  if (status != DELTOS_OK && !writable) status = library.view_acquire(object, DELTOS_VIEW_FULL_RO, view, error);
  return status;
}

static deltos_view *acquire(Exporter *self, int writable) {
  Handle *handle = (Handle *)self->handle;
  deltos_view *view = NULL;
  deltos_error error;
  collect_loans(NULL);
  if (handle == NULL || handle->address == NULL) {
    fail(DELTOS_E_CLOSED, "the buffer has been released", 0, 1);
    return NULL;
  }
  if (handle->consuming) {
    fail(DELTOS_E_BUSY, "the buffer is being looked up anew by another thread; try again", 0, 1);
    return NULL;
  }
  deltos_status status = acquire_once(self, writable, &view, &error);
  for (int tries = 0; status == DELTOS_E_STALE && self->fresh && tries < kMaxTries; ++tries) {
    PyObject *found = PyObject_CallMethod((PyObject *)self, "_look_again", NULL);
    if (found == NULL) return NULL;
    Py_DECREF(found);
    status = acquire_once(self, writable, &view, &error);
  }
  self->fresh = 0;
  if (status == DELTOS_OK) return view;
  fail(error.status, error.message, error.os_errno, 1);
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
    return refuse("the buffer has suboffsets, and the consumer does not follow them");
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

static int exporter_getbuffer(PyObject *object, Py_buffer *out, int flags) {
  Exporter *self = (Exporter *)object;
  out->obj = NULL;
  deltos_view *view = acquire(self, (flags & PyBUF_WRITABLE) != 0);
  if (view == NULL) return -1;
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
    return -1;
  }
  out->obj = Py_NewRef(object);
  return 0;
}

static void exporter_releasebuffer(PyObject *object, Py_buffer *buffer) {
  (void)object;
  deltos_view *view = buffer->internal;
  library.view_release(&view);
  collect_loans(NULL);
}

static PyObject *exporter_get_handle(Exporter *self, void *unused) {
  (void)unused;
  return Py_NewRef(self->handle != NULL ? self->handle : Py_None);
}

static int exporter_set_handle(Exporter *self, PyObject *value, void *unused) {
  (void)unused;
  if (value != NULL && value != Py_None && (!Py_IS_TYPE(value, handle_type) || ((Handle *)value)->kind != kObject)) {
    PyErr_SetString(PyExc_TypeError, "the handle of an object, or None");
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
  return ((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
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
  PyTypeObject *type = Py_TYPE((PyObject *)self);
  PyObject_GC_UnTrack(self);
  exporter_clear(self);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

PyDoc_STRVAR(dlpack_doc,
             "_dlpack($self, code, bits, versioned, copy, /)\n--\n\n"
             "A capsule of the C-contiguous memory of the object, of the given DLPack element type.");

static PyObject *exporter_dlpack(Exporter *self, PyObject *arguments) {
  int code, bits, versioned, copy;
  if (!PyArg_ParseTuple(arguments, "iipp:_dlpack", &code, &bits, &versioned, &copy)) return NULL;
  deltos_view *view = acquire(self, 0);
  return view == NULL ? NULL : dlpack_capsule(view, code, bits, versioned, copy);
}

static PyMethodDef exporter_methods[] = {{"_dlpack", (PyCFunction)exporter_dlpack, METH_VARARGS, dlpack_doc},
                                         {NULL, NULL, 0, NULL}};

static PyGetSetDef exporter_getset[] = {
    {"_handle", (getter)exporter_get_handle, (setter)exporter_set_handle, "What is exported: a Handle or None.", NULL},
    {"_fresh", (getter)exporter_get_fresh, (setter)exporter_set_fresh,
     "Whether _look_again() may replace the handle when the object has been replaced.", NULL},
    {"_readonly", (getter)exporter_get_readonly, (setter)exporter_set_readonly,
     "Whether memory is exported writable only to who asks for that.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot exporter_slots[] = {{Py_tp_doc, "Base of everything that exports memory of a storage."},
                                       {Py_tp_new, exporter_new},
                                       {Py_tp_dealloc, exporter_dealloc},
                                       {Py_tp_traverse, exporter_traverse},
                                       {Py_tp_clear, exporter_clear},
                                       {Py_tp_methods, exporter_methods},
                                       {Py_tp_getset, exporter_getset},
                                       {Py_bf_getbuffer, exporter_getbuffer},
                                       {Py_bf_releasebuffer, exporter_releasebuffer},
                                       {0, NULL}};

static PyType_Spec exporter_spec = {"deltos._exporter.Exporter", sizeof(Exporter), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, exporter_slots};

/* ---- The module
 * ---------------------------------------------------------------------------------------------------------- */

static int add_type(PyObject *module, PyType_Spec *spec, const char *name, PyTypeObject **keep) {
  PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
  if (type == NULL || PyModule_AddObjectRef(module, name, type) < 0) {
    Py_XDECREF(type);
    return -1;
  }
  if (keep != NULL)
    *keep = (PyTypeObject *)type; /* kept for the life of the process */
  else
    Py_DECREF(type);
  return 0;
}

static int module_exec(PyObject *module) {
  static const struct {
    const char *name;
    int value;
  } kinds[] = {{"STORAGE", kStorage},
               {"SNAPSHOT", kSnapshot},
               {"TRANSACTION", kTransaction},
               {"OBJECT", kObject},
               {"CURSOR", kCursor}};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; ++k)
    if (PyModule_AddIntConstant(module, kinds[k].name, kinds[k].value) < 0) return -1;
  if (add_type(module, &handle_spec, "Handle", &handle_type) < 0) return -1;
  if (add_type(module, &source_spec, "Source", NULL) < 0) return -1;
  return add_type(module, &exporter_spec, "Exporter", NULL);
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};

static struct PyModuleDef module_definition = {PyModuleDef_HEAD_INIT,
                                               "_exporter",
                                               "What an extension module made by cffi cannot do.",
                                               0,
                                               library_methods,
                                               module_slots,
                                               NULL,
                                               NULL,
                                               NULL};

PyMODINIT_FUNC PyInit__exporter(void) { return PyModuleDef_Init(&module_definition); }
