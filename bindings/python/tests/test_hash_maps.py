"""Hash maps: what is built is found again, by every key, in every shape, and beside a dict that holds the same."""

from __future__ import annotations

import dataclasses
import datetime as dt
import doctest
import functools
import gc
import pickle
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import deltos
from reading_threads import reading_threads

TEXTS = st.one_of(st.text(max_size=12), st.text("aé漢🌳\0", max_size=40))
NUMBERS = st.one_of(st.integers(0, 20), st.integers(0, 2**64 - 1))
OBJECTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    TEXTS,
    st.binary(max_size=12),
    st.tuples(st.integers(0, 3), TEXTS),
)
KEYS: dict[str, tuple[Any, Any]] = {
    "str": (str, TEXTS),
    "bytes": (bytes, st.binary(max_size=40)),
    "int": (int, NUMBERS),
    "object": (object, OBJECTS),
}
VALUES: dict[str, tuple[Any, Any]] = {
    "str": (str, TEXTS),
    "bytes": (bytes, st.binary(max_size=300)),
    "int": (int, NUMBERS),
    "object": (object, st.one_of(OBJECTS, st.lists(OBJECTS, max_size=3))),
    "record": ({"n": int, "s": str}, st.tuples(st.integers(-9, 9), TEXTS)),
}


@dataclasses.dataclass
class City:
    name: str
    people: int
    founded: dt.date | None


CITIES = [City("Ulm", 126405, dt.date(854, 7, 22)), City("Genf", 203856, None), City("Ourém", 49269, None)]


def plain(thing: Any) -> Any:
    """A value as what it was made of."""
    copy = thing.to_python() if hasattr(thing, "to_python") else thing
    return tuple(copy.values()) if isinstance(thing, deltos.Record) else copy


def built(items: Any, **options: Any) -> deltos.HashMap:
    """A map in memory."""
    return deltos.unpack_map(deltos.pack_map(items, **options))


# ---- Beside a dict ---------------------------------------------------------------------------------------------------


def agree(found: deltos.HashMap, model: Mapping[Any, Any], absent: list[Any]) -> None:
    """A map and a dict say the same, however they are asked."""
    assert len(found) == len(model)
    assert {key: plain(value) for key, value in found.items()} == model
    assert set(found) == set(found.keys()) == set(model)
    assert len(list(found.values())) == len(model)
    keys = list(model)
    assert [plain(found[key]) for key in keys] == [model[key] for key in keys]
    assert [plain(value) for value in found.get_many(keys)] == [model[key] for key in keys]
    assert found.contains_many([*keys, *absent]).tolist() == [key in model for key in [*keys, *absent]]
    for key in absent:
        assert (key in found) == (key in model)
        assert plain(found.get(key, "none")) == model.get(key, "none")
    found.verify()


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=15)
@given(data=st.data())
def test_a_map_is_what_a_dict_is(key: str, value: str, data: st.DataObject) -> None:
    model = data.draw(st.dictionaries(KEYS[key][1], VALUES[value][1], max_size=60))
    absent = data.draw(st.lists(KEYS[key][1], max_size=8))
    agree(built(model, key=KEYS[key][0], value=VALUES[value][0]), model, absent)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=15)
@given(data=st.data())
def test_a_multimap_has_all_values_of_a_key_in_order(key: str, value: str, data: st.DataObject) -> None:
    pairs = data.draw(st.lists(st.tuples(KEYS[key][1], VALUES[value][1]), max_size=60))
    model: dict[Any, list[Any]] = {}
    found = built(pairs, key=KEYS[key][0], value=VALUES[value][0], multi=True)
    for one, other in ((found.get_all(each), each) for each, _ in pairs):
        assert [plain(item) for item in one] == [item for each, item in pairs if type(each) is type(other) and each == other]
    if key != "object":  # of which Python takes some for the same
        for each, item in pairs:
            model.setdefault(each, []).append(item)
        assert len(found) == len(model) and found.pairs == len(pairs)
        assert {each: [plain(item) for item in items] for each, items in found.items()} == model
        assert [[plain(item) for item in items] for items in found.get_many(list(model))] == list(model.values())
        firsts = [plain(item) for item in found.get_many(list(model), first=True)]
        assert firsts == [items[0] for items in model.values()] == [plain(found.get_first(each)) for each in model]
        assert sorted((each, str(plain(item))) for each, item in found.all_items()) == sorted(
            (each, str(item)) for each, item in pairs
        )
    found.verify()


@settings(max_examples=30)
@given(pairs=st.lists(st.tuples(TEXTS, NUMBERS), max_size=60))
def test_an_approximate_map_has_what_its_keys_had(pairs: list[tuple[str, int]]) -> None:
    found = built(pairs, key=str, value=int, approximate=True)
    for key, _ in pairs:
        assert found.get_all(key) == found[key] == [value for each, value in pairs if each == key]
    assert found.pairs == len(pairs) and len(found) == len(dict(pairs))
    assert len(found.keys_array()) == found.pairs == len(found.values_array())
    for walk in (found.keys, found.items):
        with pytest.raises(deltos.UnsupportedError, match="only their hashes"):
            list(walk())
    assert sorted(value for values in found.values() for value in values) == sorted(value for _, value in pairs)


@settings(max_examples=30)
@given(pairs=st.lists(st.tuples(st.sampled_from("abcdefgé"), NUMBERS), max_size=30))
def test_the_first_or_the_last_of_equal_keys_counts(pairs: list[tuple[str, int]]) -> None:
    assert built(pairs, key=str, value=int, duplicates="last") == dict(pairs)
    assert built(pairs, key=str, value=int, duplicates="first") == dict(reversed(pairs))
    if len(dict(pairs)) < len(pairs):
        with pytest.raises(deltos.DuplicateError):
            built(pairs, key=str, value=int)


@pytest.mark.parametrize("key", ["str", "bytes", "int"])
@settings(max_examples=20)
@given(data=st.data())
def test_keys_are_sorted_as_python_sorts_them(key: str, data: st.DataObject) -> None:
    model = data.draw(st.dictionaries(KEYS[key][1], NUMBERS, max_size=60))
    found = built(model, key=KEYS[key][0], value=int)
    order = sorted(model)
    assert list(found.sorted("keys")) == order
    assert list(found.sorted("values")) == [model[each] for each in order]
    assert list(found.sorted()) == [(each, model[each]) for each in order]


def test_values_have_no_order_and_walks_have_names() -> None:
    with pytest.raises(TypeError):
        built({(1, 2): 3}, key=object).sorted()
    with pytest.raises(ValueError, match="keys, values, items"):
        built({"a": 3}).sorted("rows")


# ---- Keys ------------------------------------------------------------------------------------------------------------


def test_keys_may_be_empty_huge_and_of_any_script(storage: deltos.Storage) -> None:
    huge = "漢" * (1 << 20)
    model = {"": b"nothing", huge: b"x" * (1 << 20), huge + "x": b"", "é": b"1", "e\u0301": b"2", "\0": b"3", "🌳": b"4"}
    found = deltos.HashMap.build(storage, "m", model)
    assert found == model and storage["m"] == model and model == storage["m"]
    assert found[huge] == b"x" * (1 << 20)
    assert "漢" * 1000 not in found and "\ud800" not in found
    assert found.get_many(["é", huge, ""]) == [b"1", model[huge], b"nothing"]


def test_what_cannot_be_a_key_is_absent_and_what_cannot_be_hashed_is_refused() -> None:
    for found, strangers in (
        (built({"a": 1}), (b"a", 5, None, ("a",), 1.5)),
        (built({b"a": 1}), ("a", 5, None, ("a",))),
        (built({1: 1}), ("a", -1, 2**64, 1.5, None, float("nan"), (1,))),
        (built({(1, "a"): 1}, key=object), ((1,), "a", object(), float("nan"))),
    ):
        for stranger in strangers:
            assert stranger not in found and found.get(stranger) is None and found.get_all(stranger) == []
            assert found.contains_many([stranger, *found]).tolist() == [False, True]
            with pytest.raises(KeyError) as caught:
                found[stranger]
            assert caught.value.args == (stranger,) and type(caught.value) is KeyError
        for lookup in (found.__getitem__, found.__contains__, found.get, found.get_all):
            with pytest.raises(TypeError, match="unhashable"):
                lookup([])


def test_numbers_are_found_by_all_that_equals_them() -> None:
    found = built({1: 10, 2**64 - 1: 20, 2**53: 30})
    assert found[True] == found[1.0] == found[np.int8(1)] == found[np.uint64(1)] == 10
    assert found[2.0**53] == 30 and found[2**64 - 1] == 20
    assert found.get_many([True, 1.0, np.int16(1)]).tolist() == [10, 10, 10]
    mixed = built({1: "a", 2.5: "b", (1, 2): "c", None: "d", dt.date(2020, 1, 2): "e"}, key=object)
    assert mixed[1.0] == mixed[True] == "a" and mixed[(1.0, 2)] == "c" and mixed[None] == "d"
    assert mixed[dt.date(2020, 1, 2)] == "e" and set(mixed) == {1, 2.5, (1, 2), None, dt.date(2020, 1, 2)}
    assert mixed.get_many([1.0, (True, 2)]) == ["a", "c"]


@pytest.mark.parametrize(
    "keys",
    [
        np.array([3, 5, 4], "u8"),
        np.array([3, 5, 4], "i4"),
        np.array([4, 0, 5, 0, 3, 0], "i8")[::-2],
        np.array([3, 5, 4], ">u4"),
        np.array([3, 5, 4], object),
        [3, 5, 4],
        (3, 5, 4),
        range(3, 6),
    ],
)
def test_many_numbers_are_looked_up_at_once_from_all_that_holds_them(keys: Any) -> None:
    found = built({3: 30, 4: 40})
    expected = {3: 30, 4: 40}
    assert found.get_many(keys, 7).tolist() == [expected.get(int(key), 7) for key in list(keys)[:3]] or len(keys) > 3
    assert found.get_many(keys, 7).dtype == np.uint64
    assert found.get_many(keys, None) == [expected.get(int(key)) for key in keys]
    assert found.contains_many(keys).tolist() == [int(key) in expected for key in keys]


def test_many_texts_are_looked_up_at_once_from_all_that_holds_them() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    found, wide = built({"a": "x", "é": "y"}), ["é", "q", "a"]
    columns = [wide, np.array(wide), np.array(wide, object), pyarrow.array(wide), pyarrow.array(wide, "large_string")]
    columns += [pyarrow.chunked_array([["é"], ["q", "a"]]), pyarrow.array(["z", *wide])[1:]]
    columns += [pyarrow.array(wide).dictionary_encode()]
    for keys in columns:
        assert found.get_many(keys, None) == ["y", None, "x"]
        assert found.contains_many(keys).tolist() == [True, False, True]
    assert found.get_many(pyarrow.array(["a", None]), "-") == ["x", "-"]
    assert built({b"a": 1}).get_many(np.array([b"a", b"ab"]), 0).tolist() == [1, 0]
    assert found.get_many([]) == [] and built({1: 2}).get_many(np.array([], "u8")).tolist() == []


def test_a_key_that_is_absent_among_many_is_named() -> None:
    for found, keys, absent in (
        (built({"a": 1}), ["a", "b", "c"], "b"),
        (built({1: 1}), np.array([1, 7], "u8"), 7),
        (built({1: "x"}), [1, 8], 8),
        (built({"a": (1, "x")}, value={"n": int, "s": str}), ["z"], "z"),
    ):
        with pytest.raises(KeyError) as caught:
            found.get_many(keys)
        assert caught.value.args == (absent,)


# ---- Values ----------------------------------------------------------------------------------------------------------


def test_trees_of_objects_are_read_in_place(storage: deltos.Storage) -> None:
    tree = {"names": ["a", "b"], "when": dt.datetime(2020, 1, 2, 3), "table": np.arange(6).reshape(2, 3)}
    found = deltos.HashMap.build(storage, "m", {"x": tree, "n": None, "i": -5})
    assert found["x"]["names"][1] == "b" and found["n"] is None and found["i"] == -5
    assert np.asarray(found["x"]["table"]).tolist() == [[0, 1, 2], [3, 4, 5]]
    part = found["x"]["names"]
    found.release()
    assert list(part) == ["a", "b"] and list(pickle.loads(pickle.dumps(part))) == ["a", "b"]


def test_records_are_rows_of_one_table(storage: deltos.Storage) -> None:
    found = deltos.HashMap.build(storage, "m", ((city.name, city) for city in CITIES))
    assert found.info.value == "record" and found["Ulm"].people == 126405 and found["Genf"].founded is None
    assert [record.name for record in found.records] == ["Ulm", "Genf", "Ourém"]
    assert np.asarray(found.records.column("people")).tolist() == [126405, 203856, 49269]
    rows = found.get_many(["Ourém", "Ulm", "nowhere", "Ulm"], default=None)
    assert [row and row.people for row in rows] == [49269, 126405, None, 126405]
    assert len(rows) == 4 and rows[1] == found["Ulm"] and rows[2] is None and rows[-1].name == "Ulm"
    assert rows.table is found.records and rows.numbers.tolist() == [2, 0, 2**64 - 1, 0]
    assert rows[:2].column("people").tolist() == [49269, 126405]
    with pytest.raises(ValueError, match="absent"):
        rows.column("people")
    with pytest.raises(deltos.UnsupportedError, match="no storage"):
        found.records.name
    assert pickle.loads(pickle.dumps(found.records)).to_python() == found.records.to_python()
    assert pickle.loads(pickle.dumps(found["Ulm"])).people == 126405


def test_a_schema_or_what_one_is_made_of_says_what_values_are(storage: deltos.Storage) -> None:
    schema = deltos.Schema({"n": "int32", "s": deltos.Slot(str, nullable=True)})
    for options in ({"schema": schema}, {"value": schema}, {"schema": {"n": "int32", "s": str | None}}):
        found = built({"a": (1, None), "b": {"n": 2, "s": "x"}}, **options)
        assert (found["a"].n, found["a"].s, found["b"].n, found["b"].s) == (1, None, 2, "x")
    again = built({key: record for key, record in found.items()})
    assert again.records.schema == found.records.schema and again["b"].s == "x"
    with pytest.raises(ValueError, match="same thing"):
        built({}, value=int, schema=schema)


def test_numbers_are_columns_without_a_copy(storage: deltos.Storage) -> None:
    model = {random.Random(3).randrange(2**64) + k: k * k for k in range(1000) if k}
    found = deltos.HashMap.build(storage, "m", model)
    keys, values = np.asarray(found.keys_array()), np.asarray(found.values_array())
    assert keys.dtype == values.dtype == np.uint64 and not keys.flags.writeable
    assert dict(zip(keys.tolist(), values.tolist())) == model
    assert found.get_many(keys).tolist() == values.tolist()
    del keys, values
    with pytest.raises(BufferError):
        built({"a": 1}).keys_array()


def test_equal_values_are_stored_once_on_request() -> None:
    model = {k: "x" * 1000 for k in range(200)}
    small, large = deltos.pack_map(model, deduplicate=True), deltos.pack_map(model)
    assert len(small) < len(large) // 10
    assert deltos.unpack_map(small) == model


# ---- What goes in ----------------------------------------------------------------------------------------------------


def test_kinds_are_inferred_from_the_first_pairs() -> None:
    for model, kinds in (
        ({"a": 1}, ("str", "int")),
        ({b"a": b"b"}, ("bytes", "bytes")),
        ({1: "x"}, ("int", "str")),
        ({-1: -1}, ("object", "object")),
        ({1: True, "a": 2}, ("object", "object")),
        ({(1, 2): [3]}, ("object", "object")),
        ({}, ("str", "object")),
        ({"a": CITIES[0]}, ("str", "record")),
    ):
        found = built(model)
        assert (found.info.key, found.info.value) == kinds
        assert len(found) == len(model)


def wrong_at(number: int, good: Any, bad: Any) -> list[Any]:
    """Pairs, one of which does not fit."""
    pairs = [(good[0] + str(k) if isinstance(good[0], str) else k, good[1]) for k in range(3000)]
    pairs[number] = bad
    return pairs


@pytest.mark.parametrize(
    ("good", "bad", "says", "error"),
    [
        (("a", 1), (5, 1), "keys of this map are str, not int; say key=object", TypeError),
        (("a", 1), ("x", -1), "values of this map are from 0 to 2", OverflowError),
        (("a", 1), ("x", "y"), "values of this map are int from 0 to 2", TypeError),
        (("a", "x"), ("x", None), "values of this map are str, not NoneType", TypeError),
        (("a", "x"), ("x", "\ud800"), "surrogate", ValueError),
        ((1, b"x"), (1, "y"), "values of this map are bytes, not str", TypeError),
        ((1, b"x"), "abc", "a pair is a key and a value, not str 'abc'", TypeError),
        ((1, b"x"), 7, "a pair is a key and a value, not int 7", TypeError),
        (("a", (1, "s")), ("b", (1, 2)), "slot 's' holds str, not int", TypeError),
        (("a", (1, "s")), ("b", (1, 2, 3)), "3 values for 2 slots", TypeError),
        (("a", [1]), ("b", [object()]), "objects of type object cannot be part of a value", TypeError),
    ],
)
def test_a_pair_that_does_not_fit_is_named(good: Any, bad: Any, says: str, error: type, storage: deltos.Storage) -> None:
    schema = {"n": int, "s": str} if isinstance(good[1], tuple) else None
    for number in (100, 2500):
        with pytest.raises(error, match=f"pair {number}\\b") as caught:
            deltos.HashMap.build(storage, "m", iter(wrong_at(number, good, bad)), schema=schema)
        assert says in str(caught.value) and isinstance(caught.value, deltos.Error)
    assert "m" not in storage and len(storage) == 0


def test_keys_of_objects_are_hashable_and_a_nan_is_one() -> None:
    with pytest.raises(TypeError, match="pair 1: unhashable type: 'list'"):
        built([((1,), 1), ([1], 2)], key=object)


def test_columns_of_numpy_are_taken_as_they_are(storage: deltos.Storage) -> None:
    count = 5000
    numbers = np.arange(count)
    for keys, values in (
        (numbers, numbers.astype("u8") * 2),
        (numbers.astype("u2")[::-1], numbers[::-1] * 2),
        (numbers.tolist(), (numbers * 2).tolist()),
    ):
        found = deltos.HashMap.build(storage, "n", keys=keys, values=values, replace=True)
        assert found.info[:2] == ("int", "int") and found == {k: 2 * k for k in range(count)}
    same = np.broadcast_to(np.array([7], "u8"), count)
    assert deltos.HashMap.build(storage, "s", keys=numbers, values=same) == dict.fromkeys(range(count), 7)
    texts = np.array([f"é{k}" for k in range(count)])
    assert deltos.HashMap.build(storage, "t", keys=texts, values=numbers) == {f"é{k}": k for k in range(count)}
    fields = np.zeros(3, [("id", "u4"), ("x", "f8"), ("name", "S4")])
    fields["id"], fields["x"], fields["name"] = [7, 8, 9], [0.5, 1.5, 2.5], [b"a", b"", b"dcba"]
    found = deltos.HashMap.build(storage, "f", fields, keys="id")
    assert (found[8].x, found[9].name) == (1.5, b"dcba") and found.records.schema.names == ["x", "name"]
    assert deltos.HashMap.build(storage, "g", fields, keys="id", values="x") == {7: 0.5, 8: 1.5, 9: 2.5}
    found = deltos.HashMap.build(storage, "c", keys=["a", "b"], values={"n": np.array([1, 2]), "s": ["x", "y"]})
    assert (found["b"].n, found["b"].s) == (2, "y")
    with pytest.raises(TypeError, match="different lengths: 2, 3"):
        deltos.HashMap.build(storage, "d", keys=np.arange(3), values=np.arange(2))
    with pytest.raises(deltos.Error, match="pair 1\\b"):
        deltos.HashMap.build(storage, "d", keys=np.array([1, -1]), values=np.arange(2), key=int)
    with pytest.raises(TypeError, match="belong together"):
        deltos.HashMap.build(storage, "d", keys=np.arange(3))


def test_columns_of_arrow_are_taken_as_they_are(storage: deltos.Storage) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    count = 5000
    names, ids = [f"é{k}" for k in range(count)], list(range(count))
    table = pyarrow.table({"name": names, "id": ids, "x": [k / 2 for k in ids], "note": [None, *names[1:]]})
    chunked = pyarrow.concat_tables([table.slice(0, 10), table.slice(10)])
    for each in (table, chunked, table.to_batches()[0], table.slice(0, count)):
        assert deltos.HashMap.build(storage, "m", each, keys="name", values="id", replace=True) == dict(zip(names, ids))
        assert deltos.HashMap.build(storage, "r", each, keys="id", values="name", replace=True) == dict(zip(ids, names))
        found = deltos.HashMap.build(storage, "t", each, keys="id", replace=True)
        assert found.records.schema.names == ["name", "x", "note"]
        assert (found[7].name, found[7].x, found[7].note, found[0].note) == ("é7", 3.5, "é7", None)
    found = deltos.HashMap.build(storage, "t", table, keys="name", values=["x"], replace=True)
    assert found["é9"].x == 4.5
    found = deltos.HashMap.build(storage, "a", keys=table["name"], values=table["id"])
    assert found["é3"] == 3
    with pytest.raises(TypeError, match="no column 'nome'"):
        deltos.HashMap.build(storage, "b", table, keys="nome")
    with pytest.raises(TypeError, match="which column has the keys"):
        deltos.HashMap.build(storage, "b", table)
    with pytest.raises(TypeError, match="pair 0: keys of this map are str, not NoneType"):
        deltos.HashMap.build(storage, "b", table, keys="note", values="id", key=str)


def test_tables_of_polars_come_through_arrow(storage: deltos.Storage) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"name": ["a", "é"], "id": [1, 2], "x": [0.5, 1.5]})
    assert deltos.HashMap.build(storage, "m", frame, keys="name", values="id") == {"a": 1, "é": 2}
    assert deltos.HashMap.build(storage, "r", frame, keys="name")["é"].x == 1.5
    found = deltos.HashMap.build(storage, "s", keys=frame["name"], values=frame["id"])
    assert found.get_many(frame["name"]).tolist() == [1, 2]


def test_frames_of_pandas_have_an_index_for_keys(storage: deltos.Storage) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"name": ["a", "é"], "id": [1, 2], "x": [0.5, 1.5]})
    assert deltos.HashMap.build(storage, "m", frame, keys="name", values="id") == {"a": 1, "é": 2}
    assert deltos.HashMap.build(storage, "i", frame)[1].name == "é"
    assert deltos.HashMap.build(storage, "s", frame.set_index("name")["id"]) == {"a": 1, "é": 2}
    assert deltos.HashMap.build(storage, "r", frame.set_index("name"))["é"].x == 1.5
    assert storage["m"].get_many(frame["name"]).tolist() == [1, 2]


# ---- Building --------------------------------------------------------------------------------------------------------


def test_a_builder_takes_parts_and_other_maps(storage: deltos.Storage) -> None:
    old = deltos.HashMap.build(storage, "old", {"z": 26})
    assert deltos.HashMap.build(storage, "copy", old) == {"z": 26}
    with storage.snapshot() as snapshot, pytest.raises(TypeError, match="storage or a transaction, not in a Snapshot"):
        deltos.HashMap.build(snapshot, "copy", old)  # type: ignore[arg-type]
    with deltos.HashMapBuilder(storage, duplicates="last") as builder:
        builder.add({"a": 1, "b": 2})
        builder.add([("c", 3), ("a", 10)])
        builder.add_columns(["d"], np.array([4]))
        builder.add_map(old)
        builder.prepare()
        made = builder.finish(storage, "new")
        again = builder.finish(storage, "twice")
        packed = builder.pack()
        with pytest.raises(deltos.Error):
            builder.add({"e": 5})
    expected = {"a": 10, "b": 2, "c": 3, "d": 4, "z": 26}
    assert made == expected and again == expected and deltos.unpack_map(packed) == expected
    with pytest.raises(deltos.ClosedError):
        builder.finish(storage, "late")
    assert storage.verify() == []


def test_maps_are_merged(storage: deltos.Storage) -> None:
    one = deltos.HashMap.build(storage, "one", {"a": 1, "b": 2})
    two = deltos.HashMap.build(storage, "two", {"b": 3, "c": 4})
    assert deltos.HashMap.merge(storage, "last", [one, two], duplicates="last") == {"a": 1, "b": 3, "c": 4}
    assert deltos.HashMap.merge(storage, "all", [one, two], multi=True) == {"a": [1], "b": [2, 3], "c": [4]}
    several = deltos.HashMap.merge(storage, "more", [storage["all"], one])
    assert several == {"a": [1, 1], "b": [2, 3, 2], "c": [4]}
    with pytest.raises(deltos.DuplicateError):
        deltos.HashMap.merge(storage, "error", [one, two])
    with pytest.raises(TypeError):
        deltos.HashMap.merge(storage, "kinds", [one, deltos.HashMap.build(storage, "k", {1: 1})])
    records = deltos.HashMap.build(storage, "cities", {city.name: city for city in CITIES})
    assert deltos.HashMap.merge(storage, "records", [records])["Ulm"].people == 126405


def test_more_than_memory_holds_is_built_in_parts(storage: deltos.Storage, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    pairs = ((f"key {k % 60000}", bytes(50)) for k in range(120000))
    seen: list[tuple[int, int]] = []
    options: dict[str, Any] = {"memory": 1 << 20, "threads": 2, "spill_directory": tmp_path, "progress": lambda *at: seen.append(at)}
    found = deltos.HashMap.build(storage, "m", pairs, multi=True, **options)
    assert len(found) == 60000 and found.pairs == 120000 and found["key 7"] == [bytes(50)] * 2
    assert seen and set(tmp_path.iterdir()) == before


def test_progress_cancels_and_its_failure_comes_out(storage: deltos.Storage) -> None:
    pairs = {f"key {k}": k for k in range(5000)}
    with pytest.raises(deltos.CancelledError):
        deltos.HashMap.build(storage, "m", pairs, progress=lambda done, total: True)

    def fail(done: int, total: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deltos.HashMap.build(storage, "m", pairs, progress=fail)
    assert "m" not in storage
    with pytest.raises(TypeError, match="progress is None, True or a callable"):
        deltos.HashMap.build(storage, "m", pairs, progress="bar")  # type: ignore[arg-type]


@pytest.mark.parametrize("with_tqdm", [True, False])
def test_a_bar_is_shown_on_a_terminal_only(
    storage: deltos.Storage, monkeypatch: pytest.MonkeyPatch, capsys: Any, with_tqdm: bool
) -> None:
    if with_tqdm:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setitem(deltos._dtypes._modules, "tqdm", None)
    deltos.HashMap.build(storage, "m", {"a": 1}, progress=True)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    deltos.HashMap.build(storage, "n", {"a": 1}, progress=True)
    shown = capsys.readouterr().err
    assert "hash map" in shown and shown.endswith("\n") and ("B/s]" in shown) == with_tqdm


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"duplicates": "some"}, "error, first, last"),
        ({"key": float}, "keys are one of"),
        ({"key": int, "approximate": True}, "MULTI"),
        ({"multi": True, "duplicates": "last"}, "duplicate"),
    ],
)
def test_options_that_make_no_sense_are_refused(storage: deltos.Storage, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        deltos.HashMap.build(storage, "m", {}, **options)


# ---- In storages -----------------------------------------------------------------------------------------------------


def test_a_map_is_made_in_a_transaction_or_in_one_of_its_own(storage: deltos.Storage) -> None:
    with storage.transaction() as transaction:
        made = deltos.HashMap.build(transaction, "m", {"a": 1})
        assert transaction["m"]["a"] == 1 == made["a"]
        with pytest.raises(KeyError):
            storage["m"]
    assert storage["m"] == {"a": 1} and "m" in storage and storage.list()[0].name == "m"
    with pytest.raises(deltos.ExistsError):
        deltos.HashMap.build(storage, "m", {"a": 2})
    storage["buffer"] = b"x"
    with pytest.raises(TypeError):
        deltos.HashMap.build(storage, "buffer", {"a": 2}, replace=True)
    storage["m"] = 5  # whatever has the name is replaced
    assert storage["m"] == 5 and made["a"] == 1


def test_readers_keep_a_map_that_is_replaced_until_they_refresh(storage: deltos.Storage) -> None:
    deltos.HashMap.build(storage, "m", {"a": 1, "b": 2})
    reader = storage["m"]
    walk = iter(reader.items())
    first = next(walk)
    assert not reader.refresh() and reader.current
    made = deltos.HashMap.build(storage, "m", {"a": 10}, replace=True)
    assert reader["a"] == 1 and not reader.current and made["a"] == 10
    assert reader.refresh() and reader == {"a": 10} and reader.current
    assert dict([first, *walk]) == {"a": 1, "b": 2}
    assert not reader.refresh()


def test_space_of_replaced_maps_comes_back(path: Path) -> None:
    with deltos.open(path, "x", durability="async") as storage:
        sizes = []
        for turn in range(12):
            deltos.HashMap.build(storage, "m", {k: turn for k in range(20000)}, replace=True)
            sizes.append(path.stat().st_size)
        assert sizes[-1] == sizes[-4] < 6 * sizes[0]


def test_a_map_keeps_its_memory_and_lets_go_of_it(path: Path) -> None:
    storage = deltos.open(path, "x")
    deltos.HashMap.build(storage, "m", {"a": [1, 2]})
    for hold in (lambda: storage["m"], lambda: storage["m"]["a"], lambda: iter(storage["m"])):
        held = hold()
        with pytest.raises(deltos.PinnedError):
            storage.close()
        del held
    found = storage["m"]
    found.release()
    assert repr(found) == "<deltos.HashMap, released>"
    for use in (lambda: found["a"], lambda: "a" in found, lambda: list(found), lambda: found.info, lambda: found.name):
        with pytest.raises(deltos.ClosedError):
            use()
    storage.close()


def test_a_map_says_what_it_is(storage: deltos.Storage) -> None:
    found = deltos.HashMap.build(storage, "m", [("<a>", 1), ("<a>", 2)], multi=True)
    assert repr(found) == "<deltos.HashMap 'm': 1 keys with 2 values, str to int>"
    assert repr(built({"a": 1})) == "<deltos.HashMap in memory: 1 keys, str to int>"
    assert "&lt;a&gt;" in found._repr_html_() and "[1, 2]" in found._repr_html_()
    assert found.info.shape == "multi" and found.info.image_bytes > 0 and found.info.index_bytes > 0
    assert found.storage is storage and found.name == "m"
    found.attrs["source"] = "survey"
    assert storage["m"].attrs["source"] == "survey"
    found.advise("will_need")
    with pytest.raises(ValueError):
        found.advise("whatever")
    with pytest.raises(TypeError, match="HashMap.build"):
        deltos.HashMap({"a": 1})
    with pytest.raises(TypeError, match="no records"):
        found.records
    with pytest.raises(TypeError):
        hash(found)
    assert isinstance(found, Mapping) and dict(found) == {"<a>": [1, 2]}
    assert found.keys() == {"<a>"} and ("<a>", [1, 2]) in found.items() and found != {"<a>": [1]} and found != 5


def test_maps_are_pickled_as_where_to_find_them(path: Path) -> None:
    with deltos.open(path, "x") as storage:
        found = deltos.HashMap.build(storage, "m", {"a": 1})
        again = pickle.loads(pickle.dumps(found))
        assert again == found and again.name == "m"
        assert pickle.loads(pickle.dumps(built({"a": "x"}))) == {"a": "x"}
        del found, again
        gc.collect()


# ---- In bytes --------------------------------------------------------------------------------------------------------


def test_maps_lie_in_bytes_at_any_place(storage: deltos.Storage) -> None:
    model = {f"k{k}": k for k in range(100)}
    data = deltos.pack_map(model)
    assert deltos.pack_map(keys=list(model), values=list(model.values()), key=str, value=int) is not None
    for offset in (0, 1, 8, 64):
        room = bytearray(offset + len(data) + 5)
        assert deltos.pack_map_into(model, room, offset) == len(data)
        assert deltos.unpack_map(room, offset) == model
    with pytest.raises(deltos.TooSmallError):
        deltos.pack_map_into(model, bytearray(10))
    stored = deltos.HashMap.build(storage, "m", model)
    assert deltos.unpack_map(stored.pack()) == model and deltos.unpack_map(deltos.unpack_map(data).pack()) == model
    with pytest.raises(deltos.UnsupportedError, match="no storage"):
        deltos.unpack_map(data).name
    with pytest.raises(deltos.NotDeltosError):
        deltos.unpack_map(bytes(4096))


@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_map_is_an_error_and_never_more(data: st.DataObject) -> None:
    model = {f"k{k}": [k, "x" * k] for k in range(40)}
    image = bytearray(deltos.pack_map(model))
    for _ in range(data.draw(st.integers(1, 8))):
        # Every map has a seed of its own, and with it another length.
        image[data.draw(st.integers(0, 2**20)) % len(image)] ^= data.draw(st.integers(1, 255))
    try:
        found = deltos.unpack_map(bytes(image))
    except (deltos.Error, ValueError):
        return
    uses: list[Any] = [found.verify, lambda: list(found.items()), *(functools.partial(found.get, key) for key in model)]
    for use in uses:
        try:
            plain(use())
        except (deltos.Error, TypeError, ValueError, AttributeError, OverflowError):
            pass


# ---- Threads and processes -------------------------------------------------------------------------------------------


def test_threads_look_up_while_one_refreshes(storage: deltos.Storage) -> None:
    def model(turn: int) -> dict[str, str]:
        return {f"key {k}": f"{turn}" for k in range(2000)}

    deltos.HashMap.build(storage, "m", model(0))
    shared, keys = storage["m"], list(model(0))

    def read() -> None:
        assert len(set(shared.get_many(keys))) == 1
        assert shared["key 7"].isdigit() and len(dict(shared)) == 2000

    with reading_threads(read, 4):
        for turn in range(1, 15):
            deltos.HashMap.build(storage, "m", model(turn), replace=True)
            assert shared.refresh() and shared["key 0"] == str(turn)


READER = """
import sys, deltos
with deltos.open(sys.argv[1]) as storage:
    found, turns = storage["m"], set()
    print("ready", flush=True)
    for line in sys.stdin:
        found.refresh()
        values = set(found.get_many([f"key {k}" for k in range(1000)]))
        assert len(values) == 1 and len(found) == 1000, values
        print(values.pop(), flush=True)
    found.release()
"""


def test_another_process_reads_while_a_map_is_replaced(path: Path) -> None:
    with deltos.open(path, "x", durability="async") as storage:
        deltos.HashMap.build(storage, "m", {f"key {k}": "first" for k in range(1000)})
        command = [sys.executable, "-c", READER, str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdin is not None and other.stdout is not None
            assert other.stdout.readline() == "ready\n"
            for turn in ("second", "third", "fourth"):
                deltos.HashMap.build(storage, "m", {f"key {k}": turn for k in range(1000)}, replace=True)
                print(file=other.stdin, flush=True)
                assert other.stdout.readline() == f"{turn}\n"
            other.stdin.close()
            assert other.wait() == 0
        assert storage.verify() == []


def test_the_examples_of_the_page_do_what_it_says(source_tree: Path) -> None:
    pytest.importorskip("pyarrow")
    page = source_tree / "bindings" / "python" / "docs" / "maps.md"
    failed, attempted = doctest.testfile(str(page), module_relative=False)
    assert failed == 0 and attempted > 20
