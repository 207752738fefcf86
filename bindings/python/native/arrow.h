/* Capsules of Arrow. */
#ifndef DELTOS_PYTHON_ARROW_H
#define DELTOS_PYTHON_ARROW_H

#include "library.h"

/* A pair of capsules, type and data, of a view's memory. Takes the view, also when it fails with NULL. */
PyObject *arrow_capsules(deltos_view *view);

/* arrow_capsule() and arrow_address() of the module. */
extern PyMethodDef arrow_methods[];

#endif
