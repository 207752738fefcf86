"""Arrays driven at random, against lists: in every home, across reopening, growth by another process, and kills."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import deltos

# What another process does with an array while nobody else has it open to append: one line, one change.
WORKER = """
import json, os, signal, sys, deltos

for line in sys.stdin:
    path, home, code, todo, kill = json.loads(line)
    if home == "storage":
        storage = deltos.open(path, "r+", durability="async")
        array = storage["x"]
    else:
        storage = array = deltos.Array.open(path, code, "r+")
    for name, arguments in todo:
        getattr(array, name)(*arguments)
    if kill:
        os.kill(os.getpid(), signal.SIGKILL)
    storage.close()
    print("done", flush=True)
"""


class Worker:
    """Another process, which starts when it is needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def change(self, path: Path, home: str, code: str, todo: list[tuple[str, list[Any]]], kill: bool) -> None:
        """Lets it open the array, make the changes, and close it, or be killed before it does."""
        if self._process is None:
            command = [sys.executable, "-c", WORKER]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(path), home, code, todo, kill]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer == ("" if kill else "done\n")
        if kill:
            self.end()

    def end(self) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None


worker = Worker()


@pytest.fixture(scope="module", autouse=True)
def ended_worker() -> Any:
    """Leaves no process behind."""
    yield
    worker.end()


CODE = "i"
NUMBERS = st.integers(0, 99)
MANY = st.integers(1, 4000)  # enough to grow, and to grow again
CHANGES = st.one_of(
    st.tuples(st.just("append"), st.lists(NUMBERS, min_size=1, max_size=1)),
    st.tuples(st.just("fromlist"), st.tuples(st.lists(NUMBERS, max_size=5)).map(list)),
    st.tuples(st.just("insert"), st.tuples(st.integers(-9, 9), NUMBERS).map(list)),
)


class ArrayMachine(RuleBasedStateMachine):
    """Rules act on the array and on a list alike."""

    home: str

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="deltos-array-"))
        self.path = self.directory / "array"
        self.model: list[int] = []
        self.views: list[tuple[memoryview, int]] = []
        self.reader: tuple[Any, deltos.Array] | None = None
        self.open("x")

    def open(self, mode: str) -> None:
        self.storage: deltos.Storage | None = None
        if self.home == "memory":
            self.array = deltos.Array(CODE)
        elif self.home == "file":
            self.array = deltos.Array.open(self.path, CODE, mode)
        else:
            self.storage = deltos.open(self.path, mode, durability="async")
            self.array = self.storage.create_array("x", CODE) if mode == "x" else self.storage["x"]

    def close(self) -> None:
        self.views.clear()
        if self.storage is None:
            self.array.close()
        else:
            assert self.storage.verify() == []
            self.storage.close()
        if self.home == "file":
            assert self.path.stat().st_size == 4 * len(self.model)

    def close_reader(self) -> None:
        if self.reader is not None:
            self.reader[0].close()
            self.reader = None

    def teardown(self) -> None:
        self.close_reader()
        self.close()
        shutil.rmtree(self.directory)

    # ---- Changes -----------------------------------------------------------------------------------------------------

    def cut(self, left: int, name: str, *arguments: Any) -> bool:
        """A change that leaves so many elements: refused while a view shows more; in a storage, where whole blocks are
        locked, perhaps also while one shows fewer."""
        try:
            getattr(self.array, name)(*arguments)
        except deltos.PinnedError:
            assert self.views and self.home == "storage" or left < self.shown()
            return False
        assert left >= self.shown()
        return True

    def shown(self) -> int:
        return max([length for _, length in self.views], default=0)

    @rule(value=NUMBERS)
    def append(self, value: int) -> None:
        self.array.append(value)
        self.model.append(value)

    @rule(first=NUMBERS, count=MANY)
    def extend(self, first: int, count: int) -> None:
        self.array.extend(range(first, first + count))
        self.model.extend(range(first, first + count))

    @rule()
    def extend_by_itself(self) -> None:
        if len(self.model) < 20000:
            self.array.extend(self.array)
            self.model.extend(self.model)

    @rule(place=st.integers(-5, 5000), value=NUMBERS)
    def insert(self, place: int, value: int) -> None:
        self.array.insert(place, value)
        self.model.insert(place, value)

    @rule(place=st.integers(0, 10**6), value=NUMBERS)
    def store(self, place: int, value: int) -> None:
        if self.model:
            self.array[place % len(self.model)] = self.model[place % len(self.model)] = value

    @rule(first=st.integers(0, 10**6), count=st.integers(0, 5000))
    def delete(self, first: int, count: int) -> None:
        start = first % (len(self.model) + 1)
        stop = min(len(self.model), start + count)
        left = len(self.model) - (stop - start)
        if start < stop and self.cut(left, "__delitem__", slice(start, stop)):
            del self.model[start:stop]

    @rule()
    def pop(self) -> None:
        if self.model and self.cut(len(self.model) - 1, "pop"):
            self.model.pop()

    @rule(count=st.integers(0, 6000))
    def resize(self, count: int) -> None:
        if count >= len(self.model) or self.cut(count, "resize", count):
            self.array.resize(count)
            self.model[count:] = [0] * (count - len(self.model))

    @rule()
    def reverse(self) -> None:
        self.array.reverse()
        self.model.reverse()

    @rule(count=st.integers(0, 30000))
    def reserve(self, count: int) -> None:
        self.array.reserve(count)
        assert self.array.capacity >= max(count, len(self.model))

    @rule()
    def shrink(self) -> None:
        self.array.shrink()

    @rule()
    def flush(self) -> None:
        self.array.flush(durable=False)
        if self.home == "file":
            assert self.path.stat().st_size == 4 * len(self.model)

    # ---- Views, readers, reopening, other processes -------------------------------------------------------------------

    @rule()
    def take_a_view(self) -> None:
        if len(self.views) < 4:
            self.views.append((memoryview(self.array), len(self.model)))

    @precondition(lambda self: self.views)
    @rule()
    def drop_a_view(self) -> None:
        self.views.pop(0)[0].release()

    @precondition(lambda self: self.home != "memory")
    @rule()
    def open_or_close_a_reader(self) -> None:
        if self.reader is not None:
            self.close_reader()
        elif self.home == "file":
            array = deltos.Array.open(self.path, CODE)
            self.reader = array, array
        else:
            storage = deltos.open(self.path)
            self.reader = storage, storage["x"]

    @precondition(lambda self: self.home != "memory")
    @rule()
    def reopen(self) -> None:
        self.close()
        self.open("r+")

    @precondition(lambda self: self.home != "memory")
    @rule(todo=st.lists(CHANGES, max_size=6), many=st.none() | MANY, kill=st.booleans())
    def let_another_process_change_it(self, todo: list[tuple[str, list[Any]]], many: int | None, kill: bool) -> None:
        if many is not None:
            todo = [*todo, ("fromlist", [[*range(many)]])]
        self.close()
        worker.change(self.path, self.home, CODE, todo, kill)
        for name, arguments in todo:
            getattr(self.model, "extend" if name == "fromlist" else name)(*arguments)
        self.open("r+")

    # ---- What must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def everybody_sees_what_the_model_says(self) -> None:
        assert len(self.array) == len(self.model) and self.array.tolist() == self.model
        for view, length in self.views:
            assert view.tolist() == self.model[:length]
        if self.reader is not None:
            _, array = self.reader
            array.refresh()
            assert array.tolist() == self.model


class StoredMachine(ArrayMachine):
    home = "storage"


class FileMachine(ArrayMachine):
    home = "file"


class MemoryMachine(ArrayMachine):
    home = "memory"


TestStored, TestFile, TestMemory = StoredMachine.TestCase, FileMachine.TestCase, MemoryMachine.TestCase
for case in (TestStored, TestFile, TestMemory):
    case.settings = hypothesis.settings(max_examples=500 if os.environ.get("DELTOS_LONG") else 25, stateful_step_count=30)
