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


# ---- record tables


def cities(count: int = 1000) -> Any:
    return pa.table(
        {
            "id": pa.array(np.arange(count)),
            "name": pa.array([f"city {i}" if i % 7 else None for i in range(count)], pa.large_string()),
            "height": pa.array([i * 0.5 if i % 3 else None for i in range(count)]),
            "capital": pa.array([i % 2 == 0 for i in range(count)]),
            "day": pa.array(np.arange(count).astype("datetime64[D]")),
            "seen": pa.array(np.arange(count).astype("datetime64[us]"), pa.timestamp("us", "UTC")),
            "place": pa.array([{"x": float(i), "label": str(i)} if i % 5 else None for i in range(count)]),
        }
    )


@pytest.mark.parametrize("layout", ["rows", "columns"])
def test_a_table_comes_back_as_it_was(storage: deltos.Storage, layout: str) -> None:
    given = cities()
    stored = storage.put_arrow("cities", given, layout=layout)
    assert stored.layout == layout and len(stored) == 1000
    assert stored[1].name == "city 1" and stored[0].name is None and stored[3].place.label == "3"
    assert stored.to_arrow().to_pylist() == given.to_pylist()


def test_pyarrow_polars_and_duckdb_read_columns_where_they_lie(storage: deltos.Storage) -> None:
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    stored = storage.put_arrow("cities", cities().drop_columns(["place"]))
    ids, names = np.asarray(stored.column("id")), np.asarray(stored.column("name"))
    arrow = stored.to_arrow()
    assert arrow.column("id").chunk(0).buffers()[1].address == ids.ctypes.data
    assert arrow.column("name").chunk(0).buffers()[2].address == names.ctypes.data
    frame = polars.from_arrow(arrow)
    assert frame["id"].to_arrow().buffers()[1].address == ids.ctypes.data
    assert frame["height"].sum() == duckdb.sql("select sum(height) from arrow").fetchall()[0][0]
    assert duckdb.sql("select count(*) from arrow where name = 'city 8'").fetchall() == [(1,)]
    direct = polars.DataFrame(stored)
    assert direct["id"].to_arrow().buffers()[1].address == ids.ctypes.data


def test_slots_that_are_writable_are_copied(storage: deltos.Storage) -> None:
    schema = {"n": deltos.Slot(int, writable=True), "m": int}
    stored = storage.create_records("t", schema, {"n": [1, 2], "m": [3, 4]}, layout="columns")
    table = stored.to_arrow()
    assert table.column("m").chunk(0).buffers()[1].address == np.asarray(stored.column("m")).ctypes.data
    stored[0].n = 10
    assert table.column("n").to_pylist() == [1, 2]


def test_values_go_through_arrow_and_back(storage: deltos.Storage) -> None:
    rows = [{"tags": ["a", 1], "any": {"k": (1, None)}}, {"tags": [], "any": None}]
    first = storage.create_records("t", {"tags": list, "any": object}, rows, layout="columns")
    again = storage.put_arrow("u", first)
    assert again.to_python() == first.to_python() == rows


def test_polars_and_streams_of_batches_become_tables(storage: deltos.Storage) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"word": ["tree", "a longer word than twelve", None], "n": [1, 2, 3]})
    assert storage.put_arrow("p", frame).to_python() == frame.to_dicts()
    words = frame.with_columns(polars.col("word").cast(polars.Categorical))
    assert storage.put_arrow("c", words)[1].word == "a longer word than twelve"
    given = cities(100)
    reader = pa.RecordBatchReader.from_batches(given.schema, given.to_batches(max_chunksize=7))
    assert storage.put_arrow("b", reader).to_arrow().to_pylist() == given.to_pylist()


def test_lists_maps_and_decimals_become_values(storage: deltos.Storage) -> None:
    from decimal import Decimal

    given = pa.table(
        {
            "list": pa.array([[1, 2], None, []], pa.list_(pa.int16())),
            "map": pa.array([[("a", 1.5)], [], None], pa.map_(pa.string(), pa.float64())),
            "price": pa.array([Decimal("1.50"), Decimal("-2.25"), None]),
            "grid": pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.float32(), 2)),
        }
    )
    first, second, third = storage.put_arrow("t", given).to_python()
    assert first == {"list": [1, 2], "map": {"a": 1.5}, "price": Decimal("1.50"), "grid": first["grid"]}
    assert (second["list"], second["map"], second["price"]) == (None, {}, Decimal("-2.25"))
    assert (third["list"], third["map"], third["price"]) == ([], None, None)
    assert np.asarray(storage["t"].column("grid")).tolist() == [[1, 2], [3, 4], [5, 6]]


def test_what_records_do_not_have_is_refused_and_nothing_is_made(storage: deltos.Storage) -> None:
    import datetime

    with pytest.raises(deltos.UnsupportedError, match='"t"'):
        storage.put_arrow("x", pa.table({"t": pa.array([datetime.time(1, 2)])}))
    with pytest.raises(deltos.TypeMismatchError, match="__arrow_c_stream__"):
        storage.put_arrow("x", [1, 2])

    def batches() -> Iterator[Any]:
        yield pa.record_batch({"n": [1]})
        raise RuntimeError("the disk is on fire")

    schema = pa.schema({"n": pa.int64()})
    with pytest.raises(deltos.InvalidError, match="the disk is on fire"):
        storage.put_arrow("x", pa.RecordBatchReader.from_batches(schema, batches()))
    assert "x" not in storage
