"""What is in a value, as builtins."""

from __future__ import annotations

from typing import Any

from deltos._dtypes import optional_module
from deltos._exporter import Handle, Node, copied, read_value
from deltos._view import View


def _array_copy(view: View) -> Any:
    return view.copy() if optional_module("numpy") is None else view.numpy().copy()


def copy_of(thing: Any) -> Any:
    """A copy of a proxy or view; anything else itself."""
    if isinstance(thing, View):
        return _array_copy(thing)
    return copied(thing, False, _array_copy) if isinstance(thing, Node) else thing


def key_of(proxy: Node) -> Any:
    """A copy that can be a key. A list, which other languages may have as one, becomes a tuple."""
    return copied(proxy, True, _array_copy)


def part_of(handle: Handle, node: int, cut: tuple[int, int, int] | None) -> Any:
    """A node of a value, and of a sequence some elements."""
    thing = read_value(handle, node)
    if cut is None:
        return thing
    start, step, count = cut
    if count == 0:
        return thing[:0]
    stop = start + step * count
    return thing[start : None if stop < 0 else stop : step]
