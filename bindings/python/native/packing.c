/* put(): writes a Python object into the builder of a value. Builtins are read here, many to a call of the library;
 * all others are told by a function of the package. */
#include <stdlib.h>
#include <string.h>

#include "values.h"

enum { kEvents = 128, kDeepest = 512, kBulk = 16, kLongText = 64 };

/* Objects that may be met again: they are stored once, and containers may hold themselves. */
typedef struct {
  PyObject **slots; /* owned: an address belongs to one object as long as that lives */
  size_t used, room;
} Seen;

typedef struct {
  deltos_builder *builder;
  PyObject *describe; /* what tells of other objects */
  PyObject *trail;    /* a list: where the failure is, from inside to outside */
  Seen seen;
  int depth;
  unsigned pending;
  deltos_item items[kEvents];
  PyObject *holders[kEvents]; /* what the data of an item belongs to, or NULL */
} Packing;

static int put_object(Packing *self, PyObject *object, int references);

static int flush(Packing *self) {
  deltos_error error;
  const unsigned count = self->pending;
  deltos_status status = DELTOS_OK;
  self->pending = 0;
  if (count != 0) status = library.value_builder_put(self->builder, self->items, count, &error);
  for (unsigned k = 0; k < count; ++k) Py_CLEAR(self->holders[k]);
  return status == DELTOS_OK ? 0 : fail_of(&error, 0);
}

static int put_item(Packing *self, deltos_item item, PyObject *holder) {
  if (self->pending == kEvents && flush(self) < 0) return -1;
  self->holders[self->pending] = holder != NULL ? Py_NewRef(holder) : NULL;
  self->items[self->pending++] = item;
  return 0;
}

static int put_kind(Packing *self, int32_t kind, uint64_t name) {
  const deltos_item item = {.kind = kind, .node = name};
  return put_item(self, item, NULL);
}

/* Notes a step of the way to what has failed; -1. A NULL step: the failure is said without it. */
static int failed_at(Packing *self, PyObject *step) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  if (step != NULL) (void)PyList_Append(self->trail, step);
  Py_XDECREF(step);
  PyErr_Restore(type, value, trace);
  return -1;
}

static int failed_at_key(Packing *self, const char *format, PyObject *key) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyObject *step = PyUnicode_FromFormat(format, key);
  PyErr_Clear();
  PyErr_Restore(type, value, trace);
  return failed_at(self, step);
}

static int failed_at_index(Packing *self, Py_ssize_t index) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyObject *step = PyUnicode_FromFormat("[%zd]", index);
  PyErr_Clear();
  PyErr_Restore(type, value, trace);
  return failed_at(self, step);
}

/* ---- Objects that are met again -----------------------------------------------------------------------------------
 */

static uint64_t name_of(const PyObject *object) { return (uint64_t)(uintptr_t)object >> 4; }

static PyObject **slot_of(const Seen *seen, const PyObject *object) {
  size_t place = (size_t)(name_of(object) * 0x9E3779B97F4A7C15u >> 20) & (seen->room - 1);
  while (seen->slots[place] != NULL && seen->slots[place] != object) place = (place + 1) & (seen->room - 1);
  return &seen->slots[place];
}

static int make_room(Seen *seen) {
  if (2 * seen->used < seen->room) return 0;
  Seen larger = {NULL, seen->used, seen->room != 0 ? 2 * seen->room : 64};
  larger.slots = calloc(larger.room, sizeof *larger.slots);
  if (larger.slots == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  for (size_t k = 0; k < seen->room; ++k)
    if (seen->slots[k] != NULL) *slot_of(&larger, seen->slots[k]) = seen->slots[k];
  free(seen->slots);
  *seen = larger;
  return 0;
}

/* 1: the object is in the value already, and now once more. 0: it is to be put. Nobody else has an object with so many
 * references. */
static int put_again(Packing *self, PyObject *object, int references) {
  if (Py_REFCNT(object) <= references || self->seen.room == 0 || *slot_of(&self->seen, object) == NULL) return 0;
  return put_kind(self, DELTOS_VALUE_SHARE, name_of(object)) < 0 ? -1 : 1;
}

/* Remembers an object that has not been seen: -1 when there is no memory. Sets the name to put it under; 0: none. */
static int remember(Packing *self, PyObject *object, int references, uint64_t *name) {
  *name = 0;
  if (Py_REFCNT(object) <= references) return 0;
  if (make_room(&self->seen) < 0) return -1;
  *slot_of(&self->seen, object) = Py_NewRef(object);
  ++self->seen.used;
  *name = name_of(object);
  return 0;
}

/* ---- Scalars ------------------------------------------------------------------------------------------------------
 */

static int put_integer(Packing *self, PyObject *object) {
  int overflow = 0;
  deltos_item item = {.kind = DELTOS_VALUE_INT};
  item.i64 = PyLong_AsLongLongAndOverflow(object, &overflow);
  if (overflow == 0) return put_item(self, item, NULL);
  item.kind = DELTOS_VALUE_UINT;
  item.i64 = 0;
  item.u64 = overflow > 0 ? PyLong_AsUnsignedLongLong(object) : 0;
  if (overflow > 0 && !PyErr_Occurred()) return put_item(self, item, NULL);
  PyErr_Clear();
  return fail(DELTOS_E_LIMIT, "an int of a value is from -2**63 to 2**64-1: store a larger one as Decimal or str", 0,
              0);
}

/* Text or bytes: the library finds again what is short. */
static int put_long(Packing *self, deltos_item item, uint64_t bytes, PyObject *object, int references) {
  item.count = bytes;
  if (bytes < kLongText) return put_item(self, item, object);
  const int again = put_again(self, object, references);
  if (again != 0) return again < 0 ? -1 : 0;
  return remember(self, object, references, &item.node) < 0 ? -1 : put_item(self, item, object);
}

static int put_text(Packing *self, PyObject *object, int references) {
  Py_ssize_t bytes;
  deltos_item item = {.kind = DELTOS_VALUE_UTF8};
  item.data = PyUnicode_AsUTF8AndSize(object, &bytes);
  if (item.data == NULL) {
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
    PyErr_Clear();
    return fail(DELTOS_E_INVALID, "the text has half of a surrogate pair, which is not Unicode: store it as bytes", 0,
                0);
  }
  return put_long(self, item, (uint64_t)bytes, object, references);
}

static int put_bytes(Packing *self, PyObject *object, int references) {
  const deltos_item item = {.kind = DELTOS_VALUE_BYTES, .data = PyBytes_AsString(object)};
  return put_long(self, item, (uint64_t)PyBytes_Size(object), object, references);
}

/* 1 where a simple scalar has been put, 0 where it is something else. */
static int put_scalar(Packing *self, PyObject *object, int references) {
  deltos_item item = {.kind = DELTOS_VALUE_NULL};
  int status;
  if (PyUnicode_Check(object)) {
    status = put_text(self, object, references);
  } else if (PyBool_Check(object)) {
    item.kind = DELTOS_VALUE_BOOL;
    item.i64 = object == Py_True;
    status = put_item(self, item, NULL);
  } else if (PyLong_Check(object)) {
    status = put_integer(self, object);
  } else if (PyFloat_Check(object)) {
    item.kind = DELTOS_VALUE_FLOAT;
    item.f64 = PyFloat_AsDouble(object);
    status = put_item(self, item, NULL);
  } else if (PyBytes_Check(object)) {
    status = put_bytes(self, object, references);
  } else if (object == Py_None) {
    status = put_item(self, item, NULL);
  } else {
    return 0;
  }
  return status < 0 ? -1 : 1;
}

/* ---- Lists of numbers ---------------------------------------------------------------------------------------------
 */

/* 1 where the whole sequence has been put at once, 0 where its elements are to be put one by one. */
static int put_numbers(Packing *self, PyObject *sequence, int is_list, deltos_item item, Py_ssize_t count) {
  PyObject *first = count >= kBulk ? (is_list ? PyList_GetItem : PyTuple_GetItem)(sequence, 0) : NULL;
  if (first == NULL || (!PyLong_CheckExact(first) && !PyFloat_CheckExact(first))) return 0;
  void *numbers = malloc((size_t)count * sizeof(int64_t));
  if (numbers == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  item.detail = read_numbers(sequence, is_list, numbers, count);
  item.count = (uint64_t)count;
  item.data = numbers;
  int status = item.detail != 0;
  if (status == 1 && (put_item(self, item, NULL) < 0 || flush(self) < 0)) status = -1;
  free(numbers);
  return status;
}

/* ---- Containers ---------------------------------------------------------------------------------------------------
 */

static int put_sequence(Packing *self, PyObject *sequence, int32_t kind, uint64_t name) {
  const int is_list = kind == DELTOS_VALUE_LIST;
  const deltos_item open = {.kind = kind, .node = name};
  Py_ssize_t count = is_list ? PyList_Size(sequence) : PyTuple_Size(sequence);
  const int done = put_numbers(self, sequence, is_list, open, count);
  if (done != 0) return done < 0 ? -1 : 0;
  if (put_item(self, open, NULL) < 0) return -1;
  for (Py_ssize_t k = 0; k < count; ++k) {
    PyObject *element = Py_NewRef((is_list ? PyList_GetItem : PyTuple_GetItem)(sequence, k));
    const int status = put_object(self, element, 2);
    Py_DECREF(element);
    if (status < 0) return failed_at_index(self, k);
    if (is_list) count = PyList_Size(sequence); /* whoever describes others may have changed it */
  }
  return put_kind(self, DELTOS_VALUE_END, 0);
}

static int put_dict(Packing *self, PyObject *dict, uint64_t name) {
  Py_ssize_t place = 0;
  PyObject *key, *value;
  if (put_kind(self, DELTOS_VALUE_DICT, name) < 0) return -1;
  while (PyDict_Next(dict, &place, &key, &value)) {
    Py_INCREF(key);
    Py_INCREF(value);
    int status = put_object(self, key, 2);
    if (status < 0)
      failed_at_key(self, "{%R}", key);
    else if ((status = put_object(self, value, 2)) < 0)
      failed_at_key(self, "[%R]", key);
    Py_DECREF(key);
    Py_DECREF(value);
    if (status < 0) return -1;
  }
  return put_kind(self, DELTOS_VALUE_END, 0);
}

/* Of a frozen copy, which nobody changes meanwhile and no subclass has a say in. */
static int put_set(Packing *self, PyObject *set, uint64_t name) {
  PyObject *copy = PyFrozenSet_New(set), *walk = copy != NULL ? PyObject_GetIter(copy) : NULL, *member;
  int status = walk == NULL ? -1 : put_kind(self, DELTOS_VALUE_SET, name);
  while (status == 0 && (member = PyIter_Next(walk)) != NULL) {
    status = put_object(self, member, 3);
    if (status < 0) failed_at_key(self, "{%R}", member);
    Py_DECREF(member);
  }
  Py_XDECREF(walk);
  Py_XDECREF(copy);
  return status < 0 || PyErr_Occurred() ? -1 : put_kind(self, DELTOS_VALUE_END, 0);
}

static int is_container(PyObject *object) {
  return PyDict_Check(object) || PyList_Check(object) || PyTuple_Check(object) ||
         PyObject_TypeCheck(object, &PySet_Type) || PyObject_TypeCheck(object, &PyFrozenSet_Type);
}

static int put_container(Packing *self, PyObject *object, uint64_t name) {
  if (self->depth >= kDeepest)
    return fail(DELTOS_E_LIMIT, "a value is nested 512 deep at most: store parts of it under names of their own", 0, 0);
  ++self->depth;
  int status;
  if (PyDict_Check(object))
    status = put_dict(self, object, name);
  else if (PyList_Check(object))
    status = put_sequence(self, object, DELTOS_VALUE_LIST, name);
  else if (PyTuple_Check(object))
    status = put_sequence(self, object, DELTOS_VALUE_TUPLE, name);
  else
    status = put_set(self, object, name);
  --self->depth;
  return status;
}

/* ---- Other objects ------------------------------------------------------------------------------------------------
 */

static int put_array(Packing *self, const Handle *handle, uint64_t name) {
  deltos_error error;
  if (handle->kind != kView || handle->address == NULL)
    return fail(DELTOS_E_TYPE, "an array is described by the handle of a view", 0, 0);
  if (flush(self) < 0) return -1;
  return library.value_builder_put_view(self->builder, handle->address, name, &error) == DELTOS_OK ? 0
                                                                                                   : fail_of(&error, 0);
}

/* Something else in the place of an object: a scalar, or a container, which is met again where the object is. */
static int put_instead(Packing *self, PyObject *object, int references, PyObject *other) {
  uint64_t name;
  const int scalar = put_scalar(self, other, 1);
  if (scalar != 0) return scalar < 0 ? -1 : 0;
  if (!is_container(other)) return fail(DELTOS_E_TYPE, "a builtin is needed in the place of another object", 0, 0);
  return remember(self, object, references, &name) < 0 ? -1 : put_container(self, other, name);
}

static int put_described(Packing *self, PyObject *description, uint64_t name) {
  deltos_item item = {.kind = 0};
  PyObject *data;
  long long i64;
  unsigned long long u64;
  if (Py_IS_TYPE(description, handle_type)) return put_array(self, (Handle *)description, name);
  if (!PyArg_ParseTuple(description, "iiLKO!", &item.kind, &item.detail, &i64, &u64, &PyBytes_Type, &data)) return -1;
  item.node = name;
  item.i64 = i64;
  item.u64 = u64;
  item.data = PyBytes_AsString(data);
  item.count = (uint64_t)PyBytes_Size(data);
  return put_item(self, item, data);
}

static int put_other(Packing *self, PyObject *object, int references) {
  uint64_t name;
  int status = put_again(self, object, references);
  if (status != 0) return status < 0 ? -1 : 0;
  PyObject *description = PyObject_CallFunctionObjArgs(self->describe, object, NULL);
  if (description == NULL) return -1;
  if (PyList_Check(description) && PyList_Size(description) == 1)
    status = put_instead(self, object, references, PyList_GetItem(description, 0));
  else if ((status = remember(self, object, references, &name)) == 0)
    status = put_described(self, description, name);
  Py_DECREF(description);
  return status;
}

static int put_object(Packing *self, PyObject *object, int references) {
  const int scalar = put_scalar(self, object, references);
  if (scalar != 0) return scalar < 0 ? -1 : 0;
  if (!is_container(object)) return put_other(self, object, references);
  uint64_t name;
  const int again = put_again(self, object, references);
  if (again != 0) return again < 0 ? -1 : 0;
  return remember(self, object, references, &name) < 0 ? -1 : put_container(self, object, name);
}

int put_value(deltos_builder *builder, PyObject *object, PyObject *describe, PyObject *trail) {
  Packing self; /* no more of it is set than is looked at: there are many small values */
  self.builder = builder;
  self.describe = describe;
  self.trail = trail;
  self.seen = (Seen){NULL, 0, 0};
  self.depth = 0;
  self.pending = 0;
  int status = put_object(&self, object, 0);
  if (status == 0) status = flush(&self);
  for (unsigned k = 0; k < self.pending; ++k) Py_CLEAR(self.holders[k]);
  for (size_t k = 0; k < self.seen.room; ++k) Py_XDECREF(self.seen.slots[k]);
  free(self.seen.slots);
  return status;
}

static int is_builder(PyObject *handle) {
  if (Py_IS_TYPE(handle, handle_type) && ((Handle *)handle)->kind == kBuilder)
    return handle_refuse_closed((Handle *)handle) == 0;
  PyErr_SetString(PyExc_TypeError, "the handle of a builder is needed");
  return 0;
}

PyDoc_STRVAR(put_doc,
             "put(builder, object, describe, trail, /)\n--\n\n"
             "Puts an object into the builder of a value. describe(object) tells of all that is not a builtin: an\n"
             "item's kind, detail, i64, u64 and data; the handle of a view; or a list of one object to put instead.\n"
             "On failure the list trail gets the way to what cannot be put, from inside to outside.");

static PyObject *put(PyObject *module, PyObject *arguments) {
  PyObject *builder, *object, *describe, *trail;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "O!OOO!:put", handle_type, &builder, &object, &describe, &PyList_Type, &trail))
    return NULL;
  if (!is_builder(builder) || put_value(((Handle *)builder)->address, object, describe, trail) < 0) return NULL;
  Py_RETURN_NONE;
}

PyDoc_STRVAR(packed_doc, "packed(builder, /)\n--\n\nThe value that a builder has, as bytes.");

static PyObject *packed(PyObject *module, PyObject *builder) {
  deltos_error error;
  uint64_t size = 0;
  (void)module;
  if (!is_builder(builder)) return NULL;
  deltos_builder *address = ((Handle *)builder)->address;
  deltos_status status = library.value_builder_pack(address, NULL, &size, &error);
  PyObject *bytes = status == DELTOS_E_TOO_SMALL ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size) : NULL;
  if (bytes == NULL) return status == DELTOS_E_TOO_SMALL ? NULL : (fail_of(&error, 0), NULL);
  if (library.value_builder_pack(address, PyBytes_AsString(bytes), &size, &error) == DELTOS_OK) return bytes;
  Py_DECREF(bytes);
  fail_of(&error, 0);
  return NULL;
}

PyMethodDef packing_methods[] = {
    {"put", put, METH_VARARGS, put_doc}, {"packed", packed, METH_O, packed_doc}, {NULL, NULL, 0, NULL}};
