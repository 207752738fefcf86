"""Record tables built of Python objects: every shape of rows and columns, and what is said of those that do not fit."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
import gc
import sys
import types
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deltos
from deltos import _building, _exporter

LAYOUTS = ["rows", "columns"]
UTC = dt.timezone.utc


class Thing:
    """An object with whatever attributes it is given."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


def made(schema: Any, records: Any, layout: str = "rows") -> list[dict[str, Any]]:
    """The records of a new table, as builtins."""
    with deltos.anonymous(durability="async") as storage:
        return storage.create_records("t", schema, records, layout=layout).to_python()


# ---- Two ways to the same table --------------------------------------------------------------------------------------


class Leaving:
    """Takes values from rows as deltos._exporter.Columns does, and leaves all conversion to the package."""

    def __init__(self, slots: list[Any], room: int) -> None:
        self._slots = slots
        self._native = _exporter.Columns(slots, room)
        self.columns, self.presence, self.text_bytes = self._native.columns, self._native.presence, 0

    def begin(self, first: int, rows: int) -> None:
        self._native.begin(first, rows)

    def take(self, number: int, rows: list[Any]) -> list[Any]:
        return [self._value(self._slots[number], number, row) for row in rows]

    def _value(self, slot: Any, number: int, row: Any) -> Any:
        if slot.parent >= 0 and (row is None or row is _building.UNSET or row is _building._BENEATH):
            return _building._BENEATH
        if isinstance(row, dict):
            return row.get(slot.name, _building.UNSET)
        if isinstance(row, tuple):
            return row[[place for place, other in enumerate(self._slots) if other.parent == slot.parent].index(number)]
        return getattr(row, slot.name, _building.UNSET)

    def fill(self, number: int, values: list[Any]) -> bool:
        return False


LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=5) | st.dates()
VALUES = {
    "b": (bool, st.booleans()),
    "i": ("int8", st.integers(-128, 127)),
    "q": (int, st.integers(-(2**63), 2**63 - 1)),
    "Q": ("uint64", st.integers(0, 2**64 - 1)),
    "f": ("float32", st.floats(width=32) | st.integers(-5, 5)),
    "d": (float, st.floats() | st.integers(-(2**70), 2**70) | st.decimals(allow_nan=False, allow_infinity=False, places=3)),
    "s": (str, st.text(max_size=6)),
    "y": (bytes, st.binary(max_size=6) | st.binary(max_size=3).map(bytearray)),
    "day": (dt.date, st.dates() | st.datetimes()),
    "clock": (dt.datetime, st.datetimes()),
    "zone": (deltos.Slot(dt.datetime, utc=True), st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=st.timezones())),
    "l": (list, st.lists(LEAVES, max_size=3)),
    "t": (tuple, st.tuples(LEAVES, st.lists(LEAVES, max_size=20))),
    "k": (dict, st.dictionaries(st.text(max_size=3), LEAVES, max_size=3)),
    "m": (set, st.frozensets(st.integers(0, 9), max_size=3)),
    "z": (Decimal, st.decimals(allow_nan=False, allow_infinity=False)),
    "v": (object, LEAVES | st.binary(max_size=100)),
}
INNER = {"x": float, "s": str}
INNERS = st.fixed_dictionaries({"x": st.floats(allow_nan=False), "s": st.text(max_size=3)})


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Slots, and rows for them: with what may be missing missing now and then."""
    slots: dict[str, Any] = {}
    entries: dict[str, Any] = {}
    may_be_left_out: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from([*VALUES, "p"]), min_size=1, max_size=5, unique=True)):
        declared, values = (INNER, INNERS) if name == "p" else VALUES[name]
        slot = declared if isinstance(declared, deltos.Slot) else deltos.Slot(declared)
        slot = slot._replace(nullable=draw(st.booleans()), optional=draw(st.booleans()))
        slots[name] = slot
        (may_be_left_out if slot.optional else entries)[name] = values | st.none() if slot.nullable else values
    return slots, draw(st.lists(st.fixed_dictionaries(entries, optional=may_be_left_out), max_size=6))


def stored(slots: Any, rows: Any, layout: str) -> tuple[str, list[bytes]]:
    """All that can be read of a new table."""
    with deltos.anonymous(durability="async") as storage:
        table = storage.create_records("t", slots, rows, layout=layout)
        fixed = [slot for slot in table.schema.slots if slot.type <= 2 and slot.parent < 0]
        found = repr(table.to_python()), [table.column(slot.name).tobytes() for slot in fixed]
        del table
        return found


@settings(max_examples=150)
@given(tables(), st.sampled_from(LAYOUTS), st.sampled_from(["dicts", "objects", "tuples"]))
def test_what_is_converted_natively_is_what_the_package_makes_of_it(table: Any, layout: str, shape: str) -> None:
    slots, dicts = table
    if shape == "tuples":
        dicts = [row for row in dicts if len(row) == len(slots)]
        rows: list[Any] = [tuple(row[name] for name in slots) for row in dicts]
    else:
        rows = [Thing(**row) for row in dicts] if shape == "objects" else dicts
    natively = stored(slots, rows, layout)
    with mock.patch.object(_building, "_exporter", types.SimpleNamespace(Columns=Leaving)):
        assert stored(slots, rows, layout) == natively
    if "tuples" != shape:
        assert stored(slots, {name: [row.get(name, _building.UNSET) for row in dicts] for name in slots}, layout) == natively


# ---- Shapes of rows --------------------------------------------------------------------------------------------------


Named = collections.namedtuple("Named", "s n")


class Computed:
    """Has its slots only when asked."""

    def __getattr__(self, name: str) -> Any:
        return {"n": 1, "s": "a"}[name]


class OwnDict(dict[str, Any]):
    """Has a say in what get() gives."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.upper(), default)


class OwnList(list[Any]):
    """A list in all but its class."""


@pytest.mark.parametrize(
    "row",
    [
        {"n": 1, "s": "a"},
        collections.OrderedDict(s="a", n=1),
        collections.UserDict(n=1, s="a"),
        types.MappingProxyType({"n": 1, "s": "a"}),
        OwnDict(N=1, S="a"),
        (1, "a"),
        [1, "a"],
        OwnList([1, "a"]),
        Named("a", 1),
        Thing(n=1, s="a"),
        Computed(),
        types.SimpleNamespace(n=1, s="a"),
    ],
    ids=lambda row: type(row).__name__,
)
def test_a_row_is_whatever_has_the_slots(row: Any) -> None:
    assert made({"n": int, "s": str}, [{"n": 0, "s": ""}, row, (2, "b"), row]) == [
        {"n": 0, "s": ""}, {"n": 1, "s": "a"}, {"n": 2, "s": "b"}, {"n": 1, "s": "a"},
    ]


def test_records_of_a_table_are_rows_of_another() -> None:
    with deltos.anonymous() as storage:
        first = storage.create_records("a", {"n": int, "p": {"x": float}}, [{"n": 1, "p": {"x": 2.0}}])
        again = storage.create_records("b", first.schema, first, layout="columns")
        assert again.to_python() == first.to_python()
        del first, again


@pytest.mark.parametrize("inner", [{"x": 1.5, "y": 2}, (1.5, 2), [1.5, 2], Thing(x=1.5, y=2)], ids=lambda one: type(one).__name__)
def test_a_record_inside_is_given_as_a_row_is(inner: Any) -> None:
    slots = {"p": deltos.Slot({"x": float, "y": int}, nullable=True)}
    assert made(slots, [{"p": inner}, {"p": None}, (inner,)]) == [{"p": {"x": 1.5, "y": 2}}, {"p": None}, {"p": {"x": 1.5, "y": 2}}]


class Grade(enum.IntEnum):
    """A number that is more."""

    GOOD = 2


class Half:
    """A number by its methods alone."""

    def __float__(self) -> float:
        return 0.5

    def __index__(self) -> int:
        return 7


@pytest.mark.parametrize(
    ("type", "value", "back"),
    [
        (int, True, 1), (int, Grade.GOOD, 2), (int, np.int16(-3), -3), (int, Half(), 7), ("uint64", np.uint64(2**64 - 1), 2**64 - 1),
        (float, 3, 3.0), (float, np.float32(1.5), 1.5), (float, Decimal("0.25"), 0.25), (float, Fraction(1, 4), 0.25),
        (float, Half(), 0.5), (bool, 5, True), (bool, np.bool_(False), False), (str, np.str_("ä"), "ä"),
        (bytes, bytearray(b"ab"), b"ab"), (bytes, memoryview(b"ab"), b"ab"), ("3s", b"ab", b"ab\0"), ("float16", 1.5, 1.5), ("w", "ä", "ä"),
        (dt.date, dt.datetime(2020, 1, 2, 3), dt.date(2020, 1, 2)), (dt.date, dt.date.min, dt.date.min), (dt.date, dt.date.max, dt.date.max),
        (dt.datetime, dt.datetime.min, dt.datetime.min), (dt.datetime, dt.datetime.max, dt.datetime.max),
        (deltos.Slot(dt.datetime, utc=True), dt.datetime(2020, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))), dt.datetime(2020, 1, 1, tzinfo=UTC)),
        (deltos.Slot(dt.datetime, utc=True), dt.datetime.max.replace(tzinfo=UTC), dt.datetime.max.replace(tzinfo=UTC)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_as_good_as_a_value_is_one(type: Any, value: Any, back: Any, layout: str) -> None:
    assert made({"x": type}, [(value,)], layout) == made({"x": type}, {"x": [value]}, layout) == [{"x": back}]


# ---- What does not fit -----------------------------------------------------------------------------------------------


class Unwilling(dt.tzinfo):
    """Fails with an error that nobody knows."""

    def utcoffset(self, _: object) -> dt.timedelta:
        raise LookupError("no zone")


@pytest.mark.parametrize(
    ("type", "value", "error", "said"),
    [
        (int, "x", TypeError, "slot 'x': 'x' does not fit an element of format q"),
        (int, 1.5, TypeError, "slot 'x': 1.5 does not fit"),
        ("int8", 300, OverflowError, "slot 'x': 300 does not fit an element of format b"),
        ("float32", 1e300, OverflowError, "slot 'x': 1e.300 does not fit"),
        (float, "x", TypeError, "slot 'x': 'x' does not fit"),
        ("3s", b"abcd", OverflowError, "slot 'x': 4 bytes do not fit an element of 3"),
        (str, 5, TypeError, "slot 'x' holds str, not int"),
        (str, "half \ud800", ValueError, "slot 'x': the text has half of a surrogate pair"),
        (bytes, "x", TypeError, "slot 'x': .*bytes-like"),
        (dt.date, "x", TypeError, "slot 'x' holds dates, not str"),
        (dt.datetime, dt.date(2020, 1, 1), TypeError, "slot 'x' holds datetimes, not date"),
        (dt.datetime, dt.datetime(2020, 1, 1, tzinfo=UTC), TypeError, "slot 'x' holds what a clock shows"),
        (deltos.Slot(dt.datetime, utc=True), dt.datetime(2020, 1, 1), TypeError, "slot 'x' holds instants"),
        (deltos.Slot(dt.datetime, utc=True), dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=1))), OverflowError, "slot 'x'"),
        (int, None, TypeError, "slot 'x' has to have a value: None is for slots that are nullable"),
        (deltos.Slot(int, optional=True), None, TypeError, "slot 'x' has to have a value: None"),
        (deltos.Slot(str, nullable=True), _building.UNSET, TypeError, "slot 'x' has to have a value: only slots that are optional"),
        (object, 2j, TypeError, "slot 'x': objects of type complex cannot be part of a value"),
        (list, (1,), TypeError, "slot x"),
        ({"y": int}, {"y": "z"}, TypeError, "slot 'y': 'z' does not fit"),
        ({"y": int}, {"z": 1}, TypeError, "slot 'y' has to have a value"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", ["objects", "dicts", "tuples", "lists"])
def test_a_value_that_does_not_fit_is_named_with_its_row_and_slot(type: Any, value: Any, error: Any, said: str, shape: str) -> None:
    slots = {"n": int, "x": deltos.Slot(object, optional=True) if type is object else type}
    good = {int: 1, float: 1.5, str: "a", bytes: b"a", dt.date: dt.date(2020, 1, 1), dt.datetime: dt.datetime(2020, 1, 1), list: [], object: 1}
    filler: Any
    if isinstance(type, deltos.Slot):
        filler = dt.datetime(2020, 1, 1, tzinfo=UTC) if type.utc else good[type.type]
    elif isinstance(type, dict):
        filler = {"y": 1}
    else:
        filler = b"a" if type == "3s" else good.get(type, 1)
    values = [filler] * 5000 + [value, filler]
    rows: Any = {"n": [1] * len(values), "x": values}
    if shape == "objects":
        rows = [Thing(n=1) if one is _building.UNSET else Thing(n=1, x=one) for one in values]
    elif shape != "lists":
        rows = [({"n": 1, "x": one} if shape == "dicts" else (1, one)) for one in values]
    with pytest.raises(error, match=f"row 5000(:|,) {said}|{said}, row 5000") as caught:
        made(slots, rows)
    assert isinstance(caught.value, deltos.Error)


def test_an_error_that_nobody_knows_is_noted_with_its_place() -> None:
    moment = dt.datetime(2020, 1, 1)
    with pytest.raises(LookupError, match="no zone") as caught:
        made({"x": dt.datetime}, [(moment,), (moment.replace(tzinfo=Unwilling()),)])
    assert caught.value.__notes__ == ["at row 1, slot 'x'"]


def test_the_error_of_a_property_is_the_error_of_the_table() -> None:
    class Broken:
        @property
        def n(self) -> int:
            raise RuntimeError("cannot tell")

    class Interrupted:
        def __float__(self) -> float:
            raise KeyboardInterrupt

    with pytest.raises(RuntimeError, match="cannot tell"):
        made({"n": int}, [Broken()])
    with pytest.raises(KeyboardInterrupt):
        made({"n": float}, [(Interrupted(),)])


@pytest.mark.parametrize("row", [(1,), (1, "a", 2), [], [1]])
def test_a_tuple_has_as_many_values_as_there_are_slots(row: Any) -> None:
    with pytest.raises(TypeError, match=f"row 1: {len(row)} values for 2 slots; leave one out in a dict"):
        made({"n": int, "s": str}, [(1, "a"), row])


# ---- Many and large rows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 63, 64, 65, 2047, 2048, 2049, 9000])
def test_rows_are_as_many_as_there_are(count: int) -> None:
    slots = {"n": int, "s": str | None, "o": deltos.Slot(float, optional=True)}
    rows = [{"n": k, "s": None if k % 3 else str(k)} | ({"o": k / 2} if k % 5 else {}) for k in range(count)]
    assert made(slots, iter(rows)) == rows
    columns = {"n": [row["n"] for row in rows], "s": [row["s"] for row in rows]}
    assert made(slots, columns) == [{"n": row["n"], "s": row["s"]} for row in rows]


def test_large_rows_are_not_kept_while_others_are_made() -> None:
    class Large:
        alive = most = 0

        def __init__(self) -> None:
            Large.alive += 1
            Large.most = max(Large.most, Large.alive)

        def __del__(self) -> None:
            Large.alive -= 1

        @property
        def data(self) -> bytes:
            return bytes(1 << 16)

    def many() -> Iterator[Large]:
        for _ in range(1000):
            yield Large()

    with deltos.anonymous(durability="async") as storage:
        table = storage.create_records("t", {"data": bytes}, many())
        assert len(table) == 1000 and table[999].data == bytes(1 << 16)
        del table
    assert Large.most <= 128


def test_building_leaves_no_references_behind() -> None:
    day, text, number = dt.date(2020, 1, 2), "text ä", 10**15
    schema = deltos.Schema({"d": dt.date, "s": str, "n": int, "v": object})
    rows = [Thing(d=day, s=text, n=number, v=[number]) for _ in range(100)]
    watched = (day, text, number, schema, Thing, dt.date)

    def build() -> None:
        made(schema, rows)
        made(schema, [(day, text, number, None)] * 10)
        with pytest.raises(TypeError):
            made(schema, [(day, text, number, None), (day, 5, number, None)])

    build()
    gc.collect()
    before = [sys.getrefcount(thing) for thing in watched]
    for _ in range(20):
        build()
    gc.collect()
    assert [sys.getrefcount(thing) for thing in watched] == before


# ---- Columns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_moments_of_numpy_are_moments(layout: str) -> None:
    days = np.array(["2020-01-02", "1960-05-06"], "M8[D]")
    times = np.array(["2020-01-02T03:04:05.000006", "1969-12-31T23:59:59"], "M8[us]")
    rows = made({"d": dt.date, "t": dt.datetime, "s": dt.datetime}, {"d": days, "t": times, "s": times.astype("M8[s]")}, layout)
    assert rows == [{"d": d, "t": t, "s": t.replace(microsecond=0)} for d, t in zip(days.tolist(), times.tolist(), strict=True)]
    missing = np.array(["2020-01-02", "NaT"], "M8[D]")
    assert made({"d": dt.date | None}, {"d": missing}, layout) == [{"d": dt.date(2020, 1, 2)}, {"d": None}]
    with pytest.raises(TypeError, match="row 1: slot 'd' has to have a value"):
        made({"d": dt.date}, {"d": missing}, layout)
    with pytest.raises(TypeError, match="slot 't' holds instants"):
        made({"t": deltos.Slot(dt.datetime, utc=True)}, {"t": times}, layout)


def test_long_columns_of_arrays_are_as_good_as_short_ones() -> None:
    count = (1 << 18) + 5
    numbers = np.arange(count)
    with deltos.anonymous(durability="async") as storage:
        table = storage.create_records("t", {"n": int, "h": "float32"}, {"n": numbers, "h": numbers[::-1]}, layout="columns")
        assert np.array_equal(np.asarray(table.column("n")), numbers)
        assert np.array_equal(np.asarray(table.column("h")), numbers[::-1].astype("f4"))
        del table


def test_columns_of_arrow_are_columns() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    columns = {"n": pyarrow.array([1, 2]), "s": pyarrow.chunked_array([["a"], [None]])}
    assert made({"n": int, "s": str | None}, columns) == [{"n": 1, "s": "a"}, {"n": 2, "s": None}]


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    """Has no dict."""

    n: int
    day: dt.date


def test_dataclasses_with_slots_are_rows() -> None:
    assert made(Frozen, [Frozen(1, dt.date(2020, 1, 1))]) == [{"n": 1, "day": dt.date(2020, 1, 1)}]


def test_the_columns_of_the_native_module_refuse_what_is_none() -> None:
    slots = deltos.Schema({"n": int}).slots
    for arguments in (([], 5), (slots, 0), (slots, -1)):
        with pytest.raises(ValueError):
            _exporter.Columns(*arguments)
    columns = _exporter.Columns(slots, 2)
    with pytest.raises(ValueError, match="no room"):
        columns.begin(0, 3)
    columns.begin(0, 2)
    for call in (lambda: columns.take(1, [1, 2]), lambda: columns.fill(-1, [1, 2]), lambda: columns.fill(0, [1])):
        with pytest.raises(ValueError, match="another number of rows"):
            call()
