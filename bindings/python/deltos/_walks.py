"""What mappings have in common that are walked by native code or by the library: keys(), values() and items(), as those
of a dict."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any

KEYS, VALUES, PAIRS = range(3)
_MISSING = object()


def _view_shown(name: str, view: Iterable[Any]) -> str:
    from deltos._shown import shown_elements

    return f"deltos.{name}({shown_elements(view, '[]')})"


class Keys(KeysView[Any]):
    """The keys of a mapping."""

    _mapping: Walked

    def __iter__(self) -> Iterator[Any]:
        return self._mapping._walk(KEYS, False)

    def __reversed__(self) -> Iterator[Any]:
        return self._mapping._walk(KEYS, True)

    def __repr__(self) -> str:
        return _view_shown("keys", self)


class Values(ValuesView[Any]):
    """The values of a mapping."""

    _mapping: Walked

    def __iter__(self) -> Iterator[Any]:
        return self._mapping._walk(VALUES, False)

    def __reversed__(self) -> Iterator[Any]:
        return self._mapping._walk(VALUES, True)

    def __contains__(self, value: object) -> bool:
        return any(other is value or other == value for other in self)

    def __repr__(self) -> str:
        return _view_shown("values", self)


class Items(ItemsView[Any, Any]):
    """The pairs of a mapping."""

    _mapping: Walked

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return self._mapping._walk(PAIRS, False)

    def __reversed__(self) -> Iterator[tuple[Any, Any]]:
        return self._mapping._walk(PAIRS, True)

    def __repr__(self) -> str:
        return _view_shown("items", self)


class Walked(Mapping[Any, Any]):
    """A mapping that walks over its keys, values or pairs, forwards and backwards."""

    __slots__ = ()

    @abstractmethod
    def _walk(self, what: int, backwards: bool, /) -> Iterator[Any]:
        """An iterator over KEYS, VALUES or PAIRS."""

    def keys(self) -> KeysView[Any]:
        """Its keys, like a set."""
        return Keys(self)

    def values(self) -> ValuesView[Any]:
        """Its values."""
        return Values(self)

    def items(self) -> ItemsView[Any, Any]:
        """Its pairs of key and value, like a set."""
        return Items(self)


def same_pairs(mapping: Any, other: Mapping[Any, Any]) -> bool:
    """Whether another mapping, which has as many keys, has the same values for them."""
    pairs = ((value, other.get(key, _MISSING)) for key, value in mapping._walk(PAIRS, False))
    return all(mine is its or mine == its for mine, its in pairs)
