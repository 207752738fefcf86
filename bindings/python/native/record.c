/* Records: rows of a record table, and the slots of a row as attributes. A number in a table of rows is one load from
 * the file; everything else is asked of the library. */
#include <stddef.h>

#include "elements.h"
#include "values.h"

/* Base of record tables. */
typedef struct {
  PyObject_HEAD PyObject *handle; /* of the object */
  PyObject *rows;                 /* of a view of all rows; NULL: they do not lie so */
  PyTypeObject *record;
  const char *data;
  uint64_t row_bytes;
  Py_ssize_t count;
} Records;

typedef struct {
  PyObject_HEAD Records *table;
  const char *base; /* of the row; NULL: it does not lie so */
  Py_ssize_t row;
} Record;

typedef struct {
  PyObject_HEAD PyObject *name, *convert;
  unsigned long long number, offset, size;
  int type;
  char code; /* of a number that is there in every row; 0: others */
} Slot;

static PyTypeObject *record_type, *slot_type, *records_type;
static PyObject *name_slots; /* "_SLOTS": of a class of records, its slots in order */

static PyObject *record_of(PyTypeObject *type, Records *table, const char *base, Py_ssize_t row) {
  Record *self = new_object(type);
  if (self == NULL) return NULL;
  self->table = (Records *)Py_NewRef((PyObject *)table);
  self->base = base;
  self->row = row;
  return (PyObject *)self;
}

/* ---- Slots --------------------------------------------------------------------------------------------------------
 */

/* A container or array in a slot is a value of its own. */
static PyObject *value_in(const Slot *self, const Record *record, const deltos_object *table) {
  deltos_object *value = NULL;
  deltos_error error;
  if (library.record_table_value(table, (uint64_t)record->row, self->number, &value, &error) != DELTOS_OK) {
    fail_of(&error, 0);
    return NULL;
  }
  if (value == NULL) Py_RETURN_NONE;
  return object_of_root(value, ((Handle *)record->table->handle)->origin);
}

static PyObject *object_in(Slot *self, Record *record, const deltos_object *table, const deltos_item *item) {
  if (item->kind == DELTOS_VALUE_NULL) Py_RETURN_NONE;
  if (self->type == DELTOS_TYPE_RECORD)
    return record_of((PyTypeObject *)self->convert, record->table, record->base, record->row);
  if (self->type >= DELTOS_TYPE_LIST && item->kind >= DELTOS_VALUE_LIST) return value_in(self, record, table);
  PyObject *object = object_of_item(record->table->handle, item);
  if (object == NULL || self->type != DELTOS_TYPE_FIXED || item->kind != DELTOS_VALUE_BYTES) return object;
  PyObject *converted = PyObject_CallFunctionObjArgs(self->convert, object, NULL);
  Py_DECREF(object);
  return converted;
}

/* What a slot has in a record; NULL with the reason raised, or without one where it is not set. */
static PyObject *read_slot(Slot *self, Record *record) {
  if (self->code != 0 && record->base != NULL && self->offset + self->size <= record->table->row_bytes)
    return element_get(self->code, record->base + self->offset);
  const deltos_object *table = value_of(record->table->handle);
  deltos_item item;
  deltos_error error;
  if (table == NULL) return NULL;
  if (library.record_table_read(table, (uint64_t)record->row, self->number, &item, &error) == DELTOS_OK)
    return item.kind == DELTOS_VALUE_END ? NULL : object_in(self, record, table, &item);
  fail_of(&error, 0);
  return NULL;
}

static PyObject *slot_get(PyObject *object, PyObject *instance, PyObject *type) {
  Slot *self = (Slot *)object;
  (void)type;
  if (instance == NULL || instance == Py_None) return Py_NewRef(object);
  if (!PyObject_TypeCheck(instance, record_type)) {
    PyErr_SetString(PyExc_TypeError, "a slot is an attribute of records");
    return NULL;
  }
  const Record *record = (Record *)instance;
  PyObject *found = read_slot(self, (Record *)instance);
  if (found == NULL && !PyErr_Occurred())
    PyErr_Format(PyExc_AttributeError, "slot %R is not set in row %zd", self->name, record->row);
  return found;
}

static int slot_set(PyObject *object, PyObject *instance, PyObject *value) {
  const Slot *self = (const Slot *)object;
  if (value == NULL || !PyObject_TypeCheck(instance, record_type)) {
    PyErr_SetString(PyExc_AttributeError, "slots of records cannot be deleted");
    return -1;
  }
  const Record *record = (const Record *)instance;
  PyObject *done = PyObject_CallMethod((PyObject *)record->table, "_store", "nKO", record->row, self->number, value);
  Py_XDECREF(done);
  return done == NULL ? -1 : 0;
}

static PyObject *slot_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  PyObject *name, *convert;
  unsigned long long number, offset, size;
  int kind;
  const char *format;
  (void)keywords;
  if (!PyArg_ParseTuple(arguments, "UKKKizO:Slot", &name, &number, &offset, &size, &kind, &format, &convert))
    return NULL;
  if (kind == DELTOS_TYPE_RECORD &&
      !(PyType_Check(convert) && PyType_IsSubtype((PyTypeObject *)convert, record_type))) {
    PyErr_SetString(PyExc_TypeError, "a slot of records has a class of records");
    return NULL;
  }
  Slot *self = new_object(type);
  if (self == NULL) return NULL;
  self->name = Py_NewRef(name);
  self->convert = Py_NewRef(convert);
  self->number = number;
  self->offset = offset;
  self->size = size;
  self->type = kind;
  self->code = format != NULL && size <= 8 ? element_code(format, 0) : 0;
  return (PyObject *)self;
}

static void slot_dealloc(Slot *self) {
  Py_XDECREF(self->name);
  Py_XDECREF(self->convert);
  free_object(self);
}

static PyType_Slot slot_slots[] = {{Py_tp_doc,
                                    "Slot(name, number, offset, size, type, format, convert, /)\n--\n\n"
                                    "A slot of a record, as an attribute."},
                                   {Py_tp_new, slot_new},
                                   {Py_tp_dealloc, slot_dealloc},
                                   {Py_tp_descr_get, slot_get},
                                   {Py_tp_descr_set, slot_set},
                                   {0, NULL}};

static PyType_Spec slot_spec = {"deltos._exporter.Slot", sizeof(Slot), 0, Py_TPFLAGS_DEFAULT, slot_slots};

/* ---- Records ------------------------------------------------------------------------------------------------------
 */

static void record_dealloc(Record *self) {
  Py_XDECREF((PyObject *)self->table);
  free_object(self);
}

static PyObject *record_field(Record *self, void *which) {
  return which == NULL ? PyLong_FromSsize_t(self->row) : Py_NewRef((PyObject *)self->table);
}

static PyGetSetDef record_getset[] = {{"_row", (getter)record_field, NULL, "The number of the row.", NULL},
                                      {"_table", (getter)record_field, NULL, "The table.", (void *)1},
                                      {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot record_slots[] = {
    {Py_tp_doc, "Base of records."}, {Py_tp_dealloc, record_dealloc}, {Py_tp_getset, record_getset}, {0, NULL}};

static PyType_Spec record_spec = {"deltos._exporter.RecordNode", sizeof(Record), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                  record_slots};

static int is_plain(PyObject *object) {
  return object == Py_None || PyUnicode_CheckExact(object) || PyLong_CheckExact(object) || PyFloat_CheckExact(object) ||
         PyBool_Check(object) || PyBytes_CheckExact(object);
}

static PyObject *dict_of(Record *record, PyObject *copy_of);

/* What a slot has, as builtins; NULL as read_slot(). */
static PyObject *copy_slot(Slot *slot, Record *record, PyObject *copy_of) {
  PyObject *found = read_slot(slot, record);
  if (found == NULL || is_plain(found)) return found;
  PyObject *copy = PyObject_TypeCheck(found, record_type) ? dict_of((Record *)found, copy_of)
                                                          : PyObject_CallFunctionObjArgs(copy_of, found, NULL);
  Py_DECREF(found);
  return copy;
}

/* A record as a dict of builtins, without what is not set. Records inside are 16 deep at most. */
static PyObject *dict_of(Record *record, PyObject *copy_of) {
  PyObject *slots = PyObject_GetAttr((PyObject *)Py_TYPE((PyObject *)record), name_slots);
  PyObject *dict = slots != NULL ? PyDict_New() : NULL;
  const Py_ssize_t count = dict != NULL ? PyTuple_Size(slots) : 0;
  for (Py_ssize_t k = 0; dict != NULL && k < count; ++k) {
    PyObject *slot = PyTuple_GetItem(slots, k), *value = NULL;
    if (Py_IS_TYPE(slot, slot_type))
      value = copy_slot((Slot *)slot, record, copy_of);
    else
      PyErr_SetString(PyExc_TypeError, "a class of records has slots");
    if (value != NULL ? PyDict_SetItem(dict, ((Slot *)slot)->name, value) < 0 : PyErr_Occurred() != NULL)
      Py_CLEAR(dict);
    Py_XDECREF(value);
  }
  Py_XDECREF(slots);
  return dict;
}

PyDoc_STRVAR(as_dict_doc,
             "record_as_dict(record, copy_of, /)\n--\n\n"
             "A record as a dict of builtins, without what is not set. copy_of(thing) makes one of what is none.");

static PyObject *record_as_dict(PyObject *module, PyObject *arguments) {
  PyObject *record, *copy_of;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "O!O:record_as_dict", record_type, &record, &copy_of)) return NULL;
  return dict_of((Record *)record, copy_of);
}

static PyMethodDef record_functions[] = {{"record_as_dict", record_as_dict, METH_VARARGS, as_dict_doc},
                                         {NULL, NULL, 0, NULL}};

/* ---- Tables -------------------------------------------------------------------------------------------------------
 */

static Py_ssize_t records_length(PyObject *self) { return ((Records *)self)->count; }

static PyObject *records_item(PyObject *object, Py_ssize_t row) {
  Records *self = (Records *)object;
  if (row >= 0 && row < self->count) {
    const char *base = self->data != NULL ? self->data + (uint64_t)row * self->row_bytes : NULL;
    return record_of(self->record, self, base, row);
  }
  PyErr_SetString(PyExc_IndexError, "row out of range");
  return NULL;
}

int is_records(PyObject *object) { return PyObject_TypeCheck(object, records_type); }

PyObject *record_at(PyObject *records, uint64_t row) {
  if (row < (uint64_t)((Records *)records)->count) return records_item(records, (Py_ssize_t)row);
  fail(DELTOS_E_CORRUPT, "a value of the map is the number of a row that there is not", 0, 0);
  return NULL;
}

static PyObject *records_subscript(PyObject *self, PyObject *key) {
  if (!PyIndex_Check(key)) return PyObject_CallMethod(self, "_get_slice", "(O)", key);
  Py_ssize_t row = PyNumber_AsSsize_t(key, PyExc_IndexError);
  if (row == -1 && PyErr_Occurred()) return NULL;
  return records_item(self, row < 0 ? row + ((Records *)self)->count : row);
}

static PyObject *records_iter(PyObject *self) { return iterate(self, records_item, records_length); }

PyDoc_STRVAR(show_doc,
             "_show($self, handle, rows, count, record, /)\n--\n\n"
             "Sets what is shown, once: the handle of the table, that of a view of its rows or None, how many there\n"
             "are, and the class of records.");

static PyObject *records_show(Records *self, PyObject *arguments) {
  PyObject *handle, *rows, *record;
  Py_ssize_t count;
  if (!PyArg_ParseTuple(arguments, "O!OnO:_show", handle_type, &handle, &rows, &count, &record)) return NULL;
  if (self->handle != NULL || !PyType_Check(record) || !PyType_IsSubtype((PyTypeObject *)record, record_type) ||
      (rows != Py_None && (!Py_IS_TYPE(rows, handle_type) || ((Handle *)rows)->kind != kView))) {
    PyErr_SetString(PyExc_TypeError, "a table is shown once, with a view of rows and a class of records");
    return NULL;
  }
  const deltos_view *view = rows != Py_None ? ((Handle *)rows)->address : NULL;
  if (view != NULL && (view->ndim != 1 || view->shape[0] < count || view->strides[0] != (int64_t)view->itemsize)) {
    PyErr_SetString(PyExc_ValueError, "the view is not one of all rows");
    return NULL;
  }
  self->handle = Py_NewRef(handle);
  self->rows = view != NULL ? Py_NewRef(rows) : NULL;
  self->record = (PyTypeObject *)Py_NewRef(record);
  self->count = count;
  self->data = view != NULL ? view->data : NULL;
  self->row_bytes = view != NULL ? view->itemsize : 0;
  Py_RETURN_NONE;
}

static PyObject *records_get_handle(Records *self, void *unused) {
  (void)unused;
  return Py_NewRef(self->handle != NULL ? self->handle : Py_None);
}

static int records_traverse(Records *self, visitproc visit, void *arg) {
  Py_VISIT((PyObject *)Py_TYPE((PyObject *)self));
  Py_VISIT((PyObject *)self->record);
  return 0;
}

static void records_dealloc(Records *self) {
  PyObject_GC_UnTrack(self);
  Py_XDECREF(self->handle);
  Py_XDECREF(self->rows);
  Py_XDECREF((PyObject *)self->record);
  free_object(self);
}

static PyObject *records_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  (void)arguments, (void)keywords;
  return new_object(type);
}

static PyMethodDef records_methods[] = {{"_show", (PyCFunction)records_show, METH_VARARGS, show_doc},
                                        {NULL, NULL, 0, NULL}};
static PyGetSetDef records_getset[] = {{"_handle", (getter)records_get_handle, NULL, "The handle of the table.", NULL},
                                       {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot records_slots[] = {{Py_tp_doc, "Base of record tables."},
                                      {Py_tp_new, records_new},
                                      {Py_tp_dealloc, records_dealloc},
                                      {Py_tp_traverse, records_traverse},
                                      {Py_tp_methods, records_methods},
                                      {Py_tp_getset, records_getset},
                                      {Py_tp_iter, records_iter},
                                      {Py_mp_length, records_length},
                                      {Py_mp_subscript, records_subscript},
                                      {Py_sq_length, records_length},
                                      {Py_sq_item, records_item},
                                      {0, NULL}};

static PyType_Spec records_spec = {"deltos._exporter.Records", sizeof(Records), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, records_slots};

static PyTypeObject *add(PyObject *module, PyType_Spec *spec, const char *name) {
  PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
  if (type == NULL || PyModule_AddObjectRef(module, name, type) < 0) return NULL;
  return (PyTypeObject *)type; /* kept for the life of the process */
}

int record_exec(PyObject *module) {
  name_slots = PyUnicode_InternFromString("_SLOTS");
  record_type = add(module, &record_spec, "RecordNode");
  slot_type = add(module, &slot_spec, "Slot");
  records_type = add(module, &records_spec, "Records");
  return name_slots == NULL || record_type == NULL || slot_type == NULL || records_type == NULL ||
                 PyModule_AddFunctions(module, record_functions) < 0
             ? -1
             : 0;
}
