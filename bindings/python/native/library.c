/* What deltos._exporter has of the library: its functions, its failures as exceptions, and the memory lent to it.
 *
 * The module links nothing of the library: bind() hands over the addresses of the few functions it calls, so that a
 * process has one copy of the library, that inside deltos._ffi. */
#include "library.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct deltos_functions library;

static PyObject *raise_status; /* called with (status, message, os_errno, export) and raises */

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

/* ---- Memory of Python objects that the library uses ----------------------------------------------------------------
 * The library lets go of it on any thread, with or without the GIL, perhaps after the interpreter has ended. So the
 * callback only puts it on a list, and whoever comes by with the GIL empties that. */

typedef struct Loan {
  Py_buffer buffer;
  struct Loan *next;
} Loan;

static _Atomic(Loan *) returned_loans;

int collect_loans(void *unused) {
  (void)unused;
  Loan *loan =
      atomic_load_explicit(&returned_loans, memory_order_relaxed) ? atomic_exchange(&returned_loans, NULL) : NULL;
  while (loan != NULL) {
    Loan *next = loan->next;
    PyBuffer_Release(&loan->buffer);
    free(loan);
    loan = next;
  }
  return 0;
}

static void return_loan(void *user) {
  Loan *loan = user;
  loan->next = atomic_load(&returned_loans);
  while (!atomic_compare_exchange_weak(&returned_loans, &loan->next, loan)) {
  }
  if (Py_IsInitialized()) (void)Py_AddPendingCall(collect_loans, NULL);
}

PyDoc_STRVAR(lend_doc,
             "lend(exporter, /)\n--\n\n"
             "Holds the memory of an exporter until the library returns it.\n\n"
             "Returns its address and size, and the release callback and its argument, as numbers.");

static PyObject *lend(PyObject *module, PyObject *exporter) {
  (void)module;
  collect_loans(NULL);
  Loan *loan = calloc(1, sizeof *loan);
  if (loan == NULL) return PyErr_NoMemory();
  if (PyObject_GetBuffer(exporter, &loan->buffer, PyBUF_SIMPLE) < 0) {
    free(loan);
    return NULL;
  }
  return Py_BuildValue("KnKK", (unsigned long long)(uintptr_t)loan->buffer.buf, loan->buffer.len,
                       (unsigned long long)(uintptr_t)return_loan, (unsigned long long)(uintptr_t)loan);
}

PyDoc_STRVAR(bind_doc,
             "bind(addresses, raise_status, /)\n--\n\n"
             "Hands over the library: the addresses of view_acquire, view_release, storage_detach, snapshot_release,\n"
             "transaction_abort, object_release and cursor_release, and what turns a failure into an exception.");

static PyObject *bind(PyObject *module, PyObject *arguments) {
  unsigned long long address[7];
  PyObject *raise;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "(KKKKKKK)O:bind", &address[0], &address[1], &address[2], &address[3], &address[4],
                        &address[5], &address[6], &raise))
    return NULL;
  library.view_acquire = (deltos_status(*)(const deltos_object *, int32_t, deltos_view **, deltos_error *))address[0];
  library.view_release = (void (*)(deltos_view **))address[1];
  library.storage_detach = (void (*)(deltos_storage **))address[2];
  library.snapshot_release = (void (*)(deltos_snapshot **))address[3];
  library.transaction_abort = (void (*)(deltos_transaction **))address[4];
  library.object_release = (void (*)(deltos_object **))address[5];
  library.cursor_release = (void (*)(deltos_cursor **))address[6];
  PyObject *old = raise_status;
  raise_status = Py_NewRef(raise);
  Py_XDECREF(old);
  Py_RETURN_NONE;
}

PyMethodDef library_methods[] = {
    {"bind", bind, METH_VARARGS, bind_doc}, {"lend", lend, METH_O, lend_doc}, {NULL, NULL, 0, NULL}};
