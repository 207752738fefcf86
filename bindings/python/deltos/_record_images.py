"""Record tables in bytes: as every process and every language reads them, without a storage."""

from __future__ import annotations

from typing import Any

from deltos._building import builder_of
from deltos._errors import RangeError
from deltos._exporter import Handle
from deltos._ffi import ffi, lib
from deltos._native import CData, ProgressFunction, call
from deltos._records import Record, RecordTable
from deltos._values import opened_at, packed_into

_HEAD_BYTES = 128


def _size_of(builder: Handle) -> CData:
    size = ffi.new("uint64_t *")
    with builder as pointer:
        lib.deltos_record_table_pack(pointer, ffi.NULL, size, ffi.NULL)
    return size


def pack_records(
    schema: Any, records: Any = (), *, layout: str = "rows", progress: ProgressFunction | None = None
) -> bytes:
    """A record table as bytes, for unpack_records() in any process and every language.

    schema, records, layout and progress are those of Storage.create_records().
    """
    with builder_of(None, None, schema, records, layout, progress) as builder:
        size = _size_of(builder)
        memory = ffi.new("char[]", size[0])
        with builder as pointer:
            call(lib.deltos_record_table_pack, pointer, memory, size)
    return bytes(ffi.buffer(memory, size[0]))


def pack_records_into(
    schema: Any,
    records: Any,
    buffer: Any,
    offset: int = 0,
    *,
    layout: str = "rows",
    progress: ProgressFunction | None = None,
) -> int:
    """Writes a record table into writable memory; tells how many bytes it has. What is too small stays as it was."""
    with builder_of(None, None, schema, records, layout, progress) as builder:
        return packed_into(lib.deltos_record_table_pack, builder, buffer, offset)


def unpack_records(buffer: Any, offset: int = 0) -> RecordTable:
    """The table that pack_records() or pack_records_into() has written: it reads the memory where it is and keeps it.

    Nobody may change the memory while the table or anything of it lives. Nothing is copied where the table lies at a
    multiple of 8 bytes of the address space, as pack_records() makes it; elsewhere its bytes are copied once.
    """
    handle, memory, place = opened_at(lib.deltos_record_table_open_memory, buffer, offset, _HEAD_BYTES)
    table = RecordTable._of(None, handle)
    table._memory = (memory, place)
    return table


def packed_table(table: RecordTable) -> bytes:
    """A table as bytes: those that it lies in, or else new ones."""
    if table._memory is None:
        return pack_records(table.schema, table, layout=table.layout)
    owner, place = table._memory
    with memoryview(owner) as given, given.cast("B") as memory:
        return bytes(memory[place : place + int(table._stat().image_bytes)])


def packed_record(record: Record) -> bytes:
    """A record as a table of its own."""
    table: Any = record._table
    return pack_records(table._schema_of(record._PARENT), [record])


def restore_record(data: bytes) -> Any:
    """The record of such a table."""
    table = unpack_records(data)
    if len(table) != 1:
        raise RangeError(f"a pickled record is a table of one row, not of {len(table)}")
    return table[0]
