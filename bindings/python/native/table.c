/* Tables of the memory of other exporters, made without a call of cffi: for the rows of a matrix, and for collections
 * of many small arrays. Where an exporter needs a closer look the functions say None, and the package looks. */
#include <stdlib.h>
#include <string.h>

#include "types.h"

/* Bytes of an element whose format says by itself what it is, whoever exports it: one character in native order.
 * 0: others. */
static Py_ssize_t plain_size(const char *format) {
  if (format == NULL) return 1;
  const int standard = *format == '=' || *format == '<';
  if (standard || *format == '@') ++format;
  if (format[0] == '\0' || format[1] != '\0') return 0;
  if (strchr("?cbB", *format) != NULL) return 1;
  if (strchr("hHe", *format) != NULL) return 2;
  if (strchr("iIf", *format) != NULL) return 4;
  if (strchr("qQd", *format) != NULL) return 8;
  return *format == 'l' || *format == 'L' ? (standard ? 4 : (Py_ssize_t)sizeof(long)) : 0;
}

static int is_plain(const Py_buffer *buffer) { return plain_size(buffer->format) == buffer->itemsize; }

/* A table of the rows of a loan, which it takes. */
static PyObject *table_of_loan(Loan *loan, Py_ssize_t count, Py_ssize_t columns, int readonly) {
  deltos_object *made = NULL;
  deltos_error error;
  deltos_status status = library.table_wrap(loan->rows, count, columns, NULL, loan->buffers[0].format, 0,
                                            (uint8_t)readonly, return_loan, loan, &made, &error);
  if (status == DELTOS_OK) return handle_of(kObject, made);
  drop_loan(loan);
  fail_of(&error, 0);
  return NULL;
}

/* ---- The rows of one exporter -------------------------------------------------------------------------------------
 */

typedef struct {
  Py_ssize_t count, columns, stride;
} Rows;

/* How rows (axis 0) or columns lie: 1; 0 when somebody else is to look, or to say why they cannot be had. */
static int find_rows(const Py_buffer *matrix, long axis, Rows *rows) {
  if (matrix->ndim < 1 || matrix->ndim > 2 || axis < 0 || axis > 1) return 0;
  if (matrix->len == 0 || matrix->strides == NULL || matrix->suboffsets != NULL || !is_plain(matrix)) return 0;
  const int inner = matrix->ndim == 1 || axis == 1 ? 0 : 1;
  rows->columns = matrix->shape[inner];
  rows->count = matrix->ndim == 1 ? 1 : matrix->shape[1 - inner];
  rows->stride = matrix->ndim == 1 ? 0 : matrix->strides[1 - inner];
  return rows->columns == 1 || matrix->strides[inner] == matrix->itemsize;
}

/* None where the memory needs a closer look. */
static PyObject *table_of_memory(PyObject *exporter, long axis) {
  Loan *loan = new_loan(1);
  if (loan == NULL) return NULL;
  const Py_buffer *matrix = &loan->buffers[0];
  Rows rows;
  if (PyObject_GetBuffer(exporter, &loan->buffers[0], PyBUF_FULL_RO) < 0 || !find_rows(matrix, axis, &rows)) {
    PyErr_Clear();
    drop_loan(loan);
    Py_RETURN_NONE;
  }
  char **pointers = malloc((size_t)rows.count * sizeof(char *));
  if (pointers == NULL) {
    drop_loan(loan);
    return PyErr_NoMemory();
  }
  char *const first = matrix->buf;
  for (Py_ssize_t k = 0; k < rows.count; ++k) pointers[k] = first + k * rows.stride;
  loan->rows = (void **)pointers;
  return table_of_loan(loan, rows.count, rows.columns, matrix->readonly != 0);
}

/* What the library exports may be of types that a format does not say. */
static PyObject *table_of_own(Exporter *exporter, long axis) {
  deltos_view *view = exporter_acquire(exporter, 0);
  if (view == NULL) return NULL;
  deltos_object *made = NULL;
  deltos_error error;
  deltos_status status = library.table_from_view(view, (int32_t)axis, &made, &error);
  attend_loans();
  library.view_release(&view);
  collect_loans(NULL);
  if (status == DELTOS_OK) return handle_of(kObject, made);
  fail_of(&error, 0);
  return NULL;
}

PyDoc_STRVAR(table_doc,
             "table(exporter, axis, /)\n--\n\n"
             "A handle of a table of the rows (0) or columns (1) of two-dimensional memory; None where the element\n"
             "type, the layout or the exporter needs a closer look.");

static PyObject *table(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "an exporter and an axis are needed");
    return NULL;
  }
  long axis = PyLong_AsLong(arguments[1]);
  if (axis == -1 && PyErr_Occurred()) return NULL;
  collect_loans(NULL);
  if (PyObject_TypeCheck(arguments[0], exporter_type)) return table_of_own((Exporter *)arguments[0], axis);
  return table_of_memory(arguments[0], axis);
}

/* ---- Collections --------------------------------------------------------------------------------------------------
 */

static int same_format(const char *a, const char *b) {
  if (a == NULL) a = "B";
  if (b == NULL) b = "B";
  return a == b || strcmp(a, b) == 0;
}

/* Holds the memory of all exporters: 1; 0 when they are not all contiguous and of the same plain type and length. */
static int hold_rows(PyObject *exporters, Loan *loan, int *readonly) {
  const Py_buffer *first = &loan->buffers[0];
  for (Py_ssize_t k = 0; k < loan->count; ++k) {
    PyObject *exporter = PySequence_GetItem(exporters, k);
    if (exporter == NULL) return 0;
    Py_buffer *row = &loan->buffers[k];
    /* Those of the library may be of types that a format does not say. */
    int held = !PyObject_TypeCheck(exporter, exporter_type) && PyObject_GetBuffer(exporter, row, PyBUF_FULL_RO) == 0;
    Py_DECREF(exporter);
    if (!held || row->len != first->len || !is_plain(row) || !same_format(row->format, first->format) ||
        !PyBuffer_IsContiguous(row, 'A'))
      return 0;
    loan->rows[k] = row->buf;
    *readonly |= row->readonly != 0;
  }
  return 1;
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
  Loan *loan = new_loan(count);
  if (loan == NULL) return NULL;
  loan->rows = malloc((size_t)count * sizeof(void *));
  int readonly = 0;
  if (loan->rows != NULL && hold_rows(exporters, loan, &readonly))
    return table_of_loan(loan, count, loan->buffers[0].len / loan->buffers[0].itemsize, readonly);
  PyErr_Clear();
  drop_loan(loan);
  Py_RETURN_NONE;
}

PyMethodDef table_methods[] = {{"table", (PyCFunction)(void (*)(void))table, METH_FASTCALL, table_doc},
                               {"table_of_rows", table_of_rows, METH_O, table_of_rows_doc},
                               {NULL, NULL, 0, NULL}};
