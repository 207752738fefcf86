"""What the fields of the corpus stand for in Python, differences in words, and views as the C interface makes them."""

from __future__ import annotations

import json
from typing import Any

from deltos._ffi import ffi, lib
from deltos._native import call

DTYPES = {
    name.removeprefix("DELTOS_DTYPE_"): getattr(lib, name) for name in dir(lib) if name.startswith("DELTOS_DTYPE_")
}
DTYPE_WORDS = {code: word for word, code in DTYPES.items()}


class Failure(Exception):
    """What was expected and what came."""


def data_of(data: Any) -> bytes:
    """The bytes that a "data" field stands for."""
    if isinstance(data, dict):
        return bytes.fromhex(data["repeat"]) * data["times"]
    return bytes.fromhex(data)


def shown(value: Any) -> str:
    """A value for a message, cut when it is long."""
    text = value.hex() if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text)} characters)"


def differ(field: str, expected: Any, actual: Any) -> Failure:
    return Failure(f"expected {field} {shown(expected)}, got {shown(actual)}")


class View:
    """A view as the C interface makes it.

    Raw, because a memoryview has neither element types beyond its format, nor seals, nor request flags.
    """

    def __init__(self, make: Any, *arguments: Any) -> None:
        self._cell = ffi.new("deltos_view **")
        call(make, *arguments, self._cell)

    @classmethod
    def of(cls, cell: Any) -> View:
        """One that is there already."""
        self = cls.__new__(cls)
        self._cell = cell
        return self

    @staticmethod
    def bits(flags: list[str] | None) -> int:
        """What a "flags" field stands for."""
        bits = 0
        for flag in ["full-ro"] if flags is None else flags:
            bits |= getattr(lib, f"DELTOS_VIEW_{flag.upper().replace('-', '_')}")
        return bits

    @property
    def pointer(self) -> Any:
        return self._cell[0]

    def memory(self, at: int, count: int) -> Any:
        if at + count > self.pointer.nbytes:
            raise Failure(f"{count} bytes at {at} are not in a view of {self.pointer.nbytes} bytes")
        return ffi.buffer(ffi.cast("char *", self.pointer.data) + at, count)

    def release(self) -> None:
        lib.deltos_view_release(self._cell)
