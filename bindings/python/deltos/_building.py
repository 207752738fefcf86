"""Rows of record tables, on their way into the library: a column at a time."""

from __future__ import annotations

import array
import datetime as _dt
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deltos._content import Content
from deltos._dtypes import optional_module
from deltos._elements import codec_of
from deltos._errors import TypeMismatchError
from deltos._exporter import BUILDER, OBJECT, arrow_address, packed
from deltos._ffi import ffi, lib
from deltos._native import BUILDER_CELL, OBJECT_CELL, bytes_of, call, own
from deltos._records import RecordTable, layout_of
from deltos._schema import Schema, SlotInfo
from deltos._values import build, is_exporter

_BATCH = 8192
_QUICK = frozenset("bBhHiIqQfd")  # formats that array.array has, of the same size
_EPOCH = _dt.datetime(1970, 1, 1)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = _dt.timedelta(microseconds=1)
UNSET = object()


def number_of(slot: SlotInfo, value: Any) -> Any:
    """A date or time as the number that lies in a table; others as they are."""
    if slot.type == lib.DELTOS_TYPE_DATE:
        return value.toordinal() - _EPOCH_DAY
    if slot.type == lib.DELTOS_TYPE_DATETIME:
        if slot.flags & lib.DELTOS_SLOT_UTC:
            if value.utcoffset() is None:
                raise TypeMismatchError(f"slot {slot.name!r} holds instants: give a datetime with a zone")
            value = value.astimezone(_dt.timezone.utc)
        elif value.utcoffset() is not None:
            raise TypeMismatchError(f"slot {slot.name!r} holds what a clock shows: give a datetime without a zone")
        return (value.replace(tzinfo=None) - _EPOCH) // _MICROSECOND
    return value


class Columns:
    """Some rows as columns of the library, and the memory that they point to."""

    def __init__(self, schema: Schema, rows: int) -> None:
        self._slots = schema.slots
        self._schema = schema
        self.rows = rows
        self.columns = ffi.new("deltos_column[]", len(self._slots))
        self.presence = ffi.new("uint8_t *[]", len(self._slots))
        self._kept: list[Any] = []

    def _keep(self, thing: Any) -> Any:
        self._kept.append(thing)
        return thing

    def fill(self, number: int, values: Any) -> None:
        """The values of one slot: a list, or memory."""
        slot = self._slots[number]
        if isinstance(values, list):
            self._fill_listed(number, slot, values)
        else:
            self._fill_memory(number, slot, values)

    def _fill_memory(self, number: int, slot: SlotInfo, values: Any) -> None:
        items = _items_of(slot, values)
        if items is None:
            self.fill(number, values.tolist() if hasattr(values, "tolist") else list(values))
            return
        content = self._keep(Content(self._keep(items)))
        self._fixed(number, slot, content.__enter__().data, len(items))

    def _fixed(self, number: int, slot: SlotInfo, data: Any, count: int) -> None:
        column = self.columns[number]
        column.layout, column.count, column.item_size = lib.DELTOS_COLUMN_FIXED, count, slot.size
        column.data = data

    def _fill_listed(self, number: int, slot: SlotInfo, values: list[Any]) -> None:
        missing = [value is None or value is UNSET for value in values]
        if any(missing):
            states = bytes(lib.DELTOS_UNSET if value is UNSET else value is None for value in values)
            self.presence[number] = self._keep(ffi.new("uint8_t[]", states))
        if slot.type == lib.DELTOS_TYPE_RECORD:
            self._fill_record(number, values)
        elif slot.type <= lib.DELTOS_TYPE_DATETIME:
            data = _packed_items(slot, values, missing)
            self._fixed(number, slot, self._keep(ffi.new("char[]", data)), len(values))
        else:
            self._texts(number, _items_as_bytes(slot, values, missing))

    def _texts(self, number: int, items: list[bytes]) -> None:
        offsets = array.array("q", itertools.accumulate(map(len, items), initial=0))
        column = self.columns[number]
        column.layout, column.count = lib.DELTOS_COLUMN_OFFSETS, len(items)
        column.data = self._keep(ffi.new("char[]", b"".join(items) or b"\0"))
        column.offsets = self._keep(ffi.from_buffer("int64_t[]", offsets))

    def _fill_record(self, number: int, values: list[Any]) -> None:
        """The slots of records inside; of one that is not there whatever may be there."""
        for child in self._schema.children(number):
            slot = self._slots[child]
            take = taking(slot.name)
            filler = UNSET if slot.flags & lib.DELTOS_SLOT_OPTIONAL else None
            self.fill(child, [filler if value is None or value is UNSET else take(value) for value in values])
            if not slot.flags & (lib.DELTOS_SLOT_OPTIONAL | lib.DELTOS_SLOT_NULLABLE):
                self._allow(child, values)

    def _allow(self, child: int, values: list[Any]) -> None:
        """A slot that must be there is not asked for where the record around it is not."""
        states = self.presence[child]
        if states:
            for row, value in enumerate(values):
                if value is None or value is UNSET:
                    states[row] = lib.DELTOS_PRESENT


def _packed_items(slot: SlotInfo, values: list[Any], missing: list[bool]) -> bytes:
    """Items close together; zeros for what is not there."""
    if slot.type != lib.DELTOS_TYPE_FIXED:
        values = [0 if gone else number_of(slot, value) for gone, value in zip(missing, values)]
    elif any(missing):
        values = [0 if gone else value for gone, value in zip(missing, values)]
    if slot.format in _QUICK:
        try:
            return array.array(slot.format, values).tobytes()
        except (TypeError, OverflowError):  # said better below
            pass
    codec, nothing = codec_of(slot.format, slot.code, slot.size), bytes(slot.size)
    return b"".join([nothing if gone else codec.pack(value) for gone, value in zip(missing, values)])


def _items_of(slot: SlotInfo, values: Any) -> Any:
    """An array of NumPy as one of just the items of a slot; None where it is to be read one by one."""
    numpy = optional_module("numpy")
    if slot.type != lib.DELTOS_TYPE_FIXED or numpy is None or not isinstance(values, numpy.ndarray):
        return None
    try:
        item = numpy.dtype(re.sub(r"^\([\d,]*\)", "", slot.format))
        items = numpy.ascontiguousarray(values.astype(item, casting="same_kind", copy=False))
    except TypeError:
        return None
    return items if items[:1].nbytes in (0, slot.size) and items.dtype.kind in "biufc" else None


def _items_as_bytes(slot: SlotInfo, values: list[Any], missing: list[bool]) -> list[bytes]:
    if slot.type == lib.DELTOS_TYPE_UTF8 and set(map(type, values)) == {str}:
        return list(map(str.encode, values))
    return [b"" if gone else _bytes_in(slot, value) for gone, value in zip(missing, values)]


def _bytes_in(slot: SlotInfo, value: Any) -> bytes:
    if slot.type == lib.DELTOS_TYPE_UTF8:
        if not isinstance(value, str):
            raise TypeMismatchError(f"slot {slot.name!r} holds str, not {type(value).__name__}")
        return value.encode()
    if slot.type == lib.DELTOS_TYPE_BYTES:
        return bytes(memoryview(value))
    return packed(build(value, slot.name))


def taking(name: str) -> Any:
    """What takes the value of a slot from a row: of a dict by key, of others by attribute."""

    def take(row: Any) -> Any:
        if isinstance(row, Mapping):
            return row.get(name, UNSET)
        return getattr(row, name, UNSET)

    return take


def _taken(batch: list[Any], dicts: bool, place: int, name: str) -> list[Any]:
    """What some rows have in one slot."""
    if dicts:
        return [row.get(name, UNSET) for row in batch]
    take = taking(name)
    return [
        row[place] if isinstance(row, (tuple, list)) and not hasattr(row, "_fields") else take(row) for row in batch
    ]


def _batches(schema: Schema, rows: Iterable[Any]) -> Iterator[Columns]:
    top = list(schema.children())
    walk = iter(rows)
    while batch := list(itertools.islice(walk, _BATCH)):
        columns = Columns(schema, len(batch))
        dicts = set(map(type, batch)) == {dict}
        for place, number in enumerate(top):
            columns.fill(number, _taken(batch, dicts, place, schema.slots[number].name))
        yield columns


def _from_columns(schema: Schema, given: Mapping[str, Any]) -> Iterator[Columns]:
    listed = {name: column if is_exporter(column) else list(column) for name, column in given.items()}
    counts = {len(column) for column in listed.values()}
    if len(counts) > 1:
        raise TypeMismatchError(f"columns of different lengths: {', '.join(map(str, sorted(counts)))}")
    count = counts.pop() if counts else 0
    columns = Columns(schema, count)
    unknown = set(listed) - set(schema.names)
    if unknown:
        raise TypeMismatchError(f"the schema has no slot {sorted(unknown)[0]!r}")
    for number in schema.children():
        name = schema.slots[number].name
        columns.fill(number, listed.get(name, [UNSET] * count))
    yield columns


def _given(schema: Schema, records: Any) -> Iterator[Columns]:
    names = getattr(getattr(records, "dtype", None), "names", None)
    if names:
        return _from_columns(schema, {name: records[name] for name in names})
    if isinstance(records, Mapping):
        return _from_columns(schema, records)
    if isinstance(records, (str, bytes)):
        raise TypeMismatchError("records are a dict of columns, an array with fields, or an iterable of rows")
    return _batches(schema, records)


def create(scope: Any, name: str, schema: Any, records: Any, layout: str) -> RecordTable:
    """Makes a record table of rows or columns; all of it, or nothing."""
    known = schema if isinstance(schema, Schema) else Schema(schema)
    options = layout_of(layout)
    cell, made = ffi.new(BUILDER_CELL), ffi.new(OBJECT_CELL)
    with scope._writing() as transaction:
        with known._handle as pointer:
            call(lib.deltos_record_table_begin, transaction, bytes_of(name, "a name"), pointer, options, cell)
        builder = own(BUILDER, cell[0])
        for columns in _given(known, records):
            with builder as pointer:
                count = len(known.slots)
                call(lib.deltos_record_table_add, pointer, columns.columns, columns.presence, count, columns.rows)
        with builder as pointer:
            call(lib.deltos_record_table_finish, pointer, made)
        table = RecordTable._of(scope, own(OBJECT, made[0]))
    return table


def create_from_arrow(scope: Any, name: str, source: Any, layout: str) -> RecordTable:
    """Makes a record table of whatever speaks Arrow's stream interface."""
    if not hasattr(source, "__arrow_c_stream__"):
        raise TypeMismatchError(f"objects of type {type(source).__name__} have no __arrow_c_stream__: make an Arrow table")
    options = layout_of(layout)
    capsule = source.__arrow_c_stream__()
    stream = ffi.cast("deltos_arrow_stream *", arrow_address(capsule, "arrow_array_stream"))
    cell, made = ffi.new(BUILDER_CELL), ffi.new(OBJECT_CELL)
    with scope._writing() as transaction:
        call(lib.deltos_record_table_from_arrow, transaction, bytes_of(name, "a name"), stream, options, cell)
        with own(BUILDER, cell[0]) as pointer:
            call(lib.deltos_record_table_finish, pointer, made)
        table = RecordTable._of(scope, own(OBJECT, made[0]))
    return table
