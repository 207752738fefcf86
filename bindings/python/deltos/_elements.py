"""Single elements as Python values, of every type that a format string can describe.

A number is an int, a float or a complex; bytes and characters are bytes and str; a structure is a tuple of its fields,
and a sub-array a list. What the native module reads by itself does not come by here.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from deltos._dtypes import TAGGED
from deltos._errors import FormatError, LimitError, TypeMismatchError
from deltos._ffi import ffi, lib
from deltos._native import attempt, call, raise_error


class Codec(NamedTuple):
    """How elements of one type become values, and values elements."""

    itemsize: int
    alignment: int
    unpack: Callable[[bytes], Any]
    pack: Callable[[Any], bytes]


_TOKEN = re.compile(
    r"\s*(?:\((?P<shape>[\d,\s]+)\))?(?P<order>[@=<>!^]?)\s*(?P<count>\d*)(?P<code>T\{|\}|:[^:]*:|Z[fdg]|[?cbBhHiIlLqQnNefdgspwux])"
)
_NUMBERS = "?bBhHiIlLqQefd"
_NATIVE = {"n": "q", "N": "Q", "l": "q", "L": "Q"}
_SWAPPED = "<" if struct.pack("=H", 1) == b"\0\1" else ">"


def _number(order: str, code: str) -> Codec:
    native = order in "@^"
    packer = struct.Struct(("=" if native else order) + (_NATIVE.get(code, code) if native else code))

    def pack(value: Any) -> bytes:
        try:
            return packer.pack(value)
        except (struct.error, OverflowError) as error:
            whole = hasattr(value, "__index__") or code in "efd" and isinstance(value, float)
            kind = LimitError if whole else TypeMismatchError
            raise kind(f"{value!r} does not fit an element of format {order.strip('@^=')}{code}: {error}") from None

    return Codec(packer.size, packer.size if order == "@" else 1, lambda data: packer.unpack(data)[0], pack)


def _complex(order: str, code: str) -> Codec:
    part = _long_double(order) if code == "g" else _number(order, code)
    size = part.itemsize

    def pack(value: Any) -> bytes:
        number = complex(value)
        return part.pack(number.real) + part.pack(number.imag)

    return Codec(
        2 * size, part.alignment, lambda data: complex(part.unpack(data[:size]), part.unpack(data[size:])), pack
    )


def _long_double(order: str) -> Codec:
    if order not in "@^=":
        raise FormatError("elements of format 'g' in foreign byte order have no value in Python")
    size = ffi.sizeof("long double")

    def pack(value: Any) -> bytes:
        return bytes(ffi.buffer(ffi.new("long double *", float(value))))

    return Codec(
        size, size if order == "@" else 1, lambda data: float(ffi.from_buffer("long double *", data)[0]), pack
    )


def _bytes(length: int) -> Codec:
    def pack(value: Any) -> bytes:
        data = bytes(memoryview(value))
        if len(data) > length:
            raise LimitError(f"{len(data)} bytes do not fit an element of {length}")
        return data.ljust(length, b"\0")

    return Codec(length, 1, bytes, pack)


def _one_byte() -> Codec:
    def pack(value: Any) -> bytes:
        if not isinstance(value, bytes) or len(value) != 1:
            raise TypeMismatchError("bytes of length 1 are required")
        return value

    return Codec(1, 1, bytes, pack)


def _pascal(length: int) -> Codec:
    plain = struct.Struct(f"{length}p")
    return Codec(length, 1, lambda data: plain.unpack(data)[0], lambda value: plain.pack(bytes(memoryview(value))))


def _text(order: str, width: int, length: int) -> Codec:
    little = (struct.pack("=H", 1) == b"\1\0") if order in "@^=" else order == "<"
    encoding = f"utf-{8 * width}-{'le' if little else 'be'}"

    def unpack(data: bytes) -> str:
        return data.decode(encoding, "surrogatepass").rstrip("\0") if length != 1 else data.decode(
            encoding, "surrogatepass"
        )

    def pack(value: Any) -> bytes:
        if not isinstance(value, str):
            raise TypeMismatchError(f"a string is required, not {type(value).__name__}")
        data = value.encode(encoding, "surrogatepass")
        if len(data) > width * length:
            raise LimitError(f"{value!r} does not fit an element of {length} characters")
        return data.ljust(width * length, b"\0")

    return Codec(width * length, width if order == "@" else 1, unpack, pack)


def _scalar(order: str, code: str, length: int) -> Codec:
    if code == "x":
        return _bytes(length)
    if code == "s":
        return _bytes(length)
    if code == "p":
        return _pascal(length)
    if code in "wu":
        return _text(order, 4 if code == "w" else 2, length)
    if code == "c":
        return _one_byte()
    if code == "g":
        return _long_double(order)
    if code.startswith("Z"):
        return _complex(order, code[1])
    return _number(order, code)


def array_of(item: Codec, shape: tuple[int, ...]) -> Codec:
    """Nested lists of elements, packed in C order."""
    size = math.prod(shape) * item.itemsize

    def unpack(data: bytes, depth: int = 0) -> Any:
        if depth == len(shape):
            return item.unpack(data)
        step = len(data) // shape[depth] if shape[depth] else 0
        return [unpack(data[k * step : (k + 1) * step], depth + 1) for k in range(shape[depth])]

    def pack(value: Any, depth: int = 0) -> bytes:
        if depth == len(shape):
            return item.pack(value)
        parts = [*value]
        if len(parts) != shape[depth]:
            raise TypeMismatchError(f"{len(parts)} values do not fit a dimension of {shape[depth]}")
        return b"".join(pack(part, depth + 1) for part in parts)

    return Codec(size, item.alignment, unpack, pack)


def _structure(fields: list[tuple[int, Codec]], size: int, alignment: int) -> Codec:
    if len(fields) == 1 and fields[0][1].itemsize == size:
        only = fields[0][1]
        return Codec(size, alignment, lambda data: (only.unpack(data),), lambda value: only.pack(*_parts(value, 1)))

    def unpack(data: bytes) -> tuple[Any, ...]:
        return tuple(item.unpack(data[offset : offset + item.itemsize]) for offset, item in fields)

    def pack(value: Any) -> bytes:
        packed = bytearray(size)
        for (offset, item), part in zip(fields, _parts(value, len(fields))):
            packed[offset : offset + item.itemsize] = item.pack(part)
        return bytes(packed)

    return Codec(size, alignment, unpack, pack)


def _parts(value: Iterable[Any], count: int) -> list[Any]:
    parts = value.tolist() if hasattr(value, "tolist") else value
    parts = [*parts] if isinstance(parts, Iterable) and not isinstance(parts, (str, bytes)) else [parts]
    if len(parts) != count:
        raise TypeMismatchError(f"a structure of {count} fields needs as many values, not {len(parts)}")
    return parts


class _Parser:
    """Reads a format that the library has written; every part of it is known to be good."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._order = "@"

    def _next(self) -> re.Match[str] | None:
        found = _TOKEN.match(self._text, self._position)
        if found is None:
            if self._text[self._position :].strip():
                raise FormatError(f"elements of format {self._text!r} have no value in Python")
            return None
        self._position = found.end()
        self._order = found["order"] or self._order
        return found

    def item(self) -> Codec:
        """Everything up to the end of a structure or of the text."""
        fields: list[tuple[int, Codec]] = []
        named: list[bool] = []
        offset, alignment = 0, 1
        while (token := self._next()) is not None and token["code"] != "}":
            code = token["code"]
            if code.startswith(":"):
                named[-1] = True
                continue
            codec = self._field(token)
            offset += -offset % codec.alignment
            fields.append((offset, codec))
            named.append(code != "x")
            offset += codec.itemsize
            alignment = max(alignment, codec.alignment)
        offset += -offset % alignment if token is not None else 0
        shown = [field for field, kept in zip(fields, named) if kept]
        if token is None and len(fields) == 1:
            return fields[0][1]
        return _structure(shown, offset, alignment)

    def _field(self, token: re.Match[str]) -> Codec:
        code, order = token["code"], self._order
        count = int(token["count"]) if token["count"] else 1
        shape = tuple(int(length) for length in token["shape"].split(",") if length.strip()) if token["shape"] else ()
        if code == "T{":
            codec = self.item()
        elif code in "xspwu":
            return _shaped(_scalar(order, code, count), shape)
        else:
            codec = _scalar(order, code, 1)
        return _shaped(codec, (*shape, count) if token["count"] else shape)


def _shaped(codec: Codec, shape: tuple[int, ...]) -> Codec:
    return array_of(codec, shape) if shape else codec


def _tagged(code: int, itemsize: int) -> Codec:
    def viewed(data: Any) -> Any:
        view = ffi.new("deltos_view *")
        view.struct_size = ffi.sizeof("deltos_view")
        view.dtype = code
        view.data = data
        return view

    def unpack(data: bytes) -> float:
        value, memory = ffi.new("double *"), ffi.from_buffer(data)
        call(lib.deltos_view_get_f64, viewed(ffi.cast("void *", memory)), ffi.NULL, value)
        return float(value[0])

    def pack(value: Any) -> bytes:
        memory = ffi.new("char[]", itemsize)
        error = attempt(lib.deltos_view_set_f64, viewed(memory), ffi.NULL, float(value))
        if error is not None and error.status == lib.DELTOS_E_RANGE:
            raise LimitError(ffi.string(error.message).decode("utf-8", "replace"))
        if error is not None:
            raise_error(error)
        return bytes(ffi.buffer(memory))

    return Codec(itemsize, itemsize, unpack, pack)


_made: dict[tuple[str, int, int], Codec] = {}


def codec_of(format: str, code: int, itemsize: int) -> Codec:
    """How elements of a type become values. The format is one that the library has written."""
    key = format, code, itemsize
    made = _made.get(key)
    if made is None:
        if len(_made) >= 256:
            _made.clear()
        made = _made[key] = _tagged(code, itemsize) if code in TAGGED else _padded(_Parser(format).item(), itemsize)
    return made


def _padded(codec: Codec, itemsize: int) -> Codec:
    if codec.itemsize == itemsize:
        return codec
    return Codec(  # there is padding that the text does not tell
        itemsize,
        codec.alignment,
        lambda data: codec.unpack(data[: codec.itemsize]),
        lambda value: codec.pack(value).ljust(itemsize, b"\0"),
    )
