/* Hash maps, as the sources of deltos._exporter share them. */
#ifndef DELTOS_PYTHON_MAPS_H
#define DELTOS_PYTHON_MAPS_H

#include "values.h"

/* A hash map as it was when somebody looked: a refresh puts another one in its place. */
typedef struct {
  PyObject *handle;  /* the Handle of the map */
  PyObject *records; /* the record table that its values are rows of, or NULL */
  int key, value, shape;
  uint64_t keys;
} Shown;

/* Holds what is shown, so that it stays whatever Python does meanwhile: the map, or NULL with the reason raised. */
const deltos_object *shown_begin(const Shown *shown, Shown *use);
void shown_end(Shown *use);

/* What an entry has, as objects: its key; its value, or the list of all its values. NULL with the reason raised. */
PyObject *shown_key(const Shown *use, const deltos_map_entry *entry);
PyObject *shown_first(const Shown *use, const deltos_map_entry *entry);
PyObject *shown_all(const Shown *use, const deltos_map_entry *entry);

/* What the map has for a key: shown_first(), or shown_all() where a key has several values. */
PyObject *shown_value(const Shown *use, const deltos_map_entry *entry);

/* Walks over keys, values or pairs as they lie, or by the order of keys. */
PyObject *walk_over_map(const Shown *shown, int what, int sorted);

extern PyType_Spec map_spec;
extern PyTypeObject *map_type;
extern PyMethodDef map_functions[];
int map_walk_exec(PyObject *module);

#endif
