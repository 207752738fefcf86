"""Arrays that another process appends to: what is seen meanwhile, and what is there when it is killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import deltos

APPENDER = """
import sys, deltos
path, home, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
storage = deltos.open(path, "r+", durability="async") if home == "storage" else None
series = storage["x"] if storage is not None else deltos.Array.open(path, "q", "r+")
end = len(series) + count
while len(series) < end:
    series.append(len(series))
    if len(series) % 1000 == 0:
        print(len(series), flush=True)
(storage or series).close()
"""


def appender(path: Path, home: str, count: int) -> subprocess.Popen[str]:
    """Appends to an array of numbers, each its own index, and tells how many there are."""
    command = [sys.executable, "-c", APPENDER, str(path), home, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@contextmanager
def opened(path: Path, home: str, mode: str) -> Iterator[deltos.Array]:
    """The array, and at the end its file closed."""
    if home == "file":
        with deltos.Array.open(path, "q", mode) as series:
            yield series
        return
    with deltos.open(path, mode) as storage:
        yield storage.create_array("x", "q") if mode == "x" else storage["x"]
        if mode != "r":
            assert storage.verify() == []


@pytest.fixture(params=["storage", "file"])
def home(request: pytest.FixtureRequest, path: Path) -> str:
    """Where an empty array has been made."""
    with opened(path, request.param, "x"):
        return str(request.param)


def test_growth_is_seen_while_it_happens(path: Path, home: str) -> None:
    with opened(path, home, "r") as series, memoryview(series) as before:
        with appender(path, home, 50000) as other:
            for line in other.stdout or ():
                series.refresh()
                assert len(series) >= int(line)
                shown = series.tolist()
                assert shown == [*range(len(shown))]
        assert other.returncode == 0
        series.refresh()
        assert series.tolist() == [*range(50000)] and len(before) == 0


def test_elements_outlive_a_process_that_is_killed_while_it_appends(path: Path, home: str) -> None:
    told = 0
    for kills in range(4):
        with appender(path, home, 10**9) as other:
            assert other.stdout is not None
            for _ in range(4 + 30 * kills):
                told = int(other.stdout.readline())
            other.kill()
        with opened(path, home, "r") as reader:
            assert len(reader) >= told and reader.tolist() == [*range(len(reader))]
        with opened(path, home, "r+") as series:
            assert len(series) >= told and series.tolist() == [*range(len(series))]


def test_a_reader_that_stays_sees_what_a_killed_process_left(path: Path, home: str) -> None:
    with opened(path, home, "r") as series:
        for _ in range(3):
            with appender(path, home, 10**9) as other:
                assert other.stdout is not None
                for _ in range(10):
                    told = int(other.stdout.readline())
                other.kill()
            series.refresh()
            assert len(series) >= told and series.tolist() == [*range(len(series))]
