# cython: language_level=3
# What programs in Cython write that know indirect_buffer: they cimport IndirectMemory2D.
from cython cimport view
from libc.stdlib cimport calloc, free

from deltos.compat.indirect_buffer.buffer_impl cimport IndirectMemory2D

freed = 0


cdef class WholeMemoryNanny:
    """
       frees not only the ptr, but also all ptr[i]
    """
    cdef void *ptr
    cdef Py_ssize_t row_count

    @staticmethod
    cdef WholeMemoryNanny create(void *ptr, Py_ssize_t row_count):
         cdef  WholeMemoryNanny self =  WholeMemoryNanny()
         self.ptr=ptr
         self.row_count=row_count
         return self

    def __dealloc__(self):
        global freed
        cdef Py_ssize_t i
        cdef void** p
        if self.ptr is not NULL:
            p = <void**> self.ptr
            for i in range(self.row_count):
                    if p[i] is not NULL:
                        free(p[i])
                        p[i]=NULL
            free(self.ptr)
            self.ptr=NULL
            freed += 1


def zeros():
    mem = IndirectMemory2D.create(5,6,b'i',0)
    return mem


def one():
    cdef int val = 5
    cdef int *ptr = &val
    cdef int **ptr_ptr = &ptr
    mem = IndirectMemory2D.from_ptr(<void *>ptr_ptr,1,1,'i',0)
    memoryview(mem)[0, 0] += 2
    return val


def nannied(Py_ssize_t rows, Py_ssize_t cols, format='i'):
    cdef int **ptr = <int **>calloc(rows, sizeof(int *))
    cdef Py_ssize_t i
    for i in range(rows):
        ptr[i] = <int *>calloc(cols, sizeof(int))
        ptr[i][0] = <int>i
    nanny = WholeMemoryNanny.create(ptr, rows)
    return IndirectMemory2D.from_ptr_with_memory_nanny(ptr, rows, cols, format, 0, nanny)


def total(memory):
    cdef int **rows = <int **>IndirectMemory2D.as_ptr(memory)
    cdef Py_ssize_t i, j
    cdef long found = 0
    for i in range(memory.row_count):
        for j in range(memory.shape[1]):
            found += rows[i][j]
    return found


def typed_total(int[::view.indirect, ::1] rows):
    cdef Py_ssize_t i, j
    cdef long found = 0
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            found += rows[i, j]
    return found


def rows_of(exporter):
    return IndirectMemory2D.cy_view_from_rows(exporter, 0)


def columns_of(exporter):
    return IndirectMemory2D.cy_view_from_columns(exporter, 0)
