"""Presence of a slot in all rows of a record table: as the bits that are stored, and as arrays of booleans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deltos._dtypes import optional_module
from deltos._exporter import VIEW
from deltos._ffi import ffi, lib
from deltos._native import VIEW_CELL, call, own
from deltos._view import View

if TYPE_CHECKING:
    from deltos._records import RecordTable


def bits_view(table: RecordTable, number: int, which: int) -> View | None:
    """The bytes that bits of presence are in; None where the slot has no such bits."""
    cell = ffi.new(VIEW_CELL)
    with table._handle as pointer:
        call(lib.deltos_record_table_presence, pointer, number, which, lib.DELTOS_VIEW_FULL_RO, cell)
    return View._of(own(VIEW, cell[0])) if cell[0] else None


def _bits(table: RecordTable, number: int, which: int, numpy: Any) -> Any:
    view = bits_view(table, number, which)
    if view is None:
        return None
    data = view.numpy()
    if table.layout == "columns":
        return numpy.unpackbits(data, bitorder="little", count=len(table)).astype(bool)
    slot = table.schema.slots[number]
    bit = slot.valid_bit if which == lib.DELTOS_PRESENCE_VALID else slot.null_bit
    return data >> (bit % 8) & 1 != 0


def _own_states(table: RecordTable, number: int, numpy: Any) -> tuple[Any, Any]:
    """Where a slot is null, and where it is unset, if the record that it is in is there."""
    valid = _bits(table, number, lib.DELTOS_PRESENCE_VALID, numpy)
    null = _bits(table, number, lib.DELTOS_PRESENCE_NULL, numpy)
    never = numpy.zeros(len(table), bool)
    if valid is None:
        return never, never
    if null is not None:
        return ~valid & null, ~valid & ~null
    nullable = table.schema.slots[number].flags & lib.DELTOS_SLOT_NULLABLE
    return (~valid, never) if nullable else (never, ~valid)


def states_of(table: RecordTable, number: int) -> tuple[Any, Any]:
    """Where a slot is null, and where it is unset. In a record that is not there it is as that is."""
    numpy = optional_module("numpy")
    if numpy is None:
        raise ImportError("NumPy is not installed; presence() needs nothing")
    chain = [number]
    while (parent := table.schema.slots[chain[-1]].parent) >= 0:
        chain.append(parent)
    null = unset = numpy.zeros(len(table), bool)
    for each in reversed(chain):
        own_null, own_unset = _own_states(table, each, numpy)
        there = ~(null | unset)
        null, unset = null | own_null & there, unset | own_unset & there
    return null, unset
