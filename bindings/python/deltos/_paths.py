"""Paths, as the library takes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deltos._errors import InvalidError

if TYPE_CHECKING:
    from os import PathLike


def path_bytes(path: str | bytes | PathLike[str] | PathLike[bytes]) -> bytes:
    """A path for the library."""
    encoded = os.fsencode(path)
    if not encoded:
        raise InvalidError("a path is empty: name a file")
    if b"\0" in encoded:
        raise InvalidError("a path contains a NUL character: leave it out")
    return encoded


def absolute(path: bytes) -> bytes:
    """The path from the root."""
    return path if path.startswith(b"/") else os.path.abspath(path)
