"""Persistent types and their proxies: what all have in common, numbers, and byte strings.

A type is a class that belongs to one storage. Its instances are proxies: small objects that lead to a place in the
file. Two proxies of one place are different Python objects, equal by what they show.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import deltos
from deltos.compat.ptypes._store import corrupt

if TYPE_CHECKING:
    from deltos.compat.ptypes._store import Cell, Store
    from deltos.compat.ptypes._structure import Field

_ID_SHIFT = 20  # an offset is the object's number, then the place of the field in it


class PersistentMeta(type):
    """The type of persistent types."""

    _store: Store
    _layout: str
    _refers: bool
    _by_value: bool

    def __repr__(cls) -> str:
        return f"<persistent class '{cls.__name__}'>"

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        if cls._by_value:
            raise TypeError(
                f"{cls!r} exhibits store-by-value semantics and therefore can only be instantiated inside a"
                " container (e.g. in Structure)"
            )
        if not hasattr(cls, "_store"):
            raise TypeError(f"{cls!r} belongs to no storage: take it from the schema of one")
        with cls._store.changing():
            return cls._make(*arguments, **keywords)

    def _make(cls, *arguments: Any, **keywords: Any) -> Persistent:
        """A new persistent object, inside of a change."""
        raise NotImplementedError

    def _check(cls, name: str, buffer: deltos.Buffer) -> None:
        """Raises when an object of the file cannot be of this type."""

    def _proxy(cls, cell: Cell) -> Any:
        """A proxy that keeps the storage from being closed."""
        proxy = cls._unwatched(cell)
        cls._store.watch(proxy)
        return proxy

    def _unwatched(cls, cell: Cell) -> Any:
        """A proxy that does not."""
        make: Any = cls.__new__
        proxy = make(cls)
        proxy._lead_to(cell)
        return proxy

    def _accept(cls, source: Persistent) -> None:
        """Raises when a persistent object cannot be assigned to something of this type."""
        kind = type(source)
        if kind._store is not cls._store:
            raise ValueError(f"Expected a persistent object in {cls._store.owner!r}, not in {kind._store.owner!r}!")
        if not issubclass(kind, cls):
            raise TypeError(f"Expected {cls!r}, found {kind!r}")


def bound(proxy_class: PersistentMeta, store: Store, name: str) -> PersistentMeta:
    """The type of that name in a storage."""
    make: Any = type.__new__  # a class statement would define something
    namespace = {"__slots__": (), "__module__": "schema", "_store": store}
    return make(type(proxy_class), name, (proxy_class,), namespace)  # type: ignore[no-any-return]


class Persistent(metaclass=PersistentMeta):
    """Leads to something in a storage."""

    __slots__ = ()

    _by_value: ClassVar[bool] = False
    _layout: ClassVar[str] = ""
    _refers: ClassVar[bool] = False

    if TYPE_CHECKING:
        _store: ClassVar[Store]
        _cell: Cell

    def _lead_to(self, cell: Cell) -> None:
        proxy: Any = self  # the place for it is made by those that derive
        proxy._cell = cell

    def _offset(self) -> int:
        return self._cell.number << _ID_SHIFT

    @property
    def offset(self) -> int:
        """A number that belongs to this object of the storage alone, now and later."""
        return self._offset()

    @property
    def ptype(self) -> PersistentMeta:
        """Its persistent type."""
        return type(self)

    @property
    def id(self) -> tuple[int, int]:
        """Tells it from all persistent objects of all storages that are open."""
        return id(self._store.owner), self._offset()

    def isSameAs(self, other: Persistent) -> bool:
        """Whether both lead to one place."""
        if not isinstance(other, Persistent):
            raise TypeError(f"{other!r} is not persistent")
        return self._store is other._store and self._offset() == other._offset()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Persistent) and self.isSameAs(other)

    def __hash__(self) -> int:
        return hash(self._offset())

    def _unordered(self, other: object) -> Any:
        raise TypeError(f"{type(self)!r} does not define a sort order!")

    __lt__ = __le__ = __gt__ = __ge__ = _unordered

    def __repr__(self) -> str:
        return f"<persistent {type(self).__name__} object @offset {self._offset():#x}>"

    def __reduce__(self) -> Any:
        raise TypeError("a proxy belongs to its process: pickle its contents")


class _Ordered(Persistent):
    """Is compared with volatile values of one type, and with proxies that show such values."""

    __slots__ = ()

    _volatile: ClassVar[type]

    if TYPE_CHECKING:
        contents: Any

    def _compared(self, other: object, compare: Callable[[Any, Any], bool]) -> bool:
        value = other.contents if isinstance(other, _Ordered) else other
        if isinstance(value, self._volatile):
            return compare(self.contents, value)
        if compare is operator.eq:
            return False
        raise TypeError(f"{type(self)!r} does not define a sort order for {other!r}!")

    def __eq__(self, other: object) -> bool:
        return self._compared(other, operator.eq)

    def __lt__(self, other: object) -> bool:
        return self._compared(other, operator.lt)

    def __le__(self, other: object) -> bool:
        return self._compared(other, operator.le)

    def __gt__(self, other: object) -> bool:
        return self._compared(other, operator.gt)

    def __ge__(self, other: object) -> bool:
        return self._compared(other, operator.ge)

    def __hash__(self) -> int:
        return hash(self.contents)

    def __str__(self) -> str:
        return str(self.contents)

    def __repr__(self) -> str:
        return f"<persistent {type(self).__name__} object {str(self)!r} @offset {self._offset():#x}>"


class _Number(_Ordered):
    """8 bytes of a structure, read and written in place."""

    __slots__ = ("__weakref__", "_cell", "_slot")

    _by_value = True
    _cell: Cell
    _slot: int
    _format: ClassVar[str]

    @classmethod
    def _read(cls, cell: Cell, field: Field) -> Any:
        proxy = cls.__new__(cls)
        proxy._cell = cell
        proxy._slot = field.slot
        cls._store.watch(proxy)
        return proxy

    @classmethod
    def _ready(cls, source: Any) -> Any:
        """The number to be stored for what is assigned."""
        if isinstance(source, Persistent):
            cls._accept(source)
            return source.contents  # type: ignore[attr-defined]
        return cls._converted(source)

    @staticmethod
    def _converted(source: Any) -> Any:
        raise NotImplementedError

    @staticmethod
    def _words(cell: Cell) -> Any:
        raise NotImplementedError

    @classmethod
    def _write(cls, cell: Cell, field: Field, number: Any) -> None:
        with cls._store.lock:
            cls._store.before_storing(cell)
            cls._words(cell)[field.slot] = number

    def _offset(self) -> int:
        return super()._offset() + 8 * (self._slot + 1)

    @property
    def contents(self) -> Any:
        """The number."""
        return self._words(self._cell)[self._slot]

    @contents.setter
    def contents(self, value: Any) -> None:
        number = self._converted(value)
        with self._store.lock:
            self._store.before_storing(self._cell)
            self._words(self._cell)[self._slot] = number

    def add(self, value: Any) -> None:
        """Adds to it; no other thread comes in between."""
        number, cell = self._converted(value), self._cell
        with self._store.lock:
            self._store.before_storing(cell)
            words = self._words(cell)
            words[self._slot] = words[self._slot] + number


class IntProxy(_Number):
    """An integer of 64 bits with a sign."""

    __slots__ = ()

    _volatile = int
    _format = "q"

    @staticmethod
    def _converted(source: Any) -> int:
        try:
            value = operator.index(source)
        except TypeError:
            raise TypeError("an integer is required") from None
        if not -(2**63) <= value < 2**63:
            raise OverflowError(f"an Int has 64 bits with a sign, too few for {value}")
        return value

    @staticmethod
    def _words(cell: Cell) -> Any:
        return cell.words

    def inc(self) -> None:
        """Adds one."""
        self.add(1)

    def setBit(self, numberOfBit: int) -> None:
        """Sets one of the bits 0 to 63."""
        with self._store.lock:
            self.contents = self.contents | _mask(numberOfBit)

    def clearBit(self, numberOfBit: int) -> None:
        """Clears one of the bits 0 to 63."""
        with self._store.lock:
            self.contents = self.contents & ~_mask(numberOfBit)

    def testBit(self, numberOfBit: int) -> int:
        """The bit in its place, or 0."""
        return int(self.contents & _mask(numberOfBit))


def _mask(bit: int) -> int:
    """The bit as an integer of 64 bits has it: the last one is the sign."""
    if not 0 <= bit < 64:
        raise ValueError(f"an Int has the bits 0 to 63, and no bit {bit}")
    return 1 << bit if bit < 63 else -(1 << 63)


class FloatProxy(_Number):
    """A float of 64 bits."""

    __slots__ = ()

    _volatile = float
    _format = "d"

    @staticmethod
    def _converted(source: Any) -> float:
        if isinstance(source, (str, bytes, bytearray)):
            raise TypeError("a float is required")
        try:
            return float(source)
        except TypeError:
            raise TypeError("a float is required") from None

    @staticmethod
    def _words(cell: Cell) -> Any:
        return cell.floats


class ReferenceMeta(PersistentMeta):
    """The type of types whose objects stand alone and are referred to."""

    def _read(cls, cell: Cell, field: Field) -> Any:
        target = cell.references.get(field.name)
        if target is None:
            return None
        found = cls._store.get(target, cls)
        return found.ptype._proxy(found)  # which may derive from this type

    def _ready(cls, source: Any) -> str | None:
        """The name to be kept for what is assigned; something new where it is not persistent."""
        if isinstance(source, Persistent):
            cls._accept(source)
            return _name_of(source)
        return None if source is None else _name_of(cls(source))

    def _write(cls, cell: Cell, field: Field, target: str | None) -> None:
        cls._store.refer(cell, field.name, target)


def _name_of(proxy: Persistent) -> str:
    """The object's name, after a look whether it is still there."""
    cell = proxy._cell
    if cell.gone is not None:
        cell.gone[cell.name]
    return cell.name


class ByteStringMeta(ReferenceMeta):
    """The type of ByteString."""

    def _make(cls, content: Any) -> Any:
        return cls._proxy(cls._store.make(cls, cls._bytes_of(content)))

    @staticmethod
    def _bytes_of(content: Any) -> bytes:
        if not isinstance(content, (bytes, bytearray)):
            raise TypeError(f"expected bytes, {type(content).__name__} found")
        return bytes(content)

    def _check(cls, name: str, buffer: deltos.Buffer) -> None:
        if buffer.format != "B" or buffer.ndim != 1:
            raise corrupt(f"{name!r} is no byte string: its elements are {buffer.format!r} in {buffer.ndim} dimensions")


class ByteStringProxy(_Ordered, metaclass=ByteStringMeta):
    """Bytes that do not change."""

    __slots__ = ("__weakref__", "_cell")

    _volatile = bytes

    @property
    def contents(self) -> bytes:
        """A copy of them."""
        return self._cell.buffer.tobytes()

    def __str__(self) -> str:
        return self.contents.decode("latin-1")
