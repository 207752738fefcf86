/* Growable: what a deltos.Array does without a call of cffi. It appends, gets and sets single elements of native types
 * while the GIL keeps other threads out; everything else is asked of methods of the subclass, which take the array for
 * themselves by _begin() and _end() when they let go of the GIL. */
#include <stdlib.h>
#include <string.h>

#include "elements.h"
#include "types.h"

typedef struct {
  Exporter base;
  Py_ssize_t itemsize;
  char code; /* of elements that this module reads and writes; 0: others */
  char busy; /* a call that has let go of the GIL is changing the array */
} Growable;

enum { kMaxNative = 8 };

static deltos_object *object_of(Growable *self) {
  const Handle *handle = (const Handle *)self->base.handle;
  if (handle != NULL && handle->address != NULL && !handle->closing && !handle->consuming) return handle->address;
  const int changing = handle != NULL && handle->consuming;
  fail(changing ? DELTOS_E_BUSY : DELTOS_E_CLOSED,
       changing ? "another thread is refreshing or closing the array; try again" : "the array has been closed", 0, 0);
  return NULL;
}

static int refuse_busy(const Growable *self) {
  if (!self->busy) return 0;
  return fail(DELTOS_E_BUSY, "another thread is changing the array; try again when that is done", 0, 0);
}

/* ---- Elements -----------------------------------------------------------------------------------------------------
 */

/* The memory of the elements while nothing else is called: what the array can be appended at, less its length. NULL
 * when it is not open to append, or is being changed: then a view will do. */
static char *elements_of(Growable *self, deltos_object *array, uint64_t count) {
  void *tail;
  if (self->code == 0 || self->busy || library.array_tail(array, 0, &tail, NULL, NULL) != DELTOS_OK) return NULL;
  return (char *)tail - count * (uint64_t)self->itemsize;
}

static int outside(Py_ssize_t index, uint64_t count) {
  char message[128];
  PyOS_snprintf(message, sizeof message, "index %lld is outside an array of %llu elements", (long long)index,
                (unsigned long long)count);
  return fail(DELTOS_E_RANGE, message, 0, 0);
}

/* An element by a view, which works for every handle and beside every other thread. */
static int copy_element(Growable *self, Py_ssize_t index, char *element, int store) {
  deltos_view *view = exporter_acquire(&self->base, store);
  if (view == NULL) return -1;
  int status = 0;
  char *place = (char *)view->data + index * self->itemsize;
  if (view->ndim != 1 || (int64_t)index >= view->shape[0])
    status = outside(index, view->ndim == 1 ? (uint64_t)view->shape[0] : 0);
  else
    memcpy(store ? place : element, store ? element : place, (size_t)self->itemsize);
  library.view_release(&view);
  return status;
}

/* An element that there is. */
static PyObject *get(Growable *self, deltos_object *array, Py_ssize_t index, uint64_t count) {
  if (self->code == 0) return PyObject_CallMethod((PyObject *)self, "_get_element", "n", index);
  const char *elements = elements_of(self, array, count);
  if (elements != NULL) return element_get(self->code, elements + index * self->itemsize);
  char element[kMaxNative];
  return copy_element(self, index, element, 0) < 0 ? NULL : element_get(self->code, element);
}

static PyObject *growable_item(PyObject *object, Py_ssize_t index) {
  Growable *self = (Growable *)object;
  deltos_object *array = object_of(self);
  if (array == NULL) return NULL;
  uint64_t count = library.array_count(array);
  if (index < 0 || (uint64_t)index >= count) {
    outside(index, count);
    return NULL;
  }
  return get(self, array, index, count);
}

/* The element that a key names: 0, or -1 when there is none. Nothing of Python runs once the array has been asked. */
static int index_of(Growable *self, PyObject *key, Py_ssize_t *index, deltos_object **array, uint64_t *count) {
  *index = PyNumber_AsSsize_t(key, PyExc_IndexError);
  if (*index == -1 && PyErr_Occurred()) return -1;
  *array = object_of(self);
  if (*array == NULL) return -1;
  *count = library.array_count(*array);
  Py_ssize_t given = *index;
  if (given < 0) *index += (Py_ssize_t)*count;
  return *index < 0 || (uint64_t)*index >= *count ? outside(given, *count) : 0;
}

static PyObject *growable_subscript(PyObject *object, PyObject *key) {
  Growable *self = (Growable *)object;
  deltos_object *array;
  Py_ssize_t index;
  uint64_t count;
  if (!PyIndex_Check(key)) return PyObject_CallMethod(object, "_get_slice", "(O)", key);
  return index_of(self, key, &index, &array, &count) < 0 ? NULL : get(self, array, index, count);
}

static int set_native(Growable *self, PyObject *key, PyObject *value) {
  char element[kMaxNative];
  deltos_object *array;
  Py_ssize_t index;
  uint64_t count;
  if (element_set(self->code, element, value) < 0 || index_of(self, key, &index, &array, &count) < 0) return -1;
  char *elements = self->base.readonly ? NULL : elements_of(self, array, count);
  if (elements == NULL) return copy_element(self, index, element, 1);
  memcpy(elements + index * self->itemsize, element, (size_t)self->itemsize);
  return 0;
}

static int growable_ass_subscript(PyObject *object, PyObject *key, PyObject *value) {
  Growable *self = (Growable *)object;
  PyObject *done;
  if (PyIndex_Check(key)) {
    deltos_object *array;
    Py_ssize_t index;
    uint64_t count;
    if (value != NULL && self->code != 0) return set_native(self, key, value);
    if (index_of(self, key, &index, &array, &count) < 0) return -1;
    done = value != NULL ? PyObject_CallMethod(object, "_set_element", "nO", index, value)
                         : PyObject_CallMethod(object, "_delete", "nn", index, (Py_ssize_t)1);
  } else {
    done = value != NULL ? PyObject_CallMethod(object, "_set_slice", "OO", key, value)
                         : PyObject_CallMethod(object, "_delete_slice", "(O)", key);
  }
  Py_XDECREF(done);
  return done == NULL ? -1 : 0;
}

static Py_ssize_t growable_length(PyObject *object) {
  const deltos_object *array = object_of((Growable *)object);
  return array == NULL ? -1 : (Py_ssize_t)library.array_count(array);
}

static PyObject *growable_iter(PyObject *object) { return iterate(object, growable_item, growable_length); }

/* ---- Appending ----------------------------------------------------------------------------------------------------
 */

PyDoc_STRVAR(append_doc, "append($self, value, /)\n--\n\nAppends an element.");

static PyObject *growable_append(PyObject *object, PyObject *value) {
  Growable *self = (Growable *)object;
  char element[kMaxNative];
  deltos_error error;
  if (self->code == 0) return PyObject_CallMethod(object, "_append_element", "(O)", value);
  if (element_set(self->code, element, value) < 0 || refuse_busy(self) < 0) return NULL;
  deltos_object *array = object_of(self);
  if (array == NULL) return NULL;
  deltos_status status = library.array_append(array, element, 1, &error);
  if (status == DELTOS_OK) Py_RETURN_NONE;
  if (status == DELTOS_E_BUSY) return PyObject_CallMethod(object, "_append_element", "(O)", value); /* it waits */
  fail_of(&error, 0);
  return NULL;
}

PyDoc_STRVAR(pack_doc, "_pack($self, values, /)\n--\n\nThe elements of an iterable as bytes; of native types only.");

typedef struct {
  char *bytes;
  size_t used, room;
} Packed;

static int make_room(Packed *packed, size_t itemsize) {
  if (packed->room - packed->used >= itemsize) return 0;
  size_t room = packed->room < 256 ? 512 : packed->room + packed->room / 2;
  char *bytes = realloc(packed->bytes, room);
  if (bytes == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  packed->bytes = bytes;
  packed->room = room;
  return 0;
}

static PyObject *growable_pack(Growable *self, PyObject *values) {
  Packed packed = {NULL, 0, 0};
  size_t itemsize = (size_t)self->itemsize;
  PyObject *iterator = PyObject_GetIter(values), *value, *result = NULL;
  if (iterator == NULL) return NULL;
  while ((value = PyIter_Next(iterator)) != NULL) {
    int status = make_room(&packed, itemsize) < 0 ? -1 : element_set(self->code, packed.bytes + packed.used, value);
    Py_DECREF(value);
    if (status < 0) break;
    packed.used += itemsize;
  }
  if (!PyErr_Occurred()) result = PyBytes_FromStringAndSize(packed.bytes, (Py_ssize_t)packed.used);
  free(packed.bytes);
  Py_DECREF(iterator);
  return result;
}

/* ---- The type -----------------------------------------------------------------------------------------------------
 */

PyDoc_STRVAR(typed_doc,
             "_typed($self, format, code, itemsize, /)\n--\n\nSays what the elements are; whether they are native.");

static PyObject *growable_typed(Growable *self, PyObject *arguments) {
  const char *format;
  int code;
  Py_ssize_t itemsize;
  if (!PyArg_ParseTuple(arguments, "sin:_typed", &format, &code, &itemsize)) return NULL;
  self->code = itemsize <= kMaxNative ? element_code(format, code) : 0;
  self->itemsize = itemsize;
  return PyBool_FromLong(self->code != 0);
}

PyDoc_STRVAR(begin_doc, "_begin($self, /)\n--\n\nTakes the array for a change that lets go of the GIL.");

static PyObject *growable_begin(Growable *self, PyObject *unused) {
  (void)unused;
  if (refuse_busy(self) < 0) return NULL;
  self->busy = 1;
  Py_RETURN_NONE;
}

PyDoc_STRVAR(end_doc, "_end($self, /)\n--\n\nEnds what _begin() began.");

static PyObject *growable_end(Growable *self, PyObject *unused) {
  (void)unused;
  self->busy = 0;
  Py_RETURN_NONE;
}

static PyMethodDef growable_methods[] = {{"append", (PyCFunction)growable_append, METH_O, append_doc},
                                         {"_pack", (PyCFunction)growable_pack, METH_O, pack_doc},
                                         {"_typed", (PyCFunction)growable_typed, METH_VARARGS, typed_doc},
                                         {"_begin", (PyCFunction)growable_begin, METH_NOARGS, begin_doc},
                                         {"_end", (PyCFunction)growable_end, METH_NOARGS, end_doc},
                                         {NULL, NULL, 0, NULL}};

static PyType_Slot growable_slots[] = {
    {Py_tp_doc, "Base of arrays."},        {Py_tp_methods, growable_methods},
    {Py_tp_iter, growable_iter},           {Py_mp_length, growable_length},
    {Py_mp_subscript, growable_subscript}, {Py_mp_ass_subscript, growable_ass_subscript},
    {Py_sq_item, growable_item},           {0, NULL}};

PyType_Spec growable_spec = {"deltos._exporter.Growable", sizeof(Growable), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                             growable_slots};
