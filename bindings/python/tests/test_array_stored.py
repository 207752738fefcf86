"""Arrays in storages: named, found again, deleted and taken back like every object, and growing by themselves."""

from __future__ import annotations

import io
import pickle
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import deltos


def test_an_array_has_a_name_and_comes_back(path: Path) -> None:
    with deltos.open(path, "x") as storage:
        series = storage.create_array("series", "float64", [1, 2, 3])
        series.attrs["unit"] = "m"
        assert repr(series) == "<deltos.Array 'series' float64 3>" and series.name == "series"
        for number in range(20000):
            series.append(number)
        with storage.transaction() as transaction:
            transaction.create_array("other", "4s", [b"ab"])
        series.flush()
    with deltos.open(path) as storage:
        series = storage["series"]
        assert isinstance(series, deltos.Array) and len(series) == 20003 and series[-1] == 19999
        assert series.attrs["unit"] == "m" and storage["other"].tolist() == [b"ab\0\0"]
        for refused in (lambda: series.append(1), lambda: series.clear(), lambda: series.__setitem__(0, 1)):
            with pytest.raises((deltos.ReadOnlyError, deltos.ReadOnlyBufferError)):
                refused()


def test_appending_goes_on_where_it_was_left(path: Path) -> None:
    for number in range(3):
        with deltos.open(path, "a") as storage:
            series = storage["x"] if number else storage.create_array("x", "i")
            series.append(number)
    with deltos.open(path) as storage:
        assert storage["x"].tolist() == [0, 1, 2]


def test_all_that_looks_at_one_array_sees_the_same(storage: deltos.Storage) -> None:
    first = storage.create_array("x", "q", [1])
    second, readers = storage["x"], deltos.open(storage.path or "")
    third = readers["x"]
    first.append(2)
    second.append(3)
    second[0] = 10
    assert first.tolist() == second.tolist() == third.tolist() == [10, 2, 3]
    first.extend(range(100000))
    third.refresh()
    assert len(second) == len(third) == 100003
    readers.detach()


def test_what_is_stored_over_an_array_takes_its_place(storage: deltos.Storage) -> None:
    series = storage.create_array("x", "i", [1, 2])
    storage["y"] = series
    storage["x"] = np.arange(3)
    assert storage["x"].tolist() == [0, 1, 2] and storage["y"].tolist() == [1, 2]
    assert isinstance(storage["y"], deltos.Buffer) and not series.current


def test_an_aborted_array_is_gone_and_its_views_stay(storage: deltos.Storage) -> None:
    transaction = storage.transaction()
    series = transaction.create_array("x", "i", [1, 2])
    seen = memoryview(series)
    transaction.abort()
    with pytest.raises(deltos.StaleError):
        series.append(2)
    assert "x" not in storage and seen.tolist() == [1, 2]


def test_an_abort_takes_no_elements_back(storage: deltos.Storage) -> None:
    series = storage.create_array("x", "q")
    transaction = storage.transaction()
    transaction["y"] = b"1"
    series.extend(range(100000))
    transaction.abort()
    assert "y" not in storage and series.tolist() == storage["x"].tolist() == [*range(100000)]
    series.append(1)


def test_a_deleted_array_takes_no_more(storage: deltos.Storage) -> None:
    series = storage.create_array("x", "i", [1, 2])
    seen = np.asarray(series)
    del storage["x"]
    assert not series.current and seen.tolist() == [1, 2]
    for refused in (lambda: series.append(1), lambda: series[0], lambda: memoryview(series)):
        with pytest.raises((deltos.StaleError, BufferError)):
            refused()
    with pytest.raises(KeyError):
        series.refresh()
    again = storage.create_array("x", "d", [3])
    assert again.tolist() == [3]


def test_a_renamed_array_goes_on_growing(storage: deltos.Storage) -> None:
    series = storage.create_array("x", "i", [1])
    storage.rename("x", "y")
    series.append(2)
    assert storage["y"].tolist() == [1, 2] and "x" not in storage


@pytest.mark.parametrize("scope", ["storage", "transaction"])
def test_an_array_whose_values_do_not_fit_is_not_made(storage: deltos.Storage, scope: str) -> None:
    with storage.transaction() as transaction:
        transaction["y"] = b"1"
        if scope == "transaction":
            with pytest.raises(OverflowError):
                transaction.create_array("x", "h", [1, 40000])
            assert [*transaction] == ["y"]
    if scope == "storage":
        with pytest.raises(OverflowError):
            storage.create_array("x", "h", [1, 40000])
    assert [*storage] == ["y"]
    with pytest.raises(deltos.ExistsError):
        storage.create_array("y", "h")


def test_what_arrays_cannot_is_refused_with_its_reason(storage: deltos.Storage, tmp_path: Path) -> None:
    homes = [storage.create_array("x", "i", [1]), deltos.Array("i"), deltos.Array.open(tmp_path / "f", "i", "x")]
    for array in homes:
        with pytest.raises(deltos.UnsupportedError):
            array.seal()
    with pytest.raises(deltos.UnsupportedError, match="in a storage"):
        homes[0].fileno()
    for array in homes[1:]:
        with pytest.raises(deltos.UnsupportedError, match="belongs to no storage"):
            _ = array.attrs
    homes[0].append(2)
    assert homes[0].tolist() == [1, 2]


def test_room_and_limits(storage: deltos.Storage) -> None:
    assert storage.create_array("room", "d", capacity=100000).capacity >= 100000
    small = storage.create_array("small", "d", max_bytes=1 << 20)
    with pytest.raises(deltos.LimitError):
        small.resize(1 << 20)
    small.resize(1 << 10)
    assert len(small) == 1 << 10


def test_elements_are_where_the_file_says(storage: deltos.Storage) -> None:
    series = storage.create_array("x", "i", [1, 2, 3])
    with open(storage.path or "", "rb") as file:
        file.seek(series.file_offset)
        assert np.frombuffer(file.read(12), "i4").tolist() == [1, 2, 3]


def test_pickles_name_an_array_and_share_it(path: Path) -> None:
    with deltos.open(path, "x") as storage:
        series = storage.create_array("x", np.dtype([("n", "i4"), ("v", "f8")]))
        series.append((1, 2.5))
        pickled = pickle.dumps(series)
        again = pickle.loads(pickled)
        again[0] = (7, 3.5)
        assert series[0] == (7, 3.5) and again.name == "x" and len(pickled) < 1000
        with pytest.raises(deltos.ReadOnlyError):
            again.append((1, 1.0))
        again.storage.close()
        del storage["x"]
        with pytest.raises(KeyError):
            pickle.loads(pickled)


def test_a_closed_storages_arrays_say_so(path: Path) -> None:
    storage = deltos.open(path, "x")
    series = storage.create_array("x", "i", [1])
    seen = memoryview(series)
    with pytest.raises(deltos.PinnedError, match="x"):
        storage.close()
    seen.release()
    storage.close()
    for refused in (lambda: series.append(1), lambda: series[0]):
        with pytest.raises((deltos.ClosedError, IndexError)):
            refused()


def test_copies_hold_arrays_that_grow_on(storage: deltos.Storage, tmp_path: Path) -> None:
    storage.create_array("x", "q", range(100000)).flush()
    for name, copy in (("copied", storage.copy_to), ("compacted", storage.compact_to)):
        copy(tmp_path / name)
        with deltos.open(tmp_path / name, "r+") as other:
            assert other["x"].tolist() == [*range(100000)]
            other["x"].append(1)
            assert len(other["x"]) == 100001 and other.verify() == []
    assert len(storage["x"]) == 100000


def test_a_call_that_needs_a_transaction_waits_for_that_of_another_thread(storage: deltos.Storage) -> None:
    series = storage.create_array("x", "q")
    series.reserve(1 << 20)
    begun, seen = threading.Event(), []

    def hold() -> None:
        with storage.transaction():
            begun.set()
            time.sleep(0.2)
            seen.append(series.capacity)

    other = threading.Thread(target=hold)
    other.start()
    begun.wait()
    series.shrink()
    other.join()
    assert series.capacity < 1 << 20 <= seen[0]
    series.reserve(1 << 20)
    with storage.transaction(), pytest.raises(deltos.BusyError):
        series.shrink()


def test_it_grows_while_other_threads_commit(storage: deltos.Storage) -> None:
    series, done = storage.create_array("x", "q"), threading.Event()

    def commit() -> None:
        while not done.is_set():
            storage["y"] = b"1"

    other = threading.Thread(target=commit)
    other.start()
    try:
        for size in range(300):
            series.extend(range(size))
            series.reserve(1000 * size)
    finally:
        done.set()
        other.join()
    assert len(series) == 300 * 299 // 2


# ---- Reading straight into what is writable ------------------------------------------------------------------------


def writable_objects(storage: deltos.Storage, tmp_path: Path) -> dict[str, Any]:
    """One of every kind, each of six bytes or more."""
    storage["buffer"] = bytes(6)
    storage["matrix"] = np.zeros((2, 3), "u1")
    made = {
        "buffer": storage["buffer"],
        "stored array": storage.create_array("array", "B", bytes(6)),
        "array": deltos.Array("B", bytes(6)),
        "flat file": deltos.Array.open(tmp_path / "flat", "B", "x"),
        "table": deltos.Table(2, 3, dtype="uint8"),
        "stored table": storage.create_table("table", 2, 3, dtype="uint8"),
        "foreign table": deltos.Table.from_buffers([bytearray(3), bytearray(3)]),
        "view": deltos.View(bytearray(6)),
        "strided view": deltos.View(np.zeros((3, 2), "u1").T),
        "view of a buffer": deltos.View(storage["matrix"])[::-1],
    }
    made["flat file"].extend(bytes(6))
    return made


@pytest.mark.parametrize("kind", ["descriptor", "raw file", "buffered file", "memory file"])
def test_every_writable_object_is_read_into(storage: deltos.Storage, tmp_path: Path, kind: str) -> None:
    (tmp_path / "source").write_bytes(b"??abcdef")
    for name, target in writable_objects(storage, tmp_path).items():
        with open(tmp_path / "source", "rb", buffering=0 if kind in ("descriptor", "raw file") else -1) as opened:
            file: Any = opened.fileno() if kind == "descriptor" else opened
            if kind == "memory file":
                file = io.BytesIO(b"??abcdef")
            assert target.readinto(file, offset=2) == 6, name
        assert target.tobytes() == b"abcdef", name
        with open(tmp_path / "written", "w+b") as written:
            target.write_to(written)
            written.seek(0)
            assert written.read() == b"abcdef", name


def test_what_is_read_only_is_not_read_into(storage: deltos.Storage) -> None:
    storage.create_array("x", "B", bytes(3))
    with deltos.open(storage.path or "") as reader:
        array = reader["x"]
        with pytest.raises((deltos.ReadOnlyBufferError, deltos.ReadOnlyError)):
            array.readinto(io.BytesIO(b"abc"))
        assert array.tobytes() == bytes(3)
