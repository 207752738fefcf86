"""Sorted maps: beside sortedcontainers, in transactions and snapshots, by threads and by processes."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sortedcontainers import SortedDict  # type: ignore[import-untyped]

import deltos
from reading_threads import reading_threads

TEXTS = st.one_of(st.text(max_size=6), st.text("aé漢🌳\0", max_size=12))
KEYS: dict[str, tuple[Any, Any]] = {
    "str": (str, TEXTS),
    "bytes": (bytes, st.one_of(st.binary(max_size=6), st.binary(max_size=1024))),
    "int": (int, st.one_of(st.integers(0, 30), st.integers(0, 2**64 - 1))),
}
VALUES = st.one_of(st.binary(max_size=20), st.binary(min_size=900, max_size=3000))


def encoded(key: Any) -> Any:
    """What keys are compared by."""
    return key.encode() if isinstance(key, str) else key


def model_of(pairs: Any) -> Any:
    """What sortedcontainers makes of the same."""
    return SortedDict(encoded, pairs)


def irange(model: Any, *arguments: Any, **options: Any) -> list[Any]:
    return list(model.irange(*arguments, **options))


# ---- Beside sortedcontainers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_map_and_its_ranges_are_what_sortedcontainers_has(key: str, data: st.DataObject) -> None:
    kind, keys = KEYS[key]
    pairs = data.draw(st.dictionaries(keys, VALUES, max_size=40))
    with deltos.anonymous(durability="async") as storage:
        model, found = model_of(pairs), deltos.SortedMap.create(storage, "m", pairs, key=kind)
        assert list(found.items()) == list(model.items()) and len(found) == len(model)
        assert list(found) == list(model) and list(reversed(found)) == list(reversed(model))
        assert list(found.values()) == list(model.values()) and found == pairs
        assert list(reversed(found.items())) == list(reversed(model.items()))
        for _ in range(4):
            ends = data.draw(st.none() | keys), data.draw(st.none() | keys)
            inclusive, reverse = data.draw(st.tuples(st.booleans(), st.booleans())), data.draw(st.booleans())
            empty = None not in ends and encoded(ends[0]) > encoded(ends[1])
            expected = [] if empty else irange(model, *ends, inclusive=inclusive, reverse=reverse)
            part = found.range(*ends, inclusive=inclusive, reverse=reverse)
            assert list(part) == expected and len(part) == len(expected) == found.count(*ends, inclusive=inclusive)
            assert list(part.items()) == [(each, model[each]) for each in expected]
            assert list(reversed(part)) == expected[::-1] and part == {each: model[each] for each in expected}
            assert all((each in part) == (each in expected) for each in [*pairs, *filter(None, ends)])
        at = data.draw(keys)
        assert [found.ceiling(at), found.higher(at), found.floor(at), found.lower(at)] == [
            next(((each, model[each]) for each in irange(model, at)), None),
            next(((each, model[each]) for each in irange(model, at, inclusive=(False, False))), None),
            next(((each, model[each]) for each in irange(model, None, at, reverse=True)), None),
            next(((each, model[each]) for each in irange(model, None, at, (True, False), reverse=True)), None),
        ]
        assert found.first() == (model.peekitem(0) if model else None)
        assert found.last() == (model.peekitem() if model else None)
        wanted = [*model, at]
        assert found.get_many(wanted, b"-") == [model.get(each, b"-") for each in wanted]
        del found, part


@pytest.mark.parametrize("key", ["str", "bytes"])
@settings(max_examples=30)
@given(data=st.data())
def test_prefixes_are_those_of_the_keys(key: str, data: st.DataObject) -> None:
    kind, keys = KEYS[key]
    pairs = data.draw(st.dictionaries(keys, VALUES, max_size=40))
    prefix = data.draw(st.sampled_from([each[:1] for each in pairs] or [kind()]))
    with deltos.anonymous(durability="async") as storage:
        found = deltos.SortedMap.create(storage, "m", pairs, key=kind)
        expected = sorted((each for each in pairs if each.startswith(prefix)), key=encoded)
        part = found.prefix(prefix)
        assert list(part) == expected and len(part) == len(expected) and all(each in part for each in expected)
        assert list(found.prefix(prefix, reverse=True)) == expected[::-1]
        del found, part


class Beside(RuleBasedStateMachine):
    """Changes one by one and many at a time, committed or not, beside a SortedDict."""

    def __init__(self) -> None:
        super().__init__()
        self.storage = deltos.anonymous(durability="async")
        self.found = deltos.SortedMap.create(self.storage, "m")
        self.model: Any = model_of({})
        self.before: Any = None
        self.transaction: Any = None

    def inside(self) -> Any:
        return self.found if self.transaction is None else self.transaction["m"]

    @rule(key=TEXTS, value=VALUES)
    def put(self, key: str, value: bytes) -> None:
        self.inside()[key] = value
        self.model[key] = value

    @rule(pairs=st.lists(st.tuples(TEXTS, VALUES), max_size=30))
    def update(self, pairs: list[tuple[str, bytes]]) -> None:
        self.inside().update(pairs)
        self.model.update(pairs)

    @rule(key=TEXTS)
    def pop(self, key: str) -> None:
        assert self.inside().pop(key, None) == self.model.pop(key, None)

    @rule(data=st.data())
    @precondition(lambda self: self.model)
    def delete(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(list(self.model)))
        del self.inside()[key]
        del self.model[key]

    @rule(last=st.booleans())
    @precondition(lambda self: self.model)
    def popitem(self, last: bool) -> None:
        assert self.inside().popitem(last) == self.model.popitem(-1 if last else 0)

    @rule(key=TEXTS, value=VALUES)
    def setdefault(self, key: str, value: bytes) -> None:
        assert self.inside().setdefault(key, value) == self.model.setdefault(key, value)

    @rule(ends=st.tuples(TEXTS, TEXTS))
    def delete_range(self, ends: tuple[str, str]) -> None:
        start, stop = sorted(ends, key=encoded)
        gone = irange(self.model, start, stop, (True, False))
        del self.inside()[start:stop]
        for key in gone:
            del self.model[key]

    @rule()
    @precondition(lambda self: self.transaction is None)
    def begin(self) -> None:
        self.before, self.transaction = self.model.copy(), self.storage.transaction()

    @rule()
    @precondition(lambda self: self.transaction is not None)
    def commit(self) -> None:
        self.transaction.commit()
        self.transaction = None

    @rule()
    @precondition(lambda self: self.transaction is not None)
    def abort(self) -> None:
        self.transaction.abort()
        self.model, self.transaction = self.before, None

    @invariant()
    def same(self) -> None:
        assert list(self.inside().items()) == list(self.model.items())
        if self.transaction is not None:
            assert list(self.found.items()) == list(self.before.items())

    def teardown(self) -> None:
        if self.transaction is not None:
            self.transaction.abort()
        assert self.storage.verify() == []
        self.storage.detach()


TestBeside = Beside.TestCase
TestBeside.settings = settings(max_examples=30, stateful_step_count=25)


# ---- Keys and values -------------------------------------------------------------------------------------------------


def test_keys_have_a_kind_and_a_limit(storage: deltos.Storage) -> None:
    texts = deltos.SortedMap.create(storage, "t")
    texts[""], texts["é" * 512] = b"empty", b""
    assert texts[""] == b"empty" and texts["é" * 512] == b"" and len(texts) == 2
    with pytest.raises(OverflowError, match="at most 1,?024"):
        texts["x" * 1025] = b""
    assert "x" * 1025 not in texts and list(texts.range("", "x" * 2000)) == [""]
    for stranger in (b"x", 5, None, "\ud800"):
        assert stranger not in texts and texts.get(stranger) is None
        with pytest.raises(KeyError):
            del texts[stranger]
        with pytest.raises((TypeError, ValueError)):
            texts[stranger] = b""
    with pytest.raises(TypeError, match="unhashable"):
        texts[[]]
    numbers = deltos.SortedMap.create(storage, "n", {2**64 - 1: b"max", 0: b"min"}, key=int)
    assert numbers[0.0] == b"min" == numbers[False] and list(numbers) == [0, 2**64 - 1]
    with pytest.raises(OverflowError):
        numbers[-1] = b""
    with pytest.raises(TypeError, match="no prefix"):
        numbers.prefix(1)
    with pytest.raises(ValueError, match="str, bytes and int"):
        deltos.SortedMap.create(storage, "o", key=object)
    with pytest.raises(ValueError, match="no step"):
        texts["a":"b":2]


def test_values_are_bytes_or_objects_of_the_storage(storage: deltos.Storage) -> None:
    found = deltos.SortedMap.create(storage, "m")
    storage["x"] = np.arange(3)
    found["x"], found["y"], found["z"] = storage["x"], bytearray(b"ab"), np.array([1], "u2")
    assert np.asarray(found["x"]).tolist() == [0, 1, 2] and found["y"] == b"ab" and found["z"] == b"\1\0"
    storage.put("tree", {"a": [1]})
    found["tree"] = deltos.Reference(storage.list()[1].id)
    records = storage.create_records("r", {"n": int}, [(1,)])
    found.update({"records": records, "map": deltos.HashMap.build(storage, "h", {"k": 1}), "sorted": found})
    assert found["records"][0].n == 1 and found["map"]["k"] == 1 and found["sorted"]["y"] == b"ab"
    assert dict(found.items())["records"][0].n == 1 and found.info.objects == 5
    storage.rename("x", "renamed")
    assert found["x"].name == "renamed"
    del storage["renamed"]
    with pytest.raises(deltos.NotFoundError):
        found["x"]
    for wrong in ("text", 5, None, [1]):
        with pytest.raises(TypeError, match="values of a sorted map are bytes"):
            found["w"] = wrong
    huge = bytes(range(256)) * 65536
    found["huge"] = huge
    assert found["huge"] == huge
    with pytest.raises(OverflowError):
        found["huge"] = huge + b"x"
    assert found["huge"] == huge
    del records


def test_columns_are_put_and_loaded_without_a_loop(storage: deltos.Storage) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    count = 5000
    names, numbers = [f"{k:05}" for k in range(count)], np.arange(count, dtype="u8")
    loaded = deltos.SortedMap.create(storage, "l")
    loaded.load(pyarrow.array(names), pyarrow.array(names))
    assert list(loaded.items()) == [(name, name.encode()) for name in names]
    with pytest.raises(ValueError):
        loaded.load(names[-1:], [b""])
    with pytest.raises(IndexError):
        loaded.load(["00000"], [b""])
    by_id = deltos.SortedMap.create(storage, "i", key=int)
    by_id.put_many(numbers[::-1], numbers[::-1] * 2)
    assert np.frombuffer(b"".join(by_id.values()), "u8").tolist() == (numbers * 2).tolist()
    assert by_id.get_many(numbers[:3]) == [bytes([2 * k, *[0] * 7]) for k in range(3)]
    by_id.put_many([1, 2], [b"one", b"two"])
    assert (by_id[1], by_id[2], len(by_id)) == (b"one", b"two", count)
    with pytest.raises(TypeError, match="different lengths"):
        by_id.put_many([1], [b"", b""])


# ---- Transactions and snapshots --------------------------------------------------------------------------------------


def test_a_change_is_a_transaction_of_its_own_or_part_of_one(storage: deltos.Storage) -> None:
    found = deltos.SortedMap.create(storage, "m", {"a": b"1"})
    with storage.snapshot() as before:
        old = before["m"]
        with storage.transaction() as transaction:
            inside = transaction["m"]
            inside["b"] = b"2"
            assert inside["b"] == b"2" and "b" not in found and "b" not in old
        found["c"] = b"3"
        assert list(found) == list(inside) == ["a", "b", "c"] and list(old) == ["a"]
        old["d"] = b"4"  # goes into the storage, which the snapshot does not show
        assert "d" in found and "d" not in old
    assert list(old) == ["a", "b", "c", "d"]
    with pytest.raises(ZeroDivisionError), storage.transaction() as transaction:
        transaction["m"].clear()
        1 / 0
    assert len(found) == 4
    with pytest.raises(TypeError):
        found.update({"e": b"5", "f": 6})
    assert "e" not in found
    with storage.transaction() as transaction:
        with pytest.raises(deltos.BusyError):
            found["x"] = b""


def test_a_walk_shows_one_state_of_a_storage_and_the_latest_of_a_transaction(storage: deltos.Storage) -> None:
    pairs = {f"{k:04}": b"x" * 200 for k in range(1000)}
    found = deltos.SortedMap.create(storage, "m", pairs)
    walk = iter(found)
    first = next(walk)
    found.clear()
    assert [first, *walk] == list(pairs) and len(found) == 0 and list(found) == []
    found.update(pairs)
    with storage.transaction() as transaction:
        inside = transaction["m"]
        seen = []
        for key in inside:
            seen.append(key)
            inside.pop("0999", None)
        assert seen == list(pairs)[:-1]
        held = iter(inside)
        next(held)
    with pytest.raises((deltos.StaleError, deltos.ClosedError)):
        list(held)


def test_a_map_is_deleted_renamed_and_shown(path: Path) -> None:
    with deltos.open(path, "x") as storage:
        found = deltos.SortedMap.create(storage, "m", {"<a>": b"1"})
        assert repr(found) == "<deltos.SortedMap 'm': 1 pairs, keys are str>" and "&lt;a&gt;" in found._repr_html_()
        assert repr(found.range("a")) == "<deltos.SortedRange: 0 of the 1 pairs>"
        assert isinstance(found, MutableMapping) and found.info.pairs == 1 and found.info.key == "str"
        assert found.storage is storage and found.id == storage["m"].id
        found.attrs["unit"] = "m"
        assert storage["m"].attrs["unit"] == "m"
        storage.rename("m", "n")
        assert found["<a>"] == b"1"
        assert pickle.loads(pickle.dumps(storage["n"])) == found == {"<a>": b"1"} and found != {"<a>": b"2"}
        with pytest.raises(deltos.ExistsError):
            deltos.SortedMap.create(storage, "n")
        with pytest.raises(TypeError, match="SortedMap.create"):
            deltos.SortedMap({})
        del storage["n"]
        with pytest.raises(deltos.StaleError):
            found["<a>"]
        found.release()
        with pytest.raises(deltos.ClosedError):
            len(found)
        assert storage.verify() == []
        gc.collect()


def test_an_empty_map(storage: deltos.Storage) -> None:
    found = deltos.SortedMap.create(storage, "m")
    assert not found and found.first() is None and found.last() is None and found == {}
    assert found.pop("a", 5) == 5 and found.range().clear() == 0
    for use in (lambda: found.pop("a"), found.popitem, lambda: found["a"], lambda: found.__delitem__("a")):
        with pytest.raises(KeyError):
            use()


# ---- Threads and processes -------------------------------------------------------------------------------------------


def test_threads_read_while_one_writes(storage: deltos.Storage) -> None:
    found = deltos.SortedMap.create(storage, "m", {"a": b"0", "z": b"0"})

    def read() -> None:
        values = list(found.values())
        assert len(set(values)) == 1, values

    with reading_threads(read, 3):
        for turn in range(1, 60):
            value = str(turn).encode()
            found.update({key: value for key in ("a", "z", f"k{turn % 7}")} | dict.fromkeys(found, value))


READER = """
import sys, deltos
with deltos.open(sys.argv[1]) as storage:
    found = storage["m"]
    for line in sys.stdin:
        print(found[line.strip()].decode(), len(found), flush=True)
    found.release()
"""


def test_another_process_sees_what_is_committed(path: Path) -> None:
    with deltos.open(path, "x", durability="async") as storage:
        found = deltos.SortedMap.create(storage, "m")
        command = [sys.executable, "-c", READER, str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdin is not None and other.stdout is not None
            for turn in range(5):
                found[f"key {turn}"] = f"value {turn}".encode()
                print(f"key {turn}", file=other.stdin, flush=True)
                assert other.stdout.readline() == f"value {turn} {turn + 1}\n"
            other.stdin.close()
            assert other.wait() == 0
