"""Some of the pairs of a sorted map, by the order of keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from deltos._ffi import ffi
from deltos._native import CData
from deltos._walks import KEYS, Walked, same_pairs

if TYPE_CHECKING:
    from deltos._sorted_reading import SortedReading


class Bounds(NamedTuple):
    """Which pairs are meant, with keys as the library takes them."""

    start: bytes | None = None
    stop: bytes | None = None
    prefix: bytes | None = None
    open_start: bool = False
    closed_stop: bool = False

    def native(self, reverse: bool = False) -> tuple[CData, list[Any]]:
        """As the library takes it, and what that points to."""
        range, kept = ffi.new("deltos_range *"), []
        for name, bound in (("from", self.start), ("to", self.stop), ("prefix", self.prefix)):
            if bound is not None:
                memory = ffi.new("char[]", bound)
                kept.append((memory, ffi.new("deltos_bytes *", (memory, len(bound)))))
                setattr(range, name, kept[-1][1])
        range.open_from, range.closed_to, range.reverse = self.open_start, self.closed_stop, reverse
        return range, kept


class Pairs(Walked):
    """Pairs of a sorted map: all, or those of a range. Base of SortedMap and SortedRange."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    _bounds: Bounds
    _backwards: bool

    @property
    def _map(self) -> SortedReading:
        raise NotImplementedError

    def _walk(self, what: int, backwards: bool, /) -> Iterator[Any]:
        return self._map._walk_range(what, self._bounds, backwards != self._backwards)

    def __iter__(self) -> Iterator[Any]:
        return self._walk(KEYS, False)

    def __reversed__(self) -> Iterator[Any]:
        return self._walk(KEYS, True)

    def __len__(self) -> int:
        return self._map._count(self._bounds)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return len(self) == len(other) and same_pairs(self, other)


class SortedRange(Pairs):
    """Some pairs of a sorted map, by the order of keys: a Mapping that shows the map as it is when it is asked.

    len() counts, iteration gives keys, items() pairs; clear() removes them.
    """

    __slots__ = ("_backwards", "_bounds", "_of")

    def __init__(self, of: Any, bounds: Bounds, backwards: bool = False) -> None:
        self._of, self._bounds, self._backwards = of, bounds, backwards

    @property
    def _map(self) -> SortedReading:
        return self._of  # type: ignore[no-any-return]

    def _has(self, key: Any) -> bool:
        """Whether a key would be one of the range."""
        encoded = self._of._sought(key)
        if encoded is None:
            return False
        order, bounds = self._of._order, self._bounds
        place = order(encoded)
        if bounds.start is not None and (place < order(bounds.start) or bounds.open_start and encoded == bounds.start):
            return False
        if bounds.stop is not None and (place > order(bounds.stop) or not bounds.closed_stop and encoded == bounds.stop):
            return False
        return bounds.prefix is None or encoded.startswith(bounds.prefix)

    def __getitem__(self, key: Any) -> Any:
        if not self._has(key):
            raise KeyError(key)
        return self._of[key]

    def __contains__(self, key: object) -> bool:
        return self._has(key) and key in self._of

    def clear(self) -> int:
        """Removes the pairs; tells how many there were."""
        removed: int = self._of._remove(self._bounds)
        return removed

    def __repr__(self) -> str:
        return f"<deltos.SortedRange: {len(self)} of the {len(self._of)} pairs>"
