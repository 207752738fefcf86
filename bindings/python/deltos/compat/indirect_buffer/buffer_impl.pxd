# IndirectMemory2D for `cimport`: indirect_memory_2d.h, which says what each of them does. A module that uses it is
# compiled with include_dirs=[deltos.compat.indirect_buffer.get_include()].

cdef extern from "indirect_memory_2d.h":
    struct deltos_indirect_memory_2d:
        object (*create)(Py_ssize_t rows, Py_ssize_t cols, object format, int readonly)
        object (*from_ptr)(void *ptr, Py_ssize_t rows, Py_ssize_t cols, object format, int readonly)
        object (*from_ptr_with_memory_nanny)(
            void *ptr, Py_ssize_t rows, Py_ssize_t cols, object format, int readonly, object memory_nanny
        )
        object (*from_ptr_with_release)(
            void *ptr, Py_ssize_t rows, Py_ssize_t cols, object format, int readonly, void (*release)(void *ptr) noexcept
        )
        object (*cy_view_from_rows)(object exporter, int readonly)
        object (*cy_view_from_columns)(object exporter, int readonly)
        void **(*as_ptr)(object memory) except NULL

    const deltos_indirect_memory_2d IndirectMemory2D
