"""Record tables from Python: built from objects and from columns, and read by attribute and by column.

From objects the peer is pyarrow, which takes dicts only; objects with attributes, tuples and namedtuples are set beside the same. From
columns it is pyarrow too, with its table written as an IPC file; both write into a file in /dev/shm where there is one.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import importlib.util
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import deltos
from arrays import within
from views import row

ROWS = 50_000
LAYOUTS = ("rows", "columns")


@dataclasses.dataclass
class Four:
    count: int
    height: float
    code: int
    name: str


@dataclasses.dataclass
class Eight:
    count: int
    height: float
    code: int
    name: str
    healthy: bool
    felled: dt.date
    girth: float | None
    tag: bytes


def fours() -> list[Four]:
    return [Four(k, k / 3, 2 * k, f"name {k}") for k in range(ROWS)]


def eights() -> list[Eight]:
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=k) for k in range(100)]
    return [
        Eight(k, k / 3, 2 * k, f"name {k}", k % 2 == 0, days[k % 100], None if k % 5 == 0 else 1.5, b"tag") for k in range(ROWS)
    ]


def building(schema: Any, records: Any, layout: str) -> Callable[[], object]:
    def build() -> None:
        with deltos.anonymous(durability="async") as storage:
            storage.create_records("t", schema, records, layout=layout)

    return build


def from_objects(pyarrow: Any) -> None:
    """The bar is ten times the speed of sharedbuffers, which took 6.4 us for a record of 4 fields where both were run."""
    for schema, objects in ((Four, fours()), (Eight, eights())):
        dicts = [dict(vars(thing)) for thing in objects]
        names = tuple(dicts[0])
        tuples = [tuple(one.values()) for one in dicts]
        named = collections.namedtuple("Named", names)  # type: ignore[misc]
        if schema is Four:
            for layout in LAYOUTS:
                within(f"a row of 4, objects to {layout} : 0.64 us", 0.64e-6, building(schema, objects, layout), ROWS, 9)
        shapes = {"objects": objects, "dicts": dicts, "tuples": tuples, "namedtuples": [named(*one) for one in tuples]}
        for layout in LAYOUTS:
            for shape, records in shapes.items():
                what = f"a row of {len(names)}, {shape} to {layout} : from_pylist"
                row(what, lambda: pyarrow.Table.from_pylist(dicts), building(schema, records, layout), 0, 7, ROWS)


def from_columns(pyarrow: Any, directory: Path) -> None:
    count = 10**6
    numbers = {"a": np.arange(count), "b": np.arange(count) / 3, "c": np.arange(count, dtype="i4"), "d": np.arange(count) % 2 == 0}
    schema = {"a": "int64", "b": "float64", "c": "int32", "d": bool}
    listed = {name: column[:ROWS].tolist() for name, column in numbers.items()}

    def theirs(columns: Any) -> Callable[[], object]:
        def write() -> None:
            table = pyarrow.table(columns)
            with pyarrow.OSFile(str(directory / "t.arrow"), "wb") as file, pyarrow.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)

        return write

    def ours(columns: Any, layout: str) -> Callable[[], object]:
        def write() -> None:
            with deltos.open(directory / "t.deltos", "w", durability="async") as storage:
                storage.create_records("t", schema, columns, layout=layout)

        return write

    def stored(table: Any) -> Callable[[], object]:
        def write() -> None:
            with deltos.open(directory / "t.deltos", "w", durability="async") as storage:
                storage.put_arrow("t", table)

        return write

    for layout in LAYOUTS:
        row(f"10^6 rows, 4 arrays of NumPy, {layout} : IPC file", theirs(numbers), ours(numbers, layout), 2, 9)
    for layout in LAYOUTS:
        row(f"a row of 4 lists, {layout} : IPC file", theirs(listed), ours(listed, layout), 2, 9, ROWS)
    table = pyarrow.table(numbers)
    row("10^6 rows, put_arrow : IPC file", theirs(numbers), stored(table), 2, 9)


def reading() -> None:
    calls = 4000
    count = 10**6
    values = np.arange(count, dtype="f8")
    with deltos.anonymous(durability="async") as storage:
        table = storage.create_records("t", {"x": "float64", "n": "int64"}, {"x": values, "n": np.arange(count)}, layout="columns")
        column = np.asarray(table.column("x"))
        row("sum of 10^6 doubles, columns : NumPy's own", lambda: values.sum(), lambda: column.sum(), 1.2, 101)
        del column, table
        spread = np.zeros(count, [("x", "f8"), ("n", "i8")])
        spread["x"] = values
        table = storage.create_records("r", spread.dtype, spread)
        column = np.asarray(table.column("x"))
        row("sum of 10^6 doubles, rows : structured NumPy", lambda: spread["x"].sum(), lambda: column.sum(), 1.2, 101)
        attributes(table, calls)
        del column, table


class Slotted:
    __slots__ = ("n", "x")

    def __init__(self) -> None:
        self.x, self.n = 1.5, 1


def attributes(table: Any, calls: int) -> None:
    record, plain = table[7], Slotted()

    def reading_of(thing: Any) -> Callable[[], object]:
        def read() -> None:
            for _ in range(calls):
                thing.x

        return read

    def new_rows(rows: Any) -> Callable[[], object]:
        def read() -> None:
            for number in range(calls):
                rows[number].x

        return read

    row("a fixed slot of a record : a class with slots", reading_of(plain), reading_of(record), 0, 201, calls)
    row("a new record's first slot : one in a list", new_rows([plain] * calls), new_rows(table), 0, 201, calls)


def main() -> None:
    title = f"Records, Python {sys.version.split()[0]}"
    print(f"\n{title:<52} {'peer':>14} {'deltos':>14} {'ratio':>8}  bar")
    reading()
    if importlib.util.find_spec("pyarrow") is None:
        print("  building is set beside pyarrow, which is not installed")
        return
    import pyarrow
    import pyarrow.ipc

    from_objects(pyarrow)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:
        from_columns(pyarrow, Path(directory))


if __name__ == "__main__":
    main()
