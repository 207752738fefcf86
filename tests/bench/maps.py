"""Hash maps and sorted maps from Python, beside dicts that hold the same, and beside LMDB where that is installed.

Keys are looked up in random order, so that both sides wait for memory as they would in a program. What is shown is the median time of one
look-up.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import deltos
from arrays import within
from views import row

COUNT = 10**6
CALLS = 20_000
SCHEMA = {"id": int, "x": float, "y": float, "people": int}


def names() -> list[str]:
    return [f"name {number * 2654435761 % 2**32:x}" for number in range(COUNT)]


def fields_of(mapping: Any, keys: list[str]) -> Callable[[], object]:
    """The last field of what each key has: by index of a tuple."""

    def read() -> None:
        for key in keys:
            mapping[key][3]

    return read


def attributes_of(mapping: Any, keys: list[str]) -> Callable[[], object]:
    """The same of records."""

    def read() -> None:
        for key in keys:
            mapping[key].people

    return read


def items_of(mapping: Any, keys: list[Any]) -> Callable[[], object]:
    def read() -> None:
        for key in keys:
            mapping[key]

    return read


def presence_in(mapping: Any, keys: list[Any]) -> Callable[[], object]:
    def read() -> None:
        for key in keys:
            key in mapping

    return read


def copies(keys: list[str]) -> list[str]:
    """Texts of their own, as a program reads them from somewhere: their hash is not known yet."""
    return ["".join([key[:-1], key[-1:]]) for key in keys]


def by_name(storage: deltos.Storage) -> None:
    keys = names()
    records = [(number, number / 3, number / 7, number % 1000) for number in range(COUNT)]
    plain = dict(zip(keys, records))
    found = deltos.HashMap.build(storage, "records", zip(keys, records), schema=SCHEMA)
    some = random.Random(7).sample(keys, CALLS)
    absent = [f"none {number}" for number in range(CALLS)]
    row("str to a field of a record : dict of tuples", fields_of(plain, some), attributes_of(found, some), 1.2, 31, CALLS)
    row("str to a record : dict of tuples", items_of(plain, some), items_of(found, some), 0, 31, CALLS)
    row("str that is absent : dict of tuples", presence_in(plain, absent), presence_in(found, absent), 0, 31, CALLS)
    many = random.Random(8).sample(keys, 200_000)
    within("get_many, list of str to records : 150 ns", 150e-9, lambda: found.get_many(many), len(many), 9)
    within("contains_many, list of str : 150 ns", 150e-9, lambda: found.contains_many(many), len(many), 9)
    del found


def texts(storage: deltos.Storage) -> None:
    keys = names()
    plain = {key: key.upper() for key in keys}
    found = deltos.HashMap.build(storage, "texts", plain)
    some = random.Random(7).sample(keys, CALLS)
    row("str to str : dict", items_of(plain, some), items_of(found, some), 0, 31, CALLS)
    many = random.Random(8).sample(keys, 200_000)
    within("get_many, list of str to str : 150 ns", 150e-9, lambda: found.get_many(many), len(many), 9)


def by_id(storage: deltos.Storage) -> None:
    ids = np.random.default_rng(7).permutation(COUNT).astype("u8") * 2654435761
    numbers = np.arange(COUNT, dtype="u8")
    plain = dict(zip(ids.tolist(), numbers.tolist()))
    found = deltos.HashMap.build(storage, "ids", keys=ids, values=numbers)
    some = random.Random(7).sample(ids.tolist(), CALLS)
    row("int to int : dict", items_of(plain, some), items_of(found, some), 0, 31, CALLS)
    many = np.random.default_rng(8).permutation(ids)[:200_000]
    within("get_many, array to array : 150 ns", 150e-9, lambda: found.get_many(many), len(many), 9)
    del found


def building(storage: deltos.Storage) -> None:
    keys = names()
    numbers = list(range(COUNT))
    pairs = dict(zip(keys, numbers))
    arrays = np.arange(COUNT, dtype="u8")

    def ours(**options: Any) -> Callable[[], object]:
        return lambda: deltos.HashMap.build(storage, "built", replace=True, **options)

    row("10^6 pairs of str and int, from a dict : dict()", lambda: dict(zip(keys, numbers)), ours(items=pairs), 0, 5)
    row("10^6 pairs of arrays : dict(zip())", lambda: dict(zip(arrays, arrays)), ours(keys=arrays, values=arrays), 0, 5)


def opening(path: Path) -> None:
    with deltos.open(path, "x", durability="async") as storage:
        deltos.HashMap.build(storage, "m", keys=np.arange(10 * COUNT), values=np.arange(10 * COUNT))

    def look() -> None:
        with deltos.open(path) as storage:
            found = storage["m"]
            found[77]
            found.release()

    within("open, find, look up, close at 10^7 keys : 200 us", 200e-6, look, 1, 31)


def ordered(storage: deltos.Storage, directory: Path) -> None:
    keys = sorted(names()[:200_000])
    values = [key.encode() for key in keys]
    found = deltos.SortedMap.create(storage, "sorted")
    found.load(keys, values)
    some = random.Random(7).sample(keys, 2000)
    if importlib.util.find_spec("lmdb") is None:
        print("  sorted maps are set beside LMDB, which is not installed")
        return
    import lmdb

    environment = lmdb.open(str(directory / "lmdb"), map_size=1 << 30, sync=False)
    with environment.begin(write=True) as transaction, transaction.cursor() as cursor:
        cursor.putmulti(list(zip(values, values)), append=True)
    encoded = [key.encode() for key in some]
    with environment.begin() as transaction, storage.snapshot() as snapshot:

        def theirs() -> None:
            for key in encoded:
                transaction.get(key)

        row("sorted map, get : LMDB", theirs, items_of(snapshot["sorted"], some), 0, 31, len(some))
        row("sorted map, all pairs : LMDB", lambda: list(transaction.cursor()), lambda: list(snapshot["sorted"].items()), 0, 5)
    environment.close()


def main() -> None:
    title = f"Maps, Python {sys.version.split()[0]}"
    print(f"\n{title:<52} {'peer':>14} {'deltos':>14} {'ratio':>8}  bar")
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:
        with deltos.open(Path(directory) / "maps.deltos", "x", durability="async") as storage:
            by_name(storage)
            texts(storage)
            by_id(storage)
            building(storage)
            ordered(storage, Path(directory))
        opening(Path(directory) / "ids.deltos")


if __name__ == "__main__":
    main()
