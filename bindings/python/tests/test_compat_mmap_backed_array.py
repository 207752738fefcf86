"""deltos.compat.mmap_backed_array: an array over shared memory, also in an mmap that its owner may close."""

from __future__ import annotations

import array
import builtins
import copy
import ctypes
import doctest
import gc
import io
import mmap
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, MutableSequence
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import deltos
from deltos.compat.mmap_backed_array import anon_mmap, mmaparray, typecodes

pytestmark = pytest.mark.filterwarnings("ignore:The 'u' type code:DeprecationWarning")
Maker = Callable[..., mmaparray]


def mapped(path: Path, content: bytes = b"\0", **more: Any) -> mmap.mmap:
    """An mmap of a new file."""
    path.write_bytes(content)
    with open(path, "rb" if more.get("access") == mmap.ACCESS_READ else "rb+") as file:
        return mmap.mmap(file.fileno(), 0, **more)


@pytest.fixture(params=["memory", "mmap of a file", "mmap of memory"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Maker:
    """Makes arrays in one of the homes."""

    def maker(code: str, values: Any = None) -> mmaparray:
        if request.param == "memory":
            made = mmaparray(code)
        elif request.param == "mmap of a file":
            made = mmaparray(code, mmap=mapped(tmp_path / os.urandom(8).hex()))
        else:
            made = mmaparray(code, mmap=anon_mmap(b"\0"))
        made.clear()
        if values is not None:
            made.extend(values)
        return made

    return maker


# ---- The page, which holds the examples that people know -------------------------------------------------------------


def test_the_examples_of_the_page_do_what_it_says(
    source_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = source_tree / "bindings" / "python" / "docs" / "coming-from-mmap_backed_array.md"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(builtins, "_", None, raising=False)
    failed, attempted = doctest.testfile(str(page), module_relative=False)
    assert failed == 0 and attempted > 35


# ---- Against array.array ---------------------------------------------------------------------------------------------

items = st.integers(-3, 300)
places = st.integers(-12, 12)
slices = st.builds(slice, st.none() | places, st.none() | places, st.sampled_from([None, 1, 2, 3, -1, -2]))
lists = st.lists(items, max_size=5)
steps = st.one_of(
    st.tuples(st.sampled_from(["append", "remove", "index", "count", "__contains__"]), items),
    st.tuples(st.just("insert"), places, items),
    st.tuples(st.just("index"), items, places, places),
    st.tuples(st.sampled_from(["pop", "__getitem__", "__delitem__"]), places),
    st.tuples(st.sampled_from(["reverse", "byteswap", "pop", "tobytes", "tolist"])),
    st.tuples(st.sampled_from(["extend", "fromlist"]), lists),
    st.tuples(st.just("frombytes"), st.binary(max_size=16)),
    st.tuples(st.sampled_from(["__getitem__", "__delitem__"]), slices),
    st.tuples(st.just("__setitem__"), places, items),
    st.tuples(st.just("__setitem__"), slices, st.lists(st.integers(0, 100), max_size=6)),
    st.tuples(st.just("__imul__"), st.integers(-1, 3)),
)


def outcome(target: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    """What one call gives, or that it is refused."""
    if name == "__setitem__" and isinstance(arguments[1], list):
        arguments = arguments[0], array.array(target.typecode, arguments[1])
    try:
        given = getattr(target, name)(*arguments)
    except (IndexError, ValueError, OverflowError):
        return "refused"
    return "itself" if given is target else given


@hypothesis.given(
    st.sampled_from("bBhHiIlLqQfd"), st.sampled_from(["memory", "file", "anonymous"]), st.lists(steps, max_size=25)
)
def test_it_does_what_cpythons_array_does(
    tmp_path: Path, code: str, home: str, todo: list[tuple[Any, ...]]
) -> None:
    path = tmp_path / "elements"
    given = mapped(path) if home == "file" else anon_mmap(b"\0") if home == "anonymous" else None
    mine, model = mmaparray(code, mmap=given), array.array(code)
    mine.clear()
    for name, *arguments in todo:
        if len(model) >= 200 or (code in "fd" and name in ("byteswap", "frombytes")):
            continue
        expected = outcome(model, name, tuple(arguments))
        assert outcome(mine, name, tuple(arguments)) == expected
        assert mine.tolist() == model.tolist() and len(mine) == len(model)
    assert mine == model and model == mine and repr(mine) == repr(model)
    assert bytes(memoryview(mine)) == mine.tobytes() == model.tobytes()
    if home == "file":
        assert path.read_bytes() == (model.tobytes() or b"\0")
    if given is not None:
        assert given[:] == (model.tobytes() or b"\0")
        given.close()


few = st.lists(st.integers(0, 3), max_size=4)


@hypothesis.given(st.sampled_from("bBhHiIlLqQfd"), few, few)
def test_it_compares_as_cpythons_array_does(code: str, one: list[int], two: list[int]) -> None:
    mine, model = mmaparray(code, one), array.array(code, one)
    for kind in (array.array, mmaparray):
        for other in (kind(code, two), kind("d", two)):
            theirs = array.array(other.typecode, two)
            for operation in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
                assert getattr(mine, operation)(other) == getattr(model, operation)(theirs)
    assert (mine == two) == (one == two) and (mine < two) == (one < two) and (mine >= tuple(two)) == (one >= two)


def test_what_differs_only_in_length_differs() -> None:
    assert mmaparray("i", [1, 2]) != mmaparray("i", [1, 2, 3]) and mmaparray("i", [1, 2]) < mmaparray("i", [1, 2, 3])
    assert mmaparray("i") != [1] and mmaparray("i") == [] and mmaparray("i") < [1] and [1] > mmaparray("i")
    assert mmaparray("u", "ab") == "ab" and mmaparray("c", b"ab") == b"ab" > mmaparray("c", b"aa")
    assert mmaparray("i") != 5
    nan = mmaparray("d", [float("nan")])
    assert nan != nan and not nan < nan and not nan > [1.0]
    with pytest.raises(TypeError, match="'<' not supported"):
        mmaparray("i") < 5  # type: ignore[operator]  # noqa: B015
    with pytest.raises(TypeError, match="unhashable"):
        hash(nan)


# ---- Making it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", typecodes)
def test_every_type_code_works(make: Maker, code: str) -> None:
    values: list[Any] = {"c": [b"a", b"\0", b"\xff"], "u": ["a", "\0", "\U0001f600"]}.get(code, [1, 0, 100])
    made = make(code, values)
    made.append(made[0])
    made.insert(1, values[2])
    assert made.tolist() == [values[0], values[2], *values[1:], values[0]] == [*made] == [*reversed(made)][::-1]
    assert (made.pop(1), made.pop(), len(made)) == (values[2], values[0], 3)
    assert made.index(values[2]) == 2 and made.count(values[1]) == 1 and values[2] in made and made.typecode == code
    assert made.itemsize == (1 if code == "c" else array.array(code).itemsize)
    made[1:2] = made[0:3]
    made[0] = values[1]
    made.extend(made)
    assert made.tolist() == [values[1], *values, values[2]] * 2
    copied = made[::4]
    assert copied.tolist() == [values[1], values[2], values[2]]
    assert type(copied) is (mmaparray if code == "c" else array.array)
    with memoryview(made) as view:
        assert view.itemsize == made.itemsize and bytes(view) == made.tobytes() == made.tostring()
    assert pickle.loads(pickle.dumps(made)) == made == copy.copy(made) == copy.deepcopy(made)


def test_type_codes_are_those_of_the_array_module_and_bytes() -> None:
    assert {*typecodes} == {*array.typecodes} - {"w"} | {"c"}
    for code in (1, "ii", "", b"i", None):
        with pytest.raises(TypeError, match=r"^mmaparray\(\) argument 1 must be a unicode character, not"):
            mmaparray(code)
    with pytest.raises(ValueError, match="^bad typecode .must be c, u, b, .* f or d.$"):
        mmaparray("x")


def test_a_wrong_call_says_what_is_wrong() -> None:
    for attempt, message in [
        (lambda: mmaparray(), "expected 1 or 2 arguments, got 0"),
        (lambda: mmaparray("i", [], 3), "expected 1 or 2 arguments, got 3"),
        (lambda: mmaparray("i", memory=3, size=4), "unexpected keyword arguments memory, size"),
        (lambda: mmaparray("i", mmap=b"abc"), "expected an mmap instance, got bytes"),
        (lambda: mmaparray("i", array.array("f", [1])), "Typecodes must be the same"),
        (lambda: mmaparray("c", mmaparray("b")), "Typecodes must be the same"),
    ]:
        with pytest.raises(TypeError, match=f"^{message}$"):
            attempt()
    for initializer in (None, 5):
        with pytest.raises(TypeError, match="not iterable"):
            mmaparray("i", initializer)
    with pytest.raises(ValueError, match="cannot use a str to initialize an array with typecode 'i'"):
        mmaparray("i", "12")
    with pytest.raises(OverflowError):
        mmaparray("b", [1, 2, 400])
    with pytest.raises(TypeError):
        mmaparray("i", ["a"])


def test_initializers_are_bytes_text_arrays_and_iterables() -> None:
    assert mmaparray("H", b"\1\0\2\0") == mmaparray("H", bytearray(b"\1\0\2\0")) == [1, 2]
    assert mmaparray("u", "abc").tounicode() == "abc" and mmaparray("c", b"abc") == [b"a", b"b", b"c"]
    assert mmaparray("i", array.array("i", [1])) == mmaparray("i", mmaparray("i", [1])) == mmaparray("i", range(1, 2))
    assert mmaparray("d", (n / 2 for n in range(3))) == [0, 0.5, 1] and mmaparray("f", deltos.Array("f", [1])) == [1]


def test_subclasses_have_arguments_and_attributes_of_their_own() -> None:
    assert type(Named("i", [1], name="x")) is Named
    again = pickle.loads(pickle.dumps(Named("i", [1], name="x")))
    assert type(again) is Named and again.name == "x" and again == [1]


class Named(mmaparray):
    """One with an attribute."""

    def __init__(self, *_: Any, name: str = "") -> None:
        self.name = name


# ---- What is refused, and what is left then --------------------------------------------------------------------------


def test_what_does_not_fit_changes_nothing(make: Maker) -> None:
    made = make("h", [1, 2])
    for attempt, error, message in [
        (lambda: made.append(40000), OverflowError, "40000"),
        (lambda: made.append("x"), TypeError, "integer"),
        (lambda: made.insert(0, -40000), OverflowError, "-40000"),
        (lambda: made.insert("x", 0), TypeError, "integer"),
        (lambda: made.fromlist([1, 2, 40000]), OverflowError, "40000"),
        (lambda: made.fromlist((1, 2)), TypeError, "arg must be list"),
        (lambda: made.extend(array.array("i", [1])), TypeError, "can only extend with array of same kind"),
        (lambda: made.extend(5), TypeError, "not iterable"),
        (lambda: made.frombytes(b"abc"), ValueError, "bytes length not a multiple of item size"),
        (lambda: made.fromstring("ab"), ValueError, "unicode type arrays"),
        (lambda: made.tounicode(), ValueError, r"^tounicode\(\) may only be called on unicode type arrays$"),
        (lambda: made.__setitem__(0, None), TypeError, "integer"),
        (lambda: made.__setitem__(2, 0), IndexError, "2"),
        (lambda: made.__delitem__(-3), IndexError, "out of range"),
        (lambda: made[2], IndexError, "2"),
        (lambda: made["x"], TypeError, "array indices must be integers or slices, not str"),
        (lambda: made.__delitem__(1.5), TypeError, "array indices must be integers or slices, not float"),
        (lambda: made.pop(5), IndexError, "pop index out of range"),
        (lambda: made.index(9), ValueError, r"^array.index\(x\): x not in array$"),
        (lambda: made.remove(9), ValueError, r"^array.remove\(x\): x not in array$"),
        (lambda: made.__setitem__(slice(0, 1), [1]), TypeError, r'^Can only assign array \(not "list" to array slice$'),
        (lambda: made.__setitem__(slice(0, 1), array.array("b")), TypeError, "^Can only assign array of same type to"),
        (
            lambda: made.__setitem__(slice(0, 2, 2), array.array("h", [1, 2, 3])),
            ValueError,
            "^attempt to assign object of length 3 to extended slice of length 1$",
        ),
        (lambda: made * sys.maxsize, OverflowError, "counted"),
        (lambda: made * 2.5, TypeError, "unsupported operand"),  # type: ignore[operator]
        (lambda: made + [1], TypeError, "unsupported operand"),
        (lambda: made + array.array("b"), TypeError, "same kind"),
    ]:
        with pytest.raises(error, match=message):
            attempt()
    assert made == [1, 2]
    made.clear()
    with pytest.raises(IndexError, match="^pop from empty array$"):
        made.pop()


def test_what_came_before_the_wrong_one_stays_appended(make: Maker) -> None:
    def failing() -> Iterator[int]:
        yield 5
        raise KeyError("six")

    made = make("b")
    for values, error in [([1, 2, 400], OverflowError), ([3, "4"], TypeError), (failing(), KeyError)]:
        with pytest.raises(error):
            made.extend(values)
    assert made == [1, 2, 3, 5]


def test_others_may_know_what_to_do_with_it() -> None:
    class Alien:
        def __radd__(self, other: Any) -> str:
            return "added"

        def __rmul__(self, other: Any) -> str:
            return "multiplied"

    made: Any = mmaparray("i", [1])
    assert made + Alien() == "added" and made * Alien() == "multiplied"
    made += Alien()
    assert made == "added"


def test_sums_and_products_are_new_arrays(make: Maker) -> None:
    made = make("i", [1, 2])
    more = array.array("i", [3])
    for new, content in [(made + more, [1, 2, 3]), (made * 2, [1, 2] * 2), (0 * made, []), (made * -1, [])]:
        assert type(new) is mmaparray and new == content
    same = made
    made += array.array("i", [3])
    made *= 2
    assert same is made and made == [1, 2, 3] * 2
    made *= 0
    assert made == []


def test_slices_by_the_names_of_old_are_slices(make: Maker) -> None:
    made = make("i", [1, 2, 3])
    made.__setslice__(1, 2, array.array("i", [7, 8]))
    assert made.__getslice__(1, 3) == array.array("i", [7, 8]) and made == [1, 7, 8, 3]


# ---- Files and text --------------------------------------------------------------------------------------------------


def test_files_are_read_and_written(make: Maker, tmp_path: Path) -> None:
    made = make("H", range(100))
    with open(tmp_path / "out", "wb+") as file:
        made.tofile(file)
        file.write(b"x")
        file.seek(0)
        made.fromfile(file, 60)
        with pytest.raises(EOFError, match="^read.. didn't return enough bytes$"):
            made.fromfile(file, 50)
    assert made == [*range(100), *range(100)]
    with pytest.raises(ValueError, match="negative count"):
        made.fromfile(io.BytesIO(), -1)
    with pytest.raises(TypeError, match="didn't return bytes"):
        made.fromfile(io.StringIO("ab"), 1)


def test_text_is_characters(make: Maker) -> None:
    made = make("u", "ab")
    made.fromunicode("c")
    made.fromstring("\U0001f600")
    assert made.tounicode() == "abc\U0001f600" and repr(made) == "array('u', 'abc\U0001f600')"
    with pytest.raises(TypeError, match="must be str, not bytes"):
        made.fromstring(b"ab")  # type: ignore[arg-type]


def test_a_repr_is_that_of_the_array_module(make: Maker) -> None:
    assert repr(make("i")) == "array('i')" and repr(make("i", [1, 2])) == "array('i', [1, 2])"
    assert repr(make("c", b"ab")) == "array('c', b'ab')" and str(make("u", "ab")) == "array('u', 'ab')"


def test_bytes_are_turned_round_in_elements_of_any_size(make: Maker) -> None:
    for code in typecodes:
        made = make(code, {"c": b"ab", "u": "a"}.get(code, [1, 2]))
        before = made.tobytes()
        if code != "u":
            made.byteswap()
            size = made.itemsize
            assert made.tobytes() == b"".join(before[k : k + size][::-1] for k in range(0, len(before), size))
            made.byteswap()
        assert made.tobytes() == before


# ---- Who looks at it -------------------------------------------------------------------------------------------------


def test_its_memory_is_what_others_see(make: Maker) -> None:
    made = make("i", [1, 2, 3])
    view, numbers = memoryview(made), np.asarray(made)
    assert (view.format, view.itemsize, view.shape, view.readonly) == ("i", 4, (3,), False)
    view[0] = 7
    numbers[1] = 8
    assert made == [7, 8, 3] and deltos.View(made)[1] == 8 and isinstance(made, MutableSequence)
    assert made.buffer_info() == (numbers.ctypes.data, 12)
    assert deltos.Table.from_buffers([made, made]).tolist() == [[7, 8, 3]] * 2
    assert (ctypes.c_int * 3).from_buffer(made)[2] == 3 and io.BytesIO(b"\1\0\0\0").readinto(made) == 4


def test_nothing_is_cut_off_under_who_looks(make: Maker) -> None:
    made = make("i", range(10))
    view = memoryview(made)
    some = slice(0, 9, 2)
    for attempt in (made.pop, made.clear, lambda: made.pop(0), lambda: made.remove(3), lambda: made.__delitem__(some)):
        with pytest.raises(BufferError):
            attempt()
        assert made == range(10) and view.tolist() == [*range(10)]
    with pytest.raises(BufferError):
        made[2:9] = array.array("i", [5])
    assert made == range(10)
    view.release()
    made.pop()
    assert made == range(9)


def test_memory_lives_as_long_as_who_looks(make: Maker) -> None:
    view = memoryview(make("i", [1, 2]))
    gc.collect()
    assert view.tolist() == [1, 2]


def test_in_memory_it_is_an_array_of_deltos_and_grows_under_views() -> None:
    made = mmaparray("i", [1, 2])
    view = memoryview(made)
    made.extend(range(100000))
    assert view.tolist() == [1, 2] and len(made) == 100002
    assert isinstance(made.array, deltos.Array)
    shared = deltos.Array.open_fd(made.array.fileno(), "in-place")
    shared[0] = 9
    assert made[0] == view[0] == 9


# ---- An mmap that somebody else owns ---------------------------------------------------------------------------------

CLOSED = [
    lambda made: len(made),
    lambda made: made[0],
    lambda made: made[:],
    lambda made: made.__setitem__(0, 1),
    lambda made: made.__setitem__(slice(0, 1), array.array("i", [1])),
    lambda made: made.__delitem__(0),
    lambda made: made.append(1),
    lambda made: made.extend([1]),
    lambda made: made.insert(0, 1),
    lambda made: made.pop(),
    lambda made: made.remove(1),
    lambda made: made.clear(),
    lambda made: made.reverse(),
    lambda made: made.byteswap(),
    lambda made: made.index(1),
    lambda made: made.count(1),
    lambda made: 1 in made,
    lambda made: made.fromlist([1]),
    lambda made: made.frombytes(b"1234"),
    lambda made: made.fromfile(io.BytesIO(b"1234"), 1),
    lambda made: made.tofile(io.BytesIO()),
    lambda made: made.tolist(),
    lambda made: made.tobytes(),
    lambda made: made.tostring(),
    lambda made: made.buffer_info(),
    lambda made: list(made),
    lambda made: list(reversed(made)),
    lambda made: made == made,
    lambda made: made < [1],
    lambda made: made + made,
    lambda made: made * 2,
    lambda made: made.__imul__(2),
    lambda made: copy.copy(made),
    lambda made: pickle.dumps(made),
    lambda made: memoryview(made),
    lambda made: np.frombuffer(made),
    lambda made: deltos.View(made),
    lambda made: mmaparray("i", mmap=made._home.mmap),
]


@pytest.mark.parametrize("place", range(len(CLOSED)))
def test_once_its_owner_has_closed_the_mmap_it_says_so(place: int) -> None:
    given = anon_mmap(bytes(8))
    made = mmaparray("i", mmap=given)
    walk = iter(made)
    next(walk)
    given.close()
    with pytest.raises(ValueError, match="^mmap closed or invalid$"):
        CLOSED[place](made)
    with pytest.raises(ValueError, match="^mmap closed or invalid$"):
        next(walk)
    assert repr(made) == "<mmaparray of 'i', its mmap is closed>" and made.typecode == "i" and made.itemsize == 4


def test_a_value_that_closes_the_mmap_harms_nothing() -> None:
    class Rogue:
        def __init__(self) -> None:
            self.given = anon_mmap(bytes(8))

        def __index__(self) -> int:
            self.given.close()
            return 1

    for attempt in (
        lambda made, rogue: made.__setitem__(0, rogue),
        lambda made, rogue: made.__setitem__(rogue, 0),
        lambda made, rogue: made.append(rogue),
        lambda made, rogue: made.insert(rogue, 0),
        lambda made, rogue: made.insert(0, rogue),
        lambda made, rogue: made.extend([1, rogue]),
        lambda made, rogue: made.pop(rogue),
        lambda made, rogue: made[rogue],
        lambda made, rogue: made * rogue,
        lambda made, rogue: made[0:rogue],
        lambda made, rogue: made.fromfile(io.BytesIO(b"1234"), rogue),
    ):
        rogue = Rogue()
        with pytest.raises((ValueError, BufferError)):
            attempt(mmaparray("i", mmap=rogue.given), rogue)


def test_while_somebody_looks_an_mmap_is_neither_closed_nor_resized() -> None:
    given = anon_mmap(bytes(8))
    made = mmaparray("i", mmap=given)
    view = np.asarray(made)
    for attempt in (given.close, lambda: given.resize(4), lambda: made.append(1)):
        with pytest.raises(BufferError):
            attempt()
    view[1] = 5
    del view
    assert made == [0, 5]
    given.close()


def test_what_its_owner_does_to_an_mmap_is_seen_at_once() -> None:
    given = anon_mmap(bytes(8))
    made = mmaparray("i", mmap=given)
    given[4] = 7
    assert made == [0, 7]
    given.resize(14)
    assert made == [0, 7, 0]
    made.append(5)
    assert made == [0, 7, 0, 5] and len(given) == 16
    given.resize(3)
    assert len(made) == 0 and made == []
    with pytest.raises(IndexError, match="^array index out of range: 0 in an array of 0$"):
        made[0]


def test_bytes_that_are_no_whole_element_are_not_seen_and_overwritten(tmp_path: Path) -> None:
    given = mapped(tmp_path / "six", b"\1\0\0\0\2\0")
    made = mmaparray("i", [9], mmap=given)
    assert made == [1, 9] and (tmp_path / "six").read_bytes() == b"\1\0\0\0\x09\0\0\0"
    with memoryview(made) as view:
        assert view.tolist() == [1, 9]


def test_of_no_elements_one_zero_byte_is_left(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    made = mmaparray("B", mmap=mapped(path, b"\5\6"))
    made.clear()
    assert len(made) == 0 and path.read_bytes() == b"\0" and memoryview(made).tolist() == []
    made.append(7)
    assert made == [7] and path.read_bytes() == b"\7"


def test_a_map_that_is_to_be_read_only_is_not_written(tmp_path: Path) -> None:
    made = mmaparray("i", mmap=mapped(tmp_path / "table", b"\1\0\0\0" * 2, access=mmap.ACCESS_READ))
    for attempt in (
        lambda: made.__setitem__(0, 5),
        lambda: made.__setitem__(slice(0, 1), array.array("i", [5])),
        made.reverse,
        made.byteswap,
        made.pop,
        lambda: made.__delitem__(0),
    ):
        with pytest.raises(TypeError, match="^mmap can't modify a readonly memory map.$"):
            attempt()
    for attempt in (lambda: made.append(5), lambda: made.extend([5]), lambda: made.insert(0, 5)):
        with pytest.raises(TypeError, match="^mmap can't resize a readonly or copy-on-write memory map.$"):
            attempt()
    assert made == [1, 1] and memoryview(made).readonly and made.index(1) == 0
    with pytest.raises(TypeError, match="not writable"):
        (ctypes.c_int * 2).from_buffer(made)
    own = mmaparray("i", mmap=mapped(tmp_path / "own", b"\1\0\0\0", access=mmap.ACCESS_COPY))
    own[0] = 5
    assert own == [5] and (tmp_path / "own").read_bytes() == b"\1\0\0\0"


def test_growing_does_not_cut_off_what_others_have_written(tmp_path: Path) -> None:
    path = tmp_path / "elements"
    made = mmaparray("i", mmap=mapped(path, b"\1\0\0\0"))
    with open(path, "ab") as file:
        file.write(b"\2\0\0\0")
    for attempt in (lambda: made.append(3), made.pop):
        with pytest.raises(BufferError, match="4 bytes go on behind it: map the whole file"):
            attempt()
    assert made == [1] and path.read_bytes() == b"\1\0\0\0\2\0\0\0"
    os.truncate(path, 2)
    with pytest.raises(BufferError, match="2 bytes of it are gone"):
        made.append(3)


def test_the_end_of_a_file_can_be_mapped_alone(tmp_path: Path) -> None:
    path = tmp_path / "elements"
    path.write_bytes(b"x" * mmap.PAGESIZE + b"\1\0\0\0")
    with open(path, "rb+") as file:
        made = mmaparray("i", mmap=mmap.mmap(file.fileno(), 0, offset=mmap.PAGESIZE))
    made.append(2)
    assert made == [1, 2] and path.read_bytes() == b"x" * mmap.PAGESIZE + b"\1\0\0\0\2\0\0\0"


def test_anonymous_memory_of_the_mmap_module_does_not_grow_and_nothing_dies() -> None:
    given = mmap.mmap(-1, 8)
    made = mmaparray("i", mmap=given)
    made.append(5)  # there is memory to the end of the page
    before = made.tolist()
    with pytest.raises(OSError, match="the mmap cannot grow"):
        made.extend(range(mmap.PAGESIZE))
    assert made.tolist() == before == [0, 0, 5] and len(given) == 12


def test_anonymous_maps_hold_what_they_are_given_and_grow() -> None:
    given = anon_mmap(array.array("i", [1, 2]))
    made = mmaparray("i", mmap=given)
    made.extend(range(10000))
    assert given[:8] == array.array("i", [1, 2]).tobytes() and made[10001] == 9999
    with pytest.raises(ValueError, match="empty"):
        anon_mmap(b"")


# ---- Other threads and processes -------------------------------------------------------------------------------------


def test_threads_that_append_at_once_lose_nothing(make: Maker) -> None:
    made = make("q")

    def work() -> None:
        for number in range(300):
            made.append(number)
            made.extend([number, number])
            assert made.count(number) > 0

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == sorted([*range(300)] * 12)


def test_a_child_sees_and_stores_what_its_parent_sees(make: Maker) -> None:
    made = make("i", [1, 2, 3])
    child = multiprocessing.get_context("fork").Process(target=store, args=(made,))
    child.start()
    child.join()
    assert child.exitcode == 0 and made == [7, 8, 3]
    made.append(4)
    assert made == [7, 8, 3, 4]


def store(made: mmaparray) -> None:
    """Stores two elements, in a child."""
    made[0] = 7
    memoryview(made)[1] = 8
    assert made == [7, 8, 3]
    if made.array is not None:
        with pytest.raises(deltos.ReadOnlyError, match="grows and shrinks in the process that made it"):
            made.append(4)
        assert mmaparray("i", [1]) == [1]


def test_other_processes_share_an_array_by_its_file(tmp_path: Path) -> None:
    made = mmaparray("d", [1, 2, 3], mmap=mapped(tmp_path / "shared"))
    code = "import array, sys; print(array.array('d', open(sys.argv[1], 'rb').read()).tolist())"
    seen = subprocess.run([sys.executable, "-c", code, tmp_path / "shared"], check=True, capture_output=True, text=True)
    assert seen.stdout == "[1.0, 2.0, 3.0]\n" and made == [1, 2, 3]
    with deltos.Array.open(tmp_path / "shared", "d") as reader:
        assert reader.tolist() == [1, 2, 3]
