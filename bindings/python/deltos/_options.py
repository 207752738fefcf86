"""How a storage is opened, and what it tells about itself."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, NamedTuple

from deltos._errors import InvalidError
from deltos._ffi import ffi, lib
from deltos._native import CData, Progress
from deltos._transaction import durability_of

if TYPE_CHECKING:
    from os import PathLike

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

    def flags(self) -> int:
        """The bits of the C interface."""
        chosen = (
            (self.guard, lib.DELTOS_OPEN_SIGBUS_GUARD),
            (self.verify, lib.DELTOS_OPEN_VERIFY),
            (self.rollback, lib.DELTOS_OPEN_ROLLBACK),
            (self.redirty, lib.DELTOS_OPEN_REDIRTY),
            (self.copy, lib.DELTOS_OPEN_COPY),
            (not self.trim, lib.DELTOS_OPEN_NO_TRIM),
            (self.force, lib.DELTOS_OPEN_FORCE),
        )
        return sum(bit for wanted, bit in chosen if wanted)

    def native(self, mode: int, create: int, progress: Progress) -> CData:
        """As the C interface takes them."""
        durability_of(self.durability)
        options = ffi.new("deltos_open_options *")
        options.struct_size = ffi.sizeof("deltos_open_options")
        options.mode, options.create, options.flags = mode, create, self.flags()
        options.offset, options.size = self.offset, self.size
        options.reserve_bytes = self.reserve_bytes
        options.max_file_bytes = self.max_file_bytes
        options.auto_sync_bytes = self.auto_sync_bytes
        options.progress, options.progress_user = progress.callback, progress.user
        return options


def path_bytes(path: str | bytes | PathLike[str] | PathLike[bytes]) -> bytes:
    """A path for the library."""
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise InvalidError("a path contains a NUL character: leave it out")
    return encoded
