"""Arrays: lists of numbers that other processes can share, in memory, in flat files and in storages."""

from __future__ import annotations

import array
import copy
import gc
import io
import mmap
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, MutableSequence
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import deltos


@pytest.fixture(params=["memory", "file", "storage"])
def make(
    request: pytest.FixtureRequest, tmp_path: Path, storage: deltos.Storage
) -> Iterator[Callable[..., deltos.Array]]:
    """Makes arrays in one of the homes."""
    made: list[deltos.Array] = []

    def maker(type: Any, values: Any = None) -> deltos.Array:
        if request.param == "memory":
            made.append(deltos.Array(type))
        elif request.param == "storage":
            made.append(storage.create_array(f"array {len(made)}", type))
        else:
            made.append(deltos.Array.open(tmp_path / f"{len(made)}.data", type, "x"))
        if values is not None:
            made[-1].extend(values)
        return made[-1]

    yield maker
    for item in made:
        item.release()


class Model:
    """Does the same to an array and to one of CPython's array module, and compares everything."""

    def __init__(self, mine: deltos.Array) -> None:
        self.mine = mine
        self.model = array.array(mine.typecode)

    def both(self, name: str, *arguments: Any) -> None:
        """One call on both. What is refused changes nothing, as with fromlist(), which extend() is like."""
        outcomes = []
        for target in (self.mine, self.model):
            try:
                outcomes.append(getattr(target, "fromlist" if name == "extend" and target is self.model else name)(*arguments))
            except (IndexError, ValueError, OverflowError):
                outcomes.append("refused")
        assert outcomes[0] == outcomes[1]
        assert self.mine.tolist() == self.model.tolist() and len(self.mine) == len(self.model)


items = st.integers(-3, 300)
places = st.integers(-12, 12)
slices = st.builds(slice, st.none() | places, st.none() | places, st.sampled_from([None, 1, 2, 3, -1, -2]))
steps = st.one_of(
    st.tuples(st.sampled_from(["append", "remove", "index", "count", "__contains__"]), items),
    st.tuples(st.just("insert"), places, items),
    st.tuples(st.just("pop"), places),
    st.tuples(st.sampled_from(["reverse", "byteswap", "pop"])),
    st.tuples(st.sampled_from(["extend", "fromlist"]), st.lists(items, max_size=5)),
    st.tuples(st.just("frombytes"), st.binary(max_size=16)),
    st.tuples(st.sampled_from(["__getitem__", "__delitem__"]), st.one_of(places, slices)),
    st.tuples(st.just("__setitem__"), places, items),
    st.tuples(st.just("__imul__"), st.integers(-1, 3)),
)


@hypothesis.given(st.sampled_from("bBhHiIlLqQfd"), st.lists(steps, max_size=25))
def test_it_does_what_cpythons_array_does(code: str, todo: list[tuple[Any, ...]]) -> None:
    pair = Model(deltos.Array(code))
    for name, *arguments in todo:
        if len(pair.model) < 200 and not (code in "fd" and name in ("byteswap", "frombytes")):
            pair.both(name, *arguments)
    assert pair.mine == pair.model and bytes(memoryview(pair.mine)) == pair.model.tobytes()


@hypothesis.given(st.lists(items.filter(lambda n: 0 <= n < 256), max_size=12), slices, st.lists(st.integers(0, 9), max_size=6))
def test_slices_are_assigned_as_in_cpythons_array(start: list[int], key: slice, values: list[int]) -> None:
    mine, model = deltos.Array("B", start), array.array("B", start)
    try:
        model[key] = array.array("B", values)
    except ValueError:
        with pytest.raises(ValueError):
            mine[key] = deltos.Array("B", values)
    else:
        mine[key] = deltos.Array("B", values)
    assert mine.tolist() == model.tolist()


@pytest.mark.parametrize("dtype", [[("n", "i4"), ("x", "f8")], ">i4", "c16", "S4", "f2", "?"])
def test_any_element_type_grows(make: Callable[..., deltos.Array], dtype: Any) -> None:
    values = np.zeros(3, dtype)
    values[1:] = np.ones(2, dtype) if np.dtype(dtype).kind != "S" else b"ab"
    grown = make(np.dtype(dtype), values)
    grown.append(grown[1])
    assert grown.tolist() == [*grown][:4] and grown[3] == grown[1] != grown[0]
    assert np.asarray(grown).dtype == np.dtype(dtype) and np.asarray(grown)[:3].tolist() == values.tolist()
    assert grown.count(grown[1]) == 3 and grown.index(grown[1]) == 1
    assert grown.pop(0) == deltos.View(values)[0] and len(grown) == 3
    grown[0] = grown[1]
    grown.insert(1, grown[0])
    assert len(grown) == 4 and copy.copy(grown) == grown


def test_bfloat16_grows(make: Callable[..., deltos.Array]) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    grown = make("bfloat16", [1, 2.5])
    grown.extend(np.array([3], ml_dtypes.bfloat16))
    grown.append(4)
    assert grown.tolist() == [1.0, 2.5, 3.0, 4.0] and grown.type_name == "bfloat16"
    assert grown.numpy().dtype == ml_dtypes.bfloat16 and grown[1:3].type_name == "bfloat16"


def test_it_grows_under_views_which_stay_where_they_are(make: Callable[..., deltos.Array]) -> None:
    grown = make("q", range(10))
    before = memoryview(grown)
    address = grown.buffer_info()[0]
    for number in range(10, 100000):
        grown.append(number)
    assert len(before) == 10 and grown.buffer_info() == (address, 100000)
    grown[3] = -3
    assert before[3] == -3 and np.asarray(grown).sum() == sum(range(100000)) - 6
    with pytest.raises(deltos.PinnedError):
        del grown[5:]
    assert len(grown) == 100000
    before.release()
    del grown[10:]
    grown.clear()
    assert len(grown) == 0


def test_what_is_refused_under_views_changes_nothing(make: Callable[..., deltos.Array]) -> None:
    grown = make("i", range(10))
    seen = memoryview(grown)
    shorter = array.array("i", [5])
    for key in (slice(2, 9), slice(0, 9, 2), slice(9, 0, -3), 3, slice(None)):
        with pytest.raises(deltos.PinnedError):
            del grown[key]
        assert seen.tolist() == grown.tolist() == [*range(10)]
    with pytest.raises(deltos.PinnedError):
        grown[2:9] = shorter
    assert seen.tolist() == grown.tolist() == [*range(10)]
    seen.release()
    grown[2:9] = shorter
    assert grown.tolist() == [0, 1, 5, 9]


def test_extending_by_itself_and_by_any_layout(make: Callable[..., deltos.Array]) -> None:
    grown = make("i", [1, 2, 3])
    grown.extend(grown)
    grown.extend(np.arange(6, dtype="i4").reshape(2, 3)[:, ::-1])
    assert grown.tolist() == [1, 2, 3, 1, 2, 3, 2, 1, 0, 5, 4, 3]
    grown.extend(np.arange(2))
    grown.extend(number for number in (7, 8))
    assert grown.tolist()[-4:] == [0, 1, 7, 8]


def test_what_does_not_fit_changes_nothing(make: Callable[..., deltos.Array]) -> None:
    grown = make("h", [1, 2])
    for refused, error in [
        (lambda: grown.append(40000), OverflowError),
        (lambda: grown.append("x"), TypeError),
        (lambda: grown.extend([1, 2, 40000]), OverflowError),
        (lambda: grown.extend(array.array("i", [1])), TypeError),
        (lambda: grown.extend(5), TypeError),
        (lambda: grown.frombytes(b"abc"), ValueError),
        (lambda: grown.__setitem__(0, None), TypeError),
        (lambda: grown.__setitem__(2, 0), IndexError),
        (lambda: grown[2], IndexError),
        (lambda: grown.pop(5), IndexError),
        (lambda: grown.remove(9), ValueError),
        (lambda: grown.insert(0, 1.5), TypeError),
        (lambda: grown["x"], TypeError),
    ]:
        with pytest.raises(error):
            refused()
    assert grown.tolist() == [1, 2]


def test_room_is_made_and_given_back(make: Callable[..., deltos.Array]) -> None:
    grown = make("d")
    grown.reserve(100000)
    assert grown.capacity >= 100000 and len(grown) == 0
    grown.resize(5)
    assert grown.tolist() == [0.0] * 5 and grown.shape == (5,) and grown.nbytes == 40
    grown.shrink()
    assert grown.capacity < 100000 and len(grown) == 5


def test_files_are_read_and_written(make: Callable[..., deltos.Array], tmp_path: Path) -> None:
    grown = make("H", range(100))
    with open(tmp_path / "out", "wb") as file:
        grown.tofile(file)
    with open(tmp_path / "out", "rb") as file:
        grown.fromfile(file, 60)
        with pytest.raises(EOFError):
            grown.fromfile(file, 50)
    assert grown.tolist() == [*range(100), *range(100)]
    assert grown.readinto(io.BytesIO(b"\1\0\2\0")) == 4 and grown[:2].tolist() == [1, 2]


def test_a_flat_file_is_nothing_but_its_elements(tmp_path: Path) -> None:
    path = tmp_path / "samples"
    with deltos.Array.open(path, "d", "x") as log:
        log.extend([1, 2, 3])
        log.flush()
        assert path.stat().st_size == 24
        log.append(4)
        with pytest.raises(deltos.LockedError):
            deltos.Array.open(path, "d", "a")
        with deltos.Array.open(path, "d") as reader:
            assert reader.tolist() == [1, 2, 3, 4] and reader.readonly
            with pytest.raises(deltos.ReadOnlyError):
                reader.append(1)
            with pytest.raises((deltos.ReadOnlyError, deltos.ReadOnlyBufferError)):
                reader[0] = 1
    assert path.read_bytes() == array.array("d", [1, 2, 3, 4]).tobytes()
    assert [item.name for item in tmp_path.iterdir()] == ["samples"]
    with deltos.Array.open(path, "d", "in-place") as stored:
        stored[0] = 50
    with deltos.Array.open(path, "d", "a") as log:
        assert log.pop(0) == 50
    assert np.fromfile(path).tolist() == [2, 3, 4]
    with pytest.raises(FileNotFoundError):
        deltos.Array.open(tmp_path / "none", "d", "r+")
    with pytest.raises(FileExistsError):
        deltos.Array.open(path, "d", "x")
    with pytest.raises(ValueError):
        deltos.Array.open(path, "d", "w+")


APPENDER = """
import sys, deltos
with deltos.Array.open(sys.argv[1], "q", "r+") as log:
    for number in range(int(sys.argv[2])):
        log.append(number)
    if sys.argv[3] == "kill":
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("end", ["close", "kill"])
def test_growth_in_another_process_is_seen_and_survives_its_end(tmp_path: Path, end: str) -> None:
    path = tmp_path / "log"
    deltos.Array.open(path, "q", "x").close()
    reader = deltos.Array.open(path, "q")
    assert len(reader) == 0
    done = subprocess.run([sys.executable, "-c", APPENDER, str(path), "30000", end], check=False)
    assert done.returncode == (0 if end == "close" else -9)
    reader.refresh()
    assert reader.tolist() == [*range(30000)]
    reader.close()
    with deltos.Array.open(path, "q", "a") as log:
        assert len(log) == 30000
    assert path.stat().st_size == 240000


def test_what_is_cut_off_before_a_file_has_grown_is_gone_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(array.array("q", range(10)).tobytes())
    reader = deltos.Array.open(path, "q")
    with deltos.Array.open(path, "q", "r+") as log:
        log.pop()
        reader.refresh()
        assert reader.tolist() == [*range(9)]
    assert path.stat().st_size == 72
    code = "import os, sys, deltos; log = deltos.Array.open(sys.argv[1], 'q', 'r+'); del log[5:]; os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    reader.refresh()
    assert reader.tolist() == [*range(5)]


def test_memory_is_shared_by_descriptor() -> None:
    mine = deltos.Array("i", [1, 2])
    theirs = deltos.Array.open_fd(mine.fileno(), "in-place")
    theirs[0] = 9
    mine.append(3)
    theirs.refresh()
    assert theirs.tolist() == mine.tolist() == [9, 2, 3] and theirs.format == "i"
    with pytest.raises(deltos.ReadOnlyError):
        theirs.append(1)


def test_pickles_hold_what_has_no_path_and_name_what_has(tmp_path: Path) -> None:
    memory = deltos.Array("f", [1, 2])
    again = pickle.loads(pickle.dumps(memory))
    again[0] = 7
    assert memory[0] == 1 and again.tolist() == [7, 2] and again.typecode == "f"
    with deltos.Array.open(tmp_path / "x", "f", "x") as stored:
        stored.extend([1, 2])
        with pickle.loads(pickle.dumps(stored)) as same:
            same[0] = 7
        assert stored[0] == 7 and len(pickle.dumps(stored)) < 500


def test_views_of_every_protocol_are_the_array_itself(make: Callable[..., deltos.Array]) -> None:
    grown = make("d", [1, 2, 3])
    for seen in (np.asarray(grown), np.from_dlpack(grown), grown.numpy(), deltos.View(grown)):
        seen[0] += 1
    assert grown[0] == 5 and isinstance(grown, MutableSequence)
    assert bytes(grown) == grown.tobytes() == np.array([5, 2, 3.0]).tobytes()
    assert deltos.Table.from_buffers([grown, grown]).tolist() == [[5, 2, 3], [5, 2, 3]]


def test_closing_is_refused_while_views_live(make: Callable[..., deltos.Array]) -> None:
    grown = make("d", [1, 2, 3])
    seen = memoryview(grown)
    with pytest.raises(deltos.PinnedError):
        grown.close()
    assert grown[0] == 1
    seen.release()
    grown.close()
    grown.close()
    for refused in (lambda: grown[0], lambda: grown.append(1), lambda: len(grown), lambda: memoryview(grown)):
        with pytest.raises((deltos.ClosedError, BufferError)):
            refused()
    assert repr(grown) == "<deltos.Array, closed>"


def test_a_released_arrays_memory_lives_as_long_as_its_views() -> None:
    seen = memoryview(deltos.Array("i", [1, 2]))
    gc.collect()
    assert seen.tolist() == [1, 2]


def test_many_arrays_take_little_address_space() -> None:
    with open("/proc/self/statm") as file:
        before = int(file.read().split()[0])
    kept = [deltos.Array("i", [k]) for k in range(300)]
    with open("/proc/self/statm") as file:
        grown = (int(file.read().split()[0]) - before) * mmap.PAGESIZE
    assert [item[0] for item in kept] == [*range(300)] and grown < 300 * (8 << 20)


def test_threads_that_append_at_once_lose_nothing() -> None:
    grown = deltos.Array("q")

    def work() -> None:
        for number in range(2000):
            grown.append(number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(grown) == sorted([*range(2000)] * 4)


def test_a_value_that_closes_the_array_harms_nothing() -> None:
    grown = deltos.Array("i", [1, 2])

    class Rogue:
        def __index__(self) -> int:
            grown.release()
            return 1

    with pytest.raises(deltos.ClosedError):
        grown[0] = Rogue()  # type: ignore[assignment]


def test_iterators_follow_growth_and_stay_at_their_end() -> None:
    grown = deltos.Array("i", [1, 2])
    walk = iter(grown)
    assert next(walk) == 1
    grown.append(3)
    assert [*walk] == [2, 3]
    grown.append(4)
    assert [*walk] == [] and next(iter(grown)) == 1
    assert [*reversed(grown)] == [4, 3, 2, 1]


@pytest.mark.parametrize("type", ["x", "5x", "(2,3)x", "xx", " 2x x"])
def test_padding_is_no_element_type(storage: deltos.Storage, type: str) -> None:
    for make in (deltos.Array, lambda given: storage.create_array("a", given)):
        with pytest.raises(deltos.FormatError, match="is padding, which has no value: name an element type"):
            make(type)
    assert "a" not in storage and deltos.Array("T{i:a:4x}").itemsize == 8


def test_numbers_of_elements_are_not_negative(storage: deltos.Storage) -> None:
    array = deltos.Array("i", [1, 2])
    for change in (array.resize, array.reserve):
        with pytest.raises(ValueError, match=r"of an array is a number from 0 to 2\*\*63 - 1, not -1"):
            change(-1)
        with pytest.raises(OverflowError, match=r"number up to 2\*\*63 - 1, and 18446744073709551616 is more"):
            change(2**64)
    for name in ("capacity", "window_bytes", "max_bytes"):
        with pytest.raises(ValueError, match=f"{name} is a number from 0"):
            storage.create_array("a", "i", **{name: -1})
    assert array.tolist() == [1, 2] and "a" not in storage
