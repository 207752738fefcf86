"""Record tables: rows of one schema, read where they lie."""

from __future__ import annotations

import html
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deltos._copies import copy_of
from deltos._elements import codec_of
from deltos._errors import InvalidError, LayoutError, ReadOnlyError, UnsupportedError
from deltos._exporter import VIEW, Handle, RecordNode, Records, Slot, arrow_capsule, record_as_dict
from deltos._ffi import ffi, lib
from deltos._native import (
    SCHEMA_CELL,
    VIEW_CELL,
    CData,
    Progress,
    ProgressFunction,
    attempt,
    call,
    forget,
    own,
    raise_error,
    text_of,
    told,
)
from deltos._object import stat
from deltos._schema import Schema
from deltos._view import View

if TYPE_CHECKING:
    from deltos._attributes import Attributes
    from deltos._scopes import Reader
    from deltos._storage import Storage

_FIXED = (lib.DELTOS_TYPE_FIXED, lib.DELTOS_TYPE_DATE, lib.DELTOS_TYPE_DATETIME)
_FLAGS = lib.DELTOS_SLOT_NULLABLE | lib.DELTOS_SLOT_OPTIONAL
_PRESENCE = {"valid": lib.DELTOS_PRESENCE_VALID, "null": lib.DELTOS_PRESENCE_NULL}
_MOST_SHOWN_ROWS, _MOST_SHOWN_SLOTS = 10, 20
_LAYOUTS = {"rows": lib.DELTOS_LAYOUT_ROWS, "columns": lib.DELTOS_LAYOUT_COLUMNS}


class Record(RecordNode):
    """One record of a table: its slots are attributes. None: null. A slot that is not set is an AttributeError."""

    __slots__ = ()

    _NAMES: tuple[str, ...]
    _SLOTS: tuple[Slot, ...]
    _PARENT: int

    def to_python(self) -> dict[str, Any]:
        """A copy: a dict of builtins, without what is not set."""
        return as_dict(self)

    def __reduce__(self) -> tuple[Any, ...]:
        from deltos._record_images import packed_record, restore_record

        return restore_record, (packed_record(self),)

    def __eq__(self, other: object) -> bool:
        return as_dict(self) == as_dict(other) if isinstance(other, Record) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        from deltos._shown import short

        pairs = (f"{name}={short(getattr(self, name), 1)}" for name in self._NAMES if hasattr(self, name))
        return f"{type(self).__name__}({', '.join(pairs)})"


def as_dict(record: Record) -> dict[str, Any]:
    """A record as a dict of builtins, without what is not set."""
    return record_as_dict(record, copy_of)


def _class_of(schema: Schema, parent: int, name: str) -> type[Record]:
    """A class of records with an attribute for each slot."""
    body: dict[str, Any] = {}
    for number in schema.children(parent):
        slot = schema.slots[number]
        convert: Any = None
        plain = None
        if slot.type == lib.DELTOS_TYPE_RECORD:
            convert = _class_of(schema, number, slot.format or slot.name)
        elif slot.type == lib.DELTOS_TYPE_FIXED:
            convert = codec_of(slot.format, slot.code, slot.size).unpack
            plain = slot.format if not _may_be_missing(schema, number) else None
        body[slot.name] = Slot(slot.name, number, slot.offset, slot.size, slot.type, plain, convert)
    more = {"__slots__": (), "__module__": "deltos", "_PARENT": parent, "_NAMES": tuple(body), "_SLOTS": tuple(body.values())}
    return type(name or "Record", (Record,), body | more)


def _may_be_missing(schema: Schema, number: int) -> bool:
    while number >= 0:
        if schema.slots[number].flags & _FLAGS:
            return True
        number = schema.slots[number].parent
    return False


class RecordTable(Records):
    """A table of records, as a sequence of them: table[3].height, and by column: table.column("height").

    It has all that a Sequence has, but is not one by name: libraries of tables take those for lists of objects before
    they ask for Arrow.

    Nothing is copied before somebody asks for a value. A table keeps its storage's memory in place while it, a record
    or a view of it lives.
    """

    __slots__ = ("__weakref__", "_scope", "_schema", "_layout", "_memory")

    __contains__: Any = Sequence.__contains__
    __reversed__: Any = Sequence.__reversed__
    count: Any = Sequence.count
    index: Any = Sequence.index

    _KIND = lib.DELTOS_KIND_RECORD_TABLE
    _handle: Handle
    _scope: Reader | None
    _schema: Schema
    _layout: int
    _memory: tuple[Any, int] | None
    """What it lies in, and where, when that is no storage."""

    def __init__(self, *_: object) -> None:
        raise TypeError(
            "record tables come from a storage, storage[name] or storage.create_records(name, ...), or from memory:"
            " deltos.unpack_records(...)"
        )

    @classmethod
    def _of(cls, scope: Reader | None, handle: Handle) -> RecordTable:
        self = cls.__new__(cls)
        self._scope = scope
        handle.origin = None if scope is None else scope.storage
        self._memory = None
        info, cell = _stat(handle), ffi.new(SCHEMA_CELL)
        with handle as pointer:
            call(lib.deltos_schema_of, pointer, cell)
        self._schema, self._layout = Schema._of(cell[0]), info.layout
        rows = cls._rows_of(handle) if info.layout == lib.DELTOS_LAYOUT_ROWS else None
        self._show(handle, rows, info.rows, _class_of(self._schema, -1, self._schema.name))
        return self

    @staticmethod
    def _rows_of(handle: Handle) -> Handle | None:
        """A view of all rows; None where their format would be too long, or they are not aligned."""
        cell = ffi.new(VIEW_CELL)
        with handle as pointer:
            error = attempt(lib.deltos_record_table_rows, pointer, lib.DELTOS_VIEW_FULL_RO, cell)
        if error is None:
            return own(VIEW, cell[0])
        if error.status not in (lib.DELTOS_E_LIMIT, lib.DELTOS_E_LAYOUT):
            raise_error(error)
        forget(error)
        return None

    def _stat(self) -> CData:
        return _stat(self._handle)

    def _schema_of(self, parent: int) -> Schema:
        """Of its records, or of those in a slot."""
        return self._schema if parent < 0 else self._schema._nested(parent)

    @property
    def schema(self) -> Schema:
        """What its records are."""
        return self._schema

    @property
    def layout(self) -> str:
        """How its rows lie: "rows" or "columns"."""
        return "rows" if self._layout == lib.DELTOS_LAYOUT_ROWS else "columns"

    @property
    def storage(self) -> Storage:
        """The storage it lives in."""
        storage: Storage | None = self._handle.origin
        if storage is None:
            raise UnsupportedError("this table lies in memory and belongs to no storage")
        return storage

    @property
    def name(self) -> str:
        """Its name when it was looked up."""
        self.storage  # noqa: B018  refuses
        return text_of(stat(self._handle).name)

    @property
    def attrs(self) -> Attributes:
        """Small typed values kept with the table."""
        from deltos._attributes import Attributes

        return Attributes(self.storage, self.name)

    def _get_slice(self, key: Any) -> list[Any]:
        """Records of a slice; every other key is no index."""
        if not isinstance(key, slice):
            raise TypeError(f"rows are chosen by integers or slices, not {type(key).__name__}")
        return [self[row] for row in range(*key.indices(len(self)))]

    def column(self, name: str, *, writable: bool = False) -> View:
        """One slot of all rows as memory, without a copy: of numbers, dates (int32, days) and times (int64,
        microseconds); of texts and bytes in layout "columns" the bytes of all. "place.x" names a slot of a record
        inside. writable: to change a slot that was made so."""
        return self._column(self._schema.find(name), writable)

    def _column(self, number: int, writable: bool) -> View:
        cell = ffi.new(VIEW_CELL)
        flags = lib.DELTOS_VIEW_FULL if writable else lib.DELTOS_VIEW_FULL_RO
        with self._handle as pointer:
            call(lib.deltos_record_table_column, pointer, number, flags, cell, ffi.NULL)
        return View._of(own(VIEW, cell[0]))

    def offsets(self, name: str) -> View:
        """Where texts, bytes or values of layout "columns" lie in column(name): that of row i from offsets[i] to
        offsets[i + 1], as Arrow has them. One more than there are records."""
        cell, offsets = ffi.new(VIEW_CELL), ffi.new(VIEW_CELL)
        number = self._schema.find(name)
        with self._handle as pointer:
            call(lib.deltos_record_table_column, pointer, number, lib.DELTOS_VIEW_FULL_RO, cell, offsets)
        own(VIEW, cell[0]).close()
        if not offsets[0]:
            raise LayoutError(f"slot {name!r} has no offsets: its items all have the same size")
        return View._of(own(VIEW, offsets[0]))

    def rows(self) -> View:
        """All rows of layout "rows" as memory, without a copy: numpy.asarray(table.rows()) is an array with the slots
        as fields. Texts, bytes and values are a place and a number of bytes there, in heap()."""
        cell = ffi.new(VIEW_CELL)
        with self._handle as pointer:
            call(lib.deltos_record_table_rows, pointer, lib.DELTOS_VIEW_FULL_RO, cell)
        return View._of(own(VIEW, cell[0]))

    def heap(self) -> View:
        """The bytes of texts, bytes and values of layout "rows"."""
        cell = ffi.new(VIEW_CELL)
        with self._handle as pointer:
            call(lib.deltos_record_table_heap, pointer, lib.DELTOS_VIEW_FULL_RO, cell)
        return View._of(own(VIEW, cell[0]))

    def is_null(self, name: str) -> Any:
        """Where a slot is None, as a NumPy array of booleans with an element for each record. In a record inside that
        is null, every slot is."""
        from deltos._presence import states_of

        return states_of(self, self._schema.find(name))[0]

    def is_set(self, name: str) -> Any:
        """Where a slot is set, to a value or None, as a NumPy array of booleans: what hasattr() says of each record."""
        from deltos._presence import states_of

        return ~states_of(self, self._schema.find(name))[1]

    def presence(self, name: str, which: str = "valid") -> View | None:
        """The bits that say whether there is a value ("valid") or, where there is none and the slot may be both, whether
        it is null ("null"), without a copy; None when the slot has no such bits. Layout "columns": a bitmap, lowest bit
        first, as Arrow has them. Layout "rows": of each row the byte that has the bit, which is number valid_bit or
        null_bit of its SlotInfo, modulo 8."""
        from deltos._presence import bits_view

        if which not in _PRESENCE:
            raise InvalidError(f"bits of presence are one of {', '.join(_PRESENCE)}; not {which!r}")
        return bits_view(self, self._schema.find(name), _PRESENCE[which])

    def verify(self, *, progress: ProgressFunction | None = None) -> None:
        """Checks all that is otherwise checked when it is read, for a table from somewhere that nobody vouches for:
        CorruptError names slot and row of what is damaged. progress: called with (done, total); returning True cancels.
        """
        with Progress(progress) as reporter, self._handle as pointer:
            call(lib.deltos_record_table_verify, pointer, reporter.callback, reporter.user)

    def pack(self) -> bytes:
        """A copy as bytes, for deltos.unpack_records()."""
        from deltos._record_images import packed_table

        return packed_table(self)

    def _store(self, row: int, number: int, value: Any) -> None:
        """Changes an item in place."""
        from deltos._building import number_of

        slot = self._schema.slots[number]
        if not slot.flags & lib.DELTOS_SLOT_WRITABLE:
            raise ReadOnlyError(13, f"slot {slot.name!r} is not writable: make its schema with Slot(..., writable=True)")
        self._column(number, True)[row] = number_of(slot, value)

    def __arrow_c_schema__(self) -> Any:
        capsule, address = arrow_capsule("arrow_schema")
        with self._handle as pointer:
            call(lib.deltos_object_to_arrow, pointer, ffi.cast("deltos_arrow_schema *", address), ffi.NULL)
        return capsule

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """All records as a stream of one batch: what polars, pyarrow and DuckDB ask a table for.

        Layout "columns" is shown where it lies, but for slots that are writable; layout "rows" is copied, a column at a
        time.
        """
        capsule, address = arrow_capsule("arrow_array_stream")
        with self._handle as pointer:
            call(lib.deltos_record_table_to_arrow_stream, pointer, ffi.cast("deltos_arrow_stream *", address))
        return capsule

    def to_arrow(self) -> Any:
        """The records as a pyarrow.Table, which needs pyarrow; without a copy, as __arrow_c_stream__() says."""
        return importlib.import_module("pyarrow").table(self)

    def to_python(self) -> list[dict[str, Any]]:
        """A copy: a dict for each record, without what is not set."""
        return [record_as_dict(record, copy_of) for record in self]

    def _repr_html_(self) -> str:
        """The first rows and slots, for notebooks."""
        from deltos._shown import short

        names = self._schema.names
        shown = names[:_MOST_SHOWN_SLOTS]
        more = [""] if len(names) > len(shown) else []

        def line(tag: str, cells: list[str]) -> str:
            return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"

        def cell(record: Any, name: str) -> str:
            return short(getattr(record, name), 1) if hasattr(record, name) else ""

        head = line("th", [*shown, *("..." for _ in more)])
        rows = [line("td", [*(cell(record, name) for name in shown), *more]) for record in self[:_MOST_SHOWN_ROWS]]
        count = f"<p>{len(self)} records of {len(names)} slots</p>"
        return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>{count}"

    def __reduce__(self) -> tuple[Any, ...]:
        from deltos._pickling import object_state, restore_object
        from deltos._record_images import unpack_records

        if self._handle.origin is None:
            return unpack_records, (self.pack(),)
        return restore_object, object_state(self)

    def __repr__(self) -> str:
        where = "in memory" if self._handle.origin is None else repr(self.name)
        return f"<deltos.RecordTable {where}: {len(self)} records of {', '.join(self._schema.names)}>"


def _stat(handle: Handle) -> CData:
    return told(lib.deltos_record_table_stat, "deltos_record_table_info", handle)


def layout_of(word: str, progress: Progress) -> CData:
    """Options for a table of a layout."""
    if word not in _LAYOUTS:
        raise InvalidError(f"a layout is one of {', '.join(_LAYOUTS)}; not {word!r}")
    options = ffi.new("deltos_record_table_options *")
    options.struct_size = ffi.sizeof("deltos_record_table_options")
    options.layout = _LAYOUTS[word]
    options.progress, options.progress_user = progress.callback, progress.user
    return options
