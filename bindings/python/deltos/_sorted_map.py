"""Sorted maps: pairs in the order of their keys, which change inside transactions and are read from snapshots."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from deltos._errors import InvalidError, TypeMismatchError
from deltos._exporter import OBJECT, Handle
from deltos._ffi import ffi, lib
from deltos._hash_map import HashMap
from deltos._map_columns import Fixed, Objects, lots, plain_column, source_of, word_of
from deltos._native import OBJECT_CELL, CData, bytes_of, call, own
from deltos._object import Object
from deltos._records import RecordTable
from deltos._sorted_range import Bounds
from deltos._sorted_reading import KEY_CODES, KEY_WORDS, MISSING, MOST_PAIRS, SortedReading, info_of
from deltos._values import Reference, is_exporter
from deltos._walks import PAIRS

if TYPE_CHECKING:
    from deltos._scopes import Writer

_MOST_SHOWN = 10


class SortedMap(SortedReading, MutableMapping[Any, Any]):
    """A map in the order of its keys: a MutableMapping with ranges. storage[name] gives it; SortedMap.create() makes it.

    Keys are str, bytes or int (0 to 2**64-1), up to 1,024 bytes; str is in the order of code points. Values are bytes,
    up to 16 MiB, or objects of the same storage: map[key] = storage["x"].

    What is found in a transaction shows its changes, and changes with it; in a snapshot, what that shows. Of a storage
    it shows the newest commit at each call, and a change is a transaction of its own.
    """

    __slots__ = ("__weakref__",)

    _KIND = lib.DELTOS_KIND_SORTED_MAP

    def __init__(self, *_: object) -> None:
        raise TypeError("sorted maps come from a storage, storage[name], or are made: SortedMap.create(storage, name)")

    @classmethod
    def _of(cls, scope: Any, handle: Handle) -> SortedMap:
        self = cls.__new__(cls)
        self._scope, self._handle = scope, handle
        with handle as pointer:
            self._key = KEY_WORDS[info_of(ffi.NULL, pointer).key]
        return self

    @staticmethod
    def create(where: Writer, name: str, items: Any = (), *, key: Any = str) -> SortedMap:
        """Makes a sorted map, with the pairs of a mapping or iterable in it. key: what keys are: str, bytes or int."""
        word = word_of(key)
        if word not in KEY_CODES:
            raise InvalidError(f"keys of a sorted map are one of str, bytes and int, not {key!r}")
        encoded, cell = bytes_of(name, "a name"), ffi.new(OBJECT_CELL)
        options = ffi.new("deltos_sorted_map_options *")
        options.struct_size, options.key = ffi.sizeof("deltos_sorted_map_options"), KEY_CODES[word]
        with where._writing() as transaction:
            call(lib.deltos_sorted_map_create, transaction, encoded, options, cell)
            made = SortedMap._of(where, own(OBJECT, cell[0]))
            try:
                made._update(transaction, items)
            except BaseException:
                call(lib.deltos_transaction_delete, transaction, encoded)
                raise
        return made

    # ---- Writing ---------------------------------------------------------------------------------------------------

    def _put(self, transaction: CData, key: bytes, value: Any) -> None:
        target = _stored(transaction, value)
        with self._use() as pointer:
            if target is not None:
                with target as thing:
                    call(lib.deltos_sorted_map_put_object, transaction, pointer, key, len(key), thing, ffi.NULL)
                return
            data = _bytes_in(value)
            call(lib.deltos_sorted_map_put, transaction, pointer, key, len(key), data, len(data), ffi.NULL)

    def _delete(self, transaction: CData, key: bytes) -> bool:
        removed = ffi.new("uint8_t *")
        with self._use() as pointer:
            call(lib.deltos_sorted_map_remove, transaction, pointer, key, len(key), removed)
        return bool(removed[0])

    def __setitem__(self, key: Any, value: Any) -> None:
        encoded = self._encoded(key)
        with self._writing() as transaction:
            self._put(transaction, encoded, value)

    def __delitem__(self, key: Any) -> None:
        """Removes a key, or all pairs of a slice."""
        if isinstance(key, slice):
            self._sliced(key).clear()
            return
        encoded = self._sought(key)
        if encoded is None:
            raise KeyError(key)
        with self._writing() as transaction:
            if not self._delete(transaction, encoded):
                raise KeyError(key)

    def setdefault(self, key: Any, default: Any = b"") -> Any:
        """The value of a key; puts the default first when there is none."""
        encoded = self._encoded(key)
        with self._changing() as (transaction, snapshot):
            found = self._get(snapshot, encoded)
            if found is not MISSING:
                return found
            self._put(transaction, encoded, default)
        return self[key]

    def pop(self, key: Any, default: Any = MISSING) -> Any:
        """Removes a key; gives what it had, or the default."""
        encoded = self._sought(key)
        if encoded is not None:
            with self._changing() as (transaction, snapshot):
                found = self._get(snapshot, encoded)
                if found is not MISSING:
                    self._delete(transaction, encoded)
                    return found
        if default is MISSING:
            raise KeyError(key)
        return default

    def popitem(self, last: bool = True) -> tuple[Any, Any]:
        """Removes the last pair, or the first; KeyError of an empty map."""
        which = lib.DELTOS_FIND_LAST if last else lib.DELTOS_FIND_FIRST
        pair, present = ffi.new("deltos_pair *"), ffi.new("uint8_t *")
        with self._changing() as (transaction, snapshot):
            with self._use() as pointer:
                call(lib.deltos_sorted_map_find, snapshot, pointer, which, ffi.NULL, 0, pair, present)
            if not present[0]:
                raise KeyError("the map is empty")
            key, value = self._pair_of(snapshot, pair, PAIRS)
            self._delete(transaction, self._encoded(key))
        return key, value

    @contextmanager
    def _changing(self) -> Iterator[tuple[CData, CData]]:
        """A transaction, and what it shows."""
        with self._writing() as transaction:
            yield transaction, lib.deltos_transaction_snapshot(transaction)

    def update(self, other: Any = (), /, **more: Any) -> None:
        """Puts the pairs of a mapping or iterable: outside of a transaction, all or none. Of equal keys the last counts."""
        with self._writing() as transaction:
            self._update(transaction, other)
            self._update(transaction, more)

    def _update(self, transaction: CData, other: Any) -> None:
        pairs = iter(other.items() if isinstance(other, Mapping) else other)
        first = 0
        while batch := list(itertools.islice(pairs, MOST_PAIRS)):
            keys, values = [key for key, _ in batch], [value for _, value in batch]
            if all(type(value) is bytes for value in values):
                self._put_lot(transaction, keys, values, first)
            else:
                for key, value in batch:
                    self._put(transaction, self._encoded(key), value)
            first += len(batch)

    def _put_lot(self, transaction: CData, keys: list[Any], values: list[Any], first: int) -> None:
        key, value = Objects(self._key, "key", len(keys)), Objects("bytes", "value", len(values))
        key.fill(first, keys)
        value.fill(first, values)
        with self._use() as pointer:
            call(lib.deltos_sorted_map_put_many, transaction, pointer, key.column, value.column, ffi.NULL)

    def put_many(self, keys: Any, values: Any) -> None:
        """Puts pairs that are given as columns, of NumPy, Arrow or pandas, or lists: values are bytes, texts as UTF-8, or
        the bytes of numbers. All or none, as update()."""
        with self._writing() as transaction:
            self._put_columns(transaction, keys, values, False)

    def load(self, keys: Any, values: Any) -> None:
        """Adds pairs at the end, given as columns as in put_many(): keys must rise, and lie above all that are there.
        This is the fastest way to fill a map, and leaves the smallest one."""
        with self._writing() as transaction:
            self._put_columns(transaction, keys, values, True)

    def _put_columns(self, transaction: CData, keys: Any, values: Any, rising: bool) -> None:
        sources = source_of(self._key, "key", plain_column(keys)), _value_source(plain_column(values))
        for start, count in lots(sources):
            key, value = (source.cut(start, count) for source in sources)
            with self._use() as pointer:
                if rising:
                    call(lib.deltos_sorted_map_load, transaction, pointer, key, value)
                else:
                    call(lib.deltos_sorted_map_put_many, transaction, pointer, key, value, ffi.NULL)

    def _remove(self, bounds: Bounds) -> int:
        removed, (range, _kept) = ffi.new("uint64_t *"), bounds.native()
        with self._writing() as transaction, self._use() as pointer:
            call(lib.deltos_sorted_map_remove_range, transaction, pointer, range, removed)
        return int(removed[0])

    def clear(self) -> None:
        """Removes all pairs."""
        self._remove(self._bounds)

    # ---- The rest --------------------------------------------------------------------------------------------------

    def release(self) -> None:
        """Lets go of the map."""
        self._handle = None

    def _repr_html_(self) -> str:
        """The first pairs, for notebooks."""
        from deltos._shown import short

        pairs = itertools.islice(self.items(), _MOST_SHOWN)
        cells = ((html.escape(short(key, 1)), html.escape(short(value, 1))) for key, value in pairs)
        rows = "".join(f"<tr><td>{key}</td><td>{value}</td></tr>" for key, value in cells)
        head = "<thead><tr><th>key</th><th>value</th></tr></thead>"
        return f"<table>{head}<tbody>{rows}</tbody></table><p>{len(self)} pairs</p>"

    def __reduce__(self) -> tuple[Any, ...]:
        from deltos._pickling import object_state, restore_object

        return restore_object, object_state(self)

    def __repr__(self) -> str:
        if self._handle is None:
            return "<deltos.SortedMap, released>"
        return f"<deltos.SortedMap {self.name!r}: {len(self)} pairs, keys are {self._key}>"


def _bytes_in(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if is_exporter(value):
        return bytes(memoryview(value))
    raise TypeMismatchError(
        f"values of a sorted map are bytes or objects of its storage, not {type(value).__name__}: deltos.pack() makes"
        " bytes of other things"
    )


def _stored(transaction: CData, value: Any) -> Handle | None:
    """The handle of an object of a storage; None of anything else."""
    if isinstance(value, Object) and value._scope is not None:
        return value._use()
    if isinstance(value, RecordTable):
        return value._handle
    if isinstance(value, HashMap):
        return value._shown()
    if isinstance(value, SortedMap):
        return value._use()
    if not isinstance(value, Reference):
        return None
    cell = ffi.new(OBJECT_CELL)
    snapshot = lib.deltos_transaction_snapshot(transaction)
    call(lib.deltos_object_open_id, snapshot, value.id, lib.DELTOS_KIND_ANY, cell)
    return own(OBJECT, cell[0])


def _value_source(column: Any) -> Any:
    """Values as a column: numbers as their bytes, texts as UTF-8."""
    kind = getattr(getattr(column, "dtype", None), "kind", "O")
    if kind in "biufcMm":
        return Fixed(column)
    if hasattr(column, "null_count"):
        pyarrow_text = str(column.type) in ("string", "large_string", "string_view")
        return source_of("str" if pyarrow_text else "bytes", "value", column)
    return source_of("bytes", "value", column)
