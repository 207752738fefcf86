/* deltos._exporter: what an extension module made by cffi cannot do. It has a type that owns a handle of the library
 * and lets go of it without Python's help (handle.c), access to the memory of any exporter (source.c), a type with the
 * slots of the buffer protocol (exporter.c), element access without a call of cffi (memory.c, array.c, elements.c), and
 * capsules of DLPack (dlpack.c) and Arrow (arrow.c). Rows become columns in columns.c, and hash maps are looked up in
 * map.c. How it comes by the library is in library.c.
 *
 * Handles and exports are released by plain C calls; an object that dies while the interpreter ends, or a tensor that
 * dies on a thread without Python, touches nothing of Python. */
#include "arrow.h"
#include "maps.h"

static int add_type(PyObject *module, PyType_Spec *spec, const char *name, PyTypeObject *base, PyTypeObject **keep) {
  PyObject *type = PyType_FromModuleAndSpec(module, spec, (PyObject *)base);
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
  } kinds[] = {{"STORAGE", kStorage}, {"SNAPSHOT", kSnapshot}, {"TRANSACTION", kTransaction}, {"OBJECT", kObject},
               {"CURSOR", kCursor},   {"VIEW", kView},         {"BUILDER", kBuilder},         {"SCHEMA", kSchema}};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; ++k)
    if (PyModule_AddIntConstant(module, kinds[k].name, kinds[k].value) < 0) return -1;
  if (library_exec(module) < 0 || iterator_exec(module) < 0 || PyModule_AddFunctions(module, memory_methods) < 0 ||
      PyModule_AddFunctions(module, table_methods) < 0 || PyModule_AddFunctions(module, arrow_methods) < 0 ||
      PyModule_AddFunctions(module, node_methods_of_module) < 0 || PyModule_AddFunctions(module, packing_methods) < 0 ||
      PyModule_AddFunctions(module, copying_methods) < 0 || walk_exec(module) < 0 || record_exec(module) < 0 ||
      PyModule_AddFunctions(module, columns_functions) < 0 || columns_exec() < 0 ||
      PyModule_AddFunctions(module, map_functions) < 0 || map_walk_exec(module) < 0)
    return -1;
  if (add_type(module, &handle_spec, "Handle", NULL, &handle_type) < 0) return -1;
  if (add_type(module, &source_spec, "Source", NULL, NULL) < 0) return -1;
  if (add_type(module, &exporter_spec, "Exporter", NULL, &exporter_type) < 0) return -1;
  if (add_type(module, &memory_spec, "Memory", exporter_type, NULL) < 0) return -1;
  if (add_type(module, &columns_spec, "Columns", NULL, NULL) < 0) return -1;
  if (add_type(module, &node_spec, "Node", NULL, &node_type) < 0) return -1;
  if (add_type(module, &sequence_node_spec, "SequenceNode", node_type, NULL) < 0) return -1;
  if (add_type(module, &dict_node_spec, "DictNode", node_type, NULL) < 0) return -1;
  if (add_type(module, &map_spec, "Map", NULL, &map_type) < 0) return -1;
  return add_type(module, &growable_spec, "Growable", exporter_type, NULL);
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
