"""Rows of record tables, on their way into the library: a column at a time, and some rows at a time."""

from __future__ import annotations

import array
import datetime as _dt
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from deltos import _exporter
from deltos._content import Content
from deltos._dtypes import optional_module
from deltos._elements import codec_of
from deltos._errors import Error, InvalidError, LimitError, TypeMismatchError
from deltos._exporter import BUILDER, OBJECT, Handle, arrow_address, packed
from deltos._ffi import ffi, lib
from deltos._native import (
    BUILDER_CELL,
    OBJECT_CELL,
    CData,
    Progress,
    ProgressFunction,
    attempt,
    bytes_of,
    call,
    own,
    raise_error,
)
from deltos._records import RecordTable, layout_of
from deltos._schema import Schema, SlotInfo
from deltos._values import build, describe, is_exporter

_MOST_ROWS = 2048  # at a time: what they are made of stays in the processor's cache
_MOST_BYTES = 1 << 20
_MOST_ROWS_OF_ARRAYS = 1 << 18
_EPOCH = _dt.datetime(1970, 1, 1)
_INSTANT = _EPOCH.replace(tzinfo=_dt.timezone.utc)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = _dt.timedelta(microseconds=1)
_UNITS = ("M8[D]", "M8[h]", "M8[m]", "M8[s]", "M8[ms]", "M8[us]")  # that microseconds hold exactly

UNSET = object()
"""A slot of a record that is not set."""

_BENEATH = object()
"""A slot of a record that is not there itself."""

_exporter.bind_columns(UNSET, _BENEATH, Mapping, _dt.date, _dt.datetime, _EPOCH, _INSTANT, describe)


def number_of(slot: SlotInfo, value: Any) -> Any:
    """A date or time as the number that lies in a table; others as they are."""
    if slot.type == lib.DELTOS_TYPE_DATE:
        if not isinstance(value, _dt.date):
            raise TypeMismatchError(f"slot {slot.name!r} holds dates, not {type(value).__name__}")
        return value.toordinal() - _EPOCH_DAY
    if slot.type == lib.DELTOS_TYPE_DATETIME:
        if not isinstance(value, _dt.datetime):
            raise TypeMismatchError(f"slot {slot.name!r} holds datetimes, not {type(value).__name__}")
        if slot.flags & lib.DELTOS_SLOT_UTC:
            if value.utcoffset() is None:
                raise TypeMismatchError(f"slot {slot.name!r} holds instants: give a datetime with a zone")
            value = value.astimezone(_dt.timezone.utc)
        elif value.utcoffset() is not None:
            raise TypeMismatchError(f"slot {slot.name!r} holds what a clock shows: give a datetime without a zone")
        return (value.replace(tzinfo=None) - _EPOCH) // _MICROSECOND
    return value


def _is_missing(value: Any) -> bool:
    return value is None or value is UNSET or value is _BENEATH


def _missing_state(slot: SlotInfo, value: Any) -> int:
    """What presence says of a value that is none."""
    if value is None and not slot.flags & lib.DELTOS_SLOT_NULLABLE:
        raise TypeMismatchError(f"slot {slot.name!r} has to have a value: None is for slots that are nullable")
    if value is UNSET and not slot.flags & lib.DELTOS_SLOT_OPTIONAL:
        raise TypeMismatchError(f"slot {slot.name!r} has to have a value: only slots that are optional may be left out")
    return int(lib.DELTOS_NULL if value is None else lib.DELTOS_UNSET if value is UNSET else lib.DELTOS_PRESENT)


def _bytes_in(slot: SlotInfo, value: Any) -> bytes:
    if slot.type == lib.DELTOS_TYPE_UTF8:
        if not isinstance(value, str):
            raise TypeMismatchError(f"slot {slot.name!r} holds str, not {type(value).__name__}")
        return value.encode()
    if slot.type == lib.DELTOS_TYPE_BYTES:
        return bytes(memoryview(value))
    return packed(build(value, slot.name))


def _located(error: Exception, slot: SlotInfo, row: int) -> Exception:
    """A failure with the place that it happened at; of an exception that is not known, as a note."""
    text = str(error)
    text = f"row {row}: {text}" if text.startswith("slot ") else f"row {row}, slot {slot.name!r}: {text}"
    if isinstance(error, Error):
        error.args = (*error.args[:-1], text)
        return error
    if isinstance(error, UnicodeEncodeError):
        reason = f"row {row}, slot {slot.name!r}: the text has half of a surrogate pair, which is not Unicode"
        return InvalidError(f"{reason}: store it as bytes")
    for kind, ours in ((TypeError, TypeMismatchError), (OverflowError, LimitError), (ValueError, InvalidError)):
        if type(error) is kind:
            return ours(text)
    error.add_note(f"at row {row}, slot {slot.name!r}")
    return error


class Columns:
    """Some rows as columns of the library, and the memory that they point to.

    What is usual is converted by deltos._exporter.Columns; what that leaves is converted here, value by value, and
    told with its row and slot when it does not fit.
    """

    def __init__(self, schema: Schema, room: int) -> None:
        self._slots = schema.slots
        self._top = list(schema.children())
        self._schema = schema
        self._native = _exporter.Columns(self._slots, room)
        self._columns = ffi.cast("deltos_column *", self._native.columns)
        self._presence = ffi.cast("uint8_t **", self._native.presence)
        self._kept: list[Any] = []
        self._first = self._rows = self._kept_bytes = 0
        self.room = room

    def begin(self, first: int, rows: int) -> None:
        """Forgets what there is, for other rows; the first of which has a number in the table."""
        self._native.begin(first, rows)
        self._kept.clear()
        self._first, self._rows, self._kept_bytes = first, rows, 0

    @property
    def text_bytes(self) -> int:
        """Bytes of what has no fixed size."""
        return self._native.text_bytes + self._kept_bytes

    def take_rows(self, rows: list[Any]) -> None:
        """All slots, of rows."""
        for number in self._top:
            self._take(number, rows)

    @property
    def arguments(self) -> tuple[CData, CData, int]:
        """Columns, presence and the number of slots, as the library takes them."""
        return self._columns, self._presence, len(self._slots)

    def refer(self, number: int, column: CData) -> None:
        """A slot that lies in a column of somebody else's, which stays until the rows are given away."""
        self._columns[number] = column[0]

    def add_to(self, builder: Handle) -> None:
        """Gives the rows to the builder of a table."""
        with builder as pointer:
            error = attempt(lib.deltos_record_table_add, pointer, *self.arguments, self._rows)
        if error is not None:
            self._raise(error)

    def _raise(self, error: CData) -> None:
        """The failure, with the number of its row in the table and not among these rows."""
        try:
            raise_error(error)
        except Error as failure:
            said = re.sub(r"\brow (\d+)", lambda found: f"row {self._first + int(found[1])}", str(failure), count=1)
            failure.args = (*failure.args[:-1], said)
            raise

    def _take(self, number: int, rows: list[Any]) -> None:
        values = self._native.take(number, rows)
        if values is not None:
            self._convert(number, values)

    def fill(self, number: int, values: Any) -> None:
        """The values of one slot: a list, or memory."""
        if isinstance(values, list):
            if not self._native.fill(number, values):
                self._convert(number, values)
            return
        items = _items_of(self._slots[number], values)
        if items is None:
            self.fill(number, _listed(values))
            return
        content = self._keep(Content(self._keep(items)))
        self._fixed(number, content.__enter__().data)

    def _keep(self, thing: Any) -> Any:
        self._kept.append(thing)
        return thing

    def _fixed(self, number: int, data: Any) -> None:
        column = self._columns[number]
        column.layout, column.count = lib.DELTOS_COLUMN_FIXED, self._rows
        column.item_size, column.data = self._slots[number].size, data

    def _convert(self, number: int, values: list[Any]) -> None:
        """What is not converted elsewhere."""
        slot = self._slots[number]
        if any(map(_is_missing, values)):
            states = self._each(slot, values, lambda _: lib.DELTOS_PRESENT, lambda value: _missing_state(slot, value))
            self._presence[number] = self._keep(ffi.new("uint8_t[]", states))
        if slot.type == lib.DELTOS_TYPE_RECORD:
            for child in self._schema.children(number):
                self._take(child, values)
        elif slot.type <= lib.DELTOS_TYPE_DATETIME:
            pack, nothing = codec_of(slot.format, slot.code, slot.size).pack, bytes(slot.size)
            items = self._each(slot, values, lambda value: pack(number_of(slot, value)), lambda _: nothing)
            self._fixed(number, self._keep(ffi.new("char[]", b"".join(items))))
        else:
            self._texts(number, self._each(slot, values, lambda value: _bytes_in(slot, value), lambda _: b""))

    def _each(
        self, slot: SlotInfo, values: list[Any], convert: Callable[[Any], Any], instead: Callable[[Any], Any]
    ) -> list[Any]:
        """All values converted, or something instead where there is none; a failure is told with its place."""
        made: list[Any] = []
        try:
            for value in values:
                made.append((instead if _is_missing(value) else convert)(value))
        except Exception as error:
            raise _located(error, slot, self._first + len(made)) from None
        return made

    def _texts(self, number: int, items: list[bytes]) -> None:
        offsets = array.array("q", itertools.accumulate(map(len, items), initial=0))
        column = self._columns[number]
        column.layout, column.count = lib.DELTOS_COLUMN_OFFSETS, len(items)
        column.data = self._keep(ffi.new("char[]", b"".join(items) or b"\0"))
        column.offsets = self._keep(ffi.from_buffer("int64_t[]", offsets))
        self._kept_bytes += offsets[-1]


def _listed(values: Any) -> list[Any]:
    for method in ("tolist", "to_pylist"):  # of NumPy and pandas; of Arrow
        if hasattr(values, method):
            return list(getattr(values, method)())
    return list(values)


def _items_of(slot: SlotInfo, values: Any) -> Any:
    """An array of NumPy as one of just the items of a slot; None where it is to be read one by one."""
    numpy = optional_module("numpy")
    if numpy is None or not isinstance(values, numpy.ndarray):
        return None
    if slot.type != lib.DELTOS_TYPE_FIXED:
        return _moments_of(slot, values, numpy)
    try:
        item = numpy.dtype(re.sub(r"^\([\d,]*\)", "", slot.format))
        items = numpy.ascontiguousarray(values.astype(item, casting="same_kind", copy=False))
    except TypeError:
        return None
    return items if items[:1].nbytes in (0, slot.size) and items.dtype.kind in "biufc" else None


def _moments_of(slot: SlotInfo, values: Any, numpy: Any) -> Any:
    """Days and moments of NumPy, all of which there are, as numbers."""
    clock = slot.type == lib.DELTOS_TYPE_DATETIME and not slot.flags & lib.DELTOS_SLOT_UTC
    day = slot.type == lib.DELTOS_TYPE_DATE and values.dtype == "M8[D]"
    if not day and not (clock and values.dtype in _UNITS) or numpy.isnat(values).any():
        return None
    number = "i4" if day else "i8"
    return numpy.ascontiguousarray(values.astype("M8[D]" if day else "M8[us]", copy=False).view("i8").astype(number))


class Pace:
    """How many rows to take at a time: few where they are large."""

    def __init__(self) -> None:
        self.most = 64

    def took(self, text_bytes: int) -> None:
        """After so many bytes of texts."""
        if text_bytes <= _MOST_BYTES // 2:
            self.most = min(2 * self.most, _MOST_ROWS)
        elif text_bytes > _MOST_BYTES:
            self.most = max(self.most // 2, 1)


def _add_rows(builder: Handle, schema: Schema, rows: Iterable[Any]) -> None:
    """Adds rows, some at a time."""
    columns, first, pace = Columns(schema, _MOST_ROWS), 0, Pace()
    walk = iter(rows)
    while batch := list(itertools.islice(walk, pace.most)):
        columns.begin(first, len(batch))
        columns.take_rows(batch)
        columns.add_to(builder)
        first += len(batch)
        pace.took(columns.text_bytes)


def _add_columns(builder: Handle, schema: Schema, given: Mapping[str, Any]) -> None:
    """Adds rows that are given as columns, some at a time."""
    listed = {name: column if _is_array(column) else list(column) for name, column in given.items()}
    counts = {len(column) for column in listed.values()}
    if len(counts) > 1:
        raise TypeMismatchError(f"columns of different lengths: {', '.join(map(str, sorted(counts)))}")
    unknown = set(listed) - set(schema.names)
    if unknown:
        raise TypeMismatchError(f"the schema has no slot {sorted(unknown)[0]!r}")
    count = counts.pop() if counts else 0
    most = _MOST_ROWS if any(isinstance(column, list) for column in listed.values()) else _MOST_ROWS_OF_ARRAYS
    columns = Columns(schema, most)
    for first in range(0, count, most):
        rows = min(most, count - first)
        columns.begin(first, rows)
        for number in schema.children():
            column = listed.get(schema.slots[number].name)
            columns.fill(number, [UNSET] * rows if column is None else column[first : first + rows])
        columns.add_to(builder)


def _is_array(column: Any) -> bool:
    """Whether a column is memory that can be cut; bytes are what they are to a list of numbers."""
    return is_exporter(column) and hasattr(column, "__getitem__")


def _add(builder: Handle, schema: Schema, records: Any) -> None:
    names = getattr(getattr(records, "dtype", None), "names", None)
    if names:
        _add_columns(builder, schema, {name: records[name] for name in names})
    elif isinstance(records, Mapping):
        _add_columns(builder, schema, records)
    elif isinstance(records, (str, bytes)):
        raise TypeMismatchError("records are a dict of columns, an array with fields, or an iterable of rows")
    else:
        _add_rows(builder, schema, records)


@contextmanager
def builder_of(
    transaction: CData | None,
    name: str | None,
    schema: Any,
    records: Any,
    layout: str,
    progress: ProgressFunction | None,
) -> Iterator[Handle]:
    """The builder of a table with all records in it, and progress for as long as the block lasts."""
    known = schema if isinstance(schema, Schema) else Schema(schema)
    cell = ffi.new(BUILDER_CELL)
    scope = ffi.NULL if transaction is None else transaction
    encoded = ffi.NULL if name is None else bytes_of(name, "a name")
    with Progress(progress) as reporter:
        with known._handle as pointer:
            call(lib.deltos_record_table_begin, scope, encoded, pointer, layout_of(layout, reporter), cell)
        builder = own(BUILDER, cell[0])
        _add(builder, known, records)
        yield builder


def _finished(scope: Any, builder: Handle) -> RecordTable:
    made = ffi.new(OBJECT_CELL)
    with builder as pointer:
        call(lib.deltos_record_table_finish, pointer, made)
    return RecordTable._of(scope, own(OBJECT, made[0]))


def create(
    scope: Any, name: str, schema: Any, records: Any, layout: str, progress: ProgressFunction | None
) -> RecordTable:
    """Makes a record table of rows or columns; all of it, or nothing."""
    with scope._writing() as transaction, builder_of(transaction, name, schema, records, layout, progress) as builder:
        return _finished(scope, builder)


def create_from_arrow(
    scope: Any, name: str, source: Any, layout: str, progress: ProgressFunction | None
) -> RecordTable:
    """Makes a record table of whatever speaks Arrow's stream interface."""
    if not hasattr(source, "__arrow_c_stream__"):
        raise TypeMismatchError(f"objects of type {type(source).__name__} have no __arrow_c_stream__: make an Arrow table")
    capsule = source.__arrow_c_stream__()
    stream = ffi.cast("deltos_arrow_stream *", arrow_address(capsule, "arrow_array_stream"))
    cell, encoded = ffi.new(BUILDER_CELL), bytes_of(name, "a name")
    with scope._writing() as transaction, Progress(progress) as reporter:
        call(lib.deltos_record_table_from_arrow, transaction, encoded, stream, layout_of(layout, reporter), cell)
        return _finished(scope, own(BUILDER, cell[0]))
