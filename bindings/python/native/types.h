/* The types of deltos._exporter, as its sources share them. */
#ifndef DELTOS_PYTHON_TYPES_H
#define DELTOS_PYTHON_TYPES_H

#include "library.h"

/* Owns one handle of the library. */
typedef struct {
  PyObject_HEAD void *address; /* NULL: consumed or closed */
  PyObject *pointer;           /* the same for cffi; NULL until somebody asks */
  PyObject *origin;            /* of what storage it is, for who asks a proxy; NULL: none */
  int kind, uses;
  char closing, consuming;
} Handle;

enum { kStorage, kSnapshot, kTransaction, kObject, kCursor, kView, kBuilder, kSchema, kHandleKinds };

/* A handle that owns what the address leads to, which is let go of when this fails with NULL. */
PyObject *handle_of(int kind, void *address);

/* -1 with the reason raised when a handle cannot be used. */
int handle_refuse_closed(const Handle *self);

/* What a handle leads to stays, whoever closes it, from the one to the other. -1 with the reason raised. */
int handle_hold(Handle *self);
void handle_let_go(Handle *self);

/* Base of everything that exports memory: that of an object, or of a view. */
typedef struct {
  PyObject_HEAD PyObject *handle; /* a Handle of an object or a view, or NULL */
  char readonly;                  /* export writable only on request */
  char fresh; /* nothing has been told about the object yet, so it may still turn out to be its successor */
} Exporter;

extern PyTypeObject *handle_type, *exporter_type;

/* An address for exports of no bytes: consumers take NULL for "allocate". */
extern char empty_memory[64];

/* A view of what an exporter shows, or NULL with the reason raised. */
deltos_view *exporter_acquire(Exporter *self, int writable);

extern PyType_Spec handle_spec, source_spec, exporter_spec, memory_spec, growable_spec;

/* Walks over a sequence by functions that give the element of an index, and the length, which may change. */
PyObject *iterate(PyObject *sequence, ssizeargfunc item, lenfunc length);
int iterator_exec(PyObject *module);

/* wrap() of the module: a handle of a view of any exporter's memory. */
extern PyMethodDef memory_methods[];

/* table() and table_of_rows() of the module: handles of tables over the memory of exporters. */
extern PyMethodDef table_methods[];

/* Columns, and bind_columns() of the module. */
extern PyType_Spec columns_spec;
extern PyMethodDef columns_functions[];
int columns_exec(void);

#endif
