"""A storage driven at random, against plain dicts: contents, attributes, seals, snapshots, transactions, reopening."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import deltos

NAMES = st.sampled_from(["a", "b", "a/b", "a/b/c", "z", "é"])
KEYS = st.sampled_from(["k", "unit", "ключ"])
VALUES = arrays.arrays(
    dtype=st.sampled_from(["u1", "i4", "f8", "c16", "S3", "U2", ">i2"]),
    shape=arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
)
LARGE = st.integers(1, 5).map(lambda pages: np.arange(pages * 700, dtype="i8"))
ATTRIBUTES = st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(max_size=20), st.binary(max_size=20), st.booleans())
DURABILITIES = st.sampled_from(["sync", "lazy", "async"])


class Item:
    """What the model knows of a buffer. A store in place is seen by every state that shows the same content."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = np.array(values, order="C")
        self.attributes: dict[str, object] = {}
        self.sealed = False

    def copy(self) -> Item:
        other = Item.__new__(Item)
        other.values, other.sealed = self.values, self.sealed
        other.attributes = dict(self.attributes)
        return other


State = dict[str, Item]


def copied(state: State) -> State:
    return {name: item.copy() for name, item in state.items()}


class StorageMachine(RuleBasedStateMachine):
    """Rules act on the storage and on the model alike."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="deltos-model-"))
        self.path = self.directory / "model.deltos"
        self.storage = deltos.open(self.path, "x", durability="async")
        self.committed: State = {}
        self.transaction: deltos.Transaction | None = None
        self.pending: State = {}
        self.snapshots: list[tuple[deltos.Snapshot, State]] = []
        self.views: list[tuple[np.ndarray, np.ndarray]] = []
        self.reader: deltos.Storage | None = None

    def teardown(self) -> None:
        if self.transaction is not None:
            self.transaction.abort()
        self.views.clear()
        for snapshot, _ in self.snapshots:
            snapshot.close()
        if self.reader is not None:
            self.reader.close()
        assert self.storage.verify() == []
        self.storage.close()
        shutil.rmtree(self.directory)

    @property
    def target(self) -> deltos.Writer:
        return self.storage if self.transaction is None else self.transaction

    @property
    def state(self) -> State:
        return self.committed if self.transaction is None else self.pending

    # ---- Changes of structure ------------------------------------------------------------------------------------

    @rule(name=NAMES, values=st.one_of(VALUES, LARGE))
    def assign(self, name: str, values: np.ndarray) -> None:
        self.target[name] = values
        item = Item(values)
        if name in self.state:
            item.attributes = self.state[name].attributes
        self.state[name] = item

    @rule(name=NAMES, shape=arrays.array_shapes(min_side=0), dtype=st.sampled_from(["f4", "i8"]))
    def create(self, name: str, shape: tuple[int, ...], dtype: str) -> None:
        if name in self.state:
            with pytest.raises(deltos.ExistsError):
                self.target.create(name, shape=shape, dtype=dtype)
        else:
            self.target.create(name, shape=shape, dtype=dtype)
            self.state[name] = Item(np.zeros(shape, dtype))

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        if self.state.pop(name, None) is None:
            with pytest.raises(KeyError):
                del self.target[name]
        else:
            del self.target[name]

    @rule(prefix=st.sampled_from(["a", "a/", "z"]))
    def delete_prefix(self, prefix: str) -> None:
        gone = [name for name in self.state if name.startswith(prefix)]
        assert self.target.delete_prefix(prefix) == len(gone)
        for name in gone:
            del self.state[name]

    @rule(old=NAMES, new=NAMES, replace=st.booleans())
    def rename(self, old: str, new: str, replace: bool) -> None:
        if old not in self.state:
            with pytest.raises(KeyError):
                self.target.rename(old, new, replace=replace)
        elif new in self.state and new != old and not replace:
            with pytest.raises(deltos.ExistsError):
                self.target.rename(old, new, replace=replace)
        elif old != new:
            self.target.rename(old, new, replace=replace)
            self.state[new] = self.state.pop(old)

    @rule(name=NAMES, key=KEYS, value=ATTRIBUTES)
    def set_attribute(self, name: str, key: str, value: Any) -> None:
        if name in self.state:
            self.target[name].attrs[key] = value
            self.state[name].attributes[key] = value

    @rule(name=NAMES, key=KEYS)
    def delete_attribute(self, name: str, key: str) -> None:
        if name in self.state:
            if self.state[name].attributes.pop(key, None) is None:
                with pytest.raises(KeyError):
                    del self.target[name].attrs[key]
            else:
                del self.target[name].attrs[key]

    @rule(name=NAMES)
    def seal(self, name: str) -> None:
        if name not in self.state or self.state[name].sealed:
            return
        try:
            self.target[name].seal()
        except deltos.PinnedError:
            assert self.views  # of it, or of a neighbour in the file
            return
        self.state[name].sealed = True

    @rule(name=NAMES)
    def unseal(self, name: str) -> None:
        if name in self.state and self.state[name].sealed:
            self.target[name].unseal()
            self.state[name].values = self.state[name].values.copy()
            self.state[name].sealed = False

    # ---- Stores in place, and views ------------------------------------------------------------------------------

    @rule(name=NAMES)
    def store_in_place(self, name: str) -> None:
        item = self.state.get(name)
        if item is None or item.values.dtype.kind not in "iufc" or item.values.size == 0:
            return
        if item.sealed:
            with pytest.raises(ValueError):
                self.target[name][...] = 7
        else:
            self.target[name][...] = 7
            item.values[...] = 7

    @rule(name=NAMES)
    def take_a_view(self, name: str) -> None:
        if name in self.state and len(self.views) < 8:
            array = np.asarray(self.target[name])
            self.views.append((array, self.state[name].values))

    @precondition(lambda self: self.views)
    @rule()
    def drop_a_view(self) -> None:
        self.views.pop(0)

    # ---- Transactions, snapshots, reopening ----------------------------------------------------------------------

    @precondition(lambda self: self.transaction is None)
    @rule(durability=DURABILITIES)
    def begin(self, durability: str) -> None:
        self.transaction = self.storage.transaction(durability=durability)
        self.pending = copied(self.committed)

    @precondition(lambda self: self.transaction is not None)
    @rule()
    def commit(self) -> None:
        assert self.transaction is not None
        self.transaction.commit()
        self.transaction, self.committed = None, self.pending

    @precondition(lambda self: self.transaction is not None)
    @rule()
    def abort(self) -> None:
        assert self.transaction is not None
        self.transaction.abort()
        self.transaction = None

    @rule()
    def take_a_snapshot(self) -> None:
        if len(self.snapshots) < 3:
            self.snapshots.append((self.storage.snapshot(), copied(self.committed)))

    @precondition(lambda self: self.snapshots)
    @rule(refresh=st.booleans())
    def end_a_snapshot(self, refresh: bool) -> None:
        snapshot, _ = self.snapshots.pop(0)
        if refresh:
            snapshot.refresh()
            self.snapshots.append((snapshot, copied(self.committed)))
        else:
            snapshot.close()

    @precondition(lambda self: self.transaction is None)
    @rule(detach=st.booleans())
    def reopen(self, detach: bool) -> None:
        if self.views and not detach:
            with pytest.raises(deltos.PinnedError):
                self.storage.close()
            return
        for snapshot, _ in self.snapshots:
            snapshot.close()
        self.snapshots.clear()
        if detach:
            self.views.clear()
            self.storage.detach()
        else:
            self.storage.close()
        self.storage = deltos.open(self.path, "r+", durability="async")

    @rule()
    def open_or_close_a_reader(self) -> None:
        if self.reader is None:
            self.reader = deltos.open(self.path)
        else:
            self.reader.close()
            self.reader = None

    # ---- What must hold --------------------------------------------------------------------------------------------

    @invariant()
    def every_state_is_as_the_model_says(self) -> None:
        self.check(self.storage, self.committed)
        if self.transaction is not None:
            self.check(self.transaction, self.pending)
        if self.reader is not None:
            self.check(self.reader, self.committed)
        for snapshot, state in self.snapshots:
            self.check(snapshot, state)
        for array, values in self.views:
            assert array.tobytes() == values.tobytes()

    def check(self, reader: deltos.Reader, state: State) -> None:
        assert list(reader) == sorted(state, key=str.encode)
        assert len(reader) == len(state)
        for name, item in state.items():
            buffer = reader[name]
            assert buffer.shape == item.values.shape and buffer.dtype == item.values.dtype
            assert buffer.sealed == item.sealed
            assert buffer.tobytes() == item.values.tobytes()
            assert dict(buffer.attrs) == item.attributes


TestStorage = StorageMachine.TestCase
TestStorage.settings = hypothesis.settings(max_examples=1000 if os.environ.get("DELTOS_LONG") else 60, stateful_step_count=40)
