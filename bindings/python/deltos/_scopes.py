"""What a storage, a snapshot and a transaction have in common: mappings from names to objects."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from deltos._array import Array
from deltos._array_options import array_options, array_type
from deltos._attributes import Attributes
from deltos._buffer import Buffer
from deltos._content import Content
from deltos._dtypes import resolve, shape_of
from deltos._errors import NotFoundError
from deltos._exporter import CURSOR, OBJECT, Handle
from deltos._ffi import ffi, lib
from deltos._kinds import found, opened
from deltos._native import OBJECT_CELL, CData, ProgressFunction, bytes_of, call, own, text_of
from deltos._table import Table, lengths_of, type_of
from deltos._values import is_exporter, store

if TYPE_CHECKING:
    from deltos._records import RecordTable
    from deltos._storage import Storage

_BATCH = 256


class Entry(NamedTuple):
    """One line of a listing."""

    name: str
    """Of the object; of a level, with its '/' at the end."""

    id: int
    """0 for a level."""

    is_level: bool
    """Whether this stands for all names that start with it."""

    nbytes: int
    """Bytes of the object's content."""


def _next_entries(cursor: Handle, entries: CData, count: CData) -> list[Entry]:
    with cursor as pointer:
        call(lib.deltos_cursor_next_entries, pointer, entries, _BATCH, count)
        return [
            Entry(text_of(item.name), item.id, bool(item.is_prefix), item.payload_bytes)
            for item in entries[0 : count[0]]
        ]


class Reader(Mapping[str, Any]):
    """Names and what they stand for."""

    __slots__ = ("__weakref__",)
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    @abstractmethod
    def storage(self) -> Storage:
        """The storage that this shows."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[CData]:
        """A snapshot for the duration of a few calls."""

    def _state(self) -> Callable[[], AbstractContextManager[CData]]:
        """What gives a snapshot for the duration of a few calls, the same one each time it is asked."""
        return self._reading

    def _live(self) -> Writer:
        """Where what was found here can be changed."""
        return self.storage

    def _current(self) -> Reader:
        """Where what was found here can be looked up again; the storage once this has ended."""
        return self.storage

    def __getitem__(self, name: str) -> Any:
        encoded = bytes_of(name, "a name")
        with self._reading() as snapshot:
            kind, handle = opened(lib.deltos_object_open, snapshot, encoded)
        return kind._of(self, handle)

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        try:
            self[name]
        except (NotFoundError, ValueError):
            self._refuse_closed()
            return False
        return True

    @abstractmethod
    def _refuse_closed(self) -> None:
        """Raises when this has been closed."""

    def _entries(self, prefix: str, depth: int) -> Iterator[Entry]:
        cell = ffi.new("deltos_cursor **")
        encoded = bytes_of(prefix, "a prefix")
        with self._reading() as snapshot:
            call(lib.deltos_snapshot_list, snapshot, encoded, depth, cell)
        cursor = own(CURSOR, cell[0])
        entries, count = ffi.new("deltos_entry[]", _BATCH), ffi.new("uint64_t *")
        while batch := _next_entries(cursor, entries, count):
            yield from batch

    def names(self, prefix: str = "") -> Iterator[str]:
        """All names that start with a prefix, in byte order."""
        return (entry.name for entry in self._entries(prefix, lib.DELTOS_LIST_ALL))

    def list(self, prefix: str = "") -> list[Entry]:
        """What is directly below a prefix: objects, and each further level once."""
        return [*self._entries(prefix, lib.DELTOS_LIST_ONE_LEVEL)]

    def __iter__(self) -> Iterator[str]:
        return self.names()

    def __len__(self) -> int:
        return sum(1 for _ in self._entries("", lib.DELTOS_LIST_ALL))

    @property
    def attrs(self) -> Attributes:
        """Small typed values kept with the storage itself."""
        return Attributes(self, "")

    def attrs_of(self, name: str) -> Attributes:
        """Small typed values kept with an object, whatever it is: also with a number or a text."""
        return Attributes(self, name)


class Writer(Reader, MutableMapping[str, Any]):
    """Names that can be given, taken away and changed."""

    __slots__ = ()

    @abstractmethod
    def _writing(self) -> AbstractContextManager[CData]:
        """A transaction for the duration of a few calls."""

    def __setitem__(self, name: str, value: Any) -> None:
        """Stores the elements of anything that exports memory: a new buffer, or new content of an old one. Everything
        else is stored as a value, as by put().

        An existing buffer is replaced as a whole: whoever looks at the old content keeps it. To write into the buffer
        itself use storage[name][...] = value.
        """
        if is_exporter(value):
            self._put_memory(name, value)
        else:
            store(self, name, value)

    def _put_memory(self, name: str, value: Any) -> None:
        """Stores the elements of an exporter as a buffer."""
        encoded = bytes_of(name, "a name")
        with Content(value) as content, self._writing() as transaction:
            old = found(lib.deltos_transaction_snapshot(transaction), encoded)
            if old is None:
                call(lib.deltos_buffer_create, transaction, encoded, content, ffi.NULL)
            elif old[0] is Buffer:
                with old[1] as pointer:
                    call(lib.deltos_buffer_replace, transaction, pointer, content, ffi.NULL)
            else:
                call(lib.deltos_transaction_delete, transaction, encoded)
                call(lib.deltos_buffer_create, transaction, encoded, content, ffi.NULL)

    def put(self, name: str, value: Any) -> None:
        """Stores a tree of Python objects as a value: builtins, dates, Decimal and arrays, nested at will.

        storage[name] is then a proxy, which behaves as the builtin it stands for and reads it where it lies; of a
        single str, number or the like it is that itself. Whatever has the name is replaced.
        """
        store(self, name, value)

    def __delitem__(self, name: str) -> None:
        encoded = bytes_of(name, "a name")
        with self._writing() as transaction:
            call(lib.deltos_transaction_delete, transaction, encoded)

    def setdefault(self, name: str, default: Any = None) -> Any:
        """The buffer of that name; stores the default first when there is none."""
        if name not in self:
            self[name] = default
        return self[name]

    def create(self, name: str, *, shape: Any = (), dtype: Any = None, format: str | None = None) -> Buffer:
        """Makes a buffer of zeros, to be filled in place.

        dtype is a name ("float64", "bfloat16"), or anything NumPy makes a dtype of; format is a format string of
        PEP 3118, for example "T{d:x:d:y:}". One of them is needed.
        """
        encoded = bytes_of(name, "a name")
        layout, code, lengths = resolve(dtype, format, shape_of(shape))
        cell = ffi.new(OBJECT_CELL)
        with self._writing() as transaction:
            call(
                lib.deltos_buffer_create_zeroed,
                transaction,
                encoded,
                ffi.NULL if layout is None else layout,
                code,
                len(lengths),
                ffi.new("int64_t[]", lengths) if lengths else ffi.NULL,
                cell,
            )
            buffer: Buffer = Buffer._of(self, own(OBJECT, cell[0]))
        return buffer

    def create_array(
        self, name: str, type: Any, values: Any = None, *, capacity: int = 0, window_bytes: int = 0, max_bytes: int = 0
    ) -> Array:
        """Makes an array that grows, of an element type and values as deltos.Array takes them; all of it or, when a
        value does not fit, nothing. It is found again as storage[name], where append() goes on.

        capacity: elements to make room for at once. window_bytes: address space to grow into. max_bytes: a limit that
        holds for what this gives.
        """
        encoded = bytes_of(name, "a name")
        format, code = array_type(type)
        options = array_options(capacity, 0, window_bytes, max_bytes)
        cell = ffi.new(OBJECT_CELL)
        with self._writing() as transaction:
            call(lib.deltos_array_create, transaction, encoded, format, code, options, cell)
            array: Array = Array._of(self, own(OBJECT, cell[0]))
            try:
                if values is not None:
                    array._fill_from(values)
            except BaseException:
                call(lib.deltos_transaction_delete, transaction, encoded)
                raise
        return array

    def create_table(
        self, name: str, rows: int, columns: int | Sequence[int], *, dtype: Any = None, format: str | None = None
    ) -> Table:
        """Makes a table of zeros: rows of so many columns, or ragged ones, when columns has a number for each row."""
        encoded = bytes_of(name, "a name")
        layout, code = type_of(dtype, format)
        size = lengths_of(rows, columns)
        cell = ffi.new(OBJECT_CELL)
        with self._writing() as transaction:
            call(lib.deltos_table_create, transaction, encoded, layout, code, *size, cell)
            table: Table = Table._of(self, own(OBJECT, cell[0]))
        return table

    def create_records(
        self,
        name: str,
        schema: Any,
        records: Any = (),
        *,
        layout: str = "rows",
        progress: ProgressFunction | None = None,
    ) -> RecordTable:
        """Makes a record table: all of it or, when a record does not fit, nothing.

        schema: a deltos.Schema, or what one is made of. records: an iterable of rows (dicts, objects with attributes,
        or tuples in the order of the slots), which may be longer than memory; a dict of columns; or an array with
        fields. layout: "rows", or "columns" as Arrow has them. progress: called with (done, total) in bytes, total 0
        while records come; returning True cancels.
        """
        from deltos._building import create

        return create(self, name, schema, records, layout, progress)

    def put_arrow(
        self, name: str, source: Any, *, layout: str = "columns", progress: ProgressFunction | None = None
    ) -> RecordTable:
        """Makes a record table of a table or stream of Arrow: of pyarrow, polars, DuckDB, or whatever else has
        __arrow_c_stream__. All of it, batch by batch, or nothing. progress: as of create_records().

        Types that records do not have are an UnsupportedError that names the column.
        """
        from deltos._building import create_from_arrow

        return create_from_arrow(self, name, source, layout, progress)

    def rename(self, old: str, new: str, *, replace: bool = False) -> None:
        """Gives an object another name; its id, content, attributes and views stay."""
        source, target = bytes_of(old, "a name"), bytes_of(new, "a name")
        with self._writing() as transaction:
            call(lib.deltos_transaction_rename, transaction, source, target, replace)

    def delete_prefix(self, prefix: str) -> int:
        """Deletes every object whose name starts with a prefix; tells how many there were."""
        encoded = bytes_of(prefix, "a prefix")
        count = ffi.new("uint64_t *")
        with self._writing() as transaction:
            call(lib.deltos_transaction_delete_prefix, transaction, encoded, count)
        return int(count[0])

    def clear(self) -> None:
        """Deletes every object."""
        self.delete_prefix("")
