/* Tables of the memory of other exporters, made without a call of cffi: for the rows of a matrix, and for collections
 * of many small arrays. Where an exporter needs a closer look the functions say None, and the package looks. */
#include <stdlib.h>
#include <string.h>

#include "types.h"

/* Whether a format says by itself what its elements are, whoever exports it: one character in native order. */
static int is_plain(const char *format) {
  if (format == NULL) return 1;
  if (*format == '@' || *format == '=' || *format == '<') ++format;
  return format[0] != '\0' && format[1] == '\0';
}

/* The memory of any exporter as a view of the library: 1; 0 when the package is to look at it; -1 with the reason. */
static int view_of_exporter(PyObject *exporter, deltos_view **view) {
  if (PyObject_TypeCheck(exporter, exporter_type)) {
    *view = exporter_acquire((Exporter *)exporter, 0);
    return *view != NULL ? 1 : -1;
  }
  Loan *loan = new_loan(1);
  if (loan == NULL) return -1;
  if (PyObject_GetBuffer(exporter, &loan->buffers[0], PyBUF_FULL_RO) < 0 || !is_plain(loan->buffers[0].format)) {
    PyErr_Clear();
    drop_loan(loan);
    return 0;
  }
  deltos_view layout;
  deltos_error error;
  describe(&loan->buffers[0], &layout);
  if (library.view_wrap(&layout, return_loan, loan, view, &error) == DELTOS_OK) return 1;
  drop_loan(loan);
  return fail(error.status, error.message, error.os_errno, 0);
}

PyDoc_STRVAR(table_doc,
             "table(exporter, axis, /)\n--\n\n"
             "A handle of a table of the rows (0) or columns (1) of two-dimensional memory; None where the element\n"
             "type or the exporter needs a closer look.");

static PyObject *table(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "an exporter and an axis are needed");
    return NULL;
  }
  long axis = PyLong_AsLong(arguments[1]);
  if (axis == -1 && PyErr_Occurred()) return NULL;
  collect_loans(NULL);
  deltos_view *view = NULL;
  deltos_object *made = NULL;
  deltos_error error;
  int found = view_of_exporter(arguments[0], &view);
  if (found < 0) return NULL;
  if (found == 0) Py_RETURN_NONE;
  deltos_status status = library.table_from_view(view, (int32_t)axis, &made, &error);
  attend_loans();
  library.view_release(&view);
  collect_loans(NULL);
  if (status == DELTOS_OK) return handle_of(kObject, made);
  fail(error.status, error.message, error.os_errno, 0);
  return NULL;
}

/* ---- Collections --------------------------------------------------------------------------------------------------
 */

static int same_format(const char *a, const char *b) {
  if (a == NULL) a = "B";
  if (b == NULL) b = "B";
  return a == b || strcmp(a, b) == 0;
}

/* Holds the memory of all exporters: 1; 0 when they are not all contiguous and of the same plain type and length. */
static int hold_rows(PyObject *exporters, Loan *loan, void **rows, int *readonly) {
  const Py_buffer *first = &loan->buffers[0];
  for (Py_ssize_t k = 0; k < loan->count; ++k) {
    PyObject *exporter = PySequence_GetItem(exporters, k);
    if (exporter == NULL) return 0;
    Py_buffer *row = &loan->buffers[k];
    /* Those of the library may be of types that a format does not say. */
    int held = !PyObject_TypeCheck(exporter, exporter_type) && PyObject_GetBuffer(exporter, row, PyBUF_FULL_RO) == 0;
    Py_DECREF(exporter);
    if (!held || row->len != first->len || row->itemsize != first->itemsize || !is_plain(row->format) ||
        !same_format(row->format, first->format) || !PyBuffer_IsContiguous(row, 'A'))
      return 0;
    rows[k] = row->buf;
    *readonly |= row->readonly != 0;
  }
  return 1;
}

static PyObject *table_of_loan(Loan *loan, void **rows, int readonly) {
  const Py_buffer *first = &loan->buffers[0];
  deltos_object *made = NULL;
  deltos_error error;
  deltos_status status =
      library.table_wrap(rows, loan->count, first->itemsize > 0 ? first->len / first->itemsize : 0, NULL, first->format,
                         0, (uint8_t)readonly, return_loan, loan, &made, &error);
  if (status == DELTOS_OK) return handle_of(kObject, made);
  drop_loan(loan);
  fail(error.status, error.message, error.os_errno, 0);
  return NULL;
}

PyDoc_STRVAR(
    table_of_rows_doc,
    "table_of_rows(exporters, /)\n--\n\n"
    "A handle of a table that has a list or tuple of contiguous exporters as its rows; None where they need a\n"
    "closer look.");

static PyObject *table_of_rows(PyObject *module, PyObject *exporters) {
  (void)module;
  Py_ssize_t count = PySequence_Size(exporters);
  if (count < 0) return NULL;
  if (count == 0) Py_RETURN_NONE;
  collect_loans(NULL);
  /* The pointers lie behind the buffers, so that they go with them. */
  Py_ssize_t extra = (count + 9) / 10;
  Loan *loan = new_loan(count + extra);
  if (loan == NULL) return NULL;
  loan->count = count;
  void **rows = (void **)(loan->buffers + count);
  int readonly = 0;
  if (hold_rows(exporters, loan, rows, &readonly)) return table_of_loan(loan, rows, readonly);
  PyErr_Clear();
  drop_loan(loan);
  Py_RETURN_NONE;
}

PyMethodDef table_methods[] = {{"table", (PyCFunction)(void (*)(void))table, METH_FASTCALL, table_doc},
                               {"table_of_rows", table_of_rows, METH_O, table_of_rows_doc},
                               {NULL, NULL, 0, NULL}};

_Static_assert(sizeof(Py_buffer) == 10 * sizeof(void *), "a buffer has room for ten pointers");
