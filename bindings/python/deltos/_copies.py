"""What is in a value, as builtins."""

from __future__ import annotations

from typing import Any

from deltos._dtypes import optional_module
from deltos._errors import InvalidError
from deltos._exporter import Handle, read_value
from deltos._proxies import Dict, List, Set, Tuple
from deltos._view import View


def _array_copy(view: View) -> Any:
    return view.copy() if optional_module("numpy") is None else view.numpy().copy()


_COPIED = frozenset((List, Tuple, Set, Dict, View))


class Copy:
    """Copies of what is in values, as builtins. Lists and dicts are filled after they were made, so that they may
    contain themselves, and be nested as deep as they like."""

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}
        self._unfilled: list[tuple[Any, Any]] = []
        self._open: set[Any] = set()

    def of(self, root: Any) -> Any:
        """A copy of a proxy; anything else itself."""
        made = self._part(root)
        while self._unfilled:
            proxy, target = self._unfilled.pop()
            if type(target) is dict:
                for key, value in proxy._walk(2, False):
                    key = self._part(key, True) if type(key) in _COPIED else key
                    target[key] = self._part(value) if type(value) in _COPIED else value
            else:
                target.extend(proxy)
                for index, element in enumerate(target):
                    if type(element) in _COPIED:
                        target[index] = self._part(element)
        return made

    def _part(self, thing: Any, hashable: bool = False) -> Any:
        kind = type(thing)
        if kind is View:
            return self._remember((thing.address, thing.shape, thing.format), lambda: _array_copy(thing))
        if kind not in _COPIED:
            return thing
        place = (thing._place, thing._slice, hashable)
        if place in self._made:
            return self._made[place]
        if (kind is List or kind is Dict) and not hashable:
            target: Any = [] if kind is List else {}
            self._made[place] = target
            self._unfilled.append((thing, target))
            return target
        return self._whole(thing, place, hashable)

    def _remember(self, place: Any, make: Any) -> Any:
        if place not in self._made:
            self._made[place] = make()
        return self._made[place]

    def _whole(self, thing: Any, place: Any, hashable: bool) -> Any:
        """What has to have its elements before it can be made. A list inside a key, which other languages may have
        written, becomes a tuple."""
        if place in self._open:
            raise InvalidError("a tuple or set that contains itself cannot be copied: read it through the proxy")
        self._open.add(place)
        if type(thing) is Set:
            made: Any = (frozenset if hashable else set)(map(self.key, thing))
        elif type(thing) is Dict:
            raise TypeError("a dict inside a key cannot be copied, because no dict of Python can have such a key")
        else:
            made = tuple([self._part(element, hashable) for element in thing])
        self._open.discard(place)
        self._made[place] = made
        return made

    def key(self, thing: Any) -> Any:
        """A copy that can be a key."""
        return self._part(thing, True)


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
