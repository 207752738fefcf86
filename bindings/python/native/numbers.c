/* Lists and tuples of numbers, read at once and stored as narrow as the library would store them one by one. */
#include <string.h>

#include "values.h"

typedef PyObject *(*Getter)(PyObject *, Py_ssize_t);

/* Each reads elements as long as they are exactly ints (or floats) that fit, and tells how many those are. */
static Py_ssize_t read_integers(PyObject *sequence, Getter get, int64_t *numbers, Py_ssize_t count) {
  for (Py_ssize_t k = 0; k < count; ++k) {
    PyObject *element = get(sequence, k);
    int overflow = 0;
    if (!PyLong_CheckExact(element)) return k;
    numbers[k] = PyLong_AsLongLongAndOverflow(element, &overflow);
    if (overflow != 0) return k;
  }
  return count;
}

static Py_ssize_t read_unsigned(PyObject *sequence, Getter get, uint64_t *numbers, Py_ssize_t count) {
  for (Py_ssize_t k = 0; k < count; ++k) {
    PyObject *element = get(sequence, k);
    if (!PyLong_CheckExact(element)) return k;
    numbers[k] = PyLong_AsUnsignedLongLong(element);
    if (numbers[k] == UINT64_MAX && PyErr_Occurred()) {
      PyErr_Clear();
      return k;
    }
  }
  return count;
}

static Py_ssize_t read_floats(PyObject *sequence, Getter get, double *numbers, Py_ssize_t count) {
  for (Py_ssize_t k = 0; k < count; ++k) {
    PyObject *element = get(sequence, k);
    if (!PyFloat_CheckExact(element)) return k;
    numbers[k] = PyFloat_AsDouble(element);
  }
  return count;
}

/* ---- Narrowing, in place ------------------------------------------------------------------------------------------
 */

static int32_t type_of_integers(const int64_t *numbers, Py_ssize_t count) {
  static const int32_t kUnsigned[] = {DELTOS_DTYPE_U8, DELTOS_DTYPE_U16, DELTOS_DTYPE_U32};
  static const int32_t kSigned[] = {DELTOS_DTYPE_I8, DELTOS_DTYPE_I16, DELTOS_DTYPE_I32};
  int64_t least = 0, most = 0;
  for (Py_ssize_t k = 0; k < count; ++k) {
    least = numbers[k] < least ? numbers[k] : least;
    most = numbers[k] > most ? numbers[k] : most;
  }
  for (int k = 0; k < 3; ++k) {
    const int bits = 8 << k;
    if (least >= 0 && most >> bits == 0) return kUnsigned[k];
    if (least >= -((int64_t)1 << (bits - 1)) && most >> (bits - 1) == 0) return kSigned[k];
  }
  return DELTOS_DTYPE_I64;
}

/* A narrower number never lies behind the one it is made of. */
#define NARROW(from, to)                                        \
  for (Py_ssize_t k = 0; k < count; ++k) {                      \
    from wide;                                                  \
    memcpy(&wide, memory + k * sizeof wide, sizeof wide);       \
    const to narrow = (to)wide;                                 \
    memcpy(memory + k * sizeof narrow, &narrow, sizeof narrow); \
  }

static int32_t narrow_integers(char *memory, Py_ssize_t count) {
  const int32_t type = type_of_integers((const int64_t *)(const void *)memory, count);
  switch (type) {
    case DELTOS_DTYPE_U8:
    case DELTOS_DTYPE_I8:
      NARROW(uint64_t, uint8_t)
      break;
    case DELTOS_DTYPE_U16:
    case DELTOS_DTYPE_I16:
      NARROW(uint64_t, uint16_t)
      break;
    case DELTOS_DTYPE_U32:
    case DELTOS_DTYPE_I32:
      NARROW(uint64_t, uint32_t)
      break;
    default:
      break;
  }
  return type;
}

static int32_t narrow_floats(char *memory, Py_ssize_t count) {
  for (Py_ssize_t k = 0; k < count; ++k) {
    double number;
    memcpy(&number, memory + k * sizeof number, sizeof number);
    const double again = (double)(float)number;
    if (memcmp(&again, &number, sizeof number) != 0) return DELTOS_DTYPE_F64;
  }
  NARROW(double, float)
  return DELTOS_DTYPE_F32;
}

int32_t read_numbers(PyObject *sequence, int is_list, void *memory, Py_ssize_t count) {
  const Getter get = is_list ? PyList_GetItem : PyTuple_GetItem;
  if (PyFloat_CheckExact(get(sequence, 0)))
    return read_floats(sequence, get, memory, count) == count ? narrow_floats(memory, count) : 0;
  const Py_ssize_t read = read_integers(sequence, get, memory, count);
  if (read == count) return narrow_integers(memory, count);
  if (!PyLong_CheckExact(get(sequence, read))) return 0;
  return read_unsigned(sequence, get, memory, count) == count ? DELTOS_DTYPE_U64 : 0;
}
