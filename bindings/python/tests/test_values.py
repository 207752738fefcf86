"""Values: trees of Python objects in storages and in bytes, and proxies that behave as the builtins they stand for."""

from __future__ import annotations

import array
import builtins
import collections
import copy
import datetime as dt
import doctest
import gc
import json
import math
import os
import pickle
import struct
import subprocess
import sys
import threading
import zoneinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import deltos
from value_samples import Colour, Name, Point, unpacked
from deltos._ffi import lib


# ---- Scalars ---------------------------------------------------------------------------------------------------------

SCALARS = [
    None,
    True,
    False,
    0,
    -1,
    2**55,
    -(2**55) - 1,
    2**63 - 1,
    -(2**63),
    2**63,
    2**64 - 1,
    0.1,
    -0.0,
    1e300,
    float("inf"),
    "",
    "text",
    "with \0 inside, ä, 汉, 🐍",
    "long " * 100,
    b"",
    b"\0\xff",
    b"long" * 100,
    dt.date(1, 1, 1),
    dt.date(9999, 12, 31),
    dt.date(1970, 1, 1),
    dt.datetime(1, 1, 1),
    dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
    dt.datetime(1969, 12, 31, 23, 59, 59, 1),
    dt.datetime(2026, 2, 3, tzinfo=dt.timezone.utc),
    dt.datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=dt.timezone(dt.timedelta(hours=-11, minutes=-30, seconds=-1))),
    Decimal("0"),
    Decimal("-0"),
    Decimal("1.50"),
    Decimal("-12345678901234567890.123456789E-50"),
    Decimal("1E+30"),
    Decimal("Infinity"),
    Decimal("-Infinity"),
]


@pytest.mark.parametrize("scalar", SCALARS, ids=repr)
def test_a_scalar_comes_out_as_the_builtin_itself(scalar: Any) -> None:
    for found in (unpacked(scalar), unpacked([scalar])[0], unpacked({"k": scalar})["k"], unpacked((scalar,))[0]):
        assert type(found) is type(scalar)
        assert found == scalar
        assert repr(found) == repr(scalar)


def test_what_is_no_number_comes_out_as_that() -> None:
    assert math.isnan(unpacked(math.nan))
    assert str(unpacked(Decimal("-NaN12"))) == "-NaN12"
    assert str(unpacked(Decimal("sNaN"))) == "sNaN"


def test_a_named_zone_comes_out_as_its_offset_then() -> None:
    summer = dt.datetime(2026, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    found = unpacked(summer)
    assert found == summer
    assert found.utcoffset() == dt.timedelta(hours=2)


def test_a_zone_of_parts_of_seconds_is_refused() -> None:
    zone = dt.timezone(dt.timedelta(microseconds=1))
    with pytest.raises(deltos.InvalidError, match=r"whole seconds.*at value\[0\]"):
        deltos.pack([dt.datetime(2026, 1, 1, tzinfo=zone)])


@pytest.mark.parametrize(
    ("given", "kind", "wanted"),
    [
        (Colour.RED, int, 3),
        (Name("x"), str, "x"),
        (bytearray(b"ab"), bytes, b"ab"),
        (np.int16(-3), int, -3),
        (np.uint64(2**64 - 1), int, 2**64 - 1),
        (np.float32(0.5), float, 0.5),
        (np.float64(0.1), float, 0.1),
        (np.bool_(True), bool, True),
        (np.str_("s"), str, "s"),
        (np.datetime64("2026-02-03"), dt.date, dt.date(2026, 2, 3)),
        (np.datetime64("2026-02-03T04:05:06"), dt.datetime, dt.datetime(2026, 2, 3, 4, 5, 6)),
        (np.datetime64("2026-02-03T04:05:06.000000999"), dt.datetime, dt.datetime(2026, 2, 3, 4, 5, 6)),
        (Point((1, 2)), deltos.Tuple, (1, 2)),
        (collections.OrderedDict(a=1), deltos.Dict, {"a": 1}),
        (collections.Counter("aab"), deltos.Dict, {"a": 2, "b": 1}),
        (collections.defaultdict(list, k=[1]), deltos.Dict, {"k": [1]}),
    ],
    ids=repr,
)
def test_what_is_like_a_builtin_comes_out_as_that(given: Any, kind: type, wanted: Any) -> None:
    found = unpacked([given])[0]
    assert type(found) is kind
    assert found == wanted


# ---- What cannot be stored -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("thing", "error", "message"),
    [
        ({"a": [1, 2, {3: object()}]}, TypeError, r"objects of type object .*; at value\['a'\]\[2\]\[3\]$"),
        ([1, 2j], TypeError, r"of type complex .*; at value\[1\]$"),
        ({(1, 2j): 3}, TypeError, r"of type complex .*; at value\{\(1, 2j\)\}\[1\]$"),
        ({2j}, TypeError, r"of type complex .*; at value\{2j\}$"),
        (range(3), TypeError, r"of type range .*; at value$"),
        ([np.timedelta64(1, "s")], TypeError, r"of type timedelta64 .*; at value\[0\]$"),
        ([np.datetime64("NaT", "us")], TypeError, r"of type datetime64 .*; at value\[0\]$"),
        ([dt.time(1)], TypeError, r"of type time .*; at value\[0\]$"),
        ([2**64], OverflowError, r"from -2\*\*63 to 2\*\*64-1.*; at value\[0\]$"),
        ((-(2**63) - 1,), OverflowError, r"from -2\*\*63 to 2\*\*64-1.*; at value\[0\]$"),
        ([*range(100), 2**64], OverflowError, r"; at value\[100\]$"),
        ([*range(-100, 0), 2**63, 2**65], OverflowError, r"; at value\[101\]$"),
        (["\ud800"], ValueError, r"surrogate.*; at value\[0\]$"),
    ],
)
def test_what_cannot_be_stored_is_named_with_its_place(thing: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        deltos.pack(thing)
    assert isinstance(caught.value, deltos.Error)


def test_a_storage_names_the_place_by_the_name_that_was_to_be_given(storage: deltos.Storage) -> None:
    with pytest.raises(TypeError, match=r"of type object .*; at a/b\['k'\]\[0\]$"):
        storage["a/b"] = {"k": [object()]}
    assert "a/b" not in storage


def test_what_was_under_a_name_stays_when_its_successor_cannot_be_stored(storage: deltos.Storage) -> None:
    storage["x"] = [1]
    with pytest.raises(TypeError):
        storage["x"] = [object()]
    assert storage["x"] == [1]


def nested(depth: int) -> list[Any]:
    """Lists inside each other."""
    thing: list[Any] = []
    for _ in range(depth - 1):
        thing = [thing]
    return thing


def test_nesting_has_a_limit_that_is_said() -> None:
    assert unpacked(nested(512)).to_python() == nested(512)
    with pytest.raises(OverflowError, match="nested 512 deep at most"):
        deltos.pack(nested(513))
    with pytest.raises(OverflowError, match="nested 512 deep at most"):
        deltos.pack(nested(100_000))


# ---- Arrays ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        np.arange(24.0).reshape(2, 3, 4),
        np.asfortranarray(np.arange(6, dtype="i2").reshape(2, 3)),
        np.arange(10)[::-2],
        np.zeros((0, 3), "f4"),
        np.array(7, "u1"),
        np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]),
        np.array(["ab", "c"]),
        np.array([1 + 2j]),
    ],
    ids=lambda given: f"{given.dtype} {given.shape}",
)
def test_memory_inside_a_container_is_an_array(given: Any) -> None:
    found = unpacked({"a": [given]})["a"][0]
    assert isinstance(found, deltos.View) and found.readonly
    seen = np.asarray(found)
    assert seen.dtype == given.dtype and seen.shape == given.shape and np.array_equal(seen, given)
    copied = unpacked([given]).to_python()[0]
    assert isinstance(copied, np.ndarray) and copied.flags.owndata and np.array_equal(copied, given)


def test_every_exporter_of_memory_can_be_inside_a_container(storage: deltos.Storage) -> None:
    storage["b"] = np.arange(3)
    things = [array.array("d", [1, 2]), memoryview(b"ab"), storage["b"], deltos.View(b"xy"), deltos.Array("i", [1, 2])]
    found = unpacked(things)
    assert [part.tolist() for part in found] == [[1.0, 2.0], [97, 98], [0, 1, 2], [120, 121], [1, 2]]
    assert found[0].format == "d"


def test_an_array_is_seen_where_it_lies() -> None:
    packed = deltos.pack([np.arange(100.0)])
    seen = np.asarray(deltos.unpack(packed)[0])
    start = np.frombuffer(packed, np.uint8).ctypes.data
    assert start <= seen.ctypes.data < start + len(packed)


def test_containers_with_arrays_are_compared_by_value() -> None:
    assert unpacked([np.arange(3), {"k": np.arange(2.0)}]) == [np.arange(3), {"k": np.arange(2.0)}]
    assert unpacked([np.arange(3)]) != [np.arange(1, 4)]


# ---- Sharing ---------------------------------------------------------------------------------------------------------


def test_what_is_shared_is_stored_once_and_stays_shared() -> None:
    inner = [object] * 0 + ["x" * 100, {"k": 1.5}]
    array_inside = np.arange(1000)
    text, data = "t" * 1000, b"d" * 1000
    many = [inner, inner, {"again": inner}, array_inside, array_inside, text, text, data, data]
    assert len(deltos.pack(many)) < len(deltos.pack([[*inner], array_inside, text, data])) + 300
    copied = unpacked(many).to_python()
    assert copied[0] is copied[1] is copied[2]["again"] and copied[0] == inner
    assert copied[3] is copied[4]


def test_replaced_objects_are_shared_as_they_were() -> None:
    part = unpacked([1, [2]])
    copied = unpacked([part, part, part[1], bytearray(3)]).to_python()
    assert copied[0] is copied[1] and copied[2] == [2] and copied[3] == bytes(3)


def test_a_list_that_contains_itself() -> None:
    thing: list[Any] = [1]
    thing.append(thing)
    proxy = unpacked(thing)
    assert proxy[1][1][1][0] == 1
    assert repr(proxy) == "deltos.List([1, [1, [1, [1, [1, ...]]]]])"
    copied = proxy.to_python()
    assert copied[1] is copied
    with pytest.raises(RecursionError):
        proxy == thing  # noqa: B015


def test_a_dict_and_a_tuple_that_contain_themselves() -> None:
    thing: dict[str, Any] = {}
    thing["me"] = (thing, [thing])
    copied = unpacked(thing).to_python()
    assert copied["me"][0] is copied and copied["me"][1][0] is copied
    pair: tuple[list[Any], int] = ([], 5)
    pair[0].append(pair)
    copied = unpacked(pair).to_python()
    assert copied[0][0] is copied and copied[1] == 5


def test_a_deeply_nested_cycle_is_copied_without_recursion() -> None:
    copied = unpacked(nested(512)).to_python()
    depth = 0
    while copied:
        copied, depth = copied[0], depth + 1
    assert depth == 511


def image_of(root: int, *words: int) -> bytes:
    """A value of a root and blocks, as numbers of 64 bits."""
    size = 32 + 8 * len(words)
    return struct.pack(f"<{4 + len(words)}Q", 0x314C5644, size, root, 0, *words)


def test_a_tuple_that_contains_itself_is_refused() -> None:
    for tag, form in ((11, 0), (12, 0)):  # a tuple, a set
        proxy = deltos.unpack(image_of(32 << 8 | tag, 1 << 8 | form, 32 << 8 | tag))
        with pytest.raises(deltos.InvalidError, match="a tuple or set that contains itself"):
            proxy.to_python()


def test_tuples_nested_deeper_than_python_goes_are_refused() -> None:
    depth = 100_000
    words = [word for k in range(depth) for word in (1 << 8, (48 + 16 * k) << 8 | 11)]
    proxy = deltos.unpack(image_of(32 << 8 | 11, *words, 0))
    with pytest.raises(RecursionError):
        proxy.to_python()
    lists = image_of(32 << 8 | 10, *[word & ~0xFF | 10 if word & 0xFF == 11 else word for word in words], 0)
    copied = deltos.unpack(lists).to_python()
    for _ in range(depth):
        copied = copied[0]
    assert copied == []


def test_a_list_in_a_key_is_copied_as_a_tuple() -> None:
    # A dict with the pair [7]: 1, which Python cannot write.
    proxy = deltos.unpack(image_of(48 << 8 | 13, 1 << 8, 7 << 8 | 3, 1 << 8, 32 << 8 | 10, 1 << 8 | 3))
    assert proxy.to_python() == {(7,): 1} and isinstance(next(iter(proxy)), deltos.List)
    inside = deltos.unpack(image_of(32 << 8 | 13, 1 << 8, 56 << 8 | 13, 1 << 8 | 3, 0))
    with pytest.raises(TypeError, match="a dict inside a key"):
        inside.to_python()


def test_copying_leaves_no_references_behind() -> None:
    thing = {"k": [1, 2.5, ("a", frozenset({1})), {"again": "text"}], "array": np.arange(3), "day": dt.date(2020, 1, 1)}
    proxy = unpacked([thing, thing, thing["k"]])
    watched = (proxy, dt.date, deltos.View)
    proxy.to_python()
    before = [sys.getrefcount(one) for one in watched]
    for _ in range(50):
        proxy.to_python(), proxy[::2].to_python()
    gc.collect()
    assert [abs(sys.getrefcount(one) - old) < 10 for one, old in zip(watched, before, strict=True)] == [True] * 3


@pytest.mark.parametrize("cut", [slice(0, 0), slice(1, None), slice(None, None, -1), slice(5, 1, -2)], ids=str)
def test_a_slice_is_copied_as_one_of_the_builtin(cut: slice) -> None:
    for thing in ([1, "a", [2], (3, [4]), None, {"k": 5}], [*range(50)], (1.5, [1], 2)):
        assert unpacked(thing)[cut].to_python() == thing[cut]


# ---- Bytes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0, 1, 7, 8, 64, 100])
def test_a_value_is_written_and_read_at_any_offset(offset: int) -> None:
    thing = {"k": [1, 2.5], "a": np.arange(5)}
    memory = bytearray(b"\xaa" * 1000)
    size = deltos.pack_into(thing, memory, offset)
    assert size == len(deltos.pack(thing))
    assert memory[:offset] == b"\xaa" * offset and memory[offset + size :] == b"\xaa" * (1000 - offset - size)
    for where in (memory, bytes(memory), memoryview(memory).toreadonly(), np.frombuffer(memory, "u1")):
        assert deltos.unpack(where, offset) == thing


def test_values_behind_each_other() -> None:
    memory = bytearray(1000)
    first = deltos.pack_into([1], memory)
    deltos.pack_into({"second": 2}, memory, first)
    assert deltos.unpack(memory) == [1] and deltos.unpack(memory, first) == {"second": 2}


def test_memory_that_is_too_small_stays_as_it_was() -> None:
    memory = bytearray(b"\xaa" * 20)
    with pytest.raises(deltos.TooSmallError):
        deltos.pack_into([1, 2, 3], memory)
    assert memory == b"\xaa" * 20
    for offset in (-1, 21):
        with pytest.raises(IndexError, match="offset"):
            deltos.pack_into(1, memory, offset)
        with pytest.raises(IndexError, match="offset"):
            deltos.unpack(memory, offset)
    with pytest.raises((TypeError, BufferError)):
        deltos.pack_into(1, bytes(100))
    with pytest.raises(TypeError):
        deltos.unpack("text")


@pytest.mark.parametrize("damaged", [b"", b"x", bytes(32), bytes(100), b"DVL1" + b"\xff" * 28])
@pytest.mark.parametrize("offset", [0, 1])
def test_bytes_that_are_no_value_are_refused(damaged: bytes, offset: int) -> None:
    with pytest.raises(deltos.Error):
        deltos.unpack(b"." * offset + damaged, offset)


def test_a_value_cut_short_is_refused() -> None:
    packed = deltos.pack([*range(100), "x"])
    for length in range(0, len(packed), 8):
        with pytest.raises(deltos.Error):
            deltos.unpack(packed[:length])


def walk_through(thing: Any, budget: int = 2000) -> None:
    """Asks a proxy and what is in it for everything, up to a number of nodes."""
    left = [thing]
    while left and budget:
        budget -= 1
        part = left.pop()
        repr(part)
        if isinstance(part, deltos.Dict):
            for key, value in part.items():
                left += [key, value]
        elif isinstance(part, (deltos.List, deltos.Tuple, deltos.Set)):
            left.extend(part)


def test_damaged_values_raise_errors_and_nothing_else() -> None:
    thing = {"k": [1, 2.5, None, "text"], 2: {"x", "y"}, (1,): {1, 2}, "d": Decimal("1.5"), "t": dt.datetime(2026, 1, 1)}
    packed = deltos.pack({**thing, "many": {k: str(k) for k in range(20)}, "a": np.arange(5), "l": [True] * 50})
    outcomes = set()
    for place in range(len(packed)):
        for change in (1, 0x80, 0xFF):
            damaged = bytearray(packed)
            damaged[place] ^= change
            try:
                walk_through(deltos.unpack(bytes(damaged)))
                outcomes.add("read")
            except deltos.Error:
                outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_the_memory_is_kept_and_given_back() -> None:
    memory = bytearray(deltos.pack({"k": [[1, 2], [3]]}))
    inner = deltos.unpack(memory)["k"][0]
    gc.collect()
    with pytest.raises(BufferError):
        memory.append(1)
    assert inner == [1, 2]
    walk = iter(inner)
    del inner
    with pytest.raises(BufferError):
        memory.append(1)
    del walk
    memory.append(1)


def test_reading_leaves_no_references_behind() -> None:
    proxy = unpacked({"k": [1, (2, 3)], "x" * 100: {1, "s"}, "n": [*range(100)]})
    key, missing = "k", object()

    def read() -> None:
        proxy[key], proxy.get(missing), [*proxy.items()], [*proxy["k"]], [*proxy["n"][::3]], repr(proxy)
        proxy == {"k": 1}, proxy.to_python(), hash(proxy["k"][1]), [*reversed(proxy)], proxy.get((1, 2))
        deltos.pack([proxy, key]), deltos.stable_hash(proxy)

    def count() -> list[int]:
        gc.collect()
        return [sys.getrefcount(thing) for thing in (proxy, proxy._handle, key, missing, None, True)][:4]

    read()
    before = count()
    for _ in range(20):
        read()
    assert count() == before


def test_packing_leaves_no_references_behind() -> None:
    shared: list[Any] = ["x" * 100, (1, 2), {"k": 1}, frozenset([5]), object()]
    things = [*shared, shared]

    def count() -> list[int]:
        gc.collect()
        return [sys.getrefcount(thing) for thing in things]

    before = count()
    for _ in range(20):
        deltos.pack([shared[:4], shared[:4], shared[3], np.arange(3)])
        with pytest.raises(TypeError):
            deltos.pack([shared, {"k": shared}])
    assert count() == before


# ---- Hashes ----------------------------------------------------------------------------------------------------------


def test_a_stable_hash_is_the_same_in_every_process() -> None:
    program = "import deltos; print(deltos.stable_hash({'k': [1, 2.5, {'x', 'y'}], b'z': (None, True)}))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{deltos.stable_hash({b'z': (None, True), 'k': [1, 2.5, {'y', 'x'}]})}\n"}


def test_a_stable_hash_tells_kinds_apart_and_not_where_a_value_lies() -> None:
    things = [1, 1.0, True, "1", b"1", [1], (1,), {1}, {1: None}, Decimal(1), None, dt.date(1970, 1, 2)]
    assert len({deltos.stable_hash(thing) for thing in things}) == len(things)
    for thing in things:
        assert deltos.stable_hash(unpacked([thing])[0]) == deltos.stable_hash(thing)
    assert deltos.stable_hash(unpacked([1, 2, 3])[1:]) == deltos.stable_hash([2, 3])
    assert deltos.stable_hash({1}) == deltos.stable_hash(frozenset([1]))


# ---- JSON ------------------------------------------------------------------------------------------------------------

DOCUMENT = {"k": [1, 2.5, -3, True, None, "text \u00e4 \U0001f40d", ""], "nested": {"empty": {}, "list": [[], [[]]]}, "": 0}


def test_json_becomes_a_value_and_a_value_json() -> None:
    text = json.dumps(DOCUMENT)
    proxy = deltos.from_json(text)
    assert isinstance(proxy, deltos.Dict) and proxy.to_python() == DOCUMENT
    assert deltos.from_json(text.encode()) == proxy == deltos.from_json(bytearray(text.encode()))
    assert json.loads(proxy.to_json()) == json.loads(proxy.to_json(indent=True, ascii=True)) == DOCUMENT
    assert proxy["k"][1:3].to_json() == "[2.5,-3]" and proxy["nested"].to_json() == '{"empty":{},"list":[[],[[]]]}'
    assert deltos.from_json("12") == 12 and deltos.from_json('"x"') == "x" and deltos.from_json("null") is None
    assert deltos.from_json(str(2**70)) == Decimal(2**70)


def test_json_of_what_python_has_and_json_has_not() -> None:
    thing = {"t": (1, 2), "d": dt.date(2026, 2, 3), "n": Decimal("1.50"), "a": np.arange(3), "m": dt.datetime(2026, 1, 2)}
    written = '{"t":[1,2],"d":"2026-02-03","n":1.50,"a":[0,1,2],"m":"2026-01-02T00:00:00"}'
    assert deltos.to_json(thing) == written == unpacked(thing).to_json()
    assert deltos.to_json("\u00e4") == '"\u00e4"' and deltos.to_json("\u00e4", ascii=True) == '"\\u00e4"'
    assert deltos.to_json([1, {"k": 2}], indent=True) == '[\n  1,\n  {\n    "k": 2\n  }\n]'
    for refused in ([b"x"], {1: 2}, [math.nan]):
        with pytest.raises(NotImplementedError, match=r"\$"):
            deltos.to_json(refused)


def test_what_is_no_json_is_refused() -> None:
    for text in ("", "{", "[1,]", "nul", "'x'", b"\xff", '"\ud800"', "[NaN]", "1 2"):
        with pytest.raises(ValueError):
            deltos.from_json(text)
    with pytest.raises(deltos.DuplicateError):
        deltos.from_json('{"a": 1, "a": 2}')
    with pytest.raises(TypeError, match="str or bytes"):
        deltos.from_json(5)  # type: ignore[arg-type]


# ---- Storages --------------------------------------------------------------------------------------------------------


def test_assigning_stores_memory_as_a_buffer_and_all_else_as_a_value(storage: deltos.Storage) -> None:
    storage["array"], storage["bytes"] = np.arange(3), b"raw"
    storage["dict"], storage["text"], storage["none"], storage["number"] = {"k": 1}, "text", None, 5
    assert isinstance(storage["array"], deltos.Buffer) and isinstance(storage["bytes"], deltos.Buffer)
    assert storage["dict"] == {"k": 1} and storage["text"] == "text" and storage["number"] == 5
    assert storage["none"] is None and "none" in storage and storage.get("none", 1) is None
    assert sorted(storage) == ["array", "bytes", "dict", "none", "number", "text"]


def test_put_stores_everything_as_a_value(storage: deltos.Storage) -> None:
    storage.put("bytes", b"raw")
    storage.put("array", np.arange(3))
    storage.put("list", [1])
    assert storage["bytes"] == b"raw" and type(storage["bytes"]) is bytes
    assert isinstance(storage["array"], deltos.View) and storage["array"].tolist() == [0, 1, 2]
    assert storage["list"] == [1]


def test_a_value_is_replaced_and_who_looks_at_the_old_one_keeps_it(storage: deltos.Storage) -> None:
    storage["x"] = {"old": [1]}
    old = storage["x"]
    storage["x"] = {"new": 2}
    assert storage["x"] == {"new": 2} and old == {"old": [1]}
    storage["x"] = np.arange(3)
    assert isinstance(storage["x"], deltos.Buffer)
    storage["x"] = ["again"]
    assert storage["x"] == ["again"]
    del storage["x"]
    assert "x" not in storage and old["old"] == [1]


def test_values_in_a_transaction(storage: deltos.Storage) -> None:
    storage["x"] = [1]
    with storage.transaction() as transaction:
        transaction["x"] = [2]
        transaction.put("y", {"k": b"v"})
        assert transaction["x"] == [2] and transaction["y"] == {"k": b"v"}
        assert storage["x"] == [1] and "y" not in storage
    assert storage["x"] == [2]
    with pytest.raises(ZeroDivisionError), storage.transaction() as transaction:
        transaction["x"] = [3]
        raise ZeroDivisionError
    assert storage["x"] == [2]
    storage.update(x=[4], z="text", a=np.arange(2))
    assert (storage["x"], storage["z"]) == ([4], "text")
    assert storage.setdefault("x", [5]) == [4] and storage.setdefault("new", [6]) == [6]


def test_a_snapshot_shows_the_value_of_its_time(storage: deltos.Storage) -> None:
    storage["x"] = {"n": 1}
    with storage.snapshot() as snapshot:
        storage["x"] = {"n": 2}
        assert snapshot["x"] == {"n": 1}
        assert snapshot["x"].storage is storage


def test_values_are_there_when_the_file_is_opened_again(path: Path) -> None:
    thing = {"k": [1, 2.5, "text", b"\0", None, {1, 2}], "a": (np.arange(3.0),)}
    with deltos.open(path, "x") as storage:
        storage["deep/name"] = thing
    with deltos.open(path) as storage:
        assert storage["deep/name"] == thing
        assert storage.verify() == []
        found = storage["deep/name"].to_python()
        with pytest.raises(PermissionError):
            storage["x"] = [1]
    assert found["k"] == thing["k"]


def test_closing_is_refused_while_proxies_live(path: Path) -> None:
    storage = deltos.open(path, "x")
    storage["x"] = {"k": [1, 2]}
    for hold in (
        lambda: storage["x"],
        lambda: storage["x"]["k"],
        lambda: storage["x"]["k"][1:],
        lambda: storage["x"].items(),
        lambda: iter(storage["x"]["k"]),
    ):
        held = hold()
        with pytest.raises(deltos.PinnedError, match='"x" \\(1 view\\)'):
            storage.close()
        del held
    inner = storage["x"]["k"]
    storage.detach()
    assert inner == [1, 2]


def test_a_proxy_tells_where_it_lives(storage: deltos.Storage) -> None:
    storage["x"] = {"k": [1]}
    inner = storage["x"]["k"]
    assert inner.storage is storage and inner.name == "x"
    inner.attrs["unit"] = "m"
    assert storage["x"].attrs["unit"] == "m"
    for name in ("storage", "name", "attrs"):
        with pytest.raises(NotImplementedError, match="belongs to no storage"):
            getattr(unpacked([1]), name)


def test_attributes_of_what_is_no_proxy(storage: deltos.Storage) -> None:
    storage["x"] = 5
    storage.attrs_of("x")["unit"] = "m"
    assert dict(storage.attrs_of("x")) == {"unit": "m"}
    with storage.snapshot() as snapshot:
        assert snapshot.attrs_of("x")["unit"] == "m"
    with pytest.raises(KeyError):
        storage.attrs_of("missing")["unit"] = "m"


def test_a_reference_leads_to_another_object(storage: deltos.Storage) -> None:
    storage["target"] = np.arange(3)
    storage["x"] = {"see": deltos.Reference(storage["target"])}
    reference = storage["x"]["see"]
    assert reference == deltos.Reference(storage["target"].id) and hash(reference) == hash(deltos.Reference(reference.id))
    assert reference.target.tolist() == [0, 1, 2]
    assert repr(reference) == f"deltos.Reference({reference.id})"
    del storage["target"]
    with pytest.raises(KeyError):
        reference.target
    with pytest.raises(NotImplementedError):
        deltos.Reference(5).target


# ---- Pickles and copies ----------------------------------------------------------------------------------------------


def test_a_pickled_proxy_of_a_storage_leads_to_the_same_place(path: Path) -> None:
    with deltos.open(path, "x") as storage:
        storage["x"] = {"k": [1, (2, 3), {"deep": [*range(1000)]}]}
        inner = storage["x"]["k"]
        pickled = pickle.dumps(inner)
        assert len(pickled) < 1000
        for part in (inner, inner[1], inner[2]["deep"][10:900:5], inner[2]["deep"][::-1], inner[0:0]):
            again = pickle.loads(pickle.dumps(part))
            assert type(again) is type(part) and again == part and again.name == "x"
        storage["x"] = "replaced"
        del inner, part, again
        with pytest.raises(KeyError):
            pickle.loads(pickled)
        gc.collect()


def test_a_pickled_proxy_of_memory_is_a_builtin() -> None:
    thing = {"k": [1, 2], "s": {1}}
    again = pickle.loads(pickle.dumps(unpacked(thing)))
    assert again == thing and type(again) is dict and type(again["k"]) is list and type(again["s"]) is set
    storage = deltos.anonymous()
    storage["x"] = thing
    assert type(pickle.loads(pickle.dumps(storage["x"]))) is dict


def test_another_process_reads_a_pickled_proxy(path: Path) -> None:
    with deltos.open(path, "x") as storage:
        storage["x"] = {"k": ["from here"]}
        program = "import pickle, sys; print(pickle.load(sys.stdin.buffer))"
        done = subprocess.run(
            [sys.executable, "-c", program], input=pickle.dumps(storage["x"]["k"]), capture_output=True, check=True,
            env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        )
    assert done.stdout == b"deltos.List(['from here'])\n"


def test_a_deep_copy_is_a_builtin_of_its_own() -> None:
    copied = copy.deepcopy(unpacked({"k": [1]}))
    copied["k"].append(2)
    assert copied == {"k": [1, 2]}


# ---- Threads ---------------------------------------------------------------------------------------------------------


def test_threads_read_pack_and_store_side_by_side(storage: deltos.Storage) -> None:
    thing = {"k": [*range(100)], "d": {str(k): (k, [k]) for k in range(50)}}
    storage["x"] = thing
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                assert storage["x"] == thing
                assert storage["x"].to_python() == thing
                storage[f"of {number}"] = {"turn": turn, "x": storage["x"]}
                assert storage[f"of {number}"]["turn"] == turn
        except BaseException as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_garbage_collector_frees_proxies_that_hold_each_other(storage: deltos.Storage) -> None:
    storage["x"] = {"k": [1]}
    ring: list[Any] = [storage["x"]]
    ring.append(ring)
    assert len(storage.pins()) == 1
    del ring
    gc.collect()
    assert storage.pins() == []


# ---- The page --------------------------------------------------------------------------------------------------------


def test_the_examples_of_the_page_do_what_it_says(
    source_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = source_tree / "bindings" / "python" / "docs" / "values.md"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(builtins, "_", None, raising=False)
    failed, attempted = doctest.testfile(str(page), module_relative=False)
    assert failed == 0 and attempted > 30


# ---- What the library must be told -----------------------------------------------------------------------------------


def test_kinds_of_values_that_python_cannot_have_are_limits() -> None:
    from deltos._values import _decode

    with pytest.raises(OverflowError, match="outside what Python's dates reach"):
        _decode(lib.DELTOS_VALUE_DATE, None, 0, 10**8, 0, None)  # type: ignore[arg-type]
    with pytest.raises(OverflowError, match="outside what Python's datetimes reach"):
        _decode(lib.DELTOS_VALUE_DATETIME, None, 0, 10**15, 0, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("compress", [False, True])
def test_long_texts_are_compressed_where_the_storage_says_so(tmp_path: Path, compress: bool) -> None:
    path = tmp_path / "texts.deltos"
    things = {"text": "äbc" * 5000, "bytes": [b"\0" * 3000, b"x" * 600], "key" * 300: "short"}
    with deltos.open(path, "x", compress=compress) as storage:
        storage.put("things", things)
    with deltos.open(path, verify=True) as storage:
        assert (storage.list()[0].nbytes < 2000) == compress
        assert storage["things"] == things
        assert storage["things"]["text"] == things["text"]
        assert storage["things"]["key" * 300] == "short"
        assert hash(storage["things"]["bytes"][0]) == hash(b"\0" * 3000)


def test_anonymous_storages_compress_too() -> None:
    with deltos.anonymous(compress=True) as storage:
        storage["text"] = "x" * 100_000
        assert storage["text"] == "x" * 100_000
