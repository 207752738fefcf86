"""The buffer protocol, request by request, against what CPython's own exporters do."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Iterable
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import deltos
from buffer_requests import BITS, REQUESTS, answer
from deltos._exporter import Exporter, Source

try:
    import _testbuffer
except ImportError:
    _testbuffer = None  # type: ignore[assignment]

needs_testbuffer = pytest.mark.skipif(_testbuffer is None, reason="CPython's _testbuffer is not built")

VALUES = {
    "scalar": np.array(2.5),
    "one": np.arange(6, dtype="i4"),
    "two": np.arange(6, dtype="f8").reshape(2, 3),
    "column": np.arange(4, dtype="i2").reshape(4, 1),
    "empty": np.zeros((0, 3), "u2"),
    "bytes": np.frombuffer(b"abcdef", "u1"),
}


@pytest.mark.parametrize("writable", [True, False])
@pytest.mark.parametrize("name", VALUES)
def test_every_request_is_answered_as_memoryview_answers_it(
    storage: deltos.Storage, name: str, writable: bool
) -> None:
    """A memoryview over the same memory is the oracle: it re-exports with every rule of the protocol."""
    storage["x"] = VALUES[name]
    if not writable:
        storage["x"].seal()
    buffer = storage["x"]
    oracle = memoryview(buffer)
    assert oracle.readonly != writable
    for flags in REQUESTS:
        assert answer(buffer, flags) == answer(oracle, flags), f"request {flags:#x}"


def consumed(exporter: object, flags: int) -> Any:
    """What CPython's own consumer of any request makes of it: an array, or the class of the refusal."""
    try:
        return _testbuffer.ndarray(exporter, getbuf=flags)
    except (BufferError, ValueError) as error:
        return type(error)


def same_for_consumers(mine: object, oracle: object, requests: Iterable[int]) -> None:
    """Every request of one exporter gives what that of another gives, or is refused likewise."""
    for flags in requests:
        ours, theirs = consumed(mine, flags), consumed(oracle, flags)
        if isinstance(ours, type) or isinstance(theirs, type):
            assert isinstance(ours, type) and isinstance(theirs, type), f"request {flags:#x}: {ours} {theirs}"
            assert issubclass(ours, theirs), f"request {flags:#x}"
            continue
        assert ours.format.replace("l", "q") == theirs.format.replace("l", "q"), f"request {flags:#x}"
        for field in ("itemsize", "ndim", "shape", "strides", "suboffsets", "nbytes", "readonly"):
            assert getattr(ours, field) == getattr(theirs, field), f"{field} of request {flags:#x}"
        assert ours.tobytes() == theirs.tobytes()


@needs_testbuffer
@pytest.mark.parametrize("name", VALUES)
def test_every_request_gives_testbuffer_the_same_as_its_own_array(storage: deltos.Storage, name: str) -> None:
    values = VALUES[name]
    storage["x"] = values
    same_for_consumers(storage["x"], memoryview(values.copy()), REQUESTS)


@st.composite
def arrays_of_testbuffer(draw: st.DrawFn) -> Any:
    """CPython's array of its own tests, of up to six dimensions: in C or Fortran order, in steps, or by pointers."""
    shape = draw(st.lists(st.integers(1, 3), max_size=6))
    items = [number % 100 for number in range(math.prod(shape))]
    flags = draw(st.sampled_from([0, _testbuffer.ND_WRITABLE]))
    order = draw(st.sampled_from([0, _testbuffer.ND_FORTRAN, _testbuffer.ND_PIL])) if shape else 0
    format = draw(st.sampled_from("bBhHiIqQfd"))
    made = _testbuffer.ndarray(items if shape else 1, shape=shape, format=format, flags=flags | order)
    steps = draw(st.tuples(*(st.sampled_from([None, 1, 2, -1, -2]) for _ in shape)))
    return made[tuple(slice(None, None, step) for step in steps)] if shape and any(steps) else made


@needs_testbuffer
@hypothesis.given(st.data())
@hypothesis.settings(max_examples=60)
def test_every_request_in_any_layout_is_answered_as_testbuffer_answers_it(data: st.DataObject) -> None:
    oracle = data.draw(arrays_of_testbuffer())
    same_for_consumers(deltos.View(oracle), oracle, REQUESTS)


def test_a_memoryview_has_exact_fields(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(24, dtype="i4").reshape(2, 3, 4)
    view = memoryview(storage["x"])
    assert (view.format, view.itemsize, view.ndim, view.shape, view.strides) == ("i", 4, 3, (2, 3, 4), (48, 16, 4))
    assert view.suboffsets == ()
    assert view.contiguous and view.c_contiguous and not view.f_contiguous
    assert view.nbytes == 96
    assert view[1, 2, 3] == 23
    assert isinstance(view.obj, deltos.Buffer)


def test_a_scalar_has_no_shape_to_speak_of(storage: deltos.Storage) -> None:
    storage["x"] = np.array(7, "i8")
    view = memoryview(storage["x"])
    assert view.ndim == 0 and view.shape == () and view.strides == ()
    assert view[()] == 7
    view[()] = 8
    assert storage["x"].tolist() == 8
    with pytest.raises(TypeError):
        len(storage["x"])


def test_native_numbers_have_formats_that_memoryview_can_index(storage: deltos.Storage) -> None:
    for code in "?bBhHiIlLqQfd":
        storage["x"] = np.ones(3, code)
        view = memoryview(storage["x"])
        assert len(view.format) == 1
        assert view[1] == 1


def test_structures_are_exported_with_their_fields(storage: deltos.Storage) -> None:
    storage["x"] = np.zeros(2, np.dtype([("a", "i4"), ("b", "f8")], align=True))
    view = memoryview(storage["x"])
    assert view.format.startswith("T{") and ":a:" in view.format and ":b:" in view.format
    assert view.itemsize == 16
    assert view.tobytes() == bytes(32)


def test_a_read_only_buffer_refuses_writers(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(3)
    with deltos.open(storage.path or "") as reader:
        view = memoryview(reader["x"])
        assert view.readonly
        with pytest.raises(BufferError):
            Source(reader["x"], BITS["WRITABLE"])
        with pytest.raises(TypeError):
            view[0] = 1
        assert not np.asarray(reader["x"]).flags.writeable
        view.release()


def test_the_exporter_is_a_buffer_for_the_type_system(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(3)
    if sys.version_info < (3, 12):
        pytest.skip("collections.abc.Buffer came with Python 3.12")
    from collections.abc import Buffer

    assert isinstance(storage["x"], Buffer)
    with storage["x"].__buffer__(inspect.BufferFlags.FULL_RO) as view:
        assert view.shape == (3,)


def test_consumers_of_the_standard_library_read_it(storage: deltos.Storage) -> None:
    import hashlib
    import io
    import struct
    import zlib

    storage["x"] = b"some bytes"
    assert bytes(storage["x"]) == b"some bytes"
    assert bytearray(storage["x"]) == b"some bytes"
    assert hashlib.sha256(storage["x"]).digest() == hashlib.sha256(b"some bytes").digest()
    assert zlib.crc32(storage["x"]) == zlib.crc32(b"some bytes")
    assert struct.unpack_from("4s", storage["x"]) == (b"some",)
    assert io.BytesIO(b"other data").readinto(storage["x"]) == 10
    assert storage["x"].tobytes() == b"other data"
    assert b"".join([storage["x"]]) == b"other data"


def test_a_buffer_cannot_be_made_out_of_nothing() -> None:
    with pytest.raises(TypeError):
        deltos.Buffer()
    with pytest.raises(ValueError):
        memoryview(deltos.Buffer.__new__(deltos.Buffer))


def test_memory_is_lent_by_the_handle_of_a_view_or_not_at_all() -> None:
    class Lender(Exporter):
        def __init__(self, lent: object) -> None:
            self.lent = lent

        def _lend(self) -> object:
            if isinstance(self.lent, Exception):
                raise self.lent
            return self.lent

    assert memoryview(Lender(deltos.View(b"abc")._use())).tobytes() == b"abc"
    for lent in (None, deltos.Array("i")._handle):
        with pytest.raises(TypeError, match="^_lend.. gives the handle of a view$"):
            memoryview(Lender(lent))
    with pytest.raises(KeyError, match="gone"):
        memoryview(Lender(KeyError("gone")))
    with pytest.raises(BufferError):
        Source(Lender(deltos.View(b"abc")._use()), 1)  # PyBUF_WRITABLE
