"""Proxies: lists, tuples, sets and dicts of a value, read where they lie. They behave as the builtins they stand for,
as far as those can be read; nothing is copied before somebody asks for an element.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set as AbstractSet
from typing import TYPE_CHECKING, Any

from deltos._errors import UnsupportedError
from deltos._exporter import DictNode, Handle, Node, SequenceNode
from deltos._object import stat
from deltos._native import text_of
from deltos._view import View
from deltos._walks import KEYS, PAIRS, Walked, same_pairs

if TYPE_CHECKING:
    from deltos._attributes import Attributes
    from deltos._storage import Storage



class Proxy(Node):
    """What all proxies have beside the methods of their builtin."""

    __slots__ = ()

    def to_python(self) -> Any:
        """A copy made of builtins: lists, tuples, sets and dicts all the way down, and NumPy arrays of n-d arrays
        (without NumPy, views of memory of their own). What is shared in the value is shared in the copy, and what
        contains itself does so again. Sets inside keys and members are frozensets."""
        from deltos._copies import copy_of

        return copy_of(self)

    def to_json(self, *, indent: bool = False, ascii: bool = False) -> str:
        """JSON text of it, as deltos.to_json() writes it."""
        from deltos._json import to_json

        return to_json(self, indent=indent, ascii=ascii)

    @property
    def storage(self) -> Storage:
        """The storage that the value lives in."""
        storage: Storage | None = self._handle.origin
        if storage is None:
            raise UnsupportedError("this value lies in memory and belongs to no storage")
        return storage

    @property
    def name(self) -> str:
        """The name of the value in its storage, when it was looked up."""
        return text_of(stat(self._stored()).name)

    @property
    def attrs(self) -> Attributes:
        """Small typed values kept with the value that this is or is part of."""
        from deltos._attributes import Attributes

        return Attributes(self.storage, self.name)

    def _stored(self) -> Handle:
        self.storage  # noqa: B018  refuses
        return self._handle

    def __copy__(self) -> Any:
        return self.copy()

    def copy(self) -> Any:
        """A builtin with the same elements, which may be proxies."""
        raise NotImplementedError

    def __deepcopy__(self, memo: object) -> Any:
        return self.to_python()

    def __reduce__(self) -> tuple[Any, ...]:
        from deltos._pickling import restore_value, value_state

        state = value_state(self)
        if state is None:
            return _itself, (self.to_python(),)
        return restore_value, state

    def __repr__(self) -> str:
        from deltos._shown import shown

        return f"deltos.{type(self).__name__}({shown(self)})"


def _itself(thing: Any) -> Any:
    return thing


def _listed(other: Any) -> list[Any]:
    return other if isinstance(other, list) else list(other)


class _Sequence(SequenceNode, Proxy, Sequence[Any]):
    """Base of List and Tuple."""

    __slots__ = ()

    _LIKE: tuple[type[Any], ...]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self._LIKE):
            return NotImplemented
        return len(self) == len(other) and (self._same(other) or list(self) == _listed(other))

    def __lt__(self, other: Any) -> bool:
        return list(self) < _listed(other) if isinstance(other, self._LIKE) else NotImplemented

    def __le__(self, other: Any) -> bool:
        return list(self) <= _listed(other) if isinstance(other, self._LIKE) else NotImplemented

    def __gt__(self, other: Any) -> bool:
        return list(self) > _listed(other) if isinstance(other, self._LIKE) else NotImplemented

    def __ge__(self, other: Any) -> bool:
        return list(self) >= _listed(other) if isinstance(other, self._LIKE) else NotImplemented

    def __reversed__(self) -> Iterator[Any]:
        return self._walk(KEYS, True)

    def count(self, value: Any) -> int:
        """How many elements are equal to a value."""
        return list(self).count(value)

    def index(self, value: Any, *bounds: Any) -> int:
        """The index of the first element that is equal to a value."""
        return list(self).index(value, *bounds)

    def view(self) -> View:
        """The elements as memory, without a copy, where all of them are integers or all of them floats: of the
        narrowest type that holds them. numpy.asarray(proxy.view()) is the fast way to a long list of numbers."""
        from deltos._values import view_of_numbers

        whole = view_of_numbers(self)
        if self._slice is None:
            return whole
        start, step, count = self._slice
        stop: int | None = start + step * count
        if count == 0:
            return whole.window(0, 0)
        part: View = whole[start : None if stop is not None and stop < 0 else stop : step]
        return part


class List(_Sequence):
    """A list of a value."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def copy(self) -> list[Any]:
        """A list of the same elements, which may be proxies."""
        return list(self)

    def __add__(self, other: Any) -> list[Any]:
        return [*self, *other] if isinstance(other, self._LIKE) else NotImplemented

    def __radd__(self, other: Any) -> list[Any]:
        return [*other, *self] if isinstance(other, self._LIKE) else NotImplemented

    def __mul__(self, times: Any) -> list[Any]:
        made: list[Any] = list(self) * times
        return made

    __rmul__ = __mul__


class Tuple(_Sequence):
    """A tuple of a value. Its hash is that of the tuple."""

    __slots__ = ()

    def copy(self) -> tuple[Any, ...]:
        """A tuple of the same elements, which may be proxies."""
        return tuple(self)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __add__(self, other: Any) -> tuple[Any, ...]:
        return (*self, *other) if isinstance(other, self._LIKE) else NotImplemented

    def __radd__(self, other: Any) -> tuple[Any, ...]:
        return (*other, *self) if isinstance(other, self._LIKE) else NotImplemented

    def __mul__(self, times: Any) -> tuple[Any, ...]:
        made: tuple[Any, ...] = tuple(self) * times
        return made

    __rmul__ = __mul__


List._LIKE = (list, List)
Tuple._LIKE = (tuple, Tuple)


def _frozen(others: Iterable[Any]) -> frozenset[Any]:
    return others if isinstance(others, frozenset) else frozenset(others)


class Set(Proxy, AbstractSet[Any]):
    """A set of a value. It cannot be changed, and so has the methods of a frozenset, and its hash; what they make is a
    frozenset."""

    __slots__ = ()

    @classmethod
    def _from_iterable(cls, members: Iterable[Any]) -> frozenset[Any]:
        return frozenset(members)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AbstractSet):
            return NotImplemented
        return len(self) == len(other) and (self._same(other) or _frozen(self) == _frozen(other))

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __le__(self, other: Any) -> bool:
        return self.issubset(other) if isinstance(other, AbstractSet) else NotImplemented

    def __lt__(self, other: Any) -> bool:
        return _frozen(self) < _frozen(other) if isinstance(other, AbstractSet) else NotImplemented

    def __ge__(self, other: Any) -> bool:
        return self.issuperset(other) if isinstance(other, AbstractSet) else NotImplemented

    def __gt__(self, other: Any) -> bool:
        return _frozen(self) > _frozen(other) if isinstance(other, AbstractSet) else NotImplemented

    def __and__(self, other: Any) -> frozenset[Any]:
        return self.intersection(other) if isinstance(other, AbstractSet) else NotImplemented

    def __or__(self, other: Any) -> frozenset[Any]:
        return self.union(other) if isinstance(other, AbstractSet) else NotImplemented

    def __sub__(self, other: Any) -> frozenset[Any]:
        return self.difference(other) if isinstance(other, AbstractSet) else NotImplemented

    def __xor__(self, other: Any) -> frozenset[Any]:
        return self.symmetric_difference(other) if isinstance(other, AbstractSet) else NotImplemented

    def __rsub__(self, other: Any) -> frozenset[Any]:
        return _frozen(other).difference(self) if isinstance(other, AbstractSet) else NotImplemented

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def isdisjoint(self, other: Iterable[Any]) -> bool:
        """Whether there is no common member."""
        return not any(member in self for member in other)

    def issubset(self, other: Iterable[Any]) -> bool:
        """Whether the other has every member."""
        return _frozen(self) <= _frozen(other)

    def issuperset(self, other: Iterable[Any]) -> bool:
        """Whether every member of the other is one of this."""
        return all(member in self for member in other)

    def union(self, *others: Iterable[Any]) -> frozenset[Any]:
        """Members of this or any other."""
        return frozenset(self).union(*others)

    def intersection(self, *others: Iterable[Any]) -> frozenset[Any]:
        """Members of this and all others."""
        return frozenset(self).intersection(*others)

    def difference(self, *others: Iterable[Any]) -> frozenset[Any]:
        """Members of this and of no other."""
        return frozenset(self).difference(*others)

    def symmetric_difference(self, other: Iterable[Any]) -> frozenset[Any]:
        """Members of this or the other, but not of both."""
        return frozenset(self).symmetric_difference(other)

    def copy(self) -> frozenset[Any]:
        """A frozenset of the same members, which may be proxies."""
        return frozenset(self)


class Dict(DictNode, Proxy, Walked):
    """A dict of a value. Iteration is in the order in which the keys were put. keys(), values() and items() are views,
    as those of a dict."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        if len(self) != len(other):
            return False
        if self._same(other):
            return True
        return same_pairs(self, other)

    def __reversed__(self) -> Iterator[Any]:
        return self._walk(KEYS, True)

    def copy(self) -> dict[Any, Any]:
        """A dict of the same keys and values, which may be proxies."""
        return dict(self._walk(PAIRS, False))

    def __or__(self, other: Any) -> dict[Any, Any]:
        return self.copy() | dict(other) if isinstance(other, Mapping) else NotImplemented

    def __ror__(self, other: Any) -> dict[Any, Any]:
        return dict(other) | self.copy() if isinstance(other, Mapping) else NotImplemented
