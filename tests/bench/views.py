"""Operations on the elements of views against those of NumPy and of array.array, on the same memory.

The library is called through its C interface, without a binding between; a call takes a microsecond or two of Python's time, which is
nothing beside these sizes.
"""

from __future__ import annotations

import array
import ctypes
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

Body = Callable[[], object]
DTYPES = {"u1": 6, "i4": 4, "i8": 5, "f4": 11, "f8": 12}  # DELTOS_DTYPE_*


class View(ctypes.Structure):
    """deltos_view, filled by the caller."""

    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("ndim", ctypes.c_int32),
        ("dtype", ctypes.c_int32),
        ("readonly", ctypes.c_uint8),
        ("sealed", ctypes.c_uint8),
        ("reserved", ctypes.c_uint16),
        ("data", ctypes.c_void_p),
        ("nbytes", ctypes.c_uint64),
        ("itemsize", ctypes.c_uint64),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("suboffsets", ctypes.c_void_p),
        ("owner", ctypes.c_void_p),
    ]


def view_of(values: np.ndarray) -> View:
    numbers = ctypes.c_int64 * values.ndim
    view = View(struct_size=ctypes.sizeof(View), ndim=values.ndim, dtype=DTYPES[values.dtype.str[1:]], data=values.ctypes.data)
    view.shape, view.strides = numbers(*values.shape), numbers(*values.strides)
    return view


class Library:
    def __init__(self, path: str) -> None:
        self.functions = ctypes.CDLL(path)
        self.error = ctypes.create_string_buffer(512)

    def call(self, name: str, *arguments: object) -> None:
        if self.functions[name](*arguments, self.error) != 0:
            raise OSError(self.error.raw[16:].split(b"\0")[0].decode())

    def copy(self, target: np.ndarray, source: np.ndarray) -> None:
        self.call("deltos_view_copy", ctypes.byref(view_of(target)), ctypes.byref(view_of(source)))

    def item_call(self, name: str, values: np.ndarray, item: bytes, *more: object) -> int:
        result = ctypes.c_int64()
        size = ctypes.c_uint64(len(item))
        self.call(name, ctypes.byref(view_of(values)), item, size, *more, ctypes.byref(result))
        return result.value

    def find(self, values: np.ndarray, item: bytes) -> int:
        return self.item_call("deltos_view_find", values, item, ctypes.c_int64(0))

    def count(self, values: np.ndarray, item: bytes) -> int:
        return self.item_call("deltos_view_count", values, item)

    def equal(self, a: np.ndarray, b: np.ndarray) -> bool:
        result = ctypes.c_uint8()
        self.call("deltos_view_equal", ctypes.byref(view_of(a)), ctypes.byref(view_of(b)), ctypes.byref(result))
        return result.value != 0

    def gather(self, target: np.ndarray, source: np.ndarray, rows: np.ndarray) -> None:
        numbers, count = ctypes.c_void_p(rows.ctypes.data), ctypes.c_uint64(len(rows))
        self.call("deltos_view_gather", ctypes.byref(view_of(source)), numbers, count, ctypes.byref(view_of(target)))


def in_turns(peer: Body, ours: Body, rounds: int) -> tuple[float, float]:
    """Median seconds of each; the first turn warms up."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for body, kept in zip((peer, ours), times, strict=True):
            start = time.perf_counter()
            body()
            if turn:
                kept.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def text_of(seconds: float) -> str:
    for unit, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds * 1e9:.1f} ns"


def verdict_of(ratio: float, bar: float) -> str:
    """bar 0: no bar."""
    return f"  <= {bar:4.2f}  {'met' if ratio <= bar else 'MISSED'}" if bar else ""


def row(what: str, peer: Body, ours: Body, bar: float = 0, rounds: int = 9, calls: int = 1) -> None:
    """calls: how many each body makes; the times are of one."""
    other, own = (seconds / calls for seconds in in_turns(peer, ours, rounds))
    verdict = verdict_of(own / other, bar)
    print(f"  {what:<50} {text_of(other):>14} {text_of(own):>14} {own / other:8.2f}{verdict}", flush=True)


def copies(library: Library) -> None:
    """0.5: twice as fast."""
    for size, rounds in ((10**7, 21), (10**8, 7), (10**9, 3)):
        for code in ("f8", "f4", "u1"):
            side = int((size / np.dtype(code).itemsize) ** 0.5)
            source, target = np.ones((side, side), code), np.zeros((side, side), code, order="F")
            what = f"C to Fortran order, 10^{len(str(size)) - 1} bytes, {code} : np.copyto"
            row(what, lambda: np.copyto(target, source), lambda: library.copy(target, source), 0.5, rounds)


def searches(library: Library) -> None:
    """0.1: ten times as fast as array.array, whose items are objects of Python's on the way."""
    for code, kind in (("u1", "B"), ("i4", "i"), ("f8", "d")):
        values = np.zeros(10**6, code)
        values[-1] = 1
        listed = array.array(kind, values.tobytes())
        item = values[-1:].tobytes()
        row(f"find in 10^6, {code} : array.index", lambda: listed.index(1), lambda: library.find(values, item), 0.1)
        row(f"count in 10^6, {code} : array.count", lambda: listed.count(1), lambda: library.count(values, item), 0.1)
        row(f"count in 10^6, {code} : np.count_nonzero", lambda: np.count_nonzero(values == 1), lambda: library.count(values, item))


def comparisons(library: Library) -> None:
    """Without a bar: NumPy chooses its loops by what the processor has, the library is built for all of its kind."""
    numbers = np.arange(10**6, dtype="f8")
    same, integers = numbers.copy(), numbers.astype("i4")
    row("10^6 equal doubles : np.array_equal", lambda: np.array_equal(numbers, same), lambda: library.equal(numbers, same))
    row("10^6 doubles and int32 : np.array_equal", lambda: np.array_equal(numbers, integers), lambda: library.equal(numbers, integers))
    rows = np.random.default_rng(1).integers(0, len(numbers), 10**6)
    target = np.zeros_like(numbers)
    row("gather 10^6 of 10^6 doubles : np.take", lambda: np.take(numbers, rows, out=target), lambda: library.gather(target, numbers, rows))


def main(path: str) -> None:
    title = f"Views, NumPy {np.__version__}"
    print(f"\n{title:<52} {'peer':>14} {'deltos':>14} {'ratio':>8}  bar")
    library = Library(path)
    copies(library)
    searches(library)
    comparisons(library)


if __name__ == "__main__":
    main(sys.argv[1])
