/* PyCapsules with the structures of Arrow's C data interface. Whoever takes one moves the structure out and marks what
 * is left as released; a capsule that nobody has taken releases what it holds. */
#include "arrow.h"

#include <stdlib.h>
#include <string.h>

#define CAPSULE_DROPPED(function, type, name)         \
  static void function(PyObject *capsule) {           \
    type *held = PyCapsule_GetPointer(capsule, name); \
    if (held->release != NULL) held->release(held);   \
    free(held);                                       \
    collect_loans(NULL);                              \
  }
CAPSULE_DROPPED(schema_dropped, struct ArrowSchema, "arrow_schema")
CAPSULE_DROPPED(array_dropped, struct ArrowArray, "arrow_array")
CAPSULE_DROPPED(stream_dropped, struct ArrowArrayStream, "arrow_array_stream")
#undef CAPSULE_DROPPED

static const struct {
  const char *name;
  size_t bytes;
  PyCapsule_Destructor dropped;
} kinds[] = {{"arrow_schema", sizeof(struct ArrowSchema), schema_dropped},
             {"arrow_array", sizeof(struct ArrowArray), array_dropped},
             {"arrow_array_stream", sizeof(struct ArrowArrayStream), stream_dropped}};

/* A capsule of a structure that is released, and where it is. */
static PyObject *empty_capsule(size_t kind, void **structure) {
  *structure = calloc(1, kinds[kind].bytes);
  if (*structure == NULL) return PyErr_NoMemory();
  PyObject *capsule = PyCapsule_New(*structure, kinds[kind].name, kinds[kind].dropped);
  if (capsule == NULL) free(*structure);
  return capsule;
}

PyObject *arrow_capsules(deltos_view *view) {
  void *schema, *array;
  deltos_error error;
  PyObject *pair = NULL, *of_schema = empty_capsule(0, &schema), *of_array = NULL;
  if (of_schema != NULL) of_array = empty_capsule(1, &array);
  if (of_array != NULL && library.view_to_arrow(view, schema, array, &error) == DELTOS_OK)
    pair = PyTuple_Pack(2, of_schema, of_array);
  else if (of_array != NULL)
    fail_of(&error, 0);
  library.view_release(&view);
  Py_XDECREF(of_schema);
  Py_XDECREF(of_array);
  return pair;
}

PyDoc_STRVAR(arrow_capsule_doc,
             "arrow_capsule(name, /)\n--\n\n"
             "A capsule of an empty structure: \"arrow_schema\", \"arrow_array\" or \"arrow_array_stream\"; and its\n"
             "address.");

static PyObject *arrow_capsule(PyObject *module, PyObject *name) {
  (void)module;
  for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; ++kind) {
    if (!PyUnicode_Check(name) || PyUnicode_CompareWithASCIIString(name, kinds[kind].name) != 0) continue;
    void *structure;
    PyObject *capsule = empty_capsule(kind, &structure);
    return capsule == NULL ? NULL : Py_BuildValue("NK", capsule, (unsigned long long)(uintptr_t)structure);
  }
  return PyErr_Format(PyExc_ValueError, "%R is not a capsule of Arrow", name);
}

PyDoc_STRVAR(arrow_address_doc,
             "arrow_address(capsule, name, /)\n--\n\n"
             "The address of the structure in a capsule that somebody else has made.");

static PyObject *arrow_address(PyObject *module, PyObject *arguments) {
  PyObject *capsule;
  const char *name;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "Os:arrow_address", &capsule, &name)) return NULL;
  void *structure = PyCapsule_GetPointer(capsule, name);
  return structure == NULL ? NULL : PyLong_FromVoidPtr(structure);
}

PyMethodDef arrow_methods[] = {{"arrow_capsule", arrow_capsule, METH_O, arrow_capsule_doc},
                               {"arrow_address", arrow_address, METH_VARARGS, arrow_address_doc},
                               {NULL, NULL, 0, NULL}};
