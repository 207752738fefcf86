/* T** memory of deltos.compat.indirect_buffer for extension modules in C, C++ and Cython: wraps a T**, and gives one.
 *
 *     PyObject *memory = IndirectMemory2D.from_ptr(rows, 2, 3, format, 0);
 *     double **taken = (double **)IndirectMemory2D.as_ptr(memory);
 *
 * Everything is reached by calls of Python: nothing is to be linked or imported before, and a module that was compiled
 * once, also with the limited API, works with every version of the package. The caller holds the GIL. What gives an
 * object gives a new reference, or NULL with an exception set; formats are str or bytes, as in the struct module.
 * deltos.compat.indirect_buffer.get_include() tells where this file lies. */
#ifndef DELTOS_INDIRECT_MEMORY_2D_H
#define DELTOS_INDIRECT_MEMORY_2D_H

#include <Python.h>

#ifdef __cplusplus
extern "C" {
#endif

struct deltos_indirect_memory_2d {
  /* New memory: rows of zeros. */
  PyObject *(*create)(Py_ssize_t rows, Py_ssize_t cols, PyObject *format, int readonly);

  /* Rows that there are. They, and their pointers, stay the caller's, and must outlive the last view of the memory. */
  PyObject *(*from_ptr)(void *ptr, Py_ssize_t rows, Py_ssize_t cols, PyObject *format, int readonly);

  /* The same; holds any object until the last view of the memory has gone. */
  PyObject *(*from_ptr_with_memory_nanny)(void *ptr, Py_ssize_t rows, Py_ssize_t cols, PyObject *format, int readonly,
                                          PyObject *memory_nanny);

  /* The same; then calls a function, with the GIL held and maybe on another thread. NULL calls nothing: the rows are
   * still the caller's. */
  PyObject *(*from_ptr_with_release)(void *ptr, Py_ssize_t rows, Py_ssize_t cols, PyObject *format, int readonly,
                                     void (*release)(void *ptr));

  /* Rows or columns of memory that an object exports; without a copy. */
  PyObject *(*cy_view_from_rows)(PyObject *exporter, int readonly);
  PyObject *(*cy_view_from_columns)(PyObject *exporter, int readonly);

  /* The row pointers: of an IndirectMemory2D, a BufferCollection2D or any object with the attribute ptr. They hold for
   * as long as the object or a view of it lives. NULL with an exception set when there are none. */
  void **(*as_ptr)(PyObject *memory);
};

static inline PyObject *deltos_indirect_class(void) {
  PyObject *module = PyImport_ImportModule("deltos.compat.indirect_buffer.buffer_impl");
  PyObject *found = module != NULL ? PyObject_GetAttrString(module, "IndirectMemory2D") : NULL;
  Py_XDECREF(module);
  return found;
}

static inline PyObject *deltos_indirect_create(Py_ssize_t rows, Py_ssize_t cols, PyObject *format, int readonly) {
  PyObject *type = deltos_indirect_class();
  PyObject *made = type != NULL ? PyObject_CallMethod(type, "create", "nnOi", rows, cols, format, readonly) : NULL;
  Py_XDECREF(type);
  return made;
}

static inline PyObject *deltos_indirect_from_ptr_with_memory_nanny(void *ptr, Py_ssize_t rows, Py_ssize_t cols,
                                                                   PyObject *format, int readonly,
                                                                   PyObject *memory_nanny) {
  PyObject *type = deltos_indirect_class(), *address = PyLong_FromVoidPtr(ptr), *made = NULL;
  if (type != NULL && address != NULL)
    made = PyObject_CallMethod(type, "from_ptr_with_memory_nanny", "OnnOiO", address, rows, cols, format, readonly,
                               memory_nanny);
  Py_XDECREF(address);
  Py_XDECREF(type);
  return made;
}

static inline PyObject *deltos_indirect_from_ptr(void *ptr, Py_ssize_t rows, Py_ssize_t cols, PyObject *format,
                                                 int readonly) {
  return deltos_indirect_from_ptr_with_memory_nanny(ptr, rows, cols, format, readonly, Py_None);
}

struct deltos_indirect_release {
  void (*release)(void *ptr);
  void *ptr;
};

static inline void deltos_indirect_let_go(PyObject *capsule) {
  struct deltos_indirect_release *kept =
      (struct deltos_indirect_release *)PyCapsule_GetPointer(capsule, "deltos.indirect_buffer");
  if (kept != NULL && kept->release != NULL) kept->release(kept->ptr);
  PyMem_Free(kept);
}

static inline PyObject *deltos_indirect_from_ptr_with_release(void *ptr, Py_ssize_t rows, Py_ssize_t cols,
                                                              PyObject *format, int readonly,
                                                              void (*release)(void *ptr)) {
  struct deltos_indirect_release *kept = (struct deltos_indirect_release *)PyMem_Malloc(sizeof *kept);
  if (kept == NULL) return PyErr_NoMemory();
  kept->release = NULL;
  kept->ptr = ptr;
  PyObject *nanny = PyCapsule_New(kept, "deltos.indirect_buffer", deltos_indirect_let_go);
  if (nanny == NULL) {
    PyMem_Free(kept);
    return NULL;
  }
  PyObject *made = deltos_indirect_from_ptr_with_memory_nanny(ptr, rows, cols, format, readonly, nanny);
  if (made != NULL) kept->release = release;
  Py_DECREF(nanny);
  return made;
}

static inline PyObject *deltos_indirect_view(const char *method, PyObject *exporter, int readonly) {
  PyObject *type = deltos_indirect_class();
  PyObject *made = type != NULL ? PyObject_CallMethod(type, method, "Oi", exporter, readonly) : NULL;
  Py_XDECREF(type);
  return made;
}

static inline PyObject *deltos_indirect_view_from_rows(PyObject *exporter, int readonly) {
  return deltos_indirect_view("view_from_rows", exporter, readonly);
}

static inline PyObject *deltos_indirect_view_from_columns(PyObject *exporter, int readonly) {
  return deltos_indirect_view("view_from_columns", exporter, readonly);
}

static inline void **deltos_indirect_as_ptr(PyObject *memory) {
  PyObject *address = PyObject_GetAttrString(memory, "ptr");
  void **rows = address != NULL ? (void **)PyLong_AsVoidPtr(address) : NULL;
  Py_XDECREF(address);
  if (rows == NULL && !PyErr_Occurred()) PyErr_SetString(PyExc_BufferError, "the memory has no row pointers");
  return rows;
}

static const struct deltos_indirect_memory_2d IndirectMemory2D = {
    deltos_indirect_create,
    deltos_indirect_from_ptr,
    deltos_indirect_from_ptr_with_memory_nanny,
    deltos_indirect_from_ptr_with_release,
    deltos_indirect_view_from_rows,
    deltos_indirect_view_from_columns,
    deltos_indirect_as_ptr,
};

#ifdef __cplusplus
}
#endif

#endif
