"""Hash maps in the making: from pairs, from columns, and from other maps."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deltos import _progress
from deltos._building import Columns, Pace
from deltos._errors import ClosedError, InvalidError, TypeMismatchError
from deltos._exporter import BUILDER, OBJECT, Handle
from deltos._ffi import ffi, lib
from deltos._map_columns import (
    KEY_CODES,
    KEY_WORDS,
    MOST_OBJECTS,
    VALUE_CODES,
    VALUE_WORDS,
    Objects,
    inferred,
    listed,
    lots,
    plain_column,
    source_of,
    word_of_column,
)
from deltos._map_parts import Entered, Numbered, SlotColumns, key_word, no_pair, refuse_reader, schema_in, value_word
from deltos._map_tables import Table, schema_of, table_of
from deltos._native import (
    BUILDER_CELL,
    OBJECT_CELL,
    CData,
    Progress,
    ProgressFunction,
    bytes_of,
    call,
    own,
)
from deltos._values import packed_into

if TYPE_CHECKING:
    from os import PathLike

    from deltos._hash_map import HashMap
    from deltos._scopes import Writer

_DUPLICATES = {
    "error": lib.DELTOS_DUPLICATE_ERROR,
    "first": lib.DELTOS_DUPLICATE_FIRST,
    "last": lib.DELTOS_DUPLICATE_LAST,
}


class HashMapBuilder:
    """A hash map in the making, in bounded memory, whatever comes.

        with deltos.HashMapBuilder(storage, key=str, value=int) as builder:
            for part in parts:
                builder.add(part)
            builder.finish(storage, "by_name")

    where: beside which storage temporary files are made, without a name; None: none.
    The other arguments are those of HashMap.build(). What is not finished is dropped at the end of the block.
    """

    __slots__ = (
        "__weakref__",
        "_builder",
        "_closed",
        "_columns",
        "_count",
        "_key",
        "_options",
        "_progress",
        "_reporter",
        "_schema",
        "_value",
        "_where",
    )

    def __init__(
        self,
        where: Writer | None = None,
        *,
        key: Any = None,
        value: Any = None,
        schema: Any = None,
        multi: bool = False,
        approximate: bool = False,
        duplicates: str = "error",
        deduplicate: bool = False,
        memory: int = 0,
        threads: int = 0,
        spill_directory: str | PathLike[str] | None = None,
        progress: ProgressFunction | bool | None = None,
    ) -> None:
        if duplicates not in _DUPLICATES:
            raise InvalidError(f"duplicates is one of {', '.join(_DUPLICATES)}; not {duplicates!r}")
        self._where = where
        self._key = key_word(key)
        self._value, self._schema = value_word(value, schema)
        self._progress = _progress.function_of(progress, "hash map")
        self._reporter = Progress(self._progress)
        shape = lib.DELTOS_MAP_APPROXIMATE if approximate else lib.DELTOS_MAP_MULTI if multi else lib.DELTOS_MAP_SIMPLE
        self._options = (shape, _DUPLICATES[duplicates], deduplicate, memory, threads, spill_directory)
        self._builder: Handle | None = None
        self._columns: Columns | None = None
        self._count = 0
        self._closed = False

    # ---- The library's builder -------------------------------------------------------------------------------------

    def _native_options(self) -> tuple[CData, list[Any]]:
        shape, duplicates, deduplicate, memory, threads, directory = self._options
        options = ffi.new("deltos_hash_map_options *")
        options.struct_size = ffi.sizeof("deltos_hash_map_options")
        options.key, options.value = KEY_CODES[self._key or "str"], VALUE_CODES[self._value or "object"]
        options.shape, options.duplicates = shape, duplicates
        options.flags = lib.DELTOS_HASH_MAP_DEDUPLICATE if deduplicate else 0
        options.threads, options.memory_bytes = threads, memory
        options.progress, options.progress_user = self._reporter.callback, self._reporter.user
        kept = []
        if directory is not None:
            kept.append(ffi.new("char[]", os.fsencode(directory)))
            options.spill_directory = kept[0]
        return options, kept

    def _begin(self) -> Handle:
        """The library's builder; what nobody has said by now is str, and object."""
        if self._closed:
            raise ClosedError("the builder has been closed")
        if self._builder is not None:
            return self._builder
        options, kept = self._native_options()
        cell = ffi.new(BUILDER_CELL)
        storage = None if self._where is None else self._where.storage._handle
        with Entered(storage) as place, Entered(None if self._schema is None else self._schema._handle) as schema:
            options.schema = schema
            call(lib.deltos_hash_map_begin, place, options, cell)
        del kept
        self._key, self._value = self._key or "str", self._value or "object"
        self._builder = own(BUILDER, cell[0])
        return self._builder

    def _call(self, function: Callable[..., int], *arguments: Any) -> None:
        """Calls with the builder in front; a failure of the progress function is raised behind it."""
        with self._reporter, self._begin() as pointer:
            call(function, pointer, *arguments)

    # ---- What comes in ---------------------------------------------------------------------------------------------

    def add(self, items: Any, *, keys: Any = None, values: Any = None) -> None:
        """Adds pairs: a dict, an iterable of pairs, or a table of pandas, Arrow or NumPy, as HashMap.build() takes them."""
        from deltos._hash_map import HashMap

        if isinstance(items, HashMap):
            self.add_map(items)
            return
        table = table_of(items, isinstance(keys, (str, int)) and isinstance(items, Mapping), True)
        if table is not None:
            self.add_columns(*table.chosen(keys, values, self._value == "record"))
        elif keys is not None or values is not None:
            raise TypeMismatchError(f"keys and values name columns of a table, and a {type(items).__name__} is none")
        elif type(items) is dict:
            self._add_objects(iter(items.keys()), iter(items.values()))
        else:
            self._add_pairs(items.items() if isinstance(items, Mapping) else items)

    def add_columns(self, keys: Any, values: Any) -> None:
        """Adds pairs that are given as columns: arrays of NumPy or Arrow, columns of pandas or polars, or lists. Values
        that are records come as a dict of columns, or as a table."""
        names = table_of(values, isinstance(values, Mapping), False)
        plain = plain_column(keys)
        self._key = self._key or word_of_column(plain)
        if names is not None:
            self._add_record_columns(plain, names)
        elif self._value == "record" or (self._value is None and schema_in(values) is not None):
            self._add_objects(iter(listed(plain)), iter(values))
        else:
            self._add_plain_columns(plain, plain_column(values))

    def add_map(self, other: HashMap) -> None:
        """Adds all pairs of another map. Of the same key in several maps the duplicate policy, or the shape, says what
        becomes of it."""
        key, value, _ = other._kinds
        self._key = self._key or KEY_WORDS[key]
        if self._value is None:
            self._value = VALUE_WORDS[value]
            self._schema = other.records.schema if self._value == "record" else None
        with other._shown() as pointer:
            self._call(lib.deltos_hash_map_add_map, pointer)
        self._count += other.pairs

    def _take(self, items: Any, keys: Any, values: Any) -> None:
        """All that a map is made of, as build() takes it."""
        if items is not None:
            self.add(items, keys=keys, values=values)
        elif keys is not None and values is not None:
            self.add_columns(keys, values)
        elif keys is not None or values is not None:
            raise TypeMismatchError("keys and values belong together")

    def _infer(self, keys: list[Any], values: list[Any]) -> None:
        """What nobody has said, by the first pairs."""
        self._key = self._key or inferred(keys)
        if self._value is None and (schema := schema_in(values)) is not None:
            self._value, self._schema = "record", schema
        self._value = self._value or inferred(values)

    def _add_pairs(self, pairs: Iterable[Any]) -> None:
        """Some at a time."""
        pace, walk = Pace(), iter(pairs)
        while batch := list(itertools.islice(walk, pace.most)):
            try:
                keys, values = [key for key, _ in batch], [value for _, value in batch]
            except (TypeError, ValueError):
                raise no_pair(batch, self._count) from None
            pace.took(self._add_lot(keys, values))

    def _add_objects(self, keys: Iterator[Any], values: Iterator[Any]) -> None:
        pace = Pace()
        while batch := list(itertools.islice(keys, pace.most)):
            pace.took(self._add_lot(batch, list(itertools.islice(values, len(batch)))))

    def _add_lot(self, keys: list[Any], values: list[Any]) -> int:
        """Adds so many pairs; tells how many bytes their texts had."""
        self._infer(keys, values)
        if len(keys) != len(values):
            raise TypeMismatchError(f"{len(keys)} keys need as many values, not {len(values)}")
        key = Objects(str(self._key), "key", len(keys))
        key.fill(self._count, keys)
        if self._value == "record":
            columns = self._record_columns()
            with Numbered(0):
                columns.begin(self._count, len(values))
                columns.take_rows(values)
            self._add_records(key.column, columns, len(keys))
            return key.text_bytes + columns.text_bytes
        value = Objects(str(self._value), "value", len(values))
        value.fill(self._count, values)
        self._add(key.column, value.column, len(keys))
        return key.text_bytes + value.text_bytes

    def _add_plain_columns(self, keys: Any, values: Any) -> None:
        self._value = self._value or word_of_column(values)
        pairs = (
            source_of(str(self._key), "key", keys, self._count),
            source_of(self._value, "value", values, self._count),
        )
        for first, count in lots(pairs):
            self._add(pairs[0].cut(first, count), pairs[1].cut(first, count), count)

    def _add_record_columns(self, keys: Any, table: Table) -> None:
        if self._value is None:
            self._value, self._schema = "record", schema_of(table)
        if self._value != "record":
            raise TypeMismatchError(f"values of this map are {self._value}: give one column of them and not a table")
        source, slots = source_of(str(self._key), "key", keys, self._count), SlotColumns(self._schema, table, len(keys))
        for first, count in lots([source, slots]):
            column, columns = source.cut(first, count), self._record_columns(slots.most)
            with Numbered(0):
                columns.begin(self._count, count)
                slots.fill(columns, first, count)
            self._add_records(column, columns, count)

    def _record_columns(self, room: int = MOST_OBJECTS) -> Columns:
        if self._columns is None or self._columns.room < room:
            self._columns = Columns(self._schema, room)  # type: ignore[arg-type]
        return self._columns

    def _add(self, keys: CData, values: CData, count: int) -> None:
        with Numbered(self._count):
            self._call(lib.deltos_hash_map_add, keys, values)
        self._count += count

    def _add_records(self, keys: CData, columns: Columns, count: int) -> None:
        with Numbered(self._count):
            self._call(lib.deltos_hash_map_add_records, keys, *columns.arguments)
        self._count += count

    # ---- What comes out --------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Sorts what was added: the long part of building, which needs no transaction. finish() and pack() do it where
        it has not been done. Nothing can be added afterwards."""
        self._call(lib.deltos_hash_map_prepare)

    def finish(self, where: Writer, name: str, *, replace: bool = False) -> HashMap:
        """Stores the map, sealed, in a storage (in a transaction of its own) or a transaction. The same map can be
        stored in several storages.

        replace: a hash map of that name is replaced; who has it open keeps it until a refresh.
        """
        from deltos._hash_map import HashMap

        refuse_reader(where)
        encoded, cell = bytes_of(name, "a name"), ffi.new(OBJECT_CELL)
        flags = lib.DELTOS_HASH_MAP_REPLACE if replace else 0
        self.prepare()
        with where._writing() as transaction:
            self._call(lib.deltos_hash_map_finish, transaction, encoded, flags, cell)
            made: HashMap = HashMap._of(where, own(OBJECT, cell[0]))
        return made

    def pack(self) -> bytes:
        """The map as bytes, for deltos.unpack_map() in any process and every language."""
        self.prepare()
        size = ffi.new("uint64_t *")
        with self._begin() as pointer:
            lib.deltos_hash_map_pack(pointer, ffi.NULL, size, ffi.NULL)
        memory = ffi.new("char[]", size[0])
        self._call(lib.deltos_hash_map_pack, memory, size)
        return bytes(ffi.buffer(memory, size[0]))

    def pack_into(self, buffer: Any, offset: int = 0) -> int:
        """Writes the map into writable memory; tells how many bytes it has. What is too small stays as it was."""
        self.prepare()
        return packed_into(lib.deltos_hash_map_pack, self._begin(), buffer, offset)

    def close(self) -> None:
        """Drops what is not finished."""
        self._closed = True
        _progress.close(self._progress)
        if self._builder is not None:
            self._builder.close()

    def __enter__(self) -> HashMapBuilder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<deltos.HashMapBuilder: {self._count} pairs of {self._key or 'any'} to {self._value or 'any'}>"


def build(where: Writer, name: str, items: Any, keys: Any, values: Any, replace: bool, options: dict[str, Any]) -> HashMap:
    """What HashMap.build() does."""
    refuse_reader(where)
    with HashMapBuilder(where, **options) as builder:
        builder._take(items, keys, values)
        return builder.finish(where, name, replace=replace)


def merge(where: Writer, name: str, maps: Sequence[HashMap], replace: bool, options: dict[str, Any]) -> HashMap:
    """What HashMap.merge() does."""
    refuse_reader(where)
    with HashMapBuilder(where, **options) as builder:
        for each in maps:
            builder.add_map(each)
        return builder.finish(where, name, replace=replace)


def pack_map(items: Any = None, *, keys: Any = None, values: Any = None, **options: Any) -> bytes:
    """A hash map as bytes, for unpack_map() in any process and every language.

    The arguments are those of HashMap.build(), but for the storage and the name.
    """
    with HashMapBuilder(None, **options) as builder:
        builder._take(items, keys, values)
        return builder.pack()


def pack_map_into(
    items: Any, buffer: Any, offset: int = 0, *, keys: Any = None, values: Any = None, **options: Any
) -> int:
    """Writes a hash map into writable memory; tells how many bytes it has. What is too small stays as it was."""
    with HashMapBuilder(None, **options) as builder:
        builder._take(items, keys, values)
        return builder.pack_into(buffer, offset)
