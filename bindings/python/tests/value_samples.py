"""What tests of values have in common: a trip through bytes, and classes derived from builtins."""

from __future__ import annotations

import enum
from typing import Any

import deltos


def unpacked(thing: Any) -> Any:
    """An object after a trip through bytes."""
    return deltos.unpack(deltos.pack(thing))


class Colour(enum.IntEnum):
    """A number with a name."""

    RED = 3


class Name(str):
    """A text of a class of its own."""


class Point(tuple[int, int]):
    """A tuple of a class of its own."""
