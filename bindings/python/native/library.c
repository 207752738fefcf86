/* What deltos._exporter has of the library: its functions, its failures as exceptions, and the memory lent to it.
 *
 * The module links nothing of the library: bind() hands over the addresses of the few functions it calls, so that a
 * process has one copy of the library, that inside deltos._ffi. */
#include "library.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct deltos_functions library;

static PyObject *raise_status;    /* called with (status, message, os_errno, export) and raises */
static PyObject *make_pointer_of; /* called with (kind, address) and gives a pointer of cffi */

int fail(int32_t status, const char *message, int os_errno, int export) {
  if (raise_status == NULL) {
    PyErr_SetString(PyExc_SystemError, "deltos._exporter has not been bound to the library");
    return -1;
  }
  PyObject *text = PyUnicode_DecodeUTF8(message, (Py_ssize_t)strlen(message), "replace");
  if (text == NULL) return -1;
  PyObject *result = PyObject_CallFunction(raise_status, "iOii", (int)status, text, os_errno, export);
  Py_DECREF(text);
  if (result != NULL) {
    Py_DECREF(result);
    PyErr_SetString(PyExc_SystemError, "a status was not turned into an error");
  }
  return -1;
}

int fail_of(const deltos_error *error, int export) {
  return fail(error->status, error->message, error->os_errno, export);
}

int declined(void) {
  if (!PyErr_ExceptionMatches(PyExc_Exception) || PyErr_ExceptionMatches(PyExc_MemoryError)) return -1;
  PyErr_Clear();
  return 0;
}

void *new_object(PyTypeObject *type) { return ((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0); }

void free_object(void *object) {
  PyTypeObject *type = Py_TYPE((PyObject *)object);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
  Py_DECREF(type);
}

/* ---- Memory of Python objects that the library uses ----------------------------------------------------------------
 * The library lets go of it on any thread, with or without the GIL, perhaps after the interpreter has ended. So the
 * callback only puts it on a list, and whoever comes by with the GIL empties that. */

static _Atomic(Loan *) returned_loans;
static _Thread_local int attending;

void attend_loans(void) { attending = 1; }

Loan *new_loan(Py_ssize_t count) {
  Loan *loan = NULL;
  if (count <= (PY_SSIZE_T_MAX - (Py_ssize_t)sizeof *loan) / (Py_ssize_t)sizeof(Py_buffer))
    loan = calloc(1, sizeof *loan + (size_t)count * sizeof(Py_buffer));
  if (loan == NULL)
    PyErr_NoMemory();
  else
    loan->count = count;
  return loan;
}

void drop_loan(Loan *loan) {
  for (Py_ssize_t k = 0; k < loan->count; ++k) PyBuffer_Release(&loan->buffers[k]);
  Py_XDECREF(loan->owner);
  free(loan->rows);
  free(loan);
}

int collect_loans(void *unused) {
  (void)unused;
  attending = 0;
  Loan *loan =
      atomic_load_explicit(&returned_loans, memory_order_relaxed) ? atomic_exchange(&returned_loans, NULL) : NULL;
  while (loan != NULL) {
    Loan *next = loan->next;
    drop_loan(loan);
    loan = next;
  }
  return 0;
}

void return_loan(void *user) {
  Loan *loan = user;
  loan->next = atomic_load(&returned_loans);
  while (!atomic_compare_exchange_weak(&returned_loans, &loan->next, loan)) {
  }
  if (!attending && Py_IsInitialized()) (void)Py_AddPendingCall(collect_loans, NULL);
}

void describe(const Py_buffer *buffer, deltos_view *view) {
  memset(view, 0, sizeof *view);
  view->struct_size = sizeof *view;
  view->ndim = buffer->ndim;
  view->readonly = buffer->readonly != 0;
  view->data = buffer->buf;
  view->nbytes = (uint64_t)buffer->len;
  view->itemsize = (uint64_t)buffer->itemsize;
  view->format = buffer->format;
  if (buffer->ndim == 0) return;
  view->shape = (const int64_t *)buffer->shape;
  view->strides = (const int64_t *)buffer->strides;
  view->suboffsets = (const int64_t *)buffer->suboffsets;
}

deltos_view *view_of_loan(const deltos_view *memory, Loan *loan) {
  deltos_view *view = NULL;
  deltos_error error;
  if (library.view_wrap(memory, return_loan, loan, &view, &error) == DELTOS_OK) return view;
  drop_loan(loan);
  fail_of(&error, 0);
  return NULL;
}

PyDoc_STRVAR(lend_doc,
             "lend(exporter, /)\n--\n\n"
             "Holds the memory of an exporter until the library returns it.\n\n"
             "Returns its address and size, and the release callback and its argument, as numbers.");

static PyObject *lend(PyObject *module, PyObject *exporter) {
  (void)module;
  collect_loans(NULL);
  Loan *loan = new_loan(1);
  if (loan == NULL) return NULL;
  Py_buffer *buffer = &loan->buffers[0];
  if (PyObject_GetBuffer(exporter, buffer, PyBUF_SIMPLE) < 0) {
    drop_loan(loan);
    return NULL;
  }
  return Py_BuildValue("KnKK", (unsigned long long)(uintptr_t)buffer->buf, buffer->len,
                       (unsigned long long)(uintptr_t)return_loan, (unsigned long long)(uintptr_t)loan);
}

PyDoc_STRVAR(
    keep_doc,
    "keep(owner, /)\n--\n\n"
    "Holds an object until the library returns it. Returns the release callback and its argument, as numbers.");

static PyObject *keep_owner(PyObject *module, PyObject *owner) {
  (void)module;
  collect_loans(NULL);
  Loan *loan = new_loan(0);
  if (loan == NULL) return NULL;
  loan->owner = Py_NewRef(owner);
  return Py_BuildValue("KK", (unsigned long long)(uintptr_t)return_loan, (unsigned long long)(uintptr_t)loan);
}

PyDoc_STRVAR(
    give_back_doc,
    "give_back(loan, /)\n--\n\n"
    "Drops a loan that the library has not taken: the argument of the callback, as lend() and keep() gave it.");

static PyObject *give_back(PyObject *module, PyObject *number) {
  (void)module;
  Loan *loan = PyLong_AsVoidPtr(number);
  if (loan == NULL) return NULL;
  drop_loan(loan);
  Py_RETURN_NONE;
}

/* ---- Binding ------------------------------------------------------------------------------------------------------
 */

PyObject *pointer_of(int kind, const void *address) {
  return PyObject_CallFunction(make_pointer_of, "iK", kind, (unsigned long long)(uintptr_t)address);
}

static void keep(PyObject **place, PyObject *value) {
  PyObject *old = *place;
  *place = Py_NewRef(value);
  Py_XDECREF(old);
}

#define DELTOS_PYTHON_NAME(name) "deltos_" #name,
static const char *const function_names[] = {DELTOS_PYTHON_FUNCTIONS(DELTOS_PYTHON_NAME)};
#undef DELTOS_PYTHON_NAME
enum { kFunctions = sizeof function_names / sizeof *function_names };
_Static_assert(sizeof library == kFunctions * sizeof(uintptr_t), "a function is an address");

PyDoc_STRVAR(bind_doc,
             "bind(addresses, raise_status, pointer_of, /)\n--\n\n"
             "Hands over the library: the addresses of FUNCTIONS, what turns a failure into an exception, and what\n"
             "turns kind and address of a handle into a pointer of cffi.");

static PyObject *bind(PyObject *module, PyObject *arguments) {
  PyObject *addresses, *raise, *pointer;
  uintptr_t address[kFunctions];
  (void)module;
  if (!PyArg_ParseTuple(arguments, "O!OO:bind", &PyTuple_Type, &addresses, &raise, &pointer)) return NULL;
  if (PyTuple_Size(addresses) != kFunctions) {
    PyErr_SetString(PyExc_ValueError, "an address is needed for each of FUNCTIONS");
    return NULL;
  }
  for (Py_ssize_t k = 0; k < kFunctions; ++k) {
    address[k] = PyLong_AsSize_t(PyTuple_GetItem(addresses, k));
    if (PyErr_Occurred()) return NULL;
  }
  memcpy(&library, address, sizeof library);
  keep(&raise_status, raise);
  keep(&make_pointer_of, pointer);
  Py_RETURN_NONE;
}

PyMethodDef library_methods[] = {{"bind", bind, METH_VARARGS, bind_doc},
                                 {"lend", lend, METH_O, lend_doc},
                                 {"keep", keep_owner, METH_O, keep_doc},
                                 {"give_back", give_back, METH_O, give_back_doc},
                                 {NULL, NULL, 0, NULL}};

int library_exec(PyObject *module) {
  PyObject *names = PyTuple_New(kFunctions);
  for (Py_ssize_t k = 0; names != NULL && k < kFunctions; ++k) {
    PyObject *name = PyUnicode_FromString(function_names[k]);
    if (name == NULL || PyTuple_SetItem(names, k, name) < 0) Py_CLEAR(names);
  }
  if (names == NULL) return -1;
  int status = PyModule_AddObjectRef(module, "FUNCTIONS", names);
  Py_DECREF(names);
  return status;
}
