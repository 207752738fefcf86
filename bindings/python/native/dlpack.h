/* DLPack capsules. */
#ifndef DELTOS_PYTHON_DLPACK_H
#define DELTOS_PYTHON_DLPACK_H

#include "library.h"

/* A capsule of a view's C-contiguous memory, or of a copy of it, with elements of a DLPack type. Takes the view, also
 * when it fails with NULL. */
PyObject *dlpack_capsule(deltos_view *view, int code, int bits, int versioned, int copy);

#endif
