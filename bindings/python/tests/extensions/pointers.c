/* An extension module, in the limited API, in C and in C++, that wraps a T** and takes one. */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <indirect_memory_2d.h>
#include <stdlib.h>

static long freed;

static void discard(double **rows) {
  free(rows[0]);
  free(rows);
}

static void release(void *ptr) {
  discard((double **)ptr);
  ++freed;
}

/* Two rows of two, counted from 1. */
static double **made(void) {
  double **rows = (double **)malloc(2 * sizeof *rows), *cells = (double *)malloc(4 * sizeof *cells);
  if (rows == NULL || cells == NULL) abort();
  for (int k = 0; k < 4; ++k) cells[k] = k + 1;
  rows[0] = cells;
  rows[1] = cells + 2;
  return rows;
}

static PyObject *wrap(PyObject *module, PyObject *format) {
  (void)module;
  double **rows = made();
  PyObject *memory = IndirectMemory2D.from_ptr_with_release(rows, 2, 2, format, 0, release);
  if (memory == NULL) discard(rows); /* they are still ours */
  return memory;
}

static PyObject *count_freed(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  return PyLong_FromLong(freed);
}

static PyObject *wrap_for(PyObject *module, PyObject *nanny) {
  static int cells[3] = {1, 2, 3};
  static int *rows[1] = {cells};
  (void)module;
  PyObject *format = PyUnicode_FromString("i");
  if (format == NULL) return NULL;
  PyObject *memory = nanny == Py_None ? IndirectMemory2D.from_ptr(rows, 1, 3, format, 1)
                                      : IndirectMemory2D.from_ptr_with_memory_nanny(rows, 1, 3, format, 0, nanny);
  Py_DECREF(format);
  return memory;
}

static PyObject *sum(PyObject *module, PyObject *arguments) {
  PyObject *memory;
  Py_ssize_t rows, cols;
  double total = 0;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "Onn", &memory, &rows, &cols)) return NULL;
  double **taken = (double **)IndirectMemory2D.as_ptr(memory);
  if (taken == NULL) return NULL;
  for (Py_ssize_t i = 0; i < rows; ++i)
    for (Py_ssize_t j = 0; j < cols; ++j) total += taken[i][j];
  return PyFloat_FromDouble(total);
}

static PyObject *create(PyObject *module, PyObject *arguments) {
  Py_ssize_t rows, cols;
  PyObject *format;
  int readonly;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "nnOi", &rows, &cols, &format, &readonly)) return NULL;
  return IndirectMemory2D.create(rows, cols, format, readonly);
}

static PyObject *rows_of(PyObject *module, PyObject *exporter) {
  (void)module;
  return IndirectMemory2D.cy_view_from_rows(exporter, 0);
}

static PyObject *columns_of(PyObject *module, PyObject *exporter) {
  (void)module;
  return IndirectMemory2D.cy_view_from_columns(exporter, 1);
}

static PyMethodDef methods[] = {{"wrap", wrap, METH_O, NULL},
                                {"freed", count_freed, METH_NOARGS, NULL},
                                {"wrap_for", wrap_for, METH_O, NULL},
                                {"sum", sum, METH_VARARGS, NULL},
                                {"create", create, METH_VARARGS, NULL},
                                {"rows_of", rows_of, METH_O, NULL},
                                {"columns_of", columns_of, METH_O, NULL},
                                {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "pointers", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_pointers(void) { return PyModule_Create(&definition); }
