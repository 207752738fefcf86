"""Tables: rows that are reached by pointers, made of everything that rows can be made of."""

from __future__ import annotations

import array
import ctypes
import gc
import hashlib
import pickle
import sys
import weakref
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import deltos

TYPES = ["int8", "uint16", "int32", "uint64", "float32", "float64", "complex128", "bool"]


class Owner:
    """Something whose end can be seen."""


def doubles(rows: int, columns: int) -> np.ndarray:
    return np.arange(rows * columns, dtype="f8").reshape(rows, columns)


def read_through_pointers(address: int, row: int, column: int) -> float:
    """What C reads through the T**."""
    pointers = ctypes.cast(address, ctypes.POINTER(ctypes.POINTER(ctypes.c_double)))
    return pointers[row][column]


def test_a_new_table_is_zeros_that_c_can_write() -> None:
    table = deltos.Table(3, 4, dtype="float64")
    assert table.tolist() == [[0.0] * 4] * 3
    pointers = ctypes.cast(table.rows, ctypes.POINTER(ctypes.POINTER(ctypes.c_double)))
    pointers[2][3] = 7.5
    assert table[2, 3] == 7.5
    table[0] = [1, 2, 3, 4]
    assert read_through_pointers(table.rows, 0, 2) == 3.0


def test_rows_of_a_matrix_are_its_memory() -> None:
    matrix = doubles(3, 4)
    table = deltos.Table.from_rows(matrix)
    assert table.shape == (3, 4) and table.format == "d" and not table.readonly
    table[1, 2] = -1
    assert matrix[1, 2] == -1
    matrix[0, 0] = 9
    assert read_through_pointers(table.rows, 0, 0) == 9


@pytest.mark.parametrize("make", [np.asfortranarray, lambda matrix: matrix.T.copy().T])
def test_columns_of_a_matrix_become_rows(make) -> None:  # type: ignore[no-untyped-def]
    matrix = make(doubles(3, 4))
    table = deltos.Table.from_columns(matrix)
    assert table.shape == (4, 3)
    assert table.tolist() == matrix.T.tolist()
    table[3, 2] = 77
    assert matrix[2, 3] == 77


def test_rows_that_are_not_contiguous_are_refused() -> None:
    with pytest.raises(deltos.LayoutError):
        deltos.Table.from_rows(np.asfortranarray(doubles(3, 4)))
    with pytest.raises(deltos.LayoutError):
        deltos.Table.from_columns(doubles(3, 4))
    with pytest.raises(deltos.LayoutError):
        deltos.Table.from_rows(np.zeros((2, 2, 2)))


def test_rows_may_lie_at_any_distance() -> None:
    matrix = doubles(6, 4)
    table = deltos.Table.from_rows(matrix[::-2])
    assert table.tolist() == matrix[::-2].tolist()


@pytest.mark.parametrize("kind", ["numpy", "array", "bytearray", "mixed"])
def test_separate_buffers_become_rows(kind: str) -> None:
    makers = {
        "numpy": lambda k: np.arange(k, k + 5, dtype="u1"),
        "array": lambda k: array.array("B", range(k, k + 5)),
        "bytearray": lambda k: bytearray(range(k, k + 5)),
        "mixed": lambda k: [np.arange(k, k + 5, dtype="u1"), bytearray(range(k, k + 5))][k % 2],
    }
    rows = [makers[kind](k) for k in range(7)]
    table = deltos.Table.from_buffers(rows)
    assert table.shape == (7, 5) and not table.readonly
    assert table.tolist() == [[*range(k, k + 5)] for k in range(7)]
    table[3, 0] = 200
    assert rows[3][0] == 200


def test_one_row_that_is_read_only_makes_the_table_so() -> None:
    table = deltos.Table.from_buffers([bytearray(3), b"abc"])
    assert table.readonly and memoryview(table).readonly
    with pytest.raises(deltos.ReadOnlyError):
        table[0, 0] = 1


def test_rows_must_be_alike() -> None:
    with pytest.raises(deltos.TypeMismatchError, match="1"):
        deltos.Table.from_buffers([bytearray(3), bytearray(4)])
    with pytest.raises(deltos.TypeMismatchError, match="2"):
        deltos.Table.from_buffers([np.zeros(3), np.zeros(3), np.zeros(3, "f4")])
    with pytest.raises(deltos.LayoutError, match="1"):
        deltos.Table.from_buffers([np.zeros(3), np.zeros(6)[::2]])
    with pytest.raises(deltos.InvalidError):
        deltos.Table.from_buffers([])
    with pytest.raises(deltos.TypeMismatchError):
        deltos.Table.from_buffers([bytearray(3), 5])
    with pytest.raises(deltos.TypeMismatchError):
        deltos.Table.from_buffers([bytearray(3)], columns=4, format="B")


def test_no_rows_need_a_type() -> None:
    table = deltos.Table.from_buffers([], columns=3, dtype="int32")
    assert table.shape == (0, 3) and table.tolist() == []


def test_formats_that_mean_the_same_fit_together() -> None:
    table = deltos.Table.from_buffers([array.array("i", [1, 2]), np.array([3, 4], "<i4")])
    assert table.tolist() == [[1, 2], [3, 4]]


def test_bfloat16_rows_are_rows_of_bfloat16() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    matrix = np.array([[1, 2], [3, 4]], ml_dtypes.bfloat16)
    table = deltos.Table.from_rows(matrix)
    assert table.type_name == "bfloat16" and table.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert deltos.Table.from_buffers([*matrix]).type_name == "bfloat16"


def test_structures_are_tuples() -> None:
    matrix = np.zeros((2, 2), [("n", "i4"), ("x", "f8")])
    matrix[1, 0] = (3, 0.5)
    table = deltos.Table.from_rows(matrix)
    assert table[1, 0] == (3, 0.5)
    table[0, 1] = (7, 2.5)
    assert matrix[0, 1].tolist() == (7, 2.5)


def test_ctypes_pointers_are_taken_as_they_are() -> None:
    rows = [(ctypes.c_int * 3)(k, k + 1, k + 2) for k in range(2)]
    pointers = (ctypes.POINTER(ctypes.c_int) * 2)(*[ctypes.cast(row, ctypes.POINTER(ctypes.c_int)) for row in rows])
    table = deltos.Table.from_pointers(pointers, 2, 3, format="i", owner=rows)
    assert table.rows == ctypes.addressof(pointers)
    assert table.tolist() == [[0, 1, 2], [1, 2, 3]]
    table[1, 1] = 50
    assert rows[1][1] == 50
    with pytest.raises(deltos.InvalidError):
        deltos.Table.from_pointers(0, 2, 3, format="i")
    with pytest.raises(deltos.TypeMismatchError):
        deltos.Table.from_pointers("nowhere", 2, 3, format="i")


def test_the_owner_lives_as_long_as_the_last_view() -> None:
    row = (ctypes.c_double * 2)(1, 2)
    pointers = (ctypes.c_void_p * 1)(ctypes.addressof(row))
    owner = Owner()
    gone = weakref.ref(owner)
    table = deltos.Table.from_pointers(pointers, 1, 2, dtype="float64", owner=owner)
    seen = memoryview(table)
    del owner, table
    gc.collect()
    assert gone() is not None and seen.tolist() == [[1.0, 2.0]]
    del seen
    assert gone() is None


@pytest.mark.parametrize("count", [1, 5, 100])
def test_rows_are_held_and_given_back(count: int) -> None:
    rows = [bytearray(8) for _ in range(count)]
    before = [sys.getrefcount(row) for row in rows]
    table = deltos.Table.from_buffers(rows)
    with pytest.raises(BufferError):
        rows[0].append(1)
    table.release()
    rows[0].append(1)
    assert [sys.getrefcount(row) for row in rows] == before


def test_a_refused_collection_holds_nothing() -> None:
    rows = [bytearray(8), bytearray(9)]
    with pytest.raises(deltos.TypeMismatchError):
        deltos.Table.from_buffers(rows)
    rows[0].append(1)
    matrix = bytearray(8)
    with pytest.raises(deltos.LayoutError):
        deltos.Table.from_rows(memoryview(matrix).cast("B", (2, 2, 2)))
    matrix.append(1)


def test_memoryview_follows_the_pointers() -> None:
    table = deltos.Table.from_rows(doubles(3, 4))
    seen = memoryview(table)
    assert seen.suboffsets == table.suboffsets == (0, -1)
    assert seen.strides == table.strides
    assert seen.tolist() == doubles(3, 4).tolist() and seen[2, 1] == 9.0
    assert bytes(seen) == doubles(3, 4).tobytes() == table.tobytes()


def test_who_does_not_follow_pointers_is_told_how_to_copy() -> None:
    table = deltos.Table.from_rows(doubles(3, 4))
    with pytest.raises(BufferError, match="cop(y|ied)"):
        np.asarray(table)
    with pytest.raises(deltos.LayoutError, match="to_dense"):
        table.numpy()
    with pytest.raises(BufferError, match="to_dense"):
        hashlib.sha256(table)  # type: ignore[arg-type]
    with pytest.raises(BufferError):
        np.from_dlpack(table)
    dense = table.to_dense()
    assert dense.numpy().tolist() == doubles(3, 4).tolist()
    dense[0, 0] = 50
    assert table[0, 0] == 0


def test_ragged_rows_are_seen_one_by_one() -> None:
    table = deltos.Table(3, [2, 0, 4], dtype="int16")
    assert table.ragged and table.lengths == (2, 0, 4) and table.columns == -1 and len(table) == 3
    table[2] = [1, 2, 3, 4]
    table[0, 1] = 9
    assert table.tolist() == [[0, 9], [], [1, 2, 3, 4]]
    assert table.size == 6 and table.nbytes == 12
    assert [len(row) for row in table] == [2, 0, 4]
    for refused in (lambda: memoryview(table), table.to_dense, lambda: table.shape):
        with pytest.raises(deltos.LayoutError):
            refused()
    with pytest.raises(deltos.TypeMismatchError):
        deltos.Table(2, [1], dtype="int16")


def test_indices_are_those_of_a_list() -> None:
    table = deltos.Table.from_rows(doubles(3, 4))
    assert table[-1].tolist() == doubles(3, 4)[-1].tolist()
    assert table[1:, 2].tolist() == [6.0, 10.0]
    assert table[..., 0].tolist() == [0.0, 4.0, 8.0]
    table[:, 1] = 5
    assert [row[1] for row in table] == [5.0, 5.0, 5.0]
    for key in (3, -4, (0, 4), (3, 0)):
        with pytest.raises(IndexError):
            table[key]
    with pytest.raises(IndexError):
        table[3] = [0] * 4


def test_reinterpreting_is_refused_while_somebody_looks() -> None:
    table = deltos.Table.from_rows(doubles(3, 4))
    assert table.rows and table.exports == 1
    seen = memoryview(table)
    with pytest.raises(deltos.PinnedError):
        table.reinterpret(dtype="uint8")
    seen.release()
    table.reinterpret(dtype="uint8")
    assert table.shape == (3, 32) and bytes(memoryview(table)) == doubles(3, 4).tobytes()
    table.reinterpret(format="d")
    assert table.tolist() == doubles(3, 4).tolist()


def test_a_table_can_be_made_read_only_for_good() -> None:
    table = deltos.Table.from_rows(doubles(3, 4))
    with memoryview(table), pytest.raises(deltos.PinnedError):
        table.make_readonly()
    table.make_readonly()
    assert table.readonly and memoryview(table).readonly and table[0].readonly
    with pytest.raises(deltos.ReadOnlyError):
        table[0, 0] = 1
    assert read_through_pointers(table.rows, 1, 1) == 5


def test_copying_goes_both_ways_and_checks_types() -> None:
    table = deltos.Table(3, 4, dtype="float64")
    table.copy_from(np.asfortranarray(doubles(3, 4)))
    assert table.tolist() == doubles(3, 4).tolist()
    target = np.zeros((4, 3)).T
    table.copy_to(target)
    assert target.tolist() == doubles(3, 4).tolist()
    table[...] = np.ones((3, 4))
    assert table.tolist() == np.ones((3, 4)).tolist()
    with pytest.raises(deltos.TypeMismatchError):
        table.copy_from(np.zeros((3, 4), "f4"))
    with pytest.raises(deltos.TypeMismatchError):
        table.copy_from(np.zeros((4, 3)))


def test_a_stored_table_comes_back_with_pointers_of_its_own(path) -> None:  # type: ignore[no-untyped-def]
    with deltos.open(path, "x") as storage:
        table = storage.create_table("t", 3, 4, dtype="float64")
        table[...] = doubles(3, 4)
        ragged = storage.create_table("r", 2, [1, 3], dtype="int32")
        ragged[1] = [7, 8, 9]
        table.attrs["unit"] = "m"
        table.release(), ragged.release()
    with deltos.open(path, "r") as storage:
        table, ragged = storage["t"], storage["r"]
        assert isinstance(table, deltos.Table) and table.stored and table.readonly and table.name == "t"
        assert table.tolist() == doubles(3, 4).tolist() and ragged.tolist() == [[0], [7, 8, 9]]
        assert read_through_pointers(table.rows, 2, 3) == 11
        assert table.attrs["unit"] == "m" and "t" in storage and set(storage) == {"r", "t"}
        table.release()


def test_what_is_stored_over_a_table_takes_its_place(storage: deltos.Storage) -> None:
    table = storage.create_table("t", 2, 2, dtype="int32")
    storage["t"] = np.arange(3)
    assert storage["t"].tolist() == [0, 1, 2]
    assert not table.current
    storage["dense"] = deltos.Table.from_rows(doubles(2, 2))
    assert storage["dense"].tolist() == doubles(2, 2).tolist()


def test_a_stored_table_is_pickled_by_name(storage: deltos.Storage) -> None:
    storage.create_table("t", 2, 2, dtype="int32")[1, 1] = 5
    again = pickle.loads(pickle.dumps(storage["t"]))
    assert again.tolist() == [[0, 0], [0, 5]]
    again[0, 0] = 1
    assert storage["t"][0, 0] == 1
    with pytest.raises(TypeError, match="memory"):
        pickle.dumps(deltos.Table(1, 1, dtype="int8"))


def test_what_needs_a_storage_says_so() -> None:
    table = deltos.Table(1, 1, dtype="int8")
    assert not table.stored
    for refused in (lambda: table.storage, lambda: table.attrs, table.seal, table.refresh):
        with pytest.raises(deltos.UnsupportedError):
            refused()


def test_a_released_table_is_closed() -> None:
    table = deltos.Table(1, 1, dtype="int8")
    seen = memoryview(table)
    table.release()
    assert seen.tolist() == [[0]] and repr(table) == "<deltos.Table, closed>"
    for refused in (lambda: table.shape, lambda: table[0], lambda: memoryview(table), lambda: table.rows):
        with pytest.raises((deltos.ClosedError, BufferError)):
            refused()


@hypothesis.given(st.data())
def test_a_table_does_what_a_matrix_does(data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(0, 5)), data.draw(st.integers(0, 5))
    model = np.zeros((rows, columns), data.draw(st.sampled_from(TYPES)))
    kind = data.draw(st.sampled_from(["new", "rows", "columns", "buffers"]))
    if kind == "rows" or rows == 0:
        table = deltos.Table.from_rows(model.copy())
    elif kind == "columns":
        table = deltos.Table.from_columns(np.asfortranarray(model.T))
    elif kind == "buffers":
        table = deltos.Table.from_buffers([row.copy() for row in model])
    else:
        table = deltos.Table(rows, columns, dtype=model.dtype)
    assert table.shape == (rows, columns)
    for _ in range(data.draw(st.integers(0, 6))):
        values = np.array(data.draw(st.lists(st.integers(0, 1), min_size=columns, max_size=columns)), model.dtype)
        if rows == 0:
            break
        row = data.draw(st.integers(-rows, rows - 1))
        if columns and data.draw(st.booleans()):
            column = data.draw(st.integers(-columns, columns - 1))
            table[row, column] = values[0].item()
            model[row, column] = values[0]
        else:
            table[row] = values
            model[row] = values
    assert table.tolist() == model.tolist()
    if model.dtype.kind != "c":  # which memoryview does not know
        assert memoryview(table).tolist() == model.tolist()
    assert table.to_dense().tobytes() == model.tobytes() == table.tobytes()


@pytest.mark.parametrize("by_rows", [True, False])
@pytest.mark.parametrize("dtype", [*"?Bhilefd", "c16", "S4", "U2", ">i4", [("a", "i4"), ("b", "f8")]])
def test_rows_of_any_element_type_lie_where_numpy_has_them(dtype: Any, by_rows: bool) -> None:
    base = np.zeros(48, dtype).reshape(6, 8)
    base[...] = np.ones(1, dtype)[0]
    base[::2, 1::2] = np.zeros(1, dtype)[0]
    make = deltos.Table.from_rows if by_rows else deltos.Table.from_columns
    for matrix in (base, base[::-2], base[1:3], base[:, 2:5], base[:0], base[:, :0], base[2:, 4:5]):
        table = make(matrix if by_rows else matrix.T)
        assert table.shape == matrix.shape and not table.readonly
        assert table.tobytes() == matrix.tobytes()
        assert [row.address for row in table if matrix.size] == [row.ctypes.data for row in matrix if matrix.size]
    with pytest.raises(deltos.LayoutError, match="contiguous"):
        make(base[:, ::2] if by_rows else base[:, ::2].T)
    base.flags.writeable = False
    assert make(base if by_rows else base.T).readonly


def test_exporters_without_strides_are_rows_too() -> None:
    numbers = (ctypes.c_long * 3)(1, 2, 3)
    matrix = ((ctypes.c_int * 2) * 3)((1, 2), (3, 4), (5, 6))
    assert deltos.Table.from_rows(numbers).tolist() == [[1, 2, 3]]
    assert deltos.Table.from_rows(matrix).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert deltos.Table.from_buffers([numbers, numbers]).tolist() == [[1, 2, 3], [1, 2, 3]]
