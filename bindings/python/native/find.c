/* Keys of dicts and members of sets, looked for as Python looks for them. A value tells 1, 1.0 and True apart, Python
 * does not: so a number is looked for as it is, and then as the other kinds that hold the same number. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "values.h"

/* 1: found, 0: not there, -1: an error is set. */
static int find_item(Node *self, const deltos_item *key, const deltos_object *keys, deltos_item *found) {
  const deltos_object *value = value_of(self->handle);
  deltos_error error;
  if (value == NULL) return -1;
  if (library.value_find(value, self->node, key, keys, found, &error) != DELTOS_OK) return fail_of(&error, 0);
  return found->kind != DELTOS_VALUE_END;
}

/* ---- Numbers ------------------------------------------------------------------------------------------------------
 */

/* A number of up to 64 bits: its sign and magnitude. */
typedef struct {
  int negative;
  uint64_t magnitude;
} Whole;

static int find_as_integer(Node *self, Whole number, deltos_item *found) {
  deltos_item key = {.kind = DELTOS_VALUE_INT};
  if (!number.negative && number.magnitude > INT64_MAX) key.kind = DELTOS_VALUE_UINT;
  key.u64 = key.kind == DELTOS_VALUE_UINT ? number.magnitude : 0;
  key.i64 = key.kind == DELTOS_VALUE_UINT ? 0 : (int64_t)(number.negative ? 0 - number.magnitude : number.magnitude);
  return find_item(self, &key, NULL, found);
}

static int find_as_float(Node *self, double number, deltos_item *found) {
  const deltos_item key = {.kind = DELTOS_VALUE_FLOAT, .f64 = number};
  return find_item(self, &key, NULL, found);
}

static int find_as_bool(Node *self, Whole number, deltos_item *found) {
  const deltos_item key = {.kind = DELTOS_VALUE_BOOL, .i64 = (int64_t)number.magnitude};
  return number.negative || number.magnitude > 1 ? 0 : find_item(self, &key, NULL, found);
}

static int find_as_decimal(Node *self, Whole number, deltos_item *found) {
  char digits[24];
  const int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number.magnitude);
  const deltos_item key = {
      .kind = DELTOS_VALUE_DECIMAL, .data = digits, .count = (uint64_t)count, .u64 = (uint64_t)number.negative};
  return find_item(self, &key, NULL, found);
}

/* A float that is the same number, or NaN, which equals nothing. */
static double float_of(Whole number) {
  const double magnitude = (double)number.magnitude;
  if (magnitude >= 18446744073709551616.0 || (uint64_t)magnitude != number.magnitude) return NAN;
  return number.negative ? -magnitude : magnitude;
}

/* As what it is first: most keys are there, and of one kind. */
static int find_whole(Node *self, Whole number, int kind, deltos_item *found) {
  const double as_float = float_of(number);
  int status = 0;
  if (kind == DELTOS_VALUE_BOOL) status = find_as_bool(self, number, found);
  if (kind == DELTOS_VALUE_FLOAT) status = find_as_float(self, as_float, found);
  if (status == 0) status = find_as_integer(self, number, found);
  if (status == 0 && kind != DELTOS_VALUE_FLOAT && !isnan(as_float)) status = find_as_float(self, as_float, found);
  if (status == 0 && kind != DELTOS_VALUE_BOOL) status = find_as_bool(self, number, found);
  return status == 0 ? find_as_decimal(self, number, found) : status;
}

/* ---- Other keys ---------------------------------------------------------------------------------------------------
 */

/* As each of the values that the package gives: handles of values in memory. */
static int find_alternatives(Node *self, PyObject *key, deltos_item *found) {
  PyObject *values = PyObject_CallFunctionObjArgs(translation.alternatives, key, NULL);
  PyObject *walk = values != NULL ? PyObject_GetIter(values) : NULL, *handle;
  int status = walk != NULL ? 0 : -1;
  while (status == 0 && (handle = PyIter_Next(walk)) != NULL) {
    deltos_item item;
    deltos_error error;
    const deltos_object *value = Py_IS_TYPE(handle, handle_type) ? value_of(handle) : NULL;
    if (value == NULL)
      status = PyErr_Occurred() ? -1 : fail(DELTOS_E_TYPE, "a key is looked for by handles of values", 0, 0);
    else if (library.value_read(value, 0, &item, &error) != DELTOS_OK)
      status = fail_of(&error, 0);
    else
      status = find_item(self, &item, value, found);
    Py_DECREF(handle);
  }
  Py_XDECREF(walk);
  Py_XDECREF(values);
  return status == 0 && PyErr_Occurred() ? -1 : status;
}

static int find_float(Node *self, PyObject *key, deltos_item *found) {
  const double number = PyFloat_AsDouble(key);
  if (floor(number) == number && fabs(number) < 18446744073709551616.0 && number >= -9223372036854775808.0) {
    const Whole whole = {number < 0, (uint64_t)fabs(number)};
    return find_whole(self, whole, DELTOS_VALUE_FLOAT, found);
  }
  const int status = find_as_float(self, number, found);
  return status == 0 && !isnan(number) ? find_alternatives(self, key, found) : status;
}

static int find_integer(Node *self, PyObject *key, deltos_item *found) {
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(key, &overflow);
  if (overflow != 0) return find_alternatives(self, key, found);
  const Whole whole = {number < 0, number < 0 ? 0 - (uint64_t)number : (uint64_t)number};
  return find_whole(self, whole, PyBool_Check(key) ? DELTOS_VALUE_BOOL : DELTOS_VALUE_INT, found);
}

static int find_text(Node *self, PyObject *key, deltos_item *found) {
  Py_ssize_t bytes;
  deltos_item item = {.kind = DELTOS_VALUE_UTF8};
  item.data = PyUnicode_AsUTF8AndSize(key, &bytes);
  if (item.data == NULL) {
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
    PyErr_Clear(); /* halves of surrogate pairs are in no value */
    return 0;
  }
  item.count = (uint64_t)bytes;
  return find_item(self, &item, NULL, found);
}

int node_find(Node *self, PyObject *key, deltos_item *found) {
  deltos_item item = {.kind = DELTOS_VALUE_NULL};
  if (PyUnicode_CheckExact(key)) return find_text(self, key, found);
  if (PyLong_CheckExact(key) || PyBool_Check(key)) return find_integer(self, key, found);
  if (PyFloat_CheckExact(key)) return find_float(self, key, found);
  if (key == Py_None) return find_item(self, &item, NULL, found);
  if (!PyBytes_CheckExact(key)) return find_alternatives(self, key, found);
  item.kind = DELTOS_VALUE_BYTES;
  item.data = PyBytes_AsString(key);
  item.count = (uint64_t)PyBytes_Size(key);
  return find_item(self, &item, NULL, found);
}
