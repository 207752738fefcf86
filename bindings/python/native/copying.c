/* copied(): what is in a value as builtins, from the inside out in one call.
 *
 * Lists and dicts are filled after they were made, so that they may contain themselves and be nested as deep as they
 * like; a tuple or set has to have its elements first. What is shared in the value is shared in the copy. */
#include <stdlib.h>
#include <string.h>

#include "elements.h"
#include "values.h"

/* kDeepest: as deep as values are built. Images may say more, and Python's own limit knows no stack's size. */
enum { kBatch = 16, kLargeBatch = 1024, kTexts = 256, kLongestText = 64, kDeepest = 512 };

/* A container of the value and what has been made of it. */
typedef struct {
  uint64_t name;    /* the node, and whether it is to be a key; 0: nothing is here */
  PyObject *object; /* owned; NULL: it is being made */
} Made;

typedef struct {
  uint64_t node;
  PyObject *target; /* a list or dict, owned by what has been made */
} Unfilled;

/* A short text that has been met: the keys of many dicts are the same few. */
typedef struct {
  const void *data;
  uint64_t bytes;
  PyObject *text; /* owned */
} Text;

typedef struct {
  PyObject *handle;
  PyObject *copy_array; /* makes an array of its own of a view */
  Made *made;
  size_t used, room;
  Unfilled *unfilled;
  size_t waiting, most_waiting;
  int depth; /* of tuples and sets in each other */
  Text texts[kTexts];
} Copying;

static PyObject *part_of(Copying *self, const deltos_item *item, int as_key);

/* ---- What has been made -------------------------------------------------------------------------------------------
 */

/* A cell has its kind in the low byte and a place below 2^56 above: of those that there are, the highest bit is free.
 */
static uint64_t name_of(const deltos_item *item, int as_key) {
  return (item->node << 1 | (uint64_t)as_key) ^ (item->node >> 63);
}

static Made *place_of(const Copying *self, uint64_t name) {
  size_t place = (size_t)(name * 0x9E3779B97F4A7C15u >> 20) & (self->room - 1);
  while (self->made[place].name != 0 && self->made[place].name != name) place = (place + 1) & (self->room - 1);
  return &self->made[place];
}

/* Room for one more; -1 with the reason raised. */
static int make_room(Copying *self) {
  if (2 * self->used < self->room) return 0;
  Copying larger = {.room = self->room != 0 ? 2 * self->room : 64};
  larger.made = calloc(larger.room, sizeof *larger.made);
  if (larger.made == NULL) return PyErr_NoMemory(), -1;
  for (size_t k = 0; k < self->room; ++k)
    if (self->made[k].name != 0) *place_of(&larger, self->made[k].name) = self->made[k];
  free(self->made);
  self->made = larger.made;
  self->room = larger.room;
  return 0;
}

/* Notes what is being made (NULL) or has been: takes the reference. -1 with the reason raised. */
static int note(Copying *self, uint64_t name, PyObject *object) {
  if (make_room(self) < 0) {
    Py_XDECREF(object);
    return -1;
  }
  Made *made = place_of(self, name);
  self->used += made->name == 0;
  made->name = name;
  made->object = object;
  return 0;
}

static int fill_later(Copying *self, uint64_t node, PyObject *target) {
  if (self->waiting == self->most_waiting) {
    const size_t most = self->most_waiting != 0 ? 2 * self->most_waiting : 64;
    Unfilled *larger = realloc(self->unfilled, most * sizeof *larger);
    if (larger == NULL) return PyErr_NoMemory(), -1;
    self->unfilled = larger;
    self->most_waiting = most;
  }
  self->unfilled[self->waiting++] = (Unfilled){node, target};
  return 0;
}

/* ---- Elements -----------------------------------------------------------------------------------------------------
 */

/* Reads the next items of a container, a whole number of pairs of a dict; -1 with the reason raised. */
static int read_items(const Copying *self, uint64_t node, uint64_t first, deltos_item *items, unsigned room) {
  const deltos_object *value = value_of(self->handle);
  uint64_t given = 0;
  deltos_error error;
  if (value == NULL) return -1;
  if (library.value_children(value, node, first, items, room, &given, &error) != DELTOS_OK) return fail_of(&error, 0);
  if (given == room) return 0;
  return fail(DELTOS_E_CORRUPT, "a container in the value is shorter than it says", 0, 0);
}

/* Numbers that lie as such, into a new list; -1 with the reason raised. */
static int add_numbers(const deltos_item *container, char code, PyObject *list) {
  const char *place = container->data;
  for (uint64_t k = 0; k < container->count; ++k, place += size_of_code(code)) {
    PyObject *number = element_get(code, place);
    const int failed = number == NULL || PyList_Append(list, number) < 0;
    Py_XDECREF(number);
    if (failed) return -1;
  }
  return 0;
}

/* Other elements, so many at a time. */
static int add_some(Copying *self, const deltos_item *container, PyObject *list, int as_key, deltos_item *items,
                    unsigned most) {
  for (uint64_t first = 0; first < container->count; first += most) {
    const uint64_t left = container->count - first;
    const unsigned room = left < most ? (unsigned)left : most;
    if (read_items(self, container->node, first, items, room) < 0) return -1;
    for (unsigned k = 0; k < room; ++k) {
      PyObject *element = part_of(self, &items[k], as_key);
      const int failed = element == NULL || PyList_Append(list, element) < 0;
      Py_XDECREF(element);
      if (failed) return -1;
    }
  }
  return 0;
}

/* The elements of a list, tuple or set, into a list that is empty so far; -1 with the reason raised. Many are read at a
 * time where there are many: some sets are looked through from their start by each call. */
static int add_elements(Copying *self, const deltos_item *container, PyObject *list, int as_key) {
  deltos_item few[kBatch];
  const char code = container->data != NULL ? code_of_dtype(container->detail) : 0;
  if (code != 0) return add_numbers(container, code, list);
  if (container->count <= kBatch) return add_some(self, container, list, as_key, few, kBatch);
  deltos_item *many = malloc(kLargeBatch * sizeof *many);
  if (many == NULL) return PyErr_NoMemory(), -1;
  const int status = add_some(self, container, list, as_key, many, kLargeBatch);
  free(many);
  return status;
}

static int add_pairs(Copying *self, const deltos_item *container, PyObject *dict) {
  for (uint64_t first = 0; first < container->count; first += kBatch / 2) {
    deltos_item items[kBatch];
    const uint64_t left = container->count - first;
    const unsigned pairs = left < kBatch / 2 ? (unsigned)left : kBatch / 2;
    if (read_items(self, container->node, first, items, 2 * pairs) < 0) return -1;
    for (unsigned k = 0; k < pairs; ++k) {
      PyObject *key = part_of(self, &items[2 * k], 1);
      PyObject *value = key != NULL ? part_of(self, &items[2 * k + 1], 0) : NULL;
      const int failed = value == NULL || PyDict_SetItem(dict, key, value) < 0;
      Py_XDECREF(key);
      Py_XDECREF(value);
      if (failed) return -1;
    }
  }
  return 0;
}

/* ---- Containers ---------------------------------------------------------------------------------------------------
 */

/* A list or dict, to be filled later. */
static PyObject *unfilled_of(Copying *self, const deltos_item *item, uint64_t name) {
  PyObject *target = item->kind == DELTOS_VALUE_LIST ? PyList_New(0) : PyDict_New();
  if (target == NULL || note(self, name, target) < 0 || fill_later(self, item->node, target) < 0) return NULL;
  return Py_NewRef(target);
}

/* What has to have its elements before it can be made. */
static PyObject *whole_of(Copying *self, const deltos_item *item, uint64_t name, int as_key) {
  if (self->depth >= kDeepest) {
    PyErr_SetString(PyExc_RecursionError, "tuples and sets are nested more than 512 deep: read them through the proxy");
    return NULL;
  }
  if (note(self, name, NULL) < 0) return NULL;
  PyObject *list = PyList_New(0), *whole = NULL;
  if (list == NULL || Py_EnterRecursiveCall(" while copying a value")) return Py_XDECREF(list), NULL;
  ++self->depth;
  if (add_elements(self, item, list, as_key || item->kind == DELTOS_VALUE_SET) == 0)
    whole = item->kind != DELTOS_VALUE_SET ? PyList_AsTuple(list) : as_key ? PyFrozenSet_New(list) : PySet_New(list);
  --self->depth;
  Py_LeaveRecursiveCall();
  Py_DECREF(list);
  if (whole == NULL || note(self, name, Py_NewRef(whole)) < 0) return Py_XDECREF(whole), NULL;
  return whole;
}

static PyObject *container_of(Copying *self, const deltos_item *item, int as_key) {
  const uint64_t name = name_of(item, as_key);
  const Made *made = self->room != 0 ? place_of(self, name) : NULL;
  if (made != NULL && made->name != 0) {
    if (made->object != NULL) return Py_NewRef(made->object);
    fail(DELTOS_E_INVALID, "a tuple or set that contains itself cannot be copied: read it through the proxy", 0, 0);
    return NULL;
  }
  const int fillable = item->kind == DELTOS_VALUE_LIST || item->kind == DELTOS_VALUE_DICT;
  if (fillable && !as_key) return unfilled_of(self, item, name);
  if (item->kind != DELTOS_VALUE_DICT) return whole_of(self, item, name, as_key);
  PyErr_SetString(PyExc_TypeError,
                  "a dict inside a key cannot be copied, because no dict of Python can have such a key");
  return NULL;
}

static PyObject *array_of(Copying *self, const deltos_item *item) {
  const uint64_t name = name_of(item, 0);
  const Made *made = self->room != 0 ? place_of(self, name) : NULL;
  if (made != NULL && made->object != NULL) return Py_NewRef(made->object);
  PyObject *view = object_of_item(self->handle, item);
  PyObject *copy = view != NULL ? PyObject_CallFunctionObjArgs(self->copy_array, view, NULL) : NULL;
  Py_XDECREF(view);
  if (copy == NULL || note(self, name, Py_NewRef(copy)) < 0) return Py_XDECREF(copy), NULL;
  return copy;
}

static PyObject *text_of(Copying *self, const deltos_item *item) {
  if (item->count > kLongestText) return object_of_item(self->handle, item);
  Text *met = &self->texts[(uintptr_t)item->data / 8 % kTexts];
  if (met->text == NULL || met->data != item->data || met->bytes != item->count) {
    PyObject *text = object_of_item(self->handle, item);
    if (text == NULL) return NULL;
    Py_XDECREF(met->text);
    *met = (Text){item->data, item->count, text};
  }
  return Py_NewRef(met->text);
}

static PyObject *part_of(Copying *self, const deltos_item *item, int as_key) {
  if (item->kind >= DELTOS_VALUE_LIST && item->kind <= DELTOS_VALUE_DICT) return container_of(self, item, as_key);
  if (item->kind == DELTOS_VALUE_UTF8) return text_of(self, item);
  return item->kind == DELTOS_VALUE_NDARRAY ? array_of(self, item) : object_of_item(self->handle, item);
}

/* Fills what is not filled, and what that makes in turn; -1 with the reason raised. */
static int fill_all(Copying *self) {
  while (self->waiting > 0) {
    const Unfilled next = self->unfilled[--self->waiting];
    const deltos_object *value = value_of(self->handle);
    deltos_item item;
    deltos_error error;
    if (value == NULL) return -1;
    if (library.value_read(value, next.node, &item, &error) != DELTOS_OK) return fail_of(&error, 0);
    const int failed = item.kind == DELTOS_VALUE_DICT ? add_pairs(self, &item, next.target)
                                                      : add_elements(self, &item, next.target, 0);
    if (failed) return -1;
  }
  return 0;
}

/* Some elements of a sequence: a list or tuple of them. */
static PyObject *slice_of(Copying *self, const Node *node, int as_key) {
  PyObject *list = PyList_New(0);
  for (Py_ssize_t k = 0; list != NULL && k < node->count; ++k) {
    deltos_item item;
    PyObject *element = NULL;
    if (read_items(self, node->node, (uint64_t)(node->start + k * node->step), &item, 1) == 0)
      element = part_of(self, &item, as_key);
    if (element == NULL || PyList_Append(list, element) < 0) Py_CLEAR(list);
    Py_XDECREF(element);
  }
  if (list == NULL || (node->kind == DELTOS_VALUE_LIST && !as_key)) return list;
  PyObject *tuple = PyList_AsTuple(list);
  Py_DECREF(list);
  return tuple;
}

static PyObject *copy_of(Copying *self, const Node *node, int as_key) {
  const deltos_object *value = value_of(self->handle);
  deltos_item item;
  deltos_error error;
  if (value == NULL) return NULL;
  if (!node->sliced && library.value_read(value, node->node, &item, &error) != DELTOS_OK)
    return fail_of(&error, 0), NULL;
  PyObject *root = node->sliced ? slice_of(self, node, as_key) : part_of(self, &item, as_key);
  if (root != NULL && fill_all(self) < 0) Py_CLEAR(root);
  return root;
}

PyDoc_STRVAR(copied_doc,
             "copied(node, as_key, copy_array, /)\n--\n\n"
             "What is in a container of a value as builtins; as_key: as what can be a key of a dict.\n"
             "copy_array(view) makes an array of its own of an n-d array.");

static PyObject *copied(PyObject *module, PyObject *arguments) {
  PyObject *node;
  int as_key;
  Copying *self = calloc(1, sizeof *self);
  (void)module;
  if (self == NULL) return PyErr_NoMemory();
  PyObject *result = NULL;
  if (PyArg_ParseTuple(arguments, "O!pO:copied", node_type, &node, &as_key, &self->copy_array)) {
    self->handle = Py_NewRef(((Node *)node)->handle);
    if (handle_hold((Handle *)self->handle) == 0) {
      result = copy_of(self, (Node *)node, as_key);
      handle_let_go((Handle *)self->handle);
    }
    Py_DECREF(self->handle);
  }
  for (size_t k = 0; k < self->room; ++k) Py_XDECREF(self->made[k].object);
  for (size_t k = 0; k < kTexts; ++k) Py_XDECREF(self->texts[k].text);
  free(self->made);
  free(self->unfilled);
  free(self);
  return result;
}

PyMethodDef copying_methods[] = {{"copied", copied, METH_VARARGS, copied_doc}, {NULL, NULL, 0, NULL}};
