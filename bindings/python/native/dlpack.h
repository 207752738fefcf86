/* DLPack capsules. */
#ifndef DELTOS_PYTHON_DLPACK_H
#define DELTOS_PYTHON_DLPACK_H

#include "library.h"

/* A capsule of a view's memory, or of a copy of it in C order, with elements of a DLPack type. Takes the view, also
 * when it fails with NULL. */
PyObject *dlpack_capsule(deltos_view *view, int code, int bits, int versioned, int copy);

#endif
