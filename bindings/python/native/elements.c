/* Single elements of native types, as Python objects. What does not fit an element is an OverflowError, what is no
 * number a TypeError, as in CPython's array module. */
#include "elements.h"

#include <limits.h>
#include <math.h>
#include <string.h>

char element_code(const char *format, int32_t dtype) {
  if (dtype == DELTOS_DTYPE_BF16 || dtype == DELTOS_DTYPE_F8_E4M3 || dtype == DELTOS_DTYPE_F8_E5M2) return 0;
  if (format == NULL || format[0] == '\0' || format[1] != '\0') return 0;
  return strchr("?cbBhHiIlLqQnNfdw", format[0]) != NULL ? format[0] : 0;
}

#define LOAD(type, name) \
  type name;             \
  memcpy(&name, place, sizeof name)

static PyObject *character(const void *place) {
  LOAD(uint32_t, ordinal);
  if (ordinal > 0x10ffff) {
    PyErr_Format(PyExc_ValueError, "character U+%x is not in range [U+0000; U+10ffff]", (unsigned)ordinal);
    return NULL;
  }
  int order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? -1 : 1; /* said, so that U+FEFF is a character */
  return PyUnicode_DecodeUTF32((const char *)&ordinal, sizeof ordinal, "surrogatepass", &order);
}

static PyObject *wide(char code, const void *place) {
  switch (code) {
    case 'l':
    case 'q':
    case 'n': {
      LOAD(int64_t, number);
      return PyLong_FromLongLong(number);
    }
    case 'L':
    case 'Q':
    case 'N': {
      LOAD(uint64_t, number);
      return PyLong_FromUnsignedLongLong(number);
    }
    case 'f': {
      LOAD(float, number);
      return PyFloat_FromDouble(number);
    }
    case 'd': {
      LOAD(double, number);
      return PyFloat_FromDouble(number);
    }
    default:
      return character(place);
  }
}

PyObject *element_get(char code, const void *place) {
  switch (code) {
    case '?':
      return PyBool_FromLong(*(const char *)place != 0);
    case 'c':
      return PyBytes_FromStringAndSize(place, 1);
    case 'b':
      return PyLong_FromLong(*(const signed char *)place);
    case 'B':
      return PyLong_FromLong(*(const unsigned char *)place);
    case 'h': {
      LOAD(int16_t, number);
      return PyLong_FromLong(number);
    }
    case 'H': {
      LOAD(uint16_t, number);
      return PyLong_FromLong(number);
    }
    case 'i': {
      LOAD(int32_t, number);
      return PyLong_FromLong(number);
    }
    case 'I': {
      LOAD(uint32_t, number);
      return PyLong_FromUnsignedLong(number);
    }
    default:
      return wide(code, place);
  }
}

/* ---- Storing ------------------------------------------------------------------------------------------------------
 */

static int out_of_range(PyObject *value, char code, const char *limits) {
  char message[200], shown[64] = "the number";
  PyErr_Clear();
  PyObject *text = PyObject_Str(value); /* fails for numbers of thousands of digits */
  PyObject *bytes = text != NULL ? PyUnicode_AsUTF8String(text) : NULL;
  if (bytes != NULL && PyBytes_Size(bytes) < (Py_ssize_t)sizeof shown)
    memcpy(shown, PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes) + 1);
  Py_XDECREF(bytes);
  Py_XDECREF(text);
  PyErr_Clear();
  PyOS_snprintf(message, sizeof message, "%s does not fit an element of format '%c': %s", shown, code, limits);
  return fail(DELTOS_E_LIMIT, message, 0, 0);
}

static int no_integer(PyObject *value) {
  PyErr_Clear();
  char message[160];
  PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(value), "__name__");
  PyObject *bytes = name != NULL ? PyUnicode_AsUTF8String(name) : NULL;
  PyOS_snprintf(message, sizeof message, "an integer is required, not %.60s",
                bytes != NULL ? PyBytes_AsString(bytes) : "this");
  Py_XDECREF(bytes);
  Py_XDECREF(name);
  PyErr_Clear();
  return fail(DELTOS_E_TYPE, message, 0, 0);
}

static int number_of(PyObject *value, long long lowest, long long highest, char code, const char *limits,
                     long long *number) {
  int overflow = 0;
  *number = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (*number == -1 && PyErr_Occurred()) return PyErr_ExceptionMatches(PyExc_TypeError) ? no_integer(value) : -1;
  if (overflow != 0 || *number < lowest || *number > highest) return out_of_range(value, code, limits);
  return 0;
}

#define STORE(type, number)                \
  do {                                     \
    type stored = (type)(number);          \
    memcpy(place, &stored, sizeof stored); \
    return 0;                              \
  } while (0)

static int set_small(char code, void *place, PyObject *value) {
  long long number = 0;
  switch (code) {
    case 'b':
      if (number_of(value, INT8_MIN, INT8_MAX, code, "-128 to 127", &number) < 0) return -1;
      STORE(int8_t, number);
    case 'B':
      if (number_of(value, 0, UINT8_MAX, code, "0 to 255", &number) < 0) return -1;
      STORE(uint8_t, number);
    case 'h':
      if (number_of(value, INT16_MIN, INT16_MAX, code, "-32768 to 32767", &number) < 0) return -1;
      STORE(int16_t, number);
    case 'H':
      if (number_of(value, 0, UINT16_MAX, code, "0 to 65535", &number) < 0) return -1;
      STORE(uint16_t, number);
    case 'i':
      if (number_of(value, INT32_MIN, INT32_MAX, code, "-2147483648 to 2147483647", &number) < 0) return -1;
      STORE(int32_t, number);
    case 'I':
      if (number_of(value, 0, UINT32_MAX, code, "0 to 4294967295", &number) < 0) return -1;
      STORE(uint32_t, number);
    default:
      if (number_of(value, LLONG_MIN, LLONG_MAX, code, "-2**63 to 2**63 - 1", &number) < 0) return -1;
      STORE(int64_t, number);
  }
}

static int set_unsigned(char code, void *place, PyObject *value) {
  PyObject *integer = PyNumber_Index(value);
  if (integer == NULL) return PyErr_ExceptionMatches(PyExc_TypeError) ? no_integer(value) : -1;
  unsigned long long number = PyLong_AsUnsignedLongLong(integer);
  Py_DECREF(integer);
  if (number == (unsigned long long)-1 && PyErr_Occurred()) return out_of_range(value, code, "0 to 2**64 - 1");
  STORE(uint64_t, number);
}

static int set_text(char code, void *place, PyObject *value) {
  if (code == 'c') {
    if (!PyBytes_Check(value) || PyBytes_Size(value) != 1)
      return fail(DELTOS_E_TYPE, "bytes of length 1 are required", 0, 0);
    memcpy(place, PyBytes_AsString(value), 1);
    return 0;
  }
  if (!PyUnicode_Check(value) || PyUnicode_GetLength(value) != 1)
    return fail(DELTOS_E_TYPE, "a string of one character is required", 0, 0);
  STORE(uint32_t, PyUnicode_ReadChar(value, 0));
}

int element_set(char code, void *place, PyObject *value) {
  switch (code) {
    case 'd':
    case 'f': {
      double number = PyFloat_AsDouble(value);
      if (number == -1.0 && PyErr_Occurred()) return -1;
      if (code == 'd') STORE(double, number);
      if (isfinite(number) && !isfinite((float)number)) return out_of_range(value, code, "up to 3.4e38");
      STORE(float, number);
    }
    case '?': {
      int truth = PyObject_IsTrue(value);
      if (truth < 0) return -1;
      STORE(char, truth);
    }
    case 'L':
    case 'Q':
    case 'N':
      return set_unsigned(code, place, value);
    case 'c':
    case 'w':
      return set_text(code, place, value);
    default:
      return set_small(code, place, value);
  }
}
