"""Whole lives of a storage of deltos.compat.ptypes, beside a model of plain Python objects."""

from __future__ import annotations

import copy
import gc
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from deltos.compat.ptypes.buffer import Buffer
from deltos.compat.ptypes.storage import Storage


class Nodes(Storage):
    """A root that leads to nodes, some of which lead to further ones."""

    def populateSchema(self) -> None:
        class Node(self.schema.Structure):  # type: ignore[misc,name-defined]
            number = self.schema.Int
            value = self.schema.Float
            label = self.schema.ByteString
            data = self.define(Buffer)

        class Link(Node):
            next = Node

        class Root(Link):
            pass


class Label:
    """A byte string of the model."""

    def __init__(self, content: bytes, interned: bool) -> None:
        self.content = content
        self.interned = interned


class Model:
    """A node of the model."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.number = 0
        self.value = 0.0
        self.label: Label | None = None
        self.data: Any = None
        self.next: Model | None = None

    def reached(self) -> dict[int, Model]:
        """All nodes from here on, by identity."""
        found: dict[int, Model] = {}
        node: Model | None = self
        while node is not None and id(node) not in found:
            found[id(node)] = node
            node = node.next
        return found


class Life:
    """A storage and what it should hold."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.storage: Any = Nodes(path)
        self.model = Model("Root")
        self.interned: dict[bytes, Label] = {}

    def at(self, depth: int) -> tuple[Any, Model]:
        """A node and its model, so many steps from the root, or the last one."""
        node, model = self.storage.root, self.model
        while depth and model.next is not None:
            node, model, depth = node.next, model.next, depth - 1
        return node, model

    # ---- Steps -----------------------------------------------------------------------------------------------------

    def number(self, depth: int, number: int) -> None:
        node, model = self.at(depth)
        node.number = model.number = number

    def count(self, depth: int) -> None:
        node, model = self.at(depth)
        if model.number < 2**63 - 1:
            node.number.inc()
            model.number += 1

    def value(self, depth: int, value: float) -> None:
        node, model = self.at(depth)
        node.value.contents = model.value = value

    def label(self, depth: int, content: bytes | None) -> None:
        node, model = self.at(depth)
        node.label = content
        model.label = None if content is None else Label(content, False)

    def intern(self, depth: int, content: bytes) -> None:
        node, model = self.at(depth)
        node.label = self.storage.stringRegistry.get(content)
        model.label = self.interned.setdefault(content, Label(content, True))

    def data(self, depth: int, shape: tuple[int, ...]) -> None:
        node, model = self.at(depth)
        model.data = np.arange(float(np.prod(shape))).reshape(shape)
        node.data = model.data

    def write(self, depth: int, number: float) -> None:
        node, model = self.at(depth)
        if model.data is not None:
            np.asarray(node.data)[...] = number
            model.data[...] = number

    def new(self, depth: int, kind: str, number: int) -> None:
        node, model = self.at(depth)
        if model.kind != "Node":
            node.next = getattr(self.storage.schema, kind)(number=number, label=b"new")
            model.next = Model(kind)
            model.next.number, model.next.label = number, Label(b"new", False)

    def link(self, depth: int, other: int) -> None:
        (node, model), (target, target_model) = self.at(depth), self.at(other)
        if model.kind != "Node" and target_model is not model:
            node.next, model.next = target, target_model

    def cut(self, depth: int) -> None:
        node, model = self.at(depth)
        if model.kind != "Node":
            node.next = model.next = None

    def contents(self, depth: int, other: int) -> None:
        (node, model), (source, source_model) = self.at(depth), self.at(other)
        if model.kind == "Node" or source_model.kind != "Node":
            node.contents = source
            for name in ("number", "value", "label", "data", "next")[: 4 if model.kind == "Node" else 5]:
                setattr(model, name, getattr(source_model, name))

    def reopen(self) -> None:
        self.storage.close()
        self.storage = Storage(self.path)

    def forget(self) -> None:
        """As a process does that ends without closing."""
        self.storage._store.file.detach()
        self.storage = None
        gc.collect()
        self.storage = Storage(self.path)

    def collect(self) -> None:
        self.storage.root  # noqa: B018  it is an object that counts
        self.storage.collectGarbage()
        assert self.storage.collectGarbage() == 0
        nodes = self.model.reached().values()
        labels = {id(node.label) for node in nodes if node.label is not None and not node.label.interned}
        arrays = {id(node.data) for node in nodes if node.data is not None}
        expected = len(nodes) + len(labels) + len(arrays) + len(self.interned)
        assert len(self.storage._store.file) == expected

    def together(self, steps: list[Any], fails: bool) -> None:
        nodes = [*self.model.reached().values()]
        shared: dict[int, Any] = {id(node.data): node.data for node in nodes}  # memory is written at once
        before = copy.deepcopy((self.model, self.interned), shared)
        try:
            with self.storage.transaction():
                for name, arguments in steps:
                    getattr(self, name)(*arguments)
                self.check()
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            self.model, self.interned = before

    # ---- What holds after each --------------------------------------------------------------------------------------

    def check(self) -> None:
        seen: list[tuple[Any, Model]] = []
        node, model = self.storage.root, self.model
        while model is not None and not any(known is model for _, known in seen):
            self.check_node(node, model)
            assert not any(node.isSameAs(known) for known, _ in seen)
            seen.append((node, model))
            node, model = getattr(node, "next", None), model.next  # type: ignore[assignment]
        if model is None:
            assert node is None
        else:
            assert [known for known, other in seen if other is model][0].isSameAs(node)
        assert self.storage.stringRegistry.numberOfUsedEntries == len(self.interned)

    @staticmethod
    def check_node(node: Any, model: Model) -> None:
        assert node.ptype.__name__ == model.kind
        assert (node.number.contents, node.value.contents) == (model.number, model.value)
        if model.label is None:
            assert node.label is None
        else:
            assert node.label == model.label.content
        if model.data is None:
            assert node.data is None
        else:
            array = np.asarray(node.data)
            assert array.shape == model.data.shape and (array == model.data).all()

    def end(self) -> None:
        self.storage.close()
        self.storage = Storage(self.path)
        self.check()
        assert self.storage._store.file.verify() == []
        self.storage.close()


def steps_of(depths: st.SearchStrategy[int]) -> Iterator[st.SearchStrategy[Any]]:
    """Steps that may be part of a transaction."""
    numbers = st.integers(-(2**63), 2**63 - 1)
    contents = st.binary(max_size=40)
    arguments: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
        "number": (depths, numbers),
        "count": (depths,),
        "value": (depths, st.floats(allow_nan=False)),
        "label": (depths, st.none() | contents),
        "intern": (depths, contents),
        "data": (depths, st.lists(st.integers(0, 3), max_size=3).map(tuple)),
        "write": (depths, st.floats(allow_nan=False)),
        "new": (depths, st.sampled_from(["Node", "Link"]), numbers),
        "link": (depths, depths),
        "cut": (depths,),
        "contents": (depths, depths),
    }
    for name, strategies in arguments.items():
        yield st.tuples(st.just(name), st.tuples(*strategies))


STEP = st.one_of(*steps_of(st.integers(0, 4)))
TOGETHER = st.tuples(st.just("together"), st.tuples(st.lists(STEP, max_size=6), st.booleans()))
PAUSE = st.sampled_from([("reopen", ()), ("forget", ()), ("collect", ())])
ANY = st.sampled_from([STEP, STEP, STEP, TOGETHER, TOGETHER, PAUSE]).flatmap(lambda strategy: strategy)


@settings(max_examples=120)
@given(st.lists(ANY, max_size=25))
def test_a_storage_lives_as_its_model_does(steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        life = Life(Path(directory) / "life.deltos")
        for name, arguments in steps:
            getattr(life, name)(*arguments)
            life.check()
        life.end()
