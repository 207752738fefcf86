"""What arrays that grow are asked for: an element type, and numbers of elements and bytes."""

from __future__ import annotations

import operator
import re
from typing import Any

from deltos._dtypes import element_type
from deltos._errors import FormatError, InvalidError, LimitError
from deltos._ffi import ffi
from deltos._native import CData

_PADDING = re.compile(rb"[\s\d(),@=<>!^]*(x[\s\d]*)+")


def array_type(type: Any) -> tuple[Any, int]:
    """Format and code of the elements of an array, for the library."""
    if isinstance(type, str) and type == "u":
        return b"w", 0
    format, code = element_type(type)
    if format is not None and _PADDING.fullmatch(format):
        raise FormatError(f"format {format.decode()!r} is padding, which has no value: name an element type, such as 'd'")
    return ffi.NULL if format is None else format, code


def counted(number: Any, what: str) -> int:
    """A number of things that the library can be asked for."""
    count = operator.index(number)
    if count < 0:
        raise InvalidError(f"{what} is a number from 0 to 2**63 - 1, not {count}")
    if count >= 1 << 63:
        raise LimitError(f"{what} is a number up to 2**63 - 1, and {count} is more")
    return count


def array_options(capacity: int = 0, create: int = 0, window_bytes: int = 0, max_bytes: int = 0) -> CData:
    """Options for the library."""
    capacity = counted(capacity, "capacity")
    window_bytes, max_bytes = counted(window_bytes, "window_bytes"), counted(max_bytes, "max_bytes")
    options = ffi.new("deltos_array_options *")
    options.struct_size = ffi.sizeof("deltos_array_options")
    options.create = create
    options.capacity, options.window_bytes, options.max_bytes = capacity, window_bytes, max_bytes
    return options
