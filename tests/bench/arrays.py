"""Arrays and tables from Python: deltos.Array against array.array, and tables of the memory of NumPy's arrays.

A body makes many calls, yet so few that most are never interrupted, and what is shown is the median time of one call.
"""

from __future__ import annotations

import array
import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import deltos
from views import Body, in_turns, row, text_of, verdict_of

CALLS = 4000
MICROSECOND = 1e-6


def many(body: Callable[[], object], calls: int) -> Body:
    def repeated() -> None:
        for _ in range(calls):
            body()

    return repeated


def appending(make: Callable[[], Any]) -> Body:
    def body() -> None:
        append = make().append
        for _ in range(CALLS):
            append(1.5)

    return body


def getting(values: Any, key: Any) -> Body:
    def body() -> None:
        for _ in range(CALLS):
            values[key]

    return body


def arrays() -> None:
    both = functools.partial(row, calls=CALLS, rounds=401)
    both("append : array.array", appending(lambda: array.array("d")), appending(lambda: deltos.Array("d")), 2)
    listed, ours = array.array("d", range(1000)), deltos.Array("d", range(1000))
    both("a[i] : array.array", getting(listed, 7), getting(ours, 7), 2)

    source = np.ones(10**8 // 8)
    target, grown = np.empty_like(source), deltos.Array("d")
    grown.reserve(len(source))

    def extend() -> None:
        grown.clear()
        grown.extend(source)

    row("extend by 10^8 bytes : memcpy", lambda: np.copyto(target, source), extend, 1.25, 21)
    zeros = array.array("i", bytes(4 * 10**6))
    zeros[-1] = 1
    mine = deltos.Array("i", zeros)
    row("index in 10^6, int : array.array", lambda: zeros.index(1), lambda: mine.index(1), 0.1)
    row("count in 10^6, int : array.array", lambda: zeros.count(1), lambda: mine.count(1), 0.1)


def within(what: str, limit: float, body: Body, calls: int, rounds: int = 301) -> None:
    """A bar in seconds a call, not in those of a peer."""
    _, own = in_turns(lambda: None, body, rounds)
    own /= calls
    print(f"  {what:<50} {text_of(limit):>14} {text_of(own):>14} {own / limit:8.2f}{verdict_of(own / limit, 1)}", flush=True)


def tables() -> None:
    matrix = np.ones((3, 4))
    within("rows of a 3 x 4 matrix of NumPy : 1 us", MICROSECOND, many(lambda: deltos.Table.from_rows(matrix), 200), 200)
    rows = [np.ones(16) for _ in range(1000)]

    def look() -> None:
        for one in rows:
            memoryview(one).release()

    row("a table of 1000 arrays : a memoryview of each", look, lambda: deltos.Table.from_buffers(rows), 0.7, 301)
    large = np.ones((100, 16))
    plain, followed = memoryview(large), memoryview(deltos.Table.from_rows(large))
    peer, own = getting(plain, (7, 3)), getting(followed, (7, 3))
    row("m[i, j] through a table : a plain memoryview", peer, own, 1.1, 401, CALLS)


def main() -> None:
    title = f"Arrays and tables, Python {sys.version.split()[0]}"
    print(f"\n{title:<52} {'peer':>14} {'deltos':>14} {'ratio':>8}  bar")
    arrays()
    tables()


if __name__ == "__main__":
    main()
