/* Node: base of the proxies of lists, tuples, sets and dicts in a value. What a program does most with them is done
 * here, without a call of cffi: elements, keys, iteration; the classes in the package do the rest. */
#include "values.h"

#include <stddef.h>

#include "elements.h"

PyTypeObject *node_type;
Translation translation;

const deltos_object *value_of(PyObject *handle) {
  const Handle *self = (const Handle *)handle;
  if (self->kind == kObject && self->address != NULL && !self->closing && !self->consuming) return self->address;
  fail(DELTOS_E_CLOSED, "the value has been released", 0, 0);
  return NULL;
}

/* ---- From items to objects ----------------------------------------------------------------------------------------
 */

char code_of_dtype(int32_t dtype) {
  switch (dtype) {
    case DELTOS_DTYPE_I8:
      return 'b';
    case DELTOS_DTYPE_I16:
      return 'h';
    case DELTOS_DTYPE_I32:
      return 'i';
    case DELTOS_DTYPE_I64:
      return 'q';
    case DELTOS_DTYPE_U8:
      return 'B';
    case DELTOS_DTYPE_U16:
      return 'H';
    case DELTOS_DTYPE_U32:
      return 'I';
    case DELTOS_DTYPE_U64:
      return 'Q';
    case DELTOS_DTYPE_F32:
      return 'f';
    case DELTOS_DTYPE_F64:
      return 'd';
    default:
      return 0;
  }
}

Py_ssize_t size_of_code(char code) {
  switch (code) {
    case 'b':
    case 'B':
      return 1;
    case 'h':
    case 'H':
      return 2;
    case 'q':
    case 'Q':
    case 'd':
      return 8;
    default:
      return 4;
  }
}

static PyObject *node_of(PyObject *handle, const deltos_item *item) {
  if (translation.decode == NULL) {
    PyErr_SetString(PyExc_SystemError, "deltos._exporter has no classes for values");
    return NULL;
  }
  Node *self = new_object(translation.classes[item->kind - DELTOS_VALUE_LIST]);
  if (self == NULL) return NULL;
  self->handle = Py_NewRef(handle);
  self->node = item->node;
  self->step = 1;
  self->count = (Py_ssize_t)item->count;
  self->kind = item->kind;
  self->code = item->data != NULL ? code_of_dtype(item->detail) : 0;
  self->elements = self->code != 0 ? item->data : NULL;
  return (PyObject *)self;
}

PyObject *text_of_item(const deltos_item *item) {
  PyObject *text = PyUnicode_DecodeUTF8(item->data, (Py_ssize_t)item->count, NULL);
  if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
    PyErr_Clear();
    fail(DELTOS_E_CORRUPT, "a text in the value is not UTF-8", 0, 0);
  }
  return text;
}

static PyObject *array_of(PyObject *handle, const deltos_item *item) {
  deltos_view *view = NULL;
  deltos_error error;
  const deltos_object *value = value_of(handle);
  if (value == NULL) return NULL;
  if (library.value_view(value, item->node, DELTOS_VIEW_FULL_RO, &view, &error) != DELTOS_OK) {
    fail_of(&error, 1);
    return NULL;
  }
  PyObject *owner = handle_of(kView, view);
  return owner != NULL ? PyObject_CallFunction(translation.decode, "iN", DELTOS_VALUE_NDARRAY, owner) : NULL;
}

PyObject *object_of_item(PyObject *handle, const deltos_item *item) {
  switch (item->kind) {
    case DELTOS_VALUE_NULL:
      Py_RETURN_NONE;
    case DELTOS_VALUE_BOOL:
      return PyBool_FromLong((long)item->i64);
    case DELTOS_VALUE_INT:
      return PyLong_FromLongLong(item->i64);
    case DELTOS_VALUE_UINT:
      return PyLong_FromUnsignedLongLong(item->u64);
    case DELTOS_VALUE_FLOAT:
      return PyFloat_FromDouble(item->f64);
    case DELTOS_VALUE_BYTES:
      return PyBytes_FromStringAndSize(item->data, (Py_ssize_t)item->count);
    case DELTOS_VALUE_UTF8:
      return text_of_item(item);
    case DELTOS_VALUE_LIST:
    case DELTOS_VALUE_TUPLE:
    case DELTOS_VALUE_SET:
    case DELTOS_VALUE_DICT:
      return node_of(handle, item);
    case DELTOS_VALUE_NDARRAY:
      return array_of(handle, item);
    default:
      return PyObject_CallFunction(translation.decode, "iOiLKy#", (int)item->kind, handle, (int)item->detail,
                                   (long long)item->i64, (unsigned long long)item->u64, item->data,
                                   (Py_ssize_t)(item->data != NULL ? item->count : 0));
  }
}

PyObject *object_of_root(deltos_object *value, PyObject *origin) {
  PyObject *handle = handle_of(kObject, value), *result = NULL;
  deltos_item item;
  deltos_error error;
  if (handle == NULL) return NULL;
  ((Handle *)handle)->origin = Py_XNewRef(origin);
  if (library.value_read(value, 0, &item, &error) == DELTOS_OK)
    result = object_of_item(handle, &item);
  else
    fail_of(&error, 0);
  Py_DECREF(handle);
  return result;
}

PyObject *node_element(Node *self, Py_ssize_t index) {
  const int64_t place = self->start + index * self->step;
  if (self->elements != NULL) return element_get(self->code, self->elements + place * size_of_code(self->code));
  const deltos_object *value = value_of(self->handle);
  deltos_item item;
  deltos_error error;
  uint64_t given = 0;
  if (value == NULL) return NULL;
  if (library.value_children(value, self->node, (uint64_t)place, &item, 1, &given, &error) != DELTOS_OK) {
    fail_of(&error, 0);
    return NULL;
  }
  if (given == 1) return object_of_item(self->handle, &item);
  fail(DELTOS_E_CORRUPT, "a sequence in the value is shorter than it says", 0, 0);
  return NULL;
}

/* ---- All containers -----------------------------------------------------------------------------------------------
 */

static void node_dealloc(PyObject *object) {
  Py_XDECREF(((Node *)object)->handle);
  free_object(object);
}

static Py_ssize_t node_length(PyObject *self) { return ((Node *)self)->count; }

static PyObject *node_iter(PyObject *self) { return walk_over((Node *)self, kKeys, 0); }

static int node_contains(PyObject *self, PyObject *key) {
  deltos_item found;
  return node_find((Node *)self, key, &found);
}

PyDoc_STRVAR(same_doc,
             "_same($self, other, /)\n--\n\nWhether both are equal to the last kind of number; False: perhaps not.");

static PyObject *node_same(Node *self, PyObject *other) {
  uint8_t equal = 0;
  if (!PyObject_TypeCheck(other, node_type) || self->sliced || ((Node *)other)->sliced) Py_RETURN_FALSE;
  const deltos_object *a = value_of(self->handle), *b = value_of(((Node *)other)->handle);
  if (a == NULL || b == NULL) return NULL;
  deltos_error error;
  deltos_status status = library.value_equal(a, self->node, b, ((Node *)other)->node, &equal, &error);
  if (status == DELTOS_OK || status == DELTOS_E_LIMIT) return PyBool_FromLong(equal);
  fail_of(&error, 0);
  return NULL;
}

PyDoc_STRVAR(walk_doc,
             "_walk($self, what, backwards, /)\n--\n\n"
             "An iterator over elements or keys (0), values (1), or pairs of key and value (2).");

static PyObject *node_walk(Node *self, PyObject *arguments) {
  int what, backwards;
  if (!PyArg_ParseTuple(arguments, "ip:_walk", &what, &backwards)) return NULL;
  if (what < kKeys || what > kPairs || (what != kKeys && self->kind != DELTOS_VALUE_DICT)) {
    PyErr_SetString(PyExc_ValueError, "there are no values or pairs to walk over");
    return NULL;
  }
  return walk_over(self, what, backwards);
}

enum { kHandleField, kPlaceField, kSliceField };

static PyObject *node_field(Node *self, void *which) {
  switch ((int)(intptr_t)which) {
    case kHandleField:
      return Py_NewRef(self->handle);
    case kPlaceField:
      return PyLong_FromUnsignedLongLong(self->node);
    default:
      if (!self->sliced) Py_RETURN_NONE;
      return Py_BuildValue("LLn", (long long)self->start, (long long)self->step, self->count);
  }
}

static PyMethodDef node_methods[] = {{"_same", (PyCFunction)node_same, METH_O, same_doc},
                                     {"_walk", (PyCFunction)node_walk, METH_VARARGS, walk_doc},
                                     {NULL, NULL, 0, NULL}};

static PyGetSetDef node_getset[] = {
    {"_handle", (getter)node_field, NULL, "The handle of the value.", (void *)kHandleField},
    {"_place", (getter)node_field, NULL, "The number of the node.", (void *)kPlaceField},
    {"_slice", (getter)node_field, NULL, "First element, step and count of a slice; None of all elements.",
     (void *)kSliceField},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot node_slots[] = {{Py_tp_doc, "Base of containers in values."},
                                   {Py_tp_dealloc, node_dealloc},
                                   {Py_tp_methods, node_methods},
                                   {Py_tp_getset, node_getset},
                                   {Py_tp_iter, node_iter},
                                   {Py_mp_length, node_length},
                                   {Py_sq_contains, node_contains},
                                   {0, NULL}};

#define NODE_FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION)
PyType_Spec node_spec = {"deltos._exporter.Node", sizeof(Node), 0, NODE_FLAGS, node_slots};

/* ---- Sequences ----------------------------------------------------------------------------------------------------
 */

static PyObject *sequence_item(PyObject *self, Py_ssize_t index) {
  if (index >= 0 && index < ((Node *)self)->count) return node_element((Node *)self, index);
  PyErr_Format(PyExc_IndexError, "%s index out of range", ((Node *)self)->kind == DELTOS_VALUE_LIST ? "list" : "tuple");
  return NULL;
}

static PyObject *sequence_slice(Node *self, PyObject *slice) {
  Py_ssize_t start, stop, step;
  if (PySlice_Unpack(slice, &start, &stop, &step) < 0) return NULL;
  const Py_ssize_t count = PySlice_AdjustIndices(self->count, &start, &stop, step);
  Node *part = new_object(Py_TYPE((PyObject *)self));
  if (part == NULL) return NULL;
  part->handle = Py_NewRef(self->handle);
  part->node = self->node;
  part->start = count > 0 ? self->start + start * self->step : 0;
  part->step = count > 1 ? self->step * step : 1; /* of one element the step does not matter, and may be any */
  part->count = count;
  part->elements = self->elements;
  part->kind = self->kind;
  part->code = self->code;
  part->sliced = self->sliced || count != self->count || (step != 1 && count > 1);
  return (PyObject *)part;
}

static PyObject *sequence_subscript(PyObject *self, PyObject *key) {
  if (PySlice_Check(key)) return sequence_slice((Node *)self, key);
  if (!PyIndex_Check(key)) {
    const char *word = ((Node *)self)->kind == DELTOS_VALUE_LIST ? "list" : "tuple";
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(key), "__name__");
    if (name != NULL) PyErr_Format(PyExc_TypeError, "%s indices must be integers or slices, not %U", word, name);
    Py_XDECREF(name);
    return NULL;
  }
  Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
  if (index == -1 && PyErr_Occurred()) return NULL;
  return sequence_item(self, index < 0 ? index + ((Node *)self)->count : index);
}

static int sequence_contains(PyObject *self, PyObject *wanted) {
  PyObject *walk = walk_over((Node *)self, kKeys, 0), *element;
  int found = walk == NULL ? -1 : 0;
  while (found == 0 && (element = PyIter_Next(walk)) != NULL) {
    found = PyObject_RichCompareBool(element, wanted, Py_EQ);
    Py_DECREF(element);
  }
  Py_XDECREF(walk);
  return found == 0 && PyErr_Occurred() ? -1 : found;
}

static PyType_Slot sequence_node_slots[] = {{Py_tp_doc, "Base of sequences in values."},
                                            {Py_sq_item, sequence_item},
                                            {Py_mp_subscript, sequence_subscript},
                                            {Py_sq_contains, sequence_contains},
                                            {0, NULL}};

PyType_Spec sequence_node_spec = {"deltos._exporter.SequenceNode", sizeof(Node), 0, NODE_FLAGS, sequence_node_slots};

/* ---- Dicts --------------------------------------------------------------------------------------------------------
 */

void raise_key_error(PyObject *key) {
  PyObject *argument = PyTuple_Pack(1, key); /* a tuple would be taken for several arguments */
  if (argument != NULL) PyErr_SetObject(PyExc_KeyError, argument);
  Py_XDECREF(argument);
}

static PyObject *dict_subscript(PyObject *self, PyObject *key) {
  deltos_item found;
  const int status = node_find((Node *)self, key, &found);
  if (status == 1) return object_of_item(((Node *)self)->handle, &found);
  if (status == 0) raise_key_error(key);
  return NULL;
}

PyDoc_STRVAR(get_doc, "get($self, key, default=None, /)\n--\n\nThe value of a key, or the default.");

static PyObject *dict_get(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  deltos_item found;
  if (count < 1 || count > 2) {
    PyErr_Format(PyExc_TypeError, "get expected 1 or 2 arguments, got %zd", count);
    return NULL;
  }
  const int status = node_find((Node *)self, arguments[0], &found);
  if (status < 0) return NULL;
  if (status == 1) return object_of_item(((Node *)self)->handle, &found);
  return Py_NewRef(count == 2 ? arguments[1] : Py_None);
}

static PyMethodDef dict_methods[] = {{"get", (PyCFunction)(void (*)(void))dict_get, METH_FASTCALL, get_doc},
                                     {NULL, NULL, 0, NULL}};

static PyType_Slot dict_node_slots[] = {{Py_tp_doc, "Base of dicts in values."},
                                        {Py_tp_methods, dict_methods},
                                        {Py_mp_subscript, dict_subscript},
                                        {0, NULL}};

PyType_Spec dict_node_spec = {"deltos._exporter.DictNode", sizeof(Node), 0, NODE_FLAGS, dict_node_slots};

/* ---- The module's functions ---------------------------------------------------------------------------------------
 */

PyDoc_STRVAR(read_doc, "read_value(handle, node, /)\n--\n\nA node of a value as an object: a builtin, or a proxy.");

static PyObject *read_value(PyObject *module, PyObject *arguments) {
  PyObject *handle;
  unsigned long long node;
  deltos_item item;
  deltos_error error;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "O!K:read_value", handle_type, &handle, &node)) return NULL;
  const deltos_object *value = value_of(handle);
  if (value == NULL) return NULL;
  if (library.value_read(value, node, &item, &error) == DELTOS_OK) return object_of_item(handle, &item);
  fail_of(&error, 0);
  return NULL;
}

PyDoc_STRVAR(bind_doc,
             "bind_values(list, tuple, set, dict, decode, alternatives, /)\n--\n\n"
             "Hands over the classes of proxies, what makes an object of other kinds of items, and what gives the\n"
             "values that a key may be stored as.");

static PyObject *bind_values(PyObject *module, PyObject *arguments) {
  PyObject *given[kNodeClasses + 2];
  (void)module;
  if (!PyArg_ParseTuple(arguments, "OOOOOO:bind_values", &given[0], &given[1], &given[2], &given[3], &given[4],
                        &given[5]))
    return NULL;
  for (int k = 0; k < kNodeClasses; ++k)
    if (!PyType_Check(given[k]) || !PyType_IsSubtype((PyTypeObject *)given[k], node_type)) {
      PyErr_SetString(PyExc_TypeError, "the classes of proxies are derived from Node");
      return NULL;
    }
  for (int k = 0; k < kNodeClasses; ++k) translation.classes[k] = (PyTypeObject *)Py_NewRef(given[k]);
  translation.decode = Py_NewRef(given[kNodeClasses]);
  translation.alternatives = Py_NewRef(given[kNodeClasses + 1]);
  Py_RETURN_NONE;
}

PyMethodDef node_methods_of_module[] = {{"read_value", read_value, METH_VARARGS, read_doc},
                                        {"bind_values", bind_values, METH_VARARGS, bind_doc},
                                        {NULL, NULL, 0, NULL}};
