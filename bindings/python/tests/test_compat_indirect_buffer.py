"""deltos.compat.indirect_buffer: T** memory with the names and words that people know."""

from __future__ import annotations

import array
import copy
import ctypes
import doctest
import gc
import os
import pickle
import sys
import weakref
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import deltos
from deltos.compat import indirect_buffer
from deltos.compat.indirect_buffer import BufferCollection2D, BufferHolder, IndirectMemory2D

SIMPLE, WRITABLE, INDIRECT, FULL_RO = 0x0, 0x1, 0x118, 0x11C


needs_plain_malloc = pytest.mark.skipif(
    "asan" in os.environ.get("LD_PRELOAD", ""), reason="the address sanitizer ends the program instead"
)


class Nanny:
    """Something whose end can be seen."""


def listed(exporter: Any) -> Any:
    """Its elements, through the pointers."""
    with memoryview(exporter) as view:
        return view.tolist()


def pointers_to(type: Any, *rows: Any) -> Any:
    """A ctypes array of pointers."""
    return (ctypes.POINTER(type) * len(rows))(*[(type * len(row))(*row) for row in rows])


def int_rows(*rows: list[int]) -> Any:
    """A ctypes array of pointers to integers."""
    return pointers_to(ctypes.c_int, *rows)


def int_matrix(*rows: list[int]) -> Any:
    """A ctypes array of arrays."""
    return (ctypes.c_int * len(rows[0]) * len(rows))(*[(ctypes.c_int * len(row))(*row) for row in rows])


# ---- The page, which holds the examples that people know -------------------------------------------------------------


def test_the_examples_of_the_page_do_what_it_says(source_tree: Path) -> None:
    page = source_tree / "bindings" / "python" / "docs" / "coming-from-indirect_buffer.md"
    failed, attempted = doctest.testfile(str(page), module_relative=False)
    assert failed == 0 and attempted > 35


def test_it_says_which_version_it_speaks() -> None:
    assert indirect_buffer.__version__ == (0, 1, 0)


# ---- Making it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["b", "i", b"d", "q", "?"])
def test_new_memory_is_zeros_behind_row_pointers(format: str | bytes) -> None:
    memory = IndirectMemory2D.create_memory(3, 4, format)
    text = format if isinstance(format, str) else format.decode()
    view = memoryview(memory)
    size = view.itemsize
    assert (view.shape, view.strides, view.suboffsets) == ((3, 4), (8, size), (0, -1))
    assert (view.format, view.nbytes, view.readonly) == (text, 12 * size, False)
    assert view.tobytes() == bytes(12 * size)
    assert memory.shape == [3, 4] and memory.get_format() == text.encode()


def test_formats_of_several_fields_have_the_size_of_the_struct_module() -> None:
    for format, size in [("if", 8), ("dc", 9), ("cd", 16), ("3i", 12), ("<cd", 9)]:
        memory = IndirectMemory2D.create_memory(2, 3, format)
        assert memoryview(memory).itemsize == size and memory.get_format() == format.encode()


@pytest.mark.parametrize("rows", [-1, 2**60, 2**70])
def test_rows_that_cannot_be_counted_fail_at_once(rows: int) -> None:
    with pytest.raises(MemoryError, match="^Error in first allocation$"):
        IndirectMemory2D.create_memory(rows, 1, "i")


@pytest.mark.parametrize("cols", [-1, 2**62, 2**70, pytest.param(2**50, marks=needs_plain_malloc)])
def test_rows_that_are_too_long_fail_by_name(cols: int) -> None:
    with pytest.raises(MemoryError, match="^Allocation of row 0$"):
        IndirectMemory2D.create_memory(2, cols, "d")


def test_what_is_no_format_is_refused() -> None:
    for format, error in [("yy", deltos.FormatError), ("", ValueError), ("i\0", ValueError), (None, TypeError)]:
        with pytest.raises(error):
            IndirectMemory2D.create_memory(1, 1, format)  # type: ignore[arg-type]
    with pytest.raises(deltos.UnsupportedError):
        IndirectMemory2D.create_memory(1, 1, "P")
    with pytest.raises(TypeError, match="create_memory"):
        IndirectMemory2D()


def test_it_is_neither_pickled_nor_copied_by_accident() -> None:
    memory = IndirectMemory2D.create_memory(1, 1, "i")
    for attempt in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="cannot pickle 'IndirectMemory2D' object"):
            attempt(memory)
    assert repr(memory) == "<IndirectMemory2D 1 x 1 of 'i'>"


# ---- Who may look at it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [SIMPLE, WRITABLE, 0x8, 0x18, 0x38, 0x58, 0x98, 0x1C])
def test_who_does_not_follow_pointers_gets_nothing(flags: int) -> None:
    memory = IndirectMemory2D.create_memory(2, 2, "i")
    with pytest.raises(BufferError, match="^need PyBUF_INDIRECT-able buffer-consumer$"):
        BufferHolder(memory, flags)
    memory.reinterpret_data("b")  # nothing is locked by a refusal


def test_read_only_memory_is_not_given_to_be_written() -> None:
    memory = IndirectMemory2D.create_memory(2, 2, "i", readonly=True)
    with pytest.raises(BufferError, match="^buffer is not writable$"):
        BufferHolder(memory, INDIRECT | WRITABLE)
    with memoryview(memory) as view, pytest.raises(TypeError, match="cannot modify read-only memory"):
        view[0, 0] = 1


def test_a_format_is_told_only_to_who_asks() -> None:
    memory = IndirectMemory2D.create_memory(2, 2, "i")
    assert BufferHolder(memory, INDIRECT).get_format() == b"B"
    assert BufferHolder(memory, FULL_RO).get_format() == b"i"


def test_a_holder_tells_what_it_holds() -> None:
    held = bytearray(b"abc")
    holder = BufferHolder(held, SIMPLE)
    assert holder.buffer_is_set() and not holder.get_readonly()
    assert (holder.get_len(), holder.get_format(), holder.get_ndim()) == (3, b"B", 1)
    with pytest.raises(BufferError):
        held.append(1)
    del holder
    held.append(1)
    with pytest.raises(BufferError, match="Object is not writable."):
        BufferHolder(b"abc", WRITABLE)


# ---- Another element type --------------------------------------------------------------------------------------------


def test_a_row_shows_as_many_elements_as_fit() -> None:
    memory = IndirectMemory2D.create_memory(1, 5, "b")
    memory.reinterpret_data("i")
    assert memory.shape == [1, 1] and memory.get_format() == b"i"
    memory.reinterpret_data(b"b")
    assert memory.shape == [1, 5]


def test_the_type_stays_while_somebody_looks() -> None:
    memory = IndirectMemory2D.create_memory(2, 2, "i")
    view = memoryview(memory)
    memory.reinterpret_data("i")
    with pytest.raises(BufferError, match="^buffer is locked$"):
        memory.reinterpret_data("h")
    assert memory.get_format() == b"i"
    view.release()
    memory.reinterpret_data("h")
    with pytest.raises(deltos.FormatError):
        memory.reinterpret_data("yy")
    assert memory.get_format() == b"h" and memory.shape == [2, 4]


# ---- Rows and columns ------------------------------------------------------------------------------------------------


def test_rows_are_seen_where_they_are() -> None:
    matrix = np.arange(12.0).reshape(3, 4)
    memory = IndirectMemory2D.view_from_rows(matrix[::-2, 1:])
    assert memory.shape == [2, 3] and listed(memory) == matrix[::-2, 1:].tolist()
    with memoryview(memory) as view:
        view[0, 0] = -1
    assert matrix[2, 1] == -1


def test_columns_become_rows() -> None:
    matrix = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    memory = IndirectMemory2D.view_from_columns(matrix)
    assert memory.shape == [4, 3] and listed(memory) == matrix.T.tolist()


@pytest.mark.parametrize("view_from", [IndirectMemory2D.view_from_rows, IndirectMemory2D.view_from_columns])
def test_one_dimension_is_one_row(view_from: Any) -> None:
    memory = view_from(array.array("i", [1, 2, 3]))
    assert memory.shape == [1, 3] and listed(memory) == [[1, 2, 3]]


@pytest.mark.parametrize(
    ("view_from", "word"),
    [(IndirectMemory2D.view_from_rows, "rows"), (IndirectMemory2D.view_from_columns, "columns")],
)
def test_other_layouts_are_refused_by_name(view_from: Any, word: str) -> None:
    with pytest.raises(BufferError, match="^expected at most 2 but found 3 dimensions$"):
        view_from(np.zeros((2, 2, 2)))
    with pytest.raises(BufferError, match="^requested information was not returned by buffer-object$"):
        view_from(np.array(5.0))
    for scattered in (np.zeros((4, 4))[::2, ::2], np.zeros(4)[::2]):
        with pytest.raises(BufferError, match=f"^{word} of the buffer-object aren't contiguous$"):
            view_from(scattered)
    with pytest.raises(TypeError, match="a bytes-like object is required, not 'int'"):
        view_from(5)


@pytest.mark.parametrize("view_from", [IndirectMemory2D.view_from_rows, IndirectMemory2D.view_from_columns])
def test_who_has_nothing_to_write_says_so_himself(view_from: Any) -> None:
    fixed = np.zeros(3)
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match="^buffer source array is read-only$"):
        view_from(fixed)
    with pytest.raises(BufferError, match="^Object is not writable.$"):
        view_from(b"abc")
    assert view_from(b"abc", readonly=True).readonly
    assert view_from(bytearray(3), readonly=True).readonly
    assert not view_from(bytearray(3)).readonly


def test_rows_of_memory_behind_pointers_are_its_rows() -> None:
    outer = IndirectMemory2D.create_memory(2, 3, "i")
    inner = IndirectMemory2D.view_from_rows(outer)
    with memoryview(inner) as view:
        view[1, 1] = 5
    assert listed(outer) == [[0, 0, 0], [0, 5, 0]]
    with pytest.raises(BufferError, match="locked"):
        outer.reinterpret_data("b")
    del inner
    outer.reinterpret_data("b")


def test_memory_of_ctypes_has_rows_although_it_tells_no_strides() -> None:
    memory = IndirectMemory2D.view_from_rows(int_matrix([1, 2, 3], [4, 5, 6]))
    assert listed(memory) == [[1, 2, 3], [4, 5, 6]]


def test_structures_of_numpy_keep_their_layout() -> None:
    matrix = np.zeros((2, 2), np.dtype([("n", "i1"), ("x", "f8")], align=True))
    memory = IndirectMemory2D.view_from_rows(matrix)
    assert memory.shape == [2, 2] and memoryview(memory).itemsize == 16


# ---- Who is held -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        IndirectMemory2D.view_from_rows,
        lambda matrix: IndirectMemory2D.view_from_columns(matrix.T),
        lambda matrix: BufferCollection2D([matrix]),
        lambda matrix: BufferCollection2D([matrix], 12, "d"),
    ],
)
def test_the_source_is_held_once_until_the_last_view_goes(make: Any) -> None:
    matrix = np.zeros((3, 4))
    before = sys.getrefcount(matrix)
    memory = make(matrix)
    assert sys.getrefcount(matrix) - before == 1
    view = memoryview(memory)
    del memory
    assert sys.getrefcount(matrix) - before == 1
    view.release()
    del view
    assert sys.getrefcount(matrix) == before


def test_what_is_refused_holds_nothing() -> None:
    scattered = np.zeros((4, 4))[::2, ::2]
    before = sys.getrefcount(scattered)
    for attempt in (
        IndirectMemory2D.view_from_rows,
        IndirectMemory2D.view_from_columns,
        lambda matrix: BufferCollection2D([b"12345678", matrix]),
    ):
        with pytest.raises((BufferError, ValueError)):
            attempt(scattered)
    gc.collect()
    assert sys.getrefcount(scattered) == before


def test_a_source_is_locked_like_under_a_memoryview() -> None:
    row = bytearray(b"abc")
    memory = BufferCollection2D([row])
    with pytest.raises(BufferError):
        row.append(1)
    del memory
    row.append(1)


# ---- Pointers --------------------------------------------------------------------------------------------------------


def test_ctypes_pointers_are_wrapped_as_they_are() -> None:
    pointers = int_rows([1, 2, 3], [4, 5, 6])
    memory = IndirectMemory2D.from_ctype_ptr(pointers, 2, 3)
    assert memory.get_format() == b"<i" and listed(memory) == [[1, 2, 3], [4, 5, 6]]
    with memoryview(memory) as view:
        view[1, 2] = 9
    assert pointers[1][2] == 9 and memory.ptr == ctypes.addressof(pointers)
    fewer = IndirectMemory2D.from_ctype_ptr(pointers, 1, 2, readonly=True)
    assert fewer.shape == [1, 2] and fewer.readonly


def test_other_pointers_are_refused_by_format() -> None:
    deep = (ctypes.POINTER(ctypes.POINTER(ctypes.c_int)) * 1)()
    for pointers, format in [((ctypes.c_int * 2)(), "<i"), (deep, "&&<i"), (b"abc", "B")]:
        with pytest.raises(BufferError, match=f"^wrong format: b'{format}'$"):
            IndirectMemory2D.from_ctype_ptr(pointers, 1, 1)
    with pytest.raises(BufferError, match="^less rows than expected: 2 vs. 3$"):
        IndirectMemory2D.from_ctype_ptr(int_rows([1], [2]), 3, 1)
    short = int_rows([1], [2])
    short[1] = None
    with pytest.raises(ValueError, match="row 1 is NULL"):
        IndirectMemory2D.from_ctype_ptr(short, 2, 1)


def test_structures_are_not_read_at_wrong_places() -> None:
    class Padded(ctypes.Structure):
        _fields_ = [("c", ctypes.c_char), ("x", ctypes.c_double)]

    pointers = pointers_to(Padded, [Padded(), Padded()])
    try:
        memory = IndirectMemory2D.from_ctype_ptr(pointers, 1, 2)
    except BufferError as error:
        assert "elements have 16 bytes, and ctypes says 9" in str(error)
        memory = IndirectMemory2D.from_ptr(pointers, 1, 2, "cd")
    assert memoryview(memory).itemsize == ctypes.sizeof(Padded)


def test_pointers_are_held_once_and_so_is_the_nanny() -> None:
    pointers, nanny = int_rows([1], [2]), Nanny()
    before = sys.getrefcount(pointers), sys.getrefcount(nanny)
    memory = IndirectMemory2D.from_ctype_ptr(pointers, 2, 1, memory_nanny=nanny)
    assert (sys.getrefcount(pointers) - before[0], sys.getrefcount(nanny) - before[1]) == (1, 1)
    view = memoryview(memory)
    del memory
    assert (sys.getrefcount(pointers) - before[0], sys.getrefcount(nanny) - before[1]) == (1, 1)
    del view
    assert (sys.getrefcount(pointers), sys.getrefcount(nanny)) == before


def test_a_shared_nanny_goes_with_the_last_of_them() -> None:
    pointers, nanny = int_rows([1], [2]), Nanny()
    seen = weakref.ref(nanny)
    both = [
        IndirectMemory2D.from_ptr_with_memory_nanny(ctypes.addressof(pointers), 2, 1, b"i", 0, nanny) for _ in range(2)
    ]
    del nanny
    both.pop()
    assert seen() is not None
    view: Any = memoryview(both.pop())
    assert seen() is not None and view.tolist() == [[1], [2]]
    del view
    assert seen() is None


def test_c_takes_the_row_pointers_without_a_lock() -> None:
    memory = IndirectMemory2D.create(2, 3, b"i", 0)
    rows = ctypes.cast(memory.ptr, ctypes.POINTER(ctypes.POINTER(ctypes.c_int)))
    rows[1][2] = 5
    assert listed(memory) == [[0, 0, 0], [0, 0, 5]] and memory.row_count == 2
    memory.make_read_only()
    address = memory.ptr
    memory.reinterpret_data("b")
    assert memory.ptr == address
    assert memory.table.shape == (2, 12)


# ---- Collections -----------------------------------------------------------------------------------------------------


def test_separate_buffers_are_rows_in_the_order_of_their_memory() -> None:
    first, second = np.arange(4.0).reshape(2, 2, order="F"), np.arange(4.0, 8.0)
    memory = BufferCollection2D(row for row in (first, second))
    assert memory.shape == [2, 4] and listed(memory) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    with memoryview(memory) as view:
        view[1, 0] = -1
    assert second[0] == -1 and isinstance(memory, IndirectMemory2D)


def test_rows_that_differ_are_named() -> None:
    with pytest.raises(BufferError, match="^1. object, expected column count: 2, found column count: 3$"):
        BufferCollection2D([b"ab", b"abc"])
    with pytest.raises(BufferError, match="^0. object, expected column count: 3, found column count: 2$"):
        BufferCollection2D([b"ab"], column_count=3)
    with pytest.raises(BufferError, match=r"^1. object, expected format: \[b'B'\], found format: \[b'i'\]$"):
        BufferCollection2D([b"ab", array.array("i", [1, 2])])
    with pytest.raises(BufferError, match=r"^0. object, expected format: \[b'd'\], found format: \[b'B'\]$"):
        BufferCollection2D([b"ab"], format="d")
    message = "^1. object has dimensionality: 2, but only one-dimensional objects are accepted$"
    with pytest.raises(BufferError, match=message):
        BufferCollection2D([np.zeros(4), np.zeros((2, 2))], unravel=False)


def test_exporters_say_themselves_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="^ndarray is not contiguous$"):
        BufferCollection2D([np.zeros(4)[::2]])
    with pytest.raises(BufferError, match="^need PyBUF_INDIRECT-able buffer-consumer$"):
        BufferCollection2D([IndirectMemory2D.create_memory(2, 2, "B")])
    with pytest.raises(TypeError, match="a bytes-like object is required, not 'int'"):
        BufferCollection2D([b"a", 5])


def test_a_collection_of_nothing_needs_a_type() -> None:
    empty = BufferCollection2D([], 2, "i")
    assert empty.shape == [0, 2] and listed(empty) == []
    for more in ({}, {"column_count": 2}, {"format": "i"}):
        with pytest.raises(BufferError, match="no objects"):
            BufferCollection2D([], **more)


def test_one_that_is_read_only_makes_all_so() -> None:
    assert BufferCollection2D([bytearray(2), b"cd"]).readonly
    memory = BufferCollection2D([bytearray(2), bytearray(2)])
    with memoryview(memory), pytest.raises(BufferError, match="^buffer is locked$"):
        memory.make_read_only()
    assert not memory.readonly
    memory.make_read_only()
    with memoryview(memory) as view:
        memory.make_read_only()
        assert view.readonly
    with pytest.raises(BufferError, match="copying to readonly buffer"):
        memory.copy_from(memory)


# ---- Copies ----------------------------------------------------------------------------------------------------------


def test_copies_that_cannot_be_say_why_in_this_order() -> None:
    memory = IndirectMemory2D.create_memory(2, 3, "i")
    fixed = IndirectMemory2D.create_memory(2, 3, "i", readonly=True)
    cases: list[tuple[IndirectMemory2D, Any, bool, str]] = [
        (fixed, np.zeros(3), False, "copying to readonly buffer"),
        (memory, np.zeros(3), False, "wrong number of dimensions: expected 2, received 1"),
        (memory, np.zeros((3, 2)), False, "different shapes"),
        (memory, np.zeros((2, 3)), False, "different formats"),
        (memory, np.zeros((2, 3), "u4"), False, "different formats"),
        (memory, np.zeros((2, 3)), True, "different itemsizes"),
    ]
    for target, source, cast, message in cases:
        with pytest.raises(BufferError, match=f"^{message}$"):
            target.copy_from(source, cast)
    with pytest.raises(BufferError, match="^copying to readonly buffer$"):
        memory.copy_to(b"abc")
    with pytest.raises(BufferError, match="^wrong number of dimensions: expected 2, received 0$"):
        memory.copy_to(np.array(5))
    memory.reinterpret_data("b")


def test_formats_are_compared_by_what_they_mean_and_spelt() -> None:
    memory = IndirectMemory2D.create_memory(2, 3, "i")
    memory.copy_from(int_matrix([1, 2, 3], [4, 5, 6]))  # "<i"
    assert listed(memory) == [[1, 2, 3], [4, 5, 6]]
    longs = IndirectMemory2D.create_memory(2, 3, "l")
    with pytest.raises(BufferError, match="^different formats$"):
        longs.copy_from(IndirectMemory2D.create_memory(2, 3, "q"))
    longs.copy_from(IndirectMemory2D.create_memory(2, 3, "q"), cast=True)


def test_copies_may_overlap() -> None:
    matrix = np.arange(12).reshape(3, 4)
    expected = matrix[::-1].tolist()
    IndirectMemory2D.view_from_rows(matrix).copy_from(matrix[::-1])
    assert matrix.tolist() == expected


@st.composite
def layouts(draw: st.DrawFn, rows: int, columns: int) -> Any:
    """Writable memory of that shape, in any layout, full of numbers."""
    testing = pytest.importorskip("_testbuffer")
    numbers = draw(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=rows * columns, max_size=rows * columns))
    matrix = np.array(numbers, "i").reshape(rows, columns)
    kind = draw(st.sampled_from(["C", "F", "strided", "table", "suboffsets"]))
    if kind == "table":
        memory = IndirectMemory2D.create_memory(rows, columns, "i")
        memory.copy_from(matrix)
        return memory
    if kind == "suboffsets":
        flags = testing.ND_WRITABLE | testing.ND_PIL
        return testing.ndarray(numbers, shape=[rows, columns], format="i", flags=flags)
    if kind == "strided":
        steps = draw(st.tuples(*[st.sampled_from([-3, -2, -1, 1, 2, 3])] * 2))
        space = np.zeros([length * abs(step) for length, step in zip((rows, columns), steps)], "i")
        part = space[:: steps[0], :: steps[1]]
        part[...] = matrix
        return part
    return np.asfortranarray(matrix) if kind == "F" else matrix


@hypothesis.given(st.data(), st.integers(1, 7), st.integers(1, 7))
def test_copies_between_any_layouts_are_what_memoryview_sees(data: st.DataObject, rows: int, columns: int) -> None:
    memory = IndirectMemory2D.create_memory(rows, columns, "i")
    source, target = data.draw(layouts(rows, columns)), data.draw(layouts(rows, columns))
    expected = listed(source)
    memory.copy_from(source)
    with memoryview(memory) as view:
        assert [[view[i, j] for j in range(columns)] for i in range(rows)] == expected
    memory.copy_to(target, cast=data.draw(st.booleans()))
    assert listed(target) == expected and listed(source) == expected
