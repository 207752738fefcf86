"""Sorted maps, as they are read: from a snapshot, or from what a transaction shows."""

from __future__ import annotations

import operator
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from deltos._errors import ClosedError, InvalidError, LimitError, TypeMismatchError
from deltos._exporter import CURSOR, Handle
from deltos._ffi import ffi, lib
from deltos._map_columns import lots, plain_column, source_of
from deltos._native import CData, call, own, text_of
from deltos._object import stat
from deltos._sorted_range import Bounds, Pairs, SortedRange
from deltos._walks import KEYS, PAIRS, VALUES

if TYPE_CHECKING:
    from deltos._attributes import Attributes
    from deltos._scopes import Reader
    from deltos._storage import Storage

KEY_CODES = {"bytes": lib.DELTOS_KEY_BYTES, "str": lib.DELTOS_KEY_UTF8, "int": lib.DELTOS_KEY_U64}
KEY_WORDS = {code: word for word, code in KEY_CODES.items()}
MOST_PAIRS = 2048  # at a time
MISSING: Any = object()
_NUMBER = struct.Struct("=Q")
_FIRST_BATCH, _BATCH = 16, 256


class SortedMapInfo(NamedTuple):
    """Facts of a sorted map, in the state that it shows."""

    key: str
    """What keys are: "str", "bytes" or "int"."""

    pairs: int
    """How many there are."""

    key_bytes: int
    """Of all keys."""

    value_bytes: int
    """Of all values; an object counts 8."""

    long_values: int
    """That have a place of their own."""

    objects: int
    """Values that are objects."""

    height: int
    """Levels of its tree."""


def info_of(snapshot: CData, pointer: CData) -> CData:
    info = ffi.new("deltos_sorted_map_info *")
    info.struct_size = ffi.sizeof("deltos_sorted_map_info")
    call(lib.deltos_sorted_map_stat, snapshot, pointer, info)
    return info


def _number_of(encoded: bytes) -> int:
    number: int = _NUMBER.unpack(encoded)[0]
    return number


def _encoded_number(key: Any) -> bytes:
    try:
        number = int(key) if isinstance(key, float) and key.is_integer() else operator.index(key)
    except TypeError:
        raise TypeMismatchError(f"keys of this map are int, not {type(key).__name__}") from None
    if not 0 <= number < 2**64:
        raise LimitError(f"keys of this map are from 0 to 2**64-1, not {number}")
    return _NUMBER.pack(number)


class SortedReading(Pairs):
    """What sorted maps have for reading them."""

    __slots__ = ("_handle", "_key", "_scope")

    _bounds = Bounds()
    _backwards = False
    _handle: Handle | None
    _scope: Reader
    _key: str
    """What keys are."""

    # ---- What it is ------------------------------------------------------------------------------------------------

    @property
    def _map(self) -> SortedReading:
        return self

    def _use(self) -> Handle:
        if self._handle is None:
            raise ClosedError("the map has been released")
        return self._handle

    def _reading(self) -> AbstractContextManager[CData]:
        return self._scope._current()._reading()

    def _writing(self) -> AbstractContextManager[CData]:
        return self._scope._live()._writing()

    @property
    def info(self) -> SortedMapInfo:
        """Facts about it: what keys are, counts and sizes."""
        with self._reading() as snapshot, self._use() as pointer:
            info = info_of(snapshot, pointer)
        return SortedMapInfo(
            KEY_WORDS[info.key],
            info.count,
            info.key_bytes,
            info.value_bytes,
            info.long_values,
            info.objects,
            info.height,
        )

    @property
    def storage(self) -> Storage:
        """The storage it lives in."""
        return self._scope.storage

    @property
    def name(self) -> str:
        """Its name when it was looked up."""
        return text_of(stat(self._use()).name)

    @property
    def id(self) -> int:
        """A number that no other object of the storage ever has; a rename keeps it."""
        return int(stat(self._use()).id)

    @property
    def attrs(self) -> Attributes:
        """Small typed values kept with the map."""
        from deltos._attributes import Attributes

        return Attributes(self._scope._current(), self.name)

    # ---- Keys and values -------------------------------------------------------------------------------------------

    @property
    def _order(self) -> Callable[[bytes], Any]:
        """What keys are compared by, as they are encoded."""
        return _number_of if self._key == "int" else bytes

    def _encoded(self, key: Any) -> bytes:
        """A key, or a bound, as the library takes it."""
        word = self._key
        if word == "int":
            return _encoded_number(key)
        if word == "bytes" and isinstance(key, bytes):
            return key
        if word == "str" and isinstance(key, str):
            try:
                return key.encode()
            except UnicodeEncodeError:
                raise InvalidError("a key has half of a surrogate pair, which is not Unicode: use keys of bytes") from None
        raise TypeMismatchError(f"keys of this map are {word}, not {type(key).__name__}")

    def _sought(self, key: Any) -> bytes | None:
        """A key to be looked for; None: no key of this map can be that."""
        try:
            return self._encoded(key)
        except (TypeMismatchError, InvalidError, LimitError):
            hash(key)  # refuses what no dict has as a key
            return None

    def _key_of(self, pair: CData) -> Any:
        if self._key == "int":
            return int(pair.number)
        data = bytes(ffi.buffer(pair.key.data, pair.key.size)) if pair.key.size else b""
        return data.decode() if self._key == "str" else data

    def _value_of(self, snapshot: CData, value: CData, object_id: int) -> Any:
        """Bytes, or an object."""
        if not object_id:
            return bytes(ffi.buffer(value.data, value.size)) if value.size else b""
        from deltos._kinds import opened

        kind, handle = opened(lib.deltos_object_open_id, snapshot, object_id)
        return kind._of(self._scope._current(), handle)

    def _pair_of(self, snapshot: CData, pair: CData, what: int) -> Any:
        if what == KEYS:
            return self._key_of(pair)
        value = self._value_of(snapshot, pair.value, pair.object_id)
        return value if what == VALUES else (self._key_of(pair), value)

    # ---- Reading ---------------------------------------------------------------------------------------------------

    def _get(self, snapshot: CData, encoded: bytes) -> Any:
        """The value of a key, or MISSING."""
        value, object_id, present = ffi.new("deltos_bytes *"), ffi.new("uint64_t *"), ffi.new("uint8_t *")
        with self._use() as pointer:
            call(lib.deltos_sorted_map_get, snapshot, pointer, encoded, len(encoded), value, object_id, present)
        return self._value_of(snapshot, value, object_id[0]) if present[0] else MISSING

    def __getitem__(self, key: Any) -> Any:
        """The value of a key; of a slice, such as map["a":"b"], the pairs from the first key to before the second."""
        if isinstance(key, slice):
            return self._sliced(key)
        found = self.get(key, MISSING)
        if found is MISSING:
            raise KeyError(key)
        return found

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key, or the default."""
        encoded = self._sought(key)
        if encoded is None:
            return default
        with self._reading() as snapshot:
            found = self._get(snapshot, encoded)
        return default if found is MISSING else found

    def __contains__(self, key: object) -> bool:
        encoded, present = self._sought(key), ffi.new("uint8_t *")
        if encoded is None:
            return False
        with self._reading() as snapshot, self._use() as pointer:
            function = lib.deltos_sorted_map_get
            call(function, snapshot, pointer, encoded, len(encoded), ffi.NULL, ffi.NULL, present)
        return bool(present[0])

    def get_many(self, keys: Any, default: Any = None) -> list[Any]:
        """The values of many keys, a list or a column, all of the same state; the default where a key is absent."""
        source = source_of(self._key, "key", plain_column(keys), most=MOST_PAIRS)
        found: list[Any] = []
        with self._reading() as snapshot:
            for start, count in lots([source]):
                found += self._get_lot(snapshot, source.cut(start, count), count, default)
        return found

    def _get_lot(self, snapshot: CData, column: CData, count: int, default: Any) -> list[Any]:
        values, ids = ffi.new("deltos_bytes[]", count), ffi.new("uint64_t[]", count)
        present = ffi.new("uint8_t[]", count)
        with self._use() as pointer:
            call(lib.deltos_sorted_map_get_many, snapshot, pointer, column, values, ids, present, ffi.NULL)
        return [
            self._value_of(snapshot, value, id) if there else default for value, id, there in zip(values, ids, present)
        ]

    def _walk_range(self, what: int, bounds: Bounds, reverse: bool) -> Iterator[Any]:
        """Goes through pairs, a batch at a time, of one state: a transaction's is what it is at each batch."""
        cell, state = ffi.new("deltos_cursor **"), self._scope._current()._state()
        range, kept = bounds.native(reverse)
        with state() as snapshot, self._use() as pointer:
            call(lib.deltos_sorted_map_range, snapshot, pointer, range, cell)
        del kept
        return self._batches(own(CURSOR, cell[0]), state, what)

    def _batches(self, cursor: Handle, state: Callable[[], AbstractContextManager[CData]], what: int) -> Iterator[Any]:
        pairs, count, room = ffi.new("deltos_pair[]", _BATCH), ffi.new("uint64_t *"), _FIRST_BATCH
        while True:
            with state() as snapshot, cursor as pointer:
                call(lib.deltos_cursor_next_pairs, pointer, pairs, room, count)
                batch = [self._pair_of(snapshot, pairs[place], what) for place in range(count[0])]
            if not batch:
                return
            yield from batch
            room = _BATCH

    def _count(self, bounds: Bounds) -> int:
        count, (range, _kept) = ffi.new("uint64_t *"), bounds.native()
        with self._reading() as snapshot, self._use() as pointer:
            call(lib.deltos_sorted_map_count, snapshot, pointer, range, count)
        return int(count[0])

    # ---- Ranges ----------------------------------------------------------------------------------------------------

    def range(
        self,
        start: Any = None,
        stop: Any = None,
        *,
        inclusive: bool | tuple[bool, bool] = (True, False),
        reverse: bool = False,
    ) -> SortedRange:
        """The pairs from one key to another, which need not be there; None: without a bound. inclusive: whether the
        bounds themselves belong to it, both or each. reverse: iteration goes from the last to the first."""
        both = (inclusive, inclusive) if isinstance(inclusive, bool) else inclusive
        first, end = (None if bound is None else self._encoded(bound) for bound in (start, stop))
        return SortedRange(self, Bounds(first, end, None, not both[0], both[1]), reverse)

    def _sliced(self, key: slice) -> SortedRange:
        if key.step is not None:
            raise InvalidError("a slice of a sorted map has no step: range(..., reverse=True) goes backwards")
        return self.range(key.start, key.stop)

    def prefix(self, prefix: Any, *, reverse: bool = False) -> SortedRange:
        """The pairs whose keys begin so: of str or bytes."""
        if self._key == "int":
            raise TypeMismatchError("keys of this map are int, which have no prefix: use range()")
        return SortedRange(self, Bounds(prefix=self._encoded(prefix)), reverse)

    def count(self, start: Any = None, stop: Any = None, *, inclusive: bool | tuple[bool, bool] = (True, False)) -> int:
        """How many pairs range() would have."""
        return len(self.range(start, stop, inclusive=inclusive))

    def _find(self, which: int, key: Any = None) -> tuple[Any, Any] | None:
        pair, present = ffi.new("deltos_pair *"), ffi.new("uint8_t *")
        encoded = b"" if key is None else self._encoded(key)
        with self._reading() as snapshot, self._use() as pointer:
            call(lib.deltos_sorted_map_find, snapshot, pointer, which, encoded, len(encoded), pair, present)
            found: tuple[Any, Any] | None = self._pair_of(snapshot, pair, PAIRS) if present[0] else None
        return found

    def first(self) -> tuple[Any, Any] | None:
        """The pair with the smallest key; None of an empty map."""
        return self._find(lib.DELTOS_FIND_FIRST)

    def last(self) -> tuple[Any, Any] | None:
        """The pair with the largest key; None of an empty map."""
        return self._find(lib.DELTOS_FIND_LAST)

    def ceiling(self, key: Any) -> tuple[Any, Any] | None:
        """The first pair whose key is not below: the lower bound. None: there is none."""
        return self._find(lib.DELTOS_FIND_AT_LEAST, key)

    def higher(self, key: Any) -> tuple[Any, Any] | None:
        """The first pair whose key is above: the upper bound. None: there is none."""
        return self._find(lib.DELTOS_FIND_ABOVE, key)

    def floor(self, key: Any) -> tuple[Any, Any] | None:
        """The last pair whose key is not above. None: there is none."""
        return self._find(lib.DELTOS_FIND_AT_MOST, key)

    def lower(self, key: Any) -> tuple[Any, Any] | None:
        """The last pair whose key is below. None: there is none."""
        return self._find(lib.DELTOS_FIND_BELOW, key)
