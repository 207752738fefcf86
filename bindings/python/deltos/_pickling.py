"""Storages and objects in pickles: where to find them, never what is in them.

A process that gets such a pickle opens the file itself and shares its memory. One that writes is unpickled as one that
stores in place, because a storage has one writer. The uuid in the pickle tells whether the path still leads to the
storage that was meant.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any, TypeAlias

from deltos._copies import part_of
from deltos._errors import KindError, error_of
from deltos._exporter import OBJECT
from deltos._ffi import ffi, lib
from deltos._native import OBJECT_CELL, call, own
from deltos._object import stat
from deltos._options import MODES, Options
from deltos._storage import Storage, open_storage

if TYPE_CHECKING:
    from deltos._hash_map import HashMap
    from deltos._object import Object
    from deltos._records import RecordTable
    from deltos._sorted_map import SortedMap

State: TypeAlias = tuple[bytes, bytes, str, Options]

_opened: weakref.WeakValueDictionary[State, Storage] = weakref.WeakValueDictionary()


def storage_state(storage: Storage) -> State:
    """Path, uuid, mode and options."""
    storage._refuse_closed()
    if storage._path is None:
        raise KindError("a storage without a path cannot be pickled: pass its descriptor, fileno()")
    writes = MODES[storage.mode][0] == lib.DELTOS_MODE_WRITE
    mode = "in-place" if writes else storage.mode
    return storage._path, storage.uuid.bytes, mode, storage._options._replace(verify=False, redirty=False)


def restore_storage(path: bytes, uuid: bytes, mode: str, options: Options) -> Storage:
    """Opens it, or gives what this process has opened for an earlier pickle."""
    state = (path, uuid, mode, Options(*options))
    storage = _opened.get(state)
    if storage is None or storage.closed:
        storage = open_storage(path, mode, state[3], None)
        if storage.uuid.bytes != uuid:
            storage.close()
            message = f"{os.fsdecode(path)} is another storage than the one that was pickled"
            raise error_of(lib.DELTOS_E_REPLACED, message)
        _opened[state] = storage
    return storage


def object_state(thing: Object | RecordTable | HashMap | SortedMap) -> tuple[State, str]:
    """The storage's state, and the name."""
    return storage_state(thing.storage), thing.name


def value_state(proxy: Any) -> tuple[State, int, int, tuple[int, int, int] | None] | None:
    """Where a proxy is to be found: the storage's state, the id of the value, which is never changed, and the place in
    it. None of what lies in memory, in a map, or in a storage that has no path."""
    storage: Storage | None = proxy._handle.origin
    if storage is None or storage._path is None or not (id := int(stat(proxy._handle).id)):
        return None
    return storage_state(storage), id, proxy._place, proxy._slice


def restore_value(state: State, id: int, place: int, cut: tuple[int, int, int] | None) -> Any:
    """The proxy again, in a storage of this process."""
    storage = restore_storage(*state)
    cell = ffi.new(OBJECT_CELL)
    with storage._reading() as snapshot:
        call(lib.deltos_object_open_id, snapshot, id, lib.DELTOS_KIND_VALUE, cell)
    handle = own(OBJECT, cell[0])
    handle.origin = storage
    return part_of(handle, place, cut)


def restore_object(state: State, name: str) -> Any:
    """Looks the name up in the storage."""
    return restore_storage(*state)[name]
