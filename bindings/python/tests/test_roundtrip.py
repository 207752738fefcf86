"""Whatever exports its memory can be stored, and comes back with its type, shape and elements."""

from __future__ import annotations

import array
import ctypes

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltos

SIMPLE = [
    *("?", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "e", "f", "d", "F", "D"),
    *("S1", "S7", "U1", "U5", ">i4", ">f8", ">u2", ">c16"),
]


def same(stored: np.ndarray, given_: np.ndarray) -> None:
    assert stored.dtype == given_.dtype
    assert stored.shape == given_.shape
    assert stored.tobytes() == given_.tobytes()


@pytest.mark.parametrize("dtype", SIMPLE)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (5,), (2, 3), (2, 0, 3), (2, 3, 4)])
def test_every_simple_type_and_shape_comes_back(storage: deltos.Storage, dtype: str, shape: tuple[int, ...]) -> None:
    values = np.arange(1, 1 + int(np.prod(shape, dtype=int))).reshape(shape).astype(dtype)
    storage["x"] = values
    same(np.asarray(storage["x"]), values)
    assert storage["x"].shape == shape
    assert storage["x"].nbytes == values.nbytes
    assert storage["x"].itemsize == values.itemsize
    assert storage["x"].dtype == values.dtype


@given(
    arrays.arrays(
        dtype=st.one_of(
            arrays.boolean_dtypes(),
            arrays.integer_dtypes(endianness="?"),
            arrays.floating_dtypes(sizes=(16, 32, 64), endianness="?"),
            arrays.complex_number_dtypes(sizes=(64, 128), endianness="?"),
            arrays.array_dtypes(max_size=3),
        ),
        shape=arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
def test_any_array_comes_back(storage: deltos.Storage, values: np.ndarray) -> None:
    try:
        format = memoryview(values).format or ""
    except (ValueError, BufferError):
        return  # NumPy itself does not export it
    if any(set(name) & set(":\0") for name in values.dtype.names or ()):
        return  # a name that a format string cannot hold
    storage["x"] = values
    stored = np.asarray(storage["x"])
    assert stored.shape == values.shape, format
    assert stored.dtype.names == values.dtype.names
    assert stored.tobytes() == values.tobytes()


@pytest.mark.parametrize(
    "dtype",
    [
        np.dtype([("a", "i4"), ("b", "f8")]),
        np.dtype([("a", "i4"), ("b", "f8")], align=True),
        np.dtype([("a", "u1"), ("inner", [("x", "f4"), ("y", "f4")]), ("name", "S5")]),
        np.dtype([("m", "f8", (2, 3)), ("t", "?")]),
        np.dtype({"names": ["a", "b"], "formats": ["u1", "f8"], "offsets": [3, 16], "itemsize": 32}),
        np.dtype([("big", ">i4"), ("small", "<i4")]),
        np.dtype([("text", "U4"), ("z", "c16")], align=True),
    ],
)
def test_a_structure_comes_back_field_by_field(storage: deltos.Storage, dtype: np.dtype) -> None:
    values = np.zeros(7, dtype)
    raw = values.view("u1")
    raw[:] = np.arange(raw.size) % 2
    storage["x"] = values
    stored = np.asarray(storage["x"])
    assert stored.dtype.names == dtype.names
    assert stored.dtype.itemsize == dtype.itemsize
    for name in dtype.names or ():
        assert stored.dtype.fields[name][1] == dtype.fields[name][1]
        assert stored[name].tobytes() == values[name].tobytes()
    assert storage["x"].type_name == "struct"
    interface = storage["x"].__array_interface__
    assert interface["shape"] == (7,)


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_the_small_floats_of_machine_learning_keep_their_type(storage: deltos.Storage, name: str) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    dtype = np.dtype(getattr(ml_dtypes, name))
    values = np.linspace(-2, 2, 12).reshape(3, 4).astype(dtype)
    storage["x"] = values
    buffer = storage["x"]
    assert buffer.type_name == name
    assert buffer.dtype == dtype
    same(buffer.numpy(), values)
    same(np.array(buffer[1:]), values[1:])
    storage["copy"] = buffer
    assert storage["copy"].type_name == name
    storage["zeros"] = np.zeros(3, dtype)
    assert storage.create("made", shape=4, dtype=name).dtype == dtype
    assert storage.create("made/by/type", shape=4, dtype=dtype).dtype == dtype


def layouts() -> dict[str, np.ndarray]:
    base = np.arange(60, dtype="i4").reshape(3, 4, 5)
    return {
        "fortran": np.asfortranarray(base),
        "transposed": base.T,
        "reversed": base[::-1, :, ::-1],
        "strided": base[::2, 1::2, ::3],
        "broadcast": np.broadcast_to(np.arange(5), (3, 5)),
        "readonly": np.frombuffer(b"abcdefgh", "u2"),
        "empty": base[:0],
    }


@pytest.mark.parametrize("layout", layouts())
def test_every_layout_is_stored_in_c_order(storage: deltos.Storage, layout: str) -> None:
    values = layouts()[layout]
    storage["x"] = values
    stored = np.asarray(storage["x"])
    np.testing.assert_array_equal(stored, values)
    assert stored.flags.c_contiguous
    assert storage["x"].strides == (np.ascontiguousarray(values).strides if values.size else storage["x"].strides)


@pytest.mark.parametrize(
    ("value", "format", "shape"),
    [
        (b"bytes", "B", (5,)),
        (bytearray(b"more"), "B", (4,)),
        (memoryview(b"abcdef")[::2], "B", (3,)),
        (array.array("d", [1, 2, 3]), "d", (3,)),
        ((ctypes.c_int32 * 3)(1, 2, 3), None, (3,)),
        (np.float64(2.5), "d", ()),
        (b"", "B", (0,)),
    ],
)
def test_any_exporter_can_be_stored(
    storage: deltos.Storage, value: object, format: str | None, shape: tuple[int, ...]
) -> None:
    storage["x"] = value
    assert storage["x"].shape == shape
    assert storage["x"].tobytes() == memoryview(value).tobytes()  # type: ignore[arg-type]
    if format is not None:
        assert storage["x"].format == format


def test_pointers_to_rows_are_followed(storage: deltos.Storage) -> None:
    testbuffer = pytest.importorskip("_testbuffer", reason="CPython's _testbuffer is not built")
    rows = testbuffer.ndarray(list(range(12)), shape=[3, 4], format="i", flags=testbuffer.ND_PIL)
    assert memoryview(rows).suboffsets
    storage["x"] = rows
    assert storage["x"].tolist() == memoryview(rows).tolist()


def test_what_only_speaks_the_array_interface_can_be_stored(storage: deltos.Storage) -> None:
    class Foreign:
        def __init__(self) -> None:
            self.values = np.arange(6.0)
            self.__array_interface__ = self.values.__array_interface__

    storage["x"] = Foreign()
    assert storage["x"].tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "value", [object(), 2j, [object()], range(3), np.array([object()]), np.array(["2026-11-21"], "M8[D]")]
)
def test_what_has_no_memory_to_store_is_refused(storage: deltos.Storage, value: object) -> None:
    with pytest.raises((TypeError, ValueError, NotImplementedError), match="store"):
        storage["x"] = value
    assert "x" not in storage


def test_a_buffer_can_be_stored_under_another_name(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(5)
    storage["y"] = storage["x"]
    storage["x"][...] = 0
    assert storage["y"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("dtype", ["float32", "f4", np.float32, np.dtype("f4"), "bool", "complex128", "S4", ">i2"])
def test_a_new_buffer_is_zero(storage: deltos.Storage, dtype: object) -> None:
    made = storage.create("x", shape=(2, 3), dtype=dtype)
    assert made.shape == (2, 3)
    assert made.dtype == np.dtype(dtype)  # type: ignore[call-overload]
    assert not any(made.tobytes())
    assert storage["x"].id == made.id


def test_a_new_buffer_can_be_described_by_a_format(storage: deltos.Storage) -> None:
    made = storage.create("x", shape=3, format="T{d:x:d:y:}")
    made["x"][...] = 1.5
    assert np.asarray(storage["x"])["x"].tolist() == [1.5] * 3
    inner = storage.create("y", shape=2, dtype=np.dtype(("f4", (2, 2))))
    assert inner.shape == (2, 2, 2)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"shape": 3}, TypeError),
        ({"shape": 3, "dtype": "f4", "format": "f"}, TypeError),
        ({"shape": -1, "dtype": "f4"}, ValueError),
        ({"shape": 2.5, "dtype": "f4"}, TypeError),
        ({"shape": 3, "format": "what?"}, ValueError),
        ({"shape": 3, "format": "&i"}, NotImplementedError),
        ({"shape": 3, "dtype": "M8[s]"}, ValueError),
        ({"shape": (2**40, 2**40), "dtype": "f8"}, OverflowError),
        ({"shape": (1,) * 65, "dtype": "f8"}, OverflowError),
    ],
)
def test_what_cannot_be_created_is_refused(
    storage: deltos.Storage, arguments: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        storage.create("x", **arguments)  # type: ignore[arg-type]
    assert "x" not in storage
