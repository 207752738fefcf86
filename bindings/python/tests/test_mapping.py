"""A storage, a snapshot and a transaction are mappings, with names in byte order."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path

import numpy as np
import pytest

import deltos


def test_the_types_are_mappings(storage: deltos.Storage) -> None:
    assert isinstance(storage, MutableMapping)
    assert isinstance(storage.attrs, MutableMapping)
    with storage.snapshot() as snapshot, storage.transaction() as transaction:
        assert isinstance(snapshot, Mapping) and not isinstance(snapshot, MutableMapping)
        assert isinstance(transaction, MutableMapping)


def test_it_counts_lists_and_finds(storage: deltos.Storage) -> None:
    names = ["a", "a/b", "a/b/c", "b/x", "z" * 1023, "é"]
    for name in reversed(names):
        storage[name] = name.encode()
    assert list(storage) == names == list(storage.keys())
    assert len(storage) == 6 and bool(storage)
    assert all(name in storage for name in names)
    assert "a/" not in storage and "nothing" not in storage
    assert {name: buffer.tobytes().decode() for name, buffer in storage.items()} == {name: name for name in names}
    assert storage.get("nothing") is None
    assert storage != {} and storage == storage and hash(storage)


def test_it_lists_by_prefix_and_by_level(storage: deltos.Storage) -> None:
    for name in ["a", "a/b", "a/b/c", "a/b/d", "ab", "b/x"]:
        storage[name] = b"123"
    assert list(storage.names("a/")) == ["a/b", "a/b/c", "a/b/d"]
    assert list(storage.names("a")) == ["a", "a/b", "a/b/c", "a/b/d", "ab"]
    top = storage.list()
    assert [(entry.name, entry.is_level) for entry in top] == [("a", False), ("a/", True), ("ab", False), ("b/", True)]
    assert [entry.name for entry in storage.list("a/b/")] == ["a/b/c", "a/b/d"]
    assert top[0].nbytes == 3 and top[0].id == storage["a"].id
    assert storage.list("none/") == []


def test_many_names_are_listed_in_order(storage: deltos.Storage) -> None:
    names = [f"{index:05}" for index in range(2000)]
    with storage.transaction() as transaction:
        for name in names:
            transaction.create(name, shape=1, dtype="int8")
        assert list(transaction) == names and len(transaction) == 2000
    assert list(storage) == names
    with storage.snapshot() as snapshot:
        assert list(snapshot) == names and len(snapshot) == 2000


def test_an_iteration_keeps_the_state_it_began_with(storage: deltos.Storage) -> None:
    for index in range(600):
        storage.create(f"{index:03}", shape=1, dtype="int8")
    names = iter(storage)
    first = next(names)
    storage.clear()
    assert len(storage) == 0 and not storage
    assert [first, *names] == [f"{index:03}" for index in range(600)]


def test_deleting(storage: deltos.Storage) -> None:
    storage.update({"a": b"1", "b": b"2", "b/c": b"3", "c": b"4"})
    del storage["a"]
    with pytest.raises(KeyError):
        del storage["a"]
    assert storage.delete_prefix("b") == 2
    assert storage.delete_prefix("b") == 0
    assert list(storage) == ["c"]


def test_renaming(storage: deltos.Storage) -> None:
    storage["a"] = b"1"
    storage["a"].attrs["unit"] = "K"
    number = storage["a"].id
    storage.rename("a", "b/c")
    assert storage["b/c"].id == number and storage["b/c"].attrs["unit"] == "K"
    storage["a"] = b"2"
    with pytest.raises(deltos.ExistsError):
        storage.rename("a", "b/c")
    storage.rename("a", "b/c", replace=True)
    assert list(storage) == ["b/c"] and storage["b/c"].tobytes() == b"2"
    with pytest.raises(KeyError):
        storage.rename("a", "d")


def test_assigning_replaces_and_keeps_the_id(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    number = storage["x"].id
    storage["x"].attrs["kept"] = 1
    storage["x"] = np.zeros((2, 2), "f4")
    assert storage["x"].id == number
    assert storage["x"].attrs["kept"] == 1
    assert storage["x"].shape == (2, 2)


def test_elements_can_be_read_and_written_like_an_array(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(12).reshape(3, 4)
    buffer = storage["x"]
    assert buffer[1, 2] == 6 and buffer[1].tolist() == [4, 5, 6, 7] and len(buffer) == 3
    assert [row.sum() for row in buffer] == [6, 22, 38]
    buffer[...] = 0
    buffer[1, :] = [1, 2, 3, 4]
    assert storage["x"].tolist() == [[0] * 4, [1, 2, 3, 4], [0] * 4]
    assert buffer.size == 12 and buffer.ndim == 2 and buffer.nbytes == 96
    assert np.array(buffer, dtype="f4").dtype == np.float32
    assert buffer.__array__("f4").dtype == np.float32 and buffer.__array__(copy=True).base is None
    with pytest.raises(ValueError):
        buffer.__array__("f4", copy=False)


def test_setdefault_answers_with_what_is_stored(storage: deltos.Storage) -> None:
    stored = np.asarray(storage.setdefault("x", np.arange(3)))
    stored[0] = 7
    assert storage["x"].tolist() == [7, 1, 2]
    assert storage.setdefault("x", np.zeros(9)).tolist() == [7, 1, 2]


def test_without_numpy_memoryview_does(storage: deltos.Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    import array

    from deltos import _dtypes

    monkeypatch.setattr(_dtypes, "_modules", {"numpy": None, "ml_dtypes": None})
    storage["x"] = array.array("i", [1, 2, 3])
    buffer = storage["x"]
    assert buffer.tolist() == [1, 2, 3] and buffer[1] == 2 and list(buffer) == [1, 2, 3]
    buffer[0] = 7
    buffer[1:] = array.array("i", [8, 9])
    assert buffer.tolist() == [7, 8, 9]
    buffer[...] = array.array("i", [4, 5, 6])
    assert buffer.tolist() == [4, 5, 6] and buffer.dtype == "int32"
    assert buffer.__array_interface__["typestr"] == "<i4"
    assert storage.create("y", shape=3, dtype="float64").format == "d"
    with pytest.raises(ValueError):
        storage.create("z", shape=3, dtype="f8")
    with pytest.raises(ImportError):
        buffer.numpy()
    storage["list"] = [1, buffer]
    assert storage["list"][1].tolist() == [4, 5, 6] and storage["list"].to_python()[1].tolist() == [4, 5, 6]
    storage.attrs["list"] = [1, 2]
    assert storage.attrs["list"] == [1, 2]


def test_the_facts(storage: deltos.Storage, path: Path) -> None:
    storage["x"] = np.arange(1000)
    info = storage.info
    assert info.mode == "r+" and storage.mode == "x" and storage.path == str(path)
    assert info.object_count == 1 and info.uuid == storage.uuid
    assert info.file_bytes == path.stat().st_size
    assert info.live_bytes >= 8000 and info.transaction_id >= info.durable_id
    assert info.format_version[0] == 1 and not info.io_failed and not info.lost
    assert storage.verify() == [] and storage.verify("struct") == []
    with pytest.raises(ValueError):
        storage.verify("half")
    assert deltos.__version__ == "0.1.0"
    assert repr(storage["x"]) == "<deltos.Buffer 'x' int64 (1000,)>"
    assert str(path) in repr(storage)


@pytest.mark.parametrize("compact", [False, True])
def test_copies(storage: deltos.Storage, tmp_path: Path, compact: bool) -> None:
    storage["x"] = np.arange(1000)
    storage.attrs["unit"] = "K"
    target = tmp_path / "copy.deltos"
    write = storage.compact_to if compact else storage.copy_to
    calls: list[tuple[int, int]] = []
    write(target, progress=lambda done, total: calls.append((done, total)))
    assert calls and calls[-1][0] == calls[-1][1]
    with deltos.open(target) as copied:
        assert copied["x"].tolist() == list(range(1000)) and copied.attrs["unit"] == "K"
        assert (copied.uuid == storage.uuid) is not compact
    with pytest.raises(FileExistsError):
        write(target)
    write(target, replace=True)
    with storage.snapshot() as snapshot:
        storage["x"] = b"newer"
        (snapshot.compact_to if compact else snapshot.copy_to)(target, replace=True)
    with deltos.open(target) as copied:
        assert copied["x"].size == 1000
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "none" / "copy")


def test_progress_can_cancel_and_its_errors_come_through(storage: deltos.Storage, tmp_path: Path) -> None:
    storage["x"] = np.arange(100000)
    with pytest.raises(deltos.CancelledError):
        storage.copy_to(tmp_path / "copy", progress=lambda done, total: True)

    def failing(done: int, total: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        storage.copy_to(tmp_path / "copy", progress=failing)
    assert not (tmp_path / "copy").exists()


def test_advice_is_taken(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10000)
    for advice in ("normal", "random", "sequential", "will_need", "dont_need", "prefault"):
        storage["x"].advise(advice)
    with pytest.raises(ValueError):
        storage["x"].advise("whatever")
    assert storage["x"][-1] == 9999
