"""Values from JSON text and to it, by the library."""

from __future__ import annotations

from typing import Any

from deltos._errors import TypeMismatchError
from deltos._exporter import packed
from deltos._ffi import ffi, lib
from deltos._native import attempt, call, forget, raise_error
from deltos._values import begun, unpack, whole_of


def from_json(text: str | bytes) -> Any:
    """The value that a JSON text is: a builtin, or a proxy of what json.loads() would make, without its objects.

    Numbers with a point or an exponent are floats, others ints, and Decimal where they have more than 64 bits. An
    object that has a key twice is refused.
    """
    if not isinstance(text, (str, bytes, bytearray)):
        raise TypeMismatchError(f"JSON is str or bytes, not {type(text).__name__}")
    encoded = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
    builder = begun()
    with builder as pointer:
        call(lib.deltos_value_builder_put_json, pointer, encoded, len(encoded))
    return unpack(packed(builder))


def to_json(thing: Any, *, indent: bool = False, ascii: bool = False) -> str:
    """An object or a proxy as JSON text, without loss: tuples, sets and arrays of numbers as arrays, dates and times as
    ISO 8601 in strings, Decimal with its digits. What JSON has no word for is refused, with its place: bytes, keys that
    are not text, numbers that are not finite.

    indent: an element a line. ascii: other characters as \\uXXXX.
    """
    flags = (lib.DELTOS_JSON_INDENT if indent else 0) | (lib.DELTOS_JSON_ASCII if ascii else 0)
    handle, node = whole_of(thing)
    size = ffi.new("uint64_t *")
    with handle as pointer:
        error = attempt(lib.deltos_value_to_json, pointer, node, flags, ffi.NULL, size)
        if error is not None and error.status != lib.DELTOS_E_TOO_SMALL:
            raise_error(error)
        if error is not None:
            forget(error)
        text = ffi.new("char[]", size[0])
        call(lib.deltos_value_to_json, pointer, node, flags, text, size)
    return bytes(ffi.buffer(text, size[0] - 1)).decode()
