"""Views: every layout, element type and operation, against memoryview, NumPy and CPython's own ndarray of its tests."""

from __future__ import annotations

import array
import ctypes
import gc
import io
import operator
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import deltos
from buffer_requests import ALL_BITS, answer

try:
    import _testbuffer
except ImportError:
    _testbuffer = None  # type: ignore[assignment]

TYPES = ["?", "b", "B", "h", "H", "i", "I", "l", "L", "e", "f", "d"]
RECORD = np.dtype([("n", "i4"), ("x", "f8"), ("s", "S3")])


def grid(*shape: int, dtype: str = "i4") -> np.ndarray:
    return np.arange(int(np.prod(shape)), dtype=dtype).reshape(shape)


@st.composite
def layouts(draw: st.DrawFn, max_dims: int = 4) -> np.ndarray:
    """Arrays of any type, shape, order, step and direction."""
    shape = draw(st.lists(st.integers(0, 4), max_size=max_dims))
    base = np.arange(int(np.prod([2 * length + 1 for length in shape])), dtype="i8")
    base = (base % 2 if (code := draw(st.sampled_from(TYPES))) == "?" else base).astype(code)
    base = base.reshape([2 * length + 1 for length in shape])
    key = []
    for length in shape:
        step = draw(st.sampled_from([1, 2, -1, -2]))
        key.append(slice(*slice(0 if step > 0 else 2 * length, None, step).indices(2 * length + 1)[:1], None, step))
    strided = base[(*key, ...)][(*(slice(0, length) for length in shape), ...)]
    return strided.transpose(draw(st.permutations(range(len(shape)))))


@st.composite
def keys(draw: st.DrawFn, shape: tuple[int, ...]) -> object:
    """What may stand in brackets behind memory of a shape."""
    parts: list[object] = []
    for length in shape:
        if length and draw(st.booleans()):
            parts.append(draw(st.integers(-length, length - 1)))
        else:
            parts.append(draw(st.slices(length)) if draw(st.booleans()) else slice(*draw(anything)))
    first = draw(st.integers(0, len(shape)))
    if draw(st.booleans()) or not shape:
        parts[first : draw(st.integers(first, len(shape)))] = [Ellipsis]
    else:
        del parts[max(1, first) :]
    return parts[0] if len(parts) == 1 and draw(st.booleans()) else tuple(parts)


bound = st.none() | st.integers(-9, 9) | st.sampled_from([2**63, -(2**63), 2**100, -(2**100)])
anything = st.tuples(bound, bound, st.none() | st.integers(1, 5) | st.integers(-5, -1))


def same(view: deltos.View, model: np.ndarray) -> None:
    """A view shows what an array of NumPy shows, and where it shows it."""
    assert view.shape == model.shape
    assert view.tolist() == model.tolist()
    assert view.tobytes() == model.tobytes()
    assert [view.tobytes(order) for order in (None, "F", "A")] == [model.tobytes(order) for order in ("C", "F", "A")]
    if model.size:
        assert view.address == model.__array_interface__["data"][0]


@hypothesis.given(st.data())
def test_any_index_gives_what_numpy_gives(data: st.DataObject) -> None:
    model = data.draw(layouts())
    view = deltos.View(model)
    same(view, model)
    key = data.draw(keys(model.shape))
    wanted = model[key]
    found = view[key]
    if isinstance(found, deltos.View):
        same(found, wanted)
    else:
        assert found == wanted.item() and type(found) is type(wanted.item())


@hypothesis.given(st.data())
def test_any_index_can_be_stored_to(data: st.DataObject) -> None:
    model = data.draw(layouts(3))
    view = deltos.View(copy := np.array(model, order="K"))
    key = data.draw(keys(model.shape))
    model = model.copy()
    if data.draw(st.booleans()):
        model[key] = 1
        view[key] = 1
    else:
        values = np.ones_like(model[key])
        model[key] = values
        if isinstance(view[key], deltos.View):
            view[key] = values.tolist() if data.draw(st.booleans()) and values.ndim else values
        else:
            view[key] = values.item()
    assert copy.tolist() == model.tolist()


@hypothesis.given(st.data())
def test_transpose_and_reshape_give_what_numpy_gives(data: st.DataObject) -> None:
    model = data.draw(layouts())
    view = deltos.View(model)
    same(view.T, model.T)
    axes = data.draw(st.permutations(range(model.ndim)))
    same(view.transpose(*axes) if axes else view.transpose(), model.transpose(axes))
    assert view.c_contiguous == model.flags.c_contiguous and view.f_contiguous == model.flags.f_contiguous
    assert view.contiguous == (model.flags.c_contiguous or model.flags.f_contiguous)
    packed = deltos.View(model.copy())
    lengths = data.draw(st.permutations(model.shape))
    same(packed.reshape(*lengths) if lengths else packed.reshape(()), np.asarray(packed).reshape(lengths))


@hypothesis.given(st.data())
def test_views_are_compared_by_value(data: st.DataObject) -> None:
    first, second = data.draw(layouts(2)), data.draw(layouts(2))
    equal = first.shape == second.shape and bool((first == second).all())
    assert (deltos.View(first) == second) == equal
    assert (deltos.View(first) != deltos.View(second)) == (not equal)
    assert deltos.View(first) == first.copy(order="F")


@hypothesis.given(st.lists(st.integers(0, 3), max_size=4), st.lists(st.integers(0, 3), max_size=4))
def test_the_order_of_views_is_that_of_lists(first: list[int], second: list[int]) -> None:
    one, two = deltos.View(array.array("i", first)), deltos.View(array.array("d", second))
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        assert compare(one, two) == compare(first, second), compare


def test_a_nan_has_no_order_and_equals_nothing() -> None:
    view = deltos.View(array.array("d", [float("nan")]))
    other = deltos.View(array.array("d", [1.0]))
    assert view != view[:] and not view < other and not view >= other
    assert view.find(float("nan")) == -1 and view.count(float("nan")) == 0


def test_what_exports_nothing_is_never_equal_and_has_no_order() -> None:
    view = deltos.View(b"abc")
    assert view != 5 and view != "abc" and view != [97, 98, 99]
    with pytest.raises(TypeError):
        view < [1]  # noqa: B015
    with pytest.raises(TypeError):
        hash(view)


@pytest.mark.skipif(_testbuffer is None, reason="CPython's _testbuffer is not built")
@hypothesis.given(st.data())
def test_cpythons_own_array_sees_the_same_in_any_layout(data: st.DataObject) -> None:
    """As an oracle: a view of its array is asked everything that the array itself is asked, also with suboffsets."""
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=6))
    items = [i % 128 for i in range(int(np.prod(shape)))]
    flags = _testbuffer.ND_WRITABLE
    flags |= _testbuffer.ND_FORTRAN if data.draw(st.booleans()) else 0
    if data.draw(st.booleans()) and len(shape) > 1:
        flags = (flags | _testbuffer.ND_PIL) & ~_testbuffer.ND_FORTRAN
    oracle = _testbuffer.ndarray(items, shape=shape, format=data.draw(st.sampled_from("bHiq")), flags=flags)
    view = deltos.View(oracle)
    assert view.suboffsets == tuple(oracle.suboffsets) or not oracle.suboffsets
    assert view.tolist() == oracle.tolist() and view.tobytes() == oracle.tobytes()
    key = tuple(slice(*data.draw(anything)) for _ in shape[: data.draw(st.integers(1, len(shape)))])
    try:
        wanted = oracle[key]
    except (ValueError, NotImplementedError):
        return
    try:
        found = view[key]
    except deltos.LayoutError:
        assert oracle.suboffsets
        return
    assert found.shape == tuple(wanted.shape) and found.tolist() == wanted.tolist()


@hypothesis.given(layouts(), st.booleans())
@hypothesis.settings(max_examples=30)
def test_every_request_is_answered_as_memoryview_answers_it(model: np.ndarray, readonly: bool) -> None:
    model.flags.writeable = not readonly
    view, oracle = deltos.View(model), memoryview(model)
    for flags in ALL_BITS:
        assert answer(view, flags) == answer(oracle, flags), f"request {flags:#x}"


def test_numpy_and_dlpack_see_strided_memory_without_a_copy() -> None:
    model = grid(4, 6)[::2, ::-2]
    view = deltos.View(model)
    for array_of_view in (np.asarray(view), view.numpy(), np.from_dlpack(view)):
        assert array_of_view.strides == model.strides and np.shares_memory(array_of_view, model)
        assert array_of_view.tolist() == model.tolist()
    interface = view.__array_interface__
    assert interface["data"][0] == view.address and interface["strides"] == model.strides
    copied = np.from_dlpack(view, copy=True)
    assert copied.tolist() == model.tolist() and not np.shares_memory(copied, model)
    model.flags.writeable = False
    assert not np.from_dlpack(deltos.View(model)).flags.writeable


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11])
def test_chunks_cover_everything_once(count: int) -> None:
    view = deltos.View(grid(count, 2))
    chunks = [*view.chunks(5)]
    assert [len(chunk) for chunk in chunks] == [min(5, count - start) for start in range(0, count, 5)]
    assert [row for chunk in chunks for row in chunk.tolist()] == grid(count, 2).tolist()
    with pytest.raises(deltos.InvalidError):
        view.chunks(0)


def test_casts_change_what_bytes_mean() -> None:
    view = deltos.View(bytearray(range(48)))
    assert view.cast("d").shape == (6,) and view.cast("float32").cast("i").format == "i"
    assert view.cast("i", (3, 4)).tolist() == np.frombuffer(bytes(range(48)), "i4").reshape(3, 4).tolist()
    assert view.cast(np.dtype(RECORD.fields["x"][0])).format == "d"
    assert view.cast("B", (2, 3, 8)).shape == (2, 3, 8)
    with pytest.raises(deltos.TypeMismatchError):
        view[:5].cast("d")
    with pytest.raises(deltos.LayoutError):
        view[::2].cast("d")
    with pytest.raises(deltos.FormatError):
        view.cast("no")


def test_structures_text_and_bytes_have_values() -> None:
    records = np.zeros(3, RECORD)
    view = deltos.View(records)
    view[1] = (7, 0.5, b"ab")
    assert records[1].tolist() == (7, 0.5, b"ab") and view[1] == (7, 0.5, b"ab\0")
    view[...] = [(1, 1.0, b"a"), (2, 2.0, b"b"), (3, 3.0, b"c")]
    assert records["n"].tolist() == [1, 2, 3]
    view[:2] = records[1:]
    assert records["n"].tolist() == [2, 3, 3]
    words = np.array(["a", "xyz"])
    text = deltos.View(words)
    assert text.tolist() == ["a", "xyz"] and text.find("xyz") == 1
    text[0] = "new"
    assert words[0] == "new"
    with pytest.raises(OverflowError):
        text[0] = "longer"
    with pytest.raises(TypeError):
        text[0] = 5
    inner = deltos.View(np.zeros(2, [("m", "i2", (2, 2)), ("z", "c8")]))
    inner[1] = ([[1, 2], [3, 4]], 1 + 2j)
    assert inner[1] == ([[1, 2], [3, 4]], 1 + 2j)
    with pytest.raises(TypeError):
        inner[1] = (1,)


@pytest.mark.parametrize("code", [">i4", ">f8", ">u2", "<f2", "c16", "c8", ">c16", "g", "S5", ">U3", "<U3", "V4"])
def test_every_type_goes_in_and_comes_out(code: str) -> None:
    model = np.zeros(4, code)
    view = deltos.View(model)
    values = {"S": b"hello", "U": "abc", "V": b"1234"}
    value = values.get(model.dtype.kind, 3)
    view[2] = value
    assert view[2] == value and model[2] == np.array(value, code)
    assert view.count(value) == 1 and view.find(value) == 2 and value in view
    view.fill(value)
    assert model.tolist() == [np.array(value, code).item()] * 4


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_small_floats_round_to_the_nearest(name: str) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    model = np.zeros(3, getattr(ml_dtypes, name))
    view = deltos.View(model)
    view[1] = 1.07
    assert view.type_name == name and view[1] == float(model.dtype.type(1.07)) == model[1]
    assert view.tolist() == model.tolist() and view.numpy().dtype == model.dtype
    with pytest.raises(OverflowError):
        view[0] = 1e39


@pytest.mark.parametrize("code", "bBhHiIlLqQ")
def test_integers_that_do_not_fit_are_refused(code: str) -> None:
    view = deltos.View(array.array(code, [1]))
    bits = 8 * view.itemsize
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if code.islower() else (0, 2**bits - 1)
    for value in (low, high, 0):
        view[0] = value
        assert view[0] == value
    for value in (low - 1, high + 1, 2**100, -(2**100), 10**5000):
        with pytest.raises(OverflowError, match="does not fit"):
            view[0] = value
    for value in ("x", 1.5, None, b"1"):
        with pytest.raises(TypeError):
            view[0] = value
    assert view[0] == 0


def test_floats_that_do_not_fit_are_refused() -> None:
    view = deltos.View(array.array("f", [1]))
    with pytest.raises(OverflowError):
        view[0] = 1e300
    view[0] = float("inf")
    assert view[0] == float("inf")
    with pytest.raises(TypeError):
        view[0] = "x"


def test_values_are_found_as_python_compares_them() -> None:
    view = deltos.View(np.array([[3, 1], [4, 1]], "u1"))
    assert view.find(1) == 1 and view.find(1, 2) == 3 and view.index(4.0) == 2 and view.count(True) == 2
    for absent in (5, 300, -1, 1.5, "1", None, 2**70):
        assert view.find(absent) == -1 and view.count(absent) == 0 and absent not in view
    with pytest.raises(ValueError):
        view.index(9)
    floats = deltos.View(array.array("f", [0.1, 0.5]))
    assert floats.find(0.1) == -1 and floats.find(0.5) == 1 and 0.5 in floats


def test_rows_are_gathered_by_number() -> None:
    model = grid(5, 3)
    view = deltos.View(model)
    assert view.gather([4, 0, 4]).tolist() == model[[4, 0, 4]].tolist()
    assert view.take(np.array([1])).shape == (1, 3) and view.gather([]).shape == (0, 3)
    out = np.zeros((2, 3), "i4")
    view.gather([1, 2], out)
    assert out.tolist() == model[1:3].tolist()
    for rows in ([5], [-1]):
        with pytest.raises(IndexError):
            view.gather(rows)


def test_copies_are_packed_and_of_their_own() -> None:
    model = grid(4, 6)[::2, ::-2]
    copied = deltos.View(model).copy()
    assert copied.c_contiguous and copied.tolist() == model.tolist()
    copied[0, 0] = 99
    assert model[0, 0] != 99
    target = np.zeros(model.shape, "i4", order="F")
    deltos.View(model).copy_to(target)
    assert target.tolist() == model.tolist()


def test_overlapping_memory_is_copied_as_if_through_a_temporary() -> None:
    model = np.arange(10)
    view = deltos.View(model)
    view[2:] = view[:-2]
    assert model.tolist() == [0, 1, *range(8)]
    view[...] = view[::-1]
    assert model.tolist() == [*reversed([0, 1, *range(8)])]


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    model = grid(2, 3)
    view = deltos.View(model)
    for value in (np.zeros((3, 2), "i4"), np.zeros((2, 3)), np.zeros(3, "i4"), [[1, 2, 3]], object()):
        with pytest.raises(TypeError):
            view[...] = value
    for key in (3, (0, 3), (0, 0, 0), (slice(None),) * 3, -3):
        with pytest.raises(IndexError):
            view[key]
    for key in ("x", 1.0, None, (0, "x")):
        with pytest.raises(TypeError):
            view[key]
    for key in (slice(None, None, 0), (..., ...)):
        with pytest.raises(ValueError):
            view[key]
    with pytest.raises(TypeError):
        del view[0]
    assert model.tolist() == grid(2, 3).tolist()


def test_memory_that_is_read_only_stays_as_it_is() -> None:
    for view in (deltos.View(b"abc"), deltos.View(bytearray(b"abc"), readonly=True), deltos.View(bytearray(b"abc")).toreadonly()):
        assert view.readonly and view[1:].readonly and memoryview(view).readonly
        for refused in (
            lambda: operator.setitem(view, 0, 1),
            lambda: operator.setitem(view, ..., 1),
            lambda: view.fill(1),
            lambda: view.copy_from(b"xyz"),
            lambda: view.readinto(io.BytesIO(b"xyz")),
        ):
            with pytest.raises((deltos.ReadOnlyError, deltos.ReadOnlyBufferError)):
                refused()
        assert view.tobytes() == b"abc"


# ---- Files ---------------------------------------------------------------------------------------------------------


def opened(path: Path, kind: str) -> Any:
    """Something to read the bytes of a file from."""
    if kind == "descriptor":
        return os.open(path, os.O_RDONLY)
    return io.BytesIO(path.read_bytes()) if kind == "memory" else open(path, "rb", buffering=0 if kind == "raw" else -1)


@pytest.mark.parametrize("kind", ["descriptor", "raw", "buffered", "memory"])
@pytest.mark.parametrize("strided", [False, True])
def test_reading_fills_memory_from_where_the_file_is(tmp_path: Path, kind: str, strided: bool) -> None:
    path = tmp_path / "data"
    path.write_bytes(bytes(range(100)))
    target = np.zeros((10, 2), "u1")
    view = deltos.View(target.T if strided else target)
    file = opened(path, kind)
    assert view.readinto(file) == 20 and view.tobytes() == bytes(range(20))
    middle = view[:, 2:4] if strided else view[2:4]
    assert middle.readinto(file) == 4 and middle.tobytes() == bytes(range(20, 24))
    assert view.readinto(file, offset=95) == 5
    assert view.tobytes()[:5] == bytes(range(95, 100)) and view.tobytes()[8:10] == b"\x08\x09"
    os.close(file) if isinstance(file, int) else file.close()


def test_reading_from_a_pipe_waits_for_all_of_it() -> None:
    one, two = socket.socketpair()
    target = deltos.View(bytearray(300000))
    sent = bytes(range(256)) * 1000
    thread = threading.Thread(target=lambda: (two.sendall(sent), two.close()))
    thread.start()
    assert target.readinto(one.fileno()) == len(sent)
    thread.join()
    one.close()
    assert target[: len(sent)] == sent and target[len(sent) :].count(0) == 300000 - len(sent)


@pytest.mark.parametrize("kind", ["descriptor", "raw", "buffered", "memory"])
def test_writing_writes_elements_in_their_order(tmp_path: Path, kind: str) -> None:
    model = grid(4, 6, dtype="u2")[::2, ::-2]
    path = tmp_path / "data"
    path.write_bytes(b"")
    openers = {
        "descriptor": lambda: os.open(path, os.O_RDWR),
        "raw": lambda: open(path, "r+b", buffering=0),
        "buffered": lambda: open(path, "r+b"),
        "memory": io.BytesIO,
    }
    file = openers[kind]()
    assert deltos.View(model).write_to(file) == model.nbytes
    assert deltos.View(model.copy()).write_to(file) == model.nbytes
    assert deltos.View(b"!!").write_to(file, offset=2) == 2
    written = file.getvalue() if isinstance(file, io.BytesIO) else None
    os.close(file) if isinstance(file, int) else None if written else file.close()
    wanted = bytearray(model.tobytes() * 2)
    wanted[2:4] = b"!!"
    assert (written or path.read_bytes()) == wanted


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    view = deltos.View(bytearray(4))
    with pytest.raises(TypeError):
        view.readinto("name")
    with pytest.raises(OSError):
        view.readinto(10**6)
    with pytest.raises(ValueError):
        view.readinto(io.BytesIO(b""), offset=-1)


def test_buffers_and_tables_are_read_into_as_well(storage: deltos.Storage) -> None:
    storage["x"] = np.zeros(4, "u1")
    assert storage["x"].readinto(io.BytesIO(b"abcd")) == 4 and bytes(storage["x"]) == b"abcd"
    table = deltos.Table(2, 2, format="B")
    assert table.readinto(io.BytesIO(b"wxyz")) == 4 and table.tobytes() == b"wxyz"
    out = io.BytesIO()
    assert storage["x"].write_to(out) == 4 and table.write_to(out) == 4
    assert out.getvalue() == b"abcdwxyz"


# ---- Atomic operations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["i", "I", "q", "Q", "f", "d"])
def test_atomic_operations_do_what_their_names_say(code: str) -> None:
    view = deltos.View(np.zeros((2, 2), code))
    view.atomic_store((1, -1), 5)
    assert view.atomic_load((1, 1), order="acquire") == 5
    assert view.atomic_add((1, 1), 2, order="relaxed") == 5 and view[1, 1] == 7
    assert view.atomic_compare_exchange((1, 1), 7, 9) == (True, 7)
    assert view.atomic_compare_exchange((1, 1), 7, 8) == (False, 9) and view[1, 1] == 9
    with pytest.raises(IndexError):
        view.atomic_load((2, 0))
    with pytest.raises(ValueError):
        view.atomic_load((0, 0), order="soon")
    with pytest.raises(ValueError):
        view.atomic_load((0, 0), order="release")


def test_threads_add_without_losing_any() -> None:
    view = deltos.View(np.zeros(1, "i8"))
    threads = [threading.Thread(target=lambda: [view.atomic_add(0, 1) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert view[0] == 2000


def test_atomic_operations_need_a_type_that_has_them() -> None:
    for refused in (np.zeros(2, "u1"), np.zeros(2, ">i4"), np.zeros(2, "c8")):
        with pytest.raises(TypeError):
            deltos.View(refused).atomic_load(0)
    with pytest.raises(deltos.ReadOnlyError):
        deltos.View(bytes(8)).cast("q").atomic_store(0, 1)


# ---- Lifetimes -----------------------------------------------------------------------------------------------------


def test_memory_is_held_until_the_last_view_goes() -> None:
    data = bytearray(12)
    before = sys.getrefcount(data)
    view = deltos.View(data)
    part = view.cast("i")[1:]
    view.release()
    with pytest.raises(BufferError):
        data.append(1)
    seen = memoryview(part)
    part.release()
    with pytest.raises(BufferError):
        data.append(1)
    seen.release()
    data.append(1)
    assert sys.getrefcount(data) == before


def test_a_view_dropped_on_another_thread_gives_its_memory_back() -> None:
    data = bytearray(8)
    views = [deltos.View(data) for _ in range(10)]
    thread = threading.Thread(target=views.clear)
    thread.start()
    thread.join()
    gc.collect()
    data.append(1)


def test_a_released_view_is_closed_and_releasing_twice_is_fine() -> None:
    with deltos.View(b"abc") as view:
        assert view[0] == 97
    view.release()
    assert repr(view) == "<deltos.View, released>" and view == view
    for refused in (
        lambda: view[0],
        lambda: view.shape,
        lambda: len(view),
        lambda: view[1:],
        lambda: memoryview(view),
        lambda: deltos.View(view),
        lambda: [*view],
    ):
        with pytest.raises((deltos.ClosedError, BufferError)):
            refused()


def test_a_value_that_releases_the_view_harms_nothing() -> None:
    view = deltos.View(bytearray(8))

    class Rogue:
        def __index__(self) -> int:
            view.release()
            return 1

    with pytest.raises(deltos.ClosedError):
        view[0] = Rogue()  # type: ignore[assignment]


def test_views_pin_the_storage(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(4)
    view = deltos.View(storage["x"])
    part = view[1:]
    view.release()
    with pytest.raises(deltos.PinnedError):
        storage.close()
    part[0] = 50
    assert storage["x"][1] == 50
    part.release()


def test_views_of_everything_that_exports(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(3, dtype="f4")
    ml_dtypes = pytest.importorskip("ml_dtypes")
    storage["b"] = np.ones(2, ml_dtypes.bfloat16)
    assert deltos.View(storage["b"]).type_name == "bfloat16"
    assert deltos.View(storage["x"]).tolist() == [0, 1, 2]
    assert deltos.View(deltos.View(storage["x"]))[1] == 1
    assert deltos.View((ctypes.c_int * 3)(1, 2, 3)).tolist() == [1, 2, 3]
    assert deltos.View(memoryview(b"ab")).tolist() == [97, 98]
    assert deltos.View(np.float64(2.5))[()] == 2.5
    zero = deltos.View(np.array(7))
    assert zero.shape == () and zero[()] == 7 and zero.tolist() == 7 and zero[...].shape == ()
    zero[()] = 8
    assert zero[()] == 8
    with pytest.raises(TypeError):
        len(zero)
    for nothing in (5, "text", [1, 2], None):
        with pytest.raises(TypeError):
            deltos.View(nothing)


def test_iterating_gives_elements_or_rows() -> None:
    assert [*deltos.View(b"abc")] == [97, 98, 99]
    assert [row.tolist() for row in deltos.View(grid(2, 2))] == [[0, 1], [2, 3]]
    assert [*deltos.View(np.zeros(2, RECORD))] == [(0, 0.0, b"\0\0\0")] * 2


def test_hexadecimal_digits_are_separated_as_those_of_bytes():
    view = deltos.View(bytes(range(250, 256)))
    assert view.hex() == bytes(range(250, 256)).hex()
    assert view.hex(":", 2) == bytes(range(250, 256)).hex(":", 2)
