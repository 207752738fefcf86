"""Hash maps: built once, looked up where they lie, by any number of processes."""

from __future__ import annotations

import html
import itertools
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any

from deltos._errors import InvalidError, UnsupportedError
from deltos._exporter import OBJECT, Handle
from deltos._ffi import ffi, lib
from deltos._map_columns import KEY_WORDS, VALUE_WORDS
from deltos._map_lookups import HashMapInfo, Lookups
from deltos._native import OBJECT_CELL, Progress, ProgressFunction, call, own, text_of, told
from deltos._object import advise, stat
from deltos._records import RecordTable
from deltos._values import opened_at
from deltos._walks import KEYS, PAIRS, VALUES, Items, Keys, Values, same_pairs


if TYPE_CHECKING:
    from deltos._attributes import Attributes
    from deltos._scopes import Reader, Writer
    from deltos._storage import Storage

_HEAD_BYTES = 256
_ALIGNMENT = 64
_WHAT = {"keys": KEYS, "values": VALUES, "items": PAIRS}
_SHAPES = {
    lib.DELTOS_MAP_SIMPLE: "simple",
    lib.DELTOS_MAP_MULTI: "multi",
    lib.DELTOS_MAP_APPROXIMATE: "approximate",
}
_MOST_SHOWN = 10


class _Keys(Keys):
    __reversed__ = None  # type: ignore[assignment]


class _Values(Values):
    __reversed__ = None  # type: ignore[assignment]


class _Items(Items):
    __reversed__ = None  # type: ignore[assignment]


class HashMap(Lookups, Mapping[Any, Any]):
    """A map from keys to values that was built once, and is looked up where it lies: a Mapping, len() of which is the
    number of keys.

    storage[name] gives it; HashMap.build() makes it. It does not change: refresh() goes on to the map that has been put
    in its place. Of a map that was built with multi=True, map[key] is the list of all values of the key, in the order
    in which they were added; get_first() gives the first of them.

    Iteration is in the order in which keys lie, which is that of hashes; sorted() goes by their own. A map keeps its
    storage's memory in place while it, or anything read from it without a copy, lives.
    """

    __slots__ = ("__weakref__", "_memory", "_scope")
    __hash__ = None  # type: ignore[assignment]

    _KIND = lib.DELTOS_KIND_HASH_MAP
    _scope: Reader | None
    _memory: tuple[Any, int] | None
    """What it lies in, and where, when that is no storage."""

    def __init__(self, *_: object) -> None:
        raise TypeError(
            "hash maps come from a storage, storage[name], are built, HashMap.build(storage, name, ...), or lie in"
            " memory: deltos.unpack_map(...)"
        )

    @classmethod
    def _of(cls, scope: Reader | None, handle: Handle) -> HashMap:
        self = cls.__new__(cls)
        self._memory = None
        self._look_at(scope, handle)
        return self

    def _look_at(self, scope: Reader | None, handle: Handle) -> None:
        self._scope = scope
        handle.origin = None if scope is None else scope.storage
        info = told(lib.deltos_hash_map_stat, "deltos_hash_map_info", handle)
        table = None
        if info.value == lib.DELTOS_MAP_VALUE_RECORD:
            cell = ffi.new(OBJECT_CELL)
            with handle as pointer:
                call(lib.deltos_hash_map_records, pointer, cell)
            table = RecordTable._of(None, own(OBJECT, cell[0]))
        self._show(handle, table, info.key, info.value, info.shape, info.keys)

    # ---- Making ----------------------------------------------------------------------------------------------------

    @staticmethod
    def build(
        where: Writer,
        name: str,
        items: Any = None,
        *,
        keys: Any = None,
        values: Any = None,
        key: Any = None,
        value: Any = None,
        schema: Any = None,
        multi: bool = False,
        approximate: bool = False,
        duplicates: str = "error",
        deduplicate: bool = False,
        memory: int = 0,
        threads: int = 0,
        spill_directory: Any = None,
        progress: ProgressFunction | bool | None = None,
        replace: bool = False,
    ) -> HashMap:
        """Builds a map and stores it: all of it, or nothing. Memory is bounded, whatever the amount.

        where: a storage, which is written to in a short transaction of its own once all is sorted, or a transaction.
        items: a dict; an iterable of pairs, which may be longer than memory; or a table: a DataFrame or Series of
            pandas, a table of Arrow, polars or DuckDB, an array with fields.
        keys, values: of a table, the names of the columns (values: or a list of names, for records; left out: all
            others; keys left out: the index of pandas). Without items: the columns themselves, values also as a dict
            of columns.
        key: what keys are: str, bytes, int (0 to 2**64-1) or object (whatever a value can be that is hashable).
        value: the same, or what a Schema is made of, for records. schema: the same as that. What is left out is
            inferred from the first pairs.
        multi: a key has all its values. approximate: so it has, and hashes are kept instead of the keys: smaller, and
            about one of 2**64 / len(map) absent keys is found.
        duplicates: what a second pair with a key means otherwise: "error", or that the "first" or "last" counts.
        deduplicate: equal values are stored once.
        memory: bytes to keep in memory, about; 0: 256 MiB. What goes beyond lies in files without a name, in
            spill_directory or beside the storage. threads: that sort; 0: as many as there are cores.
        progress: True: a bar, when standard error is a terminal (of tqdm, where that is installed); or called with
            (done, total) in bytes, total 0 while pairs come; returning True cancels.
        replace: a hash map of that name is replaced; who has it open keeps it until refresh().
        """
        from deltos._map_building import build as built

        options = {
            "key": key,
            "value": value,
            "schema": schema,
            "multi": multi,
            "approximate": approximate,
            "duplicates": duplicates,
            "deduplicate": deduplicate,
            "memory": memory,
            "threads": threads,
            "spill_directory": spill_directory,
            "progress": progress,
        }
        return built(where, name, items, keys, values, replace, options)

    @staticmethod
    def merge(
        where: Writer,
        name: str,
        maps: Iterable[HashMap],
        *,
        multi: bool | None = None,
        duplicates: str = "error",
        deduplicate: bool = False,
        memory: int = 0,
        threads: int = 0,
        spill_directory: Any = None,
        progress: ProgressFunction | bool | None = None,
        replace: bool = False,
    ) -> HashMap:
        """Builds one map of the pairs of several, which have keys and values of the same kinds.

        multi: left out: where the first map is. Of the same key in several maps duplicates, or multi, says what becomes
        of it, the maps being in the order in which they are given. All else is as in build().
        """
        from deltos._map_building import merge as merged

        given = list(maps)
        several = any(each.info.shape == "multi" for each in given[:1]) if multi is None else multi
        options = {
            "multi": several,
            "duplicates": duplicates,
            "deduplicate": deduplicate,
            "memory": memory,
            "threads": threads,
            "spill_directory": spill_directory,
            "progress": progress,
        }
        return merged(where, name, given, replace, options)

    # ---- What it is ------------------------------------------------------------------------------------------------

    @property
    def info(self) -> HashMapInfo:
        """Facts about it: what keys and values are, counts and sizes."""
        info = told(lib.deltos_hash_map_stat, "deltos_hash_map_info", self._shown())
        return HashMapInfo(
            KEY_WORDS[info.key],
            VALUE_WORDS[info.value],
            _SHAPES[info.shape],
            info.keys,
            info.pairs,
            info.index_bytes,
            info.image_bytes,
        )

    @property
    def pairs(self) -> int:
        """How many values there are; len() is the number of keys."""
        return self.info.pairs

    @property
    def storage(self) -> Storage:
        """The storage it lives in."""
        storage: Storage | None = self._shown().origin
        if storage is None:
            raise UnsupportedError("this map lies in memory and belongs to no storage")
        return storage

    @property
    def name(self) -> str:
        """Its name when it was looked up."""
        self.storage  # noqa: B018  refuses
        return text_of(stat(self._shown()).name)

    @property
    def attrs(self) -> Attributes:
        """Small typed values kept with the map."""
        from deltos._attributes import Attributes

        return Attributes(self.storage, self.name)

    @property
    def current(self) -> bool:
        """False once it has been deleted or replaced."""
        self.storage  # noqa: B018  refuses
        return bool(stat(self._shown()).current)

    # ---- Reading ---------------------------------------------------------------------------------------------------

    def keys(self) -> KeysView[Any]:
        """Its keys, like a set."""
        return _Keys(self)

    def values(self) -> ValuesView[Any]:
        """What it has for each key."""
        return _Values(self)

    def items(self) -> ItemsView[Any, Any]:
        """Its pairs of key and value, like a set."""
        return _Items(self)

    def sorted(self, what: str = "items") -> Iterator[Any]:
        """Goes through "items", "keys" or "values" by the order of the keys: of text, which is that of code points, of
        bytes, or of numbers. It is found first, which takes 24 bytes a key for a while, and 8 to the end."""
        if what not in _WHAT:
            raise InvalidError(f"what to go through is one of {', '.join(_WHAT)}; not {what!r}")
        return self._walk(_WHAT[what], True)

    def all_items(self) -> Iterator[tuple[Any, Any]]:
        """Each value by itself, with its key: as many pairs as `pairs` says, also where keys have several values."""
        if _SHAPES[self._kinds[2]] == "simple":
            return self._walk(PAIRS, False)
        return ((key, value) for key, values in self._walk(PAIRS, False) for value in values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        if self is other:
            return True
        if len(self) != len(other):
            return False
        return same_pairs(self, other)

    # ---- What can be done with it ----------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Goes on to the map that has been put in its place, if there is one; tells whether there was. Iterators go on
        with the old one, and what was read from it stays."""
        if self.current:
            return False
        storage, name = self.storage, self.name
        self._look_at(storage, storage._open_newest(name.encode(), self._KIND))
        return True

    def verify(self, *, progress: ProgressFunction | None = None) -> None:
        """Checks all that is otherwise checked when it is read, for a map from somewhere that nobody vouches for:
        CorruptError says what is damaged. progress: called with (done, total); returning True cancels."""
        with Progress(progress) as reporter, self._shown() as pointer:
            call(lib.deltos_hash_map_verify, pointer, reporter.callback, reporter.user)

    def advise(self, advice: str) -> None:
        """Tells the system how it will be used: normal, random, sequential, will_need (which reads it into memory),
        dont_need, or prefault (which maps all of it as well, so that no look-up waits for a page fault)."""
        advise(self._shown(), advice)

    def pack(self) -> bytes:
        """A copy as bytes, for deltos.unpack_map()."""
        from deltos._map_building import HashMapBuilder

        if self._memory is not None:
            owner, place = self._memory
            with memoryview(owner) as given, given.cast("B") as memory:
                return bytes(memory[place : place + self.info.image_bytes])
        shape = self.info.shape
        if shape == "approximate":
            raise UnsupportedError("an approximate map does not have its keys: build it again, by deltos.pack_map()")
        with HashMapBuilder(None, multi=shape == "multi") as builder:
            builder.add_map(self)
            return builder.pack()

    def release(self) -> None:
        """Lets go of the map. Records, values and views of it live on."""
        self._release()
        self._scope = self._memory = None

    def _repr_html_(self) -> str:
        """The first pairs, for notebooks."""
        from deltos._shown import short

        pairs = [("", value) for value in itertools.islice(self.values(), _MOST_SHOWN)]
        if self.info.shape != "approximate":
            pairs = [(short(key, 1), value) for key, value in itertools.islice(self.items(), _MOST_SHOWN)]
        cells = ((html.escape(key), html.escape(short(value, 1))) for key, value in pairs)
        rows = "".join(f"<tr><td>{key}</td><td>{value}</td></tr>" for key, value in cells)
        head = "<thead><tr><th>key</th><th>value</th></tr></thead>"
        return f"<table>{head}<tbody>{rows}</tbody></table><p>{html.escape(self._counted())}</p>"

    def _counted(self) -> str:
        info = self.info
        values = "" if info.shape == "simple" else f" with {info.pairs} values"
        return f"{info.keys} keys{values}, {info.key} to {info.value}"

    def __reduce__(self) -> tuple[Any, ...]:
        from deltos._pickling import object_state, restore_object

        if self._shown().origin is None:
            return unpack_map, (self.pack(),)
        return restore_object, object_state(self)

    def __repr__(self) -> str:
        if self._handle is None:
            return "<deltos.HashMap, released>"
        where = "in memory" if self._handle.origin is None else repr(self.name)
        return f"<deltos.HashMap {where}: {self._counted()}>"


def unpack_map(buffer: Any, offset: int = 0) -> HashMap:
    """The map that pack_map() or pack_map_into() has written: it reads the memory where it is and keeps it.

    Nobody may change the memory while the map or anything of it lives. Nothing is copied where the map lies at a
    multiple of 64 bytes of the address space, as in a file that is mapped; elsewhere its bytes are copied once.
    """
    handle, memory, place = opened_at(lib.deltos_hash_map_open_memory, buffer, offset, _HEAD_BYTES, _ALIGNMENT)
    made = HashMap._of(None, handle)
    made._memory = (memory, place)
    return made
