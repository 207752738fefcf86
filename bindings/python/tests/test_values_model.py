"""Properties of values: any tree comes back, and every method of a proxy answers as the builtin's does."""

from __future__ import annotations

import datetime as dt
import math
import operator
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import deltos
from value_samples import unpacked

ZONES = st.integers(-86399, 86399).map(lambda seconds: dt.timezone(dt.timedelta(seconds=seconds)))
MOMENTS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30), timezones=st.none() | ZONES)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.integers(-3, 3)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.dates()
    | MOMENTS
    | st.decimals(allow_nan=False)
)
KEYS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3), max_leaves=4
)
NUMBERS = st.lists(st.integers(-300, 300), max_size=60) | st.lists(st.floats(allow_nan=False), max_size=60)
BUILTINS = st.recursive(
    SCALARS | NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=14)
        | st.sets(KEYS, max_size=14)
    ),
    max_leaves=25,
)
TYPES = arrays.scalar_dtypes().filter(lambda dtype: dtype.kind in "biufcS")
ARRAYS = arrays.arrays(TYPES, arrays.array_shapes(min_dims=0, max_side=4))


def same(a: Any, b: Any) -> bool:
    """Whether two trees of builtins are equal to the last type, but for what sets are frozen."""
    if isinstance(a, (set, frozenset)) and isinstance(b, (set, frozenset)):
        return a == b
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) and same(a[x], b[y]) for x, y in zip(a, b))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dt.datetime):
        return bool(a == b) and a.utcoffset() == b.utcoffset()
    return bool(a == b) and repr(a) == repr(b)


@given(BUILTINS)
def test_any_tree_comes_back_as_it_was(thing: Any) -> None:
    proxy = unpacked(thing)
    copied = proxy.to_python() if isinstance(proxy, deltos._proxies.Proxy) else proxy
    assert same(copied, thing)
    assert proxy == thing and thing == proxy and not proxy != thing
    again = pickle.loads(pickle.dumps(proxy))
    assert same(again, thing)
    assert unpacked([proxy])[0] == thing


@given(BUILTINS, st.integers(0, 100))
def test_where_it_lies_in_memory_does_not_matter(thing: Any, offset: int) -> None:
    packed = deltos.pack(thing)
    memory = bytearray(offset + len(packed) + 10)
    assert deltos.pack_into(thing, memory, offset) == len(packed)
    assert memory[offset : offset + len(packed)] == packed
    assert deltos.unpack(memory, offset) == thing


@given(st.lists(ARRAYS, max_size=3))
def test_arrays_come_back_with_type_and_shape(given_arrays: list[Any]) -> None:
    for found, wanted in zip(unpacked(given_arrays), given_arrays, strict=True):
        seen = np.asarray(found)
        assert seen.dtype == wanted.dtype and seen.shape == wanted.shape and seen.tobytes() == wanted.tobytes()


@settings(max_examples=40)
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5).filter(str.isalnum), BUILTINS, max_size=4))
def test_a_storage_keeps_any_tree(things: dict[str, Any]) -> None:
    with deltos.anonymous(durability="async") as storage:
        for name, thing in things.items():
            storage.put(name, thing)
        assert set(storage) == set(things)
        for name, thing in things.items():
            assert storage[name] == thing
        assert storage.verify() == []


@given(BUILTINS, BUILTINS)
def test_stable_hashes_are_equal_where_values_are(a: Any, b: Any) -> None:
    assert deltos.stable_hash(a) == deltos.stable_hash(unpacked(a))
    if same(a, b):
        assert deltos.stable_hash(a) == deltos.stable_hash(b)
    elif a != b:
        assert deltos.stable_hash(a) != deltos.stable_hash(b)


# ---- The builtins as oracles -----------------------------------------------------------------------------------------


def outcome(act: Callable[[Any], Any], thing: Any) -> Any:
    """What an operation answers; of an error its class."""
    try:
        answer = act(thing)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        return next(kind for kind in (IndexError, KeyError, ValueError, TypeError) if isinstance(error, kind))
    return answer


def agree(builtin: Any, operations: list[Callable[[Any], Any]]) -> None:
    """The proxy of a builtin does what that does."""
    proxy = unpacked(builtin)
    for operation in operations:
        mine, its = outcome(operation, proxy), outcome(operation, builtin)
        assert mine == its or (mine is its), operation


SLICES = st.builds(slice, *[st.none() | st.integers(-15, 15)] * 2, st.none() | st.integers(-5, 5))


@given(
    st.lists(SCALARS | NUMBERS, max_size=12) | NUMBERS | st.lists(st.booleans(), max_size=70),
    st.lists(SCALARS | NUMBERS, max_size=3),
    SLICES,
    SLICES,
    st.integers(-20, 20),
    st.sampled_from((list, tuple)),
    st.data(),
)
def test_sequences_answer_as_their_builtins(
    elements: list[Any], other: list[Any], first: slice, second: slice, index: int, kind: Any, data: Any
) -> None:
    probe = data.draw(st.sampled_from([*elements, *other, 0, 1.0, True, None, "missing"]))
    also = kind(other)
    agree(
        kind(elements),
        [
            len,
            bool,
            kind,
            hash if kind is tuple else len,
            operator.itemgetter(index),
            operator.itemgetter(first),
            lambda thing: thing[first][second],
            lambda thing: thing[first][second][::-1],
            lambda thing: kind(thing[first]),
            lambda thing: kind(reversed(thing[first])),
            lambda thing: thing[first][index],
            lambda thing: probe in thing,
            lambda thing: thing.count(probe),
            lambda thing: thing.index(probe),
            lambda thing: thing.index(probe, index),
            lambda thing: thing[first].index(probe, 1, index),
            lambda thing: thing == also,
            lambda thing: thing == kind(elements),
            lambda thing: thing < also,
            lambda thing: thing >= also,
            lambda thing: also <= thing,
            lambda thing: thing + also,
            lambda thing: also + thing,
            lambda thing: thing * (index % 4),
            lambda thing: thing.copy() if hasattr(thing, "copy") else kind(thing),
            lambda thing: [*enumerate(thing)],
            lambda thing: [*zip(thing, thing[::-1])],
        ],
    )


@given(st.dictionaries(KEYS, SCALARS, max_size=20), st.dictionaries(KEYS, SCALARS, max_size=4), st.data())
def test_dicts_answer_as_their_builtin(builtin: dict[Any, Any], other: dict[Any, Any], data: Any) -> None:
    key = data.draw(st.sampled_from([*builtin, *other, 0, 1.0, True, (), [], frozenset()]))
    agree(
        builtin,
        [
            len,
            bool,
            list,
            dict,
            lambda thing: thing[key],
            lambda thing: thing.get(key),
            lambda thing: thing.get(key, "default"),
            lambda thing: key in thing,
            lambda thing: key in thing.keys(),
            lambda thing: (key, builtin.get(key)) in thing.items(),
            lambda thing: [*thing.items()],
            lambda thing: [*thing.values()],
            lambda thing: [*reversed(thing.items())],
            lambda thing: [*reversed(thing)],
            lambda thing: len(thing.keys()) + len(thing.values()) + len(thing.items()),
            lambda thing: thing == other,
            lambda thing: thing == dict(builtin),
            lambda thing: thing | other,
            lambda thing: other | thing,
            lambda thing: thing.keys() & other.keys(),
            lambda thing: thing.keys() | other.keys(),
            lambda thing: thing.keys() - other.keys(),
            lambda thing: thing.keys() == other.keys(),
            lambda thing: thing.keys().isdisjoint(other),
            lambda thing: thing.items() >= other.items(),
            lambda thing: thing.copy(),
        ],
    )


@given(st.frozensets(KEYS, max_size=20) | st.frozensets(st.integers(-70, 70)), st.frozensets(KEYS, max_size=5), st.data())
def test_sets_answer_as_frozensets(builtin: frozenset[Any], other: frozenset[Any], data: Any) -> None:
    probe = data.draw(st.sampled_from([*builtin, *other, 0, 1.0, True, (), [], frozenset()]))
    more = data.draw(st.sets(st.sampled_from([*builtin, *other, 5]), max_size=4))
    operations: list[Callable[[Any], Any]] = [
        len,
        bool,
        hash,
        set,
        frozenset,
        lambda thing: probe in thing,
        lambda thing: thing.copy(),
        lambda thing: thing.union(other, more),
        lambda thing: thing.intersection(other, more),
        lambda thing: thing.difference(other, more),
    ]
    for target in (other, more):
        for name in ("isdisjoint", "issubset", "issuperset", "symmetric_difference"):
            operations.append(lambda thing, name=name, target=target: getattr(thing, name)(target))
        for operate in (
            *(operator.and_, operator.or_, operator.sub, operator.xor),
            *(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
        ):
            operations.append(lambda thing, operate=operate, target=target: operate(thing, target))
            operations.append(lambda thing, operate=operate, target=target: operate(target, thing))
    agree(builtin, operations)


def test_the_oracle_notices_what_differs() -> None:
    assert not same([1], [1.0]) and not same([1], (1,)) and not same({1: True}, {1: 1})
    assert not same(0.0, -0.0) and not same([math.inf], [-math.inf]) and not same(Decimal("1.0"), Decimal(1))
    with pytest.raises(AssertionError):
        agree([1, 2], [lambda thing: isinstance(thing, list)])
