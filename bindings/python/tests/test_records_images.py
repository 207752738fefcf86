"""Record tables in bytes, what is seen of all rows at once, and what happens while they are made."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deltos
from deltos import _exporter
from deltos._copies import copy_of

LAYOUTS = ["rows", "columns"]
SLOTS = {
    "n": int,
    "s": str,
    "b": deltos.Slot(bytes, nullable=True, optional=True),
    "p": deltos.Slot({"x": float, "deep": deltos.Slot({"y": "int8", "t": str}, nullable=True)}, optional=True),
    "v": object,
    "when": dt.date | None,
}
ROWS = [
    {"n": 1, "s": "a", "b": b"\0", "p": {"x": 1.5, "deep": {"y": 3, "t": "ä"}}, "v": {"k": [1, {2}]}, "when": dt.date(2020, 1, 2)},
    {"n": 2, "s": "", "b": None, "p": {"x": 2.5, "deep": None}, "v": None, "when": None},
    {"n": 3, "s": "ccc", "v": Decimal("1.50"), "when": None},
]  # fmt: skip
BIT_ROWS = st.lists(
    st.fixed_dictionaries(
        {"a": st.none() | st.integers(0, 3)},
        optional={
            "b": st.integers(0, 3),
            "c": st.none() | st.integers(0, 3),
            "p": st.none() | st.fixed_dictionaries({"x": st.none() | st.integers(0, 3)}, optional={"y": st.text(max_size=2)}),
        },
    ),
    max_size=20,
)
BIT_SLOTS = {
    "a": int | None,
    "b": deltos.Slot(int, optional=True),
    "c": deltos.Slot(int, nullable=True, optional=True),
    "p": deltos.Slot({"x": int | None, "y": deltos.Slot(str, optional=True)}, nullable=True, optional=True),
}


@pytest.fixture(params=LAYOUTS)
def table(request: pytest.FixtureRequest, storage: deltos.Storage) -> Any:
    """Some records of every sort, in either layout."""
    return storage.create_records("t", SLOTS, ROWS, layout=request.param)


# ---- In bytes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_table_in_bytes_is_read_as_one_in_a_storage(layout: str) -> None:
    data = deltos.pack_records(SLOTS, ROWS, layout=layout)
    table = deltos.unpack_records(data)
    assert type(data) is bytes and table.to_python() == ROWS and table.layout == layout and table.schema == deltos.Schema(SLOTS)
    assert table[0].p.deep.t == "ä" and table.column("n").tolist() == [1, 2, 3]
    assert repr(table) == "<deltos.RecordTable in memory: 3 records of n, s, b, p, v, when>"
    for ask in (lambda: table.storage, lambda: table.name, lambda: table.attrs):
        with pytest.raises(deltos.UnsupportedError, match="lies in memory"):
            ask()


@pytest.mark.parametrize("offset", [0, 8, 64, 1, 7, 100])
def test_a_table_lies_at_any_offset_of_any_memory(offset: int) -> None:
    memory = bytearray(b"\xff" * 4000)
    written = deltos.pack_records_into(SLOTS, ROWS, memory, offset, layout="columns")
    assert memory[offset : offset + written] == deltos.pack_records(SLOTS, ROWS, layout="columns")
    assert set(memory[:offset] + memory[offset + written :]) <= {0xFF}
    for owner in (memory, memoryview(memory), np.frombuffer(memory, "u1")):
        table = deltos.unpack_records(owner, offset)
        assert table.to_python() == ROWS and table.pack() == memory[offset : offset + written]
        del table, owner
    memory.clear()


def test_memory_that_is_read_where_it_is_stays_there() -> None:
    memory = bytearray(deltos.pack_records({"n": int}, {"n": [1, 2]}))
    column = deltos.unpack_records(memory).column("n")
    with pytest.raises(BufferError):
        memory.clear()
    assert np.shares_memory(np.asarray(column), np.frombuffer(memory, "u1"))
    with pytest.raises(PermissionError):
        deltos.unpack_records(memory).column("n", writable=True)


def test_what_is_no_table_is_refused() -> None:
    data = deltos.pack_records(SLOTS, ROWS)
    with pytest.raises(deltos.NotDeltosError):
        deltos.unpack_records(deltos.pack([1]))
    with pytest.raises(IndexError, match="outside memory"):
        deltos.unpack_records(data, len(data) + 1)
    for size in (0, 1, 64, 127, len(data) - 64):
        with pytest.raises(deltos.Error):
            deltos.unpack_records(data[:size])
    with pytest.raises(TypeError):
        deltos.unpack_records("text")
    small = bytearray(100)
    with pytest.raises(deltos.TooSmallError):
        deltos.pack_records_into(SLOTS, ROWS, small)
    assert small == bytes(100)
    with pytest.raises(TypeError, match="record tables come from a storage"):
        deltos.RecordTable()


def test_a_stored_table_packs_itself(table: Any) -> None:
    again = deltos.unpack_records(table.pack())
    assert again.to_python() == ROWS and again.layout == table.layout and again.schema == table.schema
    assert again.pack() == table.pack()


# ---- Pickles ---------------------------------------------------------------------------------------------------------


def test_a_pickled_record_is_a_record_without_its_table(table: Any) -> None:
    for record, row in zip(table, ROWS, strict=True):
        for again in (pickle.loads(pickle.dumps(record)), copy.copy(record), copy.deepcopy(record)):
            assert again == record and again.to_python() == row == record.to_python()
            assert hasattr(again, "p") == ("p" in row)
    inner = pickle.loads(pickle.dumps(table[0].p))
    assert inner.deep.t == "ä" and inner == table[0].p and pickle.loads(pickle.dumps(inner.deep)).y == 3
    rows = pickle.loads(pickle.dumps(table[::-1]))
    assert [row.n for row in rows] == [3, 2, 1]


def test_a_pickled_table_in_memory_takes_its_bytes_along() -> None:
    padded = b"12345678" + deltos.pack_records(SLOTS, ROWS) + b"more"
    table = pickle.loads(pickle.dumps(deltos.unpack_records(padded, 8)))
    assert table.to_python() == ROWS and len(table.pack()) == len(padded) - 12


def test_slots_may_have_the_names_of_methods() -> None:
    table = deltos.unpack_records(deltos.pack_records({"to_python": int, "name": str}, [(1, "a")]))
    assert table[0].to_python == 1 and table.to_python() == [{"to_python": 1, "name": "a"}]
    assert pickle.loads(pickle.dumps(table[0])).to_python == 1


# ---- All rows at once ------------------------------------------------------------------------------------------------


def states(rows: list[dict[str, Any]], *names: str) -> tuple[list[bool], list[bool]]:
    """Where a slot is None, and where it is set."""
    null, known = [], []
    for row in rows:
        value: Any = row
        for name in names:
            value = value.get(name, "unset") if isinstance(value, dict) else value
        null.append(value is None)
        known.append(value != "unset")
    return null, known


@settings(max_examples=60)
@given(BIT_ROWS, st.sampled_from(LAYOUTS))
def test_presence_is_what_the_records_say(rows: list[dict[str, Any]], layout: str) -> None:
    table = deltos.unpack_records(deltos.pack_records(BIT_SLOTS, rows, layout=layout))
    for names in (("a",), ("b",), ("c",), ("p",), ("p", "x"), ("p", "y")):
        null, known = table.is_null(".".join(names)), table.is_set(".".join(names))
        assert null.dtype == known.dtype == bool
        assert (null.tolist(), known.tolist()) == states(rows, *names)


def test_bits_of_presence_are_seen_where_they_lie(table: Any) -> None:
    assert table.presence("n") is None and table.presence("when", "null") is None
    valid, null = table.presence("b"), table.presence("b", "null")
    if table.layout == "columns":
        assert (valid.tolist(), null.tolist(), table.presence("when").tolist()) == ([0b001], [0b010], [0b001])
    else:
        slot = table.schema.slots[table.schema.find("b")]
        assert [byte >> slot.valid_bit % 8 & 1 for byte in valid.tolist()] == [1, 0, 0]
        assert [byte >> slot.null_bit % 8 & 1 for byte in null.tolist()] == [0, 1, 0]
    assert valid.readonly
    with pytest.raises(ValueError, match="valid, null"):
        table.presence("b", "unset")
    with pytest.raises(KeyError):
        table.is_null("missing")


def test_texts_are_found_through_offsets_or_places(table: Any) -> None:
    texts = [row["s"].encode() for row in ROWS]
    if table.layout == "columns":
        offsets, data = table.offsets("s").tolist(), table.column("s").tobytes()
        assert [data[begin:end] for begin, end in zip(offsets, offsets[1:])] == texts
        with pytest.raises(deltos.LayoutError, match="slot 'n' has no offsets"):
            table.offsets("n")
        for ask in (table.rows, table.heap):
            with pytest.raises(deltos.LayoutError):
                ask()
    else:
        rows, heap = np.asarray(table.rows()), table.heap().tobytes()
        assert rows["n"].tolist() == [1, 2, 3] and rows["p"]["x"].tolist() == [1.5, 2.5, 0.0]
        assert [heap[place : place + size] for place, size in rows["s"].tolist()] == texts
        with pytest.raises(deltos.LayoutError):
            table.offsets("s")


def test_the_schema_of_records_inside_is_that_they_were_made_with() -> None:
    inner = deltos.Schema({"x": float, "deep": {"y": int}}, "inner", version=2)
    schema = deltos.Schema({"n": int, "p": inner})
    assert schema.nested("p") == inner and schema.nested("p").version == 2
    assert schema.nested("p.deep").names == ["y"]
    with pytest.raises(TypeError):
        schema.nested("n")
    with pytest.raises(KeyError):
        schema.nested("q")


def test_verify_finds_what_is_damaged(table: Any) -> None:
    assert table.verify() is None
    data = bytearray(table.pack())
    place = data.index("ccc".encode())
    data[place] = 0xFF
    damaged = deltos.unpack_records(bytes(data))
    assert damaged[1].s == ""
    with pytest.raises(deltos.CorruptError, match="slot s"):
        damaged.verify()


# ---- While they are made ---------------------------------------------------------------------------------------------


def made(storage: deltos.Storage, way: str, progress: Any) -> Any:
    rows = ({"n": k} for k in range(20_000))
    if way == "bytes":
        return deltos.pack_records({"n": int}, rows, progress=progress)
    if way == "arrow":
        pyarrow = pytest.importorskip("pyarrow")
        return storage.put_arrow("new", pyarrow.table({"n": range(20_000)}), progress=progress)
    return storage.create_records("new", {"n": int}, rows, progress=progress)


@pytest.mark.parametrize("way", ["records", "arrow", "bytes"])
def test_progress_is_told_and_may_cancel(storage: deltos.Storage, way: str) -> None:
    told: list[tuple[int, int]] = []
    made(storage, way, lambda done, total: told.append((done, total)))
    assert told and all(0 <= done and (total == 0 or done <= total) for done, total in told)
    storage.clear()
    with pytest.raises(deltos.CancelledError):
        made(storage, way, lambda *_: True)

    def fail(*_: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        made(storage, way, fail)
    assert "new" not in storage


def test_verify_tells_progress_and_may_be_cancelled(storage: deltos.Storage) -> None:
    table = storage.create_records("t", {"s": str}, [("x",)] * 10_000)
    told: list[tuple[int, int]] = []
    table.verify(progress=lambda *numbers: told.append(numbers))
    assert told and told[-1][0] <= told[-1][1]
    with pytest.raises(deltos.CancelledError):
        table.verify(progress=lambda *_: True)


def test_a_wide_table_is_shown_by_its_first_slots() -> None:
    wide = deltos.unpack_records(deltos.pack_records({f"<s{k}>": int for k in range(30)}, [tuple(range(30))] * 2))
    shown = wide._repr_html_()
    assert "&lt;s19&gt;" in shown and "&lt;s20&gt;" not in shown and "2 records of 30 slots" in shown
    assert shown.count("<th>") == 21 and shown.count("<td>") == 42


@dataclasses.dataclass
class Point:
    x: float
    y: float


def test_the_class_of_a_schema_makes_packed_tables_too(path: Path) -> None:
    path.write_bytes(deltos.pack_records(Point, [Point(1, 2), Point(3, 4)]))
    assert [(point.x, point.y) for point in deltos.unpack_records(path.read_bytes())] == [(1, 2), (3, 4)]


def test_dicts_are_made_of_records_and_their_slots_alone(table: Any) -> None:
    assert [_exporter.record_as_dict(record, copy_of) for record in table] == ROWS
    with pytest.raises(TypeError):
        _exporter.record_as_dict({"n": 1}, copy_of)  # type: ignore[arg-type]
    with pytest.raises(LookupError, match="no copy"):
        _exporter.record_as_dict(table[0], fails)


def fails(_: object) -> None:
    """Copies nothing."""
    raise LookupError("no copy")
