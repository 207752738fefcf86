"""Snapshots: the structure of a storage as one commit left it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deltos._errors import ClosedError, KindError
from deltos._exporter import SNAPSHOT, Handle
from deltos._ffi import ffi, lib
from deltos._native import CData, ProgressFunction, Progress, call, own, renewed
from deltos._paths import path_bytes
from deltos._scopes import Reader

if TYPE_CHECKING:
    from os import PathLike

    from deltos._storage import Storage


def begin(storage: CData) -> Handle:
    """A snapshot of the newest commit."""
    cell = ffi.new("deltos_snapshot **")
    call(lib.deltos_snapshot_begin, storage, cell)
    return own(SNAPSHOT, cell[0])


def copy(snapshot: CData, path: str | PathLike[str], compact: bool, replace: bool, progress: ProgressFunction | None) -> None:
    """Writes what a snapshot shows to a new file."""
    function = lib.deltos_snapshot_compact_to if compact else lib.deltos_snapshot_copy_to
    options = ffi.new("deltos_copy_options *")
    options.struct_size = ffi.sizeof("deltos_copy_options")
    options.flags = lib.DELTOS_COPY_REPLACE if replace else 0
    with Progress(progress) as reporter:
        options.progress, options.progress_user = reporter.callback, reporter.user
        call(function, snapshot, path_bytes(path), options, path=True)


class Snapshot(Reader):
    """What exists in a storage, as one commit left it: names, types, shapes, attributes and sealed content.

    It does not change while others commit. Content that is written in place is shared memory and belongs to no
    snapshot. A snapshot keeps the space of what is deleted since from being used again, so close it, best by `with`.
    """

    __slots__ = ("_handle", "_storage")

    def __init__(self, storage: Storage, handle: Handle) -> None:
        self._storage = storage
        self._handle = handle

    @property
    def storage(self) -> Storage:
        """The storage that this shows."""
        return self._storage

    @property
    def id(self) -> int:
        """The number of the commit; numbers grow."""
        with self._handle as pointer:
            return lib.deltos_snapshot_id(pointer)

    @property
    def closed(self) -> bool:
        """Whether close() has been called."""
        return not self._handle.alive

    def _reading(self) -> Handle:
        return self._handle

    def _current(self) -> Reader:
        return self._storage if self.closed else self

    def _refuse_closed(self) -> None:
        if self.closed or self._storage.closed:
            raise ClosedError("the snapshot has been closed")

    def refresh(self) -> bool:
        """Goes on to the newest commit; tells whether there was a newer one."""
        self._handle, changed = renewed(SNAPSHOT, self._handle, lib.deltos_snapshot_refresh)
        return changed

    def copy_to(
        self, path: str | PathLike[str], *, replace: bool = False, progress: ProgressFunction | None = None
    ) -> None:
        """Writes what it shows to a new file, place by place, while the storage is in use."""
        with self._handle as pointer:
            copy(pointer, path, False, replace, progress)

    def compact_to(
        self, path: str | PathLike[str], *, replace: bool = False, progress: ProgressFunction | None = None
    ) -> None:
        """Writes what it shows to a new, smallest file."""
        with self._handle as pointer:
            copy(pointer, path, True, replace, progress)

    def close(self) -> None:
        """Ends it. Buffers and views made from it live on."""
        self._handle.close()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[object, ...]:
        raise KindError("a snapshot belongs to its process: pickle the storage, or buffers of it")

    def __repr__(self) -> str:
        return "<deltos.Snapshot, closed>" if self.closed else f"<deltos.Snapshot {self.id}>"
