/* Single elements of native types, as Python objects. */
#ifndef DELTOS_PYTHON_ELEMENTS_H
#define DELTOS_PYTHON_ELEMENTS_H

#include "library.h"

/* The format character of elements that this module reads and writes by itself: numbers, single bytes and characters
 * in native order. 0: others. */
char element_code(const char *format, int32_t dtype);

/* One element as an object; any alignment will do. */
PyObject *element_get(char code, const void *place);

/* Stores an object as one element: 0, or -1 with the reason raised and nothing stored. */
int element_set(char code, void *place, PyObject *value);

#endif
