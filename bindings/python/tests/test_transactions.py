"""Transactions are all or nothing; snapshots stand still; one thread at a time changes a storage."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import deltos


def test_a_block_commits_at_its_end(storage: deltos.Storage) -> None:
    with storage.transaction() as transaction:
        transaction["a"] = b"1"
        transaction["b"] = b"2"
        transaction.attrs["n"] = 1
        assert list(transaction) == ["a", "b"] and transaction["a"].tobytes() == b"1"
        assert "a" not in storage and len(storage) == 0
        assert transaction.open and transaction.id is None
    assert not transaction.open and transaction.id == storage.info.transaction_id
    assert list(storage) == ["a", "b"] and storage.attrs["n"] == 1


def test_a_block_that_raises_aborts(storage: deltos.Storage) -> None:
    storage["kept"] = b"1"
    with pytest.raises(ZeroDivisionError), storage.transaction() as transaction:
        transaction["a"] = b"1"
        buffer = transaction["a"]
        view = memoryview(buffer)
        del transaction["kept"]
        1 / 0  # noqa: B018
    assert list(storage) == ["kept"]
    assert bytes(view) == b"1"
    with pytest.raises(deltos.StaleError):
        memoryview(buffer)
    with pytest.raises(deltos.ClosedError):
        transaction["b"] = b"1"
    with pytest.raises(deltos.ClosedError):
        list(transaction)


def test_it_can_be_ended_by_hand(storage: deltos.Storage) -> None:
    with storage.transaction() as transaction:
        transaction["a"] = b"1"
        transaction.abort()
        transaction.abort()
    assert len(storage) == 0
    transaction = storage.transaction()
    transaction["a"] = b"1"
    number = transaction.commit("lazy")
    assert number == storage.info.transaction_id and "a" in storage
    with pytest.raises(deltos.ClosedError):
        transaction.commit()
    assert "ended" in repr(transaction)
    with pytest.raises(deltos.ClosedError):
        transaction.__enter__()


@pytest.mark.parametrize("durability", ["sync", "lazy", "async"])
def test_every_durability_commits(path: Path, durability: str) -> None:
    with deltos.open(path, "x", durability=durability) as storage:
        storage["a"] = b"1"
        with storage.transaction(durability=durability) as transaction:
            transaction["b"] = b"2"
        info = storage.info
        assert info.transaction_id >= info.durable_id
        if durability == "sync":
            assert info.transaction_id == info.durable_id
        storage.sync()
    with deltos.open(path) as storage:
        assert list(storage) == ["a", "b"]
    with deltos.open(path, "r+") as storage, pytest.raises(ValueError, match="sync, lazy, async"):
        storage.transaction(durability="fsync")


def test_an_object_can_be_filled_before_the_commit(storage: deltos.Storage) -> None:
    with storage.transaction() as transaction:
        made = transaction.create("x", shape=1000, dtype="i8")
        made[...] = np.arange(1000)
        view = np.asarray(made)
    assert storage["x"].tolist() == list(range(1000))
    view[0] = 5
    assert storage["x"][0] == 5 and made.attrs is not None
    made.attrs["after"] = 1
    assert storage["x"].attrs["after"] == 1


def test_a_transaction_can_seal_and_rename(storage: deltos.Storage) -> None:
    with storage.transaction() as transaction:
        transaction["x"] = np.arange(10)
        transaction["x"].seal()
        transaction.rename("x", "y")
        transaction["y"].attrs["k"] = "v"
        assert transaction["y"].sealed
    assert storage["y"].sealed and storage["y"].attrs["k"] == "v" and "x" not in storage


def test_a_snapshot_stands_still(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    with storage.snapshot() as snapshot:
        storage["x"] = np.zeros(3)
        storage["y"] = b"1"
        assert list(snapshot) == ["x"] and snapshot["x"].tolist() == list(range(10))
        number = snapshot.id
        assert snapshot.refresh() and snapshot.id > number and list(snapshot) == ["x", "y"]
        assert not snapshot.refresh()
        assert str(snapshot.id) in repr(snapshot)
    assert snapshot.closed and "closed" in repr(snapshot)
    with pytest.raises(deltos.ClosedError):
        list(snapshot)
    snapshot.close()


def test_the_same_thread_is_not_kept_waiting_for_itself(storage: deltos.Storage) -> None:
    with storage.transaction() as transaction:
        transaction["a"] = b"1"
        with pytest.raises(deltos.BusyError):
            storage["b"] = b"1"
        with pytest.raises(BlockingIOError):
            storage.transaction()
    storage["b"] = b"1"
    assert list(storage) == ["a", "b"]


def test_another_thread_waits_for_its_turn(storage: deltos.Storage) -> None:
    entered = threading.Event()

    def other() -> None:
        entered.set()
        storage["other"] = b"1"

    with storage.transaction() as transaction:
        thread = threading.Thread(target=other)
        thread.start()
        entered.wait()
        transaction["mine"] = b"1"
        time.sleep(0.02)
        assert thread.is_alive()
    thread.join()
    assert list(storage) == ["mine", "other"]


def test_waiting_has_a_limit(storage: deltos.Storage) -> None:
    caught: list[BaseException] = []

    def other() -> None:
        try:
            storage.transaction(timeout=0.01)
        except deltos.BusyError as error:
            caught.append(error)

    with storage.transaction():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(caught) == 1


def test_a_forgotten_transaction_aborts(storage: deltos.Storage) -> None:
    transaction = storage.transaction()
    transaction["a"] = b"1"
    del transaction
    storage["b"] = b"1"
    assert list(storage) == ["b"]


def test_threads_share_a_storage(storage: deltos.Storage) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        try:
            barrier.wait()
            for index in range(25):
                storage[f"{number}/{index}"] = np.full(10, number * 1000 + index)
                assert storage[f"{number}/{index}"].tolist() == [number * 1000 + index] * 10
                with storage.snapshot() as snapshot:
                    assert f"{number}/{index}" in snapshot
                storage["shared"] = np.arange(index)
                _ = [memoryview(storage["shared"]) for _ in range(3)]
                if index % 5 == 4:
                    with storage.transaction() as transaction:
                        transaction.delete_prefix(f"{number}/{index}")
        except BaseException as failure:
            failures.append(failure)
            raise

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(storage) == 8 * 20 + 1
    assert storage.verify() == []
    storage.close()


def test_closing_while_threads_read_is_safe(path: Path) -> None:
    with deltos.open(path, "x") as storage:
        storage["x"] = np.arange(100)
    storage = deltos.open(path)
    seen: list[type] = []
    started = threading.Barrier(5)

    def work() -> None:
        started.wait()
        while True:
            try:
                assert storage["x"].tobytes() == np.arange(100).tobytes()
                assert "x" in storage
                time.sleep(0.001)  # so that there are moments without an export, in which it can be closed
            except deltos.Error as error:
                seen.append(type(error))
                if storage.closed:
                    return

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    started.wait()
    time.sleep(0.05)
    while not storage.closed:
        try:
            storage.close()
        except deltos.Error:
            continue
    for thread in threads:
        thread.join()
    assert set(seen) <= {deltos.ClosedError, deltos.BusyError}


def test_a_child_reads_on_and_does_not_write(path: Path) -> None:
    writer = deltos.open(path, "x")
    writer["x"] = np.arange(10)
    reader = deltos.open(path)
    view = np.asarray(reader["x"])
    child = os.fork()
    if child == 0:
        status = 1
        try:
            assert view[3] == 3 and reader["x"][4] == 4 and list(reader) == ["x"]
            try:
                writer["y"] = b"1"
            except deltos.ForkedError:
                status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    writer["y"] = b"1"
    assert list(reader) == ["x", "y"]
    del view
    reader.close()
    writer.close()
