"""Memory as columns of Arrow: without a copy, kept for as long as the column lives."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import deltos

pa = pytest.importorskip("pyarrow")

NUMBERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]


def address_of(buffer: Any) -> int:
    return int(np.asarray(buffer).ctypes.data)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[deltos.Storage]:
    with deltos.open(tmp_path / "a.deltos", "w") as opened:
        yield opened


@pytest.mark.parametrize("code", NUMBERS)
def test_numbers_are_shown_where_they_lie(storage: deltos.Storage, code: str) -> None:
    numbers = np.arange(100).astype(code)
    storage["x"] = numbers
    column = pa.array(storage["x"])
    assert column.type == pa.from_numpy_dtype(numbers.dtype)
    assert column.buffers()[1].address == address_of(storage["x"])
    assert column.to_numpy().tolist() == numbers.tolist()


def test_a_column_keeps_its_storage_from_closing(tmp_path: Path) -> None:
    storage = deltos.open(tmp_path / "a.deltos", "w")
    storage["x"] = np.arange(3.0)
    column = pa.array(storage["x"])
    with pytest.raises(deltos.PinnedError):
        storage.close()
    assert column.to_pylist() == [0, 1, 2]
    del column
    gc.collect()
    storage.close()


def test_truths_are_truths(storage: deltos.Storage) -> None:
    storage["x"] = np.array([True, False, True])
    column = pa.array(storage["x"])
    assert isinstance(column.type, pa.Bool8Type)
    assert column.to_pylist() == [True, False, True]


def test_more_dimensions_are_a_tensor(storage: deltos.Storage) -> None:
    grid = np.arange(24, dtype="f4").reshape(2, 3, 4)
    storage["x"] = grid
    column = pa.array(storage["x"])
    assert column.type == pa.fixed_shape_tensor(pa.float32(), (3, 4))
    assert (column.to_numpy_ndarray() == grid).all()


def test_structures_are_columns_of_their_fields(storage: deltos.Storage) -> None:
    rows = np.array([(1, 2.5, b"ab"), (3, 4.5, b"cd")], dtype=[("id", "i4"), ("height", "f8"), ("code", "S2")])
    storage["x"] = rows
    column = pa.array(storage["x"])
    assert column.to_pylist() == [
        {"id": 1, "height": 2.5, "code": b"ab"},
        {"id": 3, "height": 4.5, "code": b"cd"},
    ]


def test_elements_that_are_apart_are_copied(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    assert pa.array(storage["x"].view()[::-3]).to_pylist() == [9, 6, 3, 0]


def test_complex_numbers_are_pairs(storage: deltos.Storage) -> None:
    storage["x"] = np.array([1 + 2j, 3 - 4j])
    assert pa.array(storage["x"]).to_pylist() == [[1, 2], [3, -4]]


def test_what_arrow_lacks_is_refused_and_named(storage: deltos.Storage) -> None:
    storage["x"] = np.array(["ab", "cd"])
    with pytest.raises(deltos.UnsupportedError, match="2w"):
        pa.array(storage["x"])


def test_arrays_and_memory_are_columns_too() -> None:
    numbers = deltos.Array("d", [1.5, 2.5])
    assert pa.array(numbers).to_pylist() == [1.5, 2.5]
    assert pa.array(deltos.View(b"abc")).to_pylist() == [97, 98, 99]


def test_capsules_that_nobody_takes_give_their_memory_back(tmp_path: Path) -> None:
    storage = deltos.open(tmp_path / "a.deltos", "w")
    storage["x"] = np.arange(3.0)
    capsules: Any = storage["x"].__arrow_c_array__()
    schema = storage["x"].__arrow_c_schema__()
    with pytest.raises(deltos.PinnedError):
        storage.close()
    del capsules, schema
    gc.collect()
    storage.close()


def test_polars_reads_a_column_where_it_lies(storage: deltos.Storage) -> None:
    polars = pytest.importorskip("polars")
    storage["x"] = np.arange(1000.0)
    series = polars.Series(pa.array(storage["x"]))
    assert series.to_arrow().buffers()[1].address == address_of(storage["x"])
    assert series.sum() == 499500
