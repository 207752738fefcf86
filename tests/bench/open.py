"""Opening a stored array from Python and reading its first element: deltos.open + np.asarray against np.memmap, h5py and py-lmdb.

Every turn opens, reads element 0 and closes; all take turns, so that what disturbs one disturbs the others.
"""

from __future__ import annotations

import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable
from types import ModuleType

import numpy as np

import deltos

Body = Callable[[], object]
ROUNDS = 61


def peer(name: str) -> ModuleType | None:
    """A module, or None with a line that says that its rows are missing."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"  {name}: skipped: not installed")
        return None


def memmap_body(path: str, array: np.ndarray) -> Body:
    array.tofile(path)
    return lambda: np.memmap(path, dtype=array.dtype, mode="r")[0]


def deltos_body(path: str, array: np.ndarray) -> Body:
    with deltos.open(path, "w") as storage:
        storage["data"] = array

    def body() -> object:
        with deltos.open(path) as storage:
            return np.asarray(storage["data"])[0]

    return body


def h5py_body(h5py: ModuleType, path: str, array: np.ndarray) -> Body:
    with h5py.File(path, "w") as file:
        file["data"] = array

    def body() -> object:
        with h5py.File(path, "r") as file:
            return file["data"][0]

    return body


def lmdb_body(lmdb: ModuleType, path: str, array: np.ndarray) -> Body:
    with lmdb.open(path, map_size=2 * array.nbytes + (16 << 20), subdir=False) as environment:
        with environment.begin(write=True) as transaction:
            transaction.put(b"data", memoryview(array).cast("B"))

    def body() -> object:
        with lmdb.open(path, readonly=True, subdir=False) as environment:
            with environment.begin(buffers=True) as transaction:
                return np.frombuffer(transaction.get(b"data"), dtype=array.dtype)[0]

    return body


def in_turns(bodies: dict[str, Body], calls: int) -> dict[str, float]:
    """Median microseconds a call."""
    times: dict[str, list[float]] = {name: [] for name in bodies}
    for turn in range(ROUNDS + 1):
        for name, body in bodies.items():
            start = time.perf_counter()
            for _ in range(calls):
                body()
            if turn:
                times[name].append((time.perf_counter() - start) / calls * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def text_of(us: float) -> str:
    return f"{us:.2f} us" if us < 1000 else f"{us / 1e3:.2f} ms"


def row(what: str, other: float, ours: float, bar: float) -> None:
    ratio = ours / other
    verdict = "met" if ratio <= bar else "MISSED"
    print(f"  {what:<50} {text_of(other):>14} {text_of(ours):>14} {ratio:8.2f}  <= {bar:4.2f}  {verdict}", flush=True)


def main(directory: str) -> None:
    title = f"Python {sys.version.split()[0]}, NumPy {np.__version__}: open, element 0, close"
    print(f"\n{title:<52} {'peer':>14} {'deltos':>14} {'ratio':>8}  bar")
    h5py, lmdb = peer("h5py"), peer("lmdb")
    for label, size in (("1 MB", 1 << 20), ("1 GB", 1 << 30)):
        array = np.arange(size // 8, dtype=np.float64)
        paths = {name: os.path.join(directory, f"python.{name}") for name in ("raw", "deltos", "h5", "lmdb")}
        bodies = {"np.memmap": memmap_body(paths["raw"], array), "deltos": deltos_body(paths["deltos"], array)}
        if h5py:
            bodies["h5py"] = h5py_body(h5py, paths["h5"], array)
        if lmdb:
            bodies["py-lmdb"] = lmdb_body(lmdb, paths["lmdb"], array)
        del array
        times = in_turns(bodies, calls=5)
        for name in times:
            if name != "deltos":
                row(f"{label} : {name}", times[name], times["deltos"], 2.5 if name == "np.memmap" else 1.0)
        for path in (*paths.values(), paths["lmdb"] + "-lock"):
            if os.path.exists(path):
                os.unlink(path)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".")
