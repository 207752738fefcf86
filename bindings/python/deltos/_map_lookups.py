"""Look-ups in hash maps, many keys at once, and what they give."""

from __future__ import annotations

import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from deltos._copies import key_of
from deltos._dtypes import optional_module
from deltos._errors import ClosedError, Error, InvalidError, LimitError, TypeMismatchError, UnsupportedError
from deltos._exporter import VIEW, Handle, Map, Node, bind_maps, packed
from deltos._ffi import ffi, lib
from deltos._keys import spellings_of
from deltos._map_columns import KEY_WORDS, listed, lots, plain_column, source_of
from deltos._native import VIEW_CELL, CData, call, own
from deltos._records import RecordTable
from deltos._values import build, describe, unpack
from deltos._view import View

_NO_ROW = 2**64 - 1
_MISSING: Any = object()
_MISFITS = (TypeMismatchError, InvalidError, LimitError)


def _images_of(key: Any) -> Iterator[bytes]:
    """Values that a key may have been stored as."""
    for spelling in spellings_of(key):
        try:
            yield packed(build(spelling))
        except (Error, TypeError):  # what cannot be stored is not there
            continue


def _key_of_image(image: bytes) -> Any:
    thing = unpack(image)
    return key_of(thing) if isinstance(thing, Node) else thing


bind_maps(describe, _images_of, _key_of_image)


class HashMapInfo(NamedTuple):
    """Facts of a hash map."""

    key: str
    """What keys are: "str", "bytes", "int" or "object"."""

    value: str
    """What values are: the same, or "record"."""

    shape: str
    """ "simple", "multi" or "approximate"."""

    keys: int
    """Keys that differ."""

    pairs: int
    """Values, counted once for each key that has them."""

    index_bytes: int
    """Of what leads from a key to its values."""

    image_bytes: int
    """Of the whole map."""


class Rows(Sequence[Any]):
    """Records that look-ups have found, one for each key: rows[3].height. Nothing is copied before somebody asks."""

    __slots__ = ("_default", "_numbers", "_table")

    def __init__(self, table: RecordTable, numbers: Any, default: Any) -> None:
        self._table, self._numbers, self._default = table, numbers, default

    @property
    def table(self) -> RecordTable:
        """The table that the records are rows of."""
        return self._table

    @property
    def numbers(self) -> Any:
        """The number of each row there, as uint64 (of NumPy where that is installed); 2**64-1: the key is absent."""
        return self._numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Rows(self._table, self._numbers[index], self._default)
        number = int(self._numbers[index])
        return self._default if number == _NO_ROW else self._table[number]

    def __iter__(self) -> Iterator[Any]:
        table, default = self._table, self._default
        return (default if number == _NO_ROW else table[number] for number in self._numbers.tolist())

    def column(self, name: str) -> Any:
        """One slot of all of them, as a new array of NumPy: of numbers, dates and times. All keys have to be there."""
        numpy = optional_module("numpy")
        if numpy is None:
            raise UnsupportedError("column() needs NumPy: go through the records")
        if (self._numbers == _NO_ROW).any():
            raise InvalidError("some keys are absent: choose those that are there, rows[i] by rows[i]")
        return self._table.column(name).numpy()[self._numbers.astype("i8")]

    def __repr__(self) -> str:
        return f"<deltos.Rows: {len(self)} of the {len(self._table)} records of {', '.join(self._table.schema.names)}>"


class Lookups(Map):
    """What hash maps have for looking up many keys."""

    __slots__ = ()

    _handle: Handle | None
    _table: RecordTable | None

    def _shown(self) -> Handle:
        handle = self._handle
        if handle is None:
            raise ClosedError("the map has been released")
        return handle

    @property
    def records(self) -> RecordTable:
        """The record table whose rows are the values, in the order in which they were added."""
        self._shown()
        if self._table is None:
            raise TypeMismatchError("the values of this map are no records: build it with schema=")
        return self._table

    def get_many(self, keys: Any, default: Any = _MISSING, *, first: bool = False) -> Any:
        """What map[key] is for each of many keys: a list, or a column of NumPy, Arrow or pandas.

        It is an array of uint64 where values are int (a list where the default is none), Rows where they are records,
        and a list otherwise, and always where a key has several values. default: what there is for a key that is
        absent; without one that is a KeyError. first: only the first value of each key.
        """
        column = plain_column(keys)
        found, hits = self._fixed()._found(column, default, first)
        if default is _MISSING and hits < len(column):
            raise KeyError(next(key for key in listed(column) if key not in self))
        return found

    def _fixed(self) -> Lookups:
        """The same map by itself, which no other thread refreshes."""
        fixed = Lookups.__new__(Lookups)
        fixed._share(self)
        return fixed

    def _found(self, column: Any, default: Any, first: bool) -> tuple[Any, int]:
        """What get_many() gives, and how many keys are there."""
        _, value, shape = self._kinds
        simple = first or shape == lib.DELTOS_MAP_SIMPLE
        if simple and value == lib.DELTOS_MAP_VALUE_RECORD:
            numbers, hits = self._numbers_or_one_by_one(column, _NO_ROW)
            return Rows(self.records, numbers, None if default is _MISSING else default), hits
        if simple and value == lib.DELTOS_MAP_VALUE_U64 and (default is _MISSING or _is_u64(default)):
            return self._numbers_or_one_by_one(column, 0 if default is _MISSING else default)
        return self._objects(column, first, default)

    def contains_many(self, keys: Any) -> Any:
        """Whether each of many keys is there: an array of booleans (without NumPy a memoryview of them)."""
        column, fixed = plain_column(keys), self._fixed()
        present = bytearray(len(column))
        try:
            with fixed._shown() as pointer, ffi.from_buffer("uint8_t[]", present) as there:
                for start, part in fixed._cuts(column):
                    call(lib.deltos_hash_map_find_many, pointer, part, ffi.NULL, there + start, ffi.NULL)
        except _MISFITS:
            present[:] = bytes(key in fixed for key in listed(column))
        numpy = optional_module("numpy")
        return memoryview(present).cast("?") if numpy is None else numpy.frombuffer(present, bool)

    def _cuts(self, column: Any) -> Iterator[tuple[int, CData]]:
        """Keys as columns of the library, and where each begins. Raises one of _MISFITS when not all are what keys of
        the map are: then they are looked up one by one, as Python compares them."""
        word = KEY_WORDS[self._kinds[0]]
        if word == "object":
            raise TypeMismatchError("values are not compared as Python compares objects")
        source = source_of(word, "key", column)
        return ((start, source.cut(start, count)) for start, count in lots([source]))

    def _numbers(self, column: Any, absent: int) -> tuple[Any, int]:
        """First values, or rows, of keys; and how many are there."""
        numpy, hits = optional_module("numpy"), 0
        numbers = array.array("Q", bytes(8 * len(column))) if numpy is None else numpy.empty(len(column), "u8")
        count = ffi.new("uint64_t *")
        with self._shown() as pointer, ffi.from_buffer("uint64_t[]", numbers, require_writable=True) as out:
            for start, part in self._cuts(column):
                call(lib.deltos_hash_map_get_many_numbers, pointer, part, absent, out + start, ffi.NULL, count)
                hits += count[0]
        return numbers, hits

    def _numbers_or_one_by_one(self, column: Any, absent: int) -> tuple[Any, int]:
        try:
            return self._numbers(column, absent)
        except _MISFITS:
            given, hits = self._one_by_one(column, True, None)
        rows = self._kinds[1] == lib.DELTOS_MAP_VALUE_RECORD
        words = array.array("Q", (absent if item is None else item._row if rows else item for item in given))
        numpy = optional_module("numpy")
        return (words if numpy is None else numpy.frombuffer(words, "u8")), hits

    def _objects(self, column: Any, first: bool, default: Any) -> tuple[list[Any], int]:
        found: list[Any] = []
        hits = 0
        try:
            for _, part in self._cuts(column):
                some, there = self._many(int(ffi.cast("uintptr_t", part)), first, default)
                found += some
                hits += there
        except _MISFITS:
            return self._one_by_one(column, first, default)
        return found, hits

    def _one_by_one(self, column: Any, first: bool, default: Any) -> tuple[list[Any], int]:
        get = self.get_first if first else self.get
        found = [get(key, _MISSING) for key in listed(column)]
        hits = sum(item is not _MISSING for item in found)
        return [default if item is _MISSING else item for item in found], hits

    def keys_array(self) -> View:
        """The keys of all pairs as memory, without a copy, where they are int: numpy.asarray(map.keys_array()) is an
        array of uint64, in the order in which they lie. Of an approximate map: their hashes."""
        return self._column(lib.DELTOS_MAP_COLUMN_KEYS)

    def values_array(self) -> View:
        """The values of all pairs as memory, beside keys_array(): numbers, or numbers of rows of `records`."""
        return self._column(lib.DELTOS_MAP_COLUMN_VALUES)

    def _column(self, which: int) -> View:
        cell = ffi.new(VIEW_CELL)
        with self._shown() as pointer:
            call(lib.deltos_hash_map_column, pointer, which, lib.DELTOS_VIEW_FULL_RO, cell)
        return View._of(own(VIEW, cell[0]))


def _is_u64(thing: Any) -> bool:
    return isinstance(thing, int) and not isinstance(thing, bool) and 0 <= thing < 2**64
