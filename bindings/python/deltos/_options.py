"""How a storage is opened, and what it tells about itself."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from deltos._ffi import ffi, lib
from deltos._native import CData, Progress
from deltos._transaction import durability_of

MODES: dict[str, tuple[int, int]] = {
    "r": (lib.DELTOS_MODE_READ, lib.DELTOS_CREATE_NEVER),
    "r+": (lib.DELTOS_MODE_WRITE, lib.DELTOS_CREATE_NEVER),
    "a": (lib.DELTOS_MODE_WRITE, lib.DELTOS_CREATE_IF_ABSENT),
    "w": (lib.DELTOS_MODE_WRITE, lib.DELTOS_CREATE_REPLACE),
    "x": (lib.DELTOS_MODE_WRITE, lib.DELTOS_CREATE_NEW),
    "in-place": (lib.DELTOS_MODE_IN_PLACE, lib.DELTOS_CREATE_NEVER),
    "static": (lib.DELTOS_MODE_STATIC, lib.DELTOS_CREATE_NEVER),
}
MODE_NAMES: dict[int, str] = {
    lib.DELTOS_MODE_READ: "r",
    lib.DELTOS_MODE_IN_PLACE: "in-place",
    lib.DELTOS_MODE_WRITE: "r+",
    lib.DELTOS_MODE_STATIC: "static",
}


_OPTIONS = ffi.typeof("deltos_open_options *")
_OPTIONS_BYTES: int = ffi.sizeof("deltos_open_options")


class StorageInfo(NamedTuple):
    """Facts about a storage and the handle that was asked."""

    mode: str
    uuid: uuid.UUID
    format_version: tuple[int, int]
    file_bytes: int
    allocated_bytes: int
    live_bytes: int
    reusable_bytes: int
    pinned_bytes: int
    object_count: int
    transaction_id: int
    durable_id: int
    oldest_pin: int
    snapshot_count: int
    view_count: int
    io_failed: bool
    lost: bool
    unaligned: bool


class Finding(NamedTuple):
    """One thing that verify() found wrong."""

    status: int
    object_id: int
    file_offset: int
    message: str


class Pin(NamedTuple):
    """An object with live views; one with read-only and with writable ones is listed twice."""

    name: str
    object_id: int
    view_count: int
    writable: bool
    nbytes: int
    transaction_id: int


class Options(NamedTuple):
    """How a storage is opened."""

    durability: str = "sync"
    timeout: float | None = 0.0
    guard: bool = True
    verify: bool = False
    rollback: bool = False
    redirty: bool = False
    copy: bool = False
    trim: bool = True
    force: bool = False
    offset: int = 0
    size: int = 0
    reserve_bytes: int = 0
    max_file_bytes: int = 0
    auto_sync_bytes: int = 0
    compress: bool = False

    def flags(self) -> int:
        """The bits of the C interface."""
        return int(
            self.guard * lib.DELTOS_OPEN_SIGBUS_GUARD
            + self.verify * lib.DELTOS_OPEN_VERIFY
            + self.rollback * lib.DELTOS_OPEN_ROLLBACK
            + self.redirty * lib.DELTOS_OPEN_REDIRTY
            + self.copy * lib.DELTOS_OPEN_COPY
            + (not self.trim) * lib.DELTOS_OPEN_NO_TRIM
            + self.force * lib.DELTOS_OPEN_FORCE
            + self.compress * lib.DELTOS_OPEN_COMPRESS
        )

    def native(self, mode: int, create: int, progress: Progress | None = None) -> CData:
        """As the C interface takes them; not to be written to."""
        if progress is None:
            return _native(self, mode, create)
        options = ffi.new(_OPTIONS, _native(self, mode, create)[0])
        options.progress, options.progress_user = progress.callback, progress.user
        return options


_made: dict[tuple[Options, int, int], CData] = {}  # opening is a hot path, and most openings are alike


def _native(options: Options, mode: int, create: int) -> CData:
    key = options, mode, create
    made = _made.get(key)
    if made is None:
        durability_of(options.durability)
        limits = options.offset, options.size, options.reserve_bytes, options.max_file_bytes, options.auto_sync_bytes
        made = ffi.new(_OPTIONS, (_OPTIONS_BYTES, mode, create, options.flags(), *limits))
        if len(_made) >= 100:
            _made.clear()
        _made[key] = made
    return made
