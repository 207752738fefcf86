"""What can be done with the elements of views: comparing and searching by value, and atomic operations."""

from __future__ import annotations

import operator
from typing import Any

from deltos._content import Content
from deltos._elements import Codec
from deltos._errors import InvalidError, TypeMismatchError
from deltos._exporter import Handle
from deltos._ffi import ffi, lib
from deltos._native import CData, call

_ORDERS: dict[str, int] = {
    "relaxed": lib.DELTOS_MEMORY_RELAXED,
    "acquire": lib.DELTOS_MEMORY_ACQUIRE,
    "release": lib.DELTOS_MEMORY_RELEASE,
    "acq_rel": lib.DELTOS_MEMORY_ACQ_REL,
    "seq_cst": lib.DELTOS_MEMORY_SEQ_CST,
}


def _order(name: str) -> int:
    try:
        return _ORDERS[name]
    except KeyError:
        raise InvalidError(f"an order is one of {', '.join(_ORDERS)}; not {name!r}") from None


class Elements:
    """What the operations need of a view."""

    __slots__ = ()

    _handle: Handle | None

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        raise NotImplementedError

    def _use(self) -> Handle:
        raise NotImplementedError

    def _codec(self) -> Codec:
        raise NotImplementedError

    def _place(self, index: Any) -> CData:
        raise NotImplementedError

    def _count(self, function: Any, kind: str, *arguments: Any) -> int:
        raise NotImplementedError


class Ordered:
    """Order, as a comparison tells it."""

    __slots__ = ()

    def _compare(self, other: object) -> int | None:
        """One of DELTOS_COMPARE_*; None when the other is nothing to compare with."""
        raise NotImplementedError

    def _is(self, other: object, *orders: int) -> bool:
        order = self._compare(other)
        return NotImplemented if order is None else order in orders

    def __lt__(self, other: object) -> bool:
        return self._is(other, lib.DELTOS_COMPARE_LESS)

    def __le__(self, other: object) -> bool:
        return self._is(other, lib.DELTOS_COMPARE_LESS, lib.DELTOS_COMPARE_EQUAL)

    def __gt__(self, other: object) -> bool:
        return self._is(other, lib.DELTOS_COMPARE_GREATER)

    def __ge__(self, other: object) -> bool:
        return self._is(other, lib.DELTOS_COMPARE_GREATER, lib.DELTOS_COMPARE_EQUAL)


class Values(Ordered, Elements):
    """Equality, order and search."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def _beside(self, other: object, function: Any, kind: str) -> int | None:
        """What a function of two views tells; None when the other has no memory."""
        try:
            content = Content(other)
        except TypeMismatchError:
            return None
        cell = ffi.new(kind)
        with content as pointer, self._use() as own_pointer:
            call(function, own_pointer, pointer, cell)
        return int(cell[0])

    def __eq__(self, other: object) -> bool:
        if self is other:
            handle = self._handle
            if handle is None or not handle.alive:
                return True
        equal = self._beside(other, lib.deltos_view_equal, "uint8_t *")
        return NotImplemented if equal is None else equal != 0

    def _compare(self, other: object) -> int | None:
        return self._beside(other, lib.deltos_view_compare, "int32_t *")

    def _needle(self, value: Any) -> bytes | None:
        """An element that equals a value; None when no element can."""
        codec = self._codec()
        try:
            packed = bytes(codec.pack(value))
        except (TypeError, OverflowError, ValueError):
            if not isinstance(value, (float, complex)) or value != value or value.imag or value.real % 1:
                return None
            try:
                packed = bytes(codec.pack(int(value.real)))
            except (TypeError, OverflowError, ValueError):
                return None
        return packed if codec.unpack(packed) == value else None

    def find(self, value: Any, start: int = 0) -> int:
        """The number, in C order, of the first element that equals a value, from start on; -1 when there is none."""
        needle = self._needle(value)
        if needle is None:
            return -1
        return self._count(lib.deltos_view_find, "int64_t *", needle, len(needle), operator.index(start))

    def index(self, value: Any, start: int = 0) -> int:
        """As find(); a ValueError when there is none."""
        found = self.find(value, start)
        if found < 0:
            raise InvalidError(f"{value!r} is not in the view")
        return found

    def count(self, value: Any) -> int:
        """How many elements equal a value."""
        needle = self._needle(value)
        return 0 if needle is None else self._count(lib.deltos_view_count, "uint64_t *", needle, len(needle))

    def __contains__(self, value: object) -> bool:
        return self.find(value) >= 0


class Atomics(Elements):
    """Operations that no other thread or process sees half done."""

    __slots__ = ()

    def _index(self, index: Any) -> CData:
        return self._place(index if isinstance(index, tuple) else (index,))

    def atomic_load(self, index: Any, *, order: str = "seq_cst") -> Any:
        """An element, loaded atomically between all threads and processes; of 4 or 8 bytes."""
        size = self.itemsize
        item = ffi.new("char[]", size)
        with self._use() as pointer:
            call(lib.deltos_view_atomic_load, pointer, self._index(index), _order(order), item, size)
        return self._codec().unpack(bytes(ffi.buffer(item, size)))

    def atomic_store(self, index: Any, value: Any, *, order: str = "seq_cst") -> None:
        """Stores an element atomically."""
        packed = self._codec().pack(value)
        with self._use() as pointer:
            call(lib.deltos_view_atomic_store, pointer, self._index(index), _order(order), packed, len(packed))

    def atomic_add(self, index: Any, summand: Any, *, order: str = "seq_cst") -> Any:
        """Adds to an element atomically; gives what it was before. Integers wrap around."""
        packed = self._codec().pack(summand)
        size = len(packed)
        item = ffi.new("char[]", size)
        with self._use() as pointer:
            call(lib.deltos_view_atomic_add, pointer, self._index(index), _order(order), packed, item, size)
        return self._codec().unpack(bytes(ffi.buffer(item, size)))

    def atomic_compare_exchange(
        self, index: Any, expected: Any, desired: Any, *, order: str = "seq_cst"
    ) -> tuple[bool, Any]:
        """Stores an element if it is what is expected; tells whether, and what it was before."""
        codec = self._codec()
        packed, done = codec.pack(desired), ffi.new("uint8_t *")
        item = ffi.new("char[]", codec.pack(expected))
        function, size = lib.deltos_view_atomic_compare_exchange, len(packed)
        with self._use() as pointer:
            call(function, pointer, self._index(index), _order(order), item, packed, size, done)
        return bool(done[0]), codec.unpack(bytes(ffi.buffer(item, size)))
