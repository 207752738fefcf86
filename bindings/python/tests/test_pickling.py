"""Storages and buffers travel to other processes as path and name, whichever way the process was started."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest

import deltos


def read(buffer: deltos.Buffer) -> tuple[str, int]:
    """In a worker: what it sees, and which storage object it sees it through."""
    return buffer.storage.mode, int(np.asarray(buffer)[3])


def store(buffer: deltos.Buffer, value: int) -> None:
    """In a worker: stores in place."""
    buffer[0] = value


def names(storage: deltos.Storage) -> list[str]:
    """In a worker: lists."""
    return list(storage)


@pytest.fixture(params=["fork", "spawn", "forkserver"])
def pool(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    """Two processes."""
    with multiprocessing.get_context(request.param).Pool(2) as made:
        yield made


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_workers_share_a_writers_buffers(path: Path, pool) -> None:  # type: ignore[no-untyped-def]
    with deltos.open(path, "x") as storage:
        storage["x"] = np.arange(1000)
        assert pool.map(read, [storage["x"]] * 6) == [("in-place", 3)] * 6
        pool.apply(store, (storage["x"], 77))
        assert storage["x"][0] == 77
        storage["y"] = b"1"
        assert pool.apply(names, (storage,)) == ["x", "y"]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_workers_share_a_readers_buffers(path: Path, pool) -> None:  # type: ignore[no-untyped-def]
    deltos.open(path, "x").__enter__().__setitem__("x", np.arange(1000))
    with deltos.open(path) as storage:
        assert pool.map(read, [storage["x"]] * 6) == [("r", 3)] * 6
        with pytest.raises(ValueError):
            pool.apply(store, (storage["x"], 1))


def test_a_pickle_is_small_and_holds_no_data(storage: deltos.Storage) -> None:
    storage["x"] = np.zeros(100000)
    assert len(pickle.dumps(storage["x"])) < 1000
    assert len(pickle.dumps(storage)) < 1000


def test_buffers_of_one_storage_come_back_in_one_storage(storage: deltos.Storage) -> None:
    storage["x"], storage["y"] = np.arange(3), np.arange(4)
    x, y, again = pickle.loads(pickle.dumps([storage["x"], storage["y"], storage]))
    assert x.storage is y.storage is again
    assert x.tolist() == [0, 1, 2] and again.mode == "in-place"
    assert copy.copy(storage["x"]).tolist() == [0, 1, 2]
    x.storage.close()
    assert pickle.loads(pickle.dumps(storage["x"])).tolist() == [0, 1, 2]


def test_another_storage_at_the_path_is_noticed(path: Path) -> None:
    with deltos.open(path, "x") as storage:
        storage["x"] = np.arange(3)
        pickled = pickle.dumps(storage["x"])
    path.unlink()
    with pytest.raises(FileNotFoundError):
        pickle.loads(pickled)
    with deltos.open(path, "x") as storage:
        storage["x"] = np.arange(3)
    with pytest.raises(deltos.ReplacedError):
        pickle.loads(pickled)


def test_a_name_that_is_gone_is_a_key_error(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(3)
    pickled = pickle.dumps(storage["x"])
    del storage["x"]
    with pytest.raises(KeyError):
        pickle.loads(pickled)


def test_what_has_no_path_stays_where_it_is(storage: deltos.Storage) -> None:
    with deltos.anonymous() as scratch:
        scratch["x"] = b"1"
        for thing in (scratch, scratch["x"]):
            with pytest.raises(TypeError, match="path"):
                pickle.dumps(thing)
    with storage.snapshot() as snapshot, pytest.raises(TypeError):
        pickle.dumps(snapshot)
    with storage.transaction() as transaction, pytest.raises(TypeError):
        pickle.dumps(transaction)
    storage.close()
    with pytest.raises(deltos.ClosedError):
        pickle.dumps(storage)
