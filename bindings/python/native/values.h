/* Proxies of values, as the sources of deltos._exporter share them. */
#ifndef DELTOS_PYTHON_VALUES_H
#define DELTOS_PYTHON_VALUES_H

#include "types.h"

/* A container in a value, or some elements of a sequence. Immutable. */
typedef struct {
  PyObject_HEAD PyObject *handle; /* the Handle of the value */
  uint64_t node;
  int64_t start, step; /* element i is element start + i * step of the container */
  Py_ssize_t count;
  const char *elements; /* of the container, where they lie as numbers; else NULL */
  int32_t kind;
  char code;   /* of those numbers */
  char sliced; /* not simply the container */
} Node;

enum { kListClass, kTupleClass, kSetClass, kDictClass, kNodeClasses };

/* What the package has handed over by bind_values(): a class for each container, what makes objects of all that is
 * neither container nor a simple scalar, and what else a key may be stored as. NULL before. */
typedef struct {
  PyTypeObject *classes[kNodeClasses];
  PyObject *decode, *alternatives;
} Translation;
extern Translation translation;

/* The value that a handle stands for, or NULL with the reason raised. */
const deltos_object *value_of(PyObject *handle);

/* The format character of a dtype of numbers, and the bytes of one; 0: of another dtype. */
char code_of_dtype(int32_t dtype);
Py_ssize_t size_of_code(char code);

/* What a node is, as an object of Python. */
PyObject *object_of_item(PyObject *handle, const deltos_item *item);

/* A text as an object of Python; one that is damaged is an error. */
PyObject *text_of_item(const deltos_item *item);

/* What a value is that has been opened, which is taken. */
PyObject *object_of_root(deltos_object *value, PyObject *origin);

/* Raises KeyError, with the key. */
void raise_key_error(PyObject *key);

/* Element i of a sequence, which there is. */
PyObject *node_element(Node *self, Py_ssize_t index);

/* What a walk gives: elements of a sequence or set and keys of a dict; its values; or pairs of both. */
enum { kKeys, kValues, kPairs };
PyObject *walk_over(Node *node, int what, int backwards);

/* Looks for a key, or a member, by Python's equality of numbers: 1, 0, or -1 with an error set. */
int node_find(Node *self, PyObject *key, deltos_item *found);

/* Reads a list or tuple of numbers into memory, 8 bytes for each, and makes them as narrow as they fit. Their dtype, or
 * 0 where not all are exactly ints, or floats, that one type holds. */
int32_t read_numbers(PyObject *sequence, int is_list, void *memory, Py_ssize_t count);

/* Puts an object into a builder, as put() of the module: 0, or -1 with the reason raised. */
int put_value(deltos_builder *builder, PyObject *object, PyObject *describe, PyObject *trail);

/* Whether an object is a record table; the record of a row of one, or NULL with the reason raised. */
int is_records(PyObject *object);
PyObject *record_at(PyObject *records, uint64_t row);

extern PyType_Spec node_spec, sequence_node_spec, dict_node_spec;
extern PyTypeObject *node_type;
int walk_exec(PyObject *module);
int record_exec(PyObject *module);

/* read_value() and bind_values(); put(); copied(). */
extern PyMethodDef node_methods_of_module[], packing_methods[], copying_methods[];

#endif
