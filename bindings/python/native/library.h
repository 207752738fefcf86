/* The library as the sources of deltos._exporter use it. Nothing of this is visible outside the module. */
#ifndef DELTOS_PYTHON_LIBRARY_H
#define DELTOS_PYTHON_LIBRARY_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <deltos/deltos.h>

/* The functions of the library that the module calls. bind() fills them, in this order. */
#define DELTOS_PYTHON_FUNCTIONS(F) \
  F(view_acquire)                  \
  F(view_share)                    \
  F(view_wrap)                     \
  F(view_release)                  \
  F(view_to_arrow)                 \
  F(storage_detach)                \
  F(snapshot_release)              \
  F(transaction_abort)             \
  F(object_release)                \
  F(cursor_release)                \
  F(array_append)                  \
  F(array_count)                   \
  F(array_tail)                    \
  F(table_from_view)               \
  F(table_wrap)                    \
  F(value_read)                    \
  F(value_children)                \
  F(value_find)                    \
  F(value_view)                    \
  F(value_equal)                   \
  F(value_builder_begin)           \
  F(value_builder_put)             \
  F(value_builder_put_view)        \
  F(value_builder_pack)            \
  F(builder_release)               \
  F(schema_release)                \
  F(record_table_read)             \
  F(record_table_value)            \
  F(hash_map_find)                 \
  F(hash_map_find_many)            \
  F(hash_map_values)               \
  F(hash_map_numbers)              \
  F(hash_map_value)                \
  F(hash_map_entries)              \
  F(hash_map_order)

#define DELTOS_PYTHON_MEMBER(name) __typeof__(&deltos_##name) name;
struct deltos_functions {
  DELTOS_PYTHON_FUNCTIONS(DELTOS_PYTHON_MEMBER)
};
#undef DELTOS_PYTHON_MEMBER
extern struct deltos_functions library;

/* Raises the error that a status becomes, as an export's where it is one. -1. */
int fail(int32_t status, const char *message, int os_errno, int export);
int fail_of(const deltos_error *error, int export);

/* After a conversion that raised something: 0, and nothing is raised, or -1 for what nobody may swallow. */
int declined(void);

/* A zeroed object of a type, or NULL; and the end of one, whose members have been let go of. */
void *new_object(PyTypeObject *type);
void free_object(void *object);

/* Says that this thread, which holds the GIL, will call collect_loans() itself after what it does now. */
void attend_loans(void);

/* Gives back the memory of Python objects that the library has let go of on other threads; 0.
 * Fit for Py_AddPendingCall(). */
int collect_loans(void *unused);

/* The pointer of a handle as cffi has it, made by what bind() was given; NULL with an error set. */
PyObject *pointer_of(int kind, const void *address);

/* Memory of Python objects that the library uses: `count` buffers, filled or with a NULL obj. It is given back by
 * return_loan(), a deltos_release that may run anywhere. */
typedef struct Loan {
  struct Loan *next;
  PyObject *owner; /* an object that keeps memory by itself, or NULL */
  void **rows;     /* pointers into the buffers, of malloc(), or NULL */
  Py_ssize_t count;
  Py_buffer buffers[];
} Loan;

/* NULL with an error set when there is no memory. */
Loan *new_loan(Py_ssize_t count);
void return_loan(void *loan);

/* Gives back a loan that the library has not taken. */
void drop_loan(Loan *loan);

/* Fills what a buffer tells about its memory into an input of the library; strides that are not given mean C order. */
void describe(const Py_buffer *buffer, deltos_view *view);

/* A view of memory described so, which takes the loan that it belongs to; NULL with an error set and the loan dropped.
 */
deltos_view *view_of_loan(const deltos_view *memory, Loan *loan);

/* bind() and lend() of the module; FUNCTIONS goes with them. */
extern PyMethodDef library_methods[];
int library_exec(PyObject *module);

#endif
