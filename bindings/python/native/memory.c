/* Memory: what a deltos.View does without a call of cffi. It tells the fields of its view, and gets and sets single
 * elements of native types; everything else is asked of the methods _get() and _set() of the subclass. */
#include <string.h>

#include "elements.h"
#include "types.h"

/* The view, or NULL with the reason raised. */
static const deltos_view *view_of(PyObject *object) {
  const Handle *handle = (const Handle *)((Exporter *)object)->handle;
  if (handle == NULL || handle->address == NULL || handle->closing) {
    fail(DELTOS_E_CLOSED, "the view has been released", 0, 0);
    return NULL;
  }
  return handle->address;
}

/* ---- Elements -----------------------------------------------------------------------------------------------------
 */

/* Goes one dimension on: 0, or -1 where there is no such index. */
static int step(const deltos_view *view, int dimension, Py_ssize_t index, char **place) {
  Py_ssize_t length = (Py_ssize_t)view->shape[dimension];
  if (index < 0) index += length;
  if (index < 0 || index >= length) return -1;
  *place += index * view->strides[dimension];
  if (view->suboffsets != NULL && view->suboffsets[dimension] >= 0)
    *place = *(char **)*place + view->suboffsets[dimension];
  return 0;
}

static int outside(Py_ssize_t index, const deltos_view *view, int dimension) {
  char message[128];
  PyOS_snprintf(message, sizeof message, "index %lld is outside dimension %d of length %lld", (long long)index,
                dimension, (long long)view->shape[dimension]);
  return fail(DELTOS_E_RANGE, message, 0, 0);
}

/* Where a key leads: 1 and a place when it names one element of a native type, 0 when it is for the subclass. */
static int place_of(const deltos_view *view, PyObject *key, char **place, char *code) {
  *code = element_code(view->format, view->dtype);
  *place = view->data;
  if (*code == 0) return 0;
  if (!PyTuple_Check(key)) {
    if (view->ndim != 1 || !PyIndex_Check(key)) return 0;
    Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred()) return -1;
    return step(view, 0, index, place) < 0 ? outside(index, view, 0) : 1;
  }
  if (PyTuple_Size(key) != view->ndim) return 0;
  for (int k = 0; k < view->ndim; ++k)
    if (!PyIndex_Check(PyTuple_GetItem(key, k))) return 0;
  for (int k = 0; k < view->ndim; ++k) {
    Py_ssize_t index = PyNumber_AsSsize_t(PyTuple_GetItem(key, k), PyExc_IndexError);
    if (index == -1 && PyErr_Occurred()) return -1;
    if (step(view, k, index, place) < 0) return outside(index, view, k);
  }
  return 1;
}

static PyObject *memory_subscript(PyObject *self, PyObject *key) {
  char *place, code;
  const deltos_view *view = view_of(self);
  int found = view == NULL ? -1 : place_of(view, key, &place, &code);
  if (found < 0) return NULL;
  return found ? element_get(code, place) : PyObject_CallMethod(self, "_get", "(O)", key);
}

/* A value's own methods may do anything, also release this view: so it becomes an element before the place is known. */
static int memory_ass_subscript(PyObject *self, PyObject *key, PyObject *value) {
  char *place, code, element[8];
  const deltos_view *view = view_of(self);
  if (view == NULL) return -1;
  if (value == NULL) return fail(DELTOS_E_TYPE, "elements of a view cannot be deleted", 0, 0);
  int found = place_of(view, key, &place, &code);
  if (found < 0) return -1;
  if (!found) {
    PyObject *done = PyObject_CallMethod(self, "_set", "(OO)", key, value);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
  }
  size_t itemsize = (size_t)view->itemsize;
  if (element_set(code, element, value) < 0 || (view = view_of(self)) == NULL) return -1;
  if (view->readonly) return fail(DELTOS_E_READONLY, "the view is read-only", 0, 1);
  memcpy(place, element, itemsize);
  return 0;
}

static Py_ssize_t memory_length(PyObject *self) {
  const deltos_view *view = view_of(self);
  if (view == NULL) return -1;
  if (view->ndim == 0) return fail(DELTOS_E_TYPE, "memory without dimensions has no length", 0, 0);
  return (Py_ssize_t)view->shape[0];
}

static PyObject *memory_item(PyObject *self, Py_ssize_t index) {
  const deltos_view *view = view_of(self);
  if (view == NULL) return NULL;
  char code = element_code(view->format, view->dtype), *place = view->data;
  if (view->ndim != 1 || code == 0) {
    PyObject *key = PyLong_FromSsize_t(index);
    PyObject *item = key != NULL ? PyObject_CallMethod(self, "_get", "(O)", key) : NULL;
    Py_XDECREF(key);
    return item;
  }
  if (index < 0 || step(view, 0, index, &place) < 0) {
    outside(index, view, 0);
    return NULL;
  }
  return element_get(code, place);
}

static PyObject *memory_iter(PyObject *self) {
  return memory_length(self) < 0 ? NULL : iterate(self, memory_item, memory_length);
}

/* ---- Fields -------------------------------------------------------------------------------------------------------
 */

static PyObject *numbers(const int64_t *values, int32_t count) {
  PyObject *tuple = PyTuple_New(values != NULL ? count : 0);
  for (int32_t k = 0; tuple != NULL && values != NULL && k < count; ++k) {
    PyObject *number = PyLong_FromLongLong(values[k]);
    if (number == NULL || PyTuple_SetItem(tuple, k, number) < 0) Py_CLEAR(tuple);
  }
  return tuple;
}

enum { kShape, kStrides, kSuboffsets, kNdim, kItemsize, kNbytes, kFormat, kReadonly, kSealed, kCode, kAddress };

static PyObject *memory_field(PyObject *self, void *which) {
  const deltos_view *view = view_of(self);
  if (view == NULL) return NULL;
  switch ((int)(intptr_t)which) {
    case kShape:
      return numbers(view->shape, view->ndim);
    case kStrides:
      return numbers(view->strides, view->ndim);
    case kSuboffsets:
      return numbers(view->suboffsets, view->ndim);
    case kNdim:
      return PyLong_FromLong(view->ndim);
    case kItemsize:
      return PyLong_FromUnsignedLongLong(view->itemsize);
    case kNbytes:
      return PyLong_FromUnsignedLongLong(view->nbytes);
    case kFormat:
      return PyUnicode_FromString(view->format);
    case kReadonly:
      return PyBool_FromLong(view->readonly);
    case kSealed:
      return PyBool_FromLong(view->sealed);
    case kCode:
      return PyLong_FromLong(view->dtype);
    default:
      return PyLong_FromVoidPtr(view->data);
  }
}

#define FIELD(name, which, doc) \
  { name, memory_field, NULL, doc, (void *)which }
static PyGetSetDef memory_getset[] = {
    FIELD("shape", kShape, "Its lengths."),
    FIELD("strides", kStrides, "Distances in bytes from one element to the next, for each dimension."),
    FIELD("suboffsets", kSuboffsets, "What is added after following a pointer; () where there are none."),
    FIELD("ndim", kNdim, "The number of dimensions."),
    FIELD("itemsize", kItemsize, "Bytes of one element."),
    FIELD("nbytes", kNbytes, "Bytes of all elements."),
    FIELD("format", kFormat, "The element type as a format string of the struct module and PEP 3118."),
    FIELD("readonly", kReadonly, "Whether it must not be written."),
    FIELD("sealed", kSealed, "Whether nobody will ever write it."),
    FIELD("_code", kCode, "The element type as the library numbers it."),
    FIELD("address", kAddress, "Where the first element lies, or the first row pointer."),
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot memory_slots[] = {{Py_tp_doc, "Base of views."},       {Py_tp_getset, memory_getset},
                                     {Py_tp_iter, memory_iter},           {Py_mp_length, memory_length},
                                     {Py_mp_subscript, memory_subscript}, {Py_mp_ass_subscript, memory_ass_subscript},
                                     {Py_sq_item, memory_item},           {0, NULL}};

PyType_Spec memory_spec = {"deltos._exporter.Memory", sizeof(Exporter), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                           memory_slots};

/* ---- Memory of others ---------------------------------------------------------------------------------------------
 */

PyDoc_STRVAR(wrap_doc,
             "wrap(exporter, code, format, /)\n--\n\n"
             "A handle of a view of any exporter's memory, which is held until the last view of it goes.\n\n"
             "code and format say what the elements are where that is not 0 and None.");

static PyObject *wrap(PyObject *module, PyObject *arguments) {
  PyObject *exporter;
  int code;
  const char *format;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "Oiz:wrap", &exporter, &code, &format)) return NULL;
  collect_loans(NULL);
  Loan *loan = new_loan(1);
  if (loan == NULL) return NULL;
  if (PyObject_GetBuffer(exporter, &loan->buffers[0], PyBUF_FULL_RO) < 0) {
    drop_loan(loan);
    return NULL;
  }
  deltos_view layout;
  describe(&loan->buffers[0], &layout);
  layout.dtype = code;
  if (code != 0)
    layout.format = NULL;
  else if (format != NULL)
    layout.format = format;
  deltos_view *view = view_of_loan(&layout, loan);
  return view != NULL ? handle_of(kView, view) : NULL;
}

PyMethodDef memory_methods[] = {{"wrap", wrap, METH_VARARGS, wrap_doc}, {NULL, NULL, 0, NULL}};
