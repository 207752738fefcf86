"""Deltos: typed data in a file, read and written in place by many processes at once.

    import deltos
    import numpy as np

    with deltos.open("cities.deltos", "a") as storage:
        storage["population"] = np.arange(1000)      # stored, durable, all or nothing
        storage["population"][3] = 42                # in place: every process sees it at once
        print(np.asarray(storage["population"])[:5])  # no copy
        visits = storage.create_array("visits", "int64")
        visits.append(7)                             # an array that grows, while others look at it
        storage["about"] = {"source": "survey", "years": [1998, 2024]}  # a tree of builtins, read in place
        print(storage["about"]["years"][-1])

What is promised, and what is not, is said in the C header <deltos/deltos.h>, which this package follows word for word.
"""

from __future__ import annotations

from os import PathLike
from typing import Any

from deltos._array import Array
from deltos._attributes import Attributes, RawAttribute
from deltos._buffer import Buffer
from deltos._errors import (
    AccessError,
    AddressSpaceError,
    BusyError,
    CancelledError,
    ClosedError,
    CorruptError,
    DuplicateError,
    Error,
    ExistsError,
    FeatureError,
    FilesystemError,
    ForkedError,
    FormatError,
    InDoubtError,
    InternalError,
    InvalidError,
    IoError,
    KindError,
    LayoutError,
    LimitError,
    LockedError,
    MissingFileError,
    NoMemoryError,
    NoSpaceError,
    NotDeltosError,
    NotFoundError,
    PinnedError,
    RangeError,
    ReadOnlyBufferError,
    ReadOnlyError,
    ReplacedError,
    SealedError,
    StaleError,
    StructError,
    TooSmallError,
    TypeMismatchError,
    UnsupportedError,
)
from deltos._ffi import lib as _lib
from deltos._hash_map import HashMap, unpack_map
from deltos._json import from_json, to_json
from deltos._map_building import HashMapBuilder, pack_map, pack_map_into
from deltos._map_lookups import HashMapInfo, Rows
from deltos._native import ProgressFunction, text_of as _text_of
from deltos._options import Finding, Options, Pin, StorageInfo
from deltos._proxies import Dict, List, Set, Tuple
from deltos._record_images import pack_records, pack_records_into, unpack_records
from deltos._records import Record, RecordTable
from deltos._schema import Schema, Slot, SlotInfo
from deltos._scopes import Entry, Reader, Writer
from deltos._snapshot import Snapshot
from deltos._sorted_map import SortedMap
from deltos._sorted_range import SortedRange
from deltos._sorted_reading import SortedMapInfo
from deltos._storage import Storage, anonymous_storage, open_memory_storage, open_storage
from deltos._table import Table
from deltos._transaction import Transaction
from deltos._values import Reference, pack, pack_into, stable_hash, unpack
from deltos._view import View

__version__: str = _text_of(_lib.deltos_version())


def open(
    path: str | bytes | PathLike[str] | PathLike[bytes] | int,
    mode: str = "r",
    *,
    durability: str = "sync",
    timeout: float | None = 0.0,
    guard: bool = True,
    verify: bool = False,
    rollback: bool = False,
    redirty: bool = False,
    copy: bool = False,
    trim: bool = True,
    force: bool = False,
    offset: int = 0,
    size: int = 0,
    reserve_bytes: int = 0,
    max_file_bytes: int = 0,
    auto_sync_bytes: int = 0,
    compress: bool = False,
    progress: ProgressFunction | None = None,
) -> Storage:
    """Opens a storage by path, or by the descriptor of one that another process has opened.

    mode:
        "r" reads; "r+" changes an existing file; "a" makes it if there is none; "x" makes it and there must be none;
        "w" makes a new one in place of the old, which stays until the first commit; "in-place" stores into existing
        buffers, beside the one process that changes structure; "static" takes no locks at all, for a file that nobody
        changes.
    durability: what a commit survives: "sync" everything; "lazy" and "async" kill -9, and after a power loss an earlier
        state may be back.
    timeout: seconds to wait while another process is the writer; None: as long as it takes.
    guard: memory lost to truncation by others reads as zeros instead of killing the process.
    verify: check everything first. copy: read it into private memory first, for bytes nobody vouches for.
    rollback: when the newest state is damaged, go on from the one before it.
    redirty: after a failed write to the medium, write everything anew and go on.
    trim: give freed space back to the file system. force: mode "w" also over a file that has a living writer.
    offset, size: where in the file the storage lies, when it is a part of one ("r" or "static").
    reserve_bytes, max_file_bytes, auto_sync_bytes: address space to grow into, a limit for the file, and after how many
        bytes an "async" commit is made durable all the same; 0: the library's choice.
    compress: where this call makes the storage, long str and bytes in values are compressed for good; each takes memory
        once it has been looked at.
    progress: called with (done, total) when opening takes long; returning True cancels.
    """
    options = Options(
        durability,
        timeout,
        guard,
        verify,
        rollback,
        redirty,
        copy,
        trim,
        force,
        offset,
        size,
        reserve_bytes,
        max_file_bytes,
        auto_sync_bytes,
        compress,
    )
    return open_storage(path, mode, options, progress)


def open_memory(
    data: Any,
    *,
    guard: bool = True,
    verify: bool = False,
    copy: bool = False,
    offset: int = 0,
    size: int = 0,
    progress: ProgressFunction | None = None,
) -> Storage:
    """Opens a storage that lies in memory, such as bytes or a mmap; read-only, and held for as long as it is used.

    Nobody may write to the memory meanwhile, unless copy is given.
    """
    options = Options(guard=guard, verify=verify, copy=copy, offset=offset, size=size)
    return open_memory_storage(data, options, progress)


def anonymous(
    label: str = "deltos",
    *,
    durability: str = "sync",
    guard: bool = True,
    reserve_bytes: int = 0,
    max_file_bytes: int = 0,
    compress: bool = False,
) -> Storage:
    """Makes a storage in anonymous memory. Other processes open it by its descriptor, fileno(). compress: see open()."""
    options = Options(
        durability=durability,
        guard=guard,
        reserve_bytes=reserve_bytes,
        max_file_bytes=max_file_bytes,
        compress=compress,
    )
    return anonymous_storage(label, options)


__all__ = [
    "AccessError",
    "AddressSpaceError",
    "Array",
    "Attributes",
    "Buffer",
    "BusyError",
    "CancelledError",
    "ClosedError",
    "CorruptError",
    "Dict",
    "DuplicateError",
    "Entry",
    "Error",
    "ExistsError",
    "FeatureError",
    "FilesystemError",
    "Finding",
    "ForkedError",
    "FormatError",
    "HashMap",
    "HashMapBuilder",
    "HashMapInfo",
    "InDoubtError",
    "InternalError",
    "InvalidError",
    "IoError",
    "KindError",
    "LayoutError",
    "LimitError",
    "List",
    "LockedError",
    "MissingFileError",
    "NoMemoryError",
    "NoSpaceError",
    "NotDeltosError",
    "NotFoundError",
    "Pin",
    "PinnedError",
    "RangeError",
    "RawAttribute",
    "ReadOnlyBufferError",
    "ReadOnlyError",
    "Reader",
    "Record",
    "RecordTable",
    "Reference",
    "ReplacedError",
    "Rows",
    "Schema",
    "SealedError",
    "Set",
    "Slot",
    "SlotInfo",
    "Snapshot",
    "SortedMap",
    "SortedMapInfo",
    "SortedRange",
    "StaleError",
    "Storage",
    "StorageInfo",
    "StructError",
    "Table",
    "TooSmallError",
    "Transaction",
    "Tuple",
    "TypeMismatchError",
    "UnsupportedError",
    "View",
    "Writer",
    "anonymous",
    "from_json",
    "open",
    "open_memory",
    "pack",
    "pack_into",
    "pack_map",
    "pack_map_into",
    "pack_records",
    "pack_records_into",
    "stable_hash",
    "to_json",
    "unpack",
    "unpack_map",
    "unpack_records",
]

for _name in __all__:  # where they are to be found, whatever module they were written in
    globals()[_name].__module__ = "deltos"
del _name
