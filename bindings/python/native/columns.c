/* Columns: rows of Python objects on their way into a record table, as the columns that the library takes.
 *
 * What rows are made of (numbers, texts, bytes, dates and times, values, and nothing where that is allowed) is taken
 * from them and converted here, as far as it is what the slot is for. A column with anything else in it is given back
 * as a list, for the package to convert or to say what is wrong with it: no failure is told here but that of an object
 * that was asked for its attributes. */
#include <stdlib.h>
#include <string.h>

#include "elements.h"
#include "values.h"

/* One slot. Memory is kept from one lot of rows to the next. */
typedef struct {
  PyObject *name;
  uint64_t size;
  uint32_t flags;
  int32_t type, parent;
  Py_ssize_t place, siblings; /* of the slots of its record: its index, and how many there are */
  char code;                  /* of what it holds; 0: not converted here */
  char *data;                 /* items, or texts one behind the other */
  size_t room, used;
  int64_t *offsets; /* of texts */
  uint8_t *states;  /* presence */
} Target;

typedef struct {
  PyObject_HEAD deltos_column *columns;
  const uint8_t **presence;
  Target *targets;
  Py_ssize_t count, rows, room;
  unsigned long long first; /* number of the first row */
  PyObject **values;        /* of the slot at hand, owned, from the first */
  Py_ssize_t held;
  PyTypeObject *row_type; /* of the row before, and what it is */
  int row_kind;
} Columns;

/* What the package hands over: objects that say of a value that there is none, and the types of days and moments. */
static struct { PyObject *unset, *beneath, *mapping, *date, *datetime, *epoch, *instant, *describe; } known;
static PyObject *name_fields, *name_get, *name_toordinal, *name_days, *name_seconds, *name_microseconds;

enum { kEpochDay = 719163, kFirstDay = -719162, kLastDay = 2932896, kDaySeconds = 86400 };

static int is_there(const PyObject *value) {
  return value != Py_None && value != known.unset && value != known.beneath;
}

/* ---- One value into one place: 1 stored, 0 left to the package, -1 failed ------------------------------------------
 */

/* Room for so many more bytes of texts; -1 with the reason raised. */
static int make_room_behind(Target *slot, size_t bytes) {
  if (slot->data != NULL && slot->room - slot->used >= bytes) return 0;
  const size_t room = slot->used + bytes + slot->room / 2 + 4096;
  char *larger = realloc(slot->data, room);
  if (larger == NULL) return PyErr_NoMemory(), -1;
  slot->data = larger;
  slot->room = room;
  return 0;
}

static int store_text(Target *slot, PyObject *value, Py_ssize_t row) {
  const char *text = NULL;
  Py_ssize_t bytes = 0;
  if (slot->type == DELTOS_TYPE_UTF8) {
    if (!PyUnicode_Check(value)) return 0;
    text = PyUnicode_AsUTF8AndSize(value, &bytes);
    if (text == NULL) return declined();
  } else {
    if (!PyBytes_Check(value)) return 0;
    text = PyBytes_AsString(value);
    bytes = PyBytes_Size(value);
  }
  if (make_room_behind(slot, (size_t)bytes) < 0) return -1;
  memcpy(slot->data + slot->used, text, (size_t)bytes);
  slot->used += (size_t)bytes;
  slot->offsets[row + 1] = (int64_t)slot->used;
  return 1;
}

/* What a builder has, behind the texts that there are. */
static deltos_status pack_behind(Target *slot, deltos_builder *builder, deltos_error *error) {
  uint64_t size = 0;
  deltos_status status = DELTOS_E_TOO_SMALL;
  while (status == DELTOS_E_TOO_SMALL) {
    if (make_room_behind(slot, (size_t)size + 1) < 0) {
      PyErr_Clear();
      error->status = DELTOS_E_NO_MEMORY;
      return DELTOS_E_NO_MEMORY;
    }
    size = slot->room - slot->used;
    status = library.value_builder_pack(builder, slot->data + slot->used, &size, error);
  }
  if (status == DELTOS_OK) slot->used += (size_t)size;
  return status;
}

/* A value as it lies in a table. What is wrong with one is for the package to say. */
static int store_image(Target *slot, PyObject *value, Py_ssize_t row) {
  deltos_builder *builder = NULL;
  deltos_error error;
  PyObject *trail = PyList_New(0);
  if (trail == NULL) return -1;
  int stored = 0;
  if (library.value_builder_begin(&builder, &error) == DELTOS_OK) {
    if (put_value(builder, value, known.describe, trail) < 0)
      stored = declined();
    else
      stored = pack_behind(slot, builder, &error) == DELTOS_OK;
  }
  library.builder_release(&builder);
  Py_DECREF(trail);
  slot->offsets[row + 1] = (int64_t)slot->used;
  return stored;
}

static int store_day(const Target *slot, PyObject *value, Py_ssize_t row) {
  if (!Py_IS_TYPE(value, (PyTypeObject *)known.date) && !Py_IS_TYPE(value, (PyTypeObject *)known.datetime)) return 0;
  PyObject *ordinal = PyObject_CallMethodObjArgs(value, name_toordinal, NULL);
  if (ordinal == NULL) return declined();
  const int32_t days = (int32_t)(PyLong_AsLong(ordinal) - kEpochDay);
  Py_DECREF(ordinal);
  memcpy(slot->data + row * (Py_ssize_t)sizeof days, &days, sizeof days);
  return 1;
}

static int read_field(PyObject *object, PyObject *name, long long *number) {
  PyObject *field = PyObject_GetAttr(object, name);
  if (field == NULL) return -1;
  *number = PyLong_AsLongLong(field);
  Py_DECREF(field);
  return *number == -1 && PyErr_Occurred() ? -1 : 0;
}

static int store_moment(const Target *slot, PyObject *value, Py_ssize_t row) {
  if (!Py_IS_TYPE(value, (PyTypeObject *)known.datetime)) return 0;
  PyObject *since = PyNumber_Subtract(value, (slot->flags & DELTOS_SLOT_UTC) != 0 ? known.instant : known.epoch);
  if (since == NULL) return declined();
  long long days = 0, seconds = 0, microseconds = 0;
  const int failed = read_field(since, name_days, &days) < 0 || read_field(since, name_seconds, &seconds) < 0 ||
                     read_field(since, name_microseconds, &microseconds) < 0;
  Py_DECREF(since);
  if (failed) return declined();
  if (days < kFirstDay || days > kLastDay) return 0; /* an instant that no datetime in UTC can be */
  const int64_t moment = (days * kDaySeconds + seconds) * 1000000 + microseconds;
  memcpy(slot->data + row * (Py_ssize_t)sizeof moment, &moment, sizeof moment);
  return 1;
}

static int store_value(Target *slot, PyObject *value, Py_ssize_t row) {
  if (slot->type == DELTOS_TYPE_FIXED)
    return element_set(slot->code, slot->data + (size_t)row * slot->size, value) == 0 ? 1 : declined();
  if (slot->type == DELTOS_TYPE_DATE) return store_day(slot, value, row);
  if (slot->type == DELTOS_TYPE_DATETIME) return store_moment(slot, value, row);
  return slot->type <= DELTOS_TYPE_UTF8 ? store_text(slot, value, row) : store_image(slot, value, row);
}

/* ---- A slot of all rows -------------------------------------------------------------------------------------------
 */

/* Whether what a slot holds has bytes of its own, as many as it likes. */
static int is_text(const Target *slot) { return slot->type >= DELTOS_TYPE_BYTES; }

/* Memory for a slot of so many rows as there is room for; -1 with the reason raised. */
static int make_room_for(const Columns *self, Target *slot) {
  if (is_text(slot)) {
    if (slot->offsets == NULL) slot->offsets = malloc(((size_t)self->room + 1) * sizeof *slot->offsets);
    if (slot->offsets == NULL) return PyErr_NoMemory(), -1;
    slot->offsets[0] = 0;
    slot->used = 0;
  } else if (slot->data == NULL) {
    slot->data = malloc((size_t)self->room * slot->size);
    if (slot->data == NULL) return PyErr_NoMemory(), -1;
  }
  return 0;
}

/* Notes that there is no value: 1, 0 where there has to be one. */
static int store_nothing(const Columns *self, Target *slot, const PyObject *value, Py_ssize_t row) {
  const uint32_t needed = value == Py_None ? DELTOS_SLOT_NULLABLE : value == known.unset ? DELTOS_SLOT_OPTIONAL : 0;
  if ((slot->flags & needed) != needed) return 0;
  if (slot->states == NULL) slot->states = malloc((size_t)self->room);
  if (slot->states == NULL) return PyErr_NoMemory(), -1;
  uint8_t *states = slot->states;
  const Py_ssize_t number = slot - self->targets;
  if (self->presence[number] == NULL) memset(states, DELTOS_PRESENT, (size_t)self->rows);
  self->presence[number] = states;
  states[row] = value == Py_None ? DELTOS_NULL : value == known.unset ? DELTOS_UNSET : DELTOS_PRESENT;
  if (is_text(slot))
    slot->offsets[row + 1] = (int64_t)slot->used;
  else
    memset(slot->data + (size_t)row * slot->size, 0, slot->size);
  return 1;
}

/* The values at hand into a column: 1, or 0 and -1 as store_value(). */
static int convert(Columns *self, Py_ssize_t number) {
  Target *slot = &self->targets[number];
  deltos_column *column = &self->columns[number];
  if (slot->code == 0) return 0;
  if (make_room_for(self, slot) < 0) return -1;
  for (Py_ssize_t row = 0; row < self->rows; ++row) {
    PyObject *value = self->values[row];
    const int stored = is_there(value) ? store_value(slot, value, row) : store_nothing(self, slot, value, row);
    if (stored == 1) continue;
    self->presence[number] = NULL;
    return stored;
  }
  column->layout = is_text(slot) ? DELTOS_COLUMN_OFFSETS : DELTOS_COLUMN_FIXED;
  column->count = (uint64_t)self->rows;
  column->data = slot->data;
  column->offsets = is_text(slot) ? slot->offsets : NULL;
  column->item_size = is_text(slot) ? 0 : slot->size;
  return 1;
}

static void let_go(Columns *self) {
  while (self->held > 0) Py_DECREF(self->values[--self->held]);
}

static PyObject *listed(const Columns *self) {
  PyObject *list = PyList_New(self->held);
  for (Py_ssize_t k = 0; list != NULL && k < self->held; ++k) PyList_SetItem(list, k, Py_NewRef(self->values[k]));
  return list;
}

/* ---- Values from rows ---------------------------------------------------------------------------------------------
 */

enum { kUnknownRow, kDictRow, kTupleRow, kListRow, kOtherSequenceRow, kMappingRow, kObjectRow };

/* -1 with the reason raised. A sequence with names for its elements is an object that has them. */
static int kind_of_row(PyObject *row) {
  if (PyDict_CheckExact(row)) return kDictRow;
  if (PyTuple_Check(row) || PyList_Check(row)) {
    PyObject *fields = PyObject_GetAttr(row, name_fields);
    if (fields == NULL) {
      if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
      PyErr_Clear();
      return PyTuple_CheckExact(row) ? kTupleRow : PyList_CheckExact(row) ? kListRow : kOtherSequenceRow;
    }
    Py_DECREF(fields);
    return kObjectRow;
  }
  const int is_mapping = PyObject_IsInstance(row, known.mapping);
  return is_mapping < 0 ? -1 : is_mapping ? kMappingRow : kObjectRow;
}

static PyObject *wrong_length(const Columns *self, const Target *slot, Py_ssize_t row, Py_ssize_t length) {
  char message[160];
  PyOS_snprintf(message, sizeof message, "row %llu: %lld values for %lld slots; leave one out in a dict",
                self->first + (unsigned long long)row, (long long)length, (long long)slot->siblings);
  fail(DELTOS_E_TYPE, message, 0, 0);
  return NULL;
}

static PyObject *element_of_row(const Columns *self, const Target *slot, PyObject *object, Py_ssize_t row) {
  const Py_ssize_t length = PySequence_Size(object);
  if (length != slot->siblings) return length < 0 ? NULL : wrong_length(self, slot, row, length);
  if (self->row_kind == kTupleRow) return Py_XNewRef(PyTuple_GetItem(object, slot->place));
  return self->row_kind == kListRow ? Py_XNewRef(PyList_GetItem(object, slot->place))
                                    : PySequence_GetItem(object, slot->place);
}

static PyObject *entry_of_row(const Target *slot, PyObject *dict) {
  PyObject *value = PyDict_GetItemWithError(dict, slot->name);
  if (value != NULL) return Py_NewRef(value);
  return PyErr_Occurred() ? NULL : Py_NewRef(known.unset);
}

static PyObject *attribute_of_row(const Target *slot, PyObject *object) {
  PyObject *value = PyObject_GetAttr(object, slot->name);
  if (value != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError)) return value;
  PyErr_Clear();
  return Py_NewRef(known.unset);
}

static PyObject *value_in_row(Columns *self, const Target *slot, PyObject *object, Py_ssize_t row) {
  if (slot->parent >= 0 && !is_there(object)) return Py_NewRef(known.beneath);
  if (!Py_IS_TYPE(object, self->row_type)) {
    const int kind = kind_of_row(object);
    if (kind < 0) return NULL;
    Py_XDECREF((PyObject *)self->row_type);
    self->row_type = (PyTypeObject *)Py_NewRef((PyObject *)Py_TYPE(object));
    self->row_kind = kind;
  }
  switch (self->row_kind) {
    case kDictRow:
      return entry_of_row(slot, object);
    case kTupleRow:
    case kListRow:
    case kOtherSequenceRow:
      return element_of_row(self, slot, object, row);
    case kMappingRow:
      return PyObject_CallMethodObjArgs(object, name_get, slot->name, known.unset, NULL);
    default:
      return attribute_of_row(slot, object);
  }
}

/* -1 with the reason raised where there is no such slot, or another number of rows, or a call is under way. */
static int refuse_unfit(const Columns *self, Py_ssize_t number, PyObject *rows) {
  if (number >= 0 && number < self->count && PyList_Size(rows) == self->rows && self->held == 0) return 0;
  PyErr_SetString(PyExc_ValueError, "there is no such slot, or another number of rows");
  return -1;
}

PyDoc_STRVAR(take_doc,
             "take($self, number, rows, /)\n--\n\n"
             "Fills the column of a slot from a list of rows. None, or the list of values where they are not\n"
             "converted here.");

static PyObject *columns_take(Columns *self, PyObject *arguments) {
  Py_ssize_t number;
  PyObject *rows, *result = NULL;
  if (!PyArg_ParseTuple(arguments, "nO!:take", &number, &PyList_Type, &rows)) return NULL;
  if (refuse_unfit(self, number, rows) < 0) return NULL;
  const Target *slot = &self->targets[number];
  for (Py_ssize_t row = 0; row < self->rows; ++row) {
    PyObject *object = Py_XNewRef(PyList_GetItem(rows, row)); /* gone where a row changes the list */
    PyObject *value = object != NULL ? value_in_row(self, slot, object, row) : NULL;
    Py_XDECREF(object);
    if (value == NULL) return let_go(self), NULL;
    self->values[self->held++] = value;
  }
  const int filled = convert(self, number);
  if (filled >= 0) result = filled ? Py_NewRef(Py_None) : listed(self);
  let_go(self);
  return result;
}

PyDoc_STRVAR(
    fill_doc,
    "fill($self, number, values, /)\n--\n\nFills the column of a slot from a list: whether they are converted here.");

static PyObject *columns_fill(Columns *self, PyObject *arguments) {
  Py_ssize_t number;
  PyObject *values;
  if (!PyArg_ParseTuple(arguments, "nO!:fill", &number, &PyList_Type, &values)) return NULL;
  if (refuse_unfit(self, number, values) < 0) return NULL;
  for (; self->held < self->rows; ++self->held)
    self->values[self->held] = Py_NewRef(PyList_GetItem(values, self->held));
  const int filled = convert(self, number);
  let_go(self);
  return filled < 0 ? NULL : PyBool_FromLong(filled);
}

PyDoc_STRVAR(begin_doc,
             "begin($self, first, rows, /)\n--\n\n"
             "Forgets what there is, for other rows: the number of the first, and how many. Memory that an earlier\n"
             "lot was in is used again.");

static PyObject *columns_begin(Columns *self, PyObject *arguments) {
  unsigned long long first;
  Py_ssize_t rows;
  if (!PyArg_ParseTuple(arguments, "Kn:begin", &first, &rows)) return NULL;
  if (rows < 0 || rows > self->room) {
    PyErr_SetString(PyExc_ValueError, "there is no room for so many rows");
    return NULL;
  }
  memset(self->columns, 0, (size_t)self->count * sizeof *self->columns);
  memset(self->presence, 0, (size_t)self->count * sizeof *self->presence);
  for (Py_ssize_t k = 0; k < self->count; ++k) self->targets[k].used = 0;
  self->first = first;
  self->rows = rows;
  Py_RETURN_NONE;
}

/* ---- The type -----------------------------------------------------------------------------------------------------
 */

static void columns_dealloc(Columns *self) {
  let_go(self);
  for (Py_ssize_t k = 0; k < self->count; ++k) {
    Py_XDECREF(self->targets[k].name);
    free(self->targets[k].data);
    free(self->targets[k].offsets);
    free(self->targets[k].states);
  }
  Py_XDECREF((PyObject *)self->row_type);
  free(self->columns);
  free(self->presence);
  free(self->targets);
  free(self->values);
  free_object(self);
}

static int describe_slot(Columns *self, Py_ssize_t number, PyObject *description) {
  Target *slot = &self->targets[number];
  const char *format;
  int dtype, valid_bit, null_bit;
  unsigned long long offset, size;
  if (!PyArg_ParseTuple(description, "UisiIiKKii", &slot->name, &slot->type, &format, &dtype, &slot->flags,
                        &slot->parent, &offset, &size, &valid_bit, &null_bit)) {
    slot->name = NULL;
    return -1;
  }
  Py_INCREF(slot->name);
  PyUnicode_InternInPlace(&slot->name);
  slot->size = size;
  slot->code = slot->type == DELTOS_TYPE_FIXED    ? element_code(format, dtype)
               : slot->type == DELTOS_TYPE_RECORD ? 0
                                                  : 'B';
  for (Py_ssize_t k = 0; k < number; ++k) slot->place += self->targets[k].parent == slot->parent;
  return 0;
}

static int allocate(Columns *self, Py_ssize_t count, Py_ssize_t room) {
  self->columns = calloc((size_t)count, sizeof *self->columns);
  self->presence = calloc((size_t)count, sizeof *self->presence);
  self->targets = calloc((size_t)count, sizeof *self->targets);
  self->values = malloc((size_t)room * sizeof *self->values);
  if (self->columns == NULL || self->presence == NULL || self->targets == NULL || self->values == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  self->count = count;
  self->room = room;
  return 0;
}

static PyObject *columns_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  PyObject *slots;
  Py_ssize_t room;
  (void)keywords;
  if (!PyArg_ParseTuple(arguments, "O!n:Columns", &PyList_Type, &slots, &room)) return NULL;
  const Py_ssize_t count = PyList_Size(slots);
  if (known.unset == NULL || room <= 0 || count <= 0) {
    PyErr_SetString(PyExc_ValueError, "columns have slots and room for rows, and know what a value is");
    return NULL;
  }
  Columns *self = new_object(type);
  if (self == NULL) return NULL;
  int failed = allocate(self, count, room);
  for (Py_ssize_t k = 0; failed == 0 && k < count; ++k) failed = describe_slot(self, k, PyList_GetItem(slots, k));
  if (failed != 0) return Py_DECREF((PyObject *)self), NULL;
  for (Py_ssize_t k = 0; k < count; ++k)
    for (Py_ssize_t other = 0; other < count; ++other)
      self->targets[k].siblings += self->targets[other].parent == self->targets[k].parent;
  return (PyObject *)self;
}

enum { kColumnsField, kPresenceField, kBytesField };

static PyObject *columns_field(Columns *self, void *which) {
  size_t bytes = 0;
  switch ((int)(intptr_t)which) {
    case kColumnsField:
      return PyLong_FromVoidPtr(self->columns);
    case kPresenceField:
      return PyLong_FromVoidPtr(self->presence);
    default:
      for (Py_ssize_t k = 0; k < self->count; ++k) bytes += self->targets[k].used;
      return PyLong_FromSize_t(bytes);
  }
}

static PyMethodDef columns_methods[] = {{"begin", (PyCFunction)columns_begin, METH_VARARGS, begin_doc},
                                        {"take", (PyCFunction)columns_take, METH_VARARGS, take_doc},
                                        {"fill", (PyCFunction)columns_fill, METH_VARARGS, fill_doc},
                                        {NULL, NULL, 0, NULL}};

static PyGetSetDef columns_getset[] = {
    {"columns", (getter)columns_field, NULL, "Address of a deltos_column for each slot.", (void *)kColumnsField},
    {"presence", (getter)columns_field, NULL, "Address of a pointer to presence bytes for each slot.",
     (void *)kPresenceField},
    {"text_bytes", (getter)columns_field, NULL, "Bytes of all texts converted here.", (void *)kBytesField},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot columns_slots[] = {{Py_tp_doc,
                                       "Columns(slots, room, /)\n--\n\n"
                                       "Rows on their way into a record table, `room` at a time at most."},
                                      {Py_tp_new, columns_new},
                                      {Py_tp_dealloc, columns_dealloc},
                                      {Py_tp_methods, columns_methods},
                                      {Py_tp_getset, columns_getset},
                                      {0, NULL}};

PyType_Spec columns_spec = {"deltos._exporter.Columns", sizeof(Columns), 0, Py_TPFLAGS_DEFAULT, columns_slots};

/* ---- The module's function ----------------------------------------------------------------------------------------
 */

PyDoc_STRVAR(bind_doc,
             "bind_columns(unset, beneath, mapping, date, datetime, epoch, instant, describe, /)\n--\n\n"
             "Hands over what stands for no value, in a record that is there and in one that is not; the types of\n"
             "mappings, days and moments; 1970 on a clock and as an instant; and what tells of parts of values.");

static PyObject *bind_columns(PyObject *module, PyObject *arguments) {
  enum { kGiven = 8 };
  PyObject *given[kGiven];
  PyObject **const places[kGiven] = {&known.unset,    &known.beneath, &known.mapping, &known.date,
                                     &known.datetime, &known.epoch,   &known.instant, &known.describe};
  (void)module;
  if (!PyArg_ParseTuple(arguments, "OOOO!O!OOO:bind_columns", &given[0], &given[1], &given[2], &PyType_Type, &given[3],
                        &PyType_Type, &given[4], &given[5], &given[6], &given[7]))
    return NULL;
  for (int k = 0; k < kGiven; ++k) {
    PyObject *old = *places[k];
    *places[k] = Py_NewRef(given[k]);
    Py_XDECREF(old);
  }
  Py_RETURN_NONE;
}

PyMethodDef columns_functions[] = {{"bind_columns", bind_columns, METH_VARARGS, bind_doc}, {NULL, NULL, 0, NULL}};

int columns_exec(void) {
  const struct {
    PyObject **place;
    const char *text;
  } names[] = {{&name_fields, "_fields"}, {&name_get, "get"},         {&name_toordinal, "toordinal"},
               {&name_days, "days"},      {&name_seconds, "seconds"}, {&name_microseconds, "microseconds"}};
  for (size_t k = 0; k < sizeof names / sizeof *names; ++k)
    if ((*names[k].place = PyUnicode_InternFromString(names[k].text)) == NULL) return -1;
  return 0;
}
