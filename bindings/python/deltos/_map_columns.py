"""Keys and values of maps as columns of the library: made of Python objects, or of the memory of NumPy, Arrow and
pandas, which is not looked at item by item."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from deltos import _exporter
from deltos._dtypes import optional_module
from deltos._errors import InvalidError, LimitError, TypeMismatchError
from deltos._exporter import Exporter, packed
from deltos._ffi import ffi, lib
from deltos._native import CData
from deltos._schema import SlotInfo
from deltos._values import build

MOST_OBJECTS = 2048  # at a time: what they are made of stays in the processor's cache
MOST_ITEMS = 1 << 18  # of an array

_WORDS: dict[Any, str] = {
    str: "str",
    "str": "str",
    "utf8": "str",
    bytes: "bytes",
    "bytes": "bytes",
    int: "int",
    "int": "int",
    "u64": "int",
    "uint64": "int",
    object: "object",
    Any: "object",
    "object": "object",
    "value": "object",
}
KEY_CODES = {
    "str": lib.DELTOS_KEY_UTF8,
    "bytes": lib.DELTOS_KEY_BYTES,
    "int": lib.DELTOS_KEY_U64,
    "object": lib.DELTOS_KEY_VALUE,
}
VALUE_CODES = {
    "str": lib.DELTOS_MAP_VALUE_UTF8,
    "bytes": lib.DELTOS_MAP_VALUE_BYTES,
    "int": lib.DELTOS_MAP_VALUE_U64,
    "object": lib.DELTOS_MAP_VALUE_VALUE,
    "record": lib.DELTOS_MAP_VALUE_RECORD,
}
KEY_WORDS = {code: word for word, code in KEY_CODES.items()}
VALUE_WORDS = {code: word for word, code in VALUE_CODES.items()}

_MOST = 2**64 - 1


def word_of(given: Any) -> str | None:
    """What keys or values are, of what a caller says; None where that is something else."""
    try:
        return _WORDS.get(given)
    except TypeError:  # not hashable
        return None


def _is_u64(item: Any) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and 0 <= item <= _MOST


def inferred(items: Iterable[Any]) -> str:
    """What keys or values are, by the first of them."""
    first = list(items)
    for word, fits in (
        ("str", lambda item: isinstance(item, str)),
        ("bytes", lambda item: isinstance(item, bytes)),
        ("int", _is_u64),
    ):
        if first and all(map(fits, first)):
            return word
    return "object"


# ---- Python objects --------------------------------------------------------------------------------------------------

_SLOTS = {
    "str": (lib.DELTOS_TYPE_UTF8, "", 0, 0),
    "bytes": (lib.DELTOS_TYPE_BYTES, "", 0, 0),
    "int": (lib.DELTOS_TYPE_FIXED, "Q", lib.DELTOS_DTYPE_U64, 8),
    "object": (lib.DELTOS_TYPE_VALUE, "", 0, 0),
}


def _native_columns(word: str, room: int) -> _exporter.Columns:
    type, format, code, size = _SLOTS[word]
    return _exporter.Columns([SlotInfo("", type, format, code, 0, -1, 0, size, -1, -1)], room)


def _refused(number: int, role: str, word: str, item: Any) -> TypeMismatchError:
    kind = "int from 0 to 2**64-1" if word == "int" else word
    return TypeMismatchError(
        f"pair {number}: {role}s of this map are {kind}, not {type(item).__name__}; say {role}=object for any"
    )


def _fitted(number: int, role: str, word: str, item: Any) -> Any:
    """An item that is not what is usual, as one that is: of a value, its image."""
    if word == "object":
        return packed(build(item, f"the {role} of pair {number}"))
    if word == "str" and isinstance(item, str):
        try:
            item.encode()
        except UnicodeEncodeError:
            raise InvalidError(
                f"pair {number}: the {role} has half of a surrogate pair, which is not Unicode: store it as bytes"
            ) from None
        return item
    if word == "bytes" and isinstance(item, (bytes, bytearray, memoryview)):
        return bytes(item)
    if word != "int":
        raise _refused(number, role, word, item)
    try:
        whole = operator.index(item)
    except TypeError:
        raise _refused(number, role, word, item) from None
    if not 0 <= whole <= _MOST:
        raise LimitError(f"pair {number}: {role}s of this map are from 0 to 2**64-1, not {whole}; say {role}=object for any")
    return whole


class Objects:
    """Python objects as a column, some at a time. What does not fit is told with the number of its pair."""

    def __init__(self, word: str, role: str, room: int) -> None:
        self._word, self._role, self._room = word, role, max(1, room)
        self._usual = self._current = _native_columns(word, self._room)

    @property
    def column(self) -> CData:
        """The column, until the next items come."""
        return ffi.cast("deltos_column *", self._current.columns)

    @property
    def text_bytes(self) -> int:
        """Bytes of what has no fixed size."""
        return self._current.text_bytes

    def fill(self, first: int, items: list[Any]) -> None:
        """Takes other items, the first of which has a number."""
        self._current = self._usual
        if self._word == "object" and self._role == "key":
            self._refuse_unhashable(first, items)
        if self._filled(items):
            return
        fitted = [_fitted(first + place, self._role, self._word, item) for place, item in enumerate(items)]
        if self._word == "object":
            self._current = _native_columns("bytes", self._room)
        if not self._filled(fitted):
            raise TypeMismatchError(f"pair {first}: {self._role}s are not what they were a moment ago")

    def _filled(self, items: list[Any]) -> bool:
        self._current.begin(0, len(items))
        return self._current.fill(0, items)

    @staticmethod
    def _refuse_unhashable(first: int, items: list[Any]) -> None:
        for number, item in enumerate(items, first):
            try:
                hash(item)
            except TypeError as error:
                raise TypeMismatchError(f"pair {number}: {error}; keys are hashable, as those of a dict") from None


# ---- Columns ---------------------------------------------------------------------------------------------------------


class Source(Protocol):
    """A column, of which some items at a time are shown to the library."""

    most: int
    """Items at a time, at most."""

    def __len__(self) -> int: ...

    def cut(self, first: int, count: int) -> CData:
        """Some items, for as long as no others are asked for."""


class _Listed:
    """A list of objects."""

    def __init__(self, word: str, role: str, items: list[Any], start: int, most: int) -> None:
        self.most = most
        self._items, self._start = items, start
        self._objects = Objects(word, role, min(most, len(items)))

    def __len__(self) -> int:
        return len(self._items)

    def cut(self, first: int, count: int) -> CData:
        self._objects.fill(self._start + first, self._items[first : first + count])
        return self._objects.column


class Fixed:
    """A one-dimensional array of NumPy, whose items all have the same size."""

    most = MOST_ITEMS

    def __init__(self, array: Any) -> None:
        if array.strides[0] == 0:  # one item many times, which the library takes for items side by side
            array = array.copy()
        self._array = array
        self._address = array.__array_interface__["data"][0]
        self._column = ffi.new("deltos_column *")
        self._column.layout = lib.DELTOS_COLUMN_FIXED
        self._column.item_size = array.dtype.itemsize

    def __len__(self) -> int:
        return len(self._array)

    def cut(self, first: int, count: int) -> CData:
        column, stride = self._column, self._array.strides[0]
        column.count = count
        column.data = ffi.cast("void *", self._address + first * stride)
        column.stride = stride
        return column


class _Texts:
    """Texts, or bytes, of an array of Arrow with 64-bit offsets."""

    most = MOST_ITEMS

    def __init__(self, array: Any) -> None:
        self._array = array
        _, offsets, data = array.buffers()
        self._offsets = 0 if offsets is None else offsets.address + 8 * array.offset
        self._data = 0 if data is None else data.address
        self._column = ffi.new("deltos_column *")
        self._column.layout = lib.DELTOS_COLUMN_OFFSETS

    def __len__(self) -> int:
        return len(self._array)

    def cut(self, first: int, count: int) -> CData:
        column = self._column
        column.count = count
        column.data = ffi.cast("void *", self._data)
        column.offsets = ffi.cast("int64_t *", self._offsets + 8 * first)
        return column


def _is_arrow(column: Any) -> bool:
    pyarrow = sys.modules.get("pyarrow")
    return pyarrow is not None and isinstance(column, (pyarrow.Array, pyarrow.ChunkedArray))


def _of_pandas(column: Any) -> Any:
    """A column of pandas as an array of NumPy, or of Arrow where that is what it is or texts are in it."""
    if column.dtype.kind in "biufcMm" and not hasattr(column.dtype, "na_value"):
        return column.to_numpy()
    pyarrow = optional_module("pyarrow")
    if pyarrow is None:
        return column.to_numpy()
    try:
        return pyarrow.array(column, from_pandas=True)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError):
        return column.to_numpy()


def plain_column(column: Any) -> Any:
    """A column of whatever library as an array of NumPy or (one) of Arrow, or as a list."""
    numpy = optional_module("numpy")
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(column, (pandas.Series, pandas.Index)):
        column = _of_pandas(column)
    elif hasattr(column, "__arrow_c_stream__") and not _is_arrow(column):
        column = _chunked_of(column)
    if _is_arrow(column) and hasattr(column, "combine_chunks"):
        column = column.combine_chunks()
        if hasattr(column, "num_chunks"):  # none, or more than fit into one
            column = column.chunk(0) if column.num_chunks == 1 else column.to_pylist()
    if _is_arrow(column) or isinstance(column, list):
        return column
    if numpy is not None and (isinstance(column, (numpy.ndarray, Exporter)) or hasattr(column, "__array_interface__")):
        array = numpy.asarray(column)
        if array.ndim != 1:
            raise TypeMismatchError(f"a column has one dimension, not {array.ndim}")
        return array
    if isinstance(column, (str, bytes)):
        raise TypeMismatchError(f"a column is an array or a list of items, not {type(column).__name__}")
    return list(column)


def _chunked_of(column: Any) -> Any:
    pyarrow = optional_module("pyarrow")
    if pyarrow is None:
        return column.to_list() if hasattr(column, "to_list") else list(column)
    return pyarrow.chunked_array(column)


def _arrow_word(type: Any) -> str | None:
    types: Any = optional_module("pyarrow").types  # type: ignore[union-attr]
    if types.is_dictionary(type):
        type = type.value_type
    if types.is_string(type) or types.is_large_string(type) or types.is_string_view(type):
        return "str"
    if types.is_binary(type) or types.is_large_binary(type) or types.is_fixed_size_binary(type):
        return "bytes"
    return "int" if types.is_integer(type) else None


def word_of_column(column: Any) -> str:
    """What the items of a plain column are."""
    if isinstance(column, list):
        return inferred(column[:MOST_OBJECTS])
    if _is_arrow(column):
        word = _arrow_word(column.type)
        if word == "int":
            return word_of_column(column.to_numpy(zero_copy_only=False)) if not column.null_count else "object"
        return word or "object"
    if column.dtype.kind == "u" or (column.dtype.kind == "i" and not (column < 0).any()):
        return "int"
    if column.dtype.kind == "O":
        return inferred(column[:MOST_OBJECTS].tolist())
    return {"U": "str", "S": "bytes"}.get(column.dtype.kind, "object")


def _numbers_of(array: Any) -> Source | None:
    """Integers of NumPy where they are."""
    if array.dtype.kind == "i" and (array < 0).any():
        return None
    if array.dtype.kind not in "iu":
        return None
    return Fixed(array.astype("=u8", copy=False) if array.dtype.kind == "u" else array.astype("=i8", copy=False).view("u8"))


def _texts_of(array: Any, word: str) -> Source | None:
    if array.null_count or _arrow_word(array.type) != word:
        return None
    pyarrow: Any = optional_module("pyarrow")
    wide = pyarrow.large_string() if word == "str" else pyarrow.large_binary()
    return _Texts(array.cast(wide))


def source_of(word: str, role: str, column: Any, start: int = 0, most: int = MOST_OBJECTS) -> Source:
    """A plain column, to be shown to the library. start: what the number of the first item is in messages. most: objects
    to convert at a time."""
    source: Source | None = None
    if not isinstance(column, list):
        if _is_arrow(column):
            if word in ("str", "bytes"):
                source = _texts_of(column, word)
            elif word == "int" and not column.null_count and _arrow_word(column.type) == "int":
                source = _numbers_of(column.to_numpy(zero_copy_only=False))
        elif word == "int":
            source = _numbers_of(column)
    return _Listed(word, role, listed(column), start, most) if source is None else source


def listed(column: Any) -> list[Any]:
    """The items of a plain column as objects."""
    return column if isinstance(column, list) else (column.to_pylist if _is_arrow(column) else column.tolist)()


def texts_column(column: Any, word: str) -> Source | None:
    """Texts or bytes of Arrow where they are; None of anything else."""
    return _texts_of(column, word) if _is_arrow(column) else None


def lots(sources: Sequence[Any]) -> Iterable[tuple[int, int]]:
    """First items and counts of the lots that sources of the same length are shown in."""
    counts = {len(source) for source in sources}
    if len(counts) > 1:
        raise TypeMismatchError(f"columns of different lengths: {', '.join(map(str, sorted(counts)))}")
    count, most = counts.pop(), min(source.most for source in sources)
    return ((first, min(most, count - first)) for first in range(0, count, most))
