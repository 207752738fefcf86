"""Which class stands for which kind of object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deltos._array import Array
from deltos._buffer import Buffer
from deltos._errors import KindError
from deltos._exporter import OBJECT, Handle
from deltos._ffi import ffi, lib
from deltos._hash_map import HashMap
from deltos._native import OBJECT_CELL, CData, attempt, call, forget, own, raise_error
from deltos._object import stat
from deltos._records import RecordTable
from deltos._sorted_map import SortedMap
from deltos._table import Table
from deltos._values import Value

CLASSES: dict[int, Any] = {kind._KIND: kind for kind in (Buffer, Array, Table, Value, RecordTable, HashMap, SortedMap)}


def opened(function: Callable[..., int], scope: CData, name: bytes | int) -> tuple[Any, Handle]:
    """Opens whatever has a name, or an id: its class and its handle. Most are buffers, which need not be asked what they are."""
    cell = ffi.new(OBJECT_CELL)
    error = attempt(function, scope, name, lib.DELTOS_KIND_BUFFER, cell)
    if error is None:
        return Buffer, own(OBJECT, cell[0])
    if error.status != lib.DELTOS_E_KIND:
        raise_error(error)
    forget(error)
    call(function, scope, name, lib.DELTOS_KIND_ANY, cell)
    handle = own(OBJECT, cell[0])
    kind = stat(handle).kind
    if kind not in CLASSES:
        raise KindError(f"the object is of kind {kind}, which the package does not read")
    return CLASSES[kind], handle


def found(snapshot: Any, name: bytes) -> tuple[Any, Handle] | None:
    """The same, or None when there is nothing of that name."""
    from deltos._errors import NotFoundError

    try:
        return opened(lib.deltos_object_open, snapshot, name)
    except NotFoundError:
        return None
