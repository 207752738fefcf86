/* The library as the sources of deltos._exporter use it. Nothing of this is visible outside the module. */
#ifndef DELTOS_PYTHON_LIBRARY_H
#define DELTOS_PYTHON_LIBRARY_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <deltos/deltos.h>

/* The functions of the library that the module calls; filled by bind(). */
struct deltos_functions {
  deltos_status (*view_acquire)(const deltos_object *, int32_t, deltos_view **, deltos_error *);
  void (*view_release)(deltos_view **);
  void (*storage_detach)(deltos_storage **);
  void (*snapshot_release)(deltos_snapshot **);
  void (*transaction_abort)(deltos_transaction **);
  void (*object_release)(deltos_object **);
  void (*cursor_release)(deltos_cursor **);
};
extern struct deltos_functions library;

/* Raises the error that a status becomes, as an export's where it is one. -1. */
int fail(int32_t status, const char *message, int os_errno, int export);

/* Gives back the memory of Python objects that the library has let go of on other threads; 0.
 * Fit for Py_AddPendingCall(). */
int collect_loans(void *unused);

/* bind() and lend() of the module. */
extern PyMethodDef library_methods[];

#endif
