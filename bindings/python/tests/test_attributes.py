"""Attributes keep what a Python program would put there, with its type."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltos
from deltos import _dtypes

SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
)


def equal(left: object, right: object) -> bool:
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return left == right or repr(left) == repr(right)


@given(st.dictionaries(st.text(min_size=1, max_size=20), SCALARS, max_size=8))
def test_scalars_come_back_as_they_were(storage: deltos.Storage, values: dict[str, object]) -> None:
    for key in storage.attrs:
        del storage.attrs[key]
    stored = {}
    with storage.transaction() as transaction:
        for key, value in values.items():
            if "\0" in key:
                with pytest.raises(ValueError):
                    transaction.attrs[key] = value
            else:
                transaction.attrs[key] = stored[key] = value
    assert len(storage.attrs) == len(stored)
    assert list(storage.attrs) == sorted(stored, key=str.encode)
    for key, value in stored.items():
        assert type(storage.attrs[key]) is type(value)
        assert equal(storage.attrs[key], value)


@pytest.mark.parametrize(
    "value",
    [
        np.float32(1.5),
        np.int8(-3),
        np.arange(5, dtype="u2"),
        np.eye(3),
        np.array(["one", "three"]),
        np.array([b"ab", b"c"]),
        np.zeros((0, 2), "f4"),
        np.array([1, 2], ">i4"),
        np.array([1 + 2j], "c8"),
        np.array([True, False]),
        np.arange(3, dtype="u1"),
    ],
)
def test_numpy_values_keep_their_type_and_shape(storage: deltos.Storage, value: np.ndarray) -> None:
    storage.attrs["key"] = value
    back = storage.attrs["key"]
    assert back.dtype == value.dtype and back.shape == value.shape
    np.testing.assert_array_equal(back, value)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        ([1, 2, 3], "i8"),
        ((1.5, 2), "f8"),
        ([True, False], "?"),
        ([1j, 2], "c16"),
        ([2**63, 1], "u8"),
        ([], "f8"),
    ],
)
def test_lists_of_numbers_come_back_as_arrays(storage: deltos.Storage, value: list[object], dtype: str) -> None:
    storage.attrs["key"] = value
    assert storage.attrs["key"].dtype == np.dtype(dtype)
    assert storage.attrs["key"].tolist() == list(value)


@pytest.mark.parametrize("value", [None, object(), ["a", "b"], {"a": 1}, [[1, 2], [3, 4]]])
def test_what_is_no_value_is_a_type_error(storage: deltos.Storage, value: object) -> None:
    with pytest.raises(TypeError):
        storage.attrs["key"] = value
    assert "key" not in storage.attrs


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, [2**63, -1], "x" * 70000])
def test_what_is_too_large_is_an_overflow_error(storage: deltos.Storage, value: object) -> None:
    with pytest.raises(OverflowError):
        storage.attrs["key"] = value


def test_a_structure_comes_back_as_bytes_with_its_format(storage: deltos.Storage) -> None:
    value = np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")])
    storage.attrs["key"] = value
    back = storage.attrs["key"]
    assert isinstance(back, deltos.RawAttribute)
    assert back.shape == (1,) and back.data == value.tobytes() and ":a:" in back.format


def test_they_belong_to_their_object(storage: deltos.Storage) -> None:
    storage["x"] = b"1"
    storage["y"] = b"2"
    storage["x"].attrs["unit"] = "m"
    storage.attrs["unit"] = "K"
    assert storage["x"].attrs["unit"] == "m" and storage.attrs["unit"] == "K" and "unit" not in storage["y"].attrs
    assert dict(storage["x"].attrs) == {"unit": "m"}
    storage["x"].attrs.update(unit="s", more=2)
    del storage["x"]
    storage["x"] = b"new"
    assert len(storage["x"].attrs) == 0
    assert "x" in repr(storage["x"].attrs) and "storage" in repr(storage.attrs)


def test_a_missing_one_is_a_key_error(storage: deltos.Storage) -> None:
    with pytest.raises(KeyError, match="absent"):
        storage.attrs["absent"]
    with pytest.raises(KeyError):
        del storage.attrs["absent"]
    assert storage.attrs.get("absent", 5) == 5 and storage.attrs.pop("absent", None) is None


def test_a_snapshot_keeps_them_and_changes_none(storage: deltos.Storage) -> None:
    storage["x"] = b"1"
    storage.attrs["a"] = 1
    storage["x"].attrs["a"] = 1
    with storage.snapshot() as snapshot:
        storage.attrs["a"] = 2
        storage["x"].attrs["a"] = 2
        assert snapshot.attrs["a"] == 1 and snapshot["x"].attrs["a"] == 1
        with pytest.raises(PermissionError):
            snapshot.attrs["a"] = 3
        buffer = snapshot["x"]
    assert buffer.attrs["a"] == 2  # the snapshot has ended


def test_many_are_listed(storage: deltos.Storage) -> None:
    with storage.transaction() as transaction:
        for index in range(100):
            transaction.attrs[f"{index:03}"] = index
    assert [storage.attrs[key] for key in storage.attrs] == list(range(100))


@pytest.mark.parametrize(
    "value, expected",
    [
        (np.zeros(0), []),
        (np.zeros(0, "f2"), []),
        (np.array([1.5, -2], "f2"), [1.5, -2.0]),
        (np.arange(6, dtype="i4").reshape(1, 2, 3), [[[0, 1, 2], [3, 4, 5]]]),
        (np.array(7, "u2"), 7),
        (np.zeros((3, 0)), deltos.RawAttribute("d", (3, 0), b"")),
        (np.array([1], ">i4"), deltos.RawAttribute(">i", (1,), b"\0\0\0\1")),
    ],
    ids=str,
)
def test_without_numpy_arrays_are_lists(
    storage: deltos.Storage, monkeypatch: pytest.MonkeyPatch, value: object, expected: object
) -> None:
    storage.attrs["a"] = value
    monkeypatch.setattr(_dtypes, "_modules", {"numpy": None, "ml_dtypes": None})
    assert storage.attrs["a"] == expected
