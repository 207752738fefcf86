"""Proxies of values do what the list, tuple, set or dict does that they stand for."""

from __future__ import annotations

import copy
import datetime as dt
import math
import operator
import pickle
import sys
import zoneinfo
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import deltos
from value_samples import Colour, Name, Point, unpacked


# ---- Lists and tuples ------------------------------------------------------------------------------------------------

ELEMENTS: list[list[Any]] = [
    [],
    [1],
    [3, 1, 2, 1],
    [*range(-50, 250)],
    [*range(2**64 - 40, 2**64)],
    [-1, *[2**40] * 40],
    [x / 7 for x in range(40)],
    [float(x) for x in range(40)],
    [True, False] * 20,
    [1, 2.0, None, "x", b"y", [1, [2]], (1,), {"k": "v"}, {1, 2}, True],
    [[x] for x in range(100)],
]


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("elements", ELEMENTS, ids=lambda elements: repr(elements)[:30])
def test_a_sequence_does_what_its_builtin_does(elements: list[Any], kind: type) -> None:
    builtin = kind(elements)
    proxy = unpacked(builtin)
    assert isinstance(proxy, {list: deltos.List, tuple: deltos.Tuple}[kind])
    assert isinstance(proxy, Sequence)
    assert len(proxy) == len(builtin)
    assert bool(proxy) == bool(builtin)
    assert kind(proxy) == builtin
    assert kind(reversed(proxy)) == builtin[::-1]
    assert proxy == builtin and builtin == proxy and not proxy != builtin
    assert proxy != (tuple if kind is list else list)(builtin)
    assert proxy == unpacked(builtin)
    assert proxy + builtin == builtin + builtin == builtin + proxy
    assert proxy * 2 == 2 * proxy == builtin * 2
    assert [*map(type, proxy.to_python())] == [*map(type, builtin)]
    for k in range(-len(builtin), len(builtin)):
        assert proxy[k] == builtin[k]
    for element in builtin[:10]:
        assert element in proxy
        assert proxy.count(element) == builtin.count(element)
        assert proxy.index(element) == builtin.index(element)
    assert "missing" not in proxy
    assert proxy.copy() == builtin and type(proxy.copy()) is kind
    assert copy.copy(proxy) == builtin and copy.deepcopy(proxy) == builtin
    assert operator.length_hint(iter(proxy)) == len(builtin)


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("elements", ELEMENTS, ids=lambda elements: repr(elements)[:30])
def test_slices_are_lazy_and_those_of_the_builtin(elements: list[Any], kind: type) -> None:
    builtin = kind(elements)
    proxy = unpacked(builtin)
    bounds = [None, 0, 1, -1, 3, 7, -4, 100, -1000, sys.maxsize]
    for start in bounds:
        for stop in bounds:
            for step in (None, 1, 2, -1, -3, sys.maxsize, -sys.maxsize):
                part, wanted = proxy[start:stop:step], builtin[start:stop:step]
                assert type(part) is type(proxy)
                assert part == wanted and len(part) == len(wanted)
    part, wanted = proxy[1::2][::-1][1:], builtin[1::2][::-1][1:]
    assert kind(part) == wanted
    assert kind(reversed(part)) == wanted[::-1]
    assert part.to_python() == wanted
    assert [part[k] for k in range(len(part))] == list(wanted)
    assert pickle.loads(pickle.dumps(part)) == wanted


@pytest.mark.parametrize("key", [3, -4, sys.maxsize, -sys.maxsize - 1, 2**70])
def test_an_index_that_is_not_there_is_an_index_error(key: int) -> None:
    for proxy in (unpacked([1, 2, 3]), unpacked((1, None, 3)), unpacked([*range(50)])[:3]):
        with pytest.raises(IndexError):
            proxy[key]


def test_an_index_is_an_integer() -> None:
    for key in ("0", 1.0, None):
        with pytest.raises(TypeError, match="list indices must be integers or slices"):
            unpacked([1])[key]
    with pytest.raises(ValueError, match="zero"):
        unpacked([1])[::0]
    with pytest.raises(ValueError, match="not in list"):
        unpacked([1]).index(2)


def test_sequences_have_the_order_of_their_builtins() -> None:
    words: list[list[Any]] = [[], [1], [1, 2], [1.5], [2], [2, [1]], [2, [1, 5]]]
    for a in words:
        for b in words:
            for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
                wanted = compare(a, b)
                assert compare(unpacked(a), b) == compare(a, unpacked(b)) == compare(unpacked(a), unpacked(b)) == wanted
                assert compare(unpacked(tuple(a)), tuple(b)) == wanted
    with pytest.raises(TypeError):
        unpacked([1]) < (1,)
    with pytest.raises(TypeError):
        unpacked([1]) < 5


def test_sequences_are_matched_by_patterns() -> None:
    match unpacked([1, [2, 3], {"k": "v"}]):
        case [first, [*inner], {"k": text}]:
            assert (first, inner, text) == (1, [2, 3], "v")
        case _:
            pytest.fail("a list proxy is a sequence")


def test_proxies_cannot_be_changed() -> None:
    proxy: Any = unpacked([1, {"k": 1}, {1}])
    for change in (
        lambda: operator.setitem(proxy, 0, 1),
        lambda: operator.delitem(proxy, 0),
        lambda: operator.setitem(proxy[1], "k", 1),
        lambda: operator.delitem(proxy[1], "k"),
    ):
        with pytest.raises(TypeError):
            change()
    for name in ("append", "x"):
        with pytest.raises(AttributeError):
            setattr(proxy, name, 1)
    assert not hasattr(proxy, "append") and not hasattr(proxy[1], "update") and not hasattr(proxy[2], "add")


def test_nobody_makes_a_proxy_of_nothing() -> None:
    for kind in (deltos.List, deltos.Tuple, deltos.Set, deltos.Dict):
        with pytest.raises(TypeError):
            kind()  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            object.__new__(kind)


def test_numbers_of_a_sequence_are_memory_without_a_copy() -> None:
    packed = deltos.pack({"ints": [*range(1000)], "floats": (0.1,) * 20, "mixed": [1, 2.0]})
    proxy = deltos.unpack(packed)
    ints = np.asarray(proxy["ints"].view())
    assert ints.dtype == np.uint16 and ints.tolist() == [*range(1000)]
    assert np.asarray(proxy["floats"].view()).tolist() == [0.1] * 20
    assert proxy["ints"][10:900:7].view().tolist() == [*range(10, 900, 7)]
    assert proxy["ints"][::-1].view().tolist() == [*range(999, -1, -1)]
    assert proxy["ints"][5:5].view().tolist() == []
    start = np.frombuffer(packed, np.uint8).ctypes.data
    assert start <= ints.ctypes.data < start + len(packed)
    with pytest.raises(TypeError):
        proxy["mixed"].view()


def test_numpy_makes_arrays_of_proxies_as_of_lists() -> None:
    assert np.asarray(unpacked([[1, 2], [3, 4]])).tolist() == [[1, 2], [3, 4]]


# ---- Dicts -----------------------------------------------------------------------------------------------------------

DICTS: list[dict[Any, Any]] = [
    {},
    {"a": 1},
    {"b": 1, "a": [2], "c": {"d": None}},
    {k: str(k) for k in range(1000)},
    {f"key {k}": k for k in range(300)},
    {None: 1, True: 2, 2.5: 3, b"x": 4, "x": 5, (1, "y"): 6, dt.date(2026, 1, 1): 7, Decimal("0.1"): 8},
    {frozenset((1, 2)): "set", (1, (2, frozenset())): "nested", dt.datetime(2026, 1, 1): "t"},
]


@pytest.mark.parametrize("builtin", DICTS, ids=lambda builtin: repr(builtin)[:30])
def test_a_dict_does_what_its_builtin_does(builtin: dict[Any, Any]) -> None:
    proxy = unpacked(builtin)
    assert isinstance(proxy, deltos.Dict) and isinstance(proxy, Mapping)
    assert len(proxy) == len(builtin) and bool(proxy) == bool(builtin)
    assert list(proxy) == list(proxy.keys()) == list(builtin)
    assert list(proxy.values()) == list(builtin.values())
    assert list(proxy.items()) == list(builtin.items())
    assert list(reversed(proxy)) == list(reversed(proxy.keys())) == list(reversed(builtin))
    assert list(reversed(proxy.values())) == list(reversed(builtin.values()))
    assert list(reversed(proxy.items())) == list(reversed(builtin.items()))
    assert proxy == builtin and builtin == proxy and proxy == unpacked(builtin)
    assert proxy != {**builtin, "more": 1} and {**builtin, "more": 1} != proxy
    for key, value in builtin.items():
        assert key in proxy and key in proxy.keys() and value in proxy.values() and (key, value) in proxy.items()
        assert proxy[key] == proxy.get(key) == proxy.get(key, 0) == value
        assert proxy != {**builtin, key: "other"}
    for missing in ("missing", -7, 0.25, b"", (), Decimal("0.3"), dt.date(1, 1, 1), frozenset([9]), object()):
        assert missing not in proxy and proxy.get(missing) is None and proxy.get(missing, 5) == 5
        with pytest.raises(KeyError) as caught:
            proxy[missing]
        assert caught.value.args == (missing,)
    for unhashable in ([], {}, set(), [1]):
        with pytest.raises(TypeError, match="unhashable"):
            proxy[unhashable]
    assert proxy.keys() & set(builtin) == set(builtin) and proxy.keys() - set(builtin) == set()
    assert proxy | {"more": 1} == builtin | {"more": 1} and {"more": 1} | proxy == {"more": 1} | builtin
    assert {**dict(proxy)} == builtin and proxy.copy() == builtin and copy.copy(proxy) == builtin
    assert type(proxy.copy()) is dict and proxy.to_python() == builtin and copy.deepcopy(proxy) == builtin
    with pytest.raises(TypeError, match="unhashable"):
        hash(proxy)
    with pytest.raises(TypeError):
        proxy.get()


def test_keyword_arguments_come_from_proxies() -> None:
    assert dict(**unpacked({"a": 1, "b": 2})) == {"a": 1, "b": 2}


NUMBERS = [0, 1, 5, -5, 2**53, 2**53 + 1, 2**63, 2**64 - 1, -(2**63)]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("stored", [int, float, Decimal, bool])
@pytest.mark.parametrize("asked", [int, float, Decimal, bool, np.float64, "numpy"])
def test_a_number_is_found_as_any_kind_that_is_equal_to_it(number: int, stored: Any, asked: Any) -> None:
    if asked == "numpy":
        if stored is Decimal:
            pytest.skip("NumPy refuses to compare its integers with decimals")
        asked = np.uint64 if number >= 0 else np.int64
    builtin = {stored(number): "found", "else": 0}
    for proxy in (unpacked(builtin), unpacked({**builtin, **dict.fromkeys("abcdefghi")})):
        key = asked(number)
        assert proxy.get(key) == builtin.get(key)
        assert (key in unpacked({stored(number)})) == (key in {stored(number)})


def test_a_number_inside_a_key_is_found_as_any_kind_too() -> None:
    for stored in ((1, 2), (1.0, 2), (True, 2.0), ((1,), frozenset((2, 3.0)))):
        for asked in ((1, 2), (1.0, 2.0), (True, 2), ((1.0,), frozenset((2.0, 3)))):
            assert unpacked({stored: "found"}).get(asked) == {stored: "found"}.get(asked)


def test_fractions_and_numbers_of_more_bits_are_found_as_decimals() -> None:
    proxy = unpacked({Decimal("0.5"): 1, Decimal(2**70): 2})
    assert (proxy[0.5], proxy[2**70], proxy[2.0**70]) == (1, 2, 2)
    assert 2**80 not in proxy and 1e300 not in proxy and math.nan not in proxy and Decimal("NaN") not in proxy


def test_a_moment_is_found_in_any_zone() -> None:
    moment = dt.datetime(2026, 7, 1, 12, tzinfo=dt.timezone.utc)
    proxy = unpacked({moment: "found"})
    assert proxy[moment.astimezone(zoneinfo.ZoneInfo("Asia/Kolkata"))] == "found"
    assert moment.replace(tzinfo=None) not in proxy


def test_keys_of_subclasses_and_proxies_are_found() -> None:
    proxy = unpacked({"x": 1, 3: 2, (1, 2): 3})
    assert (proxy[Name("x")], proxy[Colour.RED], proxy[Point((1, 2))]) == (1, 2, 3)
    assert [proxy[key] for key in proxy] == [1, 2, 3]


# ---- Sets ------------------------------------------------------------------------------------------------------------

SETS: list[set[Any]] = [
    set(),
    {1},
    {1, 2, 3, 60},
    set(range(-500, 500, 3)),
    {2**64 - 1, 5, -(2**63)},
    {"a", "b", b"a", None, 2.5, (1, 2), frozenset([1])},
    {f"member {k}" for k in range(100)},
]


@pytest.mark.parametrize("builtin", SETS, ids=lambda builtin: repr(sorted(map(repr, builtin)))[:30])
def test_a_set_does_what_a_frozenset_does(builtin: set[Any]) -> None:
    proxy = unpacked(builtin)
    assert isinstance(proxy, deltos.Set) and isinstance(proxy, Set)
    assert len(proxy) == len(builtin) and bool(proxy) == bool(builtin)
    assert set(proxy) == builtin and len([*proxy]) == len(builtin)
    assert proxy == builtin and builtin == proxy and proxy == frozenset(builtin) and proxy == unpacked(builtin)
    assert hash(proxy) == hash(frozenset(builtin))
    assert all(member in proxy for member in builtin) and "missing" not in proxy
    with pytest.raises(TypeError, match="unhashable"):
        [] in proxy  # noqa: B015
    for other in [*SETS, frozenset([1]), {1: 2}.keys()]:
        for operate in (operator.and_, operator.or_, operator.sub, operator.xor):
            wanted = operate(builtin, other)
            assert operate(proxy, other) == wanted and type(operate(proxy, other)) is frozenset
            assert operate(proxy, unpacked(set(other))) == wanted
            assert operate(other, proxy) == operate(other, builtin)
        for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
            assert compare(proxy, other) == compare(proxy, unpacked(set(other))) == compare(builtin, other)
            assert compare(other, proxy) == compare(other, builtin)
        for name in ("isdisjoint", "issubset", "issuperset"):
            assert getattr(proxy, name)([*other]) == getattr(builtin, name)([*other])
        for name in ("union", "intersection", "difference"):
            assert getattr(proxy, name)([*other], []) == getattr(builtin, name)([*other], [])
            assert getattr(proxy, name)() == builtin
        assert proxy.symmetric_difference([*other]) == builtin.symmetric_difference([*other])
    for operate in (operator.and_, operator.or_, operator.sub, operator.xor, operator.lt):
        with pytest.raises(TypeError):
            operate(proxy, [1])
    assert type(proxy.copy()) is frozenset and proxy.copy() == builtin
    assert type(proxy.to_python()) is set and proxy.to_python() == builtin


def test_hashes_are_those_of_the_builtins() -> None:
    thing = (1, "x", (2.5, None), frozenset([1, (2,)]), dt.date(2026, 1, 1))
    proxy = unpacked([thing])[0]
    assert hash(proxy) == hash(thing)
    assert {thing: 1}[proxy] == 1 and {proxy: 1}[thing] == 1 and proxy in {thing}
    for thing in (([],), ({},)):
        with pytest.raises(TypeError, match="unhashable"):
            hash(unpacked(thing))
    with pytest.raises(TypeError, match="unhashable"):
        hash(unpacked([]))


# ---- Representations -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("thing", "shown"),
    [
        ([], "deltos.List([])"),
        ([1, "x", None], "deltos.List([1, 'x', None])"),
        ([*range(7)], "deltos.List([0, 1, 2, 3, 4, 5, ...])"),
        ((), "deltos.Tuple(())"),
        ((1,), "deltos.Tuple((1,))"),
        (set(), "deltos.Set(set())"),
        ({1}, "deltos.Set({1})"),
        ({}, "deltos.Dict({})"),
        ({"a": [1], "b": {"c": (1,)}}, "deltos.Dict({'a': [1], 'b': {'c': (1,)}})"),
        ({k: k for k in range(7)}, "deltos.Dict({0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, ...})"),
        (["x" * 61], f"deltos.List(['{'x' * 30}'...'{'x' * 30}'])"),
        ([[[[[[[1]]]]]]], "deltos.List([[[[[...]]]]])"),
    ],
    ids=repr,
)
def test_a_proxy_is_shown_as_its_builtin_but_short(thing: Any, shown: str) -> None:
    assert repr(unpacked(thing)) == str(unpacked(thing)) == shown


def test_views_of_a_dict_are_shown_short() -> None:
    proxy = unpacked({k: [k] for k in range(10)})
    assert repr(proxy.keys()) == "deltos.keys([0, 1, 2, 3, 4, 5, ...])"
    assert repr(proxy.values()) == "deltos.values([[0], [1], [2], [3], [4], [5], ...])"
    assert repr(proxy.items()).startswith("deltos.items([(0, deltos.List([0])), ")
