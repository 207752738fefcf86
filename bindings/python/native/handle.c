/* Handle: owns one handle of the library and lets go of it without Python's help. An object that dies while the
 * interpreter ends touches nothing of Python. */
#include "types.h"

/* Whoever calls this collects loans afterwards. */
static void handle_drop(Handle *self) {
  void *address = self->address;
  self->address = NULL;
  if (address == NULL) return;
  attend_loans();
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
    case kCursor:
      library.cursor_release((deltos_cursor **)&address);
      break;
    case kBuilder:
      library.builder_release((deltos_builder **)&address);
      break;
    case kSchema:
      library.schema_release((deltos_schema **)&address);
      break;
    default:
      library.view_release((deltos_view **)&address);
      break;
  }
}

static const char *const kHandleNames[kHandleKinds] = {"storage", "snapshot", "transaction", "buffer",
                                                       "listing", "view",     "builder",     "schema"};

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
  Handle *self = new_object(type);
  if (self == NULL) return NULL;
  self->kind = kind;
  self->address = (void *)(uintptr_t)address;
  self->pointer = Py_NewRef(pointer);
  return (PyObject *)self;
}

PyObject *handle_of(int kind, void *address) {
  Handle *self = new_object(handle_type);
  Handle unowned = {.kind = kind, .address = address};
  if (self == NULL) {
    handle_drop(&unowned);
    collect_loans(NULL);
    return NULL;
  }
  self->kind = kind;
  self->address = address;
  return (PyObject *)self;
}

static void handle_dealloc(Handle *self) {
  handle_drop(self);
  collect_loans(NULL);
  Py_XDECREF(self->pointer);
  Py_XDECREF(self->origin);
  free_object(self);
}

int handle_refuse_closed(const Handle *self) {
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

/* Most handles that are made here are never shown to cffi. */
static int handle_make_pointer(Handle *self) {
  if (self->pointer == NULL) {
    PyObject *pointer = pointer_of(self->kind, self->address);
    if (pointer == NULL) return -1;
    PyObject *old = self->pointer; /* another thread may have been as quick */
    self->pointer = pointer;
    Py_XDECREF(old);
  }
  return 0;
}

static PyObject *handle_enter(Handle *self, PyObject *unused) {
  (void)unused;
  if (handle_refuse_closed(self) < 0) return NULL;
  int exclusive = self->kind == kTransaction || self->kind == kCursor || self->kind == kBuilder;
  if (exclusive && handle_refuse_used(self) < 0) return NULL;
  if (handle_make_pointer(self) < 0) return NULL;
  ++self->uses;
  return Py_NewRef(self->pointer);
}

int handle_hold(Handle *self) {
  if (handle_refuse_closed(self) < 0) return -1;
  ++self->uses;
  return 0;
}

void handle_let_go(Handle *self) {
  if (--self->uses == 0 && self->closing) handle_drop(self);
  collect_loans(NULL);
}

static PyObject *handle_exit(Handle *self, PyObject *const *arguments, Py_ssize_t count) {
  (void)arguments, (void)count;
  handle_let_go(self);
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
  if (handle_refuse_closed(self) < 0 || handle_refuse_used(self) < 0 || handle_make_pointer(self) < 0) return NULL;
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

static PyObject *handle_get_origin(Handle *self, void *unused) {
  (void)unused;
  return Py_NewRef(self->origin != NULL ? self->origin : Py_None);
}

static int handle_set_origin(Handle *self, PyObject *value, void *unused) {
  (void)unused;
  PyObject *old = self->origin;
  self->origin = value != NULL ? Py_NewRef(value) : NULL;
  Py_XDECREF(old);
  return 0;
}

static PyMethodDef handle_methods[] = {
    {"__enter__", (PyCFunction)handle_enter, METH_NOARGS, "Begins a use; gives the pointer."},
    {"__exit__", (PyCFunction)(void (*)(void))handle_exit, METH_FASTCALL, "Ends a use."},
    {"close", (PyCFunction)handle_close, METH_NOARGS, "Lets go, now or when the last use ends."},
    {"consume", (PyCFunction)handle_consume, METH_NOARGS, "Begins a call that ends the handle; gives the pointer."},
    {"consumed", (PyCFunction)handle_consumed, METH_O, "Ends that call; True: the handle is gone."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef handle_getset[] = {{"alive", (getter)handle_alive, NULL, "Whether it can be used.", NULL},
                                      {"origin", (getter)handle_get_origin, (setter)handle_set_origin,
                                       "The storage that what it stands for lives in, or None.", NULL},
                                      {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot handle_slots[] = {
    {Py_tp_doc, "Handle(kind, address, pointer, /)\n--\n\nOwns one handle of the library."},
    {Py_tp_new, handle_new},
    {Py_tp_dealloc, handle_dealloc},
    {Py_tp_methods, handle_methods},
    {Py_tp_getset, handle_getset},
    {0, NULL}};

PyType_Spec handle_spec = {"deltos._exporter.Handle", sizeof(Handle), 0, Py_TPFLAGS_DEFAULT, handle_slots};
PyTypeObject *handle_type;
