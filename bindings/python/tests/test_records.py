"""Schemas and record tables: rows with attributes, and columns as memory."""

from __future__ import annotations

import dataclasses
import datetime as dt
import doctest
import gc
import pickle
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deltos

LAYOUTS = ["rows", "columns"]


@dataclasses.dataclass
class Place:
    x: float
    y: float


@dataclasses.dataclass
class Tree:
    height: float
    count: int
    healthy: bool
    name: str
    code: bytes
    age: int | None
    felled: dt.date | None
    seen: dt.datetime
    tags: list[str]
    kinds: set[str]
    more: dict[str, Any]
    pair: tuple[int, int]
    price: Decimal
    anything: object
    place: Optional[Place]  # noqa: UP045  both spellings


TREES = [
    Tree(
        1.5, -3, True, "oak ä", b"\0x", 3, None, dt.datetime(2026, 1, 2, 3, 4, 5, 6), ["a"], {"q"}, {"k": [1]}, (1, 2),
        Decimal("1.50"), {"any": 1}, Place(1, 2),
    ),
    Tree(
        2.5, 2**40, False, "", b"", None, dt.date(2020, 1, 2), dt.datetime(1969, 1, 1), [], set(), {}, (3, 4),
        Decimal(0), 5, None,
    ),
]


def plain(tree: Any) -> dict[str, Any]:
    """A row as to_python() gives it."""
    return dataclasses.asdict(tree)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_of_a_dataclass_come_back_as_records(storage: deltos.Storage, layout: str) -> None:
    made = storage.create_records("trees", Tree, TREES, layout=layout)
    for table in (made, storage["trees"]):
        assert len(table) == 2 and table.layout == layout and table.name == "trees" and table.storage is storage
        assert table.schema.name == "Tree" and table.schema.names == [field.name for field in dataclasses.fields(Tree)]
        assert table.to_python() == [plain(tree) for tree in TREES]
        for record, tree in zip(table, TREES, strict=True):
            for name in ("height", "count", "healthy", "name", "code", "age", "felled", "seen", "tags", "price"):
                assert getattr(record, name) == getattr(tree, name)
            assert record.kinds == tree.kinds and record.more == tree.more and record.pair == tree.pair
            assert record.anything == tree.anything
        assert table[0].place.y == 2.0 and table[1].place is None and table[-1].name == ""
        assert isinstance(table[0].tags, deltos.List) and isinstance(table[0].more, deltos.Dict)
        assert table[0] == table[-2] and table[0] != table[1]
        assert [record.count for record in table[::-1]] == [2**40, -3]
    assert storage.verify() == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_columns_are_memory_without_a_copy(storage: deltos.Storage, layout: str) -> None:
    table = storage.create_records("t", Tree, TREES, layout=layout)
    assert np.asarray(table.column("height")).tolist() == [1.5, 2.5]
    assert np.asarray(table.column("count")).dtype == np.int64
    assert table.column("felled").tolist() == [0, (dt.date(2020, 1, 2) - dt.date(1970, 1, 1)).days]
    assert table.column("place.x").tolist() == [1.0, 0.0]
    assert np.asarray(table.column("height")).strides == ((table.schema.row_bytes,) if layout == "rows" else (8,))
    if layout == "columns":
        assert table.column("name").tobytes().decode() == "oak ä"
    else:
        with pytest.raises(deltos.LayoutError):
            table.column("name")
    with pytest.raises(KeyError):
        table.column("missing")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "records",
    [
        {"n": [1, 2, 3], "s": ["a", "b", "c"]},
        {"n": np.array([1, 2, 3], "i2"), "s": ("a", "b", "c")},
        [{"n": 1, "s": "a"}, {"n": 2, "s": "b"}, {"s": "c", "n": 3}],
        [(1, "a"), (2, "b"), (3, "c")],
        lambda: ({"n": n, "s": s} for n, s in [(1, "a"), (2, "b"), (3, "c")]),
    ],
    ids=["columns", "array", "dicts", "tuples", "generator"],
)
def test_records_come_in_many_shapes(layout: str, records: Any) -> None:
    given_records = records() if callable(records) else records
    with deltos.anonymous() as storage:
        table = storage.create_records("t", {"n": "int32", "s": str}, given_records, layout=layout)
        assert [(record.n, record.s) for record in table] == [(1, "a"), (2, "b"), (3, "c")]
        del table


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_array_with_fields_makes_schema_and_records(storage: deltos.Storage, layout: str) -> None:
    rows = np.array([(1, 2.5, (1, 2, 3)), (3, 4.5, (4, 5, 6))], [("a", "i4"), ("b", "f8"), ("c", "i2", 3)])
    table = storage.create_records("t", rows.dtype, rows, layout=layout)
    assert [(record.a, record.b) for record in table] == [(1, 2.5), (3, 4.5)]
    assert table.column("c").tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_stream_of_more_rows_than_a_batch(storage: deltos.Storage) -> None:
    table = storage.create_records("t", {"n": int, "s": str}, ({"n": k, "s": str(k)} for k in range(20_000)))
    assert len(table) == 20_000 and table[19_999].s == "19999"
    assert np.asarray(table.column("n")).sum() == sum(range(20_000))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_unset_null_and_value_are_three_things(storage: deltos.Storage, layout: str) -> None:
    slots = {"a": deltos.Slot(int, nullable=True, optional=True), "t": deltos.Slot(str, optional=True)}
    table = storage.create_records("t", slots, [{"a": 5, "t": "x"}, {"a": None}, {}], layout=layout)
    assert table[0].a == 5 and table[1].a is None
    for row, name in ((2, "a"), (1, "t"), (2, "t")):
        assert not hasattr(table[row], name)
        with pytest.raises(AttributeError, match=f"slot '{name}' is not set in row {row}"):
            getattr(table[row], name)
    assert table.to_python() == [{"a": 5, "t": "x"}, {"a": None}, {}]
    assert repr(table[1]) == "Record(a=None)"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_record_inside_that_is_not_there(storage: deltos.Storage, layout: str) -> None:
    inner = deltos.Schema({"x": float, "name": str, "deep": deltos.Slot({"n": int}, nullable=True)}, "inner")
    rows = [{"p": {"x": 1.0, "name": "a", "deep": {"n": 7}}}, {"p": None}, {"p": {"x": 2.0, "name": "", "deep": None}}]
    table = storage.create_records("t", {"p": deltos.Slot(inner, nullable=True)}, rows, layout=layout)
    assert table.to_python() == rows
    assert table[0].p.deep.n == 7 and table[1].p is None and table[2].p.deep is None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_writable_slots_are_changed_in_place(storage: deltos.Storage, layout: str) -> None:
    slots = {"n": deltos.Slot(int, writable=True), "day": deltos.Slot(dt.date, writable=True), "fixed": int}
    rows = [{"n": 1, "day": dt.date(2026, 1, 1), "fixed": 5}, {"n": 2, "day": dt.date(2026, 1, 2), "fixed": 6}]
    table = storage.create_records("t", slots, rows, layout=layout)
    table[1].n = 40
    table[0].day = dt.date(2000, 1, 1)
    np.asarray(table.column("n", writable=True))[1] += 2
    assert [record.n for record in storage["t"]] == [1, 42] and storage["t"][0].day == dt.date(2000, 1, 1)
    with pytest.raises(PermissionError, match="slot 'fixed' is not writable"):
        table[0].fixed = 7
    with pytest.raises(AttributeError):
        del table[0].n


def test_instants_and_what_a_clock_shows(storage: deltos.Storage) -> None:
    slots = {"utc": deltos.Slot(dt.datetime, utc=True), "clock": dt.datetime}
    moment = dt.datetime(2026, 7, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    table = storage.create_records("t", slots, [(moment, dt.datetime(2026, 7, 1, 12))])
    assert table[0].utc == moment and table[0].utc.utcoffset() == dt.timedelta(0)
    assert table[0].clock == dt.datetime(2026, 7, 1, 12)
    for row in ((moment.replace(tzinfo=None), dt.datetime(2026, 1, 1)), (moment, moment)):
        with pytest.raises(TypeError, match="slot '(utc|clock)' holds"):
            storage.create_records("u", slots, [row])


@pytest.mark.parametrize(
    ("slots", "records", "error"),
    [
        ({"n": int}, [{"n": None}], TypeError),
        ({"n": int}, [{}], TypeError),
        ({"n": int}, [{"n": "x"}], TypeError),
        ({"n": "int8"}, [{"n": 300}], OverflowError),
        ({"s": str}, [{"s": 5}], TypeError),
        ({"l": list}, [{"l": (1,)}], TypeError),
        ({"n": int}, {"n": [1], "m": [1]}, TypeError),
        ({"n": int, "m": int}, {"n": [1], "m": [1, 2]}, TypeError),
        ({"n": int}, "text", TypeError),
        ({"n": object}, [{"n": 2j}], TypeError),
    ],
)
def test_a_record_that_does_not_fit_leaves_nothing(storage: deltos.Storage, slots: Any, records: Any, error: Any) -> None:
    with pytest.raises(error):
        storage.create_records("t", slots, records)
    assert "t" not in storage


def test_schemas_say_what_they_are() -> None:
    schema = deltos.Schema({"a": "int16", "b": str, "p": {"x": float}}, "thing", version=3, metadata=b"note")
    assert (schema.name, schema.version, schema.metadata, schema.names) == ("thing", 3, b"note", ["a", "b", "p"])
    assert [slot.name for slot in schema.slots] == ["a", "b", "p", "x"] and schema.find("p.x") == 3
    assert repr(schema) == "<deltos.Schema 'thing': a, b, p>"
    again = pickle.loads(pickle.dumps(schema))
    assert again == schema == deltos.Schema.unpack(schema.pack()) and hash(again) == hash(schema)
    assert schema != deltos.Schema({"a": "int16"}) and schema != 5
    assert isinstance(deltos.unpack(schema.pack()), deltos.Dict)
    for source in (5, [("a", int)], np.dtype("f8")):
        with pytest.raises(TypeError, match="a schema is made of"):
            deltos.Schema(source)
    for slots in ({"a:": int}, {"a": "no format"}, {}):
        with pytest.raises(ValueError):
            deltos.Schema(slots)


def test_a_reader_may_miss_what_it_can_do_without() -> None:
    reader = deltos.Schema({"a": int, "new": deltos.Slot(str, optional=True)})
    reader.check(deltos.Schema({"old": bytes, "a": int}))
    with pytest.raises(TypeError, match="a"):
        reader.check(deltos.Schema({"a": float}))
    with pytest.raises(TypeError):
        deltos.Schema({"a": int, "b": int}).check(deltos.Schema({"a": int}))


def test_a_table_and_its_records_keep_the_memory(path: Path) -> None:
    storage = deltos.open(path, "x")
    storage.create_records("t", {"n": int, "s": str}, [(1, "x")])
    for hold in (lambda: storage["t"], lambda: storage["t"][0], lambda: storage["t"].column("n"), lambda: iter(storage["t"])):
        held = hold()
        with pytest.raises(deltos.PinnedError):
            storage.close()
        del held
    record = storage["t"][0]
    storage.detach()
    assert (record.n, record.s) == (1, "x")


def test_tables_are_found_by_pickles_and_other_openings(path: Path) -> None:
    with deltos.open(path, "x") as storage:
        table = storage.create_records("t", {"n": int}, [(1,), (2,)])
        table.attrs["unit"] = "m"
        again = pickle.loads(pickle.dumps(table))
        assert again.to_python() == table.to_python() == [{"n": 1}, {"n": 2}] and again.attrs["unit"] == "m"
        del table, again
        gc.collect()
    with deltos.open(path) as reader:
        assert reader["t"][1].n == 2
        with pytest.raises(PermissionError):
            reader.create_records("u", {"n": int})


def test_the_examples_of_the_page_do_what_it_says(source_tree: Path) -> None:
    pytest.importorskip("pyarrow")
    page = source_tree / "bindings" / "python" / "docs" / "records.md"
    failed, attempted = doctest.testfile(str(page), module_relative=False)
    assert failed == 0 and attempted > 10


def test_an_empty_table(storage: deltos.Storage) -> None:
    table = storage.create_records("t", {"n": int})
    assert len(table) == 0 and list(table) == [] and not table and table.column("n").tolist() == []
    for row in (0, -1, 2**70):
        with pytest.raises(IndexError):
            table[row]
    with pytest.raises(TypeError, match="integers or slices, not str"):
        table["n"]
    with pytest.raises(deltos.ExistsError):
        storage.create_records("t", {"n": int})
    with pytest.raises(ValueError, match="rows, columns"):
        storage.create_records("u", {"n": int}, layout="diagonal")


def test_tables_are_shown_short(storage: deltos.Storage) -> None:
    table = storage.create_records("t", {"n": int, "s": str}, [(k, f"<{k}>") for k in range(20)])
    assert repr(table) == "<deltos.RecordTable 't': 20 records of n, s>"
    shown = table._repr_html_()
    assert "&lt;9&gt;" in shown and "&lt;10&gt;" not in shown and "20 records of 2 slots" in shown
    assert table[3] in table and table.index(table[3]) == 3


def test_slots_of_one_table_do_not_reach_outside_of_another(storage: deltos.Storage) -> None:
    wide = storage.create_records("w", {f"n{k}": int for k in range(20)}, [tuple(range(20))])
    narrow = storage.create_records("n", {"a": int}, [(7,)])
    with pytest.raises(IndexError):
        vars(type(wide[0]))["n19"].__get__(narrow[0])
    with pytest.raises(TypeError):
        vars(type(wide[0]))["n19"].__get__(5)
    with pytest.raises(TypeError):
        type(wide[0])()


def test_reading_leaves_no_references_behind(storage: deltos.Storage) -> None:
    table = storage.create_records("t", Tree, TREES)
    name = table[0]

    def read() -> None:
        for record in table:
            repr(record), record.name, record.place, record.more
        table.to_python(), table.column("height").tolist()

    read()
    gc.collect()
    before = [sys.getrefcount(thing) for thing in (table, name, table.schema, type(name))]
    for _ in range(20):
        read()
    gc.collect()
    assert [sys.getrefcount(thing) for thing in (table, name, table.schema, type(name))] == before


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.integers(-(2**63), 2**63 - 1),
            "f": st.floats(allow_nan=False),
            "s": st.none() | st.text(max_size=8),
            "d": st.none() | st.dates(),
            "v": st.none() | st.lists(st.integers(-5, 5) | st.text(max_size=3), max_size=3),
        },
        optional={"o": st.none() | st.binary(max_size=4), "p": st.none() | st.fixed_dictionaries({"x": st.booleans()})},
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(ROWS, st.sampled_from(LAYOUTS))
def test_any_rows_come_back_as_they_were(rows: list[dict[str, Any]], layout: str) -> None:
    slots = {"n": int, "f": float, "s": str | None, "d": dt.date | None, "v": list | None}
    more = {"o": deltos.Slot(bytes, True, True), "p": deltos.Slot({"x": bool}, True, True)}
    with deltos.anonymous(durability="async") as storage:
        table = storage.create_records("t", {**slots, **more}, rows, layout=layout)
        assert table.to_python() == rows
        del table
