"""Small typed values kept with a storage or an object."""

from __future__ import annotations

import errno
import math
import struct
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

from deltos._dtypes import optional_module
from deltos._errors import FormatError, LimitError, NotFoundError, ReadOnlyError, TypeMismatchError
from deltos._ffi import ffi, lib
from deltos._native import bytes_of, call, text_of

if TYPE_CHECKING:
    from deltos._scopes import Reader, Writer

_TEXT, _BYTES = "u8", "B"


def _packed_number(value: Any) -> tuple[str, bytes] | None:
    if isinstance(value, bool):
        return "?", struct.pack("?", value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise LimitError("an integer attribute has 64 bits; store a larger one as text or bytes")
        return ("q", struct.pack("q", value)) if value < 2**63 else ("Q", struct.pack("Q", value))
    if isinstance(value, float):
        return "d", struct.pack("d", value)
    if isinstance(value, complex):
        return "Zd", struct.pack("2d", value.real, value.imag)
    return None


def _packed_list(values: list[Any] | tuple[Any, ...]) -> tuple[str, bytes, tuple[int, ...]]:
    """A list of numbers: of the widest of bool, int, float and complex that is in it."""
    for kind, format in ((bool, "?"), (int, "q"), (float, "d")):
        if values and all(isinstance(item, bool if kind is bool else (int, kind)) for item in values):
            if kind is int and max(values) >= 2**63:
                format = "Q"
            try:
                return format, struct.pack(f"{len(values)}{format}", *values), (len(values),)
            except struct.error:
                raise LimitError("integer attributes have 64 bits, all with or all without a sign") from None
    if values and all(isinstance(item, (int, float, complex)) for item in values):
        parts = [part for item in map(complex, values) for part in (item.real, item.imag)]
        return "Zd", struct.pack(f"{len(parts)}d", *parts), (len(values),)
    if not values:
        return "d", b"", (0,)
    raise TypeMismatchError("a list attribute holds numbers, all of one kind; anything else may be an array or text")


def pack(value: Any) -> tuple[str, bytes, tuple[int, ...]]:
    """Format, bytes and shape of a value."""
    if isinstance(value, str):
        return _TEXT, value.encode(), ()
    if isinstance(value, (bytes, bytearray)):
        return _BYTES, bytes(value), ()
    number = _packed_number(value)
    if number is not None:
        return *number, ()
    if isinstance(value, (list, tuple)):
        return _packed_list(value)
    try:
        with memoryview(value) as view:
            format, data, shape = view.format, view.tobytes(), view.shape or ()
    except TypeError:
        raise TypeMismatchError(f"a {type(value).__name__} cannot be an attribute") from None
    except ValueError as error:
        raise FormatError(f"this array cannot be an attribute: {error}") from None
    if format == _BYTES and not shape:  # without a shape this would read as raw bytes
        return "q", struct.pack("q", data[0]), ()
    return format, data, shape


class RawAttribute(NamedTuple):
    """An attribute of a type that Python has no value for, such as a structure."""

    format: str
    shape: tuple[int, ...]
    data: bytes


_KINDS = {**dict.fromkeys("bhilqn", "i"), **dict.fromkeys("BHILQN", "u"), **dict.fromkeys("efd", "f"), "?": "b"}


def _typestr(format: str) -> str | None:
    """A simple format as the array interface spells it."""
    prefix, code = (format[0], format[1:]) if format[0] in "@=<>!" else ("@", format)
    order = ">" if prefix in ">!" else "<"
    if code in _KINDS:
        return f"{order}{_KINDS[code]}{struct.calcsize(prefix + code)}"
    if code in ("Zf", "Zd"):
        return f"{order}c{8 if code == 'Zf' else 16}"
    if code == "g" and prefix == "@":
        return "<f16"
    if code == "c":
        return "|S1"
    count, letter = code[:-1] or "1", code[-1]
    if letter in "sw" and count.isdigit():
        return f"|S{count}" if letter == "s" else f"{order}U{count}"
    return None


def unpack(format: str, data: bytes, shape: tuple[int, ...]) -> Any:
    """The value that was stored."""
    if format == _TEXT:
        return data.decode()
    if format == _BYTES and not shape:
        return data
    if not shape:
        if format in ("?", "q", "Q", "d"):
            return struct.unpack(format, data)[0]
        if format == "Zd":
            return complex(*struct.unpack("2d", data))
    numpy, typestr = optional_module("numpy"), _typestr(format)
    if numpy is not None and typestr is not None:
        return numpy.frombuffer(data, typestr).reshape(shape).copy()[()]
    if (format in _KINDS or format == "c") and (len(shape) < 2 or 0 not in shape):
        values: list[Any] = [*struct.unpack(f"{math.prod(shape)}{format}", data)]
        for length in shape[:0:-1]:
            values = [values[at : at + length] for at in range(0, len(values), length)]
        return values if shape else values[0]
    return RawAttribute(format, shape, data)


class Attributes(MutableMapping[str, Any]):
    """Text, bytes, numbers and arrays of numbers under names, kept with a storage or an object.

    They are structure: a transaction sets them, a snapshot shows them as they were, a rename keeps them and a delete
    takes them along. One value holds at most 64 KiB. Numbers come back as Python's bool, int, float and complex; NumPy
    scalars and arrays keep their type; lists and tuples of numbers come back as arrays, without NumPy as lists.
    """

    __slots__ = ("_name", "_scope")
    __hash__ = object.__hash__

    def __init__(self, scope: Reader, name: str) -> None:
        self._scope = scope
        self._name = name.encode()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __getitem__(self, key: str) -> Any:
        item = ffi.new("deltos_metadatum *")
        encoded = bytes_of(key, "a key")
        with self._scope._reading() as snapshot:
            call(lib.deltos_metadata_get, snapshot, self._name, encoded, item)
            if not item.data:
                raise NotFoundError(f"{self._owner()} has no attribute {key!r}")
            format, shape = text_of(item.format), tuple(item.shape[0 : item.ndim]) if item.ndim else ()
            data = bytes(ffi.buffer(item.data, item.size)) if item.size else b""
        return unpack(format, data, shape)

    def __setitem__(self, key: str, value: Any) -> None:
        format, data, shape = pack(value)
        kept = ffi.new("char[]", bytes_of(key, "a key")), ffi.new("char[]", format.encode()), ffi.from_buffer(data)
        lengths = ffi.new("int64_t[]", shape or (0,))
        item = ffi.new("deltos_metadatum *")
        item.key, item.format, item.data = kept
        item.size, item.ndim = len(data), len(shape)
        item.shape = lengths if shape else ffi.NULL
        with self._writer()._writing() as transaction:
            call(lib.deltos_metadata_set, transaction, self._name, item)

    def __delitem__(self, key: str) -> None:
        encoded = bytes_of(key, "a key")
        with self._writer()._writing() as transaction:
            call(lib.deltos_metadata_remove, transaction, self._name, encoded)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())

    def _keys(self) -> list[str]:
        count, capacity = ffi.new("uint64_t *"), 16
        with self._scope._reading() as snapshot:
            while True:
                items = ffi.new("deltos_metadatum[]", capacity)
                call(lib.deltos_metadata_list, snapshot, self._name, items, capacity, count)
                if count[0] <= capacity:
                    return [text_of(item.key) for item in items[0 : count[0]]]
                capacity = count[0]

    def _writer(self) -> Writer:
        from deltos._scopes import Writer

        if not isinstance(self._scope, Writer):
            raise ReadOnlyError(errno.EACCES, "attributes of a snapshot cannot be changed: use the storage")
        return self._scope

    def _owner(self) -> str:
        return repr(self._name.decode()) if self._name else "the storage"

    def __repr__(self) -> str:
        return f"<deltos.Attributes of {self._owner()}>"
