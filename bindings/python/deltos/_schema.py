"""Schemas: the named slots of records, from what Python has to say such things."""

from __future__ import annotations

import datetime as _dt
import types
import typing
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from deltos._dtypes import CODES, optional_module, resolve
from deltos._errors import TypeMismatchError
from deltos._exporter import SCHEMA, Handle
from deltos._ffi import ffi, lib
from deltos._native import SCHEMA_CELL, CData, bytes_of, call, own, text_of, told

_TYPES: dict[Any, int] = {
    str: lib.DELTOS_TYPE_UTF8,
    bytes: lib.DELTOS_TYPE_BYTES,
    list: lib.DELTOS_TYPE_LIST,
    tuple: lib.DELTOS_TYPE_TUPLE,
    set: lib.DELTOS_TYPE_SET,
    frozenset: lib.DELTOS_TYPE_SET,
    dict: lib.DELTOS_TYPE_DICT,
    Decimal: lib.DELTOS_TYPE_DECIMAL,
    _dt.date: lib.DELTOS_TYPE_DATE,
    _dt.datetime: lib.DELTOS_TYPE_DATETIME,
    object: lib.DELTOS_TYPE_VALUE,
    Any: lib.DELTOS_TYPE_VALUE,
}
_FORMATS: dict[Any, str] = {bool: "?", int: "q", float: "d", complex: "Zd"}


class Slot(NamedTuple):
    """What a slot is declared as, where its type alone does not say it."""

    type: Any
    """bool, int, float, complex, str, bytes, list, tuple, set, dict, date, datetime, Decimal, object; a name such as
    "float32", a NumPy dtype or a format; numpy.ndarray; a Schema, or what one is made of."""

    nullable: bool = False
    """May be None, as by `type | None`."""

    optional: bool = False
    """May be left out of a record."""

    writable: bool = False
    """A number, date or time that can be changed in place."""

    utc: bool = False
    """Of a datetime: an instant, and not what a clock shows."""


class SlotInfo(NamedTuple):
    """A slot as it is in a schema, of whatever level."""

    name: str
    type: int
    format: str
    code: int
    flags: int
    parent: int
    offset: int
    size: int
    valid_bit: int
    null_bit: int


def _without_none(type: Any) -> tuple[Any, bool]:
    if typing.get_origin(type) in (typing.Union, types.UnionType):
        parts = [part for part in typing.get_args(type) if part is not types.NoneType]
        if len(parts) == 1 and len(parts) < len(typing.get_args(type)):
            return parts[0], True
    return type, False


def _declared(given: Any) -> Slot:
    slot = given if isinstance(given, Slot) else Slot(given)
    type, nullable = _without_none(slot.type)
    return slot._replace(type=typing.get_origin(type) or type, nullable=slot.nullable or nullable or slot.type is object)


def _declarations(source: Any) -> dict[str, Any]:
    """Names and types, of whatever has them."""
    if isinstance(source, Mapping):
        return dict(source)
    if isinstance(source, type):
        return typing.get_type_hints(source)
    numpy = optional_module("numpy")
    if numpy is not None and isinstance(source, numpy.dtype) and source.names:
        return {name: source.fields[name][0] for name in source.names}
    raise TypeMismatchError(
        "a schema is made of a dict of names and types, a class with annotations, or a NumPy dtype with fields;"
        f" not of a {type(source).__name__}"
    )


def _format_of(given: Any) -> tuple[bytes | None, int]:
    if given in _FORMATS:
        return _FORMATS[given].encode(), 0
    if isinstance(given, str) and given not in CODES:
        return given.encode(), 0
    format, code, shape = resolve(given, None, ())
    if format is None or not shape:
        return format, code
    return f"({','.join(map(str, shape))})".encode() + format, 0


class _Slots:
    """An array of deltos_slot, and what it points to."""

    def __init__(self, declared: dict[str, Any]) -> None:
        self.array = ffi.new("deltos_slot[]", max(1, len(declared)))
        self.count = len(declared)
        self._kept: list[Any] = []
        for place, (name, given) in zip(self.array, declared.items()):
            self._fill(place, name, _declared(given))

    def _keep(self, thing: Any) -> Any:
        self._kept.append(thing)
        return thing

    def _fill(self, place: CData, name: str, slot: Slot) -> None:
        place.name = self._keep(ffi.new("char[]", bytes_of(name, "the name of a slot")))
        place.flags = (
            slot.nullable * lib.DELTOS_SLOT_NULLABLE
            | slot.optional * lib.DELTOS_SLOT_OPTIONAL
            | slot.writable * lib.DELTOS_SLOT_WRITABLE
            | slot.utc * lib.DELTOS_SLOT_UTC
        )
        given = slot.type
        numpy = optional_module("numpy")
        if isinstance(given, typing.Hashable) and given in _TYPES:
            place.type = _TYPES[given]
        elif numpy is not None and given is numpy.ndarray:
            place.type = lib.DELTOS_TYPE_NDARRAY
        elif (nested := self._nested(given, numpy)) is not None:
            place.type = lib.DELTOS_TYPE_RECORD
            with self._keep(nested)._handle as pointer:
                place.schema = pointer
        else:
            format, place.dtype = _format_of(given)
            place.format = ffi.NULL if format is None else self._keep(ffi.new("char[]", format))

    @staticmethod
    def _nested(given: Any, numpy: Any) -> Schema | None:
        if isinstance(given, Schema):
            return given
        if isinstance(given, Mapping):
            return Schema(given)
        scalar = isinstance(given, type) and numpy is not None and issubclass(given, numpy.generic)
        if isinstance(given, type) and not scalar and given not in _FORMATS and getattr(given, "__annotations__", None):
            return Schema(given)
        return None


class Schema:
    """The named slots of records, with their types.

        deltos.Schema({"height": float, "name": str, "felled": datetime.date | None})

    Made of a dict of names and types, a class with annotations (such as a dataclass), or a NumPy dtype with fields; a
    deltos.Slot instead of a type says more. It is stored with each table, once.

    name: what records are called. version: the caller's own count; min_reader: schemas of a smaller version are refused
    as readers. metadata: any bytes.
    """

    __slots__ = ("_handle", "_info", "_slots")

    _handle: Handle
    _slots: list[SlotInfo] | None

    def __init__(
        self, source: Any, name: str | None = None, *, version: int = 0, min_reader: int = 0, metadata: bytes = b""
    ) -> None:
        if name is None:
            name = source.__name__ if isinstance(source, type) else ""
        slots = _Slots(_declarations(source))
        options = ffi.new("deltos_schema_options *")
        options.struct_size = ffi.sizeof("deltos_schema_options")
        options.version, options.min_reader = version, min_reader
        kept = ffi.new("char[]", metadata)
        options.metadata, options.metadata_size = (kept if metadata else ffi.NULL), len(metadata)
        cell = ffi.new(SCHEMA_CELL)
        encoded = bytes_of(name, "the name of a schema")
        call(lib.deltos_schema_make, encoded, slots.array, slots.count, options, cell)
        self._handle = own(SCHEMA, cell[0])
        self._slots = None

    @classmethod
    def _of(cls, pointer: CData) -> Schema:
        self = cls.__new__(cls)
        self._handle = own(SCHEMA, pointer)
        self._slots = None
        return self

    @classmethod
    def unpack(cls, data: Any) -> Schema:
        """The schema that pack() has written."""
        cell, content = ffi.new(SCHEMA_CELL), bytes(data)
        call(lib.deltos_schema_unpack, content, len(content), cell)
        return cls._of(cell[0])

    def pack(self) -> bytes:
        """Bytes of it, which every language reads: a value, as deltos.unpack() shows it."""
        size = ffi.new("uint64_t *")
        with self._handle as pointer:
            lib.deltos_schema_pack(pointer, ffi.NULL, size, ffi.NULL)
            memory = ffi.new("char[]", max(1, size[0]))
            call(lib.deltos_schema_pack, pointer, memory, size)
        return bytes(ffi.buffer(memory, size[0]))

    def _stat(self) -> CData:
        return told(lib.deltos_schema_stat, "deltos_schema_info", self._handle)

    @property
    def name(self) -> str:
        """What its records are called."""
        return text_of(self._stat().name)

    @property
    def version(self) -> int:
        """The count that it was made with."""
        return int(self._stat().version)

    @property
    def metadata(self) -> bytes:
        """The bytes that it was made with."""
        info = self._stat()
        return bytes(ffi.buffer(info.metadata, info.metadata_size)) if info.metadata else b""

    @property
    def row_bytes(self) -> int:
        """Bytes of a row, where rows lie one behind the other."""
        return int(self._stat().row_bytes)

    @property
    def slots(self) -> list[SlotInfo]:
        """All slots, those of records inside behind the slot that they are in; their place in a row too."""
        if self._slots is None:
            count = ffi.new("uint64_t *")
            with self._handle as pointer:
                call(lib.deltos_schema_slots, pointer, ffi.NULL, 0, count)
                room = ffi.new("deltos_slot[]", count[0])
                call(lib.deltos_schema_slots, pointer, room, count[0], count)
                self._slots = [
                    SlotInfo(
                        text_of(item.name),
                        item.type,
                        text_of(item.format) if item.format else "",
                        item.dtype,
                        item.flags,
                        item.parent,
                        item.offset,
                        item.size,
                        item.valid_bit,
                        item.null_bit,
                    )
                    for item in room[0 : count[0]]
                ]
        return self._slots

    @property
    def names(self) -> list[str]:
        """Names of the slots of a record, in order."""
        return [slot.name for slot in self.slots if slot.parent < 0]

    def find(self, name: str) -> int:
        """The number of a slot; of one inside of a record by all names on the way: "place.x"."""
        index = ffi.new("int64_t *")
        with self._handle as pointer:
            call(lib.deltos_schema_find, pointer, bytes_of(name, "the name of a slot"), index)
        if index[0] < 0:
            raise KeyError(name)
        return int(index[0])

    def nested(self, name: str) -> Schema:
        """The schema of a slot that holds records, as it was made; KeyError when there is no such slot."""
        return self._nested(self.find(name))

    def _nested(self, number: int) -> Schema:
        cell = ffi.new(SCHEMA_CELL)
        with self._handle as pointer:
            call(lib.deltos_schema_nested, pointer, number, cell)
        return Schema._of(cell[0])

    def check(self, writer: Schema) -> None:
        """Raises TypeError when a program that knows records by this schema cannot read those of another one."""
        with self._handle as mine, writer._handle as theirs:
            call(lib.deltos_schema_check, mine, theirs)

    def children(self, parent: int = -1) -> Iterator[int]:
        """Numbers of the slots of a record inside; -1: of the record itself."""
        return (number for number, slot in enumerate(self.slots) if slot.parent == parent)

    def __eq__(self, other: object) -> bool:
        return self.pack() == other.pack() if isinstance(other, Schema) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.pack())

    def __reduce__(self) -> tuple[Any, ...]:
        return Schema.unpack, (self.pack(),)

    def __repr__(self) -> str:
        return f"<deltos.Schema {self.name!r}: {', '.join(self.names)}>"
